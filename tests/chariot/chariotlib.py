"""A stand-in for a Chariot server's license page: it makes usage requests and deactivations, installs
usage licenses, and shows the license status. What the page must and must not do is README.md's.

    server = Chariot("/tmp/plant-7")            # or Chariot(): all in memory, for many at once
    server.trust(open("anchors.pem", "rb").read())
    code = armor("Q", server.request("84G7Z-WYRD6-Z1RV0-WHE6M-11105"))
    server.install(reply_text)
    print(server.status()["state"])
"""
import hashlib
import hmac
import json
import os
import secrets
import tempfile
import time

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chariot_codes import (Refusal, armor, b64u, b64u_read, find_codes, Jws, jwk, jws_sign,
                           license_key_pair, public_bytes, short_form, texts_of, thumbprint)
from chariot_trust import UsageLicense, fingerprint_of, load_roots, raw_key, read_denied, seconds

__all__ = ["Chariot", "Refusal", "armor", "find_codes"]

PRODUCT = "chariot"
VERSION = "8.4.2"
PARTS = ("board", "cpu", "mac")

# What firmware says when nobody filled it in: it would make strangers look like one host.
PLACEHOLDERS = {
    "", "none", "n/a", "unknown", "default string", "not specified", "not settable", "not available",
    "not applicable", "invalid", "to be filled by o.e.m.", "system serial number", "o.e.m.",
    "03000200-0400-0500-0006-000700080009", "12345678-1234-5678-90ab-cddeefaabbcc",
    "01234567-8910-1112-1314-151617181920",
}


def is_placeholder(value):
    plain = value.strip().lower()
    digits = plain.replace("-", "").replace(":", "").replace(" ", "")
    return plain in PLACEHOLDERS or not digits.strip("0") or not digits.strip("f")


def fingerprint(license_public, values):
    """The keyed hashes of a host's parts; a part that says nothing is left out."""
    found = {}
    for name in PARTS:
        value = values.get(name) or ""
        if not is_placeholder(value):
            digest = hmac.new(license_public, name.encode() + b"\0" + value.encode(),
                              hashlib.sha256).digest()
            found[name] = b64u(digest[:16])
    return found


def default_host(name):
    """A host that no other state folder has."""
    digest = hashlib.sha256(b"chariot stand-in\0" + name.encode()).hexdigest()
    uuid = "-".join((digest[:8], digest[8:12], "4" + digest[13:16], "a" + digest[17:20],
                     digest[20:32]))
    # 00:00:5e is IANA's own block: no network card that was sold has such an address.
    mac = "00:00:5e:" + ":".join(digest[i:i + 2] for i in (32, 34, 36))
    return {"host": "chariot-" + digest[40:46], "board": uuid, "mac": mac,
            "cpu": "Example Processor 7100, 4 cores"}


def real_clock():
    fixed = os.environ.get("CHARIOT_NOW")
    return int(fixed) if fixed else int(time.time())


def _write(path, data):
    """The old file or the new one, never half of one."""
    handle, temporary = tempfile.mkstemp(dir=os.path.dirname(path))
    with os.fdopen(handle, "w") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)


