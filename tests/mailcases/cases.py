"""Mails as real software damages them, each with what must come of it.

A case is a function that returns {file name: bytes}; beside it stands what is expected of each
mail, in order: (kind, reply_to, codes found intact, codes reported damaged); `why` stands in the line
that a person gets of the last one; "": there is no line.
"""
import base64
import binascii
import bz2
import gzip
import html
import json
import lzma
import urllib.parse

import outlook
import written_out
from codes import Code
from packings import cms_signed, cms_signed_in_pieces, tarred, uuencoded, zipped

OWN = "licenses@vendor.test"
LIST = "licensing@vendor.test"
A = Code("alpha")
B = Code("beta")
D = Code("gamma", "D", "DEACTIVATION")
MANY = [Code(f"server-{number}") for number in range(70)]
WHO = "ines@pumphouse.example.com"
FROM = f"Ines Okafor <{WHO}>"
SEPARATOR = b"From ines@pumphouse.example.com Thu Nov  5 09:30:00 2026\n"

CASES = []


def case(*expected, why=None):
    def register(function):
        CASES.append((function.__name__, function, list(expected), why))
        return function
    return register


def issued(code=A, who=WHO):
    return ("person", who, [code.jws], 0)


DAMAGED = ("person", WHO, [], 1)
NOTHING = ("person", WHO, [], 0)


def mail(body, headers=(), sender=FROM, number=1, eol="\n"):
    """A mail; bytes stay as they are, text gets the line ends."""
    rows = [f"From: {sender}"] if sender else []
    rows += [f"To: {OWN}", "Subject: request", "Date: Thu, 05 Nov 2026 09:30:00 +0000",
             f"Message-ID: <{number}@pumphouse.example.com>", *headers, "", ""]
    if isinstance(body, str):
        body = body.replace("\n", eol).encode()
    return eol.join(rows).encode("latin-1") + body


def mixed(*parts, boundary="cut-here", close=True):
    text = b"".join(f"--{boundary}\n".encode() + (p if isinstance(p, bytes) else p.encode()) + b"\n"
                    for p in parts)
    return text + (f"--{boundary}--\n".encode() if close else b"")


def mixed_mail(*parts, **options):
    return mail(mixed(*parts, **options), ['Content-Type: multipart/mixed; boundary="cut-here"'])


def b64(data, width=76):
    text = base64.b64encode(data if isinstance(data, bytes) else data.encode()).decode()
    return "\n".join(text[i:i + width] for i in range(0, len(text), width)) + "\n"


def attached(text, encoding="base64", content_type="application/octet-stream; name=code.bin"):
    return (f"Content-Type: {content_type}\nContent-Transfer-Encoding: {encoding}\n"
            f"Content-Disposition: attachment\n\n{text}")


def mbox(*mails):
    return b"".join(SEPARATOR + m + (b"\n" if m.endswith(b"\n") else b"\n\n") for m in mails)


def one(data):
    return {"mail.eml": data}


TEXT = f"Good morning,\n\n{A.text}\n\nInes\n"
B64 = ["Content-Transfer-Encoding: base64"]
QP = ["Content-Transfer-Encoding: quoted-printable"]
HTML = ["Content-Type: text/html; charset=utf-8"]


@case(issued())
def plain():
    return one(mail(TEXT))


@case(issued())
def plain_crlf():
    return one(mail(TEXT, eol="\r\n"))


@case(("person", WHO, [A.jws, B.jws], 0))
def two_codes():
    return one(mail(A.text + "\n\nand the other server\n\n" + B.text + "\n"))


@case(("person", WHO, [D.jws, A.jws], 0))
def deactivation_and_request():
    return one(mail(D.text + "\n\n" + A.text + "\n"))


@case(("person", WHO, [code.jws for code in MANY[:64]], 1))
def more_codes_than_are_listed():
    return one(mail("\n\n".join(code.text for code in MANY) + "\n"))


@case(("person", WHO, [code.jws for code in MANY[:64]], 1))
def more_compact_codes_than_are_listed():
    return one(mail("\n\n".join(code.jws for code in MANY) + "\n"))


@case(issued())
def twice_in_one_mail():
    return one(mixed_mail("\n" + TEXT, attached(b64(A.text))))


@case(DAMAGED)
def end_missing():
    return one(mail("\n".join(A.lines[:-3]) + "\n"))


@case(issued())
def pasted_on_one_line():
    return one(mail("code: " + " ".join(A.lines) + " thanks\n"))


@case(issued())
def wrapped_at_50():
    return one(mail("\n".join(A.one_line[i:i + 50] for i in range(0, len(A.one_line), 50)) + "\n"))


ANSWERS_US = ["In-Reply-To: <lic-1@vendor.test>", "References: <1@pumphouse.example.com> <lic-1@vendor.test>"]
THREAD = "".join(f"> {row}\n" for row in ["Here is your license.", "", "Ines wrote:", *(f"> {row}" for row in A.lines)])


@case(NOTHING)
def thanks_with_the_thread_below():
    return one(mail("Works now, thanks!\n\nLicensing wrote:\n" + THREAD, ANSWERS_US))


@case(("person", WHO, [B.jws], 0))
def another_server_above_the_thread():
    return one(mail(f"The other one, please:\n\n{B.text}\n\nLicensing wrote:\n" + THREAD, ANSWERS_US))


@case(issued())
def sent_again_in_a_file_above_the_thread():
    return one(mail(mixed("\nAs a file.\n\nLicensing wrote:\n" + THREAD.replace(A.lines[5], A.lines[5][::-1]),
                          attached(b64(A.text))),
                    [*ANSWERS_US, 'Content-Type: multipart/mixed; boundary="cut-here"']))


@case(issued())
def quoted_twice():
    return one(mail("\n".join(">> " + line for line in A.lines) + "\n"))


@case(issued())
def blanks_between_groups():
    rows = [" ".join(line[i:i + 5] for i in range(0, len(line), 5)) for line in A.data]
    return one(mail("\n".join(rows) + "\n"))


@case(issued())
def base64_text():
    return one(mail(b64(TEXT), B64))


@case(issued())
def base64_two_runs():
    half = len(TEXT) // 2
    while half % 3 == 0:
        half += 1
    return one(mail(b64(TEXT[:half]) + b64(TEXT[half:]), B64))


@case(issued())
def base64_footer():
    return one(mail(b64(TEXT) + "\n--------\nChecked for viruses by the plant's gateway.\n", B64))


