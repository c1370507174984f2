#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The fast core against stock QEMU, by random instructions.

    tests/lockstep/lockstep.py [--machine mps2-an386] [--instructions 300000] [--seed 1] [--build build/default]

The same bare-metal image runs on both. It runs cases (cases.py), each several times with other values in registers and
memory, and says after each what registers, flags, memory and fault registers have come to. Where the two do not say the
same, the case is made as small as it stays so, and printed. Exit code 1: they differ.
"""
import argparse
import dataclasses
import pathlib
import struct
import subprocess
import sys
import tempfile
import time

import cases as generator

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PLAN = 0x2000
CASES = 0x2040
CASE_BYTES = 52
REPEATS = 16
SAMPLES = 1024
TICKS = 40000  # of the core: QEMU's boards count slower
CODE_SLOTS = 0x100000  # where there is an MPU, the checker and its tables are below; see image.h
CODE_END_V6M = 0x40000
CODE_END = 0x400000
ALL_WORDS = {"begin": 15, "begin regions": 16, "begin frame": 26, "begin float": 33, "begin memory": 128,
             "case": 3, "record": 16, "frame words": 1, "frame": 26, "system": 10, "float": 33, "trace words": 1,
             "trace": 128, "memory": 128}
DETAIL_WORDS = sum(ALL_WORDS.values())
NAMES = {
    "begin": [f"r{n}" for n in range(4, 12)] + ["systick", "mpu", "control", "exc_return", "primask", "basepri",
                                                "frame at"],
    "frame": ["r0", "r1", "r2", "r3", "r12", "lr", "pc", "xpsr"] + [f"s{n}" for n in range(16)] + ["fpscr", "-"],
    "record": [f"r{n}" for n in range(4, 12)] + ["exc_return", "psp", "msp", "control", "primask", "ipsr", "basepri",
                                                 "faultmask"],
    "case": ["number", "repeat", "timed out"],
    "system": ["cfsr", "hfsr", "mmfar", "bfar", "shcsr", "icsr", "pending", "active", "fpccr", "fpcar"],
    "float": [f"live s{n}" for n in range(32)] + ["live fpscr"]}
NAMES["begin regions"] = [f"{register}{n}" for n in range(8) for register in ("rbar", "rasr")]
NAMES["begin frame"] = NAMES["frame"]
NAMES["begin float"] = ["loads"] + [f"s{n}" for n in range(32)]


@dataclasses.dataclass
class Image:
    path: pathlib.Path
    log_words: int


class Bench:
    """One profile: makes images and runs them."""

    def __init__(self, profile, checker, core, folder):
        self.profile = profile
        self.checker = checker.read_bytes()
        self.core = core
        self.folder = folder
        self.qemu_s = self.core_s = 0.0

    def room(self):
        if self.profile.v6m:
            return (CODE_END_V6M - CASES - 1024) // (CASE_BYTES + generator.SLOT + generator.STREAM)
        return (CODE_END - CODE_SLOTS - 1024) // (generator.SLOT + generator.STREAM)

    def image(self, cases, name="image.elf", repeats=(0, REPEATS), detail=(0, 0), ticks=TICKS):
        code = CASES + CASE_BYTES * len(cases) + 63 & ~63 if self.profile.v6m else CODE_SLOTS
        plan = struct.pack("<7I", len(cases), repeats[1] - repeats[0], repeats[0], *detail, 63, ticks)
        streams = code + generator.SLOT * len(cases)
        table = b"".join(self._entry(case, code + generator.SLOT * n, streams + generator.STREAM * n)
                         for n, case in enumerate(cases))
        blob = (plan.ljust(CASES - PLAN, b"\0") + table).ljust(code - PLAN, b"\0")
        blob += b"".join(case.code() for case in cases) + b"".join(case.stream_code() for case in cases)
        blob += b"\x00\xdf" * 256
        if not self.profile.v6m:
            # Nor may a jump meet a million zeros: straight code that long outlasts the timer on the core alone, which
            # heeds it at branches.
            blob += b"\x00\xdf" * ((CODE_END - PLAN - len(blob)) // 2)
        path = self.folder / name
        path.write_bytes(_with_segment(self.checker, PLAN, blob))
        return path

    @staticmethod
    def _entry(case, code, stream):
        actions = [word for action in case.actions for word in action]
        return struct.pack("<13I", code, case.flags, case.seed, len(case.actions), *actions, *[0] * (8 - len(actions)),
                           stream if case.stream else 0)

    def qemu(self, image, plugin=None):
        command = ["qemu-system-arm", "-M", self.profile.machine, "-display", "none", "-monitor", "none", "-serial",
                   "none", "-icount", "shift=0,sleep=off", "-semihosting-config", "enable=on,target=native", "-kernel",
                   str(image)]
        begin = time.process_time(), time.monotonic()
        out = subprocess.run(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=600, check=False)
        self.qemu_s += time.monotonic() - begin[1]
        return _words(out.stdout)

    def ours(self, image):
        begin = time.monotonic()
        out = subprocess.run([str(self.core), self.profile.machine, str(image)], stdout=subprocess.PIPE, timeout=600,
                             check=False)
        self.core_s += time.monotonic() - begin
        return _words(out.stdout)


def _words(data):
    return struct.unpack(f"<{len(data) // 4}I", data[:len(data) & ~3])


def _with_segment(elf, address, blob):
    """The same ELF file with one more segment."""
    header = bytearray(elf[:52])
    offset, entries = struct.unpack_from("<I", header, 28)[0], struct.unpack_from("<H", header, 44)[0]
    programs = elf[offset:offset + 32 * entries]
    place = len(elf) + 15 & ~15
    begin = place + 32 * (entries + 1)
    programs += struct.pack("<8I", 1, begin, address, address, len(blob), len(blob), 5, 4)
    struct.pack_into("<I", header, 28, place)
    struct.pack_into("<H", header, 44, entries + 1)
    return bytes(header) + elf[52:].ljust(place - 52, b"\0") + programs + blob


def disassembly(code):
    with tempfile.NamedTemporaryFile(suffix=".bin") as file:
        file.write(code)
        file.flush()
        text = subprocess.run(["arm-none-eabi-objdump", "-D", "-b", "binary", "-marm", "-Mforce-thumb", file.name],
                              capture_output=True, text=True, check=True).stdout
    lines = text[text.index("0:") - 4:].rstrip().split("\n")
    return "\n".join(line for line in lines if "\tsvc\t" not in line and "\tudf\t#0" not in line)


def runs_that_differ(first, second, cases):
    """(case, repeat) of sums that are not the same, or that one of the logs does not have."""
    differ = []
    place = 0
    for number in range(cases):
        for repeat in range(REPEATS):
            if (number * REPEATS + repeat) & 63 == 0:
                if first[place:place + 1] != second[place:place + 1]:
                    differ.append((number, -1))  # the rest of scratch memory, of up to 64 runs before
                place += 1
            if first[place:place + 1] != second[place:place + 1] or place >= len(first):
                differ.append((number, repeat))
            place += 1
    return differ


def _detail(words):
    """Name of each word of what a run says in detail to its value."""
    named = {}
    place = 1  # the sum of scratch memory
    for part, count in ALL_WORDS.items():
        for index in range(count):
            names = NAMES.get(part)
            key = names[index] if names else f"{part} {index}" if count > 1 else part
            if part.endswith("memory"):
                key = f"memory {0x800 + 4 * index:#x}"
            named[("begin " if part.startswith("begin") else "") + key, part] = words[place]
            place += 1
    for part in ("frame", "trace"):  # what is not used there is left over from before
        used = named[part + " words", part + " words"]
        for index, (name, of) in enumerate([key for key in named if key[1] == part]):
            if index >= used:
                named[name, of] = 0
    return named


def both_in_detail(bench, case, repeat):
    """What QEMU and the core say of one run; None for one that does not say all."""
    image = bench.image([case], "one.elf", (repeat, repeat + 1), (0, 1))
    told = []
    for run in (bench.qemu, bench.ours):
        words = run(image)
        told.append(_detail(words) if len(words) == DETAIL_WORDS + 3 else None)
    return told


def depends_on_time(bench, case, repeat):
    """Whether QEMU itself says something else when time is another: what reads SysTick cannot be compared."""
    return len({bench.qemu(bench.image([case], "one.elf", (repeat, repeat + 1), ticks=ticks))[:-1]
                for ticks in (TICKS, TICKS - 7)}) > 1


def differs(bench, case, repeat):
    first, second = both_in_detail(bench, case, repeat)
    return first is not None and first != second


def smallest(bench, case, repeat):
    """The case without the units that the difference does not need."""
    for part in ("units", "stream"):
        place = 0
        while place < len(getattr(case, part)):
            units = getattr(case, part)
            less = dataclasses.replace(case, **{part: units[:place] + units[place + 1:]})
            if differs(bench, less, repeat):
                case = less
            else:
                place += 1
    return case


def report(bench, case, repeat):
    lines = [f"{bench.profile.machine}: {case.kind}, flags {case.flags:#x}, seed {case.seed:#x}, repeat {repeat}"]
    told = both_in_detail(bench, case, repeat)
    if told[0] == told[1]:
        return "\n".join([*lines, "differs only after the cases before it"])
    if told[0] is not None:
        case = smallest(bench, case, repeat)
        told = both_in_detail(bench, case, repeat)
    lines.append(disassembly(case.code()))
    if case.stream:
        lines += ["in handlers:", disassembly(case.stream_code())]
    if case.literals:
        lines.append("actions " + " ".join(f"{place:#x}={value:#x}" for place, value in case.actions))
    if None in told:
        return "\n".join([*lines, "QEMU does not come to its end" if told[0] is None else
                          "the core does not come to its end"])
    first, second = told
    begin = [f"{name[6:]}={value:#x}" for (name, part), value in first.items()
             if part in ("begin", "begin frame") or
             part == "begin regions" and case.flags & generator.REGIONS or
             part == "begin float" and bench.profile.floating]
    lines.append("before: " + " ".join(begin))
    lines += [f"  {name}: QEMU {value:#x}, core {second[name, part]:#x}" for (name, part), value in first.items()
              if second[name, part] != value]
    return "\n".join(lines)


def that_complete(bench, samples):
    """The instructions of cases of one that come to the supervisor call behind it on the core."""
    sound = []
    samples = list(samples)
    for begin in range(0, len(samples), 512):
        chunk = samples[begin:begin + 512]
        words = bench.ours(bench.image(chunk, repeats=(0, 1), detail=(0, len(chunk))))
        for number, case in enumerate(chunk):
            place = number * DETAIL_WORDS + number // 64
            if _detail(words[place:place + DETAIL_WORDS + 1])["ipsr", "record"] == 11:
                sound.append(case.units[0])
    return sound


def compare(bench, source, arguments):
    """Runs at least as many instructions as asked for; the number of runs that differ."""
    executed = differ = runs = reported = timed = 0
    source.sound, source.sound_floating = (
        that_complete(bench, source.samples(SAMPLES, floating))
        if bench.profile.floating or not floating else [] for floating in (False, True))
    # What a case costs that does nothing, with the supervisor call that ends it.
    nothing = generator.Case("tame", 0, 1, [])
    overhead = bench.ours(bench.image([nothing]))[-1] // REPEATS
    while executed < arguments.instructions:
        cases = [source.case() for _ in range(min(bench.room(), arguments.cases))]
        image = bench.image(cases)
        first, second = bench.qemu(image), bench.ours(image)
        runs += len(cases) * REPEATS
        executed += max(0, second[-1] - overhead * sum(
            REPEATS for case in cases if not case.flags & generator.INTERRUPTS)) if second else 0
        different = runs_that_differ(first, second, len(cases))
        differ += len(different)
        seen = set()
        for number, repeat in list(different):
            if repeat >= 0 and len(different) < 100 and depends_on_time(bench, cases[number], repeat):
                timed += 1
                differ -= 1
                continue
            if number in seen or reported >= arguments.report or repeat < 0:
                continue
            seen.add(number)
            reported += 1
            print(report(bench, cases[number], repeat), "\n", flush=True)
    print(f"{bench.profile.machine}: {executed} instructions in {runs} runs, {differ} differ, {timed} depend on time; "
          f"QEMU {bench.qemu_s:.1f} s, core {bench.core_s:.1f} s", flush=True)
    return differ


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--machine", choices=sorted(generator.PROFILES), action="append")
    parser.add_argument("--instructions", type=int, default=300000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cases", type=int, default=1000, help="in one image")
    parser.add_argument("--report", type=int, default=5, help="cases that are printed")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "default")
    arguments = parser.parse_args()
    differ = 0
    for machine in arguments.machine or sorted(generator.PROFILES):
        profile = generator.PROFILES[machine]
        folder_of_build = arguments.build / "lockstep"
        with tempfile.TemporaryDirectory() as folder:
            bench = Bench(profile, folder_of_build / f"{machine}.elf", folder_of_build / "run_core",
                          pathlib.Path(folder))
            differ += compare(bench, generator.Generator(profile, arguments.seed), arguments)
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
