#!/usr/bin/python3
"""The stand-in's own test: that it installs what it should and refuses all else."""
import email.message
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import chariot_codes as codes
from chariotlib import Chariot, Refusal, armor, find_codes, fingerprint, page_text
from small_issuer import DAY, NOW, Authority, _usage, change, with_header

KEY = "84G7Z-WYRD6-Z1RV0-WHE6M-11105"
OTHER_KEY = "SOLDBEFORETHISSERVICE2019"[:24]
WEEK = 7 * DAY


class Trip(unittest.TestCase):
    """A server, an authority it trusts, and a request."""

    def setUp(self):
        self.time = NOW
        self.server = Chariot(clock=lambda: self.time)
        self.authority = Authority()
        self.server.trust(self.authority.anchors())
        self.request = self.server.request(KEY)

    def refused(self, data, words):
        before = json.dumps(self.server.state["installed"])
        with self.assertRaises(Refusal) as caught:
            self.server.install(data)
        self.assertIn(words, str(caught.exception))
        self.assertNotIn("\n", str(caught.exception))
        self.assertEqual(before, json.dumps(self.server.state["installed"]))


class Requests(Trip):
    def test_a_request_says_what_the_formats_ask_for(self):
        jws = codes.Jws(self.request)
        header, payload = codes.read_json(jws.header), codes.read_json(jws.payload)
        self.assertEqual(set(header), {"alg", "jwk", "typ"})
        self.assertEqual(set(payload), {"v", "seq", "iat", "license", "proof", "purpose", "product",
                                        "version", "instance"})
        key = codes.b64u_read(header["jwk"]["x"], 32)
        self.assertTrue(codes.signature_holds(key, jws.signature, jws.signing_input))
        self.assertTrue(codes.signature_holds(
            codes.b64u_read(payload["license"]), codes.b64u_read(payload["proof"]),
            b"chariot-license-proof\0" + codes.thumbprint(key)))
        self.assertEqual((payload["seq"], payload["iat"]), (NOW, NOW))

    def test_seq_counts_on_when_the_clock_is_set_back(self):
        self.time = NOW - 1000
        payload = codes.read_json(codes.Jws(self.server.request(KEY)).payload)
        self.assertEqual((payload["seq"], payload["iat"]), (NOW + 1, NOW - 1000))
        self.time = NOW + 50
        payload = codes.read_json(codes.Jws(self.server.request(KEY)).payload)
        self.assertEqual(payload["seq"], NOW + 50)
        payload = codes.read_json(codes.Jws(self.server.request(KEY, clock=NOW + 900)).payload)
        self.assertEqual((payload["seq"], payload["iat"]), (NOW + 900, NOW + 900))

    def test_a_license_key_is_read_as_people_type_it(self):
        pair = codes.public_bytes(codes.license_key_pair(KEY))
        for text in ("84g7z wyrd6 z1rvo whe6m iilo5", "84G7ZWYRD6Z1RV0WHE6M11105"):
            self.assertEqual(codes.public_bytes(codes.license_key_pair(text)), pair)
        for text in ("84G7Z-WYRD6-Z1RV0-WHE6M-11106", "short", "84G7U-WYRD6-Z1RV0-WHE6M-11105", ""):
            with self.assertRaises(Refusal):
                codes.license_key_pair(text)
        codes.license_key_pair(OTHER_KEY)

    def test_placeholders_are_left_out_of_the_fingerprint(self):
        for value in ("", "To Be Filled By O.E.M.", "00000000-0000-0000-0000-000000000000",
                      "ffffffff-ffff-ffff-ffff-ffffffffffff", "Default string",
                      "03000200-0400-0500-0006-000700080009"):
            self.assertEqual(fingerprint(b"k" * 32, {"board": value}), {}, value)
        self.assertEqual(fingerprint(b"k" * 32, {"mac": "00:00:00:00:00:00"}), {})
        self.assertEqual(set(fingerprint(b"k" * 32, {"cpu": "x", "mac": "00:00:5e:00:00:01"})),
                         {"cpu", "mac"})

    def test_two_servers_are_two_hosts_and_one_stays_the_same(self):
        def parts(server):
            return codes.read_json(codes.Jws(server.request(KEY)).payload)["instance"]
        first, again, other = parts(self.server), parts(self.server), parts(Chariot())
        self.assertEqual(first, again)
        self.assertNotEqual(first["host"], other["host"])
        self.assertNotEqual(first["fingerprint"]["board"], other["fingerprint"]["board"])
        self.assertNotEqual(first["fingerprint"]["mac"], other["fingerprint"]["mac"])

    def test_a_reinstall_is_a_new_instance_on_the_same_host(self):
        before = codes.Jws(self.request)
        self.server.reset_identity()
        after = codes.Jws(self.server.request(KEY))
        self.assertNotEqual(before.header, after.header)
        self.assertEqual(codes.read_json(before.payload)["instance"],
                         codes.read_json(after.payload)["instance"])


