"""Which keyboards are let in."""

from __future__ import annotations

from pathlib import Path

from kiosk.health.finding import State
from kiosk.health.keyboards import judge
from kiosk.hw.keyboards import Keyboard


def keyboard(usb: str, *, let_in: bool = False, touch: bool = False, typed: bool = True) -> Keyboard:
    return Keyboard(Path("event0"), usb, let_in, touch, typed)


def test_each_is_told_once_with_what_lets_it_in_and_none_is_a_fault() -> None:
    found = [
        keyboard("046d:c31c"),
        keyboard("046d:c31c", typed=False),
        keyboard("0627:0001", let_in=True),
        keyboard(""),
    ]
    foreign, stranger, named = judge(found)
    assert stranger.words.startswith("a keyboard that is not named: 046d:c31c") and '"046d:c31c"' in stranger.cure
    assert named.state is State.OK and "0627:0001" in named.words
    assert [each.state for each in (foreign, stranger)] == [State.INFO] * 2


def test_buttons_and_touch_panels_are_no_keyboards_and_where_there_is_none_nothing_is_said() -> None:
    assert not list(judge([keyboard("", typed=False), keyboard("222a:0001", touch=True)]))
    assert not list(judge([]))
