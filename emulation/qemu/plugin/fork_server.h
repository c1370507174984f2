/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * AFL++'s fork server (docs of AFL++ 4.04c, "instrumentation/README.persistent_mode.md" and
 * include/types.h) in the middle of a running machine: each input continues in a copy of the whole
 * emulator. Without a fuzzer on the other side, one input from a file runs in one copy, and its
 * exit status becomes the emulator's.
 */
#ifndef PERCUSS_EMULATION_QEMU_PLUGIN_FORK_SERVER_H_
#define PERCUSS_EMULATION_QEMU_PLUGIN_FORK_SERVER_H_

#include <stddef.h>
#include <stdint.h>

/* Returns in every copy, with its input; in the original never. path: where the input is when the
 * fuzzer does not share memory. */
void fork_server_run(const char* path, const uint8_t** bytes, size_t* size);

#endif /* PERCUSS_EMULATION_QEMU_PLUGIN_FORK_SERVER_H_ */
