/* SPDX-License-Identifier: Apache-2.0 */
/* Not under test, and most of the time of an update. */
#pragma GCC optimize("O2")
#define UNROLLED _Pragma("GCC unroll 8")

#include "targets/firmware/reference/crypto/sha2.h"

#include <string.h>

/* SHA-256's constants are the upper halves of SHA-512's: one table serves both. */
static const uint64_t kRound[80] = {
    0x428a2f98d728ae22u, 0x7137449123ef65cdu, 0xb5c0fbcfec4d3b2fu, 0xe9b5dba58189dbbcu,
    0x3956c25bf348b538u, 0x59f111f1b605d019u, 0x923f82a4af194f9bu, 0xab1c5ed5da6d8118u,
    0xd807aa98a3030242u, 0x12835b0145706fbeu, 0x243185be4ee4b28cu, 0x550c7dc3d5ffb4e2u,
    0x72be5d74f27b896fu, 0x80deb1fe3b1696b1u, 0x9bdc06a725c71235u, 0xc19bf174cf692694u,
    0xe49b69c19ef14ad2u, 0xefbe4786384f25e3u, 0x0fc19dc68b8cd5b5u, 0x240ca1cc77ac9c65u,
    0x2de92c6f592b0275u, 0x4a7484aa6ea6e483u, 0x5cb0a9dcbd41fbd4u, 0x76f988da831153b5u,
    0x983e5152ee66dfabu, 0xa831c66d2db43210u, 0xb00327c898fb213fu, 0xbf597fc7beef0ee4u,
    0xc6e00bf33da88fc2u, 0xd5a79147930aa725u, 0x06ca6351e003826fu, 0x142929670a0e6e70u,
    0x27b70a8546d22ffcu, 0x2e1b21385c26c926u, 0x4d2c6dfc5ac42aedu, 0x53380d139d95b3dfu,
    0x650a73548baf63deu, 0x766a0abb3c77b2a8u, 0x81c2c92e47edaee6u, 0x92722c851482353bu,
    0xa2bfe8a14cf10364u, 0xa81a664bbc423001u, 0xc24b8b70d0f89791u, 0xc76c51a30654be30u,
    0xd192e819d6ef5218u, 0xd69906245565a910u, 0xf40e35855771202au, 0x106aa07032bbd1b8u,
    0x19a4c116b8d2d0c8u, 0x1e376c085141ab53u, 0x2748774cdf8eeb99u, 0x34b0bcb5e19b48a8u,
    0x391c0cb3c5c95a63u, 0x4ed8aa4ae3418acbu, 0x5b9cca4f7763e373u, 0x682e6ff3d6b2b8a3u,
    0x748f82ee5defb2fcu, 0x78a5636f43172f60u, 0x84c87814a1f0ab72u, 0x8cc702081a6439ecu,
    0x90befffa23631e28u, 0xa4506cebde82bde9u, 0xbef9a3f7b2c67915u, 0xc67178f2e372532bu,
    0xca273eceea26619cu, 0xd186b8c721c0c207u, 0xeada7dd6cde0eb1eu, 0xf57d4f7fee6ed178u,
    0x06f067aa72176fbau, 0x0a637dc5a2c898a6u, 0x113f9804bef90daeu, 0x1b710b35131c471bu,
    0x28db77f523047d84u, 0x32caab7b40c72493u, 0x3c9ebe0a15c9bebcu, 0x431d67c49c100d4cu,
    0x4cc5d4becb3e42b6u, 0x597f299cfc657e2au, 0x5fcb6fab3ad6faecu, 0x6c44198c4a475817u};

static const uint64_t kInitial[8] = {0x6a09e667f3bcc908u, 0xbb67ae8584caa73bu, 0x3c6ef372fe94f82bu,
                                     0xa54ff53a5f1d36f1u, 0x510e527fade682d1u, 0x9b05688c2b3e6c1fu,
                                     0x1f83d9abfb41bd6bu, 0x5be0cd19137e2179u};

static uint32_t rotate32(uint32_t value, unsigned bits) {
  return value >> bits | value << (32 - bits);
}

static uint64_t rotate64(uint64_t value, unsigned bits) {
  return value >> bits | value << (64 - bits);
}

