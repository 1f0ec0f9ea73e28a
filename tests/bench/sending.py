"""How many replies a second `issuer deliver` sends over one connection: into a folder, to Postfix's
smtp-sink, which throws all away, and to a Postfix that keeps them, over TLS."""
import os
import resource
import socket
import subprocess
import sys
import time

from house import BenchError

SINK = "/usr/sbin/smtp-sink"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Sink:
    """smtp-sink; nothing of it is TLS."""

    def __init__(self):
        if not os.path.exists(SINK):
            raise BenchError(f"{SINK} is missing (Debian: apt-get install postfix)")
        port = free_port()
        self.process = subprocess.Popen([SINK, "-u", "nobody", f"127.0.0.1:{port}", "100"])
        self.settings = {"smtp-url": f"smtp://127.0.0.1:{port}"}
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.05)
        raise BenchError("smtp-sink does not start")

    def close(self):
        self.process.terminate()
        self.process.wait(30)


def postfix():
    """The tests' own Postfix, told to take every domain's mail as it comes."""
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
                                    "scenarios"))
    from mail_servers import Postfix  # pylint: disable=import-outside-toplevel
    server = Postfix(domains="static:all")
    server.settings = {"smtp-url": f"smtp://localhost:{server.port}", "smtp-tls": "always",
                       "smtp-ca-file": server.ca_file}
    return server


def children_seconds():
    """What the programs that have ended used of the CPU."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def timed(house, what, settings, at_once=1):
    """Sends the queued replies of a copy; how long that takes."""
    house.server.create("sending", "queued")
    queued = house.server.ask("sending", "select count(*) from issuer.reply where state = 'queued'")[0]
    command = house.command("sending", "--csv", "deliver")
    with open(command[2], "a", encoding="utf-8") as stream:
        stream.writelines(f"{name}={value}\n" for name, value in settings.items())
    before, own, begun = house.server.cpu_seconds(), children_seconds(), time.monotonic()
    running = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for _ in range(at_once)]
    codes = [one.wait() for one in running]
    seconds = time.monotonic() - begun
    own, database = children_seconds() - own, house.server.cpu_seconds() - before
    sent = house.server.ask("sending", "select count(*) from issuer.reply where state = 'sent'")[0]
    if any(codes) or sent != queued:
        raise BenchError(f"{what}: {sent} of {queued} replies were sent, exit codes {codes}")
    house.server.drop("sending")
    print(f"deliver {what}: {sent} replies in {seconds:.2f} s: {sent / seconds:.0f} replies/s (CPU a"
          f" reply: issuer {own / sent * 1e6:.0f} µs, PostgreSQL {database / sent * 1e6:.0f} µs)")
    return {"replies": sent, "seconds": seconds, "issuer_cpu": own, "postgresql_cpu": database}


def run(house, options):
    load = os.path.join(house.folder, "load")
    house.make_load(load, licenses=options.send, requests=options.send, seed=options.seed)
    house.seed("queued", load)
    house.ingest("queued", os.path.join(load, "requests.mbox"))
    house.server.ask("queued", "vacuum analyze")
    folder = os.path.join(house.folder, "replies")
    os.mkdir(folder)
    results = {"folder": timed(house, "into a folder", {"reply-folder": folder})}
    for name, start in (("smtp-sink", Sink), ("Postfix", postfix)):
        server = start()
        try:
            settings = {"reply-by": "smtp", **server.settings}
            results[name] = timed(house, f"to {name}", settings)
            results[f"{name}, two"] = timed(house, f"to {name}, two at once", settings, 2)
        finally:
            server.close()
    return {"sending": results}, []
