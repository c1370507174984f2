#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What an input costs on a board: copies of a running machine against a machine started anew for each input.

    bench/board_rate.py [--firmware ELF] [--board mps2-an385] [--inputs FOLDER] [--count 400] [--build build/default]

The same inputs, one after another, both ways in one run: through our fork server as AFL++ uses it, and through
restarts, of which each ends where the fork server's copy ends. Printed are inputs per CPU second of all processes, and
the ratio.
"""
import argparse
import itertools
import json
import os
import pathlib
import resource
import struct
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
CONTROL, STATUS = 198, 199


def machine_of(arguments):
    """The command that percuss gives afl-fuzz for this board, and its environment."""
    with tempfile.TemporaryDirectory() as folder:
        campaign = pathlib.Path(folder) / "c.json"
        campaign.write_text(json.dumps({"schema": "percuss.campaign.v1", "targets": [
            {"id": "board", "firmware": str(arguments.firmware.resolve()), "board": arguments.board,
             "seeds": str(arguments.inputs.resolve()), "budget": {"wall_s": 10}}]}))
        out = pathlib.Path(folder) / "out"
        subprocess.run([arguments.build / "bin" / "percuss", "run", campaign, "--out", out, "--quiet"],
                       stdout=subprocess.DEVNULL, check=False)
        engine = json.loads((out / "package" / "manifest.json").read_text())["targets"][0]["engines"][0]
    argv = engine["argv"]
    return argv[argv.index("--") + 1:], engine["environment"]["AFL_PRELOAD"]


def cpu_s():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def through_fork_server(argv, preload, inputs, folder):
    """The other side of the fork server, without a fuzzer's own work."""
    current = folder / "input"
    control_read, control_write = os.pipe()
    status_read, status_write = os.pipe()

    def place():
        os.dup2(control_read, CONTROL)
        os.dup2(status_write, STATUS)

    before = cpu_s()
    child = subprocess.Popen(argv, preexec_fn=place, close_fds=False, stdin=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                             env={**os.environ, "LD_PRELOAD": preload, "PERCUSS_BOARD_INPUT": str(current)})
    os.close(control_read)
    os.close(status_write)
    os.read(status_read, 4)
    for data in inputs:
        current.write_bytes(data)
        os.write(control_write, struct.pack("<I", 0))
        os.read(status_read, 4)
        os.read(status_read, 4)
    os.close(control_write)
    child.wait()
    os.close(status_read)
    return cpu_s() - before


def through_restarts(argv, preload, inputs, folder):
    current = folder / "input"
    before = cpu_s()
    for data in inputs:
        current.write_bytes(data)
        subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                       check=False, env={**os.environ, "LD_PRELOAD": preload, "PERCUSS_BOARD_INPUT": str(current)})
    return cpu_s() - before


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "default")
    parser.add_argument("--firmware", type=pathlib.Path)
    parser.add_argument("--board", default="mps2-an385")
    parser.add_argument("--inputs", type=pathlib.Path, default=ROOT / "corpora" / "hl7_mllp" / "seed")
    parser.add_argument("--count", type=int, default=400)
    arguments = parser.parse_args()
    arguments.firmware = arguments.firmware or arguments.build / "firmware" / arguments.board / "hl7_clean.elf"
    argv, preload = machine_of(arguments)
    inputs = list(itertools.islice(itertools.cycle(p.read_bytes() for p in sorted(arguments.inputs.iterdir())),
                                   arguments.count))
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        copies = arguments.count / through_fork_server(argv, preload, inputs, folder)
        few = inputs[:max(20, arguments.count // 10)]
        restarts = len(few) / through_restarts(argv, preload, few, folder)
    print(f"fork server {copies:.0f}, restarts {restarts:.1f} inputs per CPU second, ratio {copies / restarts:.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
