"""The print ledger: the lines of the trail that are about printing, each job by the number of its line, and its result.

A slip that failed is there with its time, for it is a fault, and so is what staff printed, for that was their act. What
people had printed is there as the counts of an hour (docs/decisions/0022). No line says which slip it was.
"""

from __future__ import annotations

from kiosk.caretaker.chain import Line

PRINTS = ("slip", "slip_failed", "paper_changed", "readiness_reported")
TRIED, PRINTER = "tried_out", "printer"  # a test slip


def in_ledger(line: Line) -> bool:
    return line.event in PRINTS or (line.event == TRIED and line.field("part") == PRINTER)
