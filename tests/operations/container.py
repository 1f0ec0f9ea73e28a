#!/usr/bin/python3
"""The root of the container: made from Debian's packages and ours, entered as the engine would, as its user. No
engine runs here, so what the Containerfile says is read from it. Needs root and Debian's packages: minutes.

  container.py ISSUER"""
import glob
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.path.abspath(os.environ.get("ISSUER_RELEASE", sys.argv.pop(1)))
del sys.argv[1:]


def run(*words, code=0):
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=1200)
    if code is not None and done.returncode != code:
        raise AssertionError(f"{shlex.join(map(str, words))} ended with {done.returncode}:\n{done.stdout[-3000:]}"
                             f"{done.stderr[-3000:]}")
    return done.stdout + done.stderr


# Enters a root and becomes a user who may not become another.
ENTER = """
import ctypes, os, sys
root, folder, uid, gid, *words = sys.argv[1:]
os.chroot(root)
os.chdir(folder)
os.setgroups([])
os.setresgid(*[int(gid)] * 3)
os.setresuid(*[int(uid)] * 3)
assert ctypes.CDLL(None).prctl(38, 1, 0, 0, 0) == 0  # PR_SET_NO_NEW_PRIVS
os.execv(words[0], words)
"""


class Container(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="issuer-container.")
        cls.addClassCleanup(shutil.rmtree, cls.folder, True)
        packages, image = os.path.join(cls.folder, "packages"), os.path.join(cls.folder, "image")
        run(str(ROOT / "deploy/debian/build"), "--built", os.path.dirname(os.path.dirname(PROGRAM)), packages)
        run(str(ROOT / "deploy/container/build"), glob.glob(f"{packages}/issuer_*.deb")[0], image)
        cls.lines = pathlib.Path(image, "Containerfile").read_text(encoding="utf-8").splitlines()
        cls.tar = os.path.join(image, "rootfs.tar")
        cls.root = os.path.join(cls.folder, "root")
        os.mkdir(cls.root)
        run("tar", "-xf", cls.tar, "-C", cls.root)

    def said(self, word):
        """What a line of the Containerfile says behind its word."""
        return next(line for line in self.lines if line.startswith(word + " ")).removeprefix(word + " ")

    def test_it_runs(self):
        version = re.search(r"issuer VERSION ([0-9.]+)", (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")).group(1)
        self.assertEqual(self.run_issuer("--version"), f"issuer {version}\n")
        said = self.run_issuer("check", code=None)
        self.assertRegex(said, r"(?m)^ok +settings: /etc/issuer/issuer.conf$")
        self.assertRegex(said, r"(?m)^ok +mail parsers: confined by the kernel, with all character sets$")
        self.assertRegex(said, r"(?m)^wrong +database: ")

    def test_health_is_asked(self):
        words = re.search(r"CMD (\[.*\])", self.said("HEALTHCHECK")).group(1)
        self.assertEqual(words, '["/usr/bin/issuer", "health"]')
        self.assertEqual(self.run_issuer("health", code=3), "issuer: no daemon answers: Connection refused\n")

    def run_issuer(self, *words, code=0):
        """As its user, in the folder that it begins in, with the root read-only and without any right."""
        uid, gid = self.said("USER").split(":")
        script = ('mount --bind "$1" "$1"; mount -t proc proc "$1/proc"; mount -o remount,bind,ro "$1"; shift;'
                  ' exec env -i LC_ALL=C.UTF-8 PATH=/usr/bin:/usr/sbin "$@"')
        return run("unshare", "--mount", "--pid", "--fork", "sh", "-ec", script, "sh", self.root,
                   sys.executable, "-c", ENTER, self.root, self.said("WORKDIR"), uid, gid,
                   *re.findall(r'"([^"]+)"', self.said("ENTRYPOINT")), *words, code=code)

    def test_nothing_else_is_in_it(self):
        programs = [os.path.relpath(path, self.root) for folder in ("bin", "sbin", "usr/bin", "usr/sbin")
                    for path in glob.glob(os.path.join(self.root, folder, "*"))]
        self.assertEqual(sorted(programs), ["usr/bin/issuer", "usr/bin/readpst"])
        self.assertEqual(run("find", self.root, "-type", "f", "-perm", "/6000"), "")
        self.assertNotEqual(self.said("USER").split(":")[0], "0")
        self.assertEqual(self.said("FROM"), "scratch")
        self.assertLess(os.path.getsize(self.tar), 200 << 20)
        for name in ("var/lib/issuer", "etc/issuer/keys"):
            status = os.stat(os.path.join(self.root, name))
            self.assertEqual((status.st_uid, status.st_mode & 0o7777), (int(self.said("USER").split(":")[0]), 0o700))
        self.assertGreater(os.path.getsize(os.path.join(self.root, "etc/ssl/certs/ca-certificates.crt")), 100000)

    def test_the_other_program_runs_too(self):
        self.assertIn("ReadPST", run("chroot", self.root, "/usr/bin/readpst", "-V", code=None))


if __name__ == "__main__":
    unittest.main()
