#!/usr/bin/python3
"""Staff notices of `issuer run`: what is new reaches the address or the command of the settings, once.

  staff.py ISSUER [TEST…]          within tests/with-postgres"""
import email
import email.policy
import json
import os
import signal
import time

from daemon import Daemon
from mail_servers import Postfix, RudeServer
from scenario import OWN, Scenario, admin, ask, check_records, mail, main, write

ANA, EVE, STAFF = "ana@northwind.example", "eve@stranger.example", "desk@northwind.example"
COMMAND = """\
#!/bin/sh
n=$(ls "{folder}" | wc -l)
cat > "{folder}/told-$n"
env > "{folder}/../environment"
trap 'echo ended > "{folder}/../pipe"' PIPE
test ! -e "{folder}/../code" || exit $(cat "{folder}/../code")
"""


class Staff(Scenario):
    def setUp(self):
        super().setUp()
        self.license = self.house.sell("LIC-1", ANA, activations=9, servers=9)
        self.replies = self.house.path("replies")
        self.told_folder = self.house.path("told")
        for folder in (self.replies, self.told_folder):
            os.makedirs(folder)

    def tearDown(self):
        check_records(self.house)

    def daemon(self, **options):
        daemon = Daemon(self.house, **{"reply_folder": self.replies, **options})
        self.addCleanup(daemon.close)
        return daemon

    def command(self, text=COMMAND):
        path = self.house.path("tell-staff")
        with open(path, "w", encoding="ascii") as stream:
            stream.write(text.format(folder=self.told_folder))
        os.chmod(path, 0o755)
        return path

    def hold(self, host):
        """A new hold; its number."""
        self.assertEqual(self.house.take(mail(EVE, ask(self.house.server(host=host), self.license))),
                         [("held", "unknown-sender")])
        return self.house.query("select max(id) from hold")[0][0]

    def told(self):
        found = []
        for name in sorted(os.listdir(self.told_folder)):
            with open(os.path.join(self.told_folder, name), encoding="utf-8") as stream:
                found.append(stream.read())
        return found

    def waits(self):
        rows = [json.loads(line) for line in self.house.issuer("status", "--json").splitlines()]
        return next(row["count"] for row in rows if row.get("waits") == "notice")

    def later(self, seconds):
        """The daemon's next start finds it so much later."""
        self.house.environment["ISSUER_NOW"] = str(int(time.time()) + seconds)

    def done(self):
        return self.house.query("select count(*) from staff_telling where done_at is not null")[0][0]

    def test_a_mail_tells_what_is_new_once(self):
        postfix = Postfix()
        self.addCleanup(postfix.close)
        first, second = self.hold("plant-1"), self.hold("plant-2")
        code = ask(self.house.server(host="plant-9"), self.license)  # who has sent it nobody knows
        self.house.ingest(write(self.house.path("saved", "code.txt"), code.encode()), code=1)
        daemon = self.daemon(notice_address=STAFF, smtp_url=f"smtp://127.0.0.1:{postfix.port}").start()
        (raw,) = postfix.mails(1)
        found = email.message_from_bytes(raw, policy=email.policy.default)
        text = found.get_content()
        self.assertEqual((found["To"], found["From"], found["Auto-Submitted"]), (STAFF, OWN, "auto-generated"))
        self.assertEqual(found["Subject"], "Licensing desk: 3 things are new")
        for number in (first, second):
            self.assertIn(f"hold {number}: unknown-sender, license LIC-1", text)
        self.assertIn("is in quarantine", text)
        for secret in (self.license.key, EVE, ANA):
            self.assertNotIn(secret, text)
        daemon.wait(lambda: self.done() == 1, "the notice on record")
        self.assertEqual(self.waits(), 0)
        third = self.hold("plant-3")
        daemon.wait(lambda: self.waits() == 1, "another notice, within the minute")
        daemon.kill()
        self.later(90)
        daemon.start()
        _, raw = postfix.mails(2)
        text = email.message_from_bytes(raw, policy=email.policy.default).get_content()
        self.assertIn(f"hold {third}: ", text)
        self.assertNotIn(f"hold {first}: ", text)
        daemon.wait(lambda: self.done() == 2, "that on record too")
        daemon.stop()

    def test_a_server_that_is_away_is_tried_again_with_the_same_mail(self):
        server = RudeServer({"RCPT": "450 4.2.0 later"})
        self.addCleanup(server.close)
        number = self.hold("plant-1")
        daemon = self.daemon(notice_address=STAFF, smtp_url=f"smtp://127.0.0.1:{server.port}").start()
        problem = daemon.wait_log("staff-not-told").fields["problem"]
        self.assertIn("450 4.2.0 later", problem)
        daemon.wait(lambda: self.house.query("select 1 from staff_telling where position('450' in problem) > 0"), "the problem")
        self.assertEqual(self.waits(), 1)
        self.assertIn("notice", self.house.issuer("status"))
        self.hold("plant-2")
        daemon.wait(lambda: self.waits() == 2, "another notice")
        daemon.stop()
        server.answers["RCPT"] = "250 ok"
        server.answers["content"] = [(None, True), "250 taken"]  # taken or not, nobody knows
        self.later(70)
        daemon.start()
        daemon.wait(lambda: len(server.mails) == 1, "a try")
        daemon.wait_log("staff-not-told")
        daemon.stop()
        self.later(400)
        daemon.start()
        daemon.wait(lambda: self.done() == 1, "its end")
        mails = [email.message_from_bytes(content, policy=email.policy.default) for _, content in server.mails]
        self.assertEqual(len({found["Message-ID"] for found in mails}), 1)
        self.assertEqual({found["Subject"] for found in mails}, {"Licensing desk: hold"})
        self.assertIn(f"hold {number}: ", mails[1].get_content())
        daemon.stop()

    def test_a_command_has_it_on_its_standard_input(self):
        number = self.hold("plant-1")
        daemon = self.daemon(notice_command=self.command()).start()
        daemon.wait(lambda: self.done() == 1, "the notice")
        (text,) = self.told()
        self.assertIn(f"hold {number}: unknown-sender, license LIC-1", text)
        self.assertEqual(self.house.query("select how, exit_code, attempts from staff_telling"), [("command", 0, 1)])
        with open(self.house.path("environment"), encoding="utf-8") as stream:
            self.assertNotIn("ISSUER_", stream.read())  # no password of ours
        daemon.stop()

    def test_a_command_that_fails_or_hangs_is_run_again(self):
        self.hold("plant-1")
        command = self.command()
        with open(self.house.path("code"), "w", encoding="ascii") as stream:
            stream.write("7")
        daemon = self.daemon(notice_command=command, notice_seconds=1).start()
        self.assertIn("ended with code 7", daemon.wait_log("staff-not-told").fields["problem"])
        daemon.wait(lambda: self.house.query("select 1 from staff_telling where exit_code = 7"), "its code")
        daemon.stop()
        self.command("#!/bin/sh\nexec sleep 100\n")
        self.later(70)
        daemon.start()
        self.assertIn("longer than notice-seconds", daemon.wait_log("staff-not-told").fields["problem"])
        daemon.wait(lambda: self.house.query("select 1 from staff_telling where exit_code = 137"), "its end")
        self.assertEqual(self.waits(), 1)
        daemon.stop()
        os.remove(self.house.path("code"))
        self.command()
        self.later(400)
        daemon.start()
        daemon.wait(lambda: self.done() == 1, "the notice")
        self.assertEqual(self.waits(), 0)
        daemon.stop()

    def test_two_daemons_tell_once(self):
        command = self.command()
        one, two = (self.daemon(daemon_name=name, notice_command=command).start() for name in ("one", "two"))
        self.hold("plant-1")
        one.wait(lambda: self.done() == 1, "the notice")
        one.wait(lambda: self.house.query("select count(*) from watched where role = 'chores'"
                                          " and worked_at is not null") == [(2,)], "both at work")
        time.sleep(6)  # a look of each
        self.assertEqual(len(self.told()), 1)
        teller = one if one.log("staff-told") else two
        other = two if teller is one else one
        teller.kill()
        self.hold("plant-2")
        other.wait(lambda: self.waits() == 1, "the other to see to it")
        other.stop()

    def test_a_daemon_that_stands_still_keeps_the_chores_for_its_lease_alone(self):
        command = self.command()
        one = self.daemon(daemon_name="one", notice_command=command).start()
        one.wait(lambda: self.house.query("select 1 from chores_lease"), "its lease")
        for pid in (one.process.pid, one.pid("chores")):
            os.kill(pid, signal.SIGSTOP)
        two = self.daemon(daemon_name="two", notice_command=command).start()
        number = self.hold("plant-1")
        two.wait(lambda: self.done() == 1, "the other to see to it")
        for pid in (one.pid("chores"), one.process.pid):
            os.kill(pid, signal.SIGCONT)
        one.wait(lambda: self.house.query("select 1 from watched where daemon like '%%/one' and role = 'chores'"
                                          " and seen_at > now() - interval '5 seconds'"), "it to go on")
        time.sleep(6)  # a look of each
        self.assertEqual([f"hold {number}: " in text for text in self.told()], [True])
        two.stop()
        self.hold("plant-2")
        one.wait(lambda: self.waits() == 1, "what the other has left at its end")
        one.stop()

    def test_an_emergency_grant_two_days_before_its_end(self):
        self.house.query("insert into alert (kind, detail, effective) values ('emergency-ends',"
                         " 'emergency usage license 7 of host plant-1 ends soon', now() + interval '5 days')")
        daemon = self.daemon(notice_command=self.command()).start()
        daemon.wait(lambda: self.house.query("select 1 from watched where role = 'chores' and worked_at is not null"),
                    "a look")
        self.assertEqual(self.waits(), 0)
        daemon.stop()
        self.later(5 * 86400 + 60)
        daemon.start()
        daemon.wait(lambda: self.done() == 1, "the notice")
        self.assertIn("emergency-ends: emergency usage license 7", self.told()[0])
        daemon.stop()

    def test_a_mailbox_gone_silent_and_a_key_that_ends(self):
        url, password = "imaps://127.0.0.1:9", write(self.house.path("password"), b"open sesame\n")
        os.chmod(password, 0o600)
        for generation in ("", "\n1"):
            self.house.query("insert into mailbox (digest, place) values (sha256(%s), '127.0.0.1/INBOX')",
                             f"{url}\ndesk\nINBOX{generation}".encode())
        daemon = self.daemon(notice_command=self.command(), config=(
            f"[issuer]\nown-addresses = {OWN}\n[mailbox inbox]\nurl = {url}\nuser = desk\n"
            f"password-file = {password}\nsilent-hours = 3\n[mailbox other]\nurl = {url}\nuser = other\n"
            f"password-file = {password}\n"))
        self.house.take(mail(ANA, ask(self.house.server(host="plant-1"), self.license)))  # puts the key on record
        until, = self.house.query("select extract(epoch from max(not_after))::bigint from signing_key")[0]
        for at, says in ((int(time.time()) + 3 * 3600 + 60, "mailbox inbox brought no mail for 3 hours"),
                         (until - 29 * 86400, "ends on "), (until + 60, "has ended")):
            before = self.done()
            self.house.environment["ISSUER_NOW"] = str(at)
            daemon.start()
            daemon.wait(lambda before=before: self.done() == before + 1, "the notice")
            daemon.stop()
            self.assertIn(says, self.told()[-1])
        self.assertEqual(sum(text.count("mailbox") for text in self.told()), 1)

    def test_a_hold_that_waits_is_told_again(self):
        number = self.hold("plant-1")
        daemon = self.daemon(notice_command=self.command(), hold_notice_days="1;3;7")
        for days, told in ((0, 1), (1, 2), (2, 2), (8, 3), (9, 3)):
            self.later(days * 86400 + 120)
            daemon.start()
            daemon.wait(lambda told=told: self.done() == told, f"what is told after {days} days")
            if (days, told) in ((2, 2), (9, 3)):
                time.sleep(6)  # a look
            daemon.stop()
        self.assertEqual(self.done(), 3)
        _, first, last = self.told()
        self.assertIn(f"hold {number} has waited for a day: unknown-sender, license LIC-1\n", first)
        self.assertIn(f"hold {number} has waited for 7 days: ", last)
        self.assertNotIn("3 days", first + last)
        (row,) = [row for row in map(json.loads, self.house.issuer("status", "--json").splitlines())
                  if row.get("waits") == "hold"]
        self.assertEqual((row["count"], row["age"]), (1, "9 d"))

    def test_settings_that_cannot_be_are_refused(self):
        command = self.command()
        for settings, says in (({"notice_command": command, "notice_address": STAFF}, "one of both"),
                               ({"notice_command": self.house.path("none")}, "no program that can be run"),
                               ({"notice_address": STAFF}, "smtp-url"),
                               ({"hold_notice_days": "1;3", "retention_days": "365"}, "nobody would be told"),
                               ({"notice_command": command, "hold_notice_days": "1;soon"}, "numbers of days"),
                               ({"notice_address": "nobody"}, "notice-address")):
            with self.subTest(says):
                daemon = self.daemon(**settings)
                self.house.environment.update(daemon.settings)
                self.house.issuer("run", code=1)
                self.assertIn(says, self.house.errors.replace("ISSUER_NOTICE_ADDRESS", "notice-address"))
                self.assertEqual(self.house.errors.count("\n"), 1)
                for name in daemon.settings:
                    del self.house.environment[name]

    def test_a_member_of_the_daemons_group_can_do_it(self):
        login = f"{os.environ['ISSUER_ROLE_PREFIX']}_staff"
        admin(f'create role "{login}" login in role "{os.environ["ISSUER_ROLE_PREFIX"]}_daemon"')
        self.addCleanup(admin, f'drop role "{login}"')
        self.hold("plant-1")
        daemon = self.daemon(database=self.house.dsn.replace("user=postgres", f"user={login}"),
                             notice_command=self.command()).start()
        daemon.wait(lambda: self.done() == 1, "the notice")
        daemon.stop()


if __name__ == "__main__":
    main()
