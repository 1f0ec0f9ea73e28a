#!/usr/bin/python3
"""The commands that read the records: what they show, and what they say of what is not there.

  reading.py ISSUER [TEST…]          within tests/with-postgres"""
import csv
import io
import json

from scenario import (License, Reading, armor, ask, dated_mail, license_key, main, mail, mbox,
                      write)
from chariot_codes import b64u_read, short_form

ANA = "ana@northwind.example"
NO_DATABASE = "host=/nowhere dbname=x connect_timeout=2"


class Shown(Reading):
    def show(self, *words):
        """The object of the thing itself, and a list of objects for each of its parts."""
        objects = [json.loads(line) for line in self.house.issuer(*words, "--json").splitlines()]
        parts = {}
        for item in objects[1:]:
            parts.setdefault(item.pop("part"), []).append(item)
        return objects[0], parts


class UsageLicense(Shown):
    @classmethod
    def fill(cls):
        cls.license = cls.house.sell("LIC-1", contact=ANA, activations=2, expires="2099-12-31")
        cls.server = cls.house.server(host="plant-4")
        cls.code = ask(cls.server, cls.license)
        for code in (cls.code, cls.code, ask(cls.server, cls.license)):
            cls.house.take(mail(ANA, code))
        cls.serials, cls.bytes = zip(*(
            (f"UL-{serial:08}", jws) for serial, jws in
            cls.house.query("select serial, jws from usage_license order by serial")))
        # A run that was ended midway has drawn a number and not used it.
        cls.house.query("with b as (insert into serial_block (first, last, holder, closed_at)"
                        " select max(last) + 1, max(last) + 1, 0, now() from serial_block"
                        " returning id, first) insert into serial_void (serial, block_id)"
                        " select first, id from b")

    def test_shown_for_programs(self):
        shown, parts = self.show("usage-license", "show", self.serials[0])
        self.assertEqual(shown["serial"], self.serials[0])
        self.assertEqual((shown["state"], shown["ended_by"]), ("superseded", "superseded"))
        self.assertEqual((shown["superseded_by"], shown["supersedes"]), ([self.serials[1]], []))
        self.assertEqual((shown["counted"], shown["origin"], shown["server"]), (False, "taken", 1))
        self.assertEqual((shown["license_id"], shown["host"]), ("LIC-1", "plant-4"))
        self.assertEqual((shown["rule"], shown["code"], shown["operator"]), (18, "issued", None))
        self.assertEqual(shown["purpose"], "activate")
        self.assertTrue(shown["key_development"])
        self.assertIsNone(shown["key_revoked_at"])
        self.assertEqual(shown["jws"], self.bytes[0])
        self.assertEqual([(d["outcome"], d["rule"], d["serial"], d["token"])
                          for d in parts["decisions"]],
                         [("issued", 18, self.serials[0], shown["request"]),
                          ("resent", 10, self.serials[0], shown["request"])])
        self.assertEqual(shown["decision"], parts["decisions"][0]["decision"])
        self.assertEqual(shown["message"], parts["decisions"][0]["message"])

    def test_the_one_that_stands(self):
        shown, _ = self.show("usage-license", "show", self.serials[1])
        claims = self.server.install(self.bytes[1].encode())
        self.assertEqual((shown["state"], shown["superseded_by"]), ("active", []))
        self.assertEqual((shown["supersedes"], shown["continues"]),
                         ([self.serials[0]], self.serials[0]))
        self.assertEqual(shown["request"], short_form(b64u_read(claims["request"], 32)))

    def test_shown_for_people(self):
        lines = self.house.issuer("usage-license", "show", "ul-1").splitlines()
        self.assertEqual(lines[0], "serial: UL-00000001")
        for line in ("state: superseded", f"superseded by: {self.serials[1]}", "customer: Northwind Water",
                     "expires at: through 2099-12-31", "decisions:"):
            self.assertIn(line, lines)
        self.assertNotIn(self.bytes[0], "\n".join(lines))

    def test_a_serial_as_people_type_it(self):
        whole = self.house.issuer("usage-license", "show", "UL-00000001")
        for typed in ("ul-1", "1", "UL1", " ul 0001 "):
            self.assertEqual(self.house.issuer("usage-license", "show", typed), whole)

    def test_the_code_alone(self):
        printed = self.house.issuer("usage-license", "show", "1", "--armored")
        self.assertEqual(printed, armor("G", self.bytes[0]))
        path = write(self.house.path("kept.txt"), printed.encode())
        said = json.loads(self.house.issuer("verify", "--json", path))
        self.assertEqual(said["verdict"], "good")

    def test_not_on_record(self):
        self.refused("usage-license", "show", "777",
                     says="no usage license UL-00000777 is on record; `issuer license find`")
        ((void,),) = self.house.query("select serial from serial_void")
        self.refused("usage-license", "show", str(void), says="its number is void")

    def test_wrong_words(self):
        self.house.environment["ISSUER_DATABASE"] = NO_DATABASE
        for typed in ("UL-", "LIC-1", "0", "-1x", "4 2"):
            self.refused("usage-license", "show", "--", typed, says="is no serial", code=2)
        self.refused("usage-license", "show", "", says="SERIAL is empty", code=2)
        self.refused("usage-license", "show", says="SERIAL is missing", code=2)
        self.refused("usage-license", "show", "1", "2", says="one argument too many", code=2)
        self.house.issuer("usage-license", "show", "1", "--armored", "--json", code=2)
        self.assertIn("--armored prints the code alone", self.house.errors)

    def test_a_database_out_of_reach(self):
        self.house.environment["ISSUER_DATABASE"] = NO_DATABASE
        self.refused("usage-license", "show", "1", says="/nowhere", code=3)


