#!/usr/bin/python3
"""`issuer status`: what waits, since when, and what has been so far.

  status.py ISSUER [TEST…]          within tests/with-postgres"""
import csv
import io
import json
import shutil
import time

from scenario import Scenario, ask, dated_mail, main, mail, mbox, write

ANA, EVE = "ana@northwind.example", "eve@stranger.example"
NOTHING = {("alert", None): 0, ("hold", None): 0, ("lost-server", None): 0, ("quarantine", None): 0,
           ("message", "answer"): 0, ("message", "about-license"): 0, ("message", "unrecognised"): 0,
           ("reply", "undelivered"): 0, ("reply", "listed"): 0, ("reply", "queued"): 0,
           ("instruction", None): 0, ("notice", None): 0}


class Status(Scenario):
    def status(self):
        """What waits, by what and code, and what has been, by its name."""
        rows = [json.loads(line) for line in self.house.issuer("status", "--json").splitlines()]
        self.waits = [row for row in rows if "part" not in row]
        self.so_far = {row["what"]: row for row in rows if row.get("part") == "so far"}
        return {(row["waits"], row["code"]): row["count"] for row in self.waits}

    def row(self, waits, code):
        return next(row for row in self.waits if (row["waits"], row["code"]) == (waits, code))

    def at(self, seconds):
        self.house.environment["ISSUER_NOW"] = str(seconds)

    def test_nothing_waits(self):
        self.assertEqual(self.status(), NOTHING)
        self.assertEqual({row["oldest"] for row in self.waits}, {None})
        self.assertEqual(self.so_far["licenses"]["count"], 0)
        self.assertIsNone(self.so_far["last message taken in"]["at"])
        self.assertIsNone(self.so_far["last decision"]["at"])

    def test_what_mails_leave_behind(self):
        license = self.house.sell("LIC-1", ANA, activations=5, servers=5)
        start = int(time.time()) + 1000
        self.at(start)
        self.assertEqual(self.house.take(mail(ANA, ask(self.house.server(host="plant-1"), license)),
                                         mail(ANA, ask(self.house.server(host="plant-2"), license))),
                         [("issued", "issued")] * 2)
        self.at(start + 60)
        self.assertEqual(self.house.take(mail(EVE, ask(self.house.server(host="plant-3"), license))),
                         [("held", "unknown-sender")])
        self.at(start + 120)
        self.house.take(mail(EVE, ask(self.house.server(host="plant-4"), license)),
                        dated_mail(ANA, "How do I get a license?\n", 7),
                        dated_mail(ANA, "Our license LIC-1: please call us.\n", 8),
                        dated_mail(ANA, "Our license LIC-1: plant-1 has burnt.\n", 9))
        self.at(start + 3 * 3600)
        found = self.status()
        self.assertEqual(found[("hold", "unknown-sender")], 2)
        self.assertEqual(self.row("hold", "unknown-sender")["age"], "2 h")
        self.assertEqual(found[("message", "unrecognised")] + found[("message", "about-license")], 2)
        self.assertEqual(found[("lost-server", "attested")], 1)
        self.assertGreaterEqual(found[("reply", "queued")], 2)
        self.assertEqual(self.row("reply", "queued")["oldest"],
                         time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(start)))
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(start + 120))
        self.assertEqual(self.so_far["last message taken in"]["at"], at)
        self.assertEqual((self.so_far["last decision"]["at"], self.so_far["last decision"]["detail"]),
                         (at, "unknown-sender"))
        self.assertEqual({what: self.so_far[what]["count"] for what in
                          ("licenses", "uses taken", "servers active", "usage licenses")},
                         {"licenses": 1, "uses taken": 2, "servers active": 2, "usage licenses": 2})
        self.house.replies()
        self.assertEqual(self.status()[("reply", "queued")], 0)

    def test_what_waits_for_people(self):
        """Alerts by kind, quarantine, instructions, replies that went nowhere; not what is done."""
        license = self.house.sell("LIC-1", ANA)
        self.house.take(mail(ANA, ask(self.house.server(), license)))
        message = self.house.query("select id from message")[0][0]
        self.house.query(
            "insert into alert (kind, detail, effective, closed_at) values"
            " ('copied-server', 'x', now() - interval '3 days', null),"
            " ('copied-server', 'x', now() - interval '5 days', null),"
            " ('host-changed', 'x', now(), null), ('host-changed', 'x', now(), now())")
        self.house.query("insert into quarantine (message_id, reason) values (%s, 'too large')",
                         message)
        self.house.query("insert into operator (name, role, effective) values"
                         " ('sam', 'support', now())")
        self.house.query("insert into instruction (kind, operator_id, arguments, filed_at, state)"
                         " select 'refuse', id, '{}', now() - interval '90 minutes', s from operator,"
                         " unnest(array['filed', 'done']) s")
        self.house.query("insert into reply (message_id, recipient, state, effective) values"
                         " (%s, 'x@northwind.example', 'undelivered', now()),"
                         " (%s, null, 'listed', now())", message, message)
        found = self.status()
        self.assertEqual({key: count for key, count in found.items() if count}, {
            ("alert", "copied-server"): 2, ("alert", "host-changed"): 1, ("quarantine", None): 1,
            ("reply", "undelivered"): 1, ("reply", "listed"): 1, ("reply", "queued"): 1,
            ("instruction", "filed"): 1})
        self.assertEqual(self.row("alert", "copied-server")["age"], "5 d")
        self.assertEqual(self.row("instruction", "filed")["age"], "90 min")
        people = self.house.issuer("status")
        self.assertRegex(people, r"(?m)^alert +copied-server +2 +\d{4}-\d\d-\d\dT.*Z  5 d$")
        rows = list(csv.DictReader(io.StringIO(self.house.issuer("status", "--csv"), newline="")))
        self.assertEqual([row["waits"] for row in rows], [row["waits"] for row in self.waits])

    def test_the_signing_key(self):
        self.house.sell("LIC-1")  # has the key recorded
        self.status()
        first = self.so_far["signing key until"]
        kid = self.house.query("select kid from signing_key")[0][0]
        self.assertEqual(first["detail"], kid)
        keys = self.house.path("keys")
        self.house.environment["ISSUER_KEY_FOLDER"] = keys  # none is there: by the records
        self.status()
        self.assertEqual(self.so_far["signing key until"], first)
        shutil.copytree(self.house.keys, keys)
        self.house.issuer("key", "revoke", kid, "--reason", "x")
        self.status()
        self.assertIsNone(self.so_far["signing key until"]["detail"])
        self.assertIn("No key can sign; issuer check says why.", self.house.issuer("status"))
        made = json.loads(self.house.issuer("key", "rotate", "--json"))
        self.status()
        self.assertEqual(self.so_far["signing key until"]["detail"], made["id"])

    def test_support_may_ask_and_a_lost_database_is_told(self):
        prefix = self.house.environment["ISSUER_ROLE_PREFIX"]
        for role in ("daemon", "web", "support", "admin"):
            self.house.environment["ISSUER_DATABASE"] = \
                f"{self.house.dsn} options='-c role={prefix}_{role}'"
            self.assertEqual(self.status(), NOTHING)
        self.house.environment["ISSUER_DATABASE"] = "host=/nowhere dbname=x connect_timeout=2"
        self.house.issuer("status", code=3)
        self.assertEqual(self.house.errors.count("\n"), 1, self.house.errors)

    def test_it_changes_nothing(self):
        license = self.house.sell("LIC-1", ANA)
        self.house.ingest(write(self.house.path("one.mbox"), mbox(
            [mail(EVE, ask(self.house.server(), license))])))
        before = self.house.digests()
        self.status()
        self.assertEqual(self.house.digests(), before)


if __name__ == "__main__":
    main()
