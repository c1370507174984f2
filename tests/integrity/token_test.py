# SPDX-License-Identifier: Apache-2.0
"""Keys that stay in a token, which SoftHSM plays."""
import json
import subprocess

from integrity.sample import SampleTest
from support.percuss_cli import INFRASTRUCTURE, USAGE

MODULE = "/usr/lib/softhsm/libsofthsm2.so"


class TokenTest(SampleTest):
    def setUp(self):
        super().setUp()
        (self.folder / "tokens").mkdir()
        config = self.folder / "softhsm2.conf"
        config.write_text(f"directories.tokendir = {self.folder}/tokens\nobjectstore.backend = file\n")
        self.environment.update(SOFTHSM2_CONF=str(config), PERCUSS_PIN="1234")
        self.tool("softhsm2-util", "--init-token", "--free", "--label", "Lab", "--pin", "1234", "--so-pin", "5678")
        self.make_key("release", "01")
        self.uri = f"pkcs11:token=Lab;object=release?module-path={MODULE}"

    def tool(self, *arguments):
        subprocess.run(list(arguments), check=True, capture_output=True, env=self.environment)

    def make_key(self, label, key_id):
        self.tool("pkcs11-tool", "--module", MODULE, "--token-label", "Lab", "--login", "--pin", "1234", "--keypairgen",
                  "--key-type", "EC:edwards25519", "--label", label, "--id", key_id)

    def test_it_signs_records_and_packages_and_both_verifiers_believe_it(self):
        shown = self.run_well("key", "show", self.uri, "--save", self.folder / "token.pub", "--json")
        key_id = json.loads(shown.stdout)["key_id"]
        before = len(json.loads(self.run_well("history", self.records, "--json").stdout)["records"])
        self.run_well("sign", self.package, "--meaning", "approval", "--name", "Ada", "--role", "QA", "--records",
                      self.records, "--key", self.uri)
        found = self.history_both()["records"]
        self.assertEqual((len(found), found[-1]["key_id"]), (before + 1, key_id))
        self.run_well("sign", self.package, "--meaning", "approval", "--name", "Ada", "--role", "QA", "--beside",
                      "--key", self.uri)
        trust = self.folder / "trust.json"
        for key in (self.lab, self.folder / "token.pub"):
            self.run_well("trust", "add", trust, key, "--from", "2026-01-01T00:00:00Z")
        self.verify_both("--trust", trust, "--signatures", 2)

    def test_the_pin_may_be_in_a_file_and_never_in_the_command(self):
        del self.environment["PERCUSS_PIN"]
        pin = self.folder / "pin"
        pin.write_text("1234\n")
        self.assertIn("PERCUSS_PIN", self.run_well("key", "show", self.uri, expect=USAGE).stderr)
        self.run_well("key", "show", f"{self.uri}&pin-source=file:{pin}")
        told = self.run_well("key", "show", f"{self.uri}&pin-value=1234", expect=USAGE)
        self.assertIn("pin-source", told.stderr)
        self.assertNotIn("1234", told.stderr)
        pin.write_text("9999")
        refused = self.run_well("key", "show", f"{self.uri}&pin-source=file:{pin}", expect=INFRASTRUCTURE)
        self.assertIn("refuses the PIN", refused.stderr)

    def test_a_campaign_asks_the_token_before_anything_runs(self):
        campaign = self.write_campaign([{"id": "a", "harness": "pump_serial"}])
        self.environment["PERCUSS_PIN"] = "9999"
        refused = self.run_well("run", campaign, "--key", self.uri, "--out", self.folder / "out", expect=INFRASTRUCTURE)
        self.assertIn("refuses the PIN", refused.stderr)

    def test_what_is_missing_or_unclear_is_said(self):
        module = f"?module-path={MODULE}"
        self.make_key("second", "02")
        self.tool("pkcs11-tool", "--module", MODULE, "--token-label", "Lab", "--login", "--pin", "1234", "--keypairgen",
                  "--key-type", "EC:prime256v1", "--label", "nist", "--id", "03")
        for uri, expect, words in ((f"pkcs11:token=None;object=release{module}", INFRASTRUCTURE, "no token fits"),
                                   (f"pkcs11:token=Lab;object=lost{module}", INFRASTRUCTURE, "no such private key"),
                                   (f"pkcs11:token=Lab;object=nist{module}", INFRASTRUCTURE, "no such private key"),
                                   (f"pkcs11:token=Lab{module}", USAGE, "several keys fit"),
                                   ("pkcs11:token=Lab?module-path=/none.so", USAGE, "/none.so"),
                                   ("pkcs11:%zz", USAGE, "RFC 7512")):
            self.assertIn(words, self.run_well("key", "show", uri, expect=expect).stderr, uri)
        self.run_well("key", "show", f"pkcs11:token=Lab;id=%02{module}")