@case(issued())
def base64_stray_and_unpadded():
    rows = b64(TEXT + " ").rstrip("=\n").split("\n")
    rows[1] = rows[1][:20] + "!" + rows[1][20:] + "  "
    rows.insert(3, "")
    return one(mail("\n".join(rows), B64))


@case(issued())
def base64_name_in_odd_form():
    return one(mail(b64(TEXT), ["Content-Transfer-Encoding: (old gateway) Base64 ;  "]))


@case(issued())
def base64_of_base64():
    return one(mail(b64(b64(TEXT)), B64))


@case(issued())
def base64_not_declared():
    return one(mail(b64(TEXT), ["Content-Transfer-Encoding: 7bit"]))


@case(issued())
def unknown_encoding():
    return one(mail(TEXT, ["Content-Transfer-Encoding: x-plant-own"]))


@case(issued())
def encoding_that_is_not_there():
    return one(mail(TEXT, B64))


@case(issued())
def quoted_printable_soft_breaks():
    body = "=\n".join(A.one_line[i:i + 70] for i in range(0, len(A.one_line), 70))
    return one(mail("Code =3D\n\n" + body + "\n", QP))


@case(issued())
def quoted_printable_blanks_after_breaks():
    body = "= \t\n".join(A.one_line[i:i + 70] for i in range(0, len(A.one_line), 70))
    return one(mail(body + "\n", QP))


@case(issued())
def quoted_printable_everything():
    return one(mail("=\n".join(f"={byte:02x}" for byte in A.text.encode()) + "\n", QP))


@case(issued())
def utf16_file_without_mark():
    return one(mixed_mail("\nsee file\n", attached(b64(TEXT.encode("utf-16-be")))))


@case(issued())
def utf16_file_with_mark():
    return one(mixed_mail("\nsee file\n", attached(b64(TEXT.encode("utf-16")))))


@case(issued())
def utf32_file_with_mark():
    return one(mixed_mail(attached(b64(TEXT.encode("utf-32")))))


@case(issued())
def byte_order_mark():
    return one(mail(b"\xef\xbb\xbf" + TEXT.encode(), ["Content-Type: text/plain; charset=utf-8"]))


@case(issued())
def unheard_of_charset():
    return one(mail("Grüße\n".encode("latin-1") + TEXT.encode(),
                    ["Content-Type: text/plain; charset=x-nowhere"]))


@case(issued())
def japanese_escapes():
    return one(mail(("コードです\n" + TEXT).encode("iso2022_jp"),
                    ["Content-Type: text/plain; charset=iso-2022-jp"]))


@case(issued())
def charset_named_with_underscores():
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in TEXT)
    return one(mail(wide.encode("euc_jp"), ["Content-Type: text/plain; charset=euc_jp"]))


@case(issued())
def zero_bytes_in_text():
    return one(mail(b"a\0b\0\0c\n" * 50 + TEXT.encode()))


@case(issued())
def html_with_breaks():
    return one(mail("<html><body>Hello<br>" + "<br>".join(A.lines) + "</body></html>", HTML))


@case(issued())
def html_table_rows():
    rows = "".join(f"<tr><td>{line}</td></tr>" for line in A.lines)
    return one(mail(f"<table>{rows}</table>", HTML))


@case(issued())
def html_with_inline_tags():
    rows = "<br>".join(f"<span>{line[:9]}</span><wbr><b>{line[9:]}</b>" for line in A.data)
    return one(mail(rows, HTML))


@case(issued())
def html_with_entities():
    rows = "<br>".join("".join(f"&#{ord(c)};" for c in line) for line in A.data)
    return one(mail(rows, HTML))


@case(issued())
def html_only_is_whole():
    cut = "\n" + "\n".join(A.lines[:4]) + "\n"
    html = "Content-Type: text/html\n\n<pre>" + A.text + "</pre>\n"
    return one(mixed_mail(cut, html))


@case(issued())
def html_with_entities_that_nothing_ends():
    rows = "<br>".join(f"{line[:20]}&nbsp{line[20:30]}&shy{line[30:40]}&#8203 {line[40:]}" for line in A.data)
    return one(mail(rows, HTML))


@case(issued())
def text_with_the_colours_of_a_terminal():
    return one(mail("\n".join(f"\x1b[1;32m{line[:10]}\x1b[0m{line[10:]}\x1b[K" for line in A.lines) + "\n"))


def with_look_alikes(alphabet, kept=""):
    """Every line of a code with letters of another alphabet that look the same."""
    return "\n".join("".join(alphabet.get(c, c) for c in line) for line in A.lines) + "\n" + kept


CYRILLIC = dict(zip("ABCEHKMPTXY", "\u0410\u0412\u0421\u0415\u041d\u041a\u041c\u0420\u0422\u0425\u0423"))
GREEK = dict(zip("ABEZHKMNPTYX", "\u0391\u0392\u0395\u0396\u0397\u039a\u039c\u039d\u03a1\u03a4\u03a5\u03a7"))
UTF8 = ["Content-Type: text/plain; charset=utf-8"]


@case(issued())
def cyrillic_look_alikes_in_every_line():
    return one(mail(with_look_alikes(CYRILLIC, "\u0421 \u0443\u0432\u0430\u0436\u0435\u043d\u0438\u0435\u043c\n"), UTF8))


@case(issued())
def greek_look_alikes_in_every_line():
    return one(mail(with_look_alikes(GREEK), UTF8))


@case(issued())
def look_alikes_of_several_alphabets_in_small_letters():
    small = {c.lower(): w.lower() for c, w in CYRILLIC.items()}
    text = "\n".join("".join(small.get(c, c) for c in line.lower()) for line in A.data)
    return one(mail(text + "\n", UTF8))


@case(DAMAGED)
def look_alikes_in_a_code_that_has_a_wrong_line_too():
    lines = with_look_alikes(CYRILLIC).split("\n")
    lines[3] = lines[3][:20] + ("0" if lines[3][20] != "0" else "1") + lines[3][21:]
    return one(mail("\n".join(lines), UTF8))


@case(issued())
def text_with_entities_that_nothing_ends():
    return one(mail("\n".join(f"{line[:20]}&nbsp{line[20:40]}&shy{line[40:]}" for line in A.data) + "\n"))


