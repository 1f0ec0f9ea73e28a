#!/usr/bin/python3
"""Mails that are made to exhaust their reader: each costs itself, and one line.

  exhausting.py ISSUER [TEST…]       within tests/with-postgres; ISSUER without sanitizers"""
from badinput import MIB, SEPARATOR, Sender, headed
from scenario import main, write

# A header of so many bytes.
HEADERS = {
    "fields": lambda size: b"X: y\n" * (size // 5) + b"X: z",
    "folds": lambda size: b"X: y\n" + b" y\n" * (size // 3) + b" z",
    "one line": lambda size: b"X: " + b"y" * size,
    "recipients": lambda size: b"Cc: " + b"a@b.example, " * (size // 13) + b"a@b.example",
    "parameters": lambda size: b"Content-Type: text/plain" + b"; a*1=b" * (size // 7),
    "encoded words": lambda size: b"X: " + b"=?utf-8?q?a?= " * (size // 14),
    "comments": lambda size: b"Received: " + b"(" * size,
    "date": lambda size: b"Resent-Date: " + b"1 " * (size // 2),
}


class Hostile(Sender):
    def test_headers_of_16_mib(self):
        mails = []
        for number, header in enumerate(HEADERS.values()):
            mails += [self.good(), headed(number, header(16 * MIB), self.code())]
        path = write(self.house.path("in.mbox"), b"".join(SEPARATOR + one + b"\n" for one in mails))
        self.house.environment["ISSUER_PARSE_SECONDS"] = "5"
        found = self.house.ingest(path, code=None)
        self.assertEqual(self.house.errors, "")
        self.assertEqual(len(found), len(mails))
        for name, good, bad in zip(HEADERS, found[::2], found[1::2]):
            with self.subTest(name):
                self.assertEqual([d["outcome"] for d in good["decisions"]], ["issued"])
                if bad["class"] == "quarantined":
                    self.assertRegex(bad["why"], f"the mail at byte [0-9]+ of {path}#[0-9]+: (its parser "
                                     "needed more than 512 MiB of memory|it could not be read within 5.0 s);")
                else:
                    self.assertEqual([d["outcome"] for d in bad["decisions"]], ["issued"])
        print({name: one["why"] or one["class"] for name, one in zip(HEADERS, found[1::2])})
        self.assertEqual(self.messages(), len(mails))


if __name__ == "__main__":
    main()
