"""What holds for every test: nothing of a person, and no fixture; only how the tests' own process keeps its memory, and
what is done when.

Each file is done by one process. Two processors are kept busy from the first minute to the last: somebody waits for a
printer's time to be over beside a browser's work, and not when that is done.
"""

from __future__ import annotations

import gc
from collections.abc import Generator

import pytest
from xdist.remote import Producer  # type: ignore[import-untyped]
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

# Rooms that need a process's time, and hardly a processor's: one process does each, and begins with it.
WAIT = ("hw", "services")
# Rooms whose files take minutes, the longest first: what came last would find the other processes with nothing to do.
LONG = ("forgetting", "wild", "e2e")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: [room not in rooms(item.nodeid) for room in (*WAIT, *LONG)])


def rooms(nodeid: str) -> list[str]:
    return nodeid.partition("::")[0].split("/")


class Files(LoadScopeScheduling):  # type: ignore[misc]
    """`--dist loadfile`, to which a room of those that wait is one file."""

    def _split_scope(self, nodeid: str) -> str:
        return next((room for room in WAIT if room in rooms(nodeid)), nodeid.partition("::")[0])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Files:
    return Files(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Thousands of tests and all they have imported live as long as the run: no collection of garbage looks through
    them, neither while they come nor later, as in the server (`kiosk.services.server.serve`)."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


def pytest_collection_finish() -> None:
    gc.freeze()
