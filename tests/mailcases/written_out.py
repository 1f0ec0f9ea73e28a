"""Texts as programs write out bytes: hexadecimal dumps, and bases that are not mail's own."""
import base64
import codecs
import textwrap


def xxd(data):
    """As xxd writes it: groups of two bytes, the characters beside them."""
    rows = []
    for at in range(0, len(data), 16):
        row = data[at:at + 16]
        groups = " ".join(row[i:i + 2].hex() for i in range(0, len(row), 2))
        rows.append(f"{at:08x}: {groups:39}  {_shown(row)}")
    return "\n".join(rows) + "\n"


def hexdump(data):
    """As hexdump -C writes it: a wider gap in the middle, bars around the characters, the length at the end."""
    rows = []
    for at in range(0, len(data), 16):
        row = data[at:at + 16]
        halves = row[:8].hex(" ") + "  " + row[8:].hex(" ")
        rows.append(f"{at:08x}  {halves:48}  |{_shown(row)}|")
    return "\n".join(rows) + f"\n{len(data):08x}\n"


def octal_offsets(data):
    """As od -t x1 writes it."""
    return "\n".join(f"{at:07o} {data[at:at + 16].hex(' ')}" for at in range(0, len(data), 16)) + "\n"


def with_capitals(data):
    """As PowerShell's Format-Hex and Wireshark write it."""
    return "\n".join(f"{at:04X}   {data[at:at + 16].hex(' ').upper():47}   {_shown(data[at:at + 16])}"
                     for at in range(0, len(data), 16)) + "\n"


def digits(data, width=76):
    return wrapped(data.hex(), width)


def digits_in_pairs(data):
    return "\n".join(data[at:at + 24].hex(" ") for at in range(0, len(data), 24)) + "\n"


def in_a_source_text(data):
    """As xxd -i writes it."""
    rows = [", ".join(f"0x{byte:02x}" for byte in data[at:at + 12]) for at in range(0, len(data), 12)]
    return "unsigned char request[] = {\n  " + ",\n  ".join(rows) + "\n};\n"


def of_a_database(data):
    return f" request | \\x{data.hex()}\n(1 row)\n"


def wrapped(text, width=76):
    return "\n".join(text[i:i + width] for i in range(0, len(text), width)) + "\n"


def base32(data):
    return wrapped(base64.b32encode(data).decode())


def ascii85(data):
    return base64.a85encode(data, adobe=True, wrapcol=76).decode() + "\n"


def ascii85_without_marks(data):
    return base64.a85encode(data, wrapcol=76).decode() + "\n"


def base85(data):
    return wrapped(base64.b85encode(data).decode(), 80)


def rot13(text):
    return codecs.encode(text, "rot13")


def quoted(text):
    return textwrap.indent(text, "> ", lambda line: True)


def _shown(data):
    return "".join(chr(byte) if 32 <= byte < 127 else "." for byte in data)


DUMPS = (xxd, hexdump, octal_offsets, with_capitals, digits, digits_in_pairs, in_a_source_text, of_a_database)
BASES = (base32, ascii85, ascii85_without_marks, base85)
