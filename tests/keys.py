"""Where the keys of the invented world are kept. They take a minute of a processor to make: one place for all tests,
whatever process they run in, and for the runs to come."""

from __future__ import annotations

from pathlib import Path

KEYS = Path(__file__).resolve().parent.parent / "var" / "keys-of-tests"
