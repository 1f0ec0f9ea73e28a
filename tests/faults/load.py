"""Mails for a desk under faults: whatever order they are decided in, and by whom, what must become of
each is known when it is made."""
import collections
import os
import secrets
import threading
import time

from scenario import License, armor, ask, dated_mail, license_key, mbox

__all__ = ["Feeder", "Letter", "Load", "files_of"]

Letter = collections.namedtuple("Letter", "id kind mail digest license")
HEADER = "license_id,license_key,customer,contacts,product,features,activations,expires,order_ref,servers"
# What may be decided about the code of a letter of that kind. None: it has no code that is decided.
ISSUED, RESENT = ("issued", "issued"), ("resent", "resent")
OUTCOMES = {
    "new": {ISSUED},
    "update": {ISSUED},
    "twice": {ISSUED, RESENT},  # one of two mails with one code
    "narrow": {ISSUED, ("refused", "no-activations-left")},
    "deactivation": {("accepted", "deactivated")},
    "damaged": {("refused", "damaged")},
    "unknown": {("refused", "unknown-license")},
    "stranger": {("held", "unknown-sender")},
    "lost": None,
    "prose": None,
    "hostile": None,
}
ANSWERED = ("new", "update", "twice", "narrow", "deactivation")
NARROW = 3  # servers that a narrow license has room for
# How often in a hundred letters.
MIX = {"new": 32, "twice": 10, "narrow": 4, "update": 15, "deactivation": 15, "damaged": 8, "unknown": 4,
       "stranger": 4, "lost": 2, "prose": 4, "hostile": 2}


