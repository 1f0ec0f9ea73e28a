#!/usr/bin/python3
"""The same mails in whatever they were exported to: the same decisions, and each mail once, also
where two runs take them in at once.

  containers.py ISSUER [TEST…]          within tests/with-postgres"""
import base64
import bz2
import csv
import gzip
import io
import json
import lzma
import os
import re
import subprocess
import tarfile
import zipfile

from scenario import (Scenario, ask, chance, check_records, dated_mail, main, mbox, records, without_sum,
                      write)
from story import Story

SEPARATOR = b"From ana@northwind.example Thu Oct  8 09:30:00 2026\n"
# What mailboxes must quote, or are misled by.
QUOTED = ("From here on it is urgent.\n>From the plant, too.\n>>From the office\n"
          "From ana@northwind.example Thu Oct  8 09:30:00 2026\nSubject: a mail within the mail?\n\n")


# ---- containers: each writes the mails into a folder, and gives the path to ingest ---------------

def with_length(one):
    head, _, body = one.partition(b"\n\n")
    return head + b"\nContent-Length: %d\n\n" % len(body) + body


def mboxrd(folder, mails):
    return write(os.path.join(folder, "rd"), b"".join(
        SEPARATOR + re.sub(rb"(?m)^(>*From )", rb">\1", one) + b"\n" for one in mails))


def mboxo(folder, mails):
    return write(os.path.join(folder, "o.mbox"), mbox(mails))


def mboxcl(folder, mails):
    return write(os.path.join(folder, "cl"), b"".join(
        SEPARATOR + with_length(re.sub(rb"(?m)^(>*From )", rb">\1", one)) + b"\n" for one in mails))


def mboxcl2(folder, mails):
    return write(os.path.join(folder, "cl2"), b"".join(SEPARATOR + with_length(one) + b"\n"
                                                        for one in mails))


def crlf(folder, mails):
    return write(os.path.join(folder, "crlf.mbox"), mbox(mails).replace(b"\n", b"\r\n"))


def carriage_returns(folder, mails):
    return write(os.path.join(folder, "cr.mbox"), mbox(mails).replace(b"\r", b"")
                 .replace(b"\n", b"\r"))


def line_ends_in_turn(folder, mails):
    """Mailboxes of three programs, appended to each other."""
    ends = (b"\n", b"\r", b"\r", b"\r\n")
    return write(os.path.join(folder, "ends.mbox"), b"".join(
        mbox([one]).replace(b"\r", b"").replace(b"\n", ends[number % 4]) for number, one in enumerate(mails)))


def wide(folder, mails):
    """As Windows' editors save it."""
    return write(os.path.join(folder, "wide.mbox"), mbox(mails).decode().encode("utf-16"))


def mmdf(folder, mails):
    return write(os.path.join(folder, "mmdf"), b"".join(
        b"\1\1\1\1\n" + re.sub(rb"(?m)^(>*From )", rb">\1", one).rstrip(b"\n") + b"\n\1\1\1\1\n"
        for one in mails))


def babyl(folder, mails):
    """What Emacs has shown has two header fields; some it has not shown."""
    parts = [b"BABYL OPTIONS: -*- rmail -*-\nVersion: 5\nLabels:\n"]
    for number, one in enumerate(mails):
        head, _, body = one.replace(b"\r\n", b"\n").partition(b"\n\n")
        shown = b"\n".join(re.findall(rb"(?m)^(?:From|Subject):.*$", head))
        parts.append(b"1,, filed,\n" + head + b"\n*** EOOH ***\n" + shown + b"\n\n" + body
                     if number % 3 else b"0, unseen,,\n*** EOOH ***\n" + one)
        parts[-1] += b"" if one.endswith(b"\n") else b"\n"
    return write(os.path.join(folder, "RMAIL"), b"\x1f\x0c\n".join(parts) + b"\x1f")


def maildir(folder, mails):
    """Those that were read come first, as the folders' names do."""
    path = os.path.join(folder, "Maildir")
    os.makedirs(os.path.join(path, "tmp"))
    half = len(mails) // 2
    for number, one in enumerate(mails):
        write(os.path.join(path, "cur", f"{number:05}.M1P2.mx:2,{'RS'[:number % 3]}")
              if number < half else os.path.join(path, "new", f"{number:05}.M1P2.mx"), one)
    return path


