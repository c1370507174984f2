# SPDX-License-Identifier: Apache-2.0
"""What a process keeps of its inputs is told when it grows without end, and a full cache is not taken for that. The
full measurement is bench/leak_kinds.py."""
import json
import pathlib
import unittest

from support.own_target import build
from support.percuss_cli import CliTest, FAIL, PASS

HARNESS = '#include "bench/leak_kinds_harness.c"\n'


class LeakKindsTest(CliTest):
    def target(self, what):
        """One input in twenty keeps something."""
        seeds = self.folder / "seeds"
        if not seeds.exists():
            seeds.mkdir()
            for number in range(40):
                (seeds / str(number)).write_bytes((b"K=" if number % 20 == 0 else b"x=") + b"reading %05d" % number)
        return {"id": what.lower(), "seeds": str(seeds), "engines": ["libfuzzer"], "budget": {"executions": 200},
                "retention": {"cpu_ms": 3000},
                "binaries": {"libfuzzer": build(self.folder, what, f"#define KEEPS {what}\n" + HARNESS)}}

    def test_growth_is_a_finding_with_its_rate_and_can_be_replayed(self):
        document = self.run_campaign([self.target("LIST"), self.target("DESCRIPTOR")], "--jobs", "2", expect=FAIL)
        findings = {f["target"]: f for f in document["findings"]}
        self.assertEqual({t: (f["kind"], f["class"], f["cwe"], f["function"]) for t, f in findings.items()},
                         {"list": ("leak", "memory-growth", "CWE-401", "keep_in_list"),
                          "descriptor": ("leak", "descriptor-growth", "CWE-772", "keep_descriptor")})
        self.assertEqual(len(document["findings"]), 2)
        package = self.folder / "out" / "package"
        rates = {}
        for name, found in findings.items():
            finding = json.loads((package / "findings" / found["id"] / "finding.json").read_text())
            rates[name] = finding["retention"]
            self.assertEqual(finding["reproduction"]["reproduced"], finding["reproduction"]["reruns"])
            self.assertTrue((package / "findings" / found["id"] / "input").read_bytes().startswith(b"K="))
        # Each run of such an input keeps 40 bytes, or one descriptor.
        self.assertEqual((rates["list"]["of"], rates["list"]["unit"], round(rates["list"]["per_thousand"])),
                         ("heap_bytes", "bytes", 40_000))
        self.assertEqual((rates["descriptor"]["of"], round(rates["descriptor"]["per_thousand"])), ("descriptors", 1000))
        self.assertIn("memory-growth (40000 bytes per 1000 inputs) in keep_in_list", findings["list"]["summary"])
        manifest = self.manifest()
        retention = {t["id"]: t["retention"] for t in manifest["targets"]}
        self.assertEqual({r["verdict"] for r in retention.values()}, {"grows"})
        heap = next(r for r in retention["list"]["rates"] if r["of"] == "heap_bytes")
        # Of the corpus, some inputs in a hundred do it.
        self.assertTrue(0 < heap["per_thousand"] < 40_000 and heap["low"] <= heap["per_thousand"] <= heap["high"], heap)
        criterion = next(c for c in manifest["acceptance"] if c["id"] == "retention")
        self.assertEqual(criterion["verdict"], "not_met")
        self.assertIn("Growth over many inputs in one process", pathlib.Path(document["report"]).read_text())
        again = self.percuss("repro", document["package"], "--finding", findings["list"]["id"], "--runs", "2", "--json")
        self.assertEqual(again.returncode, FAIL, again.stdout + again.stderr)
        replay = json.loads((package / "findings" / findings["list"]["id"] / "replay.json").read_text())
        self.assertEqual(replay["repetition"], {"rounds": 128, "inputs": 16})

    def test_inputs_that_were_handed_in_are_measured_where_the_campaign_file_asks(self):
        campaign = self.write_campaign([self.target("LIST")])
        done = self.percuss("triage", "--campaign", campaign, "--target", "list", self.folder / "seeds", "--reruns",
                            "2", "--out", self.folder / "out", "--json", "--quiet")
        self.assertEqual(done.returncode, FAIL, done.stdout + done.stderr)
        self.assertEqual([(f["class"], f["function"]) for f in json.loads(done.stdout)["findings"]],
                         [("memory-growth", "keep_in_list")])
        self.assertEqual(self.manifest()["targets"][0]["retention"]["verdict"], "grows")

    def test_a_cache_that_is_full_is_no_growth(self):
        self.run_campaign([self.target("CACHE")], expect=PASS)
        retention = self.manifest()["targets"][0]["retention"]
        self.assertEqual(retention["verdict"], "none", retention)
        self.assertTrue(all(rate["verdict"] == "none" for rate in retention["rates"]), retention)
        criterion = next(c for c in self.manifest()["acceptance"] if c["id"] == "retention")
        self.assertEqual(criterion["verdict"], "met")
        self.assertIn("at most 0 bytes per 1000 inputs", criterion["value"])


if __name__ == "__main__":
    unittest.main()
