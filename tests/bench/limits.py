"""What must hold whatever the mailbox: peak memory, the wait for the first decision, and how long
one mail takes."""
import mailbox
import os
import shutil
import statistics
import subprocess
import threading
import time

import psycopg2

import wire
from house import BenchError
from memory import PeakSampler

MIB = 1 << 20
DISTINCT = 20000  # requests in the large mailbox; they are repeated under new Message-IDs
FILLER = b"".join(b"%06d the quick brown fox jumps over the lazy dog, and over the fence\n" % number
                  for number in range(1000))


def need_room(folder, size):
    free = shutil.disk_usage(folder).free
    if free < size * 1.3:
        raise BenchError(f"{folder} has {free // MIB} MiB free, {int(size * 1.3) // MIB} are needed;"
                         " set TMPDIR or choose smaller sizes")


def repeat_mails(source, target, size):
    """A mailbox of about `size` bytes: the source over and over, each copy a mail of its own."""
    with open(source, "rb") as stream:
        content = stream.read()
    need_room(os.path.dirname(target), size * 2)  # PostgreSQL keeps the mails too
    written, copy = 0, 0
    with open(target, "wb") as stream:
        while written < size:
            data = content if copy == 0 else content.replace(b"Message-ID: <load-",
                                                             b"Message-ID: <copy-%d-" % copy)
            written += stream.write(data)
            copy += 1


def large_mails(source, target, count, size):
    """A mailbox of `count` mails of `size` bytes: a request each, and a long text attached."""
    need_room(os.path.dirname(target), count * size)
    rounds, rest = divmod(size - 4096, len(FILLER))
    with open(source, "rb") as stream:
        mails = stream.read().split(b"\nFrom ops@")[:count]
    with open(target, "wb") as stream:
        for number in range(count):
            mail = mails[number % len(mails)]
            mail = mail if mail.startswith(b"From ") else b"From ops@" + mail
            head, _, body = mail.partition(b"\n\n")
            kind = head[head.index(b"Content-Type:"):]
            head = head[:-len(kind)].replace(b"<load-", b"<large-%d-" % number)
            stream.write(head + b'Content-Type: multipart/mixed; boundary="large"\n\n--large\n'
                         + kind + b"\n\n" + body.rstrip(b"\n") + b"\n--large\n"
                         b"Content-Type: text/plain; charset=us-ascii\n"
                         b"Content-Disposition: attachment; filename=server.log\n\n")
            for _ in range(rounds):
                stream.write(FILLER)
            stream.write(FILLER[:rest] + b"\n--large--\n\n")


class FirstDecision(threading.Thread):
    """Looks until a decision is committed; `seconds` since the start, or None."""

    def __init__(self, dsn):
        super().__init__(daemon=True)
        self.connection = psycopg2.connect(dsn)
        self.connection.autocommit = True
        self.seconds, self.ended = None, threading.Event()
        self.start_time = time.monotonic()

    def run(self):
        cursor = self.connection.cursor()
        while self.seconds is None and not self.ended.wait(0.005):
            cursor.execute("select exists (select from issuer.decision)")
            if cursor.fetchone()[0]:
                self.seconds = time.monotonic() - self.start_time
        self.connection.close()


def watched_ingest(house, database, mails):
    """Ingests under watch: (wall seconds, peak PSS in MiB, processes, seconds to a decision)."""
    first = FirstDecision(house.server.dsn(database))
    log = os.path.join(house.folder, "ingest.log")
    with open(log, "w+", encoding="utf-8") as output:
        program = subprocess.Popen(house.command(database, "ingest", mails),
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=output)
        sampler = PeakSampler(program.pid)
        first.start_time = time.monotonic()
        first.start()
        sampler.start()
        code = program.wait()
        wall = time.monotonic() - first.start_time
        sampler.stop()
        first.ended.set()
        first.join()
        output.seek(0)
        if code != 0:
            raise BenchError(f"issuer ingest {mails} ended with {code}: {output.read()[-500:]}")
    return wall, sampler.peak / 1024, sampler.most, first.seconds


