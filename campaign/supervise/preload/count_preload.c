/* SPDX-License-Identifier: Apache-2.0
 *
 * Loaded with LD_PRELOAD into fuzz targets that run many inputs in one process, given as files on
 * the command line: stops between rounds of them, so that what the process holds can be counted
 * from outside, and says what the allocator holds. Libc and libdl only.
 *
 * PERCUSS_ROUNDS names a folder with the pipes "told" and "answers" and the file "at". Inputs are
 * opened as N, or as @N for a stop before that input (N a number); at each opening the count in
 * "at" goes up by one. At a stop a struct PercussCount goes out and a byte comes back:
 *
 *   g    go on
 *   p    the same, after the allocator's profile is written to the files heap-<number>.*, and note
 *        the stacks of what is opened, started or mapped from now on
 *   w    write the profile, and noted stacks to the file "sites"; end the process, with exit code 0
 *   q    end it at once
 */
#define _GNU_SOURCE
#include "campaign/supervise/preload/count_preload.h"

#include <dlfcn.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <malloc.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { kFrames = 24, kMostDescriptors = 4096, kMostOthers = 4096, kPathBytes = 3800 };

struct site {
  void* frames[kFrames];
  int count;
};

static char folder[kPathBytes];
static uint64_t* at; /* in the shared file */
static int64_t live_bytes;
static int hooked;
static int noting;
static struct site* descriptors; /* by number */
static struct site* others;      /* threads and mappings, the first of them */
static int other_count;
static char other_kinds[kMostOthers];
static uint64_t profiles;

static size_t (*allocated_size)(const void*);
static void (*print_profile)(size_t, size_t);
static void (*set_report_path)(const char*);

static void on_malloc(const volatile void* block, size_t size) {
  (void)block;
  __atomic_add_fetch(&live_bytes, (int64_t)size, __ATOMIC_RELAXED);
}

static void on_free(const volatile void* block) {
  if (block == NULL) return;
  __atomic_sub_fetch(&live_bytes, (int64_t)allocated_size((const void*)(uintptr_t)block),
                     __ATOMIC_RELAXED);
}

static int in_folder(const char* name, char* path, size_t size) {
  const int length = snprintf(path, size, "%s/%s", folder, name);
  return length > 0 && (size_t)length < size;
}

static int open_plain(const char* path, int flags, mode_t mode) {
  return (int)syscall(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC, mode);
}

static void* own_pages(size_t bytes) {
  void* pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return pages == MAP_FAILED ? NULL : pages;
}

__attribute__((constructor)) static void begin(void) {
  const char* named = getenv(PERCUSS_ROUNDS_ENV);
  if (named == NULL || strlen(named) + 32 > sizeof folder) return;
  memcpy(folder, named, strlen(named) + 1);
  unsetenv(PERCUSS_ROUNDS_ENV);
  unsetenv("LD_PRELOAD"); /* what the target starts is no target */
  char path[kPathBytes];
  if (in_folder("at", path, sizeof path)) {
    const int fd = open_plain(path, O_RDWR, 0);
    void* map =
        fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *at, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map != MAP_FAILED) at = map;
    if (fd >= 0) close(fd);
  }
  descriptors = own_pages(sizeof(struct site) * kMostDescriptors);
  others = own_pages(sizeof(struct site) * kMostOthers);
  *(void**)&allocated_size = dlsym(RTLD_DEFAULT, "__sanitizer_get_allocated_size");
  *(void**)&print_profile = dlsym(RTLD_DEFAULT, "__sanitizer_print_memory_profile");
  *(void**)&set_report_path = dlsym(RTLD_DEFAULT, "__sanitizer_set_report_path");
  int (*install)(void (*)(const volatile void*, size_t), void (*)(const volatile void*)) = NULL;
  *(void**)&install = dlsym(RTLD_DEFAULT, "__sanitizer_install_malloc_and_free_hooks");
  hooked = install != NULL && allocated_size != NULL && install(on_malloc, on_free) != 0;
  void* frame = NULL;
  (void)backtrace(&frame, 1); /* loads the unwinder, which allocates */
}

/* ---- what is opened, started or mapped */

static void note(struct site* site) { site->count = backtrace(site->frames, kFrames); }

static int opened(int fd) {
  if (noting && fd >= 0 && fd < kMostDescriptors && descriptors != NULL) note(&descriptors[fd]);
  return fd;
}

static void started(char kind) {
  if (!noting || others == NULL) return;
  const int index = __atomic_fetch_add(&other_count, 1, __ATOMIC_RELAXED);
  if (index >= kMostOthers) return;
  other_kinds[index] = kind;
  note(&others[index]);
}

static void write_site(FILE* file, char kind, const struct site* site) {
  fprintf(file, "%c\n", kind);
  int number = 0;
  for (int i = 0; i < site->count; i++) {
    /* A return address lies behind the call. */
    char* const address = (char*)site->frames[i] - 1;
    Dl_info info;
    struct link_map* map = NULL;
    if (dladdr1(address, &info, (void**)&map, RTLD_DL_LINKMAP) == 0 || map == NULL) continue;
    if (strstr(info.dli_fname, "libpercuss_count") != NULL) continue;
    fprintf(file, "    #%d 0x%zx  (%s+0x%zx)\n", number++, (size_t)address, info.dli_fname,
            (size_t)address - (size_t)map->l_addr);
  }
  fprintf(file, "\n");
}

