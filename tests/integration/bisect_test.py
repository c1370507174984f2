# SPDX-License-Identifier: Apache-2.0
"""The commit that brought a finding, over a history in which builds fail, lines move, other things break and the crash
comes now and then; and nothing of it is seen in the user's checkout."""
import json
import os
import pathlib
import shlex
import signal
import subprocess
import time
import unittest

from support.percuss_cli import CliTest, FAIL, INCONCLUSIVE, PASS, PERCUSS, USAGE, strays

TARGET = r"""
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
volatile int sink;
__attribute__((noinline)) void {function}(size_t n) {
  volatile char* block = malloc(8);
  block[{write}] = (char)n;
  free((void*)block);
}
/* Two of three runs. */
__attribute__((noinline)) void flaky(void) {
  /* Once in a process: libFuzzer runs a clean input again where memory seems to be kept, which a thread of its own that
     starts late on a busy host looks like. */
  static int asked;
  if (asked++ != 0) return;
  const int fd = open(getenv("COUNTER"), O_WRONLY | O_CREAT | O_APPEND, 0600);
  struct stat now;
  if (write(fd, "x", 1) != 1 || fstat(fd, &now) != 0) return;
  close(fd);
  if ({flaky} && now.st_size % 3 != 0) abort();
}
__attribute__((noinline)) void selftest(void) { if ({selftest}) abort(); }
int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size != 4 || data[1] != 0x91 || data[2] != 0xe3) return 0;
  selftest();
  if (data[0] == 'O') {function}(data[3]);
  if (data[0] == 'F') flaky();
  return sink & 1;
}
{end}
"""
SOUND = {"function": "store", "write": "n % 8", "flaky": "0", "selftest": "0", "end": "", "notes": ""}
BUILD = 'echo "$PERCUSS_BISECT_REV" >>{tally} && clang-14 -g -O1 -fsanitize=fuzzer,address mylib.c -o mylib_fuzzer'


