/* SPDX-License-Identifier: Apache-2.0
 *
 * The compiler and platform part of the lwIP port: a host without an operating system below lwIP.
 */
#ifndef PERCUSS_TARGETS_SOUP_LWIP_PORT_ARCH_CC_H_
#define PERCUSS_TARGETS_SOUP_LWIP_PORT_ARCH_CC_H_

#include <stdint.h>
#include <stdlib.h>

#define LWIP_PLATFORM_DIAG(message) ((void)0)
#define LWIP_PLATFORM_ASSERT(message) abort()

/* Random numbers come from the harness, which starts the same sequence for every input. */
uint32_t lwip_port_random(void);
#define LWIP_RAND() lwip_port_random()

#endif /* PERCUSS_TARGETS_SOUP_LWIP_PORT_ARCH_CC_H_ */