class Chariot:
    """One installed server. `folder` is where its state lies; without one it lives in memory."""

    def __init__(self, folder=None, clock=real_clock):
        self.clock = clock
        self.path = None
        if folder is not None:
            os.makedirs(folder, mode=0o700, exist_ok=True)
            self.path = os.path.join(os.path.realpath(folder), "state.json")
        if self.path and os.path.exists(self.path):
            with open(self.path) as file:
                self.state = json.load(file)
        else:
            self.state = self._first_state()
        self._use_key()

    def _first_state(self):
        name = os.path.dirname(self.path) if self.path else secrets.token_hex(8)
        return {"key": self._new_key(), "seq": 0, "newest": None, "earlier": [], "forgotten": [],
                "installed": None, "highest": 0, "roots": "", "denied": None, "denied_iat": 0,
                "host": default_host(name)}

    @staticmethod
    def _new_key():
        return b64u(secrets.token_bytes(32))

    def _use_key(self):
        self.private = Ed25519PrivateKey.from_private_bytes(b64u_read(self.state["key"], 32))
        self.public = public_bytes(self.private)
        self.thumbprint = thumbprint(self.public)

    def _save(self):
        if self.path:
            _write(self.path, json.dumps(self.state, indent=1) + "\n")

    def now(self):
        """The clock, but never before what was seen: set back, it brings no license to life."""
        self.state["highest"] = max(self.state["highest"], self.clock())
        return self.state["highest"]

    def _roots(self):
        if not self.state["roots"]:
            raise Refusal("no roots are trusted here yet: give them with trust or --roots")
        return load_roots(self.state["roots"].encode())

    def _denied(self):
        return read_denied(self.state["denied"], self._roots())[1] if self.state["denied"] else ()

    # ---- what the server signs ----

    def _next_seq(self, clock):
        self.state["seq"] = max(self.state["seq"] + 1, clock)
        return self.state["seq"]

    def _statement(self, typ, key, members, clock=None):
        """Signs a statement; `key` has the license's public key and the proof, both in b64u."""
        clock = self.clock() if clock is None else clock
        payload = {"v": 1, "seq": self._next_seq(clock), "iat": clock, "license": key["license"],
                   "proof": key["proof"],
                   "instance": {"host": self.state["host"]["host"],
                                "fingerprint": fingerprint(b64u_read(key["license"], 32),
                                                           self.state["host"])}, **members}
        header = {"alg": "EdDSA", "jwk": jwk(self.public), "typ": typ}
        return jws_sign(self.private, header, payload)

    def describe(self, **host):
        """Changes what the host is: host, board, cpu, mac; an empty text is a part that is absent."""
        self.state["host"].update({k: v for k, v in host.items() if v is not None})

    def request(self, license_key, purpose="activate", clock=None, **host):
        """A new usage request as a compact JWS; it makes every earlier one worthless. `clock` is
        what a wrongly set clock would say."""
        self.describe(**host)
        pair = license_key_pair(license_key)
        key = {"license": b64u(public_bytes(pair)),
               "proof": b64u(pair.sign(b"chariot-license-proof\0" + self.thumbprint))}
        members = {"purpose": purpose, "product": PRODUCT, "version": VERSION}
        if self.state["installed"]:
            members["installed"] = self.state["installed"]["serial"]
        jws = self._statement("chariot-usage-request+jws", key, members, clock)
        if self.state["newest"]:
            self.state["earlier"].append(self.state["newest"]["digest"])
        self.state["newest"] = {"digest": b64u(Jws(jws).digest), **key}
        self.now()
        self._save()
        return jws

    def deactivate(self):
        """Erases the usage license, forgets the newest request and makes the deactivation, in one
        write. A compact JWS."""
        installed = self.state["installed"]
        if installed is None:
            raise Refusal("no usage license is installed here")
        jws = self._statement("chariot-deactivation+jws", installed["key"],
                              {"serial": installed["serial"]})
        if self.state["newest"]:
            self.state["forgotten"].append(self.state["newest"]["digest"])
        self.state["installed"] = self.state["newest"] = None
        self.now()
        self._save()
        return jws

    def reset_identity(self):
        """A reinstall on the same host: a new instance key, and nothing of the old one."""
        kept = {name: self.state[name] for name in ("host", "roots", "denied", "denied_iat",
                                                    "highest")}
        self.state = {**self._first_state(), **kept}
        self._use_key()
        self._save()

    # ---- whom it believes ----

    def trust(self, pem):
        load_roots(pem)
        self.state["roots"] = pem.decode()
        self._save()

    def deny(self, text):
        """Takes a denied list; the newest one counts. False if the one here is as new."""
        iat, _ = read_denied(text, self._roots())
        if self.state["denied"] and iat <= self.state["denied_iat"]:
            return False
        self.state["denied"], self.state["denied_iat"] = text.strip(), iat
        self._save()
        return True

    # ---- installing ----

    def install(self, data):
        """Installs the usage license in a reply, a mail, an armor or a compact JWS. Of several the
        one for this server. Returns its payload."""
        roots = self._roots()
        refusal = None
        for text in self._codes(data):
            try:
                return self._install(UsageLicense(text, roots, self._denied()))
            except Refusal as why:
                refusal = refusal or why
        raise refusal

    @staticmethod
    def _codes(data):
        found, refusal = [], None
        for text in texts_of(data):
            try:
                found += find_codes(text)
            except Refusal as why:
                refusal = refusal or why
        if not found:
            raise refusal
        return dict.fromkeys(found)

    def _install(self, license):
        payload = license.payload
        if payload["product"] != PRODUCT:
            raise Refusal("it is for another product")
        if payload["cnf"].get("jwk") != jwk(self.public):
            raise Refusal("it was made for another server (or this one's key was renewed since)")
        self._check_request(payload["request"])
        now = max(self.now(), payload["iat"])
        if payload.get("exp", now + 1) <= now:
            raise Refusal(f"it expired on {moment(payload['exp'])}")
        self.state["highest"] = now
        newest = self.state["newest"]
        self.state["installed"] = {
            "jws": license.text, "serial": payload["serial"], "when": self.clock(),
            "key": {"license": newest["license"], "proof": newest["proof"]}}
        self._save()
        return payload

    def _check_request(self, request):
        newest = self.state["newest"]
        if newest and request == newest["digest"]:
            return
        if request in self.state["forgotten"]:
            raise Refusal("it is for a request that a deactivation made this server forget: "
                          "make a new usage request")
        if newest is None:
            raise Refusal("no usage request is open here: make one first")
        why = "an older request" if request in self.state["earlier"] else "an unknown request"
        raise Refusal(f"it is for {why}; only one for the newest, "
                      f"{short_form(b64u_read(newest['digest'], 32))}, can be installed")

    # ---- the license status page ----

    def status(self):
        """What the page shows, as a dictionary; times in seconds."""
        newest, installed = self.state["newest"], self.state["installed"]
        page = {"state": "not licensed", "instance": b64u(self.thumbprint),
                "host": self.state["host"]["host"], "seq": self.state["seq"],
                "newest_request": short_form(b64u_read(newest["digest"], 32)) if newest else None}
        if installed:
            page.update(self._installed_page(installed))
        elif newest:
            page["state"] = "waiting for a usage license"
        self._save()
        return page

    def _installed_page(self, installed):
        roots = self._roots()
        license = UsageLicense(installed["jws"], roots)
        payload, certificate = license.payload, license.certificate
        waits = self.state["newest"] and payload["request"] != self.state["newest"]["digest"]
        return {
            "state": "expired" if payload.get("exp", self.now() + 1) <= self.now() else "active",
            "license_id": payload["license_id"], "customer": payload["customer"],
            "product": payload["product"], "grant": payload["grant"],
            "serial": payload["serial"], "features": payload["features"],
            "issued": payload["iat"], "expires": payload.get("exp"),
            "activation": payload.get("activation"), "entitlement": payload["entitlement"],
            "supersedes": payload["supersedes"], "installed": installed["when"],
            "request": short_form(b64u_read(payload["request"], 32)),
            "newer_request_waits": bool(waits), "issuer": payload["iss"],
            "signing_key": license.kid, "signing_key_denied": license.kid in self._denied(),
            "certificate": {"chain": license.chain(roots),
                            "not_before": seconds(certificate.not_valid_before),
                            "not_after": seconds(certificate.not_valid_after),
                            "sha256": fingerprint_of(certificate)}}


