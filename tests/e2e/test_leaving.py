"""もどる, やめる and 同意しない: from where one can go back, and that whoever leaves leaves nothing behind."""

from __future__ import annotations

import pytest

from kiosk.portal.model import State
from kiosk.sim.portal.faults import Fault
from tests.e2e.conftest import Kiosk
from tests.e2e.person import PINS, SCREENS, WRONG, Person
from tests.stage import Slow
from tests.whole import few

CARD_IN = range(5, 12)
ASKED = (5, 7, 8, 9, 11)  # where something has been typed or read
BUSY = {6: Slow("VERIFY", seconds=1.0), 10: Slow("COMPUTE DIGITAL SIGNATURE", seconds=1.0)}
HOLDING = (8, 9, 10)


def test_whoever_wants_none_of_what_is_offered_leaves_the_kiosk_as_they_found_it(person: Person) -> None:
    person.sees("attract")
    person.goes_on()
    person.sees("home")
    person.touches("leave")
    person.sees("attract")


def test_back_leads_one_step_back_until_something_has_been_sent(person: Person, kiosk: Kiosk) -> None:
    def back_to(name: str, step: int | None) -> None:
        person.touches("back")
        person.sees(name, step)

    person.sees("attract")
    person.goes_on()
    person.sees("home")
    person.touches("link")
    person.sees("licence", 1)
    back_to("home", None)
    person.touches("link")
    for step in range(1, 4):
        person.does(step)
        person.sees(SCREENS[step], step + 1)
        back_to(SCREENS[step - 1], step)
        person.does(step)
    person.sees("prepare", 4)
    person.goes_on()
    person.sees("set_card", 4)
    back_to("prepare", 4)
    person.does(4)
    person.sees("pin", 5)
    back_to("prepare", 4)
    person.goes_on()  # the card is still in
    person.does(5)
    person.sees("confirm", 7)
    assert kiosk.portal.held_count() == 0
    back_to("pin", 5)
    person.does(5)
    person.does(7)
    person.sees("terms", 8)
    assert not person.offers("back")
    person.does(8)
    person.sees("pin", 9)
    back_to("terms", 8)
    assert not person.offers("tick")
    person.does(8)
    person.does(9)
    person.sees("linked", 11)
    assert not person.offers("back")
    assert kiosk.states() == [State.COMPLETED]


def test_refusing_consent_ends_it_and_nothing_has_been_sent(person: Person, kiosk: Kiosk) -> None:
    person.walks_to(3)
    since = kiosk.logged()
    person.presses("同意しない")
    kiosk.wait_log("session ends: left", since=since)
    person.sees("attract")
    assert kiosk.states() == []


# Where something is typed, signed and held, done; what is left unseen is a step between two of these. What stays at the
# portal is tested without a browser in tests/flows/test_linking.py.
@pytest.mark.parametrize("step", few([5, 10, 11], of=range(1, 12)))
def test_leaving_at_any_step_undoes_what_was_begun(person: Person, kiosk: Kiosk, step: int) -> None:
    person.walks_to(step, slow=BUSY.get(step))
    if step in HOLDING:
        assert kiosk.portal.held_count() == 1
    if step == 11:
        person.offers_soon("finish")  # the slip has been printed
    since = kiosk.logged()
    person.touches("leave")
    if step in ASKED:
        person.is_asked("leave_now")
        person.touches("leave_now")
    kiosk.wait_log("session ends: left", since=since)
    person.sees("take_card" if step in CARD_IN else "attract")
    assert kiosk.states() == ([] if step < 4 else [State.COMPLETED] if step == 11 else [State.CANCELLED])
    assert kiosk.portal.held_count() == 0
    assert person.tries_on_card == (3, 5)


def test_whoever_would_rather_stay_finds_everything_as_it_was(person: Person) -> None:
    person.walks_to(5)
    person.types(PINS.text[:2])
    person.touches("leave")
    person.is_asked("leave_now")
    person.types("9")  # reaches nothing under the question
    person.touches("stay")
    person.sees("pin", 5)
    person.has_typed(2)
    person.enters(PINS.text[2:])
    person.sees("confirm", 7)


def test_leaving_while_the_card_is_read_holds_also_when_the_pin_was_wrong(person: Person, kiosk: Kiosk) -> None:
    person.walks_to(5, slow=Slow("VERIFY", seconds=1.0))
    person.enters(WRONG.text)
    person.sees("reading", 6)
    person.touches("leave")
    person.page.wait_for_selector("#screen [role=dialog]")
    kiosk.wait_log("session ends: left")


def test_leaving_while_the_portal_takes_its_time_is_heeded_and_undone(person: Person, kiosk: Kiosk) -> None:
    kiosk.portal.faults.switch_on(Fault.SLOW, on="hold", times=1, value="1")
    person.walks_to(7)
    person.goes_on()
    person.sees("sending", 7)
    person.touches("leave")
    person.sees("take_card")
    assert (kiosk.states(), kiosk.portal.held_count()) == ([State.CANCELLED], 0)


def test_name_and_address_are_off_the_screen_before_the_portal_has_been_told(person: Person, kiosk: Kiosk) -> None:
    kiosk.portal.faults.switch_on(Fault.SLOW, on="cancel", value="30")
    person.walks_to(7)
    person.touches("leave")
    person.is_asked("leave_now")
    person.touches("leave_now")
    person.sees("closing")
    assert kiosk.people[person.who].name.partition("　")[0] not in person.dom
    assert kiosk.states() == [State.BEGUN]
    kiosk.portal.faults.clear()
    person.sees("take_card")
