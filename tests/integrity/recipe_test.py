# SPDX-License-Identifier: Apache-2.0
"""The recipe of docs/evidence-package.md, run as it stands there, with no more than it names in the PATH."""
import re
import shutil
import subprocess
import zipfile

from integrity.sample import SampleTest
from support.percuss_cli import ROOT

TOOLS = ["awk", "cat", "cmp", "cut", "find", "openssl", "sed", "sha256sum", "sort", "unzip", "wc"]


class RecipeTest(SampleTest):
    def setUp(self):
        super().setUp()
        text = (ROOT / "docs" / "evidence-package.md").read_text()
        self.recipe = re.search(r"^## By hand\n.*?^```sh\n(.*?)^```$", text, re.M | re.S).group(1)
        self.tools = self.folder / "bin"
        self.tools.mkdir()
        for tool in TOOLS:
            (self.tools / tool).symlink_to(shutil.which(tool))
        shutil.copy(self.package, self.folder / "evidence.zip")
        shutil.copy(self.lab, self.folder / "lab.pub")

    def follow(self):
        empty = self.folder / "empty"
        shutil.rmtree(empty, ignore_errors=True)
        empty.mkdir()
        return subprocess.run(["/bin/sh", "-c", self.recipe], cwd=empty, capture_output=True, text=True, check=False,
                              env={"PATH": str(self.tools), "LC_ALL": "C"})

    def assert_whole(self, is_whole):
        done = self.follow()
        said = done.stdout.endswith("whole and signed\n")
        self.assertEqual(said, is_whole, done.stdout + done.stderr)

    def change(self, edit):
        with zipfile.ZipFile(self.package) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
        edit(files)
        with zipfile.ZipFile(self.folder / "evidence.zip", "w") as archive:
            for name, content in files.items():
                archive.writestr(name, content)

    def test_a_whole_package(self):
        self.assert_whole(True)

    def test_every_kind_of_change_is_seen(self):
        def flip(name):
            def edit(files):
                middle = len(files[name]) // 2
                files[name] = files[name][:middle] + bytes([files[name][middle] ^ 1]) + files[name][middle + 1:]
            return edit
        for name in ("manifest.json", "report.html", "replay/pump/pump", "statement.dsse.json"):
            self.change(flip(name))
            self.assert_whole(False)
        self.change(lambda files: files.pop("report.html"))
        self.assert_whole(False)
        self.change(lambda files: files.update({"findings/extra": b""}))
        self.assert_whole(False)

    def test_another_key(self):
        key, _ = self.new_key("other")
        shutil.copy(f"{key}.pub", self.folder / "lab.pub")
        self.assert_whole(False)
