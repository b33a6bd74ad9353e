"""A program as a unit confines it, on a machine that systemd does not run: what the unit says about files, devices,
network, users, memory and calls, each by the means that systemd takes for it. Root only.

    python -m tests.confined UNIT STATE COMMAND...

STATE is the folder that StateDirectory= names; it is at PLACE in there, and the program's home. What is not done here:
cgroups (the memory that was needed is said at the end, on stderr, in kB), and what a process without any capability
could not do anyway.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import resource
import signal
import subprocess
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PLACE = Path("/srv")
LIBSECCOMP = "libseccomp.so.2"
ALLOW, EPERM = 0x7FFF0000, 0x00050001  # SCMP_ACT_ALLOW, SCMP_ACT_ERRNO(EPERM)
MASKED = 7  # SCMP_CMP_MASKED_EQ
WRITE, EXECUTE = 2, 4  # of PROT_
NO_NEW_PRIVILEGES, DIES_WITH_PARENT = 38, 1  # PR_SET_NO_NEW_PRIVS, PR_SET_PDEATHSIG
DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
COVERED = {"ProtectHome=yes": ("/home", "/root", "/run/user"), "PrivateTmp=yes": ("/tmp", "/var/tmp")}
NEEDED = {"NoNewPrivileges=yes", "CapabilityBoundingSet=", "MemoryDenyWriteExecute=yes", "PrivateDevices=yes"}
NEEDED |= {"ProtectSystem=strict", "SystemCallErrorNumber=EPERM", "ProtectProc=invisible", *COVERED}
ALONE = ("unshare", "--mount", "--net", "--ipc", "--pid", "--fork", "--kill-child")


class Argument(ctypes.Structure):
    """scmp_arg_cmp."""

    _fields_ = (("arg", ctypes.c_uint), ("op", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64))


def missing() -> str | None:
    """Why it cannot be done here; None: it can."""
    if os.geteuid() != 0:
        return "it takes root"
    try:
        ctypes.CDLL(LIBSECCOMP)
    except OSError:
        return "there is no libseccomp"
    asked = subprocess.run([*ALONE, "true"], capture_output=True, text=True, check=False)
    return f"no namespaces: {asked.stderr.strip()}" if asked.returncode else None


def command(unit: Path, state: Path, *program: str | Path) -> list[str | Path]:
    """What starts it so."""
    return [*ALONE, sys.executable, "-m", "tests.confined", unit, state, *program]


@cache
def calls(group: str) -> frozenset[str]:
    """The system calls of one of systemd's groups."""
    text = subprocess.run(["systemd-analyze", "syscall-filter", group], capture_output=True, text=True, check=True)
    names = [line.strip() for line in text.stdout.splitlines()[1:] if line.strip() and not line.strip().startswith("#")]
    return frozenset().union(*(calls(name) if name.startswith("@") else {name} for name in names))


def allowed(lines: list[str]) -> frozenset[str]:
    """By the unit's SystemCallFilter=, one line after the other."""
    known: set[str] = set(calls("@default"))
    for line in lines:
        if line.startswith("SystemCallFilter="):
            value = line.partition("=")[2]
            named = frozenset().union(*(calls(each) for each in value.lstrip("~").split()))
            known = known - named if value.startswith("~") else known | named
    return frozenset(known)


def mount(*arguments: str | Path) -> None:
    subprocess.run(["mount", *arguments], check=True, capture_output=True)


def cover(folder: Path) -> None:
    """It is empty, but for the tree itself where that lies in it: an installed one does not."""
    mount("--bind", ROOT, "/mnt")
    within = ROOT.is_relative_to(folder)
    mode = "mode=1777" if "tmp" in folder.name else "mode=711" if within else "mode=000"
    mount("-t", "tmpfs", "-o", mode, "tmpfs", folder)
    if within:
        ROOT.mkdir(parents=True)
        mount("--bind", "/mnt", ROOT)
        mount("-o", "remount,bind,ro", ROOT)
    subprocess.run(["umount", "/mnt"], check=True)


def covers(state: Path, lines: list[str]) -> None:
    """Everything is read-only, and what is the unit's own is empty."""
    mount("--make-rprivate", "/")
    mount("--bind", state, PLACE)
    for row in Path("/proc/self/mountinfo").read_text("utf-8").splitlines():
        place = row.split()[4].encode().decode("unicode_escape")
        if place != str(PLACE) and not place.startswith(("/proc", "/sys", "/dev")):
            mount("-o", "remount,bind,ro", place)
    for line, folders in COVERED.items():
        for folder in folders if line in lines else ():
            if Path(folder).is_dir():
                cover(Path(folder))
    mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", "/media")
    for name in DEVICES:
        Path("/media", name).touch()
        mount("--bind", f"/dev/{name}", f"/media/{name}")
    for name in ("fd", "stdin", "stdout", "stderr"):
        Path("/media", name).symlink_to(Path("/proc/self/fd", "" if name == "fd" else str(sys.__dict__[name].fileno())))
    Path("/media/shm").mkdir()
    mount("-t", "tmpfs", "tmpfs", "/media/shm")
    mount("--rbind", "/media", "/dev")
    mount("-t", "proc", "-o", "hidepid=invisible", "proc", "/proc")


def filters(names: frozenset[str]) -> None:
    """SystemCallFilter= and MemoryDenyWriteExecute=, as systemd does both without PR_SET_MDWE."""
    library = ctypes.CDLL(LIBSECCOMP)
    library.seccomp_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(library.seccomp_init(EPERM))
    both = WRITE | EXECUTE
    for name in sorted(names):
        number = library.seccomp_syscall_resolve_name(name.encode())
        if number < 0:
            continue  # of another architecture
        if name in ("mprotect", "pkey_mprotect"):
            library.seccomp_rule_add_array(context, ALLOW, number, 1, (Argument * 1)(Argument(2, MASKED, EXECUTE, 0)))
        elif name == "mmap":
            for is_so in (0, WRITE, EXECUTE):
                library.seccomp_rule_add_array(
                    context, ALLOW, number, 1, (Argument * 1)(Argument(2, MASKED, both, is_so))
                )
        else:
            library.seccomp_rule_add(context, ALLOW, number, 0)
    assert library.seccomp_load(context) == 0


def main() -> None:
    unit, state, *program = sys.argv[1:]
    lines = Path(unit).read_text("utf-8").splitlines()
    assert set(lines) >= NEEDED, f"this is for a unit that has {', '.join(sorted(NEEDED))}"
    names = allowed(lines)
    covers(Path(state), lines)
    nobody = pwd.getpwnam("nobody")
    os.chown(PLACE, nobody.pw_uid, nobody.pw_gid)
    [tasks] = [int(line.partition("=")[2]) for line in lines if line.startswith("TasksMax=")]
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NPROC, (tasks, tasks))
    os.chdir(ROOT)
    os.umask(0o077)
    os.setgroups([])
    os.setresgid(nobody.pw_gid, nobody.pw_gid, nobody.pw_gid)
    os.setresuid(nobody.pw_uid, nobody.pw_uid, nobody.pw_uid)
    for option, value in (
        (NO_NEW_PRIVILEGES, 1),
        (DIES_WITH_PARENT, signal.SIGKILL),
    ):  # another user forgets the second
        ctypes.CDLL(None).prctl(option, int(value), 0, 0, 0)
    path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin"
    environment = {"PATH": path, "HOME": str(PLACE), "USER": "nobody", "SHELL": nobody.pw_shell}
    filters(names)
    done = subprocess.run(program, env=environment, check=False)
    print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
