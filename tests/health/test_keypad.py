"""The keypad that the settings name."""

from __future__ import annotations

from kiosk.health.finding import State
from kiosk.health.keypad import judge

KEYPAD = "/dev/input/by-id/usb-Example_Keypad-event-kbd"


def test_a_keypad_is_none_there_or_away() -> None:
    assert judge(None, listed=False).state is State.INFO
    assert judge(KEYPAD, listed=True).state is State.OK
    away = judge(KEYPAD, listed=False)
    assert away.lacks and KEYPAD in away.words
    dumb = judge(KEYPAD, listed=True, shut_out=True)
    assert dumb.lacks and "let_in" in dumb.cure
