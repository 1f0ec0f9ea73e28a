#!/usr/bin/python3
"""Random histories through the rules in C (driver) and through the second reading (model.py).

    property.py DRIVER        runs them; SEED=N repeats a run, HISTORIES=N makes it longer

Both must agree on every decision and on the ledger after it, and both must keep what must hold
whatever the facts (invariants below). A failure is shrunk to the steps that matter and printed.
"""

import os
import random
import subprocess
import sys
from dataclasses import dataclass, replace

import model
from model import Facts, Host, License, Person

DAY = 86400
INSTANCES = 5
LICENSES = (1, 2)
# Boards, CPUs and addresses recur, and some hosts show little or nothing of themselves.
HOSTS = (
    Host("h1", 1, 1, 1), Host("h2", 2, 1, 2), Host("h1", 1, 1, 3), Host("h1", 4, 1, 1),
    Host("h1", 1, 2, None), Host(None, None, 1, None), Host("h2", 2, 1, 1), Host("h2", 1, 1, 2),
    Host("h1", 1, 1, None), Host("h1", 5, 1, 5), Host("h1", 1, 1, 5),
)
# The third looks like both others (a network card was moved): nobody but a person can tell.
MIXED_HOSTS = (Host("h1", 1, 1, 1), Host("h1", 5, 1, 5), Host("h1", 1, 1, 5))
STATES = ("current", "suspended", "ended")
INSTALLED = ("none", "unknown", "on-record", "given-back")


@dataclass
class Request:
    """A usage request as it was made; it may arrive late, twice or copied."""

    id: int
    instance: int
    license: int
    key: int
    seq: int
    host: Host
    update: bool
    installed: int  # an activation's id; 0: none, -1: a serial that nobody knows
    damaged: bool
    product: str


