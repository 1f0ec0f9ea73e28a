#!/usr/bin/python3
"""Archives and exports that are damaged, locked or hostile: each costs itself and one line that says
what, where and what to do; what came before stays read, and what comes after is read.

  archives.py ISSUER [TEST…]          within tests/with-postgres"""
import gzip
import json
import os
import signal
import subprocess
import time
import zlib

from badinput import ANA, MIB, Sender
from containers import packed
from crash import children
from scenario import dated_mail, main, mbox, write

DO = "unpack it by hand and give what comes out"


def zeros(size):
    """So many zero bytes, as a gzip file."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    piece = bytes(MIB)
    return b"".join(packer.compress(piece) for _ in range(size // MIB)) + packer.flush()


def wrapped(data, times):
    """A zip in a zip in a zip…"""
    for number in range(times):
        data = packed("zip", [f"{number}.zip" if number else "in.eml"], [data])
    return data


def many(count):
    """A zip of so many empty files."""
    return packed("zip", [str(number) for number in range(count)], [b""] * count)


class Archives(Sender):
    def take(self, *paths, code=1):
        """What became of each mail: issued, or why it is in quarantine; and the same again, for
        nothing is taken for another."""
        found = self.house.ingest(*paths, code=code)
        self.assertEqual(self.house.errors, "")
        self.nothing_changes(found, *paths, code=None)
        return [one["why"] if one["class"] == "quarantined" else
                "/".join(decision["outcome"] for decision in one["decisions"]) or one["class"]
                for one in found]

    def put(self, name, data):
        return write(self.house.path(name), data)

    # ---- damage ----

    def test_cut_off(self):
        mails = [self.good() for _ in range(6)]
        names = [f"{number}.eml" for number in range(6)]
        whole = packed("zip", names, mails)
        third = whole.index(b"PK\3\4", whole.index(b"PK\3\4", 4) + 4)
        path = self.put("cut.zip", whole[:third])
        *good, last = self.take(path)
        self.assertEqual(good, ["issued", "issued"])
        self.assertRegex(last, f"^{path} is damaged.*; {DO}$")
        path = self.put("cut.tar", packed("tar", names[2:], mails[2:])[:4096])
        *good, last = self.take(path)
        self.assertEqual(good, ["issued", "issued"])
        self.assertRegex(last, f"^{path} is damaged.*; {DO}$")

    def test_a_cut_off_mailbox_gives_up_its_last_mail_alone(self):
        """It must not be read as if it were whole: its sender would be told that a code is damaged."""
        mails = [self.good() for _ in range(200)]
        path = self.put("in.mbox.gz", gzip.compress(mbox(mails))[:-40000])
        *good, last = self.take(path)
        self.assertGreater(len(good), 20)
        self.assertEqual(set(good), {"issued"})
        self.assertRegex(last, f"^the mail at byte [0-9]+ of {path} is cut off: {path} is damaged "
                               rf"\(truncated gzip input\); {DO}$")

    def test_one_bad_file_among_good_ones(self):
        whole = bytearray(packed("zip", ["a.eml", "b.eml", "c.eml"], [self.good() for _ in range(3)]))
        second = whole.index(b"PK\3\4", 4)
        for at in range(second + 60, second + 90):
            whole[at] ^= 0x55
        path = self.put("in.zip", bytes(whole))
        first, bad, third = self.take(path)
        self.assertEqual([first, third], ["issued", "issued"])
        self.assertIn(f"{path}!b.eml is damaged", bad)

    def test_locked(self):
        for kind, options in (("zip", []), ("7z", []), ("7z", ["-mhe=on"])):
            with self.subTest(kind, options=options):
                self.put("secret.eml", self.good())
                name = f"locked-{len(options)}.{kind}"
                subprocess.run(["7zz", "a", "-bso0", "-psecret", f"-t{kind}", *options, name,
                                "secret.eml"], cwd=self.house.folder, check=True)
                path = self.house.path(name)
                (why,) = self.take(path)
                self.assertRegex(why, rf"^{path}(!secret\.eml)? is locked with a password; {DO}$")

    def test_what_is_no_mail_in_it(self):
        path = self.put("in.zip", packed(
            "zip", ["notes.txt", "a.eml", "../../etc/passwd", "\x1b[31mred\n.eml"],
            [b"hello\n", self.good(), b"hello\n", b"hello\n"]))
        text, good, above, red = self.take(path)
        self.assertEqual(good, "issued")
        self.assertIn(f"{path}!notes.txt is no mail", text)
        self.assertIn(f"{path}!../../etc/passwd is no mail", above)
        self.assertIn(f"{path}! [31mred .eml is no mail", red)

    # ---- bombs ----

    def assert_bomb(self, name, data, *says):
        """The mail beside it and the mailbox after it are read."""
        bomb = self.put(name, packed("zip", ["a.eml", name], [self.good(), data]))
        after = self.put("after.mbox", mbox([self.good()]))
        first, *whys, last = self.take(bomb, after)
        self.assertEqual([first, last], ["issued", "issued"])
        self.assertEqual(len(whys), 1, whys)
        for one in says:
            self.assertIn(one, whys[0])

    def test_ratio(self):
        self.assert_bomb("zeros", zeros(300 * MIB), "grows to more than 200 times its size", DO)

    def test_bomb_of_bombs(self):
        """16 archives, each of 16, each of 16 files: small at each step."""
        data = zeros(16 * MIB)
        for _ in range(2):
            data = packed("zip", [str(n) for n in range(16)], [data] * 16)
        path = self.put("42.zip", packed("zip", ["a.eml", "bombs"], [self.good(), data]))
        first, *whys = self.take(path)
        self.assertEqual(first, "issued")
        self.assertEqual([one for one in whys if "200 times its size" in one], whys[-1:])
        self.assertIn(f"{path} grows to more than 200 times its size: nothing more of it is read; "
                      f"{DO}", whys[-1])

    def test_too_deep(self):
        self.assert_bomb("deep.zip", wrapped(self.good(), 20),
                         "stands in 8 archives within each other, and is not opened", DO)

    def test_as_deep_as_is_read(self):
        self.assertEqual(self.take(self.put("deep.zip", wrapped(self.good(), 8)), code=0),
                         ["issued"])

    def test_many_files(self):
        self.assert_bomb("many.zip", many(100_000), "holds more than 65536 files", DO)

    # ---- the process that unpacks ----

    def large(self):
        """An archive that takes a while, for nobody reads what is printed."""
        filling = os.urandom(600).hex()
        mails = [dated_mail(ANA, f"hello {n} {filling[n % 600:]}\n", 20_000 + n)
                 for n in range(5000)]
        return self.put("large.zip", packed("zip", [f"{n}.eml" for n in range(5000)], mails))

    def unpacker(self, process, path):
        """The process that has the archive as its file."""
        limit = time.monotonic() + 60
        while time.monotonic() < limit:
            for nursery in children(process.pid):
                for pid in children(nursery):
                    try:
                        if os.readlink(f"/proc/{pid}/fd/4") == path:
                            return pid
                    except OSError:
                        pass
            time.sleep(0.05)
        raise AssertionError("no process unpacks the archive")

    def disturbed(self, number, says):
        path, after = self.large(), self.put("after.mbox", mbox([self.good()]))
        process = self.house.start("inspect", "--json", path, after)
        pid = self.unpacker(process, path)
        first = process.stdout.readline()
        os.kill(pid, number)
        output, errors = process.stdout.read(), process.stderr.read()
        process.stdout.close()
        process.stderr.close()
        found = [json.loads(line) for line in (first + output).splitlines()]
        self.assertEqual((process.wait(), errors), (1, b""))
        *some, fault, last = found
        self.assertGreater(len(some), 10)
        self.assertEqual({one["class"] for one in some}, {"unrecognised"})
        self.assertEqual((last["source"], last["class"]), (f"{after}#1", "request"))
        self.assertEqual(fault["class"], "quarantined")
        self.assertIn(f"{path} is unpacked up to here: {says}; {DO}", fault["why"])

    def test_killed(self):
        self.disturbed(signal.SIGKILL, "its unpacker was killed (SIGKILL)")

    def test_hung(self):
        self.house.environment["ISSUER_PARSE_SECONDS"] = "3"
        self.disturbed(signal.SIGSTOP, "nothing more came out within 3.0 s")

    # ---- exports of help desks ----

    def test_tickets(self):
        """The customer's mails count, not what the desk wrote, nor what it quotes."""
        codes = [self.code().decode() for _ in range(3)]
        tickets = [
            {"title": "code", "customer": ANA, "articles": [
                {"from": f"Ana <{ANA}>", "sender": "Customer", "body": codes[0],
                 "created_at": "2026-10-08T09:30:00Z"},
                {"from": "Kim <kim@vendor.example>", "sender": "Agent", "body": "> " + codes[1]}]},
            {"subject": "code", "requester": {"email": ANA}, "description":
                "<p>" + codes[2].replace("\n", "<br>") + "</p>", "conversations": []},
            {"subject": "code", "requester": {"email": ANA}, "description": "see the file",
             "attachments": [{"file_name": "code.txt", "content_url": "https://desk.example/1"}]}]
        path = self.put("tickets.json", json.dumps(tickets, indent=1).encode())
        first, ours, second, partial = self.take(path)
        self.assertEqual([first, ours, second], ["issued", "ignored", "issued"])
        self.assertIn("files that came with it are not in the export", partial)
        self.assertEqual({recipient for (recipient,) in self.house.query(
            "select distinct recipient from reply")}, {ANA})

    def test_table(self):
        code = self.code().decode().replace("\n", "<br>\n")
        path = self.put("tickets.csv", ("\ufeffSubject;From;Date;Body\r\n"
                                        f'Code;{ANA};2026-10-08 09:30;"<p class=""x"">{code}</p>"\r\n'
                                        f"Thanks;{ANA};2026-10-09 09:30;bye\r\n").encode())
        self.assertEqual(self.take(path, code=0), ["issued", "unrecognised"])


if __name__ == "__main__":
    main()
