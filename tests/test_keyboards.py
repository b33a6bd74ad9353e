"""Of all keyboards only those that the settings name reach the screen: udev's own word, on our rule."""

from __future__ import annotations

import re
import shutil
from functools import cache
from pathlib import Path

import pytest

from tests.udev import PCI, Input, Told, told

ROOT = Path(__file__).parent.parent
SHUT_OUT = {"KIOSK_KEYBOARD": "stranger", "LIBINPUT_IGNORE_DEVICE": "1"}

LETTERS = "1000000000007 ff800000000007ff febeffdff3cfffff fffffffffffffffe"
DIGITS = "7ff 0 0 3fc"  # few keys: no keyboard to udev, but to libinput
TOUCH = {"ev": "b", "abs": "260800000000003", "properties": "2"}


def usb(port: int, vendor: str, product: str, **can: str) -> Input:
    at = f"{PCI}/usb1/1-{port}/1-{port}:1.0/0003:{vendor.upper()}:{product.upper()}.{port:04}"
    return Input(at, "0003", vendor, product, **can)


INPUTS = {
    "keyboard": usb(1, "1111", "0a0b", key=LETTERS),
    "named keyboard": usb(2, "046d", "c31c", key=LETTERS),
    "keypad": usb(3, "2222", "0002", key=DIGITS),
    "named keypad": usb(4, "0627", "0001", key=DIGITS),
    "PS/2 keyboard": Input("/sys/devices/platform/i8042/serio0", "0011", "0001", "0001", key=LETTERS),
    "Bluetooth keyboard": Input(
        f"{PCI}/usb1/1-5/1-5:1.0/bluetooth/hci0/hci0:11/0005:046D:C31C.0005", "0005", "046d", "c31c", key=LETTERS
    ),
    "program's keyboard": Input("/sys/devices/virtual", "0003", "046d", "c31c", key=LETTERS),
    "power button": Input("/sys/devices/platform/PNP0C0C:00", "0019", "0000", "0001", key="10000000000000 0"),
    "touch panel": usb(6, "3333", "0003", key="400 0 0 0 0 0", **TOUCH),
    "touch panel with keys": usb(7, "3333", "0004", key="400 0 0 febeffdff3cfffff 0 fffffffffffffffe", **TOUCH),
    "named touch panel with keys": usb(8, "046d", "c31c", key="400 0 0 febeffdff3cfffff 0 fffffffffffffffe", **TOUCH),
    "mouse": usb(9, "4444", "0005", ev="7", rel="103", key="70000 0 0 0 0"),
    "keypad that is a mouse": usb(10, "4444", "0006", ev="7", rel="103", key=f"70000 {DIGITS}"),
    "headphone socket": Input("/sys/devices/platform/soc", "0000", "0000", "0000", ev="21", sw="4"),
}
NAMED = ("046d:c31c", "0627:0001", "0001:0001", "0000:0001", ":")  # the last three as if somebody had


@cache
def machine() -> dict[str, tuple[Told, Told]]:
    if shutil.which("udevadm") is None:
        pytest.skip("udev is not installed (tools/debian-packages)")
    return dict(zip(INPUTS, told(INPUTS.values(), NAMED), strict=True))


def is_to_libinput(name: str) -> set[str]:
    """As which kinds of input libinput takes it (evdev.c): by what is said of either; whether at all, by the first."""
    below, above = machine()[name]
    if below.get("LIBINPUT_IGNORE_DEVICE", "0") != "0":
        return set()
    kinds = {key.removeprefix("ID_INPUT_").lower() for key in {*below, *above} if key.startswith("ID_INPUT_")}
    return {"keyboard" if each == "key" else each for each in kinds if each not in ("width_mm", "height_mm")}


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("keyboard", set()),
        ("named keyboard", {"keyboard"}),
        ("keypad", set()),
        ("named keypad", {"keyboard"}),
        ("PS/2 keyboard", set()),
        ("Bluetooth keyboard", set()),
        ("program's keyboard", set()),
        ("power button", {"keyboard"}),  # cage is never without one; of its keys our map has none
        ("touch panel", {"touchscreen"}),
        ("touch panel with keys", {"touchscreen"}),
        ("named touch panel with keys", {"touchscreen", "keyboard"}),
        ("mouse", {"mouse"}),
        ("keypad that is a mouse", {"mouse"}),
        ("headphone socket", {"switch"}),
    ],
)
def test_what_has_keys_is_a_keyboard_to_the_screen_only_when_it_is_named_and_all_else_stays(
    name: str, kinds: set[str]
) -> None:
    assert is_to_libinput(name) == kinds


def test_logind_and_who_looks_for_a_keypad_by_its_name_find_it_as_before() -> None:
    below, _ = machine()["power button"]
    assert "power-switch" in below["CURRENT_TAGS"]
    below, _ = machine()["keyboard"]
    assert "/dev/input/by-id/usb-1111_0a0b-event-kbd" in below["DEVLINKS"]
    assert below.items() >= SHUT_OUT.items()


def test_the_rule_looks_where_the_unit_puts_it() -> None:
    rule = (ROOT / "systemd/udev/90-kiosk-keyboards.rules").read_text()
    [folder] = re.findall(r'TEST=="/run/([\w-]+)/', rule)
    assert f"RuntimeDirectory={folder}" in (ROOT / "systemd/kiosk-keyboards.service").read_text().splitlines()
