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

import msgspec

from kiosk.card.apdu import ApplicationAbsent, CardError, CardLost, CardProblem, FileAbsent
from kiosk.card.certificate import SignatureCertificate
from kiosk.card.cms import signed_data
from kiosk.card.jpki import JpkiApplication
from kiosk.card.pin import SIGN_PIN, TEXT_PIN
from kiosk.card.text import Attributes, Field, TextApplication
from kiosk.flows.ends import CardPulled, Ended, Left
from kiosk.flows.gains import GAINS, gains_of
from kiosk.flows.kiosk import Kiosk
from kiosk.flows.outcomes import End
from kiosk.flows.paper import hand_over
from kiosk.flows.refusal import Stop, end_of, tell
from kiosk.flows.runner import Move, Step, walk
from kiosk.flows.screen import Screen, Sound
from kiosk.flows.todo import N_
from kiosk.flows.visit import (
    AT_THE_PAD,
    BACK,
    NEXT,
    PHONES,
    OtherCard,
    Visit,
    ask,
    enter_pin,
    require_certificate,
    set_card,
    type_pin,
    with_pin,
)
from kiosk.portal.errors import PortalError, PortalUnreachable
from kiosk.portal.model import Applicant, Licence
from kiosk.portal.statement import statement
from kiosk.receipts.receipt import Receipt


def link(kiosk: Kiosk) -> bool:
    """Link one person's licence. Returns False when the person went back to home or asked to begin again.

    Raises the ends of `flows.ends`; whatever happens, what was begun at the portal is completed or cancelled.
    """
    visit = Visit(kiosk)
    try:
        return walk(STEPS, visit) is NEXT
    except (Stop, PortalError, CardError) as problem:
        visit.cancel()
        return tell(kiosk, end_of(problem))
    except Ended:
        kiosk.show(Screen("closing"))  # nothing of the person may stand there while the portal is told
        raise
    finally:
        visit.wipe_pin()
        visit.cancel()


def step_1_licence(visit: Visit) -> Move:
    """運転免許 → 連携をはじめる: what linking gives, what is needed, how long it takes."""
    return _forward(visit.kiosk.ask(Screen("licence", {"gains": GAINS}, ("next", "back"), step=1, reading=True)))


def step_2_contents(visit: Visit) -> Move:
    """マイナ免許証との連携 → 連携: the contents to confirm."""
    return _forward(visit.kiosk.ask(Screen("contents", {}, ("next", "back"), step=2, reading=True)))


def step_3_consent(visit: Visit) -> Move:
    """同意確認 → 同意して次へ. Refusing ends cleanly; nothing has been sent."""
    answer = visit.kiosk.ask(Screen("consent", {}, ("next", "refuse", "back"), step=3, reading=True))
    if answer == "refuse":
        raise Left
    if answer == "next" and visit.linking is None:
        visit.kiosk.show(Screen("sending", {"what": "begin"}, step=3))
        visit.linking = visit.kiosk.portal.begin()
    return _forward(answer)


def step_4_prepare(visit: Visit) -> Move:
    """アカウント登録用情報の送信 → マイナンバーカードを読み取る, then the card goes in."""
    while visit.kiosk.ask(Screen("prepare", {}, ("next", "back"), step=4)) == "next":
        if set_card(visit, 4, TextApplication) is not BACK:
            return NEXT
    return BACK


def step_5_text_pin(visit: Visit) -> Move:
    """パスワード入力: the four digits set at the municipal counter; not those registered with the licence."""
    return _forward(enter_pin(visit, 5, TextApplication, TEXT_PIN, End.TEXT_PIN_LOCKED))


def step_6_read(visit: Visit) -> Move:
    """カードの読み取り: name, address, birth date, sex. My Number itself is not read."""
    visit.kiosk.show(Screen("reading", {"what": "attributes"}, step=6, sound=Sound.CARD_IN))

    def read(text: TextApplication) -> None:
        text.verify(visit.pin)
        visit.attributes = text.read_attributes()

    return with_pin(visit, TextApplication, End.TEXT_PIN_LOCKED, read)


def step_7_confirm(visit: Visit) -> Move:
    """読み取った情報の確認 → 送信: held by the driver-management system until it is matched, then erased."""
    assert visit.attributes is not None and visit.linking is not None
    facts = {"attributes": visit.attributes}
    answer = ask(visit, Screen("confirm", facts, ("next", "back"), step=7, reading=True, needs_card=True))
    if answer == "back":
        return BACK
    visit.kiosk.show(Screen("sending", {"what": "attributes"}, step=7))
    visit.held = visit.kiosk.portal.hold(visit.linking, applicant(visit.attributes))
    return NEXT


def step_8_terms(visit: Visit) -> Move:
    """属性連携開始手続: the box opens only when the terms have been read to the end. No way back: step 7 has sent."""
    assert visit.linking is not None
    read = ticked = False
    while True:
        facts = {"terms": visit.linking.terms, "read": read, "ticked": ticked}
        answers = ("read_to_end", *(("tick",) if read else ()), *(("next",) if ticked else ()))
        match ask(visit, Screen("terms", facts, answers, step=8, reading=True, needs_card=True)):
            case "read_to_end":
                read = True
            case "tick":
                ticked = not ticked
            case "next":
                return NEXT


