# SPDX-License-Identifier: Apache-2.0
"""Protocol models on messages of others and on our seeds: every byte comes back, all of them are explained, and all
lengths, counts and checksums are right, or the table below says why not. Wireshark's dissectors see the same values."""
import fnmatch
import hashlib
import json
import os
import pathlib
import re
import socket
import struct
import subprocess
import threading

from support.percuss_cli import CliTest, FAIL, PASS, ROOT, USAGE

SAMPLES = pathlib.Path(os.environ.get("PERCUSS_SAMPLES", ROOT.parent / "shared" / "samples"))
CORPORA = ROOT / "corpora"
PYDICOM = pathlib.Path("/usr/lib/python3/dist-packages/pydicom/data")

DAMAGED = "damaged: its lengths are not those of its parts"
BETWEEN = "\x1f"  # several values of one field, where tshark prints them
CUT = "a message is cut into fragments, and each is looked at by itself"
PUT_RIGHT = "the harness puts it right, and cuts a record to what there is"
# model, name of the file, which numbers may be wrong and whether bytes may be left unexplained, why. `*`: any number.
EXCEPTIONS = (
    ("ieee11073_apdu", "H221_ID_0190", "*", True, DAMAGED),
    ("ieee11073_apdu", "H221_ID_02BC", "*", True, DAMAGED),
    ("ieee11073_apdu", "scan_report_info_var", "*", True, DAMAGED),
    ("ieee11073_apdu", "pulse_oximeter__pulse_oximeter_buf_scan_report_mp_grouped", "length", False, DAMAGED),
    ("ieee11073_apdu", "pedometer__pedometer_noti_config", "length", False, "more bytes than the APDU follow it"),
    ("ieee11073_apdu", "blood_pressure_spare", "length", True, "bytes to spare, on purpose"),
    ("hl7_mllp", "resync", "", True, "noise between blocks, on purpose"),
    ("pump_serial", "raw_frame.bin", "", True, "an escape without what it escapes, on purpose"),
    ("ble_health", "errors.bin", "crc", True, "PDUs that are too short and a wrong checksum, on purpose"),
    ("modbus_server", "datagram_*_block", "length", False, "a block of fixed size, with zeros behind the request"),
    ("scp_ecg", "scp_empty", "crc", False, "without checksums, on purpose"),
    ("dicom_ul", "echo_split_command", "*", False, CUT),
    ("dcmtk_dimse", "*_two_fragments", "*", False, CUT),
    ("dcmtk_dimse", "session", "*", False, CUT),
    ("tls_session", "*", "size", True, "what is encrypted is read as if it were a handshake in clear"),
    ("update_image", "*", "length header_crc", False, PUT_RIGHT),
    ("dicom_file", "float_and_large_vrs", "*", True, "a value of VR UR with a length of two bytes, as DCMTK takes it"),
    ("dicom_file", "image_dfl.dcm", "", True, "its data set is deflated"),
    ("dicom_file", "no_meta_group_length.dcm", "", True, "nothing says where the implicit VR begins"),
    ("dicom_file", "no_meta.dcm", "", True, "its first byte is not of a data set"),
    ("dicom_file", "*_truncated.dcm", "length", False, "it ends within a value"),
)
SEEDS = {"lwip_ppp_eap": "eap", "dcmtk_image": "dicom_file", "modbus_server": "modbus_server"}
OWN = ("hl7_mllp", "pump_serial", "dicom_ul", "ieee11073_apdu", "ble_health", "update_image", "dcmtk_dimse",
       "lwip_ppp_eap", "dcmtk_image", "modbus_server", "tls_session")


def files_of(folder, pattern="*"):
    found = sorted(path for path in folder.rglob(pattern) if path.is_file())
    if not found:
        raise AssertionError(f"no files in {folder}")
    return found


