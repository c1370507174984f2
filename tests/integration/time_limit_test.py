# SPDX-License-Identifier: Apache-2.0
"""Inputs over the time limit, sleeping and spinning, in both engines: none goes through, and each is stopped at the
limit. The target itself writes down when an input began and, should it still run, that it is overdue."""
import unittest

from support.own_target import build
from support.percuss_cli import CliTest, FAIL, PASS

LIMIT_MS = 300
TOLERANCE_MS = 100
LONGEST_STEP_MS = 25

TARGET = r"""
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static volatile int sink;

/* What the host withheld is none of the input's time (proc(5), schedstat: ran, waited). */
static long now_ms(void) {
  struct timespec now;
  long long ran = 0, waited = 0;
  FILE* file = fopen("/proc/self/schedstat", "r");
  if (file == NULL || fscanf(file, "%lld %lld", &ran, &waited) != 2) abort();
  fclose(file);
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1000000 - (long)(waited / 1000000);
}

/* Reruns by the judge have limits of their own and write nothing. */
static void note(const char* what) {
  char folder[4096];
  const char* engine = getcwd(folder, sizeof folder) == NULL ? NULL : strstr(folder, "/clock/");
  if (engine == NULL) return;
  const int fd = open(getenv("NOTES"), O_WRONLY | O_APPEND | O_CREAT, 0600);
  char line[64];
  const int length = snprintf(line, sizeof line, "%s %s\n", strstr(engine, "aflpp") ? "aflpp" : "libfuzzer", what);
  if (write(fd, line, (size_t)length) < 0) abort();
  close(fd);
}

/* A pause of the whole host is none of the input's time. */
__attribute__((noinline)) static void pass_ms(long ms, int asleep) {
  const struct timespec nap = {0, 1000000};
  for (long before = now_ms(), now; ms > 0; before = now) {
    if (asleep) nanosleep(&nap, NULL);
    sink++;
    now = now_ms();
    ms -= now - before < LONGEST_STEP_MS ? now - before : LONGEST_STEP_MS;
  }
}

PERCUSS_HARNESS(clock, 1) {
  if (size == 0 || (data[0] != 'S' && data[0] != 'W')) return 0;
  const int asleep = data[0] == 'S';
  note("began");
  pass_ms(LIMIT_MS + TOLERANCE_MS, asleep);
  note("overdue");
  pass_ms(5000, asleep);
  note("survived");
  return 0;
}
"""


SLOW_START_S = 6

SLOW_TO_START = r"""
#include <unistd.h>

__attribute__((constructor)) static void dawdle(void) {
  if (getenv("__AFL_SHM_ID") != NULL) sleep(SLOW_START_S);
}

PERCUSS_HARNESS(late, 1) {
  return data[0] == size;
}
"""


class TimeLimitTest(CliTest):
    def test_a_slow_start_takes_nothing_from_the_budget(self):
        source = f"#define SLOW_START_S {SLOW_START_S}\n{SLOW_TO_START}"
        seeds = self.folder / "seeds"
        seeds.mkdir()
        (seeds / "one").write_bytes(b"xyz")
        document = self.run_campaign(
            [{"id": "late", "binaries": {engine: build(self.folder, "late", source, engine)
                                         for engine in ("libfuzzer", "aflpp")}, "seeds": str(seeds)}],
            "--budget", "3s", expect=PASS)
        self.assertGreater(document["targets"][0]["executions"]["aflpp"], 0)

    def test_every_input_over_the_limit_is_stopped_there(self):
        source = "".join(f"#define {name} {value}\n" for name, value in
                         (("LIMIT_MS", LIMIT_MS), ("TOLERANCE_MS", TOLERANCE_MS),
                          ("LONGEST_STEP_MS", LONGEST_STEP_MS))) + TARGET
        seeds = self.folder / "seeds"
        seeds.mkdir()
        (seeds / "quick").write_bytes(b"Qxxx")
        notes = self.folder / "notes"
        document = self.run_campaign(
            [{"id": "clock", "binaries": {engine: build(self.folder, "clock", source, engine)
                                          for engine in ("libfuzzer", "aflpp")},
              "seeds": str(seeds), "limits": {"input_ms": LIMIT_MS}, "environment": {"NOTES": str(notes)}}],
            "--budget", "25s", expect=FAIL)
        self.assertEqual({f["kind"] for f in document["findings"]}, {"hang"})
        lines = notes.read_text().splitlines()
        for engine in ("libfuzzer", "aflpp"):
            began = lines.count(f"{engine} began")
            self.assertGreaterEqual(began, 10, engine)
            self.assertEqual(lines.count(f"{engine} survived"), 0, engine)
            self.assertEqual(lines.count(f"{engine} overdue"), 0, engine)


if __name__ == "__main__":
    unittest.main()
