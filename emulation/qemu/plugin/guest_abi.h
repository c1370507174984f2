/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What differs between the architectures whose Linux programs are run: numbers of system calls
 * (Linux, arch/.../unistd.h), and what a call looks like.
 */
#ifndef PERCUSS_EMULATION_QEMU_PLUGIN_GUEST_ABI_H_
#define PERCUSS_EMULATION_QEMU_PLUGIN_GUEST_ABI_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "emulation/qemu/plugin/guest_calls.h"

/* The end of a block that was translated. */
struct guest_branch {
  uint64_t address; /* of the instruction that branches */
  uint32_t word;    /* its first four bytes */
  uint32_t next;    /* bytes from it to where a call returns to */
  bool short_form;  /* of two bytes */
};

struct guest_abi {
  const char* name; /* of QEMU's target */
  int exit_group;
  int kill;
  int tkill;
  int tgkill;
  bool delay_slot; /* the instruction before a block's last is the one that branches */
  bool big_endian;
  enum guest_calls call_numbers;
  /* Whether this is a call, given where the processor went. */
  bool (*calls)(const struct guest_branch* branch, uint64_t target);
};

/* NULL for an architecture that is not known here. */
const struct guest_abi* guest_abi_of(const char* name);

#endif /* PERCUSS_EMULATION_QEMU_PLUGIN_GUEST_ABI_H_ */
