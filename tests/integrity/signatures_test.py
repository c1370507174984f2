# SPDX-License-Identifier: Apache-2.0
"""Further signatures, keys that are replaced and keys that are revoked."""
import base64
import hashlib
import json
import shutil
import subprocess

from integrity.sample import JUDGE, SEALED_AT, VERIFY_RECORDS, SampleTest, python
from support.percuss_cli import FAIL, ROOT, USAGE

SCHEMA = ROOT / "reports" / "schema" / "trust.v1.schema.json"


class SignaturesTest(SampleTest):
    def setUp(self):
        super().setUp()
        self.trust = self.folder / "trust.json"

    def trust_lab(self, *arguments):
        self.run_well("trust", "add", self.trust, self.lab, "--from", "2026-01-01T00:00:00Z", *arguments)

    def sign(self, key, name="Ada Smith"):
        self.run_well("sign", self.package, "--beside", "--meaning", "approval", "--name", name, "--role", "QA",
                      "--key", f"{key}.key")

    def test_further_signatures_leave_the_package_as_it_is(self):
        before = self.package.read_bytes()
        ada, ada_id = self.new_key("ada")
        ben, ben_id = self.new_key("ben")
        self.sign(ada)
        self.sign(ben, "Ben Größe")
        self.assertEqual(self.package.read_bytes(), before)
        found = self.verify_both("--signatures", 3)["signatures"]
        self.assertEqual([s["key_id"] for s in found[1:]], [ada_id, ben_id])
        self.assertEqual(found[2]["name"], "Ben Größe")
        self.assertIn("asked for", self.words(self.verify_both("--signatures", 4, expect=FAIL)))
        self.trust_lab()
        strange = self.verify_both("--trust", self.trust, expect=FAIL)
        self.assertEqual(len(strange["problems"]), 2)
        for key in (ada, ben):
            self.run_well("trust", "add", self.trust, f"{key}.pub", "--from", "2026-01-01T00:00:00Z")
        whole = self.verify_both("--trust", self.trust, "--signatures", 3)
        self.assertTrue(all(s["trusted"] for s in whole["signatures"]))
        self.assertEqual(whole["notes"], [])

    def test_a_further_signature_that_was_changed_moved_or_cut_is_found(self):
        ada, _ = self.new_key("ada")
        self.sign(ada)
        beside = self.package.with_name("package.zip.intoto.jsonl")
        sound = beside.read_bytes()
        for at in range(0, len(sound), 53):
            beside.write_bytes(sound[:at] + bytes([sound[at] ^ 1]) + sound[at + 1:])
            done = self.percuss("verify", self.package)
            self.assertEqual(done.returncode, FAIL, f"byte {at}: {done.stdout}")
        for changed in (sound[:-1], sound[:40], b"{}\n", sound.replace(b"\n", b" \n"), b"\xff\n", b"[" * 5000 + b"\n"):
            beside.write_bytes(changed)
            self.verify_both(expect=FAIL)
        beside.write_bytes(sound)
        shutil.rmtree(self.folder / "sample")
        subprocess.run([JUDGE, "make", self.folder / "sample", "other"], check=True)
        beside.write_bytes(sound)
        self.assertIn("another package", self.words(self.verify_both(expect=FAIL)))

    def test_what_a_replaced_key_signed_in_its_time_stays_good(self):
        self.trust_lab()
        _, new_id = self.new_key("lab-2027")
        lab_id = json.loads(self.run_well("key", "show", self.lab, "--json").stdout)["key_id"]
        self.run_well("trust", "add", self.trust, self.folder / "keys" / "lab-2027.pub", "--replaces", lab_id,
                      "--from", "2026-03-01T00:00:00Z")
        entry = json.loads(self.trust.read_text())["keys"][0]
        self.assertEqual((entry["valid_until"], entry["successor"]), ("2026-03-01T00:00:00Z", new_id))
        self.assertTrue(self.verify_both("--trust", self.trust)["key_verified"])
        # Had it been replaced before it sealed, it would not count.
        self.trust.unlink()
        self.run_well("trust", "add", self.trust, self.lab, "--from", "2026-01-01T00:00:00Z")
        self.run_well("trust", "add", self.trust, self.folder / "keys" / "lab-2027.pub", "--replaces", lab_id,
                      "--from", "2026-01-31T23:59:59Z")
        late = self.verify_both("--trust", self.trust, expect=FAIL)
        self.assertIn(f"its successor is {new_id}", self.words(late))
        self.assertTrue(late["sealed"])

    def test_a_key_counts_from_its_first_moment_to_before_its_last(self):
        for window, expect in ((("--from", SEALED_AT), 0), (("--from", "2026-02-01T00:00:01Z"), FAIL),
                               (("--from", "2026-01-01T00:00:00Z", "--until", SEALED_AT), FAIL),
                               (("--from", "2026-01-01T00:00:00Z", "--until", "2026-02-01T00:00:01Z"), 0)):
            self.trust.unlink(missing_ok=True)
            self.run_well("trust", "add", self.trust, self.lab, *window)
            self.verify_both("--trust", self.trust, expect=expect)

    def test_a_revoked_key_is_named(self):
        self.trust_lab()
        lab_id = json.loads(self.run_well("key", "show", self.lab, "--json").stdout)["key_id"]
        self.run_well("trust", "revoke", self.trust, lab_id, "--reason", "laptop stolen", "--at",
                      "2026-06-01T00:00:00Z")
        revoked = self.words(self.verify_both("--trust", self.trust, expect=FAIL))
        for word in ("lab", lab_id, "2026-06-01T00:00:00Z", "laptop stolen"):
            self.assertIn(word, revoked)

    def test_records_are_judged_by_the_trust_file_too(self):
        records = json.loads(self.run_well("history", self.records, "--json").stdout)["records"]
        ada, ada_id = self.record_key("a", "ada")
        ben, _ = self.record_key("b", "ben")
        self.run_well("trust", "add", self.trust, ada, "--from", "2026-01-01T00:00:00Z")
        self.assertEqual(self.history_both("--trust", self.trust, expect=FAIL)["problems"][0]["line"], 2)
        for told in (self.percuss("history", self.records, "--trust", self.trust),
                     python(VERIFY_RECORDS, self.records, "--trust", self.trust)):
            self.assertIn(f"problem: {self.records}:2: ", told.stdout, "where verify tells its problems too")
            self.assertEqual(told.stderr, "")
        none = self.percuss("history", self.records, "--finding", "F-000000000000")
        self.assertIn("no record is of F-000000000000", none.stdout)
        self.run_well("trust", "add", self.trust, ben, "--from", "2026-01-01T00:00:00Z")
        self.assertEqual(len(self.history_both("--trust", self.trust)["records"]), len(records))
        self.run_well("trust", "revoke", self.trust, ada_id, "--reason", "left", "--at", "2026-03-01T00:00:00Z")
        self.assertEqual([p["line"] for p in self.history_both("--trust", self.trust, expect=FAIL)["problems"]],
                         [1, 3, 5])

    def record_key(self, letter, name):
        """The .pub file of a key of the sample's records, from what a record says."""
        lines = self.records.read_text().splitlines()
        payload = json.loads(base64.b64decode(json.loads(lines["ab".index(letter)])["payload"]))
        public = payload["by"]["public_key"]
        key_id = hashlib.sha256(base64.b64decode(public)).hexdigest()[:16]
        path = self.folder / f"{name}.pub"
        path.write_text(json.dumps({"schema": "percuss.pub.v1", "type": "ed25519", "name": name, "public": public,
                                    "key_id": key_id}))
        return path, key_id

    def test_the_trust_file_matches_its_schema_and_errors_name_the_line(self):
        self.trust_lab()
        validate = ("import json,sys,jsonschema; jsonschema.Draft202012Validator(json.load(open(sys.argv[1])))"
                    ".validate(json.load(open(sys.argv[2])))")

        def schema_allows():
            return subprocess.run(["/usr/bin/python3", "-c", validate, SCHEMA, self.trust], capture_output=True,
                                  check=False).returncode == 0
        self.assertTrue(schema_allows())
        sound = json.loads(self.trust.read_text())
        for change in ({"valid_from": "yesterday"}, {"valid_until": ""}, {"revoked": {"at": SEALED_AT}},
                       {"comment": "x"}, {"name": ""}, {"public": "AAAA"}, {"key_id": 7}):
            changed = {**sound, "keys": [{**sound["keys"][0], **change}]}
            self.trust.write_text(json.dumps(changed, indent=1))
            self.assertFalse(schema_allows(), change)
            done = self.percuss("verify", self.package, "--trust", self.trust)
            self.assertEqual(done.returncode, USAGE, (change, done.stdout, done.stderr))
            self.assertRegex(done.stderr, r"trust\.json:\d+: ")
