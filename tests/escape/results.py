"""What the parts have found: kept as it is found, so that a part goes on where it stopped, and put on a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
from PIL import Image

from bench.table import aligned, keep
from tests.stage import ROOT

FOLDER = ROOT / "var/escape"
PAGE = ROOT / "docs/lockdown.md"
HEAD = ("tried", "taken away", "where", "times", "ways out", "closed within a second")


class Tried(msgspec.Struct):
    """Of one part: what was tried, by name; what of it led out, and what did and was closed within a second. revision,
    day: of the last of it. whole: there is nothing more to try."""

    family: str
    layer: str
    place: str
    names: set[str] = set()
    out: list[str] = []
    closed: list[str] = []
    seconds: float = 0
    day: str = ""
    revision: str = ""
    whole: bool = False

    @property
    def name(self) -> str:
        return f"{self.family}-{self.layer}-{self.place}"

    def keep(self) -> None:
        FOLDER.mkdir(parents=True, exist_ok=True)
        (FOLDER / f"{self.name}.json").write_bytes(msgspec.json.encode(self))

    def show(self, picture: Image.Image, what: str) -> None:
        """Keep the picture of what has got through."""
        FOLDER.mkdir(parents=True, exist_ok=True)
        picture.save(FOLDER / f"{self.name} {what.replace('/', ' ')[:60]}.png")

    def said(self) -> str:
        found = f"{len(self.out)} ways out, {len(self.closed)} closed within a second"
        return f"{self.name}: {len(self.names)} tried, {found}; {self.seconds:.0f} s"


def kept(family: str, layer: str, place: str) -> Tried:
    """As far as it has come."""
    new = Tried(family, layer, place)
    path = FOLDER / f"{new.name}.json"
    return msgspec.json.decode(path.read_bytes(), type=Tried) if path.exists() else new


def write(parts: Sequence[tuple[str, str, str]]) -> None:
    """Put what was found between the marks of docs/lockdown.md."""
    keep(PAGE, "escape", aligned([HEAD, *rows(parts)]) + "\n")


def rows(parts: Sequence[tuple[str, str, str]]) -> Iterator[tuple[str, ...]]:
    for part in parts:
        tried = kept(*part)
        if tried.names:
            away = {"whole": "nothing", "bare": "all, and our page"}.get(
                tried.layer, tried.layer.replace("no-", "the ")
            )
            times = f"{len(tried.names):,}" + ("" if tried.whole else ", so far")
            yield tried.family, away, tried.place, times, told(tried.out), told(tried.closed)


def told(names: Sequence[str]) -> str:
    """How many, and which, if they are few."""
    return str(len(names)) + (f": {'; '.join(names)}" if 0 < len(names) <= 8 else "")
