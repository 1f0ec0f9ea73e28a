#!/usr/bin/python3
"""Telling mails apart: who sent them and who vouches for that, machine mail, loops, ready answers.

  telling.py ISSUER [TEST…]          within tests/with-postgres"""
import base64
import json
import secrets
import subprocess
import time

import psycopg2

from mail_servers import certificate
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


class Limits(Telling):
    """How many answers a contact entry may cause, before its mails are listed for a person."""

    def limit(self, an_hour=60, a_day=300):
        self.house.environment["ISSUER_ANSWERS_AN_HOUR"] = str(an_hour)
        self.house.environment["ISSUER_ANSWERS_A_DAY"] = str(a_day)

    def at(self, hours):
        """From here on the program's clock is so many hours ahead."""
        self.house.environment["ISSUER_NOW"] = str(int(time.time()) + 3600 * hours)

    def alerts(self):
        return [row["detail"] for row in self.rows("alert", "list")]

    def codes(self, count):
        self.made = getattr(self, "made", 0)
        hosts = range(self.made, self.made + count)
        self.made += count
        return [self.code(f"plant-{host}") for host in hosts]

    def replies(self):
        return [reply["To"] for _, reply in self.house.replies()]

    def test_an_address(self):
        self.limit(an_hour=3)
        mails = [mail(ANA, code) for code in self.codes(5)]
        # Decided all the same, and none is lost: what is not answered is listed, with one alert.
        self.assertEqual(self.house.take(*mails), [("issued", "issued")] * 5)
        self.assertEqual(self.replies(), [ANA] * 3)
        listed = self.rows("message", "list")
        self.assertEqual([row["class"] for row in listed], ["request"] * 2)
        for row in listed:
            self.assertIn("had 3 answers within an hour (answers-an-hour)", row["why"])
        (alert,) = self.alerts()
        self.assertIn("had 3 answers within an hour", alert)
        self.assertNotIn("northwind", alert)
        self.house.take(mail(ANA, *self.codes(1)))
        self.assertEqual((len(self.alerts()), len(self.rows("message", "list"))), (1, 3))
        # Once it is closed, the next one is an alert again.
        number = str(self.rows("alert", "list")[0]["alert"])
        self.by_sam("alert", "close", number, "--reason", "they are rolling out")
        self.house.take(mail(ANA, *self.codes(1)))
        self.assertEqual(len(self.alerts()), 1)
        # A person may answer all the same.
        short = self.rows("request", "list", "--all")[0]["request"]
        self.by_sam("request", "resend", short, "--reason", "listed")
        self.assertEqual(self.replies(), [ANA])

    def test_a_domain_is_one_entry(self):
        self.license = self.house.sell("LIC-2", "@south.example;boss@south.example", activations=9,
                                       servers=9)
        self.limit(an_hour=2)
        senders = ("a@south.example", "B@South.example", "c@south.example", "boss@south.example",
                   "BOSS@south.example", "boss@south.example")
        self.house.take(*[mail(sender, code) for sender, code in zip(senders, self.codes(6))])
        self.assertEqual([address.lower() for address in self.replies()],
                         ["a@south.example", "b@south.example", "boss@south.example",
                          "boss@south.example"])
        self.assertEqual(len(self.alerts()), 2)

    def test_hours_and_days(self):
        gone = self.house.sell("LIC-9", ANA, activations=9, expires="2020-01-01")
        self.limit(an_hour=2, a_day=3)
        for hours, count in ((0, 3), (2, 2), (27, 1)):
            self.at(hours)
            codes = [ask(self.house.server(host=f"old-{hours}-{n}"), gone) for n in range(count)]
            self.assertEqual(self.house.take(*[mail(ANA, code) for code in codes]),
                             [("refused", "license-expired")] * count)
        del self.house.environment["ISSUER_NOW"]
        self.assertEqual(len(self.replies()), 4)
        self.assertEqual([row["why"].rpartition("(")[2] for row in self.rows("message", "list")],
                         ["answers-an-hour)", "answers-a-day)"])

    def test_two_daemons_at_once(self):
        """Each has decided a mail for the last answer before the other has written its own."""
        self.limit(an_hour=1)
        commands = []
        for number, code in enumerate(self.codes(2)):
            path = write(self.house.path(f"{number}.mbox"), mbox([mail(ANA, code)]))
            commands.append(("ingest", "--json", path))
        # Different licenses: no lock of theirs keeps the two apart.
        self.license = self.house.sell("LIC-2", ANA, activations=9, servers=9)
        path = write(self.house.path("1.mbox"), mbox([mail(ANA, *self.codes(1))]))
        done = self.house.in_turn(*commands[:1], ("ingest", "--json", path),
                                  at="lock table reply in share mode")
        self.assertEqual([code for code, _, _ in done], [0, 0], done)
        self.assertEqual(self.replies(), [ANA])
        self.assertEqual(len(self.rows("message", "list")), 1)

    def test_counts_go_by_an_index(self):
        """However many answers there ever were."""
        self.house.take(mail(ANA, *self.codes(1)))
        self.house.query("insert into reply (message_id, recipient, state, effective)"
                         " select message_id, 'x' || n || '@y' || n %% 97 || '.example', 'sent', now()"
                         " from reply, generate_series(1, 20000) n")
        self.house.query("analyze reply")
        asked = ("answers_of_day('x1@y1.example', now())",
                 "(select count(*) from answers_to('x1@y1.example', 60, now() - interval '1 day'))",
                 "(select count(*) from answers_to('@y1.example', 60, now() - interval '1 day'))")
        for one in asked:
            self.assertLess(self.read_for(one), 1000, one)
        self.house.query("drop index reply_to_address; drop index reply_to_domain")
        for one in asked:
            self.assertGreater(self.read_for(one), 20000, one)

    def read_for(self, asked):
        """How many replies are read one after the other for an answer to this."""
        connection = psycopg2.connect(self.house.dsn, options="-c search_path=issuer")
        try:
            cursor = connection.cursor()
            cursor.execute(f"select {asked}")
            cursor.execute("select coalesce(seq_tup_read, 0) from pg_stat_xact_user_tables"
                           " where relname = 'reply'")
            return cursor.fetchone()[0]
        finally:
            connection.close()



