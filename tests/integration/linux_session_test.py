# SPDX-License-Identifier: Apache-2.0
"""Sessions of clients with a server over a real socket in a network of its own: message by message, with connections
that end, for servers in threads and processes; a campaign, a replay, and a server of others."""
import json
import unittest

from integration.linux_program_test import program
from support.percuss_cli import CliTest, FAIL, PASS, ROOT, USAGE, strays

PORT = "7001"
# The distribution's archive server as its maker built it, for the seeds of the harness that has it in process.
ARCHIVE = """NetworkTCPPort = 11112
MaxPDUSize = 16384
MaxAssociations = 4
HostTable BEGIN
HostTable END
VendorTable BEGIN
VendorTable END
AETable BEGIN
ARCHIVE {} RW (9, 1024mb) ANY
AETable END
"""


class LinuxSessionTest(CliTest):
    def session(self, text, name="input"):
        written = self.folder / f"{name}.session"
        written.write_text("# percuss session 1\n" + "\n".join(text) + "\n")
        made = self.percuss("session", "--from-text", written, "-o", self.folder / name)
        self.assertEqual(made.returncode, PASS, made.stderr)
        return self.folder / name

    def emulate(self, text, expect, how="accept", processor="x86_64", socket="session"):
        done = self.percuss("emulate", program(processor, "dialogue"), "--input", self.session(text), "--json",
                            "--socket", socket, "--argument", how, "--argument", PORT)
        self.assertEqual(done.returncode, expect, f"{text}: {done.stdout}{done.stderr}")
        return json.loads(done.stdout)

    def fires_in(self, function, text, **options):
        self.assertRegex(self.emulate(text, FAIL, **options)["report"], rf"#0 0x[0-9a-f]+ in {function} ")

    def goes_well(self, text, **options):
        self.assertEqual(self.emulate(text, PASS, **options)["rule"], "waits for the next input")

    def test_a_message_comes_when_the_server_waits(self):
        for processor in ("x86_64", "arm", "mips"):
            for how in ("accept", "threads", "processes"):
                self.fires_in("fire_when_armed", ['> "HELLO"', '> "ARM"', '> "FIRE"'], how=how, processor=processor)
                self.goes_well(['> "HELLO"', '> "FIRE"', '> "ARM"'], how=how, processor=processor)

    def test_a_message_that_is_sent_with_the_one_before_is_there_too_soon(self):
        for how in ("accept", "threads", "processes"):
            self.goes_well(['> "HELLO"', 'pipelined > "ARM"', '> "FIRE"'], how=how)
        self.goes_well(['> "HELLO"', '> "ARM"', '> "FIRE"'], socket="tcp")

    def test_connections_end_and_others_begin(self):
        again = ['> "HELLO"', 'close > "AGAIN"']
        back = ['> "HELLO"', 'reset > "HELLO"', '> "BACK"']
        for how in ("accept", "threads"):
            self.fires_in("fire_in_a_second_connection", again, how=how)
            self.fires_in("fire_after_a_reset", back, how=how)
            self.goes_well(['> "AGAIN"', 'close > "HELLO"', 'close > "AGAIN"'], how=how)
            self.goes_well([line.replace("reset", "close") for line in back], how=how)
        self.goes_well(['> "HELLO"', 'reset > ""', 'close > "ARM"'], how="processes")

    def test_a_wait_is_cut_and_an_empty_session_is_one(self):
        self.fires_in("fire_when_armed", ['> "HELLO"', 'wait 60000 > "ARM"', 'wait 1 > "FIRE"'])
        self.goes_well(['> ""'])

    def test_a_server_of_others_is_driven_as_it_is(self):
        config = self.folder / "archive.cfg"
        # An image takes an association, a request, its data, and an answer to each.
        for seed, images in (("echo", 0), ("store", 1), ("next_connection", 1), ("store_twice", 2)):
            store = self.folder / seed
            store.mkdir()
            config.write_text(ARCHIVE.format(store))
            done = self.percuss(
                "emulate", "/usr/bin/dcmqrscp", "--sysroot", "/", "--checkpoint", "listening", "--socket",
                "session:11112", "--argument=--fork", "--argument=-c", "--argument", config, "--input",
                ROOT / "corpora" / "dcmqrscp" / "seed" / seed, "--json")
            self.assertEqual(done.returncode, PASS, seed + done.stdout + done.stderr)
            self.assertEqual(json.loads(done.stdout)["rule"], "waits for the next input")
            self.assertEqual(len(list(store.glob("*.dcm"))), images, seed)

    def test_what_is_no_kind_of_socket_is_refused(self):
        done = self.percuss("emulate", program("x86_64", "dialogue"), "--input", self.session(['> ""']), "--socket",
                            "sessions", "--argument", "accept", "--argument", PORT)
        self.assertEqual(done.returncode, USAGE)
        self.assertIn("neither tcp, udp nor session", done.stderr)

    def test_a_campaign_finds_what_takes_an_order_and_its_package_replays(self):
        seeds, regression = self.folder / "seeds", self.folder / "regression"
        seeds.mkdir()
        regression.mkdir()
        self.session(['> "HELLO"', '> "ARM"'], "seeds/arm")
        self.session(['> "HELLO"', '> "FIRE"'], "seeds/fire")
        for text in seeds.glob("*.session"):
            text.unlink()
        crash = self.session(['> "HELLO"', '> "HELLO"', '> "ARM"', '> "AGAIN"', '> "FIRE"'])
        crash.rename(regression / "crash")
        document = self.run_campaign(
            [{"id": "dialogue", "program": str(program("x86_64", "dialogue")), "socket": f"session:{PORT}",
              "arguments": ["threads", PORT], "seeds": str(seeds), "regression": str(regression)}],
            "--budget", "5s", expect=FAIL)
        finding = next(f for f in document["findings"] if f["function"] == "fire_when_armed")
        self.assertEqual((finding["class"], finding["reproduced"]), ("null-dereference", 10))
        self.assertGreater(document["targets"][0]["executions"]["qemu-user"], 20)
        self.replays(document, finding)
        self.assertEqual(strays(str(self.folder)), [])


if __name__ == "__main__":
    unittest.main()
