#!/usr/bin/python3
"""Every command that takes an operator's token, with the token of every role: only what the one table
says, whatever login the program has; and every group's login at the doors of the database.

  rights.py ISSUER [TEST…]          within tests/with-postgres"""
import hashlib
import os

import psycopg2

from scenario import SERVER, NAME, Scenario, admin, ask, mail, main, write

ANA = "ana@northwind.example"
PREFIX = os.environ["ISSUER_ROLE_PREFIX"]
ROLES = {"ada": "admin", "sam": "support", "ola": "orders", "fin": "finance"}
GROUPS = ("support", "orders", "admin", "finance")
# What a person would type, on records that are there: nothing but the role is wrong with it.
WORDS = {
    "license import": ["purchases.csv"],
    "license add": ["--customer", "Northwind Water", "--contact", ANA, "--order", "SO-8", "--feature",
                    "mqtt-server", "--activations", "1", "--servers", "1"],
    "license upgrade": ["LIC-1", "--activations", "3", "--order", "SO-9"],
    "license correct": ["LIC-1", "--order", "SO-9", "--activations", "3", "--reason", "typing error"],
    "license end": ["LIC-1", "--refund", "--order", "SO-9", "--reason", "refund"],
    "license rekey": ["LIC-1", "--reason", "the key leaked"],
    "license delivered": ["LIC-1", "--to", "Ana", "--channel", "telephone"],
    "license suspend": ["LIC-1", "--reason", "dispute"],
    "license resume": ["LIC-1", "--reason", "dispute settled"],
    "feature add": ["historian", "--name", "Historian", "--kind", "perpetual"],
    "customer rename": ["Northwind Water", "--name", "Northwind", "--reason", "new name"],
    "customer merge": ["Northwind Water", "--into", "Delta Gas", "--reason", "bought"],
    "contact add": ["LIC-1", "ben@northwind.example"],
    "contact end": ["LIC-1", ANA],
    "contact erase": [ANA, "--reason", "asked for it"],
    "request add": ["code.txt", "--from", ANA],
    "request issue": ["CASE", "--reason", "known", "--ticket", "T-1"],
    "request refuse": ["CASE", "--reason", "unknown", "--ticket", "T-1"],
    "request keep": ["CASE", "--reason", "wait", "--ticket", "T-1"],
    "request ask": ["CASE", "--text", "Which server is it?", "--ticket", "T-1"],
    "request resend": ["REQUEST", "--reason", "lost", "--ticket", "T-1"],
    "request emergency": ["CASE", "--reason", "night", "--ticket", "T-1"],
    "message answer": ["MESSAGE", "--text-file", "code.txt"],
    "message to-case": ["MESSAGE", "CASE"],
    "message drop": ["MESSAGE", "--reason", "an advertisement"],
    "quarantine retry": ["UNREAD"],
    "quarantine drop": ["UNREAD", "--reason", "no mail"],
    "restoration open": ["LIC-1", "--reason", "burnt", "--ticket", "T-1"],
    "restoration approve": ["LOST", "--reason", "burnt", "--ticket", "T-1"],
    "restoration deny": ["LOST", "--reason", "it runs"],
    "alert close": ["1", "--reason", "looked into"],
    "operator add": ["zoe", "--role", "support"],
    "operator renew": ["sam"],
    "operator revoke": ["sam"],
    "key revoke": ["KEY", "--reason", "stolen"],
}


