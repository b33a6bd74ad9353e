"""The facts that people are told and nobody has made sure of for too long: one after the other, with where it is from.

What is shown is what the caretaker has read in the file, and what a supervisor confirms is just that.
"""

from __future__ import annotations

from collections.abc import Iterator

from kiosk.config.events import FIELDS
from kiosk.flows.asking.contract import Kiosk
from kiosk.flows.asking.screen import Screen
from kiosk.flows.staff.officer import Officer, asked
from kiosk.ipc.messages import ConfirmFact, FactRow, Facts, FactsStand
from kiosk.language.hours import Hours

KEYS = {  # of a fact, in Japanese and English
    "telephone": ("電話番号", "Telephone"),
    "menu": ("音声案内で押すキー", "Key to press"),
    "languages": ("対応する言語", "Language"),
    "name": ("名前", "Name"),
    "hours": ("時間", "Hours"),
    "booked_hours": ("予約してから使える時間（何時間）", "Hours after booking"),
    "yen": ("手数料（円）", "Yen"),
    "height_mm": ("縦（mm）", "Height (mm)"),
    "width_mm": ("横（mm）", "Width (mm)"),
    "months": ("何か月以内に撮影", "Not older than, in months"),
    "count": ("枚数", "How many"),
    "tries": ("ロックされるまちがいの回数", "Wrong entries that lock it"),
    "address": ("アドレス", "Address"),
}


def visit(kiosk: Kiosk, officer: Officer) -> None:
    """Until none waits any more, or somebody has seen enough. Only a supervisor may confirm."""
    at, confirmed = 0, ""
    while isinstance(stand := asked(kiosk, Facts()), FactsStand):
        late = [row for row in stand.facts if row.late]
        if not late:
            kiosk.ask(Screen("staff_facts_done", {"confirmed": confirmed}, ("back",), staff="room"))
            return
        at %= len(late)
        row = late[at]
        supervises = officer.role == "supervisor"
        facts = {**words(row), "number": at + 1, "all": len(late), "supervises": supervises, "confirmed": confirmed}
        ways = (*(("confirm",) if supervises else ()), *(("next",) if len(late) > 1 else ()), "back")
        answer = kiosk.ask(Screen("staff_fact", facts, ways, reading=True, staff="room"))
        if answer == "back":
            return
        if answer == "next":
            at, confirmed = at + 1, ""
        elif asked(kiosk, ConfirmFact(officer.staff, row.fact, row.digest)) is None:
            return
        else:
            confirmed = row.fact


def words(row: FactRow) -> dict[str, object]:
    """A fact, and what the tables say of it."""
    return {"row": row, "title": title(row.fact), "lines": tuple(lines(row.says))}


def title(fact: str) -> tuple[str, str]:
    """What it is called, in Japanese and English."""
    return (FIELDS["fact"].values or {})[fact]


def lines(says: dict[str, object]) -> Iterator[tuple[tuple[str, str], str, Hours | str]]:
    """What it says, line by line: the key's words, a language's code where there is one, and the value."""
    for key, value in says.items():
        if isinstance(value, dict):
            for code, hours in value.items():
                yield KEYS[key], code, Hours(hours)
        elif value != "":
            yield KEYS[key], "", Hours(value) if key == "hours" and isinstance(value, str) else str(value)
