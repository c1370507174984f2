/* SPDX-License-Identifier: Apache-2.0
 *
 * Vectors, reset, memory protection and faults of Cortex-A. Everything runs in supervisor mode: the
 * other modes are left at once, so that there is one stack, and the unwind tables lead from a
 * handler to what it interrupted. */
#if defined(__ARM_ARCH_7A__)
#include "targets/firmware/reference/boards/board.h"
#include "targets/firmware/reference/core.h"
#include "targets/firmware/reference/firmware.h"

#define STRING_OF_(value) #value
#define STRING_OF(value) STRING_OF_(value)

extern uint32_t __data_source[], __data_start[], __data_end[], __bss_start[], __bss_end[];
extern uint8_t __tls_base[], __ram_start[], __ram_bytes[], __flash_start[], __flash_bytes[];
extern uint8_t __guard_bytes[], vectors[];
void _set_tls(void* tls); /* the C library's: where errno is */
int main(void);

void Reset_Handler(void);
void Default_Handler(void);
void SysTick_Handler(void);
void UART_Handler(void);
void Watchdog_Handler(void);
void dispatch_interrupt(void);
void start(void);
void record_fault(uint32_t exception, const uint32_t* frame);

volatile struct firmware_fault firmware_fault;

/* Where the abort and undefined modes keep two registers for a moment. */
uint32_t mode_stack[8];
/* The frame of a fault for which the stack had no room; above it nothing calls. */
uint32_t spare_stack[16];

/* A fault leaves the address of its instruction and the status on the supervisor's stack, or on a
 * spare one when that is used up, and goes to its handler with all other registers as they were. */
#define FAULT(entry, handler, mode, behind, number)                                          \
  ".arm\n" entry                                                                             \
  ":\n"                                                                                      \
  "  sub lr, lr, #" behind                                                                   \
  "\n"                                                                                       \
  "  push {r0, lr}\n"                                                                        \
  "  cps #0x13\n"                                                                            \
  "  mov r0, sp\n"                                                                           \
  "  cps #" mode                                                                             \
  "\n"                                                                                       \
  "  ldr lr, =__stack_limit + 8\n"                                                           \
  "  cmp r0, lr\n"                                                                           \
  "  pop {r0, lr}\n"                                                                         \
  "  cps #0x13\n"                                                                            \
  "  ldrlo sp, =spare_stack + 8\n"                                                           \
  "  cps #" mode                                                                             \
  "\n"                                                                                       \
  "  srsdb sp!, #0x13\n"                                                                     \
  "  cps #0x13\n"                                                                            \
  "  ldr pc, =" handler                                                                      \
  "\n"                                                                                       \
  "  .ltorg\n"                                                                               \
  "  .thumb\n  .thumb_func\n  .global " handler "\n  .type " handler ", %function\n" handler \
  ":\n"                                                                                      \
  "  .cfi_startproc\n  .cfi_signal_frame\n  .cfi_return_column 15\n"                         \
  "  .cfi_def_cfa 13, 8\n  .cfi_offset 15, -8\n"                                             \
  "  .cfi_same_value 14\n"                                                                   \
  "  movs r0, #" number                                                                      \
  "\n"                                                                                       \
  "  mov r1, sp\n"                                                                           \
  "  bl record_fault\n"                                                                      \
  "  .cfi_endproc\n  .size " handler ", . - " handler "\n"

__asm__(
    ".cfi_sections .debug_frame\n"
    ".section .vectors, \"ax\"\n  .arm\n  .balign 32\n  .global vectors\nvectors:\n"
    "  ldr pc, =Reset_Handler\n"
    "  b undefined_entry\n"
    "  ldr pc, =Default_Handler\n"
    "  b prefetch_abort_entry\n"
    "  b data_abort_entry\n"
    "  nop\n"
    "  b interrupt_entry\n"
    "  ldr pc, =Default_Handler\n" /* nothing is a fast interrupt */
    "  .ltorg\n"
    FAULT("undefined_entry", "Undefined_Handler", "0x1b", "2", "1")
    FAULT("prefetch_abort_entry", "PrefetchAbort_Handler", "0x17", "4", "3")
    FAULT("data_abort_entry", "DataAbort_Handler", "0x17", "8", "4")
    ".arm\n  .type interrupt_entry, %function\ninterrupt_entry:\n"
    "  sub lr, lr, #4\n"
    "  srsdb sp!, #0x13\n"
    "  cps #0x13\n"
    "  push {r0-r4, r12, lr}\n"
    "  mov r4, sp\n"
    "  bic sp, sp, #7\n"
    "  .cfi_startproc\n  .cfi_signal_frame\n  .cfi_return_column 15\n"
    "  .cfi_def_cfa 4, 36\n  .cfi_offset 15, -8\n  .cfi_offset 14, -12\n"
    "  .cfi_offset 12, -16\n  .cfi_offset 4, -20\n"
    "  ldr r0, =dispatch_interrupt\n"
    "  blx r0\n"
    "  .cfi_endproc\n"
    "  mov sp, r4\n"
    "  pop {r0-r4, r12, lr}\n"
    "  rfeia sp!\n"
    "  .ltorg\n"
    "  .size interrupt_entry, . - interrupt_entry\n"
    /* Stacks first: C needs one. Faults need theirs in two modes. */
    "  .global Reset_Handler\n  .type Reset_Handler, %function\nReset_Handler:\n"
    "  cpsid if, #0x17\n  ldr sp, =mode_stack + 16\n"
    "  cps #0x1b\n  ldr sp, =mode_stack + 32\n"
    "  cps #0x13\n  ldr sp, =__stack_top\n"
    "  mov lr, #0\n"
    "  ldr pc, =start\n"
    "  .ltorg\n"
    "  .size Reset_Handler, . - Reset_Handler\n"
    "  .thumb\n  .text\n");

