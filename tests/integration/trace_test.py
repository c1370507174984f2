# SPDX-License-Identifier: Apache-2.0
"""percuss trace on the example device, before anything ran and with the package of a real campaign."""
import json
import shutil

from support import own_target
from support.percuss_cli import CliTest, FAIL, INFRASTRUCTURE, PASS, ROOT, USAGE

SOURCE = """#include "harnesses/sdk/properties.h"
static const struct percuss_property session = {
    "CWE-862:pump-session", "served without a session", PERCUSS_ELEVATION_OF_PRIVILEGE, "T-09"};
PERCUSS_HARNESS(pump, 1) { PERCUSS_HOLDS(size == 0 || data[0] <= 9, &session); return 0; }
"""


class TraceTest(CliTest):
    def setUp(self):
        super().setUp()
        self.device = self.folder / "device"
        shutil.copytree(ROOT / "docs" / "example-device", self.device)

    def trace(self, *packages, expect):
        done = self.percuss("trace", self.device, *packages, "--json")
        self.assertEqual(done.returncode, expect, done.stdout[-2000:] + done.stderr)
        return json.loads(done.stdout) if done.stdout else done.stderr

    def edit(self, name, change):
        path = self.device / f"{name}.json"
        document = json.loads(path.read_text())
        change(document)
        path.write_text(json.dumps(document, indent=2))

    def test_from_plan_to_disposition(self):
        planned = self.trace(expect=FAIL)
        self.assertEqual({gap["gap"] for gap in planned["gaps"]}, {"entry-never-run"})
        binary = own_target.build(self.folder, "pump", SOURCE)
        document = self.run_campaign([{"id": "pump", "binaries": {"libfuzzer": binary}, "interface": "pump-serial"}],
                                     "--budget", "2s", expect=FAIL)
        package = document["package"]
        ran = self.trace(package, expect=FAIL)
        gaps = {(gap["gap"], gap["id"]) for gap in ran["gaps"]}
        found = [finding["id"] for finding in document["findings"]]
        self.assertTrue(found)
        for finding in found:
            self.assertIn(("finding-without-disposition", finding), gaps)
        seen = self.manifest()["findings"][0]
        self.assertEqual([seen[name] for name in ("class", "cwe", "property_id", "stride", "threat")],
                         ["property-violation", "CWE-862", "CWE-862:pump-session", "elevation_of_privilege", "T-09"])
        self.assertEqual([item["links"]["threats"] for item in ran["items"] if item["id"] in found], [["T-09"]])
        self.assertNotIn(("entry-never-run", "P-05"), gaps)
        self.assertIn(("entry-never-run", "P-01"), gaps)
        results = {item["id"]: item["result"] for item in ran["items"]}
        self.assertEqual((results["T-09"], results["S-05"], results["REQ-06"]), ("fail", "fail", "fail"))
        # No build for timing was given, so nobody can tell of the worst input.
        said = {(result["criterion"], result["result"]) for result in ran["criteria"] if result["target"] == "pump"}
        self.assertLessEqual({("A-01", "not met"), ("A-02", "cannot tell"), ("A-03", "met")}, said)
        self.assertLessEqual({("criterion-not-met", "P-05"), ("criterion-cannot-be-told", "P-05")}, gaps)
        self.everything_decided_and_recorded(package, found)
        self.a_signed_record_has_the_last_word(package, found[0])
        self.what_is_not_so_is_refused(package)

    def a_signed_record_has_the_last_word(self, package, finding):
        self.percuss("key", "new")
        records = self.folder / "records.jsonl"
        for status in ("open", "false_positive"):
            said = self.percuss("disposition", package, "--finding", finding, "--status", status, "--rationale", "seen",
                                "--name", "Ada Smith", "--role", "developer", "--records", records)
            self.assertEqual(said.returncode, PASS, said.stderr)
            differs = self.trace("--records", records, package, expect=FAIL)
            self.assertIn(("disposition-differs", finding), {(gap["gap"], gap["id"]) for gap in differs["gaps"]})
        self.edit("records", lambda document: document["dispositions"][0].update(decision="not_a_defect"))
        self.trace("--records", records, package, expect=PASS)
        records.write_text(records.read_text()[:-1])
        self.assertIn("is cut short", self.trace("--records", records, package, expect=INFRASTRUCTURE))

    def everything_decided_and_recorded(self, package, found):
        verified = json.loads(self.percuss("verify", package, "--json").stdout)
        digest = self.percuss("verify", "--digest", package).stdout.split("SHA-256:")[1].split()[0]
        record = {"id": verified["package_id"], "sha256": digest, "result": "fail", "conclusion": "to be fixed"}
        decided = [{"id": f"D-{number}", "finding": finding, "decision": "deferred", "rationale": "planted",
                    "date": "2026-02-02", "by": "somebody", "package": verified["package_id"],
                    "deferral": {"risk": "none", "timeline": "never", "interim_measure": "none",
                                 "time_to_field": "none"}} for number, finding in enumerate(found)]
        self.edit("records", lambda document: document.update(packages=[record], dispositions=decided))
        self.edit("protocol", lambda document: document.update(
            entries=[entry for entry in document["entries"] if entry["id"] == "P-05"]))
        kept = {"REQ-05", "REQ-06"}
        self.edit("requirements", lambda document: document.update(
            requirements=[entry for entry in document["requirements"] if entry["id"] in kept],
            controls=[{"id": "C-03", "text": "t", "requirements": ["REQ-05", "REQ-06"]}]))
        self.edit("threats", lambda document: document.update(
            threats=[entry for entry in document["threats"] if entry["id"] == "T-09"]))
        self.edit("risks", lambda document: document.update(safety=[], security=[]))
        (self.device / "postmarket.json").unlink()  # its vulnerabilities name risks
        self.edit("interfaces", lambda document: document.update(
            interfaces=[entry for entry in document["interfaces"] if entry["id"] == "pump-serial"]))
        self.edit("requirements", lambda document: [entry.update(interfaces=["pump-serial"])
                                                    for entry in document["requirements"]])
        self.edit("protocol", lambda document: document["entries"][0].update(
            requirements=["REQ-05", "REQ-06"], criteria=["A-01", "A-03"]))
        traced = self.trace(package, expect=PASS)
        self.assertEqual(traced["gaps"], [])
        self.assertEqual({result["result"] for result in traced["criteria"]}, {"met"})
        page = self.folder / "trace.html"
        done = self.percuss("trace", self.device, package, "--format", "html", "-o", page)
        self.assertEqual(done.returncode, PASS, done.stderr)
        self.assertIn("No gap was found.", page.read_text())

    def what_is_not_so_is_refused(self, package):
        broken = self.folder / "broken"
        shutil.copytree(self.folder / "out" / "package", broken)
        (broken / "report.html").write_text("pass")
        self.assertIn("report.html", self.trace(broken, expect=INFRASTRUCTURE))
        self.edit("records", lambda document: document["packages"][0].update(sha256="0" * 64))
        self.assertIn("records.json:", self.trace(package, expect=INFRASTRUCTURE))
        self.edit("records", lambda document: document["dispositions"][0].update(date="soon"))
        self.assertRegex(self.trace(package, expect=USAGE), r"records\.json:\d+: .*\"soon\" is no date")
