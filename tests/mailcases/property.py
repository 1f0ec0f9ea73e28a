#!/usr/bin/python3
"""Random chains of what mail software does to a code: where each line of it is still there, in one copy or another,
the code is found; where a line is missing or wrong in all, that line is named; never is another code found.

  property.py DUMP_MAIL [COUNT [SEED]]

Reads COUNT mails (6000) in one run. The seed of a failure is printed with it: COUNT and SEED (or SEED=… in the
environment) make the same mails. Of what failed, the steps that matter are printed: each is left out, and stays out where
it fails without it.
A line is told by 20 bits, so among tens of thousands of mails one is told wrong by chance, and its sender is asked for
the file; more than one in a thousand is a fault, and so is a single code that nobody wrote."""
import json
import os
import random
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import manglings  # noqa: E402
from codes import SYMBOLS, Code  # noqa: E402
from manglings import BREAKS, CHARSETS, EARLY, ENCODINGS, FORMS, LATE, PACKINGS, PLACED, PLAIN_ENCODINGS, WIDE  # noqa: E402

OWN = "licenses@vendor.test"
INVENTED = "a code was found that nobody wrote"
RARE = 1000  # one in so many may be told wrong
MOST_SHRUNK = 8


# ---- damage: functions of (lines of the code, rng) that give (lines, numbers of those that are not there any more) ----

def line_dropped(data, rng):
    at = rng.randrange(1, len(data))
    return data[:at] + data[at + 1:], {at}


def lines_dropped(data, rng):
    gone = set(rng.sample(range(1, len(data)), 2))
    return [line for number, line in enumerate(data) if number not in gone], gone


