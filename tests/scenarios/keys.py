#!/usr/bin/python3
"""Signing keys come and go: rotation, revocation, and what Chariot servers make of it.

  keys.py ISSUER [TEST…]          within tests/with-postgres"""
import base64
import datetime
import json
import os
import pty
import select
import shutil
import stat
import subprocess
import time

import psycopg2

from scenario import ISSUER, Refusal, Scenario, ask, main, mail, mbox, write

PASSPHRASE = b"six random words of a ceremony"
NOWHERE = "host=/nowhere dbname=x connect_timeout=2"
THREE_YEARS = 3 * 365 * 86400


def kid_of(jws):
    header = jws.split(".")[0]
    return json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))["kid"]


class Keys(Scenario):
    def setUp(self):
        super().setUp()
        self.keys = self.house.path("keys")
        shutil.copytree(self.house.keys, self.keys)
        self.house.environment["ISSUER_KEY_FOLDER"] = self.keys
        self.first = self.signing()[0]["id"]
        self.license = self.house.sell("LIC-1", activations=9, servers=9)

    # ---- what is asked of the program ----

    def list(self, *words, **variables):
        before = dict(self.house.environment)
        self.house.environment.update(variables)
        listed = [json.loads(line) for line in
                  self.house.issuer("key", "list", "--count", "--json", *words).splitlines()]
        self.house.environment.clear()
        self.house.environment.update(before)
        return listed

    def signing(self, *words, **variables):
        return [key for key in self.list(*words, **variables) if key["role"] == "signing"]

    def states(self, *words, **variables):
        return {key["id"]: key["state"] for key in self.signing(*words, **variables)}

    def rotate(self, *words):
        """A new signing key, once it signs: not in the second in which the one before began."""
        made = json.loads(self.house.issuer("key", "rotate", "--json", *words))
        begins = datetime.datetime.fromisoformat(made["not_before"].replace("Z", "+00:00"))
        time.sleep(max(0, begins.timestamp() - time.time()))
        return made["id"]

    def revoke(self, kid, *words, code=0, reason="its machine was stolen"):
        return self.house.issuer("key", "revoke", kid, "--reason", reason, *words, code=code)

    def refused(self, *words, says):
        self.house.issuer(*words, code=1)
        self.assertEqual(self.house.errors.count("\n"), 1, self.house.errors)
        self.assertIn(says, self.house.errors)

    def issue(self, server):
        """The usage license for a new request of this server."""
        self.assertEqual(self.house.take(mail(self.license.contact, ask(server, self.license))),
                         [("issued", "issued")])
        return self.house.query("select jws from usage_license order by serial desc limit 1")[0][0]

    def denied(self):
        with open(os.path.join(self.keys, "denied.jws"), encoding="ascii") as stream:
            return stream.read()

    def files(self):
        return sorted(os.path.join(folder, name) for folder, _, names in os.walk(self.keys)
                      for name in names)

    # ---- rotation ----

    def test_the_new_key_signs_and_old_licenses_stay_good(self):
        one, two = self.house.server(host="plant-1"), self.house.server(host="plant-2")
        old = self.issue(one)
        second = self.rotate()
        new = self.issue(two)
        self.assertEqual([kid_of(old), kid_of(new)], [self.first, second])
        one.install(old.encode())
        two.install(new.encode())
        for server in (one, two):
            self.assertEqual(server.status()["state"], "active")
        listed = {key["id"]: key for key in self.signing()}
        self.assertEqual({kid: (key["state"], key["licenses"]) for kid, key in listed.items()},
                         {self.first: ("retired", 1), second: ("signs", 1)})
        self.assertEqual(self.house.query("select kid, revoked_at from signing_key order by"
                                          " recorded_at"), [(self.first, None), (second, None)])
        self.assertEqual([key["state"] for key in self.list() if key["role"] == "root"],
                         ["root", "spare"])

    def test_states_by_the_calendar(self):
        later = str(int(time.time()) + THREE_YEARS)
        self.assertEqual(self.states(ISSUER_NOW=later), {self.first: "expired"})
        earlier = str(int(time.time()) - THREE_YEARS)
        self.assertEqual(self.states(ISSUER_NOW=earlier), {self.first: "waiting"})
        self.house.environment["ISSUER_NOW"] = later
        path = write(self.house.path("some.mbox"), mbox([mail(self.license.contact)]))
        self.refused("ingest", path, says="expired")

    def test_the_second_root_is_no_spare_once_it_certified(self):
        self.rotate("--root", "2")
        self.assertEqual([key["state"] for key in self.list() if key["role"] == "root"],
                         ["root", "root"])
        server = self.house.server()
        server.install(self.issue(server).encode())

    def test_a_root_that_is_not_there_is_asked_for(self):
        os.unlink(os.path.join(self.keys, "roots", "root-1.key.pem"))
        self.refused("key", "rotate", says="root 1's private key is not here: bring it back as")
        self.house.issuer("key", "rotate", "--root", "3", code=2)
        self.assertIn("there is no root 3", self.house.errors)

    def test_a_certificate_that_left_the_folder_stays_on_record(self):
        self.issue(self.house.server())
        self.rotate()
        for suffix in (".key.pem", ".cert.pem"):
            os.unlink(os.path.join(self.keys, "signing", self.first + suffix))
        self.assertEqual(self.states()[self.first], "on-record")
        self.assertNotIn(self.first, self.states("--offline"))

    # ---- revocation ----

    def test_servers_deny_what_a_revoked_key_signed(self):
        one, two = self.house.server(host="plant-1"), self.house.server(host="plant-2")
        runs, late = self.issue(one), self.issue(two)
        one.install(runs.encode())
        second = self.rotate()
        self.revoke(self.first)
        self.assertEqual(self.states(), {self.first: "revoked", second: "signs"})

        one.deny(self.denied())
        two.deny(self.denied())
        self.assertEqual(one.status()["state"], "active")  # what is installed runs on
        self.assertTrue(one.status()["signing_key_denied"])
        with self.assertRaisesRegex(Refusal, "revoked"):
            two.install(late.encode())
        two.install(self.issue(two).encode())  # a new request brings one by the new key
        self.assertEqual(two.status()["signing_key"], second)

        kind, detail, effective, revoked_at = self.house.query(
            "select e.kind, e.detail, e.effective, k.revoked_at from event e join signing_key k"
            " on k.kid = e.detail ->> 'kid' where e.kind = 'signing-key-revoked'")[0]
        self.assertEqual((kind, detail), ("signing-key-revoked", {
            "kid": self.first, "reason": "its machine was stolen"}))
        self.assertEqual(effective, revoked_at)

    def test_the_newest_list_counts_and_holds_all(self):
        second = self.rotate()
        self.revoke(self.first)
        older = self.denied()
        self.revoke(second)
        server = self.house.server()
        self.assertTrue(server.deny(self.denied()))
        self.assertFalse(server.deny(older))
        payload = self.denied().split(".")[1]
        named = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["kids"]
        self.assertEqual(set(named), {self.first, second})
        self.assertEqual(set(self.states().values()), {"revoked"})

    def test_a_revoked_key_is_not_signed_with(self):
        printed = self.revoke(self.first)
        self.assertIn("No key can sign now: run issuer key rotate.", printed)
        path = write(self.house.path("asks.mbox"),
                     mbox([mail(self.license.contact, ask(self.house.server(), self.license))]))
        self.refused("ingest", path, says=f"signing key {self.first} in {self.keys} is revoked")
        # A copy of the folder from before, on another machine, knows of no list.
        os.unlink(os.path.join(self.keys, "denied.jws"))
        self.assertEqual(self.states(), {self.first: "revoked"})
        self.refused("ingest", path, says=f"signing key {self.first} is revoked by the records")
        self.assertEqual(self.house.query("select count(*) from message"), [(0,)])
        self.rotate()
        self.assertEqual([found["decisions"][0]["outcome"] for found in self.house.ingest(path)],
                         ["issued"])

    def test_what_a_revoked_key_signed_is_not_sent_again(self):
        server = self.house.server(host="plant-1")
        code = ask(server, self.license)
        self.assertEqual(self.house.take(mail(self.license.contact, code)), [("issued", "issued")])
        self.house.replies()
        second = self.rotate()
        self.revoke(self.first)
        self.assertEqual(self.house.take(mail(self.license.contact, code)),
                         [("refused", "key-revoked")])
        ((_, reply),) = self.house.replies()
        self.assertEqual(list(reply.iter_attachments()), [])
        self.assertIn("generate a new usage request", " ".join(
            reply.get_body(("plain",)).get_content().split()))
        new = self.issue(server)
        self.assertEqual(kid_of(new), second)
        self.assertEqual(self.house.query("select count(*) from activation where counted"), [(1,)])
        server.deny(self.denied())
        server.install(new.encode())

    def test_an_ingest_under_way_stops_at_once(self):
        path = write(self.house.path("asks.mbox"),
                     mbox([mail(self.license.contact, ask(self.house.server(), self.license))]))
        other = psycopg2.connect(self.house.dsn, options="-c search_path=issuer")
        self.addCleanup(other.close)
        cursor = other.cursor()
        cursor.execute("lock table message in share row exclusive mode")
        running = self.house.start("ingest", path)
        for _ in range(600):  # until it has its key and waits for the table
            time.sleep(0.1)
            if self.house.query("select 1 from pg_locks where not granted and relation ="
                                " 'issuer.message'::regclass"):
                break
        self.revoke(self.first)
        other.rollback()
        _, errors = running.communicate(timeout=120)
        self.assertEqual(running.returncode, 1, errors)
        self.assertIn(f"signing key {self.first} is revoked".encode(), errors)
        self.assertEqual(self.house.query("select (select count(*) from usage_license),"
                                          " (select count(*) from message)"), [(0, 0)])

    def test_who_may_not_revoke_leaves_the_list_alone(self):
        prefix = self.house.environment["ISSUER_ROLE_PREFIX"]
        self.house.environment["ISSUER_DATABASE"] += f" options='-c role={prefix}_daemon'"
        self.refused("key", "revoke", self.first, "--reason", "x", says="permission denied")
        self.assertFalse(os.path.exists(os.path.join(self.keys, "denied.jws")))
        self.house.environment["ISSUER_DATABASE"] = \
            self.house.dsn + f" options='-c role={prefix}_admin'"
        self.revoke(self.first)
        self.assertEqual(self.states(), {self.first: "revoked"})

    def test_an_admin_is_named_by_the_token(self):
        admin, support = self.house.path("admin.token"), self.house.path("support.token")
        self.house.issuer("operator", "add", "ana", "--first", "--token-file", admin)
        self.house.environment["ISSUER_TOKEN_FILE"] = admin
        self.house.issuer("operator", "add", "sam", "--role", "support", "--token-file", support)
        self.house.environment["ISSUER_TOKEN_FILE"] = support
        self.refused("key", "revoke", self.first, "--reason", "x", says="that takes the role admin")
        self.house.environment["ISSUER_TOKEN_FILE"] = admin
        self.revoke(self.first)
        self.assertEqual(self.house.query(
            "select o.name from event e join operator o on o.id = e.operator_id"
            " where e.kind = 'signing-key-revoked'"), [("ana",)])

    @staticmethod
    def content(path):
        with open(path, "rb") as stream:
            return stream.read()

    def test_a_token_s_file_is_a_new_one(self):
        """Neither an operator without a token nor a token without an operator."""
        admin, other = self.house.path("admin.token"), self.house.path("other.token")
        os.symlink(other, self.house.path("link.token"))
        self.house.issuer("operator", "add", "ana", "--first", "--token-file", admin)
        self.house.environment["ISSUER_TOKEN_FILE"] = admin
        token, before = self.content(admin), self.house.digests()
        for path in (admin, self.house.path("link.token"), self.house.folder):
            self.refused("operator", "add", "sam", "--role", "support", "--token-file", path,
                         says=f"{path} exists already")
        for name, role, code, says in (("ana", "support", 1, "is on record"),
                                       ("s a m", "support", 2, "no operator's name"),
                                       ("sam", "king", 2, "king")):
            self.house.issuer("operator", "add", name, "--role", role, "--token-file", other,
                              code=code)
            self.assertIn(says, self.house.errors)
            self.assertFalse(os.path.exists(other))
        self.refused("operator", "add", "sam", "--role", "support", "--token-file",
                     self.house.path("no", "folder"), says="No such file")
        self.assertEqual((self.content(admin), self.house.digests()), (token, before))
        self.house.issuer("operator", "add", "sam", "--role", "support", "--token-file", other)
        self.assertEqual(stat.S_IMODE(os.stat(other).st_mode), 0o600)

    def test_what_cannot_be_revoked(self):
        root = [key["id"] for key in self.list() if key["role"] == "root"][0]
        self.refused("key", "revoke", root, "--reason", "x", says="is a root")
        self.refused("key", "revoke", "A" * 43, "--reason", "x", says="no key 'A")
        self.refused("key", "revoke", "nonsense", "--reason", "x", says="no key 'nonsense'")
        self.revoke(self.first)
        self.refused("key", "revoke", self.first, "--reason", "x", says="is revoked already")
        self.house.issuer("key", "revoke", self.first, code=2)
        self.assertIn("--reason is missing", self.house.errors)

    def test_the_list_is_signed_offline_and_recorded_later(self):
        self.issue(self.house.server())
        database = self.house.environment["ISSUER_DATABASE"]
        self.house.environment["ISSUER_DATABASE"] = NOWHERE
        self.house.issuer("key", "list", code=3)
        self.revoke(self.first, code=3)
        self.assertEqual([key["licenses"] for key in self.list("--offline")], [None] * 3)
        self.revoke(self.first, "--offline")
        self.assertEqual(self.states("--offline"), {self.first: "revoked"})
        self.house.environment["ISSUER_DATABASE"] = database
        shutil.rmtree(os.path.join(self.keys, "roots"))  # taken away again
        self.assertEqual(self.house.query("select revoked_at from signing_key"), [(None,)])
        listed = self.denied()
        self.revoke(self.first)
        self.assertIsNotNone(self.house.query("select revoked_at from signing_key")[0][0])
        self.assertEqual(self.denied(), listed)
        self.refused("key", "revoke", self.first, "--reason", "x", says="is revoked already")

    def test_an_id_may_begin_with_a_hyphen(self):
        kid = self.first
        while not kid.startswith("-"):
            kid = json.loads(self.house.issuer("key", "rotate", "--json"))["id"]
        self.revoke(kid)
        self.assertEqual(self.states()[kid], "revoked")
        self.refused("key", "revoke", "--reason", "x", "--", kid, says="is revoked already")
        self.refused("key", "revoke", "--reason", "x", kid, says="is revoked already")

    # ---- secrets and files ----

    def with_passphrase(self):
        shutil.rmtree(self.keys)
        path = write(self.house.path("passphrase"), PASSPHRASE + b"\n")
        os.chmod(path, 0o600)
        self.house.issuer("key", "init", "--passphrase-file", path)
        self.first = self.signing("--offline")[0]["id"]
        return path

    def test_the_roots_passphrase(self):
        right = self.with_passphrase()
        wrong = write(self.house.path("wrong"), b"not the words of the ceremony\n")
        os.chmod(wrong, 0o600)
        before, listed = self.files(), self.list()
        for words in (("rotate",), ("revoke", self.first, "--reason", "x")):
            self.refused("key", *words, "--passphrase-file", wrong, says="the passphrase is wrong")
        os.chmod(right, 0o644)
        self.refused("key", "rotate", "--passphrase-file", right, says="chmod it to 600")
        self.assertEqual((self.files(), self.list()), (before, listed))
        os.chmod(right, 0o600)
        second = self.rotate("--passphrase-file", right)
        self.revoke(self.first, "--passphrase-file", right)
        self.assertEqual(self.states("--offline"), {second: "signs", self.first: "revoked"})
        for path in self.files():
            private = path.endswith(".key.pem")
            self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600 if private else 0o644, path)

    def test_the_passphrase_is_asked_for_unseen(self):
        self.with_passphrase()
        leader, follower = pty.openpty()
        running = subprocess.Popen(["setsid", "-c", "-w", ISSUER, "key", "rotate"], stdin=follower,
                                   stdout=follower, stderr=follower, cwd=self.house.folder,
                                   env=self.house.environment)
        os.close(follower)
        seen = b""
        while b"Passphrase of the roots: " not in seen:
            self.assertTrue(select.select([leader], [], [], 60)[0], seen)
            seen += os.read(leader, 4096)
        os.write(leader, PASSPHRASE + b"\n")
        while True:
            try:
                piece = os.read(leader, 4096)
            except OSError:
                break
            if not piece:
                break
            seen += piece
        self.assertEqual(running.wait(60), 0, seen)
        os.close(leader)
        self.assertNotIn(PASSPHRASE, seen)
        self.assertEqual(len(self.signing("--offline")), 2)

    def test_open_files_and_folders_are_refused(self):
        path = write(self.house.path("asks.mbox"), mbox([mail(self.license.contact)]))
        key = os.path.join(self.keys, "signing", self.first + ".key.pem")
        os.chmod(key, 0o640)
        self.refused("ingest", path, says=f"{key} is not private: others may read or write it; "
                                          "chmod it to 600")
        os.chmod(key, 0o600)
        os.chmod(self.keys, 0o750)
        self.refused("ingest", path, says=f"{self.keys} is not private")
        self.refused("key", "rotate", says=f"{self.keys} is not private")
        os.chmod(self.keys, 0o700)
        root = os.path.join(self.keys, "roots", "root-1.key.pem")
        os.chmod(root, 0o644)
        self.refused("key", "rotate", says=f"{root} is not private")


if __name__ == "__main__":
    main()
