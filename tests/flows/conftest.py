"""A portal for the flows that need one: the sandbox, with its world as it is in the morning."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.sim.pki import Pki
from kiosk.sim.portal.sandbox import Sandbox, world
from tests.keys import KEYS


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki(KEYS)


@pytest.fixture(scope="module")
def running(pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    directory: Path = tmp_path_factory.mktemp("portal")
    with Sandbox(*world(pki), directory=directory) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox) -> Iterator[Sandbox]:
    yield running
    running.reset()
