# SPDX-License-Identifier: Apache-2.0
"""A server of somebody else's in the process of a harness: DCMTK's archive answers sessions of clients as it would on a
network, each of them alike every time and unaware of those before."""
import json
import pathlib
import struct
import subprocess

from support.percuss_cli import CliTest, HARNESSES, PASS, ROOT, USAGE

SEEDS = ROOT / "corpora/dcmqrscp/seed"
HARNESS = HARNESSES / "dcmqrscp" / "libfuzzer"
ASSOCIATE_AC, ASSOCIATE_RJ, DATA, RELEASE_RP, ABORT = 2, 3, 4, 6, 7
ECHO_RSP, FIND_RSP, STORE_RSP, STORE_RQ, PENDING, CANCELLED = 0x8030, 0x8020, 0x8001, 0x0001, 0xff00, 0xfe00


def command(fragment):
    """Element number to value; DICOM PS3.7 6.3.1."""
    elements, at = {}, 0
    while at < len(fragment):
        group, element, length = struct.unpack_from("<HHI", fragment, at)
        assert group == 0, fragment
        elements[element] = fragment[at + 8:at + 8 + length]
        at += 8 + length
    return elements


def number(elements, element):
    return struct.unpack("<H", elements[element])[0] if element in elements else None


def pdus(stream):
    """What a client would make of the server's bytes: its PDUs, and of commands the field and the status."""
    at = 0
    while at < len(stream):
        kind, length = struct.unpack_from(">BxI", stream, at)
        body = stream[at + 6:at + 6 + length]
        assert len(body) == length, stream
        at += 6 + length
        if kind != DATA:
            yield (kind,)
        elif body[5] & 1:
            elements = command(body[6:])
            yield kind, number(elements, 0x0100), number(elements, 0x0900)
        else:
            yield kind, body[6:]


