# SPDX-License-Identifier: Apache-2.0
"""An image as shipped on the fast core, its device answered by the input, and the debugger on it, back and forth."""
import json
import re
import struct
import subprocess
import unittest

import jsonschema

from support.percuss_cli import BUILD, CliTest, FAIL, INCONCLUSIVE, INFRASTRUCTURE, PASS, PERCUSS, ROOT, USAGE

# It counts the words that its device gives, and loads from where one of them says, if that is 0x90000000.
SOURCE = """
#define DEVICE (*(volatile unsigned *)0x40000000)
static volatile unsigned counts;
static volatile unsigned total;
__attribute__((noinline)) static unsigned load(unsigned where) { return *(volatile unsigned *)where + counts; }
__attribute__((noinline)) static void take(unsigned word) {
  counts = counts + 1;
  if (word == 0x90000000u) total = load(word) + 1;
}
int main(void) {
  for (;;) take(DEVICE);
}
void Reset(void) {
  counts = 0;
  total = 7;
  main();
}
__attribute__((section(".vectors"), used)) static const void *const vectors[16] = {
    (void *)0x20001000, Reset, Reset, Reset, Reset, Reset, Reset, 0, 0, 0, 0, Reset, Reset, 0, Reset, Reset};
"""
LAYOUT = """
SECTIONS {
  .text 0x08000000 : { KEEP(*(.vectors)) *(.text*) }
  .bss 0x20000000 (NOLOAD) : { *(.bss*) }
}
ENTRY(Reset)
"""
BAD = 0x90000000


def words(*values):
    return struct.pack(f"<{len(values)}I", *values)


