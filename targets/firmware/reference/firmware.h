/* SPDX-License-Identifier: Apache-2.0
 *
 * What the parts of the firmware offer each other, and the symbols that an emulator watches.
 *
 * The names declared under "symbols" are a contract: they exist in every image, are never inlined,
 * and their first instruction is where a checkpoint, an end or a crash rule goes. */
#ifndef TARGETS_FIRMWARE_REFERENCE_FIRMWARE_H_
#define TARGETS_FIRMWARE_REFERENCE_FIRMWARE_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- symbols ---- */

/* Called once, when everything is set up and the first byte is waited for. */
void firmware_ready(void);

/* Called once per input, after the line was idle and the application has closed the input. */
void firmware_input_done(void);

/* A C library assertion, abort() or a kernel check failed. Never returns. */
__attribute__((noreturn)) void firmware_assert_failed(const char* what);

/* A property that must hold whatever arrives is broken; `what` is its id. Never returns. */
__attribute__((noreturn)) void firmware_property_broken(const char* what);

/* The watchdog has run out once; the next time it resets the board. Never returns. */
__attribute__((noreturn)) void firmware_watchdog_expired(void);

/* What the core said about the last fault, for a debugger; valid in the fault handlers' loops. */
struct firmware_fault {
  /* 3 HardFault, 4 MemManage, 5 BusFault, 6 UsageFault, 7 SecureFault; on Cortex-A 1 undefined
   * instruction, 3 prefetch abort, 4 data abort; on RISC-V mcause */
  uint32_t exception;
  uint32_t stack_pointer;
  uint32_t status;      /* CFSR; DFSR; mstatus */
  uint32_t hard_status; /* HFSR; IFSR; none on RISC-V */
  uint32_t memory_address;
  uint32_t bus_address; /* on Cortex-A and RISC-V of the instruction */
};
extern volatile struct firmware_fault firmware_fault;

/* For tests: bytes taken off the line and inputs completed since power-on. */
extern volatile uint32_t firmware_bytes_received;
extern volatile uint32_t firmware_inputs_done;

/* From the linker script. */
extern uint32_t __stack_limit[], __stack_top[], __heap_start[], __heap_end[];

/* ---- line.c: the serial line and time ---- */

void line_start(void);
/* Takes up to `room` received bytes, 0 when there are none. */
size_t line_read(uint8_t* bytes, size_t room);
void line_write(const uint8_t* bytes, size_t count);
/* Sleeps until the next interrupt, unless bytes have been received. */
void line_sleep(void);
/* Milliseconds since the last byte arrived. */
uint32_t line_quiet_ms(void);

/* Called by the interrupt handlers; empty unless a kernel defines its own. */
void line_on_tick(void);
void line_on_bytes(void);

/* One per millisecond. */
uint32_t ticks_now(void);
/* Keeps the core busy and feeds no watchdog: longer waits than its period end in a reset. */
void ticks_delay_ms(uint32_t ms);

/* As in Modbus RTU, silence ends a message. Longer than the pauses that a busy host makes. */
#ifndef FIRMWARE_IDLE_GAP_MS
#define FIRMWARE_IDLE_GAP_MS 5u
#endif

/* ---- the application: one of apps/ ---- */

/* Makes ready for the next input: the state after power-on. */
void app_open(void);
/* Takes the next bytes of the input, in pieces of any size. */
void app_receive(const uint8_t* bytes, size_t count);
/* The input is complete: handles what is left and gives back all memory. */
void app_close(void);

#endif /* TARGETS_FIRMWARE_REFERENCE_FIRMWARE_H_ */
