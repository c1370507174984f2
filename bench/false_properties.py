#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whether harnesses tell of broken properties where nothing is broken: libFuzzer on clean builds, for an hour of CPU.

    bench/false_properties.py out/false [--build build/default] [--cpu-s 3600] [--round-s 60] [--only HARNESS ...]

The harnesses are run in turn, --round-s seconds of wall time each, one process at a time and at the lowest priority,
with the protocol's model in every other round; each goes on with the corpus that it has made in OUT. A line for each
run: harness, seed of the engine, model or plain, CPU seconds, inputs, exit code, broken properties. A run that failed,
whatever by, is its harness's last: its input and log are kept in OUT, and the exit code is 2. dcmqrscp alone goes on
past what ends it, as releases of DCMTK have memory errors that are known: of it only a broken property counts.
"""
import argparse
import itertools
import json
import os
import pathlib
import re
import resource
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
HARNESSES = ("dicom_data_set", "pump_secrets", "hl7_mllp", "dicom_ul", "pump_serial", "update_image", "tls_record",
             "modbus_session_patched", "ble_health", "ieee11073_apdu", "tls_session", "dcmqrscp")
GOES_ON = ("dcmqrscp",)


def used_s():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run(name, seed, arguments):
    """Model or plain, CPU seconds, inputs, exit code, broken properties."""
    folder = arguments.build / "harnesses" / name
    index = json.loads((folder / "harness.json").read_text())
    source = pathlib.Path(index["corpus"])
    corpus = arguments.out / name / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    with_model = seed % 2 == 1 and "model" in index
    environment = {**os.environ, **({"PERCUSS_MODEL": index["model"]} if with_model else {}),
                   **({"PERCUSS_ISOLATE": "1"} if name in GOES_ON else {})}
    command = ["nice", "-n", "19", folder / "libfuzzer", f"-seed={seed}", f"-max_total_time={arguments.round_s}",
               "-detect_leaks=0", "-timeout=60", "-max_len=4096", "-print_final_stats=1",
               f"-artifact_prefix={arguments.out / name}/{seed}-",
               *(f"-dict={path}" for path in source.glob("dict/*.dict")), corpus, source / "seed"]
    before = used_s()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, errors="replace", check=False)
    broken = re.findall(r"percuss: property violated: (\S+):", done.stderr)
    if done.returncode != 0 or broken:
        (arguments.out / name / f"{seed}.log").write_text(done.stderr)
    inputs = re.findall(r"stat::number_of_executed_units: (\d+)", done.stderr)
    return ("model" if with_model else "plain", used_s() - before, int(inputs[-1]) if inputs else 0, done.returncode,
            broken)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "default")
    parser.add_argument("--cpu-s", type=float, default=3600, help="of all runs together")
    parser.add_argument("--round-s", type=int, default=60, help="wall seconds of a run")
    parser.add_argument("--only", nargs="+", default=HARNESSES)
    arguments = parser.parse_args()
    arguments.out = arguments.out.resolve()
    total_s = total_inputs = 0
    failed = set()
    for turn, name in ((turn, name) for turn in itertools.count(1) for name in arguments.only):
        if total_s >= arguments.cpu_s or len(failed) == len(set(arguments.only)):
            break
        if name in failed:
            continue
        how, cpu_s, inputs, code, broken = run(name, turn, arguments)
        total_s, total_inputs = total_s + cpu_s, total_inputs + inputs
        if code != 0 or broken:
            failed.add(name)
        said = f"exit {code} {' '.join(broken)}"
        print(f"{name:24} seed {turn} {how} {cpu_s:8.1f} s {inputs:9} inputs, {said}", flush=True)
    print(f"{total_s:.0f} s of CPU, {total_inputs} inputs, {len(failed)} harnesses failed")
    sys.exit(2 if failed else 0)


if __name__ == "__main__":
    main()
