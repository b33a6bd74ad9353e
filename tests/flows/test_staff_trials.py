"""What a part of the machine is worth is said by whoever looks, told as their act, and never guessed."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from kiosk.card.apdu import CardLost
from kiosk.config.health import CHECKS
from kiosk.flows.asking.ends import Left
from kiosk.flows.staff import trials
from kiosk.flows.staff.officer import Officer
from kiosk.flows.staff.trials import CELLS, COLOURS
from kiosk.hw.device import NotPrinted, Printed, PrinterFault
from kiosk.ipc.messages import Taken, TriedOut
from kiosk.portal.client import PortalClient, PortalClosed
from kiosk.receipts import slips
from kiosk.sim.card import VirtualCard
from kiosk.sim.people import people
from kiosk.sim.pki import Pki
from tests.flows.office import ScriptedCaretaker
from tests.flows.scripted import Answer, ScriptedKiosk, puts_in

OFFICER = Officer(12, "officer")


def tried(*answers: Answer, **around: object) -> ScriptedKiosk:
    kiosk = ScriptedKiosk(*answers, "back", caretaker=ScriptedCaretaker({TriedOut: [Taken()]}), **around)  # type: ignore[arg-type]
    trials.visit(kiosk, OFFICER)
    return kiosk


def told(kiosk: ScriptedKiosk) -> list[tuple[object, object]]:
    assert isinstance(kiosk.caretaker, ScriptedCaretaker)
    acts = [each for each in kiosk.caretaker.asked if isinstance(each, TriedOut)]
    assert len(acts) == len(kiosk.caretaker.asked) and all(each.staff == OFFICER.staff for each in acts)
    return [(each.part, each.verdict) for each in acts]


@pytest.mark.parametrize("verdict", ["good", "bad"])
def test_a_slip_is_printed_and_somebody_says_how_it_is(verdict: str) -> None:
    kiosk = tried("printer", verdict)
    assert told(kiosk) == [("printer", verdict)]
    assert kiosk.slips == [slips.TestSlip()]
    assert kiosk.screens[-1].facts["given"] == {"printer": verdict}


@pytest.mark.parametrize("fault", PrinterFault)
def test_a_printer_that_says_no_is_asked_nobody_about(fault: PrinterFault) -> None:
    kiosk = tried("printer", "next", printing=[NotPrinted(fault, partly=False)])
    assert told(kiosk) == [("printer", "bad")]
    assert kiosk.screens[2].facts["came"] == fault.value


def test_a_slip_that_cannot_be_laid_out_is_not_the_printer_s_word() -> None:
    kiosk = tried("printer", "next", can_lay_out=False)
    assert (kiosk.slips, told(kiosk), kiosk.screens[2].facts["came"]) == ([], [("printer", "bad")], "not_laid_out")


def test_without_a_printer_none_is_tried_out() -> None:
    assert "printer" not in tried(can_print=False).screens[0].answers


@pytest.mark.parametrize("name", ["printer", "colours"])
def test_whoever_goes_back_has_given_no_verdict(name: str) -> None:
    steps = ["next"] * len(COLOURS) if name == "colours" else []
    assert told(tried(name, *steps, "back", printing=[Printed()])) == []


@pytest.fixture(scope="module")
def card(pki: Pki) -> VirtualCard:
    return VirtualCard(people()["excellent"], pki, "card")


def takes_out(kiosk: ScriptedKiosk) -> str:
    kiosk.take_out()
    return "bad"  # too late: the card has gone


def test_a_card_that_goes_in_and_out_is_judged(card: VirtualCard) -> None:
    kiosk = tried("reader", puts_in(card), takes_out, "good")
    assert told(kiosk) == [("reader", "good")]
    assert kiosk.names == ["staff_trials", "staff_reader", "staff_reader", "staff_judge", "staff_trials"]


def test_a_card_that_was_in_does_not_count(card: VirtualCard) -> None:
    kiosk = tried("reader", "back", card=card)
    assert told(kiosk) == [] and kiosk.screens[1].facts["asks"] == "in"


def test_a_card_that_goes_silent_says_nothing_of_the_reader(card: VirtualCard) -> None:
    def pulls_at_once(kiosk: ScriptedKiosk) -> str:
        kiosk.put_in(card)
        kiosk.slot = SimpleNamespace(power_on=_is_lost)  # type: ignore[assignment]
        return "put in"

    kiosk = tried("reader", pulls_at_once, "next")
    assert (told(kiosk), kiosk.screens[2].facts["verdict"], kiosk.screens[-1].facts["given"]) == ([], None, {})


def _is_lost() -> None:
    raise CardLost("no card")


@pytest.mark.parametrize("fault", PrinterFault)
def test_what_a_device_says_is_said_as_on_the_board(fault: PrinterFault) -> None:
    kiosk = tried("printer", "next", printing=[NotPrinted(fault, partly=False)])
    assert kiosk.screens[2].facts["reason"] is CHECKS["printer"].reasons[fault.value]


@pytest.mark.parametrize("step", ["in", "out"])
def test_a_reader_that_notices_nothing_is_bad(step: str, card: VirtualCard) -> None:
    assert told(tried("reader", *([puts_in(card)] if step == "out" else []), "bad")) == [("reader", "bad")]


def test_every_square_is_touched_once_in_any_order_and_more_often_does_no_harm() -> None:
    kiosk = tried("touch", CELLS[3], CELLS[3], *reversed(CELLS))
    assert told(kiosk) == [("touch", "good")]
    assert [len(cast(frozenset[str], s.facts["left"])) for s in kiosk.screens[1:4]] == [60, 59, 59]


def test_a_square_that_does_not_react_is_said_so() -> None:
    assert told(tried("touch", *CELLS[:-1], "bad")) == [("touch", "bad")]
    assert told(tried("touch", *CELLS[:-1], "back")) == []


def test_every_colour_is_seen() -> None:
    kiosk = tried("colours", *["next"] * len(COLOURS), "bad")
    assert [s.facts["colour"] for s in kiosk.screens if s.name == "staff_colour"] == list(COLOURS)
    assert told(kiosk) == [("colours", "bad")]


@pytest.mark.parametrize(
    ("reached", "came", "verdict"),
    [
        (True, "open", "good"),
        (PortalClosed(), "closed", "good"),
        (False, "unreachable", "bad"),
    ],
)
def test_a_portal_is_reached_or_not(reached: object, came: str, verdict: str) -> None:
    portal = cast(PortalClient, SimpleNamespace(reachable=lambda: reached))
    kiosk = tried("portal", "next", portal=portal)
    assert (told(kiosk), kiosk.screens[2].facts["came"]) == ([("portal", verdict)], came)


def test_a_verdict_that_was_not_written_down_is_not_shown_as_given() -> None:
    kiosk = ScriptedKiosk("printer", "good", "back", "back", caretaker=ScriptedCaretaker())
    trials.visit(kiosk, OFFICER)
    assert kiosk.names[-2:] == ["staff_denied", "staff_trials"] and kiosk.screens[-1].facts["given"] == {}


def test_nobody_who_leaves_in_the_middle_has_said_anything() -> None:
    kiosk = ScriptedKiosk("touch", caretaker=ScriptedCaretaker())
    with pytest.raises(Left):
        trials.visit(kiosk, OFFICER)
    assert told(kiosk) == []
