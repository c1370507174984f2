# SPDX-License-Identifier: Apache-2.0
"""Models of protocols on what programs of others write: every byte comes back, is explained, and nothing is wrong;
Wireshark sees the same; and where a byte is changed, or the end is missing, the check says what and where."""
import hashlib
import json
import math
import re
import struct
import subprocess

import cbor2

from support.percuss_cli import CliTest, FAIL, PASS
from support.relay import DatagramRelay, StreamRelay, free_port, wait_until_it_listens

USER_LINK, CAN_LINK = 147, 227  # LINKTYPE_USER0, LINKTYPE_CAN_SOCKETCAN
NODE = 2


def tool(*arguments, **options):
    return subprocess.run([str(argument) for argument in arguments], capture_output=True, check=True, timeout=60,
                          **options)


def hex_file(content):
    """Of one data record at address 0 and the end."""
    record = bytes((len(content), 0, 0, 0)) + content
    return b":%s%02X\n:00000001FF\n" % (record.hex().upper().encode(), -sum(record) & 0xff)


def uf2_file(payload, family):
    """Blocks of 256 bytes; the last one with the MD5 of a region and a version as a tag."""
    parts = [payload[i:i + 256] for i in range(0, len(payload), 256)]
    blocks = []
    for i, part in enumerate(parts):
        flags, rest = 0x2000, b""
        if i + 1 == len(parts):
            flags |= 0xc000
            version = b"1.2.3"
            rest = bytes((4 + len(version),)) + (0x9fc7bc).to_bytes(3, "little") + version
            rest += bytes(-len(rest) % 4) + bytes(4)
        data = (part + rest).ljust(476, b"\0")
        if flags & 0x4000:
            data = data[:452] + struct.pack("<II", 0x1000, len(payload)) + hashlib.md5(payload).digest()
        blocks.append(struct.pack("<8I", 0x0A324655, 0x9E5D5157, flags, 0x1000 + 256 * i, len(part), i, len(parts),
                                  family) + data + struct.pack("<I", 0x0AB16F30))
    return b"".join(blocks)


def mcuboot_image(body, protected=b""):
    header = struct.pack("<IIHHIIBBHII", 0x96f3b83d, 0, 32, len(protected), len(body), 0, 1, 2, 3, 4, 0)
    signed = header + body + protected
    tlvs = struct.pack("<HH", 0x10, 32) + hashlib.sha256(signed).digest() + struct.pack("<HH", 0x22, 70) + bytes(70)
    return signed + struct.pack("<HH", 0x6907, 4 + len(tlvs)) + tlvs


def protected_area(security_counter, image):
    tlvs = struct.pack("<HHI", 0x50, 4, security_counter)
    tlvs += struct.pack("<HHB3xBBHI", 0x40, 12, image, 1, 0, 0, 0)
    return struct.pack("<HH", 0x6908, 4 + len(tlvs)) + tlvs


def suit_envelope():
    digest = cbor2.dumps([-16, hashlib.sha256(b"manifest").digest()])
    signature = cbor2.dumps(cbor2.CBORTag(18, [cbor2.dumps({1: -7}), {}, None, bytes(64)]))
    alternatives = [cbor2.dumps([20, {5: 0}]), cbor2.dumps([20, {5: 1}]), None]
    shared = cbor2.dumps([20, {1: bytes(16), 2: bytes(16), 3: digest, 14: 34768}, 1, 15, 2, 15, 15, alternatives])
    install = cbor2.dumps([20, {21: "coap://198.51.100.7/firmware"}, 21, 2, 3, 15, 32, cbor2.dumps([23, 2])])
    severed = [-16, hashlib.sha256(install).digest()]
    manifest = cbor2.dumps({1: 1, 2: 2**64 - 1, 3: cbor2.dumps({2: [[b"\0", b"slot"]], 4: shared}),
                            7: cbor2.dumps([3, 15]), 20: severed})
    return cbor2.dumps(cbor2.CBORTag(107, {2: cbor2.dumps([digest, signature]), 3: manifest, 20: install,
                                           "#firmware": bytes(300)}))


def sdo(*frames):
    """`<` what the client says, `>` what the server answers, with LINKTYPE_CAN_SOCKETCAN's head before each."""
    packets = []
    for frame in frames:
        data = bytes.fromhex(frame[1:])
        packets.append(struct.pack(">IB3x", (0x600 if frame[0] == "<" else 0x580) + NODE, len(data)) + data)
    return packets


