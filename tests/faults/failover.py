#!/usr/bin/python3
"""The primary dies in the middle of a batch and its standby is promoted; the one that died comes back as the standby of
the other. What was answered is on both, or was never answered.

  failover.py ISSUER [TEST…]          starts servers of its own (tests/scenarios/pair.py)"""
import atexit
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "scenarios"))

from pair import Pair  # noqa: E402

PAIR = Pair()
atexit.register(PAIR.close)

from faults import Faults, main, time  # noqa: E402


def open_transactions(test):
    """How many batches were in the middle of something."""
    return test.house.query("select count(*) from pg_stat_activity where datname = current_database() and backend_xid is"
                            " not null and pid <> pg_backend_pid()")[0][0]


def decisions(test):
    return test.house.query("select count(*) from decision")[0][0]


def the_primary_dies(test):
    before = decisions(test)
    test.wait(lambda: decisions(test) > before, "a decision")
    time.sleep(test.dice.random() * test.seconds / 2)
    test.wait(lambda: open_transactions(test) > 0 or test.is_fed(), "a batch")
    PAIR.fail_over()
    known = decisions(test)
    time.sleep(test.dice.random() * 2)
    PAIR.come_back()
    return f"the standby had {known - before} decisions of this round when it took over"


class Failover(Faults):
    def make_cluster(self):
        return None  # there are two

    def test_the_primary_dies_in_the_middle_of_a_batch(self):
        self.survive(the_primary_dies)


if __name__ == "__main__":
    main()
