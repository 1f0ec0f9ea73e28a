"""Hostile mail of any amount from a seed: nesting, bombs, real mails with random bytes within their structure,
and good requests among them at places that are known."""
import base64
import bz2
import collections
import functools
import gzip
import io
import lzma
import os
import re
import sys
import tarfile
import zipfile

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path += [os.path.join(TESTS, "mailcases"), os.path.join(TESTS, "bench")]
import cases  # noqa: E402
import hostile as fillings  # noqa: E402 (of the bench: what a search might read again and again)
import outlook  # noqa: E402
import packings  # noqa: E402
from memory import PeakSampler  # noqa: E402,F401 (for flood.py)

KIB, MIB = 1 << 10, 1 << 20
SEPARATOR = b"From ana@northwind.example Thu Oct  8 09:30:00 2026\n"
ZEROS = re.compile(rb"\0{60,}")  # 64 of them are a hole in the mailbox, which ends a mail
# What a mailbox's separator is known by: a header behind it, though lines before its first empty one may be damaged.
FIELD = re.compile(rb"(>From .*\n)*([!-9;-~]+[ \t]*:"
                   rb"|(?i:((?!\r?\n).*\n)*(From|To|Date|Subject|Message-ID|Received|Return-Path):))")
CHARSETS = ("utf-8", "utf-16", "utf-16-be", "utf-32", "utf-7", "latin-1", "cp1252", "koi8-r", "shift_jis", "big5",
            "iso2022_jp", "iso2022_kr", "euc_jp", "gb18030", "hz", "cp037", "cp1140", "mac_roman")
LABELS = (*CHARSETS, "us-ascii", "unknown-8bit", "x-user-defined", "utf8mb4", "", "a" * 300, "utf-8'en'")
ENCODINGS = ("7bit", "8bit", "binary", "base64", "quoted-printable", "x-uuencode", "x-yenc", "BASE64 ", "none", "")
WORDS = ("Good morning, the pump of hall 7 stands still.\nJo napot kivanok, a szerver elromlott.\n"
         "Dobry den, server je rozbity \u2013 \u0159e\u0161te to pros\u00edm.\n"
         "\u304a\u306f\u3088\u3046\u3054\u3056\u3044\u307e\u3059\u3002\n\u0414\u043e\u0431\u0440\u044b\u0439 "
         "\u0434\u0435\u043d\u044c!\n")

# One mail in the mailbox: `pieces` is as how many it must be told, `good` whether its code must be answered.
Mail = collections.namedtuple("Mail", "kind data pieces good")


@functools.cache
def real_mails():
    """Mails as real software writes and damages them."""
    files = [data for _, make, *_ in cases.CASES for name, data in make().items() if name.endswith(".eml")]
    return [data for data in files if b":" in data[:200]]


@functools.cache
def outlooks_files():
    """Small files of Outlook's, whole."""
    text = "Hello,\n" + cases.A.text
    rtf = outlook.compressed(outlook.rich_html(text))
    file = [(outlook.FILE_NAME, outlook.UNICODE, "code.txt"), (outlook.FILE_DATA, outlook.BINARY, text.encode())]
    properties = [(outlook.CLASS, outlook.UNICODE, "IPM.Note"), (outlook.BODY, outlook.UNICODE, text),
                  (outlook.RTF, outlook.BINARY, rtf)]
    inner = cases.mail(text)
    return {"winmail.dat": outlook.winmail([("a.txt", text.encode())], outlook.rich_text(text)),
            "mail.msg": outlook.msg(properties, [file, file]), "text.rtf": outlook.rich_text(text),
            "smime.p7m": packings.cms_signed(inner), "long.p7m": packings.cms_signed_in_pieces(inner, 20),
            "sealed.p7m": packings.cms_signed(inner, kind=3), "part.zip": packings.zipped({"a.txt": text.encode()})}


def compressed_zeros(size):
    """The same zeros, packed by all that packs."""
    zeros = bytes(size)
    return {"a.zip": packings.zipped({"a.txt": zeros}), "a.gz": gzip.compress(zeros, mtime=0),
            "a.bz2": bz2.compress(zeros), "a.xz": lzma.compress(zeros),
            "a.tgz": gzip.compress(packings.tarred({"a.txt": zeros}), mtime=0)}


def zip_of_many(count):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(count):
            archive.writestr(zipfile.ZipInfo(f"{number}"), b"x")
    return out.getvalue()


