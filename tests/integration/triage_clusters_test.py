# SPDX-License-Identifier: Apache-2.0
"""The measurement of clusters, on a small labelled corpus of real reports whose right answer can be counted by hand."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "campaign/triage/fixtures"
BIN = pathlib.Path(os.environ["PERCUSS_BUILD"]) / "bin"


class TriageClustersTest(unittest.TestCase):
    def measure(self, labels, *arguments):
        """labels: pairs of a fixture and the bug that it is said to be of."""
        with tempfile.TemporaryDirectory() as folder:
            reports = pathlib.Path(folder) / "reports"
            reports.mkdir()
            lines = [{"id": str(number), "target": "hl7", "bug": bug, "kind": "crash", "signal": 6, "exit_code": 0,
                      "logs": [(FIXTURES / f"{name}.log").read_text(errors="replace")]}
                     for number, (name, bug) in enumerate(labels)]
            (reports / "hl7.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
            return subprocess.run([sys.executable, "-B", ROOT / "bench/triage_clusters.py", folder, "--bin", BIN,
                                   *arguments], capture_output=True, text=True, check=False)

    @staticmethod
    def row(said, method):
        line = next(line for line in said.splitlines() if line.startswith(f"| {method} | all"))
        return [cell.strip() for cell in line.split("|")[3:-1]]

    def test_one_bug_by_two_ways_and_two_bugs_below_one_caller(self):
        done = self.measure([("hl7_drop_at_close", "A"), ("hl7_drop_by_next", "A"), ("hl7_drop_by_next", "A"),
                             ("hl7_mean", "B"), ("hl7_trend", "C")], "--least-precision", "1", "--least-recall", "1")
        self.assertEqual(done.returncode, 0, done.stderr)
        # precision, recall, worst bug, groups, split bugs, mixed groups
        self.assertEqual(self.row(done.stdout, "clusters"), ["1.0000", "1.0000", "1.0000", "3", "0", "0"])
        for method in ("strict key", "loose key", "whole stack", "top three functions"):
            self.assertEqual(self.row(done.stdout, method), ["1.0000", "0.3333", "0.3333", "4", "1", "0"], method)

    def test_wrong_labels_are_wrong_clusters(self):
        done = self.measure([("hl7_drop_at_close", "A"), ("hl7_drop_by_next", "B"), ("hl7_mean", "C"),
                             ("hl7_trend", "C")], "--least-precision", "0.99")
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertEqual(self.row(done.stdout, "clusters"), ["0.0000", "0.0000", "0.0000", "3", "1", "1"])


if __name__ == "__main__":
    unittest.main()
