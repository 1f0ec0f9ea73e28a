#!/usr/bin/python3
"""Random chains of what mail software does to a code: where each line of it is still there, in one copy or another,
the code is found; where a line is missing in all, damage is told; never is another code found.

  property.py DUMP_MAIL [COUNT [SEED]]

Reads COUNT mails (2000) in one run. The seed of a failure is printed with it: COUNT and SEED make the same mails.
A line is told by 20 bits, so among tens of thousands of mails one is told wrong by chance, and its sender is asked for
the file; more than one in a thousand is a fault, and so is a single code that nobody wrote."""
import html
import json
import os
import random
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from codes import Code  # noqa: E402

OWN = "licenses@vendor.test"
INVENTED = "a code was found that nobody wrote"
RARE = 1000  # one in so many may be told wrong
WORDS = ("please", "the plant stands still since Monday", "Grüße aus Łódź", "see below:", "Best regards",
         "order 4711-22", "on 3 Nov 2026 at 10:15 Ana wrote", "thank you", "Tel. +49 30 901820")


# ---- what happens to lines, each keeping every symbol ---------------------------------------------

def quoted(lines, rng):
    mark = rng.choice(("> ", ">", "| ", ">> ", "> > ", " : "))
    return [mark + line for line in lines]


def indented(lines, rng):
    return [rng.choice(("  ", "\t", "      ")) + line + rng.choice(("", "  ", "\t")) for line in lines]


def lower_case(lines, _):
    return [line.lower() for line in lines]


def doubled_breaks(lines, _):
    return [piece for line in lines for piece in (line, "")]


def grouped(lines, rng):
    size, between = rng.choice((4, 5, 8)), rng.choice((" ", "-", ".", "\u00a0", "\u2011"))
    return [between.join(re.findall(f".{{1,{size}}}", line)) for line in lines]


def soft_hyphens(lines, rng):
    size = rng.choice((7, 12, 30))
    return [rng.choice("\u00ad\u200b").join(re.findall(f".{{1,{size}}}", line)) for line in lines]


def wrapped(lines, rng):
    width = rng.choice((38, 48, 58, 72))
    return [piece for line in lines for piece in re.findall(f".{{1,{width}}}", line) or [""]]


def run_together(lines, rng):
    return [rng.choice((" ", "  ", "\t")).join(lines)]


def starred(lines, rng):
    mark = rng.choice(("**", "_", "`", '"'))
    return [mark + line + mark for line in lines]


def numbered(lines, rng):
    form = rng.choice(("{:2d}: {}", "{}. {}", "({}) {}", "{:3d}  {}"))
    return [form.format(number + 1, line) for number, line in enumerate(lines)]


def text_between(lines, rng):
    at = rng.randrange(len(lines) + 1)
    return lines[:at] + ["", rng.choice(WORDS), ""] + lines[at:]


# Numbers or words before a line are told from its symbols by where lines begin, so they come last.
EARLY = (lower_case, grouped, soft_hyphens, doubled_breaks, indented, starred)
BREAKS = (wrapped, run_together, None, None)
LATE = (quoted, indented, doubled_breaks, quoted)


def mangled(lines, rng):
    """The lines after a chain of manglings, and the chain's names."""
    chain = rng.sample(EARLY, rng.randrange(3))
    breaks = rng.choice(BREAKS)
    if breaks is not None:
        chain.append(breaks)
    elif rng.random() < 0.3:
        chain.append(rng.choice((numbered, text_between)))
    chain += rng.choices(LATE, k=rng.randrange(3))
    for change in chain:
        lines = change(lines, rng)
    return lines, [change.__name__ for change in chain]


# ---- copies and mails ----------------------------------------------------------------------------

def without(data, missing):
    return [line for number, line in enumerate(data) if number not in missing]


def titled(code, data, rng):
    return [code.lines[0], *data, code.lines[-1]] if rng.random() < 0.7 else list(data)


