# SPDX-License-Identifier: Apache-2.0
"""The files that the rules look at, and the few ways of looking at a file that several rules share."""

import pathlib
import re
import subprocess

SOURCE_ENDINGS = {".h", ".c", ".cc"}
GENERATED_FOLDERS = {".git", "build", "out", "__pycache__"}


class Tree:
    """A source tree: `root` and the sorted relative paths of what belongs to it (pathlib.PurePosixPath)."""

    def __init__(self, root):
        self.root = pathlib.Path(root).resolve()
        names = self._from_git()
        if names is None:
            names = self._from_disk()
        self.paths = sorted(pathlib.PurePosixPath(name) for name in names)

    def _from_git(self):
        # What is new and not ignored counts too: a rule that sees a file only once it is committed comes too late.
        if not (self.root / ".git").exists():
            return None
        command = ["git", "-C", str(self.root), "ls-files", "-z", "--cached", "--others",
                   "--exclude-standard"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            return None
        return [name for name in done.stdout.split("\0") if name and (self.root / name).is_file()]

    def _from_disk(self):
        found = (path.relative_to(self.root) for path in self.root.rglob("*") if path.is_file())
        return [path.as_posix() for path in found if not GENERATED_FOLDERS & set(path.parts)]

    def text(self, path):
        return (self.root / path).read_text(encoding="utf-8", errors="replace")

    def sources(self, *folders):
        """C and C++ files, below the given top folders or anywhere."""
        return [path for path in self.paths if path.suffix in SOURCE_ENDINGS
                and (not folders or path.parts[0] in folders)]

    def scripts(self):
        return [path for path in self.paths
                if path.suffix in {".py", ".sh"} or path == pathlib.PurePosixPath(".ci/run")]

    def cmake_files(self):
        return [path for path in self.paths
                if path.suffix == ".cmake" or path.name == "CMakeLists.txt"]

    def code(self):
        """Everything that a person writes for a machine to run."""
        return self.sources() + self.scripts() + self.cmake_files()


_NOT_CODE = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<tag>[^(\s]*)\(.*?\)(?P=tag)"|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'", re.DOTALL)


def without_comments_and_strings(text):
    """C or C++ text with comments and literals blanked; line numbers stay as they are."""
    return _NOT_CODE.sub(lambda found: " " + "\n" * found.group().count("\n"), text)
