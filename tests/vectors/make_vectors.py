#!/usr/bin/python3
"""Make the test vectors of the formats, good and forged, from seeds named below.

  make_vectors.py            writes the .tsv files beside this script
  make_vectors.py --check    says whether they are what it would write

Formats and wording are written down here a second time, on another library (python3-cryptography),
so that program and vectors check each other. README.md has the files' columns.
"""
import base64
import datetime
import hashlib
import hmac
import json
import os
import sys

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (Ed25519PrivateKey,
                                                               Ed25519PublicKey)
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

HERE = os.path.dirname(os.path.abspath(__file__))
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
REQUEST = "chariot-usage-request+jws"
DEACTIVATION = "chariot-deactivation+jws"
LICENSE = "chariot-usage-license+jws"
DENIED = "chariot-denied-keys+jws"
NOW = 1795600000
LOW_KEY = "the server's key in the code's header is no usable Ed25519 key"
FORM = "the code's header is not written in its one allowed form"


# ---- pieces ----

def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def compact(value):
    return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode()


def sha256(data):
    return hashlib.sha256(data).digest()


def private(label):
    return Ed25519PrivateKey.from_private_bytes(sha256(b"issuer test vectors/" + label.encode()))


def public(key):
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def symbols(value, count):
    return "".join(CROCKFORD[value >> 5 * i & 31] for i in reversed(range(count)))


def leading_bits(data, bits):
    return int.from_bytes(sha256(data)[:4], "big") >> (32 - bits)


