#!/usr/bin/python3
"""The round trip of a license: request, mail, decision, reply, installation, and what comes after.

  trip.py ISSUER [TEST…]          within tests/with-postgres"""
import csv
import io
import os
import subprocess
import sys

from scenario import (TESTS, Refusal, Scenario, armor, ask, check_records, main, mail, mbox, write)

ANA = "ana@northwind.example"


class Trip(Scenario):
    def setUp(self):
        super().setUp()
        self.license = self.house.sell("LIC-1", activations=3, servers=2, contact=ANA)

    def tearDown(self):
        check_records(self.house)

    def decide(self, *codes, sender=ANA):
        """What is decided for one mail with these codes."""
        return self.house.take(mail(sender, *codes))

    def newest_license(self):
        return self.house.query("select jws from usage_license order by serial desc limit 1")[0][0]

    def serve(self, server, license=None, purpose="activate"):
        """Asks as the license's contact, and installs what comes back; gives the payload."""
        license = license or self.license
        decided = self.decide(ask(server, license, purpose), sender=license.contact)
        self.assertEqual(decided[-1][0], "issued")
        return server.install(self.newest_license().encode())

    def activations(self, license_id="LIC-1"):
        """State, whether it counts, and use of each activation, in order."""
        return self.house.query("select state::text, counted, use_no from activation a join license l"
                                " on l.id = a.license_id where l.license_id = %s order by a.id",
                                license_id)


