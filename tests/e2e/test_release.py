"""A former link is released at the real kiosk, and who is linked already takes home what that gives."""

from __future__ import annotations

from kiosk.advice.outcomes import End
from kiosk.portal.model import State
from tests.e2e.conftest import Kiosk
from tests.e2e.person import OUTCOMES, PINS, Person
from tests.e2e.slips import is_slip_of


def test_it_is_released_and_the_new_licence_linked_in_one_visit(person: Person, kiosk: Kiosk) -> None:
    person.who = "reobtained"
    person.walks_through(9)
    person.sees("release")
    person.touches("next")
    person.sees("pin")
    person.enters(PINS.sign)
    person.sees("released")
    person.reads("印刷しました")
    [entry] = kiosk.portal.releases._all()
    assert entry.released is not None and entry.released.reference in person.words
    person.touches("next")
    person.sees("terms", 8)
    person.does(8)
    person.does(9)
    person.sees("linked", 11)
    person.reads("印刷しました")
    assert (kiosk.states(), kiosk.releases()) == ([State.REFUSED, State.COMPLETED], [State.COMPLETED])
    assert len(kiosk.printer.slips) == 2
    assert kiosk.all_over()
    person.finishes()


def test_who_would_rather_not_goes_home_with_what_to_do(person: Person, kiosk: Kiosk) -> None:
    person.who = "reobtained"
    person.walks_through(9)
    person.sees("release")
    person.touches("refuse")
    person.is_sent_away_with(End.RELEASE_FIRST)
    person.reads("印刷しました")
    [slip] = kiosk.printer.slips
    assert is_slip_of(slip.image, kiosk, End.RELEASE_FIRST)
    assert (kiosk.states(), kiosk.releases(), kiosk.all_over()) == ([State.REFUSED], [State.CANCELLED], True)


def test_who_is_linked_already_takes_home_what_that_gives(person: Person, kiosk: Kiosk) -> None:
    person.who = "linked"
    person.sees("attract")
    person.goes_on()
    person.sees("home")
    person.touches("link")
    person.sees("licence", 1)
    person.touches("already")
    for step in range(3, 10):
        person.does(step)
    person.sees("linked")
    assert person.heading == OUTCOMES[End.ALREADY_LINKED].heading
    person.reads("印刷しました")
    assert len(kiosk.printer.slips) == 1 and not person.page.query_selector(".figure"), "there is no number"
    assert kiosk.states() == [State.REFUSED]
    person.touches("licence_page")
    person.sees("licence_page")
    for shown in ("有効期限", "更新できる期間", "オンライン更新時講習", "住所変更等のワンストップサービス"):
        person.reads(shown)
    assert not person.page.query_selector(".figure")
    person.finishes()
