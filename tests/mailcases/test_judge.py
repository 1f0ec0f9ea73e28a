#!/usr/bin/python3
"""The judge over mails with real codes: what `issuer inspect --json` says of them, and that the judge sees it when
it says something else.

  test_judge.py ISSUER"""
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
CHARIOT = os.path.join(os.path.dirname(HERE), "chariot", "chariot")
KEY = "8C2TJ-GND5Z-8XY33-E216P-8ADN7"
ANA = "ana@northwind.example"
SEPARATOR = b"From x Thu Nov  5 09:30:00 2026\n"
COLUMNS = ("id", "file", "requests", "sender", "disposition", "messages")

sys.dont_write_bytecode = True


def code(folder, name):
    """A usage request of a server of that name."""
    return subprocess.run([CHARIOT, "--state", os.path.join(folder, name), "request", "--host", name,
                           "--license-key", KEY], stdout=subprocess.PIPE, check=True).stdout


def mail(text, *headers, number=1):
    rows = [f"From: Ana <{ANA}>", "To: licenses@vendor.test", "Subject: request",
            "Date: Thu, 05 Nov 2026 09:30:00 +0000", f"Message-ID: <{number}@northwind.example>",
            *headers, "", ""]
    return "\n".join(rows).encode() + text


def cases(one, other):
    """(name, file, requests, sender, disposition, messages) and the bytes of each."""
    damaged = one.replace(b"USAGE", b"U")[:-300] + b"\n"
    both = SEPARATOR + mail(one) + b"\n" + SEPARATOR + mail(b"thanks\n", number=2)
    return [
        (("whole", "whole.eml", "1", ANA, "issue", "1"), mail(one)),
        (("two", "two.eml", "2", ANA, "issue", "1"), mail(one + b"\nand\n\n" + other)),
        (("damaged", "damaged.eml", "0", ANA, "refuse-with-reason", "1"), mail(damaged)),
        (("away", "away.eml", "0", "", "ignore", "1"), mail(one, "Auto-Submitted: auto-replied")),
        (("authors", "authors.eml", "1", "", "quarantine", "1"), mail(one, "From: x@a.example")),
        (("box", "box.mbox", "1", f"{ANA};{ANA}", "issue;ignore", "2"), both),
    ]


def judged(program, folder, rows):
    """Exit code and lines of the judge for a table of these rows."""
    table = os.path.join(folder, "expected.tsv")
    with open(table, "w", encoding="utf-8") as stream:
        stream.writelines("\t".join(row) + "\n" for row in (COLUMNS, *rows))
    run = subprocess.run(["/usr/bin/python3", os.path.join(HERE, "judge.py"), program, folder, table],
                         stdout=subprocess.PIPE, text=True, check=False)
    return run.returncode, run.stdout.splitlines()


def main():
    with tempfile.TemporaryDirectory() as folder:
        made = cases(code(folder, "plant-4"), code(folder, "plant-5"))
        for row, data in made:
            with open(os.path.join(folder, row[1]), "wb") as stream:
                stream.write(data)
        rows = [row for row, _ in made]
        status, lines = judged(sys.argv[1], folder, rows)
        print("\n".join(lines))
        if status != 0:
            return 1
        # Every row with another's outcome: the judge must find fault with each.
        turned = [row[:2] + other[2:] for row, other in zip(rows, rows[1:] + rows[:1])]
        status, lines = judged(sys.argv[1], folder, turned)
        if status != 1 or len(lines) != len(rows) + 1:
            print("the judge passes what is wrong:", *lines, sep="\n")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
