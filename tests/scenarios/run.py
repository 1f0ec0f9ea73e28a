#!/usr/bin/python3
"""`issuer run`: it starts, takes new settings, ends, and keeps its processes going whatever befalls them.

  run.py ISSUER [TEST…]          within tests/with-postgres"""
import email
import json
import os
import signal
import socket
import subprocess
import time

import psycopg2

from daemon import Daemon, read_line
from mail_servers import RudeServer
from scenario import ISSUER, OWN, Scenario, admin, ask, check_records, license_key, mail, main

ANA = "ana@northwind.example"


class Run(Scenario):
    def setUp(self):
        super().setUp()
        self.folder = self.house.path("replies")
        os.makedirs(self.folder)

    def tearDown(self):
        check_records(self.house)

    def daemon(self, *words, **options):
        daemon = Daemon(self.house, *words, **{"reply_folder": self.folder, **options})
        self.addCleanup(daemon.close)
        return daemon

    def by_smtp(self, answers=None, **options):
        server = RudeServer(answers)
        self.addCleanup(server.close)
        return server, self.daemon(reply_by="smtp", smtp_url=f"smtp://127.0.0.1:{server.port}",
                                   smtp_seconds=50, **options)

    def queue(self, name="LIC-1", contact=ANA):
        """Queues one more reply."""
        license = self.house.sell(name, contact)
        self.house.take(mail(contact, ask(self.house.server(host=name), license)))

    def sent(self):
        return self.house.query("select count(*) from reply where state = 'sent'")[0][0]

    def check_works(self, daemon, name):
        """A reply that is queued now goes out."""
        before = self.sent()
        self.queue(name)
        daemon.wait(lambda: self.sent() == before + 1, "a reply")


