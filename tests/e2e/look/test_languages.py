"""Whatever language, size, colours and height a person has chosen: every screen fits, and none is left in Japanese.

Held to this are the languages people can choose. `LANGUAGES=vi make check ARGS=tests/e2e/look/test_languages.py` tries
one that is not shipped yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import cycle
from pathlib import Path

import pytest
from playwright.sync_api import Page

from kiosk.language.languages import JAPANESE, LANGUAGES, Language
from kiosk.session.preferences import Preferences
from tests.e2e.look import axe
from tests.e2e.look.gallery import WAYS, Way
from tests.web.catalogue import SIGHTS
from tests.web.sight import Sight
from tests.web.test_languages import TRANSLATED, TRIED, name
from tests.web.test_names_of_the_world import LICENCES, WORLD

# The size of each screen's heading [px], and whether something is left to give way before it: a picture, a long list.
HEADINGS = """async fragments => {
    const { fit } = await import("/static/fit.js");
    window.kiosk ??= trustedTypes.createPolicy("kiosk", { createHTML: (html) => html });
    const screen = document.querySelector("#screen");
    document.querySelector("#neutral").hidden = true;
    screen.hidden = false;
    return fragments.map((html) => {
        screen.innerHTML = window.kiosk.createHTML(html);
        fit(screen);
        const middle = screen.querySelector(".middle");
        const left = [...middle.querySelectorAll(".drawing, .may-scroll")].some((each) => each.checkVisibility());
        return { size: parseFloat(getComputedStyle(middle.querySelector("h1")).fontSize), left };
    });
}"""
FITS = Path(__file__).with_name("fits.js").read_text("utf-8")


def complaints(page: Page, way: Way, preferences: Preferences, sights: Sequence[Sight] = SIGHTS) -> list[str]:
    """What is wrong on any of these screens, shown so."""
    language = preferences.language
    measured = page.evaluate(
        FITS,
        {
            "fragments": [sight.html(preferences) for sight in sights],
            "smallestText": 36 if preferences.large else 24,
            "foreign": language.foreign,
            "han": language.html.startswith("zh"),
            "reach": preferences.reach,
        },
    )
    return [f"{sight.name}: {each}" for sight, found in zip(sights, measured, strict=True) for each in found]


@pytest.mark.parametrize("language", TRIED, ids=name)
@pytest.mark.parametrize("reach", [False, True], ids=["", "low"])
def test_every_screen_fits_and_none_is_left_in_japanese(page: Page, way: Way, language: Language, reach: bool) -> None:
    assert complaints(page, way, Preferences(language, large=way.large, reach=reach)) == []


@pytest.mark.parametrize("way", [way for way in WAYS if way.large], indirect=True, ids=lambda way: way.name)
@pytest.mark.parametrize("language", [JAPANESE, LANGUAGES["vi"]], ids=name)  # the shortest words, and the longest
def test_large_text_gives_up_pictures_and_cuts_lists_before_a_heading_is_smaller_than_usual(
    page: Page, language: Language
) -> None:
    usual, large = (
        page.evaluate(HEADINGS, [sight.html(Preferences(language, large=large)) for sight in SIGHTS])
        for large in (False, True)
    )
    assert [
        f"{sight.name}: {one['size']} px, in large text {other['size']} px"
        for sight, one, other in zip(SIGHTS, usual, large, strict=True)
        if other["size"] < one["size"] and other["left"]
    ] == []


def test_names_and_licences_of_the_world_fit(page: Page, way: Way) -> None:
    """What a card holds is never translated, and may be as long as its readers let through."""
    for language in LANGUAGES.values():
        found = complaints(page, way, Preferences(language, large=way.large), (*WORLD, *LICENCES))
        assert [each for each in found if "still Japanese" not in each] == [], language.code


def test_a_language_from_right_to_left_needs_no_new_code(page: Page, way: Way) -> None:
    """Japanese words under Arabic rules: what is measured are the places of things, not their script."""
    mirrored = replace(JAPANESE, direction="rtl", html="ar")
    for reach in (False, True):
        found = complaints(page, way, Preferences(mirrored, large=way.large, reach=reach))
        assert [each for each in found if "still Japanese" not in each] == []
    sight = next(each for each in SIGHTS if each.name == "text_pin")
    page.evaluate(FITS, {"fragments": [sight.html(Preferences(mirrored))], "smallestText": 24})
    places = page.evaluate(
        "() => ['.top-mark', '.is-back', '[data-key=\"1\"]', '[data-key=\"2\"]']"
        ".map(each => document.querySelector(each).getBoundingClientRect().left)"
    )
    mark, back, one, two = places
    assert mark > page.viewport_size["width"] / 2, "the beginning of a line is at the right"  # type: ignore[index]
    assert back > one, "going back is where the text comes from"
    assert one < two, "but digits stand as on every pad"


ONE_OF_EACH = tuple({(sight.screen.name, sight.overlay): sight for sight in SIGHTS}.values())


@pytest.mark.parametrize("way", WAYS[:1], indirect=True, ids=["smallest text"])
@pytest.mark.parametrize("language", TRANSLATED, ids=name)
def test_axe_finds_nothing_on_any_screen_in_any_language(page: Page, language: Language) -> None:
    """Each screen in each, and all other sights in turns; every one of them in Japanese is in test_look."""
    sights = (*ONE_OF_EACH, *SIGHTS[TRANSLATED.index(language) :: len(TRANSLATED)])
    assert axe.complaints(page, {sight.name: sight.html(Preferences(language)) for sight in sights}) == []


@pytest.mark.parametrize("way", WAYS[:1], indirect=True, ids=["smallest text"])
def test_axe_finds_nothing_in_high_contrast_whatever_the_language(page: Page) -> None:
    """One sight of each screen, the languages taking turns; seven to one on black as on white."""
    shown = zip(ONE_OF_EACH, cycle(TRIED))
    screens = {f"{sight.name}, {each.code}": sight.html(Preferences(each, contrast=True)) for sight, each in shown}
    assert axe.complaints(page, screens) == []
