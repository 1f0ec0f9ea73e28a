"""Mail servers for tests, on this machine's loopback alone: a Postfix of its own folder, queue and
ports, and one that does what no server should."""
import base64
import os
import pwd
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import time

POSTFIX = "/usr/lib/postfix/sbin"
DOMAIN = "northwind.example"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def certificate(folder, name="localhost"):
    """A certificate for `name` that is its own authority: paths of it and of its key."""
    paths = os.path.join(folder, "server.pem"), os.path.join(folder, "server.key")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                    "-nodes", "-days", "2", "-subj", f"/CN={name}", "-addext",
                    f"subjectAltName=DNS:{name}", "-out", paths[0], "-keyout", paths[1]],
                   check=True, capture_output=True)
    return paths


class Postfix:
    """The real thing. It takes mail for northwind.example into one Maildir, but for nobody@ (refused
    for good) and later@ (not now). `port` speaks plain SMTP and offers STARTTLS, `tls_port` TLS alone;
    `login_port` takes mail over TLS from who logs in as LOGIN, whom a Dovecot knows."""

    LOGIN = ("issuer", "open sesame")

    MASTER = """\
{port} inet n - n - - smtpd
{tls_port} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
{login_port} inet n - n - - smtpd -o smtpd_tls_security_level=encrypt -o smtpd_sasl_auth_enable=yes
    -o smtpd_client_restrictions=permit_sasl_authenticated,reject
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""
    MAIN = """\
compatibility_level = 3.6
myhostname = mx.northwind.example
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = {postfix}
mail_owner = postfix
setgid_group = postdrop
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
virtual_mailbox_domains = {domains}
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = static:inbox/
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
local_recipient_maps =
alias_maps =
smtpd_relay_restrictions = reject_unauth_destination
smtpd_recipient_restrictions = check_recipient_access inline:{{ {{nobody@{domain} = 550 5.1.1 no such person here}}, {{later@{domain} = 450 4.2.0 come back later}} }}
smtpd_tls_cert_file = {cert}
smtpd_tls_key_file = {key}
smtpd_tls_security_level = may
smtpd_peername_lookup = no
smtputf8_enable = no
smtpd_sasl_type = dovecot
smtpd_sasl_path = {folder}/login
"""
    DOVECOT = """\
base_dir = {folder}/dovecot
state_dir = {folder}/dovecot
log_path = {folder}/dovecot.log
default_internal_user = postfix
default_internal_group = postfix
default_login_user = postfix
protocols =
ssl = no
auth_mechanisms = plain
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {folder}/people
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home=/
}}
service auth {{
  unix_listener {folder}/login {{
    mode = 0666
  }}
}}
"""

    def __init__(self, domains=DOMAIN):
        """`domains`: whose mail it takes, as Postfix's virtual_mailbox_domains."""
        if os.geteuid() != 0:
            raise RuntimeError("Postfix runs as root alone: run this test as root")
        for path, package in ((f"{POSTFIX}/master", "postfix"), ("/usr/sbin/dovecot", "dovecot-core")):
            if not os.path.exists(path):
                raise RuntimeError(f"{path} is missing (Debian: apt-get install {package})")
        # Daemons of other users walk to it.
        self.folder = tempfile.mkdtemp(prefix="issuer-postfix.")
        os.chmod(self.folder, 0o755)
        self.port, self.tls_port, self.login_port = free_port(), free_port(), free_port()
        self.ca_file, key = certificate(self.folder)
        owner = pwd.getpwnam("postfix")
        for name in ("queue", "data", "mail"):
            os.mkdir(os.path.join(self.folder, name))
        os.chmod(os.path.join(self.folder, "mail"), 0o755)
        for name in ("data", "mail"):
            os.chown(os.path.join(self.folder, name), owner.pw_uid, owner.pw_gid)
        for name, text in (("main.cf", self.MAIN), ("master.cf", self.MASTER),
                           ("dovecot.conf", self.DOVECOT), ("people", ":".join(self.LOGIN) + "\n")):
            with open(os.path.join(self.folder, name), "w", encoding="ascii") as stream:
                stream.write(text if name == "people" else text.format(
                    folder=self.folder, postfix=POSTFIX, domain=DOMAIN, domains=domains, uid=owner.pw_uid,
                    gid=owner.pw_gid, cert=self.ca_file, key=key, port=f"127.0.0.1:{self.port}",
                    tls_port=f"127.0.0.1:{self.tls_port}",
                    login_port=f"127.0.0.1:{self.login_port}"))
        self.logins = subprocess.Popen(["/usr/sbin/dovecot", "-F", "-c",
                                        os.path.join(self.folder, "dovecot.conf")])
        self._postfix("start")
        self._wait_for(lambda: all(map(self._answers, (self.port, self.tls_port, self.login_port)))
                       and os.path.exists(os.path.join(self.folder, "login")), "start")

    def _postfix(self, word, check=True):
        done = subprocess.run(["/usr/sbin/postfix", "-c", self.folder, word], check=False,
                              capture_output=True, text=True, timeout=60)
        if check and done.returncode:
            raise RuntimeError(f"postfix {word}: {done.stdout}{done.stderr}{self.log()}")

    @staticmethod
    def _answers(port):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    def _wait_for(self, what, name):
        for _ in range(100):
            if what():
                return
            time.sleep(0.1)
        raise RuntimeError(f"postfix: {name} takes too long\n{self.log()}")

    @staticmethod
    def _names(folder):
        if not os.path.isdir(folder):
            return []
        return sorted(os.listdir(folder),
                      key=lambda name: os.stat(os.path.join(folder, name)).st_mtime_ns)

    def log(self):
        path = os.path.join(self.folder, "log")
        if not os.path.exists(path):
            return ""
        with open(path, encoding="utf-8", errors="replace") as stream:
            return stream.read()

    def mails(self, count):
        """The mails in the mailbox once there are `count` of them, as bytes, in order of arrival."""
        inbox = os.path.join(self.folder, "mail", "inbox", "new")
        self._wait_for(lambda: len(self._names(inbox)) >= count, "delivery")
        found = []
        for name in self._names(inbox):
            with open(os.path.join(inbox, name), "rb") as stream:
                found.append(stream.read())
        return found

    def close(self):
        self._postfix("abort", check=False)
        self.logins.terminate()
        self.logins.wait(60)
        shutil.rmtree(self.folder)