def html_hiding(style, code=A, sheet=""):
    return mail(f"<html><head><style>{sheet}</style></head><body><p>Hello, <span {style}>"
                + "<br>".join(code.lines) + "</span> please</p></body></html>", HTML)


@case(NOTHING)
def html_hides_a_code():
    return one(html_hiding('style="color:red; Display : NONE !important"'))


@case(NOTHING)
def html_hides_a_code_by_a_sheet():
    sheet = "/* p { */ @media (max-width:9px) { .x { color:red } } .x, #note { visibility: hidden; }"
    return one(html_hiding('class="a x"', sheet=sheet))


@case(NOTHING)
def html_hides_a_code_by_size():
    return one(html_hiding('style="font-size:0px"'))


@case(issued())
def html_shows_what_a_wrapper_without_size_holds():
    body = "<br>".join(A.lines)
    return one(mail(f'<div style="font-size:0"><p style="font-size:13px">{body}</p></div>', HTML))


@case(issued())
def html_hides_a_remark_within_the_code():
    rows = "<br>".join(f"{line[:9]}<span hidden>1Z0Z</span>{line[9:]}" for line in A.lines)
    return one(mail(rows, HTML))


@case(issued(B))
def html_hides_another_code():
    shown = "\n" + B.text + "\n"
    hidden = "Content-Type: text/html\n\n<p style='opacity:0'>" + "<br>".join(A.lines) + "</p>\n"
    return one(mixed_mail(shown, hidden))


@case(issued())
def html_hides_what_the_text_shows():
    hidden = "Content-Type: text/html\n\n<p style='display:none'>" + "<br>".join(A.lines) + "</p>\n"
    return one(mixed_mail("\n" + A.text + "\n", hidden))


@case(issued())
def file_with_misleading_name():
    return one(mixed_mail("\nsee picture\n", attached(b64(TEXT), content_type="image/png; name=a.png")))


@case(issued())
def forwarded_mails():
    inner = mail(b64(TEXT), B64, sender="Office <office@pumphouse.example.com>")
    middle = mail(b"--m\nContent-Type: message/rfc822\n\n" + inner + b"\n--m--\n",
                  ["Content-Type: multipart/mixed; boundary=m"], sender="lead@pumphouse.example.com")
    return one(mixed_mail("\nplease issue\n", b"Content-Type: message/rfc822\n\n" + middle))


@case(issued())
def forwarded_mail_encoded():
    inner = mail(b64(TEXT), B64 + ["MIME-Version: 1.0"], sender="office@pumphouse.example.com")
    return one(mixed_mail("\nsee below\n", attached(b64(inner), content_type="message/rfc822")))


@case(issued())
def forwarded_mail_as_file():
    inner = mail(b64(TEXT), B64 + ["MIME-Version: 1.0"], sender="office@pumphouse.example.com")
    return one(mixed_mail("\nsee file\n", attached(b64(inner), content_type="application/x-eml")))


@case(issued())
def uuencoded_in_the_text():
    return one(mail("Hello,\n\n" + uuencoded(TEXT.encode()) + "\nInes\n"))


@case(("person", WHO, [A.jws, B.jws], 0))
def uuencoded_files_one_of_them_quoted():
    quoted = "".join(f"> {line}\n" for line in uuencoded(B.text.encode(), "b.txt").splitlines())
    return one(mail(uuencoded(TEXT.encode()) + "\nand of May:\n" + quoted))


@case(issued())
def uuencoded_with_blanks_cut_off_and_no_end():
    rows = uuencoded(TEXT.encode()).replace("`", " ").splitlines()[:-2]
    return one(mail("\n".join(row.rstrip() for row in rows) + "\n"))


@case(DAMAGED)
def uuencoded_with_a_line_lost():
    rows = uuencoded(A.text.encode()).splitlines(keepends=True)
    return one(mail("".join(rows[:4] + rows[5:])))


@case(issued())
def uuencoded_as_base64():
    return one(mail("begin-base64 644 code.txt\n" + b64(TEXT) + "====\n"))


