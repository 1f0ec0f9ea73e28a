#!/usr/bin/python3
"""Every command of the program has its row in the one table of role and command, and every row there
is of a command."""
import re

from source_tree import ROOT, Report

TABLE = ROOT / "schema/repeat/access_rights.sql"
# What a second person agrees to has a right of its own and is no command.
RIGHT_ALONE = re.compile(r" second$")


def commands():
    """Words of each command: the file and line where it is described."""
    found = {}
    for path in sorted((ROOT / "issuer/cli").glob("cmd_*.c")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            for words in re.findall(r'\.words = "([^"]*)"', line):
                found[words] = (path, number)
    return found


def rows(report):
    found = {}
    for number, line in enumerate(TABLE.read_text(encoding="utf-8").splitlines(), 1):
        row = re.match(r" +\('([a-z -]+)', +array\[", line)
        if row:
            if row.group(1) in found:
                report.add(TABLE, number, f"'{row.group(1)}' stands here twice")
            found[row.group(1)] = number
    return found


def main():
    report = Report()
    described, listed = commands(), rows(report)
    for words, (path, number) in described.items():
        if words not in listed:
            report.add(path, number, f"'{words}' has no row in {TABLE.relative_to(ROOT)}")
    for words, number in listed.items():
        if words not in described and not RIGHT_ALONE.search(words):
            report.add(TABLE, number, f"'{words}' is no command")
    report.finish(f"{len(described)} commands")


main()
