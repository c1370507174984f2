# SPDX-License-Identifier: Apache-2.0
"""percuss comply, metrics and index with the package of a real campaign: what is missing names what helps."""
import base64
import hashlib
import json
import pathlib
import shlex
import shutil
import zipfile

import jsonschema

from support import own_target
from support.percuss_cli import CliTest, FAIL, INFRASTRUCTURE, PASS, ROOT, USAGE

SOURCE = "PERCUSS_HARNESS(pump, 1) { if (size > 0 && data[0] > 9) __builtin_trap(); return 0; }\n"


class ComplyTest(CliTest):
    def setUp(self):
        super().setUp()
        self.device = self.folder / "device"
        shutil.copytree(ROOT / "docs" / "example-device", self.device)
        self.store = self.folder / "store"
        self.store.mkdir()
        self.records = self.store / "records.jsonl"
        self.percuss("key", "new")
        self.signed = ("--record-key", self.folder / "home" / ".config" / "percuss" / "default.pub")
        self.name_documents()
        binary = own_target.build(self.folder, "pump", SOURCE)
        document = self.run_campaign([{"id": "pump", "binaries": {"libfuzzer": binary}, "interface": "pump-serial"}],
                                     "--budget", "2s", expect=FAIL, device={"software_version": "1.0.0"},
                                     validation={path.stem: str(path) for path in self.device.glob("*.json")
                                                 if "." not in path.stem})
        self.beside = document["report"]
        self.package = str(shutil.copy(document["package"], self.store / "pump.zip"))
        self.findings = [finding["id"] for finding in document["findings"]]

    def name_documents(self):
        """In compliance.json: a bill of materials and a report that are there, and one that is not."""
        report = self.device / "reports" / "pentest.pdf"
        report.parent.mkdir()
        report.write_bytes(b"what they found")
        test = {name: "as agreed" for name in ("expertise", "scope", "duration", "methods", "results", "findings",
                                               "observations")} | {"independence": "third_party"}
        path = self.device / "compliance.json"
        document = json.loads(path.read_text())
        document["sboms"] = [{"id": "device", "file": "sbom.cdx.json"}]
        document["penetration_tests"] = [
            {"id": "PT-1", "report": "reports/pentest.pdf",
             "report_sha256": hashlib.sha256(report.read_bytes()).hexdigest(), **test},
            {"id": "PT-2", "report": "reports/later.pdf", "report_sha256": "0" * 64, **test}]
        path.write_text(json.dumps(document, indent=1))

    def rows(self, *arguments, expect=FAIL):
        done = self.percuss("comply", self.device, *arguments, "--json")
        self.assertEqual(done.returncode, expect, done.stdout[-1000:] + done.stderr)
        return {row["id"]: row for row in json.loads(done.stdout)["rows"]}

    def do_what_helps(self, row, **words):
        """Runs each command that a row names, its capital words filled in."""
        words = {"NAME": "Ada Smith", "ROLE": "developer", "WHY": "seen", "STATUS": "accepted",
                 "records.jsonl": str(self.records), **words}
        for lack in row["missing"]:
            command = [words.get(word, word) for word in shlex.split(lack["help"])]
            self.assertEqual(command[0], "percuss", lack)
            done = self.percuss(*command[1:])
            self.assertEqual(done.returncode, PASS, done.stderr)

    def chapters(self, page, *words):
        """The report's text from its trace on, in which the words must be."""
        text = page.split('<section class="chapter" id="trace"')[1].split('id="signatures"')[0]
        for word in words:
            self.assertIn(word, text)
        return text

    def the_report_tells_of_the_device(self):
        """By the files that the package carries, whatever became of them since."""
        for name in ("interfaces", "protocol", "compliance", "postmarket"):
            self.assertEqual(zipfile.ZipFile(self.package).read(f"validation/{name}.json"),
                             (self.device / f"{name}.json").read_bytes())
        inside = zipfile.ZipFile(self.package).read("report.html").decode()
        for page in (inside, pathlib.Path(self.beside).read_text()):
            text = self.chapters(page, "entry-never-run", "finding-without-disposition", "FDA-DISP", "1.0.0",
                                 "percuss disposition", "this package alone", "signed records: none",
                                 "--store FOLDER")
            self.assertLess(text.index("entry-never-run"), text.index("FDA-DISP"))
        shown = self.percuss("report", self.package, "--as-of", "2026-12-24")
        self.assertEqual(shown.returncode, PASS, shown.stderr)
        self.chapters(shown.stdout, "as of 2026-12-24", "nobody has decided what becomes of it")

    def the_package_alone_has_the_documents(self):
        """That compliance.json names: as a zip, unpacked, and in the report."""
        packed = zipfile.ZipFile(self.package)
        self.assertEqual(packed.read("validation/reports/pentest.pdf"), b"what they found")
        absent = {row["section"]: row["reason"] for row in json.loads(packed.read("manifest.json"))["absent"]}
        self.assertRegex(absent["validation/reports/later.pdf"], r"compliance\.json:\d+ names it .PT-2.")
        noted = self.percuss("verify", self.package)
        self.assertIn("later.pdf", noted.stdout)
        unpacked = self.folder / "unpacked"
        packed.extractall(unpacked)
        for source in (self.package, unpacked, unpacked / "validation"):
            done = self.percuss("comply", source, self.package, "--json")
            self.assertEqual(done.returncode, FAIL, done.stderr)
            row = {row["id"]: row for row in json.loads(done.stdout)["rows"]}["FDA-ORIG"]
            self.assertIn("PT-1", [shown["what"] for shown in row["shown"]])
            self.assertIn("PT-2: its report cannot be read", row["missing"][0]["what"])
            traced = self.percuss("trace", source, self.package, "--json")
            self.assertEqual(traced.returncode, FAIL, traced.stderr)
            gaps = [gap["gap"] for gap in json.loads(traced.stdout)["gaps"]]
            self.assertEqual(gaps.count("package-not-recorded"), 1, "one package, twice named")
        told = self.percuss("report", self.package).stdout
        self.assertEqual([f"PT-{n}: its report cannot be read" in told for n in (1, 2)], [False, True])
        shutil.rmtree(unpacked)

    def the_report_takes_in_what_is_given(self):
        shown = self.percuss("report", self.package, "--store", self.store)
        self.assertEqual(shown.returncode, PASS, shown.stderr)
        text = self.chapters(shown.stdout, "validation files in it", "signed records: 1 file", self.findings[0])
        self.assertNotIn("nobody has decided what becomes of it", text)
        other = self.folder / "other"
        shutil.copytree(self.device, other)
        (other / "threats.json").write_text("{")
        refused = self.percuss("report", self.package, "--validation", other)
        self.assertEqual(refused.returncode, USAGE, refused.stderr)
        self.assertRegex(refused.stderr, r"other/threats\.json:\d+: ")
        out = self.folder / "submission"
        laid = self.percuss("report", self.package, "--format", "fda-appendix4", "--store", self.store, "-o", out)
        self.assertEqual(laid.returncode, PASS, laid.stderr)
        self.assertIn("FDA-DISP,satisfied", (out / "compliance-matrix.csv").read_text())
        index = json.loads((out / "index.json").read_text())
        status = {document["path"]: document["status"] for document in index["documents"]}
        self.assertEqual(status["01-risk-management/01-threat-model.md"], "partly provided")
        self.assertIn("compliance-matrix.csv", index["files"])

    def test_what_is_missing_names_what_helps(self):
        self.the_report_tells_of_the_device()
        self.the_package_alone_has_the_documents()
        before = self.rows(self.package)
        for row in ("FDA-DISP", "P11-50-70", "FDA-FUZZ"):
            self.assertIn(before[row]["state"], ("missing", "not_applicable"), row)
        self.assertEqual(before["FDA-DISP"]["state"], "missing")
        self.assertEqual(before["13485-4.2.5"]["state"], "satisfied")
        self.do_what_helps(before["FDA-DISP"])
        path = self.device / "compliance.json"
        document = json.loads(path.read_text())
        document["not_applicable"] = []
        path.write_text(json.dumps(document))
        decided = self.rows(self.package, "--records", self.records, *self.signed)
        self.assertEqual((decided["FDA-DISP"]["state"], decided["P11-10e"]["state"]), ("satisfied", "satisfied"))
        self.assertIn(self.package, " ".join(lack["what"] for lack in decided["P11-50-70"]["missing"]))
        self.do_what_helps(decided["P11-50-70"])
        listed = self.rows(self.package, "--records", self.records, *self.signed)
        self.assertEqual(listed["P11-50-70"]["state"], "satisfied")
        self.strangers_do_not_count()
        self.findings_propose_and_people_decide()
        self.a_store_says_the_same(self.rows(self.package, "--records", self.records, *self.signed))
        self.the_report_takes_in_what_is_given()
        self.times_come_from_the_package()
        self.broken_evidence_is_told()

    def strangers_do_not_count(self):
        """Whoever makes a key can sign in anybody's name; who may is said by keys, and it is told when nobody said."""
        anybody = self.rows(self.package, "--records", self.records)
        for row in ("P11-10e", "P11-50-70"):
            self.assertEqual(anybody[row]["state"], "missing", row)
        self.percuss("key", "new", "--name", "stranger", "--folder", self.folder / "keys")
        public = self.folder / "keys" / "stranger.pub"
        key_id = json.loads(public.read_text())["key_id"]
        alone = self.rows(self.package, "--records", self.records, "--record-key", public)
        self.assertEqual((alone["FDA-DISP"]["state"], alone["P11-50-70"]["state"]), ("missing", "missing"))
        signer = json.loads((self.signed[1]).read_text())["key_id"]
        self.assertIn(signer, alone["P11-10e"]["missing"][0]["what"])
        self.assertNotEqual(signer, key_id)
        for command in ("comply", "metrics", "trace"):
            for form in ("table", "html", "json"):
                done = self.percuss(command, self.device, self.package, "--records", self.records, "--format", form)
                self.assertIn("signers of the records were not checked", done.stdout, (command, form))
                done = self.percuss(command, self.device, self.package, "--records", self.records, "--format", form,
                                    "--record-key", public)
                self.assertIn("is signed by " + signer, done.stdout, (command, form))

    def findings_propose_and_people_decide(self):
        """One step of exploitability for each security risk of the port; answered once, never asked again."""
        risks = (self.device / "risks.json").read_text()
        who = ["--name", "Ada Smith", "--role", "risk manager", "--records", self.records]
        proposed = json.loads(self.percuss("propose", self.device, self.package, *who, "--json").stdout)["proposals"]
        self.assertEqual({one["proposal"]["finding"] for one in proposed}, set(self.findings))
        self.assertIn(("S-05", "low", "medium"), {(one["proposal"]["risk"], one["proposal"]["from"],
                                                   one["proposal"]["to"]) for one in proposed})
        missing = self.rows(self.package, "--records", self.records)["14971"]["missing"]
        self.assertEqual(len(missing), len(proposed))
        for one in proposed:
            done = self.percuss("decide", *who, "--proposal", one["sequence"], "--decision", "refused",
                                "--rationale", "a planted bug")
            self.assertEqual(done.returncode, PASS, done.stderr)
        again = self.percuss("decide", *who, "--proposal", proposed[0]["sequence"], "--decision", "accepted",
                             "--rationale", "on second thoughts")
        self.assertEqual(again.returncode, USAGE, again.stderr)
        self.assertIn("is refused already, for good, by record", again.stderr)
        self.assertEqual(self.percuss("decide", *who, "--proposal", 1, "--decision", "refused", "--rationale",
                                      "r").returncode, USAGE)
        self.assertEqual(self.rows(self.package, "--records", self.records)["14971"]["state"], "satisfied")
        again = json.loads(self.percuss("propose", self.device, self.package, *who, "--json").stdout)
        self.assertEqual(again, {"proposals": []})
        self.assertEqual((self.device / "risks.json").read_text(), risks)
        self.assertEqual(self.percuss("history", self.records).returncode, PASS)
        schema = json.loads((ROOT / "reports" / "schema" / "record.v1.schema.json").read_text())
        for line in self.records.read_text().splitlines():
            jsonschema.validate(json.loads(base64.b64decode(json.loads(line)["payload"])), schema)

    def a_store_says_the_same(self, listed):
        index = self.store / "percuss-index.sqlite"
        self.assertEqual(self.rows("--store", self.store, *self.signed), listed)
        self.assertTrue(index.is_file())
        index.write_text("nothing of the kind")
        self.assertEqual(self.rows("--store", self.store, *self.signed), listed)
        index.unlink()
        entries = json.loads(self.percuss("index", self.store, "--json").stdout)["entries"]
        self.assertEqual([(entry["path"], entry["kind"]) for entry in entries],
                         [("pump.zip", "package"), ("records.jsonl", "records")])
        traced = [self.percuss("trace", self.device, *arguments, "--json").stdout
                  for arguments in ((self.package, "--records", self.records), ("--store", self.store))]
        self.assertEqual(*traced)
        page = self.folder / "comply.html"
        self.assertEqual(self.percuss("comply", self.device, "--store", self.store, "--format", "html", "-o",
                                      page).returncode, FAIL)
        self.assertIn("Evidence present and consistent", page.read_text())
        self.assertNotIn("compliant", page.read_text())

    def times_come_from_the_package(self):
        done = self.percuss("metrics", self.device, "--store", self.store, "--json")
        metrics = json.loads(done.stdout)
        times = {one["id"]: one for one in metrics["vulnerabilities"]}
        for finding in self.findings:
            self.assertRegex(times[finding]["learned"], r"^20\d\d-\d\d-\d\dT")
            self.assertIn("cannot be computed because", times[finding]["fix_clock"])
        self.assertEqual([(trend["release"], trend["findings"]) for trend in metrics["releases"]],
                         [("1.0.0", len(self.findings))])

    def broken_evidence_is_told(self):
        text = self.records.read_text()
        self.records.write_text(text[:-1])
        rows = self.rows("--store", self.store)
        self.assertIn("is cut short", rows["P11-10e"]["missing"][0]["what"])
        self.assertEqual(rows["FDA-DISP"]["state"], "missing")
        measured = self.percuss("metrics", self.device, "--store", self.store)
        self.assertEqual(measured.returncode, INFRASTRUCTURE)
        self.assertIn("is cut short", measured.stderr)
        self.records.write_text(text)
        path = self.device / "compliance.json"
        good = path.read_text()
        luck = '"not_applicable": [{"id": "FDA-LUCK", "rationale": "r"}]'
        path.write_text(good.replace('"not_applicable": []', luck))
        done = self.percuss("comply", self.device, self.package)
        self.assertEqual(done.returncode, USAGE, done.stderr)
        self.assertRegex(done.stderr, r"compliance\.json:\d+: the matrix has no row FDA-LUCK")
        path.write_text(good)
        package = self.store / "pump.zip"
        whole = package.read_bytes()
        package.write_bytes(whole[:-100])
        self.assertEqual(self.percuss("comply", self.device, "--store", self.store).returncode, INFRASTRUCTURE)
