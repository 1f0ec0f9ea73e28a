#!/usr/bin/python3
"""Runs a program with the restrictions of a systemd unit, set by hand; run as root.

  shut_in.py UNIT USER KEEP[,KEEP…] PROGRAM [ARG…]

Folders KEEP stay as they are though they lie in /tmp or a home; all else is as the unit says. What is
read there and not set here is refused, so no restriction is passed over in silence. The program has
the process number of this one."""
import ctypes
import errno
import os
import pathlib
import pwd
import re
import resource
import stat
import subprocess
import sys

import seccomp

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNS, CLONE_NEWUSER = 0x00020000, 0x10000000
NAMESPACES = 0x7E020080  # all CLONE_NEW…
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000
MS_NOSUID, MS_NODEV, MS_NOEXEC = 2, 4, 8
MOUNT_ATTR_RDONLY, AT_FDCWD, AT_RECURSIVE, MOUNT_SETATTR = 1, -100, 0x8000, 442
PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 24, 38
PROT_WRITE, PROT_EXEC = 2, 4
SHM_EXEC = 0o100000

# What changes nothing for a program that has no right to do it anyway, or is not about the process.
NOT_SET_HERE = {
    "Type", "NotifyAccess", "ExecStart", "ExecReload", "Restart", "RestartSec", "RestartPreventExitStatus",
    "WatchdogSec", "KillMode", "TimeoutStartSec", "TimeoutStopSec", "User", "Group", "WorkingDirectory",
    "StateDirectory", "StateDirectoryMode", "TasksMax", "DevicePolicy", "ProtectHostname", "ProtectControlGroups",
    "ProtectKernelTunables", "KeyringMode", "RemoveIPC", "PrivateMounts", "SystemCallErrorNumber",
    "SystemCallArchitectures", "AmbientCapabilities",
    # taken from the filter and the capabilities, which are set
    "ProtectClock", "ProtectKernelLogs", "ProtectKernelModules",
}


def check(result, what):
    if result != 0:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")


def mount(source, target, kind, flags, data=None):
    arguments = [word.encode() if word is not None else None for word in (source, str(target), kind)]
    check(LIBC.mount(*arguments, ctypes.c_ulong(flags), data.encode() if data else None), f"mount {target}")


def set_read_only(path, yes, flags=0):
    attributes = (ctypes.c_uint64 * 4)(MOUNT_ATTR_RDONLY if yes else 0, 0 if yes else MOUNT_ATTR_RDONLY, 0, 0)
    check(LIBC.syscall(MOUNT_SETATTR, AT_FDCWD, str(path).encode(), flags, ctypes.byref(attributes), 32),
          f"read-only {path}")


def read_unit(path):
    section, found = None, {}
    for line in pathlib.Path(path).read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = line
        elif section == "[Service]" and "=" in line and not line.startswith("#"):
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


# ---- what it sees of the machine

def put_back(kept):
    for folder, fd in kept.items():
        pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
        mount(f"/proc/self/fd/{fd}", folder, None, MS_BIND | MS_REC)


def few_devices():
    devices = pathlib.Path("/tmp/devices")
    devices.mkdir()
    mount("tmpfs", devices, "tmpfs", MS_NOSUID | MS_NOEXEC, "mode=755")
    for name in ("null", "zero", "full", "random", "urandom", "tty"):
        (devices / name).touch()
        mount(f"/dev/{name}", devices / name, None, MS_BIND)
    (devices / "shm").mkdir(mode=0o1777)
    mount(str(devices), "/dev", None, MS_BIND | MS_REC)


def set_view(unit, folders):
    check(LIBC.unshare(CLONE_NEWNS), "unshare")
    mount(None, "/", None, MS_REC | MS_PRIVATE)
    kept = {folder: os.open(folder, os.O_PATH) for folder in folders}
    if unit.pop("PrivateTmp") == ["yes"]:
        mount("tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777")
    if unit.pop("ProtectHome") == ["yes"]:
        for home in ("/home", "/root", "/run/user"):
            if os.path.isdir(home):
                mount("tmpfs", home, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755")
    if unit.pop("PrivateDevices") == ["yes"]:
        few_devices()
    put_back(kept)
    if unit.pop("ProtectSystem") == ["strict"]:
        set_read_only("/", True, AT_RECURSIVE)
        for folder in ("/tmp", *kept):
            set_read_only(folder, False)
    if unit.pop("ProtectProc") == ["invisible"] and unit.pop("ProcSubset") == ["pid"]:
        mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, "hidepid=invisible,subset=pid")


# ---- who it is

def set_limits(unit):
    for name, kind in (("LimitMEMLOCK", resource.RLIMIT_MEMLOCK), ("LimitCORE", resource.RLIMIT_CORE)):
        (value,) = unit.pop(name)
        number = int(value.removesuffix("M")) << (20 if value.endswith("M") else 0)
        most = resource.getrlimit(kind)[1]  # not every root may raise it
        number = number if most == resource.RLIM_INFINITY else min(number, most)
        resource.setrlimit(kind, (number, number))


