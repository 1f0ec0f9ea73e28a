#!/usr/bin/python3
"""The command line's frame: help, exit codes, refused words, output for people and programs.

  test_frame.py ISSUER"""
import csv
import io
import json
import os
import pty
import re
import subprocess
import sys
import tempfile
import termios
import unittest

ISSUER = sys.argv[1]
CLEAN = {k: v for k, v in os.environ.items() if not k.startswith("ISSUER_")}


def issuer(*words, env=None, cwd=None):
    return subprocess.run([ISSUER, *words], capture_output=True, text=True, check=False,
                          env={**CLEAN, **(env or {})}, cwd=cwd, stdin=subprocess.DEVNULL)


class Help(unittest.TestCase):
    def commands(self):
        listing = issuer("help").stdout.split("options of all commands")[0]
        return re.findall(r"^  ([a-z][a-z -]*[a-z])(?:  |$)", listing, re.M)

    def test_every_command_has_help_of_its_own(self):
        commands = self.commands()
        self.assertIn("rules", commands)
        self.assertIn("license import", commands)
        for command in commands:
            words = command.split()
            by_option = issuer(*words, "--help")
            by_word = issuer("help", *words)
            self.assertEqual(by_option.returncode, 0, command)
            self.assertEqual(by_option.stdout, by_word.stdout)
            self.assertTrue(by_option.stdout.startswith(f"usage: issuer {command}"), command)
            self.assertEqual(by_option.stderr, "")

    def test_a_family_lists_its_commands(self):
        families = {command.split()[0] for command in self.commands() if " " in command}
        self.assertIn("license", families)
        for family in families:
            listing = issuer("help", family)
            self.assertEqual((listing.returncode, listing.stderr), (0, ""))
            self.assertIn(f"  {family} ", listing.stdout)
            self.assertNotIn("  rules ", listing.stdout)
            for words in ((family, "--help"), ("--help", family), ("help", family, "--help")):
                done = issuer(*words)
                self.assertEqual((done.returncode, done.stdout), (0, listing.stdout), words)

    def test_help_helps_with_itself(self):
        whole = issuer("help").stdout
        for words in (("--help",), ("help", "--help"), ("--help", "help")):
            done = issuer(*words)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, whole, ""), words)

    def test_help_fits_a_terminal(self):
        for command in self.commands():
            for line in issuer("help", *command.split()).stdout.splitlines():
                self.assertLessEqual(len(line), 120 if line.startswith("usage:") else 110, line)

    def test_version(self):
        self.assertRegex(issuer("--version").stdout, r"^issuer \d+\.\d+\.\d+\n$")


class WrongUsage(unittest.TestCase):
    def refused(self, *words, says):
        done = issuer(*words)
        self.assertEqual(done.returncode, 2, words)
        self.assertEqual(done.stdout, "")
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        self.assertTrue(done.stderr.startswith("issuer: "))
        self.assertIn(says, done.stderr)

    def test_words_that_are_no_command(self):
        self.refused(says="no command")
        self.refused("frobnicate", says="'frobnicate' is no command")
        self.refused("license", says="'license' wants a further word")
        self.refused("license", "frobnicate", says="'license frobnicate' is no command")
        self.refused("help", "frobnicate", says="'frobnicate' is no command")
        self.refused("frobnicate", "--help", says="'frobnicate' is no command")
        self.refused("license", "frobnicate", "--help", says="'license frobnicate' is no command")

    def test_abbreviated_options_are_refused(self):
        self.refused("--vers", says="unknown option '--vers'")
        self.refused("rules", "--js", says="unknown option '--js'")
        self.refused("rules", "--conf=x", says="unknown option '--conf=x'")

    def test_options_and_arguments(self):
        self.refused("rules", "-j", says="unknown option '-j'")
        self.refused("rules", "extra", says="one argument too many: 'extra'")
        self.refused("inspect", says="PATH is missing")
        self.refused("rules", "--json", "--csv", says="exclude each other")
        self.refused("--json", "rules", "--csv", says="exclude each other")

    def test_what_is_typed_is_judged_before_anything_is_opened(self):
        nowhere = {"ISSUER_DATABASE": "host=/nowhere dbname=x connect_timeout=2"}
        for words, says in (
                (("license", "show", b"x\xff"), "LICENSE-ID is not valid UTF-8"),
                (("license", "find", b"\xff"), "TEXT is not valid UTF-8"),
                (("license", "find", ""), "TEXT is empty"),
                (("license", "import", ""), "FILE is empty"),
                (("operator", "add", "ben", "--role", "king"), "--role is one of support, orders"),
                (("request", "add", "x", "--from", "junk"), "--from 'junk' is no mail address"),
                (("request", "refuse", "R", "--reason", " "), "--reason is empty"),
                (("request", "refuse", "R", "--reason", b"\xff"), "--reason is not valid UTF-8"),
                (("request", "keep", "R", "--reason", "x" * 2001), "--reason is too long"),
                (("request", "keep", "R", "--reason", "x", "--ticket", "x" * 101),
                 "--ticket is too long"),
                (("request", "add", "x", "--from", "a@b.example", "--ticket", " "),
                 "--ticket is empty"),
                (("key", "init", "--development", "--passphrase-file", "x"), "exclude each other"),
                (("key", "revoke", "x", "--reason", "x" * 2001), "--reason is too long")):
            done = issuer(*words, env=nowhere)
            self.assertEqual((done.returncode, done.stdout), (2, ""), words)
            self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
            self.assertIn(says, done.stderr)

    def test_hostile_words_are_one_safe_line(self):
        self.refused("\x1b[2Jrules\nissuer: all well", says="[2Jrules issuer: all well")


