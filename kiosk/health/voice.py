"""What can be heard, through what, and how far people's recordings have come. `look.everything` looks for them."""

from __future__ import annotations

from collections.abc import Sequence

from kiosk.config.kiosk import Voice
from kiosk.health.finding import Finding, State
from kiosk.voice.script import Recorded
from kiosk.voice.voices import CREDIT

NAMED = 5  # files, at most, of one kind


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


def judge_recorded(recorded: Recorded, unmade: int) -> Finding:
    """unmade: how many of the recordings are not what is heard today."""
    of = recorded.language.code
    kinds = {
        "of a text that has changed": recorded.changed,
        "longer than may be": recorded.too_long,
        "not in the script": recorded.unknown,
        "not usable": [f"{name}, {reason}" for name, reason in recorded.unusable.items()],
    }
    found = [f"{len(files)} {kind} ({_some(files)})" for kind, files in kinds.items() if files]
    words = f"{of}: {len(recorded.usable)} of {recorded.wanted} prompts are recorded"
    if recorded.missing:
        found.insert(0, f"{recorded.missing} are missing")
    words = "; ".join([words, *found])
    if unmade:
        return Finding("voice", State.WARNING, f"{words}; {unmade} not yet heard", "python -m kiosk.voice build")
    if found:
        cure = f"python -m kiosk.voice script --language {of}, then record (docs/recording.md)"
        return Finding("voice", State.WARNING, words, cure)
    return Finding("voice", State.OK, words)


def unreadable(folder: str, error: Exception) -> Finding:
    return Finding("voice", State.PROBLEM, f"voice.recordings: {folder}: {error}", "correct it, or the path")


def _some(files: Sequence[str]) -> str:
    return ", ".join(files[:NAMED]) + (", …" if len(files) > NAMED else "")
