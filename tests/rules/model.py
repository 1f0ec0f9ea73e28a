"""A second reading of the rules for usage requests and deactivations.

It was written from the rules' prose alone, before and apart from issuer/core/rules*.c, in another
language and another shape: one function read from top to bottom, the records in a plain list. Speed
does not matter here. property.py runs both over the same histories; where they differ, one of the
two readings is wrong.
"""

from dataclasses import dataclass, field, replace

YEAR = 365 * 86400
ENDED = ("deactivated", "lost", "corrected")


@dataclass
class License:
    id: int
    customer: int = 1
    product: str = "chariot"
    state: str = "current"  # current, suspended, ended
    key_retired: bool = False
    expires: int = 0
    version: int = 1
    allowed: int = 3
    servers: int = 1


@dataclass(frozen=True)
class Host:
    """What a request says of the machine; None where a part is absent."""

    name: str | None
    board: int | None
    cpu: int | None
    mac: int | None


@dataclass
class Activation:
    id: int
    license: int
    version: int
    instance: int
    request: int
    seq: int
    host: Host
    key: int  # which key of the license the fingerprint was made with
    state: str = "active"  # active, superseded, deactivated, lost, corrected
    counted: bool = True
    use: int = 0
    slot: int = 0
    origin: str = "taken"  # taken, instance, host
    issued: int = 0
    lost: int = 0
    continues: int = 0
    replaces: int = 0


@dataclass
class Person:
    issues: bool = False
    continues: int = 0
    new_use: bool = False
    replaces: int = 0


@dataclass
class Facts:
    now: int
    license: License | None
    instance: int
    request: int
    seq: int
    host: Host
    key: int = 0
    damaged: bool = False
    product: str = "chariot"
    update: bool = False
    sender_known: bool = True
    sender_vouched: bool = True
    passed_at: int = 0
    newest_seq: int = 0
    seq_taken: bool = False
    resends_today: int = 0
    installed: str = "none"  # none, unknown, on-record, given-back
    installed_own: bool = True
    installed_license: int = 0
    installed_version: int = 0
    installed_customer: int = 0
    tells_of_loss: bool = False
    case_open: bool = False
    contested: bool = False
    key_revoked: bool = False  # of the usage license that answered this very request
    person: Person = field(default_factory=Person)
    second_server_hold: bool = False
    require_authenticated: bool = False
    reinstalls_a_year: int = 3
    resends_a_day: int = 3


@dataclass
class Decision:
    outcome: str
    row: int
    code: str
    note: str | None = None
    alert: bool = False
    would: str | None = None
    supersedes: int = 0
    replaces: int = 0
    continues: int = 0
    moves_from: int = 0
    origin: str = "taken"
    use: int = 0
    slot: int = 0
    passed: tuple = ()


def newest(activations):
    return max(activations, key=lambda a: (a.issued, a.id), default=None)


def lowest_free(limit, taken):
    return next((n for n in range(1, limit + 1) if n not in taken), 0)


class Hosts:
    """Which activations of one license ran where the request comes from."""

    def __init__(self, facts, here):
        self.facts = facts
        self.here = here

    def comparable(self, a):
        return a.key == self.facts.key

    def ambiguous(self, part, value):
        """A board or mac that two active instances show tells nothing."""
        showing = {
            a.instance
            for a in self.here
            if a.state == "active" and self.comparable(a) and getattr(a.host, part) == value
        }
        return len(showing) > 1

    def equal(self, a, part):
        value = getattr(self.facts.host, part)
        if value is None or not self.comparable(a) or getattr(a.host, part) != value:
            return False
        return part not in ("board", "mac") or not self.ambiguous(part, value)

    def same(self, a):
        board, mac = self.equal(a, "board"), self.equal(a, "mac")
        if board and mac:
            return True
        name = a.host.name is not None and a.host.name == self.facts.host.name
        return (board or mac) and self.equal(a, "cpu") and name

    def other(self, a):
        if self.same(a) or not self.comparable(a):
            return False
        pairs = [(getattr(a.host, p), getattr(self.facts.host, p)) for p in ("board", "mac")]
        return any(x is not None and y is not None and x != y for x, y in pairs)


