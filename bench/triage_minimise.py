#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Minimises a sample of the labelled corpus with three tools, and says of each result whether it is still its bug.

    bench/triage_corpus.py out/triage
    bench/triage_minimise.py out/triage [--build build/default] [--bin build/default/bin] [--work out/minimise] [--gate]

Of each bug: its median and its biggest input, and further ones with the smallest digests (--per-bug).

  percuss     what triage does with a new finding (minimise_inputs), with symbols looked up already as triage has them
              when it comes to that; what bytes steer is not measured
  afl-tmin    -m none -t 1000, with -H for what hangs, on the aflpp flavour; persistent, with AFL++'s fork server
  libFuzzer   -minimize_crash=1 -runs=RUNS (--libfuzzer-runs) -timeout=1 -rss_limit_mb=2560 on the libfuzzer flavour

All are the builds with all planted bugs, under the same sanitizer options and the same limit of a second an input; of
each the processor time is what it and all its children used. What needs longer than --patience seconds is stopped and
keeps what it has by then. IEEE11073-02 shows under MSan alone, for which AFL++ has no flavour here.

A result is kept when the build with its bug alone fails on it and, with all bugs in, fails with the same words there
(class, or property; not for hangs, whose words are the clock's). Otherwise it is lost: to another bug where it fails of
that. Several: other bugs' builds fail on it too. Failed: the tool told no crash, or gave no result; its size is then
the input's.

Time is given apart for bugs that take the whole time limit, and medians are of all. Exit code 2 with --gate: percuss
lost a bug, or its median size or its processor time is above that of another, or, of the inputs whose bug each of them
kept, its time for those that do not hang. (Of all inputs that would favour who gives up: what is not kept costs next to
nothing.)
"""
import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import resource
import shutil
import statistics
import subprocess
import sys

import triage_corpus

ROOT = pathlib.Path(__file__).resolve().parent.parent
LIMIT_MS = 1000
OPTIONS = "abort_on_error=1:symbolize=0:detect_leaks=1:handle_sigfpe=1:handle_sigill=1:detect_odr_violation=0" \
          ":detect_stack_use_after_return=1:max_allocation_size_mb=2048"
ENVIRONMENT = {"ASAN_OPTIONS": OPTIONS, "UBSAN_OPTIONS": "abort_on_error=1:symbolize=0:halt_on_error=1",
               "MSAN_OPTIONS": "abort_on_error=1:symbolize=0:exit_code=86"}
TOOLS = ("percuss", "afl-tmin", "libFuzzer")


def measured(argv, folder, patience):
    """(cpu seconds with all children, output); runs in the folder, and what takes longer is stopped."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    # Told to end and not killed: what a killed process's children used is nobody's.
    done = subprocess.run(["timeout", "-s", "INT", "-k", "5", str(patience), *map(str, argv)], check=False,
                          cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          env={**os.environ, **ENVIRONMENT, "AFL_NO_UI": "1", "AFL_MAP_SIZE": "65536"})
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
            done.stdout.decode(errors="replace"))


class Sample:
    """One input with its label."""

    def __init__(self, target, bug, path):
        self.target, self.bug, self.path = target, bug, path
        self.name = f"{bug.id}.{path.name}"

    def flavour(self, name):
        flavour = "msan" if self.bug.flavour == "msan" and name == "libfuzzer" else name
        return self.target.build / "harnesses" / self.target.name / flavour


def by_percuss(sample, out, arguments):
    made = out / "made"
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir()
    _, text = measured([arguments.bin / "minimise_inputs", sample.flavour("libfuzzer"), LIMIT_MS, made, sample.path],
                       out, 4 * arguments.patience)
    said = json.loads(text)
    result = made / sample.path.name
    return (said["minimising_cpu_s"], result.read_bytes() if result.exists() else None,
            {"judging_cpu_s": said["judging_cpu_s"], **said["minimisation"]})


def by_afl(sample, out, arguments):
    result = out / "made"
    result.unlink(missing_ok=True)
    options = ["-m", "none", "-t", LIMIT_MS, *(["-H"] if sample.bug.timed else [])]
    seconds, text = measured(["afl-tmin", *options, "-i", sample.path, "-o", result, "--", sample.flavour("aflpp")],
                             out, arguments.patience)
    # Without a crash it keeps the path instead.
    crashed = "instrumented" not in text
    return seconds, result.read_bytes() if crashed and result.exists() else None, {}


def by_libfuzzer(sample, out, arguments):
    for old in out.glob("made*"):
        old.unlink()
    seconds, _ = measured([sample.flavour("libfuzzer"), "-minimize_crash=1", f"-runs={arguments.libfuzzer_runs}",
                           "-timeout=1", "-rss_limit_mb=2560", f"-artifact_prefix={out}/made-",
                           f"-max_total_time={arguments.patience}", sample.path], out,
                          arguments.patience + 5)
    made = sorted(out.glob("made-minimized-from-*"), key=lambda path: path.stat().st_size)
    return seconds, (made[0] if made else sample.path).read_bytes(), {}


MINIMISE = {"percuss": by_percuss, "afl-tmin": by_afl, "libFuzzer": by_libfuzzer}


