#!/usr/bin/python3
"""`issuer verify`: whatever a person may hand over as a usage license, and what is said of it.

  verify.py ISSUER [TEST…]          within tests/with-postgres"""
import base64
import glob
import json
import os
import quopri
import time

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from scenario import OWN, Reading, armor, ask, dated_mail, mail, main, mbox, write
from chariot_codes import b64u, b64u_read, public_bytes, short_form, thumbprint
from small_issuer import Authority, change

ANA = "ana@northwind.example"


def read(path):
    with open(path, "rb") as stream:
        return stream.read()


class OurKeys(Authority):
    """The house's own keys, in hands that write no records."""

    def __init__(self, keys):  # pylint: disable=super-init-not-called
        self.root_key = load_pem_private_key(read(os.path.join(keys, "roots", "root-1.key.pem")), None)
        self.root = x509.load_pem_x509_certificate(read(os.path.join(keys, "anchors.pem")))
        (key,) = glob.glob(os.path.join(keys, "signing", "*.key.pem"))
        self.key = load_pem_private_key(read(key), None)
        self.certificate = x509.load_pem_x509_certificate(
            read(key.replace(".key.pem", ".cert.pem")))


class Verify(Reading):
    @classmethod
    def fill(cls):
        cls.license = cls.house.sell("LIC-1", contact=ANA, activations=3, expires="2099-12-31")
        cls.server = cls.house.server(host="plant-4")
        cls.house.take(mail(ANA, ask(cls.server, cls.license)))
        cls.jws = cls.house.usage_license("UL-00000001")
        cls.claims = cls.server.install(cls.jws.encode())
        cls.now = int(time.time())

    def file(self, content, name="license.txt"):
        data = content.encode() if isinstance(content, str) else content
        return write(self.house.path("shown", name), data)

    def verify(self, content, *options, code=0, name="license.txt"):
        """What is said of one usage license; `self.house.errors` has what people read besides."""
        output = self.house.issuer("verify", "--json", *options, self.file(content, name), code=code)
        lines = output.splitlines()
        self.assertEqual(len(lines), 1, output)
        return json.loads(lines[0])

    def not_good(self, content, why, *options):
        said = self.verify(content, *options, code=1)
        self.assertEqual(said["verdict"], "not good")
        self.assertIn(why, said["why"])
        self.one_line(said["why"])
        self.assertIn("license.txt", self.house.errors)
        return said

    def other_license(self, authority, **changes):
        """A usage license for the server's request, by whoever has these keys."""
        return authority.issue(self.server.request(self.license.key),
                               **{"iat": self.now, "serial": "UL-00000777", **changes})

    # ---- good ones ----

    def test_what_we_have_issued_is_good(self):
        said = self.verify(self.jws)
        self.assertEqual((said["verdict"], said["why"], said["state"]), ("good", None, "active"))
        self.assertEqual(said["serial"], "UL-00000001")
        self.assertEqual(said["grant"], "regular")
        self.assertEqual(said["license_id"], "LIC-1")
        self.assertEqual(said["customer"], "Northwind Water")
        self.assertEqual(said["host"], "plant-4")
        self.assertEqual(said["features"],
                         [{"code": "mqtt-server", "kind": "perpetual", "until": None, "limit": None}])
        self.assertEqual(said["expires_at"], "2100-01-01T12:00:00Z")
        self.assertEqual((said["use"], said["activations"]), (1, 3))
        self.assertEqual(said["supersedes"], [])
        self.assertEqual(said["request"], short_form(b64u_read(self.claims["request"], 32)))

    def test_for_people(self):
        said = self.house.issuer("verify", self.file(armor("G", self.jws)))
        lines = said.splitlines()
        self.assertEqual(lines[0], "verdict: good")
        self.assertIn("features: mqtt-server", lines)
        self.assertIn("expires at: through 2099-12-31", lines)
        self.assertIn("customer: Northwind Water", lines)
        self.assertEqual(self.house.errors, "")

    def test_on_standard_input(self):
        output = self.house.issuer("verify", "--json", "-", data=armor("G", self.jws).encode())
        self.assertEqual(json.loads(output)["verdict"], "good")

    def test_what_replaced_it_names_it(self):
        other = self.copy_of(self.house)
        other.take(mail(ANA, ask(self.server, self.license)))
        self.house.environment = other.environment
        said = self.verify(other.usage_license("UL-00000002"))
        self.assertEqual((said["state"], said["supersedes"]), ("active", ["UL-00000001"]))
        self.assertEqual(self.verify(self.jws)["state"], "superseded")

    def test_past_its_expiry_it_is_still_ours(self):
        self.house.environment["ISSUER_NOW"] = "4102500000"  # 2100-01-02
        said = self.verify(self.jws)
        self.assertEqual(said["verdict"], "good")
        self.assertEqual(said["why"], "it has been past its expiry since 2100-01-01 12:00 UTC")

    # ---- however it was saved ----

    def test_saved_with_the_mail_around_it(self):
        code = armor("G", self.jws)
        quoted = "".join("> " + line + "\r\n" for line in code.splitlines())
        head = f"From: {OWN}\r\nTo: {ANA}\r\nSubject: Re: Offline activation\r\n" \
               "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        saved = {
            "quoted": dated_mail(ANA, quoted, 7),
            "printable": (head + "Content-Transfer-Encoding: quoted-printable\r\n\r\n").encode()
                         + quopri.encodestring(code.encode()),
            "base64": (head + "Content-Type: application/octet-stream; name=x.txt\r\n"
                       "Content-Transfer-Encoding: base64\r\n\r\n").encode()
                      + base64.encodebytes(code.encode()),
            "mailbox": mbox([dated_mail(ANA, "Nothing here.\n", 8),
                             (head + "Content-Transfer-Encoding: base64\r\n\r\n").encode()
                             + base64.encodebytes(code.encode())]),
            "utf-16": ("\ufeff" + code).encode("utf-16-le"),
            "wrapped": "\n".join(self.jws[i:i + 72] for i in range(0, len(self.jws), 72)).encode(),
        }
        for name, content in saved.items():
            with self.subTest(name):
                self.assertEqual(self.verify(content, name=name)["verdict"], "good")
        # Standard input is a pipe and is read once.
        output = self.house.issuer("verify", "--json", "-", data=saved["base64"])
        self.assertEqual(json.loads(output)["verdict"], "good")

    def test_several_in_one_file(self):
        forged = change(self.jws, b"Northwind Water", b"Southwind Water")
        path = self.file(armor("G", self.jws) + "\n" + armor("G", forged))
        output = self.house.issuer("verify", "--json", path, code=1)
        self.assertEqual([json.loads(line)["verdict"] for line in output.splitlines()],
                         ["good", "not good"])
        self.one_line("1 of its 2 usage licenses")

    # ---- the database's part ----

    def test_offline(self):
        self.house.environment["ISSUER_DATABASE"] = "host=/nowhere dbname=x connect_timeout=2"
        said = self.verify(self.jws, "--offline")
        self.assertEqual((said["verdict"], said["why"], said["state"]),
                         ("good, database not asked", "--offline was given", None))

    def test_a_database_out_of_reach_says_nothing_about_the_license(self):
        self.house.environment["ISSUER_DATABASE"] = "host=/nowhere dbname=x connect_timeout=2"
        said = self.verify(self.jws)
        self.assertEqual(said["verdict"], "good, database not asked")
        self.assertIn("/nowhere", said["why"])

    def test_signed_with_our_key_and_not_on_record(self):
        jws = self.other_license(OurKeys(self.house.keys))
        said = self.verify(jws, code=1)
        self.assertEqual((said["verdict"], said["why"]),
                         ("good, NOT ON RECORD", "no usage license UL-00000777 is on record"))
        self.one_line("tell an admin")
        self.assertEqual(self.verify(jws, "--offline")["verdict"], "good, database not asked")

    def test_our_serial_with_other_bytes(self):
        jws = self.other_license(OurKeys(self.house.keys), serial="UL-00000001")
        said = self.verify(jws, code=1)
        self.assertEqual((said["verdict"], said["why"], said["state"]), (
            "good, NOT ON RECORD", "the usage license UL-00000001 on record has other bytes", None))

    # ---- not good ----

    def test_changed_after_it_was_signed(self):
        forged = change(self.jws, b"Northwind Water", b"Southwind Water")
        for content in (forged, armor("G", forged)):
            said = self.not_good(content, "the signature does not hold")
            self.assertEqual(said["customer"], "Southwind Water")
            self.assertIsNone(said["state"])

    def test_from_another_root(self):
        self.not_good(self.other_license(Authority(), iat=1790000000), "root")

    def test_the_roots_of_another_house(self):
        path = self.file(Authority().anchors(), "theirs.pem")
        self.not_good(self.jws, "root", "--anchors", path)
        ours = os.path.join(self.house.keys, "anchors.pem")
        self.assertEqual(self.verify(self.jws, "--anchors", ours)["verdict"], "good")

    def test_signed_when_the_certificate_was_not_valid(self):
        keys = OurKeys(self.house.keys)
        self.not_good(self.other_license(keys, iat=self.now - 40 * 86400), "valid")
        self.not_good(self.other_license(keys, iat=self.now + 800 * 86400), "valid")

    def test_a_revoked_key(self):
        keys = OurKeys(self.house.keys)
        denied = keys.deny([keys.kid()], iat=self.now)
        folder = self.house.path("keys-with-list")
        os.makedirs(folder, mode=0o700)
        for name, data in (("anchors.pem", read(os.path.join(self.house.keys, "anchors.pem"))),
                           ("denied.jws", denied.encode())):
            write(os.path.join(folder, name), data)
        listed = self.file(denied, "denied.jws")
        self.not_good(self.jws, "is revoked", "--denied", listed)
        self.house.environment["ISSUER_KEY_FOLDER"] = folder
        self.not_good(self.jws, "is revoked")
        other = keys.deny([b64u(thumbprint(public_bytes(Authority().key)))], iat=self.now)
        self.assertEqual(self.verify(self.jws, "--denied", self.file(other, "other.jws"))["verdict"],
                         "good")

    def test_a_denied_list_that_nobody_signed_is_not_believed(self):
        listed = self.file(Authority().deny([OurKeys(self.house.keys).kid()]), "denied.jws")
        self.refused("verify", "--denied", listed, self.file(self.jws),
                     says="none of the trusted roots signed it")

    def test_another_algorithm(self):
        keys = OurKeys(self.house.keys)
        for name, value in (("alg", "none"), ("alg", "HS256"), ("kid", "A" * 43)):
            header = {**keys.header(), name: value}
            self.not_good(self.other_license(keys, header=header), name)

    def test_damaged(self):
        code = armor("G", self.jws)
        lines = code.splitlines(True)
        without = "".join(lines[:5] + lines[7:])
        cut = "".join(lines[:20])
        wrong = "".join(lines[:3] + [lines[3][:10] + "0000000000" + lines[3][20:]] + lines[4:])
        for content, problem in ((without, "lines 5 to 6 are missing"), (cut, "the end is missing"),
                                 (wrong, "line 3 is wrong"),
                                 (self.jws[:1000], "the end is missing")):
            said = self.not_good(content, f"the code is damaged: {problem}")
            self.assertIsNone(said["serial"])
            self.one_line("copy all of it again")
        self.assertEqual(self.house.issuer("verify", self.file(cut), code=1), "")

    # ---- nothing to judge ----

    def test_no_usage_license(self):
        none = "license.txt holds no usage license; give the file that came with the reply"
        for content, says in (
                ("", "license.txt is empty"), ("Good morning,\nwhere is it?\n", none),
                (b"\x00\xff" * 5000, none), (dated_mail(ANA, "Nothing here.\n", 9), none),
                (ask(self.server, self.license), "holds other codes, but no usage license")):
            self.refused("verify", self.file(content), says=says)
        self.refused("verify", "-", says="standard input is empty")

    def test_what_is_not_there(self):
        path = self.file(self.jws)
        self.refused("verify", self.house.path("nowhere.txt"), says="nowhere.txt: No such file")
        self.refused("verify", self.house.folder, says="Is a directory")
        self.refused("verify", "--anchors", "/nowhere.pem", path, says="/nowhere.pem")
        self.refused("verify", "--denied", "/nowhere.jws", path, says="/nowhere.jws")
        self.house.environment["ISSUER_KEY_FOLDER"] = "/nowhere"
        self.refused("verify", path, says="name a file of them with --anchors")

    def test_too_large(self):
        self.refused("verify", self.file(b"x" * (33 << 20), "large.txt"),
                     says="large.txt is too large")

    def test_wrong_usage(self):
        for words in ((), ("a", "b"), ("--nonsense", "a"), ("--anchors",), ("--anchors", "", "a")):
            self.refused("verify", *words, says="issuer verify --help", code=2)


if __name__ == "__main__":
    main()
