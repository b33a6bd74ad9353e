"""A supervisor takes the trail along on a stick: it is laid ready, and withdrawn when nobody waits any more."""

from __future__ import annotations

from collections.abc import Iterable
from typing import get_args

import pytest

from kiosk.flows.staff import export, settings
from kiosk.flows.staff.officer import Officer
from kiosk.ipc.messages import Answer, Denied, OfferTrail, TrailOffered, TrailStands, TrailState
from tests.flows.office import ScriptedCaretaker
from tests.flows.scripted import ScriptedKiosk

WAITS = TrailStands("waits")


def visited(*script: str, offered: Iterable[Answer], later: Iterable[Answer] = ()) -> tuple[list[str], list[object]]:
    caretaker = ScriptedCaretaker({OfferTrail: offered, TrailOffered: later})
    kiosk = ScriptedKiosk(*script, caretaker=caretaker)
    export.visit(kiosk, Officer(7, "supervisor"))
    return [str(screen.facts.get("stands", screen.name)) for screen in kiosk.screens], list(caretaker.asked)


@pytest.mark.parametrize("state", get_args(TrailState))
def test_what_became_of_it_is_told_as_it_is(state: TrailState) -> None:
    more = ("again",) if state == "waits" else ()
    shown, asked = visited("again", *more, "back", offered=[WAITS], later=[TrailStands(state)])
    assert shown[1:3] == ["waits", state]
    assert asked[0] == OfferTrail(7, wanted=True) and asked[-1] == OfferTrail(7, wanted=False)


@pytest.mark.parametrize("answers", [[], [Denied("no")], [Denied("too much", later=True)]])
def test_a_caretaker_that_does_not_do_it_is_told(answers: list[Answer]) -> None:
    shown, _ = visited("back", offered=answers)
    assert shown == ["staff_busy", "staff_denied"]


def test_it_is_found_beside_the_settings() -> None:
    kiosk = ScriptedKiosk("export", "back", "back", caretaker=ScriptedCaretaker({OfferTrail: [WAITS]}))
    settings.visit(kiosk, Officer(7, "vendor"))
    assert kiosk.names == ["staff_settings", "staff_busy", "staff_export", "staff_settings"]
