"""What mail software and people do to a code on its way, as steps that can be chained: to the lines, to the text, to its
bytes, to the part of the mail. Each step keeps every symbol; each is given random numbers of its own, so that a chain
without one of its steps is still the same otherwise."""
import base64
import bz2
import gzip
import html
import quopri
import re

import written_out
from packings import cms_signed, cms_signed_in_pieces, tarred, uuencoded, zipped

WORDS = ("please", "the plant stands still since Monday", "Grüße aus Łódź", "see below:", "Best regards",
         "order 4711-22", "on 3 Nov 2026 at 10:15 Ana wrote", "thank you", "Tel. +49 30 901820")


# ---- lines: functions of (lines, rng) ------------------------------------------------------------

def quoted(lines, rng):
    mark = rng.choice(("> ", ">", "| ", ">> ", "> > ", " : ", "Ana> ", "Ana Kovac> ", "AK> "))
    return [mark + line for line in lines]


def indented(lines, rng):
    return [rng.choice(("  ", "\t", "      ", "\u00a0\u00a0", "\u3000")) + line + rng.choice(("", "  ", "\t"))
            for line in lines]


def lower_case(lines, _):
    return [line.lower() for line in lines]


def look_alikes(lines, rng):
    swaps = {"0": "Oo0", "1": "Il1"}
    return ["".join(rng.choice(swaps.get(c, c)) for c in line) if "=" not in line else line for line in lines]


def full_width(lines, _):
    return ["".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in line) for line in lines]


def digits_of_another_script(lines, rng):
    zero = rng.choice((0x660, 0x6F0, 0x966, 0xE50))
    return [line.translate({ord("0") + n: chr(zero + n) for n in range(10)}) for line in lines]


def doubled_breaks(lines, _):
    return [piece for line in lines for piece in (line, "")]


def grouped(lines, rng):
    size, between = rng.choice((4, 5, 8)), rng.choice((" ", "-", ".", "\u00a0", "\u2011", " - ", "\u2009"))
    return [between.join(re.findall(f".{{1,{size}}}", line)) for line in lines]


def soft_hyphens(lines, rng):
    size = rng.choice((7, 12, 30))
    return [rng.choice("\u00ad\u200b\u2060\ufeff\u200d").join(re.findall(f".{{1,{size}}}", line)) for line in lines]


def starred(lines, rng):
    mark = rng.choice(("**", "_", "`", '"', "\u201c", "*"))
    return [mark + line + mark for line in lines]


def wrapped(lines, rng):
    width = rng.choice((38, 48, 58, 72))
    return [piece for line in lines for piece in re.findall(f".{{1,{width}}}", line) or [""]]


def flowed(lines, rng):
    """Lines that end with a blank go on in the next one (RFC 3676)."""
    width = rng.choice((40, 66))
    return [piece for line in lines for piece in re.sub(f"(.{{{width}}})(?=.)", "\\1 \n", line).split("\n")]


def run_together(lines, rng):
    return [rng.choice((" ", "  ", "\t")).join(lines)]


def numbered(lines, rng):
    form = rng.choice(("{:2d}: {}", "{}. {}", "({}) {}", "{:3d}  {}", "[{}] {}", "line {}: {}"))
    return [form.format(number + 1, line) for number, line in enumerate(lines)]


def text_between(lines, rng):
    at = rng.randrange(len(lines) + 1)
    return lines[:at] + ["", rng.choice(WORDS), ""] + lines[at:]


def swapped(lines, rng):
    """Two lines change their places."""
    a, b = sorted(rng.sample(range(len(lines)), 2))
    return lines[:a] + [lines[b]] + lines[a + 1:b] + [lines[a]] + lines[b + 1:]


# Numbers or words before a line are told from its symbols by where lines begin, so they come last.
EARLY = (lower_case, look_alikes, full_width, grouped, soft_hyphens, doubled_breaks, indented, starred,
         digits_of_another_script)
BREAKS = (wrapped, flowed, run_together)
PLACED = (numbered, text_between)
LATE = (quoted, indented, doubled_breaks)


# ---- text: functions of (lines, rng) that give (subtype, text) -----------------------------------

def as_plain(lines, _):
    return "plain", "\n".join(lines) + "\n"