class Messages(Shown):
    @classmethod
    def fill(cls):
        house = cls.house
        cls.license = house.sell("LIC-1", contact=ANA)
        stranger = License("LIC-2", license_key(), "eve@elsewhere.example")
        cls.key = license_key()
        hostile = dated_mail(ANA, "Hello\n\ndecisions:\nissued \x1b[31mUL-1\u202eevil\n", 9001)
        taken = [
            mail(ANA, ask(house.server(host="plant-4"), cls.license)),
            mail(stranger.contact, ask(house.server(), stranger)),
            hostile.replace(b"Subject: Offline activation",
                            "Subject: Pay \x1b[31mnow\u202e".encode()),
            dated_mail(ANA, f"Our key is {cls.key}\n", 9002),
            dated_mail(ANA, "What about LIC-1?\n", 9003),
            b"Auto-Submitted: auto-replied\n" + dated_mail(ANA, "I am away.\n", 9004),
            b"X-Note: this mail is too long\n" + dated_mail(ANA, "x" * (33 << 20), 9005)]
        house.ingest(write(house.path("inbox"), mbox(taken)), code=1)
        cls.ids = dict(house.query("select split_part(source, '#', 2)::int, id from message"))

    def list(self, *words):
        lines = self.house.issuer(*words, "--json").splitlines()
        return {item["id"]: item for item in map(json.loads, lines)}

    def id(self, number):
        """Of a mail by its place in the mailbox."""
        return self.ids[number]

    def test_what_waits_is_listed(self):
        waiting = self.list("message", "list")
        self.assertEqual(set(waiting), {self.id(n) for n in (2, 3, 4, 5, 7)})
        self.assertEqual(waiting, self.list("message", "list", "--waiting"))
        self.assertTrue(all(item["waits"] for item in waiting.values()))
        self.assertEqual({n: waiting[self.id(n)]["class"] for n in (2, 3, 4, 5, 7)},
                         {2: "request", 3: "unrecognised", 4: "unrecognised", 5: "about-license",
                          7: "quarantined"})
        stranger = waiting[self.id(2)]
        self.assertEqual((stranger["from"], stranger["why"], stranger["subject"]), (
            "eve@elsewhere.example", "the sender is no contact of any license",
            "Offline activation"))
        self.assertEqual([waiting[self.id(n)]["why"] for n in (3, 5)], [
            "no code and no License ID in its text", "it names a license, but has no code"])
        self.assertEqual(waiting[self.id(4)]["why"], "a ready answer, if a person agrees")
        self.assertIn("more than the 32 MiB", waiting[self.id(7)]["why"])
        self.assertTrue(waiting[self.id(7)]["source"].endswith("inbox#7"))
        self.assertRegex(stranger["day"], r"^20\d\d-\d\d-\d\d$")

    def test_all_are_listed(self):
        listed = self.list("message", "list", "--all")
        self.assertEqual(set(listed), set(self.ids.values()))
        self.assertEqual(list(listed), sorted(listed, reverse=True))
        self.assertEqual(len(self.list("message", "list", "--all", "--limit", "3")), 3)
        self.assertIn("say --limit", self.house.issuer("message", "list", "--all", "--limit", "3"))
        self.assertEqual((listed[self.id(1)]["class"], listed[self.id(1)]["waits"]),
                         ("request", False))
        self.assertEqual(listed[self.id(6)]["class"], "ignored")

    def test_lists_for_people_and_spreadsheets(self):
        table = self.house.issuer("message", "list", "--all").splitlines()
        self.assertEqual(table[0].split(), ["ID", "DAY", "CLASS", "FROM", "SUBJECT", "WHY", "WAITS",
                                            "READY", "SOURCE"])
        self.assertEqual(len(table), 1 + len(self.ids))
        rows = list(csv.DictReader(io.StringIO(self.house.issuer("message", "list", "--csv"))))
        self.assertEqual({int(row["id"]) for row in rows}, set(self.list("message", "list")))

    def test_a_request_with_what_became_of_it(self):
        shown, parts = self.show("message", "show", str(self.id(1)))
        self.assertEqual((shown["id"], shown["from"], shown["reply_to"]), (self.id(1), ANA, ANA))
        self.assertEqual((shown["class"], shown["waits"], shown["raw_kept"]),
                         ("request", False, True))
        self.assertTrue(shown["message_id"].endswith("@northwind.example"))
        self.assertIn("Good morning,", shown["body"])
        (decision,) = parts["decisions"]
        self.assertEqual((decision["outcome"], decision["code"], decision["serial"]),
                         ("issued", "issued", "UL-00000001"))
        self.assertRegex(decision["token"], r"^[0-9A-Z]{5}-[0-9A-Z]{5}$")
        (reply,) = parts["replies"]
        self.assertEqual((reply["recipient"], reply["state"], reply["decisions"]),
                         (ANA, "queued", [decision["decision"]]))

    def test_a_stranger_s_request(self):
        _, parts = self.show("message", "show", str(self.id(2)))
        self.assertEqual([(d["outcome"], d["code"]) for d in parts["decisions"]],
                         [("refused", "unknown-license")])
        self.assertEqual([(r["recipient"], r["state"]) for r in parts["replies"]],
                         [(None, "listed")])

    def test_a_mail_writes_no_lines_of_ours(self):
        printed = self.house.issuer("message", "show", str(self.id(3)))
        self.assertNotIn("\x1b", printed)
        self.assertNotIn("\u202e", printed)
        lines = printed.splitlines()
        self.assertIn("subject: Pay  [31mnow ", [line.rstrip("\n") for line in lines])
        self.assertIn("| decisions:", lines)
        self.assertEqual(lines.count("decisions:"), 1)  # ours, after the mail's text
        self.assertLess(lines.index("| decisions:"), lines.index("decisions:"))
        self.assertNotIn("\x1b", self.house.issuer("message", "list"))

    def test_a_license_key_is_masked(self):
        shown, parts = self.show("message", "show", str(self.id(4)))
        self.assertNotIn(self.key, shown["body"])
        self.assertIn(self.key[-4:], shown["body"])
        self.assertFalse(shown["raw_kept"])
        self.assertEqual([r["ready"] for r in parts["replies"]], ["key-instead-of-request"])

    def test_the_quarantine(self):
        listed = self.list("quarantine", "list")
        self.assertEqual(set(listed), {self.id(7)})
        self.assertEqual(listed, self.list("quarantine", "list", "--all"))
        shown, _ = self.show("quarantine", "show", str(self.id(7)))
        self.assertIn("more than the 32 MiB", shown["reason"])
        self.assertEqual((shown["reason"], shown["closed_at"]), (shown["why"], None))
        self.assertGreater(shown["size"], 33 << 20)
        self.assertGreater(shown["offset"], 0)
        self.assertFalse(shown["raw_kept"])
        lines = self.house.issuer("quarantine", "show", str(self.id(7))).splitlines()
        self.assertIn(f"offset: {shown['offset']}", lines)

    def test_not_on_record(self):
        self.refused("message", "show", "999999",
                     says="no message 999999 is on record; `issuer message list --all`")
        self.refused("quarantine", "show", "999999", says="no message 999999 is on record")
        number = str(self.id(1))
        self.refused("quarantine", "show", number,
                     says=f"message {number} is not in quarantine; `issuer message show {number}`")

    def test_wrong_words(self):
        self.house.environment["ISSUER_DATABASE"] = NO_DATABASE
        for command in ("message", "quarantine"):
            for typed in ("x", "0", "1x", "99999999999999999999"):
                self.refused(command, "show", typed, says="is no message's number", code=2)
            self.refused(command, "show", " ", says="ID is empty", code=2)
            self.refused(command, "show", says="ID is missing", code=2)
            self.refused(command, "list", "1", says="one argument too many", code=2)
            self.refused(command, "show", "1", says="/nowhere", code=3)
            self.refused(command, "list", says="/nowhere", code=3)
        self.refused("message", "list", "--all", "--waiting", says="exclude each other", code=2)
        self.refused("quarantine", "list", "--waiting", says="unknown option", code=2)


