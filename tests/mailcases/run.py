#!/usr/bin/python3
"""Makes every mail case, has it read, and compares. run.py DUMP_MAIL [NAME…]"""
import json
import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cases  # noqa: E402


def write(folder, files):
    """Writes the files; returns the path to give: the file itself if it is the only one."""
    for name, data in files.items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as stream:
            stream.write(data)
    names = sorted({name.split("/")[0] for name in files})
    return os.path.join(folder, names[0])


NAMES = {cases.A.jws: "A", cases.B.jws: "B", cases.D.jws: "D"}


def readable(results):
    """The same with each code's name in the place of its JWS."""
    return [(kind, reply_to, [NAMES.get(jws, "unknown") for jws in intact], damaged)
            for kind, reply_to, intact, damaged in results]


def read(program, path):
    run = subprocess.run([program, "-o", cases.OWN, "-l", cases.LIST, path], capture_output=True,
                         text=True, timeout=60, check=False)
    if run.returncode != 0 or run.stderr:
        return [], f"exit {run.returncode}: {run.stderr[-2000:]}"
    found, why = [], ""
    for line in run.stdout.splitlines():
        mail = json.loads(line)
        why = mail["why"] or ""
        intact = [token["jws"] for token in mail["tokens"] if token["jws"]]
        found.append((mail["kind"], mail["reply_to"], intact, len(mail["tokens"]) - len(intact)))
    return found, why


def main():
    program, wanted = sys.argv[1], sys.argv[2:]
    failed = count = 0
    for name, make, expected, words in cases.CASES:
        if wanted and name not in wanted:
            continue
        count += 1
        with tempfile.TemporaryDirectory() as folder:
            found, why = read(program, write(folder, make()))
        told = words is None or (words in why if words else not why)
        if found != expected or not told:
            failed += 1
            print(f"{name}\n  expected {readable(expected)} {words}\n  found    {readable(found)} {why}")
    print(f"{count} mail cases, {failed} not as expected")
    return 1 if failed or not count else 0


if __name__ == "__main__":
    sys.exit(main())
