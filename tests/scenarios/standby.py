#!/usr/bin/python3
"""A primary and its standby: reports come from the standby and say how far its records go; when the primary dies the
daemon goes on upon the standby, by itself, with each mail answered once.

  standby.py ISSUER [TEST…]          starts servers of its own (pair.py)"""
import atexit
import json
import os
import time

import psycopg2

from pair import Pair

PAIR = Pair()
atexit.register(PAIR.close)

from daemon import Daemon  # noqa: E402
from feeding import Feeder, check_answered_once  # noqa: E402
from scenario import OWN, Scenario, check_records, main  # noqa: E402

ANA = "ana@northwind.example"
REPORTS = ("licenses", "orders", "expiring", "activations", "restorations", "support-years", "issuance", "holds",
           "response-times", "keys", "late-entries", "reconciliation")
WITHOUT_ROWS = ("restorations", "issuance", "holds", "response-times", "keys", "reconciliation")
LISTS = (("order", "list"), ("customer", "list"), ("event", "list"))


class WithStandby(Scenario):
    def daemon(self, **settings):
        folder = self.house.path("drop")
        os.makedirs(folder, exist_ok=True)
        daemon = Daemon(self.house, config=f"[issuer]\nown-addresses = {OWN}\nreply-folder = {self.house.path('replies')}\n"
                                           f"[drop inbox]\nfolder = {folder}\n", **settings)
        self.addCleanup(daemon.close)
        return daemon


class Reports(WithStandby):
    def setUp(self):
        super().setUp()
        self.standby = PAIR.two.dsn(self.house.database)

    def from_standby(self, *words, code=0):
        PAIR.in_step()
        self.house.environment["ISSUER_REPORT_DATABASE"] = self.standby
        try:
            return self.house.issuer(*words, code=code)
        finally:
            del self.house.environment["ISSUER_REPORT_DATABASE"]

    def noted(self, after=None):
        """Waits until a daemon has noted how far the records are, later than before."""
        for _ in range(600):
            rows = self.house.query("select known_at from report_moment")
            if rows and (after is None or rows[0][0] > after):
                return rows[0][0]
            time.sleep(0.1)
        raise AssertionError("no daemon notes how far the records are")

    def licenses(self, told):
        lines = [json.loads(line) for line in told.splitlines()]
        return sum(1 for line in lines if line.get("part") == "rows")

    def test_each_report_and_list_runs_where_nothing_can_be_written(self):
        self.house.sell("LIC-1", ANA)
        daemon = self.daemon().start()
        self.noted(after=self.house.query("select now()")[0][0])
        for name in REPORTS:
            for more in ((), ("--rows",)) if name not in WITHOUT_ROWS else ((),):
                with self.subTest(name, more=more):
                    self.from_standby("report", name, *more)
                    self.assertEqual(self.house.errors, "")
        for words in LISTS:
            with self.subTest(words):
                self.assertEqual(self.from_standby(*words), self.house.issuer(*words))
        known = json.loads(self.from_standby("report", "licenses", "--json").splitlines()[0])["known_at"]
        same = ("report", "licenses", "--rows", "--csv", "--known-at", known, "--as-of", "2027-01-01")
        self.assertEqual(self.from_standby(*same), self.house.issuer(*same), "the same question, the same bytes")
        daemon.stop()

    def test_how_far_the_records_go_is_said_where_a_standby_is_behind(self):
        self.house.sell("LIC-1", ANA)
        os.makedirs(self.house.path("replies"))
        daemon = self.daemon().start()
        self.noted(after=self.house.query("select now()")[0][0])
        rows = ("report", "licenses", "--rows", "--json")
        self.assertEqual(self.licenses(self.from_standby(*rows)), 1)
        self.assertEqual(self.house.errors, "")
        PAIR.in_step()
        PAIR.two.ask("select pg_wal_replay_pause()")
        self.addCleanup(PAIR.two.ask, "select pg_wal_replay_resume()")
        self.house.sell("LIC-2", ANA)
        self.noted(after=self.noted(after=self.house.query("select now()")[0][0]))
        time.sleep(11)
        self.house.environment["ISSUER_REPORT_DATABASE"] = self.standby
        told = self.house.issuer(*rows)
        known = json.loads(told.splitlines()[0])["known_at"]
        self.assertEqual(self.licenses(told), 1)
        self.assertRegex(self.house.errors, r"\Aissuer: The report database is behind: not all that was recorded after "
                                            f"{known[:19]}Z is in this report\\.\n\\Z")
        self.assertRegex(self.house.issuer("report", "licenses"), "The report database is behind: not all .* in this report")
        self.house.issuer(*rows, "--known-at", known)
        self.assertEqual(self.house.errors, "", "what was known then is whole")
        self.assertRegex(self.house.issuer("check"), "(?m)^warning +report database: .*: behind since 20")
        for words in LISTS:
            self.assertRegex(self.house.issuer(*words), "The report database is behind: not all .* in this list")
        del self.house.environment["ISSUER_REPORT_DATABASE"]
        self.assertEqual(self.licenses(self.house.issuer(*rows)), 2, "the database itself is asked")
        self.assertEqual(self.house.errors, "")
        PAIR.two.ask("select pg_wal_replay_resume()")
        self.assertEqual(self.licenses(self.from_standby(*rows)), 2)
        self.assertRegex(self.from_standby("check"), "(?m)^ok +report database: ")
        self.house.environment["ISSUER_REPORT_DATABASE"] = "host=/nowhere dbname=x connect_timeout=2"
        self.assertRegex(self.house.issuer("check", code=1), "(?m)^wrong +report database: the database is out of reach")
        del self.house.environment["ISSUER_REPORT_DATABASE"]
        self.from_standby(*rows)
        self.assertEqual(self.house.errors, "")
        daemon.stop()

    def test_of_what_is_open_on_the_primary_a_standby_knows_nothing_so_it_waits_for_a_daemon_to_say(self):
        self.house.sell("LIC-1", ANA)
        self.assertEqual(self.from_standby("report", "licenses", code=1), "")
        self.assertRegex(self.house.errors, r"\Aissuer: nobody has noted until when the records are whole, .*issuer run.*\n\Z")
        self.house.issuer("report", "licenses")
        daemon = self.daemon().start()
        self.noted()
        # A sale that was begun before and is not yet on record may still come: it is after what is known.
        seller = psycopg2.connect(self.house.dsn)
        self.addCleanup(seller.close)
        seller.cursor().execute("select transaction_timestamp()")
        ((begun,),) = self.house.query("select max(xact_start) from pg_stat_activity where state = 'idle in transaction'"
                                       " and datname = current_database()")
        time.sleep(5)
        told = self.from_standby("report", "licenses", "--json")
        self.assertLess(json.loads(told.splitlines()[0])["known_at"], begun.strftime("%Y-%m-%dT%H:%M:%S.%fZ"))
        seller.rollback()
        self.noted(after=begun)
        self.assertIn("LIC-1", self.from_standby("report", "licenses", "--rows"))
        daemon.stop()


