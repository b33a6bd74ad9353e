"""The call for the staff, as a session has it: by a press, until the person leaves, whatever the caretaker does."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import chain, repeat
from types import SimpleNamespace
from typing import cast

import msgspec
import pytest

from kiosk.config import guidance
from kiosk.config.kiosk import Settings
from kiosk.ipc.caretaker import NoCaretaker
from kiosk.ipc.messages import CallState
from kiosk.session.answers import Help
from kiosk.session.calling import Calling
from kiosk.session.devices import Devices
from kiosk.session.handover import Handover
from kiosk.session.session import Event, Session
from tests.stage import until

CAN_CALL = msgspec.convert({"alerts": {"kind": "alertmanager"}}, Settings)


class Caretaker(NoCaretaker):
    """Says one state after the other, the last for ever; hangs while it does not go on, or is ending. said: what it was
    asked to do, in order."""

    def __init__(self, *states: CallState) -> None:
        self.said: list[str] = []
        self.ending = threading.Event()
        self.ending.set()
        self.goes_on = threading.Event()
        self.goes_on.set()
        self._states: Iterator[CallState] = chain(states, repeat(states[-1]))

    def call(self) -> CallState:
        self.said.append("call")
        return self.call_stands()

    def call_stands(self) -> CallState:
        self.goes_on.wait(20)
        return next(self._states)

    def end_call(self) -> None:
        self.ending.wait(20)
        self.said.append("end")

    @property
    def calls(self) -> int:
        return self.said.count("call")

    @property
    def ends(self) -> int:
        return self.said.count("end")


class Visitor:
    def __init__(self, *states: CallState, settings: Settings = CAN_CALL) -> None:
        self.caretaker = Caretaker(*states)
        self.seen: list[CallState] = []
        self.calling = Calling(self.caretaker, ask_seconds=0.001)
        devices = cast(Devices, SimpleNamespace(reader=SimpleNamespace(insertion=0)))
        self.session = Session(
            settings,
            guidance.load(),
            devices,
            Handover(),
            lambda _slip, _language: pytest.fail("nothing is printed"),
            lambda _view: None if self.calling.state in self.seen[-1:] else self.seen.append(self.calling.state),
            calling=self.calling,
        )
        self.session.page_back()

    def presses(self, answer: Help) -> None:
        self.session.helpers.answer(answer, in_use=False)

    def sees(self, state: CallState) -> None:
        """Works off what has happened, until it stands there."""

        def stands() -> bool:
            while not self.session._events.empty():
                event: Event = self.session._events.get()
                assert event.kind == "device"
                self.session._shown.refresh()
            return state in self.seen

        until(stands, 10)


def test_what_becomes_of_a_call_is_shown_and_what_somebody_has_seen_stays_seen() -> None:
    visitor = Visitor("sending", "sent", "acknowledged", "unsent")
    visitor.presses(Help.STAFF)
    visitor.sees("acknowledged")
    assert visitor.session.view.overlay == "staff"
    visitor.presses(Help.STAY)
    visitor.presses(Help.STAFF)
    assert (visitor.calling.state, visitor.caretaker.calls) == ("acknowledged", 1), "it is the same call"
    visitor.session.end()
    until(lambda: visitor.caretaker.ends == 1, 10)
    assert visitor.calling.state == "none"


def test_who_calls_off_has_no_call_and_may_call_again() -> None:
    visitor = Visitor("sent")
    visitor.presses(Help.STAFF)
    visitor.sees("sent")
    visitor.presses(Help.CALL_OFF)
    assert (visitor.session.view.overlay, visitor.calling.state) == (None, "none")
    until(lambda: visitor.caretaker.ends == 1, 10)
    visitor.presses(Help.STAFF)
    until(lambda: visitor.caretaker.calls == 2, 10)
    visitor.session.end()


def test_one_that_was_ended_elsewhere_is_on_its_way_to_nobody() -> None:
    visitor = Visitor("sent", "none")
    visitor.presses(Help.STAFF)
    visitor.sees("unsent")
    visitor.session.end()


def test_one_of_which_nobody_has_heard_is_made_anew_by_who_presses_again() -> None:
    visitor = Visitor("unsent")
    visitor.presses(Help.STAFF)
    visitor.sees("unsent")
    visitor.presses(Help.STAFF)
    until(lambda: visitor.caretaker.said == ["call", "end", "call"], 10)
    visitor.session.end()


def test_the_call_before_is_ended_before_the_next_is_made_however_slow_that_is() -> None:
    visitor = Visitor("sent")
    visitor.presses(Help.STAFF)
    visitor.sees("sent")
    visitor.caretaker.ending.clear()
    visitor.presses(Help.CALL_OFF)
    visitor.presses(Help.STAFF)
    assert visitor.calling.state == "sending"
    visitor.presses(Help.CALL_OFF)
    visitor.presses(Help.STAFF)
    visitor.caretaker.ending.set()
    until(lambda: visitor.caretaker.said == ["call", "end", "call"], 10)
    visitor.session.end()
    until(lambda: visitor.caretaker.said == ["call", "end", "call", "end"], 10)


def test_a_caretaker_that_hangs_holds_up_neither_the_press_nor_the_end() -> None:
    visitor = Visitor("sent")
    visitor.caretaker.goes_on.clear()
    visitor.presses(Help.STAFF)
    assert visitor.seen[-1:] == ["sending"]
    visitor.session.end()
    visitor.caretaker.goes_on.set()
    until(lambda: visitor.caretaker.ends == 1, 10)
    assert visitor.calling.state == "none", "what was heard too late is not said"


def test_a_call_that_nobody_ends_is_over_after_a_while() -> None:
    ended = Caretaker("sent")
    clock = iter((0.0, 1.0, 10_000.0))
    calling = Calling(ended, now=lambda: next(clock), ask_seconds=0.001)
    calling.begin(lambda: None)
    until(lambda: ended.ends == 1 and calling.state == "none", 10)


def test_where_nobody_carries_it_the_button_calls_nobody() -> None:
    visitor = Visitor("sent", settings=Settings())
    visitor.presses(Help.STAFF)
    assert (visitor.session.view.overlay, visitor.calling.state, visitor.caretaker.calls) == ("staff", "none", 0)
