#!/usr/bin/python3
"""The processes that read mail: confined whatever they read, and able to read what people write.

  parsers.py ISSUER [TEST…]          within tests/with-postgres

ISSUER may have sanitizers, whose filter is wider; where ISSUER_RELEASE names a program without, that is
tried too."""
import base64
import ctypes
import json
import os
import platform
import resource
import struct
import subprocess
import time
import unittest

from badinput import ANA, Sender
from parser_hunt import Hunt, parsers
from scenario import ISSUER, ask, dated_mail, main, mbox, write

RELEASE = os.path.abspath(os.environ.get("ISSUER_RELEASE", ISSUER))
PROGRAMS = tuple(dict.fromkeys((ISSUER, RELEASE)))
ON_X86_64 = unittest.skipUnless(platform.machine() == "x86_64", "registers and numbers of x86-64")
LIBC = ctypes.CDLL(None, use_errno=True)

# By a name that mail calls it: text that it can write. Where a name has several uses, the text tells.
CHARSETS = {
    "Grüße aus Köln": "iso-8859-1 iso-8859-9 iso-8859-10 iso-8859-14 iso-8859-15 iso-8859-16 windows-1252"
                      " windows-1254 windows-1258 macintosh ibm437 ibm850 ibm858 ibm861 ibm865"
                      " hp-roman8 t.61 utf-16 utf-16be utf-16le utf-32 utf-32be utf-32le"
                      " utf-7 csisolatin1 latin1 cp819",
    "Zażółć gęślą jaźń": "iso-8859-2 windows-1250 ibm852 mac-centraleurope utf-8 latin2",
    "Ĉu vi parolas Esperanton, ĝoje": "iso-8859-3",
    "Āboli un ķirši": "iso-8859-4 iso-8859-13 windows-1257 cp775",
    "Привет с завода": "iso-8859-5 windows-1251 koi8-r koi8-u koi8-ru koi-8 ibm855 ibm866 cp1125 mac-cyrillic"
                       " mac-uk mik pt154 rk1048 koi8-t iso-ir-111",
    "مرحبا": "iso-8859-6 windows-1256",
    "Καλημέρα": "iso-8859-7 windows-1253 cp737 ibm869 greek",
    "שלום": "iso-8859-8 windows-1255 ibm862 hebrew",
    "สวัสดี": "tis-620 iso-8859-11 cp874 windows-874",
    "你好，许可证": "gb2312 gbk gb18030 euc-cn iso-2022-cn iso-2022-cn-ext cp936",
    "你好，許可證": "big5 big5-hkscs euc-tw",
    "こんにちは世界": "shift_jis cp932 ibm943 euc-jp eucjp-ms iso-2022-jp iso-2022-jp-2"
                      " iso-2022-jp-3 euc-jisx0213 shift_jisx0213 sjis",
    "안녕하세요": "euc-kr uhc johab iso-2022-kr cp949",
    "Tiếng Việt": "viscii tcvn",
    "Հայերեն": "armscii-8",
    "გამარჯობა": "georgian-ps georgian-academy",
    "வணக்கம்": "tscii",
    "Ísland": "mac-is",
    "Çok güzel ığdır": "ibm857",
    "Ação, está": "ibm860",
    "Déjà là, ça va": "ibm863",
    "ﺳﻼﻡ": "ibm864",
}

# What the C library or (in a subject) GMime knows by another name alone.
ALIASES = {"ks_c_5601-1987": "uhc", "x-gbk": "gbk", "csbig5": "big5", "gb_2312-80": "gb2312",
           "iso-8859-8-i": "iso-8859-8", "x-mac-roman": "macintosh", "windows-932": "cp932",
           "x-sjis": "shift_jis", "windows-31j": "cp932", "iso_6937": "t.61", "x-euc-jp": "euc-jp", "unicode-1-1-utf-7": "utf-7"}