def label(sample, data, leaks):
    """kept, several, lost, or lost to another bug."""
    target, bug = sample.target, sample.bug

    def said(variant, scale=1):
        (kind, _, log), = triage_corpus.run_batch(target.binary(variant, bug.flavour), [data], leaks, scale)
        return None if kind == "ok" else triage_corpus.word_of(log)

    alone, planted = said(bug.id), said("planted")
    others = [other.id for other in target.bugs
              if other.id != bug.id and other.flavour == bug.flavour and said(other.id, 2) is not None]
    if alone is not None and planted is not None and (bug.timed or alone == planted):
        return "several" if others else "kept"
    return "lost to another" if others or planted is not None else "lost"


def run_sample(sample, arguments):
    rows = []
    for tool in arguments.tools:
        out = arguments.work / tool / sample.name
        done = out / "row.json"
        if not done.exists():
            out.mkdir(parents=True, exist_ok=True)
            seconds, data, more = MINIMISE[tool](sample, out, arguments)
            size = sample.path.stat().st_size
            row = {"tool": tool, "target": sample.target.name, "bug": sample.bug.id, "input": sample.path.name,
                   "timed": sample.bug.timed, "bytes": size, "cpu_s": seconds, **more,
                   "minimised": size if data is None else len(data),
                   "label": "failed" if data is None else label(sample, data, sample.target.leaks)}
            done.with_suffix(".part").write_text(json.dumps(row))
            done.with_suffix(".part").rename(done)
        rows.append(json.loads(done.read_text()))
        print(sample.name, json.dumps({key: rows[-1][key] for key in ("tool", "bytes", "minimised", "cpu_s", "label")}),
              file=sys.stderr, flush=True)
    return rows


def samples(arguments):
    build, corpus = arguments.build.resolve(), arguments.corpus.resolve()
    for target in [*triage_corpus.reference_targets(build, corpus), *triage_corpus.soup_targets(build, corpus)]:
        for bug in target.bugs:
            folder = corpus / "inputs" / target.name / bug.id
            inputs = sorted(folder.iterdir(), key=lambda path: (path.stat().st_size, path.name))
            picked = [inputs[len(inputs) // 2], inputs[-1]]
            picked += sorted(path for path in inputs if path not in picked)
            for path in picked[:arguments.per_bug]:
                yield Sample(target, bug, path)


def numbers(rows):
    quick = [row["cpu_s"] for row in rows if not row["timed"]]
    return {"median": statistics.median(row["minimised"] for row in rows),
            "mean": statistics.mean(row["minimised"] for row in rows),
            "cpu": sum(row["cpu_s"] for row in rows), "quick": sum(quick), "cpu_median": statistics.median(quick)}


def table(rows):
    print("| tool | median bytes | mean | cpu s | hangs | median | kept | several | lost | to another | failed |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    found = {}
    for tool in sorted({row["tool"] for row in rows}, key=TOOLS.index):
        own = [row for row in rows if row["tool"] == tool]
        labels = collections.Counter(row["label"] for row in own)
        found[tool] = numbers(own) | {"lost": labels["lost"] + labels["lost to another"] + labels["failed"]}
        one = found[tool]
        cells = [tool, f"{one['median']:g}", f"{one['mean']:.0f}", f"{one['cpu']:.0f}",
                 f"{one['cpu'] - one['quick']:.0f}", f"{one['cpu_median']:.2f}",
                 *(str(labels[label]) for label in ("kept", "several", "lost", "lost to another", "failed"))]
        print("| " + " | ".join(cells) + " |")
    return found


def kept_by_all(rows):
    spoilt = {(row["bug"], row["input"]) for row in rows if row["label"] != "kept"}
    return [row for row in rows if (row["bug"], row["input"]) not in spoilt]


def passes(found, kept):
    def least(table_of, key):
        return all(table_of["percuss"][key] <= other[key] for other in table_of.values())

    return found["percuss"]["lost"] == 0 and least(found, "median") and least(found, "cpu") and least(kept, "quick")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=pathlib.Path)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/default")
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "build/default/bin")
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("out/minimise"), help="keeps what is done")
    parser.add_argument("--per-bug", type=int, default=3)
    parser.add_argument("--patience", type=int, default=40)
    parser.add_argument("--libfuzzer-runs", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--tools", nargs="+", default=TOOLS, choices=TOOLS,
                        help="to run and to tell of")
    parser.add_argument("--gate", action="store_true")
    arguments = parser.parse_args()
    arguments.work, arguments.bin = arguments.work.resolve(), arguments.bin.resolve()
    chosen = list(samples(arguments))
    with concurrent.futures.ProcessPoolExecutor(arguments.jobs) as pool:
        rows = [row for some in pool.map(run_sample, chosen, [arguments] * len(chosen)) for row in some]
    print(f"{len(chosen)} inputs of {len({sample.bug.id for sample in chosen})} bugs, median "
          f"{statistics.median(sample.path.stat().st_size for sample in chosen):g} bytes\n")
    found = table(rows)
    same = kept_by_all(rows)
    print(f"\nOf these, the {len({(row['bug'], row['input']) for row in same})} inputs whose bug each of them kept:\n")
    kept = table(same)
    sys.exit(2 if arguments.gate and not passes(found, kept) else 0)


if __name__ == "__main__":
    main()
