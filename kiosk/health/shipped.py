"""What was put on the machine, and whether it is still so: the lock-down, read back.

`make install` and the package write the list of all they put in place (systemd/places), each file with its SHA-256.
What those files ask for is looked for in them, and not said a second time here:

    every file             is there, the same, root's, and for nobody else to write; no other overrides it (overrides)
    sysctl.d, grub.d       what the kernel says now, and what it was started with (the last word of a kind)
    modprobe.d             no module that is not wanted
    sysusers.d             our users: no login, no group but their own
    tmpfiles.d             owners and modes of what lies between them

and beside them: no swap, no kernel parameter that undoes ours (UNDOES), nothing that listens to the network but ssh,
which the firewall keeps, and who asks for an address, a name or the time (ASKING, ASKERS). All of it is what any user
of the machine can see; what only root can is left out for the others, and not guessed at: the kernel's own word that it
overwrites memory is read by root's `kiosk check` alone, since its log is closed to the caretaker
(ProtectKernelLogs=). Whoever has become root can write the list, too: this finds what was changed and forgotten, not
who hides. Against those stand the image's signatures.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from kiosk.health.overrides import overriding

ROOT = Path(__file__).resolve().parents[2]
LISTS = (ROOT / "shipped", Path("/etc/kiosk/shipped"))  # the package's, and that of `make install`
OURS = re.compile(rb"(http://(?:127\.0\.0\.1|localhost)):[0-9]+")  # in the policy; its port is the operator's to change
SSH = 22
# Parameters of the kernel or of systemd that take away what ours give, or what the lock-down rests on; what each does.
UNDOES = {
    "page_poison": "switches init_on_free off",
    "slub_debug": "switches init_on_free off where it poisons",
    "slab_debug": "switches init_on_free off where it poisons",
    "crashkernel": "keeps room for a kernel that writes memory to a disk",
    "sysrq_always_enabled": "gives keyboards SysRq",
    "kgdboc": "lets a debugger in",
    "systemd.debug_shell": "gives a shell of root's",
    "systemd.crash_shell": "gives a shell of root's",
    "systemd.mask": "takes a unit away",
    "systemd.run": "runs a command as root",
}
NO = {"0", "n", "no", "f", "false", "off"}
# Who may have an open UDP port: by port, who asks for an address (DHCP, DHCPv6); by user, who asks for names or the
# time from a port that the kernel chose. No answer is taken that was not asked for: the firewall keeps these, too.
ASKING = (68, 546)
ASKERS = ("systemd-resolve", "systemd-timesync", "_chrony")
# As /proc/net/tcp writes 127/8, ::1 and ::ffff:127/104: four bytes at a time, in the order of a little-endian machine.
LOOPBACK = re.compile("[0-9A-F]{6}7F$|0{24}01000000$|0{16}FFFF0000[0-9A-F]{6}7F$")
LISTENS = {
    "tcp": "0A",
    "udp": "07",
}  # TCP_LISTEN; TCP_CLOSE, of a socket that hears everybody (include/net/tcp_states.h)
LOG_LINES = 20_000  # of the kernel's; the one that is looked for is among the first hundreds
OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH

Kind = Literal["changed", "kernel", "users", "open"]


@dataclass(frozen=True)
class Fault:
    """Something that is not as it was put there."""

    kind: Kind
    words: str


def listed(lists: tuple[Path, ...] = LISTS) -> Mapping[str, str] | None:
    """Every file that was put in place, and its SHA-256. None: nothing was; this is a demo."""
    for path in lists:
        try:
            lines = path.read_text("ascii").splitlines()
        except OSError:
            continue
        return {place: digest for digest, _, place in (line.partition(" ") for line in lines)}
    return None


def faults(files: Mapping[str, str], root: Path = Path("/")) -> Iterator[Fault]:
    """files: as of `listed`. root: the machine's."""
    for place, digest in files.items():
        yield from _file(root, place, digest)
        said = _read(root / place[1:])
        if "/sysctl.d/" in place:
            yield from _sysctl(root, said)
        elif "/grub.d/" in place:
            yield from _started_with(root, said)
        elif "/modprobe.d/" in place:
            yield from _modules(root, said)
        elif "/sysusers.d/" in place:
            yield from _users(root, said)
        elif "/tmpfiles.d/" in place:
            yield from _modes(root, said)
    for words in overriding(files, root):
        yield Fault("changed", words)
    for path in sorted(root.glob("etc/chromium/policies/*/*")):
        if (place := f"/{path.relative_to(root)}") not in files:
            yield Fault("changed", f"{place} is a policy that was not shipped")
    if len(_read(root / "proc/swaps").splitlines()) > 1:
        yield Fault("kernel", "memory is swapped to a disk (swapon --show)")
    yield from _listeners(root)


def _read(path: Path) -> str:
    """Nothing, when it is not there or not for us."""
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _file(root: Path, place: str, digest: str) -> Iterator[Fault]:
    path = root / place[1:]
    try:
        held, found = path.read_bytes(), path.stat()
    except PermissionError:
        return
    except OSError:
        yield Fault("changed", f"{place} is not there")
        return
    if place.endswith("/policies.json"):
        held = OURS.sub(rb"\1:8888", held)
    if hashlib.sha256(held).hexdigest() != digest:
        yield Fault("changed", f"{place} is not as it was shipped")
    if found.st_uid != 0 or found.st_mode & OTHERS_WRITE:
        yield Fault("users", f"{place} can be written by others than root")


