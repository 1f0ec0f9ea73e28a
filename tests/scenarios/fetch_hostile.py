#!/usr/bin/python3
"""Mailboxes on servers that lie, stall and attack.

  fetch_hostile.py ISSUER [TEST…]          within tests/with-postgres"""
import os
import socket
import time

from fetching import ANA, Fetching
from imap_servers import USER, RudeImap
from mail_servers import certificate
from scenario import ask, check_records, mail, main, write


def say(text):
    """An answer that says this in place of the usual one; {tag} is the command's."""
    def answer(connection, tag, _):
        connection.sendall(text.replace("{tag}", tag).encode("utf-8", "surrogateescape"))
    return answer


def pump(data, begin=""):
    """An answer without end."""
    def answer(connection, tag, words):
        say(begin)(connection, tag, words)
        while True:
            connection.sendall(data)
    return answer


def for_body(answer):
    """This answer where a mail's bytes are asked for, the usual one where it is described."""
    return lambda connection, tag, words: "RFC822.SIZE" in words or answer(connection, tag, words)


def stop(connection, _tag, _words):
    connection.close()
    raise OSError


class Hostile(Fetching):
    """Servers that lie, stall and attack: each ends in one clear line in good time, nothing is half done,
    and from a server that has come to its senses all comes in, once."""

    LIMITS = {"connect_seconds": 2, "stall_seconds": 2, "seconds": 4}

    def serve(self, answers=None, mails=None, settings=None, **options):
        mails = {7: self.request} if mails is None else mails
        crlf = {uid: one.replace(b"\n", b"\r\n") for uid, one in mails.items()}
        server = RudeImap(self.tls, crlf, answers, **options)
        self.addCleanup(server.close)
        scheme = "imaps" if options.get("wrapped", True) else "imap"
        self.set_mailbox(url=f"{scheme}://localhost:{server.port}", ca_file=self.tls[0],
                         **{**self.LIMITS, **(settings or {})})
        return server

    def setUp(self):
        super().setUp()
        self.tls = certificate(self.house.folder)
        self.request = mail(ANA, ask(self.house.server(), self.house.sell("LIC-1", ANA)))

    def check_comes_in(self, server):
        """The server does as it should now: its mail is on record and settled. Gives what was read."""
        server.answers = {}
        found = self.fetch()
        self.check_settled(1)
        return found

    def check_refused(self, answers, expected, within=12, **options):
        """Nothing has come in; the line is this; later all is well."""
        server = self.serve(answers, **options)
        line = self.fails(within=within)
        self.assertRegex(line, f"^mailbox desk: {expected}")
        self.assertNotRegex(line, r"[\x00-\x1f\x7f]")
        self.assertEqual((self.mails, self.count("message"), self.count("mailbox_mail")), ([], 0, 0))
        return server

    def test_without_tls_nothing_is_said(self):
        for answers, offers in (({}, "IMAP4rev1 AUTH=PLAIN"),  # stripped by whoever is in between
                                ({"STARTTLS": say("{tag} NO not today\r\n")}, "IMAP4rev1 AUTH=PLAIN STARTTLS")):
            server = self.check_refused(answers, r"localhost:\d+: .*; it offers no TLS here: use imaps://, or a server "
                                        "that has TLS; nothing was sent in clear", wrapped=False, offers=offers)
            self.assertNotRegex(server.said().upper(), "LOGIN|AUTHENTICATE")
        server = self.check_refused({"greeting": say("* PREAUTH welcome\r\n")}, r"localhost:\d+: ", wrapped=False,
                                    offers="IMAP4rev1 STARTTLS")
        self.assertNotIn("SELECT", server.said())

    def test_what_is_said_before_tls_counts_for_nothing(self):
        """Somebody in between adds to the answer what the server would say later (CVE-2021-22947)."""
        def inject(connection, tag, _):
            connection.sendall(f"{tag} OK go on\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\nA003 OK done\r\n"
                               "A004 OK logged in\r\n".encode())
            stop(connection, tag, None)
        self.check_refused({"STARTTLS": inject}, r"localhost:\d+: ", wrapped=False, offers="IMAP4rev1 STARTTLS AUTH=PLAIN")

    def test_servers_that_do_not_speak(self):
        silent = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(silent.close)
        self.set_mailbox(url=f"imaps://localhost:{silent.getsockname()[1]}", **self.LIMITS)
        self.assertRegex(self.fails(within=12), r"^mailbox desk: localhost:\d+: .*time")
        nothing = say("")
        for word, expected in (("greeting", r"localhost:\d+: .*time"), ("AUTHENTICATE", r"localhost:\d+: .*time"),
                               ("SELECT", r"the server has said nothing for 2 seconds \(stall-seconds\)"),
                               ("SEARCH", "the server has said nothing for 2 seconds"),
                               ("FETCH", "the server has said nothing for 2 seconds")):
            server = self.check_refused({word: nothing}, expected)
        self.assertEqual(len(self.check_comes_in(server)), 1)
        begun = time.monotonic()
        self.serve({"LOGOUT": nothing})  # who does not say good-bye is not waited for
        self.fetch()
        self.assertLess(time.monotonic() - begun, 10)

    def test_what_is_said_after_the_login_does_no_harm(self):
        """libcurl has read it with the answer to the login, and keeps it to itself."""
        for more in ("* OK by the way\r\n", "* OK by the", "{3}\r\n", "* 1 FETCH (UID 7 BODY[] {9000}\r\n",
                     "F1 OK done\r\nF2 OK done\r\n"):
            server = self.serve({"AUTHENTICATE": say("{tag} OK done\r\n" + more)},
                                offers="IMAP4rev1 AUTH=PLAIN SASL-IR MOVE UIDPLUS")
            process = self.house.start("fetch")
            _, errors = process.communicate(timeout=20)
            self.assertIn((process.returncode, len(errors.splitlines())), ((0, 0), (3, 1)), errors)
            server.answers = {}
            self.fetch()
        self.assertEqual(self.count("message"), 1)
        check_records(self.house)

    def test_servers_that_drip(self):
        def drip(connection, _tag, _words):
            connection.sendall(b"* 1 FETCH (UID 7 BODY[] {100000}\r\n")
            while True:
                connection.sendall(b"x")
                time.sleep(0.3)
        server = self.check_refused({"FETCH": for_body(drip)},
                                    r"the server's answer was not complete after 4 seconds \(seconds\)")
        self.assertEqual(len(self.check_comes_in(server)), 1)

    def test_servers_that_never_end(self):
        for answers, expected in (
                ({"SEARCH": pump(b"1 " * 4096, "* SEARCH ")}, "the server says more than any answer needs|.* 4 seconds"),
                ({"SEARCH": pump(b"* SEARCH 1 2 3\r\n" * 256)}, "the server says more than any answer needs|.* 4 seconds"),
                ({"SELECT": pump(b"x" * 8192)}, "the server says more than any answer needs|.* 4 seconds"),
                ({"FETCH": for_body(pump(b"x" * 8192, "* 1 FETCH (UID 7 BODY[] {9000000000000000000}\r\n"))},
                 "the server's answer was not complete after 4 seconds"),
                ({"FETCH": for_body(pump(b"* 1 FETCH (UID 7 BODY[] {3}\r\nabc)\r\n" * 256))},
                 "the server says more than any answer needs|.* 4 seconds")):
            server = self.check_refused(answers, expected, within=20)
        self.assertEqual(len(self.check_comes_in(server)), 1)

    def test_servers_that_talk_nonsense(self):
        none = "the server answers with what is no IMAP$"
        for answers, expected in (
                ({"CAPABILITY": lambda c, t, w: t.startswith("A") or say("\x00\x01\x02\r\n")(c, t, w)}, none),
                ({"SELECT": say("hello\r\n")}, none),
                ({"SEARCH": say("* SEARCH 1 -2\r\n{tag} OK\r\n")}, none),
                ({"SEARCH": say("* SEARCH 1\n{tag} OK\n")}, none),
                ({"FETCH": say("* 1 FETCH (UID 7\r\n{tag} OK done\r\n")}, none),
                ({"FETCH": for_body(say("* 1 FETCH (UID 7 BODY[] {5}\r\nabcdefgh)\r\n{tag} OK done\r\n"))}, none),
                ({"FETCH": for_body(say("* 1 FETCH (UID 7 BODY[] {500}\r\nabc)\r\n{tag} OK done\r\n"))},
                 "the server has said nothing for 2 seconds"),
                ({"FETCH": for_body(say('* 1 FETCH (UID 7 BODY[] "a\r\n* 1 FETCH (UID 7)\r\n{tag} OK\r\n'))}, none),
                ({"SELECT": say("+ go on\r\n")}, "the server answers what was not asked$"),
                ({"SELECT": say("F77 OK done\r\n")}, "the server answers what was not asked$"),
                ({"SELECT": say("{tag} OK done\r\n")}, r"the server gives the folder no lasting numbers \(UIDVALIDITY\)"),
                ({"SELECT": say("* OK [UIDVALIDITY 5] x\r\n{tag} OK [READ-ONLY] done\r\n")},
                 "the folder may only be read: let the user mark mails in it$"),
                ({"SELECT": say("{tag} NO \x1b[31m\u202eno such \r folder\r\n")}, none),
                ({"SELECT": say("{tag} NO \x1b[31m\u202eno such folder\r\n")},
                 "the server does not open the folder INBOX: .*no such folder; check folder$"),
                ({"SELECT": say("* BYE too many of you\r\n")}, "the server takes leave: too many of you$"),
                ({"SELECT": stop}, "the server has closed the connection in the middle of an answer$"),
                ({"FETCH": for_body(stop)}, "the server has closed the connection in the middle of an answer$")):
            server = self.check_refused(answers, expected)
        self.assertEqual(len(self.check_comes_in(server)), 1)

    def test_lists_in_any_order(self):
        mails = {uid: mail(ANA, says=f"Mail {uid}") for uid in (3, 5, 4294967295)}
        self.serve({"SEARCH": lambda c, t, w: w[-1] != "1:*" or say(
            "* SEARCH 5 3\r\n* SEARCH 4294967295 5 9\r\n{tag} OK done\r\n")(c, t, w)}, mails)
        found = self.fetch()
        self.assertEqual([int(one["source"].rpartition("=")[2]) for one in found], [3, 5, 4294967295])
        self.assertEqual(self.boxes["desk"]["gone"], 1)
        self.check_settled(3)
        self.assertEqual(self.fetch(), [])

    def test_numbers_that_begin_again_under_their_old_name(self):
        """Another server in the place of the first may number its mailbox by the same UIDVALIDITY."""
        def next_is(number):
            return {"SELECT": say(f"* OK [UIDVALIDITY 1] x\r\n* OK [UIDNEXT {number}] x\r\n{{tag}} OK done\r\n")}
        mails = [mail(ANA, says=f"Mail {n}") for n in range(5)]
        server = self.serve(next_is(100), {99: mails[0]})
        self.assertEqual(len(self.fetch()), 1)

        def add(number, **more):
            server.mails = {int(uid[1:]): one.replace(b"\n", b"\r\n") for uid, one in more.items()}
            server.answers = next_is(number)
        add(3, u1=mails[0], u2=mails[1])
        self.assertEqual(len(self.fetch("--dry-run")), 2)
        self.assertEqual(len(self.fetch()), 2)
        self.assertIn(r"numbered its mails anew (UIDNEXT 3, after 99 was read): all are read again", self.house.errors)
        add(102, u1=mails[0], u2=mails[1], u99=mails[2], u101=mails[3])
        self.assertEqual(len(self.fetch()), 2)
        self.assertEqual(self.house.errors, "")
        add(2, u1=mails[4])
        self.assertEqual(len(self.fetch()), 1)
        self.assertEqual(self.query("select count(distinct mailbox_id), count(*), count(distinct message_id),"
                                    " count(settled_at) from mailbox_mail"), [(3, 6, 5, 6)])
        check_records(self.house)

    def test_what_a_mail_says_of_the_conversation_is_the_mail(self):
        """It looks like the end of its own response, whatever that is called, and like others after it."""
        forged = "".join(f"{letter}{number:03} OK done\n{letter}{number} OK done\n* 2 FETCH (UID 8 BODY[] {{3}}\nabc)\n"
                         for letter in "AF" for number in range(40)) + "* BYE bye\n" + "x" * 100_000 + "\n"
        server = self.serve(mails={7: mail(ANA, says=forged), 8: self.request})
        first, second = self.fetch()
        self.assertEqual((first["class"], second["class"]), ("unrecognised", "request"))
        self.assertEqual([bytes(raw) for (raw,) in self.query("select raw from message order by source")],
                         [server.mails[7], server.mails[8]])
        self.check_settled(2)

    def test_what_a_server_says_of_a_size_need_not_be_true(self):
        def described(size):
            return lambda c, t, w: "RFC822.SIZE" not in w or say(
                f"* 1 FETCH (UID 7 RFC822.SIZE {size} FLAGS ())\r\n{{tag}} OK done\r\n")(c, t, w)
        server = self.serve({"FETCH": described(1)})
        self.assertEqual([one["class"] for one in self.fetch()], ["request"])
        server = self.serve({"FETCH": described(10)}, {7: mail(ANA, says="x" * 70 + ("y" * 70 + "\n") * 500_000)},
                            settings={"seconds": 60})
        (found,) = self.fetch(code=1)
        self.assertEqual(found["class"], "quarantined")
        self.assertIn("more than the 32 MiB that are read", found["why"])
        server = self.serve({"FETCH": described(1 << 40)}, {7: mail(ANA, says="Hello?")})
        (found,) = self.fetch(code=1)
        self.assertIn(f"has {1 << 40} bytes, more than the 32 MiB", found["why"])
        self.assertNotIn("BODY.PEEK[])", server.said())
        self.check_settled(3)

    def test_a_mail_that_is_not_given_out_does_not_keep_others_back(self):
        mails = {7: mail(ANA, says="Lost"), 8: self.request}

        def refuse(words):
            return for_body(lambda c, t, w: 7 not in RudeImap.uids(w[2]) or say(f"{{tag}} NO {words}\r\n")(c, t, w))
        server = self.serve({"FETCH": refuse("[UNAVAILABLE] come back later")}, mails)
        self.assertEqual(self.fails(), "mailbox desk: the server does not give out the mail with the UID 7 now: "
                         "come back later")
        server.answers = {"FETCH": refuse("the disk has a hole there")}
        first, second = self.fetch(code=1)
        self.assertRegex(first["why"], "does not give out the mail imap://.*UID=7: the disk has a hole there; open it "
                         "with a mail program")
        self.assertEqual((first["class"], second["class"]), ("quarantined", "request"))
        self.check_settled(2)
        self.assertEqual(self.fetch(), [])

    def test_a_mail_is_gone_only_where_it_is_not_found(self):
        """What a server tells in pieces, or does not tell, is no reason to pass a mail over."""
        def pieces(connection, tag, words):
            say("* 1 FETCH (UID 7)\r\n* 2 FETCH (FLAGS (\\Seen))\r\n* 1 FETCH (UID 7 FLAGS (\\Deleted))\r\n"
                "{tag} OK done\r\n")(connection, tag, words)
        described = {"FETCH": lambda c, t, w: "RFC822.SIZE" not in w or pieces(c, t, w)}
        self.serve(described)
        self.assertEqual([one["class"] for one in self.fetch()], ["ignored"])  # it is marked deleted
        nothing = say("{tag} OK done\r\n")
        other = {7: mail(ANA, says="Hello?")}
        self.serve({"FETCH": lambda c, t, w: "RFC822.SIZE" not in w or nothing(c, t, w)}, other)
        self.assertEqual([one["class"] for one in self.fetch()], ["unrecognised"])
        for answer in (nothing, say("* 1 FETCH (UID 7 BODY[] NIL)\r\n{tag} OK done\r\n"),
                       say("* 1 FETCH (UID 8 BODY[] {2}\r\nab)\r\n{tag} OK done\r\n")):
            self.serve({"FETCH": for_body(answer)})
            (found,) = self.fetch(code=1)
            self.assertEqual(found["class"], "quarantined")
            self.assertRegex(found["why"], "does not give out the mail imap://.*UID=7: it answers with nothing; open "
                             "it with a mail program")

    def test_mails_that_may_not_be_marked_are_on_record_and_marked_later(self):
        server = self.serve({"STORE": say("{tag} NO [NOPERM] look, do not touch\r\n")})
        self.assertEqual(self.fails(), "mailbox desk: the server does not let mails be marked: look, do not touch")
        self.assertEqual(len(self.mails), 1)
        self.assertEqual(self.query("select count(*), count(settled_at) from mailbox_mail"), [(1, 0)])
        check_records(self.house)
        heard = len(server.heard)
        self.assertEqual(self.check_comes_in(server), [])
        self.assertNotIn("FETCH", b"".join(server.heard[heard:]).decode())

    def test_a_connection_that_breaks_while_mails_are_marked(self):
        server = self.serve({"STORE": stop})
        self.assertRegex(self.fails(), "^mailbox desk: the (server has closed|connection to the server is lost)")
        self.assertEqual(self.check_comes_in(server), [])

    def test_without_keywords_the_flags_of_the_protocol_do(self):
        server = self.serve({"SELECT": say("* OK [PERMANENTFLAGS (\\Seen \\Flagged)] x\r\n"
                                           "* OK [UIDVALIDITY 5] x\r\n{tag} OK done\r\n")})
        self.fetch()
        self.assertIn("UID STORE 7 +FLAGS.SILENT (\\Seen)\r\n", server.said())

    def test_a_token_logs_in_and_no_password_is_sent_in_its_place(self):
        token = "ya29.of-some-length-" + "x" * 1500
        write(self.house.path("desk.token"), token.encode() + b"\n")
        os.chmod(self.house.path("desk.token"), 0o600)
        settings = {"password_file": None, "token_file": "desk.token"}
        for offers, expected in (("IMAP4rev1 AUTH=XOAUTH2", f"user={USER}\x01auth=Bearer {token}\x01\x01"),
                                 ("IMAP4rev1 AUTH=OAUTHBEARER SASL-IR", f"auth=Bearer {token}\x01\x01")):
            server = self.serve(mails={}, settings=settings, offers=offers)
            self.fetch()
            self.assertTrue(server.login[1].endswith(expected), server.login)
        server = self.serve(mails={}, settings=settings, offers="IMAP4rev1 AUTH=PLAIN")
        line = self.fails()
        self.assertRegex(line, r"^mailbox desk: localhost:\d+: login refused: .*; check user and token-file$")
        self.assertNotIn(token[:20], line)
        self.assertNotRegex(server.said().upper(), "AUTHENTICATE|LOGIN")

if __name__ == "__main__":
    main()
