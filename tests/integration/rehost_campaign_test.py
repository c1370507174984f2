# SPDX-License-Identifier: Apache-2.0
"""Firmware as shipped, on the fast core with a guessed memory map: a planted bug of the reference device behind its
serial port fails, both engines run on, the package holds what it takes, and the finding is reproduced from it. Both
engines find what two devices must say."""
import hashlib
import json
import struct
import subprocess
import zipfile

import jsonschema

from support.percuss_cli import BUILD, CliTest, FAIL, INFRASTRUCTURE, PASS, ROOT, USAGE

FIRMWARE = BUILD / "firmware" / "mps2-an385" / "hl7_planted.elf"
SEEDS = ROOT / "corpora" / "monitor_rehosted" / "seed"
PLANTED = ROOT / "corpora" / "monitor_rehosted" / "planted"


LOCK = 0xC0DE5A17

# Reads words of a device at 0x40000000 until one is LOCK, then a byte of one at 0x40001000: 0x61 of that, a length,
# makes it load from nowhere.
LOCKED = [0x2404, 0x0724,           # movs r4, #4; lsls r4, r4, #28
          0x2501, 0x032D, 0x1965,   # movs r5, #1; lsls r5, r5, #12; adds r5, r4, r5
          0x4E07, 0x6820, 0x42B0,   # ldr r6, lock; again: ldr r0, [r4]; cmp r0, r6
          0xD1FC, 0x7829, 0x2960,   # bne again; ldrb r1, [r5]; cmp r1, #0x60
          0xD9F9, 0x2961, 0xD1F7,   # bls again; cmp r1, #0x61; bne again
          0x2301, 0x085B, 0x681A,   # movs r3, #1; lsrs r3, r3, #1; ldr r2, [r3]
          0xBE00, 0x46C0, 0x46C0, LOCK & 0xFFFF, LOCK >> 16]

# Enters a function that only returns for each byte that it reads: of a division for an even one, of an assertion else.
HOOKS = """
.syntax unified
.thumb
.word 0x20001000
.rept 15
.word reset + 1
.endr
.thumb_func
.type reset, %function
.global reset
reset:
  ldr r4, =0x40000000
again:
  ldrb r0, [r4]
  lsls r0, r0, #31
  bne odd
  bl __aeabi_idiv0
  b again
odd:
  bl assert_failed
  b again
.ltorg
.size reset, . - reset
.thumb_func
.type __aeabi_idiv0, %function
.global __aeabi_idiv0
__aeabi_idiv0:
  bx lr
.size __aeabi_idiv0, . - __aeabi_idiv0
.thumb_func
.type assert_failed, %function
.global assert_failed
assert_failed:
  bx lr
.size assert_failed, . - assert_failed
"""


