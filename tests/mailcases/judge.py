#!/usr/bin/python3
"""Holds what `issuer inspect --json` says against a table of expected outcomes.

  judge.py ISSUER CASES EXPECTED.tsv [ID…]

CASES is a folder with one file or Maildir a case. The table has a header line and the columns id, file, requests,
sender, disposition, messages; `sender` and `disposition` hold one value, or one a message, with `;` between; values
that are equally right stand with `|` between. One value for several mails is of those with codes. A case says:
issue (class request with an intact code), refuse-with-reason (class request, none intact), ignore (ignored, a
bounce, or unrecognised without codes), quarantine (quarantined, or nobody may be answered)."""
import csv
import json
import os
import subprocess
import sys
import tempfile

SETTINGS = "[issuer]\nown-addresses=licenses@vendor.test\nlist-addresses=licensing@vendor.test\n"


def inspected(program, folder, path):
    settings = os.path.join(folder, "issuer.conf")
    with open(settings, "w", encoding="utf-8") as stream:
        stream.write(SETTINGS)
    run = subprocess.run([program, "--config", settings, "inspect", "--json", path],
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60,
                         check=False)
    if run.returncode not in (0, 1):
        return None, f"exit {run.returncode}: {run.stderr.strip()[-400:]}"
    return [json.loads(line) for line in run.stdout.splitlines()], run.stderr.strip()


def intact(mail):
    return {token["id"] for token in mail["tokens"]
            if token["kind"] == "usage-request" and token["intact"]}


def dispositions(mail):
    """All that the mail's outcome may be called."""
    names = set()
    if mail["class"] == "request":
        names.add("issue" if intact(mail) else "refuse-with-reason")
    if mail["class"] in ("ignored", "bounce") or (
            mail["class"] == "unrecognised" and not mail["tokens"]):
        names.add("ignore")
    if mail["class"] == "quarantined" or mail["reply_to"] is None:
        names.add("quarantine")
    return names


def per_message(text, count):
    values = text.split(";")
    if len(values) not in (1, count):
        raise SystemExit(f"the table has {len(values)} values for {count} mails: {text}")
    return values if len(values) == count else values * count


def faults(case, mails):
    count = int(case["messages"])
    if len(mails) != count:
        return [f"{len(mails)} mails instead of {count}"]
    found = []
    requests = set().union(*(intact(mail) for mail in mails))
    if str(len(requests)) not in case["requests"].split("|"):
        found.append(f"{len(requests)} intact requests instead of {case['requests']}")
    wanted = per_message(case["disposition"], count)
    one_for_all = len(case["disposition"].split(";")) < count
    senders = per_message(case["sender"], count)
    for number, mail in enumerate(mails):
        allowed = set(wanted[number].split("|"))
        if one_for_all and mail["class"] == "unrecognised" and not mail["tokens"] and requests:
            continue  # the value is of the mails with codes; this one stands beside them
        if not allowed & dispositions(mail):
            found.append(f"mail {number + 1} is {mail['class']} ({mail['why']}), not {wanted[number]}")
        elif (mail["reply_to"] or "") != senders[number] and mail["class"] == "request":
            found.append(f"mail {number + 1} is answered at {mail['reply_to']}, not at "
                         f"{senders[number] or 'nobody'}")
    return found


def main():
    program, cases, table, wanted = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]
    with open(table, encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE)
                if not wanted or row["id"] in wanted]
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for case in rows:
            mails, said = inspected(program, folder, os.path.join(cases, case["file"]))
            short = [said] if mails is None else faults(case, mails)
            if short:
                failed += 1
                print(f"{case['file']}: {'; '.join(short)}" + (f" [{said}]" if mails and said else ""))
    print(f"{len(rows)} mail cases, {failed} not as expected")
    return 1 if failed or not rows else 0


if __name__ == "__main__":
    sys.exit(main())