class Life(Run):
    def test_it_starts_works_and_stops(self):
        self.queue()
        daemon = self.daemon().start()
        daemon.wait(lambda: self.sent() == 1, "the reply")
        self.check_works(daemon, "LIC-2")
        self.assertEqual(len(os.listdir(self.folder)), 2)
        (started,) = daemon.log("daemon-started")
        self.assertRegex(started.fields["version"], r"^\d+\.\d+\.\d+$")
        decided = self.house.query("select distinct encode(policy, 'hex') from decision")
        self.assertEqual([(started.fields["policy"],)], decided)
        log = daemon.stop()
        self.assertEqual([line.what for line in log if line.level == "notice"],
                         ["daemon-started", "daemon-ready", "daemon-stops", "daemon-stopped"])
        self.assertEqual([line for line in log if line.level in ("warning", "error")], [])
        self.assertEqual(len(daemon.told_times("STOPPING=1")), 1)

    def test_wrong_settings_at_the_start_are_one_clear_line(self):
        path = self.house.path("wrong.conf")
        for text, says in (("[issuer]\nno-such-key = 1\n", f"{path}:2: "),
                           ("[issuer]\nlog-level = loud\n", f"{path}:2: setting 'log-level' must be"),
                           ("[issuer]\ndaemon-name = a b\n", f"{path}:2: setting 'daemon-name' must be a name"),
                           (f"[issuer]\nown-addresses = {OWN}\nreply-by = smtp\n", "set smtp-url"),
                           (f"[issuer]\nown-addresses = {OWN}\nreply-by = smtp\nsmtp-url = smtp://localhost\n"
                            "smtp-user = me\n", f"{path}:5: setting 'smtp-user'"),
                           ("[issuer]\nvendor = Licensing\n", "setting 'reply-from'")):
            with self.subTest(text):
                with open(path, "w", encoding="ascii") as stream:
                    stream.write(text)
                self.house.environment.pop("ISSUER_OWN_ADDRESSES", None)
                self.assertEqual(self.house.issuer("run", "--config", path, code=1), "")
                self.assertEqual(self.house.errors.count("\n"), 1, self.house.errors)
                self.assertIn(says, self.house.errors)
        self.house.environment["ISSUER_OWN_ADDRESSES"] = OWN
        self.house.issuer("run", "--config", self.house.path("none.conf"), code=1)
        self.assertIn("none.conf", self.house.errors)
        self.house.environment["NOTIFY_SOCKET"] = "nowhere"
        self.house.issuer("run", code=1)
        self.assertIn("NOTIFY_SOCKET", self.house.errors)

    def test_new_settings_are_taken_and_wrong_ones_are_not(self):
        other = self.house.path("other")
        os.makedirs(other)
        daemon = self.daemon(config=f"[issuer]\nvendor = Before\nown-addresses = {OWN}\n"
                                    f"reply-folder = {self.folder}\n").start()
        del daemon.settings["ISSUER_REPLY_FOLDER"]
        daemon.stop()
        daemon.start()
        self.check_works(daemon, "LIC-1")
        before = daemon.pids()
        daemon.write_config("[issuer]\nvendor = After\nno-such-key = 1\n")
        daemon.reload()
        refused = daemon.wait_log("reload-refused")
        self.assertEqual(refused.level, "error")
        self.assertIn(f"{daemon.config}:3: ", refused.fields["problem"])
        self.assertEqual(daemon.pids(), before)
        self.check_works(daemon, "LIC-2")
        self.assertEqual((len(os.listdir(self.folder)), len(os.listdir(other))), (2, 0))

        daemon.write_config(f"[issuer]\nvendor = After\nown-addresses = {OWN}\nreply-folder = {other}\n"
                            "reinstalls-a-year = 5\n")
        daemon.reload()
        after = daemon.pids()
        self.assertEqual(set(after), set(before))
        self.assertFalse(set(after.values()) & set(before.values()))
        self.check_works(daemon, "LIC-3")
        (name,) = os.listdir(other)
        with open(os.path.join(other, name), encoding="utf-8") as stream:
            self.assertIn("After", stream.read())
        self.assertNotEqual(daemon.log("daemon-started")[-1].fields["policy"],
                            daemon.log("daemon-reloads")[-1].fields["policy"])
        reloading = [text for _, text in daemon.told if text.startswith("RELOADING=1\n")]
        self.assertEqual(len(reloading), 2)
        self.assertRegex(reloading[0], r"^RELOADING=1\nMONOTONIC_USEC=\d+$")
        daemon.stop()

    def test_reloads_that_come_faster_than_they_are_done(self):
        daemon = self.daemon().start()
        for _ in range(20):
            daemon.send(signal.SIGHUP)
            time.sleep(0.01)
        daemon.wait(lambda: len(daemon.told_times("READY=1")) > 2, "another reload")
        self.check_works(daemon, "LIC-1")
        daemon.stop()

    def test_each_process_that_dies_is_started_again(self):
        daemon = self.daemon().start()
        for number, role in enumerate(daemon.pids()):
            for signal_number, name in ((signal.SIGKILL, "KILL"), (signal.SIGSEGV, "SEGV")):
                pid = daemon.kill_role(role, signal_number)
                daemon.restarted(role, pid)
                ended = daemon.wait_log("process-ended", role=role, pid=pid)
                if name == "KILL":
                    self.assertEqual((ended.level, ended.fields["how"]), ("warning", "signal KILL"))
            self.check_works(daemon, f"LIC-{number}")
        self.assertIn("daemon-stopped", [line.what for line in daemon_end(daemon)])

    def test_what_others_leave_behind_is_taken_away(self):
        """As the first process of a container it is left what nobody else takes away."""
        daemon = self.daemon()
        self.house.start = lambda *words, **options: subprocess.Popen(
            ["sh", "-c", 'sleep 1 & sleep 2 & exec "$0" "$@"', ISSUER, *words], cwd=self.house.folder,
            **{"stdin": subprocess.DEVNULL, "stderr": subprocess.PIPE, **options})
        daemon.start()
        del self.house.start
        time.sleep(3)
        with open(f"/proc/{daemon.process.pid}/task/{daemon.process.pid}/children", encoding="ascii") as stream:
            self.assertEqual(set(map(int, stream.read().split())), set(daemon.pids().values()))
        daemon.stop()

    def test_killed_itself_it_leaves_nothing_and_goes_on(self):
        daemon = self.daemon().start()
        self.check_works(daemon, "LIC-1")
        daemon.kill()
        self.queue("LIC-2")
        daemon.start()
        daemon.wait(lambda: self.sent() == 2, "the reply that came meanwhile")
        daemon.stop()

    def test_two_daemons_share_the_work(self):
        one, two = (self.daemon(daemon_name=name).start() for name in ("one", "two"))
        for n in range(10):
            self.check_works(one, f"LIC-{n}")
        one.kill()
        self.check_works(two, "LIC-11")
        self.assertEqual(len(os.listdir(self.folder)), 11)
        two.stop()


    def test_a_member_of_the_daemons_group_can_do_it(self):
        login = f"{os.environ['ISSUER_ROLE_PREFIX']}_run"
        admin(f'create role "{login}" login in role "{os.environ["ISSUER_ROLE_PREFIX"]}_daemon"')
        self.addCleanup(admin, f'drop role "{login}"')
        daemon = self.daemon(database=self.house.dsn.replace("user=postgres", f"user={login}"))
        daemon.start()
        self.check_works(daemon, "LIC-1")
        daemon.wait(lambda: self.house.query("select 1 from watched where role = 'post' and done = 1"), "its rows")
        log = daemon.stop()
        self.assertEqual([line.text for line in log if line.level in ("warning", "error")], [])

    def test_who_waits_is_told_once_a_transaction(self):
        self.house.hire("sam", "support")
        listening = psycopg2.connect(self.house.dsn)
        self.addCleanup(listening.close)
        listening.autocommit = True
        listening.cursor().execute("listen issuer_reply; listen issuer_instruction")

        def told():
            listening.poll()
            found, listening.notifies = [notice.channel for notice in listening.notifies], []
            return found
        license = self.house.sell("LIC-1", ANA, activations=3, servers=3)
        self.house.take(*(mail(ANA, ask(self.house.server(host=f"plant-{n}"), license)) for n in range(3)))
        self.assertEqual(self.house.query("select count(*) from reply"), [(3,)])
        self.assertEqual(told(), ["issuer_reply"])
        self.house.take(mail("eve@elsewhere.example", ask(self.house.server(host="plant-4"), license)))
        told()
        (case,), = self.house.query("select id from hold where closed_at is null")
        self.house.by("sam", "request", "refuse", str(case), "--reason", "unknown", "--ticket", "T-1")
        self.assertIn("issuer_instruction", told())


