"""Linking is offered only when all that it needs is there, and everything else stays open."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kiosk.flows.asking.screen import Screen
from kiosk.flows.home import FLOWS
from kiosk.hw.device import ReaderState
from tests.web.sight import Sight

HOME = Sight("home", Screen("home", {}, tuple(FLOWS)), reader=ReaderState.EMPTY)


def offers(html: str) -> set[str]:
    return {answer for answer in FLOWS if f'data-answer="{answer}"' in html}


@pytest.mark.parametrize("change", [{"caretaker": False}, {"portal": "closed"}, {"portal": "unreachable"}])
def test_without_portal_or_caretaker_linking_is_closed_and_guidance_open(change: dict[str, object]) -> None:
    assert offers(HOME.html()) == set(FLOWS)
    html = replace(HOME, **change).html()  # type: ignore[arg-type]
    assert offers(html) == set(FLOWS) - {"link"}
    assert "closed" in html


def test_nothing_is_blamed_that_works() -> None:
    html = replace(HOME, caretaker=False).html()
    assert "マイナポータルにつながりません" not in html and "読み取り部につながりません" not in html
