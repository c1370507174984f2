/* SPDX-License-Identifier: Apache-2.0
 *
 * SVC, SysTick and the UART have the same priority and exclude each other; PendSV has the lowest
 * and masks interrupts while it looks at the tasks. */
#include "targets/firmware/rtos/kernel.h"

#include <stdbool.h>

#include "targets/firmware/reference/cortexm.h"
#include "targets/firmware/reference/firmware.h"

#define CANARY 0xc0dec0deu
#define SAVED_BY_SWITCH 8u /* r4 to r11 */
#define SAVED_BY_CORE 8u   /* r0 to r3, r12, lr, pc, xPSR */
#define THUMB_STATE (1u << 24)
#define PEND_SWITCH (1u << 28)

enum { kCallStart, kCallYield, kCallWait };

#define STRING_OF(value) #value
#define CALL(number) __asm__ volatile("svc #" STRING_OF(number)::: "memory")

static struct task* running;
static bool started; /* before, there is nothing to switch from */
static struct task idle_task;
static uint32_t idle_stack[128];

void SVC_Handler(void);
void PendSV_Handler(void);

static void switch_soon(void) { SCB_INTERRUPT_STATE = PEND_SWITCH; }

static void task_returned(void) { firmware_assert_failed("a task returned"); }

static void idle(void) {
  for (;;) wait_for_interrupt();
}

void kernel_add(struct task* task, void (*run)(void), uint32_t* stack, size_t stack_words) {
  uint32_t* top = stack + (stack_words & ~(size_t)1) - SAVED_BY_CORE;
  top[5] = (uint32_t)(uintptr_t)task_returned;
  top[6] = (uint32_t)(uintptr_t)run & ~1u;
  top[7] = THUMB_STATE;
  *task = (struct task){.stack_pointer = top - SAVED_BY_SWITCH, .stack = stack};
  stack[0] = CANARY;
  if (running == NULL) {
    running = task->next = task;
  } else {
    task->next = running->next;
    running->next = task;
  }
}

static bool ready(const struct task* task) { return task->waiting == 0 && task != &idle_task; }

/* Called by PendSV with the running task's stack pointer; returns the next one's. */
__attribute__((used)) static uint32_t* next_stack_pointer(uint32_t* stack_pointer) {
  interrupts_off();
  running->stack_pointer = stack_pointer;
  if (running->stack[0] != CANARY) firmware_assert_failed("task stack overflow");
  struct task* next = running->next;
  while (next != running && !ready(next)) next = next->next;
  running = ready(next) ? next : &idle_task;
  interrupts_on();
  return running->stack_pointer;
}

/* r4 to r11 lie below what the core saved; 0xfffffffd returns to a task on its own stack. */
__attribute__((naked)) void PendSV_Handler(void) {
  __asm__ volatile(
      "mrs r0, psp\n\t"
      "stmdb r0!, {r4-r11}\n\t"
      "bl next_stack_pointer\n\t"
      "ldmia r0!, {r4-r11}\n\t"
      "msr psp, r0\n\t"
      "mvn lr, #2\n\t"
      "bx lr");
}

/* Serves a call; returns the stack pointer of the first task for kCallStart, else NULL. */
__attribute__((used)) static uint32_t* serve_call(const uint32_t* frame) {
  const uint8_t number = ((const uint8_t*)(uintptr_t)frame[6])[-2];
  switch (number) {
    case kCallStart:
      started = true;
      return running->stack_pointer;
    case kCallWait:
      running->awaited = frame[0];
      running->timeout_ms = frame[1];
      running->waiting = (running->events & running->awaited) == 0;
      switch_soon();
      return NULL;
    case kCallYield:
      switch_soon();
      return NULL;
    default:
      firmware_assert_failed("unknown kernel call");
  }
}

__attribute__((naked)) void SVC_Handler(void) {
  __asm__ volatile(
      "push {r4, lr}\n\t"
      "tst lr, #4\n\t"
      "ite eq\n\t"
      "addeq r0, sp, #8\n\t" /* the caller's frame lies above the two just pushed */
      "mrsne r0, psp\n\t"
      "bl serve_call\n\t"
      "pop {r4, lr}\n\t"
      "cbz r0, 1f\n\t"
      "ldmia r0!, {r4-r11}\n\t"
      "msr psp, r0\n\t"
      "mvn lr, #2\n"
      "1:\tbx lr");
}

void kernel_start(void) {
  kernel_add(&idle_task, idle, idle_stack, sizeof idle_stack / sizeof idle_stack[0]);
  SCB_PRIORITY_SYSTEM |= 0xffu << 16;
  CALL(0);
  firmware_assert_failed("kernel_start returned");
}

void kernel_yield(void) { CALL(1); }

__attribute__((noinline)) static void call_wait(uint32_t events, uint32_t timeout_ms) {
  register uint32_t first __asm__("r0") = events;
  register uint32_t second __asm__("r1") = timeout_ms;
  __asm__ volatile("svc #2" ::"r"(first), "r"(second) : "memory");
}

uint32_t kernel_wait(uint32_t events, uint32_t timeout_ms) {
  call_wait(events, timeout_ms);
  interrupts_off();
  struct task* self = running;
  const uint32_t arrived = self->events & events;
  self->events &= ~events;
  interrupts_on();
  return arrived;
}

static void wake(struct task* task) {
  task->waiting = 0;
  if (started) switch_soon();
}

void kernel_signal(struct task* task, uint32_t events) {
  uint32_t mask;
  __asm__ volatile("mrs %0, primask\n\tcpsid i" : "=r"(mask)::"memory");
  task->events |= events;
  if (task->waiting != 0 && (task->events & task->awaited) != 0) wake(task);
  __asm__ volatile("msr primask, %0" ::"r"(mask) : "memory");
}

/* Time: wakes who waited long enough, and gives the next task its turn. */
void line_on_tick(void) {
  if (!started) return;
  struct task* task = running;
  do {
    if (task->waiting != 0 && task->timeout_ms != KERNEL_FOREVER && task->timeout_ms-- <= 1) {
      wake(task);
    }
    task = task->next;
  } while (task != running);
  switch_soon();
}
