# SPDX-License-Identifier: Apache-2.0
"""Published defects of third-party software are found again; patched builds survive a shorter campaign and the inputs
that were found."""
import json
import unittest

from support.percuss_cli import CliTest, FAIL, HARNESSES, PASS, ROOT

CASES = [("lwip", "lwip_ppp_eap", 90), ("libmodbus", "modbus_server", 45)]


class RediscoveryTest(CliTest):
    def test_known_defects_are_found_and_patched_builds_survive(self):
        targets = []
        for _, harness, wall_s in CASES:
            targets.append({"id": harness, "harness": harness, "budget": {"wall_s": wall_s}})
            targets.append({"id": harness + "_patched", "harness": harness + "_patched",
                            "budget": {"wall_s": wall_s // 3}})
        document = self.run_campaign(targets, expect=FAIL)
        verdicts = {t["id"]: t["verdict"] for t in document["targets"]}
        for soup, harness, _ in CASES:
            self.assertEqual(verdicts[harness], "fail")
            against = [(f["kind"], f["class"], f["function"], f["reproduced"]) for f in document["findings"]
                       if f["target"] == harness + "_patched"]
            self.assertEqual(verdicts[harness + "_patched"], "pass", against)
            recipe = json.loads((ROOT / "targets" / "soup" / soup / "recipe.json").read_text())
            findings = [f for f in document["findings"] if f["target"] == harness]
            for known in recipe["rediscovery"]:
                match = [f for f in findings if f["class"] == known["class"] and f["function"] in known["functions"]]
                self.assertTrue(match, (known["cve"], [(f["class"], f["function"]) for f in findings]))
                self.assertEqual({f["known_defect"] for f in match}, {known["cve"]})
                self.replays_on_the_defect_alone(document["package"], match[0], harness)

    def replays_on_the_defect_alone(self, package, finding, harness):
        done = self.percuss("repro", package, "--finding", finding["id"], "--runs", "3", "--json")
        self.assertEqual(done.returncode, FAIL, done.stderr)
        self.assertTrue(json.loads(done.stdout)["findings"][0]["same_bug"])
        patched = HARNESSES / f"{harness}_patched" / "libfuzzer"
        done = self.percuss("repro", package, "--finding", finding["id"], "--runs", "3", "--binary", patched)
        self.assertEqual(done.returncode, PASS, done.stdout)
        self.assertIn("differs from the campaign's", done.stderr)


if __name__ == "__main__":
    unittest.main()
