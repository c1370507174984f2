# SPDX-License-Identifier: Apache-2.0
"""Linux programs for other processors that take their input from a socket: TCP, UDP, a campaign, and a replay."""
import json
import socket
import unittest
from concurrent.futures import ThreadPoolExecutor

from integration.linux_program_test import program, small_corpus
from support.percuss_cli import CliTest, FAIL, INFRASTRUCTURE, PASS, ROOT, strays, USAGE

HL7 = ROOT / "corpora" / "hl7_mllp"
BLE = ROOT / "corpora" / "ble_health"
PORT = "2575"
NULL_BED = HL7 / "planted" / "HL7-03.bin"


class LinuxServerTest(CliTest):
    def emulate(self, name, data, way, *arguments, kind="tcp", processor="arm", expect):
        done = self.percuss("emulate", program(processor, name), "--input", data, "--json", "--socket", kind,
                            "--argument", way, "--argument", PORT, *arguments)
        self.assertEqual(done.returncode, expect, f"{name} {way}: {done.stdout}{done.stderr}")
        return json.loads(done.stdout) if done.stdout else done

    def test_whatever_a_server_waits_with_it_gets_the_input_and_its_end_is_seen(self):
        seed = HL7 / "seed" / "adt_admit"
        for way in ("accept", "threads", "processes", "poll", "epoll"):
            seen = self.emulate("hl7_server_clean", seed, way, expect=PASS)
            self.assertEqual((seen["ended"], seen["rule"]), ("done", "waits for the next input"), way)
            # What it does once the client is gone counts as well: the session's end frees twice.
            seen = self.emulate("hl7_server_planted", HL7 / "planted" / "HL7-05.bin", way, expect=FAIL)
            self.assertIn("hl7_pending_drop", seen["report"])
        seen = self.emulate("hl7_server_planted", NULL_BED, "processes", expect=FAIL)
        self.assertEqual(seen["rule"], "SIGSEGV")
        self.assertRegex(seen["report"], r"#0 0x[0-9a-f]+ in hl7_bed_merge ")
        counts = {self.emulate("hl7_server_clean", seed, "accept", expect=PASS)["instructions"] for _ in range(3)}
        self.assertEqual(len(counts), 1, "the same input takes the same instructions")

    def test_each_processor_has_its_system_calls(self):
        for processor in ("aarch64", "riscv64", "mips", "mipsel", "x86_64"):
            for data, expect in ((HL7 / "seed" / "adt_admit", PASS), (NULL_BED, FAIL)):
                self.emulate("hl7_server_planted", data, "poll", processor=processor, expect=expect)

    def test_a_datagram_is_an_input(self):
        for data, expect in ((BLE / "seed" / "pairing.bin", PASS), (BLE / "planted" / "BLE-04.bin", FAIL)):
            self.emulate("ble_server_planted", data, "datagrams", kind="udp", expect=expect)
        seen = self.emulate("ble_server_clean", BLE / "planted" / "BLE-04.bin", "datagrams", kind=f"udp:{PORT}",
                            expect=PASS)
        self.assertEqual(seen["rule"], "waits for the next input")

    def test_a_large_input_arrives_whole(self):
        large = self.folder / "large"
        large.write_bytes(bytes(1000000) + NULL_BED.read_bytes())
        seen = self.emulate("hl7_server_planted", large, "accept", expect=FAIL)
        self.assertIn("hl7_bed_merge", seen["report"])
        large.write_bytes(bytes(65508))
        done = self.emulate("ble_server_clean", large, "datagrams", kind="udp", expect=INFRASTRUCTURE)
        self.assertIn("cannot be sent as a datagram", done.stderr)

    def test_each_run_has_a_network_of_its_own(self):
        seed = HL7 / "seed" / "adt_admit"
        with socket.create_server(("127.0.0.1", int(PORT))) as of_host, ThreadPoolExecutor() as pool:
            of_host.settimeout(0.1)
            runs = [pool.submit(self.emulate, "hl7_server_clean", seed, "epoll", expect=PASS) for _ in range(3)]
            for run in runs:
                self.assertEqual(run.result()["rule"], "waits for the next input")
            self.assertRaises(TimeoutError, of_host.accept)

    def test_an_input_that_was_not_sent_is_no_pass(self):
        seed = HL7 / "seed" / "adt_admit"
        done = self.emulate("hl7_server_clean", seed, "sideways", expect=INFRASTRUCTURE)
        self.assertIn("ended before it listened", done.stderr)
        done = self.emulate("hl7_server_clean", seed, "accept", "--timeout", "2", kind="tcp:99", expect=INFRASTRUCTURE)
        self.assertIn('did not offer the socket "tcp:99"', done.stderr)
        for kind in ("sctp", "tcp:", "tcp:0", "udp:65536"):
            done = self.emulate("hl7_server_clean", seed, "accept", kind=kind, expect=USAGE)
            self.assertIn(f'"{kind}"', done.stderr)
        done = self.emulate("hl7_server_clean", seed, "accept", "--argument", "@@", expect=USAGE)
        self.assertIn("cannot both", done.stderr)

    def test_a_campaign_fuzzes_servers_and_its_package_replays(self):
        seeds, regression = small_corpus(self.folder)
        document = self.run_campaign(
            [{"id": "clean", "program": str(program("arm", "ble_server_clean")), "socket": "udp",
              "arguments": ["datagrams", PORT], "seeds": seeds},
             {"id": "planted", "program": str(program("arm", "hl7_server_planted")), "socket": f"tcp:{PORT}",
              "arguments": ["accept", PORT], "seeds": seeds, "regression": regression}],
            "--budget", "3s", expect=FAIL)
        self.assertEqual({target["id"]: target["verdict"] for target in document["targets"]},
                         {"clean": "pass", "planted": "fail"})
        for target in document["targets"]:
            self.assertGreater(target["executions"]["qemu-user"], 20)
        finding = next(f for f in document["findings"] if f["function"] == "hl7_pending_drop")
        self.assertEqual((finding["class"], finding["reproduced"]), ("double-free", 10))
        self.replays(document, finding)
        self.assertEqual(strays(str(self.folder)), [])


if __name__ == "__main__":
    unittest.main()
