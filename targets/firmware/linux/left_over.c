/* SPDX-License-Identifier: Apache-2.0
 *
 * A program that shows what an earlier input has left behind. Each byte of standard input is
 * something to do; before the first it looks whether the process is as it was when it started, and
 * where it is not, its exit code says so. */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WORDS 4096u
#define PAGE 4096u
#define OLD_PAGES 3u
#define MOST_FILES 64

static uint32_t globals[WORDS];
static uint32_t initialised = 0x600D600Du;
static const uint8_t zeros[PAGE];
static uint8_t as_old[OLD_PAGES * PAGE];
static uint8_t* old; /* mapped before any input */
static void* old_break;
static void* next_mapping;
static mode_t old_mask;
static uint8_t old_files[MOST_FILES];
static const char* itself;
static sigjmp_buf again;
static volatile sig_atomic_t recovering;

static void* map(size_t pages) {
  return mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void handle(int number, void (*handler)(int)) {
  struct sigaction action = {.sa_handler = handler};
  sigaction(number, &action, NULL);
}

static void on_fault(int number) {
  if (recovering) siglongjmp(again, 1);
  handle(number, SIG_DFL);
}

/* Some emulators give an address once only. */
static void find_next_mapping(void) {
  uint8_t* first = map(1);
  munmap(first, PAGE);
  uint8_t* second = map(1);
  munmap(second, PAGE);
  next_mapping = second + (second - first);
}

static int is_open(int fd) {
  struct stat file;
  return fstat(fd, &file) == 0;
}

__attribute__((constructor)) static void begin(int count, char** arguments) {
  itself = count > 0 ? arguments[0] : "";
  old = map(OLD_PAGES);
  memset(old, 'o', sizeof as_old);
  memset(as_old, 'o', sizeof as_old);
  find_next_mapping();
  handle(SIGSEGV, on_fault);
  old_mask = umask(022);
  umask(old_mask);
  for (int fd = 1; fd < MOST_FILES; fd++) old_files[fd] = (uint8_t)is_open(fd);
  old_break = sbrk(0);
}

static void must(int holds, int code) {
  if (!holds) _exit(code);
}

/* Without a call that could change anything. */
static void look_at_memory(void) {
  uint32_t sum = 0;
  for (size_t i = 0; i < WORDS; i++) sum |= globals[i];
  must(sum == 0 && initialised == 0x600D600Du, 101);
  must(memcmp(old, as_old, sizeof as_old) == 0, 102);
  must(sbrk(0) == old_break, 103);
  void* mapped = map(1);
  must(mapped == next_mapping, 104);
  must(memcmp(mapped, zeros, sizeof zeros) == 0, 105);
  munmap(mapped, PAGE);
  const int fd = open(itself, O_RDONLY);
  int expected = 3;
  while (old_files[expected] != 0) expected++;
  must(fd == expected && lseek(fd, 0, SEEK_CUR) == 0, 106);
  close(fd);
  must(lseek(0, 0, SEEK_CUR) == 0, 107);
}

static void look_at_process(void) {
  char folder[256] = "";
  struct sigaction action;
  must(getcwd(folder, sizeof folder) != NULL && strcmp(folder, "/") != 0, 111);
  must(umask(old_mask) == old_mask, 112);
  must(sigaction(SIGALRM, NULL, &action) == 0 && action.sa_handler == SIG_DFL, 113);
  must(alarm(0) == 0, 114);
  for (int fd = 1; fd < MOST_FILES; fd++) must(is_open(fd) == old_files[fd], 115);
  must(waitpid(-1, NULL, WNOHANG) < 0, 116);
}

static void on_alarm(int number) { globals[0] += (uint32_t)number; }

/* Goes on after a fault, with the signals that are blocked put back or not. */
static void recover(int mask) {
  recovering = 1;
  if (sigsetjmp(again, mask) == 0) *(volatile uint8_t*)(uintptr_t)16 = 1;
}

static void* in_thread(void* unused) {
  globals[1]++;
  return unused;
}

static void start_thread(void) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, in_thread, NULL) == 0) pthread_join(thread, NULL);
}

