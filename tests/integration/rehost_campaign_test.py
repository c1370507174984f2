# SPDX-License-Identifier: Apache-2.0
"""Firmware as shipped, on the fast core with a guessed memory map: both engines find a planted bug of the reference
device behind its serial port, the package holds what it takes, and the finding is reproduced from it."""
import json
import zipfile

from support.percuss_cli import BUILD, CliTest, FAIL, PASS, ROOT, USAGE

FIRMWARE = BUILD / "firmware" / "mps2-an385" / "hl7_planted.elf"
SEEDS = ROOT / "corpora" / "monitor_rehosted" / "seed"


class RehostCampaignTest(CliTest):
    def target(self, **members):
        return {"id": "monitor", "firmware": str(FIRMWARE), "rehost": "auto", "seeds": str(SEEDS), **members}

    def test_a_planted_bug_from_campaign_to_replay(self):
        document = self.run_campaign([self.target()], "--budget", "12s", "--jobs", "2", expect=FAIL)
        found = {(f["class"], f["function"]): f for f in document["findings"]}
        self.assertIn(("null-dereference", "hl7_bed_merge"), found)
        finding = found["null-dereference", "hl7_bed_merge"]
        self.assertEqual(finding["reproduced"], finding["reruns"])
        run = self.manifest()["targets"][0]
        self.assertEqual({engine["engine"] for engine in run["engines"]}, {"libfuzzer", "aflpp"})
        for engine in run["engines"]:
            self.assertGreater(engine["executions"], 500, engine)
            self.assertGreater(engine["edges"], 50, engine)
        self.assertTrue(any("guess" in note or "taken to be" in note for note in run["fidelity_limits"]),
                        run["fidelity_limits"])
        image = {binary["role"]: binary for binary in run["binaries"]}["image"]
        package = next((self.folder / "out").glob("*.zip"))
        with zipfile.ZipFile(package) as archive:
            name = next(n for n in archive.namelist() if n.endswith(image["packaged"]))
            self.assertEqual(archive.read(name), FIRMWARE.read_bytes())
        self.assertEqual(self.percuss("verify", package).returncode, PASS)
        # Nothing but the package is left of it.
        away = self.folder / "away.zip"
        away.write_bytes(package.read_bytes())
        again = self.percuss("repro", away, "--finding", finding["id"], "--json")
        self.assertEqual(again.returncode, FAIL, again.stdout + again.stderr)
        self.assertIn("hl7_bed_merge", json.dumps(json.loads(again.stdout)))

    def test_what_cannot_be_rehosted_is_told_before_anything_runs(self):
        for members, said in (({"rehost": "nowhere.json"}, "nowhere.json"),
                              ({"board": "mps2-an385"}, "not both"),
                              ({"engines": ["qemu-board"]}, "qemu-board"),
                              ({"retention": {"cpu_ms": 5}}, "retention"),
                              ({"firmware": str(ROOT / "README.md")}, "README.md")):
            path = self.write_campaign([self.target(**members)])
            refused = self.percuss("run", path, "--out", self.folder / "out")
            self.assertEqual(refused.returncode, USAGE, (members, refused.stderr))
            self.assertIn(said, refused.stderr)