# ---- the page as text -----------------------------------------------------------------------------

def moment(instant):
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(instant))


def through(instant):
    """The last day of a date that was given as the instant when it is over everywhere."""
    if instant is None:
        return "never"
    if instant % 86400 != 43200:
        return moment(instant)
    return "through " + time.strftime("%Y-%m-%d", time.gmtime(instant - 129600))


def _feature(feature):
    until = through(feature["until"]) if "until" in feature else feature["kind"]
    limit = f", at most {feature['limit']}" if "limit" in feature else ""
    return f"{feature['code']}: {until}{limit}"


def page_text(page):
    """The license status page for people."""
    rows = [("State", page["state"]), ("Host", page["host"])]
    if "serial" in page:
        numbers = page["activation"]
        chain = page["certificate"]["chain"]
        rows += [("License", page["license_id"]), ("Customer", page["customer"]),
                 *(("Feature", _feature(feature)) for feature in page["features"]),
                 ("Expires", through(page["expires"])),
                 ("Usage license", page["serial"] +
                  (" (emergency)" if page["grant"] == "emergency" else "")),
                 ("Activation", f"{numbers['number']} of {numbers['allowed']}" if numbers
                  else "none taken"),
                 ("Issued", moment(page["issued"]) + " by " + page["issuer"]),
                 ("Installed", moment(page["installed"])),
                 ("Replaces", ", ".join(page["supersedes"]) or "nothing"),
                 ("Entitlement", f"version {page['entitlement']}"),
                 ("For request", page["request"]),
                 ("Signing key", page["signing_key"] +
                  (" (revoked since)" if page["signing_key_denied"] else "")),
                 *(("Certificate" if n == 0 else "issued by", name)
                   for n, name in enumerate(chain))]
    rows += [("Newest request", page["newest_request"] or "none"), ("Instance", page["instance"])]
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name:<{width}}  {value}" for name, value in rows) + "\n"