def eml(folder, mails):
    for number, one in enumerate(mails):
        write(os.path.join(folder, "single", f"{number:05}.eml"), one.replace(b"\n", b"\r\n"))
    return os.path.join(folder, "single")


def folders(folder, mails):
    """An archive of several years, each kept otherwise."""
    path, third = os.path.join(folder, "years"), len(mails) // 3
    mboxrd(os.path.join(path, "2024"), mails[:third])
    maildir(os.path.join(path, "2025", "inbox"), mails[third:2 * third])
    eml(os.path.join(path, "2026", "saved"), mails[2 * third:])
    return path


def packed(kind, names, contents):
    """These files as the bytes of a zip, or of a tar that is compressed or not."""
    out = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, one in zip(names, contents):
                archive.writestr(name, one)
        return out.getvalue()
    with tarfile.open(fileobj=out, mode="w:" + kind.partition(".")[2]) as archive:
        for name, one in zip(names, contents):
            info = tarfile.TarInfo(name)
            info.size = len(one)
            archive.addfile(info, io.BytesIO(one))
    return out.getvalue()


def zip_of_eml(folder, mails):
    """As a Mac makes it."""
    names = [f"export/größe/{number:05}.eml" for number in range(len(mails))]
    return write(os.path.join(folder, "export.zip"),
                 packed("zip", ["__MACOSX/export/._00000.eml", "export/.DS_Store", *names],
                        [b"\0\5\x16\7" + b"\0" * 78, b"\0\0\0\1Bud1", *mails]))


def tar_of_maildir(folder, mails):
    names = [f"./Maildir/{'cur' if n < 20 else 'new'}/1792{n:06}.M1P2.mx{':2,S' if n < 20 else ''}"
             for n in range(len(mails))]
    return write(os.path.join(folder, "backup"),
                 packed("tar.gz", ["./Maildir/dovecot.index", "./Maildir/tmp/1792.M9P9.mx", *names],
                        [b"\1\x28", mails[0][:100], *mails]))


def seven(folder, mails):
    path = os.path.join(folder, "export.7z")
    subprocess.run(["7zz", "a", "-bso0", path, "."], cwd=eml(folder, mails), check=True)
    return path


def compressed(folder, mails):
    """A mailbox of each year, each compressed otherwise."""
    path, third = os.path.join(folder, "packed"), len(mails) // 3
    for number, pack in enumerate((gzip.compress, bz2.compress, lzma.compress)):
        some = mails[number * third:(number + 1) * third if number < 2 else None]
        write(os.path.join(path, f"{number}.mbox"), pack(mbox(some)))
    return path


def packed_maildir(folder, mails):
    """As Dovecot keeps it: the names say nothing."""
    path = maildir(folder, [gzip.compress(one) for one in mails])
    write(os.path.join(path, "dovecot.index.log"), b"\1\x28\0\0")
    write(os.path.join(path, "dovecot-uidlist"), b"3 V1 N3\n")
    return path


def emlx(folder, mails):
    plist = (b'<?xml version="1.0" encoding="UTF-8"?>\n<plist version="1.0">\n<dict>\n'
             b"\t<key>flags</key>\n\t<integer>8623750145</integer>\n</dict>\n</plist>\n")
    for number, one in enumerate(mails):
        write(os.path.join(folder, "Messages", f"{number:05}.emlx"),
              b"%-10d\n" % len(one) + one + plist)
    return os.path.join(folder, "Messages")


def archive_of_archives(folder, mails):
    half = len(mails) // 2
    names = [f"{number}.eml" for number in range(half)]
    inner = packed("tar.xz", ["years.zip"], [packed("zip", names, mails[:half])])
    return write(os.path.join(folder, "all"),
                 packed("tar", ["first", "rest.mbox.gz"],
                        [inner, gzip.compress(mbox(mails[half:]))]))


def table_of_raw_mails(folder, mails):
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(("Ticket", "Subject", "Raw email"))
    rows.writerows((number, "x", base64.b64encode(one).decode()) for number, one in enumerate(mails))
    return write(os.path.join(folder, "tickets"), out.getvalue().encode())


def lines_of_raw_mails(folder, mails):
    return write(os.path.join(folder, "tickets"), b"".join(
        json.dumps({"id": number, "raw": base64.b64encode(one).decode()}).encode() + b"\n"
        for number, one in enumerate(mails)))


