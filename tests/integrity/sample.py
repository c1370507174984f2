# SPDX-License-Identifier: Apache-2.0
"""A sealed package and records about it, and the same question put to both verifiers."""
import json
import subprocess

from support.percuss_cli import BUILD, CliTest, PASS, ROOT

JUDGE = BUILD / "bin" / "integrity_judge"
VERIFY = ROOT / "reports" / "verify" / "percuss_verify.py"
VERIFY_RECORDS = ROOT / "reports" / "verify" / "percuss_verify_records.py"
SEALED_AT = "2026-02-01T00:00:00Z"  # by the sample's clock; its records say the same


def python(script, *arguments):
    return subprocess.run(["/usr/bin/python3", "-B", script, *map(str, arguments)], capture_output=True, text=True,
                          check=False, timeout=120)


class SampleTest(CliTest):
    def setUp(self):
        super().setUp()
        subprocess.run([JUDGE, "make", self.folder / "sample"], check=True)
        self.package = self.folder / "sample" / "package.zip"
        self.records = self.folder / "sample" / "records.jsonl"
        self.lab = self.folder / "sample" / "keys" / "lab.pub"

    def run_well(self, *arguments, expect=PASS, **options):
        done = self.percuss(*arguments, **options)
        self.assertEqual(done.returncode, expect, f"{arguments}\n{done.stdout}{done.stderr}")
        return done

    def new_key(self, name):
        """The folder/NAME without its suffix, and the key's id."""
        done = self.run_well("key", "new", "--name", name, "--folder", self.folder / "keys", "--json")
        return self.folder / "keys" / name, json.loads(done.stdout)["key_id"]

    def verify_both(self, *arguments, expect=PASS):
        """What percuss says, once both are seen to agree."""
        ours = self.percuss("verify", self.package, "--json", *arguments)
        theirs = python(VERIFY, self.package, "--json", *arguments)
        self.assertEqual(ours.returncode, expect, ours.stdout + ours.stderr)
        self.assertEqual(theirs.returncode, expect, ours.stdout + theirs.stdout + theirs.stderr)
        ours, theirs = json.loads(ours.stdout), json.loads(theirs.stdout)
        for member in ("sealed", "signed", "signer", "key_verified"):
            self.assertEqual(ours[member], theirs[member], (member, ours, theirs))
        self.assertEqual(sorted(p["path"] for p in ours["problems"]), sorted(p["path"] for p in theirs["problems"]))
        return ours

    def history_both(self, *arguments, expect=PASS):
        ours = self.percuss("history", self.records, "--json", *arguments)
        theirs = python(VERIFY_RECORDS, self.records, "--json", *arguments)
        self.assertEqual(ours.returncode, expect, ours.stdout + ours.stderr)
        self.assertEqual(theirs.returncode, expect, ours.stdout + theirs.stdout + theirs.stderr)
        ours, theirs = json.loads(ours.stdout), json.loads(theirs.stdout)[str(self.records)]
        self.assertEqual([p["line"] for p in ours["problems"]], [p["line"] for p in theirs], (ours["problems"], theirs))
        return ours

    def words(self, result):
        return " ".join(problem["what"] for problem in result["problems"])
