#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Which planted bugs of the reference device a campaign has found, and when.

    build/default/bin/percuss run campaigns/planted-boards.json --out out/boards
    bench/planted_found.py out/boards/planted-boards.zip [--least 0.9] [--except PUMP-04,...]

For each target: the engines' CPU seconds and inputs, and for each bug of its EXPECT.json the second and the input at
which it was first seen. A bug is found where a finding's report names its function, or the property that it breaks, or
where it says that a stack was overwritten and names the caller that found out. The exit code is 2 below --least of the
bugs that are not excepted.
"""
import argparse
import json
import pathlib
import re
import sys
import zipfile

# What a stack's canary tells is told of the function whose frame it is in.
FRAME_OF = {"IEEE11073-01": "apply_compound"}

ROOT = pathlib.Path(__file__).resolve().parent.parent


def planted():
    """Bugs by the name that targets begin with; those that a harness of their own shows, by its name."""
    bugs = {}
    for path in sorted((ROOT / "targets" / "reference").glob("*/EXPECT.json")):
        for bug in json.loads(path.read_text())["bugs"]:
            target = bug["harness"].removesuffix("_planted") if "harness" in bug else path.parent.name.partition("_")[0]
            bugs.setdefault(target, []).append(bug)
    return bugs


def findings_of(package):
    """(target, seconds, inputs, report) of each."""
    for name in package.namelist():
        if re.fullmatch(r"findings/[^/]+/finding\.json", name):
            finding = json.loads(package.read(name))
            report = package.read(name.replace("finding.json", "report.txt")).decode(errors="replace")
            yield finding["target"], finding["first_seen_s"], finding["first_seen_executions"], report


def shows(report, bug):
    word = bug.get("property_id") or bug["function"]
    if "stack overwritten" in report:
        word = FRAME_OF.get(bug["id"], word)
    return re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", report) is not None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("package", type=pathlib.Path)
    parser.add_argument("--least", type=float, default=0.0, help="of the bugs that are looked for")
    parser.add_argument("--except", dest="unseen", default="", help="bugs that this target cannot show")
    arguments = parser.parse_args()
    unseen = set(filter(None, arguments.unseen.split(",")))
    package = zipfile.ZipFile(arguments.package)
    sightings = list(findings_of(package))
    found = wanted = 0
    for target in json.loads(package.read("manifest.json"))["targets"]:
        engines = target["engines"]
        cpu_s, inputs = sum(e["cpu_ns"] for e in engines) / 1e9, sum(e["executions"] for e in engines)
        print(f"{target['id']}: {cpu_s:.0f} s of CPU, {inputs} inputs")
        for bug in planted().get(target["id"], []):
            seen = min((s[1:3] for s in sightings if s[0] == target["id"] and shows(s[3], bug)), default=None)
            if bug["id"] in unseen:
                continue
            wanted += 1
            found += seen is not None
            print(f"  {bug['id']:13} " + ("not found" if seen is None else f"{seen[0]:8.1f} s, input {seen[1]}, "
                                     f"about {cpu_s * seen[1] / max(inputs, 1):.0f} s of CPU"))
    print(f"{found} of {wanted}")
    sys.exit(0 if wanted and found >= arguments.least * wanted else 2)


if __name__ == "__main__":
    main()
