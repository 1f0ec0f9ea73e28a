#!/usr/bin/python3
"""The commands that read the records: what they show, and what they say of what is not there.

  reading.py ISSUER [TEST…]          within tests/with-postgres"""
import json

from scenario import Reading, armor, ask, main, mail, write
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
        # The request that came again was given a number before it was known for what it is.
        ((void,),) = self.house.query("select serial from serial_void")
        self.refused("usage-license", "show", str(void), says="its number is void")

    def test_wrong_words(self):
        self.house.environment["ISSUER_DATABASE"] = NO_DATABASE
        for typed in ("UL-", "LIC-1", "0", "-1x", "4 2", ""):
            self.refused("usage-license", "show", "--", typed, says="is no serial", code=2)
        self.refused("usage-license", "show", says="SERIAL is missing", code=2)
        self.refused("usage-license", "show", "1", "2", says="one argument too many", code=2)
        self.house.issuer("usage-license", "show", "1", "--armored", "--json", code=2)
        self.assertIn("--armored prints the code alone", self.house.errors)

    def test_a_database_out_of_reach(self):
        self.house.environment["ISSUER_DATABASE"] = NO_DATABASE
        self.refused("usage-license", "show", "1", says="/nowhere", code=3)


if __name__ == "__main__":
    main()
