"""`make shots`: a PNG of every screen, both ways up and in both text sizes, and of every slip, in var/shots.

Words given as arguments choose: `make shots ARGS="pin linked"`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.receipts.shots import all_slips
from tests.web.catalogue import SIGHTS
from tests.web.stage import WAYS, show, stage

FOLDER = Path("var/shots")


def main(wanted: list[str]) -> None:
    def chosen(name: str) -> bool:
        return not wanted or any(word in name for word in wanted)

    taken = 0
    with stage() as on:
        for way in WAYS:
            folder = FOLDER / way.name
            folder.mkdir(parents=True, exist_ok=True)
            page = on.page(way)
            if chosen("neutral"):
                page.screenshot(path=folder / "neutral.png")
            for sight in filter(lambda sight: chosen(sight.name), SIGHTS):
                show(page, sight, way)
                page.screenshot(path=folder / f"{sight.name}.png")
                taken += 1
            page.context.close()
    slips = FOLDER / "slips"
    slips.mkdir(parents=True, exist_ok=True)
    for name, image in all_slips():
        if chosen(name):
            image.save(slips / f"{name}.png")
            taken += 1
    print(f"{taken} pictures in {FOLDER}")


if __name__ == "__main__":
    main(sys.argv[1:])
