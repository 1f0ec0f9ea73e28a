#!/usr/bin/python3
"""What programs that look on are told where watch-address says: metrics, whether the daemon lives, whether
it can issue; and that nobody who asks, however badly, is in another's way.

  watching.py ISSUER [TEST…]          within tests/with-postgres"""
import collections
import os
import re
import shutil
import signal
import socket
import time

import psycopg2
from prometheus_client.parser import text_string_to_metric_families

from daemon import Daemon
from mail_servers import RudeServer
from scenario import OWN, Scenario, ask, check_records, mail, main, mbox, write

ANA = "ana@northwind.example"
Answer = collections.namedtuple("Answer", "status headers body")


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def read_all(connection):
    data = b""
    while True:
        try:
            more = connection.recv(65536)
        except ConnectionResetError:
            return data
        if not more:
            return data
        data += more


def raw(port, request, seconds=10):
    """The bytes that come back for these, until the connection is closed."""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as connection:
        try:
            connection.sendall(request)
        except (BrokenPipeError, ConnectionResetError):
            pass
        return read_all(connection)


def read_answer(data):
    head, _, body = data.partition(b"\r\n\r\n")
    first, *rest = head.decode("ascii").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in rest)}
    return Answer(int(first.split(" ")[1]), headers, body.decode())


