#!/usr/bin/python3
"""What orders sells by hand: a purchase is recorded, its key reaches the customer, is replaced, is
handed over; what was sold and not delivered.

  selling.py ISSUER [TEST…]          within tests/with-postgres"""
import json
import os
import re
import stat

from scenario import (License, Scenario, ask, check_records, license_key, mail, main, mbox,
                      write)

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
        sold, license = self.add("--servers", "2", "--feature", "support=2", "--ordered-on",
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
                ((*plain, "--customer", "CU-1", "--expires", "soon"), '"soon" is no expiry', 2),
                ((*plain, "--customer", "CU-1", "--expires", "2"), '"2" is no expiry', 2),
                ((*plain, "--customer", "CU-1", "--expires", "2020-01-01"), "before the order's day", 1),
                ((*plain, "--customer", "CU-1", "--ordered-on", "2027-02-29"), '"2027-02-29" is no day', 2),
                ((*plain, "--customer", "CU-1", "--ordered-on", "2099-01-01"), "lies ahead", 1),
                ((*plain, "--customer", "CU-1", "--product", "carriage"), "product: carriage", 1),
                ((*plain, "--customer", "CU-1", "--feature", "support=101"), "101 years are not sold", 1),
                ((*plain, "--customer", "CU-1", "--feature", "support=2147483648"),
                 "2147483648 years are not sold", 1),
                ((*plain, "--customer", "CU-1", "--feature", "support=2y"), '"support=2y" is no feature', 2),
                ((*add, "--order", "SO-2", "--customer", "CU-1", "--feature", "mqtt-server=1"),
                 "mqtt-server is bought once", 1),
                ((*plain, "--customer", "CU-1", "--feature", "support=2020-01-01"),
                 "not after the order's day", 1),
                ((*plain, "--customer", "CU-1", "--feature", "snowflake-bridge=2027-01-01"),
                 "snowflake-bridge is metered", 1),
                ((*plain, "--customer", "CU-1", "--feature", "mqtt-server"), "stands there twice", 1),
                ((*add, "--feature", "mqtt-server", "--customer", "CU-1", "--order", "SO-9"),
                 "order_ref: order SO-9 is on record with another customer", 1),
                ((*plain, "--customer", "CU-1", "--kind", "cancellation"), "--kind", 2),
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
        self.assertEqual((tried["license_id"], tried["customer"], tried["license_key"]), (None, "CU-1", None))
        (tried,) = self.records(*plain, "--customer", "New", "--new-customer", "--id", "lic-7", "--dry-run")
        self.assertEqual((tried["license_id"], tried["customer"], tried["name"]), ("LIC-7", None, "New"))
        self.assertEqual(self.house.digests(), before)

    def test_a_purchase_more_of_the_same_order_and_customer(self):
        self.add("--ordered-on", "2026-03-01", "--customer-ref", "K-1")
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

    def test_the_key_that_was_handed_over_can_be_named(self):
        _, old = self.add("--id", "LIC-1")
        self.records("license", "rekey", "LIC-1", "--reason", "the letter is late")
        keys = [row for row in self.records("license", "show", "LIC-1") if row.get("part") == "keys"]
        self.assertEqual([row["key"] for row in keys], [2, 1])
        self.assertEqual(keys[1]["hint"], old.key[-4:])
        delivered = ("license", "delivered", "LIC-1", "--to", "them", "--channel", "letter", "--key")
        self.refused(*delivered, "3", says="LIC-1 has no key 3: `issuer license show LIC-1` lists its keys")
        self.refused(*delivered, old.key, says="give the last four symbols of the key")
        self.assertNotIn(old.key, self.house.errors)
        self.records(*delivered, old.key[-4:].lower())
        self.assertEqual([bool(row["delivered_on"]) for row in self.records("license", "show", "LIC-1")
                          if row.get("part") == "keys"], [False, True])
        self.assertEqual(self.undelivered(), ["LIC-1"])
        self.refused(*delivered, "1", says=f"that ends in {old.key[-4:]} was delivered on")
        self.records(*delivered, "2")
        self.assertEqual(self.undelivered(), [])

    def test_a_key_in_a_wrong_place_is_neither_kept_nor_said_again(self):
        house = self.house
        _, license = self.add("--id", "LIC-1")
        key = license.key
        add = ("license", "add", "--activations", "1")
        sold = {"--customer": "CU-1", "--contact": ANA, "--feature": "mqtt-server", "--order": "SO-2"}

        def purchase(**other):
            options = {**sold, **{f"--{name.replace('_', '-')}": text for name, text in other.items()}}
            return (*add, *(word for pair in options.items() for word in pair))
        wrong = [purchase(order=key), purchase(customer=f"Plant {key}"), purchase(contact=f"{key}@x.example"),
                 purchase(feature=key.lower()), purchase(id=f"LIC-{key}"), purchase(product=key),
                 (*purchase(customer="Plant 2", customer_ref=key), "--new-customer"),
                 (*purchase(customer=f"Plant {key}"), "--new-customer"),
                 ("license", "show", key), ("license", "terms", key), ("order", "show", key),
                 ("license", "upgrade", key, "--order", "SO-2", "--servers", "2"),
                 ("license", "upgrade", "LIC-1", "--order", key, "--servers", "2"),
                 ("license", "upgrade", "LIC-1", "--order", "SO-2", "--add-feature", key),
                 ("license", "end", "LIC-1", "--replaced-by", key, "--reason", "r"),
                 ("license", "rekey", key, "--reason", "r"), ("license", "delivered", key, "--to", "x", "--channel", "y"),
                 ("contact", "add", "LIC-1", key), ("contact", "add", "LIC-1", f"{key}@x.example"),
                 ("contact", "end", "LIC-1", key), ("customer", "show", key), ("customer", "merge", key, "--into", key,
                                                                               "--reason", "r"),
                 ("customer", "rename", "CU-1", "--name", f"Plant {key}", "--reason", "r"),
                 ("feature", "add", key.lower(), "--name", "x", "--kind", "term"),
                 ("feature", "add", "x", "--name", key, "--kind", "term"), ("license", "nonsense", key)]
        before = house.digests()
        for words in wrong:
            with self.subTest(words=words):
                house.environment["ISSUER_TOKEN_FILE"] = house.tokens["olga"]
                done = house.start(*words)
                out, errors = (text.decode() for text in done.communicate(timeout=60))
                self.assertIn(done.returncode, (1, 2), errors)
                self.assertEqual((out, errors.count("\n")), ("", 1), errors)
                for form in (key, key.lower(), key.replace("-", "")):
                    self.assertNotIn(form, errors)
        del house.environment["ISSUER_TOKEN_FILE"]
        self.assertEqual(house.digests(), before)
        for words in (("license", "rekey", "LIC-1", "--reason", f"{key} leaked"),
                      ("license", "delivered", "LIC-1", "--to", key, "--channel", key)):
            house.by("olga", *words)
        self.nowhere(key)

    def test_contacts_are_shown_as_they_are_on_record(self):
        self.add("--id", "LIC-1")
        (told,) = self.records("contact", "add", " lic-1 ", " Bo@Harbour.example ")
        self.assertEqual((told["license_id"], told["contact"]), ("LIC-1", "bo@harbour.example"))
        (told,) = self.records("contact", "end", "lic-1", "BO@harbour.EXAMPLE")
        self.assertEqual((told["license_id"], told["contact"]), ("LIC-1", "bo@harbour.example"))

    def test_a_license_id_with_blanks_around_it(self):
        """As it comes out of a table or a mail."""
        for license_id in ("LIC-1", "LIC-2"):
            self.add("--id", license_id, order=f"SO-{license_id}", new=license_id == "LIC-1",
                     customer="Northwind Water")
        for words in (("license", "show"), ("license", "show", "--for-customer"), ("license", "terms"),
                      ("license", "rekey", "--reason", "r"), ("license", "delivered", "--to", "x", "--channel", "y"),
                      ("license", "upgrade", "--order", "SO-3", "--servers", "2"),
                      ("license", "correct", "--order", "C-1", "--servers", "3", "--reason", "r"),
                      ("license", "end", "--replaced-by", " lic-2 ", "--reason", "r"),
                      ("license", "correct", "--order", "C-2", "--reinstate", "--reason", "r")):
            self.house.by("olga", *words, " lic-1 ")
        self.house.by("ada", "license", "suspend", " lic-1 ", "--reason", "r")
        self.house.by("ada", "license", "resume", " lic-1 ", "--reason", "r")
        self.assertTrue(self.records("event", "list", "--license", " lic-1 "))


class Stories(Selling):
    def test_a_late_order(self):
        """A server asks with a key that was sold and is not on record yet: an import of it answers."""
        house = self.house
        key = license_key()
        house.chariot("plant-9", "trust", os.path.join(house.keys, "anchors.pem"))
        code = house.chariot("plant-9", "request", "--host", "plant-9", "--license-key", key)
        self.assertEqual(house.take(mail(ANA, code)), [("refused", "unknown-license")])
        # Another purchase decides nothing of it: its key is another.
        self.add()
        house.ingest(write(house.path("empty.mbox"), b""))
        self.assertEqual(house.query("select count(*) from usage_license"), [(0,)])
        path = write(house.path("late.csv"), (
            "license_id,license_key,customer,contacts,product,features,activations,expires,order_ref\n"
            f"LIC-9,{key},Northwind Water,{ANA},chariot,mqtt-server;support=2027-03-31,1,,SO-9\n").encode())
        self.assertIn("decided again: 1 issued", house.by("olga", "license", "import", path))
        replies = house.replies()
        house.chariot("plant-9", "install", replies[-1][0])
        page = house.chariot("plant-9", "status")
        for line in (r"State +active", r"License +LIC-9", r"Activation +1 of 1", r"support.*2027-03-31"):
            self.assertRegex(page, line)

    def test_found_by_whatever_a_customer_may_name(self):
        house = self.house
        _, license = self.add("--id", "LIC-77", "--contact", "@plant.example", "--customer-ref", "K-77")
        self.add("--id", "LIC-78", customer="Harbour Works", contact="bo@harbour.example", order="SO-78")
        server = house.server(host="pump-house-7")
        found = house.ingest(write(house.path("in.mbox"), mbox([mail(ANA, ask(server, license))])))
        short = found[0]["tokens"][0]["id"]
        for text in ("LIC-77", "lic-77", "northwind", "Northwind Water", "CU-1", "k-77", ANA,
                     "eve@plant.example", "@plant.example", "northwind.example", "so-1",
                     "pump-house-7", "PUMP-HOUSE-7", short, short.lower(), "UL-00000001", "ul-1",
                     license.key[-4:], license.key[-4:].lower()):
            with self.subTest(text=text):
                rows = [json.loads(line) for line in
                        house.issuer("--json", "license", "find", text).splitlines()]
                self.assertEqual([row["license_id"] for row in rows], ["LIC-77"])
        self.assertEqual(house.issuer("--json", "license", "find", "SO-79"), "")
        # The old key's hint leads there too.
        house.by("olga", "license", "rekey", "LIC-77", "--reason", "lost")
        self.assertIn("LIC-77", house.issuer("license", "find", license.key[-4:]))
        for words in (("license", "find"), ("license", "find", "LIC-77", "--undelivered")):
            self.refused(*words, says="say what to look for, or --undelivered alone", code=2)

    def test_names_in_other_scripts_are_found_case_aside(self):
        """Also by a cluster whose locale knows ASCII alone, as the tests' does."""
        names = ("Zürich Wasser", "ΑΘΗΝΑ Ύδωρ", "Северный Водоканал", "ØRSTED Ær")
        for number, name in enumerate(names, 1):
            self.add("--id", f"LIC-{number}", customer=name, order=f"SO-Ö{number}")
        for number, name in enumerate(names, 1):
            for typed in (name, name.upper(), name.lower(), name.upper()[:-2], name.lower()[:5]):
                found = self.records("license", "find", typed)
                self.assertEqual([row["license_id"] for row in found], [f"LIC-{number}"], typed)
            (shown, *_) = self.records("customer", "show", name.swapcase())
            self.assertEqual(shown["name"], name)
            self.refused("license", "add", "--customer", name.upper(), "--new-customer", "--contact", ANA,
                         "--feature", "mqtt-server", "--activations", "1", "--order", "SO-9",
                         says=f"is on record as customer CU-{number}")
            self.refused("customer", "rename", f"CU-{number % 4 + 1}", "--name", name.upper(), "--reason", "r",
                         says=f"is the name of customer CU-{number}")
        house = self.house
        house.by("olga", "customer", "rename", "CU-1", "--name", "Zürich Energie", "--reason", "r")
        self.assertEqual([self.records("license", "find", typed)[0]["found_by"] for typed in ("zürich", "wasser")],
                         ["customer Zürich Energie", "customer Zürich Wasser"])
        self.add("--id", "LIC-9", customer="ØRSTED ÆR", new=False, order="so-ö4")
        self.assertEqual(house.query("select count(*) from orders"), [(4,)])
        (order, *_) = self.records("order", "show", "SO-ö4")
        self.assertEqual(order["order"], "SO-Ö4")

    def test_two_at_once(self):
        """Both orders of two who change the same: one is told so, or both are on record in turn."""
        house = self.house
        self.add("--id", "LIC-1")
        words = ["license", "add", "--customer", "CU-1", "--contact", ANA, "--feature", "mqtt-server",
                 "--activations", "1", "--order", "SO-5", "--id", "LIC-5"]
        for order in ((0, 1), (1, 0)):
            twins = [words, [*words[:-1], f"LIC-6{order[0]}"]]
            self.both(*(twins[i] for i in order), fail=None)
        self.assertEqual(house.query("select count(*) from orders where reference = 'SO-5'"), [(1,)])
        self.assertEqual(house.query("select count(*) from license where license_id = 'LIC-5'"), [(1,)])
        self.both(words, words, fail=2)
        self.both(*[("license", "rekey", "LIC-1", "--reason", "lost")] * 2)
        self.assertEqual(house.query("select count(*), count(retired_at) from license_key k join license l"
                                     " on l.id = k.license_id where l.license_id = 'LIC-1'"), [(3, 2)])
        self.both(*[("license", "delivered", "LIC-1", "--to", "them", "--channel", "fax")] * 2, fail=1)

    def test_a_new_key_and_a_request_with_the_old_one_at_once(self):
        """Whoever comes first: a new server that asks with the old key is served before, held after."""
        house = self.house
        # Each is stopped where it has locked the license and is about to write what it decided.
        for first, decided, stop in (("request", "issued", "lock table decision in share mode"),
                                     ("rekey", "retired-key", "lock table event in share mode")):
            _, license = self.add("--id", f"LIC-{first}", new=first == "request", customer="Northwind Water",
                                  order=f"SO-{first}")
            path = write(house.path(f"{first}.mbox"),
                         mbox([mail(ANA, ask(house.server(host=first), license))]))
            request = ("ingest", "--json", path)
            rekey = ("license", "rekey", license.id, "--reason", "lost")
            if first == "request":
                (_, told, _), _ = self.both(request, rekey, at=stop)
            else:
                _, (_, told, _) = self.both(rekey, request, at=stop)
            self.assertEqual([d["code"] for d in json.loads(told)["decisions"]], [decided])

    def both(self, *commands, fail=0, at="select pg_advisory_xact_lock(hashtextextended('issuer: import', 0));"
             "select from license for update"):
        """Runs both at once, in this order; so many of them fail, in one line."""
        told = self.house.in_turn(*commands, at=at, by="olga")
        failed = [errors for code, _, errors in told if code]
        if fail is not None:
            self.assertEqual(len(failed), fail, told)
        for text in failed:
            self.assertEqual(text.count("\n"), 1, text)
            self.assertRegex(text, "is on record already|was delivered on")
        return told


class Orders(Selling):
    def test_orders_and_what_each_has_sold(self):
        house = self.house
        self.add("--id", "LIC-1", "--ordered-on", "2026-01-10", "--feature", "support", "--feature",
                 "snowflake-bridge=5000")
        self.add("--id", "LIC-2", order="SO-2", new=False, customer="CU-1")
        _, third = self.add("--id", "LIC-3", "--kind", "trial", "--ordered-on", "2026-02-01",
                            customer="Harbour Works", order="SO-3")
        house.by("olga", "license", "delivered", "LIC-3", "--to", "them", "--channel", "courier")
        server = house.server(host="crane")
        self.assertEqual(house.take(mail(ANA, ask(server, third))), [("issued", "issued")])

        def listed(*options):
            return [row["order"] for row in self.records("order", "list", *options)]
        self.assertEqual(listed(), ["SO-2", "SO-3", "SO-1"])
        self.assertEqual(listed("--customer", "northwind water"), ["SO-2", "SO-1"])
        self.assertEqual(listed("--kind", "trial"), ["SO-3"])
        self.assertEqual(listed("--from", "2026-01-10", "--until", "2026-02-01"), ["SO-3", "SO-1"])
        self.assertEqual(listed("--kind", "sale", "--customer", "CU-2"), [])
        self.assertEqual([(row["licenses"], row["undelivered"]) for row in
                          self.records("order", "list")], [(1, 1), (1, 0), (1, 1)])
        self.refused("order", "list", "--from", "soon", says='"soon" is no day', code=2)
        self.refused("order", "list", "--from", "2026-02-02", "--until", "2026-02-01", code=2,
                     says="--from is after --until: no order can be between")
        self.refused("event", "list", "--kind", "order-lost",
                     says="no event of the kind order-lost is on record; `issuer event list` shows what is")
        self.refused("order", "list", "--customer", "Nobody", says="no customer is named Nobody")
        self.refused("order", "show", "SO-9", says="no order SO-9 is on record")

        parts = {row.get("part"): row for row in self.records("order", "show", "so-3")}
        self.assertEqual((parts[None]["order"], parts[None]["kind"], parts[None]["name"]),
                         ("SO-3", "trial", "Harbour Works"))
        sold = parts["licenses"]
        self.assertEqual((sold["license_id"], sold["sold"], sold["how"], sold["detail"]),
                         ("LIC-3", True, "handed-over", "to them by courier"))
        self.assertTrue(sold["first_activated"])
        self.assertEqual(parts["entitlements"]["features"], "mqtt-server")
        (term,) = [row for row in self.records("order", "show", "SO-1") if row.get("part") == "terms"]
        self.assertEqual((term["feature"], term["kind"], term["years"], term["from_on"], term["until_on"]),
                         ("support", "bought", 1, "2026-01-10", "2027-01-10"))
        (granted,) = [row for row in self.records("order", "show", "SO-1")
                      if row.get("part") == "entitlements"]
        self.assertEqual(granted["features"], "mqtt-server; snowflake-bridge=5000; support=2027-01-10")
        self.assertIn("features: mqtt-server, snowflake-bridge limit 5000, support until 2027-01-10",
                      house.issuer("license", "show", "LIC-1"))

        # Nobody waits for the key of a license that has ended.
        self.add("--id", "LIC-4", order="SO-4", new=False, customer="CU-1")
        self.assertEqual(self.undelivered(), ["LIC-1", "LIC-2", "LIC-4"])
        self.assertIn("not-delivered", house.issuer("license", "show", "LIC-4"))
        house.by("olga", "license", "end", "LIC-4", "--cancel", "--order", "CN-4", "--reason", "a slip")
        self.assertEqual(self.undelivered(), ["LIC-1", "LIC-2"])
        self.assertNotIn("not-delivered", house.issuer("license", "show", "LIC-4"))
        (order,) = [row for row in self.records("order", "list") if row["order"] == "SO-4"]
        self.assertEqual((order["licenses"], order["undelivered"]), (1, 0))
        (state,) = [row for row in self.records("order", "show", "CN-4") if row.get("part") == "states"]
        self.assertEqual((state["license_id"], state["state"], state["reason"]),
                         ("LIC-4", "ended", "a slip"))

        # What an upgrade has changed is its order's too.
        house.by("olga", "license", "upgrade", "LIC-1", "--activations", "9", "--order", "SO-2")
        shown = [row for row in self.records("order", "show", "SO-2") if "part" in row]
        self.assertEqual([(row["license_id"], row["sold"]) for row in shown
                          if row["part"] == "licenses"], [("LIC-1", False), ("LIC-2", True)])
        self.assertEqual([(row["license_id"], row["version"]) for row in shown
                          if row["part"] == "entitlements"], [("LIC-1", 2), ("LIC-2", 1)])

    def test_the_catalogue(self):
        house = self.house
        before = self.records("feature", "list")
        self.assertEqual([row["code"] for row in before], ["mqtt-server", "snowflake-bridge", "support"])
        add = ("feature", "add", "historian", "--name", "Data historian", "--kind", "term")
        self.refused(*add, by="ada", says='may not use "feature add"')
        for words, says, code in ((("feature", "add", "Big", "--name", "x", "--kind", "term"), "no code", 1),
                                  (("feature", "add", "support", "--name", "x", "--kind", "term"),
                                   "in the catalogue already", 1),
                                  ((*add, "--product", "carriage"), "no product", 1),
                                  (("feature", "add", "x", "--name", "x", "--kind", "once"), "--kind", 2)):
            self.refused(*words, says=says, code=code)
        house.by("olga", *add)
        self.assertEqual(len(self.records("feature", "list")), len(before) + 1)
        self.assertEqual(house.query("select detail ->> 'code' from event where kind = 'feature-added'"),
                         [("historian",)])
        _, license = self.add("--feature", "historian=2027-01-01", "--feature", "snowflake-bridge=50000")
        server = house.server(host="plant-1")
        house.take(mail(ANA, ask(server, license)))
        page = server.install(house.usage_license("UL-00000001").encode())
        self.assertEqual([(f["code"], f["kind"], f.get("limit")) for f in page["features"]],
                         [("historian", "term", None), ("mqtt-server", "perpetual", None),
                          ("snowflake-bridge", "metered", 50000)])


if __name__ == "__main__":
    main()
