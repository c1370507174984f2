# SPDX-License-Identifier: Apache-2.0
"""Messages of a protocol on the serial line of firmware as shipped: its own driver takes them, by interrupt, and both
engines, changing them along the protocol's model, find a bug behind framing, checksum, sequence and state."""
import json
import struct

from support.percuss_cli import BUILD, CliTest, FAIL, PASS, ROOT, USAGE

FIRMWARE = BUILD / "firmware" / "mps2-an385"
CORPUS = ROOT / "corpora" / "gateway_rehosted"
LINE = CORPUS / "gateway.json"
BEGIN, CHUNK = 0x40, 0x41


def checksum(content):
    crc = 0xffff
    for byte in content:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xffff
    return crc


def frame(sequence, command, payload):
    content = struct.pack("<BHB", 0, sequence, command) + payload
    content += struct.pack("<H", checksum(content))
    stuffed = b"".join(bytes([0x7d, byte ^ 0x20]) if byte in b"\x7d\x7e" else bytes([byte]) for byte in content)
    return b"\x7e" + stuffed + b"\x7e"


# More than the heap has; then a part of it.
CRASH = frame(1, BEGIN, struct.pack("<HH", 60000, 600)) + frame(2, CHUNK, struct.pack("<H", 0x120) + b"hello")


class RehostProtocolTest(CliTest):
    def emulate(self, image, message, *more):
        path = self.folder / "input"
        path.write_bytes(message)
        return self.percuss("emulate", FIRMWARE / f"gateway_{image}.elf", "--rehost", LINE, "--input", path, *more)

    def test_a_message_is_an_input_and_reaches_the_firmware_by_its_own_driver(self):
        done = self.emulate("planted", CRASH)
        self.assertEqual(done.returncode, FAIL, done.stdout + done.stderr)
        self.assertIn("gateway_library_chunk", done.stdout + done.stderr)
        # The same twice, to the instruction.
        once, again = (self.emulate("planted", CRASH, "--json").stdout for _ in range(2))
        self.assertEqual(once, again)
        spoilt = CRASH.replace(b"hello", b"hellO")
        seed = (CORPUS / "seed" / "status").read_bytes()
        for image, message in (("clean", CRASH), ("planted", spoilt), ("planted", seed)):
            done = self.emulate(image, message)
            self.assertEqual(done.returncode, PASS, done.stdout + done.stderr)
            self.assertIn("the input is used up", done.stdout)
            self.assertIn(" 0 bytes unread", done.stdout)

    def test_streams_with_the_message_as_one_of_them(self):
        head = b"pstream\1" + struct.pack("<HIII", 1, 0x40004000, 0xffffffff, len(CRASH))
        done = self.emulate("planted", head + CRASH + b"others")
        self.assertEqual(done.returncode, FAIL, done.stdout + done.stderr)
        elsewhere = b"pstream\1" + struct.pack("<HIII", 1, 0x40004010, 0xffffffff, len(CRASH))
        self.assertNotEqual(self.emulate("planted", elsewhere + CRASH).returncode, FAIL)

    def target(self, **members):
        return {"id": "gateway", "firmware": str(FIRMWARE / "gateway_planted.elf"), "rehost": str(LINE),
                "seeds": str(CORPUS / "seed"), "model": "pump", **members}

    def test_both_engines_find_along_the_model_what_is_behind_the_checksum(self):
        for engine in ("libfuzzer", "aflpp"):
            with self.subTest(engine):
                document = self.run_campaign([self.target(engines=[engine])], "--budget", "15s", "--jobs", "1",
                                             expect=FAIL)
                # Near address 0 it is a null pointer's, further on it is any.
                found = {f["function"]: f for f in document["findings"]}
                self.assertIn("gateway_library_chunk", found)
                finding = found["gateway_library_chunk"]
                self.assertIn(finding["class"], ("null-dereference", "segv"))
                self.assertEqual(finding["reproduced"], finding["reruns"])
                run = self.manifest()["targets"][0]
                self.assertEqual(run["corpus"]["model"], "pump")
                self.assertEqual(run["engines"][0]["environment"]["PERCUSS_MODEL_STREAM"], "0x40004000")
        away = self.folder / "away.zip"
        away.write_bytes(next((self.folder / "out").glob("*.zip")).read_bytes())
        again = self.percuss("repro", away, "--finding", finding["id"], "--json")
        self.assertEqual(again.returncode, FAIL, again.stdout + again.stderr)
        self.assertIn("gateway_library_chunk", json.dumps(json.loads(again.stdout)))

    def test_a_model_needs_a_line(self):
        path = self.write_campaign([self.target(rehost="auto")])
        refused = self.percuss("run", path, "--out", self.folder / "out")
        self.assertEqual(refused.returncode, USAGE, refused.stderr)
        self.assertIn("/model", refused.stderr)
        self.assertIn("inputs", refused.stderr)
