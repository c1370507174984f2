# SPDX-License-Identifier: Apache-2.0
"""check_with_clang_tidy.py ROOT BUILD: our own sources that BUILD's compile_commands.json names, checked by clang-tidy.

Tests, benchmarks and C are left to the compiler's warnings, which BUILD has as errors. Prints what was found, file by
file; exit 1 if there was anything.
"""

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

UNDER_TIDY = set(OUR_CPP) - {"tests", "bench"}
MOST_IN_A_UNIT = 8


# What googletest's macros expand to has names of its own, so tests are not for clang-tidy.
def for_tidy(path):
    return path.parts[0] in UNDER_TIDY and path.suffix == ".cc" and not path.stem.endswith("_test")


def flags_of(entry):
    """The words of an entry of a compilation database before the output, as if the file read its headers itself: what
    is read from precompiled headers is looked through for each file, used or not."""
    words = shlex.split(entry["command"])
    kept = []
    while words and words[0] != "-o":
        if words[:2] == ["-Xclang", "-include-pch"] or words[:2] == ["-Xclang", "-include"]:
            words = words[4:]
        else:
            kept.append(words.pop(0))
    return tuple(kept)


def own_names(path):
    """The names that a file keeps to itself and that another file of the same unit would have a second time."""
    names = set()
    for part in re.findall(r"^namespace \{$(.*?)^\}  // namespace$", path.read_text(), re.MULTILINE | re.DOTALL):
        for name in (r"^(?:template <.*> ?)?(?:struct|class|enum|enum class|union|using(?= \w+ =)) (\w+)",
                     r"^[^\s/#].*?\b(\w+)(?:\(|\[| = |\{)"):
            names.update(re.findall(name, part, re.MULTILINE))
    return names


def units_of(entries):
    """Files that are looked at together, as most of the time goes into the headers that they share: of one folder and
    compiled alike, without names that two of them have."""
    units = []
    for entry in sorted(entries, key=lambda entry: entry["file"]):
        path = pathlib.Path(entry["file"])
        alike = (path.parent, flags_of(entry))
        names = own_names(path)
        for unit in units:
            if unit["alike"] == alike and len(unit["paths"]) < MOST_IN_A_UNIT and not unit["names"] & names:
                break
        else:
            unit = {"alike": alike, "paths": [], "names": set()}
            units.append(unit)
        unit["paths"].append(path)
        unit["names"] |= names
    return units


def check(path, flags, tidy, root, build):
    """What the checker said of one file, nothing if all is well."""
    # Files of a unit are headers to the checker. The rules are those of the tree, also of what is generated.
    words = [tidy, "--quiet", f"--config-file={root / '.clang-tidy'}", str(path), "--", *flags[1:]]
    done = subprocess.run(words, cwd=build, text=True, capture_output=True, check=False)
    if done.returncode == 0 and not done.stdout.strip():
        return ""
    return f"{path}: exit {done.returncode} of {words[0]}\n{done.stdout}{done.stderr}"


def check_unit(unit, number, folder, *where):
    """The same of each file of a unit; a unit that is not clean, or no unit after all, is looked at file by file."""
    flags = unit["alike"][1]
    if len(unit["paths"]) > 1:
        together = pathlib.Path(folder) / f"unit{number}.cc"
        together.write_text("".join(f'#include "{path}"\n' for path in unit["paths"]))
        if not check(together, flags, *where):
            return []
    return [said for said in (check(path, flags, *where) for path in unit["paths"]) if said]


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
    entries = [entry for entry in entries if for_tidy(pathlib.Path(entry["file"]).relative_to(
        build if pathlib.Path(entry["file"]).is_relative_to(build) else root))]
    units = units_of(entries)
    # The longest first, so that no core waits at the end.
    units.sort(key=lambda unit: -sum(path.stat().st_size for path in unit["paths"]))
    bad = 0
    with (tempfile.TemporaryDirectory() as folder,
          concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool):
        for said in pool.map(lambda unit: check_unit(unit[1], unit[0], folder, tidy, root, build), enumerate(units)):
            bad += len(said)
            for text in said:
                print(text, flush=True)
    print(f"{len(entries)} files in {len(units)} units, {bad} with warnings")
    return 1 if bad or not entries else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
