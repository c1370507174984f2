# SPDX-License-Identifier: Apache-2.0
"""Reruns are varied on purpose: what depends on the layout of memory, or on what fresh memory holds, is unmasked, told
in words, and shown again by repro. Ten runs alike would show none of these."""
import hashlib
import json
import unittest

import jsonschema

from support.own_target import build
from support.percuss_cli import CliTest, FAIL, PASS, ROOT, USAGE

TARGET = """
#include <stdlib.h>
struct session { char *name; int closed; };
__attribute__((noinline)) static void greet(struct session *session) {
  if (!session->closed) session->name[0] = 'x';
}
/* As if each address of the program began with 0x5556 or more, which it does unless nothing is randomised. */
static volatile int table[0x1ff];
__attribute__((noinline)) static int look_up(size_t upper_bits) { return table[upper_bits - 0x5556]; }
__attribute__((noinline)) static void read_freed(void) {
  volatile int *block = malloc(64);
  block[8] = 5;
  free((void *)block);
  if (block[8] != 5) abort();
}
PERCUSS_HARNESS(moody, 1) {
  if (size == 0) return 0;
  if (data[0] == 'U') {
    struct session *session = malloc(sizeof *session);
    greet(session);
    free(session);
  }
  if (data[0] == 'L') return look_up((uintptr_t)table >> 32) & 1;
  if (data[0] == 'F') read_freed();
  if (data[0] == 'S') abort();
  return 0;
}
"""


class RerunsTest(CliTest):
    def triage(self, target, inputs, out):
        folder = self.folder / f"{out}-inputs"
        folder.mkdir()
        for data in inputs:
            (folder / f"crash-{hashlib.sha1(data).hexdigest()}").write_bytes(data)
        done = self.percuss("triage", "--target", target, folder, "--no-minimise", "--out", self.folder / out, "--json",
                            "--quiet")
        self.assertEqual(done.returncode, FAIL, done.stdout[-3000:] + done.stderr[-3000:])
        package = json.loads(done.stdout)["package"]
        schemas = {n: json.loads((ROOT / "reports" / "schema" / f"{n}.v1.schema.json").read_text())
                   for n in ("finding", "replay")}
        findings = {}
        for entry in (self.folder / out / "package" / "findings").iterdir():
            finding = json.loads((entry / "finding.json").read_text())
            jsonschema.Draft202012Validator(schemas["finding"]).validate(finding)
            replay = json.loads((entry / "replay.json").read_text())
            jsonschema.Draft202012Validator(schemas["replay"]).validate(replay)
            findings[(entry / "input").read_bytes()[:1].decode()] = finding
        return package, findings

    def repro(self, package, finding, *arguments):
        done = self.percuss("repro", package, "--finding", finding["id"], "--json", *arguments)
        self.assertIn(done.returncode, (PASS, FAIL), done.stderr)
        (replay,) = json.loads(done.stdout)["findings"]
        return replay

    def test_what_fresh_memory_holds_and_where_it_is(self):
        package, findings = self.triage(build(self.folder, "moody", TARGET), (b"U", b"L", b"S"), "asan")
        stable = findings["S"]["reproduction"]
        self.assertEqual((stable["reproduced"], stable["reruns"], stable["depends_on"], stable["shown_in"]),
                         (10, 10, "", ""))
        unset = findings["U"]["reproduction"]
        self.assertEqual((findings["U"]["function"], findings["U"]["flaky"]), ("greet", True))
        self.assertEqual((unset["reproduced"], unset["reruns"], unset["signatures"]["none"]), (9, 30, 21))
        self.assertEqual(unset["depends_on"],
                         "fails in 9 of 9 runs with a heap filled with zeros, in 0 of 21 otherwise")
        self.assertEqual([run["shown"] for run in unset["runs"]],
                         ["zeros" in run["surroundings"] for run in unset["runs"]])
        # Shown by a single run, and not by plain ones.
        shown = self.repro(package, findings["U"], "--runs", "1")
        self.assertEqual((shown["reproduced"], shown["same_bug"], shown["surroundings"]), (1, True, "zeros"))
        plain = self.repro(package, findings["U"], "--runs", "10", "--surroundings", "plain")
        self.assertEqual((plain["reproduced"], plain["reruns"]), (0, 10))
        refused = self.percuss("repro", package, "--surroundings", "LD_PRELOAD=x")
        self.assertEqual(refused.returncode, USAGE)
        report = next((self.folder / "asan").glob("*.html")).read_text(encoding="utf-8")
        self.assertIn(unset["depends_on"], report)
        if stable["varied"] == "heap":  # a container's filter may forbid to fix the layout
            self.assertNotIn("L", findings)
            return
        layout = findings["L"]["reproduction"]
        self.assertEqual(layout["varied"], "layout_and_heap")
        self.assertEqual((findings["L"]["function"], findings["L"]["class"]), ("look_up", "global-buffer-overflow"))
        self.assertIn("fails in 15 of 15 runs with a fixed address-space layout, in 0 of 15 with a random one",
                      layout["depends_on"])
        shown = self.repro(package, findings["L"], "--runs", "2")
        self.assertEqual((shown["reproduced"], shown["surroundings"]), (2, "fixed"))
        self.assertIn("setarch -R ", shown["command"])

    def test_freed_memory_that_is_read_without_a_sanitizer(self):
        package, findings = self.triage(build(self.folder, "moody", TARGET, "without_asan"), (b"F",), "plain")
        freed = findings["F"]["reproduction"]
        self.assertEqual(freed["depends_on"], "fails in 18 of 18 runs with a filled heap, in 0 of 12 without")
        shown = self.repro(package, findings["F"], "--runs", "1")
        self.assertEqual((shown["reproduced"], shown["same_bug"]), (1, True))
        self.assertIn("MALLOC_PERTURB_='255'", shown["command"])


if __name__ == "__main__":
    unittest.main()
