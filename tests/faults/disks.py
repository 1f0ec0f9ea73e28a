#!/usr/bin/python3
"""Disks that are full, again and again, while mails come in.

  disks.py ISSUER [TEST…]          within tests/faults/with-disks tests/with-postgres"""
import subprocess

from faults import Faults, SmallDisk, main, time

MIB = 4  # of a folder's disk


def fills(test):
    """Full at random times, each for a while; at least twice."""
    full = 0
    while not test.is_fed() or full < 2:
        time.sleep(test.dice.random() / 2)
        test.disk.fill()
        full += 1
        time.sleep(0.5 + test.dice.random())
        test.disk.fill()  # what was freed meanwhile
        time.sleep(test.dice.random() / 2)
        test.disk.clear()
        if not test.cluster.is_alive():
            test.cluster.start()
    troubles = sum(len(daemon.log("trouble")) for daemon in test.daemons)
    return f"the disk was full {full} times, {test.feeder.put_off} mails found no room, {troubles} troubles were told"


class Disks(Faults):
    def small(self, path, mib=MIB):
        self.disk = SmallDisk(path, mib)
        self.addCleanup(self.disk.remove)

    def test_the_drop_folder(self):
        self.survive(fills, prepare=lambda: self.small(self.folders[0]))

    def test_the_reply_folder(self):
        self.small(self.house.path("replies"))
        self.survive(fills, ways=(False,))

    def test_the_journal(self):
        self.small(self.house.path("journal"))
        self.survive(fills)

    def test_the_database(self):
        """Tables and log lie on one disk: PostgreSQL refuses what it has no room for, or goes down."""
        self.cluster.stop()
        self.addCleanup(self.cluster.start)
        used = subprocess.run(["du", "-sm", self.cluster.data], check=True, capture_output=True, text=True).stdout
        self.small(self.cluster.data, int(used.split()[0]) + 24)
        self.addCleanup(self.cluster.stop)
        self.cluster.start()
        self.survive(fills)


if __name__ == "__main__":
    main()
