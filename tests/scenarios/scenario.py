"""An issuer's house for one test: a database of its own, keys, purchases, mails, stand-ins.

A test file is run as `FILE.py ISSUER [TEST…]` within tests/with-postgres."""
import collections
import email
import email.policy
import email.utils
import hashlib
import json
import os
import random
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

import psycopg2

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)
sys.path.insert(0, os.path.join(TESTS, "chariot"))

from chariotlib import Chariot, Refusal, armor  # noqa: E402

ISSUER = os.path.abspath(sys.argv.pop(1))
CHARIOT = os.path.join(TESTS, "chariot", "chariot")
OWN = "licensing@vendor.example"
SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
# The server's own connection, by which databases are made and dropped.
SERVER = os.environ["ISSUER_DATABASE"]
NAME = os.environ["PGDATABASE"]

License = collections.namedtuple("License", "id key contact")


def license_key():
    symbols = "".join(secrets.choice(SYMBOLS) for _ in range(24))
    check = SYMBOLS[hashlib.sha256(symbols.encode()).digest()[0] >> 3]
    return "-".join((symbols + check)[i:i + 5] for i in range(0, 25, 5))


# ---- mails --------------------------------------------------------------------------------------

def dated_mail(sender, body, number, message_id=True):
    """A mail; line ends are plain newlines. The number makes it one of its own kind."""
    rows = [f"From: {sender}", f"To: {OWN}", "Subject: Offline activation",
            f"Date: {email.utils.formatdate(1792000000 + 60 * number)}"]
    rows += [f"Message-ID: <{number}.mail@{sender.rpartition('@')[2].strip('>')}>"] if message_id else []
    return ("\n".join(rows) + "\n\n" + body).encode()


_numbers = iter(range(1, 1 << 30))


def mail(sender, *codes, says="Good morning,"):
    """A new mail that carries these armored codes."""
    return dated_mail(sender, "\n\n".join((says, *codes)) + "\n", next(_numbers))


def bounce(named, action="failed", more="", to="ana@northwind.example"):
    """A delivery report, as mail systems write it, that names in its last part one of our mails, which
    went to `to`, by its Message-ID."""
    number = next(_numbers)
    return (f"From: MAILER-DAEMON@mx.northwind.example\nTo: {OWN}\n"
            f"Subject: Undelivered Mail\nMessage-ID: <b{number}@mx.northwind.example>\n"
            f"Date: Thu, 8 Oct 2026 10:00:00 +0000\n{more}MIME-Version: 1.0\n"
            'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
            "--b\n\nA mail could not be delivered.\n--b\n"
            "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.northwind.example\n\n"
            f"Final-Recipient: rfc822; {to}\nAction: {action}\nStatus: 5.1.1\n\n"
            f"--b\n{named}\n--b--\n").encode()


def returned_headers(message_id):
    """The part of a delivery report that quotes the headers of what came back."""
    return f"Content-Type: text/rfc822-headers\n\nMessage-ID: {message_id}\n"


def mbox(mails, quote=True):
    """The mails as a mailbox; lines that begin with "From " are quoted once."""
    out = []
    for one in mails:
        lines = one.split(b"\n")
        if quote:
            lines = [b">" + line if line.startswith(b"From ") else line for line in lines]
        out.append(b"From ana@example.com Thu Oct  8 09:30:00 2026\n" + b"\n".join(lines) + b"\n")
    return b"".join(out)


