#!/usr/bin/python3
"""Bad input: one line names file and place, the rest is processed, nothing is lost.

  badinput.py ISSUER [TEST…]          within tests/with-postgres"""
import os
import re
import socket
import subprocess

from scenario import (ISSUER, Scenario, armor, ask, chance, check_records, dated_mail, main, mbox,
                      write)

ANA = "ana@northwind.example"
SEPARATOR = b"From ana@northwind.example Thu Oct  8 09:30:00 2026\n"
MIB = 1 << 20
MIXED = b'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="cut"'


def headed(number, headers, body):
    """A mail with these further header lines; bytes."""
    head = dated_mail(ANA, "", number).rstrip(b"\n")
    return head + b"\n" + headers + b"\n\n" + body + b"\n"


def parts(count, last):
    """A multipart mail's body of so many parts; the last one is given."""
    some = b"--cut\n\npart\n" * (count - 1)
    return some + b"--cut\nContent-Type: text/plain\n\n" + last + b"\n--cut--\n"


def nested(depth, inner):
    """A multipart in a multipart in a multipart…"""
    return b"".join(b'--b%d\nContent-Type: multipart/mixed; boundary="b%d"\n\n' % (n, n + 1)
                    for n in range(depth)) + b"--b%d\n\n" % depth + inner


class Sender(Scenario):
    """A customer with a license for many servers, who sends all kinds of things."""

    def setUp(self):
        super().setUp()
        self.license = self.house.sell("LIC-1", activations=90, servers=90, contact=ANA)
        self.made = 0

    def code(self):
        self.made += 1
        return ask(self.house.server(host=f"plant-{self.made}"), self.license).encode()

    def good(self):
        return dated_mail(ANA, self.code().decode() + "\n", 1000 + self.made)

    def nothing_changes(self, found, *paths, code=0, data=None):
        """The same again: every mail is known, every fault is told again."""
        before = self.house.digests()
        again = self.house.ingest(*paths, code=code, data=data)
        self.assertEqual(len(again), len(found))
        self.assertEqual(self.house.digests(), before)
        check_records(self.house)

    def messages(self):
        return self.house.query("select count(*) from message")[0][0]


