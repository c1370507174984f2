/* SPDX-License-Identifier: Apache-2.0
 *
 * Numbers are eight words of 32 bits, least significant first. Field elements are below 2^256 and
 * only reduced completely where they are compared or written: 2^256 is 38 modulo 2^255 - 19. */
/* Not under test, and most of the time of an update: loops over words are unrolled. Whatever the
 * numbers are, nearly the same instructions run, so that a fuzzer is not led by them. */
#pragma GCC optimize("O2")
#define UNROLLED _Pragma("GCC unroll 8")

#include "targets/firmware/reference/crypto/ed25519.h"

#include <string.h>

#include "targets/firmware/reference/crypto/sha2.h"

#define WORDS 8
#define WINDOW 16

typedef uint32_t fe[WORDS];

struct point { /* extended coordinates: x = X/Z, y = Y/Z, xy = T/Z */
  fe x, y, z, t;
};

static const fe kTwoD = {0x26b2f159u, 0xebd69b94u, 0x8283b156u, 0x00e0149au,
                         0xeef3d130u, 0x198e80f2u, 0x56dffce7u, 0x2406d9dcu};
static const fe kD = {0x135978a3u, 0x75eb4dcau, 0x4141d8abu, 0x00700a4du,
                      0x7779e898u, 0x8cc74079u, 0x2b6ffe73u, 0x52036ceeu};
static const fe kRootOfMinusOne = {0x4a0ea0b0u, 0xc4ee1b27u, 0xad2fe478u, 0x2f431806u,
                                   0x3dfbd7a7u, 0x2b4d0099u, 0x4fc1df0bu, 0x2b832480u};
static const fe kBaseX = {0x8f25d51au, 0xc9562d60u, 0x9525a7b2u, 0x692cc760u,
                          0xfdd6dc5cu, 0xc0a4e231u, 0xcd6e53feu, 0x216936d3u};
static const fe kBaseY = {0x66666658u, 0x66666666u, 0x66666666u, 0x66666666u,
                          0x66666666u, 0x66666666u, 0x66666666u, 0x66666666u};
static const fe kOrder = {0x5cf5d3edu, 0x5812631au, 0xa2f79cd6u, 0x14def9deu,
                          0x00000000u, 0x00000000u, 0x00000000u, 0x10000000u};

static void copy(fe out, const fe in) { memcpy(out, in, sizeof(fe)); }

static void set(fe out, uint32_t value) {
  UNROLLED for (int i = 1; i < WORDS; i++) out[i] = 0;
  out[0] = value;
}

/* Adds carry, below 2^32, times 2^256. What that carries once more is 1, and then little is left
 * to carry. */
static void fold(fe out, uint64_t carry) {
  for (int pass = 0; pass < 2; pass++) {
    carry *= 38;
    UNROLLED for (int i = 0; i < WORDS; i++) {
      carry += out[i];
      out[i] = (uint32_t)carry;
      carry >>= 32;
    }
  }
}

static void add(fe out, const fe a, const fe b) {
  uint64_t carry = 0;
  UNROLLED for (int i = 0; i < WORDS; i++) {
    carry += (uint64_t)a[i] + b[i];
    out[i] = (uint32_t)carry;
    carry >>= 32;
  }
  fold(out, carry);
}

/* out = a - b modulo 2^256; true when it borrowed. */
static bool subtract_words(fe out, const fe a, const fe b) {
  uint32_t borrow = 0;
  UNROLLED for (int i = 0; i < WORDS; i++) {
    const uint64_t difference = (uint64_t)a[i] - b[i] - borrow;
    out[i] = (uint32_t)difference;
    borrow = (uint32_t)(difference >> 32) & 1u;
  }
  return borrow != 0;
}

static void subtract(fe out, const fe a, const fe b) {
  fe surplus;
  set(surplus, 38);
  bool borrowed = subtract_words(out, a, b);
  for (int pass = 0; pass < 2; pass++) {
    surplus[0] = 38 * (uint32_t)borrowed;
    borrowed = subtract_words(out, out, surplus);
  }
}

static void multiply_words(uint32_t out[2 * WORDS], const fe a, const fe b) {
  UNROLLED for (int i = 0; i < WORDS; i++) out[i] = 0; /* the library's loop takes bytes */
  UNROLLED for (int i = 0; i < WORDS; i++) {
    const uint32_t factor = a[i];
    uint64_t carry = 0;
    UNROLLED for (int j = 0; j < WORDS; j++) {
      carry += (uint64_t)factor * b[j] + out[i + j];
      out[i + j] = (uint32_t)carry;
      carry >>= 32;
    }
    out[i + WORDS] = (uint32_t)carry;
  }
}

static void multiply(fe out, const fe a, const fe b) {
  uint32_t product[2 * WORDS];
  multiply_words(product, a, b);
  uint64_t carry = 0;
  UNROLLED for (int i = 0; i < WORDS; i++) {
    carry += (uint64_t)product[i + WORDS] * 38 + product[i];
    out[i] = (uint32_t)carry;
    carry >>= 32;
  }
  fold(out, carry);
}

