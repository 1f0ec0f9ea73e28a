#!/usr/bin/python3
"""Mails that cost their parser its life, or that the records could not take: each waits alone, with what
happened to it, and can be tried again.

  quarantine.py ISSUER [TEST…]          within tests/with-postgres"""
import json
import os
import shutil

from badinput import ANA, Sender
from parser_hunt import Hunt, crash, kill, stop
from scenario import ask, check_records, dated_mail, main, mbox, without_sum, write

SLOW = 900_000  # bytes of text: a parser is seen while it reads them, and they are kept
LONG = 3_000_000  # more than is kept


class Quarantine(Sender):
    def setUp(self):
        super().setUp()
        self.house.hire("ada", "admin")
        self.house.hire("sam", "support")
        self.house.environment["ISSUER_PARSERS"] = "1"

    def slow(self, size=SLOW):
        """A mail with a good code that takes its time."""
        self.made += 1
        words = "".join(f"This is line {n} of a long letter.\n" for n in range(size // 34))
        return dated_mail(ANA, ask(self.house.server(host=f"slow-{self.made}"), self.license)
                          + "\n\n" + words, 5000 + self.made)

    def ingest_while(self, deed, most, path):
        """What `ingest` says while that is done to the first so many of its parsers."""
        running = self.house.start("ingest", "--json", path)
        hunt = Hunt(running, deed, most)
        output, errors = running.communicate(timeout=300)
        hunt.join()
        self.assertEqual((running.returncode, without_sum(errors.decode())[0]), (1, ""))
        self.assertEqual(len(hunt.hit), most)
        return [json.loads(line) for line in output.splitlines()]

    def mailbox(self, first, name="in.mbox"):
        """The mail and two good ones behind it."""
        return write(self.house.path(name), mbox([first, self.good(), self.good()]))

    def one_lost(self, found, path, what):
        """The first mail alone is in quarantine, for that reason; gives its number."""
        self.assertEqual([one["class"] for one in found], ["quarantined", "request", "request"])
        self.assertEqual([d["outcome"] for one in found for d in one["decisions"]], ["issued"] * 2)
        self.assertRegex(found[0]["why"], f"^the mail at byte [0-9]+ of {path}#1: {what}; open it by hand$")
        (listed,) = self.listed()
        self.assertEqual((listed["reason"], listed["source"], listed["closed_at"]),
                         (found[0]["why"], f"{path}#1", None))
        return listed["id"]

    def listed(self, *words):
        return self.json("quarantine", "list", *words)

    def json(self, *words, by=None, code=0):
        output = (self.house.by(by, *words, "--json", code=code) if by
                  else self.house.issuer(*words, "--json", code=code))
        return [json.loads(line) for line in output.splitlines()]

    def retry(self, *words, code=0):
        return self.json("quarantine", "retry", *words, by="sam", code=code)

    def shown(self, number):
        record, *rest = self.json("quarantine", "show", str(number))
        return record, [line for line in rest if line.get("part") == "retries"]

    def refused(self, *words, by, says, code=1):
        self.assertEqual(self.house.by(by, *words, code=code), "")
        self.assertEqual(self.house.errors.count("\n"), 1, self.house.errors)
        self.assertIn(says, self.house.errors)

    # ---- what happened to it ----

    def test_a_parser_that_is_killed_costs_its_mail_alone(self):
        for deed, what in ((kill, r"its parser was killed \(SIGKILL\)"),
                           (crash, r"its parser crashed \(SIGTRAP\)")):
            with self.subTest(what):
                path = self.mailbox(self.slow(), f"{deed.__name__}.mbox")
                number = self.one_lost(self.ingest_while(deed, 2, path), path, what)
                self.house.by("sam", "quarantine", "drop", str(number), "--reason", "seen")
        check_records(self.house)

    def test_a_parser_that_hangs_costs_its_mail_alone(self):
        self.house.environment["ISSUER_PARSE_SECONDS"] = "1"
        path = self.mailbox(self.slow())
        self.one_lost(self.ingest_while(stop, 1, path), path, r"it could not be read within 1\.0 s")

    # ---- again ----

    def test_what_can_be_read_now_is_decided(self):
        path = self.mailbox(self.slow())
        number = self.one_lost(self.ingest_while(kill, 2, path), path, "its parser .*")
        os.remove(path)  # its bytes are on record
        (tried,) = self.retry(str(number))
        self.assertEqual((tried["message"], tried["class"], tried["why"]), (number, "request", None))
        self.assertEqual([d["outcome"] for d in tried["decisions"]], ["issued"])
        self.assertEqual(self.listed(), [])
        record, retries = self.shown(number)
        self.assertEqual(record["closed_how"], f"read as message {tried['read_as']}")
        self.assertEqual([(one["operator"], one["state"], one["result"]) for one in retries],
                         [("sam", "done", "request")])
        self.assertIn(f"read as message {tried['read_as']}",
                      self.house.issuer("quarantine", "show", str(number)))
        check_records(self.house)
        self.refused("quarantine", "retry", str(number), by="sam", says="left the quarantine on")
        self.refused("quarantine", "drop", str(number), "--reason", "r", by="sam",
                     says=f"message {number} left the quarantine on")

    def test_the_same_export_again_changes_nothing(self):
        path = self.mailbox(self.slow())
        number = self.one_lost(self.ingest_while(kill, 2, path), path, "its parser .*")
        self.retry(str(number))
        before = self.house.digests()
        self.assertEqual([one["why"] for one in self.house.ingest(path)], ["on record already"] * 3)
        self.assertEqual(self.house.digests(), before)

    def test_another_export_that_can_be_read_ends_it(self):
        """It is decided when it is read, whoever has it read: and once."""
        path = self.mailbox(self.slow())
        number = self.one_lost(self.ingest_while(kill, 2, path), path, "its parser .*")
        found = self.house.ingest(path)
        self.assertEqual([d["outcome"] for one in found for d in one["decisions"]], ["issued"])
        self.assertEqual(self.listed(), [])
        self.assertRegex(self.shown(number)[0]["closed_how"], "^read as message [0-9]+$")
        check_records(self.house)

    def test_what_still_cannot_be_read_says_why(self):
        path = write(self.house.path("notes.txt"), b"This is no mail.\n")
        self.house.ingest(path, code=1)
        (listed,) = self.listed()
        (tried,) = self.retry(str(listed["id"]), code=1)
        self.assertEqual((tried["class"], tried["why"]), ("quarantined", listed["reason"]))
        self.assertIn("is no mail: it is text without mail headers", tried["why"])

    def test_an_export_with_other_bytes_decides_it_once(self):
        """As another program writes the same mail: then the retry finds it on record."""
        slow = self.slow()
        path = self.mailbox(slow)
        number = self.one_lost(self.ingest_while(kill, 2, path), path, "its parser .*")
        other = write(self.house.path("other.eml"), b"X-Exported: yes\n" + slow)
        self.assertEqual([d["outcome"] for one in self.house.ingest(other) for d in one["decisions"]],
                         ["issued"])
        (tried,) = self.retry(str(number))
        self.assertEqual((tried["decisions"], tried["why"]), ([], "on record already"))
        self.assertEqual(self.listed(), [])
        check_records(self.house)

    def test_a_mail_too_long_to_be_kept_is_read_from_its_place(self):
        path = self.mailbox(self.slow(LONG))
        number = self.one_lost(self.ingest_while(kill, 2, path), path, "its parser .*")
        (before,) = self.listed()
        self.assertFalse(before["raw_kept"])
        moved = shutil.move(path, path + ".old")
        (tried,) = self.retry(str(number), code=1)
        self.assertEqual(tried["class"], "quarantined")
        self.assertIn(f"its bytes were not kept, and {path} does not have it at byte", tried["why"])
        self.assertIn("give it again where it is: `issuer ingest FILE`", tried["why"])
        write(path, mbox([self.good()] * 3))
        (still,) = self.retry(str(number), code=1)
        self.assertEqual((still["class"], still["why"]), ("quarantined", tried["why"]))
        self.assertNotIn("on record already", still["why"])
        shutil.move(moved, path)
        (tried,) = self.retry(str(number))
        self.assertEqual([d["outcome"] for d in tried["decisions"]], ["issued"])
        self.assertEqual([one["state"] for one in self.shown(number)[1]], ["refused", "refused", "done"])
        self.assertEqual(self.listed(), [])
        check_records(self.house)

    def test_it_is_judged_by_how_it_stood_there(self):
        """What a mailbox had marked deleted is not answered when it is read from the records."""
        deleted = self.slow().replace(b"\n\n", b"\nX-Status: D\n\n", 1)
        path = self.mailbox(deleted)
        number = self.one_lost(self.ingest_while(kill, 2, path), path, "its parser .*")
        os.remove(path)
        (tried,) = self.retry(str(number))
        self.assertEqual((tried["class"], tried["decisions"]), ("ignored", []))

    def test_what_still_cannot_be_read_stays(self):
        torn = write(self.house.path("deep.eml"), dated_mail(ANA, "", 7).rstrip(b"\n") + b"\n" + b"".join(
            b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (n, n) for n in range(60)))
        self.assertEqual(self.house.ingest(torn, code=1)[0]["class"], "quarantined")
        (before,) = self.listed()
        (tried,) = self.retry("--all", code=1)
        self.assertEqual((tried["message"], tried["read_as"], tried["class"]),
                         (before["id"], before["id"], "quarantined"))
        self.assertEqual(self.listed(), [before])
        self.assertEqual([one["state"] for one in self.shown(before["id"])[1]], ["done"])

    def test_without_the_signing_key_it_stays_filed(self):
        path = self.mailbox(self.slow())
        number = self.one_lost(self.ingest_while(kill, 2, path), path, "its parser .*")
        self.house.environment["ISSUER_KEY_FOLDER"] = self.house.path("no-keys")
        self.refused("quarantine", "retry", "--all", by="sam", code=3, says="it stays filed for 24 hours")
        self.assertEqual([one["state"] for one in self.shown(number)[1]], ["filed"])
        self.assertEqual([one["id"] for one in self.listed()], [number])
        self.refused("quarantine", "retry", "99999", by="sam", says="no message 99999")
        # Who waits hears that somebody who has the key does it.
        environment = {**self.house.environment, "ISSUER_TOKEN_FILE": self.house.tokens["sam"]}
        waiting = self.house.start("quarantine", "retry", str(number), env=environment)
        while len(retries := self.shown(number)[1]) < 2:
            self.assertIsNone(waiting.poll())
        self.assertEqual([one["state"] for one in retries], ["expired", "filed"])  # it took the other's place
        self.house.environment["ISSUER_KEY_FOLDER"] = self.house.keys
        (tried,) = self.retry(str(number))
        self.assertEqual([d["outcome"] for d in tried["decisions"]], ["issued"])
        output, errors = waiting.communicate(timeout=60)
        self.assertEqual((waiting.returncode, output), (1, b""))
        self.assertIn(b"was not carried out (expired): operator sam took up the case", errors)
        self.assertEqual(self.listed(), [])
        check_records(self.house)

    # ---- what the records could not take ----

    def break_records(self, host):
        """Has the records refuse requests of that server, as a fault of the program would."""
        self.house.query("create function issuer.trip() returns trigger language plpgsql as"
                         " $$ begin raise exception 'tripped over it'; end $$")
        self.house.query(f"create trigger trip before insert on usage_request for each row"
                         f" when (new.host = '{host}') execute function issuer.trip()")

    def test_what_could_not_be_processed_is_decided_under_its_own_number(self):
        self.break_records("plant-7")
        bad = dated_mail(ANA, ask(self.house.server(host="plant-7"), self.license) + "\n", 41)
        path = self.mailbox(bad)
        found = self.house.ingest(path, code=1)
        self.assertEqual([one["class"] for one in found], ["quarantined", "request", "request"])
        self.assertIn("could not be processed: ", found[0]["why"])
        (listed,) = self.listed()
        self.assertEqual((listed["from"], listed["subject"]), (ANA, "Offline activation"))
        (tried,) = self.retry(str(listed["id"]), code=1)
        self.assertIn("tripped over it", tried["why"])
        self.house.query("drop trigger trip on usage_request")
        (tried,) = self.retry("--all")
        self.assertEqual((tried["message"], tried["read_as"], tried["class"]),
                         (listed["id"], listed["id"], "request"))
        self.assertEqual([d["outcome"] for d in tried["decisions"]], ["issued"])
        record, retries = self.shown(listed["id"])
        self.assertEqual((record["class"], record["closed_how"], record["waits"]),
                         ("request", "read again", False))
        self.assertEqual([one["state"] for one in retries], ["refused", "done"])
        check_records(self.house)
        before = self.house.digests()
        self.house.ingest(path)
        self.assertEqual(self.house.digests(), before)

    # ---- never ----

    def test_a_person_says_that_there_is_nothing(self):
        path = write(self.house.path("notes.bin"), bytes(range(256)) * 40)
        self.house.ingest(path, code=1)
        (listed,) = self.listed()
        number = str(listed["id"])
        self.refused("quarantine", "drop", number, by="sam", says="--reason", code=2)
        (dropped,) = self.json("quarantine", "drop", number, "--reason", "no mail", by="sam")
        self.assertEqual(dropped["change"], "dropped")
        self.assertEqual(self.listed(), [])
        (gone,) = self.listed("--all")
        self.assertEqual(gone["closed_how"], "dropped by sam: no mail")
        self.assertEqual(self.json("message", "list"), [])
        (event,) = self.house.query("select kind::text from event where operator_id ="
                                    " (select id from operator where name = 'sam')")
        self.assertEqual(event, ("quarantine-dropped",))
        self.refused("quarantine", "retry", number, by="sam", says="left the quarantine on")

    def test_wrong_words(self):
        self.refused("quarantine", "retry", by="sam", says="give the ID of one mail, or --all", code=2)
        self.refused("quarantine", "retry", "7", "--all", by="sam",
                     says="give the ID of one mail, or --all", code=2)
        self.refused("quarantine", "retry", "x", by="sam", says="'x' is no message's number", code=2)
        self.refused("quarantine", "retry", "7", by="sam", says="no message 7 is on record")
        self.refused("quarantine", "drop", "7", "--reason", "r", by="sam", says="no message 7 is on record")
        self.house.take(self.good())
        ((number,),) = self.house.query("select id from message")
        self.refused("quarantine", "retry", str(number), by="sam",
                     says=f"message {number} is not in quarantine")
        self.assertEqual(self.retry("--all"), [])


if __name__ == "__main__":
    main()