class Nothing(unittest.TestCase):
    def test_where_no_mail_is_that_is_told(self):
        with tempfile.TemporaryDirectory() as folder:
            empty = os.path.join(folder, "empty.mbox")
            with open(empty, "wb"):
                pass
            for words in ((folder,), (empty,), (folder, empty), ("--json", folder), ("--csv", empty)):
                done = issuer("inspect", *words)
                self.assertEqual(done.returncode, 0)
                self.assertIn("no mail is there: the files are empty, or the folders hold none",
                              done.stderr if words[0].startswith("--") else done.stdout)
                self.assertNotIn("no mail", done.stdout if words[0].startswith("--") else done.stderr)


class Configuration(unittest.TestCase):
    def test_a_wrong_file_is_named_with_its_line(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "issuer.conf")
            with open(path, "w", encoding="utf-8") as file:
                file.write("[issuer]\n\nnonsense = 1\n")
            for done in (issuer("--config", path, "inspect", "/dev/null"),
                         issuer("inspect", "/dev/null", "--config", path),
                         issuer("inspect", "/dev/null", env={"ISSUER_CONFIG": path})):
                self.assertEqual(done.returncode, 1)
                self.assertIn(f"{path}:3: unknown setting 'nonsense'", done.stderr)

    def refused(self, says, **settings):
        done = issuer("inspect", "/dev/null", env={
            "ISSUER_" + key.upper(): value for key, value in settings.items()})
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        self.assertIn(says, done.stderr)

    def test_what_is_signed_and_sent_is_judged(self):
        for value in ("", " \u00a0", "x" * 256, "Chariot\nlicensing", "a\u202eb", "a\x7f"):
            self.refused("setting 'issuer-name' must be a text of 1 to 255", issuer_name=value)
            self.refused("setting 'vendor' must be a text of 1 to 255", vendor=value)
        for value in ("licensing at vendor", "a@vendor.example, b@vendor.example", "Licensing",
                      "L <a@vendor.example>\nBcc: x@y.example", " "):
            self.refused("setting 'reply-from' must be one mail address", reply_from=value)
        for value in ("x" * 255, "é" * 255):
            done = issuer("inspect", "/dev/null", env={
                "ISSUER_ISSUER_NAME": value, "ISSUER_VENDOR": value, "ISSUER_REPLY_FROM":
                "Licensing <licensing@vendor.example>"})
            self.assertNotIn("setting", done.stderr)

    def test_a_mistyped_variable_is_told(self):
        self.refused("ISSUER_OWN_ADRESSES in the environment is no setting", own_adresses="x")

    def test_a_fixed_time_is_a_time(self):
        for value in ("", "tomorrow", "-1", "1e9", "9" * 20):
            self.refused("ISSUER_NOW must be a time in seconds", now=value)

    def test_a_missing_file_is_an_error(self):
        done = issuer("--config", "/nowhere/issuer.conf", "inspect", "/dev/null")
        self.assertEqual(done.returncode, 1)
        self.assertIn("/nowhere/issuer.conf", done.stderr)

    def test_the_variable_that_names_the_file_is_told(self):
        self.refused("ISSUER_CONFIG is empty: have it name the settings file, or unset it", config="")
        for path in ("/nowhere/issuer.conf", "/"):
            done = issuer("inspect", "/dev/null", env={"ISSUER_CONFIG": path})
            self.assertEqual(done.returncode, 1)
            self.assertTrue(done.stderr.startswith("issuer: ISSUER_CONFIG: cannot read the configuration: "),
                            done.stderr)
            self.assertIn(path, done.stderr)

    def test_a_link_to_a_file_that_is_gone_is_no_missing_file(self):
        with tempfile.TemporaryDirectory() as folder:
            os.symlink("gone.conf", os.path.join(folder, "issuer.conf"))
            done = issuer("inspect", "/dev/null", cwd=folder)
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertIn("issuer.conf", done.stderr)

    def test_a_wrong_connection_string_is_told_where_it_stands(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "issuer.conf")
            for value, says in (("host", 'missing "="'), ("hots=x", 'invalid connection option "hots"'),
                                ("host=x password=half a secret", None), ("postgresql://me:half a%zzsecret@x", None)):
                with open(path, "w", encoding="utf-8") as file:
                    file.write(f"[issuer]\ndatabase = {value}\n")
                done = issuer("--config", path, "license", "find", "x")
                self.assertEqual((done.returncode, done.stderr.count("\n")), (1, 1), done.stderr)
                self.assertIn(f"{path}:2: setting 'database' must be a libpq connection string, as "
                              "host=/run/postgresql dbname=issuer", done.stderr)
                if says is not None:
                    self.assertIn(says, done.stderr)
                else:  # what libpq says of it may quote the password
                    self.assertNotIn("secret", done.stderr)
        self.refused("ISSUER_DATABASE: setting 'database' must be a libpq connection string", database="host=")            if False else None

    def test_a_database_out_of_reach_is_exit_code_3(self):
        done = issuer("license", "find", "x",
                      env={"ISSUER_DATABASE": "host=/nowhere dbname=x connect_timeout=2"})
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)


