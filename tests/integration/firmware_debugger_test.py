# SPDX-License-Identifier: Apache-2.0
"""The debugger on an emulated board: it stops where the input ends, with registers and the way there."""
import json
import re
import shutil
import unittest

from integration.firmware_test import corpus, HARNESS_OF, image
from support.percuss_cli import CliTest, FAIL, INFRASTRUCTURE, PASS, ROOT, USAGE

# One for each way to end: a memory check at a load, at a store and at a call, a property, an assertion, a hang.
STOPS = {"PUMP-02": "pump", "HL7-01": "hl7", "UPD-03": "update", "PUMP-06": "pump", "IEEE11073-03": "ieee11073",
         "DICOM-05": "dicom"}


def expected_function(bug_id):
    for path in (ROOT / "targets" / "reference").glob("*/EXPECT.json"):
        for bug in json.loads(path.read_text())["bugs"]:
            if bug["id"] == bug_id:
                return bug["function"]
    raise KeyError(bug_id)


def backtrace(text):
    """Functions in what gdb printed, innermost first; what percuss prints has a path behind each name."""
    return re.findall(r"^(?:\(gdb\) )?#\d+  ?(?:0x[0-9a-f]+ in )?(\w+(?= \()|<.+>$)", text, re.MULTILINE)


class FirmwareDebuggerTest(CliTest):
    def debug(self, firmware, data, *arguments, expect, typed="info registers pc\nquit\n"):
        done = self.percuss("emulate", firmware, "--input", data, "--gdb", *arguments, typed=typed)
        self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
        return done.stdout

    def test_it_stops_in_the_function_with_the_planted_bug(self):
        for bug, protocol in STOPS.items():
            said = self.debug(image(protocol), ROOT / "corpora" / HARNESS_OF[protocol] / "planted" / f"{bug}.bin",
                              expect=FAIL)
            self.assertIn(expected_function(bug), backtrace(said), f"{bug}: {said}")
            self.assertRegex(said, r"pc +0x[0-9a-f]+ +0x[0-9a-f]+ <\w+", said)

    def test_it_stops_at_the_instruction_that_percuss_names(self):
        data = ROOT / "corpora/hl7_mllp/planted/HL7-01.bin"
        said = self.debug(image("hl7"), data, expect=FAIL)
        told = re.search(r"#0 (0x[0-9a-f]+) in hl7_expand_spaces", said)
        seen = re.search(r"^(?:\(gdb\) )?pc +(0x[0-9a-f]+)", said, re.MULTILINE)
        self.assertEqual(int(told.group(1), 16), int(seen.group(1), 16), said)

    def test_a_fault_shows_in_its_handler(self):
        said = self.debug(image("dicom"), ROOT / "corpora/dicom_ul/planted/DICOM-03.bin", expect=FAIL)
        self.assertEqual(backtrace(said)[:2], ["MemManage_Handler", "<signal handler called>"], said)

    def test_a_fault_of_a_core_with_an_mmu_leads_to_its_function(self):
        said = self.debug(image("hl7", "planted", "vexpress-a9"), ROOT / "corpora/hl7_mllp/planted/HL7-03.bin",
                          "--board", "vexpress-a9", expect=FAIL)
        self.assertEqual(backtrace(said)[:2], ["<signal handler called>", expected_function("HL7-03")], said)
        self.assertIn("<DataAbort_Handler>", said)

    def test_a_fault_of_risc_v_leads_to_its_function(self):
        said = self.debug(image("hl7", "planted", "riscv32-virt"), ROOT / "corpora/hl7_mllp/planted/HL7-03.bin",
                          "--board", "riscv32-virt", expect=FAIL)
        self.assertEqual(backtrace(said)[:2], ["<signal handler called>", expected_function("HL7-03")], said)
        self.assertIn("<Exception_Handler>", said)

    def test_an_input_that_goes_well_stops_at_its_end_and_the_firmware_can_go_on(self):
        said = self.debug(image("pump", "clean"), corpus("pump", "seed")[0], expect=PASS,
                          typed="break app_open\ncontinue\nbacktrace\nquit\n")
        self.assertEqual(backtrace(said), ["firmware_input_done", "main", "app_open", "main"], said)

    def test_what_cannot_be_debugged_says_why(self):
        data = corpus("pump", "seed")[0]
        self.assertEqual(self.percuss("emulate", image("pump"), "--input", data, "--gdb", "--json").returncode, USAGE)
        programs = self.folder / "programs"
        programs.mkdir()
        (programs / "qemu-system-arm").symlink_to(shutil.which("qemu-system-arm"))
        self.environment["PATH"] = str(programs)
        done = self.percuss("emulate", image("pump"), "--input", data, "--gdb")
        self.assertEqual(done.returncode, INFRASTRUCTURE, done.stdout)
        self.assertIn("apt-get install gdb-multiarch", done.stderr)


if __name__ == "__main__":
    unittest.main()
