"""The worst of the devices that tell."""

from __future__ import annotations

import pytest

from kiosk.config.health import CHECKS
from kiosk.health.wear import judge


@pytest.mark.parametrize(
    ("told", "reason"),
    [([1], "sound"), ([1, 2], "worn"), ([3, 1], "worn_out"), ([0], None), ([9, 1], "sound"), ([], None)],
)
def test_it_is_judged_by_its_bounds(told: list[int], reason: str | None) -> None:
    assert judge(told) == reason
    assert reason is None or reason in CHECKS["wear"].reasons
