"""The set-up of deploy/ha on this machine: etcd and two nodes with Patroni, made by deploy/ha/configure, each on a loopback
address of its own and on ports that were free, in a folder of its own, as whoever may run PostgreSQL.

    cluster = Cluster()     # before scenario is imported: it puts itself where that looks for a server
    cluster.leader()        # "a"
    cluster.close()
"""
import atexit
import json
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request

from pair import as_server_user, kill_all

DEPLOY = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "deploy", "ha")
NODES = {"a": "127.0.0.11", "b": "127.0.0.12"}
ETCD = "127.0.0.13"
# Quicker than at a real desk; as quick as Patroni lets it be.
# No Ed25519: libpq cannot bind a password to the channel of such a certificate.
KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")
TIMES = ("TTL=20", "LOOP_WAIT=2", "RETRY_TIMEOUT=5")


def free_port():
    """A port that is free on each of the addresses."""
    for _ in range(100):
        with socket.socket() as first:
            first.bind((ETCD, 0))
            port = first.getsockname()[1]
            others = [socket.socket() for _ in NODES]
            try:
                for other, address in zip(others, NODES.values()):
                    other.bind((address, port))
                return port
            except OSError:
                continue
            finally:
                for other in others:
                    other.close()
    raise AssertionError("no port is free")


def certificates(folder):
    """A house's own authority, and a certificate for both nodes."""
    def openssl(*words):
        subprocess.run(["openssl", *words], check=True, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    openssl("req", "-x509", *KEY, "-nodes", "-keyout", "ca.key", "-out", "ca.crt", "-days", "2",
            "-subj", "/CN=Vendor test authority")
    openssl("req", *KEY, "-nodes", "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=node")
    with open(os.path.join(folder, "names"), "w", encoding="ascii") as stream:
        stream.write("subjectAltName=" + ",".join(f"IP:{address}" for address in NODES.values()))
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-out",
            "server.crt", "-days", "2", "-extfile", "names")
    os.chmod(os.path.join(folder, "server.key"), 0o600)