static void square(fe out, const fe a) { multiply(out, a, a); }

static void reduce(fe a) {
  fe shifted;
  fe nineteen;
  set(nineteen, 19);
  for (int pass = 0; pass < 2; pass++) {
    const uint32_t top = a[WORDS - 1] >> 31;
    a[WORDS - 1] &= 0x7fffffffu;
    if (top != 0) add(a, a, nineteen);
  }
  add(shifted, a, nineteen); /* has bit 255 exactly when a is not below the prime */
  if (shifted[WORDS - 1] >> 31 == 0) return;
  shifted[WORDS - 1] &= 0x7fffffffu;
  copy(a, shifted);
}

static bool equal(const fe a, const fe b) {
  fe left;
  fe right;
  copy(left, a);
  copy(right, b);
  reduce(left);
  reduce(right);
  return memcmp(left, right, sizeof left) == 0;
}

static void load(fe out, const uint8_t* bytes) {
  for (int i = 0; i < WORDS; i++) {
    out[i] = bytes[4 * i] | (uint32_t)bytes[4 * i + 1] << 8 | (uint32_t)bytes[4 * i + 2] << 16 |
             (uint32_t)bytes[4 * i + 3] << 24;
  }
}

static void store(uint8_t* bytes, const fe in) {
  for (int i = 0; i < 4 * WORDS; i++) bytes[i] = (uint8_t)(in[i / 4] >> (8 * (i % 4)));
}

/* a to a power whose bits from `top` down are ones, but for those set in `zeros`. */
static void power(fe out, const fe a, int top, uint32_t zeros) {
  fe result;
  copy(result, a);
  for (int bit = top - 1; bit >= 0; bit--) {
    square(result, result);
    if (bit >= 32 || (zeros >> bit & 1u) == 0) multiply(result, result, a);
  }
  copy(out, result);
}

static void invert(fe out, const fe a) { power(out, a, 254, 1u << 2 | 1u << 4); }

static void point_add(struct point* out, const struct point* p, const struct point* q) {
  fe a, b, c, d, s;
  subtract(a, p->y, p->x);
  subtract(s, q->y, q->x);
  multiply(a, a, s);
  add(b, p->y, p->x);
  add(s, q->y, q->x);
  multiply(b, b, s);
  multiply(c, p->t, q->t);
  multiply(c, c, kTwoD);
  multiply(d, p->z, q->z);
  add(d, d, d);
  fe e, f, g, h;
  subtract(e, b, a);
  subtract(f, d, c);
  add(g, d, c);
  add(h, b, a);
  multiply(out->x, e, f);
  multiply(out->y, g, h);
  multiply(out->z, f, g);
  multiply(out->t, e, h);
}

static void point_double(struct point* out, const struct point* p) {
  fe a, b, c, e, f, g, h;
  square(a, p->x);
  square(b, p->y);
  square(c, p->z);
  add(c, c, c);
  add(h, a, b);
  add(e, p->x, p->y);
  square(e, e);
  subtract(e, h, e);
  subtract(g, a, b);
  add(f, c, g);
  multiply(out->x, e, f);
  multiply(out->y, g, h);
  multiply(out->z, f, g);
  multiply(out->t, e, h);
}

static void point_zero(struct point* out) {
  set(out->x, 0);
  set(out->y, 1);
  set(out->z, 1);
  set(out->t, 0);
}

static void point_base(struct point* out) {
  copy(out->x, kBaseX);
  copy(out->y, kBaseY);
  set(out->z, 1);
  multiply(out->t, kBaseX, kBaseY);
}

static void make_window(struct point window[WINDOW], const struct point* p) {
  point_zero(&window[0]);
  for (int i = 1; i < WINDOW; i++) point_add(&window[i], &window[i - 1], p);
}

/* out = s * p + t * q, four bits at a time; q NULL: out = s * p. */
static void point_multiply(struct point* out, const uint8_t* s, const struct point* p,
                           const uint8_t* t, const struct point* q) {
  static struct point windows[2][WINDOW];
  make_window(windows[0], p);
  if (q != NULL) make_window(windows[1], q);
  point_zero(out);
  for (int digit = 63; digit >= 0; digit--) {
    const int shift = 4 * (digit % 2);
    for (int i = 0; i < 4; i++) point_double(out, out);
    point_add(out, out, &windows[0][s[digit / 2] >> shift & 15]);
    if (q != NULL) point_add(out, out, &windows[1][t[digit / 2] >> shift & 15]);
  }
}

static void point_store(uint8_t* bytes, const struct point* p) {
  fe x, y, inverse;
  invert(inverse, p->z);
  multiply(x, p->x, inverse);
  multiply(y, p->y, inverse);
  reduce(x);
  reduce(y);
  store(bytes, y);
  bytes[31] |= (uint8_t)((x[0] & 1u) << 7);
}

