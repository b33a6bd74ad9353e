"""What the benchmark says can be believed, and what must not be lost of it."""

from __future__ import annotations

import random
from pathlib import Path

from bench.card import KINDS, by_kind
from bench.table import Slope
from kiosk.sim.pki import Pki


def test_a_leak_of_a_hundred_bytes_a_session_would_be_seen() -> None:
    noise = random.Random(1)
    seen = [100_000 + 0.1 * session + noise.gauss(0, 5) for session in range(300)]  # kB, and what a machine does to it
    leak, none = Slope.of(seen), Slope.of([value - 0.1 * session for session, value in enumerate(seen)])
    assert leak.per_step > 3 * leak.error
    assert abs(none.per_step) < 3 * none.error


def test_a_linking_needs_at_most_two_round_trips_more_than_its_kind_of_card(tmp_path: Path) -> None:
    above = {kind: cost.trips - floor.trips for kind, cost, floor in by_kind(Pki(tmp_path))}
    assert above.keys() == KINDS.keys()
    assert all(0 <= more <= 2 for more in above.values()), above
