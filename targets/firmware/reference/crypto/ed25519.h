/* SPDX-License-Identifier: Apache-2.0
 *
 * Ed25519 signatures (RFC 8032). Not in constant time: the keys of this firmware are test keys. */
#ifndef TARGETS_FIRMWARE_REFERENCE_CRYPTO_ED25519_H_
#define TARGETS_FIRMWARE_REFERENCE_CRYPTO_ED25519_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ed25519_key {
  uint8_t scalar[32];
  uint8_t prefix[32];
  uint8_t open[32];
};

void ed25519_key_from_seed(struct ed25519_key* key, const uint8_t seed[32]);
void ed25519_sign(const struct ed25519_key* key, const uint8_t* message, size_t count,
                  uint8_t signature[64]);
bool ed25519_verify(const uint8_t open_key[32], const uint8_t* message, size_t count,
                    const uint8_t signature[64]);

#endif /* TARGETS_FIRMWARE_REFERENCE_CRYPTO_ED25519_H_ */
