"""A private PostgreSQL for the bench, with everything durable, and what its processes cost."""
import os
import subprocess
import time

import psycopg2

SCRIPT = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
                      "postgres-server")
TICKS = os.sysconf("SC_CLK_TCK")
# As one would set up a machine of this size; the same for whatever is compared. The first two are
# PostgreSQL's defaults, named because the figures mean nothing without them.
SETTINGS = ["fsync=on", "synchronous_commit=on", "shared_buffers=256MB", "max_wal_size=4GB",
            "checkpoint_timeout=30min"]


def stat_fields(pid):
    """The fields of /proc/PID/stat behind the program's name; None for a process that has ended."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stream:
            return stream.read().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


class Server:
    def __init__(self, folder):
        self.folder = folder
        subprocess.run([SCRIPT, "start", folder, *SETTINGS], check=True)
        with open(os.path.join(folder, "socket"), encoding="utf-8") as stream:
            self.socket_folder = stream.read().strip()
        with open(os.path.join(self.socket_folder, "data", "postmaster.pid"),
                  encoding="utf-8") as stream:
            self.pid = int(stream.readline())

    def stop(self):
        subprocess.run([SCRIPT, "stop", self.folder], check=True)

    def dsn(self, database, host=None):
        """A connection string; plain bytes on the wire, so that they can be recorded."""
        return (f"host={host or self.socket_folder} user=postgres dbname={database}"
                " sslmode=disable gssencmode=disable")

    @property
    def socket_path(self):
        return os.path.join(self.socket_folder, ".s.PGSQL.5432")

    def ask(self, database, statement):
        """Runs one statement outside a transaction; its first row, if it gives rows."""
        connection = psycopg2.connect(self.dsn(database))
        try:
            connection.autocommit = True
            cursor = connection.cursor()
            cursor.execute(statement)
            return cursor.fetchone() if cursor.description else None
        finally:
            connection.close()

    def create(self, database, template="template0"):
        """A new database, brought to the disk before anything is timed."""
        self.ask("postgres", f'create database "{database}" template "{template}"')
        self.ask("postgres", "checkpoint")

    def drop(self, database):
        self.ask("postgres", f'drop database "{database}" with (force)')

    def settle(self):
        """Waits until the server has noticed that its clients are gone: until then nobody has
        counted what their backends used."""
        waiting = "select count(*) from pg_stat_activity where backend_type = 'client backend'"
        while self.ask("postgres", waiting)[0] > 1:
            time.sleep(0.05)
        time.sleep(0.2)

    def cpu_seconds(self):
        """What the server has used since its start: its own time, that of its children that have
        ended, and that of those alive (backends, checkpointer, WAL writer, autovacuum)."""
        self.settle()
        own = stat_fields(self.pid)
        ticks = sum(int(value) for value in own[11:15])
        for name in os.listdir("/proc"):
            fields = stat_fields(name) if name.isdigit() else None
            if fields and int(fields[1]) == self.pid:
                ticks += int(fields[11]) + int(fields[12])
        return ticks / TICKS
