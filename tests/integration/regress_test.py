# SPDX-License-Identifier: Apache-2.0
"""All that packages know, run again on a new build: fixed, still there, changed, or not to be told, and why."""
import json
import math
import pathlib
import shlex
import shutil
import subprocess
import unittest

from support.percuss_cli import CliTest, FAIL, INCONCLUSIVE, PASS, USAGE

TARGET = r"""
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
volatile int sink;
__attribute__((noinline)) void overflow(size_t n) {
#if defined(FIXED)
  sink = (int)n;
#elif defined(OTHER)
  *(volatile char*)(uintptr_t)(n + 64) = 1;
#else
  volatile char* block = malloc(8);
  block[8 + n % 4] = 1;
  free((void*)block);
#endif
}
__attribute__((noinline)) void armed(void) {
#if !defined(FIXED)
  if (access(getenv("ARMED"), F_OK) == 0) abort();
#endif
  sink++;
}
__attribute__((noinline)) void flaky(void) {
#if !defined(FIXED)
  /* Once in a process: libFuzzer runs a clean input again where memory seems to be kept, which a thread of its own that
     starts late on a busy host looks like. */
  static int asked;
  if (asked++ != 0) return;
  const int fd = open(getenv("COUNTER"), O_WRONLY | O_CREAT | O_APPEND, 0600);
  struct stat now;
  if (write(fd, "x", 1) != 1 || fstat(fd, &now) != 0) return;
  close(fd);
  if (now.st_size % 3 != 0) abort();
#endif
  sink++;
}
int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size != 4 || data[1] != 0x91 || data[2] != 0xe3) return 0;
  if (data[0] == 'O') overflow(data[3]);
  if (data[0] == 'A') armed();
  if (data[0] == 'F') flaky();
  return sink & 1;
}
"""


def clean_runs_needed(hits, runs):
    """By Wilson's formula, at 95 %: the least rate that these runs allow, missed with 1 % at most."""
    z = 1.959963984540054
    share = hits / runs
    low = ((share + z * z / (2 * runs)) - z * math.sqrt(share * (1 - share) / runs + z * z / (4 * runs * runs)))
    low /= 1 + z * z / runs
    return math.ceil(math.log(0.01) / math.log(1 - low))


