#!/usr/bin/python3
"""Replies on their way by SMTP: through a real Postfix over TLS and with a login, and to servers that
refuse, stall, drop the line, talk nonsense and change their mind.

  sending.py ISSUER [TEST…]          within tests/with-postgres"""
import collections
import email
import email.policy
import json
import os
import re
import signal
import time

import psycopg2

from daemon import Daemon
from mail_servers import Postfix, RudeServer, certificate
from scenario import (OWN, Scenario, ask, bounce, chance, check_records, dated_mail, mail, main,
                      returned_headers, rounds, write)

ANA, NOBODY, LATER = (f"{name}@northwind.example" for name in ("ana", "nobody", "later"))
MINUTE, HOUR, DAY = 60, 3600, 86400


class Sending(Scenario):
    """A house whose replies go by the mail server that a test names."""

    def setUp(self):
        super().setUp()
        self.settings(reply_by="smtp", smtp_connect_seconds=5, smtp_seconds=5)
        self.now = int(time.time())  # by the clock of what delivers; all else has its own

    def tearDown(self):
        check_records(self.house)

    def settings(self, **values):
        for name, value in values.items():
            self.house.environment[f"ISSUER_{name.upper()}"] = str(value)

    def later(self, seconds):
        self.now += seconds

    def rude(self, answers=None, **options):
        server = RudeServer(answers, **options)
        self.addCleanup(server.close)
        self.settings(smtp_url=f"smtp://127.0.0.1:{server.port}")
        return server

    def crowd(self, count, contact=ANA):
        """Queues so many replies; gives their numbers."""
        license = self.house.sell(f"LIC-{contact.partition('@')[0].upper()}", contact, activations=count,
                                  servers=count)
        before = {number for (number,) in self.house.query("select id from reply")}
        servers = [self.house.server(host=f"plant-{n}") for n in range(count)]
        self.house.take(*(mail(contact, ask(server, license)) for server in servers))
        return sorted({number for (number,) in self.house.query("select id from reply")} - before)

    def deliver(self, code=0, *words):
        """What is said of each reply."""
        return [json.loads(line) for line in self.run_deliver("--json", *words, code=code).splitlines()]

    def run_deliver(self, *words, code=0):
        self.house.environment["ISSUER_NOW"] = str(self.now)
        try:
            return self.house.issuer("deliver", *words, code=code)
        finally:
            del self.house.environment["ISSUER_NOW"]

    def start_deliver(self, *words):
        return self.house.start("deliver", *words,
                                env={**self.house.environment, "ISSUER_NOW": str(self.now)})

    def states(self):
        return [state for (state,) in self.house.query("select state from reply order by id")]

    def kinds(self):
        """The events of replies, in order."""
        return [kind for (kind,) in self.house.query(
            "select kind from event where subject = 'reply' and kind <> 'reply-queued' order by id")]

    def state(self, number):
        return self.house.query("select state, why from reply where id = %s", number)[0]

    def record(self):
        return self.house.query("select r.*, r::text from reply r order by id")

    def no_service(self, says):
        """Nothing goes out, one line says why, and nothing counts against any reply."""
        before = self.record()
        self.assertEqual(self.deliver(3), [])
        self.assertEqual(self.house.errors.count("\n"), 1, self.house.errors)
        self.assertIn(says, self.house.errors)
        self.assertIn("stays queued", self.house.errors)
        self.assertEqual(self.record(), before)


