"""The caretaker, as whoever checks by hand finds it: it answers or not, what it says of the trail, and its board.
`look.at_caretaker` asks it.

What stands on the board was judged by those who see it all day: a session, the screen's keeper, the caretaker itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kiosk.config.health import CHECKS
from kiosk.health.finding import Finding, State
from kiosk.ipc.messages import Row

CURE = "systemctl status kiosk-caretaker; ask as root, or as the server's user"


def judge(anchor: tuple[int, str] | None, board: Iterable[Row] = ()) -> Iterator[Finding]:
    """anchor: the trail's length and head; None: it does not answer. board: its rows."""
    if anchor is None:
        yield Finding("caretaker", State.PROBLEM, "does not answer, so linking is closed", CURE)
        return
    lines, head = anchor
    yield Finding("caretaker", State.OK, f"answers; the trail has {lines} lines, its head is {head[:16]}")
    for row in board:
        check = CHECKS[row.check]
        reason = check.reasons[row.reason]
        if reason.level != "ok":
            cure = f"{reason.who}: {reason.do[1]}" if reason.do else ""
            yield Finding("board", State(reason.level), f"{check.en}: {reason.en}", cure)
