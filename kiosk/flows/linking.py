"""Linking the licence with Mynaportal: the eleven steps of the official manual (pages 7 to 18), top to bottom.

Two things differ from the manual's order, both for the person's sake. The card is set at the end of step 4 instead of
in step 6, because the tries left are asked of the card before a PIN is typed (docs/decisions/0004). And from step 5 on
the card has to stay in: whoever takes it out has their data taken off the screen at once, and half a minute to put
it back.

The steps that a release has, too, stand in `signed_request.py`. Where a former link stands in the way it is released
here (`release.py`), and linking goes on: begun anew, the attributes sent anew, then from the terms (step 8). The
attributes are not read or confirmed a second time. Whoever came for a release alone, and links after it, has consented
to nothing but that: contents, consent and the attributes to be sent (steps 2, 3, 7) are asked first.

Everything a person can be refused with is a value of `outcomes.End`, raised as Stop and shown by one screen.
"""

from __future__ import annotations

import datetime

import msgspec

from kiosk.advice.gains import GAINS, gains_of
from kiosk.advice.outcomes import End
from kiosk.card.apdu import CardError
from kiosk.flows.asking.contract import Kiosk
from kiosk.flows.asking.ends import Left
from kiosk.flows.asking.runner import Move, Step, walk
from kiosk.flows.asking.screen import Screen, Sound
from kiosk.flows.card_in_hand import BACK, NEXT, CardInHand
from kiosk.flows.printing import hand_over
from kiosk.flows.refusal import Stop, end_of, opening, tell
from kiosk.flows.release import release, tell_released
from kiosk.flows.signed_request import (
    Memory,
    agree,
    carried_out,
    confirm,
    prepare,
    read,
    sign,
    sign_pin,
    text_pin,
)
from kiosk.language import dates
from kiosk.language.languages import N_
from kiosk.portal.errors import PortalError
from kiosk.portal.model import Licence, Linked, Linking, Offer, Purpose, Released
from kiosk.receipts.slips import AlreadyLinkedSlip, LinkedSlip


def link(kiosk: Kiosk) -> bool:
    """Link one person's licence. Returns False when the person went back to home or asked to begin again.

    Raises as `carried_out`.
    """
    memory = Memory(kiosk, CardInHand(kiosk))
    return carried_out(memory, lambda: _walk_and_tell(memory, STEPS))


def release_and_link(kiosk: Kiosk) -> bool:
    """Release a former link, from home, and then link if the person wishes. Returns and raises as `link`."""
    memory = Memory(kiosk, CardInHand(kiosk), Purpose.RELEASE)
    released = release(memory)
    if isinstance(released, Released):
        return _go_on(memory, released, (*STEPS[1:3], *STEPS[6:]))
    return bool(released)


def _walk_and_tell(memory: Memory, steps: tuple[Step[Memory], ...], released: bool = False) -> bool:
    """The steps; whatever ends them before the last is told on its page. released: a link was, during this visit."""
    try:
        return walk(steps, memory) is NEXT
    except (Stop, PortalError, CardError) as problem:
        end = end_of(problem)
        licence = _linked_before(memory) if end is End.ALREADY_LINKED else None
        memory.cancel()
        if end is End.RELEASE_FIRST:
            return tell(memory.kiosk, End.RELEASE_NOT_SEEN) if released else _release_first(memory)
        if licence is not None:
            return tell_linked(memory.kiosk, licence)
        return tell(memory.kiosk, end, opening(problem))


def _linked_before(memory: Memory) -> Licence | None:
    """The licence of somebody who is linked already, where the portal shows it."""
    return memory.kiosk.portal.linked_licence(memory.request) if isinstance(memory.request, Linking) else None


def _release_first(memory: Memory) -> bool:
    """A former link stands in the way: release it here if the portal can and the person wishes, and go on."""
    kiosk = memory.kiosk
    if Offer.RELEASE not in kiosk.portal.offers:
        return tell(kiosk, End.RELEASE_FIRST)
    former = memory.after(Purpose.RELEASE)
    released = release(former)
    if isinstance(released, Released):
        return _go_on(former, released, (RESUME, *STEPS[7:]))
    return tell(kiosk, End.RELEASE_FIRST) if released is None else released