@case(issued())
def uuencoded_in_html():
    rows = uuencoded(TEXT.encode()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return one(mail(f"<html><pre>{rows}</pre></html>", HTML))


def opaque(data, name="smime.p7m"):
    return [f"Content-Type: application/pkcs7-mime; smime-type=signed-data; name={name}", *B64], b64(data)


SIGNED_ENTITY = (b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
                 + b64(TEXT).replace("\n", "\r\n").encode())


@case(issued())
def signed_opaque():
    headers, body = opaque(cms_signed(SIGNED_ENTITY))
    return one(mail(body, headers))


@case(issued())
def signed_opaque_in_pieces_of_octets():
    headers, body = opaque(cms_signed_in_pieces(SIGNED_ENTITY, 100))
    return one(mail(body, headers))


@case(issued())
def signed_opaque_three_times():
    headers, body = opaque(cms_signed(cms_signed_in_pieces(cms_signed(SIGNED_ENTITY), 333)))
    return one(mail(body, headers))


@case(issued())
def signed_opaque_within_signed_opaque():
    headers, body = opaque(cms_signed(SIGNED_ENTITY))
    inner = "\r\n".join(headers + ["", body.replace("\n", "\r\n")]).encode()
    headers, body = opaque(cms_signed(inner))
    return one(mail(body, headers))


@case(issued())
def signed_opaque_under_another_name():
    return one(mixed_mail("\nsee file\n", attached(b64(cms_signed(SIGNED_ENTITY)))))


@case(issued())
def signed_opaque_text_without_header():
    headers, body = opaque(cms_signed(TEXT.encode()))
    return one(mail(body, headers))





def calendar(line_end):
    """An event with a file, its lines folded."""
    property_ = "ATTACH;VALUE=BINARY;ENCODING=BASE64;FMTTYPE=text/plain:" + base64.b64encode(TEXT.encode()).decode()
    rows = [property_[i:i + 74] for i in range(0, len(property_), 74)]
    return line_end.join(["BEGIN:VCALENDAR", "VERSION:2.0", "BEGIN:VEVENT", "UID:1@pumphouse.example.com",
                          (line_end + " ").join(rows), "SUMMARY:server", "END:VEVENT", "END:VCALENDAR", ""])


@case(issued())
def file_in_a_calendar():
    return one(mixed_mail("\nsee below\n", "Content-Type: text/calendar; charset=utf-8\n\n" + calendar("\r\n")))


@case(issued())
def file_in_an_attached_calendar():
    return one(mixed_mail("\nsee file\n", attached(b64(calendar("\n")), content_type="application/ics; name=a.ics")))


def with_subject(code, words):
    """A mail with the code in its subject, in encoded words of so many bytes."""
    data = " ".join(code.lines).encode()
    rows = ["=?utf-8?B?" + base64.b64encode(data[i:i + words]).decode() + "?=" for i in range(0, len(data), words)]
    return mail("see subject\n").replace(b"Subject: request", b"Subject: " + "\n ".join(rows).encode())


@case(issued())
def code_in_the_subject():
    return one(with_subject(A, 45))


@case(issued())
def code_in_the_subject_in_words_that_part_its_groups():
    return one(with_subject(A, 31))


@case(NOTHING, why="request.pdf (a PDF file; ask for it as text)")
def pdf_attached():
    pdf = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Length 44 >>\nstream\n" + bytes(range(44)) + b"\nendstream\n"
    return one(mixed_mail("\nsee file\n", attached(b64(pdf), content_type="application/pdf; name=request.pdf")))


YENC = b"=ybegin line=128 size=%d name=code.txt\r\n%s\r\n=yend size=%d\r\n"


def in_yenc(data):
    moved = bytes((byte + 42) % 256 for byte in data)
    for sign in b"=\0\n\r":
        moved = moved.replace(bytes([sign]), b"=" + bytes([(sign + 64) % 256]))
    return YENC % (len(data), moved, len(data))


@case(NOTHING, why="yEnc")
def yenc_in_the_text():
    return one(mail(b"Hello,\r\n\r\n" + in_yenc(TEXT.encode())))


@case(NOTHING, why="yEnc")
def yenc_in_an_attached_text():
    return one(mixed_mail("\nSee below.\n", b"Content-Type: text/plain; name=code.ync\n\n" + in_yenc(TEXT.encode())))


@case(NOTHING, why="")
def text_that_speaks_of_yenc():
    return one(mail("Our gateway writes =ybegin before a file.\n=ybegin with a name\n"))


@case(NOTHING, why="ask for the same mail without encryption")
def encrypted_mail():
    headers, body = opaque(cms_signed(binascii.a2b_hex("00" * 300), kind=3))
    return one(mail(body, headers))


# ---- Outlook's -------------------------------------------------------------------------------

FIELDS = ("Received: from a.example by b.example;\r\n\tThu, 05 Nov 2026 09:30:01 +0000\r\n"
          "Content-Type: multipart/mixed; boundary=gone\r\n"
          + mail("", eol="\r\n").decode())
OF_OUTLOOK = (outlook.CLASS, outlook.UNICODE, "IPM.Note")


def winmail(**options):
    data = b64(outlook.winmail(**options))
    return one(mixed_mail("\n\n", attached(data, content_type="application/ms-tnef; name=winmail.dat")))


def saved(*properties, files=(), fields=FIELDS):
    """A .msg of a mail with these properties."""
    kept = [(outlook.HEADERS, outlook.UNICODE, fields)] if fields else []
    return outlook.msg([OF_OUTLOOK, *kept, *properties], files)


@case(issued())
def winmail_with_a_file():
    return winmail(files=[("code.txt", TEXT.encode())])


@case(issued())
def winmail_with_a_mail_as_a_file():
    return winmail(files=[("note.txt", b"see the mail"), ("mail.eml", mail(TEXT))])


@case(issued())
def winmail_with_rich_text_only():
    return winmail(rtf=outlook.rich_text(TEXT))


@case(issued())
def winmail_with_html_in_rich_text():
    return winmail(rtf=outlook.rich_html(TEXT))


@case(issued())
def winmail_cut_off_after_its_file():
    whole = outlook.winmail(files=[("code.txt", TEXT.encode()), ("more.txt", b"x" * 500)])
    return one(mixed_mail("\n\n", attached(b64(whole[:-300]), content_type="application/ms-tnef")))


@case(issued())
def rich_text_body_alone():
    kind = "application/rtf; name=rtf-body.rtf"
    return one(mixed_mail(attached(b64(outlook.rich_text(TEXT)), content_type=kind)))


@case(issued())
def rich_text_called_a_word_document():
    kind = "application/msword; name=request.doc"
    return one(mixed_mail("\nsee file\n", attached(b64(outlook.rich_text(TEXT)), content_type=kind)))


@case(issued())
def saved_mail_with_html_in_rich_text():
    return {"mail.msg": saved((outlook.RTF, outlook.BINARY, outlook.compressed(outlook.rich_html(TEXT))))}


@case(issued())
def saved_mail_with_a_file():
    file = [(outlook.FILE_NAME, outlook.UNICODE, "code.txt"), (outlook.FILE_DATA, outlook.BINARY, TEXT.encode())]
    return {"mail.msg": saved((outlook.BODY, outlook.UNICODE, "see file"), files=[file])}


@case(issued())
def saved_mail_with_html_in_its_code_page():
    page = (TEXT.replace("\n", "<br>") + "gr\xfc\xdfe").encode("cp1252")
    return {"mail.msg": saved((outlook.HTML, outlook.BINARY, page), (0x3FDE, outlook.LONG, 1252))}


@case(issued())
def saved_mail_without_fields():
    return {"mail.msg": saved((outlook.SENDER_TYPE, outlook.UNICODE, "EX"),
                              (outlook.SENDER, outlook.UNICODE, "/O=PUMPHOUSE/CN=INES"),
                              (outlook.SENDER_SMTP, outlook.UNICODE, WHO),
                              (outlook.BODY, outlook.UNICODE, TEXT), fields=None)}


@case(("person", None, [A.jws], 0))
def saved_mail_of_a_name_in_a_directory():
    return {"mail.msg": saved((outlook.SENDER_NAME, outlook.UNICODE, "Okafor, Ines"),
                              (outlook.SENDER_TYPE, outlook.UNICODE, "EX"),
                              (outlook.SENDER, outlook.UNICODE, f"/O=PUMPHOUSE/CN={WHO}"),
                              (outlook.BODY, outlook.UNICODE, TEXT), fields=None)}


@case(issued())
def saved_mail_attached_to_a_mail():
    inside = saved((outlook.RTF, outlook.BINARY, outlook.compressed(outlook.rich_text(TEXT))),
                   fields=FIELDS.replace(WHO, "somebody@other.example"))
    kind = "application/vnd.ms-outlook; name=request.msg"
    return one(mixed_mail("\nsee mail\n", attached(b64(inside), content_type=kind)))


@case(("unreadable", None, [], 0))
def compound_file_without_a_mail():
    return {"text.msg": outlook.compound_file({"WordDocument": TEXT.encode()})}


@case(("deleted", None, [], 0), issued())
def data_file():
    pst = outlook.Pst()
    inbox, deleted = pst.folder("Inbox"), pst.folder("Deleted Items")
    for number, folder in enumerate((deleted, inbox)):
        pst.mail(folder, [OF_OUTLOOK, (outlook.HEADERS, outlook.UNICODE, FIELDS.replace("<1@", f"<{number}@")),
                          (outlook.BODY, outlook.UNICODE, TEXT)])
    return {"mails.pst": pst.written()}


def packed(data, name="code.zip"):
    return one(mixed_mail("\nsee file\n", attached(b64(data), content_type=f"application/zip; name={name}")))


@case(issued())
def zip_attached():
    return packed(zipped({"notes.txt": b"hello\n", "server/code.txt": TEXT.encode()}))


@case(issued())
def zip_without_a_zips_name():
    return one(mixed_mail("\nsee picture\n", attached(b64(zipped({"a": TEXT.encode()})),
                                                      content_type="image/png; name=a.png")))


@case(issued())
def zip_of_a_mail_with_a_zip():
    inner = mixed_mail("\nhi\n", attached(b64(zipped({"code.txt": TEXT.encode()}))))
    return packed(zipped({"Fwd.eml": inner}))


@case(issued())
def zip_whose_end_is_lost():
    return packed(zipped({"code.txt": TEXT.encode(), "b.bin": bytes(range(256)) * 40}, stored=True)[:-900])


@case(issued())
def gzip_attached():
    return packed(gzip.compress(TEXT.encode("utf-16"), mtime=0), "code.txt.gz")


@case(issued())
def tars_attached():
    return packed(lzma.compress(tarred({"a/code.txt": bz2.compress(TEXT.encode())})), "logs.tar.xz")


@case(issued())
def word_document_attached():
    runs = "".join(f"<w:p><w:r><w:t>{line[:20]}</w:t></w:r><w:r><w:t>{line[20:]}</w:t></w:r></w:p>"
                   for line in A.lines)
    xml = f'<?xml version="1.0"?><w:document><w:body>{runs}</w:body></w:document>'
    return packed(zipped({"[Content_Types].xml": b"<Types/>", "word/document.xml": xml.encode()}), "code.docx")


def clear_signed(text):
    escaped = "".join(("- " if line.startswith("-") else "") + line + "\n" for line in text.split("\n"))
    return ("-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n" + escaped
            + "-----BEGIN PGP SIGNATURE-----\n\niHUEARYKAB0WIQT2nmVrPDlSWXfYoEPDUmvq3QYFAmOb\n"
              "=Zk3A\n-----END PGP SIGNATURE-----\n")


# A compact code in lines each of which begins with a dash that belongs to it, or with a letter.
DASHED = Code("dashes", text="-".join("\u00fe\u00ff>>>" for _ in range(60)))


def in_dashed_lines(jws):
    pieces = [piece if number == 0 else "-" + piece for number, piece in enumerate(jws.split("-"))]
    return "\n".join(pieces)


@case(issued(DASHED))
def clear_signed_compact_code():
    return one(mail(clear_signed("Hello\n\n" + in_dashed_lines(DASHED.jws) + "\n\n-- \nInes")))


@case(issued(DASHED))
def clear_signed_compact_code_quoted():
    text = clear_signed(in_dashed_lines(DASHED.jws))
    return one(mail("".join(f"> {line}\n" for line in text.splitlines())))


@case(issued())
def clear_signed_code():
    dashed = A.text.replace("=====", "-----")
    return one(mail(clear_signed(dashed)))


@case(issued())
def inner_boundary_begins_like_outer():
    inner = ("Content-Type: multipart/alternative; boundary=cut-here-2\n\n--cut-here-2\n\nhi\n"
             "--cut-here-2--\n")
    return one(mixed_mail(inner, attached(b64(TEXT))))


@case(issued())
def last_boundary_missing():
    return one(mixed_mail("\nhi\n", attached(b64(TEXT)), close=False))


@case(issued())
def boundary_parameter_torn_off():
    return one(mail(mixed("\nhi\n", attached(b64(TEXT))),
                    ["Content-Type: multipart/mixed;", "boundary=cut-here"]))


@case(issued())
def boundary_named_wrongly():
    return one(mail(mixed("Content-Type: text/plain\n\nhi\n", attached(b64(TEXT))),
                    ["Content-Type: multipart/mixed; boundary=somewhere-else"]))


@case(issued())
def second_content_type():
    return one(mail(mixed("Content-Type: text/plain\n\nhi\n", attached(b64(TEXT))),
                    ["Content-Type: text/plain", "Content-Type: multipart/mixed; boundary=cut-here"]))


@case(issued())
def no_empty_line_after_part_header():
    long = base64.b64encode(b"nothing to see in this table " * 300).decode()
    return one(mixed_mail(f"Content-Transfer-Encoding: base64\n{long}\n", attached(b64(TEXT))))


@case(("unreadable", None, [], 0))
def nested_too_deeply():
    opening = b"".join(b"Content-Type: multipart/mixed; boundary=\"d%d.\"\n\n--d%d.\n" % (i, i)
                       for i in range(300))
    start = mail("", [])[:-1]
    return one(start + opening + b"\n" + TEXT.encode())


@case(("unreadable", None, [], 0))
def too_many_parts():
    return one(mixed_mail(*["a:b\n\n\n"] * 8000, "\n" + TEXT))


@case(("person", None, [A.jws], 0))
def two_from_fields():
    return one(b"From: x@elsewhere.example.org\n" + mail(TEXT))


@case(issued())
def sender_instead_of_from():
    return one(mail(TEXT, [f"Sender: {FROM}"], sender=None))


@case(issued())
def our_list_rewrote_from():
    return one(mail(TEXT, [f"Reply-To: {FROM}", "Precedence: list", "List-Id: <licensing.vendor.test>"],
                    sender=f'"Ines via Licensing" <{LIST}>'))


@case(issued())
def reply_to_of_somebody_else():
    return one(mail(TEXT, ["Reply-To: x@elsewhere.example.org"]))


@case(("automatic", None, [], 0))
def away_notice_with_empty_return_path():
    return one(mail(TEXT, ["Return-Path: <>", "Auto-Submitted: auto-replied"]))


@case(("automatic", None, [], 0))
def away_notice():
    return one(mail(TEXT, ["Auto-Submitted: auto-replied"]))


@case(("automatic", None, [], 0))
def away_notice_of_old_programs():
    return one(mail(TEXT, ["X-Autoreply: yes", "Precedence: bulk"]))


@case(("bounce", None, [], 0))
def delivery_report():
    report = mixed("\nno such user\n", "Content-Type: message/delivery-status\n\nAction: failed\n",
                   b"Content-Type: message/rfc822\n\n" + mail(TEXT))
    return one(mail(report, ['Content-Type: multipart/report; report-type=delivery-status;',
                             ' boundary="cut-here"'], sender="MAILER-DAEMON@mx.example.com"))


@case(("bounce", None, [], 0))
def plain_bounce():
    return one(mail("not delivered:\n\n" + TEXT, ["Return-Path: <>"]))


@case(("ours", None, [], 0))
def our_own_mail():
    return one(mail(TEXT, sender=f"Licensing <{OWN}>"))


@case(NOTHING)
def license_key_and_no_code():
    return one(mail("our key is 84G7Z-WYRD6-Z1RV0-WHE6M-11105, please activate\n"))


@case(issued(), issued(B))
def mailbox():
    return {"in.mbox": mbox(mail(TEXT), mail(B.text + "\n", number=2))}


@case(issued(), NOTHING)
def mailbox_with_from_in_body():
    first = mail("Hi,\n\nFrom today on we are offline.\n\n" + A.text + "\n")
    return {"in.mbox": mbox(first, mail("hello\n", number=2))}


@case(NOTHING, issued())
def mailbox_with_wrong_length():
    return {"in.mbox": mbox(mail("short\n" * 9, ["Content-Length: 700"]), mail(TEXT, number=2))}


@case(issued(), NOTHING)
def mailbox_with_mixed_line_ends():
    return {"in.mbox": mbox(mail(TEXT, eol="\r\n"), mail("hello\n", number=2, eol="\r\n"))}


@case(NOTHING, issued())
def mailbox_of_a_takeout():
    data = (b"From 170@xxx Thu Nov 05 09:30:00 +0000 2026\r\n" + mail("hello\n", eol="\r\n") + b"\r\n"
            b"From 171@xxx Thu Nov 05 09:31:00 +0000 2026\r\n" + mail(TEXT, number=2, eol="\r\n"))
    return {"All mail.mbox": data}


@case(issued(), DAMAGED)
def mailbox_cut_off():
    return {"in.mbox": mbox(mail(TEXT), mail(B.text, number=2))[:-300]}


@case(NOTHING, NOTHING, issued())
def mailbox_with_a_mail_that_sticks():
    stuck = mail("", [])[:-1] + b"Q" * 9000 + b"\n\nhello\n"
    return {"in.mbox": mbox(mail("hello\n"), stuck, mail(TEXT, number=3))}


@case(issued())
def single_mail_behind_a_torn_separator():
    return one(b">From ines@pumphouse.example.com\n" + mail(TEXT))


@case(issued())
def mail_with_a_mailbox_inside():
    inside = b"Content-Type: text/plain\n\nspool:\n\n" + mbox(mail("x\n"))
    return one(mixed_mail(inside, attached(b64(TEXT))))


@case(issued(), NOTHING, ("deleted", None, [], 0))
def maildir():
    return {"box/cur/1.a:2,S": mail(TEXT), "box/cur/2.b:2,": mail("hello\n", number=2),
            "box/cur/3.c:2,ST": mail(TEXT, number=3), "box/tmp/4.d": mail(TEXT, number=4),
            "box/dovecot.index": b"\x01\x02\0\0"}


@case(("person", None, [A.jws, B.jws], 0), ("person", WHO, [D.jws], 0), NOTHING, NOTHING)
def folder_that_only_looks_like_a_maildir():
    two = mbox(mail(TEXT), mail(B.text + "\n", number=2))
    return {"export/new/in.mbox": two, "export/new/more/3.eml": mail(D.text + "\n", number=3),
            "export/loose.eml": mail("x\n", number=4), "export/old/5.eml": mail("x\n", number=5)}


@case(issued(B), issued())
def packed_mail_in_maildir():
    return {"box/cur/1.a:2,S": gzip.compress(mail(B.text + "\n", number=2), mtime=0),
            "box/new/2.b": mail(TEXT), "box/dovecot.index.log": b"\x01\x28\0\0"}


@case(issued(), ("unreadable", None, [], 0), issued(B))
def folder_with_other_files():
    return {"export/1.eml": mail(TEXT), "export/2.zip": b"PK\x03\x04\x14\0\0\0",
            "export/sub/3.eml": mail(B.text + "\n", number=2)}


@case(issued())
def table_that_names_its_sign_to_excel():
    text = A.text.replace("\n", "\r\n")
    rows = f"sep=;\r\nDate;From;Subject;Description\r\n2026-11-05 09:30;{WHO};request;\"{text}\"\r\n"
    return {"export.csv": b"\xef\xbb\xbf" + rows.encode()}


ENCODED = base64.b64encode(TEXT.encode()).decode()


@case(issued())
def base64_in_broken_lines_of_html():
    return one(mail("<html><p>" + b64(TEXT).replace("\n", "<br>") + "</p></html>", HTML))


@case(issued())
def base64_in_preformatted_html():
    return one(mail(f"<html><p>Payload:</p><pre>{b64(TEXT)}</pre></html>", HTML))


@case(issued())
def base64_as_a_string_of_json():
    return one(mail('{"id":1,"payload":"' + ENCODED + '","by":"ines"}\n'))


@case(issued())
def base64_as_a_string_of_json_with_escapes():
    return one(mail('{"payload":"' + b64(TEXT).replace("/", "\\/").replace("\n", "\\n") + '"}\n'))


@case(issued())
def base64_between_words():
    return one(mail(f"The code is {ENCODED} with thanks\n"))


@case(issued())
def base64_behind_a_word_and_in_lines():
    return one(mail("payload: " + b64(TEXT) + "\nwith thanks\n"))


@case(issued())
def base64_in_elements():
    return one(mail(f"<doc><payload>{ENCODED}</payload></doc>\n"))


@case(issued())
def base64_indented_in_a_property_list():
    return one(mail("<data>\n" + b64(TEXT, 68).replace("\n", "\n\t") + "</data>\n"))


@case(issued())
def base64_of_base64_in_utf16():
    return one(mail(b64(b64(TEXT).encode("utf-16"))))


@case(issued())
def base64_in_a_link():
    return one(mail(f'<p>Code <a href="data:text/plain;base64,{ENCODED}">here</a></p>', HTML))


MIXED = ['Content-Type: multipart/mixed; boundary="cut-here"']


@case(issued())
def parts_encoded_together():
    return one(mail(b64(mixed("\n" + TEXT, "Content-Type: text/html\n\n<p>Good morning</p>\n")), [*MIXED, *B64]))


@case(issued())
def parts_encoded_together_and_one_by_itself():
    return one(mail(b64(mixed("\nIn the file.\n", attached(b64(TEXT)))), [*MIXED, *B64]))


@case(issued())
def parts_encoded_together_in_an_enclosed_mail():
    inner = mail(b64(mixed("\nIn the file.\n", attached(b64(TEXT)), boundary="inner")),
                 ['Content-Type: multipart/mixed; boundary="inner"', *B64])
    return one(mixed_mail("\nForwarded.\n", b"Content-Type: message/rfc822\n\n" + inner))


# ---- in links ------------------------------------------------------------------------------------

PORTAL = "https://portal.pumphouse.example.com/open?code="


def escaped(text):
    return urllib.parse.quote(text, safe="")


def safe_link(link):
    return ("https://eur01.safelinks.protection.outlook.com/?url=" + escaped(link)
            + "&data=05%7C02%7C" + escaped(WHO) + "%7C0%7C0&sdata=q7Zk%3D&reserved=0")


def defended(link):
    """As Proofpoint rewrote links in its second format."""
    kept = "".join(c if c.isalnum() or c == "." else "_" if c == "/" else f"-{ord(c):02X}" for c in link)
    return f"https://urldefense.proofpoint.com/v2/url?u={kept}&d=DwMFaQ&c=abc&r=def&m=ghi&s=jkl&e="


def linked(link):
    return mail(f'<html><p>The code is <a href="{link.replace("&", "&amp;")}">here</a>.</p></html>', HTML)


@case(issued())
def compact_code_in_a_query():
    return one(mail(f"Please see {PORTAL}{A.jws}&lang=en for the server.\n"))


@case(issued())
def compact_code_in_a_fragment():
    return one(mail(f"<https://portal.pumphouse.example.com/open#{A.jws}>\n"))


@case(issued())
def compact_code_in_a_link_with_every_sign_escaped():
    jws = "".join(c if c.isalnum() else f"%{ord(c):02x}" for c in A.jws)
    return one(mail(f"{PORTAL}%0A{jws[:90]}%0D%0A{jws[90:]}&lang=en\n"))


@case(issued())
def compact_code_in_the_link_of_html():
    return one(linked(PORTAL + A.jws + "&lang=en"))


@case(issued())
def compact_code_in_a_safe_link():
    return one(linked(safe_link(PORTAL + A.jws)))


@case(issued())
def compact_code_in_a_safe_link_of_a_safe_link():
    return one(mail(b64(f"See {safe_link(safe_link(PORTAL + escaped(A.jws)))}\n"), B64))


@case(issued(DASHED))
def compact_code_in_a_link_that_proofpoint_rewrote():
    return one(mail(defended(PORTAL + DASHED.jws + "&lang=en") + "\n"))


@case(issued(DASHED))
def compact_code_in_a_safe_link_that_proofpoint_rewrote():
    return one(mail(defended(safe_link(PORTAL + DASHED.jws)) + "\n"))


@case(issued())
def compact_code_in_a_link_in_proofpoints_third_format():
    return one(mail(f"https://urldefense.com/v3/__{PORTAL}{A.jws}__;!!Abc1!d-Ef_g$\n"))


@case(DAMAGED)
def compact_code_in_a_link_that_is_cut():
    return one(mail(f"{PORTAL}{A.jws[:-20]}&lang=en-and-so-on-and-on\n"))


@case(issued(B))
def compact_code_in_a_link_of_the_thread_below():
    return one(mail(f"{B.text}\n\nLicensing wrote:\n> {PORTAL}{A.jws}\n"))


@case(issued(B))
def compact_code_in_the_link_of_html_and_another_beside_it():
    return one(mixed_mail(f'Content-Type: text/html\n\n<a href="{PORTAL}{A.jws}">see</a>\n', attached(b64(B.text))))


@case(DAMAGED)
def compact_code_in_a_link_beside_one_that_is_damaged():
    return one(mail("\n".join(B.lines[:-3]) + f"\n\n> {PORTAL}{A.jws}\n"))


@case(NOTHING)
def html_hides_a_link_with_a_compact_code():
    return one(mail(f"<p>Hello <span style='display:none'>{PORTAL}{A.jws}</span></p>", HTML))


@case(NOTHING)
def link_with_a_token_of_somebody_else():
    other = ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in (
        b'{"alg":"HS256","typ":"JWT","kid":"portal-signing-key-2026-11"}', b'{"sub":"ines"}' * 9, b"s" * 64))
    return one(linked(safe_link(PORTAL + other)))


