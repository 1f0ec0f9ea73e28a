#!/usr/bin/python3
"""deploy/ha as it stands there, with etcd and Patroni: while mails keep coming the primary is switched over and then
loses its power; the daemon goes on by itself, and each mail was answered once.

  patroni.py ISSUER [TEST…]          starts servers of its own (patroni_cluster.py)"""
import os
import time

from patroni_cluster import Cluster

CLUSTER = Cluster()

from daemon import Daemon  # noqa: E402
from feeding import Feeder, check_answered_once  # noqa: E402
from scenario import OWN, Scenario, check_records, main  # noqa: E402


class Patroni(Scenario):
    def test_switched_over_and_then_killed_while_mails_keep_coming(self):
        house = self.house
        os.makedirs(house.path("replies"))
        feeder = Feeder(house, house.path("drop"), pause=0.2)
        daemon = Daemon(house, config=f"[issuer]\nown-addresses = {OWN}\nreply-folder = {house.path('replies')}\n"
                                      f"journal-folder = {house.path('journal')}\n"
                                      f"[drop inbox]\nfolder = {feeder.folder}\n")
        self.addCleanup(daemon.close)
        os.makedirs(house.path("journal"))
        daemon.start()
        supervisor = daemon.process.pid
        feeder.start()
        feeder.wait_answered(10)

        CLUSTER.switch_over("a", "b")
        so_far = feeder.dropped
        feeder.wait_answered(so_far + 5)
        CLUSTER.wait_synchronous("b", "a")

        killed = time.monotonic()
        CLUSTER.kill("b")
        CLUSTER.wait_leader("a")
        so_far = feeder.dropped
        feeder.wait_answered(so_far + 5)
        print(f"answered again {time.monotonic() - killed:.0f} s after the primary was killed", flush=True)
        feeder.stop()
        daemon.wait(lambda: feeder.answered() == feeder.dropped, "an answer to each mail", 180)
        daemon.wait(lambda: len(os.listdir(house.path("replies"))) == feeder.dropped, "a reply to each", 180)
        self.assertFalse(os.listdir(house.path("drop", "failed")))
        self.assertEqual(daemon.process.pid, supervisor)
        self.assertIsNone(daemon.process.poll(), "it was never started again")

        # The machine comes back: it follows the new primary, and finance reads there.
        CLUSTER.start("b")
        CLUSTER.wait_synchronous("a", "b")
        house.environment["ISSUER_REPORT_DATABASE"] = house.dsn.replace("read-write", "prefer-standby")
        daemon.wait(lambda: "LIC-FED" in house.issuer("report", "licenses", "--rows"), "the standby's records")
        del house.environment["ISSUER_REPORT_DATABASE"]
        daemon.stop()
        check_answered_once(self, feeder)
        check_records(house)
        house.environment["ISSUER_JOURNAL_FOLDER"] = house.path("journal")
        self.assertRegex(house.issuer("check"), "(?m)^ok +journal: ")


if __name__ == "__main__":
    main()
