# SPDX-License-Identifier: Apache-2.0
"""check_with_clang_tidy.py ROOT BUILD: our own sources that BUILD's compile_commands.json names, checked by clang-tidy.

Tests, benchmarks and C are left to the compiler's warnings, which BUILD has as errors. Prints what was found, file by
file; exit 1 if there was anything.
"""

import concurrent.futures
import json
import os
import pathlib
import shutil
import subprocess
import sys

from rules import OUR_CPP

UNDER_TIDY = set(OUR_CPP) - {"tests", "bench"}


# What googletest's macros expand to has names of its own, so tests are not for clang-tidy.
def for_tidy(path):
    return path.parts[0] in UNDER_TIDY and path.suffix == ".cc" and not path.stem.endswith("_test")


def check(path, tidy, root, build):
    """What the checker said of one file, nothing if all is well."""
    words = [tidy, "--quiet", "-p", str(build), str(path)]
    if path.is_relative_to(build):  # Generated; the rules are those of the tree.
        words.append(f"--config-file={root / '.clang-tidy'}")
    done = subprocess.run(words, cwd=build, text=True, capture_output=True, check=False)
    if done.returncode == 0 and not done.stdout.strip():
        return ""
    return f"{path}: exit {done.returncode} of {words[0]}\n{done.stdout}{done.stderr}"


def main(arguments):
    if len(arguments) != 2:
        print(f"usage: {__doc__.split(':')[0]}", file=sys.stderr)
        return 64
    tidy = shutil.which("clang-tidy-14")
    if not tidy:
        print("clang-tidy-14 is missing; scripts/install-deps.sh all installs it", file=sys.stderr)
        return 1
    root, build = (pathlib.Path(name).resolve() for name in arguments)
    entries = json.loads((build / "compile_commands.json").read_text())
    paths = [pathlib.Path(entry["file"]) for entry in entries]
    paths = [path for path in paths if for_tidy(path.relative_to(build if path.is_relative_to(build) else root))]
    # The longest first, so that no core waits at the end.
    paths.sort(key=lambda path: -path.stat().st_size)
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        bad = 0
        for said in pool.map(lambda path: check(path, tidy, root, build), paths):
            if said:
                bad += 1
                print(said, flush=True)
    print(f"{len(paths)} files, {bad} with warnings")
    return 1 if bad or not paths else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
