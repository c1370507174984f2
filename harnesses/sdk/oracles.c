/* SPDX-License-Identifier: Apache-2.0 */
#include "harnesses/sdk/oracles.h"

#include <string.h>

#include "harnesses/sdk/edge_tally.h"

#if defined(__clang__)
#pragma clang attribute push(__attribute__((no_sanitize("coverage"))), apply_to = function)
#endif

static uint64_t mix(uint64_t value) { /* SplitMix64 */
  value += 0x9e3779b97f4a7c15u;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
  return value ^ (value >> 31);
}

void percuss_account_step(struct percuss_account* account, const char* kind, const void* bytes,
                          size_t size) {
  const uint64_t digest = percuss_digest(bytes, size) ^ mix(percuss_digest(kind, strlen(kind)));
  account->digest = mix(account->digest ^ digest) + size;
  const size_t place = account->count++;
  if (place >= PERCUSS_ACCOUNT_SHOWN) return;
  struct percuss_step* step = &account->steps[place];
  step->kind = kind;
  step->size = size;
  step->digest = digest;
  const size_t shown = size < sizeof step->head ? size : sizeof step->head;
  if (shown != 0) memcpy(step->head, bytes, shown);
}

void percuss_account_number(struct percuss_account* account, const char* kind, uint64_t number) {
  uint8_t bytes[8];
  for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)(number >> (56 - 8 * i));
  percuss_account_step(account, kind, bytes, sizeof bytes);
}

static void show_bytes(const uint8_t* bytes, size_t size, size_t shown) {
  fprintf(stderr, "%zu bytes", size);
  for (size_t i = 0; i < size && i < shown; i++)
    fprintf(stderr, "%s%02x", i == 0 ? " " : "", bytes[i]);
  if (size > shown) fprintf(stderr, "...");
}

static void show_step(const struct percuss_account* account, size_t place) {
  if (place >= account->count) {
    fprintf(stderr, "nothing more");
    return;
  }
  const struct percuss_step* step = &account->steps[place];
  fprintf(stderr, "%s, ", step->kind);
  show_bytes(step->head, step->size, sizeof step->head);
}

static bool same_step(const struct percuss_account* one, const struct percuss_account* other,
                      size_t place) {
  if (place >= one->count || place >= other->count) return false;
  return one->steps[place].digest == other->steps[place].digest &&
         one->steps[place].size == other->steps[place].size;
}

const struct percuss_property* percuss_agree(const struct percuss_property* same,
                                             const struct percuss_account* one,
                                             const struct percuss_account* other) {
  if (one->count == other->count && one->digest == other->digest) return NULL;
  size_t place = 0;
  while (place < PERCUSS_ACCOUNT_SHOWN && same_step(one, other, place)) place++;
  if (place == PERCUSS_ACCOUNT_SHOWN) {
    fprintf(stderr, "percuss: the two part behind step %zu, of %zu and %zu steps\n", place,
            one->count, other->count);
    return same;
  }
  fprintf(stderr, "percuss: the two part at step %zu: ", place + 1);
  show_step(one, place);
  fprintf(stderr, " | ");
  show_step(other, place);
  fprintf(stderr, "\n");
  return same;
}

/* One input comes byte by byte, as on a line, the next in pieces of some bytes, another in two or
 * three. */
static size_t longest_piece(uint64_t draw, size_t size) {
  const size_t most[4] = {1, 4, 32, size};
  return most[draw % 4];
}

void percuss_deliver(const uint8_t* bytes, size_t size, enum percuss_delivery how,
                     percuss_receiver receive, void* context) {
  if (size == 0) return;
  uint64_t state = mix(percuss_digest(bytes, size));
  size_t longest = size;
  if (how == PERCUSS_BYTES) longest = 1;
  if (how == PERCUSS_PIECES) longest = longest_piece(state, size);
  uint8_t* block = malloc(longest);
  if (block == NULL) abort();
  while (size != 0) {
    state = mix(state);
    size_t taken = how == PERCUSS_PIECES ? 1 + (size_t)(state % longest) : longest;
    if (taken > size) taken = size;
    uint8_t* piece = block + (longest - taken);
    memcpy(piece, bytes, taken);
    receive(context, piece, taken);
    bytes += taken;
    size -= taken;
  }
  free(block);
}

void percuss_print(struct percuss_text* text, const void* bytes, size_t size) {
  if (size == 0) return;
  if (size > text->room - text->size) {
    size_t room = text->room != 0 ? text->room : 256;
    while (room - text->size < size) {
      if (room > SIZE_MAX / 2) abort();
      room *= 2;
    }
    uint8_t* larger = realloc(text->bytes, room);
    if (larger == NULL) abort();
    text->bytes = larger;
    text->room = room;
  }
  memcpy(text->bytes + text->size, bytes, size);
  text->size += size;
}

void percuss_text_drop(struct percuss_text* text) {
  free(text->bytes);
  text->bytes = NULL;
  text->size = text->room = 0;
}

/* Where `one` and `other` are not the same; the smaller size where one begins the other. */
static size_t first_difference(const uint8_t* one, size_t size, const struct percuss_text* other) {
  size_t at = 0;
  while (at < size && at < other->size && one[at] == other->bytes[at]) at++;
  return at;
}

const struct percuss_property* percuss_reads_back(const struct percuss_property* same,
                                                  percuss_reprinter reprint, void* context,
                                                  const uint8_t* printed, size_t size) {
  struct percuss_text again = {NULL, 0, 0};
  const bool taken = reprint(context, printed, size, &again);
  const size_t at = first_difference(printed, size, &again);
  const bool equal = taken && at == size && again.size == size;
  if (!equal) {
    fprintf(stderr, "percuss: printed ");
    show_bytes(printed, size, 64);
    if (taken) {
      fprintf(stderr, ", which is printed again as ");
      show_bytes(again.bytes, again.size, 64);
      fprintf(stderr, ", other from byte %zu on\n", at);
    } else {
      fprintf(stderr, ", which is refused\n");
    }
  }
  percuss_text_drop(&again);
  return equal ? NULL : same;
}

const struct percuss_property* percuss_stable(const struct percuss_property* same,
                                              percuss_reprinter reprint, void* context,
                                              const uint8_t* bytes, size_t size) {
  struct percuss_text printed = {NULL, 0, 0};
  const struct percuss_property* broken = NULL;
  if (reprint(context, bytes, size, &printed)) {
    broken = percuss_reads_back(same, reprint, context, printed.bytes, printed.size);
  }
  percuss_text_drop(&printed);
  return broken;
}

#if defined(__clang__)
#pragma clang attribute pop
#endif