def show_watched(name, size, watched):
    wall, peak, processes, first = watched
    print(f"{name}: {size / MIB:.0f} MiB in {wall:.1f} s; peak PSS {peak:.1f} MiB over "
          f"{processes} processes; first decision after "
          + (f"{first * 1000:.0f} ms" if first is not None else "never"))


def memory(house, options):
    load = os.path.join(house.folder, "memory-load")
    house.make_load(load, licenses=DISTINCT, requests=DISTINCT, updates=0, seed=options.seed)
    house.seed("memory", load)
    source = os.path.join(load, "requests.mbox")
    target = os.path.join(house.folder, "memory.mbox")
    results, short = {}, []
    cases = [
        ("small mails", lambda: repeat_mails(source, target, options.small_size * MIB)),
        ("large mails", lambda: large_mails(source, target, options.large_mails,
                                            options.large_size * MIB)),
    ]
    for name, make in cases:
        make()
        size = os.path.getsize(target)
        house.server.create("watched", "memory")
        watched = watched_ingest(house, "watched", target)
        house.server.drop("watched")
        os.unlink(target)
        show_watched(name, size, watched)
        results[name] = dict(zip(("seconds", "peak_mib", "processes", "first_decision"), watched))
        if watched[1] >= 150:
            short.append(f"{name}: peak PSS {watched[1]:.0f} MiB, aim under 150")
        if name == "small mails" and (watched[3] is None or watched[3] > 1):
            short.append(f"{name}: first decision after {watched[3]} s, aim within 1")
    return results, short


def transaction_ms(steps):
    """The longest way on the wire from a `begin` to its connection's next `commit`; the others
    are book-keeping."""
    begun, longest = {}, None
    for step in steps:
        head = step.data[:32].lower()
        if b"begin" in head:
            begun[step.connection] = step.started
        elif b"commit" in head and step.connection in begun:
            taken = (step.finished - begun.pop(step.connection)) * 1000
            longest = max(taken, longest or 0)
    return longest


def one(house, options):
    """One mail, one license, as a whole process: the everyday case."""
    load = os.path.join(house.folder, "one-load")
    count = options.singles
    house.make_load(load, licenses=max(count, 1000), requests=2 * count + 1, updates=0,
                    seed=options.seed)
    house.seed("one", load)
    paths = []
    for number, mail in enumerate(mailbox.mbox(os.path.join(load, "requests.mbox"))):
        paths.append(os.path.join(load, f"{number}.eml"))
        with open(paths[-1], "wb") as stream:
            stream.write(mail.as_bytes())
    house.ingest("one", paths.pop(), 1)  # the first run fills the caches
    walls = [house.ingest("one", path, 1).wall * 1000 for path in paths[:count]]
    inner = []
    for path in paths[count:]:
        recorder = wire.Recorder(house.folder, house.server.socket_path)
        house.ingest("one", path, 1, host=house.folder)
        recorder.close()
        inner.append(transaction_ms(recorder.steps))
    inner = [value for value in inner if value is not None]
    results = {"process_ms": statistics.median(walls), "process_max_ms": max(walls),
               "transaction_ms": statistics.median(inner) if inner else None}
    print(f"one mail, one license: whole process median {results['process_ms']:.0f} ms, longest "
          f"{results['process_max_ms']:.0f} ms, of {count}; "
          + (f"begin to commit median {results['transaction_ms']:.1f} ms (seen through a recorder)"
             if inner else "no transaction was seen"))
    short = []
    if results["process_ms"] >= 150:
        short.append(f"one mail takes {results['process_ms']:.0f} ms, aim under 150")
    if inner and results["transaction_ms"] >= 20:
        short.append(f"begin to commit takes {results['transaction_ms']:.1f} ms, aim under 20")
    return results, short
