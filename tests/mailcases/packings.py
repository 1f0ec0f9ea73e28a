"""Ways to pack a file or a mail into another, as old and new programs do it."""
import binascii
import io
import tarfile
import zipfile

PKCS7 = bytes.fromhex("06092a864886f70d0107")


def uuencoded(data, name="code.txt"):
    rows = [binascii.b2a_uu(data[i:i + 45], backtick=True).decode() for i in range(0, len(data), 45)]
    return f"begin 644 {name}\n" + "".join(rows) + "`\nend\n"


def zipped(files, stored=False):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, (2026, 11, 5, 9, 30, 0))
            archive.writestr(entry, data, archive.compression)
    return out.getvalue()


def tarred(files):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return out.getvalue()


# ---- CMS (RFC 5652), with nobody's signature -----------------------------------------------------

def _der(tag, *contents):
    data = b"".join(contents)
    length = len(data)
    if length < 128:
        return bytes([tag, length]) + data
    size = (length.bit_length() + 7) // 8
    return bytes([tag, 128 + size]) + length.to_bytes(size, "big") + data


def _ber(tag, *contents):
    """The same with an indefinite length."""
    return bytes([tag, 0x80]) + b"".join(contents) + b"\0\0"


def _content_info(wrap, octets, kind):
    version, no_set = _der(0x02, b"\x01"), _der(0x31)
    inner = wrap(0x30, PKCS7 + b"\x01", wrap(0xA0, octets))
    return wrap(0x30, PKCS7 + bytes([kind]), wrap(0xA0, wrap(0x30, version, no_set, inner, no_set)))


def cms_signed(content, kind=2):
    """Signed-data in DER; another `kind` gives it another name (3: enveloped-data)."""
    return _content_info(_der, _der(0x04, content), kind)


def cms_signed_in_pieces(content, size):
    """Signed-data with indefinite lengths, its content in pieces of `size` bytes."""
    pieces = [_der(0x04, content[i:i + size]) for i in range(0, len(content), size)]
    return _content_info(_ber, _ber(0x24, *pieces), 2)