def _go_on(memory: Memory, released: Released, steps: tuple[Step[Memory], ...]) -> bool:
    """A link was released; then linking. steps: what of it is still to be done; the attributes have been read."""
    if carried_out(memory, lambda: tell_released(memory, released, RESUME in steps)) == "finish":
        return True
    linking = memory.after(Purpose.LINKING)
    return carried_out(linking, lambda: _walk_and_tell(linking, steps, released=True))


def step_1_licence(memory: Memory) -> Move:
    """運転免許 → 連携をはじめる: what linking gives, what is needed, how long it takes.

    もう連携した方 go the same way, since only a signature shows whose licence it is, but know the contents of step 2.
    """
    screen = Screen("licence", {"gains": GAINS}, ("next", "already", "back"), step=1, reading=True)
    answer = memory.kiosk.ask(screen)
    memory.informed = answer == "already"
    return _forward(answer)


def step_2_contents(memory: Memory) -> Move:
    """マイナ免許証との連携 → 連携: the contents to confirm."""
    if memory.informed:
        memory.informed = False  # who comes back here is shown them
        return NEXT
    return _forward(memory.kiosk.ask(Screen("contents", {}, ("next", "back"), step=2, reading=True)))


def step_3_consent(memory: Memory) -> Move:
    """同意確認 → 同意して次へ. Refusing ends cleanly; nothing has been sent."""
    answer = memory.kiosk.ask(Screen("consent", {}, ("next", "refuse", "back"), step=3, reading=True))
    if answer == "refuse":
        raise Left
    if answer == "next":
        memory.begin()
    return _forward(answer)


def resume(memory: Memory) -> Move:
    """In the place of steps 3 to 7, when they have been gone through: the portal has erased what it was sent."""
    memory.begin()
    memory.hold()
    return NEXT


def step_11_done(memory: Memory) -> Move:
    """連携の完了 → 運転免許（運転経歴情報）ページへ."""
    assert memory.linked is not None
    tell_linked(memory.kiosk, memory.linked.licence, memory.linked)
    return NEXT


def tell_linked(kiosk: Kiosk, licence: Licence, linked: Linked | None = None) -> bool:
    """What a linked person has of it, on the screen and on paper, and the licence for who wants to see it.

    linked: just now. None: it was linked before; nothing has been done, and there is no number.
    """
    licence = as_of(dates.today(), licence)
    gains = gains_of(licence)
    can = tuple(gain.own for gain in gains)
    facts = {"licence": licence, "linked": linked, "gains": gains}
    step = 11 if linked else None
    screen = Screen("linked", facts, ("licence_page", "finish"), step=step, reading=True, sound=Sound.DONE)
    slip = (
        LinkedSlip(reference=linked.reference, linked_at=linked.linked_at, can=can)
        if linked
        else AlreadyLinkedSlip(can=can)
    )
    if hand_over(kiosk, screen, slip) == "licence_page":
        kiosk.ask(Screen("licence_page", {"licence": licence}, ("finish",), reading=True))
    return True


def as_of(day: datetime.date, licence: Licence) -> Licence:
    """The licence with what is open on that day: the online lecture only within the renewal period (openapi.yaml)."""
    within = licence.renewal_from <= day <= licence.renewal_until
    return msgspec.structs.replace(licence, online_lecture=licence.online_lecture and within)


STEPS: tuple[Step[Memory], ...] = (
    Step(1, N_("運転免許"), step_1_licence),
    Step(2, N_("マイナ免許証との連携"), step_2_contents),
    Step(3, N_("同意確認"), step_3_consent),
    Step(4, N_("アカウント登録用情報の送信"), prepare),
    Step(5, N_("パスワード入力（券面事項入力補助用）"), text_pin),
    Step(6, N_("カードの読み取り"), read, asks=False),
    Step(7, N_("読み取った情報の確認"), confirm),
    Step(8, N_("属性連携開始手続（利用規約）"), agree),
    Step(9, N_("パスワード入力（署名用電子証明書）"), sign_pin),
    Step(10, N_("カードの読み取り"), sign, asks=False),
    Step(11, N_("連携の完了"), step_11_done),
)


RESUME = Step(7, N_("アカウント登録用情報の送信"), resume, asks=False)


def _forward(answer: str) -> Move:
    return BACK if answer == "back" else NEXT
