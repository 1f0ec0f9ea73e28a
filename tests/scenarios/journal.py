#!/usr/bin/python3
"""The journal of usage licenses: written before they are on record, compared with the records, and
put on record again where an older copy of these has to do.

  journal.py ISSUER [TEST…]          within tests/with-postgres"""
import datetime
import fcntl
import glob
import hashlib
import json
import os
import stat
import time

from daemon import Daemon
from scenario import Scenario, admin, armor, ask, mail, main, mbox, write

ANA = "ana@northwind.example"
PREFIX = os.environ["ISSUER_ROLE_PREFIX"]
REPORTS = ("licenses", "orders", "expiring", "activations", "restorations", "support-years",
           "issuance", "holds", "keys", "late-entries", "reconciliation")


class Journal(Scenario):
    def setUp(self):
        super().setUp()
        self.folder = self.house.path("journal")
        os.mkdir(self.folder, 0o700)
        self.house.environment["ISSUER_JOURNAL_FOLDER"] = self.folder
        self.license = self.house.sell("LIC-1", contact=ANA, activations=5, servers=4)

    def copy_of(self, house):
        copy = super().copy_of(house)
        copy.environment["ISSUER_JOURNAL_FOLDER"] = self.folder
        return copy

    def ask(self, *servers, house=None):
        house = house or self.house
        return house.take(*(mail(ANA, ask(server, self.license)) for server in servers))

    def servers(self, *hosts):
        return [self.house.server(host=host, board=host) for host in hosts]

    def lines(self):
        found = []
        for path in sorted(glob.glob(os.path.join(self.folder, "*.jsonl"))):
            with open(path, encoding="utf-8") as stream:
                found += [json.loads(line) for line in stream]
        return found

    def reports(self, *houses):
        """Of each house every report, as of one moment."""
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        return [{name: house.issuer("report", name, "--csv", "--known-at", now) for name in REPORTS}
                for house in houses]

    def same_reports(self, *houses):
        one, other = self.reports(*houses)
        for name in REPORTS:
            self.assertEqual(one[name], other[name], name)

    def line_of(self, check, thing):
        return [(line["state"], line["finding"]) for line in map(json.loads, check.splitlines())
                if line["thing"] == thing]

    # ---- what is written ----

    def test_before_it_is_on_record(self):
        self.ask(*self.servers("plant-1", "plant-2"))
        head, one, two, end = self.lines()
        self.assertEqual([line["kind"] for line in (head, one, two, end)],
                         ["batch", "issued", "issued", "end"])
        self.assertEqual({line["batch"] for line in (head, one, two, end)}, {head["batch"]})
        self.assertEqual((head["issued"], end["outcome"]), (2, "committed"))
        for line in (one, two):
            jws = self.house.usage_license(f"UL-{line['serial']}")
            self.assertEqual(line["record"]["usage_license"]["jws"], jws)
            self.assertEqual(line["sha256"], hashlib.sha256(jws.encode()).hexdigest())
            self.assertNotIn(ANA, json.dumps(line))
        (path,) = glob.glob(os.path.join(self.folder, "*.jsonl"))
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)

    def test_what_issues_nothing_writes_nothing(self):
        self.house.take(mail("eve@stranger.example", ask(self.servers("x")[0], self.license)))
        path = write(self.house.path("dry.mbox"), mbox([mail(ANA, ask(self.servers("y")[0], self.license))]))
        self.house.ingest("--dry-run", path)
        self.assertEqual(self.lines(), [])

    def test_without_the_folder_nothing_is_issued(self):
        server = self.servers("plant-1")[0]
        self.house.environment["ISSUER_JOURNAL_FOLDER"] = self.house.path("nowhere")
        before = self.house.digests()["usage_license"]
        self.ask_fails(server, "nothing is issued without it")
        self.assertEqual(self.house.digests()["usage_license"], before)
        self.house.environment["ISSUER_JOURNAL_FOLDER"] = self.folder
        self.assertEqual(self.ask(server), [("issued", "issued")])

    def ask_fails(self, server, says):
        path = write(self.house.path("mails.mbox"), mbox([mail(ANA, ask(server, self.license))]))
        self.house.issuer("ingest", path, code=3)
        self.assertIn(says, self.house.errors)
        self.assertEqual(len(self.house.errors.splitlines()), 1, self.house.errors)

    def test_no_file_at_all(self):
        """What stands in its place may be anything."""
        os.symlink("/dev/full", os.path.join(self.folder, time.strftime("%Y-%m", time.gmtime()) + ".jsonl"))
        self.ask_fails(self.servers("plant-1")[0], "the journal cannot be read: it is no regular file")
        self.assertEqual(self.house.query("select count(*) from usage_license"), [(0,)])

    def test_a_line_that_was_broken_off(self):
        self.ask(*self.servers("plant-1"))
        (path,) = glob.glob(os.path.join(self.folder, "*.jsonl"))
        with open(path, "ab") as stream:
            stream.write(b'{"v":1,"kind":"batch","batch":"0000')
        self.ask(*self.servers("plant-2"))
        os.mkdir(self.house.path("replies"))
        self.compared("ok", "2 usage licenses compared")
        self.replayed(self.house, put=0, on_record=2)

    # ---- compared ----

    def compared(self, state, says, code=0):
        found = self.line_of(self.house.issuer("check", "--json", code=code), "journal")
        self.assertIn((state, True), [(one, says in text) for one, text in found], found)

    def test_compared_with_the_records(self):
        os.mkdir(self.house.path("replies"))
        self.ask(*self.servers("plant-1", "plant-2"))
        self.compared("ok", "2 usage licenses compared")
        self.ask(*self.servers("plant-3"))
        self.compared("ok", "3 usage licenses compared")  # the last batch again
        self.compared("ok", "1 usage licenses compared")
        self.house.environment["ISSUER_JOURNAL_FOLDER"] = ""
        self.ask(*self.servers("plant-4"))
        self.house.environment["ISSUER_JOURNAL_FOLDER"] = self.folder
        self.compared("wrong", "1 usage licenses on record are not in the journal, the first is UL-00000004", code=1)

    def test_what_the_records_lack_or_have_otherwise(self):
        os.mkdir(self.house.path("replies"))
        first = self.house
        copy = self.copy_of(self.house)
        self.ask(*self.servers("plant-1"))
        self.house = copy
        self.compared("wrong", "1 usage licenses of the journal are not on record, the first is UL-00000001", code=1)
        self.house = first
        self.house.query("set session_replication_role = replica; update usage_license set jws = 'a.b.c'")
        self.compared("wrong", "1 usage licenses have other bytes on record than in the journal", code=1)

    # ---- replayed ----

    def replayed(self, house, **expected):
        said = json.loads(house.issuer("journal", "replay", "--json"))
        for key, number in expected.items():
            self.assertEqual(said[key], number, said)
        return said

    def test_an_older_copy(self):
        first, second, third = self.servers("plant-1", "plant-2", "plant-3")
        self.ask(first)
        copy = self.copy_of(self.house)
        self.ask(second)
        first.install(self.house.usage_license("UL-00000001").encode())
        self.ask(first)  # goes on with its use
        self.ask(third, second)  # one new, one again
        # What is issued on the copy would have numbers that are out in the world.
        path = write(copy.path("more.mbox"), mbox([mail(ANA, ask(third, self.license))]))
        copy.issuer("ingest", path, code=3)
        self.assertIn("run issuer journal replay first", copy.errors)
        self.assertIn("NOT ON RECORD", copy.issuer("verify", "-", code=1, data=self.jws(4)))
        self.replayed(copy, put=4, on_record=1)
        self.replayed(copy, put=0, on_record=5)
        for serial in range(1, 6):
            self.assertEqual(copy.usage_license(f"UL-{serial}"), self.house.usage_license(f"UL-{serial}"))
        self.same_reports(copy, self.house)
        self.assertIn("verdict: good\n", copy.issuer("verify", "-", data=self.jws(4)))
        os.mkdir(copy.path("replies"))
        for thing in ("serial numbers", "records"):
            self.assertEqual([state for state, _ in self.line_of(copy.issuer("check", "--json"), thing)], ["ok"])
        # The desk goes on behind the last number.
        highest = copy.query("select max(last) from serial_block")[0][0]
        self.ask(*self.servers("plant-9"), house=copy)
        self.assertGreater(copy.query("select max(serial) from usage_license")[0][0], highest - 1)

    def test_by_the_login_that_owns_the_records(self):
        """Whatever it is called, and with no more rights than that. None of the groups' logins may."""
        first = self.servers("plant-1")[0]
        self.ask(first)
        copy = self.copy_of(self.house)
        first.install(self.house.usage_license("UL-00000001").encode())
        self.ask(first)  # the first one's end is on record by the second
        owner, member = f"{PREFIX}-Owner of Records", f"{PREFIX}-Member"
        admin(f'create role "{owner}" login')
        admin(f'create role "{member}" login in role "{owner}"')
        self.addCleanup(admin, f'drop role "{member}"; drop role "{owner}"')
        self.addCleanup(copy.query, f'drop owned by "{owner}"')
        self.give_to(copy, owner)
        for group in ("daemon", "web", "support", "orders", "admin", "finance"):
            login = f"{PREFIX}-J-{group}"
            admin(f'create role "{login}" login in role "{PREFIX}_{group}"')
            self.addCleanup(admin, f'drop role "{login}"')
            with self.subTest(group):
                self.as_login(copy, login)
                before = copy.digests()
                copy.issuer("journal", "replay", code=1)
                self.assertEqual(copy.errors.count("\n"), 1, copy.errors)
                self.assertIn("may not", copy.errors)
                self.assertEqual(copy.digests(), before)
        other = self.copy_of(copy)
        self.addCleanup(other.query, f'drop owned by "{owner}"')
        for house, login in ((copy, owner), (other, member)):
            with self.subTest(login):
                self.as_login(house, login)
                self.replayed(house, put=1, on_record=1)
                self.as_login(house, "postgres")
                self.same_reports(house, self.house)

    @staticmethod
    def as_login(house, login):
        house.environment["ISSUER_DATABASE"] = house.dsn.replace("user=postgres", f"user='{login}'")

    @staticmethod
    def give_to(house, owner):
        """The records and all that belongs to them."""
        for kind, named in house.query(
                "select case when c.relkind = 'S' then 'sequence' when c.relkind = 'v' then 'view' else 'table' end,"
                "       c.oid::regclass::text from pg_class c where c.relnamespace = 'issuer'::regnamespace"
                "   and c.relkind in ('r', 'v', 'S') and not exists (select from pg_depend d where d.objid = c.oid"
                "   and d.deptype = 'i' and c.relkind = 'S')"
                " union all select 'function', p.oid::regprocedure::text from pg_proc p"
                " where p.pronamespace = 'issuer'::regnamespace"
                " union all select 'type', t.oid::regtype::text from pg_type t where t.typtype in ('d', 'e')"
                "   and t.typnamespace = 'issuer'::regnamespace union all select 'schema', 'issuer'"):
            house.query(f'alter {kind} {named} owner to "{owner}"')

    def jws(self, serial):
        return self.house.usage_license(f"UL-{serial}").encode()

    def test_a_use_that_was_given_back_since(self):
        first, second = self.servers("plant-1", "plant-2")
        one = self.license = self.house.sell("LIC-2", contact=ANA)
        self.ask(first)
        copy = self.copy_of(self.house)
        first.install(self.house.usage_license("UL-00000001").encode())
        self.house.take(mail(ANA, armor("D", first.deactivate())))
        self.assertEqual(self.ask(second), [("issued", "issued")])
        self.replayed(copy, put=1)
        self.assertEqual(copy.query("select state, counted from activation order by id"),
                         [("deactivated", False), ("active", True)])
        copy, ours = self.reports(copy, self.house)
        self.assertEqual(copy["reconciliation"], ours["reconciliation"])
        self.assertEqual(one.id, "LIC-2")

    def test_orders_come_first(self):
        copy = self.copy_of(self.house)
        self.license = self.house.sell("LIC-7", contact=ANA)
        self.ask(*self.servers("plant-1"))
        before = copy.digests()
        copy.issuer("journal", "replay", code=1)
        self.assertIn("UL-00000001: LIC-7 has no entitlement version 1 on record", copy.errors)
        self.assertEqual(copy.digests(), before)
        copy.issuer("license", "import", self.house.path("purchases", "LIC-7.csv"))
        self.replayed(copy, put=1)

    def test_a_batch_of_which_nobody_knows(self):
        """Killed between the journal and the records' word: its number is used for nothing else."""
        copy = self.copy_of(self.house)
        self.ask(*self.servers("plant-1"))
        self.change_file(lambda text: b"\n".join(line for line in text.split(b"\n")
                                                 if b'"kind":"end"' not in line))
        self.replayed(self.house, put=0, on_record=1, unsettled=0)
        self.replayed(copy, put=0, unsettled=1, void=1)
        self.assertEqual(copy.query("select count(*) from usage_license"), [(0,)])
        self.ask(*self.servers("plant-2"), house=copy)
        self.assertEqual(copy.query("select min(serial) from usage_license"), [(2,)])

    def change_file(self, change):
        (path,) = glob.glob(os.path.join(self.folder, "*.jsonl"))
        with open(path, "rb") as stream:
            text = stream.read()
        with open(path, "wb") as stream:
            stream.write(change(text))

    def test_changed_afterwards(self):
        copy = self.copy_of(self.house)
        self.ask(*self.servers("plant-1"))
        self.change_file(lambda text: text.replace(b"plant-1", b"plant-2"))
        copy.issuer("journal", "replay", code=1)
        self.assertIn("has been damaged since", copy.errors)
        self.assertEqual(copy.query("select count(*) from usage_license"), [(0,)])

    def test_emergencies_too(self):
        self.house.hire("sam", "support")
        server = self.servers("plant-1")[0]
        held = mail("eve@stranger.example", ask(server, self.license))
        self.house.take(held)
        copy = self.copy_of(self.house)
        request = self.house.query("select id from hold")[0][0]
        self.house.by("sam", "request", "emergency", str(request), "--reason", "the plant stands still",
                      "--ticket", "T-1")
        self.replayed(copy, put=1)
        self.assertEqual(copy.query("select emergency from usage_license"), [(True,)])

    def test_by_the_daemon(self):
        drop = self.house.path("drop")
        os.mkdir(drop)
        daemon = Daemon(self.house, config=f"[drop mails]\nfolder = {drop}\n")
        self.addCleanup(daemon.close)
        daemon.start()
        made = write(self.house.path("x.mbox"), mbox([mail(ANA, ask(self.servers("plant-1")[0], self.license))]))
        os.rename(made, os.path.join(drop, "x.mbox"))
        for _ in range(300):
            if self.lines()[-1:] and self.lines()[-1]["kind"] == "end":
                break
            time.sleep(0.1)
        daemon.stop()
        self.assertEqual([line["kind"] for line in self.lines()], ["batch", "issued", "end"])

    def test_one_that_was_stopped_while_it_writes_keeps_nobody_waiting_for_good(self):
        self.ask(*self.servers("plant-1"))
        (path,) = glob.glob(os.path.join(self.folder, "*.jsonl"))
        drop = self.house.path("drop")
        os.mkdir(drop)
        daemon = Daemon(self.house, config=f"[drop mails]\nfolder = {drop}\n")
        self.addCleanup(daemon.close)
        with open(path, "rb") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX)
            daemon.start()
            made = write(self.house.path("x.eml"), mail(ANA, ask(self.servers("plant-2")[0], self.license)))
            os.rename(made, os.path.join(drop, "x.eml"))
            trouble = daemon.wait_log("trouble", who="drop:mails")
            self.assertIn("locked, for another writes to it", trouble.fields["problem"])
            self.assertEqual(self.house.query("select count(*) from usage_license"), [(1,)])
            self.assertEqual(self.house.query("select 1 from pg_stat_activity where datname = current_database()"
                                              " and starts_with(state, 'idle in transaction')"), [])
        daemon.wait(lambda: self.house.query("select count(*) from usage_license") == [(2,)], "the second")
        daemon.stop()
        self.assertEqual([line["kind"] for line in self.lines()], ["batch", "issued", "end"] * 2)


if __name__ == "__main__":
    main()