def end_dropped(data, rng):
    left = rng.randrange(len(data) // 2, len(data))
    return data[:left], set(range(left, len(data)))


def symbol_changed(data, rng):
    number = rng.randrange(1, len(data))
    line = data[number]
    at = rng.randrange(len(line))
    other = rng.choice([s for s in SYMBOLS if s != line[at]])
    return data[:number] + [line[:at] + other + line[at + 1:]] + data[number + 1:], {number}


def first_line_changed(data, rng):
    at = rng.randrange(6, 20)
    other = rng.choice([s for s in SYMBOLS if s != data[0][at]])
    return [data[0][:at] + other + data[0][at + 1:]] + data[1:], {0}


def no_damage(data, _):
    return list(data), set()


DAMAGE = (no_damage,) * 8 + (line_dropped, lines_dropped, end_dropped, symbol_changed, first_line_changed)


# ---- copies and mails ----------------------------------------------------------------------------

def is_wide(charset):
    return any(word in charset.__name__ for word in WIDE)


class Copy:
    """One copy of a code: a list of steps, each with a seed of its own."""

    def __init__(self, code, rng, damage=DAMAGE):
        self.code = code
        self.titled = rng.random() < 0.7
        self.seed = rng.randrange(1 << 30)
        self.damage = rng.choice(damage)
        self.steps = [(step, rng.randrange(1 << 30)) for step in self._chosen(rng)]
        # A start word with other digits is only looked for behind a title.
        self.titled = self.titled or any(step is manglings.digits_of_another_script for step, _ in self.steps)

    @staticmethod
    def _chosen(rng):
        steps = rng.sample(EARLY, rng.randrange(3))
        breaks = rng.random()
        if breaks < 0.4:
            steps.append(rng.choice(BREAKS))
        elif breaks < 0.6:
            steps.append(rng.choice(PLACED))
        elif breaks < 0.65:
            steps.append(manglings.swapped)
        steps += rng.choices(LATE, k=rng.randrange(3))
        packings = rng.choices(PACKINGS, k=rng.choice((0, 0, 0, 1, 1, 2)))
        if packings and packings[0] in manglings.HEADERLESS:
            packings[1:] = [manglings.zip_of_mail for _ in packings[1:]]
        charsets = CHARSETS
        if manglings.full_width in steps or manglings.digits_of_another_script in steps:
            charsets = manglings.ANY_LETTERS  # others do not have them, or show no pattern with them
        elif any(step in manglings.UNLABELLED for step in packings):
            charsets = manglings.SELF_EVIDENT
        form = rng.choice(FORMS)
        if form is manglings.as_other_base:
            charsets = [step for step in charsets if step in manglings.SELF_EVIDENT]  # others change its signs
        charset = rng.choice(charsets)
        encodings = ENCODINGS if is_wide(charset) else PLAIN_ENCODINGS
        return steps + [form, charset, rng.choice(encodings)] + packings

    def lines(self):
        """The lines as they are sent, and the numbers of those that are lost."""
        return self.damage(self.code.data, random.Random(self.seed))

    def part(self):
        lines, _ = self.lines()
        rng = random.Random(self.seed + 1)
        if self.titled:
            lines = [self.code.lines[0], *lines, self.code.lines[-1]]
        subtype, charset, text, part = "plain", "utf-8", None, None
        for step, seed in self.steps:
            own = random.Random(seed)
            if step in FORMS:
                lines = [rng.choice(manglings.WORDS), "", *lines, "", rng.choice(manglings.WORDS)]
                subtype, text = step(lines, own)
            elif step in CHARSETS:
                charset, text = step(text, own)
            elif step in PLAIN_ENCODINGS or step in ENCODINGS:
                encoding, body = step(text, own)
                part = manglings.Part(f"text/{subtype}; charset={charset}", encoding, body, text)
            elif step in PACKINGS:
                part = step(part, own)
            else:
                lines = step(lines, own)
        return part

    def is_wide(self):
        return any(step in CHARSETS and is_wide(step) for step, _ in self.steps)

    def simpler(self, index):
        """The steps with one of them left out, or replaced by the plainest of its kind; None: it is plain."""
        step, seed = self.steps[index]
        for kind, plainest in ((FORMS, FORMS[0]), (CHARSETS, CHARSETS[0]), (PLAIN_ENCODINGS, PLAIN_ENCODINGS[0])):
            if step in kind:
                plain = step is plainest or (kind is PLAIN_ENCODINGS and self.is_wide())
                return None if plain else [*self.steps[:index], (plainest, seed), *self.steps[index + 1:]]
        return [*self.steps[:index], *self.steps[index + 1:]]

    def story(self):
        lost = sorted(number + 1 for number in self.lines()[1])
        said = f" (line{'s' if len(lost) > 1 else ''} {', '.join(map(str, lost))})" if lost else ""
        return [self.damage.__name__ + said] + (["titled"] if self.titled else []) + [s.__name__ for s, _ in self.steps]


class Case:
    """A mail with one code in one to three copies, perhaps another whole one beside it, and what must come of it."""

    def __init__(self, number, rng):
        self.number = number
        self.code = Code(f"server {number}", text=rng.randbytes(rng.randrange(100, 400)).hex())
        self.copies = [Copy(self.code, rng) for _ in range(rng.choice((1, 1, 2, 3)))]
        self.beside = []
        if rng.random() < 0.2:
            other = Code(f"other {number}", text=rng.randbytes(rng.randrange(100, 400)).hex())
            self.beside = [Copy(other, rng, (no_damage,))]

    def mail(self):
        head = (f"From: Ines <ines@pumphouse.example.com>\nTo: {OWN}\nSubject: request\n"
                f"Date: Thu, 05 Nov 2026 09:30:00 +0000\nMessage-ID: <{self.number}@pumphouse.example.com>\n"
                'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="cut-here"\n\n').encode()
        parts = [copy.part().entity() for copy in self.copies + self.beside]
        return head + b"".join(b"--cut-here\n" + one + b"\n" for one in parts) + b"--cut-here--\n"

    def fault(self, tokens):
        """None, or what is wrong with the tokens that were found."""
        intact = {token["jws"] for token in tokens if token["jws"]}
        damaged = [token["problem"] for token in tokens if not token["jws"]]
        lost = [copy.lines()[1] for copy in self.copies]
        gone = set.intersection(*lost)
        written = {self.code.jws} | {copy.code.jws for copy in self.beside}
        wanted = written if not gone else written - {self.code.jws}
        if intact - written:
            return INVENTED
        # Copies whose first line is lost cannot always be told to be of one code.
        most = len(self.copies) if all(0 in one for one in lost) else 1
        if intact != wanted or not (1 <= len(damaged) <= most if gone else not damaged):
            return f"{len(intact)} intact and {len(damaged)} damaged were found: {damaged}"
        for problem in damaged:
            if not is_named(problem, gone, len(self.code.data)):
                return f"the damage is told as {problem!r}"
        return None


def is_named(problem, gone, count):
    """Whether the problem names the lines that are lost, and no others."""
    if 0 in gone:
        return problem == "the first line is wrong"
    named = set()
    for first, last in re.findall(r"lines? (\d+)(?: to (\d+))?", problem):
        named |= set(range(int(first) - 1, int(last or first)))
    if "the end is missing" in problem:
        tail = [number for number in gone if number not in named]
        named |= set(tail) if tail and max(tail) == count - 1 and min(tail) == count - len(tail) else {count}
    return named == gone


# ---- reading -------------------------------------------------------------------------------------

def read(program, cases):
    """The tokens of each case; None if it cannot be told."""
    separator = b"From ines@pumphouse.example.com Thu Nov  5 09:30:00 2026\n"
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "in.mbox")
        with open(path, "wb") as stream:
            stream.writelines(separator + re.sub(rb"(?m)^(>*From )", rb">\1", case.mail()) + b"\n" for case in cases)
        run = subprocess.run([program, "-o", OWN, path], stdout=subprocess.PIPE, check=True)
    found = [json.loads(line)["tokens"] for line in run.stdout.splitlines()]
    return found if len(found) == len(cases) else None


def shrink(program, case):
    """Leaves out what the case fails without."""
    fails = True
    while fails:
        fails = False
        for copy in case.copies + case.beside:
            for index in reversed(range(len(copy.steps))):
                before, simpler = copy.steps, copy.simpler(index)
                if simpler is None:
                    continue
                copy.steps = simpler
                if case.fault(read(program, [case])[0]):
                    fails = True
                else:
                    copy.steps = before


def main():
    program = sys.argv[1]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 6000
    seed = sys.argv[3] if len(sys.argv) > 3 else os.environ.get("SEED")
    seed = random.randrange(1 << 32) if seed is None else int(seed)
    rng = random.Random(seed)
    cases = [Case(number, rng) for number in range(count)]
    found = read(program, cases)
    if found is None:
        print(f"other than {count} mails were read (seed {seed})")
        return 1
    failed = invented = 0
    for case, tokens in zip(cases, found):
        fault = case.fault(tokens)
        if fault:
            failed += 1
            invented += fault == INVENTED
            if failed <= MOST_SHRUNK:
                shrink(program, case)
            print(f"mail {case.number}: {fault}")
            for copy in case.copies + case.beside:
                print("  " + ("beside it: " if copy in case.beside else "copy: ") + ", ".join(copy.story()))
    print(f"{count} mails of random manglings, {failed} not as expected (seed {seed})")
    return 1 if invented or failed * RARE > count else 0


if __name__ == "__main__":
    sys.exit(main())
