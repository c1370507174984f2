/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "emulation/qemu/plugin/memory_snapshot.h"

#include <limits.h>
#include <malloc.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "emulation/qemu/plugin/process_maps.h"

#define MOST_RANGES 4096u
#define MOST_PAGES 16384u
#define HELD_PLACES (4 * MOST_PAGES) /* a power of two */
/* A page that so many inputs in a row have left alone: a fault costs as much as these copies. */
#define ALIKE_TO_REST 16
#define STACK_BYTES (64u * 1024)
#define HEAP_ROOM (8 << 20)
#define MOST_BYTES_AT_ONCE (4u << 20)
/* Around the stack pointer: what the next calls use. */
#define STACK_BELOW (64u * 1024)
#define STACK_ABOVE (16u * 1024)
/* The kernel lets a stack grow, but not below a part of it that is protected. */
#define STACK_GROWN (256u * 1024)

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
  bool rests[MOST_PAGES];    /* as saved, and protected again */
  uint8_t alike[MOST_PAGES]; /* so often in a row */
  size_t pages;
  uint32_t held[HELD_PLACES];   /* the same, hashed: one more than the place; 0: none */
  uintptr_t wanted[MOST_PAGES]; /* sorted: the first of them */
  size_t wanted_pages;
  bool with_code;
  bool may_rest;
  uintptr_t stack; /* where the snapshot was taken */
  bool restored;
  void* heap_end;
  ucontext_t taken_at;
  ucontext_t restorer;
  char restorer_stack[STACK_BYTES];
  char signal_stack[STACK_BYTES];
  struct sigaction before[NSIG];
  bool replaced[NSIG];
  bool given_up;
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

