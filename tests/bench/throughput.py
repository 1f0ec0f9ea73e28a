"""Licenses a second from mailbox to committed decisions, held against what its raw parts cost."""
import os
import re
import subprocess
import time

import wire
from house import BenchError

VERIFICATIONS = 3  # of the request, of its proof, of what was signed
PEER_RATE = re.compile(r"issued (\d+) in ([\d.]+) s")


def raw_parts(house, mails):
    """NAME VALUE lines of the program `parts`."""
    output = subprocess.run([house.tool("parts"), mails], check=True, stdout=subprocess.PIPE,
                            text=True).stdout
    return {name: float(value) for name, value in (line.split() for line in output.splitlines())}


def timed_ingest(house, base, mails, count, repeat):
    """The run of median length, each on a fresh copy of `base`; the last copy stays as `timed`."""
    runs = []
    for number in range(repeat):
        if number > 0:
            house.server.drop("timed")
        house.server.create("timed", base)
        before = house.server.cpu_seconds()
        run = house.ingest("timed", mails, count)
        run.database_cpu = house.server.cpu_seconds() - before
        runs.append(run)
    return sorted(runs, key=lambda run: run.wall)[(len(runs) - 1) // 2]


def replayed_statements(house, base, mails, count):
    """Records what ingest sends on one copy of `base`, and sends it again to another without it:
    (steps, wall seconds, CPU seconds of PostgreSQL)."""
    house.server.create("recorded", base)
    recorder = wire.Recorder(house.folder, house.server.socket_path)
    house.ingest("recorded", mails, count, host=house.folder)
    recorder.close()
    house.server.create("replayed", base)
    before, start = house.server.cpu_seconds(), time.monotonic()
    errors = wire.replay(recorder.steps, house.server.socket_path, "replayed")
    wall = time.monotonic() - start
    cpu = house.server.cpu_seconds() - before
    issued = house.server.ask("replayed", "select count(*) from issuer.usage_license")[0]
    expected = house.server.ask("recorded", "select count(*) from issuer.usage_license")[0]
    if errors != recorder.errors or issued != expected:
        raise BenchError(f"the replay went another way: {errors} errors and {issued} licenses, "
                         f"recorded were {recorder.errors} and {expected}")
    house.server.drop("recorded")
    house.server.drop("replayed")
    return len(recorder.steps), wall, cpu


def peer_rate(house, script, folder, limit):
    house.server.create("peer")
    try:
        output = subprocess.run(["/usr/bin/python3", script, "--dsn", house.server.dsn("peer"),
                                 "--dir", folder, "--limit", str(limit)], check=True,
                                stdout=subprocess.PIPE, text=True).stdout
    finally:
        house.server.drop("peer")
    found = PEER_RATE.search(output)
    if found is None:
        raise BenchError(f"{script} printed no rate: {output.strip()[-300:]}")
    return int(found.group(1)) / float(found.group(2))


def measure(house, base, folder, options):
    """All figures for the mails in `folder`, decided upon a copy of the database `base`."""
    mails = os.path.join(folder, "requests.mbox")
    parts = raw_parts(house, mails)
    count = int(parts["mails"])
    run = timed_ingest(house, base, mails, count, options.repeat)
    steps, replay_wall, replay_cpu = replayed_statements(house, base, mails, count)
    costs = {"GMime": parts["gmime_us"],
             f"{VERIFICATIONS} verifications": VERIFICATIONS * parts["verify_us"],
             "1 signature": parts["sign_us"],
             "PostgreSQL": replay_cpu * 1e6 / count}
    figures = {
        "licenses": count, "seconds": run.wall, "rate": count / run.wall,
        "issuer_cpu_us": run.cpu * 1e6 / count,
        "postgresql_cpu_us": run.database_cpu * 1e6 / count,
        "parts_us": costs, "replay_steps": steps, "replay_seconds": replay_wall,
        "cores": len(os.sched_getaffinity(0)),
    }
    figures["bound"] = figures["cores"] * 1e6 / sum(costs.values())
    figures["ratio_to_bound"] = figures["rate"] / figures["bound"]
    if options.peer:
        figures["peer_rate"] = peer_rate(house, options.peer, folder, count)
        figures["ratio_to_peer"] = figures["rate"] / figures["peer_rate"]
    return figures


def show(name, figures):
    print(f"{name}: {figures['licenses']} licenses in {figures['seconds']:.2f} s: "
          f"{figures['rate']:.0f} licenses/s")
    print(f"  its CPU a license    issuer {figures['issuer_cpu_us']:.0f} us, "
          f"PostgreSQL {figures['postgresql_cpu_us']:.0f} us")
    print("  raw parts, CPU a license")
    for part, cost in figures["parts_us"].items():
        print(f"    {part:18} {cost:7.1f} us")
    print(f"    (PostgreSQL: {figures['replay_steps']} recorded steps replayed alone in "
          f"{figures['replay_seconds']:.2f} s)")
    total = sum(figures["parts_us"].values())
    print(f"  bound                {figures['cores']} cores / {total:.1f} us = "
          f"{figures['bound']:.0f} licenses/s")
    print(f"  ratio to the bound   {figures['ratio_to_bound']:.2f}")
    if "peer_rate" in figures:
        print(f"  plain script         {figures['peer_rate']:.0f} licenses/s")
        print(f"  ratio to the script  {figures['ratio_to_peer']:.1f}")


def missed(name, figures):
    """What falls short of the aims, in words."""
    short = []
    if figures["ratio_to_bound"] < 0.6:
        short.append(f"{name}: {figures['ratio_to_bound']:.2f} of the bound, aim 0.6")
    if figures.get("ratio_to_peer", 5) < 5:
        short.append(f"{name}: {figures['ratio_to_peer']:.1f} times the script, aim 5")
    return short


def prepare_load(house, options):
    """Folders with the requests and, apart from them, the updates; each as the peer reads it."""
    requests = os.path.join(house.folder, "load")
    if options.load:
        return options.load, None
    house.make_load(requests, licenses=options.licenses, requests=options.requests,
                    updates=options.updates, seed=options.seed)
    if not options.updates:
        return requests, None
    updates = os.path.join(house.folder, "updates")
    os.mkdir(updates)
    os.rename(os.path.join(requests, "updates.mbox"), os.path.join(updates, "requests.mbox"))
    os.symlink(os.path.join(requests, "purchases.csv"), os.path.join(updates, "purchases.csv"))
    return requests, updates


def run(house, options):
    requests, updates = prepare_load(house, options)
    house.seed("seed", requests)
    results = {"requests": measure(house, "seed", requests, options)}
    show("requests", results["requests"])
    if updates:
        # The updates find the requests decided, as they would be months later.
        house.server.create("decided", "timed")
        house.server.ask("decided", "vacuum analyze")
        house.server.drop("timed")
        results["updates"] = measure(house, "decided", updates, options)
        show("updates", results["updates"])
    return results, [short for name in results for short in missed(name, results[name])]
