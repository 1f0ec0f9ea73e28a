#!/usr/bin/python3
"""Mailboxes that the daemon follows: each mail is taken in as soon as its server tells of it, once, whatever
dies meanwhile, and what is wrong with one mailbox costs no other.

  mailboxes.py ISSUER [TEST…]          within tests/with-postgres
SEED=N kills at the same points again; ROUNDS=N at more of them."""
import email
import json
import os
import signal
import time

from daemon import Daemon
from fetching import ANA, DONE, KEPT, Fetching, OnDovecot
from imap_servers import PASSWORD, Dovecot, Line, RudeImap, free_port
from mail_servers import Postfix, certificate
from scenario import admin, ask, chance, check_records, mail, main, rounds, write

AT_ONCE = 5  # seconds within which nobody looks of himself
SELDOM = 1500  # seconds, the most that may be set


class Followed(Fetching):
    """With a license for many servers, and replies that go into a folder."""

    def setUp(self):
        super().setUp()
        self.replies = self.house.path("replies")
        os.makedirs(self.replies)
        self.license = self.house.sell("LIC-1", ANA, activations=500, servers=500)
        self.servers = 0

    def tearDown(self):
        check_records(self.house)

    def daemon(self, name=None, **settings):
        daemon = Daemon(self.house, reply_folder=self.replies, **({"daemon_name": name} if name else {}), **settings)
        self.addCleanup(daemon.close)
        return daemon

    def request(self):
        """A mail with a request of a server that nobody knows."""
        self.servers += 1
        return mail(ANA, ask(self.house.server(host=f"host-{self.servers}"), self.license))

    def watched(self):
        """What `issuer status` says of each mailbox."""
        rows = [json.loads(line) for line in self.house.issuer("status", "--json").splitlines()]
        return {row["name"]: row for row in rows if row.get("part") == "watched" and row["role"] == "fetch"}

    def wait_watched(self, daemon, mailbox, state, seconds=30):
        return daemon.wait(lambda: self.watched().get(mailbox, {}).get("state") == state and self.watched()[mailbox],
                           f"mailbox {mailbox} to be in {state}", seconds)

    def wait_issued(self, daemon, count, seconds=60):
        daemon.wait(lambda: self.count("usage_license") >= count, f"{count} usage licenses", seconds)

    def check_once(self, count):
        """So many requests, each answered once, and each reply in the folder."""
        self.assertEqual(self.query(
            "select (select count(*) from usage_request), (select count(*) from usage_license),"
            " (select count(*) from decision where outcome = 'issued'),"
            " (select count(*) from reply)")[0], (count,) * 4)


class OnInbox(Followed, OnDovecot):
    def settled(self, daemon, count, folder="INBOX"):
        """Waits until so many mails there are marked as done, and nothing waits to be."""
        daemon.wait(lambda: sum(flags == DONE for flags in self.dovecot.flags(folder).values()) == count,
                    f"{count} mails that are marked")
        daemon.wait(lambda: self.count("mailbox_mail where settled_at is null") == 0, "the records of that")


