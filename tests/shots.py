"""`make shots`: a PNG of every screen, both ways up and in both text sizes, and of every slip, in var/shots.

Words given as arguments choose: `make shots ARGS="pin linked"`. `--language vi`, `--contrast` and `--reach` show the
screens as somebody sees them who has chosen that; the pictures then go to a folder of that name. `--pages` makes the
pictures of README and staff guide instead.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import re
from collections.abc import Iterable
from pathlib import Path

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from kiosk.language.languages import LANGUAGES
from kiosk.receipts.render import lay_out
from tests.e2e.look.gallery import WAYS, gallery, show
from tests.receipts.shots import STATION, WHEN, facts
from tests.web.catalogue import SIGHTS
from tests.web.catalogue_staff import STAFF_SIGHTS

FOLDER = Path("var/shots")
PAGES = Path("docs")
WORDS = "words"  # what a picture of PAGES has beside it: the hash of what its screens said
PICTURES: dict[str, tuple[tuple[str, ...], str | None]] = {  # on a page: screens, and a slip as the last
    "kiosk": (("attract", "home", "text_pin", "linked_printed"), "linked"),  # the README's
    "staff-board": (("staff_entrance_passcode", "staff_room", "staff_board_some", "staff_doors_open"), None),
    "staff-house": (("staff_paper_used", "staff_prints_some", "staff_restart_officer", "staff_levels_both"), None),
    "staff-report": (("staff_trials_some", "staff_judge_printer", "staff_reported_printed"), "readiness-ready"),
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="make shots", description=__doc__)
    parser.add_argument("words", nargs="*", help="take only what has one of these in its name")
    parser.add_argument("--language", choices=LANGUAGES, default="ja")
    parser.add_argument("--contrast", action="store_true")
    parser.add_argument("--reach", action="store_true")
    parser.add_argument("--pages", action="store_true")
    asked = parser.parse_args()
    if asked.pages:
        return pages()
    wish = {"language": LANGUAGES[asked.language], "contrast": asked.contrast, "reach": asked.reach}
    into = FOLDER.joinpath(
        *([asked.language] if asked.language != "ja" else []), *(name for name in ("contrast", "reach") if wish[name])
    )

    def chosen(name: str) -> bool:
        return not asked.words or any(word in name for word in asked.words)

    staffs = STAFF_SIGHTS if asked.language in ("ja", "en") else ()
    sights = (*SIGHTS, *staffs)
    taken = 0
    with gallery() as on:
        for way in WAYS:
            folder = into / way.name
            folder.mkdir(parents=True, exist_ok=True)
            page = on.page(way)
            if chosen("neutral"):
                page.screenshot(path=folder / "neutral.png")
            for sight in filter(lambda sight: chosen(sight.name), sights):
                show(page, sight, way, **wish)
                page.screenshot(path=folder / f"{sight.name}.png")
                taken += 1
            page.context.close()
    slips = into / "slips"
    slips.mkdir(parents=True, exist_ok=True)
    for name, slip in facts():
        if chosen(name):
            image = lay_out(slip, STATION, WHEN, width=576, language=LANGUAGES[asked.language])
            image.save(slips / f"{name}.png")
            taken += 1
    print(f"{taken} pictures in {into}")


def pages(height: int = 800, gap: int = 28) -> None:
    """For each of PICTURES some screens, and a slip, side by side."""
    sights = {sight.name: sight for sight in (*SIGHTS, *STAFF_SIGHTS)}
    with gallery() as on:
        page = on.page(WAYS[0])
        for name, (screens, slip) in PICTURES.items():
            pictures: list[Image.Image] = []
            for screen in screens:
                show(page, sights[screen], WAYS[0])
                pictures.append(Image.open(io.BytesIO(page.screenshot())))
            if slip is not None:
                pictures.append(lay_out(dict(facts())[slip], STATION, WHEN, width=576).convert("RGB"))
            beside = PngInfo()
            beside.add_text(WORDS, said_by(screens))
            _beside(pictures, height, gap).quantize(256).save(PAGES / f"{name}.png", optimize=True, pnginfo=beside)
            print(PAGES / f"{name}.png")
        page.context.close()


def said_by(screens: Iterable[str]) -> str:
    """The hash of all that stands on them to be read."""
    sights = {sight.name: sight for sight in (*SIGHTS, *STAFF_SIGHTS)}
    texts = (" ".join(re.sub(r"<[^>]*>", " ", sights[each].html()).split()) for each in screens)
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()


def _beside(pictures: Iterable[Image.Image], height: int, gap: int) -> Image.Image:
    small = [each.resize((each.width * height // each.height, height), Image.Resampling.LANCZOS) for each in pictures]
    whole = Image.new("RGB", (sum(each.width + gap for each in small) + gap, height + 2 * gap), "#d9d9de")
    left = gap
    for each in small:
        whole.paste(each, (left, gap))
        left += each.width + gap
    return whole


if __name__ == "__main__":
    main()
