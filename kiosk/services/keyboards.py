"""What the settings say of keyboards, told to udev (kiosk-keyboards.service).

A file for each that is named, where udev's rule looks for it (systemd/udev/90-kiosk-keyboards.rules). One that was
plugged in before, and is let in now or no longer is, is as if it were pulled out and plugged in again: cage hears of no
other change. The settings may be as wrong as they like: what does not fit of them names nobody.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from pathlib import Path

from kiosk.config.kiosk import KeyboardSettings, salvage
from kiosk.hw.keyboards import Keyboard, keyboards
from kiosk.hw.udev import KNOWN, LISTED

BUSY = Path("/run/udev/queue")  # it is there as long as udev has something to do
BUSY_SECONDS, LOOK_SECONDS = 10.0, 0.1


def run(config: Path) -> int:
    """The exit code."""
    try:
        again = let_in(config, Path(os.environ["RUNTIME_DIRECTORY"]))  # the unit's
    except OSError as error:
        print(f"keyboards: {error}", file=sys.stderr)
        return 1
    for each in again:
        print(f"{each.device.name} ({each.usb}) is {'no longer' if each.let_in else 'now'} let in")
    return 0


def let_in(
    config: Path, folder: Path, listed: Path = LISTED, known: Path = KNOWN, busy: Path = BUSY
) -> tuple[Keyboard, ...]:
    """folder: where udev looks, and empty. Returns those for which something has changed, as they were. Raises
    OSError."""
    settings, wrong = salvage(config, KeyboardSettings)
    for line in wrong:
        print(line, file=sys.stderr)
    named = set(settings.keypad.let_in)
    for usb in named:
        (folder / usb).touch()
    _await(busy)
    changed = tuple(each for each in keyboards(listed, known) if each.let_in is not (each.usb in named))
    for each in changed:
        with contextlib.suppress(OSError):  # pulled meanwhile: udev asks the files when it is back
            _plug_anew(each.device)
    return changed


def _await(busy: Path) -> None:
    """Until what udev began before it could see the files has come to its end. Who is not through by then has to be
    plugged in again."""
    deadline = time.monotonic() + BUSY_SECONDS
    while busy.exists() and time.monotonic() < deadline:
        time.sleep(LOOK_SECONDS)


def _plug_anew(device: Path) -> None:
    """By the kernel's own word for it (Documentation/ABI/testing/sysfs-uevent)."""
    for file, word in (("uevent", "remove"), ("device/uevent", "change"), ("uevent", "add")):
        (device / file).write_text(word)
