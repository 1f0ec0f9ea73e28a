#!/usr/bin/python3
"""Every function that a header of issuer/ declares is used by another file of issuer/: what only
its own file uses is static, and what only a test calls is code that nobody needs."""
import re

from source_tree import ISSUER, Report, sources, without_comments

# What no other file of issuer/ uses, each with its reason.
EXCEPTIONS = {
    "issuer_error_quark": "called by ISSUER_ERROR, which its own header defines",
    "ledger_lose": "restorations will need it; until then tests/rules loses servers with it",
}
# At the beginning of a line, up to the parenthesis; macros have capitals.
DECLARED = re.compile(r"^(?!typedef\b)[A-Za-z_][\w \t]*[\s*]([a-z]\w*)\s*\(", re.M)
DEFINED = re.compile(r"^[A-Za-z_][^;{}#=]*?\b([a-z]\w*)\s*\([^;{}]*\)\s*\n\{", re.M)
# g_autoptr(Type) and g_auto(Type) call the function that is paired with Type here.
PAIRED = re.compile(r"G_DEFINE_AUTO\w+_FUNC\(\s*(\w+),\s*(\w+)\s*\)")
AUTOMATIC = re.compile(r"\bg_auto(?:ptr)?\((\w+)\)")


def used_in(text, paired):
    """The words of a file, but for the functions that it defines itself."""
    words = set(re.findall(r"\w+", text))
    cleaning = {paired[kind] for kind in AUTOMATIC.findall(text) if kind in paired}
    return (words | cleaning) - set(DEFINED.findall(text))


def main():
    report = Report()
    texts = {path: without_comments(path.read_text()) for path in sources(".c", ".h")}
    paired = {kind: name for text in texts.values() for kind, name in PAIRED.findall(text)}
    used = {path: used_in(text, paired) for path, text in texts.items()}
    count, unused = 0, set()
    for header in sources(".h"):
        for match in DECLARED.finditer(texts[header]):
            count += 1
            name = match.group(1)
            if any(name in words for path, words in used.items() if path != header):
                continue
            unused.add(name)
            if name not in EXCEPTIONS:
                line = texts[header].count("\n", 0, match.start(1)) + 1
                report.add(header, line, f"{name}() is used by no other file of issuer/")
    for name in sorted(set(EXCEPTIONS) - unused):
        report.add(ISSUER, 0, f"{name}() is used: it needs no exception any more")
    if count == 0:
        report.add(ISSUER, 0, "no declaration found: the check does not work")
    report.finish(f"{count} declared functions")


main()
