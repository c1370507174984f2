#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How many sessions of a client a server runs in a harness's process, and what of its code they reach.

    bench/session_rate.py [--seconds 60] [--seed 1] [--build build/default]

libFuzzer runs the harness dcmqrscp from its seeds for so many seconds; printed are sessions and messages per CPU second
of its process, and of the corpus that it ends with the lines and branches reached in DCMTK's dcmnet and dcmqrdb, the
steps of the state graph and the distinct sequences of replies. Beside them stand the figures of AFLNet, which drives
the same server of the same source over a socket: 26.5 sessions and 41 messages per CPU second, 1,281 branches of dcmnet
and 530 of dcmqrdb and 15 sequences of PDU types in ten minutes, measured earlier on a like machine with llvm-cov; its
hour, measured later from these seeds, is in docs/adr/0039. The exit code is 2 below --least times its rate of sessions.
"""
import argparse
import json
import os
import pathlib
import re
import resource
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
AFLNET_SESSIONS, AFLNET_MESSAGES = 26.5, 41.0


def cpu_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def fuzz(harness, arguments, corpus, states):
    """Executions and the CPU seconds they took; the states they reached lie in `states`."""
    corpora = ROOT / "corpora" / "dcmqrscp"
    before = cpu_seconds()
    done = subprocess.run(
        [harness / "libfuzzer", f"-max_total_time={arguments.seconds}", f"-seed={arguments.seed}", "-max_len=16384",
         "-timeout=25", "-rss_limit_mb=4096", "-print_final_stats=1", f"-dict={corpora / 'dict' / 'dcmqrscp.dict'}",
         f"-artifact_prefix={corpus.parent}/", corpus, corpora / "seed"],
        env={**os.environ, "PERCUSS_SESSION_STATES": str(states), "PERCUSS_ISOLATE": "1",
             "ASAN_OPTIONS": "symbolize=0"},  # what a report of the server's defects costs is not a session's
        capture_output=True, check=False, text=True, errors="replace")
    spent = cpu_seconds() - before
    if done.returncode != 0:
        print(done.stderr[-3000:], file=sys.stderr)
    # Each copy that a defect ended tells its own; the last one went on from the others' counts.
    found = re.findall(r"stat::number_of_executed_units:\s*(\d+)", done.stderr)
    return int(found[-1]) if found else 0, spent


def replay(harness, corpus, folder):
    """Of each library: lines and branches reached and there; and the states that the corpus reaches."""
    raw, merged, states = folder / "raw", folder / "merged", folder / "replayed.json"
    subprocess.run([harness / "coverage", corpus, ROOT / "corpora" / "dcmqrscp" / "seed"], check=False,
                   capture_output=True,
                   env={**os.environ, "LLVM_PROFILE_FILE": str(raw), "PERCUSS_SESSION_STATES": str(states)})
    subprocess.run(["llvm-profdata-14", "merge", "-sparse", raw, "-o", merged], check=True)
    command = ["llvm-cov-14", "export", "-summary-only", harness / "coverage", f"-instr-profile={merged}"]
    report = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    reached = {}
    for file in json.loads(report)["data"][0]["files"]:
        for library in ("dcmnet", "dcmqrdb"):
            if f"/{library}/" not in file["filename"]:
                continue
            for kind in ("lines", "branches"):
                counts = reached.setdefault((library, kind), [0, 0])
                counts[0] += file["summary"][kind]["covered"]
                counts[1] += file["summary"][kind]["count"]
    return reached, json.loads(states.read_text())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "default")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--least", type=float, default=50, help="times AFLNet's rate of sessions")
    arguments = parser.parse_args()
    harness = arguments.build.resolve() / "harnesses" / "dcmqrscp"
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        corpus = folder / "corpus"
        corpus.mkdir()
        executions, spent = fuzz(harness, arguments, corpus, folder / "states.json")
        reached, states = replay(harness, corpus, folder)
        inputs = len(list(corpus.iterdir()))
    rate = executions / spent
    messages = states["messages"] / states["sessions"]
    print(f"sessions: {executions} in {spent:.1f} CPU seconds, {rate:.0f} per CPU second, {rate / AFLNET_SESSIONS:.1f} "
          f"times AFLNet's {AFLNET_SESSIONS}")
    print(f"messages: {messages:.1f} in a session of the corpus, where AFLNet's had "
          f"{AFLNET_MESSAGES / AFLNET_SESSIONS:.1f}; {inputs} inputs in the corpus")
    print(f"states: {len(states['steps'])} steps, {states['reply_sequences']} sequences of replies with their status")
    for (library, kind), (covered, count) in sorted(reached.items()):
        print(f"{library}: {covered} of {count} {kind}")
    return 0 if rate >= arguments.least * AFLNET_SESSIONS else 2


if __name__ == "__main__":
    sys.exit(main())
