"""Whom a Chariot server believes: pinned roots, the chain to a signing key, the denied list."""
import base64
import calendar
import hashlib

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtensionOID, SignatureAlgorithmOID

from chariot_codes import Jws, Refusal, b64u, b64u_read, compact, read_json, signature_holds
from chariot_codes import thumbprint

SIGNS_LICENSES = x509.ObjectIdentifier("1.3.6.1.4.1.32473.7.1")
TWO_YEARS = 731 * 86400
WEEK = 7 * 86400
PEM_END = b"-----END CERTIFICATE-----"


# ---- certificates -------------------------------------------------------------------------------

def raw_key(certificate):
    key = certificate.public_key()
    if not isinstance(key, Ed25519PublicKey):
        raise Refusal("a certificate's key is no Ed25519 key")
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def _extension(certificate, oid):
    try:
        return certificate.extensions.get_extension_for_oid(oid).value
    except x509.ExtensionNotFound:
        return None


def _no_unknown_critical(certificate):
    for extension in certificate.extensions:
        if extension.critical and isinstance(extension.value, x509.UnrecognizedExtension):
            raise Refusal("a certificate has a critical extension that is unknown here")


def _issued(root, certificate):
    """Whether the root's name, key identifier and signature fit."""
    if certificate.issuer != root.subject:
        return False
    if certificate.signature_algorithm_oid != SignatureAlgorithmOID.ED25519:
        return False
    mine = _extension(root, ExtensionOID.SUBJECT_KEY_IDENTIFIER)
    named = _extension(certificate, ExtensionOID.AUTHORITY_KEY_IDENTIFIER)
    if mine and named and named.key_identifier not in (None, mine.digest):
        return False
    return signature_holds(raw_key(root), certificate.signature,
                           certificate.tbs_certificate_bytes)


def check_root(certificate):
    constraints = _extension(certificate, ExtensionOID.BASIC_CONSTRAINTS)
    usage = _extension(certificate, ExtensionOID.KEY_USAGE)
    _no_unknown_critical(certificate)
    if not (constraints and constraints.ca and constraints.path_length == 0):
        raise Refusal("a root's certificate is no CA with path length 0")
    if not (usage and usage.key_cert_sign):
        raise Refusal("a root's certificate may not sign certificates")
    if not _issued(certificate, certificate):
        raise Refusal("a root's certificate is not signed by its own key")


def load_roots(pem):
    """The roots in a PEM text."""
    try:
        roots = [x509.load_pem_x509_certificate(part + PEM_END)
                 for part in pem.split(PEM_END)[:-1]]
    except ValueError:
        raise Refusal("the roots cannot be read as PEM") from None
    if not roots:
        raise Refusal("there is no certificate among the roots")
    for root in roots:
        check_root(root)
    return roots


def seconds(moment):
    return calendar.timegm(moment.timetuple())


def check_chain(certificate, roots, when):
    """Whether it is a signing key's, issued by one of the roots, and was valid at `when`."""
    constraints = _extension(certificate, ExtensionOID.BASIC_CONSTRAINTS)
    usage = _extension(certificate, ExtensionOID.KEY_USAGE)
    extended = _extension(certificate, ExtensionOID.EXTENDED_KEY_USAGE)
    start, end = seconds(certificate.not_valid_before), seconds(certificate.not_valid_after)
    _no_unknown_critical(certificate)
    if not any(_issued(root, certificate) for root in roots):
        raise Refusal("forged: the signing key does not chain to a root that is trusted here")
    if constraints is None or constraints.ca:
        raise Refusal("forged: the certificate is a CA's, no signing key's")
    if not (usage and usage.digital_signature):
        raise Refusal("forged: the certificate does not allow signatures")
    if extended is None or SIGNS_LICENSES not in extended:
        raise Refusal("forged: the certificate is not for usage licenses")
    if end - start > TWO_YEARS:
        raise Refusal("forged: the certificate is valid for more than two years")
    if not start <= when <= end:
        raise Refusal("the signing key's certificate was not valid when this was signed")


def _read_x5c(header):
    chain = header.get("x5c")
    if not (isinstance(chain, list) and len(chain) == 1 and isinstance(chain[0], str)):
        raise Refusal("x5c must hold one certificate")
    try:
        der = base64.b64decode(chain[0], validate=True)
        certificate = x509.load_der_x509_certificate(der)
        list(certificate.extensions)  # reads them all: a damaged one is a ValueError
    except (ValueError, x509.DuplicateExtension):
        raise Refusal("the certificate in x5c cannot be read") from None
    if base64.b64encode(der).decode() != chain[0]:
        raise Refusal("the certificate in x5c is not in canonical base64")
    return certificate