def tar_that_boasts():
    """A tar that says its file has 8 GiB."""
    entry = tarfile.TarInfo("a.txt")
    entry.size = 8 << 30
    return entry.tobuf() + b"hello" * 200


@functools.cache
def bombs():
    """Archives that become far more than they are, within what may be unpacked and beyond it."""
    found = [*compressed_zeros(1 * MIB).items(), *compressed_zeros(100 * MIB).items()]
    deep = b"hello\n" + cases.A.text.encode()
    for level in range(12):
        deep = packings.zipped({f"{level}.zip": deep})
        if level in (2, 7, 11):
            found.append(("deep.zip", deep))
    wide = packings.zipped({"a.txt": bytes(20 * MIB)})
    wide = packings.zipped({f"{number}.zip": wide for number in range(16)})
    found += [("wide.zip", wide), ("wider.zip", packings.zipped({f"{n}.zip": wide for n in range(16)})),
              ("many.zip", zip_of_many(300)), ("more.zip", zip_of_many(9000)), ("boast.tar", tar_that_boasts()),
              ("twice.gz", gzip.compress(gzip.compress(bytes(200 * MIB), mtime=0), mtime=0))]
    return found


def quoted(data):
    """As it stands in a mailbox."""
    return re.sub(rb"(?m)^(>*From )", rb">\1", data)


