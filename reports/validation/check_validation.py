#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""check_validation.py PERCUSS JUDGE ROOT: the published schemas and percuss say the same of the same files.

The example device's files are good for both, and each kind of mistake in them is one for both; what a schema cannot say
(links, ids there twice) only percuss refuses. JUDGE (validation_judge) is percuss's reader in one process for all
mistakes; of some the command is asked too, and must say the same. The trace's own JSON and CSV are read by what is not
ours.
"""
import copy
import csv
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

import jsonschema

KINDS = ("interfaces", "requirements", "threats", "risks", "protocol", "records", "compliance", "postmarket")
# Lists that the example has no entry for.
MORE = {
    "compliance": {"sboms": [{"id": "device", "file": "sbom.cdx.json"}],
                   "penetration_tests": [{
                       "id": "PT-1", "independence": "third_party", "expertise": "e", "scope": "s", "duration": "d",
                       "methods": "m", "results": "r", "findings": "f", "observations": "o", "report": "report.pdf",
                       "report_sha256": "0" * 64}]},
    "postmarket": {"complaints": [{"id": "CM-1", "device": "d", "udi": "u", "received": "2026-02-01",
                                   "complainant": "c", "nature": "n", "action": "a", "reply": "r"}]}}
PASS, GAPS, USAGE = 0, 2, 64
COMMAND_EVERY = 100  # mistakes of which one goes through the command
# What no schema can say.
BEYOND_SCHEMAS = ("there is no ", " is there twice", "has the disposition", "no earlier disposition")


def entries(document):
    """Every object in a list of a file."""
    return [item for value in document.values() if isinstance(value, list) for item in value]


def mutants(document):
    """(what, document): one mistake each, of every shape that a schema knows."""
    def changed(change):
        other = copy.deepcopy(document)
        change(other)
        return other

    yield "schema", changed(lambda d: d.update(schema="percuss.other.v1"))
    yield "unknown member", changed(lambda d: d.update(more=1))
    for name in document:
        yield f"no {name}", changed(lambda d, n=name: d.pop(n))
        yield f"{name} is null", changed(lambda d, n=name: d.update({n: None}))
    shapes = set()
    for number, entry in enumerate(entries(document)):
        if tuple(entry) in shapes:
            continue
        shapes.add(tuple(entry))
        yield "entry is text", changed(lambda d, n=number: replace_entry(d, n, "text"))
        yield "unknown in entry", changed(lambda d, n=number: entries(d)[n].update(zz=""))
        for name, value in entry.items():
            for wrong in (None, 7, "", [], {}, ["a b"], "..", "2026-02-30"):
                if type(wrong) is type(value) and (isinstance(value, list) or wrong == "2026-02-30" and name != "date"):
                    continue
                yield f"{name}: {wrong!r}", changed(lambda d, n=number, m=name, w=wrong: entries(d)[n].update({m: w}))
            yield f"no {name}", changed(lambda d, n=number, m=name: entries(d)[n].pop(m))
        if "residual" in entry:
            for name in entry["residual"]:
                yield f"no residual {name}", changed(lambda d, n=number, m=name: entries(d)[n]["residual"].pop(m))
            yield "probability", changed(lambda d, n=number: entries(d)[n]["residual"].update(
                probability="remote", exploitability="low"))
        if "check" in entry:
            for name, wrong in (("measure", "luck"), ("measure", 3), ("at_most", -1), ("at_most", "0"),
                                ("at_most", None), ("at_least", 1), ("more", 1)):
                yield f"check {name}: {wrong!r}", changed(
                    lambda d, n=number, m=name, w=wrong: entries(d)[n]["check"].update({m: w}))
            for name in entry["check"]:
                yield f"no check {name}", changed(lambda d, n=number, m=name: entries(d)[n]["check"].pop(m))
        if "decision" in entry:
            for decision in ("fixed", "deferred"):
                yield decision, changed(lambda d, n=number, w=decision: entries(d)[n].update(decision=w))


def replace_entry(document, number, other):
    for value in document.values():
        if isinstance(value, list):
            if number < len(value):
                value[number] = other
                return
            number -= len(value)


class Judge:
    """Our reader of validation files, in one process."""

    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        assert self.process.wait(timeout=60) == 0, self.process.returncode

    def says(self, folder):
        self.process.stdin.write(f"{folder}\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


class Check:
    def __init__(self, percuss, judge, root, folder):
        self.percuss, self.judge, self.root, self.folder = percuss, judge, root, folder
        self.example = root / "docs" / "example-device"
        for kind in KINDS:
            shutil.copy(self.example / f"{kind}.json", folder)

    def trace(self, *arguments):
        return subprocess.run([self.percuss, "trace", str(self.folder), *arguments], capture_output=True, text=True,
                              timeout=120, check=False)

    def schema(self, name):
        return json.loads((self.root / "reports" / "schema" / f"{name}.v1.schema.json").read_text())

    def agrees_on(self, kind):
        path, schema = self.folder / f"{kind}.json", self.schema(kind)
        jsonschema.Draft202012Validator.check_schema(schema)
        validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
        good = {**json.loads(path.read_text()), **MORE.get(kind, {})}
        assert validator.is_valid(good), kind
        count = 0
        for what, document in mutants(good):
            path.write_text(json.dumps(document, indent=1))
            said = self.judge.says(self.folder)
            problems, valid = said["problems"], validator.is_valid(document)
            shapes = [problem for problem in problems if not any(words in problem for words in BEYOND_SCHEMAS)]
            assert valid == (not shapes), (kind, what, "schema says", valid, problems)
            assert all(f"{kind}.json:" in problem for problem in shapes), (kind, what, problems)
            assert not problems or any(f"{kind}.json" in problem for problem in problems), (kind, what, problems)
            assert problems or said["gaps"] > 0, (kind, what, said)
            if count % COMMAND_EVERY == 0:
                self.command_says(problems, (kind, what))
            count += 1
        path.write_text(json.dumps(good))
        return count

    def command_says(self, problems, where):
        done = self.trace("--json")
        assert done.returncode == (USAGE if problems else GAPS), (where, done)
        lines = done.stderr.splitlines()
        assert lines[:len(problems)] == [f"percuss: {problem}" for problem in problems], (where, problems, lines)
        assert len(lines) == len(problems) + bool(problems), (where, lines)

    def example_holds(self):
        done = self.trace("--json")
        assert done.returncode == GAPS and not done.stderr, done
        trace = json.loads(done.stdout)
        jsonschema.validate(trace, self.schema("traceability"))
        # Nothing was run yet; apart from that the example has no gap, and its targets are those of quickstart.
        assert {gap["gap"] for gap in trace["gaps"]} == {"entry-never-run"}, trace["gaps"]
        campaign = json.loads((self.root / "campaigns" / "quickstart.json").read_text())
        jsonschema.validate(campaign, self.schema("campaign"))
        targets = {item["id"] for item in trace["items"] if item["kind"] == "target"}
        assert targets == {target["id"] for target in campaign["targets"]}
        assert ({item["id"] for item in trace["items"] if item["kind"] == "interface"}
                == {interface["id"] for interface in campaign["interfaces"]})
        out = self.folder / "trace.csv"
        assert self.trace("--format", "csv", "--output", str(out), "--quiet").returncode == GAPS
        with out.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            rows = list(reader)
        assert len(set(reader.fieldnames)) == len(reader.fieldnames), reader.fieldnames
        assert [row["id"] for row in rows] == [item["id"] for item in trace["items"]]
        assert all(None not in row and None not in row.values() for row in rows)

    def matrix_and_metrics(self):
        """Without a package most is missing, nothing is called satisfied that needs one, and the forms are valid."""
        matrix = json.loads(self.run("comply", "--json", expect=GAPS))
        jsonschema.validate(matrix, self.schema("compliance-matrix"))
        states = {row["id"]: row["state"] for row in matrix["rows"]}
        assert list(states.values()).count("missing") == matrix["summary"]["missing"] > 0, matrix["summary"]
        assert (states["FDA-FUZZ"], states["FDC-524B"], states["P11-10e"]) == ("missing", "satisfied", "not_applicable")
        assert all(row["missing"] for row in matrix["rows"] if row["state"] == "missing")
        reader = csv.DictReader(self.run("comply", "--format", "csv", expect=GAPS).splitlines(), strict=True)
        assert {row["row"]: row["state"] for row in reader} == states
        metrics = json.loads(self.run("metrics", "--json", "--as-of", "2026-03-01", expect=PASS))
        jsonschema.validate(metrics, self.schema("metrics"))
        values = {metric["id"]: metric for metric in metrics["metrics"]}
        assert values["vulnerabilities_patched"]["note"] == "3 of 3", values
        assert metrics["releases"] == [], metrics

    def run(self, command, *arguments, expect):
        done = subprocess.run([self.percuss, command, str(self.folder), *arguments], capture_output=True, text=True,
                              timeout=120, check=False)
        assert done.returncode == expect and not done.stderr, (command, arguments, done)
        return done.stdout

    def usage(self):
        for arguments in (["trace", str(self.folder / "none")], ["trace", str(self.folder), "none.zip"], ["trace"],
                          ["trace", str(self.folder), "--format", "pdf"]):
            done = subprocess.run([self.percuss, *arguments], capture_output=True, text=True, check=False)
            assert done.returncode == USAGE and done.stderr, (arguments, done)


def main():
    with tempfile.TemporaryDirectory() as name:
        percuss, program, root = sys.argv[1:]
        with Judge(program) as judge:
            check = Check(percuss, judge, pathlib.Path(root), pathlib.Path(name))
            check.usage()
            check.example_holds()
            check.matrix_and_metrics()
            counts = {kind: check.agrees_on(kind) for kind in KINDS}
    print("schemas and percuss agree on", counts)


if __name__ == "__main__":
    main()
