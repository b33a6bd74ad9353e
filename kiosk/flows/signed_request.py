"""A request that a person signs with their card: what linking and releasing have in common.

Both are begun at the portal, which is then sent the four attributes of the card, agreed to, signed, and decided there
once (kiosk/portal/openapi.yaml). `Memory` is what one of them knows so far; the steps here take it on. The steps of
linking have the numbers of the official manual; a release is none of them, and its screens have no number.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, TypeVar

from kiosk.advice.outcomes import End
from kiosk.card.apdu import CardError, CardLost, CardProblem, FileAbsent
from kiosk.card.certificate import SignatureCertificate
from kiosk.card.cms import signed_data
from kiosk.card.jpki import JpkiApplication
from kiosk.card.text import Attributes, Field, TextApplication
from kiosk.flows.asking.contract import Kiosk
from kiosk.flows.asking.ends import CardPulled, Left, VisitEnded
from kiosk.flows.asking.runner import Move
from kiosk.flows.asking.screen import Screen, Sound
from kiosk.flows.card_in_hand import BACK, NEXT, PHONE, SIGN, TEXT, CardInHand, NotKnownAgain, OtherCard, at_the_pad
from kiosk.flows.refusal import ENDS, Stop, end_of, failed_on_the_way
from kiosk.hw.supervise import where
from kiosk.language import dates
from kiosk.portal.errors import PortalRefused, PortalUnreachable
from kiosk.portal.model import Applicant, Held, Linked, Linking, Purpose, Release, Released, State
from kiosk.portal.statement import statement

T = TypeVar("T")


# What speaks of the card and what is in it. Where a phone has signed, or tried to, none of it is known of the card.
OF_THE_CARD: Final = {
    *(End.CERTIFICATE_ABSENT, End.CERTIFICATE_EXPIRED, End.CERTIFICATE_REVOKED, End.CERTIFICATE_UNKNOWN),
    *(End.ATTRIBUTES_DIFFER, End.CARD_PROBLEM, End.CARD_KIND_UNKNOWN),
}


@dataclass
class Memory:
    """What one request knows so far. It lives as long as the process does."""

    kiosk: Kiosk
    hand: CardInHand
    purpose: Purpose = Purpose.LINKING
    request: Linking | Release | None = field(default=None, repr=False)
    attributes: Attributes | None = field(default=None, repr=False)
    held: Held | None = field(default=None, repr=False)
    done: Linked | Released | None = field(default=None, repr=False)
    agreed: str = field(default="", repr=False)  # SHA-256 of the terms that were agreed to during this visit
    informed: bool = False  # of the contents of what is to be done
    sent: bool = False  # what was read of the person has been on its way to the portal
    over: State | None = None  # how it was ended before it was completed, as far as the portal has confirmed it

    @property
    def linked(self) -> Linked | None:
        return self.done if isinstance(self.done, Linked) else None

    @property
    def released(self) -> Released | None:
        return self.done if isinstance(self.done, Released) else None

    def after(self, purpose: Purpose) -> Memory:
        """The next request of the same visit. What was read of the card is known still; the portal has erased it."""
        return Memory(
            self.kiosk,
            self.hand,
            purpose,
            attributes=self.attributes,
            agreed=self.agreed,
            sent=self.sent,
            over=State.REFUSED,  # nothing is open
        )

    def step(self, number: int) -> int | None:
        """The number of the manual, for what is a step of it."""
        return number if self.purpose is Purpose.LINKING else None

    def begin(self) -> None:
        """Begin it at the portal, unless it has been."""
        if self.request is None:
            portal = self.kiosk.portal
            self.kiosk.show(Screen("sending", {"what": "begin", "sent": self.sent}, step=self.step(3)))
            self.request = portal.begin() if self.purpose is Purpose.LINKING else portal.begin_release()

    def hold(self) -> None:
        """Send the four attributes."""
        assert self.request is not None and self.attributes is not None
        facts = {"what": "attributes", "purpose": self.purpose.value, "phone": self.hand.phone}
        self.kiosk.show(Screen("sending", facts, step=self.step(7)))
        self.sent = True
        self.held = self.kiosk.portal.hold(self.request, applicant(self.attributes))

    def cancel(self) -> None:
        """Undo at the portal what was begun and not completed."""
        if self.request is not None and self.done is None:
            request, self.request = self.request, None
            self.over = self.kiosk.portal.cancel(request)

    def problem(self) -> End:
        """What is known at a moment that nobody foresaw, and no more. Ends at the portal what can be ended."""
        self.cancel()
        over = State.COMPLETED if self.done is not None else self.over
        if not self.sent and over is not State.COMPLETED:
            return End.KIOSK_PROBLEM
        return failed_on_the_way(self.purpose, over)


def carried_out(memory: Memory, act: Callable[[], T]) -> T:
    """What `act` returns, which takes the request on. Whatever happens, what was begun is completed or cancelled.

    Raises the ends of `flows.asking.ends`, and Stop for what nobody foresaw.
    """
    try:
        return act()
    except VisitEnded:
        memory.kiosk.show(Screen("closing"))  # nothing of the person may stand there while the portal is told
        raise
    except Stop:
        raise  # told already what is known
    except Exception as unforeseen:  # only here is it known what has been sent
        raise Stop(memory.problem(), where(unforeseen)) from None
    finally:
        memory.hand.wipe_pin()
        memory.cancel()


# The steps.


def prepare(memory: Memory) -> Move:
    """アカウント登録用情報の送信 → マイナンバーカードを読み取る, then the card goes in."""
    step = memory.step(4)
    while memory.kiosk.ask(Screen("prepare", {}, ("next", "back"), step=step)) == "next":
        if memory.hand.await_card(step, TextApplication) is not None:
            return NEXT
    return BACK


def text_pin(memory: Memory) -> Move:
    """パスワード入力: the four digits set at the municipal counter; not those registered with the licence."""
    return memory.hand.enter_pin(memory.step(5), TEXT)


def read(memory: Memory) -> Move:
    """カードの読み取り: name, address, birth date, sex. My Number itself is not read."""
    memory.kiosk.show(Screen("reading", {"what": "attributes"}, step=memory.step(6), sound=Sound.CARD_IN))

    def read_attributes(text: TextApplication) -> None:
        text.verify(memory.hand.pin)
        memory.attributes = text.read_attributes()
        memory.hand.know_again()

    return memory.hand.use_pin(TEXT, read_attributes)


def confirm(memory: Memory) -> Move:
    """読み取った情報の確認 → 送信: held until it is matched, then erased.

    Whose card has been out and cannot be known again types its PIN once more.
    """
    facts = {"attributes": memory.attributes, "purpose": memory.purpose.value}
    screen = Screen("confirm", facts, ("next", "back"), step=memory.step(7), reading=True, needs_card=True)
    try:
        if memory.hand.ask(screen, personal=True) == "back":
            return BACK
    except NotKnownAgain:
        memory.attributes, memory.hand.fault = None, "reset"
        return BACK
    memory.hold()
    return NEXT


def agree(memory: Memory) -> Move:
    """属性連携開始手続: the box opens only when the terms have been read to the end. No way back: they were sent for.

    Refusing ends cleanly, and what was sent is cancelled.
    """
    assert memory.request is not None
    terms = memory.request.terms
    read = ticked = False
    while True:
        facts = {"terms": terms, "read": read, "ticked": ticked}
        answers = ("refuse", "read_to_end", *(("tick",) if read else ()), *(("next",) if ticked else ()))
        screen = Screen("terms", facts, answers, step=memory.step(8), reading=True, needs_card=True)
        match memory.hand.ask(screen):
            case "read_to_end":
                read = True
            case "tick":
                ticked = not ticked
            case "refuse":
                raise Left
            case "next":
                memory.agreed = terms.sha256
                return NEXT


def sign_pin(memory: Memory) -> Move:
    """パスワード入力: the signature PIN, for the card or (9′) for a phone whose certificate is registered."""
    assert memory.held is not None and memory.attributes is not None
    step, answer = memory.step(9), "back"
    while memory.held.phone_certificate and answer == "back":
        answer = memory.hand.ask(Screen("phone", {}, ("phone", "card", "back"), step=step, needs_card=True))
        if answer == "back":
            return BACK
        if answer == "phone" and (answer := _sign_with_phone(memory)) == "next":
            return NEXT
    if _is_child(memory.attributes):
        with suppress(CardLost):  # asked for right below
            memory.hand.require_certificate()
    return memory.hand.enter_pin(step, SIGN)


def sign(memory: Memory) -> Move:
    """カードの読み取り: the certificate and the signature. Not needed when the phone has signed."""
    if memory.done is not None:
        return NEXT
    memory.kiosk.show(Screen("reading", {"what": "signature"}, step=memory.step(10), sound=Sound.CARD_IN))
    return memory.hand.use_pin(SIGN, lambda app: sign_and_submit(memory, app))


def applicant(attributes: Attributes) -> Applicant:
    """The four attributes in the form in which the portal takes them."""
    return Applicant(
        name=attributes.name,
        address=attributes.address,
        birth_date=attributes.birth_date,
        sex=attributes.sex.value,
    )


def _is_child(attributes: Attributes) -> bool:
    """Below 16 the signature certificate may never have been issued (my-number-card.md §5.4: none below 15)."""
    age = attributes.age_on(dates.today())
    return age is not None and age < 16


def _sign_with_phone(memory: Memory) -> str:
    """Step 9′: the phone held to the reader signs, and the card is not needed any more.

    "next" when it has; "card" when the person would rather use the card; "back". Raises Stop in the phone's words for
    whatever is the matter with the phone: the card may be as it should be.
    """
    try:
        return _held_to_the_reader(memory)
    except (Stop, PortalRefused, CardError) as problem:
        if end_of(problem) in OF_THE_CARD:
            raise Stop(End.PHONE_CERTIFICATE) from None
        raise


def _held_to_the_reader(memory: Memory) -> str:
    """The phone asked for, its PIN typed, the PIN used, until it has signed. Raises and returns as what it answers."""
    hand, step = memory.hand, memory.step(9)
    hand.told_fault()  # the card's, if any: nobody has held a phone there yet
    while True:
        told = at_the_pad(hand.fault)
        app = hand.await_phone(step)
        if app is None:
            return "card"
        try:
            answer = hand.type_pin(step, PHONE, app, told)
        except (CardLost, CardPulled):
            hand.fault = "removed"
            continue
        if answer != "next":
            return answer
        hand.kiosk.show(Screen("reading", {"what": "phone"}, step=step, sound=Sound.CARD_IN))
        if hand.use_pin(PHONE, lambda app: sign_and_submit(memory, app, phone=True)) is NEXT:
            return "next"


def sign_and_submit(memory: Memory, app: JpkiApplication, phone: bool = False) -> None:
    """Certificate, signature, and the one call after which the portal decides."""
    assert memory.request is not None and memory.attributes is not None
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
    signed = signed_data(statement(memory.request, applicant(memory.attributes)), certificate, app.sign)
    memory.kiosk.heed_leaving()
    what, step = ("phone", 9) if phone else ("signature", 10)
    memory.kiosk.show(Screen("sending", {"what": what}, step=memory.step(step)))
    try:
        memory.done = memory.kiosk.portal.submit(memory.request, signed)
    except PortalUnreachable as lost:
        uncertain = ENDS[memory.purpose].uncertain
        raise Stop(uncertain if lost.sent == "unknown" else End.PORTAL_UNREACHABLE) from None
