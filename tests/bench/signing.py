"""What it costs that the key is in a process of its own: the plain case by `issuer ingest`, which has the key itself,
and through a drop folder of the daemon, whose processes ask the signer. The same mailbox, each time on a fresh copy."""
import os
import shutil
import signal
import statistics
import time

import dropping
from house import BenchError

AIM = 0.97  # of the rate with the key at hand
NOWHERE = 9  # a port of this machine on which nobody listens: replies stay queued, as by ingest


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as stream:
        return [int(word) for word in stream.read().split()]


def cpu_seconds(pid):
    """Of a process and all that it has started and that still runs."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as stream:
        fields = stream.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") + sum(map(cpu_seconds, children(pid)))


def by_ingest(house, mails, count):
    before = house.server.cpu_seconds()
    run = house.ingest("signing", mails, count)
    return run.wall, run.cpu + house.server.cpu_seconds() - before


def by_daemon(house, mails, count):
    folder = os.path.join(house.folder, "signing")
    os.mkdir(folder)
    hidden, done = os.path.join(folder, ".mails"), os.path.join(folder, "done", "mails")
    os.link(mails, hidden)
    before = house.server.cpu_seconds()  # which waits until no session is left
    daemon = dropping.start(house, "signing", NOWHERE, f"[drop bench]\nfolder={folder}\n")
    try:
        begun = time.monotonic()
        os.rename(hidden, os.path.join(folder, "mails"))
        while not os.path.exists(done):
            if time.monotonic() - begun > 600:
                raise BenchError("the daemon has not done the mails within 600 s")
            time.sleep(0.005)
        wall, cpu = time.monotonic() - begun, cpu_seconds(daemon.pid)
    finally:
        daemon.send_signal(signal.SIGTERM)
        daemon.wait(60)
    shutil.rmtree(folder)
    issued = house.server.ask("signing", "select count(*) from issuer.usage_license")[0]
    if issued != count:
        raise BenchError(f"the daemon issued {issued} licenses for {count} mails")
    return wall, cpu + house.server.cpu_seconds() - before


def run(house, options):
    load, count = os.path.join(house.folder, "load"), options.requests
    house.make_load(load, licenses=options.licenses, requests=count, seed=options.seed)
    house.seed("seeded", load)
    mails = os.path.join(load, "requests.mbox")
    ways = {"the key at hand": by_ingest, "the signer": by_daemon}
    runs = {name: [] for name in ways}
    for _ in range(options.repeat):
        for name, way in ways.items():
            house.server.create("signing", "seeded")
            runs[name].append(way(house, mails, count))
            house.server.drop("signing")
    rates = {}
    for name, figures in runs.items():
        wall, cpu = (statistics.median(column) for column in zip(*figures))
        rates[name] = count / wall
        print(f"{name:16} {rates[name]:6.0f} licenses/s, CPU of all processes {cpu * 1e6 / count:5.0f} us a license")
    ratio = rates["the signer"] / rates["the key at hand"]
    print(f"with the signer {ratio:.2f} times the rate of the key at hand, aim {AIM}")
    short = [] if ratio >= AIM else [f"the signer leaves {ratio:.2f} of the rate, aim {AIM}"]
    return {"signing": {"rates": rates, "ratio": ratio}}, short
