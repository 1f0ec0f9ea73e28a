"""What was dropped against what is on record and what went out: nothing lost, nothing twice."""
import collections
import json
import os
import re

import psycopg2

from load import ANSWERED, NARROW, OUTCOMES
from scenario import check_records

__all__ = ["Accounting"]

HIDDEN = ("taken", "done", "failed")
REPLY_ID = re.compile(rb"^Message-I[Dd]:\s*(<reply-([0-9]+)[.][^>]*>)", re.MULTILINE)
SHOWN = 5  # of what is wrong


def _count(rows):
    counts = collections.Counter()
    for key, number in rows:
        counts[key] += number
    return counts


class Accounting:
    """`folders` are the drop folders, each of which gets every file; `witnesses` give the mails that went out,
    as bytes."""

    def __init__(self, house, folders, *witnesses):
        self.house, self.folders, self.witnesses = house, folders, witnesses
        self.letters, self.files = [], []
        self.hostile = set()  # FILE#N of mails that nobody can read

    def add(self, files):
        self.files += [name for name, _, _ in files]
        self.letters += [letter for _, _, letters in files for letter in letters]
        self.hostile |= {f"{name}#{number}" for name, _, letters in files for number, letter in enumerate(letters, 1)
                         if letter.kind == "hostile"}

    def quarantined(self):
        """The mails that wait in quarantine, as (number, FILE#N)."""
        return [(number, os.path.basename(source)) for number, source in self.house.query(
            "select m.id, m.source from quarantine q join message m on m.id = q.message_id where q.closed_at is null")]

    # ---- the folders ----

    @staticmethod
    def listed(folder, place):
        try:
            names = os.listdir(os.path.join(folder, place))
        except FileNotFoundError:
            return []
        return [name for name in names if not name.startswith(".") and not name.endswith(".report.json")
                and not (place == "." and name in HIDDEN)]

    def all_taken_in(self):
        """Whether no file is in hand any more."""
        return all(len(self.listed(folder, "done")) + len(self.listed(folder, "failed")) >= len(self.files)
                   for folder in self.folders)

    def ended(self):
        """Whether nothing is in hand any more: no file, no reply."""
        if not self.all_taken_in():
            return False
        try:
            return not self.house.query("select 1 from reply where state in ('queued', 'sending') limit 1")
        except psycopg2.OperationalError:
            return False  # not even the database is well again

    def standing(self):
        """For who waits in vain."""
        places = {place: sum(len(self.listed(folder, place)) for folder in self.folders) for place in (".", *HIDDEN)}
        return f"{len(self.files)} files dropped into each folder, now {places}; replies " + str(dict(
            self.house.query("select state, count(*) from reply group by 1")))

    def files_wrong(self):
        for folder in self.folders:
            there = {place: self.listed(folder, place) for place in (".", *HIDDEN)}
            found = [name for names in there.values() for name in names]
            yield from (f"{name} was dropped into {folder} and is {found.count(name)} times there"
                        for name in self.files if found.count(name) != 1)
            yield from (f"{name} in {folder} was never dropped" for name in set(found) - set(self.files))
            for place in ("done", "failed"):
                for name in there[place]:
                    problem = self.report_wrong(os.path.join(folder, place, name + ".report.json"), place)
                    if problem:
                        yield f"{name} in {place}: {problem}"

    @staticmethod
    def report_wrong(path, place):
        try:
            with open(path, encoding="utf-8") as stream:
                last = json.loads(stream.readlines()[-1])
        except (OSError, ValueError, IndexError) as problem:
            return f"its report: {problem}"
        return None if (last.get("part"), last.get("result")) == ("totals", place) else f"its report says {last}"

    # ---- the records ----

    def messages_wrong(self):
        """Each mail is one message, and each code of it has one decision, of those that it may have."""
        known = _count((row, 1) for row, in self.house.query("select message_id from message"))
        decided = collections.defaultdict(list)
        for name, outcome, code in self.house.query("select m.message_id, d.outcome::text, d.code from decision d"
                                                    " join message m on m.id = d.message_id"):
            decided[name].append((outcome, code))
        for letter in self.letters:
            if letter.kind == "hostile":
                continue
            if known[letter.id] != 1:
                yield f"{letter.kind} {letter.id} is {known[letter.id]} messages"
            allowed, found = OUTCOMES[letter.kind], decided[letter.id]
            if letter.kind == "stranger":  # what is held is decided again when its license's records change: alike
                found = list(set(found))
            if len(found) != (allowed is not None) or not set(found) <= (allowed or set()):
                yield f"{letter.kind} {letter.id} was decided {found}"
        waiting = sorted(source for _, source in self.quarantined())
        if waiting != sorted(self.hostile):
            yield f"{sorted(self.hostile)} cannot be read, {waiting} are in quarantine"

    def requests_wrong(self):
        """Each request has exactly one usage license, but those for which a license has no room."""
        issued = _count(self.house.query(
            "select rtrim(translate(encode(r.digest, 'base64'), E'+/\\n', '-_'), '='),"
            " (select count(*) from usage_license u where u.request_id = r.id) from usage_request r"))
        wanted = {letter.digest for letter in self.letters if letter.digest and letter.kind != "narrow"}
        yield from (f"{issued[digest]} usage licenses for {digest}" for digest in wanted if issued[digest] != 1)
        room = collections.defaultdict(list)
        for letter in self.letters:
            if letter.kind == "narrow":
                room[letter.license.id].append(issued[letter.digest])
        yield from (f"{name} has room for {NARROW} and was issued {counts}" for name, counts in room.items()
                    if sum(counts) != min(NARROW, len(counts)) or max(counts) > 1)

    def uses_wrong(self):
        """What is used of each license, as the records count it."""
        used = _count((name, 1) for name, in self.house.query(
            "select l.license_id from activation a join license l on l.id = a.license_id where a.counted"))
        took = {(letter.license.id, letter.digest) for letter in self.letters if letter.kind in ("new", "twice")}
        expected = _count((name, 1) for name, _ in took)
        expected.update({letter.license.id: NARROW for letter in self.letters if letter.kind == "narrow"})
        expected.subtract(letter.license.id for letter in self.letters if letter.kind == "deactivation")
        yield from (f"{used[name]} uses of {name} count, not {expected[name]}" for name in set(used) | set(expected)
                    if used[name] != expected[name])

    # ---- what went out ----

    def replies_wrong(self):
        """Each reply that is on record as sent has arrived, every copy of it under one Message-ID, and nothing
        else has. Each request has one reply."""
        copies = {}
        for mail in (mail for witness in self.witnesses for mail in witness()):
            found = REPLY_ID.search(mail.partition(b"\n\n")[0].replace(b"\r\n", b"\n") + b"\n")
            if found is None:
                yield f"a mail without our Message-ID went out: {mail[:200]}"
                continue
            copies.setdefault(int(found[2]), []).append(found[1])
        states = dict(self.house.query("select id, state from reply"))
        yield from (f"reply {number} is {states.get(number, 'unknown')}, and was sent {len(copies.get(number, []))} times"
                    for number in set(copies) | set(states)
                    if (states.get(number) == "sent") != (number in copies)
                    or states.get(number, "queued") in ("queued", "sending", "undelivered"))
        yield from (f"reply {number} went out under {set(ids)}" for number, ids in copies.items() if len(set(ids)) > 1)
        self.copies = sum(map(len, copies.values())), len(copies)
        answers = _count(self.house.query(
            "select m.message_id, count(distinct p.id) from reply p join message m on m.id = p.message_id"
            " join reply_line l on l.reply_id = p.id where l.about is null and p.state = 'sent' group by 1"))
        yield from (f"{letter.kind} {letter.id} has {answers[letter.id]} replies" for letter in self.letters
                    if letter.kind in ANSWERED and answers[letter.id] != 1)

    # ---- all of it ----

    def check(self):
        wrong = [line for part in (self.files_wrong, self.messages_wrong, self.requests_wrong, self.uses_wrong,
                                   self.replies_wrong) for line in part()]
        if wrong:
            raise AssertionError(f"{len(wrong)} things do not add up:\n" + "\n".join(wrong[:SHOWN]))
        check_records(self.house)
        told, _ = self.house.start("check", "--json").communicate(timeout=540)
        journal = [line for line in map(json.loads, told.splitlines()) if line["thing"] == "journal"]
        if not journal or any(line["state"] != "ok" for line in journal):
            raise AssertionError(f"issuer check says of the journal: {journal}")

    def summary(self):
        kinds = collections.Counter(letter.kind for letter in self.letters)
        return (f"{len(self.letters)} mails in {len(self.files)} files ("
                + ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
                + f"); {self.copies[1]} replies, sent {self.copies[0]} times")
