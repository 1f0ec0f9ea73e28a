#!/usr/bin/python3
"""The signer of `issuer run`: alone it has the key, and what it refuses, or its death, stops what is issued
and loses nothing.

  signing.py ISSUER [TEST…]          within tests/with-postgres"""
import json
import os
import shutil
import signal
import struct
import threading
import time

from daemon import Daemon
from scenario import OWN, Scenario, ask, chance, check_records, mail, main, mbox, rounds, write

ANA = "ana@northwind.example"


class Signing(Scenario):
    def setUp(self):
        super().setUp()
        self.drop = self.house.path("drop")
        self.state = self.house.path("state")
        self.keys = self.house.path("own-keys")
        shutil.copytree(self.house.keys, self.keys)
        self.house.environment["ISSUER_KEY_FOLDER"] = self.keys
        for folder in (self.drop, self.house.path("replies")):
            os.makedirs(folder)
        self.license = self.house.sell("LIC-1", ANA, activations=5000, servers=5000)
        self.servers = 0

    def tearDown(self):
        check_records(self.house)

    def settings(self, **more):
        return (f"[issuer]\nown-addresses = {OWN}\nreply-folder = {self.house.path('replies')}\n"
                + "".join(f"{key.replace('_', '-')} = {value}\n" for key, value in more.items())
                + f"[drop inbox]\nfolder = {self.drop}\n")

    def daemon(self, **more):
        daemon = Daemon(self.house, config=self.settings(**more))
        self.addCleanup(daemon.close)
        return daemon

    def put(self, name, count=1):
        """A mailbox of so many requests of servers that nobody knows."""
        mails = []
        for _ in range(count):
            self.servers += 1
            mails.append(mail(ANA, ask(self.house.server(host=f"host-{self.servers}"), self.license)))
        write(os.path.join(self.drop, "." + name), mbox(mails))
        os.rename(os.path.join(self.drop, "." + name), os.path.join(self.drop, name))

    def done(self, daemon, *names):
        """Waits until they are, with nothing in quarantine."""
        for name in names:
            daemon.wait(lambda name=name: os.path.exists(os.path.join(self.drop, "done", name)), f"{name} in done")
        self.assertEqual(self.house.query("select count(*) from quarantine")[0][0], 0)

    def issued(self):
        return self.house.query("select count(*), count(distinct request_id) from usage_license")[0]

    def refusal(self, daemon, says):
        """Waits for the signer's; the folder that it keeps waiting tells it too."""
        daemon.wait(lambda: [line for line in daemon.log("trouble", who="drop:inbox")
                             if says in line.fields["problem"]], f"trouble: {says}")
        self.assertIn(says, daemon.log("trouble", who="signer")[-1].fields["problem"])
        daemon.wait(lambda: says in self.problem(), f"the status says {says}", 20)

    def problem(self):
        """The signer's, as `issuer status` tells it; empty: there is none."""
        rows = [json.loads(line) for line in self.house.issuer("status", "--json").splitlines()]
        return next((row["problem"] or "" for row in rows if row.get("role") == "signer"), "")


class Key(Signing):
    def test_no_other_process_has_it(self):
        daemon = self.daemon().start()
        self.put("one")
        self.done(daemon, "one")
        pids = daemon.pids()
        self.assertIn("drop:inbox", pids)
        for role, pid in {**pids, "supervisor": daemon.process.pid}.items():
            links = []
            for fd in os.listdir(f"/proc/{pid}/fd"):
                try:
                    links.append(os.readlink(f"/proc/{pid}/fd/{fd}"))
                except FileNotFoundError:
                    pass
            self.assertEqual([link for link in links if self.keys in link], [], role)
            counts = [link for link in links if link.startswith(self.state)]
            self.assertEqual(counts, [os.path.join(self.state, "signed")] if role == "signer" else [], role)
        with open(f"/proc/{pids['signer']}/status", encoding="ascii") as stream:
            status = dict(line.rstrip("\n").split(":\t", 1) for line in stream if ":\t" in line)
        self.assertEqual((status["Seccomp"], status["NoNewPrivs"]), ("2", "1"))
        with open(f"/proc/{pids['signer']}/limits", encoding="ascii") as stream:
            self.assertRegex(stream.read(), r"Max core file size +0 +0 ")
        self.assertEqual(os.stat(os.path.join(self.state, "signed")).st_mode & 0o777, 0o600)
        daemon.stop()

    def test_a_new_one_is_taken_at_reload(self):
        daemon = self.daemon().start()
        self.put("one")
        self.done(daemon, "one")
        self.house.issuer("key", "rotate")
        time.sleep(2)  # until it is valid
        self.put("two")
        self.done(daemon, "two")
        daemon.reload()
        self.put("three")
        self.done(daemon, "three")
        kids = [kid for kid, in self.house.query("select kid from usage_license order by serial")]
        self.assertEqual(kids[0], kids[1])
        self.assertNotEqual(kids[1], kids[2])
        self.assertEqual([line.fields["key"] for line in daemon.log("signs")], [kids[0], kids[2]])
        daemon.stop()

    def test_a_signer_that_died_may_come_back_with_another(self):
        daemon = self.daemon().start()
        self.put("one")
        self.done(daemon, "one")
        self.house.issuer("key", "rotate")
        time.sleep(2)
        daemon.restarted("signer", daemon.kill_role("signer"))
        self.put("two")
        self.done(daemon, "two")
        self.assertEqual(self.house.query("select count(distinct kid) from usage_license")[0][0], 2)
        daemon.stop()

    def test_one_that_is_revoked_signs_no_more_until_another_is_taken(self):
        daemon = self.daemon().start()
        self.put("one")
        self.done(daemon, "one")
        self.house.hire("ada", "admin")
        (kid,), = self.house.query("select kid from signing_key")
        self.house.issuer("key", "rotate")
        self.house.by("ada", "key", "revoke", kid, "--reason", "it was seen elsewhere")
        daemon.wait_log("trouble", who="signer", seconds=10)  # nobody has asked it for anything
        self.put("two")
        self.refusal(daemon, f"signing key {kid} is revoked")
        self.assertEqual(self.issued(), (1, 1))
        time.sleep(2)  # until the other is valid
        daemon.reload()
        self.done(daemon, "two")
        self.assertEqual(self.house.query("select count(*), count(distinct kid) from usage_license"), [(2, 2)])
        daemon.wait(lambda: self.problem() == "", "a signer without trouble", 20)
        daemon.stop()

    def test_one_that_is_missing_is_told_and_waited_for(self):
        away = self.keys + ".away"
        os.rename(self.keys, away)
        daemon = self.daemon().start(ready=False)
        daemon.wait(lambda: daemon.log("trouble", who="signer"), "the signer's trouble")
        self.assertIn(self.keys, daemon.log("trouble", who="signer")[0].fields["problem"])
        self.put("one")
        os.rename(away, self.keys)
        self.done(daemon, "one")
        daemon.stop()


