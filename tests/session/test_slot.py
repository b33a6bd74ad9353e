"""What is in the slot, whose card that is, and the one card that is powered."""

from __future__ import annotations

import pytest

from kiosk.card.apdu import CardLost
from kiosk.hw.device import SETTLE_SECONDS, ReaderState
from kiosk.session.handover import Handover
from kiosk.session.slot import CardSlot
from tests.session.world import SlotReader

BEGAN = 1000.0  # seconds
SETTLED = BEGAN + SETTLE_SECONDS
SELECT = ("SELECT", (0x00, 0xA4, 0x04, 0x0C))


@pytest.fixture
def reader() -> SlotReader:
    return SlotReader()


@pytest.fixture
def handover() -> Handover:
    return Handover()


@pytest.fixture
def slot(reader: SlotReader, handover: Handover) -> CardSlot:
    slot = CardSlot(reader, handover, BEGAN)
    reader.start(lambda _state: slot.changed())
    return slot


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
def test_each_state_of_the_reader(
    slot: CardSlot, reader: SlotReader, state: ReaderState, occupied: bool, mute: bool, card: bool
) -> None:
    reader.put_in(state)
    assert (slot.occupied, slot.mute, slot.has_card()) == (occupied, mute, card)


def test_a_card_that_was_in_before_does_not_count_where_a_newer_one_is_wanted(
    slot: CardSlot, reader: SlotReader
) -> None:
    reader.put_in()
    before = slot.insertion
    assert slot.has_card() and not slot.has_card(newer_than=before)
    reader.put_in()
    assert slot.has_card(newer_than=before)


# -- whose it is


def test_a_card_that_comes_while_the_page_is_there_was_put_in_by_somebody(slot: CardSlot, reader: SlotReader) -> None:
    slot.page_back()
    assert not slot.put_in_by_somebody
    reader.put_in(ReaderState.MUTE)
    assert slot.put_in_by_somebody, "also the wrong way round"
    reader.take_out()
    assert not slot.put_in_by_somebody


def test_a_card_that_was_in_before_the_page_came_was_not(slot: CardSlot, reader: SlotReader) -> None:
    reader.put_in()
    assert not slot.put_in_by_somebody
    slot.page_back()
    assert not slot.put_in_by_somebody


def test_nor_was_one_that_came_while_the_page_was_lost(slot: CardSlot, reader: SlotReader) -> None:
    slot.page_back()
    slot.page_lost()
    reader.put_in()
    assert not slot.put_in_by_somebody
    slot.page_back()
    assert not slot.put_in_by_somebody, "nobody was there who saw a screen"
    reader.put_in()
    assert slot.put_in_by_somebody


def test_the_last_persons_card_is_theirs_until_the_slot_has_been_seen_empty(
    slot: CardSlot, reader: SlotReader, handover: Handover
) -> None:
    handover.card_in = True
    assert slot.left_behind(BEGAN), "the reader has not looked yet, whatever it says"
    reader.put_in()
    assert slot.left_behind(BEGAN) and slot.left_behind(SETTLED + 60)
    reader.take_out()
    assert slot.left_behind(SETTLED - 0.1)
    assert not slot.left_behind(SETTLED)
    reader.put_in()
    assert not slot.left_behind(SETTLED + 60)


def test_a_reader_that_is_not_there_has_seen_nothing(slot: CardSlot, reader: SlotReader, handover: Handover) -> None:
    handover.card_in = True
    reader.state = ReaderState.ABSENT
    assert slot.left_behind(SETTLED + 60)


def test_before_a_visit_begins_no_card_is_anybodys(slot: CardSlot, reader: SlotReader, handover: Handover) -> None:
    reader.put_in()
    assert not handover.card_in


@pytest.mark.parametrize("state", [ReaderState.CARD, ReaderState.MUTE])
def test_the_next_session_is_told_whether_the_card_of_this_one_stayed(
    slot: CardSlot, reader: SlotReader, handover: Handover, state: ReaderState
) -> None:
    reader.put_in(state)
    slot.begin()
    assert handover.card_in
    reader.take_out()
    assert not handover.card_in
    reader.put_in(state)
    assert handover.card_in


# -- the powered card


def test_a_card_is_powered_once_as_long_as_it_stays(slot: CardSlot, reader: SlotReader) -> None:
    reader.put_in()
    assert not slot.still_in
    card = slot.card()
    assert slot.card() is card and len(reader.lines) == 1
    assert card.exchange(*SELECT).ok and slot.still_in


def test_a_card_that_came_back_is_another_one_and_the_first_has_no_power(slot: CardSlot, reader: SlotReader) -> None:
    reader.put_in()
    card = slot.card()
    reader.take_out()
    assert not slot.still_in
    reader.put_in()
    assert not slot.still_in
    assert slot.card() is not card
    assert [line.closed for line in reader.lines] == [True, False]


def test_a_card_that_is_dropped_has_no_power_and_is_powered_anew(slot: CardSlot, reader: SlotReader) -> None:
    slot.drop()
    reader.put_in()
    card = slot.card()
    slot.drop()
    slot.drop()
    assert [line.closed for line in reader.lines] == [True]
    assert slot.card() is not card and slot.card().exchange(*SELECT).ok


def test_a_flow_hears_of_a_lost_card_in_the_cards_own_words(slot: CardSlot, reader: SlotReader) -> None:
    with pytest.raises(CardLost, match="no card in the reader"):
        slot.card()
    reader.put_in()
    card = slot.card()
    reader.take_out()
    with pytest.raises(CardLost, match="the card was pulled") as lost:
        card.exchange(*SELECT)
    assert lost.value.__suppress_context__
