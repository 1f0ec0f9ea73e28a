#!/usr/bin/python3
"""Whatever breaks while mails are fetched, and wherever: the next run goes on, and the records are as if
nothing had happened.

  fetch_broken.py ISSUER [TEST…]          within tests/with-postgres
SEED=N breaks at the same points again; ROUNDS=N at more of them."""
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time

from fetching import ANA, DONE, KEPT, OnDovecot
from imap_servers import Line
from scenario import (TESTS, ask, chance, check_records, mail, main, mbox, records, rounds,
                      without_sum, write)
from story import Story


class OwnPostgres:
    """Moves a house, with all that is on record, to a PostgreSQL of its own, which can be restarted without
    others that use it."""

    SERVER = os.path.join(TESTS, "postgres-server")

    def __init__(self, house):
        self.house, self.folder = house, tempfile.mkdtemp(prefix="issuer-own-pg.")
        self.before = house.dsn

    def __enter__(self):
        subprocess.run([self.SERVER, "start", self.folder], check=True, stdin=subprocess.DEVNULL)
        with open(os.path.join(self.folder, "socket"), encoding="ascii") as stream:
            self.socket = stream.read().strip()
        own = f"host={self.socket} dbname=postgres user=postgres"
        dump = subprocess.run(["pg_dump", "--no-owner", "--no-privileges", "-d", self.before], check=True,
                              capture_output=True)
        subprocess.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", own], check=True, input=dump.stdout,
                       stdout=subprocess.DEVNULL)
        self.move(own)
        self.house.issuer("migrate")
        return self

    def move(self, dsn):
        self.house.dsn = self.house.environment["ISSUER_DATABASE"] = dsn

    def restart_soon(self):
        """Beside what the caller does."""
        self.restarting = threading.Thread(target=self.restart)
        self.restarting.start()

    def restart(self):
        """As after a power cut."""
        words = ["/usr/lib/postgresql/15/bin/pg_ctl", "-s", "-w", "-D", f"{self.socket}/data", "-l",
                 f"{self.socket}/log", "-m", "immediate", "restart"]
        if os.geteuid() == 0:
            words = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *words]
        subprocess.run(words, check=True, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"})

    def __exit__(self, *_):
        self.move(self.before)
        subprocess.run([self.SERVER, "stop", self.folder], check=True, stdin=subprocess.DEVNULL)
        shutil.rmtree(self.folder)


def children(pid):
    """The processes that a process has started, in their order."""
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as stream:
        return [int(word) for word in stream.read().split()]


class Broken(OnDovecot):
    def test_dovecot_is_killed_in_the_middle_of_a_mail(self):
        dice = chance()
        self.watched()
        license = self.house.sell("LIC-1", ANA, activations=20, servers=20)
        self.dovecot.put(*(mail(ANA, ask(self.house.server(host=f"plant-{n}"), license), says="x\n" * 5000)
                           for n in range(12)))

        def kill(_):
            self.dovecot.kill()
            return "cut"
        for code, errors in self.break_off(dice, rounds(4), kill):
            self.assertEqual((code, len(errors.splitlines())), (3, 1), errors)
            self.assertRegex(errors, "^issuer: mailbox desk: ")
            self.dovecot.start()
            check_records(self.house)
        self.told = lambda count: None
        self.fetch()
        self.assertEqual(set(map(tuple, self.dovecot.flags().values())), {tuple(DONE)})
        self.check_settled(12)
        self.assertEqual(self.count("usage_license"), 12)

    # ---- kills of our own side ----

    def tell(self, dice, count):
        """A house that has sold, its mails in the mailbox, and what becomes of them undisturbed."""
        story = Story(self.house, dice)
        mails = story.first(count)
        path = write(self.house.path("all.mbox"), mbox(mails))
        whole = self.copy_of(self.house)
        whole.issuer("ingest", path, code=None)
        self.dovecot.put(*mails)
        self.span = sum(map(len, mails)) // 3
        return len(mails), records(whole)

    def check_whole(self, count, expected):
        self.told = lambda count: None
        self.fetch(code=None)
        self.assertEqual(records(self.house), expected)
        self.check_settled(count)
        for uid, flags in self.dovecot.flags().items():
            self.assertIn(flags, (DONE, KEPT), uid)

    def watched(self):
        """The mailbox by a line to Dovecot that tells self.told how many bytes have come."""
        self.told, self.span = lambda count: None, 40_000
        line = Line(self.dovecot.tls_port, lambda count: self.told(count))
        self.addCleanup(line.close)
        self.box(url=f"imaps://localhost:{line.port}")

    def at_byte(self, number, do):
        """Does this once when so many bytes have come. Gives two events: that it has begun, and is done."""
        begun, done = threading.Event(), threading.Event()

        def told(count):
            if count < number or begun.is_set():
                return None
            begun.set()
            try:
                return do()
            finally:
                done.set()
        self.told = told
        return begun, done

    def break_off(self, dice, rounds_most, do):
        """Lets fetches begin and does this to each somewhere, until one comes to its end. `do` is given the
        process. Yields exit code and errors of each that was broken."""
        for _ in range(rounds_most):
            process = self.house.start("fetch")
            begun, done = self.at_byte(4000 + dice.randrange(self.span), lambda process=process: do(process))
            _, errors = process.communicate(timeout=120)
            if not begun.is_set():
                return
            done.wait(60)
            yield process.returncode, without_sum(errors.decode())[0]
            print(self.count("mailbox_mail"), self.count("mailbox_mail where settled_at is null"), flush=True)

    def test_killed_at_any_point(self):
        dice = chance()
        self.watched()
        count, expected = self.tell(dice, 300)
        for code, _ in self.break_off(dice, rounds(12), lambda process: process.kill()):
            self.assertIn(code, (-signal.SIGKILL, 0, 1))
            check_records(self.house)
            self.assertEqual(self.query("select count(*) from message m where not exists"
                                        " (select from mailbox_mail b where b.message_id = m.id)"), [(0,)])
        self.check_whole(count, expected)

    def test_killed_between_the_commit_and_the_mark(self):
        self.dovecot.put(self.license_and_mail(), self.broken())
        self.fetch(code=1)
        before = records(self.house)
        client = self.dovecot.client()
        client.select("INBOX")
        for flag in {*DONE, *KEPT}:  # as if it had not come to that
            client.uid("STORE", "1:2", "-FLAGS", f"({flag})")
        client.logout()
        self.query("alter table mailbox_mail disable trigger user; update mailbox_mail set settled_at = null;"
                   " alter table mailbox_mail enable trigger user")
        self.assertEqual(self.fetch(), [])
        self.assertEqual(self.dovecot.flags(), {1: DONE, 2: KEPT})
        self.assertEqual(records(self.house), before)
        self.check_settled(2)

    def test_connections_to_the_database_break(self):
        dice = chance()
        self.watched()
        count, expected = self.tell(dice, 300)
        for code, errors in self.break_off(dice, rounds(4), lambda _: self.query(
                "select pg_terminate_backend(pid) from pg_stat_activity where"
                " datname = current_database() and pid <> pg_backend_pid()") and None):
            self.assertIn(code, (0, 1, 3))
            self.assertLessEqual(len(errors.splitlines()), 1, errors)
            check_records(self.house)
        self.check_whole(count, expected)

    def test_the_database_is_restarted(self):
        dice = chance()
        self.watched()
        count, expected = self.tell(dice, 300)
        with OwnPostgres(self.house) as server:
            for code, errors in self.break_off(dice, rounds(3), lambda _: server.restart_soon()):
                server.restarting.join()
                self.assertIn(code, (0, 1, 3))
                self.assertLessEqual(len(errors.splitlines()), 1, errors)
                check_records(self.house)
            self.check_whole(count, expected)

    def test_the_process_that_speaks_to_the_server_has_nothing_else_and_may_die(self):
        dice = chance()
        self.watched()
        count, expected = self.tell(dice, 300)
        seen = []

        def look_and_kill(process):
            _, agent = children(process.pid)[:2]  # the parsers' parent comes first
            seen.append((agent, [os.readlink(f"/proc/{agent}/fd/{fd}").partition(":")[0]
                                 for fd in sorted(os.listdir(f"/proc/{agent}/fd"), key=int)]))
            os.kill(agent, signal.SIGKILL)
        for code, errors in self.break_off(dice, rounds(2), look_and_kill):
            self.assertEqual((code, errors), (3, "issuer: mailbox desk: the process that speaks to the server has "
                                              "ended; try again, and tell the makers of issuer if it stays so\n"))
            check_records(self.house)
        self.assertTrue(seen)
        for _, files in seen:  # besides what it was started with: the program, the server, how libcurl is woken
            self.assertEqual(set(files[3:]), {"socket"}, files)
            self.assertLessEqual(len(files), 7)
        self.check_whole(count, expected)

    def test_no_process_stays_where_the_program_is_killed(self):
        self.watched()
        self.tell(chance(), 50)
        found = []

        def kill(process):
            found.extend(children(process.pid))
            process.kill()
        for _ in self.break_off(chance(), 1, kill):
            self.assertEqual(len(found), 2)
            limit = time.monotonic() + 10
            while any(os.path.exists(f"/proc/{pid}") for pid in found) and time.monotonic() < limit:
                time.sleep(0.02)
            self.assertEqual([pid for pid in found if os.path.exists(f"/proc/{pid}")], [])

    def test_two_at_once_share_the_work(self):
        count, expected = self.tell(chance(), 100)
        both = [self.house.start("fetch") for _ in range(2)]
        for process in both:
            _, errors = process.communicate(timeout=120)
            self.assertIn(process.returncode, (0, 1), errors)
        self.check_whole(count, expected)

if __name__ == "__main__":
    main()
