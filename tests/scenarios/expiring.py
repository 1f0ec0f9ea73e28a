#!/usr/bin/python3
"""What contacts are told before a license expires, by `issuer run`.

  expiring.py ISSUER [TEST…]          within tests/with-postgres"""
import datetime
import email
import email.policy
import os

from daemon import Daemon
from scenario import Scenario, check_records, main

ANA, BEN = "ana@northwind.example", "ben@northwind.example"


class Expiring(Scenario):
    def setUp(self):
        super().setUp()
        self.folder = self.house.path("replies")
        os.makedirs(self.folder)
        self.ends_on = datetime.date.today() + datetime.timedelta(days=200)
        self.license = self.house.sell("LIC-1", f"{ANA};{BEN}", expires=self.ends_on.isoformat())
        self.end = int(datetime.datetime.combine(self.ends_on + datetime.timedelta(days=1), datetime.time(12),
                                                 datetime.timezone.utc).timestamp())

    def tearDown(self):
        check_records(self.house)

    def mails(self):
        found = []
        for name in sorted(name for name in os.listdir(self.folder) if name.endswith(".eml")):
            with open(os.path.join(self.folder, name), "rb") as stream:
                found.append(email.message_from_binary_file(stream, policy=email.policy.default))
        return found

    def run_at(self, days, until, seconds=0, **options):
        """A daemon at so many days before the end, until that is so."""
        self.house.environment["ISSUER_NOW"] = str(self.end - days * 86400 + seconds)
        daemon = Daemon(self.house, **{"reply_folder": self.folder, "expiry_notice_days": "60;30;7", **options})
        self.addCleanup(daemon.close)
        daemon.start()
        daemon.wait(until, "what was to be done")
        return daemon

    def looked(self):
        now = self.house.environment["ISSUER_NOW"]
        return self.house.query(f"select 1 from chore where name = 'expiry-notices' and done_at = to_timestamp({now})")

    def test_contacts_are_told_once_for_each_mark(self):
        self.run_at(60, self.looked, -1).stop()
        self.assertEqual(self.mails(), [])
        self.run_at(60, lambda: len(self.mails()) == 2, 3700).stop()
        self.assertEqual({found["To"] for found in self.mails()}, {ANA, BEN})
        for found in self.mails():
            self.assertEqual(found["Subject"], "license LIC-1 expires soon")
            text = " ".join(found.get_content().split())
            self.assertIn(f"Your license LIC-1 expires at the end of {self.ends_on} anywhere on earth", text)
            self.assertIn("please order its extension", text)
            self.assertNotIn(self.license.key, text)
            self.assertIsNone(found["In-Reply-To"])
        self.run_at(59, self.looked).kill()
        self.run_at(58, self.looked).stop()
        self.assertEqual(len(self.mails()), 2)
        self.run_at(29, lambda: len(self.mails()) == 4).stop()

    def test_what_was_extended_before_it_went_out_is_withdrawn(self):
        self.house.query("alter table reply disable trigger tell")
        os.rmdir(self.folder)  # nothing goes out
        self.run_at(60, lambda: self.house.query("select count(*) from reply") == [(2,)], 1).stop()
        os.makedirs(self.folder)
        self.house.query("insert into entitlement (license_id, version, servers, activations, expires_on, order_id,"
                         " effective) select license_id, 2, servers, activations, expires_on + 365, order_id,"
                         " effective from entitlement")
        self.run_at(59, lambda: self.house.query("select count(*) from reply where state = 'withdrawn'") == [(2,)]).stop()
        self.assertEqual(self.mails(), [])

    def test_days_that_are_none_are_refused(self):
        for days in ("60;x", "0", "-7"):
            self.house.environment["ISSUER_EXPIRY_NOTICE_DAYS"] = days
            self.house.issuer("status", code=1)
            self.assertIn("numbers of days", self.house.errors)
        del self.house.environment["ISSUER_EXPIRY_NOTICE_DAYS"]


if __name__ == "__main__":
    main()