static void block256(uint32_t state[8], const uint8_t* block) {
  uint32_t w[64];
  for (unsigned i = 0; i < 16; i++) {
    w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 |
           (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
  }
  for (unsigned i = 16; i < 64; i++) {
    const uint32_t a = w[i - 15];
    const uint32_t b = w[i - 2];
    w[i] = w[i - 16] + (rotate32(a, 7) ^ rotate32(a, 18) ^ a >> 3) + w[i - 7] +
           (rotate32(b, 17) ^ rotate32(b, 19) ^ b >> 10);
  }
  uint32_t s[8];
  memcpy(s, state, sizeof s);
  for (unsigned i = 0; i < 64; i++) {
    const uint32_t big1 = rotate32(s[4], 6) ^ rotate32(s[4], 11) ^ rotate32(s[4], 25);
    const uint32_t choice = (s[4] & s[5]) ^ (~s[4] & s[6]);
    const uint32_t first = s[7] + big1 + choice + (uint32_t)(kRound[i] >> 32) + w[i];
    const uint32_t big0 = rotate32(s[0], 2) ^ rotate32(s[0], 13) ^ rotate32(s[0], 22);
    const uint32_t majority = (s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]);
    UNROLLED for (unsigned j = 7; j > 0; j--) s[j] = s[j - 1];
    s[4] += first;
    s[0] = first + big0 + majority;
  }
  for (unsigned i = 0; i < 8; i++) state[i] += s[i];
}

static void block512(uint64_t state[8], const uint8_t* block) {
  uint64_t w[80];
  for (unsigned i = 0; i < 16; i++) {
    w[i] = 0;
    for (unsigned j = 0; j < 8; j++) w[i] = w[i] << 8 | block[8 * i + j];
  }
  for (unsigned i = 16; i < 80; i++) {
    const uint64_t a = w[i - 15];
    const uint64_t b = w[i - 2];
    w[i] = w[i - 16] + (rotate64(a, 1) ^ rotate64(a, 8) ^ a >> 7) + w[i - 7] +
           (rotate64(b, 19) ^ rotate64(b, 61) ^ b >> 6);
  }
  uint64_t s[8];
  memcpy(s, state, sizeof s);
  for (unsigned i = 0; i < 80; i++) {
    const uint64_t big1 = rotate64(s[4], 14) ^ rotate64(s[4], 18) ^ rotate64(s[4], 41);
    const uint64_t choice = (s[4] & s[5]) ^ (~s[4] & s[6]);
    const uint64_t first = s[7] + big1 + choice + kRound[i] + w[i];
    const uint64_t big0 = rotate64(s[0], 28) ^ rotate64(s[0], 34) ^ rotate64(s[0], 39);
    const uint64_t majority = (s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]);
    UNROLLED for (unsigned j = 7; j > 0; j--) s[j] = s[j - 1];
    s[4] += first;
    s[0] = first + big0 + majority;
  }
  for (unsigned i = 0; i < 8; i++) state[i] += s[i];
}

static void put_big_endian(uint8_t* out, uint64_t value, unsigned bytes) {
  for (unsigned i = 0; i < bytes; i++) out[i] = (uint8_t)(value >> (8 * (bytes - 1 - i)));
}

void sha256(const uint8_t* bytes, size_t count, uint8_t out[SHA256_BYTES]) {
  uint32_t state[8];
  for (unsigned i = 0; i < 8; i++) state[i] = (uint32_t)(kInitial[i] >> 32);
  size_t at = 0;
  for (; count - at >= 64; at += 64) block256(state, bytes + at);
  uint8_t tail[128] = {0};
  const size_t left = count - at;
  if (left != 0) memcpy(tail, bytes + at, left);
  tail[left] = 0x80;
  const size_t padded = left < 56 ? 64 : 128;
  put_big_endian(tail + padded - 8, (uint64_t)count * 8, 8);
  for (size_t done = 0; done < padded; done += 64) block256(state, tail + done);
  for (unsigned i = 0; i < 8; i++) put_big_endian(out + 4 * i, state[i], 4);
}

void sha512_begin(struct sha512* hash) {
  memcpy(hash->state, kInitial, sizeof hash->state);
  hash->total = 0;
}

void sha512_add(struct sha512* hash, const uint8_t* bytes, size_t count) {
  for (size_t i = 0; i < count; i++) {
    hash->block[hash->total % sizeof hash->block] = bytes[i];
    hash->total++;
    if (hash->total % sizeof hash->block == 0) block512(hash->state, hash->block);
  }
}

void sha512_end(struct sha512* hash, uint8_t out[SHA512_BYTES]) {
  const uint64_t bits = hash->total * 8;
  const uint8_t end = 0x80;
  const uint8_t zero = 0;
  sha512_add(hash, &end, 1);
  while (hash->total % sizeof hash->block != sizeof hash->block - 16) sha512_add(hash, &zero, 1);
  uint8_t length[16] = {0};
  put_big_endian(length + 8, bits, 8);
  sha512_add(hash, length, sizeof length);
  for (unsigned i = 0; i < 8; i++) put_big_endian(out + 8 * i, hash->state[i], 8);
}
