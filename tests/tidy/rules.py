# SPDX-License-Identifier: Apache-2.0
"""The rules of the house that no compiler knows. A rule takes a Tree and yields one line of text per offence.

RULES at the end is the table; each rule has a test in tidy_rules_test.py that shows it can fail.
"""

import fnmatch
import json
import pathlib
import re

from tree import SOURCE_ENDINGS, without_comments_and_strings

MAX_FILE_LINES = 600
MAX_FUNCTION_LINES = 70
MAX_PARAMETERS = 5
# How a function begins whose parameters somebody else chooses: QEMU, an engine, POSIX or DCMTK for one that stands in
# for theirs.
DICTATED = ("qemu_plugin_id_t", "void* address, size_t length, int protection", "T_ASC_Network* network",
            "void* state, uint8_t* bytes, size_t size, uint8_t** result", "const uint8_t* data1, size_t size1")
MAX_CODE_COLUMNS = 100
MAX_SCRIPT_COLUMNS = 120  # CMake and shell: flags and messages

# Folder: what may be included, as prefixes of paths from the root. The longest matching folder counts.
MAY_INCLUDE = {
    "common": ["common/"],
    "targets": ["targets/"],
    "harnesses": ["targets/", "harnesses/", "emulation/rehost/core/"],
    "harnesses/sdk": ["harnesses/sdk/"],
    "harnesses/rehost": ["emulation/rehost/core/", "harnesses/rehost/", "harnesses/sdk/"],
    "harnesses/own": ["common/", "emulation/", "campaign/", "protocols/", "reports/", "harnesses/own/",
                      "harnesses/sdk/"],
    "protocols": ["protocols/", "emulation/rehost/core/stream_table.h"],
    "emulation": ["common/", "emulation/"],
    "emulation/rehost/core": ["emulation/rehost/core/"],
    "emulation/qemu/plugin": ["emulation/qemu/plugin/", "harnesses/sdk/edge_tally.h", "harnesses/sdk/heartbeat.h",
                              "harnesses/sdk/session/session_frames.h"],
    "campaign": ["common/", "campaign/", "protocols/", "harnesses/sdk/edge_tally.h", "harnesses/sdk/edge_trace.h",
                 "harnesses/sdk/fork_server.h", "harnesses/sdk/heartbeat.h", "harnesses/sdk/value_trace.h"],
    "campaign/session": ["common/", "campaign/", "harnesses/sdk/session/session_frames.h"],
    "campaign/engine": ["common/", "campaign/", "emulation/", "protocols/", "harnesses/sdk/edge_tally.h",
                        "harnesses/sdk/edge_trace.h", "harnesses/sdk/fork_server.h", "harnesses/sdk/heartbeat.h",
                        "harnesses/sdk/value_trace.h"],
    "reports": ["common/", "reports/"],
    "cli": ["common/", "campaign/", "emulation/", "protocols/", "reports/", "cli/"],
    "tests": [""],
    "bench": [""],
}
# Code for fuzz targets names its neighbours as the target's own makers do.
LOCAL_NAMES_IN = {"targets", "harnesses"}
OUR_FOLDERS = {folder.split("/")[0] for folder in MAY_INCLUDE}
# Loaded into another program: C, in the terms of that.
C_FOLDER_IN_CPP = "emulation/qemu/plugin/"
OUR_CPP = ("common", "protocols", "emulation", "campaign", "reports", "cli", "tests", "bench")

_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]', re.MULTILINE)


def _line(text, offset):
    return text.count("\n", 0, offset) + 1


def _allowed_includes(path):
    folders = [folder for folder in MAY_INCLUDE if path.as_posix().startswith(folder + "/")]
    allowed = MAY_INCLUDE[max(folders, key=len)] if folders else []
    return allowed + ["tests/support/"] if path.stem.endswith("_test") else allowed


def includes(tree):
    """Who may include whom: docs/architecture.md."""
    for path in tree.sources():
        text = tree.text(path)
        top = path.parts[0]
        for found in _INCLUDE.finditer(text):
            quote, name = found.groups()
            where = f"{path}:{_line(text, found.start())}"
            if name.split("/")[0] not in OUR_FOLDERS or "/" not in name:
                if quote == '"' and top not in LOCAL_NAMES_IN:
                    yield f'{where}: "{name}" is not a path from the repository\'s root'
            elif quote == "<":
                yield f'{where}: <{name}> is a file of ours, write "{name}"'
            elif not any(name.startswith(prefix) for prefix in _allowed_includes(path)):
                yield f'{where}: {top}/ may not include "{name}", see docs/architecture.md'