def tagged(line, rng):
    """The line as HTML, with tags within it."""
    at = sorted(rng.choices(range(len(line) + 1), k=rng.randrange(4)))
    pieces = [line[a:b] for a, b in zip([0, *at], [*at, len(line)])]
    return rng.choice(("<wbr>", "<b></b>", "<!-- 1Z -->", "</span><span>")).join(map(html.escape, pieces))


def as_html(lines, rng):
    cells = [tagged(line, rng) for line in lines]
    form = rng.choice(("br", "p", "tr"))
    if form == "br":
        body = "<br>\n".join(cells)
    elif form == "p":
        body = "".join(f"<p class=x>{cell}</p>" for cell in cells)
    else:
        body = "<table>" + "".join(f"<tr><td>{cell}</td></tr>" for cell in cells) + "</table>"
    return f"<html><body>{body}</body></html>\n"


def part(lines, rng):
    """One copy as a part of a mail: bytes with its headers."""
    if rng.random() < 0.3:
        kind, text = "html", as_html(lines, rng)
    else:
        kind, text = "plain", "\n".join(lines) + "\n"
    return (f"Content-Type: text/{kind}; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n"
            f"{text}").encode()


class Case:
    """A mail with one code in one to three copies, and what must come of it."""

    def __init__(self, number, rng):
        self.code = Code(f"server {number}", text=rng.randbytes(rng.randrange(100, 400)).hex())
        data = self.code.data
        copies = rng.choice((1, 1, 2, 3))
        lost = [set(rng.sample(range(1, len(data)), rng.choice((0, 0, 1, 2)))) for _ in range(copies)]
        self.whole = not set.intersection(*lost)
        self.chains, parts = [], []
        for missing in lost:
            lines, chain = mangled(titled(self.code, without(data, missing), rng), rng)
            self.chains.append((sorted(missing), chain))
            parts.append(part([rng.choice(WORDS), "", *lines, "", rng.choice(WORDS)], rng))
        self.mail = self._mail(number, parts)

    @staticmethod
    def _mail(number, parts):
        head = (f"From: Ines <ines@pumphouse.example.com>\nTo: {OWN}\nSubject: request\n"
                f"Date: Thu, 05 Nov 2026 09:30:00 +0000\nMessage-ID: <{number}@pumphouse.example.com>\n"
                'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="cut-here"\n\n').encode()
        return head + b"".join(b"--cut-here\n" + one + b"\n" for one in parts) + b"--cut-here--\n"

    def fault(self, tokens):
        """None, or what is wrong with the tokens that were found."""
        intact = [token["jws"] for token in tokens if token["jws"]]
        damaged = len(tokens) - len(intact)
        if any(jws != self.code.jws for jws in intact):
            return INVENTED
        if self.whole and (len(intact), damaged) != (1, 0):
            return f"whole, but {len(intact)} intact and {damaged} damaged were found"
        if not self.whole and (len(intact), damaged) != (0, 1):
            return f"damaged, but {len(intact)} intact and {damaged} damaged were found"
        return None


def read(program, cases):
    separator = b"From ines@pumphouse.example.com Thu Nov  5 09:30:00 2026\n"
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "in.mbox")
        with open(path, "wb") as stream:
            stream.writelines(separator + case.mail + b"\n" for case in cases)
        run = subprocess.run([program, "-o", OWN, path], stdout=subprocess.PIPE, check=True)
    return [json.loads(line)["tokens"] for line in run.stdout.splitlines()]


def main():
    program = sys.argv[1]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 2000
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.randrange(1 << 32)
    rng = random.Random(seed)
    cases = [Case(number, rng) for number in range(count)]
    found = read(program, cases)
    if len(found) != count:
        print(f"{len(found)} mails were read instead of {count} (seed {seed})")
        return 1
    failed = invented = 0
    for number, (case, tokens) in enumerate(zip(cases, found)):
        fault = case.fault(tokens)
        if fault:
            failed += 1
            invented += fault == INVENTED
            print(f"mail {number}: {fault}; copies, each its missing lines and its chain: {case.chains}")
    print(f"{count} mails of random manglings, {failed} not as expected (seed {seed})")
    return 1 if invented or failed * RARE > count else 0


if __name__ == "__main__":
    sys.exit(main())
