"""What the benchmark says of memory can be believed."""

from __future__ import annotations

import random

from bench.table import Slope


def test_a_leak_of_a_hundred_bytes_a_session_would_be_seen() -> None:
    noise = random.Random(1)
    seen = [100_000 + 0.1 * session + noise.gauss(0, 5) for session in range(300)]  # kB, and what a machine does to it
    leak, none = Slope.of(seen), Slope.of([value - 0.1 * session for session, value in enumerate(seen)])
    assert leak.per_step > 3 * leak.error
    assert abs(none.per_step) < 3 * none.error
