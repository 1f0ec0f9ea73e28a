"""How long people wait for an answer upon a house of many years (history.py): whole processes, the
share of the database in them, and the plans by which it answered."""
import os
import re
import statistics
import subprocess
import time

import history
from house import BenchError

# Milliseconds for a whole process and in the database.
LOOK = (250, 50)
REPORT = (3000, None)
PAST_REPORT = (6000, None)

# What people ask for, of license number {n}; the numbers of its rows follow from history.py.
LOOKS = (
    "license find LIC-{n}", "license find plant{c}.example", "license find ops@plant{c}.example",
    "license find SO-{n}", "license find plant-{n}-mqtt1", "license find UL-{serial}",
    "license find {short}", "license find C-{c}", "license find {hint}",
    "license find Works", "license find plant",
    "license show LIC-{n}", "license show --for-customer LIC-{n}", "license terms LIC-{n}",
    "usage-license show UL-{signed}",
    "license find --undelivered", "order list", "order list --kind trial", "order list --customer C-{c}",
    "order list --from 2021-03-01 --until 2021-03-31", "order show SO-{n}",
    "customer list", "customer show C-{c}", "feature list",
    "event list", "event list --license LIC-{n}", "event list --operator olga",
    "event list --kind activation-made", "event list --from 2025-01-01 --until 2025-01-02",
    "event list --license LIC-{n} --kind activation-made",
    "request list", "request list --all", "request show {short}",
    "message list", "message list --all", "message show {serial}", "quarantine list",
    "alert list", "instruction list", "restoration list", "restoration list --all",
    "restoration show {lost}", "status",
)
REPORTS = ("licenses", "orders", "expiring", "activations", "restorations", "support-years", "issuance",
           "holds", "response-times", "keys", "late-entries", "reconciliation")
PAST = ("--as-of", "2024-02-29")

LARGE = ("license", "contact", "orders", "entitlement", "entitlement_feature", "message", "decision",
         "usage_request", "usage_license", "activation", "reply", "reply_line", "event", "instance")
READ_WHOLE = re.compile(r"Seq Scan on (" + "|".join(LARGE) + r")\b")
DURATION = re.compile(r"duration: ([\d.]+) ms  (?!plan:)")
# Every statement tells how long it took; and, when nobody times it, by which plan, those within
# functions too.
TIMED = "-c log_min_duration_statement=0"
TELLING = " ".join("-c " + setting for setting in (
    "log_min_duration_statement=0", "session_preload_libraries=auto_explain",
    "auto_explain.log_min_duration=0", "auto_explain.log_analyze=on", "auto_explain.log_timing=off",
    "auto_explain.log_nested_statements=on"))


def sign_one(house):
    """Takes one more request in: the only usage license of this house that was ever signed. Its
    serial."""
    folder = os.path.join(house.folder, "one-more")
    house.make_load(folder, licenses=1, requests=1)
    house.issuer("history", "key", "init", "--development")
    house.issuer("history", "license", "import", os.path.join(folder, "purchases.csv"))
    house.ingest("history", os.path.join(folder, "requests.mbox"), issued=1)
    return house.server.ask("history", "select max(serial) from issuer.usage_license")[0]


def names_of(house, licenses):
    """What stands for the {names} above."""
    n = licenses // 2 // 10 * 10 + 8  # lost a server
    short, hint = house.server.ask("history", f"""
        select (select digest from issuer.usage_request where id = {3 * n}),
               (select hint from issuer.license_key where id = {n})""")
    return {"n": n, "c": (n + 9) // 10, "serial": 3 * n, "lost": 100000 + n, "hint": hint,
            "short": short_form(bytes(short)), "signed": sign_one(house)}


def short_form(digest):
    bits = int.from_bytes(digest[:7], "big") >> 6
    symbols = "".join("0123456789ABCDEFGHJKMNPQRSTVWXYZ"[bits >> 5 * place & 31]
                      for place in range(9, -1, -1))
    return f"{symbols[:5]}-{symbols[5:]}"


class Answer:
    """The median of some runs of one command, and the plans of a further one."""

    def __init__(self, house, words, repeat):
        self.words = words
        runs = [self._run(house, TIMED) for _ in range(repeat)]
        self.wall = statistics.median(run[0] for run in runs)
        self.database = statistics.median(run[1] for run in runs)
        self.log = self._run(house, TELLING)[2]
        self.whole = sorted(set(READ_WHOLE.findall(self.log)))

    def _run(self, house, settings):
        path = os.path.join(house.server.socket_folder, "log")
        size = os.path.getsize(path)
        start = time.monotonic()
        done = subprocess.run(house.command("history", *self.words), check=False, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE,
                              env={**os.environ, "PGOPTIONS": settings, "ISSUER_NOW": NOW})
        wall = 1000 * (time.monotonic() - start)
        if done.returncode != 0:
            raise BenchError(f"issuer {' '.join(self.words)} ended with {done.returncode}: "
                             f"{done.stderr.strip()[-300:]}")
        with open(path, encoding="utf-8", errors="replace") as stream:
            stream.seek(size)
            log = stream.read()
        return wall, sum(float(found) for found in DURATION.findall(log)), log

    def missed(self, aim):
        name = f"issuer {' '.join(self.words)}"
        if self.wall > aim[0]:
            yield f"{name}: {self.wall:.0f} ms, aim {aim[0]}"
        if aim[1] is not None and self.database > aim[1]:
            yield f"{name}: {self.database:.0f} ms in the database, aim {aim[1]}"
        if aim is LOOK and self.whole:
            yield f"{name}: reads the whole of {', '.join(self.whole)}"


NOW = "1782864000"  # 2026-07-01: the youngest of the history's servers are some weeks old


def questions(names):
    for look in LOOKS:
        yield look.format(**names).split(), LOOK
    for report in REPORTS:
        yield ["report", report, "--csv"], REPORT
        yield ["report", report, "--csv", *PAST], PAST_REPORT


def run(house, options):
    house.server.create("history")
    house.issuer("history", "migrate")
    start = time.monotonic()
    history.fill(house.server.dsn("history"), options.history,
                 lambda name: print(f"  {time.monotonic() - start:6.0f} s  {name}", flush=True))
    results, short = {}, []
    for words, aim in questions(names_of(house, options.history)):
        answer = Answer(house, words, options.repeat)
        results[" ".join(words)] = {"ms": answer.wall, "database_ms": answer.database}
        short += answer.missed(aim)
        print(f"{answer.wall:8.0f} ms {answer.database:8.1f} ms in the database  "
              f"issuer {' '.join(words)}", flush=True)
        if options.plans:
            keep_plan(options.plans, answer)
    return results, short


def keep_plan(folder, answer):
    os.makedirs(folder, exist_ok=True)
    name = re.sub(r"[^A-Za-z0-9]+", "-", " ".join(answer.words)) + ".txt"
    with open(os.path.join(folder, name), "w", encoding="utf-8") as stream:
        stream.write(answer.log)
