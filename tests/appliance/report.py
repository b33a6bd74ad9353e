"""What the parts have found: said as it is found, kept so that a run goes on where it stopped, and put on a page."""

from __future__ import annotations

import json
import math
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

PAGE = Path("docs/appliance-report.md")


class Enough(Exception):
    """The part has run for as long as it may in one run, and goes on in the next."""


@dataclass
class Report:
    """Of one part. image: what was tried; machine: in what; began, seconds: when and how long; found: good or not, and
    what; figures: what was measured. whole: the part has come to its end; done: what of it is over, in a part that can
    go on where it stopped, and sure: how much of what was found belongs to that."""

    part: str
    image: str
    machine: str
    began: str = ""
    seconds: float = 0.0
    whole: bool = False
    found: list[tuple[bool, str]] = field(default_factory=list)
    figures: dict[str, str] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    sure: int = 0
    folder: Path | None = None

    def __post_init__(self) -> None:
        self._began = time.monotonic() - self.seconds
        self._until = math.inf

    def may_take(self, minutes: float) -> None:
        """From now on. It is looked at only when something is over."""
        self._until = time.monotonic() + 60 * minutes

    def __call__(self, good: bool, what: str) -> None:
        self.found.append((good, what))
        print(f"{'good' if good else 'BAD '}  {what}", flush=True)

    def figure(self, what: str, value: str) -> None:
        self.figures[what] = value
        print(f"      {what}: {value}", flush=True)

    @property
    def good(self) -> bool:
        return self.whole and all(good for good, _ in self.found)

    def over(self, what: str) -> None:
        """So far the part has come, and goes on behind it when it is stopped. Raises Enough."""
        self.done.append(what)
        self.stands()
        if self.folder is not None:
            self.keep(self.folder)
        if time.monotonic() > self._until:
            raise Enough

    def stands(self) -> None:
        """What was found so far belongs to what is over."""
        self.sure = len(self.found)

    def goes_on(self) -> bool:
        """Whether it stopped behind something that is over. What was found since then is not counted."""
        if not self.done or self.whole:
            return False
        del self.found[self.sure :]
        return True

    def keep(self, folder: Path) -> None:
        self.seconds = time.monotonic() - self._began
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{self.part}.json").write_text(json.dumps(asdict(self) | {"folder": None}, indent=1))


def kept(folder: Path, part: str) -> Report | None:
    """What a part has found the last time."""
    path = folder / f"{part}.json"
    return Report(**json.loads(path.read_text())) if path.exists() else None


def page(parts: list[tuple[str, str, Report | None]]) -> str:
    """docs/appliance-report.md, of each part's name, what it holds, and its last report."""
    lines = [
        "# The whole machine, tried",
        "",
        "Made by `make test-appliance ARGS=--write` from its last results. [The appliance's image](appliance.md)",
        "says what is tried, and how.",
    ]
    for part, holds, report in parts:
        lines += ["", f"## {part}", "", holds, ""]
        lines += rows(report) if report else ["Not tried yet."]
    return "\n".join(lines) + "\n"


def rows(report: Report) -> list[str]:
    minutes = f"{report.seconds / 60:.0f} min" + ("" if report.whole else ", and did not come to its end")
    lines = [f"{report.began}, {report.image}, {report.machine}; {minutes}.", ""]
    lines += [f"- {'good' if good else '**bad**'}: {what}" for good, what in report.found]
    if report.figures:
        lines += ["", "| what | figure |", "|---|---|"]
        lines += [f"| {what} | {value} |" for what, value in report.figures.items()]
    return lines


def now() -> str:
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())
