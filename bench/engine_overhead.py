#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What supervision costs: executions per CPU second of bare engines against the same under `percuss run`.

    bench/engine_overhead.py [--target pump_serial] [--seconds 15] [--rounds 8] [--build build/default]

One engine at a time, bare and supervised in turn, each first in every other round. Either does the same work: the same
number of executions with the same seed, options and sanitizer settings, from a corpus that a first run has saturated.
A host's speed changes by the minute, so what counts is the median of the rounds' ratios supervised / bare; below
--least the exit code is 2.
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


def run_supervised(arguments, engine, seeds, folder, budget):
    """One `percuss run` with one engine; what it recorded of it, and its folder."""
    folder.mkdir()
    campaign = folder / "campaign.json"
    campaign.write_text(json.dumps({
        "schema": "percuss.campaign.v1",
        "name": "overhead",
        "targets": [{"id": engine, "harness": arguments.target, "engines": [engine], "seeds": str(seeds),
                     "budget": budget}],
    }))
    out = folder / "out"
    subprocess.run([arguments.build / "bin" / "percuss", "run", campaign, "--out", out, "--quiet", "--jobs", "1"],
                   stdout=subprocess.DEVNULL, check=False)
    return json.loads((out / "package" / "manifest.json").read_text())["targets"][0]["engines"][0], out


def environment_of(run):
    """The engine's environment in the supervised run, less what is our own."""
    kept = {k: v for k, v in run["environment"].items() if k.endswith("_OPTIONS")}
    return {**os.environ, **kept}


def start(argv, environment, folder):
    folder.mkdir(parents=True, exist_ok=True)
    log = open(folder / "log", "wb")
    return subprocess.Popen(argv, env=environment, cwd=folder, stdout=log, stderr=log, stdin=subprocess.DEVNULL)


def stat_of(pid):
    """Fields of proc(5)'s stat from the state on; nothing when the process is gone."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None


def tree_cpu_s(root):
    """CPU seconds of a process, of all below it, and of those that they waited for."""
    stats = {int(p.name): stat_of(p.name) for p in pathlib.Path("/proc").iterdir() if p.name.isdigit()}
    tree, grown = set(), {root}
    while grown - tree:
        tree |= grown
        grown = {pid for pid, fields in stats.items() if fields and int(fields[1]) in tree}
    ticks = sum(int(n) for pid in tree for n in (stats.get(pid) or [0] * 15)[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")


def finish(process):
    """Stops the engine; CPU seconds as percuss counts them: a fork server's target is waited for by nobody."""
    before = tree_cpu_s(process.pid)
    process.send_signal(signal.SIGINT)
    _, _, usage = os.wait4(process.pid, 0)
    return max(before, usage.ru_utime + usage.ru_stime)


def run_bare(arguments, seeds, folder, run):
    """The engine of the recorded run without us, for as many executions; its executions per CPU second."""
    folder.mkdir()
    if run["engine"] == "libfuzzer":
        (folder / "artifacts").mkdir()
        shutil.copytree(seeds, folder / "corpus")
        options = [a for a in run["argv"][1:] if a.startswith("-") and "artifact_prefix" not in a]
        argv = [arguments.build / "harnesses" / arguments.target / "libfuzzer", folder / "corpus",
                f"-artifact_prefix={folder}/artifacts/", *options, f"-runs={run['executions']}"]
        process = start(argv, environment_of(run), folder)
        _, _, usage = os.wait4(process.pid, 0)
        log = (folder / "log").read_text(errors="replace")
        done = sum(int(n) for n in re.findall(r"number_of_executed_units:\s*(\d+)", log))
        return done / (usage.ru_utime + usage.ru_stime)
    argv = list(run["argv"])
    argv[argv.index("-i") + 1] = str(seeds)
    argv[argv.index("-o") + 1] = str(folder / "out")
    process = start(argv, {**environment_of(run), **AFL_SETTINGS}, folder)
    time.sleep(run["wall_ns"] * 1e-9)
    cpu_s = finish(process)
    stats = next((folder / "out").glob("*/fuzzer_stats")).read_text()
    return int(re.search(r"execs_done\s*:\s*(\d+)", stats).group(1)) / cpu_s


def rounds_of(arguments, engine, base):
    """Supervised and bare executions per CPU second, round by round."""
    harness = json.loads((arguments.build / "harnesses" / arguments.target / "harness.json").read_text())
    first, out = run_supervised(arguments, engine, pathlib.Path(harness["corpus"]) / "seed", base / "first",
                                {"wall_s": 2 * arguments.seconds})
    seeds = base / "seeds"
    shutil.copytree(out / "corpus" / engine, seeds)
    budget = {"executions": max(1, first["executions"] // 2)}
    run, _ = run_supervised(arguments, engine, seeds, base / "second", budget)
    for number in range(arguments.rounds):
        folder = base / f"round{number}"
        folder.mkdir()
        bare = run_bare(arguments, seeds, folder / "bare", run) if number % 2 else None
        run, _ = run_supervised(arguments, engine, seeds, folder / "percuss", budget)
        bare = bare or run_bare(arguments, seeds, folder / "bare", run)
        ours = run["executions"] / (run["cpu_ns"] * 1e-9)
        print(f"{engine} round {number}: percuss {ours:.0f}, bare {bare:.0f} executions per CPU second, "
              f"ratio {ours / bare:.3f}", flush=True)
        yield ours / bare


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", default="pump_serial")
    parser.add_argument("--seconds", type=int, default=15)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "default")
    parser.add_argument("--least", type=float, default=0.98)
    arguments = parser.parse_args()
    failed = False
    for engine in ("libfuzzer", "aflpp"):
        with tempfile.TemporaryDirectory(prefix="percuss-overhead-") as base:
            ratios = list(rounds_of(arguments, engine, pathlib.Path(base)))
        median = statistics.median(ratios)
        failed = failed or median < arguments.least
        print(f"{engine}: median ratio {median:.3f} of {len(ratios)} rounds, {min(ratios):.3f} to {max(ratios):.3f}")
    return 2 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
