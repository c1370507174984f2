#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Sealing and `percuss verify` against `openssl dgst -sha256`, on the same package in the same run.

seal_speed.py BUILD [--mib 2048] [--rounds 5] [--folder FOLDER] [--floor 0.8]

The commands take turns, each round all of them. Compared are the medians of wall and of processor time; memory is the
largest resident size that wait4 told. Sealing writes what it reads, which a digest does not, so it is compared with
openssl and cp together as well. FOLDER is best in memory (/dev/shm), or the disk is what is measured. Exit 1
when percuss verify is slower than the floor by processor time, or needs more than 64 MiB.
"""
import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MOST_KIB = 64 << 10


def measure(*command):
    """(wall seconds, processor seconds, KiB) of a command that must end with 0."""
    began = time.monotonic()
    child = subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"{command}: exit {child.returncode}")
    return time.monotonic() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=Path)
    parser.add_argument("--mib", type=int, default=2048)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", default="/dev/shm")
    parser.add_argument("--floor", type=float, default=0.8)
    arguments = parser.parse_args()
    judge, percuss = arguments.build / "bin" / "integrity_judge", arguments.build / "bin" / "percuss"
    folder = Path(tempfile.mkdtemp(prefix="percuss-seal-", dir=arguments.folder))
    try:
        subprocess.run([judge, "make", folder, str(arguments.mib << 20)], check=True)
        package = folder / "package.zip"
        commands = {"openssl dgst -sha256": ("openssl", "dgst", "-sha256", package),
                    "cp": ("cp", package, folder / "copy.zip"),
                    "percuss verify": (percuss, "verify", package, "--quiet"),
                    "percuss verify --digest": (percuss, "verify", package, "--digest", "--quiet"),
                    "sealing": (judge, "seal", folder)}
        figures = {name: [] for name in commands}
        for _ in range(arguments.rounds):
            for name, command in commands.items():
                figures[name].append(measure(*command))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return tell(figures, arguments)


def tell(figures, arguments):
    medians = {name: [statistics.median(column) for column in zip(*rows)] for name, rows in figures.items()}
    base_wall, base_cpu, _ = medians["openssl dgst -sha256"]
    print(f"{arguments.mib} MiB, {arguments.rounds} rounds; speed relative to openssl dgst")
    for name, (wall, cpu, _) in medians.items():
        most = max(row[2] for row in figures[name])
        print(f"{name:24} wall {wall:7.2f} s ({base_wall / wall:4.2f})  cpu {cpu:7.2f} s ({base_cpu / cpu:4.2f})  "
              f"{most / 1024:6.1f} MiB")
    both_wall, both_cpu, _ = (a + b for a, b in zip(medians["openssl dgst -sha256"], medians["cp"]))
    wall, cpu, _ = medians["sealing"]
    print(f"sealing relative to openssl dgst and cp: wall {both_wall / wall:4.2f}  cpu {both_cpu / cpu:4.2f}")
    slow = base_cpu / medians["percuss verify"][1] < arguments.floor
    large = any(row[2] > MOST_KIB for name in ("percuss verify", "sealing") for row in figures[name])
    return 1 if slow or large else 0


if __name__ == "__main__":
    sys.exit(main())
