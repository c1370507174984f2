# SPDX-License-Identifier: Apache-2.0
"""Time stamps by an authority of OpenSSL's own, by files and over the loopback."""
import http.server
import json
import pathlib
import subprocess
import tempfile
import threading

from integrity.sample import SampleTest
from support.percuss_cli import FAIL, INFRASTRUCTURE, USAGE

CONFIG = """
[tsa]
default_tsa = one
[one]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
certs = {folder}/ca.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ordering = yes
ess_cert_id_chain = no
ess_cert_id_alg = sha256
[extensions]
basicConstraints = critical,CA:false
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
"""


class Authority:
    """A certificate of a CA of its own, and `openssl ts -reply`."""

    def __init__(self, folder):
        folder.mkdir()
        self.folder, self.ca = folder, folder / "ca.pem"
        self.config = folder / "openssl.cnf"
        self.config.write_text(CONFIG.format(folder=folder))
        (folder / "serial").write_text("01\n")
        self.openssl("req", "-x509", "-newkey", "ed25519", "-nodes", "-keyout", folder / "ca.key", "-out", self.ca,
                     "-subj", "/O=Time/CN=Root", "-days", "2")
        self.openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", folder / "tsa.key", "-out", folder / "tsa.csr",
                     "-subj", "/O=Time/CN=Stamp authority")
        self.openssl("x509", "-req", "-in", folder / "tsa.csr", "-CA", self.ca, "-CAkey", folder / "ca.key",
                     "-CAcreateserial", "-out", folder / "tsa.pem", "-days", "2", "-extfile", self.config,
                     "-extensions", "extensions")

    @staticmethod
    def openssl(*arguments):
        subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)

    def reply(self, request, response):
        self.openssl("ts", "-reply", "-config", self.config, "-queryfile", request, "-out", response)