class Loops(Telling):
    """A correspondent who answers every mail of ours with a new one, and marks none of them."""

    def echo(self, first, answer, most=40):
        """Mails `first`, then answers what comes back until nothing does; how many mails we sent."""
        sent, incoming = 0, [first]
        while incoming and sent < most:
            self.put(*incoming)
            out = [reply for _, reply in self.house.replies()]
            sent += len(out)
            incoming = [answer(reply) for reply in out]
        return sent

    @staticmethod
    def quoting(reply, *codes):
        """A new mail with all of ours in it, nothing quoted or marked."""
        text = reply.get_body().get_content()
        return mail(ANA, *codes, says=f"Thank you for your mail {reply['Subject']}.\n{text}")

    def test_it_quotes_what_we_wrote(self):
        code = self.code()
        self.assertEqual(self.echo(mail(ANA, code), self.quoting), 1)
        self.assertNotEqual(self.rows("message", "list"), [])  # nothing is passed over in silence

    def test_it_sends_the_same_code_each_time(self):
        code = self.code()
        self.assertEqual(self.echo(mail(ANA, code), lambda reply: self.quoting(reply, code)), 4)
        self.assertEqual([row["code"] for row in self.rows("request", "list")], ["resent-too-often"])

    def test_it_sends_a_refused_code_each_time(self):
        self.house.environment["ISSUER_REPEATS_AN_HOUR"] = "9"
        gone = self.house.sell("LIC-9", ANA, expires="2020-01-01")
        code = ask(self.house.server(host="old"), gone)
        self.assertEqual(self.echo(mail(ANA, code), lambda reply: self.quoting(reply, code)), 9)
        self.assertEqual(len(self.rows("alert", "list")), 1)
        (listed,) = self.rows("message", "list")
        self.assertIn("9 answers within an hour that brought nothing new", listed["why"])
        # What is new goes out all the same.
        self.house.take(mail(ANA, self.code()))
        self.assertEqual(len(self.house.replies()), 1)

    def test_it_tells_of_a_loss_each_time(self):
        """What we write about a lost server has the words of loss in it."""
        sent = self.echo(mail(ANA, says="The server of LIC-1 burnt down, it is destroyed."), self.quoting)
        self.assertLess(sent, 4)
        self.assertEqual(self.house.query("select count(*) from restoration"), [(1,)])

    def test_it_sends_a_damaged_code_each_time(self):
        code = self.code()[:-300]
        self.assertEqual(self.echo(mail(ANA, code), lambda reply: self.quoting(reply, code)), 3)
        self.assertIn("three answers within a day", self.rows("message", "list")[-1]["why"])


