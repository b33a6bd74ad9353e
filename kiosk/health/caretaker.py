"""The caretaker, as whoever checks by hand finds it: it answers or not, what it says of the trail, and its board.
`look.at_caretaker` asks it.

What stands on the board was judged by those who see it all day: a session, the screen's keeper, the caretaker itself.
"""

from __future__ import annotations

from collections.abc import Iterator

from kiosk.config.health import CHECKS
from kiosk.health.finding import Finding, State
from kiosk.ipc.messages import Rows, Standing

CURE = "systemctl status kiosk-caretaker; ask as root, or as the server's user"


def judge(answer: Standing | None, board: Rows | None) -> Iterator[Finding]:
    """answer, board: its own; None: there was none."""
    if answer is None or board is None:
        yield Finding("caretaker", State.PROBLEM, "does not answer, so linking is closed", CURE)
        return
    yield Finding("caretaker", State.OK, f"answers; the trail has {answer.lines} lines, its head is {answer.head[:16]}")
    for row in board.rows:
        check = CHECKS[row.check]
        reason = check.reasons[row.reason]
        if reason.level != "ok":
            cure = f"{reason.who}: {reason.do[1]}" if reason.do else ""
            yield Finding("board", State(reason.level), f"{check.en}: {reason.en}", cure)
