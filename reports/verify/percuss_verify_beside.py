# SPDX-License-Identifier: Apache-2.0
"""What lies beside packages and records, for the two verifiers here: trust files, further signatures, time stamps.

Shares no code with percuss. Time stamps are checked by `openssl ts`.
"""
import calendar
import json
import os
import re
import subprocess
import time

UTC_SECOND = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ")
PAYLOAD_TYPE = "application/vnd.in-toto+json"
MONTHS = {name: number for number, name in enumerate(
    "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), start=1)}


class BadTrust(Exception):
    """The trust file cannot be used: nobody can tell."""


# --- what is shown --------------------------------------------------------------------------------


# Characters that show nothing, or that change how others are shown: controls, breaks, direction overrides.
HIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
                    "\ud800-\udfff\U000e0000-\U000e0fff]")


def not_carried(manifest):
    """Documents that the validation files in a package name, and that it does not carry."""
    absent = manifest.get("absent") if isinstance(manifest, dict) else None
    rows = [row for row in absent if isinstance(row, dict)] if isinstance(absent, list) else []
    told = [(row.get("section"), row.get("reason")) for row in rows]
    return [f"{section}: {reason}" for section, reason in told
            if isinstance(section, str) and isinstance(reason, str) and section.startswith("validation")]


def visible(text):
    """One line on which nothing can pass for another line or another text."""
    return HIDDEN.sub(lambda found: f"<U+{ord(found.group()):04X}>", text)


# --- whose signatures count, and when -----------------------------------------------------------


def load_trust(path, decode_key, key_id):
    """{key id: entry} of a file of schema percuss.trust.v1; each entry gets the key's bytes as "key"."""
    try:
        with open(path, encoding="utf-8") as stream:
            document = json.load(stream)
        if set(document) != {"schema", "keys"} or document["schema"] != "percuss.trust.v1":
            raise ValueError("is no trust file")
        trust = {}
        for entry in document["keys"]:
            key = decode_key(entry["public"], 32)
            revoked = entry.get("revoked", {"at": "2000-01-01T00:00:00Z", "reason": "-"})
            times = [entry["valid_from"], entry.get("valid_until", entry["valid_from"]), revoked["at"]]
            sound = (key is not None and entry["key_id"] == key_id(key) and entry["key_id"] not in trust
                     and all(UTC_SECOND.fullmatch(at) for at in times) and revoked["reason"] and entry["name"])
            if not sound:
                raise ValueError(f"has an unsound entry: {entry.get('name')}")
            trust[entry["key_id"]] = dict(entry, key=key)
        return trust
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadTrust(f"{path}: {error}") from error


def objection(trust, signer, at, proven):
    """What speaks against a signature of `at` by the key with this id; "" for nothing."""
    entry = trust.get(signer)
    if entry is None:
        return f"is signed by {signer}, which the trust file does not name"
    named = f"the key {entry['name']} ({signer})"
    if not UTC_SECOND.fullmatch(at):
        return f"is signed by {named} at no time that can be read"
    if at < entry["valid_from"]:
        return f"is signed at {at}, before {named} counts, from {entry['valid_from']}"
    if at >= entry.get("valid_until", "9999"):
        return f"is signed at {at}, when {named} no longer counted, since {entry['valid_until']}"
    revoked = entry.get("revoked")
    if revoked and (not proven or proven >= revoked["at"]):
        return f"is signed by {named}, which was revoked from {revoked['at']} on ({revoked['reason']})"
    return ""


# --- time stamps --------------------------------------------------------------------------------


def stamp_files(stem):
    files, number = [], 1
    while os.path.exists(path := f"{stem}.tsr" if number == 1 else f"{stem}.{number}.tsr"):
        files.append(path)
        number += 1
    return files


def is_one_sequence(data):
    """Whether the bytes are one DER SEQUENCE and nothing behind it, which openssl does not mind."""
    if len(data) < 2 or data[0] != 0x30:
        return False
    if data[1] < 0x80:
        return len(data) == 2 + data[1]
    digits = data[1] & 0x7F
    return digits <= 4 and len(data) == 2 + digits + int.from_bytes(data[2:2 + digits], "big")


def read_stamp(path):
    """(SHA-256, time as RFC 3339) of an answer, or None."""
    with open(path, "rb") as stream:
        if not is_one_sequence(stream.read(1 << 20)):
            return None
    shown = subprocess.run(["openssl", "ts", "-reply", "-in", path, "-text"], capture_output=True, check=False)
    text = shown.stdout.decode("utf-8", "replace")
    found = re.search(r"^Time stamp: (\w{3}) +(\d+) (\d\d:\d\d:\d\d)(?:\.\d+)? (\d{4}) GMT$", text, re.M)
    if shown.returncode != 0 or not found or not re.search(r"^Hash Algorithm: sha256$", text, re.M):
        return None
    dump = re.findall(r"^    [0-9a-f]{4} - ((?:[0-9a-f]{2}[ -]){16})", text, re.M)
    month, day, clock, year = found.groups()
    digest = re.sub("[^0-9a-f]", "", "".join(dump[:2]))
    return digest, f"{year}-{MONTHS[month]:02}-{int(day):02}T{clock}Z"


def check_stamps(stem, digest, tsa_ca):
    """([(file, what is wrong)], earliest proven time or "")."""
    problems, proven = [], []
    for path in stamp_files(stem):
        name = os.path.basename(path)
        stamp = read_stamp(path)
        if stamp is None:
            problems.append((name, "is no answer of a time-stamping authority"))
        elif stamp[0] != digest:
            problems.append((name, "is for other content"))
        elif tsa_ca:
            at = calendar.timegm(time.strptime(stamp[1], "%Y-%m-%dT%H:%M:%SZ"))
            checked = subprocess.run(["openssl", "ts", "-verify", "-digest", digest, "-in", path, "-CAfile", tsa_ca,
                                      "-attime", str(at)], capture_output=True, check=False)
            if checked.returncode != 0:
                problems.append((name, "is not by an authority that the given CA vouches for"))
            else:
                proven.append(stamp[1])
    return problems, min(proven, default="")


# --- further signatures -------------------------------------------------------------------------


def read_line(line, tools):
    """(key id, statement) of a line of PACKAGE.intoto.jsonl; a text that says what is wrong instead."""
    envelope = tools.parse(line)
    sound = (isinstance(envelope, dict) and set(envelope) == {"payload", "payloadType", "signatures"}
             and envelope["payloadType"] == PAYLOAD_TYPE and isinstance(envelope["signatures"], list)
             and len(envelope["signatures"]) == 1 and isinstance(envelope["signatures"][0], dict)
             and set(envelope["signatures"][0]) == {"keyid", "sig"}
             and json.dumps(envelope, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode(
                 "utf-8", "surrogatepass") == line)
    payload = tools.decode_base64(envelope["payload"]) if sound else None
    signature = tools.decode_base64(envelope["signatures"][0]["sig"]) if sound else None
    if payload is None or signature is None:
        return "is not byte for byte what was written"
    statement = tools.parse(payload)
    try:
        predicate = statement["predicate"]
        texts = {"package_id", "name", "role", "meaning", "time", "public_key"}
        sound = (set(statement) == {"_type", "subject", "predicateType", "predicate"}
                 and statement["_type"] == "https://in-toto.io/Statement/v1"
                 and statement["predicateType"] == "urn:percuss:signature:v1" and set(predicate) == texts
                 and all(isinstance(predicate[text], str) for text in texts) and len(statement["subject"]) == 1
                 and set(statement["subject"][0]) == {"name", "digest"}
                 and isinstance(statement["subject"][0]["name"], str)
                 and set(statement["subject"][0]["digest"]) == {"sha256"})
        key = tools.decode_base64(predicate["public_key"], 32)
    except (TypeError, KeyError, IndexError):
        return "is no signature of type urn:percuss:signature:v1"
    message = b"DSSEv1 %d %s %d %s" % (len(PAYLOAD_TYPE), PAYLOAD_TYPE.encode(), len(payload), payload)
    if not sound or key is None:
        return "has other members than a signature has"
    signer = tools.key_id(key)
    if envelope["signatures"][0]["keyid"] != signer or not tools.signature_is_valid(key, message, signature):
        return "is not signed by the key that it names"
    return signer, statement


def check_signatures(package, digest, package_id, trust, tools):
    """([(file:line, what is wrong)], ids of the keys whose signatures are good)."""
    path = package + ".intoto.jsonl"
    problems, good = [], set()
    if not os.path.exists(path):
        return problems, good
    with open(path, "rb") as stream:
        lines = stream.read(16 << 20).split(b"\n")
    if lines[-1]:
        lines[-1] = b""
        problems.append((f"{os.path.basename(path)}:{len(lines)}", "is cut short"))
    for number, line in enumerate(lines[:-1], start=1):
        found = read_line(line, tools)
        if isinstance(found, str):
            what = found
        else:
            signer, statement = found
            what = ""
            if statement["subject"][0]["digest"]["sha256"] != digest:
                what = "signs another package"
            elif statement["predicate"]["package_id"] != package_id:
                what = "names another package id than the package that it signs"
            elif trust is not None:
                what = objection(trust, signer, statement["predicate"]["time"], "")
            if not what:
                good.add(signer)
        if what:
            problems.append((f"{os.path.basename(path)}:{number}", what))
    return problems, good