class SessionsTest(CliTest):
    def transcript(self, *names, more=()):
        path = self.folder / "transcript"
        done = subprocess.run(
            [HARNESS, "-detect_leaks=0", *(str(SEEDS / name) for name in names), *map(str, more)], text=True,
            capture_output=True, check=False, cwd=self.folder,
            env={**self.environment, "PERCUSS_SESSION_TRANSCRIPT": str(path),
                 "PERCUSS_SESSION_STATES": str(self.folder / "states.json")})
        self.assertEqual(done.returncode, 0, done.stderr)
        return path.read_text()

    def answers(self, *names, more=()):
        """Of the last session: all that the server sent, read by a client."""
        last = self.transcript(*names, more=more).split("# percuss session 1\n")[-1]
        stream = bytes.fromhex("".join(line[3:] for line in last.splitlines() if line.startswith("# <")))
        return list(pdus(stream))

    def edited(self, name, change):
        """A seed as a person edits it: as text, with the command."""
        text = self.folder / "edited.session"
        self.assertEqual(self.percuss("session", SEEDS / name, "-o", text).returncode, PASS)
        text.write_text(change(text.read_text()))
        done = self.percuss("session", "--from-text", text, "-o", self.folder / "edited")
        self.assertEqual(done.returncode, PASS, done.stderr)
        return self.folder / "edited"

    def test_the_server_verifies_stores_and_finds(self):
        self.assertEqual(self.answers("echo"), [(ASSOCIATE_AC,), (DATA, ECHO_RSP, 0), (RELEASE_RP,)])
        self.assertEqual(self.answers("store"), [(ASSOCIATE_AC,), (DATA, STORE_RSP, 0), (RELEASE_RP,)])
        found = self.answers("find_patient")
        self.assertEqual([found[0], found[1], found[2], *found[4:]],
                         [(ASSOCIATE_AC,), (DATA, STORE_RSP, 0), (DATA, FIND_RSP, PENDING),
                          (DATA, FIND_RSP, 0), (RELEASE_RP,)])
        self.assertIn(b"DOE^JANE", found[3][1])
        self.assertEqual(self.answers("unknown_title"), [(ASSOCIATE_RJ,)])
        sent_back = [pdu for pdu in self.answers("get_study") if pdu[1:2] == (STORE_RQ,)]
        self.assertEqual(len(sent_back), 1)

    def test_the_next_client_of_a_session_finds_what_the_first_one_stored(self):
        found = self.answers("next_connection")
        self.assertEqual(found.count((ASSOCIATE_AC,)), 2)
        self.assertIn((DATA, FIND_RSP, PENDING), found)

    def test_the_next_input_does_not(self):
        alone = self.answers("find_nothing")
        self.assertEqual(alone, [(ASSOCIATE_AC,), (DATA, FIND_RSP, 0), (RELEASE_RP,)])
        self.assertEqual(self.answers("store", "find_patient", "find_nothing"), alone)
        left = [path.name for path in pathlib.Path("/dev/shm").glob("percuss-session-*")
                if not pathlib.Path("/proc", path.name.split("-")[2]).exists()]
        self.assertEqual(left, [])

    def test_a_message_is_not_taken_for_a_cancellation_that_is_looked_for(self):
        self.assertIn((DATA, FIND_RSP, CANCELLED), self.answers("find_cancelled"))
        late = self.edited("find_cancelled", lambda text: text.replace("pipelined > ", "> "))
        answers = self.answers(more=[late])
        self.assertEqual(answers.count((DATA, FIND_RSP, PENDING)), 2)
        self.assertEqual(answers[-1], (RELEASE_RP,))

    def test_two_runs_say_the_same_and_each_session_says_it_alone(self):
        names = sorted(path.name for path in SEEDS.iterdir())
        together = self.transcript(*names)
        self.assertEqual(self.transcript(*names), together)
        sessions = together.split("# percuss session 1\n")[1:]
        self.assertEqual(len(sessions), len(names))
        for name in ("store_twice", "get_study", "user_identity"):
            self.assertEqual(self.transcript(name).split("# percuss session 1\n")[1], sessions[names.index(name)], name)

    def test_the_states_that_were_reached_are_told(self):
        self.transcript(*(path.name for path in SEEDS.iterdir()))
        states = json.loads((self.folder / "states.json").read_text())
        steps = {(step["from"], step["request"], step["reply"]) for step in states["steps"]}
        for step in (("connected", "A-ASSOCIATE-RQ", "A-ASSOCIATE-AC"),
                     ("connected", "A-ASSOCIATE-RQ", "A-ASSOCIATE-RJ"),
                     ("A-ASSOCIATE-AC", "C-ECHO-RQ", "C-ECHO-RSP 0000"),
                     ("C-STORE-RSP 0000", "C-FIND-RQ", "C-FIND-RSP ff00"),
                     ("C-FIND-RSP ff00", None, "C-FIND-RSP 0000"),
                     ("C-ECHO-RSP 0000", "A-RELEASE-RQ", "A-RELEASE-RP")):
            self.assertIn(step, steps)
        self.assertEqual(states["sessions"], len(list(SEEDS.iterdir())))
        self.assertEqual(states["lost"], 0)
        self.assertGreater(states["reply_sequences"], 12)

    def test_a_published_defect_is_reached(self):
        done = subprocess.run([HARNESS, SEEDS.parent / "published/CVE-2025-14841"], text=True, capture_output=True,
                              check=False, cwd=self.folder, env=self.environment)
        self.assertNotEqual(done.returncode, 0)
        self.assertRegex(done.stderr, r"#\d+ 0x\w+ in DcmQueryRetrieveIndexDatabaseHandle::startFindRequest")

    def test_a_modbus_server_answers_too(self):
        seeds, states = ROOT / "corpora/modbus_session/seed", self.folder / "modbus.json"
        done = subprocess.run(
            [HARNESSES / "modbus_session_patched/libfuzzer", "-detect_leaks=0", seeds / "session",
             seeds / "next_connection", seeds / "fc99_unknown_function"], text=True, capture_output=True, check=False,
            env={**self.environment, "PERCUSS_SESSION_STATES": str(states)})
        self.assertEqual(done.returncode, 0, done.stderr)
        told = json.loads(states.read_text())
        steps = {(step["from"], step["request"], step["reply"]) for step in told["steps"]}
        for step in (("connected", "request 03", "reply 03"), ("reply 06", "request 03", "reply 03"),
                     ("connected", "request 06", "reply 06"), ("connected", "request 63", "reply 63 exception 01")):
            self.assertIn(step, steps)
        self.assertEqual(told["connections"], 1 + 4 + 1)

    def test_a_length_of_gigabytes_is_no_memory(self):
        claims = self.folder / "claims"
        claims.write_bytes(b"\x01\x00\x70\x00\x00\x00" + bytes(80))
        self.assertEqual(self.answers(more=[claims]), [])
        self.assertEqual(self.answers("echo", more=[claims, SEEDS / "echo"])[1], (DATA, ECHO_RSP, 0))

    def test_a_text_that_is_none_is_refused(self):
        text = self.folder / "bad.session"
        for bad, words in (("> 0", ":1: "), ("> 00\nsay 00", ":2: "), ("wait long", "milliseconds")):
            text.write_text(bad)
            done = self.percuss("session", "--from-text", text, "-o", self.folder / "none")
            self.assertEqual((done.returncode, done.stdout), (USAGE, ""), bad)
            self.assertIn(str(text) + (words if words[0] == ":" else ""), done.stderr)
            self.assertFalse((self.folder / "none").exists())
        shown = json.loads(self.percuss("session", "--json", SEEDS / "find_cancelled").stdout)
        self.assertEqual([message["kind"] for message in shown["messages"]].count("pipelined"), 1)
