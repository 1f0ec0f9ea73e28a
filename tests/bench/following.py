"""How long a single mail takes that comes to a mailbox which the daemon follows: from its APPEND to a real
Dovecot, and from when that tells of it, to its reply's row, and to the mail server's receipt. Dovecot tells who
waits (IDLE) half a second after a mail came, so the aims are held against the second."""
import mailbox
import os
import signal
import socket
import sys
import threading
import time

from dropping import SERVER_AIMS, WARM_UP, Receipts, Rows, show, start
from house import BenchError

SCENARIOS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "scenarios")


class Relay:
    """A line to the server on which it is seen when that says something first after told was cleared."""

    def __init__(self, port):
        self.to, self.told = port, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            near, _ = self.listener.accept()
            far = socket.create_connection(("127.0.0.1", self.to))
            for one in (near, far):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._pass, args=(near, far, False), daemon=True).start()
            threading.Thread(target=self._pass, args=(far, near, True), daemon=True).start()

    def _pass(self, source, sink, tells):
        while data := source.recv(65536):
            if tells and self.told == 0:
                self.told = time.monotonic()
            sink.sendall(data)
        sink.shutdown(socket.SHUT_RDWR)


def send_each(mails, client, relay, rows, server):
    """Milliseconds from APPEND and from the server's word of it, to row and receipt, but for the first ones."""
    times = {"told": [], "append": [], "row": [], "receipt": []}
    for number, content in enumerate(mails):
        relay.told = 0
        begun = time.monotonic()
        client.append("INBOX", None, None, content.replace(b"\n", b"\r\n"))
        row = rows.wait(30)
        taken = server.wait(number + 1, 30)
        if number >= WARM_UP:
            for name, span in (("told", relay.told - begun), ("append", taken - begun),
                               ("row", row - relay.told), ("receipt", taken - relay.told)):
                times[name].append(span * 1000)
        time.sleep(0.1)  # it is marked meanwhile, and the server waited upon again
    return times


def settings_of(folder, dovecot, relay):
    from imap_servers import PASSWORD, USER  # pylint: disable=import-outside-toplevel
    secret = os.path.join(folder, "password")
    with open(secret, "w", encoding="utf-8") as stream:
        stream.write(PASSWORD + "\n")
    os.chmod(secret, 0o600)
    return (f"[mailbox bench]\nurl=imaps://localhost:{relay.port}\nuser={USER}\npassword-file={secret}\n"
            f"ca-file={dovecot.ca_file}\npoll-seconds=1500\n")


def measure(house, mails):
    sys.path.append(SCENARIOS)  # behind the bench's own, some of whose names are there too
    from imap_servers import Dovecot  # pylint: disable=import-outside-toplevel
    dovecot = Dovecot()
    try:
        with Receipts() as server:
            relay, rows = Relay(dovecot.tls_port), Rows(house.server.dsn("following"))
            daemon = start(house, "following", server.port, settings_of(house.folder, dovecot, relay))
            time.sleep(1)  # it has logged in
            try:
                return send_each(mails, dovecot.client(), relay, rows, server)
            finally:
                daemon.send_signal(signal.SIGTERM)
                daemon.wait(60)
                server.shutdown()
    finally:
        dovecot.close()


def run(house, options):
    load = os.path.join(house.folder, "load")
    count = options.mailbox + WARM_UP
    licenses = max(options.licenses, count)
    house.make_load(load, licenses=licenses, requests=count, seed=options.seed)
    house.seed("following", load)
    mails = [one.as_bytes() for one in mailbox.mbox(os.path.join(load, "requests.mbox"))]
    times = measure(house, mails)
    issued = house.server.ask("following", "select count(*) from issuer.usage_license")[0]
    if issued != count:
        raise BenchError(f"{issued} licenses were issued for {count} mails")
    print(f"mailed one by one, {licenses} licenses on record")
    figures = {"licenses": licenses}
    for name, what in (("told", "from APPEND to the server's word of it"),
                       ("append", "from APPEND to the mail server's receipt"),
                       ("row", "from the server's word to the reply's row"),
                       ("receipt", "from the server's word to the mail server's receipt")):
        figures[name] = show(what, times[name])
    short = [f"a mail's reply was at the server {figures['receipt'][name]:.1f} ms ({name}) after word of it, aim {aim} ms"
             for name, aim in zip(("median", "99th"), SERVER_AIMS) if figures["receipt"][name] > aim]
    return {"following": figures}, short
