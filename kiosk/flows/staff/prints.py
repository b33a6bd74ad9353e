"""The print ledger: what has become of the last print jobs, each by its number and its result, and never what stood on
one. What people had printed is there as counts (docs/decisions/0022)."""

from __future__ import annotations

from datetime import datetime

from kiosk.config.events import EVENTS, FIELDS
from kiosk.config.health import Level
from kiosk.flows.asking.contract import Kiosk
from kiosk.flows.asking.screen import Screen
from kiosk.flows.staff.officer import Officer, asked
from kiosk.ipc.messages import PrintRow, Prints, PrintsStand
from kiosk.language import dates

WELL = ("printed", "good")  # of the results
NUMBERS = {"staff": ("職員番号 %s", "staff number %s"), "report": ("報告書 %s", "report %s")}
REPORT = "readiness_reported"
READY = {  # what a report says of the parts: of its slip nothing is known
    "good": ("試したものは、すべてよい", "everything tried out is good"),
    "bad": ("よくないもの、または試していないものがある", "something is not good, or was not tried out"),
}
SIGNS: dict[Level, str] = {"ok": "tick", "info": "info", "warning": "warn", "problem": "wrong"}


def visit(kiosk: Kiosk, _officer: Officer) -> None:
    """The last of them, the newest first."""
    stand = asked(kiosk, Prints())
    if isinstance(stand, PrintsStand):
        kiosk.ask(Screen("staff_prints", {"rows": [words(row) for row in stand.rows]}, ("back",), staff="room"))


def words(row: PrintRow) -> dict[str, object]:
    """A row, and what the table says of it (config/events.toml), in Japanese and English."""
    table, fields = EVENTS[row.told], [(name, value) for name, value in row.fields.items() if name != "role"]
    told = [_number(name, value) if name in NUMBERS else _words(row.told, name, value) for name, value in fields]
    told += [_counted(_words(row.told, "printed", result), count) for result, count in row.counts.items()]
    at = datetime.fromtimestamp(row.at, dates.JST)
    sign = "renew" if row.told == "paper_changed" else SIGNS[level(row)]
    return {"row": row, "at": at, "title": (table.ja, table.en), "told": told, "level": level(row), "sign": sign}


def level(row: PrintRow) -> Level:
    """How it is to be marked."""
    results = {str(row.fields[name]) for name in ("printed", "verdict") if name in row.fields} | row.counts.keys()
    if not results or row.told == REPORT:
        return "info"
    return "ok" if results <= {*WELL} else "warning" if row.counts else "problem"


def _number(field: str, value: object) -> tuple[str, str]:
    ja, en = NUMBERS[field]
    return ja % value, en % value


def _words(told: str, field: str, value: object) -> tuple[str, str]:
    words = READY if (told, field) == (REPORT, "verdict") else FIELDS[field].words
    return words[str(value)]


def _counted(words: tuple[str, str], count: int) -> tuple[str, str]:
    ja, en = words
    return f"{ja}：{count}", f"{en}: {count}"
