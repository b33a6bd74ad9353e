"""Linking the licence with Mynaportal: the eleven steps of the official manual (pages 7 to 18), top to bottom.

Two things differ from the manual's order, both for the person's sake. The card is set at the end of step 4 instead of
in step 6, because the tries left are asked of the card before a PIN is typed (docs/decisions/0004). And from step 5 on
the card has to stay in: whoever takes it out has their data taken off the screen at once, and half a minute to put
it back.

Everything a person can be refused with is a value of `outcomes.End`, raised as Stop and shown by one screen.
"""

from __future__ import annotations

import datetime
from contextlib import suppress
from dataclasses import dataclass, field

import msgspec

from kiosk.advice.gains import GAINS, gains_of
from kiosk.advice.outcomes import End
from kiosk.card.apdu import CardError, CardLost, CardProblem, FileAbsent
from kiosk.card.certificate import SignatureCertificate
from kiosk.card.cms import signed_data
from kiosk.card.jpki import JpkiApplication
from kiosk.card.text import Attributes, Field, TextApplication
from kiosk.flows.asking.contract import Kiosk
from kiosk.flows.asking.ends import CardPulled, Left, VisitEnded
from kiosk.flows.asking.runner import Move, Step, walk
from kiosk.flows.asking.screen import Screen, Sound
from kiosk.flows.card_in_hand import AT_THE_PAD, BACK, NEXT, SIGN, TEXT, CardInHand, OtherCard
from kiosk.flows.paper import hand_over
from kiosk.flows.refusal import Stop, end_of, opening, tell
from kiosk.hw.supervise import where
from kiosk.language import dates
from kiosk.language.languages import N_
from kiosk.portal.errors import PortalError, PortalUnreachable
from kiosk.portal.model import Applicant, Held, Licence, Linked, Linking, State
from kiosk.portal.statement import statement
from kiosk.receipts.slips import LinkedSlip


@dataclass
class Memory:
    """What one linking knows so far. It lives as long as the process does."""

    kiosk: Kiosk
    hand: CardInHand
    linking: Linking | None = field(default=None, repr=False)
    attributes: Attributes | None = field(default=None, repr=False)
    held: Held | None = field(default=None, repr=False)
    linked: Linked | None = field(default=None, repr=False)
    sent: bool = False  # what was read of the person has been on its way to the portal
    over: State | None = None  # how it was ended before it was completed, as far as the portal has confirmed it

    def cancel(self) -> None:
        """Undo at the portal what was begun and not completed."""
        if self.linking is not None and self.linked is None:
            linking, self.linking = self.linking, None
            self.over = self.kiosk.portal.cancel(linking)

    def problem(self) -> End:
        """What is known at a moment that nobody foresaw, and no more. Ends at the portal what can be ended."""
        self.cancel()
        if self.linked is not None or self.over is State.COMPLETED:
            return End.PROBLEM_LINKED
        if not self.sent:
            return End.KIOSK_PROBLEM
        return End.PROBLEM_CANCELLED if self.over in (State.CANCELLED, State.REFUSED) else End.PROBLEM_UNCERTAIN


def link(kiosk: Kiosk) -> bool:
    """Link one person's licence. Returns False when the person went back to home or asked to begin again.

    Raises the ends of `flows.asking.ends`, and Stop for what nobody foresaw; whatever happens, what was begun at the
    portal is completed or cancelled.
    """
    memory = Memory(kiosk, CardInHand(kiosk))
    try:
        return _walk_and_tell(memory)
    except VisitEnded:
        kiosk.show(Screen("closing"))  # nothing of the person may stand there while the portal is told
        raise
    except Exception as unforeseen:  # only here is it known what has been sent
        raise Stop(memory.problem(), where(unforeseen)) from None
    finally:
        memory.hand.wipe_pin()
        memory.cancel()


def _walk_and_tell(memory: Memory) -> bool:
    """The eleven steps; whatever ends them before the last is told on its page."""
    try:
        return walk(STEPS, memory) is NEXT
    except (Stop, PortalError, CardError) as problem:
        memory.cancel()
        return tell(memory.kiosk, end_of(problem), opening(problem))


def step_1_licence(memory: Memory) -> Move:
    """運転免許 → 連携をはじめる: what linking gives, what is needed, how long it takes."""
    return _forward(memory.kiosk.ask(Screen("licence", {"gains": GAINS}, ("next", "back"), step=1, reading=True)))


