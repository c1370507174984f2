#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What supervision costs: executions per CPU second of bare engines against the same under `percuss run`.

    bench/engine_overhead.py [--target pump_serial] [--seconds 15] [--rounds 8] [--build build/default]

One engine at a time, bare and supervised at once on the same processor, which the kernel hands to one and the other
every few milliseconds: whatever the host does meets both alike. percuss itself has another processor. Either starts
from the corpus that a first run has saturated, with the same seed, options and sanitizer settings. What counts is the
median of the rounds' ratios supervised / bare; below --least the exit code is 2.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
AFL_SETTINGS = {
    "AFL_NO_UI": "1",
    "AFL_SKIP_CPUFREQ": "1",
    "AFL_NO_AFFINITY": "1",
    "AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES": "1",
    "AFL_CMPLOG_ONLY_NEW": "1",
}
OURS_CPU, ENGINES_CPU = sorted(os.sched_getaffinity(0))[:2]


def campaign_of(arguments, engine, seeds, folder, seconds):
    """The command of a campaign with one engine, and its folder."""
    folder.mkdir()
    campaign = folder / "campaign.json"
    campaign.write_text(json.dumps({
        "schema": "percuss.campaign.v1",
        "name": "overhead",
        "targets": [{"id": engine, "harness": arguments.target, "engines": [engine], "seeds": str(seeds),
                     "budget": {"wall_s": seconds}}],
    }))
    return [arguments.build / "bin" / "percuss", "run", campaign, "--out", folder / "out", "--quiet", "--jobs", "1"]


def record_of(folder):
    """What percuss recorded of the engine."""
    return json.loads((folder / "out" / "package" / "manifest.json").read_text())["targets"][0]["engines"][0]


def stat_of(pid):
    """Fields of proc(5)'s stat from the state on; nothing when the process is gone."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None


def tree_of(root):
    """The stats of a process and of all below it."""
    stats = {int(p.name): stat_of(p.name) for p in pathlib.Path("/proc").iterdir() if p.name.isdigit()}
    tree, grown = set(), {root}
    while grown - tree:
        tree |= grown
        grown = {pid for pid, fields in stats.items() if fields and int(fields[1]) in tree}
    return {pid: stats[pid] for pid in tree if stats.get(pid)}


def tree_cpu_s(root):
    """CPU seconds of a process, of all below it, and of those that they waited for."""
    ticks = sum(int(n) for fields in tree_of(root).values() for n in fields[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")


def pin(root, cpu):
    for pid in tree_of(root):
        try:
            os.sched_setaffinity(pid, {cpu})
        except OSError:
            pass  # It has ended.


def finish(process):
    """Stops the engine; CPU seconds as percuss counts them: a fork server's target is waited for by nobody."""
    before = tree_cpu_s(process.pid)
    process.send_signal(signal.SIGINT)
    _, _, usage = os.wait4(process.pid, 0)
    return max(before, usage.ru_utime + usage.ru_stime)


class Bare:
    """The engine of a recorded run without us."""

    def __init__(self, arguments, seeds, folder, run):
        folder.mkdir()
        self.folder, self.engine = folder, run["engine"]
        environment = {**os.environ, **{k: v for k, v in run["environment"].items() if k.endswith("_OPTIONS")}}
        if self.engine == "libfuzzer":
            (folder / "artifacts").mkdir()
            shutil.copytree(seeds, folder / "corpus")
            options = [a for a in run["argv"][1:] if a.startswith("-") and "artifact_prefix" not in a]
            argv = [arguments.build / "harnesses" / arguments.target / "libfuzzer", folder / "corpus",
                    f"-artifact_prefix={folder}/artifacts/", *options]
        else:
            environment.update(AFL_SETTINGS)
            argv = list(run["argv"])
            argv[argv.index("-i") + 1] = str(seeds)
            argv[argv.index("-o") + 1] = str(folder / "out")
        with open(folder / "log", "wb") as log:
            self.process = subprocess.Popen(argv, env=environment, cwd=folder, stdout=log, stderr=log,
                                            stdin=subprocess.DEVNULL)

    def rate(self):
        """Stops it; its executions per CPU second."""
        cpu_s = finish(self.process)
        if self.engine == "libfuzzer":
            text, done = (self.folder / "log").read_text(errors="replace"), r"number_of_executed_units:\s*(\d+)"
        else:
            text, done = next((self.folder / "out").glob("*/fuzzer_stats")).read_text(), r"execs_done\s*:\s*(\d+)"
        return sum(int(n) for n in re.findall(done, text)) / cpu_s


def engine_below(campaign, name):
    """The process id of the campaign's engine at work, once there is one."""
    while campaign.poll() is None:
        for pid in tree_of(campaign.pid):
            try:
                command = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
            except OSError:
                continue
            program = command.partition(b"\0")[0]
            if program.endswith(b"afl-fuzz") if name == "aflpp" else b"\0-artifact_prefix=" in command:
                return pid
        time.sleep(0.02)
    raise RuntimeError("the campaign ended before its engine began")


def one_round(arguments, engine, seeds, folder, run):
    """Supervised and bare executions per CPU second, side by side."""
    folder.mkdir()
    command = campaign_of(arguments, engine, seeds, folder / "percuss", arguments.seconds)
    campaign = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    pin(campaign.pid, OURS_CPU)
    pid = engine_below(campaign, engine)
    bare = Bare(arguments, seeds, folder / "bare", run)
    while stat_of(pid) and campaign.poll() is None:
        for root in (pid, bare.process.pid):
            pin(root, ENGINES_CPU)
        time.sleep(0.1)
    bare_rate = bare.rate()
    campaign.wait()
    run = record_of(folder / "percuss")
    return run["executions"] / (run["cpu_ns"] * 1e-9), bare_rate


def ratios_of(arguments, engine, base):
    harness = json.loads((arguments.build / "harnesses" / arguments.target / "harness.json").read_text())
    first = base / "first"
    subprocess.run(campaign_of(arguments, engine, pathlib.Path(harness["corpus"]) / "seed", first, arguments.seconds),
                   stdout=subprocess.DEVNULL, check=False)
    seeds = base / "seeds"
    shutil.copytree(first / "out" / "corpus" / engine, seeds)
    for number in range(arguments.rounds):
        ours, bare = one_round(arguments, engine, seeds, base / f"round{number}", record_of(first))
        print(f"{engine} round {number}: percuss {ours:.0f}, bare {bare:.0f} executions per CPU second, "
              f"ratio {ours / bare:.3f}", flush=True)
        yield ours / bare


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", default="pump_serial")
    parser.add_argument("--engine", choices=("libfuzzer", "aflpp"), help="this one alone")
    parser.add_argument("--seconds", type=int, default=15)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "default")
    parser.add_argument("--least", type=float, default=0.98)
    arguments = parser.parse_args()
    failed = False
    for engine in [arguments.engine] if arguments.engine else ("libfuzzer", "aflpp"):
        with tempfile.TemporaryDirectory(prefix="percuss-overhead-") as base:
            ratios = list(ratios_of(arguments, engine, pathlib.Path(base)))
        median = statistics.median(ratios)
        failed = failed or median < arguments.least
        print(f"{engine}: median ratio {median:.3f} of {len(ratios)} rounds, {min(ratios):.3f} to {max(ratios):.3f}")
    return 2 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
