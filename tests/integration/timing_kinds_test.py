# SPDX-License-Identifier: Apache-2.0
"""Hang, slow and deadline are three things, told apart on a host that is busy with others; and how cost grows. The
full measurement is bench/timing_kinds.py."""
import json
import pathlib
import subprocess
import sys
import unittest

from support.own_target import build, build_benchmark
from support.percuss_cli import CliTest, FAIL, ROOT

LIMIT_MS = 100
BUSY = 4

# The cost is the square of the length.
SQUARE = r"""
#include "harnesses/sdk/percuss_harness.h"

static volatile unsigned long work;

PERCUSS_HARNESS(square, 1) {
  if (size > 3 && data[0] == 'q') work += data[1] == 'u' ? 2 : 3;
  for (size_t i = 0; i < size; i++) {
    for (size_t k = 0; k < size; k++) work++;
  }
  return 0;
}
"""


class TimingKindsTest(CliTest):
    def keep_busy(self):
        for _ in range(BUSY):
            process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
            self.addCleanup(process.wait)
            self.addCleanup(process.kill)

    def test_each_over_its_time_is_told_as_what_it_is_and_none_within(self):
        inputs = self.folder / "inputs"
        inputs.mkdir()
        # The kind, what it did with its time, and where it waited; None: nothing is wrong.
        expected = {
            b"S": ("hang", "processor", ""),
            b"Z": ("hang", "sleep", "clock_nanosleep"),
            b"R": ("hang", "blocked", "read of a pipe"),
            b"Q" * 440: ("slow", "processor", ""),
            b"B60000": ("deadline", "", ""),
            b"B5000": None,
            b"N60000": None,
        }
        for number, data in enumerate(expected):
            (inputs / str(number)).write_bytes(data)
        campaign = self.write_campaign([{
            "id": "timing", "limits": {"input_ms": LIMIT_MS}, "deadline": {"cpu_us": 20_000, "source": "REQ-TIME"},
            "binaries": {"libfuzzer": build(self.folder, "kinds", '#include "bench/timing_kinds_harness.c"\n'),
                         "benchmark": build_benchmark(self.folder, "kinds", ROOT / "bench/timing_kinds_harness.c")}}])
        self.keep_busy()
        done = self.percuss("triage", "--campaign", campaign, "--target", "timing", inputs, "--reruns", "3",
                            "--no-minimise", "--out", self.folder / "out", "--json", "--quiet")
        self.assertEqual(done.returncode, FAIL, done.stdout[-3000:] + done.stderr[-3000:])
        package = self.folder / "out" / "package"
        document = json.loads(done.stdout)
        findings = {f["id"]: json.loads((package / "findings" / f["id"] / "finding.json").read_text())
                    for f in document["findings"]}
        for item in json.loads((package / "intake.json").read_text())["items"]:
            data = (inputs / item["path"].rsplit("/", 1)[-1]).read_bytes()
            if expected[data] is None:
                self.assertEqual(item["outcome"], "survived", data)
                continue
            finding = findings[item["finding"]]
            use = finding["time_use"]
            self.assertEqual((finding["kind"], use["how"], use["where"]), expected[data])
        summaries = "\n".join(f["summary"] for f in findings.values())
        self.assertIn("it was blocked in read of a pipe: 0.00 s of cpu time", summaries)
        late = next(f for f in findings.values() if f["kind"] == "deadline")
        report = (package / "findings" / late["id"] / "report.txt").read_text()
        self.assertIn("the deadline of REQ-TIME is 20.000 ms", report)
        again = self.percuss("repro", document["package"], "--finding", late["id"], "--runs", "2", "--json")
        self.assertEqual(again.returncode, FAIL, again.stdout + again.stderr)

    def test_a_campaign_tells_growth_and_missed_deadlines(self):
        seeds = self.folder / "seeds"
        seeds.mkdir()
        for length in (16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048):
            (seeds / str(length)).write_bytes(b"x" * length)
        harness = self.folder / "square-plain.c"
        harness.write_text(SQUARE)
        document = self.run_campaign(
            [{"id": "square", "seeds": str(seeds), "deadline": {"cpu_us": 300, "source": "REQ-TIME"},
              "binaries": {"libfuzzer": build(self.folder, "square", SQUARE),
                           "benchmark": build_benchmark(self.folder, "square", harness)}}],
            "--budget", "2s", expect=FAIL)
        self.assertEqual([(f["kind"], f["class"]) for f in document["findings"]], [("deadline", "deadline-missed")])
        manifest = self.manifest()
        timing = manifest["targets"][0]["timing"]
        growth = {g["of"]: g for g in timing["growth"]}
        self.assertEqual(growth["costliest"]["complexity"], "O(n^2)", growth)
        longest = growth["costliest"]["shown_by"][-1]
        self.assertGreaterEqual(longest["bytes"], 2048)
        self.assertEqual((self.folder / "out" / "package" / longest["path"]).stat().st_size, longest["bytes"])
        self.assertEqual(timing["deadline"]["verdict"], "missed")
        self.assertGreaterEqual(timing["deadline"]["missed"], 1)
        criterion = next(c for c in manifest["acceptance"] if c["id"] == "deadline")
        self.assertEqual(criterion["verdict"], "not_met")
        self.assertTrue("O(n^2)" in pathlib.Path(document["report"]).read_text(), "the report tells no growth")


if __name__ == "__main__":
    unittest.main()
