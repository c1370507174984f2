# SPDX-License-Identifier: Apache-2.0
"""The fuzzer's side of AFL++'s fork server, without a fuzzer: one input after another."""
import ctypes
import os
import resource
import select
import signal
import struct
import subprocess

CONTROL, STATUS = 198, 199
MAP_BYTES = 65536
IPC_PRIVATE, IPC_RMID, CREATE = 0, 0, 0o1600

libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype = ctypes.c_void_p
libc.shmat.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_int]


class ForkServer:
    """A program that has said hello. Takes its input from the file that PERCUSS_BOARD_INPUT names."""

    def __init__(self, argv, preload, folder, log=subprocess.DEVNULL, **environment):
        self.input = folder / "input"
        self.map_id = libc.shmget(IPC_PRIVATE, MAP_BYTES, CREATE)
        self.map = libc.shmat(self.map_id, None, 0)
        control_read, self.control = os.pipe()
        self.status, status_write = os.pipe()

        def place():
            os.dup2(control_read, CONTROL)
            os.dup2(status_write, STATUS)

        environment = {**os.environ, "LD_PRELOAD": preload, "PERCUSS_BOARD_INPUT": str(self.input),
                       "__AFL_SHM_ID": str(self.map_id), **environment}
        self.process = subprocess.Popen(argv, preexec_fn=place, close_fds=False, env=environment,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log)
        os.close(control_read)
        os.close(status_write)
        self._hear()

    def _hear(self):
        word = os.read(self.status, 4)
        if len(word) != 4:
            raise RuntimeError(f"the fork server of {self.process.args[0]} has ended")
        return struct.unpack("<I", word)[0]

    def run(self, data, was_killed=False, limit_s=None):
        """Process id and wait status of what ran the input. was_killed: whatever ran the one before must not go on.
        What has not ended within limit_s is killed."""
        self.input.write_bytes(data)
        os.write(self.control, struct.pack("<I", was_killed))
        pid = self._hear()
        if limit_s is not None and not select.select([self.status], [], [], limit_s)[0]:
            os.kill(pid, signal.SIGKILL)
        return pid, self._hear()

    def run_for_coverage(self, data, was_killed=False):
        """Process id, wait status and the coverage map."""
        ctypes.memset(self.map, 0, MAP_BYTES)
        return *self.run(data, was_killed), ctypes.string_at(self.map, MAP_BYTES)

    def close(self):
        """Ends it; CPU seconds that it and all below it took."""
        os.close(self.control)
        _, status, usage = os.wait4(self.process.pid, 0)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        os.close(self.status)
        libc.shmctl(self.map_id, IPC_RMID, None)
        return usage.ru_utime + usage.ru_stime
