"""Which inputs there are, by what Linux lists: as machines have listed it."""

from __future__ import annotations

from pathlib import Path

import pytest

from kiosk.hw.inputs import Inputs, inputs

# capabilities/key, capabilities/abs, properties
KEYBOARD = ("402000000 3803078f800d001 feffffdfffefffff fffffffffffffffe", "0", "0")
KEYPAD = ("1000000000007 ff800000000007ff febeffdff3cfffff fffffffffffffffe", "0", "0")
TOUCH = ("400 0 0 0 0 0", "260800000000003", "2")
ONE_FINGER = ("400 0 0 0 0 0", "3", "2")
TOUCHPAD = ("e520 10000 0 0 0 0", "2e0800000000003", "5")
POWER_BUTTON = ("10000000000000 0", "0", "0")


@pytest.mark.parametrize(
    ("devices", "found"),
    [
        ((), Inputs(keypad=False, fingers=False)),
        ((POWER_BUTTON,), Inputs(keypad=False, fingers=False)),
        ((POWER_BUTTON, TOUCH), Inputs(keypad=False, fingers=True)),
        ((ONE_FINGER, TOUCHPAD), Inputs(keypad=False, fingers=False)),
        ((KEYBOARD,), Inputs(keypad=True, fingers=False)),
        ((KEYPAD, TOUCH), Inputs(keypad=True, fingers=True)),
        ((("nothing that is a number", "", "x"),), Inputs(keypad=False, fingers=False)),
    ],
)
def test_what_is_there_is_what_linux_lists(
    tmp_path: Path, devices: tuple[tuple[str, str, str], ...], found: Inputs
) -> None:
    for at, (key, axes, properties) in enumerate(devices):
        capabilities = tmp_path / f"input{at}/capabilities"
        capabilities.mkdir(parents=True)
        (capabilities / "key").write_text(f"{key}\n")
        (capabilities / "abs").write_text(f"{axes}\n")
        (tmp_path / f"input{at}/properties").write_text(f"{properties}\n")
    (tmp_path / "input9").mkdir()
    assert inputs(tmp_path) == found


def test_where_nothing_is_listed_nothing_is_there(tmp_path: Path) -> None:
    assert inputs(tmp_path / "none") == Inputs(keypad=False, fingers=False)
