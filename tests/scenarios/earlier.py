#!/usr/bin/python3
"""A house that an earlier version has filled is brought up to date and lives on.

`earlier/NNNN.sql` is what pg_dump wrote of a house whose last migration was NNNN: licenses of two
customers, requests that were issued, held, refused and refused by a person, an update, a deactivation,
mails for people, operators, a changed import; from 0016 on also what was sold by hand, ledgers of years,
a customer merged, a lost server. A new version that is released leaves one of its own.

  earlier.py ISSUER [TEST…]          within tests/with-postgres"""
import glob
import json
import os
import subprocess

from scenario import (License, Scenario, ask, check_records, mail, main)

ANA = "ana@northwind.example"
HERE = os.path.dirname(os.path.abspath(__file__))


class Earlier(Scenario):
    def restore(self, path):
        """The dump in the place of the house's own schema."""
        self.house.query("drop schema issuer cascade")
        subprocess.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", self.house.dsn, "-f", path],
                       check=True, stdout=subprocess.DEVNULL)

    def rows(self, *words):
        return [json.loads(line) for line in self.house.issuer("--json", *words).splitlines()]

    def facts(self):
        """All rows of all tables but the list of migrations: {table: [{column: value}]}."""
        tables = self.house.query("select relname from pg_class where relkind = 'r' and relname <> 'migration'"
                                  " and relnamespace = 'issuer'::regnamespace")
        return {name: [row for (row,) in self.house.query(f"select to_jsonb(t) from {name} t")]
                for (name,) in tables}

    def all_there(self, before, now):
        """What stood in columns that are still there is what it was."""
        for table in before.keys() & now.keys():
            with self.subTest(table):
                stay = [name for name in (before[table] or [{}])[0] if not now[table] or name in now[table][0]]
                self.assertEqual(*(sorted(json.dumps([row[name] for name in stay]) for row in rows)
                                   for rows in (before[table], now[table])))

    def test_it_lives_on(self):
        dumps = sorted(glob.glob(os.path.join(HERE, "earlier", "*.sql")))
        self.assertTrue(dumps)
        for path in dumps:
            with self.subTest(os.path.basename(path)):
                self.restore(path)
                before = self.facts()
                self.house.issuer("license", "show", "LIC-1", code=1)
                self.assertIn("issuer migrate", self.house.errors)
                self.house.issuer("migrate")
                self.all_there(before, self.facts())
                check_records(self.house)
                self.lives_on()
                check_records(self.house)

    def lives_on(self):
        # What was imported was delivered, and its years stand in the ledger.
        self.assertEqual(self.rows("license", "find", "--undelivered"), [])
        self.assertEqual([(row["order"], row["until_on"]) for row in self.rows("license", "terms", "LIC-1")],
                         [("SO-LIC-1", "2027-06-30"), ("SO-9", "2028-06-30")])
        summary, *_ = self.rows("license", "show", "LIC-1")
        self.assertEqual((summary["used"], summary["activations"], summary["active"]), (2, 4, 2))
        names = {row["name"] for row in self.rows("operator", "list")}
        self.assertGreaterEqual(names, {"ada", "sam"})
        self.admin_returns()
        made = json.loads(self.house.by("olga", "license", "rekey", "LIC-3", "--reason", "a drill",
                                        "--json").splitlines()[0])
        license = License("LIC-3", made["license_key"], ANA)
        server = self.house.server(host="plant-9")
        self.assertEqual(self.house.take(mail(ANA, ask(server, license))), [("issued", "issued")])
        self.house.by("olga", "license", "upgrade", "LIC-3", "--add-feature", "support=1", "--order", "SO-10")

    def admin_returns(self):
        """The tokens of the earlier house are gone with it: its database's owner ends them, and makes
        an admin anew."""
        self.house.query("update operator_token set revoked_at = now() - interval '1 minute'"
                         " where revoked_at is null")
        for path in self.house.tokens.values():
            os.remove(path)
        self.house.tokens.clear()
        self.house.hire("bea", "admin")
        self.house.hire("olga", "orders")


if __name__ == "__main__":
    main()
