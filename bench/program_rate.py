#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What an input costs in a Linux program for another processor: in a loop, in forks, and with qemu-user anew.

    bench/program_rate.py [--program ELF] [--sysroot FOLDER] [--inputs FOLDER] [--count 1000] [--build build/default]

The same inputs, one after another, in one run: through our fork server as AFL++ uses it, where one copy takes many
inputs; through the same with one input for each copy; through a start of the plain emulator for each; and through a
start with our plugin, which is what coverage costs without a fork server. Printed are rates per CPU second of all
processes, and the ratios; the exit code is 2 below --least times plain starts or --least-forks times forks.

The program's folder names its processor (linux-arm/...), as those in the build folder do.
"""
import argparse
import itertools
import pathlib
import resource
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))
from support.emulator_command import emulator_command  # noqa: E402
from support.fork_server import ForkServer  # noqa: E402


def through_fork_server(argv, preload, inputs, folder, **environment):
    server = ForkServer(argv, preload, folder, **environment)
    for data in inputs:
        server.run(data)
    return server.close()


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
    parser.add_argument("--sysroot", type=pathlib.Path)
    parser.add_argument("--inputs", type=pathlib.Path, default=ROOT / "corpora" / "hl7_mllp" / "seed")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--least", type=float, default=2, help="times the rate of plain starts")
    parser.add_argument("--least-forks", type=float, default=2, help="times the rate of forks")
    arguments = parser.parse_args()
    arguments.program = arguments.program or arguments.build / "firmware" / "linux-arm" / "hl7_clean"
    plugin = arguments.build.resolve() / "lib" / "libpercuss_board.so"
    argv = emulator_command(arguments.program.resolve(), arguments.sysroot, plugin=plugin)
    at = argv.index("-plugin")
    plain = argv[:at] + argv[at + 2:]
    inputs = list(itertools.islice(itertools.cycle(p.read_bytes() for p in sorted(arguments.inputs.iterdir())),
                                   arguments.count))
    few = inputs[:max(50, arguments.count // 10)]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        loop = len(inputs) / through_fork_server(argv, str(plugin), inputs, folder)
        forks = len(inputs) / through_fork_server(argv, str(plugin), inputs, folder, PERCUSS_BOARD_INPUTS="1")
        path = {"PATH": "/usr/bin:/bin"}
        starts = len(few) / through_starts(plain, few, folder, path)
        ours = {**path, "LD_PRELOAD": str(plugin), "PERCUSS_BOARD_INPUT": str(folder / "input")}
        with_plugin = len(few) / through_starts(argv, few, folder, ours)
    print(f"inputs: loop {loop:.0f}, forks {forks:.0f}, plain starts {starts:.0f}, starts with the plugin "
          f"{with_plugin:.0f} per CPU second: a loop is {loop / forks:.1f} times forks and {loop / starts:.1f} times "
          f"plain starts")
    return 0 if loop >= arguments.least * starts and loop >= arguments.least_forks * forks else 2


if __name__ == "__main__":
    sys.exit(main())
