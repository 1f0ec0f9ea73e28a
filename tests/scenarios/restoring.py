#!/usr/bin/python3
"""deploy/backup and deploy/restore: the records come back in an empty cluster of another server, and
every report has the same bytes; from an older copy too, by the journal.

  restoring.py ISSUER [TEST…]          within tests/with-postgres"""
import datetime
import glob
import os
import subprocess

from scenario import ISSUER, TESTS, Scenario, armor, ask, mail, main

ANA = "ana@northwind.example"
DEPLOY = os.path.join(os.path.dirname(TESTS), "deploy")
REPORTS = ("licenses", "orders", "expiring", "activations", "restorations", "support-years", "issuance",
           "holds", "response-times", "keys", "late-entries", "reconciliation")


class Restoring(Scenario):
    def setUp(self):
        super().setUp()
        self.copies, self.journal = self.house.path("copies"), self.house.path("journal")
        for folder in (self.copies, self.journal, self.house.path("replies")):
            os.mkdir(folder)
        self.identity, self.recipients = self.house.path("identity"), self.house.path("recipients")
        subprocess.run(["age-keygen", "-o", self.identity], check=True, capture_output=True)
        with open(self.recipients, "wb") as stream:
            subprocess.run(["age-keygen", "-y", self.identity], check=True, stdout=stream)
        self.house.environment["ISSUER_JOURNAL_FOLDER"] = self.journal
        self.license = self.house.sell("LIC-1", contact=ANA, activations=5, servers=4)
        self.elsewhere = self.another_server()

    def another_server(self):
        """The environment of a house on a cluster of its own, whose database is empty."""
        place = self.house.path("cluster")
        server = os.path.join(TESTS, "postgres-server")
        subprocess.run([server, "start", place], check=True)
        self.addCleanup(subprocess.run, [server, "stop", place], check=True)
        with open(os.path.join(place, "socket"), encoding="utf-8") as stream:
            host = stream.read().strip()
        return {**self.house.environment, "ISSUER_DATABASE": f"host={host} dbname=postgres user=postgres"}

    def run_script(self, name, *words, environment=None, code=0):
        done = subprocess.run([os.path.join(DEPLOY, name), *words], check=False, capture_output=True, text=True,
                              cwd=self.house.folder, env=environment or self.house.environment, timeout=300)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout if code == 0 else done.stderr

    def backup(self, *words):
        return self.run_script("backup", *words, "--recipients", self.recipients, self.copies).strip()

    def restore(self, copy, *words, code=0):
        return self.run_script("restore", "--identity", self.identity, "--issuer", ISSUER, *words, copy,
                               environment=self.elsewhere, code=code)

    def ask(self, server):
        return self.house.take(mail(ANA, ask(server, self.license)))

    def fill(self):
        self.one, self.two = (self.house.server(host=host, board=host) for host in ("plant-1", "plant-2"))
        for server in (self.one, self.two):
            self.ask(server)
        self.one.install(self.house.usage_license("UL-1").encode())
        self.house.take(mail(ANA, armor("D", self.one.deactivate())))
        self.house.take(mail("eve@stranger.example", ask(self.house.server(host="x"), self.license)))

    def everything(self, environment, now):
        """Every report, and what is put into no report."""
        kept, self.house.environment = self.house.environment, environment
        try:
            return {name: self.house.issuer("report", name, "--csv", "--known-at", now) for name in REPORTS}
        finally:
            self.house.environment = kept

    def same_reports(self, but=()):
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        ours, theirs = (self.everything(one, now) for one in (self.house.environment, self.elsewhere))
        for name in REPORTS:
            if name not in but:
                self.assertEqual(theirs[name], ours[name], name)

    def check_elsewhere(self):
        kept, self.house.environment = self.house.environment, self.elsewhere
        self.house.issuer("check")
        self.house.environment = kept

    def test_the_same_again(self):
        self.fill()
        self.house.replies()
        copy = self.backup()
        self.restore(copy)
        self.same_reports()
        self.check_elsewhere()
        self.assertIn("restore into an empty one", self.restore(copy, code=1))

    def test_an_older_copy_and_the_journal(self):
        self.fill()
        self.house.replies()
        copy = self.backup()
        self.ask(self.two)
        self.ask(self.house.server(host="plant-3", board="plant-3"))
        self.restore(copy)
        self.same_reports(but=("response-times",))  # replies are not in the journal
        self.check_elsewhere()

    def test_what_is_in_it(self):
        self.fill()
        with open(self.backup(), "rb") as stream:
            self.assertTrue(stream.read().startswith(b"age-encryption.org/v1\n"))
        self.assertEqual(self.files(self.backup_again())["key.pem"], [])
        self.assertTrue(self.files(self.backup_again("--with-private-keys"))["key.pem"])

    def backup_again(self, *words):
        for path in glob.glob(os.path.join(self.copies, "*")):
            os.unlink(path)
        return self.backup(*words)

    def files(self, copy):
        """What of the key folder is in a copy: private keys, the rest."""
        plain = subprocess.run(["age", "-d", "-i", self.identity, copy], check=True, capture_output=True).stdout
        names = subprocess.run(["tar", "-tf", "-"], input=plain, check=True, capture_output=True).stdout.decode().split()
        self.assertIn("./keys/anchors.pem", names)
        return {"key.pem": [name for name in names if name.endswith(".key.pem")]}

    def test_a_damaged_copy(self):
        self.fill()
        copy = self.backup()
        with open(copy, "r+b") as stream:
            stream.seek(-100, os.SEEK_END)
            stream.write(b"x")
        self.assertIn("is damaged", self.restore(copy, code=1))


if __name__ == "__main__":
    main()