/* Not by mprotect, which is watched (mapping_watch.h). */
static bool allow(uintptr_t begin, uintptr_t end, int rights) {
  return syscall(SYS_mprotect, begin, end - begin, rights) == 0;
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
bool memory_snapshot_make_room(void) {
  if (known == NULL) return false;
  const int flags = MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE;
  void* state = mmap(NULL, sizeof *snapshot, PROT_READ | PROT_WRITE, flags, -1, 0);
  void* copies = mmap(NULL, MOST_PAGES * page_bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
  if (state == MAP_FAILED || copies == MAP_FAILED) return false;
  snapshot = state;
  saved = copies;
  return true;
}

static bool take_range(const struct process_mapping* mapping) {
  const int needed = PROT_READ | PROT_WRITE;
  if (!mapping->is_private || (mapping->rights & needed) != needed) return true;
  if (snapshot->ranges == MOST_RANGES) return false;
  struct range* range = &snapshot->range[snapshot->ranges++];
  range->begin = mapping->begin;
  range->end = mapping->end;
  range->rights = mapping->rights;
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

/* Where the hash has a page, or would have it. */
static uint32_t* held_place(uintptr_t page) {
  size_t place = page / page_bytes * 0x9E3779B97F4A7C15u >> 32;
  for (;;) {
    uint32_t* held = &snapshot->held[++place % HELD_PLACES];
    if (*held == 0 || snapshot->page[*held - 1] == page) return held;
  }
}

static bool is_held(uintptr_t page) {
  const uint32_t held = *held_place(page);
  return held != 0 && !snapshot->rests[held - 1];
}

/* From now on. One that rests is what was saved. */
static bool hold(uintptr_t page) {
  uint32_t* held = held_place(page);
  if (*held != 0) {
    snapshot->rests[*held - 1] = false;
    return true;
  }
  if (snapshot->pages == MOST_PAGES) return false;
  const size_t place = snapshot->pages++;
  *held = (uint32_t)snapshot->pages;
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

static bool let_be_written(const struct range* range, uintptr_t page) {
  if (!hold(page) || !allow(page, page + page_bytes, range->rights)) return false;
  insert(known->page, &known->pages, page);
  return true;
}

/* Whoever handled the signal before us handles it now, in memory that is not watched: there the
 * signals that tell us of a write are blocked. */
static void hand_on(int number, siginfo_t* info, void* context) {
  const struct sigaction* before = &snapshot->before[number];
  memory_snapshot_give_up();
  if ((before->sa_flags & SA_SIGINFO) != 0) {
    before->sa_sigaction(number, info, context);
  } else {
    signal(number, SIG_DFL); /* and the access fails again, now for good */
  }
}

static void on_write(int number, siginfo_t* info, void* context) {
  const uintptr_t page = (uintptr_t)info->si_addr & ~(uintptr_t)(page_bytes - 1);
  const struct range* range = info->si_code == SEGV_ACCERR ? range_of(page) : NULL;
  if (snapshot->given_up || range == NULL || is_held(page)) {
    hand_on(number, info, context);
  } else if (!let_be_written(range, page)) {
    memory_snapshot_give_up();
  }
}

static bool replace(int number, void (*handler)(int, siginfo_t*, void*)) {
  struct sigaction action = snapshot->before[number];
  if ((action.sa_flags & SA_SIGINFO) == 0) {
    action.sa_flags = SA_SIGINFO;
    sigemptyset(&action.sa_mask);
  }
  action.sa_sigaction = handler;
  action.sa_flags |= SA_ONSTACK;
  snapshot->replaced[number] = sigaction(number, &action, NULL) == 0;
  return snapshot->replaced[number];
}

static bool watch_signals(bool all) {
  const stack_t stack = {.ss_sp = snapshot->signal_stack, .ss_size = STACK_BYTES};
  if (sigaltstack(&stack, NULL) != 0) return false;
  for (int number = 1; number < NSIG; number++) {
    struct sigaction* before = &snapshot->before[number];
    if (sigaction(number, NULL, before) != 0) continue; /* of the C library */
    if (number == SIGSEGV) {
      if (!replace(number, on_write)) return false;
    } else if (all && (before->sa_flags & SA_SIGINFO) != 0) {
      if (!replace(number, hand_on)) return false;
    }
  }
  return true;
}

static void want(uintptr_t address) {
  const uintptr_t page = address & ~(uintptr_t)(page_bytes - 1);
  if (range_of(page) != NULL) insert(snapshot->wanted, &snapshot->wanted_pages, page);
}

/* What is certainly written: the stack, and where the kernel writes by itself, and would kill us if
 * it could not (rseq(2)). */
static void want_the_certain(void) {
  const uintptr_t thread = (uintptr_t)__builtin_thread_pointer();
  want(thread);
  want(thread + (uintptr_t)__rseq_offset);
  for (uintptr_t page = snapshot->stack - STACK_BELOW; page < snapshot->stack + STACK_ABOVE;
       page += page_bytes) {
    want(page);
  }
}

static bool is_certain(uintptr_t page) {
  const uintptr_t thread = (uintptr_t)__builtin_thread_pointer();
  const uintptr_t last = page + page_bytes - 1;
  return (last >= snapshot->stack - STACK_BELOW && page < snapshot->stack + STACK_ABOVE) ||
         (thread >= page && thread <= last) ||
         (thread + (uintptr_t)__rseq_offset >= page && thread + (uintptr_t)__rseq_offset <= last);
}

/* From the first page that is saved to the last that is protected, nothing may be written but what
 * is saved. */
static bool hold_the_wanted(void) {
  snapshot->stack = (uintptr_t)__builtin_frame_address(0);
  want_the_certain();
  for (size_t i = 0; i < known->pages; i++) want(known->page[i]);
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
      if (end > begin && !allow(begin, end, rights)) return false;
      begin = end == range->end ? end : end + page_bytes;
    }
  }
  return true;
}

/* Protects a page that inputs leave alone. */
static void let_rest(size_t i) {
  const uintptr_t page = snapshot->page[i];
  snapshot->alike[i] = 0;
  if (is_certain(page) || snapshot->code[i]) return;
  snapshot->rests[i] = allow(page, page + page_bytes, range_of(page)->rights & ~PROT_WRITE);
}

static void put_page_back(size_t i) {
  char* page = at(snapshot->page[i]);
  const char* as_saved = saved + i * page_bytes;
  if (!snapshot->may_rest || memcmp(page, as_saved, page_bytes) != 0) {
    memcpy(page, as_saved, page_bytes);
    snapshot->alike[i] = 0;
  } else if (++snapshot->alike[i] == ALIKE_TO_REST) {
    let_rest(i);
  }
}

static void put_back(void) {
  for (size_t i = 0; i < snapshot->pages; i++) {
    if (snapshot->rests[i] || (snapshot->code[i] && !snapshot->with_code)) continue;
    put_page_back(i);
  }
  snapshot->restored = true;
  setcontext(&snapshot->taken_at);
  abort();
}

__attribute__((noinline)) static void grow_stack(void) {
  volatile char below[STACK_GROWN];
  for (size_t i = sizeof below; i > page_bytes; i -= page_bytes) below[i - 1] = 0;
}

enum memory_snapshot memory_snapshot_take(bool with_signals, bool may_rest) {
  grow_stack();
  snapshot->may_rest = may_rest;
  if (!process_maps_each(take_range)) return MEMORY_SNAPSHOT_FAILED;
  if (!watch_signals(with_signals)) {
    memory_snapshot_give_up();
    return MEMORY_SNAPSHOT_FAILED;
  }
  snapshot->heap_end = sbrk(0);
  if (getcontext(&snapshot->taken_at) != 0) return MEMORY_SNAPSHOT_FAILED;
  if (snapshot->restored) return MEMORY_SNAPSHOT_RESTORED;
  if (!hold_the_wanted() || !protect()) _exit(1); /* half protected, nothing can go on */
  return MEMORY_SNAPSHOT_TAKEN;
}

bool memory_snapshot_will_write(uintptr_t begin, size_t bytes) {
  if (bytes > MOST_BYTES_AT_ONCE) return false;
  for (uintptr_t page = begin & ~(uintptr_t)(page_bytes - 1); page < begin + bytes;
       page += page_bytes) {
    const struct range* range = range_of(page);
    if (range != NULL && !is_held(page) && !let_be_written(range, page)) return false;
  }
  return true;
}

void memory_snapshot_give_up(void) {
  if (snapshot == NULL || snapshot->given_up) return;
  snapshot->given_up = true;
  for (size_t i = 0; i < snapshot->ranges; i++) {
    const struct range* range = &snapshot->range[i];
    allow(range->begin, range->end, range->rights);
  }
  for (int number = 1; number < NSIG; number++) {
    if (snapshot->replaced[number]) sigaction(number, &snapshot->before[number], NULL);
  }
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
  return snapshot != NULL && !snapshot->given_up && snapshot->heap_end == sbrk(0) &&
         snapshot->pages < MOST_PAGES;
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
