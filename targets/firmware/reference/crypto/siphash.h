/* SPDX-License-Identifier: Apache-2.0
 *
 * SipHash-2-4 with a result of 64 bits, little-endian (Aumasson and Bernstein). */
#ifndef TARGETS_FIRMWARE_REFERENCE_CRYPTO_SIPHASH_H_
#define TARGETS_FIRMWARE_REFERENCE_CRYPTO_SIPHASH_H_

#include <stddef.h>
#include <stdint.h>

void siphash(const uint8_t key[16], const uint8_t* bytes, size_t count, uint8_t out[8]);

#endif /* TARGETS_FIRMWARE_REFERENCE_CRYPTO_SIPHASH_H_ */
