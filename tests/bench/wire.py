"""Records what a program sends to PostgreSQL, and sends the same bytes again without the program.

Messages are those of PostgreSQL's protocol 3.0 (its manual, "Message Formats"). What is sent between
two answers "ready for query" is one step. Steps are kept in the order in which the server finished
them, over all connections; sent again one after another in that order, none has to wait for a lock
that a later one gives up.
"""
import concurrent.futures
import os
import selectors
import socket
import struct
import threading
import time

CHUNK = 1 << 16
PATIENCE = 0.5  # seconds that a step of the replay may wait for a lock before the next one is sent
READY, ERROR, COPY_IN = b"Z", b"E", b"G"
QUERY, SYNC, COPY_DONE, COPY_FAIL = b"Q", b"S", b"c", b"f"


class Step:
    def __init__(self, connection, data, started):
        self.connection, self.data = connection, data
        self.started, self.finished = started, time.monotonic()


class Messages:
    """Cuts a stream of bytes into messages: (type, whole message)."""

    def __init__(self, untyped_first=False):
        self.buffer = bytearray()
        self.untyped = untyped_first

    def feed(self, data):
        self.buffer += data

    def take(self):
        head = 0 if self.untyped else 1
        if len(self.buffer) < head + 4:
            return None
        size = head + struct.unpack_from("!I", self.buffer, head)[0]
        if len(self.buffer) < size:
            return None
        message = bytes(self.buffer[:size])
        del self.buffer[:size]
        kind, self.untyped = (b"" if self.untyped else message[:1]), False
        return kind, message


class Connection:
    """One connection of the program: what it sent that is not answered yet, in its messages."""

    def __init__(self, number):
        self.number = number
        self.sent = Messages(untyped_first=True)
        self.received = Messages()
        self.copying = False
        self.started = None

    def next_step(self):
        """The bytes that the newest "ready for query" answers."""
        data, wanted = bytearray(), (b"", QUERY, SYNC)
        while True:
            taken = self.sent.take()
            if taken is None:
                raise RuntimeError("the server was ready before it was asked")
            data += taken[1]
            if taken[0] == QUERY and self.copying:
                wanted = (COPY_DONE, COPY_FAIL)
            elif taken[0] in wanted:
                self.copying = False
                return bytes(data)


class Recorder:
    """A socket that passes everything on to the server at `upstream`, and takes it down."""

    def __init__(self, folder, upstream):
        self.upstream = upstream
        self.steps, self.errors, self.threads = [], 0, []
        self.lock = threading.Lock()
        self.failure = None
        self.path = os.path.join(folder, ".s.PGSQL.5432")
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen(16)
        self._start(self._accept)

    def _start(self, target, *arguments):
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self.threads.append(thread)
        thread.start()

    def _accept(self):
        number = 0
        while True:
            try:
                client = self.listener.accept()[0]
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(self.upstream)
            connection = Connection(number)
            number += 1
            self._start(self._pass_on, client, server, connection, self._note_sent)
            self._start(self._pass_on, server, client, connection, self._note_received)

    def _pass_on(self, source, target, connection, note):
        try:
            while data := source.recv(CHUNK):
                with self.lock:
                    note(connection, data)
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # the other side has gone; so does this one
        except RuntimeError as error:
            self.failure = error

    def _note_sent(self, connection, data):
        connection.started = connection.started or time.monotonic()
        connection.sent.feed(data)

    def _note_received(self, connection, data):
        connection.received.feed(data)
        while taken := connection.received.take():
            if taken[0] == COPY_IN:
                connection.copying = True
            elif taken[0] == ERROR:
                self.errors += 1
            elif taken[0] == READY:
                self.steps.append(Step(connection.number, connection.next_step(),
                                       connection.started))
                connection.started = None

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        os.unlink(self.path)
        for thread in self.threads:
            thread.join(10)
        if self.failure:
            raise self.failure


def _exchange(link, messages, data):
    """Sends a step and reads until the server is ready; how many errors it reported. Both at once,
    for a server that waits to be read does not read."""
    errors, rest = 0, memoryview(data)
    with selectors.DefaultSelector() as selector:
        selector.register(link, selectors.EVENT_READ | selectors.EVENT_WRITE)
        while True:
            ready = selector.select()[0][1]
            if ready & selectors.EVENT_READ:
                received = link.recv(CHUNK)
                if not received:
                    raise RuntimeError("PostgreSQL closed a replayed connection")
                messages.feed(received)
                while taken := messages.take():
                    errors += taken[0] == ERROR
                    if taken[0] == READY:
                        return errors
            elif rest:
                rest = rest[link.send(rest[:CHUNK]):]
                if not rest:
                    selector.modify(link, selectors.EVENT_READ)


class Replayed:
    """One connection of the replay. Its steps are sent by a thread of its own, one after another."""

    def __init__(self, upstream, database):
        self.link = socket.socket(socket.AF_UNIX)
        self.link.connect(upstream)
        self.link.setblocking(False)
        self.messages, self.database = Messages(), database
        self.sender = concurrent.futures.ThreadPoolExecutor(1)

    def send(self, data):
        """A future of how many errors the step reported."""
        if self.database:
            data, self.database = renamed_start(data, self.database), None
        return self.sender.submit(_exchange, self.link, self.messages, data)

    def close(self):
        self.sender.shutdown()
        self.link.setblocking(True)
        self.link.sendall(b"X\0\0\0\4")
        while self.link.recv(CHUNK):
            pass
        self.link.close()


def replay(steps, upstream, database):
    """Sends the recorded steps to another database of the same content; returns the errors that
    were reported. The start-up message is the only one that is changed: it names the database.
    A server gives up its locks before it says that it is ready, so a step that had waited may stand
    before the one that it waited for: after a moment the next one is sent all the same."""
    links, results = {}, []
    try:
        for step in steps:
            if step.connection not in links:
                links[step.connection] = Replayed(upstream, database)
            result = links[step.connection].send(step.data)
            results.append(result)
            concurrent.futures.wait([result], timeout=PATIENCE)
        return sum(result.result() for result in results)
    finally:
        for link in links.values():
            link.close()


def renamed_start(data, database):
    """A start-up message with another database's name."""
    words = data[8:].split(b"\0")
    for at in range(0, len(words) - 1, 2):
        if words[at] == b"database":
            words[at + 1] = database.encode()
    body = data[4:8] + b"\0".join(words)
    return struct.pack("!I", len(body) + 4) + body