def write(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as stream:
        stream.write(data)
    return path


# ---- the house ----------------------------------------------------------------------------------

def admin(statement):
    connection = psycopg2.connect(SERVER, dbname="postgres")
    try:
        connection.autocommit = True
        connection.cursor().execute(statement)
    finally:
        connection.close()


class House:
    """A database that was made from the one which Scenario has migrated, and a folder."""

    made = 0

    def __init__(self, folder, keys, template):
        House.made += 1
        self.folder, self.keys = folder, keys
        self.tokens = {}  # of operators, by name: a path
        self.database = f"{NAME}_{House.made}"
        admin(f'create database "{self.database}" template "{template}"')
        self.dsn = f"{SERVER} dbname={self.database}".replace(f"dbname={NAME} ", "")
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("ISSUER_")},
            "ISSUER_DATABASE": self.dsn, "ISSUER_KEY_FOLDER": keys, "ISSUER_OWN_ADDRESSES": OWN,
            "ISSUER_ALLOW_DEVELOPMENT_KEYS": "yes", "ISSUER_STATE_FOLDER": self.path("state"),
            "ISSUER_ROLE_PREFIX": os.environ["ISSUER_ROLE_PREFIX"]}

    def close(self):
        admin(f'drop database "{self.database}" with (force)')

    def copy(self):
        """Another house with the same records."""
        return House(self.folder, self.keys, self.database)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def start(self, *words, **options):
        """Starts the program; for one that is to be killed or to run beside another."""
        return subprocess.Popen([ISSUER, *words], cwd=self.folder,
                                **{"env": self.environment, "stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE,
                                   "stderr": subprocess.PIPE, **options})

    def issuer(self, *words, code=0, data=None):
        """Runs the program to its end; gives what it printed. `code` is how it must end; None: 0, or
        1 because of mails in quarantine."""
        done = subprocess.run([ISSUER, *words], env=self.environment, cwd=self.folder, check=False,
                              input=data if data is not None else b"", capture_output=True,
                              timeout=540)
        self.errors, self.sum = without_sum(done.stderr.decode("utf-8", "replace"))
        output = done.stdout.decode("utf-8", "strict")
        if done.returncode not in ((0, 1) if code is None else (code,)) or code is None and self.errors:
            raise AssertionError(f"issuer {' '.join(words)} ended with {done.returncode}, not "
                                 f"{code}:\n{output[-2000:]}{self.errors[-4000:]}")
        return output

    def hire(self, name, role):
        """Makes an operator; the house's first admin, if it has none yet, is ada."""
        path = self.path(f"{name}.token")
        options = ["--role", role, "--token-file", path]
        if not self.tokens and role == "admin":
            self.issuer("operator", "add", name, "--first", *options)
        else:
            if not self.tokens:
                self.hire("ada", "admin")
            self.by(next(iter(self.tokens)), "operator", "add", name, *options)
        self.tokens[name] = path

    def by(self, name, *words, code=0, data=None):
        """Runs the program as that operator."""
        self.environment["ISSUER_TOKEN_FILE"] = self.tokens[name]
        try:
            return self.issuer(*words, code=code, data=data)
        finally:
            del self.environment["ISSUER_TOKEN_FILE"]

    def mails(self, command, *paths, code=0, data=None):
        """What `inspect` or `ingest` says of each mail."""
        output = self.issuer(command, "--json", *paths, code=code, data=data)
        return [json.loads(line) for line in output.splitlines()]

    def ingest(self, *paths, code=0, data=None):
        return self.mails("ingest", *paths, code=code, data=data)

    def take(self, *mails, code=0):
        """Ingests these mails; gives what was decided, as (outcome, code) in order."""
        path = write(self.path("taken", f"{secrets.token_hex(4)}.mbox"), mbox(mails))
        return [(decision["outcome"], decision["code"]) for found in self.ingest(path, code=code)
                for decision in found["decisions"]]

    def sell(self, license_id, contact="ana@northwind.example", activations=1, servers=1,
             expires="", customer="Northwind Water"):
        """Imports one purchase."""
        key = license_key()
        path = write(self.path("purchases", f"{license_id}.csv"), "\r\n".join((
            "license_id,license_key,customer,contacts,product,features,activations,expires,order_ref,"
            "servers", f"{license_id},{key},{customer},{contact},chariot,mqtt-server,{activations},"
            f"{expires},SO-{license_id},{servers}", "")).encode())
        self.issuer("license", "import", path)
        return License(license_id, key, contact)

    def query(self, statement, *values):
        connection = psycopg2.connect(self.dsn, options="-c search_path=issuer")
        try:
            cursor = connection.cursor()
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else []
        finally:
            connection.commit()
            connection.close()

    def in_turn(self, *commands, at, by=None):
        """Runs them at the same time and yet in this order: each comes as far as the lock that the
        statement `at` takes, then the next is started. A lock of a row is one that they take
        themselves; one that keeps everybody from writing a table stops them with all locks of their
        own taken. Gives exit code, output and errors of each."""
        connection = psycopg2.connect(self.dsn, options="-c search_path=issuer")
        environment = {**self.environment, **({"ISSUER_TOKEN_FILE": self.tokens[by]} if by else {})}
        try:
            connection.cursor().execute(at)
            running = []
            for words in commands:
                running.append(self.start(*words, env=environment))
                self._wait_for_waiting(len(running), running[-1])
        finally:
            connection.close()
        told = [process.communicate(timeout=120) for process in running]
        return [(process.returncode, output.decode(), errors.decode())
                for process, (output, errors) in zip(running, told)]

    def _wait_for_waiting(self, count, newest):
        """Until so many sessions wait for a lock of this database."""
        for _ in range(600):
            ((waiting,),) = self.query("select count(*) from pg_stat_activity where datname ="
                                       " current_database() and wait_event_type = 'Lock'")
            if waiting >= count:
                return
            if newest.poll() is not None:
                raise AssertionError(f"it has not waited: {newest.communicate()}")
            time.sleep(0.05)
        raise AssertionError("nobody waits")

    def digests(self):
        """For every table how many rows it has and a digest of all their values."""
        tables = self.query("select relname from pg_class where relkind = 'r'"
                            " and relnamespace = 'issuer'::regnamespace order by 1")
        return {name: self.query(f"select count(*), md5(string_agg(md5(t::text), ' ' order by md5(t::text)))"
                                 f" from {name} t")[0] for (name,) in tables}

    def usage_license(self, serial):
        """The bytes of a usage license, as they are on record."""
        return self.query("select jws from usage_license where serial = %s",
                          int(serial.rpartition("-")[2]))[0][0]

    def replies(self):
        """Delivers what is queued: path and message of each reply that this has written."""
        folder = self.path("replies")
        os.makedirs(folder, exist_ok=True)
        before = set(os.listdir(folder))
        self.issuer("deliver", "--folder", folder)
        paths = [os.path.join(folder, name) for name in sorted(set(os.listdir(folder)) - before)]
        return [(path, self.read_mail(path)) for path in paths]

    @staticmethod
    def read_mail(path):
        with open(path, "rb") as stream:
            return email.message_from_binary_file(stream, policy=email.policy.default)

    def server(self, **host):
        """A Chariot server that trusts this house's roots; in memory."""
        server = Chariot()
        with open(os.path.join(self.keys, "anchors.pem"), "rb") as stream:
            server.trust(stream.read())
        server.describe(**host)
        return server

    def chariot(self, name, *words, code=0):
        """The stand-in's command line, for the server of that name."""
        done = subprocess.run([CHARIOT, "--state", self.path("servers", name), *words], check=False,
                              capture_output=True, text=True, timeout=60)
        if done.returncode != code:
            raise AssertionError(f"chariot {' '.join(words)}: {done.stdout}{done.stderr}")
        return done.stdout if code == 0 else done.stderr


