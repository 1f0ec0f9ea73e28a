"""Armored codes for the mail cases. They hold no real signature: who finds a code does not check it."""
import base64
import hashlib
import json

SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def _symbols(value, count):
    return "".join(SYMBOLS[value >> 5 * i & 31] for i in reversed(range(count)))


def _leading(data, bits):
    return int.from_bytes(hashlib.sha256(data).digest()[:4], "big") >> (32 - bits)


def _base32(data):
    bits = "".join(f"{byte:08b}" for byte in data)
    bits += "0" * (-len(bits) % 5)
    return "".join(SYMBOLS[int(bits[i:i + 5], 2)] for i in range(0, len(bits), 5))


def _b64u(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Code:
    """One code: its lines (title, first line, blocks, end title) and the JWS within it."""

    def __init__(self, name, kind="Q", title="USAGE REQUEST", text=None):
        typ = {"Q": "chariot-usage-request+jws", "D": "chariot-deactivation+jws"}[kind]
        header = json.dumps({"alg": "EdDSA", "typ": typ}, separators=(",", ":")).encode()
        payload = json.dumps({"instance": {"host": name}, "text": text or name * 30, "v": 1},
                             separators=(",", ":")).encode()
        signature = hashlib.sha512(name.encode()).digest()
        body = (len(header).to_bytes(2, "big") + header + len(payload).to_bytes(2, "big") + payload
                + signature)
        tag = _symbols(_leading(body, 30), 6)
        first = "CHAR" + kind + "1" + _symbols(len(body), 4) + tag
        self.data = [first + _symbols(_leading(first.encode(), 20), 4)]
        for number in range((len(body) + 34) // 35):
            block = body[35 * number:35 * number + 35]
            check = (_leading((kind + tag).encode() + block, 20) + number) % (1 << 20)
            self.data.append(_base32(block) + _symbols(check, 4))
        self.lines = [f"===== CHARIOT {title} ====="] + self.data + [f"===== END OF {title} ====="]
        self.text = "\n".join(self.lines)
        self.one_line = "".join(self.data)
        self.jws = ".".join(_b64u(part) for part in (header, payload, signature))
