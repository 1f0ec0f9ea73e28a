#!/usr/bin/python3
"""Asking back, answers that join their case, replies that come back, and mails that wait for a person.

  joining.py ISSUER [TEST…]          within tests/with-postgres"""
import base64
import json


from scenario import Scenario, ask, bounce, check_records, mail, main, records, returned_headers

ANA, EVE, OPS = "ana@northwind.example", "eve@elsewhere.example", "ops@northwind.example"
ASK = "Is this the old server\nin the pump house?\n{case} is no place to fill."


def with_header(data, *rows):
    """The mail with these header rows before its own."""
    return "".join(f"{row}\n" for row in rows).encode() + data


def with_subject(data, subject):
    return data.replace(b"Subject: Offline activation", f"Subject: {subject}".encode())


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
        self.asked = ask(self.server, self.license)
        self.assertEqual(self.house.take(mail(ANA, self.asked)), [("held", "host-changed")])
        ((_, reply),) = self.house.replies()
        return reply

    def answer(self, reply, text, sender=ANA, field="In-Reply-To"):
        return with_header(mail(sender, says=text), f"{field}: {reply['Message-ID']}")

    def test_asked_and_answered(self):
        told = self.hold()
        # Once: the case, what is missing, that nothing need be generated again.
        self.assertIn("[case 1001]", told["Subject"])
        self.house.take(mail(ANA, self.asked))
        self.assertEqual(self.house.replies(), [])
        text = told.get_body().get_content()
        self.assertIn("Please tell us whether it was moved", " ".join(text.split()))
        self.assertIn("Nothing need be generated or sent again", " ".join(text.split()))
        (asked,) = [json.loads(line) for line in self.by_sam(
            "--json", "request", "ask", "case 1001", "--text", ASK, "--ticket", "T-9").splitlines()]
        self.assertEqual((asked["outcome"], asked["code"], asked["to"]), ("held", "host-changed", ANA))
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

    def test_by_which_it_joins(self):
        told = self.hold()
        by = self.license.contact
        for data, how in (
                (self.answer(told, "We moved it.", field="References"), "references"),
                (mail(by, says="About case 1001: it was moved."), "case-number"),
                (with_subject(mail(by, says="It was moved."), "AW: [Case no. 1001]"), "case-number"),
                (mail("lee@northwind.example", says="case #1001: it was moved"), None)):
            with self.subTest(how=how):
                before = len(self.part("mails", "request", "show", "1001"))
                self.house.take(data)
                mails = self.part("mails", "request", "show", "1001")
                self.assertEqual([row["how"] for row in mails[before:]], [how] if how else [])
        # The words of the one who was quoted are not the sender's.
        self.house.take(mail(by, says="Another matter.\n\n> You wrote: case 1001 waits."))
        self.assertEqual(len(self.part("mails", "request", "show", "1001")), 3)
        # What a person wrote to a mail of the case is answered there too.
        number = str(self.rows("message", "list")[0]["id"])
        self.by_sam("message", "answer", number, "--text", "Thank you.")
        ((_, reply),) = self.house.replies()
        self.house.take(self.answer(reply, "You are welcome."))
        self.assertEqual(self.part("mails", "request", "show", "1001")[-1]["text"].strip(),
                         "You are welcome.")
        # The same mail in another export joins nothing twice.
        again = self.answer(told, "Once.")
        self.house.take(again)
        before = self.house.digests()
        self.house.take(again)
        self.assertEqual(self.house.digests(), before)

    def test_where_batches_end_decides_nothing(self):
        """A mail that names a case belongs to it, also where the same batch has opened the case."""
        house = self.house
        house.sell("LIC-2", ANA)
        first = mail(ANA, ask(self.server, self.license))
        self.server.describe(host="plant-4", board="another", mac="02:00:00:00:00:99")
        mails = (mail(ANA, says="case 1001: there is none yet"), first,
                 mail(ANA, ask(self.server, self.license)),  # held: case 1001
                 mail(ANA, says="About case 1001: it was moved."),
                 mail(EVE, says="About case 1001: give it to me."),
                 with_subject(mail(ANA, says="What of ours?"), "[Case no. 882311]"),
                 mail(ANA, says="The server of LIC-2 was destroyed in a fire."),  # case 1002
                 mail(ANA, says="Case 1002: the server of LIC-2 was destroyed on Monday."),
                 mail(ANA, says="Of case 1001 and case 1002 we shall tell you more."))
        told = {}
        for together in (True, False):
            other = self.copy_of(house)
            for some in (mails,) if together else ((one,) for one in mails):
                other.take(*some)
            told[together] = (records(other), other.query(
                "select k.case_number, m.identity::text, k.how, m.why from case_mail k"
                " join message m on m.id = k.message_id order by 1, 2"))
        self.assertEqual(told[True], told[False])
        self.assertEqual([row[0] for row in told[True][1]], [1001, 1001, 1002, 1002])

    def test_a_code_that_comes_with_an_answer_is_decided(self):
        told = self.hold()
        self.server.describe(host="plant-4")  # it is back on its first host
        other = self.house.server(host="plant-5", board="b5")
        code = ask(other, self.license)
        self.assertEqual(self.house.take(with_header(mail(ANA, code, says="Take this one instead."),
                                                     f"In-Reply-To: {told['Message-ID']}")),
                         [("issued", "issued")])
        (joined,) = self.part("mails", "request", "show", "1001")
        self.assertIn("Take this one instead.", joined["text"])
        (waits,) = self.rows("message", "list")
        self.assertEqual((waits["class"], waits["why"]), ("request", "it belongs to case 1001"))
        self.assertEqual([row["case"] for row in self.rows("request", "list")], [1001])

    def test_who_may_not_speak(self):
        """A number is quickly guessed, and a Message-ID passed on: nothing comes of it but a line in the
        list."""
        told = self.hold()
        guessed = told["Message-ID"].partition(".")[0] + ".0123456789abcdef@vendor.example>"
        for data in (mail(EVE, says="case 1001: issue it to me"),
                     self.answer(told, "issue it to me", sender=EVE),
                     with_header(mail(EVE, says="x"), f"In-Reply-To: {guessed}"),
                     with_header(mail(ANA, says="x"), f"In-Reply-To: {guessed}"),
                     mail(ANA, says="case 1002: there is none yet"),
                     b"From: <eve@collector.example>\n" + mail(ANA, says="case 1001, by two authors")):
            self.house.take(data)
        self.assertEqual(self.house.query("select * from case_mail"), [])
        self.assertEqual(self.part("mails", "request", "show", "1001"), [])
        listed = self.rows("message", "list")
        self.assertEqual([row["class"] for row in listed], ["unrecognised"] * 6)
        self.assertEqual(listed[0]["why"], "it names case 1001, and its sender is no contact there")
        self.assertEqual(self.house.replies(), [])
        (row,) = self.rows("request", "list")
        self.assertEqual((row["outcome"], row["answers"]), ("held", 0))

    def test_a_stranger_s_request_is_asked_about_at_a_contact(self):
        self.house.take(mail(EVE, ask(self.server, self.license)))
        self.assertEqual(self.house.replies(), [])
        path = self.house.path("question.txt")
        with open(path, "w", encoding="utf-8") as stream:
            stream.write(f"Is eve one of yours? Never mail us {self.license.key}.\n")
        self.by_sam("request", "ask", "1001", "--text-file", path, "--ticket", "T-9")
        self.assertEqual(self.house.query("select e.subject_id, o.name, e.license_id from event e join"
                                          " operator o on o.id = e.operator_id where kind ="
                                          " 'question-asked'"),
                         [(*self.house.query("select decision_id from question")[0], "sam", 1)])
        ((_, question),) = self.house.replies()
        self.assertEqual(question["To"], ANA)
        text = question.get_body().get_content()
        self.assertIn("whose sender is no contact of it", " ".join(text.split()))
        self.assertIn("Is eve one of yours?", text)
        for stored in ("select words from question", "select arguments::text from instruction"):
            self.assertNotIn(self.license.key, str(self.house.query(stored)))
        self.house.take(self.answer(question, "Yes."))
        self.assertEqual([row["how"] for row in self.part("mails", "request", "show", "1001")],
                         ["in-reply-to"])

    def test_what_cannot_be_asked(self):
        self.hold()
        self.house.hire("olga", "orders")
        self.refused("request", "ask", "1001", "--ticket", "T", says="--text", code=2)
        self.refused("request", "ask", "1001", "--ticket", "T", "--text", "a", "--text-file", "b",
                     says="exclude", code=2)
        self.refused("request", "ask", "1001", "--text", "a", says="--ticket", code=2)
        self.refused("request", "ask", "1001", "--ticket", "T", "--text-file", "/nowhere", says="/nowhere")
        self.refused("request", "ask", "1001", "--ticket", "T", "--text", "a", who="olga",
                     says='operator olga (orders) may not use "request ask"')
        self.by_sam("request", "refuse", "1001", "--reason", "a copy")
        self.refused("request", "ask", "1001", "--ticket", "T", "--text", "a",
                     says="does not wait for a person")
        self.assertEqual(self.house.query("select * from question"), [])

    def test_a_reply_that_comes_back(self):
        told = self.hold()
        named = returned_headers(told["Message-ID"])
        for data in (bounce(named.replace(".", ".f", 1)), bounce(named, action="delayed"),
                     with_header(mail(ANA, says="I am away."), "Return-Path: <>",
                                 f"In-Reply-To: {told['Message-ID']}")):
            self.house.take(data)  # names none of ours; has come to no end; did arrive
        self.assertEqual(self.house.query("select count(*) from reply where state <> 'sent'"), [(0,)])
        self.house.take(bounce(named))
        ((number, why),) = self.house.query("select id, why from reply where state = 'undelivered'")
        self.assertRegex(why, "^it came back: message [0-9]+$")
        self.assertIn(f"reply-{number}.", told["Message-ID"])
        (contact,) = self.part("contacts", "license", "show", "LIC-1")
        self.assertTrue(contact["doubtful"])
        self.assertEqual([row["count"] for row in self.rows("status")
                          if (row.get("waits"), row.get("code")) == ("reply", "undelivered")], [1])
        (waits,) = self.rows("message", "list")
        self.assertEqual(waits["why"], why)
        self.assertEqual(self.house.query("select kind, license_id from event where kind in"
                                          " ('reply-undelivered', 'contact-doubtful') order by 1"),
                         [("contact-doubtful", 1), ("reply-undelivered", None)])
        # The same report again is another mail and no other failure.
        self.house.take(bounce(named))
        self.assertEqual(self.house.query("select count(*) from event where kind = 'reply-undelivered'"),
                         [(1,)])
        # A mail from there: the address is good again.
        self.house.take(mail(ANA, says="Our mail server was down."))
        self.assertFalse(self.part("contacts", "license", "show", "LIC-1")[0]["doubtful"])
        self.assertEqual(self.house.query("select count(*) from event where kind = 'contact-reached'"),
                         [(1,)])
        self.by_sam("message", "drop", str(waits["id"]), "--reason", "called them")
        self.assertEqual(self.house.query("select state, why from reply where state <> 'sent'"),
                         [("withdrawn", f"{why}; dropped by sam: called them")])

    def test_how_reports_name_what_came_back(self):
        ours = "Content-Type: text/plain\n\n"
        for named, more in (
                ("Content-Type: message/rfc822\n\nFrom: x@y.example\nMESSAGE-ID:\t{}\n\nHello\n", ""),
                (ours + "> Message-Id: {}\n", ""), (ours + "x\n", "References: {}\n"),
                (ours + "Your mail {} was not delivered\n", ""), (None, "")):
            with self.subTest(named=named, more=more):
                self.house.take(mail(ANA, ask(self.server, self.license)))
                ((_, reply),) = self.house.replies()
                id_ = reply["Message-ID"]
                coded = base64.b64encode(f"The mail {id_} came back.\n".encode()).decode()
                self.house.take(
                    bounce(named.format(id_), more=more.format(id_)) if named else
                    with_header(mail("postmaster@mx.northwind.example", says=coded), "Content-Transfer-Encoding: base64", "MIME-Version: 1.0"))
                self.assertEqual(self.house.query("select state from reply order by id desc limit 1"),
                                 [("undelivered",)])

    def waiting(self, data):
        """Takes in a mail that then waits: its number."""
        self.house.take(data)
        return str(self.rows("message", "list")[-1]["id"])

    def test_answered_by_a_person(self):
        ready = self.waiting(mail(ANA, says=f"Our key is {self.license.key}, thank you."))
        self.by_sam("message", "answer", ready, "--ready", "key-instead-of-request")
        ((_, reply),) = self.house.replies()
        self.assertEqual((reply["To"], reply["Subject"]),
                         (ANA, "Re: Offline activation [a usage request is needed]"))
        self.assertIn("select Generate Usage Request", " ".join(reply.get_body().get_content().split()))
        self.assertEqual(self.house.query("select state, why from reply order by id"),
                         [("withdrawn", "a ready answer, if a person agrees; answered by sam"),
                          ("sent", None)])
        own = self.waiting(mail(ANA, says="When do you open?"))
        self.by_sam("message", "answer", own, "--text", "At nine.\n\nOn {weekdays}.")
        ((_, reply),) = self.house.replies()
        self.assertEqual(reply["Subject"], "Re: Offline activation")
        self.assertIn("At nine.\n\nOn {weekdays}.\n", reply.get_body().get_content().replace("\r", ""))
        self.assertEqual(self.rows("message", "list"), [])
        self.refused("message", "answer", own, "--ready", "picture", says="was handled on")
        self.assertEqual([row["handled_how"] for row in self.rows("message", "show", own)[:1]],
                         ["answered by sam"])
        self.assertEqual([row["words"] for row in self.part("replies", "message", "show", own)],
                         ["At nine.\n\nOn {weekdays}."])
        self.assertEqual(self.house.query("select kind, o.name from event e join operator o"
                                          " on o.id = e.operator_id where subject in ('message', 'reply')"
                                          " order by e.id"),
                         [("message-answered", "sam"), ("reply-withdrawn", "sam"),
                          ("reply-queued", "sam"), ("message-answered", "sam"), ("reply-queued", "sam")])
        self.assertEqual(self.house.query("select subject_id from event where kind = 'answer-written'"),
                         self.house.query("select reply_id from answer"))

    def test_who_is_not_answered(self):
        stranger = self.waiting(with_header(mail(EVE, says="Hello?"), f"Reply-To: {ANA}"))
        self.refused("message", "answer", stranger, "--ready", "no-code",
                     says=f"{EVE} is no contact of any license")
        for n in range(4):
            asked = self.waiting(mail(ANA, says=f"Question {n}"))
            if n < 3:
                self.by_sam("message", "answer", asked, "--ready", "no-code")
        self.refused("message", "answer", asked, "--ready", "no-code", says="had three answers within a day")
        self.refused("message", "answer", asked, "--ready", "no-code", "--text", "x", says="excludes", code=2)
        self.refused("message", "answer", "99999", "--ready", "no-code", says="no message 99999")
        self.assertEqual({reply["To"] for _, reply in self.house.replies()}, {ANA})
        self.house.hire("olga", "orders")
        for words in (("answer", asked, "--ready", "no-code"), ("to-case", asked, "1001"),
                      ("drop", asked, "--reason", "x")):
            self.refused("message", *words, who="olga", says="that takes the role support or admin")

    def test_joined_and_dropped_by_a_person(self):
        self.hold()
        phone = self.waiting(mail(EVE, says="It was moved, and I write from my own address."))
        self.refused("message", "to-case", phone, "1999", says="no case 1999 is on record")
        self.refused("message", "to-case", phone, "one", says="no case's number", code=2)
        self.by_sam("message", "to-case", phone, "case 1001")
        self.refused("message", "to-case", phone, "1001", says="is with case 1001 already")
        (shown,) = self.part("mails", "request", "show", "1001")
        self.assertEqual((shown["from"], shown["how"]), (EVE, "person"))
        self.assertEqual(self.rows("message", "list"), [])
        self.assertEqual(self.house.query("select outcome from decision order by id desc limit 1"),
                         [("held",)])
        spam = self.waiting(mail(EVE, says="Buy now"))
        self.refused("message", "drop", spam, says="--reason", code=2)
        self.by_sam("message", "drop", spam, "--reason", f"spam, not {self.license.key}")
        self.refused("message", "drop", spam, "--reason", "again", says="was handled on")
        self.assertEqual(self.rows("message", "list"), [])
        self.assertNotIn(self.license.key, str(self.house.query("select handled_how from message")))

    def test_two_people_at_one_mail(self):
        """Whoever comes first has handled it, and the other is told so."""
        deeds = {"answer": ("--text", "At nine."), "drop": ("--reason", "a wrong number")}
        for order in (("answer", "drop"), ("drop", "answer")):
            with self.subTest(order=order):
                number = self.waiting(mail(ANA, says=f"When do you open, {order[0]}?"))
                told = self.house.in_turn(*(("message", deed, number, *deeds[deed]) for deed in order),
                                          at="select from message for update", by="sam")
                self.assertEqual([code for code, _, _ in told], [0, 1], told)
                self.assertIn("was handled on", told[1][2])
                self.assertEqual(len(self.house.replies()), int(order[0] == "answer"))

    def test_a_mail_that_opens_a_case(self):
        self.house.take(mail(ANA, ask(self.server, self.license)))
        self.house.replies()
        told = self.waiting(mail(ANA, says="Our pump house is no more."))
        self.refused("message", "to-case", told, "--lost-server", "LIC-1", says="--reason", code=2)
        self.refused("message", "to-case", told, "1001", "--lost-server", "LIC-1", says="CASE", code=2)
        self.by_sam("message", "to-case", told, "--lost-server", "LIC-1", "--reason", "it burnt down")
        ((_, notice),) = self.house.replies()
        ((number,),) = self.house.query("select id from restoration")
        # What is written back belongs to the case, until that is decided.
        self.house.take(self.answer(notice, "It was plant-4."))
        self.assertEqual(self.house.query("select case_number, how from case_mail"),
                         [(number, "in-reply-to")])
        self.assertEqual(len(self.rows("message", "list")), 1)
        self.assertEqual([row["text"].strip() for row in self.part("mails", "restoration", "show",
                                                                   str(number))], ["It was plant-4."])
        self.house.by("ada", "restoration", "deny", str(number), "--reason", "it runs")
        self.assertEqual(self.rows("message", "list"), [])


if __name__ == "__main__":
    main()