SDO = {
    "expedited": sdo("<4018100100000000", ">4318100104000000", "<2b171000e8030000", ">6017100000000000"),
    "segmented": sdo("<4008100000000000", ">410810000a000000", "<6000000000000000", ">00496e667573696f",
                     "<7000000000000000", ">196e2031000000"),
    "refused": sdo("<2f00200005000000", ">8000200002000106"),
    "block_download": sdo("<c6002000 0f000000", ">a40020007f000000", "<01412062 6c6f636b", "<02206f6620627974",
                          "<8365000000000000", ">a2027f0000000000", "<d911220000000000",
                          ">a100000000000000"),
    "block_upload": sdo("<a40810007f000000", ">c60810000c000000", "<a300000000000000", ">0170756d70206f66",
                        ">822062656400 0000", "<a2027f0000000000", ">c999880000000000", "<a100000000000000"),
}


def lis2(*texts):
    """A session of frames; a text that ends in no CR goes on in the next frame."""
    out = b"\x05"
    for i, text in enumerate(texts, 1):
        body = b"%d" % (i % 8) + text + (b"\x03" if text.endswith(b"\r") else b"\x17")
        out += b"\x02" + body + b"%02X\r\n" % (sum(body) % 256)
    return out + b"\x04"


LIS2 = lis2(b"H|\\^&|||Analyser^7^1.0|||||||P|LIS2-A2|20261129093000\r", b"P|1||4711||Doe^Jane||19700101|F\r",
            b"O|1|S1||^^^GLU\\^^^HB|R|20261129\r", b"R|1|^^^GLU|5.2|mmol/L|3.9^5.6|N||F||op1||20261129092900\rR|2|^^^H",
            b"B|13.1|g/dL\r", b"C|1|I|sample^haemolytic|G\r", b"L|1|N\r")

HEADER = ('<HDR>\n <HDR.control_id V="1"/>\n <HDR.version_id V="POCT1"/>\n'
          ' <HDR.creation_dttm V="2026-11-29T09:30:00-01:00"/>\n</HDR>')
POCT1A = (f'<HEL.R01>\n {HEADER}\n <DEV><DEV.device_id V="00-07"/></DEV>\n</HEL.R01>\n'
          f'<OBS.R01>{HEADER}<SVC><SVC.role_cd V="OBS"/><PT><PT.patient_id V="1"/><OBS><OBS.observation_id V="GLU"/>'
          '<OBS.value V="5.2" U="mmol/L"/></OBS></PT></SVC></OBS.R01>'
          f'<END.R01>{HEADER}<TRM><TRM.reason_cd V="NRM"/></TRM></END.R01>').encode()


def ecg(seconds=4, rate=500):
    """An EDF+ file of three leads."""
    leads = ("ECG I", "ECG II", "ECG V1")

    def cells(width, *values):
        return "".join(str(value).ljust(width) for value in values).encode()
    head = cells(8, 0) + cells(80, "4711 F 01-JAN-1970 X", "Startdate 29-NOV-2026 X X X") + b"29.11.2609.30.00"
    head += cells(8, 256 * (len(leads) + 1)) + cells(44, "EDF+C") + cells(8, seconds, 1) + cells(4, len(leads))
    head += cells(16, *leads)
    for width, value in ((80, ""), (8, "uV"), (8, -3276.8), (8, 3276.7), (8, -32768), (8, 32767), (80, ""), (8, rate),
                         (32, "")):
        head += cells(width, *[value] * len(leads))
    wave = [int(1000 * math.sin(i / 9)) for i in range(rate)]
    return head + struct.pack(f"<{rate}h", *wave) * len(leads) * seconds


