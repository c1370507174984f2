/* SPDX-License-Identifier: Apache-2.0
 *
 * Vector table, reset and faults of Cortex-M. */
#if defined(__arm__) && !defined(__ARM_ARCH_7A__)
#include "targets/firmware/reference/boards/board.h"
#include "targets/firmware/reference/cortexm.h"
#include "targets/firmware/reference/firmware.h"

#define EXCEPTIONS 16
#define INTERRUPTS 64
#define WEAK_DEFAULT __attribute__((weak, alias("Default_Handler")))

extern uint32_t __data_source[], __data_start[], __data_end[], __bss_start[], __bss_end[];
extern uint8_t __tls_base[], __ram_start[], __ram_bytes[], __flash_start[], __flash_bytes[];
extern uint8_t __guard_bytes[];
void _set_tls(void* tls); /* the C library's: where errno is */
int main(void);

void Reset_Handler(void);
void Default_Handler(void);
void NMI_Handler(void);
void HardFault_Handler(void);
void MemManage_Handler(void);
void BusFault_Handler(void);
void UsageFault_Handler(void);
void SecureFault_Handler(void);
void SVC_Handler(void) WEAK_DEFAULT;
void DebugMon_Handler(void) WEAK_DEFAULT;
void PendSV_Handler(void) WEAK_DEFAULT;
void SysTick_Handler(void) WEAK_DEFAULT;
void UART_Handler(void) WEAK_DEFAULT;
void Watchdog_Handler(void);

typedef void (*vector)(void);

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init" /* a range first, then what differs */
__attribute__((section(".vectors"), used)) static const vector vectors[EXCEPTIONS + INTERRUPTS] = {
    [0] = (vector)(uintptr_t)__stack_top,
    [1] = Reset_Handler,
    [2] = NMI_Handler,
    [3] = HardFault_Handler,
    [4] = MemManage_Handler,
    [5] = BusFault_Handler,
    [6] = UsageFault_Handler,
    [7] = SecureFault_Handler,
    [11] = SVC_Handler,
    [12] = DebugMon_Handler,
    [14] = PendSV_Handler,
    [15] = SysTick_Handler,
    [EXCEPTIONS... EXCEPTIONS + INTERRUPTS - 1] = Default_Handler,
    [EXCEPTIONS + BOARD_UART_IRQ] = UART_Handler,
#ifdef BOARD_WATCHDOG_IRQ
    [EXCEPTIONS + BOARD_WATCHDOG_IRQ] = Watchdog_Handler,
#endif
};
#pragma GCC diagnostic pop

volatile struct firmware_fault firmware_fault;

#if CORE_HAS_FAULT_STATUS
enum { kReadWriteNeverRun, kReadOnly, kNoAccess };

#if defined(__ARM_ARCH_8M_MAIN__)
static void protect(uint32_t region, uintptr_t base, uint32_t bytes, int access) {
  MPU_ATTRIBUTES_0 = 0x44u; /* normal memory, not cached: code cannot run from device memory */
  MPU_REGION_NUMBER = region;
  MPU_REGION_BASE = (uint32_t)base | (access == kReadOnly ? 2u << 1 : 1u);
  MPU_REGION_ATTRIBUTES = ((uint32_t)base + bytes - 1u) | 1u;
}
#else
/* `bytes` is a power of two, `base` a multiple of it. */
static void protect(uint32_t region, uintptr_t base, uint32_t bytes, int access) {
  static const uint32_t kAttributes[] = {1u << 28 | 3u << 24, 6u << 24, 1u << 28};
  MPU_REGION_NUMBER = region;
  MPU_REGION_BASE = (uint32_t)base;
  MPU_REGION_ATTRIBUTES = kAttributes[access] | (30u - (uint32_t)__builtin_clz(bytes)) << 1 | 1u;
}
#endif

