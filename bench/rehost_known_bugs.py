#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Known bugs of public firmware: which of them does fuzzing on the fast core find, and after how much CPU time?

    bench/rehost_known_bugs.py IMAGES_FOLDER [--seconds 600] [--seed 1] [--inputs streams] [--only PLC] [--gate]
    bench/rehost_known_bugs.py IMAGES_FOLDER --judge PLC FILE...

IMAGES_FOLDER is 02-comparison-with-state-of-the-art/P2IM of the public repository fuzzware-experiments, of whose images
(NAME/config.yml, NAME/base_inputs) bench/rehost_known_bugs.json says what is known. Each image is fuzzed by the generic
harness as a campaign's libFuzzer does it, from the published first inputs, for so many CPU seconds of all its
processes, one image after the other. What it reports is run once more (rehost_crash_facts): it shows the bug whose
store was the first outside its object, or the way of failing that the file has. --judge only says that of inputs. What
stores outside and goes on is told too: the bug is there, and nothing has shown it.

With --gate the exit code is 1 where a bug is not found.
"""
import argparse
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
KNOWN = pathlib.Path(__file__).with_suffix(".json")
TICKS = os.sysconf("SC_CLK_TCK")
MOST_BYTES = 64 * 1024  # of an input, as campaigns have it


def number(text):
    return int(text, 16)


def stores_of(known):
    """All stores of an image in one row, and whose each is: the id of a bug, or None."""
    stores, owners = [], []
    for bug in known["bugs"] + known.get("others", []):
        for store in bug.get("stores", []):
            stores.append({**store, "pc": number(store["pc"]), "inside": [number(end) for end in store["inside"]]})
            owners.append(bug.get("id"))
    return stores, owners


def within(value, ends):
    return value is not None and number(ends[0]) <= value <= number(ends[1])


def fails_so(facts, way):
    """Whether an input fails in one of the ways of a bug."""
    origin = facts.get("origin", {})
    for name, ends in way.items():
        if name == "origin":
            so = all(origin.get(part) is True if part == "to_pc" else within(origin.get(part), between)
                     for part, between in ends.items())
        elif name == "word":
            so = any(within(word, ends) for word in facts["words"])
        elif name == "clean":
            so = not facts["outside"]
        else:
            so = within(facts[name], ends)
        if not so:
            return False
    return True


def shown(facts, known, owners):
    """Ids of the bugs that an input shows."""
    if not facts["failed"]:
        return set()
    ids = {bug["id"] for bug in known["bugs"] if any(fails_so(facts, way) for way in bug.get("fails", []))}
    if facts["outside"]:
        ids |= {owners[facts["outside"][0]["store"]]} - {None}
    return ids


class Judge:
    """Tells the facts of inputs of one image."""

    def __init__(self, build, config, known, folder):
        stores, self._owners = stores_of(known)
        self._known = known
        watched = folder / "watched.json"
        watched.write_text(json.dumps({"stores": stores, "words": [number(word) for word in known.get("words", [])]}))
        self._process = subprocess.Popen([build / "bin" / "rehost_crash_facts", config, watched], text=True,
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def facts(self, path):
        self._process.stdin.write(f"{path}\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            sys.exit(f"rehost_crash_facts has ended at {path}")
        return json.loads(line)

    def bugs(self, facts):
        return shown(facts, self._known, self._owners)

    def blamed(self, facts):
        """The bug whose store was the first outside, whether or not the input fails."""
        return {self._owners[facts["outside"][0]["store"]]} - {None} if facts["outside"] else set()

    def close(self):
        self._process.stdin.close()
        self._process.wait()


def cpu_seconds(ancestor):
    """Of a process, all below it, and those that they have waited for."""
    parents, ticks = {}, {}
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            text = (entry / "stat").read_text()
        except OSError:
            continue
        fields = text[text.rindex(")") + 2:].split()
        parents[int(entry.name)] = int(fields[1])
        ticks[int(entry.name)] = sum(int(field) for field in fields[11:15])
    total = 0
    for process in parents:
        at = process
        while at not in (ancestor, 0):
            at = parents.get(at, 0)
        total += ticks[process] if at == ancestor else 0
    return total / TICKS


def stop(process):
    """A group of processes."""
    if process.poll() is not None:
        return
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def end_on_signals():
    """Like Ctrl-C, wherever this was started: what it has started must end with it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def start(arguments, image, folder, machine):
    """The harness, fuzzing, as a campaign starts it."""
    folder = folder.resolve()
    corpus, artifacts = folder / "corpus", folder / "artifacts"
    for made in (corpus, artifacts):
        made.mkdir(parents=True, exist_ok=True)
    for seed in sorted((image / "base_inputs").iterdir()):
        shutil.copy(seed, corpus)
    variables = {**os.environ, "PERCUSS_MACHINE": str(machine), "PERCUSS_ISOLATE": "1",
                 "PERCUSS_REHOST_INPUTS": arguments.inputs}
    argv = [arguments.build / "harnesses" / "rehost" / "libfuzzer", corpus, f"-artifact_prefix={artifacts}/",
            f"-seed={arguments.seed}", "-close_fd_mask=3", "-use_cmp=0",
            "-detect_leaks=0"]
    argv += [f"-max_len={MOST_BYTES}", "-len_control=0"] if arguments.inputs == "streams" else ["-len_control=100"]
    with open(folder / "log", "wb") as log:
        return subprocess.Popen(argv, env=variables, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder,
                                start_new_session=True)


