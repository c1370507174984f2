#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How many executions the cost search needs to come to a known worst case, and how many coverage-guided fuzzing does.

    bench/cost_search.py [--seeds 3] [--most 0.1]

Each plant is compiled twice, with libFuzzer's own feedback and mutators, and with those of the cost search; otherwise
the same, from the same seeds and dictionary. A run ends with the first input that makes the target execute so many
edges as the table says. Nothing is timed, so that the host's load has no say. A run of the peer that does not come
there within --bound executions counts as that many; one of the search that does not counts as never. The exit code is 2
where the ratio of the medians is above --most.
"""
import argparse
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
SDK = ROOT / "harnesses" / "sdk"
GROWTH = ROOT / "bench" / "growth"
WRAPPED = ("LLVMFuzzerTestOneInput", "__sanitizer_cov_trace_pc_guard", "__sanitizer_cov_trace_pc_guard_init")
COUNTED = ("-fsanitize=fuzzer-no-link", "-fsanitize-coverage=trace-pc-guard")


class Plant:
    def __init__(self, name, growth, edges, sources, defines=(), corpus=None, seeds=(), words=()):
        self.name, self.growth, self.edges = name, growth, edges
        self.sources, self.defines, self.corpus = sources, defines, corpus
        self.seeds, self.words = seeds, words


PLANTS = [
    Plant("DICOM-05", "exponential", 20_000_000,
          [ROOT / "harnesses" / "dicom_ul_harness.cc", *sorted((ROOT / "targets/reference/dicom").glob("*.c"))],
          ["-DPERCUSS_BUG_DICOM_05"], ROOT / "corpora" / "dicom_ul"),
    Plant("sorted_events", "quadratic", 40_000, [GROWTH / "sorted_events.c"],
          seeds=[b"\xe5\x01\x00\x10\x11\xe5\x02\x00\x20\x22"]),
    Plant("named_values", "quadratic", 40_000, [GROWTH / "named_values.c"],
          seeds=[b"SET hr=72\rSET spo2=98\rGET hr\r"], words=["SET ", "GET ", "=", "\\x0d"]),
]


def compile_one(source, flags, folder):
    compiler = ["clang++-14", "-std=c++17"] if source.suffix == ".cc" else ["clang-14"]
    path = folder / f"{source.stem}.o"
    subprocess.run([*compiler, "-I", ROOT, "-g", "-O1", *flags, "-c", source, "-o", path], check=True)
    return path


def build(plant, folder):
    """The search's binary and the peer's, which counts to know where to end and tells nobody."""
    (folder / "no_climb.c").write_text("#include <stddef.h>\n#include <stdint.h>\n"
                                       "void percuss_climb_ran(const uint8_t* d, size_t n) { (void)d; (void)n; }\n")
    objects = [compile_one(source, [*COUNTED, *plant.defines], folder) for source in plant.sources]
    own = [compile_one(SDK / name, ["-O2"], folder) for name in ("cost_counts.c", "heartbeat.c", "edge_tally.c")]
    binaries = []
    for source in (SDK / "cost_climb.c", folder / "no_climb.c"):
        binaries.append(folder / f"with-{source.stem}")
        subprocess.run(["clang++-14", "-fsanitize=fuzzer", *objects, *own, compile_one(source, ["-O2"], folder),
                        *(f"-Wl,--wrap={name}" for name in WRAPPED), "-o", binaries[-1]], check=True)
    return binaries


def executions(plant, binary, searches, seed, bound):
    """None where it does not come there."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        corpus, words = folder / "corpus", folder / "words"
        corpus.mkdir()
        inputs = plant.seeds
        if plant.corpus:
            inputs = [path.read_bytes() for path in sorted((plant.corpus / "seed").iterdir())]
        for number, content in enumerate(inputs):
            (corpus / f"{number:02}").write_bytes(content)
        dictionaries = sorted((plant.corpus / "dict").iterdir()) if plant.corpus else []
        words.write_text(dictionaries[0].read_text() if dictionaries else "".join(f'"{w}"\n' for w in plant.words))
        environment = {"PERCUSS_COST_LIMIT": str(plant.edges), "PERCUSS_COST_FEEDBACK": str(int(searches))}
        done = subprocess.run([binary, f"-seed={seed}", f"-runs={bound}", "-timeout=600",
                               *([f"-dict={words}"] if words.stat().st_size else []), corpus],
                              env=environment, cwd=folder, capture_output=True, text=True, errors="replace",
                              check=False)
    found = re.search(r"percuss: cost limit: input (\d+) ", done.stderr)
    if found is None and done.returncode != 0:
        sys.exit(f"{plant.name}: {binary.name} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return int(found[1]) if found else None


def told(counts):
    return ", ".join("never" if count is None else str(count) for count in counts)


def compare(plant, arguments):
    """The ratio of the medians."""
    seeds = range(1, arguments.seeds + 1)
    with tempfile.TemporaryDirectory() as folder:
        search, peer = build(plant, pathlib.Path(folder))
        searched = [executions(plant, search, True, seed, arguments.bound) for seed in seeds]
        fuzzed = [executions(plant, peer, False, seed, arguments.bound) for seed in seeds]
    of_search = statistics.median(float("inf") if count is None else count for count in searched)
    of_peer = statistics.median(arguments.bound if count is None else count for count in fuzzed)
    print(f"{plant.name} ({plant.growth}, {plant.edges} edges): search {of_search:.0f} [{told(searched)}], "
          f"coverage {of_peer:.0f} [{told(fuzzed)}], ratio {of_search / of_peer:.4f}", flush=True)
    return of_search / of_peer


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3, help="of the random generator, from 1 on")
    parser.add_argument("--bound", type=int, default=500_000, help="executions of a run")
    parser.add_argument("--most", type=float, default=0.1, help="ratio that is good enough")
    parser.add_argument("--plant", help="this one alone")
    arguments = parser.parse_args()
    plants = [plant for plant in PLANTS if arguments.plant in (None, plant.name)]
    if not plants:
        parser.error(f"no plant {arguments.plant}: there are {', '.join(plant.name for plant in PLANTS)}")
    ratios = [compare(plant, arguments) for plant in plants]
    sys.exit(0 if max(ratios) <= arguments.most else 2)


if __name__ == "__main__":
    main()
