"""How long a single mail takes in the daemon: from its rename into a drop folder to its reply's row, seen
by another connection, and to the mail server's receipt. One mail at a time, all else at rest."""
import mailbox
import os
import select
import signal
import socket
import socketserver
import statistics
import subprocess
import threading
import time

import psycopg2

from house import BenchError

# Milliseconds: median and 99th.
ROW_AIM = 15
SERVER_AIMS = (50, 250)
WARM_UP = 20  # mails before the clock counts


class Receipts(socketserver.ThreadingTCPServer):
    """A mail server that takes all, and notes when it has each."""
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Conversation)
        self.times, self.came = [], threading.Condition()
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def wait(self, count, seconds):
        with self.came:
            if not self.came.wait_for(lambda: len(self.times) >= count, seconds):
                raise BenchError(f"the mail server has {len(self.times)} mails, not {count}")
            return self.times[count - 1]


class Conversation(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode("ascii") + b"\r\n")

    def handle(self):
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.say("220 here")
        for line in self.rfile:
            word = line[:4].upper()
            if word == b"DATA":
                self.say("354 go on")
                for content in self.rfile:
                    if content == b".\r\n":
                        break
                now = time.monotonic()
                self.say("250 taken")
                with self.server.came:
                    self.server.times.append(now)
                    self.server.came.notify_all()
            elif word == b"QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 fine")


class Rows:
    """Hears of replies' rows as they are committed."""

    def __init__(self, dsn):
        self.connection = psycopg2.connect(dsn)
        self.connection.autocommit = True
        self.connection.cursor().execute("listen issuer_reply")

    def wait(self, seconds):
        end = time.monotonic() + seconds
        while not self.connection.notifies:
            if not select.select([self.connection], [], [], max(0, end - time.monotonic()))[0]:
                raise BenchError("no reply's row in time")
            self.connection.poll()
        self.connection.notifies.clear()
        return time.monotonic()


def start(house, database, port, source):
    """The daemon, with this group of settings that says where mails come from."""
    command = house.command(database, "run")
    with open(command[2], "a", encoding="utf-8") as stream:
        stream.write(f"reply-by=smtp\nsmtp-url=smtp://127.0.0.1:{port}\n{source}")
    daemon = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True)
    said = []
    for line in daemon.stderr:
        said.append(line)
        if " daemon-ready" in line:
            threading.Thread(target=daemon.stderr.read, daemon=True).start()
            return daemon
    raise BenchError(f"the daemon does not start: {''.join(said)[-500:]}")


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def show(what, milliseconds):
    figures = {"median": statistics.median(milliseconds), "99th": percentile(milliseconds, 0.99),
               "worst": max(milliseconds), "mails": len(milliseconds)}
    print(f"{what}: median {figures['median']:.1f} ms, 99th {figures['99th']:.1f} ms, worst {figures['worst']:.1f} ms"
          f" ({figures['mails']} mails)")
    return figures


def drop_each(mails, folder, rows, server):
    """Milliseconds to the row and to the server, of each mail but the first ones."""
    to_row, to_server = [], []
    for number, content in enumerate(mails):
        hidden = os.path.join(folder, f".{number}.eml")
        with open(hidden, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        begun = time.monotonic()
        os.rename(hidden, os.path.join(folder, f"{number}.eml"))
        row = rows.wait(30)
        taken = server.wait(number + 1, 30)
        if number >= WARM_UP:
            to_row.append((row - begun) * 1000)
            to_server.append((taken - begun) * 1000)
        time.sleep(0.05)  # its report is written meanwhile
    return to_row, to_server


def run(house, options):
    load, folder = (os.path.join(house.folder, name) for name in ("load", "drop"))
    os.mkdir(folder)
    count = options.drop + WARM_UP
    licenses = max(options.licenses, count)
    house.make_load(load, licenses=licenses, requests=count, seed=options.seed)
    house.seed("dropping", load)
    mails = [one.as_bytes() for one in mailbox.mbox(os.path.join(load, "requests.mbox"))]
    with Receipts() as server:
        rows = Rows(house.server.dsn("dropping"))
        daemon = start(house, "dropping", server.port, f"[drop bench]\nfolder={folder}\n")
        try:
            to_row, to_server = drop_each(mails, folder, rows, server)
        finally:
            daemon.send_signal(signal.SIGTERM)
            daemon.wait(60)
        server.shutdown()
    issued = house.server.ask("dropping", "select count(*) from issuer.usage_license")[0]
    if issued != count:
        raise BenchError(f"{issued} licenses were issued for {count} mails")
    print(f"dropped one by one, {licenses} licenses on record")
    row, receipt = show("to the reply's row", to_row), show("to the mail server's receipt", to_server)
    short = []
    if row["median"] > ROW_AIM:
        short.append(f"a dropped mail's reply was on record after {row['median']:.1f} ms, aim {ROW_AIM} ms")
    for name, aim in zip(("median", "99th"), SERVER_AIMS):
        if receipt[name] > aim:
            short.append(f"a dropped mail's reply was at the server after {receipt[name]:.1f} ms ({name}), aim {aim} ms")
    return {"dropping": {"row": row, "receipt": receipt, "licenses": licenses}}, short
