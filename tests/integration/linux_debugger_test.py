# SPDX-License-Identifier: Apache-2.0
"""The debugger on a Linux program for another processor: it stops where the input ends, in the program itself."""
import re
import unittest

from integration.firmware_debugger_test import backtrace
from integration.linux_program_test import CORPUS, program, SYSROOT
from support.percuss_cli import CliTest, FAIL, PASS

SERVER = ("--socket", "tcp", "--argument", "poll", "--argument", "2575")


class LinuxDebuggerTest(CliTest):
    def debug(self, file, data, *arguments, expect, typed="info registers pc\nquit\n"):
        done = self.percuss("emulate", file, "--input", CORPUS / data, "--gdb", *arguments, typed=typed)
        self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
        return done.stdout

    def test_it_stops_at_the_instruction_that_percuss_names(self):
        for file, arguments in ((program("arm", "hl7_planted"), ("--argument", "@@")),
                                (program("mipsel", "hl7_server_planted"), SERVER)):
            said = self.debug(file, "planted/HL7-03.bin", *arguments, expect=FAIL)
            self.assertIn("Program received signal SIGSEGV", said)
            self.assertEqual(backtrace(said)[0], "hl7_bed_merge", said)
            told = re.search(r"#0 (0x[0-9a-f]+) in hl7_bed_merge", said)
            seen = re.search(r"^(?:\(gdb\) )?pc:? +(0x[0-9a-f]+)", said, re.MULTILINE)
            self.assertEqual(int(told.group(1), 16), int(seen.group(1), 16), said)

    def compare_registers(self, processor, data, names):
        said = self.debug(program(processor, "hl7_planted"), data, expect=FAIL, typed="info registers\nquit\n")
        seen = dict(re.findall(r"^(?:\(gdb\) )?([a-z]+[0-9]*) +(0x[0-9a-f]+)\s", said, re.MULTILINE))
        told = dict(re.findall(r"\b([a-z]+[0-9]*)=(0x[0-9a-f]+)", said))
        for name in names:
            self.assertEqual(int(told[name], 16), int(seen[name], 16), f"{processor} {data} {name}: {said}")

    def test_it_has_the_registers_that_percuss_tells(self):
        for processor, names in (("arm", [f"r{i}" for i in range(13)]),
                                 ("aarch64", [f"x{i}" for i in range(31)] + ["sp", "pc"]),
                                 ("riscv64", ["ra", "sp", "gp", "tp", "s1", "t6"] + [f"a{i}" for i in range(8)])):
            self.compare_registers(processor, "planted/HL7-03.bin", names)
        # In a system call, whose arguments are the process.
        self.compare_registers("aarch64", "planted/HL7-05.bin", ["sp", "pc", "x29", "x30"])

    def test_a_dynamic_program_has_its_libraries(self):
        said = self.debug(program("aarch64", "hl7_planted_dynamic"), "planted/HL7-05.bin", "--sysroot",
                          SYSROOT["aarch64"], expect=FAIL)
        self.assertIn("abort", backtrace(said), said)
        self.assertIn("hl7_pending_drop", backtrace(said), said)

    def test_a_server_stops_where_it_waits_for_the_next_input(self):
        said = self.debug(program("arm", "hl7_server_clean"), "seed/adt_admit", *SERVER, expect=PASS)
        self.assertIn("Program received signal SIGTRAP", said)
        self.assertEqual(backtrace(said)[1:], ["poll", "serve_poll", "main"], said)

    def test_a_hang_stops_after_its_time(self):
        said = self.debug(program("arm", "hl7_planted"), "planted/HL7-06.bin", "--timeout", "2", expect=FAIL)
        self.assertIn("hl7_wrap_lines", backtrace(said), said)

    def test_an_input_that_goes_well_runs_to_its_exit(self):
        said = self.debug(program("arm", "hl7_clean"), "seed/adt_admit", expect=PASS)
        self.assertIn("exited normally]", said)


if __name__ == "__main__":
    unittest.main()
