"""What a screen reader gets, kept in files that can be read: tests/e2e/look/aria/<screen>.yaml.

A change of the page's meaning (a heading that is none any more, a button without a name, a message that is no longer
announced) shows as a difference of these files, for a reviewer to nod at. `ARIA=write make check
ARGS=tests/e2e/look/test_aria.py` renews them.

Of each screen every state is kept that differs in its structure, not those that only say something else: their words
stand in the templates and in `kiosk.advice.outcomes`. What is the same on every screen, above and below it, is in
frame.yaml; the questions laid over a screen are in a file each.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from difflib import unified_diff
from pathlib import Path

from playwright.sync_api import Page

from tests.e2e.look.gallery import WAYS, Gallery, show
from tests.web.catalogue import SIGHTS

KEPT = Path(__file__).with_name("aria")
HOW = "if that is meant: ARIA=write make check ARGS=tests/e2e/look/test_aria.py"
AROUND = ("  - banner", "  - navigation")
QUESTION = "  - dialog"
WORDS = re.compile(r'"(?:[^"\\]|\\.)*"|(?<=: )[^"\n]+|(?<=text: ).*')

NAMELESS = re.compile(r"- (?:button|checkbox|dialog|group|heading|img|region)(?: \[.*)?:?$", re.MULTILINE)


def test_every_screen_means_what_it_meant(on: Gallery) -> None:
    made = files(on)
    if os.environ.get("ARIA") == "write":
        KEPT.mkdir(exist_ok=True)
        for path in KEPT.glob("*.yaml"):
            path.unlink()
        for name, text in made.items():
            (KEPT / name).write_text(text, "utf-8")
    kept = {path.name: path.read_text("utf-8") for path in KEPT.glob("*.yaml")}
    differences = [
        line
        for name in sorted({*made, *kept})
        for line in unified_diff(
            kept.get(name, "").splitlines(), made.get(name, "").splitlines(), f"kept/{name}", f"now/{name}", lineterm=""
        )
    ]
    assert not differences, "\n".join([*differences, HOW])


def test_nothing_that_is_kept_lacks_its_name_or_its_one_heading() -> None:
    for path in KEPT.glob("*.yaml"):
        for state in path.read_text("utf-8").split("\n\n"):
            assert NAMELESS.findall(state) == [], path.name
            assert state.count("[level=1]") == (path.name != "frame.yaml"), path.name


def files(on: Gallery) -> dict[str, str]:
    """By name, what should stand in them."""
    texts: dict[str, dict[str, str]] = {}
    known: set[tuple[str, str]] = set()
    page = on.page(WAYS[0])
    for title, part, text in parts(page):
        structure = WORDS.sub("", text)
        if "listening" in title or (part, structure) not in known:
            known.add((part, structure))
            texts.setdefault(f"{part}.yaml", {})[title] = text
    return {name: "\n".join(f"{title}:\n{text}" for title, text in each.items()) for name, each in texts.items()}


def parts(page: Page) -> Iterator[tuple[str, str, str]]:
    """Of each sight its name, which part of it, and what the tree holds there, as lines of YAML."""
    for sight in SIGHTS:
        show(page, sight, WAYS[0])
        around, middle = halves(page)
        yield sight.name, "frame", around
        yield sight.name, f"over_{sight.overlay}" if sight.overlay else sight.screen.name, middle
    sight = next(sight for sight in SIGHTS if sight.screen.name == "licence")
    show(page, sight, WAYS[0], listening=True)
    yield "listening", "frame", halves(page)[0]


def halves(page: Page) -> tuple[str, str]:
    """What stands around on every screen, and what is between; of a question laid over a screen the question alone,
    because the screen is inert, which Playwright does not know."""
    tree = page.locator("body").aria_snapshot()
    landmarks = [
        "".join(f"  {line}\n" for line in landmark.splitlines())
        for landmark in re.split(r"^(?=- )", tree, flags=re.MULTILINE)[1:]
    ]
    around = [each for each in landmarks if each.startswith(AROUND)]
    asked = [each for each in landmarks if each.startswith(QUESTION)]
    return "".join(around), "".join(asked or [each for each in landmarks if each not in around])