class Expiry(Shown):
    @classmethod
    def fill(cls):
        for number, expires in enumerate(("", "2031-03-31", "9999-12-31")):
            license = cls.house.sell(f"LIC-{number}", contact=ANA, expires=expires)
            cls.house.take(mail(ANA, ask(cls.house.server(), license)))
        cls.house.sell("LIC-3", contact=ANA, expires="2031-03-31")
        cls.house.query("insert into license_state_version (license_id, version, state, reason,"
                        " effective) select id, 1, 'suspended', 'unpaid', now() from license"
                        " where license_id = 'LIC-3'")

    def states(self, now=None):
        if now is not None:
            self.house.environment["ISSUER_NOW"] = str(now)
        found = [json.loads(line) for line in
                 self.house.issuer("license", "find", ANA, "--json").splitlines()]
        for one in found:
            shown, _ = self.show("license", "show", one["license_id"])
            self.assertEqual(shown["state"], one["state"])
            self.assertIn(f"state: {one['state']}\n",
                          self.house.issuer("license", "show", one["license_id"]))
        return [one["state"] for one in found]

    def test_a_license_past_its_expiry_is_expired(self):
        self.assertEqual(self.states(), ["current", "current", "current", "suspended"])
        over = 1932811200  # 2031-04-01 noon UTC: the day is over everywhere
        self.assertEqual(self.states(over - 1), ["current", "current", "current", "suspended"])
        self.assertEqual(self.states(over), ["current", "expired", "current", "suspended"])

    def test_the_last_day_is_not_for_ever(self):
        for serial, expires in (("1", None), ("2", "2031-04-01T12:00:00Z"),
                                ("3", "9999-12-31T23:59:59Z")):
            shown, _ = self.show("usage-license", "show", serial)
            self.assertEqual(shown["expires_at"], expires)
            _, parts = self.show("license", "show", shown["license_id"])
            self.assertEqual([one["expires_at"] for one in parts["usage_licenses"]], [expires])
        self.assertIn("through 9999-12-31", self.house.issuer("usage-license", "show", "3"))


