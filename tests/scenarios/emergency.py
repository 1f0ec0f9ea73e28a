#!/usr/bin/python3
"""Emergency usage licenses: what bridges a week for a server whose request is held or refused, how often,
and what follows it.

  emergency.py ISSUER [TEST…]          within tests/with-postgres"""
import json
import time

from scenario import Scenario, ask, check_records, mail, main

ANA, EVE = "ana@northwind.example", "eve@elsewhere.example"
WHY = ("--reason", "the plant stands still", "--ticket", "T-3")
DAY = 86400


class Emergency(Scenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.staff(ada="admin", sam="support", sue="support", olga="orders")

    def tearDown(self):
        check_records(self.house)

    def rows(self, *words, by=None, code=0):
        words = (words[0], words[1], "--json", *words[2:])
        output = (self.house.issuer(*words, code=code) if by is None
                  else self.house.by(by, *words, code=code))
        if code != 0:
            self.assertEqual(len(self.house.errors.splitlines()), 1, self.house.errors)
            return self.house.errors
        return [json.loads(line) for line in output.splitlines()]

    def emergency(self, request, *words, by="sam", code=0):
        found = self.rows("request", "emergency", request, *WHY, *words, by=by, code=code)
        return found if code else found[0]

    def asks(self, server, license, sender=ANA):
        """What is decided for a new request, and its short form."""
        (decided,) = self.house.take(mail(sender, ask(server, license)))
        return decided, self.rows("request", "list", "--all", "--limit", "1")[0]["request"]

    def mailed(self):
        """The replies that are due, by recipient."""
        found = {}
        for path, message in self.house.replies():
            with open(path, "rb") as stream:
                found[message["To"]] = stream.read()
        return found

    def test_a_week_is_bridged(self):
        license = self.house.sell("LIC-1", ANA)
        old = self.house.server(host="plant-1", board="one")
        self.assertEqual(self.asks(old, license)[0], ("issued", "issued"))
        self.mailed()
        new = self.house.server(host="plant-2", board="two")
        decided, request = self.asks(new, license)
        self.assertEqual(decided, ("refused", "no-activations-left"))
        self.mailed()

        before = self.house.digests()
        preview = self.emergency(request, "--dry-run", by="olga")
        self.assertEqual(self.house.digests(), before)
        self.assertEqual((preview["outcome"], preview["code"], preview["use"], preview["server"],
                          preview["serial"]), ("issued", "emergency", None, None, None))
        self.assertIn("takes the role support or admin", self.emergency(request, by="olga", code=1))
        self.assertIn("--reason is missing",
                      self.rows("request", "emergency", request, by="sam", code=2))
        issued = self.emergency(request, "--preview", preview["preview"])
        self.assertEqual((issued["code"], issued["serial"]), ("emergency", "UL-00000002"))
        page = new.install(self.mailed()[ANA])
        self.assertEqual((page["grant"], page["serial"]), ("emergency", "UL-00000002"))
        # Nothing is taken, and the request waits as before.
        self.assertEqual(self.house.query("select count(*) from activation"), [(1,)])
        self.assertEqual(self.rows("request", "list", "--all")[0]["code"], "no-activations-left")
        shown = self.rows("usage-license", "show", "UL-2")[0]
        self.assertEqual((shown["grant"], shown["operator"], shown["use"]), ("emergency", "sam", None))
        # What it has installed is on record, so its next request is decided as any other.
        decided, newer = self.asks(new, license)
        self.assertEqual(decided, ("refused", "no-activations-left"))
        self.assertIn("had one within a year", self.emergency(newer, code=1))

        # The alert rises two days before its end.
        self.assertEqual(self.rows("alert", "list"), [])
        self.house.environment["ISSUER_NOW"] = str(int(time.time()) + 5 * DAY - 600)
        self.assertEqual(self.rows("alert", "list"), [])
        self.house.environment["ISSUER_NOW"] = str(int(time.time()) + 5 * DAY + 600)
        (alert,) = self.rows("alert", "list")
        self.assertEqual((alert["kind"], alert["license_id"]), ("emergency-ends", "LIC-1"))
        self.assertIn("UL-00000002 of host plant-2", alert["detail"])
        del self.house.environment["ISSUER_NOW"]

        # The regular one supersedes it, and then its end concerns nobody.
        self.house.by("olga", "license", "upgrade", "LIC-1", "--activations", "2", "--servers", "2",
                      "--order", "SO-2", "--reason", "two plants")
        page = new.install(self.mailed()[ANA])
        self.assertEqual((page["grant"], page["serial"]), ("regular", "UL-00000003"))
        self.assertEqual(self.house.query("select supersedes from usage_license where serial = 3"), [([2],)])
        self.assertEqual(self.house.query("select closed_at is not null, closed_by from alert"),
                         [(True, None)])

    def test_one_that_was_not_sent_yet(self):
        """The regular one comes first after all: the emergency one is not sent."""
        license = self.house.sell("LIC-1", ANA)
        server = self.house.server(host="plant-1")
        decided, request = self.asks(server, license, EVE)
        self.assertEqual(decided, ("held", "unknown-sender"))
        self.emergency(request)
        self.assertEqual([row["code"] for row in self.rows("request", "list")], ["unknown-sender"])
        self.rows("request", "issue", request, *WHY, by="sam")
        ((_, message),) = self.house.replies()
        self.assertEqual(message["To"], ANA)  # never the stranger
        self.assertIn("UL-00000002", message["Subject"])
        self.assertEqual(self.house.query("select count(*) from reply where state = 'withdrawn'"), [(1,)])

    def test_who_gets_none(self):
        expired = self.house.sell("LIC-1", ANA, expires="2025-03-31", activations=2, servers=2)
        server, other = self.house.server(host="plant-1"), self.house.server(host="plant-2", board="2")
        self.assertEqual(self.asks(server, expired)[0], ("refused", "license-expired"))
        older = self.rows("request", "list", "--all")[0]["request"]
        self.assertEqual(self.asks(server, expired)[0], ("refused", "license-expired"))
        newer = self.rows("request", "list", "--all")[0]["request"]
        self.assertIn("superseded-request", self.emergency(older, code=1))
        self.mailed()
        self.emergency(newer)  # past its expiry too
        self.assertEqual(server.install(self.mailed()[ANA])["grant"], "emergency")
        self.assertIn("it had an emergency", self.emergency(newer, code=1))
        self.assertIn("5 % of its servers", self.emergency(self.asks(other, expired)[1], code=1))
        # Nor under another license: it is the server that had one.
        plain = self.house.sell("LIC-2", ANA)
        self.assertIn("neither held nor refused", self.emergency(self.asks(other, plain)[1], code=1))
        self.assertEqual(self.asks(server, plain, EVE)[0], ("held", "unknown-sender"))
        held = self.rows("request", "list")[0]["request"]
        self.assertIn("whatever license it names", self.emergency(held, code=1))
        # Nobody can pass that a license has ended, nor what a person refused.
        third = self.house.server(host="plant-3", board="3")
        ended = self.house.sell("LIC-3", ANA)
        _, held = self.asks(third, ended, EVE)
        self.house.by("olga", "license", "end", "LIC-3", "--refund", "--reason", "refunded",
                      "--order", "SO-9")
        self.assertIn("license-ended", self.emergency(held, code=1))
        refused = self.house.sell("LIC-4", ANA)
        _, held = self.asks(third, refused, EVE)
        self.rows("request", "refuse", held, *WHY, by="sam")
        self.assertIn("refused by a person", self.emergency(held, code=1))

    def test_two_at_once(self):
        """Two commands, two servers, one license that may have one: whoever comes second is refused."""
        license = self.house.sell("LIC-1", ANA, activations=9, servers=9)
        other = self.house.sell("LIC-2", ANA, activations=9, servers=9)
        for of, order in ((license, 1), (other, -1)):
            requests = [self.asks(self.house.server(host=f"{of.id}-{n}", board=f"{of.id}-{n}"), of, EVE)[1]
                        for n in range(2)][::order]
            ends = self.house.in_turn(*(("request", "emergency", request, *WHY) for request in requests),
                                      at=f"select from license where license_id = '{of.id}' for update",
                                      by="sam")
            self.assertEqual(sorted(code for code, _, _ in ends), [0, 1], ends)
            self.assertIn("5 % of its servers", "".join(said for _, _, said in ends))
        self.assertEqual(self.house.query("select count(*) from usage_license group by license_id"),
                         [(1,), (1,)])

    def test_one_that_was_filed_gives_way(self):
        """Without the signing key it stays filed; who has the key need not wait for it."""
        license = self.house.sell("LIC-1", ANA)
        self.asks(self.house.server(host="plant-1", board="1"), license)
        decided, request = self.asks(self.house.server(host="plant-2", board="2"), license)
        self.assertEqual(decided, ("refused", "no-activations-left"))
        self.house.environment["ISSUER_KEY_FOLDER"] = self.house.path("no-keys")
        self.house.environment["ISSUER_TOKEN_FILE"] = self.house.tokens["sam"]
        filed = self.house.start("request", "emergency", request, *WHY)
        while filed.poll() is None and not self.house.query("select id from instruction"):
            time.sleep(0.1)
        self.house.environment["ISSUER_KEY_FOLDER"] = self.house.keys
        self.assertEqual(self.emergency(request, by="sue")["serial"], "UL-00000002")
        said = filed.communicate(timeout=60)[1].decode()
        self.assertEqual((filed.returncode, said), (1, "issuer: instruction 1 was not carried out (expired):"
                                                       " operator sue took up the case\n"))

    def test_the_records_count_too(self):
        """What the program would refuse, the database refuses of whoever writes there."""
        license = self.house.sell("LIC-1", ANA, activations=40, servers=40)
        servers = [self.house.server(host=f"plant-{n}", board=str(n)) for n in range(3)]
        requests = [self.asks(server, license, EVE)[1] for server in servers]
        for request in requests[:2]:
            self.emergency(request)
        self.assertIn("5 % of its servers", self.emergency(requests[2], code=1))
        with self.assertRaisesRegex(Exception, "as many emergency usage licenses within a year"):
            self.house.query(
                "insert into usage_license (serial, emergency, request_id, decision_id, license_id,"
                " version, customer_id, kid, iat, exp, supersedes, jws, effective)"
                " select 99, true, r.id, u.decision_id, u.license_id, u.version, u.customer_id, u.kid,"
                " u.iat, u.exp, '{}', 'x', now() from usage_license u, usage_request r"
                " where u.serial = 1 and r.host = 'plant-2'")


if __name__ == "__main__":
    main()