class Following(OnInbox):
    def test_a_mail_is_taken_in_as_soon_as_the_server_tells_of_it(self):
        self.box(poll_seconds=SELDOM)
        self.dovecot.put(self.request())
        daemon = self.daemon().start()
        self.settled(daemon, 1)
        for count in (2, 3, 4):
            self.dovecot.put(self.request())
            self.wait_issued(daemon, count, AT_ONCE)
            self.settled(daemon, count)
        # Some that come at once, and one that comes while they are taken in.
        self.dovecot.put(*(self.request() for _ in range(20)))
        daemon.wait_log("mails-taken-in", count=5)
        self.dovecot.put(self.request())
        self.settled(daemon, 25)
        row = self.wait_watched(daemon, "desk", "works")
        self.assertEqual(row["watches"], f"mails that come to localhost:{self.dovecot.tls_port}/INBOX")
        self.assertIsNone(row["problem"])
        daemon.wait(lambda: self.watched()["desk"]["done"] == 25, "the count of its mails")
        daemon.wait(lambda: len(os.listdir(self.replies)) == 25, "the replies")
        self.assertEqual(len(daemon.log("process-started", role="fetch:desk")), 1)
        daemon.stop()
        self.check_settled(25)
        self.check_once(25)

    def test_mails_that_are_moved_and_mails_that_cannot_be_read(self):
        self.dovecot.make("Done")
        self.box(done="move", done_folder="Done", poll_seconds=SELDOM)
        daemon = self.daemon().start()
        for count in range(1, 4):
            self.dovecot.put(self.request())
            self.wait_issued(daemon, count, AT_ONCE)
            daemon.wait(lambda: self.dovecot.flags() == {}, "an empty folder")
        self.dovecot.put(self.broken())
        daemon.wait_log("mails-taken-in", quarantined=1, seconds=AT_ONCE)
        self.dovecot.put(self.request())
        self.wait_issued(daemon, 4, AT_ONCE)
        self.settled(daemon, 4, "Done")
        self.assertEqual(list(self.dovecot.flags().values()), [KEPT])
        daemon.stop()
        self.check_settled(5)

    def test_a_server_that_tells_of_nothing_is_looked_at(self):
        self.dovecot.close()
        self.dovecot = Dovecot(capability="IMAP4rev1 UIDPLUS LITERAL+ MOVE")
        self.addCleanup(self.dovecot.close)
        self.box(poll_seconds=2)
        login = f"{os.environ['ISSUER_ROLE_PREFIX']}_follows"  # that has the daemon's rights and no more
        admin(f'create role "{login}" login in role "{os.environ["ISSUER_ROLE_PREFIX"]}_daemon"')
        self.addCleanup(admin, f'drop role "{login}"')
        daemon = self.daemon(database=self.house.dsn.replace("user=postgres", f"user={login}")).start()
        for count in (1, 2):
            self.dovecot.put(self.request())
            self.wait_issued(daemon, count, AT_ONCE)
        self.settled(daemon, 2)
        daemon.stop()
        self.check_once(2)

    # ---- what is wrong with one ----

    def test_what_is_wrong_with_one_mailbox_costs_no_other(self):
        self.dovecot.make("Second", "Third")
        away = free_port()
        wrong = write(self.house.path("wrong.password"), b"wrong\n")
        os.chmod(wrong, 0o600)
        self.box("second", folder="Second", password_file="wrong.password")
        self.box("gone", folder="No such folder")
        self.box("third", folder="Third")
        self.box("away", url=f"imaps://localhost:{away}", connect_seconds=1)
        self.dovecot.put(self.request(), folder="Second")
        self.dovecot.put(self.request())
        daemon = self.daemon().start()
        self.wait_issued(daemon, 1)
        says = {"second": r"mailbox second: localhost:\d+: login refused: .*; check user and password-file",
                "gone": "mailbox gone: the server does not open the folder No such folder: .*; check folder",
                "away": r"mailbox away: localhost:\d+: Failed to connect.*; check url, and whether the server runs"}
        for name, problem in says.items():
            self.assertRegex(self.wait_watched(daemon, name, "trouble")["problem"], problem)
        for name in ("desk", "third"):
            self.wait_watched(daemon, name, "works")
        # A folder that vanishes under it, and comes again.
        self.dovecot.drop("Third")
        daemon.wait(lambda: "does not open the folder Third" in (self.watched()["third"]["problem"] or ""),
                    "word of the folder", 90)
        self.dovecot.make("Third")
        self.dovecot.put(self.request(), folder="Third")
        self.wait_issued(daemon, 2, 90)
        # The right password needs no word of it.
        write(wrong, PASSWORD.encode() + b"\n")
        self.wait_issued(daemon, 3, 90)
        self.wait_watched(daemon, "second", "works")
        self.assertNotIn(PASSWORD, daemon.text())
        daemon.stop()
        self.check_once(3)

    def test_a_server_that_was_away_is_followed_again(self):
        self.box(poll_seconds=SELDOM)
        daemon = self.daemon().start()
        self.dovecot.put(self.request())
        self.wait_issued(daemon, 1, AT_ONCE)
        self.settled(daemon, 1)
        time.sleep(10)  # a connection that has served is made anew without a word
        self.dovecot.restart()
        self.dovecot.put(self.request())
        self.wait_issued(daemon, 2, 60)
        self.settled(daemon, 2)
        self.dovecot.kill()
        self.wait_watched(daemon, "desk", "trouble")
        time.sleep(5)
        tries = len([line for line in daemon.log() if "Failed to connect" in line.text])
        self.assertLess(tries, 5)  # the same trouble is told once, and not tried all the time
        self.dovecot.start()
        self.dovecot.put(self.request())
        self.wait_issued(daemon, 3, 60)
        self.wait_watched(daemon, "desk", "works")
        daemon.stop()
        self.check_settled(3)

    def test_a_line_that_died_silently_is_noticed(self):
        self.held = False
        line = Line(self.dovecot.tls_port, lambda _: time.sleep(60 if self.held else 0))
        self.addCleanup(line.close)
        self.box(url=f"imaps://localhost:{line.port}", poll_seconds=3, stall_seconds=2)
        daemon = self.daemon().start()
        self.dovecot.put(self.request())
        self.wait_issued(daemon, 1)
        self.settled(daemon, 1)
        self.held = True  # nothing comes from there any more, and nobody says so
        self.assertRegex(self.wait_watched(daemon, "desk", "trouble")["problem"], "said nothing for 2 seconds|timed out"
                         "|timeout|Timeout")
        self.held = False
        self.dovecot.put(self.request())
        self.wait_issued(daemon, 2)
        daemon.stop()
        self.check_once(2)

    def test_staff_is_told_of_a_mailbox_that_cannot_be_read(self):
        told = self.house.path("told")
        command = write(self.house.path("tell"), f"#!/bin/sh\ncat >>{told}\n".encode())
        os.chmod(command, 0o755)
        self.box(url=f"imaps://localhost:{free_port()}", silent_hours=1)
        daemon = self.daemon(notice_command=command).start()
        self.wait_watched(daemon, "desk", "trouble")

        def is_told():  # as if it were so for longer; the daemon writes over it every now and then
            self.query("update watched set problem_at = problem_at - interval '2 hours' where role = 'fetch'"
                       " and problem_at > now() - interval '1 hour'")
            return os.path.exists(told)
        daemon.wait(is_told, "the notice")
        daemon.stop()
        with open(told, encoding="utf-8") as stream:
            text = stream.read()
        self.assertIn("mailbox desk could not be read for 1 hours", text)
        self.assertIn("fetch desk of daemon ", text)

    # ---- settings ----

    def test_mailboxes_come_change_and_go_with_new_settings(self):
        self.dovecot.make("Second")
        daemon = self.daemon().start()
        self.dovecot.put(self.request())
        self.wait_issued(daemon, 1)
        self.box("second", folder="Second")
        daemon.reload()
        self.dovecot.put(self.request(), folder="Second")
        self.wait_issued(daemon, 2)
        # Wrong ones are told, and the others are followed.
        self.box("second", folder="Second", done="move")
        daemon.reload()
        self.assertIn("done = move needs done-folder", daemon.wait_log("group-set-wrongly").text)
        self.assertIn("done = move needs done-folder", self.wait_watched(daemon, "second", "trouble")["problem"])
        self.dovecot.put(self.request())
        self.wait_issued(daemon, 3)
        del self.settings["second"]
        self.box()
        daemon.reload()
        self.assertEqual({role for role in daemon.pids() if role.startswith("fetch")}, {"fetch:desk"})
        self.dovecot.put(self.request(), folder="Second")
        self.dovecot.put(self.request())
        self.wait_issued(daemon, 4)
        daemon.stop()
        self.assertEqual(list(self.dovecot.flags("Second").values()), [DONE, []])
        self.check_once(4)

    # ---- more than one reader ----

    def test_by_hand_beside_the_daemon_nothing_is_read_twice(self):
        self.box(poll_seconds=SELDOM)
        daemon = self.daemon().start()
        self.dovecot.put(self.request())
        self.wait_issued(daemon, 1, AT_ONCE)
        self.settled(daemon, 1)
        self.assertEqual(self.fetch(), [])
        self.assertEqual(self.house.errors, "issuer: mailbox desk: another process reads it, as issuer run does; its "
                         "mails are left to that one\n")
        self.assertEqual(self.boxes["desk"]["read"], 0)
        self.dovecot.put(self.request())
        self.assertEqual(self.fetch(), [])
        self.wait_issued(daemon, 2, AT_ONCE)
        self.settled(daemon, 2)
        # A dry run only reads, so it may.
        self.dovecot.put(self.request())
        self.fetch("--dry-run")
        self.settled(daemon, 3)
        daemon.stop()
        self.dovecot.put(self.request())
        self.assertEqual(len(self.fetch()), 1)
        self.check_settled(4)
        self.check_once(4)

    def test_two_daemons_follow_it_in_turn(self):
        self.box(poll_seconds=SELDOM)
        one, other = self.daemon("one").start(), self.daemon("other").start()
        self.dovecot.put(self.request())
        self.wait_issued(one, 1)
        self.settled(one, 1)
        first, second = (one, other) if one.log("mails-taken-in") else (other, one)
        self.assertEqual(len(one.log("mails-taken-in") + other.log("mails-taken-in")), 1)
        first.kill()
        self.dovecot.put(self.request())
        self.wait_issued(second, 2)
        self.settled(second, 2)
        second.wait_log("mails-taken-in")
        second.stop()
        self.check_settled(2)
        self.check_once(2)

    # ---- kills ----

    def test_killed_at_any_point_while_mails_arrive(self):
        dice = chance()
        daemon = self.daemon().start()
        count = 0
        for number in range(rounds(8)):
            some = [self.request() for _ in range(dice.randrange(1, 6))]
            self.dovecot.put(*some)
            count += len(some)
            time.sleep(dice.uniform(0, 1.2))
            if number % 3 == 2:
                daemon.kill()
                daemon.start()
            else:
                daemon.kill_role("fetch:desk")
            self.assertLessEqual(self.count("usage_license"), count)
        self.wait_issued(daemon, count)
        self.settled(daemon, count)
        daemon.wait(lambda: len(os.listdir(self.replies)) == count, "the replies")
        daemon.stop()
        self.check_settled(count)
        self.check_once(count)

    def test_its_process_that_speaks_to_the_server_dies(self):
        self.box(poll_seconds=SELDOM)
        daemon = self.daemon().start()
        self.dovecot.put(self.request())
        self.wait_issued(daemon, 1, AT_ONCE)
        role = daemon.pid("fetch:desk")
        with open(f"/proc/{role}/task/{role}/children", encoding="ascii") as stream:
            _, agent = (int(word) for word in stream.read().split())  # the parsers' parent comes first
        os.kill(agent, signal.SIGKILL)
        daemon.restarted("fetch:desk", role)
        self.dovecot.put(self.request())
        self.wait_issued(daemon, 2)
        self.settled(daemon, 2)
        daemon.stop()
        self.check_once(2)


