#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What an input costs on a board: a machine whose memory is put back, against QEMU's snapshots and restarts.

    bench/board_rate.py [--protocol pump] [--board mps2-an385] [--count 2000] [--build build/default]

The reference device's firmware takes the seeds of its corpus from its serial line. The pump's own protocol is what such
a line carries; the others differ in bytes and instructions per input (--protocol all prints each).

The same inputs, one after another, in one run: through our fork server as AFL++ uses it, and through restarts, of which
each ends where the fork server's input ends. And the way back alone: our fork server with inputs of one byte, against
QEMU's own snapshot (HMP loadvm over QMP), after which nothing runs at all. Printed are rates per CPU second of all
processes, and the ratios; the exit code is 2 below --least, --least-restarts or --least-snapshots.
"""
import argparse
import itertools
import json
import os
import pathlib
import resource
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))
from support.fork_server import ForkServer  # noqa: E402

CORPORA = {"pump": "pump_serial", "hl7": "hl7_mllp", "ble": "ble_health", "ieee11073": "ieee11073_apdu",
           "dicom": "dicom_ul", "update": "update_image"}


def machine_of(arguments, firmware, corpus):
    """The command that percuss gives afl-fuzz for this board, and its environment."""
    with tempfile.TemporaryDirectory() as folder:
        campaign = pathlib.Path(folder) / "c.json"
        campaign.write_text(json.dumps({"schema": "percuss.campaign.v1", "targets": [
            {"id": "board", "firmware": str(firmware.resolve()), "board": arguments.board, "seeds": str(corpus),
             "budget": {"wall_s": 10}}]}))
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
    server = ForkServer(argv, preload, folder)
    for data in inputs:
        server.run(data)
    return server.close()


def through_restarts(argv, preload, inputs, folder):
    current = folder / "input"
    before = cpu_s()
    for data in inputs:
        current.write_bytes(data)
        subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                       check=False, env={**os.environ, "LD_PRELOAD": preload, "PERCUSS_BOARD_INPUT": str(current)})
    return cpu_s() - before


class Monitor:
    """QEMU's machine protocol, one command at a time."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        while self.socket.connect_ex(str(path)) != 0:
            time.sleep(0.01)
        self.lines = self.socket.makefile("rw")
        self.lines.readline()
        self.command("qmp_capabilities")

    def command(self, name, **arguments):
        self.lines.write(json.dumps({"execute": name, "arguments": arguments}) + "\n")
        self.lines.flush()
        while True:
            answer = json.loads(self.lines.readline())
            if "error" in answer:
                raise RuntimeError(f"{name}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]

    def job(self, name, **arguments):
        self.command(name, **{"job-id": "job"}, **arguments)
        while (job := self.command("query-jobs")[0])["status"] != "concluded":
            time.sleep(0.01)
        self.command("job-dismiss", id="job")
        if "error" in job:
            raise RuntimeError(f"{name}: {job['error']}")

    def human(self, line):
        said = self.command("human-monitor-command", **{"command-line": line})
        if said:
            raise RuntimeError(f"{line}: {said}")


def through_snapshots(argv, count, folder):
    """The machine without our plugin; CPU seconds of `count` loads of its snapshot."""
    plain = argv[:argv.index("-plugin")]
    process = subprocess.Popen([*plain, "-qmp", f"unix:{folder}/qmp,server=on,wait=off"], stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    monitor = Monitor(folder / "qmp")
    disk = str(folder / "disk.qcow2")
    monitor.job("blockdev-create", options={"driver": "file", "filename": disk, "size": 0})
    monitor.command("blockdev-add", driver="file", filename=disk, **{"node-name": "file"})
    monitor.job("blockdev-create", options={"driver": "qcow2", "file": "file", "size": 1 << 30})
    monitor.command("blockdev-add", driver="qcow2", file="file", **{"node-name": "disk"})
    time.sleep(0.5)  # the firmware has come to its loop
    monitor.human("savevm ready")
    before = process_cpu_s(process.pid)
    for _ in range(count):
        monitor.human("loadvm ready")
    spent = process_cpu_s(process.pid) - before
    monitor.command("quit")
    process.wait()
    return spent


def process_cpu_s(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(arguments, protocol):
    """Prints the rates; whether they are enough."""
    firmware = arguments.build / "firmware" / arguments.board / f"{protocol}_clean.elf"
    corpus = ROOT / "corpora" / CORPORA[protocol] / "seed"
    argv, preload = machine_of(arguments, firmware, corpus)
    inputs = list(itertools.islice(itertools.cycle(p.read_bytes() for p in sorted(corpus.iterdir())), arguments.count))
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        served = arguments.count / through_fork_server(argv, preload, inputs, folder)
        few = inputs[:max(20, arguments.count // 10)]
        restarts = len(few) / through_restarts(argv, preload, few, folder)
        returns = arguments.count / through_fork_server(argv, preload, [b"x"] * arguments.count, folder)
        snapshots = len(few) / through_snapshots(argv, len(few), folder)
    print(f"{protocol}, {sum(map(len, inputs)) / len(inputs):.0f} bytes an input: fork server {served:.0f}, restarts "
          f"{restarts:.1f} per CPU second: {served / restarts:.1f} times", flush=True)
    print(f"{protocol}, the way back: fork server {returns:.0f}, loadvm {snapshots:.0f} per CPU second: "
          f"{returns / snapshots:.1f} times", flush=True)
    return (served >= arguments.least and served >= arguments.least_restarts * restarts and
            returns >= arguments.least_snapshots * snapshots)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "default")
    parser.add_argument("--protocol", choices=[*CORPORA, "all"], default="pump")
    parser.add_argument("--board", default="mps2-an385")
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--least", type=float, default=500, help="inputs per CPU second")
    parser.add_argument("--least-restarts", type=float, default=15, help="times the rate of restarts")
    parser.add_argument("--least-snapshots", type=float, default=5, help="times the rate of snapshots")
    arguments = parser.parse_args()
    protocols = CORPORA if arguments.protocol == "all" else [arguments.protocol]
    return 0 if all([measure(arguments, protocol) for protocol in protocols]) else 2


if __name__ == "__main__":
    sys.exit(main())
