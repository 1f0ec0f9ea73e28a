"""What a desk stands on, and what can befall it: a PostgreSQL of the test's own, a mail server."""
import ctypes
import errno
import os
import shutil
import signal
import socket
import subprocess
import time

from mail_servers import free_port
from scenario import TESTS

__all__ = ["Cluster", "Sink", "SmallDisk", "children", "end", "read_all", "tree"]

SINK = "/usr/sbin/smtp-sink"


def children(pid):
    """The processes that a process has started."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as stream:
            return [int(word) for word in stream.read().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def tree(pid):
    """It and all that it has started, and they."""
    found = [pid]
    for one in found:
        found += children(one)
    return found


def command(pid):
    """What a process calls itself."""
    try:
        with open(f"/proc/{pid}/cmdline", encoding="utf-8", errors="replace") as stream:
            return stream.read().replace("\0", " ")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def end(pid, number=signal.SIGKILL):
    """Whether it was there to be told."""
    try:
        os.kill(pid, number)
        return True
    except ProcessLookupError:
        return False


class Cluster:
    """A PostgreSQL of this test alone, which tests/postgres-server has started in `folder`."""

    def __init__(self, folder):
        self.folder = folder
        with open(os.path.join(folder, "socket"), encoding="utf-8") as stream:
            self.sockets = stream.read().strip()
        self.data = os.path.join(self.sockets, "data")

    def pid(self):
        """The postmaster's; None: there is none."""
        try:
            with open(os.path.join(self.data, "postmaster.pid"), encoding="ascii") as stream:
                return int(stream.readline())
        except (FileNotFoundError, ValueError):
            return None

    def sessions(self, database):
        """The processes that serve somebody in that database."""
        return [pid for pid in children(self.pid() or 0) if f" {database} " in command(pid)]

    def kill(self):
        """The postmaster dies, and with it, by and by, all that it has started."""
        pid, family = self.pid(), children(self.pid())
        end(pid)
        self._wait_for_end(pid, *family)

    @staticmethod
    def _wait_for_end(*pids):
        for _ in range(600):
            if not any(os.path.exists(f"/proc/{pid}") for pid in pids):
                return
            time.sleep(0.05)
        raise AssertionError("PostgreSQL's processes do not end")

    def stop(self):
        """In order, whoever is connected."""
        pid = self.pid()
        end(pid, signal.SIGINT)
        self._wait_for_end(pid)

    def is_alive(self):
        pid = self.pid()
        return pid is not None and os.path.exists(f"/proc/{pid}")

    def start(self, environment=""):
        """After its end, whatever that was; `environment`: further variables, as NAME=VALUE…"""
        subprocess.run([os.path.join(TESTS, "postgres-server"), "again", self.folder], check=True, timeout=120,
                       env={**os.environ, "POSTGRES_ENVIRONMENT": environment}, stderr=subprocess.DEVNULL)


class SmallDisk:
    """A disk of its own at `path`, which keeps what lies there. tests/faults/with-disks lets anybody mount it."""

    CHUNKS = (1 << 20, 4096)

    def __init__(self, path, mib):
        self.path, self.libc = path, ctypes.CDLL(None, use_errno=True)
        status = os.stat(path)
        os.rename(path, path + ".before")
        os.mkdir(path)
        if self.libc.mount(b"small", path.encode(), b"tmpfs", 0, b"size=%dm" % mib) != 0:
            raise RuntimeError(f"no small disk can be mounted at {path}: {os.strerror(ctypes.get_errno())}; run this"
                               " within tests/faults/with-disks")
        os.chown(path, status.st_uid, status.st_gid)
        os.chmod(path, status.st_mode & 0o7777)
        subprocess.run(["cp", "-a", path + ".before/.", path], check=True)
        shutil.rmtree(path + ".before")
        self.filler = os.path.join(path, ".filler")

    def fill(self):
        """Leaves no room for a single block."""
        with open(self.filler, "ab", buffering=0) as stream:
            for size in self.CHUNKS:
                try:
                    while True:
                        stream.write(b"x" * size)
                except OSError as problem:
                    if problem.errno != errno.ENOSPC:
                        raise

    def clear(self):
        if os.path.exists(self.filler):
            os.unlink(self.filler)

    def remove(self):
        """What lies there stays there, on the disk that was there before."""
        self.clear()
        after = self.path + ".after"
        subprocess.run(["cp", "-a", self.path, after], check=True)
        self.libc.umount2(self.path.encode(), 2)  # also while somebody looks at it
        os.rmdir(self.path)
        os.rename(after, self.path)


class Sink:
    """Postfix's smtp-sink, which takes all mail and keeps each copy in a file."""

    def __init__(self, folder):
        if not os.path.exists(SINK):
            raise RuntimeError(f"{SINK} is missing (Debian: apt-get install postfix)")
        self.folder, self.port, self.process = folder, free_port(), None
        os.makedirs(folder, exist_ok=True)

    def start(self):
        rights = ["-u", "root"] if os.geteuid() == 0 else []
        self.process = subprocess.Popen([SINK, *rights, "-d", os.path.join(self.folder, "mail."),
                                         f"127.0.0.1:{self.port}", "100"])
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self
            time.sleep(0.05)
        raise RuntimeError("smtp-sink does not start")

    def stop(self):
        if self.process is not None:
            self.process.terminate()
            self.process.wait(30)
            self.process = None

    def mails(self):
        return read_all(self.folder)


def read_all(folder):
    """The content of each file."""
    for name in os.listdir(folder):
        with open(os.path.join(folder, name), "rb") as stream:
            yield stream.read()
