#!/usr/bin/python3
"""Outlook's data files: real ones, read by the real readpst; and what becomes of it when readpst fails, hangs,
crashes or has been taken over, for which a program of that name stands in.

  test_pst.py ISSUER DUMP_MAIL [TEST…]"""
import fcntl
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import outlook  # noqa: E402

PROGRAM = DUMP = ""
HERE = os.path.dirname(os.path.abspath(__file__))
CHARIOT = os.path.join(os.path.dirname(HERE), "chariot", "chariot")
KEY = "8C2TJ-GND5Z-8XY33-E216P-8ADN7"
PREFIX = "issuer-unpacked-"
SETTINGS = "[issuer]\nown-addresses=licenses@vendor.test\n"
HEAD = ("From: Ana <ana@northwind.example>\r\nTo: licenses@vendor.test\r\nSubject: request\r\n"
        "Date: Thu, 05 Nov 2026 09:30:00 +0000\r\nMessage-ID: <{}@northwind.example>\r\n\r\n")
CODES = []


def make_codes():
    with tempfile.TemporaryDirectory() as folder:
        for number in range(4):
            CODES.append(subprocess.run(
                [CHARIOT, "--state", os.path.join(folder, str(number)), "request", "--host", f"plant-{number}",
                 "--license-key", KEY], stdout=subprocess.PIPE, text=True, check=True).stdout)


def mail(number, *properties):
    return [(outlook.CLASS, outlook.UNICODE, "IPM.Note"), (outlook.HEADERS, outlook.UNICODE, HEAD.format(number)),
            *properties]


def body(text):
    return (outlook.BODY, outlook.UNICODE, text)


def sample():
    """Folders within each other, and in them all that a mail can be made of."""
    pst = outlook.Pst()
    inbox, deleted = pst.folder("Inbox"), pst.folder("Gelöschte Elemente")
    below = pst.folder("Plant/4", inbox)
    pst.mail(inbox, mail(1, body("Hello,\n" + CODES[0])))
    rtf = outlook.compressed(outlook.rich_text("Hello,\n" + CODES[1]))
    pst.mail(inbox, mail(2, (outlook.RTF, outlook.BINARY, rtf)))
    pst.mail(below, mail(3, body("see the file")), [("request.txt", CODES[2].encode())])
    pst.mail(deleted, mail(4, body(CODES[0])))
    pst.mail(below, [(outlook.CLASS, outlook.UNICODE, "IPM.Note"),
                     (outlook.SENDER_NAME, outlook.UNICODE, "Bell, Ana"),
                     (outlook.SENDER_TYPE, outlook.UNICODE, "EX"),
                     (outlook.SENDER, outlook.UNICODE, "/O=NORTHWIND/CN=ANA"),
                     body("long\n" * 2000 + CODES[3])])
    for number in range(40):
        pst.mail(below, mail(10 + number, body(f"mail {number}")))
    return pst.written()


# What stands in for readpst. It is started in the folder that it writes to.
STUB = """#!/usr/bin/python3 -IS
import os, socket, sys, time
def mail(name, subject):
    os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
    with open(name, "w") as stream:
        stream.write("From: ana@northwind.example\\nTo: licenses@vendor.test\\nSubject: " + subject + "\\n\\ntext\\n")
def refused(call):
    try:
        call()
    except OSError as error:
        return type(error).__name__
    return "let through"
"""


