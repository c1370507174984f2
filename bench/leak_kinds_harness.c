/* SPDX-License-Identifier: Apache-2.0
 *
 * Keeps something of its inputs, in ways that only many inputs in one process show. Compiled with
 * -DKEEPS=..., every input that begins with "K=" keeps something; others allocate and free.
 *
 *   LIST         40 bytes in a list that is never trimmed     ARRAY    a number in an array that
 *   CACHE        a copy of it, of the last 3000                        doubles when it is full
 *   DESCRIPTOR   an open file                                 THREAD   a thread that never ends
 *   MAPPING      a page                                       PROCESS  a child that nobody waits
 * for FILE_LEFT    a file in TMPDIR                             BLOCK    40 bytes that nobody knows
 * of NOTHING      is kept, but it takes and frees much, and ever more and less of it
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "harnesses/sdk/percuss_harness.h"

#define NOTHING 0
#define LIST 1
#define ARRAY 2
#define CACHE 3
#define DESCRIPTOR 4
#define THREAD 5
#define MAPPING 6
#define PROCESS 7
#define FILE_LEFT 8
#define BLOCK 9

#ifndef KEEPS
#define KEEPS LIST
#endif

struct reading {
  struct reading* next;
  unsigned char value[32];
};

static struct reading* readings;
static unsigned* numbers;
static size_t number_count;
static size_t number_room;
static void* cached[3000];
static size_t cache_at;
static volatile size_t work;

/* Each in a function of its own, not static: names to look for in a report's stack. */
__attribute__((noinline)) void keep_in_list(void) {
  struct reading* reading = calloc(1, sizeof *reading);
  if (reading == NULL) return;
  reading->next = readings;
  readings = reading;
}

__attribute__((noinline)) void keep_in_array(void) {
  if (number_count == number_room) {
    number_room = number_room == 0 ? 16 : number_room * 2;
    unsigned* larger = realloc(numbers, number_room * sizeof *numbers);
    if (larger == NULL) abort();
    numbers = larger;
  }
  numbers[number_count++] = 7;
}

__attribute__((noinline)) void keep_in_cache(size_t size) {
  free(cached[cache_at]);
  cached[cache_at] = malloc(size);
  cache_at = (cache_at + 1) % (sizeof cached / sizeof *cached);
}

__attribute__((noinline)) void keep_descriptor(void) {
  if (open("/dev/null", O_RDONLY) < 0) work++;
}

static void* wait_for_ever(void* nothing) {
  pause();
  return nothing;
}

__attribute__((noinline)) void keep_thread(void) {
  pthread_t thread;
  pthread_attr_t small;
  pthread_attr_init(&small);
  pthread_attr_setstacksize(&small, 65536);
  pthread_create(&thread, &small, wait_for_ever, NULL);
  pthread_attr_destroy(&small);
}

__attribute__((noinline)) void keep_mapping(void) {
  unsigned char* page =
      mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page != MAP_FAILED) page[0] = 1;
}

__attribute__((noinline)) void keep_process(void) {
  if (fork() == 0) _exit(0);
}

__attribute__((noinline)) void keep_file(void) {
  const char* folder = getenv("TMPDIR");
  char path[512];
  snprintf(path, sizeof path, "%s/reading-XXXXXX", folder != NULL ? folder : "/tmp");
  const int fd = mkstemp(path);
  if (fd >= 0) close(fd);
}

__attribute__((noinline)) void keep_block(void) {
  void* volatile block = malloc(40);
  block = NULL;
  if (block != NULL) work++;
}

static void keep(size_t size) {
  switch (KEEPS) {
    case LIST:
      return keep_in_list();
    case ARRAY:
      return keep_in_array();
    case CACHE:
      return keep_in_cache(size);
    case DESCRIPTOR:
      return keep_descriptor();
    case THREAD:
      return keep_thread();
    case MAPPING:
      return keep_mapping();
    case PROCESS:
      return keep_process();
    case FILE_LEFT:
      return keep_file();
    case BLOCK:
      return keep_block();
    default:
      break;
  }
}

PERCUSS_HARNESS(leak_kinds, 1) {
  if (size == 0) return 0;
  if (size > 2 && data[0] == 'q') work += data[1] == 'u' ? 2 : 3;
  unsigned char* copy = malloc(size);
  if (copy == NULL) return 0;
  memcpy(copy, data, size);
  if (KEEPS == NOTHING) {
    static size_t swing;
    void* volatile large = malloc(1 + swing++ % 7 * 10000);
    free(large);
  }
  /* The second byte as well: a fuzzer makes few of these, and they do not eat its process. */
  if (size > 1 && copy[0] == 'K' && copy[1] == '=') keep(size);
  free(copy);
  return 0;
}
