"""The prompts of the texts as they are now: set-up has made most of them, and nothing is left to do after it."""

from __future__ import annotations

import pytest

from kiosk.voice.prompts import build, rendered


@pytest.fixture(scope="session", autouse=True)
def prompts() -> None:
    build()
    rendered.cache_clear()
