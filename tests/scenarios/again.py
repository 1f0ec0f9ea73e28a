#!/usr/bin/python3
"""What was refused or held is decided again when the license's records change, and who is told.

  again.py ISSUER [TEST…]          within tests/with-postgres"""
import csv
import io

from scenario import Scenario, License, armor, ask, license_key, mail, main, write

ANA, BEN = "ana@northwind.example", "ben@northwind.example"
COLUMNS = ("license_id", "license_key", "customer", "contacts", "product", "features",
           "activations", "expires", "order_ref", "servers")


class Again(Scenario):
    def purchase(self, license, *options, contacts=ANA, activations=1, servers=1, order="SO-1"):
        """Imports one row; with --update in `options` it changes what is on record."""
        out = io.StringIO()
        rows = csv.writer(out)
        rows.writerow(COLUMNS)
        rows.writerow((license.id, license.key, "Northwind Water", contacts, "chariot",
                       "mqtt-server", activations, "", order, servers))
        path = write(self.house.path(f"{order}.csv"), out.getvalue().encode())
        return self.house.issuer("license", "import", *options, path)

    def setUp(self):
        super().setUp()
        self.license = License("LIC-1", license_key(), ANA)

    def standing(self):
        """The latest decision of each request, in the order in which the requests came."""
        return [tuple(row) for row in self.house.query(
            "select d.outcome::text, d.code from usage_request r cross join lateral"
            " (select * from decision d where d.request_id = r.id"
            "  order by recorded_at desc, id desc limit 1) d order by r.recorded_at, r.id")]

    def nothing_changes(self):
        """Neither by looking again nor by the same mails again."""
        before = self.house.digests()
        self.house.ingest(write(self.house.path("empty.mbox"), b""))
        self.assertEqual(self.house.digests(), before)
        self.house.ingest(self.house.path("taken"))
        self.assertEqual(self.house.digests(), before)

    def ask(self, server, sender=ANA):
        return self.house.take(mail(sender, ask(server, self.license)))

    def erase(self, server):
        """The server's own statement that it has erased its usage license."""
        jws = self.house.query("select jws from usage_license order by serial desc limit 1")[0][0]
        server.install(jws.encode())
        return mail(ANA, armor("D", server.deactivate()))

    def test_a_license_that_comes_after_its_request(self):
        server = self.house.server()
        self.assertEqual(self.ask(server), [("refused", "unknown-license")])
        printed = self.purchase(self.license)
        self.assertIn("earlier requests decided again: 1 issued", printed)
        self.assertEqual(self.standing(), [("issued", "issued")])
        self.assertEqual(self.house.query("select count(license_id) from usage_request"), [(1,)])
        self.nothing_changes()

    def test_a_contact_who_is_recorded_after_the_mail(self):
        self.purchase(self.license)
        self.assertEqual(self.ask(self.house.server(), BEN), [("held", "unknown-sender")])
        self.purchase(self.license, "--update", contacts=f"{ANA};{BEN}", order="SO-2")
        self.assertEqual(self.standing(), [("issued", "issued")])
        self.assertEqual(self.house.query("select closed_how from hold"), [("issued",)])
        self.nothing_changes()

    def test_an_upgrade_serves_what_was_refused(self):
        self.purchase(self.license, activations=1, servers=2)
        self.ask(self.house.server(host="plant-1"))
        self.assertEqual(self.ask(self.house.server(host="plant-2")),
                         [("refused", "no-activations-left")])
        self.purchase(self.license, "--update", activations=2, servers=2, order="SO-2")
        self.assertEqual(self.standing(), [("issued", "issued")] * 2)
        self.nothing_changes()

    def test_a_change_that_does_not_help_is_on_record_and_told_to_nobody(self):
        self.purchase(self.license, activations=1)
        self.ask(self.house.server(host="plant-1"))
        self.ask(self.house.server(host="plant-2"))
        before = self.standing()
        self.purchase(self.license, "--update", contacts=f"{ANA};{BEN}", order="SO-2")
        self.assertEqual(self.standing(), before)
        self.assertEqual(self.house.query("select facts ->> 'version', count(l) from decision d"
                                          " left join reply_line l on l.decision_id = d.id"
                                          " where code = 'no-activations-left' group by 1 order by 1"),
                         [("1", 1), ("2", 0)])
        self.nothing_changes()

    def test_a_use_given_back_serves_the_one_that_waits(self):
        self.purchase(self.license, activations=1, contacts=f"{ANA};{BEN}")
        first, second = (self.house.server(host=f"plant-{n}") for n in (1, 2))
        self.ask(first)
        self.assertEqual(self.ask(second), [("refused", "no-activations-left")])
        self.assertEqual(self.house.take(self.erase(first)), [("accepted", "deactivated")])
        self.assertEqual(self.standing(), [("issued", "issued")] * 2)
        self.assertEqual(self.house.query(
            "select p.recipient, l.about from reply p join reply_line l on l.reply_id = p.id"
            " where l.about is not null"), [(BEN, "given-back")])
        self.nothing_changes()

    def test_two_that_wait_for_one_use_are_left_to_a_person(self):
        self.purchase(self.license, activations=1)
        first = self.house.server(host="plant-1")
        self.ask(first)
        for n in (2, 3):
            self.ask(self.house.server(host=f"plant-{n}"))
        self.house.take(self.erase(first))
        self.assertEqual(self.standing(), [("issued", "issued")] + [("held", "choose-request")] * 2)
        self.nothing_changes()

    def test_nobody_overtakes_those_that_a_person_chooses_from(self):
        """Neither who mails once more nor who comes later."""
        self.purchase(self.license, activations=1)
        first = self.house.server(host="plant-1")
        self.ask(first)
        second = ask(self.house.server(host="plant-2"), self.license)
        self.house.take(mail(ANA, second))
        self.ask(self.house.server(host="plant-3"))
        self.house.take(self.erase(first))
        for code in (second, ask(self.house.server(host="plant-4"), self.license)):
            self.assertEqual(self.house.take(mail(ANA, code)), [("held", "choose-request")])
        # As soon as there are as many uses as wait for one, nobody has to choose.
        self.purchase(self.license, "--update", activations=3, servers=3, order="SO-2")
        self.assertEqual(self.standing(), [("issued", "issued")] * 4)
        self.nothing_changes()

    def test_one_at_fault_among_those_that_wait_for_one_use(self):
        self.purchase(self.license, activations=1)
        first = self.house.server(host="plant-1")
        self.ask(first)
        for n in (2, 3, 4):
            self.ask(self.house.server(host=f"plant-{n}"))
        ((at_fault,),) = self.house.query("select id from usage_request where host = 'plant-3'")
        self.house.query("create function issuer.refuse() returns trigger language plpgsql as"
                         " $$ begin raise 'out of order' using errcode = '22000'; end $$;"
                         " create trigger refuse before insert on decision for each row"
                         f" when (new.request_id = {at_fault}) execute function issuer.refuse()")
        self.house.take(self.erase(first), code=1)
        self.assertEqual(sorted(self.standing()[1:]), [
            ("held", "choose-request"), ("held", "choose-request"),
            ("refused", "no-activations-left")])

    def test_a_change_that_was_begun_before_the_decision(self):
        """A long import has the time of its beginning, whenever it ends."""
        self.purchase(self.license)
        self.assertEqual(self.ask(self.house.server(), BEN), [("held", "unknown-sender")])
        self.house.query("insert into contact (license_id, entry, effective, recorded_at)"
                         " select id, %s, now(), now() - interval '1 hour' from license", BEN)
        self.house.ingest(write(self.house.path("empty.mbox"), b""))
        self.assertEqual(self.standing(), [("issued", "issued")])
        self.nothing_changes()

    def test_a_clock_of_the_database_that_was_set_back(self):
        """What is on record seems to come from the future; nobody waits until that is here."""
        self.purchase(self.license)
        code = ask(self.house.server(), self.license)
        self.assertEqual(self.house.take(mail(ANA, code)), [("issued", "issued")])
        for table in ("usage_request", "decision"):
            self.house.query(f"alter table {table} disable trigger all;"
                             f" update {table} set recorded_at = now() + interval '1 hour';"
                             f" alter table {table} enable trigger all")
        self.assertEqual(self.house.take(mail(ANA, code)), [("resent", "resent")])

    def test_one_that_cannot_be_decided_keeps_no_other_waiting(self):
        self.ask(self.house.server(host="plant-1"))
        self.house.query("alter table usage_request disable trigger all;"
                         " update usage_request set jws = 'torn';"
                         " alter table usage_request enable trigger all")
        self.ask(self.house.server(host="plant-2"))
        printed = self.purchase(self.license)
        self.assertIn("1 issued, 1 could not be decided (request number 1: ", printed)
        self.house.ingest(write(self.house.path("empty.mbox"), b""), code=1)
        self.assertIn("1 earlier requests could not be decided again", self.house.errors)
        self.assertEqual(self.house.take(
            mail(ANA, ask(self.house.server(host="plant-1"), self.license)), code=1),
            [("refused", "no-activations-left")])

    def test_only_the_newest_of_a_server_is_decided_again(self):
        server = self.house.server()
        self.ask(server)
        self.ask(server)
        self.purchase(self.license)
        self.assertEqual(self.standing(), [("refused", "unknown-license"), ("issued", "issued")])

    def test_all_contacts_hear_of_a_replaced_server(self):
        self.purchase(self.license, activations=2, contacts=f"{ANA};{BEN};@northwind.example")
        self.ask(self.house.server(host="plant-1"))
        self.ask(self.house.server(host="plant-2"))
        self.assertEqual(self.house.query(
            "select p.recipient, p.state, l.about from reply p join reply_line l"
            " on l.reply_id = p.id where l.about is not null"), [(BEN, "queued", "replaced")])


if __name__ == "__main__":
    main()
