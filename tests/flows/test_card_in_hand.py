"""The card in hand: how it is asked for, how a PIN is told that cannot be used, and that none outlives its use."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kiosk.advice.outcomes import OUTCOMES, End
from kiosk.advice.pins import PINS
from kiosk.card.apdu import CardError, CardLost, PinBlocked, PinWrong
from kiosk.card.jpki import JpkiApplication
from kiosk.card.licence import LicenceApplication
from kiosk.card.pin import Tries
from kiosk.card.text import TextApplication
from kiosk.flows.asking.screen import Screen
from kiosk.flows.card_in_hand import BACK, LICENCE, NEXT, PHONE, SIGN, TEXT, CardInHand, OtherCard, PinUse
from kiosk.flows.refusal import Stop
from kiosk.sim.card import Behaviour, VirtualCard
from kiosk.sim.people import people
from kiosk.sim.pki import Pki
from tests.flows.scripted import ScriptedKiosk, puts_in
from tests.keys import KEYS

PEOPLE = people()
USES = [pytest.param(use, id=use.pin.rule.name) for use in (TEXT, SIGN, LICENCE)]
RIGHT = {"text": "1234", "sign": "ABC123", "licence": "2468"}


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki(KEYS)


@pytest.fixture
def card(pki: Pki) -> VirtualCard:
    return VirtualCard(PEOPLE["both"], pki)


def takes_out(answer: str) -> Callable[[ScriptedKiosk], str]:
    def take(kiosk: ScriptedKiosk) -> str:
        kiosk.take_out()
        return answer

    return take


# The table


def test_every_pin_that_is_typed_here_has_one_use_and_its_locked_outcome_has_its_words() -> None:
    uses: tuple[PinUse[TextApplication] | PinUse[JpkiApplication] | PinUse[LicenceApplication], ...]
    uses = (LICENCE, TEXT, SIGN)
    assert [use.pin for use in uses] == [pin for pin in PINS if pin.typed]
    for use in uses:
        assert use.pin.typed is not None and OUTCOMES[use.locked].heading == use.pin.typed.locked


# Asking for a card


def test_a_card_that_is_in_already_is_not_asked_for(card: VirtualCard) -> None:
    kiosk = ScriptedKiosk(card=card)
    assert isinstance(CardInHand(kiosk).await_card(4, TextApplication), TextApplication)
    assert kiosk.names == []


def test_an_application_is_selected_once_while_its_card_stays_in(card: VirtualCard) -> None:
    kiosk = ScriptedKiosk(card=card)
    hand = CardInHand(kiosk)
    first = hand.select(TextApplication)
    sent = len(card.trace)
    assert hand.select(TextApplication) is first and len(card.trace) == sent
    hand.select(JpkiApplication)
    assert hand.select(TextApplication) is not first, "another application has ended it"
    kiosk.take_out()
    kiosk.put_in(card)
    assert hand.select(TextApplication) is not first


def test_a_phone_that_has_taken_its_pin_is_selected_again_though_it_has_nothing_else_to_select(pki: Pki) -> None:
    hand = CardInHand(ScriptedKiosk(card=VirtualCard(PEOPLE["phone"], pki, "phone")))
    first = hand.select(JpkiApplication)
    first.verify_sign_pin(bytearray(b"ABC123"))
    again = hand.select(JpkiApplication)
    assert again is not first and again.current
    again.verify_sign_pin(bytearray(b"ABC123"))
    hand.require_certificate()  # or it would be called absent


def test_a_phone_where_a_card_is_wanted_is_told_to_be_one(pki: Pki, card: VirtualCard) -> None:
    kiosk = ScriptedKiosk(puts_in(card), card=VirtualCard(PEOPLE["phone"], pki, "phone"))
    assert CardInHand(kiosk).await_card(4, TextApplication) is not None
    assert [screen.facts["fault"] for screen in kiosk.screens] == ["phone"]


def test_a_card_where_a_phone_is_wanted_is_told_not_to_be_one(pki: Pki, card: VirtualCard) -> None:
    def another(kiosk: ScriptedKiosk) -> str:
        kiosk.take_out()
        return puts_in(card)(kiosk)

    kiosk = ScriptedKiosk(another, puts_in(VirtualCard(PEOPLE["phone"], pki, "phone")), card=card)
    hand = CardInHand(kiosk)
    phone = hand.await_phone(9)
    assert phone is not None and hand.phone_on == kiosk.insertion
    assert [screen.facts["fault"] for screen in kiosk.screens] == ["", "not_a_phone"]


def test_who_would_rather_use_the_card_than_the_phone_is_let_go(card: VirtualCard) -> None:
    assert CardInHand(ScriptedKiosk("card", card=card)).await_phone(9) is None


def test_a_card_taken_from_what_needs_it_is_waited_for_and_the_question_asked_again(card: VirtualCard) -> None:
    question = Screen("confirm", {}, ("next",), step=7, needs_card=True)
    kiosk = ScriptedKiosk(takes_out("next"), puts_in(card), "next", card=card)
    hand = CardInHand(kiosk)
    hand.select(TextApplication)
    assert hand.ask(question) == "next"
    assert kiosk.names == ["confirm", "set_card", "confirm"]
    assert kiosk.screens[1].facts == {"fault": "removed"} and kiosk.screens[1].step == 7, "nothing of the person"


# A PIN that cannot be used


@pytest.mark.parametrize(
    ("who", "behaviour", "use", "end"),
    [
        ("sign-locked", Behaviour(), SIGN, End.SIGN_PIN_LOCKED),
        ("child", Behaviour(), SIGN, End.CERTIFICATE_ABSENT),
        ("child", Behaviour(unset_pin_absent=True), SIGN, End.CERTIFICATE_ABSENT),
        ("face", Behaviour(), SIGN, End.CERTIFICATE_ABSENT),
        ("face", Behaviour(), TEXT, End.NO_PINS),
        ("face", Behaviour(unset_pin_absent=True), TEXT, End.NO_PINS),
    ],
)
def test_a_pin_that_was_never_issued_is_not_called_locked(
    pki: Pki,
    who: str,
    behaviour: Behaviour,
    use: PinUse[TextApplication],
    end: End,
) -> None:
    kiosk = ScriptedKiosk(card=VirtualCard(PEOPLE[who], pki, "card", behaviour))
    with pytest.raises(Stop) as stopped:
        CardInHand(kiosk).enter_pin(5, use)
    assert stopped.value.end is end
    assert kiosk.names == [], "nobody was asked for it"


@pytest.mark.parametrize("use", USES)
def test_a_locked_pin_is_told_as_locked(card: VirtualCard, use: PinUse[TextApplication]) -> None:
    card.pins[use.pin.rule.name].left = 0
    with pytest.raises(Stop) as stopped:
        CardInHand(ScriptedKiosk(card=card)).enter_pin(5, use)
    assert stopped.value.end is use.locked


# Typing one


@pytest.mark.parametrize("use", USES)
def test_the_pad_has_the_words_of_its_pin_and_the_tries_of_the_card(
    card: VirtualCard, use: PinUse[TextApplication]
) -> None:
    assert use.pin.typed is not None
    name = use.pin.rule.name
    card.pins[name].left = 2
    kiosk = ScriptedKiosk(f"pin:{RIGHT[name]}", card=card)
    hand = CardInHand(kiosk)
    assert hand.enter_pin(5, use) is NEXT
    assert hand.pin == RIGHT[name].encode()
    [pad] = kiosk.screens
    assert (pad.name, pad.step, pad.needs_card) == ("pin", 5, True)
    facts = {"pin": use.pin, "words": use.pin.typed.pad, "most": use.pin.rule.max_tries, "remaining": 2, "fault": ""}
    assert pad.facts == facts


def test_a_phones_pad_has_other_words_and_offers_the_card(pki: Pki) -> None:
    kiosk = ScriptedKiosk("card", card=VirtualCard(PEOPLE["phone"], pki, "phone"))
    hand = CardInHand(kiosk)
    assert hand.type_pin(9, PHONE, hand.select(JpkiApplication)) == "card"
    assert PHONE.pin.typed is not None and kiosk.screens[0].facts["words"] is PHONE.pin.typed.pad


def test_a_phones_last_try_and_its_lock_speak_of_the_phone(pki: Pki) -> None:
    phone = VirtualCard(PEOPLE["phone"], pki, "phone")
    phone.pins["sign"].left = 1
    kiosk = ScriptedKiosk("back", card=phone)
    hand = CardInHand(kiosk)
    assert hand.type_pin(9, PHONE, hand.select(JpkiApplication)) == "back"
    assert (kiosk.screens[0].name, kiosk.screens[0].facts["pin"]) == ("last_try", PHONE.pin)
    phone.pins["sign"].left = 0
    with pytest.raises(Stop) as locked:
        hand.type_pin(9, PHONE, hand.select(JpkiApplication))
    assert locked.value.end is End.PHONE_PIN_LOCKED


@pytest.mark.parametrize("use", USES)
def test_the_last_try_is_never_spent_without_a_yes(card: VirtualCard, use: PinUse[TextApplication]) -> None:
    name = use.pin.rule.name
    card.pins[name].left = 1
    kiosk = ScriptedKiosk("back", card=card)
    assert CardInHand(kiosk).enter_pin(5, use) is BACK
    assert kiosk.names == ["last_try"]
    kiosk = ScriptedKiosk("yes", f"pin:{RIGHT[name]}", card=card)
    assert CardInHand(kiosk).enter_pin(5, use) is NEXT
    assert kiosk.names == ["last_try", "pin"]
    assert card.pins[name].left == 1, "asking costs nothing"


def test_a_card_taken_from_the_pad_is_asked_for_and_then_the_pin_again(card: VirtualCard) -> None:
    kiosk = ScriptedKiosk(takes_out("back"), puts_in(card), "pin:1234", card=card)
    hand = CardInHand(kiosk)
    assert hand.enter_pin(5, TEXT) is NEXT
    assert kiosk.names == ["pin", "set_card", "pin"]
    assert kiosk.screens[1].facts["fault"] == "removed"
    assert [kiosk.screens[at].facts["fault"] for at in (0, 2)] == ["", "reset"]


def test_a_card_that_is_back_at_once_leaves_no_pad_that_is_empty_without_a_word(card: VirtualCard) -> None:
    """A bad contact, a bump against the slot: what was typed has gone, and nothing else on the screen has changed."""

    def bump(kiosk: ScriptedKiosk) -> str:
        kiosk.take_out()
        kiosk.put_in(card)
        return "back"

    kiosk = ScriptedKiosk(bump, "pin:1234", card=card)
    assert CardInHand(kiosk).enter_pin(5, TEXT) is NEXT
    assert [(screen.name, screen.facts["fault"]) for screen in kiosk.screens] == [("pin", ""), ("pin", "reset")]


# Using it


def typed(card: VirtualCard) -> CardInHand:
    hand = CardInHand(ScriptedKiosk("pin:1234", card=card))
    assert hand.enter_pin(5, TEXT) is NEXT
    return hand


def raising(problem: Exception) -> Callable[[TextApplication], None]:
    def act(_: TextApplication) -> None:
        raise problem

    return act


@pytest.mark.parametrize(
    ("problem", "fault"),
    [
        (PinWrong(Tries(2, blocked=False)), "wrong"),
        (OtherCard(), "other_card"),
        (CardLost("no card"), "removed"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_what_can_be_mended_here_is_asked_again_and_says_why_once(
    card: VirtualCard, problem: Exception, fault: str
) -> None:
    hand = typed(card)
    assert hand.use_pin(TEXT, raising(problem)) is BACK
    assert hand.pin == b""
    assert (hand.told_fault(), hand.told_fault()) == (fault, "")


@pytest.mark.parametrize("problem", [PinBlocked("locked"), CardError("nonsense"), ZeroDivisionError()])
def test_whatever_happens_the_pin_is_overwritten(card: VirtualCard, problem: Exception) -> None:
    hand = typed(card)
    entered = hand.pin
    with pytest.raises(Stop if isinstance(problem, PinBlocked) else type(problem)):
        hand.use_pin(TEXT, raising(problem))
    assert entered == b"" and hand.pin == b""


def test_a_pin_goes_only_to_the_card_it_was_typed_for(pki: Pki, card: VirtualCard) -> None:
    hand = typed(card)
    assert isinstance(hand.kiosk, ScriptedKiosk)
    hand.kiosk.take_out()
    hand.kiosk.put_in(VirtualCard(PEOPLE["excellent"], pki))
    assert hand.use_pin(TEXT, raising(AssertionError("it was used"))) is BACK
    assert (hand.fault, bytes(hand.pin)) == ("removed", b"")


def test_neither_the_pin_nor_the_card_stands_in_a_repr(card: VirtualCard) -> None:
    hand = typed(card)
    assert "1234" not in repr(hand) and "Application" not in repr(hand)


@pytest.mark.parametrize(("who", "there"), [("both", True), ("child", False)])
def test_a_signature_certificate_is_required_of_a_card_that_says_it_has_none(pki: Pki, who: str, there: bool) -> None:
    hand = CardInHand(ScriptedKiosk(card=VirtualCard(PEOPLE[who], pki)))
    if there:
        hand.require_certificate()
        return
    with pytest.raises(Stop) as stopped:
        hand.require_certificate()
    assert stopped.value.end is End.CERTIFICATE_ABSENT
