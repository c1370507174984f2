#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""P2IM's unit tests on our core: does fuzzing get each driver to where its test has passed?

    bench/rehost_unit_tests.py TESTS_FOLDER [--seconds 60] [--build build/default] [--only F103] [--gate]

TESTS_FOLDER is 01-access-modeling-for-fuzzing/p2im-unittests of the public repository fuzzware-experiments: images of
three boards and three systems, and groundtruth.csv with what must be reached. The rule is that file's: of each
requirement one of the alternatives (||), each of them addresses or symbols that the run of one input comes by in that
order (->). fuzzware reports 66 of 66 after 15 minutes for each image, with models of peripherals that it makes by
symbolic execution; ours has no models, and so many CPU seconds for each image (rehost_reach).

--jobs images are searched at the same time. With --gate the exit code is 1 where a requirement is not met.
"""
import argparse
import concurrent.futures
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def symbols(config):
    """The mapping `symbols` of a config.yml: addresses by name."""
    found = {}
    inside = False
    for line in config.read_text().splitlines():
        if not line.startswith(" "):
            inside = line.rstrip() == "symbols:"
        elif inside:
            address, name = line.split(":", 1)
            found[name.strip().strip("'\"")] = int(address, 16)
    return found


def requirements(folder):
    """Of each image, in order: (folder, [(test, [alternative, ...])]), an alternative being a list of addresses."""
    images = {}
    image = known = None
    for line in (folder / "groundtruth.csv").read_text().splitlines()[1:]:
        fields = line.split("\t")
        if fields[0]:
            image = folder / fields[0].removesuffix(".elf")
            known = symbols(image / "config.yml")
        if len(fields) < 3:
            continue
        alternatives = [[int(word, 16) if word.startswith("0x") else known[word] for word in one.split("->")]
                        for one in re.sub(r"\s", "", fields[2]).split("||")]
        images.setdefault(image, []).append((fields[1], alternatives))
    return images


def search(arguments, image, tests):
    """What rehost_reach tells, of each test in met_at the CPU seconds after which it has passed, or None."""
    wanted = ["|".join(">".join(f"{address:x}" for address in one) for one in alternatives)
              for _, alternatives in tests]
    argv = [arguments.build / "bin" / "rehost_reach", str(arguments.seconds), str(arguments.seed),
            image / "config.yml", *wanted]
    done = subprocess.run(argv, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        return {"error": (done.stderr.strip() or f"ended with {done.returncode}")[-300:], "met_at": [None] * len(tests)}
    return json.loads(done.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tests_folder", type=pathlib.Path)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "default")
    parser.add_argument("--seconds", type=float, default=60, help="of CPU time for each image")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="images whose path has this in it")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--json", type=pathlib.Path, help="where to write all figures")
    parser.add_argument("--gate", action="store_true")
    arguments = parser.parse_args()
    folder = arguments.tests_folder.resolve()
    images = {image: tests for image, tests in requirements(folder).items() if arguments.only in str(image)}
    count = met = 0
    record = []
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        searched = pool.map(lambda item: search(arguments, *item), images.items())
        for (image, tests), told in zip(images.items(), searched):
            name, passed = image.relative_to(folder).as_posix(), told["met_at"]
            count, met = count + len(tests), met + sum(at is not None for at in passed)
            words = [f"{test} " + ("not met" if at is None else f"{at:.1f} s") for (test, _), at in zip(tests, passed)]
            about = told.get("error") or f"{told['runs']} runs, {told['edges']} edges, {told['cpu_s']:.1f} CPU seconds"
            print(f"{name:32} {', '.join(words)}; {about}", flush=True)
            record.append({"image": name, "tests": [test for test, _ in tests], **told})
    print(f"{met} of {count} requirements met")
    if arguments.json:
        arguments.json.write_text(json.dumps(record, indent=1) + "\n")
    return 1 if arguments.gate and met < count else 0


if __name__ == "__main__":
    sys.exit(main())
