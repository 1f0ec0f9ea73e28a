#!/usr/bin/python3
"""Lost servers: reported by mail or opened by hand, approved and denied, and what becomes of a server
that comes back.

  restoration.py ISSUER [TEST…]          within tests/with-postgres"""
import hashlib
import json
import os
import threading
import time

import psycopg2

from scenario import Scenario, armor, ask, check_records, mail, main, mbox, write

ANA, EVE = "ana@northwind.example", "eve@elsewhere.example"
WHY = ("--reason", "the board burnt", "--ticket", "T-9")


class Restoration(Scenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.staff(ada="admin", abe="admin", sam="support", sue="support", olga="orders")

    def tearDown(self):
        check_records(self.house)

    # ---- what the tests are made of ----

    def rows(self, *words, by=None, code=0):
        """What a command prints, as objects; where it fails, the one line that it said."""
        words = (words[0], words[1], "--json", *words[2:])
        output = (self.house.issuer(*words, code=code) if by is None
                  else self.house.by(by, *words, code=code))
        if code != 0:
            self.assertEqual(len(self.house.errors.splitlines()), 1, self.house.errors)
            return self.house.errors
        return [json.loads(line) for line in output.splitlines()]

    def install(self, server):
        """Delivers, and installs what fits this server; gives its license page."""
        for path, _ in self.house.replies():
            with open(path, "rb") as stream:
                data = stream.read()
            try:
                server.install(data)
            except Exception:  # made for another, or no usage license
                continue
        return server.status()

    def full_license(self, activations=1, license_id="LIC-2041-A", contact=ANA):
        """A license whose uses are all taken, by servers plant-1 and on."""
        license = self.house.sell(license_id, contact, activations=activations, servers=activations)
        servers = [self.house.server(host=f"{license_id.lower()}-plant-{n + 1}",
                                     board=f"{license_id}-board-{n + 1}")
                   for n in range(activations)]
        for server in servers:
            self.assertEqual(self.house.take(mail(ANA, ask(server, license))), [("issued", "issued")])
            self.install(server)
        return license, servers

    def open(self, *words, by="sam", code=0):
        found = self.rows("restoration", "open", *words, *WHY, by=by, code=code)
        return found if code else str(found[0]["case"])

    def approve(self, number, *words, by="ada", second=None, code=0):
        if second:
            words = (*words, "--second-token-file", self.house.tokens[second])
        return self.rows("restoration", "approve", number, *WHY, *words, by=by, code=code)

    def test_by_hand(self):
        license, (old,) = self.full_license()
        new = self.house.server(host="plant-new", board="another board")
        self.assertEqual(self.house.take(mail(ANA, ask(new, license))), [("refused", "no-activations-left")])
        number = self.open("lic 2O41 a")
        (listed,) = self.rows("restoration", "list")
        self.assertEqual((str(listed["case"]), listed["license_id"], listed["customer"], listed["state"],
                          listed["evidence"], listed["serial"], listed["opened_by"]),
                         (number, "LIC-2041-A", "Northwind Water", "open", "forced", "UL-00000001", "sam"))
        head, *parts = self.rows("restoration", "show", number)
        self.assertEqual((head["reason"], head["ticket"], head["approved_in_a_year"], head["limit"],
                          head["second_person"]), ("the board burnt", "T-9", 0, 1, True))
        self.assertIn("forced", head["second_why"])
        self.assertEqual([(part["part"], part.get("serial"), part.get("meant")) for part in parts
                          if part["part"] == "servers"], [("servers", "UL-00000001", True)])
        self.assertEqual([part["host"] for part in parts if part["part"] == "waiting"], ["plant-new"])
        self.assertIn("1001" if number == "1001" else number,
                      self.house.issuer("license", "show", "LIC-2041-A"))

        self.assertIn("takes a second operator", self.approve(number, code=1))
        self.assertIn("takes the role admin", self.approve(number, by="sue", second="abe", code=1))
        self.assertIn("may not approve it", self.approve(number, second="sam", code=1))
        self.assertIn("one person", self.approve(number, second="ada", code=1))
        self.assertIn("may not use", self.approve(number, second="olga", code=1))
        self.assertEqual(self.rows("restoration", "list"), [listed])
        (done,) = self.approve(number, second="sue")
        self.assertEqual((done["state"], done["serial"], done["evidence"]),
                         ("approved", "UL-00000001", "forced"))
        self.assertEqual(self.rows("restoration", "list"), [])
        self.assertIn("was approved", self.approve(number, second="sue", code=1))
        # The request that waited was decided again, and the new server shows its license page.
        self.assertEqual(self.house.query("select state, ended_by, counted from activation order by id"),
                         [("lost", "forced", False), ("active", None, True)])
        self.assertEqual(self.install(new)["serial"], "UL-00000002")
        uses = self.rows("license", "show", "--for-customer", "LIC-2041-A")
        self.assertEqual((uses[0]["allowed"], uses[0]["used"]), (1, 1))
        self.assertEqual([(use["serial"], use["counts"], use["given_back_by"]) for use in uses[1:]],
                         [("UL-00000001", False, "forced"), ("UL-00000002", True, None)])

    def test_by_mail(self):
        """A server is destroyed; its firm writes; the stand-in for it is licensed. Then it turns up."""
        license, (old, second) = self.full_license(activations=2, contact=f"{ANA};@northwind.example")
        new = self.house.server(host="plant-new", board="another board")
        self.assertEqual(self.house.take(mail(ANA, ask(new, license))), [("refused", "no-activations-left")])
        self.house.replies()
        words = "Hello,\n\nour server LIC-2041-A-plant-1 (license lic 2O41 A)\nwurde leider zerst\u00f6rt."
        (found,) = self.ingest(mail("bob@northwind.example", says=words))
        self.assertEqual((found["class"], found["decisions"]), ("about-license", []))
        number = str(found["case"])
        # The mail waits no more; all contacts hear of the case, and who wrote in the thread of it.
        self.assertEqual(self.house.issuer("message", "list", "--json"), "")
        told = {message["To"]: message for _, message in self.house.replies()}
        self.assertEqual(set(told), {ANA, "bob@northwind.example"})
        for message in told.values():
            self.assertIn(f"case {number}: lost server reported", message["Subject"])
        self.assertIsNone(told[ANA]["In-Reply-To"])
        self.assertIn("mail@northwind.example", told["bob@northwind.example"]["In-Reply-To"])
        head, *parts = self.rows("restoration", "show", f"case {number}")
        self.assertEqual((head["evidence"], head["serial"], head["host"], head["limit"], head["second_person"]),
                         ("attested", "UL-00000001", "lic-2041-a-plant-1", 2, False))
        (words,) = [part for part in parts if part["part"] == "mail"]
        self.assertEqual(words["from"], "bob@northwind.example")
        self.assertIn("zerst\u00f6rt", words["words"])
        self.assertIn("| wurde leider", self.house.issuer("restoration", "show", number))
        # While it is open, who finds no activation left waits.
        newer = self.house.server(host="plant-newer", board="a third board")
        self.assertEqual(self.house.take(mail(ANA, ask(newer, license))), [("held", "no-activations-left")])

        (done,) = self.approve(number)
        self.assertEqual((done["serial"], done["evidence"], done["used"], done["activations"]),
                         ("UL-00000001", "attested", 1, 2))
        # Two waited for the one use that came back: a person chooses.
        waiting = {row["host"]: row for row in self.rows("request", "list")}
        self.assertEqual({host: row["code"] for host, row in waiting.items()},
                         {"plant-new": "choose-request", "plant-newer": "choose-request"})
        self.rows("request", "issue", waiting["plant-new"]["request"], *WHY, by="sam")
        self.assertEqual(self.install(new)["serial"], "UL-00000003")
        uses = self.rows("license", "show", "--for-customer", "LIC-2041-A")[1:]
        self.assertEqual([(use["serial"], use["counts"], use["given_back_by"]) for use in uses],
                         [("UL-00000001", False, "attested"), ("UL-00000003", True, None),
                          ("UL-00000002", True, None)])
        self.assertIn("a contact has told us", uses[0]["what_became_of_it"])

        # It was not lost after all: what it asks for is held, with an alert; what it names as installed
        # is not on record any more.
        self.assertEqual(self.house.take(mail(ANA, ask(old, license, "update"))),
                         [("held", "lost-server-returned")])
        (alert,) = self.rows("alert", "list")
        self.assertEqual((alert["kind"], alert["license_id"]), ("lost-server-returned", "LIC-2041-A"))
        (sign,) = [part for part in self.rows("restoration", "show", number)[1:]
                   if part["part"] == "signs_of_life" and part["since_case"]]
        self.assertEqual((sign["host"], sign["known_by"]), ("lic-2041-a-plant-1", "instance"))
        # A restored backup on other iron, under a new key.
        twin = self.house.server(host="lic-2041-a-plant-1", board="LIC-2041-A-board-1")
        self.assertEqual(self.house.take(mail(ANA, ask(twin, license))), [("held", "lost-server-returned")])
        # It signs that it is gone: nothing comes back twice, its evidence is proof, the watch ends.
        self.assertEqual(self.house.take(mail(ANA, armor("D", old.deactivate()))),
                         [("accepted", "nothing-to-give-back")])
        uses = self.rows("license", "show", "--for-customer", "LIC-2041-A")
        self.assertEqual((uses[0]["used"], uses[1]["given_back_by"]), (2, "proof"))
        self.assertEqual(self.house.take(mail(ANA, ask(old, license))), [("refused", "no-activations-left")])

    def ingest(self, *mails):
        self.taken = write(self.house.path(f"{len(os.listdir(self.house.folder))}.mbox"), mbox(mails))
        return self.house.ingest(self.taken)

    def test_which_mails_open_a_case(self):
        """A contact's own words of loss about one license on record; all else a person looks at."""
        self.full_license()
        self.house.sell("LIC-10", ANA)
        self.house.sell("LIC-1O", ANA)
        self.house.sell("LIC-7", "olaf@harbour.example")
        mails = [
            ("unknown license", ANA, "our server of LIC-999 has burnt", False),
            ("no word of loss", ANA, "when does LIC-2041-A expire?", False),
            ("a stranger", EVE, "our server of LIC-2041-A has burnt", False),
            ("another's license", ANA, "our server of LIC-7 has burnt", False),
            ("two licenses", ANA, "our servers of LIC-2041-A and LIC-10 have burnt", False),
            ("read as two", ANA, "our server of LIC-I0 has burnt", False),
            ("quoted", ANA, "no.\n\n> our server of LIC-2041-A has burnt", False),
            ("its own", ANA, "our server of LIC-2041-A has burnt, that of LIC-7 has not", True),
            ("read generously", ANA, "L1C 2041a ist defekt", True),
        ]
        found = self.ingest(*(mail(sender, says=words) for _, sender, words, _ in mails))
        for (what, _, _, opens), one in zip(mails, found):
            self.assertEqual(one["case"] is not None, opens, what)
        # The last one tells of the same server again.
        self.assertEqual(found[-1]["case"], found[-2]["case"])
        self.assertEqual(len(self.rows("restoration", "list")), 1)
        waiting = [json.loads(line) for line in self.house.issuer("message", "list", "--json").splitlines()]
        self.assertEqual(len(waiting), 8)
        # A person takes one of them for what it is, and another one's for forced.
        ids = {one["from"]: one["id"] for one in waiting}
        self.open("LIC-2041-A", "--message", str(ids[EVE]))
        self.open("LIC-10", "--message", str(min(one["id"] for one in waiting if one["from"] == ANA)))
        self.assertIn("has opened case", self.open("LIC-10", "--message", str(ids[EVE]), code=1))
        self.assertEqual([(one["license_id"], one["evidence"], one["opened_by"])
                          for one in self.rows("restoration", "list")[1:]],
                         [("LIC-2041-A", "forced", "sam"), ("LIC-10", "attested", "sam")])
        # The same export again opens nothing.
        again = self.house.ingest(self.taken)
        self.assertEqual({(one["case"], one["why"]) for one in again}, {(None, "on record already")})
        self.assertEqual(len(self.rows("restoration", "list")), 3)
        # The words are a setting.
        self.house.environment["ISSUER_LOSS_WORDS"] = "kaputt"
        first, second = self.ingest(mail(ANA, says="LIC-2041-A is kaputt"),
                                    mail(ANA, says="LIC-2041-A has burnt"))
        self.assertEqual((first["case"] is None, second["case"]), (False, None))

    def test_what_is_told_in_an_answer(self):
        """A case takes up what is written to it while it is open; later it is a loss of its own. Our own
        words, quoted in whatever way, are none of the customer's."""
        self.full_license(activations=3)
        (found,) = self.ingest(mail(ANA, says="LIC-2041-A-plant-1 burnt (LIC-2041-A)"))
        number = str(found["case"])
        more = f"case {number}: it burnt in May, LIC-2041-A."
        self.assertEqual(self.ingest(mail(ANA, says=more))[0]["case"], int(number))
        self.assertEqual(len(self.rows("restoration", "list")), 1)
        # Of two that are named it is not clear which was lost: whoever approves says it.
        (twice,) = self.ingest(mail(ANA, says="LIC-2041-A: LIC-2041-A-plant-1 burnt, LIC-2041-A-plant-2 runs"))
        self.assertIsNone(self.rows("restoration", "show", str(twice["case"]))[0]["serial"])
        self.assertIn("names no server", self.approve(str(twice["case"]), code=1))
        self.approve(number)
        self.rows("restoration", "deny", str(twice["case"]), "--reason", "told twice", by="ada")
        told = {message["Subject"].partition(":")[0]: message for _, message in self.house.replies()}
        words = " ".join(told[f"case {twice['case']}"].get_content().split())
        self.assertIn(f"no activation was given back by case {twice['case']}", words)
        self.assertNotIn("LIC-2041-A-plant-2", words)
        # Who carries no use any more is not taken for another.
        (again,) = self.ingest(mail(ANA, says="LIC-2041-A: UL-1 burnt"))
        self.assertIsNone(self.rows("restoration", "show", str(again["case"]))[0]["serial"])
        (late,) = self.ingest(mail(ANA, says=f"case {number}: now LIC-2041-A-plant-2 of LIC-2041-A was stolen"))
        self.assertNotIn(late["case"], (None, int(number)))
        self.assertEqual(self.rows("restoration", "show", str(late["case"]))[0]["serial"], "UL-00000002")
        before = len(self.rows("restoration", "list"))
        for header in ("From: Us <licensing@vendor.example>\nSent: Monday\nTo: Ana\nSubject: x",
                       "Von: licensing@vendor.example\nGesendet: Montag\nAn: Ana\nBetreff: x"):
            self.ingest(mail(ANA, says=f"Thanks.\n\n{header}\n\nA server of LIC-2041-A was destroyed"))
        self.assertEqual(len(self.rows("restoration", "list")), before)

    def test_it_runs_under_another_license(self):
        """Reported as lost where it was, while it asks for usage licenses elsewhere: that is a sign of life."""
        _, (server,) = self.full_license()
        other = self.house.sell("LIC-2", ANA)
        (found,) = self.ingest(mail(ANA, says="LIC-2041-A burnt"))
        self.assertEqual(self.house.take(mail(ANA, ask(server, other))), [("issued", "issued")])
        (sign, _) = [part for part in self.rows("restoration", "show", str(found["case"]))[1:]
                     if part["part"] == "signs_of_life"]
        self.assertEqual((sign["license_id"], sign["known_by"], sign["since_case"]), ("LIC-2", "instance", True))

    def test_denied(self):
        self.full_license()
        number = self.open("LIC-2041-A", "--serial", "UL-1")
        self.house.replies()
        self.assertIn("takes the role admin",
                      self.rows("restoration", "deny", number, "--reason", "no", by="sue", code=1))
        self.rows("restoration", "deny", number, "--reason", "it runs", by="abe")
        ((_, told),) = self.house.replies()
        self.assertEqual(told["To"], ANA)
        self.assertIn(f"case {number}", told["Subject"])
        self.assertIn("not restored", told["Subject"])
        self.assertIn("no activation was given back", " ".join(told.get_content().split()))
        (listed,) = self.rows("restoration", "list", "--all")
        self.assertEqual((listed["state"], listed["decided_by"]), ("denied", "abe"))
        self.assertIn("was denied", self.approve(number, second="sue", code=1))
        self.assertEqual(self.house.query("select state, counted from activation"), [("active", True)])
        # Who leaves is looked after: what they decided is listed.
        deeds = self.rows("operator", "revoke", "abe", by="ada")
        self.assertIn(("restoration denied", f"case {number} of LIC-2041-A"),
                      [(deed["kind"], deed["subject"]) for deed in deeds])


    def test_the_limit_of_a_year(self):
        """Two that are attested, and the third takes two people: who have been here for a week."""
        license, servers = self.full_license(activations=3)
        numbers = [str(found["case"]) for found in self.ingest(*(
            mail(ANA, says=f"LIC-2041-A: {server.state['host']['host']} was stolen") for server in servers))]
        for number in numbers[:2]:
            self.approve(number)
        self.assertIn("2 of 2 that one person may approve", self.approve(numbers[2], code=1))
        head = self.rows("restoration", "show", numbers[2])[0]
        self.assertEqual((head["approved_in_a_year"], head["limit"], head["second_person"]), (2, 2, True))
        # In a house that is no longer new, nobody is a second person on the first day.
        self.house.query("insert into operator (name, role, effective, recorded_at)"
                         " values ('founder', 'admin', now(), now() - interval '31 days')")
        self.assertIn("ada and sue have not", self.approve(numbers[2], second="sue", code=1))
        self.assertEqual(self.house.query("select count(*) from activation where counted"), [(1,)])

    def test_the_replacement_on_the_same_machine(self):
        """The disk died, the machine did not: the new instance looks like the lost one come back."""
        license, (old,) = self.full_license()
        board = "LIC-2041-A-board-1"
        new = self.house.server(host="lic-2041-a-plant-1", board=board)
        self.house.take(mail(EVE, ask(new, license)))  # held for its sender: it is not decided by itself
        request = self.rows("request", "list")[0]["request"]
        (found,) = self.ingest(mail(ANA, says="The disk of LIC-2041-A has died, the server is dead."))
        self.approve(str(found["case"]), "--replacement", request)
        self.assertEqual(self.rows("request", "preview", request)[0]["passed"], ["unknown-sender"])
        self.rows("request", "issue", request, *WHY, by="sam")
        self.assertEqual(self.install(new)["serial"], "UL-00000002")
        # One that nobody named is held.
        other = self.house.server(host="lic-2041-a-plant-1", board=board)
        self.assertEqual(self.house.take(mail(ANA, ask(other, license))), [("held", "lost-server-returned")])

    # ---- at once ----

    def file(self, number, who, serial):
        """Files an approval as the program does before it carries it out; the instruction's number."""
        with open(self.house.tokens[who], encoding="ascii") as stream:
            token = hashlib.sha256(stream.read().strip().encode()).digest()
        return self.house.query(
            "select restoration_file(%s, null, %s, %s::jsonb, now() + interval '5 minutes', now())", token,
            number, json.dumps({"reason": "at once", "serial": serial}))[0][0]

    def carry_out(self, instruction):
        """Begins to carry it out; the session in whose transaction it stands."""
        session = psycopg2.connect(self.house.dsn, options="-c search_path=issuer")
        self.addCleanup(session.close)
        session.cursor().execute("select * from restoration_carry_out(%s, now())", (instruction,))
        return session

    def beside(self, session, work):
        """Starts `work`, waits until it waits for the session, and has that commit; what came of it."""
        came = []

        def run():
            try:
                came.append(work())
            except Exception as problem:
                came.append(problem)
        thread = threading.Thread(target=run)
        thread.start()
        deadline = time.monotonic() + 60
        while not self.house.query("select pid from pg_stat_activity where datname = %s"
                                   " and cardinality(pg_blocking_pids(pid)) > 0", self.house.database):
            self.assertTrue(thread.is_alive() and time.monotonic() < deadline, came)
            time.sleep(0.05)
        session.commit()
        thread.join(60)
        return came[0]

    def test_two_admins_at_once(self):
        """Two cases of one server, in either order, and two that are past the limit together: each use comes
        back once, and the second admin is told."""
        for name, order in (("A", 1), ("B", -1)):
            one, several = f"LIC-ONE-{name}", f"LIC-SEVERAL-{name}"
            self.full_license(license_id=one)
            cases = [found["case"] for found in self.ingest(*(
                mail(ANA, says=f"{one} has burnt, I say it {often}") for often in ("once", "twice")))]
            self.assertEqual(cases[0], cases[1])  # until a person takes them for two
            ((told,),) = self.house.query("select message_id from case_mail where case_number = %s", cases[1])
            cases[1] = self.open(one, "--message", str(told))
            (serial,) = self.serials(one)
            filed = [self.file(number, who, serial) for number, who in zip(cases, ("ada", "abe"))][::order]
            second = self.beside(self.carry_out(filed[0]), lambda: self.carry_out(filed[1]))
            self.assertIsInstance(second, psycopg2.Error)
            self.assertRegex(str(second), "the use of UL-0000.... was given back before .lost.")
            self.assertEqual(self.counted(one), 0)

            _, servers = self.full_license(activations=3, license_id=several)
            cases = [found["case"] for found in self.ingest(*(
                mail(ANA, says=f"{several}: {server.state['host']['host']} was stolen")
                for server in servers))]
            self.approve(str(cases[0]))
            filed = [self.file(number, who, serial) for number, who, serial in
                     zip(cases[1:], ("ada", "abe"), self.serials(several)[1:])][::order]
            second = self.beside(self.carry_out(filed[0]), lambda: self.carry_out(filed[1]))
            self.assertIn("2 of 2 that one person may approve", str(second))
            self.assertEqual(self.counted(several), 1)
        # And the program, both at the same moment on one case.
        self.full_license(license_id="LIC-9")
        (found,) = self.ingest(mail(ANA, says="LIC-9 has burnt"))
        running = []
        for who in ("ada", "abe"):
            self.house.environment["ISSUER_TOKEN_FILE"] = self.house.tokens[who]
            running.append(self.house.start("restoration", "approve", str(found["case"]), *WHY))
        del self.house.environment["ISSUER_TOKEN_FILE"]
        ends = [(one.communicate(timeout=60)[1].decode(), one.returncode) for one in running]
        self.assertEqual(sorted(code for _, code in ends), [0, 1], ends)
        self.assertRegex("".join(text for text, _ in ends), "is being decided|was approved on|given back before")
        self.assertEqual(self.counted("LIC-9"), 0)

    def serials(self, license_id):
        return [serial for (serial,) in self.house.query(
            "select a.id from activation a join license l on l.id = a.license_id"
            " where l.license_id = %s order by a.id", license_id)]

    def counted(self, license_id):
        return self.house.query("select used from license_now where license_id = %s", license_id)[0][0]

    def test_its_deactivation_at_once(self):
        """The server turns up and signs that it is gone, while it is declared lost: in either order its use
        comes back once, and what it signed is what counts."""
        license, (old,) = self.full_license()
        (found,) = self.ingest(mail(ANA, says="LIC-2041-A has burnt"))
        session = self.carry_out(self.file(found["case"], "ada", 1))
        gone = mail(ANA, armor("D", old.deactivate()))
        self.assertEqual(self.beside(session, lambda: self.house.take(gone)),
                         [("accepted", "nothing-to-give-back")])
        uses = self.rows("license", "show", "--for-customer", "LIC-2041-A")
        self.assertEqual((uses[0]["used"], uses[1]["given_back_by"]), (0, "proof"))

        other, (server,) = self.full_license(license_id="LIC-7")
        (found,) = self.ingest(mail(ANA, says="LIC-7 has burnt"))
        filed = self.file(found["case"], "ada", 2)
        self.assertEqual(self.house.take(mail(ANA, armor("D", server.deactivate()))),
                         [("accepted", "deactivated")])
        with self.assertRaisesRegex(psycopg2.Error, "given back before .deactivated."):
            self.carry_out(filed)

    def test_a_request_at_once(self):
        """A new server asks while the use comes back: it gets it, and nobody gets it twice."""
        license, (old,) = self.full_license()
        (found,) = self.ingest(mail(ANA, says="LIC-2041-A has burnt"))
        session = self.carry_out(self.file(found["case"], "ada", 1))
        new = self.house.server(host="plant-new", board="another board")
        code = mail(ANA, ask(new, license))
        self.assertEqual(self.beside(session, lambda: self.house.take(code)), [("issued", "issued")])
        self.assertEqual(self.house.query("select id, counted from activation order by id"),
                         [(1, False), (2, True)])


if __name__ == "__main__":
    main()
