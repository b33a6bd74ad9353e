"""What the rest of the kiosk may know of a device: its state, and the little it can be asked to do.

Above this line nobody knows pyscard, ESC/POS or evdev; below it stand `hw/reader.py`, `hw/printer.py`, `hw/jack.py`,
`hw/button.py` and `hw/keypad.py`, or a stand-in of `sim/` that speaks the same wire protocol. Every device is opened
after the fork (a session is a process) and closed with the process.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from PIL.Image import Image


SETTLE_SECONDS = 1.0  # for which a reader that was just started may say EMPTY with a card in it


class Lost(Exception):
    """Nothing answers in the slot, or not any more: no card, a card that was pulled, a reader that has gone. The text
    never carries card data."""


class ReaderState(Enum):
    """What stands at the slot now."""

    ABSENT = "absent"  # no reader answers: unplugged, or the daemon is away; being reopened
    EMPTY = "empty"  # a reader, no card
    CARD = "card"  # a card that answered to power
    MUTE = "mute"  # a card that does not answer: wrong way round, or not a chip card


class Connection(Protocol):
    """One powered card, held exclusively. Closing it takes the power away, and with it every verified PIN."""

    def transmit(self, apdu: bytes) -> bytes:
        """Send one command; return response data and status bytes. Raises `Lost` when nothing answers."""

    def close(self) -> None:
        """Unpower the card. Never raises."""


class Reader(Protocol):
    """A card slot with one supervisor thread behind it.

    The order of what is reported tells how a card came: after EMPTY it was seen to come, after ABSENT it was not.
    """

    @property
    def state(self) -> ReaderState: ...

    @property
    def insertion(self) -> int:
        """Counts insertions, so that one can tell the card that stayed from the card that came back."""

    @property
    def answers(self) -> bool | None:
        """What drives the slots answers, if only that there are none. False: not for so long that it will not, and
        nothing that could still be done is under way. None: not known yet."""

    def start(self, changed: Callable[[ReaderState], None]) -> None:
        """Begin to watch; `changed` is called from the watching thread at every change, within 3 s of it,
        and when it answers, or does not, to what somebody has asked of a card."""

    def connect(self) -> Connection:
        """Power the card and hold it exclusively. Raises `Lost` when there is none."""

    def stop(self) -> None: ...


class NoReader:
    """No slot at all: a kiosk that gives guidance only, or one whose reader cannot even be looked for."""

    state = ReaderState.ABSENT
    insertion = 0
    answers = True

    def start(self, changed: Callable[[ReaderState], None]) -> None:
        pass

    def connect(self) -> Connection:
        raise Lost("there is no reader")

    def stop(self) -> None:
        pass


class PrinterFault(Enum):
    """Why nothing, or not everything, came out. Each has its own words at the screen."""

    UNREACHABLE = "unreachable"  # no answer: off, unplugged, network away
    OFFLINE = "offline"
    COVER_OPEN = "cover_open"
    PAPER_END = "paper_end"
    CUTTER = "cutter"
    ERROR = "error"


@dataclass(frozen=True)
class PrinterState:
    fault: PrinterFault | None  # None: ready
    paper_near_end: bool = False


@dataclass(frozen=True)
class Printed:
    """The printer itself has said that all of it came out."""


@dataclass(frozen=True)
class NotPrinted:
    fault: PrinterFault
    partly: bool  # True: some paper may have come out, so the person is told to look before a reprint


class Printer(Protocol):
    @property
    def width(self) -> int:
        """Dots across the paper: 576 (203 dpi) or 512 (180 dpi)."""

    def state(self) -> PrinterState:
        """Ask the printer now (bounded time)."""

    def prepare(self, image: Image) -> Image:
        """The picture as this printer prints it, dot for dot: for the screen. `print` prints the same of either."""

    def longest_seconds(self, rows: int) -> float:
        """The longest that `print` of so many rows may take; one that is still at it then will not come back."""

    def print(self, image: Image) -> Printed | NotPrinted:
        """Print a 1-bit image of `width` dots and cut. Blocks until the printer has said how it went."""


class Jack(Protocol):
    """A headphone socket with one supervisor thread behind it."""

    @property
    def plugged(self) -> bool:
        """Somebody's headphones are in. False whenever that is not known."""

    def start(self, changed: Callable[[bool], None]) -> None:
        """Begin to watch; `changed` is called from the watching thread at every change."""

    def stop(self) -> None: ...


class NoJack:
    """A kiosk without a socket, or one that nobody has told us of."""

    plugged = False

    def start(self, changed: Callable[[bool], None]) -> None:
        pass

    def stop(self) -> None:
        pass


class Button(Protocol):
    """A contact of its own, not on the screen, with one supervisor thread behind it."""

    @property
    def present(self) -> bool:
        """It can be heard."""

    def start(self, pressed: Callable[[], None], changed: Callable[[], None]) -> None:
        """Begin to watch; both are called from the watching thread: `pressed` each time it goes down, `changed` when it
        is present or is not any more."""

    def stop(self) -> None: ...


class Keypad(Protocol):
    """Keys that can be felt, with one supervisor thread behind them. They type by themselves; what is known is whether
    they are there."""

    @property
    def present(self) -> bool: ...

    def start(self, changed: Callable[[], None]) -> None:
        """Begin to watch; `changed` is called from the watching thread when they come or go."""

    def stop(self) -> None: ...
