"""Several daemons on one database and one drop folder, and how the rate grows: with the size of a batch, with daemons, with
licenses on record. All that is compared runs in turn in one go, each time upon a fresh copy of the same records."""
import os
import shutil
import signal
import statistics
import subprocess
import sys
import threading
import time

from house import BenchError
from signing import NOWHERE

TWO_AIM, SLOW_AIM = 0.95, 1.3
SLOW_US = 2000
DATABASE = "shared"
# Mails in a file, and with it in a batch, and so many mails altogether.
BATCHES = ((1, 200), (10, 1000), (100, 2000), (500, 4000))
COUNTS = (1, 2, 4)
PER_FILE = 100


def mails_of(mbox):
    """The mails of a mailbox of make_load's, each with its line before it."""
    with open(mbox, "rb") as stream:
        parts = stream.read().split(b"\nFrom ")
    return [parts[0] + b"\n"] + [b"From " + part + b"\n" for part in parts[1:]]


class Daemon:
    def __init__(self, house, number, folder, slow_us):
        state = os.path.join(folder, f"daemon-{number}")
        os.makedirs(state)
        config = os.path.join(state, "issuer.conf")
        with open(config, "w", encoding="utf-8") as stream:
            stream.write(f"[issuer]\ndatabase={house.server.dsn(DATABASE)}\nkey-folder={house.keys}\n"
                         "allow-development-keys=yes\nown-addresses=support@example.net\nrole-prefix=bench\n"
                         f"daemon-name=d{number}\nstate-folder={state}\nlicenses-an-hour=10000000\n"
                         f"reply-by=smtp\nsmtp-url=smtp://127.0.0.1:{NOWHERE}\n"
                         f"[drop bench]\nfolder={os.path.join(folder, 'drop')}\n")
        environment = dict(os.environ)
        if slow_us:
            environment.update(LD_PRELOAD=house.tool("libslow_signing.so"), SLOW_SIGNING_US=str(slow_us))
            # A build with sanitizers would have its own library come first.
            environment["ASAN_OPTIONS"] = environment.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
        self.said, self.ready = [], threading.Event()
        self.process = subprocess.Popen([os.path.join(house.build, "issuer", "issuer"), "run", "--config", config],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                        text=True, env=environment)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stderr:
            self.said.append(line)
            if " daemon-ready" in line:
                self.ready.set()

    def wait_ready(self):
        if not self.ready.wait(60):
            raise BenchError(f"a daemon does not start: {''.join(self.said)[-500:]}")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)


def put_files(folder, mails, per_file):
    """The mails in files, beside the drop folder: (names, the folder they are in)."""
    hidden = os.path.join(folder, "hidden")
    os.makedirs(hidden)
    names = []
    for at in range(0, len(mails), per_file):
        names.append(f"{at:06}.mbox")
        with open(os.path.join(hidden, names[-1]), "wb") as stream:
            stream.writelines(mails[at:at + per_file])
    return names, hidden


def one_run(house, base, mails, per_file, daemons, slow_us=0):
    """Licenses a second from the first file's rename into the drop folder until the last is done, and how often
    PostgreSQL had to end a deadlock, which the program must have made good."""
    folder = os.path.join(house.folder, "sharing")
    os.makedirs(os.path.join(folder, "drop"))
    names, hidden = put_files(folder, mails, per_file)
    house.server.create(DATABASE, base)
    running = [Daemon(house, number, folder, slow_us) for number in range(daemons)]
    try:
        for daemon in running:
            daemon.wait_ready()
        done = os.path.join(folder, "drop", "done")
        begun = time.monotonic()
        for name in names:
            os.rename(os.path.join(hidden, name), os.path.join(folder, "drop", name))
        while not os.path.isdir(done) or sum(name.endswith(".mbox") for name in os.listdir(done)) < len(names):
            if time.monotonic() - begun > 300:
                raise BenchError(f"the daemons are not done within 300 s: {running[0].said[-3:]}")
            time.sleep(0.01)
        wall = time.monotonic() - begun
    finally:
        for daemon in running:
            daemon.stop()
    time.sleep(0.2)
    issued, doubled, quarantined = house.server.ask(
        DATABASE, "select (select count(*) from issuer.usage_license), (select count(*) from issuer.usage_license) -"
        " (select count(distinct request_id) from issuer.usage_license), (select count(*) from issuer.quarantine)")
    deadlocks = house.server.ask("postgres", f"select deadlocks from pg_stat_database where datname = '{DATABASE}'")[0]
    house.server.drop(DATABASE)
    shutil.rmtree(folder)
    if (issued, doubled, quarantined) != (len(mails), 0, 0):
        raise BenchError(f"{daemons} daemons issued {issued} licenses for {len(mails)} mails, {doubled} of them twice, and "
                         f"{quarantined} mails are in quarantine")
    return len(mails) / wall, deadlocks


