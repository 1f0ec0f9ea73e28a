#!/usr/bin/python3
"""Each group's database login does its own work and no more; and a database that is not there.

  roles.py ISSUER [TEST…]          within tests/with-postgres"""
import json
import os
import time

from mail_servers import RudeServer
from scenario import (License, Scenario, admin, armor, ask, check_records, license_key, mail, main,
                      mbox, records, without_sum, write)

ANA, EVE = "ana@northwind.example", "eve@elsewhere.example"
PREFIX = os.environ["ISSUER_ROLE_PREFIX"]
GROUPS = ("daemon", "web", "support", "orders", "admin", "finance")


class WithLogins(Scenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for group in GROUPS:
            admin(f'create role "{PREFIX}_a_{group}" login in role "{PREFIX}_{group}"')

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        for group in GROUPS:
            admin(f'drop role "{PREFIX}_a_{group}"')

    def setUp(self):
        super().setUp()
        self.license = License("LIC-1", license_key(), ANA)
        self.owner = self.house.environment["ISSUER_DATABASE"]

    def become(self, group):
        """From here on the program logs in as a member of this group, or (None) as the owner."""
        dsn = self.owner if group is None else self.owner.replace(
            "user=postgres", f"user={PREFIX}_a_{group}")
        self.house.environment["ISSUER_DATABASE"] = dsn

    def purchases(self, activations=2, order="SO-1"):
        return write(self.house.path(f"{order}.csv"), (
            "license_id,license_key,customer,contacts,product,features,activations,expires,order_ref,"
            f"servers\nLIC-1,{self.license.key},Northwind Water,{ANA},chariot,mqtt-server,"
            f"{activations},,{order},{activations}\n").encode())

    def export(self, *mails):
        return write(self.house.path("in.mbox"), mbox(mails))

    def request(self, host, sender=ANA):
        return mail(sender, ask(self.house.server(host=host), self.license))

    def refused(self, *words, code=1):
        """One line that says it, and nothing has changed."""
        before = self.house.digests()
        self.house.issuer(*words, code=code)
        self.assertEqual(self.house.errors.count("\n"), 1, self.house.errors)
        self.assertTrue(self.house.errors.startswith("issuer: "), self.house.errors)
        self.assertEqual(self.house.digests(), before)
        return self.house.errors


class Roles(WithLogins):
    def test_orders_import_and_no_more(self):
        self.become("orders")
        self.assertIn("added", self.house.issuer("license", "import", self.purchases()))
        self.house.issuer("license", "import", "--update", self.purchases(3, "SO-2"))
        self.assertIn("LIC-1", self.house.issuer("license", "show", "LIC-1"))
        path = self.export(self.request("plant-1"))
        for words in (("ingest", path), ("ingest", "--dry-run", path), ("request", "list"),
                      ("message", "list"), ("deliver", "--folder", self.house.path("out")),
                      ("operator", "add", "--first", "--role", "admin", "ben")):
            with self.subTest(words):
                self.assertIn(f"{PREFIX}_a_orders may not", self.refused(*words))

    def test_the_daemon_sends_whatever_the_server_answers(self):
        server = RudeServer({"RCPT": ["550 5.1.1 unknown", "450 4.2.0 later", "250 ok"]})
        self.addCleanup(server.close)
        self.house.environment.update(ISSUER_REPLY_BY="smtp",
                                      ISSUER_SMTP_URL=f"smtp://127.0.0.1:{server.port}")
        self.house.issuer("license", "import", self.purchases(3))
        self.become("daemon")
        self.house.issuer("ingest", self.export(*map(self.request, ("plant-1", "plant-2", "plant-3"))))
        for group in GROUPS[1:]:
            self.become(group)
            with self.subTest(group):
                self.assertIn(f"{PREFIX}_a_{group} may not", self.refused("deliver"))
        self.become("daemon")
        told = map(json.loads, self.house.issuer("--json", "deliver", code=1).splitlines())
        self.assertEqual(sorted(row["state"] for row in told), ["queued", "sent", "undelivered"])

    def test_orders_sells_by_hand(self):
        """With its own login, which reads no proof and writes no table."""
        house = self.house
        house.hire("olga", "orders")
        sell = ("license", "add", "--customer", "Northwind Water", "--new-customer", "--contact", ANA,
                "--feature", "mqtt-server", "--activations", "1", "--order", "SO-1", "--id", "LIC-1")
        house.environment["ISSUER_TOKEN_FILE"] = house.tokens["olga"]
        for group in ("daemon", "web", "support", "finance", "admin"):
            self.become(group)
            for words in (sell, ("feature", "add", "x", "--name", "x", "--kind", "term")):
                with self.subTest(group=group, words=words):
                    self.assertIn("may not", self.refused(*words))
        self.become("orders")
        self.assertIn("LIC-1", house.issuer(*sell))
        self.assertIn("LIC-1", house.issuer("license", "find", "--undelivered"))
        self.assertIn("LIC-1", house.issuer("license", "rekey", "LIC-1", "--reason", "lost"))
        house.issuer("license", "delivered", "LIC-1", "--to", "the manager", "--channel", "courier")
        self.assertEqual(house.issuer("license", "find", "--undelivered", "--csv").count("\n"), 1)
        self.assertIn("courier", house.issuer("order", "show", "SO-1"))
        house.issuer("feature", "add", "historian", "--name", "Historian", "--kind", "term")
        for group in GROUPS:
            self.become(group)
            for words in (("order", "list"), ("order", "show", "SO-1"), ("feature", "list")):
                with self.subTest(group=group, words=words):
                    self.assertTrue(house.issuer(*words))

    def test_the_daemon_takes_mail_in_and_sells_nothing(self):
        self.house.issuer("license", "import", self.purchases())
        self.become("daemon")
        server = self.house.server(host="plant-1")
        first = ask(server, self.license)
        deep = mail(ANA).replace(b"Subject:", b"Content-Type: message/rfc822\nX-Subject:").replace(
            b"\n\n", b"\n\n" + b"Content-Type: message/rfc822\n\n" * 99)
        path = self.export(mail(ANA, first), mail(ANA, first), self.request("plant-2"),
                           self.request("plant-3"), self.request("plant-4", EVE), mail(ANA), deep)
        found = self.house.ingest(path, code=1)
        self.assertEqual([[d["code"] for d in one["decisions"]] for one in found],
                         [["issued"], ["resent"], ["issued"], ["no-activations-left"],
                          ["unknown-sender"], [], []])
        server.install(self.house.usage_license("UL-00000001").encode())
        # The use that comes back is given to the one that waits.
        self.assertEqual(self.house.take(mail(ANA, armor("D", server.deactivate()))),
                         [("accepted", "deactivated")])
        self.assertEqual(self.house.query("select count(*) from usage_license"), [(3,)])
        # Of plant-3's refusal nobody hears: it was issued before that had gone out.
        self.assertEqual(len(self.house.replies()), 3)
        self.become(None)
        check_records(self.house)
        self.house.issuer("license", "import", "--update", self.purchases(5, "SO-2"))
        self.become("daemon")
        for words in (("license", "import", "--update", self.purchases(9, "SO-3")), ("migrate",),
                      ("operator", "add", "--first", "--role", "admin", "ben")):
            with self.subTest(words):
                self.refused(*words)

    def test_admins_look_after_operators(self):
        boss = self.house.path("boss.token")
        self.house.issuer("operator", "add", "--first", "--role", "admin", "--token-file", boss,
                          "boss")
        self.become("admin")
        self.house.environment["ISSUER_TOKEN_FILE"] = boss
        self.house.issuer("operator", "add", "--role", "support", "--token-file",
                          self.house.path("sam.token"), "sam")
        self.assertIn("sam", self.house.issuer("operator", "list"))
        self.house.issuer("operator", "revoke", "sam")
        self.assertEqual(self.house.query(
            "select o.revoked_at is not null, t.revoked_at is not null from operator o"
            " join operator_token t on t.operator_id = o.id where o.name = 'sam'"), [(True, True)])
        self.house.environment["ISSUER_TOKEN_FILE"] = self.house.path("sam.token")
        self.assertIn("unknown, expired or revoked", self.refused(
            "operator", "add", "--role", "support", "ben"))
        for path, says in (("", "ISSUER_TOKEN_FILE is empty: have it name the file of your token, or unset it"),
                           ("/nowhere/me.token", "ISSUER_TOKEN_FILE: cannot open /nowhere/me.token: "),
                           ("/", "ISSUER_TOKEN_FILE: / is not private: ")):
            self.house.environment["ISSUER_TOKEN_FILE"] = path
            errors = self.refused("operator", "add", "--role", "support", "ben")
            self.assertTrue(errors.startswith("issuer: " + says), errors)

    def test_support_leaves_orders_for_who_has_the_key(self):
        boss, sam = self.house.path("boss.token"), self.house.path("sam.token")
        environment = self.house.environment
        self.house.issuer("operator", "add", "--first", "--role", "admin", "--token-file", boss,
                          "boss")
        environment["ISSUER_TOKEN_FILE"] = boss
        self.house.issuer("operator", "add", "--role", "support", "--token-file", sam, "sam")
        self.house.issuer("license", "import", self.purchases())
        self.house.ingest(self.export(self.request("plant-1", EVE)))
        environment.update(ISSUER_TOKEN_FILE=sam, ISSUER_KEY_FOLDER=self.house.path("none"))
        for group in ("support", "admin"):
            self.become(group)
            waiting = self.house.start("request", "keep", "1001", "--reason", "x", "--ticket", "T-1")
            for _ in range(300):
                filed = self.house.query("select state from instruction order by id desc limit 1")
                if filed == [("filed",)] or waiting.poll() is not None:
                    break
                time.sleep(0.1)
            waiting.kill()
            waiting.communicate()
            self.assertEqual(filed, [("filed",)])

    def test_orders_upgrade_admins_suspend_and_the_daemon_decides(self):
        self.house.hire("olga", "orders")
        self.house.issuer("license", "import", self.purchases(1))
        self.house.ingest(self.export(self.request("plant-1"), self.request("plant-2")))
        upgrade = ("license", "upgrade", "LIC-1", "--order", "SO-2", "--activations", "2",
                   "--add-feature", "support", "--servers", "2")
        suspend = ("license", "suspend", "LIC-1", "--reason", "unpaid")
        for group in GROUPS:
            self.become(group)
            for who, words in (("olga", upgrade), ("ada", suspend)):
                if (group, who) not in (("orders", "olga"), ("admin", "ada")):
                    self.house.environment["ISSUER_TOKEN_FILE"] = self.house.tokens[who]
                    self.assertIn("permission denied", self.refused(*words))
        self.become("orders")
        self.house.by("olga", *upgrade, "--dry-run")
        told = self.house.by("olga", *upgrade)
        self.assertIn("no-activations-left", told, "it sees who waits")
        self.assertIn("decided again by the next ingest", told)
        self.assertEqual(self.house.query("select count(*) from activation"), [(1,)], "and decides nothing")
        for group in GROUPS:
            self.become(group)
            self.assertIn("bought", self.house.issuer("license", "terms", "LIC-1"))
        self.become("daemon")
        self.house.ingest(self.export())
        self.assertEqual(self.house.query("select count(*) from activation where counted"), [(2,)])
        self.become("admin")
        self.house.by("ada", *suspend)
        self.house.by("ada", "license", "resume", "LIC-1", "--reason", "paid")

    def test_support_reports_a_lost_server_and_admins_restore_it(self):
        """Each by its own login, to the one that has the key; and the daemon bridges an emergency."""
        house = self.house
        house.hire("sam", "support")
        house.hire("sue", "support")
        house.issuer("license", "import", self.purchases(1))
        house.ingest(self.export(self.request("plant-1"), self.request("plant-2")))
        opens = ("restoration", "open", "LIC-1", "--reason", "burnt")
        approves = ("restoration", "approve", "1001", "--reason", "burnt", "--second-token-file",
                    house.tokens["sue"])
        for group in ("web", "orders", "finance", "daemon"):
            self.become(group)
            house.environment["ISSUER_TOKEN_FILE"] = house.tokens["sam"]
            self.assertIn("permission denied", self.refused(*opens))
        self.become("support")
        self.assertIn("1001", house.issuer(*opens))
        for group in ("daemon", "web", "support", "admin", "finance"):
            self.become(group)
            self.assertIn("LIC-1", house.issuer("restoration", "list"))
            if group != "finance":
                self.assertIn("plant-1", house.issuer("restoration", "show", "1001"))
        self.become("orders")
        self.assertIn("permission denied", self.refused("restoration", "list"))
        house.environment["ISSUER_TOKEN_FILE"] = house.tokens["ada"]
        for group in ("support", "orders", "finance"):
            self.become(group)
            self.assertIn("permission denied", self.refused(*approves))
            self.assertIn("permission denied", self.refused("restoration", "deny", "1001", "--reason", "x"))
        # An admin's login files it; the one that has the key carries it out.
        self.become("admin")
        keys = house.environment["ISSUER_KEY_FOLDER"]
        house.environment["ISSUER_KEY_FOLDER"] = house.path("none")
        waiting = house.start(*approves)
        for _ in range(300):
            filed = house.query("select state from instruction")
            if filed == [("filed",)] or waiting.poll() is not None:
                break
            time.sleep(0.1)
        waiting.kill()
        waiting.communicate()
        self.assertEqual(filed, [("filed",)])
        self.become("daemon")
        house.environment["ISSUER_KEY_FOLDER"] = keys
        del house.environment["ISSUER_TOKEN_FILE"]
        self.assertIn("approved", house.by("ada", *approves))
        self.assertEqual(house.query("select state from instruction order by id"), [("expired",), ("done",)])
        self.assertEqual(house.query("select r.host from activation a join usage_request r on r.id = a.request_id"
                                     " where a.counted"), [("plant-2",)])
        house.ingest(self.export(self.request("plant-3")))
        (row,) = [json.loads(line) for line in house.issuer("request", "list", "--all", "--json").splitlines()
                  if '"plant-3"' in line]
        self.assertIn("emergency", house.by("sam", "request", "emergency", row["request"], "--reason", "x"))
        self.become(None)
        check_records(house)

    def test_support_handles_mails(self):
        """By the login of support or admins, and to see them by that of the house's services too."""
        house = self.house
        house.hire("sam", "support")
        house.issuer("license", "import", self.purchases(1))
        self.become("daemon")
        told = ("Hello?", "case 1001: it is ours.", "Call me.", "Good-bye.")
        house.ingest(self.export(self.request("plant-1", EVE)))
        house.ingest(self.export(*(mail(ANA, says=words) for words in told)))
        self.become(None)
        house.environment["ISSUER_TOKEN_FILE"] = house.tokens["sam"]
        numbers = [str(number) for (number,) in house.query("select id from message where class <> 'request'"
                                                           " order by effective, source")]
        handles = (("answer", numbers[0], "--text", "Hello."), ("to-case", numbers[2], "1001"),
                   ("drop", numbers[3], "--reason", "x"))
        for group in ("daemon", "web", "orders", "finance"):
            self.become(group)
            for words in handles:
                self.assertIn("permission denied", self.refused("message", *words))
        for group, words in zip(("support", "admin", "support"), handles):
            self.become(group)
            house.issuer("message", *words)
        for group in ("daemon", "web", "support", "admin"):
            self.become(group)
            self.assertIn("case 1001", house.issuer("message", "list"))
            self.assertIn("Hello.", house.issuer("message", "show", numbers[0]))
            self.assertIn("it is ours", house.issuer("request", "show", "1001"))
            self.assertIn("answer", house.issuer("status"))
        self.become("daemon")
        self.assertEqual(len(house.replies()), 1)

    def test_nobody_else_takes_mail_in(self):
        path = self.export(self.request("plant-1"))
        for group in ("web", "support", "admin", "finance"):
            with self.subTest(group):
                self.become(group)
                self.assertIn(f"{PREFIX}_a_{group} may not", self.refused("ingest", path))


class OutOfReach(WithLogins):
    def setUp(self):
        super().setUp()
        self.house.issuer("license", "import", self.purchases(60))

    def reach(self, allowed):
        admin(f'alter database "{self.house.database}" allow_connections {allowed}')
        if not allowed:
            admin("select pg_terminate_backend(pid) from pg_stat_activity"
                  f" where datname = '{self.house.database}'")

    def one_line(self, errors):
        self.assertEqual(errors.count("\n"), 1, errors)
        self.assertTrue(errors.startswith("issuer: the database is out of reach"), errors)

    def test_a_database_that_is_not_there(self):
        path, before = self.export(self.request("plant-1")), self.house.digests()
        for dsn in ("host=/nowhere dbname=x connect_timeout=2",
                    "host=127.0.0.1 port=1 dbname=x connect_timeout=2",
                    self.owner.replace(f"dbname={self.house.database}", "dbname=no_such")):
            self.house.environment["ISSUER_DATABASE"] = dsn
            for words in (("ingest", path), ("license", "import", self.purchases())):
                with self.subTest(dsn=dsn, words=words):
                    self.house.issuer(*words, code=3)
                    self.one_line(self.house.errors)
        self.become(None)
        self.assertEqual(self.house.digests(), before)

    def test_a_database_that_only_reads(self):
        path = self.export(self.request("plant-1"))
        admin(f'alter database "{self.house.database}" set default_transaction_read_only = on')
        self.refused("ingest", path, code=3)

    def test_a_database_that_goes_away_in_the_middle(self):
        path = self.export(*(self.request(f"plant-{n}") for n in range(60)))
        never = self.copy_of(self.house)
        never.ingest(path)
        process = self.house.start("ingest", "--json", path)
        process.stdout.readline()
        self.reach(False)
        errors, total = without_sum(process.communicate(timeout=120)[1].decode())
        self.assertEqual(total["read"], total["answered"] + total.get("broken off", 0))
        if process.returncode != 0:  # else it was done before
            self.assertEqual(process.returncode, 3)
            self.one_line(errors)
        self.house.issuer("ingest", path, code=3)
        self.one_line(self.house.errors)
        self.reach(True)
        check_records(self.house)
        self.house.ingest(path)
        check_records(self.house)
        self.assertEqual(records(self.house), records(never))


if __name__ == "__main__":
    main()
