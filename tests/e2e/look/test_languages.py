"""Whatever language, size, colours and height a person has chosen: every screen fits, and none is left in Japanese.

Held to this are the languages people can choose. `LANGUAGES=vi make check ARGS=tests/e2e/look/test_languages.py` tries
one that is not shipped yet.

`make whole` tries each screen in each language in all eight ways: upright and across, usual and large text, buttons
everywhere and low. `make test` tries each screen in each language once in large text, which is what runs out of room
first, in another of its four ways from language to language; and in usual text in Japanese and in one other language.
It does not see what goes wrong in one language in one way alone, or in usual text only.
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
from tests.e2e.look.parts import covering
from tests.web.catalogue import SIGHTS
from tests.web.sight import Sight
from tests.web.test_languages import TRANSLATED, TRIED, name
from tests.web.test_names_of_the_world import LICENCES, WORLD
from tests.whole import WHOLE, turn

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


def taken(sights: Sequence[Sight], way: Way, language: Language, reach: bool) -> list[Sight]:
    """Those whose turn it is: see above."""
    number, others = list(LANGUAGES.values()).index(language), len(LANGUAGES) - 1
    place = 2 * (WAYS.index(way) // 2) + reach  # of the four ways in which either size stands

    def comes(at: int) -> bool:
        if way.large:
            return (at + number) % 4 == place
        if language is JAPANESE:
            return (at + 2) % 4 == place
        return at % others == number - 1 and at // others % 4 == place

    return [sight for at, sight in enumerate(sights) if WHOLE or comes(at)]


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
    sights = taken(SIGHTS, way, language, reach)
    assert complaints(page, way, Preferences(language, large=way.large, reach=reach), sights) == []


def test_no_screen_is_forgotten_in_any_language() -> None:
    """What stands at the head of this file, of the part that is tried."""
    seen = {
        (sight.name, language.code, way, reach)
        for language in LANGUAGES.values()
        for way in WAYS
        for reach in (False, True)
        for sight in taken(SIGHTS, way, language, reach)
    }
    names = {sight.name for sight in SIGHTS}
    large = [(name, code) for name, code, way, _ in seen if way.large]
    assert set(large) == {(name, code) for name in names for code in LANGUAGES}
    ways = {(name, way, reach) for name, _, way, reach in seen if way.large}
    assert ways == {(name, way, reach) for name in names for way in WAYS for reach in (False, True) if way.large}
    usual = {(name, code) for name, code, way, _ in seen if not way.large}
    assert {name for name, code in usual if code == JAPANESE.code} == names
    assert {name for name, code in usual if code != JAPANESE.code} == names
    assert {(code, way, reach) for _, code, way, reach in seen} == {
        (code, way, reach) for code in LANGUAGES for way in WAYS for reach in (False, True)
    }


@pytest.mark.parametrize("way", [way for way in WAYS if way.large], indirect=True, ids=lambda way: way.name)
@pytest.mark.parametrize("language", [JAPANESE, LANGUAGES["vi"]], ids=name)  # the shortest words, and the longest
def test_large_text_gives_up_pictures_and_cuts_lists_before_a_heading_is_smaller_than_usual(
    page: Page, way: Way, language: Language
) -> None:
    """Each screen upright or across, in one of the two languages, unless the whole is tried."""
    sights = turn(SIGHTS, WAYS.index(way) // 2 + 2 * language.foreign, 4)
    usual, large = (
        page.evaluate(HEADINGS, [sight.html(Preferences(language, large=large)) for sight in sights])
        for large in (False, True)
    )
    assert [
        f"{sight.name}: {one['size']} px, in large text {other['size']} px"
        for sight, one, other in zip(sights, usual, large, strict=True)
        if other["size"] < one["size"] and other["left"]
    ] == []


def test_names_and_licences_of_the_world_fit(page: Page, way: Way) -> None:
    """What a card holds is never translated, and may be as long as its readers let through. Each in each language, in
    one of the four ways unless the whole is tried."""
    for number, language in enumerate(LANGUAGES.values(), WAYS.index(way)):
        found = complaints(
            page, way, Preferences(language, large=way.large), turn((*WORLD, *LICENCES), number, len(WAYS))
        )
        assert [each for each in found if "still Japanese" not in each] == [], language.code


def test_a_language_from_right_to_left_needs_no_new_code(page: Page, way: Way) -> None:
    """Japanese words under Arabic rules: what is measured are the places of things, not their script."""
    mirrored = replace(JAPANESE, direction="rtl", html="ar")
    for reach in (False, True):
        sights = taken(SIGHTS, way, JAPANESE, reach)
        found = complaints(page, way, Preferences(mirrored, large=way.large, reach=reach), sights)
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
    """Each screen in each, and all other sights in turns; in Japanese each of them is in test_look. When not the whole
    is tried, each screen in one and of the others those that have a part of their own, as there; and colours, which no
    language changes, there and in the next test."""
    number = TRANSLATED.index(language)
    sights = {*turn(ONE_OF_EACH, number, len(TRANSLATED)), *covering(SIGHTS)[number :: len(TRANSLATED)]}
    screens = {sight.name: sight.html(Preferences(language)) for sight in sights}
    assert axe.complaints(page, screens, colours=WHOLE) == []


@pytest.mark.parametrize("way", WAYS[:1], indirect=True, ids=["smallest text"])
def test_axe_finds_nothing_in_high_contrast_whatever_the_language(page: Page) -> None:
    """One sight of each screen, the languages taking turns; seven to one on black as on white."""
    shown = zip(ONE_OF_EACH, cycle(TRIED))
    screens = {f"{sight.name}, {each.code}": sight.html(Preferences(each, contrast=True)) for sight, each in shown}
    assert axe.complaints(page, screens) == []
