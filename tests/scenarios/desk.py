#!/usr/bin/python3
"""What people decide where no signing key is: filed, carried out by the daemon, answered.

  desk.py ISSUER [TEST…]          within tests/with-postgres"""
import hashlib
import json
import os
import re
import shutil
import time

import psycopg2

from daemon import OF_ITSELF, Daemon
from scenario import Scenario, admin, ask, check_records, mail, main

ANA, EVE = "ana@northwind.example", "eve@elsewhere.example"
PREFIX = os.environ["ISSUER_ROLE_PREFIX"]
WHY = ("--reason", "the customer called", "--ticket", "T-7")


def timeless(shown):
    """But for the time of day, by which an emergency usage license ends."""
    return re.sub(r"T\d\d:\d\d:\d\dZ", "T", shown)


class Desk(Scenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.staff(ada="admin", abe="admin", sam="support", sue="support", olga="orders")

    def setUp(self):
        super().setUp()
        folder = self.house.path("replies-out")
        os.makedirs(folder, exist_ok=True)
        self.daemon_settings = {"reply_folder": folder, "key_folder": self.house.keys}
        self.house.environment["ISSUER_KEY_FOLDER"] = self.house.path("no-keys")  # of those who file

    def tearDown(self):
        check_records(self.house)

    # ---- what the tests are made of ----

    def daemon(self, **options):
        daemon = Daemon(self.house, **{**self.daemon_settings, **options})
        self.addCleanup(daemon.close)
        return daemon.start()

    def take(self, *mails):
        """As whoever has the key takes mails in."""
        self.house.environment["ISSUER_KEY_FOLDER"] = self.house.keys
        decided = self.house.take(*mails)
        self.house.environment["ISSUER_KEY_FOLDER"] = self.house.path("no-keys")
        return decided

    def held(self, name, license=None):
        """The case of one more request that waits for a person."""
        license = license or self.house.sell(f"LIC-{name}", ANA)
        decided = self.take(mail(EVE, ask(self.house.server(host=name, board=name), license)))
        self.assertEqual(decided, [("held", "unknown-sender")])
        return str(self.house.query("select max(id) from hold")[0][0])

    def file(self, by, *words):
        """It is filed, and its author waits no longer; its number."""
        before = self.house.query("select coalesce(max(id), 0) from instruction")[0][0]
        filing = self.house.start(*words, env={**self.house.environment,
                                               "ISSUER_TOKEN_FILE": self.house.tokens[by]})
        end = time.monotonic() + 60
        while not (found := self.house.query(f"select id from instruction where id > {before}")):
            self.assertIsNone(filing.poll(), filing.stderr.read() if filing.poll() is not None else "")
            self.assertLess(time.monotonic(), end)
            time.sleep(0.02)
        filing.kill()
        filing.communicate()
        return found[0][0]

    def file_preview(self, case):
        """As one that is asked for by a login that may only read; its number."""
        with open(self.house.tokens["sam"], "rb") as stream:
            token = hashlib.sha256(stream.read().strip()).digest()
        return self.house.query("select instruction_file(%s, 'preview', h.request_id, null, '{\"would\": \"issue\"}',"
                                " null, now()) from hold h where h.id = %s", token, int(case))[0][0]

    def listed(self, *words):
        output = self.house.issuer("instruction", "list", "--json", *words)
        return {row["instruction"]: row for row in map(json.loads, output.splitlines())}

    def ended(self, daemon, number):
        """How it ended, and what its author is told."""
        daemon.wait(lambda: self.listed("--all")[number]["state"] not in ("filed", "taken"), "its end")
        row = self.listed("--all")[number]
        self.assertNotIn(number, self.listed())
        return row["state"], row["answer"]

    def edit(self, table, change):
        """What time would do."""
        self.house.query(f"alter table {table} disable trigger user; {change};"
                         f" alter table {table} enable trigger user")

    def time_is_over(self, number):
        self.edit("instruction", "update instruction set taken_until = now() - interval '1 second'"
                                 f" where id = {number}")

    def holding(self, table):
        """Keeps others from that table; gives what lets them in."""
        holder = psycopg2.connect(self.house.dsn)
        self.addCleanup(holder.close)
        holder.cursor().execute(f"lock table issuer.{table} in exclusive mode")
        return holder

    def stuck(self, daemon):
        """Until the desk waits for what is held."""
        daemon.wait(lambda: self.house.query(
            "select 1 from pg_stat_activity where datname = current_database()"
            " and application_name = 'issuer run desk' and wait_event_type = 'Lock'"), "a desk that waits")

    def kid(self):
        return self.house.query("select kid from signing_key where revoked_at is null")[0][0]

    def issued(self):
        return self.house.query("select count(*) from usage_license")[0][0]


class Filed(Desk):
    def test_each_kind_is_carried_out_while_its_author_waits(self):
        daemon = self.daemon()
        cases = [self.held(f"plant-{n}") for n in range(6)]
        took = []
        for case, verb, words in ((cases[0], "issue", WHY), (cases[1], "refuse", WHY), (cases[2], "keep", WHY),
                                  (cases[3], "ask", ("--text", "Which plant is it?", "--ticket", "T-7")),
                                  (cases[4], "emergency", WHY), (cases[0], "resend", WHY),
                                  (cases[5], "issue", WHY)):
            with self.subTest(verb):
                took.append(time.monotonic())
                self.house.by("sam", "request", verb, case, *words)
                took[-1] = time.monotonic() - took[-1]
                daemon.wait_log("instruction", count=len(took), state="done")
        self.assertLess(sorted(took)[len(took) // 2], 2.5, took)  # nobody waits for a look now and then
        self.assertEqual([row["state"] for row in self.listed("--all").values()], ["done"] * 7)
        self.assertEqual({row["operator"] for row in self.listed("--all").values()}, {"sam"})
        self.assertEqual(self.issued(), 3)
        decided = self.house.query("select o.name::text from decision d join operator o on o.id = d.operator_id")
        self.assertEqual({name for name, in decided}, {"sam"})
        daemon.wait(lambda: self.house.query("select 1 from watched where role = 'desk' and done = 7"), "its row")
        self.assertEqual([line.text for line in daemon.stop() if line.level in ("warning", "error")], [])

    def test_a_lost_server(self):
        license = self.house.sell("LIC-9", ANA)
        self.take(mail(ANA, ask(self.house.server(host="old", board="1"), license)))
        decided = self.take(mail(ANA, ask(self.house.server(host="new", board="2"), license)))
        self.assertEqual(decided, [("refused", "no-activations-left")])
        self.house.by("sam", "restoration", "open", "LIC-9", "--json", *WHY)
        (case,), = self.house.query("select id from restoration")
        approve = ("restoration", "approve", str(case), *WHY, "--second-token-file", self.house.tokens["sue"])
        number = self.file("ada", *approve)
        self.house.by("ada", "operator", "revoke", "sue")  # the second person is gone
        daemon = self.daemon()
        state, answer = self.ended(daemon, number)
        self.assertEqual(state, "refused")
        self.assertIn("operator sue may not approve it any more", answer)
        self.house.by("ada", *approve[:-1], self.house.tokens["abe"])
        daemon.wait(lambda: self.issued() == 2, "the request that waited")
        daemon.stop()

    def test_who_files_hears_why_not(self):
        daemon = self.daemon()
        case = self.held("plant-1")
        self.house.by("sam", "request", "issue", case, *WHY, "--preview", "AAAAA-AAAAA", code=1)
        self.assertEqual(self.house.errors.count("\n"), 1, self.house.errors)
        self.assertIn("preview-stale", self.house.errors)
        self.assertEqual(self.issued(), 0)
        daemon.stop()

    def test_without_a_daemon_it_stays_filed_and_is_carried_out_later(self):
        number = self.file("sam", "request", "issue", self.held("plant-1"), *WHY)
        self.assertEqual(self.listed()[number]["state"], "filed")
        daemon = self.daemon()
        self.assertEqual(self.ended(daemon, number)[0], "done")
        daemon.stop()


class Previewed(Desk):
    """By a login that may only read, at a place without the key."""

    def setUp(self):
        super().setUp()
        login = f"{PREFIX}-D-support"
        admin(f'create role "{login}" login in role "{PREFIX}_support"')
        self.addCleanup(admin, f'drop role "{login}"')
        self.mine = self.house.environment["ISSUER_DATABASE"]
        self.supports = self.mine.replace("user=postgres", f"user='{login}'")

    def asked(self, *words, by="sam", code=0):
        self.house.environment["ISSUER_DATABASE"] = self.supports
        try:
            return self.house.by(by, *words, code=code)
        finally:
            self.house.environment["ISSUER_DATABASE"] = self.mine

    def instructions(self):
        return self.house.query("select kind::text, state::text from instruction order by id")

    def test_the_answer_is_what_is_printed_where_one_may_look(self):
        daemon = self.daemon()
        license = self.house.sell("LIC-2", ANA, activations=2, expires="2099-03-04")
        old = self.house.server(host="old", board="1")
        self.take(mail(ANA, ask(old, license)))
        old.install(self.house.usage_license("UL-1").encode())
        one, two = self.held("plant-1"), self.held("plant-2", license)  # which replaces the old one
        self.take(mail(ANA, ask(old, license, "update")))
        (three,), = self.house.query("select max(id) from hold")
        before = self.house.digests()
        for words in (("preview", one), ("preview", two), ("preview", two, "--replace", "UL-1"), ("preview", str(three)),
                      ("preview", one, "--new-use"), ("emergency", two, "--dry-run")):
            for form in ((), ("--json",), ("--csv",)):
                with self.subTest(words, form=form):
                    seen, told = (timeless(run("request", *words, *form)) for run in (self.house.issuer, self.asked))
                    self.assertTrue(seen)
                    self.assertEqual(told, seen)
        after = self.house.digests()
        self.assertEqual({name for name in before if before[name] != after[name]} - OF_ITSELF, {"instruction", "event"})
        self.assertEqual(set(self.instructions()), {("preview", "done")})
        # It holds, until something has changed.
        digest = json.loads(self.asked("request", "preview", one, "--json").splitlines()[0])["preview"]
        self.house.by("olga", "license", "upgrade", "LIC-plant-1", "--order", "PO-7", "--activations", "3",
                      "--reason", "two more plants")
        self.assertEqual(self.asked("request", "issue", one, *WHY, "--preview", digest, code=1), "")
        self.assertIn("preview-stale", self.house.errors)
        digest = json.loads(self.asked("request", "preview", one, "--json").splitlines()[0])["preview"]
        self.asked("request", "issue", one, *WHY, "--preview", digest)
        self.assertEqual(self.issued(), 2)
        self.assertEqual([line.text for line in daemon.stop() if line.level in ("warning", "error")
                          and "preview-stale" not in line.text], [])

    def test_what_cannot_be_looked_at_says_why(self):
        daemon = self.daemon()
        case, other = self.held("plant-1"), self.held("plant-2")
        self.house.by("sam", "request", "refuse", case, *WHY)
        for words, by, says in ((("preview", case), "sam", "was refused by a person"),
                                (("preview", "7K2QW-9M3XA"), "sam", "7K2QW-9M3XA"),
                                (("preview", other), "olga", "operator olga (orders) may not use")):
            with self.subTest(words, by=by):
                self.assertEqual(self.asked("request", *words, by=by, code=1), "")
                self.assertEqual(self.house.errors.count("\n"), 1, self.house.errors)
                self.assertIn(says, self.house.errors)
        # One that looks keeps nobody from deciding.
        self.file("sam", "request", "keep", other, *WHY)
        self.asked("request", "preview", other, by="sue")
        daemon.stop()

    def test_without_a_daemon_nobody_answers_and_nothing_is_left_to_be_answered(self):
        case = self.held("plant-1")
        asking = self.house.start("request", "preview", case, env={
            **self.house.environment, "ISSUER_DATABASE": self.supports, "ISSUER_TOKEN_FILE": self.house.tokens["sam"]})
        output, errors = asking.communicate(timeout=120)
        self.assertEqual((asking.returncode, output), (3, b""), errors)
        self.assertIn(b"no daemon has answered in 30 s: does one run (issuer status)?", errors)
        self.edit("instruction", "update instruction set filed_at = filed_at - interval '1 minute'")
        daemon = self.daemon()
        daemon.wait(lambda: self.instructions() == [("preview", "expired")], "its end")
        daemon.stop()


class Refused(Desk):
    def test_what_is_not_as_it_was(self):
        """The right, what was previewed, the case, the day: all are looked at again."""
        previewed = self.held("plant-1")
        shown = json.loads(self.house.issuer("request", "preview", previewed, "--json").splitlines()[0])
        stale = self.file("sam", "request", "issue", previewed, *WHY, "--preview", shown["preview"])
        gone = self.file("sue", "request", "issue", self.held("plant-2"), *WHY)
        old = self.file("sam", "request", "issue", self.held("plant-3"), *WHY)
        server, license = self.house.server(host="plant-4"), self.house.sell("LIC-4", ANA)
        self.take(mail(EVE, ask(server, license)))
        (case,), = self.house.query("select max(id) from hold")
        closed = self.file("sam", "request", "keep", str(case), *WHY)
        self.take(mail(EVE, ask(server, license)))  # its newer request is another case
        self.house.by("ada", "operator", "revoke", "sue")
        self.edit("instruction", f"update instruction set filed_at = filed_at - interval '24 hours' where id = {old}")
        self.house.by("olga", "license", "upgrade", "LIC-plant-1", "--order", "PO-7", "--activations", "3",
                      "--reason", "two more plants")
        daemon = self.daemon()
        for number, state, says in ((stale, "refused", "preview-stale"), (gone, "refused", "sue may not issue it"),
                                    (old, "expired", None), (closed, "refused", "has ended since")):
            found, answer = self.ended(daemon, number)
            self.assertEqual((found, says if says is None or says in (answer or "") else answer), (state, says))
        self.assertEqual(self.issued(), 0)
        daemon.stop()


class Broken(Desk):
    def test_killed_while_it_works_another_does_it_once(self):
        daemon = self.daemon()
        case = self.held("plant-1")
        holder = self.holding("usage_license")
        number = self.file("sam", "request", "issue", case, *WHY)
        self.stuck(daemon)
        self.assertEqual(self.listed()[number]["state"], "taken")
        pid = daemon.kill_role("desk")
        daemon.restarted("desk", pid)
        holder.rollback()
        time.sleep(2)
        self.assertEqual((self.issued(), self.listed()[number]["state"]), (0, "taken"))  # its minute runs
        self.time_is_over(number)
        self.assertEqual(self.ended(daemon, number)[0], "done")
        self.assertEqual(self.issued(), 1)
        daemon.stop()

    def test_a_connection_that_is_lost(self):
        daemon = self.daemon()
        case = self.held("plant-1")
        holder = self.holding("usage_license")
        number = self.file("sam", "request", "issue", case, *WHY)
        self.stuck(daemon)
        self.house.query("select pg_terminate_backend(pid) from pg_stat_activity"
                         " where datname = current_database() and application_name = 'issuer run desk'")
        daemon.wait_log("trouble", who="desk")
        holder.rollback()
        self.time_is_over(number)
        self.assertEqual(self.ended(daemon, number)[0], "done")
        self.assertEqual(self.issued(), 1)
        daemon.stop()

    def test_two_daemons_and_one_that_took_too_long(self):
        one, two = (self.daemon(daemon_name=name) for name in ("one", "two"))
        numbers = [self.file("sam", "request", "issue", self.held(f"plant-{n}"), *WHY) for n in range(8)]
        for number in numbers:
            self.assertEqual(self.ended(one, number)[0], "done")
        self.assertEqual(self.issued(), 8)
        # Both have it in hand: the one that was first does it, and nothing of the other's stays.
        case = self.held("plant-9")
        holder = self.holding("usage_license")
        number = self.file("sam", "request", "issue", case, *WHY)
        self.stuck(one)
        self.time_is_over(number)
        one.wait(lambda: len(self.house.query(
            "select 1 from pg_stat_activity where datname = current_database()"
            " and application_name = 'issuer run desk' and wait_event_type = 'Lock'")) == 2, "both")
        holder.rollback()
        self.assertEqual(self.ended(one, number)[0], "done")
        self.assertEqual(self.issued(), 9)
        self.assertEqual(self.house.query("select count(*) from event where kind = 'instruction-done'"
                                          f" and subject_id = {number}"), [(1,)])
        for daemon in (one, two):
            daemon.stop()

    def test_what_kills_whoever_begins_it_is_given_up(self):
        """Three times; then its author hears why, and the desk does the rest."""
        daemon = self.daemon(hang_seconds=2)
        case, other = self.held("plant-1"), self.held("plant-2")
        holder = self.holding("usage_license")
        number = self.file("sam", "request", "issue", case, *WHY)
        for times in range(1, 4):
            self.stuck(daemon)
            daemon.wait_log("process-hangs", count=times, role="desk")
            self.house.query("select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()"
                             " and datname = current_database() and wait_event_type = 'Lock'")
            self.time_is_over(number)
        state, answer = self.ended(daemon, number)
        self.assertEqual(state, "refused")
        self.assertIn("it was begun 3 times", answer)
        holder.rollback()
        self.house.by("sam", "request", "issue", other, *WHY)
        self.assertEqual(self.issued(), 1)
        daemon.stop()

    def test_a_key_that_is_missing_keeps_only_what_signs(self):
        away = self.house.path("keys-away")
        shutil.copytree(self.house.keys, away)
        keys = self.house.path("own-keys")
        daemon = Daemon(self.house, **{**self.daemon_settings, "key_folder": keys})
        self.addCleanup(daemon.close)
        daemon.start(ready=False)
        cases = [self.held(f"plant-{n}") for n in range(3)]
        daemon.wait_log("trouble", who="desk")
        issue = self.file("sam", "request", "issue", cases[0], *WHY)
        for case, verb, words in ((cases[1], "refuse", WHY), (cases[2], "keep", WHY),
                                  (cases[2], "ask", ("--text", "Which plant is it?", "--ticket", "T-7"))):
            self.house.by("sam", "request", verb, case, *words)
        self.assertEqual(self.listed()[issue]["state"], "filed")
        preview = self.file_preview(cases[0])
        self.assertEqual(self.ended(daemon, preview)[0], "done")
        daemon.wait(lambda: [row["state"] for row in map(json.loads, self.house.issuer("status", "--json").splitlines())
                             if row.get("role") == "desk"] == ["trouble"], "status to tell of it")
        os.rename(away, keys)
        self.assertEqual(self.ended(daemon, issue)[0], "done")
        daemon.wait(lambda: self.house.query("select 1 from watched where role = 'desk' and done = 5"
                                             " and problem is null"), "all of it shown")
        daemon.stop()

    def test_a_key_that_is_revoked_signs_nothing_more_at_once(self):
        keys = self.house.path("own-keys")
        shutil.copytree(self.house.keys, keys)
        daemon = self.daemon(key_folder=keys)
        case = self.held("plant-1")
        daemon.wait(lambda: self.house.query("select 1 from watched where role = 'desk' and worked_at is not null"),
                    "a desk that works")
        kid = self.kid()
        self.house.environment["ISSUER_KEY_FOLDER"] = keys
        self.house.by("ada", "key", "revoke", kid, "--reason", "it was seen elsewhere")
        self.house.environment["ISSUER_KEY_FOLDER"] = self.house.path("no-keys")
        line = daemon.wait_log("trouble", who="signer", seconds=10)
        self.assertIn(f"signing key {kid} is revoked", line.fields["problem"])
        daemon.wait_log("trouble", who="desk")
        issue = self.file("sam", "request", "issue", case, *WHY)
        time.sleep(2)
        self.assertEqual(self.listed()[issue]["state"], "filed")
        def told():
            rows = [json.loads(row) for row in self.house.issuer("status", "--json").splitlines()]
            return {row["role"] for row in rows if "is revoked" in (row.get("problem") or "")}
        daemon.wait(lambda: told() >= {"signer", "desk"}, "the status says so", 20)
        self.assertEqual(self.issued(), 0)

    def test_nobody_is_told_and_it_is_done_all_the_same(self):
        daemon = self.daemon()
        self.house.query("alter table instruction disable trigger tell;"
                         " alter table instruction disable trigger tell_answer")
        self.house.by("sam", "request", "issue", self.held("plant-1"), *WHY)
        self.assertEqual(self.issued(), 1)
        daemon.stop()


if __name__ == "__main__":
    main()
