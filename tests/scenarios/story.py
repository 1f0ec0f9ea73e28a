"""A desk's mails by chance: first requests, and then everything that may follow them.

A story is told in chapters. Between two of them the mails so far must be ingested, for servers
install what came back: what they ask for, or say, next names it."""
import secrets

from scenario import License, armor, ask, dated_mail, license_key

__all__ = ["Story"]

ANA, BEN, EVE = "ana@northwind.example", "ben@northwind.example", "eve@elsewhere.example"
HEADER = ("license_id,license_key,customer,contacts,product,features,activations,expires,"
          "order_ref,servers")


class Story:
    """`house` is where the first chapters happen; `chance` a random.Random."""

    def __init__(self, house, chance, licenses=8):
        self.house, self.chance = house, chance
        self.count = 0
        self.licenses = [License(f"LIC-{n}", license_key(), ANA) for n in range(licenses)]
        self.terms = {one.id: (chance.randint(1, 4), chance.randint(1, 3)) for one in self.licenses}
        self.servers = []  # of [server, license, its newest code]
        self.codes = []  # all that were mailed: (sender, code)
        self.mails = []
        self.buy("SO-1", self.licenses)

    # ---- purchases ----

    def buy(self, order, licenses, *options):
        rows = [HEADER]
        for one in licenses:
            activations, servers = self.terms[one.id]
            rows.append(f"{one.id},{one.key},Northwind Water,{ANA};{BEN},chariot,mqtt-server,"
                        f"{activations},,{order},{servers}")
        self.house.issuer("license", "import", "-", *options, data="\r\n".join(rows + [""]).encode())

    def upgrade(self):
        """More activations for every second license."""
        some = self.licenses[::2]
        for one in some:
            activations, servers = self.terms[one.id]
            self.terms[one.id] = (activations + 1, servers)
        self.buy("SO-2", some, "--update")

    # ---- mails ----

    def mail(self, sender, *codes, says="Good morning,"):
        self.count += 1
        self.codes += [(sender, code) for code in codes]
        self.mails.append(dated_mail(sender, "\n\n".join((says, *codes)) + "\n", self.count))

    def new_server(self):
        license = self.chance.choice(self.licenses)
        server = self.house.server(host=f"plant-{len(self.servers)}")
        code = ask(server, license)
        self.servers.append([server, license, code])
        self.mail(self.chance.choice((ANA, ANA, BEN)), code)

    def asks_again(self):
        """A new request of a server, an update where it has a usage license."""
        entry = self.chance.choice(self.servers)
        server, license, _ = entry
        purpose = self.chance.choice(("activate", "update"))
        entry[2] = ask(server, license, purpose)
        self.mail(ANA, entry[2])

    def same_code(self):
        sender, code = self.chance.choice(self.codes)
        self.mail(sender, code)

    def same_mail(self):
        if self.mails:  # of this chapter
            self.mails.append(self.chance.choice(self.mails))

    def newer_first(self):
        entry = self.chance.choice(self.servers)
        older = ask(entry[0], entry[1])
        entry[2] = ask(entry[0], entry[1])
        self.mail(ANA, entry[2])
        self.mail(ANA, older)

    def moves(self):
        """Asks for another license."""
        entry = self.chance.choice(self.servers)
        entry[1] = self.chance.choice(self.licenses)
        entry[2] = ask(entry[0], entry[1])
        self.mail(BEN, entry[2])

    def reinstalled(self):
        entry = self.chance.choice(self.servers)
        entry[0].reset_identity()
        entry[2] = ask(entry[0], entry[1])
        self.mail(ANA, entry[2])

    def deactivates(self):
        """Those that have a usage license erase it; now and then another takes the place."""
        for entry in self.chance.sample(self.servers, len(self.servers)):
            if entry[0].state["installed"]:
                codes = [armor("D", entry[0].deactivate())]
                if self.chance.random() < 0.3:
                    server = self.house.server(host=f"plant-{len(self.servers)}")
                    self.servers.append([server, entry[1], ask(server, entry[1])])
                    codes.insert(0, self.servers[-1][2])
                self.mail(ANA, *codes)
                return

    def several(self):
        """Codes of several servers in one mail."""
        some = self.chance.sample(self.servers, 3)
        for entry in some:
            entry[2] = ask(entry[0], entry[1])
        self.mail(BEN, *(entry[2] for entry in some))

    def damaged(self):
        sender, code = self.chance.choice(self.codes)
        lines = code.splitlines()
        del lines[self.chance.randrange(2, len(lines) - 1)]
        self.mail(sender, "\n".join(lines))

    def stranger(self):
        entry = self.chance.choice(self.servers)
        entry[2] = ask(entry[0], entry[1])
        self.mail(EVE, entry[2])

    def unknown_key(self):
        server = self.house.server(host="nowhere")
        self.mail(self.chance.choice((ANA, EVE)),
                  ask(server, License("LIC-none", license_key(), EVE)))

    def prose(self):
        self.mail(self.chance.choice((ANA, EVE)), says=self.chance.choice((
            "How do I activate?", "LIC-1 ran on a server that has burnt down.", "Thank you!",
            f"Case {secrets.token_hex(3)} is closed.")))

    def nested(self):
        """Goes into quarantine: too deep to be read."""
        self.count += 1
        head = dated_mail(ANA, "", self.count).rstrip(b"\n")
        inner = b"\n\nContent-Type: message/rfc822" * 200
        self.mails.append(head + b"\nMIME-Version: 1.0\nContent-Type: message/rfc822" + inner
                          + b"\n\nhello\n")

    # ---- chapters ----

    def first(self, servers):
        """New servers ask; gives the chapter's mails."""
        for _ in range(servers):
            self.new_server()
        return self.take()

    def next(self, mails, without=()):
        """Anything may happen, but what `without` names; gives the chapter's mails."""
        often = ([self.new_server, self.asks_again, self.same_code] * 4 + [self.deactivates] * 5
                 + [self.same_mail, self.moves, self.reinstalled, self.damaged, self.several] * 2
                 + [self.newer_first, self.stranger, self.unknown_key, self.prose, self.nested])
        happens = [one for one in often if one.__name__ not in without]
        while len(self.mails) < mails:
            self.chance.choice(happens)()
        return self.take()

    def take(self):
        mails, self.mails = self.mails, []
        return mails

    def install(self):
        """Every server installs the usage license that was made for its newest request."""
        rows = self.house.query("select encode(digest, 'hex'), u.jws from usage_request r"
                                " join usage_license u on u.request_id = r.id")
        licenses = dict(rows)
        for server, *_ in self.servers:
            newest = server.state["newest"]
            jws = newest and licenses.get(_hex(newest["digest"]))
            if jws:
                server.install(jws.encode())


def _hex(b64u):
    import base64
    return base64.urlsafe_b64decode(b64u + "=" * (-len(b64u) % 4)).hex()
