"""What the staff see: that it fits, can be touched, and nothing on it is dead; in Japanese and in English.

With `make test` each sight upright in one size and across in the other, in English the other way round.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Page

from kiosk.language.languages import JAPANESE, LANGUAGES
from kiosk.session.preferences import Preferences
from tests.e2e.look import axe
from tests.e2e.look.gallery import WAYS, Way, show
from tests.e2e.look.parts import covering
from tests.e2e.look.test_languages import FITS
from tests.e2e.look.test_look import EYE, PAD, QUESTIONS, halved, measured
from tests.web.catalogue_staff import PROOF, STAFF_SIGHTS
from tests.web.sight import Sight
from tests.whole import WHOLE, turn

ENGLISH = LANGUAGES["en"]


def answers_of(sight: Sight) -> dict[str, list[str]]:
    leave = ["leave"] if sight.screen.staff == "room" else []
    pad = PAD if sight.pad is not None else []
    own = [*sight.screen.answers, *pad, *QUESTIONS.get(sight.overlay or "", [])]
    return {"always": [*leave, "lang:en", *EYE], "wanted": own, "also": []}


def test_it_fits_can_be_read_and_touched_and_nothing_on_it_is_dead(page: Page, way: Way) -> None:
    complaints, _ = measured(page, way, [(sight, answers_of(sight)) for sight in halved(STAFF_SIGHTS, way)])
    assert complaints == []


def test_in_english_it_fits_and_nothing_is_left_in_japanese(page: Page, way: Way) -> None:
    sights = halved(STAFF_SIGHTS[1:] + STAFF_SIGHTS[:1], way)
    html = [sight.html(Preferences(ENGLISH, large=way.large)) for sight in sights]
    asked = {"fragments": html, "smallestText": 36 if way.large else 24, "foreign": True, "han": False, "reach": False}
    measured = page.evaluate(FITS, asked)
    assert {each.name: wrong for each, wrong in zip(sights, measured, strict=True) if wrong} == {}


def test_a_phone_reads_the_whole_of_a_proof_and_the_lines_beside_it_are_the_same(
    page: Page, way: Way, tmp_path: Path
) -> None:
    show(page, next(each for each in STAFF_SIGHTS if each.name == "staff_proof"), way)
    code = page.locator(".proof .code")
    box = code.bounding_box()
    assert box is not None and box["width"] == box["height"] >= 400, "some four pixels for each of its modules"
    code.screenshot(path=tmp_path / "code.png")
    command = ["zbarimg", "--quiet", "--raw", str(tmp_path / "code.png")]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == PROOF.text + "\n"
    beside = page.locator(".proof dl").inner_text()
    for name in ("challenge", "version"):
        assert PROOF.says(name) in beside
    for name in ("image", "settings"):
        assert f"{PROOF.says(name)[:8]}…{PROOF.says(name)[-8:]}" in beside


@pytest.mark.parametrize("way", WAYS[:1], indirect=True, ids=["smallest text"])
@pytest.mark.parametrize("language", [JAPANESE, ENGLISH], ids=lambda each: each.code)
def test_axe_finds_nothing(page: Page, language: object) -> None:
    """In English every third of them, unless the whole is tried, and not their colours, which are the same."""
    assert isinstance(language, type(JAPANESE))
    sights = covering(STAFF_SIGHTS) if language is JAPANESE else turn(covering(STAFF_SIGHTS), 0, 3)
    screens = {sight.name: sight.html(Preferences(language)) for sight in sights}
    assert axe.complaints(page, screens, colours=WHOLE or language is JAPANESE) == []
