"""Which keyboards are there, and which of them are let in. `look.everything` lists them (kiosk/hw/keyboards.py)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kiosk.health.finding import Finding, State
from kiosk.hw.keyboards import Keyboard


def judge(found: Iterable[Keyboard]) -> Iterator[Finding]:
    """One for each, though it be several devices to Linux. None is a fault. The keys of a touch panel, and the buttons
    of a headset, are nobody's to let in."""
    worth_knowing = [each for each in found if (each.usb or each.typed) and not each.touch]
    for usb, let_in in sorted({(each.usb, each.let_in) for each in worth_knowing}):
        if let_in:
            yield Finding("keyboards", State.OK, f"{usb} is named, and let in")
        elif usb:
            words = f"a keyboard that is not named: {usb}; nothing of it comes to the screen"
            yield Finding(
                "keyboards", State.INFO, words, f'if it is yours, let_in = ["{usb}"] below [keypad] lets it in'
            )
        else:
            yield Finding("keyboards", State.INFO, "a keyboard that is not USB's; it is never let in")
