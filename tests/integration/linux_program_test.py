# SPDX-License-Identifier: Apache-2.0
"""Linux programs for other processors on the distribution's qemu-user: one input, a campaign, and a replay."""
import json
import os
import shutil
import unittest

from support.percuss_cli import BUILD, CliTest, FAIL, INFRASTRUCTURE, PASS, ROOT, USAGE, strays

CORPUS = ROOT / "corpora" / "hl7_mllp"
SYSROOT = {"arm": "/usr/arm-linux-gnueabihf", "aarch64": "/usr/aarch64-linux-gnu",
           "riscv64": "/usr/riscv64-linux-gnu", "mips": "/usr/mips-linux-gnu",
           "mipsel": "/usr/mipsel-linux-gnu", "x86_64": "/"}


def program(processor, name):
    return BUILD / "firmware" / f"linux-{processor}" / name


def small_corpus(folder):
    """Folders with a seed, and with a regression input that shows HL7-05 with little left to minimise."""
    seeds, regression = folder / "seeds", folder / "regression"
    seeds.mkdir()
    regression.mkdir()
    shutil.copy(CORPUS / "seed" / "custom_delimiters", seeds)
    (regression / "double").write_bytes(b"\x0bMSH|^~\\&|A|WARD7|A|BE|1|P|2\rDSC|A|\x1c\r"
                                        b"\x0bMSH|^~\\&||W|A|DE|||O1|2|P|2||B\r\x1c\r")
    return str(seeds), str(regression)


class LinuxProgramTest(CliTest):
    def emulate(self, file, data, *arguments, expect):
        done = self.percuss("emulate", file, "--input", data, "--json", *arguments)
        self.assertEqual(done.returncode, expect, f"{file}: {done.stdout}{done.stderr}")
        return json.loads(done.stdout) if done.stdout else done

    def test_each_processor_tells_the_signal_and_where_it_happened(self):
        seed = sorted((CORPUS / "seed").iterdir())[0]
        for processor, sysroot in SYSROOT.items():
            file = program(processor, "hl7_planted")
            went_well = self.emulate(file, seed, expect=PASS)
            self.assertEqual((went_well["ended"], went_well["rule"]), ("done", "exit code 0"))
            self.assertGreater(went_well["instructions"], 1000)
            for name, options in (("hl7_planted", ()), ("hl7_planted_dynamic", ("--sysroot", sysroot))):
                file = program(processor, name)
                seen = self.emulate(file, CORPUS / "planted" / "HL7-03.bin", *options, expect=FAIL)
                self.assertEqual((seen["ended"], seen["rule"]), ("signal", "SIGSEGV"))
                self.assertIn("null-dereference", seen["report"])
                self.assertRegex(seen["report"], r"#0 0x[0-9a-f]+ in hl7_bed_merge \./targets/reference/hl7/")
                self.assertRegex(seen["report"], r"#\d 0x[0-9a-f]+ in main ", "the way there")
                self.assertIn(f"pc={seen['pc']}", seen["report"])

    def test_an_input_can_be_a_file_and_takes_the_same_instructions_every_time(self):
        data = CORPUS / "planted" / "HL7-05.bin"
        file = program("arm", "hl7_clean")
        counts = {self.emulate(file, data, "--argument", "@@", expect=PASS)["instructions"] for _ in range(3)}
        self.assertEqual(len(counts), 1)
        seen = self.emulate(program("arm", "hl7_planted"), data, "--argument", "@@", expect=FAIL)
        self.assertEqual(seen["rule"], "SIGABRT")
        self.assertIn("hl7_pending_drop", seen["report"])

    def test_what_cannot_be_run_is_no_pass(self):
        data = CORPUS / "planted" / "HL7-05.bin"
        done = self.emulate(program("aarch64", "hl7_clean_dynamic"), data, expect=USAGE)
        self.assertIn("sysroot", done.stderr)
        done = self.emulate(program("aarch64", "hl7_clean"), data, "--checkpoint", "nowhere", expect=USAGE)
        self.assertIn('no symbol "nowhere"', done.stderr)
        done = self.emulate(program("arm", "hl7_planted"), CORPUS / "planted" / "HL7-06.bin", "--timeout", "2",
                            expect=FAIL)
        self.assertEqual(done["ended"], "hang")
        self.environment["PATH"] = str(self.folder)
        done = self.emulate(program("arm", "hl7_clean"), data, expect=INFRASTRUCTURE)
        self.assertIn("qemu-arm is not on PATH", done.stderr)
        # All but the emulator: the campaign can start, and says what it cannot do.
        for tool in ("afl-fuzz", "clang-14", "llvm-symbolizer-14"):
            os.symlink(shutil.which(tool), self.folder / tool)
        seeds = self.folder / "seeds"
        seeds.mkdir()
        shutil.copy(data, seeds)
        campaign = self.folder / "c.json"
        campaign.write_text(json.dumps({"schema": "percuss.campaign.v1", "targets": [
            {"id": "hl7", "program": str(program("arm", "hl7_clean")), "seeds": str(seeds)}]}))
        done = self.percuss("run", campaign, "--out", self.folder / "out", "--budget", "2s")
        self.assertEqual(done.returncode, INFRASTRUCTURE, done.stdout + done.stderr)
        self.assertIn("qemu-arm is not on PATH", done.stdout + done.stderr)

    def test_a_campaign_fuzzes_both_and_its_package_replays(self):
        seeds, regression = small_corpus(self.folder)
        sysroot = self.folder / "sysroot"
        shutil.copytree(SYSROOT["aarch64"] + "/lib", sysroot / "lib", ignore=shutil.ignore_patterns("*.a", "*.o"))
        document = self.run_campaign(
            [{"id": "clean", "program": str(program("arm", "hl7_clean")), "seeds": seeds},
             {"id": "planted", "program": str(program("aarch64", "hl7_planted_dynamic")), "sysroot": str(sysroot),
              "arguments": ["@@"], "seeds": seeds, "regression": regression}],
            "--budget", "3s", expect=FAIL)
        shutil.rmtree(sysroot)
        verdicts = {target["id"]: target["verdict"] for target in document["targets"]}
        self.assertEqual(verdicts, {"clean": "pass", "planted": "fail"})
        for target in document["targets"]:
            self.assertGreater(target["executions"]["qemu-user"], 0)
        for target in self.manifest()["targets"]:
            self.assertEqual(target["engines"][0]["stability_percent"], 100, target["id"])
        finding = next(f for f in document["findings"] if f["function"] == "hl7_pending_drop")
        self.assertEqual((finding["class"], finding["reproduced"]), ("double-free", 10))
        self.assertEqual(self.manifest()["targets"][0]["engines"][0]["engine"], "qemu-user")
        self.assertIn("qemu-aarch64", {tool["name"] for tool in self.manifest()["tools"]})
        debugged = self.percuss("repro", document["package"], "--finding", finding["id"], "--runs", "1", "--gdb",
                                typed="quit\n")
        self.assertRegex(debugged.stdout, r"#\d+ .*hl7_pending_drop \(", "gdb's frame, not ours")
        self.replays(document, finding)
        self.assertEqual(strays(str(self.folder)), [])


if __name__ == "__main__":
    unittest.main()
