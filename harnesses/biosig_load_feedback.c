/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "harnesses/biosig_load_feedback.h"

#include <dlfcn.h>
#include <link.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "biosig.h"

#define CALL_SITES 16384u
#define VALUES 256u

__attribute__((section(
    "__libfuzzer_extra_counters"))) static uint8_t counters[CALL_SITES + FEEDBACK_KINDS * VALUES];

static uintptr_t library_start;
static uintptr_t library_bytes;
static int counting;

static void count(size_t index) {
  if (counters[index] != 255) counters[index]++;
}

static int find_library(struct dl_phdr_info* info, size_t bytes, void* address) {
  (void)bytes;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr)* segment = &info->dlpi_phdr[i];
    const uintptr_t start = info->dlpi_addr + segment->p_vaddr;
    if (segment->p_type == PT_LOAD && (uintptr_t)address - start < segment->p_memsz) {
      library_start = start;
      library_bytes = segment->p_memsz;
      return 1;
    }
  }
  return 0;
}

void feedback_start(void) {
  if (library_bytes == 0) {
    /* Not &sopen: in the program that may be the address of its own stub. */
    void* address = dlsym(RTLD_DEFAULT, "sopen");
    if (address == NULL || dl_iterate_phdr(find_library, address) == 0) {
      fprintf(stderr, "biosig_load: the code of libbiosig is not found in memory\n");
      abort();
    }
  }
  counting = 1;
}

void feedback_stop(void) { counting = 0; }

static unsigned log2_of(uint64_t value) {
  unsigned bits = 0;
  for (; value != 0; value >>= 1) bits++;
  return bits;
}

void feedback_value(enum feedback_kind kind, uint64_t value) {
  const size_t index = kind <= FEEDBACK_ERROR ? (size_t)(value % VALUES) : log2_of(value);
  count(CALL_SITES + (size_t)kind * VALUES + index);
}

#if defined(__has_feature)
#if __has_feature(address_sanitizer)

static inline void count_call(const void* caller) {
  const uintptr_t offset = (uintptr_t)caller - library_start;
  if (counting && offset < library_bytes) {
    count((size_t)((offset * 0x9e3779b97f4a7c15ull) >> 50) % CALL_SITES);
  }
}

/* Takes the place of a libc function for the whole program, counts, and goes on in
 * AddressSanitizer's version, which sees the library as its caller (a jump, not a call). */
#define COUNTED(type, name, parameters, arguments)                                        \
  type __interceptor_##name parameters;                                                   \
  type name parameters;                                                                   \
  __attribute__((no_sanitize("address", "undefined", "coverage"))) type name parameters { \
    count_call(__builtin_return_address(0));                                              \
    __attribute__((musttail)) return __interceptor_##name arguments;                      \
  }

COUNTED(void*, memcpy, (void* to, const void* from, size_t bytes), (to, from, bytes))
COUNTED(void*, memset, (void* to, int value, size_t bytes), (to, value, bytes))
COUNTED(int, memcmp, (const void* left, const void* right, size_t bytes), (left, right, bytes))
COUNTED(void*, memchr, (const void* from, int value, size_t bytes), (from, value, bytes))
COUNTED(size_t, strlen, (const char* text), (text))
COUNTED(int, strcmp, (const char* left, const char* right), (left, right))
COUNTED(int, strncmp, (const char* left, const char* right, size_t bytes), (left, right, bytes))
COUNTED(int, strcasecmp, (const char* left, const char* right), (left, right))
COUNTED(int, strncasecmp, (const char* left, const char* right, size_t bytes), (left, right, bytes))
COUNTED(char*, strstr, (const char* text, const char* part), (text, part))
COUNTED(char*, strchr, (const char* text, int value), (text, value))
COUNTED(char*, strrchr, (const char* text, int value), (text, value))
COUNTED(char*, strcpy, (char* to, const char* from), (to, from))
COUNTED(char*, strcat, (char* to, const char* from), (to, from))
COUNTED(char*, strncpy, (char* to, const char* from, size_t bytes), (to, from, bytes))
COUNTED(char*, strdup, (const char* text), (text))
COUNTED(char*, strtok, (char* text, const char* separators), (text, separators))
COUNTED(long, strtol, (const char* text, char** end, int base), (text, end, base))
COUNTED(size_t, fread, (void* to, size_t bytes, size_t count_of, FILE* from),
        (to, bytes, count_of, from))

#endif
#endif