@case(issued())
def link_wrapped_within_the_code():
    return one(mail("Please see\n" + written_out.wrapped(PORTAL + A.jws, 72) + "\nInes\n"))


@case(issued())
def link_wrapped_within_the_code_in_brackets_and_quoted():
    return one(mail(written_out.quoted("<" + written_out.wrapped(PORTAL + A.jws, 66)[:-1] + ">\n") + "\nInes\n"))


@case(issued())
def link_wrapped_by_soft_breaks_that_nothing_names():
    return one(mail("see " + written_out.wrapped(PORTAL + A.jws, 75).replace("\n", "=\n") + "\nInes\n"))


# ---- written out as no mail program would ------------------------------------------------------

def in_each_way(ways, data):
    """A mail for each of the ways, in one mailbox."""
    return {"in.mbox": mbox(*(mail(f"Good morning,\n\n{way(data)}\nInes\n", number=number)
                              for number, way in enumerate(ways)))}


@case(*[issued()] * len(written_out.DUMPS))
def dumps():
    return in_each_way(written_out.DUMPS, TEXT.encode())


@case(*[issued()] * len(written_out.DUMPS))
def dumps_of_a_compact_code():
    return in_each_way(written_out.DUMPS, A.jws.encode())


@case(*[issued()] * len(written_out.DUMPS))
def dumps_quoted():
    return in_each_way([lambda data, way=way: written_out.quoted(way(data)) for way in written_out.DUMPS], TEXT.encode())