def values_of(dump):
    """Each number and text of a dump with the names on the way to it: [("pdus.length", "166"), ...]."""
    way, values = [], []
    for line in dump.splitlines():
        found = re.fullmatch(r"[ (][0-9a-f]+[ )]  ( *)(\(not explained\)|[^\s:]+)(?:: (.*)|.*)", line)
        if not found:
            continue
        del way[len(found[1]) // 2:]
        way.append(found[2])
        if found[3] is not None:
            name = ".".join(step for step in way if not step.startswith("["))
            values.append((name, found[3].strip('"') if found[3].startswith('"') else found[3].split(" ")[0]))
    return values


class ProtocolModelsTest(CliTest):
    def dissect(self, model, files, *arguments):
        done = self.percuss("dissect", model, *files, "--json", *arguments, timeout=60)
        self.assertIn(done.returncode, (PASS, FAIL), done.stderr)
        return done.returncode, json.loads(done.stdout)["inputs"]

    def judge(self, model, files):
        code, inputs = self.dissect(model, files, "--check")
        self.assertEqual(len(inputs), len(files))
        good = 0
        for seen in inputs:
            name = pathlib.Path(seen["file"]).name
            self.assertTrue(seen["same"], f"{model}: {name} did not come back")
            if seen["not_explained"] == 0 and not seen["wrong"]:
                good += 1
                continue
            allowed = [rule for rule in EXCEPTIONS if rule[0] == model and fnmatch.fnmatch(name, rule[1])]
            self.assertEqual(len(allowed), 1, f"{model}: {name}: {seen}")
            numbers, raw = allowed[0][2].split(), allowed[0][3]
            self.assertTrue(raw or seen["not_explained"] == 0, f"{model}: {name}: {seen}")
            for wrong in seen["wrong"]:
                last = wrong.split(" ")[0].split(".")[-1]
                self.assertTrue("*" in numbers or last in numbers, f"{model}: {name}: {wrong}")
        self.assertEqual(code, PASS if good == len(files) else FAIL)
        self.no_exception_for_nothing(model, inputs)
        return good

    def no_exception_for_nothing(self, model, inputs):
        for seen in inputs:
            name = pathlib.Path(seen["file"]).name
            special = any(rule[0] == model and rule[1] == name for rule in EXCEPTIONS)
            fine = seen["not_explained"] == 0 and not seen["wrong"]
            self.assertFalse(special and fine, f"{model}: {name} needs no exception")

    def written(self, name, content):
        path = self.folder / name
        path.write_bytes(content)
        return path

    def test_our_seeds(self):
        for target in OWN:
            with self.subTest(target):
                self.judge(SEEDS.get(target, target), files_of(CORPORA / target / "seed"))

    def test_hl7_of_others(self):
        samples = files_of(SAMPLES / "hl7")
        self.assertEqual(self.judge("hl7_v2", samples), len(samples))
        blocks = [self.written(sample.name, b"\x0b" + sample.read_bytes() + b"\x1c\r") for sample in samples]
        self.assertEqual(self.judge("hl7_mllp", blocks), len(blocks))

    def test_11073_of_others(self):
        files = []
        for sample in files_of(SAMPLES / "ieee11073"):
            content = sample.read_bytes()
            if sample.name.startswith("data_apdu"):  # without what is around it
                content = struct.pack(">HHH", 0xe700, len(content) + 2, len(content)) + content
            files.append(self.written(sample.name, content))
        self.assertGreater(self.judge("ieee11073_apdu", files), 50)

    def test_biosignals_of_others(self):
        samples = files_of(SAMPLES / "edf")
        self.assertEqual(self.judge("edf", samples), len(samples))
        seeds = CORPORA / "biosig_load" / "seed"
        ours = [seeds / name for name in ("edf_plus", "edf_two_leads", "bdf_two_leads")]
        self.assertEqual(self.judge("edf", ours), len(ours))
        self.judge("scp_ecg", [seeds / "scp_empty"])

    def test_dicom_files_of_others(self):
        files = files_of(PYDICOM, "*.dcm")
        self.assertGreater(self.judge("dicom_file", files), 80)

    def test_dicom_associations_of_others(self):
        ways = self.store([PYDICOM / "test_files" / name for name in ("rtplan.dcm", "test-SR.dcm", "reportsi.dcm")])
        self.assertEqual(self.judge("dicom_ul", ways), len(ways))
        names = {name for way in ways for name, _ in values_of(self.dissect("dicom_ul", [way])[1][0]["dump"])}
        for expected in ("pdus.body.items.content.items.content.most", "pdus.body.items.content.result",
                         "pdus.body.values.data.elements.value.value"):
            self.assertIn(expected, names)

    def store(self, files):
        """What DCMTK's storescu and storescp say to each other, one file for each way of each association."""
        folder = self.folder / "stored"
        folder.mkdir()
        free, relay = socket.create_server(("127.0.0.1", 0)), socket.create_server(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        self.addCleanup(relay.close)
        server = subprocess.Popen(["storescp", "-od", folder, str(port)], stderr=subprocess.DEVNULL)
        self.addCleanup(lambda: (server.kill(), server.wait()))
        ways = []
        for file in files:
            taken = {}
            thread = threading.Thread(target=relay_once, args=(relay, port, taken))
            thread.start()
            subprocess.run(["storescu", "-R", "127.0.0.1", str(relay.getsockname()[1]), file], check=True, timeout=20,
                           capture_output=True)
            thread.join(20)
            ways += [self.written(f"{file.stem}.{way}", content) for way, content in taken.items()]
        self.assertEqual(len(ways), 2 * len(files))
        return ways

    def test_made_up_messages(self):
        models = sorted(path.stem for path in (ROOT / "protocols" / "models").glob("*.model"))
        self.assertIn("hl7_mllp", models)
        for model in models:
            with self.subTest(model):
                made = self.folder / model
                done = self.percuss("dissect", model, "--generate", 20, "--out", made, "--quiet", timeout=60)
                self.assertEqual(done.returncode, PASS, done.stderr)
                _, inputs = self.dissect(model, files_of(made), "--check")
                self.assertEqual([seen["same"] for seen in inputs], [True] * 20)


def relay_once(relay, port, taken):
    """Passes one connection on, and keeps what went either way."""
    near, _ = relay.accept()
    far = connected(port)

    def pass_on(way, source, sink):
        taken[way] = b""
        while chunk := source.recv(65536):
            taken[way] += chunk
            sink.sendall(chunk)
        sink.shutdown(socket.SHUT_WR)

    back = threading.Thread(target=pass_on, args=("answers", far, near))
    back.start()
    pass_on("requests", near, far)
    back.join()
    near.close()
    far.close()


def connected(port):
    for _ in range(200):
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=20)
        except ConnectionRefusedError:
            threading.Event().wait(0.05)
    raise AssertionError("storescp does not listen")


class CampaignTest(CliTest):
    """Engines that change inputs along a model, in real campaigns."""

    def test_engines_follow_the_model_that_the_campaign_names(self):
        seeds = self.folder / "seeds"
        seeds.mkdir()
        # Not the seeds of the harness: nothing here but a greeting that both engines have to build on.
        (seeds / "hello").write_bytes(bytes.fromhex("0404000000010000"))
        self.run_campaign([{"id": "pump", "harness": "pump_serial", "seeds": str(seeds), "model": "harness"}],
                          "--budget", "8s", "--jobs", "2")
        run = self.manifest()["targets"][0]
        self.assertEqual(run["corpus"]["model"], "pump_serial")
        # It uses pump.model: of the set of both, as sha256sum, cut, sort and sha256sum have it.
        digests = sorted(hashlib.sha256((ROOT / f"protocols/models/{name}.model").read_bytes()).hexdigest()
                         for name in ("pump_serial", "pump"))
        self.assertEqual(run["corpus"]["model_sha256"],
                         hashlib.sha256("".join(digest + "\n" for digest in digests).encode()).hexdigest())
        engines = {engine["engine"]: engine for engine in run["engines"]}
        self.assertEqual(set(engines), {"libfuzzer", "aflpp"})
        for engine in engines.values():
            self.assertEqual(engine["environment"]["PERCUSS_MODEL"].rsplit("/", 1)[1], "pump_serial.model")
            self.assertGreater(engine["executions"], 100)
            self.assertGreater(engine["corpus"], 5)
        self.assertIn("libpercuss_model.so", engines["aflpp"]["environment"]["AFL_CUSTOM_MUTATOR_LIBRARY"])
        self.assertIn("-len_control=0", engines["libfuzzer"]["argv"])

    def test_a_finding_shows_its_minimised_input_as_the_model_sees_it(self):
        proofs = self.folder / "proofs"
        proofs.mkdir()
        proof = sorted((ROOT / "corpora/pump_serial/planted").iterdir())[0]
        (proofs / proof.name).write_bytes(proof.read_bytes())
        document = self.run_campaign([{"id": "pump", "harness": "pump_serial_planted", "regression": str(proofs),
                                       "model": "harness", "engines": ["libfuzzer"], "budget": {"wall_s": 1}}],
                                     expect=FAIL)
        shown = [finding for finding in document["findings"] if finding["input_dump"]["model"] == "pump_serial"]
        self.assertTrue(shown, document["findings"])
        self.assertRegex(shown[0]["input_dump"]["text"], r"^ 0000   \w+")
        page = (self.folder / "out" / "package" / "report.html").read_text()
        self.assertIn("The minimised input, as the model pump_serial sees it", page)

    def test_mistakes_are_told_before_anything_runs(self):
        broken = self.folder / "broken.model"
        broken.write_text('protocol broken "x"\nroot m\nstruct m\n  a u7\n')
        for model, words in (("nope", "nope"), (str(broken), "broken.model:4: there is no struct 'u7'")):
            path = self.write_campaign([{"id": "pump", "harness": "pump_serial", "model": model}], "campaign")
            done = self.percuss("run", path, "--out", self.folder / "out", "--quiet")
            self.assertEqual(done.returncode, USAGE, done.stderr)
            self.assertIn(words, done.stderr)


class WiresharkTest(CliTest):
    """The same bytes through tshark, each input in a stream of its own."""

    def dumps(self, model, files):
        done = self.percuss("dissect", model, *files, "--json", timeout=60)
        self.assertEqual(done.returncode, PASS, done.stderr)
        return [values_of(seen["dump"]) for seen in json.loads(done.stdout)["inputs"]]

    def tshark(self, link, packets, fields, *options):
        """For each packet its fields, each a list."""
        capture = self.folder / "capture.pcap"
        with open(capture, "wb") as out:
            out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, link))
            for i, packet in enumerate(packets):
                out.write(struct.pack("<IIII", i, 0, len(packet), len(packet)) + packet)
        arguments = [part for field in fields for part in ("-e", field)]
        command = ["tshark", "-n", "-r", capture, *options, "-T", "fields", "-E", f"aggregator={BETWEEN}", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60, env=self.environment)
        rows = [line.split("\t") for line in done.stdout.split("\n")[:-1]]
        self.assertEqual(len(rows), len(packets))
        return [[cell.split(BETWEEN) if cell else [] for cell in row] for row in rows]

    def agree(self, model, files, rows, pairs, shown=None):
        compared = 0
        for file, values, row in zip(files, self.dumps(model, files), rows):
            for (field, pattern), theirs in zip(pairs.items(), row):
                show = (shown or {}).get(field, str)
                ours = [show(value) for name, value in values if re.fullmatch(pattern, name)]
                theirs = [str(int(text, 0)) if re.fullmatch(r"0x[0-9a-f]+|\d+", text) else text for text in theirs]
                self.assertEqual(ours, theirs, f"{file}: {field}")
                compared += len(ours)
        self.assertGreater(compared, 4 * len(files))

    @staticmethod
    def tcp(port, number, content):
        head = struct.pack(">HHIIBBHHH", 20000 + number, port, 1, 1, 0x50, 0x18, 8192, 0, 0)
        return struct.pack(">BBHHHBBH4s4s", 0x45, 0, 40 + len(content), 0, 0, 64, 6, 0, b"\x7f\0\0\1",
                           b"\x7f\0\0\1") + head + content

    def seeds(self, target, *without):
        return [path for path in files_of(CORPORA / target / "seed") if path.name not in without]

    def test_dicom(self):
        files = self.seeds("dicom_ul", "two_associations")  # tshark sees one in a connection
        pairs = {"dicom.pdu.type": r"pdus\.type", "dicom.pdu.len": r"pdus\.length",
                 "dicom.pctx.id": r"pdus\.body\.items\.content\.id", "dicom.pdv.len": r"pdus\.body\.values\.length",
                 "dicom.pdv.ctx": r"pdus\.body\.values\.context",
                 "dicom.max_pdu_len": r"pdus\.body\.items\.content\.items\.content\.most"}
        packets = [self.tcp(104, i, path.read_bytes()) for i, path in enumerate(files)]
        self.agree("dicom_ul", files, self.tshark(101, packets, pairs, "-d", "tcp.port==104,dicom"), pairs)

    def test_hl7(self):
        files = self.seeds("hl7_mllp", "resync", "custom_delimiters")
        for sample in files_of(SAMPLES / "hl7"):
            files.append(self.folder / sample.name)
            lines = sample.read_bytes().replace(b"\r\n", b"\r").replace(b"\n", b"\r").rstrip(b"\r") + b"\r"
            files[-1].write_bytes(b"\x0b" + lines + b"\x1c\r")
        pairs = {"hl7.segment": r".*\.msh\.name|.*\.segments\.id", "hl7.message.type": r".*\.msh\.type",
                 "hl7.event.type": r".*\.msh\.type"}
        packets = [self.tcp(2575, i, path.read_bytes()) for i, path in enumerate(files)]
        rows = self.tshark(101, packets, pairs, "-d", "tcp.port==2575,hl7")
        rows = [[[segment[:3] for segment in row[0]], *row[1:]] for row in rows]
        self.agree("hl7_mllp", files, rows, pairs, {"hl7.message.type": lambda text: text.split("^")[0],
                                                    "hl7.event.type": lambda text: text.split("^")[1]})

    def test_modbus(self):
        packets, files = [], []
        for seed in self.seeds("modbus_server"):
            if not seed.name.startswith("datagram"):
                files.append(self.folder / seed.name)
                files[-1].write_bytes(seed.read_bytes()[1:])  # without what selects the transport
                packets.append(self.tcp(502, len(packets), files[-1].read_bytes()))
        pairs = {"mbtcp.trans_id": r"adus\.transaction", "mbtcp.len": r"adus\.length", "mbtcp.unit_id": r"adus\.unit",
                 "modbus.func_code": r"adus\.pdu\.function"}
        self.agree_in_all("modbus_tcp", files, self.tshark(101, packets, pairs), pairs)

    def test_attribute_protocol(self):
        packets, files = [], []
        for seed in self.seeds("ble_health", "errors.bin"):
            content = seed.read_bytes()[1:]
            while content:
                length, smp, pdu = content[0], content[1], content[2:2 + content[0]]
                content = content[2 + length:]
                if smp:
                    continue
                files.append(self.folder / f"{seed.stem}-{len(files)}")
                files[-1].write_bytes(pdu)
                head = struct.pack("<BHHHH", 2, 0x2040, len(pdu) + 4, len(pdu), 4)
                packets.append(struct.pack(">I", 1) + head + pdu)
        pairs = {"btatt.opcode": "opcode", "btatt.handle": r"body\.is\.handle", "btatt.offset": r"body\.is\.offset",
                 "btatt.client_rx_mtu": r"body\.is\.mtu"}
        self.agree_in_all("att_gatt", files, self.tshark(201, packets, pairs), pairs)

    def agree_in_all(self, model, files, rows, pairs):
        self.assertGreater(len(files), 10)
        for file, values, row in zip(files, self.dumps(model, files), rows):
            for (field, pattern), theirs in zip(pairs.items(), row):
                ours = [value for name, value in values if re.fullmatch(pattern, name)]
                self.assertEqual(ours, [str(int(text, 0)) for text in theirs], f"{file}: {field}")

    def test_eap(self):
        packets, files = [], []
        for seed in self.seeds("lwip_ppp_eap"):
            content = seed.read_bytes()
            while content:
                length = int.from_bytes(content[2:4], "big")
                files.append(self.folder / f"{seed.stem}-{len(files)}")
                files[-1].write_bytes(content[:length])
                head = b"\1\x80\xc2\0\0\3" + b"\2\0\0\0\0\1" + b"\x88\x8e" + struct.pack(">BBH", 1, 0, length)
                packets.append(head + content[:length])
                content = content[length:]
        pairs = {"eap.code": r"packets\.code", "eap.id": r"packets\.identifier", "eap.len": r"packets\.length",
                 "eap.type": r"packets\.content\.type"}
        self.agree_in_all("eap", files, self.tshark(1, packets, pairs), pairs)
