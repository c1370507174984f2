#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Checks a percuss evidence package without percuss.

A second opinion: shares no code with `percuss verify` and needs only Python 3 with python3-nacl or
python3-cryptography (and neither of them for a package that is not signed), openssl for time
stamps, and percuss_verify_beside.py.

Exit codes: 0 whole, 2 broken seal or not signed by the given key, 1 cannot tell, 64 bad usage.
Example: percuss_verify.py evidence.zip --key lab.pub --json
"""
import argparse
import base64
import binascii
import errno
import hashlib
import json
import math
import os
import re
import stat
import struct
import sys
import zipfile
import zlib

import percuss_verify_beside as beside

MANIFEST = "manifest.json"
SIGNED = "statement.dsse.json"
UNSIGNED = "statement.json"
PAYLOAD_TYPE = "application/vnd.in-toto+json"
MAX_DEPTH = 64
MAX_ENTRIES = 65_000
MAX_FILE_BYTES = 1 << 30
MAX_TOTAL_BYTES = 4_000_000_000
FREE_BYTES = 64 << 20
INFLATE_RATIO = 100


class Cannot(Exception):
    """The question cannot be answered: exit 1."""


class Corrupt(Exception):
    """The package cannot be read as one: a broken seal."""


def sha256(data):
    return hashlib.sha256(data).hexdigest()


# --- names --------------------------------------------------------------------------------------


def check_name(name, files, folders):
    """Refuses what could leave a folder or differ between file systems."""
    parts = name.split("/")
    bad = (
        not re.fullmatch(r"[\x20-\x5b\x5d-\x7e]{1,1024}", name)
        or re.match(r"[A-Za-z]:", name)
        or any(p in ("", ".", "..") or len(p) > 255 for p in parts)
    )
    if bad:
        raise Corrupt(f"the name {name[:200]!a} is not allowed in a package")
    lower = name.lower()
    if lower in files or lower in folders:
        raise Corrupt(f"the name {name!a} occurs twice, or differs from another in case only")
    for depth in range(1, len(parts)):
        folder = "/".join(parts[:depth])
        if folder.lower() in files or folders.setdefault(folder.lower(), folder) != folder:
            raise Corrupt(f"the name {name!a} goes through a file, or differs in case only")
    files.add(lower)


# --- reading ------------------------------------------------------------------------------------


class Meter:
    def __init__(self, limit):
        self.total = 0
        self.limit = min(limit, MAX_TOTAL_BYTES)

    def read(self, stream, name):
        data = bytearray()
        while chunk := stream.read(1 << 20):
            data += chunk
            self.total += len(chunk)
            if len(data) > MAX_FILE_BYTES or self.total > self.limit:
                raise Corrupt(f"{name!a} is larger than a package may be")
        return bytes(data)


def check_zip_entry(info):
    kind = stat.S_IFMT(info.external_attr >> 16)
    if info.flag_bits & 1:
        raise Corrupt(f"the entry {info.orig_filename!a} is encrypted")
    if info.create_system == 3 and kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise Corrupt(f"the entry {info.orig_filename!a} is neither a file nor a folder")


def zip_files(path):
    """Yields (name, content, damage) in the order of the container."""
    meter = Meter(max(FREE_BYTES, os.path.getsize(path) * INFLATE_RATIO))
    names, folders = set(), {}
    try:
        with zipfile.ZipFile(path) as archive:
            infos = sorted(archive.infolist(), key=lambda info: info.header_offset)
            if len(infos) > MAX_ENTRIES:
                raise Corrupt("has more entries than a package may have")
            for info in infos:
                check_zip_entry(info)
                if info.is_dir():
                    continue
                check_name(info.orig_filename, names, folders)
                try:
                    with archive.open(info) as stream:
                        yield info.orig_filename, meter.read(stream, info.orig_filename), ""
                except zipfile.BadZipFile as error:
                    yield info.orig_filename, b"", str(error)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError,
            struct.error, ValueError, OverflowError, OSError) as error:
        # zipfile seeks where a damaged directory points, and the system answers EINVAL.
        if isinstance(error, OSError) and error.errno != errno.EINVAL:
            raise
        raise Corrupt(f"is not a zip, or it is damaged or cut short: {error}") from error


def folder_files(root):
    meter = Meter(MAX_TOTAL_BYTES)
    names, folders, found = set(), {}, []
    for folder, subfolders, files in os.walk(root, onerror=raise_error):
        for entry in files + [s for s in subfolders if os.path.islink(os.path.join(folder, s))]:
            full = os.path.join(folder, entry)
            name = os.path.relpath(full, root)
            if not stat.S_ISREG(os.lstat(full).st_mode):
                raise Corrupt(f"holds {name!a}, which is neither a file nor a folder")
            check_name(name, names, folders)
            found.append((name, full))
    if len(found) > MAX_ENTRIES:
        raise Corrupt("has more files than a package may have")
    for name, full in sorted(found):
        with open(full, "rb") as stream:
            yield name, meter.read(stream, name), ""


def raise_error(error):
    raise error


# --- the one form of the zip --------------------------------------------------------------------


def container_difference(path):
    """Compares the zip with the only bytes that its files can have; None when they are equal."""
    with open(path, "rb") as stream:
        offset, directory, count = 0, b"", 0

        def same(expected):
            nonlocal offset
            actual = stream.read(len(expected))
            if actual == expected:
                offset += len(expected)
                return True
            offset += next((i for i, (a, b) in enumerate(zip(actual, expected)) if a != b),
                           min(len(actual), len(expected)))
            return False

        previous = ""
        for name, content, _ in zip_files(path):
            raw = name.encode("ascii")
            shared = struct.pack("<HHHHHIIIHH", 20, 0, 0, 0, 0x21, zlib.crc32(content),
                                 len(content), len(content), len(raw), 0)
            mode = 0o100755 if name.startswith("replay/") else 0o100644
            directory += (struct.pack("<IH", 0x02014B50, 0x0314) + shared
                          + struct.pack("<HHHII", 0, 0, 0, mode << 16, offset) + raw)
            count += 1
            if name <= previous or not same(struct.pack("<I", 0x04034B50) + shared + raw):
                return offset
            if not same(content):
                return offset
            previous = name
        end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, count, count, len(directory), offset, 0)
        if not same(directory + end) or stream.read(1):
            return offset
        return None


# --- keys and signatures ------------------------------------------------------------------------


def decode_base64(text, length=None):
    """Canonical base64 or None."""
    if not isinstance(text, str):
        return None
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        return None
    if base64.b64encode(data).decode() != text or (length is not None and len(data) != length):
        return None
    return data


def key_id(key):
    return sha256(key)[:16]


def signature_is_valid(key, message, signature):
    try:
        from nacl.exceptions import BadSignatureError
        from nacl.signing import VerifyKey
    except ImportError:
        return signature_is_valid_by_cryptography(key, message, signature)
    try:
        VerifyKey(key).verify(message, signature)
        return True
    except (BadSignatureError, ValueError):
        return False


def signature_is_valid_by_cryptography(key, message, signature):
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError:
        raise Cannot("needs python3-nacl or python3-cryptography to check a signature") from None
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
        return True
    except (InvalidSignature, ValueError):
        return False


def load_key(path):
    try:
        with open(path, encoding="utf-8") as stream:
            document = json.load(stream)
        key = decode_base64(document["public"], 32)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Cannot(f"{path}: cannot be read as a public key: {error}") from error
    if document.get("schema") == "percuss.key.v1" or "secret" in document:
        raise Cannot(f"{path}: is a secret key, and a secret key is no key to verify with: "
                     "give the public one, the .pub file beside it")
    if key is None or document.get("type") != "ed25519" or document.get("key_id") != key_id(key):
        raise Cannot(f"{path}: is no Ed25519 key file of percuss")
    return key


# --- JSON ---------------------------------------------------------------------------------------


def finite(digits):
    if not math.isfinite(float(digits)):
        raise ValueError("no JSON")
    return float(digits)


def parse(text):
    """A JSON document or None. What readers differ about is none: NaN, what no double holds, half a surrogate pair."""
    depth, most = 0, 0
    try:
        for bracket in re.findall(rb'"(?:[^"\\]|\\.)*"?|[\[{]|[\]}]', text, re.S):
            depth += (bracket in (b"[", b"{")) - (bracket in (b"]", b"}"))
            most = max(most, depth)
        document = json.loads(text.decode("utf-8-sig"), parse_constant=finite, parse_float=finite,
                              parse_int=lambda digits: int(digits) if finite(digits) is not None else 0)
        json.dumps(document, ensure_ascii=False).encode("utf-8")
        return document if most <= MAX_DEPTH else None
    except (ValueError, RecursionError):
        return None


def member(value, name, kind):
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, kind) else kind()


def dump(document):
    text = json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False)
    return (text + "\n").encode("utf-8", "surrogatepass")


def digests_of(entries, name, digest):
    """{path: SHA-256} of a list, or None when it is not such a list."""
    found = {}
    for entry in entries:
        path, value = member(entry, name, str), digest(entry)
        if not path or not value or path in found:
            return None
        found[path] = value
    return found if entries else None


# --- the check ----------------------------------------------------------------------------------


class Package:
    def __init__(self, path, key, trust=None):
        self.path, self.key, self.trust, self.others = path, key, trust, []
        self.problems, self.notes = {}, []
        self.files, self.texts = {}, {}
        self.manifest, self.statement, self.envelope = None, None, None
        self.subjects, self.payload = None, b""
        self.signed_by, self.key_verified = None, False

    def blame(self, path, what):
        self.problems.setdefault(path, what)

    def check(self):
        self.load()
        self.manifest = parse(self.texts.get(MANIFEST, b""))
        if MANIFEST not in self.files:
            self.blame(MANIFEST, "is missing, so this is no whole package")
        elif not isinstance(self.manifest, dict):
            self.manifest = None
            self.blame(MANIFEST, "is not valid JSON")
        self.integrity = member(self.manifest, "integrity", dict)
        self.read_statement()
        self.check_signature()
        self.check_files()
        if not self.problems and not self.statement_is_exact():
            self.blame(self.statement_path, "is not byte for byte what sealing wrote")
        if not self.problems and not os.path.isdir(self.path):
            offset = container_difference(self.path)
            if offset is not None:
                self.blame(os.path.basename(self.path),
                           "the zip is not byte for byte what sealing wrote, although its files "
                           f"are: first at byte {offset}")
        sealed = not self.problems
        self.check_signer(sealed)
        self.notes += beside.not_carried(self.manifest) if sealed else []
        return sealed

    def load(self):
        walk = folder_files if os.path.isdir(self.path) else zip_files
        for name, content, damage in walk(self.path):
            self.files[name] = sha256(content)
            if name in (MANIFEST, SIGNED, UNSIGNED):
                self.texts[name] = content
            if damage:
                self.blame(name, f"is damaged in the zip: {damage}")

    def read_statement(self):
        if SIGNED in self.files and UNSIGNED in self.files:
            self.blame(UNSIGNED, "was added: there are two")
        if SIGNED not in self.files and UNSIGNED not in self.files:
            self.statement_path = SIGNED if self.integrity.get("signed") is True else UNSIGNED
            return self.blame(self.statement_path, "is missing")
        self.statement_path = SIGNED if SIGNED in self.files else UNSIGNED
        payload = self.texts[self.statement_path]
        if self.statement_path == SIGNED:
            payload = self.open_envelope(parse(payload))
            if payload is None:
                return self.blame(SIGNED, "is no DSSE envelope")
        self.payload = payload
        self.statement = parse(payload)
        self.subjects = digests_of(
            member(self.statement, "subject", list), "name",
            lambda entry: member(member(entry, "digest", dict), "sha256", str))
        if self.subjects is None:
            self.blame(self.statement_path, "has no sound list of subjects")
        return None

    def open_envelope(self, envelope):
        signatures = member(envelope, "signatures", list)
        payload = decode_base64(member(envelope, "payload", str))
        sound = (
            isinstance(envelope, dict)
            and set(envelope) == {"payload", "payloadType", "signatures"}
            and 1 <= len(signatures) <= 64
            and all(isinstance(s, dict) and set(s) == {"keyid", "sig"}
                    and isinstance(s["keyid"], str) and decode_base64(s["sig"]) is not None
                    for s in signatures))
        if not sound:
            return None
        self.envelope = envelope
        return payload

    def is_signed_by(self, key):
        if self.envelope is None or key is None or self.envelope["payloadType"] != PAYLOAD_TYPE:
            return False
        message = b"DSSEv1 %d %s %d %s" % (len(PAYLOAD_TYPE), PAYLOAD_TYPE.encode(),
                                           len(self.payload), self.payload)
        return any(signature_is_valid(key, message, decode_base64(s["sig"]))
                   for s in self.envelope["signatures"])

    def check_signature(self):
        embedded = decode_base64(
            member(member(self.integrity, "public_key", dict), "public", str), 32)
        if self.envelope is None:
            if self.manifest is not None and self.integrity.get("signed") is not False:
                self.blame(self.statement_path, "is not signed, but the manifest says that it was")
        elif self.is_signed_by(self.key):
            self.signed_by, self.key_verified = key_id(self.key), True
        elif self.is_signed_by(embedded):
            self.signed_by = key_id(embedded)
        else:
            self.blame(self.statement_path,
                       "has no valid signature by the key that the manifest names")

    def check_files(self):
        listed = digests_of(member(self.integrity, "files", list), "path",
                            lambda entry: member(entry, "sha256", str))
        usable = self.subjects is not None and self.statement_path not in self.problems
        actual = self.files.get(MANIFEST)
        if self.subjects is not None and actual and self.subjects.get(MANIFEST) != actual:
            predicate = member(self.statement, "predicate", dict)
            if predicate.get("manifest_sha256") == actual:
                self.blame(self.statement_path, "contradicts itself about manifest.json")
            else:
                self.blame(MANIFEST, "is not the one that was sealed")
        if listed is None:
            self.blame(MANIFEST, "has no sound list of files")
        sound = listed is not None and MANIFEST not in self.problems
        if usable:
            self.compare(self.subjects, listed if sound else {})
        if listed is not None and (sound or not usable):
            self.compare(listed, {})

    def compare(self, sealed, witness):
        for path, digest in sealed.items():
            actual = self.files.get(path)
            if actual is None:
                self.blame(path, "is missing")
            elif actual != digest and witness.get(path) == actual:
                self.blame(self.statement_path, f"names another digest of {path}")
            elif actual != digest:
                self.blame(path, "has another content than was sealed")
        for path in self.files:
            if path in sealed or path in (self.statement_path, MANIFEST):
                continue
            if path in witness:
                self.blame(self.statement_path, f"does not name {path}")
            else:
                self.blame(path, "was added after sealing")

    def statement_is_exact(self):
        identity = member(self.manifest, "identity", dict)
        subjects = [{"name": path, "digest": {"sha256": digest}}
                    for path, digest in sorted(self.files.items()) if path != self.statement_path]
        expected = dump({
            "_type": "https://in-toto.io/Statement/v1",
            "predicateType": "urn:percuss:evidence:v1",
            "subject": subjects,
            "predicate": {
                "package_id": member(identity, "package_id", str),
                "verdict": member(self.manifest, "verdict", str),
                "created_at": member(identity, "created_at", str),
                "manifest_sha256": self.files[MANIFEST],
            }})
        if self.payload != expected:
            return False
        if self.envelope is None:
            return True
        signatures = self.envelope["signatures"]
        return (dump(self.envelope) == self.texts[SIGNED] and len(signatures) == 1
                and signatures[0]["keyid"] == self.signed_by)

    def check_signer(self, sealed):
        if not sealed:
            self.signed_by, self.key_verified = None, False
        if self.key is not None and not self.key_verified:
            if sealed:
                by = f", but by {self.signed_by}" if self.signed_by else ", nor by any"
                self.blame(self.statement_path,
                           f"is not signed by the given key {key_id(self.key)}{by}")
        elif self.signed_by and not self.key_verified:
            self.notes.append("the key was not verified: it is the one that the package names "
                              "itself; pass --key with the signer's public key")
        elif sealed and not self.signed_by:
            self.notes.append("the package is not signed: its digests show that it is whole, not "
                              "who sealed it")

    def check_beside(self, options, sealed):
        """Time stamps and further signatures beside the package, and whose they may be."""
        name = os.path.basename(os.path.normpath(self.path))
        digest, proven, good = "", "", set()
        is_zip = os.path.isfile(self.path)
        has_more = os.path.exists(self.path + ".intoto.jsonl")
        if is_zip and (beside.stamp_files(self.path) or has_more):
            digest = file_sha256(self.path)
            problems, proven = beside.check_stamps(self.path, digest, options.tsa_ca)
            self.others += problems
        if is_zip and options.tsa_ca and not beside.stamp_files(self.path):
            self.others.append((name + ".tsr", "is missing: there is no time stamp to verify"))
        identity = member(self.manifest, "identity", dict)
        if self.signed_by:
            what = beside.objection(self.trust, self.signed_by, member(identity, "created_at", str),
                                    proven) if self.trust is not None else ""
            if what:
                self.others.append((self.statement_path, what))
            else:
                good.add(self.signed_by)
            if self.trust is not None:
                self.key_verified = not what
                self.notes = [n for n in self.notes if not n.startswith("the key was not verified")]
        elif self.trust is not None and sealed:
            self.others.append((UNSIGNED, "is not signed, by no key of the trust file"))
        if is_zip and has_more:
            problems, signers = beside.check_signatures(
                self.path, digest, member(identity, "package_id", str), self.trust, sys.modules[__name__])
            self.others += problems
            good |= signers
        if len(good) < options.signatures:
            self.others.append((name, f"has good signatures by {len(good)} keys, and {options.signatures} "
                                      "were asked for"))

    def result(self, sealed):
        identity = member(self.manifest, "identity", dict)
        return {
            "sealed": sealed,
            "signed": self.signed_by is not None
                      and (self.key_verified or (self.key is None and self.trust is None)),
            "signer": self.signed_by or "",
            "key_verified": self.key_verified,
            "files": len(self.files),
            "package_id": member(identity, "package_id", str),
            "verdict": member(self.manifest, "verdict", str),
            "problems": [{"path": p, "what": w} for p, w in sorted(self.problems.items()) + self.others],
            "notes": self.notes,
        }


def file_sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as stream:
        while chunk := stream.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


NO_OPTIONS = argparse.Namespace(key=None, trust=None, tsa_ca=None, signatures=0)


def verify(path, options=NO_OPTIONS):
    key = load_key(options.key) if options.key else None
    try:
        trust = beside.load_trust(options.trust, decode_base64, key_id) if options.trust else None
    except beside.BadTrust as error:
        raise Cannot(str(error)) from error
    if not os.path.exists(path):
        raise Cannot(f"{path}: no such package")
    package, sealed = Package(path, key, trust), False
    try:
        if not os.path.isdir(path) and not os.path.isfile(path):
            raise Corrupt("a package is a zip file or a folder")
        sealed = package.check()
    except Corrupt as error:
        package = Package(path, key, trust)
        package.blame(os.path.basename(os.path.normpath(path)), str(error))
    except OSError as error:
        raise Cannot(f"{path}: {error}") from error
    package.check_beside(options, sealed)
    return package.result(sealed)


def print_text(result):
    words = [f"{result['files']} files", "sealed" if result["sealed"] else "SEAL BROKEN"]
    by = f"signed by {result['signer']}" if result["signer"] else "not signed"
    by += "" if result["signed"] or not result["signer"] else ", not by that key"
    words.append(by if result["sealed"] else "the signature was not checked")
    print(", ".join(words))
    for problem in result["problems"]:
        print(beside.visible(f"problem: {problem['path']}: {problem['what']}"))
    for note in result["notes"]:
        print(beside.visible(f"note: {note}"))


class Parser(argparse.ArgumentParser):
    def error(self, message):
        self.print_usage(sys.stderr)
        print(f"{self.prog}: {message}", file=sys.stderr)
        sys.exit(64)


def main():
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("package", help="the zip, or the same as a folder")
    parser.add_argument("--key", help="public key file (.pub) that must have signed the package")
    parser.add_argument("--trust", help="trust file: every signature must be by a key of it, in its time")
    parser.add_argument("--tsa-ca", help="CA certificates (PEM) of the authority whose time stamp must be there")
    parser.add_argument("--signatures", type=int, default=0, help="so many different keys at least must have signed")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    arguments = parser.parse_args()
    try:
        result = verify(arguments.package, arguments)
    except (Cannot, OSError) as error:
        print(f"percuss_verify.py: {error}", file=sys.stderr)
        return 1
    if arguments.json:
        print(json.dumps(result, indent=2, sort_keys=True))
    else:
        print_text(result)
    return 2 if result["problems"] else 0


if __name__ == "__main__":
    sys.exit(main())
