#!/usr/bin/python3
"""What becomes of a license after it was sold: upgraded, corrected, refunded, suspended.

  upgrade.py ISSUER [TEST…]          within tests/with-postgres"""
import calendar
import json
import time

from scenario import Scenario, armor, ask, check_records, main, mail, write

from chariotlib import through

ANA, BEN = "ana@northwind.example", "ben@northwind.example"


def ends(day):
    """When a day is over everywhere: noon UTC of the next."""
    return calendar.timegm(time.strptime(day, "%Y-%m-%d")) + 129600


class Changes(Scenario):
    """A house with a desk, and one license."""

    def setUp(self):
        super().setUp()
        self.house.hire("ada", "admin")
        self.house.hire("olga", "orders")

    def tearDown(self):
        check_records(self.house)

    def sell(self, license_id="LIC-1", **terms):
        return self.house.sell(license_id, contact=ANA, **terms)

    def change(self, command, license_id, *options, by="olga", code=0):
        """Changes a license; gives what changed as {what: (before, after)}."""
        out = self.house.by(by, "--json", "license", command, license_id, *options, code=code)
        self.rows = [json.loads(line) for line in out.splitlines()]
        return {row["what"]: (row["before"], row["after"]) for row in self.rows if "what" in row}

    def upgrade(self, *options, **more):
        return self.change("upgrade", "LIC-1", *options, **more)

    def refused(self, command, *options, by="olga", says):
        """Refused in one line, and nothing is changed by it."""
        before = self.house.digests()
        self.change(command, "LIC-1", *options, by=by, code=1)
        self.assertEqual(self.house.errors.count("\n"), 1, self.house.errors)
        self.assertIn(says, self.house.errors)
        self.assertEqual(self.house.digests(), before)

    def serve(self, server, license, purpose="activate"):
        """Asks as its contact and installs what comes back; gives the server's status page."""
        decided = self.house.take(mail(ANA, ask(server, license, purpose)))
        self.assertEqual([outcome for outcome, _ in decided], ["issued"])
        self.install_newest(server)
        return server.status()

    def install_newest(self, server):
        ((jws,),) = self.house.query("select jws from usage_license order by serial desc limit 1")
        server.install(jws.encode())

    def standing(self):
        return self.house.query(
            "select d.outcome::text, d.code from usage_request r cross join lateral"
            " (select * from decision d where d.request_id = r.id"
            "  order by recorded_at desc, id desc limit 1) d order by r.recorded_at, r.id")


class Upgrades(Changes):
    def test_the_next_request_carries_it(self):
        license = self.sell(activations=2, expires="2031-03-31")
        server = self.house.server(host="plant-1")
        page = self.serve(server, license)
        changed = self.upgrade("--order", "SO-2", "--add-feature", "support=2", "--extend", "1",
                               "--ordered-on", "2026-10-01", "--activations", "3")
        self.assertEqual(changed, {
            "activations": ("2", "3"), "expires_on": ("2031-03-31", "2032-03-31"),
            "support": (None, "until 2028-10-01"), "version": ("1", "2")})
        self.assertEqual(server.status(), page, "nothing changes remotely")
        page = self.serve(server, license, "update")
        self.assertEqual(
            (page["state"], page["entitlement"], page["activation"], through(page["expires"])),
            ("active", 2, {"number": 1, "allowed": 3}, "through 2032-03-31"))
        self.assertEqual(page["features"], [
            {"code": "mqtt-server", "kind": "perpetual"},
            {"code": "support", "kind": "term", "until": ends("2028-10-01")}])


if __name__ == "__main__":
    main()