def decide(facts, records):
    """The outcome for one usage request; `records` is a list of Activation."""
    f, person, passed = facts, facts.person, []

    def refuse(row, code):
        return Decision("refused", row, code, passed=tuple(passed))

    def hold(row, code, **more):
        return Decision("held", row, code, passed=tuple(passed), **more)

    def waved_through(code):
        if person.issues:
            passed.append(code)
        return person.issues

    if f.damaged:
        return refuse(1, "damaged")
    lic = f.license
    if lic is None:
        return refuse(2, "unknown-license")
    if not f.sender_known and not waved_through("unknown-sender"):
        rest = decide(replace(f, sender_known=True, sender_vouched=True), records)
        return hold(3, "unknown-sender", would=rest.code)
    unproven = f.sender_known and f.require_authenticated and not f.sender_vouched
    if unproven and not waved_through("unproven-sender"):
        rest = decide(replace(f, sender_vouched=True), records)
        return hold(3, "unproven-sender", would=rest.code)

    here = [a for a in records if a.license == lic.id]
    hosts = Hosts(f, here)
    own = [a for a in here if a.instance == f.instance]
    own_counted = [a for a in own if a.counted]
    own_active = next((a for a in own if a.state == "active"), None)
    others = [a for a in here if a.instance != f.instance]

    returned = any(
        a.state == "lost"
        and a.lost >= f.passed_at
        and (a.instance == f.instance or (a.license == lic.id and hosts.same(a)))
        for a in records
    )
    if returned and not waved_through("lost-server-returned"):
        return hold(4, "lost-server-returned", alert=True)

    answer = next((a for a in records if a.request == f.request), None)
    if (answer and answer.state != "active") or f.seq < f.newest_seq:
        return refuse(5, "superseded-request")
    if f.seq_taken and not waved_through("copied-server"):
        return hold(6, "copied-server", alert=True)
    if f.product != lic.product:
        return refuse(7, "wrong-product")
    if lic.state == "ended":
        return refuse(8, "license-ended")
    if lic.state == "suspended" and not waved_through("license-suspended"):
        return hold(8, "license-suspended")
    known = any(a.counted or a.state in ("active", "lost") for a in own)
    if lic.key_retired and not known and not waved_through("retired-key"):
        return hold(8, "retired-key")
    if lic.expires and f.now >= lic.expires:
        return refuse(9, "license-expired")
    if answer:
        if f.key_revoked:
            return refuse(10, "key-revoked")
        if f.resends_today >= f.resends_a_day and not waved_through("resent-too-often"):
            return hold(10, "resent-too-often")
        grown = answer.version < lic.version
        return Decision("resent", 10, "resent", note="entitlement-grown" if grown else None,
                        passed=tuple(passed))
    if f.installed in ("unknown", "given-back") and not waved_through("license-not-on-record"):
        return hold(11, "license-not-on-record", alert=True)
    if (f.update and f.installed == "on-record" and f.installed_license == lic.id
            and f.installed_version == lic.version and f.installed_customer == lic.customer
            and not waved_through("no-upgrade-on-record")):
        return hold(12, "no-upgrade-on-record")

    def issue(row, follow=None, carry=None, place=None):
        """`follow` is superseded, the use of `carry` goes on; `place` is (slot, replaced)."""
        slot, replaced = place
        moved = next((a for a in records if a.instance == f.instance and a.license != lic.id
                      and a.state == "active"), None)
        superseded = follow or replaced
        by_host = carry is not None and carry.instance != f.instance
        note = "replaced" if replaced else "reinstalled" if by_host else None
        return Decision(
            "issued", row, "issued", note=note,
            supersedes=superseded.id if superseded else 0,
            replaces=replaced.id if replaced else 0,
            continues=carry.id if carry else 0,
            moves_from=moved.id if moved else 0,
            origin="taken" if carry is None else "host" if by_host else "instance",
            use=use_for(carry), slot=slot, passed=tuple(passed))

    def use_for(carry):
        counted = [a for a in here if a.counted]
        if carry is None:
            free = lowest_free(lic.allowed, {a.use for a in counted})
            return free if len(counted) < lic.allowed else 0
        if carry.use <= lic.allowed:
            return carry.use
        return lowest_free(lic.allowed, {a.use for a in counted if a is not carry})

    def kept_place(follow):
        """The place of the one that is followed; above a lowered limit the lowest free one."""
        if follow.slot <= lic.servers:
            return follow.slot, None
        rest = [a for a in here if a.state == "active" and a is not follow]
        slot = lowest_free(lic.servers, {a.slot for a in rest})
        return (slot, None) if slot else None

    def free_place():
        active = [a for a in here if a.state == "active"]
        if len(active) >= lic.servers:
            return None
        return lowest_free(lic.servers, {a.slot for a in active}), None

    def only_place():
        """Exactly one place, and one server has it: the new one takes it over."""
        active = [a for a in here if a.state == "active"]
        if lic.servers != 1 or len(active) != 1 or f.second_server_hold:
            return None
        return 1, active[0]

    def named_place(follow):
        """The place that a person's word frees."""
        chosen = next((a for a in others if a.id == person.replaces and a.state == "active"
                       and a is not follow), None)
        if not person.issues or chosen is None:
            return None
        rest = [a for a in here if a.state == "active" and a not in (follow, chosen)]
        if follow is None and len(rest) >= lic.servers:
            return None
        slot = lowest_free(lic.servers, {a.slot for a in rest})
        return (slot, chosen) if slot else None

    def conclude(row, follow=None, carry=None):
        """Rows 18 to 21 for a new server, and what they share with the rows before them."""
        if use_for(carry) == 0:
            if f.tells_of_loss or f.case_open:
                return hold(21, "no-activations-left")
            return refuse(21, "no-activations-left")
        if carry is None and f.contested and not waved_through("choose-request"):
            return hold(18, "choose-request")
        place = kept_place(follow) if follow else free_place()
        if place:
            return issue(row or 18, follow, carry, place)
        place = None if follow else only_place()
        if place:
            return issue(row or 19, follow, carry, place)
        place = named_place(follow)
        if place is None:
            return hold(20, "choose-server")
        passed.append("choose-server")
        return issue(20, follow, carry, place)

    def said(*offered):
        """What a person said where a row asked: an activation, "new", "" or None (unusable)."""
        if person.continues:
            return next((a for a in offered if a.id == person.continues), None)
        return "new" if person.new_use else ""

    # 13: its own earlier activation ran elsewhere
    current = own_active or newest(own_counted)
    chosen = ""
    if current and hosts.other(current):
        chosen = said(*own_counted)
        if not person.issues or chosen is None:
            return hold(13, "host-changed")
        passed.append("host-changed")
        if chosen == "new":
            return conclude(0, follow=own_active)

    # 14
    if own_active:
        return conclude(14, follow=own_active, carry=chosen or own_active)

    reinstalls = sum(1 for a in here if a.origin == "host" and f.now - a.issued < YEAR
                     and hosts.same(a))
    too_often = reinstalls >= f.reinstalls_a_year

    # Issuing on the return of a lost server takes a use: nothing of its host goes on.
    twins = [] if returned else [a for a in others if a.state == "active" and hosts.same(a)]

    # 15
    if len(twins) == 1 and not own_counted:
        if too_often:
            answer = said(*twins)
            if not person.issues or answer is None:
                return hold(15, "reinstalled-often")
            passed.append("reinstalled-often")
            if answer == "new":
                return conclude(0)
        return conclude(15, follow=twins[0], carry=twins[0])

    # 16
    if len(twins) > 1:
        answer = said(*twins, *own_counted)
        if not person.issues or answer in (None, ""):
            return hold(16, "host-unclear")
        passed.append("host-unclear")
        if answer == "new":
            return conclude(0)
        if answer in twins:
            return conclude(16, follow=answer, carry=answer)
        chosen = answer

    # 17
    if own_counted:
        return conclude(17, carry=chosen or newest(own_counted))
    earlier = [] if returned else [a for a in others if a.state == "superseded" and a.counted
                                   and hosts.same(a)]
    if earlier:
        carry = newest(earlier)
        if too_often:
            answer = said(*earlier)
            if not person.issues or answer is None:
                return hold(17, "reinstalled-often")
            passed.append("reinstalled-often")
            if answer == "new":
                return conclude(0)
            carry = answer or carry
        return conclude(17, carry=carry)

    return conclude(0)


