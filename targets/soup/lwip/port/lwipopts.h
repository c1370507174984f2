/* SPDX-License-Identifier: Apache-2.0
 *
 * lwIP as a modem or gateway board would configure it for a dial-in link that authenticates both
 * ways with EAP. Two settings serve the fuzzing: buffers come one by one from malloc, so that ASan
 * sees each one's bounds, and the harness implements the timers. */
#ifndef PERCUSS_TARGETS_SOUP_LWIP_PORT_LWIPOPTS_H_
#define PERCUSS_TARGETS_SOUP_LWIP_PORT_LWIPOPTS_H_

#define NO_SYS 1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_TIMERS 1
#define LWIP_TIMERS_CUSTOM 1
#define LWIP_NETCONN 0
#define LWIP_SOCKET 0
#define LWIP_TCP 0
#define LWIP_UDP 0
#define LWIP_RAW 0
#define LWIP_ICMP 0
#define LWIP_ARP 0
#define LWIP_IPV4 1
#define LWIP_STATS 0

#define MEM_LIBC_MALLOC 1
#define MEMP_MEM_MALLOC 1
#define MEM_ALIGNMENT 8

#define PPP_SUPPORT 1
#define PPP_SERVER 1
#define EAP_SUPPORT 1
#define VJ_SUPPORT 0
#define PPP_MD5_RANDM 0

#endif /* PERCUSS_TARGETS_SOUP_LWIP_PORT_LWIPOPTS_H_ */