def in_turn(house, options, cases):
    """The median rate of each case, by its name: a case is what one_run() wants. And all deadlocks."""
    rates, deadlocks = {name: [] for name in cases}, 0
    for _ in range(options.repeat):
        for name, case in cases.items():
            rate, found = one_run(house, **case)
            print(f"  {name}: {rate:.0f} licenses/s", file=sys.stderr, flush=True)
            rates[name].append(rate)
            deadlocks += found
    return {name: statistics.median(found) for name, found in rates.items()}, deadlocks


def seeded(house, options, licenses, requests):
    """A database with so many licenses, and the mails."""
    load, name = os.path.join(house.folder, f"load-{licenses}"), f"seeded-{licenses}"
    house.make_load(load, licenses=licenses, requests=requests, activations=-(-requests // licenses),
                    seed=options.seed)
    house.seed(name, load)
    mails = mails_of(os.path.join(load, "requests.mbox"))
    shutil.rmtree(load)
    return name, mails


def run(house, options):
    """One daemon against two, where the cores are the bound and where a slow token is."""
    count = options.requests
    base, mails = seeded(house, options, options.licenses, count)
    slow = mails[:max(1, count // 4)]
    cases = {}
    for daemons in (1, 2):
        cases[f"{daemons}"] = {"base": base, "mails": mails, "per_file": PER_FILE, "daemons": daemons}
        cases[f"{daemons} slow"] = {"base": base, "mails": slow, "per_file": PER_FILE, "daemons": daemons,
                                    "slow_us": SLOW_US}
    rates, deadlocks = in_turn(house, options, cases)
    two, slow_two = rates["2"] / rates["1"], rates["2 slow"] / rates["1 slow"]
    print(f"one daemon {rates['1']:.0f} licenses/s, two {rates['2']:.0f}: {two:.2f} times, aim {TWO_AIM}")
    print(f"signing slowed by {SLOW_US / 1000:.0f} ms: one {rates['1 slow']:.0f}, two {rates['2 slow']:.0f}: "
          f"{slow_two:.2f} times, aim {SLOW_AIM}")
    print(f"deadlocks, all made good: {deadlocks}")
    short = [] if two >= TWO_AIM else [f"two daemons have {two:.2f} of one's rate, aim {TWO_AIM}"]
    short += [] if slow_two >= SLOW_AIM else [f"with a slow token two have {slow_two:.2f}, aim {SLOW_AIM}"]
    return {"daemons": {"rates": rates, "two": two, "two_slow": slow_two, "deadlocks": deadlocks}}, short


def table(title, rates):
    print(title)
    first = next(iter(rates.values()))
    for name, rate in rates.items():
        print(f"  {name:>9}  {rate:6.0f} licenses/s  {rate / first:5.2f}")


def grow(house, options):
    """The rate by the size of a batch, by daemons, by licenses on record up to options.rates."""
    most = options.rates
    sizes = sorted({max(1, most // 100), max(1, most // 10), most})
    mails_wanted = min(BATCHES[-1][1], options.requests)
    houses = {size: seeded(house, options, size, mails_wanted) for size in sizes}
    middle, mails = houses[sizes[len(sizes) // 2]]
    scaled = [(size, min(count, len(mails))) for size, count in BATCHES]
    cases = {f"batch {size}": {"base": middle, "mails": mails[:count], "per_file": size, "daemons": 1}
             for size, count in scaled}
    cases.update({f"daemons {daemons}": {"base": middle, "mails": mails, "per_file": PER_FILE, "daemons": daemons}
                  for daemons in COUNTS})
    cases.update({f"licenses {size}": {"base": base, "mails": of_size, "per_file": PER_FILE, "daemons": 1}
                  for size, (base, of_size) in houses.items()})
    rates, deadlocks = in_turn(house, options, cases)
    for kind, title in (("batch", "mails in a batch, one daemon"), ("daemons", f"daemons, files of {PER_FILE} mails"),
                        ("licenses", f"licenses on record, one daemon, files of {PER_FILE} mails")):
        table(title, {name.split()[1]: rate for name, rate in rates.items() if name.startswith(kind)})
    print(f"deadlocks, all made good: {deadlocks}")
    return {"rates": rates}, []
