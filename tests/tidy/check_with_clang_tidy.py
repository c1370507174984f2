# SPDX-License-Identifier: Apache-2.0
"""check_with_clang_tidy.py ROOT BUILD: our own sources that BUILD's compile_commands.json names, checked by clang-tidy.

Tests, benchmarks and C are left to the compiler's warnings, which BUILD has as errors. Prints what was found, file by
file; exit 1 if there was anything.
"""

import concurrent.futures
import json
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile

from rules import OUR_CPP

UNDER_TIDY = set(OUR_CPP) - {"tests", "bench"}


# What googletest's macros expand to has names of its own, so tests are not for clang-tidy.
def for_tidy(path):
    return path.parts[0] in UNDER_TIDY and path.suffix == ".cc" and not path.stem.endswith("_test")


def without_precompiled_headers(entry):
    """The entry of a compilation database, as if the file read its headers itself: what is read from precompiled
    headers is looked through for each file, used or not."""
    words = shlex.split(entry["command"])
    kept = []
    while words:
        if words[:2] == ["-Xclang", "-include-pch"] or words[:2] == ["-Xclang", "-include"]:
            words = words[4:]
        else:
            kept.append(words.pop(0))
    return {**entry, "command": shlex.join(kept)}


def check(path, tidy, root, build, database):
    """What the checker said of one file, nothing if all is well."""
    words = [tidy, "--quiet", "-p", str(database), str(path)]
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
    bad = 0
    with (tempfile.TemporaryDirectory() as database,
          concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool):
        (pathlib.Path(database) / "compile_commands.json").write_text(
            json.dumps([without_precompiled_headers(entry) for entry in entries]))
        for said in pool.map(lambda path: check(path, tidy, root, build, database), paths):
            if said:
                bad += 1
                print(said, flush=True)
    print(f"{len(paths)} files, {bad} with warnings")
    return 1 if bad or not paths else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