FLOATING = """Hello, we run a floating license server. It shows:
  Hostname: fls.northwind.example
  Fingerprint: 1F-22-AB-07
  Seats: 25
"""
PICTURE = ("MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=p\n\n--p\n\nSee the picture.\n"
           "--p\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n\niVBORw0KGgo=\n--p--\n")




# How GnuPG begins a file that it has encrypted: for an RSA key, for an elliptic curve's, with a password.
PGP_FILES = {"rsa": "85010c03188c3831b576bca10107fd14673cb11d3664b2bec6084cbfd11574137881983abdcd6f01",
             "curve": "845e03f0c1d5b7a9e2c4d6120107405f3f1b0b2c7d9e8a6f5c4b3a29181706f5e4d3c2b1a0918273",
             "password": "8c0d0409030266349bc4a680d583ffd23c01a4f549afcf58b11179397f40b08a1d30e539b105ccb1"}


def attached(name, data, says="Please see the file."):
    """A mail with a file."""
    return mail(ANA).partition(b"\n\n")[0] + (
        "\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=p\n\n--p\n\n"
        f"{says}\n--p\nContent-Type: application/octet-stream; name={name}\n"
        "Content-Transfer-Encoding: base64\n\n"
        f"{base64.encodebytes(data).decode()}\n--p--\n").encode()


