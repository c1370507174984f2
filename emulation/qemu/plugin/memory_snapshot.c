/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "emulation/qemu/plugin/memory_snapshot.h"

#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/rseq.h>
#include <ucontext.h>
#include <unistd.h>

#define MOST_RANGES 4096u
#define MOST_PAGES 16384u
#define MOST_TEXT_BYTES (1u << 20)
#define STACK_BYTES (64u * 1024)
#define HEAP_ROOM (8 << 20)
/* Around the stack pointer: what the next calls use. */
#define STACK_BELOW (64u * 1024)
#define STACK_ABOVE (16u * 1024)

struct range {
  uintptr_t begin, end;
  int rights;
};

/* All that must not change when memory is put back lies here or in `saved`. */
struct snapshot {
  struct range range[MOST_RANGES];
  size_t ranges;
  uintptr_t page[MOST_PAGES]; /* that are saved and put back */
  bool code[MOST_PAGES];
  size_t pages;
  uintptr_t wanted[MOST_PAGES]; /* sorted: the first of them */
  size_t wanted_pages;
  bool with_code;
  bool restored;
  void* heap_end;
  ucontext_t taken_at;
  ucontext_t restorer;
  char restorer_stack[STACK_BYTES];
  char signal_stack[STACK_BYTES];
  char maps[MOST_TEXT_BYTES];
};

struct known {
  size_t pages;
  uintptr_t page[MOST_PAGES];
};

static struct known* known; /* shared with the copies to come */
static struct snapshot* snapshot;
static char* saved;
static size_t page_bytes;

static void* at(uintptr_t address) {
  void* pointer;
  memcpy(&pointer, &address, sizeof pointer);
  return pointer;
}

void memory_snapshot_prepare(void) {
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, INT_MAX);
  mallopt(M_TOP_PAD, HEAP_ROOM);
}

