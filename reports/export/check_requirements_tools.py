# SPDX-License-Identifier: Apache-2.0
"""Exports for requirements tools and assessments, read by programs that are not ours; check_exports.py calls it.

CSV by Python's csv, Doorstop by python3-yaml, ReqIF by xmllint and ElementTree, OSCAL
against the official schema (python3-jsonschema), in-toto by its published members.
"""
import csv
import json
import re
import subprocess
import xml.etree.ElementTree

import jsonschema
import yaml

GREEN = {"pass", "PASSED", "satisfied"}
REQIF = "{http://www.omg.org/spec/ReqIF/20110401/reqif.xsd}"


def check_csv(folder):
    for path in sorted(folder.glob("*.csv")):
        csv.field_size_limit(1 << 20)
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            rows = list(reader)
        assert len(set(reader.fieldnames)) == len(reader.fieldnames), path.name
        assert all(None not in row and None not in row.values() for row in rows), path.name
        cells = [cell for row in rows for cell in row.values()]
        assert not any(cell[:1] in "=+-@\t\r\n" for cell in cells if cell), path.name
        results = [(row["kind"], row["result"]) for row in rows]
        judge(path, [result for kind, result in results if kind in ("campaign", "target")])
        assert ("campaign", "pass") in results or path.name != "pass.csv"


def judge(path, results):
    """What could not be judged is never green."""
    assert results, path.name
    if path.name.split(".")[0] in ("inconclusive", "infrastructure", "empty"):
        assert not GREEN & set(results), (path.name, results)


def check_doorstop(folder):
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for path in sorted(folder.glob("*.yml")):
        if path.name.startswith("many"):  # ten thousand times the same shapes
            continue
        items = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)
        for uid, item in items.items():
            assert re.fullmatch(r"PERCUSS-[A-Za-z0-9]+", uid), (path.name, uid)
            assert item["active"] is True and item["links"] == [] and item["reviewed"] is None
            own = set(item) - {"active", "derived", "normative", "links", "reviewed"}
            assert all(isinstance(item[name], str) for name in own), (path.name, uid)
        judge(path, [item["result"] for item in items.values() if item["kind"] in ("campaign", "target")])


def check_reqif(folder):
    paths = sorted(folder.glob("*.reqif"))
    subprocess.run(["xmllint", "--noout", "--huge", "--nonet", *map(str, paths)], check=True)
    for path in paths:
        root = xml.etree.ElementTree.parse(path).getroot()
        assert root.tag == REQIF + "REQ-IF"
        assert root.find(f".//{REQIF}REQ-IF-VERSION").text == "1.0"  # what the schema fixes
        ids = [element.get("IDENTIFIER") for element in root.iter() if element.get("IDENTIFIER")]
        assert len(ids) == len(set(ids)), path.name
        assert all(re.fullmatch(r"_[0-9a-f-]{36}", identifier) for identifier in ids), path.name
        known = set(ids)
        references = [element.text for element in root.iter() if element.tag.endswith("-REF")]
        assert references and all(reference in known for reference in references), path.name
        names = {element.get("IDENTIFIER"): element.get("LONG-NAME") for element in root.iter()}
        results = []
        for item in root.iter(REQIF + "SPEC-OBJECT"):
            kind = names[item.find(f"{REQIF}TYPE/{REQIF}SPEC-OBJECT-TYPE-REF").text]
            values = {names[value.find(f".//{REQIF}ATTRIBUTE-DEFINITION-STRING-REF").text]: value.get("THE-VALUE")
                      for value in item.find(REQIF + "VALUES")}
            results += [values["result"]] if kind in ("campaign", "target") else []
        judge(path, results)


def oscal_validator(schema):
    # The schema's regular expressions are ECMA's; Python's re has no \p.
    text = json.dumps(schema).replace(r"\\p{L}", "[A-Za-z]").replace(r"\\p{N}", "[0-9]")
    schema = json.loads(text)
    return jsonschema.validators.validator_for(schema)(schema, format_checker=jsonschema.FormatChecker())


def check_oscal(folder, schema):
    validator = oscal_validator(schema)
    for path in sorted(folder.glob("*.oscal.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        result = document["assessment-results"]["results"][0]
        observed = {observation["uuid"] for observation in result["observations"]}
        assert len(observed) == len(result["observations"]), path.name
        related = {link["observation-uuid"] for finding in result["findings"]
                   for link in finding.get("related-observations", [])}
        assert related <= observed, path.name
        # A criterion may be met in a campaign that as a whole could not be judged.
        judge(path, [finding["target"]["status"]["state"] for finding in result["findings"]
                     if not finding["target"]["target-id"].startswith("criterion-")])
        if path.name.startswith("many"):  # as in check_exports.py
            result["observations"] = result["observations"][:20]
            for finding in result["findings"]:
                finding["related-observations"] = finding.get("related-observations", [])[:20] or [
                    {"observation-uuid": result["observations"][0]["uuid"]}]
        errors = [f"{path.name}: {error.json_path}: {error.message[:200]}" for error in validator.iter_errors(document)]
        assert not errors, "\n".join(errors[:10])
        del result["findings"][0]["target"]["status"]["state"]
        assert list(validator.iter_errors(document)), "the validator accepts a status without a state"


def check_intoto(folder):
    for path in sorted(folder.glob("*.intoto.jsonl")):
        statements = [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]
        assert [statement["predicateType"] for statement in statements] == [
            "https://in-toto.io/attestation/test-result/v0.1", "https://in-toto.io/attestation/svr/v0.1"], path.name
        for statement in statements:
            assert set(statement) == {"_type", "subject", "predicateType", "predicate"}
            assert statement["_type"] == "https://in-toto.io/Statement/v1"
            assert statement["subject"] and all(re.fullmatch("[0-9a-f]{64}", subject["digest"]["sha256"])
                                                for subject in statement["subject"]), path.name
        test, verified = (statement["predicate"] for statement in statements)
        assert set(test) == {"result", "configuration", "passedTests", "warnedTests", "failedTests"}
        assert test["result"] in ("PASSED", "FAILED") and (test["result"] == "FAILED") == bool(
            "campaign" in test["failedTests"]), path.name
        assert set(verified) == {"verifier", "timeCreated", "properties"}
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", verified["timeCreated"]), path.name
        assert re.fullmatch(r"urn:percuss:verifier:[\w.-]+", verified["verifier"]["id"], re.ASCII), path.name
        judge(path, [test["result"]])
        for name in ("target ", "campaign"):
            passed = any(test_name.startswith(name) for test_name in test["passedTests"])
            assert passed == any(name.strip().upper() in value.split(":")[0] for value in verified["properties"])


def check_all(folder, schema):
    check_csv(folder)
    check_doorstop(folder)
    check_reqif(folder)
    check_oscal(folder, schema)
    check_intoto(folder)