class BisectTest(CliTest):
    def git(self, *words):
        return subprocess.run(["git", "-C", self.repository, *words], check=True, capture_output=True, text=True,
                              env=self.environment).stdout.strip()

    def commit(self, name, **changes):
        self.code.update(changes)
        text = TARGET
        for key, value in self.code.items():
            text = text.replace("{" + key + "}", value)
        (self.repository / "mylib.c").write_text(self.code["notes"] + text)
        self.git("commit", "--quiet", "--all", "--message", name)
        self.hashes[name] = self.git("rev-parse", "HEAD")

    def make_history(self):
        """c0 c1 c2 flaky unbuildable noisy c6 main merge c9 moved c11; merged is a side branch with the overflow."""
        self.repository = self.folder / "repository"
        self.repository.mkdir()
        self.hashes, self.code = {}, dict(SOUND)
        self.git("init", "--quiet", "--initial-branch", "trunk")
        for name, value in (("user.name", "Ada Smith"), ("user.email", "ada@example.org")):
            self.git("config", name, value)
        (self.repository / "mylib.c").touch()
        (self.repository / "notes").write_text("0\n")
        self.git("add", "mylib.c", "notes")
        for name in ("c0", "c1", "c2"):
            self.commit(name, notes=f"/* {name} */")
        self.commit("flaky", flaky="1")
        self.commit("unbuildable", end="#error not yet")
        self.commit("noisy", end="", selftest="1")
        self.commit("c6", selftest="0")
        self.git("checkout", "--quiet", "-b", "side")
        self.commit("overflow", function="overflow", write="8 + n % 4")  # what fails was not there before
        self.git("checkout", "--quiet", "trunk")
        (self.repository / "notes").write_text("main\n")
        self.git("commit", "--quiet", "--all", "--message", "main")
        self.git("merge", "--quiet", "--no-edit", "side")
        self.hashes["merge"] = self.git("rev-parse", "HEAD")
        self.commit("c9", notes="/* c9 */")
        self.commit("moved", notes="/* moved */\n\n\n")
        self.commit("c11", notes="/* c11 */\n\n\n")

    def setUp(self):
        super().setUp()
        self.environment["GIT_CONFIG_NOSYSTEM"] = "1"
        self.make_history()
        binary = self.folder / "fuzzer"
        subprocess.run(["clang-14", "-g", "-O1", "-fsanitize=fuzzer,address", "mylib.c", "-o", binary],
                       check=True, cwd=self.repository)
        for place in ("seeds", "broken"):
            (self.folder / place).mkdir()
        (self.folder / "seeds" / "sound").write_bytes(b"xyz")
        for kind in b"OF":
            (self.folder / "broken" / chr(kind)).write_bytes(bytes([kind, 0x91, 0xe3, 1]))
        document = self.run_campaign(
            [{"id": "mylib", "binaries": {"libfuzzer": str(binary)}, "seeds": str(self.folder / "seeds"),
              "regression": str(self.folder / "broken"), "limits": {"input_ms": 20000},
              "environment": {"COUNTER": str(self.folder / "counter")}}],
            "--budget", "1s", expect=FAIL)
        self.package = self.folder / document["package"]
        self.finding = {finding["function"]: finding["id"] for finding in document["findings"]}
        self.tally = self.folder / "tally"
        self.tally.touch()
        # What a user may have going on, and a hook that must not run.
        (self.repository / "mylib.c").write_text("work in progress\n")
        (self.repository / "untracked").touch()
        hook = self.repository / ".git" / "hooks" / "post-checkout"
        hook.write_text(f"#!/bin/sh\ntouch {self.folder / 'hook-ran'}\n")
        hook.chmod(0o755)

    def state(self):
        """All that a user can see of the repository. An empty packed-refs is git's way to delete any ref."""
        files = sorted(str(path) for path in (self.repository / ".git").rglob("*")
                       if "objects" not in path.parts and path.name != "packed-refs")
        return (self.git("status", "--porcelain"), self.git("rev-parse", "HEAD"), self.git("symbolic-ref", "HEAD"),
                self.git("for-each-ref"), self.git("worktree", "list"), self.git("config", "--list", "--local"),
                (self.repository / "mylib.c").read_text(), files)

    def command(self, function, good, bad, *options, build=BUILD, binary="mylib_fuzzer"):
        return ("bisect", self.package, "--finding", self.finding[function], "--repo", self.repository,
                "--good", self.hashes.get(good, good), "--bad", self.hashes.get(bad, bad),
                "--build", build.replace("{tally}", shlex.quote(str(self.tally))), "--binary", binary, *options)

    def bisect(self, *arguments, expect, out="bisect", **options):
        before = self.state()
        done = self.percuss(*self.command(*arguments, **options), "--json", "--out", self.folder / out)
        self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
        self.assertEqual(self.state(), before)
        self.assertFalse((self.folder / "hook-ran").exists())
        return json.loads(done.stdout) if expect != USAGE else done.stderr

    def seen(self, document):
        names = {value: name for name, value in self.hashes.items()}
        return {names.get(item["revision"], "main"): item for item in document["revisions"]}

    def test_a_history_as_they_are(self):
        """One campaign and one history for all of it: that is what takes the time."""
        self.found_on_a_side_branch()
        self.goes_on_from_what_is_known()
        self.flaky_found_or_in_doubt()
        self.only_a_range()
        self.wrong_ends()
        self.stopped_and_killed()

    def found_on_a_side_branch(self):
        document = self.bisect("overflow", "c0", "c11", expect=PASS)
        self.assertEqual((document["result"], document["first_bad"]["subject"]), ("found", "overflow"))
        self.assertEqual(document["first_bad"]["hash"], self.hashes["overflow"])
        self.assertEqual(document["first_bad"]["author_date"], self.git("show", "-s", "--format=%aI", "side"))
        seen = self.seen(document)
        self.assertEqual((seen["c11"]["verdict"], seen["c11"]["key"], seen["c11"]["shown"]), ("bad", "strict", 10))
        self.assertEqual((seen["overflow"]["verdict"], seen["overflow"]["key"]), ("bad", "loose"), "lines moved since")
        self.assertEqual((seen["c0"]["verdict"], seen["c0"]["shown"], seen["c0"]["runs"]), ("good", 0, 10))
        self.assertEqual(len(self.tally.read_text().split()), document["tested"])
        log = self.folder / "bisect" / seen["c11"]["log"]
        self.assertTrue(log.is_file())

    def goes_on_from_what_is_known(self):
        built = self.tally.read_text()
        again = self.bisect("overflow", "c0", "c11", expect=PASS)
        self.assertEqual((again["reused"], self.tally.read_text()), (again["tested"], built))
        self.assertEqual(again["first_bad"]["hash"], self.hashes["overflow"])
        other = self.bisect("overflow", "c6", "overflow", expect=PASS, build=BUILD + " && true")
        self.assertEqual(other["reused"], 0, "another command is another question")

    def flaky_found_or_in_doubt(self):
        document = self.bisect("flaky", "c1", "c6", "--reruns", "6", expect=PASS)
        self.assertEqual(document["first_bad"]["hash"], self.hashes["flaky"])
        seen = self.seen(document)
        self.assertEqual((seen["c6"]["shown"], seen["c6"]["runs"]), (4, 6))
        self.assertEqual(document["clean_runs_needed"], 13)  # Wilson: 4 of 6 is a rate of 0.3000 at least
        self.assertEqual({seen[name]["runs"] for name in ("c1", "c2")}, {13})
        few = ("--reruns", "6", "--most-reruns", "6")
        doubt = self.bisect("flaky", "c1", "c6", *few, expect=INCONCLUSIVE, out="doubt")
        self.assertEqual((doubt["result"], doubt["first_bad"]["hash"]), ("in_doubt", self.hashes["flaky"]))
        self.assertIn("after 6 clean runs, and 13 are needed", doubt["doubts"][0])

    def only_a_range(self):
        fails = 'case "$PERCUSS_BISECT_REV" in ' + self.hashes["c6"] + ") exit 1;; esac; " + BUILD
        document = self.bisect("overflow", "c2", "overflow", expect=INCONCLUSIVE, build=fails)
        self.assertEqual(document["result"], "range")
        self.assertIsNone(document["first_bad"])
        self.assertEqual([commit["hash"] for commit in document["suspects"]],
                         [self.hashes[name] for name in ("overflow", "c6", "noisy", "unbuildable")])
        seen = self.seen(document)
        self.assertEqual(seen["unbuildable"]["build"], "failed")
        self.assertIn("not yet", (self.folder / "bisect" / seen["unbuildable"]["log"]).read_text())
        self.assertIn("another failure", seen["noisy"]["why"])
        self.assertEqual({seen[name]["verdict"] for name in ("unbuildable", "noisy", "c6")}, {"skip"})

    def wrong_ends(self):
        self.assertIn("does not show", self.bisect("overflow", "c0", "c6", expect=USAGE))
        self.assertIn("as well", self.bisect("overflow", "c9", "c11", expect=USAGE))
        self.assertIn("names no commit", self.bisect("overflow", "c0", "no-such-tag", expect=USAGE))
        self.assertIn("relative", self.bisect("overflow", "c0", "c11", binary="/bin/true", expect=USAGE))

    def start(self, out):
        """A search in the middle of a build that takes long."""
        began = self.folder / f"{out}-began"
        build = f"touch {shlex.quote(str(began))}; sleep 600"
        words = self.command("overflow", "c0", "c11", "--out", self.folder / out, build=build)
        search = subprocess.Popen([PERCUSS, *words], env=self.environment, stdout=subprocess.PIPE, text=True)
        while not began.exists():
            time.sleep(0.05)
        self.assertEqual(len(self.git("worktree", "list").splitlines()), 2)
        return search

    def stopped_and_killed(self):
        before = self.state()
        search = self.start("stopped")
        search.send_signal(signal.SIGINT)
        said, _ = search.communicate(timeout=60)
        self.assertEqual(search.returncode, INCONCLUSIVE, said)
        self.assertIn("interrupted", said)
        self.assertEqual(self.state(), before)
        search = self.start("killed")
        worker = int(pathlib.Path(f"/proc/{search.pid}/task/{search.pid}/children").read_text().split()[0])
        os.kill(worker, signal.SIGKILL)
        search.communicate(timeout=60)
        self.assertEqual(self.state(), before, "the process that is left cleans up")
        self.assertEqual(strays(str(self.folder / "killed-began")), [])


if __name__ == "__main__":
    unittest.main()
