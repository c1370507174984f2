# SPDX-License-Identifier: Apache-2.0
"""Random cases: code for a slot of SLOT bytes, what the processor is like when it begins, and what its handlers do.

A slot: the body, supervisor calls that end what runs through, and eight words for literals. Branches lead forwards
within the slot. What may not be drawn, with reasons, is in _forbidden. A stream is code for the handlers of interrupts,
which an undefined instruction ends, so that each ends with a fault within a handler.
"""
import dataclasses
import random

import instruction_patterns as patterns

SLOT = 256
BODY = 208
LITERALS = 224
SVC = 0xdf00
STREAM = 128
STREAM_BODY = 112
UDF = 0xde00

# As in image.h.
(UNPRIVILEGED, GUARD, REGIONS, FLOAT, UNALIGN_TRAP, DIVIDE_TRAP) = (1 << bit for bit in range(6))
(NO_FPU, NOT_LAZY, NO_FP_CONTEXT, NO_STACK_ALIGNMENT, MAIN_STACK, INTERRUPTS, WILD, PRIMASK, BASEPRI, FLOAT_HANDLERS,
 NO_EXECUTION, BIT_BAND, WIDE_REGIONS) = (1 << bit for bit in range(9, 22))


@dataclasses.dataclass(frozen=True)
class Profile:
    machine: str
    cpu: str
    v6m: bool = False
    dsp: bool = True
    floating: bool = False
    doubles: bool = False  # QEMU's processor has what our core leaves out


PROFILES = {profile.machine: profile for profile in (
    Profile("microbit", "cortex-m0", v6m=True, dsp=False),
    Profile("mps2-an385", "cortex-m3", dsp=False),
    Profile("mps2-an386", "cortex-m4", floating=True),
    Profile("mps2-an500", "cortex-m7", floating=True, doubles=True))}


