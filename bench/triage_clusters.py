#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How well crashes are put together by bug, on the labelled corpus of bench/triage_corpus.py.

    bench/triage_corpus.py out/triage
    bench/triage_clusters.py out/triage [--bin build/default/bin] [--least-precision 0.99 --least-recall 0.95]

A pair of reports is right where both are of one bug. Precision: the right ones among the pairs that are put
together. Recall: the pairs put together among the right ones. "Left out" are the bugs on which nothing was tuned, by a
digest of their names; its precision counts every pair with such a bug in it, its recall their own pairs. "Worst bug" is
the least recall of one bug, "split" and "mixed" count bugs in several groups and groups with several bugs.

Methods, all on the same frames (without runtimes, allocators, C and C++ library): the clusters; the strict and loose
key; keys of the whole stack by function, file, line and column; keys of the top three functions; and complete linkage
of whole stacks with the position-dependent similarity of Dang et al. 2012 ("ReBucket", ICSE 2012) with the constants
of casr-cluster (ISP RAS): 0.04 for the distance to the top, 0.13 for the shift, groups up to a diameter of 0.3; equal
stacks count once, and frames are equal where file, line and column are. Exit code 2: the clusters are below a wish.
"""
import argparse
import collections
import hashlib
import json
import math
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def left_out(bug):
    return hashlib.sha256(bug.encode()).digest()[0] % 2 == 1


def similarity(one, other):
    """Position-dependent: what both have in order, weighed by its distance to the top and its shift."""
    row = [0.0] * (len(other) + 1)
    for i, frame in enumerate(one, 1):
        diagonal = 0.0
        for j, candidate in enumerate(other, 1):
            above = row[j]
            gain = math.exp(-0.04 * min(i, j) - 0.13 * abs(i - j)) if frame == candidate else 0.0
            row[j] = max(above, row[j - 1], diagonal + gain)
            diagonal = above
    return row[-1] / sum(math.exp(-0.04 * i) for i in range(1, min(len(one), len(other)) + 1))


def complete_linkage(stacks, diameter):
    """The group of each stack: the closest two groups are merged while the result is less wide than the diameter."""
    groups = {i: [i] for i in range(len(stacks))}
    apart = {(i, j): 1 - similarity(stacks[i], stacks[j]) for i in groups for j in groups if i < j}
    while apart:
        (i, j), width = min(apart.items(), key=lambda entry: (entry[1], entry[0]))
        if width >= diameter:
            break
        groups[i] += groups.pop(j)
        for k in groups:
            if k != i:
                to_i, to_j = (min(i, k), max(i, k)), (min(j, k), max(j, k))
                apart[to_i] = max(apart[to_i], apart[to_j])
        apart = {pair: width for pair, width in apart.items() if j not in pair}
    return {member: group for group, members in groups.items() for member in members}


def by_linkage(reports):
    answer = {}
    for target in sorted({report["target"] for report in reports}):
        own = [report for report in reports if report["target"] == target]
        stacks = sorted({whole(report) for report in own if report["frames"]})
        group = complete_linkage([frames for frames in stacks], 0.3)
        place = {frames: group[number] for number, frames in enumerate(stacks)}
        for report in own:
            answer[report["id"], report["bug"]] = (target, place.get(whole(report), "none"))
    return answer


def whole(report):
    return tuple(tuple(frame[1:]) for frame in report["frames"])


def keyed(key):
    return lambda reports: {(report["id"], report["bug"]): (report["target"], key(report)) for report in reports}


METHODS = {
    "clusters": keyed(lambda report: report["cluster"]),
    "strict key": keyed(lambda report: report["strict"]),
    "loose key": keyed(lambda report: report["loose"]),
    "whole stack": keyed(lambda report: tuple(map(tuple, report["frames"]))),
    "top three functions": keyed(lambda report: tuple(frame[0] for frame in report["frames"][:3])),
    "complete linkage of stacks": by_linkage,
}


def pairs(count):
    return count * (count - 1) // 2


def scores(answer, bugs):
    """Over the pairs that have one of these bugs in it."""
    cells, groups, sizes = collections.Counter(), collections.Counter(), collections.Counter()
    members = collections.defaultdict(set)
    for (_, bug), group in answer.items():
        cells[bug, group] += 1
        groups[group] += 1
        sizes[bug] += 1
        members[group].add(bug)
    together = {bug: sum(pairs(n) for (other, _), n in cells.items() if other == bug) for bug in bugs}
    others = collections.Counter()
    for (bug, group), count in cells.items():
        if bug not in bugs:
            others[group] += count
    put = sum(pairs(count) - pairs(others[group]) for group, count in groups.items())
    right = sum(together.values())
    recall = {bug: together[bug] / pairs(sizes[bug]) for bug in bugs if pairs(sizes[bug])}
    wanted = sum(pairs(sizes[bug]) for bug in bugs)
    return {"precision": right / put if put else 1.0,
            "recall": right / wanted if wanted else 1.0,
            "worst": min(recall.values(), default=1.0),
            "groups": len({group for (bug, group) in cells if bug in bugs}),
            "split": sum(len({group for (other, group) in cells if other == bug}) > 1 for bug in bugs),
            "mixed": sum(len(found) > 1 and bool(found & bugs) for found in members.values())}


def read(corpus, folder):
    logs = sorted((corpus / "reports").glob("*.jsonl"))
    said = subprocess.run([folder / "cluster_reports", *logs], check=True, capture_output=True, text=True).stdout
    return [json.loads(line) for line in said.splitlines()]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=pathlib.Path)
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "build/default/bin")
    parser.add_argument("--least-precision", type=float, default=0.0)
    parser.add_argument("--least-recall", type=float, default=0.0)
    arguments = parser.parse_args()
    reports = read(arguments.corpus, arguments.bin)
    names = sorted({report["bug"] for report in reports})
    parts = {"all": set(names), "tuned on": {bug for bug in names if not left_out(bug)},
             "left out": {bug for bug in names if left_out(bug)}}
    stacks = len({(report["target"], report["class"], report["access"], whole(report)) for report in reports})
    print(f"{len(reports)} reports of {len(names)} bugs, {stacks} different stacks; left out: "
          f"{' '.join(sorted(parts['left out']))}\n")
    print("| method | bugs | precision | recall | worst bug | groups | split | mixed |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    enough = True
    for method, put_together in METHODS.items():
        answer = put_together(reports)
        for part, bugs in parts.items():
            found = scores(answer, bugs)
            print(f"| {method} | {part}, {len(bugs)} | {found['precision']:.4f} | {found['recall']:.4f} | "
                  f"{found['worst']:.4f} | {found['groups']} | {found['split']} | {found['mixed']} |")
            if method == "clusters":
                enough = enough and (found["precision"] >= arguments.least_precision
                                     and found["recall"] >= arguments.least_recall)
    sys.exit(0 if enough else 2)


if __name__ == "__main__":
    main()
