#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Packages and records that somebody made to harm or to deceive, put to both verifiers: hostile.py JUDGE [MIB]

Zips that lie about themselves, names that leave the folder, bombs; manifests that JSON readers differ about, sealed
anew by whoever changed them; chains that are signed again. Each must be refused by both, within MIB (256) of memory and
in seconds, or be taken by both where nothing is wrong with it but its author. Exit 0 when that holds, 1 otherwise.
"""
import base64
import hashlib
import json
import os
import resource
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path

sys.dont_write_bytecode = True
from tamper import Judge, Tampering, stored_zip  # noqa: E402

import percuss_verify_records  # noqa: E402  (tamper has put its folder in the path)
from nacl.signing import SigningKey  # noqa: E402

MOST_SECONDS = 60
REFUSED, TAKEN = False, True


# --- zips ---------------------------------------------------------------------------------------


def lies(sound):
    """Every number in the first header, its line of the directory and the end record, set to what it is not."""
    line, end = sound.index(b"PK\x01\x02"), sound.rindex(b"PK\x05\x06")
    fields = [(0, at, size) for at, size in ((4, 2), (6, 2), (8, 2), (14, 4), (18, 4), (22, 4), (26, 2), (28, 2))]
    fields += [(line, at, size) for at, size in ((8, 2), (10, 2), (16, 4), (20, 4), (24, 4), (28, 2), (30, 2), (32, 2),
                                                 (34, 2), (38, 4), (42, 4))]
    fields += [(end, at, size) for at, size in ((4, 2), (6, 2), (8, 2), (10, 2), (12, 4), (16, 4), (20, 2))]
    for base, at, size in fields:
        for value in (0, 0x7FFF, 0xFFFFFFFF):
            raw = (value & ((1 << 8 * size) - 1)).to_bytes(size, "little")
            if sound[base + at:base + at + size] != raw:
                yield f"{value:#x} at {at} of {base}", sound[:base + at] + raw + sound[base + at + size:]


def overlapping(count, inflated):
    """Many names for the same compressed bytes."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    content = b"\0" * inflated
    body = packer.compress(content) + packer.flush()
    out, directory = b"", b""
    for number in range(count):
        name = f"f{number:05}".encode()
        shared = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 0x21, zlib.crc32(content), len(body), inflated, len(name), 0)
        if number == 0:
            out = struct.pack("<I", 0x04034B50) + shared + name + body
        directory += struct.pack("<IH", 0x02014B50, 0x0314) + shared + struct.pack("<HHHII", 0, 0, 0, 0, 0) + name
    return out + directory + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, count, count, len(directory), len(out), 0)


def renamed(sound, name):
    """The first file under another name of the same length."""
    at = struct.unpack("<H", sound[26:28])[0]
    old = sound[30:30 + at]
    return sound.replace(old, (name + b"x" * at)[:at])


def zips(sound):
    yield from lies(sound)
    yield "overlapping", overlapping(2, 1000)
    yield "bomb of overlaps", overlapping(2000, 20 << 20)
    yield "bomb", overlapping(1, 200 << 20)
    end = sound.rindex(b"PK\x05\x06")
    yield "a directory in the comment", sound[:end + 20] + struct.pack("<H", len(sound)) + sound
    yield "64-bit end record", (sound[:end] + struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, 1 << 60, 1 << 60,
                                                          1 << 60, 1 << 60)
                                + struct.pack("<IIQI", 0x07064B50, 0, end, 1) + sound[end:])
    for name in (b"../../etc/passwd", b"/etc/passwd", b"C:\\x", b"a\0b", b"\xff\xfe\xc3\x28", b"\xc0\xaf..", b"a/./b",
                 b"CON/..\\x", b"//x"):
        yield f"name {name}", renamed(sound, name)


# --- manifests, sealed anew ---------------------------------------------------------------------


def digest(data):
    return hashlib.sha256(data).hexdigest()