class Whole(OnInbox):
    """From a Dovecot to a Postfix."""

    def setUp(self):
        super().setUp()
        self.postfix = Postfix()
        self.addCleanup(self.postfix.close)

    def answers(self, daemon, count):
        """Waits until so many different replies have come; gives each one's Message-IDs by what it answers."""
        def found():
            out = {}
            for one in map(email.message_from_bytes, self.postfix.mails(0)):
                out.setdefault(one["In-Reply-To"], []).append(one["Message-ID"])
            return len(out) >= count and out
        return daemon.wait(found, f"{count} replies")

    def test_each_mail_is_answered_at_once_whoever_is_killed(self):
        dice = chance()
        before = None
        self.box(poll_seconds=SELDOM)
        daemon = self.daemon(reply_by="smtp", smtp_url=f"smtp://localhost:{self.postfix.port}", smtp_tls="always",
                             smtp_ca_file=self.postfix.ca_file, smtp_seconds=5, smtp_connect_seconds=5).start()
        for count in range(1, 5):
            self.dovecot.put(self.request())
            answers = self.answers(daemon, count)
            before = before if count > 1 else self.postfix.log().count(": connect from ")
        self.assertEqual([len(ids) for ids in answers.values()], [1] * 4)
        self.assertEqual(self.postfix.log().count(": connect from "), before)  # all over the first one's
        count = 4
        for _ in range(rounds(4)):
            self.dovecot.put(self.request(), self.request())
            count += 2
            time.sleep(dice.uniform(0.4, 1))
            daemon.kill_role(dice.choice(["fetch:desk", "signer"]))
        self.wait_issued(daemon, count)
        answers = self.answers(daemon, count)
        self.assertEqual([len(ids) for ids in answers.values()], [1] * count)
        self.settled(daemon, count)
        daemon.stop()
        self.check_settled(count)
        self.check_once(count)


