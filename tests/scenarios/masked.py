#!/usr/bin/python3
"""License keys in mails: whoever sent the mail and wherever the key stands, it is stored nowhere.

  masked.py ISSUER [TEST…]          within tests/with-postgres"""
import base64
import email.header
import quopri
import re

from scenario import OWN, Scenario, ask, dated_mail, license_key, main, mbox, write

ANA = "ana@northwind.example"
MIXED = 'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="cut"\n'


def with_headers(number, headers, body):
    """A mail with these further header lines first; `body` begins with headers of its own."""
    head = dated_mail(ANA, "", number).decode().rstrip("\n")
    return (headers + head + "\n" + body).encode()


def places(key):
    """Where the key stands: further header lines, and the body with its own."""
    text = f"Our key is {key}, please activate\n"
    soft = quopri.encodestring((text * 3).encode()).decode().replace(key[9:], f"=\n{key[9:]}")
    encoded = email.header.Header(f"unser Schlüssel: {key}", "utf-8").encode()
    return (
        (f"Subject: {text}", "\nHello\n"),
        (f"Subject: {encoded}\n", "\nHello\n"),
        (f"X-Ticket: {text}", "\nHello\n"),
        (f"Message-ID: <{key}@northwind.example>\n", "\nHello\n"),
        ("", "\n" + text),
        ("Content-Transfer-Encoding: base64\n", "\n" + base64.encodebytes(text.encode()).decode()),
        ("Content-Transfer-Encoding: quoted-printable\n", "\n" + soft),
        ("Content-Type: text/html\n", f"\n<p>{key[:8]}<b>{key[8:]}</b></p>\n"),
        (MIXED, f'\n--cut\nContent-Type: application/zip; name="{key}.zip"\n'
                "Content-Transfer-Encoding: base64\n\nUEsDBAoAAAAAAA==\n--cut--\n"),
    )


# Header lines by which a mail becomes one of its class, and that class.
CLASSES = {
    "person": ("", ("unrecognised",)),
    "automatic": ("Auto-Submitted: auto-replied\n", ("ignored",)),
    "bounce": ("Return-Path: <>\nX-Failed-Recipients: x@y.example\n"
               f"In-Reply-To: <1.{OWN}>\n", ("bounce", "ignored")),
    "list": ("List-Id: <news.example>\n", ("ignored",)),
    "ours": ("", ("ignored",)),
    "deleted": ("Status: RD\n", ("ignored",)),
    "unreadable": ("", ("quarantined",)),
}


class Masked(Scenario):
    def of_class(self, name, number, headers, body):
        mail = with_headers(number, CLASSES[name][0] + headers, body)
        if name == "list":
            return mail.replace(f"To: {OWN}".encode(), b"To: readers@news.example")
        if name == "ours":
            return mail.replace(f"From: {ANA}".encode(), f"From: {OWN}".encode())
        if name == "unreadable":
            deep = "".join(f'Content-Type: multipart/mixed; boundary="b{n}."\n\n--b{n}.\n'
                           for n in range(40))
            # Behind them the body is never decoded.
            return with_headers(number, headers, deep + body)
        return mail

    def stored(self):
        """Every text and every bytea of every message, with the column's name."""
        columns = [name for (name,) in self.house.query(
            "select attname from pg_attribute a join pg_type t on t.oid = a.atttypid"
            " where attrelid = 'message'::regclass and attnum > 0 and not attisdropped"
            " and (t.typcategory = 'S' or 'bytea'::regtype in (t.oid, t.typbasetype))")]
        self.assertLessEqual({"raw", "body", "subject", "why", "source", "message_id"}, set(columns))
        for name in columns:
            for (value,) in self.house.query(f"select {name} from message where {name} is not null"):
                yield name, value.encode() if isinstance(value, str) else bytes(value)

    def nowhere(self, key):
        plain = key.replace("-", "").encode()
        for name, value in self.stored():
            self.assertNotIn(plain, re.sub(b"[^0-9A-Za-z]", b"", value), name)

    def take(self, name):
        """Mails of this class with a key in each place, and one without any key."""
        key = license_key()
        self.made = getattr(self, "made", 0) + 100
        mails = [self.of_class(name, self.made + number, headers, body)
                 for number, (headers, body) in enumerate((*places(key), ("", "\nHello\n")))]
        path = write(self.house.path(f"{name}.mbox"), mbox(mails))
        found = self.house.ingest(path, code=1 if name == "unreadable" else 0)
        self.assertEqual(len(found), len(mails))
        return key, found

    def test_mails_of_every_class(self):
        for name, (_, classes) in CLASSES.items():
            with self.subTest(name):
                key, found = self.take(name)
                self.assertLessEqual({one["class"] for one in found}, set(classes))
                self.nowhere(key)
                self.kept_unless_shown(name)

    def kept_unless_shown(self, name):
        """Of those mails the bytes of one alone are stored: it has no key. In one that cannot be
        followed a key that HTML's tags cut up is not seen."""
        kept = self.house.query("select split_part(source, '#', 2)::int from message"
                                " where raw is not null and source like %s", f"%/{name}.mbox#%")
        cut_up = [(8,)] if name == "unreadable" else []
        self.assertEqual(kept, [*cut_up, (len(places("")) + 1,)])

    def test_beside_a_code(self):
        license = self.house.sell("LIC-1", activations=20, servers=20, contact=ANA)
        key = license_key()
        mails = []
        for number, (headers, body) in enumerate(places(key)):
            code = ask(self.house.server(host=f"plant-{number}"), license)
            part = f"--all\nContent-Type: message/rfc822\n\n{headers}{body}"
            mails.append(with_headers(number, MIXED.replace("cut", "all"),
                                      f"\n--all\n\n{code}\n{part}\n--all--\n"))
        outcomes = self.house.take(*mails)
        self.assertEqual(outcomes, [("issued", "issued")] * len(mails))
        self.nowhere(key)
        self.assertEqual(self.house.query("select count(raw) from message"), [(0,)])

    def test_files_that_are_named_by_their_subject(self):
        key = license_key()
        for name, data in ((f"key {key}.eml", dated_mail(ANA, "Hello\n", 1)),
                           (f"key {key}.txt", b"no mail\n")):
            self.house.ingest(write(self.house.path("saved", name), data), code=None)
        self.assertEqual(self.house.query("select count(*) from message"), [(2,)])
        self.nowhere(key)
        self.assertFalse([reason for (reason,) in self.house.query("select reason from quarantine")
                          if key in reason])


if __name__ == "__main__":
    main()
