#!/usr/bin/python3
"""Mails that are fetched from mailboxes: each once, marked or moved when it is on record and not before,
whatever breaks on the way and whatever a server says.

  fetch.py ISSUER [TEST…]          within tests/with-postgres
SEED=N breaks at the same points again; ROUNDS=N at more of them."""
import json
import os
import re
import signal
import socket
import struct
import subprocess
import threading
import time

from imap_servers import PASSWORD, USER, Dovecot, Line, RudeImap
from mail_servers import certificate, free_port
from scenario import (Scenario, ask, chance, check_records, dated_mail, mail, main, mbox, records, rounds, write)
from story import Story

ANA = "ana@northwind.example"
DONE = ["$IssuerDone", "\\Seen"]
KEPT = ["$IssuerQuarantined", "\\Flagged"]


class Fetching(Scenario):
    def setUp(self):
        super().setUp()
        self.settings = {}
        self.secret = write(self.house.path("desk.password"), PASSWORD.encode() + b"\n")
        os.chmod(self.secret, 0o600)
        self.addCleanup(lambda: os.remove(self.house.path("issuer.conf")))

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


class Fetch(Fetching):
    """On a real Dovecot."""

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

    def test_a_request_is_answered_and_marked_and_a_second_run_does_nothing(self):
        self.dovecot.put(self.license_and_mail(), mail(ANA, says="Hello?"))
        first, second = self.fetch()
        self.assertRegex(first["source"], r"^imap://localhost:\d+/INBOX;UIDVALIDITY=\d+/;UID=1$")
        self.assertEqual([(one["outcome"], one["code"]) for one in first["decisions"]], [("issued", "issued")])
        self.assertEqual(second["class"], "unrecognised")
        self.assertEqual(self.dovecot.flags(), {1: DONE, 2: DONE})
        self.assertEqual({key: self.boxes["desk"][key] for key in ("read", "settled", "kept", "gone", "problem")},
                         {"read": 2, "settled": 2, "kept": 0, "gone": 0, "problem": None})
        self.check_settled(2)
        before = self.house.digests()
        self.assertEqual(self.fetch(), [])
        self.assertEqual(self.house.digests(), before)
        self.assertEqual([len(self.house.replies()), self.house.replies()], [1, []])


if __name__ == "__main__":
    main()
