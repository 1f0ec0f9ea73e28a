#!/usr/bin/python3
"""`issuer report`: what was sold and used, as of any day, as it was known then.

  reports.py ISSUER [TEST…]          within tests/with-postgres"""
import csv
import io
import json
import os
import subprocess

import psycopg2

from scenario import Scenario, admin, armor, ask, mail, main

ANA = "ana@northwind.example"
PREFIX = os.environ["ISSUER_ROLE_PREFIX"]
NAMES = ("licenses", "orders", "expiring", "activations", "restorations", "support-years", "issuance",
         "holds", "response-times", "keys", "late-entries", "reconciliation")
WITH_ROWS = ("licenses", "orders", "expiring", "activations", "support-years", "late-entries")
HEAD = ["report", "as_of", "known_at", "zone", "program"]


class Reports(Scenario):
    def report(self, name, *words):
        """The rows of a report, as a spreadsheet reads them."""
        text = self.house.issuer("report", name, "--csv", *words)
        return list(csv.DictReader(io.StringIO(text, newline="")))

    def balance(self, *words):
        """What stands in the reconciliation: number by (equation, term); no license is listed."""
        rows = self.report("reconciliation", *words)
        self.assertEqual([row["license_id"] for row in rows if row["license_id"]], [], rows)
        return {(row["equation"], row["term"]): int(row["number"]) for row in rows}

    def refused(self, *words, says, code=2):
        self.assertEqual(self.house.issuer("report", *words, code=code), "")
        self.assertEqual(self.house.errors.count("\n"), 1, self.house.errors)
        self.assertIn(says, self.house.errors)

    def set(self, **settings):
        for name, value in settings.items():
            self.house.environment["ISSUER_" + name.upper()] = value


class Uses(Reports):
    def test_a_servers_life_adds_up_at_every_step(self):
        house = self.house
        license = house.sell("LIC-1", ANA, activations=2, servers=2)
        one, two = house.server(host="plant-1"), house.server(host="plant-2")
        self.assertEqual(self.balance()["uses", "used"], 0)
        for server, used in ((one, 1), (one, 1), (two, 2)):
            self.assertEqual(house.take(mail(ANA, ask(server, license))), [("issued", "issued")])
            found = self.balance()
            self.assertEqual((found["uses", "used"], found["uses", "difference"]), (used, 0))
        (row,) = self.report("activations", "--rows")
        self.assertEqual([row[name] for name in ("license_id", "allowed", "taken", "used", "active")],
                         ["LIC-1", "2", "2", "2", "2"])
        one.install(house.usage_license("UL-00000002").encode())
        house.take(mail(ANA, armor("D", one.deactivate())))
        (row,) = self.report("activations")
        self.assertEqual([row[name] for name in ("taken", "used", "given_back_proof", "lost")],
                         ["2", "1", "1", "0"])
        found = self.balance()
        self.assertEqual([found["uses", term] for term in ("used", "active", "not given back",
                                                           "difference")], [1, 1, 0, 0])
        self.assertEqual([found["sales", term] for term in ("sold", "delivered", "open", "cancelled",
                                                            "difference")], [1, 1, 0, 0, 0])
        house.take(mail(ANA, ask(house.server(host="plant-3"), license)),
                   mail(ANA, ask(house.server(host="plant-4"), license)),
                   mail("eve@elsewhere.example", ask(house.server(host="plant-5"), license)))
        (hold,) = self.report("holds")
        self.assertEqual([hold[name] for name in ("reason", "license_id", "server", "age_days")],
                         ["unknown-sender", "LIC-1", "plant-5", "0"])
        self.assertEqual([(row["feature"], row["kind"], row["issued"])
                          for row in self.report("issuance")], [("mqtt-server", "sale", "4")])
        house.replies()
        (row,) = self.report("response-times")
        self.assertEqual([(int(row["replies"]),)],
                         house.query("select count(*) from reply where state = 'sent'"))
        self.assertLessEqual(int(row["median_seconds"]), int(row["p95_seconds"]))
        (key,) = self.report("keys")
        self.assertEqual((key["signed"], key["live"], key["revoked_on"]), ("4", "2", ""))
        self.balance()

    def test_what_does_not_add_up_is_listed(self):
        house = self.house
        license = house.sell("LIC-1", ANA)
        house.sell("LIC-2", ANA)
        house.take(mail(ANA, ask(house.server(), license)))
        # By hand, as the owner of the database and past its triggers: nothing else can do it.
        house.query("set session_replication_role = replica;"
                    "update activation set state = 'superseded', counted = false,"
                    " active_until = active_from, counted_until = active_from;"
                    "delete from license_proof where license_key_id in (select id from license_key"
                    " where license_id = (select id from license where license_id = 'LIC-2'));"
                    "delete from key_delivery where license_key_id in (select id from license_key"
                    " where license_id = (select id from license where license_id = 'LIC-2'));"
                    "delete from license_key"
                    " where license_id = (select id from license where license_id = 'LIC-2')")
        rows = self.report("reconciliation")
        self.assertEqual({(row["equation"], row["license_id"], row["number"]) for row in rows
                          if row["license_id"]}, {("sales", "LIC-2", "1"), ("uses", "LIC-1", "1")})
        self.assertEqual([row["number"] for row in rows
                          if row["term"] == "difference" and not row["license_id"]], ["1", "1"])