class Listener:
    """Takes connections at a port of its own, each served by a thread; what a client has not said, or
    breaks off, ends its connection alone. To be told apart by what serve() does."""

    def __init__(self):
        self.connections = 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve_safely, args=(connection,), daemon=True).start()

    def _serve_safely(self, connection):
        try:
            with connection:
                self.serve(connection)
        except (OSError, ValueError, IndexError):
            pass

    def serve(self, connection):
        raise NotImplementedError

    def close(self):
        self.socket.close()


class RudeServer(Listener):
    """A server that says what it is told to: `answers` maps the first word of a command (or "greeting",
    "content") to what is answered; None ends the connection, "" says nothing and goes on, "…" does not
    answer at all, bytes go out as they are. Of a list each is said once, the last one ever after; with
    True behind it in a pair, the connection ends then. `heard` collects what clients say, `mails` what
    they have handed over whole, as (recipients, content), whatever was answered to it."""

    USUAL = {"greeting": "220 here", "EHLO": "250 here", "HELO": "250 here", "MAIL": "250 ok",
             "RCPT": "250 ok", "DATA": "354 go on", "content": "250 taken", "QUIT": "221 bye",
             "RSET": "250 ok", "NOOP": "250 ok", "AUTH": "235 welcome", "STARTTLS": "220 go on"}

    def __init__(self, answers=None, tls=None):
        self.answers = {**self.USUAL, **(answers or {})}
        self.tls = tls  # paths of certificate and key, for STARTTLS
        self.heard = []
        self.mails = []
        self.login = None  # name and password of the last AUTH PLAIN
        self.last = None  # the last connection
        self.gone = threading.Event()
        self.lock = threading.Lock()
        super().__init__()

    def hang_up(self, words=b""):
        """Ends the conversation at hand, with these last words."""
        self.last.sendall(words)
        self.last.shutdown(socket.SHUT_RDWR)

    def serve(self, connection):
        self.last = connection
        if self._answer(connection, "greeting"):
            self._talk(connection)

    def _next_answer(self, word):
        with self.lock:
            answer = self.answers.get(word, "500 what?")
            if isinstance(answer, list):
                answer = answer.pop(0) if len(answer) > 1 else answer[0]
        return answer if isinstance(answer, tuple) else (answer, answer in (None, "…"))

    def _answer(self, connection, word):
        """What was answered; None ends the conversation."""
        answer, last = self._next_answer(word)
        if answer == "…":
            self.gone.wait(60)
        elif isinstance(answer, bytes):
            connection.sendall(answer)
        elif answer:
            connection.sendall(answer.replace("\n", "\r\n").encode() + b"\r\n")
        return None if last else answer

    def _read_content(self, stream):
        lines = []
        while (line := stream.readline()) not in (b".\r\n", b""):
            self.heard.append(line)
            lines.append(line[1:] if line.startswith(b".") else line)
        return b"".join(lines) if line else None

    def _start_tls(self, connection):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.tls)
        with context.wrap_socket(connection, server_side=True) as safe:
            self._talk(safe)

    def _log_in(self, connection, stream):
        connection.sendall(b"334 \r\n")
        self.heard.append(stream.readline())
        self.login = tuple(base64.b64decode(self.heard[-1]).decode().split("\0")[1:])

    def _talk(self, connection):
        stream = connection.makefile("rb")
        recipients = []
        while line := stream.readline():
            self.heard.append(line)
            word = line.split()[0].decode("ascii", "replace").upper() if line.split() else ""
            if word == "AUTH":
                self._log_in(connection, stream)
            answer = self._answer(connection, word)
            if answer is None or word == "QUIT":
                return
            if word == "MAIL":
                recipients = []
            elif word == "RCPT" and str(answer).startswith("2"):
                recipients.append(line[8:].strip().strip(b"<>").decode())
            elif word == "DATA" and str(answer).startswith("354"):
                content = self._read_content(stream)
                if content is None:
                    return
                self.mails.append((recipients, content))
                if self._answer(connection, "content") is None:
                    return
            elif word == "STARTTLS":
                self._start_tls(connection)
                return

    def said(self):
        return b"".join(self.heard).decode("utf-8", "replace")

    def close(self):
        self.gone.set()
        super().close()
