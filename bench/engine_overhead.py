#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What supervision costs: executions per CPU second of bare engines against the same under `percuss run`.

    bench/engine_overhead.py [--target pump_serial] [--seconds 20] [--rounds 5] [--build build/default]

Bare and supervised runs alternate, both engines at once in either, with the same seeds, options and sanitizer settings,
from a corpus that a first run has saturated, so that luck in finding new paths does not drown the difference. The
engines do not share finds: what one finds for the other is a gain, not a cost of supervision. Per engine the median
over the rounds is taken; the ratio supervised / bare is printed and, below --least, the exit code is 2. Short runs of
AFL++ are all start-up: give it a minute.
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


def run_supervised(arguments, seeds, folder):
    """One `percuss run` with a target for each engine; what it recorded of the two engines, and its folder."""
    campaign = folder / "campaign.json"
    campaign.write_text(json.dumps({
        "schema": "percuss.campaign.v1",
        "name": "overhead",
        "targets": [{"id": engine, "harness": arguments.target, "engines": [engine], "seeds": str(seeds),
                     "budget": {"wall_s": arguments.seconds}} for engine in ("libfuzzer", "aflpp")],
    }))
    out = folder / "out"
    subprocess.run([arguments.build / "bin" / "percuss", "run", campaign, "--out", out, "--quiet", "--jobs", "2"],
                   stdout=subprocess.DEVNULL, check=False)
    targets = json.loads((out / "package" / "manifest.json").read_text())["targets"]
    return {target["id"]: target["engines"][0] for target in targets}, out


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


def run_bare(arguments, seeds, folder, runs):
    """Both engines at once without us; executions per CPU second of each."""
    binaries = arguments.build / "harnesses" / arguments.target
    fuzzer, afl = folder / "libfuzzer", folder / "afl"
    (fuzzer / "artifacts").mkdir(parents=True)
    shutil.copytree(seeds, fuzzer / "corpus")
    options = [a for a in runs["libfuzzer"]["argv"][1:] if a.startswith("-") and "artifact_prefix" not in a]
    processes = [
        start([binaries / "libfuzzer", fuzzer / "corpus", f"-artifact_prefix={fuzzer}/artifacts/", *options],
              environment_of(runs["libfuzzer"]), fuzzer),
    ]
    argv = list(runs["aflpp"]["argv"])
    argv[argv.index("-i") + 1] = str(seeds)
    argv[argv.index("-o") + 1] = str(afl / "out")
    processes.append(start(argv, {**environment_of(runs["aflpp"]), **AFL_SETTINGS}, afl))
    time.sleep(arguments.seconds)
    cpu_s = [finish(process) for process in processes]
    log = (fuzzer / "log").read_text(errors="replace")
    units = [int(n) for n in re.findall(r"number_of_executed_units:\s*(\d+)", log)]
    stats = next((afl / "out").glob("*/fuzzer_stats")).read_text()
    done = int(re.search(r"execs_done\s*:\s*(\d+)", stats).group(1))
    return {"libfuzzer": sum(units) / cpu_s[0], "aflpp": done / cpu_s[1]}


def rate(run):
    return run["executions"] / (run["cpu_ns"] * 1e-9)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", default="pump_serial")
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "default")
    parser.add_argument("--least", type=float, default=0.98)
    arguments = parser.parse_args()
    rates = {"bare": {"libfuzzer": [], "aflpp": []}, "percuss": {"libfuzzer": [], "aflpp": []}}
    with tempfile.TemporaryDirectory(prefix="percuss-overhead-") as temporary:
        base = pathlib.Path(temporary)
        (base / "first").mkdir()
        harness = json.loads((arguments.build / "harnesses" / arguments.target / "harness.json").read_text())
        _, out = run_supervised(arguments, pathlib.Path(harness["corpus"]) / "seed", base / "first")
        seeds = base / "seeds"
        for engine in ("libfuzzer", "aflpp"):
            shutil.copytree(out / "corpus" / engine, seeds, dirs_exist_ok=True)
        for number in range(arguments.rounds):
            folder = base / f"round{number}"
            folder.mkdir()
            runs, _ = run_supervised(arguments, seeds, folder)
            bare = run_bare(arguments, seeds, folder / "bare", runs)
            for engine, run in runs.items():
                rates["percuss"][engine].append(rate(run))
                rates["bare"][engine].append(bare[engine])
            print(f"round {number}: " + ", ".join(
                f"{e} {rates['percuss'][e][-1]:.0f} / {rates['bare'][e][-1]:.0f}" for e in bare), flush=True)
    failed = False
    for engine in ("libfuzzer", "aflpp"):
        ours = statistics.median(rates["percuss"][engine])
        bare = statistics.median(rates["bare"][engine])
        failed = failed or ours < arguments.least * bare
        print(f"{engine}: percuss {ours:.0f}, bare {bare:.0f} executions per CPU second, ratio {ours / bare:.3f}")
    return 2 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
