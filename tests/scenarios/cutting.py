"""A socket before PostgreSQL's that cuts a connection at a commit: before the server hears of it, or between the commit
and its answer, when only the server knows."""
import os
import shutil
import socket
import struct
import tempfile
import threading

CHUNK = 1 << 16
COMMIT = b"commit\0"


class Cutter:
    def __init__(self, upstream):
        """Listens in a folder of its own, `folder`, and passes on to the server whose socket is in `upstream`."""
        self.folder = tempfile.mkdtemp(prefix="issuer-cut.", dir="/tmp")  # a socket's path may have 107 bytes only
        self.upstream = os.path.join(upstream, ".s.PGSQL.5432")
        self.lock, self.commits, self.at, self.done, self.cuts = threading.Lock(), 0, None, False, 0
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(os.path.join(self.folder, ".s.PGSQL.5432"))
        self.listener.listen(16)
        threading.Thread(target=self._accept, daemon=True).start()

    def arm(self, number, done):
        """Cuts at the commit of that number from now on, once; `done`: when the server has done it."""
        with self.lock:
            self.commits, self.at, self.done, self.cuts = 0, number, done, 0

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        shutil.rmtree(self.folder)

    def _accept(self):
        while True:
            try:
                client = self.listener.accept()[0]
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(self.upstream)
            one = _Connection(self, client, server)
            threading.Thread(target=one.live, daemon=True).start()

    def is_to_cut(self):
        with self.lock:
            self.commits += 1
            if self.commits != self.at:
                return False
            self.at, self.cuts = None, 1
            return True


class _Connection:
    def __init__(self, cutter, client, server):
        self.cutter, self.client, self.server = cutter, client, server
        self.begun, self.rest, self.in_doubt = False, b"", False

    def live(self):
        with self.client, self.server:
            back = threading.Thread(target=self.to_client, daemon=True)
            back.start()
            self.to_server()
            back.join()

    def to_server(self):
        try:
            while data := self.client.recv(CHUNK):
                for message in self._messages(data):
                    if message[:1] == b"Q" and message[5:].lower() == COMMIT and self.cutter.is_to_cut():
                        if not self.cutter.done:
                            return self.end()
                        self.in_doubt = True
                    self.server.sendall(message)
        except OSError:
            pass
        return self.end()

    def _messages(self, data):
        """Whole messages as the client sends them; the first has no kind."""
        self.rest += data
        while True:
            head = 1 if self.begun else 0
            if len(self.rest) < head + 4:
                return
            size = head + struct.unpack_from("!I", self.rest, head)[0]
            if len(self.rest) < size:
                return
            message, self.rest = self.rest[:size], self.rest[size:]
            self.begun = True
            yield message

    def to_client(self):
        try:
            while data := self.server.recv(CHUNK):
                if self.in_doubt:  # it is done, and nobody is told
                    return self.end()
                self.client.sendall(data)
        except OSError:
            pass
        return self.end()

    def end(self):
        for one in (self.client, self.server):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