class RehostCampaignTest(CliTest):
    def target(self, **members):
        return {"id": "monitor", "firmware": str(FIRMWARE), "rehost": "auto", "seeds": str(SEEDS), **members}

    def known(self, finding):
        return {known["id"]: known for known in self.manifest()["findings"]}[finding]

    def test_a_planted_bug_from_campaign_to_replay(self):
        target = self.target(regression=str(PLANTED))
        document = self.run_campaign([target], "--budget", "12s", "--jobs", "2", expect=FAIL)
        found = {(f["class"], f["function"]): f for f in document["findings"]}
        self.assertIn(("null-dereference", "hl7_bed_merge"), found)
        finding = found["null-dereference", "hl7_bed_merge"]
        self.assertEqual(finding["reproduced"], finding["reruns"])
        known = self.known(finding["id"])
        self.assertTrue(known["file"].endswith(".c") and known["line"] > 0, known)
        crash = known["firmware"]
        self.assertEqual(crash["confirmation"]["verdict"], "confirmed", crash["confirmation"])
        self.assertIn("Unicorn", crash["confirmation"]["by"])
        self.assertIn(crash["judged"], ("bug", "undecided"), crash["reasons"])
        self.assertTrue(crash["reasons"])
        self.assertTrue(any(answer["part"] == "decides" for answer in crash["answers"]), crash["answers"])
        self.assertEqual({"r15", "cfsr", "bfar"} - set(crash["registers"]), set())
        self.assertRegex(crash["way"][-1], r"^0x[0-9a-f]{8} \w+$")  # the last branch, in whatever was called
        run = self.manifest()["targets"][0]
        self.assertEqual({engine["engine"] for engine in run["engines"]}, {"libfuzzer", "aflpp"})
        for engine in run["engines"]:
            self.assertGreater(engine["executions"], 500, engine)
            self.assertGreater(engine["edges"], 50, engine)
        self.assertTrue(any("guess" in note or "taken to be" in note for note in run["fidelity_limits"]),
                        run["fidelity_limits"])
        package = next((self.folder / "out").glob("*.zip"))
        self.check_blocks(run, package)
        image = {binary["role"]: binary for binary in run["binaries"]}["image"]
        with zipfile.ZipFile(package) as archive:
            name = next(n for n in archive.namelist() if n.endswith(image["packaged"]))
            self.assertEqual(archive.read(name), FIRMWARE.read_bytes())
        self.assertEqual(self.percuss("verify", package).returncode, PASS)
        # Nothing but the package is left of it.
        away = self.folder / "away.zip"
        away.write_bytes(package.read_bytes())
        again = self.percuss("repro", away, "--finding", finding["id"], "--json")
        self.assertEqual(again.returncode, FAIL, again.stdout + again.stderr)
        self.assertIn("hl7_bed_merge", json.dumps(json.loads(again.stdout)))
        replayed = json.loads(again.stdout)["findings"][0]
        self.assertTrue(replayed["same_bug"], replayed)
        self.assertEqual(replayed["firmware"], crash)
        debugged = self.percuss("repro", away, "--finding", finding["id"], "--runs", "1", "--gdb",
                                typed="echo @\\n\nreverse-stepi\ninfo symbol $pc\nquit\n")
        self.assertEqual(debugged.returncode, FAIL, debugged.stdout + debugged.stderr)
        before, after = debugged.stdout.split("@\n")
        self.assertRegex(before, r"#1 .*hl7_bed_merge \(surviving")
        self.assertIn("memset", after)
        # A program that is not there confirms nothing, and is no pass.
        self.environment["PERCUSS_CONFIRM"] = str(self.folder / "percuss-confirm")
        alone = self.percuss("repro", away, "--finding", finding["id"], "--runs", "1")
        self.assertEqual(alone.returncode, FAIL, alone.stdout + alone.stderr)
        self.assertIn("not confirmed: the program percuss-confirm is not there", alone.stdout)
        self.assertIn(f"judged {crash['judged']}", alone.stdout)

    def locked(self, **members):
        image = self.folder / "locked.bin"
        vectors = struct.pack("<16I", 0x20001000, *[0x08000201] * 15)
        image.write_bytes(vectors.ljust(0x200, b"\0") + struct.pack(f"<{len(LOCKED)}H", *LOCKED))
        # The same bytes with lines, in a file apart.
        source = [".syntax unified", ".thumb", ".section .text", ".global locked", ".type locked, %function", "locked:",
                  *(f".inst.n {half:#x}" for half in LOCKED), ".size locked, . - locked"]
        (self.folder / "locked.s").write_text("\n".join(source) + "\n")
        subprocess.run(["arm-none-eabi-gcc", "-g", "-mcpu=cortex-m3", "-mthumb", "-nostdlib", "-Wl,--build-id=none",
                        "-Wl,-Ttext=0x08000200,-e,locked,-n", "-o", "names.elf", "locked.s"],
                       cwd=self.folder, check=True)
        machine = self.folder / "locked.json"
        machine.write_text(json.dumps({
            "schema": "percuss.rehost.v1", "firmware": "locked.bin", "address": "0x08000000",
            "symbols": "names.elf",
            "memory": [{"name": "flash", "address": "0x08000000", "bytes": 4096, "access": "rx"},
                       {"name": "ram", "address": "0x20000000", "bytes": 4096, "access": "rw"}],
            "peripherals": [{"address": "0x40000000", "bytes": 8192}]}))
        seeds = self.folder / "locked_seeds"
        seeds.mkdir(exist_ok=True)
        (seeds / "zeros").write_bytes(bytes(16))
        return {"id": "locked", "firmware": str(image), "rehost": str(machine), "seeds": str(seeds), **members}

    def test_streams_find_what_two_devices_must_say(self):
        for engine in ("libfuzzer", "aflpp"):
            with self.subTest(engine=engine):
                target = self.locked(engines=[engine], rehost_inputs="streams")
                document = self.run_campaign([target], "--budget", "15s", expect=FAIL)
                finding = document["findings"][0]
                self.assertEqual(finding["class"], "null-dereference")
                self.assertEqual(finding["reproduced"], finding["reruns"])
                known = self.known(finding["id"])
                self.assertEqual(finding["function"], "locked")
                self.assertTrue(known["file"].endswith("locked.s"), known)
                # What the input was read as, on the way from there to the end.
                way = known["firmware"]["way"]
                reads = [line.split(" reads ")[1] for line in way if " reads " in line]
                self.assertEqual(reads[-2:], [f"0x40000000, 4 bytes: {LOCK:#x}", "0x40001000, 1 bytes: 0x61"], way)
                self.assertEqual(known["line"], 7 + LOCKED.index(0x681A))
                binaries = {binary["role"]: binary for binary in self.manifest()["targets"][0]["binaries"]}
                self.assertTrue(binaries["symbols"]["packaged"].endswith("symbols"), binaries)
                self.assertLess(self.manifest()["targets"][0]["engines"][0]["executions"], 2_000_000)

    def test_a_hook_that_returns_is_a_failure_and_a_division_that_does_is_none(self):
        source, image = self.folder / "hooks.s", self.folder / "hooks.elf"
        source.write_text(HOOKS)
        subprocess.run(["arm-none-eabi-gcc", "-mcpu=cortex-m3", "-mthumb", "-nostdlib", "-Wl,-Ttext=0x8000000",
                        "-Wl,-e,reset", source, "-o", image], check=True)
        seed = self.folder / "hook-seeds" / "any"
        seed.parent.mkdir()
        seed.write_bytes(b"0000")  # of which none is odd
        target = {"id": "hooks", "firmware": str(image), "rehost": "auto", "seeds": str(seed.parent)}
        document = self.run_campaign([target], "--budget", "3s", expect=FAIL)
        self.assertEqual({finding["function"] for finding in document["findings"]}, {"assert_failed"})
        notes = " ".join(self.manifest()["targets"][0]["fidelity_limits"])
        self.assertIn("is a failure: assert_failed", notes)
        self.assertNotIn("idiv0", notes)

    def test_flat_inputs_are_there_for_who_wants_them(self):
        # None comes past the first lock, and percuss calls no pass what never went another way.
        document = self.run_campaign([self.locked(engines=["libfuzzer"], rehost_inputs="flat")], "--budget", "5s",
                                     expect=INFRASTRUCTURE)
        self.assertEqual(document["findings"], [])
        self.assertEqual(self.manifest()["targets"][0]["engines"][0]["environment"]["PERCUSS_REHOST_INPUTS"], "flat")

    def check_blocks(self, run, package):
        """That the manifest, the list in the package and the report tell the same of the blocks that ran."""
        coverage = run["block_coverage"]
        self.assertTrue(coverage["present"], coverage["absent_reason"])
        self.assertGreater(coverage["blocks_ran"], 100)
        self.assertGreater(coverage["blocks_found"], coverage["blocks_ran"])
        self.assertEqual(coverage["inputs"] + coverage["left_out"], run["corpus"]["inputs_after"])
        functions = {function["function"]: function for function in coverage["functions"]}
        self.assertGreater(functions["hl7_bed_merge"]["blocks_found"], 1)
        self.assertGreater(functions["main"]["blocks_ran"], 0)
        with zipfile.ZipFile(package) as archive:
            listed = archive.read(next(n for n in archive.namelist() if n.endswith(coverage["path"])))
            page = archive.read(next(n for n in archive.namelist() if n.endswith("report.html"))).decode()
            manifest = json.loads(archive.read(next(n for n in archive.namelist() if n.endswith("manifest.json"))))
        for name, document in (("evidence", manifest), ("blocks", json.loads(listed))):
            schema = json.loads((ROOT / "reports" / "schema" / f"{name}.v1.schema.json").read_text())
            jsonschema.Draft202012Validator(schema).validate(document)
        self.assertEqual(hashlib.sha256(listed).hexdigest(), coverage["sha256"])
        blocks = json.loads(listed)
        self.assertEqual(sum(block["ran"] for block in blocks["blocks"]), coverage["blocks_ran"])
        self.assertEqual(len(blocks["ran_not_found"]), coverage["ran_not_found"])
        self.assertEqual(coverage["ran_not_found"], 0, blocks["ran_not_found"])
        self.assertIn("indirect targets may be missing", page)
        self.assertIn('id="blocks-0-t"', page)

    def test_the_blocks_of_our_firmware_are_those_of_another_disassembler(self):
        for board in ("mps2-an385", "mps2-an386", "mps2-an500", "microbit"):
            image = BUILD / "firmware" / board / "hl7_planted.elf"
            bare = self.folder / "bare.bin"
            subprocess.run(["arm-none-eabi-objcopy", "-O", "binary", image, bare], check=True)
            done = subprocess.run([BUILD / "bin" / "rehost_blocks", "--show", "9", image, bare], capture_output=True,
                                  text=True, check=False)
            self.assertEqual(done.returncode, 0, f"{board}: {done.stdout}{done.stderr}")
            named, nameless = map(json.loads, done.stdout.splitlines())
            self.assertGreater(named["blocks"], 500, board)
            # Without symbols little is missing: what nothing points to.
            self.assertGreater(nameless["blocks"], 0.9 * named["blocks"], board)

    def test_what_cannot_be_rehosted_is_told_before_anything_runs(self):
        for members, said in (({"rehost": "nowhere.json"}, "nowhere.json"),
                              ({"board": "mps2-an385"}, "not both"),
                              ({"engines": ["qemu-board"]}, "qemu-board"),
                              ({"retention": {"cpu_ms": 5}}, "retention"),
                              ({"firmware": str(ROOT / "README.md")}, "README.md")):
            path = self.write_campaign([self.target(**members)])
            refused = self.percuss("run", path, "--out", self.folder / "out")
            self.assertEqual(refused.returncode, USAGE, (members, refused.stderr))
            self.assertIn(said, refused.stderr)
