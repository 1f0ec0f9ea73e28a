"""Mails that keep coming into a drop folder while something is done to the house, and whether each was answered once."""
import os
import threading
import time

from scenario import ask, mail, write

ANA = "ana@northwind.example"


class Feeder:
    """Drops a mail every `pause` seconds, each with the request of a server of its own."""

    def __init__(self, house, folder, pause=0.05, most=2000):
        self.house, self.folder, self.pause, self.most = house, folder, pause, most
        self.license = house.sell("LIC-FED", ANA, activations=most, servers=most)
        self.dropped, self.ended = 0, threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        os.makedirs(folder, exist_ok=True)

    def _run(self):
        while not self.ended.is_set() and self.dropped < self.most:
            number = self.dropped + 1
            one = mail(ANA, ask(self.house.server(host=f"fed-{number}"), self.license))
            write(os.path.join(self.folder, f".{number}"), one)
            os.rename(os.path.join(self.folder, f".{number}"), os.path.join(self.folder, f"mail-{number}.eml"))
            self.dropped = number
            self.ended.wait(self.pause)

    def start(self):
        self.thread.start()

    def stop(self):
        self.ended.set()
        self.thread.join(timeout=60)

    def answered(self):
        """How many requests have become usage licenses, by the server that can be written."""
        return self.house.query("select count(*) from usage_license")[0][0]

    def wait_answered(self, count, seconds=120):
        self._wait(lambda: self.answered() >= count, f"{count} answers", seconds)

    def wait_dropped(self, count, seconds=120):
        self._wait(lambda: self.dropped >= count, f"{count} mails", seconds)

    @staticmethod
    def _wait(found, what, seconds):
        end = time.monotonic() + seconds
        while not found():
            if time.monotonic() > end:
                raise AssertionError(f"waited {seconds} s for {what}")
            time.sleep(0.05)


def check_answered_once(test, feeder):
    """Each mail is on record once, each request was issued once, no number was given twice, and each reply went out under
    one name."""
    house, count = feeder.house, feeder.dropped
    ((messages, requests, decisions, licenses, serials, used),) = house.query(
        "select (select count(distinct identity) from message), (select count(*) from usage_request),"
        " (select count(*) from decision where outcome = 'issued'), (select count(*) from usage_license),"
        " (select count(distinct serial) from usage_license), (select count(*) from activation where counted)")
    test.assertEqual((messages, requests, decisions, licenses, serials, used), (count,) * 6)
    replies = [house.read_mail(house.path("replies", name)) for name in os.listdir(house.path("replies"))]
    names = {str(reply["Message-ID"]) for reply in replies}
    test.assertEqual((len(replies), len(names)), (count, count))
    done = [name for name in os.listdir(os.path.join(feeder.folder, "done")) if name.endswith(".eml")]
    test.assertEqual(len(done), count)
