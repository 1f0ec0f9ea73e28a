#!/usr/bin/python3
"""Asking back, answers that join their case, replies that come back, and mails that wait for a person.

  joining.py ISSUER [TEST…]          within tests/with-postgres"""
import json

from scenario import Scenario, armor, ask, check_records, mail, main

ANA, EVE, OPS = "ana@northwind.example", "eve@elsewhere.example", "ops@northwind.example"
ASK = "Is this the old server\nin the pump house?\n{case} is no place to fill."


def with_header(data, *rows):
    """The mail with these header rows before its own."""
    return "".join(f"{row}\n" for row in rows).encode() + data


def with_subject(data, subject):
    return data.replace(b"Subject: Offline activation", f"Subject: {subject}".encode())


def bounce(reply, action="failed", of=None, encoded=False):
    """A delivery report, as mail systems write it, of a mail that we have sent."""
    returned = f"Message-ID: {reply['Message-ID'] if of is None else of}\nSubject: x\n"
    if encoded:
        returned = "Content-Transfer-Encoding: base64\n\n" + returned
    return (f"From: MAILER-DAEMON@mx.northwind.example\nTo: licensing@vendor.example\n"
            f"Subject: Undelivered Mail\nMessage-ID: <b{bounce.count}@mx.northwind.example>\n"
            "Date: Thu, 8 Oct 2026 10:00:00 +0000\nMIME-Version: 1.0\n"
            'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
            "--b\n\nYour mail could not be delivered.\n--b\n"
            "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.northwind.example\n\n"
            f"Final-Recipient: rfc822; {ANA}\nAction: {action}\nStatus: 5.1.1\n\n"
            f"--b\nContent-Type: text/rfc822-headers\n\n{returned}\n--b--\n").encode()


bounce.count = 0


class Joining(Scenario):
    def setUp(self):
        super().setUp()
        self.house.hire("sam", "support")
        self.license = self.house.sell("LIC-1", ANA, activations=3, servers=1)
        self.server = self.house.server(host="plant-4")

    def tearDown(self):
        check_records(self.house)

    def rows(self, *words):
        return [json.loads(line) for line in self.house.issuer("--json", *words).splitlines()]

    def part(self, name, *words):
        return [row for row in self.rows(*words) if row.get("part") == name]

    def by_sam(self, *words, code=0):
        return self.house.by("sam", *words, code=code)

    def refused(self, *words, says, code=1, who="sam"):
        self.house.by(who, *words, code=code)
        self.assertEqual(self.house.errors.count("\n"), 1, self.house.errors)
        self.assertIn(says, self.house.errors)

    def hold(self):
        """A held request of a contact: its acknowledgment. The instance runs on another host."""
        self.house.take(mail(ANA, ask(self.server, self.license)))
        self.house.replies()
        self.server.describe(host="plant-4", board="another", mac="02:00:00:00:00:99")
        self.assertEqual(self.house.take(mail(ANA, ask(self.server, self.license))),
                         [("held", "host-changed")])
        ((_, reply),) = self.house.replies()
        return reply

    def answer(self, reply, text, sender=ANA, field="In-Reply-To"):
        return with_header(mail(sender, says=text), f"{field}: {reply['Message-ID']}")

    def test_asked_and_answered(self):
        told = self.hold()
        # Once: the case, what is missing, that nothing need be generated again.
        self.assertIn("[case 1001]", told["Subject"])
        text = told.get_body().get_content()
        self.assertIn("Please tell us whether it was moved", " ".join(text.split()))
        self.assertIn("Nothing need be generated or sent again", " ".join(text.split()))
        self.by_sam("request", "ask", "case 1001", "--text", ASK, "--ticket", "T-9")
        ((_, question),) = self.house.replies()
        self.assertEqual((question["To"], question["Subject"]),
                         (ANA, "Re: Offline activation [case 1001]"))
        text = question.get_body().get_content()
        for line in ASK.split("\n"):
            self.assertIn(line, text)
        self.assertIn("leave case 1001 in its subject", " ".join(text.split()))
        (row,) = self.rows("request", "list")
        self.assertEqual((row["case"], row["code"], row["answers"]), (1001, "host-changed", 0))
        # The answer decides nothing; it is listed, and stands with the case.
        self.assertEqual(self.house.take(self.answer(question, "We moved it.")), [])
        (row,) = self.rows("request", "list")
        self.assertEqual((row["case"], row["outcome"], row["answers"]), (1001, "held", 1))
        (shown,) = self.part("mails", "request", "show", "1001")
        self.assertEqual((shown["from"], shown["how"], shown["text"].split("\n")[0], shown["case"]),
                         (ANA, "in-reply-to", "We moved it.", 1001))
        (asked,) = self.part("questions", "request", "show", "1001")
        self.assertEqual((asked["operator"], asked["words"]), ("sam", ASK))
        (waits,) = self.rows("message", "list")
        self.assertEqual((waits["class"], waits["why"]), ("about-license", "it belongs to case 1001"))
        self.assertEqual([row["count"] for row in self.rows("status")
                          if (row.get("waits"), row.get("code")) == ("message", "answer")], [1])
        self.assertEqual(self.house.query("select kind, license_id, detail ->> 'case' from event"
                                          " where subject = 'case_mail'"), [("mail-joined", 1, "1001")])
        # Whoever decides has read it.
        self.by_sam("request", "issue", "1001", "--reason", "moved", "--continue", "UL-1")
        self.assertEqual(self.rows("message", "list"), [])
        self.assertEqual(self.house.query("select handled_how from message where handled_at is not null"),
                         [("case 1001: issued by sam",)])
        ((path, reply),) = self.house.replies()
        with open(path, "rb") as stream:
            self.server.install(stream.read())


if __name__ == "__main__":
    main()
