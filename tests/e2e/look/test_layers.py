"""The order of the style sheets lies in their four layers alone: within a layer the files may come in any order."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from kiosk.language.languages import LANGUAGES
from kiosk.session.preferences import Preferences
from kiosk.web import style
from tests.e2e.look.gallery import WAYS, Way
from tests.web.catalogue import SIGHTS
from tests.whole import few

# What each screen looks like under each sheet, as far as boxes, colours and type tell it.
LOOKS = """async ({ sheets, fragments }) => {
    const { fit } = await import("/static/fit.js");
    window.kiosk ??= trustedTypes.createPolicy("kiosk", { createHTML: (html) => html });
    const screen = document.querySelector("#screen");
    document.querySelector("#neutral").hidden = true;
    screen.hidden = false;
    document.querySelector("link[rel=stylesheet]").disabled = true;
    const TOLD = ["color", "backgroundColor", "borderTop", "boxShadow", "fill", "stroke", "font", "padding", "gap"];
    const look = (html) => {
        screen.innerHTML = window.kiosk.createHTML(html);
        fit(screen);
        return [...screen.querySelectorAll("*")].map((element) => {
            const { x, y, width, height } = element.getBoundingClientRect();
            const style = getComputedStyle(element);
            return [element.className, x, y, width, height, ...TOLD.map((each) => style[each])].join(" ");
        });
    };
    const looks = sheets.map((text) => {
        const sheet = new CSSStyleSheet();
        sheet.replaceSync(text);
        document.adoptedStyleSheets = [sheet];
        return fragments.map(look);
    });
    document.adoptedStyleSheets = [];
    document.querySelector("link[rel=stylesheet]").disabled = false;
    return looks;
}"""


# Upright and across, in either size of text: when not the whole is tried, each of the four once.
@pytest.mark.parametrize("way", few([WAYS[0], WAYS[3]], of=WAYS), indirect=True, ids=lambda way: way.name)
def test_within_a_layer_the_order_of_the_files_decides_nothing(
    page: Page, way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    screens = {sight.screen.name: sight for sight in SIGHTS}.values()
    choices = [
        Preferences(large=way.large),
        Preferences(LANGUAGES["easy"], large=way.large, contrast=True, reach=True),
    ]
    sheet, in_order = style.sheet(), style.files
    monkeypatch.setattr(style, "files", lambda layer: in_order(layer)[::-1])
    turned_round = style.sheet.__wrapped__()
    assert sorted(turned_round) == sorted(sheet) and turned_round != sheet
    fragments = [sight.html(chosen) for chosen in choices for sight in screens]
    one, other = page.evaluate(LOOKS, {"sheets": [sheet, turned_round], "fragments": fragments})
    for these, those in zip(one, other, strict=True):
        assert these == those
