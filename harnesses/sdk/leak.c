/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "harnesses/sdk/leak.h"

#include <string.h>
#include <time.h>

#include "harnesses/sdk/edge_tally.h"

#ifdef PERCUSS_COUNTS_EDGES
/* As in edge_tally.c. */
extern uint8_t* __afl_area_ptr __attribute__((weak));
extern uint32_t __afl_map_size __attribute__((weak));
extern uint8_t __start___sancov_cntrs[] __attribute__((weak, visibility("hidden")));
extern uint8_t __stop___sancov_cntrs[] __attribute__((weak, visibility("hidden")));
#endif

#if defined(__clang__)
#pragma clang attribute push(__attribute__((no_sanitize("coverage"))), apply_to = function)
#endif

enum { kEdges, kBytes, kNanoseconds, kMeasures };

struct trial {
  uint64_t path; /* digest of how often each edge ran */
  double values[kMeasures];
};

static uint8_t* given;
static size_t given_edges;
static uint8_t* saved; /* the engine's counts, while those of a trial are in their place */
static size_t saved_room;

void percuss_leak_counters(uint8_t* counters, size_t edges) {
  given = counters;
  given_edges = edges;
}

static uint8_t* find_counters(size_t* edges) {
  *edges = given_edges;
  if (given != NULL) return given;
#ifdef PERCUSS_COUNTS_EDGES
  if (&__afl_area_ptr != NULL && &__afl_map_size != NULL) {
    *edges = __afl_map_size;
    return __afl_area_ptr;
  }
  if (__start___sancov_cntrs != NULL) {
    *edges = (size_t)(__stop___sancov_cntrs - __start___sancov_cntrs);
    return __start___sancov_cntrs;
  }
#endif
  return NULL;
}

static uint64_t mix(uint64_t value) { /* SplitMix64 */
  value += 0x9e3779b97f4a7c15u;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
  return value ^ (value >> 31);
}

void percuss_moments_add(struct percuss_moments* moments, double value) {
  const double from_old = value - moments->mean;
  moments->count++;
  moments->mean += from_old / (double)moments->count;
  moments->squares += from_old * (value - moments->mean);
}

/* Newton's, so that nobody needs libm. */
static double square_root(double value) {
  if (value <= 0) return 0;
  double root = value > 1 ? value : 1;
  for (int i = 0; i < 1100; i++) {
    const double next = (root + value / root) / 2;
    if (next >= root) break;
    root = next;
  }
  return root;
}

static double error_of(const struct percuss_moments* moments) {
  const double count = (double)moments->count;
  return moments->squares / (count - 1) / count;
}

double percuss_welch_t(const struct percuss_moments* one, const struct percuss_moments* other) {
  if (one->count < 2 || other->count < 2) return 0;
  const double difference = one->mean - other->mean;
  const double error = square_root(error_of(one) + error_of(other));
  if (error > 0) return difference / error;
  if (difference > 0) return __builtin_inf();
  return difference < 0 ? -__builtin_inf() : 0;
}

/* The trial's counts go back to zero, and into what the engine will see of the input. */
static double take_counts(uint8_t* counters, size_t edges, uint64_t* path) {
  uint64_t sum = 0;
  *path = percuss_digest(counters, edges);
  for (size_t i = 0; i < edges; i++) {
    sum += counters[i];
    const unsigned both = (unsigned)saved[i] + counters[i];
    saved[i] = both > UINT8_MAX ? UINT8_MAX : (uint8_t)both;
  }
  return (double)sum;
}

static uint64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static struct trial run_trial(const struct percuss_leak* leak, unsigned secret_class,
                              uint64_t draw) {
  struct trial trial = {0, {0}};
  size_t edges = 0;
  leak->prepare(leak->context, secret_class, draw);
  uint8_t* counters = find_counters(&edges);
  if (counters != NULL) {
    memcpy(saved, counters, edges);
    memset(counters, 0, edges);
  }
  const uint64_t begin_ns = now_ns();
  const size_t bytes = leak->operation(leak->context);
  trial.values[kNanoseconds] = (double)(now_ns() - begin_ns);
  trial.values[kBytes] = (double)bytes;
  if (counters != NULL) {
    trial.values[kEdges] = take_counts(counters, edges, &trial.path);
    memcpy(counters, saved, edges);
  }
  return trial;
}

static void make_room(void) {
  size_t edges = 0;
  if (find_counters(&edges) == NULL || edges <= saved_room) return;
  uint8_t* larger = realloc(saved, edges);
  if (larger == NULL) abort();
  saved = larger;
  saved_room = edges;
}

static bool too_far(const struct percuss_moments samples[2]) {
  const double t = percuss_welch_t(&samples[0], &samples[1]);
  return t > PERCUSS_LEAK_THRESHOLD || t < -PERCUSS_LEAK_THRESHOLD;
}

static void report(struct percuss_moments samples[kMeasures][2]) {
  static const char* const kNames[kMeasures] = {"edges", "bytes", "ns"};
  for (int i = 0; i < kMeasures; i++) {
    fprintf(stderr, "percuss: leak: %s: mean %.2f and %.2f of %llu trials each, t %.2f\n",
            kNames[i], samples[i][0].mean, samples[i][1].mean,
            (unsigned long long)samples[i][0].count,
            percuss_welch_t(&samples[i][0], &samples[i][1]));
  }
}

static unsigned pairs_asked(void) {
  static bool asked;
  static unsigned pairs;
  if (!asked) {
    const char* text = getenv(PERCUSS_LEAK_PAIRS_ENV);
    if (text != NULL) pairs = (unsigned)strtoul(text, NULL, 10);
    asked = true;
  }
  return pairs;
}

const struct percuss_property* percuss_leak_measure(const struct percuss_leak* leak,
                                                    uint64_t seed) {
  struct percuss_moments samples[kMeasures][2];
  memset(samples, 0, sizeof samples);
  const unsigned asked = pairs_asked();
  const unsigned pairs = asked != 0 ? asked : leak->pairs;
  bool work = false, length = false;
  make_room();
  /* The first pair pays for what is set up once, and is not judged. */
  for (uint64_t pair = 0; pair <= pairs; pair++) {
    const uint64_t draw = mix(seed ^ mix(pair));
    const unsigned first = (unsigned)(mix(draw) >> 63);
    struct trial trials[2];
    trials[first] = run_trial(leak, first, draw);
    trials[1 - first] = run_trial(leak, 1 - first, draw);
    if (pair == 0) continue;
    for (int i = 0; i < kMeasures; i++) {
      percuss_moments_add(&samples[i][0], trials[0].values[i]);
      percuss_moments_add(&samples[i][1], trials[1].values[i]);
    }
    work |= trials[0].path != trials[1].path;
    length |= trials[0].values[kBytes] != trials[1].values[kBytes];
  }
  if (asked != 0) report(samples);
  if (leak->randomised) {
    work = too_far(samples[kEdges]);
    length = too_far(samples[kBytes]);
  }
  if (length && leak->length != NULL) return leak->length;
  return work ? leak->work : NULL;
}

#if defined(__clang__)
#pragma clang attribute pop
#endif
