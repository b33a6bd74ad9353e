"""The print ledger: the lines of the trail that are about printing, each job by the number of its line, and its result.

A slip that failed is there with its time, for it is a fault, and so is what staff printed, for that was their act. What
people had printed is there as the counts of an hour (docs/decisions/0022). No line says which slip it was.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import cast, get_args

from kiosk.caretaker import chain, disk
from kiosk.caretaker.chain import Line, NoLine
from kiosk.caretaker.trail import segments
from kiosk.config.events import Event
from kiosk.ipc.messages import PrintEvent, PrintRow

PRINTS: tuple[PrintEvent, ...] = get_args(PrintEvent)
TRIED, PRINTER = "tried_out", "printer"  # a test slip
MARKS = [f'"event":"{name}"'.encode() for name in PRINTS]  # as they stand in the bytes of a line
MOST_ROWS, MOST_SEGMENTS = 40, 31  # that are looked at: a month of days, while nothing is wrong


def in_ledger(line: Line) -> bool:
    return line.event in PRINTS and (line.event != TRIED or line.field("part") == PRINTER)


def newest(trail: Path) -> tuple[PrintRow, ...]:
    """The last of them, the newest first. trail: the folder. What cannot be read is left out: the board tells of it."""
    rows: list[PrintRow] = []
    for line in _backwards(trail):
        told = chain.told_in(line) if in_ledger(line) else None
        if told is None:
            continue
        job, at = cast(PrintEvent, told.name), int(datetime.fromisoformat(line.at).timestamp())
        if isinstance(told, Event):
            rows.append(PrintRow(line.n, at, job, told.fields))
        else:
            rows.append(PrintRow(line.n, at, job, counts=dict(told.by["printed"]), hours=told.hours))
        if len(rows) == MOST_ROWS:
            break
    return tuple(rows)


def _backwards(trail: Path) -> Iterator[Line]:
    """The lines that may be of it, the last first."""
    with contextlib.suppress(OSError):
        for path in segments(trail)[: -MOST_SEGMENTS - 1 : -1]:
            for data in reversed(chain.split(disk.read(path) or b"")[0]):
                if any(mark in data for mark in MARKS):
                    with contextlib.suppress(NoLine):
                        yield chain.read(data)
