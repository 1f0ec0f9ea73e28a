#!/usr/bin/python3
"""What becomes of a license after it was sold: upgraded, corrected, refunded, suspended.

  upgrade.py ISSUER [TEST…]          within tests/with-postgres"""
import calendar
import json
import time


from scenario import Scenario, ask, check_records, main, mail, mbox, write

from chariotlib import armor, through

ANA, BEN = "ana@northwind.example", "ben@northwind.example"


def ends(day):
    """When a day is over everywhere: noon UTC of the next."""
    return calendar.timegm(time.strptime(day, "%Y-%m-%d")) + 129600


class Changes(Scenario):
    """A house with a desk."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.first.hire("olga", "orders")  # and ada, the admin

    def setUp(self):
        super().setUp()
        self.house.tokens = self.first.tokens

    def tearDown(self):
        check_records(self.house)
        told = [json.loads(line) for line in
                self.house.issuer("--json", "report", "reconciliation").splitlines()]
        self.assertEqual({(row["term"], row["number"]) for row in told
                          if row.get("license_id") or row.get("term") == "difference"},
                         {("difference", 0)}, "what was sold and used adds up")

    def sell(self, license_id="LIC-1", **terms):
        return self.house.sell(license_id, contact=ANA, **terms)

    def change(self, command, *options, license_id="LIC-1", by="olga", code=0):
        """Changes a license; gives what changed as {what: (before, after)}."""
        out = self.house.by(by, "--json", "license", command, license_id, *options, code=code)
        self.rows = [json.loads(line) for line in out.splitlines()]
        return {row["what"]: (row["before"], row["after"]) for row in self.rows if "what" in row}

    def upgrade(self, order, *options):
        return self.change("upgrade", "--order", order, *options)

    def refused(self, command, *options, by="olga", says, code=1):
        """Refused in one line, and nothing is changed by it."""
        before = self.house.digests()
        self.change(command, *options, by=by, code=code)
        self.assertEqual(self.house.errors.count("\n"), 1, self.house.errors)
        self.assertIn(says, self.house.errors)
        self.assertEqual(self.house.digests(), before)

    def only_told(self, command, *options, by="olga"):
        """What a change would do, told without doing it."""
        before = self.house.digests()
        told = self.change(command, *options, "--dry-run", by=by)
        self.assertEqual(self.house.digests(), before)
        return told

    def serve(self, server, license, purpose="activate"):
        """Asks as its contact and installs what comes back; gives the server's status page."""
        decided = self.house.take(mail(ANA, ask(server, license, purpose)))
        self.assertEqual([outcome for outcome, _ in decided], ["issued"], decided)
        return self.install_newest(server)

    def install_newest(self, server):
        ((jws,),) = self.house.query("select jws from usage_license order by serial desc limit 1")
        server.install(jws.encode())
        return server.status()

    def servers(self, license, count):
        """That many servers, each served."""
        servers = [self.house.server(host=f"plant-{n + 1}") for n in range(count)]
        for server in servers:
            self.serve(server, license)
        return servers

    def standing(self):
        """The latest decision of each request, in the order in which they came."""
        return [tuple(row) for row in self.house.query(
            "select d.outcome::text, d.code from usage_request r cross join lateral"
            " (select * from decision d where d.request_id = r.id"
            "  order by recorded_at desc, id desc limit 1) d order by r.recorded_at, r.id")]

    def uses(self):
        """State, use and server place of each activation, in order."""
        return [tuple(row) for row in self.house.query(
            "select state::text, case when counted then use_no end,"
            " case when state = 'active' then slot end from activation order by id")]

    def terms(self):
        out = self.house.issuer("--json", "license", "terms", "LIC-1")
        return [tuple(row[key] for key in ("order", "kind", "years", "from_on", "until_on"))
                for row in map(json.loads, out.splitlines())]


