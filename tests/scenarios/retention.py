#!/usr/bin/python3
"""Retention by `issuer run`: words, bytes and senders of mails go when all is over; reports, checks and what
the desk does stay as they were.

  retention.py ISSUER [TEST…]          within tests/with-postgres"""
import datetime
import json
import os
import signal
import time

from daemon import OF_ITSELF, Daemon
from scenario import Scenario, ask, check_records, mail, main, mbox, write

ANA, EVE = "ana@northwind.example", "eve@stranger.example"
REPORTS = ("licenses", "orders", "expiring", "activations", "restorations", "support-years",
           "issuance", "holds", "keys", "late-entries", "reconciliation", "response-times")
DAY = 86400
COLUMNS = "from_address, reply_to, subject, body, raw"


class Retention(Scenario):
    def setUp(self):
        super().setUp()
        self.replies = self.house.path("replies")
        os.makedirs(self.replies)
        self.license = self.house.sell("LIC-1", ANA, activations=9, servers=9)

    def tearDown(self):
        check_records(self.house)

    def daemon(self, days=365, later=400, name=""):
        """So many days later."""
        self.house.environment["ISSUER_NOW"] = str(int(time.time()) + later * DAY)
        daemon = Daemon(self.house, reply_folder=self.replies, retention_days=days, daemon_name=name)
        self.addCleanup(daemon.close)
        return daemon.start()

    def looked(self):
        now = self.house.environment["ISSUER_NOW"]
        return self.house.query("select 1 from chore where name = 'retention'"
                                f" and done_at >= to_timestamp({now}) - interval '1 minute'")

    def emptied(self, **options):
        """A daemon that does it, to its end."""
        daemon = self.daemon(**options)
        daemon.wait(self.looked, "retention")
        return [line.text for line in daemon.stop() if line.level in ("warning", "error")]

    def full(self):
        return {source for source, in self.house.query(
            f"select source from message where emptied_at is null and num_nonnulls({COLUMNS}) > 0")}

    def fill(self):
        """A mail of each kind; gives the path of those that stay and that go."""
        house = self.house
        server = house.server(host="plant-1")
        over = write(house.path("over.mbox"), mbox([
            mail(ANA, ask(server, self.license)),
            b"From: " + EVE.encode() + b"\nSubject: Away\nAuto-Submitted: auto-replied\nMessage-ID: <a@x.example>\n"
            b"Date: Thu, 8 Oct 2026 10:00:00 +0000\n\nI am away.\n",
            mail(EVE, says="Buy my watches"),
            mail(EVE, ask(house.server(host="plant-2"), self.license))]))
        house.ingest(over)
        (case,), = house.query("select id from hold")
        (spam,), = house.query("select id from message where class = 'unrecognised'")
        house.hire("sam", "support")
        house.by("sam", "request", "refuse", str(case), "--reason", "unknown", "--ticket", "T-1")
        house.by("sam", "message", "drop", str(spam), "--reason", "an advertisement")
        needed = write(house.path("needed.mbox"), mbox([
            mail(EVE, ask(house.server(host="plant-3"), self.license)),
            mail(EVE, says="What is the weather?"),
            mail(ANA, says="Our server plant-1 was destroyed by fire. It had LIC-1.")]))
        house.ingest(needed)
        house.ingest(write(house.path("notes.bin"), bytes(range(256)) * 40), code=1)
        house.replies()
        return over, needed

    def told(self):
        """What finance and whoever checks are told, as it was known before."""
        reports = {name: self.house.issuer("report", name, "--csv", "--as-of", self.day, "--known-at", self.known)
                   for name in REPORTS}
        checks = [json.loads(line) for line in self.house.issuer("check", "--json", code=None).splitlines()]
        return reports, {row["thing"]: (row["state"], row["finding"]) for row in checks
                         if row["thing"] in ("records", "serial numbers", "mails", "quarantine", "journal")}

    def test_what_is_over_goes_and_what_is_needed_stays(self):
        over, _ = self.fill()
        now = datetime.datetime.now(datetime.timezone.utc)
        self.day, self.known = f"{now:%Y-%m-%d}", f"{now:%Y-%m-%dT%H:%M:%SZ}"
        time.sleep(1.1)  # until that moment is one of the past
        before, digests = self.told(), self.house.digests()
        self.assertEqual(self.emptied(), [])
        left = self.full()
        self.assertEqual({os.path.basename(source).partition("#")[0] for source in left}, {"needed.mbox", "notes.bin"})
        self.assertEqual(len(left), 4)
        gone = self.house.query(f"select num_nonnulls({COLUMNS}), raw_digest is not null, class from message"
                                " where emptied_at is not null order by id")
        self.assertEqual([row[:2] for row in gone], [(0, True)] * 4)
        self.assertEqual(self.house.query("select count(*), min(detail ->> 'retention_days') from event"
                                          " where kind = 'message-emptied'"), [(4, "365")])
        self.assertEqual(self.told(), before)
        after = self.house.digests()
        self.assertEqual({name for name in digests if digests[name] != after[name]} - OF_ITSELF,
                         {"message", "event", "daemon_change"})
        # Nobody who asked before is asked about again, and what was sent before is no news.
        del self.house.environment["ISSUER_NOW"]
        self.assertEqual([found["decisions"] for found in self.house.ingest(over)], [[]] * 4)
        self.assertEqual(self.house.digests()["usage_license"], digests["usage_license"])
        (one,), = self.house.query("select min(id) from message")
        self.assertIn("emptied_at", self.house.issuer("message", "show", str(one), "--json"))
        case = str(self.house.query("select id from hold where closed_at is null")[0][0])
        self.house.by("sam", "request", "issue", case, "--reason", "known by now", "--ticket", "T-2")
        (unread,), = self.house.query("select message_id from quarantine")
        self.house.by("sam", "quarantine", "drop", str(unread), "--reason", "no mail")

    def test_unless_it_is_asked_for_nothing_goes(self):
        self.fill()
        before = self.house.digests()["message"]
        self.house.environment["ISSUER_NOW"] = str(int(time.time()) + 4000 * DAY)
        daemon = Daemon(self.house, reply_folder=self.replies, notice_command="/bin/true")
        self.addCleanup(daemon.close)
        daemon.start()
        daemon.wait(lambda: self.house.query("select 1 from staff_telling where done_at is not null"), "a look")
        time.sleep(6)
        self.assertEqual(self.house.digests()["message"], before)
        daemon.stop()

    def test_killed_midway_another_goes_on_and_none_is_emptied_twice(self):
        mails = [mail(EVE, says=f"Number {n}") for n in range(450)]
        self.house.ingest(write(self.house.path("many.mbox"), mbox(mails)))
        self.house.query("alter table message disable trigger user; update message set handled_at = now(),"
                         " handled_how = 'dropped'; alter table message enable trigger user")
        daemon = self.daemon(name="one")
        daemon.wait(lambda: self.house.query("select 1 from event where kind = 'message-emptied'"), "a step")
        daemon.send(signal.SIGKILL)
        daemon.process.wait(timeout=60)
        other = self.daemon(name="two")
        other.wait(lambda: not self.full(), "the rest")
        other.wait(self.looked, "its end")
        self.assertEqual(self.house.query("select count(*), count(distinct subject_id) from event"
                                          " where kind = 'message-emptied'"), [(450, 450)])
        other.stop()

    def test_days_that_are_too_few_are_refused(self):
        for days in ("30", "1", "-1", "x"):
            self.house.environment["ISSUER_RETENTION_DAYS"] = days
            self.house.issuer("status", code=1)
            self.assertEqual(self.house.errors.count("\n"), 1, self.house.errors)
            self.assertRegex(self.house.errors, "ISSUER_RETENTION_DAYS.*must be|retention-days.*must be")
        del self.house.environment["ISSUER_RETENTION_DAYS"]


if __name__ == "__main__":
    main()
