# SPDX-License-Identifier: Apache-2.0
"""What other systems throw away: crashes that need the inputs before them, that never come again, that come now and
then; a corpus that could not be saved; inputs that a newer harness reads differently."""
import json
import shutil
import subprocess
import threading
import time
import unittest

from support.own_target import build
from support.percuss_cli import CliTest, FAIL, INCONCLUSIVE, INFRASTRUCTURE

NEEDS_HISTORY = r"""
static int armed;
__attribute__((noinline)) void fire(void) { abort(); }
PERCUSS_HARNESS(history, 1) {
  if (size > 1 && data[0] == 'A') armed = 1;
  if (size > 1 && data[0] == 'B' && armed) fire();
  return 0;
}
"""

ONLY_ONCE = r"""
#include <fcntl.h>
#include <unistd.h>
__attribute__((noinline)) void once(void) { abort(); }
PERCUSS_HARNESS(once, 1) {
  if (size < 2 || data[0] != 'A') return 0;
  const int fd = open(getenv("MARKER"), O_WRONLY | O_CREAT | O_EXCL, 0600);
  if (fd >= 0) once();
  return 0;
}
"""

NOW_AND_THEN = r"""
#include <time.h>
__attribute__((noinline)) void sometimes(void) { abort(); }
PERCUSS_HARNESS(sometimes, 1) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  if (size > 1 && data[0] == 'A' && now.tv_nsec / 1000 % 2 == 0) sometimes();
  return 0;
}
"""

NEEDS_VARIABLE = r"""
__attribute__((noinline)) void switched(void) { abort(); }
PERCUSS_HARNESS(variable, 1) {
  void* volatile block = malloc((size_t)1 << 40); /* NULL is what was asked for */
  free(block);
  if (size > 1 && data[0] == 'A' && block == NULL && getenv("SWITCH") != NULL) switched();
  return 0;
}
"""

READS_FORMAT = r"""
__attribute__((noinline)) void broken(void) { abort(); }
PERCUSS_HARNESS(format, VERSION) {
  if (size > 1 && data[0] == 'A') broken();
  return 0;
}
"""


class NothingLostTest(CliTest):
    def target(self, binary, **environment):
        seeds = self.folder / "seeds"
        seeds.mkdir(exist_ok=True)
        (seeds / "one").write_bytes(b"xyz")
        return [{"id": "own", "binaries": {"libfuzzer": binary}, "seeds": str(seeds), "environment": environment}]

    def only_finding(self, source, budget="8s", **environment):
        binary = build(self.folder, "target", source)
        document = self.run_campaign(self.target(binary, **environment), "--budget", budget, expect=FAIL)
        self.assertEqual(len(document["findings"]), 1, document["findings"])
        self.package = document["package"]
        return document["findings"][0]

    def test_a_crash_that_needs_the_inputs_before_it(self):
        finding = self.only_finding(NEEDS_HISTORY)
        self.assertEqual((finding["function"], finding["reproduced"]), ("fire", 10))
        self.assertEqual(finding["reproduction"]["mode"], "with_history")
        again = self.percuss("repro", self.package, "--runs", "2")
        self.assertEqual(again.returncode, FAIL, again.stdout + again.stderr)
        self.assertIn("reproduced 2 of 2", again.stdout)

    def test_a_crash_that_never_comes_again(self):
        finding = self.only_finding(ONLY_ONCE, MARKER=str(self.folder / "marker"))
        self.assertEqual((finding["function"], finding["reproduced"], finding["flaky"]), ("once", 0, True))
        self.assertEqual(finding["confidence"], "first_sighting_only")
        again = self.percuss("repro", self.package, "--runs", "2")
        self.assertEqual(again.returncode, 0, "it does not come again, and that is what a replay says")

    def test_a_crash_that_comes_now_and_then(self):
        finding = self.only_finding(NOW_AND_THEN)
        self.assertEqual((finding["function"], finding["flaky"]), ("sometimes", True))
        self.assertEqual(finding["reruns"], 30, "three times as many, as they do not show the same")
        self.assertIn(finding["reproduced"], range(1, 30))
        self.assertLess(finding["reproduction"]["interval_low"], finding["reproduction"]["interval_high"])

    def test_an_input_that_a_newer_harness_reads_differently(self):
        self.only_finding("#define VERSION 1\n" + READS_FORMAT)
        newer = build(self.folder, "newer", "#define VERSION 2\n" + READS_FORMAT)
        again = self.percuss("repro", self.package, "--binary", newer, "--runs", "1")
        self.assertIn("reads input format 2, the input is of format 1", again.stderr)
        survives = READS_FORMAT.replace("'A'", "'A' && size > 99")
        sound = build(self.folder, "sound", "#define VERSION 2\n" + survives)
        done = self.percuss("regress", self.package, "--binary", sound, "--json")
        self.assertEqual(done.returncode, INCONCLUSIVE, "what survives may have been read as something else")
        reason = json.loads(done.stdout)["findings"][0]["reason"]
        self.assertIn("reads input format 2, the input is of format 1", reason)

    def test_a_crash_that_needs_the_targets_environment(self):
        """The replay has the campaign file's variables, and sanitizer options of the target's join ours."""
        finding = self.only_finding(NEEDS_VARIABLE, SWITCH="on", ASAN_OPTIONS="allocator_may_return_null=1")
        self.assertEqual((finding["function"], finding["reproduced"]), ("switched", 10))
        again = self.percuss("repro", self.package, "--runs", "2", "--json")
        self.assertEqual(again.returncode, FAIL, again.stdout + again.stderr)
        command = json.loads(again.stdout)["findings"][0]["command"]
        self.assertIn("SWITCH='on'", command)
        self.assertRegex(command, "ASAN_OPTIONS='abort_on_error=1.*:allocator_may_return_null=1' LSAN_OPTIONS")
        plain = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
        self.assertIn("in switched", plain.stderr)

    def test_a_corpus_that_cannot_be_saved(self):
        binary = build(self.folder, "target", NOW_AND_THEN.replace("sometimes()", "(void)0"))
        corpus = self.folder / "out" / "corpus" / "own"

        def take_away():
            while not corpus.is_dir():
                time.sleep(0.05)
            shutil.rmtree(corpus)
            corpus.write_text("in the way")

        thief = threading.Thread(target=take_away)
        thief.start()
        document = self.run_campaign(self.target(binary), "--budget", "8s", expect=INFRASTRUCTURE)
        thief.join()
        self.assertIn("corpus could not be saved", " ".join(document["reasons"]))


if __name__ == "__main__":
    unittest.main()
