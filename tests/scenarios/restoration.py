#!/usr/bin/python3
"""Lost servers: reported by mail or opened by hand, approved and denied, and what becomes of a server
that comes back.

  restoration.py ISSUER [TEST…]          within tests/with-postgres"""
import json

from scenario import Scenario, ask, check_records, mail, main

ANA, EVE = "ana@northwind.example", "eve@elsewhere.example"
WHY = ("--reason", "the board burnt", "--ticket", "T-9")
PAGE = "Licensed"


class Restoration(Scenario):
    def setUp(self):
        super().setUp()
        for name, role in (("ada", "admin"), ("abe", "admin"), ("sam", "support"), ("sue", "support"),
                           ("olga", "orders")):
            self.house.hire(name, role)

    def tearDown(self):
        check_records(self.house)

    # ---- what the tests are made of ----

    def rows(self, *words, by=None, code=0):
        """What a command prints, as objects; where it fails, the one line that it said."""
        words = (words[0], words[1], "--json", *words[2:])
        output = (self.house.issuer(*words, code=code) if by is None
                  else self.house.by(by, *words, code=code))
        if code != 0:
            self.assertEqual(len(self.house.errors.splitlines()), 1, self.house.errors)
            return self.house.errors
        return [json.loads(line) for line in output.splitlines()]

    def install(self, server):
        """Delivers, and installs what fits this server; gives its license page."""
        for path, _ in self.house.replies():
            with open(path, "rb") as stream:
                data = stream.read()
            try:
                server.install(data)
            except Exception:  # made for another, or no usage license
                continue
        return server.status()

    def full_license(self, activations=1, license_id="LIC-2041-A", **more):
        """A license whose uses are all taken, by servers plant-1 and on."""
        license = self.house.sell(license_id, ANA, activations=activations, servers=activations, **more)
        servers = [self.house.server(host=f"{license_id.lower()}-plant-{n + 1}",
                                     board=f"{license_id}-board-{n + 1}")
                   for n in range(activations)]
        for server in servers:
            self.assertEqual(self.house.take(mail(ANA, ask(server, license))), [("issued", "issued")])
            self.install(server)
        return license, servers

    def open(self, *words, by="sam", code=0):
        found = self.rows("restoration", "open", *words, *WHY, by=by, code=code)
        return found if code else str(found[0]["case"])

    def approve(self, number, *words, by="ada", second=None, code=0):
        if second:
            words = (*words, "--second-token-file", self.house.tokens[second])
        return self.rows("restoration", "approve", number, *WHY, *words, by=by, code=code)

    def test_by_hand(self):
        license, (old,) = self.full_license()
        new = self.house.server(host="plant-new", board="another board")
        self.assertEqual(self.house.take(mail(ANA, ask(new, license))), [("refused", "no-activations-left")])
        number = self.open("lic 2O41 a")
        (listed,) = self.rows("restoration", "list")
        self.assertEqual((str(listed["case"]), listed["license_id"], listed["customer"], listed["state"],
                          listed["evidence"], listed["serial"], listed["opened_by"]),
                         (number, "LIC-2041-A", "Northwind Water", "open", "forced", "UL-00000001", "sam"))
        head, *parts = self.rows("restoration", "show", number)
        self.assertEqual((head["reason"], head["ticket"], head["approved_in_a_year"], head["limit"],
                          head["second_person"]), ("the board burnt", "T-9", 0, 1, True))
        self.assertIn("forced", head["second_why"])
        self.assertEqual([(part["part"], part.get("serial"), part.get("meant")) for part in parts
                          if part["part"] == "servers"], [("servers", "UL-00000001", True)])
        self.assertEqual([part["host"] for part in parts if part["part"] == "waiting"], ["plant-new"])
        self.assertIn("1001" if number == "1001" else number,
                      self.house.issuer("license", "show", "LIC-2041-A"))

        self.assertIn("takes a second operator", self.approve(number, code=1))
        self.assertIn("takes the role admin", self.approve(number, by="sue", second="abe", code=1))
        self.assertIn("may not approve it", self.approve(number, second="sam", code=1))
        self.assertIn("one person", self.approve(number, second="ada", code=1))
        self.assertIn("may not use", self.approve(number, second="olga", code=1))
        self.assertEqual(self.rows("restoration", "list"), [listed])
        (done,) = self.approve(number, second="sue")
        self.assertEqual((done["state"], done["serial"], done["evidence"]),
                         ("approved", "UL-00000001", "forced"))
        self.assertEqual(self.rows("restoration", "list"), [])
        self.assertIn("was approved", self.approve(number, second="sue", code=1))
        # The request that waited was decided again, and the new server shows its license page.
        self.assertEqual(self.house.query("select state, ended_by, counted from activation order by id"),
                         [("lost", "forced", False), ("active", None, True)])
        self.assertEqual(self.install(new)["serial"], "UL-00000002")
        uses = self.rows("license", "show", "--for-customer", "LIC-2041-A")
        self.assertEqual((uses[0]["allowed"], uses[0]["used"]), (1, 1))
        self.assertEqual([(use["serial"], use["counts"], use["given_back_by"]) for use in uses[1:]],
                         [("UL-00000001", False, "forced"), ("UL-00000002", True, None)])

    def test_denied(self):
        self.full_license()
        number = self.open("LIC-2041-A", "--serial", "UL-1")
        self.house.replies()
        self.assertIn("takes the role admin",
                      self.rows("restoration", "deny", number, "--reason", "no", by="sue", code=1))
        self.rows("restoration", "deny", number, "--reason", "it runs", by="abe")
        ((_, told),) = self.house.replies()
        self.assertEqual(told["To"], ANA)
        self.assertIn(f"case {number}", told["Subject"])
        self.assertIn("not restored", told.get_content())
        (listed,) = self.rows("restoration", "list", "--all")
        self.assertEqual((listed["state"], listed["decided_by"]), ("denied", "abe"))
        self.assertIn("was denied", self.approve(number, second="sue", code=1))
        self.assertEqual(self.house.query("select state, counted from activation"), [("active", True)])


if __name__ == "__main__":
    main()
