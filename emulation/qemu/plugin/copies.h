/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * AFL++'s fork server (docs of AFL++ 4.04c, "instrumentation/README.persistent_mode.md" and
 * include/types.h), with inputs in copies of the original process, one copy at a time. A copy that
 * can put back what an input has changed takes the next one, too; it has a line to the original,
 * at a number that was the fuzzer's before. One that fails on an input ends with it.
 */
#ifndef PERCUSS_EMULATION_QEMU_PLUGIN_COPIES_H_
#define PERCUSS_EMULATION_QEMU_PLUGIN_COPIES_H_

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct copies {
  pid_t (*copy)(void);       /* forks */
  void (*between)(void);     /* in the original, before each copy; or NULL */
  void (*ended)(int status); /* in the original, after each input, with its wait status; or NULL */
  unsigned inputs_of_a_copy; /* the most; 1: copies have no line */
};

/* Words to and from the fuzzer; false where there is none. */
bool copies_say(uint32_t word);
bool copies_hear(uint32_t* word);

/* In the original: answers the fuzzer. Returns in each copy, once; ends with the fuzzer. */
void copies_serve(const struct copies* copies);

int copies_wait_for(pid_t pid);

/* In a copy. Whether it may take another input. */
bool copies_has_line(void);
/* Its input has ended with this wait status, and it will take another; false where nobody wants
 * that. */
bool copies_input_ended(int status);
/* Waits for another input; ends the process where there is none. */
void copies_await_input(void);
/* It ends with its input. The line is closed: processes that it forks do not have it. */
void copies_go_alone(void);

#endif /* PERCUSS_EMULATION_QEMU_PLUGIN_COPIES_H_ */