def daemon_end(daemon):
    """Its last lines; a process that died by SIGSEGV has left a sanitizer's report."""
    daemon.send(signal.SIGTERM)
    daemon.wait(lambda: daemon.process.poll() is not None, "its end")
    daemon._forget()
    return daemon.log()


class Ends(Run):
    def test_what_is_in_hand_is_ended_first(self):
        server, daemon = self.by_smtp({"content": ["…", "250 taken"]})
        self.queue()
        self.queue("LIC-2")
        daemon.start()
        daemon.wait(lambda: len(server.mails) == 1, "a mail that the server keeps")
        daemon.send(signal.SIGTERM)
        time.sleep(1)
        self.assertIsNone(daemon.process.poll())
        server.gone.set()  # it answers, or is gone: the mail is not lost by either
        daemon.ended()
        self.assertEqual(len(server.mails), 1)  # nothing else was taken
        self.assertEqual(self.house.query("select count(*) from reply where state in ('queued', 'sent')"),
                         [(2,)])

    def test_told_again_it_ends_at_once_and_nothing_is_lost(self):
        server, daemon = self.by_smtp({"content": ["…", "250 taken"]})
        self.queue()
        daemon.start()
        daemon.wait(lambda: len(server.mails) == 1, "a mail that the server keeps")
        daemon.send(signal.SIGTERM)
        time.sleep(0.5)
        before = time.monotonic()
        log = daemon.stop()
        self.assertLess(time.monotonic() - before, 5)
        self.assertIn("post", [line.fields["role"] for line in log if line.what == "process-killed"])
        self.house.query("alter table reply disable trigger user;"  # as if its lease were over
                         " update reply set not_before = now() - interval '1 hour';"
                         " alter table reply enable trigger user")
        daemon.start()
        daemon.wait(lambda: self.sent() == 1, "the reply, once more")
        daemon.stop()
        ids = {email.message_from_bytes(content)["Message-ID"] for _, content in server.mails}
        self.assertEqual((len(server.mails), len(ids)), (2, 1))

    def test_it_does_not_wait_for_ever(self):
        server, daemon = self.by_smtp({"content": "…"}, stop_seconds=1)
        self.queue()
        daemon.start()
        daemon.wait(lambda: len(server.mails) == 1, "a mail that the server keeps")
        before = time.monotonic()
        log = daemon.stop()
        self.assertLess(time.monotonic() - before, 15)
        self.assertEqual(len([line for line in log if line.what == "process-killed"]), 1)


