# SPDX-License-Identifier: Apache-2.0
"""Properties of the record layer: each can fail, and none does with the distribution's library used as it should be."""
import re
import subprocess
import tempfile
import unittest

from support.percuss_cli import HARNESSES, ROOT

CORPUS = ROOT / "corpora" / "tls_record"


def run(harness, files):
    return subprocess.run([HARNESSES / harness / "libfuzzer", *files], capture_output=True, text=True, timeout=60)


class TlsRecordTest(unittest.TestCase):
    def test_each_mistake_of_an_endpoint_breaks_its_property(self):
        said = dict(re.findall(r"^\| (TLS-\d+): [^|]*\| (CWE-\S+) \|$", (CORPUS / "ORIGIN.md").read_text(), re.M))
        proofs = sorted((CORPUS / "planted").iterdir())
        self.assertEqual([proof.stem for proof in proofs], sorted(said))
        for proof in proofs:
            said_by_run = run("tls_record_planted", [proof]).stderr
            broken = re.findall(r"percuss: property violated: (\S+): .* \[\w+\]$", said_by_run, re.M)
            self.assertEqual(broken, [said[proof.stem]], proof.stem)

    def test_the_library_as_delivered_keeps_them_all(self):
        files = [path for folder in ("seed", "planted") for path in sorted((CORPUS / folder).iterdir())]
        done = run("tls_record", files)
        self.assertEqual(done.returncode, 0, done.stderr[-2000:])
        self.assertEqual(done.stderr.count("Executed "), len(files))

    def test_a_run_is_the_same_every_time(self):
        """An act that depended on chance or time would not replay."""
        ends = set()
        for _ in range(2):
            with tempfile.TemporaryDirectory() as found:
                said = run("tls_record", ["-runs=400", "-seed=7", "-print_funcs=0", found, CORPUS / "seed"]).stderr
                ends.add(re.search(r"DONE +(cov: .* corp: \S+)", said).group(1))
        self.assertEqual(len(ends), 1, ends)


if __name__ == "__main__":
    unittest.main()
