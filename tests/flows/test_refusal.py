"""Whatever goes wrong has one page, and a slip where the person has to go elsewhere."""

from __future__ import annotations

import pytest

from kiosk.advice.outcomes import OUTCOMES, REFUSALS, End
from kiosk.card.apdu import CardProblem
from kiosk.config import guidance
from kiosk.flows.asking.screen import Sound
from kiosk.flows.refusal import KINDS, Stop, end_of, problem, slip, tell
from kiosk.hw.device import NotPrinted, PrinterFault
from kiosk.portal.client import Sent
from kiosk.portal.errors import PortalBroken, PortalClosed, PortalRefused, PortalUnreachable
from kiosk.portal.model import Purpose, State
from tests.flows.scripted import ScriptedKiosk

FACTS = guidance.load()


@pytest.mark.parametrize(
    ("problem", "end"),
    [
        *((PortalRefused(reason), end) for reason, end in REFUSALS.items()),
        (Stop(End.PORTAL_UNCERTAIN), End.PORTAL_UNCERTAIN),
        (PortalClosed(), End.PORTAL_CLOSED),
        (PortalUnreachable("no"), End.PORTAL_UNREACHABLE),
        (PortalBroken("begin"), End.PORTAL_BROKEN),
        (CardProblem("a file", "cut off"), End.CARD_PROBLEM),
        (KeyError("unforeseen"), End.KIOSK_PROBLEM),
    ],
    ids=lambda each: "" if isinstance(each, Exception) else each.value,
)
def test_every_problem_has_its_page(problem: Exception, end: End) -> None:
    assert end_of(problem) is end


@pytest.mark.parametrize(
    ("sent", "end"),
    [
        (None, End.KIOSK_PROBLEM),
        (Sent(Purpose.LINKING), End.PROBLEM_UNCERTAIN),
        (Sent(Purpose.LINKING, State.EXPIRED), End.PROBLEM_UNCERTAIN),
        (Sent(Purpose.LINKING, State.CANCELLED), End.PROBLEM_CANCELLED),
        (Sent(Purpose.LINKING, State.COMPLETED), End.PROBLEM_LINKED),
        (Sent(Purpose.RELEASE), End.PROBLEM_RELEASE_UNCERTAIN),
        (Sent(Purpose.RELEASE, State.CANCELLED), End.PROBLEM_NOT_RELEASED),
        (Sent(Purpose.RELEASE, State.COMPLETED), End.PROBLEM_RELEASED),
    ],
)
def test_what_no_flow_has_told_is_told_by_what_the_portal_is_known_to_have_done(sent: Sent | None, end: End) -> None:
    assert end_of(KeyError("unforeseen"), sent) is end
    assert problem(FACTS, sent).facts["end"] == end.value
    assert end_of(PortalClosed(), sent) is End.PORTAL_CLOSED, "what a flow knows is believed"
    assert end_of(Stop(End.KIOSK_PROBLEM), sent) is End.KIOSK_PROBLEM


@pytest.mark.parametrize("end", End, ids=lambda end: end.value)
def test_each_is_told_with_the_stations_places_and_printed_where_it_sends_the_person_away(end: End) -> None:
    kiosk = ScriptedKiosk("finish")
    assert tell(kiosk, end)
    screen, outcome = kiosk.screens[-1], OUTCOMES[end].told(FACTS)
    assert (screen.name, screen.facts["end"], screen.facts["outcome"]) == ("outcome", end.value, outcome)
    assert kiosk.slips == [slip(outcome, KINDS[Purpose.LINKING])] * outcome.slip


def test_good_news_sounds_otherwise_than_bad() -> None:
    for end, sound in ((End.ALREADY_LINKED, Sound.DONE), (End.TERMS_CHANGED, Sound.ERROR)):
        kiosk = ScriptedKiosk("finish")
        tell(kiosk, end)
        assert [screen.sound for screen in kiosk.screens] == [sound]


@pytest.mark.parametrize("end", [End.TERMS_CHANGED, End.LINKING_EXPIRED])
def test_who_can_begin_again_does(end: End) -> None:
    assert not tell(ScriptedKiosk("again"), end)


def test_nothing_else_can_be_begun_again() -> None:
    for end in set(End) - {End.TERMS_CHANGED, End.LINKING_EXPIRED}:
        kiosk = ScriptedKiosk("finish")
        tell(kiosk, end)
        assert "again" not in kiosk.screens[-1].answers


def test_without_paper_the_page_says_so_and_the_same_words_stand_there() -> None:
    kiosk = ScriptedKiosk("finish", printing=[NotPrinted(PrinterFault.PAPER_END, partly=False)])
    assert tell(kiosk, End.SIGN_PIN_LOCKED)
    assert kiosk.screens[-1].facts["paper"] == "failed"
    assert kiosk.screens[-1].facts["outcome"] == OUTCOMES[End.SIGN_PIN_LOCKED].told(FACTS)
