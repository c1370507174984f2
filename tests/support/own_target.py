# SPDX-License-Identifier: Apache-2.0
"""Builds small fuzz targets with the harness SDK, outside our build, as a user of percuss would."""
import subprocess

from support.percuss_cli import ROOT

ENGINES = {
    "libfuzzer": ("clang-14", ["-fsanitize=fuzzer,address", "-DPERCUSS_ISOLATION", "harnesses/sdk/isolate.c"]),
    "aflpp": ("afl-clang-fast", ["-fsanitize=fuzzer,address", "-DPERCUSS_EXACT_COPY"]),
}


def build(folder, name, source, engine="libfuzzer"):
    """The binary's path."""
    compiler, options = ENGINES[engine]
    path = folder / f"{name}.c"
    path.write_text('#include "harnesses/sdk/percuss_harness.h"\n' + source)
    binary = folder / f"{name}-{engine}"
    sdk = [f"harnesses/sdk/{name}.c" for name in ("edge_tally", "edge_trace", "fork_server", "heartbeat")]
    subprocess.run([compiler, "-g", "-O1", "-DPERCUSS_FORK_SERVER", "-I", str(ROOT), *options, *sdk, str(path),
                    "-o", str(binary)],
                   check=True, cwd=ROOT, capture_output=True)
    return str(binary)
