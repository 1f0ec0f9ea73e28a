"""The codes of an offline license trip, as a Chariot server writes and reads them.

Written from the public formats alone; nothing is shared with the issuer's own code, so two readings
of one specification check each other. Bytes in, bytes out: no files, no clock.
"""
import base64
import email
import email.policy
import hashlib
import itertools
import json
import re

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
VALUES = {symbol: value for value, symbol in enumerate(SYMBOLS)}
VALUES.update({"O": 0, "I": 1, "L": 1})

TITLES = {"Q": "USAGE REQUEST", "G": "USAGE LICENSE", "D": "DEACTIVATION"}
MOST_BODY = {"Q": 4096, "D": 4096, "G": 16384}
BLOCK = 35


class Refusal(Exception):
    """What cannot be done, in one line for the person at the license page."""


# ---- bytes as text ----------------------------------------------------------------------------

def b64u(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def b64u_read(text, size=None):
    """Strict: no padding, no other characters, no bits left over."""
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        raise Refusal("a part is no base64url") from None
    if b64u(data) != text or (size is not None and len(data) != size):
        raise Refusal("a part is no canonical base64url of its size")
    return data


def base32(data):
    bits = "".join(f"{byte:08b}" for byte in data)
    bits += "0" * (-len(bits) % 5)
    return "".join(SYMBOLS[int(bits[i:i + 5], 2)] for i in range(0, len(bits), 5))


def base32_number(number, count):
    return "".join(SYMBOLS[number >> 5 * (count - 1 - i) & 31] for i in range(count))


def leading_bits(data, bits):
    return int.from_bytes(hashlib.sha256(data).digest()[:4], "big") >> (32 - bits)


def symbols_for(size):
    return (8 * size + 4) // 5


def short_form(digest):
    text = base32(digest[:7])[:10]
    return f"{text[:5]}-{text[5:]}"


# ---- JSON ---------------------------------------------------------------------------------------

BIDI = {0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)}


