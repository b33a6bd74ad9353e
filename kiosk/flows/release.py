"""Releasing a link with Mynaportal: the note of the manual's step 11, done where it turns up.

Whose licence lapsed or was revoked, and who has obtained another, may have to release the former link before the new
licence can be linked. The person is told what is released, what that means and what stays, consents, and signs: the
card is still in, its signature PIN is typed once more. The four attributes are not read again where they have been; the
portal, which erased them when it refused the linking, is sent them anew. Terms that were agreed to during the same
visit, to the letter, are not read twice.

Refusing leaves everything as it was. What is said afterwards is what the portal has said.
"""

from __future__ import annotations

from kiosk.card.apdu import CardError
from kiosk.flows.asking.runner import Move, Step, walk
from kiosk.flows.asking.screen import Screen, Sound
from kiosk.flows.card_in_hand import BACK, NEXT
from kiosk.flows.printing import hand_over
from kiosk.flows.refusal import Stop, end_of, opening, tell
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
from kiosk.portal.errors import PortalError
from kiosk.portal.model import Purpose, Release, Released
from kiosk.receipts.slips import ReleasedSlip


def release(memory: Memory) -> Released | bool | None:
    """Release a link. memory: of this release; where attributes were sent, the linking that was refused goes before it.

    Returns what the portal has released; None when the person would rather not, and nothing was done; where it could
    not be released what `tell` returns, which has told how it ended. Raises as `carried_out`.
    """

    def act() -> Released | bool | None:
        try:
            memory.begin()
            return memory.released if walk(_steps(memory), memory) is NEXT else None
        except (Stop, PortalError, CardError) as problem:
            memory.cancel()
            return tell(memory.kiosk, end_of(problem), opening(problem), Purpose.RELEASE)

    return carried_out(memory, act)


def step_consent(memory: Memory) -> Move:
    """What is released, what it means, what stays, what is sent. Nothing of the person has been sent for it yet."""
    assert isinstance(memory.request, Release)
    known = memory.sent
    facts = {"scope": memory.request.scope, "known": known, "phone": memory.hand.phone}
    no = "refuse" if known else "back"
    screen = Screen("release", facts, ("next", no), reading=True, needs_card=known)
    return NEXT if memory.hand.ask(screen) == "next" else BACK


def step_hold(memory: Memory) -> Move:
    """The attributes that were read before."""
    memory.hold()
    return NEXT


def _steps(memory: Memory) -> tuple[Step[Memory], ...]:
    """What there is to do: all of it, or without what was done for the linking that was refused."""
    assert memory.request is not None
    consent = Step(0, "", step_consent)
    signature = (Step(0, "", sign_pin), Step(0, "", sign, asks=False))
    terms = Step(0, "", agree)
    if not memory.sent:
        card = (Step(0, "", prepare), Step(0, "", text_pin), Step(0, "", read, asks=False), Step(0, "", confirm))
        return (consent, *card, terms, *signature)
    known = memory.request.terms.sha256 == memory.agreed
    return (consent, Step(0, "", step_hold, asks=False), *(() if known else (terms,)), *signature)


def tell_released(memory: Memory, released: Released, resent: bool) -> str:
    """It is done, on the screen and on paper. Returns "next" to go on with linking, or "finish".

    resent: for that linking the attributes are sent anew without being shown first; then it is said here.
    """
    facts = {"released": released, "phone": memory.hand.phone, "resent": resent}
    screen = Screen("released", facts, ("next", "finish"), reading=True, sound=Sound.DONE)
    slip = ReleasedSlip(reference=released.reference, released_at=released.released_at, lapsed=released.lapsed)
    return hand_over(memory.kiosk, screen, slip)
