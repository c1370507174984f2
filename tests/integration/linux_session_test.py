# SPDX-License-Identifier: Apache-2.0
"""Sessions of clients with a server over a real socket in a network of its own: message by message, with connections
that end, for servers in threads and processes; a campaign, a replay, and a server of others."""
import json
import pathlib
import unittest

from integration.linux_program_test import program
from support.emulator_command import PLUGIN, emulator_command
from support.fork_server import ForkServer
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

    def test_replies_are_told_by_their_codes(self):
        words = ['> "HELLO"', '> "ARM"', '> "LEFT"', 'wait 1 > ""', 'close > "ARM"']
        codes = [code.encode().hex() for code in ("200", "201", "500", "201")]
        for how in ("accept", "threads", "processes"):
            seen = self.emulate(words, PASS, how=how, socket=f"session:{PORT},code=0-2")
            self.assertEqual(seen["replies"], codes, how)
        self.assertEqual(self.emulate(words, PASS, socket="session,code=4")["replies"],
                         [letter.encode().hex() for letter in "rawa"])
        self.assertEqual(self.emulate(words[:2], PASS, socket="session,code=9-16")["replies"], ["short", "short"])
        self.assertEqual(self.emulate(words, PASS)["replies"], [])
        # The kernel holds the second part back until the first one is acknowledged.
        split = ['> "HELLO"', '> "SPLIT"', '> "ARM"', '> "SPLIT"', '> "SPLIT"', '> "HELLO"']
        self.assertEqual(self.emulate(split, PASS, socket="session,code=0-2")["replies"],
                         [code.encode().hex() for code in ("200", "202", "201", "202", "202", "200")])
        straddling = self.emulate(split[1:2], PASS, socket="session,code=5-8")
        self.assertEqual(straddling["replies"], [b"n tw".hex()])
        greeted = ['> "HELLO"', 'close > "ARM"', 'wait 1 > "LEFT"']
        self.assertEqual(self.emulate(greeted, PASS, how="greeting", socket="session,code=0-2")["replies"],
                         [code.encode().hex() for code in ("220", "200", "220", "201", "500")])
        many = self.emulate(['> "LEFT"'] * 70, PASS, socket="session,code=0")["replies"]
        self.assertEqual(many, ["35"] * 64)
        fired = ['> "HELLO"', '> "ARM"', '> "FIRE"']
        self.assertEqual(self.emulate(fired, FAIL, socket="session,code=2")["replies"], ["30", "31"])

    def counts(self, words, takes):
        """The fuzzer's map after a session."""
        argv = emulator_command(program("x86_64", "dialogue"), arguments=("accept", PORT), takes=takes)
        server = ForkServer(argv, str(PLUGIN), self.folder, PERCUSS_BOARD_NETWORK="own")
        try:
            session = self.session([f'> "{word}"' for word in words], "said")
            _, status, counts = server.run_for_coverage(session.read_bytes())
        finally:
            server.close()
        self.assertEqual(status, 0)
        return counts

    def steps(self, *words):
        """{place in the fuzzer's map: how often}, of what the codes of the replies add to it."""
        plain = self.counts(words, "tcp=1,session=1")
        coded = self.counts(words, "tcp=1,session=1,reply_at=0,reply_bytes=3")
        return {place: (more - less) % 256 for place, (more, less) in enumerate(zip(coded, plain)) if more != less}

    def test_a_step_from_one_code_to_the_next_is_coverage(self):
        there, back = self.steps("HELLO", "ARM"), self.steps("ARM", "HELLO")
        self.assertEqual([sorted(there.values()), sorted(back.values())], [[1, 1], [1, 1]])
        self.assertFalse(set(there) & set(back))
        self.assertEqual(sorted(self.steps("HELLO", "HELLO", "HELLO").values()), [1, 2])
        self.assertLess(set(there), set(self.steps("HELLO", "ARM", "HELLO")))

    def test_a_code_of_zeros_is_one(self):
        self.assertEqual(sorted(self.steps("ZERO", "ZERO", "ZERO").values()), [1, 2])
        self.assertFalse(set(self.steps("ZERO", "HELLO")) & set(self.steps("HELLO")))

    def test_codes_of_replies_are_refused_where_they_are_none(self):
        for socket in ("session,code=", "session,code=8-16", "session,code=3-1", "session,code=65536", "tcp,code=0",
                       "session:7001,codes=1", "session,code=0-2-4"):
            done = self.percuss("emulate", program("x86_64", "dialogue"), "--input", self.session(['> ""']), "--socket",
                                socket, "--argument", "accept", "--argument", PORT)
            self.assertEqual(done.returncode, USAGE, socket)
            self.assertIn("bytes from 0 to 65535 of each reply, eight at most", done.stderr)

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
            [{"id": "dialogue", "program": str(program("x86_64", "dialogue")), "socket": f"session:{PORT},code=0-2",
              "arguments": ["threads", PORT], "seeds": str(seeds), "regression": str(regression)}],
            "--budget", "5s", expect=FAIL)
        finding = next(f for f in document["findings"] if f["function"] == "fire_when_armed")
        self.assertEqual((finding["class"], finding["reproduced"]), ("null-dereference", 10))
        self.assertGreater(document["targets"][0]["executions"]["qemu-user"], 20)
        states = self.manifest()["targets"][0]["session_states"]
        steps = {(step["from"], step["reply"]) for step in states["steps"]}
        hello, armed = (code.encode().hex() for code in ("200", "201"))
        self.assertTrue({("connected", hello), (hello, armed)} <= steps, steps)
        self.assertTrue(states["sessions"] >= states["reply_sequences"] > 1, states)
        report = pathlib.Path(document["report"]).read_text()
        self.assertIn("States that sessions with dialogue reached", report)
        self.assertIn(f">{armed}<", report)
        self.replays(document, finding)
        self.assertEqual(strays(str(self.folder)), [])


if __name__ == "__main__":
    unittest.main()