def ask(server, license, purpose="activate"):
    """An armored usage request."""
    return armor("Q", server.request(license.key, purpose))


# ---- what stands in the records, in whatever order and at whatever time it came there ------------

_CONTENT = {
    "messages": "select m.identity, m.class, m.why from message m",
    "decisions": "select m.identity, d.token_digest, d.outcome, d.rule, d.code, d.note, d.would,"
                 " d.problem, r.digest from decision d join message m on m.id = d.message_id"
                 " left join usage_license u on u.serial = d.serial"
                 " left join usage_request r on r.id = u.request_id",
    "requests": "select r.digest, r.thumbprint, r.seq, l.license_id, m.identity"
                " from usage_request r join message m on m.id = r.message_id"
                " left join license l on l.id = r.license_id",
    "deactivations": "select d.digest, d.thumbprint, d.given_back, m.identity"
                     " from deactivation d join message m on m.id = d.message_id",
    "activations": "select l.license_id, a.thumbprint, q.digest, a.state, a.counted, a.use_no,"
                   " a.slot, a.origin, c.digest, r.digest, a.ended_by from activation a"
                   " join license l on l.id = a.license_id"
                   " join usage_request q on q.id = a.request_id"
                   " left join activation ca on ca.id = a.continues"
                   " left join usage_request c on c.id = ca.request_id"
                   " left join activation ra on ra.id = a.replaces"
                   " left join usage_request r on r.id = ra.request_id",
    "usage licenses": "select q.digest, l.license_id, u.version, u.emergency, u.exp,"
                      " array(select o.digest from usage_license s"
                      "  join usage_request o on o.id = s.request_id"
                      "  where s.serial = any (u.supersedes) order by 1)::text"
                      " from usage_license u join usage_request q on q.id = u.request_id"
                      " join license l on l.id = u.license_id",
    "holds": "select q.digest, h.closed_how from hold h join usage_request q on q.id = h.request_id",
    "lost servers": "select l.license_id, m.identity, s.evidence, q.digest, d.outcome"
                    " from restoration s join license l on l.id = s.license_id"
                    " left join message m on m.id = s.message_id"
                    " left join activation a on a.id = s.activation_id"
                    " left join usage_request q on q.id = a.request_id"
                    " left join restoration_decision d on d.restoration_id = s.id",
    "alerts": "select kind, count(*) from alert group by kind",
    "replies": "select m.identity, p.recipient, p.state, p.why, p.ready, d.token_digest, l.position,"
               " l.about from reply p join message m on m.id = p.message_id"
               " left join reply_line l on l.reply_id = p.id"
               " left join decision d on d.id = l.decision_id",
}