class Through(Sending):
    """A Postfix as the world has it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.postfix = Postfix()
        cls.addClassCleanup(cls.postfix.close)

    def setUp(self):
        super().setUp()
        self.settings(smtp_url=f"smtp://localhost:{self.postfix.port}", smtp_tls="always",
                      smtp_ca_file=self.postfix.ca_file, smtp_seconds=60)
        self.seen = len(self.postfix.mails(0))

    def arrived(self, count):
        """What came since the test began, without what Postfix writes above it."""
        found = self.postfix.mails(self.seen + count)[self.seen:]
        self.assertEqual(len(found), count)
        return [data[data.index(b"\nFrom: ") + 1:] for data in found]

    def log_in(self):
        path = write(self.house.path("password"), self.postfix.LOGIN[1].encode() + b"\n")
        os.chmod(path, 0o600)
        self.settings(smtp_url=f"smtp://localhost:{self.postfix.login_port}",
                      smtp_user=self.postfix.LOGIN[0], smtp_password_file=path)

    def test_what_arrives_is_what_a_folder_would_hold(self):
        """Over TLS, with a login, byte for byte: with lines that begin with dots, and other letters."""
        house = self.house
        self.crowd(2)
        house.hire("sam", "support")
        house.ingest(write(house.path("asks.eml"), dated_mail(ANA, "When do you answer?\n", 77)))
        ((number,),) = house.query("select id from message where class = 'unrecognised'")
        words = "Grüße\n.\n..\n. \nFrom here on:\n" + ".dot " * 20000 + "\n.\n"
        house.by("sam", "message", "answer", str(number), "--text-file",
                 write(house.path("words"), words[:7000].encode() + b"\n.\n"))
        other = self.copy_of(house)
        folder = house.path("as-files")
        os.makedirs(folder)
        other.issuer("deliver", "--folder", folder)
        expected = []
        for name in os.listdir(folder):
            with open(os.path.join(folder, name), "rb") as stream:
                expected.append(stream.read().replace(b"\r\n", b"\n"))
        self.log_in()
        told = self.deliver()
        self.assertEqual([(row["state"], row["to"], row["file"], row["until"], row["why"])
                          for row in told], [("sent", ANA, None, None, None)] * 3)
        self.assertEqual(sorted(self.arrived(3)), sorted(expected))
        self.assertEqual(self.states(), ["sent"] * 3)
        self.assertEqual(self.kinds(), ["reply-sending", "reply-sent"] * 3)
        self.assertEqual(self.house.query("select distinct attempts, sent_at = to_timestamp(%s) from"
                                          " reply", self.now), [(1, True)])
        self.assertEqual(self.deliver(), [])
        self.arrived(3)
        self.assertEqual(self.run_deliver().splitlines()[1:], ["Nothing is queued."])

    def test_a_login_that_is_wrong_or_missing_counts_against_nobody(self):
        self.crowd(2)
        self.log_in()
        right = self.house.environment["ISSUER_SMTP_PASSWORD_FILE"]
        wrong = write(self.house.path("wrong"), b"open barley\n")
        os.chmod(wrong, 0o600)
        self.settings(smtp_password_file=wrong)
        self.no_service("535 5.7.8")
        self.assertNotIn("barley", self.house.errors)
        self.settings(smtp_url=f"smtp://localhost:{self.postfix.port}", smtp_password_file=right)
        self.no_service("offers no login")  # there, nobody need log in
        self.settings(smtp_ca_file=certificate(self.house.folder)[0])
        self.no_service("certificate")
        self.arrived(0)
        self.settings(smtp_ca_file=self.postfix.ca_file, smtp_user="", smtp_password_file="")
        self.assertEqual({row["state"] for row in self.deliver()}, {"sent"})
        self.arrived(2)

    def test_of_three_one_is_refused_one_comes_later_and_one_arrives(self):
        (refused,), (put_off,), _ = (self.crowd(1, who) for who in (NOBODY, LATER, ANA))
        told = {row["to"]: row for row in self.deliver(1)}
        self.assertEqual({who: row["state"] for who, row in told.items()},
                         {NOBODY: "undelivered", LATER: "queued", ANA: "sent"})
        self.assertIn("the mail server refuses it: localhost refuses it: 550 5.1.1", told[NOBODY]["why"])
        self.assertIn("localhost does not take it now: 450 4.2.0", told[LATER]["why"])
        self.arrived(1)
        house = self.house
        self.assertEqual(house.query("select entry from contact where doubtful"), [(NOBODY,)])
        self.assertEqual(house.query("select a.kind, l.license_id from alert a join license l on"
                                     " l.id = a.license_id"), [("reply-undelivered", "LIC-NOBODY")])
        # Who may read no address finds none where the alert is told.
        self.assertNotIn("@", house.issuer("alert", "list"))
        self.assertIn(f"reply {refused} to message", house.issuer("alert", "list"))
        listed = house.issuer("--json", "message", "list")
        self.assertIn("550 5.1.1", listed)
        waits = {(row["waits"], row["code"]): row["count"] for row in
                 map(json.loads, house.issuer("--json", "status").splitlines()) if "waits" in row}
        self.assertEqual((waits["reply", "undelivered"], waits["reply", "queued"],
                          waits["alert", "reply-undelivered"]), (1, 1, 1))
        ((message,),) = house.query("select message_id from reply where id = %s", put_off)
        rows = map(json.loads, house.issuer("--json", "message", "show", str(message)).splitlines())
        (reply,) = [row for row in rows if row.get("part") == "replies"]
        self.assertEqual((reply["state"], reply["attempts"], reply["not_before"]),
                         ("queued", 1, told[LATER]["until"]))
        self.assertIn("450 4.2.0", reply["last_error"])
        shown = house.issuer("license", "show", "LIC-LATER") + house.issuer("license", "show", "LIC-NOBODY")
        self.assertIn("450 4.2.0", shown)
        self.assertIn("550 5.1.1", shown)

    def test_killed_at_any_point_each_arrives_under_one_message_id(self):
        luck = chance()
        count = 40
        house = self.house
        license = house.sell("LIC-ana", ANA, activations=count, servers=count)
        servers = [house.server(host=f"plant-{n}") for n in range(count)]
        house.take(*(mail(ANA, ask(server, license)) for server in servers))
        for _ in range(rounds(4)):
            running = self.start_deliver()
            time.sleep(luck.uniform(0.05, 0.6))
            running.send_signal(signal.SIGKILL)
            running.communicate()
            # While it lies there, some of what it had not sent is superseded.
            waiting = house.query("select q.host from reply r join reply_line l on l.reply_id = r.id"
                                  " join decision d on d.id = l.decision_id join usage_request q on"
                                  " q.id = d.request_id where r.state in ('queued', 'sending')")
            for (host,) in luck.sample(waiting, min(2, len(waiting))):
                house.take(mail(ANA, ask(servers[int(host.partition("-")[2])], license)))
            self.later(HOUR)  # whatever was cut off is nobody's any more
        self.deliver()
        tags = dict(house.query("select r.id, reply_tag(r.id, r.recorded_at, m.identity) from reply r"
                                " join message m on m.id = r.message_id"))
        ids = {f"<reply-{number}.{tag}@vendor.example>": number for number, tag in tags.items()}
        found = collections.Counter(
            ids[email.message_from_bytes(data)["Message-ID"]] for data in self.postfix_ids())
        states = dict(house.query("select id, state from reply"))
        begun = collections.Counter(number for (number,) in house.query(
            "select subject_id from event where kind = 'reply-sending'"))
        self.assertEqual(set(states.values()) - {"sent", "withdrawn"}, set())
        for number, state in states.items():
            self.assertGreaterEqual(found[number], 1 if state == "sent" else 0, number)
            # Nothing reaches a server but by an attempt on record, so nothing after it was withdrawn.
            self.assertLessEqual(found[number], begun[number], number)
        print(f"{sum(found.values())} mails of {len(states)} replies,"
              f" {sum(1 for n in found.values() if n > 1)} more than once", flush=True)

    def postfix_ids(self):
        """All that has arrived once nothing is on its way."""
        sent = self.house.query("select count(*) from reply where state = 'sent'")[0][0]
        self.postfix.mails(self.seen + sent)
        time.sleep(0.5)
        return self.postfix.mails(0)[self.seen:]

    def test_two_at_once_send_none_twice(self):
        numbers = self.crowd(60)
        both = [self.start_deliver("--json") for _ in range(2)]
        told = [[json.loads(line)["reply"] for line in one.communicate()[0].splitlines()] for one in both]
        self.assertEqual([one.returncode for one in both], [0, 0])
        self.assertEqual(sorted(told[0] + told[1]), numbers)
        ids = [email.message_from_bytes(data)["Message-ID"] for data in self.arrived(60)]
        self.assertEqual(len(set(ids)), 60)
        self.assertEqual(collections.Counter(self.kinds()), {"reply-sending": 60, "reply-sent": 60})


class Rude(Sending):
    """Servers that nobody would wish for."""

    def test_not_now_then_now_at_each_stage(self):
        for stage, later in (("MAIL", "451 4.3.0 tired"), ("RCPT", "450 4.2.0 busy"),
                             ("DATA", "421 4.3.2 shutting down"), ("content", "452 4.3.1 disk full")):
            with self.subTest(stage):
                server = self.rude({stage: [later, RudeServer.USUAL[stage]]})
                (number,) = self.crowd(1, f"{stage.lower()}@northwind.example")
                (told,) = self.deliver()
                self.assertEqual((told["reply"], told["state"]), (number, "queued"))
                self.assertIn(later, told["why"])
                self.assertEqual(self.deliver(), [])  # not before its time
                self.later(2 * MINUTE)
                (told,) = self.deliver()
                self.assertEqual((told["reply"], told["state"]), (number, "sent"))
                self.assertEqual(len({content for _, content in server.mails}), 1)
        self.assertEqual(self.kinds(), ["reply-sending", "reply-deferred", "reply-sending",
                                        "reply-sent"] * 4)

    def test_refused_for_good_at_each_stage(self):
        for stage, answer, doubtful in (
                ("RCPT", "550 5.1.1 no such person", True), ("RCPT", "553 no", True),
                ("RCPT", "550 5.7.1 relaying denied", False), ("DATA", "554 5.6.0 no", True),
                ("content", "550-5.7.1 this is\n550-5.7.1 spam,\n550 5.7.1 we think", True),
                ("MAIL", "552 5.3.4 too big", True)):
            with self.subTest(stage=stage, answer=answer):
                self.house.query("update contact set doubtful = false")
                server = self.rude({stage: [answer, RudeServer.USUAL[stage]]})
                who = f"c{len(self.states())}@northwind.example"
                bad, good = self.crowd(2, who)
                told = {row["reply"]: row for row in self.deliver(1)}
                self.assertEqual((told[bad]["state"], told[good]["state"]), ("undelivered", "sent"))
                self.assertEqual(told[bad]["why"], "the mail server refuses it: 127.0.0.1 refuses it: "
                                 + answer.replace("\n550-5.7.1", "").replace("\n550 5.7.1", "")
                                 .replace("550-", "550 "))
                self.assertEqual(len([to for to, _ in server.mails if to == [who]]),
                                 2 if stage == "content" else 1)
                self.assertEqual(self.house.query("select count(*) from contact where doubtful"),
                                 [(1 if doubtful else 0,)])
        self.assertEqual(self.house.query("select kind, count(*) from alert group by 1"),
                         [("reply-undelivered", 6)])

    def test_what_lies_with_us_or_the_server_counts_against_nobody(self):
        self.crowd(2)
        folder = self.house.path("tls")
        os.makedirs(folder)
        paths = certificate(folder)
        password = write(self.house.path("password"), b"open sesame\n")
        os.chmod(password, 0o600)
        login = {"smtp_user": "issuer", "smtp_password_file": password}
        for answers, values, says in (
                ({"greeting": "554 5.3.2 closed"}, {}, "554 5.3.2 closed"),
                ({"greeting": "421 4.3.2 later"}, {}, "421 4.3.2 later"),
                ({"greeting": "220-" + "x" * 100000}, {}, "mail server 127.0.0.1"),
                ({"greeting": "…"}, {}, "time"),
                ({"greeting": None}, {}, "mail server 127.0.0.1"),
                ({"greeting": "hello, who is there?"}, {}, "mail server 127.0.0.1"),
                ({"EHLO": "500 what?", "HELO": "500 what?"}, {}, "500 what?"),
                ({"MAIL": "550 5.7.1 not you"}, {}, "takes no mail from us: 550 5.7.1 not you"),
                ({"RCPT": "530 5.7.0 log in first"}, {}, "530 5.7.0 log in first"),
                ({}, {"smtp_tls": "always"}, "STARTTLS"),
                ({"EHLO": "250-here\n250 STARTTLS", "STARTTLS": "454 4.7.0 not now"},
                 {"smtp_tls": "always"}, "454 4.7.0 not now"),
                ({"EHLO": "250-here\n250 AUTH PLAIN", "AUTH": "535 5.7.8 wrong"}, login, "535 5.7.8"),
                ({"EHLO": "250-here\n250 AUTH PLAIN", "AUTH": "454 4.7.0 later"}, login, "454 4.7.0"),
                ({}, login, "offers no login that we know")):
            with self.subTest(answers=answers, values=values):
                server = self.rude(answers, tls=paths)
                self.settings(**{"smtp_tls": "auto", "smtp_user": "", "smtp_seconds": 2, **values})
                self.no_service(says)
                self.assertEqual(server.mails, [])
        self.settings(smtp_url="smtp://127.0.0.1:1", smtp_user="", smtp_password_file="")
        self.no_service("connect")
        self.assertIn("check smtp-url, and whether the server runs", self.house.errors)
        self.settings(smtp_url="smtp://mx.vendor.invalid")
        self.no_service("resolve")
        self.assertIn("check smtp-url, and whether the server runs", self.house.errors)
        plain = RudeServer()
        self.addCleanup(plain.close)
        self.settings(smtp_url=f"smtps://localhost:{plain.port}")
        self.no_service("check the port in smtp-url: smtps:// is for one that begins with TLS")
        self.assertEqual(self.kinds().count("reply-deferred"), 0)
        self.rude()
        self.assertEqual([row["state"] for row in self.deliver()], ["sent"] * 2)

    def test_the_line_dropped_after_data_sends_again_the_same_mail(self):
        server = self.rude({"content": [None, "250 taken"]})
        self.crowd(1)
        (told,) = self.deliver()
        self.assertEqual(told["state"], "queued")
        self.assertIn("it may have the mail", told["why"])
        self.later(2 * MINUTE)
        self.deliver()
        self.assertEqual(self.states(), ["sent"])
        (_, first), (_, second) = server.mails
        self.assertEqual(first, second)

    def test_killed_before_the_answer_it_is_sent_again_when_nobody_can_be_at_it(self):
        server = self.rude({"content": ["…", "250 taken"]})
        self.settings(smtp_seconds=600)
        self.crowd(1)
        running = self.start_deliver()
        while not server.mails:
            time.sleep(0.01)
        self.assertEqual(self.states(), ["sending"])
        self.assertEqual(self.deliver(), [])  # it is another's
        running.kill()
        running.communicate()
        self.later(4 * 600)
        self.assertEqual(self.deliver(), [])  # for all that anybody knows
        self.later(MINUTE)
        (told,) = self.deliver()
        self.assertEqual(told["state"], "sent")
        self.assertEqual(len({content for _, content in server.mails}), 1)
        self.assertEqual(len(server.mails), 2)

    def test_a_bounce_is_believed_before_the_server_s_answer(self):
        """It names what went out: while that is being sent, once the answer was lost, and after it."""
        for content, state in (([("…", False)], "sending"), ([None], "queued"), (["250 taken"], "sent")):
            with self.subTest(state):
                self.house.query("update contact set doubtful = false")
                server = self.rude({"content": content})
                who = f"b{state}@northwind.example"
                (number,) = self.crowd(1, who)
                running = self.start_deliver("--json")
                while not server.mails or state != "sending" and running.poll() is None:
                    time.sleep(0.01)
                self.assertEqual(self.state(number), (state, None))
                sent = email.message_from_bytes(server.mails[0][1])["Message-ID"]
                # Those that guess, in whatever order they are looked at, hide none that knows.
                guessed = [sent.replace(".", f".{n}", 1) for n in range(8)]
                self.house.take(*(bounce(returned_headers(one), to=who) for one in (*guessed, sent)))
                came_back = self.state(number)
                self.assertEqual(came_back[0], "undelivered")
                self.assertRegex(came_back[1], "^it came back: message [0-9]+$")
                server.gone.set()
                running.communicate(timeout=60)
                self.later(DAY)
                self.assertEqual(self.deliver(), [])  # not sent again
                self.assertEqual(self.state(number), came_back)
                self.assertEqual(len(server.mails), 1)
                self.assertEqual(self.house.query("select entry from contact where doubtful"), [(who,)])
                self.assertEqual(self.house.query("select count(*) from event where kind ="
                                                  " 'reply-undelivered' and subject_id = %s", number),
                                 [(1,)])

    def test_a_bounce_of_a_reply_that_is_no_longer_wanted_tells_of_the_address(self):
        """It was withdrawn, or given up, after the server had perhaps taken it: nobody waits for it, but where it
        went no notice arrives either."""
        for state in ("withdrawn", "undelivered"):
            with self.subTest(state):
                self.house.query("update contact set doubtful = false")
                server = self.rude({"content": [None]})
                who = f"b{state}@northwind.example"
                (number,) = self.crowd(1, who)
                self.deliver()
                sent = email.message_from_bytes(server.mails[0][1])["Message-ID"]
                self.house.query("update reply set state = %s, why = 'for a test' where id = %s", state, number)
                guessed = sent.replace(".", ".0", 1)
                self.house.take(bounce(returned_headers(guessed), to=who))
                self.assertEqual(self.house.query("select entry from contact where doubtful"), [])
                self.house.take(bounce(returned_headers(sent), to=who))
                self.assertEqual(self.state(number), (state, "for a test"))
                self.assertEqual(self.house.query("select entry from contact where doubtful"), [(who,)])
                self.assertEqual(self.house.query("select count(*) from event where kind = 'reply-undelivered'"
                                                  " and subject_id = %s", number), [(0,)])
                self.assertEqual(self.house.query("select count(*) from event e join contact c on c.id = e.subject_id"
                                                  " where e.kind = 'contact-doubtful' and c.entry = %s", who), [(1,)])

    def test_a_database_that_goes_away_meanwhile_leaves_what_is_sent_again(self):
        server = self.rude({"content": [("…", False), "250 taken"]})
        self.crowd(2)
        running = self.start_deliver("--json")
        while not server.mails:
            time.sleep(0.01)
        self.house.query("select pg_terminate_backend(pid) from pg_stat_activity"
                         " where datname = current_database() and application_name = 'issuer deliver'")
        server.gone.set()
        told, errors = running.communicate(timeout=60)
        self.assertEqual((running.returncode, told, errors.count(b"\n")), (3, b"", 1), errors)
        self.assertEqual(sorted(self.states()), ["queued", "sending"])
        self.later(HOUR)
        self.assertEqual({row["state"] for row in self.deliver()}, {"sent"})
        self.assertEqual(len(server.mails), 3)
        self.assertEqual(len({content for _, content in server.mails}), 2)

    def test_one_that_was_stopped_and_lost_its_reply_changes_nothing(self):
        server = self.rude({"MAIL": ["…", "250 ok"]})
        self.settings(smtp_seconds=3)
        (number,) = self.crowd(1)
        stopped = self.start_deliver("--json")
        while "MAIL" not in server.said():
            time.sleep(0.01)
        stopped.send_signal(signal.SIGSTOP)
        self.later(4 * 3 + MINUTE)
        self.assertEqual([row["state"] for row in self.deliver()], ["sent"])
        before = self.record()
        stopped.send_signal(signal.SIGCONT)
        told, errors = stopped.communicate(timeout=60)
        self.assertEqual((stopped.returncode, told, errors), (0, b"", b""))
        self.assertEqual(self.record(), before)
        self.assertEqual(len(server.mails), 1)

    def test_a_line_cut_while_it_is_written_to(self):
        """In clear and within TLS: neither ends the program (SIGPIPE)."""
        folder = self.house.path("tls")
        os.makedirs(folder)
        paths = certificate(folder)
        for tls in (False, True):
            with self.subTest(tls=tls):
                server = self.rude({"EHLO": "250-here\n250 STARTTLS", "DATA": ("354 go on", True)}, tls=paths)
                self.settings(smtp_url=f"smtp://localhost:{server.port}", smtp_ca_file=paths[0],
                              smtp_tls="always" if tls else "never")
                self.crowd(2, f"t{len(self.states())}@northwind.example")
                told = self.deliver()
                self.assertEqual([row["state"] for row in told], ["queued"] * 2)
                self.assertEqual(server.connections, 2)

    def test_servers_that_stall_are_left_after_three(self):
        for stage in ("MAIL", "RCPT", "DATA", "content"):
            with self.subTest(stage):
                server = self.rude({stage: "…", "QUIT": "…"})
                self.settings(smtp_seconds=1)
                self.crowd(4, f"s{stage.lower()}@northwind.example")
                begun = time.monotonic()
                told = self.deliver(3)
                self.assertLess(time.monotonic() - begun, 20)
                self.assertEqual([row["state"] for row in told], ["queued"] * 3)
                self.assertIn("as before; what is queued stays queued", self.house.errors)
                server.close()
                self.rude()
                self.assertEqual(len(self.deliver()), 1)
                self.later(2 * MINUTE)
                self.assertEqual(len(self.deliver()), 3)
        self.assertEqual(set(self.states()), {"sent"})

    def test_what_a_server_says_is_foreign_text(self):
        hostile = "550 5.1.1 \x1b[2J\x1b]0;x\x07 \u202egnihton\u202c \x9b31m " + "y" * 3000
        for answer in (hostile.encode() + b"\r\n", b"550 \xff\xfe\x00 \r\n", b"550\r\n",
                       b"550-a\r\n" * 1000 + b"550 b\r\n", b"550 " + b"z" * 9000 + b"\r\n"):
            with self.subTest(answer=answer[:40]):
                self.rude({"RCPT": answer})
                (number,) = self.crowd(1, f"c{len(self.states())}@northwind.example")
                self.run_deliver(code=1)
                (why,), = self.house.query("select last_error from reply where id = %s", number)
                self.assertIn("127.0.0.1 refuses it: 550", why)
                self.assertLess(len(why), 300)
                self.assertFalse([c for c in why if ord(c) < 32 or 0x7f <= ord(c) < 0xa0
                                  or 0x202a <= ord(c) <= 0x202e], why)

    def test_nonsense_is_no_answer(self):
        for answer in (b"hello\r\n" * 3, b"999 9.9.9 what\r\n", b"\x00\x00\x00\r\n", b"250-a\r\n" * 2000,
                       b"2" * 300000, b"550 " + b"z" * 300000 + b"\r\n"):
            with self.subTest(answer=answer[:20]):
                server = self.rude({"content": [(answer, False), ("…", True)]})
                self.settings(smtp_seconds=1)
                self.crowd(1, f"n{len(self.states())}@northwind.example")
                self.assertEqual([row["state"] for row in self.deliver()], ["queued"])
                self.house.query("update reply set state = 'withdrawn' where state = 'queued'")
                server.close()

    def test_a_server_that_hangs_up_after_each_mail_gets_them_all(self):
        for answers in ({"content": ("250 taken", True)}, {"MAIL": ["250 ok", "421 4.4.2 idle"] * 1}):
            with self.subTest(answers=answers):
                server = self.rude(answers)
                self.crowd(3, f"h{len(self.states())}@northwind.example")
                if "MAIL" in answers:
                    server.answers["MAIL"] = ["250 ok", ("421 4.4.2 idle", True), "250 ok"]
                self.assertEqual([row["state"] for row in self.deliver()], ["sent"] * 3)
                self.assertEqual(len(server.mails), 3)

    def test_one_connection_serves_many(self):
        """And what it says of all of them together is not too much for libcurl, which has enough of
        300 kB for one."""
        server = self.rude({"MAIL": "250 " + "ok " * 2000, "RCPT": "250-" + "ok\n250-" * 1000 + "\n250 ok"})
        self.crowd(30)
        self.assertEqual(len(self.deliver()), 30)
        self.assertEqual((server.connections, len(server.mails)), (1, 30))
        self.assertEqual(server.said().count("EHLO vendor.example"), 1)

    def test_pauses_grow_and_end(self):
        self.rude({"RCPT": "451 4.7.1 greylisted"})
        self.settings(reply_days=1)
        self.crowd(1)
        begun, pauses = self.now, []
        while not pauses or told["state"] == "queued":
            (told,) = self.deliver(None)
            ((until, state),) = self.house.query("select extract(epoch from not_before)::bigint, state"
                                                 " from reply")
            if state == "queued":
                pauses.append(until - self.now)
                self.later(until - self.now - 1)
                self.assertEqual(self.deliver(), [])
                self.later(1)
        for pause, least in zip(pauses, [MINUTE, 5 * MINUTE, 15 * MINUTE] + [HOUR] * 99):
            self.assertTrue(least <= pause <= 1.2 * least, pauses)
        self.assertGreater(len(set(pauses[3:])), 1)  # not all at the same moment
        self.assertTrue(DAY - 3 * HOUR < self.now - begun < DAY, self.now - begun)
        self.assertEqual(told["state"], "undelivered")
        self.assertEqual(told["why"], "given up after 1 days: 127.0.0.1 does not take it now: 451 4.7.1"
                                      " greylisted")
        self.assertEqual(self.house.query("select why from reply"), [("given up after 1 days",)])
        self.assertEqual(self.house.query("select (select count(*) from alert), (select count(*) from"
                                          " contact where doubtful)"), [(1, 0)])

    def test_what_waits_and_is_superseded_never_goes_out(self):
        server = self.rude({"RCPT": ["450 later", "250 ok"]})
        license = self.house.sell("LIC-1", ANA)
        chariot = self.house.server()
        self.house.take(mail(ANA, ask(chariot, license)))
        self.assertEqual([row["state"] for row in self.deliver()], ["queued"])
        self.house.take(mail(ANA, ask(chariot, license)))
        self.later(HOUR)
        self.deliver()
        self.assertEqual(self.states(), ["withdrawn", "sent"])
        ((_, content),) = server.mails
        self.assertIn(b"UL-00000002", content)

    def test_what_was_cut_off_and_is_superseded_is_not_sent_again(self):
        server = self.rude({"content": ["…", "250 taken"]})
        license = self.house.sell("LIC-1", ANA)
        chariot = self.house.server()
        self.house.take(mail(ANA, ask(chariot, license)))
        running = self.start_deliver()
        while not server.mails:
            time.sleep(0.01)
        running.kill()
        running.communicate()
        self.house.take(mail(ANA, ask(chariot, license)))
        self.later(HOUR)
        told = {row["state"]: row["why"] for row in self.deliver()}
        self.assertIn("an attempt before may have arrived", told["withdrawn"])
        self.assertEqual(self.states(), ["withdrawn", "sent"])
        # It had arrived at the server, which could not hand it on: nobody is reached there.
        sent = email.message_from_bytes(server.mails[0][1])["Message-ID"]
        self.house.take(bounce(returned_headers(sent), to=ANA))
        self.assertEqual(self.states(), ["withdrawn", "sent"])
        self.assertEqual(self.house.query("select entry from contact where doubtful"), [(ANA,)])

    def test_an_address_that_was_erased_gets_nothing_more(self):
        self.rude({"RCPT": f"550 5.1.1 <{ANA}> is unknown"})
        self.crowd(2)
        self.house.hire("ada", "admin")
        self.deliver(1)
        self.rude({"RCPT": "450 no"})
        self.house.by("ada", "contact", "erase", ANA, "--reason", "asked for it")
        self.assertEqual(self.deliver(), [])
        self.assertEqual(self.house.query("select count(*) from reply r where r::text like %s",
                                          f"%{ANA}%"), [(0,)])

    def test_who_locks_a_contact_and_wants_its_reply_meets_no_deadlock_that_counts(self):
        self.rude({"RCPT": "550 5.1.1 unknown"})
        self.crowd(1)
        connection = psycopg2.connect(self.house.dsn, options="-c search_path=issuer -c deadlock_timeout=60s")
        try:
            cursor = connection.cursor()
            cursor.execute("update contact set doubtful = doubtful")
            running = self.start_deliver("--json")
            for _ in range(600):
                if self.house.query("select 1 from pg_stat_activity where datname = current_database()"
                                    " and wait_event_type = 'Lock'"):
                    break
                time.sleep(0.05)
            cursor.execute("update reply set why = why")  # goes on once the other has given way
            connection.commit()
        finally:
            connection.close()
        told, errors = running.communicate(timeout=60)
        self.assertEqual((running.returncode, errors), (1, b""))
        self.assertEqual(json.loads(told)["state"], "undelivered")
        self.assertEqual(self.kinds(), ["reply-sending", "reply-undelivered"])

    def test_no_field_of_a_mail_writes_a_line_of_its_own(self):
        """Neither to the server nor into our mail."""
        server = self.rude()
        license = self.house.sell("LIC-1", ANA)
        inject = "x\r\nRCPT TO:<eve@evil.example>\r\nBcc: eve@evil.example\r\n\r\nevil"
        encoded = "=?utf-8?q?" + inject.replace("\r\n", "=0D=0A").replace(" ", "_") + "?="
        hostile = mail(f'"{encoded}" <{ANA}>', ask(self.house.server(), license))
        hostile = hostile.replace(b"Subject: Offline activation", b"Subject: " + encoded.encode())
        hostile = hostile.replace(b"Message-ID: <", b"References: " + encoded.encode() + b"\nIn-Reply-To: <"
                                  + encoded.encode() + b"@x>\nMessage-ID: <x=0D=0ABcc: eve@evil.example ")
        self.house.take(hostile)
        self.assertEqual([row["state"] for row in self.deliver()], ["sent"])
        (to, content), = server.mails
        self.assertEqual(to, [ANA])
        said = server.said()
        self.assertEqual([line for line in said.splitlines() if line.upper().startswith("RCPT")],
                         [f"RCPT TO:<{ANA}>"])
        message = email.message_from_bytes(content, policy=email.policy.default)
        self.assertEqual(set(message.keys()) & {"Bcc", "Cc", "Reply-To", "In-Reply-To"}, set())
        self.assertFalse([line for line in content.split(b"\r\n") if len(line) > 998])

    def test_an_envelope_with_a_line_break_never_reaches_the_wire(self):
        server = self.rude()
        for bad in (f"{ANA}\r\nRCPT TO:<eve@evil.example>", f"{ANA}>", f"<{ANA}", "änä@northwind.example",
                    f"{ANA} SIZE=1", "a\tb@northwind.example"):
            with self.subTest(bad):
                (number,) = self.crowd(1, f"w{len(self.states())}@northwind.example")
                self.house.query("alter table reply disable trigger user")
                self.house.query("update reply set recipient = %s where id = %s", bad, number)
                self.house.query("update contact set entry = lower(split_part(%s, '@', 1)) || '@x.example'"
                                 " where false", bad)
                (told,) = self.deliver(1)
                self.assertEqual(told["state"], "undelivered")
        self.assertEqual((server.mails, "RCPT" in server.said(), "eve" in server.said()),
                         ([], False, False))

    def test_the_folder_and_a_dry_run_beside_it(self):
        server = self.rude({"RCPT": ["450 4.2.0 later", "250 ok"]})
        self.crowd(3)
        self.deliver()
        before = self.house.digests()
        told = self.deliver(0, "--dry-run")
        self.assertEqual([row["state"] for row in told], ["queued"])
        self.assertIn("450 4.2.0 later", told[0]["why"])
        self.assertIsNotNone(told[0]["until"])
        self.assertEqual(self.house.digests(), before)
        self.assertRegex(self.run_deliver(), r"\n1 wait, the next until 2026-")
        folder = self.house.path("out")
        os.makedirs(folder)
        (told,) = self.deliver(0, "--folder", folder)
        self.assertEqual((told["state"], os.listdir(folder)), ("sent", [os.path.basename(told["file"])]))
        self.assertEqual(len(server.mails), 2)

    def test_without_a_server_it_is_said_at_once(self):
        self.crowd(1)
        self.settings(smtp_url="")
        self.run_deliver(code=1)
        self.assertIn("set smtp-url", self.house.errors)
        printed = self.house.issuer("--json", "check", code=1)
        found = {one["thing"]: one for one in map(json.loads, printed.splitlines())}
        self.assertEqual(found["mail server"]["state"], "wrong")
        self.assertNotIn("reply folder", found)
        self.settings(reply_by="pigeon")
        self.run_deliver(code=1)
        self.assertIn("reply-by", self.house.errors)
        self.settings(reply_by="folder")


class Kept(Sending):
    """The daemon keeps its connection for a while between replies."""

    def run_daemon(self):
        daemon = Daemon(self.house)
        self.addCleanup(daemon.close)
        return daemon.start()

    def one_more(self, daemon, server):
        """A reply that reaches the server; its Message-ID."""
        count = len(server.mails)
        self.crowd(1, f"k{len(self.states())}@northwind.example")
        daemon.wait(lambda: len(server.mails) > count, "the next mail")
        daemon.wait(lambda: set(self.states()) == {"sent"}, "word of it on record")
        self.assertEqual(len(server.mails), count + 1)
        return re.search(rb"(?im)^Message-ID: (.*)\r$", server.mails[-1][1])[1]

    def test_replies_that_come_soon_go_over_one_connection_which_is_left_when_no_more_come(self):
        server = self.rude()
        daemon = self.run_daemon()
        ids = [self.one_more(daemon, server) for _ in range(4)]
        self.assertEqual((server.connections, len(set(ids))), (1, 4))
        self.assertEqual(server.said().count("EHLO"), 1)
        self.assertEqual(server.said().count("NOOP"), 1)  # who has just served is not asked
        self.assertNotIn("QUIT", server.said())
        daemon.wait(lambda: "QUIT" in server.said(), "its leave", 60)
        self.one_more(daemon, server)
        self.assertEqual((server.connections, len(server.mails)), (2, 5))
        daemon.stop()
        self.assertEqual(server.said().count("QUIT"), 2)

    def test_a_server_that_has_closed_it_is_sent_each_mail_once(self):
        for how in ("421 in answer", "closed after", "421 unasked", "closed in silence"):
            with self.subTest(how):
                server = self.rude()
                daemon = self.run_daemon()
                if how == "closed after":
                    server.answers["content"] = [("250 taken", True), "250 taken"]
                ids = [self.one_more(daemon, server)]
                if how == "421 in answer":
                    server.answers["MAIL"] = [("421 4.7.0 too many over this connection", True), "250 ok"]
                elif how != "closed after":
                    server.hang_up(b"421 4.4.2 idle for too long\r\n" if how.startswith("421") else b"")
                ids += [self.one_more(daemon, server) for _ in range(2)]
                self.assertEqual((server.connections, len(server.mails), len(set(ids))), (2, 3, 3))
                daemon.stop()

    def test_no_connection_has_more_mails_than_servers_take(self):
        server = self.rude()
        self.crowd(130)
        self.assertEqual(len(self.deliver()), 130)
        self.assertEqual((server.connections, len(server.mails)), (2, 130))
        self.assertEqual(len({content for _, content in server.mails}), 130)

    def test_a_server_that_takes_no_more_after_all_counts_against_nobody(self):
        server = self.rude()
        daemon = self.run_daemon()
        self.one_more(daemon, server)
        server.hang_up()
        server.answers["greeting"] = [("554 not from you", True)]
        (number,) = self.crowd(1, "after@northwind.example")
        daemon.wait(lambda: [line for line in daemon.log("trouble") if "554" in line.text
                             or "not from you" in line.text], "word of it")
        self.assertEqual(self.house.query("select state, attempts from reply where id = %s", number), [("queued", 0)])
        server.answers["greeting"] = "220 here"
        daemon.wait(lambda: set(self.states()) == {"sent"}, "the reply")
        daemon.stop()


if __name__ == "__main__":
    main()
