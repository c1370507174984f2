/* SPDX-License-Identifier: Apache-2.0 */
#include "targets/firmware/reference/crypto/siphash.h"

static uint64_t load(const uint8_t* at, size_t count) {
  uint64_t value = 0;
  for (size_t i = 0; i < count; i++) value |= (uint64_t)at[i] << (8 * i);
  return value;
}

static uint64_t rotate(uint64_t value, unsigned bits) {
  return value << bits | value >> (64 - bits);
}

static void rounds(uint64_t v[4], unsigned count) {
  for (unsigned i = 0; i < count; i++) {
    v[0] += v[1];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[0] = rotate(v[0], 32);
    v[2] += v[3];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[2] = rotate(v[2], 32);
  }
}

static void absorb(uint64_t v[4], uint64_t word) {
  v[3] ^= word;
  rounds(v, 2);
  v[0] ^= word;
}

void siphash(const uint8_t key[16], const uint8_t* bytes, size_t count, uint8_t out[8]) {
  const uint64_t low = load(key, 8);
  const uint64_t high = load(key + 8, 8);
  uint64_t v[4] = {low ^ 0x736f6d6570736575u, high ^ 0x646f72616e646f6du, low ^ 0x6c7967656e657261u,
                   high ^ 0x7465646279746573u};
  const size_t tail = count % 8;
  for (size_t at = 0; at + 8 <= count; at += 8) absorb(v, load(bytes + at, 8));
  absorb(v, load(bytes + count - tail, tail) | (uint64_t)count << 56);
  v[2] ^= 0xffu;
  rounds(v, 4);
  const uint64_t hash = v[0] ^ v[1] ^ v[2] ^ v[3];
  for (unsigned i = 0; i < 8; i++) out[i] = (uint8_t)(hash >> (8 * i));
}