class Rights(Scenario):
    """One house: what is refused changes nothing, so that the next command finds it as it was."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for group in GROUPS:
            admin(f'create role "{PREFIX}_r_{group}" login in role "{PREFIX}_{group}"')

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        for group in GROUPS:
            admin(f'drop role "{PREFIX}_r_{group}"')

    def setUp(self):
        super().setUp()
        for name, role in ROLES.items():
            self.house.hire(name, role)

    def fill(self):
        """A license that runs, a request that waits, a mail for a person, a case of a lost server;
        gives what the words above stand for."""
        house = self.house
        license = house.sell("LIC-1", ANA, activations=2, servers=2)
        house.sell("LIC-2", "ops@delta.example", customer="Delta Gas")
        server = house.server(host="plant-1")
        house.take(mail(ANA, ask(server, license)))
        house.take(mail("eve@elsewhere.example", ask(house.server(host="plant-2"), license)))
        house.take(mail(ANA, says="Good morning,\nwhat do you charge for LIC-1?"))
        house.ingest(write(house.path("notes.bin"), bytes(range(256)) * 40), code=1)
        house.by("sam", "restoration", "open", "LIC-1", "--reason", "the plant burnt", "--ticket", "T-0")
        write(house.path("code.txt"), ask(house.server(host="plant-3"), license).encode())
        write(house.path("purchases.csv"), b"license_id\n")
        (case,), = house.query("select id from hold where closed_at is null")
        (lost,), = house.query("select id from restoration")
        (message,), = house.query("select max(id) from message where class <> 'quarantined'")
        (unread,), = house.query("select message_id from quarantine")
        (digest,), = house.query("select kid from signing_key")
        return {"CASE": str(case), "REQUEST": str(case), "LOST": str(lost), "MESSAGE": str(message), "UNREAD": str(unread),
                "KEY": digest}

    def table(self):
        return {command: set(roles) for command, roles in self.house.query(
            "select command, roles::text[] from command_right where roles <> '{}'"
            " and command not like '%% second'", )}

    def test_only_what_the_table_says(self):
        stands_for, table = self.fill(), self.table()
        self.assertEqual(set(WORDS), set(table), "each command that takes a token is tried here")
        before = self.house.digests()
        for command, roles in table.items():
            words = [*command.split(), *(stands_for.get(word, word) for word in WORDS[command])]
            for name, role in ROLES.items():
                if role not in roles:
                    with self.subTest(command=command, role=role):
                        self.assertEqual(self.house.by(name, *words, code=1), "")
                        self.assertEqual(self.house.errors.count("\n"), 1, self.house.errors)
                        self.assertIn(f'operator {name} ({role}) may not use "{command}": that takes '
                                      "the role", self.house.errors)
        self.assertEqual(self.house.digests(), before)
        # And those whom it names are not refused for their role.
        for command, roles in table.items():
            words = [*command.split(), *(stands_for.get(word, word) for word in WORDS[command])]
            name = next(name for name, role in ROLES.items() if role in roles)
            with self.subTest(command=command, may=name):
                self.house.by(name, *words, "--help")
                self.assertNotIn("may not", self.house.errors)

    def doors(self):
        """The functions that run with the owner's rights and take a token, with their types."""
        return self.house.query(
            "select p.oid::regproc::text, p.proargnames, p.proargtypes::oid[]::regtype[]::text[],"
            "       array(select r.rolname::text from pg_roles r where has_function_privilege("
            "             r.oid, p.oid, 'execute') and r.rolname like %s) from pg_proc p"
            " where p.pronamespace = 'issuer'::regnamespace and p.prosecdef and p.provolatile = 'v'"
            "   and 'token' = any (p.proargnames) order by 1", PREFIX + r"\_r\_%")

    def test_every_door_asks_for_the_token(self):
        """Whoever may call a door with the database's login alone gets nothing done by it: without a
        token, and with the token of a role that may not."""
        self.fill()
        doors = self.doors()
        self.assertGreater(len(doors), 8)
        with open(self.house.tokens["fin"], "rb") as stream:
            finance = hashlib.sha256(stream.read().strip()).digest()
        before = self.house.digests()
        for group in GROUPS:
            dsn = self.house.dsn.replace("user=postgres", f"user={PREFIX}_r_{group}")
            connection = psycopg2.connect(dsn, options="-c search_path=issuer")
            connection.autocommit = True
            cursor = connection.cursor()
            for name, arguments, types, callers in doors:
                for what, token in (("none", b"\0" * 32), ("finance", finance)):
                    values = [token if argument == "token" else None for argument in arguments[:len(types)]]
                    places = ", ".join(f"%s::{kind}" for kind in types)
                    with self.subTest(door=name, group=group, token=what):
                        with self.assertRaises(psycopg2.Error) as told:
                            cursor.execute(f"select {name}({places})", values)
                        expected = "IS002" if f"{PREFIX}_r_{group}" in callers else "42501"
                        self.assertEqual(told.exception.pgcode, expected, str(told.exception))
            connection.close()
        self.assertEqual(self.house.digests(), before)


if __name__ == "__main__":
    main()
