#!/usr/bin/python3
"""Each check finds what it is there for: a copy of the sources gets one fault at a time.

  test_checks.py CORE_ARCHIVE"""
import pathlib
import shutil
import subprocess
import sys
import tempfile

from source_tree import ROOT

# check, file, text put at its end, what the finding says
FAULTS = [
    ("rooms", "issuer/core/digest.c", '#include "db/database.h"\n', "core/ may not stand on db/"),
    ("rooms", "issuer/core/digest.c", "#include <stdio.h>\n", "core/ is pure"),
    ("rooms", "issuer/db/database.h", "#include <libpq-fe.h>\n", "in .c files alone"),
    ("rooms", "issuer/service/settings.c", "#include <jansson.h>\n", "not a header for service/"),
    ("rooms", "issuer/mail/mbox.c", '#include "sign/signer.h"\n', "mail/ may not stand on sign/"),
    ("style", "issuer/base/text.c", "static int f(char *a)\n{\n    return atoi(a);\n}\n",
     "atoi() is banned"),
    ("style", "issuer/base/text.c", "static void f(int a, int b, int c, int d, int e, int g, "
     "int h)\n{\n}\n", "f() has 7 parameters"),
    ("style", "issuer/base/text.c", "static void f(int a)\n{\n    if (a) {\n    while (a) {\n"
     "    for (;;) {\n    do {\n    } while (a);\n    }\n    }\n    }\n}\n", "f() nests 4 deep"),
    ("style", "issuer/base/text.c", "static void f(int a)\n{\n    if (a)\n    while (a)\n    for (;;)"
     "\n    if (a)\n    a--;\n}\n", "f() nests 4 deep"),
    ("style", "issuer/base/text.c", "void stray_name(void)\n{\n}\n", "stray_name() is exported"),
    ("style", "issuer/base/text.c", "\n" * 800, "lines; at most 800"),
    ("style", "issuer/base/text.c", "/* TO" + "DO: later */\n", "unfinished work"),
    ("commands", "issuer/cli/cmd_rules.c", 'static const Command more = {.words = "rules fly"};\n',
     "'rules fly' has no row"),
    ("commands", "schema/repeat/access_rights.sql", "    ('rules fly', array['admin']),\n",
     "'rules fly' is no command"),
    ("used", "issuer/base/text.h", "void text_unused(void);\n", "text_unused() is used by no other"),
    ("used", "issuer/core/rules.h", "#define X ledger_lose\n", "ledger_lose() is used: it needs no"),
    ("tree", "issuer/base/text.c", "/* see /ho" + "me/ana/notes */\n", "a path of one machine"),
    ("tree", "issuer/base/text.c", "/* -----BEGIN PRI" + "VATE KEY-----\nMC4CAQAwBQYDK2VwBCIE */\n",
     "a private key"),
    ("tree", "issuer/base/text.c", "/* https://npm.reg" + "istry.example/x */\n",
     "the address of a private registry"),
    ("tree", "issuer/extra/text.c", "\n", "issuer/extra: has no README.md"),
    ("tree", "tests/README.md", "| X | y | `unit/none.c` | `nothing` |\n",
     "no test nothing in unit/none.c"),
    ("tree", "issuer/mail/README.md", "| `nothing` | what nobody has written |\n",
     "nothing is no file of this folder"),
    ("tree", "issuer/mail/extra.h", "\n", "does not name extra"),
    ("tree", "src/text.c", "\n", "is not where things belong"),
]


def run(folder, check, *words):
    script = folder / "tests/structure" / f"check_{check}.py"
    return subprocess.run(["/usr/bin/python3", script, *words], capture_output=True, text=True,
                          check=False)


def copy_tree(folder):
    for name in ("issuer", "schema", "tests/structure"):
        shutil.copytree(ROOT / name, folder / name,
                        ignore=shutil.ignore_patterns("__pycache__", "build*"))
    shutil.copy(ROOT / "tests/README.md", folder / "tests")


def check_fault(copy, check, name, text, expected):
    path = copy / name
    new_folder = not path.parent.exists()
    path.parent.mkdir(parents=True, exist_ok=True)
    before = path.read_bytes() if path.exists() else None
    path.write_bytes((before or b"") + text.encode())
    done = run(copy, check)
    if before is None and new_folder:
        shutil.rmtree(path.parent)
    elif before is None:
        path.unlink()
    else:
        path.write_bytes(before)
    if done.returncode == 0 or expected not in done.stdout:
        return [f"{check} did not find '{expected}':\n{done.stdout}{done.stderr}"]
    return []


def check_symbols(archive, folder):
    """An object that opens a file does not belong in the core's archive."""
    source, copy = folder / "impure.c", folder / "core.a"
    source.write_text('#include <stdio.h>\nFILE *core_open(void);\n'
                      'FILE *core_open(void)\n{\n    return fopen("x", "r");\n}\n')
    shutil.copy(archive, copy)
    subprocess.run(["cc", "-c", source, "-o", folder / "impure.o"], check=True)
    subprocess.run(["ar", "r", copy, folder / "impure.o"], check=True)
    done = run(ROOT, "core_symbols", copy)
    if done.returncode == 0 or "needs fopen" not in done.stdout:
        return [f"core_symbols did not find fopen:\n{done.stdout}{done.stderr}"]
    return []


def main():
    wrong = []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        copy_tree(folder)
        for fault in FAULTS:
            wrong += check_fault(folder, *fault)
        wrong += check_symbols(sys.argv[1], folder)
    print("\n".join(wrong))
    print(f"{len(FAULTS) + 1} planted faults, {len(wrong)} not found")
    sys.exit(1 if wrong else 0)


main()
