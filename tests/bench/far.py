"""A large mailbox of everyday mails with one good request at its very end: found, in how much more time than it takes
to count the lines and to parse the mails by GMime alone, and in how much memory."""
import base64
import json
import os
import random
import re
import resource
import subprocess
import time

from house import BenchError
from limits import MIB, need_room
from memory import PeakSampler

AIM = 3  # times `wc -l` and a plain MIME parse together
MOST = 150  # MiB of memory
MORE = 20  # MiB that the second half of a run may need more than the first
DISTINCT = 400  # mails, which come again and again under new Message-IDs
WORDS = ("the pump valve of hall at plant server license since Monday please find attached our report invoice meeting "
         "regards best thanks for your mail we have seen that it stands still again and would like to know when").split()
SEPARATOR = b"From ben@plant.example Tue Nov  3 08:00:00 2026\n"


class Task:
    """A program that has run to its end under watch: seconds of wall and CPU, memory, and what it printed."""

    def __init__(self, folder, name, command):
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        path = os.path.join(folder, "output")
        with open(path, "wb") as output:
            program = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output)
            sampler = PeakSampler(program.pid)
            sampler.start()
            code = program.wait()
            sampler.stop()
        self.name, self.wall, after = name, time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
        if code != 0:
            raise BenchError(f"{name} ended with {code}")
        self.cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        half = len(sampler.samples) // 2
        self.halves = [max(part, default=0) / 1024 for part in (sampler.samples[:half], sampler.samples[half:])]
        with open(path, encoding="utf-8") as stream:
            self.last = ""
            for line in stream:
                self.last = line if line.startswith("{") or not self.last.startswith("{") else self.last

    def show(self, size, base=None):
        print(f"  {self.name:22} {self.wall:7.1f} s, CPU {self.cpu:7.1f} s, {size / MIB / self.wall:5.0f} MiB/s"
              + (f": {self.wall / base.wall:.2f} times, CPU {self.cpu / base.cpu:.2f} times; peak PSS"
                 f" {self.halves[0]:.0f} MiB, in the second half {self.halves[1]:.0f} MiB" if base else ""), flush=True)


class Together:
    """The time of several tasks as if it were one."""

    def __init__(self, *tasks):
        self.wall, self.cpu = sum(task.wall for task in tasks), sum(task.cpu for task in tasks)


# ---- the mailbox ------------------------------------------------------------------------------

def prose(dice, size):
    lines = []
    while size > 0:
        lines.append(" ".join(dice.choices(WORDS, k=dice.randrange(3, 13))))
        size -= len(lines[-1]) + 1
    return "\n".join(lines) + "\n"