@case(DAMAGED)
def dump_with_a_line_lost():
    rows = written_out.xxd(TEXT.encode()).split("\n")
    return one(mail("\n".join(rows[:20] + rows[21:])))


@case(issued())
def dump_in_an_attached_text_and_html():
    dump = html.escape(written_out.hexdump(TEXT.encode()))
    return one(mixed_mail("\nsee file\n", attached(b64(f"<html><pre>{dump}</pre></html>"), content_type="text/html")))


@case(NOTHING, why="")
def dump_of_something_else():
    return one(mail("The trace of the plant's bus:\n\n" + written_out.xxd(bytes(range(256)) * 8)))


@case(*[issued()] * len(written_out.BASES))
def other_bases():
    return in_each_way(written_out.BASES, TEXT.encode())


@case(*[issued()] * len(written_out.BASES))
def other_bases_of_a_compact_code_quoted():
    return in_each_way([lambda data, way=way: written_out.quoted(way(data)) for way in written_out.BASES], A.jws.encode())


@case(*[issued()] * 3)
def base64_within_other_bases():
    return in_each_way((written_out.digits, written_out.xxd, written_out.base32), b64(TEXT).encode())


@case(issued(), issued(), issued())
def letters_moved_by_half_the_alphabet():
    return {"in.mbox": mbox(*(mail(written_out.rot13(text), number=number)
                              for number, text in enumerate((TEXT, A.jws + "\n", "\n".join(A.data) + "\n"))))}