class Watching(Scenario):
    def setUp(self):
        super().setUp()
        self.folder, self.replies = self.house.path("drop"), self.house.path("replies")
        os.makedirs(self.folder)
        os.makedirs(self.replies)
        self.port = free_port()

    def tearDown(self):
        check_records(self.house)

    def daemon(self, more="", group="inbox", **options):
        text = (f"[issuer]\nown-addresses = {OWN}\nreply-folder = {self.replies}\n"
                f"watch-address = 127.0.0.1:{self.port}\n{more}[drop {group}]\nfolder = {self.folder}\n")
        daemon = Daemon(self.house, config=text, **options)
        self.addCleanup(daemon.close)
        return daemon

    def ask(self, path, method="GET", port=None, more=""):
        return read_answer(raw(port or self.port, f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n{more}\r\n".encode()))

    def says(self, path):
        """Status and text of /healthz or /readyz; None: nobody listens yet."""
        try:
            answer = self.ask(path)
        except ConnectionRefusedError:
            return None
        return answer.status, answer.body

    def wait_says(self, daemon, path, status, words=""):
        daemon.wait(lambda: (said := self.says(path)) and said[0] == status and words in said[1],
                    f"{path}: {status} {words}; it is {self.says(path)}")
        text = self.says(path)[1]
        self.assertEqual(text.count("\n"), 1, text)
        return text

    def numbers(self):
        """The metrics by name and labels: as another library reads them."""
        found = {}
        for family in text_string_to_metric_families(self.ask("/metrics").body):
            for sample in family.samples:
                key = (sample.name, *sorted(sample.labels.items()))
                self.assertNotIn(key, found)
                found[key] = sample.value
        return found

    def number(self, metric, **labels):
        return self.numbers().get((metric, *sorted(labels.items())))


class Metrics(Watching):
    def test_they_are_what_prometheus_reads(self):
        daemon = self.daemon().start()
        self.wait_says(daemon, "/readyz", 200)
        answer = self.ask("/metrics")
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8")
        self.assertTrue(answer.body.endswith("\n"))
        seen, current = set(), None
        for line in answer.body.splitlines():
            if line.startswith("# HELP "):
                current = line.split(" ")[2]
                self.assertNotIn(current, seen)  # each metric in one piece
                self.assertRegex(current, r"^issuer_[a-z]+(_[a-z]+)*$")
                seen.add(current)
            elif line.startswith("# TYPE "):
                _, _, name, kind = line.split(" ")
                self.assertEqual(name, current)
                self.assertEqual(kind == "counter", name.endswith("_total"), line)
            else:
                self.assertEqual(re.match(r"[a-z_]+", line).group(), current)
        self.assertEqual(self.number("issuer_role_up", role="drop", name="inbox"), 1)
        (started,) = daemon.log("daemon-started")
        self.assertEqual(self.number("issuer_build_info", version=started.fields["version"],
                                     policy=started.fields["policy"]), 1)
        daemon.stop()

    def test_they_tell_what_was_done(self):
        license = self.house.sell("LIC-1", ANA)
        daemon = self.daemon().start()
        self.wait_says(daemon, "/readyz", 200)
        self.assertEqual(self.number("issuer_mails_total", outcome="answered"), 0)
        before = time.time()
        write(os.path.join(self.folder, "a.mbox"),
              mbox([mail(ANA, ask(self.house.server(host="one"), license)), mail("nobody@example.com", "hello")]))
        daemon.wait(lambda: self.number("issuer_mails_total", outcome="answered") == 1, "the count")
        self.assertEqual(self.number("issuer_mails_total", outcome="unrecognised"), 1)
        self.assertEqual(self.number("issuer_decisions_total", outcome="issued"), 1)
        daemon.wait(lambda: self.number("issuer_role_things_total", role="post") == 1, "the reply")
        self.assertGreater(self.number("issuer_role_had_timestamp_seconds", role="post"), before - 1)
        self.assertEqual(self.number("issuer_role_things_total", role="drop", name="inbox"), 2)
        self.assertEqual(self.number("issuer_role_restarts_total", role="drop", name="inbox"), 0)
        pid = daemon.kill_role("drop:inbox")
        daemon.restarted("drop:inbox", pid)
        daemon.wait(lambda: self.number("issuer_role_restarts_total", role="drop", name="inbox") == 1, "the restart")
        self.assertEqual(self.number("issuer_mails_total", outcome="answered"), 1)  # it is the daemon's
        daemon.wait(lambda: self.number("issuer_waiting", what="message", code="unrecognised") == 1, "what waits")
        self.assertEqual(self.number("issuer_records", what="usage licenses"), 1)
        self.assertGreater(self.number("issuer_waiting_oldest_timestamp_seconds", what="message",
                                       code="unrecognised"), 0)
        # Who looks on is shown no address and no license key.
        whole = self.ask("/metrics").body
        for secret in (license.key, ANA, "nobody@example.com"):
            self.assertNotIn(secret, whole)
        daemon.stop()

    def test_who_asks_often_does_not_have_the_database_asked_more_often(self):
        daemon = self.daemon().start()
        self.wait_says(daemon, "/readyz", 200)
        looked = [self.number("issuer_database_looked_timestamp_seconds") for _ in range(300)]
        self.assertLessEqual(len(set(looked)), 1 + (looked[-1] - looked[0]) / 10 + 1)
        ((sessions,),) = self.house.query("select count(*) from pg_stat_activity where"
                                          " application_name = 'issuer run watch' and datname = current_database()")
        self.assertEqual(sessions, 1)
        daemon.stop()

    def test_records_that_are_locked_keep_nobody_waiting(self):
        daemon = self.daemon().start()
        self.wait_says(daemon, "/readyz", 200)
        locker = psycopg2.connect(self.house.dsn, options="-c search_path=issuer")
        self.addCleanup(locker.close)
        locker.cursor().execute("lock table reply in access exclusive mode")
        daemon.wait(lambda: self.number("issuer_database_up") == 0, "a look that has taken too long")
        self.assertIn("statement timeout", self.says("/readyz")[1])
        begun = time.monotonic()
        self.assertEqual(self.says("/healthz"), (200, "ok\n"))
        self.assertLess(time.monotonic() - begun, 3)  # less than a look waits
        self.assertIsNone(self.number("issuer_records", what="licenses"))  # no old numbers
        locker.rollback()
        daemon.wait(lambda: self.number("issuer_database_up") == 1, "the next look")
        daemon.stop()


class Health(Watching):
    def test_without_an_address_nobody_listens(self):
        text = f"[issuer]\nown-addresses = {OWN}\nreply-folder = {self.replies}\n"
        daemon = Daemon(self.house, config=text)
        self.addCleanup(daemon.close)
        daemon.start()
        self.assertNotIn("watch", daemon.pids())
        daemon.stop()

    def test_addresses_that_others_reach_are_refused(self):
        path = self.house.path("wrong.conf")
        for wrong in ("0.0.0.0:9464", "192.0.2.1:9464", "localhost:9464", "127.0.0.1", "127.0.0.1:0",
                      "127.0.0.1:65536", "[::]:9464", "::1:9464", "9464", "127.0.0.1:94x"):
            with self.subTest(wrong):
                write(path, f"[issuer]\nwatch-address = {wrong}\n".encode())
                self.house.issuer("run", "--config", path, code=1)
                self.assertIn(f"{path}:2: setting 'watch-address' must be an address of this machine's loopback",
                              self.house.errors)
                self.assertEqual(self.house.errors.count("\n"), 1)

    def test_a_port_that_is_taken_is_waited_for(self):
        with socket.socket() as other:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            other.bind(("127.0.0.1", self.port))
            other.listen()
            daemon = self.daemon().start()
            trouble = daemon.wait_log("trouble", who="watch")
            self.assertIn(f"watch-address 127.0.0.1:{self.port} cannot be listened at", trouble.fields["problem"])
        self.wait_says(daemon, "/readyz", 200)
        daemon.stop()

    def test_a_process_that_hangs_or_is_gone_is_not_live(self):
        daemon = self.daemon(hang_seconds=2).start()
        self.wait_says(daemon, "/readyz", 200)
        self.assertEqual(self.says("/healthz"), (200, "ok\n"))
        self.assertEqual(self.house.issuer("health", "--config", daemon.config), "ok\n")
        self.assertEqual(self.house.issuer("health", "--ready", "--config", daemon.config), "ok\n")
        pid = daemon.kill_role("post", signal.SIGSTOP)
        self.assertIn("hangs", self.wait_says(daemon, "/healthz", 503, "post: "))
        self.assertEqual(self.number("issuer_role_up", role="post"), 0)
        self.assertIn("hangs", self.house.issuer("health", "--config", daemon.config, code=1))
        self.assertEqual(self.number("issuer_live"), 0)
        daemon.restarted("post", pid)
        self.wait_says(daemon, "/healthz", 200)
        os.rmdir(self.replies)  # one that fails again and again is away for a second and more
        license = self.house.sell("LIC-1", ANA)
        self.house.take(mail(ANA, ask(self.house.server(host="one"), license)))
        self.assertIn("is not there", self.wait_says(daemon, "/healthz", 503, "post: "))
        os.makedirs(self.replies)
        self.wait_says(daemon, "/healthz", 200)
        daemon.stop()

    def test_health_is_asked_by_a_command(self):
        path = self.house.path("asks.conf")
        write(path, b"[issuer]\n")
        self.house.issuer("health", "--config", path, code=1)
        self.assertIn("watch-address", self.house.errors)
        write(path, f"[issuer]\nwatch-address = 127.0.0.1:{self.port}\n".encode())
        self.house.issuer("health", "--config", path, code=3)
        self.assertEqual(self.house.errors, "issuer: no daemon answers: Connection refused\n")
        for answer, says in ((b"220 mail.example ESMTP\r\n", "who listens there is none of ours"),
                             (b"HTTP/1.1 2O0 OK\r\n\r\nok\r\n", "who listens there is none of ours"),
                             (b"HTTP/1.1 200 OK\r\n", "who listens there is none of ours"), (None, "it is silent")):
            with socket.socket() as other:
                other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                other.bind(("127.0.0.1", self.port))
                other.listen()
                asks = self.house.start("health", "--config", path)
                connection, _ = other.accept()
                with connection:
                    if answer is not None:
                        connection.recv(4096)
                        connection.sendall(answer)
                        connection.shutdown(socket.SHUT_WR)
                    said = asks.communicate(timeout=30)[1].decode()
                self.assertEqual((asks.returncode, said), (3, f"issuer: no daemon answers: {says}\n"))

    def test_a_supervisor_that_hangs_is_not_live(self):
        daemon = self.daemon().start()
        self.wait_says(daemon, "/healthz", 200)
        daemon.send(signal.SIGSTOP)
        self.wait_says(daemon, "/healthz", 503, "the supervisor was last heard of 1")
        daemon.send(signal.SIGCONT)
        self.wait_says(daemon, "/healthz", 200)
        daemon.stop()

    def test_it_is_not_ready_before_it_can_issue(self):
        words = dict(word.split("=", 1) for word in self.house.dsn.split())
        place = self.house.path("sockets")  # which is there only later
        keys = self.house.path("keys-later")
        daemon = self.daemon(key_folder=keys, database=" ".join(
            f"{key}={value}" for key, value in {**words, "host": place}.items())).start(ready=False)
        self.wait_says(daemon, "/readyz", 503)
        self.wait_says(daemon, "/readyz", 503, "out of reach")
        os.symlink(words["host"], place)
        self.assertIn(keys, self.wait_says(daemon, "/readyz", 503, "signer: "))
        shutil.copytree(self.house.keys, keys)
        self.wait_says(daemon, "/readyz", 200, "ok")
        os.rename(self.folder, self.folder + "-away")
        self.assertIn(self.folder, self.wait_says(daemon, "/readyz", 503, "inbox"))
        os.rename(self.folder + "-away", self.folder)
        self.wait_says(daemon, "/readyz", 200, "ok")
        daemon.stop()

    def test_a_schema_of_another_program_is_not_ready(self):
        self.house.query("insert into migration (number, name, sha256, program)"
                         " values (9999, '9999_later.sql', sha256('later'), '9.9.9')")
        daemon = self.daemon().start(ready=False)
        self.wait_says(daemon, "/readyz", 503, "9999_later.sql")
        daemon.kill()
        self.house.query("alter table migration disable trigger all; delete from migration where number = 9999;"
                         " alter table migration enable trigger all")

    def test_a_database_that_freezes_keeps_neither_answers_nor_the_end_waiting(self):
        daemon = self.daemon(stop_seconds=2).start()
        self.wait_says(daemon, "/readyz", 200)
        ((backend,),) = self.house.query("select pid from pg_stat_activity where datname = current_database()"
                                         " and application_name = 'issuer run watch'")
        os.kill(backend, signal.SIGSTOP)
        self.addCleanup(os.kill, backend, signal.SIGCONT)
        self.wait_says(daemon, "/readyz", 503, "the database has not answered for ")
        self.assertEqual(self.says("/healthz"), (200, "ok\n"))
        self.assertEqual(self.number("issuer_database_up"), 0)
        log = daemon.stop()
        (ended,) = [line for line in log if line.what == "process-ended" and line.fields["role"] == "watch"]
        self.assertEqual(ended.fields["how"], "exit code 0")

    def test_a_daemon_that_ends_lives_and_is_not_ready(self):
        server = RudeServer({"content": "…"})
        self.addCleanup(server.close)
        license = self.house.sell("LIC-1", ANA)
        self.house.take(mail(ANA, ask(self.house.server(host="one"), license)))
        daemon = self.daemon(reply_by="smtp", smtp_url=f"smtp://127.0.0.1:{server.port}").start()
        daemon.wait(lambda: server.mails, "a mail that the server keeps")
        daemon.send(signal.SIGTERM)
        self.wait_says(daemon, "/readyz", 503, "the daemon is about to end")
        self.assertEqual(self.says("/healthz"), (200, "ok\n"))
        server.gone.set()
        daemon.ended()
        self.assertIsNone(self.says("/healthz"))

    def test_a_reload_takes_another_address(self):
        daemon = self.daemon().start()
        self.wait_says(daemon, "/readyz", 200)
        old, self.port = self.port, free_port()
        with open(daemon.config, encoding="utf-8") as stream:
            text = stream.read()
        daemon.write_config(text.replace(f":{old}", f":{self.port}"))
        daemon.reload()
        self.wait_says(daemon, "/readyz", 200)
        with self.assertRaises(ConnectionRefusedError):
            self.ask("/healthz", port=old)
        daemon.stop()


class Asking(Watching):
    """Whoever asks for something else, or in another way."""

    def setUp(self):
        super().setUp()
        self.running = self.daemon().start()
        self.wait_says(self.running, "/readyz", 200)

    def tearDown(self):
        self.assertEqual(self.says("/healthz"), (200, "ok\n"))
        self.assertEqual(self.running.log("process-ended"), [])
        self.running.stop()
        super().tearDown()

    def test_wrong_questions_get_the_right_status(self):
        for path in ("/", "/metricsx", "/Metrics", "/healthz/", "/%68ealthz", "/healthz%00x", "//healthz", "*",
                     "http://localhost/healthz"):
            self.assertEqual(self.ask(path).status, 404, path)
        self.assertEqual(self.ask("/healthz?verbose=1").status, 200)
        for method in ("POST", "PUT", "DELETE", "OPTIONS", "TRACE", "get", "X" * 1000):
            answer = self.ask("/healthz", method)
            self.assertEqual((answer.status, answer.headers.get("allow")), (405, "GET, HEAD"), method)
        self.assertEqual(self.ask("/healthz", more="Content-Length: 5\r\n").status, 413)
        self.assertEqual(self.ask("/healthz", more="Transfer-Encoding: chunked\r\n").status, 413)
        answer = self.ask("/metrics", "POST", more="Content-Length: 1000000000\r\n")
        self.assertEqual(answer.status, 405)
        self.assertEqual(answer.headers["connection"].lower(), "close")

    def test_head_has_the_headers_alone(self):
        head, get = self.ask("/healthz", "HEAD"), self.ask("/healthz")
        self.assertEqual((head.status, head.body, head.headers["content-length"]),
                         (200, "", get.headers["content-length"]))

    def test_a_name_that_leads_here_is_not_answered(self):
        def status(host):
            return read_answer(raw(self.port, f"GET /metrics HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())).status
        for good in ("localhost", f"LOCALHOST:{self.port}", "127.0.0.1", f"127.0.0.1:{self.port}", "[::1]",
                     f"[::1]:{self.port}"):
            self.assertEqual(status(good), 200, good)
        for evil in ("evil.example", f"evil.example:{self.port}", "localhost.evil.example", "127.0.0.1.evil.example",
                     "[evil]"):
            self.assertEqual(status(evil), 421, evil)

    def test_what_is_no_http_or_too_much_is_refused(self):
        for request, statuses in ((b"GET /healthz HTTP/1.1\r\n\r\n", {400}),  # no Host
                                  (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", {400, 505, 0}),
                                  (b"GET\r\n\r\n", {400, 505, 0}),
                                  (b"GET /healthz HTTP/7.0\r\nHost: localhost\r\n\r\n", {505}),
                                  (b"GET /" + b"x" * 100000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", {414, 0}),
                                  (b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 100000 + b"\r\n\r\n",
                                   {431, 0}),
                                  (b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * 20000 + b"\r\n",
                                   {431, 0})):
            data = raw(self.port, request)  # 0: the connection was reset before its answer could be read
            self.assertIn(read_answer(data).status if data else 0, statuses, request[:60])
        self.assertEqual(read_answer(raw(self.port, b"GET /healthz HTTP/1.0\r\n\r\n")).status, 200)

    def test_what_comes_in_pieces_is_answered(self):
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            for byte in b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n":
                connection.sendall(bytes([byte]))
                time.sleep(0.01)
            self.assertEqual(read_answer(read_all(connection)).body, "ok\n")

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.running.pid('watch')}/fd"))

    def test_who_holds_connections_is_in_nobodys_way(self):
        before = self.descriptors()
        held = [socket.create_connection(("127.0.0.1", self.port), timeout=10) for _ in range(200)]
        begun = time.monotonic()
        drip = [one for one in held if self.send(one, b"GET /healthz HTTP/1.1\r\nX: ")]
        while time.monotonic() - begun < 14:  # each longer than it may last, and never silent for long
            asked = time.monotonic()
            self.assertEqual(self.says("/healthz"), (200, "ok\n"))
            self.assertLess(time.monotonic() - asked, 2)  # none has to wait for the end of another
            self.assertLessEqual(self.descriptors(), before + 33)
            drip = [one for one in drip if self.send(one, b"x")]
            time.sleep(0.5)
        self.assertEqual(drip, [])
        for one in held:
            one.close()
        self.running.wait(lambda: self.descriptors() <= before, "as many descriptors as before")

    @staticmethod
    def send(connection, data):
        try:
            connection.sendall(data)
            return True
        except OSError:
            return False

    def test_many_at_once_are_all_answered(self):
        for _ in range(20):
            asking = [socket.create_connection(("127.0.0.1", self.port), timeout=10) for _ in range(20)]
            for one in asking:
                one.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
            for one in asking:
                self.assertEqual(read_answer(read_all(one)).status, 200)
                one.close()


if __name__ == "__main__":
    main()
