#!/usr/bin/python3
"""`issuer report`: what was sold and used, as of any day, as it was known then.

  reports.py ISSUER [TEST…]          within tests/with-postgres"""
import csv
import io

from scenario import Scenario, armor, ask, mail, main

ANA = "ana@northwind.example"


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
        self.assertEqual([found["sales", term] for term in ("sold", "cancelled", "difference")],
                         [1, 0, 0])

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


if __name__ == "__main__":
    main()
