"""`issuer run` for a test: started, watched by a NOTIFY_SOCKET of the test's own, its log read as it is
written, its processes found by their role, stopped or killed.

    daemon = Daemon(self.house, hang_seconds=2)     # settings, as environment variables
    self.addCleanup(daemon.close)
    daemon.start()                                  # until it says that it is ready
    daemon.kill_role("post")                        # SIGKILL
    daemon.wait_log("process-started", role="post", count=2)
    daemon.stop()                                   # SIGTERM, exit code 0
"""
import collections
import os
import re
import secrets
import signal
import socket
import subprocess
import threading
import time

__all__ = ["Daemon", "Line", "OF_ITSELF"]

# The tables in which a daemon notes how it fares, whatever comes in.
OF_ITSELF = {"chore", "chores_lease", "report_moment", "watched"}

Line = collections.namedtuple("Line", "level what fields text")
# "2026-11-26T21:00:00Z notice what key=value key="a value"", or with "<5>" in place of time and level.
_LINE = re.compile(r'(?:(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ) (?P<level>[a-z]+) |<(?P<number>[3-7])>)'
                   r'(?P<what>[a-z-]+)(?P<fields>(?: [a-z-]+=(?:"(?:[^"\\]|\\.)*"|[^\s"]+))*)')
_FIELD = re.compile(r' ([a-z-]+)=("(?:[^"\\]|\\.)*"|[^\s"]+)')
_LEVELS = {"3": "error", "4": "warning", "5": "notice", "6": "info", "7": "debug"}
_ESCAPE = re.compile(r'\\(x[0-9a-f]{2}|u[0-9a-f]{4}|.)')


def _unescape(match):
    word = match.group(1)
    return chr(int(word[1:], 16)) if len(word) > 1 else {"n": "\n", "t": "\t"}.get(word, word)


def _value(text):
    return _ESCAPE.sub(_unescape, text[1:-1]) if text.startswith('"') else text


def read_line(text):
    """A line of the log; None: it is none, as a sanitizer's report."""
    match = _LINE.fullmatch(text)
    if not match:
        return None
    level = match["level"] or _LEVELS[match["number"]]
    fields = {key: _value(value) for key, value in _FIELD.findall(match["fields"])}
    return Line(level, match["what"], fields, text)