class Deaths(Signing):
    def test_it_is_killed_again_and_again(self):
        random = chance()
        daemon = self.daemon().start()
        for round_ in range(rounds(2)):
            ends = threading.Event()

            def kill():
                while not ends.wait(random.uniform(0, 0.4)):
                    pid = daemon.pids().get("signer")
                    if pid:
                        os.kill(pid, signal.SIGKILL)
            killer = threading.Thread(target=kill)
            names = [f"round-{round_}-{i}" for i in range(8)]
            killer.start()
            for name in names:
                self.put(name, random.randint(1, 12))
                time.sleep(random.uniform(0, 0.3))
            ends.set()
            killer.join()
            self.done(daemon, *names)
            self.assertEqual(self.issued(), (self.servers, self.servers))
        daemon.stop()

    def test_one_that_hangs_keeps_nothing_for_good(self):
        daemon = Daemon(self.house, config=self.settings(hang_seconds=2))
        self.addCleanup(daemon.close)
        daemon.start()
        pid = daemon.kill_role("signer", signal.SIGSTOP)
        self.put("one")
        daemon.restarted("signer", pid)
        self.done(daemon, "one")
        daemon.stop()


class Refusals(Signing):
    def test_past_an_hours_limit_nothing_is_issued_or_lost(self):
        daemon = self.daemon(licenses_an_hour=3).start()
        self.put("some", 3)
        self.done(daemon, "some")
        self.put("more", 2)
        self.refusal(daemon, "licenses-an-hour allows 3")
        self.assertEqual(self.issued(), (3, 3))
        daemon.stop()
        daemon.start(ready=False)  # counts on
        self.refusal(daemon, "licenses-an-hour allows 3")
        daemon.write_config(self.settings(licenses_an_hour=5))
        daemon.reload()
        self.done(daemon, "more")
        self.assertEqual(self.issued(), (5, 5))
        daemon.wait(lambda: self.problem() == "", "no problem any more", 20)
        daemon.stop()

    def test_a_clock_that_has_gone_back(self):
        """As its file has it, it has signed in an hour from now."""
        daemon = self.daemon().start()
        self.put("one")
        self.done(daemon, "one")
        daemon.stop()
        path = os.path.join(self.state, "signed")
        with open(path, "r+b") as stream:
            stream.seek(8)
            stream.write(struct.pack("=q", int(time.time()) + 3600))
        daemon.start()
        self.put("two")
        self.refusal(daemon, "the clock has gone back since")
        os.unlink(path)
        daemon.reload()
        self.done(daemon, "two")
        daemon.stop()

    def test_a_count_that_is_none(self):
        os.makedirs(self.state)
        write(os.path.join(self.state, "signed"), b"x" * 100)
        daemon = self.daemon().start(ready=False)
        daemon.wait(lambda: daemon.log("trouble", who="signer"), "the signer's trouble")
        self.assertIn("delete it, and the count begins anew",
                      daemon.log("trouble", who="signer")[0].fields["problem"])
        self.put("one")
        os.unlink(os.path.join(self.state, "signed"))
        self.done(daemon, "one")
        daemon.stop()


main()