class Cluster:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="issuer-patroni.", dir="/tmp")
        atexit.register(self.close)
        self.owner = "postgres" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
        self.etcd_port, self.peer_port, self.port, self.rest_port = (free_port() for _ in range(4))
        self.processes = {}
        self._write_files()
        self._start("etcd", ["env", *self._etcd_words(), "etcd"])
        for name in NODES:  # the first leads; the second is copied from it
            self.start(name)
            self.wait(lambda name=name: self.state(name).get("state") == "running", f"node {name}", 120)
        self.wait_synchronous("a", "b")
        self._make_login()

    def _write_files(self):
        tls = os.path.join(self.folder, "tls")
        os.mkdir(tls)
        certificates(tls)
        secrets = self._configure("secrets")
        self._write("secrets", secrets)
        self._write("etcd.env", self._configure(
            "etcd", "NAME=one", f"ADDRESS={ETCD}", f"DATA={self.folder}/etcd", f"PORT={self.etcd_port}",
            f"PEER_PORT={self.peer_port}", f"MEMBERS=one=http://{ETCD}:{self.peer_port}"))
        for name, address in NODES.items():
            os.mkdir(os.path.join(self.folder, name))
            self._write(f"{name}.yml", self._configure(
                "patroni", "--secrets", os.path.join(self.folder, "secrets"), f"NAME={name}", f"ADDRESS={address}",
                "NODES=127.0.0.0/8", "CLIENTS=127.0.0.0/8", f"ETCD={ETCD}:{self.etcd_port}", f"PORT={self.port}",
                f"REST_PORT={self.rest_port}", f"DATA={self.folder}/{name}/data", f"SOCKETS={self.folder}/{name}",
                f"TLS={tls}", f"OWNER={self.owner}", "WATCHDOG=off", *TIMES))
        if os.getuid() == 0:
            subprocess.run(["chown", "-R", "postgres:postgres", self.folder], check=True)

    def _write(self, name, text):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as stream:
            stream.write(text)

    @staticmethod
    def _configure(*words):
        return subprocess.run([os.path.join(DEPLOY, "configure"), *words], check=True, stdout=subprocess.PIPE,
                              text=True).stdout

    def _etcd_words(self):
        with open(os.path.join(self.folder, "etcd.env"), encoding="utf-8") as stream:
            return [line.strip() for line in stream if line.startswith("ETCD_")]

    def _start(self, name, words):
        with open(os.path.join(self.folder, f"{name}.log"), "ab") as log:
            self.processes[name] = subprocess.Popen(stdout=log, stderr=log, start_new_session=True, **as_server_user(words))

    def start(self, name):
        self._start(name, ["patroni", os.path.join(self.folder, f"{name}.yml")])

    def _make_login(self):
        """The login of the records' owner, by a password as at a real desk."""
        with open(os.path.join(self.folder, "password"), "w", encoding="ascii") as stream:
            stream.write(f"*:*:*:records:{os.path.basename(self.folder)}\n")
        os.chmod(os.path.join(self.folder, "password"), 0o600)
        subprocess.run(check=True, stdout=subprocess.DEVNULL, **as_server_user(
            ["psql", "-X", "-q", "-h", os.path.join(self.folder, "a"), "-p", str(self.port), "-d", "postgres", "-c",
             f"create role records login createdb createrole password '{os.path.basename(self.folder)}'", "-c",
             "grant pg_read_all_stats, pg_signal_backend to records", "-c", "create database records owner records"]))
        both = f"host={','.join(NODES.values())} port={self.port} user=records passfile={self.folder}/password"
        tls = f"sslmode=verify-full sslrootcert={self.folder}/ca.crt"
        shutil.copy(os.path.join(self.folder, "tls", "ca.crt"), self.folder)
        os.environ.update({
            "ISSUER_DATABASE": f"{both} dbname=records {tls} connect_timeout=3 target_session_attrs=read-write",
            "PGDATABASE": "records", "PGUSER": "records", "ISSUER_ROLE_PREFIX": "patroni"})
        os.environ.pop("PGHOST", None)

    # ---- what stands how ----

    def ask_rest(self, name, path="patroni"):
        try:
            with urllib.request.urlopen(f"http://{NODES[name]}:{self.rest_port}/{path}", timeout=5) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            return json.load(error)
        except (OSError, ValueError):
            return {}

    def state(self, name):
        return self.ask_rest(name)

    def members(self):
        for name in NODES:
            found = {one["name"]: one for one in self.ask_rest(name, "cluster").get("members", [])}
            if found:
                return found
        return {}

    def leader(self):
        leaders = [name for name, one in self.members().items() if one["role"] == "leader"]
        return leaders[0] if leaders else None

    def wait_leader(self, name, seconds=120):
        self.wait(lambda: self.leader() == name and self.state(name).get("role") in ("master", "primary"),
                  f"{name} to lead", seconds)

    def wait_synchronous(self, leader, standby, seconds=180):
        """Until commits on the one wait for the other."""
        self.wait(lambda: self.state(leader).get("role") in ("master", "primary")
                  and self.state(standby).get("sync_standby") is True
                  and any(one.get("sync_state") in ("sync", "quorum") for one in self.state(leader).get("replication", [])),
                  f"{standby} to be the synchronous standby of {leader}", seconds)

    def wait(self, found, what, seconds=60):
        end = time.monotonic() + seconds
        while not found():
            if time.monotonic() > end:
                raise AssertionError(f"waited {seconds} s for {what}:\n{self.members()}\n{self.log()}")
            time.sleep(0.1)

    def log(self):
        told = []
        for name in self.processes:
            with open(os.path.join(self.folder, f"{name}.log"), encoding="utf-8", errors="replace") as stream:
                told += [f"-- {name}", *stream.read().splitlines()[-15:]]
        return "\n".join(told)

    # ---- what is done to it ----

    def switch_over(self, leader, candidate):
        done = subprocess.run(check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120,
                              **as_server_user(["patronictl", "-c", os.path.join(self.folder, f"{leader}.yml"), "switchover",
                                                "--leader", leader, "--candidate", candidate, "--force", "issuer"]))
        if done.returncode != 0 or "Successfully switched over" not in done.stdout:
            raise AssertionError(f"switchover: {done.stdout}\n{self.log()}")
        self.wait_leader(candidate)

    def kill(self, name):
        """As when its machine loses power: Patroni and PostgreSQL at once."""
        with open(os.path.join(self.folder, name, "data", "postmaster.pid"), encoding="ascii") as stream:
            postmaster = int(stream.readline())
        process = self.processes.pop(name)
        process.kill()
        kill_all(postmaster)
        kill_all(process.pid)
        process.wait(timeout=60)

    def close(self):
        for name in [name for name in self.processes if name in NODES]:
            try:
                self.kill(name)
            except (FileNotFoundError, ValueError, AssertionError):
                self.processes[name].kill() if name in self.processes else None
        for process in self.processes.values():
            kill_all(process.pid)
            process.wait(timeout=60)
        self.processes = {}
        shutil.rmtree(self.folder, ignore_errors=True)
