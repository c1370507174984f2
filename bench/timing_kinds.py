#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whether inputs over their time are reported as what they are, and none within it, on a loaded host.

    bench/timing_kinds.py out/timing [--bin build/default/bin] [--each 10] [--executions 100000] [--busy 8]

Builds bench/timing_kinds_harness.c and keeps the processors busy with as many processes as --busy says. Then

 1. planted inputs go through percuss triage: --each of every kind, and as many within their time but near to it. Right
    is a finding of the kind that is true (hang, slow, deadline), whose words say what the input did (used the
    processor, slept, was blocked in which call); of those within their time, none;
 2. --executions inputs, all within their time and one in fifty at 60 % of it, go through a campaign with libFuzzer
    under percuss's supervision. Right is no finding.

Exit code 2: not all are right. The target's cpu time is told by the cpu clock, so that the truth does not depend on
the host.
"""
import argparse
import collections
import json
import os
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from support.own_target import build, build_benchmark  # noqa: E402  pylint: disable=wrong-import-position

HARNESS = '#include "bench/timing_kinds_harness.c"\n'
LIMIT_MS = 100
DEADLINE_US = 20_000
CAMPAIGN_LIMIT_MS = 50
WITHIN_US = 30_000

# What it is called: input, finding's kind, what the input did with its time, where it waited.
PLANTED = {
    "spin": (b"S%d", "hang", "processor", ""),
    "sleep": (b"Z%d", "hang", "sleep", "clock_nanosleep"),
    "blocked read": (b"R%d", "hang", "blocked", "read of a pipe"),
    "lock": (b"F%d", "hang", "blocked", "futex (a lock, or another thread)"),
    "quadratic growth": (b"Q" + b"q" * 440 + b"%d", "slow", "processor", ""),
    "exponential growth": (b"E" + b"e" * 13 + b"%d", "slow", "processor", ""),
    "deadline": (b"B45000 %d", "deadline", "", ""),
}
WITHIN_LIMITS = {
    "work within the deadline": b"B15000 %d",
    "sleep at 70 % of the limit": b"N70000 %d",
    "wait at 70 % of the limit": b"P70000 %d",
    "nothing": b"x%d",
}


class BusyHost:
    def __init__(self, count):
        self.processes = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.processes:
            process.kill()
            process.wait()


def percuss(folder, *arguments):
    done = subprocess.run([str(folder / "percuss"), *map(str, arguments)], capture_output=True, text=True, check=False)
    if not done.stdout:
        sys.exit(done.stderr)
    return json.loads(done.stdout)


def write_campaign(path, target):
    path.write_text(json.dumps({"schema": "percuss.campaign.v1", "targets": [target]}))
    return path


def judge_planted(options, folder):
    """The rows of the table: (what, right, all, wrong answers)."""
    inputs = folder / "inputs"
    inputs.mkdir()
    expected = {}
    for what, template in [*((w, p[0]) for w, p in PLANTED.items()), *WITHIN_LIMITS.items()]:
        for number in range(options.each):
            # Three digits: the length of an input is its cost where it grows.
            path = inputs / f"{what.replace(' ', '_').replace('%', 'percent')}-{number}"
            path.write_bytes(template % (100 + number))
            expected[str(path)] = what
    campaign = write_campaign(folder / "planted.json", {
        "id": "timing", "limits": {"input_ms": LIMIT_MS},
        "deadline": {"cpu_us": DEADLINE_US, "source": "REQ-TIME"},
        "binaries": {"libfuzzer": build(folder, "planted", HARNESS),
                     "benchmark": build_benchmark(folder, "planted", ROOT / "bench/timing_kinds_harness.c")}})
    document = percuss(options.bin, "triage", "--campaign", campaign, "--target", "timing", inputs, "--no-minimise",
                       "--out", folder / "out", "--json", "--quiet")
    findings = {f["id"]: json.loads((folder / "out/package/findings" / f["id"] / "finding.json").read_text())
                for f in document["findings"]}
    right, wrong = collections.Counter(), collections.defaultdict(collections.Counter)
    for item in json.loads((folder / "out/package/intake.json").read_text())["items"]:
        what = expected[str(inputs / pathlib.Path(item["path"]).name)]
        finding = findings.get(item["finding"], {})
        use = finding.get("time_use", {})
        answer = (finding.get("kind", item["outcome"]), use.get("how", ""), use.get("where", ""))
        if answer == (PLANTED[what][1:] if what in PLANTED else ("survived", "", "")):
            right[what] += 1
        else:
            wrong[what][answer] += 1
    return [(what, right[what], options.each, dict(wrong[what])) for what in [*PLANTED, *WITHIN_LIMITS]]


def run_within(options, folder):
    seeds = folder / "seeds"
    seeds.mkdir()
    (seeds / "seed").write_bytes(b"Wxyz0")
    campaign = write_campaign(folder / "within.json", {
        "id": "within", "limits": {"input_ms": CAMPAIGN_LIMIT_MS}, "seeds": str(seeds), "engines": ["libfuzzer"],
        "budget": {"executions": options.executions},
        "binaries": {"libfuzzer": build(folder, "within", f"#define WITHIN_US {WITHIN_US}\n" + HARNESS)}})
    document = percuss(options.bin, "run", campaign, "--out", folder / "campaign", "--jobs", "1", "--json", "--quiet")
    manifest = json.loads((folder / "campaign/package/manifest.json").read_text())
    executions = sum(document["targets"][0]["executions"].values())
    return executions, document["findings"], manifest["campaign"]["deviations"], document["reasons"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=pathlib.Path, help="a folder that does not exist yet")
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "build/default/bin")
    parser.add_argument("--each", type=int, default=10)
    parser.add_argument("--executions", type=int, default=100_000)
    parser.add_argument("--busy", type=int, default=8)
    options = parser.parse_args()
    options.out.mkdir(parents=True)
    folder = options.out.resolve()
    all_right = True
    with BusyHost(options.busy):
        began = time.monotonic()
        if options.each > 0:
            print(f"planted inputs, limit {LIMIT_MS} ms, deadline {DEADLINE_US / 1000:.0f} ms of cpu time, "
                  f"{options.busy} busy processes", flush=True)
            for what, right, count, wrong in judge_planted(options, folder):
                all_right = all_right and right == count
                print(f"  {what:28} {right:4} of {count} right{'; else ' + str(wrong) if wrong else ''}")
            print(f"  in {time.monotonic() - began:.0f} s, load {os.getloadavg()[0]:.0f}", flush=True)
        began = time.monotonic()
        if options.executions > 0:
            executions, findings, deviations, reasons = run_within(options, folder)
            all_right = all_right and not findings and executions >= options.executions
            print(f"{executions} inputs within {CAMPAIGN_LIMIT_MS} ms, one in fifty of {WITHIN_US / 1000:.0f} ms, in "
                  f"{time.monotonic() - began:.0f} s, load {os.getloadavg()[0]:.0f}: {len(findings)} findings")
            for line in [*(f["summary"] for f in findings), *deviations, *reasons]:
                print(f"  {line}")
    return 0 if all_right else 2


if __name__ == "__main__":
    sys.exit(main())