void memory_snapshot_share(void) {
  free(malloc(HEAP_ROOM)); /* there now, so that the heap does not grow while it is watched */
  page_bytes = (size_t)sysconf(_SC_PAGESIZE);
  void* map = mmap(NULL, sizeof *known, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (map != MAP_FAILED) known = map;
}

/* Shared, so that it is no part of what is watched. */
static bool make_room(void) {
  const int flags = MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE;
  void* state = mmap(NULL, sizeof *snapshot, PROT_READ | PROT_WRITE, flags, -1, 0);
  void* copies = mmap(NULL, MOST_PAGES * page_bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
  if (state == MAP_FAILED || copies == MAP_FAILED) return false;
  snapshot = state;
  saved = copies;
  return true;
}

/* One line of /proc/self/maps: "begin-end rights offset ...". */
static bool take_range(const char* line) {
  char* rest;
  struct range range = {0};
  range.begin = strtoull(line, &rest, 16);
  if (*rest != '-') return false;
  range.end = strtoull(rest + 1, &rest, 16);
  if (strlen(rest) < 5) return false;
  const bool writable = rest[1] == 'r' && rest[2] == 'w';
  const bool private = rest[4] == 'p';
  if (!writable || !private) return true;
  range.rights = PROT_READ | PROT_WRITE | (rest[3] == 'x' ? PROT_EXEC : 0);
  if (snapshot->ranges == MOST_RANGES) return false;
  snapshot->range[snapshot->ranges++] = range;
  return true;
}

static bool find_ranges(void) {
  const int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
  size_t size = 0;
  while (fd >= 0 && size < MOST_TEXT_BYTES - 1) {
    const ssize_t got = read(fd, snapshot->maps + size, MOST_TEXT_BYTES - 1 - size);
    if (got <= 0) break;
    size += (size_t)got;
  }
  if (fd < 0 || size == MOST_TEXT_BYTES - 1) return false;
  close(fd);
  char* rest = NULL;
  for (char* line = strtok_r(snapshot->maps, "\n", &rest); line != NULL;
       line = strtok_r(NULL, "\n", &rest)) {
    if (!take_range(line)) return false;
  }
  return true;
}

static const struct range* range_of(uintptr_t page) {
  size_t low = 0;
  size_t high = snapshot->ranges;
  while (low < high) {
    const size_t middle = (low + high) / 2;
    const struct range* range = &snapshot->range[middle];
    if (page >= range->begin && page < range->end) return range;
    if (page < range->begin) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return NULL;
}

static bool is_held(uintptr_t page) {
  for (size_t i = 0; i < snapshot->pages; i++) {
    if (snapshot->page[i] == page) return true;
  }
  return false;
}

static bool hold(uintptr_t page) {
  if (snapshot->pages == MOST_PAGES) return false;
  const size_t place = snapshot->pages++;
  snapshot->page[place] = page;
  snapshot->code[place] = (range_of(page)->rights & PROT_EXEC) != 0;
  memcpy(saved + place * page_bytes, at(page), page_bytes);
  return true;
}

/* Into a sorted list, once. */
static void insert(uintptr_t* list, size_t* count, uintptr_t page) {
  size_t place = *count;
  while (place > 0 && list[place - 1] > page) place--;
  if (*count == MOST_PAGES || (place > 0 && list[place - 1] == page)) return;
  memmove(list + place + 1, list + place, (*count - place) * sizeof *list);
  list[place] = page;
  ++*count;
}

static void on_write(int number, siginfo_t* info, void* context) {
  (void)context;
  const uintptr_t page = (uintptr_t)info->si_addr & ~(uintptr_t)(page_bytes - 1);
  const struct range* range = info->si_code == SEGV_ACCERR ? range_of(page) : NULL;
  if (range != NULL) {
    const int rights = range->rights;
    if (!is_held(page) && hold(page) && mprotect(at(page), page_bytes, rights) == 0) {
      insert(known->page, &known->pages, page);
      return;
    }
  }
  signal(number, SIG_DFL); /* and the access fails again, now for good */
}

static bool watch_writes(void) {
  const stack_t stack = {.ss_sp = snapshot->signal_stack, .ss_size = STACK_BYTES};
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = on_write;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  return sigaltstack(&stack, NULL) == 0 && sigaction(SIGSEGV, &action, NULL) == 0;
}

static void want(uintptr_t address) {
  const uintptr_t page = address & ~(uintptr_t)(page_bytes - 1);
  if (range_of(page) != NULL) insert(snapshot->wanted, &snapshot->wanted_pages, page);
}

/* From the first page that is saved to the last that is protected, nothing may be written but what
 * is saved. What is certainly written: the stack, and where the kernel writes by itself, and would
 * kill us if it could not (rseq(2)). */
static bool hold_the_certain(void) {
  const uintptr_t here = (uintptr_t)__builtin_frame_address(0);
  const uintptr_t thread = (uintptr_t)__builtin_thread_pointer();
  for (size_t i = 0; i < known->pages; i++) want(known->page[i]);
  want(thread);
  want(thread + (uintptr_t)__rseq_offset);
  for (uintptr_t page = here - STACK_BELOW; page < here + STACK_ABOVE; page += page_bytes) {
    want(page);
  }
  bool good = true;
  for (size_t i = 0; i < snapshot->wanted_pages; i++) good = good && hold(snapshot->wanted[i]);
  return good;
}

static bool protect(void) {
  size_t next = 0; /* wanted page */
  for (size_t i = 0; i < snapshot->ranges; i++) {
    const struct range* range = &snapshot->range[i];
    uintptr_t begin = range->begin;
    while (begin < range->end) {
      uintptr_t end = range->end;
      if (next < snapshot->wanted_pages && snapshot->wanted[next] < end) {
        end = snapshot->wanted[next++];
      }
      const int rights = range->rights & ~PROT_WRITE;
      if (end > begin && mprotect(at(begin), end - begin, rights) != 0) return false;
      begin = end == range->end ? end : end + page_bytes;
    }
  }
  return true;
}

static void put_back(void) {
  for (size_t i = 0; i < snapshot->pages; i++) {
    if (snapshot->code[i] && !snapshot->with_code) continue;
    memcpy(at(snapshot->page[i]), saved + i * page_bytes, page_bytes);
  }
  snapshot->restored = true;
  setcontext(&snapshot->taken_at);
  abort();
}

enum memory_snapshot memory_snapshot_take(void) {
  if (known == NULL || !make_room()) return MEMORY_SNAPSHOT_FAILED;
  if (!find_ranges() || !watch_writes()) return MEMORY_SNAPSHOT_FAILED;
  snapshot->heap_end = sbrk(0);
  if (getcontext(&snapshot->taken_at) != 0) return MEMORY_SNAPSHOT_FAILED;
  if (snapshot->restored) return MEMORY_SNAPSHOT_RESTORED;
  if (!hold_the_certain() || !protect()) _exit(1); /* half protected, nothing can go on */
  return MEMORY_SNAPSHOT_TAKEN;
}

enum memory_snapshot memory_snapshot_keep(void) {
  snapshot->restored = false;
  if (getcontext(&snapshot->taken_at) != 0) return MEMORY_SNAPSHOT_FAILED;
  if (snapshot->restored) return MEMORY_SNAPSHOT_RESTORED;
  for (size_t i = 0; i < snapshot->pages; i++) {
    memcpy(saved + i * page_bytes, at(snapshot->page[i]), page_bytes);
  }
  return MEMORY_SNAPSHOT_TAKEN;
}

bool memory_snapshot_is_whole(void) {
  return snapshot != NULL && snapshot->heap_end == sbrk(0) && snapshot->pages < MOST_PAGES;
}

_Noreturn void memory_snapshot_restore(bool with_code) {
  snapshot->with_code = with_code;
  /* Not on the stack that is put back. */
  getcontext(&snapshot->restorer);
  snapshot->restorer.uc_stack.ss_sp = snapshot->restorer_stack;
  snapshot->restorer.uc_stack.ss_size = STACK_BYTES;
  snapshot->restorer.uc_link = NULL;
  makecontext(&snapshot->restorer, put_back, 0);
  setcontext(&snapshot->restorer);
  abort();
}
