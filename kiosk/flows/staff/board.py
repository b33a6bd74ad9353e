"""The board: how every part of the kiosk is, the worst first; what is to be done about it, and who can do it. From here
the machine proves what runs on it, too (`proof.py`)."""

from __future__ import annotations

from kiosk.config.health import CHECKS, LEVELS, MENDED
from kiosk.flows.asking.contract import Kiosk
from kiosk.flows.asking.screen import Screen
from kiosk.flows.staff import proof
from kiosk.flows.staff.officer import Officer, asked, busy
from kiosk.ipc.messages import Board, LookAgain, MarkSeen, Question, Row, Rows

UNTIL_LOOKED_INTO = ("trail", "broken")  # nobody here has seen enough of that (kiosk/caretaker/broken.py)


def visit(kiosk: Kiosk, officer: Officer) -> None:
    """Until somebody has seen enough. What was seen, as it was seen, asks for nothing more."""
    while isinstance(rows := asked(kiosk, Board()), Rows):
        worst_first = sorted(rows.rows, key=lambda row: -LEVELS.index(row.level))
        unseen = [row for row in worst_first if row.level in MENDED and not row.seen]
        new = [row for row in unseen if (row.check, row.reason) != UNTIL_LOOKED_INTO]
        facts = {"rows": [words(row) for row in worst_first]}
        ways = (*(("seen",) if new else ()), "proof", "again", "back")
        answer = kiosk.ask(Screen("staff_board", facts, ways, staff="room"))
        if answer == "back":
            return
        if answer == "proof":
            proof.visit(kiosk, officer)
            continue
        questions: list[Question] = [MarkSeen(officer.staff, row.check, row.reason) for row in new]
        if answer == "again":
            busy(kiosk, "board")
            kiosk.look_again()
            questions = [LookAgain()]
        if not all(asked(kiosk, question) for question in questions):
            return


def words(row: Row) -> dict[str, object]:
    """A row, and what the table says of it (config/health.toml)."""
    check = CHECKS[row.check]
    return {"row": row, "check": check, "reason": check.reasons[row.reason]}
