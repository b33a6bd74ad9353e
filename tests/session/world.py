"""A session without thread, wire or clock: things happen at their second, and nobody waits for it.

The flow runs in the test's own thread. Whenever it waits, time jumps to what happens next or to the end of the wait.

    world = World()
    world.at(3, lambda: world.says(Choice("next")))
    assert world.session.ask(Screen("consent", {}, ("next",))) == "next"
"""

from __future__ import annotations

import queue
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import cast

import msgspec
from PIL import Image

from kiosk.config import guidance
from kiosk.config.kiosk import Settings
from kiosk.flows.asking.screen import Screen
from kiosk.hw.device import Lost, NotPrinted, Printed, ReaderState
from kiosk.ipc.caretaker import NoCaretaker
from kiosk.ipc.messages import DoorsStand
from kiosk.language.languages import Language
from kiosk.receipts.slips import NotLaidOut, Slip
from kiosk.session.answers import Answer
from kiosk.session.devices import Aids, Devices
from kiosk.session.handover import Handover
from kiosk.session.patience import Wait, limits
from kiosk.session.session import Event, Session
from kiosk.session.shown import View

SETTINGS = msgspec.convert(
    {
        "screen": {"idle_seconds": 60, "reading_idle_seconds": 120, "warning_seconds": 30},
        "session": {"browser_lost_seconds": 5, "put_back_seconds": 20, "take_card_seconds": 40},
        "printer": {"kind": "usb", "vendor_id": 1, "product_id": 1},
    },
    Settings,
)
LIMITS = limits(SETTINGS)
IDLE, READING = LIMITS[Wait.ANSWER].seconds or 0, LIMITS[Wait.READING].seconds or 0
WARNING = LIMITS[Wait.ANSWER].warning or 0


class Line:
    """Implements `hw.device.Connection`: a card that says 9000 to everything as long as it is in."""

    def __init__(self, reader: SlotReader) -> None:
        self._reader, self._insertion = reader, reader.insertion
        self.closed = False

    def transmit(self, apdu: bytes) -> bytes:
        if self.closed or self._reader.state is not ReaderState.CARD or self._reader.insertion != self._insertion:
            raise Lost("the card was pulled")
        return b"\x90\x00"

    def close(self) -> None:
        self.closed = True


class SlotReader:
    """Implements `hw.device.Reader`; the slot is in the test's hands."""

    def __init__(self) -> None:
        self.state = ReaderState.ABSENT
        self.insertion = 0
        self.answers: bool | None = True
        self.lines: list[Line] = []
        self._changed: Callable[[ReaderState], None] = lambda _: None

    def start(self, changed: Callable[[ReaderState], None]) -> None:
        self._changed = changed

    def stop(self) -> None:
        self._changed = lambda _: None

    def connect(self) -> Line:
        if self.state is not ReaderState.CARD:
            raise Lost("no card in the reader")
        self.lines.append(Line(self))
        return self.lines[-1]

    def says(self, state: ReaderState) -> None:
        self.state = state
        self._changed(state)

    def put_in(self, state: ReaderState = ReaderState.CARD) -> None:
        if self.state in (ReaderState.CARD, ReaderState.MUTE):
            self.take_out()
        self.insertion += 1
        self.says(state)

    def take_out(self) -> None:
        self.says(ReaderState.EMPTY)

    def go_away(self) -> None:
        self.says(ReaderState.ABSENT)


class Inbox(queue.SimpleQueue[Event]):
    """The session's queue, and its clock."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.coming: list[tuple[float, Callable[[], object]]] = []

    def get(self, block: bool = True, timeout: float | None = None) -> Event:
        until = None if timeout is None else self.now + timeout
        while self.empty():
            if self.coming and (until is None or self.coming[0][0] <= until):
                at, happens = self.coming.pop(0)
                self.now = max(self.now, at)
                happens()
            else:
                assert until is not None, "it would wait for ever"
                self.now = until
                raise queue.Empty
        return self.get_nowait()


class World:
    """A session with its page there, in a kiosk that knows its slot to be empty; with a handover of its own, the reader
    has not said anything yet. views: all that was shown; slips: all that was laid out, and in which language; printed:
    the pictures that the printer was given."""

    def __init__(self, reader: SlotReader | None = None, handover: Handover | None = None) -> None:
        self.inbox = Inbox()
        self.reader = reader or SlotReader()
        self.handover = handover or Handover()
        self.handover.empty = handover is None
        self.views: list[View] = []
        self.breaks = False  # nothing can be shown
        self.slips: list[tuple[Slip, Language]] = []
        self.printed: list[Image.Image] = []
        self.devices = devices = cast(
            Devices,
            SimpleNamespace(
                reader=self.reader,
                portal=SimpleNamespace(last=None),
                printer=self,
                doors=DoorsStand(),
                caretaker=NoCaretaker(),
                safe_for=None,
                guidance_only=False,
                aids=Aids(),
            ),
        )
        self.session = Session(
            SETTINGS,
            guidance.load(),
            devices,
            self.handover,
            self.lay_out,
            self.show,
            lambda: self.inbox.now,
            self.inbox,
        )
        self.reader.start(self.session.card_changed)
        if handover is None:
            self.reader.take_out()
        self.session.page_back()

    def show(self, view: View) -> None:
        if self.breaks:
            raise ValueError
        self.views.append(view)

    def lay_out(self, slip: Slip, language: Language) -> Image.Image | NotLaidOut:
        self.slips.append((slip, language))
        return Image.new("1", (8, len(self.slips)))

    def longest_seconds(self, rows: int) -> float:
        return rows / 10

    def print(self, picture: Image.Image) -> Printed | NotPrinted:
        self.printed.append(picture)
        return Printed()

    def at(self, second: float, happens: Callable[[], object]) -> None:
        """Let something happen as soon as the session waits and it is so late."""
        self.inbox.coming.append((second, happens))
        self.inbox.coming.sort(key=lambda each: each[0])

    def soon(self, *happens: Callable[[], object]) -> None:
        """Let these happen one after the other, each as soon as the session waits."""
        for each in happens:
            self.at(self.inbox.now, each)

    def says(self, answer: Answer) -> None:
        """The page answers what it shows."""
        self.session.answer(self.view.seq, answer)

    def saying(self, *answers: Answer) -> None:
        """Let the page answer these one after the other."""
        self.soon(*(partial(self.says, answer) for answer in answers))

    @property
    def view(self) -> View:
        return self.session.view

    @property
    def names(self) -> list[str]:
        """The screens that stood there, one after another."""
        names = [view.screen.name for view in self.views]
        return [name for at, name in enumerate(names) if at == 0 or names[at - 1] != name]

    def serve(self, screen: Screen | None = None) -> None:
        """Somebody is there, and has this before them."""
        self.session.begin()
        if screen is not None:
            self.session.show(screen)
