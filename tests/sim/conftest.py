"""What the tests of the stand-ins share: the invented world's keys, made once, and the real pcscd."""

from __future__ import annotations

import pytest

from kiosk.sim.pki import Pki
from tests.keys import KEYS
from tests.pcscd import pcscd

__all__ = ["pcscd", "pki"]


@pytest.fixture(scope="session")
def pki() -> Pki:
    return Pki(KEYS)
