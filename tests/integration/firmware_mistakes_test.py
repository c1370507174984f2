# SPDX-License-Identifier: Apache-2.0
"""A board's description, an image or an input that does not do what its user thinks: it is said, and is no pass."""
import json
import shutil
import unittest

from integration.firmware_test import image
from support.percuss_cli import BUILD, CliTest, INCONCLUSIVE, INFRASTRUCTURE, PASS, ROOT, USAGE

SEED = ROOT / "corpora/pump_serial/seed/library.bin"


class FirmwareMistakesTest(CliTest):
    def board(self, name="mine", **changes):
        """The line of each member is its own."""
        board = json.loads((BUILD / "boards/mps2-an385.json").read_text())
        for member, change in changes.items():
            board[member] = {**board[member], **change} if isinstance(change, dict) else change
        path = self.folder / f"{name}.json"
        path.write_text(json.dumps(board, indent=1))
        return path

    def emulate(self, *arguments, expect):
        done = self.percuss("emulate", image("pump", "clean"), *arguments)
        self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
        return done

    def refused(self, target, *words):
        """By percuss run, with the campaign's file and a line in it."""
        path = self.write_campaign([{"id": "t", "seeds": str(SEED.parent), **target}])
        done = self.percuss("run", path, "--out", self.folder / "out", "--budget", "2s")
        self.assertEqual(done.returncode, USAGE, done.stdout + done.stderr)
        for word in words:
            self.assertIn(word, done.stderr)
        self.assertFalse((self.folder / "out").exists())

    def test_a_symbol_that_is_misspelt_is_no_symbol_that_is_left_out(self):
        board = self.board(crash={"assertions": ["firmware_asert_failed"]})
        line = 1 + board.read_text().split("firmware_asert")[0].count("\n")
        said = f'{board}:{line}: "firmware_asert_failed" (crash.assertions) is no symbol of'
        meant = 'did you mean "firmware_assert_failed"?'
        done = self.emulate("--board", board, "--input", SEED, expect=USAGE)
        self.assertIn(said, done.stderr)
        self.assertIn(meant, done.stderr)
        self.refused({"firmware": str(image("pump", "clean")), "board": str(board)}, "campaign.json:1:", said, meant)
        board = self.board(checkpoint="firmware_raedy")
        self.assertIn('did you mean "firmware_ready"?', self.emulate("--board", board, expect=USAGE).stderr)

    def test_what_an_image_lacks_of_its_board_is_seen(self):
        board = self.board(crash={"properties": ["told_nowhere"]})
        done = self.emulate("--board", board, "--input", SEED, expect=PASS)
        self.assertIn('percuss: warning: the image lacks ', done.stderr)
        self.assertIn('"told_nowhere" (crash.properties)', done.stderr)
        done = self.emulate("--board", board, "--input", SEED, "--json", "--quiet", expect=PASS)
        self.assertIn('"told_nowhere" (crash.properties)', json.loads(done.stdout)["notes"][0])
        self.assertEqual(done.stderr, "")
        none = self.board(crash={"faults": ["Faults"], "assertions": [], "properties": [], "watchdogs": []})
        self.assertIn("none of the places", self.emulate("--board", none, expect=USAGE).stderr)

    def test_a_machine_is_one_that_the_emulator_has(self):
        board = self.board(machine="mps2-an358")
        line = 1 + board.read_text().split('"machine"')[0].count("\n")
        said = f'{board}:{line}: the machine "mps2-an358" is none of those of qemu-system-arm'
        done = self.emulate("--board", board, expect=USAGE)
        self.assertIn(said, done.stderr)
        self.assertIn('did you mean "mps2-an385"?', done.stderr)
        self.refused({"firmware": str(image("pump", "clean")), "board": str(board)}, said)
        # One that percuss ships is no mistake of the user's.
        shutil.copytree(BUILD / "boards", self.folder / "boards")
        (self.folder / "boards/mps2-an385.json").write_text(board.read_text())
        self.environment["PERCUSS_BOARDS"] = str(self.folder / "boards")
        self.assertIn("this build of QEMU lacks it", self.emulate(expect=INFRASTRUCTURE).stderr)

    def test_an_input_that_does_not_arrive_is_no_pass(self):
        other_line = self.board(input={"serial_index": 2})
        done = self.emulate("--board", other_line, "--input", SEED, expect=INCONCLUSIVE)
        self.assertIn("inconclusive: the firmware read no byte of the input", done.stdout)
        done = self.emulate("--board", other_line, "--input", SEED, "--json", expect=INCONCLUSIVE)
        self.assertIn("read no byte", json.loads(done.stdout)["inconclusive"])
        self.emulate("--board", other_line, expect=PASS)  # none was given
        large = self.folder / "large"
        large.write_bytes(bytes((1 << 20) + 1))
        self.assertIn("1048576 bytes at the most", self.emulate("--input", large, expect=USAGE).stderr)
        # In a campaign no seed would arrive, nor what the engines start from where nobody gives one.
        empty = self.folder / "empty"
        empty.mkdir()
        target = {"firmware": str(image("pump", "clean")), "board": str(other_line)}
        path = self.write_campaign([{"id": "seeds", "seeds": str(SEED.parent), **target},
                                    {"id": "none", "seeds": str(empty), **target}])
        done = self.percuss("run", path, "--out", self.folder / "out", "--budget", "2s", "--json")
        self.assertEqual(done.returncode, INFRASTRUCTURE, done.stdout + done.stderr)
        for found in json.loads(done.stdout)["targets"]:
            self.assertIn("no seed reaches the firmware", " ".join(found["reasons"]), found)
        self.assertIn(f'none: no input is in the folder of seeds {empty}: the engines start from "0"', done.stderr)

    def test_options_of_linux_programs_are_refused_for_firmware(self):
        for option, value in (("--sysroot", self.folder), ("--argument", "-f"), ("--checkpoint", "main"),
                              ("--socket", "tcp")):
            done = self.emulate(option, value, expect=USAGE)
            self.assertIn(f"{option} is for Linux programs", done.stderr)
        done = self.emulate("--timeout", "0", expect=USAGE)
        self.assertIn("1 to 86400", done.stderr)
        self.assertLess(len(done.stderr), 200)

    def test_a_campaign_names_what_can_run(self):
        self.refused({"firmware": str(SEED), "board": "mps2-an385"}, "campaign.json:1:", "is no ELF file")
        self.refused({"firmware": str(BUILD / "firmware/riscv32-virt/pump_clean.elf"), "board": "mps2-an385"},
                     "campaign.json:1:", "is for riscv32, and the board mps2-an385 has a processor for arm")
        for board in ("mps2-an385", "vexpress-a9"):
            self.refused({"program": str(image("pump", "clean", board))}, "campaign.json:1:",
                         "is firmware without an operating system")

    def test_words_of_the_emulator_are_no_results(self):
        done = self.emulate("--input", SEED, expect=PASS)
        self.assertIn("has no peer", done.stderr)
        self.assertRegex(done.stdout, r"\Afirmware_input_done: [^\n]*\n\Z")


if __name__ == "__main__":
    unittest.main()
