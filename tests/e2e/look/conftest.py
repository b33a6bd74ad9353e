"""The page on which screens are put up, both ways up and in both sizes of text."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.look.gallery import WAYS, Gallery, Way, gallery


@pytest.fixture(scope="module")
def on(chromium: Browser) -> Iterator[Gallery]:
    with gallery(chromium) as made:
        yield made


@pytest.fixture(scope="module", params=WAYS, ids=lambda way: way.name)
def way(request: pytest.FixtureRequest) -> Way:
    assert isinstance(request.param, Way)
    return request.param


@pytest.fixture(scope="module")
def page(on: Gallery, way: Way) -> Iterator[Page]:
    made = on.page(way)
    yield made
    made.context.close()