class RehostTest(CliTest):
    def setUp(self):
        super().setUp()
        (self.folder / "tiny.c").write_text(SOURCE)
        (self.folder / "tiny.ld").write_text(LAYOUT)
        self.image = self.folder / "tiny.elf"
        subprocess.run(["arm-none-eabi-gcc", "-mcpu=cortex-m3", "-mthumb", "-nostdlib", "-ffreestanding", "-Og", "-g",
                        "-fno-optimize-sibling-calls", "-Wl,--build-id=none", "-T", "tiny.ld", "-o", self.image,
                        "tiny.c"], cwd=self.folder, check=True)

    def data(self, content):
        path = self.folder / "input"
        path.write_bytes(content)
        return path

    def emulate(self, content, *arguments, expect, typed=""):
        done = self.percuss("emulate", self.image, "--rehost", "--input", self.data(content), *arguments, typed=typed)
        self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
        return done

    def debug(self, content, *commands, expect=FAIL):
        """What each command prints, by a mark that is echoed before it."""
        typed = "".join(f"echo @{number}@\\n\n{command}\n" for number, command in enumerate(commands)) + "quit\n"
        done = self.emulate(content, "--gdb", expect=expect, typed=typed)
        return re.split(r"@\d+@\n", done.stdout.replace("(gdb) ", "")), done.stderr

    def test_a_crash_is_told_with_the_way_there(self):
        said = self.emulate(words(1, 2, BAD, 5), expect=FAIL).stdout
        self.assertIn("percuss: firmware segv: precise data bus error at 0x90000000 in load+0x", said)
        self.assertEqual(re.findall(r"#\d 0x[0-9a-f]+ in (\w+)", said), ["load", "take", "main", "Reset"], said)
        self.assertIn("bfar=0x90000000", said)
        self.assertIn("4 bytes unread", said)

    def test_the_same_for_a_script(self):
        document = json.loads(self.emulate(words(1, BAD), "--json", expect=FAIL).stdout)
        self.assertEqual(document["ended"], "fault")
        self.assertEqual(document["registers"]["bfar"], "0x90000000")
        self.assertEqual(document["registers"]["r0"], "0x90000000")
        self.assertEqual(document["unread_bytes"], 0)
        self.assertEqual(document["instructions"],
                         json.loads(self.emulate(words(1, BAD), "--json", expect=FAIL).stdout)["instructions"])

    def test_an_input_may_come_through_a_pipe(self):
        command = f"{PERCUSS} emulate {self.image} --rehost auto --input <(cat {self.data(words(1, 2, BAD))})"
        done = subprocess.run(["bash", "-c", command], env=self.environment, capture_output=True, text=True,
                              check=False)
        self.assertEqual(done.returncode, FAIL, done.stdout + done.stderr)
        self.assertIn("precise data bus error at 0x90000000", done.stdout)
        endless = self.percuss("emulate", self.image, "--rehost", "--input", "/dev/zero")
        self.assertEqual(endless.returncode, USAGE)
        self.assertIn("/dev/zero", endless.stderr)

    def test_a_configuration_that_is_not_there_is_named(self):
        done = self.percuss("emulate", self.image, "--rehost", "nope.yml")
        self.assertEqual(done.returncode, USAGE, done.stdout)
        self.assertIn("File does not exist: nope.yml", done.stderr)
        self.assertNotIn(" OR ", done.stderr)

    def test_an_elf_file_gives_a_raw_image_its_names_and_lines(self):
        raw = self.folder / "shipped" / "tiny.bin"
        raw.parent.mkdir()
        subprocess.run(["arm-none-eabi-objcopy", "-O", "binary", self.image, raw], check=True)
        config = self.folder / "rehost.json"
        description = {"schema": "percuss.rehost.v1", "firmware": "shipped/tiny.bin", "address": "0x08000000"}

        def emulate(*lines):
            config.write_text(json.dumps(description))
            return self.percuss("emulate", raw, "--rehost", config, "--input", self.data(words(1, BAD)), *lines)
        nameless = emulate()
        self.assertEqual(nameless.returncode, FAIL, nameless.stderr)
        self.assertNotIn("load", nameless.stdout)
        description["symbols"] = "tiny.elf"
        said = emulate().stdout
        named = re.findall(r"#\d 0x[0-9a-f]+ in (\w+) [^ ]*tiny\.c:\d+\n", said)
        self.assertEqual(named[:3], ["load", "take", "main"], said)
        self.assertIn("gave to main", said)
        raw.write_bytes(raw.read_bytes()[:64] + raw.read_bytes()[64:].translate(bytes(255 - i for i in range(256))))
        other = emulate()
        self.assertEqual(other.returncode, USAGE, other.stdout + other.stderr)
        self.assertIn("tiny.elf: it is of another build", other.stderr)

    def test_a_crash_is_judged_as_campaigns_judge_it(self):
        # The firmware compares the word, so that no other one is loaded from.
        decided = "whether it fails is decided by 0x90000000, which 0x40000000 gave to main: nobody knows whether"
        said = self.emulate(words(1, 2, BAD, 5), expect=FAIL).stdout
        self.assertIn("\njudged undecided\n  because the access is to 0x90000000, in the area of external memory", said)
        self.assertIn(f"\n  because {decided} a device gives that\n", said)
        self.assertRegex(said, r"\nanswers of peripherals:\n(  .*\n)*  0x90000000 of 0x40000000, 4 bytes, .*: decides")
        self.assertEqual(said.count("r0=0x90000000"), 1, said)
        firmware = json.loads(self.emulate(words(1, 2, BAD, 5), "--json", expect=FAIL).stdout)["firmware"]
        self.assertEqual(firmware["judged"], "undecided")
        self.assertTrue(firmware["reasons"][1].startswith(decided), firmware["reasons"])
        self.assertEqual([answer["value"] for answer in firmware["answers"] if answer["part"] == "decides"],
                         ["0x90000000"])
        self.assertIn("0x40000000, 4 bytes: 0x90000000", firmware["way"][-4])
        self.assertIsNone(json.loads(self.emulate(words(1, 2), "--json", expect=PASS).stdout)["firmware"])

    def confirm(self, *words):
        return subprocess.run([BUILD / "bin" / "percuss-confirm", *map(str, words)], capture_output=True, text=True,
                              check=False)

    def test_another_processor_confirms_for_a_script(self):
        crash = self.data(words(1, 2, BAD))
        done = self.confirm("--json", self.image, crash)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        answer = json.loads(done.stdout)
        self.assertEqual(set(answer), {"verdict", "by", "reason", "instructions"})
        self.assertEqual(answer["verdict"], "confirmed", answer)
        self.assertIn("Unicorn", answer["by"])
        told = json.loads(self.emulate(words(1, 2, BAD), "--json", expect=FAIL).stdout)
        self.assertEqual(answer["instructions"], told["instructions"])
        self.assertEqual(self.confirm(self.image, crash).stdout, answer["reason"] + "\n")
        well = self.data(words(1, 2))
        refused = json.loads(self.confirm("--json", self.image, well).stdout)
        self.assertNotEqual(refused["verdict"], "confirmed")
        plain = self.confirm(self.image, well)
        self.assertEqual((plain.returncode, plain.stdout), (1, f"not confirmed: {refused['reason']}\n"))
        config = self.folder / "rehost.json"
        config.write_text('{"schema": "percuss.rehost.v1", "firmware": "tiny.elf", "peripherals": ')
        for bad in (("--json",), ("--json", self.image), ("--json", self.folder / "none", well),
                    ("--json", self.image, self.folder / "none"), ("--json", self.image, config, well)):
            done = self.confirm(*bad)
            self.assertEqual((done.returncode, done.stdout), (64, ""), done.stderr)
            self.assertTrue(done.stderr, bad)

    def dissect(self, model, *arguments, expect=PASS):
        streams = struct.pack("<8sH", b"pstream\1", 3) + words(
            0x40000000, 0xffffffff, 8, 0x40004000, 0x08000200, 2, 0x40004000, 0xffffffff, 12)
        message = struct.pack(">HHHBB", 1, 0, 6, 0x11, 3) + struct.pack(">HH", 0x6b, 3)
        done = self.percuss("dissect", model, self.data(streams + bytes(8) + b"ab" + message + b"left"), *arguments)
        self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
        return done.stdout, done.stderr

    def test_the_streams_of_an_input_are_shown(self):
        lines = (" 002e   stream 0x40000000: 8 bytes: 00 00 00 00 00 00 00 00\n"
                 ' 0036   stream 0x40004000 at 0x08000200: 2 bytes: "ab"\n'
                 " 0038   stream 0x40004000: 12 bytes: 00 01 00 00 00 06 11 03 00 6b 00 03\n"
                 ' 0044   rest: 4 bytes: "left"\n')
        self.assertEqual(self.dissect("streams")[0], lines)
        shown = json.loads(self.dissect("streams", "--json")[0])["inputs"][0]
        self.assertEqual(shown["streams"], [{"address": "0x40000000", "pc": None, "bytes": 8},
                                            {"address": "0x40004000", "pc": "0x08000200", "bytes": 2},
                                            {"address": "0x40004000", "pc": None, "bytes": 12}])
        self.assertEqual((shown["rest_bytes"], shown["not_explained"]), (4, 0))
        along, _ = self.dissect("modbus_tcp", "--stream", "0x40004000")
        self.assertTrue(along.startswith(lines + " 0000  "), along)
        self.assertIn("function", along)
        self.dissect("modbus_tcp", "--stream", "0x40004000", "--check")
        self.assertIn("--stream says", self.dissect("modbus_tcp")[0])
        self.dissect("modbus_tcp", "--check", expect=FAIL)
        self.assertIn("no stream 0x40008000", self.dissect("modbus_tcp", "--stream", "0x40008000", expect=USAGE)[1])
        flat = self.percuss("dissect", "streams", self.data(words(1, 2)))
        self.assertEqual((flat.returncode, flat.stdout), (PASS, "no streams: a flat input\n"))

    def test_an_input_that_goes_well(self):
        said = self.emulate(words(1, 2, 3), expect=PASS).stdout
        self.assertIn("the input is used up: the firmware went on after", said)
        self.assertIn("inconclusive: ", self.emulate(b"xy", expect=INCONCLUSIVE).stdout)

    def test_the_trace_has_blocks_and_loads(self):
        said = self.emulate(words(0x11223344, BAD), "--trace", expect=FAIL).stdout
        self.assertRegex(said, r"0x0800[0-9a-f]{4} main[+0-9a-fx]*: reads 0x40000000[^\n]*, 4 bytes: 0x11223344\n")
        self.assertRegex(said, r"\n0x0800[0-9a-f]{4} take\n")
        trace = json.loads(self.emulate(words(0x11223344, BAD), "--trace", "--json", expect=FAIL).stdout)["trace"]
        self.assertTrue(any("0x11223344" in line.get("what", "") for line in trace))
        self.assertTrue(all(set(line) <= {"address", "place", "what"} for line in trace))

    def test_the_coverage_has_the_blocks_that_ran_and_those_that_did_not(self):
        well = json.loads(self.emulate(words(1, 2), "--coverage", "--json", expect=PASS).stdout)["coverage"]
        fails = json.loads(self.emulate(words(1, BAD), "--coverage", "--json", expect=FAIL).stdout)["coverage"]
        schema = json.loads((ROOT / "reports" / "schema" / "blocks.v1.schema.json").read_text())
        for coverage in (well, fails):
            jsonschema.Draft202012Validator(schema).validate(coverage)
            self.assertEqual(coverage["ran_not_found"], [])
            self.assertEqual(sum(block["ran"] for block in coverage["blocks"]), coverage["blocks_ran"])
        reached = [{f["name"]: f["blocks_ran"] for f in coverage["functions"]} for coverage in (well, fails)]
        self.assertEqual(set(reached[0]), {"load", "take", "main", "Reset"})
        self.assertEqual(reached[0]["load"], 0)
        self.assertGreater(reached[1]["load"], 0)
        self.assertGreater(reached[0]["main"], 0)
        said = self.emulate(words(1, 2), "--coverage", expect=PASS).stdout
        self.assertIn("indirect targets may be missing", said)
        self.assertRegex(said, r"0x0800[0-9a-f]{4} +0 of +1 blocks +0 of +[0-9]+ bytes  load\n")
        done = self.percuss("emulate", self.image, "--input", self.data(b"x"), "--coverage")
        self.assertEqual(done.returncode, USAGE, done.stdout + done.stderr)

    def test_the_debugger_stops_at_the_crash_and_goes_back(self):
        commands = ["info registers pc", "print counts", "reverse-stepi", "info registers pc", "stepi",
                    "info registers pc", "break take", "reverse-continue", "print/x word", "print counts",
                    "reverse-continue", "print/x word", "print counts", "continue", "print/x word",
                    "reverse-continue", "reverse-continue", "reverse-continue", "monitor mmio", "continue", "delete",
                    "continue", "continue", "monitor mmio"]
        said, monitor = self.debug(words(1, 2, BAD), *commands)
        start, answers = said[0], said[1:]
        self.assertIn("SIGSEGV", start)
        frames = re.findall(r"^#\d+  (?:0x[0-9a-f]+ in )?(\w+) \(", start, re.MULTILINE)
        self.assertEqual(frames, ["load", "take", "main"], start)  # gdb's own ends at main
        told = int(re.search(r"#0 (0x[0-9a-f]+) in load", start).group(1), 16)
        pc = [int(re.search(r"pc +(0x[0-9a-f]+)", answers[i]).group(1), 16) for i in (0, 3, 5)]
        self.assertEqual(pc[0], told)
        self.assertIn("take (word=2415919104)", answers[2])  # the call
        self.assertEqual(pc[2], pc[0])
        self.assertIn("= 3", answers[1])
        self.assertIn("= 0x90000000", answers[8])
        self.assertIn("= 2", answers[9])
        self.assertIn("= 0x2", answers[11])
        self.assertIn("= 1", answers[12])
        self.assertIn("= 0x90000000", answers[14])
        self.assertIn("No more reverse-execution history", answers[17])
        self.assertIn("main () at", answers[17])
        self.assertIn("Breakpoint", answers[19])
        self.assertIn("SIGSEGV", answers[21])
        self.assertIn("No more reverse-execution history", answers[22])
        self.assertIn("no peripheral has been read", monitor)
        self.assertEqual(re.findall(r"0x40000000, 4 bytes: (0x[0-9a-f]+)\n", monitor), ["0x1", "0x2", "0x90000000"])

    def test_the_debugger_finds_who_wrote_a_value(self):
        said, _ = self.debug(words(1, 2, BAD), "watch counts", "reverse-continue", "print counts")
        self.assertRegex(said[2], r"Old value = 3\nNew value = 2\n[^\n]*take")
        self.assertIn("= 2", said[3])

    def test_what_cannot_be_is_refused(self):
        data = self.data(b"x")
        for arguments in (["--board", "mps2-an385"], ["--last-writer"], ["--socket", "tcp"]):
            done = self.percuss("emulate", self.image, "--rehost", "--input", data, *arguments)
            self.assertEqual(done.returncode, USAGE, f"{arguments}: {done.stdout}{done.stderr}")
        done = self.percuss("emulate", self.image, "--input", data, "--rehost", self.folder / "none.yml")
        self.assertEqual(done.returncode, USAGE, done.stdout + done.stderr)

    def test_a_firmware_that_fails_before_it_reads_is_no_matter_of_the_input(self):
        source = SOURCE.replace("total = 7;", "total = load(0x90000000u);")
        (self.folder / "tiny.c").write_text(source)
        subprocess.run(["arm-none-eabi-gcc", "-mcpu=cortex-m3", "-mthumb", "-nostdlib", "-ffreestanding", "-Og", "-g",
                        "-T", "tiny.ld", "-o", self.image, "tiny.c"], cwd=self.folder, check=True)
        self.assertIn("before it wants a byte", self.emulate(words(1), expect=INFRASTRUCTURE).stderr)


if __name__ == "__main__":
    unittest.main()
