#!/usr/bin/python3
"""`issuer check`: all in order, and every single thing that is not.

  check.py ISSUER [TEST…]          within tests/with-postgres"""
import json
import os
import shutil
import time

import psycopg2

from scenario import OWN, SERVER, Scenario, armor, ask, main, mail, write

DAY = 86400
NOWHERE = "host=/nowhere dbname=x connect_timeout=2"
THINGS = ["settings", "key folder", "key files", "roots", "roots", "signing key",
          "development keys", "own addresses", "reply sender", "reply folder", "mail parsers", "database", "clock",
          "schema", "finance zone", "denied list", "serial numbers", "records", "quarantine"]


class Check(Scenario):
    def setUp(self):
        super().setUp()
        self.keys = self.house.path("keys")
        shutil.copytree(self.house.keys, self.keys)
        self.replies = self.house.path("replies")
        os.makedirs(self.replies)
        self.config = self.house.path("issuer.conf")
        self.variables = {"ISSUER_KEY_FOLDER": self.keys, "ISSUER_REPLY_FOLDER": self.replies}
        self.house.environment.update(self.variables)

    def check(self, code=0):
        """The lines, by thing: (state, all that is said)."""
        printed = self.house.issuer("check", "--json", code=code)
        self.lines = [json.loads(line) for line in printed.splitlines()]
        found = {}
        for line in self.lines:
            self.assertEqual(list(line), ["thing", "state", "finding", "advice"])
            found.setdefault(line["thing"], []).append(
                (line["state"], "; ".join(filter(None, (line["finding"], line["advice"])))))
        return found

    def expect(self, thing, state, says, code=None):
        """One line of this thing, and nothing else out of order but development keys."""
        code = code if code is not None else 1 if state == "wrong" else 0
        found = self.check(code)
        self.assertIn((state, True), [(s, says in text) for s, text in found[thing]], found[thing])
        others = {line["thing"] for line in self.lines if line["state"] in ("wrong", "not asked")}
        self.assertLessEqual(others, {thing}, self.lines)
        for line in self.lines:
            if line["state"] in ("wrong", "warning"):
                self.assertGreater(len(line["finding"]), 10)
        return found

    def set(self, **settings):
        for key, value in settings.items():
            self.house.environment["ISSUER_" + key.upper()] = value

    def story(self):
        """A license on three hosts: reinstalled, updated, deactivated, refused and held."""
        house, house.license = self.house, self.house.sell("LIC-1", activations=3, servers=2)
        one, two = house.server(host="plant-1", board="b1"), house.server(host="plant-2", board="b2")
        self.take(one)
        self.take(two)
        one.install(house.usage_license("UL-1").encode())
        self.take(one)
        again = house.server(host="plant-1", board="b1")
        self.take(again)
        again.install(house.query("select jws from usage_license order by serial desc limit 1")
                      [0][0].encode())
        house.take(mail(house.license.contact, armor("D", again.deactivate())))
        self.take(house.server(host="plant-3"), sender="eve@stranger.example")
        house.take(mail(house.license.contact, ask(one, house.license)[:300]))

    def take(self, server, sender=None):
        return self.house.take(mail(sender or self.house.license.contact,
                                    ask(server, self.house.license)))

    def tamper(self, *statements):
        """Changes records as only somebody with all rights and bad intent can."""
        connection = psycopg2.connect(self.house.dsn, options="-c search_path=issuer"
                                      " -c session_replication_role=replica")
        with connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
        connection.close()

    # ---- all in order ----

    def test_all_in_order(self):
        self.story()
        found = self.check()
        self.assertEqual([line["thing"] for line in self.lines], THINGS)
        self.assertEqual({line["thing"] for line in self.lines if line["state"] != "ok"},
                         {"development keys"})
        self.assertIn("1 licenses, 4 activations, of which 1 take a use", found["records"][0][1])
        self.assertIn("4 usage licenses", found["serial numbers"][0][1])
        people = self.house.issuer("check").splitlines()
        self.assertEqual(len(people), len(THINGS))
        self.assertTrue(all(line.startswith(("ok  ", "warning  ")) for line in people), people)
        self.assertEqual(os.listdir(self.replies), [])

    def test_it_changes_nothing(self):
        self.story()
        before = self.house.digests()
        self.check()
        self.assertEqual(self.house.digests(), before)

    # ---- settings ----

    def test_an_unknown_setting_is_named_with_its_line(self):
        write(self.config, b"[issuer]\n# ours\nown-adresses = a@vendor.example\n")
        found = self.check(code=1)
        self.assertEqual(found["settings"], [(
            "wrong", "issuer.conf:3: unknown setting 'own-adresses'; `issuer check --settings` lists"
            " the known ones")])
        self.assertEqual(found["all else"][0][0], "not asked")
        listed = [json.loads(line) for line in
                  self.house.issuer("check", "--settings", "--json").splitlines()]
        self.assertIn("own-addresses", [row["setting"] for row in listed])

    def test_a_wrong_value_is_named_with_its_line(self):
        write(self.config, b"[issuer]\nparsers = many\n")
        self.assertIn("issuer.conf:2: ", self.check(code=1)["settings"][0][1])
        write(self.config, "\ufeff[issuer]\n\nissuer-name = a\\nb\n".encode())
        self.assertIn("issuer.conf:3: setting 'issuer-name' must be",
                      self.check(code=1)["settings"][0][1])

    def test_every_wrong_setting_is_named_with_its_place(self):
        """In the file by its line, else by its variable; each setting that can be wrong by itself."""
        rows = [json.loads(line) for line in self.house.issuer("check", "--settings", "--json").splitlines()]
        judged = [row["setting"] for row in rows
                  if row["value"] != "path" and row["setting"] not in ("database", "setting")
                  and not row["setting"].startswith("[") and " " not in row["setting"]
                  and not row["setting"].endswith("-words")]
        self.assertGreater(len(judged), 20)
        for key in judged:
            variable = "ISSUER_" + key.upper().replace("-", "_")
            kept = self.house.environment.pop(variable, None)
            with self.subTest(key):
                write(self.config, f"[issuer]\n{key} = a\\nb\n".encode())
                self.assertRegex(self.check(code=1)["settings"][0][1], f"^issuer.conf:2: setting '{key}' ")
                write(self.config, b"[issuer]\n")
                self.house.environment[variable] = "a\nb"
                self.assertRegex(self.check(code=1)["settings"][0][1], f"^{variable}: setting '{key}' ")
            del self.house.environment[variable]
            if kept is not None:
                self.house.environment[variable] = kept

    def test_settings_that_do_not_go_together_are_named_with_their_place(self):
        secret = write(self.house.path("secret"), b"open sesame\n")
        os.chmod(secret, 0o600)
        for thing, key, lines, says in (
                ("settings", "require-authenticated", ["require-authenticated = yes"], "no server is trusted"),
                ("mail server", "smtp-password-file", ["smtp-url = smtp://127.0.0.1", "smtp-password-file = secret"],
                 "without smtp-user"),
                ("mail server", "smtp-user", ["smtp-url = smtp://127.0.0.1", "smtp-user = issuer"],
                 "without smtp-password-file"),
                ("mail server", "smtp-url", ["reply-by = smtp"], "set smtp-url"),
                ("mail server", "smtp-ca-file", ["smtp-url = smtp://127.0.0.1", "smtp-ca-file = nothing.pem"],
                 "nothing.pem"),
                ("mail server", "smtp-ca-file", ["smtp-url = smtp://127.0.0.1", "smtp-ca-file = secret"],
                 "holds no certificate"),
                ("mail server", "smtp-password-file", ["smtp-url = smtp://127.0.0.1", "smtp-user = issuer",
                                                       "smtp-password-file = nothing"], "nothing")):
            with self.subTest(key=key, says=says):
                write(self.config, "\n".join(["[issuer]", *lines, ""]).encode())
                told = self.check(code=1)[thing][0][1]
                set_in = [number for number, line in enumerate(lines, 2) if line.startswith(key + " ")]
                self.assertRegex(told, f"issuer.conf{f':{set_in[0]}' if set_in else ''}: setting '{key}': ")
                self.assertIn(says, told)

    def test_a_mistyped_variable_is_named(self):
        self.set(own_adresses=OWN)
        self.assertIn("ISSUER_OWN_ADRESSES", self.check(code=1)["settings"][0][1])

    # ---- database ----

    def test_a_database_out_of_reach(self):
        self.set(database=NOWHERE)
        found = self.check(code=3)
        self.assertEqual(found["database"][0][0], "wrong")
        self.assertEqual(found["signing key"][0][0], "ok")  # what else can be said is said
        self.assertIn("the database is out of reach", self.house.errors)

    def test_a_schema_that_is_not_this_programs(self):
        connection = psycopg2.connect(SERVER)
        connection.autocommit = True
        connection.cursor().execute("drop schema if exists issuer cascade")
        connection.close()
        self.set(database=SERVER)
        found = self.check(code=1)
        self.assertIn("run `issuer migrate`", found["schema"][0][1])
        self.assertEqual(found["records"], [("not asked", "the schema comes first")])
        self.set(database=self.house.dsn)
        self.tamper("insert into migration (number, name, sha256, program)"
                    " values (9999, '9999_tomorrow.sql', sha256('x'), '9.0.0')")
        self.expect_schema("9999_tomorrow.sql")

    def expect_schema(self, says):
        self.assertIn(says, self.check(code=1)["schema"][0][1])

    def test_clocks_apart(self):
        now = int(time.time())
        shutil.rmtree(self.keys)
        self.set(now=str(now - 1000))
        self.house.issuer("key", "init", "--development")
        for apart in (-40, 40):
            self.set(now=str(int(time.time()) + apart))
            self.assertEqual(self.check()["clock"][0][0], "ok")
        for apart, says in ((-100, "ahead of"), (100, "behind")):
            self.set(now=str(int(time.time()) + apart))
            self.expect("clock", "wrong", says)

    def test_finance_zone(self):
        self.expect("finance zone", "ok", "UTC")
        for wrong in ("Mars/Olympus", "Europe/berlin", "CEST"):
            self.set(finance_zone=wrong)
            self.expect("finance zone", "wrong", f"the database knows no time zone '{wrong}'")
        self.set(finance_zone="Europe/Berlin")
        self.expect("finance zone", "warning", "those of UTC; as the database's owner: alter database … set"
                                               " issuer.finance_zone = 'Europe/Berlin'")
        self.house.query(f'alter database "{self.house.database}" set issuer.finance_zone = \'Europe/Berlin\'')
        self.expect("finance zone", "ok", "Europe/Berlin")

    def test_a_role_that_may_not_look(self):
        prefix = self.house.environment["ISSUER_ROLE_PREFIX"]
        for role, code in (("daemon", 0), ("admin", 0), ("support", 0), ("orders", 1)):
            self.set(database=f"{self.house.dsn} options='-c role={prefix}_{role}'")
            found = self.check(code=code)
        self.assertIn("permission denied", found["records"][0][1])
        self.assertIn("the daemon's or the admins' role", found["records"][0][1])

    # ---- keys ----

    def test_key_folder(self):
        os.chmod(self.keys, 0o755)
        found = self.check(code=1)
        self.assertIn("chmod it to 700", found["key folder"][0][1])
        self.assertEqual(found["signing key"][0][0], "not asked")
        self.assertEqual(found["records"][0][0], "ok")
        shutil.rmtree(self.keys)
        self.assertIn("make one with issuer key init", self.check(code=1)["key folder"][0][1])

    def test_key_files(self):
        root = os.path.join(self.keys, "roots", "root-2.key.pem")
        os.chmod(root, 0o604)
        self.expect("key files", "wrong", f"{root} is not private: others may read or write it; "
                                          "chmod it to 600")
        os.rename(root, root + ".real")
        os.symlink(root + ".real", root)
        self.expect("key files", "wrong", "it is a symbolic link")
        os.unlink(root)
        self.expect("key files", "ok", "2 private keys")

    def at(self, days):
        """As it will be in so many days; the clocks are apart then."""
        self.set(now=str(int(time.time()) + days * DAY))
        return self.check(code=1)

    def test_days_left(self):
        self.assertEqual(self.at(600)["signing key"][0][0], "ok")
        state, text = self.at(645)["signing key"][0]
        self.assertEqual(state, "warning")
        self.assertRegex(text, r"\((84|85) days\); make the next one in time: issuer key rotate$")
        state, text = self.at(735)["signing key"][0]
        self.assertEqual(state, "wrong")
        self.assertIn("expired", text)
        self.assertEqual(self.at(30 * 365 - 20)["roots"][0][0], "warning")
        self.assertEqual(self.at(31 * 365)["roots"][0][0], "wrong")

    def test_a_signing_key_that_is_away_or_mixed_up(self):
        folder = os.path.join(self.keys, "signing")
        key = [name for name in os.listdir(folder) if name.endswith(".key.pem")][0]
        shutil.copy(os.path.join(self.keys, "roots", "root-1.key.pem"), os.path.join(folder, key))
        self.expect("signing key", "wrong", "is not the key of the certificate beside it")
        os.unlink(os.path.join(folder, key))
        self.expect("signing key", "wrong", "the private half of signing key")

    def test_development_keys(self):
        self.expect("development keys", "warning", "no customer's server accepts what they sign")
        self.set(allow_development_keys="no")
        self.expect("development keys", "wrong", "and ingest refuses them")

    def test_real_keys(self):
        shutil.rmtree(self.keys)
        path = write(self.house.path("passphrase"), b"six random words of a ceremony\n")
        os.chmod(path, 0o600)
        self.house.issuer("key", "init", "--passphrase-file", path)
        self.expect("development keys", "warning", "allow-development-keys is on")
        self.set(allow_development_keys="no")
        found = self.expect("roots", "warning", "the private key of root 2 lies in the folder")
        self.assertEqual(found["development keys"][0][0], "ok")
        shutil.rmtree(os.path.join(self.keys, "roots"))
        self.check()
        self.assertEqual({line["state"] for line in self.lines}, {"ok"})

    def test_denied_list_and_records_differ(self):
        self.house.sell("LIC-1")  # has the key recorded
        kid = self.house.query("select kid from signing_key")[0][0]
        self.house.issuer("key", "rotate")
        self.house.issuer("key", "revoke", kid, "--reason", "x", "--offline")
        self.expect("denied list", "wrong", f"{kid} is on the list, but not on record as revoked")
        self.house.issuer("key", "revoke", kid, "--reason", "x")
        self.expect("denied list", "ok", "1 revoked keys, signed at ")
        os.unlink(os.path.join(self.keys, "denied.jws"))
        self.expect("denied list", "wrong", f"{kid} is on record as revoked, but not on the list")

    # ---- mail ----

    def test_own_addresses(self):
        for wrong in (f"{OWN}; licensing", f"{OWN}, {OWN}"):
            self.set(own_addresses=wrong)
            self.assertIn("must be mail addresses with \";\" between them",
                          self.check(code=1)["settings"][0][1])
        self.set(own_addresses="", reply_from=OWN)
        self.expect("own addresses", "wrong", "list our mailboxes in own-addresses")
        self.set(own_addresses=OWN, list_addresses="group@vendor.example; @vendor.example")
        self.assertIn('"@vendor.example" is none', self.check(code=1)["settings"][0][1])

    def test_reply_sender(self):
        self.set(reply_from=f"Licensing <{OWN.upper()}>")
        self.expect("reply sender", "ok", OWN.upper())
        self.set(reply_from="licensing at vendor")
        self.assertIn("setting 'reply-from' must be one mail address",
                      self.check(code=1)["settings"][0][1])
        self.set(reply_from="Chariot <no-reply@other.example>")
        self.expect("reply sender", "warning", "no-reply@other.example is none of own-addresses")
        self.set(reply_from="", own_addresses="")
        self.assertIn("replies have no sender", self.check(code=1)["reply sender"][0][1])

    def test_reply_folder(self):
        missing = self.house.path("elsewhere")
        for folder in (missing, "/proc", self.config + ".none/x"):
            self.set(reply_folder=folder)
            self.expect("reply folder", "wrong", f"no mail can be written into {folder}")

    # ---- mail ----

    def test_mails_that_nobody_could_read(self):
        self.assertEqual(self.check()["quarantine"], [("ok", "empty")])
        self.assertEqual(self.check()["mail parsers"],
                         [("ok", "confined by the kernel, with all character sets")])
        self.house.ingest(write(self.house.path("notes.bin"), bytes(range(256)) * 40), code=1)
        self.expect("quarantine", "warning", "1 mails that nobody could read, since 20")

    # ---- records ----

    def broken(self, thing, cases):
        """Each case breaks a house of its own: what is said of it, and how it is broken."""
        first = self.house
        for says, *statements in cases:
            with self.subTest(says):
                self.house = self.copy_of(first)
                self.house.environment.update(self.variables)
                self.tamper(*statements)
                found = self.check(code=1)[thing]
                self.assertIn(("wrong", True), [(state, says in text) for state, text in found],
                              found)
        self.house = first

    def test_serial_numbers(self):
        self.story()
        free = self.house.query("select max(last) + 1 from serial_block")[0][0]
        block = ("insert into serial_block (first, last, holder, closed_at)"
                 " values ({0}, {0}, 1, now())").format
        void = "insert into serial_void (serial, block_id) values ({}, 1)".format
        self.house.query(block(free))
        self.house.query(void(free))
        self.check()
        self.broken("serial numbers", (
            (f"neither a usage license nor void: 1, the first is {free}",
             f"delete from serial_void where serial = {free}"),
            ("both a usage license and void: 1, the first is 2", void(2)),
            ("a number of no block: 1, the first is 900000",
             "update usage_license set serial = 900000, activation_id = 900000 where serial = 2",
             void(2)),
            (f"do not begin where the one before ends: 1, the first is {free + 5}",
             block(free + 5), void(free + 5))))

    def test_records_that_disagree(self):
        self.story()
        self.assertTrue(self.house.query("select 1 from hold"))
        self.broken("records", (
            ("uses count twice", "update activation set state = 'superseded', counted = true,"
             " counted_until = null where id = (select min(continues) from activation)"),
            ("uses are lost", "update activation set state = 'superseded', counted = false,"
             " active_until = now(), counted_until = now() where state = 'active'"),
            ("activations have no usage license", "delete from usage_license where serial = 2"),
            ("differ in request, license or version",
             "update usage_license set request_id = request_id + 1000 where serial = 2"),
            ("of another instance than their requests",
             "update activation set thumbprint = sha256('x') where id = 2"),
            ("outside their key's certificate", "update usage_license set iat = '2001-01-01'"),
            ("usage licenses have no event", "delete from event where subject = 'usage_license'"
             " and subject_id = 2"),
            ("decisions name a usage license", "update decision set serial = 77 where serial = 2"),
            ("holds are open though", "update hold set closed_at = null, closed_by = null,"
             " closed_how = null, request_id = (select request_id from activation where id = 2)")))

    def test_a_license_over_its_entitlement(self):
        license = self.house.sell("LIC-7", activations=2, servers=2)
        for host in ("plant-1", "plant-2"):
            self.house.take(mail(license.contact, ask(self.house.server(host=host), license)))
        self.house.query("insert into entitlement (license_id, version, servers, activations,"
                         " order_id, effective) select license_id, 2, 1, 1, order_id, effective"
                         " from entitlement")
        self.expect("records", "warning", "newest entitlement grants: 1, the first is LIC-7")


if __name__ == "__main__":
    main()
