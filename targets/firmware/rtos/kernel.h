/* SPDX-License-Identifier: Apache-2.0
 *
 * A small preemptive kernel for one core of ARMv7-M without floating point. Tasks of equal rank
 * take turns at every tick; each waits for events or time through SVC, and PendSV switches between
 * them. Tasks are static and never end. */
#ifndef TARGETS_FIRMWARE_RTOS_KERNEL_H_
#define TARGETS_FIRMWARE_RTOS_KERNEL_H_

#include <stddef.h>
#include <stdint.h>

#define KERNEL_FOREVER UINT32_MAX

struct task {
  uint32_t* stack_pointer; /* valid while the task does not run; first, for the switch */
  struct task* next;       /* a ring of all tasks */
  uint32_t* stack;
  uint32_t events, awaited;
  uint32_t timeout_ms; /* left; KERNEL_FOREVER does not run down */
  uint32_t waiting;
};

/* Before kernel_start only. */
void kernel_add(struct task* task, void (*run)(void), uint32_t* stack, size_t stack_words);

/* Hands the core to the tasks. Never returns. */
__attribute__((noreturn)) void kernel_start(void);

/* From a task: lets the others run. */
void kernel_yield(void);

/* From a task: sleeps until one of the events arrives or the time is over; returns and takes the
 * events that are there, 0 after the time. */
uint32_t kernel_wait(uint32_t events, uint32_t timeout_ms);

/* From a task or an interrupt handler. */
void kernel_signal(struct task* task, uint32_t events);

#endif /* TARGETS_FIRMWARE_RTOS_KERNEL_H_ */