static void start_process(void) {
  const pid_t pid = fork();
  if (pid == 0) _exit(0);
  waitpid(pid, NULL, 0);
}

/* In blocks that the C library maps, and in its heap. */
static void allocate(size_t bytes, unsigned count) {
  for (unsigned i = 0; i < count; i++) {
    uint8_t* block = malloc(bytes);
    if (block != NULL) memset(block, (int)i, bytes);
    if (i % 2 != 0) free(block);
  }
}

static void grow(void) {
  uint8_t* block = NULL;
  for (size_t bytes = 100; bytes < (1u << 20); bytes *= 3) {
    block = realloc(block, bytes);
    if (block != NULL) memset(block, 'g', bytes);
  }
}

static void read_itself(int again_and_close) {
  static uint8_t bytes[2 * PAGE + 100];
  FILE* file = fopen(itself, "rb");
  const int fd = open(itself, O_RDONLY);
  if (file == NULL || fread(bytes, 1, 10, file) != 10) _exit(120);
  if (read(fd, bytes, sizeof bytes) != sizeof bytes) _exit(121);
  void* mapped = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  memset(mapped, 0, PAGE);
  if (!again_and_close) return;
  fclose(file);
  close(fd);
}

static void take_other_input(void) {
  close(0);
  must(open(itself, O_RDONLY) == 0 && lseek(0, 0, SEEK_END) > 0, 122);
}

static void keep_file(void) {
  FILE* file = tmpfile();
  if (file != NULL) fputs("kept", file);
}

/* None of it in a form whose digits take more or less time. */
static void ask_for_much(void) {
  struct timespec now;
  uint8_t noise[5000];
  must(clock_gettime(CLOCK_MONOTONIC, &now) == 0 && time(NULL) != 0 && getpid() > 0, 124);
  must(getrandom(noise, sizeof noise, 0) == sizeof noise, 125);
  memcpy(globals, noise, sizeof noise);
  printf("%d\n", isatty(1));
}

static void change_process(void) {
  must(chdir("/") == 0, 123);
  umask(077);
  handle(SIGALRM, on_alarm);
  alarm(1000);
  dup2(1, MOST_FILES - 1);
}

static void change_memory(int how) {
  if (how == 'P') mprotect(old, PAGE, PROT_READ);
  if (how == 'U') munmap(old + PAGE, PAGE);
  if (how == 'Z') madvise(old, 2 * PAGE, MADV_DONTNEED);
  if (how == 'F') mmap(old, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

static void act(int what) {
  switch (what) {
    case 'g':
      memset(globals, 1, sizeof globals);
      initialised = 0;
      memset(old, 'n', sizeof as_old);
      break;
    case 'm':
      allocate(1000, 200);
      break;
    case 'M':
      allocate(300000, 6);
      break;
    case 'r':
      grow();
      break;
    case 'o':
    case 'c':
      read_itself(what == 'c');
      break;
    case 'i':
      take_other_input();
      break;
    case 'n':
      ask_for_much();
      break;
    case 'k':
      look_at_process();
      break;
    case 'w':
      keep_file();
      break;
    case 'd':
      change_process();
      break;
    case 't':
      start_thread();
      break;
    case 'f':
      start_process();
      break;
    case 'v':
    case 'V':
      recover(what == 'v');
      break;
    case 'x':
      *(volatile uint8_t*)(uintptr_t)16 = 1;
      break;
    case 'a':
      abort();
    case 'h':
      for (volatile unsigned forever = 1; forever != 0; forever |= 1) {
      }
      break;
    case 'e':
      exit(7);
    default:
      change_memory(what);
  }
}

int main(void) {
  look_at_memory();
  for (int what; (what = getchar()) != EOF;) act(what);
  return EXIT_SUCCESS;
}