class RegressTest(CliTest):
    def build(self, name, *options, sanitizers="fuzzer,address"):
        source = self.folder / "mylib.c"
        source.write_text(TARGET)
        binary = self.folder / name
        subprocess.run(["clang-14", "-g", "-O1", f"-fsanitize={sanitizers}", *options, source, "-o", binary],
                       check=True)
        return binary

    def setUp(self):
        super().setUp()
        for place in ("seeds", "broken"):
            (self.folder / place).mkdir()
        (self.folder / "seeds" / "sound").write_bytes(b"xyz")
        for kind in b"OAF":
            (self.folder / "broken" / chr(kind)).write_bytes(bytes([kind, 0x91, 0xe3, 1]))
        self.armed = self.folder / "armed"
        self.armed.touch()
        self.first = self.build("first")
        document = self.run_campaign(
            [{"id": "mylib", "binaries": {"libfuzzer": str(self.first)}, "seeds": str(self.folder / "seeds"),
              "regression": str(self.folder / "broken"), "limits": {"input_ms": 20000},
              "environment": {"ARMED": str(self.armed), "COUNTER": str(self.folder / "counter")}}],
            "--budget", "1s", expect=FAIL)
        self.found = {finding["function"]: finding for finding in document["findings"]}
        self.assertEqual(set(self.found), {"overflow", "armed", "flaky"})
        self.package = self.folder / document["package"]

    def regress(self, *arguments, expect, package=None):
        reruns = () if "--reruns" in arguments else ("--reruns", "4")  # enough for what always fails
        done = self.percuss("regress", package or self.package, "--json", *reruns, *arguments)
        self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
        if expect == USAGE:
            return done.stderr
        document = json.loads(done.stdout)
        self.assertEqual(sum(document["summary"].values()), len(document["findings"]))
        return {finding["then"]["function"]: finding for finding in document["findings"]}

    def statuses(self, findings):
        return {name: finding["status"] for name, finding in findings.items()}

    def test_what_became_of_each(self):
        """One campaign for all of it: they differ in the builds alone."""
        self.fixed_for_good()
        self.still_there_and_changed()
        self.cannot_be_told()
        self.packages_in_every_form()
        self.wrong_usage()

    def fixed_for_good(self):
        fixed = self.build("fixed", "-DFIXED")
        findings = self.regress("--binary", fixed, expect=PASS)
        self.assertEqual(set(self.statuses(findings).values()), {"fixed"})
        self.assertEqual({i["input"] for i in findings["overflow"]["inputs"]}, {"original", "minimised"})
        flaky = findings["flaky"]
        self.assertLess(flaky["then"]["reproduced"], flaky["then"]["reruns"])
        needed = clean_runs_needed(flaky["then"]["reproduced"], flaky["then"]["reruns"])
        self.assertEqual({i["reruns"] for i in flaky["inputs"]}, {needed})
        self.assertEqual({i["reruns"] for i in findings["overflow"]["inputs"]}, {4})
        few = self.regress("--binary", fixed, "--reruns", "1", "--most-reruns", "1", expect=INCONCLUSIVE)
        self.assertEqual(few["flaky"]["status"], "cannot_tell", "one clean run of a flaky finding shows nothing")
        self.assertIn(f"{needed} clean runs are needed, and 1 were made", few["flaky"]["reason"])

    def still_there_and_changed(self):
        findings = self.regress("--binary", self.build("other", "-DOTHER"), expect=FAIL)
        self.assertEqual(self.statuses(findings),
                         {"overflow": "changed", "armed": "still_there", "flaky": "still_there"})
        changed = findings["overflow"]
        self.assertEqual(changed["then"]["class"], "heap-buffer-overflow")
        self.assertEqual(changed["now"]["class"], "null-dereference")
        self.assertEqual(changed["then"]["strict_key"], self.found["overflow"]["strict_key"])
        self.assertNotEqual(changed["now"]["strict_key"], changed["then"]["strict_key"])
        self.assertEqual(changed["now"]["function"], "overflow")
        self.assertEqual(pathlib.Path(changed["now"]["file"]).name, "mylib.c")
        command, *words = shlex.split(changed["command"])
        self.assertEqual(command, "percuss")
        shown = self.percuss(*words)
        self.assertEqual(shown.returncode, FAIL, shown.stdout + shown.stderr)
        self.assertIn("null-dereference", shown.stdout)
        text = self.percuss("regress", self.package, "--binary", self.folder / "other", "--reruns", "4")
        self.assertEqual(text.returncode, FAIL)
        self.assertIn("3 findings in 1 package: 0 fixed, 2 still there, 1 changed, 0 cannot tell", text.stdout)

    def cannot_be_told(self):
        self.armed.unlink()
        same = self.regress("--binary", self.first, expect=FAIL)
        self.assertEqual(self.statuses(same),
                         {"overflow": "still_there", "armed": "cannot_tell", "flaky": "still_there"})
        self.assertIn("the very build", same["armed"]["reason"])
        blind = self.regress("--binary", self.build("blind", "-DFIXED", sanitizers="fuzzer"), expect=INCONCLUSIVE)
        self.assertEqual(set(self.statuses(blind).values()), {"cannot_tell"})
        self.assertIn("built without AddressSanitizer", blind["overflow"]["reason"])
        broken = self.folder / "broken-fixed"
        shutil.copy(self.folder / "fixed", broken)
        broken.chmod(0o644)
        for program, why in ((broken, "not executable"), ("/bin/true", "built without libFuzzer")):
            findings = self.regress("--binary", program, expect=INCONCLUSIVE)
            self.assertEqual(set(self.statuses(findings).values()), {"cannot_tell"}, program)
            self.assertIn(why, findings["overflow"]["reason"])

    def packages_in_every_form(self):
        store = self.folder / "store" / "2026"
        store.mkdir(parents=True)
        shutil.copy(self.package, store / "nightly.zip")
        shutil.copy(self.package, store / "again.zip")
        shutil.copytree(self.folder / "out" / "package", self.folder / "store" / "unpacked")
        files = sorted(str(path) for path in (self.folder / "store").rglob("*"))
        named = f"mylib={self.folder / 'fixed'}"
        findings = self.regress("--binary", named, package=self.folder / "store", expect=PASS)
        self.assertEqual([len(f["packages"]) for f in findings.values()], [3, 3, 3])
        self.assertEqual(len(findings["overflow"]["inputs"]), 2, "what is the same in all is run once")
        self.assertEqual(sorted(str(path) for path in (self.folder / "store").rglob("*")), files)
        folder = self.regress("--binary", self.folder / "fixed", package=self.folder / "out" / "package", expect=PASS)
        self.assertEqual(len(folder), 3)

    def wrong_usage(self):
        fixed = self.folder / "fixed"
        self.assertIn("no such file", self.regress("--binary", self.folder / "none", expect=USAGE))
        self.assertIn('no target "pump"', self.regress("--binary", f"pump={fixed}", expect=USAGE))
        self.assertIn('no target "pump"', self.regress("--binary", fixed, "--target", "pump", expect=USAGE))
        empty = self.folder / "empty"
        empty.mkdir()
        self.assertIn("holds no package", self.regress("--binary", fixed, package=empty, expect=USAGE))


if __name__ == "__main__":
    unittest.main()
