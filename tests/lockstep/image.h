// SPDX-License-Identifier: Apache-2.0
//
// What the images of the lockstep test are made of: shared by their start, their checker and, as
// numbers, by lockstep.py, which appends the cases. Plain enough for the assembler.
#pragma once

// Where a case's base registers point: SCRATCH_WINDOW of these bytes are compared after every case.
// Of Armv7-M within the first MiB, whose bits have aliases.
#if LOCKSTEP_V6M
#define SCRATCH 0x20002000
#define STACK_TOP 0x20002000
#else
#define SCRATCH 0x20080000
#define STACK_TOP 0x20010000
#endif
// With an MPU, code that is not privileged may not have the first MiB, which is the checker's.
#define CODE_SLOTS_BITS 20
#define SCRATCH_BYTES 0x1000
#define SCRATCH_WINDOW 0x800
#define SCRATCH_WINDOW_WORDS 128
#define SCRATCH_POINTERS 0x840
#define SCRATCH_ALIAS (0x22000000 + 32 * (SCRATCH - 0x20000000 + SCRATCH_POINTERS))
#define SCRATCH_STACK 0x9c0

// What the processor does at the moment: `state`.
#define STATE_IDLE 0
#define STATE_ENTER 1
#define STATE_CASE 2
#define STATE_END 3

// Flags of a case.
#define CASE_UNPRIVILEGED (1 << 0)
#define CASE_GUARD (1 << 1)    // the MPU allows code, scratch memory and a hole of the board
#define CASE_REGIONS (1 << 2)  // and has regions of random bounds in scratch memory
#define CASE_FLOAT (1 << 3)    // begins with floating-point context
#define CASE_UNALIGN_TRAP (1 << 4)
#define CASE_DIVIDE_TRAP (1 << 5)
#define CASE_FAULTS (7 << 6)  // MEMFAULTENA, BUSFAULTENA, USGFAULTENA
#define CASE_NO_FPU (1 << 9)
#define CASE_NOT_LAZY (1 << 10)
#define CASE_NO_FP_CONTEXT (1 << 11)
#define CASE_NO_STACK_ALIGNMENT (1 << 12)
#define CASE_MAIN_STACK (1 << 13)
#define CASE_INTERRUPTS (1 << 14)
#define CASE_WILD (1 << 15)  // every register may be anything
#define CASE_PRIMASK (1 << 16)
#define CASE_BASEPRI (1 << 17)
#define CASE_FLOAT_HANDLERS (1 << 18)
#define CASE_NO_EXECUTION (1 << 19)  // from scratch memory, with CASE_GUARD
#define CASE_BIT_BAND (1 << 20)      // some pointers are to aliases of scratch memory's bits
#define CASE_WIDE_REGIONS (1 << 21)  // those of CASE_REGIONS have 1 KiB at least

// Semihosting (Semihosting for AArch32 and AArch64, 2.0).
#define SYS_OPEN 0x01
#define SYS_WRITE 0x05
#define SYS_EXIT 0x18
