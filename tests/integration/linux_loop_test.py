# SPDX-License-Identifier: Apache-2.0
"""Many inputs in one copy of a Linux program: each must end as in a fork of its own, whichever ran before."""
import itertools
import pathlib
import re
import resource
import signal
import tempfile
import unittest

from integration.linux_program_test import SYSROOT
from support.emulator_command import PLUGIN, emulator_command
from support.fork_server import ForkServer
from support.percuss_cli import BUILD, ROOT

# What targets/firmware/linux/left_over.c is to do, and its exit code. First what can be put back: globals, memory of
# every kind, files opened for reading and left open, the clock, standard input closed for another file.
CAN_LOOP = {b"": 0, b"g": 0, b"m": 0, b"M": 0, b"r": 0, b"o": 0, b"c": 0, b"n": 0, b"i": 0, b"e": 7, b"gMrocnime": 7}
# Then what cannot: looks at the process, a file written, folder, mask, timer and descriptors changed, a handler that
# goes on after a fault in two ways, old memory protected, unmapped, emptied, mapped anew.
CANNOT_LOOP = {b"k": 0, b"w": 0, b"d": 0, b"v": 0, b"V": 0, b"gMVo": 0, b"P": 0, b"U": 0, b"Z": 0, b"F": 0, b"Mogd": 0}
# A thread, a process: their blocks come in any order.
UNORDERED = {b"t": 0, b"f": 0}
FAILS = {b"x": signal.SIGSEGV, b"a": signal.SIGABRT, b"Mogx": signal.SIGSEGV}


def program(processor, name):
    return BUILD / "firmware" / f"linux-{processor}" / name


class LinuxLoopTest(unittest.TestCase):
    def setUp(self):
        keeper = tempfile.TemporaryDirectory(prefix="percuss-test-")
        self.addCleanup(keeper.cleanup)
        self.folder = pathlib.Path(keeper.name)

    def server(self, argv, **options):
        return ForkServer(argv, str(PLUGIN), self.folder, **options)

    def run_all(self, argv, inputs, **environment):
        """Process ids; wait statuses and coverage maps; and how the plugin says that each ended."""
        with (self.folder / "log").open("w+b") as log:
            server = self.server(argv, log=log, PERCUSS_BOARD_TELL="1", **environment)
            ran = [server.run_for_coverage(data) for data in inputs]
            server.close()
            log.seek(0)
            told = re.findall(rb"percuss-board: ended .* instructions=.*", log.read())
        self.assertEqual(len(told), len(inputs))
        return [pid for pid, _, _ in ran], [outcome for _, *outcome in ran], told

    def check_alike(self, argv, inputs, unordered=()):
        """Process ids and wait statuses of the copies that take many inputs."""
        pids, outcomes, told = self.run_all(argv, inputs)
        alone, outcomes_alone, told_alone = self.run_all(argv, inputs, PERCUSS_BOARD_INPUTS="1")
        self.assertEqual(len(set(alone)), len(inputs))
        for data, *both in zip(inputs, outcomes, outcomes_alone, told, told_alone):
            self.assertEqual(both[0][0], both[1][0], f"{argv}: status of {data}")
            if data in unordered:
                continue
            self.assertEqual(both[2], both[3], f"{argv}: instructions of {data}")
            self.assertTrue(both[0][1] == both[1][1], f"{argv}: coverage of {data}")
        return pids, [status for status, _ in outcomes]

    def test_nothing_is_left_over(self):
        expected = {data: code << 8 for data, code in (CAN_LOOP | CANNOT_LOOP | UNORDERED).items()} | FAILS
        # Looks first at what is whole, then at what the kernel knows.
        after = itertools.cycle([b"", b"k", b"gMrocnime", b""])
        inputs = [*CAN_LOOP, *CAN_LOOP]
        for data in [*CANNOT_LOOP, *UNORDERED, *FAILS]:
            inputs += [data, next(after)]
        for processor in SYSROOT:
            argv = emulator_command(program(processor, "left_over"))
            pids, statuses = self.check_alike(argv, inputs, unordered=UNORDERED)
            for data, status in zip(inputs, statuses):
                self.assertEqual(status, expected[data], f"{processor}: {data}")
            self.assertEqual(len(set(pids[:2 * len(CAN_LOOP)])), 1, f"{processor}: all in one copy")
            ended = [pid for data, pid in zip(inputs, pids) if data not in CAN_LOOP]
            self.assertEqual(len(set(ended)), len(ended), f"{processor}: a copy ends with what it cannot put back")

    def test_the_device_s_program_loops_static_and_dynamic(self):
        corpus = ROOT / "corpora" / "hl7_mllp"
        seeds = [path.read_bytes() for path in sorted((corpus / "seed").iterdir())]
        crashes = [path.read_bytes() for path in sorted((corpus / "planted").iterdir()) if path.stem != "HL7-06"]
        inputs = [*itertools.chain(*itertools.zip_longest(seeds, crashes, fillvalue=b"MSH")), *seeds]
        for processor, sysroot in SYSROOT.items():
            argv = emulator_command(program(processor, "hl7_planted_dynamic"), sysroot, [str(self.folder / "input")])
            pids, statuses = self.check_alike(argv, inputs)
            failed = sum(status != 0 for status in statuses)
            self.assertGreater(failed, 1)
            self.assertEqual(len(set(pids)), failed + 1, "only an input that fails ends its copy")

    def test_a_hang_is_killed_and_a_copy_ends_in_time(self):
        argv = emulator_command(program("arm", "left_over"))
        server = self.server(argv)
        first = server.run(b"g")
        self.assertEqual(server.run(b"Mogh", limit_s=0.3), (first[0], signal.SIGKILL))
        # Of the pages that only a few inputs write to, none is forgotten.
        inputs = list(itertools.islice(itertools.cycle([b""] * 20 + [b"gMrocnime"]), 1002))
        ran = [server.run(data, was_killed=i == 0) for i, data in enumerate(inputs)]
        server.close()
        self.assertEqual([status for _, status in ran], [CAN_LOOP[data] << 8 for data in inputs])
        self.assertEqual([len(list(group)) for _, group in itertools.groupby(pid for pid, _ in ran)], [1000, 2])
        self.assertNotIn(first[0], {pid for pid, _ in ran})

    def test_where_processor_time_is_limited_each_input_has_a_fork(self):
        argv = emulator_command(program("arm", "left_over"))
        limits = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (1_000_000, limits[1]))
        try:
            server = self.server(argv)
        finally:
            resource.setrlimit(resource.RLIMIT_CPU, limits)
        ran = [server.run(data) for data in [b"", b"gMrocnime", b"k", b"x"]]
        server.close()
        self.assertEqual(len({pid for pid, _ in ran}), 4)
        self.assertEqual([status for _, status in ran], [0, 7 << 8, 0, signal.SIGSEGV])


if __name__ == "__main__":
    unittest.main()
