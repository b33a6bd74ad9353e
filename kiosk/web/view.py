"""A screen as HTML: one template, its facts, and what every screen shows around them.

The page is sent once and holds nothing about anybody; every change of what stands on it is one fragment made here.
"""

from __future__ import annotations

import datetime
import gettext
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jinja2

from kiosk.config import Settings
from kiosk.devices import Devices
from kiosk.flows.linking import STEPS
from kiosk.session import View

HERE = Path(__file__).parent
LOCALES = HERE.parent / "locale"
NOBODY_YET = frozenset({"attract", "home", "left_card", "take_card", "closing"})  # no visit to leave


def wareki(day: datetime.date | datetime.datetime | str) -> str:
    """A day in 令和 (or an earlier era), with 24-hour time for a datetime; "YYYYMMDD" as the card writes it, too."""
    if isinstance(day, str):
        year, month, dom = int(day[:4]), int(day[4:6]), int(day[6:8])
    else:
        year, month, dom = day.year, day.month, day.day
    name, first = next((n, y) for n, start, y in ERAS if (year, month, dom) >= start)
    said = f"{name}{'元' if year == first else year - first + 1}年"
    said += (f"{month}月" if month else "") + (f"{dom}日" if dom else "")  # 00: not known (my-number-card.md §5.3)
    if isinstance(day, datetime.datetime):
        local = day.astimezone(JST) if day.tzinfo else day
        said += f" {local.hour}時{local.minute}分"
    return said


JST = datetime.timezone(datetime.timedelta(hours=9))
ERAS = (
    ("令和", (2019, 5, 1), 2019),
    ("平成", (1989, 1, 8), 1989),
    ("昭和", (1926, 12, 25), 1926),
    ("大正", (1912, 7, 30), 1912),
    ("明治", (0, 0, 0), 1868),
)


@cache
def environment(lang: str) -> jinja2.Environment:
    """The templates in one language. Made in the parent before the fork, so that a session finds them warm."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    translations = gettext.translation("kiosk", LOCALES, [lang], fallback=True)
    made.install_gettext_translations(translations, newstyle=True)  # type: ignore[attr-defined]
    made.filters["wareki"] = wareki
    return made


def page(lang: str = "ja") -> str:
    """The one document of a session."""
    return environment(lang).get_template("page.html").render(lang=lang)


def render(view: View, settings: Settings, devices: Devices, lang: str = "ja") -> str:
    """The fragment for what stands on the screen now."""
    screen = view.screen
    around: Mapping[str, Any] = {
        "screen": screen,
        "steps": STEPS,
        "station": settings.station,
        "size": "large" if view.large else "normal",
        "lang": lang,
        "helpers": ("staff", "size") if screen.name in NOBODY_YET else ("leave", "staff", "size"),
        "overlay": view.overlay,
        "seconds": round(view.seconds) if view.seconds is not None else None,
        "devices": {
            "reader": devices.reader.state.value,
            "printer": devices.printer_fault.value if devices.printer_fault else None,
            "portal": devices.portal_state,
        },
        "pad": view.pad,
    }
    return environment(lang).get_template(f"screens/{screen.name}.html").render({**screen.facts, **around})


def warm() -> None:
    """Compile every template."""
    made = environment("ja")
    for name in made.list_templates(extensions=["html"]):
        made.get_template(name)
