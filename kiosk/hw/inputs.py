"""What there is to touch and to press, as Linux lists it: what each input device can tell, bit by bit, in sysfs
(Documentation/input/event-codes.rst, linux/input-event-codes.h). It is listed, and nothing is opened.

A file there is one number in hexadecimal, in words of 64 bits with a space between, the highest first.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kiosk.hw.keyboards import keys_shut_out
from kiosk.hw.udev import KNOWN, LISTED

WORD_BITS: Final = 64

KEYPAD: Final = (71, 72, 73, 75, 76, 77, 79, 80, 81, 82)  # KEY_KP7 to KEY_KP0
DIGITS: Final = tuple(range(2, 12))  # KEY_1 to KEY_0
ABS_MT_SLOT: Final = 0x2F  # it tells fingers apart
DIRECT: Final = 1  # INPUT_PROP_DIRECT: it lies over a picture


@dataclass(frozen=True)
class Inputs:
    """keypad: something that is let in has all ten digits. fingers: the glass tells one finger from another."""

    keypad: bool
    fingers: bool


def inputs(listed: Path = LISTED, known: Path = KNOWN) -> Inputs:
    """What is there now. What cannot be read is not there."""
    keys = [_bits(each / "capabilities/key") for each in listed.glob("input*") if not keys_shut_out(each.name, known)]
    glass = [each for each in listed.glob("input*") if _has(_bits(each / "properties"), DIRECT)]
    return Inputs(
        keypad=any(_has(each, *KEYPAD) or _has(each, *DIGITS) for each in keys),
        fingers=any(_has(_bits(each / "capabilities/abs"), ABS_MT_SLOT) for each in glass),
    )


def _has(bits: int, *codes: int) -> bool:
    return all(bits >> code & 1 for code in codes)


def _bits(file: Path) -> int:
    try:
        words = [int(word, 16) for word in file.read_text().split()]
    except (OSError, ValueError):
        return 0
    return sum(word << WORD_BITS * at for at, word in enumerate(reversed(words)))
