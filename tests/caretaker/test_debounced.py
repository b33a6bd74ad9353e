"""A second's fault does not flicker, and what lasts is shown: with a clock in the test's hands."""

from __future__ import annotations

import pytest

from kiosk.caretaker.debounced import Debounced
from kiosk.config.health import Check, Reason

DO = ("直す", "mend it")
CHECK = Check(
    "server",
    "紙",
    "paper",
    shows=10,
    goes=5,
    reasons={
        "full": Reason("ok", "ある", "full"),
        "low": Reason("warning", "少ない", "low", "officer", DO),
        "out": Reason("problem", "ない", "out", "officer", DO),
        "open": Reason("problem", "開いている", "open", "officer", DO),
    },
)


def shown(reports: dict[int, str], seconds: int, before: str | None = None) -> list[tuple[int, str | None]]:
    """When what is shown changed, and to what. reports: by the second."""
    held, changes = Debounced(CHECK, before), []
    for now in range(seconds):
        if now in reports:
            held.report(reports[now], float(now))
        if held.turn(float(now)):
            changes.append((now, held.shown))
    return changes


@pytest.mark.parametrize(
    ("reports", "changes"),
    [
        ({3: "full"}, [(3, "full")]),
        ({3: "out"}, [(13, "out")]),
        ({0: "full", 5: "out", 14: "full"}, [(0, "full")]),
        ({0: "full", 5: "out"}, [(0, "full"), (15, "out")]),
        ({0: "full", 5: "out", 20: "full"}, [(0, "full"), (15, "out"), (25, "full")]),
        ({0: "full", 5: "out", 20: "full", 24: "out"}, [(0, "full"), (15, "out")]),
        ({0: "full", 5: "out", 9: "open", 12: "out"}, [(0, "full"), (15, "out")]),
        ({0: "full", 5: "low", 20: "out"}, [(0, "full"), (15, "low"), (30, "out")]),
        ({0: "full", 5: "out", 20: "low"}, [(0, "full"), (15, "out"), (25, "low")]),
        ({0: "full", 5: "out", 20: "open"}, [(0, "full"), (15, "out"), (30, "open")]),
        ({0: "full", **{n: "out" if n % 2 else "full" for n in range(1, 51)}}, [(0, "full")]),
        ({}, []),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_lasts_is_shown(reports: dict[int, str], changes: list[tuple[int, str]]) -> None:
    assert shown(reports, 60) == changes


def test_what_stood_there_before_the_start_stands_until_something_else_lasts() -> None:
    assert shown({}, 60, "out") == []
    assert shown({1: "out"}, 60, "out") == []
    assert shown({1: "full"}, 60, "out") == [(6, "full")]


def test_who_looks_again_waits_for_nothing() -> None:
    held = Debounced(CHECK, "full")
    assert not held.show()
    held.report("out", 1.0)
    assert held.show() and held.shown == "out" and not held.show()
    held.report("full", 2.0)
    assert not held.turn(6.9) and held.turn(7.0)