def as_pgp(lines, _):
    escaped = "".join(("- " if line.startswith("-") else "") + line + "\n" for line in lines)
    return "plain", ("-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n" + escaped + "-----BEGIN PGP SIGNATURE-----\n\n"
                     "iHUEARYKAB0WIQT2nmVrPDlSWXfYoEPDUmvq3QYFAmOb\n=Zk3A\n-----END PGP SIGNATURE-----\n")


def as_forward(lines, _):
    return "plain", ("\n---------- Forwarded message ---------\nFrom: Ben <ben@plant.example.com>\n"
                     "Date: Wed, 4 Nov 2026 at 17:02\nSubject: request\n\n" + "\n".join(lines) + "\n")


def _tagged(line, rng):
    """The line as HTML, with tags within it, and some of its characters as entities."""
    at = sorted(rng.choices(range(len(line) + 1), k=rng.randrange(4)))
    pieces = [html.escape(line[a:b]) for a, b in zip([0, *at], [*at, len(line)])]
    if rng.random() < 0.2:
        pieces = ["".join(f"&#{ord(c)};" if c.isdigit() else c for c in piece) if "&" not in piece else piece
                  for piece in pieces]
    return rng.choice(("<wbr>", "<b></b>", "<!-- 1Z -->", "</span><span>", "&shy;", "&#8203;",
                       "<i style='display:none'>7Z</i>")).join(pieces)


def as_html(lines, rng):
    cells = [_tagged(line, rng) for line in lines]
    form = rng.choice(("br", "p", "tr", "pre", "quote"))
    body = {"br": "<br>\n".join(cells), "p": "".join(f"<p class=x>{cell}</p>" for cell in cells),
            "tr": "<table>" + "".join(f"<tr><td>{cell}</td></tr>" for cell in cells) + "</table>",
            "pre": "<pre>" + "\n".join(cells) + "</pre>",
            "quote": "<blockquote>" + "<br>".join(cells) + "</blockquote>"}[form]
    return "html", f"<html><body>{body}</body></html>\n"


def as_dump(lines, rng):
    return "plain", rng.choice(written_out.DUMPS)(("\n".join(lines) + "\n").encode())


def as_other_base(lines, rng):
    return "plain", rng.choice(written_out.BASES)(("\n".join(lines) + "\n").encode())


FORMS = (as_plain,) * 6 + (as_html,) * 4 + (as_pgp, as_forward) * 2 + (as_dump, as_other_base)


# ---- bytes: functions of (text, rng) that give (charset, bytes) ----------------------------------

def _coded(label, codec):
    def step(text, _):
        return label, text.encode(codec, "replace")
    step.__name__ = f"{codec}_called_{label}"
    return step


CHARSETS = tuple(_coded(*pair) for pair in (
    ("utf-8", "utf-8"), ("utf-8", "utf-8"), ("utf-8", "utf-8"), ("us-ascii", "utf-8"), ("gb2312", "utf-8"),
    ("utf-8", "utf-16"), ("utf-16", "utf-16"), ("us-ascii", "utf-16-le"), ("utf-16be", "utf-16-be"),
    ("utf-32", "utf-32"), ("us-ascii", "utf-32-le"), ("utf-8", "utf-32-be"), ("utf-7", "utf-7"), ("utf-8", "utf-8-sig"),
    ("iso-2022-jp", "iso2022_jp"), ("us-ascii", "iso2022_jp"), ("iso-2022-kr", "iso2022_kr"), ("hz-gb-2312", "hz"),
    ("windows-1252", "cp1252"), ("koi8-r", "koi8-r"), ("shift_jis", "shift_jis"), ("x-unknown", "cp1252")))


# ---- transfer encodings: functions of (bytes, rng) that give (name, bytes) -----------------------

def _base64(data, width=76):
    text = base64.b64encode(data).decode()
    return "\n".join(text[i:i + width] for i in range(0, len(text), width)) + "\n"


def encoding_none(data, _):
    return "8bit", data


def encoding_base64(data, rng):
    return "base64", _base64(data, rng.choice((60, 64, 72, 76, 100, 10 ** 6))).encode()


def encoding_base64_unnamed(data, _):
    return "7bit", _base64(data).encode()


def encoding_base64_in_two_runs(data, rng):
    at = rng.randrange(len(data))
    return "base64", (_base64(data[:at]) + _base64(data[at:])).encode()


