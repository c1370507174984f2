#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""check_monitor.py PERCUSS SOURCE_DIR: a device's surveillance from feeds to statements, as its maker would do it.

The result is checked against reports/schema/monitor.v1.schema.json, the records against record.v1, the statements
against the official schemas of OpenVEX and CSAF (python3-jsonschema); the chain also by the second verifier.
"""
import base64
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import jsonschema

SBOM = {
    "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
    "serialNumber": "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79",
    "metadata": {"component": {"type": "device", "bom-ref": "device", "name": "Infusion pump", "version": "4.2"}},
    "components": [
        {"type": "library", "bom-ref": "lwip", "name": "lwip", "version": "2.1.2", "purl": "pkg:generic/lwip@2.1.2"},
        {"type": "library", "bom-ref": "zlib", "name": "zlib",
         "purl": "pkg:deb/debian/zlib@1:1.2.11.dfsg-2?distro=debian-11"},
        {"type": "library", "bom-ref": "rtos", "name": "ThreadX", "version": "6.1"}],
}


def osv(name, package, events):
    return {"id": name, "modified": "2026-02-01T00:00:00Z",
            "affected": [{"package": package, "ranges": [{"type": "ECOSYSTEM", "events": events}]}]}


OSV = [
    osv("DEBIAN-CVE-2018-25032", {"ecosystem": "Debian:11", "name": "zlib"},
        [{"introduced": "0"}, {"fixed": "1:1.2.11.dfsg-2+deb11u1"}]) | {"upstream": ["CVE-2018-25032"]},
    osv("CVE-2099-0001", {"ecosystem": "Debian:11", "name": "zlib"},
        [{"introduced": "0"}, {"fixed": "1:1.2.11.dfsg-1"}]),
]
CSAF = {
    "document": {"category": "csaf_security_advisory", "csaf_version": "2.0", "title": "EAP in the PPP of lwIP",
                 "publisher": {"category": "other", "name": "n", "namespace": "https://n.example"},
                 "tracking": {"id": "ADV-7", "status": "final", "version": "1",
                              "initial_release_date": "2020-03-01T00:00:00Z",
                              "current_release_date": "2020-03-01T00:00:00Z",
                              "revision_history": [{"date": "2020-03-01T00:00:00Z", "number": "1", "summary": "s"}]}},
    "product_tree": {"full_product_names": [
        {"product_id": "P", "name": "lwIP", "product_identification_helper": {"purl": "pkg:generic/lwip@2.1.2"}}]},
    "vulnerabilities": [{"cve": "CVE-2020-8597", "product_status": {"known_affected": ["P"]}}],
}
CATALOGUE = {
    "title": "catalogue", "catalogVersion": "2026.03.01", "dateReleased": "2026-03-01T12:00:00Z", "count": 2,
    "vulnerabilities": [
        {"cveID": "CVE-2018-25032", "vendorProject": "zlib", "product": "zlib", "vulnerabilityName": "zlib deflate",
         "dateAdded": "2026-03-01", "shortDescription": "s", "requiredAction": "Apply updates", "dueDate": "2026-03-22",
         "knownRansomwareCampaignUse": "Unknown"},
        {"cveID": "CVE-2099-0002", "vendorProject": "Express Logic", "product": "Threadx", "vulnerabilityName": "t",
         "dateAdded": "2026-03-01", "shortDescription": "s", "requiredAction": "Apply updates",
         "dueDate": "2026-03-22"}],
}


def validator(path, *others):
    store = {}
    for other in others:
        schema = json.loads(other.read_text(encoding="utf-8"))
        store["https://www.first.org/cvss/" + other.name] = schema
    schema = json.loads(path.read_text(encoding="utf-8"))
    kind = jsonschema.validators.validator_for(schema)
    return kind(schema, format_checker=jsonschema.FormatChecker(),
                resolver=jsonschema.RefResolver.from_schema(schema, store=store))


def official(source, name):
    folders = [os.environ.get("PERCUSS_SCHEMAS"), source.parent / "shared" / "schemas"]
    for folder in folders:
        if folder and (pathlib.Path(folder) / name).is_file():
            return pathlib.Path(folder) / name
    sys.exit("no " + name + "; set PERCUSS_SCHEMAS to the folder that holds it")


class Surveillance:
    def __init__(self, percuss, source, folder):
        self.percuss, self.source, self.folder = percuss, source, folder
        for name, content in (("sbom.cdx.json", SBOM), ("osv.json", OSV), ("csaf/adv.json", CSAF),
                              ("kev.json", CATALOGUE)):
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(json.dumps(content, indent=1), encoding="utf-8")
        self.records = str(folder / "records.jsonl")
        self.run("key", "new", "--name", "ada", "--folder", str(folder), expect=0)

    def run(self, *argv, expect):
        done = subprocess.run([self.percuss, *argv], capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == expect, (argv, done.returncode, done.stdout[-2000:], done.stderr[-2000:])
        return done

    def monitor(self, *more, expect):
        feeds = ["osv.json", "csaf", "kev.json"]
        argv = ["monitor", "--sbom", str(self.folder / "sbom.cdx.json"), "--quiet", *more]
        for feed in feeds:
            argv += ["--feed", str(self.folder / feed)]
        return self.run(*argv, expect=expect)

    def result(self, *more, expect):
        result = json.loads(self.monitor("--json", *more, expect=expect).stdout)
        errors = [f"{e.json_path}: {e.message[:200]}" for e in
                  validator(self.source / "reports/schema/monitor.v1.schema.json").iter_errors(result)]
        assert not errors, errors[:5]
        return result

    def assess(self, match, status, *more):
        self.run("assess", "--sbom", str(self.folder / "sbom.cdx.json"), "--vulnerability", match["vulnerability"],
                 "--component", match["component"]["key"], "--status", status, "--rationale", "looked at it",
                 "--name", "Ada Smith", "--role", "developer", "--key", str(self.folder / "ada.key"),
                 "--records", self.records, "--quiet", *more, expect=0)

    def check(self):
        state = str(self.folder / "state.json")
        result = self.result("--state", state, expect=2)
        seen = [(m["vulnerability"], m["component"]["name"], m["state"], m["known_exploited"])
                for m in result["matches"]]
        assert seen == [("CVE-2018-25032", "zlib", "affected", True), ("CVE-2099-0002", "ThreadX", "cannot_tell", True),
                        ("CVE-2020-8597", "lwip", "affected", False)], seen
        assert [m["reasons"][0]["by"] for m in result["matches"]] == ["purl", "name", "purl"]
        assert result["feeds"][2]["date"] == "2026-03-01T12:00:00Z" and not any(m["news"] for m in result["matches"])
        self.add_one()
        again = self.result("--state", state, expect=2)
        assert [m["news"] for m in again["matches"]] == ["", "", "", "new"], again["matches"]
        self.assess(result["matches"][0], "affected", "--action", "Update to 4.3")
        self.assess(result["matches"][1], "not_affected", "--justification", "component_not_present")
        self.assess(result["matches"][2], "not_affected", "--justification", "vulnerable_code_not_present")
        assert self.result("--records", self.records, expect=2)["counts"]["open"] == 1
        self.check_statements()
        self.assess(again["matches"][3], "fixed")
        self.result("--records", self.records, "--state", state, expect=0)
        table = self.monitor("--records", self.records, expect=0).stdout
        assert table.index("KNOWN EXPLOITED CVE-2018-25032") < table.index("CVE-2020-8597"), table
        self.check_records()

    def add_one(self):
        path = self.folder / "osv.json"
        more = OSV + [osv("CVE-2026-0007", {"ecosystem": "OSS-Fuzz", "name": "lwip"}, [{"introduced": "0"}])]
        path.write_text(json.dumps(more), encoding="utf-8")

    def check_statements(self):
        cvss = [official(self.source, f"cvss-v{version}.json") for version in ("2.0", "3.0", "3.1")]
        for form, schema, others in (("openvex", "openvex-0.2.0.schema.json", []),
                                     ("csaf", "csaf-2.0.schema.json", cvss)):
            file = self.folder / (form + ".json")
            self.monitor("--records", self.records, "--format", form, "-o", str(file), "--publisher", "Maker",
                         "--publisher-namespace", "https://maker.example", expect=2)
            document = json.loads(file.read_text(encoding="utf-8"))
            errors = [f"{e.json_path}: {e.message[:200]}" for e in
                      validator(official(self.source, schema), *others).iter_errors(document)]
            assert not errors, (form, errors[:5])
            if form == "openvex":
                states = [s["status"] for s in document["statements"]]
                assert states == ["affected", "not_affected", "not_affected", "under_investigation"], states
            else:
                states = [list(v["product_status"]) for v in document["vulnerabilities"]]
                assert states == [["known_affected"], ["known_not_affected"], ["known_not_affected"],
                                  ["under_investigation"]], states

    def check_records(self):
        verifier = self.source / "reports/verify/percuss_verify_records.py"
        second = subprocess.run(["/usr/bin/python3", "-B", str(verifier), self.records, "--key",
                                 str(self.folder / "ada.pub")],
                                capture_output=True, text=True, timeout=60, check=False)
        assert second.returncode == 0, second.stdout + second.stderr
        history = json.loads(self.run("history", self.records, "--json", expect=0).stdout)
        assert [r["kind"] for r in history["records"]] == ["assessment"] * 4
        lines = pathlib.Path(self.records).read_text(encoding="utf-8").splitlines()
        schema = validator(self.source / "reports/schema/record.v1.schema.json")
        for line in lines:
            record = json.loads(base64.b64decode(json.loads(line)["payload"]))
            assert not list(schema.iter_errors(record)), record
            del record["body"]["rationale"]
            assert list(schema.iter_errors(record)), "an assessment without a rationale passes"
        pathlib.Path(self.records).write_text("\n".join(lines[1:]) + "\n", encoding="utf-8")
        self.monitor("--records", self.records, expect=1)

    def check_mistakes(self):
        self.run("monitor", "--sbom", "nowhere.json", "--feed", str(self.folder / "osv.json"), expect=64)
        for content in ("{", "[]]", '{"id": 1, "modified": "x"}', '{"document": {}}', "[" * 100):
            bad = self.folder / "bad.json"
            bad.write_text(content, encoding="utf-8")
            done = self.run("monitor", "--sbom", str(self.folder / "sbom.cdx.json"), "--feed", str(bad), expect=64)
            assert "bad.json:1: " in done.stderr and not done.stdout, done.stderr


def main():
    percuss, source = sys.argv[1:]
    with tempfile.TemporaryDirectory() as name:
        surveillance = Surveillance(percuss, pathlib.Path(source).resolve(), pathlib.Path(name))
        surveillance.check()
        surveillance.check_mistakes()
    print("surveillance, its statements and its records are sound")


if __name__ == "__main__":
    main()
