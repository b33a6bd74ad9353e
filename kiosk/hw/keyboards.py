"""Which keyboards there are, and which are let in: as udev has put it down by our rule for them
(systemd/udev/90-kiosk-keyboards.rules). Where that rule is not, as in a demo, there are none to speak of.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kiosk.hw.udev import KNOWN, LISTED, devices, told


@dataclass(frozen=True)
class Keyboard:
    """device: in sysfs. usb: its number, as lsusb writes it and the settings do; empty where it has none. touch: it is
    a touch panel besides. typed: it has a keyboard's letters."""

    device: Path
    usb: str
    let_in: bool
    touch: bool
    typed: bool


def keyboards(listed: Path = LISTED, known: Path = KNOWN) -> tuple[Keyboard, ...]:
    """Those of which our rule has spoken."""
    return tuple(_keyboard(device, of_it) for device, of_it in devices(listed, known) if "KIOSK_KEYBOARD" in of_it)


def _keyboard(device: Path, of_it: Mapping[str, str]) -> Keyboard:
    usb = of_it.get("ID_BUS") == "usb"
    return Keyboard(
        device,
        f"{of_it.get('ID_VENDOR_ID')}:{of_it.get('ID_MODEL_ID')}" if usb else "",
        let_in=not _is_stranger(of_it),
        touch="ID_INPUT_TOUCHSCREEN" in of_it,
        typed="ID_INPUT_KEYBOARD" in of_it,
    )


def shut_out(device: str, known: Path = KNOWN) -> bool:
    """Whether this keyboard is there and not let in. device: its file in /dev."""
    try:
        number = os.stat(device).st_rdev
    except OSError:
        return False
    return _is_stranger(told(known / f"c{os.major(number)}:{os.minor(number)}"))


def keys_shut_out(name: str, known: Path = KNOWN) -> bool:
    """Whether the keys of this device are not let in. name: in sysfs, such as input3."""
    return _is_stranger(told(known / f"+input:{name}"))


def _is_stranger(of_it: Mapping[str, str]) -> bool:
    return of_it.get("KIOSK_KEYBOARD") == "stranger"
