"""What linking gives: each gain has a sign of its own, and it is drawn."""

from __future__ import annotations

import pytest

from kiosk.advice.gains import GAINS, Gain
from tests.advice.test_outcomes import icons


@pytest.mark.parametrize("gain", GAINS, ids=lambda gain: gain.sign)
def test_a_gain_has_a_sign_of_its_own_that_is_drawn(gain: Gain) -> None:
    assert gain.sign in icons()
    assert [each for each in GAINS if each.sign == gain.sign] == [gain]