class Demoted(WithStandby):
    """Where a server can only be read for a while, nothing is decided wrongly by it."""

    def read_only(self, how):
        PAIR.one.ask(f"alter system set default_transaction_read_only = {how}")
        PAIR.one.ask("select pg_reload_conf()")

    def test_a_primary_that_can_only_be_read_for_a_while(self):
        os.makedirs(self.house.path("replies"))
        feeder = Feeder(self.house, self.house.path("drop"), pause=0.2)
        daemon = self.daemon().start()
        feeder.start()
        feeder.wait_answered(5)
        self.addCleanup(self.read_only, "off")
        self.read_only("on")
        for role in ("drop:inbox", "recorder"):
            self.assertRegex(daemon.wait_log("trouble", who=role).fields["problem"], "read-only")
        so_far = feeder.dropped
        feeder.wait_dropped(so_far + 5)
        self.read_only("off")
        feeder.stop()
        daemon.wait(lambda: feeder.answered() == feeder.dropped, "an answer to each mail", 120)
        daemon.wait(lambda: len(os.listdir(self.house.path("replies"))) == feeder.dropped, "a reply to each", 120)
        daemon.stop()
        self.assertFalse(os.listdir(self.house.path("drop", "failed")))
        check_answered_once(self, feeder)
        check_records(self.house)


class TheEnd(WithStandby):
    """The pair is used up by it: it is the last of the tests, which go by their classes' names."""

    def test_the_primary_dies_and_the_daemon_goes_on_upon_the_standby(self):
        os.makedirs(self.house.path("replies"))
        feeder = Feeder(self.house, self.house.path("drop"))
        daemon = self.daemon().start()
        supervisor, pids = daemon.process.pid, daemon.pids()
        feeder.start()
        feeder.wait_answered(20)
        PAIR.fail_over()
        feeder.wait_dropped(feeder.dropped + 20)
        feeder.stop()
        daemon.wait(lambda: feeder.answered() == feeder.dropped, "an answer to each mail", 180)
        daemon.wait(lambda: len(os.listdir(self.house.path("replies"))) == feeder.dropped, "a reply to each", 180)
        self.assertEqual(PAIR.two.ask("select pg_is_in_recovery()"), [(False,)])
        self.assertEqual((daemon.process.pid, daemon.pids()), (supervisor, pids), "no process had to be started again")
        self.assertFalse(os.listdir(self.house.path("drop", "failed")))
        daemon.stop()
        check_answered_once(self, feeder)
        check_records(self.house)


if __name__ == "__main__":
    main()
