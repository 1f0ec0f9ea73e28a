#!/usr/bin/python3
"""What hostile mails cost: each kind of filling in each form, by the CPU time of parsing alone.

  hostile.py PARSE_COST [--size MIB] [--most SECONDS] [KIND/FORM…]    a table; exit 1 past SECONDS of one mail
  hostile.py PARSE_COST --linear KIB [KIND/FORM…]                     exit 1 where twice the size costs over 3 times

A kind is a filling that some step of the search might read again and again; a form is how it stands in the mail."""
import argparse
import base64
import os
import random
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "mailcases"))
from codes import Code  # noqa: E402
from written_out import hexdump  # noqa: E402

RATIO = 3  # twice the size may cost so many times as much
ROUNDS = 3
TRIES = 3
CODE = Code("hostile", text="0123456789" * 90)
OTHER = Code("other", text="9876543210" * 90)
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def lines(text, width=76):
    return "\n".join(text[i:i + width] for i in range(0, len(text), width))


def rewritten(code, symbol):
    """The code's lines, one symbol in each of another value: each line is looked for and never fits."""
    return "\n".join(line[:30] + symbol + line[31:] if number else line
                     for number, line in enumerate(code.data))


KINDS = {
    "prose": "The pump of hall 7 has stood still since Monday, 3 Nov 2026 at 10:15.\n",
    "start-words": "CHARQ1",
    "start-lines": "CHARQ1\n",
    "one-first-line": CODE.data[0] + "\n",
    "first-line-joined": CODE.data[0],
    "cut-code": "\n".join(CODE.lines[:5]) + "\n",
    "wrong-lines": rewritten(CODE, "Z") + "\n",
    "two-codes-mixed": "\n".join(a + "\n" + b for a, b in zip(CODE.data[:9], OTHER.data[:9])) + "\n",
    "titles": "===== CHARIOT USAGE REQUEST =====\n",
    "titles-joined": "CHARIOT USAGE REQUEST ",
    "letters-c": "C",
    "digits": "0123456789",
    "symbols": lines("0123456789ABCDEFGHJKMNPQRSTVWXYZ" * 32, 60) + "\n",
    "words": "7A 9 B2 C 1Z ",
    "marks": ">",
    "marks-apart": "> ",
    "nested-quotes": "".join(">" * depth + " CHARQ1\n" for depth in range(1, 60)),
    "names": "".join(f"Ana Kovac{n}> 7QZ1\n" for n in range(10)),
    "names-joined": "Ana> 7QZ1 ",
    "numbers": "".join(f"{n:5d}) 7QZ1\n" for n in range(1, 400)),
    "numbers-joined": "12) [3] 4. ",
    "tags": "<b>",
    "tags-closed": "<b>7</b>",
    "divs": "<div>",
    "less-than": "<",
    "hidden": "<p style='display:none;font-size:0'>7",
    "style-sheets": "<style>.a,.b{display:none}</style>",
    "comments": "<!--",
    "entities": "&#67;&#72",
    "ampersands": "&",
    "equals": "=",
    "escapes": "=3D=\n",
    "base64": lines((LETTERS * 19)[:76 * 16]) + "\n",
    "base64-joined": LETTERS,
    "one-line": "x",
    "blank-lines": "\n",
    "blanks": " ",
    "zero-bytes": "\0",
    "soft-hyphens": "\u00ad",
    "compact": "eyJhbGciOiJFZERTQSJ9.",
    "compact-joined": "eyJ",
    "compact-dots": "eyJhbGciOiJFZERTQSJ9" * 6 + ".x ",
    "dots": ".",
    "urls": "https://a.example/eyJhbGci",
    "keys": "84G7Z-WYRD6-",
    "begin": "begin 644\n",
    "begin-files": "begin 644 a\n#0V%T\n",
    "begin-long": "begin 644 a\n" + "M" + "0V%T" * 15 + "\n",
    "begin-joined": "begin ",
    "pgp": "-----BEGIN PGP SIGNED MESSAGE-----\n",
    "dashes": "--x\nContent-Type: text/plain\n\n7\n",
    "headers": "Content-Type: text/plain\n",
    "separators": "From ana@example.com Thu Nov  5 09:30:00 2026\n",
    "mails": "From: a@b.example\nMessage-ID: <1@b.example>\nMIME-Version: 1.0\n\n7\n",
    "fields": "a:\n",
    "fields-received": "Received: from a.example by b.example with ESMTP id 1; Thu, 5 Nov 2026 09:30:00 +0000\n",
    "fields-results": "Authentication-Results: mx.example; dkim=pass header.d=a.example; spf=pass\n",
    "fields-words": "To: =?utf-8?Q?=41?= <a@b.example>,\n",
    "fields-calendar": "\nContent-Type: text/calendar; method=\n",
    "parameters": "a=b; ",
    "folded": " a\n",
    "dashes-alone": "--\n",
    "parts": "--x\n\n7\n",
    "parts-few": "--x\n" + "a:\n" * 10000 + "\n7\n",
    "parts-long": "--x\nContent-Type: text/html\n\n" + "<p>The pump of hall 7 &amp; 8\n" * 1100,
    "deep": "".join(f"--x{n}\nContent-Type: multipart/mixed; boundary=x{n + 1}\n\n" for n in range(5000)),
    "mails-within": "Content-Type: message/rfc822\n\n",
    "attributes": "<a x=y z='1'>",
    "attribute-names": "".join(f"<a x{n}=y>" for n in range(300000)),
    "attributes-of-one": "<a " + "".join(f"x{n}=y " for n in range(300000)),
    "unmatched": "<p><a></b>",
    "unmatched-blocks": "<b><i><p><a></b></i>",
    "one-byte-lines": "Q\n",
    "soft-breaks": "=\n",
    "encoded-words": "=?utf-8?B?QUJD?= ",
    "begin-titles": "".join(f"-----BEGIN CHARIOT USAGE REQUEST {n}-----\n" for n in range(1000)),
    "invalid-bytes": "\udcff\udcfe\udcfd",
    "random-bytes": random.Random(7).randbytes(1 << 20).decode("utf-8", "surrogateescape"),
    "dump": hexdump(("CHARQ100" * 2000).encode()),
    "dump-digits": b"CHARQ100".hex(),
    "dump-short": "0000  43 48 41 52 51 31\n",
    "dump-lines": "43484152\n",
    "base32": base64.b32encode(b"CHARQ100" * 2000).decode() + "\n",
    "ascii85": base64.a85encode(b"CHARQ100" * 2000, wrapcol=76).decode() + "\n",
    "base85": base64.b85encode(b"CHARQ100" * 2000).decode() + "\n",
    "rot13": "PUNED100 ",
    "object-members": '"protected":"eyJhbGciOiJFZERTQSJ9","payload":"e30","signature":"AA",',
    "object-braces": '{"protected":"eyJ"',
    "links-wrapped": "https://a.example/eyJhbGci\nOiJFZERTQSJ9\n",
    "links-lines": "https://a.example/?eyJ\n" + "eyJhbGci\n" * 4000,
    "escapes-terminal": "\x1b[1m7\x1b[",
    "rtf-groups": "{\\rtf1 " + "{" * 100000,
    "rtf": "{\\rtf1 \\b 7",
    "cms": base64.b64decode("MIAGCSqGSIb3DQEHAqCAMIACAQExAA==").decode("latin-1"),
    "cms-pieces": "\x30\x80\x24\x80\x04\x01a",
}