def step_2_contents(memory: Memory) -> Move:
    """マイナ免許証との連携 → 連携: the contents to confirm."""
    return _forward(memory.kiosk.ask(Screen("contents", {}, ("next", "back"), step=2, reading=True)))


def step_3_consent(memory: Memory) -> Move:
    """同意確認 → 同意して次へ. Refusing ends cleanly; nothing has been sent."""
    answer = memory.kiosk.ask(Screen("consent", {}, ("next", "refuse", "back"), step=3, reading=True))
    if answer == "refuse":
        raise Left
    if answer == "next" and memory.linking is None:
        memory.kiosk.show(Screen("sending", {"what": "begin"}, step=3))
        memory.linking = memory.kiosk.portal.begin()
    return _forward(answer)


def step_4_prepare(memory: Memory) -> Move:
    """アカウント登録用情報の送信 → マイナンバーカードを読み取る, then the card goes in."""
    while memory.kiosk.ask(Screen("prepare", {}, ("next", "back"), step=4)) == "next":
        if memory.hand.await_card(4, TextApplication) is not None:
            return NEXT
    return BACK


def step_5_text_pin(memory: Memory) -> Move:
    """パスワード入力: the four digits set at the municipal counter; not those registered with the licence."""
    return memory.hand.enter_pin(5, TEXT)


def step_6_read(memory: Memory) -> Move:
    """カードの読み取り: name, address, birth date, sex. My Number itself is not read."""
    memory.kiosk.show(Screen("reading", {"what": "attributes"}, step=6, sound=Sound.CARD_IN))

    def read(text: TextApplication) -> None:
        text.verify(memory.hand.pin)
        memory.attributes = text.read_attributes()

    return memory.hand.use_pin(TEXT, read)


def step_7_confirm(memory: Memory) -> Move:
    """読み取った情報の確認 → 送信: held by the driver-management system until it is matched, then erased."""
    assert memory.attributes is not None and memory.linking is not None
    facts = {"attributes": memory.attributes}
    answer = memory.hand.ask(Screen("confirm", facts, ("next", "back"), step=7, reading=True, needs_card=True))
    if answer == "back":
        return BACK
    memory.kiosk.show(Screen("sending", {"what": "attributes"}, step=7))
    memory.sent = True
    memory.held = memory.kiosk.portal.hold(memory.linking, applicant(memory.attributes))
    return NEXT


def step_8_terms(memory: Memory) -> Move:
    """属性連携開始手続: the box opens only when the terms have been read to the end. No way back: step 7 has sent.

    Refusing ends cleanly, and what was sent is cancelled.
    """
    assert memory.linking is not None
    read = ticked = False
    while True:
        facts = {"terms": memory.linking.terms, "read": read, "ticked": ticked}
        answers = ("refuse", "read_to_end", *(("tick",) if read else ()), *(("next",) if ticked else ()))
        match memory.hand.ask(Screen("terms", facts, answers, step=8, reading=True, needs_card=True)):
            case "read_to_end":
                read = True
            case "tick":
                ticked = not ticked
            case "refuse":
                raise Left
            case "next":
                return NEXT


def step_9_sign_pin(memory: Memory) -> Move:
    """パスワード入力: the signature PIN, for the card or (9′) for a phone whose certificate is registered."""
    assert memory.held is not None and memory.attributes is not None
    answer = "back"
    while memory.held.phone_certificate and answer == "back":
        answer = memory.hand.ask(Screen("phone", {}, ("phone", "card", "back"), step=9, needs_card=True))
        if answer == "back":
            return BACK
        if answer == "phone" and (answer := _sign_with_phone(memory)) == "next":
            return NEXT
    if _is_child(memory.attributes):
        with suppress(CardLost):  # asked for right below
            memory.hand.require_certificate()
    return memory.hand.enter_pin(9, SIGN)


def step_10_read(memory: Memory) -> Move:
    """カードの読み取り: the certificate and the signature. Not needed when the phone has signed."""
    if memory.linked is not None:
        return NEXT
    memory.kiosk.show(Screen("reading", {"what": "signature"}, step=10, sound=Sound.CARD_IN))
    return memory.hand.use_pin(SIGN, lambda app: _sign_and_submit(memory, app))


