#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A corpus of crashing inputs that are labelled by what is true, not by how their crashes look.

    bench/triage_corpus.py OUT [--build build/default] [--per-bug 160] [--jobs 2] [--only NAME]

Each planted bug of the reference device and each published defect of the third-party targets has a build of its own:
the flag of that bug alone; of third-party code, all patches but those of that defect. An input belongs to a bug where
that build fails on it, and neither the clean build nor any other bug's build does. Its report is what the build with
all bugs says. Inputs on which several bugs' builds fail are counted and dropped: which of them is first cannot be told
without the stack. So are those of which the build with all bugs says another word (class, or property) than the bug's
own build: there two bugs work together.

Inputs come from the bugs' proofs (corpora/*/planted; for third-party code from a search of libFuzzer's with a fixed
seed) by mutation: bytes and numbers changed, words of the dictionary and pieces of other inputs put in, pieces
doubled, cut, exchanged, spliced. What still fails is mutated further, so inputs drift away from the proof. The random
state is that of the bug's name: a second run makes the same inputs, but for what hangs, which a clock tells.

OUT gets inputs/TARGET/BUG/*.bin, reports/TARGET.BUG.jsonl (id, bug, kind, signal, exit code, logs) and manifest.json
with the counts. Whole bugs are kept: stopped, it goes on where it was. Nothing of it is to be committed.
"""
import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import random
import re
import shutil
import struct
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent
FLAGS = ["-g", "-fno-omit-frame-pointer", "-O1"]
CHECKS = {"host": ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"],
          "msan": ["-fsanitize=memory", "-fsanitize-memory-track-origins"]}
OPTIONS = "abort_on_error=1:symbolize=0:disable_coredump=1:strip_path_prefix='':handle_abort=1"
ENVIRONMENT = {
    "ASAN_OPTIONS": OPTIONS + ":detect_leaks=1:handle_sigfpe=1:handle_sigill=1:detect_odr_violation=0"
                              ":detect_stack_use_after_return=1:max_allocation_size_mb=512:exitcode=86",
    "UBSAN_OPTIONS": OPTIONS + ":print_stacktrace=1:halt_on_error=1",
    "MSAN_OPTIONS": OPTIONS + ":exit_code=87", "LSAN_OPTIONS": "exitcode=88"}
CPU_MS, WALL_MS = 250, 1500
# Of third-party code: what its harness.json does not tell.
SOUP = {"modbus_server": {"port": "targets/soup/libmodbus/port", "includes": ["src"], "version_header": True},
        "lwip_ppp_eap": {"port": "targets/soup/lwip/port", "includes": ["src/include"]}}
# What a report is about, in a word, without its stack.
WORD = re.compile(r"ERROR: \w+: (?:attempting )?([\w-]+)|runtime error: ([a-z -]+)|property violated: (\S+)"
                  r"|(Assertion) |WARNING: MemorySanitizer: (\S+)")
SLOW_KINDS = {"hang", "slow"}
INTERESTING = [0, 1, 7, 8, 16, 31, 32, 63, 64, 100, 127, 128, 200, 254, 255]


class Bug:
    def __init__(self, target, entry, proofs):
        self.target, self.id, self.proofs = target, entry["id"], proofs
        self.flag = entry.get("flag")
        self.timed = entry.get("kind") in SLOW_KINDS
        self.flavour = "msan" if entry.get("sanitizer") == "msan" else "host"


class Target:
    """One harness, with its bugs and the builds that tell them apart."""

    def __init__(self, name, build, out):
        self.name, self.out = name, out
        self.index = json.loads((build / "harnesses" / name / "harness.json").read_text())
        self.corpus = pathlib.Path(self.index["corpus"])
        self.sources = list(self.index["sources"])
        self.build = build
        self.bugs = []
        self.leaks = False
        self.clean_flavours = {"host"}

    def defines(self, variant):
        if variant == "clean":
            return []
        if variant == "planted":
            return [bug.flag for bug in self.bugs if bug.flag]
        return [bug.flag for bug in self.bugs if bug.id == variant]

    def variant_sources(self, _variant):
        return self.sources, []

    def binary(self, variant, flavour):
        """Built on first use; the same for the same sources."""
        binary = self.out / "build" / self.name / f"{variant}-{flavour}"
        if binary.exists():
            return binary
        binary.parent.mkdir(parents=True, exist_ok=True)
        sources, options = self.variant_sources(variant)
        objects = binary.parent / f"{variant}-{flavour}.objects"
        objects.mkdir(exist_ok=True)
        sdk = [ROOT / f"harnesses/sdk/{name}.c"
               for name in ("heartbeat", "edge_tally", "edge_trace", "oracles", "properties", "value_trace")]
        wanted = [*sources, ROOT / self.index["harness"], *sdk, ROOT / "bench/triage_corpus_runner.c"]
        made = []
        for number, source in enumerate(map(pathlib.Path, wanted)):
            cxx = source.suffix == ".cc"
            made.append(objects / f"{number}.o")
            checks = [] if source in sdk else CHECKS[flavour]
            run(["ccache", *(["clang++-14", "-std=c++17"] if cxx else ["clang-14", "-std=gnu11"]),
                 *FLAGS, *checks, f"-I{ROOT}", *options, *(f"-D{name}" for name in self.defines(variant)), "-c",
                 source, "-o", made[-1]])
        part = binary.with_suffix(".part")
        run(["clang++-14", *CHECKS[flavour], *made, "-lsodium", "-o", part])
        shutil.rmtree(objects)
        part.rename(binary)
        return binary


class SoupTarget(Target):
    """Third-party code: the build of a defect has all patches but the defect's own."""

    def __init__(self, name, build, out):
        super().__init__(name, build, out)
        recipe_path = ROOT / pathlib.Path(self.index["soup"]["recipe"]).relative_to(
            pathlib.Path(self.index["soup"]["recipe"]).parents[3])
        self.recipe = json.loads(recipe_path.read_text())
        self.trees = build / "soup" / recipe_path.parent.name
        self.facts = SOUP[name]

    def tree(self, variant):
        if variant in ("clean", "planted"):
            return self.trees / ("patched" if variant == "clean" else "upstream")
        tree = self.out / "trees" / self.name / variant
        if not tree.exists():
            part = tree.with_suffix(".part")
            shutil.rmtree(part, ignore_errors=True)
            shutil.copytree(self.trees / "upstream", part)
            for patch in self.recipe["patches"]:
                if variant not in self.recipe["patches_resolve"].get(patch, []):
                    run(["patch", "-s", "-p1", "-d", part, "-i", next((self.trees / "packaging").rglob(patch))])
            part.rename(tree)
        return tree

    def variant_sources(self, variant):
        tree = self.tree(variant)
        sources = [tree / pathlib.Path(source).relative_to(self.trees / "upstream") if "/upstream/" in source
                   else source for source in self.sources]
        includes = [*(tree / name for name in self.facts["includes"]), ROOT / self.facts["port"]]
        if self.facts.get("version_header"):
            includes.append(next((self.build / "harness-build" / "libfuzzer").rglob("modbus-version.h")).parent)
        return sources, ["-w", *(f"-I{folder}" for folder in includes)]


def run(argv):
    subprocess.run([str(word) for word in argv], check=True)


def run_batch(binary, inputs, leaks, scale=1):
    """(kind, wait status, log) of each input."""
    batch, out = binary.with_suffix(f".{os.getpid()}.batch"), binary.with_suffix(f".{os.getpid()}.out")
    batch.write_bytes(b"".join(struct.pack("=I", len(data)) + data for data in inputs))
    subprocess.run([binary, batch, out, str(int(CPU_MS * scale)), str(int(WALL_MS * scale)), str(int(leaks))],
                   check=True, env={**os.environ, **ENVIRONMENT}, stdin=subprocess.DEVNULL)
    answers, data, at = [], out.read_bytes(), 0
    for _ in inputs:
        end = data.index(b"\n", at)
        kind, status, length = data[at:end].split()
        length = max(int(length), 0)
        answers.append((kind.decode(), int(status), data[end + 1:end + 1 + length].decode(errors="replace")))
        at = end + 2 + length
    batch.unlink()
    out.unlink()
    return answers


def word_of(log):
    found = WORD.search(log)
    return next(filter(None, found.groups())) if found else ""


def words_of(folder):
    words = []
    for path in sorted((folder / "dict").glob("*.dict")) if (folder / "dict").is_dir() else []:
        for line in path.read_text().splitlines():
            text = line[line.find('"') + 1:line.rfind('"')] if line.count('"') >= 2 and line[0] != "#" else ""
            if text:
                words.append(text.encode().decode("unicode_escape").encode("latin-1"))
    return words or [b"\0\0"]


def mutate(random_state, data, others, words):
    """One to five changes on top of each other."""
    data = bytearray(data)
    for _ in range(random_state.choice([1, 1, 2, 2, 3, 5])):
        at = random_state.randrange(len(data) + 1)
        length = random_state.choice([1, 2, 4, 8, 16, 40])
        other = random_state.choice(others)
        start = random_state.randrange(len(other) + 1)
        change = random_state.randrange(11)
        if change == 0 and at < len(data):
            data[at] ^= 1 << random_state.randrange(8)
        elif change == 1 and at < len(data):
            data[at] = random_state.choice(INTERESTING)
        elif change == 2 and at < len(data):
            data[at] = random_state.randrange(256)
        elif change == 3 and at + 2 <= len(data):
            order = random_state.choice("<>")
            number = struct.unpack(order + "H", data[at:at + 2])[0] + random_state.randrange(-40, 41)
            data[at:at + 2] = struct.pack(order + "H", number & 0xFFFF)
        elif change == 4:
            del data[at:at + length]
        elif change == 5:
            data[at:at] = data[at:at + length]
        elif change == 6:
            data[at:at] = random_state.choice(words)
        elif change == 7:
            data[at:at] = bytes(random_state.randrange(256) for _ in range(length))
        elif change == 8:
            data[at:at] = other[start:start + random_state.choice([length, 4 * length, len(other)])]
        elif change == 9:
            # A whole other input before, or behind.
            data = bytearray(other + data if random_state.randrange(2) else data + other)
        elif change == 10:
            data = bytearray(data[:at] + other[start:] if random_state.randrange(2) else other[:start] + data[at:])
    return bytes(data[:20000])


def search_proofs(target):
    """Of third-party code: what libFuzzer finds from the seeds, by seed and number of runs."""
    folder = target.out / "proofs" / target.name
    if not (folder / "done").exists():
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "artifacts").mkdir(parents=True)
        for seed in range(1, 9):
            (folder / f"corpus{seed}").mkdir()
            subprocess.run([target.build / "harnesses" / target.name / "libfuzzer", f"-seed={seed}", "-runs=200000",
                            f"-artifact_prefix={folder}/artifacts/", folder / f"corpus{seed}",
                            target.corpus / "seed"], check=False, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)
        (folder / "done").touch()
    found = [path.read_bytes() for path in sorted((folder / "artifacts").glob("crash-*"))]
    for bug in target.bugs:
        answers = run_batch(target.binary(bug.id, "host"), found, False)
        bug.proofs = [data for data, answer in zip(found, answers) if answer[0] != "ok"]


class Making:
    """The inputs of one bug."""

    def __init__(self, target, bug, wanted):
        self.target, self.bug = target, bug
        self.wanted = max(24, wanted // 8) if bug.timed else wanted
        self.tries = self.wanted * (6 if bug.timed else 60)
        self.batch = 12 if bug.timed else 100
        self.random = random.Random(f"percuss triage corpus 1 {bug.id}")
        self.counts = {"kept": 0, "tried": 0, "fails_of_bug": 0, "several_bugs": 0, "clean_fails": 0,
                       "planted_passes": 0, "another_first": 0}
        self.kept, self.reports, self.seen = [], [], set()
        self.others = [path.read_bytes() for folder in ("seed", "regression", "planted")
                       if (target.corpus / folder).is_dir() for path in sorted((target.corpus / folder).iterdir())]
        self.words = words_of(target.corpus)

    def run_variant(self, variant, inputs, scale=1):
        return run_batch(self.target.binary(variant, self.bug.flavour), inputs, self.target.leaks, scale) \
            if inputs else []

    def passing(self, variant, inputs, counter):
        """Those that this variant survives."""
        # Twice the time: what only just ends must not count as another bug's failure.
        answers = self.run_variant(variant, inputs, 2)
        passed = [data for data, answer in zip(inputs, answers) if answer[0] == "ok"]
        self.counts[counter] += len(inputs) - len(passed)
        return passed

    def judge(self, candidates):
        answers = self.run_variant(self.bug.id, candidates)
        mine = [data for data, answer in zip(candidates, answers) if answer[0] != "ok"]
        self.counts["fails_of_bug"] += len(mine)
        mine = self.passing("clean", mine, "clean_fails")
        for other in self.target.bugs:
            if other.id != self.bug.id and other.flavour == self.bug.flavour:
                mine = self.passing(other.id, mine, "several_bugs")
        # Three samples of what hangs, as a rerun would have them.
        samples = [self.run_variant("planted", mine, scale) for scale in
                   ((1, 1.25, 1.5) if self.bug.timed else (1,))]
        for number, data in enumerate(mine):
            seen = [sample[number] for sample in samples]
            if any(kind == "ok" for kind, _, _ in seen):
                self.counts["planted_passes"] += 1
            elif len(self.kept) < self.wanted:
                self.keep(data, seen)

    def drop_what_others_cause(self):
        """With all bugs in, what this one does may lead to another, of which its own build knows nothing."""
        alone = [word_of(log) for _, _, log in self.run_variant(self.bug.id, self.kept)]
        own = [self.bug.timed or word == word_of(report["logs"][0]) for word, report in zip(alone, self.reports)]
        self.counts["another_first"] = own.count(False)
        self.kept = [data for data, keep in zip(self.kept, own) if keep]
        self.reports = [report for report, keep in zip(self.reports, own) if keep]

    def keep(self, data, seen):
        name = hashlib.sha256(data).hexdigest()
        self.kept.append(data)
        kind, status, _ = seen[0]
        signal = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        self.reports.append({"id": name, "target": self.target.name, "bug": self.bug.id,
                             "kind": "hang" if kind == "hang" else "crash", "signal": signal,
                             "exit_code": 0 if signal else os.WEXITSTATUS(status), "logs": [s[2] for s in seen]})

    def make(self):
        candidates = [data for data in self.bug.proofs]
        while len(self.kept) < self.wanted and self.counts["tried"] < self.tries:
            pool = self.bug.proofs + self.kept[-40:]
            while len(candidates) < self.batch:
                data = mutate(self.random, self.random.choice(pool), self.others, self.words)
                if data not in self.seen:
                    candidates.append(data)
                    self.seen.add(data)
            self.counts["tried"] += len(candidates)
            self.judge(candidates)
            candidates = []
        self.drop_what_others_cause()
        self.counts["kept"] = len(self.kept)
        self.write()
        return self.counts

    def write(self):
        folder = self.target.out / "inputs" / self.target.name / self.bug.id
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for data, report in zip(self.kept, self.reports):
            (folder / f"{report['id'][:16]}.bin").write_bytes(data)
        lines = "".join(json.dumps(report) + "\n" for report in self.reports)
        reports = self.target.out / "reports" / f"{self.target.name}.{self.bug.id}.jsonl"
        reports.parent.mkdir(exist_ok=True)
        reports.with_suffix(".part").write_text(lines)
        reports.with_suffix(".counts.json").write_text(json.dumps(self.counts))
        reports.with_suffix(".part").rename(reports)


def reference_targets(build, out):
    """Without the bugs that a harness of their own shows, which wants other libraries."""
    for path in sorted((ROOT / "targets/reference").glob("*/EXPECT.json")):
        expect = json.loads(path.read_text())
        target = Target(expect["harness"], build, out)
        for entry in (bug for bug in expect["bugs"] if "harness" not in bug):
            proof = (target.corpus / "planted" / f"{entry['id']}.bin").read_bytes()
            target.bugs.append(Bug(target, entry, [proof]))
            target.leaks |= entry["kind"] == "leak"
        yield target


