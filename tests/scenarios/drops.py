#!/usr/bin/python3
"""Drop folders: whatever is put there is taken in when it is complete, once, whoever dies meanwhile, and
ends in `done` or `failed` with a report beside it.

  drops.py ISSUER [TEST…]          within tests/with-postgres"""
import ctypes
import fcntl
import json
import os
import socket
import tarfile
import time

from daemon import Daemon, read_line
from parser_hunt import Hunt, kill
from scenario import OWN, Scenario, ask, chance, check_records, mail, main, mbox, rounds, write

ANA = "ana@northwind.example"


class Drops(Scenario):
    bulk = 4 << 20

    def setUp(self):
        super().setUp()
        self.folder = self.house.path("drop")
        self.replies = self.house.path("replies")
        os.makedirs(self.folder)
        os.makedirs(self.replies)
        self.license = self.house.sell("LIC-1", ANA, activations=500, servers=500)
        self.servers = 0

    def tearDown(self):
        check_records(self.house)

    def daemon(self, name=None, more="", **options):
        text = (f"[issuer]\nown-addresses = {OWN}\nreply-folder = {self.replies}\n"
                f"[drop inbox]\nfolder = {self.folder}\nbulk-size = {self.bulk}\n{more}")
        daemon = Daemon(self.house, config=text, **({"daemon_name": name} if name else {}), **options)
        self.addCleanup(daemon.close)
        return daemon

    def request(self):
        """A mail with a request of a server that nobody knows."""
        self.servers += 1
        return mail(ANA, ask(self.house.server(host=f"host-{self.servers}"), self.license))

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def listed(self, place):
        """What stands there that people see; reports apart."""
        try:
            names = os.listdir(self.path(place))
        except FileNotFoundError:
            return []
        return sorted(name for name in names if not name.startswith(".") and not name.endswith(".report.json"))

    def report(self, place, name):
        with open(self.path(place, name + ".report.json"), encoding="utf-8") as stream:
            lines = [json.loads(line) for line in stream]
        totals = lines.pop()
        self.assertEqual(totals["part"], "totals")
        self.assertEqual(totals["result"], place)
        return lines, totals

    def put(self, name, content):
        """As a careful program does: under another name first."""
        write(self.path("." + name), content)
        os.rename(self.path("." + name), self.path(name))

    def ended(self, daemon, place, name, seconds=60):
        daemon.wait(lambda: name in self.listed(place), f"{name} in {place}", seconds)
        return self.report(place, name)

    def issued(self):
        return self.house.query("select count(*) from usage_license")[0][0]

    def check_once(self, count):
        """So many requests, each answered once."""
        self.assertEqual(self.house.query(
            "select (select count(*) from usage_request), (select count(*) from usage_license),"
            " (select count(*) from decision where outcome = 'issued'),"
            " (select count(*) from reply)")[0], (count,) * 4)

    def check_all_gone(self):
        self.assertEqual(sorted(name for name in os.listdir(self.folder) if name not in ("taken", "done", "failed")),
                         [])
        self.assertEqual([name for name in os.listdir(self.path("taken")) if name != ".lock"], [])


