/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What firmware asks of the host that debugs it (Arm, Semihosting for AArch32 and AArch64, 2.0).
 * QEMU serves it, with the host's own files and shell: the console is all that an input needs.
 */
#ifndef PERCUSS_EMULATION_QEMU_PLUGIN_SEMIHOSTING_H_
#define PERCUSS_EMULATION_QEMU_PLUGIN_SEMIHOSTING_H_

#include <stdbool.h>
#include <stdint.h>

/* An instruction of this size and encoding asks the host. */
bool semihosting_is_asked_by(uint32_t word, uint64_t size);

enum semihosting_wish {
  SEMIHOSTING_OTHER,   /* what does no harm */
  SEMIHOSTING_READ,    /* of what was opened: the console */
  SEMIHOSTING_EXIT,    /* the application is done */
  SEMIHOSTING_FAILED,  /* it says that it has failed */
  SEMIHOSTING_REFUSED, /* files of the host, or its shell */
};
/* What it is about to ask for, and in words. */
enum semihosting_wish semihosting_wish(const char** words);

#endif /* PERCUSS_EMULATION_QEMU_PLUGIN_SEMIHOSTING_H_ */
