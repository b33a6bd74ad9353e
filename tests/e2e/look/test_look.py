"""Everything a person can see: that all of it fits, can be read, touched and reached, and that nothing is dead.

Every sight of the catalogue is put up in a real Chromium under the production headers, both ways up, in both sizes:
with `make whole` each in all four, with `make test` each upright in one size and across in the other. What that does
not see is a sight that fits in these two alone; test_languages tries more of them, in other languages, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

import pytest
from playwright.sync_api import Page

import kiosk.web.view
from kiosk.flows.asking.screen import Screen
from kiosk.language.languages import shipped
from kiosk.session.preferences import Preferences
from tests.chromium import heard
from tests.e2e.look import axe
from tests.e2e.look.gallery import SWAP, WAYS, Gallery, Way, show
from tests.e2e.look.parts import covering
from tests.web.catalogue import SIGHTS, linked
from tests.web.catalogue_staff import STAFF_SIGHTS
from tests.web.sight import Sight
from tests.whole import few, turn

TEMPLATES = Path(kiosk.web.view.__file__).with_name("templates")
MEASURE = Path(__file__).with_name("measure.js").read_text("utf-8")
# All of them in one go: a call for each would cost more than the measuring, and each would be painted. Besides what is
# wrong, the places of what stands at the top and at the bottom of every screen: as many as there are different ones.
MEASURE_EACH = f"""async (screens) => {{
    const measure = {MEASURE}
    const found = [], places = new Set();
    for (const {{ name, html, ...asked }} of screens) {{
        await ({SWAP})(html);
        const bands = [...document.querySelectorAll(".top, .helpers, .is-staff, .is-size")];
        places.add(JSON.stringify(bands.map((each) => [each.className, each.getBoundingClientRect()])));
        found.push(...measure(asked).map((complaint) => `${{name}}: ${{complaint}}`));
    }}
    return {{ found, places: [...places] }};
}}"""
PAD = [*(f"key:{digit}" for digit in "0123456789"), "erase", "clear", "next"]
LETTERS = [f"key:{letter}" for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"]
RING = ["rgb(0, 0, 0) solid 4px", "2px", "rgb(255, 212, 61) 0px 0px 0px 2px"]
# What of a screen a key can move to (keys.js) and wears something else while it has the focus.
RINGLESS = f"""async ({{ ring, screens }}) => {{
    const bare = [];
    for (const [name, html] of Object.entries(screens)) {{
        await ({SWAP})(html);
        const within = document.querySelector("[role=dialog]") ?? document.querySelector("#screen");
        const all = [...within.querySelectorAll('button, [tabindex="0"]')].filter((each) => each.checkVisibility());
        if (!all.length) bare.push(`${{name}}: nothing`);
        for (const each of all) {{
            each.focus();
            const {{ outline, outlineOffset, boxShadow }} = getComputedStyle(each);
            const wears = each === document.activeElement && `${{[outline, outlineOffset, boxShadow]}}` === `${{ring}}`;
            if (!wears) bare.push(`${{name}}: ${{each.outerHTML.slice(0, 80)}}`);
        }}
    }}
    return bare;
}}"""
QUESTIONS = {"leave": ["stay", "leave_now"], "idle": ["stay", "leave_now"], "staff": ["stay"], "leaving": []}
TONGUES = [f"lang:{each.code}" for each in shipped()]
QUESTIONS["language"] = ["stay", *TONGUES]
EYE = ["size", "contrast", "reach"]
HELPERS = ["staff", "language", *EYE, "listen"]
VOICE = ["repeat", "softer", "louder", "hush"]  # in place of those for the eye, for whoever listens
PARTS = 4  # one after the other, each well within a test's time on a machine that does other things
BEFORE_A_VISIT = {"attract", "closed", "left_card", "take_card", "closing"}


@pytest.fixture
def said(page: Page) -> Iterator[list[str]]:
    """What the console says meanwhile."""
    with heard(page) as words:
        yield words


def answers_of(sight: Sight) -> dict[str, list[str]]:
    """always: the helpers; wanted: what the flow waits for, or the question over it; also: may be there."""
    pad = [] if sight.pad is None else [*PAD, *(LETTERS if sight.pad["layout"] == "letters" else [])]
    closed = sight.screen.name == "home" and (sight.reader.value == "absent" or sight.portal != "open")
    hidden = {"link"} if closed else set()
    if sight.screen.name == "home" and sight.reader.value == "absent":
        hidden.add("check")
    own = [each for each in sight.screen.answers if each not in hidden]
    facts = sight.screen.facts
    seen_already = ["read_to_end"] if facts.get("read") else []
    greetings = TONGUES[1:] if sight.screen.name == "attract" and not sight.overlay else []
    return {
        "always": [*(["leave"] if sight.screen.name not in BEFORE_A_VISIT else []), *HELPERS],
        "wanted": [
            *(each for each in own if each not in seen_already),
            *pad,
            *greetings,
            *QUESTIONS.get(sight.overlay or "", []),
            *(["call_off"] if sight.call not in (None, "unsent") else []),
        ],
        "also": seen_already,
    }


def halved(sights: Sequence[Sight], way: Way) -> list[Sight]:
    """Those whose turn it is: each in two of the ways, which have neither size nor place in common."""
    return turn(sights, way.large == (way.width < way.height), 2)


@cache
def html_of(sight: Sight, large: bool) -> str:
    return sight.html(Preferences(large=large))


def measured(
    page: Page, way: Way, asked: Iterable[tuple[Sight, Mapping[str, list[str]]]]
) -> tuple[list[str], list[str]]:
    """What is wrong on any of these screens, and where their bands are. asked: each with what it has to offer
    (`answers_of`)."""
    smallest = 36 if way.large else 24
    screens = [
        {"name": sight.name, "html": html_of(sight, way.large), "smallestText": smallest, "answers": answers}
        for sight, answers in asked
    ]
    said = page.evaluate(MEASURE_EACH, screens)
    return said["found"], said["places"]


@pytest.mark.parametrize("part", range(PARTS))
def test_it_fits_can_be_read_and_touched_nothing_on_it_is_dead_and_the_bands_never_move(
    page: Page, way: Way, part: int, said: list[str]
) -> None:
    sights = dict.fromkeys((SIGHTS[0], *halved(SIGHTS, way)[part::PARTS]))  # from whose bands those of no other differ
    complaints, bands = measured(page, way, [(sight, answers_of(sight)) for sight in sights])
    assert complaints == []
    assert len(bands) == 1
    assert said == []


def test_whoever_listens_finds_the_buttons_of_the_voice(page: Page, way: Way, said: list[str]) -> None:
    sight = next(sight for sight in SIGHTS if sight.name == "step_1_licence")
    show(page, sight, way, listening=True)
    answers = {**answers_of(sight), "always": ["leave", "staff", "language", *VOICE]}
    assert page.evaluate(MEASURE, {"smallestText": 36 if way.large else 24, "answers": answers}) == []
    assert said == []


def test_the_size_of_the_last_screen_does_not_hang_on_its_number(page: Page, way: Way) -> None:
    """As long as the kiosk's own portal gives one; a longer one of another's takes a second line."""

    def places(number: str) -> list[str]:
        screen = Screen("linked", {**linked(reference=number), "paper": "printed"}, ("licence_page", "finish"), step=11)
        show(page, Sight("linked", screen), way)
        everything = '[...document.querySelectorAll("#screen .frame *:not(.figure)")]'
        every: list[str] = page.evaluate(everything + ".map((each) => JSON.stringify(each.getBoundingClientRect()))")
        return every

    narrow = places("1111-1111")
    assert len(narrow) > 20
    assert places("WWWW-WWWW") == narrow


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("way", WAYS[:1], indirect=True, ids=["smallest text"])  # colours and roles are the same in all
def test_axe_finds_nothing_against_wcag_2_2_and_seven_to_one(page: Page, way: Way, part: int) -> None:
    """Each element once among those it stands in; what is not seen, unless the whole is tried, is what the words of a
    sight, or the number of its items, do to the same elements."""
    screens = {sight.name: html_of(sight, way.large) for sight in covering(SIGHTS)[part::PARTS]}
    assert axe.complaints(page, screens) == []


def test_the_page_without_a_server_says_to_wait(on: Gallery, way: Way) -> None:
    page = on.page(way)
    with heard(page) as words:
        page.reload()
        assert page.get_by_role("main").inner_text().split() == ["マイナ免許証", "ご案内", "しばらくお待ちください。"]
        assert page.evaluate(MEASURE, {"smallestText": 24, "answers": None}) == []
        if way in few(WAYS[:1], of=WAYS):  # colours and roles are the same in all
            assert axe.complaints(page, {"neutral": None}) == []
    assert words == []
    page.context.close()


def test_whatever_keys_can_reach_wears_the_ring_on_every_screen(page: Page, way: Way) -> None:
    """Once somebody has pressed a key; each element once among those it stands in (`covering`), in one of the ways
    unless the whole is tried."""
    sights = covering((*SIGHTS, *STAFF_SIGHTS))
    pressed = [sight for sight in sights if sight.overlay != "leaving"]  # which has nothing to press
    shown = turn(pressed, WAYS.index(way), len(WAYS))
    show(page, shown[0], way)
    page.keyboard.press("Tab")
    screens = {sight.name: html_of(sight, way.large) for sight in shown}
    assert page.evaluate(RINGLESS, {"ring": RING, "screens": screens}) == []


def test_pictures_move_only_where_motion_is_welcome(on: Gallery) -> None:
    still = on.page(WAYS[0])
    lively = on.browser.new_page(reduced_motion="no-preference")
    lively.goto(on.address)
    moving = next(sight for sight in SIGHTS if sight.name == "set_card_first")
    show(still, moving, WAYS[0])
    show(lively, moving, WAYS[0])
    count = "() => document.getAnimations().length"
    assert (still.evaluate(count), lively.evaluate(count)) == (0, 1)
    still.context.close()
    lively.context.close()


def test_the_catalogue_leaves_no_screen_and_no_question_out() -> None:
    all_of_them = (*SIGHTS, *STAFF_SIGHTS)
    shown = {f"screens/{sight.screen.name}" for sight in all_of_them} | {f"overlays/{each.overlay}" for each in SIGHTS}
    written = {f"{path.parent.name}/{path.stem}" for path in TEMPLATES.glob("[so][cv]*/*.html")}
    assert written - {"overlays/dialog"} <= shown
