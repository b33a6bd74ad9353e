"""What the benchmark must not lose: the limit of round trips, in a kiosk and not only in its card code."""

from __future__ import annotations

from pathlib import Path

from bench.card import whole_linking
from tests.stage import Stage


def test_a_whole_linking_in_a_running_kiosk_asks_the_card_ten_times(tmp_path: Path) -> None:
    """Nine, and one by which the card is known again when it has been out (docs/decisions/0004)."""
    assert whole_linking(Stage(tmp_path)).trips == 10
