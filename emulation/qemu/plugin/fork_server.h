/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * AFL++'s fork server (copies.h) in the middle of a running machine: inputs continue in a copy of
 * the whole emulator, whose memory is put back after each (memory_snapshot.h). Without a fuzzer on
 * the other side, one input from a file runs in one copy, and its exit status becomes the
 * emulator's.
 */
#ifndef PERCUSS_EMULATION_QEMU_PLUGIN_FORK_SERVER_H_
#define PERCUSS_EMULATION_QEMU_PLUGIN_FORK_SERVER_H_

#include <stddef.h>
#include <stdint.h>

/* Returns for every input, in a copy; in the original never. path: where the input is when the
 * fuzzer does not share memory. */
void fork_server_run(const char* path, const uint8_t** bytes, size_t* size);
/* In a copy whose input has ended well: goes on with the next, in fork_server_run(). Returns when
 * this copy has to end instead. */
void fork_server_next(void);

#endif /* PERCUSS_EMULATION_QEMU_PLUGIN_FORK_SERVER_H_ */