class Load:
    """`house` is where the licenses are bought; `dice` a random.Random."""

    def __init__(self, house, dice, firms=4):
        self.house, self.dice = house, dice
        self.count = 0
        self.orders = 0
        self.allowed = 100000
        self.firms = [f"ops@firm-{n}.example" for n in range(firms)]
        self.wide = [License(f"LIC-WIDE-{n}", license_key(), firm) for n, firm in enumerate(self.firms)]
        self.narrow = []
        self.running = []  # (server, license) whose usage license is installed
        self.asked = []  # (server, license) of this round
        self.buy(self.wide, self.allowed)

    # ---- purchases ----

    def buy(self, licenses, activations, *options):
        self.orders += 1
        rows = [HEADER] + [f"{one.id},{one.key},Firm of {one.contact},{one.contact},chariot,mqtt-server,"
                           f"{activations},,SO-{self.orders}-{one.id},{activations}" for one in licenses]
        self.house.issuer("license", "import", "-", *options, data="\r\n".join(rows + [""]).encode())

    def upgrade(self):
        """What an update may ask for from now on."""
        self.allowed += 1
        self.buy(self.wide, self.allowed, "--update")

    # ---- letters ----

    def letter(self, kind, sender, says, digest=None, license=None):
        self.count += 1
        mail = dated_mail(sender, says + "\n", self.count)
        return Letter(f"{self.count}.mail@{sender.rpartition('@')[2]}", kind, mail, digest, license)

    def new_server(self, license):
        server = self.house.server(host=f"host-{secrets.token_hex(6)}")
        return server, ask(server, license)

    def new(self):
        license = self.dice.choice(self.wide)
        server, code = self.new_server(license)
        self.asked.append((server, license))
        return [self.letter("new", license.contact, code, server.state["newest"]["digest"], license)]

    def twice(self):
        license = self.dice.choice(self.wide)
        server, code = self.new_server(license)
        self.asked.append((server, license))
        return [self.letter("twice", license.contact, code, server.state["newest"]["digest"], license) for _ in (1, 2)]

    def narrow_(self):
        """More servers than the license has room for."""
        license = License(f"LIC-NARROW-{len(self.narrow)}", license_key(), self.dice.choice(self.firms))
        self.narrow.append(license)
        found = []
        for _ in range(NARROW + 2):
            server, code = self.new_server(license)
            found.append(self.letter("narrow", license.contact, code, server.state["newest"]["digest"], license))
        return found

    def update(self):
        if not self.running:
            return self.new()
        server, license = self.running.pop(self.dice.randrange(len(self.running)))
        self.asked.append((server, license))
        code = ask(server, license, "update")
        return [self.letter("update", license.contact, code, server.state["newest"]["digest"], license)]

    def deactivation(self):
        if not self.running:
            return self.new()
        server, license = self.running.pop(self.dice.randrange(len(self.running)))
        return [self.letter("deactivation", license.contact, armor("D", server.deactivate()), license=license)]

    def damaged(self):
        license = self.dice.choice(self.wide)
        _, code = self.new_server(license)
        lines = code.splitlines()
        del lines[self.dice.randrange(2, len(lines) - 1)]
        return [self.letter("damaged", license.contact, "\n".join(lines))]

    def unknown(self):
        nowhere = License("LIC-none", license_key(), self.dice.choice(self.firms))
        return [self.letter("unknown", nowhere.contact, self.new_server(nowhere)[1])]

    def stranger(self):
        license = self.dice.choice(self.wide)
        return [self.letter("stranger", "eve@elsewhere.example", self.new_server(license)[1])]

    def lost(self):
        license = self.dice.choice(self.wide)
        return [self.letter("lost", license.contact, f"{license.id} ran on a server that has burnt down.")]

    def prose(self):
        return [self.letter("prose", self.dice.choice(self.firms), "How do I activate?")]

    def hostile(self):
        """Too deep to be read: goes into quarantine."""
        self.count += 1
        sender = self.dice.choice(self.firms)
        head = dated_mail(sender, "", self.count).rstrip(b"\n")
        mail = (head + b"\nMIME-Version: 1.0\nContent-Type: message/rfc822"
                + b"\n\nContent-Type: message/rfc822" * 200 + b"\n\nhello\n")
        return [Letter(f"{self.count}.mail@{sender.rpartition('@')[2]}", "hostile", mail, None, None)]

    def letters(self, count):
        """A round's, in no order. What they name is on record when this returns."""
        makers = {**{kind: getattr(self, kind) for kind in MIX if kind != "narrow"}, "narrow": self.narrow_}
        found, bought = [], len(self.narrow)
        while len(found) < count:
            kind = self.dice.choices(list(MIX), MIX.values())[0]
            found += makers[kind]()
        if len(self.narrow) > bought:
            self.buy(self.narrow[bought:], NARROW)
        self.dice.shuffle(found)
        return found

    def install(self):
        """Every server that has asked installs what was issued for it."""
        issued = dict(self.house.query("select translate(encode(r.digest, 'base64'), E'+/=\\n', '-_'), u.jws"
                                       " from usage_request r join usage_license u on u.request_id = r.id"))
        for server, license in self.asked:
            server.install(issued[server.state["newest"]["digest"]].encode())
            self.running.append((server, license))
        self.asked = []


def files_of(letters, dice, prefix, pieces):
    """The letters as files that are dropped, single mails and mailboxes of as many as `pieces` has numbers, as (name,
    content, letters)."""
    found, at = [], 0
    while at < len(letters):
        some = letters[at:at + dice.choice(pieces)]
        at += len(some)
        single = len(some) == 1
        name = f"{prefix}-{len(found):04}.{'eml' if single else 'mbox'}"
        found.append((name, some[0].mail if single else mbox([one.mail for one in some]), some))
    return found


class Feeder(threading.Thread):
    """Puts files into drop folders, spread over some seconds, as a careful mail program does: under another
    name first, and once more when there is no room. `folders`: each gets every file."""

    def __init__(self, files, folders, seconds):
        super().__init__(daemon=True)
        self.files, self.folders, self.seconds = files, folders, seconds
        self.put_off = 0  # how often there was no room

    def run(self):
        began = time.monotonic()
        for number, (name, content, _) in enumerate(self.files):
            time.sleep(max(0, began + self.seconds * number / len(self.files) - time.monotonic()))
            for folder in self.folders:
                while not self.put(folder, name, content):
                    self.put_off += 1
                    time.sleep(0.1)

    @staticmethod
    def put(folder, name, content):
        try:
            with open(f"{folder}/.{name}", "wb") as stream:
                stream.write(content)
        except OSError:
            return False
        os.rename(f"{folder}/.{name}", f"{folder}/{name}")
        return True