class Ready(Telling):
    """Mails without a usable code, for which there is a ready answer that a person may send."""

    def listed(self, data):
        """How the mail is listed: its number, class, and the ready answer that is proposed."""
        before = {row["id"] for row in self.rows("message", "list")}
        self.put(data)
        ((number, kind, ready),) = [(row["id"], row["class"], row["ready"])
                                    for row in self.rows("message", "list") if row["id"] not in before]
        self.assertEqual(self.house.replies(), [])  # a person sends it, nobody else
        return str(number), kind, ready

    def answered(self, number, ready):
        (done,) = self.by_sam("message", "answer", number, "--ready", ready)
        self.assertEqual((done["change"], done["to"]), ("answered", ANA))
        ((_, reply),) = self.house.replies()
        return " ".join(reply.get_body().get_content().split())

    def test_a_pdf_is_answered_as_a_picture_is(self):
        number, listed, proposed = self.listed(attached("request.pdf", b"%PDF-1.4\n" + bytes(200)))
        self.assertEqual((listed, proposed), ("unrecognised", "picture"))
        self.assertIn("a picture or a PDF", self.answered(number, "picture"))

    def test_each_kind_is_listed_and_answered(self):
        picture = mail(ANA).partition(b"\n\n")[0] + b"\n" + PICTURE.encode()
        for data, kind, ready, words in (
                (mail(ANA, says=FLOATING), "unrecognised", "floating-server", "View Server Info"),
                (mail(ANA, says="Please add snowflake bridge to LIC-1."), "about-license",
                 "upgrade-wish", "generate a new usage request on the server as an update"),
                (picture, "unrecognised", "picture", "cannot be read reliably from a picture")):
            with self.subTest(ready):
                number, listed, proposed = self.listed(data)
                self.assertEqual((listed, proposed), (kind, ready))
                self.assertIn(words, self.answered(number, ready))
                self.assertEqual(self.rows("message", "list"), [])
                self.house.query("update reply set state = 'withdrawn'")  # no answer of that day

    def encrypted(self):
        """The same request in mails that only somebody else can read, by how that was done."""
        code = write(self.house.path("code.txt"), ask(self.house.server(), self.license).encode())
        sealed = subprocess.run(["openssl", "cms", "-encrypt", "-aes256", "-in", code,
                                 certificate(self.house.folder)[0]], check=True, capture_output=True).stdout
        yield "S/MIME", mail(ANA).partition(b"\n\n")[0] + b"\n" + sealed
        yield "PGP's text", mail(ANA, says="-----BEGIN PGP MESSAGE-----\n\nhQEMA+0fT7rXAbcD\n=Zk3A\n"
                                           "-----END PGP MESSAGE-----\n")
        for kind, begins in PGP_FILES.items():
            yield f"PGP's file, {kind}", attached("code.gpg", bytes.fromhex(begins) + secrets.token_bytes(300))
        for kind, options in (("zip", []), ("7z", []), ("7z", ["-mhe=on"])):
            packed = self.house.path(f"code-{len(options)}.{kind}")
            subprocess.run(["7zz", "a", "-bso0", "-psecret", f"-t{kind}", *options, packed, code], check=True)
            with open(packed, "rb") as stream:
                yield f"{kind} with a password {options}", attached(f"code.{kind}", stream.read())

    def test_what_only_another_can_read(self):
        for how, data in self.encrypted():
            with self.subTest(how):
                number, listed, proposed = self.listed(data)
                self.assertEqual((listed, proposed), ("unrecognised", "encrypted"))
                if how == "S/MIME":
                    self.assertIn("Please send the same again without S/MIME or PGP encryption",
                                  self.answered(number, "encrypted"))
                else:
                    self.by_sam("message", "drop", number, "--reason", "answered once")
        # What can be read beside it comes first; its sender's words say more.
        locked = bytes.fromhex(PGP_FILES["rsa"]) + bytes(300)
        found = self.put(attached("code.gpg", locked, says=ask(self.house.server(), self.license)))
        self.assertEqual([decision["outcome"] for decision in found[0]["decisions"]], ["issued"])
        self.assertEqual(self.rows("message", "list"), [])
        self.house.replies()
        wish = self.listed(attached("order.gpg", locked, says="Please add snowflake bridge to LIC-1."))
        self.assertEqual(wish[2], "upgrade-wish")
        self.assertEqual(self.listed(attached("a.gpg", locked, says="For LIC-1, see the file."))[1:],
                         ("about-license", "encrypted"))

    def test_a_key_is_masked(self):
        number, kind, ready = self.listed(mail(ANA, says=f"Our key is {self.license.key}, thanks."))
        self.assertEqual((kind, ready), ("unrecognised", "key-instead-of-request"))
        shown = self.house.issuer("message", "show", number)
        self.assertNotIn(self.license.key, shown)
        self.assertIn(self.license.key[-4:], shown)
        self.assertIn("A license key is a secret of your firm", self.answered(number, ready))

    def test_what_is_quoted_is_nobody_s_wish(self):
        quoted = "".join(f"> {line}\n" for line in FLOATING.splitlines())
        for says in (f"Thanks!\n{quoted}", "Thanks!\n> Please add snowflake bridge to LIC-1.",
                     "Could you add me to the list?", "The seats in the pump house are broken."):
            with self.subTest(says):
                self.assertEqual(self.listed(mail(ANA, says=says))[2], None)

    def test_the_words_are_settings(self):
        self.assertEqual(self.listed(mail(ANA, says="Gostariamos de mais modulos: LIC-1"))[2], None)
        self.house.environment["ISSUER_UPGRADE_WORDS"] = "mais modulos"
        self.assertEqual(self.listed(mail(ANA, says="Gostariamos de mais modulos: LIC-1"))[2],
                         "upgrade-wish")
        self.assertEqual(self.listed(mail(ANA, says="Please upgrade LIC-1."))[2], None)
        self.house.environment["ISSUER_FLOATING_WORDS"] = "flutuante;servidor"
        self.assertEqual(self.listed(mail(ANA, says="Servidor flutuante"))[2], "floating-server")

    def test_a_loss_is_no_wish(self):
        """A lost server is a case, whatever else is asked for."""
        (found,) = self.put(mail(ANA, says="The server of LIC-1 burnt down. Please add another."))
        self.assertIsNotNone(found["case"])
        self.assertEqual([row["ready"] for row in self.rows("message", "list", "--all")], [None])

    def test_the_subject_counts_unless_it_is_an_earlier_one(self):
        wish = mail(ANA, says="Thank you.").replace(b"Subject: Offline activation",
                                                    b"Subject: Please upgrade LIC-1")
        self.assertEqual(self.listed(wish)[1:], ("about-license", "upgrade-wish"))
        answer = wish.replace(b"Subject: ", b"In-Reply-To: <x@northwind.example>\nSubject: Re: ")
        answer = answer.replace(b"Message-ID: <", b"Message-ID: <a")
        self.assertEqual(self.listed(answer)[1:], ("unrecognised", None))
        lost = mail(ANA, says="It cannot be repaired.").replace(
            b"Subject: Offline activation", b"Subject: The server of LIC-1 is destroyed")
        (found,) = self.put(lost)
        self.assertIsNotNone(found["case"])


