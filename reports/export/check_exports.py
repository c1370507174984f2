#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""check_exports.py WRITE_SAMPLE SOURCE_DIR COUNT: validates what the exports write with programs that are not ours.

SARIF, OpenVEX, CSAF and OSV against the official schemas (python3-jsonschema), found in $PERCUSS_SCHEMAS or
SOURCE_DIR/../shared/schemas; CSAF against the mandatory tests of its section 6.1 that can go wrong here; JUnit with
xmllint (libxml2-utils) and read back by python3-junitparser; what else there is in check_requirements_tools.py.
COUNT is the number of findings of the largest record. Anything missing is a failure.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import urllib.parse

import jsonschema
import junitparser

import check_requirements_tools

def schema_path(source, name):
    folders = [os.environ.get("PERCUSS_SCHEMAS"), pathlib.Path(source) / ".." / "shared" / "schemas"]
    tried = [pathlib.Path(f) / name for f in folders if f]
    for path in tried:
        if path.is_file():
            return path
    sys.exit("no schema at " + " or ".join(map(str, tried)) + "; set PERCUSS_SCHEMAS to the folder that holds " + name)


def check_sarif(folder, source, count):
    schema = json.loads(schema_path(source, "sarif-2.1.0.schema.json").read_text(encoding="utf-8"))
    validator_class = jsonschema.validators.validator_for(schema)
    validator = validator_class(schema, format_checker=jsonschema.FormatChecker())
    broken = {"version": "2.1.0", "runs": [{"results": []}]}
    assert list(validator.iter_errors(broken)), "the validator accepts a run without a tool"
    for path in sorted(folder.glob("*.sarif")):
        log = json.loads(path.read_text(encoding="utf-8"))
        results = log["runs"][0]["results"]
        if path.stem == "many":  # the same few shapes over and over; a schema check of each takes minutes
            assert len(results) >= count, len(results)
            log["runs"][0]["results"] = results[:20]
        errors = [f"{path.name}: {e.json_path}: {e.message[:200]}" for e in validator.iter_errors(log)]
        assert not errors, "\n".join(errors[:10])
        check_places(log["runs"][0], path.name)
        ids = [rule["id"] for rule in log["runs"][0]["tool"]["driver"]["rules"]]
        for result in log["runs"][0]["results"]:
            assert ids[result["ruleIndex"]] == result["ruleId"]
        assert bool(results) == (path.stem != "pass"), path.name


def bom_validator(source):
    """Of CycloneDX 1.6, with the two schemas that it refers to by the places where they are published."""
    schema, spdx, jsf = (json.loads(schema_path(source, name).read_text(encoding="utf-8"))
                         for name in ("bom-1.6.schema.json", "spdx.schema.json", "jsf-0.82.schema.json"))
    base = schema["$id"].rsplit("/", 1)[0] + "/"
    store = {base + "spdx.schema.json": spdx, base + "jsf-0.82.schema.json": jsf}
    store |= {other["$id"]: other for other in (spdx, jsf) if "$id" in other}
    resolver = jsonschema.RefResolver.from_schema(schema, store=store)
    return jsonschema.Draft7Validator(schema, resolver=resolver, format_checker=jsonschema.FormatChecker())


def check_cyclonedx(folder, source):
    validator = bom_validator(source)
    assert list(validator.iter_errors({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{}]}))
    for path in sorted(folder.glob("*.cdx.json")):
        bom = json.loads(path.read_text(encoding="utf-8"))
        name = path.name.split(".")[0]
        if name == "many":  # the same few shapes over and over
            for entry in bom["vulnerabilities"]:
                del entry["properties"][20:]
        errors = [f"{path.name}: {e.json_path}: {e.message[:200]}" for e in validator.iter_errors(bom)]
        assert not errors, "\n".join(errors[:10])
        check_references(bom, path.name)
        assert bool(bom["vulnerabilities"]) == (name not in ("pass", "inconclusive", "infrastructure", "empty")), name
        scores = [entry["conformance"].get("score") for entry in bom["declarations"]["attestations"][0]["map"]]
        assert name not in ("inconclusive", "infrastructure") or 1 not in scores[:5], "what nobody knows conforms"


