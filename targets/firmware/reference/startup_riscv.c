/* SPDX-License-Identifier: Apache-2.0
 *
 * Vectors, reset, memory protection and faults of a RISC-V hart, which stays in machine mode (The
 * RISC-V Instruction Set Manual, Volume II: Privileged Architecture, 20211203). */
#if defined(__riscv)
#include "targets/firmware/reference/boards/board.h"
#include "targets/firmware/reference/core.h"
#include "targets/firmware/reference/firmware.h"

extern uint32_t __data_source[], __data_start[], __data_end[], __bss_start[], __bss_end[];
extern uint8_t __tls_base[], __ram_start[], __ram_bytes[], __flash_start[], __flash_bytes[];
extern uint8_t __guard_bytes[], vectors[];
void _set_tls(void* tls); /* the C library's: where errno is */
int main(void);

void Default_Handler(void);
void SysTick_Handler(void);
void UART_Handler(void);
void start(void);
void dispatch_interrupt(void);
void record_fault(uint32_t stack_pointer);

volatile struct firmware_fault firmware_fault;

/* A fault's own: the stack that it happened on may be used up. */
uint32_t spare_stack[32] __attribute__((aligned(16)));

/* The hart comes to the first instruction, in machine mode and with interrupts off. An exception
 * goes to its handler with all registers as they were; the unwind tables lead from there to mepc,
 * and from an interrupt by the word that mepc was saved to (return columns 4096 + 0x341 and 64 of
 * the RISC-V ABIs Specification, DWARF register numbers). */
__asm__(
    ".section .vectors, \"ax\"\n"
    ".option push\n  .option norvc\n  .option norelax\n"
    "  j Reset_Handler\n"
    "  .balign 256\n  .global vectors\nvectors:\n"
    "  j Exception_Handler\n"
    "  j Default_Handler\n  j Default_Handler\n  j Default_Handler\n"
    "  j Default_Handler\n  j Default_Handler\n  j Default_Handler\n"
    "  j interrupt_entry\n" /* 7: the timer */
    "  j Default_Handler\n  j Default_Handler\n  j Default_Handler\n"
    "  j interrupt_entry\n" /* 11: a device */
    ".option pop\n"
    ".text\n"
    "  .global Reset_Handler\n  .type Reset_Handler, @function\nReset_Handler:\n"
    "  la sp, __stack_top\n"
    "  li ra, 0\n"
    "  j start\n"
    "  .size Reset_Handler, . - Reset_Handler\n"
    "  .global Exception_Handler\n  .type Exception_Handler, @function\nException_Handler:\n"
    "  .cfi_startproc\n  .cfi_signal_frame\n  .cfi_return_column 4929\n"
    "  .cfi_def_cfa sp, 0\n  .cfi_same_value ra\n  .cfi_same_value 4929\n"
    "  mv a0, sp\n"
    "  la sp, spare_stack + 128\n"
    "  .cfi_def_cfa a0, 0\n"
    "  j record_fault\n"
    "  .cfi_endproc\n  .size Exception_Handler, . - Exception_Handler\n"
    "  .type interrupt_entry, @function\ninterrupt_entry:\n"
    "  .cfi_startproc\n  .cfi_signal_frame\n  .cfi_return_column 64\n"
    "  addi sp, sp, -80\n  .cfi_def_cfa_offset 80\n"
    "  sw ra, 0(sp)\n  .cfi_offset ra, -80\n"
    "  sw t0, 4(sp)\n  sw t1, 8(sp)\n  sw t2, 12(sp)\n"
    "  sw a0, 16(sp)\n  sw a1, 20(sp)\n  sw a2, 24(sp)\n  sw a3, 28(sp)\n"
    "  sw a4, 32(sp)\n  sw a5, 36(sp)\n  sw a6, 40(sp)\n  sw a7, 44(sp)\n"
    "  sw t3, 48(sp)\n  sw t4, 52(sp)\n  sw t5, 56(sp)\n  sw t6, 60(sp)\n"
    "  csrr t0, mepc\n"
    "  sw t0, 64(sp)\n  .cfi_offset 64, -16\n"
    "  jal dispatch_interrupt\n"
    "  lw ra, 0(sp)\n  lw t0, 4(sp)\n  lw t1, 8(sp)\n  lw t2, 12(sp)\n"
    "  lw a0, 16(sp)\n  lw a1, 20(sp)\n  lw a2, 24(sp)\n  lw a3, 28(sp)\n"
    "  lw a4, 32(sp)\n  lw a5, 36(sp)\n  lw a6, 40(sp)\n  lw a7, 44(sp)\n"
    "  lw t3, 48(sp)\n  lw t4, 52(sp)\n  lw t5, 56(sp)\n  lw t6, 60(sp)\n"
    "  addi sp, sp, 80\n"
    "  mret\n"
    "  .cfi_endproc\n  .size interrupt_entry, . - interrupt_entry\n");

