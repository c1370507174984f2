/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Writes down what one input makes the processor do, where somebody asked for it (see
 * execution_record.h). Not of Arm's profile A, of whose instructions nobody could tell later
 * whether they are Thumb's.
 */
#ifndef PERCUSS_EMULATION_QEMU_PLUGIN_EXECUTION_LOG_H_
#define PERCUSS_EMULATION_QEMU_PLUGIN_EXECUTION_LOG_H_

#include <stdbool.h>
#include <stdint.h>

extern bool execution_log_on;

/* Before anything is translated. False where the file that was named cannot be written to. */
bool execution_log_open(void);
/* An input begins: from now on it is recorded. */
void execution_log_begin(void);
/* Where a block begins; depth: of exceptions. */
void execution_log_block(uint64_t address, uint32_t instructions, uint32_t bytes, unsigned depth);
void execution_log_access(uint64_t pc, uint64_t address, unsigned bytes, bool store);
void execution_log_allocated(uint64_t address, uint64_t bytes);
void execution_log_released(uint64_t address);
/* An exception's handler begins. */
void execution_log_handler(void);

#endif /* PERCUSS_EMULATION_QEMU_PLUGIN_EXECUTION_LOG_H_ */