/* Short descriptors (DDI 0406C, B3.5.1): sections of 1 MiB, and pages of 4 KiB where the stack is.
 * What has no entry faults, address 0 before all. */
#define SECTION_BITS 20u
#define PAGE_BITS 12u
#define SECTION(address, flags) ((uint32_t)(address) | (flags) | 2u)
#define NORMAL_MEMORY (1u << 12)
#define READ_ONLY (1u << 15 | 3u << 10)
#define READ_WRITE (3u << 10)
#define NEVER_RUN (1u << 4)
#define PAGE_READ_WRITE_NEVER_RUN (1u << 6 | 3u << 4 | 3u)

static uint32_t sections[4096] __attribute__((aligned(16384)));
static uint32_t pages[256] __attribute__((aligned(1024)));

static void map(uint32_t address, uint32_t bytes, uint32_t flags) {
  for (uint32_t at = 0; at < bytes; at += 1u << SECTION_BITS) {
    sections[(address + at) >> SECTION_BITS] = SECTION(address + at, flags);
  }
}

/* Code is never written, RAM never run, and what lies below the stack never touched. */
static void protect_memory(void) {
  const uint32_t ram = (uint32_t)__ram_start;
  map((uint32_t)__flash_start, (uint32_t)__flash_bytes, NORMAL_MEMORY | READ_ONLY);
  map(ram, (uint32_t)__ram_bytes, NORMAL_MEMORY | READ_WRITE | NEVER_RUN);
  map(BOARD_UART >> SECTION_BITS << SECTION_BITS, 1, READ_WRITE | NEVER_RUN);
  map(BOARD_CORE, 1, READ_WRITE | NEVER_RUN);
  for (uint32_t at = (uint32_t)__guard_bytes; at < 1u << SECTION_BITS; at += 1u << PAGE_BITS) {
    pages[at >> PAGE_BITS] = (ram + at) | PAGE_READ_WRITE_NEVER_RUN;
  }
  sections[ram >> SECTION_BITS] = (uint32_t)pages | 1u;
  uint32_t control;
  __asm__ volatile("mcr p15, 0, %0, c2, c0, 0" ::"r"(sections));
  __asm__ volatile("mcr p15, 0, %0, c3, c0, 0" ::"r"(1)); /* domain 0 is checked */
  __asm__ volatile("mcr p15, 0, %0, c8, c7, 0\n\tdsb" ::"r"(0) : "memory");
  __asm__ volatile("mrc p15, 0, %0, c1, c0, 0" : "=r"(control));
  __asm__ volatile("mcr p15, 0, %0, c1, c0, 0\n\tisb" ::"r"(control | 1u) : "memory");
}

void start(void) {
  __asm__ volatile("mcr p15, 0, %0, c12, c0, 0\n\tisb" ::"r"(vectors));
  const uint32_t* from = __data_source;
  for (uint32_t* to = __data_start; to != __data_end; to++) *to = *from++;
  for (uint32_t* to = __bss_start; to != __bss_end; to++) *to = 0;
  protect_memory();
  _set_tls(__tls_base);
  GIC_PRIORITY_MASK = 0xffu;
  GIC_CPU_CONTROL = 1u;
  GIC_CONTROL = 1u;
  interrupts_on();
  main();
  firmware_assert_failed("main returned");
}

void dispatch_interrupt(void) {
  const uint32_t acknowledged = GIC_ACKNOWLEDGE;
  switch (acknowledged & 0x3ffu) {
    case TIMER_IRQ:
      SysTick_Handler();
      break;
    case BOARD_UART_IRQ:
      UART_Handler();
      break;
    case BOARD_WATCHDOG_IRQ:
      Watchdog_Handler();
      break;
    case 1023: /* it was withdrawn */
      return;
    default:
      Default_Handler();
  }
  GIC_END = acknowledged;
}

/* Keeps what the core says and stays here: the watchdog, no longer fed, tells. */
void record_fault(uint32_t exception, const uint32_t* frame) {
  uint32_t status;
  uint32_t instruction_status;
  uint32_t address;
  __asm__ volatile("mrc p15, 0, %0, c5, c0, 0" : "=r"(status));
  __asm__ volatile("mrc p15, 0, %0, c5, c0, 1" : "=r"(instruction_status));
  __asm__ volatile("mrc p15, 0, %0, c6, c0, 0" : "=r"(address));
  firmware_fault.exception = exception;
  firmware_fault.stack_pointer = (uint32_t)frame;
  firmware_fault.status = status;
  firmware_fault.hard_status = instruction_status;
  firmware_fault.memory_address = address;
  firmware_fault.bus_address = frame[0];
  for (;;) {
  }
}

/* An interrupt that nobody asked for. */
void Default_Handler(void) {
  for (;;) {
  }
}

void Watchdog_Handler(void) { firmware_watchdog_expired(); }
#endif
