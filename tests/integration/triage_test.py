# SPDX-License-Identifier: Apache-2.0
"""percuss triage: crashes that other tools left, in the layouts in which they leave them, judged and sealed. None is
lost, and no pass is called one that is not known to be."""
import hashlib
import json
import os
import signal
import subprocess
import time
import unittest

import jsonschema

from integration.planted_inputs_test import agrees, expectations
from support.own_target import build
from support.percuss_cli import (CliTest, FAIL, INCONCLUSIVE, INFRASTRUCTURE, PASS, PERCUSS, ROOT, USAGE, strays)

FIXTURES = ROOT / "campaign" / "triage" / "fixtures"
TARGET = """
PERCUSS_HARNESS(picky, 1) {
  static volatile char table[4];
  if (size > 1 && data[0] == 'A') *(volatile char *)0 = 1;
  if (size > 1 && data[0] == 'Z') for (;;) {}
  return table[size % 4];
}
"""
HONGGFUZZ = """=====================================================================
TIME: 2026-11-28.09:00:00
=====================================================================
FUZZER ARGS:
 fuzzTarget      : ./fuzz
CRASH:
DESCRIPTION:
ORIG_FNAME: seed
FUZZ_FNAME: ./{name}
PID: 4711
SIGNAL: SIGSEGV (11)
PC: 0x55555567a9a0
FAULT ADDRESS: 0x0
INSTRUCTION: mov____(%rax),%eax
STACK HASH: 00000018e9e6ba3d
STACK:
 <0x000055555567a9a0> [func:hl7_never_seen_here file:/src/hl7.c line:12 module:/build/fuzz]
 <0x000055555567aa00> [func:LLVMFuzzerTestOneInput file:/src/fuzz.c line:7 module:/build/fuzz]
=====================================================================
"""


