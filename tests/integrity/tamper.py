#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Changes a package and a file of records at random, and asks both verifiers of each change.

tamper.py JUDGE [--count N] [--seed S]

Single bytes changed, deleted and inserted; ends cut off; parts swapped; and with the zip's own form kept: files with
each other's content, files of another package, files left out and added; records reordered, doubled, left out, and from
another store. Every change must be found by both. Where the container is still sound, they must also agree on which
files or lines are wrong; how much of a broken container can be told is each one's own. Exit 0 when that holds, else 1.
"""
import argparse
import json
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "reports" / "verify"))
sys.dont_write_bytecode = True
import percuss_verify  # noqa: E402
import percuss_verify_records  # noqa: E402


class Judge:
    """Our verifiers, in one process."""

    def __init__(self, program):
        self.process = subprocess.Popen([program, "answer"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, questions):
        for kind, path in questions:
            self.process.stdin.write(f"{kind} {path}\n")
        self.process.stdin.flush()

    def answer(self):
        return json.loads(self.process.stdout.readline())


def change_byte(draw, data):
    at = draw.randrange(len(data))
    return data[:at] + bytes([data[at] ^ draw.randrange(1, 256)]) + data[at + 1:]


def delete_bytes(draw, data):
    at = draw.randrange(len(data))
    return data[:at] + data[at + draw.randrange(1, 5):]


def insert_bytes(draw, data):
    at = draw.randrange(len(data) + 1)
    return data[:at] + draw.randbytes(draw.randrange(1, 5)) + data[at:]


def truncate(draw, data):
    return data[:draw.randrange(len(data))]


def swap_parts(draw, data):
    a, b, c, d = sorted(draw.randrange(len(data) + 1) for _ in range(4))
    return data[:a] + data[c:d] + data[b:c] + data[a:b] + data[d:]


BYTES = [change_byte, delete_bytes, insert_bytes, truncate, swap_parts]
CONTAINER = {"package's bytes: " + how.__name__ for how in BYTES}
BATCH = 200  # changes whose files are there at once


# --- packages, in the zip's own form ------------------------------------------------------------


def stored_zip(files):
    """The one form of zip that a package has, written without percuss."""
    out, directory = b"", b""
    for name, content in sorted(files.items()):
        raw = name.encode()
        shared = struct.pack("<HHHHHIIIHH", 20, 0, 0, 0, 0x21, zlib.crc32(content), len(content), len(content),
                             len(raw), 0)
        mode = 0o100755 if name.startswith("replay/") else 0o100644
        directory += (struct.pack("<IH", 0x02014B50, 0x0314) + shared
                      + struct.pack("<HHHII", 0, 0, 0, mode << 16, len(out)) + raw)
        out += struct.pack("<I", 0x04034B50) + shared + raw + content
    return out + directory + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, len(files), len(files), len(directory),
                                         len(out), 0)


def file_byte(draw, files, _):
    name = draw.choice([n for n in files if files[n]])
    files[name] = draw.choice(BYTES[:4])(draw, files[name])


def files_swapped(draw, files, _):
    a, b = draw.sample(sorted(files), 2)
    files[a], files[b] = files[b], files[a]


def file_of_another(draw, files, other):
    name = draw.choice([n for n in files if other[n] != files[n]])
    files[name] = other[name]


def file_left_out(draw, files, _):
    del files[draw.choice(sorted(files))]


def file_added(draw, files, _):
    files[f"findings/F-{draw.randrange(1 << 48):012x}/input"] = draw.randbytes(draw.randrange(9))


def file_renamed(draw, files, _):
    name = draw.choice(sorted(files))
    files[name + draw.choice("abc")] = files.pop(name)


FILES = [file_byte, files_swapped, file_of_another, file_left_out, file_added, file_renamed]


# --- records ------------------------------------------------------------------------------------


def lines_moved(draw, lines, _):
    draw.shuffle(lines)


def line_doubled(draw, lines, _):
    lines.insert(draw.randrange(len(lines) + 1), draw.choice(lines))


def lines_left_out(draw, lines, _):
    for _ in range(draw.randrange(1, len(lines) + 1)):
        del lines[draw.randrange(len(lines))]


def lines_of_another(draw, lines, other):
    for _ in range(draw.randrange(1, 4)):
        at = draw.randrange(len(lines))
        lines[at] = draw.choice(other)


LINES = [lines_moved, line_doubled, lines_left_out, lines_of_another]


class Tampering:
    def __init__(self, judge, draw, folder, here):
        self.judge, self.draw, self.folder = judge, draw, folder
        self.package = (here / "one" / "package.zip").read_bytes()
        self.files = self.read(here / "one" / "package.zip")
        self.other_files = self.read(here / "two" / "package.zip")
        self.records = (here / "one" / "records.jsonl").read_bytes()
        self.head = (here / "one" / "records.jsonl.head").read_bytes()
        self.other_lines = (here / "two" / "records.jsonl").read_bytes().splitlines(keepends=True)
        self.other_head = (here / "two" / "records.jsonl.head").read_bytes()
        assert stored_zip(self.files) == self.package, "the zip's form is not what this script thinks"

    @staticmethod
    def read(path):
        with zipfile.ZipFile(path) as archive:
            return {name: archive.read(name) for name in archive.namelist()}

    def changed_package(self):
        """(what was done, bytes)"""
        if self.draw.random() < 0.6:
            how = self.draw.choice(BYTES)
            return "package's bytes: " + how.__name__, how(self.draw, self.package)
        how, files = self.draw.choice(FILES), dict(self.files)
        how(self.draw, files, self.other_files)
        return "package: " + how.__name__, stored_zip(files)

    def changed_records(self):
        """(what was done, records, head)"""
        choice = self.draw.random()
        if choice < 0.4:
            how = self.draw.choice(BYTES)
            return "records: " + how.__name__, how(self.draw, self.records), self.head
        if choice < 0.6:
            how = self.draw.choice(BYTES)
            return "head: " + how.__name__, self.records, how(self.draw, self.head)
        if choice < 0.62:
            return "head of another store", self.records, self.other_head
        how, lines = self.draw.choice(LINES), self.records.splitlines(keepends=True)
        how(self.draw, lines, self.other_lines)
        return "records: " + how.__name__, b"".join(lines), self.head

    def write_change(self, number):
        """(kind, path, what was done) of a new change, or None where nothing came of it."""
        if self.draw.random() < 0.6:
            how, data = self.changed_package()
            path = self.folder / f"{number}.zip"
            path.write_bytes(data)
            return None if data == self.package else ("package", path, how)
        how, records, head = self.changed_records()
        path = self.folder / f"{number}.jsonl"
        path.write_bytes(records)
        (self.folder / f"{number}.jsonl.head").write_bytes(head)
        return None if (records, head) == (self.records, self.head) else ("records", path, how)

    def try_some(self, number):
        """[(what was done, what percuss said, what python said)] of so many changes, less those that are none."""
        changes = [change for change in map(self.write_change, range(number)) if change]
        self.judge.ask([(kind, path) for kind, path, _ in changes])
        found = [self.ask_python(kind, path) for kind, path, _ in changes]
        return [(how, self.judge.answer(), theirs) for (_, _, how), theirs in zip(changes, found)]

    @staticmethod
    def ask_python(kind, path):
        if kind == "records":
            return [line for line, _ in percuss_verify_records.verify(str(path), [])]
        try:
            return [problem["path"] for problem in percuss_verify.verify(str(path))["problems"]]
        except percuss_verify.Cannot as error:
            return [f"cannot tell: {error}"]


def report(missed, unlike, counts, seconds):
    total = sum(counts.values())
    for how, number in sorted(counts.items()):
        print(f"{number:8}  {how}")
    print(f"{total} changes in {seconds:.0f} s ({total / seconds:.0f} a second): {total - len(missed)} found by both, "
          f"{len(missed)} missed, {len(unlike)} in a sound container found in different places")
    for how, ours, theirs in (missed + unlike)[:20]:
        print(f"  {how}: percuss {ours}, python {theirs}")
    return 1 if missed or unlike else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("judge")
    parser.add_argument("--count", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=None)
    arguments = parser.parse_args()
    seed = arguments.seed if arguments.seed is not None else random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}", flush=True)
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    here = Path(tempfile.mkdtemp(prefix="percuss-tamper-", dir=memory))
    try:
        subprocess.run([arguments.judge, "make", here / "one"], check=True)
        subprocess.run([arguments.judge, "make", here / "two", "other"], check=True)
        folder = here / "changed"
        folder.mkdir()
        tampering = Tampering(Judge(arguments.judge), random.Random(seed), folder, here)
        missed, unlike, counts, began = [], [], Counter(), time.monotonic()
        while sum(counts.values()) < arguments.count:
            for how, ours, theirs in tampering.try_some(min(BATCH, arguments.count - sum(counts.values()))):
                counts[how] += 1
                if ours.get("whole", True) or not theirs:
                    missed.append((how, ours, theirs))
                elif sorted(ours["at"]) != sorted(theirs) and how not in CONTAINER:
                    unlike.append((how, ours["at"], theirs))
        return report(missed, unlike, counts, time.monotonic() - began)
    finally:
        shutil.rmtree(here, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
