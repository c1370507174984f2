/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "emulation/qemu/plugin/compare_log.h"

#include <dlfcn.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/shm.h>

#include "emulation/qemu/plugin/coverage.h"
#include "emulation/qemu/plugin/emulator.h"
#include "emulation/qemu/plugin/guest_compare.h"
#include "emulation/qemu/plugin/guest_core.h"
#include "emulation/qemu/plugin/translation_sharing.h"

#define PLACES 65536u
#define LOGGED_VALUES 32u
#define LOGGED_BYTES 8u /* comparisons of bytes take four times the room */
#define MOST_BYTES 31u
#define OF_TEXT 0x80u

/* Of a place's header, from the lowest bit on. */
#define HITS(header) ((header)&0xFFFFFFu)
#define SHAPE_BIT 48
#define TYPE_BIT 53
#define TYPE(header) ((header) >> TYPE_BIT & 3u)
enum { TYPE_VALUES = 1, TYPE_BYTES = 2 };
enum { SHAPE_OF_VALUES = sizeof(uint32_t) - 1 }; /* bytes, less one */

struct values {
  uint64_t left;
  uint64_t right;
  uint64_t above[2]; /* of more than 64 bits */
};

struct bytes {
  uint8_t left[MOST_BYTES];
  uint8_t left_size;
  uint8_t right[MOST_BYTES];
  uint8_t right_size;
};

union operands {
  struct values values[LOGGED_VALUES];
  struct bytes bytes[LOGGED_BYTES * 2];
};
_Static_assert(sizeof(union operands) == LOGGED_VALUES * sizeof(struct values),
               "as AFL++ lays it out");

struct log {
  uint64_t header[PLACES];
  union operands operands[PLACES];
};

struct compare_place {
  uint32_t key;
  bool is_function;
  enum compare_until until;
  struct guest_compare compare;
};

bool compare_log_on;

static struct log* logged;
static const struct compare_functions* functions;

/* One instruction for each block, whatever its name is in this version. */
static bool translate_single_instructions(void) {
  bool* const today = dlsym(RTLD_DEFAULT, "one_insn_per_tb");
  int* const earlier = dlsym(RTLD_DEFAULT, "singlestep"); /* up to 8.0 */
  if (today != NULL) *today = true;
  if (earlier != NULL) *earlier = 1;
  return today != NULL || earlier != NULL;
}

bool compare_log_is_wanted(void) { return getenv("___AFL_EINS_ZWEI_POLIZEI___") != NULL; }

void compare_log_open(const struct compare_functions* of) {
  const char* id = getenv("__AFL_CMPLOG_SHM_ID");
  if (id == NULL || !compare_log_is_wanted()) return;
  void* map = shmat(atoi(id), NULL, 0);
  if ((intptr_t)map == -1 || !translate_single_instructions()) {
    fputs("percuss-board: comparisons cannot be logged on this QEMU\n", stderr);
    return;
  }
  logged = map;
  functions = of;
  compare_log_on = true;
}

static const struct compare_function* function_at(uint64_t address) {
  for (uint32_t i = 0; i < functions->count; i++) {
    if (functions->function[i].address == address) return &functions->function[i];
  }
  return NULL;
}

const struct compare_place* compare_log_watch(const struct qemu_plugin_insn* insn) {
  const uint64_t address = qemu_plugin_insn_vaddr(insn);
  const struct compare_function* function = function_at(address);
  struct compare_place place = {.key = coverage_place(address), .is_function = function != NULL};
  if (function != NULL) place.until = function->until;
  if (function == NULL && !guest_compare_read(insn, &place.compare)) return NULL;
  struct compare_place* kept = malloc(sizeof *kept);
  if (kept != NULL) *kept = place;
  return kept;
}

/* Which of a place's operands are next. */
static uint32_t next_hit(uint32_t key, uint64_t type, uint64_t shape, uint32_t most) {
  uint64_t* header = &logged->header[key];
  const uint64_t hits = TYPE(*header) == type ? HITS(*header) : 0;
  const uint64_t earlier_shape = hits == 0 ? 0 : *header >> SHAPE_BIT & 31u;
  if (shape < earlier_shape) shape = earlier_shape;
  *header = ((hits + 1) & 0xFFFFFFu) | shape << SHAPE_BIT | type << TYPE_BIT;
  return (uint32_t)hits % most;
}

static uint64_t register_value(int number) {
  uint64_t value = 0;
  if (number == 0 && guest_core->tells_cause) return 0; /* RISC-V's zero is none */
  translation_sharing_register(number, &value);
  return value;
}

static void note_values(const struct compare_place* place) {
  const struct guest_compare* compare = &place->compare;
  const uint64_t left = register_value(compare->left);
  const uint64_t right = compare->with_constant
                             ? compare->constant
                             : (uint32_t)(register_value(compare->right) << compare->shift);
  if (left == right) return;
  const uint32_t at = next_hit(place->key, TYPE_VALUES, SHAPE_OF_VALUES, LOGGED_VALUES);
  logged->operands[place->key].values[at] = (struct values){.left = left, .right = right};
}

/* How many bytes of what was read the comparison looks at. */
static size_t size_of(const char* bytes, size_t most, enum compare_until until) {
  return until == COMPARE_UNTIL_SIZE ? most : strnlen(bytes, most);
}

static void note_bytes(const struct compare_place* place) {
  char left[MOST_BYTES];
  char right[MOST_BYTES];
  size_t most = MOST_BYTES;
  const uint64_t size = register_value(guest_core->argument + 2);
  if (place->until != COMPARE_UNTIL_ZERO && size < most) most = (size_t)size;
  if (most == 0 || !emulator_read(register_value(guest_core->argument), left, most) ||
      !emulator_read(register_value(guest_core->argument + 1), right, most)) {
    return;
  }
  const size_t left_size = size_of(left, most, place->until);
  const size_t right_size = size_of(right, most, place->until);
  const size_t longer = left_size > right_size ? left_size : right_size;
  if (longer == 0 || (left_size == right_size && memcmp(left, right, longer) == 0)) return;
  const uint32_t at = next_hit(place->key, TYPE_BYTES, longer - 1, LOGGED_BYTES);
  struct bytes* bytes = &logged->operands[place->key].bytes[at];
  const uint8_t text = place->until == COMPARE_UNTIL_SIZE ? 0 : OF_TEXT;
  bytes->left_size = (uint8_t)left_size | text;
  bytes->right_size = (uint8_t)right_size | text;
  memcpy(bytes->left, left, most);
  memcpy(bytes->right, right, most);
}

void compare_log_note(const struct compare_place* place) {
  if (place->is_function) {
    note_bytes(place);
  } else {
    note_values(place);
  }
}
