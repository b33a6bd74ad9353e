"""The card slot during one visit: what is in it, whose that is, and the one card that is powered.

A card that was in before anybody came may be the last person's (`handover.py` says so), and is nobody's here. A card
that comes while the page is there was put in by somebody who sees it, and begins a visit; one that came while there
was no page was not. From the beginning of a visit to the end of the process a card in the slot is this person's, and
the next session is told whether it stayed.

A flow speaks with a card in the words of `card/`; the reader knows none of them. Here, between the two, the reader's
`Lost` becomes the card's `CardLost`.
"""

from __future__ import annotations

from kiosk.card.apdu import Card, CardLost, Transmit
from kiosk.hw.device import SETTLE_SECONDS, Connection, Lost, Reader, ReaderState
from kiosk.session.handover import Handover


class CardSlot:
    """now: monotonic seconds."""

    def __init__(self, reader: Reader, handover: Handover, now: float) -> None:
        self._reader = reader
        self._handover = handover
        self._settles_at = now + SETTLE_SECONDS
        self._seen_from: int | None = None  # the insertion that was there when the page came; None: there is no page
        self._serving = False
        self._connection: Connection | None = None
        self._card: Card | None = None
        self._powered = -1  # the insertion that `_card` belongs to

    # What is in it.

    @property
    def insertion(self) -> int:
        return self._reader.insertion

    @property
    def occupied(self) -> bool:
        """Something is in, whether it answers or not."""
        return self._reader.state in (ReaderState.CARD, ReaderState.MUTE)

    @property
    def mute(self) -> bool:
        """Something is in that does not answer."""
        return self._reader.state is ReaderState.MUTE

    def has_card(self, newer_than: int | None = None) -> bool:
        """A card that answers; newer_than: an insertion that does not count."""
        return self._reader.state is ReaderState.CARD and (newer_than is None or self.insertion > newer_than)

    # Whose it is.

    def settled(self, now: float) -> bool:
        """The reader has had the time to look."""
        return now >= self._settles_at

    def left_behind(self, now: float) -> bool:
        """The last person's card is still in. Once the slot has been seen empty, whatever is in is somebody else's."""
        if self._reader.state is ReaderState.EMPTY and self.settled(now):
            self._handover.card_in = False
        return self._handover.card_in

    def page_lost(self) -> None:
        self._seen_from = None

    def page_back(self) -> None:
        self._seen_from = self.insertion

    @property
    def put_in_by_somebody(self) -> bool:
        """The card came while the page was there to be seen."""
        return self.occupied and self._seen_from is not None and self.insertion > self._seen_from

    def begin(self) -> None:
        """Whatever is in from now on is the card of the person who is here."""
        self._serving = True
        self.changed()

    def changed(self) -> None:
        """The reader's state is another one."""
        if self._serving:
            self._handover.card_in = self.occupied

    # The powered card.

    def card(self) -> Card:
        """The card that is in, powered and held exclusively until it leaves or is dropped; one that has reset itself is
        powered up anew. Raises CardLost."""
        if self._card is None or self._card.was_reset or self._powered != self.insertion:
            self.drop()
            insertion = self.insertion
            try:
                self._connection = self._reader.connect()
            except Lost as lost:
                raise CardLost(str(lost)) from None
            self._card, self._powered = Card(_over(self._connection)), insertion
        return self._card

    @property
    def still_in(self) -> bool:
        """The card that was powered last has not been out."""
        return self._reader.state is ReaderState.CARD and self._powered == self.insertion

    def drop(self) -> None:
        """Take the card's power away, and with it every verified PIN. Never raises."""
        if self._connection is not None:
            self._connection.close()
        self._connection = self._card = None


def _over(connection: Connection) -> Transmit:
    def transmit(apdu: bytes, /) -> bytes:
        try:
            return connection.transmit(apdu)
        except Lost as lost:
            raise CardLost(str(lost)) from None

    return transmit
