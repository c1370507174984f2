# SPDX-License-Identifier: Apache-2.0
"""fuzzware-emulator as a peer: the folder of a checkout that is built in place, driven as AFL++ drives it.

It runs the way that costs it least: its persistent fork server, with the map and the inputs in shared memory. What it
counts, blocks and instructions, is of a second server with hooks, whose time says nothing. It needs the packages
python3-yaml and python3-intelhex; archinfo and ipdb, which only its debugger uses, may be missing.
"""
import contextlib
import ctypes
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import time

MAP_BYTES, INPUT_BYTES, COUNT_BYTES = 1 << 16, 1 << 20, 4096
CONTROL, STATUS = 198, 199
PYTHON = "/usr/bin/python3"  # the distribution's, which has the packages
# Its harness, with modules in place of those that only its debugger needs; and, of a server that counts, hooks that
# add to two words of shared memory.
SERVE = """
import ctypes, os, sys, types
for name in ("archinfo", "ipdb"):
    try:
        __import__(name)
    except ImportError:
        sys.modules[name] = types.ModuleType(name)
        sys.modules[name].ArchARMCortexM = lambda: types.SimpleNamespace(register_list=[])
from fuzzware_harness import harness
if "PEER_COUNTS" in os.environ:
    from unicorn import UC_HOOK_BLOCK_UNCONDITIONAL, UC_HOOK_CODE, unicorn
    counter, configure = ctypes.CDLL(os.environ["PEER_COUNTER"]).count, harness.configure_unicorn
    libc = ctypes.CDLL(None)
    libc.shmat.restype = ctypes.c_void_p
    words = libc.shmat(int(os.environ["PEER_COUNTS"]), None, 0)
    def configured(arguments):
        uc = configure(arguments)
        for kind, word in ((UC_HOOK_BLOCK_UNCONDITIONAL, words), (UC_HOOK_CODE, words + 8)):
            added = unicorn._uc.uc_hook_add(uc._uch, ctypes.byref(ctypes.c_size_t()), kind, counter,
                                            ctypes.c_void_p(word), ctypes.c_uint64(1), ctypes.c_uint64(0))
            assert added == 0
        return uc
    harness.configure_unicorn = configured
harness.main()
"""
COUNTER = "void count(void *uc, unsigned long at, unsigned size, unsigned long *counted) { ++*counted; }\n"


class SharedMemory:
    """A segment of System V, as AFL++ passes them: by its number, in the environment."""

    _libc = ctypes.CDLL(None, use_errno=True)
    _libc.shmat.restype = ctypes.c_void_p
    _libc.shmat.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_int]
    _libc.shmdt.argtypes = [ctypes.c_void_p]

    def __init__(self, size):
        self.size = size
        self.id = self._libc.shmget(0, ctypes.c_size_t(size), 0o1600)
        self.address = self._libc.shmat(self.id, None, 0) if self.id >= 0 else None
        if self.address in (None, ctypes.c_void_p(-1).value):
            raise OSError(ctypes.get_errno(), "no shared memory")
        self._libc.shmctl(self.id, 0, None)  # goes with the last process that has it

    def clear(self):
        ctypes.memset(self.address, 0, self.size)

    def write(self, data):
        ctypes.memmove(self.address, data, len(data))

    def read(self, size):
        return ctypes.string_at(self.address, size)

    def close(self):
        self._libc.shmdt(self.address)


def environment(peer):
    unicorn = peer / "unicorn" / "fuzzware-unicorn"
    return {"PATH": "/usr/bin:/bin", "LIBUNICORN_PATH": str(unicorn), "LD_LIBRARY_PATH": str(unicorn),
            "PYTHONPATH": f"{unicorn / 'bindings' / 'python'}:{peer / 'harness'}", "PYTHONDONTWRITEBYTECODE": "1"}


class Server:
    """One emulator with its image loaded, that takes inputs until it is closed. Raises RuntimeError where it ends."""

    def __init__(self, peer, config, folder, counter=None):
        self.map, self.input = SharedMemory(MAP_BYTES), SharedMemory(INPUT_BYTES)
        self.counted = SharedMemory(COUNT_BYTES)
        variables = {**environment(peer), "__AFL_SHM_ID": str(self.map.id), "__AFL_SHM_FUZZ_ID": str(self.input.id)}
        if counter:
            variables |= {"PEER_COUNTS": str(self.counted.id), "PEER_COUNTER": str(counter)}
        control_read, self._control = os.pipe()
        self._status, status_write = os.pipe()
        os.dup2(control_read, CONTROL)
        os.dup2(status_write, STATUS)
        with open(folder / "peer.log", "wb") as log:
            argv = [PYTHON, "-c", SERVE, "-c", str(config), str(folder / "none")]
            self.process = subprocess.Popen(argv, env=variables, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            pass_fds=(CONTROL, STATUS))
        for descriptor in (control_read, status_write, CONTROL, STATUS):
            os.close(descriptor)
        self._hear()
        os.write(self._control, bytes(4))  # the answer to what it says it can do

    def _hear(self):
        word = os.read(self._status, 4)
        if len(word) != 4:
            raise RuntimeError("the peer has ended")
        return struct.unpack("<i", word)[0]

    def run(self, data):
        """0, or the number of the signal that it ends an input with."""
        self.map.clear()
        self.input.write(struct.pack("<I", len(data)) + data)
        os.write(self._control, bytes(4))
        self._hear()
        return self._hear()

    def cpu_seconds(self):
        """User and system time of its process so far, in steps of a nanosecond."""
        return time.clock_gettime(~self.process.pid << 3 | 2)

    def counts(self):
        """Blocks and instructions so far."""
        return struct.unpack("<QQ", self.counted.read(16))

    def close(self):
        os.close(self._control)
        os.close(self._status)
        self.process.wait()
        for segment in (self.map, self.input, self.counted):
            segment.close()


@contextlib.contextmanager
def serve(peer, config, counting=False):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        counter = None
        if counting:
            counter = folder / "counter.so"
            subprocess.run(["gcc", "-O2", "-shared", "-fPIC", "-x", "c", "-o", counter, "-"], input=COUNTER, text=True,
                           check=True)
        try:
            server = Server(peer, config, folder, counter)
            try:
                yield server
            finally:
                server.close()
        except RuntimeError as error:
            sys.exit(f"{error}:\n" + (folder / "peer.log").read_text(errors="replace")[-2000:])


def count(peer, config, inputs):
    """Of each input: blocks, instructions and the signal that it ended with."""
    counted = []
    with serve(peer, config, counting=True) as server:
        for data in inputs:
            before = server.counts()
            signal = server.run(data)
            after = server.counts()
            counted.append((after[0] - before[0], after[1] - before[1], signal))
    return counted