class Charsets(Sender):
    """glibc loads a converter from a file when it is first asked for: a confined process cannot."""

    def encoded(self, text, charset):
        done = subprocess.run(["iconv", "-f", "utf-8", "-t", charset], input=text.encode(),
                              capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, f"{charset}: {done.stderr.decode()}")
        return done.stdout

    def mail(self, text, charset, number, called=None):
        """One whose body, subject and code are in that character set; its body may be called so."""
        body = base64.encodebytes(self.encoded(f"{text}\n\n{self.code().decode()}\n", charset))
        subject = base64.b64encode(self.encoded(text, charset))
        head = dated_mail(ANA, "", number).replace(
            b"Subject: Offline activation", b"Subject: =?" + charset.encode() + b"?b?" + subject + b"?=")
        return (head.rstrip(b"\n") + b"\nMIME-Version: 1.0\nContent-Type: text/plain; charset="
                + (called or charset).encode() + b"\nContent-Transfer-Encoding: base64\n\n" + body)

    def test_each_is_read_by_a_confined_parser(self):
        wanted = [(text, charset, charset) for text, names in CHARSETS.items() for charset in names.split()]
        wanted += [(text, charset, called) for called, charset in ALIASES.items()
                   for text, names in CHARSETS.items() if charset in names.split()]
        self.license = self.house.sell("LIC-9", activations=200, servers=200, contact=ANA)
        path = write(self.house.path("in.mbox"), mbox(
            [self.mail(*one[:2], 100 + n, one[2]) for n, one in enumerate(wanted)]))
        found = self.house.ingest(path)
        self.assertEqual(len(found), len(wanted))
        rows = dict((n, rest) for n, *rest in self.house.query(
            "select split_part(source, '#', 2)::int, subject, body from message"))
        for n, ((text, _, called), one) in enumerate(zip(wanted, found), 1):
            with self.subTest(called):
                self.assertEqual([d["outcome"] for d in one["decisions"]], ["issued"])
                subject, body = rows[n]
                self.assertEqual(subject, text)
                self.assertEqual(body.split("\n")[0].rstrip("\r"), text)

    def test_one_that_is_not_supported_costs_nothing(self):
        """It is read as if it bore no label, though the C library has a file for it."""
        mails = [self.good().replace(b"\n\n", b"\nContent-Type: text/plain; charset=" + name + b"\n\n", 1)
                 for name in (b"ibm037", b"inis", b"x-unheard-of")]
        found = self.house.ingest(write(self.house.path("in.mbox"), mbox(mails)))
        self.assertEqual([d["outcome"] for one in found for d in one["decisions"]], ["issued"] * 3)


