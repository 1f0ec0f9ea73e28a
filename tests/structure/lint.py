#!/usr/bin/python3
"""Tools that read the C sources, two at a time.

  lint.py format                     clang-format changes nothing
  lint.py tidy BUILD_FOLDER [FILE…]  clang-tidy finds nothing, in all sources or in these
  lint.py clang BUILD_FOLDER         clang, with nearly all its warnings, finds nothing
  lint.py cppcheck BUILD_FOLDER      cppcheck finds nothing"""
import concurrent.futures
import json
import pathlib
import shlex
import subprocess
import sys

from source_tree import ISSUER, ROOT, sources

# Every warning of clang but these, each with its reason:
CLANG_OFF = {
    "declaration-after-statement": "C17 declares where it uses",
    "disabled-macro-expansion": "glibc's own macros",
    "padded": "the layout of a struct follows its meaning",
    "unsafe-buffer-usage": "a rule for C++",
    "covered-switch-default": "contradicts gcc's -Wswitch-default",
    "switch-enum": "a default may stand for the rest",
    "used-but-marked-unused": "g_autoptr's cleanup functions",
    "cast-qual": "g_utf8_next_char(); gcc's -Wcast-qual, which knows system headers, looks",
    "cast-align": "GLib's array access; x86 and arm64 read unaligned",
    "bad-function-cast": "casts in GLib's macros",
    "reserved-identifier": "_GNU_SOURCE",
    "reserved-macro-identifier": "_GNU_SOURCE",
    "documentation-unknown-command": "comments are for people",
    "gnu-statement-expression": "GLib's macros (g_steal_pointer, g_strdup)",
    "language-extension-token": "typeof in GLib's macros",
    "vla": "gcc's -Wvla looks already",
    "c++98-compat": "this is C",
    "missing-noreturn": "main loops of children",
    "extra-semi-stmt": "GLib's macros",
    "implicit-int-float-conversion": "progress and rates",
    "double-promotion": "progress and rates",
    "float-conversion": "progress and rates",
    "gnu-auto-type": "GLib's macros",
    "gnu-zero-variadic-macro-arguments": "GLib's macros",
    "missing-variable-declarations": "tables that cli/ exports are declared in their headers",
}


def commands(folder):
    """The compiler's command line for each source of ours."""
    database = json.loads((pathlib.Path(folder) / "compile_commands.json").read_text())
    return [e for e in database if pathlib.Path(e["file"]).is_relative_to(ISSUER)]


def clang_command(entry):
    words = shlex.split(entry["command"])[1:]
    kept, skip = [], False
    for word in words:
        if skip:
            skip = False
        elif word in ("-o", "-MF", "-MT"):
            skip = True
        elif not word.startswith(("-MD", "-fsanitize", "-fno-sanitize", "-W")) and word != "-c":
            kept.append(word)
    return ["clang", "-fsyntax-only", "-Weverything", "-Werror",
            *[f"-Wno-{name}" for name in CLANG_OFF], "-Wno-unknown-warning-option", *kept]


def run(command):
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False)
    return done.returncode, done.stdout


def run_all(jobs):
    """Runs the commands two at a time; prints what the failing ones say."""
    if not jobs:
        sys.exit("nothing to check: the check does not work")
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for code, output in pool.map(run, jobs):
            if code != 0:
                failed += 1
                print(output)
    print(f"{len(jobs)} runs, {failed} with findings")
    sys.exit(1 if failed else 0)


def main():
    what = sys.argv[1]
    if what == "format":
        tests = sorted((ROOT / "tests").glob("*/*.[ch]"))
        files = [str(p) for p in [*sources(".c", ".h"), *tests]]
        run_all([["clang-format", "--dry-run", "-Werror", *files]])
    folder = sys.argv[2]
    if what == "tidy":
        wanted = {str(pathlib.Path(name).resolve()) for name in sys.argv[3:]}
        files = [e["file"] for e in commands(folder)]
        run_all([["clang-tidy", "--quiet", "-p", folder, name] for name in files
                 if not wanted or str(pathlib.Path(name).resolve()) in wanted])
    elif what == "clang":
        run_all([clang_command(e) for e in commands(folder)])
    elif what == "cppcheck":
        # internalAstError: cppcheck 2.10 stumbles over a compound literal after '?'.
        # memleak: it does not know that g_thread_join() takes the thread; LeakSanitizer and
        # clang's analyzer look for leaks too.
        run_all([["cppcheck", "--quiet", "--std=c11", "--error-exitcode=1", "--inline-suppr",
                  "--suppress=internalAstError", "--suppress=memleak",
                  "--library=gtk", "--enable=warning,performance,portability", "-j2",
                  f"-I{ISSUER}", *[e["file"] for e in commands(folder)]]])
    else:
        sys.exit(__doc__)


main()
