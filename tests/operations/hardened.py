#!/usr/bin/python3
"""The daemon with the restrictions of deploy/systemd/issuer.service: it does all that it does without them.

  hardened.py ISSUER [TEST…]          as root, within tests/with-postgres"""
import os
import pathlib
import pwd
import resource
import shutil
import socket
import subprocess
import sys
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "scenarios"))
# A sanitizer cannot live with these restrictions; where ISSUER_RELEASE names a program without, that is it.
sys.argv[1] = os.environ.get("ISSUER_RELEASE", sys.argv[1])

from daemon import Daemon  # noqa: E402
from mail_servers import RudeServer  # noqa: E402
from outlook_files import data_file  # noqa: E402
from scenario import ISSUER, OWN, Scenario, ask, check_records, mail, main, mbox, write  # noqa: E402

UNIT = HERE.parents[1] / "deploy" / "systemd" / "issuer.service"
USER = "postgres"  # to whom the test server is open
ANA = "ana@northwind.example"


class House:
    """The house of a test, in which the daemon alone is shut in."""

    def __init__(self, house):
        self._house = house
        self.environment = {**house.environment, "ISSUER_KEY_FOLDER": house.path("keys-own")}

    def __getattr__(self, name):
        return getattr(self._house, name)

    def start(self, *words, **options):
        keep = ",".join((self._house.folder, os.environ["PGHOST"]))
        return subprocess.Popen([str(HERE / "shut_in.py"), str(UNIT), USER, keep, ISSUER, *words],
                                cwd=self._house.folder, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                **{"stdout": subprocess.PIPE, **options})


class Hardened(Scenario):
    def setUp(self):
        super().setUp()
        self.shut_in = House(self.house)
        for name in ("drop", "journal", "replies"):
            os.makedirs(self.house.path(name))
        shutil.copytree(self.house.keys, self.house.path("keys-own"))
        self.license = self.house.sell("LIC-1", ANA, activations=50, servers=50)
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            self.port = one.getsockname()[1]

    def tearDown(self):
        check_records(self.house)

    def daemon(self, **settings):
        """It runs as another user than the tests, to whom the house belongs by then."""
        text = (f"[issuer]\nown-addresses = {OWN}\nreply-folder = {self.house.path('replies')}\n"
                f"journal-folder = {self.house.path('journal')}\nwatch-address = 127.0.0.1:{self.port}\n"
                f"[drop inbox]\nfolder = {self.house.path('drop')}\n")
        daemon = Daemon(self.shut_in, config=text, watchdog=20, **settings)
        self.addCleanup(daemon.close)
        user = pwd.getpwnam(USER)
        for folder, _, files in os.walk(self.house.folder):
            for path in (folder, *(os.path.join(folder, name) for name in files)):
                os.chown(path, user.pw_uid, user.pw_gid)
        folder = os.path.dirname(self.house.folder)
        os.chmod(folder, 0o711)
        return daemon

    def put(self, name, content):
        user = pwd.getpwnam(USER)
        path = write(self.house.path("drop", "." + name), content)
        os.chown(path, user.pw_uid, user.pw_gid)
        os.rename(path, self.house.path("drop", name))

    def request(self, host):
        return mail(ANA, ask(self.house.server(host=host), self.license))

    def done(self, daemon, name):
        daemon.wait(lambda: os.path.exists(self.house.path("drop", "done", name)), f"{name} in done")

    def test_its_day(self):
        server = RudeServer()
        self.addCleanup(server.close)
        daemon = self.daemon(reply_by="smtp", smtp_url=f"smtp://127.0.0.1:{server.port}").start()
        self.put("a.mbox", mbox([self.request("one"), self.request("two")]))
        self.done(daemon, "a.mbox")
        daemon.wait(lambda: len(server.mails) == 2, "two replies by SMTP")
        self.assertGreater(sum(path.stat().st_size for path in pathlib.Path(self.house.path("journal")).rglob("*")
                               if path.is_file()), 1000)
        # Who may not is told so: the restrictions are there.
        status = pathlib.Path(f"/proc/{daemon.process.pid}/status").read_text(encoding="ascii")
        for line in ("NoNewPrivs:\t1", "Seccomp:\t2", "CapBnd:\t0000000000000000", "CapEff:\t0000000000000000"):
            self.assertIn(line, status)
        most = resource.getrlimit(resource.RLIMIT_MEMLOCK)[1]
        locked = most == resource.RLIM_INFINITY or most >= 512 << 20
        self.assertEqual(len(daemon.log("memory-not-locked")), 0 if locked else 1)
        answer = urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=10).read()
        self.assertEqual(answer, b"ok\n")
        daemon.wait_told("WATCHDOG=1")
        daemon.reload()
        self.put("b.mbox", mbox([self.request("three")]))
        self.done(daemon, "b.mbox")
        for role in ("signer", "drop:inbox", "post"):
            pid = daemon.kill_role(role)
            daemon.restarted(role, pid)
        self.put("c.mbox", mbox([self.request("four")]))
        self.done(daemon, "c.mbox")
        daemon.wait(lambda: len(server.mails) == 4, "all replies")
        # A .pst is read by a program of its own, under Landlock.
        with open(data_file(self.house.path(), [self.request("five")]), "rb") as stream:
            self.put("d.pst", stream.read())
        self.done(daemon, "d.pst")
        daemon.wait(lambda: len(server.mails) == 5, "the reply to it")
        log = daemon.stop()
        self.assertEqual([line.text for line in log if line.level in ("warning", "error")
                          and line.what != "process-ended"], [])
        self.assertEqual(self.house.query("select count(*) from usage_license")[0][0], 5)

    def test_what_the_unit_forbids_is_refused(self):
        """Else the day above would say nothing."""
        program = self.house.path("tries.py")
        write(program, TRIES.encode())
        keep = ",".join((self.house.folder, os.path.dirname(sys.executable)))
        os.chown(self.house.folder, pwd.getpwnam(USER).pw_uid, -1)
        os.chmod(os.path.dirname(self.house.folder), 0o711)
        done = subprocess.run([str(HERE / "shut_in.py"), str(UNIT), USER, keep, "/usr/bin/python3", program, self.house.folder],
                              capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.stdout.split(), ["all", "as", "it", "should", "be"], done.stdout + done.stderr)


