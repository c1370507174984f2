#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Inputs per CPU second of firmware on our core and on fuzzware-emulator, in turn, with the same inputs.

    bench/rehost_rate.py PEER_FOLDER IMAGES_FOLDER [--images Console,...] [--build build/default] [--gate]

PEER_FOLDER is a checkout of fuzzware-emulator built in place (rehost_peer.py), IMAGES_FOLDER holds a folder with a
config.yml for each image, as 02-comparison-with-state-of-the-art/P2IM of fuzzware-experiments does. The inputs are 32
of 64 to 20,000 random bytes, of a fixed seed; neither has models of peripherals beyond what a config.yml gives.

Each of --rounds gives every image to the peer and to ours, for --seconds of CPU time each, after one pass that is not
counted; loading is not counted either. The floor is one input of one byte: it ends at about the first load from a
peripheral.

The peer's clock, by which interrupts come and inputs end, counts blocks, ours instructions. So that both do as much,
ours takes as many instructions for a block as the peer's blocks have on average in that image (its own count, with the
same inputs). Where they still differ, the ratio of an image is the lesser of two: of inputs, and of instructions per
CPU second. With --gate the exit code is 1 where the geometric mean is below --least, or an image below --least-each.
"""
import argparse
import json
import math
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile

import rehost_peer

ROOT = pathlib.Path(__file__).resolve().parent.parent


def random_inputs(folder):
    """Paths of the inputs, of which the last has one byte."""
    source = random.Random(1)
    paths = []
    for number in range(32):
        paths.append(folder / f"{number:02}")
        paths[-1].write_bytes(source.randbytes(source.randint(64, 20000)))
    (folder / "shortest").write_bytes(b"\0")
    return paths, folder / "shortest"


class Peer:
    """The rates of one server, that stays in wait while ours is measured."""

    def __init__(self, server, counted, inputs):
        self.server, self.inputs = server, inputs
        self.blocks = sum(blocks for blocks, _, _ in counted) / len(counted)
        self.instructions = sum(instructions for _, instructions, _ in counted) / len(counted)
        self.failed = sum(signal != 0 for _, _, signal in counted)

    def rate(self, inputs, seconds):
        for data in inputs:
            self.server.run(data)
        begun, runs = self.server.cpu_seconds(), 0
        while self.server.cpu_seconds() - begun < seconds:
            for data in inputs:
                self.server.run(data)
            runs += len(inputs)
        return runs / (self.server.cpu_seconds() - begun)


def ours(arguments, config, per_block, paths):
    """What rehost_rate tells: inputs, cpu_s, blocks, instructions, ends."""
    argv = [arguments.build / "bin" / "rehost_rate", str(arguments.seconds), f"{per_block:.3f}", config, *paths]
    return json.loads(subprocess.run(argv, check=True, stdout=subprocess.PIPE, text=True).stdout)


def measure(arguments, image, paths, shortest):
    """Of one image: for ours and the peer inputs per CPU second of each round, and what an input is to them."""
    config = arguments.images_folder / image / "config.yml"
    inputs = [path.read_bytes() for path in paths]
    counted = rehost_peer.count(arguments.peer_folder, config, inputs)
    with rehost_peer.serve(arguments.peer_folder, config) as server:
        peer = Peer(server, counted, inputs)
        per_block = peer.instructions / peer.blocks
        rounds = []
        for _ in range(arguments.rounds):
            theirs = peer.rate(inputs, arguments.seconds)
            rounds.append((theirs, ours(arguments, config, per_block, paths)))
        floors = (1e6 / peer.rate([shortest.read_bytes()], arguments.seconds / 4),
                  ours(arguments, config, per_block, [shortest]))
    told = rounds[-1][1]
    rates = [(theirs, run["inputs"] / run["cpu_s"]) for theirs, run in rounds]
    work = told["instructions"] / told["inputs"] / peer.instructions
    by_inputs = statistics.median(mine / theirs for theirs, mine in rates)
    return {"image": image, "rounds": rates, "peer": {
        "inputs_per_s": statistics.median(theirs for theirs, _ in rates), "blocks": peer.blocks,
        "instructions": peer.instructions, "failed": peer.failed, "floor_us": floors[0]}, "ours": {
            "inputs_per_s": statistics.median(mine for _, mine in rates), "blocks": told["blocks"] / told["inputs"],
            "instructions": told["instructions"] / told["inputs"], "ends": told["ends"],
            "floor_us": 1e6 * floors[1]["cpu_s"] / floors[1]["inputs"]},
            "by_inputs": by_inputs, "by_instructions": by_inputs * work, "ratio": by_inputs * min(1, work)}


def show(found):
    for name in ("peer", "ours"):
        one = found[name]
        ends = f"{one['failed']} fail" if name == "peer" else str(one["ends"])
        print(f"{found['image']:16} {name}: {one['inputs_per_s']:9.1f} inputs, "
              f"{one['inputs_per_s'] * one['blocks'] / 1e6:7.1f} million blocks, "
              f"{one['inputs_per_s'] * one['instructions'] / 1e6:7.1f} million instructions per CPU second; an input "
              f"is {one['blocks']:.0f} blocks, {one['instructions']:.0f} instructions; floor {one['floor_us']:.1f} µs; "
              f"{ends}")
    each = ", ".join(f"{mine / theirs:.1f}" for theirs, mine in found["rounds"])
    print(f"{found['image']:16} ratio {found['ratio']:.1f} (inputs {found['by_inputs']:.1f}, instructions "
          f"{found['by_instructions']:.1f}; of inputs in each round {each})", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("peer_folder", type=pathlib.Path)
    parser.add_argument("images_folder", type=pathlib.Path)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "default")
    parser.add_argument("--images", default="Console,Gateway,Heat_Press,PLC,Soldering_Iron")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2, help="CPU time of one measurement")
    parser.add_argument("--least", type=float, default=10, help="times the peer, as the geometric mean")
    parser.add_argument("--least-each", type=float, default=3, help="times the peer, of each image")
    parser.add_argument("--json", type=pathlib.Path, help="where to write all figures")
    parser.add_argument("--gate", action="store_true")
    arguments = parser.parse_args()
    for name in ("peer_folder", "images_folder", "build"):
        setattr(arguments, name, getattr(arguments, name).resolve())
    found = []
    with tempfile.TemporaryDirectory() as name:
        paths, shortest = random_inputs(pathlib.Path(name))
        for image in arguments.images.split(","):
            found.append(measure(arguments, image, paths, shortest))
            show(found[-1])
    mean = math.exp(statistics.fmean(math.log(one["ratio"]) for one in found))
    least = min(found, key=lambda one: one["ratio"])
    print(f"geometric mean {mean:.1f} times the peer; the least is {least['image']} with {least['ratio']:.1f}")
    if arguments.json:
        arguments.json.write_text(json.dumps({"mean": mean, "images": found}, indent=1) + "\n")
    return 1 if arguments.gate and (mean < arguments.least or least["ratio"] < arguments.least_each) else 0


if __name__ == "__main__":
    sys.exit(main())
