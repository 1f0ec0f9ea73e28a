#!/usr/bin/python3
"""Every #include of issuer/ against the rooms: which room may stand on which, and where a third
party's headers may be seen."""
import re

from source_tree import ISSUER, Report, sources

STANDS_ON = {
    "base": set(),
    "core": {"base"},
    "mail": {"base", "core"},
    "db": {"base", "core"},
    "sign": {"base", "core"},
    "delivery": {"base", "core"},
    "service": {"base", "core", "mail", "db", "sign", "delivery"},
    "http": {"base", "core", "service"},
    "cli": {"base", "core", "service", "http"},
}
GLIB = re.compile(r"^(glib\.h|glib-unix\.h|glib/gstdio\.h)$")
THIRD_PARTY = {
    "base": re.compile(r"^seccomp\.h$"),
    "core": re.compile(r"^(jansson\.h|openssl/(evp|sha|crypto)\.h)$"),
    "mail": re.compile(r"^(gmime/|libxml/|libpsl\.h$|archive|csv\.h$"
                       r"|jansson\.h$"
                       r"|openssl/(cms|err)\.h$)"),
    "db": re.compile(r"^libpq-fe\.h$"),
    "sign": re.compile(r"^openssl/"),
    "delivery": re.compile(r"^curl/curl\.h$"),
    "http": re.compile(r"^microhttpd\.h$"),
}
# core/ has no I/O, clock or environment: of the C library it sees data and text alone.
CORE_LIBC = {"stdbool.h", "stddef.h", "stdint.h", "inttypes.h", "limits.h", "string.h"}
LIBC = CORE_LIBC | {
    "arpa/inet.h", "assert.h", "ctype.h", "dirent.h", "errno.h", "fcntl.h", "fts.h", "fnmatch.h",
    "getopt.h", "grp.h", "iconv.h", "locale.h", "malloc.h", "linux/audit.h", "linux/filter.h", "linux/landlock.h",
    "linux/seccomp.h",
    "netdb.h", "netinet/in.h", "poll.h", "pthread.h", "pwd.h", "sched.h", "signal.h", "spawn.h", "stdarg.h",
    "stdatomic.h", "stdio.h", "stdlib.h", "sys/epoll.h", "sys/eventfd.h", "sys/file.h", "sys/inotify.h", "sys/mman.h", "sys/pidfd.h",
    "sys/prctl.h", "sys/random.h", "sys/resource.h", "sys/signalfd.h", "sys/socket.h",
    "sys/stat.h", "sys/statvfs.h", "sys/syscall.h", "sys/time.h", "sys/timerfd.h", "sys/types.h", "sys/uio.h",
    "sys/un.h", "sys/wait.h", "syslog.h", "termios.h", "time.h", "unistd.h",
}
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]')


def wrong_with(room, path, bracket, name):
    if bracket == '"':
        other = name.split("/")[0]
        if not (ISSUER / name).is_file():
            return None if other == room else "no such header of ours; write <…> for others"
        if other != room and other not in STANDS_ON[room]:
            return f"{room}/ may not stand on {other}/"
        return None
    if GLIB.match(name):
        return None
    if name in LIBC:
        return None if room != "core" or name in CORE_LIBC else "core/ is pure: no such header"
    allowed = THIRD_PARTY.get(room)
    if allowed is None or not allowed.match(name):
        return f"not a header for {room}/"
    return None if path.suffix == ".c" else "a third party's header belongs in .c files alone"


def main():
    report = Report()
    count = 0
    for path in sources(".c", ".h"):
        room = path.relative_to(ISSUER).parts[0]
        if room not in STANDS_ON:
            report.add(path, 0, f"unknown room {room}/")
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            match = INCLUDE.match(line)
            if match:
                count += 1
                wrong = wrong_with(room, path, *match.groups())
                if wrong:
                    report.add(path, number, f"#include {match.group(2)}: {wrong}")
    if count == 0:
        report.add(ISSUER, 0, "no #include found: the check does not work")
    report.finish(f"{count} includes")


main()
