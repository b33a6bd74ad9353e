"""What a finding says, and that none is without help."""

from __future__ import annotations

import pytest

from kiosk.health.finding import Finding, State


@pytest.mark.parametrize("state", State)
def test_only_a_problem_is_something_the_kiosk_lacks(state: State) -> None:
    finding = Finding("reader", state, "so it is", "do this")
    assert finding.lacks is (state is State.PROBLEM)
    assert str(finding) == f"{'LACKS' if finding.lacks else 'has  '}  reader    so it is; do this"


def test_what_is_well_needs_no_cure_and_a_problem_cannot_be_without_one() -> None:
    assert Finding("reader", State.OK, "ready").said == "ready"
    with pytest.raises(ValueError, match="without a cure"):
        Finding("reader", State.PROBLEM, "gone")
