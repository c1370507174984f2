#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How far down the defect stands in the ranking of root causes, over the planted bugs.

    bench/triage_cause.py out/cause [--build build/default] [--corpus out/triage | --board] [--least 0.8]

Each bug's proof (corpora/*/planted) goes through `percuss triage`, which judges, minimises, runs inputs nearby and
ranks. With --corpus, of bench/triage_corpus.py, an input of that is taken instead, and the third-party defects come
along. With --board the proofs run on mps2-an385 as firmware, and bugs that the board does not show are left out; there
is no coverage of runs nearby, and the history of the bad value in its place. Two truths: "named" is what EXPECT.json
says (culprit, else function; of third-party code the functions of its recipe); "planted" is the function whose source
holds the bug's flag, which often is not the one that fails. "Line":
a line of what the flag brings in, or the one before or behind, as a line that is too much or missing may have no code.
Methods: the ranking; the crashing function alone; the functions of the fault's stack from the innermost out. "Left
out" are the bugs on which nothing was tuned, by a digest of their names. Exit code 2: of all bugs, or of those left
out, the ranking has a lesser share in its first five than --least, by either truth.
"""
import argparse
import concurrent.futures
import hashlib
import json
import pathlib
import re
import shutil
import subprocess
import sys

from triage_clusters import left_out

ROOT = pathlib.Path(__file__).resolve().parent.parent
FIRST = (1, 3, 5)
NEVER = 10 ** 6


class Bug:
    def __init__(self, name, target, flavour, proof):
        self.id, self.target, self.flavour, self.proof = name, target, flavour, proof
        self.named, self.planted, self.lines = set(), set(), set()
        self.finding = None


def planted_places(folder, flag):
    """Functions and lines between the flag's #if and its #endif, by the layout that clang-format gives."""
    functions, lines = set(), set()
    for path in sorted([*folder.glob("*.c"), *folder.glob("*.cc")]):
        function, depth = "", []
        for number, line in enumerate(path.read_text().splitlines(), 1):
            head = re.match(r"[A-Za-z_][^;=]*?\b(\w+)\(", line)
            function = head.group(1) if head else "" if line.startswith("}") else function
            if re.match(r"#\s*if", line):
                depth.append(bool(re.search(rf"\b{flag}\b", line)))
            elif re.match(r"#\s*endif", line):
                depth.pop()
            if any(depth):
                functions |= {function} - {""}
                lines |= {(path.name, near) for near in (number - 1, number, number + 1)}
    return functions, lines


def reference_bugs():
    for path in sorted((ROOT / "targets/reference").glob("*/EXPECT.json")):
        expect = json.loads(path.read_text())
        for entry in expect["bugs"]:
            harness = entry.get("harness", expect["harness"])
            planted = ROOT / "corpora" / harness.removesuffix("_planted") / "planted"
            flavour = "msan" if entry["sanitizer"] == "msan" else "libfuzzer"
            bug = Bug(entry["id"], harness, flavour, planted / f"{entry['id']}.bin")
            bug.named = set([entry["culprit"]] if "culprit" in entry else
                            entry.get("function_accept", [entry["function"]]))
            bug.planted, bug.lines = planted_places(path.parent, entry["flag"])
            yield bug


def third_party_bugs():
    for path in sorted((ROOT / "targets/soup").glob("*/recipe.json")):
        recipe = json.loads(path.read_text())
        harnesses = recipe["harnesses"]
        for entry in recipe["rediscovery"] if isinstance(harnesses, dict) else []:  # those of the corpus
            bug = Bug(entry["cve"], harnesses["vulnerable"], "libfuzzer", None)
            bug.named = bug.planted = set(entry["functions"])
            yield bug


def protocol_of(bug):
    """As the board's campaign calls the target of a harness."""
    return re.match(r"[a-z0-9]+", bug.target).group()


def target_of(bug, build, on_board):
    if not on_board:
        return ["--target", build / "harnesses" / bug.target / bug.flavour]
    return ["--campaign", ROOT / "campaigns/planted-boards.json", "--target", protocol_of(bug)]


