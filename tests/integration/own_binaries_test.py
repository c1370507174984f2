# SPDX-License-Identifier: Apache-2.0
"""Ready binaries of the user's own, built without our SDK: found, judged, never green when they cannot be judged."""
import subprocess
import unittest

from support.percuss_cli import CliTest, FAIL, INFRASTRUCTURE

HARNESS = r"""
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
volatile int sink;
__attribute__((noinline)) void overflow(size_t n) {
    volatile char *p = (char *)malloc(8);
    p[8 + n % 4] = 1;
    free((void *)p);
}
__attribute__((noinline)) void doze(void) { sleep(5); }
__attribute__((noinline)) void spin(void) { for (;;) sink++; }
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 3) return 0;
  if (data[0] == 'A' && data[1] == 'B') overflow(data[2]);
  if (data[0] == 'C' && data[1] == 'D') doze();
  if (data[0] == 'E' && data[1] == 'F') spin();
  return sink;
}
"""


class OwnBinariesTest(CliTest):
    def build(self, compiler, options, name, source=HARNESS):
        path = self.folder / f"{name}.c"
        path.write_text(source)
        binary = self.folder / name
        subprocess.run([compiler, "-g", "-O1", *options, str(path), "-o", str(binary)], check=True,
                       env={**self.environment, "AFL_QUIET": "1"})
        return str(binary)

    def setUp(self):
        super().setUp()
        self.seeds = self.folder / "seeds"
        self.seeds.mkdir()
        (self.seeds / "one").write_bytes(b"xyz")

    def target(self, **binaries):
        return [{"id": "mylib", "binaries": binaries, "seeds": str(self.seeds), "limits": {"input_ms": 400}}]

    def found(self, document):
        return {(f["function"], f["kind"]) for f in document["findings"]}

    def test_libfuzzer_binary(self):
        binary = self.build("clang-14", ["-fsanitize=fuzzer,address"], "fuzz")
        found = self.found(self.run_campaign(self.target(libfuzzer=binary), "--budget", "40s", expect=FAIL))
        self.assertLessEqual({("overflow", "crash"), ("doze", "hang"), ("spin", "hang")}, found)
        self.assertIn("libfuzzer does not count the edges", self.manifest()["targets"][0]["discovery"]["absent_reason"])

    def test_aflpp_binary(self):
        binary = self.build("afl-clang-fast", ["-fsanitize=fuzzer,address"], "afl")
        found = self.found(self.run_campaign(self.target(aflpp=binary), "--budget", "40s", expect=FAIL))
        self.assertLessEqual({("overflow", "crash"), ("doze", "hang"), ("spin", "hang")}, found)

    def never_green(self, document, *words):
        self.assertEqual(document["verdict"], "infrastructure_error")
        text = " ".join(document["reasons"])
        for word in words:
            self.assertIn(word, text)

    def test_a_binary_that_is_no_fuzz_target(self):
        self.never_green(self.run_campaign(self.target(libfuzzer="/bin/true"), "--budget", "5s", expect=INFRASTRUCTURE))
        self.never_green(self.run_campaign(self.target(aflpp="/bin/true"), "--budget", "5s", expect=INFRASTRUCTURE))

    def test_a_target_without_coverage_feedback(self):
        main = HARNESS + """
        #include <stdio.h>
        int main(int argc, char **argv) { (void)argc; (void)argv; puts("INFO: hello"); return 0; }
        """
        plain = self.build("clang-14", [], "plain", main)
        document = self.run_campaign(self.target(libfuzzer=plain), "--budget", "5s", expect=INFRASTRUCTURE)
        self.never_green(document, "coverage")

    def test_a_target_that_dies_on_every_seed(self):
        (self.seeds / "one").write_bytes(b"ABx")
        binary = self.build("clang-14", ["-fsanitize=fuzzer,address"], "fuzz")
        document = self.run_campaign(self.target(libfuzzer=binary), "--budget", "5s", expect=INFRASTRUCTURE)
        self.never_green(document, "all 1 seeds fail")
        self.assertEqual(self.found(document), {("overflow", "crash")})


if __name__ == "__main__":
    unittest.main()
