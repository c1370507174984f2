# SPDX-License-Identifier: Apache-2.0
"""A TLS server in sessions of clients: recorded ones go past the handshake, each property can fail and is found to, and
none does with a server that makes no mistake."""
import json
import re
import shutil
import subprocess
import unittest

from support.percuss_cli import CliTest, HARNESSES, PASS, ROOT

CORPUS = ROOT / "corpora" / "tls_session"
SHARED_KEY = "3c915ed807a26fb4e31d78c52a964bf0"
# Without certificates, which cost a hundred times as much.
QUICK = ("psk", "psk_keyed", "resumed", "resumed_keyed", "cbc", "next_connection", "wrong_key", "old_version")


def expected():
    return dict(re.findall(r"^\| (TLSS-\d+): [^|]*\| (CWE-\S+) \|$", (CORPUS / "ORIGIN.md").read_text(), re.M))


class TlsSessionTest(CliTest):
    def run_harness(self, harness, *arguments, **environment):
        return subprocess.run([HARNESSES / harness / "libfuzzer", *map(str, arguments)], capture_output=True,
                              check=False, text=True, errors="replace", timeout=500, cwd=self.folder,
                              env={**self.environment, "ASAN_OPTIONS": "symbolize=0", **environment})

    def steps(self, *files):
        path = self.folder / "states.json"
        done = self.run_harness("tls_session", *files, PERCUSS_SESSION_STATES=str(path))
        self.assertEqual(done.returncode, 0, done.stderr[-2000:])
        return {(step["from"], step["request"], step["reply"]) for step in json.loads(path.read_text())["steps"]}

    def quick_seeds(self):
        seeds = self.folder / "seeds"
        seeds.mkdir(exist_ok=True)
        for name in QUICK:
            shutil.copy(CORPUS / "seed" / name, seeds)
        return seeds

    def fuzz(self, harness, seed=1):
        """The properties that a search of a fixed length, along the model, breaks."""
        seeds, corpus = self.quick_seeds(), self.folder / f"{harness}-{seed}"
        corpus.mkdir()
        done = self.run_harness(harness, "-runs=12000", f"-seed={seed}", "-max_len=2048",
                                f"-dict={CORPUS / 'dict' / 'tls_session.dict'}", f"-artifact_prefix={corpus}/",
                                corpus, seeds, PERCUSS_ISOLATE="1",
                                PERCUSS_MODEL=str(ROOT / "protocols" / "models" / "tls_session.model"))
        self.assertIn("Done 12000 runs", done.stderr, done.stderr[-2000:])
        return set(re.findall(r"percuss: property violated: (\S+): ", done.stderr))

    def test_recorded_sessions_go_past_the_handshake(self):
        steps = self.steps(*sorted((CORPUS / "seed").iterdir()))
        for step in (("connected", "hs1", "8 client key"),
                     ("8 client key", "hs16 cipher finished", "16 handshake over"),
                     ("16 handshake over", "data", "16 handshake over, data"),
                     # of a client whose keys the harness has
                     ("11 client finished", "finished", "16 handshake over"),
                     ("7 client certificate, unknown client", "hs11 hs16 hs15 cipher finished",
                      "16 handshake over, proven client"),
                     # with a ticket
                     ("10 client cipher", "cipher finished data", "16 handshake over, data"),
                     # refused: the version, the suites, the key, a second handshake, no certificate
                     ("connected", "hs1", "1 client hello, alert 70, error -28288"),
                     ("connected", "hs1", "1 client hello, alert 40, error -29568"),
                     ("8 client key", "hs16 cipher finished", "11 client finished, alert 20, error -29056"),
                     ("16 handshake over, data", "hs217", "16 handshake over, data, alert 100"),
                     ("7 client certificate, unknown client", "hs11",
                      "7 client certificate, unknown client, error -29824")):
            self.assertIn(step, steps)

    def test_a_client_that_says_nothing_for_long_is_left(self):
        hello = (CORPUS / "seed" / "psk").read_bytes().split(b"\xf5\x5e\x55M")[0]
        late = self.folder / "late"
        late.write_bytes(hello + b"\xf5\x5e\x55W\x11\x27" + bytes(5))
        self.assertIn(("connected", "hs1", "8 client key, error -26624"), self.steps(late))

    def test_five_bytes_of_a_record_are_no_header(self):
        body = self.folder / "body"
        body.write_bytes(b"\x16\x03\x03\x00\x05" + b"\x16\x03\x7f\x00\x04")
        self.assertIn(("connected", "hs22", "1 client hello, error -30976"), self.steps(body))

    def test_a_client_of_today_is_recorded_and_answered_in_process(self):
        record = self.folder / "recorded"
        with subprocess.Popen([HARNESSES / "tls_session" / "record", record, "1"], stdout=subprocess.PIPE,
                              text=True) as server:
            port = int(server.stdout.readline())
            with subprocess.Popen(
                    ["openssl", "s_client", "-quiet", "-connect", f"127.0.0.1:{port}", "-tls1_2", "-cipher",
                     "PSK-AES128-GCM-SHA256", "-psk_identity", "pump1", "-psk", SHARED_KEY],
                    stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as client:
                client.stdin.write(b"status 1\n")
                client.stdin.flush()
                said = client.stdout.read(len("................taken 9"))
                client.stdin.close()
                client.kill()
            self.assertEqual(server.wait(60), 0)
        self.assertTrue(said.endswith(b"taken 9"), said)
        replies = [reply for before, _, reply in self.steps(record) if before == "16 handshake over"]
        self.assertEqual([reply.startswith("16 handshake over, data") for reply in replies], [True])
        self.assertEqual(self.percuss("session", record).stdout.splitlines()[0], "# percuss session 1")

    def test_each_mistake_breaks_its_property_and_no_other(self):
        proofs = sorted((CORPUS / "planted").iterdir())
        self.assertEqual([proof.stem for proof in proofs], sorted(expected()))
        for proof in proofs:
            said = self.run_harness("tls_session_planted", proof).stderr
            broken = re.findall(r"^percuss: property violated: (\S+): .* \[\w+\]$", said, re.M)
            self.assertEqual(broken, [expected()[proof.stem]], proof.stem)

    def test_the_states_that_were_reached_are_in_the_package_and_in_the_report(self):
        campaign = self.write_campaign([{"id": "tls", "harness": "tls_session", "seeds": str(self.quick_seeds()),
                                         "budget": {"wall_s": 1}}])
        done = self.percuss("run", campaign, "--out", self.folder / "out")
        self.assertEqual(done.returncode, PASS, done.stdout + done.stderr)
        states = self.manifest()["targets"][0]["session_states"]
        self.assertTrue(states["present"])
        self.assertGreaterEqual(states["sessions"], len(QUICK))
        steps = {(step["from"], step["request"], step["reply"]) for step in states["steps"]}
        self.assertIn(("8 client key", "hs16 cipher finished", "16 handshake over"), steps)
        self.assertRegex(done.stdout, rf"(?m)^tls: \d+ states by {len(steps)} steps, \d+ sequences of replies, "
                                      rf"in {states['sessions']} sessions of the corpus$")
        page = (self.folder / "out" / "package" / "report.html").read_text()
        self.assertIn("States of sessions with tls", page)
        self.assertIn("<title>8 client key → 16 handshake over: ", page)

    def test_the_server_without_mistakes_keeps_them_all(self):
        files = [path for folder in ("seed", "planted") for path in sorted((CORPUS / folder).iterdir())]
        done = self.run_harness("tls_session", *files)
        self.assertEqual(done.returncode, 0, done.stderr[-2000:])
        self.assertEqual(done.stderr.count("Executed "), len(files))

    def test_fuzzing_finds_mistakes_where_they_are_and_none_where_none_are(self):
        said = expected()
        wanted, broken = {said[f"TLSS-0{number}"] for number in (1, 2, 3, 4)}, set()
        for seed in range(1, 5):  # the old client behind a failed handshake is found by most searches, not by all
            if not wanted <= broken:
                broken |= self.fuzz("tls_session_planted", seed)
        self.assertLessEqual(wanted, broken)
        self.assertEqual(self.fuzz("tls_session"), set())


if __name__ == "__main__":
    unittest.main()
