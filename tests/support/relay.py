# SPDX-License-Identifier: Apache-2.0
"""Stands between a client and a server of others and keeps what each says."""
import contextlib
import selectors
import socket
import threading
import time


def free_port(kind=socket.SOCK_STREAM):
    with socket.socket(socket.AF_INET, kind) as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def wait_until_it_listens(port, seconds=20):
    end = time.monotonic() + seconds
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        if time.monotonic() > end:
            raise TimeoutError(f"nothing listens on port {port}")
        time.sleep(0.02)


class StreamRelay:
    """Of TCP connections: `port` takes them for the server on `target`; `said` has (client's bytes, server's bytes)."""

    def __init__(self, target):
        self.target, self.said, self.threads, self.ends = target, [], [], []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                server = socket.create_connection(("127.0.0.1", self.target))
                pair = (bytearray(), bytearray())
                self.said.append(pair)
                self.ends += [client, server]
                for source, sink, kept in ((client, server, pair[0]), (server, client, pair[1])):
                    self.threads.append(threading.Thread(target=self._pass, args=(source, sink, kept), daemon=True))
                    self.threads[-1].start()

    @staticmethod
    def _pass(source, sink, kept):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                kept += data
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)

    def close(self):
        """Once both ends have finished."""
        for thread in self.threads:
            thread.join(20)
        for end in (self.listener, *self.ends):
            end.close()


class DatagramRelay:
    """Of UDP datagrams, from one client at a time; `said` has (whether the client said it, bytes)."""

    def __init__(self, target):
        self.said = []
        self.near, self.far = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        self.near.bind(("127.0.0.1", 0))
        self.far.connect(("127.0.0.1", target))
        self.port = self.near.getsockname()[1]
        threading.Thread(target=self._pass, daemon=True).start()

    def _pass(self):
        client = None
        with selectors.DefaultSelector() as both, contextlib.suppress(OSError, ValueError):
            for one in (self.near, self.far):
                both.register(one, selectors.EVENT_READ)
            while True:
                for key, _ in both.select(0.5):
                    if key.fileobj is self.near:
                        data, client = self.near.recvfrom(65536)
                        self.far.send(data)
                    else:
                        data = self.far.recv(65536)
                        self.near.sendto(data, client)
                    self.said.append((key.fileobj is self.near, data))

    def close(self):
        self.near.close()
        self.far.close()