def own_users(user):
    """A user namespace in which there are root and this user; written by another process, outside."""
    told, tell = os.pipe()
    target = os.getpid()
    child = os.fork()
    if child == 0:
        os.read(told, 1)
        for name, number in (("uid_map", user.pw_uid), ("gid_map", user.pw_gid)):
            pathlib.Path(f"/proc/{target}/{name}").write_text(f"0 0 1\n{number} {number} 1\n", encoding="ascii")
        os._exit(0)
    check(LIBC.unshare(CLONE_NEWUSER), "unshare")
    os.write(tell, b"x")
    if os.waitpid(child, 0)[1] != 0:
        raise OSError("the user namespace got no users")
    os.close(told)
    os.close(tell)


def set_user(unit, user):
    os.setgroups([])
    if unit.pop("PrivateUsers") == ["yes"]:
        own_users(user)
    if unit.pop("CapabilityBoundingSet") == [""]:
        for capability in range(64):
            LIBC.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
    os.setresgid(user.pw_gid, user.pw_gid, user.pw_gid)
    os.setresuid(user.pw_uid, user.pw_uid, user.pw_uid)
    os.umask(int(unit.pop("UMask")[0], 8))
    if unit.pop("NoNewPrivileges") == ["yes"]:
        check(LIBC.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")


# ---- what it may ask of the kernel

def calls_of(word):
    if not word.startswith("@"):
        return {word}
    said = subprocess.run(["systemd-analyze", "syscall-filter", word], capture_output=True, text=True, check=True)
    names = [line.strip() for line in said.stdout.splitlines()[1:]]
    return set().union(*(calls_of(name) for name in names if name and not name.startswith("#")))


def allowed_calls(lines):
    allowed = calls_of("@default")
    for line in lines:
        words = set().union(*map(calls_of, line.removeprefix("~").split()))
        allowed = allowed - words if line.startswith("~") else allowed | words
    return allowed


def call_filter(lines):
    filter_ = seccomp.SyscallFilter(seccomp.ERRNO(errno.EPERM))
    known = 0
    for name in allowed_calls(lines):
        try:
            filter_.add_rule(seccomp.ALLOW, name)
            known += 1
        except (RuntimeError, ValueError):
            pass  # of another machine's
    if known < 200:
        raise OSError("hardly a call is known: the filter does not work")
    return filter_


def refuse(filter_, name, *arguments):
    filter_.add_rule(seccomp.ERRNO(errno.EPERM), name, *arguments)


def masked(number, mask, value=None):
    return seccomp.Arg(number, seccomp.MASKED_EQ, mask, mask if value is None else value)


def argument_filter(unit):
    filter_ = seccomp.SyscallFilter(seccomp.ALLOW)
    if unit.pop("MemoryDenyWriteExecute") == ["yes"]:
        refuse(filter_, "mmap", masked(2, PROT_WRITE | PROT_EXEC))
        for name in ("mprotect", "pkey_mprotect"):
            refuse(filter_, name, masked(2, PROT_EXEC))
        refuse(filter_, "shmat", masked(2, SHM_EXEC))
    if unit.pop("RestrictNamespaces") == ["yes"]:
        refuse(filter_, "setns")
        refuse(filter_, "unshare")
        for bit in range(32):
            if NAMESPACES >> bit & 1:
                refuse(filter_, "clone", masked(0, 1 << bit))
        filter_.add_rule(seccomp.ERRNO(errno.ENOSYS), "clone3")
    if unit.pop("RestrictSUIDSGID") == ["yes"]:
        for name, number in (("chmod", 1), ("fchmod", 1), ("fchmodat", 2), ("mkdir", 1), ("mkdirat", 2),
                             ("mknod", 1), ("mknodat", 2), ("creat", 1)):
            for bit in (stat.S_ISUID, stat.S_ISGID):
                refuse(filter_, name, masked(number, bit))
        for name, flags, number in (("open", 1, 2), ("openat", 2, 3)):
            for bit in (stat.S_ISUID, stat.S_ISGID):
                refuse(filter_, name, masked(flags, os.O_CREAT), masked(number, bit))
    if unit.pop("LockPersonality") == ["yes"]:
        refuse(filter_, "personality")
    if unit.pop("RestrictRealtime") == ["yes"]:
        for policy in (os.SCHED_FIFO, os.SCHED_RR, 6):
            refuse(filter_, "sched_setscheduler", seccomp.Arg(1, seccomp.EQ, policy))
    families = {"AF_UNIX": 1, "AF_INET": 2, "AF_INET6": 10}
    allowed = {families[word] for word in unit.pop("RestrictAddressFamilies")[0].split()}
    for family in range(48):
        if family not in allowed:
            filter_.add_rule(seccomp.ERRNO(errno.EAFNOSUPPORT), "socket", seccomp.Arg(0, seccomp.EQ, family))
    return filter_


def main():
    unit_path, user_name, keep, program, *words = sys.argv[1:]
    unit = read_unit(unit_path)
    user = pwd.getpwnam(user_name)
    executable = os.open(program, os.O_RDONLY)  # it may lie where nothing is seen any more
    filters = [call_filter(unit.pop("SystemCallFilter"))]
    set_view(unit, keep.split(","))
    set_limits(unit)
    set_user(unit, user)
    filters.append(argument_filter(unit))
    left = {name for name in unit if name not in NOT_SET_HERE}
    if left:
        sys.exit(f"shut_in.py: these restrictions of {unit_path} are not set here: {sorted(left)}")
    os.chdir(keep.split(",")[0])
    environment = dict(os.environ)
    filters[1].load()  # first, for the other takes the right to set more than it allows
    filters[0].load()
    os.set_inheritable(executable, False)
    os.execve(executable, [program, *words], environment)


main()
