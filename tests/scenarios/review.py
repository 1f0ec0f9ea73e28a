#!/usr/bin/python3
"""What people decide about requests: looked at, previewed, issued, refused, kept, sent again.

  review.py ISSUER [TEST…]          within tests/with-postgres"""
import json
import os
import shutil

from scenario import Scenario, armor, ask, check_records, mail, main, mbox, write

ANA, EVE = "ana@northwind.example", "eve@elsewhere.example"
WHY = ("--reason", "the customer called", "--ticket", "T-7")


class Review(Scenario):
    def setUp(self):
        super().setUp()
        self.operator = "none"
        self.token("boss", "admin", "--first")
        self.token("sam", "support")

    def tearDown(self):
        check_records(self.house)

    def token(self, name, role, *options):
        """Makes an operator, and has it run what follows."""
        path = self.house.path(f"{name}.token")
        self.run_as_operator("operator", "add", *options, "--role", role, "--token-file", path, name)
        self.operator = path

    def token_of_another(self):
        self.operator = self.house.path("boss.token")
        self.token("sue", "support")

    def keys_of_another_user(self):
        keys = self.house.path("others-keys")
        shutil.copytree(self.house.keys, keys)
        for folder, _, names in os.walk(keys):
            for path in (folder, *(os.path.join(folder, name) for name in names)):
                os.chown(path, 12345, 12345)
        return keys

    def run_as_operator(self, *words, code=0):
        """What others run, such as imports, has rights of its own."""
        self.house.environment["ISSUER_TOKEN_FILE"] = self.operator
        try:
            return self.house.issuer(*words, code=code)
        finally:
            del self.house.environment["ISSUER_TOKEN_FILE"]

    def request(self, verb, *words, code=0):
        """What the command prints, as an object; where it fails, what it said."""
        output = self.run_as_operator("request", verb, "--json", *words, code=code)
        if code != 0:
            self.assertEqual(len(self.house.errors.splitlines()), 1, self.house.errors)
            return self.house.errors
        return json.loads(output.splitlines()[0])

    def waiting(self):
        output = self.house.issuer("request", "list", "--json")
        return [json.loads(line) for line in output.splitlines()]

    def hold_stranger(self):
        """A request from an address that is no contact: its short form."""
        self.license = self.house.sell("LIC-1", ANA, activations=2, servers=2)
        self.server = self.house.server(host="plant-4")
        self.house.take(mail(EVE, ask(self.server, self.license)))
        return self.waiting()[0]["request"]

    def test_the_list_and_one_request(self):
        short = self.hold_stranger()
        (one,) = self.waiting()
        self.assertEqual((one["case"], one["outcome"], one["code"], one["would"], one["host"],
                          one["license_id"], one["customer"], one["from"]),
                         (1001, "held", "unknown-sender", "issued", "plant-4", "LIC-1",
                          "Northwind Water", EVE))
        for name in (short, short.lower().replace("-", ""), "1001", "case 1001"):
            shown = self.house.issuer("request", "show", name)
            self.assertRegex(shown, "unknown-sender")
            self.assertIn("plant-4", shown)
        self.assertIn("issuer request list --all", self.request("show", "00000-00000", code=1))
        self.assertIn("names no request", self.request("show", "what?", code=2))

    def test_preview_then_issue(self):
        short = self.hold_stranger()
        before = self.house.digests()
        preview = self.request("preview", short)
        self.assertEqual(self.house.digests(), before)
        self.assertEqual((preview["outcome"], preview["code"], preview["passed"], preview["use"],
                          preview["activations"], preview["serial"], preview["supersedes"],
                          preview["features"], preview["features_now"]),
                         ("issued", "issued", ["unknown-sender"], 1, 2, None, [], "mqtt-server", None))
        done = self.request("issue", "1001", *WHY, "--preview", preview["preview"])
        serial = "UL-00000001"  # neither the hold nor the preview has drawn a number
        self.assertEqual((done["outcome"], done["serial"]), ("issued", serial))
        self.assertEqual(self.waiting(), [])
        # The answer goes to a contact of the license, never to the stranger.
        ((path, reply),) = self.house.replies()
        self.assertEqual(reply["To"], ANA)
        with open(path, "rb") as stream:
            self.assertEqual(self.server.install(stream.read())["serial"], serial)
        latest = self.house.query("select o.name, d.reason, d.ticket, d.rule, h.closed_how"
                                  " from decision d join operator o on o.id = d.operator_id"
                                  " join hold h on h.closed_by = d.id")
        self.assertEqual(latest, [("sam", "the customer called", "T-7", 18, "issued")])
        self.assertEqual(self.house.query("select kind, state, (answer -> 'decisions' -> 0) is not null"
                                          " from instruction"), [("issue", "done", True)])

    def test_a_mail_of_two_authors(self):
        """Who of them wrote it cannot be told, so nobody is answered before a person has looked."""
        self.license = self.house.sell("LIC-1", ANA)
        code = ask(self.house.server(), self.license)
        two = b"From: <eve@collector.example>\n" + mail(ANA, code)
        self.assertEqual(self.house.take(two), [("held", "unknown-sender")])
        ((address, answerable),) = self.house.query("select from_address, reply_to from message")
        self.assertEqual((address, answerable), (None, None))
        self.assertEqual(self.house.replies(), [])
        (one,) = self.waiting()
        self.assertIn("more than one author", self.house.issuer("request", "show", one["request"]))
        self.request("issue", one["request"], *WHY)
        self.assertEqual([reply["To"] for _, reply in self.house.replies()], [ANA])
        broken = b"From: <eve@collector.example>\n" + mail(ANA, code.replace("USAGE", "U")[:-300])
        self.assertEqual(self.house.take(broken), [("refused", "damaged")])
        self.assertEqual(self.house.replies(), [])
        self.assertIn("more than one author", self.house.issuer("message", "list"))

    def test_a_license_key_in_a_reason(self):
        short = self.hold_stranger()
        self.request("keep", short, "--reason", f"he read out {self.license.key}", "--ticket", "T-7")
        for statement in ("select reason from decision where reason is not null",
                          "select arguments::text from instruction"):
            ((kept,),) = self.house.query(statement)
            self.assertIn("he read out", kept)
            self.assertNotIn(self.license.key, kept)

    def test_words_that_the_rules_do_not_ask_for(self):
        short = self.hold_stranger()
        before = self.house.digests()
        for words in (("--continue", "UL-1"), ("--replace", "UL-99")):
            for verb, more in (("preview", ()), ("issue", WHY)):
                self.assertIn(words[0], self.request(verb, short, *words, *more, code=1))
        self.assertEqual(self.house.query("select count(*) from usage_license"), [(0,)])
        self.request("issue", short, *WHY, "--new-use")

    def test_a_preview_that_went_stale(self):
        short = self.hold_stranger()
        preview = self.request("preview", short)
        self.house.take(mail(ANA, ask(self.house.server(host="plant-5"), self.license)))
        said = self.request("issue", short, *WHY, "--preview", preview["preview"], code=1)
        self.assertIn("preview-stale", said)
        self.assertEqual(len(self.waiting()), 1)
        self.assertEqual(self.house.query("select state, position('stale' in answer ->> 'why') > 0"
                                          " from instruction"), [("refused", True)])
        again = self.request("preview", short)
        self.assertEqual(again["use"], 2)
        self.request("issue", short, *WHY, "--preview", again["preview"].lower())

    def test_issued_twice_or_by_nobody(self):
        short = self.hold_stranger()
        self.request("issue", short, *WHY)
        self.assertIn("request resend", self.request("issue", short, *WHY, code=1))
        self.assertIn("does not wait for a person", self.request("refuse", short, *WHY, code=1))
        self.house.issuer("request", "issue", short, code=2)
        self.operator = write(self.house.path("none"), b"iss_nothing")
        os.chmod(self.operator, 0o600)
        self.assertIn("token is unknown", self.request("resend", short, *WHY, code=1))

    def test_roles_that_may_not(self):
        short = self.hold_stranger()
        for role in ("orders", "finance"):
            self.operator = self.house.path("boss.token")
            self.token(role, role)
            self.assertIn("takes the role support or admin",
                          self.request("issue", short, *WHY, code=1))
        self.assertEqual(len(self.waiting()), 1)
        self.assertEqual(self.house.query("select count(*) from instruction"), [(0,)])

    def test_refused_until_a_new_mail(self):
        short = self.hold_stranger()
        code = self.house.query("select jws from usage_request")[0][0]
        self.assertEqual(self.request("refuse", short, *WHY)["code"], "refused-by-person")
        self.assertEqual(self.waiting(), [])
        before = self.house.digests()
        for said in (self.request("preview", short, code=1), self.request("issue", short, *WHY, code=1)):
            self.assertIn("was refused by a person, and that stands until it comes in a new mail", said)
        self.assertEqual(self.house.digests(), before)
        # Neither time nor a change of records brings it back, a new mail does.
        write(self.house.path("up.csv"), (
            "license_id,license_key,customer,contacts,product,features,activations,expires,"
            f"order_ref,servers\r\nLIC-1,,Northwind Water,{ANA};{EVE},chariot,"
            "mqtt-server,2,,SO-77,2\r\n").encode())
        self.house.issuer("license", "import", "--update", self.house.path("up.csv"))
        self.assertEqual(self.house.query("select count(*) from usage_license"), [(0,)])
        self.assertEqual(self.house.take(mail(EVE, armor("Q", code))), [("issued", "issued")])

    def test_a_list_that_ends_early_says_so(self):
        license = self.house.sell("LIC-1", ANA)
        self.house.take(*(mail(EVE, ask(self.house.server(), license)) for _ in range(3)))
        for words in (("request", "list"), ("request", "list", "--all")):
            for limit, says in (("2", "There are more: say --limit."), ("3", ""), ("4", "")):
                for face in ("--json", "--csv"):
                    rows = self.house.issuer(*words, face, "--limit", limit).splitlines()
                    self.assertEqual(len(rows) - (face == "--csv"), min(int(limit), 3))
                    self.assertEqual(self.house.errors, says and f"issuer: {says}\n")
                table = self.house.issuer(*words, "--limit", limit).splitlines()
                self.assertEqual((table[min(int(limit), 3) + 1:], self.house.errors),
                                 ([says] if says else [], ""))

    def test_kept(self):
        short = self.hold_stranger()
        kept = self.request("keep", short, "--reason", "asked the sales department")
        self.assertEqual((kept["outcome"], kept["code"]), ("held", "unknown-sender"))
        self.assertEqual([(one["case"], one["would"]) for one in self.waiting()], [(1001, "issued")])
        shown = self.house.issuer("request", "show", short)
        self.assertIn("asked the sales department", shown)
        self.assertEqual(self.house.replies(), [])

    def test_it_is_told_what_passes_a_hold(self):
        license = self.house.sell("LIC-1", ANA, activations=3, servers=3)
        servers = [self.house.server(host=f"plant-{n}", board=f"b{n}") for n in (1, 2)]
        self.house.take(*(mail(ANA, ask(server, license)) for server in servers))
        servers[0].describe(host="plant-3", board="b3")
        self.house.take(mail(ANA, ask(servers[0], license)))
        (one,) = self.waiting()
        self.assertEqual(one["code"], "host-changed")
        self.assertIn("held (host-changed); issue it, if need be with --continue UL-…",
                      self.request("issue", one["request"], *WHY, "--continue", "UL-2", code=1))
        self.assertIn("cannot be sent again: no usage license was issued for it",
                      self.request("resend", one["request"], *WHY, code=1))
        self.request("issue", one["request"], *WHY, "--continue", "UL-1")

    def test_sent_again(self):
        license = self.house.sell("LIC-1", ANA)
        server = self.house.server(host="plant-4")
        self.house.take(mail(ANA, ask(server, license)))
        self.house.replies()
        short = json.loads(self.house.issuer("request", "list", "--all", "--json"))["request"]
        for _ in range(4):  # more often than it would go by itself
            self.assertEqual(self.request("resend", short, *WHY)["serial"], "UL-00000001")
        ((_, reply), *others) = self.house.replies()
        self.assertEqual((reply["To"], len(others)), (ANA, 3))
        self.assertIn("UL-00000001 again", reply["Subject"])
        server.install(next(reply.iter_attachments()).get_content().encode())
        self.assertEqual(self.house.query("select count(*) from usage_license"), [(1,)])
        # What was superseded goes out no more.
        self.house.take(mail(ANA, ask(server, license)))
        self.assertIn("superseded-request", self.request("resend", short, *WHY, code=1))

    def test_nobody_passes_the_counts(self):
        license = self.house.sell("LIC-1", ANA, activations=1, servers=1)
        self.house.take(mail(ANA, ask(self.house.server(host="plant-1"), license)))
        self.house.take(mail(EVE, ask(self.house.server(host="plant-2"), license)))
        (one,) = self.waiting()
        self.assertEqual(one["would"], "no-activations-left")
        preview = self.request("preview", one["request"])
        self.assertEqual((preview["outcome"], preview["code"]), ("refused", "no-activations-left"))
        said = self.request("issue", one["request"], *WHY, code=1)
        self.assertIn("refused (no-activations-left)", said)
        self.assertEqual(self.house.query("select count(*) from usage_license"), [(1,)])

    def test_which_server_it_is(self):
        license = self.house.sell("LIC-1", ANA, activations=4, servers=2)
        for n in (1, 2):
            self.house.take(mail(ANA, ask(self.house.server(host=f"plant-{n}"), license)))
        self.house.take(mail(ANA, ask(self.house.server(host="plant-3"), license)))
        (one,) = self.waiting()
        self.assertEqual(one["code"], "choose-server")
        self.assertIn("by the rules it is held (choose-server); issue it with --replace UL-…",
                      self.request("issue", one["request"], *WHY, code=1))
        done = self.request("issue", one["request"], *WHY, "--replace", "UL-2")
        self.assertEqual((done["supersedes"], done["use"], done["server"]), (["UL-00000002"], 3, 2))
        self.assertIn("is no serial", self.house_error("issue", "1001", *WHY, "--replace", "two"))
        self.assertIn("exclude", self.house_error("issue", "1001", *WHY, "--continue", "UL-1",
                                                  "--new-use"))

    def house_error(self, *words):
        self.house.issuer("request", *words, code=2)
        return self.house.errors

    def test_an_update_shows_what_changes(self):
        license = self.house.sell("LIC-1", ANA)
        server = self.house.server(host="plant-4")
        self.house.take(mail(ANA, ask(server, license)))
        server.install(self.house.usage_license("UL-1").encode())
        self.house.take(mail(ANA, ask(server, license, "update")))
        (one,) = self.waiting()
        preview = self.request("preview", one["request"])
        self.assertEqual((one["code"], preview["supersedes"], preview["continues"],
                          preview["features_now"], preview["version"], preview["version_now"]),
                         ("no-upgrade-on-record", ["UL-00000001"], "UL-00000001", "mqtt-server", 1, 1))

    def test_a_code_from_a_ticket(self):
        license = self.house.sell("LIC-1", ANA)
        server = self.house.server(host="plant-4")
        path = write(self.house.path("pasted.txt"), f"see below\n\n{ask(server, license)}".encode())
        before = self.house.digests()
        tried = self.request("add", "--from", ANA, "--dry-run", path)
        self.assertEqual(tried["decisions"][0]["outcome"], "issued")
        self.assertEqual(self.house.digests(), before)
        added = self.request("add", "--from", ANA, "--ticket", "T-8", path)
        self.assertEqual((added["decisions"][0]["serial"], added["source"]),
                         ("UL-00000001", "handed in, ticket T-8"))
        ((_, reply),) = self.house.replies()
        self.assertEqual(reply["To"], ANA)
        again = self.request("add", "--from", ANA, path)
        self.assertEqual(again["decisions"], [])
        self.assertEqual(self.house.query("select count(*) from decision"), [(1,)])
        self.assertIn("no code of a Chariot server", self.request(
            "add", "--from", ANA, write(self.house.path("empty.txt"), b"hello"), code=1))
        self.assertIn("--from licensing@vendor.example is an address of our own",
                      self.request("add", "--from", "licensing@vendor.example", path, code=1))
        self.assertIn("eve", self.request("add", "--from", "eve at home", path, code=2))

    def test_a_mailbox_from_a_ticket_is_one_text(self):
        license = self.house.sell("LIC-1", ANA)
        codes = [ask(self.house.server(host=f"plant-{n}"), license) for n in range(2)]
        text = b"see below\n\n" + mbox([mail(EVE, code) for code in codes])
        added = self.request("add", "--from", ANA, write(self.house.path("pasted.txt"), text))
        self.assertEqual([one["outcome"] for one in added["decisions"]], ["issued", "refused"])
        ((_, reply),) = self.house.replies()
        self.assertEqual(reply["To"], ANA)

    def test_what_cannot_be_carried_out_is_not_left_open(self):
        short = self.hold_stranger()
        other = self.house.server(host="plant-5")
        self.house.query("alter table decision add check (effective is null) not valid")
        path = write(self.house.path("pasted.txt"), ask(other, self.license).encode())
        before = self.house.query("select count(*) from decision")
        self.request("add", "--from", ANA, path, code=1)
        self.request("issue", short, *WHY, code=1)
        self.assertEqual(self.house.query("select kind, state from instruction order by id"),
                         [("add", "refused"), ("issue", "refused")])
        self.assertEqual(self.house.query("select count(*) from decision"), before)

    def test_without_the_signing_key_it_stays_filed(self):
        short = self.hold_stranger()
        self.house.environment["ISSUER_KEY_FOLDER"] = self.house.path("no-keys")
        said = self.request("issue", short, *WHY, code=3)
        self.assertIn("stays filed", said)
        self.assertEqual(self.house.query("select kind, state from instruction"), [("issue", "filed")])
        # Another is told of it whose user may not read the keys of this machine; who has the key
        # decides the case instead.
        self.token_of_another()
        self.house.environment["ISSUER_KEY_FOLDER"] = self.keys_of_another_user()
        said = self.request("refuse", short, *WHY, code=1)
        self.assertIn('operator sam says "issue"', said)
        self.house.environment["ISSUER_KEY_FOLDER"] = self.house.keys
        self.assertEqual(self.request("refuse", short, *WHY)["outcome"], "refused")
        self.assertEqual(self.house.query("select kind, state, answer ->> 'why' from instruction"
                                          " order by id"),
                         [("issue", "expired", "operator sue took up the case"),
                          ("refuse", "done", None)])


if __name__ == "__main__":
    main()
