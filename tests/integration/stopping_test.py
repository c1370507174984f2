# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C, kill -9 and --resume: a campaign that ends early says so, and loses nothing that was seen."""
import json
import os
import pathlib
import signal
import subprocess
import time
import unittest

from support.percuss_cli import CliTest, FAIL, INCONCLUSIVE, INFRASTRUCTURE, PERCUSS, USAGE, strays


# What escapes: it daemonises itself, out of its session and away from its parent, and spins.
ESCAPES = b"X000"


class StoppingTest(CliTest):
    def start(self, targets, *arguments):
        path = self.write_campaign(targets)
        stderr = (self.folder / "stderr.txt").open("w")
        self.addCleanup(stderr.close)
        self.process = subprocess.Popen(
            [str(PERCUSS), "run", str(path), "--out", str(self.folder / "out"), "--json", *map(str, arguments)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=stderr, env=self.environment, text=True)
        self.addCleanup(self.process.kill)

    def said(self):
        return (self.folder / "stderr.txt").read_text()

    def escaping_target(self):
        seeds = self.folder / "seeds"
        seeds.mkdir()
        (seeds / "nothing").write_bytes(b"0000")
        (seeds / "escapes").write_bytes(ESCAPES)
        return [{"id": "planted", "harness": "selfcheck", "seeds": str(seeds)}]

    def worker(self):
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        self.assertEqual(len(children), 1, "the command is one process that keeps and one that works")
        return int(children[0])

    def assert_nothing_runs(self):
        end = time.monotonic() + 10
        while strays(str(self.folder / "out")) and time.monotonic() < end:
            time.sleep(0.1)
        self.assertEqual(strays(str(self.folder / "out")), [], "nothing must outlive the command")

    def wait_for(self, condition, seconds=90):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if condition():
                return
            if self.process.poll() is not None:
                self.fail(f"ended too early: {self.process.stdout.read()} {self.said()}")
            time.sleep(0.2)
        self.fail("did not come to the awaited state")

    def fuzzing(self):
        corpus = self.folder / "out" / "work"
        return any(corpus.glob("*/aflpp/aflpp0/plot_data"))

    def journalled(self):
        journal = self.folder / "out" / "journal" / "sightings.jsonl"
        return journal.exists() and journal.read_text().count("\n") >= 1

    def test_ctrl_c_seals_what_is_known_and_leaves_no_process(self):
        self.start([{"id": "pump", "harness": "pump_serial"}], "--budget", "10m")
        self.wait_for(self.fuzzing)
        self.process.send_signal(signal.SIGINT)
        document = json.loads(self.process.communicate(timeout=90)[0])
        self.assertEqual(self.process.returncode, INCONCLUSIVE)
        self.assertEqual(document["verdict"], "inconclusive")
        verified = self.percuss("verify", document["package"], "--json")
        self.assertTrue(json.loads(verified.stdout)["sealed"])
        self.assertEqual(strays(str(self.folder / "out")), [])

    def test_ctrl_c_before_the_oracle_is_proven_says_nothing_of_the_oracle(self):
        self.start([{"id": "pump", "harness": "pump_serial"}], "--budget", "10m")
        self.wait_for((self.folder / "out" / "work" / "selfcheck").is_dir)
        self.process.send_signal(signal.SIGINT)
        document = json.loads(self.process.communicate(timeout=90)[0])
        self.assertEqual(self.process.returncode, INCONCLUSIVE, document["reasons"])
        self.assertNotIn("oracle", " ".join(document["reasons"]))
        self.assertTrue(all(case["passed"] for case in self.manifest()["self_check"]))

    def test_kill_9_loses_no_crash_that_was_written_down(self):
        targets = self.escaping_target()
        self.start(targets, "--budget", "5m")
        self.wait_for(self.journalled)
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        journal = (self.folder / "out" / "journal" / "sightings.jsonl").read_text()
        seen = {json.loads(line)["input_sha256"] for line in journal.splitlines() if line.endswith("}")}
        self.assert_nothing_runs()
        again = self.percuss("run", self.folder / "campaign.json", "--out", self.folder / "out",
                             "--budget", "5s", "--json")
        self.assertEqual(again.returncode, USAGE, "an existing campaign is only continued when asked")
        document = self.run_campaign(targets, "--budget", "5s", "--resume", expect=FAIL)
        self.assertTrue(document["findings"])
        after = (self.folder / "out" / "journal" / "sightings.jsonl").read_text()
        self.assertLessEqual(seen, {json.loads(line)["input_sha256"] for line in after.splitlines()})
        self.assertGreaterEqual(sum(f["occurrences"] for f in document["findings"]), len(seen) - 1)

    def test_a_killed_worker_is_told_and_leaves_no_process(self):
        self.start(self.escaping_target(), "--budget", "5m")
        self.wait_for(self.journalled)
        os.kill(self.worker(), signal.SIGKILL)
        self.assertEqual(self.process.wait(timeout=30), INFRASTRUCTURE)
        self.assertIn("ended by signal 9", self.said())
        self.assert_nothing_runs()


if __name__ == "__main__":
    unittest.main()