def _plain(value):
    return bytes(value).hex() if isinstance(value, memoryview) else value


def records(house):
    """Everything that was decided, without ids, serials and times: equal for two houses in which
    the same mails were decided alike."""
    return {name: sorted(([_plain(value) for value in row] for row in house.query(statement)),
                         key=repr) for name, statement in _CONTENT.items()}


_NEVER = {
    "a code of a message was decided twice at once":
        "select message_id, token_digest from decision where token_digest is not null"
        " group by 1, 2, recorded_at having count(*) > 1",
    "a message has no decision for a request on record":
        "select r.id from usage_request r where not exists"
        " (select from decision d where d.request_id = r.id)",
    "a request was issued twice":
        "select request_id from decision where outcome = 'issued' and code <> 'emergency'"
        " group by 1 having count(*) > 1",
    "an issued request has no usage license":
        "select d.id from decision d where outcome in ('issued', 'resent') and not exists"
        " (select from usage_license u where u.request_id = d.request_id and u.serial = d.serial)",
    "a usage license has no activation of its number":
        "select u.serial from usage_license u where not u.emergency and not exists"
        " (select from activation a where a.id = u.serial and a.request_id = u.request_id)",
    "more uses than the entitlement allows":
        "select license_id from activation where counted group by 1, allowed"
        " having count(*) > allowed",
    "a decision is told of twice":
        "select l.decision_id, l.restoration_id, r.recipient, l.about, l.license_id from reply r"
        " join reply_line l on l.reply_id = r.id where l.version is null group by 1, 2, 3, 4, 5 having count(*) > 1",
    "an end that lies ahead is told of more often than it was due":
        "select l.license_id, l.version, r.recipient from reply r join reply_line l on l.reply_id = r.id"
        " where l.version is not null group by 1, 2, 3 having count(*) > (select count(*) from expiry_notice x"
        " where x.license_id = l.license_id and x.version = l.version)",
    # Of a sender who is no contact nobody hears, nor does a contact of what he sent again; of a hold its sender hears once; of what was decided
    # again as before nobody.
    "a decision is told of to nobody":
        "select id from decision d where token_kind <> 'usage-license'"
        " and code not in ('unknown-sender', 'unproven-sender', 'resent-too-often', 'repeated-deactivation') and not exists"
        " (select from reply_line l where l.decision_id = d.id and l.about is null)"
        " and not (outcome = 'held' and exists (select from decision o"
        "  where o.request_id = d.request_id and o.outcome = 'held' and o.id <> d.id))"
        " and not exists (select from decision o where o.message_id = d.message_id"
        "  and o.request_id = d.request_id and o.id < d.id and o.code = d.code)",
    "a usage license without its event":
        "select serial from usage_license u where not exists"
        " (select from event e where e.subject = 'usage_license' and e.subject_id = u.serial)",
    "a serial number is both used and void":
        "select serial from usage_license join serial_void using (serial)",
    "a serial number is unexplained":
        "select n from generate_series(1, (select max(last) from serial_block)) n where not exists"
        " (select from usage_license where serial = n) and not exists"
        " (select from serial_void where serial = n) and not exists"
        " (select from serial_block where closed_at is null and n between first and last)",
    "what was sold or used does not add up":
        "select equation, license_id, number, why"
        " from report_reconciliation('2100-01-01', '2100-01-01', 'UTC')"
        " where license_id is not null or term = 'difference' and number <> 0",
    "a usage license has a number of no block":
        "select serial from usage_license u where not exists"
        " (select from serial_block b where u.serial between b.first and b.last)",
}


