"""Room on the disk, on either side of each bound."""

from __future__ import annotations

import pytest

from kiosk.config.health import CHECKS
from kiosk.health.disk import FULL_BYTES, LITTLE_BYTES, judge


@pytest.mark.parametrize(
    ("free", "reason"),
    [
        (0, "full"),
        (FULL_BYTES - 1, "full"),
        (FULL_BYTES, "little"),
        (LITTLE_BYTES - 1, "little"),
        (LITTLE_BYTES, "room"),
    ],
)
def test_it_is_judged_by_its_bounds(free: int, reason: str) -> None:
    assert judge(free) == reason
    assert reason in CHECKS["disk"].reasons
