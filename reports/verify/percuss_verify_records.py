#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Checks a file of percuss records without percuss: every line, their order, their signatures, and the head beside it.

A second opinion: shares no code with `percuss history`. Without --key each record is checked against the key that it
names itself, which proves that nothing changed, not who signed.

Exit codes: 0 whole, 2 broken or signed by a key that was not given, 1 cannot tell, 64 bad usage.
Example: percuss_verify_records.py records.jsonl --key lab.pub --json
"""
import argparse
import json
import sys

import percuss_verify_beside as beside
import percuss_verify_severity as severity
from percuss_verify import Cannot, Parser, decode_base64, dump, key_id, load_key, parse, sha256, signature_is_valid

RECORD = "application/vnd.percuss.record+json"
HEAD = "application/vnd.percuss.records-head+json"
NO_RECORD = "0" * 64
MAX_BYTES = 256 << 20


class Broken(Exception):
    """A line that is not what was written."""


def open_envelope(text, payload_type, exact):
    """(payload, key) of the envelope whose bytes `text` must be."""
    envelope = parse(text)
    signatures = envelope.get("signatures") if isinstance(envelope, dict) else None
    sound = (isinstance(signatures, list) and set(envelope) == {"payload", "payloadType", "signatures"}
             and len(signatures) == 1 and isinstance(signatures[0], dict) and set(signatures[0]) == {"keyid", "sig"}
             and envelope["payloadType"] == payload_type)
    payload = decode_base64(envelope["payload"]) if sound else None
    signature = decode_base64(signatures[0]["sig"]) if sound else None
    if payload is None or signature is None or exact(envelope) != text:
        raise Broken("is not byte for byte what was written")
    content = parse(payload)
    try:
        key = decode_base64(content["by"]["public_key"], 32)
    except (TypeError, KeyError):
        key = None
    message = b"DSSEv1 %d %s %d %s" % (len(payload_type), payload_type.encode(), len(payload), payload)
    if key is None or signatures[0]["keyid"] != key_id(key) or not signature_is_valid(key, message, signature):
        raise Broken("is not signed by the key that it names")
    return content, key


def by_another(key, keys):
    """What speaks against a signature by the key; "" for nothing."""
    return f"is signed by {key_id(key)}, no key that was given" if keys and key not in keys else ""


def compact(document):
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def is_record(content):
    texts = {"schema", "previous", "at", "kind"}
    return (set(content) == {*texts, "sequence", "by", "package", "body"}
            and all(isinstance(content[name], str) for name in texts) and content["schema"] == "percuss.record.v1"
            and isinstance(content["by"], dict) and set(content["by"]) == {"name", "role", "public_key"}
            and isinstance(content["package"], dict) and set(content["package"]) == {"id", "sha256"}
            and all(isinstance(text, str) for part in ("by", "package") for text in content[part].values()))


def check_lines(text, keys):
    """[(digest, key id, time)] of the records, and [(line, what)] of those that do not count; key id None for these.

    Raises Broken with the problems up to the line that is not what was written."""
    records, others = [], []
    number = 0
    while text:
        number += 1
        line, newline, text = text.partition(b"\n")
        try:
            if not newline:
                raise Broken("is cut short")
            content, key = open_envelope(line, RECORD, compact)
            if not is_record(content):
                raise Broken("is no record")
            if content["sequence"] is not True and content["sequence"] == number and \
                    content["previous"] == (records[-1][0] if records else NO_RECORD):
                what = by_another(key, keys)
                if not what and content["kind"] == "severity" and not severity.holds(content["body"]):
                    what = "is a severity whose answers do not give its vector and scores"
                others += [(number, what)] if what else []
                records.append((sha256(line), None if what else key_id(key), content["at"]))
            else:
                raise Broken("does not follow the record before it")
        except Broken as problem:
            raise Broken(others + [(number, str(problem))]) from None
    return records, others


def check_beside(path, records, trust, tsa_ca):
    """What trust file and time stamps say: [(line, what)]."""
    problems, proven, any_stamp = [], "", False
    for number in range(len(records), 0, -1):
        digest, signer, at = records[number - 1]
        found, own = beside.check_stamps(f"{path}.{number}", digest, tsa_ca)
        any_stamp = any_stamp or bool(beside.stamp_files(f"{path}.{number}"))
        here = [(number, f"the time stamp {name} {what}") for name, what in found]
        if own and (not proven or own < proven):
            proven = own
        what = beside.objection(trust, signer, at, proven) if trust is not None and signer else ""
        problems = here + ([(number, what)] if what else []) + problems
    if tsa_ca and not any_stamp:
        problems.append((0, "has no time stamp beside it to verify"))
    return problems


def check_head(text, digests, keys):
    content, key = open_envelope(text, HEAD, dump)
    if set(content) != {"schema", "records", "sha256", "by"} or content["schema"] != "percuss.records-head.v1" or \
            set(content["by"]) != {"public_key"}:
        raise Broken("is no head")
    count = content["records"]
    if type(count) is not int or not 1 <= count <= len(digests):
        raise Broken("tells of another number of records: the end is missing")
    if content["sha256"] != digests[count - 1] or count + 1 < len(digests):
        raise Broken("tells of other records")
    what = by_another(key, keys)
    return [(0, f"the head {what}: records may be missing at the end")] if what else []


def read(path):
    try:
        with open(path, "rb") as stream:
            return stream.read(MAX_BYTES)
    except OSError as error:
        raise Cannot(f"{path}: {error}") from error


def verify(path, keys, trust=None, tsa_ca=None):
    """The problems (line, what): of the chain, which ends at what is broken, then beside it; line 0 is the head."""
    text = read(path)
    if trust is not None:
        keys = keys + [entry["key"] for entry in trust.values()]
    try:
        records, others = check_lines(text, keys)
    except Broken as problem:
        return problem.args[0]
    try:
        others += check_head(read(path + ".head"), [record[0] for record in records], keys)
    except (Broken, Cannot) as problem:
        return others + [(0, f"the head {problem}")]
    return others + check_beside(path, records, trust, tsa_ca)


def main():
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("records", nargs="+", help="the files; each has its .head beside it")
    parser.add_argument("--key", action="append", default=[], help="a public key file (.pub) that may sign; repeat it")
    parser.add_argument("--trust", help="trust file: every record must be signed by a key of it, in its time")
    parser.add_argument("--tsa-ca", help="CA certificates (PEM) of the authority whose time stamp must be there")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    arguments = parser.parse_args()
    try:
        keys = [load_key(path) for path in arguments.key]
        trust = beside.load_trust(arguments.trust, decode_base64, key_id) if arguments.trust else None
        found = {path: verify(path, keys, trust, arguments.tsa_ca) for path in arguments.records}
    except (Cannot, beside.BadTrust) as error:
        print(f"percuss_verify_records.py: {error}", file=sys.stderr)
        return 1
    if arguments.json:
        print(json.dumps({path: [{"line": line, "what": what} for line, what in problems]
                          for path, problems in found.items()}, indent=2, sort_keys=True))
    else:
        for path, problems in found.items():
            for line, what in problems:
                print(beside.visible(f"problem: {path}:{line}: {what}"))
            if not problems:
                print(beside.visible(f"{path}: whole"))
    return 2 if any(found.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
