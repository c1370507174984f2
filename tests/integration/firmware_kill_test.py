# SPDX-License-Identifier: Apache-2.0
"""Somebody kills the emulator from outside, again and again: the campaign goes on and loses nothing."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import time
import unittest

from integration.firmware_test import image
from support.percuss_cli import CliTest, FAIL, PASS, PERCUSS, ROOT, strays


class FirmwareKillTest(CliTest):
    def start(self, variant, budget, more_seeds=()):
        """The image is a copy with a path of its own, so that nobody else's emulator is met."""
        firmware = self.folder / "pump.elf"
        shutil.copy(image("pump", variant), firmware)
        seeds = self.folder / "seeds"
        shutil.copytree(ROOT / "corpora/pump_serial/seed", seeds)
        for data in more_seeds:
            shutil.copy(ROOT / "corpora/pump_serial/planted" / data, seeds)
        path = self.write_campaign([{"id": "pump", "firmware": str(firmware), "board": "mps2-an385",
                                     "seeds": str(seeds)}])
        stderr = (self.folder / "stderr.txt").open("w")
        self.addCleanup(stderr.close)
        self.process = subprocess.Popen(
            [str(PERCUSS), "run", str(path), "--out", str(self.folder / "out"), "--json", "--budget", budget],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=stderr, env=self.environment, text=True)
        self.addCleanup(self.process.kill)

    def said(self):
        return (self.folder / "stderr.txt").read_text()[-3000:]

    def emulators(self):
        """(pid, parent's name) of each, fork servers and copies, under the fuzzer and under the judge."""
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            try:
                command = (entry / "cmdline").read_bytes() if entry.name.isdigit() else b""
                program = command.partition(b"\0")[0]
                if not program.endswith(b"qemu-system-arm") or str(self.folder).encode() not in command:
                    continue
                parent = (entry / "stat").read_text().rpartition(")")[2].split()[1]
                found.append((int(entry.name), pathlib.Path("/proc", parent, "comm").read_text().strip()))
            except OSError:
                continue
        return found

    @staticmethod
    def kill(pid):
        """False where it has ended by itself."""
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return False
        return True

    def kill_servers(self, parents, count):
        """Kills emulators that have such a parent, as they appear."""
        killed = 0
        end = time.monotonic() + 30
        while killed < count:
            self.assertLess(time.monotonic(), end)
            for pid, parent in self.emulators():
                if killed < count and parent in parents:
                    killed += self.kill(pid)

    def end_a_fuzzer(self):
        """Kills the fork server of one until the fuzzer ends of it: two kills of one fuzzer are one restart."""
        end = time.monotonic() + 60
        fuzzer = None
        while not fuzzer or pathlib.Path("/proc", fuzzer, "exe").exists():
            self.assertLess(time.monotonic(), end, "the fuzzer goes on without its emulator")
            server = next((pid for pid, parent in self.emulators() if parent == "afl-fuzz"), None)
            try:
                parent = pathlib.Path("/proc", str(server), "stat").read_text().rpartition(")")[2].split()[1]
            except OSError:  # it has ended, or there is none
                continue
            if fuzzer in (None, parent) and self.kill(server):
                fuzzer = parent
            time.sleep(0.1)

    def copies(self):
        """Those of the fork servers, at this moment; each lives until an input fails in it."""
        for server, parent in self.emulators():
            for task in pathlib.Path("/proc", str(server), "task").glob("*") if parent == "afl-fuzz" else ():
                try:
                    yield from map(int, (task / "children").read_text().split())
                except OSError:  # it has ended
                    pass

    def kill_copies(self, count):
        killed = set()
        end = time.monotonic() + 30
        while len(killed) < count:
            self.assertLess(time.monotonic(), end)
            for copy in self.copies():
                if self.kill(copy):
                    killed.add(copy)

    def wait_for(self, condition, seconds=60):
        end = time.monotonic() + seconds
        while not condition():
            self.assertIsNone(self.process.poll(), self.said())
            self.assertLess(time.monotonic(), end, "did not come to the awaited state")
            time.sleep(0.1)

    def fuzzing(self):
        return any((self.folder / "out" / "work").glob("*/qemu-board/aflpp0/plot_data")) and \
            any(parent == "afl-fuzz" for _, parent in self.emulators())

    def inputs_seen(self):
        journal = self.folder / "out" / "journal" / "sightings.jsonl"
        lines = journal.read_text().splitlines() if journal.exists() else []
        return {json.loads(line)["input_sha256"] for line in lines if line.endswith("}")}

    def finish(self, expect):
        out = self.process.communicate(timeout=300)[0]
        self.assertEqual(self.process.returncode, expect, out[-3000:] + self.said())
        self.assertEqual(strays(str(self.folder / "out")), [])
        self.assertEqual(self.emulators(), [])
        return json.loads(out)

    def test_a_campaign_goes_on_and_keeps_its_findings(self):
        self.start("planted", "40s", ("PUMP-02.bin", "PUMP-06.bin"))
        self.wait_for(self.inputs_seen)
        self.kill_servers({"percuss"}, 2)  # of reruns, by which sightings are judged
        before = self.inputs_seen()
        for _ in range(3):
            self.wait_for(self.fuzzing)
            self.kill_copies(20)
            self.end_a_fuzzer()
        self.wait_for(self.fuzzing)
        document = self.finish(FAIL)
        self.assertEqual(document["verdict"], "fail")
        self.assertLessEqual(before, self.inputs_seen())
        engines = self.manifest()["targets"][0]["engines"]
        self.assertGreaterEqual(sum(engine["restarts"] for engine in engines), 3)
        self.assertGreater(sum(engine["executions"] for engine in engines), 100)
        reproduced = [finding for finding in document["findings"] if finding["reproduced"]]
        self.assertTrue(reproduced, document["findings"])
        for finding in document["findings"]:
            # What the kills left behind is told as what it is: seen once, and by no rerun.
            self.assertIn(finding["reproduced"], (0, finding["reruns"]), finding)

    def test_a_kill_is_no_bug_of_the_firmware(self):
        self.start("clean", "40s")
        for _ in range(3):
            self.wait_for(self.fuzzing)
            self.end_a_fuzzer()
        # AFL++ keeps one only while it tries new inputs, not while it looks at old ones again.
        self.wait_for(lambda: self.kill_copies(1) or "killed from outside; its input runs again" in self.said())
        document = self.finish(PASS)
        self.assertEqual(document["findings"], [])


if __name__ == "__main__":
    unittest.main()
