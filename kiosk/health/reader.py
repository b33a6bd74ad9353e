"""The card slot. `look.slot` asks the reader."""

from __future__ import annotations

from kiosk.health.finding import Finding, State
from kiosk.hw.device import ReaderState

WORDS = {
    ReaderState.EMPTY: "ready, no card in it",
    ReaderState.CARD: "ready, a card in it",
    ReaderState.MUTE: "ready, but the card in it does not answer: it is the wrong way round, or not a chip card",
}


def judge(state: ReaderState, wanted: str | None) -> Finding:
    """wanted: the reader the settings name; None: whichever is there."""
    if state is ReaderState.ABSENT:
        name = f'"{wanted}"' if wanted else "any"
        return Finding(
            "reader", State.PROBLEM, f"none found ({name} was looked for)", "is it plugged in, and does pcscd run?"
        )
    return Finding("reader", State.WARNING if state is ReaderState.MUTE else State.OK, WORDS[state])
