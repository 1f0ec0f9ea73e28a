#!/usr/bin/python3
"""A long day at the desk, with everything that may come in: what the daemon's processes hold stays as much as it was,
and the account comes out.

  soak.py ISSUER [TEST…]          within tests/with-postgres

ISSUER_RELEASE names a program without sanitizers, whose memory says something; SECONDS_OF_SOAK is how long it takes, SEED
makes the same mails again."""
import os
import statistics
import threading

from faults import Faults, main, time, tree
from scenario import ISSUER

RELEASE = os.path.abspath(os.environ.get("ISSUER_RELEASE", ISSUER))
SECONDS = int(os.environ.get("SECONDS_OF_SOAK", "120"))
EVERY = 0.5  # seconds between two looks
# What the last third of the looks may have more than the first: what a mail needs while it is read differs.
MORE_KIB = 6 * 1024
MORE_DESCRIPTORS = 2


def has_sanitizers(program):
    with open(program, "rb") as stream:
        return b"__asan_init" in stream.read()


def memory(pid):
    """KiB of its own and its share of what it has in common with others."""
    try:
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as stream:
            return next((int(line.split()[1]) for line in stream if line.startswith("Pss:")), 0)
    except (FileNotFoundError, ProcessLookupError):
        return 0


def descriptors(pid):
    try:
        return len(os.listdir(f"/proc/{pid}/fd"))
    except (FileNotFoundError, ProcessLookupError):
        return 0


class Look(threading.Thread):
    """Looks at each process of a daemon, with those that it has started, again and again until stop()."""

    def __init__(self, daemon):
        super().__init__(daemon=True)
        self.daemon_, self.ended = daemon, threading.Event()
        self.seen = {}  # role: of (KiB, descriptors)
        self.pids = daemon.pids()

    def run(self):
        while not self.ended.wait(EVERY):
            for role, pid in {**self.pids, "supervisor": self.daemon_.process.pid}.items():
                family = [pid] if role == "supervisor" else tree(pid)
                self.seen.setdefault(role, []).append((sum(map(memory, family)), sum(map(descriptors, family))))

    def stop(self):
        self.ended.set()
        self.join()

    def thirds(self, role, which):
        """The first third of the looks, without those at its beginning, and the last."""
        values = [value[which] for value in self.seen[role]]
        third = len(values) // 3
        return values[third // 4:third], values[-third:]


class Soak(Faults):
    def release(self):
        """The daemon is the program as people run it."""
        start = self.house.start
        self.house.start = lambda *words, **options: start(
            *words, **options, **({"executable": RELEASE} if words[0] == "run" else {}))

    def check_flat(self, look):
        for role in look.seen:
            first, last = look.thirds(role, 1)
            print(f"{role}: {max(first)} and {max(last)} descriptors", end="", flush=True)
            self.assertLessEqual(max(last), max(first) + MORE_DESCRIPTORS, f"descriptors of {role}")
            first, last = look.thirds(role, 0)
            print(f", {statistics.median(first):.0f} and {statistics.median(last):.0f} KiB in the first and last third")
            if not has_sanitizers(RELEASE):
                self.assertLessEqual(statistics.median(last), statistics.median(first) + MORE_KIB, f"memory of {role}")

    def test_everything_comes_in(self):
        self.release()
        self.open_desk(ways=(True,), letters=90)
        daemon = self.start_daemon(0, True)
        self.daemons = [daemon]
        daemon.wait_told("READY=1")
        look = Look(daemon)
        look.start()
        until = time.monotonic() + SECONDS
        self.round = 0
        while time.monotonic() < until:
            self.feed()
            self.feeder.join()
            self.settle()
            self.round += 1
        look.stop()
        self.assertEqual(daemon.pids(), look.pids, "no process had to be started again")
        daemon.stop()
        self.check_logs()
        self.accounting.check()
        print(self.accounting.summary(), flush=True)
        self.check_flat(look)


if __name__ == "__main__":
    main()
