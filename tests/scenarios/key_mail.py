#!/usr/bin/python3
"""License keys on their way by mail: through a real Postfix, over TLS, and to servers that refuse,
stall and vanish.

  key_mail.py ISSUER [TEST…]          within tests/with-postgres"""
import email
import email.policy
import json
import os
import re
import time

from mail_servers import Postfix, RudeServer, certificate
from scenario import OWN, License, main, mail, write
from selling import ANA, KEY, Selling

KEY_LINE = re.compile(r"^ {4}((?:[0-9A-HJKMNP-TV-Z]{5}-){4}[0-9A-HJKMNP-TV-Z]{5})$", re.M)


class ByMail(Selling):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.postfix = Postfix()
        cls.addClassCleanup(cls.postfix.close)

    def setUp(self):
        super().setUp()
        self.settings(url=f"smtp://127.0.0.1:{self.postfix.port}")
        self.seen = len(self.postfix.mails(0))

    def settings(self, **values):
        for name, value in values.items():
            self.house.environment[f"ISSUER_SMTP_{name.upper()}"] = str(value)

    def arrived(self, count=1):
        """The mails that have come since the test began, their text and their key."""
        found = self.postfix.mails(self.seen + count)[self.seen:]
        self.assertEqual(len(found), count)
        read = [email.message_from_bytes(data, policy=email.policy.default) for data in found]
        return [(one, one.get_content(), KEY_LINE.findall(one.get_content())) for one in read]

    def not_mailed(self, *words, says, code=1):
        """It is on record, its key is shown, and one line says why nobody got it."""
        printed = self.house.by("olga", "--json", *words, "--mail", code=code)
        self.assertEqual(self.house.errors.count("\n"), 1, self.house.errors)
        self.assertIn("is on record, but its key was not mailed", self.house.errors)
        self.assertIn(says, self.house.errors)
        (sold,) = [json.loads(line) for line in printed.splitlines()]
        self.assertRegex(sold["license_key"], KEY)
        self.assertIsNone(sold["mailed_to"])
        self.assertIn(sold["license_id"], self.undelivered())
        return License(sold["license_id"], sold["license_key"], ANA)

    def test_the_key_comes_by_mail_and_a_server_runs_by_it(self):
        house = self.house
        sold, _ = self.add("--mail", "--contact", "@northwind.example",
                           customer="Nørd & Søn, a name long enough that its line has to be broken"
                                    " somewhere by quoted-printable")
        self.assertEqual((sold["license_key"], sold["mailed_to"]), (None, ANA))
        ((message, text, keys),) = self.arrived()
        self.assertEqual((message["To"], message["From"]), (ANA, OWN))
        self.assertEqual(message["Subject"], f"License key for {sold['license_id']}")
        self.assertEqual(message["Auto-Submitted"], "auto-generated")
        self.assertIn("Nørd & Søn", text)
        self.assertEqual(len(keys), 1, text)
        license = License(sold["license_id"], keys[0], ANA)
        self.nowhere(license.key)
        self.assertEqual(self.undelivered(), [])
        self.assertEqual(house.query("select how, detail from key_delivery"), [("mail", None)])
        house.chariot("plant-4", "trust", os.path.join(house.keys, "anchors.pem"))
        code = house.chariot("plant-4", "request", "--host", "plant-4", "--license-key", license.key)
        self.assertEqual(house.take(mail(ANA, code)), [("issued", "issued")])
        ((reply, _),) = house.replies()
        house.chariot("plant-4", "install", reply)
        page = house.chariot("plant-4", "status")
        for line in (r"State +active", rf"License +{license.id}", r"Activation +1 of 3"):
            self.assertRegex(page, line)

    def test_another_key_by_mail(self):
        self.house.environment["ISSUER_VENDOR"] = "."
        sold, _ = self.add("--mail", "--contact", "bo@northwind.example")
        (first, _, keys), (second, _, same) = self.arrived(2)
        self.assertEqual({first["To"], second["To"]}, {ANA, "bo@northwind.example"})
        self.assertEqual(keys, same)
        (made,) = self.records("license", "rekey", sold["license_id"], "--reason", "stolen", "--mail")
        self.assertEqual(made["license_key"], None)
        (_, text, new), _ = self.arrived(4)[2:]
        self.assertNotEqual(new, keys)
        self.assertIn("takes the place of", text)
        # A dot alone on a line ends a mail, unless it is sent as two.
        self.assertTrue(text.endswith("\n.\n"), text)
        self.assertEqual(self.house.query("select how from key_delivery"), [("mail",), ("mail",)])

    def test_who_refuses_gets_none_and_the_others_do(self):
        zoe = "zoe@northwind.example"  # comes after them, over the same connection
        words = ("--contact", "nobody@northwind.example", "--contact", "later@northwind.example")
        sold, _ = self.add("--mail", *words, "--contact", zoe)
        self.assertEqual(sold["mailed_to"], f"{ANA}; {zoe}")
        self.assertIn("not mailed to nobody@northwind.example: 127.0.0.1 refuses it: 550 5.1.1",
                      self.house.errors)
        self.assertIn("not mailed to later@northwind.example: 127.0.0.1 does not take it now: 450",
                      self.house.errors)
        self.assertEqual([one["To"] for one, _, _ in self.arrived(2)], [ANA, zoe])
        self.not_mailed("license", "add", "--customer", "CU-1", "--contact", "nobody@northwind.example",
                        "--feature", "mqtt-server", "--activations", "1", "--order", "SO-2",
                        says="no such person here")
        self.arrived(2)

    def test_what_is_wrong_before_it_is_sold(self):
        words = ("license", "add", "--customer", "New", "--new-customer", "--feature", "mqtt-server",
                 "--activations", "1", "--order", "SO-2", "--mail")
        self.refused(*words, "--contact", "@northwind.example", says="name an address too")
        whole = (*words, "--contact", ANA)
        for values, says in (
                ({"url": ""}, "set smtp-url"),
                ({"url": "https://127.0.0.1"}, "setting 'smtp-url' must be smtp://HOST"),
                ({"url": "smtp://ana@127.0.0.1"}, "setting 'smtp-url' must be smtp://HOST"),
                ({"url": "smtp://127.0.0.1/x"}, "setting 'smtp-url' must be smtp://HOST"),
                ({"url": "smtp://mx.vendor.example", "user": "issuer"}, "ISSUER_SMTP_USER: setting 'smtp-user': it is set "
                 "without smtp-password-file"),
                ({"url": "smtp://mx.vendor.example", "user": "issuer",
                  "password_file": self.password(0o600, b"\nopen sesame\n")}, "its first line is empty"),
                ({"url": "smtp://mx.vendor.example", "user": "issuer", "tls": "never",
                  "password_file": self.password(0o600)}, "would go over the network in clear"),
                ({"ca_file": self.house.path("none.pem")}, "none.pem"),
                ({"ca_file": "", "password_file": self.password(0o644)}, "password")):
            with self.subTest(says=says):
                self.settings(**values)
                self.refused(*whole, says=says)
        sold, _ = self.add()
        self.house.by("olga", "contact", "add", sold["license_id"], "@northwind.example")
        self.house.by("olga", "contact", "end", sold["license_id"], ANA)
        self.settings(url=f"smtp://127.0.0.1:{self.postfix.port}", user="", password_file="")
        self.refused("license", "rekey", sold["license_id"], "--reason", "lost", "--mail",
                     says="no contact of")

    def password(self, mode, content=b"open sesame\n"):
        path = write(self.house.path(f"password-{mode:o}-{len(content)}"), content)
        os.chmod(path, mode)
        return path

    def sell_mailed(self, order):
        return ("license", "add", "--customer", "Northwind Water" if order == 1 else "CU-1",
                *(["--new-customer"] if order == 1 else []), "--contact", ANA, "--feature",
                "mqtt-server", "--activations", "1", "--order", f"SO-{order}")

    def test_tls(self):
        """Asked for, and the server must be who it says it is."""
        port, tls_port = self.postfix.port, self.postfix.tls_port
        order = 0
        for values, says in (
                ({"url": f"smtp://localhost:{port}", "tls": "always"}, "certificate"),
                ({"ca_file": self.postfix.ca_file}, None),
                ({"url": f"smtp://127.0.0.1:{port}"}, "127.0.0.1"),  # another name
                ({"url": f"smtps://localhost:{tls_port}", "tls": "auto"}, None),
                ({"ca_file": certificate(self.house.folder)[0]}, "certificate"),
                # Off loopback it is required: this name is the machine too, and says so to no one.
                ({"url": f"smtp://mx.localhost:{self.plain().port}", "ca_file": ""}, "STARTTLS")):
            order += 1
            with self.subTest(values=values):
                self.settings(**values)
                if says:
                    self.not_mailed(*self.sell_mailed(order), says=says)
                else:
                    self.records(*self.sell_mailed(order), "--mail")
        self.arrived(2)

    def plain(self, answers=None, **options):
        server = RudeServer(answers, **options)
        self.addCleanup(server.close)
        return server

    def test_the_check_says_whether_mail_can_go_out(self):
        def said():
            printed = self.house.issuer("--json", "check", code=None)
            found = [json.loads(line) for line in printed.splitlines()]
            return [(one["state"], one["finding"]) for one in found if one["thing"] == "mail server"]
        self.assertEqual(said(), [("ok", f"smtp://127.0.0.1:{self.postfix.port}")])
        self.settings(url="smtp://127.0.0.1:1")
        ((state, finding),) = said()
        self.assertEqual(state, "wrong")
        self.assertIn("connect", finding)
        self.settings(user="issuer")
        ((state, finding),) = said()
        self.assertIn("without smtp-password-file", finding)
        self.settings(url="")
        self.assertEqual(said(), [])

    def test_login(self):
        folder = self.house.path("tls")
        os.makedirs(folder)
        paths = certificate(folder)
        asks = {"EHLO": "250-here\n250-STARTTLS\n250 AUTH PLAIN"}
        server = self.plain(asks, tls=paths)
        self.settings(url=f"smtp://localhost:{server.port}", tls="always", ca_file=paths[0],
                      user="issuer", password_file=self.password(0o600))
        self.records(*self.sell_mailed(1), "--mail")
        self.assertEqual(server.login, ("issuer", "open sesame"))
        said = server.said()
        self.assertLess(said.index("STARTTLS"), said.index("AUTH"))
        self.assertIn(f"EHLO {OWN.partition('@')[2]}\r\n", said)
        self.assertIn(f"MAIL FROM:<{OWN}>", said)
        self.assertIn(f"RCPT TO:<{ANA}>", said)
        other = self.plain({**asks, "AUTH": "535 5.7.8 wrong"}, tls=paths)
        self.settings(url=f"smtp://localhost:{other.port}")
        self.not_mailed(*self.sell_mailed(2), says="535 5.7.8 wrong")
        self.assertNotIn("sesame", self.house.errors)

    def test_servers_that_refuse_stall_or_vanish(self):
        self.settings(connect_seconds=2, seconds=2)
        order = 0
        for port, says in (
                (1, "connect"),  # nobody listens there
                (self.plain({"greeting": "554 5.3.2 closed\x1b[2J"}).port, "554 5.3.2 closed"),
                (self.plain({"greeting": "…"}).port, "time"),
                (self.plain({"MAIL": None}).port, "mail server 127.0.0.1"),
                (self.plain({"MAIL": "451 4.3.0 tired"}).port, "does not take it now: 451 4.3.0"),
                (self.plain({"MAIL": "550 5.7.1 not you"}).port, "takes no mail from us: 550 5.7.1"),
                (self.plain({"DATA": "554 5.6.0 no"}).port, "refuses it: 554 5.6.0 no"),
                (self.plain({"content": "550 5.7.1 spam"}).port, "refuses it: 550 5.7.1 spam"),
                (self.plain({"content": "452 4.3.1 full"}).port, "does not take it now: 452 4.3.1"),
                (self.plain({"content": None}).port, "mail server 127.0.0.1"),
                (self.plain({"content": "…"}).port, "time")):
            order += 1
            with self.subTest(says=says):
                self.settings(url=f"smtp://127.0.0.1:{port}")
                begun = time.monotonic()
                license = self.not_mailed(*self.sell_mailed(order), says=says)
                self.assertLess(time.monotonic() - begun, 15)
                self.assertNotIn("\x1b", self.house.errors)
                self.assertNotIn(license.key, self.house.errors)

    def test_a_file_keeps_the_key_that_was_not_mailed(self):
        self.settings(url="smtp://127.0.0.1:1")
        path = self.house.path("key")
        (sold,) = [json.loads(line) for line in self.house.by(
            "olga", "--json", *self.sell_mailed(1), "--mail", "--key-file", path, code=1).splitlines()]
        self.assertIsNone(sold["license_key"])
        with open(path, encoding="ascii") as stream:
            self.assertRegex(stream.read(), KEY)



if __name__ == "__main__":
    main()
