/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which code each reply of a server has, at a fixed place in it, as feedback: the step from one
 * code to the next is coverage of its own (V.-T. Pham, M. Böhme, A. Roychoudhury, "AFLNet: A
 * Greybox Fuzzer for Network Protocols", ICST 2020). A reply is all that came before the next
 * message. Of one thread.
 */
#ifndef PERCUSS_EMULATION_QEMU_PLUGIN_REPLY_CODES_H_
#define PERCUSS_EMULATION_QEMU_PLUGIN_REPLY_CODES_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REPLY_CODE_MOST_BYTES 8u

/* Before copies are made: codes are `bytes` at `at` of a reply; 0: there are none, and what follows
 * does nothing. False where there is no memory for them, or more than REPLY_CODE_MOST_BYTES. */
bool reply_codes_prepare(size_t at, size_t bytes);
/* In a copy: another input. */
void reply_codes_begin(void);
/* Bytes that came, and that no more will come before the next message. Silence is no reply; one
 * that ends before its code has the code "short". */
void reply_codes_take(const uint8_t* bytes, size_t size);
void reply_codes_end(void);
/* In the original, of the last copy, in one line on stderr: the first 64. */
void reply_codes_tell(void);

#endif /* PERCUSS_EMULATION_QEMU_PLUGIN_REPLY_CODES_H_ */