class ToldAgain(Telling):
    """One lost server, and several mails that tell of it."""

    def loss(self, says, sender=ANA):
        (found,) = self.put(mail(sender, says=says))
        return found["case"]

    def mails_of(self, case):
        return [row["how"] for row in self.rows("restoration", "show", str(case))
                if row.get("part") == "mails"]

    def test_the_second_joins_the_open_case(self):
        first = self.loss("The server of LIC-1 burnt down.")
        self.assertEqual(self.loss("Once more: the server of LIC-1 is destroyed, please help!"), first)
        self.assertEqual(self.mails_of(first), ["lost-server"])
        self.assertEqual(self.house.query("select count(*) from restoration"), [(1,)])
        # It is read with the case: until then it waits. Contacts were told once.
        (waits,) = self.rows("message", "list")
        self.assertEqual((waits["class"], waits["waits"]), ("about-license", True))
        self.assertEqual(len(self.house.replies()), 1)
        # What comes when that is over tells of another loss.
        self.house.by("ada", "restoration", "deny", str(first), "--reason", "it runs")
        self.assertNotEqual(self.loss("Now the server of LIC-1 really is destroyed."), first)

    def test_two_in_one_batch(self):
        found = self.put(mail(ANA, says="The server of LIC-1 burnt down."),
                         mail(ANA, says="LIC-1: the server is destroyed."))
        self.assertEqual(len({one["case"] for one in found}), 1)
        self.assertIsNotNone(found[0]["case"])

    def test_two_servers_are_two_cases(self):
        self.house.take(*[mail(ANA, self.code(host)) for host in ("plant-1", "plant-2")])
        first = self.loss("plant-1 of LIC-1 burnt down.")
        self.assertNotEqual(self.loss("plant-2 of LIC-1 was stolen."), first)
        self.assertEqual(self.loss("plant-1 of LIC-1 is destroyed for good."), first)

    def test_what_is_attached_names_the_license_and_tells_no_loss(self):
        def with_file(says, attached):
            head = mail(ANA).partition(b"\n\n")[0] + b"\nMIME-Version: 1.0\n"
            return head + (f"Content-Type: multipart/mixed; boundary=f\n\n--f\n\n{says}\n--f\n"
                           'Content-Type: text/plain; name="form.txt"\nContent-Disposition: attachment'
                           f"\n\n{attached}\n--f--\n").encode()

        (log,) = self.put(with_file("Please look into this, LIC-1.", "12:00 connection lost, job failed"))
        self.assertEqual((log["class"], log["case"]), ("about-license", None))
        (form,) = self.put(with_file("Our server burnt down.", "License ID: LIC-1\nHost: plant-1"))
        self.assertEqual(form["class"], "about-license")
        self.assertIsNotNone(form["case"])

    def test_two_daemons_at_once(self):
        paths = [write(self.house.path(f"{number}.mbox"), mbox([mail(ANA, says=says)])) for number, says
                 in enumerate(("The server of LIC-1 burnt down.", "LIC-1: the server is destroyed."))]
        done = self.house.in_turn(*[("ingest", "--json", path) for path in paths],
                                  at="select from license where license_id = 'LIC-1' for update")
        self.assertEqual([code for code, _, _ in done], [0, 0], done)
        self.assertEqual(self.house.query("select count(*) from restoration"), [(1,)])


if __name__ == "__main__":
    main()
