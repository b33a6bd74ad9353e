"""Which version runs, is wanted and was good: on an image by what systemd-sysupdate and the boot loader leave behind,
else by the settings and by what the board says."""

from __future__ import annotations

import configparser
import os
import subprocess
from functools import cmp_to_key
from pathlib import Path

import pytest

from kiosk.caretaker import versions
from kiosk.caretaker.identity import version
from kiosk.caretaker.versions import FETCHED, FLOOR, LOOK_SECONDS, PART, RELEASE, UPDATES, Versions, order
from kiosk.ipc.messages import Row
from kiosk.ipc.started_well import STEADY_SECONDS, WELL
from tests.stage import ROOT

GOOD = [Row(check, "ok", reason, 0, False) for check, reason in WELL.items()]
BAD = [*GOOD[:-1], Row(GOOD[-1].check, "problem", "missing", 0, False)]
NAMES = ("kiosk_{}.efi", "kiosk_{}.root.0f-1a.raw.gz", "kiosk_{}.root-verity.0f-1a.raw.gz")


class Machine:
    def __init__(self, folder: Path) -> None:
        self.root, self.now = folder, 0.0

    def begun(self, asked_for: str | None = None) -> Versions:
        return Versions(self.root / "versions.json", asked_for, self.root, lambda: self.now)

    def knows(self, it: Versions, rows: list[Row] | None = None, after: float = LOOK_SECONDS) -> tuple[str, str, str]:
        it.turn(GOOD if rows is None else rows)
        self.now += after
        it.turn(GOOD if rows is None else rows)
        return it.running, it.wanted, it.good

    def is_image(self, running: str, floor: str) -> None:
        for path, said in ((RELEASE, running), (FLOOR, floor)):
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            (self.root / path).write_text(f'ID=debian\nIMAGE_ID=kiosk\nIMAGE_VERSION="{said}"\n')

    def is_brought(self, brought: str, names: tuple[str, ...] = NAMES) -> None:
        (self.root / UPDATES).mkdir(exist_ok=True)
        for name in names:
            (self.root / UPDATES / name.format(brought)).touch()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_a_package_is_wanted_by_the_settings_and_good_once_all_was_well_long_enough(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert machine.knows(machine.begun(), after=1) == (version(), "", ""), "a clone"
    monkeypatch.setattr(versions, "PACKAGED", ROOT)
    monkeypatch.setattr(versions, "package", lambda name: {"kiosk": "1.0+20261126.090000+deb13"}[name])
    it = machine.begun(asked_for="1.1")
    assert machine.knows(it, BAD, STEADY_SECONDS)[2] == machine.knows(it, after=STEADY_SECONDS - 1)[2] == ""
    assert machine.knows(it, BAD, 0)[2] == machine.knows(it, after=1)[2] == "", "it begins anew"
    assert machine.knows(it, after=STEADY_SECONDS) == ("1.0+20261126.090000+deb13", "1.1", "1.0+20261126.090000+deb13")
    monkeypatch.setattr(versions, "package", lambda _name: "1.1")
    it = machine.begun(asked_for="1.1")
    assert machine.knows(it, BAD, 1e6) == ("1.1", "1.1", "1.0+20261126.090000+deb13"), "the last that was"


def test_an_image_says_what_it_is_and_what_boot_complete_was_reached_with(machine: Machine) -> None:
    machine.is_image("0.1.0.9", "0.1.0.8")
    it = machine.begun()
    assert machine.knows(it, after=1e6) == ("0.1.0.9", "0.1.0.9", "0.1.0.8"), "that all is well does not count here"
    machine.is_image("0.1.0.9", "0.1.0.9")  # as kiosk-version-raised.service does
    assert machine.knows(it) == ("0.1.0.9", "0.1.0.9", "0.1.0.9")
    (machine.root / FLOOR).unlink()
    assert machine.knows(it)[2] == ""


def test_what_is_brought_is_wanted_once_it_is_whole_and_newer(machine: Machine) -> None:
    machine.is_image("0.1.0.9", "0.1.0.9")
    it = machine.begun()
    machine.is_brought("0.1.0.8")
    machine.is_brought("0.1.0.10", NAMES[1:])
    machine.is_brought("no_version_of_ours")
    assert machine.knows(it)[1] == "0.1.0.9"
    machine.is_brought("0.1.0.10", NAMES[:1])
    assert machine.knows(it)[1] == "0.1.0.10"
    assert machine.knows(machine.begun(asked_for="0.1.0.9"))[1] == "0.1.0.9", "the settings have the last word"


def test_what_was_fetched_is_wanted_if_it_is_newer_and_its_hour_is_known(machine: Machine) -> None:
    machine.is_image("0.1.0.9", "0.1.0.9")
    it, kept = machine.begun(), machine.root / FETCHED
    assert machine.knows(it)[1] == "0.1.0.9" and it.asked is None
    for fetched, wanted in (("0.1.0.8", "0.1.0.9"), ("0.1.0.10", "0.1.0.10"), ('1"} 2', "0.1.0.9")):
        kept.write_text(f"IMAGE_VERSION={fetched}\n")
        os.utime(kept, (1_764_100_000, 1_764_100_000))
        assert machine.knows(it)[1] == wanted and it.asked == 1_764_100_000
    machine.is_brought("0.1.0.11")
    assert machine.knows(it)[1] == "0.1.0.11"


def test_a_server_that_has_never_answered_is_known_by_when_it_was_asked(machine: Machine) -> None:
    machine.is_image("0.1.0.9", "0.1.0.9")
    it, kept = machine.begun(), machine.root / FETCHED
    kept.write_bytes(b"")
    os.utime(kept, (1_764_100_000, 1_764_100_000))
    assert machine.knows(it)[1] == "0.1.0.9" and it.asked == 1_764_100_000


def test_an_update_is_known_by_the_names_that_systemd_sysupdate_looks_for() -> None:
    parts = set()
    for path in (ROOT / "image/mkosi.extra/usr/lib/sysupdate.d").glob("*.transfer"):
        rule = configparser.ConfigParser(strict=False, interpolation=None)
        rule.read_string(path.read_text())
        assert rule["Source"]["Path"] == f"/{UPDATES}"
        name = rule["Source"]["MatchPattern"].replace("%M", "kiosk").replace("@v", "0.1").replace("@u", "0f-1a")
        found = PART.fullmatch(name)
        assert found and found["version"] == "0.1"
        parts.add(found["efi"] or found["part"])
    assert parts == versions.PARTS


def test_two_versions_compare_as_they_do_for_systemd() -> None:
    some = ["0.1.0.20261126.142311", "0.1.0.20261126.142311.1", "0.1.0.20261126.90000", "0.1.0", "0.1.1", "0.10.0", "1"]

    def of_systemd(a: str, b: str) -> int:
        code = subprocess.run(["systemd-analyze", "compare-versions", a, b], capture_output=True, timeout=20).returncode
        return {0: 0, 11: 1, 12: -1}[code]

    assert sorted(some, key=order) == sorted(some, key=cmp_to_key(of_systemd))


@pytest.mark.parametrize("said", ["", "x" * 65, "1 2", 'a"} 1\nkiosk_open{x="', "-1"])
def test_what_is_no_version_stands_in_no_figure(machine: Machine, said: str) -> None:
    machine.is_image(said, said)
    assert machine.knows(machine.begun()) == ("", "", "")


def test_a_release_that_cannot_be_read_is_none(machine: Machine) -> None:
    (machine.root / RELEASE).parent.mkdir(parents=True)
    for content in (b'IMAGE_ID="kiosk', b"\xff\xfe", b""):
        (machine.root / RELEASE).write_bytes(content)
        assert machine.begun().running == version()
