#!/usr/bin/python3
"""Clocks that jump an hour, either way: the daemon's, the database's, or both at once, as on one machine.

  clocks.py ISSUER CLOCK.so [TEST…]          within tests/with-postgres"""
import os
import struct
import sys

CLOCK = os.path.abspath(sys.argv.pop(2))

from faults import Faults, main, time  # noqa: E402

HOUR = 3600


class Clock:
    """The time of day of all processes that are started with environment(): `hours` from the true one. The signing
    key was made by the true one, and must be valid also an hour back."""

    def __init__(self, path):
        self.path, self.hours = path, 2
        with open(path, "wb") as stream:
            stream.write(bytes(8))
        os.chmod(path, 0o644)
        self.show(0)

    def show(self, off):
        """Hours more than right."""
        with open(self.path, "r+b") as stream:
            stream.write(struct.pack("=q", (self.hours + off) * HOUR))

    def environment(self):
        return {"LD_PRELOAD": CLOCK, "SHIFTED_CLOCK": self.path}


def issued(test):
    return test.house.query("select count(*) from usage_license")[0][0]


def nothing_is_signed(test, clocks, off, why):
    """While these are off; the signer tells why. Then they are right again."""
    for clock in clocks:
        clock.show(off)
    time.sleep(1)  # what was begun before may end
    before = issued(test)
    for daemon in test.daemons:
        daemon.wait(lambda daemon=daemon: [line for line in daemon.log("trouble", who="signer")
                                           if why in line.fields["problem"]], f"the signer's trouble: {why}")
    time.sleep(1 + test.dice.random())
    test.assertEqual(issued(test), before, "something was signed by a wrong clock")
    for clock in clocks:
        clock.show(0)
    return before


def jumps(which):
    """One of the two does, ahead and back in turn: they disagree."""
    def fault(test):
        off = (1, -1)[test.round % 2]
        time.sleep(test.dice.random() * test.seconds / 2)
        before = nothing_is_signed(test, [test.clocks[which]], off, "set right the one that is wrong")
        return f"the {which}'s clock was {off:+} h off; {before} usage licenses had been issued before"
    return fault


def both_jump(test):
    """Ahead, where they stay: all goes on. Back, before what was signed: until they are right again nothing does."""
    test.wait(lambda: issued(test) > 0, "a usage license")
    time.sleep(test.dice.random() * test.seconds / 4)
    if test.round % 2 == 1:
        before = nothing_is_signed(test, test.clocks.values(), -1, "the clock has gone back since")
        return f"both clocks went back 1 h; {before} usage licenses had been issued before"
    for clock in test.clocks.values():
        clock.hours += 1
        clock.show(0)
    return "both clocks went ahead 1 h and stayed there"


class Clocks(Faults):
    def setUp(self):
        super().setUp()
        self.clocks = {which: Clock(os.path.join(self.cluster.sockets, f"{which}-{self.id()}"))  # for PostgreSQL's user
                       for which in ("daemon", "database")}
        self.start_database(self.clocks["database"].environment())
        self.addCleanup(self.start_database, {})

    def start_database(self, environment):
        self.cluster.stop()
        self.cluster.start(" ".join(f"{name}={value}" for name, value in environment.items()))

    def play_with(self, fault):
        options = f"{os.environ.get('ASAN_OPTIONS', '')}:verify_asan_link_order=0"
        self.survive(fault, environment={**self.clocks["daemon"].environment(), "ASAN_OPTIONS": options})

    def test_the_daemons(self):
        self.play_with(jumps("daemon"))

    def test_the_databases(self):
        self.play_with(jumps("database"))

    def test_both(self):
        self.play_with(both_jump)


if __name__ == "__main__":
    main()
