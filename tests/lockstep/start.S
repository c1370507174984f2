// SPDX-License-Identifier: Apache-2.0
//
// Vectors, the way into a case and the ways out of it. A case begins with a return from SVCall and
// ends with the first exception that is a fault or an SVC; interrupts that it pends are traced.
#include "tests/lockstep/image.h"

  .syntax unified
  .thumb
#if !LOCKSTEP_V6M
  .arch armv7e-m
#endif
#if LOCKSTEP_FLOAT
  .fpu fpv4-sp-d16
#endif

  .section .vectors, "a"
  .word STACK_TOP
  .word Reset
  .word End                       // NMI
  .word End                       // HardFault
  .word End                       // MemManage
  .word End                       // BusFault
  .word End                       // UsageFault
  .rept 4
  .word End
  .endr
  .word Call                      // SVCall
  .word End                       // DebugMonitor
  .word End
  .word Interrupt                 // PendSV
  .word Tick                      // SysTick
  .rept 32
  .word Interrupt
  .endr

  .text
  .macro function name
  .global \name
  .type \name, %function
  .thumb_func
\name:
  .endm

// The checker's memory is not what a case may reach.
  .macro mpu_off
  ldr r0, =0xe000ed94
  movs r1, #0
  str r1, [r0]
  dsb
  isb
  .endm

function Reset
  bl Main
  b .

// void RunCase(void)
function RunCase
  push {r4-r7, lr}
  mov r4, r8
  mov r5, r9
  mov r6, r10
  mov r7, r11
  push {r4-r7}
  ldr r0, =state
  movs r1, #STATE_ENTER
  str r1, [r0]
  svc 0
  pop {r4-r7}
  mov r8, r4
  mov r9, r5
  mov r10, r6
  mov r11, r7
  pop {r4-r7, pc}

function Call
  mpu_off
  ldr r0, =state
  ldr r1, [r0]
  cmp r1, #STATE_ENTER
  bne End
  movs r1, #STATE_CASE
  str r1, [r0]
  ldr r0, =saved_msp
  mrs r1, msp
  str r1, [r0]
#if LOCKSTEP_FLOAT
  ldr r0, =begin_float
  ldr r1, [r0]
  cmp r1, #0
  beq 1f
  adds r0, #4
  vldm r0, {s0-s31}
1:
#endif
  ldr r0, =begin
  ldr r1, [r0, #32]               // SysTick, which ends what never ends
  ldr r2, =0xe000e010
  movs r3, #0
  str r3, [r2, #8]
  str r1, [r2]
  ldr r1, [r0, #40]
  msr control, r1
#if !LOCKSTEP_V6M
  ldr r1, [r0, #52]
  msr basepri, r1
#endif
  ldr r1, [r0, #48]
  msr primask, r1
  ldr r1, [r0, #56]               // where the frame is
  ldr r2, [r0, #44]               // EXC_RETURN
  mov lr, r2
  ldr r3, [r0, #36]               // MPU_CTRL
  mov r12, r3
  ldm r0!, {r4-r7}
  push {r4-r7}
  ldm r0!, {r4-r7}
  mov r8, r4
  mov r9, r5
  mov r10, r6
  mov r11, r7
  pop {r4-r7}
  msr psp, r1
  movs r3, #4
  tst r2, r3
  bne 1f
  msr msp, r1
1:
  ldr r0, =0xe000ed94
  mov r1, r12
  str r1, [r0]
  dsb
  isb
  bx lr
  .ltorg

// Not a case's own SysTick: that has been counted down.
function Tick
  mpu_off
  ldr r0, =0xe000e010
  ldr r0, [r0]
  lsrs r0, r0, #17
  bcc Interrupt
  ldr r0, =timed_out
  movs r1, #1
  str r1, [r0]
  mov r0, lr
  lsrs r0, r0, #4                 // not within a handler
  bcs End
  bx lr

function End
  mpu_off
  ldr r0, =state
  ldr r1, [r0]
  cmp r1, #STATE_CASE
  bne Late
  ldr r1, =stream_depth
  ldr r1, [r1]
  cmp r1, #0
  bne StreamFault
  movs r1, #STATE_END
  str r1, [r0]
  ldr r0, =record
  stm r0!, {r4-r7}
  mov r1, r8
  mov r2, r9
  mov r3, r10
  mov r4, r11
  stm r0!, {r1-r4}
  mov r1, lr
  mrs r2, psp
  mrs r3, msp
  mrs r4, control
  stm r0!, {r1-r4}
  mrs r1, primask
  mrs r2, ipsr
#if !LOCKSTEP_V6M
  mrs r3, basepri
  mrs r4, faultmask
#else
  movs r3, #0
  movs r4, #0
#endif
  stm r0!, {r1-r4}
  cpsid i
#if !LOCKSTEP_V6M
  cpsie f                         // which the return from NMI leaves
  movs r1, #0
  msr basepri, r1
#endif
  ldr r4, =saved_msp
  ldr r4, [r4]
  msr msp, r4
  bl Finish
  movs r0, #0
  msr control, r0
  msr msp, r4
  ldr r0, =state
  movs r1, #STATE_IDLE
  str r1, [r0]
  cpsie i
  ldr r0, =0xfffffff9
  bx r0

function Late
  ldr r0, =late
  ldr r1, [r0]
  adds r1, #1
  str r1, [r0]
  bx lr

function Interrupt
  push {r4, lr}
  mov r0, lr
  add r1, sp, #8
  bl Trace
  cmp r0, #0
  bne 1f
  pop {r4, pc}
1:
  push {r4-r7}
  mov r4, r8
  mov r5, r9
  mov r6, r10
  mov r7, r11
  push {r4-r7}
  ldr r1, =stream_depth
  ldr r1, [r1]
  subs r1, r1, #1
  lsls r1, r1, #2
  ldr r2, =stream_sp
  mov r3, sp
  str r3, [r2, r1]
  ldr r1, [r0, #32]
  mov r12, r1
  ldr r1, [r0, #36]
  mov lr, r1
  ldm r0, {r0-r7}
  bx lr

// What an interrupt's handler runs has ended by a fault.
function StreamFault
  mov r0, lr
  mov r1, sp
  push {r0, lr}
  push {r4-r7}
  mov r4, r8
  mov r5, r9
  mov r6, r10
  mov r7, r11
  push {r4-r7}
  mov r2, sp
  bl StreamEnds
  add sp, #32
  pop {r0, pc}

// Until the depth is less, what interrupts here has a place of its own.
function StreamDone
  ldr r2, =stream_depth
  ldr r1, [r2]
  subs r1, r1, #1
  lsls r3, r1, #2
  ldr r0, =stream_sp
  ldr r0, [r0, r3]
  mov sp, r0
  str r1, [r2]
  pop {r4-r7}
  mov r8, r4
  mov r9, r5
  mov r10, r6
  mov r11, r7
  pop {r4-r7}
  pop {r4, pc}
  .ltorg

// uint32_t Ask(uint32_t operation, void* words)
function Ask
  bkpt 0xab
  bx lr

#if LOCKSTEP_FLOAT
// void SaveFloat(uint32_t* words)
function SaveFloat
  vstm r0!, {s0-s31}
  vmrs r1, fpscr
  str r1, [r0]
  bx lr

// void TouchFloat(void)
function TouchFloat
  vadd.f32 s0, s1, s2
  vmul.f32 s17, s0, s3
  bx lr
#endif
  .ltorg
