"""A touch panel with ten fingers, as it is plugged into a kiosk: a USB HID digitizer (USB HID Usage Tables 1.4, §16).

One report says of every finger whether it is on the glass, and where; how many of them it tells of; and when. The
system takes the panel for one with several fingers because each has an identifier (Linux' hid-multitouch), and asks how
many there may be. The panel is 27 inches, upright.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.appliance.usb import CONFIGURATION, DEVICE, STRING, Cable, Device, Request

FINGERS = 10
FAR = 0x7FFF  # the whole of its width, or height
TENTHS_OF_A_MILLIMETRE = 3360, 5970
ALL, HOW_MANY = 1, 2  # the numbers of its reports
INTERRUPTS, PACKET, MILLISECONDS = 0x81, 64, 8
GET_REPORT, FEATURE = 0x01, 3  # of the class (USB HID 1.11, §7.2)
HID, HID_REPORT = 0x21, 0x22

END = bytes.fromhex("C0")
PLACE = bytes.fromhex("0501 550E 6511 3500 26FF7F 7510 9501")  # generic desktop; 0.1 mm; to 32767; 16 bits
ACROSS = bytes.fromhex("0930 46") + struct.pack("<H", TENTHS_OF_A_MILLIMETRE[0]) + bytes.fromhex("8102")
DOWN = bytes.fromhex("0931 46") + struct.pack("<H", TENTHS_OF_A_MILLIMETRE[1]) + bytes.fromhex("8102")
NO_UNIT = bytes.fromhex("4500 5500 6500")
FINGER = (
    bytes.fromhex("050D 0922 A102")  # digitizers: finger
    + bytes.fromhex("0942 1500 2501 7501 9501 8102 9507 8103")  # tip switch, and 7 bits of nothing
    + bytes.fromhex("0951 257F 7508 9501 8102")  # contact identifier
    + PLACE
    + ACROSS
    + DOWN
    + NO_UNIT
    + END
)
DESCRIPTION = (
    bytes.fromhex("050D 0904 A101")  # digitizers: touch screen
    + bytes((0x85, ALL))
    + FINGERS * FINGER
    + bytes.fromhex("050D 0956 550C 660110 47FFFF0000 27FFFF0000 7510 9501 8102")  # scan time, 0.1 ms
    + NO_UNIT
    + bytes.fromhex("0954 257F 7508 9501 8102")  # contact count
    + bytes((0x85, HOW_MANY))
    + bytes.fromhex("0955 257F 7508 9501 B102")  # contact count maximum
    + END
)
ABOUT = struct.pack("<BBHBBBH", 9, HID, 0x0111, 0, 1, HID_REPORT, len(DESCRIPTION))
INTERFACE = (3, 0, 0)  # HID
NUMBER = (0x1209, 0x0001)  # pid.codes' own for trials, which nobody sells
CONFIGURED = (
    struct.pack("<BBBBBBBBB", 9, 4, 0, 0, 1, *INTERFACE, 0)
    + ABOUT
    + struct.pack("<BBBBHB", 7, 5, INTERRUPTS, 3, PACKET, MILLISECONDS)
)


def _named(words: str) -> bytes:
    return bytes((2 + 2 * len(words), STRING)) + words.encode("utf-16-le")


def _answer(request: Request) -> bytes | None:
    if request.request != GET_REPORT:
        return b""  # an idle rate, a protocol: nothing changes by it
    kind, number = divmod(request.value, 0x100)
    return bytes((number, FINGERS)) if (kind, number) == (FEATURE, HOW_MANY) else None


PANEL = Device(
    number=NUMBER,
    interface=INTERFACE,
    endpoint=INTERRUPTS,
    packet=PACKET,
    milliseconds=MILLISECONDS,
    descriptors={
        (DEVICE, 0): struct.pack("<BBHBBBBHHHBBBB", 18, DEVICE, 0x0200, 0, 0, 0, PACKET, *NUMBER, 0x0100, 1, 2, 0, 1),
        (CONFIGURATION, 0): struct.pack("<BBHBBBBB", 9, CONFIGURATION, 9 + len(CONFIGURED), 1, 1, 0, 0x80, 50)
        + CONFIGURED,
        (STRING, 0): bytes((4, STRING, 0x09, 0x04)),
        (STRING, 1): _named("Kiosk"),
        (STRING, 2): _named("Panel"),
        (HID, 0): ABOUT,
        (HID_REPORT, 0): DESCRIPTION,
    },
    answer=_answer,
)


class Panel:
    """place: the chardev's socket of the machine that it is plugged into."""

    def __init__(self, place: Path) -> None:
        self._cable = Cable(place, PANEL)
        self._there: dict[int, tuple[float, float]] = {}

    def touched(self, fingers: Mapping[int, tuple[float, float]]) -> None:
        """The fingers that are on the glass now, by their numbers, and where: of its width and its height, 0 to 1."""
        every = self._there | dict(fingers)
        self._there = dict(fingers)
        self._cable.report(_report((finger, finger in fingers, at) for finger, at in every.items()))

    def pull(self) -> None:
        self._cable.pull()


def _report(fingers: Iterable[tuple[int, bool, tuple[float, float]]]) -> bytes:
    told = [
        struct.pack("<BBHH", down, finger, *(min(max(round(far * FAR), 0), FAR) for far in at))
        for finger, down, at in fingers
    ]
    when = int(time.monotonic() * 10_000) & 0xFFFF
    return bytes((ALL,)) + b"".join(told).ljust(6 * FINGERS, b"\0") + struct.pack("<HB", when, len(told))