def fuzz(arguments, image, folder, judge):
    """Of each bug that was found: after how many CPU seconds, and by which input; of all crashes, how many."""
    machine = folder / "machine"
    subprocess.run([arguments.build / "bin" / "rehost_crash_facts", image / "config.yml", "--machine", machine],
                   check=True)
    process = start(arguments, image, folder, machine)
    found, judged, used = {}, {}, 0.0
    try:
        while process.poll() is None and used < arguments.seconds:
            time.sleep(0.5)
            used = max(used, cpu_seconds(process.pid))
            for crash in sorted(set((folder / "artifacts").iterdir()) - judged.keys()):
                judged[crash] = judge.facts(crash)
                for bug in judge.bugs(judged[crash]):
                    found.setdefault(bug, {"cpu_s": round(used, 1), "input": crash.name})
        if process.poll() is not None:
            sys.exit(f"the harness has ended with {process.returncode}: see {folder / 'log'}")
    finally:
        stop(process)
    none = sum(not judge.bugs(facts) for facts in judged.values())
    silent = {}
    for kept in sorted((folder / "corpus").iterdir()):
        for bug in judge.blamed(judge.facts(kept)):
            silent[bug] = silent.get(bug, 0) + 1
    return {"cpu_s": round(used, 1), "found": found, "reported": len(judged), "of_no_known_bug": none,
            "silent": silent}


def judge_files(arguments, known):
    name, *files = arguments.judge
    image = arguments.images_folder / name
    with tempfile.TemporaryDirectory() as made:
        judge = Judge(arguments.build, image / "config.yml", known[name], pathlib.Path(made))
        for file in files:
            facts = judge.facts(file)
            print(f"{file}: {sorted(judge.bugs(facts)) or 'none'}; {facts['end']}, pc {facts['pc']:#x}, "
                  f"lr {facts['lr']:#x}, address {facts['address']:#x}, outside {len(facts['outside'])}")
        judge.close()
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("images_folder", type=pathlib.Path)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "default")
    parser.add_argument("--seconds", type=float, default=600, help="of CPU time for each image")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--inputs", choices=["streams", "flat"], default="streams")
    parser.add_argument("--only", default="", help="images whose name has this in it")
    parser.add_argument("--keep", type=pathlib.Path, help="a folder for corpora and crashes; else they go")
    parser.add_argument("--judge", nargs="+", metavar=("IMAGE", "FILE"), help="fuzz nothing, judge these inputs")
    parser.add_argument("--json", type=pathlib.Path, help="where to write all figures")
    parser.add_argument("--gate", action="store_true")
    arguments = parser.parse_args()
    arguments.build = arguments.build.resolve()
    end_on_signals()
    known = json.loads(KNOWN.read_text())["images"]
    if arguments.judge:
        return judge_files(arguments, known)
    record, missing = {}, 0
    for name in sorted(name for name in known if arguments.only in name):
        with tempfile.TemporaryDirectory() as made:
            folder = arguments.keep / name if arguments.keep else pathlib.Path(made) / name
            folder.mkdir(parents=True)
            judge = Judge(arguments.build, arguments.images_folder / name / "config.yml", known[name], folder)
            told = record[name] = fuzz(arguments, arguments.images_folder / name, folder, judge)
            judge.close()
        for bug in known[name]["bugs"]:
            at = told["found"].get(bug["id"])
            missing += at is None
            silent = told["silent"].get(bug["id"], 0)
            print(f"{name:15} {bug['id']:3} " + (f"{at['cpu_s']:8.1f} CPU s  " if at else "  not found  ") +
                  bug["title"] + (f" ({silent} inputs of the corpus do it and go on)" if silent else ""), flush=True)
        print(f"{name:15} {told['cpu_s']} CPU seconds, {told['reported']} inputs reported, "
              f"{told['of_no_known_bug']} of no known bug", flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(record, indent=1) + "\n")
    return 1 if arguments.gate and missing else 0


if __name__ == "__main__":
    sys.exit(main())