def check_references(bom, name):
    """Every id is there once, and every reference is to one of them."""
    def walk(value):
        if isinstance(value, dict):
            if "bom-ref" in value:
                made.append(value["bom-ref"])
            for key, member in value.items():
                if key in ("ref", "target", "assessor", "requirement") and isinstance(member, str):
                    named.add(member)
                elif key in ("dependsOn", "claims", "evidence", "counterEvidence") and member and \
                        isinstance(member[0], str):
                    named.update(member)
                walk(member)
        elif isinstance(value, list):
            for member in value:
                walk(member)
    made, named = [], set()
    walk(bom)
    assert len(made) == len(set(made)), (name, "ids twice")
    assert named <= set(made), (name, list(named - set(made))[:5])


def places(value):
    """Every artifactLocation below a JSON value."""
    if isinstance(value, dict):
        if "artifactLocation" in value:
            yield value["artifactLocation"]
        for member in value.values():
            yield from places(member)
    elif isinstance(value, list):
        for member in value:
            yield from places(member)


def check_places(run, name):
    """SARIF 2.1.0: 3.4.4, a location with a base is relative; 3.14.14, a base is absolute and ends with a slash."""
    bases = run["originalUriBaseIds"]
    roots = [base["uri"] for base in bases.values() if "uri" in base]
    assert all(root.startswith("file:///") and root.endswith("/") for root in roots), (name, roots)
    for place in places(run["results"]):
        absolute = bool(urllib.parse.urlsplit(place["uri"]).scheme)
        assert not (absolute and "uriBaseId" in place), (name, place)
        assert place.get("uriBaseId", "SRCROOT") in bases, (name, place)
        assert not any(place["uri"].startswith(root) for root in roots), (name, place)


def official(source, name, **others):
    """A validator for the schema; `others` are schemas that it refers to."""
    store = {}
    for other in others.values():
        schema = json.loads(schema_path(source, other).read_text(encoding="utf-8"))
        store[schema["$id"] if "$id" in schema else schema["id"]] = schema
        store["https://www.first.org/cvss/" + other] = schema
    schema = json.loads(schema_path(source, name).read_text(encoding="utf-8"))
    kind = jsonschema.validators.validator_for(schema)
    return kind(schema, format_checker=jsonschema.FormatChecker(),
                resolver=jsonschema.RefResolver.from_schema(schema, store=store))


def refuse(validator, document, name):
    errors = [f"{name}: {e.json_path}: {e.message[:200]}" for e in validator.iter_errors(document)]
    assert not errors, "\n".join(errors[:10])


