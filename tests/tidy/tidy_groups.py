# SPDX-License-Identifier: Apache-2.0
"""Sources that can be read as one translation unit, so that the headers they share are looked through once."""

import re

LARGEST = 8

DECLARED = re.compile(r"^(?:template\s*<[^>]*>\s*)?"
                      r"(?:(?:class|struct|enum class|enum|union)\s+(\w+)"
                      r"|using\s+(\w+)\s*="
                      r"|[\w:<>,&*\s\[\]]*?[\s&*>](\w+)\s*[(={;\[])")


def own_names(text):
    """The names that a source has for itself: two that have the same cannot be read together. Where one is overlooked,
    the group nearly always does not compile, which costs time and no more."""
    names = set(re.findall(r"^\s*#\s*define\s+(\w+)", text, re.MULTILINE))
    unnamed = False
    for line in text.splitlines():
        if line.startswith("namespace {"):
            unnamed = True
        elif line.rstrip() == "}  // namespace":
            unnamed = False
        elif re.match(r"static |constexpr |inline |using ", line) or unnamed and re.match(r"\w", line):
            found = DECLARED.match(line)
            if found:
                names.update(filter(None, found.groups()))
    return names


def grouped(texts):
    """{source: text} as lists of sources, neighbours together; no two in a list have a name of their own in common."""
    groups = []
    for source in sorted(texts):
        names = own_names(texts[source])
        group = next((group for group in groups if len(group[0]) < LARGEST and group[1].isdisjoint(names)), None)
        if group is None:
            groups.append(([source], set(names)))
        else:
            group[0].append(source)
            group[1].update(names)
    return [sources for sources, _ in groups]