class Armor(Trip):
    def test_it_follows_and_comes_back(self):
        for kind in "QGD":
            self.assertEqual(find_codes(armor(kind, self.request), kind), [self.request])

    def test_it_survives_what_mail_programs_do(self):
        text = armor("G", self.authority.issue(self.request))
        lines = text.splitlines()
        mangled = {
            "quoted": "\n".join("> > " + line for line in lines),
            "named": "\n".join("Ana> " + line for line in lines),
            "lower": text.lower(), "joined": "".join(lines), "doubled": text + text,
            "reversed": "\n".join(reversed(lines)),
            "look-alikes": text.replace("0", "o").replace("1", "l"),
            "rewrapped": "\n".join(text.replace("\n", " ")[i:i + 37]
                                   for i in range(0, len(text), 37)),
            "spaced": "\u00a0".join(text.replace("\n", "")[i:i + 7]
                                    for i in range(0, len(text), 7)),
            "html": "<p>Hello</p>" + "<br>".join(lines),
        }
        for name, changed in mangled.items():
            self.assertEqual(find_codes(changed), find_codes(text), name)

    def test_two_damaged_copies_complete_each_other(self):
        lines = armor("G", self.authority.issue(self.request)).splitlines()
        one = "\n".join(lines[:5] + lines[6:])
        with self.assertRaisesRegex(Refusal, "lines 4 of the code"):
            find_codes(one)
        self.assertEqual(len(find_codes(one + "\n" + "\n".join(lines[4:7]))), 1)

    def test_a_line_of_another_code_never_fits(self):
        lines = armor("G", self.authority.issue(self.request)).splitlines()
        others = armor("G", self.authority.issue(self.request, serial="UL-00000043")).splitlines()
        lines[4] = others[4]
        with self.assertRaisesRegex(Refusal, "missing or wrong"):
            find_codes("\n".join(lines))


