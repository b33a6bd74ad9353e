"""How a flow that cannot go on is told: one page and one slip for each refusal and each failure."""

from __future__ import annotations

from kiosk.advice.outcomes import OUTCOMES, REFUSALS, End, Outcome, of_a_release
from kiosk.card.apdu import CardError, KindUnknown
from kiosk.card.certificate import WHAT as CERTIFICATE
from kiosk.card.text import AttributeUnusable, Field
from kiosk.config.guidance import Guidance
from kiosk.flows.asking.contract import Kiosk
from kiosk.flows.asking.screen import Screen, Sound
from kiosk.flows.paper import hand_over
from kiosk.portal.client import PortalBroken, PortalClosed, PortalRefused, PortalUnreachable
from kiosk.portal.model import OpensAt, Purpose
from kiosk.receipts.slips import OutcomeSlip

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


def end_of(problem: Exception) -> End:
    """The one page that belongs to a refusal or a failure."""
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
    return End.KIOSK_PROBLEM


def opening(problem: Exception) -> OpensAt | None:
    """When a closed portal opens, if it has said so."""
    return problem.opens_at if isinstance(problem, PortalClosed) else None


def tell(kiosk: Kiosk, end: End, opens_at: OpensAt | None = None, purpose: Purpose = Purpose.LINKING) -> bool:
    """Show how it ended and print the slip where the person has to go elsewhere. False: begin again."""
    outcome = OUTCOMES[end] if purpose is Purpose.LINKING else of_a_release(OUTCOMES[end])
    outcome = outcome.told(kiosk.guidance)
    facts = {"end": end.value, "outcome": outcome, **({"opens_at": opens_at} if opens_at else {})}
    screen = Screen(
        "outcome",
        facts,
        ("again", "finish") if outcome.again else ("finish",),
        reading=True,
        sound=Sound.DONE if outcome.good else Sound.ERROR,
    )
    answer = hand_over(kiosk, screen, slip(outcome, opens_at)) if outcome.slip else kiosk.ask(screen)
    return answer == "finish"


def problem(guidance: Guidance, sent: Purpose | None) -> Screen:
    """That the kiosk has a problem, where no flow is left that could ask anything or say how far it had come. sent:
    what for something was sent; None: nothing was."""
    ends = {None: End.KIOSK_PROBLEM, Purpose.LINKING: End.PROBLEM_UNCERTAIN}
    end = ends.get(sent, End.PROBLEM_RELEASE_UNCERTAIN)
    return Screen("outcome", {"end": end.value, "outcome": OUTCOMES[end].told(guidance)}, sound=Sound.ERROR)


def slip(outcome: Outcome, opens_at: OpensAt | None = None) -> OutcomeSlip:
    """How it ended, on paper."""
    return OutcomeSlip(
        heading=outcome.heading,
        todo=outcome.todo,
        official=outcome.official,
        tries=outcome.tries,
        happened=outcome.happened,
        meaning=outcome.meaning,
        opens_at=opens_at,
    )