class OtherProtocolsTest(CliTest):
    def dissect(self, model, samples, *arguments, expect=PASS):
        """Their documents by the samples' names."""
        folder = self.folder / model
        folder.mkdir(exist_ok=True)
        for name, content in samples.items():
            (folder / name).write_bytes(content)
        done = self.percuss("dissect", model, *(folder / name for name in samples), "--json", *arguments, timeout=60)
        self.assertEqual(done.returncode, expect, done.stdout[-3000:] + done.stderr)
        return dict(zip(samples, json.loads(done.stdout)["inputs"]))

    def all_is_explained(self, model, samples):
        for name, seen in self.dissect(model, samples, "--check").items():
            self.assertGreater(seen["bytes"], 0, name)
            self.assertEqual((seen["same"], seen["not_explained"], seen["wrong"], seen["ends_within"]),
                             (True, 0, [], ""), name)

    def check_says(self, model, content, *expected, ends_within=""):
        """Each of what is expected is a number that is wrong, by its name, with where it is."""
        seen = self.dissect(model, {"damaged": content}, "--check", expect=FAIL)["damaged"]
        self.assertTrue(seen["same"])
        told = {" ".join(text.split(":")[0].split(" ")) for text in seen["wrong"]}
        self.assertLessEqual(set(expected), told, seen)
        self.assertEqual(seen["ends_within"].split(" ")[0], ends_within)

    def values(self, model, content, *patterns):
        """Of all fields whose line of the dump matches, in order: what stands behind the colon, a number as such."""
        dump = self.dissect(model, {"shown": content})["shown"]["dump"]
        found = []
        for pattern in patterns:
            texts = re.findall(rf"^.*  {pattern}: (.*)$", dump, re.MULTILINE)
            found.append([text.strip('"') if text[0] == '"' else text.split(" ")[0] for text in texts])
        return found

    def tshark(self, link, packets, fields, *options):
        """A row of each packet, a list of values of each field."""
        path = self.folder / "capture.pcap"
        path.write_bytes(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 1 << 18, link) + b"".join(
            struct.pack("<IIII", i, 0, len(packet), len(packet)) + packet for i, packet in enumerate(packets)))
        names = [word for field in fields for word in ("-e", field)]
        done = tool("tshark", "-n", "-r", path, *options, "-T", "fields", "-E", "aggregator=;", *names,
                    env=self.environment)
        rows = [line.split("\t") for line in done.stdout.decode().splitlines()]
        self.assertEqual(len(rows), len(packets))
        return [[cell.split(";") if cell else [] for cell in row] for row in rows]

    @staticmethod
    def as_user_link(protocol):
        return "-o", f'uat:user_dlts:"User 0 (DLT={USER_LINK})","{protocol}","0","","0",""'

    def mosquitto(self):
        """What its clients and the broker say to each other, as {name: bytes} of each version."""
        port = free_port()
        configuration = self.folder / "mosquitto.conf"
        configuration.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n")
        broker = subprocess.Popen(["/usr/sbin/mosquitto", "-c", configuration], stderr=subprocess.DEVNULL)
        self.addCleanup(lambda: (broker.kill(), broker.wait()))
        wait_until_it_listens(port)
        said = {}
        for version in ("311", "5"):
            relay = StreamRelay(port)
            self.talk(relay, version, version == "5")
            relay.close()
            for i, pair in enumerate(relay.said):
                said.setdefault(version, {}).update({f"{i}-client": bytes(pair[0]), f"{i}-server": bytes(pair[1])})
        return said

    @staticmethod
    def talk(relay, version, properties):
        def words(text):
            return text.split() if properties else []
        common = ["-h", "127.0.0.1", "-p", str(relay.port), "-V", version]
        listener = subprocess.Popen(
            ["mosquitto_sub", *common, "-i", "ward", "-t", "ward/+/spo2", "-t", "alarm/#", "-q", "2", "-C", "3", "-W",
             "20", "-u", "nurse", "-P", "secret", "--will-topic", "gone", "--will-payload", "bye", "--will-qos", "1",
             *words("-D will will-delay-interval 5 -D subscribe subscription-identifier 7"),
             *words("-D subscribe user-property a b")],
            stdout=subprocess.PIPE, text=True)
        while not (relay.said and b"\x90" in relay.said[0][1]):  # until it has subscribed
            if listener.poll() is not None:
                raise AssertionError("mosquitto_sub ended")
        publish = ["mosquitto_pub", *common, "-i", "monitor", "-m", "97", "-t"]
        told = "-D publish {} -D connect session-expiry-interval 30 -D publish user-property k v"
        tool(*publish, "ward/3/spo2", "-q", "1", *words(told.format("content-type text/plain")))
        tool(*publish, "ward/4/spo2", "-q", "2", "-r", *words(told.format("message-expiry-interval 60")))
        tool(*publish, "alarm/" + 150 * "x", *words(told.format("correlation-data c0ffee")))
        assert listener.communicate(timeout=30)[0] == "97\n97\n97\n"

    def test_mqtt(self):
        said = self.mosquitto()
        for model, samples in (("mqtt", said["311"]), ("mqtt_5", said["5"])):
            self.assertEqual(len(samples), 8)
            self.all_is_explained(model, samples)
            fields = ("mqtt.msgtype", "mqtt.len", "mqtt.topic")
            rows = self.tshark(USER_LINK, samples.values(), fields, *self.as_user_link("mqtt"))
            kinds = set()
            for (name, content), (types, lengths, topics) in zip(samples.items(), rows):
                if "client" not in name:
                    continue  # what the server says depends on what the client said, which tshark does not know here
                heads, texts = self.values(model, content, "head", "text")
                self.assertEqual([str(int(head) >> 4) for head in heads], types)
                self.assertGreater(len(topics), 0)
                self.assertLessEqual(set(topics), set(texts) | {"alarm/" + 150 * "x"})
                kinds |= set(types)
            self.assertLessEqual({"1", "3", "5", "6", "8", "14"}, kinds)
        client = said["311"]["0-client"]
        shorter = client[:1] + bytes((client[1] - 1,)) + client[2:]
        self.check_says("mqtt", shorter, "packets.body.password.length at 0x24")
        self.check_says("mqtt", client[:60], "packets.length at 0x2d", ends_within="packets.body.subscriptions")

    def test_coap(self):
        port = free_port()
        server = subprocess.Popen(["coap-server-notls", "-A", "127.0.0.1", "-p", str(port), "-d", "9"],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(lambda: (server.kill(), server.wait()))
        relay = DatagramRelay(port)
        (self.folder / "blob").write_bytes(bytes(range(256)))
        self.ask(relay, "/.well-known/core", "-B", "20")
        for path, *words in (("/example_data", "-m", "put", "-f", self.folder / "blob", "-b", "64"),
                             ("/time?ticks",), ("/not/there", "-T", "0123456", "-O", "65000,0x1234"),
                             ("/" + 40 * "a", "-m", "delete"), ("/" + 70 * "b", "-N"),
                             ("/", "-O", "2049," + 300 * "c")):
            self.ask(relay, path, *words)
        relay.close()
        samples = {f"{i:02}": data for i, (_, data) in enumerate(relay.said)}
        self.assertGreater(len(samples), 15)
        self.all_is_explained("coap", samples)
        fields = ("coap.code", "coap.mid", "coap.opt.delta", "coap.opt.length")
        rows = self.tshark(USER_LINK, samples.values(), fields, *self.as_user_link("coap"))
        options = 0
        for content, (code, number, deltas, lengths) in zip(samples.values(), rows):
            ours = self.values("coap", content, "code", "message_id", "delta", "length")
            self.assertEqual(ours[:2], [code, number])
            self.assertEqual([value for value in ours[2] if value != "15"], deltas)
            self.assertEqual([value for value in ours[3] if value != "15"], lengths)
            options += len(deltas)
        self.assertGreater(options, 30)
        for end, extra in ((70 * b"b", "length_plus_13"), (300 * b"c", "length_plus_269")):
            [cut] = [data[:-1] for client, data in relay.said if client and data.endswith(end)]
            where = len(cut) + 1 - len(end) - (2 if len(end) > 268 else 1)
            self.check_says("coap", cut, f"options.{extra} at 0x{where:x}")

    def ask(self, relay, path, *words):
        """The server may not be there yet: datagrams are sent again."""
        tool("coap-client-notls", "-B", "3", *words, f"coap://127.0.0.1:{relay.port}{path}")

    def test_intel_hex(self):
        binary = self.folder / "firmware.bin"
        binary.write_bytes(bytes(range(256)) * 2)
        samples = {}
        for name, words in {"linear": ("-offset", "0x1fff0"), "segmented": ("-offset", "0xff80", "-address-length=3"),
                            "entry": ("-offset", "0x100", "-execution-start-address", "0x1234"), "dos": ()}.items():
            before = [word for word in words[:2] if words and words[0] == "-offset"]
            end = ["-line-termination=CRLF"] if name == "dos" else []
            tool("srec_cat", binary, "-binary", *before, "-o", self.folder / name, "-intel", *words[2:], *end)
            samples[name] = (self.folder / name).read_bytes()
        self.assertIn(b"\r\n", samples["dos"])
        self.all_is_explained("intel_hex", samples)
        types = set(sum((self.values("intel_hex", content, "type")[0] for content in samples.values()), []))
        self.assertEqual(types, {"0", "1", "2", "4", "5"})
        self.check_says("intel_hex", hex_file(b"\1\2\3").replace(b"010203", b"010204"),
                        "records.record.checksum at 0x7")
        self.check_says("intel_hex", hex_file(b"\1\2\3").replace(b":03", b":02"), "records.record.checksum at 0x6")
        self.check_says("intel_hex", hex_file(b"\1\2\3")[:9], ends_within="records.record")

    def test_uf2(self):
        good = uf2_file(bytes(700), 0xe48bff56)
        self.all_is_explained("uf2", {"blocks": good})
        self.assertEqual(self.values("uf2", good, "number", "count"), [["0", "1", "2"], ["3", "3", "3"]])
        self.check_says("uf2", good[:-8], ends_within="blocks")
        self.check_says("uf2", good[:512], "blocks.count at 0x18")
        self.check_says("uf2", good[:16] + b"\xff\xff" + good[18:], "blocks.payload_size at 0x10")

    def test_edf_and_scp(self):
        source = self.folder / "ecg.edf"
        source.write_bytes(ecg())
        for kind in ("EDF", "SCP3"):
            tool("save2gdf", f"-f={kind}", source, self.folder / f"written.{kind}")
        edf, scp = ((self.folder / f"written.{kind}").read_bytes() for kind in ("EDF", "SCP3"))
        self.all_is_explained("edf", {"ours": ecg(), "written": edf})
        self.all_is_explained("scp_ecg", {"written": scp})
        self.assertIn("pointers", self.dissect("scp_ecg", {"written": scp})["written"]["dump"])
        self.check_says("edf", edf[:184] + b"2" + edf[185:], "header.header_bytes at 0xb8")
        self.check_says("edf", ecg()[:-3500], "header.record_count at 0xec")
        spoilt = bytearray(scp)
        spoilt[scp.index(b"4711")] ^= 1
        [crc] = re.findall(r"^ ([0-9a-f]+) +crc", self.dissect("scp_ecg", {"w": scp})["w"]["dump"], re.MULTILINE)[-1:]
        self.check_says("scp_ecg", bytes(spoilt), "crc at 0x0", f"sections.crc at 0x{int(crc, 16):x}")
        self.check_says("scp_ecg", scp[:-40], "size at 0x2", ends_within="sections.data.tags")

    def test_mcuboot(self):
        plain, with_protected = mcuboot_image(bytes(100)), mcuboot_image(bytes(100), protected_area(5, 1))
        self.all_is_explained("mcuboot", {"plain": plain, "protected": with_protected, "slot": plain + 64 * b"\xff"})
        self.check_says("mcuboot", with_protected[:10] + b"\5" + with_protected[11:], "header.protected_size at 0xa")
        self.check_says("mcuboot", plain[:-40], "tlvs.size at 0x86", "tlvs.tlvs.length at 0xae")
        self.check_says("mcuboot", plain[:90], "header.body_size at 0xc", ends_within="image")

    def test_suit(self):
        envelope = suit_envelope()
        self.all_is_explained("suit", {"tagged": envelope, "untagged": envelope[2:]})
        dump = self.dissect("suit", {"tagged": envelope})["tagged"]["dump"]
        for word in ("condition_vendor_identifier", "directive_try_each", "directive_run_sequence",
                     "coap://198.51.100.7/firmware", "#firmware"):
            self.assertIn(word, dump)
        self.check_says("suit", envelope[:-10], "body.envelope.parts.value.head at "
                        f"0x{len(envelope) - 303:x}")

    def test_canopen(self):
        self.all_is_explained("canopen_sdo", {name: b"".join(packets) for name, packets in SDO.items()})
        fields = ("canopen.sdo.cmd", "canopen.sdo.main_idx", "canopen.sdo.sub_idx")
        for name in ("expedited", "segmented", "refused"):  # tshark does not follow blocks
            rows = self.tshark(CAN_LINK, SDO[name], fields, "-d", "can.subdissector,canopen")
            theirs = [[str(int(value, 16)) for row in rows for value in row[i]] for i in range(len(fields))]
            self.assertEqual(self.values("canopen_sdo", b"".join(SDO[name]), "command", "index", "sub_index"), theirs)
        for name, sequence in (("block_download", ["1", "2", "3"]), ("block_upload", ["1", "2"])):
            self.assertEqual(self.values("canopen_sdo", b"".join(SDO[name]), "sequence"), [sequence])
        whole = b"".join(SDO["expedited"])
        self.check_says("canopen_sdo", whole[:-3], "frames.can.length at 0x34")

    def test_lis2(self):
        self.all_is_explained("lis2", {"sender": LIS2, "receiver": 8 * b"\6"})
        self.assertEqual(self.values("lis2", LIS2, "type")[0], ["H", "P", "O", "R", "R", "B", "C", "G", "L"])
        where = LIS2.index(b"\x17") + 1  # behind the frame that has the changed value
        self.check_says("lis2", LIS2.replace(b"5.2", b"5.3"), f"parts.body.checksum at 0x{where:x}")
        self.check_says("lis2", LIS2[:-6], ends_within="parts.body")

    def test_poct1a(self):
        self.all_is_explained("poct1a", {"conversation": POCT1A})
        names, values = self.values("poct1a", POCT1A, "name", "value")
        self.assertEqual([name for name in names if name.endswith(".R01")], ["HEL.R01", "OBS.R01", "END.R01"])
        self.assertIn("5.2", values)
        self.check_says("poct1a", POCT1A[:-4], ends_within="messages.body.tags")