class TimeStampsTest(SampleTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        keeper = tempfile.TemporaryDirectory(prefix="percuss-tsa-")
        cls.addClassCleanup(keeper.cleanup)
        cls.authority = Authority(pathlib.Path(keeper.name) / "one")
        cls.other = Authority(pathlib.Path(keeper.name) / "two")

    def stamp(self, subject, authority=None):
        question, answer = self.folder / "q.tsq", self.folder / "a.tsr"
        self.run_well("timestamp", "request", subject, "-o", question)
        (authority or self.authority).reply(question, answer)
        return answer

    def attach(self, subject, *arguments, expect=0, authority=None):
        return self.run_well("timestamp", "attach", subject, self.stamp(subject, authority), *arguments, expect=expect)

    def test_a_package_by_files(self):
        attached = json.loads(self.attach(self.package, "--tsa-ca", self.authority.ca, "--json").stdout)
        self.assertEqual(attached["authority"], "O = Time, CN = Stamp authority")
        self.assertTrue(attached["verified"])
        found = self.verify_both("--tsa-ca", self.authority.ca)["time_stamps"]
        self.assertEqual([(s["time"], s["verified"]) for s in found], [(attached["time"], True)])
        self.assertIn("not verified", " ".join(self.verify_both()["notes"]))
        # A second authority may stamp it too; one that the CA does not vouch for is named.
        self.attach(self.package, authority=self.other)
        wrong = self.verify_both("--tsa-ca", self.authority.ca, expect=FAIL)
        self.assertEqual([p["path"] for p in wrong["problems"]], ["package.zip.2.tsr"])

    def test_openssl_reads_the_request_and_verifies_the_answer_with_it(self):
        answer = self.stamp(self.package)
        Authority.openssl("ts", "-verify", "-queryfile", self.folder / "q.tsq", "-in", answer, "-CAfile",
                          self.authority.ca)
        Authority.openssl("ts", "-verify", "-data", self.package, "-in", answer, "-CAfile", self.authority.ca)

    def test_what_is_no_stamp_of_this_file_is_refused_and_found(self):
        answer = self.stamp(self.records)
        refused = self.run_well("timestamp", "attach", self.package, answer, expect=USAGE)
        self.assertIn("other content", refused.stderr)
        sound = self.stamp(self.package).read_bytes()
        for text in (b"", b"no stamp", sound[:-1], sound + b"x", sound[:200], b"\x30\x03\x02\x01\x02"):
            bad = self.folder / "bad.tsr"
            bad.write_bytes(text)
            self.run_well("timestamp", "attach", self.package, bad, expect=USAGE)
            self.package.with_name("package.zip.tsr").write_bytes(text)
            self.verify_both("--tsa-ca", self.authority.ca, expect=FAIL)
        beside = self.package.with_name("package.zip.tsr")
        for at in range(0, len(sound), 199):
            beside.write_bytes(sound[:at] + bytes([sound[at] ^ 1]) + sound[at + 1:])
            done = self.percuss("verify", self.package, "--tsa-ca", self.authority.ca)
            self.assertEqual(done.returncode, FAIL, f"byte {at}: {done.stdout}")
        beside.unlink()
        self.assertIn("no time stamp", self.words(self.verify_both("--tsa-ca", self.authority.ca, expect=FAIL)))

    def test_records_are_stamped_up_to_their_last_and_stay_so_when_more_come(self):
        self.attach(self.records, "--tsa-ca", self.authority.ca)
        self.assertTrue(self.records.with_name("records.jsonl.6.tsr").exists())
        self.run_well("key", "new")
        self.run_well("sign", self.package, "--meaning", "approval", "--name", "Cem", "--role", "QA", "--records",
                      self.records)
        found = self.history_both("--tsa-ca", self.authority.ca)
        self.assertEqual([s["file"] for s in found["time_stamps"]], ["records.jsonl.6.tsr"])
        self.assertEqual(len(found["records"]), 7)
        self.history_both("--tsa-ca", self.other.ca, expect=FAIL)

    def test_a_stamp_from_before_keeps_what_a_revoked_key_signed(self):
        trust = self.folder / "trust.json"
        self.run_well("trust", "add", trust, self.lab, "--from", "2026-01-01T00:00:00Z")
        lab_id = json.loads(self.run_well("key", "show", self.lab, "--json").stdout)["key_id"]
        self.attach(self.package)
        self.run_well("trust", "revoke", trust, lab_id, "--reason", "lost", "--at", "2999-01-01T00:00:00Z")
        self.verify_both("--trust", trust, expect=FAIL)
        self.verify_both("--trust", trust, "--tsa-ca", self.authority.ca)
        self.run_well("trust", "revoke", trust, lab_id, "--reason", "lost", "--at", "2026-02-01T00:00:00Z")
        self.verify_both("--trust", trust, "--tsa-ca", self.authority.ca, expect=FAIL)

    def test_an_authority_by_its_address(self):
        authority, folder = self.authority, self.folder

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                question, answer = folder / "posted.tsq", folder / "posted.tsr"
                question.write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
                assert self.headers["Content-Type"] == "application/timestamp-query"
                authority.reply(question, answer)
                self.send_response(200 if self.path == "/stamp" else 503)
                self.send_header("Content-Type", "application/timestamp-reply")
                self.end_headers()
                self.wfile.write(answer.read_bytes())

            def log_message(self, *_):
                pass

        server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        self.addCleanup(server.server_close)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.shutdown)
        url = f"http://127.0.0.1:{server.server_port}"
        self.run_well("timestamp", "request", self.package, "--url", url + "/stamp", "--tsa-ca", authority.ca)
        self.verify_both("--tsa-ca", authority.ca)
        refused = self.run_well("timestamp", "request", self.package, "--url", url + "/busy", expect=INFRASTRUCTURE)
        self.assertIn("503", refused.stderr)
        self.run_well("timestamp", "request", self.package, "--url", "file:///etc/passwd", expect=INFRASTRUCTURE)