def check_openvex(folder, source):
    validator = official(source, "openvex-0.2.0.schema.json")
    assert list(validator.iter_errors({"statements": []})), "the validator accepts a document without statements"
    for path in sorted(folder.glob("*.openvex.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        states = {statement["status"] for statement in document["statements"]}
        assert path.stem == "disposed.openvex" or states == {"under_investigation"}, (path.name, states)
        document["statements"] = document["statements"][:40]
        refuse(validator, document, path.name)
    assert states and not (folder / "pass.openvex.json").exists(), "nothing was found: there is nothing to state"


def check_osv(folder, source):
    validator = official(source, "osv.schema.json")
    assert list(validator.iter_errors({"id": "F-1", "modified": "2026-01-01T00:00:00Z"})), "ids without x_ pass"
    count = 0
    for path in sorted(folder.glob("*.osv.json")):
        records = json.loads(path.read_text(encoding="utf-8"))
        assert bool(records) == (path.stem != "pass.osv"), path.name
        for record in records[:40]:
            refuse(validator, record, path.name)
            count += 1
    assert count > 20
    assert not (folder / "inconclusive.osv.json").exists(), "an empty list looks clean"


def csaf_faults(document):
    """Mandatory tests of CSAF 2.0, by their number in section 6.1."""
    tree, tracking = document["product_tree"], document["document"]["tracking"]
    defined = [name["product_id"] for name in tree["full_product_names"]]
    relations = tree.get("relationships", [])
    defined += [relation["full_product_name"]["product_id"] for relation in relations]
    used = {relation[end] for relation in relations for end in ("product_reference", "relates_to_product_reference")}
    cves = []
    groups = {"affected": ["known_affected"], "not_affected": ["known_not_affected"], "fixed": ["fixed"],
              "open": ["under_investigation"]}
    for vulnerability in document["vulnerabilities"]:
        status = vulnerability["product_status"]
        cves += [vulnerability["cve"]] if "cve" in vulnerability else []
        seen = [p for names in groups.values() for name in names for p in status.get(name, [])]
        used.update(seen)
        if len(seen) != len(set(seen)):
            yield "6.1.6"
        scored = [(p, score["cvss_v3"]["version"]) for score in vulnerability.get("scores", [])
                  for p in score["products"]]
        used.update(product for product, _ in scored)
        if len(scored) != len(set(scored)):
            yield "6.1.7"
        if {product for product, _ in scored} & set(status.get("fixed", []) + status.get("known_not_affected", [])):
            yield "6.2.19"
        remedied = {p for remedy in vulnerability.get("remediations", []) for p in remedy["product_ids"]}
        explained = {p for threat in vulnerability.get("threats", []) for p in threat["product_ids"]}
        flagged = {p for flag in vulnerability.get("flags", []) for p in flag["product_ids"]}
        used.update(remedied, explained, flagged)
        if not {"cve", "ids"} & set(vulnerability):
            yield "6.1.27.8"
        if not set(status.get("known_not_affected", [])) <= explained | flagged:
            yield "6.1.27.9"
        if not set(status.get("known_affected", [])) <= remedied:
            yield "6.1.27.10"
    if not used <= set(defined):
        yield "6.1.1"
    if len(defined) != len(set(defined)):
        yield "6.1.2"
    if len(cves) != len(set(cves)):
        yield "6.1.23"
    history = tracking["revision_history"]
    numbers = [int(item["number"]) for item in sorted(history, key=lambda item: item["date"])]
    if numbers != list(range(1, len(numbers) + 1)) or str(numbers[-1]) != tracking["version"]:
        yield "6.1.14, 6.1.16, 6.1.21 or 6.1.22"


def check_csaf(folder, source):
    validator = official(source, "csaf-2.0.schema.json", v2="cvss-v2.0.json", v30="cvss-v3.0.json",
                         v31="cvss-v3.1.json")
    assert list(validator.iter_errors({"document": {}})), "the validator accepts an empty document"
    for path in sorted(folder.glob("*.csaf.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        faults = list(csaf_faults(document))
        assert not faults, (path.name, faults)
        document["vulnerabilities"] = document["vulnerabilities"][:40]
        refuse(validator, document, path.name)
        if path.stem == "disposed.csaf":
            document["vulnerabilities"][0]["product_status"] = {"known_affected": ["P-nowhere"]}
            assert {"6.1.1", "6.1.27.10"} <= set(csaf_faults(document)), "the tests find nothing"
    assert not (folder / "pass.csaf.json").exists()


def check_scores(folder):
    """Of the record whose findings were scored by somebody: each score is the vector's, and nobody's else."""
    def of(name):
        return json.loads((folder / f"disposed.{name}").read_text(encoding="utf-8"))
    run = of("sarif")["runs"][0]
    said = {result["properties"]["findingId"]: result["properties"] for result in run["results"]
            if "partialFingerprints" in result}
    scored = {name: (its["cvss"]["vectorString"], its["security-severity"]) for name, its in said.items()
              if "cvss" in its}
    assert len(scored) == 5 and len(said) == 7, scored
    oracle = pathlib.Path(__file__).parent.parent / "records" / "cvss_scores.rb"
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as vectors:
        vectors.write("".join(vector + "\n" for vector, _ in scored.values()))
        vectors.flush()
        told = subprocess.run(["ruby", str(oracle), vectors.name], check=True, capture_output=True, text=True).stdout
    assert [line.split()[0] for line in told.splitlines()] == [score for _, score in scored.values()], (told, scored)
    ratings = [(rating["vector"], f"{rating['score']:.1f}") for entry in of("cdx.json")["vulnerabilities"]
               for rating in entry.get("ratings", [])]
    assert sorted(ratings) == sorted(scored.values()), ratings
    entries = {entry["id"].removeprefix("x_percuss_"): entry for entry in of("osv.json")}
    assert {name: entry["severity"][0]["score"] for name, entry in entries.items() if "severity" in entry} == \
        {name: vector for name, (vector, _) in scored.items()}
    vectors = {score["cvss_v3"]["vectorString"] for entry in of("csaf.json")["vulnerabilities"]
               for score in entry.get("scores", [])}
    assert len(vectors) == 4 and vectors < {vector for vector, _ in scored.values()}, "one is not affected"
    assert [taxonomy["version"] for taxonomy in run["taxonomies"]] == ["4.14"]


def check_junit(folder, count):
    paths = sorted(folder.glob("*.junit.xml"))
    subprocess.run(["xmllint", "--noout", "--huge", *map(str, paths)], check=True)
    totals = {}
    for path in paths:
        suites = junitparser.JUnitXml.fromfile(str(path))
        outcomes = {"passed": 0, "Failure": 0, "Error": 0, "Skipped": 0}
        names = set()
        for suite in suites:
            cases = list(suite)
            assert suite.tests == len(cases), path.name
            for case in cases:
                assert (case.classname, case.name) not in names, (path.name, case.classname[:80], case.name[:80])
                names.add((case.classname, case.name))
                for result in case.result or [None]:
                    outcomes[type(result).__name__ if result else "passed"] += 1
        assert suites.failures == outcomes["Failure"] and suites.errors == outcomes["Error"], path.name
        totals[path.name.split(".")[0]] = outcomes
    assert totals["sample"]["Failure"] == 7 + 3 + 1 + 1, totals["sample"]
    assert totals["sample"]["Error"] == 2, totals["sample"]
    assert totals["many"]["Failure"] >= count, totals["many"]
    assert totals["pass"]["Failure"] == 1, "the criterion that is not met"
    for unknown in ("inconclusive", "infrastructure", "empty"):
        assert totals[unknown]["Error"] > 0, unknown


def check_markdown(folder):
    for path in sorted(folder.glob("*.md")):
        columns = 0
        for line in path.read_text(encoding="utf-8").splitlines():
            bars = line.replace("\\|", "").count("|")
            assert not (columns and bars and bars != columns), f"{path.name}: {line[:200]}"
            columns = bars


def main():
    write_sample, source, count = sys.argv[1:]
    with tempfile.TemporaryDirectory() as name:
        subprocess.run([write_sample, name, "exports", count], check=True)
        check_sarif(pathlib.Path(name), source, int(count))
        check_cyclonedx(pathlib.Path(name), source)
        check_junit(pathlib.Path(name), int(count))
        check_markdown(pathlib.Path(name))
        check_openvex(pathlib.Path(name), source)
        check_osv(pathlib.Path(name), source)
        check_csaf(pathlib.Path(name), source)
        check_scores(pathlib.Path(name))
        schema = schema_path(source, "oscal-assessment-results.schema.json").read_text(encoding="utf-8")
        check_requirements_tools.check_all(pathlib.Path(name), json.loads(schema))
    print("all exports are sound")


if __name__ == "__main__":
    main()
