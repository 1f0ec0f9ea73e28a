#!/usr/bin/python3
"""What orders sells by hand: a purchase is recorded, its key reaches the customer, is replaced, is
handed over; what was sold and not delivered.

  selling.py ISSUER [TEST…]          within tests/with-postgres"""
import json
import os
import re
import stat

from scenario import License, Scenario, ask, check_records, mail, main

ANA = "ana@northwind.example"
KEY = re.compile(r"^[0-9A-HJKMNP-TV-Z]{5}(-[0-9A-HJKMNP-TV-Z]{5}){4}$")


class Selling(Scenario):
    def setUp(self):
        super().setUp()
        self.house.hire("ada", "admin")
        self.house.hire("olga", "orders")

    def tearDown(self):
        check_records(self.house)

    def records(self, *words, by="olga", code=0):
        printed = self.house.by(by, "--json", *words, code=code)
        return [json.loads(line) for line in printed.splitlines()]

    def add(self, *options, customer="Northwind Water", new=True, contact=ANA, order="SO-1"):
        """Sells by hand; what was printed, and the license."""
        (sold,) = self.records("license", "add", "--customer", customer,
                               *(["--new-customer"] if new else []), "--contact", contact, "--feature",
                               "mqtt-server", "--activations", "3", "--order", order, *options)
        return sold, License(sold["license_id"], sold["license_key"], contact)

    def refused(self, *words, says, code=1, by="olga"):
        """One line, and the records stay as they are."""
        before = self.house.digests()
        self.assertEqual(self.house.by(by, *words, code=code), "")
        self.assertEqual(self.house.errors.count("\n"), 1, self.house.errors)
        self.assertIn(says, self.house.errors)
        self.assertEqual(self.house.digests(), before)

    def undelivered(self):
        printed = self.house.issuer("--json", "license", "find", "--undelivered")
        return [json.loads(line)["license_id"] for line in printed.splitlines()]

    def nowhere(self, key):
        """The key stands in no table, in no form that a person would read."""
        bare = key.replace("-", "")
        for (name,) in self.house.query("select relname from pg_class where relkind = 'r'"
                                        " and relnamespace = 'issuer'::regnamespace"):
            self.assertEqual(self.house.query(
                f"select count(*) from {name} t where strpos(t::text, %s) > 0"
                f" or strpos(t::text, %s) > 0", key, bare), [(0,)], name)


