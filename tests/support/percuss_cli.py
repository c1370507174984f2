# SPDX-License-Identifier: Apache-2.0
"""Runs the built command as a user would. PERCUSS_BUILD names the build folder."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = pathlib.Path(os.environ.get("PERCUSS_BUILD", ROOT / "build" / "default"))
PERCUSS = BUILD / "bin" / "percuss"
HARNESSES = BUILD / "harnesses"

PASS, INFRASTRUCTURE, FAIL, INCONCLUSIVE, USAGE = 0, 1, 2, 3, 64


def percuss(*arguments, timeout=900, typed="", **options):
    """The finished process, with stdout and stderr as text."""
    return subprocess.run([str(PERCUSS), *map(str, arguments)], input=typed, capture_output=True, text=True,
                          timeout=timeout, check=False, **options)


class CliTest(unittest.TestCase):
    """A test with a folder of its own and a home of its own, so that no key of the machine's user signs anything."""

    def setUp(self):
        keeper = tempfile.TemporaryDirectory(prefix="percuss-test-")
        self.addCleanup(keeper.cleanup)
        self.folder = pathlib.Path(keeper.name)
        home = self.folder / "home"
        home.mkdir()
        self.environment = {**os.environ, "HOME": str(home)}
        self.environment.pop("XDG_CONFIG_HOME", None)
        self.environment.pop("XDG_CACHE_HOME", None)

    def percuss(self, *arguments, **options):
        return percuss(*arguments, env=self.environment, **options)

    def write_campaign(self, targets, name="campaign", **members):
        path = self.folder / f"{name}.json"
        path.write_text(json.dumps({"schema": "percuss.campaign.v1", "targets": targets, **members}))
        return path

    def run_campaign(self, targets, *arguments, expect=None, name="campaign", **members):
        """Runs a campaign in a fresh folder (unless it resumes); its --json document."""
        if "--resume" not in arguments:
            shutil.rmtree(self.folder / "out", ignore_errors=True)
        path = self.write_campaign(targets, name, **members)
        done = self.percuss("run", path, "--out", self.folder / "out", "--json", "--quiet", *arguments)
        if expect is not None:
            self.assertEqual(done.returncode, expect, done.stdout[-3000:] + done.stderr[-3000:])
        return json.loads(done.stdout)

    def replays(self, document, finding):
        """From the package alone, as the same bug."""
        done = self.percuss("repro", document["package"], "--finding", finding["id"], "--runs", "2", "--json")
        self.assertEqual(done.returncode, FAIL, done.stderr)
        self.assertTrue(json.loads(done.stdout)["findings"][0]["same_bug"])

    def manifest(self):
        return json.loads((self.folder / "out" / "package" / "manifest.json").read_text())


def strays(marker):
    """Processes that still name `marker` in their command line or environment."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            text = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
        except OSError:
            continue
        if marker.encode() in text:
            found.append((int(entry.name), (entry / "cmdline").read_bytes()))
    return found
