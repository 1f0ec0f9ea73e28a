#!/usr/bin/python3
"""Telling mails apart: who sent them and who vouches for that, machine mail, loops, ready answers.

  telling.py ISSUER [TEST…]          within tests/with-postgres"""
import json

from scenario import Scenario, ask, check_records, mail, main, mbox, write

ANA, EVE = "ana@northwind.example", "eve@elsewhere.example"
SERVER = "mx.vendor.example"
OURS = f"Received: from mail.northwind.example by {SERVER} with ESMTPS; Thu, 8 Oct 2026 10:00:00 +0000"


def with_header(data, *rows):
    """The mail with these header rows before its own."""
    return "".join(f"{row}\n" for row in rows).encode() + data


def vouched(data, results="dmarc=pass header.from=northwind.example"):
    return with_header(data, f"Authentication-Results: {SERVER}; {results}", OURS)


class Telling(Scenario):
    def setUp(self):
        super().setUp()
        self.house.hire("sam", "support")
        self.license = self.house.sell("LIC-1", ANA, activations=9, servers=9)

    def tearDown(self):
        check_records(self.house)

    def rows(self, *words):
        return [json.loads(line) for line in self.house.issuer("--json", *words).splitlines()]

    def by_sam(self, *words, code=0):
        return [json.loads(line) for line in
                self.house.by("sam", "--json", *words, code=code).splitlines()]

    def code(self, host="plant-1"):
        return ask(self.house.server(host=host, board=f"b-{host}"), self.license)

    def put(self, *mails):
        """Ingests these mails; what is said of each."""
        return self.house.ingest(write(self.house.path("put.mbox"), mbox(mails)), code=None)


class Vouched(Telling):
    """The sender that a receiving server vouches for."""

    def setUp(self):
        super().setUp()
        self.house.environment["ISSUER_TRUSTED_AUTHSERV"] = SERVER

    def shown(self, data):
        """What is shown of the sender of a mail with a code, in each place that shows it."""
        self.house.take(data)
        ((number, request),) = self.house.query(
            "select m.id, r.id from message m join usage_request r on r.message_id = m.id"
            " order by m.effective desc, m.id desc limit 1")
        del request
        (message,) = [row for row in self.rows("message", "show", str(number)) if "class" in row]
        ((host,),) = self.house.query("select host from usage_request order by id desc limit 1")
        (short,) = [row["request"] for row in self.rows("request", "list", "--all")
                    if row["host"] == host]
        (part,) = [row for row in self.rows("request", "show", short) if row.get("part") == "request"]
        preview = self.rows("request", "preview", short)[0]
        said = {(row["vouched"], row["authentication"]) for row in (message, part, preview)}
        self.assertEqual(len(said), 1, said)
        return said.pop()

    def test_it_is_recorded_and_shown(self):
        self.assertEqual(self.shown(vouched(mail(ANA, self.code("plant-1")))),
                         ("yes", f"{SERVER}: dmarc=pass"))
        self.assertEqual(self.shown(vouched(mail(ANA, self.code("plant-2")),
                                            "spf=softfail smtp.mailfrom=x@evil.example; dkim=none")),
                         ("no", f"{SERVER}: spf=softfail, dkim=none"))
        self.assertEqual(self.shown(mail(ANA, self.code("plant-3"))), (None, None))
        # Somebody else has written it: it stands below where the mail came into our house.
        forged = with_header(mail(ANA, self.code("plant-4")), OURS,
                             "Received: from pc by mail.evil.example; Thu, 8 Oct 2026 09:59:00 +0000",
                             f"Authentication-Results: {SERVER}; dmarc=pass header.from=northwind.example")
        self.assertEqual(self.shown(forged), (None, None))
        # For people too.
        shown = self.house.issuer("message", "show", str(self.rows("message", "list", "--all")[-1]["id"]))
        self.assertIn("dmarc=pass", shown)

    def test_others_are_held_where_it_is_required(self):
        self.house.environment["ISSUER_REQUIRE_AUTHENTICATED"] = "yes"
        self.assertEqual(self.house.take(
            vouched(mail(ANA, self.code("plant-1"))),
            vouched(mail(ANA, self.code("plant-2")), "dmarc=fail header.from=northwind.example"),
            mail(ANA, self.code("plant-3")),
            mail(EVE, self.code("plant-4"))),
            [("issued", "issued"), ("held", "unproven-sender"), ("held", "unproven-sender"),
             ("held", "unknown-sender")])
        # Whoever it was hears nothing before a person has looked.
        self.assertEqual([reply["To"] for _, reply in self.house.replies()], [ANA])
        self.assertEqual([row["would"] for row in self.rows("request", "list")], ["issued"] * 3)
        # A person may issue it, with a reason; the answer goes to the contact.
        (done,) = self.by_sam("request", "issue", "1001", "--reason", "asked by telephone")
        self.assertEqual((done["outcome"], done["passed"], done["vouched"], done["to"]),
                         ("issued", ["unproven-sender"], "no", ANA))
        self.assertEqual([reply["To"] for _, reply in self.house.replies()], [ANA])
        # What a person hands in is vouched for by that person.
        path = write(self.house.path("code.txt"), self.code("plant-5").encode())
        (added,) = self.by_sam("request", "add", path, "--from", ANA)
        self.assertEqual([one["outcome"] for one in added["decisions"]], ["issued"])
        # A stranger who becomes a contact is a contact for whom nobody vouches.
        self.house.hire("ola", "orders")
        self.house.by("ola", "contact", "add", "LIC-1", EVE)
        self.assertEqual([(row["from"], row["code"]) for row in self.rows("request", "list")],
                         [(ANA, "unproven-sender"), (EVE, "unproven-sender")])

    def test_nothing_is_refused_or_opened_for_a_sender_who_may_be_another(self):
        self.house.environment["ISSUER_REQUIRE_AUTHENTICATED"] = "yes"
        damaged = self.code().replace("\n", "\n?", 5)[:-400]
        (found,) = self.put(mail(ANA, damaged))
        self.assertEqual([one["outcome"] for one in found["decisions"]], ["refused"])
        (loss,) = self.put(mail(ANA, says="The server of LIC-1 burnt down, it is destroyed."))
        self.assertEqual((loss["class"], loss["case"]), ("about-license", None))
        self.assertEqual(self.house.replies(), [])
        self.assertEqual([(row["class"], row["waits"]) for row in self.rows("message", "list")],
                         [("request", True), ("about-license", True)])
        self.assertIn("no server that is trusted vouches for its sender",
                      self.rows("message", "list")[0]["why"])
        (opened,) = self.put(vouched(mail(ANA, says="The server of LIC-1 burnt down for good.")))
        self.assertIsNotNone(opened["case"])

    def test_a_setting_that_would_hold_all(self):
        self.house.environment["ISSUER_REQUIRE_AUTHENTICATED"] = "yes"
        del self.house.environment["ISSUER_TRUSTED_AUTHSERV"]
        self.house.issuer("status", code=1)
        self.assertIn("name ours in trusted-authserv", self.house.errors)
        self.assertEqual(self.house.errors.count("\n"), 1)
        del self.house.environment["ISSUER_REQUIRE_AUTHENTICATED"]


if __name__ == "__main__":
    main()