def head(*fields):
    return "\n".join(("From: Ana <ana@plant.example.com>", "To: licenses@vendor.test", "Subject: x",
                      "Date: Thu, 05 Nov 2026 09:30:00 +0000", "Message-ID: <1@plant.example.com>",
                      "MIME-Version: 1.0", *fields, "", "")).encode()


def plain(data):
    return head("Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit") + data


def page(data):
    return head("Content-Type: text/html; charset=utf-8", "Content-Transfer-Encoding: 8bit") + data


def in_header(data):
    return head()[:-1] + data + b"\n\n7\n"


def in_parts(data):
    return head('Content-Type: multipart/mixed; boundary="x"') + b"--x\n\n" + data


def encoded(data):
    return (head("Content-Type: application/octet-stream", "Content-Transfer-Encoding: base64")
            + base64.encodebytes(data))


FORMS = {"plain": (plain, 1), "html": (page, 1), "base64": (encoded, 0.74), "header": (in_header, 1),
         "parts": (in_parts, 1)}


def mail(kind, form, size):
    make, share = FORMS[form]
    filling = KINDS[kind].encode(*(("latin-1",) if kind.startswith("cms") else ("utf-8", "surrogateescape")))
    return make((filling * (int(size * share) // len(filling) + 1))[:int(size * share)])


def measured(program, asked, rounds):
    """CPU seconds of each mail; `asked` of (name, bytes)."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [os.path.join(folder, str(number)) for number in range(len(asked))]
        for path, (name, size) in zip(paths, asked):
            with open(path, "wb") as stream:
                stream.write(mail(*name.split("/"), size))
        run = subprocess.run([program, "-r", str(rounds), *paths], stdout=subprocess.PIPE, check=True, text=True)
    return [int(line.split()[0]) / 1e6 for line in run.stdout.splitlines()]


def table(program, names, options):
    """Prints what each costs; returns those that are too dear."""
    dear = []
    for name in names:
        seconds = measured(program, [(name, int(options.size * 1024 * 1024))], 1)[0]
        print(f"{name:28s} {seconds:7.3f} s", flush=True)
        if seconds > options.most:
            dear.append(name)
    return dear


def not_linear(program, names, options):
    """What costs far more than twice as much at twice the size, measured again before it is believed."""
    size = options.linear * 1024
    for _ in range(TRIES):
        costs = measured(program, [(name, size * times) for name in names for times in (1, 2)], ROUNDS)
        pairs = list(zip(names, costs[::2], costs[1::2]))
        names = [name for name, one, two in pairs if two > RATIO * one]
        if not names:
            break
        size *= 2
    for name, one, two in pairs:
        if name in names:
            print(f"{name}: {one * 1e3:.1f} ms for {size // 2048} KiB, {two * 1e3:.1f} ms for twice as much")
    return names


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--size", type=float, default=30)
    parser.add_argument("--most", type=float, default=1.0)
    parser.add_argument("--linear", type=int)
    options = parser.parse_args()
    names = options.names or [f"{kind}/{form}" for kind in KINDS for form in FORMS]
    short = (not_linear if options.linear else table)(options.program, names, options)
    print(f"{len(names)} hostile mails, {len(short)} "
          + ("not linear" if options.linear else f"over {options.most:g} s") + (": " if short else "")
          + " ".join(short))
    return 1 if short or not names else 0


if __name__ == "__main__":
    sys.exit(main())
