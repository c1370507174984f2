# SPDX-License-Identifier: Apache-2.0
"""Firmware of the reference device on the distribution's QEMU: one input, a campaign, and a replay."""
import collections
import json
import re
import shutil
import subprocess
import unittest

import jsonschema

from support.fork_server import ForkServer
from support.percuss_cli import BUILD, CliTest, FAIL, INCONCLUSIVE, INFRASTRUCTURE, PASS, ROOT, USAGE, strays

HARNESS_OF = {"pump": "pump_serial", "hl7": "hl7_mllp", "dicom": "dicom_ul", "ieee11073": "ieee11073_apdu",
              "ble": "ble_health", "update": "update_image"}
# No access of these leaves what the board knows of memory: globals that border on globals, a value that was never
# written, memory that was given out again before it was used, a leak that the application clears up itself.
UNSEEN = {"PUMP-04", "HL7-02", "HL7-04", "BLE-01", "IEEE11073-02", "IEEE11073-04", "UPD-06"}
# Properties that the host's harness states and the board's controller does not.
UNSEEN |= {"PUMP-09", "PUMP-10", "PUMP-11", "PUMP-12", "PUMP-13", "PUMP-14", "HL7-07", "HL7-08"}
# RISC-V divides by zero without an exception.
UNSEEN_ON_RISCV = UNSEEN | {"IEEE11073-03", "BLE-02"}
BOARDS = ("mps2-an386", "mps2-an500", "mps2-an505", "lm3s6965evb", "microbit", "netduinoplus2", "vexpress-a9",
          "riscv32-virt")


def image(protocol, variant="planted", board="mps2-an385"):
    return BUILD / "firmware" / board / f"{protocol}_{variant}.elf"


def corpus(protocol, kind):
    return sorted((ROOT / "corpora" / HARNESS_OF[protocol] / kind).iterdir())


