"""The card slot, and whether it is the one that people use. `look.at_reader` asks the reader.

Several slots are one to the kiosk: a card in any of them counts (hw/reader.py). That is right for a reader with a slot
and an antenna, and wrong for a slot in which something stands for good, such as an operator's token: nobody has put it
in, so everybody is shown a card that was left behind, and asked to take it. Only its name tells such a slot from the
others, and only somebody who stands there knows which it is.
"""

from __future__ import annotations

from collections.abc import Mapping

from kiosk.health.finding import Finding, State
from kiosk.hw.device import ReaderState

INSIDE = {
    ReaderState.EMPTY: "no card in it",
    ReaderState.CARD: "a card in it",
    ReaderState.MUTE: "the card in it does not answer: it is the wrong way round, or not a chip card",
}


def judge(
    state: ReaderState, wanted: str | None, slots: Mapping[str, ReaderState] | None = None, answers: bool = True
) -> Finding:
    """state: as the kiosk has it. wanted: the reader the settings name; None: whichever is there. slots: every slot
    that counts then, by name. answers: pcscd does, if only that there is no reader."""
    if not answers:
        return Finding(
            "reader",
            State.PROBLEM,
            "pcscd, through which it is reached, stands still",
            "systemctl restart pcscd; if it comes back, another reader or another driver",
        )
    if state is ReaderState.ABSENT:
        name = f'"{wanted}"' if wanted else "any"
        return Finding(
            "reader", State.PROBLEM, f"none found ({name} was looked for)", "is it plugged in, and does pcscd run?"
        )
    if slots is not None and len(slots) > 1:
        listed = ", ".join(f'"{name}" ({inside(of)})' for name, of in slots.items())
        return Finding(
            "reader",
            State.WARNING,
            f"ready, and {len(slots)} slots count: {listed}",
            "if one of them is not for people's cards, write the name of the one that is into reader.name",
        )
    if state is ReaderState.CARD:
        return Finding(
            "reader",
            State.WARNING,
            f"ready, but {inside(state)}",
            "take it out; if it stands there for good, the reader that people use is another: name that in reader.name",
        )
    if state is ReaderState.MUTE:
        return Finding("reader", State.WARNING, f"ready, but {inside(state)}")
    return Finding("reader", State.OK, f"ready, {inside(state)}")


def inside(state: ReaderState) -> str:
    return INSIDE.get(state, "gone")