def sizes(tree):
    """Files of up to 600 lines, lines of up to 100 columns."""
    for path in tree.code():
        lines = tree.text(path).splitlines()
        if len(lines) > MAX_FILE_LINES:
            yield f"{path}: {len(lines)} lines, more than {MAX_FILE_LINES}: split it"
        code = path.suffix in SOURCE_ENDINGS
        limit = MAX_CODE_COLUMNS if code else MAX_SCRIPT_COLUMNS
        for number, line in enumerate(lines, 1):
            if len(line) > limit:
                yield f"{path}:{number}: {len(line)} columns, more than {limit}"


_DEFINITION = re.compile(r"^[A-Za-z_][\w \t*]*?\b(\w+)\(([^;{}()]*(?:\([^()]*\)[^;{}()]*)*)\)\s*\{", re.MULTILINE)
_BODY_BEGINS = re.compile(r"(^\{|\)[^;{}=]*\{)\s*$")


def functions(tree):
    """Functions of up to 70 lines and 5 parameters where clang-tidy does not look: targets, harnesses, C.

    Relies on the layout that .clang-format gives: a body ends at the first brace in column 0.
    """
    for path in tree.sources():
        if path.parts[0] not in ("targets", "harnesses") and path.suffix != ".c":
            continue
        text = without_comments_and_strings(tree.text(path))
        for found in _DEFINITION.finditer(text):
            parameters = re.sub(r"\([^()]*\)", "", found.group(2)).count(",") + 1
            if parameters > MAX_PARAMETERS and not found.group(2).startswith(DICTATED):
                yield (f"{path}:{_line(text, found.start())}: {found.group(1)} has {parameters} parameters, "
                       f"more than {MAX_PARAMETERS}")
        begin = None
        for number, line in enumerate(text.splitlines(), 1):
            if begin is None and _BODY_BEGINS.search(line):
                begin = number
            elif line.startswith("}"):
                if begin is not None and number - begin - 1 > MAX_FUNCTION_LINES:
                    yield (f"{path}:{begin}: a function of {number - begin - 1} lines, "
                           f"more than {MAX_FUNCTION_LINES}")
                begin = None


def licence_lines(tree):
    """An SPDX line at the top of everything that a person writes for a machine to run."""
    for path in tree.code():
        text = tree.text(path)
        if text.strip() and "SPDX-License-Identifier:" not in "\n".join(text.splitlines()[:3]):
            yield f"{path}: no SPDX-License-Identifier in the first three lines"


def header_guards(tree):
    """#pragma once in our C++; an include guard in what a C compiler of a device may read."""
    for path in tree.sources():
        if path.suffix != ".h":
            continue
        text = tree.text(path)
        guard = re.search(r"^#ifndef (\w+)\n#define \1$", text, re.MULTILINE)
        once = re.search(r"^#pragma once$", text, re.MULTILINE)
        in_c = path.as_posix().startswith(C_FOLDER_IN_CPP)
        if path.parts[0] in OUR_CPP and not in_c and not once:
            yield f"{path}: no #pragma once"
        elif (path.parts[0] not in OUR_CPP or in_c) and not guard:
            yield f"{path}: no include guard (#ifndef NAME, #define NAME)"


_SNAKE = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*")
_EMPTY_WORDS = {"util", "utils", "manager", "managers", "helper", "helpers"}


def names(tree):
    """snake_case source files; no name that says nothing."""
    for path in tree.sources() + [path for path in tree.scripts() if path.suffix == ".py"]:
        if path.name != "__init__.py" and not _SNAKE.fullmatch(path.stem):
            yield f"{path}: a source file's name is snake_case"
    for path in tree.code():
        empty = {word for part in path.parts for word in re.split(r"[_.\-]", part.lower())}
        for word in sorted(empty & _EMPTY_WORDS):
            yield f"{path}: '{word}' says nothing; name what it does"


_BANNED_C = re.compile(
    r"(?<![\w.>:])(?:(?:std)?::)?"
    r"(system|popen|strcpy|strcat|sprintf|vsprintf|gets|rand|srand|tmpnam|mktemp)\s*\(")
_BANNED_PYTHON = re.compile(r"\b(os\.system\(|os\.popen\(|shell\s*=\s*" + "True)")


def banned_calls(tree):
    """No shell strings, no unbounded copies, no rand(). Exempt is where such bugs are planted: targets, fixtures."""
    for path in tree.sources(*OUR_CPP, "harnesses"):
        if "fixtures" in path.parts:
            continue
        text = without_comments_and_strings(tree.text(path))
        for found in _BANNED_C.finditer(text):
            yield f"{path}:{_line(text, found.start())}: {found.group(1)}() is banned"
    for path in tree.scripts():
        if path.suffix != ".py":
            continue
        text = tree.text(path)
        for found in _BANNED_PYTHON.finditer(text):
            yield f"{path}:{_line(text, found.start())}: {found.group(1)} runs a shell string"


_SKIPS = re.compile(r"GTEST_" + r"SKIP|\bDISABLED" + r"_|unittest\.skip|\.skip" + r"Test\(|mark\.skip")
_LEFTOVERS = re.compile(r"\b(TO" + "DO|FIX" + "ME|XX" + r"X)\b")