class BadInput(Sender):
    # ---- text that was saved without its mail ----

    def test_a_code_that_was_saved_without_its_mail(self):
        """Who sent it nobody knows: one line says how it is taken in, and so it is."""
        self.house.hire("sam", "support")
        code = self.code().decode()
        forms = (("code.txt", code), ("hello.txt", "Good morning,\n\n" + code.lower()),
                 ("code.html", f"<html><body><pre>{code}</pre></body></html>"),
                 ("wide.txt", code))
        for name, text in forms:
            with self.subTest(name):
                path = write(self.house.path("saved", name),
                             text.encode("utf-16" if name == "wide.txt" else "utf-8"))
                (seen,) = self.house.mails("inspect", path, code=1)
                self.assertEqual([token["intact"] for token in seen["tokens"]], [True])
                self.assertEqual((seen["class"], seen["reply_to"]), ("quarantined", None))
                self.assertIn("`issuer request add FILE --from ADDRESS`", seen["why"])
        found = self.house.ingest(self.house.path("saved", "code.txt"), code=1)
        self.assertEqual([(one["class"], one["decisions"]) for one in found], [("quarantined", [])])
        self.assertIn("request add", found[0]["why"])
        for name, _ in forms[:3]:
            added = self.house.issuer("request", "add", "--from", ANA, "--dry-run",
                                      self.house.path("saved", name))
            self.assertIn("issued", added, name)
        check_records(self.house)

    # ---- mails ----

    def bad_mails(self):
        """What is strange of each, and what becomes of it: issued, or why it is in quarantine."""
        deep = b'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="b0"'
        within = b"Content-Type: message/rfc822\n\n" * 2000
        return (
            (headed(1, b"X: y", b"x" * (100 * MIB)), "has 1048577.. bytes"),
            (headed(2, b"X: y", b"hello, a long text of short lines\n" * MIB), "bytes, more than the 32"),
            (headed(3, b"X: y", self.code() + b"\n" + b"x" * (30 * MIB)), "issued"),
            (headed(4, MIXED, parts(10000, self.code())), "more than 1000 parts"),
            (headed(5, MIXED, parts(900, self.code())), "issued"),
            (headed(6, b"X-Zero: a\0b", self.code().replace(b"\n", b"\0\n\0")), "issued"),
            (headed(7, b"x" * 6000, self.code()), "issued"),
            (headed(8, b"X: y\n" + b"x" * 60000 + b"\nX: z", self.code()), "issued"),
            (headed(9, deep, nested(3000, self.code())), "more than 32 levels"),
            (headed(10, within.rstrip(b"\n"), self.code()), "more than 32 levels"),
            (headed(11, b"X: " + b"y" * MIB, self.code()), "issued"),
            (headed(12, b"X: y\n" * 20000 + b"X: z", self.code()), "issued"),
            (headed(13, MIXED, b"--cut\nContent-Type: text/plain; charset=no-such\n\n" + self.code()),
             "issued"),
        )

    def test_a_mailbox_of_bad_mails(self):
        bad = self.bad_mails()
        mails = [one for data, _ in bad for one in (self.good(), data)] + [self.good()]
        path = write(self.house.path("bad.mbox"), b"".join(SEPARATOR + one + b"\n" for one in mails))
        found = self.house.ingest(path, code=1)
        self.assertEqual(self.house.errors, "")
        self.assertEqual([one["source"] for one in found],
                         [f"{path}#{n}" for n in range(1, len(mails) + 1)])
        self.assertEqual(self.messages(), len(mails))
        for number, (_, wanted) in enumerate(bad):
            with self.subTest(number=number + 1, wanted=wanted):
                good, one = found[2 * number:2 * number + 2]
                self.assertEqual([d["outcome"] for d in good["decisions"]], ["issued"])
                if wanted == "issued":
                    self.assertEqual([d["outcome"] for d in one["decisions"]], ["issued"])
                else:
                    self.assertEqual((one["class"], one["decisions"]), ("quarantined", []))
                    self.assertRegex(one["why"], wanted)
        offset = len(SEPARATOR + mails[0] + b"\n" + SEPARATOR)
        self.assertIn(f"the mail at byte {offset} of {path}", found[1]["why"])
        self.assertEqual(self.house.query("select count(*) from quarantine"),
                         [(sum(wanted != "issued" for _, wanted in bad),)])
        self.nothing_changes(found, path, code=1)

    def test_every_mail_is_counted_once_at_the_end(self):
        """By the gravest that became of it; a second time nothing does."""
        path = self.house.path("all.mbox")
        mails = [self.good(), self.good(), self.good() + self.code(),
                 self.good().replace(ANA.encode(), b"zoe@stranger.example"),
                 dated_mail(ANA, "The server of LIC-1 is lost, its disk broke.", 1),
                 dated_mail(ANA, "Good morning", 2),
                 headed(3, b"Auto-Submitted: auto-replied", b"I am away"),
                 headed(4, MIXED, parts(1500, self.code()))]
        became = "3 answered + 1 held + 1 opened + 1 ignored + 1 unrecognised + 1 quarantined"
        write(path, b"".join(SEPARATOR + one + b"\n" for one in [*mails, mails[0]]))
        says = f"9 read = {became} + 1 on record before\n"
        self.assertIn(says, self.house.issuer("ingest", "--dry-run", path, code=1))
        self.assertIn(says, self.house.issuer("ingest", path, code=1))
        again = " + ".join(f"0 {what}" for what in ("answered", "held", "opened", "ignored", "unrecognised"))
        self.assertIn(f"9 read = {again} + 1 quarantined + 8 on record before\n",
                      self.house.issuer("ingest", path, code=1))
        self.assertEqual(len(self.house.ingest(path, code=1)), 9)
        self.assertEqual(self.house.sum["on record before"], 8)
        rows = self.house.issuer("ingest", "--csv", path, code=1).splitlines()
        self.assertEqual(len(rows), 1 + 9 + 1)  # a head, and a row a code: one mail has two

    def test_a_dry_run_decides_as_the_run_that_follows(self):
        """However many batches it takes: what a mail changes, each later one sees."""
        small = self.house.sell("LIC-2", activations=2, servers=2, contact=ANA)
        servers = [self.house.server(host=f"small-{number}") for number in range(3)]
        first, newer = ([ask(server, small) for server in servers] for _ in range(2))
        bodies = (first[0], first[0] + "\nonce more", newer[0] + newer[1], first[1], first[2], newer[2],
                  "The server of LIC-2 is lost, its disk broke.", newer[1])
        others = [dated_mail("zoe@stranger.example", "Good morning", 1000 + number) for number in range(500)]
        senders = (*[ANA] * 5, "zoe@stranger.example", ANA, ANA)
        mails = []
        for number, (sender, body) in enumerate(zip(senders, bodies)):
            mails += [dated_mail(sender, body, number), *others]
        path = write(self.house.path("batches.mbox"), mbox([*mails, mails[0]]))
        dry, real = (
            [(one["class"], one["why"] == "on record already", [(d["outcome"], d["code"]) for d in one["decisions"]])
             for one in self.house.mails("ingest", *options, path)] for options in (("--dry-run",), ()))
        self.assertEqual([pair for pair in zip(dry, real, strict=True) if pair[0] != pair[1]], [])
        self.assertEqual({outcome for _, _, decisions in real for outcome, _ in decisions},
                         {"issued", "resent", "refused", "held"})
        self.assertEqual(sum(known for _, known, _ in real), len(mails) + 1 - len(bodies) - len(others))

    def test_headers_that_are_far_too_long(self):
        """Random, so that nothing in the records can shorten them."""
        dice = chance()
        long = "".join(dice.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=20000)).encode()
        fields = [b"Message-ID: <" + long + b"@x.example>", b"In-Reply-To: <" + long + b"@x.example>",
                  b"References: <" + long + b"@x.example>", b"Subject: " + long,
                  b"Sender: " + long + b"@x.example", b"Date: " + long,
                  b"X-Original-From: " + long + b"@x.example"]
        mails = []
        for field in fields:
            name = field.partition(b":")[0]
            kept = b"\n".join(line for line in self.good().split(b"\n")
                              if not line.startswith(name + b":"))
            mails += [field + b"\n" + kept, self.good()]
        path = write(self.house.path("long.mbox"), b"".join(SEPARATOR + one + b"\n" for one in mails))
        found = self.house.ingest(path)
        self.assertEqual([[d["outcome"] for d in one["decisions"]] for one in found],
                         [["issued"]] * len(mails))

    def test_words_that_the_records_cannot_take(self):
        """Whatever the reason is, it costs that mail and no other."""
        self.house.query("create function issuer.refuse() returns trigger language plpgsql as"
                         " $$ begin raise 'no room' using errcode = '54000'; end $$;"
                         " create trigger refuse before insert on issuer.message for each row"
                         " when (new.subject like '%%poison%%') execute function issuer.refuse()")
        bad = self.good().replace(b"Subject: ", b"Subject: poison ")
        path = write(self.house.path("poison.mbox"),
                     b"".join(SEPARATOR + one + b"\n" for one in (self.good(), bad, self.good())))
        first, second, third = self.house.ingest(path, code=1)
        self.assertEqual([one["decisions"][0]["outcome"] for one in (first, third)], ["issued"] * 2)
        self.assertEqual((second["class"], second["decisions"]), ("quarantined", []))
        self.assertIn("no room", second["why"])
        self.nothing_changes([first, second, third], path, code=1)

    def test_a_code_of_an_impossible_time(self):
        """A server's clock may say anything: its code is refused, the others of the mail are decided,
        whatever the mail's own date."""
        clocks = (0, -1, 253402300800, 9300000000000, 2**53 - 1)
        dates = ("Thu, 01 Jan 1970 00:00:00 +0000", "Fri, 31 Dec 1900 00:00:00 +0000",
                 "Fri, 31 Dec 9999 23:59:59 -1200", "Sat, 01 Jan 300000 00:00:00 +0000",
                 "Sat, 01 Jan 99999999999999999999 00:00:00 +0000")
        mails = []
        for number, (clock, date) in enumerate(zip(clocks, dates)):
            bad = self.house.server(host=f"clock-{number}").request(self.license.key, clock=clock)
            one = dated_mail(ANA, armor("Q", bad) + "\n" + self.code().decode(), number)
            mails.append(re.sub(rb"(?m)^Date: .*$", b"Date: " + date.encode(), one))
        path = write(self.house.path("clocks.mbox"), mbox(mails))
        found = self.house.ingest(path)
        for one in found:
            self.assertEqual([(d["outcome"], d["code"]) for d in one["decisions"]],
                             [("refused", "damaged"), ("issued", "issued")])
            self.assertIn('"iat" is no time', one["tokens"][0]["problem"])
        self.assertEqual(self.house.query("select count(sent_at) from message"), [(0,)])
        self.nothing_changes(found, path)

    def test_more_codes_than_are_decided(self):
        """What is left out of one mail is told of, and decided when it comes in another."""
        codes = [self.code().decode() for _ in range(70)]
        many = write(self.house.path("many.eml"), dated_mail(ANA, "\n".join(codes), 1))
        (found,) = self.house.ingest(many)
        self.assertEqual([d["outcome"] for d in found["decisions"]], ["issued"] * 64 + ["refused"])
        self.assertEqual((found["decisions"][64]["code"], found["tokens"][64]["problem"]),
                         ("damaged", "more than 64 codes in one mail"))
        ((_, reply),) = self.house.replies()
        self.assertIn("more than 64 codes in one mail",
                      " ".join(reply.get_body(("plain",)).get_content().split()))
        self.nothing_changes([found], many)
        rest = write(self.house.path("rest.eml"), dated_mail(ANA, "\n".join(codes[64:]), 2))
        (found,) = self.house.ingest(rest)
        self.assertEqual([d["outcome"] for d in found["decisions"]], ["issued"] * 6)
        check_records(self.house)

    def test_a_truncated_mailbox(self):
        dice = chance()
        mails = [self.good() for _ in range(6)]
        whole = mbox(mails)
        separator = whole.index(b"\n") + 1
        opening = separator + len(b"From:")  # what makes a mail's beginning
        starts = [0]
        for one in mails[:-1]:
            starts.append(starts[-1] + len(mbox([one])))
        for _ in range(12):
            at = dice.randrange(len(SEPARATOR) + 20, len(whole))
            path = write(self.house.path("cut.mbox"), whole[:at])
            with self.subTest(at=at):
                found = self.house.mails("inspect", path, code=None)
                begun = sum(start + opening <= at for start in starts)
                self.assertEqual(len(found), begun)
                for one in found[:-1]:
                    self.assertTrue(one["tokens"][0]["intact"])
        self.house.ingest(path)
        # The whole mailbox: what was cut is decided under the mail that is on record, unless it was
        # cut before that by which it is known.
        self.house.ingest(write(self.house.path("whole.mbox"), whole))
        unknown = sum(start + opening <= at < start + separator + one.index(b"\n\n")
                      for start, one in zip(starts, mails))
        self.assertEqual(self.messages(), len(mails) + unknown)
        self.assertEqual(self.house.query("select count(*) from usage_license"), [(len(mails),)])
        check_records(self.house)

    def test_a_mailbox_without_its_front(self):
        """Wherever the cut is, in headers or text: no mail is read as the sender's before it."""
        dice = chance()
        mails = [self.good() for _ in range(4)]
        whole = mbox(mails)
        path = self.house.path("rest.mbox")
        text = whole.index(b"\n\n") + 2
        for _ in range(8):
            at = dice.randrange(text, whole.index(b"===== END"))
            with self.subTest(at=at):
                write(path, whole[at:])
                torn, *rest = self.house.mails("inspect", path, code=1)
                self.assertEqual((torn["class"], torn["tokens"]), ("quarantined", []))
                self.assertIn(f"at byte 0 of {path}", torn["why"])
                self.assertEqual([one["tokens"][0]["intact"] for one in rest], [True] * 3)
        found = self.house.ingest(path, code=1)
        self.assertEqual(self.house.query("select count(*) from usage_license"), [(3,)])
        self.assertEqual(self.house.query("select count(*) from quarantine"), [(1,)])
        self.nothing_changes(found, path, code=1)

    def test_a_mailbox_that_begins_within_headers(self):
        """What is left begins as one mail does, which is never split: it is nobody's, and all that
        stands in it waits for a person. Where it does not, its first piece is told as torn."""
        whole = mbox([self.good() for _ in range(4)])
        path = self.house.path("rest.mbox")
        as_mail = []
        for at in range(len(SEPARATOR), whole.index(b"\n\n"), 3):
            with self.subTest(at=at):
                write(path, whole[at:])
                found = self.house.mails("inspect", path, code=None)
                if re.match(rb"\s*[!-9;-~]+:", whole[at:]):
                    as_mail.append(at)
                    self.assertEqual([(one["class"], one["from"], one["reply_to"]) for one in found],
                                     [("request", None, None)])
                    self.assertIn("whose it is cannot be told", found[0]["why"])
                    self.assertEqual([one["intact"] for one in found[0]["tokens"]], [True] * 4)
                else:
                    self.assertEqual([one["class"] for one in found], ["quarantined"] + ["request"] * 3)
        write(path, whole[as_mail[-1]:])
        found = self.house.ingest(path)
        self.assertEqual([one["code"] for one in found[0]["decisions"]], ["unknown-sender"] * 4)
        self.assertEqual(self.house.query("select count(*) from usage_license"), [(0,)])
        self.nothing_changes(found, path)

    # ---- paths ----

    def test_files_that_are_no_mail(self):
        files = {"picture.png": b"\x89PNG\r\n\x1a\n" + bytes(5000), "old.zip": b"PK\x03\x04" + bytes(99),
                 "notes.txt": b"call Ana back\nand Ben too\n", "code.txt": self.code(),
                 "other.bin": bytes(range(256)) * 40}
        for name, data in files.items():
            write(self.house.path("in", name), data)
        write(self.house.path("in", "good.eml"), self.good())
        write(self.house.path("in", "empty.mbox"), b"")
        write(self.house.path("in", "inbox", "cur", "1:2,S"), b"")
        write(self.house.path("in", "inbox", "new", "2"), self.good())
        folder = self.house.path("in")
        found = self.house.ingest(folder, code=1)
        told = {one["source"]: one for one in found}
        self.assertEqual(len(told), len(files) + 3)
        for name in [*files, "inbox/cur/1:2,S"]:
            one = told[os.path.join(folder, name) + "#1"]
            self.assertEqual(one["class"], "quarantined")
            self.assertIn(os.path.join(folder, name), one["why"])
        self.assertEqual(sum(len(one["decisions"]) for one in found), 2)
        self.assertEqual(self.messages(), len(found))
        self.nothing_changes(found, folder, code=1)

    def test_an_empty_file_is_a_mailbox_without_mails(self):
        path = write(self.house.path("empty"), b"")
        self.assertEqual(self.house.ingest(path), [])
        self.assertRegex(self.house.issuer("ingest", path), "^0 read = ")

    def unreadable(self):
        """Paths that give no mail, whoever asks."""
        folder = self.house.path("odd")
        os.makedirs(folder)
        os.symlink("/proc/self/mem", os.path.join(folder, "unreadable"))
        os.symlink("nowhere", os.path.join(folder, "broken"))
        os.mkfifo(os.path.join(folder, "pipe"))
        with socket.socket(socket.AF_UNIX) as one:
            one.bind(os.path.join(folder, "socket"))
        os.symlink("/dev/zero", os.path.join(folder, "device"))
        paths = {name: os.path.join(folder, name) for name in os.listdir(folder)}
        return {**paths, "missing": self.house.path("missing.mbox")}

    def test_paths_that_give_no_mail(self):
        """They are told, and cost nothing but the exit code: no mail was there to be on record."""
        paths = self.unreadable()
        good = write(self.house.path("good.eml"), self.good())
        given = [paths["missing"], os.path.dirname(paths["pipe"]), good]
        found = self.house.ingest(*given, code=1)
        self.assertEqual(len(found), len(paths) + 1)
        for path in paths.values():
            (one,) = [one for one in found if one["source"] == f"{path}#1"]
            self.assertEqual(one["class"], "not-read")
            self.assertIn(path, one["why"])
        self.assertEqual([d["outcome"] for d in found[-1]["decisions"]], ["issued"])
        self.assertEqual(self.messages(), 1)
        self.nothing_changes(found, *given, code=1)
        told = self.house.issuer("ingest", *given, code=1)
        self.assertIn(f"{len(paths)} paths could not be read", told)
        self.assertIn(f"{paths['missing']}#1: not read; {paths['missing']} cannot be opened: No such file",
                      told)
        self.assertRegex(told, r"(?m)^1 read = .* 0 quarantined \+ 1 on record before$")
        self.assertEqual(self.house.errors, "")

    def inspect_as_others(self, path):
        """What `inspect` says where modes count: root may read all, unless that right is taken away."""
        without = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
        done = subprocess.run([*(without if os.geteuid() == 0 else []), ISSUER, "inspect", path],
                              env=self.house.environment, capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (1, ""))
        return done.stdout

    def test_a_file_that_may_not_be_read(self):
        path = write(self.house.path("secret.mbox"), self.good())
        os.chmod(path, 0)
        self.assertEqual(self.inspect_as_others(path),
                         f"{path}#1: not read; {path} cannot be opened: Permission denied\n")

    def test_folders_that_may_not_be_read(self):
        """Each is told with the system's reason, and the others are read."""
        folder = self.house.path("in")
        for name in ("box/cur/1:2,S", "box/new/2", "box/.Sent/cur/3", "box/.Kept/cur/4", "shut/cur/5",
                     "shut/new/6", "plain/7.eml", "plain/.hidden/8", "z.eml"):
            write(os.path.join(folder, name), self.good())
        shut = {os.path.join(folder, name)
                for name in ("box/cur", "box/.Kept", "shut/cur", "shut/new", "plain/.hidden")}
        for path in shut:
            os.chmod(path, 0)
        lines = self.inspect_as_others(folder).splitlines()
        for path in shut:
            os.chmod(path, 0o755)
        told = {line.partition("#1: not read; ")[0]: line.partition("; ")[2] for line in lines
                if ": not read; " in line}
        self.assertEqual(told, {path: f"{path}: the folder cannot be read: Permission denied"
                                for path in shut})
        self.assertEqual([line.partition("#1: request")[0][len(folder) + 1:] for line in lines
                          if ": request " in line], ["box/new/2", "box/.Sent/cur/3", "plain/7.eml",
                                                     "z.eml"])

    def test_names_and_texts_cannot_write_on_the_terminal(self):
        name = self.house.path("in", "a\nissuer: all well\x1b[2J.eml")
        data = self.good().replace(b"Subject: ", b"Subject: \x1b]0;x\x07").replace(
            b"From: ", b"From: \"\x1b[31m\xe2\x80\xae\" <e\x1b@northwind.example>, ")
        write(name, data)
        for words in (("ingest", name), ("inspect", name), ("ingest", self.house.path("in\x1b[2J"))):
            printed = self.house.issuer(*words, code=None)
            self.assertNotRegex(printed, "[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
            self.assertNotRegex(printed, "(?m)^issuer: all well")

    def test_names_that_are_no_text(self):
        """A name of any bytes is told in UTF-8; the records take no other text."""
        folder = self.house.path("in")
        for name, data in ((b"M\xfcller.eml", self.good()), (b"M\xf6ller.eml", self.good()),
                           (b"\xc3(/b\xffx", mbox([self.good(), self.good()])),
                           (b"M\xfcller.zip", b"PK\x03\x04"), (b"M\xf6ller.zip", b"PK\x03\x04")):
            write(os.path.join(os.fsencode(folder), name), data)
        os.symlink(b"nowhere", os.path.join(os.fsencode(folder), b"\xfe"))
        found = self.house.ingest(folder, code=1)
        self.assertEqual([one["source"][len(folder) + 1:] for one in found], [
            r"M\xF6ller.eml#1", r"M\xF6ller.zip#1", r"M\xFCller.eml#1", r"M\xFCller.zip#1",
            r"\xC3(/b\xFFx#1", r"\xC3(/b\xFFx#2", r"\xFE#1"])
        self.assertEqual([len(one["decisions"]) for one in found], [1, 0, 1, 0, 1, 1, 0])
        self.assertEqual(self.messages(), 6)
        self.nothing_changes(found, folder, code=1)
        missing = os.path.join(os.fsencode(folder), b"\xfb.mbox")
        self.assertIn(r"\xFB.mbox cannot be opened: No such file",
                      self.house.issuer("inspect", missing, code=1))
        self.assertEqual(self.house.errors, "")

    # ---- standard input ----

    def test_standard_input_that_is_no_mail(self):
        cases = ((b"", "it is empty"), (b"\x89PNG\r\n\x1a\n" + bytes(999), "a PNG picture"),
                 (self.good() + b"x" * (33 * MIB), "more than the 32 MiB"))
        for number, (data, wanted) in enumerate(cases):
            with self.subTest(wanted):
                (one,) = self.house.ingest("-", code=1, data=data)
                self.assertEqual((one["source"], one["class"]), ("-#1", "quarantined"))
                self.assertIn(wanted, one["why"])
                self.assertIn("standard input", one["why"])
                self.assertEqual(self.messages(), number + 1)
                self.nothing_changes([one], "-", code=1, data=data)


if __name__ == "__main__":
    main()
