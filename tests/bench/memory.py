"""Peak memory of a process and all its children: PSS, in which a shared page counts once."""
import os
import threading

INTERVAL = 0.05  # seconds


def children(pid):
    found = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as stream:
                found += [int(child) for child in stream.read().split()]
    except (FileNotFoundError, ProcessLookupError):
        pass  # ended meanwhile
    return found


def tree(pid):
    pids = [pid]
    for member in pids:
        pids += children(member)
    return pids


def pss_kib(pid):
    try:
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as stream:
            return next((int(line.split()[1]) for line in stream if line.startswith("Pss:")), 0)
    except (FileNotFoundError, ProcessLookupError):
        return 0


class PeakSampler(threading.Thread):
    """Samples until stop(); `peak` in KiB, `most` the most processes seen at once, `seen` all of them, `samples`
    what they had together each time, in KiB."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.peak, self.most, self.samples, self.seen = pid, 0, 0, [], set()
        self.ended = threading.Event()

    def run(self):
        while not self.ended.wait(INTERVAL):
            pids = tree(self.pid)
            self.samples.append(sum(pss_kib(pid) for pid in pids))
            self.peak = max(self.peak, self.samples[-1])
            self.most = max(self.most, len(pids))
            self.seen.update(pids)

    def stop(self):
        self.ended.set()
        self.join()
