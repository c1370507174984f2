/* SPDX-License-Identifier: Apache-2.0
 *
 * The graph of states that sessions went through, for libFuzzer's feedback and for people. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harnesses/sdk/session/session.h"
#include "harnesses/sdk/session/session_client.h"

#define WORD_BYTES 64
#define WORDS 512u
#define STEPS 8192u      /* a power of two */
#define SEQUENCES 65536u /* likewise */
#define CONNECTIONS 64u

enum { NO_WORD = 0, FIRST_STATE = 1 };

struct step {
  uint32_t key; /* 0: not taken */
  uint16_t from;
  uint16_t request;
  uint16_t reply;
  uint64_t count;
};

/* libFuzzer reads them as coverage of their own. */
__attribute__((section("__libfuzzer_extra_counters"))) static uint8_t counters[STEPS];

static char words[WORDS][WORD_BYTES];
static unsigned word_count;
static struct step steps[STEPS];
static unsigned step_count;
static uint32_t sequences[SEQUENCES];
static unsigned sequence_count;
static uint16_t states[CONNECTIONS];
static uint32_t sequence;
static uint64_t session_count;
static uint64_t connection_count;
static uint64_t message_count;
static unsigned lost; /* steps and sequences that no table had room for */

static uint32_t mix(uint32_t hash, uint32_t value) {
  hash = (hash ^ value) * 0x9e3779b1u;
  return hash ^ hash >> 15;
}

/* The number of a word: small tables, and the same few words over and over. */
static uint16_t number_of(const char* word) {
  if (word == NULL) return NO_WORD;
  for (unsigned i = FIRST_STATE; i < word_count; i++) {
    if (strncmp(words[i], word, WORD_BYTES - 1) == 0) return (uint16_t)i;
  }
  if (word_count == WORDS) return NO_WORD;
  const size_t length = strnlen(word, WORD_BYTES - 1);
  for (size_t i = 0; i < length; i++) {
    const int plain = word[i] >= ' ' && word[i] <= '~' && word[i] != '"' && word[i] != '\\';
    words[word_count][i] = plain ? word[i] : '?';
  }
  return (uint16_t)word_count++;
}

static void write_word(FILE* file, const char* before, uint16_t number) {
  if (number == NO_WORD) {
    fprintf(file, "%snull", before);
  } else {
    fprintf(file, "%s\"%s\"", before, words[number]);
  }
}

static void write_states(void) {
  const char* path = getenv(PERCUSS_SESSION_STATES_ENV);
  FILE* file = path != NULL ? fopen(path, "w") : NULL;
  if (file == NULL) {
    fprintf(stderr, "percuss: the session states cannot be written to %s\n", path);
    return;
  }
  fprintf(file,
          "{\"schema\":\"percuss.session-states.v1\",\"sessions\":%llu,\"connections\":%llu,"
          "\"messages\":%llu,\"reply_sequences\":%u,\"lost\":%u,\"steps\":[",
          (unsigned long long)session_count, (unsigned long long)connection_count,
          (unsigned long long)message_count, sequence_count, lost);
  const char* comma = "";
  for (unsigned i = 0; i < STEPS; i++) {
    if (steps[i].key == 0) continue;
    fprintf(file, "%s\n", comma);
    write_word(file, " {\"from\":", steps[i].from);
    write_word(file, ",\"request\":", steps[i].request);
    write_word(file, ",\"reply\":", steps[i].reply);
    fprintf(file, ",\"count\":%llu}", (unsigned long long)steps[i].count);
    comma = ",";
  }
  fprintf(file, "\n]}\n");
  if (fclose(file) != 0) {
    fprintf(stderr, "percuss: the session states cannot be written to %s\n", path);
  }
}

void percuss_states_session_begins(void) {
  if (word_count == 0) {
    word_count = FIRST_STATE;
    number_of("connected");
    if (getenv(PERCUSS_SESSION_STATES_ENV) != NULL) atexit(write_states);
  }
  for (unsigned i = 0; i < CONNECTIONS; i++) states[i] = FIRST_STATE;
  sequence = 1;
}

static void count_step(uint16_t from, uint16_t request, uint16_t reply) {
  uint32_t key = mix(mix(mix(1, from), request), reply);
  if (key == 0) key = 1;
  for (unsigned i = 0; i < STEPS; i++) {
    const unsigned at = (key + i) & (STEPS - 1);
    if (steps[at].key == 0 && step_count < STEPS / 2) {
      steps[at] = (struct step){key, from, request, reply, 0};
      step_count++;
    }
    if (steps[at].key == 0) break;
    if (steps[at].from != from || steps[at].request != request || steps[at].reply != reply) {
      continue;
    }
    steps[at].count++;
    if (counters[at] != 255) counters[at]++;
    return;
  }
  lost++;
}

void percuss_session_step(unsigned connection, const char* request, const char* reply) {
  if (word_count == 0 || connection >= CONNECTIONS) return;
  const uint16_t next = number_of(reply);
  if (next == NO_WORD) {
    lost++;
    return;
  }
  count_step(states[connection], number_of(request), next);
  /* However many pending answers there were, it is one sequence. */
  if (states[connection] != next) sequence = mix(sequence, next);
  states[connection] = next;
}

void percuss_states_session_over(unsigned connections, unsigned messages) {
  session_count++;
  connection_count += connections;
  message_count += messages;
  if (sequence == 0) sequence = 1;
  for (unsigned i = 0; i < SEQUENCES; i++) {
    uint32_t* at = &sequences[(sequence + i) & (SEQUENCES - 1)];
    if (*at == sequence) return;
    if (*at != 0) continue;
    if (sequence_count == SEQUENCES / 2) break;
    *at = sequence;
    sequence_count++;
    return;
  }
  lost++;
}