class Installing(Trip):
    def test_every_wrapping_installs(self):
        license = self.authority.issue(self.request)
        mail = email.message.EmailMessage()
        mail["From"], mail["Subject"] = "licenses@vendor.example", "Your usage license"
        mail.set_content("Good day,\n\nthe usage license is attached.\n")
        mail.add_attachment(armor("G", license).encode(), maintype="application",
                            subtype="octet-stream", filename="pump-house-UL-00000042.txt")
        for data in (license, armor("G", license), "Good day,\n\n" + armor("G", license) + "\nBye",
                     mail.as_bytes(), b"From x Mon Jan  1 00:00:00 2026\n" + mail.as_bytes()):
            self.server.state["installed"] = None
            self.assertEqual(self.server.install(data)["serial"], "UL-00000042")
        page = self.server.status()
        self.assertEqual(page["state"], "active")
        self.assertEqual(page["activation"], {"number": 1, "allowed": 2})
        self.assertEqual(page["certificate"]["chain"],
                         ["CN=signing key of the tests", "CN=Root of the tests"])
        text = page_text(page)
        for words in ("LIC-000123", "Nordhafen Wasserwerke", "mqtt-server: perpetual", "1 of 2",
                      "support: through 2026-09-20", "through 2027-09-21", "UL-00000042"):
            self.assertIn(words, text)

    def test_of_several_licenses_it_takes_its_own(self):
        other = Chariot(clock=lambda: NOW)
        theirs = self.authority.issue(other.request(KEY), serial="UL-00000041")
        ours = self.authority.issue(self.request)
        self.assertEqual(self.server.install(armor("G", theirs) + armor("G", ours))["serial"],
                         "UL-00000042")

    def test_an_update_names_what_is_installed(self):
        self.server.install(self.authority.issue(self.request))
        update = codes.read_json(codes.Jws(self.server.request(KEY, "update")).payload)
        self.assertEqual((update["purpose"], update["installed"]), ("update", "UL-00000042"))
        page = self.server.status()
        self.assertEqual(page["state"], "active")
        self.assertTrue(page["newer_request_waits"])

    def test_a_license_made_by_a_clock_ahead_installs(self):
        self.server.install(self.authority.issue(self.request, iat=NOW + 3 * DAY))
        self.assertEqual(self.server.status()["state"], "active")

    def test_a_perpetual_license_never_expires(self):
        self.server.install(self.authority.issue(self.request, exp=None))
        self.time = NOW + 20000 * DAY
        self.assertEqual(self.server.status()["state"], "active")

    def test_an_emergency_license_runs_for_a_week(self):
        self.server.install(self.authority.issue(
            self.request, grant="emergency", exp=NOW + WEEK, activation=None,
            features=[{"code": "mqtt-server", "kind": "perpetual"}]))
        page = self.server.status()
        self.assertIsNone(page["activation"])
        self.assertIn("(emergency)", page_text(page))
        self.time = NOW + WEEK
        self.assertEqual(self.server.status()["state"], "expired")
        # The clock set back brings it not to life again; the regular one supersedes it.
        self.time = NOW
        self.assertEqual(self.server.status()["state"], "expired")
        self.server.install(self.authority.issue(self.request))
        self.assertEqual(self.server.status()["state"], "active")

    def test_an_installed_license_outlives_its_signing_key(self):
        self.server.install(self.authority.issue(self.request, exp=NOW + 3000 * DAY))
        self.time = NOW + 2000 * DAY
        self.assertEqual(self.server.status()["state"], "active")