def soup_targets(build, out):
    for name in SOUP:
        if (build / "harnesses" / name / "libfuzzer").exists():
            target = SoupTarget(name, build, out)
            target.bugs = [Bug(target, {"id": cve}, []) for cve in target.recipe["cves"]]
            yield target


def make_target(target, wanted):
    counts = {}
    if isinstance(target, SoupTarget):
        search_proofs(target)
    for bug in target.bugs:
        done = target.out / "reports" / f"{target.name}.{bug.id}.jsonl"
        if bug.proofs and not done.exists():
            Making(target, bug, wanted).make()
        if done.exists():
            counts[bug.id] = json.loads(done.with_suffix(".counts.json").read_text())
            print(f"{target.name:24} {bug.id:14} {counts[bug.id]}", flush=True)
    return target.name, counts


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/default")
    parser.add_argument("--per-bug", type=int, default=160, help="inputs wanted of each bug; an eighth where it hangs")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", help="this target alone")
    arguments = parser.parse_args()
    out, build = arguments.out.resolve(), arguments.build.resolve()
    out.mkdir(parents=True, exist_ok=True)
    targets = [*reference_targets(build, out), *soup_targets(build, out)]
    targets = [target for target in targets if arguments.only in (None, target.name)]
    with concurrent.futures.ProcessPoolExecutor(arguments.jobs) as pool:
        counts = dict(pool.map(make_target, targets, [arguments.per_bug] * len(targets)))
    total = sum(bug["kept"] for bugs in counts.values() for bug in bugs.values())
    manifest = {"per_bug": arguments.per_bug, "inputs": total, "targets": counts}
    (out / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
    print(f"{total} inputs of {sum(map(len, counts.values()))} bugs")


if __name__ == "__main__":
    main()
