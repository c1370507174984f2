# SPDX-License-Identifier: Apache-2.0
"""Builds small fuzz targets with the harness SDK, outside our build, as a user of percuss would."""
import subprocess

from support.percuss_cli import ROOT

ENGINES = {
    "libfuzzer": ("clang-14", ["-fsanitize=fuzzer,address", "-DPERCUSS_ISOLATION", "harnesses/sdk/isolate.c"]),
    "cost": ("clang-14", ["-fsanitize=fuzzer,address", "-fsanitize-coverage=trace-pc-guard", "-DPERCUSS_COUNTS_EDGES",
                          "-Wl,--wrap=LLVMFuzzerTestOneInput,--wrap=__sanitizer_cov_trace_pc_guard",
                          "-Wl,--wrap=__sanitizer_cov_trace_pc_guard_init",
                          "harnesses/sdk/cost_counts.c", "harnesses/sdk/cost_climb.c"]),
    "aflpp": ("afl-clang-fast", ["-fsanitize=fuzzer,address", "-DPERCUSS_EXACT_COPY"]),
}


def build(folder, name, source, engine="libfuzzer"):
    """The binary's path."""
    compiler, options = ENGINES[engine]
    path = folder / f"{name}.c"
    path.write_text('#include "harnesses/sdk/percuss_harness.h"\n' + source)
    binary = folder / f"{name}-{engine}"
    sdk = ("harnesses/sdk/edge_tally.c", "harnesses/sdk/fork_server.c", "harnesses/sdk/heartbeat.c")
    subprocess.run([compiler, "-g", "-O1", "-DPERCUSS_FORK_SERVER", "-I", str(ROOT), *options, *sdk, str(path),
                    "-o", str(binary)],
                   check=True, cwd=ROOT, capture_output=True)
    return str(binary)
