"""Which question or notice a helper lays over which screen, and when the staff are called: without a session."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import pytest

from kiosk.flows.asking.ends import Left
from kiosk.flows.asking.screen import Screen
from kiosk.session.answers import Help
from kiosk.session.calling import Calling
from kiosk.session.helpers import CONFIRM_LEAVING_FROM, Helpers
from kiosk.session.shown import Overlay, Shown

EARLY = Screen("consent", {}, ("next",), step=CONFIRM_LEAVING_FROM - 1)
LATE = Screen("pin", {}, ("next",), step=CONFIRM_LEAVING_FROM)
ELSEWHERE = Screen("lost", {}, ("next",))
BUSY = Screen("sending", {}, step=7)


class Calls:
    """In place of `Calling`: what is done to the call."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def begin(self, _changed: Callable[[], None]) -> None:
        self.done.append("begin")

    def end(self) -> None:
        self.done.append("end")


class Over:
    """Helpers over one screen."""

    def __init__(self, screen: Screen, over: Overlay | None = None, can_call: bool = True) -> None:
        self.shown, self.calls = Shown(lambda _view: None), Calls()
        self.shown.put(screen)
        self.shown.lay(over)
        self.helpers = Helpers(self.shown, cast(Calling, self.calls), can_call, lambda: None)

    @property
    def over(self) -> tuple[Overlay | None, bool]:
        return self.shown.view.overlay, self.shown.view.aloud


@pytest.mark.parametrize("screen", [EARLY, LATE, ELSEWHERE, BUSY], ids=lambda screen: screen.name)
@pytest.mark.parametrize("in_use", [False, True])
def test_the_staff_are_called_from_whatever_screen_and_called_off_by_whoever_called(
    screen: Screen, in_use: bool
) -> None:
    there = Over(screen)
    there.helpers.answer(Help.CALL_OFF, in_use)
    assert (there.over, there.calls.done) == ((None, False), []), "nobody has called"
    there.helpers.answer(Help.STAFF, in_use)
    assert (there.over, there.calls.done) == (("staff", False), ["begin"])
    there.helpers.answer(Help.CALL_OFF, in_use)
    assert (there.over, there.calls.done) == ((None, False), ["begin", "end"])


@pytest.mark.parametrize("over", ["leave", "idle", "staff", "language", None])
def test_whoever_stays_has_the_screen_back_and_their_call(over: Overlay | None) -> None:
    there = Over(LATE, over)
    there.helpers.answer(Help.STAY, in_use=True)
    assert (there.over, there.calls.done) == ((None, False), [])


def test_leaving_is_one_touch_until_something_was_typed_or_read_and_then_a_question() -> None:
    for screen in (EARLY, ELSEWHERE):
        with pytest.raises(Left):
            Over(screen).helpers.answer(Help.LEAVE, in_use=True)
    late = Over(LATE)
    late.helpers.answer(Help.LEAVE, in_use=True)
    assert late.over == ("leave", False)
    with pytest.raises(Left):
        late.helpers.answer(Help.LEAVE_NOW, in_use=True)


@pytest.mark.parametrize(("over", "leaves"), [("leave", True), ("idle", True), ("staff", False), (None, False)])
def test_the_answer_to_a_question_is_none_where_that_was_not_asked(over: Overlay | None, leaves: bool) -> None:
    there = Over(LATE, over)
    if leaves:
        with pytest.raises(Left):
            there.helpers.answer(Help.LEAVE_NOW, in_use=True)
    else:
        there.helpers.answer(Help.LEAVE_NOW, in_use=True)
        assert there.over == (over, False)


def test_where_nobody_is_served_nobody_can_leave() -> None:
    there = Over(EARLY)
    there.helpers.answer(Help.LEAVE, in_use=False)
    assert there.over == (None, False)


@pytest.mark.parametrize(("staff", "called"), [(None, True), ("door", True), ("card", True), ("room", False)])
def test_the_bell_calls_but_for_those_who_are_there_already_and_is_said_aloud_once(
    staff: str | None, called: bool
) -> None:
    there = Over(Screen("staff_bell", {}, ("next",), staff=staff))  # type: ignore[arg-type]
    assert not there.helpers.say_rung()
    there.helpers.ring()
    there.helpers.ring()
    assert there.helpers.rings == 2 and there.over == (None, False), "the flow's thread says it"
    assert (there.helpers.say_rung(), there.helpers.say_rung()) == (called, False)
    assert there.over == (("staff", True) if called else (None, False))
    assert there.calls.done == ["begin", "begin"] * called


def test_where_nobody_carries_a_call_it_is_only_said_where_the_staff_are() -> None:
    there = Over(ELSEWHERE, can_call=False)
    there.helpers.answer(Help.STAFF, in_use=True)
    there.helpers.ring()
    assert (there.over, there.calls.done) == (("staff", False), [])


def test_whoever_has_gone_has_no_call_any_more() -> None:
    there = Over(ELSEWHERE)
    there.helpers.end()
    assert there.calls.done == ["end"]