class Upgrades(Changes):
    def test_the_next_request_carries_it(self):
        license = self.sell(activations=2, expires="2031-03-31")
        server = self.house.server(host="plant-1")
        page = self.serve(server, license)
        wanted = ("upgrade", "--order", "SO-2", "--ordered-on", "2026-10-01", "--activations", "3",
                  "--add-feature", "support=2", "--extend", "1")
        told = self.only_told(*wanted)
        self.assertEqual(told, {
            "activations": ("2", "3"), "expires_on": ("2031-03-31", "2032-03-31"),
            "support": (None, "until 2028-10-01"), "version": ("1", "2")})
        self.assertEqual(self.change(*wanted), told, "what was told is what is done")
        self.refused(*wanted, says="order SO-2 is behind version 2 of LIC-1 already")
        page["newer_request_waits"] = False
        self.assertEqual(server.status(), page, "nothing changes remotely")
        page = self.serve(server, license, "update")
        self.assertEqual(
            (page["state"], page["entitlement"], page["activation"], through(page["expires"])),
            ("active", 2, {"number": 1, "allowed": 3}, "through 2032-03-31"))
        self.assertEqual(page["features"], [
            {"code": "mqtt-server", "kind": "perpetual"},
            {"code": "support", "kind": "term", "until": ends("2028-10-01")}])
        out = self.house.by("olga", "license", "upgrade", "LIC-1", "--order", "SO-3", "--servers", "2")
        self.assertIn("Nothing changes on a server by this", out)

    def test_years_stack_from_the_end_or_from_the_order_where_they_lapsed(self):
        self.sell()
        for order, day, years in (("SO-2", "2023-02-28", 1), ("SO-3", "2024-02-28", 1),
                                  ("SO-4", "2026-11-01", 2), ("SO-5", "2026-11-02", 1)):
            self.upgrade(order, "--ordered-on", day, "--add-feature", f"support={years}")
        self.upgrade("CN-1", "--kind", "cancellation", "--remove-feature", "support=1")
        self.change("correct", "--order", "C-1", "--reason", "typed wrongly",
                    "--set-feature", "support=2028-10-31")
        self.assertEqual(self.terms(), [
            ("SO-2", "bought", 1, "2023-02-28", "2024-02-28"),
            ("SO-3", "bought", 1, "2024-02-28", "2025-02-28"),  # ordered on its last day
            ("SO-4", "bought", 2, "2026-11-01", "2028-11-01"),  # lapsed
            ("SO-5", "bought", 1, "2028-11-01", "2029-11-01"),
            ("CN-1", "cancelled", -1, "2029-11-01", "2028-11-01"),
            ("C-1", "set", None, None, "2028-10-31")])
        table = self.house.issuer("license", "terms", "LIC-1")
        self.assertIn("FROM ON", table.splitlines()[0])
        self.house.issuer("license", "terms", "LIC-9", code=1)
        self.assertIn("no license LIC-9 is on record", self.house.errors)

    def test_what_waits_is_decided_again_at_once(self):
        """Refused for its expiry or for want of a use, held as no update: each is served by what
        was ordered for it, and by nothing else."""
        license = self.sell(activations=1, servers=2, expires="2026-01-31")
        first, second = (self.house.server(host=f"plant-{n}") for n in (1, 2))
        self.assertEqual(self.house.take(mail(ANA, ask(first, license))),
                         [("refused", "license-expired")])
        self.only_told("upgrade", "--order", "SO-2", "--extend", "1", "--ordered-on", "2026-02-01")
        (waiting,) = (row for row in self.rows if row.get("part") == "waiting")
        self.assertEqual((waiting["host"], waiting["outcome"], waiting["code"]),
                         ("plant-1", "refused", "license-expired"))
        self.upgrade("SO-2", "--extend", "1", "--ordered-on", "2026-02-01")
        self.assertEqual(self.standing(), [("issued", "issued")])
        self.assertEqual(through(self.install_newest(first)["expires"]), "through 2027-02-01")
        self.assertEqual(self.house.take(mail(ANA, ask(second, license)), mail(
            ANA, ask(first, license, "update"))),
            [("refused", "no-activations-left"), ("held", "no-upgrade-on-record")])
        out = self.house.by("olga", "license", "upgrade", "LIC-1", "--order", "SO-3", "--activations", "2")
        self.assertIn("earlier requests decided again: 2 issued", out)
        self.assertEqual(self.standing(), [("issued", "issued")] * 3)
        self.assertEqual(self.uses(), [("superseded", None, None), ("active", 2, 2), ("active", 1, 1)])

    def test_what_is_refused_is_told_in_one_line(self):
        self.license_key = self.sell(activations=2).key
        for options, code, says in (
                (("--order", "SO-2"), 1, "this changes nothing of LIC-1"),
                (("--order", "SO-2", "--add-feature", "support=x"), 2, '"support=x" is no feature'),
                (("--order", "SO-2", "--add-feature", "flux"), 1, "flux is no feature of chariot"),
                (("--order", "SO-2", "--extend", "soon"), 2, '"soon" is no expiry'),
                (("--order", "SO-2", "--extend", "2"), 1, "the license does not expire"),
                (("--order", "SO-2", "--remove-feature", "support=2027-01-01"), 2,
                 "give the years that are taken back"),
                (("--order", "SO-2", "--end-use", "one"), 2, "'one' is no serial"),
                (("--order", "SO-2", "--activations", "0"), 2, "activations"),
                (("--order", "SO-2", "--ordered-on", "1.2.2026"), 2, "is no day"),
                (("--order", "SO\n2", "--activations", "3"), 2, "the order's reference is one line"),
                (("--order", self.license_key, "--activations", "3"), 2, "and no license key"),
                (("--activations", "3"), 2, "--order")):
            with self.subTest(options=options):
                self.refused("upgrade", *options, says=says, code=code)
        self.refused("upgrade", "--order", "SO-2", "--activations", "3", by="ada",
                     says='ada (admin) may not use "license upgrade"')
        self.refused("suspend", "--reason", "r", by="olga",
                     says='olga (orders) may not use "license suspend"')
        self.refused("end", "--order", "CN-1", "--reason", "r", "--refund", "--cancel", code=2,
                     says="say how it ends")


