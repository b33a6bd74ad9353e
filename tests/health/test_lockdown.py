"""The machine's lock-down: the worst there is for the board, and all of it for whoever checks."""

from __future__ import annotations

import pytest

from kiosk.config.health import CHECKS, level_of
from kiosk.health.lockdown import CURES, findings, judge
from kiosk.health.shipped import Fault, Kind


@pytest.mark.parametrize("kind", CURES)
def test_each_kind_is_a_row_of_the_board_and_the_worst_is_shown(kind: Kind) -> None:
    assert judge([Fault(kind, "so it is")], None) == kind
    others = [Fault(other, "so it is") for other in list(CURES)[list(CURES).index(kind) :]]
    assert judge(reversed(others), True) == kind
    [said] = findings(22, [Fault(kind, "so it is")])
    assert said.state.value == level_of("lockdown", kind) and said.cure == CURES[kind]


def test_a_firewall_that_let_us_through_is_no_firewall() -> None:
    assert judge([], False) == "open" == judge([Fault("changed", "x")], False)
    assert judge([], True) == "as_shipped" == judge([], None)


def test_what_is_as_it_was_shipped_says_how_much_was_looked_at() -> None:
    assert [str(each) for each in findings(22, [])] == [
        "has    lockdown  22 files, users, kernel and ports are as they were shipped"
    ]


def test_the_table_has_a_row_for_nothing_else() -> None:
    assert set(CHECKS["lockdown"].reasons) == {"as_shipped", *CURES}