def as_object(code, general=False):
    """The code as a JSON object (RFC 7515 section 7.2.1 or 7.2.2)."""
    protected, payload, signature = code.jws.split(".")
    if general:
        return {"payload": payload, "signatures": [{"protected": protected, "signature": signature}]}
    return {"payload": payload, "protected": protected, "signature": signature, "header": {"kid": "pumphouse"}}


@case(issued(), issued())
def jws_as_an_object():
    return {"in.mbox": mbox(mail("Here it is:\n\n" + json.dumps(as_object(A), indent=2) + "\n"),
                            mail(json.dumps(as_object(A, general=True)) + "\n", number=2))}


@case(("person", WHO, [A.jws, B.jws], 0))
def jws_as_objects_in_an_attached_list():
    data = json.dumps([as_object(A), as_object(B, general=True)])
    return one(mixed_mail("\nsee file\n", attached(b64(data), content_type="application/jose+json; name=a.json")))


@case(issued())
def jws_as_an_object_quoted_and_wrapped():
    return one(mail(written_out.quoted(written_out.wrapped(json.dumps(as_object(A), indent=2).replace(A.jws.split(".")[1], written_out.wrapped(A.jws.split(".")[1], 72)), 999))))


@case(issued())
def jws_as_an_object_in_a_string_of_json():
    return one(mail(json.dumps({"event": "request", "body": json.dumps(as_object(A))})))