def leftovers(tree):
    """No skipped tests, no notes to self."""
    for path in tree.code():
        text = tree.text(path)
        for found in list(_SKIPS.finditer(text)) + list(_LEFTOVERS.finditer(text)):
            yield f"{path}:{_line(text, found.start())}: {found.group()}: finish it or delete it"


def _origin_patterns(text):
    """Names and globs: first cells of tables, begins of list items, anything in backquotes, "files below x/"."""
    cells = re.findall(r"^\|([^|]*)\|", text, re.MULTILINE)
    cells += re.findall(r"^[-*] +([^:]*):", text, re.MULTILINE)
    cells += re.findall(r"`([^`\n]+)`", text)
    words = re.findall(r"[^\s,`|]+", " ".join(cells))
    words += re.findall(r"[Ff]iles below (\S+/)", text)
    if re.search(r"\bdictionary\b", text):
        words += ["dict", "dict/*", "*.dict"]
    for word in words:
        word = re.sub(r"N+(?![A-Za-z])", lambda found: "[0-9]" * len(found.group()), word)
        yield word + "*" if word.endswith("/") else word


def corpus_origins(tree):
    """Every file below corpora/<name>/ is named in ORIGIN.md, alone or by a pattern, and so is the licence."""
    corpora = {}
    for path in tree.paths:
        if path.parts[0] == "corpora" and len(path.parts) > 2:
            corpora.setdefault(path.parts[1], []).append(path.relative_to(*path.parts[:2]))
    for name, files in sorted(corpora.items()):
        origin = pathlib.PurePosixPath("corpora", name, "ORIGIN.md")
        if origin not in tree.paths:
            yield f"{origin}: is missing; it names every file's origin and licence"
            continue
        text = tree.text(origin)
        if not re.search(r"licen[cs]e|\b[A-Z][\w.]*-\d", text, re.IGNORECASE):
            yield f"{origin}: names no licence"
        patterns = list(_origin_patterns(text))
        for path in files:
            if path.name != "ORIGIN.md" and not any(
                    fnmatch.fnmatchcase(own, pattern)
                    for own in (path.as_posix(), path.name) for pattern in patterns):
                yield f"{origin}: does not name {path}"


def _expectations(document):
    """The list of planted bugs: the document itself, or the one list of objects in it."""
    if isinstance(document, list):
        return document
    lists = [value for value in document.values()
             if isinstance(value, list) and value and isinstance(value[0], dict)]
    return lists[0] if len(lists) == 1 else []


def expectations(tree):
    """Each EXPECT.json parses, its ids are unique in the tree, its build flags occur in the target's source."""
    seen = {}
    for path in tree.paths:
        if path.name != "EXPECT.json":
            continue
        try:
            bugs = _expectations(json.loads(tree.text(path)))
        except (ValueError, AttributeError) as error:
            yield f"{path}: cannot be read: {error}"
            continue
        if not bugs:
            yield f"{path}: holds no list of planted bugs"
        source = "\n".join(tree.text(file) for file in tree.sources("targets")
                           if path.parent in file.parents)
        for bug in bugs:
            identity, flag = bug.get("id"), bug.get("flag")
            if not identity or not flag:
                yield f"{path}: an entry has no id or no flag: {json.dumps(bug)[:80]}"
                continue
            if identity in seen:
                yield f"{path}: the id {identity} is also in {seen[identity]}"
            seen[identity] = path
            if not re.search(rf"\b{re.escape(flag)}\b", source):
                yield f"{path}: {flag} of {identity} occurs in no source file beside it"


_LINK = re.compile(r"(?<!`)\[[^\]\n]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")


def links(tree):
    """Every relative link in a Markdown file leads to something in the tree."""
    for path in tree.paths:
        if path.suffix != ".md":
            continue
        text = re.sub(r"```.*?```", lambda found: "\n" * found.group().count("\n"), tree.text(path),
                      flags=re.DOTALL)
        for found in _LINK.finditer(text):
            target = found.group(1).split("#")[0]
            if not target or re.match(r"[a-z]+:", target):
                continue
            if not (tree.root / path.parent / target).exists():
                yield f"{path}:{_line(text, found.start())}: the link to {target} leads nowhere"


def changelog(tree):
    """CHANGELOG.md is there and has a place for what is not released yet."""
    path = pathlib.PurePosixPath("CHANGELOG.md")
    if path not in tree.paths:
        yield f"{path}: is missing"
    elif "## [Unreleased]" not in tree.text(path):
        yield f"{path}: has no section '## [Unreleased]'"


RULES = {rule.__name__: rule for rule in (
    includes, sizes, functions, licence_lines, header_guards, names, banned_calls, leftovers,
    corpus_origins, expectations, links, changelog)}
