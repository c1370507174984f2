#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Basic blocks of public firmware that fuzzing reaches: ours after some CPU time, fuzzware-emulator after more.

    bench/rehost_peer_blocks.py IMAGES_FOLDER PEER_FOLDER [--ours 600] [--peer 3600] [--keep FOLDER] [--gate 4]

IMAGES_FOLDER is as for bench/rehost_known_bugs.py, PEER_FOLDER a checkout of fuzzware-emulator that is built in place
(bench/rehost_peer.py). Both begin with the published first inputs and have the published configuration, without models
of peripherals. Ours is the generic harness as a campaign's libFuzzer runs it; the peer is run by afl-fuzz through its
persistent fork server. Seconds are of CPU, of all processes of either. Then what either has kept, and what failed, runs
once more on its own emulator, and of the blocks that began to run those count that are in the published list of the
image (valid_basic_blocks.txt).

With --keep the corpora stay in a folder of their own for each image, and what was stopped goes on where it was: the
whole takes six hours of CPU time. With --gate N the exit code is 1 where ours has fewer blocks on more than all but N
images.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import time

import rehost_known_bugs as own
import rehost_peer as peer

BITS = 1 << 20  # halfwords of code that are told apart
# Puts a hook on blocks, in place of the two that count, which marks each in shared memory.
MARKER = "void count(void *uc, unsigned long at, unsigned size, char *marked) { marked[(at >> 1) & 0xfffff] = 1; }\n"
SERVE = peer.SERVE.replace("((UC_HOOK_BLOCK_UNCONDITIONAL, words), (UC_HOOK_CODE, words + 8))",
                           "((UC_HOOK_BLOCK_UNCONDITIONAL, words),)")


def block_list(image):
    return {int(word, 16) & ~1 for word in (image / "valid_basic_blocks.txt").read_text().split()}


def used_before(folder):
    """CPU seconds of the runs in a folder that were stopped."""
    told = folder / "cpu_s"
    return float(told.read_text()) if told.exists() else 0.0


def run_for(process, seconds, folder):
    """Stops a group of processes after so many CPU seconds, together with those of before; how many it was."""
    before = used = used_before(folder)
    try:
        while process.poll() is None and used < seconds:
            time.sleep(0.5)
            used = max(used, before + own.cpu_seconds(process.pid))
            (folder / "cpu_s.part").write_text(f"{used:.1f}\n")
            (folder / "cpu_s.part").rename(folder / "cpu_s")
        if process.poll() is not None:
            sys.exit(f"a fuzzer has ended by itself, with {process.returncode}: see {folder}")
    finally:
        own.stop(process)
    return used


def ours(arguments, image, folder):
    """Blocks, and the CPU seconds."""
    facts = arguments.build / "bin" / "rehost_crash_facts"
    folder.mkdir(parents=True, exist_ok=True)
    machine = folder / "machine"
    subprocess.run([facts, image / "config.yml", "--machine", machine], check=True)
    arguments.inputs = "streams"
    used = used_before(folder)
    if used < arguments.ours:
        used = run_for(own.start(arguments, image, folder, machine), arguments.ours, folder)
    paths = [path for kind in ("corpus", "artifacts") for path in (folder / kind).iterdir()]
    told = subprocess.run([facts, image / "config.yml", "--blocks", image / "valid_basic_blocks.txt"], check=True,
                          input="".join(f"{path}\n" for path in paths), capture_output=True, text=True).stdout
    return set(json.loads(told)["blocks"]), used


def peers_blocks(arguments, image, paths, folder):
    """Those that begin to run with one of the inputs."""
    marker = folder / "marker.so"
    argv = ["gcc", "-O2", "-shared", "-fPIC", "-x", "c", "-o", marker, "-"]
    subprocess.run(argv, input=MARKER, text=True, check=True)
    peer.SERVE, peer.COUNT_BYTES = SERVE, BITS
    server = peer.Server(arguments.peer_folder, image / "config.yml", folder, marker)
    for path in paths:
        server.run(path.read_bytes()[:peer.INPUT_BYTES - 4])
    marked = server.counted.read(BITS)
    server.close()
    return {block for block in block_list(image) if marked[block >> 1 & (BITS - 1)]}


def theirs(arguments, image, folder):
    """Blocks, and the CPU seconds."""
    folder.mkdir(parents=True, exist_ok=True)
    script = folder / "serve.py"
    script.write_text(peer.SERVE)
    variables = {**peer.environment(arguments.peer_folder), "AFL_SKIP_BIN_CHECK": "1", "AFL_NO_UI": "1",
                 "AFL_SKIP_CPUFREQ": "1", "AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES": "1", "AFL_NO_AFFINITY": "1",
                 "AFL_MAP_SIZE": str(peer.MAP_BYTES), "AFL_AUTORESUME": "1"}
    argv = ["afl-fuzz", "-i", image / "base_inputs", "-o", folder / "out", "-t", "10000", "-m", "none",
            "-s", str(arguments.seed), "--", peer.PYTHON, script, "-c", image / "config.yml", folder / "none"]
    used = used_before(folder)
    if used < arguments.peer:
        with open(folder / "log", "wb") as log:
            process = subprocess.Popen(argv, env=variables, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                       start_new_session=True)
        used = run_for(process, arguments.peer, folder)
    paths = [path for kind in ("queue", "crashes") for path in sorted((folder / "out" / "default" / kind).glob("id*"))]
    return peers_blocks(arguments, image, paths, folder), used


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("images_folder", type=pathlib.Path)
    parser.add_argument("peer_folder", type=pathlib.Path)
    parser.add_argument("--build", type=pathlib.Path, default=own.ROOT / "build" / "default")
    parser.add_argument("--ours", type=float, default=600, help="CPU seconds for each image")
    parser.add_argument("--peer", type=float, default=3600, help="CPU seconds for each image")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="images whose name has this in it")
    parser.add_argument("--keep", type=pathlib.Path, help="a folder for corpora and crashes; else they go")
    parser.add_argument("--json", type=pathlib.Path, help="where to write all figures")
    parser.add_argument("--gate", type=int, metavar="N")
    arguments = parser.parse_args()
    arguments.build, arguments.peer_folder = arguments.build.resolve(), arguments.peer_folder.resolve()
    own.end_on_signals()
    record, fewer = {}, 0
    images = sorted(path.parent for path in arguments.images_folder.resolve().glob("*/valid_basic_blocks.txt"))
    for image in (image for image in images if arguments.only in image.name):
        with tempfile.TemporaryDirectory() as made:
            folder = (arguments.keep or pathlib.Path(made)).resolve() / image.name
            mine, my_time = ours(arguments, image, folder / "ours")
            others, their_time = theirs(arguments, image, folder / "peer")
        fewer += len(mine) < len(others)
        record[image.name] = {"of": len(block_list(image)), "ours": len(mine), "ours_cpu_s": round(my_time, 1),
                              "peer": len(others), "peer_cpu_s": round(their_time, 1),
                              "ours_alone": len(mine - others), "peer_alone": len(others - mine)}
        print(image.name, json.dumps(record[image.name]), flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(record, indent=1) + "\n")
    return 1 if arguments.gate is not None and len(record) - fewer < arguments.gate else 0


if __name__ == "__main__":
    sys.exit(main())