class World:
    """What a service would keep around the rules, and the model's ledger."""

    def __init__(self):
        self.now = 1_700_000_000
        self.licenses = {1: License(1, customer=1, allowed=3, servers=1),
                         2: License(2, customer=2, allowed=5, servers=3)}
        self.keys = dict.fromkeys(LICENSES, 0)
        self.pool = HOSTS
        self.hosts = [n % len(HOSTS) for n in range(INSTANCES)]
        self.clock = [100] * INSTANCES  # the last seq that the instance gave out
        self.requests = []
        self.on_record = []  # (instance, seq, request id, or a text for a deactivation)
        self.held = set()  # ids of requests that wait for a person
        self.resent = []  # (request id, when)
        self.passed_at = [0] * INSTANCES
        self.records = []
        self.policy = {"second_server_hold": False, "require_authenticated": False,
                       "reinstalls_a_year": 3, "resends_a_day": 3}
        self.last_id = 0
        self.deactivations = []

    # what may happen; each returns the line for the driver and what the model says

    def step(self, kind, roll):
        return getattr(self, "do_" + kind)(random.Random(roll))

    def do_settle(self, rng):
        """Few hosts, so that instances meet on them, and licenses of one size or another."""
        self.pool = rng.sample(HOSTS, rng.choice((2, 3, 4)))
        sizes = ((3, 1), (6, 1), (6, 3), (6, 6), (2, 2))
        if rng.random() < 0.4:
            self.pool, sizes = MIXED_HOSTS, ((5, 3), (6, 6))
        for lic in self.licenses.values():
            lic.allowed, lic.servers = rng.choice(sizes)
        return self.do_request(rng)

    def do_request(self, rng):
        instance = rng.randrange(INSTANCES)
        if rng.random() < 0.2:
            self.hosts[instance] = rng.randrange(len(self.pool))
        own = [a for a in self.records if a.instance == instance]
        license_id = own[-1].license if own and rng.random() < 0.8 else rng.choice(LICENSES)
        seq = self.clock[instance] + rng.choice((1, 1, 1, 5))
        kind = rng.random()
        if kind < 0.05:
            seq = max(1, self.clock[instance] - rng.randrange(1, 4))
        elif kind < 0.1:
            seq = self.clock[instance]
        self.clock[instance] = max(self.clock[instance], seq)
        installed = 0
        if own and rng.random() < 0.5:
            installed = own[-1].id
        elif rng.random() < 0.15:
            installed = rng.choice([-1] + [a.id for a in self.records])
        request = Request(
            len(self.requests) + 1, instance, license_id,
            max(0, self.keys[license_id] - rng.choice((0, 0, 0, 1))), seq,
            self.pool[self.hosts[instance] % len(self.pool)], rng.random() < 0.25, installed,
            rng.random() < 0.02, "other" if rng.random() < 0.02 else "chariot")
        self.requests.append(request)
        return self.decide(request, rng)

    def do_again(self, rng):
        if not self.requests:
            return self.do_request(rng)
        recent = self.requests[-6:] if rng.random() < 0.7 else self.requests
        return self.decide(rng.choice(recent), rng)

    def do_verdict(self, rng):
        """A person looks at one of the last requests and says to issue it."""
        if not self.requests:
            return self.do_request(rng)
        held = [r for r in self.requests[-8:] if r.id in self.held]
        request = rng.choice(held or self.requests[-4:])
        here = [a.id for a in self.records if a.license == request.license and a.counted] or [99]
        active = [a.id for a in self.records if a.license == request.license
                  and a.state == "active"] or [99]
        return self.decide(request, rng, Person(
            issues=True, continues=rng.choice(here) if rng.random() < 0.35 else 0,
            new_use=rng.random() < 0.5, replaces=rng.choice(active) if rng.random() < 0.6 else 0))

    def do_deactivate(self, rng):
        instance = rng.randrange(INSTANCES)
        seen = False
        seq = self.clock[instance] + rng.choice((1, 1, 0, -2))
        if self.deactivations and rng.random() < 0.15:
            instance, seq = rng.choice(self.deactivations)
            seen = True
        genuine, on_record, own = (rng.random() < 0.95 for _ in range(3))
        decision = model.decide_deactivation(genuine, on_record, own, seen, instance, seq,
                                             self.records)
        given = model.apply_deactivation(decision, instance, seq, self.records)
        if decision.outcome == "accepted" and not seen:
            self.clock[instance] = max(self.clock[instance], seq)
            self.on_record.append((instance, seq, f"d{len(self.deactivations)}"))
            self.deactivations.append((instance, seq))
        line = members("deactivate", now=self.now, instance=instance, seq=seq, genuine=genuine,
                       on_record=on_record, own=own, seen=seen)
        return line, f"{decision_text(decision)} released={given}", None

    def do_lose(self, rng):
        counted = [a for a in self.records if a.counted]
        if not counted:
            return self.do_request(rng)
        lost = rng.choice(counted)
        model.lose(lost, self.now)
        if rng.random() < 0.3:  # the approver names a replacement
            self.passed_at[rng.randrange(INSTANCES)] = self.now + 1
        return members("lose", id=lost.id, now=self.now), "lost", None

    def do_correct(self, rng):
        if not self.records:
            return self.do_request(rng)
        chosen = rng.choice(self.records)
        model.correct(chosen)
        return members("correct", id=chosen.id), "corrected", None

    def do_change(self, rng):
        """Orders, disputes, new keys, time and settings; then a request, to see the effect."""
        lic = self.licenses[rng.choice(LICENSES)]
        what = rng.randrange(8)
        if what in (0, 1, 2):
            lic.version += 1
            lic.allowed = rng.choice((0, 1, 2, 3, 4, 6))
            lic.servers = rng.choice((1, 1, 2, 3))
        elif what == 3:
            lic.state = rng.choice(STATES + ("current",) * 4)
        elif what == 4:
            lic.expires = rng.choice((0, 0, self.now + 20 * DAY, self.now - 1))
        elif what == 5:
            self.keys[lic.id] += 1
        elif what == 6:
            lic.customer = rng.choice((1, 2))
        else:
            self.policy = {"second_server_hold": rng.random() < 0.3,
                           "require_authenticated": rng.random() < 0.3,
                           "reinstalls_a_year": rng.choice((3, 3, 1, 0)),
                           "resends_a_day": rng.choice((3, 3, 1))}
        return self.do_again(rng)

    def do_pass_time(self, rng):
        self.now += rng.choice((1, 3600, DAY, 40 * DAY, 200 * DAY, 365 * DAY))
        return self.do_again(rng)

    # what the service would read for a decision

    def installed(self, request):
        named = next((a for a in self.records if a.id == request.installed), None)
        if request.installed == 0:
            return {"installed": "none"}
        if named is None:
            return {"installed": "unknown"}
        state = "given-back" if named.state in model.ENDED else "on-record"
        return {"installed": state, "installed_own": named.instance == request.instance,
                "installed_license": named.license,
                "installed_version": named.version,
                "installed_customer": self.licenses[named.license].customer}

    def facts(self, request, rng, person):
        own = [(seq, what) for i, seq, what in self.on_record if i == request.instance]
        first = next((what for seq, what in own if seq == request.seq), request.id)
        lic = self.licenses[request.license]
        resends = sum(1 for what, when in self.resent
                      if what == request.id and self.now - when < DAY)
        return Facts(
            now=self.now, license=None if rng.random() < 0.02 else
            replace(lic, key_retired=request.key != self.keys[lic.id]),
            instance=request.instance, request=request.id, seq=request.seq, host=request.host,
            key=request.key, damaged=request.damaged, product=request.product,
            update=request.update, sender_known=rng.random() < 0.93,
            sender_vouched=rng.random() < 0.9,
            passed_at=self.passed_at[request.instance],
            newest_seq=max((seq for seq, what in own if what != request.id), default=0),
            seq_taken=first != request.id, resends_today=resends,
            tells_of_loss=rng.random() < 0.3, case_open=rng.random() < 0.1, contested=rng.random() < 0.1,
            key_revoked=rng.random() < 0.1, person=person or Person(),
            **self.installed(request), **self.policy)

    def decide(self, request, rng, person=None):
        self.now += rng.choice((0, 0, 7))
        facts = self.facts(request, rng, person)
        decision = model.decide(facts, self.records)
        line = decide_line(facts, self.last_id + 1, self.licenses[request.license])
        released = model.release_moved(facts, self.records)
        model.apply(decision, facts, self.records, self.last_id + 1)
        if decision.outcome == "issued":
            self.last_id += 1
            if "lost-server-returned" in decision.passed:
                self.passed_at[request.instance] = self.now
        self.held.discard(request.id)
        if decision.outcome == "held":
            self.held.add(request.id)
        if decision.outcome == "resent":
            self.resent.append((request.id, self.now))
        if not facts.damaged and all(what != request.id for _, _, what in self.on_record):
            self.on_record.append((request.instance, request.seq, request.id))
        return line, f"{decision_text(decision)} released={released}", facts


