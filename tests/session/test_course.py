"""What is told of a visit: once, when it is over, in a few words, and to nobody who would hold it up."""

from __future__ import annotations

import pytest

from kiosk.config.events import EVENTS, FIELDS, Event
from kiosk.flows.asking import ends
from kiosk.flows.asking.screen import Screen
from kiosk.flows.home import FLOWS
from kiosk.hw.device import NotPrinted, Printed, PrinterFault
from kiosk.ipc.caretaker import Listener, NoCaretaker
from kiosk.session import visit
from kiosk.session.answers import Choice, Help
from kiosk.session.course import HOME, MOST_TIMES, Course
from kiosk.session.handover import Handover
from tests.session.world import World

STEPS = EVENTS["steps"].fields


class Hears(NoCaretaker):
    """A caretaker that hears so many and is away from then on."""

    def __init__(self, most: int = 99) -> None:
        self.heard: list[Event] = []
        self.often: list[tuple[Event, int]] = []
        self.asked, self.most = 0, most

    def tell(self, told: Event, times: int = 1) -> bool:
        self.asked += 1
        self.often.append((told, times))
        if len(self.heard) < self.most:
            self.heard.append(told)
            return True
        return False

    def present(self) -> bool:
        return True


class Ran:
    """A course on a clock in the test's hands."""

    def __init__(self, most: int = 99) -> None:
        self.time = 50.0
        self.caretaker, self.handover = Hears(most), Handover()
        listener: Listener = self.caretaker
        self.course = Course(listener, self.handover, lambda: self.time)

    @property
    def told(self) -> list[dict[str, object]]:
        return [{**each.fields} for each in self.caretaker.heard]


def test_nothing_is_told_before_it_is_over_and_nothing_twice() -> None:
    ran = Ran()
    ran.course.begin()
    assert ran.handover.in_use
    ran.course.chose(Screen(HOME), "link")
    for step in (1, 4, 2):
        ran.course.comes_to(Screen("x", step=step))
    ran.course.printed(Printed())
    ran.course.printed(NotPrinted(PrinterFault.PAPER_END, partly=False))
    assert ran.caretaker.heard == []
    ran.time += 200
    ran.course.ended("left")
    assert ran.told == [
        {"end": "left", "task": "link", "step": 4, "lasted": "under_5_minutes"},
        {"printed": "printed"},
        {"printed": "paper_end"},
        {"printed": "paper_end"},
        {**dict.fromkeys(STEPS, "none"), "step_1": "5", "step_2": "300", "step_4": "5"},
    ]
    assert [told.name for told in ran.caretaker.heard] == ["visit_ended", "slip", "slip", "slip_failed", "steps"]
    assert not ran.handover.in_use
    ran.course.ended("left")
    assert len(ran.told) == 5


def test_each_step_is_told_of_by_how_long_it_stood_there_and_touches_by_their_bucket() -> None:
    ran = Ran()
    ran.course.painted(0.01)  # at the attract screen: of nobody yet
    ran.course.begin()
    for step, seconds in ((1, 4), (2, 30), (None, 500), (2, 20), (11, 7)):
        ran.course.comes_to(Screen("x", step=step))
        ran.time += seconds
    for took in (0.02, 0.04, 0.04, 9.0):
        ran.course.painted(took)
    ran.course.ended("finished")
    told = dict(zip([each.name for each in ran.caretaker.heard], ran.told, strict=True))
    assert told["steps"] == {**dict.fromkeys(STEPS, "none"), "step_1": "5", "step_2": "60", "step_11": "10"}
    touches = [(each.fields["painted"], times) for each, times in ran.caretaker.often if each.name == "touch"]
    assert touches == [("0.025", 1), ("0.05", 2), ("more", 1)]
    for _ in range(MOST_TIMES + 5):
        ran.course.painted(0.01)
    assert ran.caretaker.asked == 5, "it was over"


def test_a_line_that_was_cut_and_tries_that_are_fewer_are_told_when_it_is_over() -> None:
    ran = Ran()
    ran.course.reconnected(0.4)
    ran.course.begin()
    for cut in (0.9, 3.0, 40.0):
        ran.course.reconnected(cut)
    pin = {left: Screen("pin", {"remaining": left, "most": 5}, step=7) for left in (5, 4, 2, 1, 0, None)}
    last, asks = Screen("last_try", {"remaining": 1, "most": 5}, step=7), Screen("card_asked", step=7)
    for each in (pin[5], pin[5], asks, pin[4], pin[4], asks, pin[4], pin[2], last, pin[1], asks, pin[0], pin[None]):
        ran.course.comes_to(each)
    assert ran.caretaker.asked == 0
    ran.course.ended("finished")
    told = [(each.name, *each.fields.values(), times) for each, times in ran.caretaker.often]
    assert [each for each in told if each[0] == "reconnected"] == [
        ("reconnected", "1", 2),
        ("reconnected", "5", 1),
        ("reconnected", "more", 1),
    ]
    warned = {each for each in told if each[0] == "tries_warned"}
    assert warned == {("tries_warned", "more", 2), ("tries_warned", "two", 1), ("tries_warned", "one", 1)}


def test_where_nobody_came_there_is_nothing_to_tell() -> None:
    ran = Ran()
    ran.course.comes_to(Screen("attract"))
    ran.course.ended("stopped")
    assert ran.caretaker.asked == 0


@pytest.mark.parametrize(
    ("seconds", "lasted"),
    [
        (0, "under_1_minute"),
        (59.9, "under_1_minute"),
        (60, "under_3_minutes"),
        (180, "under_5_minutes"),
        (300, "under_10_minutes"),
        (600, "longer"),
        (1e6, "longer"),
    ],
)
def test_how_long_it_took_is_one_of_five(seconds: float, lasted: str) -> None:
    ran = Ran()
    ran.course.begin()
    ran.time += seconds
    ran.course.ended("finished")
    assert ran.told[0]["lasted"] == lasted


def test_the_words_of_the_table_are_those_of_the_code() -> None:
    of = {name: set(FIELDS[name].values or ()) for name in ("task", "end", "printed", "printer")}
    assert of["task"] == {*FLOWS, "none"}
    assert of["end"] == {"finished", "problem", *(each.word for each in ends.VisitEnded.__subclasses__())}
    faults = {fault.value for fault in PrinterFault}
    assert (of["printed"], of["printer"]) == ({*faults, "printed"}, {*faults, "ready", "unused"})


def test_a_caretaker_that_does_not_answer_is_waited_for_once_and_the_rest_is_counted() -> None:
    ran = Ran(most=1)
    ran.course.begin()
    for _ in range(5):
        ran.course.printed(Printed())
    ran.course.ended("finished")
    assert ran.caretaker.asked == 2 and ran.handover.untold == 4, "the caretaker counts the one it was asked about"


def test_a_visit_is_told_however_it_ends() -> None:
    world = World()
    caretaker = Hears()
    world.session.course = Course(caretaker, world.handover, lambda: world.inbox.now)
    world.soon(lambda: world.says(Choice(visit.START)), lambda: world.says(Help.LEAVE))
    visit.run(world.session)
    assert [each.fields for each in caretaker.heard] == [
        {"end": "left", "task": "none", "step": 0, "lasted": "under_1_minute"}
    ]
    assert not world.handover.in_use