def step_11_done(memory: Memory) -> Move:
    """連携の完了 → 運転免許（運転経歴情報）ページへ."""
    assert memory.linked is not None
    licence = as_of(dates.today(), memory.linked.licence)
    linked = msgspec.structs.replace(memory.linked, licence=licence)
    gains = gains_of(licence)
    slip = LinkedSlip(reference=linked.reference, linked_at=linked.linked_at, can=tuple(gain.text for gain in gains))
    facts = {"linked": linked, "gains": gains}
    screen = Screen("linked", facts, ("licence_page", "finish"), step=11, reading=True, sound=Sound.DONE)
    if hand_over(memory.kiosk, screen, slip) == "licence_page":
        memory.kiosk.ask(Screen("licence_page", {"licence": licence}, ("finish",), reading=True))
    return NEXT


def as_of(day: datetime.date, licence: Licence) -> Licence:
    """The licence with what is open on that day: the online lecture only within the renewal period (openapi.yaml)."""
    within = licence.renewal_from <= day <= licence.renewal_until
    return msgspec.structs.replace(licence, online_lecture=licence.online_lecture and within)


STEPS: tuple[Step[Memory], ...] = (
    Step(1, N_("運転免許"), step_1_licence),
    Step(2, N_("マイナ免許証との連携"), step_2_contents),
    Step(3, N_("同意確認"), step_3_consent),
    Step(4, N_("アカウント登録用情報の送信"), step_4_prepare),
    Step(5, N_("パスワード入力（券面事項入力補助用）"), step_5_text_pin),
    Step(6, N_("カードの読み取り"), step_6_read, asks=False),
    Step(7, N_("読み取った情報の確認"), step_7_confirm),
    Step(8, N_("属性連携開始手続（利用規約）"), step_8_terms),
    Step(9, N_("パスワード入力（署名用電子証明書）"), step_9_sign_pin),
    Step(10, N_("カードの読み取り"), step_10_read, asks=False),
    Step(11, N_("連携の完了"), step_11_done),
)


def applicant(attributes: Attributes) -> Applicant:
    """The four attributes in the form in which the portal takes them."""
    return Applicant(
        name=attributes.name,
        address=attributes.address,
        birth_date=attributes.birth_date,
        sex=attributes.sex.value,
    )


def _forward(answer: str) -> Move:
    return BACK if answer == "back" else NEXT


def _is_child(attributes: Attributes) -> bool:
    """Below 16 the signature certificate may never have been issued (my-number-card.md §5.4: none below 15)."""
    age = attributes.age_on(dates.today())
    return age is not None and age < 16


def _sign_with_phone(memory: Memory) -> str:
    """Step 9′: the phone held to the reader signs, and the card is not needed any more.

    "next" when it has; "card" when the person would rather use the card; "back".
    """
    hand = memory.hand
    while True:
        told = hand.fault if hand.fault in AT_THE_PAD else ""
        app = hand.await_phone(9)
        if app is None:
            return "card"
        try:
            answer = hand.type_pin(9, SIGN, app, told, phone=True)
        except (CardLost, CardPulled):
            hand.fault = "removed"
            continue
        if answer != "next":
            return answer
        hand.kiosk.show(Screen("reading", {"what": "phone"}, step=9, sound=Sound.CARD_IN))
        if hand.use_pin(SIGN, lambda app: _sign_and_submit(memory, app, phone=True)) is NEXT:
            return "next"


def _sign_and_submit(memory: Memory, app: JpkiApplication, phone: bool = False) -> None:
    """Certificate, signature, and the one call after which the portal decides."""
    assert memory.linking is not None and memory.attributes is not None
    app.verify_sign_pin(memory.hand.pin)
    memory.hand.wipe_pin()
    try:
        certificate = app.sign_certificate()
    except FileAbsent:
        raise Stop(End.CERTIFICATE_ABSENT) from None
    except CardProblem:  # a file with nothing in it but filler
        memory.hand.require_certificate()
        raise
    if SignatureCertificate.parse(certificate).matches(memory.attributes) & {Field.BIRTH_DATE, Field.SEX}:
        raise OtherCard
    signed = signed_data(statement(memory.linking, applicant(memory.attributes)), certificate, app.sign)
    memory.kiosk.heed_leaving()
    what, step = ("phone", 9) if phone else ("signature", 10)
    memory.kiosk.show(Screen("sending", {"what": what}, step=step))
    try:
        memory.linked = memory.kiosk.portal.submit(memory.linking, signed)
    except PortalUnreachable as lost:
        raise Stop(End.PORTAL_UNCERTAIN if lost.sent == "unknown" else End.PORTAL_UNREACHABLE) from None
