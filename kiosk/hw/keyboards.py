"""Which keyboards there are, and which are let in: as udev has put it down by our rule for them
(systemd/udev/90-kiosk-keyboards.rules). Where that rule is not, as in a demo, there are none to speak of.

Nothing is opened but sysfs and udev's own files, a line for each thing it knows of a device ("E:NAME=value").
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

LISTED: Final = Path("/sys/class/input")
KNOWN: Final = Path("/run/udev/data")


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
    """Those of which our rule has spoken. What cannot be read is not there."""
    found = []
    for device in sorted(listed.glob("event*")):
        told = _told(known / f"c{_read(device / 'dev').strip()}")
        if "KIOSK_KEYBOARD" in told:
            usb = told.get("ID_BUS") == "usb"
            found.append(
                Keyboard(
                    device,
                    f"{told.get('ID_VENDOR_ID')}:{told.get('ID_MODEL_ID')}" if usb else "",
                    let_in=not _is_stranger(told),
                    touch="ID_INPUT_TOUCHSCREEN" in told,
                    typed="ID_INPUT_KEYBOARD" in told,
                )
            )
    return tuple(found)


def shut_out(device: str, known: Path = KNOWN) -> bool:
    """Whether this keyboard is there and not let in. device: its file in /dev."""
    try:
        number = os.stat(device).st_rdev
    except OSError:
        return False
    return _is_stranger(_told(known / f"c{os.major(number)}:{os.minor(number)}"))


def keys_shut_out(name: str, known: Path = KNOWN) -> bool:
    """Whether the keys of this device are not let in. name: in sysfs, such as input3."""
    return _is_stranger(_told(known / f"+input:{name}"))


def _is_stranger(told: Mapping[str, str]) -> bool:
    return told.get("KIOSK_KEYBOARD") == "stranger"


def _told(file: Path) -> Mapping[str, str]:
    said = (line[2:].partition("=") for line in _read(file).splitlines() if line.startswith("E:"))
    return {name: value for name, _, value in said}


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8", "replace")
    except OSError:
        return ""