def members(command, **values):
    words = [f"{name.replace('_', '-')}={int(value) if isinstance(value, bool) else value}"
             for name, value in values.items()]
    return " ".join([command, *words])


def decide_line(f, new_id, lic):
    part = {name: "" if value is None else value
            for name, value in (("host", f.host.name), ("board", f.host.board),
                                ("cpu", f.host.cpu), ("mac", f.host.mac))}
    known = f.license or replace(lic, id=0)
    return members(
        "decide", id=new_id, now=f.now, license=known.id, key=f.key, customer=known.customer,
        license_product=known.product, state=STATES.index(known.state), retired=known.key_retired,
        expires=known.expires, version=known.version, allowed=known.allowed, servers=known.servers,
        instance=f.instance, request=f.request, seq=f.seq, **part, damaged=f.damaged,
        product=f.product, update=f.update, sender=f.sender_known, vouched=f.sender_vouched, passed_at=f.passed_at,
        newest_seq=f.newest_seq, seq_taken=f.seq_taken, resends_today=f.resends_today,
        installed=INSTALLED.index(f.installed), installed_license=f.installed_license,
        installed_own=int(f.installed_own),
        installed_version=f.installed_version, installed_customer=f.installed_customer,
        loss=f.tells_of_loss, case=f.case_open, contested=f.contested,
        key_revoked=f.key_revoked, issues=f.person.issues, continues=f.person.continues,
        new_use=f.person.new_use, replaces=f.person.replaces,
        second_server_hold=f.second_server_hold,
        require_authenticated=f.require_authenticated, reinstalls=f.reinstalls_a_year,
        resends=f.resends_a_day)


