/* SPDX-License-Identifier: Apache-2.0
 *
 * Takes the time that its input asks for, in ways that a time limit must tell apart. Time on the
 * processor is told by the processor's own clock, so that the same input costs the same on any host
 * and in any build.
 *
 *   S        spins for ever              Z        sleeps for a minute
 *   R        reads a pipe into which     F        waits for a lock that nobody gives back
 *            nobody writes
 *   Q, E     work: as the square of the length, and by 2 ^ length, from what COST_NS says
 *   B123     works for 123 us            N123     sleeps for 123 us
 *   P123     waits for a pipe 123 us     others   return at once
 *
 * Compiled with WITHIN_US, no input takes longer than that, and one in fifty about so long: a
 * campaign's worth of inputs that a time limit above it must leave alone.
 */
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "harnesses/sdk/percuss_harness.h"

#ifndef COST_NS
#define COST_NS 1000
#endif

static volatile unsigned long work;

static long long cpu_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return now.tv_sec * 1000000000ll + now.tv_nsec;
}

static void burn(long long ns) {
  const long long until = cpu_ns() + ns;
  while (cpu_ns() < until) work++;
}

static void nap(long long us) {
  const struct timespec time = {us / 1000000, us % 1000000 * 1000};
  nanosleep(&time, NULL);
}

/* Each in a function of its own, not static: names to look for in a report's stack. */
__attribute__((noinline)) void timing_spin(void) {
  for (;;) work++;
}

__attribute__((noinline)) void timing_sleep(void) {
  sleep(60);
  work++;
}

__attribute__((noinline)) void timing_read(void) {
  int ends[2];
  char byte = 0;
  if (pipe(ends) == 0 && read(ends[0], &byte, 1) > 0) work++;
}

__attribute__((noinline)) void timing_lock(void) {
  static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_lock(&lock);
  pthread_mutex_lock(&lock);
}

__attribute__((noinline)) void timing_square(long long size) {
  for (long long i = 0; i < size; i++) burn(size * COST_NS);
}

__attribute__((noinline)) void timing_power(size_t size) {
  for (unsigned long i = 0; i < 1ul << (size < 40 ? size : 40); i++) burn(COST_NS);
}

__attribute__((noinline)) void timing_wait(long long us) {
  int ends[2];
  if (pipe(ends) != 0) return;
  struct pollfd end = {ends[0], POLLIN, 0};
  poll(&end, 1, (int)(us / 1000));
  close(ends[0]);
  close(ends[1]);
}

__attribute__((noinline)) void timing_work(long long us) { burn(us * 1000); }

static long long number(const uint8_t* data, size_t size) {
  long long value = 0;
  for (size_t i = 1; i < size && data[i] >= '0' && data[i] <= '9' && value < 10000000; i++) {
    value = value * 10 + (data[i] - '0');
  }
  return value;
}

#ifdef WITHIN_US
/* What the input says, hashed (FNV-1a), picks one of four. */
static int within(const uint8_t* data, size_t size) {
  unsigned int hash = 2166136261u;
  for (size_t i = 0; i < size; i++) hash = (hash ^ data[i]) * 16777619u;
  switch (hash % 200) {
    case 0:
    case 1:
      timing_work(WITHIN_US);
      break;
    case 2:
      nap(WITHIN_US);
      break;
    case 3:
      timing_wait(WITHIN_US);
      break;
    default:
      break;
  }
  return 0;
}
#endif

PERCUSS_HARNESS(timing_kinds, 1) {
#ifdef WITHIN_US
  if (size > 2 && data[0] == 'W' && data[1] == 'x') work++;
  if (size > 4 && data[2] == 'y') work += data[3] == 'z' ? 2 : 3;
  return within(data, size);
#else
  if (size == 0) return 0;
  switch (data[0]) {
    case 'S':
      timing_spin();
      break;
    case 'Z':
      timing_sleep();
      break;
    case 'R':
      timing_read();
      break;
    case 'F':
      timing_lock();
      break;
    case 'Q':
      timing_square((long long)size);
      break;
    case 'E':
      timing_power(size);
      break;
    case 'B':
      timing_work(number(data, size));
      break;
    case 'N':
      nap(number(data, size));
      break;
    case 'P':
      timing_wait(number(data, size));
      break;
    default:
      break;
  }
  return 0;
#endif
}
