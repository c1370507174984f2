# SPDX-License-Identifier: Apache-2.0
"""A campaign whose engine looks for costly inputs instead of new code: it finds the input that takes too long, and
keeps the costliest ones that it saw as evidence."""
import hashlib
import subprocess

from support.own_target import build
from support.percuss_cli import CliTest, FAIL, ROOT, USAGE

# The reference device's DICOM server with one of its planted bugs, wildcards that are matched in exponential time.
SOURCE = "#define PERCUSS_BUG_DICOM_05\n" + "".join(
    f'#include "targets/reference/dicom/{name}.c"\n'
    for name in ("dicom_bytes", "dicom_upper_layer", "dicom_associate", "dicom_dimse", "dicom_data_set",
                 "dicom_services")) + r"""
static void no_pdu(void* context, const uint8_t* bytes, size_t count) { (void)context; (void)bytes; (void)count; }
static void no_preview(void* context, const struct dicom_preview* preview) { (void)context; (void)preview; }
static const struct dicom_hal hal = {malloc, free};
static const struct dicom_callbacks callbacks = {NULL, no_pdu, no_preview};
PERCUSS_HARNESS(dicom_server, 1) {
  dicom_open(&hal, &callbacks);
  dicom_receive(data, size);
  dicom_close();
  return 0;
}
"""


class CostSearchTest(CliTest):
    def target(self, **members):
        binaries = {name: build(self.folder, "dicom", SOURCE, name) for name in ("libfuzzer", "cost")}
        return {"id": "dicom", "binaries": binaries, "engines": ["cost"], "limits": {"input_ms": 400},
                "seeds": str(ROOT / "corpora/dicom_ul/seed"), **members}

    def edges_of(self, binary, path):
        listed = self.folder / "listed"
        listed.unlink(missing_ok=True)
        subprocess.run([binary, str(path)], env={**self.environment, "PERCUSS_COST_LIST": str(listed)}, check=True,
                       capture_output=True)
        return int(listed.read_text().split()[0])  # libFuzzer may run it again, to look for leaks

    def test_the_exponential_plant(self):
        target = self.target(budget={"executions": 3000, "wall_s": 20})
        document = self.run_campaign([target], "--seed", "1", expect=FAIL)
        found = {(f["function"], f["kind"]) for f in document["findings"]}
        self.assertTrue(found & {("dicom_match_wildcard", "hang"), ("dicom_match_wildcard", "slow")}, found)
        run = self.manifest()["targets"][0]
        self.assertEqual({engine["engine"] for engine in run["engines"]}, {"cost"})
        self.assertGreater(sum(engine["executions"] for engine in run["engines"]), 100)
        # As evidence: what is said of the worst input can be counted again.
        costliest = run["costliest"]
        self.assertEqual([i["cost"] for i in costliest], sorted((i["cost"] for i in costliest), reverse=True))
        worst = self.folder / "out/package" / costliest[0]["path"]
        self.assertEqual(hashlib.sha256(worst.read_bytes()).hexdigest(), costliest[0]["sha256"])
        self.assertEqual(worst.stat().st_size, costliest[0]["bytes"])
        self.assertEqual(self.edges_of(target["binaries"]["cost"], worst), costliest[0]["cost"])
        seeds = (self.edges_of(target["binaries"]["cost"], seed) for seed in (ROOT / "corpora/dicom_ul/seed").iterdir())
        self.assertGreater(costliest[0]["cost"], max(seeds))
        report = next((self.folder / "out").glob("*.html")).read_text()
        self.assertIn("Costliest inputs of dicom", report)
        self.assertIn(costliest[0]["sha256"], report)

    def test_what_it_finds_needs_a_build_that_judges_it(self):
        binary = self.target()["binaries"]["cost"]
        path = self.write_campaign([{"id": "dicom", "binaries": {"cost": binary}, "engines": ["cost"]}])
        refused = self.percuss("run", path, "--out", self.folder / "out")
        self.assertEqual(refused.returncode, USAGE)
        self.assertIn("needs a libfuzzer or an aflpp binary", refused.stderr)