def header(size, dice):
    """A header of about so many bytes."""
    return dice.choice((
        lambda: b"X: y\n" * (size // 5), lambda: b"X: y\n" + b" y\n" * (size // 3),
        lambda: b"X: " + b"y" * size + b"\n", lambda: b"Cc: " + b"a@b.example, " * (size // 13) + b"c@d.example\n",
        lambda: b"Content-Type: text/plain" + b"; a*1=b" * (size // 7) + b"\n",
        lambda: b"Subject: " + b"=?utf-8?q?a?= " * (size // 14) + b"\n",
        lambda: b"Received: " + b"(" * size + b"\n", lambda: b"Resent-Date: " + b"1 " * (size // 2) + b"\n",
        lambda: b"References:" + b" <a@b.example>" * (size // 14) + b"\n",
        lambda: b"X" * size + b": y\n", lambda: dice.randbytes(size).replace(b"\n", b"") + b"\n"))()


class Flood:
    """A source of mails. `dice` is a source of chance, `code()` gives a new armored request that must be issued
    if it comes from the address `contact`; `partner` is a contact too, whose mails may come out as they like."""

    def __init__(self, dice, code, contact, partner):
        self.dice, self.code, self.contact, self.partner, self.made = dice, code, contact, partner, 0

    # ---- pieces of mails ----

    def number(self):
        """Header lines by which a mail is one of its own, though one of them is damaged."""
        self.made += 1
        hour, minute, second = self.made // 3600 % 24, self.made // 60 % 60, self.made % 60
        return (f"Message-ID: <{self.made}@flood.example>\n"
                f"Date: Thu, 08 Oct 2026 {hour:02d}:{minute:02d}:{second:02d} +0000\n").encode()

    def headed(self, body, *fields, sender=None):
        """A mail with these further header lines."""
        number = self.number()
        who = sender or self.dice.choice((self.partner, f"zoe{self.made % 1000}@stranger.example", "zoe@stranger.example"))
        rows = f"From: {who}\nTo: licenses@vendor.example\nSubject: Offline activation\n".encode()
        return rows + number + b"".join(field + b"\n" for field in fields) + b"\n" + body

    def mixed(self, *parts, boundary=b"cut", subtype=b"mixed", close=True, sender=None, fields=()):
        body = b"".join(b"--" + boundary + b"\n" + part + b"\n" for part in parts)
        kind = b"Content-Type: multipart/" + subtype + b'; boundary="' + boundary + b'"'
        return self.headed(body + (b"--" + boundary + b"--\n" if close else b""), b"MIME-Version: 1.0", kind, *fields,
                           sender=sender)

    def attached(self, name, data):
        """A part with a file; now and then it is labelled as something else."""
        label = self.dice.choice(("application/octet-stream", "text/plain", "application/zip", "image/png", "x", ""))
        return (f'Content-Type: {label}; name="{name}"\nContent-Transfer-Encoding: base64\n\n'.encode()
                + base64.encodebytes(data))

    def size(self, least, most):
        """Sizes of all magnitudes alike."""
        return int(least * (most / least) ** self.dice.random())

    def spliced(self, data):
        """The same with random bytes in it, and parts of it lost, doubled, moved."""
        data, dice = bytearray(data), self.dice
        for _ in range(self.size(1, 40)):
            at = dice.randrange(len(data) + 1)
            run = self.size(1, 200)
            match dice.randrange(6):
                case 0:
                    data[at:at + run] = dice.randbytes(min(run, len(data) - at))
                case 1:
                    data[at:at] = dice.randbytes(run)
                case 2:
                    del data[at:at + run]
                case 3:
                    data[at:at] = data[at:at + run] * dice.randrange(1, 4)
                case 4:
                    data[at:at] = data[-run:]
                case _ if at < len(data):
                    data[at] ^= 1 << dice.randrange(8)
        return bytes(data)

    # ---- kinds of hostile mails ----

    def real_mail_with_random_bytes(self):
        return self.spliced(self.numbered(self.dice.choice(real_mails())))

    def begins_as_mail(self, make):
        """What `make` makes, once more if nothing of its header is left: that is the text of the mail before it."""
        while not FIELD.match(quoted(data := make(self)), 0, 3 * KIB):
            pass
        return data

    def numbered(self, data):
        """A real mail as one of its own."""
        head, empty, body = data.partition(b"\n\n")
        return self.number() + re.sub(rb"(?im)^(Message-ID|Date):.*\n", b"", head) + empty + body

    def real_mail_cut_off(self):
        data = self.numbered(self.dice.choice(real_mails()))
        return data[:self.dice.randrange(100, len(data))]

    def two_real_mails_in_one(self):
        one, other = (self.numbered(self.dice.choice(real_mails())) for _ in range(2))
        return one[:self.dice.randrange(100, len(one))] + other[self.dice.randrange(len(other)):]

    def request_with_random_bytes(self):
        return self.spliced(self.headed(self.code(), sender=self.partner))

    def nested_parts(self):
        depth = self.size(1, 3000)
        opened = b"".join(b'--b%d\nContent-Type: multipart/%s; boundary="b%d"\n\n'
                          % (n, self.dice.choice((b"mixed", b"alternative", b"signed", b"digest")), n + 1)
                          for n in range(depth))
        closed = b"".join(b"--b%d--\n" % n for n in reversed(range(depth))) if self.dice.random() < 0.5 else b""
        return self.headed(opened + b"--b%d\n\n" % depth + self.code() + closed, b"MIME-Version: 1.0",
                           b'Content-Type: multipart/mixed; boundary="b0"')

    def nested_mails(self):
        inner = self.code()
        for _ in range(self.size(1, 200)):
            inner = b"Content-Type: message/rfc822\n\nFrom: a@b.example\nSubject: x\n" + inner
        return self.headed(inner, b"Content-Type: message/rfc822")

    def thousands_of_parts(self):
        part = self.dice.choice((b"\npart", b"", b"Content-Type: text/html\n\n<p>x", b"\n" + b"=" * 60))
        return self.mixed(*[part] * self.size(10, 5000), b"\n" + self.code(), close=self.dice.random() < 0.5)

    def odd_boundaries(self):
        boundary = self.dice.choice((b"", b"-", b"--", b"cut", b"a" * 300, b" ", b"c\\\"ut", b"\xff\xfe"))
        inner = b"Content-Type: multipart/mixed; boundary=" + boundary + b"x\n\n--" + boundary + b"x\n\n" + self.code()
        return self.mixed(b"\n--" + boundary, inner, b"--\n", boundary=boundary, close=self.dice.random() < 0.5)

    def bomb(self):
        name, data = self.dice.choice(bombs())
        return self.mixed(b"\nhello", self.attached(name, data))

    def outlooks_file_with_random_bytes(self):
        name, data = self.dice.choice(list(outlooks_files().items()))
        return self.mixed(b"\nhello", self.attached(name, self.spliced(data)))

    def huge_header(self):
        fields = [header(self.size(100, 300 * KIB), self.dice).rstrip(b"\n") for _ in range(self.dice.randrange(1, 4))]
        return self.headed(self.code(), *fields)

    def mixed_charsets(self):
        parts = []
        for _ in range(self.dice.randrange(1, 8)):
            text = "".join(self.dice.choices(WORDS, k=200)) + self.code().decode()
            data = text.encode(self.dice.choice(CHARSETS), "replace")
            if self.dice.random() < 0.5:  # it changes on the way
                data += text.encode(self.dice.choice(CHARSETS), "replace")
            head = (f"Content-Type: text/{self.dice.choice(('plain', 'html', 'rtf', 'calendar'))}; "
                    f"charset={self.dice.choice(LABELS)}\n").encode()
            if self.dice.random() < 0.5:
                head, data = head + b"Content-Transfer-Encoding: base64\n", base64.encodebytes(data)
            parts.append(head + b"\n" + data)
        return self.mixed(*parts, subtype=b"alternative")

    def broken_encodings(self):
        code = self.code() * self.dice.randrange(1, 20)
        data = self.dice.choice((base64.encodebytes(code), code.replace(b"=", b"=3D"),
                                 packings.uuencoded(code).encode(), base64.b64encode(base64.b64encode(code)),
                                 code.replace(b"\n", b"=\n"), b"=ybegin line=128 size=9 name=a\n" + code))
        head = f"Content-Type: text/plain\nContent-Transfer-Encoding: {self.dice.choice(ENCODINGS)}\n\n".encode()
        return self.mixed(head + self.spliced(data), head + data)

    def filling(self, most=256 * KIB):
        """One thing again and again, as text, as a page, encoded."""
        one = fillings.mail(self.dice.choice(list(fillings.KINDS)), self.dice.choice(list(fillings.FORMS)),
                            self.size(KIB, most))
        return self.numbered(one)

    def large_filling(self):
        return self.filling(34 * MIB)

    def random_bytes(self):
        return self.headed(self.dice.randbytes(self.size(1, 200 * KIB)))

    def line_ends_mixed(self):
        data = self.headed(self.code() * 3, sender=self.partner)
        return b"".join(line + self.dice.choice((b"\n", b"\r", b"\r\n", b"\n\r", b"\0\n")) for line in data.split(b"\n"))

    def wrong_length(self):
        return self.headed(self.code(), b"Content-Length: %d" % self.size(1, 100 * MIB))

    def zeros_within(self):
        """What a crash leaves of blocks that were not written: the rest is told apart, as nobody's."""
        return self.headed(b"hello\n" + bytes(self.size(4 * KIB, 100 * KIB)) + b"\nrest\n" + self.code())

    # ---- good requests ----

    def good(self):
        """A request that must be answered, as people send it or in company that must not harm it."""
        code = self.code()
        text = b"Content-Type: text/plain; charset=utf-8\n\n" + code
        match self.dice.randrange(7):
            case 0:
                return self.mixed(*[b"\npart"] * 900, text, sender=self.contact)
            case 1:
                return self.mixed(self.attached("code.zip", packings.zipped({"code.txt": code})), sender=self.contact)
            case 2:
                page = b"<html><body><pre>" + code + b"</pre>" + b"<b>x</b>" * 2000
                return self.mixed(b"Content-Type: text/html\n\n" + page, text, subtype=b"alternative",
                                  sender=self.contact)
            case 3:
                return self.headed(code, b"X: " + b"y" * (64 * KIB), sender=self.contact)
            case 4:
                return self.mixed(text, self.attached("log.bin", self.dice.randbytes(40 * KIB)), sender=self.contact)
            case _:
                return self.headed(b"Good morning,\n\n" + code + b"\nAna\n", sender=self.contact)

    # ---- all of them ----

    KINDS = {real_mail_with_random_bytes: 30, real_mail_cut_off: 8, two_real_mails_in_one: 8,
             request_with_random_bytes: 8, nested_parts: 2, nested_mails: 3, thousands_of_parts: 2, odd_boundaries: 4,
             bomb: 1, outlooks_file_with_random_bytes: 10, huge_header: 2, mixed_charsets: 6, broken_encodings: 6,
             filling: 6, random_bytes: 4, line_ends_mixed: 4, wrong_length: 2, zeros_within: 1}

    def mails(self, size, every):
        """Mails of `size` bytes together, and a good request at every so many; the last one is good."""
        kinds, weights = [*Flood.KINDS, Flood.large_filling], [*Flood.KINDS.values(), size / (4 << 30)]
        number = 0
        while size > 0:
            number += 1
            if number % every == 0:
                one = Mail("good", self.good(), 1, True)
            else:
                make = self.dice.choices(kinds, weights)[0]
                hole = make is Flood.zeros_within
                data = self.begins_as_mail(make)
                one = Mail(make.__name__, data if hole else ZEROS.sub(bytes(59), data), 1 + hole, False)
            size -= len(one.data)
            yield one
        yield Mail("good", self.good(), 1, True)


def write(stream, mails):
    """Writes them as a mailbox, one after the other; gives kind and goodness of each that must be told."""
    told = []
    for one in mails:
        stream.write(SEPARATOR + quoted(one.data) + b"\n\n")
        told += [(one.kind, one.good)] * one.pieces
    return told
