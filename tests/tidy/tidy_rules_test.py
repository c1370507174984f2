# SPDX-License-Identifier: Apache-2.0
"""Shows for each rule that it lets good trees pass and can fail: each case is a tree of a few files."""

import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

from rules import RULES
from tidy_groups import LARGEST, grouped, own_names
from tree import Tree, without_comments_and_strings

HERE = pathlib.Path(__file__).resolve().parent


def offences(rule, files):
    """What the rule says of a tree with these files (path: text)."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = pathlib.Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return list(RULES[rule](Tree(folder)))


class RuleTest(unittest.TestCase):
    def passes(self, rule, files):
        self.assertEqual(offences(rule, files), [])

    def fails(self, rule, files, *words):
        """One offence, which has all the words."""
        found = offences(rule, files)
        self.assertEqual(len(found), 1, found)
        for word in words:
            self.assertIn(word, found[0])


class IncludesTest(RuleTest):
    def test_what_the_table_allows(self):
        self.passes("includes", {
            "common/a.cc": '#include "common/a.h"\n#include <vector>\n#include <fmt/core.h>\n',
            "campaign/a.cc": '#include "common/a.h"\n#include "harnesses/sdk/heartbeat.h"\n',
            "campaign/a_test.cc": '#include "tests/support/fake.h"\n',
            "campaign/engine/b.cc": '#include "emulation/b.h"\n',
            "emulation/rehost/a.cc": '#include "emulation/rehost/core/a.h"\n#include "common/a.h"\n',
            "harnesses/c.cc": '#include "targets/x/c.h"\n#include "modbus.h"\n#include <lwip/ip.h>\n',
            "harnesses/rehost.cc": '#include "emulation/rehost/core/a.h"\n',
            "protocols/a.cc": '#include "emulation/rehost/core/stream_table.h"\n',
            "targets/x/c.c": '#include "c.h"\n',
            "cli/d.cc": '#include "reports/d.h"\n#include "campaign/d.h"\n',
            "tests/e.cc": '#include "cli/e.h"\n'})

    def test_each_forbidden_direction(self):
        for path, name in (("common/a.cc", "campaign/a.h"), ("common/a.cc", "harnesses/sdk/heartbeat.h"),
                           ("reports/a.cc", "campaign/a.h"), ("campaign/a.cc", "reports/a.h"),
                           ("campaign/a.cc", "emulation/a.h"), ("campaign/a.cc", "tests/support/a.h"),
                           ("campaign/a.cc", "harnesses/sdk/percuss_harness.h"),
                           ("emulation/a.cc", "campaign/a.h"), ("harnesses/a.cc", "common/a.h"),
                           ("harnesses/sdk/a.c", "targets/x/a.h"), ("targets/x/a.c", "common/a.h"),
                           ("targets/x/a.c", "harnesses/sdk/percuss_harness.h"),
                           ("emulation/rehost/core/a.cc", "common/a.h"),
                           ("emulation/rehost/core/a.cc", "emulation/elf_image.h"),
                           ("protocols/a.cc", "emulation/rehost/core/machine.h"),
                           ("cli/a.cc", "bench/a.h")):
            with self.subTest(path=path, name=name):
                self.fails("includes", {path: f'\n  #  include "{name}"\n'}, f"{path}:2", name)

    def test_paths_from_elsewhere_than_the_root(self):
        self.fails("includes", {"common/a.cc": '#include "a.h"\n'}, "common/a.cc:1", "root")
        self.fails("includes", {"common/a.cc": '#include "../common/a.h"\n'}, "root")
        self.fails("includes", {"common/a.cc": "#include <common/a.h>\n"}, "file of ours")


class LayoutTest(RuleTest):
    def test_sizes(self):
        self.passes("sizes", {"common/a.cc": ("x" * 100 + "\n") * 600, "a.sh": "x" * 120})
        self.fails("sizes", {"common/a.cc": "x\n" * 601}, "601 lines")
        self.fails("sizes", {"common/a.cc": "\n" + "x" * 101}, "common/a.cc:2", "101 columns")
        self.fails("sizes", {"scripts/a.sh": "x" * 121}, "121 columns")

    def test_functions(self):
        def body(lines):
            return "static int f(int a,\n             int b) {\n" + "  a += b;\n" * lines + "}\n"
        other = "struct s {\n" + "  int x;\n" * 99 + "};\nconst int t[] = {\n" + "  1,\n" * 99 + "};\n"
        self.passes("functions", {"targets/x/a.c": other + body(70) + body(70)})
        self.fails("functions", {"targets/x/a.c": other + body(71)}, "71 lines")
        self.fails("functions", {"campaign/a.c": body(71)}, "71 lines")
        five = "int f(int a, int b,\n      int c, int d, void (*e)(int, int))"
        self.passes("functions", {"targets/x/a.c": five + " {\n}\n"})
        self.fails("functions", {"targets/x/a.c": five.replace("int a,", "int a, int z,") + " {\n}\n"}, "6 parameters")
        self.fails("functions", {"harnesses/a.cc": "namespace {\n" + body(80) + "}\n"}, "80 lines")
        self.fails("functions", {"targets/x/a.c": "void f(void)\n{\n" + "  g(\"}\");\n" * 71 + "}\n"})

    def test_header_guards(self):
        self.passes("header_guards", {"common/a.h": "#pragma once\n",
                                      "harnesses/sdk/a.h": "#ifndef A_H_\n#define A_H_\n#endif\n"})
        self.fails("header_guards", {"common/a.h": "#ifndef A_H_\n#define A_H_\n#endif\n"}, "pragma")
        self.fails("header_guards", {"targets/x/a.h": "#pragma once\n"}, "include guard")
        self.fails("header_guards", {"targets/x/a.h": "#ifndef A_H_\n#define B_H_\n#endif\n"})

    def test_names(self):
        self.passes("names", {"common/crash_key_test.cc": "", "scripts/fetch-soup.sh": "",
                              "cmake/PercussCompile.cmake": "", "tests/__init__.py": ""})
        self.fails("names", {"common/CrashKey.cc": ""}, "snake_case")
        self.fails("names", {"common/crash-key.h": ""}, "snake_case")
        self.fails("names", {"common/string_utils.cc": ""}, "utils")
        self.fails("names", {"campaign/manager/a.cc": ""}, "manager")
        self.fails("names", {"scripts/helper.py": ""}, "helper")


class TextTest(RuleTest):
    def test_licence_lines(self):
        good = "SPDX-License-Identifier: Apache-2.0\n"
        self.passes("licence_lines", {"a.cc": "// " + good, "a.sh": "#!/bin/sh\n# " + good, "a.md": "",
                                      "tests/__init__.py": ""})
        for name in ("common/a.h", "a.py", "a.sh", ".ci/run", "x.cmake", "common/CMakeLists.txt"):
            with self.subTest(name=name):
                self.fails("licence_lines", {name: "x\n" * 3 + good}, name)

    def test_banned_calls(self):
        self.passes("banned_calls", {
            "common/a.cc": '// system("x")\nauto a = "popen(";\nboost::system::error_code e;\n'
                           "x.system(1); y->rand(); v2::system(2); snprintf(b, 2, \"x\");\n",
            "targets/x/a.c": "strcpy(a, b);\n", "campaign/fixtures/a.cc": "strcpy(a, b);\n",
            "tests/a.py": "subprocess.run([])\n"})
        for call in ("system(a)", "::system(a)", "std::system (a)", "popen(a, b)", "strcpy(a, b)",
                     "sprintf(a, b)", "std::rand()"):
            with self.subTest(call=call):
                self.fails("banned_calls", {"common/a.cc": f"\nint x = {call};\n"}, "common/a.cc:2")
        self.fails("banned_calls", {"harnesses/a.c": "void f(void) { strcpy(a, b); }"})
        for call in ("os." + "system('x')", "subprocess.run('x', shell=" + "True)"):
            self.fails("banned_calls", {"tests/a.py": call}, "shell string")

    def test_leftovers(self):
        self.passes("leftovers", {"common/a.cc": 'const char* t = "nameXX' + 'XXXX";\n', "a.md": "TO" "DO"})
        for word in ("TO" "DO", "FIX" "ME:", "XX" "X", "GTEST_" "SKIP()", "TEST(A, DISABLED" "_B)",
                     "@unittest." "skip", "self.skip" "Test(1)"):
            with self.subTest(word=word):
                self.fails("leftovers", {"common/a.py": f"\n# {word}\n"}, "common/a.py:2")


class DataTest(RuleTest):
    def test_corpus_origins(self):
        table = "| files | licence |\n| --- | --- |\n| {} | Apache-2.0 |\n"
        good = {"corpora/a/seed/one": "", "corpora/a/dict/a.dict": "", "corpora/a/planted/P-01.bin": ""}
        self.passes("corpus_origins", {
            **good, "corpora/a/ORIGIN.md": table.format("seed/*, planted/P-NN.bin") + "`dict/`\n"})
        self.passes("corpus_origins", {
            **good, "corpora/a/ORIGIN.md": "All files below seed/ and the dictionary, Apache-2.0:\n"
                                           "- P-01.bin: a packet\n"})
        self.fails("corpus_origins", {"corpora/a/seed/one": ""}, "corpora/a/ORIGIN.md", "missing")
        self.fails("corpus_origins", {
            **good, "corpora/a/ORIGIN.md": table.format("seed/*, dict/*") + "The planted/ ones are secret.\n"},
            "planted/P-01.bin")
        self.fails("corpus_origins", {
            "corpora/a/seed/one": "", "corpora/a/ORIGIN.md": "- one: ours\n"}, "licence")

    def test_expectations(self):
        def tree(*bugs):
            return {"targets/x/EXPECT.json": json.dumps({"schema": "s", "bugs": bugs}),
                    "targets/x/a.c": "#ifdef BUG_01\n#endif\n#ifdef BUG_02\n#endif\n"}
        one, two = {"id": "X-1", "flag": "BUG_01"}, {"id": "X-2", "flag": "BUG_02"}
        self.passes("expectations", tree(one, two))
        self.fails("expectations", tree(one, {**two, "id": "X-1"}), "X-1 is also in")
        self.fails("expectations", tree(one, {**two, "flag": "BUG_0"}), "BUG_0 of X-2")
        self.fails("expectations", tree(one, {"id": "X-2"}), "no id or no flag")
        self.fails("expectations", tree(), "no list")
        self.fails("expectations", {"targets/x/EXPECT.json": "{"}, "cannot be read")

    def test_links(self):
        self.passes("links", {"docs/a.md": "[b](b.md#part) [w](https://example.org) [c](../common/) [d](#d)\n"
                                           "```\n[x](nowhere.md)\n```\n",
                              "docs/b.md": "", "common/a.cc": ""})
        self.fails("links", {"docs/a.md": "\n[b](missing.md)\n"}, "docs/a.md:2", "missing.md")

    def test_changelog(self):
        self.passes("changelog", {"CHANGELOG.md": "## [Unreleased]\n"})
        self.fails("changelog", {"README.md": ""}, "missing")
        self.fails("changelog", {"CHANGELOG.md": "## 1.0\n"}, "Unreleased")


class MachineryTest(unittest.TestCase):
    def test_comments_and_strings_are_blanked_in_place(self):
        text = 'a /* " \n */ b "x//\\"y" c // d\n e R"t(system(")t" f 1\'000\'000 g\n'
        self.assertEqual(without_comments_and_strings(text).split(),
                         ["a", "b", "c", "e", "f", "1'000'000", "g"])
        self.assertEqual(without_comments_and_strings(text).count("\n"), text.count("\n"))

    def test_every_rule_has_a_test_here_and_a_ctest_entry(self):
        own = pathlib.Path(__file__).read_text(encoding="utf-8")
        entries = (HERE / "CMakeLists.txt").read_text(encoding="utf-8")
        entries = re.search(r"foreach\(rule ([^)]*)\)", entries).group(1).split()
        self.assertEqual(sorted(entries), sorted(RULES))
        for rule in RULES:
            self.assertIn(f'self.fails("{rule}"', own)

    def test_the_command_says_what_is_wrong_and_exits_1(self):
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "a.cc").write_text("// TO" "DO\n", encoding="utf-8")
            done = subprocess.run([sys.executable, "-B", HERE / "check_tree.py", folder, "leftovers"],
                                  capture_output=True, text=True, check=False)
            self.assertEqual((done.returncode, done.stdout.startswith("a.cc:1: ")), (1, True), done)
            done = subprocess.run([sys.executable, "-B", HERE / "check_tree.py", folder, "nonsense"],
                                  capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 64)

    def test_only_what_belongs_to_the_repository_is_looked_at(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in ("a.cc", "build/b.cc", ".gitignore"):
                pathlib.Path(folder, name).parent.mkdir(exist_ok=True)
                pathlib.Path(folder, name).write_text("/ignored.cc\n", encoding="utf-8")
            pathlib.Path(folder, "ignored.cc").write_text("", encoding="utf-8")
            self.assertIn(pathlib.PurePosixPath("ignored.cc"), Tree(folder).paths)
            self.assertNotIn(pathlib.PurePosixPath("build/b.cc"), Tree(folder).paths)
            subprocess.run(["git", "init", "-q", folder], check=True)
            self.assertNotIn(pathlib.PurePosixPath("ignored.cc"), Tree(folder).paths)
            self.assertIn(pathlib.PurePosixPath("a.cc"), Tree(folder).paths)


class GroupsTest(unittest.TestCase):
    HELPERS = ("namespace percuss {\nnamespace {\n\nconstexpr size_t kMost = 3;\nusing Row = int;\n"
               "struct Part {\n  int inner = 0;\n};\n\n// Says it.\nstd::string Said(int value) {\n"
               "  const int local = 1;\n}\n\n}  // namespace\n\nvoid Public(int value) {}\n}  // namespace percuss\n")

    def test_names_of_a_source_s_own(self):
        self.assertEqual(own_names("# define SIDE 1\n" + self.HELPERS), {"SIDE", "kMost", "Row", "Part", "Said"})

    def test_sources_with_a_name_in_common_are_apart_and_each_is_in_one_group(self):
        texts = {f"{i:02}.cc": f"namespace {{\nint Own{i}() {{\n}}\n}}  // namespace\n" for i in range(20)}
        texts.update({"a.cc": self.HELPERS, "b.cc": self.HELPERS})
        groups = grouped(texts)
        self.assertEqual(sorted(source for group in groups for source in group), sorted(texts))
        self.assertLess(len(groups), 5)
        self.assertTrue(all(len(group) <= LARGEST for group in groups))
        self.assertFalse(any({"a.cc", "b.cc"} <= set(group) for group in groups))


class ClangTidyTest(unittest.TestCase):
    def check(self, files):
        """(exit code, what was printed) for sources that are compiled alike."""
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            (root / ".clang-tidy").write_text((HERE.parents[1] / ".clang-tidy").read_text())
            entries = []
            for name, text in files.items():
                source = root / name
                source.parent.mkdir(parents=True, exist_ok=True)
                source.write_text(text)
                entries.append({"directory": folder, "file": str(source),
                                "command": f"clang++-14 -std=c++20 -Wall -Werror -c {source} -o {source}.o"})
            (root / "build").mkdir()
            (root / "build/compile_commands.json").write_text(json.dumps(entries))
            done = subprocess.run([sys.executable, "-B", HERE / "check_with_clang_tidy.py", root, root / "build"],
                                  text=True, capture_output=True, check=False)
            return done.returncode, done.stdout

    def test_sources_in_a_group_pass(self):
        names = ("left", "right", "upper")
        code, said = self.check({f"common/{name}.cc": f"int {name}_count = 0;\n" for name in names})
        self.assertEqual((code, said), (0, "3 files in 1 groups, 0 with warnings\n"))

    def test_a_mistake_in_a_group_is_told_of_its_source(self):
        code, said = self.check({"common/left.cc": "int left = 0;\n", "common/upper.cc": "int upper = 0;\n",
                                 "emulation/rehost/core/right.cc": "class lower_case {};\n"})
        self.assertEqual(code, 1)
        self.assertIn("right.cc:1:7: error: invalid case style for class 'lower_case'", said)
        self.assertIn("3 files in 1 groups, 1 with warnings", said)

    def test_what_does_not_compile_together_is_checked_alone(self):
        code, said = self.check({"common/left.cc": "struct Shape {};\n",
                                 "common/right.cc": "struct Shape { int Side; };\n"})
        self.assertEqual(code, 1)
        self.assertIn("right.cc:1:20: error: invalid case style for public member 'Side'", said)
        self.assertNotIn("redefinition", said)
        self.assertIn("2 files in 1 groups, 1 with warnings", said)

    def test_what_does_not_compile_together_is_no_finding(self):
        code, said = self.check({f"common/{name}.cc": "struct Shape {};\n" for name in ("left", "right")})
        self.assertEqual((code, said), (0, "2 files in 1 groups, 0 with warnings\n"))

    def test_what_only_shows_in_a_group_is_told_of_it(self):
        code, said = self.check({"common/left.cc": "void Fail() { throw 1; }\n",
                                 "common/right.cc": "void Fail();\nvoid Quiet() noexcept { Fail(); }\n"})
        self.assertEqual(code, 1)
        self.assertIn("an exception may be thrown in function 'Quiet' which should not throw exceptions", said)
        self.assertIn("2 files in 1 groups, 1 with warnings", said)


if __name__ == "__main__":
    unittest.main()
