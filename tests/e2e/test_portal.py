"""The portal's refusals and failures: each has its page, and what the page says is what the portal knows."""

from __future__ import annotations

from pathlib import Path

import pytest

from kiosk.advice.outcomes import End
from kiosk.portal.model import State
from kiosk.session.devices import ASK_EVERY_SECONDS
from kiosk.sim.card import VirtualCard
from kiosk.sim.pki import Pki
from kiosk.sim.portal.faults import Fault
from tests.e2e.conftest import Kiosk
from tests.e2e.person import OUTCOMES, Person
from tests.e2e.slips import is_slip_of
from tests.whole import few

LONG = "30"  # seconds of silence, many more than the kiosk waits


# One fault at each moment, and over the three each page that a fault leads to. What is not seen, unless the whole is
# tried, is another fault at the same moment: what the client makes of each is tested in tests/portal.
AT_THE_BEGINNING = (
    (Fault.CLOSED, "60", End.PORTAL_CLOSED),
    (Fault.SLOW, LONG, End.PORTAL_UNREACHABLE),
    (Fault.MALFORMED, "not_json", End.PORTAL_BROKEN),
    (Fault.SERVER_ERROR, "", End.PORTAL_UNREACHABLE),
    (Fault.CUT, "", End.PORTAL_UNREACHABLE),
    (Fault.MALFORMED, "control", End.PORTAL_BROKEN),
)
AT_THE_DATA = (
    (Fault.CUT, End.PORTAL_UNREACHABLE),
    (Fault.CLOSED, End.PORTAL_CLOSED),
    (Fault.MALFORMED, End.PORTAL_BROKEN),
)
AT_THE_SIGNATURE = (
    (Fault.CLOSED, "", End.PORTAL_CLOSED),
    (Fault.SLOW, LONG, End.PORTAL_UNREACHABLE),
    (Fault.SERVER_ERROR, "", End.PORTAL_UNREACHABLE),
)


@pytest.mark.parametrize("fault, value, end", few(AT_THE_BEGINNING[2:3], of=AT_THE_BEGINNING))
def test_a_portal_that_cannot_begin_is_said_before_anything_was_sent(
    person: Person, kiosk: Kiosk, fault: Fault, value: str, end: End
) -> None:
    kiosk.portal.faults.switch_on(fault, on="begin", value=value)
    person.walks_through(3)
    person.is_sent_away_with(end)
    assert kiosk.portal.held_count() == 0


def test_a_portal_that_cannot_prove_who_it_is_gets_nothing(person: Person, kiosk: Kiosk) -> None:
    person.walks_to(7)
    kiosk.portal.faults.switch_on(Fault.WRONG_CERTIFICATE, value="other_name")
    person.does(7)
    person.is_sent_away_with(End.PORTAL_UNREACHABLE)
    assert kiosk.portal.held_count() == 0


@pytest.mark.parametrize("fault, end", few(AT_THE_DATA[1:2], of=AT_THE_DATA))
def test_what_could_not_be_held_is_cancelled(person: Person, kiosk: Kiosk, fault: Fault, end: End) -> None:
    kiosk.portal.faults.switch_on(fault, on="hold")
    person.walks_through(7)
    person.is_sent_away_with(end)
    assert (kiosk.states(), kiosk.portal.held_count()) == ([State.CANCELLED], 0)


def test_a_lost_answer_to_the_data_is_asked_for_again_and_it_goes_on(person: Person, kiosk: Kiosk) -> None:
    kiosk.portal.faults.switch_on(Fault.LOST_ANSWER, on="hold", times=1)
    person.walks_to(8)
    assert kiosk.portal.held_count() == 1


