"""What holds for every test: nothing of a person, and no fixture; only how the tests' own process keeps its memory, and
what is done first."""

from __future__ import annotations

import gc

import pytest

FIRST = {"forgetting", "e2e"}  # rooms whose files take minutes


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long comes first, or one process would still be at it when the others have nothing left to do."""
    items.sort(key=lambda item: FIRST.isdisjoint(item.path.parts))


def pytest_collection_finish() -> None:
    """Thousands of tests and all they have imported live as long as the run: no collection of garbage looks through
    them any more, as in the server (`kiosk.services.server.serve`)."""
    gc.collect()
    gc.freeze()
