"""What axe-core finds against WCAG 2.2 and seven to one, of many screens in one go.

The program is brought to a page once, and the screens are put up one after the other within it; that takes a quarter
of the time of a call for each.
"""

from __future__ import annotations

from collections.abc import Mapping

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.e2e.look.gallery import SWAP

TAGS = ["wcag2a", "wcag2aa", "wcag2aaa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OPTIONS = {
    "runOnly": {"type": "tag", "values": TAGS},
    "rules": {"color-contrast": {"enabled": False}},  # color-contrast-enhanced asks the same, more strictly
    "resultTypes": ["violations"],
}
WITHOUT_COLOURS = OPTIONS | {
    "rules": {"color-contrast": {"enabled": False}, "color-contrast-enhanced": {"enabled": False}}
}
RUN = f"""async ({{screens, options}}) => {{
    const found = [];
    for (const [name, html] of screens) {{
        if (html !== null) await ({SWAP})(html);
        for (const {{id, nodes}} of (await axe.run(document, options)).violations)
            for (const node of nodes) found.push(`${{name}}: ${{id}}: ${{node.target}}: ${{node.failureSummary}}`);
    }}
    return found;
}}"""


def complaints(page: Page, screens: Mapping[str, str | None], *, colours: bool = True) -> list[str]:
    """screens: names and fragments to put up; None is what stands there already. colours: look at the contrast, too,
    which takes two thirds of the time."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(Axe().axe_script)
    options = OPTIONS if colours else WITHOUT_COLOURS
    found: list[str] = page.evaluate(RUN, {"screens": list(screens.items()), "options": options})
    return found
