"""A screen as HTML: one template, its facts, and what every screen shows around them.

The page is sent once and holds nothing about anybody; every change of what stands on it is one fragment made here, in
the language, size and colours the person has chosen.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup, escape

from kiosk.config.guidance import called_in
from kiosk.config.health import CHECKS
from kiosk.config.kiosk import Settings
from kiosk.flows.linking import STEPS
from kiosk.flows.staff.doors import told
from kiosk.ipc import stick_done
from kiosk.ipc.messages import CallState
from kiosk.language.compiled import Compiled
from kiosk.language.dates import coming, now, written
from kiosk.language.furigana import annotated, plain
from kiosk.language.glosses import explained
from kiosk.language.hours_written import hours_written, opening_written
from kiosk.language.languages import JAPANESE, TONGUES, Language, counted, shipped, translations
from kiosk.language.numbers import centimetres, grouped
from kiosk.language.quoted import marked
from kiosk.language.theirs import said_aloud, theirs
from kiosk.receipts.text import code, drawn
from kiosk.session.devices import Devices
from kiosk.session.preferences import Preferences
from kiosk.session.shown import NOBODY_YET, View
from kiosk.voice.mouth import can_speak
from kiosk.web.style import sheet

TEMPLATES = Path(__file__).parent / "templates"
COMPILED = Compiled()
ERA, UNIT = r"(?:令和|平成|昭和|大正|明治)", r"(?:時間|[年月日時分])"
WITHOUT_BLANKS = re.compile(  # with readings (furigana.py) or without
    rf"(?:{ERA}|\{{{ERA}\|\w+\}})?(?:(?:\d+|元)(?:{UNIT}|\{{{UNIT}\|\w+\}})|\{{(?:\d+|元){UNIT}\|\w+\}})+"
)
EYE = ("size", "contrast", "reach")
VOICE = ("repeat", "softer", "louder", "hush")


@cache
def environment(language: Language) -> jinja2.Environment:
    """The templates in one language. Made in the parent before the fork, so that a session finds them warm."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        bytecode_cache=COMPILED,
        auto_reload=False,  # a dozen files would be looked at for each screen, and none changes
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined]
    made.filters["written"] = lambda day: kept(written(day, language))
    made.filters["coming"] = lambda moment: kept(coming(moment, now(), language))
    made.filters["hours"] = lambda hours: kept(hours_written(hours, language))
    made.filters["opening"] = lambda hours: kept(opening_written(hours, now(), language))
    made.filters["grouped"] = partial(grouped, language=language)
    made.filters["centimetres"] = partial(centimetres, language=language)
    made.filters["theirs"] = theirs
    made.filters["said_aloud"] = partial(said_aloud, learners=language.learners)
    made.globals["called_in"] = called_in
    made.globals["tongues"] = TONGUES
    made.globals["official"] = partial(official, language)
    made.globals["code"] = partial(code, language=language)
    made.globals["drawn"] = drawn
    made.globals["counted"] = partial(counted, language)
    made.globals["say"] = partial(say, language)
    made.globals["language"] = language
    return made


def kept(said: str) -> Markup:
    """A date or a time that is written without blanks (12月29日, 8時30分) stays on one line."""
    return Markup(WITHOUT_BLANKS.sub(r'<span class="keep">\g<0></span>', str(escape(said))))


def official(language: Language, term: str) -> Markup:
    """A name the official papers use: in the person's language, and in Japanese beside it to point at."""
    said = translations(language).gettext(term)
    if not language.foreign or plain(said) == term:
        return escape(said)
    form = '<span class="told">{} <span class="beside" lang="ja">{}</span></span>'
    return Markup(form).format(said, term)


def say(language: Language, ja: str, en: str) -> str:
    """What is said to the staff alone: in Japanese, or in English to whoever has chosen another language. Both stand
    where it is said, and in no catalogue."""
    return en if language.foreign else ja


def page() -> str:
    """The one document of a session."""
    return environment(JAPANESE).get_template("layout/page.html").render()


def render(view: View, settings: Settings, devices: Devices, call: CallState = "none") -> str:
    """The fragment for what stands on the screen now. call: how a call for the staff stands."""
    screen, preferences, left = view.screen, view.preferences, view.left(time.monotonic())
    around: Mapping[str, Any] = {
        "seq": view.seq,
        "screen": screen,
        "steps": STEPS,
        "station": settings.station,
        "preferences": preferences,
        "look": look(preferences),
        "languages": shipped(),
        "helpers": helpers(view, settings),
        "overlay": view.overlay,
        "calls": settings.alerts.kind != "none",
        "call": call,
        "seconds": round(left) if left is not None else None,
        "devices": {
            "reader": devices.reader.state.value,
            "printer": devices.printer_fault.value if devices.printer_fault else None,
            "portal": devices.portal_state,
            "keypad": devices.aids.keys,
            "opens_at": devices.portal_opens_at,
            "holding": devices.portal.holding,
            "offers": [offer.value for offer in devices.portal.offers],
            "caretaker": devices.caretaker_there,
            "guidance_only": devices.guidance_only,
            "safe_mode": devices.safe_for is not None,
            "outside": devices.doors.reason == "hours" and devices.safe_for is None,
            "doors_open_at": told(devices.doors)["until"],
            "stick": CHECKS[stick_done.CHECK].reasons[devices.stick] if devices.stick else None,
        },
        "pad": view.pad,
    }
    made = environment(preferences.language)
    template = made.get_template(f"screens/{screen.name}.html")
    # Three sources of names; one that two of them have is a TypeError, and hides nothing.
    rendered = template.render(**made.globals, **around, **screen.facts)
    html = annotated(explained(rendered) if preferences.language.learners else rendered)
    return marked(html) if preferences.language.foreign else html


def look(preferences: Preferences) -> str:
    """The classes that dress a screen as the person wishes."""
    wanted = {"is-large": preferences.large, "in-contrast": preferences.contrast, "in-reach": preferences.reach}
    return " ".join(name for name, on in wanted.items() if on)


def helpers(view: View, settings: Settings) -> tuple[str, ...]:
    """The buttons of the lowest band. Whoever listens finds those of the voice in place of those for the eye."""
    if view.screen.staff:
        other = "lang:ja" if view.preferences.language.foreign else "lang:en"
        return (*(("leave",) if view.screen.staff == "room" else ()), other, *EYE)
    leave = () if view.screen.name in NOBODY_YET else ("leave",)
    if not (settings.voice.enabled and can_speak(view.preferences.language)):
        return (*leave, "staff", "language", *EYE)
    if view.preferences.listening:
        return (*leave, "staff", "language", *VOICE)
    return (*leave, "staff", "language", *EYE, "listen")


def warm(begins: Callable[[Language], None] = lambda _language: None) -> None:
    """Compile every template in every language, put the style sheet together, and look what can be spoken. begins: told
    each language before."""
    sheet()
    for language in shipped():
        begins(language)
        can_speak(language)
        made = environment(language)
        for name in made.list_templates(extensions=["html"]):
            made.get_template(name)