@case(DAMAGED)
def jws_as_an_object_that_is_cut():
    return one(mail(json.dumps(as_object(A, general=True), indent=1)[:-60] + "\n"))


@case(NOTHING, why="")
def jws_as_an_object_of_somebody_else():
    other = {"payload": "eyJzdWIiOiJpbmVzIn0", "protected": "eyJhbGciOiJIUzI1NiJ9", "signature": "c" * 43}
    return one(mail(json.dumps(other)))


def in_digits(first):
    """The code with the digits of another script, as translators write them."""
    return TEXT.translate({ord("0") + value: chr(first + value) for value in range(10)})


@case(issued(), issued(), issued())
def digits_of_other_scripts():
    return {"in.mbox": mbox(*(mail(in_digits(zero), ["Content-Type: text/plain; charset=utf-8"], number=number)
                              for number, zero in enumerate((0x660, 0x6F0, 0x966))))}


@case(issued(), issued(), issued())
def zeros_with_a_stroke_and_ones_of_turkish():
    return {"in.mbox": mbox(*(mail(A.text.replace(*pair) + "\n", ["Content-Type: text/plain; charset=utf-8"], number=number)
                              for number, pair in enumerate((("0", "\u00d8"), ("1", "\u0131"), ("1", "\u0130")))))}


@case(issued())
def mathematical_letters():
    bold = {**{ord("A") + n: chr(0x1D400 + n) for n in range(26)}, **{ord("0") + n: chr(0x1D7CE + n) for n in range(10)}}
    return one(mail(A.text.translate(bold) + "\n", ["Content-Type: text/plain; charset=utf-8"]))


@case(issued(), issued())
def base64_with_numbers_before_its_lines():
    rows = b64(TEXT).split()
    return {"in.mbox": mbox(mail("".join(f"{n + 1:3d}: {row}\n" for n, row in enumerate(rows))),
                            mail("".join(f"{n + 1:6d}\t{row}\n" for n, row in enumerate(rows)), number=2))}


@case(issued(), issued())
def utf7_under_base64():
    data = ("Grüße aus Łódź + " + TEXT).encode("utf-7")
    utf7 = "Content-Type: text/plain; charset=utf-7"
    return {"in.mbox": mbox(mail(b64(data), [utf7, *B64]), mail(b64(data), [utf7], number=2))}


@case(NOTHING, why="a file that is kept elsewhere; ask for it as text")
def file_kept_elsewhere():
    return one(mixed_mail("\nsee file\n", 'Content-Type: message/external-body; access-type=URL;\n'
                          ' URL="https://files.pumphouse.example.com/r"\n\nContent-Type: text/plain; name=r.txt\n\n'))


@case(NOTHING, why="one piece of a mail that was split; ask for it as text")
def piece_of_a_mail():
    return one(mail("Subject: request\n\n" + "\n".join(B.lines[:1]) + "\n",
                    ['Content-Type: message/partial; id="7@pumphouse.example.com"; number=1; total=2']))


@case(issued())
def piece_of_a_mail_that_holds_the_code():
    return one(mail(f"Subject: request\n\n{A.text}\n",
                    ['Content-Type: message/partial; id="7@pumphouse.example.com"; number=1; total=2']))
