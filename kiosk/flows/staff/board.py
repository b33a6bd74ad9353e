"""The board: how every part of the kiosk is, the worst first; what is to be done about it, and who can do it."""

from __future__ import annotations

from kiosk.config.health import CHECKS, LEVELS
from kiosk.flows.asking.contract import Kiosk
from kiosk.flows.asking.screen import Screen
from kiosk.flows.staff.officer import Officer, asked
from kiosk.ipc.messages import Board, LookAgain, MarkSeen, Row, Rows

SEEN = "seen_"  # and the name of a check


def visit(kiosk: Kiosk, officer: Officer) -> None:
    """Until somebody has seen enough."""
    while isinstance(rows := asked(kiosk, Board()), Rows):
        worst_first = sorted(rows.rows, key=lambda row: -LEVELS.index(row.level))
        seen = tuple(SEEN + row.check for row in worst_first if row.level in LEVELS[2:] and not row.seen)
        facts = {"rows": [words(row) for row in worst_first]}
        answer = kiosk.ask(Screen("staff_board", facts, (*seen, "again", "back"), staff="room", reading=True))
        if answer == "back":
            return
        question = LookAgain() if answer == "again" else MarkSeen(officer.staff, answer.removeprefix(SEEN))
        if asked(kiosk, question) is None:
            return


def words(row: Row) -> dict[str, object]:
    """A row, and what the table says of it (config/health.toml)."""
    check = CHECKS[row.check]
    return {"row": row, "check": check, "reason": check.reasons[row.reason]}