def page(dice, size):
    rows = "".join(f'<tr style="color:#333"><td><b>{dice.choice(WORDS)}</b>&nbsp;</td><td>{prose(dice, 200)}</td></tr>\n'
                   for _ in range(size // 260 + 1))
    return f"<html><head><style>td {{ padding: 2px }}</style></head><body><table>\n{rows}</table></body></html>\n"


def everyday_mail(dice):
    """A text; one with a page beside it; the same with a file, now and then a large one."""
    def part(kind, text, encoding="8bit"):
        return f"Content-Type: {kind}; charset=utf-8\nContent-Transfer-Encoding: {encoding}\n\n{text}"

    def several(kind, mark, *parts):
        body = "".join(f"--{mark}\n{one}\n" for one in parts)
        return f'Content-Type: multipart/{kind}; boundary="{mark}"\n\n{body}--{mark}--\n'
    text, chance = prose(dice, dice.randrange(300, 6000)), dice.random()
    body = part("text/plain", text)
    if chance > 0.3:
        body = several("alternative", "=_alt", body, part("text/html", page(dice, dice.randrange(2000, 40000))))
    if chance > 0.7:
        size = 1500000 if chance > 0.98 else int(2000 * 100 ** dice.random())
        data = base64.encodebytes(dice.randbytes(size)).decode()
        body = several("mixed", "=_mix", body, part('application/pdf; name="report.pdf"', data, "base64"))
    who = f"person{dice.randrange(50)}@plant.example"
    trace = "".join(f"Received: from mx{hop}.plant.example by mx.vendor.example; Tue, 3 Nov 2026 08:00:0{hop} +0000\n"
                    for hop in range(dice.randrange(1, 6)))
    return (f"{trace}From: Ben <{who}>\nTo: support@example.net\nSubject: {prose(dice, 30).splitlines()[0]}\n"
            f"Date: Tue, 3 Nov 2026 08:00:00 +0000\nMessage-ID: <NUMBER@plant.example>\nMIME-Version: 1.0\n{body}").encode()


def write_mailbox(path, size, seed, last):
    """Everyday mails up to that size, and the last one; their number."""
    need_room(os.path.dirname(path), size * 2)  # PostgreSQL keeps the mails too
    dice = random.Random(seed)
    mails = [re.sub(rb"(?m)^(>*From )", rb">\1", everyday_mail(dice)).split(b"NUMBER", 1) for _ in range(DISTINCT)]
    count = 0
    with open(path, "wb") as stream:
        while size > 0:
            head, rest = dice.choice(mails)
            count += 1
            size -= stream.write(SEPARATOR + head + b"far-%d" % count + rest + b"\n")
        stream.write(last)
    return count + 1


def forget(path):
    """Has the system read the file from the disk again."""
    descriptor = os.open(path, os.O_RDONLY)
    os.fsync(descriptor)
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(descriptor)


# ---- the measurement ----------------------------------------------------------------------------

def missed(task, base):
    short = []
    for what, ratio in (("time", task.wall / base.wall), ("CPU time", task.cpu / base.cpu)):
        if ratio > AIM:
            short.append(f"{task.name}: {ratio:.2f} times the {what} of wc -l and a plain parse, aim {AIM}")
    if max(task.halves) >= MOST:
        short.append(f"{task.name}: peak PSS {max(task.halves):.0f} MiB, aim under {MOST}")
    if task.halves[1] > task.halves[0] + MORE:
        short.append(f"{task.name}: peak PSS {task.halves[0]:.0f} MiB, and {task.halves[1]:.0f} MiB in the second half")
    return short


def tasks(house, path, count):
    """The base, and the runs of issuer; each must have found the request, in the last mail."""
    cold = Task(house.folder, "wc -l, cold", ["wc", "-l", path])
    lines = Task(house.folder, "wc -l", ["wc", "-l", path])
    parse = Task(house.folder, "plain MIME parse", [house.tool("parts"), "-m", path])
    inspect = Task(house.folder, "issuer inspect", house.command("far", "--json", "inspect", path))
    ingest = Task(house.folder, "issuer ingest", house.command("far", "--json", "ingest", path))
    for task, found in ((inspect, "tokens"), (ingest, "decisions")):
        mail = json.loads(task.last)
        if mail["source"] != f"{path}#{count}" or len(mail[found]) != 1:
            raise BenchError(f"{task.name} has not found the request at the end: {task.last[:300]}")
    if house.server.ask("far", "select count(*) from issuer.usage_license")[0] != 1:
        raise BenchError("issuer ingest has not issued the one usage license")
    return cold, lines, parse, inspect, ingest


def run(house, options):
    load, path = os.path.join(house.folder, "far-load"), os.path.join(house.folder, "far.mbox")
    house.make_load(load, licenses=1, requests=1, updates=0, seed=options.seed)
    house.seed("far", load)
    with open(os.path.join(load, "requests.mbox"), "rb") as stream:
        count = write_mailbox(path, options.far * MIB, options.seed, stream.read())
    size = os.path.getsize(path)
    forget(path)
    cold, lines, parse, *runs = tasks(house, path, count)
    os.unlink(path)
    base = Together(lines, parse)
    print(f"one request at the end of {size / MIB:.0f} MiB, {count} mails: found")
    for task in (cold, lines, parse):
        task.show(size)
    for task in runs:
        task.show(size, base)
    results = {task.name: {"seconds": task.wall, "cpu": task.cpu, "peak_mib": task.halves}
               for task in (cold, lines, parse, *runs)}
    return {"far": {"bytes": size, "mails": count, **results}}, [short for task in runs for short in missed(task, base)]
