# SPDX-License-Identifier: Apache-2.0
"""The contract of the command line: help, exit codes, errors that name file, line and field."""
import json
import unittest

from support.percuss_cli import CliTest, INFRASTRUCTURE, PASS, ROOT, USAGE

COMMANDS = ["run", "repro", "report", "verify", "emulate", "doctor"]


class CommandLineTest(CliTest):
    def refused(self, text, *words):
        path = self.folder / "bad.json"
        path.write_text(text)
        done = self.percuss("run", path, "--out", self.folder / "out")
        self.assertEqual(done.returncode, USAGE, done.stderr)
        for word in (str(path), *words):
            self.assertIn(word, done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertFalse((self.folder / "out").exists(), "a refused campaign must leave nothing behind")

    def test_every_command_has_help_with_an_example(self):
        for command in [*COMMANDS, "key new", "key show", "trust add", "trust revoke", "trust show",
                        "timestamp request", "timestamp attach"]:
            done = self.percuss(*command.split(), "--help")
            self.assertEqual(done.returncode, PASS, command)
            self.assertIn("Example:", done.stdout, command)
            self.assertIn("--json", done.stdout, command)
            self.assertIn("--quiet", done.stdout, command)

    def test_wrong_usage_is_64(self):
        for arguments in ([], ["dance"], ["run"], ["run", "a.json", "--jobs", "0"], ["repro", "x.zip", "--runs", "no"]):
            self.assertEqual(self.percuss(*arguments).returncode, USAGE, arguments)
        self.assertIn('"dance"', self.percuss("dance").stderr)

    def test_a_campaign_file_that_is_not_there(self):
        done = self.percuss("run", self.folder / "absent.json")
        self.assertEqual(done.returncode, USAGE)
        self.assertIn("absent.json", done.stderr)

    def test_an_option_that_is_not_there_is_named(self):
        here = self.write_campaign([{"id": "a", "harness": "pump_serial"}])
        for arguments, option in ((["verify", "--kye", "x"], "--kye"), (["key", "new", "--nmae", "x"], "--nmae"),
                                  (["run", here, "--budgte=5s"], "--budgte")):
            done = self.percuss(*arguments)
            self.assertEqual(done.returncode, USAGE, arguments)
            self.assertIn(f"there is no option {option};", done.stderr)

    def test_a_path_that_is_not_there_is_wrong_usage(self):
        absent, here = self.folder / "absent", self.write_campaign([{"id": "a", "harness": "pump_serial"}])
        for arguments in (["verify", absent], ["verify", here, "--key", absent], ["report", absent], ["repro", absent],
                          ["repro", here, "--binary", absent], ["run", here, "--key", absent], ["key", "show", absent],
                          ["emulate", absent, "--input", here], ["emulate", here, "--input", absent]):
            done = self.percuss(*arguments)
            self.assertEqual((done.returncode, done.stdout), (USAGE, ""), (arguments, done.stderr))
            self.assertIn(f"no such file or folder: {absent}", done.stderr, arguments)

    def test_a_place_that_cannot_be_written_is_named_as_the_user_did(self):
        campaign = self.write_campaign([{"id": "a", "harness": "pump_serial"}])
        for out, code in ((campaign, USAGE), ("/proc/nowhere", INFRASTRUCTURE)):
            done = self.percuss("run", campaign, "--out", out)
            self.assertEqual(done.returncode, code, done.stderr)
            self.assertIn(f"percuss: {out}: ", done.stderr)

    def test_a_bill_of_materials_is_read_before_anything_runs(self):
        bom = self.folder / "bom.json"
        campaign = self.write_campaign([{"id": "a", "harness": "pump_serial", "sbom": str(bom)}])
        for text, said in (('{\n "bomFormat": "CycloneDX", "specVersion": "1.6",\n "components": 7 }',
                            ":3: /components: "),
                           ('{ "bomFormat": "CycloneDX", "specVersion": "2.0" }', "is not one of: 1.4, 1.5, 1.6"),
                           ("{}", "is no bill of materials")):
            bom.write_text(text)
            done = self.percuss("run", campaign, "--out", self.folder / "out")
            self.assertEqual((done.returncode, done.stdout), (USAGE, ""), done.stderr)
            self.assertIn(f"{bom}", done.stderr)
            self.assertIn(said, done.stderr)
            self.assertFalse((self.folder / "out").exists())

    def test_syntax_errors_name_the_line(self):
        self.refused('{\n "schema": "percuss.campaign.v1",\n oops }', ":3:")
        self.refused("", "not valid JSON")
        self.refused("[" * 100000, "nested deeper")

    def test_meaning_errors_name_line_and_field(self):
        head = '{ "schema": "percuss.campaign.v1",\n "targets": [\n'
        self.refused(head + '  { "id": "a",\n "binaries": { "libfuzzer": "./absent" } } ] }', ":4:",
                     "/targets/0/binaries/libfuzzer")
        self.refused(head + '  { "id": "a", "harness": "no_such" } ] }', ":3:", "no_such")
        self.refused(head + '  { "id": "a", "harness": "pump_serial",\n "bugdet": { "wall_s": 3 } } ] }', ":4:",
                     "bugdet")
        self.refused(head + '  { "id": "a", "harness": "pump_serial",\n "limits": { "input_ms": "fast" } } ] }', ":4:",
                     "input_ms")
        self.refused(head + '  { "id": "../../etc", "harness": "pump_serial" } ] }', "id")
        self.refused('{ "schema": "percuss.campaign.v1",\n "targts": [ { "id": "a" } ] }', ":2:", "targts")
        self.refused(head + '  { "id": "a", "harness": "pump_serial",\n "disclosur": {} } ] }', "disclosur",
                     "disclosure,")
        self.refused(head + '  { "id": "a", "harness": "pump_serial",\n "firmware": "a.elf" } ] }', ":4:", "firmware")
        self.refused('{ "schema": "percuss.campaign.v9", "targets": [] }', "schema")
        self.refused('{ "schema": "percuss.campaign.v1",\n "interfaces": [ { "id": "uart" } ],\n'
                     ' "targets": [ { "id": "a", "harness": "pump_serial" } ] }', "exclusion_rationale")

    def test_doctor_finds_this_host_ready(self):
        done = self.percuss("doctor", "--json")
        report = json.loads(done.stdout)
        missing = [c["name"] for c in report["checks"] if c["required"] and not c["found"]]
        self.assertEqual((done.returncode, missing), (PASS, []))
        versions = {c["name"]: c["version"] for c in report["checks"]}
        for tool in ("clang-14", "llvm-symbolizer-14", "llvm-cov-14", "llvm-profdata-14"):
            self.assertIn("version 14.", versions[tool], tool)
        self.assertIn("nlohmann", self.percuss("doctor", "--licenses").stdout)

    def test_keys(self):
        made = json.loads(self.percuss("key", "new", "--json").stdout)
        shown = json.loads(self.percuss("key", "show", "--json").stdout)
        self.assertEqual(made["key_id"], shown["key_id"])
        self.assertEqual(self.percuss("key", "new").returncode, USAGE, "a key is never overwritten")

    def test_what_is_no_key_is_refused_with_what_is_wanted(self):
        campaign = self.write_campaign([{"id": "a", "harness": "pump_serial"}])
        big = self.folder / "big.zip"
        big.write_bytes(bytes(100_000))
        for file in (campaign, big, ROOT / "LICENSE", self.folder):
            done = self.percuss("key", "show", file)
            self.assertEqual(done.returncode, USAGE, done.stderr)
            for word in (str(file), "NAME.key or NAME.pub", "percuss key new"):
                self.assertIn(word, done.stderr)


if __name__ == "__main__":
    unittest.main()
