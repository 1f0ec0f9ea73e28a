#!/usr/bin/python3
"""Deactivations: each answer end to end, what comes back by it, and when it races a new request.

  deactivate.py ISSUER [TEST…]          within tests/with-postgres"""
import csv
import io
import itertools
import json


from scenario import Scenario, armor, ask, check_records, mail, main, mbox, write

ANA, EVE, OPS = "ana@northwind.example", "eve@elsewhere.example", "ops@northwind.example"


class Deactivations(Scenario):
    def setUp(self):
        super().setUp()
        self.license = self.house.sell("LIC-1", f"{ANA};{OPS}", activations=1)
        self.server = self.house.server(host="plant-4", board="board-4")
        self.serial = self.serve(self.server)

    def tearDown(self):
        check_records(self.house)
        text = self.house.issuer("report", "reconciliation", "--csv")
        for row in csv.DictReader(io.StringIO(text, newline="")):
            if row["term"] == "difference":
                self.assertEqual((row["number"], row["license_id"]), ("0", ""), text)

    def serve(self, server, license=None, purpose="activate"):
        """Requested, issued, mailed, installed: its serial."""
        self.assertEqual(self.house.take(mail(ANA, ask(server, license or self.license, purpose))),
                         [("issued", "issued")])
        return self.install(server)

    def install(self, server):
        """What the newest reply with a usage license holds; and its license page is active."""
        found = [path for path, reply in self.house.replies() if list(reply.iter_attachments())]
        with open(found[-1], "rb") as stream:
            serial = server.install(stream.read())["serial"]
        page = server.status()
        self.assertEqual((page["state"], page["serial"]), ("active", serial))
        return serial

    def farewell(self, server=None):
        """The server erases its license: an armored deactivation. Its page says so."""
        server = server or self.server
        code = armor("D", server.deactivate())
        self.assertEqual(server.status()["state"], "not licensed")
        return code

    def uses(self, license="LIC-1"):
        """How many are used, by the page that a customer may read."""
        output = self.house.issuer("license", "show", "--json", "--for-customer", license)
        return json.loads(output.splitlines()[0])["used"]

    def states(self):
        return self.house.query("select state::text, counted from activation order by id")

    def told(self):
        """What went out since: (to, what stands in brackets or all of the subject, text)."""
        return [(reply["To"], reply["Subject"].rpartition("[")[2].rstrip("]"),
                 " ".join(reply.get_body(("plain",)).get_content().split()))
                for _, reply in self.house.replies()]

    def answered(self, code, decision, sender=ANA):
        """Takes the code in: it is decided so, and the one answer to it; others hear of the use."""
        self.assertEqual(self.house.take(mail(sender, code)), [decision])
        answers = [one for one in self.told() if "deactivation" in one[1]]
        self.assertEqual(len(answers), 1, answers)
        return answers[0]

    # ---- each answer ----

    def test_accepted(self):
        self.assertEqual(self.uses(), 1)
        other = self.house.server(host="plant-5", board="board-5")
        self.assertEqual(self.house.take(mail(ANA, ask(other, self.license))),
                         [("refused", "no-activations-left")])
        self.told()
        self.assertEqual(self.house.take(mail(ANA, self.farewell())), [("accepted", "deactivated")])
        # Confirmed, told to the other contact, and who waited for the use has it: all by mail.
        told = {(to, title.partition(":")[0]): text for to, title, text in self.told()}
        answer = told[ANA, "deactivation recorded"]
        self.assertIn("The deactivation of server plant-4 is recorded. Its activation is given back", answer)
        self.assertIn(f"Usage license {self.serial}", answer)
        self.assertIn("The activation that server plant-4 had under license LIC-1 is given back",
                      told[OPS, "license LIC-1"])
        self.assertIn("Usage license UL-00000002 is issued for server plant-5",
                      told[ANA, "usage license UL-00000002"])
        other.install(self.house.usage_license("UL-2").encode())
        self.assertEqual(other.status()["activation"], {"number": 1, "allowed": 1})
        self.assertEqual((self.uses(), self.states()), (1, [("deactivated", False), ("active", True)]))
        self.assertEqual(self.house.query("select kind from event where kind like 'activation%%'"
                                          " and subject_id = 1 order by id")[-1],
                         ("activation-deactivated",))

    def test_repeated(self):
        code = self.farewell()
        self.answered(code, ("accepted", "deactivated"))
        _, title, text = self.answered(code, ("accepted", "repeated-deactivation"))
        self.assertEqual(title, "deactivation known already")
        self.assertIn("it counts once, and nothing has changed", text)
        self.assertEqual(self.uses(), 0)
        # The server comes back, and the old code comes once more: it takes nothing from it.
        self.serve(self.server)
        self.answered(code, ("accepted", "repeated-deactivation"))
        self.assertEqual((self.uses(), self.states()), (1, [("deactivated", False), ("active", True)]))

    def test_forged(self):
        other = self.house.sell("LIC-2", EVE)
        thief = self.house.server(host="thief", board="thief")
        self.house.take(mail(EVE, ask(thief, other)))
        thief.install(self.house.usage_license("UL-2").encode())
        self.told()
        # Signed by the thief's own key, with the proof of a license that is not its own.
        honest = self.server.state["installed"]
        thief.state["installed"] = {**thief.state["installed"], "serial": self.serial,
                                    "key": honest["key"]}
        to, title, text = self.answered(armor("D", thief.deactivate()), ("refused", "forged-deactivation"))
        self.assertEqual((to, title), (ANA, "deactivation not accepted"))
        self.assertIn("Its signature does not hold", text)
        self.assertNotIn(self.serial, text)
        header, payload, signature = self.server.deactivate().split(".")
        forged = ".".join((header, payload, ("B" if signature[0] != "B" else "C") + signature[1:]))
        self.answered(armor("D", forged), ("refused", "forged-deactivation"))
        self.assertEqual((self.uses(), self.states()), (1, [("active", True), ("active", True)]))

    def test_foreign(self):
        other = self.house.sell("LIC-2", EVE)
        thief = self.house.server(host="thief", board="thief")
        self.house.take(mail(EVE, ask(thief, other)))
        thief.install(self.house.usage_license("UL-2").encode())
        self.told()
        thief.state["installed"]["serial"] = self.serial
        to, title, text = self.answered(armor("D", thief.deactivate()), ("refused", "foreign-deactivation"),
                                        sender=EVE)
        self.assertEqual((to, title), (EVE, "deactivation not accepted"))
        self.assertIn("issued for another server", text)
        self.assertNotIn("LIC-1", text)
        self.assertEqual((self.uses(), self.uses("LIC-2")), (1, 1))

    def test_never_issued(self):
        self.server.state["installed"]["serial"] = "UL-00009999"
        _, title, text = self.answered(armor("D", self.server.deactivate()), ("refused", "never-issued"))
        self.assertEqual(title, "deactivation not accepted")
        self.assertIn("It names a usage license that we have not issued", text)
        self.assertEqual((self.uses(), self.states()), (1, [("active", True)]))

    def test_damaged(self):
        lines = self.farewell().split("\n")
        whole = "\n".join(lines)
        del lines[3]
        self.assertEqual(self.house.take(mail(ANA, "\n".join(lines))), [("refused", "damaged")])
        ((to, title, text),) = self.told()
        self.assertEqual((to, title), (ANA, "the code is damaged"))
        self.assertIn("The deactivation code in your mail could not be read: line 3 is missing", text)
        self.assertEqual(self.uses(), 1)
        self.answered(whole, ("accepted", "deactivated"))

    # ---- what it ends, and what not ----

    def test_stale(self):
        """It comes after the request that its server made after it: that one stands."""
        code = self.farewell()
        serial = self.serve(self.server)
        _, title, text = self.answered(code, ("accepted", "nothing-to-give-back"))
        self.assertEqual(title, "deactivation recorded")
        self.assertIn("No activation came back by it", text)
        self.assertEqual((self.uses(), self.states()), (1, [("deactivated", False), ("active", True)]))
        self.assertEqual(self.server.status()["serial"], serial)
        self.serve(self.server, purpose="activate")

    def test_a_request_that_is_older_than_it(self):
        """Its server asked, and left before the answer: what it asked comes last, and is no longer
        answered."""
        late = ask(self.server, self.license)
        self.answered(self.farewell(), ("accepted", "deactivated"))
        self.assertEqual(self.house.take(mail(ANA, late)), [("refused", "superseded-request")])
        self.assertEqual(self.uses(), 0)

    def test_superseded_by_another_server(self):
        two = self.house.sell("LIC-2", ANA, activations=2)
        old, new = (self.house.server(host=name, board=name) for name in ("old", "new"))
        self.serve(old, two)
        self.serve(new, two)  # takes its server place, not its use
        self.assertEqual(self.uses("LIC-2"), 2)
        self.assertIn("is given back", self.answered(self.farewell(old), ("accepted", "deactivated"))[2])
        self.assertEqual(self.uses("LIC-2"), 1)
        self.assertEqual(self.states()[1:], [("deactivated", False), ("active", True)])
        self.assertEqual(new.status()["state"], "active")

    def test_superseded_by_its_own_reinstall(self):
        """Its use went on with the installation that followed on its host."""
        before = dict(self.server.state)
        self.server.reset_identity()
        self.serve(self.server)
        anew, self.server.state = self.server.state, before
        self.server._use_key()
        self.answered(self.farewell(), ("accepted", "nothing-to-give-back"))
        self.server.state = anew
        self.assertEqual((self.uses(), self.states()), (1, [("deactivated", False), ("active", True)]))

    def test_by_the_serial_of_before(self):
        """It names the usage license that was installed, not the newest that was issued: all that the
        instance had until then ends."""
        self.house.take(mail(ANA, ask(self.server, self.license)))
        self.assertEqual(self.states(), [("superseded", False), ("active", True)])
        self.answered(self.farewell(), ("accepted", "deactivated"))
        self.assertEqual((self.uses(), self.states()[1]), (0, ("deactivated", False)))

    def test_of_a_lost_activation(self):
        for name in ("abe", "ada"):
            self.house.hire(name, "admin")
        self.house.hire("sam", "support")
        self.house.by("sam", "restoration", "open", "LIC-1", "--reason", "burnt")
        self.house.by("ada", "restoration", "approve", "1001", "--reason", "burnt",
                      "--second-token-file", self.house.tokens["abe"])
        self.told()
        self.assertEqual((self.uses(), self.states()), (0, [("lost", False)]))
        self.assertIn("No activation came back",
                      self.answered(self.farewell(), ("accepted", "nothing-to-give-back"))[2])
        # Its evidence is proof by now, it gave back nothing twice, and it is watched no more.
        self.assertEqual((self.uses(), self.states()), (0, [("deactivated", False)]))
        use = json.loads(self.house.issuer("license", "show", "--json", "--for-customer",
                                           "LIC-1").splitlines()[1])
        self.assertEqual((use["counts"], use["given_back_by"]), (False, "proof"))
        self.serve(self.server)
        self.assertEqual(self.uses(), 1)

    def test_whatever_the_license_s_state(self):
        self.house.hire("ada", "admin")
        self.house.by("ada", "license", "suspend", "LIC-1", "--reason", "dispute")
        self.answered(self.farewell(), ("accepted", "deactivated"))
        self.assertEqual(self.uses(), 0)

    def test_from_anybody(self):
        """Whoever sends it: its signature counts, and the answer goes to a contact."""
        to, _, _ = self.answered(self.farewell(), ("accepted", "deactivated"), sender=EVE)
        self.assertEqual((to, self.uses()), (ANA, 0))

    def test_a_move_in_one_mail(self):
        new = self.house.server(host="plant-5", board="board-5")
        self.assertEqual(self.house.take(mail(ANA, ask(new, self.license), self.farewell())),
                         [("accepted", "deactivated"), ("issued", "issued")])
        (answer,) = [one for one in self.told() if one[0] == ANA]
        for words in ("1. plant-4: deactivation recorded", "2. plant-5: usage license UL-00000002",
                      "Usage license UL-00000002"):
            self.assertIn(words, answer[2])
        new.install(self.house.usage_license("UL-2").encode())
        self.assertEqual(new.status()["activation"], {"number": 1, "allowed": 1})
        self.assertEqual((self.uses(), self.states()), (1, [("deactivated", False), ("active", True)]))

    # ---- two sessions at once ----

    def race(self, *codes):
        """A run for each code. The first has read all that it decides by, and may not write it yet; then
        the second comes."""
        paths = [write(self.house.path("race", f"{next(_races)}.mbox"), mbox([mail(ANA, code)]))
                 for code in codes]
        told = self.house.in_turn(*(("ingest", "--json", path) for path in paths),
                                  at="lock table decision in share mode")
        self.assertEqual([code for code, _, _ in told], [0] * len(codes), told)
        return [(decision["outcome"], decision["code"]) for _, output, _ in told
                for decision in json.loads(output.splitlines()[0])["decisions"]]

    def test_it_races_the_request_of_another_server(self):
        for first in ("D", "Q"):
            with self.subTest(first=first):
                new = self.house.server(host=f"new-{first}", board=f"new-{first}")
                codes = {"D": self.farewell(), "Q": ask(new, self.license)}
                found = self.race(*(codes[kind] for kind in sorted(codes, reverse=first == "Q")))
                self.assertEqual(found, [("accepted", "deactivated"), ("issued", "issued")]
                                 if first == "D" else
                                 [("refused", "no-activations-left"), ("accepted", "deactivated")])
                # Refused first, it was decided again once the use had come back.
                self.install(new)
                self.assertEqual((self.uses(), self.states()[-2:]),
                                 (1, [("deactivated", False), ("active", True)]))
                self.server = new

    def test_it_races_a_new_request_of_its_own_server(self):
        for first in ("D", "Q"):
            with self.subTest(first=first):
                codes = {"D": self.farewell(), "Q": ask(self.server, self.license)}
                found = self.race(*(codes[kind] for kind in sorted(codes, reverse=first == "Q")))
                self.assertEqual(found, [("accepted", "deactivated"), ("issued", "issued")]
                                 if first == "D" else
                                 [("issued", "issued"), ("accepted", "nothing-to-give-back")])
                self.install(self.server)
                self.assertEqual(self.uses(), 1)
                self.assertEqual([state for state in self.states() if state[1]], [("active", True)])


_races = itertools.count(1)


if __name__ == "__main__":
    main()