def decision_text(d):
    return (f"{d.outcome} row={d.row} code={d.code} note={d.note or '-'} alert={int(d.alert)} "
            f"would={d.would or '-'} supersedes={d.supersedes} replaces={d.replaces} "
            f"continues={d.continues} moves={d.moves_from} origin={d.origin} use={d.use} "
            f"slot={d.slot} passed={','.join(d.passed)}")


def ledger_text(records):
    return " |" + "".join(
        f" {a.id}:{a.license}:{a.state}:{int(a.counted)}:{a.use}:{a.slot}"
        for a in sorted(records, key=lambda a: a.id))


# what must hold, read from a printed line alone, so that it judges both readings alike

OUTCOMES = ("issued", "resent", "refused", "held")


def read_ledger(line):
    ledger = {}
    for word in line.split(" |")[1].split():
        number, lic, state, counted, use, slot = word.split(":")
        ledger[int(number)] = (int(lic), state, counted == "1", int(use), int(slot))
    return ledger


def counts(ledger, lic):
    used = sum(1 for a in ledger.values() if a[0] == lic and a[2])
    active = sum(1 for a in ledger.values() if a[0] == lic and a[1] == "active")
    return used, active


def broken_ledger(ledger):
    for lic in LICENSES:
        uses = [a[3] for a in ledger.values() if a[0] == lic and a[2]]
        slots = [a[4] for a in ledger.values() if a[0] == lic and a[1] == "active"]
        if len(set(uses)) != len(uses):
            return "a use is counted twice"
        if len(set(slots)) != len(slots):
            return "two servers have one place"
    for _, state, counted, use, slot in ledger.values():
        if counted != (state == "active") and state != "superseded":
            return f"a use counts wrongly while its activation is {state}"
        if use < 1 or slot < 1:
            return "a use or place has no number"
    return None


def broken_issue(facts, words, before, after):
    lic = facts.license
    if facts.damaged or lic is None:
        return "issued without an intact request or a license"
    if facts.seq < facts.newest_seq:
        return "issued for a request older than the newest"
    if int(words["use"]) not in range(1, lic.allowed + 1):
        return "a use above the entitlement"
    if int(words["slot"]) not in range(1, lic.servers + 1):
        return "a server place above the entitlement"
    (used, active), (used_after, active_after) = counts(before, lic.id), counts(after, lic.id)
    if words["continues"] == "0" and used_after > lic.allowed:
        return "took a use that the entitlement does not have"
    if used_after != used + (words["continues"] == "0"):
        return "the use is not counted once"
    if active_after > max(active, lic.servers):
        return "more servers at once than the entitlement has"
    if lic.state == "ended" or (lic.expires and facts.now >= lic.expires):
        return "issued on a license that has ended or expired"
    if lic.state == "suspended" and not facts.person.issues:
        return "issued on a suspended license without a person's word"
    return None


def broken(facts, line, before, requests):
    """Says what is wrong with one printed line, or None. `requests`: activation → request."""
    after = read_ledger(line)
    head = line.split(" |")[0].split()
    words = dict(word.split("=", 1) for word in head[1:] if "=" in word)
    if facts is None:
        return broken_ledger(after)
    if head[0] not in OUTCOMES:
        return f"no outcome: {line}"
    if head[0] == "issued":
        wrong = broken_issue(facts, words, before, after)
        if wrong:
            return wrong
    elif set(after) != set(before) or (words["released"] == "0" and after != before):
        return f"{head[0]} changed the ledger"
    if head[0] == "resent" and not any(
            state == "active" and requests.get(number) == facts.request
            for number, (_, state, _, _, _) in after.items()):
        return "sent again after its activation had ended"
    return broken_ledger(after)