class Health(Run):
    def test_a_process_that_hangs_is_replaced(self):
        daemon = self.daemon(hang_seconds=3, watchdog=2).start()
        pid = daemon.kill_role("post", signal.SIGSTOP)
        hangs = daemon.wait_log("process-hangs", role="post", pid=pid)
        self.assertEqual(hangs.level, "error")
        daemon.restarted("post", pid)
        self.check_works(daemon, "LIC-1")
        daemon.stop()

    def test_a_process_that_hangs_does_not_keep_a_reload_or_the_end_waiting(self):
        daemon = self.daemon(hang_seconds=2, stop_seconds=600).start()
        daemon.kill_role("post", signal.SIGSTOP)
        daemon.reload()
        self.check_works(daemon, "LIC-1")
        daemon.kill_role("post", signal.SIGSTOP)
        daemon.stop()

    def test_a_manager_hears_nothing_while_a_process_hangs(self):
        daemon = self.daemon(hang_seconds=3, watchdog=2).start()
        time.sleep(5)
        pings = daemon.told_times("WATCHDOG=1")
        gaps = [b - a for a, b in zip(pings, pings[1:])]
        self.assertGreater(len(pings), 5)
        self.assertLess(max(gaps), 2)  # that is what it bears
        pid = daemon.kill_role("post", signal.SIGSTOP)
        daemon.wait_log("process-hangs", role="post")
        hung = time.monotonic()
        daemon.restarted("post", pid)
        back = time.monotonic()
        self.assertEqual([at for at in daemon.told_times("WATCHDOG=1") if hung + 0.2 < at < back - 0.2], [])
        self.assertGreater(back - hung, 1)  # it was given the time to say where it hangs
        count = len(daemon.told_times("WATCHDOG=1"))
        daemon.wait_told("WATCHDOG=1", count + 3)
        daemon.stop()

    def test_who_waits_for_a_slow_server_does_not_hang(self):
        server, daemon = self.by_smtp({"content": "…"}, hang_seconds=1)
        self.queue()
        daemon.start()
        daemon.wait(lambda: len(server.mails) == 1, "a mail that the server keeps")
        pid = daemon.pid("post")
        time.sleep(4)
        self.assertEqual(daemon.log("process-hangs", role="post"), [])
        self.assertEqual(daemon.pid("post"), pid)
        server.gone.set()
        daemon.stop()

    def test_replies_go_out_when_they_are_told_of_and_when_not(self):
        daemon = self.daemon().start()
        daemon.wait(lambda: self.house.query("select 1 from watched where role = 'post' and worked_at is not null"),
                    "a first look")
        took = []
        for n in range(5):  # a look now and then, each 5 seconds, would not do it
            self.queue(f"LIC-{n}")
            took.append(time.monotonic())
            daemon.wait(lambda n=n: self.sent() == n + 1, "a reply")
            took[-1] = time.monotonic() - took[-1]
        self.assertLess(sorted(took)[2], 1.5, took)
        self.house.query("alter table reply disable trigger tell")
        self.queue("LIC-9")
        daemon.wait(lambda: self.sent() == 6, "a reply that nobody was told of")
        daemon.stop()

    def test_without_a_watchdog_nobody_is_told(self):
        daemon = self.daemon().start()
        time.sleep(1)
        self.assertEqual(daemon.told_times("WATCHDOG=1"), [])
        daemon.stop()

    def test_a_database_that_is_away_is_waited_for(self):
        real = self.house.dsn
        place = self.house.path("sockets")  # which is there only later
        words = dict(word.split("=", 1) for word in real.split())
        daemon = self.daemon(database=" ".join(f"{key}={value}" for key, value in
                                               {**words, "host": place}.items()))
        self.queue()
        daemon.start()
        trouble = daemon.wait_log("trouble", who="post")
        self.assertIn("out of reach", trouble.fields["problem"])
        time.sleep(3)
        self.assertEqual(len(daemon.log("trouble", who="post")), 1)  # it is told once
        os.symlink(words["host"], place)
        daemon.wait(lambda: self.sent() == 1, "the reply")
        daemon.wait_log("works-again", who="post")
        # Connections that end do no more harm.
        self.house.query("select pg_terminate_backend(pid) from pg_stat_activity"
                         " where datname = current_database() and pid <> pg_backend_pid()")
        self.check_works(daemon, "LIC-2")
        daemon.stop()

    def test_a_process_that_fails_is_not_started_again_at_full_speed(self):
        os.rmdir(self.folder)
        self.queue()
        daemon = self.daemon().start()
        daemon.wait_log("process-started", role="post", count=4)
        time.sleep(1)
        self.assertLess(len(daemon.log("process-started", role="post")), 6)
        self.assertIn("is not there", daemon.log("trouble", who="post")[0].fields["problem"])
        self.assertRegex(daemon.told[-1][1], "1 in trouble: post: .*is not there")
        os.makedirs(self.folder)
        daemon.wait(lambda: self.sent() == 1, "the reply")
        daemon.stop()

    def test_no_foreign_text_makes_a_line_of_its_own(self):
        key = license_key()
        evil = f"550 no\x1b[2J \u202e {key} daemon-stopped\r\n550 2026-11-26T21:00:00Z error daemon-stopped"
        server, daemon = self.by_smtp({"RCPT": evil.encode() + b"\r\n"})
        self.queue()
        daemon.start()
        daemon.wait(lambda: server.heard and daemon.log("reply", state="undelivered"), "the reply's end")
        daemon.stop()
        self.assertEqual([line for line in daemon.output if read_line(line) is None], [])
        whole = "\n".join(daemon.output)
        self.assertNotIn(key, whole)
        self.assertNotRegex(whole, "[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]")
        self.assertEqual(len(daemon.log("daemon-stopped")), 1)


