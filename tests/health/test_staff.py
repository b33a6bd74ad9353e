"""Whether anybody can be let in, and by whom."""

from __future__ import annotations

import pytest

from kiosk.config.health import CHECKS
from kiosk.health.staff import judge


@pytest.mark.parametrize(
    ("roles", "reason"),
    [
        (None, "unreadable"),
        ([], "nobody"),
        (["officer", "vendor"], "unsupervised"),
        (["officer", "supervisor"], "supervised"),
    ],
)
def test_it_is_judged_by_its_bounds(roles: list[str] | None, reason: str) -> None:
    assert judge(roles) == reason
    assert reason in CHECKS["staff"].reasons