class Moments(Reports):
    def test_the_same_question_has_the_same_bytes(self):
        house = self.house
        license = house.sell("LIC-1", ANA, activations=5, servers=5)
        house.take(mail(ANA, ask(house.server(host="plant-1"), license)))
        (before,) = self.report("activations")
        moment = ("--as-of", before["as_of"], "--known-at", before["known_at"])
        asked = [(name, face) for name in NAMES for face in ([], ["--json"], ["--csv"])]
        asked += [(name, ["--csv", "--rows"]) for name in WITH_ROWS]
        printed = [house.issuer("report", name, *face, *moment) for name, face in asked]
        house.take(mail(ANA, ask(house.server(host="plant-2"), license)))
        house.sell("LIC-2", ANA)
        self.assertEqual(self.report("activations")[0]["taken"], "2")
        self.assertEqual([house.issuer("report", name, *face, *moment) for name, face in asked],
                         printed)

    def test_what_is_not_committed_is_not_known(self):
        house = self.house
        house.sell("LIC-1", ANA)
        connection = psycopg2.connect(house.dsn, options="-c search_path=issuer")
        try:
            cursor = connection.cursor()
            cursor.execute("insert into customer default values")
            house.sell("LIC-2", ANA)
            (row,) = self.report("activations")
            self.assertEqual(row["licenses"], "1", "LIC-2 is recorded after what is still open began")
            cursor.execute("select to_char(transaction_timestamp() at time zone 'UTC',"
                           " 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')")
            began = cursor.fetchone()[0]
            self.assertLess(row["known_at"], began)
            self.refused("activations", "--known-at", began, says="can still grow")
            self.assertIn(row["known_at"], self.house.errors)
        finally:
            connection.close()
        (row,) = self.report("activations")
        self.assertEqual(row["licenses"], "2")

    def test_days_are_those_of_the_zone(self):
        house = self.house
        self.set(now="1806532200")  # 2027-03-31T22:30:00Z
        license = house.sell("LIC-1", ANA)
        house.take(mail(ANA, ask(house.server(), license)))
        for zone, today, active in (("UTC", "2027-03-31", "1"), ("Europe/Berlin", "2027-04-01", "0"),
                                    ("America/New_York", "2027-03-31", "1")):
            self.set(finance_zone=zone)
            (row,) = self.report("licenses", "--as-of", "2027-03-31")
            self.assertEqual((row["zone"], row["active"]), (zone, active))
            self.assertEqual(self.report("licenses")[0]["as_of"], today)
            (row,) = self.report("issuance")
            self.assertEqual(row["month"], today[:7])
        for zone in ("Europe/Berlun", "CEST", "UTC+3"):
            self.set(finance_zone=zone)
            self.refused("licenses", says="zone", code=1)

    def test_wrong_times_are_told(self):
        for words, says in ((("--as-of", "2026-02-29"), "is no day"),
                            (("--as-of", "31.3.2026"), "is no day"),
                            (("--known-at", "yesterday"), "is no time"),
                            (("--known-at", "2026-03-31T12:00:00.1234567Z"), "is no time"),
                            (("--known-at", "9999-12-31"), "can still grow"),
                            (("--sha256",), "--output")):
            self.refused("licenses", *words, says=says)
        self.refused("holds", "--rows", says="no --rows")
        for known in ("2020-01-01", "2020-01-01T12:00Z", "2020-01-01T12:00:00.5Z"):
            self.assertEqual(self.report("activations", "--known-at", known)[0]["licenses"], "0")