/* The point with the opposite sign of `bytes`; false when they are none. */
static bool point_load_negated(struct point* p, const uint8_t* bytes) {
  fe one, u, v, v3, check;
  set(one, 1);
  load(p->y, bytes);
  p->y[WORDS - 1] &= 0x7fffffffu;
  set(p->z, 1);
  square(u, p->y);
  multiply(v, u, kD);
  subtract(u, u, one);
  add(v, v, one);
  square(v3, v);
  multiply(v3, v3, v);
  square(p->x, v3);
  multiply(p->x, p->x, v);
  multiply(p->x, p->x, u);
  power(p->x, p->x, 251, 1u << 1); /* (u v^7)^((p-5)/8) */
  multiply(p->x, p->x, v3);
  multiply(p->x, p->x, u);
  square(check, p->x);
  multiply(check, check, v);
  if (!equal(check, u)) multiply(p->x, p->x, kRootOfMinusOne);
  square(check, p->x);
  multiply(check, check, v);
  if (!equal(check, u)) return false;
  reduce(p->x);
  if ((p->x[0] & 1u) == bytes[31] >> 7) {
    fe zero;
    set(zero, 0);
    subtract(p->x, zero, p->x);
  }
  multiply(p->t, p->x, p->y);
  return true;
}

/* A number of 16 words modulo the order of the base point, one bit at a time. */
static void modulo_order(uint8_t out[32], const uint32_t wide[2 * WORDS]) {
  fe rest;
  fe reduced;
  set(rest, 0);
  for (int bit = 64 * WORDS - 1; bit >= 0; bit--) {
    uint32_t carry = wide[bit / 32] >> (bit % 32) & 1u;
    for (int i = 0; i < WORDS; i++) {
      const uint32_t next = rest[i] >> 31;
      rest[i] = rest[i] << 1 | carry;
      carry = next;
    }
    if (!subtract_words(reduced, rest, kOrder)) copy(rest, reduced);
  }
  store(out, rest);
}

/* SHA-512 of up to three parts, modulo the order. */
static void hash_to_scalar(uint8_t out[32], const uint8_t* first, const uint8_t* second,
                           const uint8_t* message, size_t count) {
  struct sha512 hash;
  uint8_t digest[SHA512_BYTES];
  uint32_t wide[2 * WORDS];
  sha512_begin(&hash);
  sha512_add(&hash, first, 32);
  if (second != NULL) sha512_add(&hash, second, 32);
  sha512_add(&hash, message, count);
  sha512_end(&hash, digest);
  load(wide, digest);
  load(wide + WORDS, digest + 32);
  modulo_order(out, wide);
}

void ed25519_key_from_seed(struct ed25519_key* key, const uint8_t seed[32]) {
  struct sha512 hash;
  uint8_t digest[SHA512_BYTES];
  sha512_begin(&hash);
  sha512_add(&hash, seed, 32);
  sha512_end(&hash, digest);
  digest[0] &= 0xf8u;
  digest[31] = (uint8_t)((digest[31] & 0x7fu) | 0x40u);
  memcpy(key->scalar, digest, 32);
  memcpy(key->prefix, digest + 32, 32);
  struct point base;
  struct point product;
  point_base(&base);
  point_multiply(&product, key->scalar, &base, NULL, NULL);
  point_store(key->open, &product);
}

void ed25519_sign(const struct ed25519_key* key, const uint8_t* message, size_t count,
                  uint8_t signature[64]) {
  uint8_t nonce[32];
  uint8_t challenge[32];
  struct point base;
  struct point product;
  hash_to_scalar(nonce, key->prefix, NULL, message, count);
  point_base(&base);
  point_multiply(&product, nonce, &base, NULL, NULL);
  point_store(signature, &product);
  hash_to_scalar(challenge, signature, key->open, message, count);
  fe a, b, c;
  uint32_t wide[2 * WORDS];
  load(a, challenge);
  load(b, key->scalar);
  load(c, nonce);
  multiply_words(wide, a, b);
  uint64_t carry = 0;
  for (int i = 0; i < 2 * WORDS; i++) {
    carry += (uint64_t)wide[i] + (i < WORDS ? c[i] : 0);
    wide[i] = (uint32_t)carry;
    carry >>= 32;
  }
  modulo_order(signature + 32, wide);
}

bool ed25519_verify(const uint8_t open_key[32], const uint8_t* message, size_t count,
                    const uint8_t signature[64]) {
  fe s, unused;
  load(s, signature + 32);
  if (!subtract_words(unused, s, kOrder)) return false; /* not below the order */
  struct point key;
  if (!point_load_negated(&key, open_key)) return false;
  uint8_t challenge[32];
  hash_to_scalar(challenge, signature, open_key, message, count);
  struct point base;
  struct point sum;
  uint8_t expected[32];
  point_base(&base);
  point_multiply(&sum, signature + 32, &base, challenge, &key);
  point_store(expected, &sum);
  return memcmp(expected, signature, 32) == 0;
}
