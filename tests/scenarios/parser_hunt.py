"""The processes that read mail for a running program, found from outside, and what can befall them."""
import os
import signal
import threading
import time


def children(pid):
    """The processes that `pid` has started and that still run."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as stream:
            return [int(word) for word in stream.read().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def parsers(program):
    """The parsers of a program: its children's children."""
    return [parser for nursery in children(program) for parser in children(nursery)]


class Hunt(threading.Thread):
    """Does something to the first so many parsers that a program starts, each as soon as it is seen."""

    def __init__(self, program, deed, most):
        super().__init__(daemon=True)
        self.program, self.deed, self.most, self.hit = program, deed, most, []
        self.start()

    def run(self):
        while self.program.poll() is None and len(self.hit) < self.most:
            for pid in parsers(self.program.pid):
                if pid not in self.hit and len(self.hit) < self.most:
                    self.hit.append(pid)
                    try:
                        self.deed(pid)
                    except (FileNotFoundError, ProcessLookupError):
                        pass
            time.sleep(0.001)


def kill(pid):
    os.kill(pid, signal.SIGKILL)


def crash(pid):
    os.kill(pid, signal.SIGTRAP)


def stop(pid):
    os.kill(pid, signal.SIGSTOP)
