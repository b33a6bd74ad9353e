"""What holds for every test: nothing of a person, and no fixture; only how the tests' own process keeps its memory."""

from __future__ import annotations

import gc


def pytest_collection_finish() -> None:
    """Thousands of tests and all they have imported live as long as the run: no collection of garbage looks through
    them any more, as in the server (`kiosk.services.server.serve`)."""
    gc.collect()
    gc.freeze()
