/* SPDX-License-Identifier: Apache-2.0
 *
 * What libmodbus's configure script would find out about a Linux host. */
#ifndef PERCUSS_TARGETS_SOUP_LIBMODBUS_PORT_CONFIG_H_
#define PERCUSS_TARGETS_SOUP_LIBMODBUS_PORT_CONFIG_H_

#define HAVE_BYTESWAP_H 1
#define HAVE_DECL_TIOCSRS485 0
#define HAVE_DECL_TIOCM_RTS 0

#endif /* PERCUSS_TARGETS_SOUP_LIBMODBUS_PORT_CONFIG_H_ */
