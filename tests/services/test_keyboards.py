"""The settings' keyboards as udev hears of them: what lies in its folder, and what is plugged in anew."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from kiosk.services import keyboards as service
from tests.hw.test_keyboards import STRANGER, TYPED, USB

NAMED = "E:KIOSK_KEYBOARD=named\n"


class Machine:
    """One with keyboards, in files. A file `uevent` keeps what was last said to it."""

    def __init__(self, at: Path) -> None:
        self.config, self.folder, self.busy = at / "kiosk.toml", at / "run", at / "queue"
        self.listed, self.known = at / "class", at / "data"
        for folder in (self.folder, self.listed, self.known):
            folder.mkdir()

    def has(self, number: int, told: str) -> None:
        """Behind a link, as in sysfs."""
        event = self.listed.parent / f"devices/input{number}/event{number}"
        event.mkdir(parents=True)
        (event / "dev").write_text(f"13:{number}\n")
        (event / "device").symlink_to(event.parent)
        (self.listed / event.name).symlink_to(event)
        for place in (event, event.parent):
            (place / "uevent").write_text("")
        (self.known / f"c13:{number}").write_text(told)

    def is_told(self, settings: str | None) -> list[str]:
        """Returns what is plugged in anew."""
        if settings is not None:
            self.config.write_text(settings)
        said = service.let_in(self.config, self.folder, self.listed, self.known, self.busy)
        return [each.device.name for each in said]

    def said(self, number: int) -> tuple[str, str]:
        event = self.listed / f"event{number}"
        return (event / "uevent").read_text(), (event / "device/uevent").read_text()

    @property
    def named(self) -> set[str]:
        return {path.name for path in self.folder.iterdir()}


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    machine = Machine(tmp_path)
    machine.has(0, TYPED + USB + STRANGER)
    machine.has(1, TYPED + USB.replace("c31c", "c52b") + NAMED)
    machine.has(2, TYPED + "E:ID_BUS=i8042\n" + STRANGER)
    machine.has(3, "E:ID_INPUT=1\nE:ID_INPUT_TOUCHSCREEN=1\n")
    return machine


def test_who_is_named_is_let_in_and_only_what_changes_is_plugged_in_anew(machine: Machine) -> None:
    assert machine.is_told('[keypad]\nlet_in = ["046d:c31c", "1234:5678"]\n') == ["event0", "event1"]
    assert machine.named == {"046d:c31c", "1234:5678"}
    assert machine.said(0) == machine.said(1) == ("add", "change")
    assert machine.said(2) == machine.said(3) == ("", "")


def test_one_that_is_pulled_just_then_takes_no_other_with_it(machine: Machine) -> None:
    """Were the names gone with it, it would be a stranger when it is back."""
    gone = machine.listed / "event0" / "uevent"
    gone.unlink()
    gone.mkdir()
    machine.is_told('[keypad]\nlet_in = ["046d:c31c"]\n')
    assert machine.named == {"046d:c31c"} and machine.said(1) == ("add", "change")


def test_it_goes_and_comes_in_this_order(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    words: list[str] = []
    monkeypatch.setattr(Path, "write_text", lambda path, text, *_, **__: words.append(f"{path.parent.name} {text}"))
    service.let_in(machine.config, machine.folder, machine.listed, machine.known, machine.busy)
    assert words == ["event1 remove", "device change", "event1 add"]


@pytest.mark.parametrize(
    "settings",
    ["", "[", '[keypad]\nlet_in = ["046d:c31c", "046d"]\n', '[keypad]\nlet_in = "046d:c31c"\n', "keypad = 1\n", None],
)
def test_settings_that_name_nobody_or_cannot_be_read_let_nobody_in(
    machine: Machine, capsys: pytest.CaptureFixture[str], settings: str | None
) -> None:
    assert machine.is_told(settings) == ["event1"]
    assert machine.named == set()
    wrong = capsys.readouterr().err
    assert bool(wrong) is (settings != ""), "what does not fit is said"


def test_the_rest_of_the_settings_may_be_as_wrong_as_it_likes(machine: Machine) -> None:
    assert machine.is_told('[server]\nport = "x"\n[keypad]\ndevice = "pad"\nlet_in = ["046d:c52b"]\n') == []
    assert machine.named == {"046d:c52b"}


def test_what_udev_has_begun_is_awaited_but_not_for_ever(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has asked for the file before that was there, and says so only now."""
    machine.busy.touch()
    last = machine.known / "c13:0"
    told = last.read_text()
    last.unlink()

    def ends() -> None:
        last.write_text(told)
        machine.busy.unlink()

    threading.Timer(0.3, ends).start()
    assert machine.is_told('[keypad]\nlet_in = ["046d:c31c"]\n') == ["event0", "event1"]
    monkeypatch.setattr(service, "BUSY_SECONDS", 0.2)
    machine.busy.touch()
    machine.is_told(None)


def test_the_command_says_what_has_changed_and_what_went_wrong(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(machine.folder))
    monkeypatch.setattr(service.let_in, "__defaults__", (machine.listed, machine.known, machine.busy))
    machine.config.write_text('[keypad]\nlet_in = ["046d:c31c"]\n')
    assert service.run(machine.config) == 0
    assert capsys.readouterr().out.splitlines() == [
        "event0 (046d:c31c) is now let in",
        "event1 (046d:c52b) is no longer let in",
    ]
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(machine.folder / "none"))
    assert service.run(machine.config) == 1
    assert capsys.readouterr().err.startswith("keyboards: ")