class RoundTrip(Trip):
    def test_two_servers_from_request_to_status_page(self):
        house, codes = self.house, {}
        for name in ("plant-4", "plant-5"):
            house.chariot(name, "trust", os.path.join(house.keys, "anchors.pem"))
            codes[name] = house.chariot(name, "request", "--host", name, "--license-key",
                                        self.license.key)
            self.assertIn("waiting", house.chariot(name, "status"))
        path = write(house.path("in.mbox"), mbox([mail(ANA, code) for code in codes.values()]))
        found = house.ingest(path)
        self.assertEqual([[(d["outcome"], d["code"]) for d in one["decisions"]] for one in found],
                         [[("issued", "issued")]] * 2)
        replies = house.replies()
        self.assertEqual([reply["To"] for _, reply in replies], [ANA, ANA])
        self.assertEqual(house.replies(), [], "a reply is written once")
        for name, other, (reply, _) in (("plant-4", "plant-5", replies[0]),
                                        ("plant-5", "plant-4", replies[1])):
            self.assertIn("another server", house.chariot(other, "install", reply, code=1))
            self.assertIn("LIC-1 is installed", house.chariot(name, "install", reply))
            page = house.chariot(name, "status")
            for line in (r"State +active", r"License +LIC-1", r"Customer +Northwind Water",
                         r"Feature +mqtt-server: perpetual", r"Expires +never"):
                self.assertRegex(page, line)
            self.assertRegex(page, r"Activation +%s of 3" % {"plant-4": 1, "plant-5": 2}[name])

    def test_the_reply_carries_the_license_in_its_text_and_as_a_file(self):
        server = self.house.server(host="plant-4")
        self.decide(ask(server, self.license))
        ((_, reply),) = self.house.replies()
        text = reply.get_body(("plain",)).get_content()
        files = [part.get_content() for part in reply.iter_attachments()]
        self.assertEqual(len(files), 1)
        for code in (text, files[0]):
            other = self.house.server()
            other.state = dict(server.state)
            other._use_key()
            code = code if isinstance(code, bytes) else code.encode()
            self.assertEqual(other.install(code)["serial"], "UL-00000001")
        self.assertEqual(reply["Auto-Submitted"], "auto-replied")
        self.assertIn("UL-00000001", text)

    def test_strangers_verify_the_usage_license(self):
        self.serve(self.house.server())
        path = write(self.house.path("license.jws"), self.newest_license().encode())
        done = subprocess.run([os.path.join(TESTS, "jose", "check"), path,
                               os.path.join(self.house.keys, "anchors.pem")], check=False,
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('"license_id":"LIC-1"', done.stdout)


class ForSpreadsheets(Scenario):
    MAIL = ["source", "class", "from", "reply_to", "why", "kind", "token", "problem"]
    DECISION = ["outcome", "code", "note", "serial"]

    def rows(self, *words):
        return list(csv.DictReader(io.StringIO(self.house.issuer(*words, "--csv"), newline="")))

    def test_a_row_a_code(self):
        license = self.house.sell("LIC-1", ANA, activations=1)
        one, two = (self.house.server(host=f"plant-{n}") for n in (1, 2))
        damaged = ask(two, license)[:300]
        path = write(self.house.path("inbox.mbox"), mbox([
            mail(ANA, ask(one, license), ask(two, license)), mail(ANA, damaged), mail(ANA)]))
        objects = self.house.mails("inspect", path)
        found = self.rows("inspect", path)
        self.assertEqual(list(found[0]), self.MAIL)
        self.assertEqual([row["token"] for row in found],
                         [token["id"] or "" for one in objects for token in one["tokens"]] + [""])
        self.assertTrue(found[2]["problem"])
        decided = self.rows("ingest", path)
        self.assertEqual(list(decided[0]), self.MAIL + self.DECISION)
        self.assertEqual([row["token"] for row in decided], [row["token"] for row in found])
        self.assertEqual([(row["outcome"], row["code"], row["serial"]) for row in decided], [
            ("issued", "issued", "UL-00000001"), ("refused", "no-activations-left", ""),
            ("refused", "damaged", ""), ("", "", "")])
        self.assertEqual({row["from"] for row in decided}, {ANA})
        again = self.rows("ingest", path)
        self.assertEqual({(row["outcome"], row["why"]) for row in again}, {("", "on record already")})
        pasted = write(self.house.path("pasted.txt"), ask(two, license).encode())
        (row,) = self.rows("request", "add", pasted, "--from", ANA, "--dry-run")
        self.assertEqual((row["kind"], row["outcome"]), ("usage-request", "refused"))


class Again(Trip):
    """What was on record before changes nothing."""

    def setUp(self):
        super().setUp()
        house = self.house
        self.servers = [house.server(host=f"plant-{n}") for n in range(4)]
        stranger = "eve@elsewhere.example"
        self.mails = [mail(ANA, ask(server, self.license)) for server in self.servers]
        torn = ask(self.servers[0], self.license).replace("\n", "\n\n").splitlines()[:-9]
        self.mails += [mail(stranger, ask(self.servers[1], self.license)),
                       mail(ANA, "\n".join(torn)), mail(ANA, says="How do I activate?"),
                       mail(ANA, says="LIC-1 ran on a server that has burnt down.")]
        house.ingest(write(house.path("in.mbox"), mbox(self.mails)))
        self.before = house.digests()

    def unchanged(self, *paths):
        found = self.house.ingest(*paths)
        self.assertEqual(len(found), len(self.mails))
        self.assertEqual({one["why"] for one in found}, {"on record already"})
        self.assertEqual(self.house.digests(), self.before)

    def test_the_same_mailbox(self):
        self.assertEqual(self.before["message"][0], len(self.mails))
        self.unchanged(self.house.path("in.mbox"))

    def test_a_mailbox_with_other_line_ends(self):
        data = mbox(self.mails).replace(b"\n", b"\r\n")
        self.unchanged(write(self.house.path("crlf.mbox"), data))

    def test_a_maildir(self):
        for number, one in enumerate(self.mails):
            write(self.house.path("dir", "cur", f"{number}.example:2,S"), one)
        os.makedirs(self.house.path("dir", "new"))
        os.makedirs(self.house.path("dir", "tmp"))
        self.unchanged(self.house.path("dir"))

    def test_a_folder_of_single_mails(self):
        for number, one in enumerate(self.mails):
            write(self.house.path("mails", f"{number}.eml"), one.replace(b"\n", b"\r\n"))
        self.unchanged(self.house.path("mails"))

    def test_the_mailbox_after_its_replies_went_out(self):
        self.house.replies()
        self.before = self.house.digests()
        self.unchanged(self.house.path("in.mbox"))


class Later(Trip):
    """What a server asks for after its first license."""

    def test_update(self):
        server = self.house.server()
        first = self.serve(server)
        self.assertEqual(self.decide(ask(server, self.license, "update")),
                         [("held", "no-upgrade-on-record")])
        write(self.house.path("up.csv"), (
            "license_id,license_key,customer,contacts,product,features,activations,expires,"
            f"order_ref,servers\r\nLIC-1,{self.license.key},Northwind Water,{ANA},chariot,"
            "mqtt-server;snowflake-bridge,3,,SO-77,2\r\n").encode())
        printed = self.house.issuer("license", "import", "--update", self.house.path("up.csv"))
        self.assertIn("earlier requests decided again: 1 issued", printed)
        second = server.install(self.newest_license().encode())
        self.assertEqual(second["supersedes"], [first["serial"]])
        self.assertEqual([f["code"] for f in second["features"]], ["mqtt-server", "snowflake-bridge"])
        self.assertEqual(second["entitlement"], 2)
        self.assertEqual(second["activation"], first["activation"])
        self.assertEqual(self.activations(), [("superseded", False, 1), ("active", True, 1)])
        self.assertEqual(self.decide(ask(server, self.license, "update")),
                         [("held", "no-upgrade-on-record")])

    def test_the_same_request_in_a_new_mail_gets_the_same_bytes(self):
        server = self.house.server()
        code = ask(server, self.license)
        self.assertEqual(self.decide(code), [("issued", "issued")])
        self.assertEqual(self.decide(code), [("resent", "resent")])
        self.assertEqual(self.house.query("select count(*) from usage_license"), [(1,)])
        (_, first), (_, second) = self.house.replies()
        self.assertEqual(self.house.query("select count(*) from serial_void"), [(0,)])
        licenses = [next(reply.iter_attachments()).get_content() for reply in (first, second)]
        self.assertEqual(licenses[0], licenses[1])

    def test_deactivation_and_move_in_one_mail(self):
        house = self.house
        other = house.sell("LIC-2", contact=ANA, activations=1)
        old, new = house.server(host="old"), house.server(host="new")
        self.serve(old, other)
        self.assertEqual(self.decide(ask(new, other))[0][0], "refused")
        # The request stands above the deactivation that makes room for it.
        request, farewell = ask(new, other), armor("D", old.deactivate())
        self.assertEqual(self.decide(request, farewell),
                         [("accepted", "deactivated"), ("issued", "issued")])
        self.assertEqual(self.activations("LIC-2"), [("deactivated", False, 1), ("active", True, 1)])
        self.assertEqual(new.install(self.newest_license().encode())["activation"],
                         {"number": 1, "allowed": 1})

    def test_there_and_back_again(self):
        house = self.house
        other = house.sell("LIC-2", contact=ANA, activations=2)
        a, b = house.server(host="a"), house.server(host="b")
        self.serve(a, other)
        self.assertEqual(self.serve(b, other)["supersedes"], ["UL-00000001"])
        # The other server's, whose place it takes, and its own of before.
        self.assertEqual(self.serve(a, other)["supersedes"], ["UL-00000002", "UL-00000001"])
        self.assertEqual(self.activations("LIC-2"), [("superseded", False, 1),
                                                     ("superseded", True, 2), ("active", True, 1)])

    def test_a_move_to_another_license(self):
        house = self.house
        other = house.sell("LIC-2", contact=ANA)
        server = house.server()
        self.serve(server)
        moved = self.serve(server, other)
        self.assertEqual(moved["license_id"], "LIC-2")
        self.assertEqual(self.activations(), [("superseded", True, 1)])
        self.assertEqual(self.activations("LIC-2"), [("active", True, 1)])
        # What names the new license as installed proves that the old one is gone.
        server.request(other.key)
        self.decide(ask(server, other))
        self.assertEqual(self.activations(), [("deactivated", False, 1)])

    def test_reinstall(self):
        server = self.house.server(host="plant-4")
        self.serve(server)
        server.reset_identity()
        self.assertEqual(self.serve(server)["activation"], {"number": 1, "allowed": 3})
        self.assertEqual(self.activations(), [("superseded", False, 1), ("active", True, 1)])

    def test_an_older_request_after_a_newer_one(self):
        server = self.house.server()
        older, newer = ask(server, self.license), ask(server, self.license)
        self.assertEqual(self.decide(newer), [("issued", "issued")])
        self.assertEqual(self.decide(older), [("refused", "superseded-request")])
        self.assertEqual(self.house.query("select count(*) from usage_license"), [(1,)])
        server.install(self.newest_license().encode())

    def test_a_license_for_an_older_request_is_not_installed(self):
        server = self.house.server()
        self.decide(ask(server, self.license))
        server.request(self.license.key)
        with self.assertRaisesRegex(Refusal, "older request"):
            server.install(self.newest_license().encode())

    def test_forged_deactivations(self):
        house = self.house
        server, thief = house.server(host="plant-4"), house.server(host="thief")
        self.serve(server)
        stranger = house.sell("LIC-2", contact="eve@elsewhere.example")
        self.serve(thief, stranger)
        before = self.activations()
        thief.state["installed"]["serial"] = "UL-00000001"
        foreign = armor("D", thief.deactivate())
        self.assertEqual(self.decide(foreign, sender="eve@elsewhere.example"),
                         [("refused", "foreign-deactivation")])
        true = server.deactivate()
        header, payload, signature = true.split(".")
        forged = ".".join((header, payload, signature[:-4] + ("AAAA" if signature[-4:] != "AAAA"
                                                              else "BAAA")))
        self.assertEqual([outcome for outcome, _ in self.decide(armor("D", forged))], ["refused"])
        self.assertEqual(self.activations(), before)
        self.assertEqual(self.decide(armor("D", true)), [("accepted", "deactivated")])
        self.assertEqual(self.decide(armor("D", true)), [("accepted", "repeated-deactivation")])
        self.assertEqual(self.activations(), [("deactivated", False, 1)])


if __name__ == "__main__":
    sys.exit(main())
