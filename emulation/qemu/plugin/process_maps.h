/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The mappings of this process, as the kernel tells them (proc(5), /proc/pid/maps). Allocates
 * nothing: what it tells is the state after it, too.
 */
#ifndef PERCUSS_EMULATION_QEMU_PLUGIN_PROCESS_MAPS_H_
#define PERCUSS_EMULATION_QEMU_PLUGIN_PROCESS_MAPS_H_

#include <stdbool.h>
#include <stdint.h>

struct process_mapping {
  uintptr_t begin, end;
  int rights; /* PROT_READ... */
  bool is_private;
  bool is_named; /* of a file, or the stack... */
};

/* In ascending order; false where one was not taken, or they cannot be read. Not thread-safe. */
bool process_maps_each(bool (*take)(const struct process_mapping* mapping));

#endif /* PERCUSS_EMULATION_QEMU_PLUGIN_PROCESS_MAPS_H_ */