#define CSR_WRITE(name, value) __asm__ volatile("csrw " #name ", %0" ::"r"(value) : "memory")
#define CSR_READ(name, value) __asm__ volatile("csrr %0, " #name : "=r"(value))

/* Physical memory protection (3.7.1): locked entries hold for machine mode too, and the first that
 * matches decides. A range is a power of two, at a multiple of it. */
#define PMP_RANGE(base, bytes) ((uint32_t)(base) >> 2 | (((uint32_t)(bytes) >> 3) - 1u))
#define PMP_NONE 0x98u
#define PMP_READ_WRITE 0x9bu
#define PMP_READ_RUN 0x9du

/* Code is never written, RAM and devices never run, and what lies below the stack, or anywhere
 * else, never touched. */
static void protect_memory(void) {
  CSR_WRITE(pmpaddr0, PMP_RANGE(__ram_start, __guard_bytes));
  CSR_WRITE(pmpaddr1, PMP_RANGE(__flash_start, __flash_bytes));
  CSR_WRITE(pmpaddr2, PMP_RANGE(__ram_start, __ram_bytes));
  CSR_WRITE(pmpaddr3, PMP_RANGE(0, 0x80000000u));
  CSR_WRITE(pmpaddr4, UINT32_MAX);
  CSR_WRITE(pmpcfg0, PMP_READ_WRITE << 24 | PMP_READ_WRITE << 16 | PMP_READ_RUN << 8 | PMP_NONE);
  CSR_WRITE(pmpcfg1, PMP_NONE);
}

void start(void) {
  CSR_WRITE(mtvec, (uintptr_t)vectors | 1u); /* each interrupt has its own entry */
  const uint32_t* from = __data_source;
  for (uint32_t* to = __data_start; to != __data_end; to++) *to = *from++;
  for (uint32_t* to = __bss_start; to != __bss_end; to++) *to = 0;
  protect_memory();
  _set_tls(__tls_base);
  PLIC_THRESHOLD = 0;
  CSR_WRITE(mie, 1u << 7 | 1u << 11);
  interrupts_on();
  main();
  firmware_assert_failed("main returned");
}

static void dispatch_device(void) {
  const uint32_t irq = PLIC_CLAIM;
  if (irq == 0) return; /* it was withdrawn */
  if (irq == BOARD_UART_IRQ) {
    UART_Handler();
  } else {
    Default_Handler();
  }
  PLIC_CLAIM = irq;
}

void dispatch_interrupt(void) {
  uint32_t cause;
  CSR_READ(mcause, cause);
  if ((cause & 0xffu) == 7u) {
    SysTick_Handler();
  } else {
    dispatch_device();
  }
}

/* Keeps what the core says and stays here. */
void record_fault(uint32_t stack_pointer) {
  uint32_t cause;
  uint32_t status;
  uint32_t address;
  uint32_t instruction;
  CSR_READ(mcause, cause);
  CSR_READ(mstatus, status);
  CSR_READ(mtval, address);
  CSR_READ(mepc, instruction);
  firmware_fault.exception = cause;
  firmware_fault.stack_pointer = stack_pointer;
  firmware_fault.status = status;
  firmware_fault.memory_address = address;
  firmware_fault.bus_address = instruction;
  for (;;) {
  }
}

/* An interrupt that nobody asked for. */
void Default_Handler(void) {
  for (;;) {
  }
}
#endif
