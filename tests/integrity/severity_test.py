# SPDX-License-Identifier: Apache-2.0
"""From a finding's questions to a signed score, and to every report that has a place for it."""
import base64
import json

import jsonschema

from integrity.sample import SampleTest
from support.percuss_cli import FAIL, INFRASTRUCTURE, PASS, ROOT, USAGE

FINDING = "F-0123456789ab"
VECTOR = "CVSS:3.1/AV:P/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
SCHEMAS = ROOT / "reports" / "schema"


class SeverityTest(SampleTest):
    def setUp(self):
        super().setUp()
        self.form = self.folder / "answers.json"
        self.said = self.folder / "said.jsonl"
        self.key = f"{self.new_key('ada')[0]}.key"
        self.ask("--form", self.form)

    def ask(self, *arguments, expect=PASS):
        return self.run_well("severity", self.package, "--finding", FINDING, *arguments, expect=expect)

    def answer(self, vector=VECTOR, **rubric):
        form = json.loads(self.form.read_text())
        for part in vector.split("/")[1:]:
            metric, value = part.split(":")
            form["cvss"][metric].update(answer=value, by="person")
        for question, value in rubric.items():
            form["rubric"][question].update(answer=value, by="person")
        self.form.write_text(json.dumps(form, indent=1))
        return form

    def record(self, *arguments, expect=PASS):
        return self.ask("--answers", self.form, "--records", self.said, "--key", self.key, "--name", "Ada Smith",
                        "--role", "product security", "--rationale", "the service port is inside", *arguments,
                        expect=expect)

    def report(self, name, *arguments):
        return self.run_well("report", self.package, "--format", name, *arguments).stdout

    def test_asks_first_and_scores_nothing(self):
        shown = self.ask().stdout
        for words in ("not scored", "open: needs a person who knows the device", "XAVN", "manifest.json: interfaces"):
            self.assertIn(words, shown)
        asked = json.loads(self.ask("--json").stdout)
        self.assertIsNone(asked["scored"])
        self.assertEqual(len(asked["questions"]), 22 + 31)
        by_name = {question["name"]: question for question in asked["questions"]}
        self.assertEqual(by_name["RC"]["proposal"]["value"], "C", "it failed again")
        self.assertNotIn("proposal", by_name["AC"], "how often it failed again says nothing of the device")
        schema = json.loads((SCHEMAS / "severity_answers.v1.schema.json").read_text())
        jsonschema.validate(json.loads(self.form.read_text()), schema)
        jsonschema.validate(self.answer(XUI="no"), schema)
        self.assertIn("may hold answers", self.ask("--form", self.form, expect=USAGE).stderr)
        self.assertIn("has no finding", self.percuss("severity", self.package, "--finding", "F-1").stderr)

    def test_an_incomplete_form_gives_no_score(self):
        self.answer("CVSS:3.1/AV:N/PR:N/UI:N/S:U/C:H/I:H")
        done = self.record(expect=USAGE)
        self.assertRegex(done.stderr, r"answers\.json:\d+: no vector and no score while base metrics are open: AC, A")
        self.assertFalse(self.said.exists())
        form = self.answer()
        form["cvss"]["C"]["by"] = "percuss"
        self.form.write_text(json.dumps(form, indent=1))
        self.assertIn("accepts a proposal for C, and percuss proposes nothing", self.record(expect=USAGE).stderr)
        self.answer(XUI="yes")
        self.assertIn("XUI is yes, and UI is N", self.record(expect=USAGE).stderr)
        self.answer(XUI="no")
        for missing in ("--name", "--rationale"):
            arguments = ["--answers", self.form, "--records", self.said, "--key", self.key, "--name", "A",
                         "--role", "r", "--rationale", "r"]
            at = arguments.index(missing)
            self.ask(*arguments[:at], *arguments[at + 2:], expect=USAGE)
        self.form.write_bytes(b"x" * (2 << 20))
        self.record(expect=USAGE)
        self.assertFalse(self.said.exists())

    def test_a_score_is_where_severities_belong(self):
        self.answer(VECTOR + "/MAV:N", XUI="no", XAVP="yes")
        self.assertIn("base 6.8 MEDIUM, environmental 9.8 CRITICAL", self.record().stdout)
        payload = json.loads(base64.b64decode(json.loads(self.said.read_text())["payload"]))
        jsonschema.validate(payload, json.loads((SCHEMAS / "record.v1.schema.json").read_text()))
        self.records = self.said
        self.history_both()
        shown = self.run_well("history", self.said).stdout
        self.assertIn(f"severity of {FINDING}", shown)
        self.assertIn(VECTOR, shown)
        said = ("--records", self.said)
        page = self.report("html", *said)
        for words in ("6.8 MEDIUM", VECTOR, "Ada Smith, product security", "2 of 31 questions answered"):
            self.assertIn(words, page)
        self.assertIn("not scored", self.report("html"))
        result = json.loads(self.report("sarif", *said))["runs"][0]
        self.assertEqual(result["results"][0]["properties"]["security-severity"], "6.8")
        self.assertEqual(result["tool"]["driver"]["rules"][0]["properties"]["security-severity"], "6.8")
        rating = json.loads(self.report("cyclonedx", *said))["vulnerabilities"][0]["ratings"][0]
        self.assertEqual((rating["method"], rating["score"], rating["severity"]), ("CVSSv31", 6.8, "medium"))
        self.assertEqual(json.loads(self.report("osv", *said))[0]["severity"][0]["score"], VECTOR + "/MAV:N")
        score = json.loads(self.report("csaf", *said))["vulnerabilities"][0]["scores"][0]["cvss_v3"]
        self.assertEqual((score["baseScore"], score["environmentalScore"]), (6.8, 9.8))
        self.assertIn(VECTOR, self.report("csv", *said))
        for name in ("sarif", "cyclonedx", "osv", "csaf", "csv"):
            self.assertNotIn("CVSS:3.1/", self.report(name), name)

    def test_a_later_score_replaces_an_earlier_one_and_both_stay(self):
        self.answer()
        self.record()
        self.answer(VECTOR.replace("AV:P", "AV:N"))
        self.assertIn("base 9.8 CRITICAL", self.record().stdout)
        self.assertIn("base 9.8 CRITICAL", self.ask("--records", self.said).stdout)
        mistyped = self.ask("--records", f"{self.said}x", expect=USAGE)
        self.assertIn("no such file of records", mistyped.stderr)
        self.assertEqual(json.loads(self.ask("--records", self.said, "--json").stdout)["scored"]["base_score"], 9.8)
        shown = self.run_well("history", self.said, "--finding", FINDING).stdout
        self.assertIn("base 6.8 MEDIUM", shown)
        self.assertIn("base 9.8 CRITICAL", shown)
        self.assertIn("9.8", self.report("csv", "--records", self.said))
        text = self.said.read_text()
        self.said.write_text(text.replace("e", "f", 1))
        self.run_well("report", self.package, "--format", "csv", "--records", self.said, expect=FAIL)
        self.ask("--records", self.said, expect=INFRASTRUCTURE)
