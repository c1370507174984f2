# SPDX-License-Identifier: Apache-2.0
"""Isolation (harnesses/sdk/isolate.h): beside threads that are not the fuzzer's, and in a campaign."""
import os
import signal
import subprocess

from support.own_target import build
from support.percuss_cli import CliTest, FAIL

# Four threads that take blocks of the size that the inputs take too, for WORK_S seconds, or with 0 for ever.
SOURCE = r"""
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
static void take_blocks(int count) {
  for (int i = 0; i < count; i++) {
    char* volatile block = malloc(30000);
    free(block);
  }
}
static void* work(void* unused) {
  const time_t start = time(NULL);
  while (WORK_S == 0 || time(NULL) <= start + WORK_S) take_blocks(500);
  pause();
  return unused;
}
int LLVMFuzzerInitialize(int* argc, char*** argv);
int LLVMFuzzerInitialize(int* argc, char*** argv) {
  (void)argc, (void)argv;
  pthread_t thread;
  for (int i = 0; i < 4; i++) pthread_create(&thread, NULL, work, NULL);
  usleep(50000);
  return 0;
}
PERCUSS_HARNESS(beside_threads, 1) {
  take_blocks(200);
  return (int)(size & data[0] & 0);
}
"""


class IsolationTest(CliTest):
    def fuzz(self, work_s, seed):
        """What the fuzzer wrote; it must end by itself."""
        binary = build(self.folder, f"threads{work_s}", f"#define WORK_S {work_s}\n" + SOURCE)
        run = subprocess.Popen([binary, "-runs=200", f"-seed={seed}", "-detect_leaks=0"], stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True,
                               env={**self.environment, "PERCUSS_ISOLATE": "1"}, text=True)
        try:
            said = run.communicate(timeout=60)[1]
        finally:
            try:
                os.killpg(run.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.assertEqual(run.returncode, 0, said)
        self.assertIn("Done 200 runs", said)
        return said

    def test_threads_that_start_with_the_fuzzer_are_waited_for(self):
        for seed in (1, 2, 3):
            self.assertNotIn("does not work here", self.fuzz(1, seed))

    def test_threads_that_never_rest_switch_it_off(self):
        self.assertIn("PERCUSS_ISOLATE does not work here: another thread never rests", self.fuzz(0, 1))

    def test_failures_are_seen_when_they_come_and_not_at_the_end(self):
        binary = build(self.folder, "early", """
            PERCUSS_HARNESS(early, 1) {
              if (size > 0 && data[0] == 'B') __builtin_trap();
              return 0;
            }
            """)
        target = {"id": "early", "binaries": {"libfuzzer": binary}, "environment": {"PERCUSS_ISOLATE": "1"}}
        self.run_campaign([target], "--budget", "15s", expect=FAIL)
        manifest = self.manifest()
        self.assertEqual(manifest["targets"][0]["engines"][0]["restarts"], 0)
        seen_s = manifest["findings"][0]["first_seen_s"]
        self.assertGreaterEqual(seen_s, 0)
        self.assertLess(seen_s, 10)
