"""How warm it is, and zones that nobody should believe."""

from __future__ import annotations

import pytest

from kiosk.config.health import CHECKS
from kiosk.health.temperature import judge


@pytest.mark.parametrize(
    ("zones", "reason"),
    [
        ([20.0], "cool"),
        ([20.0, 84.9], "cool"),
        ([85.0], "warm"),
        ([94.9, 30.0], "warm"),
        ([95.0], "hot"),
        ([400.0, -274.0, 0.0], None),
        ([], None),
    ],
)
def test_it_is_judged_by_its_bounds(zones: list[float], reason: str | None) -> None:
    assert judge(zones) == reason
    assert reason is None or reason in CHECKS["temperature"].reasons