def check_records(house):
    """What must hold in every house, whatever happened to it."""
    for what, statement in _NEVER.items():
        rows = house.query(statement)
        if rows:
            raise AssertionError(f"{what}: {rows[:5]}")
    told, _ = house.start("check", "--json").communicate(timeout=540)
    lines = [json.loads(line) for line in told.splitlines()]
    found = [line for line in lines if line["thing"] in ("serial numbers", "records")]
    if len(found) != 2 or any(line["state"] == "wrong" for line in found):
        raise AssertionError(f"issuer check says: {found}")
    reconcile(house)


def reconcile(house):
    """What was sold and what is used adds up, and is what stands in the records."""
    told, _ = house.start("report", "reconciliation", "--json").communicate(timeout=540)
    rows = [line for line in map(json.loads, told.splitlines()) if line.get("part") == "rows"]
    numbers = {(row["equation"], row["term"]): row["number"] for row in rows
               if row["license_id"] is None}
    differences = [row for row in rows if row["term"] == "difference" and row["number"] != 0]
    stands = house.query("select (select count(*) from license),"
                         " (select count(*) from activation where counted)")[0]
    if (numbers.get(("sales", "sold")), numbers.get(("uses", "used"))) != stands or differences:
        raise AssertionError(f"reconciliation: {numbers}, on record {stands}; {differences}")


# ---- the tests ----------------------------------------------------------------------------------

class Scenario(unittest.TestCase):
    maxDiff = 4000

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="issuer-scenario.")
        os.makedirs(os.path.join(cls.folder, "first"))
        first = House(os.path.join(cls.folder, "first"), os.path.join(cls.folder, "keys"),
                      "template0")
        first.issuer("migrate")
        first.issuer("key", "init", "--development")
        cls.first = first

    @classmethod
    def tearDownClass(cls):
        cls.first.close()
        shutil.rmtree(cls.folder)

    def setUp(self):
        folder = os.path.join(self.folder, self.id().rpartition(".")[2])
        os.makedirs(folder)
        self.house = House(folder, self.first.keys, self.first.database)
        self.house.tokens = dict(self.first.tokens)
        self.addCleanup(self.house.close)

    @classmethod
    def staff(cls, **roles):
        """Has the houses of all tests of a class begin with these operators: name=role."""
        folder = os.path.join(cls.folder, "staff")
        os.makedirs(folder)
        staffed = House(folder, cls.first.keys, cls.first.database)
        for name, role in roles.items():
            staffed.hire(name, role)
        cls.first.close()
        cls.first = staffed

    def copy_of(self, house):
        other = house.copy()
        self.addCleanup(other.close)
        return other


class Reading(Scenario):
    """One house for all tests of a class, filled once by fill(): they only read, and that is
    checked."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = os.path.join(cls.folder, "house")
        os.makedirs(folder)
        cls.house = House(folder, cls.first.keys, cls.first.database)
        cls.fill()
        cls.before = cls.house.digests()

    @classmethod
    def tearDownClass(cls):
        after = cls.house.digests()
        cls.house.close()
        super().tearDownClass()
        if after != cls.before:
            raise AssertionError("a command that only reads has changed the records")

    def setUp(self):
        environment = self.house.environment
        self.house.environment = dict(environment)
        self.addCleanup(setattr, self.house, "environment", environment)

    def one_line(self, says):
        """The program's last run has said so, in one line."""
        self.assertEqual(self.house.errors.count("\n"), 1, self.house.errors)
        self.assertIn(says, self.house.errors)

    def refused(self, *words, says, code=1):
        """Nothing is printed but one line that says why."""
        for face in ((), ("--json",)):
            self.assertEqual(self.house.issuer(*face, *words, code=code), "")
            self.one_line(says)


def rounds(few):
    """How often a test with chance in it is done: few under ctest, ROUNDS by hand."""
    return int(os.environ.get("ROUNDS", few))


def chance():
    """A source of chance that prints its seed and takes it again from SEED."""
    seed = int(os.environ.get("SEED", secrets.randbits(32)))
    print(f"SEED={seed}", flush=True)
    return random.Random(seed)


def without_sum(errors):
    """What stands on standard error besides the line on which a run tells what became of all that it
    has read, and the words and numbers of that line, which must add up."""
    line = re.search(r"^issuer: ([0-9]+) read = (.*)\n", errors, re.MULTILINE)
    if line is None:
        return errors, None
    terms = {word: int(count) for count, word in (term.split(" ", 1) for term in line[2].split(" + "))}
    assert int(line[1]) == sum(terms.values()), line[0]
    return errors.replace(line[0], ""), {"read": int(line[1]), **terms}


def main():
    unittest.main(verbosity=2)