class FirmwareTest(CliTest):
    def emulate(self, firmware, data, *arguments, expect=None):
        done = self.percuss("emulate", firmware, "--input", data, "--json", *arguments)
        if expect is not None:
            self.assertEqual(done.returncode, expect, f"{firmware} {data}: {done.stdout}{done.stderr}")
        return json.loads(done.stdout) if done.stdout else done

    def planted_bugs_that_do_not_show(self, board, clean):
        """The others show in their function, and to the clean images nothing happens."""
        unseen = set()
        for protocol in HARNESS_OF:
            for data in clean(protocol):
                self.emulate(image(protocol, "clean", board), data, "--board", board, expect=PASS)
            expect = {bug["id"]: bug for path in (ROOT / "targets" / "reference").glob("*/EXPECT.json")
                      for bug in json.loads(path.read_text())["bugs"]}
            for data in corpus(protocol, "planted"):
                seen = self.emulate(image(protocol, "planted", board), data, "--board", board)
                if seen["ended"] == "done":
                    unseen.add(data.stem)
                elif "stack overwritten" not in seen["report"]:  # which shows in a caller, when it returns
                    self.assertIn(expect[data.stem]["function"], seen["report"], data.stem)
        return unseen

    def test_planted_bugs_show_on_the_board_and_nothing_else_does(self):
        unseen = self.planted_bugs_that_do_not_show(
            "mps2-an385", lambda protocol: corpus(protocol, "seed") + corpus(protocol, "planted"))
        self.assertEqual(unseen, UNSEEN)

    def test_planted_bugs_show_on_risc_v_too(self):
        unseen = self.planted_bugs_that_do_not_show("riscv32-virt", lambda protocol: corpus(protocol, "planted")[-1:])
        self.assertEqual(unseen, UNSEEN_ON_RISCV)

    def test_a_fault_of_risc_v_is_told_by_its_cause(self):
        board = self.changed_board("riscv32-virt", memory_checks={})
        for bug, protocol, function, said in (
                ("HL7-03", "hl7", "hl7_bed_merge", "null-dereference: load access fault at 0x00000004"),
                ("DICOM-03", "dicom", "dicom_visit_records", "stack-overflow: store access fault at 0x80400")):
            data = ROOT / "corpora" / HARNESS_OF[protocol] / "planted" / f"{bug}.bin"
            firmware = image(protocol, "planted", "riscv32-virt")
            seen = self.emulate(firmware, data, "--board", board, expect=FAIL)
            self.assertEqual((seen["ended"], seen["rule"]), ("fault", "Exception_Handler"))
            self.assertIn(said, seen["report"])
            self.assertRegex(seen["report"], rf"#0 0x[0-9a-f]+ in {function}\b")
            self.assertEqual(seen["registers"]["pc"], seen["registers"]["mepc"])

    def test_an_entry_that_serves_interrupts_too_is_no_fault_for_them(self):
        board = json.loads((BUILD / "boards/riscv32-virt.json").read_text())
        board["crash"]["faults"] = ["interrupt_entry"]
        file = self.folder / "one_entry.json"
        file.write_text(json.dumps(board))
        self.emulate(image("pump", "clean", "riscv32-virt"), corpus("pump", "seed")[0], "--board", file, expect=PASS)

    def test_a_campaign_on_risc_v_finds_and_replays(self):
        seeds = self.folder / "seeds"
        seeds.mkdir()
        for data in (corpus("ble", "seed")[0], ROOT / "corpora/ble_health/planted/BLE-04.bin"):
            shutil.copy(data, seeds)
        document = self.run_campaign([{"id": "ble", "firmware": str(image("ble", "planted", "riscv32-virt")),
                                       "board": "riscv32-virt", "seeds": str(seeds)}], "--budget", "3s", expect=FAIL)
        found = {f["function"]: f for f in document["findings"]}["ble_racp_report_last"]
        self.assertEqual((found["class"], found["reproduced"]), ("null-dereference", 10))
        self.assertEqual(self.manifest()["targets"][0]["engines"][0]["stability_percent"], 100)
        self.assertIn("qemu-system-riscv32", [tool["name"] for tool in self.manifest()["tools"]])
        self.replays(document, found)

    def test_shipped_boards_keep_to_the_published_schema(self):
        schema = json.loads((ROOT / "reports/schema/board.v1.schema.json").read_text())
        boards = sorted((ROOT / "emulation/boards").iterdir())
        for board in boards:
            jsonschema.Draft202012Validator(schema).validate(json.loads(board.read_text()))
        self.assertEqual({b.stem for b in boards}, {*BOARDS, "mps2-an385"})

    def test_every_board_runs_its_firmware(self):
        for board in BOARDS:
            for data in corpus("pump", "seed")[:3]:
                self.emulate(image("pump", "clean", board), data, "--board", board, expect=PASS)
            seen = self.emulate(image("pump", "planted", board), ROOT / "corpora/pump_serial/planted/PUMP-06.bin",
                                "--board", board, expect=FAIL)
            self.assertIn("CWE-287:pump-auth-bypass", seen["report"])
        rtos = BUILD / "firmware/mps2-an385/pump_rtos_planted.elf"
        seen = self.emulate(rtos, ROOT / "corpora/pump_serial/planted/PUMP-06.bin", expect=FAIL)
        self.assertIn("CWE-287:pump-auth-bypass", seen["report"])

    def test_a_core_with_an_mmu_faults_where_the_bug_is(self):
        """A null page that is not mapped, a guard below the stack, and the way there out of abort mode."""
        for bug, function in (("HL7-03", "hl7_bed_merge"), ("DICOM-03", "dicom_visit_records"),
                              ("BLE-04", "ble_racp_report_last")):
            protocol = {"HL7": "hl7", "DICOM": "dicom", "BLE": "ble"}[bug.partition("-")[0]]
            data = ROOT / "corpora" / HARNESS_OF[protocol] / "planted" / f"{bug}.bin"
            seen = self.emulate(image(protocol, "planted", "vexpress-a9"), data, "--board", "vexpress-a9", expect=FAIL)
            self.assertEqual((seen["ended"], seen["rule"]), ("fault", "DataAbort_Handler"), bug)
            self.assertRegex(seen["report"], rf"#0 0x[0-9a-f]+ in {function}\b", bug)
            self.assertNotIn("DataAbort_Handler ./", seen["report"], bug)

    def test_an_input_takes_the_same_instructions_every_time(self):
        data = ROOT / "corpora/pump_serial/seed/library.bin"
        counts = collections.Counter(self.emulate(image("pump"), data)["instructions"] for _ in range(100))
        self.assertEqual(len(counts), 1, counts)

    def test_an_input_that_is_done_after_its_deadline_fails(self):
        data = ROOT / "corpora/pump_serial/seed/library.bin"
        taken = self.emulate(image("pump", "clean"), data, expect=PASS)["instructions"]
        board = json.loads((BUILD / "boards/mps2-an385.json").read_text())
        file = self.folder / "strict.json"

        def run(deadline, expect):
            file.write_text(json.dumps({**board, "crash": {**board["crash"], **deadline}}))
            return self.emulate(image("pump", "clean"), data, "--board", file, expect=expect)

        run({"deadline_instructions": taken}, PASS)
        self.assertRegex(
            run({"deadline_instructions": taken - 1}, FAIL)["report"],
            rf"deadline-missed: done after {taken} instructions \([0-9.]+ ms\), its deadline is {taken - 1} ")
        per_us = board["clock_hz"] // 1_000_000
        run({"deadline_us": taken // per_us + 1}, PASS)
        run({"deadline_us": taken // per_us - 1}, FAIL)
        file.write_text(json.dumps({**board, "crash": {"deadline_us": 5, "deadline_instructions": 5}}))
        self.assertEqual(self.emulate(image("pump"), data, "--board", file).returncode, USAGE)

    def test_a_fault_is_told_with_registers_and_the_way_there(self):
        data = ROOT / "corpora/dicom_ul/planted" / "DICOM-03.bin"
        seen = self.emulate(image("dicom"), data, "--board", self.changed_board(memory_checks={}), expect=FAIL)
        self.assertEqual((seen["ended"], seen["rule"]), ("fault", "MemManage_Handler"))
        self.assertIn("stack-overflow", seen["report"])
        self.assertIn("dicom_visit_records", seen["report"])
        self.assertIn("cfsr", seen["registers"])

    def test_a_fault_in_a_task_is_told_with_the_way_there(self):
        """The core stacks it on the task's own stack, not on the one that the handler runs on."""
        for data in corpus("hl7", "seed"):
            self.emulate(image("hl7_rtos", "clean"), data, expect=PASS)
        seen = self.emulate(image("hl7_rtos"), ROOT / "corpora/hl7_mllp/planted/HL7-03.bin", "--board",
                            self.changed_board(memory_checks={}), expect=FAIL)
        self.assertEqual((seen["ended"], seen["rule"]), ("fault", "MemManage_Handler"), seen["report"])
        stack = re.findall(r"^ +#\d+ 0x[0-9a-f]+ in (\w+) ", seen["report"], re.MULTILINE)
        self.assertEqual((stack[:2], stack[-2:]), (["memset", "hl7_bed_merge"], ["handle", "protocol"]),
                         seen["report"])

    def test_without_an_input_the_firmware_idles(self):
        done = self.percuss("emulate", image("pump", "clean"), "--json")
        self.assertEqual(done.returncode, PASS, done.stderr)
        seen = json.loads(done.stdout)
        self.assertEqual((seen["rule"], seen["unread_bytes"]), ("idle", 0))

    def test_a_trace_tells_the_blocks_in_order_with_their_functions(self):
        data = ROOT / "corpora/pump_serial/planted/PUMP-06.bin"
        seen = self.emulate(image("pump"), data, "--trace", expect=FAIL)
        addresses = [int(block["address"], 16) for block in seen["trace"]]
        places = [block["place"] for block in seen["trace"]]
        listed = subprocess.run(["arm-none-eabi-nm", str(image("pump"))], capture_output=True, text=True, check=True)
        entries = {name: int(at, 16) for at, kind, name in map(str.split, listed.stdout.splitlines()) if kind in "TtW"}
        for address, place in zip(addresses, places):
            function, _, offset = place.partition("+")
            self.assertEqual(address, entries[function] + int(offset or "0", 16), place)
        # From the checkpoint to the end: each is called by the one before it.
        calls = ["line_read", "app_receive", "record_stream_receive", "take_record", "controller_send_record",
                 "pump_receive", "pump_handle", "pump_authenticate", "PumpSessionOpened", "controller_session_opened",
                 "firmware_property_broken"]
        rest = iter(places)
        self.assertTrue(all(call in rest for call in calls), places[-50:])
        self.assertEqual(places[-1], calls[-1])
        self.assertTrue(places[0].startswith("main+"), places[:5])
        said = self.percuss("emulate", image("pump"), "--input", data, "--trace").stdout
        lines = re.findall(r"^(0x[0-9a-f]{8}) (.*)$", said, re.MULTILINE)
        self.assertEqual(lines, [(block["address"], block["place"]) for block in seen["trace"]])

    def changed_board(self, name="mps2-an385", **changes):
        board = json.loads((BUILD / f"boards/{name}.json").read_text())
        path = self.folder / "changed.json"
        path.write_text(json.dumps({**board, **changes}))
        return path

    def mailbox_board(self, **changes):
        return self.changed_board(input={"kind": "memory", "buffer": "mailbox", "buffer_bytes": 1024,
                                         "length": "mailbox_bytes", **changes})

    def test_an_input_arrives_in_memory_with_its_length(self):
        board = self.mailbox_board()
        for data in corpus("hl7", "seed"):
            seen = self.emulate(image("hl7_mailbox", "clean"), data, "--board", board, expect=PASS)
            self.assertEqual((seen["rule"], seen["unread_bytes"]), ("firmware_input_done", 0), data)
        data = ROOT / "corpora/hl7_mllp/planted/HL7-01.bin"
        seen = self.emulate(image("hl7_mailbox"), data, "--board", board, expect=FAIL)
        self.assertIn("heap-buffer-overflow", seen["report"])
        self.assertIn("hl7_expand_spaces", seen["report"])
        # What does not fit is cut, and said: that this much was survived shows nothing of the input.
        few = self.mailbox_board(buffer_bytes=20)
        seen = self.emulate(image("hl7_mailbox"), data, "--board", few, expect=INCONCLUSIVE)
        self.assertEqual(seen["cut_bytes"], data.stat().st_size - 20)
        self.assertIn("no room in the board's input buffer", seen["inconclusive"])
        # Where no memory is, nobody can tell.
        done = self.emulate(image("hl7_mailbox"), data, "--board", self.mailbox_board(buffer="0xd0000000"))
        self.assertEqual(done.returncode, INFRASTRUCTURE, done.stdout)
        self.assertIn("no memory at the address of the input's buffer", done.stderr)
        done = self.emulate(image("hl7"), data, "--board", self.mailbox_board())
        self.assertEqual(done.returncode, USAGE, done.stdout)
        self.assertIn('no symbol "mailbox"', done.stderr)

    def test_a_campaign_fuzzes_what_arrives_in_memory(self):
        seeds = self.folder / "seeds"
        shutil.copytree(ROOT / "corpora/hl7_mllp/seed", seeds)
        shutil.copy(ROOT / "corpora/hl7_mllp/planted/HL7-01.bin", seeds)
        document = self.run_campaign(
            [{"id": "mailbox", "firmware": str(image("hl7_mailbox")), "board": str(self.mailbox_board()),
              "seeds": str(seeds), "model": "hl7_mllp"}], "--budget", "8s", expect=FAIL)
        environment = self.manifest()["targets"][0]["engines"][0]["environment"]
        self.assertEqual([path.rsplit("/", 1)[1] for path in environment["AFL_CUSTOM_MUTATOR_LIBRARY"].split(";")],
                         ["libpercuss_steps.so", "libpercuss_model.so"])
        self.assertTrue(environment["PERCUSS_MODEL"].endswith("/hl7_mllp.model"))
        self.assertIn(("hl7_expand_spaces", 10), {(f["function"], f["reproduced"]) for f in document["findings"]})
        target = self.manifest()["targets"][0]
        self.assertEqual(target["engines"][0]["stability_percent"], 100)
        self.assertTrue(target["discovery"]["present"], target["discovery"])
        self.assertGreater(target["discovery"]["executions"], target["engines"][0]["executions"] / 4)

    def test_an_input_arrives_from_the_host_that_debugs_the_firmware(self):
        board = self.changed_board(input={"kind": "semihosting"})
        at_first_read = {**json.loads(board.read_text()), "checkpoint": "sleep"}
        for data in corpus("hl7", "seed"):
            seen = self.emulate(image("hl7_semihosting", "clean"), data, "--board", board, expect=PASS)
            self.assertEqual((seen["rule"], seen["unread_bytes"]), ("firmware_input_done", 0), data)
        planted = ROOT / "corpora/hl7_mllp/planted/HL7-01.bin"
        self.assertIn("hl7_expand_spaces",
                      self.emulate(image("hl7_semihosting"), planted, "--board", board, expect=FAIL)["report"])
        large = self.folder / "large"  # more than a device holds at once
        large.write_bytes(corpus("hl7", "seed")[0].read_bytes() * 20)
        board.write_text(json.dumps(at_first_read))
        seen = self.emulate(image("hl7_semihosting", "clean"), large, "--board", board, expect=PASS)
        self.assertEqual((seen["rule"], seen["unread_bytes"]), ("firmware_input_done", 0))

    def test_the_host_that_debugs_the_firmware_gives_its_console_and_nothing_else(self):
        board = self.changed_board("microbit", input={"kind": "semihosting"})
        firmware = BUILD / "firmware/microbit/requests.elf"
        asked = "host-access: the firmware asked to "
        for data, ended, words in (("..x..", "done", "the firmware ended itself"), ("." * 5000, "done", "idle"),
                                   ("..e", "assert", "the firmware told its host that it failed"),
                                   ("..f", "assert", "the firmware told its host that it failed"),
                                   ("..y..", "done", "the firmware ended itself"),
                                   ("..o", "corruption", asked + "open a file of the host"),
                                   ("..c", "corruption", asked + "run a command on the host")):
            file = self.folder / "input"
            file.write_text(data)
            seen = self.emulate(firmware, file, "--board", board, expect=PASS if ended == "done" else FAIL)
            self.assertEqual((seen["ended"], seen["rule"]), (ended, words), data[:9])
            self.assertEqual(seen["unread_bytes"], 2 if "x" in data or "y" in data else 0, data[:9])

    def test_time_asleep_is_what_wakes_the_core_and_no_more(self):
        board = self.changed_board(input={"kind": "semihosting"})
        firmware = BUILD / "firmware/mps2-an385/requests.elf"
        file = self.folder / "input"
        ns = 40  # of an instruction
        for data, rule, least_ms, most_ms in (("s", "idle", 0, 0), ("tx", "the firmware ended itself", 1, 1.1)):
            file.write_text(data)
            seen = self.emulate(firmware, file, "--board", board, expect=PASS)
            self.assertEqual((seen["rule"], seen["unread_bytes"]), (rule, 0))
            asleep_ms = (seen["device_ns"] - seen["instructions"] * ns) / 1e6
            self.assertTrue(least_ms - 0.1 <= asleep_ms <= most_ms, f"{data}: {asleep_ms}")

    def test_memory_that_is_used_for_what_it_is_not_for(self):
        """On a core without a memory protection unit, where all of it goes on."""
        board = self.changed_board("microbit", input={"kind": "semihosting"})
        firmware = BUILD / "firmware/microbit/requests.elf"
        for byte, rule, function in (("w", "flash-write: write of 4 bytes", "write_to_flash"),
                                     ("r", "execution-from-ram: of what is no code of the image", "run_from_ram"),
                                     ("d", r"stack-overflow: \d+ bytes below the stack's limit", "call_deeper")):
            file = self.folder / "input"
            file.write_text(byte)
            seen = self.emulate(firmware, file, "--board", board, expect=FAIL)
            self.assertRegex(seen["rule"], rule)
            self.assertRegex(seen["report"], rf"#0 0x[0-9a-f]+ in {function} .*requests\.c")
        file.write_text("j")  # to where the machine answers with zeros, which run on and on
        seen = self.emulate(firmware, file, "--board", board, expect=FAIL)
        self.assertEqual(seen["rule"], "segv: instruction fetch from no memory")
        self.assertRegex(seen["report"], r"#0 0x40000000 +\(no code of the image\)\n"
                                         r" +#1 0x[0-9a-f]+ in jump_away .*requests\.c")
        self.assertLess(seen["instructions"], 1000)
        checks = json.loads(board.read_text())["memory_checks"]
        without = {key: checks[key] for key in ("heap_begin", "heap_end", "null_bytes")}
        board = self.changed_board("microbit", input={"kind": "semihosting"}, memory_checks=without)
        for byte in "wr":
            file.write_text(byte)
            self.emulate(firmware, file, "--board", board, expect=PASS)

    def bad_value(self, firmware, data, *arguments):
        seen = self.emulate(firmware, data, "--last-writer", *arguments, expect=FAIL)
        without = self.emulate(firmware, data, *arguments, expect=FAIL)
        self.assertEqual(seen["instructions"], without["instructions"], "it runs as it does without being watched")
        self.assertTrue(seen["report"].startswith(without["report"]))
        return seen["bad_value"], seen["report"]

    def planted_value(self, bug, board="mps2-an385"):
        protocol = {"PUMP": "pump", "BLE": "ble", "HL7": "hl7"}[bug.partition("-")[0]]
        data = ROOT / "corpora" / HARNESS_OF[protocol] / f"planted/{bug}.bin"
        return self.bad_value(image(protocol, board=board), data, "--board", board)

    def functions(self, stack):
        return [frame.partition("+")[0] for frame in stack]

    def test_who_wrote_a_pointer_that_was_bad(self):
        value, report = self.planted_value("PUMP-02")  # kept after its memory was freed
        self.assertIn("base of `ldrh r3, [r3]`", value["value"])
        self.assertIn("what the allocator gave at", value["origin"])
        self.assertEqual(self.functions(value["stores"][0]["stack"])[:2], ["pump_give_bolus", "session_command"])
        self.assertEqual(self.functions(value["allocated"])[0], "pump_give_bolus")
        self.assertEqual(self.functions(value["freed"])[0], "pump_end_bolus")
        self.assertRegex(report, r"\nwritten by: .*\n +#0 0x[0-9a-f]+ in pump_give_bolus .*pump_therapy\.c:\d+\n")
        value, _ = self.planted_value("PUMP-02", "riscv32-virt")
        self.assertIn("base of `lhu a5, 0(a5)`", value["value"])
        self.assertEqual([self.functions(stack)[0] for stack in (value["stores"][0]["stack"], value["freed"])],
                         ["pump_give_bolus", "pump_end_bolus"])
        value, _ = self.planted_value("HL7-03")  # what a function gives that finds nothing
        self.assertRegex(value["origin"], "^a constant, by .* in find_bed")
        self.assertEqual(value["stores"], [])

    def test_who_wrote_over_the_stack(self):
        """From the protector's word back over each buffer that the bytes went through, to the serial line."""
        value, report = self.planted_value("BLE-03")
        self.assertIn("the stack protector's word", value["value"])
        self.assertEqual(self.functions(value["stores"][0]["stack"])[1], "ble_cgm_set_calibration")
        self.assertEqual(self.functions(value["stores"][-1]["stack"])[0], "fill_ring")
        self.assertRegex(value["origin"], "^read from the device at 0x40004000, by .* in board_uart_take")
        value, report = self.planted_value("BLE-03", "riscv32-virt")
        self.assertEqual(self.functions(value["stores"][0]["stack"])[1], "ble_cgm_set_calibration")
        self.assertRegex(value["origin"], "^read from the device at 0x10000000, by .* in board_uart_take")
        board = self.changed_board(input={"kind": "semihosting"})
        file = self.folder / "input"
        file.write_text("k")
        firmware = BUILD / "firmware/mps2-an385/requests.elf"
        value, report = self.bad_value(firmware, file, "--board", board)
        self.assertIn("instruction bus error", report)
        self.assertRegex(value["value"], r"^pc, where `pop \{.*pc\}` at ")
        self.assertEqual(self.functions(value["stores"][0]["stack"]), ["overwrite_return", "main"])
        file.write_text("nu")
        value, report = self.bad_value(firmware, file, "--board", board)
        self.assertIn("null-dereference", report)
        self.assertEqual(self.functions(value["stores"][0]["stack"])[0], "drop_record")
        file.write_text("d")  # nothing was wrong with the pointer
        board = self.changed_board("microbit", input={"kind": "semihosting"})
        value, _ = self.bad_value(BUILD / "firmware/microbit/requests.elf", file, "--board", board)
        self.assertIn("no use of a pointer", value["not_known"])

    def test_a_campaign_finds_them_and_its_package_replays_without_the_board(self):
        boards = self.folder / "boards"
        shutil.copytree(BUILD / "boards", boards)
        document = self.run_campaign(
            [{"id": "pump", "firmware": str(image("pump")), "board": str(boards / "mps2-an385.json"),
              "seeds": str(ROOT / "corpora/pump_serial/seed"), "interface": "service-port"}],
            "--budget", "45s", expect=FAIL)
        shutil.rmtree(boards)
        self.assertIn("No caches", " ".join(self.manifest()["targets"][0]["fidelity_limits"]))
        engine = self.manifest()["targets"][0]["engines"][0]
        self.assertEqual(engine["engine"], "qemu-board")
        self.assertEqual(engine["stability_percent"], 100)
        timing = self.manifest()["targets"][0]["timing"]
        self.assertEqual((timing["present"], timing["unit"]), (True, "guest_instructions"), timing)
        slowest = timing["slowest"][0]
        self.assertEqual(self.emulate(image("pump"), self.folder / "out/package" / slowest["path"])["instructions"],
                         slowest["cost"])
        tools = {tool["name"]: tool for tool in self.manifest()["tools"]}
        self.assertIn("QEMU emulator version", tools["qemu-system-arm"]["version"])
        self.assertEqual(len(tools["board plugin"]["sha256"]), 64)
        for finding in document["findings"]:
            self.assertEqual(finding["reproduced"], 10, finding)
            replay = json.loads((self.folder / "out/package" / finding["folder"] / "replay.json").read_text())
            self.assertEqual(replay["emulator_sha256"], tools["qemu-system-arm"]["sha256"])
        finding = document["findings"][0]
        done = self.percuss("repro", document["package"], "--finding", finding["id"], "--runs", "3", "--json")
        self.assertEqual(done.returncode, FAIL, done.stderr)
        self.assertTrue(json.loads(done.stdout)["findings"][0]["same_bug"])
        debugged = self.percuss("repro", document["package"], "--finding", finding["id"], "--runs", "1", "--gdb",
                                typed="quit\n")
        self.assertEqual(debugged.returncode, FAIL, debugged.stderr)
        self.assertRegex(debugged.stdout, rf"(?m)^#\d+ .*\b{finding['function']} \(", debugged.stdout)
        clean = self.percuss("repro", document["package"], "--finding", finding["id"], "--runs", "3",
                             "--binary", image("pump", "clean"))
        self.assertEqual(clean.returncode, PASS, clean.stdout + clean.stderr)
        self.assertIn("differs from the campaign's", clean.stderr)
        self.assertIn("one such run:", clean.stdout)
        self.assertNotIn("without percuss", clean.stdout)
        self.assertEqual(strays(str(self.folder)), [])
        self.environment["PATH"] = str(self.folder)
        done = self.percuss("repro", document["package"], "--finding", finding["id"], "--runs", "1")
        self.assertEqual(done.returncode, INFRASTRUCTURE, done.stdout)
        self.assertRegex(done.stdout, "cannot tell: the binary could not run the input: .*qemu-system-arm")

    def test_an_input_meets_the_same_machine_whatever_ran_before(self):
        self.run_campaign([{"id": "pump", "firmware": str(image("pump")), "board": "mps2-an385",
                            "seeds": str(ROOT / "corpora/pump_serial/seed")}], "--budget", "5s")
        run = self.manifest()["targets"][0]["engines"][0]
        argv, preload = run["argv"][run["argv"].index("--") + 1:], run["environment"]["AFL_PRELOAD"]
        self.check_no_copy_waits_for_a_lock_of_another_thread(argv, preload)
        inputs = [p.read_bytes() for kind in ("seed", "planted", "seed") for p in corpus("pump", kind)]
        server = ForkServer(argv, preload, self.folder)
        shared = [server.run_for_coverage(data) for data in inputs]
        apart = [server.run_for_coverage(data, was_killed=True) for data in inputs]
        server.close()
        self.assertEqual([ran[1:] for ran in shared], [ran[1:] for ran in apart])
        self.assertEqual(len({pid for pid, _, _ in apart}), len(inputs))
        # Only an input that fails ends its copy.
        failed = sum(status != 0 for _, status, _ in shared)
        self.assertEqual(len({pid for pid, _, _ in shared}), failed + (shared[-1][1] == 0))

    def check_no_copy_waits_for_a_lock_of_another_thread(self, argv, preload):
        """One of QEMU's trims the heap whenever it likes: of the copies made meanwhile each would hang."""
        data = str(corpus("pump", "seed")[0])
        said = subprocess.run(argv, env={**self.environment, "LD_PRELOAD": preload, "PERCUSS_BOARD_INPUT": data,
                                         "LD_DEBUG": "bindings"}, capture_output=True, text=True, check=True).stderr
        bound = [line.partition(" to ")[2] for line in said.splitlines() if "`malloc_trim'" in line]
        self.assertTrue(bound)
        self.assertTrue(all("libpercuss_board" in library for library in bound), bound)

    def test_what_cannot_be_run_is_no_pass(self):
        data = ROOT / "corpora/pump_serial/seed/library.bin"
        self.assertEqual(self.emulate(ROOT / "README.md", data).returncode, USAGE)
        self.assertEqual(self.emulate(BUILD / "bin" / "percuss", data).returncode, USAGE)
        self.assertEqual(self.emulate(image("pump"), self.folder / "nothing").returncode, USAGE)
        self.assertEqual(self.emulate(image("pump"), data, "--board", "toaster").returncode, USAGE)
        done = self.emulate(image("pump", "clean", "riscv32-virt"), data)
        self.assertEqual(done.returncode, USAGE)
        self.assertIn("the board mps2-an385 has a processor for arm", done.stderr)
        cut = self.folder / "cut.elf"
        cut.write_bytes(image("pump").read_bytes()[:3000])
        self.assertIn(self.emulate(cut, data).returncode, (INFRASTRUCTURE, USAGE))
        # An image for another board never comes to the checkpoint.
        done = self.emulate(image("pump", "clean", "netduinoplus2"), data, "--timeout", "5")
        self.assertEqual(done.returncode, INFRASTRUCTURE)
        self.environment["PATH"] = str(self.folder)
        done = self.emulate(image("pump"), data)
        self.assertEqual(done.returncode, INFRASTRUCTURE)
        self.assertIn("qemu-system-arm", done.stderr)


if __name__ == "__main__":
    unittest.main()
