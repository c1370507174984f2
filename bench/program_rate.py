#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What an input costs in a Linux program for another processor: forks at its checkpoint, against qemu-user anew.

    bench/program_rate.py [--program ELF] [--inputs FOLDER] [--count 1000] [--build build/default]

The same inputs, one after another, in one run: through our fork server as AFL++ uses it, through a start of the plain
emulator for each, and through a start with our plugin, which is what coverage costs without a fork server. Printed are
rates per CPU second of all processes, and the ratios; the exit code is 2 below --least times plain starts.
"""
import argparse
import itertools
import json
import pathlib
import resource
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))
from support.fork_server import ForkServer  # noqa: E402


def command_of(arguments):
    """What percuss gives afl-fuzz to run for this program."""
    with tempfile.TemporaryDirectory() as folder:
        campaign = pathlib.Path(folder) / "c.json"
        campaign.write_text(json.dumps({"schema": "percuss.campaign.v1", "targets": [
            {"id": "program", "program": str(arguments.program.resolve()),
             "seeds": str(arguments.inputs.resolve()), "budget": {"wall_s": 3}}]}))
        out = pathlib.Path(folder) / "out"
        subprocess.run([arguments.build / "bin" / "percuss", "run", campaign, "--out", out, "--quiet"],
                       stdout=subprocess.DEVNULL, check=False)
        argv = json.loads((out / "package" / "manifest.json").read_text())["targets"][0]["engines"][0]["argv"]
    return argv[argv.index("--") + 1:]


def through_starts(argv, inputs, folder, environment):
    current = folder / "input"
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    for data in inputs:
        current.write_bytes(data)
        with current.open("rb") as stdin:
            subprocess.run(argv, stdin=stdin, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False,
                           env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "default")
    parser.add_argument("--program", type=pathlib.Path)
    parser.add_argument("--inputs", type=pathlib.Path, default=ROOT / "corpora" / "hl7_mllp" / "seed")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--least", type=float, default=2, help="times the rate of plain starts")
    arguments = parser.parse_args()
    arguments.program = arguments.program or arguments.build / "firmware" / "linux-arm" / "hl7_clean"
    argv = command_of(arguments)
    at = argv.index("-plugin")
    plain = argv[:at] + argv[at + 2:]
    inputs = list(itertools.islice(itertools.cycle(p.read_bytes() for p in sorted(arguments.inputs.iterdir())),
                                   arguments.count))
    few = inputs[:max(50, arguments.count // 10)]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        server = ForkServer(argv, "", folder)
        for data in inputs:
            server.run(data)
        forks = len(inputs) / server.close()
        path = {"PATH": "/usr/bin:/bin"}
        starts = len(few) / through_starts(plain, few, folder, path)
        with_plugin = len(few) / through_starts(argv, few, folder,
                                                {**path, "PERCUSS_BOARD_INPUT": str(folder / "input")})
    print(f"inputs: fork server {forks:.0f}, plain starts {starts:.0f}, starts with the plugin {with_plugin:.0f} per "
          f"CPU second: {forks / starts:.1f} and {forks / with_plugin:.1f} times")
    return 0 if forks >= arguments.least * starts else 2


if __name__ == "__main__":
    sys.exit(main())
