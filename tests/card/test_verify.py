"""The PIN: never sent twice for one entry, never spent by asking."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.card.apdu import Card, CardError, CardLost, CardProblem, PinBlocked, PinWrong
from kiosk.card.file import read_start
from kiosk.card.pin import SIGN_PIN, TEXT_PIN, Tries
from kiosk.card.pin_tries import tries_left
from kiosk.card.verify import present

from .script import LOST, card

ASK = "00200091"
SELECT_PIN = ("00A4020C020011", "9000")
ASK_SELECTED = "00200080"
PIN = "31323334"


def pin() -> bytearray:
    return bytearray(b"1234")


@pytest.mark.parametrize(
    "refusal",
    [
        [(ASK, "6A86")],
        [(ASK, "6A82")],
        [(ASK, "6B00")],
        [(ASK, "6A88")],
        [(ASK, "6700"), (ASK + "00", "6700")],
        [(ASK, "6700"), (ASK + "00", "6A86")],
    ],
)
def test_without_short_identifiers_the_pin_file_is_selected(refusal: list[tuple[str, str]]) -> None:
    chip, script = card(*refusal, SELECT_PIN, (ASK_SELECTED, "63C3"), (ASK_SELECTED + "04" + PIN, "9000"))
    assert tries_left(chip, TEXT_PIN) == Tries(3, False)
    present(chip, TEXT_PIN, pin())
    assert script.finished


def test_the_pin_file_is_selected_again_when_another_may_be_selected_now() -> None:
    """By a SELECT, or by a short identifier that another file was read by."""
    another, read_on = ("00A4020C020002", "9000"), ("00B0000010", "00" * 16 + "9000")
    by_short_id = ("00B0820010", "00" * 16 + "9000")
    chip, script = card(
        *((ASK, "6A86"), SELECT_PIN, (ASK_SELECTED, "63C3")),
        *(another, read_on, SELECT_PIN, (ASK_SELECTED, "63C3")),
        *(by_short_id, SELECT_PIN, (ASK_SELECTED + "04" + PIN, "9000")),
    )
    tries_left(chip, TEXT_PIN)
    read_start(chip, 0x0002, 16, "object")
    tries_left(chip, TEXT_PIN)
    chip.short_ids = None  # as after a reset: it is tried again
    read_start(chip, 0x0002, 16, "object")
    chip.short_ids = False
    present(chip, TEXT_PIN, pin())
    assert script.finished


def ready(*exchanges: tuple[str, str]) -> tuple[Card, Callable[[], bool]]:
    """A card whose tries (3) were asked by short identifier."""
    chip, script = card((ASK, "63C3"), *exchanges)
    tries_left(chip, TEXT_PIN)
    return chip, lambda: script.finished


def test_a_pin_goes_out_in_one_command() -> None:
    chip, finished = ready((ASK + "04" + PIN, "9000"))
    present(chip, TEXT_PIN, pin())
    assert finished()


@pytest.mark.parametrize(
    ("status_word", "tries"), [("63C2", Tries(2, False)), ("63C1", Tries(1, False)), ("6300", Tries(None, False))]
)
def test_a_wrong_pin_says_how_many_tries_remain(status_word: str, tries: Tries) -> None:
    chip, _ = ready((ASK + "04" + PIN, status_word))
    with pytest.raises(PinWrong) as caught:
        present(chip, TEXT_PIN, pin())
    assert caught.value.tries == tries


@pytest.mark.parametrize("status_word", ["63C0", "6983", "6984"])
def test_blocked_comes_in_three_ways_and_means_one_thing(status_word: str) -> None:
    chip, _ = ready((ASK + "04" + PIN, status_word))
    with pytest.raises(PinBlocked):
        present(chip, TEXT_PIN, pin())


def test_a_pin_is_never_the_one_to_find_out_whether_short_identifiers_work() -> None:
    chip, script = card(SELECT_PIN, (ASK_SELECTED + "04" + PIN, "9000"))
    present(chip, TEXT_PIN, pin())
    assert script.finished


@pytest.mark.parametrize("status_word", ["6C04", "6F00", "6982", "6985", "6881", "6D00", "6100"])
def test_a_pin_is_not_sent_again_when_the_card_may_have_looked_at_it(status_word: str) -> None:
    chip, script = card((ASK, "63C3"), (ASK + "04" + PIN, status_word), ("00C0000000", "6F00"))
    tries_left(chip, TEXT_PIN)
    with pytest.raises(CardProblem):
        present(chip, TEXT_PIN, pin())
    assert sum(len(apdu) > 5 for apdu in script.sent) == 1


def test_a_pin_is_not_sent_again_when_the_card_is_pulled() -> None:
    chip, finished = ready((ASK + "04" + PIN, LOST))
    with pytest.raises(CardLost):
        present(chip, TEXT_PIN, pin())
    assert finished()


@pytest.mark.parametrize("refusal", ["6A86", "6A82", "6B00", "6700"])
def test_a_refused_form_is_followed_by_another_only_when_no_try_was_spent(refusal: str) -> None:
    chip, finished = ready(
        (ASK + "04" + PIN, refusal), SELECT_PIN, (ASK_SELECTED, "63C3"), (ASK_SELECTED + "04" + PIN, "9000")
    )
    present(chip, TEXT_PIN, pin())
    assert finished()


def test_a_refused_form_that_did_spend_a_try_ends_there() -> None:
    chip, finished = ready((ASK + "04" + PIN, "6700"), SELECT_PIN, (ASK_SELECTED, "63C2"))
    with pytest.raises(CardProblem, match="6700"):
        present(chip, TEXT_PIN, pin())
    assert finished()


def test_a_refused_form_is_not_followed_when_the_tries_were_not_known_before() -> None:
    chip, script = card((ASK + "04" + PIN, "6A86"), SELECT_PIN, (ASK_SELECTED, "63C3"))
    chip.short_ids = True
    with pytest.raises(CardProblem):
        present(chip, TEXT_PIN, pin())
    assert script.finished


@pytest.mark.parametrize("entry", [b"", b"123", b"12345", b"12a4"])
def test_an_entry_that_cannot_be_the_pin_is_not_sent(entry: bytes) -> None:
    chip, finished = ready()
    with pytest.raises(ValueError, match="text PIN: ") as caught:
        present(chip, TEXT_PIN, bytearray(entry))
    assert finished()
    assert not entry or entry.decode() not in str(caught.value)


def test_the_caller_keeps_the_pin_to_erase() -> None:
    chip, _ = ready((ASK + "04" + PIN, "9000"))
    entry = pin()
    present(chip, TEXT_PIN, entry)
    assert entry == b"1234"


WORDS = ["9000", "63C3", "63C2", "63C0", "6984", "6700", "6A82", "6A86", "6B00", "6A88", "6982", "6F00", "6C04", "6101"]


@given(st.lists(st.binary(max_size=4) | st.sampled_from(WORDS).map(bytes.fromhex), max_size=10), st.booleans())
def test_whatever_the_card_answers_a_pin_is_compared_once_at_most(answers: list[bytes], asked: bool) -> None:
    left = list(answers)
    with_pin: list[bytes] = []

    def transmit(apdu: bytes) -> bytes:
        if not left:
            raise CardLost("nothing answers")
        answer = left.pop(0)
        if b"ABC123" in apdu:
            with_pin.append(answer)
        return answer

    chip = Card(transmit)
    try:
        if asked:
            tries_left(chip, SIGN_PIN)
        present(chip, SIGN_PIN, bytearray(b"ABC123"))
    except CardError as error:
        assert "ABC123" not in repr(error)
    assert len(with_pin) <= 2
    if len(with_pin) == 2:
        assert asked
        assert with_pin[0][-2:].hex() in ("6a86", "6a82", "6b00", "6700")


@pytest.mark.parametrize("word", ["6200", "6282", "6283"])
def test_a_pin_taken_with_a_warning_is_taken(word: str) -> None:
    chip, script = card((ASK, "63C3"), (ASK + "04" + PIN, word))
    tries_left(chip, TEXT_PIN)
    present(chip, TEXT_PIN, pin())
    assert script.finished and chip.verified == {"text"}


def test_a_wrong_pin_tells_no_more_tries_than_there_can_be() -> None:
    chip, _ = card((ASK, "63C3"), (ASK + "04" + PIN, "63CF"))
    tries_left(chip, TEXT_PIN)
    with pytest.raises(PinWrong) as wrong:
        present(chip, TEXT_PIN, pin())
    assert wrong.value.tries == Tries(None, False)