class Rude(Followed):
    """Servers that do not do what they should."""

    def serve(self, settings=None, offers="IMAP4rev1 AUTH=PLAIN MOVE UIDPLUS IDLE", **options):
        tls = certificate(self.house.folder)
        server = RudeImap(tls, offers=offers, **options)
        self.addCleanup(server.close)
        self.set_mailbox(url=f"imaps://localhost:{server.port}", ca_file=tls[0],
                         **{"poll_seconds": SELDOM,
                            **(settings or {})})
        return server

    def idles(self, daemon, server):
        daemon.wait(lambda: server.idling, "the server to be waited upon")

    def test_waiting_is_renewed(self):
        server = self.serve({"poll_seconds": 1})
        daemon = self.daemon().start()
        daemon.wait(lambda: server.said().count("DONE") >= 4, "waiting to begin anew")
        self.idles(daemon, server)
        server.arrive(1, self.request())
        self.wait_issued(daemon, 1)
        self.assertEqual(server.connections, 1)
        daemon.stop()
        self.assertEqual(server.said().count("IDLE"), server.said().count("DONE"))
        self.assertIn("LOGOUT", server.said())

    def test_news_of_mail_that_is_not_there_cost_little(self):
        server = self.serve()
        daemon = self.daemon().start()
        end = time.monotonic() + 4
        number = 0
        while time.monotonic() < end:
            number += 1
            idling = server.idling
            if idling:
                idling[0].sendall(f"* {number} EXISTS\r\n".encode())
            time.sleep(0.01)
        self.assertLess(server.said().count("SEARCH"), 8)
        server.mails[1] = self.request().replace(b"\n", b"\r\n")
        self.idles(daemon, server)
        server.idling[0].sendall(f"* {number + 1} EXISTS\r\n".encode())
        self.wait_issued(daemon, 1, AT_ONCE)
        daemon.stop()

    def test_one_that_says_all_the_time_how_many_mails_there_are(self):
        def chatter(connection, tag, _words):
            server.idling = (connection, tag)
            connection.sendall(b"+ idling\r\n" + f"* {len(server.mails)} EXISTS\r\n".encode() * 3)
        server = self.serve(answers={"IDLE": chatter})
        daemon = self.daemon().start()
        self.idles(daemon, server)
        time.sleep(2)
        self.assertEqual(server.said().count("SEARCH"), 1)
        server.arrive(1, self.request())
        self.wait_issued(daemon, 1, AT_ONCE)
        daemon.stop()

    def test_one_that_tells_in_the_same_breath(self):
        """What has been read with something else already makes nothing readable."""
        def breathless(connection, tag, _words):
            server.idling = (connection, tag)
            new = [self.request().replace(b"\n", b"\r\n")] if len(server.mails) < 3 else []
            server.mails.update((len(server.mails) + 1, one) for one in new)
            connection.sendall(b"+ idling\r\n" + f"* {len(server.mails)} EXISTS\r\n".encode())
        server = self.serve(answers={"IDLE": breathless})
        daemon = self.daemon().start()
        self.wait_issued(daemon, 3, 20)
        daemon.stop()
        self.check_once(3)

    def test_one_that_offers_to_tell_and_refuses(self):
        def refuse(connection, tag, _words):
            connection.sendall(f"{tag} NO not today\r\n".encode())
        server = self.serve({"poll_seconds": 1}, answers={"IDLE": refuse})
        daemon = self.daemon().start()
        daemon.wait(lambda: "IDLE" in server.said(), "the server to refuse")
        server.arrive(1, self.request())
        self.wait_issued(daemon, 1)
        self.assertEqual(server.said().count("IDLE"), 1)
        daemon.stop()

    def test_one_that_takes_leave_or_stalls_while_it_is_waited_upon(self):
        server = self.serve({"poll_seconds": 3, "stall_seconds": 2})
        daemon = self.daemon().start()
        self.idles(daemon, server)
        server.idling[0].sendall(b"* BYE going down\r\n")
        self.assertIn("the server takes leave: going down", daemon.wait(
            lambda: [line for line in daemon.log() if "takes leave" in line.text], "word of it")[0].text)
        daemon.wait(lambda: server.connections >= 2, "another connection")
        server.arrive(1, self.request())
        self.wait_issued(daemon, 1)
        server.answers["DONE"] = lambda *_: None  # does not answer any more
        daemon.wait(lambda: server.connections >= 3, "another connection")
        del server.answers["DONE"]
        server.arrive(2, self.request())
        self.wait_issued(daemon, 2)
        daemon.stop()
        self.check_once(2)

    def test_asked_to_stop_it_waits_for_nobody(self):
        server = self.serve({"stall_seconds": 600, "seconds": 3600})
        daemon = self.daemon().start()
        self.idles(daemon, server)
        server.answers["DONE"] = lambda *_: None
        begun = time.monotonic()
        daemon.stop()
        self.assertLess(time.monotonic() - begun, 10)


if __name__ == "__main__":
    main()