class Ways(Drops):
    """How something may come."""

    def test_each_way_of_arriving(self):
        before = mbox([self.request()])
        write(self.path("before.mbox"), before)
        daemon = self.daemon().start()
        lines, totals = self.ended(daemon, "done", "before.mbox")
        self.assertEqual([line["decisions"][0]["outcome"] for line in lines], ["issued"])
        self.assertEqual(lines[0]["source"], self.path("before.mbox#1"))
        self.assertEqual((totals["mails"], totals["answered"], totals["why"]), (1, 1, None))
        self.assertEqual(totals["size"], len(before))

        self.put("moved.eml", self.request())
        self.ended(daemon, "done", "moved.eml", 2)
        write(self.path("closed.eml"), self.request())
        self.ended(daemon, "done", "closed.eml", 2)
        # Links to a file that was written elsewhere make no notice of a writer's end.
        write(self.house.path("elsewhere.eml"), self.request())
        os.link(self.house.path("elsewhere.eml"), self.path("linked.eml"))
        self.ended(daemon, "done", "linked.eml", 25)
        # A folder, by parts.
        for place in ("cur", "new", "tmp"):
            os.makedirs(self.path("Maildir", place))
        write(self.path("Maildir", "new", "1.a"), self.request())
        time.sleep(3)
        write(self.path("Maildir", "cur", "2.b:2,S"), self.request())
        lines, totals = self.ended(daemon, "done", "Maildir", 60)
        self.assertEqual(sorted(line["source"] for line in lines),
                         [self.path("Maildir", "cur", "2.b:2,S#1"), self.path("Maildir", "new", "1.a#1")])
        with tarfile.open(self.house.path("some.tar.gz"), "w:gz") as archive:
            archive.add(write(self.house.path("in.eml"), self.request()), "in.eml")
        os.rename(self.house.path("some.tar.gz"), self.path("some.tar.gz"))
        lines, _ = self.ended(daemon, "done", "some.tar.gz")
        self.assertEqual(lines[0]["source"], self.path("some.tar.gz!in.eml#1"))
        self.check_all_gone()
        self.check_once(7)
        daemon.wait(lambda: len(os.listdir(self.replies)) == 7, "the replies")
        daemon.stop()

    def test_what_is_being_written_is_left_alone(self):
        daemon = self.daemon().start()
        content = mbox([self.request() for _ in range(3)])
        with open(self.path("slow.mbox"), "wb") as stream:
            for at in range(0, len(content), len(content) // 5):
                stream.write(content[at:at + len(content) // 5])
                stream.flush()
                time.sleep(3)
                self.assertIn("slow.mbox", self.listed("."))
        lines, _ = self.ended(daemon, "done", "slow.mbox", 5)
        self.assertEqual(len(lines), 3)
        # Closed by one, while another has it open.
        content = mbox([self.request() for _ in range(2)])
        with open(self.path("two.mbox"), "wb") as first:
            with open(self.path("two.mbox"), "ab") as second:
                second.write(content[:100])
            time.sleep(13)
            self.assertIn("two.mbox", self.listed("."))
            first.seek(100)
            first.write(content[100:])
        lines, _ = self.ended(daemon, "done", "two.mbox", 5)
        self.assertEqual(len(lines), 2)
        # Names of what is not finished.
        names = [".hidden.eml", "a.eml.tmp", "b.PART", "c.eml.filepart", "d.eml~"]
        for name in names:
            write(self.path(name), self.request())
        time.sleep(14)
        self.assertEqual(sorted(set(os.listdir(self.folder)) - {"taken", "done", "failed"}), sorted(names))
        for number, name in enumerate(names):
            os.rename(self.path(name), self.path(f"{number}.eml"))
            self.ended(daemon, "done", f"{number}.eml", 5)
        self.check_once(10)
        daemon.stop()

    def test_the_same_name_again_and_again(self):
        daemon = self.daemon().start()
        for number in range(4):
            self.put("mail.eml", self.request())
            name = "mail.eml" if number == 0 else f"mail.eml~{number + 1}"
            lines, _ = self.ended(daemon, "done", name)
            self.assertEqual(lines[0]["source"], self.path(name + "#1"))
        self.put("mail.eml", b"\0\1\2 no mail at all \xff" * 20)
        self.ended(daemon, "failed", "mail.eml~5")
        os.remove(self.path("done", "mail.eml"))  # its report still stands
        self.put("mail.eml", self.request())
        self.ended(daemon, "done", "mail.eml~6")
        long = "long " + "ü" * 120 + ".eml"
        self.put(long[:-8] + ".eml", self.request())
        daemon.wait(lambda: any(name.startswith("long ") for name in self.listed("done")), "the one with a long name")
        strange = "a\nb\x1b[2J\u202e.eml"
        self.put(strange, self.request())
        self.ended(daemon, "done", strange)
        self.assertEqual(len(daemon.log("file-taken-in")), 8)
        self.check_all_gone()
        self.check_once(7)
        daemon.stop()

    def test_what_cannot_be_read_fails_with_a_reason(self):
        daemon = self.daemon().start()
        secret = write(self.house.path("secret"), self.request())
        os.symlink(secret, self.path("link.eml"))
        os.makedirs(self.path("tree", "inner"))
        write(self.path("tree", "inner", "fine.eml"), self.request())
        os.symlink(secret, self.path("tree", "inner", "link"))
        os.mkfifo(self.path("pipe"))
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(self.path("socket"))
        write(self.path("empty.eml"), b"")
        for name, says in (("link.eml", "is a link"), ("tree", "/inner/link"), ("pipe", "neither a file nor a folder"),
                           ("socket", "neither a file nor a folder")):
            lines, totals = self.ended(daemon, "failed", name, 60)
            self.assertEqual(lines, [])
            self.assertIn(says, totals["why"])
        self.ended(daemon, "done", "empty.eml", 60)  # as `issuer ingest`: there is nothing to account for
        # A mailbox in which one mail cannot be read: the others are answered.
        self.put("mixed.mbox", mbox([self.request(), b"From: \0\0\nSubject: x\n\n" + b"\0" * 40, self.request()]))
        daemon.wait(lambda: "mixed.mbox" in self.listed("done") + self.listed("failed"), "the mailbox")
        self.check_all_gone()
        self.check_once(2)
        self.assertTrue(os.path.exists(secret))
        daemon.stop()

    def test_a_poison_message_every_hundredth(self):
        daemon = self.daemon().start()
        mails = []
        for number in range(200):
            if number % 100 == 50:  # longer than is read
                mails.append(f"From: {ANA}\nSubject: poison {number}\n\n".encode() + b"x" * (33 << 20))
            elif number % 10 == 5:
                mails.append(self.request())
            else:
                mails.append(mail(ANA, says=f"Good morning {number}"))
        self.put("export.mbox", mbox(mails))
        small = time.monotonic()
        self.put("single.eml", self.request())
        self.ended(daemon, "done", "single.eml", 20)
        self.assertLess(time.monotonic() - small, 20)
        lines, totals = self.ended(daemon, "failed", "export.mbox", 120)
        self.assertEqual((len(lines), totals["mails"], totals["quarantined"], totals["answered"]), (200, 200, 2, 20))
        self.assertEqual(self.house.query("select count(*) from quarantine")[0][0], 2)
        self.check_once(21)
        # The place in the records is told as people know it, and found where the file is now.
        source = self.house.query("select m.source from quarantine q join message m on m.id = q.message_id limit 1")
        self.assertTrue(source[0][0].startswith(self.path("export.mbox#")), source)
        daemon.stop()


class Rights(Drops):
    def setUp(self):
        super().setUp()
        start = self.house.start

        def start_without(*words, **options):
            return start(*words, **options, **({"preexec_fn": _give_up_rights} if words[0] == "run" else {}))

        self.house.start = start_without
        # The program is to come to the server's socket with no more rights than others have.
        sockets = dict(word.split("=", 1) for word in self.house.dsn.split())["host"]
        for path in (sockets, os.path.join(sockets, ".s.PGSQL.5432")):
            mode = os.stat(path).st_mode & 0o777
            os.chmod(path, mode | 0o033)
            self.addCleanup(os.chmod, path, mode)
        self.other = 65534 if os.geteuid() == 0 else os.geteuid()  # who puts the files there

    def test_files_that_the_program_may_not_read(self):
        daemon = self.daemon().start()
        for name in ("closed.eml", "later.eml"):
            self.put("." + name, self.request())
            os.chmod(self.path("." + name), 0)
            os.rename(self.path("." + name), self.path(name))
        time.sleep(4)
        os.chmod(self.path("later.eml"), 0o644)
        self.ended(daemon, "done", "later.eml", 30)
        lines, totals = self.ended(daemon, "failed", "closed.eml", 30)
        self.assertEqual(lines, [])
        self.assertIn("cannot be opened: Permission denied", totals["why"])
        # What somebody left in `taken` and nobody may read ends too.
        write(self.path("taken", "left.eml"), self.request())
        os.chmod(self.path("taken", "left.eml"), 0)
        self.ended(daemon, "failed", "left.eml", 30)
        self.check_all_gone()
        self.check_once(1)
        daemon.stop()

    def test_files_of_another_user(self):
        """Of whom the system does not tell whether he still writes: then /proc, or time, does."""
        os.chmod(self.folder, 0o777)
        daemon = self.daemon().start()
        content = self.request()
        with open(self.path("written.eml"), "wb") as stream:
            os.chown(self.path("written.eml"), self.other, -1)
            stream.write(content[:100])
            stream.flush()
            time.sleep(14)
            self.assertIn("written.eml", self.listed("."))
            stream.write(content[100:])
        self.ended(daemon, "done", "written.eml", 5)
        self.check_once(1)
        daemon.stop()


    def test_what_may_not_be_moved_is_told_once_and_keeps_nobody_waiting(self):
        """As in a folder like /tmp, of another user."""
        daemon = self.daemon().start()
        os.chmod(self.folder, 0o1777)
        for path in (self.path(".stuck.eml"), self.folder):
            if path != self.folder:
                write(path, self.request())
            os.chown(path, self.other, -1)
        os.rename(self.path(".stuck.eml"), self.path("stuck.eml"))
        if self.other == os.geteuid():  # a user has every right over what is his own
            self.ended(daemon, "done", "stuck.eml")
        else:
            problem = daemon.wait_log("file-stuck").fields["problem"]
            self.assertIn("stuck.eml", problem)
            self.assertIn("not permitted", problem)
            time.sleep(25)
            self.assertEqual(len(daemon.log("file-stuck")), 1)
            os.chown(self.folder, os.geteuid(), -1)
            self.ended(daemon, "done", "stuck.eml", 30)
        self.check_once(1)
        daemon.stop()


def _give_up_rights():
    """Root's rights over the files of all: without them root is a user as others are."""
    for capability in (1, 2, 3, 28):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER, CAP_LEASE
        ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP


class Names(Drops):
    def test_no_name_of_a_file_makes_a_line_of_its_own_or_shows_a_key(self):
        """What people call their files is as foreign as a mail."""
        daemon = self.daemon(log_level="debug").start()
        forged = "2026-11-26T21:00:00Z notice daemon-stopped"
        names = [f"{self.license.key}.eml", f"license key {self.license.key} of Ana.eml", f"a\n{forged}\n.eml",
                 "b\x1b[2J\u202e.eml", "c\" why=\"x.eml", "d\udcff\udcfe.eml"]
        for name in names:
            self.put(name, self.request())
        daemon.wait(lambda: len(daemon.log("file-taken-in")) == len(names), "all of them")
        self.assertEqual({line.fields["result"] for line in daemon.log("file-taken-in")}, {"done"})
        daemon.stop()
        self.assertEqual([line for line in daemon.output if read_line(line) is None], [])
        whole = "\n".join(daemon.output)
        self.assertNotIn(self.license.key, whole)
        self.assertIn(self.license.key[-4:], whole)  # enough to find it by
        self.assertNotRegex(whole, "[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]")
        self.assertEqual(len(daemon.log("daemon-stopped")), 1)


class Deaths(Drops):
    def test_no_room_for_the_report(self):
        """The mail is decided once, and its report tells of it when there is room."""
        daemon = self.daemon().start()
        in_the_way = self.path("taken", ".one.eml.report")
        daemon.wait(lambda: os.path.isdir(self.path("taken")), "the folder")
        os.makedirs(in_the_way)
        self.put("one.eml", self.request())
        trouble = daemon.wait_log("trouble", who="drop:inbox")
        self.assertIn("its mails are on record", trouble.fields["problem"])
        self.check_once(1)
        time.sleep(3)
        os.rmdir(in_the_way)
        lines, _ = self.ended(daemon, "done", "one.eml")
        self.assertEqual([line["decisions"][0]["outcome"] for line in lines], ["issued"])
        daemon.wait_log("works-again", who="drop:inbox")
        self.check_once(1)
        daemon.stop()

    def test_a_mail_in_quarantine_is_found_where_its_file_is_now(self):
        self.house.hire("ada", "admin")
        daemon = self.daemon()
        words = "".join(f"This is line {n} of a long letter.\n" for n in range(12 * 32768))
        path = write(self.path("tree", "slow.eml"), self.request() + words.encode())  # too long to be kept
        self.house.environment["ISSUER_PARSERS"] = "1"
        running = self.house.start("ingest", path)
        hunt = Hunt(running, kill, 2)
        running.communicate(timeout=300)
        hunt.join()
        (number,) = self.house.query("select message_id from quarantine")[0]
        os.makedirs(self.path("failed"))
        os.rename(self.path("tree"), self.path("failed", "tree"))
        tried = self.house.by("ada", "--config", daemon.config, "quarantine", "retry", str(number))
        self.assertIn("issued", tried)
        self.assertEqual(self.house.query("select distinct source from message"), [(path + "#1",)])
        self.check_once(1)

    def fill(self, count, large=0):
        for number in range(count):
            self.put(f"{number:03}.eml", self.request())
        if large:
            self.put("large.mbox", mbox([self.request() for _ in range(large)] +
                                        [mail(ANA, says="x" * 1000) for _ in range(large * 10)]))
        return count + large

    def test_killed_at_random_points(self):
        """Roles and the whole daemon; after it all is decided once, and everything has its report."""
        source = chance()
        self.bulk = 100000
        for _ in range(rounds(2)):
            before = self.issued()
            count = self.fill(25, 30)
            daemon = self.daemon().start()
            end = time.monotonic() + 8
            while time.monotonic() < end:
                time.sleep(source.uniform(0.05, 0.9))
                victim = source.choice(["drop:inbox", "bulk:inbox", "bulk:inbox", "daemon"])
                if victim == "daemon":
                    daemon.kill()
                    daemon = self.daemon().start()
                elif daemon.pids().get(victim):
                    daemon.kill_role(victim)
            daemon.wait(lambda: self.issued() == before + count, "all answers", 120)
            daemon.wait(lambda: not [name for name in self.listed("taken") + self.listed(".")
                                     if name not in ("taken", "done", "failed")], "all files", 90)
            daemon.stop()
            self.check_all_gone()
            self.assertEqual(self.listed("failed"), [])
            for name in self.listed("done"):
                self.report("done", name)
        self.check_once(self.issued())
        self.assertEqual(self.issued(), self.servers)

    def test_each_step_of_a_file_that_was_taken(self):
        """What a process leaves at each step, made by hand: the next one goes on from there."""
        content = [self.request() for _ in range(4)]
        for place in ("taken", "done", "failed"):
            os.makedirs(self.path(place))
        # Taken, no more.
        write(self.path("taken", "one.eml"), content[0])
        # Half of a report.
        write(self.path("taken", "two.eml"), content[1])
        write(self.path("taken", ".two.eml.report"), b'{"source":"x"}\n{"sou')
        # The whole report in its place, but not the file: it must not be read again.
        write(self.path("taken", "three.eml"), content[2])
        status = os.stat(self.path("taken", "three.eml"))
        first = (f'{{"part":"totals","inode":{status.st_ino},"size":{status.st_size},'
                 f'"modified":{int(status.st_mtime)},"result":"done"}}\n')
        write(self.path("done", "three.eml.report.json"), first.encode())
        # A report of that name on another file.
        write(self.path("taken", "four.eml"), content[3])
        other = first.replace(f'"inode":{status.st_ino}', f'"inode":{status.st_ino + 99999}')
        write(self.path("done", "four.eml.report.json"), other.encode())
        # One that another process has.
        held = self.path("taken", "held.eml")
        write(held, self.request())
        lock = os.open(held, os.O_RDONLY)
        fcntl.flock(lock, fcntl.LOCK_EX)
        daemon = self.daemon().start()
        for name in ("one.eml", "two.eml"):
            lines, _ = self.ended(daemon, "done", name)
            self.assertEqual(len(lines), 1)
        daemon.wait(lambda: "three.eml" in self.listed("done"), "the third")
        with open(self.path("done", "three.eml.report.json"), encoding="utf-8") as stream:
            self.assertEqual(stream.read(), first)
        lines, _ = self.ended(daemon, "done", "four.eml~2")
        self.assertEqual(len(lines), 1)
        time.sleep(12)
        self.assertEqual(self.listed("taken"), ["held.eml"])
        os.close(lock)
        self.ended(daemon, "done", "held.eml", 30)
        self.check_all_gone()
        self.check_once(4)  # the third was never read
        daemon.stop()

    def test_a_file_that_kills_goes_behind_the_others(self):
        """Processes that die with a file in hand, again and again, keep nobody waiting."""
        self.bulk = 10000
        self.put("large.mbox", mbox([self.request() for _ in range(20)]))
        daemon = self.daemon().start()
        self.ended(daemon, "done", "large.mbox")
        os.rename(self.path("done", "large.mbox"), self.path("taken", "deadly.mbox"))
        write(self.path("taken", ".deadly.mbox.deaths"), b"xxx")
        self.put("other.mbox", mbox([self.request() for _ in range(20)]))
        self.ended(daemon, "done", "other.mbox")
        self.ended(daemon, "done", "deadly.mbox", 60)
        order = [os.path.basename(line.fields["file"]) for line in daemon.log("file-taken-in")]
        self.assertEqual(order, ["large.mbox", "other.mbox", "deadly.mbox"])
        self.check_all_gone()
        daemon.stop()

    def test_the_database_is_away(self):
        real = self.house.dsn
        place = self.house.path("sockets")  # which is there only later
        words = dict(word.split("=", 1) for word in real.split())
        daemon = self.daemon(database=" ".join(f"{key}={value}" for key, value in
                                               {**words, "host": place}.items()))
        self.put("early.eml", self.request())
        daemon.start()
        daemon.wait_log("trouble", who="drop:inbox")
        os.symlink(words["host"], place)
        self.ended(daemon, "done", "early.eml")
        # Lost while it reads.
        for number in range(20):
            self.put(f"{number}.eml", self.request())
            if number % 4 == 0:
                self.house.query("select pg_terminate_backend(pid) from pg_stat_activity"
                                 " where datname = current_database() and pid <> pg_backend_pid()")
        daemon.wait(lambda: len(self.listed("done")) == 21, "all of them")
        self.check_all_gone()
        self.check_once(21)
        daemon.stop()

    def test_stopped_in_the_middle_of_an_export(self):
        self.bulk = 10000
        count = 3000
        mails = [mail(ANA, says=f"Good morning {number}\n" + "words " * 200) for number in range(count)]
        mails[-1] = self.request()
        self.put("export.mbox", mbox(mails))
        daemon = self.daemon().start()
        daemon.wait(lambda: self.house.query("select count(*) from message")[0][0] > 0, "the first mails")
        log = daemon.stop()
        self.assertEqual([line for line in log if line.what == "process-killed"], [])
        self.assertLess(self.house.query("select count(*) from message")[0][0], count)
        self.assertEqual(self.listed("taken"), ["export.mbox"])
        daemon.start()
        _, totals = self.ended(daemon, "done", "export.mbox", 120)
        self.assertEqual(totals["mails"], count)
        self.assertGreater(totals["known"], 0)
        self.check_once(1)
        daemon.stop()


class Shared(Drops):
    def test_two_daemons_share_a_folder(self):
        self.bulk = 100000
        one, two = (self.daemon(name=name).start() for name in ("one", "two"))
        for number in range(60):
            self.put(f"{number}.eml", self.request())
        for number in range(4):
            self.put(f"large{number}.mbox", mbox([self.request() for _ in range(20)] +
                                                 [mail(ANA, says="y" * 2000) for _ in range(60)]))
        one.wait(lambda: len(self.listed("done")) == 64, "all of them", 120)
        taken = [{line.fields["file"] for line in daemon.log("file-taken-in")} for daemon in (one, two)]
        self.assertEqual(len(taken[0] | taken[1]), 64)
        self.assertEqual(taken[0] & taken[1], set())
        self.assertTrue(all(taken), taken)
        self.check_all_gone()
        self.check_once(140)
        one.kill()
        self.put("last.eml", self.request())
        self.ended(two, "done", "last.eml")
        two.stop()

    def test_no_folder_may_be_in_anothers(self):
        inner = self.path("done")
        os.makedirs(inner)
        daemon = self.daemon(more=f"[drop other]\nfolder = {inner}\n").start()
        wrong = daemon.wait_log("group-set-wrongly")
        self.assertIn("lies within", wrong.fields["problem"])
        self.assertEqual((wrong.level, wrong.fields["group"]), ("error", "drop other"))
        self.put("one.eml", self.request())
        self.ended(daemon, "done", "one.eml")
        self.assertNotIn("drop:other", daemon.pids())
        self.assertIn("bulk:inbox", daemon.pids())
        daemon.stop()

    def checked(self, daemon):
        """What `issuer check` says of the folder."""
        output = self.house.issuer("--config", daemon.config, "check", "--json", code=None)
        (line,) = [line for line in map(json.loads, output.splitlines()) if line["thing"] == "drop folder"]
        return line["state"], line["finding"]

    def test_a_folder_that_comes_and_goes(self):
        self.assertEqual(self.checked(self.daemon()), ("ok", f"inbox: {self.folder}"))
        os.rmdir(self.folder)  # nothing was made in it
        state, finding = self.checked(self.daemon())
        self.assertEqual(state, "wrong")
        self.assertIn("it must be there and this user may write into it", finding)
        daemon = self.daemon().start(ready=False)
        trouble = daemon.wait_log("trouble")
        self.assertIn("must be there", trouble.fields["problem"])
        os.makedirs(self.folder)
        daemon.wait_told("READY=1")
        self.put("one.eml", self.request())
        self.ended(daemon, "done", "one.eml")
        os.rename(self.folder, self.folder + ".away")
        time.sleep(1)
        os.makedirs(self.folder)
        self.put("two.eml", self.request())
        self.ended(daemon, "done", "two.eml")
        self.check_once(2)
        daemon.stop()

    def watched(self, name):
        """What `issuer status` says of a drop folder, and of the daemon's way to it."""
        lines = map(json.loads, self.house.issuer("status", "--json").splitlines())
        return {line["role"]: line for line in lines if line.get("part") == "watched" and line["name"] == name}

    def test_folders_are_added_changed_and_removed_by_reload(self):
        daemon = self.daemon().start()
        with open(daemon.config, encoding="utf-8") as stream:
            text = stream.read()
        other, second = self.house.path("other"), "[drop second]\nfolder = {}\n"
        os.makedirs(other)
        write(os.path.join(other, "one.eml"), self.request())
        daemon.write_config(text + second.format(other))
        daemon.reload()
        daemon.wait(lambda: os.path.exists(os.path.join(other, "done", "one.eml")), "the mail in the new folder")
        self.put("two.eml", self.request())
        self.ended(daemon, "done", "two.eml")
        # Set wrongly it costs itself: the rest of the new settings hold.
        daemon.write_config(text.replace(self.replies, self.house.path("elsewhere")) + second.format(other) +
                            "bulk-size = much\n")
        os.makedirs(self.house.path("elsewhere"))
        daemon.reload()
        wrong = daemon.wait_log("group-set-wrongly")
        self.assertEqual(wrong.level, "error")
        self.assertRegex(wrong.fields["problem"], r":\d+: setting 'bulk-size' must be a whole number")
        self.assertNotIn("drop:second", daemon.pids())
        write(os.path.join(other, "three.eml"), self.request())
        self.put("four.eml", self.request())
        self.ended(daemon, "done", "four.eml")
        daemon.wait(lambda: os.listdir(self.house.path("elsewhere")), "the reply in the new place")
        row = daemon.wait(lambda: self.watched("second").get("drop", {}).get("problem") and self.watched("second"),
                          "word of it")
        self.assertEqual({role: one["problem"] for role, one in row.items()},
                         {role: wrong.fields["problem"] for role in ("drop", "bulk")})
        # Dead and started again it is the same.
        daemon.stop()
        daemon.start()
        daemon.wait_log("group-set-wrongly", group="drop second")
        self.assertTrue(os.path.exists(os.path.join(other, "three.eml")))
        # Set right it goes on where it was.
        daemon.write_config(text + second.format(other))
        daemon.reload()
        daemon.wait(lambda: os.path.exists(os.path.join(other, "done", "three.eml")), "the mail that waited")
        daemon.wait(lambda: not self.watched("second")["drop"]["problem"], "the end of the trouble")
        # Taken away, nobody looks at it any more.
        daemon.write_config(text)
        daemon.reload()
        write(os.path.join(other, "five.eml"), self.request())
        self.put("six.eml", self.request())
        self.ended(daemon, "done", "six.eml")
        time.sleep(12)
        self.assertEqual([name for name in os.listdir(other) if name not in ("taken", "done", "failed")], ["five.eml"])
        self.assertEqual(set(daemon.pids()) & {"drop:second", "bulk:second"}, set())
        daemon.wait(lambda: {row["state"] for row in self.watched("second").values()} == {"ended"}, "its end")
        self.assertEqual(daemon.log("reload-refused"), [])
        self.check_once(5)
        daemon.stop()

    def test_a_wrong_mailbox_costs_the_daemon_nothing_else(self):
        daemon = self.daemon(more="[mailbox desk]\nurl = nowhere\nuser = desk\n").start()
        self.put("one.eml", self.request())
        self.ended(daemon, "done", "one.eml")
        with open(daemon.config, encoding="utf-8") as stream:
            text = stream.read()
        daemon.write_config(text.replace("url = nowhere\n", "") + "silent-hours = never\n")
        daemon.reload()
        self.assertEqual(daemon.log("reload-refused"), [])
        self.put("two.eml", self.request())
        self.ended(daemon, "done", "two.eml")
        daemon.stop()

    def test_settings_are_taken_anew(self):
        daemon = self.daemon().start()
        self.put("one.eml", self.request())
        self.ended(daemon, "done", "one.eml")
        daemon.reload()
        self.put("two.eml", self.request())
        self.ended(daemon, "done", "two.eml")
        self.assertIn("mails dropped into", self.house.issuer("status"))
        daemon.stop()


class Order(Drops):
    def test_a_change_on_record_is_seen_before_the_next_mail(self):
        """What waits is decided again without a command, while nothing comes too."""
        daemon = self.daemon().start()
        other = "ben@southwind.example"
        license = self.house.sell("LIC-2", other, activations=1)
        first = self.house.server(host="first")
        self.put("first.eml", mail(other, ask(first, license)))
        self.ended(daemon, "done", "first.eml")
        second = self.house.server(host="second")
        self.put("second.eml", mail(other, ask(second, license)))
        lines, _ = self.ended(daemon, "done", "second.eml")
        self.assertEqual(lines[0]["decisions"][0]["code"], "no-activations-left")
        self.house.hire("ada", "admin")
        path = write(self.house.path("more.csv"), "\r\n".join((
            "license_id,license_key,customer,contacts,product,features,activations,expires,order_ref,servers",
            f"LIC-2,{license.key},Northwind Water,{other},chariot,mqtt-server,3,,SO-2,1", "")).encode())
        self.house.issuer("license", "import", "--update", path)
        daemon.wait(lambda: self.house.query("select count(*) from decision where outcome = 'issued'")[0][0] == 2,
                    "the answer to what waited", 25)
        daemon.stop()


if __name__ == "__main__":
    main()