CONTAINERS = (mboxo, mboxrd, mboxcl, mboxcl2, crlf, carriage_returns, line_ends_in_turn, wide, mmdf, babyl, maildir, eml,
              folders, zip_of_eml, tar_of_maildir, seven, compressed, packed_maildir, emlx, archive_of_archives,
              table_of_raw_mails, lines_of_raw_mails)


class Containers(Scenario):
    def setUp(self):
        super().setUp()
        self.story = Story(self.house, chance())
        self.house.ingest(mboxo(self.house.path("first"), self.story.first(12)))
        self.story.install()
        self.made = 0

    def place(self):
        self.made += 1
        return self.house.path(f"container-{self.made}")

    def awkward_mails(self):
        """Mails that a mailbox may spoil."""
        license, server = self.story.licenses[0], self.house.server(host="awkward")
        mails = []
        for number, tail in enumerate(("", "\n", "\n\n\n", "From now on.", "\nFrom \n")):
            body = QUOTED + ask(server, license) + tail
            mails.append(dated_mail("ana@northwind.example", body, 9000 + number,
                                    message_id=number % 2 == 0))
        return mails

    @staticmethod
    def take(house, path):
        house.ingest(path)
        return records(house)

    def test_the_same_decisions_in_every_container(self):
        mails = self.awkward_mails() + self.story.next(40, without=("nested",))
        paths = [container(self.place(), mails) for container in CONTAINERS]
        expected = None
        for container, path, other in zip(CONTAINERS, paths, paths[1:] + paths[:1]):
            with self.subTest(container.__name__):
                house = self.copy_of(self.house)
                found = self.take(house, path)
                if expected is None:
                    check_records(house)
                    expected = found
                self.assertEqual(found, expected)
                before = house.digests()
                self.assertEqual({one["why"] for one in house.ingest(other)}, {"on record already"})
                self.assertEqual(house.digests(), before)

    def test_standard_input(self):
        mails = self.awkward_mails() + self.story.next(4, without=("nested", "same_mail"))
        together, single = self.copy_of(self.house), self.copy_of(self.house)
        for one in mails:
            (found,) = single.ingest("-", data=one)
            self.assertEqual(found["source"], "-#1")
        check_records(single)
        self.assertEqual(records(single), self.take(together, mboxrd(self.place(), mails)))

    def test_mailboxes_through_pipes(self):
        """However its bytes come in: a mailbox's mails, each with its own sender."""
        mails = self.awkward_mails() + self.story.next(30, without=("nested",))
        for container in (mboxo, mboxcl2, crlf):
            path = container(self.place(), mails)
            with open(path, "rb") as stream:
                data = stream.read()
            expected = self.take(self.copy_of(self.house), path)
            for name in ("-", "/dev/stdin"):
                with self.subTest(container.__name__, name=name):
                    house = self.copy_of(self.house)
                    found = house.ingest(name, data=data)
                    self.assertEqual([one["source"] for one in found],
                                     [f"{name}#{n + 1}" for n in range(len(mails))])
                    self.assertEqual(records(house), expected)

    # ---- two at once ----

    def two_at_once(self, house, *paths):
        """Both come to a good end, and every mail is decided by one of them."""
        running = [house.start("ingest", "--json", path) for path in paths]
        for process in running:
            output, errors = process.communicate(timeout=240)
            self.assertEqual((process.returncode, without_sum(errors.decode())[0]), (0, ""))
            self.assertEqual(len(output.splitlines()), self.count)
        check_records(house)

    def test_two_runs_at_once(self):
        """Uses that come back go to those who wait in a step of its own, in which the other run may
        come first: so there are none here, and all else must be as in one run."""
        mails = self.story.next(60, without=("nested", "deactivates", "moves"))
        self.count = len(mails)
        rd, other = mboxrd(self.place(), mails), maildir(self.place(), mails)
        expected = self.take(self.copy_of(self.house), rd)
        for paths in ((rd, rd), (rd, other)):
            house = self.copy_of(self.house)
            self.two_at_once(house, *paths)
            self.assertEqual(records(house), expected)

    def test_two_runs_at_once_where_uses_come_back(self):
        mails = self.story.next(60, without=("nested",))
        self.count = len(mails)
        rd, other = mboxrd(self.place(), mails), eml(self.place(), mails)
        house = self.copy_of(self.house)
        self.two_at_once(house, rd, other)
        before = house.digests()
        self.assertEqual(len(house.ingest(rd)), self.count)
        self.assertEqual(house.digests(), before)


if __name__ == "__main__":
    main()
