"""What the machine tells, and what it does not, from a tree of files as the kernel has it."""

from __future__ import annotations

import errno
import os
import shutil
import socket
import subprocess
import threading
import time
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from kiosk.caretaker import gather
from kiosk.caretaker.gather import Gather, refused
from kiosk.config.health import CHECKS
from kiosk.config.kiosk import PORTAL_FILES, Settings, load
from tests.nobody import needs_root

ROOT = Path(__file__).resolve().parents[2]
MEMINFO = "MemTotal:        4000000 kB\nMemFree:          100000 kB\nMemAvailable:    {} kB\nHugePages_Total:       0\n"


class Machine:
    def __init__(self, folder: Path) -> None:
        self.root, self.config = folder / "root", folder / "kiosk.toml"
        self.root.mkdir()
        shutil.copy(ROOT / "config/kiosk.toml", self.config)
        self.roles: list[str] = ["supervisor"]
        self.unwritten, self.broken = 0, False
        self.fonts, self.asked = True, 0
        self.gather = Gather(
            self.config,
            folder,
            lambda: self.roles,
            lambda: self.unwritten,
            lambda: self.broken,
            self.root,
            self.families,
        )

    def families(self) -> bool:
        self.asked += 1
        return self.fonts

    def says(self, path: str, text: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def finds(self, again: bool = False) -> dict[str, str]:
        found = dict(self.gather(again))
        assert all(reason in CHECKS[check].reasons for check, reason in found.items())
        assert all(CHECKS[check].by == "caretaker" for check in found)
        return found


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_a_machine_that_tells_nothing_of_itself_is_not_guessed_at(machine: Machine) -> None:
    assert set(machine.finds()) == {"fonts", "staff", "trail", "time_zone", "settings", "guidance", "disk"}
    machine.says("sys/class/thermal/thermal_zone0/temp", "")
    machine.says("sys/class/thermal/thermal_zone1/temp", "-274000\n")
    machine.says("proc/meminfo", "nothing")
    assert not {"temperature", "memory"} & set(machine.finds())


def test_what_it_tells_is_judged(machine: Machine) -> None:
    machine.says("proc/meminfo", MEMINFO.format(200000))
    machine.says("sys/class/thermal/thermal_zone0/temp", "41000\n")
    machine.says("sys/class/thermal/thermal_zone1/temp", "96500\n")
    machine.says("sys/block/mmcblk0/device/pre_eol_info", "0x02\n")
    machine.says("sys/class/hwmon/hwmon1/in0_lcrit_alarm", "1\n")
    found = machine.finds()
    assert {name: found[name] for name in ("memory", "temperature", "wear", "power")} == {
        "memory": "little",
        "temperature": "hot",
        "wear": "worn",
        "power": "low",
    }
    machine.says("proc/meminfo", MEMINFO.format(2000000))
    machine.says("sys/class/hwmon/hwmon1/in0_lcrit_alarm", "0\n")
    assert machine.finds()["memory"] == "room" and machine.finds()["power"] == "steady"


def test_this_machine_is_looked_at_as_it_is(machine: Machine) -> None:
    machine.gather = Gather(machine.config, machine.root, lambda: [])
    found = machine.finds()
    assert {"memory", "disk"} <= set(found) and found["staff"] == "nobody"


def test_settings_are_read_as_the_next_start_will(machine: Machine) -> None:
    assert machine.finds()["settings"] == "fit"
    machine.config.write_text("[station]\nnam = 'x'\n")
    assert machine.finds()["settings"] == "unfit"
    machine.config.write_text("[station]\nguidance_file = '/nowhere.toml'\n")
    assert machine.finds()["guidance"] == "unreadable"
    facts = machine.root / "guidance.toml"
    facts.write_text((ROOT / "config/guidance.toml").read_text().replace("confirmed = 2026", "confirmed = 2020"))
    machine.config.write_text(f"[station]\nguidance_file = '{facts}'\n")
    assert isinstance(load(machine.config), Settings) and machine.finds()["guidance"] == "overdue"
    machine.config.unlink()
    assert machine.finds()["settings"] == "unreadable"


def test_the_end_of_the_certificate_for_the_portal_is_read_anew_at_each_look(machine: Machine) -> None:
    machine.finds()
    assert machine.gather.ends is None
    file = machine.root / "client.pem"
    named = "\n".join(f"{key} = '{file}'" for key in PORTAL_FILES)
    machine.config.write_text(f"[portal]\nurl = 'https://portal.example/'\n{named}\n")
    for days in (10, 400):
        shown = ("-newkey", "ed25519", "-nodes", "-subj", "/CN=kiosk", "-days", str(days), "-out", str(file))
        subprocess.run(["openssl", "req", "-x509", "-keyout", "/dev/null", *shown], check=True, capture_output=True)
        machine.finds()
        assert machine.gather.ends is not None
        assert abs(machine.gather.ends - datetime.now(UTC) - timedelta(days)) < timedelta(minutes=5)


def test_staff_and_trail_are_as_the_caretaker_knows_them(machine: Machine) -> None:
    machine.roles, machine.broken = ["officer", "vendor"], True
    assert machine.finds()["staff"] == "unsupervised" and machine.finds()["trail"] == "broken"
    machine.unwritten = 1
    assert machine.finds()["trail"] == "unwritable"


@needs_root
def test_a_disk_that_has_become_read_only_is_told_from_one_that_is_full(machine: Machine, tmp_path: Path) -> None:
    """As the kernel leaves it after an error: a restart checks it, and is the only hand where nobody can log in."""
    state = tmp_path / "state"
    state.mkdir()

    def mounted(how: str) -> None:
        subprocess.run(["mount", *how.split(), str(state)], check=True, capture_output=True)

    try:
        mounted("-t tmpfs none")
    except subprocess.CalledProcessError:
        pytest.skip("nothing can be mounted here")
    try:
        machine.gather = Gather(machine.config, state, lambda: [], lambda: machine.unwritten)
        machine.unwritten = 1
        assert machine.finds()["trail"] == "unwritable"
        mounted("-o remount,ro")
        machine.unwritten = 0
        assert machine.finds()["trail"] == "read_only"
        reason = CHECKS["trail"].reasons["read_only"]
        assert reason.level == "problem" and reason.who == "officer" and reason.do and "再起動" in reason.do[0]
    finally:
        subprocess.run(["umount", str(state)], check=True)


def test_a_machine_on_which_nothing_was_installed_says_nothing_of_its_lock_down(machine: Machine) -> None:
    assert "lockdown" not in machine.finds()


def installed(machine: Machine) -> None:
    machine.says("usr/lib/sysctl.d/90-kiosk.conf", "kernel.sysrq = 0\n")
    digest = sha256(b"kernel.sysrq = 0\n").hexdigest()
    machine.says("shipped", f"{digest} /usr/lib/sysctl.d/90-kiosk.conf\n")
    lists = (machine.root / "shipped",)
    machine.gather = Gather(machine.config, machine.root, lambda: [], root=machine.root, lists=lists)


WRONG = {
    "a key": "[station]\nnam = 'x'\n",
    "a value": "[screen]\nidle_seconds = 3\n",
    "a section": "[sreen]\n",
    "no TOML": "[station\n",
    "no file": None,
}


def mistakes(machine: Machine, what: str, before: str = "") -> None:
    text = WRONG[what]
    if text is None:
        machine.config.unlink()
    else:
        machine.config.write_text(before + text)


def let_through(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """At which ports the firewall was tried; it keeps nobody from any."""
    asked: list[int] = []

    def refused(port: int) -> bool:
        asked.append(port)
        return False

    monkeypatch.setattr(gather, "refused", refused)
    return asked


@pytest.mark.parametrize("what", WRONG)
def test_settings_that_do_not_fit_keep_nothing_else_from_being_looked_at(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """Files, users, kernel, ports, firewall, facts: as by settings that fit."""
    installed(machine)
    fit = machine.finds()
    assert "lockdown" in fit
    mistakes(machine, what)
    assert machine.finds() == {**fit, "settings": "unreadable" if what == "no file" else "unfit"}
    asked = let_through(monkeypatch)
    assert machine.finds()["lockdown"] in ("open", "users") and asked == [8888]


@pytest.mark.parametrize("what", ["a key", "a value", "a section"])
def test_of_settings_that_do_not_fit_port_and_certificate_are_those_that_do(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    installed(machine)
    asked = let_through(monkeypatch)
    named = "".join(f"{key} = '{machine.root / key}'\n" for key in PORTAL_FILES)
    mistakes(machine, what, f"[server]\nport = 9999\n[portal]\n{named}")
    monkeypatch.setattr(gather, "end_of", lambda file: file)
    machine.finds()
    assert asked == [9999] and machine.gather.ends == str(machine.root / "certificate_file")


def test_the_end_of_a_certificate_that_no_settings_name_any_more_is_not_kept(machine: Machine) -> None:
    machine.gather.ends = datetime.now(UTC)
    mistakes(machine, "no TOML")
    machine.finds()
    assert machine.gather.ends is None


def test_a_change_of_what_was_installed_is_found(machine: Machine) -> None:
    installed(machine)
    mine = "users" if os.geteuid() else "as_shipped"  # a file that is not root's can be changed by others
    assert machine.finds()["lockdown"] == mine
    machine.says("usr/lib/sysctl.d/90-kiosk.conf", "kernel.sysrq = 1\n")
    assert machine.finds()["lockdown"] == ("users" if os.geteuid() else "changed")


def test_the_pages_answer_is_told_from_a_refusal_and_from_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as pages:
        port = pages.getsockname()[1]
        assert refused(port) is False
    assert refused(port) is None
    unreachable = OSError(errno.EHOSTUNREACH, "so the firewall says it, tests/test_firewall.py")
    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: (_ for _ in ()).throw(unreachable))
    assert refused(port) is True


def test_fonts_are_asked_for_once_and_when_somebody_wants_to_see_it_again(machine: Machine) -> None:
    machine.finds()
    machine.fonts = False
    assert machine.finds()["fonts"] == "there" and machine.asked == 1
    assert machine.finds(again=True)["fonts"] == "missing" and machine.asked == 2


def test_fonts_that_are_missing_are_asked_for_until_they_are_there(machine: Machine) -> None:
    """A busy start answers late, and that they are missing is nothing to be sure of."""
    machine.fonts = False
    assert machine.finds()["fonts"] == machine.finds()["fonts"] == "missing"
    machine.fonts = True
    assert machine.finds()["fonts"] == "there"


def test_a_program_that_does_not_answer_about_fonts_holds_nobody_up(machine: Machine) -> None:
    answers = threading.Event()

    def slow() -> bool:
        return answers.wait(10)

    machine.gather = Gather(machine.config, machine.root, lambda: [], families=slow)
    began = time.monotonic()
    assert "fonts" not in machine.finds() and "fonts" not in machine.finds()
    assert time.monotonic() - began < 5
    answers.set()
    assert machine.finds(again=True)["fonts"] == "there"