def compact(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _no_duplicates(pairs):
    members = dict(pairs)
    if len(members) != len(pairs):
        raise Refusal("a member stands twice")
    return members


def _no_number(text):
    raise Refusal(f"{text} is no whole number")


def _check(value, depth, most):
    if depth > 8:
        raise Refusal("it has more than 8 levels")
    if isinstance(value, dict):
        for name, member in value.items():
            _check(name, depth, most)
            _check(member, depth + isinstance(member, (dict, list)), most)
    elif isinstance(value, list):
        for member in value:
            _check(member, depth + isinstance(member, (dict, list)), most)
    elif isinstance(value, str):
        if len(value) > most:
            raise Refusal("a string is too long")
        if any(ord(c) < 32 or 127 <= ord(c) < 160 or ord(c) in BIDI or 0xD800 <= ord(c) < 0xE000
               for c in value):
            raise Refusal("a string holds a control character")
    elif isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 1 << 53:
        raise Refusal("a number is too large")


def read_json(data, most=255):
    try:
        value = json.loads(data.decode(), object_pairs_hook=_no_duplicates,
                           parse_float=_no_number, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise Refusal("a part is no JSON") from None
    if not isinstance(value, dict):
        raise Refusal("a part is no JSON object")
    _check(value, 1, most)
    return value


# ---- Ed25519 --------------------------------------------------------------------------------------

PRIME = 2 ** 255 - 19
ORDER = 2 ** 252 + 27742317777372353535851937790883648493


def _field_inverse(value):
    return pow(value, PRIME - 2, PRIME)


def _small_order_ys():
    """The y coordinates of the points of the curve -x² + y² = 1 + d x² y² whose order divides 8.
    Of order 1, 2 and 4 are 1, -1 and 0. One of order 8 doubles to y = 0, so x² = -y², and the
    curve becomes d y⁴ + 2 y² - 1 = 0."""
    d = -121665 * _field_inverse(121666) % PRIME
    # y² = (-1 ± sqrt(1 + d)) / d
    root = _square_root((1 + d) % PRIME)
    found = {0, 1, PRIME - 1}
    for sign in (root, -root):
        y = _square_root((-1 + sign) * _field_inverse(d) % PRIME)
        if y is not None:
            found |= {y, PRIME - y}
    return found


def _square_root(value):
    root = pow(value, (PRIME + 3) // 8, PRIME)
    if root * root % PRIME != value:
        root = root * pow(2, (PRIME - 1) // 4, PRIME) % PRIME
    return root if root * root % PRIME == value else None


SMALL_ORDER = _small_order_ys()


def key_is_sound(raw):
    """Some public keys fit any message; others are written in two ways."""
    y = int.from_bytes(raw, "little") & ((1 << 255) - 1)
    return len(raw) == 32 and y < PRIME and y not in SMALL_ORDER


def signature_holds(raw_key, signature, message):
    if not key_is_sound(raw_key) or len(signature) != 64:
        return False
    if int.from_bytes(signature[32:], "little") >= ORDER:
        return False
    if int.from_bytes(signature[:32], "little") & ((1 << 255) - 1) >= PRIME:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(raw_key).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def public_bytes(private):
    return private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def jwk(raw_key):
    return {"crv": "Ed25519", "kty": "OKP", "x": b64u(raw_key)}


def thumbprint(raw_key):
    return hashlib.sha256(compact(jwk(raw_key))).digest()


# ---- JWS --------------------------------------------------------------------------------------------

def jws_sign(private, header, payload):
    signing_input = f"{b64u(compact(header))}.{b64u(compact(payload))}"
    return f"{signing_input}.{b64u(private.sign(signing_input.encode()))}"


class Jws:
    """A compact JWS taken apart."""

    def __init__(self, text):
        parts = text.split(".")
        if len(parts) != 3:
            raise Refusal("it is no compact JWS")
        self.text = text
        self.header = b64u_read(parts[0])
        self.payload = b64u_read(parts[1])
        self.signature = b64u_read(parts[2], 64)
        self.signing_input = f"{parts[0]}.{parts[1]}".encode()
        self.digest = hashlib.sha256(self.signing_input).digest()

    def body(self):
        return (len(self.header).to_bytes(2, "big") + self.header +
                len(self.payload).to_bytes(2, "big") + self.payload + self.signature)


def jws_from_body(body):
    try:
        end = 2 + int.from_bytes(body[:2], "big")
        start = end + 2
        stop = start + int.from_bytes(body[end:start], "big")
    except IndexError:
        stop = 0
    if len(body) < 68 or stop + 64 != len(body):
        raise Refusal("the lengths in the code are wrong")
    return f"{b64u(body[2:end])}.{b64u(body[start:stop])}.{b64u(body[stop:])}"


# ---- license keys -------------------------------------------------------------------------------------

def license_key_pair(text):
    """The key pair that comes from a license key as a person types it."""
    normal = re.sub(r"[\s-]", "", text).upper().translate(str.maketrans("OIL", "011"))
    if len(normal) == 25:
        if any(c not in SYMBOLS for c in normal):
            raise Refusal("the license key holds a character that no license key has")
        if SYMBOLS[leading_bits(normal[:24].encode(), 5)] != normal[24]:
            raise Refusal("the license key is mistyped: its last character does not fit")
    elif not re.fullmatch(r"[A-Z0-9]{16,}", normal):
        raise Refusal("that is no license key")
    seed = hashlib.sha256(b"chariot-license-key\0" + normal.encode()).digest()
    return Ed25519PrivateKey.from_private_bytes(seed)


# ---- armor ----------------------------------------------------------------------------------------------

def _tag(body):
    return base32_number(leading_bits(body, 30), 6)


def _block_check(kind, tag, data, number):
    return (leading_bits(kind.encode() + tag.encode() + data, 20) + number) % (1 << 20)


def armor(kind, jws):
    body = Jws(jws).body()
    if len(body) > MOST_BODY[kind]:
        raise Refusal("it is too long for a code")
    tag = _tag(body)
    first = f"CHAR{kind}1{base32_number(len(body), 4)}{tag}"
    lines = [f"===== CHARIOT {TITLES[kind]} =====",
             first + base32_number(leading_bits(first.encode(), 20), 4)]
    for number, start in enumerate(range(0, len(body), BLOCK)):
        data = body[start:start + BLOCK]
        lines.append(base32(data) + base32_number(_block_check(kind, tag, data, number), 4))
    lines.append(f"===== END OF {TITLES[kind]} =====")
    return "\n".join(lines) + "\n"


class _Stream:
    """The letters and digits of a text, upper case, and where its lines begin among them; the rest
    is decoration. A place that was read becomes None."""

    def __init__(self, text):
        self.letters, self.starts = [], set()
        for line in text.upper().splitlines():
            self.starts.add(len(self.letters))
            self.letters += [c for c in line if "0" <= c <= "9" or "A" <= c <= "Z"]
        self.values = [VALUES.get(c) for c in self.letters]


def _number(values):
    number = 0
    for value in values:
        if value is None:
            return None
        number = number << 5 | value
    return number


def _headers(stream, kind):
    """Every first line in the stream as (length, tag); where one ends a block may begin."""
    letters, found = stream.letters, []
    for at in range(len(letters) - 19):
        if letters[at:at + 5] != ["C", "H", "A", "R", kind]:
            continue
        values = stream.values[at + 5:at + 20]
        if values[0] != 1 or None in values:
            continue
        first = "CHAR" + kind + "".join(SYMBOLS[value] for value in values[:11])
        header = (_number(values[1:5]), first[10:])
        if (leading_bits(first.encode(), 20) == _number(values[11:]) and
                68 <= header[0] <= MOST_BODY[kind]):
            stream.starts.add(at + 20)
            found.append(header)
    return found


class _Blocks:
    """The blocks of one code as they are found. A check has only 20 bits, so a place in the middle
    of a line can seem to be a block: places where one should begin are read first, and where
    two stretches claim a number the tag decides."""

    def __init__(self, kind, header):
        self.kind, (self.length, self.tag) = kind, header
        self.count = (self.length + BLOCK - 1) // BLOCK
        self.last = self.length - BLOCK * (self.count - 1)
        self.found = {}

    def missing(self):
        return [n for n in range(self.count) if n not in self.found]

    def _read(self, values, at, size):
        """The number of the block at a place, and its bytes; (None, None) if there is none."""
        symbols = symbols_for(size)
        number = _number(values[at:at + symbols + 4])
        fill = 5 * symbols - 8 * size
        if number is None or at + symbols + 4 > len(values) or number >> 20 & ((1 << fill) - 1):
            return None, None
        data = (number >> 20 + fill).to_bytes(size, "big")
        place = (number - _block_check(self.kind, self.tag, data, 0)) % (1 << 20)
        fits = place < self.count and size == (self.last if place == self.count - 1 else BLOCK)
        return (place, data) if fits else (None, None)

    def _take(self, stream, at, wanted):
        """Reads a block at a place if there is a wanted one; the place after it, or None."""
        for size in {BLOCK, self.last}:
            number, data = self._read(stream.values, at, size)
            if number in wanted:
                candidates = self.found.setdefault(number, [])
                if data not in candidates:
                    candidates.append(data)
                return at + symbols_for(size) + 4
        return None

    def read_starts(self, stream):
        """Reads where lines begin, and on from every block: joined and wrapped lines too."""
        for at in sorted(stream.starts):
            after = self._take(stream, at, range(self.count))
            while after is not None:
                stream.values[at:after] = [None] * (after - at)
                at, after = after, self._take(stream, after, range(self.count))

    def read_everywhere(self, stream):
        """Looks at every place that was not read yet for what is still missing."""
        wanted = self.missing()
        for at in range(len(stream.values)) if wanted else ():
            self._take(stream, at, wanted)

    def body(self):
        """The body whose tag is right, or None."""
        choices = [self.found[number] for number in range(self.count)]
        for parts in itertools.islice(itertools.product(*choices), 4096):
            if _tag(b"".join(parts)) == self.tag:
                return b"".join(parts)
        return None


def _variants(text):
    unquoted = re.sub(r"(?m)^(?:\s*\w{0,12}\s?[>|]\s?)+", "", text)
    return [_Stream(text), _Stream(unquoted)]


def _find_armored(text, kind):
    """The whole codes of a kind in a text, and what is wrong with those that are not."""
    found, problem = [], None
    for header in dict.fromkeys(h for s in _variants(text) for h in _headers(s, kind)):
        blocks = _Blocks(kind, header)
        streams = _variants(text)
        for stream in streams:
            _headers(stream, kind)
            blocks.read_starts(stream)
        for stream in streams:
            blocks.read_everywhere(stream)
        missing = blocks.missing()
        body = None if missing else blocks.body()
        if body is not None:
            found.append(jws_from_body(body))
        elif missing:
            lines = ", ".join(str(number + 1) for number in missing)
            problem = f"lines {lines} of the code are missing or wrong"
        else:
            problem = "the code is damaged"
    return found, problem


def find_codes(text, kind="G"):
    """The compact JWS of every whole code in a text, armored or compact; a Refusal where there is
    only a damaged one or none."""
    found = re.findall(r"(?<![\w.-])[\w-]{20,}\.[\w-]{20,}\.[\w-]{86}(?![\w.-])", text, re.ASCII)
    armored, problem = _find_armored(text, kind)
    found += armored
    if not found:
        raise Refusal(problem or f"there is no {TITLES[kind].lower()} in this text")
    return list(dict.fromkeys(found))


def texts_of(data):
    """The texts of what a person uploads: a text, or a mail with its parts and attachments."""
    if isinstance(data, str):
        data = data.encode()
    text = data.decode("utf-8", "replace")
    if re.match(r"(?:From |[A-Za-z-]+:[ \t])", text):
        mail = email.message_from_bytes(data, policy=email.policy.default)
        for part in mail.walk():
            if not part.is_multipart():
                yield (part.get_payload(decode=True) or b"").decode("utf-8", "replace")
    yield text
