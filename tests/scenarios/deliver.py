#!/usr/bin/python3
"""Queued replies on their way into the folder: once each, whatever happens on the way.

  deliver.py ISSUER [TEST…]          within tests/with-postgres"""
import os
import signal
import time

from scenario import Scenario, armor, ask, chance, check_records, mail, main, rounds

ANA, BEN = "ana@northwind.example", "ben@northwind.example"


class Deliver(Scenario):
    def setUp(self):
        super().setUp()
        self.folder = self.house.path("replies")
        os.makedirs(self.folder)

    def tearDown(self):
        check_records(self.house)

    def states(self):
        return [state for (state,) in self.house.query("select state from reply order by id")]

    def written(self):
        out = {}
        for name in os.listdir(self.folder):
            with open(os.path.join(self.folder, name), "rb") as stream:
                out[name] = stream.read()
        return out

    def crowd(self, count):
        """Queues so many replies."""
        license = self.house.sell("LIC-1", ANA, activations=count, servers=count)
        servers = [self.house.server(host=f"plant-{n}") for n in range(count)]
        self.house.take(*(mail(ANA, ask(server, license)) for server in servers))

    def test_a_reply_is_threaded_marked_and_written_once(self):
        license = self.house.sell("LIC-1", ANA)
        asked = mail(ANA, ask(self.house.server(), license))
        self.house.take(asked)
        ((path, reply),) = self.house.replies()
        asked_id = self.house.query("select message_id from message")[0][0].strip("<>")
        self.assertEqual(reply["In-Reply-To"], f"<{asked_id}>")
        self.assertEqual(reply["References"], f"<{asked_id}>")
        self.assertEqual(reply["Subject"], "Re: Offline activation [usage license UL-00000001]")
        number = self.house.query("select id from reply")[0][0]
        # What stands beside the number nobody can guess who has not seen the mail.
        self.assertRegex(reply["Message-ID"], f"^<reply-{number}[.][0-9a-f]{{16}}@vendor.example>$")
        self.assertEqual(os.path.basename(path), f"reply-{number}.eml")
        with open(path, "rb") as stream:
            self.assertNotIn(b"\n", stream.read().replace(b"\r\n", b""))
        self.assertEqual(self.house.replies(), [])
        self.assertEqual(self.states(), ["sent"])
        # Our own mail, should it come back, is nobody's request.
        (back,) = self.house.ingest(path)
        self.assertEqual((back["class"], back["tokens"]), ("ignored", []))

    def test_nothing_to_do_is_said(self):
        for words in ((), ("--dry-run",)):
            printed = self.house.issuer("deliver", *words, "--folder", self.folder)
            self.assertEqual(printed.splitlines()[1:], ["Nothing is queued."])
        self.assertEqual(self.house.issuer("deliver", "--json", "--folder", self.folder), "")

    def test_a_missing_folder_is_told(self):
        self.crowd(2)
        missing = self.house.path("no", "such")
        self.house.issuer("deliver", "--folder", missing, code=1)
        self.assertEqual(self.house.errors, f"issuer: the folder {missing} is not there: create it,"
                                            " or set reply-folder; the replies stay queued\n")
        self.assertEqual(self.states(), ["queued", "queued"])

    def test_a_folder_that_takes_no_mail_is_told_before_there_is_one(self):
        missing = self.house.path("no", "such")
        for words in ((), ("--dry-run",)):
            self.house.issuer("deliver", *words, "--folder", missing, code=1)
            self.assertIn(f"the folder {missing} is not there", self.house.errors)
        self.house.environment["ISSUER_REPLY_FOLDER"] = missing
        self.house.issuer("deliver", code=1)
        self.assertIn(f"issuer: ISSUER_REPLY_FOLDER: setting 'reply-folder': the folder {missing} is not",
                      self.house.errors)
        self.house.issuer("deliver", "--folder", self.folder)
        self.assertEqual(os.listdir(self.folder), [])

    def test_a_dry_run_writes_nothing(self):
        self.crowd(3)
        before = self.house.digests()
        printed = self.house.issuer("deliver", "--folder", self.folder, "--dry-run")
        self.assertIn("would be: 3 replies sent", printed)
        self.assertEqual(self.written(), {})
        self.assertEqual(self.house.digests(), before)

    def test_a_superseded_license_is_not_sent(self):
        license = self.house.sell("LIC-1", ANA)
        server = self.house.server(host="plant-4")
        self.house.take(mail(ANA, ask(server, license)))
        self.house.take(mail(ANA, ask(server, license)))
        ((_, reply),) = self.house.replies()
        self.assertIn("UL-00000002", reply["Subject"])
        self.assertEqual(self.states(), ["withdrawn", "sent"])
        self.assertEqual(self.house.query("select count(*) from event where kind = 'reply-withdrawn'"),
                         [(1,)])

    def test_of_two_servers_one_was_served_anew_meanwhile(self):
        license = self.house.sell("LIC-1", ANA, activations=2, servers=2)
        first, second = (self.house.server(host=f"plant-{n}") for n in (1, 2))
        self.house.take(mail(ANA, ask(first, license), ask(second, license)))
        self.house.take(mail(ANA, ask(first, license)))
        (_, both), (_, anew) = self.house.replies()
        text = both.get_body(("plain",)).get_content()
        self.assertIn("UL-00000001 was issued for server plant-1, but it is not sent",
                      " ".join(text.split()))
        names = [part.get_filename() for part in both.iter_attachments()]
        self.assertEqual(names, ["plant-2-UL-00000002.txt"])
        self.assertEqual([part.get_filename() for part in anew.iter_attachments()],
                         ["plant-1-UL-00000003.txt"])

    def test_a_deactivation_is_confirmed_whatever_becomes_of_what_stands_beside_it(self):
        license = self.house.sell("LIC-1", ANA, activations=2, servers=2)
        old, new = self.house.server(host="old"), self.house.server(host="new")
        self.house.take(mail(ANA, ask(old, license)))
        old.install(self.house.usage_license("UL-1").encode())
        self.house.replies()
        self.house.take(mail(ANA, armor("D", old.deactivate()), ask(new, license)))
        self.house.take(mail(ANA, ask(new, license)))
        anew, moved = sorted((reply for _, reply in self.house.replies()),
                             key=lambda reply: "deactivation" in reply["Subject"])
        self.assertIn("deactivation recorded", moved["Subject"])
        self.assertEqual(list(moved.iter_attachments()), [])
        self.assertIn("UL-00000003", anew["Subject"])

    def test_a_deactivation_that_comes_again_is_answered_by_its_server(self):
        license = self.house.sell("LIC-1", ANA)
        server = self.house.server(host="plant-4")
        self.house.take(mail(ANA, ask(server, license)))
        server.install(self.house.usage_license("UL-1").encode())
        code = armor("D", server.deactivate())
        self.house.take(mail(ANA, code))
        self.house.replies()
        self.assertEqual(self.house.take(mail(ANA, code)), [("accepted", "repeated-deactivation")])
        ((_, reply),) = self.house.replies()
        self.assertIn("plant-4", reply.get_body(("plain",)).get_content())

    def test_a_stranger_chooses_no_word_of_what_a_contact_reads(self):
        license = self.house.sell("LIC-1", ANA)
        server = self.house.server(host="plant-4")
        self.house.take(mail(ANA, ask(server, license)))
        server.install(self.house.usage_license("UL-1").encode())
        self.house.replies()
        code = armor("D", server.deactivate())
        for _ in range(3):  # again and again: she hears of it once
            self.house.take(mail("eve@elsewhere.example", code).replace(
                b"Subject: ", b"Subject: URGENT, pay at http://evil.example "))
        told = [reply for _, reply in self.house.replies()]
        self.assertEqual({reply["To"] for reply in told}, {ANA})
        self.assertEqual(sorted(reply["Subject"] for reply in told), [
            "Chariot license [deactivation recorded]",
            "license LIC-1: an activation was given back"])
        for reply in told:
            self.assertIsNone(reply["In-Reply-To"])
            self.assertNotIn("evil", reply.as_string())

    def test_what_was_held_and_is_settled_by_now_is_not_told(self):
        license = self.house.sell("LIC-1", ANA, activations=1)
        first, second = (self.house.server(host=f"plant-{n}") for n in (1, 2))
        self.house.take(mail(ANA, ask(first, license)))
        lost = mail(ANA, ask(second, license)).replace(b"Good morning,", b"Our server was stolen.")
        self.assertEqual(self.house.take(lost), [("held", "no-activations-left")])
        again = mail(ANA, ask(second, license)).replace(b"Good morning,", b"Our server was stolen.")
        self.assertEqual(self.house.take(again), [("held", "no-activations-left")])
        subjects = sorted(reply["Subject"].partition("[")[2] for _, reply in self.house.replies())
        self.assertEqual(subjects, ["case 1002]", "usage license UL-00000001]"])

    def test_what_was_refused_and_is_issued_by_now_is_not_told(self):
        license = self.house.sell("LIC-1", ANA, activations=1)
        first, second = (self.house.server(host=f"plant-{n}") for n in (1, 2))
        self.house.take(mail(ANA, ask(first, license)))
        self.house.replies()
        self.assertEqual(self.house.take(mail(ANA, ask(second, license))),
                         [("refused", "no-activations-left")])
        self.house.hire("olga", "orders")
        self.house.by("olga", "license", "upgrade", "LIC-1", "--activations", "2", "--order", "SO-2",
                      "--reason", "two plants")
        subjects = sorted(reply["Subject"].partition("[")[2] for _, reply in self.house.replies())
        self.assertIn("usage license UL-00000002]", subjects)
        self.assertNotIn("no activation left]", subjects)
        self.assertEqual(self.house.query("select count(*) from reply where state = 'withdrawn'"), [(1,)])

    def test_of_two_codes_one_was_held_and_is_decided_meanwhile(self):
        one = self.house.sell("LIC-1", ANA)
        other = self.house.sell("LIC-2", ANA, activations=1)
        first, second = (self.house.server(host=f"plant-{n}") for n in (1, 2))
        self.house.take(mail(ANA, ask(first, other)))
        self.house.replies()
        both = mail(ANA, ask(self.house.server(host="plant-3"), one), ask(second, other))
        lost = both.replace(b"Good morning,", b"Our server was stolen.")
        self.assertEqual([code for _, code in self.house.take(lost)],
                         ["issued", "no-activations-left"])
        self.house.take(mail(ANA, ask(second, other)))  # a newer request ends the hold
        told = [reply for _, reply in self.house.replies() if "UL-00000002" in reply["Subject"]]
        text = " ".join(told[0].get_body(("plain",)).get_content().split())
        self.assertIn("got no usage license at first, and has been decided anew since", text)
        self.assertNotIn("case 1001", text + told[0]["Subject"])

    def test_who_is_no_contact_any_more_gets_nothing(self):
        license = self.house.sell("LIC-1", ANA)
        self.house.take(mail(ANA, ask(self.house.server(), license)))
        self.house.query("update contact set ended_on = current_date, ended_at = now()")
        self.house.issuer("deliver", "--folder", self.folder, code=1)
        self.assertEqual(self.written(), {})
        self.assertEqual(self.house.query("select state, why from reply"),
                         [("undelivered", "its recipient is no contact of LIC-1 now")])

    def test_a_license_that_ended_before_its_reply_is_not_sent(self):
        license = self.house.sell("LIC-1", ANA)
        server = self.house.server()
        self.house.take(mail(ANA, ask(server, license)))
        server.install(self.house.usage_license("UL-1").encode())
        self.house.take(mail(ANA, armor("D", server.deactivate())))
        ((_, reply),) = self.house.replies()
        self.assertIn("deactivation recorded", reply["Subject"])
        self.assertEqual(self.states(), ["withdrawn", "sent"])

    def test_contacts_are_told_of_what_others_changed(self):
        license = self.house.sell("LIC-1", f"{ANA};{BEN}", activations=2)
        other = self.house.sell("LIC-2", BEN, activations=1)
        old, new = self.house.server(host="old"), self.house.server(host="new")
        self.house.take(mail(ANA, ask(old, license)))
        self.house.replies()
        self.house.take(mail(ANA, ask(new, license)))      # takes the place of the old one
        self.house.take(mail(BEN, ask(new, other)))        # leaves for another license
        new.install(self.house.usage_license("UL-3").encode())
        self.house.take(mail(BEN, armor("D", new.deactivate())))
        told = [(reply["To"], reply["Subject"], reply) for _, reply in self.house.replies()
                if not reply["Subject"].startswith("Re:")]
        self.assertEqual(sorted(pair[:2] for pair in told), [
            (ANA, "license LIC-1: a server left"),
            (ANA, "license LIC-1: an activation was given back"),
            (BEN, "license LIC-1: a server left"),
            (BEN, "license LIC-1: a server was replaced"),
            (BEN, "license LIC-1: an activation was given back")])
        for _, subject, reply in told:
            self.assertIsNone(reply["In-Reply-To"])
            self.assertFalse(list(reply.iter_attachments()))
            text = " ".join(reply.get_body(("plain",)).get_content().split())
            self.assertNotIn("CHARG", text)
            if subject.endswith("replaced"):
                self.assertIn("server new has taken the place of server old (usage license "
                              "UL-00000001)", text)
            if subject.endswith("left"):
                self.assertIn("Server new ran under license LIC-1. It was given a usage license of "
                              "license LIC-2", text)

    def test_a_held_request_hears_its_case(self):
        license = self.house.sell("LIC-1", ANA, activations=1)
        server = self.house.server(host="plant-4")
        self.house.take(mail(ANA, ask(server, license)))
        server.install(self.house.usage_license("UL-1").encode())
        self.house.take(mail(ANA, ask(server, license, "update")))
        (_, reply) = self.house.replies()[-1]
        self.assertIn("case 1001", reply["Subject"])
        text = " ".join(reply.get_body(("plain",)).get_content().split())
        self.assertIn("Case 1001", text)
        self.assertIn("Nothing need be generated or sent again", text)

    def test_refusals_name_what_they_are_about(self):
        license = self.house.sell("LIC-1", ANA, activations=1, servers=2)
        for n in (1, 2):
            self.house.take(mail(ANA, ask(self.house.server(host=f"plant-{n}"), license)))
        (_, reply) = self.house.replies()[-1]
        text = " ".join(reply.get_body(("plain",)).get_content().split())
        self.assertIn("all activations of license LIC-1 are used (1 of 1)", text)
        expired = self.house.sell("LIC-2", ANA, expires="2020-01-31")
        self.house.take(mail(ANA, ask(self.house.server(host="late"), expired)))
        ((_, reply),) = self.house.replies()
        text = " ".join(reply.get_body(("plain",)).get_content().split())
        self.assertIn("has expired (the end of 2020-01-31", text)

    def test_a_folder_that_is_missing_keeps_all_queued(self):
        self.crowd(2)
        self.house.issuer("deliver", "--folder", self.house.path("nowhere"), code=1)
        self.assertEqual(len(self.house.errors.splitlines()), 1)
        self.assertIn("nowhere", self.house.errors)
        self.assertEqual(self.states(), ["queued"] * 2)
        self.assertEqual(len(self.house.replies()), 2)

    def test_without_a_sender_of_ours_nothing_goes(self):
        self.crowd(1)
        self.house.environment["ISSUER_OWN_ADDRESSES"] = ""
        self.house.issuer("deliver", "--folder", self.folder, code=1)
        self.assertIn("reply-from", self.house.errors)
        self.assertEqual(self.states(), ["queued"])
        self.house.environment["ISSUER_REPLY_FROM"] = "Licenses\r\nBcc: eve@example.com"
        self.house.issuer("deliver", "--folder", self.folder, code=1)
        self.assertEqual(self.written(), {})
        self.house.environment["ISSUER_REPLY_FROM"] = '"Vendor, Inc." <keys@vendor.example>'
        ((_, reply),) = self.house.replies()
        self.assertEqual(reply["From"].addresses[0].display_name, "Vendor, Inc.")

    def test_killed_at_any_point_it_ends_as_if_never_killed(self):
        luck = chance()
        self.crowd(150)
        other = self.copy_of(self.house)
        other.issuer("deliver", "--folder", self.folder)
        expected = self.written()
        for name in expected:
            os.unlink(os.path.join(self.folder, name))
        for _ in range(rounds(4)):
            running = self.house.start("deliver", "--folder", self.folder)
            time.sleep(luck.uniform(0.05, 0.4))
            running.send_signal(signal.SIGKILL)
            running.communicate()
        self.house.issuer("deliver", "--folder", self.folder)
        found = {name: data for name, data in self.written().items() if name.endswith(".eml")}
        self.assertEqual(found, expected)
        self.assertEqual(self.states(), ["sent"] * 150)

    def test_two_at_once_share_the_work(self):
        self.crowd(150)
        both = [self.house.start("deliver", "--json", "--folder", self.folder) for _ in range(2)]
        printed = [one.communicate()[0].splitlines() for one in both]
        self.assertEqual([one.returncode for one in both], [0, 0])
        self.assertEqual(sum(len(lines) for lines in printed), 150)
        self.assertEqual(len(self.written()), 150)
        self.assertEqual(self.house.query("select count(*) from event where kind = 'reply-sent'"),
                         [(150,)])


if __name__ == "__main__":
    main()
