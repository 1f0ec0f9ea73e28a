#!/usr/bin/python3
"""Mails that are fetched from mailboxes of a real Dovecot: each once, marked or moved when it is on record
and not before.

  fetch.py ISSUER [TEST…]          within tests/with-postgres"""
import json
import os
import threading
import time

from fetching import ANA, DONE, KEPT, OnDovecot
from imap_servers import PASSWORD, Dovecot, Line, free_port
from mail_servers import certificate
from scenario import ask, chance, mail, main, mbox, records, without_sum, write
from story import Story


class Fetch(OnDovecot):
    def test_a_request_is_answered_and_marked_and_a_second_run_does_nothing(self):
        self.dovecot.put(self.license_and_mail(), mail(ANA, says="Hello?"))
        first, second = self.fetch()
        self.assertRegex(first["source"], r"^imap://localhost:\d+/INBOX;UIDVALIDITY=\d+/;UID=1$")
        self.assertEqual([(one["outcome"], one["code"]) for one in first["decisions"]], [("issued", "issued")])
        self.assertEqual(second["class"], "unrecognised")
        self.assertEqual(self.dovecot.flags(), {1: DONE, 2: DONE})
        self.assertEqual({key: self.boxes["desk"][key] for key in ("read", "settled", "kept", "gone", "problem")},
                         {"read": 2, "settled": 2, "kept": 0, "gone": 0, "problem": None})
        self.check_settled(2)
        before = self.house.digests()
        self.assertEqual(self.fetch(), [])
        self.assertEqual(self.house.digests(), before)
        self.assertEqual([len(self.house.replies()), self.house.replies()], [1, []])

    def test_300_mails_come_in_batches_in_the_order_of_the_mailbox(self):
        dice = chance()
        story = Story(self.house, dice)
        whole = self.copy_of(self.house)
        mails = story.first(300)
        path = write(whole.path("all.mbox"), mbox(mails))
        whole = self.copy_of(self.house)  # what the story has sold is on record in both
        self.dovecot.put(*mails)
        sources = [line["source"] for line in self.fetch(code=None)]
        self.assertEqual([int(source.rpartition("=")[2]) for source in sources], list(range(1, len(mails) + 1)))
        self.check_settled(len(mails))
        whole.issuer("ingest", path, code=None)
        self.assertEqual(records(self.house), records(whole))
        times = self.query("select count(distinct recorded_at) from mailbox_mail")[0][0]
        self.assertLess(times, len(mails) / 4)  # many mails a transaction

    def test_limits_and_dry_runs(self):
        self.dovecot.put(self.license_and_mail(), mail(ANA, says="Hello?"), mail(ANA, says="Anybody?"))
        before = self.house.digests()
        dry = self.fetch("--dry-run")
        self.assertEqual([one["class"] for one in dry], ["request", "unrecognised", "unrecognised"])
        self.assertEqual(self.boxes["desk"]["settled"], 0)
        self.assertEqual(self.house.digests(), before)
        self.assertEqual(set(map(tuple, self.dovecot.flags().values())), {()})  # reading marks nothing
        self.assertEqual(len(self.fetch("--limit", "2")), 2)
        self.assertEqual(self.dovecot.flags(), {1: DONE, 2: DONE, 3: []})
        (last,) = self.fetch()
        self.assertTrue(last["source"].endswith("UID=3"))
        self.check_settled(3)

    def test_mails_are_moved_where_that_is_wanted(self):
        folder = 'Erledigt.Gr\u00f6\u00dfe & "2"'
        encoded = 'Erledigt.Gr&APYA3w-e &- \\"2\\"'
        self.dovecot.make(encoded)
        self.box(done="move", done_folder=folder)
        self.dovecot.put(self.license_and_mail(), self.broken())
        self.fetch(code=1)
        self.assertEqual(self.dovecot.flags(), {2: KEPT})
        self.assertEqual(self.dovecot.flags(encoded), {1: DONE})
        self.check_settled(2)
        # What a person moves back is a new mail there, and the same one on record.
        self.dovecot.put(mail(ANA, says="Hello?"))
        self.assertEqual(len(self.fetch()), 1)
        self.assertEqual(sorted(self.dovecot.flags(encoded)), [1, 2])

    def test_without_move_mails_are_copied_and_taken_away_alone(self):
        self.dovecot.close()
        self.dovecot = Dovecot(capability="IMAP4rev1 UIDPLUS LITERAL+ IDLE")
        self.addCleanup(self.dovecot.close)
        self.dovecot.make("Done")
        self.box(done="move", done_folder="Done")
        self.dovecot.put(mail(ANA, says="Thrown away"), flags="\\Deleted")
        self.dovecot.put(self.license_and_mail())
        self.fetch()
        self.assertEqual(self.dovecot.flags(), {1: ["\\Deleted"]})
        self.assertEqual(self.dovecot.flags("Done"), {1: DONE})
        self.check_settled(2)

    def test_a_done_folder_that_is_missing_is_told_before_anything_is_taken_in(self):
        self.box(done="move", done_folder="Nowhere")
        self.dovecot.put(self.license_and_mail())
        self.assertIn("mailbox desk: done-folder Nowhere: the server does not open the folder", self.fails())
        self.assertEqual((self.count("message"), self.dovecot.flags()), (0, {1: []}))

    def test_what_is_marked_deleted_is_ignored_and_left(self):
        request = self.license_and_mail()
        self.dovecot.put(request, flags="\\Deleted")
        (found,) = self.fetch()
        self.assertEqual((found["class"], found["tokens"]), ("ignored", []))
        self.assertEqual(self.dovecot.flags(), {1: ["\\Deleted"]})
        self.check_settled(1)

    def test_a_huge_mail_is_kept_for_a_person_unread(self):
        huge = mail(ANA, says="Big\n" + "x" * 70 + "\n" + ("y" * 70 + "\n") * 480_000)
        self.assertGreater(len(huge), 32 << 20)
        self.dovecot.put(huge, self.license_and_mail())
        first, second = self.fetch(code=1)
        self.assertEqual(first["class"], "quarantined")
        self.assertRegex(first["why"], r"UID=1 has \d+ bytes, more than the 32 MiB that are read")
        self.assertEqual([one["outcome"] for one in second["decisions"]], ["issued"])
        self.assertEqual(self.dovecot.flags(), {1: KEPT, 2: DONE})
        self.check_settled(2)
        self.assertEqual(self.fetch(), [])

    def test_new_mail_while_fetching_comes_in_the_same_run(self):
        self.dovecot.put(*(mail(ANA, says=f"Mail {n}") for n in range(30)))
        process = self.house.start("fetch", "--json")
        process.stdout.readline()
        self.dovecot.put(self.license_and_mail())
        told, errors = process.communicate(timeout=120)
        self.assertEqual((process.returncode, without_sum(errors.decode())[0]), (0, ""))
        late = self.fetch()  # it may have come after the last look
        self.assertEqual(told.count(b'"outcome"') + len(late), 1)
        self.check_settled(31)

    def test_a_mail_that_is_taken_away_meanwhile_is_passed_over(self):
        # Each too long to be read together with the next.
        self.dovecot.put(*(mail(ANA, says=f"Mail {n}\n" + ("x" * 70 + "\n") * 9000) for n in range(3)))
        taken = threading.Event()

        def take_one_away(count):
            if count > 30_000 and not taken.is_set():  # it is at the first one
                taken.set()
                self.dovecot.remove(3)
        line = Line(self.dovecot.tls_port, take_one_away)
        self.addCleanup(line.close)
        self.box(url=f"imaps://localhost:{line.port}")
        found = self.fetch()
        gone = [one for one in found if one["class"] == "not-read"]
        self.assertEqual(len(found) - len(gone) + self.boxes["desk"]["gone"], 3)
        self.assertTrue(taken.is_set())
        self.check_settled(2)

    # ---- many mails ----

    def test_many_small_mails_cost_few_round_trips(self):
        """Over a line that takes 20 ms each way: 300 mails, one after another, would take 12 s longer."""
        seconds = {}
        license = self.house.sell("LIC-1", ANA, activations=300, servers=300)
        self.dovecot.put(*(mail(ANA, ask(self.house.server(host=f"plant-{n}"), license)) for n in range(300)))
        for delay in (0, 0.02):
            house = self.copy_of(self.house)
            line = Line(self.dovecot.tls_port, delay=delay)
            self.addCleanup(line.close)
            self.box(url=f"imaps://localhost:{line.port}")
            begun = time.monotonic()
            found = self.fetch(house=house)
            seconds[delay] = time.monotonic() - begun
            self.assertEqual(sum(len(one["decisions"]) for one in found), 300)
            self.check_settled(300, house)
            line.close()
        print(f"300 mails: {seconds[0]:.1f} s, with 20 ms each way {seconds[0.02]:.1f} s", flush=True)
        self.assertLess(seconds[0.02] - seconds[0], 6)

    def test_a_line_that_breaks_ever_again_gets_on(self):
        """What has come before the break is taken in, also where it was asked for together with the rest."""
        self.dovecot.put(*(mail(ANA, says=f"Mail {n}\n" + ("x" * 70 + "\n") * 700) for n in range(12)))
        line = Line(self.dovecot.tls_port, lambda count: "cut" if count > 200_000 else None)
        self.addCleanup(line.close)
        self.box(url=f"imaps://localhost:{line.port}")
        before = -1
        while self.count("mailbox_mail") < 12:
            self.assertGreater(self.count("mailbox_mail"), before)
            before = self.count("mailbox_mail")
            self.fetch(code=None if before >= 9 else 3)
        self.fetch()
        self.check_settled(12)

    # ---- numbers that change ----

    def test_a_folder_whose_mails_are_numbered_anew_is_read_again_and_nothing_comes_of_it(self):
        self.dovecot.make("Requests")
        self.box(folder="Requests")
        mails = [self.license_and_mail(), mail(ANA, says="Hello?"), self.broken()]
        self.dovecot.put(*mails, folder="Requests")
        self.fetch(code=1)
        replies, before = len(self.house.replies()), records(self.house)
        self.dovecot.drop("Requests")
        time.sleep(1.1)  # Dovecot numbers by the second
        self.dovecot.make("Requests")
        self.dovecot.put(*mails, folder="Requests")
        self.assertEqual(len(self.fetch(code=1)), 3)
        self.assertRegex(self.house.errors, r"^issuer: mailbox desk: the server has numbered its mails anew "
                         r"\(UIDVALIDITY \d+\): all are read again, and what is on record stays as it is\n$")
        self.assertEqual(records(self.house), before)
        self.assertEqual((replies, self.house.replies()), (1, []))
        self.assertEqual(self.query("select count(*), count(distinct message_id), count(settled_at),"
                                    " count(distinct validity) from mailbox_mail"), [(6, 3, 6, 2)])
        self.assertEqual(self.dovecot.flags("Requests"), {1: DONE, 2: DONE, 3: KEPT})
        self.assertEqual(self.fetch(), [])
        self.assertEqual(self.house.errors, "")

    # ---- several mailboxes, and what is wrong with them ----

    def test_each_mailbox_has_its_position_and_its_failure(self):
        self.dovecot.make("Second")
        self.box("second", folder="Second")
        self.box("gone", folder="No such folder")
        self.box("away", url=f"imaps://localhost:{free_port()}")
        self.dovecot.put(self.license_and_mail())
        self.dovecot.put(mail(ANA, says="Hello?"), folder="Second")
        self.assertEqual(len(self.fetch(code=3)), 2)
        lines = self.house.errors.splitlines()
        self.assertEqual(len(lines), 2, lines)
        self.assertRegex(lines[0], "^issuer: mailbox gone: the server does not open the folder No such folder: "
                         ".*; check folder$")
        self.assertRegex(lines[1], r"^issuer: mailbox away: localhost:\d+: Failed to connect.*; check url, and "
                         "whether the server runs$")
        self.assertEqual([self.boxes[name]["read"] for name in ("desk", "second", "gone", "away")], [1, 1, 0, 0])
        self.assertEqual([self.house.sum[what] for what in ("read", "answered", "unrecognised")], [2, 1, 1])
        self.assertEqual(self.fetch("desk", "second"), [])
        self.check_settled(2)

    def test_wrong_settings_and_names(self):
        self.assertEqual(self.fails("desk", "nobody", code=2), "no mailbox nobody is set in issuer.conf")
        self.box(done="move")
        self.assertRegex(self.fails(code=1), r"^mailbox desk: issuer.conf:\d+: setting 'done': done = move needs "
                         "done-folder$")
        self.box(token_file="desk.password")
        self.assertRegex(self.fails(code=1), r"^mailbox desk: issuer.conf:\d+: setting 'password-file': set "
                         "password-file or token-file, one of both$")
        self.box(user=None)
        self.assertEqual(self.fails(code=1), "mailbox desk: issuer.conf:1: the group [mailbox desk] lacks the "
                         "setting 'user'")
        self.box(fodler="INBOX")
        self.assertRegex(self.fails(code=1), r"^issuer.conf:\d+: unknown setting 'fodler'; ")
        self.box(url="imap://desk:sesame@localhost")
        self.assertRegex(self.fails(code=1), r"^mailbox desk: issuer.conf:\d+: setting 'url' must be imaps://HOST ")
        os.chmod(self.secret, 0o644)
        self.box()
        self.assertRegex(self.fails(code=1), r"^mailbox desk: issuer.conf:\d+: setting 'password-file': .*desk.password")
        write(self.house.path("issuer.conf"), b"[issuer]\n")
        self.assertIn("issuer.conf: no mailbox is set", self.fails(code=1))

    def test_a_mailbox_that_is_set_wrongly_costs_no_other(self):
        """Whatever is wrong with it, and wherever it stands in the file."""
        self.dovecot.put(self.license_and_mail())
        wrong = {"seconds": "soon", "done": "move", "password_file": "none.password", "ca_file": "none.pem",
                 "url": "imap//here", "user": None}
        for number, (key, value) in enumerate(wrong.items()):
            self.settings = dict(reversed(self.settings.items()))
            self.box("wrong", **{key: value})
            self.assertEqual(len(self.fetch(code=1)), 1 if number == 0 else 0, key)
            self.assertRegex(self.house.errors, r"^issuer: mailbox wrong: issuer.conf:\d+: .*\n$")
            self.assertIn(key.replace("_", "-"), self.house.errors)
            self.assertEqual(self.boxes["wrong"], {"part": "mailboxes", "mailbox": "wrong", "place": None, "read": 0,
                                                   "settled": 0, "kept": 0, "gone": 0,
                                                   "problem": self.house.errors[len("issuer: "):-1]})
            self.assertIsNone(self.boxes["desk"]["problem"])
            self.fetch("desk")  # nobody has asked for the other
        self.check_settled(1)
        # Exit code 3 where something may come back by itself, whichever is told first.
        for names in (("wrong", "away"), ("away", "wrong")):
            self.settings = {}
            for name in names:
                self.box(name, **({"url": f"imaps://localhost:{free_port()}"} if name == "away" else {"user": None}))
            self.fetch(code=3)
            self.assertEqual([line.split(": ")[1] for line in self.house.errors.splitlines()],
                             ["mailbox wrong", "mailbox away"])
        # All else goes on, and `issuer check` says what is wrong.
        self.house.issuer("ingest", write(self.house.path("more.eml"), mail(ANA, says="Hello?")))
        lines = [json.loads(line) for line in self.house.issuer("check", "--json", code=1).splitlines()]
        self.assertEqual({line["finding"].split(":")[0]: line["state"] for line in lines
                          if line["thing"] == "mailbox"}, {"wrong": "wrong", "away": "wrong"})

    def test_a_wrong_password_a_wrong_certificate_and_a_wrong_name(self):
        self.dovecot.put(self.license_and_mail())
        write(self.secret, b"wrong\n")
        self.assertRegex(self.fails(), r"^mailbox desk: localhost:\d+: login refused: \[AUTHENTICATIONFAILED\] .*;"
                         " check user and password-file$")
        write(self.secret, PASSWORD.encode())
        other = os.path.join(self.dovecot.folder, "other")
        os.mkdir(other)
        self.box(ca_file=certificate(other)[0])
        self.assertIn("set ca-file to the certificates", self.fails())
        self.box(ca_file=None)  # the system's do not know it
        self.assertIn("set ca-file to the certificates", self.fails())
        self.box(url=f"imaps://127.0.0.1:{self.dovecot.tls_port}")
        self.assertIn("check the host in url", self.fails())
        self.box(url=f"imaps://localhost:{self.dovecot.port}")
        self.assertIn("check the port in url: imaps:// is for one that begins with TLS, imap:// for one that has "
                      "STARTTLS", self.fails())
        self.box(password_file="none.password")
        self.assertIn("none.password: No such file or directory; it must be a file with the secret in its first "
                      "line, which only this user can read", self.fails(code=1))
        self.box(ca_file="nothing.pem")
        self.assertRegex(self.fails(code=1), r"^mailbox desk: issuer.conf:\d+: setting 'ca-file': .*nothing.pem.*; "
                         "set ca-file to the certificates")
        self.assertEqual((self.count("message"), self.dovecot.flags()), (0, {1: []}))

    def test_check_opens_each_mailbox(self):
        self.box("second", folder="Nowhere")
        self.box("third", done="move")
        told = [json.loads(line) for line in self.house.issuer("check", "--json", code=1).splitlines()]
        lines = [(line["state"], line["finding"]) for line in told if line["thing"] == "mailbox"]
        self.assertEqual([state for state, _ in lines], ["ok", "wrong", "wrong"])
        self.assertEqual(lines[0][1], f"desk: localhost:{self.dovecot.tls_port}/INBOX")
        self.assertRegex(lines[1][1], "^second: the server does not open the folder Nowhere: ")
        self.assertRegex(lines[2][1], r"^third: issuer.conf:\d+: setting 'done': done = move needs done-folder$")

    def test_starttls(self):
        self.dovecot.put(self.license_and_mail())
        self.box(url=f"imap://localhost:{self.dovecot.port}")
        self.assertEqual(len(self.fetch()), 1)
        self.check_settled(1)

if __name__ == "__main__":
    main()
