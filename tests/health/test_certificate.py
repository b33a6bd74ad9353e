"""The certificates by which kiosk and portal know each other: named before they end."""

from __future__ import annotations

from datetime import datetime
from typing import get_args

import pytest

from kiosk.health.certificate import judge
from kiosk.health.finding import State
from kiosk.language.dates import JST
from kiosk.portal.errors import Lasts

ENDS = datetime(2026, 12, 24, 9, 0, tzinfo=JST)
STATES = {"lasting": State.OK, "ends_soon": State.WARNING, "ended": State.PROBLEM}


@pytest.mark.parametrize("lasts", get_args(Lasts))
def test_the_day_is_named_and_how_much_it_matters(lasts: Lasts) -> None:
    finding = judge(ENDS, lasts)
    assert finding.state is STATES[lasts] and "2026-12-24" in finding.words
    assert bool(finding.cure) == (lasts != "lasting")