def _sysctl(root: Path, said: str) -> Iterator[Fault]:
    for name, wanted in re.findall(r"^([\w.]+) *= *(.+)$", said, re.MULTILINE):
        now = _read(root / "proc/sys" / name.replace(".", "/")).strip()
        if now and now != wanted:
            yield Fault("kernel", f"{name} is {now} and has to be {wanted}")


def _words(line: str) -> Iterator[tuple[str, str, str]]:
    """Each of the kernel's parameters, its value and how it stands there, in their order. The kernel takes - for _ in a
    key, what is in quotes for one word, and no word after `--`; systemd reads those, too."""
    ours = True
    for word in re.findall(r'(?:"[^"]*"?|[^\s"])+', line):
        key, _, value = word.replace('"', "").partition("=")
        key = key.replace("-", "_").removeprefix("rd.")
        ours = ours and word != "--"
        if ours or key.startswith("systemd."):
            yield key, value, word


def _started_with(root: Path, said: str) -> Iterator[Fault]:
    if not (line := _read(root / "proc/cmdline")):
        return
    last = {key: (value, word) for key, value, word in _words(line)}
    asked = re.findall(r'^GRUB_CMDLINE_LINUX="\$GRUB_CMDLINE_LINUX (.*)"$', said, re.MULTILINE)
    wanted = {key: (value, word) for line in asked for key, value, word in _words(line)}
    if missing := [word for key, (_, word) in wanted.items() if key not in last]:
        yield Fault("kernel", f"the kernel was started without {' '.join(missing)}")
    for key, (value, word) in wanted.items():
        if key in last and last[key][0] != value:
            yield Fault("kernel", f"the kernel was started with {last[key][1]}, and has to be with {word}")
    for key, what in UNDOES.items():
        if key in last and last[key][0].lower() not in NO:
            yield Fault("kernel", f"the kernel was started with {last[key][1]}, which {what}")
    if "init_on_free" in wanted and _kernel_says(root, "mem auto-init:.*heap free:off"):
        yield Fault("kernel", "the kernel says that it does not overwrite memory (dmesg: mem auto-init, heap free:off)")


def _kernel_says(root: Path, what: str) -> bool:
    """Whether it stands in the kernel's log; not, when that is not for us or has gone on past it."""
    try:
        log = os.open(root / "dev/kmsg", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        for _ in range(LOG_LINES):
            try:
                line = os.read(log, 8192)  # one at a time
            except BrokenPipeError:
                continue  # some were overwritten meanwhile; it goes on at the oldest that is there
            if not line or re.search(what, line.decode("utf-8", "replace")):
                return bool(line)
    except OSError:  # and the end: there is no more yet
        pass
    finally:
        os.close(log)
    return False


def _modules(root: Path, said: str) -> Iterator[Fault]:
    loaded = {line.split()[0] for line in _read(root / "proc/modules").splitlines()}
    for module in re.findall(r"^(?:blacklist|install) (\S+)", said, re.MULTILINE):
        if module.replace("-", "_") in loaded:  # as the kernel writes them
            yield Fault("kernel", f"the module {module} is loaded")


def _numbers(root: Path, file: str) -> dict[str, list[str]]:
    """The lines of /etc/passwd or /etc/group, by name."""
    return {line.split(":")[0]: line.split(":") for line in _read(root / "etc" / file).splitlines() if ":" in line}


def _users(root: Path, said: str) -> Iterator[Fault]:
    known, groups = _numbers(root, "passwd"), _numbers(root, "group")
    for user in re.findall(r"^u (\S+)", said, re.MULTILINE):
        if user not in known:
            yield Fault("users", f"there is no user {user}")
            continue
        if not known[user][6].endswith("/nologin"):
            yield Fault("users", f"the user {user} can log in ({known[user][6]})")
        for group, line in groups.items():
            if user in line[3].split(","):
                yield Fault("users", f"the user {user} is in the group {group}")


def _modes(root: Path, said: str) -> Iterator[Fault]:
    known, groups = _numbers(root, "passwd"), _numbers(root, "group")
    for place, mode, user, group in re.findall(r"^[dz] (\S+) +(\d+) (\S+) (\S+)$", said, re.MULTILINE):
        try:
            found = (root / place[1:]).stat()
        except OSError:
            continue  # a key may be elsewhere, and a service whose folder is missing says so
        wanted = (int(mode, 8), known.get(user, ["", "", ""])[2], groups.get(group, ["", "", ""])[2])
        if (stat.S_IMODE(found.st_mode), str(found.st_uid), str(found.st_gid)) != wanted:
            yield Fault("users", f"{place} has to be {user}'s, of the group {group}, with the mode {mode}")


def _listeners(root: Path) -> Iterator[Fault]:
    known = _numbers(root, "passwd")
    askers = {known[user][2] for user in ASKERS if user in known}
    first, last = (
        int(each) for each in (_read(root / "proc/sys/net/ipv4/ip_local_port_range") or "32768 60999").split()
    )
    found = set()
    for protocol, state in LISTENS.items():
        for file in (protocol, f"{protocol}6"):
            for line in _read(root / "proc/net" / file).splitlines()[1:]:
                _, local, _, now, _, _, _, user, *_ = line.split()
                host, _, number = local.partition(":")
                if now == state and not LOOPBACK.match(host):
                    found.add((protocol, int(number, 16), user))
    for protocol, port, user in sorted(found):
        asks = port in ASKING or (user in askers and first <= port <= last)
        if not (asks if protocol == "udp" else port == SSH):
            yield Fault("open", f"something listens to the network at {'UDP ' * (protocol == 'udp')}port {port}")