class Watched(Run):
    """What `issuer status` says of daemons."""

    def watched(self):
        rows = [json.loads(line) for line in self.house.issuer("status", "--json").splitlines()]
        return {row["role"]: row for row in rows if row.get("part") == "watched"}

    def events(self):
        return self.house.query("select kind, detail from event where subject = 'daemon_change' order by id")

    def test_what_is_watched_and_when_it_last_worked(self):
        self.assertEqual(self.watched(), {})
        self.assertIn("No daemon runs", self.house.issuer("status"))
        daemon = self.daemon(daemon_name="desk").start()
        before = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        self.queue()
        found = daemon.wait(lambda: (rows := self.watched()).get("post", {}).get("done") == 1 and rows, "the rows")
        self.assertEqual(set(found), {"daemon", *daemon.pids()})
        self.assertEqual({row["daemon"] for row in found.values()}, {f"{socket.gethostname()}/desk"})
        self.assertEqual({row["state"] for row in found.values()}, {"works"})
        post = found["post"]
        self.assertEqual(post["watches"], f"replies to {self.folder}")
        self.assertLessEqual(before, post["had_at"])
        self.assertLessEqual(post["had_at"], post["worked_at"])
        self.assertEqual((post["restarts"], post["problem"], post["name"]), (0, None, None))
        pid = daemon.kill_role("post")
        daemon.restarted("post", pid)
        daemon.wait(lambda: self.watched()["post"]["restarts"] == 1, "the restart on record")
        self.assertEqual(self.watched()["post"]["done"], 1)
        self.assertIn("replies to", self.house.issuer("status"))
        daemon.stop()
        self.assertEqual({row["state"] for row in self.watched().values()}, {"ended"})

    def test_a_problem_is_shown_until_it_is_over(self):
        os.rmdir(self.folder)
        self.queue()
        daemon = self.daemon().start()
        daemon.wait(lambda: self.watched().get("post", {}).get("state") == "trouble", "the trouble")
        post = self.watched()["post"]
        self.assertIn(f"the folder {self.folder} is not there", post["problem"])
        self.assertIsNotNone(post["problem_at"])
        os.makedirs(self.folder)
        daemon.wait(lambda: self.watched()["post"]["state"] == "works", "its end")
        self.assertIsNone(self.watched()["post"]["problem"])
        daemon.stop()

    def test_a_daemon_that_was_killed_is_silent(self):
        daemon = self.daemon().start()
        daemon.wait(lambda: self.watched().get("post", {}).get("state") == "works", "the rows")
        daemon.kill()
        self.house.environment["ISSUER_NOW"] = str(int(time.time()) + 120)
        self.assertEqual({row["state"] for row in self.watched().values()}, {"silent"})
        self.assertEqual([kind for kind, _ in self.events()], ["daemon-started"])

    def test_starts_and_stops_are_events(self):
        daemon = self.daemon(config=f"[issuer]\nreinstalls-a-year = 3\nown-addresses = {OWN}\n").start()
        daemon.wait(lambda: len(self.events()) == 1, "the event")
        pid = daemon.kill_role("recorder")  # whoever writes it comes again
        daemon.restarted("recorder", pid)
        daemon.write_config(f"[issuer]\nreinstalls-a-year = 4\nown-addresses = {OWN}\n")
        daemon.reload()
        daemon.wait(lambda: len(self.events()) == 2, "the other event")
        log = daemon.stop()
        events = self.events()
        self.assertEqual([kind for kind, _ in events], ["daemon-started", "daemon-reloaded", "daemon-stopped"])
        policies = [line.fields["policy"] for line in log if line.what in ("daemon-started", "daemon-reloads")]
        self.assertEqual([detail["policy"] for _, detail in events], [*policies, policies[1]])
        self.assertEqual(len(set(policies)), 2)
        self.assertEqual({detail["version"] for _, detail in events}, {log[0].fields["version"]})
        self.assertIn("daemon-reloaded", self.house.issuer("event", "list"))

    def test_two_of_one_name_do_not_mix(self):
        one = self.daemon().start()
        one.wait(lambda: "post" in self.watched(), "the rows")
        two = self.daemon().start()
        self.assertIn("daemon-name", two.wait_log("trouble", who="recorder").fields["problem"])
        self.check_works(two, "LIC-1")  # all else it does
        one.stop()
        two.wait_log("works-again", who="recorder")
        two.wait(lambda: self.watched()["post"]["state"] == "works", "its own rows")
        two.stop()


if __name__ == "__main__":
    main()