def base32(data):
    count = -(-len(data) * 8 // 5)
    return symbols(int.from_bytes(data, "big") << (5 * count - 8 * len(data)), count)


def jwk(key):
    return {"crv": "Ed25519", "kty": "OKP", "x": b64(key)}


def join(header, payload, signature):
    return f"{b64(header)}.{b64(payload)}.{b64(signature)}".encode()


def sign(key, header, payload):
    text = f"{b64(header)}.{b64(payload)}".encode()
    return text + b"." + b64(key.sign(text)).encode()


# ---- license keys ----

def check_symbol(body):
    return CROCKFORD[sha256(body.encode())[0] >> 3]


def license_key(label):
    body = base32(sha256(b"license key/" + label.encode())[:15])
    return body + check_symbol(body)


def grouped(key):
    return "-".join(key[i:i + 5] for i in range(0, len(key), 5))


def license_pair(normal):
    return Ed25519PrivateKey.from_private_bytes(
        sha256(b"chariot-license-key\0" + normal.encode()))


# ---- statements ----

SERVER = private("server")
OTHER_SERVER = private("another server")
KEY = license_key("main")
PAIR = license_pair(KEY)


def thumbprint(key):
    return sha256(compact(jwk(key)))


def part(name, value):
    return b64(hmac.new(public(PAIR), name.encode() + b"\0" + value, hashlib.sha256).digest()[:16])


def header(typ=REQUEST, key=None, **more):
    return {"alg": "EdDSA", "jwk": jwk(key or public(SERVER)), "typ": typ, **more}


def proof(key, pair=PAIR):
    return b64(pair.sign(b"chariot-license-proof\0" + thumbprint(key)))


def request(key=None, **changes):
    claims = {
        "v": 1, "seq": NOW, "iat": NOW, "license": b64(public(PAIR)),
        "proof": proof(key or public(SERVER)), "purpose": "activate", "product": "chariot",
        "version": "2.5.0",
        "instance": {"host": "plant-7-mqtt1", "fingerprint": {
            "board": part("board", b"4c4c4544-0042-3010-8054-b9c04f4d3532"),
            "cpu": part("cpu", b"Example CPU x 8"), "mac": part("mac", b"02:00:5e:10:00:01")}}}
    claims.update(changes)
    return {name: value for name, value in claims.items() if value is not None}


def deactivation(**changes):
    claims = request(serial="UL-00000042", purpose=None, product=None, version=None)
    claims.update(changes)
    return {name: value for name, value in claims.items() if value is not None}


def good(token, kind="request", claims="signed, proven"):
    short = base32(sha256(token.rpartition(b".")[0])[:7])[:10]
    return f"{kind} {short[:5]}-{short[5:]} {claims}"


def signed_request(claims=None, head=None, key=SERVER):
    return sign(key, compact(head or header()), compact(claims or request()))


def replaced(old, new, claims=None):
    """A signed request whose payload has `new` in place of `old`."""
    payload = compact(claims or request())
    assert payload.count(old) == 1, old
    return sign(SERVER, compact(header()), payload.replace(old, new))


def good_statements():
    def row(name, token, **how):
        return name, token, good(token, **how)
    plain = signed_request()
    unsorted_payload = json.dumps(request(), indent=1).encode()
    down = sign(SERVER, compact(header(DEACTIVATION)), compact(deactivation()))
    yield row("a request", plain)
    yield row("an update", signed_request(request(purpose="update", installed="UL-00000041")))
    yield row("no fingerprint", signed_request(request(
        instance={"host": "box", "fingerprint": {}})))
    yield row("unknown members", signed_request(request(
        later={"a": [1, -5, None, True]}, instance={**request()["instance"], "rack": "B"})))
    yield row("payload neither sorted nor compact",
              sign(SERVER, compact(header()), unsorted_payload))
    yield row("a host beyond ASCII", signed_request(request(
        instance={"host": "Wasserwerk-Süd 水", "fingerprint": {}})))
    yield row("a string of 255 code points", signed_request(request(
        instance={"host": "ü" * 255, "fingerprint": {}})))
    yield row("the greatest seq", signed_request(request(seq=2**53 - 1)))
    yield row("a clock at 1970", signed_request(request(iat=1)))
    yield row("a clock at the end of 9999", signed_request(request(iat=253402300799)))
    yield row("eight levels", signed_request(request(
        deep=[[[[[[[1]]]]]]])))
    yield row("a deactivation", down, kind="deactivation")
    yield row("an escaped member name", replaced(b'"purpose"', b'"p\\u0075rpose"'))


def forged_signatures():
    plain = signed_request()
    head, payload, signature = plain.split(b".")
    raw = base64.urlsafe_b64decode(signature + b"==")
    s = int.from_bytes(raw[32:], "little")
    high_s = raw[:32] + (s + L).to_bytes(32, "little")
    changed = b64(compact(request(seq=NOW + 1))).encode()
    text = head + b"." + payload
    a = clamp(sha256(b"issuer test vectors/server"))
    identity = (1).to_bytes(32, "little")
    zero_r = (challenge(identity, public(SERVER), text) * a % L).to_bytes(32, "little")
    yield "signed by another key", signed_request(key=OTHER_SERVER), "signature wrong, proven"
    yield "changed payload", head + b"." + changed + b"." + signature, "signature wrong, proven"
    yield "a signature of zeros", text + b"." + b64(bytes(64)).encode(), "signature wrong, proven"
    yield "S not below the group's order", text + b"." + b64(high_s).encode(), \
        "signature wrong, proven"
    yield "R is zero with a sign", \
        text + b"." + b64(identity[:31] + b"\x80" + zero_r).encode(), "signature wrong, proven"
    yield "R not below the prime", \
        text + b"." + b64((P + 1).to_bytes(32, "little") + zero_r).encode(), \
        "signature wrong, proven"
    other = license_pair(license_key("another"))
    yield "proof by another license key", \
        signed_request(request(proof=proof(public(SERVER), other))), "signed, proof wrong"
    yield "proof for another server", \
        signed_request(request(proof=proof(public(OTHER_SERVER)))), "signed, proof wrong"
    yield "a license that the proof is not of", \
        signed_request(request(license=b64(public(other)))), "signed, proof wrong"


# ---- keys of small order: what plain OpenSSL takes ----

def clamp(seed):
    a = int.from_bytes(hashlib.sha512(seed).digest()[:32], "little")
    return a & ((1 << 254) - 8) | 1 << 254


def challenge(r, key, message):
    return int.from_bytes(hashlib.sha512(r + key + message).digest(), "little") % L


def order_eight_y():
    """The y of points of order 8: doubling gives y = 0, so x² = -y² and -x² + y² = 1 + d x² y²."""
    d = -121665 * pow(121666, -1, P) % P
    # 2 y² = 1 - d y⁴, so y² = (-1 ± sqrt(1 + d)) / d
    root = square_root((1 + d) % P)
    for sign in (1, -1):
        y = square_root((sign * root - 1) * pow(d, -1, P) % P)
        if y is not None:
            return sorted((y, P - y))
    raise AssertionError


def square_root(a):
    r = pow(a, (P + 3) // 8, P)
    if r * r % P != a:
        r = r * pow(2, (P - 1) // 4, P) % P
    return r if r * r % P == a else None


def small_order_encodings():
    for y in [0, 1, P - 1, *order_eight_y(), P, P + 1]:
        for sign in (0, 1):
            yield (y | sign << 255).to_bytes(32, "little")


BASE_POINT = bytes.fromhex("58" + "66" * 31)
ANYBODYS = BASE_POINT + (1).to_bytes(32, "little")  # R = B, S = 1: made without a secret


def plain_openssl_takes(key, signature, message):
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
        return True
    except InvalidSignature:
        return False


def unsigned_request(key):
    """A request under a key of small order with a signature that plain OpenSSL takes: S·B - h·A is B
    when h is a multiple of the key's order."""
    for seq in range(NOW, NOW + 1000):
        head = compact(header(key=key))
        payload = compact(request(key, seq=seq))
        text = f"{b64(head)}.{b64(payload)}".encode()
        if challenge(BASE_POINT, key, text) % 8 == 0:
            assert plain_openssl_takes(key, ANYBODYS, text), key.hex()
            return text + b"." + b64(ANYBODYS).encode()
    raise AssertionError


def small_order_statements():
    for number, key in enumerate(small_order_encodings()):
        yield f"server key of small order {number}", unsigned_request(key), LOW_KEY
        yield f"license key of small order {number}", \
            signed_request(request(license=b64(key), proof=b64(ANYBODYS))), \
            'the member "license" is no usable Ed25519 key'
    beyond = (P + 3).to_bytes(32, "little")
    yield "server key not below the prime", \
        join(compact(header(key=beyond)), compact(request(beyond)), bytes(64)), LOW_KEY


# ---- headers ----

def bad_headers():
    def algorithm(name):
        return f'the code\'s header names the algorithm "{name}"; only EdDSA is taken'

    def foreign(name):
        return f'the code\'s header has a member "{name}" that does not belong there'
    for name in ("none", "HS256", "ES256", "eddsa", "Ed25519"):
        yield f"alg {name}", signed_request(head=header() | {"alg": name}), algorithm(name)
    yield "alg none without a signature", \
        join(compact(header() | {"alg": "none"}), compact(request()), b""), \
        "the code's signature is cut short"
    without_alg = header()
    del without_alg["alg"]
    yield "no alg", signed_request(head=without_alg), algorithm("")
    for name, value in (("crit", ["exp"]), ("b64", False), ("jku", "https://keys.example/"),
                        ("x5u", "https://keys.example/"), ("kid", "1"), ("x5c", ["MA=="])):
        yield f"header with {name}", signed_request(head=header(**{name: value})), foreign(name)
    for typ in ("JWT", LICENSE, "chariot-usage-request"):
        yield f"typ {typ}", signed_request(head=header(typ)), \
            f'the code\'s header names the type "{typ}", which is not expected here'
    yield "private half in the header", \
        signed_request(head=header() | {"jwk": {**jwk(public(SERVER)), "d": b64(bytes(32))}}), FORM
    yield "curve X25519", \
        signed_request(head=header() | {"jwk": {**jwk(public(SERVER)), "crv": "X25519"}}), FORM
    yield "key of 31 bytes", signed_request(head=header(key=public(SERVER)[:31])), FORM
    x = b64(public(SERVER))
    other_fill = CHARACTERS[CHARACTERS.index(x[-1]) + 1]
    yield "key with fill bits set", \
        signed_request(head=header() | {"jwk": jwk(b"") | {"x": x[:-1] + other_fill}}), FORM
    spaced = json.dumps(header(), sort_keys=True).encode()
    yield "header with blanks", sign(SERVER, spaced, compact(request())), FORM
    unsorted_header = json.dumps(dict(reversed(header().items())), separators=(",", ":")).encode()
    yield "header not sorted", sign(SERVER, unsorted_header, compact(request())), FORM
    twice = compact(header()).replace(b'{"alg"', b'{"alg":"none","alg"')
    yield "alg twice", sign(SERVER, twice, compact(request())), \
        "the code's header: the JSON names a member twice"
    escaped = compact(header()).replace(b"EdDSA", b"\\u0045dDSA")
    yield "header with an escape", sign(SERVER, escaped, compact(request())), FORM
    yield "header followed by a blank", \
        sign(SERVER, compact(header()) + b" ", compact(request())), FORM
    yield "header is a list", sign(SERVER, b"[]", compact(request())), \
        "the code's header: the JSON is no object"


# ---- the compact form ----

CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def bad_forms():
    plain = signed_request()
    head, payload, signature = plain.split(b".")
    three = "the code does not have three parts separated by dots"
    no_signature = "the code's signature is no canonical base64url"
    fill = CHARACTERS[CHARACTERS.index(chr(signature[-1])) + 1].encode()
    odd = compact(request(version="2.5.0" + "x" * (len(compact(request())) % 3 == 0)))
    odd_text = b64(odd)
    odd_fill = odd_text[:-1] + CHARACTERS[CHARACTERS.index(odd_text[-1]) + 1]
    yield "empty", b"", three
    yield "no dot", head, three
    yield "two parts", head + b"." + payload, three
    yield "four parts", plain + b"." + signature, three
    yield "cut in the signature", plain[:-1], "the code's signature is cut short"
    yield "cut at the second dot", head + b"." + payload + b".", "the code's signature is cut short"
    yield "a byte more", plain + b"A", "something follows the code's signature"
    yield "a line break at the end", plain + b"\n", "something follows the code's signature"
    yield "a zero byte at the end", plain + b"\0", "something follows the code's signature"
    yield "signature padded", plain + b"==", "something follows the code's signature"
    yield "signature with fill bits set", plain[:-1] + fill, no_signature
    yield "signature in plain base64", plain[:-86] + b"+" + plain[-85:], no_signature
    yield "payload padded", head + b"." + payload + b"=." + signature, \
        "the code's payload is no canonical base64url"
    yield "payload with fill bits set", \
        head + b"." + odd_fill.encode() + b"." + signature, \
        "the code's payload is no canonical base64url"
    yield "payload with a single last character", \
        head + b"." + b"A" * 401 + b"." + signature, "the code's payload is no canonical base64url"
    yield "payload with a line break", \
        head + b"." + payload[:40] + b"\n" + payload[40:] + b"." + signature, \
        "the code's payload is no canonical base64url"
    yield "header with a slash", b"/" + head[1:] + b"." + payload + b"." + signature, \
        "the code's header is no canonical base64url"
    yield "empty header", b"." + payload + b"." + signature, \
        "the code's header is no canonical base64url"
    yield "empty payload", head + b".." + signature, \
        "the code's payload is no canonical base64url"
    large = request(pad=["x" * 250] * 15)
    yield "a body over 4096 bytes", signed_request(large), "the code is longer than 4096 bytes"


# ---- payloads ----

def bad_payloads():
    def json_fault(what):
        return f"the code's payload: the JSON {what}"
    whole = json_fault("has a number that is not written as a whole one")
    large = json_fault("has a number of 2^53 or more")
    control = json_fault("has a control or bidirectional character in a string")
    seq = f'"seq":{NOW}'.encode()
    for name, text, why in (
            ("seq 1.0", b"1.0", whole), ("seq 1e2", b"1e2", whole), ("seq 1E2", b"1E2", whole),
            ("seq -0", b"-0", whole), ("seq -0.0", b"-0.0", whole),
            ("seq 2^53", b"9007199254740992", large),
            ("seq -2^53", b"-9007199254740992", large),
            ("seq beyond 64 bits", b"1" + b"0" * 30, large),
            ("seq 0", b"0", 'the member "seq" is no whole number from 1 to 9007199254740991'),
            ("seq negative", b"-5",
             'the member "seq" is no whole number from 1 to 9007199254740991'),
            ("seq a text", b'"5"',
             'the member "seq" is no whole number from 1 to 9007199254740991'),
            ("seq null", b"null",
             'the member "seq" is no whole number from 1 to 9007199254740991')):
        yield name, replaced(seq, b'"seq":' + text), why
    yield "1.0 in an unknown member", signed_request(request(later=1.0)), whole
    yield "seq twice", replaced(seq, seq + b"," + seq), json_fault("names a member twice")
    yield "seq twice, once escaped", replaced(seq, seq + b',"s\\u0065q":1'), \
        json_fault("names a member twice")
    yield "a member twice inside instance", \
        replaced(b'"host":', b'"host":"a","host":'), json_fault("names a member twice")
    yield "nine levels", signed_request(request(deep=[[[[[[[[1]]]]]]]])), \
        json_fault("is nested more than 8 levels deep")
    yield "a thousand levels", replaced(seq, seq + b',"x":' + b"[" * 1000 + b"]" * 1000), \
        json_fault("is nested more than 8 levels deep")
    yield "a string of 256 code points", \
        signed_request(request(instance={"host": "ü" * 256, "fingerprint": {}})), \
        json_fault("has a string of more than 255 characters")
    yield "a member name of 256 characters", signed_request(request(**{"n" * 256: 1})), \
        json_fault("has a string of more than 255 characters")
    for name, character in (("a tab", "\t"), ("an escape character", "\x1b"), ("DEL", "\x7f"),
                            ("C1 control", "\x9b"), ("right-to-left override", "\u202e"),
                            ("isolate", "\u2066"), ("Arabic letter mark", "\u061c"),
                            ("left-to-right mark", "\u200e")):
        yield f"{name} in a string", \
            signed_request(request(instance={"host": f"a{character}b", "fingerprint": {}})), control
    yield "bidirectional character in a member name", \
        signed_request(request(**{"a\u202eb": 1})), control
    yield "bidirectional character as an escape", \
        replaced(b"plant-7-mqtt1", b"a\\u202Eb"), control
    yield "an escaped zero character", replaced(b"plant-7-mqtt1", b"a\\u0000b"), control
    yield "a zero byte", replaced(b"plant-7-mqtt1", b"a\0b"), json_fault("has a zero byte")
    yield "invalid UTF-8", replaced(b"plant-7-mqtt1", b"a\xff"), json_fault("is not valid UTF-8")
    yield "overlong UTF-8", replaced(b"plant-7-mqtt1", b"a\xc0\xaf"), \
        json_fault("is not valid UTF-8")
    yield "UTF-8 of a surrogate", replaced(b"plant-7-mqtt1", b"a\xed\xa0\x80"), \
        json_fault("is not valid UTF-8")
    yield "two objects", sign(SERVER, compact(header()), compact(request()) + b"{}"), \
        json_fault("is followed by something")
    yield "payload is a list", sign(SERVER, compact(header()), b"[1]"), json_fault("is no object")
    for version in (0, 2, 99):
        yield f"v {version}", signed_request(request(v=version)), \
            f"the version {version} of this request is not known here"
    yield "v a text", signed_request(request(v="1")), 'the member "v" is no whole number'
    yield "v 2 of a deactivation", \
        sign(SERVER, compact(header(DEACTIVATION)), compact(deactivation(v=2))), \
        "the version 2 of this deactivation is not known here"
    yield from missing_members()
    yield from wrong_members()


def missing_members():
    for name in ("v", "seq", "iat", "license", "proof", "purpose", "product", "version",
                 "instance"):
        yield f"no {name}", signed_request(request(**{name: None})), \
            f'the member "{name}" is missing'
    yield "no host", signed_request(request(instance={"fingerprint": {}})), \
        'the member "host" is missing'
    yield "no fingerprint member", signed_request(request(instance={"host": "box"})), \
        'the member "fingerprint" is missing'
    yield "a deactivation without serial", \
        sign(SERVER, compact(header(DEACTIVATION)), compact(deactivation(serial=None))), \
        'the member "serial" is missing'
    yield "a request under the type of a deactivation", \
        sign(SERVER, compact(header(DEACTIVATION)), compact(request())), \
        'the member "serial" is missing'


def wrong_members():
    def bytes_of(name, size):
        return f'the member "{name}" is no canonical base64url of {size} bytes'
    fill = request()["license"]
    fill = fill[:-1] + CHARACTERS[CHARACTERS.index(fill[-1]) + 1]
    yield "purpose renew", signed_request(request(purpose="renew")), \
        'the member "purpose" is neither "activate" nor "update"'
    yield "product empty", signed_request(request(product="")), 'the member "product" is empty'
    yield "product a number", signed_request(request(product=5)), 'the member "product" is no text'
    yield "installed null", replaced(b'"iat":', b'"installed":null,"iat":'), \
        'the member "installed" is no text'
    yield "instance a text", signed_request(request(instance="box")), \
        'the member "instance" is no object'
    yield "fingerprint a list", signed_request(request(instance={"host": "b", "fingerprint": []})), \
        'the member "fingerprint" is no object'
    for iat in (-1, 0, 253402300800, 9224318016000, 2**53 - 1):
        yield f"iat {iat}", signed_request(request(iat=iat)), \
            'the member "iat" is no time of the years 1970 to 9999'
        yield f"iat {iat} of a deactivation", \
            sign(SERVER, compact(header(DEACTIVATION)), compact(deactivation(iat=iat))), \
            'the member "iat" is no time of the years 1970 to 9999'
    yield "license of 31 bytes", signed_request(request(license=b64(bytes(31)))), \
        bytes_of("license", 32)
    yield "license with fill bits set", signed_request(request(license=fill)), \
        bytes_of("license", 32)
    yield "proof of 63 bytes", signed_request(request(proof=b64(bytes(63)))), bytes_of("proof", 64)
    yield "board of 15 bytes", signed_request(request(
        instance={"host": "b", "fingerprint": {"board": b64(bytes(15))}})), bytes_of("board", 16)
    yield "mac padded", signed_request(request(
        instance={"host": "b", "fingerprint": {"mac": b64(bytes(16)) + "=="}})), bytes_of("mac", 16)


def statements():
    yield from good_statements()
    for name, token, claims in forged_signatures():
        yield name, token, good(token, claims=claims)
    yield from small_order_statements()
    yield from bad_headers()
    yield from bad_forms()
    yield from bad_payloads()


# ---- usage licenses and denied keys ----

SIGNER = private("signing key")
ROOT = private("root")


def certificate(key, name, days=700):
    start = datetime.datetime(2026, 11, 1)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test vectors root")])
    return (x509.CertificateBuilder().subject_name(subject).issuer_name(issuer)
            .public_key(key.public_key()).serial_number(7).not_valid_before(start)
            .not_valid_after(start + datetime.timedelta(days=days))
            .sign(ROOT, None).public_bytes(Encoding.DER))


SIGNER_CERTIFICATE = certificate(SIGNER, "Test vectors signing key")
ROOT_CERTIFICATE = certificate(ROOT, "Test vectors root")


def license_header(**changes):
    head = {"alg": "EdDSA", "kid": b64(thumbprint(public(SIGNER))), "typ": LICENSE,
            "x5c": [base64.b64encode(SIGNER_CERTIFICATE).decode()]}
    head.update(changes)
    return {name: value for name, value in head.items() if value is not None}


def usage_license(**changes):
    claims = {
        "v": 1, "iss": "Example Licensing", "serial": "UL-00000042", "grant": "regular",
        "license_id": "LIC-00000007", "customer": "Wasserwerk Süd GmbH", "product": "chariot",
        "iat": NOW, "exp": NOW + 31536000,
        "features": [{"code": "mqtt-server", "kind": "perpetual"},
                     {"code": "support", "kind": "term", "until": NOW + 31536000},
                     {"code": "snowflake-bridge", "kind": "metered", "limit": 0}],
        "entitlement": 3, "activation": {"number": 2, "allowed": 5},
        "supersedes": ["UL-00000041", "UL-00000012"],
        "request": b64(sha256(signed_request().rpartition(b".")[0])),
        "instance": request()["instance"], "cnf": {"jwk": jwk(public(SERVER))}}
    claims.update(changes)
    return {name: value for name, value in claims.items() if value is not None}


def signed_license(claims=None, head=None):
    return sign(SIGNER, compact(head or license_header()), compact(claims or usage_license()))


def usage_licenses():
    def foreign(name):
        return f'the code\'s header has a member "{name}" that does not belong there'
    yield "regular", signed_license(), "UL-00000042 regular, written alike"
    yield "perpetual, one feature", signed_license(usage_license(
        exp=None, features=[{"code": "mqtt-server", "kind": "perpetual"}], supersedes=[])), \
        "UL-00000042 regular, written alike"
    yield "emergency", signed_license(usage_license(
        grant="emergency", activation=None, serial="UL-123456789", exp=NOW + 604800)), \
        "UL-123456789 emergency, written alike"
    yield "texts that need escaping", signed_license(usage_license(
        customer='"Quote" \\ Söhne / 水 \u2028', instance={"host": "a\\b", "fingerprint": {}})), \
        "UL-00000042 regular, written alike"
    yield "an empty list of features", signed_license(usage_license(features=[])), \
        "UL-00000042 regular, written alike"
    yield "unknown members", signed_license(usage_license(later=1)), \
        "UL-00000042 regular, written otherwise"
    yield "alg none", signed_license(head=license_header(alg="none")), \
        'the code\'s header names the algorithm "none"; only EdDSA is taken'
    yield "crit", signed_license(head=license_header(crit=["x"])), foreign("crit")
    yield "no kid", signed_license(head=license_header(kid=None)), FORM
    yield "kid cut", signed_license(head=license_header(kid="abc")), FORM
    yield "no x5c", signed_license(head=license_header(x5c=None)), FORM
    yield "two certificates", signed_license(head=license_header(
        x5c=[base64.b64encode(SIGNER_CERTIFICATE).decode()] * 2)), FORM
    yield "x5c not padded", signed_license(head=license_header(
        x5c=[base64.b64encode(bytes(100)).decode().rstrip("=")])), FORM
    yield "x5c in base64url", signed_license(head=license_header(
        x5c=[base64.urlsafe_b64encode(b"\xff" * 99).decode()])), FORM
    yield "x5c over 4096 characters", signed_license(head=license_header(
        x5c=[base64.b64encode(bytes(3075)).decode()])), \
        "the code's header: the JSON has a string of more than 4096 characters"
    yield "x5c of 4096 characters", signed_license(head=license_header(
        x5c=[base64.b64encode(bytes(3072)).decode()])), "UL-00000042 regular, written alike"
    yield "typ of a request", signed_license(head=license_header(typ=REQUEST)), \
        f'the code\'s header names the type "{REQUEST}", which is not expected here'
    yield "v 2", signed_license(usage_license(v=2)), \
        "the version 2 of this usage license is not known here"
    for name in ("iss", "serial", "grant", "license_id", "customer", "product", "iat", "features",
                 "entitlement", "activation", "supersedes", "request", "instance", "cnf"):
        yield f"no {name}", signed_license(usage_license(**{name: None})), \
            f'the member "{name}" is missing'
    for serial in ("UL-42", "UL-000000042", "ul-00000042", "UL-00000000", "UL-+0000042"):
        yield f"serial {serial}", signed_license(usage_license(serial=serial)), \
            "a serial is not written as UL- and eight digits"
    yield "supersedes a number", signed_license(usage_license(supersedes=[41])), \
        'the member "supersedes" is no text'
    yield "grant gift", signed_license(usage_license(grant="gift")), \
        'the member "grant" is neither "regular" nor "emergency"'
    yield "feature kind rented", signed_license(usage_license(
        features=[{"code": "a", "kind": "rented"}])), 'a feature\'s "kind" is not known'
    yield "cnf of small order", signed_license(usage_license(cnf={"jwk": jwk(bytes(32))})), \
        'the server\'s key in "cnf" is no usable Ed25519 key'
    yield "exp 1e9", sign(SIGNER, compact(license_header()), compact(usage_license()).replace(
        f'"exp":{NOW + 31536000}'.encode(), b'"exp":1e9')), \
        "the code's payload: the JSON has a number that is not written as a whole one"
    yield "a body over 16384 bytes", signed_license(usage_license(pad=["x" * 250] * 70)), \
        "the code is longer than 16384 bytes"


def denied_keys():
    def token(claims, head=None):
        return sign(ROOT, compact(head or {
            "alg": "EdDSA", "typ": DENIED,
            "x5c": [base64.b64encode(ROOT_CERTIFICATE).decode()]}), compact(claims))
    kids = sorted(sha256(bytes([i])) for i in range(3))
    claims = {"v": 1, "iat": NOW, "kids": [b64(kid) for kid in kids]}
    yield "three keys", token(claims), f"3 keys at {NOW}, written alike"
    yield "none", token({"v": 1, "iat": 0, "kids": []}), "0 keys at 0, written alike"
    yield "a key twice", token({**claims, "kids": [b64(kids[0])] * 2}), \
        f"1 keys at {NOW}, written otherwise"
    yield "with a kid in the header", token(claims, license_header(typ=DENIED)), \
        'the code\'s header has a member "kid" that does not belong there'
    yield "v 3", token({**claims, "v": 3}), \
        "the version 3 of this list of denied keys is not known here"
    yield "no kids", token({"v": 1, "iat": NOW}), 'the member "kids" is missing'
    yield "a short id", token({**claims, "kids": ["abc"]}), \
        'a key\'s id in "kids" is no canonical base64url of 32 bytes'


# ---- license keys and armor ----

def license_keys():
    def taken(key, strength="strong"):
        normal = key.upper().translate(str.maketrans("OIL", "011"))
        return f"{b64(public(license_pair(normal)))} {normal[-4:]} {strength}"
    mistyped = "the license key is mistyped: its last symbol does not fit the others"
    short = "a license key has 25 symbols, an old one at least 16; this one is too short"
    symbols_only = "a license key has letters, digits and hyphens only"
    design = "84G7ZWYRD6Z1RV0WHE6M11105"
    alike = KEY
    count = 0
    while not {"0", "1"} <= set(alike):
        count += 1
        alike = license_key(f"look-alikes {count}")
    wrong = KEY[:-1] + CROCKFORD[(CROCKFORD.index(KEY[-1]) + 1) % 32]
    swapped = KEY[1] + KEY[0] + KEY[2:]
    assert KEY[0] != KEY[1]
    yield "as printed", grouped(KEY), taken(KEY)
    yield "of the format's description", grouped(design), taken(design)
    yield "lower case, blanks", f"  {KEY[:9].lower()} {KEY[9:]}\n", taken(KEY)
    yield "look-alikes", grouped(alike).replace("0", "o").replace("1", "l", 1).replace("1", "I"), \
        taken(alike)
    yield "typographic hyphens and no-break blanks", \
        grouped(KEY).replace("-", "\u2011", 2).replace("-", "\u00a0"), taken(KEY)
    yield "check symbol wrong", wrong, mistyped
    yield "two symbols swapped", swapped, mistyped
    yield "a U among 25", "U" + KEY[1:], mistyped
    yield "empty", "", symbols_only
    yield "other characters", grouped(KEY).replace("-", "_"), symbols_only
    yield "letters beyond ASCII", "ÄÖÜ" + KEY, symbols_only
    yield "too short", KEY[:15], short
    yield "longer than any", "A" * 129, "this is too long for a license key"
    for name, key, strength in (
            ("old, 16 mixed", "X7QP2MWKT9RUB4ZC", "strong"),
            ("old, 32 mixed", "U7QP2MWKT9RVB4ZCH3N8E6JSXDY5GAFQ", "strong"),
            ("old, 24 symbols", KEY[:24], "strong"),
            ("old, 26 symbols", KEY + "7", "strong"),
            ("old, 16 hexadecimal", "A7D92CF4816BE3D7", "weak"),
            ("old, 20 digits", "83920174658291047365", "weak"),
            ("old, numbered at the end", "CHARTSRVLCXKQW000123", "weak"),
            ("old, one symbol repeated", "AAAAAAAAAAAAAAAAAAAA", "weak"),
            ("old, in a row", "ABCDEFGH123456789XYZ", "weak")):
        yield name, key, taken(key, strength)


def armored(token, kind, title):
    parts = [base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4)) for text in token.split(b".")]
    body = b"".join(len(part).to_bytes(2, "big") + part for part in parts[:2]) + parts[2]
    tag = symbols(leading_bits(body, 30), 6)
    first = f"CHAR{kind}1" + symbols(len(body), 4) + tag
    lines = [f"===== CHARIOT {title} =====", first + symbols(leading_bits(first.encode(), 20), 4)]
    for number in range(-(-len(body) // 35)):
        block = body[35 * number:35 * number + 35]
        check = (leading_bits((kind + tag).encode() + block, 20) + number) % 2**20
        lines.append(base32(block) + symbols(check, 4))
    return "\n".join([*lines, f"===== END OF {title} =====", ""])


def armor():
    for name, token, kind, title in (
            ("request", signed_request(), "Q", "USAGE REQUEST"),
            ("deactivation", sign(SERVER, compact(header(DEACTIVATION)), compact(deactivation())),
             "D", "DEACTIVATION"),
            ("usage license", signed_license(), "G", "USAGE LICENSE"),
            ("last block full", last_block_full(), "Q", "USAGE REQUEST")):
        yield f"{kind} {name}", token, armored(token, kind, title)


def last_block_full():
    for length in range(1, 40):
        token = signed_request(request(version="2" * length))
        if (len(compact(header())) + len(compact(request(version="2" * length))) + 68) % 35 == 0:
            return token
    raise AssertionError


# ---- files ----

def escaped(value):
    data = value if isinstance(value, bytes) else value.encode()
    return "".join(
        "\\\\" if byte == 0x5C else "\\n" if byte == 0x0A else
        chr(byte) if 0x20 <= byte < 0x7F else f"\\x{byte:02x}" for byte in data)


FILES = {"statements.tsv": statements, "usage_licenses.tsv": usage_licenses,
         "denied_keys.tsv": denied_keys, "license_keys.tsv": license_keys, "armor.tsv": armor}


def content(rows):
    rows = list(rows)
    names = [row[0] for row in rows]
    assert len(set(names)) == len(names), [n for n in names if names.count(n) > 1]
    return "".join("\t".join(escaped(field) for field in row) + "\n" for row in rows)


def main():
    check = sys.argv[1:] == ["--check"]
    differ = []
    for name, rows in FILES.items():
        path = os.path.join(HERE, name)
        wanted = content(rows())
        if not check:
            with open(path, "w", encoding="ascii") as stream:
                stream.write(wanted)
        elif open(path, encoding="ascii").read() != wanted:
            differ.append(name)
    if differ:
        sys.exit(f"not what make_vectors.py writes: {', '.join(differ)}")


if __name__ == "__main__":
    main()
