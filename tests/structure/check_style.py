#!/usr/bin/python3
"""The house's numbers: length of files and functions, parameters, nesting, banned functions, and
that a file exports only names of its own."""
import re
import statistics

from source_tree import ISSUER, Report, sources, without_comments

FILE_MOST, FILE_MEDIAN = 800, 300
FUNCTION_MEDIAN, FUNCTION_P90 = 25, 60
PARAMETERS_MOST, NESTING_MOST = 6, 3
# Functions whose parameters are not ours to choose, each with its reason.
MANY_PARAMETERS = {
    "answer_request": "libmicrohttpd's MHD_AccessHandlerCallback",
}
BANNED = re.compile(r"\b(strcpy|strcat|strncpy|strncat|sprintf|vsprintf|strtok|strtok_r|atoi|atol|"
                    r"atoll|atof|gmtime|localtime|asctime|ctime|rand|srand|random|system|popen|"
                    r"alloca|g_alloca|g_newa|gets|sscanf|scanf|fscanf|mktemp|tmpnam)\s*\(")
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b(?!XXX)")
FUNCTION = re.compile(r"^(?P<head>[A-Za-z_][^;{}#=]*?\b(?P<name>[A-Za-z_]\w*)\s*"
                      r"\((?P<parameters>[^;{}]*)\)\s*)\n\{\n(?P<body>.*?)^\}", re.M | re.S)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def parameter_count(parameters):
    depth, count = 0, 1
    for c in parameters:
        depth += {"(": 1, ")": -1}.get(c, 0)
        count += c == "," and depth == 0
    return 0 if parameters.strip() in ("", "void") else count


class Nesting:
    """How deep control statements stand in each other in a function's body, with braces or
    without; an else if stands beside its if, and the braces of initialisers nest nothing."""

    def __init__(self, body):
        self.tokens = re.findall(r"\w+|[(){};:]", body)[::-1]
        self.most = 0
        while self.tokens:
            self.statement(0)

    def next(self):
        return self.tokens[-1] if self.tokens else ""

    def skip_group(self):
        """Behind the parenthesis or brace that closes the next one."""
        depth = 0
        while self.tokens:
            token = self.tokens.pop()
            depth += (token in "({") - (token in ")}")
            if depth == 0:
                return

    def skip_until(self, end):
        while self.tokens and self.next() != end:
            if self.next() in "({":
                self.skip_group()
            else:
                self.tokens.pop()
        self.tokens[-1:] = []

    def statement(self, depth):
        self.most = max(self.most, depth)
        word = self.tokens.pop()
        if word == "{":
            while self.tokens and self.next() != "}":
                self.statement(depth)
            self.tokens[-1:] = []
        elif word in ("if", "for", "while", "switch", "do", "else"):
            beside = word == "else" and self.next() == "if"
            if word not in ("do", "else"):
                self.skip_group()
            if self.tokens:
                self.statement(depth if beside else depth + 1)
        elif word in ("case", "default"):
            self.skip_until(":")
        elif word != ";":
            self.tokens.append(word)
            self.skip_until(";")


def check_functions(report, path, text, lengths):
    module = path.stem
    for match in FUNCTION.finditer(text):
        name = match.group("name")
        line = line_of(text, match.start())
        lengths.append((match.group("body").count("\n") + 3, path, line, name))
        count = parameter_count(match.group("parameters"))
        if count > PARAMETERS_MOST and name not in MANY_PARAMETERS:
            report.add(path, line, f"{name}() has {count} parameters; at most {PARAMETERS_MOST}")
        depth = Nesting(match.group("body")).most
        if depth > NESTING_MOST:
            report.add(path, line, f"{name}() nests {depth} deep; at most {NESTING_MOST}")
        exported = not re.search(r"\bstatic\b", match.group("head")) and name != "main"
        if exported and not name.startswith(module + "_") and not declared_beside(path, name):
            report.add(path, line, f"{name}() is exported by {path.name} without its prefix, and "
                                   f"no header of that prefix declares it")


def declared_beside(path, name):
    """A header of several .c files (batch.h for batch_load.c) may be served by any of them."""
    word = re.compile(r"\b" + re.escape(name) + r"\s*\(")
    return any(word.search(header.read_text()) for header in path.parent.glob("*.h")
               if path.stem.startswith(header.stem.split("_")[0])
               or name.startswith(header.stem + "_"))


def check_text(report, path, raw, code):
    for number, line in enumerate(code.splitlines(), 1):
        match = BANNED.search(line)
        if match:
            report.add(path, number, f"{match.group(1)}() is banned")
    for number, line in enumerate(raw.splitlines(), 1):
        if UNFINISHED.search(line) and "XXXXXX" not in line:
            report.add(path, number, "unfinished work is not landed")


def main():
    report = Report()
    files, lengths = [], []
    for path in sources(".c", ".h"):
        raw = path.read_text()
        code = without_comments(raw)
        check_text(report, path, raw, code)
        if path.suffix == ".c":
            files.append(raw.count("\n"))
            if files[-1] > FILE_MOST:
                report.add(path, 0, f"{files[-1]} lines; at most {FILE_MOST}")
            check_functions(report, path, code, lengths)
    ordered = sorted(lengths, key=lambda entry: entry[0])
    file_median = statistics.median(files)
    function_median = statistics.median(entry[0] for entry in ordered)
    p90 = ordered[len(ordered) * 9 // 10]
    if file_median >= FILE_MEDIAN:
        report.add(ISSUER, 0, f"files have {file_median} lines in the median; under {FILE_MEDIAN}")
    if function_median >= FUNCTION_MEDIAN:
        report.add(ISSUER, 0, f"functions have {function_median} lines in the median")
    if p90[0] >= FUNCTION_P90:
        for length, path, line, name in ordered[len(ordered) * 9 // 10:]:
            report.add(path, line, f"{name}() has {length} lines, among the longest tenth")
    longest = ordered[-1]
    print(f"files: {len(files)}, median {file_median}, longest {max(files)} lines; functions: "
          f"{len(ordered)}, median {function_median}, p90 {p90[0]}, longest {longest[0]} "
          f"({longest[3]})")
    report.finish(f"{len(ordered)} functions")


main()
