"""The program under test with all that it needs: a build, a load, keys, databases."""
import os
import re
import resource
import subprocess
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
ISSUED = re.compile(r"^codes: (\d+) issued", re.MULTILINE)


class BenchError(Exception):
    """One line for who runs the bench."""


def build_release(folder):
    """Configures (once) and builds what the bench needs, as people run it."""
    quiet = {"stdout": subprocess.DEVNULL}
    if not os.path.exists(os.path.join(folder, "build.ninja")):
        subprocess.run(["cmake", "-G", "Ninja", "-S", ROOT, "-B", folder,
                        "-DCMAKE_BUILD_TYPE=Release"], check=True, **quiet)
    subprocess.run(["cmake", "--build", folder, "-j", "2", "--target", "issuer", "make_load",
                    "parts", "slow_signing"], check=True, **quiet)


class Run:
    """One finished run of the program: wall and CPU seconds, and what it printed."""

    def __init__(self, wall, cpu, output):
        self.wall, self.cpu, self.output = wall, cpu, output
        found = ISSUED.search(output)
        self.issued = int(found.group(1)) if found else 0


class House:
    def __init__(self, build, folder, server):
        self.build, self.folder, self.server = build, folder, server
        self.keys = os.path.join(folder, "keys")

    def tool(self, name):
        return os.path.join(self.build, "tests", "bench", name)

    def make_load(self, folder, **options):
        arguments = [text for name, value in options.items()
                     for text in (f"--{name.replace('_', '-')}", str(value))]
        subprocess.run([self.tool("make_load"), "--updates-apart", "--out", folder, *arguments],
                       check=True)

    def command(self, database, *arguments, host=None):
        """The command line of `issuer` for a database; its settings are written beside."""
        path = os.path.join(self.folder, f"{database}.conf")
        with open(path, "w", encoding="utf-8") as stream:
            stream.write(f"[issuer]\ndatabase={self.server.dsn(database, host)}\n"
                         f"key-folder={self.keys}\nallow-development-keys=yes\n"
                         "own-addresses=support@example.net\nrole-prefix=bench\n")
        program = os.path.join(self.build, "issuer", "issuer")
        return [program, "--config", path, *arguments]

    def issuer(self, database, *arguments, host=None):
        """Runs `issuer` to its end; a failure ends the bench."""
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        done = subprocess.run(self.command(database, *arguments, host=host), check=False,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True)
        wall, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode != 0:
            raise BenchError(f"issuer {' '.join(arguments)} ended with {done.returncode}: "
                             f"{(done.stderr or done.stdout).strip()[-500:]}")
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return Run(wall, cpu, done.stdout)

    def seed(self, database, load):
        """A database with the load's purchases, and keys if there are none yet."""
        self.server.create(database)
        self.issuer(database, "migrate")
        if not os.path.isdir(self.keys):
            self.issuer(database, "key", "init", "--development")
        self.issuer(database, "license", "import", os.path.join(load, "purchases.csv"))
        # What autovacuum does within minutes; in a copy it would start while the clock runs.
        self.server.ask(database, "vacuum analyze")

    def ingest(self, database, mails, issued=None, host=None):
        """Takes a mailbox in; every request must have become a license."""
        run = self.issuer(database, "ingest", mails, host=host)
        if issued is not None and run.issued != issued:
            raise BenchError(f"{mails}: {run.issued} licenses were issued for {issued} mails: "
                             f"{run.output.strip()[-300:]}")
        return run
