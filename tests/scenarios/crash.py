#!/usr/bin/python3
"""Whatever ends an ingest midway, it is run again, and the records are as if nothing had happened.

  crash.py ISSUER [TEST…]          within tests/with-postgres
SEED=N tells the same story again; ROUNDS=N has it tell more of them."""
import os
import signal
import subprocess
import time

from scenario import Scenario, chance, check_records, main, mbox, records, rounds, without_sum, write
from story import Story

# What is killed, and how often at least.
KILLS = {"program": 6, "backend": 3, "parser": 3, "nursery": 1}


def children(pid):
    """The processes that a process has started."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as stream:
            return [int(word) for word in stream.read().split()]
    except FileNotFoundError:
        return []


def end_now(pid):
    """Whether it was there to be ended."""
    try:
        os.kill(pid, signal.SIGKILL)
        return True
    except ProcessLookupError:
        return False


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as stream:
            return stream.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


class Crash(Scenario):
    def tell(self, dice, mails):
        """A house after a story's first chapters, and the path of the last one."""
        house = self.copy_of(self.house)
        story = Story(house, dice)
        for number, chapter in enumerate((story.first(16), story.next(30))):
            path = write(house.path(f"chapter-{number}.mbox"), mbox(chapter))
            house.issuer("ingest", path, code=None)
            story.install()
        story.upgrade()
        self.last = story.next(mails)
        return house, write(house.path("last.mbox"), mbox(self.last))

    def setUp(self):
        super().setUp()
        self.dice = chance()

    def same_records(self, house, expected):
        check_records(house)
        found = records(house)
        wrong = [f"{name}: {what} {row}" for name in expected
                 for what, some, others in (("lacks", expected, found), ("has", found, expected))
                 for row in some[name] if row not in others[name]]
        self.assertEqual("\n".join(wrong[:20]), "")
        self.assertEqual(found, expected)

    def test_one_mail_at_a_time(self):
        """Where a batch ends is chance; it decides nothing."""
        for _ in range(rounds(1)):
            house, path = self.tell(self.dice, 100)
            whole = self.copy_of(house)
            whole.issuer("ingest", path, code=None)
            pieces = self.copy_of(house)
            at = 0
            while at < len(self.last):
                size = self.dice.choice((1, 1, 2, 5))
                piece = write(pieces.path("piece.mbox"), mbox(self.last[at:at + size]))
                pieces.issuer("ingest", piece, code=None)
                at += size
            check_records(whole)
            self.same_records(pieces, records(whole))

    # ---- kills ----

    def begin(self, house, path):
        """Starts an ingest and lets it come to some mail or other."""
        process = house.start("ingest", "--json", path)
        known = house.query("select count(*) from message where source ~ '/last[.]mbox#'")[0][0]
        line = process.stdout.readline()
        # The first child has the parsers; a sanitizer may start others at the end.
        process.nursery = children(process.pid)[:1] if line else []
        for _ in range(known + self.dice.randrange(len(self.last) // 8)):
            line = line and process.stdout.readline()
        time.sleep(self.dice.random() * self.dice.choice((0, 0.02, 0.1)))
        return process

    @staticmethod
    def victims(what, process):
        return {"program": [process.pid], "nursery": process.nursery,
                "parser": [pid for one in process.nursery for pid in children(one)]}[what]

    def kill(self, house, what, process):
        """Whether there was something left to kill."""
        if what == "backend":
            return bool(house.query("select pg_terminate_backend(pid) from pg_stat_activity where"
                                    " datname = current_database() and pid <> pg_backend_pid()"))
        pids = self.victims(what, process) if process.poll() is None else []
        return sum(end_now(pid) for pid in pids) > 0

    def end(self, what, process, house):
        """Kills; gives whether that was in time, and how the program ended. Nothing of it stays."""
        family = self.victims("parser", process) + process.nursery
        killed = self.kill(house, what, process)
        errors, _ = without_sum(process.communicate(timeout=120)[1].decode())
        limit = time.monotonic() + 10
        while any(is_alive(pid) for pid in family) and time.monotonic() < limit:
            time.sleep(0.01)
        self.assertEqual([pid for pid in family if is_alive(pid)], [], what)
        allowed = {"program": -signal.SIGKILL, "backend": 3, "parser": 0, "nursery": 1}[what]
        self.assertIn(process.returncode, (0, 1, allowed) if killed else (0, 1), errors)
        self.assertLessEqual(len(errors.splitlines()), 1, errors)
        return killed, process.returncode

    def kill_some(self, house, path, wanted):
        """Kills what is wanted, one after another, until an ingest was let come to its end. Gives
        what was killed, and how that ended."""
        done = []
        while wanted and (not done or done[-1][0]):
            process = self.begin(house, path)
            done.append((*self.end(wanted[-1], process, house), wanted[-1]))
            if done[-1][0]:
                wanted.pop()
            check_records(house)
        return done

    def test_killed_at_any_point(self):
        for _ in range(rounds(1)):
            first, path = self.tell(self.dice, 200)
            never = self.copy_of(first)
            never.issuer("ingest", path, code=None)
            wanted = [what for what, count in KILLS.items() for _ in range(count)]
            self.dice.shuffle(wanted)
            while wanted:
                house = self.copy_of(first)
                print(self.kill_some(house, path, wanted), flush=True)
                house.issuer("ingest", path, code=None)
                self.same_records(house, records(never))
                self.assertEqual(house.query("select count(*) from serial_block"
                                             " where closed_at is null"), [(0,)])


if __name__ == "__main__":
    main()
