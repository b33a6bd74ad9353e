"""Memory, on either side of the bound."""

from __future__ import annotations

import pytest

from kiosk.config.health import CHECKS
from kiosk.health.memory import judge


@pytest.mark.parametrize(("available", "reason"), [(0, "little"), (7, "little"), (8, "room"), (100, "room")])
def test_it_is_judged_by_its_bounds(available: int, reason: str) -> None:
    assert judge(available, 100) == reason
    assert reason in CHECKS["memory"].reasons
