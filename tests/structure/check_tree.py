#!/usr/bin/python3
"""What must or must not be in the tree: a README in each folder, tables of files that are true, no
private key, no path of one machine, no registry's address but the usual ones."""
import re

from source_tree import ROOT, Report, project_files

PRIVATE_KEY = re.compile(rb"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s+[A-Za-z0-9+/=]{16}")
# Home folders, and folders that only exist where this was written.
MACHINE_PATH = re.compile(rb"(?<![\w.$}/-])/(?:home|root|work|Users|mnt|media)/[\w.-]+")
# Lock files name where a package came from; npm's own address works for everybody.
REGISTRY = re.compile(rb"https?://(?!registry\.npmjs\.org/)[\w.-]*"
                      rb"(?:registry|artifactory|nexus|verdaccio|mirror|proxy|pypi)[\w.-]*[:/]")
TRAP = re.compile(r"\| `([\w/.]+)` \| `(\w+)` \|$")
TOP_LEVEL = {"issuer", "schema", "keys", "tests", "deploy"}
TOP_FILES = {"CMakeLists.txt", "CMakePresets.json", "README.md"}
NO_README = re.compile(r"(^|/)(node_modules|vectors/.*|corpus|.*\.maildir.*|cur|new|tmp)(/|$)")


def check_folders(report, files):
    folders = set()
    for path in files:
        folder = path.relative_to(ROOT).parent
        folders.update(p for p in [folder, *folder.parents] if str(p) != ".")
    for folder in sorted(folders):
        hidden = folder.parts[0].startswith(".")
        if not hidden and not NO_README.search(str(folder)):
            if not (ROOT / folder / "README.md").is_file():
                report.add(ROOT / folder, 0, "has no README.md that says what is in it")
    if not (ROOT / "README.md").is_file():
        report.add(ROOT / "README.md", 0, "missing")


def check_top_level(report, files):
    for path in files:
        top = path.relative_to(ROOT).parts[0]
        if not top.startswith(".") and top not in TOP_LEVEL | TOP_FILES:
            report.add(path, 0, "is not where things belong at the top level")


def check_files_named(report, readme):
    """A table of files ("| file | holds |") names each C file beside it, by itself or by a prefix
    ("intake_…"), and none that is not there."""
    text = readme.read_text(encoding="utf-8")
    there = {path.stem for path in readme.parent.glob("*.[ch]")}
    if "| file | holds |" not in text or not there:
        return
    named = {name.removesuffix(".h") for name in re.findall(r"`(\w+…?(?:\.h)?)`", text)}
    prefixes = tuple(name[:-1] for name in named if name.endswith("…"))
    for number, line in enumerate(text.splitlines(), 1):
        first = line.split("|")[1] if line.startswith("| `") else ""
        for name in re.findall(r"`(\w+)(?:\.h)?`", first):
            if name not in there:
                report.add(readme, number, f"{name} is no file of this folder")
    for name in sorted(there - named):
        if not name.startswith(prefixes):
            report.add(readme, 0, f"does not name {name}")


def check_content(report, path):
    content = path.read_bytes()
    for pattern, wrong in ((PRIVATE_KEY, "a private key"), (MACHINE_PATH, "a path of one machine"),
                           (REGISTRY, "the address of a private registry")):
        match = pattern.search(content)
        if match:
            line = content.count(b"\n", 0, match.start()) + 1
            shown = match.group(0)[:40].decode("utf-8", "replace").split("\n")[0]
            report.add(path, line, f"{wrong}: {shown}")


def check_traps(report):
    """The table of traps in tests/README.md names tests that are there."""
    readme = ROOT / "tests" / "README.md"
    rows = 0
    if not readme.is_file():
        report.add(readme, 0, "missing")
        return
    for number, line in enumerate(readme.read_text(encoding="utf-8").splitlines(), 1):
        row = TRAP.search(line)
        if row:
            rows += 1
            path = ROOT / "tests" / row.group(1)
            if not path.is_file() or not re.search(rf"\b{row.group(2)}\b",
                                                   path.read_text(encoding="utf-8")):
                report.add(readme, number, f"no test {row.group(2)} in {row.group(1)}")
    if rows == 0:
        report.add(readme, 0, "has no table of traps")


def main():
    report = Report()
    files = project_files()
    check_folders(report, files)
    check_top_level(report, files)
    check_traps(report)
    for path in files:
        if path.name == "README.md":
            check_files_named(report, path)
        check_content(report, path)
    report.finish(f"{len(files)} files")


main()
