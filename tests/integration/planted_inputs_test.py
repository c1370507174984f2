# SPDX-License-Identifier: Apache-2.0
"""One input for every planted bug: each is reported under the class, CWE and function that its EXPECT.json says, no two
are merged, and none is a finding on the clean build."""
import json
import unittest

from support.percuss_cli import CliTest, FAIL, PASS, ROOT


def expectations():
    """Of each harness, under a target of its own: a bug that names a harness shows in that one alone."""
    found = []
    for path in sorted((ROOT / "targets" / "reference").glob("*/EXPECT.json")):
        expect = json.loads(path.read_text())
        bugs = {}
        for bug in expect["bugs"]:
            bugs.setdefault(bug.get("harness", expect["harness"]), []).append(bug)
        for harness, of_harness in bugs.items():
            name = expect["target"] if harness == expect["harness"] else harness.removesuffix("_planted")
            found.append({"target": name, "harness": harness, "bugs": of_harness})
    return found


def corpus_of(expect):
    return ROOT / "corpora" / expect["harness"].removesuffix("_planted")


def agrees(finding, bug):
    late = finding["kind"] in ("hang", "slow") and bug["kind"] in ("hang", "slow")
    return (late or finding["class"] in [bug["class"], *bug.get("class_accept", [])]) \
        and finding["function"] in [bug["function"], *bug.get("function_accept", [])] \
        and finding["cwe"] in [bug["cwe"], *bug.get("cwe_accept", [])]


class PlantedInputsTest(CliTest):
    def test_each_is_reported_as_what_it_is(self):
        targets = [{"id": e["target"], "harness": e["harness"], "regression": str(corpus_of(e) / "planted"),
                    "budget": {"wall_s": 2}} for e in expectations()]
        document = self.run_campaign(targets, expect=FAIL)
        claimed = set()
        wrong = []
        for expect in expectations():
            found = [f for f in document["findings"] if f["target"] == expect["target"]]
            for bug in expect["bugs"]:
                match = [f for f in found if agrees(f, bug)]
                if not match:
                    near = [(f["class"], f["cwe"], f["function"]) for f in found if f["function"] == bug["function"]]
                    wrong.append((bug["id"], bug["class"], bug["cwe"], bug["function"], near))
                    continue
                self.assertNotIn(match[0]["id"], claimed, f"{bug['id']} is merged with another")
                claimed.add(match[0]["id"])
                self.assertGreater(match[0]["reproduced"], 0, bug["id"])
        self.assertEqual(wrong, [])

    def test_every_input_is_of_a_bug(self):
        for expect in expectations():
            self.assertEqual(sorted(path.stem for path in (corpus_of(expect) / "planted").iterdir()),
                             sorted(bug["id"] for bug in expect["bugs"]))

    def test_the_clean_builds_survive_them(self):
        targets = [{"id": e["target"], "harness": e["harness"].removesuffix("_planted"),
                    "regression": str(corpus_of(e) / "planted"), "budget": {"wall_s": 2}} for e in expectations()]
        document = self.run_campaign(targets, expect=PASS)
        self.assertEqual(document["findings"], [])


if __name__ == "__main__":
    unittest.main()
