# SPDX-License-Identifier: Apache-2.0
"""A target that does its worst: fork bombs, output floods, full disks, ignored signals, killed groups, escapes. The
campaign ends in its time, names what happened and leaves no process behind."""
import time
import unittest

from support.percuss_cli import CliTest, FAIL, strays

BUDGET_S = 40
LONGEST_S = 300


class HostileTargetTest(CliTest):
    def test_the_campaign_is_neither_blinded_nor_held_up(self):
        seeds = self.folder / "seeds"
        seeds.mkdir()
        (seeds / "nothing").write_bytes(b"0000")
        regression = self.folder / "regression"
        regression.mkdir()
        for behaviour in b"CHSMLFODTKX":
            (regression / chr(behaviour)).write_bytes(bytes([behaviour]) + b"000")
        begin = time.monotonic()
        document = self.run_campaign(
            [{"id": "hostile", "harness": "selfcheck", "seeds": str(seeds), "regression": str(regression),
              "limits": {"input_ms": 2000, "rss_mib": 256}}], "--budget", f"{BUDGET_S}s", expect=FAIL)
        self.assertLess(time.monotonic() - begin, LONGEST_S)
        kinds = {f["kind"] for f in document["findings"]}
        self.assertLessEqual({"crash", "hang", "oom", "leak"}, kinds)
        by_function = {f["function"]: f for f in document["findings"]}
        self.assertEqual(by_function["selfcheck_overflow"]["cwe"], "CWE-122")
        self.assertEqual(by_function["selfcheck_leak"]["cwe"], "CWE-401")
        self.assertEqual(by_function["selfcheck_spin"]["kind"], "hang")
        executions = document["targets"][0]["executions"]
        self.assertGreater(executions["libfuzzer"], 0)
        self.assertGreater(executions["aflpp"], 0)
        self.assertEqual(strays(str(self.folder / "out")), [])


if __name__ == "__main__":
    unittest.main()
