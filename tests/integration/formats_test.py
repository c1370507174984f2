# SPDX-License-Identifier: Apache-2.0
"""What percuss report makes of the package of a real campaign: signed statements, a submission's folder, paper."""
import base64
import hashlib
import json
import pathlib
import shutil
import subprocess

from support import own_target
from support.percuss_cli import CliTest, FAIL, INFRASTRUCTURE, PASS, ROOT, USAGE

ED25519_DER = bytes.fromhex("302a300506032b6570032100")  # RFC 8410, section 4: what stands before the 32 bytes
SOURCE = "PERCUSS_HARNESS(pump, 1) { if (size > 0 && data[0] > 9) __builtin_trap(); return 0; }\n"


class FormatsTest(CliTest):
    def report(self, form, out, *arguments, expect=PASS, **options):
        done = self.percuss("report", self.package, "--format", form, "-o", out, *arguments, **options)
        self.assertEqual(done.returncode, expect, done.stderr)
        return done.stderr

    def test_a_package_in_other_forms(self):
        binary = own_target.build(self.folder, "pump", SOURCE)
        document = self.run_campaign([{"id": "pump", "binaries": {"libfuzzer": binary}, "interface": "pump-serial"}],
                                     "--budget", "2s", expect=FAIL)
        self.package = document["package"]
        self.found = [finding["id"] for finding in document["findings"]]
        self.statements_are_signed(hashlib.sha256(pathlib.Path(binary).read_bytes()).hexdigest())
        self.submission_says_what_is_missing()
        self.page_is_printed()
        self.wrong_usage()

    def statements_are_signed(self, binary):
        self.percuss("key", "new", "--name", "release", "--folder", self.folder / "keys")
        key, out = self.folder / "keys" / "release.key", self.folder / "bundle.jsonl"
        self.report("intoto", out, "--sign-with", key)
        public = json.loads((self.folder / "keys" / "release.pub").read_text())
        (self.folder / "key.der").write_bytes(ED25519_DER + base64.b64decode(public["public"]))
        envelopes = [json.loads(line) for line in out.read_text().splitlines()]
        self.assertEqual(len(envelopes), 2)
        for envelope in envelopes:
            payload, kind = base64.b64decode(envelope["payload"]), envelope["payloadType"]
            encoded = b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload)
            signature = base64.b64decode(envelope["signatures"][0]["sig"])
            self.assertTrue(self.openssl_verifies(encoded, signature))
            self.assertFalse(self.openssl_verifies(encoded + b" ", signature))
            statement = json.loads(payload)
            self.assertIn(binary, [subject["digest"]["sha256"] for subject in statement["subject"]])
        test = json.loads(base64.b64decode(envelopes[0]["payload"]))["predicate"]
        self.assertEqual(test["result"], "FAILED")
        self.assertIn("target pump", test["failedTests"])

    def openssl_verifies(self, message, signature):
        (self.folder / "message").write_bytes(message)
        (self.folder / "signature").write_bytes(signature)
        words = "openssl pkeyutl -verify -pubin -inkey key.der -keyform DER -rawin -in message -sigfile signature"
        done = subprocess.run(words.split(), cwd=self.folder, capture_output=True, check=False)
        return done.returncode == 0

    def submission_says_what_is_missing(self):
        out = self.folder / "submission"
        device = ROOT / "docs" / "example-device"
        self.report("fda-appendix4", out, "--validation", device)
        index = json.loads((out / "index.json").read_text())
        status = {document["path"]: document["status"] for document in index["documents"]}
        self.assertEqual(status["04-labeling.md"], "not provided")
        self.assertEqual(status["01-risk-management/07-measures-and-metrics.md"], "partly provided")
        self.assertEqual(status["06-compliance-matrix.md"], "partly provided")
        self.assertEqual(status["01-risk-management/02-cybersecurity-risk-assessment.md"], "provided")
        self.assertEqual(status["01-risk-management/04-sbom.md"], "partly provided")
        self.assertIn("has no end-of-support date", (out / "01-risk-management" / "04-sbom.md").read_text())
        self.assertEqual(json.loads((out / "01-risk-management" / "sbom.cdx.json").read_text())["specVersion"], "1.6")
        digest = hashlib.sha256(pathlib.Path(self.package).read_bytes()).hexdigest()
        self.assertEqual(index["package_sha256"], digest)
        self.assertIn(digest, (out / "README.md").read_text())
        for path, wanted in index["files"].items():
            self.assertEqual(hashlib.sha256((out / path).read_bytes()).hexdigest(), wanted, path)
        written = {str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()}
        self.assertEqual(written, set(index["files"]) | {"README.md", "index.json"})
        self.assertIn("T-09", (out / "01-risk-management" / "01-threat-model.md").read_text())
        anomalies = (out / "01-risk-management" / "06-unresolved-anomalies.md").read_text()
        for finding in self.found:
            self.assertIn(finding, anomalies)
        named = (out / "06-compliance-matrix.md").read_text() + (out / "README.md").read_text()
        for path in ("compliance-matrix.html", "compliance-matrix.csv", "06-compliance-matrix.md", "FDA-DISP"):
            self.assertIn(path, named)
        measured = json.loads((out / "01-risk-management" / "metrics.json").read_text())
        self.assertEqual({one["id"] for one in measured["vulnerabilities"]} & set(self.found), set(self.found))
        for path in ("compliance-matrix", "01-risk-management/metrics", "01-risk-management/traceability"):
            self.assertIn("<table>", (out / f"{path}.html").read_text(), path)
        self.assertIn('id="comply"', (out / "03-testing" / "report.html").read_text())
        self.assertIn("not empty", self.report("fda-appendix4", out, expect=USAGE))
        bare = self.folder / "bare"
        self.report("fda-appendix4", bare)
        text = (bare / "01-risk-management" / "01-threat-model.md").read_text()
        self.assertIn("Not provided: no validation files were given", text)
        self.a_decision_is_told(device)

    def a_decision_is_told(self, device):
        """A signed record that a finding is no defect takes it out of the list of anomalies."""
        self.percuss("key", "new")
        records, out = self.folder / "records.jsonl", self.folder / "decided"
        for finding in self.found:
            said = self.percuss("disposition", self.package, "--finding", finding, "--status", "false_positive",
                                "--rationale", "planted", "--name", "Ada Smith", "--role", "developer",
                                "--records", records)
            self.assertEqual(said.returncode, PASS, said.stderr)
        self.report("fda-appendix4", out, "--validation", device, "--records", records)
        text = (out / "01-risk-management" / "06-unresolved-anomalies.md").read_text()
        self.assertIn("left no unresolved finding", text)

    def page_is_printed(self):
        out = self.folder / "report.pdf"
        self.report("pdf", out)
        info = subprocess.run(["pdfinfo", out], check=True, capture_output=True, text=True).stdout
        self.assertRegex(info, r"Pages:\s+[1-9]")
        text = subprocess.run(["pdftotext", out, "-"], check=True, capture_output=True, text=True).stdout
        self.assertIn(self.found[0], text)
        self.assertIn("FAIL", text)
        # Where there is no browser.
        bin_folder = self.folder / "bin"
        bin_folder.mkdir()
        self.environment["PATH"] = str(bin_folder)
        self.assertIn("apt install chromium", self.report("pdf", self.folder / "no.pdf", expect=INFRASTRUCTURE))
        self.assertFalse((self.folder / "no.pdf").exists())

    def wrong_usage(self):
        for arguments in (["--format", "pdf"], ["--format", "fda-appendix4"], ["--format", "nothing"],
                          ["--format", "csv", "--validation", self.folder],
                          ["--format", "csv", "--sign-with", self.package]):
            done = self.percuss("report", self.package, *arguments)
            self.assertEqual(done.returncode, USAGE, (arguments, done.stderr))
            self.assertTrue(done.stderr)
        broken = self.folder / "broken"
        shutil.copytree(self.folder / "out" / "package", broken)
        (broken / "report.html").write_text("pass")
        done = self.percuss("report", broken, "--format", "fda-appendix4", "-o", self.folder / "lie")
        self.assertEqual(done.returncode, FAIL, done.stderr)
        self.assertFalse((self.folder / "lie").exists())
