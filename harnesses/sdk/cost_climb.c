/* SPDX-License-Identifier: Apache-2.0 */
#include "harnesses/sdk/cost_climb.h"

#include <stdlib.h>
#include <string.h>

#include "harnesses/sdk/cost_counts.h"

#if defined(__clang__)
#pragma clang attribute push(__attribute__((no_sanitize("coverage"))), apply_to = function)
#endif

#define LEAST_COUNT 16u /* an edge that runs less often than this is nothing to climb on */
#define MOST_EDITS 4
#define LARGEST_BLOCK 64u

size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned int seed);

/* What changing a place did to the cost that was aimed at. */
enum { kUntried = 0, kNothing, kBreaks, kMoves };

/* An aim is an edge that is to run often, or, behind those, a class of sizes (the bits of the size)
 * of which one input is to run many edges. */
#define CLASSES 18u
#define AIMS (PERCUSS_COST_EDGES + CLASSES)

struct champion {
  uint8_t* bytes;
  uint8_t* places; /* one of the above for each byte */
  size_t size;
  uint32_t aims;    /* of which it is the best; it is free when there are none */
  uint32_t classes; /* among them */
};

/* What the last change was, until its input has run. */
struct attempt {
  int open;
  uint32_t champion;
  uint32_t aim;
  uint64_t before;
  size_t size; /* of the champion */
  size_t from; /* the places that were changed */
  size_t to;
};

static struct champion champions[PERCUSS_CLIMB_CHAMPIONS];
static uint32_t owner[AIMS];
static uint64_t most[AIMS];       /* 0: no owner */
static uint32_t climbed[2][AIMS]; /* edges, and classes, with an owner */
static uint32_t climbed_count[2];
static struct attempt attempt;
static uint64_t state;

