# SPDX-License-Identifier: Apache-2.0
"""Which QEMU is used, that it is told, and what is said of one that cannot be used."""
import json
import os
import re
import subprocess
import unittest

from integration.firmware_test import corpus, image
from integration.linux_program_test import program
from support.percuss_cli import CliTest, INFRASTRUCTURE, PASS, ROOT

SEED = ROOT / "corpora/pump_serial/seed/library.bin"
API = ROOT / "emulation/qemu/plugin/qemu_plugin_api.h"
# An emulator that does nothing but load its plugin, as QEMU does. Exports what its file defines besides.
LOADS_PLUGIN = r"""
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
struct info { const char* name; int min, cur; _Bool system; int cpus[2]; };
int main(int argc, char** argv) {
  struct info info = {"arm", API_MIN, API_CUR, 1, {1, 1}};
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i - 1], "-plugin") != 0) continue;
    void* plugin = dlopen(strtok(argv[i], ","), RTLD_NOW);
    int (*install)(unsigned long, struct info*, int, char**) =
        plugin == NULL ? NULL : dlsym(plugin, "qemu_plugin_install");
    if (plugin == NULL) fprintf(stderr, "%s\n", dlerror());
    return install == NULL || install(0, &info, 0, NULL) != 0;
  }
  return 2;
}
"""


class QemuVersionsTest(CliTest):
    def on_path(self, name, source, *options):
        """Compiled, and found before any other of that name."""
        folder = self.folder / "first"
        folder.mkdir(exist_ok=True)
        code = self.folder / f"{name}.c"
        code.write_text(source)
        subprocess.run(["gcc", "-o", folder / name, code, *options], check=True)
        self.environment["PATH"] = f"{folder}:{os.environ['PATH']}"

    def doctor_says(self, tool):
        checks = json.loads(self.percuss("doctor", "--json").stdout)["checks"]
        return next(check for check in checks if check["name"] == tool)

    def refused(self, words, exports="", api_min=1, api_cur=1):
        self.on_path("qemu-system-arm", LOADS_PLUGIN + exports, "-rdynamic", f"-DAPI_MIN={api_min}",
                     f"-DAPI_CUR={api_cur}")
        done = self.percuss("emulate", image("pump"), "--input", SEED)
        self.assertEqual(done.returncode, INFRASTRUCTURE, done.stdout + done.stderr)
        self.assertIn(words, done.stderr)

    def test_the_first_on_path_is_used_and_told(self):
        says = subprocess.run(["qemu-system-arm", "--version"], capture_output=True, text=True, check=True).stdout
        version = re.match(r"QEMU emulator version (\S+)", says).group(1)
        wanted = os.environ.get("PERCUSS_TEST_QEMU", "")
        self.assertTrue(version.startswith(wanted), f"{version} is not the {wanted} that is to be tested")
        for emulator in ("qemu-system-arm", "qemu-system-riscv32"):
            self.assertIn(f"version {version}", self.doctor_says(emulator)["version"])

    def instructions(self, board, protocol, data, path):
        self.environment["PATH"] = path
        done = self.percuss("emulate", image(protocol, "clean", board), "--board", board, "--input", data, "--json")
        self.assertEqual(done.returncode, PASS, done.stderr)
        return json.loads(done.stdout)["instructions"]

    def test_an_input_takes_the_same_instructions_every_time_and_on_the_installed_emulator(self):
        first, installed = os.environ["PATH"], f"/usr/bin:{os.environ['PATH']}"
        counts = {self.instructions("mps2-an385", "pump", SEED, path) for path in (first, installed) * 5}
        self.assertEqual(len(counts), 1, counts)
        for board in ("riscv32-virt", "vexpress-a9", "microbit"):
            for protocol in ("hl7", "ble"):
                data = corpus(protocol, "seed")[0]
                counts = {self.instructions(board, protocol, data, path) for path in (first, installed)}
                self.assertEqual(len(counts), 1, f"{board} {protocol}: {counts}")

    def test_an_emulator_that_takes_no_plugins_is_named(self):
        self.on_path("qemu-arm", "int main(void) { return 0; }", "-static-pie")
        done = self.percuss("emulate", program("arm", "hl7_clean"), "--input", SEED)
        self.assertEqual(done.returncode, INFRASTRUCTURE, done.stdout)
        self.assertIn("qemu-arm is linked statically and takes no plugins", done.stderr)
        check = self.doctor_says("qemu-arm")
        self.assertFalse(check["found"])
        self.assertIn("takes no plugins", check["help"])

    def test_what_a_build_of_the_emulator_lacks_is_named(self):
        self.refused("undefined symbol: qemu_plugin_")
        functions = set(re.findall(r"^\w[^/;]*?\b(qemu_plugin_\w+)\(", API.read_text(), re.MULTILINE))
        old = "".join(f"void {name}(void) {{}}\n" for name in functions)
        self.refused("this build of QEMU lacks bql_lock_impl", old)
        self.refused("takes plugins of versions 7 to 9 of its interface, and this one is of version 1", old, 7, 9)
        new = old + "void qemu_plugin_scoreboard_new(void) {}\n"
        self.refused("this build of QEMU lacks bql_lock_impl", new, 2, 9)
        self.refused("and this one is of version 2", new, 1, 1)


if __name__ == "__main__":
    unittest.main()
