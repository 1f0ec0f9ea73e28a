"""Fetching mailboxes: what the tests of it have in common."""
import json
import os
import time

from imap_servers import PASSWORD, USER, Dovecot
from scenario import Scenario, ask, check_records, dated_mail, mail, write

__all__ = ["ANA", "DONE", "KEPT", "Fetching", "OnDovecot"]

ANA = "ana@northwind.example"
DONE = ["$IssuerDone", "\\Seen"]
KEPT = ["$IssuerQuarantined", "\\Flagged"]


class Fetching(Scenario):
    def setUp(self):
        super().setUp()
        self.settings = {}
        self.secret = write(self.house.path("desk.password"), PASSWORD.encode() + b"\n")
        os.chmod(self.secret, 0o600)

    def set_mailbox(self, name="desk", **settings):
        """A mailbox in issuer.conf; what is None is left out."""
        usual = {"user": USER, "password_file": "desk.password", "connect_seconds": 5, "stall_seconds": 5,
                 "seconds": 20}
        self.settings[name] = {**usual, **settings}
        lines = []
        for one, values in self.settings.items():
            lines += [f"[mailbox {one}]", *(f"{key.replace('_', '-')} = {value}"
                                            for key, value in values.items() if value is not None)]
        write(self.house.path("issuer.conf"), "\n".join(lines).encode() + b"\n")

    def fetch(self, *words, code=0, house=None):
        """What was said of each mail, and of each mailbox."""
        told = (house or self.house).issuer("fetch", "--json", *words, code=code)
        lines = [json.loads(line) for line in told.splitlines()]
        self.boxes = {line["mailbox"]: line for line in lines if "part" in line}
        return [line for line in lines if "part" not in line]

    def fails(self, *words, code=3, within=30):
        """The one line with which it ends, in good time."""
        begun = time.monotonic()
        self.mails = self.fetch(*words, code=code)
        self.assertLess(time.monotonic() - begun, within)
        self.assertEqual(len(self.house.errors.splitlines()), 1, self.house.errors)
        self.assertNotIn(PASSWORD, self.house.errors)
        return self.house.errors.removeprefix("issuer: ").rstrip("\n")

    def query(self, statement):
        return self.house.query(statement)

    def count(self, table, house=None):
        return (house or self.house).query(f"select count(*) from {table}")[0][0]

    def check_settled(self, count, house=None):
        """So many mails were taken in, each once, and nothing waits to be done in the mailbox."""
        house = house or self.house
        self.assertEqual(house.query("select count(*), count(distinct message_id), count(settled_at)"
                                     " from mailbox_mail"), [(count, count, count)])
        check_records(house)


class OnDovecot(Fetching):
    """With a real Dovecot, whose INBOX is set as the mailbox desk."""

    def setUp(self):
        super().setUp()
        self.dovecot = Dovecot()
        self.addCleanup(self.dovecot.close)
        self.box()

    def box(self, name="desk", **settings):
        self.set_mailbox(name, **{"url": f"imaps://localhost:{self.dovecot.tls_port}",
                                  "ca_file": self.dovecot.ca_file, **settings})

    def license_and_mail(self):
        license = self.house.sell("LIC-1", ANA)
        return mail(ANA, ask(self.house.server(), license))

    @staticmethod
    def broken():
        """A mail that is too deep to be read to its end."""
        inner = "hello"
        for number in range(200):
            inner = (f"Content-Type: multipart/mixed; boundary=b{number}\n\n--b{number}\n{inner}\n"
                     f"--b{number}--\n")
        head, _, body = inner.partition("\n\n")
        one = dated_mail(ANA, body, 77)
        return one.replace(b"\n\n", b"\nMIME-Version: 1.0\n" + head.encode() + b"\n\n", 1)