@pytest.mark.parametrize("fault, value, end", few(AT_THE_SIGNATURE[1:2], of=AT_THE_SIGNATURE))
def test_a_signature_that_did_not_arrive_is_cancelled_and_said_to_be_nothing(
    person: Person, kiosk: Kiosk, fault: Fault, value: str, end: End
) -> None:
    kiosk.portal.faults.switch_on(fault, on="submit", value=value)
    person.walks_through(9)
    person.is_sent_away_with(end)
    assert (kiosk.states(), kiosk.portal.held_count()) == ([State.CANCELLED], 0)


@pytest.mark.parametrize("fault", few([Fault.MALFORMED], of=[Fault.LOST_ANSWER, Fault.MALFORMED]))
def test_a_link_whose_answer_was_lost_is_found_by_asking(person: Person, kiosk: Kiosk, fault: Fault) -> None:
    kiosk.portal.faults.switch_on(fault, on="submit", times=1)
    person.walks_to(11)
    [entry] = kiosk.portal.linkings._all()
    assert entry.linked is not None and entry.linked.reference in person.words


def test_what_cannot_be_known_is_not_guessed_and_trying_again_is_safe(person: Person, kiosk: Kiosk) -> None:
    kiosk.portal.faults.switch_on(Fault.LOST_ANSWER, on="submit")
    kiosk.portal.faults.switch_on(Fault.CUT, on="state")
    kiosk.portal.faults.switch_on(Fault.SERVER_ERROR, on="cancel")
    person.walks_through(9)
    person.is_sent_away_with(End.PORTAL_UNCERTAIN)
    assert kiosk.states() == [State.COMPLETED]
    person.reads("印刷しました")
    assert is_slip_of(kiosk.printer.slips[0].image, kiosk, End.PORTAL_UNCERTAIN)
    kiosk.portal.faults.clear()
    person.finishes()
    person.walks_through(9)
    person.sees("linked")
    assert person.heading == OUTCOMES[End.ALREADY_LINKED].heading


# -- refusals that none of the invented people brings about


def test_terms_that_changed_meanwhile_are_shown_anew(person: Person, kiosk: Kiosk) -> None:
    person.walks_to(9)
    kiosk.portal.change_terms()
    person.does(9)
    person.is_sent_away_with(End.TERMS_CHANGED)
    assert kiosk.portal.held_count() == 0
    person.presses("はじめから")
    person.sees("home")


@pytest.mark.parametrize("step", few([9], of=[7, 9]))
def test_a_linking_that_took_too_long_can_be_begun_again(person: Person, kiosk: Kiosk, step: int) -> None:
    person.walks_to(step)
    kiosk.portal.linkings.clear()
    person.does(step)
    person.is_sent_away_with(End.LINKING_EXPIRED)
    person.presses("はじめから")
    person.sees("home")


def test_a_certificate_of_nobody_the_portal_trusts_is_told_apart(person: Person, kiosk: Kiosk, tmp_path: Path) -> None:
    kiosk.cards["excellent", "card"] = VirtualCard(kiosk.people["excellent"], Pki(tmp_path))
    person.walks_through(9)
    person.is_sent_away_with(End.CERTIFICATE_UNKNOWN)


# -- at home


def test_a_closed_portal_closes_the_linking_and_leaves_the_guidance(person: Person, kiosk: Kiosk) -> None:
    kiosk.portal.faults.switch_on(Fault.CLOSED, on="status")
    kiosk.next_session()
    person.sees("attract")
    person.goes_on()
    person.sees("home")
    person.reads("いま受け付けていません")
    assert not person.offers("link")
    assert person.offers("lost")


def test_home_shows_the_linking_again_as_soon_as_the_portal_is_back(person: Person, kiosk: Kiosk) -> None:
    kiosk.portal.faults.switch_on(Fault.CUT, on="status")
    kiosk.next_session()
    person.sees("attract")
    person.goes_on()
    person.sees("home")
    person.reads("マイナポータルに接続できません")
    assert not person.offers("link")
    kiosk.portal.faults.clear()
    person.offers_soon("link", ASK_EVERY_SECONDS)