class Refusals(Trip):
    def test_forged(self):
        license = self.authority.issue(self.request)
        head, payload, signature = license.split(".")
        self.refused(change(license, b'"allowed":2', b'"allowed":9'), "signature does not hold")
        self.refused(self.authority.issue(self.request, key=Ed25519PrivateKey.generate()),
                     "signature does not hold")
        self.refused(f"{head}.{payload}.{'A' * 86}", "signature does not hold")
        self.refused(license[:-1] + ("B" if license[-1] != "B" else "C"), "canonical")

    def test_headers(self):
        license, good = self.authority.issue(self.request), self.authority.header()
        for changed, words in (({"alg": "none"}, "algorithm"), ({"alg": "HS256"}, "algorithm"),
                               ({"typ": "chariot-usage-request+jws"}, "another kind"),
                               ({"crit": ["b64"]}, "one form"), ({"jku": "x"}, "one form"),
                               ({"x5c": good["x5c"] * 2}, "one certificate"),
                               ({"x5c": ["AAAA"]}, "cannot be read")):
            header = {**good, **changed}
            self.refused(with_header(license, header), words)
            self.refused(self.authority.issue(self.request, header=header), words)
        other = codes.b64u(b"k" * 32)
        self.refused(self.authority.issue(self.request, header={**good, "kid": other}), "key id")

    def test_another_authority(self):
        self.refused(Authority().issue(self.request), "does not chain to a root")

    def test_certificates_of_other_shapes(self):
        shapes = (({"ca": True}, "a CA's"), ({"usage": _usage(key_agreement=True)}, "signatures"),
                  ({"usage": None}, "signatures"), ({"extended": None}, "not for usage licenses"),
                  ({"extended": x509.oid.ExtendedKeyUsageOID.CODE_SIGNING}, "not for usage"),
                  ({"days": 1000}, "two years"),
                  ({"extra": [(x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"),
                                                          b"\5\0"), True)]}, "critical"))
        for changes, words in shapes:
            self.authority.certificate = self.authority.certify(self.authority.key, **changes)
            self.refused(self.authority.issue(self.request), words)

    def test_a_root_signs_no_licenses(self):
        self.authority.key, self.authority.certificate = (self.authority.root_key,
                                                          self.authority.root)
        self.refused(self.authority.issue(self.request), "a CA's")

    def test_a_root_with_a_longer_path_is_none(self):
        with self.assertRaisesRegex(Refusal, "path length 0"):
            self.server.trust(Authority(path_length=1).anchors())

    def test_the_certificate_must_have_been_valid_at_iat(self):
        for iat in (NOW - 2 * DAY, NOW + 800 * DAY):
            self.refused(self.authority.issue(self.request, iat=iat, exp=None), "was not valid")

    def test_no_roots(self):
        server = Chariot(clock=lambda: NOW)
        with self.assertRaisesRegex(Refusal, "no roots"):
            server.install(self.authority.issue(server.request(KEY)))

    def test_denied(self):
        license = self.authority.issue(self.request)
        self.assertTrue(self.server.deny(self.authority.deny([self.authority.kid()])))
        self.refused(license, "revoked")
        # The newest list counts, in whatever order they come.
        self.assertFalse(self.server.deny(self.authority.deny([], NOW - 5)))
        self.refused(license, "revoked")
        with self.assertRaisesRegex(Refusal, "no root that is trusted"):
            self.server.deny(Authority().deny([]))
        self.server.deny(self.authority.deny([], NOW + 5))
        self.server.install(license)

    def test_another_instance(self):
        other = Chariot(clock=lambda: NOW)
        self.refused(self.authority.issue(other.request(KEY)), "another server")
        self.server.reset_identity()
        self.refused(self.authority.issue(self.request), "another server")

    def test_an_older_request(self):
        newer = self.server.request(KEY)
        self.refused(self.authority.issue(self.request), "an older request")
        self.server.install(self.authority.issue(newer))
        self.refused(self.authority.issue(newer, request=codes.b64u(b"r" * 32)), "unknown request")

    def test_a_request_that_a_deactivation_forgot(self):
        license = self.authority.issue(self.request)
        self.server.install(license)
        waiting = self.server.request(KEY, "update")
        deactivation = codes.Jws(self.server.deactivate())
        payload = codes.read_json(deactivation.payload)
        self.assertEqual(set(payload),
                         {"v", "seq", "iat", "license", "proof", "serial", "instance"})
        self.assertEqual((payload["serial"], payload["seq"]), ("UL-00000042", NOW + 2))
        self.refused(self.authority.issue(waiting), "forget")
        self.refused(license, "no usage request is open")
        self.assertEqual(self.server.status()["state"], "not licensed")
        with self.assertRaisesRegex(Refusal, "no usage license"):
            self.server.deactivate()
        self.server.install(self.authority.issue(self.server.request(KEY)))

    def test_expired(self):
        self.refused(self.authority.issue(self.request, exp=NOW), "expired")
        self.server.install(self.authority.issue(self.request, exp=NOW + 1))
        self.time = NOW + 1
        self.assertEqual(self.server.status()["state"], "expired")

    def test_claims(self):
        emergency = {"grant": "emergency", "exp": NOW + WEEK, "activation": None}
        for changes, words in (({"v": 2}, "version 2"), ({"product": "other"}, "another product"),
                               ({"serial": None}, "lacks serial"), ({"iat": "x"}, "lacks iat"),
                               ({"grant": "free"}, "grant"), ({"activation": None}, "activation"),
                               ({**emergency, "exp": NOW + 8 * DAY}, "seven days"),
                               ({**emergency, "exp": None}, "seven days"),
                               ({**emergency, "activation": {"number": 1, "allowed": 1}},
                                "no activation"),
                               ({**emergency, "features": [{"code": "support", "kind": "term",
                                                            "until": NOW + 9 * DAY}]}, "outlasts"),
                               ({"customer": "a\u202eb"}, "control character"),
                               ({"customer": "x" * 256}, "too long"),
                               ({"exp": 1 << 53}, "too large")):
            self.refused(self.authority.issue(self.request, **changes), words)

    def test_json_that_two_readers_could_read_in_two_ways(self):
        for text in (b'{"v":1,"v":1}', b'{"v":1.0}', b'{"v":1e2}', b'{"v":NaN}', b"[1]", b"\xff",
                     b'{"v":' + b"[" * 9 + b"]" * 9 + b"}"):
            with self.assertRaises(Refusal):
                codes.read_json(text)

    def test_keys_that_fit_any_message(self):
        for y in codes.SMALL_ORDER:
            for sign in (0, 1 << 255):
                self.assertFalse(codes.key_is_sound((y | sign).to_bytes(32, "little")))
        self.assertFalse(codes.key_is_sound((codes.PRIME + 3).to_bytes(32, "little")))
        self.assertEqual(len(codes.SMALL_ORDER), 5)

    def test_no_license_at_all(self):
        self.refused("Good day, we will look into it.", "there is no usage license")
        self.refused(b"\xff\x00\xfe", "there is no usage license")
        self.refused(armor("Q", self.request), "there is no usage license")


