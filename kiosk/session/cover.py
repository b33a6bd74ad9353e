"""Nothing that needs the card stands there without it: what was read from somebody's card is read by nobody who comes
after them, and nobody types a PIN for a card that has gone.

The flow's thread asks before it puts a screen up, and where it waits and goes on (`missed`). While it does something it
hears of a card only later; then the reader's own thread takes away what stands there (`put_up`). What needs the card is
the screen's to say. Of one of the staff's nothing is read that nobody may see, so that is not covered, only missed.
"""

from __future__ import annotations

from collections.abc import Mapping

from kiosk.flows.asking.screen import Screen
from kiosk.session.shown import Shown, needs_cover
from kiosk.session.slot import CardSlot

COVER = Screen("closing")  # of nobody

PadFacts = Mapping[str, object]


class Cover:
    def __init__(self, shown: Shown, slot: CardSlot) -> None:
        self._shown, self._slot = shown, slot
        self._needed = False

    def instead(self, screen: Screen, pad: PadFacts | None = None) -> tuple[Screen, PadFacts | None]:
        """The flow wants this to stand there: what may, and its pad."""
        self._needed = screen.needs_card
        return (COVER, None) if needs_cover(screen) and not self._slot.still_in else (screen, pad)

    def put_up(self) -> None:
        """In the place of what stands there, if that may not any more. From any thread."""
        if not self._slot.still_in:
            self._shown.cover(COVER)

    @property
    def missed(self) -> bool:
        """What the flow wants to stand there needs the card, and it has been out."""
        return self._needed and not self._slot.still_in
