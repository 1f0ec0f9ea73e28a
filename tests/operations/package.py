#!/usr/bin/python3
"""The Debian package: built, looked through by lintian, installed, used, changed, removed, purged.

  package.py ISSUER                 packs the build that ISSUER is of, into a folder that stands for a machine
  package.py --whole                builds from a clone, and installs into a Debian made for it, with apt; minutes"""
import glob
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
WHOLE = sys.argv[1] == "--whole"
PROGRAM = None if WHOLE else os.path.abspath(os.environ.get("ISSUER_RELEASE", sys.argv[1]))
del sys.argv[1]


def run(*words, code=0, cwd=None, data=None, **variables):
    done = subprocess.run(words, cwd=cwd, capture_output=True, text=True, check=False, timeout=1200, input=data,
                          env={**{name: value for name, value in os.environ.items() if not name.startswith("ISSUER_")},
                               "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive", **variables})
    if code is not None and done.returncode != code:
        raise AssertionError(f"{' '.join(map(str, words))} ended with {done.returncode}:\n"
                             f"{done.stdout[-4000:]}{done.stderr[-4000:]}")
    return done.stdout + done.stderr


def version():
    return re.search(r"^project\(issuer VERSION ([0-9.]+) ", (ROOT / "CMakeLists.txt").read_text(encoding="utf-8"),
                     re.M).group(1)


class Machine:
    """A folder with a database of dpkg's of its own: scripts run here, told of it by DPKG_ROOT."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        for name in ("var/lib/dpkg/info", "var/lib/dpkg/updates", "var/lib/dpkg/triggers", "etc"):
            (self.folder / name).mkdir(parents=True)
        (self.folder / "var/lib/dpkg/status").touch()
        for name in ("passwd", "group"):
            (self.folder / "etc" / name).write_text("root:x:0:0::/root:/bin/sh\n" if name == "passwd" else "root:x:0:\n",
                                                    encoding="ascii")

    def dpkg(self, *words):
        return run("dpkg", f"--root={self.folder}", "--force-script-chrootless", "--force-depends",
                   "--force-not-root", "--force-confold", f"--log={self.folder}/dpkg.log", *words)

    def install(self, package):
        return self.dpkg("--install", package)

    def issuer(self, *words, code=0):
        return run(str(self.folder / "usr/bin/issuer"), *words, code=code)


class Debian(Machine):
    """A whole Debian, in which all is done as on a machine."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        run("mmdebstrap", "--variant=minbase", "--mode=root", "--include=ca-certificates", "bookworm", folder)

    def inside(self, *words, code=0):
        return run("unshare", "--mount", "--pid", "--fork", "--mount-proc", f"--root={self.folder}", "--", *words, code=code)

    def dpkg(self, *words):
        return self.inside("dpkg", *words)

    def install(self, package):
        shutil.copy(package, self.folder / "tmp")
        self.inside("apt-get", "-q", "update")
        return self.inside("apt-get", "-qy", "--no-install-recommends", "install",
                           f"/tmp/{os.path.basename(package)}")

    def issuer(self, *words, code=0):
        return self.inside("issuer", *words, code=code)


