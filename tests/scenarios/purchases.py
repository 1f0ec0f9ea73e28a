#!/usr/bin/python3
"""`license import` of files as they come from spreadsheets: what is wrong is named by line and column,
all of it at once, and nothing is imported.

  purchases.py ISSUER [TEST…]          within tests/with-postgres"""
import csv
import io
import json
import os
import re

from scenario import Scenario, license_key, main, write

COLUMNS = ("license_id", "license_key", "customer", "contacts", "product", "features",
           "activations", "expires", "order_ref")
FURTHER = ("customer_ref", "order_date", "order_kind", "servers")


def row(number, **other):
    """A good row, but for what is given."""
    return {"license_id": f"LIC-{number}", "license_key": license_key(), "customer": f"Plant {number}",
            "contacts": f"ops@plant{number}.example", "product": "chariot", "features": "mqtt-server",
            "activations": "2", "expires": "", "order_ref": f"SO-{number}", **other}


def sheet(rows, columns=COLUMNS + FURTHER, **form):
    out = io.StringIO()
    writer = csv.writer(out, **form)
    writer.writerow(columns)
    writer.writerows([one.get(name, "") for name in columns] for one in rows)
    return out.getvalue().encode()


class Purchases(Scenario):
    def load(self, data, *options, code=0):
        """Imports a file; what was printed, a line each."""
        path = write(self.house.path("sheet.csv"), data)
        printed = self.house.issuer("license", "import", *options, path, code=code).splitlines()
        if code:
            self.assertEqual(self.house.errors.count("\n"), 1, self.house.errors)
            self.assertTrue(self.house.errors.startswith(f"issuer: {path}: "), self.house.errors)
        return printed

    def refused(self, data, *wanted):
        """Each wanted line is told, and no other; the records stay as they are."""
        before = self.house.digests()
        told = self.load(data, code=1)
        self.assertEqual(told[:1], ["PROBLEM"])
        self.assertEqual(len(told) - 1, len(wanted), "\n".join(told))
        for line, part in zip(told[1:], wanted):
            self.assertTrue(line.startswith(part), f"{line!r} is not {part!r}")
        self.assertIn(f": {len(wanted)} wrong rows; nothing was imported", self.house.errors)
        self.assertEqual(self.house.digests(), before)

    def refused_whole(self, data, says):
        before = self.house.digests()
        self.assertEqual(self.load(data, code=1), [])
        self.assertIn(says, self.house.errors)
        self.assertEqual(self.house.digests(), before)

    def test_finding_too_many_says_so(self):
        self.load(sheet([row(number) for number in range(200)]))
        for more, says in ((False, ""), (True, "issuer: There are more: say more of what you look"
                                               " for.\n")):
            if more:
                self.load(sheet([row(200)]))
            for face in ("--json", "--csv"):
                rows = self.house.issuer("license", "find", "plant", face).splitlines()
                self.assertEqual((len(rows) - (face == "--csv"), self.house.errors), (200, says))

    def test_every_wrong_row_is_named_at_once(self):
        self.load(sheet([row(90), row(91, order_kind="trial")]))
        same = license_key()
        self.refused(
            sheet([
                row(1),
                row(2, contacts="@gmail.com"),
                row(3, features="mqtt-server;teleporter"),
                row(4, expires="31.12.2030"),
                row(5, license_key="12345"),
                row(1, order_ref="SO-1b"),
                row(7, order_kind="cancellation"),
                row(8, order_kind="present"),
                row(9, activations="many"),
                row(10, customer="x" * 100000),
                row(11, product="carriage"),
                row(12, license_key=same), row(13, license_key=same),
                row(14, license_id="4711"),
                row(15, order_date="2026-02-29"),
                row(16, features="support"),
                row(17, license_key=""),
                row(18, order_ref="SO-90"),
                row(90),
                row(20, contacts="Ana <ana@plant.example>; @plant.example"),
                row(21, features="support=2030"),
                row(22, servers="0"),
                row(23, customer="evil\x1b[2Jname"),
                row(24, expires="2031-01-31"),
            ]),
            "line 3: contacts: ", "line 4: features: teleporter", "line 5: expires: ",
            "line 6: license_key: ", "line 7: license_id: LIC-1 stands in line 2 too",
            "line 8: order_kind: cancellation", "line 9: order_kind: ", "line 10: activations: ",
            "line 11: customer: ", "line 12: product: carriage",
            "line 14: license_key: the same key stands in line 13 too", "line 15: license_id: ",
            "line 16: order_date: ", "line 17: features: support is sold by term",
            "line 18: license_key: empty, and LIC-17 is not on record",
            "line 19: order_ref: order SO-90 is on record with another customer",
            "line 20: license_key: is not the key of LIC-90",
            "line 21: contacts: ", "line 22: features: ", "line 23: servers: ", "line 24: customer: ")

    def test_what_no_file_changes(self):
        """Days that lie ahead, licenses that have ended, cancellations that add something."""
        self.house.hire("olga", "orders")
        sold = row(1, features="support=2028-03-31", expires="2028-03-31", servers="2")
        self.load(sheet([sold, row(2)]))
        self.house.by("olga", "license", "end", "LIC-2", "--cancel", "--order", "CN-2", "--reason", "r")

        def refused(*wanted, **other):
            before = self.house.digests()
            told = self.load(sheet([{**sold, "license_key": "", "order_ref": "SO-9", **other}]), "--update",
                             code=1)
            self.assertEqual(told[1:], [f"line 2: {line}" for line in wanted])
            self.assertEqual(self.house.digests(), before)
        refused("order_date: 2099-01-01 lies ahead", order_date="2099-01-01", activations="3")
        grows = "{}: a cancellation adds nothing: what grows needs an order of its own".format
        cancels = {"order_kind": "cancellation"}
        refused(grows("activations"), **cancels, activations="3")
        refused(grows("servers"), **cancels, servers="3")
        refused(grows("expires"), **cancels, expires="")
        refused(grows("features"), **cancels, features="support=2028-04-01")
        refused(grows("features"), **cancels, features="support=2028-03-31;mqtt-server")
        ended = {**row(2), "license_key": "", "order_ref": "SO-9"}
        refused("license_id: LIC-2 has ended: nothing is added to it", **{**ended, "activations": "3"})
        self.house.query("insert into product (code, name) values ('carriage', 'Carriage')")
        self.house.by("olga", "feature", "add", "wheels", "--product", "carriage", "--name", "Wheels", "--kind",
                      "perpetual")
        refused("product: LIC-1 is a license of chariot, and stays one: `issuer license add` records another,"
                " `issuer license end --replaced-by` ends this one", product="carriage", features="wheels")
        self.load(sheet([{**sold, "license_key": "", "order_ref": "CN-1", **cancels,
                          "features": "support=2027-03-31", "activations": "1"}]), "--update")
        self.assertEqual(self.house.query(
            "select e.activations, f.until_on::text from entitlement e join entitlement_feature f"
            " using (license_id, version) where e.license_id = 1 and e.version = 2"), [(1, "2027-03-31")])

    def test_another_spelling_is_no_other_order_or_customer(self):
        self.load(sheet([row(1, order_ref="SO-Ä1", customer="Zürich Wasser"),
                         row(2, customer_ref="K-Ö"), row(3, customer="Nord")]))
        self.refused(
            sheet([row(11, order_ref="so-ä1", customer="Zürich Wasser"),
                   row(12, customer="ZÜRICH WASSER"),
                   row(13, customer_ref="k-ö"),
                   row(14, order_ref="SO-14"), row(15, order_ref="So-14", customer="Plant 14"),
                   row(16, customer="ΑΘΗΝΑ"), row(17, customer="Αθηνα"),
                   row(18, customer_ref="n-1"), row(19, customer_ref="N-1"),
                   row(20, order_ref="SO-NEW", customer="NORD")]),
            "line 2: order_ref: so-ä1 is SO-Ä1 on record: write it so",
            "line 3: customer: ZÜRICH WASSER is Zürich Wasser on record: write it so; another customer of that"
            " name has a customer_ref",
            "line 4: customer_ref: k-ö is K-Ö on record: write it so",
            "line 6: order_ref: So-14 is SO-14 in line 5: write it so",
            "line 8: customer: Αθηνα is ΑΘΗΝΑ in line 7: write it so",
            "line 10: customer_ref: N-1 is n-1 in line 9: write it so",
            "line 11: customer: NORD is Nord on record: write it so")
        # What is named as it stands there, or is told apart by a reference, is neither.
        self.load(sheet([row(21, order_ref="SO-Ä1", customer="Zürich Wasser"),
                         row(22, customer="ZÜRICH WASSER", customer_ref="K-22")]))
        # A row that was imported before counts as it was; its name may be written otherwise from now on.
        self.load(sheet([row(3, license_key="", customer="NORD", order_ref="SO-3")]), "--update")
        told = self.load(sheet([row(3, license_key="", customer="NORD", order_ref="so-3", activations="5")]),
                         "--update", code=1)
        self.assertEqual(told[1:], ["line 2: order_ref: so-3 is SO-3 on record: write it so"])

    def test_the_limit_of_a_metered_feature_comes_by_hand(self):
        """A file has no place for it, and leaves it as it is."""
        house = self.house
        house.hire("olga", "orders")
        sold = row(1, features="mqtt-server;snowflake-bridge")
        (told,) = self.load(sheet([sold, row(2)]), "--json")
        self.assertEqual(json.loads(told)["unlimited"], 1)

        def limit():
            return house.query("select quantity from entitlement_feature where code = 'snowflake-bridge'"
                               " order by version desc limit 1")[0][0]
        house.by("olga", "license", "upgrade", "LIC-1", "--add-feature", "snowflake-bridge=5000", "--order", "SO-9")
        self.assertEqual(limit(), 5000)
        again = {**sold, "license_key": ""}
        (told,) = self.load(sheet([again]), "--json")
        self.assertEqual((json.loads(told)["same"], json.loads(told)["unlimited"]), (1, 0))
        printed = self.load(sheet([{**again, "activations": "3", "order_ref": "SO-10"}]), "--update")
        self.assertNotIn("metered", "\n".join(printed))
        self.assertEqual(limit(), 5000)
        house.by("olga", "license", "correct", "LIC-1", "--set-feature", "snowflake-bridge=500", "--order", "C-1",
                 "--reason", "a slip")
        self.assertEqual(limit(), 500)
        printed = self.load(sheet([row(3, features="snowflake-bridge")]))
        self.assertIn("--add-feature CODE=LIMIT", "\n".join(printed))

    def test_a_key_in_a_wrong_column_is_not_shown(self):
        key = license_key()
        self.refused(sheet([row(1, license_key="ops@plant1.example", contacts=key)]),
                     "line 2: contacts: holds what reads as a license key")
        told = self.load(sheet([row(1, contacts=key)]), code=1)
        self.assertNotIn(key[:11], "\n".join(told) + self.house.errors)
        wrong = [(column, form) for column in COLUMNS + FURTHER if column != "license_key"
                 for form in (key, f"LIC-{key}", f"{key.lower()}@plant1.example", f"x {key.replace('-', '')} y")]
        self.refused(sheet([row(line, **{column: form}) for line, (column, form) in enumerate(wrong, 2)]),
                     *(f"line {line}: {column}: holds what reads as a license key"
                       for line, (column, _) in enumerate(wrong, 2)))
        self.refused_whole(sheet([], columns=(*COLUMNS, key)), "line 1: the column \"*****-")
        self.assertNotIn(key[:11], self.house.errors)

    def test_columns(self):
        self.refused_whole(b"", "the file is empty")
        self.refused_whole(b"\n\r\n", "the file is empty")
        self.refused_whole(sheet([], COLUMNS[:-1]), 'line 1: the column "order_ref" is missing')
        self.refused_whole(sheet([], (*COLUMNS, "colour")), 'line 1: the column "colour" is not known')
        self.refused_whole(sheet([], (*COLUMNS, "customer")), 'the column "customer" stands there twice')
        self.refused_whole(sheet([row(1)], COLUMNS, delimiter=";"), "separate the columns by commas")
        self.refused_whole(sheet([row(1)]).decode().encode("utf-16"), "UTF-16")
        self.refused_whole(b"PK\x03\x04" + bytes(400), "a zero byte; is this a spreadsheet file")
        self.refused_whole(sheet([], (*COLUMNS, "", "servers")), 'the column "" is not known')
        self.refused(sheet([row(1), row(2), row(3)], COLUMNS).replace(
            b"SO-3", b"SO-3,,paid").replace(b"order_ref", b"order_ref,,"),
            "line 4: the row has 11 fields, the header 9")
        short = sheet([row(1), row(2)], COLUMNS).decode().splitlines()
        short[2] = short[2].rpartition(",")[0]
        self.refused("\n".join(short).encode(), "line 3: the row has 8 fields, the header 9")
        self.assertEqual(self.load(sheet([]))[0].split(), ["rows:", "0"])

    def test_forms_that_spreadsheets_write(self):
        """All of these are the same file."""
        rows = [row(1, customer='Plant "One", Ltd.', order_date="2026-01-05"),
                row(2, customer="Nørd & Søn", order_date="2026-01-05")]
        plain = sheet(rows, lineterminator="\n")
        self.load(plain)
        before = self.house.digests()
        for data in (plain.replace(b"\n", b"\r\n"), b"\xef\xbb\xbf" + plain, plain.rstrip(b"\n"),
                     sheet(rows, quoting=csv.QUOTE_ALL), plain.replace(b"\n", b"\n\n"),
                     plain.replace(b"\n", b",,\n"), plain.replace(b"\n", b",, \n", 1),
                     plain.rstrip(b"\n").replace(b"\n", b",\n"), plain + 3 * (b"," * 12 + b"\n"),
                     sheet(rows, tuple(reversed(COLUMNS + FURTHER)))):
            self.load(data)
            self.assertEqual(self.house.digests(), before)

    def test_text_that_is_no_csv_or_no_utf_8(self):
        rows = [row(1), row(2, customer="Nørd"), row(3), row(4, contacts="ø@plant.example")]
        self.refused(sheet(rows).decode().encode("latin-1"), "line 3: customer: is not UTF-8",
                     "line 5: contacts: is not UTF-8")
        lines = sheet([row(1), row(2, activations="x"), row(3), row(4)]).split(b"\r\n")
        lines[3] = lines[3].replace(b"Plant", b'"Plant', 1)
        self.refused(b"\r\n".join(lines), "line 3: activations: ", "line 6, character 1: the file ends "
                     "within quotes (the row begins on line 4)")
        lines[3] = lines[3].replace(b'"Plant', b'"Plant"x', 1)
        self.refused(b"\r\n".join(lines), "line 3: activations: ", "line 4, character ")
        self.refused(sheet([row(1), row(2)], lineterminator="\r").replace(b"\r", b"\r\n", 1),
                     "line 2, character ")

    def test_what_a_file_brings_is_delivered_and_its_ledger_goes_on(self):
        house = self.house
        today = "2026-03-05"
        house.environment["ISSUER_NOW"] = "1772712000"  # 2026-03-05 12:00 UTC
        one = row(1, features="mqtt-server;support=2027-03-31", order_date="2026-01-05")
        self.load(sheet([one, row(2)]))
        self.assertEqual(house.issuer("--json", "license", "find", "--undelivered"), "")
        # People are told that a list is empty; programs get no line that is no row.
        for words, says in ((("license", "find", "--undelivered"), "Nothing is on this list."),
                            (("license", "find", "nobody-has-this"), "Nothing is found: "),
                            (("order", "list", "--from", "2999-01-01"), "Nothing is on this list."),
                            (("customer", "list", "nobody-has-this"), "Nothing is on this list."),
                            (("message", "list"), "Nothing is on this list."),
                            (("quarantine", "list"), "Nothing is on this list."),
                            (("instruction", "list"), "Nothing is on this list."),
                            (("alert", "list"), "Nothing is on this list."),
                            (("restoration", "list"), "Nothing is on this list.")):
            self.assertIn(says, house.issuer(*words).splitlines()[-1], words)
            self.assertEqual(house.issuer(*words, "--json"), "", words)
            self.assertEqual(house.issuer(*words, "--csv").count("\n"), 1, words)
        self.assertEqual(house.query("select how, delivered_on::text, count(*) from key_delivery"
                                     " group by 1, 2"), [("import", today, 2)])
        for features, order in (("mqtt-server;support=2028-03-31", "SO-1b"), ("mqtt-server", "SO-1c"),
                                ("mqtt-server;snowflake-bridge", "SO-1d")):
            changed = {**one, "license_key": "", "features": features, "order_ref": order}
            self.load(sheet([changed]), "--update")
            self.load(sheet([changed]), "--update")
        self.assertEqual(house.query(
            "select t.version, t.kind::text, t.until_on::text, o.reference::text from term_entry t"
            " join orders o on o.id = t.order_id order by t.version"),
            [(1, "set", "2027-03-31", "SO-1"), (2, "set", "2028-03-31", "SO-1b"), (3, "set", None, "SO-1c")])
        self.assertEqual(house.query("select count(*) from key_delivery"), [(2,)])

    def test_no_table_is_read_whole_for_each_row(self):
        """Else a file of 100,000 rows that changes all of them takes hours."""
        rows = [row(number, features="mqtt-server;support=2027-03-31", order_date="2026-01-05")
                for number in range(1000)]
        self.load(sheet(rows))
        log = os.path.join(os.environ["PGHOST"], "log")
        size = os.path.getsize(log)
        self.house.environment["PGOPTIONS"] = " ".join("-c " + setting for setting in (
            "session_preload_libraries=auto_explain", "auto_explain.log_min_duration=0",
            "auto_explain.log_nested_statements=on", "auto_explain.log_analyze=on",
            "auto_explain.log_timing=off"))
        self.load(sheet([{**one, "activations": "3", "features": "mqtt-server;support=2028-03-31",
                          "order_ref": one["order_ref"] + "b"} for one in rows]), "--update")
        with open(log, encoding="utf-8", errors="replace") as stream:
            stream.seek(size)
            plans = stream.read()
        self.assertIn("Seq Scan on stage s", plans)
        self.assertEqual([line.strip() for line in re.findall(r"Seq Scan on .*loops=\d{3,}\)", plans)], [])

    def test_weak_keys_are_marked(self):
        """Keys sold before are what they are."""
        printed = self.load(sheet([row(1, license_key="ABCDEFGH00000001"), row(2)]), "--json")
        self.assertIn('"weak_keys":1', printed[0].replace(" ", ""))
        shown = {number: self.house.issuer("--json", "license", "show", f"LIC-{number}")
                 for number in (1, 2)}
        self.assertIn("weak", shown[1])
        self.assertNotIn('"weak":true', shown[2].replace(" ", ""))

    def test_a_thousand_wrong_rows(self):
        told = self.load(sheet(row(number, activations="x") for number in range(1200)), code=1)
        self.assertEqual(len(told), 1001)
        self.assertIn("1200 wrong rows, not all of them listed; nothing was imported",
                      self.house.errors)


if __name__ == "__main__":
    main()