class FewerUses(Changes):
    def setUp(self):
        super().setUp()
        self.license = self.sell(activations=3, servers=3)
        self.plants = self.servers(self.license, 3)
        self.house.by("olga", "contact", "add", "LIC-1", BEN)
        self.house.replies()

    def test_fewer_activations_than_are_used(self):
        fewer = ("--order", "CN-1", "--kind", "cancellation", "--activations", "2")
        self.refused("upgrade", *fewer, says="name the one that ends: --end-use SERIAL")
        self.refused("upgrade", *fewer, "--end-use", "UL-1", "--end-use", "UL-2",
                     says="--end-use: 2 named, and exactly 1 must end")
        self.refused("upgrade", *fewer, "--end-use", "UL-9", says="UL-00000009 carries no use of LIC-1")
        wanted = ("upgrade", *fewer, "--servers", "2", "--end-use", "ul-1")
        told = self.only_told(*wanted)
        self.assertEqual(told, {
            "activations": ("3", "2"), "servers": ("3", "2"), "version": ("1", "2"),
            "UL-00000001": ("use 1, plant-1", "use ended and given back"),
            "UL-00000003": ("use 3, server place 3", "use 1, server place 1")})
        self.assertEqual(self.change(*wanted), told)
        self.assertEqual(self.uses(), [("corrected", None, None), ("active", 2, 2), ("active", 1, 1)])
        notices = self.house.replies()
        self.assertEqual([notice["To"] for _, notice in notices], [ANA, BEN])
        for _, notice in notices:
            self.assertIn("an activation has ended", notice["Subject"])
            self.assertIn("plant-1", notice.get_content())
            self.assertIn("Nothing is switched off from here", " ".join(notice.get_content().split()))
            self.assertIsNone(notice["In-Reply-To"])
        self.assertEqual(self.plants[0].status()["state"], "active", "it runs on there")
        # Who stays goes on; who has ended is held where he names what he was given.
        page = self.serve(self.plants[2], self.license, "update")
        self.assertEqual((page["activation"], page["supersedes"]),
                         ({"number": 1, "allowed": 2}, ["UL-00000003"]))
        self.assertEqual(self.house.take(mail(ANA, ask(self.plants[0], self.license, "update"))),
                         [("held", "license-not-on-record")])
        shown = self.house.issuer("--json", "license", "show", "--for-customer", "LIC-1")
        self.assertIn('"given_back_by":"correction"', shown)

    def test_fewer_servers_than_run(self):
        fewer = ("--order", "C-1", "--reason", "two places were sold", "--servers", "2")
        self.refused("correct", *fewer, says="LIC-1 has 3 of 3 activations in use and 3 of 2 servers running")
        self.change("correct", *fewer, "--end-use", "UL-2")
        self.assertEqual(self.uses(), [("active", 1, 1), ("corrected", None, None), ("active", 3, 2)])
        # The use that came back is there for another server; its place is not.
        self.assertEqual(self.house.take(mail(ANA, ask(self.house.server(host="plant-4"), self.license))),
                         [("held", "choose-server")])

    def test_two_uses_end(self):
        self.change("correct", "--order", "C-1", "--reason", "r", "--servers", "1", "--end-use", "UL-2",
                    "--end-use", "UL-3")
        notices = [notice for _, notice in self.house.replies()]
        self.assertEqual([(notice["To"], notice["Subject"]) for notice in notices],
                         [(to, "license LIC-1: an activation has ended") for to in (ANA, BEN)])
        for notice in notices:
            self.assertIn("plant-2", notice.get_content())
            self.assertIn("plant-3", notice.get_content())

    def test_an_import_leaves_no_less_than_is_in_use(self):
        path = write(self.house.path("less.csv"), (
            "license_id,license_key,customer,contacts,product,features,activations,expires,order_ref,"
            f"servers\r\nLIC-1,,Northwind Water,{ANA},chariot,mqtt-server,2,,SO-9,2\r\n").encode())
        told = self.house.issuer("license", "import", "--update", path, code=1)
        self.assertIn("activations: 3 are in use by LIC-1", told)
        self.assertIn("servers: 3 are in use by LIC-1", told)
        # Once there is room, what stays is numbered anew, as by an upgrade.
        self.assertEqual(self.house.take(mail(ANA, armor("D", self.plants[0].deactivate()))),
                         [("accepted", "deactivated")])
        self.house.by("olga", "license", "import", "--update", path)
        self.assertEqual(self.uses()[1:], [("active", 2, 2), ("active", 1, 1)])
        self.assertEqual(self.house.query("select o.name from event e join operator o on o.id = e.operator_id"
                                          " where e.kind = 'activation-renumbered'"), [("olga",)])

    def test_a_use_whose_server_was_replaced(self):
        """It takes no place, so its end frees none."""
        self.change("correct", "--order", "C-1", "--reason", "r", "--servers", "1",
                    "--end-use", "UL-2", "--end-use", "UL-3")
        self.serve(self.house.server(host="plant-5"), self.license)
        self.assertEqual(self.uses()[0::3], [("superseded", 1, None), ("active", 2, 1)])
        self.change("upgrade", "--order", "CN-1", "--kind", "cancellation", "--activations", "1",
                    "--end-use", "UL-1")
        self.assertEqual(self.uses()[0::3], [("corrected", None, None), ("active", 1, 1)])


