#!/usr/bin/python3
"""A flood of hostile mail: every good request in it is answered, every mail accounted for, memory stays flat.

  flood.py ISSUER [TEST…]          within tests/with-postgres

ISSUER may have sanitizers, for which memory says nothing; where ISSUER_RELEASE names a program without, that is tried
too. SIZE is the mailbox's in MiB, SEED makes the same one again; KEEP=PATH writes it there and leaves it."""
import collections
import os
import re
import statistics
import time

import flood_mails
from badinput import ANA, Sender
from flood_mails import PeakSampler
from scenario import ISSUER, ask, chance, check_records, main

SIZE = int(os.environ.get("SIZE", "24"))
RELEASE = os.path.abspath(os.environ.get("ISSUER_RELEASE", ISSUER))
EVERY = 25  # one of so many mails is a good request
BEN = "ben@northwind.example"
TOLD = re.compile(r"#(\d+): ([a-z-]+)(.*)")
COUNT = re.compile(r"^(\d+) read = (.*)$", re.MULTILINE)
MOST_KIB = 300 * 1024  # whatever the mails are; a parser may have 512 MiB for one of them
# What the second half of a run may need more than the first, since the dearest mails are in it by chance.
MORE_KIB = 64 * 1024
# The same of the medians. What GLib has given out in small pieces it keeps for the next ones: memory rises to a plateau,
# which a run of seconds may reach in its second half. Long runs hold it to be one.
LONG = 256  # MiB
MORE_USUALLY_KIB = MORE_KIB // (4 if SIZE >= LONG else 2)


def has_sanitizers(program):
    with open(program, "rb") as stream:
        return b"__asan_init" in stream.read()


def still_there(sampler):
    """Processes of a program that has ended."""
    return [pid for pid in sampler.seen if os.path.exists(f"/proc/{pid}")]


def halves(sampler):
    """The samples of the first half of a run's time, and those of the second."""
    half = len(sampler.samples) // 2
    return sampler.samples[:half], sampler.samples[half:]


class Flood(Sender):
    def setUp(self):
        super().setUp()
        self.dice = chance()
        self.license = self.house.sell("LIC-2", activations=100000, servers=100000, contact=f"{ANA};{BEN}")
        self.house.environment["ISSUER_ANSWERS_A_DAY"] = self.house.environment["ISSUER_ANSWERS_AN_HOUR"] = "1000000"
        self.temporary = self.house.path("temporary")
        os.mkdir(self.temporary)
        self.house.environment["TMPDIR"] = self.temporary
        self.path = os.environ.get("KEEP", self.house.path("flood.mbox"))

    def written(self, size):
        """Writes a flood of so many MiB; what must be told: (kind, goodness) of each mail."""
        flood = flood_mails.Flood(self.dice, lambda: self.code() + b"\n", ANA, BEN)
        with open(self.path, "wb") as stream:
            return flood_mails.write(stream, flood.mails(size << 20, EVERY))

    def ingested(self, program):
        """One run over it, which leaves nothing behind: exit code, what it printed, and the sampler of its memory."""
        output, errors = self.house.path("output"), self.house.path("errors")
        start = time.monotonic()
        with open(output, "wb") as out, open(errors, "wb") as err:
            running = self.house.start("ingest", self.path, stdout=out, stderr=err, executable=program)
            sampler = PeakSampler(running.pid)
            sampler.start()
            code = running.wait()
            sampler.stop()
        with open(errors, "rb") as stream:
            self.assertEqual(stream.read(), b"")
        self.assertEqual(still_there(sampler), [])
        self.assertEqual(os.listdir(self.temporary), [])
        with open(output, encoding="utf-8") as stream:
            told = stream.read()
        first, second = (max(half, default=0) // 1024 for half in halves(sampler))
        print(f"{os.path.getsize(self.path) >> 20} MiB in {time.monotonic() - start:.1f} s, peak PSS {first} and "
              f"{second} MiB in its halves over {sampler.most} processes; {COUNT.search(told).group(0)}", flush=True)
        return code, told, sampler

    def look_at_each(self, wanted, told):
        """A line a mail, in order; good requests are issued. Gives how many are of each class."""
        lines = TOLD.findall(told)
        self.assertEqual([int(number) for number, _, _ in lines], list(range(1, len(wanted) + 1)))
        known = [f"{number}: {kind}{rest}" for number, kind, rest in lines if rest.endswith("on record already")]
        self.assertEqual(known, [])
        missed = [f"{number}: {kind}{rest}" for (number, kind, rest), (_, good) in zip(lines, wanted)
                  if good and (kind != "request" or " issued (issued) UL-" not in rest)]
        self.assertEqual(missed, [])
        return collections.Counter(kind for _, kind, _ in lines)

    def look_at_counts(self, wanted, told, classes):
        """What was read is the sum of what became of it, as told and on record."""
        read, *counts = COUNT.search(told).groups()
        outcomes = {name: int(count) for count, name in re.findall("([0-9]+) ([a-z]+(?: [a-z]+)*)", counts[0])}
        self.assertEqual(int(read), len(wanted))
        self.assertEqual(sum(outcomes.values()), len(wanted))
        self.assertEqual(outcomes["on record before"], 0)
        self.assertEqual(outcomes["quarantined"], classes["quarantined"])
        self.assertEqual(dict(self.house.query("select class, count(*) from message group by 1")), classes)
        self.assertEqual(self.house.query("select count(*) from quarantine"), [(classes["quarantined"],)])
        ((held,),) = self.house.query("select count(distinct message_id) from decision where outcome = 'held'")
        ((answered,),) = self.house.query(
            "select count(*) from message m where exists (select from decision where message_id = m.id)"
            " and not exists (select from decision where message_id = m.id and outcome = 'held')"
            " and not exists (select from restoration where message_id = m.id)")
        self.assertEqual((outcomes["held"], outcomes["answered"]), (held, answered))
        return outcomes

    def look_at_memory(self, sampler):
        first, second = halves(sampler)
        self.assertLess(sampler.peak, MOST_KIB)
        self.assertLess(max(second), max(first) + MORE_KIB)
        self.assertLess(statistics.median(second), statistics.median(first) + MORE_USUALLY_KIB)

    def flooded(self, program, size):
        wanted = self.written(size)
        code, told, sampler = self.ingested(program)
        classes = self.look_at_each(wanted, told)
        self.assertEqual(code, 1 if classes["quarantined"] else 0)
        outcomes = self.look_at_counts(wanted, told, classes)
        if not has_sanitizers(program):
            self.look_at_memory(sampler)
        check_records(self.house)
        before = self.house.digests()
        code, told, _ = self.ingested(program)
        self.assertEqual(COUNT.search(told).group(2).split(" + ")[-1],
                         f"{len(wanted) - outcomes['quarantined']} on record before")
        self.assertEqual((code, self.house.digests()), (1 if classes["quarantined"] else 0, before))

    def test_as_people_run_it(self):
        self.flooded(RELEASE, SIZE)

    def test_with_whatever_sanitizers_there_are(self):
        self.flooded(ISSUER, max(SIZE // 8, 1))


if __name__ == "__main__":
    main()
