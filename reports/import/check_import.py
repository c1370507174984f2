#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""check_import.py PERCUSS ROOT: the example device through percuss export and percuss import, every kind and format.

What is exported is read by programs that are not ours: csv, python3-yaml, xmllint. Into an empty folder it becomes the
same files again; into the same folder nothing changes. The map's schema and percuss import refuse the same maps.
"""
import csv
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

import jsonschema
import yaml

KINDS = {"interfaces": "interfaces", "requirements": "requirements", "controls": "requirements", "threats": "threats",
         "safety-risks": "risks", "security-risks": "risks"}
LISTS = {"safety-risks": "safety", "security-risks": "security"}
DONE, PROPOSED, USAGE = 0, 2, 64


class Check:
    def __init__(self, percuss, root, folder):
        self.percuss, self.root, self.folder = percuss, root, folder
        self.example = root / "docs" / "example-device"

    def run(self, *arguments, expect=DONE):
        done = subprocess.run([self.percuss, *map(str, arguments)], capture_output=True, text=True, timeout=60,
                              check=False)
        assert done.returncode == expect, (arguments, done)
        return json.loads(done.stdout) if "--json" in arguments and done.stdout else done.stderr

    def entries(self, folder, kind):
        return json.loads((folder / f"{KINDS[kind]}.json").read_text())[LISTS.get(kind, kind)]

    def read_by_others(self, source, name):
        """The ids that a reader of the format's own finds."""
        if name == "csv":
            with source.open(encoding="utf-8", newline="") as file:
                return [row["id"] for row in csv.DictReader(file, strict=True)]
        if name == "doorstop":
            assert "prefix" in yaml.safe_load((source / ".doorstop.yml").read_text())["settings"]
            paths = [path for path in source.glob("*.yml") if path.stem[0] != "."]
            items = {path.stem: yaml.safe_load(path.read_text()) for path in paths}
            assert all(item["active"] is True and isinstance(item["links"], list) for item in items.values())
            return list(items)
        find = "//*[local-name()='SPEC-OBJECT']/@LONG-NAME"
        found = subprocess.run(["xmllint", "--xpath", find, str(source)], check=True, capture_output=True, text=True)
        return [line.split('"')[1] for line in found.stdout.splitlines() if line.strip()]

    def round_trip(self, name):
        fresh = self.folder / f"fresh-{name}"
        same = self.folder / f"same-{name}"
        shutil.copytree(self.example, same)
        for kind in KINDS:
            source = self.folder / f"{kind}.{name}"
            self.run("export", kind, self.example, "--format", name, "-o", source)
            wanted = self.entries(self.example, kind)
            assert sorted(self.read_by_others(source, name)) == sorted(entry["id"] for entry in wanted), (kind, name)
            done = self.run("import", kind, source, "--into", same, "--format", name, "--json")
            assert done["unchanged"] == len(wanted) and not done["added"] and not done["changes"], done
            assert not done["written"] and not done["not_in_source"], done
            made = self.run("import", kind, source, "--into", fresh, "--format", name, "--json")
            assert len(made["added"]) == len(wanted) and made["written"], made
            key = lambda entry: entry["id"]
            assert sorted(self.entries(fresh, kind), key=key) == sorted(wanted, key=key), (kind, name)
        for path in self.example.glob("*.json"):
            assert (same / path.name).read_bytes() == path.read_bytes(), path.name

    def changes_are_proposed(self):
        folder = self.folder / "changes"
        shutil.copytree(self.example, folder)
        source = self.folder / "new.csv"
        source.write_text("id,text,interface\nT-01,Other words,hl7\n")
        before = (folder / "threats.json").read_text()
        done = self.run("import", "threats", source, "--into", folder, "--json", expect=PROPOSED)
        assert [(change["id"], change["member"], change["line"]) for change in done["changes"]] == [("T-01", "text", 2)]
        assert (folder / "threats.json").read_text() == before and not done["written"]
        self.run("import", "threats", source, "--into", folder, "--accept-changes", "--dry-run")
        assert (folder / "threats.json").read_text() == before
        done = self.run("import", "threats", source, "--into", folder, "--accept-changes", "--json")
        others = [entry["id"] for entry in self.entries(self.example, "threats")[1:]]
        assert done["written"] and done["not_in_source"] == others, done
        assert self.entries(folder, "threats")[0]["text"] == "Other words"
        assert self.entries(folder, "threats")[1:] == self.entries(self.example, "threats")[1:]
        source.write_text("id,interface\nT-02,nowhere\n")
        said = self.run("import", "threats", source, "--into", folder, "--accept-changes", expect=USAGE)
        assert f"{source}:2: there is no interface with the id nowhere" in said, said

    def maps(self):
        schema = json.loads((self.root / "reports" / "schema" / "import_map.v1.schema.json").read_text())
        jsonschema.Draft202012Validator.check_schema(schema)
        validator = jsonschema.Draft202012Validator(schema)
        source, path = self.folder / "m.csv", self.folder / "map.json"
        source.write_text("id,description,protocol,scope\n")
        good = {"schema": "percuss.import_map.v1", "members": {"id": "id"}, "values": {"scope": {"x": "tested"}},
                "defaults": {"scope": "tested"}, "ignore": ["a"], "types": [], "delimiter": ","}
        wrong = [{**good, name: value} for name in [*good, "more"] for value in (1, None, "xx", [1], {"id": 1})]
        for document in [good, {"schema": good["schema"]}, {"ignore": []}, *wrong]:
            path.write_text(json.dumps(document))
            valid = validator.is_valid(document)
            self.run("import", "interfaces", source, "--into", self.folder / "m", "--map", path,
                     expect=DONE if valid else USAGE)

    def usage(self):
        source = self.folder / "u.txt"
        source.write_text("id\n")
        for arguments in (["import", "nothing", source, "--into", self.folder], ["import", "threats", source],
                          ["import", "threats", source, "--into", self.folder],
                          ["import", "threats", self.folder / "none", "--into", self.folder],
                          ["import", "threats", source, "--into", self.folder, "--format", "pdf"],
                          ["export", "nothing", self.example, "-o", self.folder / "x"],
                          ["export", "threats", self.folder, "-o", self.folder / "x"]):
            assert self.run(*arguments, expect=USAGE), arguments


def main():
    with tempfile.TemporaryDirectory() as name:
        check = Check(sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(name))
        for form in ("csv", "doorstop", "reqif"):
            check.round_trip(form)
        check.changes_are_proposed()
        check.maps()
        check.usage()
    print("what is exported and imported again is the same")


if __name__ == "__main__":
    main()
