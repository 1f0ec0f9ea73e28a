#!/usr/bin/python3
"""The same mails in Outlook's files, a .msg for each and all in a .pst: the same decisions as from a mailbox, and each
mail once.

  outlook_files.py ISSUER [TEST…]          within tests/with-postgres"""
import email
import os
import sys

from scenario import Scenario, ask, chance, check_records, dated_mail, main, mbox, records, write
from story import Story

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "mailcases"))
import outlook  # noqa: E402  the module of the mail cases


def properties(data):
    """What Outlook keeps of a mail that is a plain text."""
    head, _, body = data.partition(b"\n\n")
    return [(outlook.CLASS, outlook.UNICODE, "IPM.Note"),
            (outlook.HEADERS, outlook.UNICODE, head.decode().replace("\n", "\r\n") + "\r\n\r\n"),
            (outlook.BODY, outlook.UNICODE, body.decode().replace("\n", "\r\n"))]


def saved(folder, mails):
    for number, one in enumerate(mails):
        write(os.path.join(folder, f"{number:05}.msg"), outlook.msg(properties(one)))
    return folder


def data_file(folder, mails):
    pst = outlook.Pst()
    inbox = pst.folder("Inbox")
    for one in mails:
        pst.mail(inbox, properties(one))
    return write(os.path.join(folder, "mails.pst"), pst.written())


def is_plain(data):
    return email.message_from_bytes(data).get("Content-Type") is None


class Outlook(Scenario):
    def setUp(self):
        super().setUp()
        self.story = Story(self.house, chance())
        self.house.ingest(write(self.house.path("first.mbox"), mbox(self.story.first(12))))
        self.story.install()

    def test_the_same_decisions(self):
        license, server = self.story.licenses[0], self.house.server(host="again")
        mails = [one for one in self.story.next(30, without=("nested",)) if is_plain(one)]
        mails += [dated_mail("ana@northwind.example", ask(server, license), 9000 + number, message_id=number % 2 == 0)
                  for number in range(3)]
        self.assertGreater(len(mails), 10)
        mailbox = write(self.house.path("mails.mbox"), mbox(mails))
        expected = None
        for number, container in enumerate((None, saved, data_file)):
            with self.subTest(container):
                house = self.copy_of(self.house)
                path = mailbox if container is None else container(self.house.path(f"outlook-{number}"), mails)
                self.assertEqual(len(house.ingest(path)), len(mails))
                check_records(house)
                found = records(house)
                expected = expected or found
                self.assertEqual(found, expected)
                before = house.digests()
                self.assertEqual({one["why"] for one in house.ingest(mailbox)}, {"on record already"})
                self.assertEqual(house.digests(), before)


if __name__ == "__main__":
    main()
