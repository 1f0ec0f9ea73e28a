#!/usr/bin/python3
"""Processes that are killed at random points under load.

  kills.py ISSUER [TEST…]          within tests/with-postgres
SEED=N has the same luck again; ROUNDS=N has more of it."""
from faults import Faults, children, end, main, time

PAUSES = (0.02, 0.1, 0.3, 0.6)  # seconds between two kills, at most


def again_and_again(test, kill):
    """Kills by chance while mails come in, and a little longer; how often there was something to kill: twice at
    least."""
    killed = 0
    limit = time.monotonic() + test.seconds + 2
    while time.monotonic() < limit or killed < 2:
        time.sleep(test.dice.random() * test.dice.choice(PAUSES))
        killed += kill(test)
        if time.monotonic() > limit + 60:
            raise AssertionError(f"there was something to kill {killed} times only")
    return killed


def the_daemon(test):
    def kill(test):
        time.sleep(test.dice.random())
        daemon = test.dice.choice(test.daemons)
        daemon.kill()
        test.restart(daemon)
        return 1
    return f"the daemon was killed {again_and_again(test, kill)} times"


def a_role(*roles):
    def fault(test):
        def kill(test):
            pid = test.dice.choice(test.daemons).pids().get(test.dice.choice(roles))
            return pid is not None and end(pid)
        return f"{' or '.join(roles)} was killed {again_and_again(test, kill)} times"
    return fault


def a_parser(test):
    """Those who read for the drop folder: their makers' children. Rarely: each costs a mail."""
    def kill(test):
        time.sleep(test.dice.random() / 3)
        drops = [pid for role, pid in test.daemons[0].pids().items() if role.startswith(("drop", "bulk"))]
        makers = [maker for pid in drops for maker in children(pid)]
        victims = [parser for maker in makers for parser in children(maker)] or makers
        return bool(victims) and end(test.dice.choice(victims))
    return f"parsers were killed {again_and_again(test, kill)} times"


def a_backend(test):
    """PostgreSQL then ends all sessions and recovers, as its manual says."""
    def kill(test):
        time.sleep(test.dice.random())
        sessions = test.cluster.sessions(test.house.database)
        return bool(sessions) and end(test.dice.choice(sessions))
    return f"a backend of PostgreSQL was killed {again_and_again(test, kill)} times"


def the_postmaster(test):
    def kill(test):
        time.sleep(0.5 + test.dice.random())
        test.cluster.kill()
        test.cluster.start()
        return 1
    return f"the postmaster was killed {again_and_again(test, kill)} times"


class Kills(Faults):
    def test_the_daemon(self):
        self.survive(the_daemon)

    def test_roles(self):
        self.survive(a_role("drop:inbox", "bulk:inbox", "post", "desk"))

    def test_the_signer(self):
        self.survive(a_role("signer"))

    def test_a_parser(self):
        self.survive(a_parser)

    def test_a_backend(self):
        self.survive(a_backend)

    def test_the_postmaster(self):
        self.survive(the_postmaster)


if __name__ == "__main__":
    main()