def encoding_base64_and_footer(data, _):
    return "Base64 ", (_base64(data) + "\n--------\nChecked for viruses by the gateway of the plant.\n").encode()


def encoding_base64_twice(data, _):
    return "base64", _base64(_base64(data).encode()).encode()


def encoding_quoted(data, _):
    return "quoted-printable", quopri.encodestring(data)


def encoding_quoted_unnamed(data, _):
    return "7bit", quopri.encodestring(data)


def encoding_quoted_with_blanks(data, _):
    return "quoted-printable", quopri.encodestring(data).replace(b"=\n", b"=  \n")


ENCODINGS = (encoding_base64, encoding_base64, encoding_quoted, encoding_quoted, encoding_base64_in_two_runs,
             encoding_base64_and_footer, encoding_base64_twice, encoding_base64_unnamed, encoding_quoted_with_blanks)
# What tells by itself which encoding it is in, so that nothing is lost with the label.
SELF_EVIDENT = tuple(step for step in CHARSETS if re.match(r"utf-(8|16|32)", step.__name__))
ANY_LETTERS = tuple(step for step in SELF_EVIDENT if re.match(r"utf-(8|16_|32_)", step.__name__))
PLAIN_ENCODINGS = (encoding_none, encoding_none, encoding_none, encoding_quoted_unnamed, *ENCODINGS)
WIDE = ("utf-16", "utf-32")  # line ends of other bytes: such a text is always encoded


# ---- parts: functions of (part, rng) that give another part that holds it ------------------------

class Part:
    def __init__(self, content_type, encoding, body, content):
        self.content_type, self.encoding, self.body = content_type, encoding, body
        self.content = content  # the bytes without the encoding

    def entity(self):
        return (f"Content-Type: {self.content_type}\nContent-Transfer-Encoding: {self.encoding}\n\n").encode() + self.body


def attachment(content, name, content_type="application/octet-stream"):
    return Part(f'{content_type}; name="{name}"', "base64", _base64(content).encode(), content)


def _mail_around(part):
    return (b"From: Ben <ben@plant.example.com>\nTo: ana@plant.example.com\nSubject: request\n"
            b"Date: Wed, 04 Nov 2026 17:02:00 +0000\nMessage-ID: <7@plant.example.com>\nMIME-Version: 1.0\n" + part.entity())


def forwarded(part, _):
    mail = _mail_around(part)
    return Part("message/rfc822", "8bit", mail, mail)


def forwarded_as_file(part, _):
    return attachment(_mail_around(part), "request.eml")


def in_multipart(part, rng):
    line = f"inner-{rng.randrange(10 ** 6)}"
    body = (f"--{line}\nContent-Type: text/plain\n\nsee the other part\n--{line}\n".encode() + part.entity()
            + f"\n--{line}--\n".encode())
    return Part(f"multipart/mixed; boundary={line}", "8bit", body, body)


def zip_of_file(part, rng):
    return attachment(zipped({"code.txt": part.content, "readme": b"see code.txt\n"}, rng.random() < 0.3), "code.zip")


def zip_of_mail(part, _):
    return attachment(zipped({"mail/request.eml": _mail_around(part)}), "mail.zip", "application/zip")


def gzip_of_file(part, _):
    return attachment(gzip.compress(part.content, mtime=0), "code.gz")


def tar_of_file(part, _):
    return attachment(bz2.compress(tarred({"a/code.txt": part.content})), "code.tbz")


def uuencoded_in_text(part, _):
    body = f"the file:\n\n{uuencoded(part.content)}\nAna\n".encode()
    return Part("text/plain", "7bit", body, body)


def signed_opaque(part, rng):
    entity = part.entity().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    data = cms_signed(entity) if rng.random() < 0.5 else cms_signed_in_pieces(entity, rng.choice((77, 1000)))
    return attachment(data, "smime.p7m", "application/pkcs7-mime; smime-type=signed-data")


HEADERLESS = (in_multipart, uuencoded_in_text)  # what holds the encoded text, but not its header
UNLABELLED = (zip_of_file, gzip_of_file, tar_of_file, uuencoded_in_text)
PACKINGS = (forwarded, forwarded_as_file, in_multipart, zip_of_file, zip_of_mail, gzip_of_file, tar_of_file,
            uuencoded_in_text, signed_opaque)
