#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How soon planted bugs are found with a model of the protocol, and without.

    bench/model_depth.py out/depth [--build build/default] [--seeds 10] [--limit 30] [--only PUMP-03 ...] [--jobs 2]
                         [--tools model libfuzzer afl] [--gate]

Each planted bug of the reference device has a build of its own, with that bug alone. Each tool begins with the seeds
and the dictionary of the harness and ends with its first failure, or at its limit of processor time.

  model      libFuzzer with the mutators of protocols/, along the harness's model, as campaigns run it
  libfuzzer  the same objects without them
  afl        AFL++ with CMPLOG (-c), persistent, one instance

Times are of the processor, of the tool and all its children, without the seconds that an input hangs until the tool
ends it: medians over the seeds 1 to --seeds of the engines' random numbers; a run that found nothing counts as its
limit, and a median of such as "more". The limit of the model is --limit, that of the others ten times the model's
median, at least --deep and at most --most: a tool that needs more than that is not waited for. A tool's runs of a bug
end when those that are left cannot move its median to the other side of its limit. A bug is in depth when libFuzzer
without a model takes --deep seconds at least; other tools run on such alone. Exit code 2 with --gate: of one of them
another tool's time is not ten times the model's, or there is none. What is done is kept in OUT.
"""
import argparse
import collections
import concurrent.futures
import json
import math
import os
import pathlib
import resource
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import time

import triage_corpus

ROOT = pathlib.Path(__file__).resolve().parent.parent
TOOLS = ("model", "libfuzzer", "afl")
CHECKS = ["-g", "-fno-omit-frame-pointer", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
OPTIONS = {"ASAN_OPTIONS": "abort_on_error=1:symbolize=0:handle_abort=1:detect_stack_use_after_return=1"
                           ":max_allocation_size_mb=2048:allocator_may_return_null=0",
           "UBSAN_OPTIONS": "abort_on_error=1:symbolize=0:halt_on_error=1"}
LIMIT_MS = 1000
# The begin of what harnesses/sdk/heartbeat.h describes: magic, size of the ring, number of the input.
HEARTBEAT = struct.Struct("<3Q")
HEARTBEAT_MAGIC = 0x0031504d55434550
HEARTBEAT_REST = 64 - HEARTBEAT.size
RING = 4096

# Of a run: the time, processor seconds until then, the number of the input.
Sample = collections.namedtuple("Sample", ["at", "cpu_s", "input"])


class Bug:
    def __init__(self, target, bug, arguments):
        self.target, self.bug, self.arguments = target, bug, arguments
        self.folder = arguments.out / bug.id
        self.folder.mkdir(parents=True, exist_ok=True)

    def objects(self, flavour):
        """Of each bug's own: a flag may change any file. Both tools of libFuzzer have the same."""
        afl = flavour.startswith("afl")
        # ccache knows nothing of AFL_LLVM_CMPLOG.
        environment = {**os.environ, "AFL_QUIET": "1", "CCACHE_NAMESPACE": flavour,
                       **({"AFL_LLVM_CMPLOG": "1"} if flavour == "afl-cmplog" else {})}
        cc, cxx = ("afl-clang-fast", "afl-clang-fast++") if afl else ("clang-14", "clang++-14")
        checks = CHECKS + ([] if afl else ["-fsanitize=fuzzer-no-link"])
        sdk = [ROOT / f"harnesses/sdk/{name}.c"
               for name in ("heartbeat", "edge_tally", "edge_trace", "oracles", "properties", "value_trace")]
        folder = self.folder / f"{flavour}-objects"
        folder.mkdir(exist_ok=True)
        for source in map(pathlib.Path, [*self.target.sources, ROOT / self.target.index["harness"], *sdk]):
            made = folder / f"{source.name}.o"
            yield made
            if made.exists():
                continue
            ours = source in sdk
            part = made.with_suffix(".part")
            subprocess.run(["ccache", *([cxx, "-std=c++17"] if source.suffix == ".cc" else [cc, "-std=gnu11"]),
                            *(["-O2"] if ours else checks), f"-I{ROOT}", f"-D{self.bug.flag}",
                            *(["-DPERCUSS_EXACT_COPY"] if afl else []), "-c", source, "-o", part],
                           check=True, env=environment)
            part.rename(made)

    def build(self, flavour):
        binary = self.folder / flavour
        if binary.exists():
            return binary
        afl = flavour.startswith("afl")
        made = [*self.objects(flavour if afl else "libfuzzer")]
        if flavour == "model":
            made.append(self.arguments.build / "harness-build/libfuzzer/model_mutator.o")
        part = binary.with_suffix(".part")
        subprocess.run(["afl-clang-fast++" if afl else "clang++-14", *CHECKS, "-fsanitize=fuzzer", *made, "-lsodium",
                        "-o", part], check=True, env={**os.environ, "AFL_QUIET": "1"})
        part.rename(binary)
        return binary

    def run(self, tool, seed, limit_s):
        """{"cpu_s", "found"}"""
        done = self.folder / f"{tool}-{seed}.json"
        kept = json.loads(done.read_text()) if done.exists() else {"cpu_s": 0, "found": False}
        # A run is ended at its limit, about.
        if not kept["found"] and kept["cpu_s"] < 0.95 * limit_s:
            # In memory, or the file system is measured: libFuzzer writes and removes a file for each input kept.
            with tempfile.TemporaryDirectory(prefix="percuss-depth-", dir="/dev/shm") as work:
                run = self.run_afl if tool == "afl" else self.run_libfuzzer
                kept = run(tool, seed, pathlib.Path(work), limit_s)
            done.write_text(json.dumps(kept))
        return {"cpu_s": kept["cpu_s"], "found": kept["found"] and kept["cpu_s"] <= limit_s}

    def limit_ms(self):
        """Of an input. A busy machine must not make a hang of what is none."""
        return LIMIT_MS if self.bug.timed else 20 * LIMIT_MS

    def dictionary(self):
        return next((self.target.corpus / "dict").iterdir())

    def run_libfuzzer(self, tool, seed, work, limit_s):
        shutil.copytree(self.target.corpus / "seed", work / "corpus")
        argv = [self.build(tool), work / "corpus", f"-artifact_prefix={work}/found-", f"-seed={seed}",
                f"-dict={self.dictionary()}", f"-timeout={self.limit_ms() // 1000}", "-rss_limit_mb=2560",
                f"-len_control={0 if tool == 'model' else 100}"]
        environment = {**os.environ, **OPTIONS}
        environment.pop("PERCUSS_MODEL", None)
        if tool == "model":
            environment["PERCUSS_MODEL"] = self.target.index["model"]
        environment["PERCUSS_HEARTBEAT"] = work / "heartbeat"
        (work / "heartbeat").write_bytes(HEARTBEAT.pack(HEARTBEAT_MAGIC, RING, 0) + bytes(HEARTBEAT_REST + RING))
        samples = self.watch(argv, environment, work, lambda: any(work.glob("found-*")), limit_s)
        if not samples[-1].input:
            raise RuntimeError(f"{argv[0]} wrote no heartbeat")
        if not any(work.glob("found-*")):
            return {"cpu_s": samples[-1].cpu_s, "found": False}
        # Until its input began.
        return {"cpu_s": next(one.cpu_s for one in samples if one.input == samples[-1].input), "found": True}

    def run_afl(self, _tool, seed, work, limit_s):
        argv = ["afl-fuzz", "-i", self.target.corpus / "seed", "-o", work / "out", "-s", seed, "-x", self.dictionary(),
                "-t", self.limit_ms(), "-m", "none", "-c", self.build("afl-cmplog"), "--", self.build("afl")]
        environment = {**os.environ, **OPTIONS, "AFL_NO_UI": "1", "AFL_NO_AFFINITY": "1", "AFL_SKIP_CPUFREQ": "1",
                       "AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES": "1", "AFL_BENCH_UNTIL_CRASH": "1",
                       "ASAN_OPTIONS": OPTIONS["ASAN_OPTIONS"] + ":detect_leaks=0"}
        main = work / "out/default"

        def has(kind):
            return (main / kind).is_dir() and any(name.name.startswith("id:") for name in (main / kind).iterdir())

        def found():
            return has("crashes") or (self.bug.timed and has("hangs"))

        samples = self.watch(argv, environment, work, found, limit_s)
        if not found() or has("crashes"):
            return {"cpu_s": samples[-1].cpu_s, "found": found()}
        # The last but one is of when it was seen.
        begin = max(samples[-2].at - LIMIT_MS / 1000, samples[0].at)
        return {"cpu_s": [one.cpu_s for one in samples if one.at <= begin][-1], "found": True}

    def watch(self, argv, environment, work, found, limit_s):
        """Samples of a process and its children until it has found something, ended or used its limit."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        with (work / "log").open("wb") as log:
            process = subprocess.Popen(list(map(str, argv)), env=environment, cwd=work, stdin=subprocess.DEVNULL,
                                       stdout=log, stderr=log, start_new_session=True)
        samples, seen_s, stopped = [Sample(time.monotonic(), 0, None)], 0, False
        while process.poll() is None:
            time.sleep(0.1)
            seen_s = max(seen_s, used(process.pid))
            samples.append(Sample(time.monotonic(), seen_s, input_at(work)))
            if found() or seen_s > limit_s:
                stopped = True
                process.send_signal(signal.SIGINT)
                try:
                    process.wait(5)
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)
        if not stopped and not found():
            raise RuntimeError(f"{argv[0]} ended by itself:\n{(work / 'log').read_text(errors='replace')[-2000:]}")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        # afl-fuzz does not wait for its server, so the kernel does not add that one's time to its own.
        all_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        samples.append(Sample(time.monotonic(), max(all_s, seen_s), input_at(work)))
        return samples


def input_at(work):
    """The number of the input that runs, of an engine with a heartbeat."""
    try:
        return HEARTBEAT.unpack_from((work / "heartbeat").read_bytes())[2]
    except OSError:
        return None


def used(root):
    """Processor seconds of a process and of all below it, in any session, and of their children that ended."""
    parents, ticks = {}, {}
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        pid = int(stat.parent.name)
        parents[pid], ticks[pid] = int(fields[1]), sum(map(int, fields[11:15]))

    def is_below(pid):
        while pid in parents and pid != root:
            pid = parents[pid]
        return pid == root

    return sum(ticks[pid] for pid in ticks if is_below(pid)) / os.sysconf("SC_CLK_TCK")


class Median:
    """Of the times of a tool on a bug."""

    def __init__(self, limit_s, seeds):
        self.limit_s, self.seeds, self.times = limit_s, seeds, []

    def add(self, result):
        self.times.append(result["cpu_s"] if result["found"] else math.inf)

    def is_settled(self, boundary_s):
        """More than half of all runs are on one side of the boundary."""
        below = sum(time_s < boundary_s for time_s in self.times)
        return 2 * max(below, len(self.times) - below) > self.seeds

    def value(self):
        """At least that, where is_more()."""
        return min(statistics.median(self.times), self.limit_s)

    def is_more(self):
        return statistics.median(self.times) > self.limit_s

    def __str__(self):
        part = "" if len(self.times) == self.seeds else f" ({len(self.times)} runs)"
        return ("more than " if self.is_more() else "") + f"{self.value():.1f}{part}"


def run_one(bug, tool, seed, limit_s):
    result = bug.run(tool, seed, limit_s)
    print(f"{bug.bug.id} {tool} seed {seed}: {result['cpu_s']:.1f} s {'' if result['found'] else 'not found'}",
          file=sys.stderr, flush=True)
    return result


def measure(pool, bug, tool, limit_s, arguments):
    median = Median(limit_s, arguments.seeds)
    for first in range(1, arguments.seeds + 1, arguments.jobs):
        batch = range(first, min(first + arguments.jobs, arguments.seeds + 1))
        for run in [pool.submit(run_one, bug, tool, seed, limit_s) for seed in batch]:
            median.add(run.result())
        boundary_s = arguments.deep if tool == "libfuzzer" else limit_s
        if tool != "model" and median.is_settled(limit_s) and median.is_settled(boundary_s):
            break
    return median


def compare(pool, bug, arguments):
    """The medians of each tool, and whether the bug is in depth."""
    medians = {"model": measure(pool, bug, "model", arguments.limit, arguments)}
    limit_s = min(max(10 * medians["model"].value(), arguments.deep), arguments.most)
    deep = True
    for tool in (tool for tool in arguments.tools if tool != "model" and deep):
        bug.build(tool)
        if tool == "afl":
            bug.build("afl-cmplog")
        medians[tool] = measure(pool, bug, tool, limit_s, arguments)
        deep = tool != "libfuzzer" or medians[tool].is_more() or medians[tool].value() >= arguments.deep
    return medians, deep


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/default")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--limit", type=float, default=30, help="processor seconds of a run along the model")
    parser.add_argument("--most", type=float, default=300, help="processor seconds of a run of another tool")
    parser.add_argument("--deep", type=float, default=5, help="processor seconds")
    parser.add_argument("--only", nargs="+")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--tools", nargs="+", default=TOOLS, choices=TOOLS)
    parser.add_argument("--gate", action="store_true")
    arguments = parser.parse_args()
    arguments.out, arguments.build = arguments.out.resolve(), arguments.build.resolve()
    bugs = [Bug(target, bug, arguments) for target in triage_corpus.reference_targets(arguments.build, arguments.out)
            for bug in target.bugs
            if bug.flavour == "host" and "model" in target.index and (not arguments.only or bug.id in arguments.only)]
    others = [tool for tool in arguments.tools if tool != "model"]
    least = dict.fromkeys(others, math.inf)
    counts = dict.fromkeys(others, 0)
    columns = ["bug", "model", *others, "in depth"]
    print(f"| {' | '.join(columns)} |\n|{' --- |' * len(columns)}", flush=True)
    with concurrent.futures.ProcessPoolExecutor(arguments.jobs) as pool:
        for bug in bugs:
            bug.build("model")
            medians, deep = compare(pool, bug, arguments)
            row = [bug.bug.id, *(str(medians.get(tool, "")) for tool in ("model", *others)),
                   "yes" if deep and "libfuzzer" in medians else ""]
            print(f"| {' | '.join(row)} |", flush=True)
            for tool in others if deep else ():
                ratio = medians[tool].value() / max(medians["model"].value(), 0.1)
                least[tool] = min(least[tool], ratio)
                counts[tool] += ratio >= 10
    for tool in others:
        print(f"\n{tool}: {counts[tool]} bugs in depth take it ten times the model's time or more; "
              f"the least is {least[tool]:.1f}")
    shown = others and all(10 <= ratio < math.inf for ratio in least.values())
    sys.exit(2 if arguments.gate and not shown else 0)


if __name__ == "__main__":
    main()
