"""Which keyboards are let in, as udev has put it down: the form of its files is that of systemd 252 and 257."""

from __future__ import annotations

from pathlib import Path

import pytest

from kiosk.hw.inputs import inputs
from kiosk.hw.keyboards import Keyboard, keyboards, shut_out
from tests.hw.test_inputs import KEYBOARD as LETTERS

USB = "E:ID_BUS=usb\nE:ID_VENDOR_ID=046d\nE:ID_MODEL_ID=c31c\n"
STRANGER = "E:KIOSK_KEYBOARD=stranger\nE:LIBINPUT_IGNORE_DEVICE=1\n"
TOUCH = "E:ID_INPUT_TOUCHSCREEN=1\n"
TYPED = "I:6283310\nE:ID_INPUT=1\nE:ID_INPUT_KEY=1\nE:ID_INPUT_KEYBOARD=1\n"


@pytest.fixture
def known(tmp_path: Path) -> Path:
    (tmp_path / "known").mkdir()
    return tmp_path / "known"


def device(listed: Path, known: Path, number: int, told: str | None) -> Path:
    event = listed / f"event{number}"
    event.mkdir(parents=True)
    (event / "dev").write_text(f"13:{64 + number}\n")
    if told is not None:
        (known / f"c13:{64 + number}").write_text(told)
    return event


def test_only_of_what_our_rule_has_spoken_there_is_something_to_say(tmp_path: Path, known: Path) -> None:
    listed = tmp_path / "listed"
    told = [
        TYPED + USB,
        TYPED + USB + STRANGER,
        TYPED + USB + "E:KIOSK_KEYBOARD=named\n",
        TYPED + "E:ID_BUS=i8042\n" + STRANGER,
        TOUCH + USB + "E:KIOSK_KEYBOARD=stranger\n",
        None,
        "\x00\xff not udev's",
    ]
    events = [device(listed, known, number, each) for number, each in enumerate(told)]
    assert keyboards(listed, known) == (
        Keyboard(events[1], "046d:c31c", let_in=False, touch=False, typed=True),
        Keyboard(events[2], "046d:c31c", let_in=True, touch=False, typed=True),
        Keyboard(events[3], "", let_in=False, touch=False, typed=True),
        Keyboard(events[4], "046d:c31c", let_in=False, touch=True, typed=False),
    )
    assert keyboards(tmp_path / "none", known) == ()


def test_a_keypad_that_is_not_let_in_is_shut_out_and_one_that_is_not_there_is_not(known: Path) -> None:
    (known / "c1:3").write_text(TYPED + USB + STRANGER)  # the numbers of /dev/null
    assert shut_out("/dev/null", known)
    assert not shut_out("/dev/zero", known), "udev knows nothing of it"
    assert not shut_out("/dev/no-such", known)


def test_a_stranger_s_keyboard_is_no_keypad_to_the_staff_s_trials(tmp_path: Path, known: Path) -> None:
    capabilities = tmp_path / "listed/input3/capabilities"
    capabilities.mkdir(parents=True)
    (capabilities / "key").write_text(f"{LETTERS[0]}\n")
    assert inputs(tmp_path / "listed", known).keypad
    (known / "+input:input3").write_text(TYPED + USB + STRANGER)
    assert not inputs(tmp_path / "listed", known).keypad