class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="issuer-package.")
        cls.addClassCleanup(shutil.rmtree, cls.folder, True)
        out = os.path.join(cls.folder, "out")
        if WHOLE:
            clone = os.path.join(cls.folder, "clone")
            run("git", "-c", "safe.directory=*", "clone", "-q", str(ROOT), clone)
            run(os.path.join(clone, "deploy/debian/build"), out)
        else:
            run(str(ROOT / "deploy/debian/build"), "--built", os.path.dirname(os.path.dirname(PROGRAM)), out)
        (cls.package,) = [path for path in glob.glob(f"{out}/issuer_*.deb")]
        (cls.changes,) = glob.glob(f"{out}/*.changes")

    def test_lintian_finds_nothing(self):
        said = run("lintian", "--allow-root", "--fail-on", "error,warning", self.package)
        self.assertEqual(said, "")

    def test_what_it_holds(self):
        self.assertEqual(run("dpkg-deb", "--field", self.package, "Version").strip(), version())
        self.assertIn(version(), os.path.basename(self.package))
        listed = run("dpkg-deb", "--contents", self.package)
        for name in ("usr/bin/issuer", "lib/systemd/system/issuer.service", "usr/lib/sysusers.d/issuer.conf",
                     "usr/lib/tmpfiles.d/issuer.conf", "etc/issuer/issuer.conf", "usr/share/man/man1/issuer.1.gz"):
            self.assertRegex(listed, rf" \./{re.escape(name)}\n")
        depends = run("dpkg-deb", "--field", self.package, "Depends")
        for name in ("libpq5", "libmicrohttpd12", "libcurl4", "libseccomp2", "libgmime-3.0-0"):
            self.assertIn(name, depends)

    def test_its_life_on_a_machine(self):
        place = os.path.join(self.folder, "machine")
        machine = Debian(place) if WHOLE else Machine(place)
        folder = machine.folder
        machine.install(self.package)
        self.assertEqual(machine.issuer("--version"), f"issuer {version()}\n")
        # The user and the folders are there, and nobody else reads what is in them.
        row = re.search(r"^issuer:[^:]*:(\d+):(\d+):", (folder / "etc/passwd").read_text(encoding="ascii"), re.M)
        uid, gid = int(row.group(1)), int(row.group(2))
        for name, mode, owner in (("etc/issuer/keys", 0o700, uid), ("var/lib/issuer", 0o700, uid),
                                  ("var/lib/issuer/drop", 0o700, uid), ("var/lib/issuer/replies", 0o700, uid)):
            status = (folder / name).stat()
            self.assertEqual((status.st_mode & 0o7777, status.st_uid), (mode, owner), name)
        status = (folder / "etc/issuer/issuer.conf").stat()
        self.assertEqual((status.st_mode & 0o7777, status.st_uid, status.st_gid), (0o640, 0, gid))
        # It says what is missing yet, not that it could not start.
        config = "/etc/issuer/issuer.conf" if WHOLE else str(folder / "etc/issuer/issuer.conf")
        said = machine.issuer("check", "--config", config, code=None)
        self.assertRegex(said, r"(?m)^ok +settings: ")
        self.assertRegex(said, r"(?m)^wrong +database: ")
        self.assertRegex(said, r"(?m)^wrong +key folder: ")
        # Settings stay as they were changed; what nobody could make again stays whatever happens.
        settings = folder / "etc/issuer/issuer.conf"
        settings.write_text(settings.read_text(encoding="utf-8") + "# ours\n", encoding="utf-8")
        kept = [folder / name for name in ("etc/issuer/keys/signing.key", "var/lib/issuer/state/signed",
                                           "var/lib/issuer/journal/2026-11", "var/lib/issuer/replies/a.eml")]
        for path in kept:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("nobody has another", encoding="ascii")
        machine.install(self.package)
        self.assertTrue(settings.read_text(encoding="utf-8").endswith("# ours\n"))
        machine.dpkg("--remove", "issuer")
        self.assertFalse((folder / "usr/bin/issuer").exists())
        self.assertTrue(settings.read_text(encoding="utf-8").endswith("# ours\n"))
        said = machine.dpkg("--purge", "issuer")
        self.assertFalse(settings.exists())
        for path in kept:
            self.assertEqual(path.read_text(encoding="ascii"), "nobody has another")
        self.assertIn("/etc/issuer is kept", said)
        self.assertFalse((folder / "var/lib/issuer/drop").exists())
        left = sorted(str(path.relative_to(folder)) for path in folder.rglob("*issuer*")
                      if "dpkg" not in path.parts and path.is_file())
        self.assertEqual([name for name in left if not name.startswith(("tmp/", "dpkg"))], [])
        # Where nothing was kept, nothing is left.
        for path in kept:
            path.unlink()
            if not any(path.parent.iterdir()) and path.parent.name in ("state", "journal"):
                path.parent.rmdir()
        machine.install(self.package)
        machine.dpkg("--purge", "issuer")
        self.assertFalse((folder / "etc/issuer").exists())
        self.assertFalse((folder / "var/lib/issuer").exists())


if __name__ == "__main__":
    unittest.main()