class Ends(Changes):
    def test_refunded(self):
        license = self.sell(activations=2)
        (server,) = self.servers(license, 1)
        self.upgrade("SO-2", "--add-feature", "support=2", "--ordered-on", "2026-05-01")
        self.refused("end", "--refund", "--reason", "r", says="name the order that takes it back")
        self.assertEqual(self.change("end", "--refund", "--order", "CN-1", "--reason", "sent back"), {
            "state": ("current", "ended: refunded"), "support": ("until 2028-05-01", None),
            "version": ("2", "3")})
        self.assertEqual(self.terms()[-1], ("CN-1", "cancelled", -2, "2028-05-01", None))
        self.assertEqual(server.status()["state"], "active", "what is installed goes on")
        self.assertEqual(self.house.take(mail(ANA, ask(server, license, "update"))),
                         [("refused", "license-ended")])
        self.refused("upgrade", "--order", "SO-3", "--activations", "9", says="LIC-1 has ended")
        shown = [json.loads(line) for line in
                 self.house.issuer("--json", "license", "show", "LIC-1").splitlines()]
        self.assertEqual([(row["order"], row["version"]) for row in shown if row.get("part") == "orders"],
                         [("CN-1", 3), ("SO-LIC-1", 1), ("SO-2", 2)])
        self.assertEqual([(row["state"], row["how"], row["order"], row["operator"], row["reason"])
                          for row in shown if row.get("part") == "states"],
                         [("ended", "refunded", "CN-1", "olga", "sent back")])
        # It was a mistake: what was refused is decided again.
        self.change("correct", "--order", "C-1", "--reason", "another license was meant", "--reinstate",
                    "--set-feature", "support=2028-05-01")
        self.assertEqual(self.standing()[-1], ("issued", "issued"))
        self.assertEqual(self.install_newest(server)["features"][-1]["until"], ends("2028-05-01"))

    def test_replaced_by_another(self):
        old = self.sell()
        self.sell("LIC-2")
        self.sell("LIC-3", customer="Someone Else")
        self.refused("end", "--replaced-by", "LIC-9", "--reason", "r", says="license LIC-9 is not on record")
        self.refused("end", "--replaced-by", "LIC-3", "--reason", "r", says="of another customer")
        self.assertEqual(self.change("end", "--replaced-by", "LIC-2", "--reason", "one key for all"),
                         {"state": ("current", "ended: replaced")})
        self.assertEqual(self.house.take(mail(ANA, ask(self.house.server(), old))),
                         [("refused", "license-ended")])

    def test_suspended_and_resumed(self):
        license = self.sell()
        out = self.house.by("ada", "license", "suspend", "LIC-1", "--reason", "unpaid since May")
        self.assertIn("goes on until its own expiry", out)
        self.assertEqual(self.house.take(mail(ANA, ask(self.house.server(), license))),
                         [("held", "license-suspended")])
        self.refused("suspend", "--reason", "r", by="ada", says="LIC-1 is suspended already")
        self.only_told("resume", "--reason", "paid", by="ada")
        self.assertEqual([row["code"] for row in self.rows if row.get("part") == "waiting"],
                         ["license-suspended"])
        out = self.house.by("ada", "license", "resume", "LIC-1", "--reason", "paid")
        self.assertIn("earlier requests decided again: 1 issued", out)
        self.refused("resume", "--reason", "r", by="ada", says="LIC-1 is current already")


