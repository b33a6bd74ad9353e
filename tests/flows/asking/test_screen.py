"""A screen, as a flow writes it down: what it names is there on the page."""

from __future__ import annotations

import re

from kiosk.flows.asking.screen import Sound
from kiosk.web.view import TEMPLATES


def test_each_sound_is_a_tone_of_the_page() -> None:
    """A name that the page does not know is silence, and nobody hears that something is missing."""
    tones = (TEMPLATES.parent / "static" / "tones.js").read_text("utf-8")
    known = re.findall(r"^  (\w+): \[\[", tones, re.MULTILINE)
    assert {sound.value for sound in Sound} - {""} == set(known) - {"tick"}, "a tick is of a touch, not of a screen"
