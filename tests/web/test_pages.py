"""The pictures of README and staff guide: they show what the screens say today."""

from __future__ import annotations

import re

import pytest
from PIL import Image

from tests.shots import PAGES, PICTURES, WORDS, said_by
from tests.stage import ROOT


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_shows_what_its_screens_say_today(name: str) -> None:
    with Image.open(ROOT / PAGES / f"{name}.png") as picture:
        said = picture.info.get(WORDS)
    assert said == said_by(PICTURES[name][0]), "make shots ARGS=--pages, and look at them"


def test_every_picture_stands_in_a_page_and_every_page_has_those_there_are() -> None:
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    shown = {name for page in pages for name in re.findall(r"\]\((?:docs/)?([\w-]+)\.png\)", page.read_text("utf-8"))}
    assert shown == set(PICTURES)
