# SPDX-License-Identifier: Apache-2.0
"""qemu-user with our plugin, for a program whose folder names its processor, as percuss has afl-fuzz start it."""
import re
import subprocess

from support.percuss_cli import BUILD

PLUGIN = BUILD / "lib" / "libpercuss_board.so"
# Not for the program: they differ from run to run, and with them where its stack begins. QEMU takes the first variable
# that begins so for the one that is meant, so a name stands before those that it begins with.
HIDDEN = ("LD_PRELOAD", "__AFL_SHM_ID", "PERCUSS_BOARD_INPUTS", "PERCUSS_BOARD_INPUT", "PERCUSS_BOARD_TELL")


def _printed_by(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def emulator_command(program, sysroot=None, arguments=(), plugin=PLUGIN, takes=None):
    """The argument vector. The input is standard input, but for arguments, which then hold its path, or what the
    plugin's options say that it takes."""
    main = re.search(r"(?m)^([0-9a-f]+) T main$", _printed_by("nm", program))[1]
    takes = takes or f"stdin={0 if arguments else 1}"
    segments = re.findall(r"(?m)^ *LOAD +\S+ +(\S+) .* R?W?E? *[RW ]*E +0x", _printed_by("readelf", "-lW", program))
    code = min(int(address, 16) for address in segments)
    where = () if sysroot is None else ("-L", str(sysroot))
    return ["qemu-" + program.parent.name.removeprefix("linux-"), "-seed", "1", "-U", ",".join(HIDDEN), *where,
            "-plugin", f"{plugin},checkpoint=0x{main},code={code:#x},{takes}", str(program), *arguments]