def judge(bugs, build, out, on_board):
    """All bugs of one binary at once."""
    name = protocol_of(bugs[0]) if on_board else f"{bugs[0].target}-{bugs[0].flavour}"
    document = out / f"{name}.json"
    if not document.exists():
        shutil.rmtree(out / name, ignore_errors=True)
        done = subprocess.run([build / "bin/percuss", "triage", *target_of(bugs[0], build, on_board),
                               *(bug.proof for bug in bugs), "--out", out / name, "--reruns", "3", "--json", "--quiet"],
                              check=False, capture_output=True, text=True)
        if done.returncode != 2:
            sys.exit(f"{name}: {done.stderr[-2000:]}")
        document.write_text(done.stdout)
        print(f"{name}: {len(json.loads(done.stdout)['findings'])} findings", flush=True)
    findings = [json.loads((path / "finding.json").read_text())
                for path in sorted((out / name / "package/findings").iterdir())]
    for bug in bugs:
        digest = hashlib.sha256(bug.proof.read_bytes()).hexdigest()
        bug.finding = next((f for f in findings if f["input_sha256"] == digest), None)


def place_of(wanted, ranked):
    return next((number for number, name in enumerate(ranked, 1) if name in wanted), NEVER)


def functions_of(frames):
    return list(dict.fromkeys(frame["function"] for frame in frames if frame["user_code"]))


def places(bug):
    """Per method and truth the place of the truth, from 1."""
    if bug.finding is None:
        return {}
    cause, stack = bug.finding["root_cause"], functions_of(bug.finding["stack"])
    ranked = {"ranking": [suspect["function"] for suspect in cause["functions"]],
              "crashing function": [bug.finding["function"]], "stack": stack}
    answer = {(method, truth): place_of(wanted, functions) for method, functions in ranked.items()
              for truth, wanted in (("named", bug.named), ("planted", bug.planted))}
    lines = [(pathlib.Path(suspect["file"]).name, suspect["line"]) for suspect in cause["lines"]]
    answer["ranking", "line"] = place_of(bug.lines, lines)
    frames = [(pathlib.Path(f["file"]).name, f["line"]) for f in bug.finding["stack"] if f["user_code"]]
    answer["crashing function", "line"] = place_of(bug.lines, frames[:1])
    answer["stack", "line"] = place_of(bug.lines, frames)
    return answer


def share(bugs, method, truth, first):
    return sum(bug.places.get((method, truth), NEVER) <= first for bug in bugs) / len(bugs) if bugs else 0.0


def describe(bug):
    cause = bug.finding["root_cause"] if bug.finding else {}
    found = {truth: bug.places.get(("ranking", truth), NEVER) for truth in ("named", "planted", "line")}
    text = " ".join(f"{truth} {place if place != NEVER else '-'}" for truth, place in found.items())
    print(f"{bug.id:16} {text:32} {cause.get('confidence', 'lost'):7} {cause.get('failing', 0):4} failing "
          f"{cause.get('surviving', 0):4} surviving  " +
          " ".join(suspect["function"] for suspect in cause.get("functions", [])[:5]))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/default")
    parser.add_argument("--corpus", type=pathlib.Path)
    parser.add_argument("--board", action="store_true")
    parser.add_argument("--least", type=float, default=0.0)
    parser.add_argument("--jobs", type=int, default=1)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    bugs = list(reference_bugs())
    if arguments.corpus:
        bugs += third_party_bugs()
        for bug in bugs:
            bug.proof = next(iter(sorted((arguments.corpus / "inputs" / bug.target / bug.id).glob("*.bin"))), None)
    bugs = [bug for bug in bugs if bug.proof and (arguments.build / "harnesses" / bug.target / bug.flavour).exists()]
    groups = {}
    for bug in bugs:
        groups.setdefault((bug.target, None if arguments.board else bug.flavour), []).append(bug)
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        list(pool.map(lambda group: judge(group, arguments.build, arguments.out, arguments.board),
                      groups.values()))
    if arguments.board:
        print("not shown by the board:", *(bug.id for bug in bugs if bug.finding is None))
        bugs = [bug for bug in bugs if bug.finding is not None]
    for bug in bugs:
        bug.places = places(bug)
        describe(bug)
    parts = {"all": bugs, "tuned on": [bug for bug in bugs if not left_out(bug.id)],
             "left out": [bug for bug in bugs if left_out(bug.id)]}
    print("\n| truth | bugs | method | first | first three | first five |\n| --- | --- | --- | --- | --- | --- |")
    for truth in ("named", "planted", "line"):
        for part, chosen in parts.items():
            chosen = [bug for bug in chosen if truth != "line" or bug.lines]
            for method in ("ranking", "crashing function", "stack"):
                shares = " | ".join(f"{share(chosen, method, truth, first):.2f}" for first in FIRST)
                print(f"| {truth} | {part}, {len(chosen)} | {method} | {shares} |")
    worst = min(share(parts[part], "ranking", truth, 5) for part in ("all", "left out")
                for truth in ("named", "planted"))
    sys.exit(0 if worst >= arguments.least else 2)


if __name__ == "__main__":
    main()