class NothingThere(Shown):
    @classmethod
    def fill(cls):
        pass

    def test_an_empty_list_is_no_error(self):
        for command in ("message", "quarantine"):
            for words in ((), ("--all",)):
                self.assertEqual(self.house.issuer(command, "list", "--json", *words), "")
                self.assertEqual(self.house.issuer(command, "list", *words).splitlines()[1:],
                                 ["Nothing is on this list."])


class Rights(Shown):
    """Reading goes by the database's login: each group sees what is its work."""

    @classmethod
    def fill(cls):
        cls.license = cls.house.sell("LIC-1", contact=ANA)
        cls.house.take(mail(ANA, ask(cls.house.server(), cls.license)))
        cls.message = str(cls.house.query("select id from message")[0][0])
        cls.file = write(cls.house.path("license.txt"),
                         cls.house.usage_license("UL-00000001").encode())
        cls.dsn = cls.house.dsn

    def log_in(self, group):
        name = f"{self.house.environment['ISSUER_ROLE_PREFIX']}_{group}"
        self.house.environment["ISSUER_DATABASE"] = f"{self.dsn} options='-c role={name}'"

    def test_who_reads_what(self):
        usage_license = ("usage-license", "show", "1")
        license, find = ("license", "show", "LIC-1"), ("license", "find", "plant-4")
        message = ("message", "show", self.message)
        for group, reads, denied in (
                ("support", (license, find, usage_license, message, ("message", "list"), ("quarantine", "list")), ()),
                ("admin", (usage_license, message, ("message", "list", "--all")), ()),
                ("finance", (usage_license,), (message, ("message", "list"), ("quarantine", "list"))),
                ("orders", (license, find), (usage_license, message))):
            self.log_in(group)
            said = json.loads(self.house.issuer("verify", "--json", self.file))
            self.assertEqual(said["verdict"], "good", group)
            for words in reads:
                self.house.issuer(*words)
            for words in denied:
                self.house.issuer(*words, code=1)
                self.one_line("permission denied")


if __name__ == "__main__":
    main()
