#!/usr/bin/python3
"""What stands in deploy/systemd, held against systemd's own programs and against ours.

  units.py ISSUER"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SYSTEMD = ROOT / "deploy" / "systemd"
ISSUER = os.path.abspath(sys.argv.pop(1))


def run(*words):
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60,
                          env={**os.environ, "SYSTEMD_COLORS": "0", "SYSTEMD_PAGER": "", "LC_ALL": "C.UTF-8"})
    return done.returncode, done.stdout + done.stderr


def directives(path):
    """The unit's directives, each with all its values."""
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if "=" in line and not line.startswith("#"):
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


class Unit(unittest.TestCase):
    unit = SYSTEMD / "issuer.service"

    def test_systemd_finds_nothing_wrong(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / self.unit.name  # the program is not installed here
            path.write_text(self.unit.read_text(encoding="utf-8").replace("/usr/bin/issuer", ISSUER), encoding="utf-8")
            self.assertEqual(run("systemd-analyze", "--man=no", "verify", str(path)), (0, ""))

    def test_exposure(self):
        code, said = run("systemd-analyze", "security", "--offline=yes", "--threshold=20", str(self.unit))
        self.assertEqual(code, 0, said)
        level = float(re.search(r"Overall exposure level for issuer.service: ([0-9.]+)", said).group(1))
        self.assertLess(level, 2.0)
        told = float(re.search(r"says ([0-9.]+) \(of 10", (SYSTEMD / "README.md").read_text(encoding="utf-8")).group(1))
        self.assertEqual(level, told)

    def test_it_is_given_the_time_that_it_takes(self):
        found = directives(self.unit)
        code, keys = run(ISSUER, "help", "run")
        self.assertEqual(code, 0, keys)
        settings = (SYSTEMD / "issuer.conf").read_text(encoding="utf-8")
        stop = int(re.search(r"#stop-seconds = (\d+)", settings).group(1))
        hang = int(re.search(r"#hang-seconds = (\d+)", settings).group(1))
        self.assertGreater(int(found["TimeoutStopSec"][0]), stop + 10)
        self.assertGreater(int(found["TimeoutStartSec"][0]), hang)
        self.assertEqual(found["Type"], ["notify"])
        self.assertEqual(found["KillMode"], ["mixed"])
        self.assertIn("-HUP", found["ExecReload"][0])
        self.assertGreaterEqual(int(found["LimitMEMLOCK"][0].removesuffix("M")), 512)


class Settings(unittest.TestCase):
    """The sample is what an installation begins with."""

    def judge(self, text):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "issuer.conf"
            path.write_text(text, encoding="utf-8")
            path.chmod(0o600)
            # The settings come first of all that `check` looks at.
            return run(ISSUER, "check", "--config", str(path), "--json")[1].splitlines()

    def check_good(self, text):
        lines = self.judge(text)
        self.assertTrue(lines[0].startswith('{"thing":"settings","state":"ok"'), lines)

    def test_as_it_is(self):
        self.check_good((SYSTEMD / "issuer.conf").read_text(encoding="utf-8"))

    def test_with_all_that_is_commented_out(self):
        text = (SYSTEMD / "issuer.conf").read_text(encoding="utf-8")
        whole = re.sub(r"^#(?=\[|[a-z-]+ =)", "", text, flags=re.M)
        self.assertGreater(whole.count("\n["), 2)
        self.check_good(whole)

    def test_what_stands_commented_out_is_known(self):
        self.assertIn("no-such-key", "\n".join(self.judge("[issuer]\nno-such-key = 1\n")))


if __name__ == "__main__":
    unittest.main()
