/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "emulation/qemu/plugin/copies.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CONTROL_FD = 198, STATUS_FD = 199 };
#define GOES_ALONE 0xFFFFFFFFu /* in place of a status */
/* Of copies that could have taken more inputs but did not: so many in a row are enough to save the
 * price of what they prepared for, for so many copies. */
#define ENOUGH_ALONE 8u
#define PLAIN_COPIES 100u

/* In the original. pid 0 while there is no copy. */
static struct {
  pid_t pid;
  int line; /* -1: none */
  unsigned inputs;
} at_work;
static unsigned alone_in_a_row;
static unsigned plain_copies; /* to come */

static int line_up = -1; /* in a copy */

bool copies_say(uint32_t word) { return write(STATUS_FD, &word, sizeof word) == sizeof word; }
bool copies_hear(uint32_t* word) { return read(CONTROL_FD, word, sizeof *word) == sizeof *word; }

static bool send_word(int line, uint32_t word) {
  return send(line, &word, sizeof word, MSG_NOSIGNAL) == sizeof word;
}

/* False where the other side has ended. */
static bool take_word(int line, uint32_t* word) {
  ssize_t got;
  do {
    got = read(line, word, sizeof *word);
  } while (got < 0 && errno == EINTR);
  return got == sizeof *word;
}

int copies_wait_for(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

static int end_copy(void) {
  if (at_work.line >= 0) close(at_work.line); /* one that waits for an input ends now */
  const int status = copies_wait_for(at_work.pid);
  at_work.pid = 0;
  return status;
}

static bool may_last(const struct copies* copies) {
  if (copies->inputs_of_a_copy <= 1) return false;
  if (plain_copies == 0) return true;
  plain_copies--;
  return false;
}

/* True in the copy. The program that runs there finds the same descriptors as without a line. */
static bool begin_copy(const struct copies* copies) {
  int line[2] = {-1, -1};
  const bool lasting = may_last(copies);
  if (copies->between != NULL) copies->between();
  if (lasting && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, line) != 0) _exit(1);
  const pid_t pid = copies->copy();
  if (pid < 0) _exit(1);
  if (pid != 0) {
    if (lasting) close(line[1]);
    at_work.pid = pid;
    at_work.line = line[0];
    at_work.inputs = 1;
    return false;
  }
  close(CONTROL_FD);
  close(STATUS_FD);
  if (!lasting) return true;
  line_up = dup3(line[1], CONTROL_FD, O_CLOEXEC);
  close(line[0]);
  close(line[1]);
  return true;
}

/* Gives the copy another input. One that was killed since the last, because that took too long,
 * must not be taken for a failure of this. */
static bool go_on_in_copy(unsigned most) {
  uint32_t word = 0;
  if (at_work.pid == 0) return false;
  if (at_work.line >= 0 && at_work.inputs++ < most && send_word(at_work.line, word) &&
      take_word(at_work.line, &word)) {
    return true;
  }
  const int status = end_copy();
  if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL) {
    fprintf(stderr, "percuss-board: a copy ended between two inputs by signal %d\n",
            WTERMSIG(status));
  }
  return false;
}

static void note_alone(void) {
  if (at_work.inputs > 1) return;
  if (++alone_in_a_row < ENOUGH_ALONE) return;
  alone_in_a_row--; /* the next one that tries is enough */
  plain_copies = PLAIN_COPIES;
}

static int await_end_of_input(void) {
  uint32_t status = 0;
  if (at_work.line < 0 || !take_word(at_work.line, &status)) return end_copy();
  if (status != GOES_ALONE) {
    alone_in_a_row = 0;
    return (int)status;
  }
  note_alone();
  return end_copy();
}

void copies_serve(const struct copies* copies) {
  for (;;) {
    uint32_t killed = 0;
    if (!copies_hear(&killed)) {
      if (at_work.pid != 0) end_copy(); /* its time counts as ours once it was waited for */
      _exit(0);
    }
    /* The fuzzer killed it, and it was done just before. */
    if (killed != 0 && at_work.pid != 0) {
      kill(at_work.pid, SIGKILL);
      end_copy();
    }
    if (!go_on_in_copy(copies->inputs_of_a_copy) && begin_copy(copies)) return;
    if (!copies_say((uint32_t)at_work.pid)) _exit(1);
    const int status = await_end_of_input();
    if (copies->ended != NULL) copies->ended(status);
    if (!copies_say((uint32_t)status)) _exit(1);
  }
}

bool copies_has_line(void) { return line_up >= 0; }

bool copies_input_ended(int status) { return line_up >= 0 && send_word(line_up, (uint32_t)status); }

void copies_await_input(void) {
  uint32_t word = 0;
  if (!take_word(line_up, &word) || !send_word(line_up, word)) _exit(0);
}

void copies_go_alone(void) {
  if (line_up < 0) return;
  send_word(line_up, GOES_ALONE);
  close(line_up);
  line_up = -1;
}