def _read_header(jws, typ, members):
    header = read_json(jws.header, 4096)
    if header.get("alg") != "EdDSA":
        raise Refusal("forged: its algorithm is not EdDSA")
    if header.get("typ") != typ:
        raise Refusal("it is a code of another kind")
    if set(header) != members or compact(header) != jws.header:
        raise Refusal("its header is not of the one form that is allowed")
    return header


# ---- the denied list ------------------------------------------------------------------------------

def read_denied(text, roots):
    """A denied list signed by one of the roots: (iat, kids)."""
    jws = Jws(text.strip())
    header = _read_header(jws, "chariot-denied-keys+jws", {"alg", "typ", "x5c"})
    signer = _read_x5c(header)
    if signer not in roots or not signature_holds(raw_key(signer), jws.signature,
                                                  jws.signing_input):
        raise Refusal("forged: no root that is trusted here signed the denied list")
    payload = read_json(jws.payload)
    if payload.get("v") != 1:
        raise Refusal(f"version {payload.get('v')} of a denied list is unknown here")
    kids = payload.get("kids")
    if not isinstance(kids, list) or not isinstance(payload.get("iat"), int):
        raise Refusal("the denied list lacks its time or its keys")
    for kid in kids:
        b64u_read(kid, 32)
    return payload["iat"], kids


# ---- usage licenses ----------------------------------------------------------------------------------

_SHAPE = {"iss": str, "serial": str, "grant": str, "license_id": str, "customer": str,
          "product": str, "iat": int, "features": list, "entitlement": int, "supersedes": list,
          "request": str, "instance": dict, "cnf": dict}


def _check_payload(payload):
    if payload.get("v") != 1:
        raise Refusal(f"version {payload.get('v')} of a usage license is unknown here")
    for name, kind in _SHAPE.items():
        if not isinstance(payload.get(name), kind) or isinstance(payload[name], bool):
            raise Refusal(f"the license lacks {name}")
    if not isinstance(payload.get("exp", 0), int):
        raise Refusal("the license's expiry is no time")
    for feature in payload["features"]:
        if not (isinstance(feature, dict) and isinstance(feature.get("code"), str) and
                feature.get("kind") in ("perpetual", "term", "metered")):
            raise Refusal("a feature of the license cannot be read")
    if payload["grant"] == "emergency":
        _check_emergency(payload)
    elif payload["grant"] == "regular":
        numbers = payload.get("activation")
        if not (isinstance(numbers, dict) and isinstance(numbers.get("number"), int) and
                isinstance(numbers.get("allowed"), int)):
            raise Refusal("the license lacks its activation")
    else:
        raise Refusal("the license's grant is unknown here")


def _check_emergency(payload):
    if payload.get("exp") != payload["iat"] + WEEK:
        raise Refusal("an emergency license must end after seven days")
    if "activation" in payload:
        raise Refusal("an emergency license takes no activation")
    if any(feature.get("until", 0) > payload["exp"] for feature in payload["features"]):
        raise Refusal("a feature of an emergency license outlasts it")


class UsageLicense:
    """A usage license whose signature, chain and form hold. `denied` is a set of key ids."""

    def __init__(self, text, roots, denied=frozenset()):
        jws = Jws(text)
        header = _read_header(jws, "chariot-usage-license+jws", {"alg", "kid", "typ", "x5c"})
        self.certificate = _read_x5c(header)
        key = raw_key(self.certificate)
        self.kid = header["kid"]
        payload = read_json(jws.payload)
        if not isinstance(payload.get("iat"), int):
            raise Refusal("the license lacks iat")
        check_chain(self.certificate, roots, payload["iat"])
        if self.kid != b64u(thumbprint(key)):
            raise Refusal("forged: its key id is not that of its certificate")
        if not signature_holds(key, jws.signature, jws.signing_input):
            raise Refusal("forged: its signature does not hold")
        if self.kid in denied:
            raise Refusal("its signing key was revoked: ask support for a new license")
        _check_payload(payload)
        self.text = text
        self.payload = payload

    def chain(self, roots):
        """The certificates' subjects, from the signing key to its root."""
        return [self.certificate.subject.rfc4514_string()] + [
            root.subject.rfc4514_string() for root in roots if _issued(root, self.certificate)]


def fingerprint_of(certificate):
    return hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest()
