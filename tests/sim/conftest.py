"""What the tests of the stand-ins share: the invented world's keys, made once, and the real pcscd."""

from __future__ import annotations

import pytest

from kiosk.sim.pki import Pki
from tests.pcscd import pcscd

__all__ = ["pcscd", "pki"]


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    return Pki(tmp_path_factory.getbasetemp() / "pki")
