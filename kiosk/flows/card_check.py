"""Check my card: what it can do today and what to do next, for people who have no phone to ask. Nothing is typed.

The card is asked what it tells anybody (card/state.py). What is said here is no more than that: a certificate that is
there may have been revoked, and the end of the signature certificate stands behind its PIN. The end of the other one is
the person's birthday, so it is shown while their card is in, and never printed.

Whoever wants to see their licence may then type its PIN, after being told the tries. Taking the card out ends it all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

from kiosk.advice import pins, unlock
from kiosk.advice.outcomes import OUTCOMES, End
from kiosk.advice.todo import ASK_FIRST, ASK_THE_DESK, CARD, PLAIN_LICENCE, Plan, Todo
from kiosk.card.apdu import ApplicationAbsent, CardError, CardLost
from kiosk.card.jpki import JpkiApplication
from kiosk.card.licence import Licence, LicenceApplication
from kiosk.card.state import CardState, usable
from kiosk.config.guidance import Guidance
from kiosk.flows.asking.contract import Kiosk
from kiosk.flows.asking.ends import CardPulled
from kiosk.flows.asking.screen import Screen, Sound
from kiosk.flows.card_in_hand import AT_THE_PAD, LICENCE, NEXT, NOT_OURS, PHONES, CardInHand
from kiosk.flows.printing import hand_over
from kiosk.flows.refusal import Stop, end_of, tell
from kiosk.flows.take_home import slip
from kiosk.language import dates
from kiosk.language.languages import N_
from kiosk.language.public import NOTHING, Public

Way = Literal["finish", "home", "back"]


def check_card(kiosk: Kiosk) -> bool:
    """Returns False when the person goes back to home."""
    return look(kiosk) == "finish"


def look(kiosk: Kiosk, pin_unknown: bool = False) -> Way:
    """How the person leaves the check; "back" without a card. pin_unknown: they came to learn which PIN it is."""
    hand = CardInHand(kiosk)
    try:
        while True:
            jpki = hand.await_card(None, JpkiApplication)
            if jpki is None:
                return "back"
            kiosk.show(Screen("reading", {"what": "state"}, sound=Sound.CARD_IN))
            try:
                return _tell(hand, CardState.read(jpki), pin_unknown)
            except (CardLost, CardPulled):
                hand.fault = "removed"
            except ApplicationAbsent:
                hand.fault = NOT_OURS
    except (Stop, CardError) as problem:
        return "finish" if tell(kiosk, end_of(problem), purpose=None) else "home"
    finally:
        hand.wipe_pin()


def _tell(hand: CardInHand, state: CardState, pin_unknown: bool) -> Way:
    """The one page, and what may be looked at from there."""
    kiosk = hand.kiosk
    page = result(kiosk.guidance, state, pin_unknown)
    try:
        answer = hand_over(kiosk, page, slip(plan(kiosk.guidance, state, pin_unknown)))
        while answer == "licence":
            if (licence := _read_licence(hand, state)) is not None:
                shown = Screen("check_licence", {"licence": licence}, ("back", "finish"), reading=True, needs_card=True)
                if kiosk.ask(shown) == "finish":
                    return "finish"
            answer = kiosk.ask(page)
    except CardPulled:
        return "finish"
    return "finish" if answer == "finish" else "home"


def result(facts: Guidance, state: CardState, pin_unknown: bool = False) -> Screen:
    """The page, as it stands there without a word about paper. pin_unknown: as `look` has it."""
    shown = {
        "state": state,
        "linkable": _linkable(state),
        "until": state.auth_until and dates.in_japan(state.auth_until).date(),
        "expired": _over(state),
        "plan": plan(facts, state, pin_unknown),
        "perhaps_forgotten": pin_unknown and _none_locked(state),
        "paper": "",
    }
    answers = (*(("licence",) if _licence_can_be_read(state) else ()), "home", "finish")
    return Screen("check_result", shown, answers, reading=True, needs_card=True)


def _read_licence(hand: CardInHand, state: CardState) -> Licence | None:
    """The licence behind its PIN, or behind none if none was set. None when the person goes back."""
    assert state.licence is not None
    found: list[Licence] = []

    def read(app: LicenceApplication) -> None:
        app.verify(hand.pin if state.licence and state.licence.pin_set else None)
        hand.wipe_pin()
        found.append(app.read_licence())

    insertion = hand.kiosk.insertion
    warned = not state.licence.pin_set
    while not found:
        if hand.kiosk.insertion != insertion:
            raise CardLost  # another card must not be shown beside what was read of the first
        app = hand.select(LicenceApplication)
        if state.licence.pin_set:
            if not warned:
                remaining = app.pin_tries().remaining
                facts = {"pin": LICENCE.pin, "remaining": remaining, "most": LICENCE.pin.tries(hand.kiosk.guidance)}
                if hand.kiosk.ask(Screen("check_warn", facts, ("yes", "back"), needs_card=True)) == "back":
                    return None
                warned = True
            if hand.type_pin(None, LICENCE, app, hand.told_fault()) != "next":
                return None
        hand.kiosk.show(Screen("reading", {"what": "licence"}, sound=Sound.CARD_IN))
        if hand.use_pin(LICENCE, read) is not NEXT:
            if hand.fault not in AT_THE_PAD:
                raise CardLost
            if hand.fault == "wrong" and not state.licence.pin_set:
                raise Stop(End.CARD_PROBLEM)
    return found[0]


def _licence_can_be_read(state: CardState) -> bool:
    """With a PIN that is not locked; without one only while a refusal would not lock anything."""
    if state.licence is None or state.licence.pin_set is None or not usable(state.licence.pin):
        return False
    assert state.licence.pin is not None
    return state.licence.pin_set or state.licence.pin.remaining != 1


def _over(state: CardState) -> bool:
    """Whether the user-authentication certificate has ended."""
    return state.auth_until is not None and state.auth_until <= dates.now()


CARD_KNOWS_NOT = N_("暗証番号を忘れたかどうかは、カードからはわかりません。")
TO_A_CARD_WITH_PINS = Todo(
    N_("暗証番号のあるカードへの切りかえを相談します"),
    "municipality",
    bring=(CARD,),
    notes=(N_("連携や電子署名をする方の手続です。"), ASK_FIRST),
)
CERTIFICATE = Todo(
    N_("署名用の証明書を申し込みます"),
    "municipality",
    bring=(CARD,),
    say=((N_("署名用の証明書"), N_("署名用電子証明書")),),
    notes=(N_("連携や電子署名をする方の手続です。"), N_("15歳未満の方には発行されません。"), ASK_FIRST),
)
LOG_IN_CERTIFICATE = Todo(
    N_("ログイン用の証明書を申し込みます"),
    "municipality",
    bring=(CARD,),
    say=((N_("ログイン用の証明書"), N_("利用者証明用電子証明書")),),
    notes=(N_("ログインする方の手続です。"), ASK_FIRST),
)
RENEWAL = Todo(
    N_("ログイン用の証明書を更新します"),
    "municipality",
    bring=(CARD,),
    say=((N_("ログイン用の証明書"), N_("利用者証明用電子証明書")),),
    notes=(N_("署名用の証明書の期限も、聞きます。"), ASK_FIRST),
)
RECORDING = Todo(
    N_("免許情報の記録を申し込みます"),
    "licence_desk",
    bring=(CARD, PLAIN_LICENCE),
    notes=(N_("マイナ免許証として使う方の手続です。"), ASK_THE_DESK),
)


def plan(facts: Guidance, state: CardState, pin_unknown: bool = False) -> Plan:
    """What this card can do today, and what to do next. Nothing in it tells whose card it is. pin_unknown: as `look`
    has it."""
    phone = _is_phone(state)
    if phone:
        todo: tuple[Todo, ...] = (Todo(N_("カードを入れて、もう一度しらべます")),)
    elif state.pinless:
        todo = (TO_A_CARD_WITH_PINS, *_unlock_licence(state))
    else:
        todo = tuple(_mend(state))
    return Plan(
        N_("スマートフォンでできること") if phone else N_("このカードで、できること"),
        todo,
        can=tuple(_can(state)),
        know=(*_know(state), *((CARD_KNOWS_NOT,) if pin_unknown and _none_locked(state) else ())),
        page=facts.card_page.address if todo else NOTHING,
    ).told(facts)


def _none_locked(state: CardState) -> bool:
    """A card with PINs of which none is locked: if one does not work it was forgotten, which no card tells."""
    if _is_phone(state) or state.pinless:
        return False
    return not _locked(state) and not any(_unlock_licence(state))


def _is_phone(state: CardState) -> bool:
    return state.kind in PHONES


def _can_sign(state: CardState) -> bool:
    return state.sign_certificate is not False and usable(state.sign_pin)


def _can_log_in(state: CardState) -> bool:
    """A phone shows no certificate without its PIN."""
    shown = state.auth_certificate is not False if _is_phone(state) else state.auth_until is not None
    return usable(state.auth_pin) and shown and not _over(state)


def _linkable(state: CardState) -> bool:
    """As far as the card tells: the portal may know of a certificate that was revoked."""
    return state.licence is not None and usable(state.text_pin) and _can_sign(state)


def _can(state: CardState) -> Iterator[Public]:
    if state.licence:
        yield N_("マイナ免許証（免許の情報が入っています）")
        if state.licence.pin_set and usable(state.licence.pin):
            yield N_("マイナ免許証読み取りアプリで免許を見せる（免許の４けたの暗証番号）")
        if _linkable(state):
            yield N_("運転免許を、マイナポータルと連携する（２つの暗証番号）")
    phone = _is_phone(state)  # its PINs are others
    if _can_log_in(state):
        log_in = N_("マイナポータルにログインする（ログイン用の暗証番号）")
        yield N_("マイナポータルにログインする") if phone else log_in
    if _can_sign(state):
        yield N_("電子署名をする（スマホ署名用の暗証番号）") if phone else N_("電子署名をする（署名用の暗証番号）")


def _know(state: CardState) -> Iterator[Public]:
    """What was not looked into, of all that it says can be done."""
    if not (_can_log_in(state) or _can_sign(state)):
        return
    if _is_phone(state):
        yield N_("スマートフォンの証明書の期限がすぎていないか、失効していないかは、しらべていません。")
    elif state.sign_certificate is False:
        yield N_("証明書が失効していないかは、しらべていません。")
    else:
        yield N_("証明書の失効と、署名用の証明書の期限は、しらべていません。")


def _unlock_licence(state: CardState) -> Iterator[Todo]:
    if state.licence and state.licence.pin_set and not usable(state.licence.pin) and state.knows("licence_pin"):
        yield replace(unlock.POLICE, say=((pins.LICENCE.name, pins.LICENCE.official),))


def _locked(state: CardState) -> tuple[tuple[Public, Public], ...]:
    """The PINs that the municipal counter unlocks, by what they are called here and officially."""
    return tuple(
        (pin.name, pin.official)
        for pin, tries in (
            (pins.TEXT, state.text_pin),
            (pins.AUTH, state.auth_pin if state.auth_certificate is not False else None),
            (pins.SIGN, state.sign_pin if state.sign_certificate is not False else None),
        )
        if tries is not None and tries.blocked
    )


def _mend(state: CardState) -> Iterator[Todo]:
    """What keeps the card from something, each with who mends it; everything for the municipal counter in one."""
    locked = _locked(state)
    if locked:
        yield replace(unlock.COUNTER, say=locked)
    if state.sign_certificate is False:
        yield CERTIFICATE
    if state.auth_certificate is False:
        yield LOG_IN_CERTIFICATE
    if _over(state):
        yield RENEWAL if state.sign_certificate is not False else replace(RENEWAL, notes=(ASK_FIRST,))
    if state.licence is None and state.knows("licence"):
        yield RECORDING
    yield from _unlock_licence(state)
    if state.unread:
        yield OUTCOMES[End.CARD_PROBLEM].todo[0]