def step_9_sign_pin(visit: Visit) -> Move:
    """パスワード入力: the signature PIN, for the card or (9′) for a phone whose certificate is registered."""
    assert visit.held is not None and visit.attributes is not None
    answer: str | Move = BACK
    while visit.held.phone_certificate and answer is BACK:
        answer = ask(visit, Screen("phone", {}, ("phone", "card", "back"), step=9, needs_card=True))
        if answer == "back":
            return BACK
        if answer == "phone" and (answer := _sign_with_phone(visit)) is NEXT:
            return NEXT
    if _is_child(visit.attributes):
        with suppress(CardLost):  # asked for right below
            require_certificate(visit)
    return _forward(enter_pin(visit, 9, JpkiApplication, SIGN_PIN, End.SIGN_PIN_LOCKED))


def step_10_read(visit: Visit) -> Move:
    """カードの読み取り: the certificate and the signature. Not needed when the phone has signed."""
    if visit.linked is not None:
        return NEXT
    visit.kiosk.show(Screen("reading", {"what": "signature"}, step=10, sound=Sound.CARD_IN))
    return with_pin(visit, JpkiApplication, End.SIGN_PIN_LOCKED, lambda app: _sign_and_submit(visit, app))


def step_11_done(visit: Visit) -> Move:
    """連携の完了 → 運転免許（運転経歴情報）ページへ."""
    assert visit.linked is not None
    licence = as_of(datetime.date.today(), visit.linked.licence)
    linked = msgspec.structs.replace(visit.linked, licence=licence)
    gains = gains_of(licence)
    slip = {"reference": linked.reference, "when": linked.linked_at, "can": tuple(gain.text for gain in gains)}
    facts = {"linked": linked, "gains": gains}
    screen = Screen("linked", facts, ("licence_page", "finish"), step=11, reading=True, sound=Sound.DONE)
    if hand_over(visit.kiosk, screen, Receipt("linked", slip)) == "licence_page":
        visit.kiosk.ask(Screen("licence_page", {"licence": licence}, ("finish",), reading=True))
    return NEXT


def as_of(day: datetime.date, licence: Licence) -> Licence:
    """The licence with what is open on that day: the online lecture only within the renewal period (openapi.yaml)."""
    within = licence.renewal_from <= day <= licence.renewal_until
    return msgspec.structs.replace(licence, online_lecture=licence.online_lecture and within)


STEPS: tuple[Step[Visit], ...] = (
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


def _forward(answer: object) -> Move:
    return BACK if answer in ("back", BACK) else NEXT


def _is_child(attributes: Attributes) -> bool:
    """Below 16 the signature certificate may never have been issued (my-number-card.md §5.4: none below 15)."""
    age = attributes.age_on(datetime.date.today())
    return age is not None and age < 16


def _sign_with_phone(visit: Visit) -> str | Move:
    """Step 9′: the phone held to the reader signs. "card" when the person would rather use the card."""
    while True:
        told = visit.fault if visit.fault in AT_THE_PAD else ""
        app = _hold_phone(visit)
        if isinstance(app, str):
            return app
        try:
            answer = type_pin(visit, 9, app, SIGN_PIN, End.SIGN_PIN_LOCKED, "phone", told)
        except (CardLost, CardPulled):
            visit.fault = "removed"
            continue
        if answer is not NEXT:
            return answer
        visit.kiosk.show(Screen("reading", {"what": "phone"}, step=9, sound=Sound.CARD_IN))
        if with_pin(visit, JpkiApplication, End.SIGN_PIN_LOCKED, lambda app: _sign_and_submit(visit, app)) is NEXT:
            return NEXT


def _hold_phone(visit: Visit) -> JpkiApplication | str:
    """The phone's application, asking until there is a phone; "card" when the person would rather use the card."""
    fault = visit.told_fault()
    there = visit.kiosk.insertion
    unsuitable = None if visit.phone_on == there and fault != "other_card" else there
    while True:
        screen = Screen("set_card", {"fault": fault, "kind": "phone"}, ("card",), step=9)
        if visit.kiosk.await_card(screen, newer_than=unsuitable):
            return "card"
        unsuitable = visit.kiosk.insertion
        try:
            app = visit.select(JpkiApplication)
            if app.token_label() in PHONES:
                visit.phone_on = unsuitable
                return app
            fault = "not_a_phone"
        except CardLost:
            fault = "removed"
        except ApplicationAbsent:
            fault = "not_a_phone"


def _sign_and_submit(visit: Visit, app: JpkiApplication) -> None:
    """Certificate, signature, and the one call after which the portal decides."""
    assert visit.linking is not None and visit.attributes is not None
    app.verify_sign_pin(visit.pin)
    visit.wipe_pin()
    try:
        certificate = app.sign_certificate()
    except FileAbsent:
        raise Stop(End.CERTIFICATE_ABSENT) from None
    except CardProblem:  # a file with nothing in it but filler
        require_certificate(visit)
        raise
    if SignatureCertificate.parse(certificate).matches(visit.attributes) & {Field.BIRTH_DATE, Field.SEX}:
        raise OtherCard
    signed = signed_data(statement(visit.linking, applicant(visit.attributes)), certificate, app.sign)
    visit.kiosk.heed_leaving()
    visit.kiosk.show(Screen("sending", {"what": "signature"}, step=10))
    try:
        visit.linked = visit.kiosk.portal.submit(visit.linking, signed)
    except PortalUnreachable as lost:
        raise Stop(End.PORTAL_UNCERTAIN if lost.sent == "unknown" else End.PORTAL_UNREACHABLE) from None
