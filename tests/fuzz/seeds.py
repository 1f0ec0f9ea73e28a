#!/usr/bin/python3
"""Makes what the fuzzers begin with, from the cases and vectors of the other tests.
seeds.py FOLDER: one folder a target in it. The frames are made from the mails by make_frames."""
import base64
import bz2
import gzip
import lzma
import os
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "mailcases"))
import cases  # noqa: E402
import outlook  # noqa: E402
import packings  # noqa: E402

VECTORS = os.path.join(HERE, "..", "vectors")
LONGEST = 16 * 1024  # bytes: what is longer teaches a fuzzer nothing

PURCHASES = (b"license_id,license_key,customer,contacts,product,features,activations,expires,"
             b"order_ref,customer_ref,order_date,order_kind,servers\r\n"
             b"LIC-2026-0001,84G7Z-WYRD6-Z1RV0-WHE6M-11105,\"Water, North\",ana@water.example;"
             b"@water.example,chariot,mqtt-server;support=2028-02-29,10,,SO-1,C-9,2026-02-28,"
             b"sale,2\r\n")
PAGE = (b"<html><head><style>p{}</style></head><body><p>a&nbsp;&amp;&#x41;<br>b<wbr>c<table><tr>"
        b"<td>1<td>2</table><blockquote>q</blockquote><span style='display:none'>h</span>")
RTF = (b"{\\rtf1\\ansi\\ansicpg1252\\fromhtml1{\\*\\htmltag64 <p>}\\htmlrtf x\\htmlrtf0 "
       b"a\\'e4\\u8211-\\par {\\*\\gone b}\\tab c}")


def of_outlook():
    """Small files of Outlook's."""
    text = "Hello,\nthe code"
    rtf = outlook.compressed(outlook.rich_html(text))
    file = [(outlook.FILE_NAME, outlook.UNICODE, "code.txt"), (outlook.FILE_DATA, outlook.BINARY, b"x" * 80)]
    properties = [(outlook.CLASS, outlook.UNICODE, "IPM.Note"), (outlook.BODY, outlook.STRING8, text.encode()),
                  (outlook.RTF, outlook.BINARY, rtf), (outlook.SENDER, outlook.UNICODE, "ana@northwind.example"),
                  (outlook.SENDER_TYPE, outlook.UNICODE, "SMTP"),
                  (outlook.MESSAGE_ID, outlook.UNICODE, "<1@a.example>")]
    headed = [(outlook.HEADERS, outlook.UNICODE, "From: a@b.example\r\nX: y\r\n")]
    return [("winmail", outlook.winmail([("a.txt", b"text")], outlook.rich_text(text))),
            ("saved", outlook.msg(properties, [file])), ("headed", outlook.msg(headed))]


DESK = [("table", b"Subject,From,Date,Body\r\nrequest,ana@water.example,2026-06-03,\"<p>a\"\"b</p>\"\r\n"),
        ("records", b'{"tickets":[{"subject":"request","requester":{"email":"ana@water.example"},'
                    b'"comments":[{"body":"one","created_at":"2026-06-03T08:00:00Z"}]}]}'),
        ("mmdf", b"\1\1\1\1\nFrom: a@b.example\n\nx\n\1\1\1\1\n"),
        ("babyl", b"BABYL OPTIONS:\n\x1f\x0c\n1, deleted,,\nFrom: a\n*** EOOH ***\nTo: b\n\nx\n\x1f"),
        ("wide", "From: a\nTo: b\n\nx\n".encode("utf-16")), ("returns", b"From: a\rTo: b\r\rx\r"),
        ("lines", b'{"from":"ana@water.example","raw":"RnJvbTogYQoKYg=="}\n{"text":"b"}\n')]
IMAP = [("fetched", b"* 3 FETCH (UID 42 FLAGS (\\Seen \\Deleted) RFC822.SIZE 3 BODY[] {3}\r\nabc)\r\n"),
        ("found", b"* SEARCH 1 2 42\r\n"), ("ok", b"a1 OK [UIDVALIDITY 7] done\r\n"),
        ("able", b"* CAPABILITY IMAP4rev1 MOVE UIDPLUS\r\n"), ("literal", b'* LIST () "/" {5}\r\n')]
VOUCHED = [("dmarc", b"mx.vendor.example 1; dmarc=pass (p=none) header.from=water.example;\r\n dkim=pass"
                     b' header.d="water.example" reason="a \\"b\\""'),
           ("none", b"mx.vendor.example; none"), ("spf", b"mx; spf=fail smtp.mailfrom=<a@b.example>")]


def vectors(name):
    """The compact JWS in the second column of a table of vectors."""
    with open(os.path.join(VECTORS, name), encoding="utf-8") as rows:
        return [row.split("\t")[1].strip().encode() for row in rows if "\t" in row]


def payload(jws):
    """The claims of a compact JWS; of a forged one whatever its base64 gives."""
    middle = jws.split(b".")[1] if b"." in jws else jws
    letters = bytes(letter for letter in middle if chr(letter).isalnum() or letter in b"-_")
    return base64.urlsafe_b64decode(letters[:len(letters) // 4 * 4])


def mails():
    """Each file of each mail case, with the case's name."""
    for name, make, *_ in cases.CASES:
        for path, data in make().items():
            yield f"{name}-{path.replace('/', '_')}", data


def archives():
    """The same two files, packed in several ways."""
    files = {"a.eml": PAGE, "b/c.eml": RTF}
    tar = packings.tarred(files)
    return [("zip", packings.zipped(files)), ("stored", packings.zipped(files, stored=True)), ("tar", tar),
            ("gz", gzip.compress(tar, mtime=0)), ("bz2", bz2.compress(PAGE)), ("xz", lzma.compress(tar)),
            ("nested", packings.zipped({"inner.zip": packings.zipped(files)}))]


def write(folder, target, named):
    os.makedirs(os.path.join(folder, target), exist_ok=True)
    for name, data in named:
        if len(data) <= LONGEST:
            with open(os.path.join(folder, target, name), "wb") as stream:
                stream.write(data)


def main():
    folder = sys.argv[1]
    every = list(mails())
    codes = [jws for table in ("statements.tsv", "usage_licenses.tsv", "denied_keys.tsv")
             for jws in vectors(table)]
    numbered = list(enumerate(codes))
    write(folder, "mbox", every)
    write(folder, "message", every)
    write(folder, "sniff", every + archives() + of_outlook() + DESK)
    write(folder, "armor", every)
    write(folder, "html", [("page", PAGE)] + [one for one in every if b"<" in one[1]])
    write(folder, "outlook", of_outlook())
    write(folder, "rtf", [("text", RTF), ("stored", b"\x24\0\0\0\x18\0\0\0MELA\0\0\0\0" + RTF)])
    write(folder, "jws", [(str(number), jws) for number, jws in numbered])
    write(folder, "claims", [(str(number), payload(jws)) for number, jws in numbered])
    write(folder, "archive", archives())
    write(folder, "desk", DESK)
    write(folder, "imap", IMAP)
    write(folder, "authentication", VOUCHED)
    write(folder, "purchase", [("rows", PURCHASES)])


main()
