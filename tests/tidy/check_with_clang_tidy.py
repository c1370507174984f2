# SPDX-License-Identifier: Apache-2.0
"""check_with_clang_tidy.py ROOT BUILD: our own sources that BUILD's compile_commands.json names, checked by clang-tidy.

Tests, benchmarks and C are left to the compiler's warnings, which BUILD has as errors. Sources that are compiled with
the same options are read in groups; a group that does not compile, or of which anything is said, is halved, down to
single sources. Prints what was found, file by file; exit 1 if there was anything.
"""

import collections
import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

from rules import OUR_CPP
from tidy_groups import grouped

UNDER_TIDY = set(OUR_CPP) - {"tests", "bench"}


# What googletest's macros expand to has names of its own, so tests are not for clang-tidy.
def for_tidy(path):
    return path.parts[0] in UNDER_TIDY and path.suffix == ".cc" and not path.stem.endswith("_test")


def options(entry):
    """The command of an entry of a compilation database without its source and its output, as if the source read its
    headers itself: what is read from precompiled headers is looked through for each file, used or not."""
    words = shlex.split(entry["command"])
    kept = []
    while words:
        if words[:2] == ["-Xclang", "-include-pch"] or words[:2] == ["-Xclang", "-include"]:
            words = words[4:]
        elif words[0] in ("-o", "-c"):
            words = words[2:]
        else:
            kept.append(words.pop(0))
    return tuple(kept)


class Checker:
    def __init__(self, root, build, tidy, work):
        self.root, self.build, self.tidy, self.work = root, build, tidy, work
        rules = (root / ".clang-tidy").read_text()
        self.own_headers = re.search(r"^HeaderFilterRegex: '(.*)'$", rules, re.MULTILINE)[1]

    def run(self, unit, words, shown):
        """What the checker said of a unit compiled so, nothing if all is well."""
        done = subprocess.run([self.tidy, "--quiet", f"--config-file={self.root / '.clang-tidy'}",
                               f"--header-filter={'|'.join(shown)}", str(unit), "--", *words[1:]],
                              cwd=self.build, text=True, capture_output=True, check=False)
        if done.returncode == 0 and not done.stdout.strip():
            return ""
        return f"exit {done.returncode} of {self.tidy}\n{done.stdout}{done.stderr}"

    def check(self, words, sources):
        """[(source, what was said)], of those of which something was."""
        if len(sources) == 1:
            said = self.run(sources[0], words, [self.own_headers])
            return [(sources[0], said)] if said else []
        with tempfile.NamedTemporaryFile("w", suffix=".cc", dir=self.work) as unit:
            unit.write("".join(f'#include "{source}"  // NOLINT\n' for source in sources))
            unit.flush()
            shown = [self.own_headers, *(f"^{re.escape(str(source))}$" for source in sources)]
            # What the compiler warns of is only so because the sources are together.
            together = self.run(unit.name, [*words, "-w"], shown)
        if not together:
            return []
        half = len(sources) // 2
        found = self.check(words, sources[:half]) + self.check(words, sources[half:])
        if found or "[clang-diagnostic-error]" in together:
            return found
        return [(", ".join(map(str, sources)), together)]


def main(arguments):
    if len(arguments) != 2:
        print(f"usage: {__doc__.split(':')[0]}", file=sys.stderr)
        return 64
    tidy = shutil.which("clang-tidy-14")
    if not tidy:
        print("clang-tidy-14 is missing; scripts/install-deps.sh all installs it", file=sys.stderr)
        return 1
    root, build = (pathlib.Path(name).resolve() for name in arguments)
    texts = collections.defaultdict(dict)
    for entry in json.loads((build / "compile_commands.json").read_text()):
        source = pathlib.Path(entry["file"])
        if for_tidy(source.relative_to(build if source.is_relative_to(build) else root)):
            texts[options(entry)][source] = source.read_text()
    groups = [(words, group) for words, alike in texts.items() for group in grouped(alike)]
    # The longest first, so that no core waits at the end.
    groups.sort(key=lambda group: -sum(source.stat().st_size for source in group[1]))
    bad = 0
    with (tempfile.TemporaryDirectory() as work,
          concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool):
        checker = Checker(root, build, tidy, pathlib.Path(work))
        for offenders in pool.map(lambda group: checker.check(*group), groups):
            for source, said in offenders:
                bad += 1
                print(f"{source}: {said}", flush=True)
    files = sum(map(len, texts.values()))
    print(f"{files} files in {len(groups)} groups, {bad} with warnings")
    return 1 if bad or not files else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
