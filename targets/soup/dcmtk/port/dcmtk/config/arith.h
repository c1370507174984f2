/* SPDX-License-Identifier: Apache-2.0
 *
 * What DCMTK's configuration would find out about numbers: nothing that std::numeric_limits does
 * not know. */
#ifndef PERCUSS_TARGETS_SOUP_DCMTK_PORT_DCMTK_CONFIG_ARITH_H_
#define PERCUSS_TARGETS_SOUP_DCMTK_PORT_DCMTK_CONFIG_ARITH_H_

#endif /* PERCUSS_TARGETS_SOUP_DCMTK_PORT_DCMTK_CONFIG_ARITH_H_ */
