"""A tiny issuer for the stand-in's own tests and the second opinions' (tests/jose): it makes usage
licenses, good ones and each kind of bad one. It decides nothing and keeps nothing.

    small_issuer.py FOLDER      writes license.jws, forged.jws and anchors.pem into the folder
"""
import base64
import datetime
import os
import sys

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from chariot_codes import Jws, b64u, compact, jws_sign, public_bytes, read_json, thumbprint
from chariot_trust import SIGNS_LICENSES

NOW = 1790000000
DAY = 86400


def _time(instant):
    return datetime.datetime.utcfromtimestamp(instant)


def _name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _usage(**allowed):
    names = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
             "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only")
    return x509.KeyUsage(**{name: allowed.get(name, False) for name in names})


class Authority:
    """A root and one signing key under it; the keywords bend what it makes."""

    def __init__(self, name="Root of the tests", path_length=0):
        self.root_key = Ed25519PrivateKey.generate()
        self.root = self._certificate(
            _name(name), self.root_key, (NOW - DAY, NOW + 9000 * DAY),
            x509.BasicConstraints(True, path_length), _usage(key_cert_sign=True, crl_sign=True))
        self.key = Ed25519PrivateKey.generate()
        self.certificate = self.certify(self.key)

    def _certificate(self, subject, key, validity, constraints, usage, extended=None, extra=()):
        issuer = self.root.subject if hasattr(self, "root") else subject
        made = (x509.CertificateBuilder().subject_name(subject).issuer_name(issuer)
                .public_key(key.public_key()).serial_number(x509.random_serial_number())
                .not_valid_before(_time(validity[0])).not_valid_after(_time(validity[1]))
                .add_extension(constraints, True)
                .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
                .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(
                    self.root_key.public_key()), False))
        if usage:
            made = made.add_extension(usage, True)
        if extended:
            made = made.add_extension(x509.ExtendedKeyUsage([extended]), True)
        for extension, critical in extra:
            made = made.add_extension(extension, critical)
        return made.sign(self.root_key, None)

    def certify(self, key, ca=False, usage=_usage(digital_signature=True),
                extended=SIGNS_LICENSES, days=700, extra=()):
        return self._certificate(_name("signing key of the tests"), key, (NOW - DAY, NOW + days * DAY),
                                 x509.BasicConstraints(ca, None), usage, extended, extra)

    def anchors(self):
        return self.root.public_bytes(Encoding.PEM)

    @staticmethod
    def x5c(certificate):
        return [base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()]

    def kid(self):
        return b64u(thumbprint(public_bytes(self.key)))

    def header(self):
        return {"alg": "EdDSA", "kid": self.kid(), "typ": "chariot-usage-license+jws",
                "x5c": self.x5c(self.certificate)}

    @staticmethod
    def payload(request_jws, **changes):
        """The claims for a request; a change to None leaves the member out."""
        asked = Jws(request_jws)
        claims = {
            "v": 1, "iss": "https://licenses.example.com", "serial": "UL-00000042",
            "grant": "regular", "license_id": "LIC-000123", "customer": "Nordhafen Wasserwerke",
            "product": "chariot", "iat": NOW, "exp": NOW // DAY * DAY + 366 * DAY + DAY // 2,
            "features": [{"code": "mqtt-server", "kind": "perpetual"},
                         {"code": "support", "kind": "term", "until": NOW // DAY * DAY + DAY // 2},
                         {"code": "snowflake-bridge", "kind": "metered", "limit": 1000}],
            "entitlement": 3, "activation": {"number": 1, "allowed": 2}, "supersedes": [],
            "request": b64u(asked.digest), "instance": read_json(asked.payload)["instance"],
            "cnf": {"jwk": read_json(asked.header)["jwk"]}, **changes}
        return {name: value for name, value in claims.items() if value is not None}

    def issue(self, request_jws, header=None, key=None, **changes):
        return jws_sign(key or self.key, header or self.header(),
                        self.payload(request_jws, **changes))

    def deny(self, kids, iat=NOW):
        header = {"alg": "EdDSA", "typ": "chariot-denied-keys+jws", "x5c": self.x5c(self.root)}
        return jws_sign(self.root_key, header, {"v": 1, "iat": iat, "kids": kids})


def change(jws, old, new):
    """A usage license whose payload was changed after it was signed."""
    parts = jws.split(".")
    payload = Jws(jws).payload.replace(old, new)
    assert payload != Jws(jws).payload
    return f"{parts[0]}.{b64u(payload)}.{parts[2]}"


def with_header(jws, header):
    """The same with another header, not signed anew."""
    return ".".join([b64u(compact(header))] + jws.split(".")[1:])


def main(folder):
    from chariotlib import Chariot
    authority = Authority()
    request = Chariot(clock=lambda: NOW).request("84G7Z-WYRD6-Z1RV0-WHE6M-11105")
    license = authority.issue(request)
    texts = {"license.jws": license, "forged.jws": change(license, b'"allowed":2', b'"allowed":9'),
             "anchors.pem": authority.anchors().decode()}
    for name, text in texts.items():
        with open(os.path.join(folder, name), "w") as file:
            file.write(text)


if __name__ == "__main__":
    main(sys.argv[1])
