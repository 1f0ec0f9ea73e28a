"""IMAP servers for tests, on this machine's loopback alone: a Dovecot of its own folder and ports, a
line to it that breaks where it is told to, and one that does what no server should."""
import base64
import grp
import hashlib
import imaplib
import os
import pwd
import queue
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time

from mail_servers import Listener, certificate, free_port

__all__ = ["PASSWORD", "USER", "Dovecot", "Line", "RudeImap", "free_port"]

USER, PASSWORD = "desk@vendor.example", "sesame & co"


def _answers(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _free_ports(count):
    """Ports that are free and not the same, for they are tried at the same time."""
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


class Dovecot:
    """The real thing, with one user. `port` speaks plain IMAP and offers STARTTLS, `tls_port` TLS alone.
    Runs as root and as anybody else."""

    CONF = """\
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = required
ssl_cert = <{cert}
ssl_key = <{key}
default_login_user = {login}
default_internal_user = {internal}
default_internal_group = {group}
first_valid_uid = 1
mail_location = maildir:~/mail
mail_fsync = never
passdb {{
  driver = passwd-file
  args = username_format=%u {folder}/users
}}
userdb {{
  driver = static
  args = uid={owner} gid={owner_group} home={folder}/home
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
protocol imap {{
  imap_capability = {capability}
}}
"""

    def __init__(self, name="localhost", capability=""):
        if shutil.which("dovecot") is None:
            raise RuntimeError("Dovecot is missing (Debian: apt-get install dovecot-imapd)")
        root = os.geteuid() == 0
        own = pwd.getpwuid(os.geteuid()).pw_name
        owner = pwd.getpwnam("mail" if root else own)
        internal = pwd.getpwnam("dovecot" if root else own)
        # Daemons of other users walk to it.
        self.folder = tempfile.mkdtemp(prefix="issuer-dovecot.")
        os.chmod(self.folder, 0o755)
        self.ca_file, key = certificate(self.folder, name)
        os.mkdir(os.path.join(self.folder, "home"))
        if root:
            os.chown(os.path.join(self.folder, "home"), owner.pw_uid, owner.pw_gid)
        self._write("users", f"{USER}:{{SHA256.hex}}{hashlib.sha256(PASSWORD.encode()).hexdigest()}\n", 0o644)
        self.settings = {
            "folder": self.folder, "cert": self.ca_file, "key": key, "login": "dovenull" if root else own,
            "internal": internal.pw_name, "group": grp.getgrgid(internal.pw_gid).gr_name, "owner": owner.pw_name,
            "owner_group": grp.getgrgid(owner.pw_gid).gr_name, "capability": capability}
        self.process = None
        for last in (False, False, True):  # somebody else may take a port in between
            self.port, self.tls_port = _free_ports(2)
            self._write("conf", self.CONF.format(**self.settings, port=self.port, tls_port=self.tls_port), 0o644)
            try:
                self.start()
                break
            except RuntimeError:
                if last:
                    raise

    def _write(self, name, text, mode):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as stream:
            stream.write(text)
        os.chmod(path, mode)

    def start(self):
        self.process = subprocess.Popen(
            ["dovecot", "-F", "-c", os.path.join(self.folder, "conf")], start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        limit = time.monotonic() + 20
        while not (_answers(self.port) and _answers(self.tls_port)):
            if self.process.poll() is not None or time.monotonic() > limit:
                said = self.process.stderr.read1().decode() if self.process.poll() is not None else "it takes too long"
                self.kill()
                raise RuntimeError(f"dovecot does not start: {said}{self.log()}")
            time.sleep(0.02)

    def log(self):
        path = os.path.join(self.folder, "log")
        if not os.path.exists(path):
            return ""
        with open(path, encoding="utf-8", errors="replace") as stream:
            return stream.read()

    def _family(self):
        """The processes that it has started, and itself."""
        found, todo = [], [self.process.pid]
        while todo:
            pid = todo.pop()
            found.append(pid)
            try:
                with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as stream:
                    todo += [int(word) for word in stream.read().split()]
            except FileNotFoundError:
                pass
        return found

    def kill(self):
        """All of it at once, wherever it is."""
        for pid in self._family():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait()
        self.process.stderr.close()

    def restart(self):
        self.kill()
        self.start()

    def client(self):
        """A mail program's connection, logged in; a server that has just been started may hang up on the first."""
        context = ssl.create_default_context(cafile=self.ca_file)
        context.check_hostname = False
        limit = time.monotonic() + 20
        while True:
            try:
                client = imaplib.IMAP4_SSL("127.0.0.1", self.tls_port, ssl_context=context)
                break
            except ConnectionError:
                if time.monotonic() > limit:
                    raise
                time.sleep(0.1)
        client.login(USER, PASSWORD)
        return client

    def make(self, *folders):
        client = self.client()
        for folder in folders:
            client.create(f'"{folder}"')
        client.logout()

    def drop(self, folder):
        client = self.client()
        client.delete(f'"{folder}"')
        client.logout()

    def put(self, *mails, folder="INBOX", flags=""):
        client = self.client()
        for one in mails:
            data = one.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
            answer = client.append(f'"{folder}"', flags, None, data)
            if answer[0] != "OK":
                raise RuntimeError(f"append: {answer}")
        client.logout()

    def flags(self, folder="INBOX"):
        """What is in the folder: {uid: its flags, sorted, but for \\Recent}."""
        client = self.client()
        client.select(f'"{folder}"', readonly=True)
        _, found = client.uid("FETCH", "1:*", "(FLAGS)")
        client.logout()
        out = {}
        for line in found:
            match = re.search(rb"FLAGS \((.*?)\).*UID (\d+)|UID (\d+) FLAGS \((.*?)\)", line or b"")
            if match:
                words = (match.group(1) or match.group(4) or b"").decode().split()
                out[int(match.group(2) or match.group(3))] = sorted(set(words) - {"\\Recent"})
        return out

    def flag(self, uid, flag, folder="INBOX"):
        client = self.client()
        client.select(f'"{folder}"')
        client.uid("STORE", str(uid), "+FLAGS", f"({flag})")
        client.logout()

    def remove(self, uid, folder="INBOX"):
        client = self.client()
        client.select(f'"{folder}"')
        client.uid("STORE", str(uid), "+FLAGS", "(\\Deleted)")
        client.uid("EXPUNGE", str(uid))
        client.logout()

    def close(self):
        if self.process.poll() is None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


class Line(Listener):
    """A line to another port that tells `told` how many bytes have come from there; what that returns is
    done with the line: "cut", or nothing. What goes over it takes `delay` seconds each way, however much
    it is. New lines are counted in `connections`."""

    def __init__(self, port, told=None, delay=0):
        self.to, self.told, self.delay = port, told, delay
        super().__init__()

    def serve(self, connection):
        far = socket.create_connection(("127.0.0.1", self.to))
        back = threading.Thread(target=self._pass, args=(far, connection, self.told), daemon=True)
        back.start()
        self._pass(connection, far, None)
        back.join()
        far.close()

    def _pass(self, source, sink, told):
        count = 0
        late = queue.SimpleQueue()
        sender = threading.Thread(target=self._send, args=(late, sink), daemon=True)
        sender.start()
        try:
            while data := source.recv(4096):
                count += len(data)
                late.put((time.monotonic() + self.delay, data))
                if told is not None and told(count) == "cut":
                    break
        except OSError:
            pass
        late.put((0, b""))
        sender.join()
        for one in (source, sink):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    @staticmethod
    def _send(late, sink):
        try:
            while (item := late.get())[1]:
                time.sleep(max(0, item[0] - time.monotonic()))
                sink.sendall(item[1])
        except OSError:
            pass


class RudeImap(Listener):
    """A server that says what it is told to. It holds `mails` (uid: bytes). `answers` maps the first
    word of a command (after UID, and in capitals; "greeting" too) to a function of the connection, the
    tag and the command's words that answers in its place; True from it: the usual answer follows.
    `heard` collects what clients say. `idling` is the connection that waits for new mail, with the tag of
    its IDLE; arrive() lets one come."""

    def __init__(self, tls, mails=(), answers=None, wrapped=True, offers="IMAP4rev1 AUTH=PLAIN MOVE UIDPLUS"):
        self.mails = dict(mails)
        self.answers = answers or {}
        self.tls, self.wrapped, self.offers = tls, wrapped, offers
        self.heard = []
        self.login = None
        self.idling = None
        self.gone = threading.Event()
        super().__init__()

    def arrive(self, uid, data):
        self.mails[uid] = data.replace(b"\n", b"\r\n")
        try:
            if self.idling:
                self.idling[0].sendall(f"* {len(self.mails)} EXISTS\r\n".encode())
        except OSError:
            pass  # that one has gone; who comes next finds it

    def _wrap(self, connection):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.tls)
        return context.wrap_socket(connection, server_side=True)

    def serve(self, connection):
        with connection if not self.wrapped else self._wrap(connection) as open_one:
            if self._answer(open_one, "greeting", "*", []):
                open_one.sendall(b"* OK here\r\n")
            self._talk(open_one)

    def _answer(self, connection, word, tag, words):
        """Whether the usual answer is wanted."""
        answer = self.answers.get(word)
        return answer is None or answer(connection, tag, words) is True

    def _talk(self, connection):
        with connection.makefile("rb") as stream:
            self._hear(connection, stream)

    def _hear(self, connection, stream):
        while line := stream.readline():
            self.heard.append(line)
            if line == b"DONE\r\n" and self.idling:
                tag, self.idling = self.idling[1], None
                if self._answer(connection, "DONE", tag, []):
                    connection.sendall(f"{tag} OK done\r\n".encode())
                continue
            tag, *words = line.decode("utf-8", "replace").split()
            word = (words[1] if words[0].upper() == "UID" else words[0]).upper()
            if not self._answer(connection, word, tag, words):
                continue
            if word == "STARTTLS":
                connection.sendall(f"{tag} OK go on\r\n".encode())
                with self._wrap(connection) as safe:
                    self._talk(safe)
                return
            if word == "AUTHENTICATE" and len(words) == 2:
                connection.sendall(b"+ \r\n")
                self.heard.append(stream.readline())
                words.append(self.heard[-1].decode().strip())
            self._usual(connection, word, tag, words)

    def _usual(self, connection, word, tag, words):
        if word == "IDLE":
            self.idling = (connection, tag)
            connection.sendall(b"+ idling\r\n")
            return
        said = {"CAPABILITY": f"* CAPABILITY {self.offers}\r\n",
                "SELECT": "* FLAGS (\\Seen \\Deleted)\r\n* OK [PERMANENTFLAGS (\\Seen \\Deleted \\*)] ok\r\n"
                          f"* {len(self.mails)} EXISTS\r\n* OK [UIDVALIDITY 17] ok\r\n",
                "LOGOUT": "* BYE bye\r\n"}.get(word, "").encode()
        if word == "AUTHENTICATE":
            self.login = words[1:]
            self.login[1] = base64.b64decode(words[2]).decode()
        elif word == "SEARCH":
            first = int(words[-1].split(":")[0])
            said = " ".join(["* SEARCH", *(str(uid) for uid in self.mails if uid >= first)]).encode() + b"\r\n"
        elif word == "FETCH":
            said = b"".join(self._mail(uid, words) for uid in self.uids(words[2]) if uid in self.mails)
        connection.sendall(said + f"{tag} OK done\r\n".encode())

    @staticmethod
    def uids(text):
        for piece in text.split(","):
            first, _, last = piece.partition(":")
            yield from range(int(first), int(last or first) + 1)

    def _mail(self, uid, words):
        data = self.mails[uid]
        number = list(self.mails).index(uid) + 1
        if "RFC822.SIZE" in words:
            return f"* {number} FETCH (UID {uid} RFC822.SIZE {len(data)} FLAGS ())\r\n".encode()
        return f"* {number} FETCH (UID {uid} BODY[] {{{len(data)}}}\r\n".encode() + data + b")\r\n"

    def said(self):
        return b"".join(self.heard).decode("utf-8", "replace")

    def close(self):
        self.gone.set()
        super().close()