static void write_sites(void) {
  char path[kPathBytes];
  if (!in_folder("sites", path, sizeof path)) return;
  const int fd = open_plain(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  FILE* file = fd < 0 ? NULL : fdopen(fd, "w");
  if (file == NULL) return;
  for (int i = 0; descriptors != NULL && i < kMostDescriptors; i++) {
    if (descriptors[i].count > 0 && i != fd && fcntl(i, F_GETFD) >= 0) {
      write_site(file, 'd', &descriptors[i]);
    }
  }
  for (int i = 0; others != NULL && i < other_count && i < kMostOthers; i++) {
    write_site(file, other_kinds[i], &others[i]);
  }
  fclose(file);
}

static void write_profile(void) {
  char name[32];
  char path[kPathBytes];
  if (print_profile == NULL || set_report_path == NULL) return;
  snprintf(name, sizeof name, "heap-%llu", (unsigned long long)profiles++);
  if (!in_folder(name, path, sizeof path)) return;
  set_report_path(path);
  print_profile(100, (size_t)1 << 20);
  set_report_path("stderr");
}

/* ---- stops */

static void count(struct PercussCount* told) {
  struct timespec used;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  told->cpu_ns = (int64_t)used.tv_sec * 1000000000 + used.tv_nsec;
  told->exact = hooked;
  if (hooked) {
    told->heap_bytes = __atomic_load_n(&live_bytes, __ATOMIC_RELAXED);
    return;
  }
  const struct mallinfo2 info = mallinfo2();
  told->heap_bytes = (int64_t)(info.uordblks + info.hblkhd);
}

static char ask(const struct PercussCount* told) {
  char path[kPathBytes];
  char answer = 'q';
  if (!in_folder("told", path, sizeof path)) return answer;
  const int out = open_plain(path, O_WRONLY, 0);
  if (out < 0) return answer;
  const ssize_t written = write(out, told, sizeof *told);
  close(out);
  if (written != (ssize_t)sizeof *told || !in_folder("answers", path, sizeof path)) return answer;
  const int in = open_plain(path, O_RDONLY, 0);
  if (in < 0) return answer;
  if (read(in, &answer, 1) != 1) answer = 'q';
  close(in);
  return answer;
}

static void stop(void) {
  struct PercussCount told = {.magic = PERCUSS_COUNT_MAGIC};
  const int were_noting = noting;
  noting = 0;
  count(&told);
  const char answer = ask(&told);
  if (answer == 'p' || answer == 'w') write_profile();
  if (answer == 'w') write_sites();
  if (answer == 'w' || answer == 'q') _exit(0);
  noting = were_noting || answer == 'p';
}

static void look_at(const char* path) {
  if (at == NULL || path == NULL) return;
  const char* digits = path[0] == '@' ? path + 1 : path;
  if (digits[0] == 0 || strspn(digits, "0123456789") != strlen(digits)) return;
  if (path[0] == '@') stop();
  (*at)++;
}

/* ---- libc's functions, with what is above before or after them */

#define NEXT(name)               \
  static __typeof__(&name) next; \
  if (next == NULL) *(void**)&next = dlsym(RTLD_NEXT, #name)

FILE* fopen(const char* path, const char* mode) {
  NEXT(fopen);
  look_at(path);
  FILE* file = next(path, mode);
  if (file != NULL) (void)opened(fileno(file));
  return file;
}

FILE* fopen64(const char* path, const char* mode) {
  NEXT(fopen64);
  look_at(path);
  FILE* file = next(path, mode);
  if (file != NULL) (void)opened(fileno(file));
  return file;
}

static int open_at(int folder_fd, const char* path, int flags, mode_t mode) {
  look_at(path);
  return opened((int)syscall(SYS_openat, folder_fd, path, flags, mode));
}

#define TAKE_MODE(flags)                                            \
  mode_t mode = 0;                                                  \
  if (((flags)&O_CREAT) != 0 || ((flags)&O_TMPFILE) == O_TMPFILE) { \
    va_list rest;                                                   \
    va_start(rest, flags);                                          \
    mode = va_arg(rest, mode_t);                                    \
    va_end(rest);                                                   \
  }

int open(const char* path, int flags, ...) {
  TAKE_MODE(flags)
  return open_at(AT_FDCWD, path, flags, mode);
}

int open64(const char* path, int flags, ...) {
  TAKE_MODE(flags)
  return open_at(AT_FDCWD, path, flags, mode);
}

int openat(int folder_fd, const char* path, int flags, ...) {
  TAKE_MODE(flags)
  return open_at(folder_fd, path, flags, mode);
}

int socket(int domain, int type, int protocol) {
  return opened((int)syscall(SYS_socket, domain, type, protocol));
}

int socketpair(int domain, int type, int protocol, int ends[2]) {
  NEXT(socketpair);
  const int result = next(domain, type, protocol, ends);
  if (result == 0) (void)opened(ends[0]), (void)opened(ends[1]);
  return result;
}

int pipe(int ends[2]) {
  NEXT(pipe);
  const int result = next(ends);
  if (result == 0) (void)opened(ends[0]), (void)opened(ends[1]);
  return result;
}

int pipe2(int ends[2], int flags) {
  NEXT(pipe2);
  const int result = next(ends, flags);
  if (result == 0) (void)opened(ends[0]), (void)opened(ends[1]);
  return result;
}

int dup(int fd) { return opened((int)syscall(SYS_dup, fd)); }

int accept(int fd, struct sockaddr* address, socklen_t* length) {
  NEXT(accept);
  return opened(next(fd, address, length));
}

int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*start)(void*),
                   void* argument) {
  NEXT(pthread_create);
  started('t');
  return next(thread, attributes, start, argument);
}

void* mmap(void* address, size_t length, int protection, int flags, int fd, off_t offset) {
  started('m');
  return (void*)syscall(SYS_mmap, address, length, protection, flags, fd, offset);
}
