"""The project's own files, and one way to report what is wrong in them."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
ISSUER = ROOT / "issuer"


def sources(*suffixes):
    """Files of issuer/ with one of the suffixes."""
    return sorted(p for p in ISSUER.rglob("*") if p.suffix in suffixes)


def project_files():
    """What belongs to the project: tracked, or new and not ignored. Without git (a release
    archive): all but build folders."""
    listed = subprocess.run(
        ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z", "--cached", "--others",
         "--exclude-standard"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode == 0:
        names = [n for n in listed.stdout.decode().split("\0") if n]
        return sorted(p for p in (ROOT / n for n in names) if p.is_file())
    skipped = re.compile(r"^(build[^/]*|var|node_modules|\.git)$")
    return sorted(p for p in ROOT.rglob("*") if p.is_file()
                  and not any(skipped.match(part) for part in p.relative_to(ROOT).parts))


def without_comments(text):
    """C text with comments and the insides of literals blanked; line breaks stay."""
    pattern = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)

    def blank(match):
        piece = match.group(0)
        kept = re.sub(r"[^\n]", " ", piece)
        return piece[0] + kept[1:-1] + piece[-1] if piece[0] in "\"'" else kept

    return pattern.sub(blank, text)


class Report:
    """Collects findings; finish() prints them and gives the exit code."""

    def __init__(self):
        self.findings = []

    def add(self, path, line, text):
        place = pathlib.Path(path).relative_to(ROOT)
        self.findings.append(f"{place}:{line}: {text}" if line else f"{place}: {text}")

    def finish(self, checked):
        for finding in self.findings:
            print(finding)
        print(f"{checked}; {len(self.findings)} findings")
        sys.exit(1 if self.findings else 0)