class Races(Changes):
    """Whoever is first has locked the license while the other comes."""

    def race(self, change, *mails, change_first):
        """Runs both; gives what was decided for the mails, and how the change ended."""
        path = write(self.house.path("race.mbox"), mbox(mails))
        changing, ingesting = ("--json", "license", *change), ("--json", "ingest", path)
        if change_first:
            (ended, _, told), (code, decided, why) = self.house.in_turn(
                changing, ingesting, at="select from license for update", by="olga")
        else:  # it has decided, and is about to write that down
            (code, decided, why), (ended, _, told) = self.house.in_turn(
                ingesting, changing, at="lock table decision in share mode", by="olga")
        self.assertEqual(code, 0, why)
        return ([(one["outcome"], one["code"]) for line in decided.splitlines()
                 for one in json.loads(line)["decisions"]], ended, told)

    def both_orders(self, play, **terms):
        """Plays the same twice, each with a license of which one use is taken."""
        first = self.house
        for change_first in (True, False):
            self.house = first.copy()
            self.house.tokens = first.tokens
            self.addCleanup(self.house.close)
            self.license = self.sell(**terms)
            self.plants = self.servers(self.license, 1)
            with self.subTest(change_first=change_first):
                play(change_first)
                check_records(self.house)
        self.house = first

    def test_two_orders_at_once(self):
        """Each is booked once, and the years of both count."""
        self.sell()
        self.upgrade("SO-2", "--ordered-on", "2026-05-01", "--add-feature", "support")
        two = [("license", "upgrade", "LIC-1", "--order", order, "--ordered-on", "2026-06-01",
                "--add-feature", f"support={years}") for order, years in (("SO-3", 2), ("SO-4", 3), ("so-3", 2))]
        told = self.house.in_turn(*two, at="select from license for update", by="olga")
        self.assertEqual([code for code, _, _ in told], [0, 0, 1], told)
        self.assertIn("order SO-3 is behind version 3 of LIC-1 already", told[2][2])
        self.assertEqual(self.terms()[1:], [("SO-3", "bought", 2, "2027-05-01", "2029-05-01"),
                                            ("SO-4", "bought", 3, "2029-05-01", "2032-05-01")])

    def test_fewer_activations_while_a_new_server_asks(self):
        def play(change_first):
            code = ask(self.house.server(host="plant-2"), self.license)
            decided, ended, told = self.race(
                ("upgrade", "LIC-1", "--order", "CN-1", "--kind", "cancellation", "--activations", "1"),
                mail(ANA, code), change_first=change_first)
            if change_first:
                self.assertEqual((decided, ended), ([("refused", "no-activations-left")], 0), told)
                self.assertEqual(self.uses(), [("active", 1, 1)])
            else:
                self.assertEqual((decided, ended), ([("issued", "issued")], 1))
                self.assertIn("LIC-1 has 2 of 1 activations in use", told)
                self.assertEqual(self.uses(), [("active", 1, 1), ("active", 2, 2)])
        self.both_orders(play, activations=2, servers=2)

    def test_more_activations_while_a_new_server_asks(self):
        def play(change_first):
            code = ask(self.house.server(host="plant-2"), self.license)
            decided, ended, told = self.race(
                ("upgrade", "LIC-1", "--order", "SO-2", "--activations", "2"), mail(ANA, code),
                change_first=change_first)
            self.assertEqual(ended, 0, told)
            self.assertEqual(decided, [("issued", "issued") if change_first
                                       else ("refused", "no-activations-left")])
            self.assertEqual(self.standing(), [("issued", "issued")] * 2)
            self.assertEqual(self.uses(), [("active", 1, 1), ("active", 2, 2)])
        self.both_orders(play, activations=1, servers=2)

    def test_a_use_ends_while_its_server_asks(self):
        def play(change_first):
            self.serve(self.house.server(host="plant-2"), self.license)
            self.upgrade("SO-2", "--add-feature", "support")
            code = ask(self.plants[0], self.license, "update")
            decided, ended, told = self.race(
                ("upgrade", "LIC-1", "--order", "CN-1", "--kind", "cancellation", "--activations", "1",
                 "--end-use", "UL-1"), mail(ANA, code), change_first=change_first)
            if change_first:
                self.assertEqual((decided, ended), ([("held", "license-not-on-record")], 0), told)
                self.assertEqual(self.uses(), [("corrected", None, None), ("active", 1, 2)])
            else:
                self.assertEqual((decided, ended), ([("issued", "issued")], 1))
                self.assertIn("UL-00000001 carries no use of LIC-1", told)
                self.assertEqual(self.uses(), [("superseded", None, None), ("active", 2, 2),
                                               ("active", 1, 1)])
        self.both_orders(play, activations=2, servers=2)


if __name__ == "__main__":
    main()
