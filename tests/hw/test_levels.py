"""Volume and brightness: read from what the kernel and amixer say, set through amixer and logind.

The folder is as sysfs has it. amixer and busctl are stand-ins here, for there is neither a sound card nor a seat where
these tests run: the first says what alsa-utils 1.2.8 prints, the second writes what logind would write.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from kiosk.hw import levels
from kiosk.hw.levels import Levels, Machine

AMIXER = r"""#!/bin/sh
for last; do :; done
case "$*" in
*"sget $(cat control)")
    echo "Simple mixer control '$(cat control)',0"
    echo "  Capabilities: pvolume pswitch"
    echo "  Limits: Playback 0 - 87"
    echo "  Front Left: Playback 49 [$(cat volume)%] [-28.50dB] [on]"
    echo "  Front Right: Playback 49 [$(cat volume)%] [-28.50dB] [on]" ;;
*sget*) echo "amixer: Unable to find simple control '$last',0" >&2; exit 1 ;;
*"sset $(cat control) "*) echo "${last%\%}" > volume ;;
*) exit 1 ;;
esac
"""
BUSCTL = r"""#!/bin/sh
echo "$@" > call
for last; do :; done
echo "$last" > backlight/intel_backlight/brightness
"""


class Seat:
    """A machine with a card and a panel, and the programs that set them."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        patch.chdir(folder)
        patch.setenv("PATH", f"{folder / 'bin'}:{os.environ['PATH']}")
        (folder / "bin").mkdir()
        for name, does in (("amixer", AMIXER), ("busctl", BUSCTL)):
            self.has(f"bin/{name}", does)
            (folder / "bin" / name).chmod(0o755)
        self.has("control", "PCM")
        self.has("volume", "40")
        self.has("backlight/intel_backlight/brightness", "480\n")
        self.has("backlight/intel_backlight/max_brightness", "960\n")
        self.machine = Machine(folder / "backlight")

    def has(self, name: str, says: str) -> None:
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_text(says)


@pytest.fixture
def seat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Seat:
    return Seat(tmp_path, monkeypatch)


def test_both_are_read_and_set_and_what_is_not_given_stays(seat: Seat) -> None:
    assert seat.machine.read() == Levels(40, 50)
    seat.machine.set(Levels(volume=70))
    assert seat.machine.read() == Levels(70, 50)
    seat.machine.set(Levels(brightness=0))
    sets = ("SetBrightness", "ssu", "backlight", "intel_backlight", "1")
    assert (seat.folder / "call").read_text().split() == ["call", *levels.SESSION, *sets]
    assert seat.machine.read() == Levels(70, 0), "as dark as it goes, and not out"


def test_what_the_machine_has_not_is_not_there_and_is_not_set(seat: Seat) -> None:
    seat.has("control", "Digital")
    for name in ("brightness", "max_brightness"):
        seat.has(f"backlight/intel_backlight/{name}", "")
    seat.has("backlight/broken/brightness", "12")
    assert seat.machine.read() == Levels()
    seat.machine.set(Levels(70, 70))
    assert (seat.folder / "volume").read_text() == "40" and not (seat.folder / "call").exists()
    assert Machine(seat.folder / "nowhere").read() == Levels()


def test_a_card_that_goes_is_gone_and_one_that_comes_is_found(seat: Seat) -> None:
    seat.machine.read()
    seat.has("control", "Speaker")
    assert seat.machine.read().volume is None
    assert seat.machine.read().volume == 40


@pytest.mark.parametrize("says", ["echo '[101%]'", "echo '[x%]'", "exit 1", "sleep 60", "printf '\\377'"])
def test_a_program_that_fails_lies_or_hangs_holds_up_nobody(
    seat: Seat, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(levels, "SECONDS", 0.2)
    monkeypatch.setattr(levels, "CONTROLS", ("Master", "PCM"))
    seat.has("bin/amixer", f"#!/bin/sh\nexec {says}\n" if says.startswith("sleep") else f"#!/bin/sh\n{says}\n")
    began = time.monotonic()
    assert seat.machine.read() == Levels(None, 50)
    assert time.monotonic() - began < 5