class Daemon:
    def __init__(self, house, *words, config=None, watchdog=None, environment=(), **settings):
        """`config`: the text of a file of settings, which write_config() changes; `watchdog`: seconds within
        which its manager wants to hear of it; `environment`: further variables; `settings` override the
        file."""
        self.house, self.words, self.watchdog = house, list(words), watchdog
        self.settings = {f"ISSUER_{name.upper()}": str(value) for name, value in settings.items()}
        self.more = dict(environment)
        self.process, self.told, self.output = None, [], []
        self.config = None
        if config is not None:
            self.config = house.path(f"run-{secrets.token_hex(4)}.conf")
            self.write_config(config)
            self.words += ["--config", self.config]

    def write_config(self, text):
        with open(self.config, "w", encoding="utf-8") as stream:
            stream.write(text)

    # ---- its life ----

    def start(self, ready=True):
        """Starts it, and waits until it is ready unless it is not to be."""
        self.told, self.output = [], []  # what it told its manager and when; the lines of its log
        name = f"issuer-test-{secrets.token_hex(8)}"
        self._manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._manager.bind("\0" + name)
        watch = {"WATCHDOG_USEC": str(int(self.watchdog * 1e6))} if self.watchdog else {}
        self.process = self.house.start("run", *self.words, stdout=subprocess.DEVNULL, env={
            **self.house.environment, **self.settings, **self.more, "NOTIFY_SOCKET": "@" + name, **watch})
        self._readers = [threading.Thread(target=one, daemon=True) for one in (self._listen, self._read)]
        for reader in self._readers:
            reader.start()
        if ready:
            self.wait_told("READY=1")
        return self

    def _listen(self):
        manager = self._manager
        while True:
            data = manager.recv(65536)
            if data == b"end of the test":
                return
            self.told.append((time.monotonic(), data.decode()))

    def _read(self):
        for line in self.process.stderr:
            self.output.append(line.decode("utf-8", "replace").rstrip("\n"))

    def send(self, number):
        self.process.send_signal(number)

    def reload(self):
        """Has it read its settings again, and waits until it is ready with them, or with the old ones."""
        before = len(self.told_times("READY=1"))
        self.send(signal.SIGHUP)
        self.wait_told("READY=1", count=before + 1)

    def stop(self, code=0, seconds=60):
        """Asks it to stop; gives the lines of its log."""
        self.send(signal.SIGTERM)
        return self.ended(code, seconds)

    def ended(self, code=0, seconds=60):
        """Waits for its end; gives the lines of its log."""
        try:
            found = self.process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"it does not end:\n{self.text()}") from None
        self._forget()
        if found != code:
            raise AssertionError(f"issuer run ended with {found}, not {code}:\n{self.text()}")
        strange = [line for line in self.output if "Sanitizer" in line or "runtime error" in line]
        if strange:
            raise AssertionError(f"a sanitizer has found something:\n{self.text()}")
        return self.log()

    def kill(self):
        """Kills it, with no chance to do anything, and waits until its processes are gone too."""
        pids = list(self.pids().values())
        self.send(signal.SIGKILL)
        self.process.wait(timeout=60)
        self.wait(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in pids),
                  "the end of the processes that it has left")
        self._forget()

    def _forget(self):
        self._readers[1].join(timeout=60)  # whatever wrote to its log is gone
        self.process.stderr.close()
        self._end_listening()

    def _end_listening(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"end of the test", self._manager.getsockname())
        self._readers[0].join(timeout=60)
        self._manager.close()

    def close(self):
        """For addCleanup: nothing of it runs on."""
        if self.process is not None and self.process.poll() is None:
            for pid in [*self.pids().values(), self.process.pid]:
                try:
                    os.kill(pid, signal.SIGCONT)
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            self.process.wait(timeout=60)
            self._forget()

    # ---- what it says ----

    def text(self):
        return "\n".join(self.output[-60:])

    def wait(self, found, what, seconds=60):
        """Until `found()` gives something true, which it returns."""
        end = time.monotonic() + seconds
        while True:
            result = found()
            if result:
                return result
            if time.monotonic() > end:
                raise AssertionError(f"waited {seconds} s for {what}:\n{self.text()}")
            time.sleep(0.02)

    def log(self, what=None, **fields):
        """The lines of its log that say this, with these fields (`_` in a name stands for `-`)."""
        wanted = {key.replace("_", "-"): str(value) for key, value in fields.items()}
        lines = [line for line in map(read_line, list(self.output)) if line is not None]
        return [line for line in lines if what in (None, line.what)
                and all(line.fields.get(key) == value for key, value in wanted.items())]

    def wait_log(self, what, count=1, seconds=60, **fields):
        """Waits for so many of these; gives the last."""
        return self.wait(lambda: len(self.log(what, **fields)) >= count and self.log(what, **fields),
                         f"{count} × {what} {fields}", seconds)[-1]

    def told_times(self, state):
        """When it told its manager this (time.monotonic())."""
        return [at for at, text in list(self.told) if state in text.split("\n")]

    def wait_told(self, state, count=1, seconds=60):
        """Waits until it has told its manager this so often."""
        def found():
            if self.process.poll() is not None and len(self.told_times(state)) < count:
                self._readers[1].join(timeout=10)
                raise AssertionError(f"it has ended with {self.process.returncode}, and not said {state}:\n"
                                     f"{self.text()}")
            return len(self.told_times(state)) >= count
        self.wait(found, f"{count} × {state}", seconds)

    # ---- its processes ----

    def pids(self):
        """The processes that it has now, by their role: "post", "drop:inbox"."""
        try:
            with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children", encoding="ascii") as stream:
                living = {int(word) for word in stream.read().split()}
        except FileNotFoundError:
            return {}
        started = {int(line.fields["pid"]): line.fields["role"] for line in self.log("process-started")}
        return {role: pid for pid, role in started.items() if pid in living}

    def pid(self, role):
        return self.wait(lambda: self.pids().get(role), f"a process of {role}")

    def kill_role(self, role, number=signal.SIGKILL):
        """Sends a signal to the process of a role; gives its number."""
        pid = self.pid(role)
        os.kill(pid, number)
        return pid

    def restarted(self, role, pid, seconds=60):
        """Waits until another process than `pid` has the role; gives it."""
        return self.wait(lambda: self.pids().get(role) not in (None, pid) and self.pids()[role],
                         f"another process of {role}", seconds)
