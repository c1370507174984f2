# SPDX-License-Identifier: Apache-2.0
"""The same firmware on the host and on a board answers the same, byte for byte: 64 bits and 32, two compilers, two C
libraries, characters with a sign and without."""
import json
import pathlib
import struct
import subprocess
import tempfile
import unittest

from support.percuss_cli import BUILD, ROOT

HARNESS_OF = {"pump": "pump_serial", "hl7": "hl7_mllp", "dicom": "dicom_ul", "ieee11073": "ieee11073_apdu",
              "ble": "ble_health", "update": "update_image"}
FOLDER_OF = {"ble": "ble_health"}
# An image that the board's heap has no room for, and it says so (status A700).
NO_ROOM = {"DICOM-02"}
MARK = b"\n==== end of input\n"


def inputs_of(protocol, *kinds):
    return [path for kind in kinds for path in sorted((ROOT / "corpora" / HARNESS_OF[protocol] / kind).iterdir())
            if path.stem not in NO_ROOM]


class HostAndBoardTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="percuss-test-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def on_host(self, protocol, *flags):
        """What the firmware's sources say that are compiled for this machine."""
        reference = ROOT / "targets/firmware/reference"
        device = ROOT / "targets/reference" / FOLDER_OF.get(protocol, protocol)
        sources = [*reference.glob(f"apps/{protocol}_*.c"), *reference.glob("crypto/*.c"), *device.glob("*.c"),
                   reference / "record_stream.c", ROOT / "targets/firmware/batch/main.c",
                   ROOT / "targets/firmware/batch/on_host.c"]
        program = self.folder / protocol
        subprocess.run(["gcc", "-std=gnu11", "-O1", "-Wall", "-Werror", f"-I{ROOT}", "-DBOARD_MPS2_AN385",
                        *flags, *sources, "-o", program], check=True)
        return subprocess.run([program], cwd=self.folder, check=True, timeout=60, capture_output=True).stdout

    def on_board(self, protocol):
        said = self.folder / "said"
        subprocess.run(["qemu-system-arm", "-M", "mps2-an385", "-display", "none", "-monitor", "none",
                        "-serial", f"file:{said}", "-semihosting-config", "enable=on,target=native", "-kernel",
                        BUILD / "firmware/mps2-an385" / f"{protocol}_batch.elf"],
                       cwd=self.folder, check=True, timeout=120, stdin=subprocess.DEVNULL)
        return said.read_bytes()

    def write_inputs(self, paths):
        data = b"".join(struct.pack("<I", len(read)) + read for read in (path.read_bytes() for path in paths))
        (self.folder / "inputs").write_bytes(data)

    def test_they_answer_the_same(self):
        for protocol in HARNESS_OF:
            paths = inputs_of(protocol, "seed", "regression", "planted")
            self.write_inputs(paths)
            host, board = (said.split(MARK) for said in (self.on_host(protocol), self.on_board(protocol)))
            self.assertEqual((len(host), len(board)), (len(paths) + 1,) * 2, protocol)
            for path, by_host, by_board in zip(paths, host, board):
                with self.subTest(input=path.name):
                    self.assertEqual(by_host.hex(), by_board.hex())
            self.assertGreater(sum(map(len, host)), len(paths), f"{protocol} answers nothing")

    def test_another_firmware_is_told(self):
        """A comparison that could not fail would be none."""
        expect = json.loads((ROOT / "targets/reference/pump/EXPECT.json").read_text())
        flag = next(bug["flag"] for bug in expect["bugs"] if bug["id"] == "PUMP-14")
        self.write_inputs([ROOT / "corpora/pump_serial/planted/PUMP-14.bin"])
        self.assertNotEqual(self.on_host("pump", f"-D{flag}"), self.on_board("pump"))


if __name__ == "__main__":
    unittest.main()