static uint64_t draw(void) { /* SplitMix64 */
  uint64_t z = (state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

static size_t below(size_t bound) { return (size_t)(draw() % bound); }

static void release(struct champion* champion) {
  free(champion->bytes);
  free(champion->places);
  memset(champion, 0, sizeof *champion);
}

static int is_class(uint32_t aim) { return aim >= PERCUSS_COST_EDGES; }

static uint32_t class_of(size_t size) {
  return PERCUSS_COST_EDGES + 64u - (uint32_t)__builtin_clzll(size);
}

static uint64_t value_of(const struct percuss_costs* costs, size_t size, uint32_t aim) {
  if (!is_class(aim)) return costs->edges[aim];
  return aim == class_of(size) ? costs->sum : 0;
}

/* Of a class any more, of an edge an eighth. */
static int beats(const struct percuss_costs* costs, size_t size, uint32_t aim) {
  const uint64_t value = value_of(costs, size, aim);
  if (is_class(aim)) return value > most[aim];
  return value >= LEAST_COUNT && value > most[aim] + most[aim] / 8;
}

static int is_maximum(const struct percuss_costs* costs, size_t size) {
  if (beats(costs, size, class_of(size))) return 1;
  for (uint32_t i = 0; i < costs->reached_count; i++) {
    if (beats(costs, size, costs->reached[i])) return 1;
  }
  return 0;
}

static void give(uint32_t aim, uint32_t slot, uint64_t value) {
  const int kind = is_class(aim);
  if (most[aim] == 0) {
    climbed[kind][climbed_count[kind]++] = aim;
  } else {
    struct champion* last = &champions[owner[aim]];
    last->classes -= (uint32_t)kind;
    if (--last->aims == 0) release(last);
  }
  owner[aim] = slot;
  most[aim] = value;
  champions[slot].aims++;
  champions[slot].classes += (uint32_t)kind;
}

/* A free place, or that of the champion with the fewest edges, which become nobody's. */
static uint32_t make_room(void) {
  uint32_t victim = PERCUSS_CLIMB_CHAMPIONS;
  for (uint32_t i = 0; i < PERCUSS_CLIMB_CHAMPIONS; i++) {
    if (champions[i].bytes == NULL) return i;
    if (champions[i].classes != 0) continue;
    if (victim == PERCUSS_CLIMB_CHAMPIONS || champions[i].aims < champions[victim].aims) victim = i;
  }
  uint32_t kept = 0;
  for (uint32_t i = 0; i < climbed_count[0]; i++) {
    const uint32_t edge = climbed[0][i];
    if (owner[edge] == victim) {
      most[edge] = 0;
    } else {
      climbed[0][kept++] = edge;
    }
  }
  climbed_count[0] = kept;
  release(&champions[victim]);
  return victim;
}

/* What is known of the places of the champion that it was made from stays true of most. */
static void inherit_places(struct champion* child) {
  if (!attempt.open || attempt.champion >= PERCUSS_CLIMB_CHAMPIONS) return;
  const struct champion* parent = &champions[attempt.champion];
  if (parent->places == NULL || parent->size != attempt.size) return;
  const size_t head = attempt.from < child->size ? attempt.from : child->size;
  memcpy(child->places, parent->places, head < parent->size ? head : parent->size);
  size_t from_end = 0;
  while (from_end < parent->size && from_end < child->size && parent->size - from_end > head &&
         child->size - from_end > head) {
    from_end++;
    child->places[child->size - from_end] = parent->places[parent->size - from_end];
  }
}

static void take_champion(const struct percuss_costs* costs, const uint8_t* data, size_t size) {
  struct champion fresh = {malloc(size), calloc(size, 1), size, 0, 0};
  if (fresh.bytes == NULL || fresh.places == NULL) {
    release(&fresh);
    return;
  }
  memcpy(fresh.bytes, data, size);
  inherit_places(&fresh);
  const uint32_t slot = make_room();
  champions[slot] = fresh;
  if (beats(costs, size, class_of(size))) give(class_of(size), slot, costs->sum);
  for (uint32_t i = 0; i < costs->reached_count; i++) {
    const uint32_t edge = costs->reached[i];
    if (beats(costs, size, edge)) give(edge, slot, costs->edges[edge]);
  }
  if (champions[slot].aims == 0) release(&champions[slot]);
}

/* A cost that falls to its square root has lost its way; one that is another has been steered. */
static void learn(const struct percuss_costs* costs) {
  struct champion* champion = &champions[attempt.champion];
  if (champion->places == NULL || champion->size != attempt.size) return;
  const uint64_t after = is_class(attempt.aim) ? costs->sum : costs->edges[attempt.aim];
  uint8_t what = kMoves;
  if (after == attempt.before) what = kNothing;
  if (after < attempt.before && (after + 1) * (after + 1) < attempt.before) what = kBreaks;
  for (size_t at = attempt.from; at < attempt.to && at < champion->size; at++) {
    if (champion->places[at] < what) champion->places[at] = what;
  }
}

void percuss_climb_ran(const uint8_t* data, size_t size) {
  const struct percuss_costs costs = percuss_costs_now();
  if (size != 0 && size <= PERCUSS_CLIMB_LARGEST && is_maximum(&costs, size)) {
    take_champion(&costs, data, size);
  }
  if (attempt.open) learn(&costs);
  attempt.open = 0;
}

static size_t choose_place(const struct champion* champion) {
  static const uint8_t kWeights[] = {8, 1, 1, 32}; /* of 32, by what is known of the place */
  size_t at = 0;
  for (int tries = 0; tries < 64; tries++) {
    at = below(champion->size);
    if (below(32) < kWeights[champion->places[at]]) break;
  }
  return at;
}

static uint64_t read_number(const uint8_t* at, size_t width, int big) {
  uint64_t value = 0;
  for (size_t i = 0; i < width; i++) value = value << 8 | at[big ? i : width - 1 - i];
  return value;
}

static void write_number(uint8_t* at, size_t width, int big, uint64_t value) {
  for (size_t i = 0; i < width; i++, value >>= 8) at[big ? width - 1 - i : i] = (uint8_t)value;
}

/* Whether a number of this width and order is taken for a length, by the choice. */
static int is_chosen(size_t width, int big, uint64_t choice, unsigned field) {
  const unsigned kind = choice & 3u;
  if (kind == 0) return (int)(choice >> (2 + field % 62) & 1u);
  return width == 4 || kind == (big ? 2u : 3u);
}

void percuss_climb_lengthen(uint8_t* data, size_t size, size_t at, size_t grown, uint64_t choice) {
  unsigned fields = 0;
  for (size_t width = 4; width >= 2; width -= 2) {
    for (int big = 1; big >= 0; big--) {
      for (size_t field = 0; field + width <= at; field++) {
        const uint64_t value = read_number(data + field, width, big);
        const size_t begin = field + width;
        if (value == 0 || value < at - begin || value > size - grown - begin) continue;
        if ((value + grown) >> (8 * width) != 0) continue;
        if (!is_chosen(width, big, choice, fields++)) continue;
        write_number(data + field, width, big, value + grown);
      }
    }
  }
}

/* A length up to the bound, short ones as likely as long ones. */
static size_t draw_length(size_t bound) {
  size_t length = 1;
  while (length < bound && draw() % 3 != 0) length *= 2;
  length -= below(length / 2 + 1);
  return length < bound ? length : bound;
}

/* The block at `at` some times more: before it where there is room, else over what follows it. */
static size_t repeat_block(uint8_t* data, size_t size, size_t max_size, size_t at) {
  const size_t block = draw_length(size - at);
  const size_t grown = block * draw_length(16);
  if (grown > max_size - size) {
    for (size_t i = at + block; i < size && i < at + block + grown; i++) data[i] = data[i - block];
    return size;
  }
  memmove(data + at + grown, data + at, size - at);
  for (size_t i = 0; i < grown; i++) data[at + i] = data[at + grown + i % block];
  if (draw() % 8 != 0) percuss_climb_lengthen(data, size + grown, at, grown, draw());
  return size + grown;
}

/* libFuzzer's own change (its dictionary, its numbers) of some bytes alone; whether the input may
 * grow by it. */
static size_t change_window(uint8_t* data, size_t size, size_t max_size, size_t at) {
  uint8_t window[2 * LARGEST_BLOCK];
  size_t width = 1 + below(16);
  if (width > size - at) width = size - at;
  memcpy(window, data + at, width);
  const int grows = draw() % 4 == 0;
  size_t changed = LLVMFuzzerMutate(window, width, grows ? sizeof window : width);
  if (changed > width && changed - width > max_size - size) changed = width;
  if (changed > width) {
    const size_t grown = changed - width;
    memmove(data + at + grown, data + at, size - at);
    memcpy(data + at, window, changed);
    if (draw() % 8 != 0) percuss_climb_lengthen(data, size + grown, at, grown, draw());
    return size + grown;
  }
  memcpy(data + at, window, changed);
  return size;
}

static void copy_near(uint8_t* data, size_t size, size_t at) {
  const size_t reach = 64;
  const size_t low = at > reach ? at - reach : 0;
  const size_t high = size - at > reach ? at + reach : size;
  const size_t from = low + below(high - low);
  size_t count = 1 + below(draw() % 2 != 0 ? 1 : 8);
  if (count > size - at) count = size - at;
  if (count > size - from) count = size - from;
  memmove(data + at, data + from, count);
}

static size_t edit(uint8_t* data, size_t size, size_t max_size, size_t at) {
  switch (draw() % 8) {
    case 0:
      data[at] = (uint8_t)draw();
      return size;
    case 1:
      data[at] = (uint8_t)(data[at] + (draw() % 2 != 0 ? 1 : 255) * (1 + below(4)));
      return size;
    case 2:
    case 3:
      copy_near(data, size, at);
      return size;
    case 4:
    case 5:
      return repeat_block(data, size, max_size, at);
    default:
      return change_window(data, size, max_size, at);
  }
}

/* Half of them sizes, and of these the costlier one of two. */
static uint32_t choose_aim(void) {
  if (climbed_count[0] != 0 && draw() % 2 == 0) return climbed[0][below(climbed_count[0])];
  const uint32_t one = climbed[1][below(climbed_count[1])];
  const uint32_t other = climbed[1][below(climbed_count[1])];
  return most[one] > most[other] ? one : other;
}

static size_t climb(uint8_t* data, size_t max_size) {
  attempt.aim = choose_aim();
  attempt.champion = owner[attempt.aim];
  attempt.before = most[attempt.aim];
  const struct champion* champion = &champions[attempt.champion];
  if (champion->size > max_size) return 0;
  attempt.size = champion->size;
  size_t size = champion->size;
  memcpy(data, champion->bytes, size);
  size_t edits = 1;
  while (edits < MOST_EDITS && draw() % 2 == 0) edits++;
  size_t at = choose_place(champion);
  for (size_t i = 0; i < edits; i++) {
    if (i != 0) at = choose_place(champion);
    size = edit(data, size, max_size, at);
  }
  /* More than one change, or a longer input, does not tell which place it was. */
  attempt.open = 1;
  attempt.from = at;
  attempt.to = edits == 1 && size == champion->size ? at + 1 : at;
  return size;
}

size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned int seed) {
  state ^= (uint64_t)seed << 20;
  attempt.open = 0;
  if (climbed_count[1] != 0 && draw() % 4 != 0) {
    const size_t climbed_size = climb(data, max_size);
    if (climbed_size != 0) return climbed_size;
  }
  return LLVMFuzzerMutate(data, size, max_size);
}

#if defined(__clang__)
#pragma clang attribute pop
#endif
