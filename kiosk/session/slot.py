"""The card slot during one visit: what is in it, whose that is, and the one card that is powered.

What is in the slot is what the driver says, nothing else. Whose it is no driver can say: that follows only from how it
came, as far as somebody could see it. This is the whole of it, by what the reader has reported before:

    before            then       when                                       it is
    ──────────────    ─────────  ─────────────────────────────────────────  ──────────────────────────────────────────
    nothing yet       a card     full or mute at the start of the session   nobody's: nobody saw it come
    ABSENT            a card     reader plugged in, pcscd restarted, idle   nobody's: the same
    ABSENT            a card     the same in a visit, its card was in       theirs still
    ABSENT            a card     the same in a visit, no card was in        nobody's
    EMPTY, believed   a card     while a page stands there, idle            somebody's who sees it: a visit begins
    EMPTY, believed   a card     without a page, idle                       nobody's: nobody was asked for it
    EMPTY, believed   a card     in a visit, also while its page is lost    theirs
    EMPTY, too early  a card     whenever                                   nobody's
    a card            mute       or answering again, as it is tried         whose it was
    a card            EMPTY      whenever                                   nothing: taken out, and believed at once
    a card            ABSENT     whenever                                   not known to be there: asked for by nobody

EMPTY is believed after a card, after an EMPTY that the last session has left behind (`handover.py`), and else when it
has lasted a second: the first word of a reader that has just been started is EMPTY now and then, with a card in it. So
the first session after the start of the server trusts nothing that is in, whoever put it there; so does the one after a
session that was killed, and the one after a card that nobody took.

Nobody's card is never powered and begins nothing. It is asked to be taken out as long as the reader says that it is in,
and it is nobody's until then, also when the visit of somebody has begun meanwhile: who put it in just before is asked
to take it out and put it in again, which only they can know to be theirs. At the end of a visit only its own card is
asked to be taken.

Several slots are one to us: which of them counts, and how its card came, is the reader's to say (`hw/reader.py`).

A flow speaks with a card in the words of `card/`; the reader knows none of them. Here, between the two, the reader's
`Lost` becomes the card's `CardLost`.
"""

from __future__ import annotations

from kiosk.card.apdu import Card, CardLost, Transmit
from kiosk.hw.device import SETTLE_SECONDS, Connection, Lost, Reader, ReaderState
from kiosk.session.handover import Handover

OCCUPIED = (ReaderState.CARD, ReaderState.MUTE)


class CardSlot:
    """The reader reports to `seen`, from its own thread; all the rest is asked by the flow's."""

    def __init__(self, reader: Reader, handover: Handover) -> None:
        self._reader = reader
        self._handover = handover
        self._state = ReaderState.ABSENT  # as it was reported last
        self._believed_from = 0.0  # monotonic seconds: from then on EMPTY is believed
        self._theirs = False
        self._page = False
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
        return self._state in OCCUPIED

    @property
    def mute(self) -> bool:
        """Something is in that does not answer."""
        return self._state is ReaderState.MUTE

    @property
    def seen_empty(self) -> bool:
        """The reader says that nothing is in."""
        return self._state is ReaderState.EMPTY

    # Whose it is.

    @property
    def theirs(self) -> bool:
        """What is in was put in by the person who is here."""
        return self.occupied and self._theirs

    @property
    def nobodys(self) -> bool:
        """What is in belongs to nobody who is here, as far as anybody could see."""
        return self.occupied and not self._theirs

    def has_card(self, newer_than: int | None = None) -> bool:
        """A card of theirs that answers; newer_than: an insertion that does not count."""
        return self._state is ReaderState.CARD and self._theirs and (newer_than is None or self.insertion > newer_than)

    def seen(self, state: ReaderState, now: float) -> None:
        """The reader's state is another one: the table. now: monotonic seconds."""
        before, self._state = self._state, state
        if state in OCCUPIED:
            if before is ReaderState.EMPTY:
                self._theirs = now >= self._believed_from and (self._serving or self._page)
            self._handover.empty = False
        elif state is ReaderState.EMPTY:
            self._theirs = False
            known = before in OCCUPIED or self._handover.empty
            self._believed_from = now if known else now + SETTLE_SECONDS
            self._handover.empty = known
        else:
            self._theirs = self._theirs and self._serving
            self._handover.empty = False

    def page_lost(self) -> None:
        self._page = False

    def page_back(self) -> None:
        self._page = True

    def begin(self, now: float) -> None:
        """Somebody is there. What is put in from now on is theirs."""
        self._serving = True
        if self.seen_empty and now >= self._believed_from:
            self._handover.empty = True

    # The powered card.

    def card(self) -> Card:
        """Their card, powered and held exclusively until it leaves or is dropped; one that has reset itself is powered
        up anew. Raises CardLost."""
        if not self.theirs:
            self.drop()
            raise CardLost("no card in the reader")
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
        return self._state is ReaderState.CARD and self._powered == self.insertion

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
