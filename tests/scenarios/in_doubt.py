#!/usr/bin/python3
"""A connection that is lost at a commit, when nobody but the server knows whether it was done: what is done again has read
first what is on record, so nothing is done twice and nothing is lost.

  in_doubt.py ISSUER [TEST…]          within tests/with-postgres"""
import os

from cutting import Cutter
from daemon import Daemon
from scenario import OWN, Scenario, ask, check_records, mail, main, mbox, records, write

ANA = "ana@northwind.example"
# Before the server hears of the commit, and when it has done it.
WAYS = {"not done": False, "done": True}


class InDoubt(Scenario):
    def cutter(self, house):
        cutter = Cutter(os.environ["PGHOST"])
        self.addCleanup(cutter.close)
        direct = house.environment["ISSUER_DATABASE"]
        house.environment["ISSUER_DATABASE"] = direct.replace(os.environ["PGHOST"], cutter.folder)
        return cutter

    def mails(self, count):
        license = self.house.sell("LIC-1", ANA, activations=count, servers=count)
        return [mail(ANA, ask(self.house.server(host=f"host-{n}"), license)) for n in range(count)]

    def house_of(self, name):
        folder = self.house.path(name.replace(" ", "-"))
        os.makedirs(folder)
        house = self.copy_of(self.house)
        house.folder = folder
        return house

    def test_an_ingest_that_is_cut_at_any_commit_is_done_again_as_if_nothing_had_been(self):
        mails = self.mails(6)
        never = self.copy_of(self.house)
        path = write(self.house.path("mails.mbox"), mbox(mails))
        never.ingest(path)
        for way, done in WAYS.items():
            cut, number = True, 0
            house = self.house_of(way)
            cutter = self.cutter(house)
            while cut:  # until there was no such commit
                number += 1
                cutter.arm(number, done)
                process = house.start("ingest", "--json", path)
                _, errors = process.communicate(timeout=300)
                cut = cutter.cuts > 0
                self.assertEqual(process.returncode, 3 if cut else 0, errors)
            with self.subTest(way):
                self.assertGreater(number, 1)
                check_records(house)
                self.assertEqual(records(house), records(never))

    def test_the_daemon_finds_out_itself(self):
        mails = self.mails(6)
        for way, done in WAYS.items():
            with self.subTest(way):
                self.cut_daemon(mails, way, done)

    def cut_daemon(self, mails, name, done):
        house = self.house_of(name)
        cutter = self.cutter(house)
        os.makedirs(house.path("drop"))
        os.makedirs(house.path("replies"))
        daemon = Daemon(house, config=f"[issuer]\nown-addresses = {OWN}\nreply-folder = {house.path('replies')}\n"
                                      f"[drop inbox]\nfolder = {house.path('drop')}\n")
        self.addCleanup(daemon.close)
        daemon.start()
        for number, one in enumerate(mails):
            cutter.arm(1 + number % 3, done)  # of the block of numbers, of the batch, of the reply
            write(house.path("drop", f".{number}"), one)
            os.rename(house.path("drop", f".{number}"), house.path("drop", f"{number}.eml"))
            daemon.wait(lambda: os.path.exists(house.path("drop", "done", f"{number}.eml")), f"mail {number}")
            daemon.wait(lambda: len(os.listdir(house.path("replies"))) == number + 1, f"reply {number}")
        daemon.stop()
        self.assertEqual(house.query("select count(*), count(distinct serial) from usage_license"), [(6, 6)])
        self.assertEqual(house.query("select outcome, count(*) from decision group by 1"), [("issued", 6)])
        names = {str(house.read_mail(house.path("replies", one))["Message-ID"]) for one in os.listdir(house.path("replies"))}
        self.assertEqual(len(names), 6)
        check_records(house)

    def test_who_sells_is_told_that_he_must_look(self):
        self.house.hire("olga", "orders")
        self.house.sell("LIC-1", ANA, activations=1)
        cutter = self.cutter(self.house)
        upgrade = ("license", "upgrade", "LIC-1", "--order", "SO-2", "--activations", "3")
        for way, done in WAYS.items():
            with self.subTest(way):
                before = self.house.query("select count(*) from entitlement")[0][0]
                cutter.arm(1, done)
                self.assertEqual(self.house.by("olga", *upgrade, code=3), "")
                self.assertEqual(cutter.cuts, 1)
                self.assertRegex(self.house.errors, r"\Aissuer: the database went out of reach while this was being recorded, so it is "
                                                    r"on record whole or not at all: look before you do it again \(.*\)\n\Z")
                self.assertEqual(self.house.query("select count(*) from entitlement"), [(before + done,)])

    def test_a_key_that_was_made_is_kept_for_the_license_that_may_be_on_record(self):
        self.house.hire("olga", "orders")
        cutter = self.cutter(self.house)
        sale = ("license", "add", "--new-customer", "--customer", "Northwind Water", "--contact", ANA, "--order", "SO-8",
                "--feature", "mqtt-server", "--activations", "1", "--servers", "1", "--key-file", self.house.path("key"))
        cutter.arm(1, True)
        self.house.by("olga", *sale, code=3)
        self.assertEqual(self.house.query("select count(*) from license"), [(1,)])
        ((name,),) = self.house.query("select license_id from license")
        with open(self.house.path("key"), encoding="ascii") as stream:
            key = stream.read().strip()
        self.assertRegex(key, r"\A[0-9A-Z]{5}(-[0-9A-Z]{5}){4}\Z")
        self.assertIn(name, self.house.issuer("license", "find", key[-4:]))


if __name__ == "__main__":
    main()
