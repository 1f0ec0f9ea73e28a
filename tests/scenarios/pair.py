"""Two PostgreSQL servers of a test's own, the second a standby of the first by streaming replication. The first answers a
commit only when the second has it on its disk. Reached by sockets alone.

    pair = Pair()           # before scenario is imported: it puts itself where that looks for a server
    pair.fail_over()        # kills the first with all its processes, and makes the second the primary
    pair.come_back()        # the one that died is its standby
    pair.close()
"""
import os
import shutil
import signal
import subprocess
import tempfile
import time

import psycopg2

BIN = os.environ.get("POSTGRES_BIN", "/usr/lib/postgresql/15/bin")
COMMON = ("listen_addresses = ''\nunix_socket_permissions = 0700\nmax_connections = 60\nfsync = off\n"
          "wal_log_hints = on\nhot_standby_feedback = on\nwal_receiver_status_interval = 1\n")


def as_server_user(words, **options):
    """The words of a command as whoever may run PostgreSQL: root may not."""
    if os.getuid() == 0:
        words = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups",
                 "env", "-i", "PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", *words]
    return {"args": words, "cwd": "/", "stdin": subprocess.DEVNULL, **options}


def run(*words):
    done = subprocess.run(check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=180,
                          **as_server_user(list(words)))
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(words)}: {done.stdout}")
    return done.stdout


def processes_below(pid):
    """A process and all that it has started, itself last."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as stream:
            children = [int(word) for word in stream.read().split()]
    except FileNotFoundError:
        return []
    return [one for child in children for one in processes_below(child)] + [pid]


def kill_all(pid):
    """Kills a process and all below it, as when a machine loses its power; waits until they are gone."""
    pids = processes_below(pid)
    for one in reversed(pids):
        try:
            os.kill(one, signal.SIGKILL)
        except ProcessLookupError:
            pass
    for _ in range(1000):
        if not any(map(is_alive, pids)):
            return
        time.sleep(0.01)
    raise AssertionError(f"they do not end: {pids}")


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as stream:
            return stream.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


class Node:
    def __init__(self, folder):
        self.folder, self.data = folder, os.path.join(folder, "data")
        os.mkdir(folder)
        if os.getuid() == 0:
            shutil.chown(folder, "postgres", "postgres")

    def start(self):
        run(f"{BIN}/pg_ctl", "-s", "-w", "-t", "60", "-D", self.data, "-l", f"{self.folder}/log", "start")

    def pid(self):
        with open(os.path.join(self.data, "postmaster.pid"), encoding="ascii") as stream:
            return int(stream.readline())

    def dsn(self, database="postgres"):
        return f"host={self.folder} user=postgres dbname={database}"

    def ask(self, statement, database="postgres"):
        connection = psycopg2.connect(self.dsn(database))
        try:
            connection.autocommit = True
            cursor = connection.cursor()
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def configure(self, text):
        path = os.path.join(self.data, "postgresql.conf")
        with open(path, "a", encoding="ascii") as stream:
            stream.write(text)


class Pair:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="issuer-ha.", dir="/tmp")  # a socket's path may have 107 bytes only
        os.chmod(self.folder, 0o755)
        self.one, self.two = (Node(os.path.join(self.folder, name)) for name in ("one", "two"))
        run(f"{BIN}/initdb", "-D", self.one.data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale",
            "--no-sync")
        self.one.configure(f"{COMMON}unix_socket_directories = '{self.one.folder}'\n"
                           "synchronous_standby_names = 'two'\n")
        self.one.start()
        self._stand_by()
        both = f"host={self.one.folder},{self.two.folder} user=postgres"
        os.environ.update({
            "ISSUER_DATABASE": f"{both} dbname=postgres connect_timeout=2 target_session_attrs=read-write",
            "PGDATABASE": "postgres", "PGUSER": "postgres", "ISSUER_ROLE_PREFIX": "pair",
        })
        os.environ.pop("PGHOST", None)

    def _stand_by(self):
        run(f"{BIN}/pg_basebackup", "-D", self.two.data, "-R", "-C", "-S", "two", "--no-sync", "-c", "fast", "-d",
            self.one.dsn() + " application_name=two")
        # Once it is the primary it has no standby itself.
        self.two.configure(f"unix_socket_directories = '{self.two.folder}'\nsynchronous_standby_names = ''\n")
        self.two.start()

    def in_step(self):
        """Waits until the standby shows all that the primary has recorded."""
        ((place,),) = self.one.ask("select pg_current_wal_insert_lsn()::text")
        self.one.ask("select txid_current()")  # whose end is told at once, with all before it
        for _ in range(600):
            if self.two.ask(f"select pg_last_wal_replay_lsn() >= '{place}'") == [(True,)]:
                return
            time.sleep(0.05)
        raise AssertionError("the standby does not come after")

    def fail_over(self):
        kill_all(self.one.pid())
        if self.two.ask("select pg_promote(true, 60)") != [(True,)]:
            raise AssertionError("the standby was not made the primary")

    def come_back(self):
        """The one that died is copied anew and is the standby of the other: they have changed places."""
        self.one, self.two = self.two, self.one
        shutil.rmtree(self.two.data)
        self._stand_by()
        self.one.configure("synchronous_standby_names = 'two'\n")
        self.one.ask("select pg_reload_conf()")

    def close(self):
        for node in (self.one, self.two):
            try:
                kill_all(node.pid())
            except (FileNotFoundError, ValueError):
                pass
        shutil.rmtree(self.folder, ignore_errors=True)