# running, comparing, shrinking

KINDS = (("request", 46), ("again", 12), ("verdict", 18), ("deactivate", 6), ("lose", 4),
         ("correct", 2), ("change", 8), ("pass_time", 4))


def history(rng, length):
    kinds = rng.choices([k for k, _ in KINDS], [w for _, w in KINDS], k=length)
    start = ["settle"] if rng.random() < 0.7 else []
    return [(kind, rng.randrange(1 << 30)) for kind in start + kinds]


def play(steps):
    """The lines for the driver, and for each the facts and what the model prints."""
    world, lines, expected = World(), ["new"], [(None, "new |", {})]
    for kind, roll in steps:
        line, text, facts = world.step(kind, roll)
        lines.append(line)
        requests = {a.id: a.request for a in world.records}
        expected.append((facts, text + ledger_text(world.records), requests))
    return lines, expected


def judge(expected, printed):
    """The first thing that is wrong, as (step, text), or None."""
    before = [{}, {}]
    for number, (facts, text, requests) in enumerate(expected):
        got = printed[number] if number < len(printed) else "nothing: the driver has ended"
        if got != text:
            return number, f"the rules say   {got}\nthe model says  {text}"
        for reader, line in enumerate((got, text)):
            wrong = broken(facts, line, before[reader], requests)
            if wrong:
                return number, f"{wrong}\n{line}"
            before[reader] = read_ledger(line)
    return None


def run(driver, lines):
    done = subprocess.run([driver], input="\n".join(lines) + "\n", capture_output=True,
                          text=True, check=False)
    return done.stdout.splitlines(), done.stderr


def fails(driver, steps):
    lines, expected = play(steps)
    printed, errors = run(driver, lines)
    wrong = judge(expected, printed)
    return (lines[: wrong[0] + 1], wrong[1] + "\n" + errors) if wrong else None


def shrink(driver, steps):
    """Drops steps, in halves and then one by one, while something still fails."""
    size = len(steps) // 2
    while size >= 1:
        start = 0
        while start < len(steps):
            fewer = steps[:start] + steps[start + size:]
            if fails(driver, fewer):
                steps = fewer
            else:
                start += size
        size //= 2
    return steps


def report(driver, seed, steps):
    steps = shrink(driver, steps)
    lines, wrong = fails(driver, steps)
    print(f"FAILED; repeat with SEED={seed}. The shortest history that shows it:")
    for step in steps:
        print("  ", *step)
    print("As lines for the driver:")
    print("\n".join(lines))
    print(wrong)


def main():
    driver = sys.argv[1]
    seed = int(os.environ.get("SEED") or random.SystemRandom().randrange(1 << 32))
    print(f"SEED={seed}", flush=True)
    rng = random.Random(seed)
    histories = [history(rng, 45) for _ in range(int(os.environ.get("HISTORIES") or 400))]
    rows = {}
    for start in range(0, len(histories), 50):
        batch = [(steps, *play(steps)) for steps in histories[start:start + 50]]
        printed, errors = run(driver, [line for _, lines, _ in batch for line in lines])
        for steps, lines, expected in batch:
            if judge(expected, printed[:len(lines)]):
                report(driver, seed, steps)
                return 1
            for _, text, _ in expected:
                row = " ".join(text.split()[:4])
                rows[row] = rows.get(row, 0) + 1
            printed = printed[len(lines):]
        if errors:
            print(f"FAILED: {errors}")
            return 1
    for row, count in sorted(rows.items(), key=lambda item: item[0]):
        if "code=" in row:
            print(f"{count:7} {row}")
    print(f"{sum(rows.values())} steps of {len(histories)} histories agree")
    return 0


if __name__ == "__main__":
    sys.exit(main())
