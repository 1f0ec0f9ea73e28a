"""A desk under load while something fails: the harness of all tests here.

    class Kills(Faults):
        def test_the_daemon(self):
            self.survive(kill_the_daemon)       # a function of the test, called while mails come in"""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "scenarios"))

from daemon import Daemon  # noqa: E402
from scenario import OWN, Scenario, chance, main, rounds  # noqa: E402

from accounting import Accounting  # noqa: E402
from ground import Cluster, Sink, SmallDisk, children, end, read_all, tree  # noqa: E402
from load import Feeder, Load, files_of  # noqa: E402

__all__ = ["Faults", "Load", "SmallDisk", "children", "end", "main", "rounds", "time", "tree"]

LETTERS = 60  # of a round
SECONDS = 4  # in which they come
PIECES = (1, 1, 1, 2, 5, 20)  # letters in a file
PATIENCE = 420  # seconds until all must be well again: a reply whose sender died is sent again after five minutes


class Faults(Scenario):
    """`self.house`, `self.cluster`, `self.daemons`, `self.dice` are there for who makes a fault."""

    def setUp(self):
        super().setUp()
        self.dice = chance()
        self.cluster = self.make_cluster()
        self.house.hire("ada", "admin")
        for name in ("journal", "replies"):
            os.makedirs(self.house.path(name))
        self.house.environment["ISSUER_JOURNAL_FOLDER"] = self.house.path("journal")
        self.sink = Sink(self.house.path("sink"))
        self.addCleanup(self.sink.stop)
        self.daemons, self.past = [], []

    def make_cluster(self):
        return Cluster(os.environ["ISSUER_TEST_SERVER"])

    # ---- the daemons ----

    def settings(self, number, by_smtp):
        reply = f"reply-by = smtp\nsmtp-url = smtp://127.0.0.1:{self.sink.port}\n" if by_smtp else ""
        # No limit of how much a customer may ask is to stand in the way.
        return (f"[issuer]\nown-addresses = {OWN}\ndaemon-name = daemon-{number}\n{reply}"
                f"reply-folder = {self.house.path('replies')}\nanswers-an-hour = 1000000\nanswers-a-day = 1000000\n"
                "repeats-an-hour = 1000000\nresends-a-day = 1000\nlicenses-an-hour = 1000000\n"
                f"[drop inbox]\nfolder = {self.folder_of(number)}\nbulk-size = 20000\n")

    def folder_of(self, number):
        """A daemon's drop folder: its own, or that of all."""
        return self.house.path("drop", str(number if self.apart else 0))

    def start_daemon(self, number, by_smtp):
        daemon = Daemon(self.house, config=self.settings(number, by_smtp), environment=self.environment)
        self.addCleanup(daemon.close)
        daemon.number, daemon.by_smtp = number, by_smtp
        daemon.start(ready=False)
        self.past.append(daemon)
        return daemon

    def restart(self, daemon):
        """Another takes the place of one that is dead."""
        self.daemons[self.daemons.index(daemon)] = self.start_daemon(daemon.number, daemon.by_smtp)

    def is_fed(self):
        """Whether all mails of this round are in the folders."""
        return not self.feeder.is_alive()

    def check_logs(self):
        for daemon in self.past:
            strange = [line for line in daemon.output if "Sanitizer" in line or "runtime error" in line]
            self.assertEqual(strange[:5], [], daemon.text())
        self.past = []

    # ---- a round ----

    def wait(self, found, what, seconds=PATIENCE):
        """Until `found()` gives something true, which it returns."""
        limit = time.monotonic() + seconds
        while not (result := found()):
            if time.monotonic() > limit:
                raise AssertionError(f"waited {seconds} s for {what}: {self.accounting.standing()}\n"
                                     + "\n".join(daemon.text() for daemon in self.daemons))
            time.sleep(0.1)
        return result

    def settle(self):
        """Until nothing is in hand any more."""
        self.wait(lambda: self.is_fed() and self.accounting.ended(), "the end of all that is in hand")

    def retry_quarantine(self):
        """What died with a parser is read again, as a person has it done."""
        lost = [number for number, source in self.accounting.quarantined() if source not in self.accounting.hostile]
        for number in lost:
            self.house.by("ada", "quarantine", "retry", str(number))
        return len(lost)

    def feed(self):
        """Has the mails of this round come in."""
        if self.round > 0:
            self.load.install()
            self.load.upgrade()
        letters = self.make(self.load, self.count)
        files = files_of(letters, self.dice, f"round-{self.round}", self.pieces)
        self.accounting.add(files)
        self.feeder = Feeder(files, self.folders, self.seconds)
        self.feeder.start()

    def play(self, number, fault):
        """One round: mails come in while `fault` does its work; afterwards it is undone, and all must be well."""
        self.round = number
        by_smtp = self.ways[number % len(self.ways)]
        self.daemons = [self.start_daemon(n, by_smtp) for n in range(self.many)]
        self.feed()
        told = fault(self)
        self.feeder.join()
        self.settle()
        for daemon in self.daemons:
            daemon.stop()
        self.check_logs()
        retried = self.retry_quarantine()
        if retried:
            self.house.issuer("--config", self.daemons[0].config, "deliver", "--json")
        self.accounting.check()
        print(f"round {number}, replies {'by SMTP' if by_smtp else 'into a folder'}: {told}"
              + (f", {retried} read again" if retried else ""), flush=True)

    def open_desk(self, many=1, apart=False, **options):
        """`many` daemons share a drop folder, or have each its own with the same mails (`apart`; `folders` of them,
        for daemons that the fault starts). `letters` of a round, which `make` makes, come in `seconds`, in files of
        so many as `pieces` has numbers; `ways` are those in which replies go out: by SMTP or not. `prepare` is
        called once the folders are there; `environment` is the daemons'."""
        self.many, self.apart = many, apart
        self.count, self.seconds = options.get("letters", LETTERS), options.get("seconds", SECONDS)
        self.environment, self.ways = options.get("environment", {}), options.get("ways", (True, False))
        self.make, self.pieces = options.get("make", Load.letters), options.get("pieces", PIECES)
        self.folders = sorted({self.folder_of(number) for number in range(options.get("folders", many))})
        for folder in self.folders:
            os.makedirs(folder)
        options.get("prepare", lambda: None)()
        self.sink.start()
        self.load = Load(self.house, self.dice)
        self.accounting = Accounting(self.house, self.folders, self.sink.mails,
                                     lambda: read_all(self.house.path("replies")))

    def survive(self, fault, **options):
        """`fault`: called with this test while mails come in; returns, when it has undone what it did, words for
        the log. `options` as open_desk() has them."""
        self.open_desk(**options)
        for number in range(rounds(2)):
            self.play(number, fault)
        print(self.accounting.summary(), flush=True)