/* Code is never written, RAM never run, and what lies below the stack never touched. */
static void protect_memory(void) {
  if ((MPU_TYPE >> 8 & 0xffu) == 0) return;
  protect(0, (uintptr_t)__ram_start, (uint32_t)(uintptr_t)__ram_bytes, kReadWriteNeverRun);
  protect(1, (uintptr_t)__flash_start, (uint32_t)(uintptr_t)__flash_bytes, kReadOnly);
#if defined(__ARM_ARCH_8M_MAIN__)
  __asm__ volatile("msr msplim, %0" ::"r"(__stack_limit));
#else
  protect(2, (uintptr_t)__ram_start, (uint32_t)(uintptr_t)__guard_bytes, kNoAccess);
#endif
  MPU_CONTROL = 5u; /* on, elsewhere as without; off in HardFault and NMI */
  finish_memory_accesses();
}
#endif

static void core_init(void) {
#if defined(__ARM_FP)
  SCB_COPROCESSORS |= 0xfu << 20; /* full access to the floating-point unit */
  finish_memory_accesses();
#endif
#if CORE_HAS_FAULT_STATUS
  SCB_VECTOR_TABLE = (uintptr_t)vectors;
  SCB_HANDLER_CONTROL |= 7u << 16; /* MemManage, BusFault, UsageFault */
#if defined(__ARM_ARCH_8M_MAIN__)
  SCB_HANDLER_CONTROL |= 1u << 19; /* SecureFault */
#endif
  SCB_CONFIGURATION |= 1u << 4; /* a division by zero is a fault */
  protect_memory();
#endif
}

void Reset_Handler(void) {
  core_init();
  const uint32_t* from = __data_source;
  for (uint32_t* to = __data_start; to != __data_end; to++) *to = *from++;
  for (uint32_t* to = __bss_start; to != __bss_end; to++) *to = 0;
  _set_tls(__tls_base);
  main();
  firmware_assert_failed("main returned");
}

/* Keeps what the core says and stays here: the watchdog, no longer fed, resets the board. */
__attribute__((used, noreturn)) static void record_fault(uint32_t exception,
                                                         uint32_t stack_pointer) {
  firmware_fault.exception = exception;
  firmware_fault.stack_pointer = stack_pointer;
#if CORE_HAS_FAULT_STATUS
  firmware_fault.status = SCB_FAULT_STATUS;
  firmware_fault.hard_status = SCB_HARD_FAULT_STATUS;
  firmware_fault.memory_address = SCB_MEMORY_FAULT_ADDRESS;
  firmware_fault.bus_address = SCB_BUS_FAULT_ADDRESS;
#endif
  for (;;) {
  }
}

/* Bit 2 of EXC_RETURN says on which of the two stacks the core saved its registers. */
#define FAULT_HANDLER(name, exception)     \
  __attribute__((naked)) void name(void) { \
    __asm__ volatile(                      \
        "movs r0, #4\n\t"                  \
        "mov r1, lr\n\t"                   \
        "tst r0, r1\n\t"                   \
        "beq 1f\n\t"                       \
        "mrs r1, psp\n\t"                  \
        "b 2f\n"                           \
        "1:\tmrs r1, msp\n"                \
        "2:\tmovs r0, #" #exception        \
        "\n\t"                             \
        "ldr r2, =record_fault\n\t"        \
        "bx r2\n\t"                        \
        ".ltorg");                         \
  }

FAULT_HANDLER(HardFault_Handler, 3)
FAULT_HANDLER(MemManage_Handler, 4)
FAULT_HANDLER(BusFault_Handler, 5)
FAULT_HANDLER(UsageFault_Handler, 6)
FAULT_HANDLER(SecureFault_Handler, 7)

/* An interrupt that nobody asked for. */
void Default_Handler(void) {
  for (;;) {
  }
}

/* The watchdog's, unless it has an interrupt of its own. */
void NMI_Handler(void) { firmware_watchdog_expired(); }
#ifdef BOARD_WATCHDOG_IRQ
void Watchdog_Handler(void) { firmware_watchdog_expired(); }
#endif
#endif
