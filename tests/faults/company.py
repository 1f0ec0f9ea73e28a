#!/usr/bin/python3
"""Several daemons, and what stands in their way: others' locks, mails that no one can take in, no mail server, no
connection to be had.

  company.py ISSUER [TEST…]          within tests/with-postgres"""
import signal

import psycopg2

from faults import Faults, end, main, rounds, time, tree

LONG_STOP, SHORT_STOP = 65, 12  # seconds that a daemon is stopped for: what waits 10 s for a lock gives up


def nothing(test):
    test.wait(lambda: test.is_fed() and test.accounting.all_taken_in(), "all files to be taken in")
    taken = [len(daemon.log("file-taken-in")) for daemon in test.daemons]
    return f"the daemons took in {taken} files"


def no_mail_server(test):
    """Until all is decided."""
    test.sink.stop()
    test.wait(lambda: test.is_fed() and test.accounting.all_taken_in(), "all files to be taken in")
    ((queued,),) = test.house.query("select count(*) from reply where state in ('queued', 'sending')")
    test.sink.start()
    test.assertGreater(queued, 0)
    return f"{queued} replies waited for the mail server"


# ---- every hundredth ----

def every_hundredth(load, count):
    """One that is nested too deep, one that is longer than is read, one that the database refuses."""
    poisons = [lambda: load.hostile()[0],
               lambda: load.letter("hostile", "ops@firm-0.example", "x" * (33 << 20)),
               lambda: load.letter("hostile", "poison@firm-1.example", "Good morning")]
    letters = [letter for letter in load.letters(count) if letter.kind != "hostile"]
    for number, at in enumerate(range(50, len(letters), 100)):
        letters.insert(at, poisons[number % len(poisons)]())
    return letters


def poison(test):
    test.house.query("""
        create or replace function poison() returns trigger language plpgsql as $$ begin
            if starts_with(new.from_address, 'poison@') and new.class <> 'quarantined' then
                raise exception 'poisoned'; end if;
            return new; end $$;
        create or replace trigger poison before insert on message for each row execute function poison()""")
    return nothing(test)


# ---- connections ----

def no_connections(test):
    """All that PostgreSQL gives are taken, whenever one is to be had; and those who had one must ask again."""
    held, refused = [], 0
    limit = time.monotonic() + test.seconds
    while time.monotonic() < limit:
        try:
            held.append(psycopg2.connect(test.house.dsn))
        except psycopg2.OperationalError as problem:
            test.assertIn("too many clients", str(problem))
            refused += 1
            pids = test.daemons[0].pids()
            if pids:
                end(test.dice.choice(list(pids.values())))
            time.sleep(test.dice.random() / 4)
    for connection in held:
        connection.close()
    return f"{len(held)} connections were held; nobody got one for {test.seconds} s"


# ---- one that stands still ----

def holds_locks(test):
    return test.house.query("select 1 from pg_stat_activity where datname = current_database() and backend_xid is not"
                            " null and starts_with(state, 'idle in transaction') and pid <> pg_backend_pid()") != []


def tell_all(daemon, number):
    for pid in tree(daemon.process.pid):
        end(pid, number)


def stands_still(test):
    """The first daemon stops in the middle of a batch; the second goes on meanwhile."""
    first = test.daemons[0]
    tried = 0
    limit = time.monotonic() + 60
    while True:
        time.sleep(test.dice.random() / 20)
        tell_all(first, signal.SIGSTOP)
        time.sleep(0.05)
        tried += 1
        if holds_locks(test):
            break
        tell_all(first, signal.SIGCONT)
        if time.monotonic() > limit:
            raise AssertionError("it never holds a lock")
    second = test.start_daemon(1, first.by_smtp)
    test.daemons.append(second)
    seconds = LONG_STOP if rounds(2) > 2 else SHORT_STOP
    time.sleep(seconds)
    taken = len(second.log("file-taken-in"))
    tell_all(first, signal.SIGCONT)
    return f"one of two stood still for {seconds} s with locks (caught at try {tried}), the other took in {taken} files"


class Company(Faults):
    def test_two_daemons_on_one_export(self):
        self.survive(nothing, many=2, apart=True, letters=100, pieces=(1000,))

    def test_four_daemons_on_one_export(self):
        self.survive(nothing, many=4, apart=True, letters=100, pieces=(1000,))

    def test_a_poison_message_every_hundredth(self):
        self.survive(poison, make=every_hundredth, letters=300)

    def test_no_mail_server_for_the_whole_run(self):
        self.survive(no_mail_server, ways=(True,))

    def test_no_connection_is_to_be_had(self):
        self.survive(no_connections)

    def test_one_of_two_stands_still_with_locks(self):
        self.survive(stands_still, apart=True, folders=2)


if __name__ == "__main__":
    main()