class Files(Reports):
    def test_a_file_and_its_digest(self):
        house = self.house
        house.sell("LIC-1", ANA, customer="=1+1")
        path = house.path("q1.csv")
        house.issuer("report", "licenses", "--rows", "--csv", "--output", path, "--sha256")
        done = subprocess.run(["sha256sum", "-c", "q1.csv.sha256"], cwd=house.folder, check=False,
                              capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout), (0, "q1.csv: OK\n"))
        with open(path, "rb") as stream:
            data = stream.read()
        self.assertEqual(data.count(b"\n"), data.count(b"\r\n"))
        (row,) = csv.DictReader(io.StringIO(data.decode(), newline=""))
        self.assertEqual((row["customer_name"], row["used"]), ("'=1+1", "0"))
        self.assertEqual(list(row)[-5:], HEAD)
        self.refused("licenses", "--csv", "--output", path, says="never written over", code=1)
        with open(path, "rb") as stream:
            self.assertEqual(stream.read(), data)
        self.refused("licenses", "--output", house.path("no", "q.csv"), says="No such file", code=1)
        self.assertEqual([name for name in os.listdir(house.folder) if name.startswith("q1.csv.")],
                         ["q1.csv.sha256"])

    def test_the_head_stands_in_every_face(self):
        self.set(finance_zone="Europe/Berlin")
        self.house.sell("LIC-1", ANA)
        (row,) = self.report("licenses", "--as-of", "2026-12-31")
        text = self.house.issuer("report", "licenses", "--as-of", "2026-12-31", "--known-at",
                                 row["known_at"])
        lines = [json.loads(line) for line in self.house.issuer(
            "report", "licenses", "--json", "--as-of", "2026-12-31", "--known-at",
            row["known_at"]).splitlines()]
        self.assertEqual(lines[0], {name: row[name] for name in HEAD})
        self.assertEqual((lines[1]["part"], lines[1]["licenses"]), ("rows", 1))
        for name in HEAD:
            self.assertIn(row[name], text.splitlines()[0])


class Logins(Reports):
    """What each group's login is told, and that psql is told the same."""

    def setUp(self):
        super().setUp()
        house = self.house
        license = house.sell("LIC-1", ANA, activations=2, servers=2)
        house.take(mail(ANA, ask(house.server(host="plant-1"), license)),
                   mail("eve@elsewhere.example", ask(house.server(host="plant-2"), license)))
        house.replies()
        self.owner = house.environment["ISSUER_DATABASE"]

    def become(self, group):
        name = f"{PREFIX}_reads_{group}"
        admin(f'create role "{name}" login in role "{PREFIX}_{group}"')
        self.addCleanup(admin, f'drop role "{name}"')
        self.set(database=self.owner.replace("user=postgres", f"user={name}"))
        return self.house.environment["ISSUER_DATABASE"]

    def test_finance_sees_every_figure_and_no_address(self):
        house = self.house
        dsn = self.become("finance")
        for name in NAMES:
            for rows in ([], ["--rows"]) if name in WITH_ROWS else ([],):
                text = house.issuer("report", name, "--csv", *rows)
                self.assertNotIn("@", text)
                found = list(csv.reader(io.StringIO(text, newline="")))
                function = "_".join(("report", name.replace("-", "_"), *(["rows"] if rows else [])))
                if len(found) == 1:
                    continue
                head = dict(zip(found[0][-5:], found[1][-5:]))
                connection = psycopg2.connect(dsn)
                cursor = connection.cursor()
                cursor.execute(f"select * from issuer.{function}(%s, %s, %s)",
                               (head["as_of"], head["known_at"], head["zone"]))
                columns = [column.name for column in cursor.description]
                theirs = cursor.fetchall()
                connection.close()
                self.assertEqual(found[0][:-5], columns)
                numbers = [i for i, cell in enumerate(theirs[0]) if type(cell) in (int, str)]
                self.assertEqual([[row[i] for i in numbers] for row in found[1:]],
                                 [["" if row[i] is None else str(row[i]) for i in numbers]
                                  for row in theirs], name)

    def test_orders_is_told_what_is_its_own(self):
        self.become("orders")
        told = [name for name in NAMES if name in (
            "licenses", "orders", "expiring", "support-years", "issuance")]
        for name in NAMES:
            with self.subTest(name):
                if name in told:
                    self.house.issuer("report", name, "--csv")
                else:
                    self.refused(name, says="may not", code=1)


if __name__ == "__main__":
    main()