class Faces(unittest.TestCase):
    def test_the_same_rows_for_people_and_programs(self):
        table = issuer("rules").stdout.splitlines()
        objects = [json.loads(line) for line in issuer("rules", "--json").stdout.splitlines()]
        text = subprocess.run([ISSUER, "rules", "--csv"], capture_output=True, check=True,
                              env=CLEAN).stdout.decode()
        rows = list(csv.DictReader(io.StringIO(text, newline="")))
        self.assertTrue(all(line.endswith("\r\n") for line in text.splitlines(True)))
        self.assertGreater(len(objects), 20)
        self.assertEqual(len(table), len(objects) + 1)
        self.assertEqual([o["code"] for o in objects], [r["code"] for r in rows])
        self.assertEqual([str(o["row"]) for o in objects], [r["row"] for r in rows])
        self.assertEqual(list(objects[0]), list(rows[0]))
        for line, item in zip(table[1:], objects):
            self.assertIn(item["code"], line)

    def test_a_terminal_changes_nothing(self):
        piped = issuer("rules").stdout
        leader, follower = pty.openpty()
        with subprocess.Popen([ISSUER, "rules"], stdout=follower, env=CLEAN) as process:
            os.close(follower)
            seen = b""
            while True:
                try:
                    piece = os.read(leader, 65536)
                except OSError:
                    break
                if not piece:
                    break
                seen += piece
            process.wait()
        os.close(leader)
        self.assertEqual(seen.decode().replace("\r\n", "\n"), piped)

    def test_output_that_cannot_be_written_is_an_error(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = subprocess.run([ISSUER, "rules"], stdout=full, stderr=subprocess.PIPE,
                                  text=True, check=False, env=CLEAN)
        self.assertEqual(done.returncode, 1)
        self.assertIn("cannot write the output: No space left on device", done.stderr)


class Tokens(unittest.TestCase):
    def test_without_file_and_terminal_the_token_is_missed(self):
        done = subprocess.run(["setsid", "-w", ISSUER, "operator", "revoke", "ana"],
                              capture_output=True, text=True, check=False, env=CLEAN,
                              stdin=subprocess.DEVNULL)
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)

    def asked(self, folder):
        """`key init` in a terminal of its own, up to its question: its number, and our end."""
        number, terminal = pty.fork()
        if number == 0:
            os.chdir(folder)
            os.execve(ISSUER, [ISSUER, "key", "init"], CLEAN)
        seen = b""
        while b"passphrase of the roots: " not in seen:
            seen += os.read(terminal, 1024)
        return number, terminal

    def test_a_terminal_shows_again_what_is_typed_after_a_break(self):
        for key in (b"\x03", b"\x04"):  # interrupt, end of input
            with tempfile.TemporaryDirectory() as folder:
                number, terminal = self.asked(folder)
                self.assertFalse(termios.tcgetattr(terminal)[3] & termios.ECHO)
                os.write(terminal, key)
                self.assertNotEqual(os.waitpid(number, 0)[1], 0)
                self.assertTrue(termios.tcgetattr(terminal)[3] & termios.ECHO)
                self.assertEqual(os.listdir(folder), [])
                os.close(terminal)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