def dump(document):
    return (json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()


def sealed_anew(files, edit):
    """The package without a signature, with another manifest and the statement that goes with it."""
    files = {name: content for name, content in files.items() if name != "statement.dsse.json"}
    manifest = json.loads(files["manifest.json"])
    manifest["integrity"].update(signed=False, public_key=None, signatures=[])
    files["manifest.json"] = text = edit(dump(manifest))
    files["statement.json"] = dump({
        "_type": "https://in-toto.io/Statement/v1", "predicateType": "urn:percuss:evidence:v1",
        "subject": [{"name": name, "digest": {"sha256": digest(files[name])}} for name in sorted(files)],
        "predicate": {"package_id": manifest["identity"]["package_id"], "verdict": manifest["verdict"],
                      "created_at": manifest["identity"]["created_at"], "manifest_sha256": digest(text)}})
    return stored_zip(files)


def with_member(text):
    return lambda manifest: manifest.replace(b"{", b'{ "x": ' + text + b",", 1)


def manifests(files):
    yield "sealed anew", sealed_anew(files, lambda text: text), TAKEN
    for text in (b"[" * 63 + b"]" * 63, b'"\\ud83d\\ude00"', b"1e308", b"123456789012345678901234567890",
                 b'"\xc3\xa9"'):
        yield f"member {text[:20]}", sealed_anew(files, with_member(text)), TAKEN
    for text in (b"[" * 64 + b"]" * 64, b"[" * 100000 + b"]" * 100000, b"[" * 100000, b'{"a":' * 5000, b"NaN",
                 b"-Infinity", b"1e999", b"1" * 400, b"1" * 5000, b'"\\ud800"', b'"\\udc00x"', b'"\xff"',
                 b'"\xc0\xaf"', b'"\xed\xa0\x80"', b'"a\x01b"', b"01", b"'x'", b"tru", b"", b'"\\x"'):
        yield f"member {text[:20]}", sealed_anew(files, with_member(text)), REFUSED
    yield "mark at the start", sealed_anew(files, lambda text: b"\xef\xbb\xbf" + text), TAKEN
    yield "16 bits", sealed_anew(files, lambda text: text.decode().encode("utf-16")), REFUSED
    yield "no object", sealed_anew(files, lambda text: b"[]"), REFUSED
    yield "text behind it", sealed_anew(files, lambda text: text + b"{}"), REFUSED


# --- chains, signed again -----------------------------------------------------------------------


class Forger:
    """Has a key of its own, and knows the format."""

    def __init__(self):
        self.key = SigningKey(b"f" * 32)
        self.public = base64.b64encode(self.key.verify_key.encode()).decode()

    def envelope(self, kind, payload):
        signed = b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload)
        return {"payload": base64.b64encode(payload).decode(), "payloadType": kind,
                "signatures": [{"keyid": digest(self.key.verify_key.encode())[:16],
                                "sig": base64.b64encode(self.key.sign(signed).signature).decode()}]}

    def line(self, payload):
        return json.dumps(self.envelope("application/vnd.percuss.record+json", payload), sort_keys=True,
                          separators=(",", ":")).encode() + b"\n"

    def head(self, number, last):
        return dump(self.envelope("application/vnd.percuss.records-head+json", json.dumps(
            {"by": {"public_key": self.public}, "records": number, "schema": "percuss.records-head.v1",
             "sha256": last}, sort_keys=True, separators=(",", ":")).encode()))

    def record(self, previous, sequence, changes=None):
        members = {"at": "2026-02-01T00:00:00Z", "body": {}, "kind": "signature", "previous": previous,
                   "by": {"name": "Ada", "public_key": self.public, "role": "QA"}, "schema": "percuss.record.v1",
                   "package": {"id": "x", "sha256": "f" * 64}, "sequence": sequence, **(changes or {})}
        return json.dumps(members, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def chains(records, head):
    forger, lines = Forger(), records.splitlines(keepends=True)
    first = forger.line(forger.record("0" * 64, 1))
    yield "a chain of the forger's own", first, forger.head(1, digest(first[:-1])), TAKEN
    own = forger.line(forger.record(digest(lines[2][:-1]), 4))
    yield "an end of the forger's own", b"".join(lines[:3]) + own, forger.head(4, digest(own[:-1])), TAKEN
    yield "an end of the forger's own, the old head", b"".join(lines[:3]) + own, head, REFUSED
    yield "a head that is cut back", records, forger.head(3, digest(lines[2][:-1])), REFUSED
    yield "a head of none", records, forger.head(0, "0" * 64), REFUSED
    yield "a head of more", records, forger.head(7, digest(lines[5][:-1])), REFUSED
    for changes in ({"sequence": 2}, {"sequence": True}, {"sequence": "1"}, {"sequence": None}, {"sequence": 1 << 70},
                    {"previous": "f" * 64}, {"previous": None}, {"schema": "percuss.record.v2"}, {"kind": 7},
                    {"extra": 1}, {"by": {"name": "Ada", "role": "QA"}}, {"by": []}, {"package": "x"}):
        line = forger.line(forger.record("0" * 64, 1, changes))
        yield f"a record with {changes}", line, forger.head(1, digest(line[:-1])), REFUSED
    for payload in (b"", b"[]", b"null", b"{}", b"[" * 100000, b'"\xff"', b"NaN", first, b'{"by":{"public_key":1}}'):
        line = forger.line(payload)
        yield f"the payload {payload[:20]}", line, forger.head(1, digest(line[:-1])), REFUSED
    for text in (b"\n", b"{}\n", b"[" * 100000 + b"\n", b"\xff\n", b"\0" * 1000 + b"\n", first[:-1] + b" \n"):
        yield f"the line {text[:20]}", text, forger.head(1, digest(text[:-1])), REFUSED


# --- both -----------------------------------------------------------------------------------------


def ask(judge, kind, path):
    """(percuss takes it, python takes it, seconds)"""
    began = time.monotonic()
    judge.ask([(kind, path)])
    if kind == "records":
        theirs = not percuss_verify_records.verify(str(path), [])
    else:
        theirs = Tampering.ask_python(kind, path) == []
    return judge.answer().get("whole") is True, theirs, time.monotonic() - began


def cases(here, folder):
    sound = (here / "package.zip").read_bytes()
    files = Tampering.read(here / "package.zip")
    for name, data in zips(sound):
        path = folder / "hostile.zip"
        path.write_bytes(data)
        yield name, "package", path, REFUSED
    for name, data, expected in manifests(files):
        path = folder / "hostile.zip"
        path.write_bytes(data)
        yield name, "package", path, expected
    records, head = (here / "records.jsonl").read_bytes(), (here / "records.jsonl.head").read_bytes()
    for name, text, its_head, expected in chains(records, head):
        path = folder / "hostile.jsonl"
        path.write_bytes(text)
        path.with_name("hostile.jsonl.head").write_bytes(its_head)
        yield name, "records", path, expected


def main():
    if len(sys.argv) not in (2, 3):
        print(f"usage: {__doc__}", file=sys.stderr)
        return 64
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    here = Path(tempfile.mkdtemp(prefix="percuss-hostile-", dir=memory))
    wrong, number = [], 0
    most_mib = int(sys.argv[2]) if len(sys.argv) == 3 else 256
    try:
        subprocess.run([sys.argv[1], "make", here / "sample"], check=True)
        judge = Judge(sys.argv[1])
        for name, kind, path, expected in cases(here / "sample", here):
            number += 1
            ours, theirs, seconds = ask(judge, kind, path)
            if (ours, theirs) != (expected, expected) or seconds > MOST_SECONDS:
                wrong.append(name)
                print(f"{kind}: {name}: percuss {'takes' if ours else 'refuses'} it, python "
                      f"{'takes' if theirs else 'refuses'} it, {seconds:.1f} s", flush=True)
        judge.process.stdin.close()
        judge.process.wait()
    finally:
        shutil.rmtree(here, ignore_errors=True)
    mib = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10
    print(f"{number} cases, {len(wrong)} not as they should be; percuss needed {mib} MiB")
    return 1 if wrong or mib > most_mib else 0


if __name__ == "__main__":
    sys.exit(main())