def apply(decision, facts, records, new_id):
    """Books an issued decision; anything else changes nothing."""
    if decision.outcome != "issued":
        return
    by_id = {a.id: a for a in records}
    for ended in {decision.supersedes, decision.replaces, decision.moves_from} - {0}:
        by_id[ended].state = "superseded"
    if decision.continues:
        by_id[decision.continues].counted = False
    records.append(Activation(
        id=new_id, license=facts.license.id, version=facts.license.version,
        instance=facts.instance, request=facts.request, seq=facts.seq, host=facts.host,
        key=facts.key, use=decision.use, slot=decision.slot, origin=decision.origin,
        issued=facts.now, continues=decision.continues, replaces=decision.replaces))


def release_moved(facts, records):
    """An authentic request that names a usage license of this license as installed proves that
    the instance has left the licenses from which it moved: their uses are given back."""
    f = facts
    if f.damaged or f.license is None or f.seq < f.newest_seq or f.seq_taken:
        return 0
    if f.installed != "on-record" or f.installed_license != f.license.id or not f.installed_own:
        return 0
    left = [a for a in records if a.instance == f.instance and a.license != f.license.id
            and a.state == "superseded" and a.counted and a.seq < f.seq]
    for a in left:
        a.state, a.counted = "deactivated", False
    return len(left)


def decide_deactivation(genuine, on_record, own, seen, instance, seq, records):
    if not genuine:
        return Decision("refused", 0, "forged-deactivation")
    if not on_record:
        return Decision("refused", 0, "never-issued")
    if not own:
        return Decision("refused", 0, "foreign-deactivation")
    if seen:
        return Decision("accepted", 0, "repeated-deactivation")
    gives = any(a.instance == instance and a.seq < seq and a.counted for a in records)
    return Decision("accepted", 0, "deactivated" if gives else "nothing-to-give-back")


def apply_deactivation(decision, instance, seq, records):
    if decision.outcome != "accepted" or decision.code == "repeated-deactivation":
        return 0
    given = 0
    for a in records:
        if a.instance == instance and a.seq < seq and a.state != "corrected":
            given += a.counted
            a.state, a.counted = "deactivated", False
    return given


def lose(activation, now):
    if activation.state in ("active", "superseded"):
        activation.state, activation.counted, activation.lost = "lost", False, now


def correct(activation):
    if activation.state in ("active", "superseded"):
        activation.state, activation.counted = "corrected", False
