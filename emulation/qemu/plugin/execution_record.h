/* SPDX-License-Identifier: Apache-2.0
 *
 * What one input made a board's processor do, in order: the blocks that ran, what they loaded and
 * stored, and what the firmware's allocator gave and took back. For who looks for the origin of a
 * value once the input has failed.
 *
 * Who runs the emulator makes the file, of zeroes, and names it in PERCUSS_BOARD_HISTORY; without
 * it nothing is recorded. Of a long run the last records are left: number n, from 0 on, is at
 * n % PERCUSS_EXECUTION_RECORDS. Only the emulator writes. All integers are in host byte order: the
 * file never leaves the host.
 */
#ifndef PERCUSS_EMULATION_QEMU_PLUGIN_EXECUTION_RECORD_H_
#define PERCUSS_EMULATION_QEMU_PLUGIN_EXECUTION_RECORD_H_

#include <stdint.h>

#define PERCUSS_EXECUTION_ENV "PERCUSS_BOARD_HISTORY"
#define PERCUSS_EXECUTION_MAGIC 0x0031434558434550ull /* "PECXEC1" */
#define PERCUSS_EXECUTION_RECORDS (1u << 22)

enum percuss_execution_kind {
  PERCUSS_EXECUTION_NONE,
  PERCUSS_EXECUTION_BLOCK,   /* pc, size: instructions, value: bytes, address: stack pointer */
  PERCUSS_EXECUTION_HANDLER, /* an exception's handler begins with the next block */
  PERCUSS_EXECUTION_LOAD,    /* pc, address, size: bytes */
  PERCUSS_EXECUTION_STORE,
  PERCUSS_EXECUTION_DEVICE_LOAD, /* the same where no memory is */
  PERCUSS_EXECUTION_DEVICE_STORE,
  PERCUSS_EXECUTION_ALLOCATED, /* address, value: bytes; at the block that got it */
  PERCUSS_EXECUTION_RELEASED   /* address; at the allocator's first block */
};

struct percuss_execution_record {
  uint8_t kind;
  uint8_t depth; /* of a block: exceptions that have not returned */
  uint16_t size;
  uint32_t pc;
  uint32_t address;
  uint32_t value;
};

/* Start of the file; the records follow. */
struct percuss_execution_file {
  uint64_t magic;
  uint64_t records; /* ever written */
};

#endif /* PERCUSS_EMULATION_QEMU_PLUGIN_EXECUTION_RECORD_H_ */
