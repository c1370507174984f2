/* SPDX-License-Identifier: Apache-2.0
 *
 * SHA-256 and SHA-512 (FIPS 180-4). */
#ifndef TARGETS_FIRMWARE_REFERENCE_CRYPTO_SHA2_H_
#define TARGETS_FIRMWARE_REFERENCE_CRYPTO_SHA2_H_

#include <stddef.h>
#include <stdint.h>

#define SHA256_BYTES 32u
#define SHA512_BYTES 64u

struct sha512 {
  uint64_t state[8];
  uint64_t total;
  uint8_t block[128];
};

void sha256(const uint8_t* bytes, size_t count, uint8_t out[SHA256_BYTES]);

void sha512_begin(struct sha512* hash);
void sha512_add(struct sha512* hash, const uint8_t* bytes, size_t count);
void sha512_end(struct sha512* hash, uint8_t out[SHA512_BYTES]);

#endif /* TARGETS_FIRMWARE_REFERENCE_CRYPTO_SHA2_H_ */
