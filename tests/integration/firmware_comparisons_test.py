# SPDX-License-Identifier: Apache-2.0
"""What firmware compares reaches AFL++, which comes to a word of the format by it."""
import ctypes
import os
import subprocess
import unittest
from unittest import mock

from support.fork_server import CREATE, IPC_PRIVATE, IPC_RMID, ForkServer, libc
from support.percuss_cli import BUILD, CliTest

# AFL++ 4.04c, include/cmplog.h: a header of 64 bits for each place, then room for 32 pairs of 32 bytes, or for pairs of
# up to 31 bytes and their size.
PLACES, PAIRS, PAIR_BYTES, TEXTS, TEXT_BYTES = 65536, 32, 32, 8, 64
LOG_BYTES = PLACES * (8 + PAIRS * PAIR_BYTES)
VALUES, BYTES = 1, 2

# A container for an update, to be taken as it is, that does not begin with the format's first word.
NO_UPDATE = b"\x00\x78\x00" + bytes(range(0x80, 0x80 + 120))
# An APDU of a type that there is not.
NO_APDU = b"\xab\xcd\x00\x32" + bytes(range(0x80, 0x80 + 0x32))
APDU_TYPES = {0xE200, 0xE300, 0xE400, 0xE500, 0xE600, 0xE700}


def image(protocol, board):
    return BUILD / "firmware" / board / f"{protocol}_clean.elf"


class ComparisonLog:
    def __init__(self):
        self.id = libc.shmget(IPC_PRIVATE, LOG_BYTES, CREATE)
        self.at = libc.shmat(self.id, None, 0)

    def take(self):
        """The pairs of numbers, and those of bytes, since the last time."""
        numbers, texts = [], []
        for place, header in enumerate((ctypes.c_uint64 * PLACES).from_address(self.at)):
            hits, kind = header & 0xFFFFFF, header >> 53 & 3
            begin = self.at + 8 * PLACES + place * PAIRS * PAIR_BYTES
            if kind == VALUES:
                numbers += [tuple((ctypes.c_uint64 * 2).from_address(begin + i * PAIR_BYTES))
                            for i in range(min(hits, PAIRS))]
            elif kind == BYTES:
                for i in range(min(hits, TEXTS)):
                    both = ctypes.string_at(begin + i * TEXT_BYTES, TEXT_BYTES)
                    texts.append((both[:both[31] & 0x7F], both[32:32 + (both[63] & 0x7F)]))
        ctypes.memset(self.at, 0, LOG_BYTES)
        return numbers, texts

    def close(self):
        libc.shmctl(self.id, IPC_RMID, None)


class FirmwareComparisonsTest(CliTest):
    def engine_of(self, protocol, board, seeds):
        self.run_campaign([{"id": board, "firmware": str(image(protocol, board)), "board": board, "seeds": str(seeds)}],
                          "--budget", "2s", "--jobs", "1")
        return self.manifest()["targets"][0]["engines"][0]

    def logged(self, protocol, board, data):
        """What the second fork server logs for it, each of two times."""
        seeds = self.folder / f"seeds-{protocol}-{board}"
        seeds.mkdir()
        (seeds / "seed").write_bytes(data)
        engine = self.engine_of(protocol, board, seeds)
        argv, preload = engine["argv"][engine["argv"].index("--") + 1:], engine["environment"]["AFL_PRELOAD"]
        log = ComparisonLog()
        with mock.patch.dict(os.environ, {"__AFL_CMPLOG_SHM_ID": str(log.id), "___AFL_EINS_ZWEI_POLIZEI___": "1"}):
            server = ForkServer(argv, preload, self.folder)
        times = []
        for _ in range(2):
            self.assertEqual(server.run(data)[1], 0)
            times.append(log.take())
        server.close()
        log.close()
        self.assertEqual(times[0], times[1])
        return times[0]

    def test_both_sides_of_a_comparison_are_logged(self):
        for board in ("mps2-an385", "riscv32-virt"):
            with self.subTest(board):
                _, texts = self.logged("update", board, NO_UPDATE)
                self.assertIn((NO_UPDATE[3:8], b"MUPD\x01"), texts)
                numbers, _ = self.logged("ieee11073", board, NO_APDU)
                asked_for = {number for pair in numbers for number in pair if 0xABCD in pair}
                self.assertTrue(APDU_TYPES & asked_for, numbers)

    def comes_to_a_type(self, engine, name, comparisons):
        """Whether afl-fuzz alone, with its own mutations, keeps an input that begins with a type of APDU."""
        out = self.folder / name
        argv = engine["argv"].copy()
        at = argv.index("-c")
        if not comparisons:
            del argv[at:at + 2]
        argv[argv.index("-o") + 1] = str(out)
        argv[1:1] = ["-E", "1000"]  # executions
        environment = {**self.environment, **engine["environment"],
                       "PERCUSS_BOARD_INPUT": str(out / "aflpp0" / ".cur_input")}
        for ours in ("AFL_CUSTOM_MUTATOR_LIBRARY", "AFL_CUSTOM_MUTATOR_ONLY", "PERCUSS_HEARTBEAT"):
            environment.pop(ours, None)
        done = subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=120, check=False,
                              start_new_session=True)
        self.assertEqual(done.returncode, 0, done.stdout[-2000:])
        return any(int.from_bytes(path.read_bytes()[:2], "big") in APDU_TYPES
                   for path in (out / "aflpp0" / "queue").glob("id:*"))

    def test_a_word_of_the_format_is_found_by_comparisons_and_not_without(self):
        seeds = self.folder / "seeds"
        seeds.mkdir()
        (seeds / "seed").write_bytes(NO_APDU)
        engine = self.engine_of("ieee11073", "mps2-an385", seeds)
        self.assertTrue(engine["argv"][engine["argv"].index("-c") + 1].endswith("/qemu-system-arm"))
        self.assertTrue(self.comes_to_a_type(engine, "with", comparisons=True))
        self.assertFalse(self.comes_to_a_type(engine, "without", comparisons=False))


if __name__ == "__main__":
    unittest.main()
