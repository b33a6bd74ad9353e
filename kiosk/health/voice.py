"""What can be heard, and through what. `look.everything` looks for prompts and jack."""

from __future__ import annotations

from collections.abc import Sequence

from kiosk.config.kiosk import Voice
from kiosk.health.finding import Finding, State
from kiosk.voice.voices import CREDIT


def judge(wanted: Voice, spoken: Sequence[str], jack_readable: bool) -> Finding:
    """spoken: the languages there are prompts for. jack_readable: whether the socket of the settings can be watched."""
    if not wanted.enabled:
        return Finding("voice", State.INFO, "off; voice.enabled is false")
    if not spoken:
        return Finding(
            "voice", State.PROBLEM, "there are no prompts", "run tools/setup, or: python -m kiosk.voice build"
        )
    if wanted.jack and not jack_readable:
        words = f"voice.jack: {wanted.jack} is not there or not readable for this user"
        return Finding("voice", State.PROBLEM, words, "correct the path, or see to the rule of udev (docs/voice.md)")
    ears = "headphones are noticed" if wanted.jack else "headphones are not noticed (voice.jack is not set)"
    return Finding("voice", State.OK, f"speaks {', '.join(spoken)}; {ears}; {CREDIT}")
