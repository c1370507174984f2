/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "emulation/qemu/plugin/mapping_watch.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "emulation/qemu/plugin/process_maps.h"
#include "emulation/qemu/plugin/qemu_plugin_api.h"

#define MOST_BEFORE 4096u
#define MOST_CHANGES 256u
#define PAGE_BYTES 4096u /* at least; the kernel rounds up by itself */

struct span {
  uintptr_t begin, end;
};

static struct {
  struct span span;
  bool reserved;
} before[MOST_BEFORE];
static size_t befores;
static struct span changed[MOST_CHANGES];
static size_t changes;
static bool watching;
static void (*tell_other)(void);

static void* at(uintptr_t address) {
  void* pointer;
  memcpy(&pointer, &address, sizeof pointer);
  return pointer;
}

static struct span span_of(const void* place, size_t bytes) {
  const uintptr_t begin = (uintptr_t)place;
  return (struct span){begin, begin + (bytes + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES};
}

static void end_by_other(void) {
  if (!watching) return;
  watching = false;
  tell_other();
}

/* The first mapping from before that ends behind this place. */
static size_t first_behind(uintptr_t place) {
  size_t low = 0;
  size_t high = befores;
  while (low < high) {
    const size_t middle = (low + high) / 2;
    if (before[middle].span.end > place) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

/* Whether nothing was there. */
static bool is_new(struct span span) {
  for (size_t i = first_behind(span.begin); i < befores && before[i].span.begin < span.end; i++) {
    if (!before[i].reserved) return false;
  }
  return true;
}

/* Of what is new. */
static void note(struct span span) {
  for (size_t i = 0; i < changes; i++) {
    struct span* known = &changed[i];
    if (span.begin > known->end || span.end < known->begin) continue;
    if (span.begin < known->begin) known->begin = span.begin;
    if (span.end > known->end) known->end = span.end;
    return;
  }
  if (changes == MOST_CHANGES) {
    end_by_other();
  } else {
    changed[changes++] = span;
  }
}

/* Before a change to what is mapped there. */
static void will_change(struct span span) {
  if (!watching) return;
  if (is_new(span)) {
    note(span);
  } else {
    end_by_other();
  }
}

QEMU_PLUGIN_EXPORT void* mmap(void* address, size_t length, int protection, int flags, int fd,
                              off_t offset) {
  if (watching && (flags & MAP_TYPE) != MAP_PRIVATE) end_by_other();
  if ((flags & MAP_FIXED) != 0) will_change(span_of(address, length));
  const long got = syscall(SYS_mmap, address, length, protection, flags, fd, offset);
  if (got != -1 && watching) note(span_of(at((uintptr_t)got), length));
  return at((uintptr_t)got);
}

QEMU_PLUGIN_EXPORT __typeof__(mmap64) mmap64 __attribute__((alias("mmap")));

QEMU_PLUGIN_EXPORT int munmap(void* place, size_t bytes) {
  will_change(span_of(place, bytes));
  return (int)syscall(SYS_munmap, place, bytes);
}

QEMU_PLUGIN_EXPORT int mprotect(void* place, size_t bytes, int rights) {
  will_change(span_of(place, bytes));
  return (int)syscall(SYS_mprotect, place, bytes, rights);
}

QEMU_PLUGIN_EXPORT int madvise(void* place, size_t bytes, int advice) {
  will_change(span_of(place, bytes));
  return (int)syscall(SYS_madvise, place, bytes, advice);
}

QEMU_PLUGIN_EXPORT void* mremap(void* place, size_t bytes, size_t wanted, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  void* to = (flags & MREMAP_FIXED) != 0 ? va_arg(rest, void*) : NULL;
  va_end(rest);
  will_change(span_of(place, bytes));
  if (to != NULL) will_change(span_of(to, wanted));
  const long got = syscall(SYS_mremap, place, bytes, wanted, flags, to);
  if (got != -1 && watching) note(span_of(at((uintptr_t)got), wanted));
  return at((uintptr_t)got);
}

static void* library_of(const void* symbol) {
  Dl_info info = {0};
  return dladdr(symbol, &info) == 0 ? NULL : info.dli_fbase;
}

bool mapping_watch_works(void) {
  const void* ours = library_of(&changes);
  return ours != NULL && library_of(dlsym(RTLD_DEFAULT, "mmap64")) == ours &&
         library_of(dlsym(RTLD_DEFAULT, "mprotect")) == ours;
}

static bool take_mapping(const struct process_mapping* mapping) {
  if (befores == MOST_BEFORE) return false;
  before[befores].span = (struct span){mapping->begin, mapping->end};
  before[befores].reserved = mapping->rights == 0 && mapping->is_private && !mapping->is_named;
  befores++;
  return true;
}

bool mapping_watch_begin(void (*other)(void)) {
  if (!process_maps_each(take_mapping)) return false;
  tell_other = other;
  watching = true;
  return true;
}

void mapping_watch_end(void) { watching = false; }

static bool clear(struct span span) {
  return span.begin >= span.end || syscall(SYS_munmap, span.begin, span.end - span.begin) == 0;
}

static bool reserve(struct span span) {
  const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED;
  return syscall(SYS_mmap, span.begin, span.end - span.begin, PROT_NONE, flags, -1, 0) != -1;
}

static bool put_back(struct span span) {
  for (size_t i = first_behind(span.begin); i < befores && before[i].span.begin < span.end; i++) {
    struct span part = before[i].span;
    if (part.begin < span.begin) part.begin = span.begin;
    if (part.end > span.end) part.end = span.end;
    if (!clear((struct span){span.begin, part.begin}) || !reserve(part)) return false;
    span.begin = part.end;
  }
  return clear(span);
}

bool mapping_watch_put_back(void) {
  for (size_t i = 0; i < changes; i++) {
    if (!put_back(changed[i])) return false;
  }
  return true;
}