def write(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def artifact(folder, kind, data):
    """An input as libFuzzer names it."""
    return write(folder / f"{kind}-{hashlib.sha1(data).hexdigest()}", data)


class TriageTest(CliTest):
    def triage(self, *arguments, expect, out="out"):
        done = self.percuss("triage", *arguments, "--out", self.folder / out, "--json", "--quiet")
        self.assertEqual(done.returncode, expect, done.stdout[-3000:] + done.stderr[-3000:])
        return json.loads(done.stdout) if done.stdout else done.stderr

    def intake(self, out="out"):
        document = json.loads((self.folder / out / "package" / "intake.json").read_text())
        schema = json.loads((ROOT / "reports" / "schema" / "intake.v1.schema.json").read_text())
        jsonschema.Draft202012Validator(schema).validate(document)
        return document

    def lay_out(self, bugs, seeds):
        """The planted inputs as three tools would have left them."""
        afl = self.folder / "afl"
        write(afl / "main" / "fuzzer_stats", "execs_done : 4711\n")
        write(afl / "main" / "queue" / "id:000000,time:0,execs:0,orig:seed", seeds[0])
        write(afl / "main" / "crashes" / "README.txt", "Command line used to find this crash:\n")
        write(afl / "main" / "crashes" / "id:000000,sig:06,src:000000,time:1500,execs:321,op:havoc,rep:2", bugs[0])
        write(afl / "second" / "queue" / "id:000000,time:0,execs:0,orig:seed", seeds[0])
        write(afl / "second" / "crashes" / "id:000000,sig:06,src:000000,time:9,execs:9,op:havoc,rep:2", bugs[0])
        write(afl / "second" / "crashes" / "id:000001,sig:11,src:000000,time:10,execs:10,op:havoc,rep:2", bugs[1])
        artifact(self.folder / "libfuzzer", "crash", bugs[2])
        artifact(self.folder / "libfuzzer", "crash", bugs[3])
        honggfuzz = self.folder / "honggfuzz"
        write(honggfuzz / "SIGABRT.PC.7ffff7.STACK.18e9.CODE.-6.ADDR.0.INSTR.mov.fuzz", bugs[4])
        told = "SIGSEGV.PC.55555567a9a0.STACK.18e9e6ba3d.CODE.1.ADDR.0.INSTR.mov.fuzz"
        write(honggfuzz / told, seeds[0])
        write(honggfuzz / "HONGGFUZZ.REPORT.TXT", HONGGFUZZ.format(name=told))
        write(honggfuzz / "SIGSEGV.PC.1.STACK.1.CODE.1.ADDR.0.INSTR.mov.fuzz", seeds[1])
        write(self.folder / "plain" / "one", seeds[2])
        os.symlink("/etc/passwd", self.folder / "plain" / "link")
        return [afl, self.folder / "libfuzzer", honggfuzz, self.folder / "plain", FIXTURES / "asan_heap_write.log"]

    def test_crashes_of_every_tool_become_one_package(self):
        expect = next(e for e in expectations() if e["target"] == "hl7")
        corpus = ROOT / "corpora" / "hl7_mllp"
        bugs = expect["bugs"][:5]
        inputs = [(corpus / "planted" / f"{bug['id']}.bin").read_bytes() for bug in bugs]
        seeds = [p.read_bytes() for p in sorted((corpus / "seed").iterdir()) if p.is_file()][:3]
        campaign = self.write_campaign([{"id": "hl7", "harness": "hl7_mllp_planted"}])
        document = self.triage("--campaign", campaign, "--target", "hl7", "--reruns", "2", "--no-minimise",
                               *self.lay_out(inputs, seeds), expect=FAIL)
        for bug in bugs:
            match = [f for f in document["findings"] if agrees(f, bug)]
            self.assertEqual(len(match), 1, bug["id"])
            self.assertEqual((match[0]["reproduced"], match[0]["reruns"]), (2, 2), bug["id"])
        self.assertEqual(len(document["findings"]), 7)
        self.assertAlmostEqual(min(f["first_seen_s"] for f in document["findings"] if f["engine"] == "aflpp"), 0.01)

        told = next(f for f in document["findings"] if f["function"] == "hl7_never_seen_here")
        self.assertEqual((told["reproduced"], told["reruns"], told["class"]), (0, 2, "segv"))
        log = next(f for f in document["findings"] if f["engine"] == "log")
        self.assertEqual((log["reproduced"], log["reruns"], log["class"]), (0, 0, "heap-buffer-overflow"))
        self.assertIn("no input was at hand", log["summary"])
        self.assertIn("AddressSanitizer", (self.folder / "out" / "package" / log["folder"] / "report.txt").read_text())

        outcomes = {(r["source"], r["outcome"]) for r in self.intake()["items"]}
        self.assertEqual(outcomes, {("aflpp", "finding"), ("libfuzzer", "finding"), ("honggfuzz", "finding"),
                                    ("honggfuzz", "not_reproduced"), ("log", "finding"), ("inputs", "survived")})
        self.assertEqual([p["why"] for p in self.intake()["passed_over"]], ["a symbolic link, which is not followed"])
        self.assertEqual([p.read_bytes() for p in (self.folder / "out" / "package" / "not_reproduced").iterdir()],
                         [seeds[1]])
        self.assertIn("1 more with the same bytes", " ".join(document["reasons"]))
        self.check_package(document, log["id"])

    def check_package(self, document, log_id):
        """As any other package."""
        package = document["package"]
        self.assertEqual(self.percuss("verify", package, "--json").returncode, PASS)
        schemas = {n: json.loads((ROOT / "reports" / "schema" / f"{n}.v1.schema.json").read_text())
                   for n in ("evidence", "finding", "replay")}
        jsonschema.Draft202012Validator(schemas["evidence"]).validate(self.manifest())
        for folder in (self.folder / "out" / "package" / "findings").iterdir():
            replay = json.loads((folder / "replay.json").read_text())
            jsonschema.Draft202012Validator(schemas["replay"]).validate(replay)
        replayed = self.percuss("repro", package, "--runs", "1", "--json")
        self.assertEqual(replayed.returncode, FAIL, replayed.stderr)
        for finding in json.loads(replayed.stdout)["findings"]:
            if finding["id"] == log_id:
                self.assertIn("no input was at hand", finding["reason"])
        alone = self.percuss("repro", package, "--finding", log_id)
        self.assertEqual(alone.returncode, INFRASTRUCTURE)
        for form in ("sarif", "junit", "md", "cyclonedx"):
            self.assertEqual(self.percuss("report", package, "--format", form).returncode, PASS, form)

    def test_who_let_a_property_break_is_named_and_not_who_saw_it(self):
        proof = ROOT / "corpora" / "pump_serial" / "planted" / "PUMP-06.bin"
        campaign = self.write_campaign([{"id": "pump", "harness": "pump_serial_planted"}])
        document = self.triage("--campaign", campaign, "--target", "pump", "--reruns", "1", proof, expect=FAIL)
        (finding,) = document["findings"]
        cause = finding["root_cause"]
        expect = next(e for e in expectations() if e["target"] == "pump")
        bug = next(bug for bug in expect["bugs"] if bug["id"] == "PUMP-06")
        self.assertEqual(finding["function"], bug["function"])
        self.assertTrue(cause["measured"], cause["reason"])
        self.assertGreater(min(cause["failing"], cause["surviving"]), 4)
        self.assertIn(bug["culprit"], [suspect["function"] for suspect in cause["functions"][:3]])
        self.assertNotIn(bug["function"], [suspect["function"] for suspect in cause["functions"]])
        with open(document["report"], encoding="utf-8") as report:
            self.assertIn("of nearly the same input", report.read())

    def test_what_does_not_fail_is_told_and_never_a_pass_that_is_not_known(self):
        target = build(self.folder, "picky", TARGET)
        lost = artifact(self.folder / "lost", "crash", b"BB")
        document = self.triage("--target", target, lost.parent, "--reruns", "3", expect=INCONCLUSIVE)
        self.assertEqual(document["findings"], [])
        self.assertIn("failed before", " ".join(document["reasons"]))
        self.assertEqual(self.intake()["items"][0]["reruns"], 3)
        self.assertEqual(self.percuss("verify", document["package"]).returncode, PASS)
        # Handed in again as a package: it is still one that failed before.
        again = self.triage("--target", target, document["package"], "--reruns", "1", expect=INCONCLUSIVE, out="again")
        self.assertIn("1 distinct input", again["reasons"][0])
        plain = write(self.folder / "plain" / "one", b"BB").parent
        survived = self.triage("--target", target, plain, "--reruns", "1", expect=PASS, out="plain-out")
        self.assertEqual(survived["verdict"], "pass")
        # A program that reads no input survives everything.
        self.triage("--target", "/bin/true", plain, "--reruns", "1", expect=INCONCLUSIVE, out="true-out")

    def test_what_cannot_be_judged_is_bad_usage(self):
        target = build(self.folder, "picky", TARGET)
        plain = write(self.folder / "plain" / "one", b"BB").parent
        empty = self.folder / "empty"
        empty.mkdir()
        os.symlink(plain, empty / "link")
        os.symlink(empty, empty / "loop")
        os.mkfifo(self.folder / "pipe")
        cut = write(self.folder / "cut.zip", b"PK\x03\x04")
        for arguments, why in ((["--target", target, empty], "nothing to judge"),
                               (["--target", target, self.folder / "pipe"], "a pipe"),
                               (["--target", target, "/dev/zero"], "a device"),
                               (["--target", target, self.folder / "none"], "no such file"),
                               (["--target", self.folder / "none", plain], "--target"),
                               (["--target", plain / "one", plain], "no program"),
                               (["--target", "x", "--campaign", self.write_campaign(
                                   [{"id": "t", "binaries": {"libfuzzer": target}}]), plain], "no target \"x\""),
                               (["--target", target, cut], "no whole package"),
                               (["--target", target], "PATH")):
            self.assertIn(why, self.triage(*arguments, expect=USAGE), arguments)
        self.assertFalse((self.folder / "out").exists())
        write(self.folder / "out" / "state.json", "{}")
        self.assertIn("another --out", self.triage("--target", target, plain, expect=USAGE))
        if os.geteuid() != 0:
            (plain / "one").chmod(0)
            self.assertIn("Permission", self.triage("--target", target, plain, expect=USAGE, out="unread"))

    def test_a_core_file_of_the_target_is_judged_and_any_other_passed_over(self):
        source = write(self.folder / "app.c", """#include <stdlib.h>
void render(int way) { if (way > 1) *(volatile char *)0 = 1; }
int main(int count, char **words) { (void)words; render(count); return 0; }
""")
        handed = self.folder / "handed"
        write(handed / "order.bin", b"BB")
        for name, option in (("app", "-O0"), ("other", "-fstack-protector-all")):
            subprocess.run(["cc", "-g", option, str(source), "-o", str(self.folder / name)], check=True)
            dump = f"generate-core-file {handed}/core.{name}"
            subprocess.run(["gdb", "-nx", "-q", "-batch", "-ex", "run", "-ex", dump, "--args", str(self.folder / name),
                            "order.bin"], check=True, capture_output=True)
        core = (handed / "core.app").read_bytes()
        write(handed / "core.cut", core[:len(core) // 2])
        document = self.triage("--target", self.folder / "app", handed, "--reruns", "1", "--no-minimise", expect=FAIL)
        finding = next(f for f in document["findings"] if f["engine"] == "core")
        self.assertEqual((finding["function"], finding["class"], finding["line"], finding["reruns"]),
                         ("render", "segv", 2, 0))
        self.assertIn("no input was at hand", finding["summary"])
        rows = {r["path"].rpartition("/")[2]: r for r in self.intake()["items"]}
        self.assertEqual((rows["core.app"]["source"], rows["core.app"]["outcome"]), ("core", "finding"))
        self.assertIn("order.bin", rows["core.app"]["note"])
        why = {p["path"].rpartition("/")[2]: p["why"] for p in self.intake()["passed_over"]}
        self.assertIn("cut off", why["core.cut"])
        self.assertIn("no build of the target's", why["core.other"])

    def test_an_interrupt_seals_what_is_known(self):
        target = build(self.folder, "picky", TARGET)
        folder = self.folder / "inputs"
        artifact(folder, "crash", b"Aa")
        for i in range(30):
            artifact(folder, "timeout", b"Z%d" % i)
        out = self.folder / "out"
        with subprocess.Popen([str(PERCUSS), "triage", "--target", target, str(folder), "--out", str(out), "--json",
                               "--quiet"], env=self.environment, stdout=subprocess.PIPE, text=True) as process:
            deadline = time.monotonic() + 120
            while not any((out / "package").glob("findings/*/finding.json")) and time.monotonic() < deadline:
                time.sleep(0.05)
            process.send_signal(signal.SIGINT)
            stdout, _ = process.communicate(timeout=120)
        self.assertEqual(process.returncode, FAIL)
        document = json.loads(stdout)
        self.assertIn("interrupted", document["reasons"])
        self.assertIn("crash", {f["kind"] for f in document["findings"]})
        self.assertTrue(self.manifest()["campaign"]["interrupted"])
        self.assertIn("not_judged", {r["outcome"] for r in self.intake()["items"]})
        self.assertEqual(self.percuss("verify", document["package"]).returncode, PASS)
        self.assertEqual(strays(str(self.folder)), [])


if __name__ == "__main__":
    unittest.main()