class Pst(unittest.TestCase):
    def setUp(self):
        keep = tempfile.TemporaryDirectory()
        self.addCleanup(keep.cleanup)
        self.folder = keep.name
        self.places = {name: os.path.join(self.folder, name) for name in ("tmp", "bin")}
        for path in self.places.values():
            os.mkdir(path, 0o700)
        self.settings = self.write("issuer.conf", SETTINGS.encode())
        self.environment = {**os.environ, "TMPDIR": self.places["tmp"]}

    def write(self, name, data):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as stream:
            stream.write(data)
        return path

    def stand_in(self, *lines):
        path = self.write("bin/readpst", (STUB + "\n".join(lines) + "\n").encode())
        os.chmod(path, 0o755)
        self.environment["PATH"] = self.places["bin"] + ":" + os.environ["PATH"]

    def start(self, path, *options):
        return subprocess.Popen([PROGRAM, "--config", self.settings, "inspect", "--json", *options, path],
                                env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def left(self):
        return sorted(name for name in os.listdir(self.places["tmp"]) if name.startswith(PREFIX))

    def await_left(self, wanted):
        """The folder goes away right after the process that made it."""
        until = time.monotonic() + 20
        while self.left() != wanted and time.monotonic() < until:
            time.sleep(0.05)
        self.assertEqual(self.left(), wanted)

    def read(self, data):
        path = self.write("mail.pst", data)
        process = self.start(path)
        output, errors = process.communicate(timeout=120)
        self.assertIn(process.returncode, (0, 1), errors)
        self.await_left([])
        found = [json.loads(line) for line in output.splitlines()]
        for one in found:
            one["source"] = one["source"].replace(path, "FILE")
        return found

    def only(self, data):
        (one,) = self.read(data)
        self.assertEqual(one["class"], "quarantined")
        return one["why"].replace(os.path.join(self.folder, "mail.pst"), "FILE")

    # ---- the real one ----

    def test_all_of_it(self):
        found = {one["source"]: one for one in self.read(sample())}
        self.assertEqual(len(found), 45)
        inbox, below = "FILE!Personal Folders/Inbox/", "FILE!Personal Folders/Inbox/Plant_4/"
        for name in (inbox + "2.eml#1", inbox + "3.eml#1", below + "1.eml#1"):
            self.assertEqual([token["intact"] for token in found[name]["tokens"]], [True], name)
            self.assertEqual(found[name]["reply_to"], "ana@northwind.example")
        deleted = found["FILE!Personal Folders/Gelöschte Elemente/1.eml#1"]
        self.assertEqual((deleted["class"], deleted["why"]), ("ignored", "it is marked deleted in its mailbox"))
        # A person of whom only a name is known: nobody can be answered, and it is no mail system's report.
        nameless = found[below + "2.eml#1"]
        self.assertEqual((nameless["class"], nameless["reply_to"], len(nameless["tokens"])), ("request", None, 1))

    def test_damaged(self):
        """Cut off or with bytes changed, anywhere: mails, or a line that says what to do."""
        whole, seed = sample(), 20261105
        print("seed", seed)
        chance = random.Random(seed)
        damaged = [whole[:len(whole) * part // 8] for part in range(1, 8)]
        for _ in range(24):
            data = bytearray(whole)
            for _ in range(chance.randrange(1, 40)):
                data[chance.randrange(512, len(data))] = chance.randrange(256)
            damaged.append(bytes(data))
        for number, data in enumerate(damaged):
            found = self.read(data)
            mails = [one for one in found if one["source"].startswith("FILE!")]
            told = [one["why"] for one in found if one["source"] == "FILE#1"]
            self.assertEqual(len(mails) + len(told), len(found))
            # Whatever is missing, somebody is told.
            self.assertTrue(told or len(mails) == 45, (number, len(mails), told))

    def test_no_pst(self):
        why = self.only(b"!BDN" + b"\0" * 5000)
        self.assertRegex(why, r"^FILE cannot be unpacked: readpst could not read it \(.+\); open it in Outlook, "
                              r"have it repaired there, and export it again$")

    def test_not_installed(self):
        self.environment["PATH"] = self.places["bin"]
        self.assertEqual(self.only(sample()), "FILE is an Outlook data file, and readpst, which unpacks it, is not "
                                              "installed; install the package pst-utils")

    # ---- others in its place ----

    def test_failure(self):
        self.stand_in("mail('1.eml', 'one')", "print('no memory for \\x1b[31mthe index', file=sys.stderr)",
                      "sys.exit(3)")
        mails = self.read(sample())
        self.assertEqual([one["source"] for one in mails], ["FILE!1.eml#1", "FILE#1"])
        self.assertIn("is unpacked up to here: readpst could not read it (no memory for", mails[1]["why"])
        self.assertNotIn("\x1b", mails[1]["why"])

    def test_crash(self):
        self.stand_in("mail('Inbox/1.eml', 'one')", "import ctypes", "ctypes.string_at(1)")
        mails = self.read(sample())
        self.assertEqual(mails[0]["source"], "FILE!Inbox/1.eml#1")
        self.assertIn("readpst crashed (SIGSEGV)", mails[1]["why"])

    def passed_over(self, *log):
        """What is said where it counts three items that it has passed over, and logs these lines."""
        self.stand_in("mail('1.eml', 'one')", "print('\\t\"Inbox\" - 2 items done, 3 items skipped.')",
                      f"open('/proc/self/fd/5', 'w').write({chr(10).join([*log, ''])!r})")
        mails = self.read(sample())
        self.assertEqual(mails[0]["source"], "FILE!1.eml#1")
        return [one["why"].partition("mail.pst ")[2] for one in mails[1:]]

    def test_passed_over(self):
        task = "001234 process readpst.c(399) Unknown item type {} (IPM.{}) name ((null))"
        look = "; look through it in Outlook"
        kind = "damaged or of a kind that it does not know"
        self.assertEqual(self.passed_over(), [f"holds 3 items that readpst has passed over, {kind}{look}"])
        self.assertEqual(self.passed_over(task.format(13, "Task"), task.format(14, "Invented")),
                         [f"holds 2 items that readpst has passed over, {kind}{look}"])
        self.assertEqual(self.passed_over(*(task.format(13, one) for one in ("Task", "StickyNote", "Microsoft.X"))), [])
        self.assertEqual(self.passed_over("Backlink 0x5 in this node does not match required 0x6"),
                         ["is damaged, so mails of it may be missing; have it repaired in Outlook, and export it "
                          "again"])

    def test_nothing(self):
        self.stand_in("open('1.vcf', 'w').close()")
        self.assertEqual(self.only(sample()), "FILE holds no mail; is it the right file?")

    def test_what_it_may_do(self):
        """No network, no other process, no environment, and nothing open but its file and where it writes."""
        self.stand_in(
            "said = [refused(lambda: socket.socket(family, kind)) for family in (socket.AF_INET, socket.AF_INET6,",
            "    socket.AF_UNIX) for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM)]",
            "said += [refused(os.fork), refused(lambda: os.kill(os.getppid(), 9))]",
            "mail('1.eml', ' '.join(said))",
            "mail('2.eml', str(sorted(set(os.environ) - {'LC_CTYPE'})))",
            "there = [str(number) for number in range(1024) if refused(lambda: os.fstat(number)) != 'OSError']",
            "mail('3.eml', ' '.join(there))", "mail('4.eml', oct(os.stat('.').st_mode))")
        path = self.write("mail.pst", sample())
        subjects = []
        run = subprocess.run([DUMP, path],
                             env=self.environment, stdout=subprocess.PIPE, text=True, check=True)
        for line in run.stdout.splitlines():
            subjects.append(json.loads(line)["subject"])
        self.assertEqual(subjects, [" ".join(["PermissionError"] * 8), "[]", "0 1 2 4 5", "0o40700"])

    def test_traps(self):
        """Nothing that leads out of the folder, or never ends, can be put there; but folders can, within others."""
        self.stand_in("made = [refused(lambda: os.symlink('/etc', '1.eml')), refused(lambda: os.mkfifo('2.eml')),",
                      "        refused(lambda: os.link('/proc/self/fd/4', '3.eml'))]",
                      "mail('/'.join(['deep'] * 10) + '/4.eml', 'four')", "mail('5.eml', 'five')",
                      "print(' '.join(made))", "sys.exit(1)")
        found = self.read(sample())
        self.assertEqual([one["source"] for one in found],
                         ["FILE!5.eml#1", "FILE!" + "deep/" * 10 + "4.eml#1", "FILE#1"])
        self.assertIn("(PermissionError PermissionError PermissionError)", found[2]["why"])

    def test_hang(self):
        self.stand_in("mail('1.eml', 'one')", "time.sleep(1000)")
        self.settings = self.write("issuer.conf", (SETTINGS + "parse-seconds=1\n").encode())
        self.assertIn("nothing more came out within", self.only(sample()))

    # ---- the folder ----

    def hanging(self):
        self.stand_in("open('pid', 'w').write(str(os.getpid()))", "os.rename('pid', 'ready')", "time.sleep(1000)")
        process = self.start(self.write("mail.pst", sample()))
        until = time.monotonic() + 60
        while time.monotonic() < until:
            for name in self.left():
                ready = os.path.join(self.places["tmp"], name, "ready")
                if os.path.exists(ready):
                    with open(ready, encoding="ascii") as stream:
                        return process, int(stream.read())
            time.sleep(0.05)
        process.kill()
        return self.fail("it was not started")

    def test_it_gains_no_privileges(self):
        process, other = self.hanging()
        with open(f"/proc/{other}/status", encoding="ascii") as stream:
            self.assertIn("NoNewPrivs:\t1\n", stream.read())
        process.kill()
        process.communicate(timeout=60)
        self.await_left([])

    def test_the_program_ends_first(self):
        for number in (signal.SIGKILL, signal.SIGINT, signal.SIGTERM):
            with self.subTest(number):
                process, other = self.hanging()
                process.send_signal(number)
                process.communicate(timeout=60)
                self.await_left([])
                with self.assertRaises(ProcessLookupError):
                    until = time.monotonic() + 20
                    while time.monotonic() < until:
                        os.kill(other, 0)
                        time.sleep(0.05)

    def test_what_was_left(self):
        """Of a machine's crash; but nothing of others'."""
        names = [PREFIX + name for name in ("left", "locked", "shared")]
        for name in names:
            os.makedirs(os.path.join(self.places["tmp"], name, "Inbox"))
            self.write(f"tmp/{name}/Inbox/1.eml", b"text")
            os.chmod(os.path.join(self.places["tmp"], name), 0o755 if name == names[2] else 0o700)
        os.mkdir(os.path.join(self.places["tmp"], "issuer-other"))
        locked = os.open(os.path.join(self.places["tmp"], names[1]), os.O_RDONLY)
        self.addCleanup(os.close, locked)
        fcntl.flock(locked, fcntl.LOCK_EX)
        process = self.start(self.write("mail.pst", sample()))
        process.communicate(timeout=120)
        self.await_left(sorted(names[1:]))
        self.assertTrue(os.path.exists(os.path.join(self.places["tmp"], "issuer-other")))


if __name__ == "__main__":
    PROGRAM, DUMP = (os.path.abspath(sys.argv.pop(1)) for _ in range(2))
    make_codes()
    unittest.main()
