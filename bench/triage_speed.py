#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What judging a crashing input costs, against the plain way.

    bench/triage_speed.py OUT [--build build/default] [--inputs 10000] [--sample 25] [--most 0.2]

OUT is what bench/triage_corpus.py has made. Its inputs that crash, and where they are too few the same with a byte
more at the end, are judged by `percuss triage`, target by target: one rerun each, keyed, clustered, sealed into a
package. The plain way is a process for each input that looks up its own symbols with llvm-symbolizer. It is measured
on an even sample of the same inputs, every --sample'th, half of it before and half after percuss's turn. Both are
given in CPU seconds with all children, which is what is compared, and in wall seconds. Exit code 1 if percuss takes
more than --most of the plain way's CPU time for an input.
"""
import argparse
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
PLAIN = {"ASAN_OPTIONS": "abort_on_error=1:symbolize=1:detect_leaks=1:disable_coredump=1:handle_abort=1",
         "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1:symbolize=1"}


def children_cpu_s():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Clock:
    """Adds up what is done within it."""

    def __init__(self):
        self.cpu_s = self.wall_s = 0.0
        self.inputs = 0

    def measure(self, inputs, work):
        cpu_s, wall_s = children_cpu_s(), time.monotonic()
        result = work()
        self.cpu_s += children_cpu_s() - cpu_s
        self.wall_s += time.monotonic() - wall_s
        self.inputs += inputs
        return result


def crashing_inputs(out, target):
    paths = []
    for reports in sorted((out / "reports").glob(f"{target}.*.jsonl")):
        for line in reports.read_text().splitlines():
            report = json.loads(line)
            if report["kind"] == "crash":
                paths.append(out / "inputs" / target / report["bug"] / f"{report['id'][:16]}.bin")
    return [path.read_bytes() for path in paths]


def plain(binary, paths, folder):
    for path in paths:
        subprocess.run([binary, "-timeout=20", path], check=False, cwd=folder, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, env={**os.environ, **PLAIN})


def judge(percuss, binary, inputs, out):
    done = subprocess.run([percuss, "triage", "--target", binary, "--reruns", "1", "--no-minimise", "--quiet",
                           "--out", out, inputs], check=False, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    if done.returncode not in (0, 2, 3):
        sys.exit(f"percuss triage ended with {done.returncode}: {done.stderr.decode(errors='replace')}")
    counts = {}
    for item in json.loads((out / "intake.json").read_text())["items"]:
        counts[item["outcome"]] = counts.get(item["outcome"], 0) + 1
    return counts, len(list((out / "findings").iterdir()))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/default")
    parser.add_argument("--inputs", type=int, default=10000)
    parser.add_argument("--sample", type=int, default=25)
    parser.add_argument("--most", type=float)
    options = parser.parse_args()
    targets = {folder.name: crashing_inputs(options.out, folder.name)
               for folder in sorted((options.out / "inputs").iterdir())}
    known = sum(map(len, targets.values()))
    ours, theirs = Clock(), Clock()
    with tempfile.TemporaryDirectory() as scratch:
        for name, inputs in targets.items():
            wanted = round(options.inputs * len(inputs) / known)
            inputs += [data + b"\0" * (1 + number // len(inputs))
                       for number, data in enumerate(inputs * (wanted // len(inputs)))][:max(wanted - len(inputs), 0)]
            folder = pathlib.Path(scratch) / name
            folder.mkdir()
            for number, data in enumerate(inputs[:wanted]):
                (folder / f"{number:06}").write_bytes(data)
            paths = sorted(folder.iterdir())
            sample = paths[::options.sample]
            binary = options.build.resolve() / "harnesses" / name / "libfuzzer"
            theirs.measure(len(sample[::2]), lambda: plain(binary, sample[::2], scratch))
            counts, findings = ours.measure(len(paths), lambda: judge(
                options.build.resolve() / "bin/percuss", binary, folder, pathlib.Path(scratch) / f"{name}.package"))
            theirs.measure(len(sample[1::2]), lambda: plain(binary, sample[1::2], scratch))
            print(f"{name:24} {len(paths):6} inputs, {findings:3} findings, {counts}", flush=True)
    per_input = [clock.cpu_s / clock.inputs for clock in (ours, theirs)]
    for words, clock in (("percuss triage", ours), ("plain way", theirs)):
        print(f"{words:16} {clock.inputs:6} inputs {clock.cpu_s:8.1f} s CPU {clock.wall_s:8.1f} s wall "
              f"{1000 * clock.cpu_s / clock.inputs:7.2f} ms CPU an input")
    ratio = per_input[0] / per_input[1]
    print(f"ratio of CPU time {ratio:.4f}, of wall time "
          f"{ours.wall_s / ours.inputs / (theirs.wall_s / theirs.inputs):.4f}")
    if options.most is not None and ratio > options.most:
        sys.exit(f"more than {options.most}")


if __name__ == "__main__":
    main()