@dataclasses.dataclass
class Case:
    kind: str
    flags: int
    seed: int
    units: list  # of halfwords, or a function of place and end of the body that makes `size` bytes of them
    literals: list = dataclasses.field(default_factory=list)
    actions: list = dataclasses.field(default_factory=list)
    exclusive: int = None  # size in bytes of the exclusive accesses
    stream: list = dataclasses.field(default_factory=list)  # units
    masks: bool = False  # interrupts by BASEPRI, FAULTMASK and CONTROL, and does not sleep

    def stream_code(self):
        words = _laid_out(self.stream)
        return b"".join(word.to_bytes(2, "little") for word in words + [UDF] * (STREAM // 2 - len(words)))

    def code(self):
        words = _laid_out(self.units)
        words += [SVC] * (LITERALS // 2 - len(words))
        literals = self.literals + [SVC << 16 | SVC] * (8 - len(self.literals))
        for literal in literals:
            words += [literal & 0xffff, literal >> 16]
        return b"".join(word.to_bytes(2, "little") for word in words)


@dataclasses.dataclass
class Placed:
    size: int
    make: object  # place in the slot, marks of ends of units from its own on -> halfwords


def _bytes(units):
    return sum(unit.size if isinstance(unit, Placed) else 2 * len(unit) for unit in units)


def _laid_out(units):
    """The halfwords of units, one behind the other."""
    ends = [_bytes(units[:count + 1]) for count in range(len(units))]
    words = []
    for unit, end in zip(units, ends):
        place = 2 * len(words)
        words += unit.make(place, [mark for mark in ends if mark > place]) if isinstance(unit, Placed) else unit
        assert 2 * len(words) == end
    return words


def _branch(kind, choice, wild):
    """A branch forwards: b8 (condition in choice), b11, cb (bits in choice), b20, b24, bl."""
    size = 4 if kind in ("b20", "b24", "bl") else 2

    def make(place, marks):
        picked = choice >> 8 & 0xff
        if kind == "cb":
            marks = [mark for mark in marks if mark >= place + 4] or [place + 4]
        target = marks[picked % min(len(marks), 6)]
        if wild:
            target = place + size + 2 * (picked % ((LITERALS - 8 - place) // 2))
            # Not into an instruction: its second half may be the first of one that is left out.
            target = next((mark for mark in marks if mark >= target), target)
        offset = (target - place - 4) // 2
        if kind == "cb":
            offset = max(offset, 0)
            return [0xb100 | choice & 0x807 | (offset & 0x1f) << 3]
        if kind == "b8":
            return [0xd000 | (choice & 0xf) << 8 | offset & 0xff]
        if kind == "b11":
            return [0xe000 | offset & 0x7ff]
        high = 0xf000 | (offset >> 11 & 0x3f)
        if kind == "b20":
            return [high & 0xf03f | (choice & 0xf) << 6, 0x8000 | offset & 0x7ff]
        return [0xf000 | offset >> 11 & 0x3ff, (0xf800 if kind == "bl" else 0xb800) | offset & 0x7ff]
    return Placed(size, make)


def _as_branch(words, random_, wild):
    """The same branch to a place in the slot, or None where it is none to a fixed place."""
    first, choice = words[0], random_.getrandbits(16)
    if len(words) == 1:
        if first >> 12 == 0xd and first >> 8 & 0xf < 14:
            return _branch("b8", choice & 0xfff0 | first >> 8 & 0xf, wild)
        if first >> 11 == 0x1c:
            return _branch("b11", choice, wild)
        if first & 0xf500 == 0xb100:
            return _branch("cb", choice & 0xf7f8 | first & 0x807, wild)
        return None
    if first >> 11 == 0x1e and words[1] & 0xd000 == 0x8000 and first >> 7 & 7 != 7:
        return _branch("b20", choice & 0xfff0 | first >> 6 & 0xf, wild)
    if first >> 11 == 0x1e and words[1] & 0xd000 in (0x9000, 0xd000):
        return _branch("bl" if words[1] & 0x4000 else "b24", choice, wild)
    return None


def _forbidden(words, profile, privileged, wild=False):
    """Why an instruction is left out; empty: it is not."""
    first = words[0]
    if first >> 8 == 0xbe:
        return "BKPT is for debuggers, and asks the host"
    if first in (0xbf20, 0xbf30):
        return "WFE and WFI sleep until the case is timed out"
    if first & 0xffe0 == 0xb660 and privileged:
        return "a loop with interrupts masked is never timed out, a fault with faults masked is the end"
    if profile.v6m and (first & 0xf500 == 0xb100 or first >> 8 == 0xbf and first & 0xf):
        return "CBZ and IT, which QEMU has on all processors"
    if wild and profile.v6m and (first >> 8 in (0x47, 0xbd) or first & 0xfd87 == 0x4487):
        return "jumps to anywhere, where there is no MPU: what is there is not free of what is left out here"
    if first & 0xfff7 == 0xb650:
        return "SETEND, which QEMU has on all processors"
    if len(words) == 1:
        return ""
    second = words[1]
    if not profile.dsp:
        reason = _dsp_of_qemu(first, second)
        if reason:
            return reason
    if first & 0xffe0 == 0xe8c0 and second & 0xf0 == 0x70:
        return "LDREXD and STREXD, which QEMU has on all processors"
    if first & 0xfe4f == 0xe84f and first & 0x120 and (first & 0x10 == 0 or first & 0x20):
        return "STRD based on PC, which QEMU takes, and LDRD from PC with write-back, which it refuses or not"
    if first & 0xfe70 == 0xe870 and first & 0xf in (second >> 12, second >> 8 & 0xf):
        return "LDRD that loads its base and writes it back, which is unpredictable"
    if first & 0xfe90 == 0xf810 and second >> 12 == 0xf and second & 0xf00 == 0xe00:
        return "LDRT to PC, which is unpredictable"
    if first & 0xfed0 == 0xf810 and second >> 12 == 0xf and second & 0x800 and second & 0xf00 != 0xc00:
        return "hints with write-back, which are unpredictable: a load of PC for QEMU"
    if first >> 8 in (0xfa, 0xfb) and second >> 8 & 0xf == 13:
        return "shifts by registers, extensions and products to SP, which are unpredictable"
    if first & 0xfff0 == 0xfb00 and second & 0xf0f0 == 0xf010:
        return "MLS from PC, which is unpredictable"
    if first & 0xfe50 == 0xe800 and first & 0x180 in (0x80, 0x100) and second & 0x8000:
        return "STM of PC, which is unpredictable"
    if _calculates_pc(first, second):
        return "an unpredictable write to PC, which goes to where the checker is, and of which QEMU may make a BX"
    if (first & 0xff00 == 0xee00 and first >> 4 != 0xeef and second & 0xfe10 == 0xfa10 or
            first & 0xffe0 == 0xec40 and second >> 9 & 7 == 5 and 0xf in (second >> 12, first & 0xf)):
        return "VMOV and VMSR of PC, which are unpredictable"
    if first & 0xfe0f == 0xec0f and first & 0x1e0 and (first & 0x10 == 0 or first & 0x120 != 0x100):
        return "lists of floating-point registers at PC, and stores to there, which are unpredictable"
    if first & 0xffe0 == 0xec40 and second & 0xfff == 0xa3f:
        return "VMOV of S31 and the register behind it, which QEMU has"
    if first & 0xfff0 == 0xf3a0 and second & 0xd000 == 0x8000 and second & 0xff in (2, 3):
        return "WFE and WFI, wide"
    if first & 0xffe0 == 0xf380 and second & 0xd000 == 0x8000 and privileged and second & 0xff > 3:
        return "as of CPS, and the stack of the checker's handlers; by themselves in system cases"
    if profile.doubles and first >> 8 in (0xfe, 0xff):
        return "FPv5, which the core does not have"
    if profile.doubles and first >> 8 == 0xee and second & 0xf10 == 0xb00:
        return "arithmetic of doubles, which the core does not have"
    return ""


def _calculates_pc(first, second):
    """Writes PC, and is neither a load nor a branch, nor a comparison, which has 15 there."""
    high = second >> 12
    to_pc = second >> 8 & 0xf == 0xf
    if first >> 9 == 0x75 or first >> 9 in (0x78, 0x7a) and second < 0x8000:
        return to_pc and not (first & 0x10 and first >> 5 & 0xf in (0, 4, 8, 13))
    if first >> 9 in (0x79, 0x7b) and second < 0x8000 or first & 0xffef == 0xf3ef and second & 0xd000 == 0x8000:
        return to_pc
    if first >> 7 == 0x1f7:  # two results, but of divisions
        return to_pc or high == 0xf and first & 0xd0 != 0x90
    return to_pc and first >> 8 in (0xfa, 0xfb)


def _dsp_of_qemu(first, second):
    """What Armv7-M has only with the DSP extension, and QEMU without it."""
    if first >> 4 in range(0xfa0, 0xfa6) and first & 0xf != 0xf and second & 0xf080 == 0xf080:
        return "SXTAB, UXTAB, SXTAH, UXTAH"
    if first >> 4 in range(0xfb1, 0xfb8) or first >> 4 in (0xfbc, 0xfbd, 0xfbe) and second & 0xf0:
        return "SMLAD, USAD8 and their like"
    if first & 0xff70 == 0xf320 and second & 0xf0c0 == 0:
        return "SSAT and USAT with ASR #0, which are SSAT16 and USAT16"
    return ""


def _exclusive_size(words):
    if words[0] & 0xffe0 == 0xe840:
        return 4
    if words[0] & 0xffe0 == 0xe8c0 and words[-1] >> 4 & 0xf in (4, 5):
        return 1 + (words[-1] >> 4 & 1)
    return None


def _loads_its_base(words):
    """LDRD of the register that it is based on."""
    return words[0] & 0xfe50 == 0xe850 and words[0] & 0x120 and words[-1] >> 12 == words[0] & 0xf


def _moves_doubles(words):
    return words[0] >> 9 == 0x76 and words[-1] & 0xf00 == 0xb00


def _jumps_by_register(words):
    """Branches to where a register or a word of memory says."""
    first = words[0]
    if len(words) == 1:
        return first >> 8 in (0x47, 0xbd) or first & 0xfd87 == 0x4487
    loads_list = first >> 9 == 0x74 and first & 0x10 and words[1] & 0x8000
    return loads_list or first & 0xff70 == 0xf850 and words[1] >> 12 == 0xf


def _uses_sp(words):
    """Moves the stack pointer, or reaches what a handler has on its stack."""
    first = words[0]
    if len(words) == 1:
        return first >> 12 == 9 or first >> 11 == 0x15 or first >> 8 in (0xb0, 0xbc, 0xbd) or (
            first >> 10 == 0x11 and 13 in (first >> 3 & 0xf, first >> 4 & 8 | first & 7))
    return first & 0xf == 13 or 13 in (words[1] >> 12, words[1] >> 8 & 0xf)


def _reaches(first):
    """Loads or stores at a place of its own choice, or makes one of SP: there is no MPU, QEMU's flash ignores stores,
    and QEMU's board has devices."""
    to_register = first >> 12 in (5, 6, 7, 8, 0xc)
    return to_register or first & 0xfc87 == 0x4485 and first >> 8 != 0x45


class Generator:
    """Cases without end, the same for the same profile and seed."""

    def __init__(self, profile, seed):
        self.profile = profile
        self.random = random.Random(f"{profile.machine} {seed}")
        self.narrow = patterns.patterns(patterns.NARROW_V6M)
        self.wide = patterns.patterns(patterns.WIDE_V6M if profile.v6m else patterns.WIDE_V7M)
        if profile.dsp:
            self.wide += patterns.patterns(patterns.WIDE_DSP)
        self.floating = patterns.patterns(patterns.FLOAT) if profile.floating else []
        self.sound = self.sound_floating = []  # instructions that complete, so that cases do not end at once

    def samples(self, count, floating=False):
        """Cases of one instruction, to be tried."""
        for number in range(count):
            case = Case("tame", FLOAT if self.profile.floating else 0, number, [])
            unit = None
            while unit is None or isinstance(unit, Placed):
                unit = self._one_float(case) if floating else self._drawn(case)
            case.units = [unit]
            yield case

    def case(self):
        kinds = {"tame": 40, "wild": 20, "bits": 8, "system": 6, "interrupts": 8}
        if self.profile.floating:
            kinds["float"] = 25
        kind = self.random.choices(list(kinds), list(kinds.values()))[0]
        flags = self._flags(kind)
        case = Case(kind, flags, self.random.getrandbits(32), [], masks=self._often(50) and not self.profile.v6m)
        fill = {"wild": self._wild, "bits": self._bits, "system": self._system, "interrupts": self._interrupts,
                "float": self._float}.get(kind, self._tame)
        room = self.random.randrange(12, BODY)
        while _bytes(case.units) < room:
            case.units += fill(case)
        while _bytes(case.units) > BODY:
            case.units.pop()
        if flags & INTERRUPTS and not flags & MAIN_STACK and self._often(60):
            self._fill_stream(case)
        if flags & DIVIDE_TRAP and not flags & WILD and not self.profile.v6m:  # nothing is behind it
            n, m = (self.random.choice(patterns.WRITTEN) for _ in range(2))
            d = 5  # which nothing before writes: what it was is forgotten too
            case.units.append([0xfb90 | self.random.getrandbits(1) << 5 | n, 0xf0f0 | d << 8 | m, SVC])
        return case

    def _often(self, of_100):
        return self.random.randrange(100) < of_100

    def _flags(self, kind):
        flags = sum(flag for flag, of_100 in ((UNALIGN_TRAP, 10), (DIVIDE_TRAP, 40), (NO_STACK_ALIGNMENT, 20),
                                              (MAIN_STACK, 20)) if self._often(of_100))
        if kind in ("wild", "bits"):
            flags = (flags | WILD | GUARD | UNPRIVILEGED) & ~MAIN_STACK  # code of the checker is not theirs
        if self.profile.v6m:
            return flags & (WILD | MAIN_STACK) | (INTERRUPTS if kind == "interrupts" else 0)
        flags |= self.random.getrandbits(3) << 6
        if self.profile.floating:
            # Without it QEMU saves floating-point state lazily four bytes off, into the frame's xPSR.
            flags &= ~NO_STACK_ALIGNMENT
            flags |= sum(flag for flag, of_100 in ((FLOAT, 60), (NOT_LAZY, 20), (NO_FP_CONTEXT, 10)) if
                         self._often(of_100))
            if kind != "float" and self._often(5):
                flags = flags & ~FLOAT | NO_FPU
        if kind == "interrupts":
            return flags | INTERRUPTS | (FLOAT_HANDLERS if self._often(50) and not flags & NO_FPU else 0)
        if kind == "system":
            return flags
        if kind == "tame" and self._often(40):
            flags |= UNPRIVILEGED
        if self._often(20):
            flags |= GUARD
        if flags & GUARD and self._often(40):
            # Of an unaligned access QEMU asks for the first byte alone within 1 KiB, the core for each.
            flags |= REGIONS
            flags |= WIDE_REGIONS if self._often(50) else UNALIGN_TRAP
        if flags & WILD or flags & REGIONS and self._often(50):
            flags |= NO_EXECUTION  # what is in scratch memory is not free of what _forbidden names
        if not flags & GUARD and kind in ("tame", "float") and self._often(25):
            flags |= BIT_BAND
        if kind != "wild" and self._often(5):
            flags |= PRIMASK if not flags & WILD else 0
        if self._often(10):
            flags |= BASEPRI
        return flags

    def _allowed(self, words, case, wild):
        if _forbidden(words, self.profile, not case.flags & UNPRIVILEGED, bool(case.flags & WILD)):
            return None
        if case.flags & REGIONS and _loads_its_base(words):
            return None  # where the second load fails QEMU has lost the base, which the architecture wants kept
        if case.flags & (REGIONS | BIT_BAND) and _moves_doubles(words):
            return None  # QEMU moves 8 bytes at once: names those that a word is in, and finds no such alias
        if case.flags & BIT_BAND and _jumps_by_register(words):
            return None  # QEMU executes aliases, as zeros and ones
        # Whether an exclusive store of another size than the load succeeds is the implementation's affair.
        size = _exclusive_size(words)
        if size is not None:
            if case.exclusive not in (None, size):
                return None
            case.exclusive = size
        # Where a division traps, QEMU has forgotten what of registers and flags the instructions behind it overwrite.
        if case.flags & DIVIDE_TRAP and words[0] & 0xffd0 == 0xfb90:
            return None
        if case.flags & WILD and self.profile.v6m and _reaches(words[0]):
            return None
        # As addresses, flags alone are where QEMU's board has a device, the nRF51's FICR.
        if case.flags & WILD and self.profile.v6m and words[0] & 0xffef == 0xf3ef:
            return None
        # QEMU makes a floating-point context at the first such instruction that it translates, even if that is skipped.
        if wild and self.profile.floating and not case.flags & FLOAT and words[0] >> 8 == 0xbf and words[0] & 0xf:
            return None
        return _as_branch(words, self.random, wild) or words

    def _drawn(self, case, wild=False):
        """One instruction that is none of those that need a place of their own."""
        while True:
            if self.floating and self._often(12):
                return self._one_float(case, wild)
            wide = self._often(25 if self.profile.v6m else 65)
            text = self.random.choice(self.wide if wide else self.narrow)
            words = patterns.draw(text, self.random, wild)
            if self.sound and not wild and self._often(97):
                words = self.random.choice(self.sound)
            unit = self._allowed(words, case, wild)
            if unit is not None:
                return unit

    def _one_float(self, case, wild=False):
        while True:
            words = patterns.draw(self.random.choice(self.floating), self.random, wild)
            if self.sound_floating and not wild and self._often(97):
                words = self.random.choice(self.sound_floating)
            unit = self._allowed(words, case, wild)
            if unit is not None:
                return unit

    def _it_block(self, case, draw):
        condition = self.random.randrange(15)
        length = self.random.randrange(1, 5)
        mask = 1 << (4 - length)
        for place in range(length - 1):
            other = self._often(50) and condition != 14
            mask |= ((condition & 1) ^ other) << (3 - place)
        inside = []
        while len(inside) < length:
            unit = draw(case)
            if not isinstance(unit, Placed) and (case.flags & FLOAT or unit[0] >> 10 != 0x3b):
                inside.append(unit)
        return [[0xbf00 | condition << 4 | mask], *inside]

    def _jump_table(self):
        """TBB or TBH over one to four units, its table behind it."""
        halves = self._often(40)
        entries = 4
        pick = self.random.randrange(entries)
        table_words = entries if halves else entries // 2
        picks = [self.random.randrange(64) for _ in range(entries)]

        def make(place, marks):
            begin = place + 6
            targets = [(marks[choice % min(len(marks), 5)] - begin) // 2 for choice in picks]
            if halves:
                table = targets
            else:
                table = [targets[0] | targets[1] << 8, targets[2] | targets[3] << 8]
            return [0x2400 | pick, 0xe8df, 0xf004 | halves << 4, *table]
        return Placed(6 + 2 * table_words, make)

    def _tame(self, case):
        turn = self.random.randrange(100)
        if turn < 6:
            return [_branch("b8", self.random.getrandbits(16) & 0xfff0 | self.random.randrange(14), False)]
        if turn < 8:
            return [_branch("b11", self.random.getrandbits(16), False)]
        if turn < 9:
            return [_branch("bl", self.random.getrandbits(16), False)]
        if turn < 12 and not self.profile.v6m:
            kind = self.random.choice(("cb", "cb", "b20", "b24"))
            choice = self.random.getrandbits(16)
            return [_branch(kind, choice % 14 | choice & 0xfff0 if kind == "b20" else choice, False)]
        if turn < 14 and not self.profile.v6m:
            return [self._jump_table()]
        if turn < 22 and not self.profile.v6m:
            return self._it_block(case, self._drawn)
        return [self._drawn(case)]

    def _float(self, case):
        if case.flags & FLOAT and self._often(8):
            return self._it_block(case, self._one_float)
        if self._often(80):
            return [self._one_float(case)]
        return self._tame(case)

    def _wild(self, case):
        if self._often(85):
            return [self._drawn(case)]
        return [self._drawn(case, wild=True)]

    def _bits(self, case):
        first = self.random.getrandbits(16)
        words = [first] if first >> 11 < 0x1d else [first, self.random.getrandbits(16)]
        if self._often(85):  # loads and stores through any register end a case soon
            return [self._drawn(case)]
        unit = self._allowed(words, case, True)
        return [] if unit is None else [unit]

    def _special(self, sysm, value=None, mask=8):
        move = [] if value is None else [[0x2400 | value]]
        return [*move, [0xf380 | (4 if value is not None else 6), 0x8000 | mask << 8 | sysm]]

    def _system(self, case):
        turn = self.random.randrange(10)
        if turn < 4:
            return [self._drawn(case)]
        if turn < 5:
            return [[self.random.choice((0xb662, 0xb672))]]
        if turn < 6:
            return self._special(16, self.random.randrange(3))
        if turn < 7:
            sysm = 9 if not case.flags & MAIN_STACK else self.random.choice((8, 9))
            # MSR with an unaligned value would leave a stack pointer that no processor has.
            return [[0x08f4, 0x00e4], [0xf384, 0x8800 | sysm], [0xf3ef, 0x8000 | self.random.randrange(5) << 8 | sysm]]
        if turn < 8:
            value = self.random.randrange(8 if self.profile.floating else 4)
            return [*self._special(20, value if case.flags & MAIN_STACK else value | 2), [0xf3bf, 0x8f6f]]
        if self.profile.v6m:
            return [[0xf3ef, 0x8000 | self.random.randrange(5) << 8 | self.random.choice((16, 20, 3, 5))]]
        if turn < 9:
            return self._special(self.random.choice((17, 18)), self.random.randrange(256))
        # Faults masked, as long as nothing can fail.
        return [[0xb671, 0xf3ef, 0x8313, 0x1888 | self.random.randrange(5), 0xf3ef, 0x8410, 0xb661]]

    def _pend(self, in_handler=False):
        """Address and value of one store that makes something pending, or changes what that comes to."""
        bit = 1 << self.random.randrange(32)
        places = [(0xe000ed04, 1 << 28), (0xe000ed04, 1 << 26), (0xe000e200, bit | 1 << self.random.randrange(32)),
                  (0xe000e200, bit), (0xe000e280, self.random.getrandbits(32)), (0xe000ed04, 1 << 27),
                  (0xe000e400 + 4 * self.random.randrange(8), self.random.getrandbits(32)),
                  (0xe000e180, bit), (0xe000e100, bit | 1 << self.random.randrange(32))]
        if not in_handler and self._often(3):  # of handlers none may end a case
            places = [(0xe000ed04, 1 << 31)]
        if not self.profile.v6m:
            places += [(0xe000ef00, self.random.randrange(32)),
                       (0xe000ed0c, 0x05fa0000 | self.random.getrandbits(3) << 8)]
        return self.random.choice(places)

    def _fill_stream(self, case):
        room = self.random.randrange(8, STREAM_BODY)
        while _bytes(case.stream) < room:
            if self._often(10):
                kind = self.random.choice(("b8", "b11") if self.profile.v6m else ("b8", "b11", "cb", "b20"))
                choice = self.random.getrandbits(16)
                case.stream.append(_branch(kind, choice & 0xfff0 | choice % 14 if kind != "cb" else choice, False))
                continue
            unit = self._drawn(case)
            if isinstance(unit, Placed) or not _uses_sp(unit) and not _jumps_by_register(unit):
                case.stream.append(unit)
        while _bytes(case.stream) > STREAM_BODY:
            case.stream.pop()

    @staticmethod
    def _store_literals(pair, before=(), behind=()):
        """A store of one literal to where the one before it says, by r3 and r4, within other halfwords."""
        def make(place, _):
            begin = place + 2 * len(before)
            loads = [0x4800 | register << 8 | (pair + 4 * nth - (begin + 2 * nth + 4 & ~3)) // 4
                     for nth, register in enumerate((3, 4))]
            return [*before, *loads, 0x601c, *behind]
        return Placed(6 + 2 * (len(before) + len(behind)), make)

    def _sleep(self):
        """WFI with something pending that PRIMASK holds back, so that it wakes at once; or WFE behind SEV, which does
        not sleep: QEMU's never does."""
        if self._often(40):
            return [[0xbf40, 0xbf20]]
        return [self._store_literals(LITERALS, [0xb672], [0xbf30, 0xb662])]

    def _masked(self, case):
        """Changes who may interrupt, or what the processor is."""
        pair = LITERALS + 8 * self.random.randrange(4)
        store = self._store_literals(pair)
        turn = self.random.randrange(4)
        if turn == 0:  # as one: an exception that is left out here would be a lockup
            return [self._store_literals(pair, [0xb671], [0xf3ef, 0x8413, 0xb661])]
        if turn == 1:
            # The other stack lies over what the case has: QEMU tells other faults of the frames that come of it.
            value = self.random.randrange(8 if self.profile.floating else 4) & ~3
            return [*self._special(20, value if case.flags & MAIN_STACK else value | 2), [0xf3bf, 0x8f6f]]
        return [*self._special(self.random.choice((17, 18)), self.random.randrange(256)), store]

    def _interrupts(self, case):
        if not case.literals:
            case.literals += (0xe000ed04, 1 << 28)  # PendSV, which wakes
            for _ in range(3):
                case.literals += self._pend()
            case.actions += [self._pend(True) for _ in range(self.random.randrange(5))]
        if self._often(55):
            return [self._drawn(case)]
        if self._often(20):
            return [[self.random.choice((0xb662, 0xb672))]]
        if self._often(15):
            return self._masked(case) if case.masks else self._sleep()
        return [self._store_literals(LITERALS + 8 * self.random.randrange(4))]
