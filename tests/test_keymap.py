"""The screen's keymap, through libxkbcommon as cage reads it: by the environment of the browser's unit. Every key is
pressed, alone and while any other is held, so what cannot be typed here cannot be typed."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
KEYS = range(8, 256)  # every code that Wayland can name, the kernel's number and 8
FORBIDDEN = ("Shift", "Lock", "Control", "Mod1", "Mod2", "Mod4", "Mod5")  # Mod1 is Alt, Mod4 Super, Mod5 AltGr
LEADING = {"Escape", "F1", "Help", "Tab", "Return", "BackSpace", "Delete", "Up", "Down", "Left", "Right"}
TYPING = {*"0123456789abcdefghijklmnopqrstuvwxyz", "space", "minus", "asterisk", "numbersign"}
SHIFT_KEYS = {50, 62}
DOWN, UP = 1, 0


class Keyboard:
    """A keyboard under this map, as a compositor keeps it."""

    def __init__(self) -> None:
        self._xkb = ctypes.CDLL("libxkbcommon.so.0")
        for name in ("context_new", "keymap_new_from_names", "state_new"):
            getattr(self._xkb, f"xkb_{name}").restype = ctypes.c_void_p
        self._context = ctypes.c_void_p(self._xkb.xkb_context_new(0))
        self._map = ctypes.c_void_p(self._xkb.xkb_keymap_new_from_names(self._context, None, 0))
        assert self._map.value, "the map does not compile"
        self._state = ctypes.c_void_p(self._xkb.xkb_state_new(self._map))

    def key(self, code: int, direction: int) -> None:
        self._xkb.xkb_state_update_key(self._state, code, direction)

    def types(self, code: int) -> str | None:
        """The name of what this key gives now; None: nothing."""
        symbol = self._xkb.xkb_state_key_get_one_sym(self._state, code)
        name = ctypes.create_string_buffer(64)
        self._xkb.xkb_keysym_get_name(symbol, name, len(name))
        return name.value.decode() if symbol else None

    def holds(self, modifier: str) -> bool:
        """Whether this one is down, latched or locked: 8 is XKB_STATE_MODS_EFFECTIVE."""
        return bool(self._xkb.xkb_state_mod_name_is_active(self._state, modifier.encode(), 8) == 1)

    def layouts(self) -> int:
        return int(self._xkb.xkb_keymap_num_layouts(self._map))


@pytest.fixture
def keyboard(monkeypatch: pytest.MonkeyPatch) -> Iterator[Keyboard]:
    unit = (ROOT / "systemd/kiosk-browser.service").read_text()
    [given] = re.findall(r"^Environment=(XKB_.*)$", unit, re.MULTILINE)
    for word in given.split():
        name, _, value = word.partition("=")
        monkeypatch.setenv(name, value.replace("/etc/kiosk/xkb", str(ROOT / "systemd/xkb")))
    yield Keyboard()


def test_no_key_gives_anything_that_a_page_does_not_need_also_while_another_is_held(keyboard: Keyboard) -> None:
    typed: set[str] = set()
    for held in KEYS:
        keyboard.key(held, DOWN)
        typed |= {name for code in KEYS if (name := keyboard.types(code)) is not None}
        assert not [each for each in FORBIDDEN if keyboard.holds(each)], f"key {held} holds a modifier"
        keyboard.key(held, UP)
        assert not keyboard.holds("Mod3"), f"key {held} locks"
    assert typed == LEADING | TYPING | {"ISO_Level5_Shift"}
    assert keyboard.layouts() == 1, "a second layout could be switched to"


def test_all_keys_at_once_are_no_more_than_each_alone(keyboard: Keyboard) -> None:
    for code in KEYS:
        keyboard.key(code, DOWN)
    assert not [each for each in FORBIDDEN if keyboard.holds(each)]
    assert {name for code in KEYS if (name := keyboard.types(code))} <= LEADING | TYPING | {"ISO_Level5_Shift"}


def test_a_pin_and_the_staffs_door_can_be_typed_on_any_keyboard_and_pad(keyboard: Keyboard) -> None:
    found = {keyboard.types(code) for code in KEYS}
    assert TYPING - {"numbersign"} <= found
    assert [keyboard.types(code) for code in (79, 80, 81, 83, 84, 85, 87, 88, 89, 90)] == list("7894561230")
    for shift in SHIFT_KEYS:
        keyboard.key(shift, DOWN)
        given = [keyboard.types(code) for code in (12, 17, 48, 24)]
        assert given == ["numbersign", "asterisk", "asterisk", "q"]  # 3, 8 and the Japanese :
        keyboard.key(shift, UP)