class ByHand(Selling):
    def test_sold_delivered_asked_for_and_installed(self):
        house = self.house
        sold, license = self.add("--servers", "2", "--feature", "support=2y", "--order-day",
                                 "2024-02-29")
        self.assertRegex(license.key, KEY)
        self.assertRegex(license.id, r"^LIC-[0-9A-Z]{4}-[0-9A-Z]{4}$")
        self.assertEqual((sold["name"], sold["new_customer"], sold["new_order"]),
                         ("Northwind Water", True, True))
        self.nowhere(license.key)
        self.assertEqual(self.undelivered(), [license.id])
        shown = house.issuer("license", "show", license.id)
        self.assertIn("not-delivered", shown)
        # 29 February runs on to 28 February; the ledger says of what.
        self.assertEqual(house.query("select kind::text, years, from_on::text, until_on::text"
                                     " from term_entry"), [("bought", 2, "2024-02-29", "2026-02-28")])
        self.refused("license", "delivered", license.id, "--to", "ana@x.example", "--channel", "mail",
                     says="without a mail address")
        house.by("olga", "license", "delivered", license.id.lower(), "--to", "the plant's manager",
                 "--channel", "registered letter")
        self.assertEqual(self.undelivered(), [])
        self.assertEqual(house.query("select how, detail from key_delivery"),
                         [("handed-over", "to the plant's manager by registered letter")])
        self.refused("license", "delivered", license.id, "--to", "anybody", "--channel", "fax",
                     says="was delivered on")
        server = house.server(host="plant-4")
        self.assertEqual(house.take(mail(ANA, ask(server, license))), [("issued", "issued")])
        page = server.install(house.usage_license("UL-00000001").encode())
        self.assertEqual((page["license_id"], page["customer"], page["activation"]["allowed"]),
                         (license.id, "Northwind Water", 3))

    def test_a_file_keeps_the_key(self):
        path = self.house.path("key")
        sold, _ = self.add("--key-file", path)
        self.assertIsNone(sold["license_key"])
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        with open(path, encoding="ascii") as stream:
            self.assertRegex(stream.read(), KEY)
        # It is not written over, and of what was refused nothing is left.
        words = ("license", "add", "--customer", "CU-1", "--contact", ANA, "--activations", "1",
                 "--order", "SO-2")
        self.refused(*words, "--feature", "mqtt-server", "--key-file", path, says=path)
        other = self.house.path("other-key")
        self.refused(*words, "--feature", "teleporter", "--key-file", other,
                     says="features: teleporter is no feature of chariot")
        self.assertFalse(os.path.exists(other))

    def test_what_does_not_fit_is_refused_in_one_line(self):
        self.add("--id", "LIC-1", "--customer-ref", "K-1")
        self.add("--id", "LIC-9", customer="Harbour Works", order="SO-9")
        add = ("license", "add", "--contact", ANA, "--activations", "1")
        plain = (*add, "--feature", "mqtt-server", "--order", "SO-2")
        for words, says, code in (
                ((*plain, "--customer", "Northwind"), "no customer is named Northwind", 1),
                ((*plain, "--customer", "k-1", "--new-customer"), "is on record as customer CU-1", 1),
                ((*plain, "--customer", "CU-1", "--customer-ref", "K-2"), "--new-customer", 2),
                ((*plain, "--customer", "New", "--new-customer", "--customer-ref", "K-1"),
                 "customer_ref K-1 is on record as Northwind Water", 1),
                ((*plain, "--customer", "CU-1", "--id", "lic-1"), "LIC-1 is on record already", 1),
                ((*plain, "--customer", "CU-1", "--id", "4711"), "license_id: ", 1),
                ((*plain, "--customer", "CU-1", "--contact", "@gmail.com"), "contacts: ", 1),
                ((*plain, "--customer", "CU-1", "--expires", "soon"), "expires: ", 1),
                ((*plain, "--customer", "CU-1", "--product", "carriage"), "product: carriage", 1),
                ((*plain, "--customer", "CU-1", "--feature", "support"), "features: support is sold", 1),
                ((*plain, "--customer", "CU-1", "--feature", "snowflake-bridge=1y"),
                 "features: snowflake-bridge is not sold by the year", 1),
                ((*add, "--feature", "mqtt-server", "--customer", "CU-1", "--order", "SO-9"),
                 "order_ref: order SO-9 is on record with another customer", 1),
                ((*plain, "--customer", "CU-1", "--order-kind", "cancellation"), "--order-kind", 2),
                ((*plain, "--customer", "CU-1", "--activations", "0"), "--activations", 2)):
            with self.subTest(says=says):
                self.refused(*words, says=says, code=code)
        for who in ("ada", "sam", "fay"):
            if who != "ada":
                self.house.hire(who, {"sam": "support", "fay": "finance"}[who])
            self.refused(*plain, "--customer", "CU-1", by=who, says='may not use "license add"')
        # A trial records nothing either.
        before = self.house.digests()
        (tried,) = self.records(*plain, "--customer", "CU-1", "--dry-run")
        self.assertEqual((tried["customer"], tried["license_key"]), ("CU-1", None))
        self.assertEqual(self.house.digests(), before)

    def test_a_purchase_more_of_the_same_order_and_customer(self):
        self.add("--order-day", "2026-03-01", "--customer-ref", "K-1")
        for customer in ("CU-1", "k-1", "northwind water"):
            sold, _ = self.add(customer=customer, new=False)
            self.assertEqual((sold["customer"], sold["new_customer"], sold["new_order"]),
                             ("CU-1", False, False))
        self.assertEqual(self.house.query("select count(*), max(ordered_on)::text from orders"),
                         [(1, "2026-03-01")])
        deeds = self.house.by("ada", "operator", "revoke", "olga")
        self.assertEqual(deeds.count("license recorded"), 4)
        self.assertNotIn("license import", deeds)

    def test_another_key(self):
        house = self.house
        _, old = self.add("--servers", "2")
        house.by("olga", "license", "delivered", old.id, "--to", "the manager", "--channel", "letter")
        first, second = (house.server(host=f"plant-{n}") for n in (1, 2))
        self.assertEqual(house.take(mail(ANA, ask(first, old))), [("issued", "issued")])
        first.install(house.usage_license("UL-00000001").encode())
        self.refused("license", "rekey", old.id, "--reason", " ", says="--reason", code=2)
        self.refused("license", "rekey", "LIC-NONE", "--reason", "stolen", says="LIC-NONE is not on record")
        (made,) = self.records("license", "rekey", old.id, "--reason", "the letter was lost")
        new = old._replace(key=made["license_key"])
        self.assertRegex(new.key, KEY)
        self.assertNotEqual(new.key, old.key)
        self.nowhere(new.key)
        self.assertEqual(self.undelivered(), [old.id])
        # The server that runs is served on; a new one that asks with the old key waits for a person.
        self.assertEqual(house.take(mail(ANA, ask(first, old))), [("issued", "issued")])
        self.assertEqual(first.install(house.usage_license("UL-00000002").encode())["serial"],
                         "UL-00000002")
        self.assertEqual(house.take(mail(ANA, ask(second, old))), [("held", "retired-key")])
        self.assertEqual(house.take(mail(ANA, ask(second, new))), [("issued", "issued")])
        self.assertEqual(second.install(house.usage_license("UL-00000003").encode())["license_id"],
                         new.id)
        kinds = [kind for (kind,) in house.query("select kind from event where kind like 'key-%%'"
                                                 " order by id")]
        self.assertEqual(kinds, ["key-delivered", "key-retired", "key-made"])


if __name__ == "__main__":
    main()