class Confined(Sender):
    def setUp(self):
        super().setUp()
        self.house.environment["ISSUER_PARSERS"] = "1"

    def slow_mails(self, count=3, size=900_000):
        """A mailbox whose mails take their time."""
        words = "".join(f"This is line {n} of a long letter.\n" for n in range(size // 34))
        return write(self.house.path("slow.mbox"), mbox(
            [dated_mail(ANA, words, 7000 + n) for n in range(count)]))

    def start(self, program, *words, **options):
        return subprocess.Popen([program, *words], env=self.house.environment, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)

    def inspect_while(self, program, deed, path):
        """What `inspect` says of the mails while that befalls the first two parsers."""
        running = self.start(program, "inspect", "--json", path)
        hunt = Hunt(running, deed, 2)
        output, errors = running.communicate(timeout=300)
        hunt.join()
        self.assertEqual((running.returncode, errors.decode(), len(hunt.hit)), (1, "", 2))
        return [json.loads(line) for line in output.splitlines()]

    def one_lost(self, found, what):
        self.assertEqual([one["class"] for one in found], ["quarantined", "unrecognised", "unrecognised"])
        self.assertRegex(found[0]["why"], f"slow.mbox#1: its parser {what}; open it by hand$")

    # ---- what they may ----

    @staticmethod
    def status(pid):
        with open(f"/proc/{pid}/status", encoding="ascii") as stream:
            return dict(line.rstrip("\n").split(":\t", 1) for line in stream if ":\t" in line)

    def look_at_parser(self, program):
        """A parser's status and descriptors, once it is confined."""
        running = self.start(program, "inspect", self.slow_mails(count=40))
        try:
            for _ in range(20000):
                for pid in parsers(running.pid):
                    if self.status(pid)["Seccomp"] == "2":
                        return self.status(pid), sorted(map(int, os.listdir(f"/proc/{pid}/fd")))
                time.sleep(0.001)
            raise AssertionError("no confined parser is seen")
        finally:
            running.kill()
            running.communicate()

    def test_a_parser_has_its_socket_and_a_filter(self):
        for program in PROGRAMS:
            with self.subTest(program):
                status, own = self.look_at_parser(program)
                self.assertEqual((status["Seccomp"], status["NoNewPrivs"], status["Threads"]),
                                 ("2", "1", "1"))
                self.assertEqual(own, [0, 1, 2, 3])

    def without_filters(self):
        """Run in the child: a kernel that knows no seccomp()."""
        code = b"".join(struct.pack("HBBI", *line) for line in (
            (0x20, 0, 0, 0),              # load the number of the system call
            (0x15, 0, 1, 317),            # seccomp
            (0x06, 0, 0, 0x00050000 | 38),  # is answered with ENOSYS,
            (0x06, 0, 0, 0x7fff0000)))    # all others are let through
        buffer = ctypes.create_string_buffer(code, len(code))
        program = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", 4, ctypes.addressof(buffer)))
        LIBC.prctl(38, 1, 0, 0, 0)
        LIBC.prctl(22, 2, program, 0, 0)

    @ON_X86_64
    def test_a_kernel_that_cannot_confine_reads_no_mail(self):
        path = write(self.house.path("one.eml"), self.good())
        for program in PROGRAMS:
            for command in ("inspect", "ingest"):
                with self.subTest(f"{program} {command}"):
                    running = self.start(program, command, path, preexec_fn=self.without_filters)
                    output, errors = running.communicate(timeout=60)
                    self.assertEqual((running.returncode, output), (1, b""))
                    self.assertEqual(errors.count(b"\n"), 1)
                    self.assertIn(b"no mail is read: this kernel has no seccomp filters", errors)
        self.assertEqual(self.messages(), 0)

    # ---- what ends them ----

    def call_socket(self, pid):
        """Has the process call socket() once it is confined, as code that a mail had smuggled in might."""
        while self.status(pid)["Seccomp"] != "2":
            time.sleep(0.001)
        with open(f"/proc/{pid}/maps", encoding="utf-8") as stream:
            line = next(line for line in stream if "r-xp" in line and "/libc.so" in line)
        first, last = (int(word, 16) for word in line.split()[0].split("-"))
        with open(f"/proc/{pid}/mem", "rb") as memory:
            memory.seek(first)
            instruction = first + memory.read(last - first).index(b"\x0f\x05\x48\x3d")  # and a comparison, so it is one
        registers = (ctypes.c_ulonglong * 27)()
        trace = LIBC.ptrace
        trace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
        self.assertEqual(trace(16, pid, None, None), 0)  # attach
        os.waitpid(pid, 0x40000000)
        trace(12, pid, None, registers)
        registers[10], registers[15], registers[16] = 41, (1 << 64) - 1, instruction  # rax, orig_rax, rip
        registers[14], registers[13], registers[12] = 2, 1, 0  # rdi, rsi, rdx
        trace(13, pid, None, registers)
        trace(17, pid, None, None)  # detach

    @ON_X86_64
    def test_a_forbidden_call_is_named(self):
        for program in PROGRAMS:
            with self.subTest(program):
                found = self.inspect_while(program, self.call_socket, self.slow_mails())
                self.one_lost(found, r"made a forbidden system call \(socket\)")

    @staticmethod
    def take_memory(pid):
        """Leaves the process no more than it has."""
        with open(f"/proc/{pid}/statm", encoding="ascii") as stream:
            size = int(stream.read().split()[0]) * resource.getpagesize()
        resource.prlimit(pid, resource.RLIMIT_AS, (size, size))

    def test_memory_that_runs_out_is_named(self):
        if RELEASE == ISSUER and "libasan" in subprocess.run(["ldd", ISSUER], capture_output=True, text=True,
                                                             check=True).stdout:
            return  # sanitizers have their own memory; tests/run has a program without them
        found = self.inspect_while(RELEASE, self.take_memory, self.slow_mails())
        self.one_lost(found, "needed more than 512 MiB of memory")


if __name__ == "__main__":
    main()
