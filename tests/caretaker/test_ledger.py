"""The print ledger has each job that failed or was the staff's, and of people's that came out no more than counts."""

from __future__ import annotations

from pathlib import Path

from kiosk.caretaker.ledger import in_ledger
from kiosk.config.events import EVENTS, FIELDS, counts, event
from tests.caretaker.trails import lines, opened
from tests.config.test_events import sample


def test_jobs_are_there_by_line_and_result_and_what_people_printed_as_counts(tmp_path: Path) -> None:
    trail = opened(tmp_path, segment_bytes=100_000)
    for name, row in EVENTS.items():
        if row.kind == "visit":
            trail.append(counts(name, 1, {field: {FIELDS[field].labels[-1]: 3} for field in row.fields}))
        else:
            trail.append(event(name, **sample(name)))
    trail.append(event("tried_out", staff=12, role="officer", part="reader", verdict="good"))
    found = [line for line in lines(tmp_path) if in_ledger(line)]
    assert [line.event for line in found] == ["slip_failed", "tried_out", "paper_changed", "readiness_reported", "slip"]
    assert found[0].members["fields"] == {"printed": "printed"} and found[1].field("part") == "printer"
    for line in found:
        if EVENTS[line.event].kind == "visit":
            assert line.members["count"] == 3 and "fields" not in line.members
        else:
            assert EVENTS[line.event].kind in ("fault", "act")