class CommandLine(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        self.authority = Authority()
        self.anchors = os.path.join(self.folder, "anchors.pem")
        with open(self.anchors, "wb") as file:
            file.write(self.authority.anchors())

    def run_chariot(self, *arguments, text="", code=0):
        done = subprocess.run(
            [os.path.join(os.path.dirname(os.path.realpath(__file__)), "chariot"), "--state",
             os.path.join(self.folder, "plant-7"), *arguments], input=text, text=True,
            capture_output=True, env={**os.environ, "CHARIOT_NOW": str(NOW)})
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stdout if code == 0 else done.stderr

    def test_a_whole_trip(self):
        request = self.run_chariot("request", "--license-key", KEY, "--host", "pump-house-3")
        self.assertIn("===== CHARIOT USAGE REQUEST =====", request)
        jws, = find_codes(request, "Q")
        self.assertEqual(codes.read_json(codes.Jws(jws).payload)["instance"]["host"],
                         "pump-house-3")
        license = armor("G", self.authority.issue(jws))
        self.assertIn("no roots", self.run_chariot("install", "-", text=license, code=1))
        self.assertIn("UL-00000042", self.run_chariot("install", "--roots", self.anchors, "-",
                                                      text=license))
        self.assertIn("Nordhafen Wasserwerke", self.run_chariot("status"))
        page = json.loads(self.run_chariot("status", "--json"))
        self.assertEqual((page["state"], page["host"]), ("active", "pump-house-3"))
        self.assertIn("CHARIOT DEACTIVATION", self.run_chariot("deactivate"))
        self.assertIn("chariot: ", self.run_chariot("install", "-", text=license, code=1))
        self.run_chariot("reset-identity")
        self.assertEqual(json.loads(self.run_chariot("status", "--json"))["state"], "not licensed")

    def test_wrong_use(self):
        self.run_chariot("request", code=2)
        self.assertIn("/nowhere", self.run_chariot("install", "/nowhere", code=1))


if __name__ == "__main__":
    unittest.main()
