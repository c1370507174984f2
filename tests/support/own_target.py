# SPDX-License-Identifier: Apache-2.0
"""Builds small fuzz targets with the harness SDK, outside our build, as a user of percuss would."""
import subprocess

from support.percuss_cli import ROOT

ENGINES = {
    "libfuzzer": ("clang-14", ["-fsanitize=fuzzer,address", "-DPERCUSS_ISOLATION", "harnesses/sdk/isolate.c"]),
    "without_asan": ("clang-14", ["-fsanitize=fuzzer"]),
    "cost": ("clang-14", ["-fsanitize=fuzzer,address", "-fsanitize-coverage=trace-pc-guard", "-DPERCUSS_COUNTS_EDGES",
                          "-Wl,--wrap=LLVMFuzzerTestOneInput,--wrap=__sanitizer_cov_trace_pc_guard",
                          "-Wl,--wrap=__sanitizer_cov_trace_pc_guard_init",
                          "harnesses/sdk/cost_counts.c", "harnesses/sdk/cost_climb.c"]),
    "aflpp": ("afl-clang-fast", ["-fsanitize=fuzzer,address", "-DPERCUSS_EXACT_COPY"]),
}
HEARTBEAT = [f"harnesses/sdk/{name}.c" for name in ("edge_tally", "edge_trace", "heartbeat", "value_trace")]


def build_benchmark(folder, name, harness, *options):
    """The same file of a harness as a plain optimised build; the binary's path."""
    binary = folder / f"{name}-benchmark"
    objects = []
    for source in (*HEARTBEAT, str(harness)):
        objects.append(str(folder / f"{name}-{len(objects)}.o"))
        subprocess.run(["clang-14", "-g", "-O2", "-I", str(ROOT), *options, "-c", source, "-o", objects[-1]],
                       check=True, cwd=ROOT, capture_output=True)
    subprocess.run(["clang++-14", "-g", "-O2", "-std=c++17", "-I", str(ROOT), "harnesses/sdk/benchmark_main.cc",
                    *objects, "-lbenchmark", "-lpthread", "-o", str(binary)],
                   check=True, cwd=ROOT, capture_output=True)
    return str(binary)


def build(folder, name, source, engine="libfuzzer"):
    """The binary's path."""
    compiler, options = ENGINES[engine]
    path = folder / f"{name}.c"
    path.write_text('#include "harnesses/sdk/percuss_harness.h"\n' + source)
    binary = folder / f"{name}-{engine}"
    subprocess.run([compiler, "-g", "-O1", "-DPERCUSS_FORK_SERVER", "-I", str(ROOT), *options, *HEARTBEAT,
                    "harnesses/sdk/fork_server.c", "harnesses/sdk/properties.c", str(path), "-o", str(binary)],
                   check=True, cwd=ROOT, capture_output=True)
    return str(binary)
