"""How a flow that cannot go on is told: one page and one slip for each refusal and each failure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from kiosk.advice.outcomes import OUTCOMES, REFUSALS, End, Outcome, of_a_look, of_a_release
from kiosk.card.apdu import CardError, KindUnknown
from kiosk.card.certificate import WHAT as CERTIFICATE
from kiosk.card.text import AttributeUnusable, Field
from kiosk.config.guidance import Guidance
from kiosk.flows.asking.contract import Kiosk
from kiosk.flows.asking.screen import Screen, Sound
from kiosk.flows.printing import hand_over
from kiosk.language.languages import N_
from kiosk.language.public import Public
from kiosk.portal.client import PortalBroken, PortalClosed, PortalRefused, PortalUnreachable, Sent
from kiosk.portal.model import OpensAt, Purpose, State
from kiosk.receipts.slips import OutcomeSlip


@dataclass(frozen=True)
class Ends:
    """How a purpose ends when it is not known what was done, and when the kiosk itself fails on the way."""

    uncertain: End
    cancelled: End
    unknown: End
    done: End


ENDS: Final = {
    Purpose.LINKING: Ends(End.PORTAL_UNCERTAIN, End.PROBLEM_CANCELLED, End.PROBLEM_UNCERTAIN, End.PROBLEM_LINKED),
    Purpose.RELEASE: Ends(
        End.RELEASE_UNCERTAIN, End.PROBLEM_NOT_RELEASED, End.PROBLEM_RELEASE_UNCERTAIN, End.PROBLEM_RELEASED
    ),
}

KINDS: Mapping[Purpose | None, Public] = {
    Purpose.LINKING: N_("運転免許の連携"),
    Purpose.RELEASE: N_("マイナ免許証との連携の解除"),
    None: N_("マイナ免許証"),
}
UNUSABLE = {
    Field.NAME: End.NAME_UNUSABLE,
    Field.ADDRESS: End.ADDRESS_UNUSABLE,
    Field.BIRTH_DATE: End.BIRTH_DATE_UNUSABLE,
    Field.SEX: End.SEX_UNUSABLE,
}


class Stop(Exception):
    """What was wanted cannot go on; `end` says why. at: where in the code, for what nobody foresaw."""

    def __init__(self, end: End, at: str = "") -> None:
        super().__init__(end.value)
        self.end = end
        self.at = at


def end_of(problem: Exception, sent: Sent | None = None) -> End:
    """The one page that belongs to a refusal or a failure. sent: what was sent last, for a failure that nobody foresaw
    and no flow has told of; None: nothing was."""
    match problem:
        case Stop():
            return problem.end
        case PortalRefused():
            return REFUSALS[problem.reason]
        case PortalClosed():
            return End.PORTAL_CLOSED
        case PortalUnreachable():
            return End.PORTAL_UNREACHABLE
        case PortalBroken():
            return End.PORTAL_BROKEN
        case KindUnknown():
            return End.CARD_KIND_UNKNOWN
        case AttributeUnusable():
            return End.ATTRIBUTES_DIFFER if problem.command == CERTIFICATE else UNUSABLE[problem.field]
        case CardError():
            return End.CARD_PROBLEM
    return unforeseen(sent)


def opening(problem: Exception) -> OpensAt | None:
    """When a closed portal opens, if it has said so."""
    return problem.opens_at if isinstance(problem, PortalClosed) else None


def tell(kiosk: Kiosk, end: End, opens_at: OpensAt | None = None, purpose: Purpose | None = Purpose.LINKING) -> bool:
    """Show how it ended and print the slip where the person has to go elsewhere. purpose: what something was signed
    for; None: a card was looked at. False: begin again."""
    outcome = OUTCOMES[end]
    if purpose is not Purpose.LINKING:
        outcome = of_a_release(outcome) if purpose is Purpose.RELEASE else of_a_look(outcome)
    outcome = outcome.told(kiosk.guidance)
    facts = {"end": end.value, "outcome": outcome, **({"opens_at": opens_at} if opens_at else {})}
    screen = Screen(
        "outcome",
        facts,
        ("again", "finish") if outcome.again else ("finish",),
        reading=True,
        sound=Sound.DONE if outcome.good else Sound.ERROR,
    )
    answer = hand_over(kiosk, screen, slip(outcome, KINDS[purpose], opens_at)) if outcome.slip else kiosk.ask(screen)
    return answer == "finish"


def failed_on_the_way(purpose: Purpose, over: State | None) -> End:
    """How it ends when the kiosk itself fails after something was sent for it. over: how it has ended at the portal, as
    far as that has said so."""
    ends = ENDS[purpose]
    if over is State.COMPLETED:
        return ends.done
    return ends.cancelled if over in (State.CANCELLED, State.REFUSED) else ends.unknown


def unforeseen(sent: Sent | None) -> End:
    """The same, where no flow knows. sent: what was sent last; None: nothing was."""
    return failed_on_the_way(sent.purpose, sent.ended) if sent else End.KIOSK_PROBLEM


def problem(guidance: Guidance, sent: Sent | None) -> Screen:
    """That the kiosk has a problem, where no flow is left that could ask anything or say how far it had come. sent:
    what was sent last; None: nothing was."""
    end = unforeseen(sent)
    return Screen("outcome", {"end": end.value, "outcome": OUTCOMES[end].told(guidance)}, sound=Sound.ERROR)


def slip(outcome: Outcome, kind: Public, opens_at: OpensAt | None = None) -> OutcomeSlip:
    """How it ended, on paper. kind: what was being done."""
    return OutcomeSlip(
        kind=kind,
        heading=outcome.heading,
        todo=outcome.todo,
        official=outcome.official,
        tries=outcome.tries,
        happened=outcome.happened,
        meaning=outcome.meaning,
        opens_at=opens_at,
    )
