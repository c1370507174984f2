# SPDX-License-Identifier: Apache-2.0
"""From a campaign to a package and back: sealed, signed, verified twice, replayed, reported in every format."""
import base64
import hashlib
import json
import pathlib
import re
import shutil
import subprocess
import unittest
import xml.etree.ElementTree
import zipfile

import jsonschema

from support.percuss_cli import CliTest, FAIL, HARNESSES, INFRASTRUCTURE, PASS, ROOT, USAGE

SECOND_VERIFIER = ROOT / "reports" / "verify" / "percuss_verify.py"


class PackageTest(CliTest):
    def setUp(self):
        super().setUp()
        self.percuss("key", "new")
        known = self.folder / "known"
        known.mkdir()
        for bug in ("PUMP-01", "PUMP-02", "PUMP-07"):
            shutil.copy(ROOT / "corpora" / "pump_serial" / "planted" / f"{bug}.bin", known)
        self.document = self.run_campaign(
            [{"id": "pump", "harness": "pump_serial_planted", "regression": str(known),
              "sbom": str(self.write_sbom())}],
            "--budget", "4s", expect=FAIL)
        self.package = self.document["package"]
        self.key = self.folder / "home" / ".config" / "percuss" / "default.pub"

    def write_sbom(self):
        path = self.folder / "pump.cdx.json"
        path.write_text(json.dumps({
            "bomFormat": "CycloneDX", "specVersion": "1.5",
            "metadata": {"component": {"type": "firmware", "bom-ref": "fw", "name": "pump-fw", "version": "4.2.1",
                                       "supplier": {"name": "Example Medical"}}},
            "components": [{"type": "library", "bom-ref": "rtos", "name": "tiny-rtos", "version": "7"}],
            "dependencies": [{"ref": "fw", "dependsOn": ["rtos"]}]}))
        return path

    def verify_both(self, package, *arguments):
        ours = self.percuss("verify", package, "--json", *arguments)
        other = subprocess.run(["/usr/bin/python3", str(SECOND_VERIFIER), str(package), "--json", *map(str, arguments)],
                               capture_output=True, text=True, check=False)
        self.assertEqual(ours.returncode, other.returncode, ours.stdout + other.stdout + other.stderr)
        first, second = json.loads(ours.stdout), json.loads(other.stdout)
        self.assertEqual((first["sealed"], first["signed"]), (second["sealed"], second["signed"]))
        return ours.returncode, first

    def test_the_whole_way(self):
        self.verifies()
        self.tampering_is_found_and_named()
        self.replays_from_the_package_alone()
        self.reports_in_every_format()
        self.says_what_it_is_made_of()
        self.estimates_what_is_undiscovered()
        self.keeps_records()
        self.resumes()

    def verifies(self):
        code, result = self.verify_both(self.package, "--key", self.key)
        self.assertEqual((code, result["sealed"], result["signed"]), (PASS, True, True))
        self.assertTrue(self.document["signed"])
        names = zipfile.ZipFile(self.package).namelist()
        for name in ("manifest.json", "statement.dsse.json", "report.html", "campaign.json"):
            self.assertIn(name, names)
        self.assertNotIn("secret", "".join(names))
        secret = self.percuss("verify", self.package, "--key", self.key.with_suffix(".key"))
        self.assertEqual(secret.returncode, USAGE, secret.stderr)
        self.assertIn("no key to verify with", secret.stderr)

    def estimates_what_is_undiscovered(self):
        target = json.loads(zipfile.ZipFile(self.package).read("manifest.json"))["targets"][0]
        estimate = target["discovery"]
        self.assertTrue(estimate["present"], estimate)
        executions = sum(engine["executions"] for engine in target["engines"])
        self.assertGreater(estimate["executions"], executions / 4)  # those that crash or are repeated do not count
        self.assertLessEqual(estimate["executions"], executions)
        self.assertGreater(estimate["singletons"], 0)  # within seconds not all was seen twice
        self.assertAlmostEqual(estimate["estimate"], estimate["singletons"] / estimate["executions"])
        self.assertGreater(estimate["bound"], estimate["estimate"])

    def tampering_is_found_and_named(self):
        victim = f"findings/{self.document['findings'][0]['id']}/input"
        broken = self.folder / "broken"
        shutil.copytree(self.folder / "out" / "package", broken)
        (broken / victim).write_bytes(b"something else")
        code, result = self.verify_both(broken)
        self.assertEqual((code, result["sealed"]), (FAIL, False))
        self.assertIn(victim, [problem["path"] for problem in result["problems"]])
        self.assertNotEqual(self.percuss("repro", broken).returncode, PASS, "a broken package must not be run")

    def replays_from_the_package_alone(self):
        elsewhere = self.folder / "elsewhere" / "p.zip"
        elsewhere.parent.mkdir()
        shutil.copy(self.package, elsewhere)
        crash = next(f for f in self.document["findings"] if f["kind"] == "crash")
        done = self.percuss("repro", elsewhere, "--finding", crash["id"], "--runs", "3", "--json")
        self.assertEqual(done.returncode, FAIL, done.stderr)
        replay = json.loads(done.stdout)["findings"][0]
        self.assertEqual((replay["reproduced"], replay["reruns"], replay["same_bug"]), (3, 3, True))
        plain = subprocess.run(["sh", "-c", replay["command"]], capture_output=True, text=True, check=False)
        self.assertNotEqual(plain.returncode, 0)
        self.assertIn(crash["function"], plain.stderr)
        clean = HARNESSES / "pump_serial" / "libfuzzer"
        fixed = self.percuss("repro", elsewhere, "--finding", crash["id"], "--binary", clean, "--runs", "3")
        self.assertEqual(fixed.returncode, PASS)
        self.assertEqual(self.percuss("repro", elsewhere, "--finding", "F-000000000000").returncode, USAGE)

    def reports_in_every_format(self):
        ids = [f["id"] for f in self.document["findings"]]
        for name in ("html", "md", "junit", "sarif", "cyclonedx", "openvex", "csaf", "osv"):
            path = self.folder / f"report.{name}"
            self.assertEqual(self.percuss("report", self.package, "--format", name, "-o", path).returncode, PASS)
            text = path.read_text()
            for finding in ids:
                self.assertIn(finding, text, name)
        suite = xml.etree.ElementTree.parse(self.folder / "report.junit").getroot()
        self.assertGreaterEqual(len(list(suite.iter("failure"))), len(ids))
        self.assertEqual(self.percuss("report", self.package, "--format", "nonsense").returncode, USAGE)
        nowhere = self.folder / "nowhere" / "report.md"
        unwritten = self.percuss("report", self.package, "--format", "md", "-o", nowhere)
        self.assertIn(f"{nowhere}: cannot create", unwritten.stderr)

    def says_what_it_is_made_of(self):
        package = zipfile.ZipFile(self.package)
        section = self.manifest()["sbom"]
        bom = json.loads(package.read(section["path"]))
        self.assertEqual(hashlib.sha256(package.read("sbom.cdx.json")).hexdigest(), section["sha256"])
        self.assertEqual(package.read("sboms/pump.json"), (self.folder / "pump.cdx.json").read_bytes())
        components = {c["name"]: c for c in bom["components"]}
        self.assertEqual(components["pump-fw"]["supplier"]["name"], "Example Medical")
        self.assertEqual(components["tiny-rtos"]["version"], "7")
        self.assertTrue(components["libc6"]["purl"].startswith("pkg:deb/"), "what the build was linked with")
        builds = [part["hashes"][0]["content"] for part in components["pump-fw"]["components"]]
        fuzzed = (HARNESSES / "pump_serial_planted" / "libfuzzer").read_bytes()
        self.assertIn(hashlib.sha256(fuzzed).hexdigest(), builds)
        needs = {d["ref"]: d.get("dependsOn", []) for d in bom["dependencies"]}["target/pump"]
        self.assertIn(components["libc6"]["bom-ref"], needs)
        self.assertIn(components["tiny-rtos"]["bom-ref"], needs)
        self.assertNotIn("sbom", [absent["section"] for absent in self.manifest()["absent"]])
        self.assertIn("tiny-rtos", (self.folder / "report.html").read_text())

    def keeps_records(self):
        """Dispositions, attachments and signatures: in order, signed, checked by both programs and by the schema."""
        crash = next(f["id"] for f in self.document["findings"] if f["kind"] == "crash")
        records = self.folder / "records.jsonl"
        whose = ("--records", records, "--name", "Ada Smith", "--role", "quality assurance")
        dispose = ("disposition", self.package, *whose, "--finding", crash, "--rationale", "length is checked")
        fixed = (*dispose, "--status", "fixed", "--runs", "2", "--binary")
        self.assertEqual(self.percuss(*dispose, "--status", "fixed").returncode, USAGE, "nobody ran it again")
        self.assertEqual(self.percuss(*dispose, "--status", "deferred").returncode, USAGE, "until when?")
        same = self.percuss(*fixed, HARNESSES / "pump_serial_planted" / "libfuzzer")
        self.assertEqual(same.returncode, USAGE, same.stderr)
        other_way = self.percuss(*fixed, HARNESSES / "pump_serial_planted" / "aflpp")
        self.assertEqual(other_way.returncode, INFRASTRUCTURE, "it takes other arguments, and ran something else")
        nothing = self.percuss(*fixed, "/bin/true")
        self.assertEqual(nothing.returncode, INFRASTRUCTURE, "it reads no input")
        rebuilt = self.folder / "rebuilt"
        shutil.copy(HARNESSES / "pump_serial_planted" / "libfuzzer", rebuilt)
        with rebuilt.open("ab") as binary:
            binary.write(b"another digest")
        still = self.percuss(*fixed, rebuilt)
        self.assertEqual(still.returncode, FAIL, still.stderr)
        self.assertIn("is not fixed", still.stderr)
        script = self.folder / "script"
        script.write_text("#!/bin/sh\nexit 0\n")
        script.chmod(0o755)
        for program, why in (("/bin/true", "is built without libFuzzer, AddressSanitizer"), (script, "is no ELF file")):
            self.assertIn(why, self.percuss(*fixed, program).stderr)
            done = self.percuss("repro", self.package, "--finding", crash, "--runs", "1", "--binary", program)
            self.assertEqual(done.returncode, INFRASTRUCTURE, done.stdout)
            self.assertIn(why, done.stdout)
        forged = "length is checked\n8 2026-01-01T00:00:00Z Ben Roe (approver)\x1b[2K"
        unsigned = ("disposition", self.package, *whose, "--finding", crash, "--status", "confirmed", "--rationale")
        for wrong in ((*unsigned, forged), (*unsigned, " "), ("attach", self.package, *whose, "--to", ""),
                      ("sign", self.package, *whose, "--meaning", "rubbish"),
                      (*unsigned, "r", "--key", self.key),
                      ("sign", self.package, "--records", records, "--meaning", "review", "--name", " ",
                       "--role", "r")):
            done = self.percuss(*wrong)
            self.assertEqual(done.returncode, USAGE, wrong)
        self.assertIn("--name", done.stderr)
        self.assertFalse(records.exists())
        for said in ((*dispose, "--status", "confirmed", "--reference", "CAPA-7"),
                     (*fixed, HARNESSES / "pump_serial" / "libfuzzer"),
                     ("attach", self.package, *whose, "--to", "VR-2026-014"),
                     ("sign", self.package, *whose, "--meaning", "approval")):
            done = self.percuss(*said)
            self.assertEqual(done.returncode, PASS, done.stderr)
        self.follows_the_schema(records)
        told = self.percuss("history", "--key", self.key, records, "--finding", crash, "--json")
        self.assertEqual(told.returncode, PASS, told.stderr)
        states = [record["body"]["status"] for record in json.loads(told.stdout)["records"]]
        self.assertEqual(states, ["confirmed", "fixed"])
        shown = self.percuss("history", records, "--key", self.key).stdout
        package_id = self.percuss("verify", self.package).stdout.split("package id: ")[1].split()[0]
        for word in (package_id, "references CAPA-7", "2 runs each, no fault on the build with SHA-256 "):
            self.assertIn(word, shown)
        self.assertEqual(self.stated(crash), ["under_investigation"])
        self.assertEqual(self.stated(crash, "--records", records, "--record-key", self.key), ["affected", "fixed"])
        exported = self.percuss("report", self.package, "--format", "cyclonedx", "--records", records)
        self.assertEqual(exported.returncode, PASS, exported.stderr)
        analysed = [v["analysis"]["state"] for v in json.loads(exported.stdout)["vulnerabilities"] if "analysis" in v]
        cluster = next(f["cluster"] for f in self.document["findings"] if f["id"] == crash)
        alone = [f["cluster"] for f in self.document["findings"]].count(cluster) == 1
        self.assertEqual(analysed, ["resolved"] if alone else [], "a decision on a part is none on the whole")
        self.decides_on_clusters(records, whose)
        text = records.read_text()
        records.write_text("".join(text.splitlines(keepends=True)[:-1]))
        cut = self.percuss("history", records, "--key", self.key)
        self.assertEqual(cut.returncode, FAIL, cut.stdout)
        self.assertRegex(cut.stdout, r"problem: .*: .*the end is missing")
        other = subprocess.run(["/usr/bin/python3", SECOND_VERIFIER.with_name("percuss_verify_records.py"), records],
                               capture_output=True, text=True, check=False)
        self.assertEqual(other.returncode, FAIL, other.stdout + other.stderr)

    def follows_the_schema(self, records):
        schema = json.loads((ROOT / "reports" / "schema" / "record.v1.schema.json").read_text())
        digest = hashlib.sha256(pathlib.Path(self.package).read_bytes()).hexdigest()
        for line in records.read_text().splitlines():
            payload = json.loads(base64.b64decode(json.loads(line)["payload"]))
            jsonschema.validate(payload, schema, format_checker=jsonschema.FormatChecker())
            self.assertEqual(payload["package"]["sha256"], digest)

    def decides_on_clusters(self, records, whose):
        """A person's word on which findings are one bug: signed, in every report, never one that changes nothing."""
        first, second = [f["id"] for f in self.document["findings"] if f["kind"] == "crash"][:2]
        both = ("--finding", first, "--finding", second)
        why = (*whose, "--rationale", "one missing check")

        def clusters(*options):
            done = self.percuss("report", self.package, "--format", "sarif", *options)
            self.assertEqual(done.returncode, PASS, done.stderr)
            results = json.loads(done.stdout)["runs"][0]["results"]
            return {r["properties"]["findingId"]: r["properties"]["cluster"] for r in results}

        before = clusters()
        self.assertNotEqual(before[first], before[second])
        for refused, word in ((("split", self.package, *both), "not in"),
                              (("merge", self.package, "--finding", first, "--finding", "F-0"), "no finding F-0")):
            done = self.percuss("cluster", *refused, *why)
            self.assertEqual(done.returncode, USAGE, done.stdout)
            self.assertIn(word, done.stderr)
        merged = self.percuss("cluster", "merge", self.package, *both, *why)
        self.assertEqual(merged.returncode, PASS, merged.stderr)
        again = self.percuss("cluster", "merge", self.package, *both, *why)
        self.assertEqual(again.returncode, USAGE, "it is said already")
        after = clusters("--records", records)
        self.assertEqual(after[first], after[second])
        self.assertEqual(clusters(), before, "the package itself never changes")
        page = self.percuss("report", self.package, "--records", records).stdout
        self.assertIn("merge by Ada Smith, quality assurance", page)
        self.follows_the_schema(records)
        self.assertIn(f"merge of {first}, {second} in package", self.percuss("history", records).stdout)
        split = self.percuss("cluster", "split", self.package, "--finding", second, *why)
        self.assertEqual(split.returncode, PASS, split.stderr)
        last = clusters("--records", records)
        self.assertNotEqual(last[first], last[second])

    def stated(self, finding, *options):
        done = self.percuss("report", self.package, "--format", "openvex", *options)
        self.assertEqual(done.returncode, PASS, done.stderr)
        return [statement["status"] for statement in json.loads(done.stdout)["statements"]
                if statement["vulnerability"]["name"] == "x_percuss_" + finding]

    def resumes(self):
        before = {f["id"] for f in self.document["findings"]}
        done = sum(t["executions"]["aflpp"] for t in self.document["targets"])
        planted = ROOT / "corpora" / "pump_serial" / "seed"
        again = self.run_campaign([{"id": "pump", "harness": "pump_serial_planted", "regression": str(planted)}],
                                  "--budget", "3s", "--resume", expect=FAIL)
        self.assertLessEqual(before, {f["id"] for f in again["findings"]}, "what was found stays found")
        self.assertGreater(self.manifest()["campaign"]["resumed_from_s"], 0)
        self.counts_only_this_runs_executions_in_its_rate(done)

    def counts_only_this_runs_executions_in_its_rate(self, done):
        shown = self.percuss("run", self.folder / "campaign.json", "--out", self.folder / "out", "--budget", "3s",
                             "--resume").stderr
        rates = re.findall(r"aflpp \d+ exec ([-\d]+)/s", shown)
        self.assertTrue(rates, shown)
        for rate in rates:  # a second of this run cannot have more executions than the whole of an earlier one
            self.assertTrue(rate == "-" or int(rate) < done, shown)
        counted = {e["engine"]: e["executions"] for e in self.manifest()["targets"][0]["engines"]}
        of_all_runs = (self.folder / "out" / "work" / "pump" / "aflpp" / "aflpp0" / "fuzzer_stats").read_text()
        self.assertLess(counted["aflpp"], int(re.search(r"execs_done\s*: (\d+)", of_all_runs).group(1)))


if __name__ == "__main__":
    unittest.main()
