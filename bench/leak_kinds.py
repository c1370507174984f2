#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whether what grows over many inputs in one process is told, as what it is, and nothing else.

    bench/leak_kinds.py out/leaks [--bin build/default/bin] [--inputs 200] [--rare 100] [--clean] [--gate]

 1. bench/leak_kinds_harness.c is built once for each way to keep something. Its seeds are --inputs inputs of which one
    in --rare keeps something. Right is a finding with the class and the function that is true, found by campaigns that
    hardly fuzz; for a bounded cache, and for what gives everything back, none.
 2. with --clean, every built harness without planted bugs runs a short campaign. Right is that nothing is told to grow.

Exit code 2 with --gate: not all are right.
"""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from support.own_target import build  # noqa: E402  pylint: disable=wrong-import-position

HARNESS = '#include "bench/leak_kinds_harness.c"\n'

# What is kept: the finding's class and function; None: nothing grows.
PLANTED = {
    "LIST": ("memory-growth", "keep_in_list"),
    "ARRAY": ("memory-growth", "keep_in_array"),
    "BLOCK": ("memory-leak", "keep_block"),
    "DESCRIPTOR": ("descriptor-growth", "keep_descriptor"),
    "THREAD": ("thread-growth", "keep_thread"),
    "MAPPING": ("mapping-growth", "keep_mapping"),
    "PROCESS": ("process-growth", ""),
    "FILE_LEFT": ("file-growth", ""),
    "CACHE": None,
    "NOTHING": None,
}

# Third-party software, as packaged: what it keeps is true.
GROWS_AS_DELIVERED = ("biosig_load",)


def percuss(options, *arguments):
    done = subprocess.run([str(options.bin / "percuss"), *map(str, arguments)], capture_output=True, text=True,
                          check=False)
    if not done.stdout:
        sys.exit(done.stderr)
    return json.loads(done.stdout)


def run(options, folder, target):
    """The campaign's target in the manifest, and its findings."""
    campaign = folder / f"{target['id']}.json"
    campaign.write_text(json.dumps({"schema": "percuss.campaign.v1", "targets": [target]}))
    out = folder / target["id"]
    document = percuss(options, "run", campaign, "--out", out, "--jobs", "1", "--json", "--quiet")
    return json.loads((out / "package/manifest.json").read_text())["targets"][0], document["findings"]


def write_seeds(folder, count, rare):
    folder.mkdir()
    for number in range(count):
        begin = b"K=" if number % rare == 0 else b"x="
        (folder / str(number)).write_bytes(begin + b"reading %05d" % number)


def judge_planted(options, folder, what, expected):
    """Whether it is right, and what was told."""
    target, findings = run(options, folder, {
        "id": what.lower(), "seeds": str(folder / "seeds"), "engines": ["libfuzzer"], "budget": {"executions": 300},
        "retention": {"cpu_ms": options.cpu_ms},
        "binaries": {"libfuzzer": build(folder, what.lower(), f"#define KEEPS {what}\n" + HARNESS)}})
    retention = target["retention"]
    told = sorted((f["class"], f["function"]) for f in findings)
    # Inputs that LeakSanitizer stops are left out of the rounds.
    grows = expected and expected[0] != "memory-leak"
    right = told == ([expected] if expected else []) and retention["verdict"] == ("grows" if grows else "none")
    grown = [r for r in retention["rates"] if r["verdict"] == "grows"]
    rates = ", ".join(f"{r['per_thousand']:.0f} {r['of']}" for r in grown) or "none"
    return right, f"{told}; per 1000 inputs: {rates}; {retention['reason'] or retention['absent_reason']}"


def clean_harnesses(options):
    for path in sorted((options.bin.parent / "harnesses").glob("*/harness.json")):
        name = path.parent.name
        if not name.endswith("_planted") and name != "selfcheck" and (path.parent / "libfuzzer").exists():
            yield name


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=pathlib.Path, help="a folder that does not exist yet")
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "build/default/bin")
    parser.add_argument("--inputs", type=int, default=200)
    parser.add_argument("--rare", type=int, default=100)
    parser.add_argument("--cpu-ms", type=int, default=2000)
    parser.add_argument("--kinds", nargs="*", choices=list(PLANTED), default=list(PLANTED))
    parser.add_argument("--clean", action="store_true")
    parser.add_argument("--gate", action="store_true")
    options = parser.parse_args()
    options.bin = options.bin.resolve()
    options.out.mkdir(parents=True)
    folder = options.out.resolve()
    all_right = True
    write_seeds(folder / "seeds", options.inputs, options.rare)
    for what in options.kinds:
        began = time.monotonic()
        right, told = judge_planted(options, folder, what, PLANTED[what])
        all_right = all_right and right
        print(f"  {what:11} {'right' if right else 'WRONG'} in {time.monotonic() - began:.0f} s: {told}", flush=True)
        shutil.rmtree(folder / what.lower(), ignore_errors=True)
    for name in clean_harnesses(options) if options.clean else ():
        target, findings = run(options, folder, {"id": name, "harness": name, "engines": ["libfuzzer"],
                                                 "budget": {"wall_s": 5}})
        retention = target["retention"]
        grown = [f["summary"] for f in findings if f["class"].endswith(("-growth", "-leak"))]
        right = (retention["verdict"] == "none" and not grown) or name in GROWS_AS_DELIVERED
        all_right = all_right and right
        print(f"  {name:24} {'right' if right else 'WRONG'}: {retention['reason'] or retention['absent_reason']} "
              f"{grown or ''}", flush=True)
        shutil.rmtree(folder / name, ignore_errors=True)
    print(f"load {os.getloadavg()[0]:.0f}")
    return 2 if options.gate and not all_right else 0


if __name__ == "__main__":
    sys.exit(main())
