"""What is in the slot, whose card that is by every history, and the one card that is powered."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import product

import pytest

from kiosk.card.apdu import CardLost
from kiosk.hw.device import SETTLE_SECONDS, ReaderState
from kiosk.session.handover import Handover
from kiosk.session.slot import CardSlot
from tests.session.world import SlotReader

BEGAN = 1000.0  # seconds
SELECT = ("SELECT", (0x00, 0xA4, 0x04, 0x0C))
ABSENT, EMPTY, CARD, MUTE = ReaderState


class History:
    """One slot, and what happens to it one after the other, half a second apart."""

    def __init__(self, reader: SlotReader | None = None, handover: Handover | None = None) -> None:
        self.reader = reader or SlotReader()
        self.handover = handover or Handover()
        self.now = BEGAN
        self.slot = CardSlot(self.reader, self.handover)
        self.reader.start(lambda state: self.slot.seen(state, self.now))

    def goes(self, words: str) -> History:
        happens: dict[str, Callable[[], object]] = {
            "absent": lambda: self.reader.go_away(),
            "empty": lambda: self.reader.take_out(),
            "card": lambda: self.reader.put_in(CARD) if not self.slot.occupied else self.reader.says(CARD),
            "mute": lambda: self.reader.put_in(MUTE) if not self.slot.occupied else self.reader.says(MUTE),
            "page": lambda: self.slot.page_back(),
            "dark": lambda: self.slot.page_lost(),
            "touch": lambda: self.slot.begin(self.now),
            "known": lambda: setattr(self.handover, "empty", True),
            "wait": lambda: None,
            "next": self.next_session,
        }
        for word in words.split():
            happens[word]()
            self.now += 0.5
        return self

    def next_session(self) -> None:
        """The process has ended, however. The next one knows what was handed over, and its reader looks anew."""
        state = self.reader.state
        self.reader.stop()
        insertion = self.reader.insertion
        self.reader = SlotReader()
        self.reader.insertion = insertion
        self.slot = CardSlot(self.reader, self.handover)
        self.reader.start(lambda state: self.slot.seen(state, self.now))
        self.slot.page_back()
        if state is not ABSENT:
            self.reader.says(state)

    @property
    def whose(self) -> str:
        assert not (self.slot.theirs and self.slot.nobodys)
        return "theirs" if self.slot.theirs else "nobody's" if self.slot.nobodys else "none"


# -- what is in it


@pytest.mark.parametrize(
    ("state", "occupied", "mute", "card"),
    [
        (ReaderState.ABSENT, False, False, False),
        (ReaderState.EMPTY, False, False, False),
        (ReaderState.MUTE, True, True, False),
        (ReaderState.CARD, True, False, True),
    ],
)
def test_each_state_of_the_reader(state: ReaderState, occupied: bool, mute: bool, card: bool) -> None:
    history = History().goes("known empty page")
    history.reader.says(state)
    assert (history.slot.occupied, history.slot.mute, history.slot.has_card()) == (occupied, mute, card)
    assert history.slot.seen_empty is (state is EMPTY)


def test_a_card_that_was_in_before_does_not_count_where_a_newer_one_is_wanted() -> None:
    history = History().goes("known empty page card")
    before = history.slot.insertion
    assert history.slot.has_card() and not history.slot.has_card(newer_than=before)
    history.goes("empty card")
    assert history.slot.has_card(newer_than=before)


# -- whose it is: the table at the head of slot.py, row by row

TABLE = [
    # nothing yet → a card
    ("page card", "nobody's", "full at the start"),
    ("page mute", "nobody's", "mute at the start"),
    ("known page card", "nobody's", "put in between two sessions"),
    ("card page", "nobody's", "in before the page"),
    ("touch card", "nobody's", "a touch before the reader's first word"),
    # ABSENT → a card
    ("known empty page absent card", "nobody's", "pcscd restarted while idle, and a card in it"),
    ("known empty page touch absent card", "nobody's", "pcscd restarted in a visit that had none in"),
    ("known empty page touch card absent card", "theirs", "pcscd restarted in a visit with its card in"),
    ("known empty page touch card absent mute", "theirs", "the same, and now it does not answer"),
    ("known empty page touch card absent empty card", "nobody's", "its card may have been taken: not believed yet"),
    ("known empty page touch card absent empty wait wait card", "theirs", "taken meanwhile, and another put in"),
    ("known empty page card absent card", "nobody's", "gone before the visit had begun"),
    ("page card touch absent card", "nobody's", "nobody's stays nobody's over an absence"),
    # EMPTY, believed → a card
    ("known empty page card", "theirs", "put in by somebody who sees the page"),
    ("known empty page mute", "theirs", "the wrong way round"),
    ("page empty wait wait card", "theirs", "empty for long enough after the start"),
    ("page empty wait wait touch card", "theirs", "the same in a visit"),
    ("known empty card", "nobody's", "put in before there was a page"),
    ("known empty page dark card", "nobody's", "put in while the page was away"),
    ("known empty page dark card page", "nobody's", "and the page comes back"),
    ("known empty page dark card page touch", "nobody's", "and somebody touches it"),
    ("known empty page dark card page empty card", "theirs", "taken out and put in again"),
    ("known empty page touch dark card", "theirs", "in a visit the person is there without a page too"),
    # EMPTY, too early → a card
    ("page empty card", "nobody's", "a reader that says EMPTY first and then what is in"),
    ("page touch empty card", "nobody's", "put in as the server starts: to be put in again"),
    ("page empty card empty card", "theirs", "which is done"),
    ("known empty page absent empty card", "nobody's", "a pcscd that says EMPTY first"),
    # a card → mute, and back
    ("known empty page touch card mute", "theirs", "found mute as it is tried"),
    ("known empty page touch mute card", "theirs", "turned round without a removal seen"),
    ("page card mute card", "nobody's", "the same with nobody's"),
    # a card → EMPTY or ABSENT
    ("known empty page card empty", "none", "taken out"),
    ("page card empty", "none", "nobody's taken out"),
    ("known empty page touch card absent", "none", "the reader has gone: nobody knows"),
    # what a session leaves to the next
    ("known empty page touch card next", "nobody's", "killed, or left behind: nobody took it"),
    ("known empty page touch card next touch", "nobody's", "and the next person touches"),
    ("known empty page touch card next empty card", "theirs", "and takes it out, and puts theirs in"),
    ("known empty page touch card absent next card", "nobody's", "the reader was away at the end"),
    ("known empty page touch card absent next empty card", "nobody's", "and says EMPTY first as it is back"),
    ("known empty page touch card empty next card", "theirs", "its card was taken, and the next one comes at once"),
    ("page card next", "nobody's", "nobody's over two sessions"),
    ("page card touch next touch", "nobody's", "also when somebody was served meanwhile"),
    ("known empty page next card", "theirs", "a session without a card, and then one with"),
    ("page empty wait wait touch next card", "theirs", "a slot that was empty all through the visit"),
]


@pytest.mark.parametrize(("words", "whose"), [row[:2] for row in TABLE], ids=[row[2] for row in TABLE])
def test_whose_card_it_is_follows_from_its_history(words: str, whose: str) -> None:
    history = History().goes(words)
    assert history.whose == whose
    assert history.slot.has_card() is (whose == "theirs" and history.reader.state is CARD)
    assert history.handover.empty is (history.reader.state is EMPTY)


WORDS = ("absent", "empty", "card", "mute", "page", "dark", "touch", "wait", "next")


def histories() -> Iterable[tuple[str, ...]]:
    return product(WORDS, repeat=4)


def test_over_every_history_of_four_things_no_card_is_theirs_that_was_not_seen_to_come() -> None:
    """The rule said once more in another way: theirs came out of an EMPTY that this visit's process has seen, with no
    card in for a second or after a removal, and with somebody there."""
    for start in ("", "known"):
        for words in histories():
            history = History().goes(start)
            came = False  # the card that is in was seen to come by somebody
            for word in words:
                empty = history.slot.seen_empty
                there = history.slot._page or history.slot._serving
                in_before = history.slot.occupied
                history.goes(word)
                if word in ("card", "mute") and not in_before and empty:
                    came = there
                elif word in ("empty", "next"):
                    came = False
                assert not history.slot.theirs or came, (start, words)
                assert not history.handover.empty or history.reader.state is not CARD, (start, words)


def test_nobodys_card_is_never_powered() -> None:
    history = History().goes("page card touch")
    with pytest.raises(CardLost):
        history.slot.card()
    assert history.reader.lines == []


def test_the_settling_time_is_what_is_waited_for() -> None:
    history = History().goes("page empty")
    history.now = BEGAN + 0.5 + SETTLE_SECONDS - 0.01
    assert history.goes("card").whose == "nobody's"
    history = History().goes("page empty")
    history.now = BEGAN + 0.5 + SETTLE_SECONDS
    assert history.goes("card").whose == "theirs"


# -- the powered card


@pytest.fixture
def history() -> History:
    return History().goes("known empty page touch")


def test_a_card_is_powered_once_as_long_as_it_stays(history: History) -> None:
    slot, reader = history.slot, history.reader
    reader.put_in()
    assert not slot.still_in
    card = slot.card()
    assert slot.card() is card and len(reader.lines) == 1
    assert card.exchange(*SELECT).ok and slot.still_in


def test_a_card_that_came_back_is_another_one_and_the_first_has_no_power(history: History) -> None:
    slot, reader = history.slot, history.reader
    reader.put_in()
    card = slot.card()
    reader.take_out()
    assert not slot.still_in
    reader.put_in()
    assert not slot.still_in
    assert slot.card() is not card
    assert [line.closed for line in reader.lines] == [True, False]


def test_a_card_that_is_dropped_has_no_power_and_is_powered_anew(history: History) -> None:
    slot, reader = history.slot, history.reader
    slot.drop()
    reader.put_in()
    card = slot.card()
    slot.drop()
    slot.drop()
    assert [line.closed for line in reader.lines] == [True]
    assert slot.card() is not card and slot.card().exchange(*SELECT).ok


def test_a_flow_hears_of_a_lost_card_in_the_cards_own_words(history: History) -> None:
    slot, reader = history.slot, history.reader
    with pytest.raises(CardLost, match="no card in the reader"):
        slot.card()
    reader.put_in()
    card = slot.card()
    reader.take_out()
    with pytest.raises(CardLost, match="the card was pulled") as lost:
        card.exchange(*SELECT)
    assert lost.value.__suppress_context__
