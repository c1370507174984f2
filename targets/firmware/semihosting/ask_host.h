/* SPDX-License-Identifier: Apache-2.0
 *
 * Requests of firmware to the host that debugs it (Arm, Semihosting for AArch32 and AArch64, 2.0).
 */
#ifndef TARGETS_FIRMWARE_SEMIHOSTING_ASK_HOST_H_
#define TARGETS_FIRMWARE_SEMIHOSTING_ASK_HOST_H_

#include <stdint.h>

enum {
  SYS_OPEN = 0x01,
  SYS_READ = 0x06,
  SYS_SYSTEM = 0x12,
  SYS_EXIT = 0x18,
  SYS_EXIT_EXTENDED = 0x20
};
enum { STOPPED_RUN_TIME_ERROR = 0x20023, STOPPED_APPLICATION_EXIT = 0x20026 };

/* argument: a number, or the address of words; what the request asks for. */
static inline uint32_t ask_host(uint32_t request, uint32_t argument) {
  register uint32_t r0 __asm__("r0") = request;
  register uint32_t r1 __asm__("r1") = argument;
  __asm__ volatile("bkpt #0xab" : "+r"(r0) : "r"(r1) : "memory");
  return r0;
}

static inline uint32_t address_of(const void* object) { return (uint32_t)(uintptr_t)object; }

static inline uint32_t host_open(const char* name, uint32_t length) {
  const uint32_t to_read = 0;
  const uint32_t arguments[] = {address_of(name), to_read, length};
  return ask_host(SYS_OPEN, address_of(arguments));
}

/* As the C library's exit() ends. */
static inline void host_exit(uint32_t status) {
  const uint32_t arguments[] = {STOPPED_APPLICATION_EXIT, status};
  ask_host(SYS_EXIT_EXTENDED, address_of(arguments));
}

#endif /* TARGETS_FIRMWARE_SEMIHOSTING_ASK_HOST_H_ */
