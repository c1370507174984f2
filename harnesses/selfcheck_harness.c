/* SPDX-License-Identifier: Apache-2.0
 *
 * What the supervision must catch, on request: the first byte picks the misbehaviour. Every
 * campaign runs this before its target, to prove that its own oracle works on this host. Any other
 * first byte: nothing happens.
 */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "harnesses/sdk/percuss_harness.h"

static volatile unsigned long work;
static char* volatile kept; /* what nobody reads, a compiler need not allocate */

/* Not static: a name to look for in a report's stack. */
__attribute__((noinline)) void selfcheck_spin(void) {
  for (;;) work++;
}

__attribute__((noinline)) void selfcheck_overflow(size_t size) {
  volatile char* block = malloc(16);
  if (block == NULL) return;
  block[16 + size % 8] = 1;
  free((void*)block);
}

__attribute__((noinline)) void selfcheck_blow_up(void) {
  const size_t step = 1u << 24;
  for (;;) {
    char* block = malloc(step);
    if (block == NULL) abort();
    memset(block, 1, step);
    kept = block;
    /* Slow enough for a watch on memory to act before the host suffers: about 1.5 GiB a second. */
    usleep(5000);
  }
}

/* Keeps the pointer from being found by the leak check in a register or on the stack. */
__attribute__((noinline)) void selfcheck_leak(void) {
  char* volatile block = malloc(1234);
  if (block != NULL) block[0] = 1;
  block = NULL;
}

static void fork_bomb(void) {
  /* Bounded at 2^10 processes, should the supervision fail. */
  for (int i = 0; i < 10; i++) {
    if (fork() < 0) break;
  }
  sleep(60);
}

static void flood_output(void) {
  char block[4096];
  memset(block, 'x', sizeof block);
  for (int i = 0; i < 1 << 15; i++) {
    if (write(STDERR_FILENO, block, sizeof block) < 0) return;
  }
}

static void fill_disk(void) {
  char block[4096];
  memset(block, 0, sizeof block);
  const int fd = open("selfcheck-filling", O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (fd < 0) return;
  for (long i = 0; i < 1 << 18; i++) {
    if (write(fd, block, sizeof block) < 0) break;
  }
  close(fd);
}

static void spin_deaf(void) {
  for (int number = 1; number < NSIG; number++) signal(number, SIG_IGN);
  selfcheck_spin();
}

static void escape(void) {
  if (fork() != 0) return;
  setsid();
  if (fork() != 0) _exit(0);
  selfcheck_spin();
}

PERCUSS_HARNESS(selfcheck, 1) {
  if (size == 0) return 0;
  switch (data[0]) {
    case 'C':
      selfcheck_overflow(size);
      break;
    case 'H':
      selfcheck_spin();
      break;
    case 'S':
      sleep(60);
      break;
    case 'M':
      selfcheck_blow_up();
      break;
    case 'L':
      selfcheck_leak();
      break;
    case 'F':
      fork_bomb();
      break;
    case 'O':
      flood_output();
      break;
    case 'D':
      fill_disk();
      break;
    case 'T':
      spin_deaf();
      break;
    case 'K':
      kill(0, SIGKILL);
      break;
    case 'X':
      escape();
      break;
    default:
      break;
  }
  return 0;
}
