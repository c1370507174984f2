/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Functions of the emulator that the plugin interface does not offer, found by name in the running
 * program, which exports them. Where a build lacks one, emulator_find says which.
 */
#ifndef PERCUSS_EMULATION_QEMU_PLUGIN_EMULATOR_H_
#define PERCUSS_EMULATION_QEMU_PLUGIN_EMULATOR_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* NULL when all is there; otherwise the name of what this QEMU lacks. What only a debugger needs is
 * looked for on request. */
const char* emulator_find(bool for_debugger);

/* What a Linux program's emulator has of it: the processor, its memory and its registers. False
 * where it lacks one. */
bool emulator_find_program(void);

/* The lock that QEMU's devices live under. Nothing happens where this thread holds it already;
 * emulator_lock returns whether emulator_unlock is due. */
bool emulator_lock(void);
void emulator_unlock(void);

/* The character device `id`: how many bytes its front end can take now, and bytes for it. NULL when
 * there is none. Under the lock. */
void* emulator_line(const char* id);
int emulator_line_room(void* line);
void emulator_line_write(void* line, const uint8_t* bytes, int count);

/* Time of the devices. Under the lock: nanoseconds to the next timer (-1: none), and run what is
 * due. */
int64_t emulator_next_timer_ns(void);
void emulator_run_timers(void);

/* Somebody asked for a reset of the machine, or for its end. */
bool emulator_wants_reset(void);
bool emulator_wants_shutdown(void);

/* Called by the processor's thread: the machine stops as at a breakpoint, before its next block. */
void emulator_stop(void);
/* Leaves the instruction that called back, as if it had not begun, for QEMU's loop of the
 * processor. return_address: of the callback, in the translated code. */
_Noreturn void emulator_leave(const void* return_address);

/* QEMU's object of the first CPU; NULL when there is none. */
void* emulator_processor(void);
/* Whether a device or nothing is at a physical address, and neither RAM nor ROM; false where this
 * build of QEMU does not tell. */
bool emulator_lacks_memory_at(uint64_t address);
/* The first CPU's memory as it sees it; false where nothing answers. */
bool emulator_read(uint64_t address, void* bytes, size_t count);
bool emulator_write(uint64_t address, const void* bytes, size_t count);
/* Its registers as QEMU prints them, into text, which ends with 0. Only where a block begins. */
void emulator_registers(char* text, size_t room);
void emulator_registers_of(unsigned cpu, char* text, size_t room);

#endif /* PERCUSS_EMULATION_QEMU_PLUGIN_EMULATOR_H_ */
