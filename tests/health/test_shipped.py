"""A machine as it was installed, in a folder, and what is found when it is not so any more."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from kiosk.health.shipped import LISTS, UNDOES, Fault, Kind, faults, listed
from tests.nobody import needs_root, nobody_says

ROOT = Path(__file__).resolve().parents[2]
PROC = {
    "cmdline": "BOOT_IMAGE=/vmlinuz root=/dev/sda2 quiet init_on_free=1 panic=1 systemd.swap=no\n",
    "swaps": "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n",
    "modules": "xhci_hcd 360448 1 xhci_pci, Live 0x0000000000000000\n",
    "sys/kernel/sysrq": "0\n",
    "sys/kernel/core_pattern": "|/bin/false\n",
    "sys/fs/suid_dumpable": "0\n",
    "sys/net/ipv4/ip_local_port_range": "32768\t60999\n",
}
LINE = "   {}: {}:{:04X} 00000000:0000 {} 00000000:00000000 00:00000000 00000000 {:5}        0 20913 1\n"
HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
LOCAL, LOCAL6, MAPPED = "0100007F", "00000000000000000000000001000000", "0000000000000000FFFF00000100007F"
EVERY, EVERY6 = "00000000", "0" * 32
LISTENING, CONNECTED, HEARING = "0A", "01", "07"  # the last: of UDP
TIMESYNC, SOMEBODY = 991, 998


class Machine:
    def __init__(self, root: Path, made: Path) -> None:
        self.root = root
        subprocess.run(["cp", "-a", f"{made}/.", root], check=True)
        for name, text in PROC.items():
            self.write(f"proc/{name}", text)
        self.listens(
            (LOCAL, 8888, LISTENING), (LOCAL6, 631, LISTENING), (MAPPED, 5000, LISTENING), (EVERY, 22, LISTENING)
        )

    def write(self, place: str, text: str) -> None:
        path = self.root / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def changes(self, place: str, old: str, new: str) -> None:
        text = (self.root / place).read_text()
        assert old in text
        (self.root / place).write_text(text.replace(old, new))

    def listens(self, *lines: tuple[str, int, str], protocol: str = "tcp", user: int = SOMEBODY) -> None:
        for file, length in ((protocol, 8), (f"{protocol}6", 32)):
            mine = [LINE.format(number, *line, user) for number, line in enumerate(lines) if len(line[0]) == length]
            self.write(f"proc/net/{file}", HEAD + "".join(mine))

    def finds(self) -> list[Fault]:
        files = listed((self.root / "usr/lib/kiosk/shipped",))
        assert files is not None
        found = list(faults(files, self.root))
        assert {each.kind for each in found} <= set(get_args(Kind)), "the board has words for each kind"
        if os.geteuid() != 0:  # then nothing here is root's, and root's folders cannot be made
            found = [each for each in found if each.kind != "users"]
        return found


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As the package puts it, with its users."""
    folder = tmp_path_factory.mktemp("made")
    places = ("AT=/usr/lib/kiosk", "LIB=/usr/lib", "POLKIT=/usr/share/polkit-1/rules.d")
    subprocess.run(["make", "-s", "install", f"DESTDIR={folder}", *places], cwd=ROOT, check=True, timeout=60)
    clock = f"systemd-timesync:x:{TIMESYNC}:{TIMESYNC}::/:/usr/sbin/nologin\n"
    (folder / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/bash\n" + clock)
    (folder / "etc/group").write_text("root:x:0:\n")
    subprocess.run(["systemd-sysusers", f"--root={folder}", "kiosk.conf"], check=True, timeout=60)
    if os.geteuid() == 0:
        subprocess.run(["systemd-tmpfiles", f"--root={folder}", "--create", "kiosk.conf"], check=True, timeout=60)
    return folder


@pytest.fixture
def machine(tmp_path: Path, made: Path) -> Iterator[Machine]:
    yield Machine(tmp_path, made)


def test_a_machine_as_it_was_installed_has_no_fault(machine: Machine) -> None:
    assert machine.finds() == []


def test_a_folder_that_is_not_for_us_to_see_hides_what_is_in_it_and_no_more(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The caretaker looks, and /run/kiosk is for screen and server alone."""
    look = os.stat

    def shut_out(path: Path, *more: object, **named: object) -> os.stat_result:
        if "/run/kiosk/" in os.fspath(path):
            raise PermissionError(13, "Permission denied", os.fspath(path))
        return look(path, *more, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "stat", shut_out)
    assert machine.finds() == []
    machine.write("etc/sysctl.d/90-kiosk.conf", "")
    assert [fault.words for fault in machine.finds()] == ["/etc/sysctl.d/90-kiosk.conf overrides what was shipped"]


def test_where_nothing_was_installed_there_is_no_list(tmp_path: Path) -> None:
    assert listed((tmp_path / "shipped",)) is None


def test_the_list_is_looked_for_where_it_is_put() -> None:
    """Beside the program by the package, beside the settings by `make install`."""
    assert list(LISTS) == [ROOT / "shipped", Path("/etc/kiosk/shipped")]
    assert ">$(DESTDIR)$(LIB)/kiosk/shipped" in (ROOT / "Makefile").read_text()


def test_every_file_that_is_gone_or_changed_is_named(machine: Machine) -> None:
    files = listed((machine.root / "usr/lib/kiosk/shipped",))
    assert files is not None and len(files) == len((machine.root / "usr/lib/kiosk/shipped").read_text().splitlines())
    for number, place in enumerate(files):
        path = machine.root / place[1:]
        kept = path.read_bytes()
        if number % 2:
            path.unlink()
        else:
            path.write_bytes(kept + b"\n# more\n")
        words = f"{place} is not there" if number % 2 else f"{place} is not as it was shipped"
        assert Fault("changed", words) in machine.finds()
        path.write_bytes(kept)


def test_a_policy_for_another_port_is_the_operators_to_have_and_one_for_another_place_is_not(machine: Machine) -> None:
    policies = "etc/chromium/policies/managed/policies.json"
    machine.changes(policies, ":8888", ":9999")
    assert machine.finds() == []
    machine.changes(policies, "http://localhost:9999", "http://example.com:9999")
    assert [each.words for each in machine.finds()] == [f"/{policies} is not as it was shipped"]


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("etc/systemd/system/kiosk-browser.service", "overrides what was shipped"),
        ("run/systemd/system/kiosk-server.service", "overrides what was shipped"),
        ("etc/systemd/system/kiosk-browser.service.d/override.conf", "adds to what was shipped"),
        ("etc/systemd/system/getty@.service.d/autologin.conf", "adds to what was shipped"),
        ("run/systemd/system/pcscd.service.d/more.conf", "adds to what was shipped"),
        ("etc/systemd/system/getty@.service.d/kiosk.conf", "overrides what was shipped"),
        ("etc/sysctl.d/90-kiosk.conf", "overrides what was shipped"),
        ("etc/udev/rules.d/70-kiosk-headphones.rules", "overrides what was shipped"),
        ("etc/polkit-1/rules.d/50-kiosk-pcscd.rules", "overrides what was shipped"),
        ("etc/chromium/policies/managed/more.json", "is a policy that was not shipped"),
        ("etc/chromium/policies/recommended/more.json", "is a policy that was not shipped"),
    ],
)
def test_what_goes_before_ours_or_beside_it_is_named(machine: Machine, place: str, words: str) -> None:
    machine.write(place, "")
    assert machine.finds() == [Fault("changed", f"/{place} {words}")]


@pytest.mark.parametrize(
    ("place", "text", "words"),
    [
        ("etc/systemd/system/service.d/a.conf", "", "adds to what was shipped"),
        ("etc/systemd/system/kiosk-.service.d/a.conf", "", "adds to what was shipped"),
        ("etc/systemd/system.control/kiosk-server.service.d/50-MemoryMax.conf", "", "adds to what was shipped"),
        ("run/systemd/system.control/kiosk-server.service.d/50-MemoryMax.conf", "", "adds to what was shipped"),
        ("etc/systemd/system/kiosk-provision.slice.d/a.conf", "", "adds to what was shipped"),
        ("etc/systemd/logind.conf.d/zz.conf", "[Login]\nNAutoVTs=6\n", "overrides what was shipped: NAutoVTs"),
        ("etc/udev/rules.d/99-zz.rules", 'MODE="0666"\n', "overrides what was shipped: MODE"),
    ],
)
def test_what_holds_before_ours_under_another_name_is_named_once(
    machine: Machine, place: str, text: str, words: str
) -> None:
    """tests/health/test_overrides.py has all of them."""
    machine.write(place, text)
    assert machine.finds() == [Fault("changed", f"/{place} {words}")]


@needs_root
def test_where_the_asker_may_not_look_nothing_is_found_and_nothing_breaks(machine: Machine) -> None:
    for folder in ("run/kiosk", "etc/kiosk"):
        (machine.root / folder).mkdir(exist_ok=True)
        (machine.root / folder).chmod(0o770)
    for path in (machine.root, *machine.root.parents):  # pytest's own are for its user alone
        with contextlib.suppress(OSError):
            path.chmod(path.stat().st_mode | 0o055)
    assert nobody_says(lambda: b"%d found" % len(machine.finds())) == b"0 found"


@pytest.mark.parametrize(
    ("place", "text", "words"),
    [
        ("proc/sys/kernel/sysrq", "438\n", "kernel.sysrq is 438 and has to be 0"),
        ("proc/sys/kernel/core_pattern", "core\n", "kernel.core_pattern is core and has to be |/bin/false"),
        ("proc/sys/fs/suid_dumpable", "2\n", "fs.suid_dumpable is 2 and has to be 0"),
        ("proc/cmdline", "quiet panic=1\n", "the kernel was started without init_on_free=1 systemd.swap=no"),
        ("proc/modules", "usblp 20480 0 - Live 0x0\n", "the module usblp is loaded"),
        ("proc/modules", "cfg80211 1 1 iwlwifi, Live 0x0\n", "the module cfg80211 is loaded"),
        ("proc/modules", "firewire_core 1 1 x, Live 0x0\n", "the module firewire-core is loaded"),
        ("proc/swaps", PROC["swaps"] + "/dev/sda3 partition 1 0 -2\n", "memory is swapped to a disk (swapon --show)"),
    ],
)
def test_a_kernel_that_is_not_as_the_shipped_files_ask_is_named(
    machine: Machine, place: str, text: str, words: str
) -> None:
    machine.write(place, text)
    assert machine.finds() == [Fault("kernel", words)]


SHIPPED_LINE = PROC["cmdline"].strip()


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("init_on_free=0", ["init_on_free=0, and has to be with init_on_free=1"]),
        ("init-on-free=0", ["init-on-free=0, and has to be with init_on_free=1"]),
        ('"init_on_free=0"', ['"init_on_free=0", and has to be with init_on_free=1']),
        ("init_on_free", ["init_on_free, and has to be with init_on_free=1"]),
        ("systemd.swap", ["systemd.swap, and has to be with systemd.swap=no"]),
        ("panic=0", ["panic=0, and has to be with panic=1"]),
        ("panic=0 panic=1", []),
        ("-- init_on_free=0", []),  # not the kernel's
        ("-- systemd.swap=1", ["systemd.swap=1, and has to be with systemd.swap=no"]),
        ("my_init_on_free=0 quiet", []),
        ("page_poison=1", ["page_poison=1, which switches init_on_free off"]),
        ("page_poison=1 page_poison=0", []),
        ("page-poison=on", ["page-poison=on, which switches init_on_free off"]),
        ("slub_debug", ["slub_debug, which switches init_on_free off where it poisons"]),
        ("sysrq_always_enabled", ["sysrq_always_enabled, which gives keyboards SysRq"]),
        ("systemd.debug-shell=1", ["systemd.debug-shell=1, which gives a shell of root's"]),
        ("rd.systemd.debug_shell", ["rd.systemd.debug_shell, which gives a shell of root's"]),
        ("systemd.debug_shell=no", []),
        ("systemd.mask=kiosk-firewall.service", ["systemd.mask=kiosk-firewall.service, which takes a unit away"]),
    ],
)  # fmt: skip
def test_of_the_words_to_the_kernel_the_last_of_each_kind_holds(machine: Machine, more: str, words: list[str]) -> None:
    machine.write("proc/cmdline", f"{SHIPPED_LINE} {more}\n")
    assert machine.finds() == [Fault("kernel", f"the kernel was started with {each}") for each in words]


def test_a_wrong_word_before_ours_takes_nothing_and_ours_after_the_kernels_end_gives_nothing(machine: Machine) -> None:
    machine.write("proc/cmdline", f"init_on_free=0 {SHIPPED_LINE}\n")
    assert machine.finds() == []
    machine.write("proc/cmdline", "panic=1 -- init_on_free=1 systemd.swap=no\n")
    assert [each.words for each in machine.finds()] == ["the kernel was started without init_on_free=1"]


@pytest.mark.parametrize("state", ["on", "off"])
def test_who_may_read_the_kernels_log_believes_it_more_than_its_words(machine: Machine, state: str) -> None:
    machine.write("dev/kmsg", f"6,85,0,-;mem auto-init: stack:all(zero), heap alloc:on, heap free:{state}\n")
    words = "the kernel says that it does not overwrite memory (dmesg: mem auto-init, heap free:off)"
    assert machine.finds() == ([Fault("kernel", words)] if state == "off" else [])


def test_every_word_that_undoes_something_is_explained_on_the_page() -> None:
    page = (ROOT / "docs/lockdown.md").read_text("utf-8")
    assert [word for word in UNDOES if f"`{word}`" not in page] == []


def test_who_hears_everybody_by_udp_is_named_and_who_asks_for_address_name_or_time_is_not(machine: Machine) -> None:
    heard = [(EVERY, 5353, HEARING), (EVERY6, 5355, HEARING), (EVERY6, 123, HEARING), (EVERY, 40000, HEARING)]
    machine.listens(*heard, protocol="udp")
    assert [each.words for each in machine.finds()] == [
        f"something listens to the network at UDP port {port}" for port in (123, 5353, 5355, 40000)
    ]
    asking = [("0200000A", 68, HEARING), (EVERY6, 546, HEARING), (LOCAL, 53, HEARING), ("0200000A", 40000, CONNECTED)]
    machine.listens(*asking, protocol="udp")
    assert machine.finds() == []
    machine.listens((EVERY, 40000, HEARING), (EVERY6, 60999, HEARING), protocol="udp", user=TIMESYNC)
    assert machine.finds() == []
    machine.listens((EVERY, 123, HEARING), protocol="udp", user=TIMESYNC)
    assert [each.kind for each in machine.finds()] == ["open"]


def test_what_listens_to_the_network_is_named_by_its_port(machine: Machine) -> None:
    machine.listens((EVERY, 9090, LISTENING), (EVERY6, 9090, LISTENING), ("0200000A", 80, LISTENING))
    assert [each.words for each in machine.finds()] == [
        "something listens to the network at port 80",
        "something listens to the network at port 9090",
    ]
    machine.listens((EVERY, 40000, CONNECTED))
    assert machine.finds() == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to someone else")
def test_users_and_modes_that_are_not_as_shipped_are_named(machine: Machine) -> None:
    policies = machine.root / "etc/chromium/policies/managed/policies.json"
    policies.chmod(0o666)
    os.chown(machine.root / "usr/lib/kiosk/rules.nft", 1000, 0)
    (machine.root / "run/kiosk").chmod(0o777)
    machine.changes("etc/passwd", "/run/kiosk:/usr/sbin/nologin", "/run/kiosk:/bin/sh")
    machine.changes("etc/group", "kiosk-caretaker:x:", "sudo:x:27:kiosk-caretaker\nkiosk-caretaker:x:")
    assert {each.words for each in machine.finds() if each.kind == "users"} == {
        "/etc/chromium/policies/managed/policies.json can be written by others than root",
        "/usr/lib/kiosk/rules.nft can be written by others than root",
        "/run/kiosk has to be kiosk-browser's, of the group kiosk, with the mode 3770",
        "the user kiosk can log in (/bin/sh)",
        "the user kiosk-browser can log in (/bin/sh)",
        "the user kiosk-caretaker is in the group sudo",
    }
    (machine.root / "etc/passwd").write_text("root:x:0:0::/root:/bin/sh\n")
    assert "there is no user kiosk" in {each.words for each in machine.finds()}