TRIES = """
import ctypes, errno, mmap, os, socket, sys
libc = ctypes.CDLL(None, use_errno=True)
wrong = []
def refused(what, call):
    try:
        result = call()
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.EACCES, errno.EROFS, errno.EAFNOSUPPORT, errno.ENOENT):
            wrong.append((what, error))
        return
    if result != -1:
        wrong.append((what, result))
refused("write to /etc", lambda: open("/etc/issuer-test", "w"))
refused("write to /var", lambda: open("/var/issuer-test", "w"))
refused("a netlink socket", lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW))
refused("a packet socket", lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW))
refused("writable code", lambda: mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC))
refused("a namespace", lambda: libc.unshare(0x10000000))
refused("a mount", lambda: libc.mount(b"tmpfs", b"/tmp", b"tmpfs", 0, None))
refused("ptrace", lambda: libc.ptrace(0, 0, 0, 0))
refused("another user", lambda: os.setuid(0))
refused("another owner", lambda: os.chown(sys.argv[1], 0, 0))
refused("a setuid file", lambda: os.chmod(sys.argv[1], 0o4700))
refused("the kernel's log", lambda: libc.klogctl(3, ctypes.create_string_buffer(64), 64))
refused("a home", lambda: os.stat("/root" + "/.bashrc"))
refused("another's process", lambda: os.stat("/proc/1/status"))
refused("a setting of the kernel", lambda: os.stat("/proc/sys/kernel/hostname"))
refused("a disk", lambda: os.stat("/dev/vda"))
open("/tmp/its-own", "w").close()
open(os.path.join(sys.argv[1], "own"), "w").close()
socket.socket(socket.AF_INET).close()
print("all as it should be" if not wrong else wrong)
"""

if __name__ == "__main__":
    main()
