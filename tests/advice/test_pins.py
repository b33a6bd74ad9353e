"""The four PINs: each row is whole, its lengths are those of the card's rule, and its tries stand in no sentence."""

from __future__ import annotations

import re

import msgspec
import pytest

from kiosk.advice import pins
from kiosk.advice.outcomes import OUTCOMES, End
from kiosk.advice.pins import AUTH, LICENCE, PHONE, PINS, SIGN, TEXT, Pin
from kiosk.advice.todo import told
from kiosk.card.pin import AUTH_PIN, LICENCE_PIN, SIGN_PIN, TEXT_PIN, PinRule
from kiosk.config import guidance
from kiosk.web.view import TEMPLATES

FACTS = guidance.load()
EACH = [pytest.param(pin, id=pin.rule.name) for pin in PINS]
TYPED = [*(pytest.param(pin, id=pin.rule.name) for pin in PINS if pin.typed), pytest.param(PHONE, id="phone")]


def lengths(rule: PinRule) -> list[int]:
    return sorted({rule.shortest, rule.longest})


def numbers(sentence: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", sentence)]


def test_the_rows_are_the_four_pins_of_the_card() -> None:
    assert [pin.rule for pin in PINS] == [LICENCE_PIN, TEXT_PIN, AUTH_PIN, SIGN_PIN]
    for column in ("name", "official", "doing"):
        assert len({getattr(pin, column) for pin in PINS}) == 4, f"nobody could tell them apart by {column}"


@pytest.mark.parametrize("pin", EACH)
def test_a_pin_is_known_by_the_length_that_its_rule_has(pin: Pin) -> None:
    assert numbers(pin.name) == lengths(pin.rule)


@pytest.mark.parametrize("pin", EACH)
def test_what_people_are_told_of_the_tries_is_a_fact_and_the_shipped_one_is_what_the_card_does(pin: Pin) -> None:
    assert pin.tries(FACTS) == pin.rule.max_tries
    other = msgspec.structs.replace(FACTS, **{pin.fact: msgspec.structs.replace(getattr(FACTS, pin.fact), tries=7)})
    assert pin.tries(other) == 7
    assert not re.search(r"\d回|[０-９]回", repr(pin)), "no sentence counts"


@pytest.mark.parametrize("pin", EACH)
def test_everybody_learns_who_mends_it(pin: Pin) -> None:
    first, *_ = told(pin.unlock, FACTS)
    assert first.where == (FACTS.licence_desk if pin is LICENCE else FACTS.municipality).name
    assert pin.page is None or getattr(FACTS, pin.page).address.startswith("https://")
    assert (TEMPLATES / "drawings" / f"{pin.picture}.html").is_file()


def test_people_find_each_pin_by_what_they_were_doing() -> None:
    """What the screen offers is what a row answers to; only who is unsure goes another way."""
    offered = re.findall(r'row\("(\w+)"', (TEMPLATES / "screens" / "pin_doing.html").read_text("utf-8"))
    assert offered == [*(pin.doing for pin in PINS), "unsure"]


def test_the_log_in_pin_is_never_typed_here() -> None:
    assert [pin for pin in PINS if pin.typed is None] == [AUTH]


@pytest.mark.parametrize("pin", TYPED)
def test_a_pad_says_which_pin_it_is_and_which_it_is_not(pin: Pin) -> None:
    assert pin.typed is not None
    pad = pin.typed.pad
    assert numbers(re.sub("<[^>]*>", "", pad.heading)) == lengths(pin.rule)
    assert re.search("<strong>(ちがいます|べつのものです)</strong>", pad.lead)
    assert pad.on
    assert numbers(pin.typed.meant) == lengths(pin.rule)
    assert numbers(pin.typed.too_short) == [pin.rule.shortest]


def test_what_is_said_of_a_pin_that_is_typed_is_told_apart() -> None:
    typed = [pin.typed for pin in (LICENCE, TEXT, SIGN, PHONE) if pin.typed]
    for column in ("meant", "mended", "locked"):
        assert len({getattr(each, column) for each in typed}) == 4, f"two would be taken for one by {column}"
    assert len({each.pad.heading for each in typed}) == len({each.pad.lead for each in typed}) == 4


def test_a_right_last_try_promises_only_what_the_card_is_known_to_do() -> None:
    """Nobody has measured that the licence's counter is full again (my-number-card.md §4)."""
    promised = {pin.fact for pin in (LICENCE, TEXT, SIGN, PHONE) if pin.typed and "０にもどります" in pin.typed.right}
    assert promised == {"text_pin", "sign_pin"}


def test_nobody_who_signs_with_a_phone_is_told_of_the_cards_pin_or_sent_away_for_it() -> None:
    """A phone has a key pair and a PIN of its own (my-number-card.md §1); whoever cannot use it has the card here."""
    assert PHONE.typed is not None and "市区町村" not in repr(PHONE)
    assert PHONE.official.startswith("スマホ用") and PHONE.rule is SIGN.rule
    for end in (End.PHONE_PIN_LOCKED, End.PHONE_CERTIFICATE):
        [todo] = OUTCOMES[end].todo
        assert todo.place is None and "カードを使って" in todo.text
        assert OUTCOMES[end].official.startswith("スマホ用")


@pytest.mark.parametrize(
    ("pin", "end"),
    [(TEXT, End.TEXT_PIN_LOCKED), (SIGN, End.SIGN_PIN_LOCKED), (LICENCE, End.LICENCE_PIN_LOCKED)],
    ids=["text", "sign", "licence"],
)
def test_a_locked_pin_is_told_with_its_tries_that_the_card_is_whole_and_who_mends_it(pin: Pin, end: End) -> None:
    outcome = OUTCOMES[end]
    assert "%(most)s回" in outcome.happened
    assert (outcome.tries, outcome.told(FACTS).tries) == (None, pin.rule.max_tries)
    assert outcome.meaning.removeprefix("連携はされていません。").startswith("カードはこわれていません。")
    assert outcome.todo[: len(pin.unlock)] == pin.unlock
    assert (outcome.official, outcome.picture, outcome.sign) == (pin.official, pin.picture, "lock")


def test_every_row_stands_in_the_table() -> None:
    assert {each for each in vars(pins).values() if isinstance(each, Pin)} == {*PINS, PHONE}
