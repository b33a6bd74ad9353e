"""The print ledger has each job that failed or was the staff's, and of people's that came out no more than counts."""

from __future__ import annotations

from pathlib import Path

from kiosk.caretaker.ledger import MOST_ROWS, in_ledger, newest
from kiosk.caretaker.trail import segments
from kiosk.config.events import EVENTS, FIELDS, counts, event
from kiosk.ipc.messages import LONGEST, PrintRow, PrintsStand, encode
from tests.caretaker.trails import Clock, lines, number, opened
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


def test_staff_are_shown_the_last_of_it_the_newest_first_and_what_cannot_be_read_hides_no_other(tmp_path: Path) -> None:
    clock = Clock()
    trail = opened(tmp_path, clock, segment_bytes=700)
    for count in range(1, MOST_ROWS + 20):
        clock.passes(minutes=1)
        trail.append(event("slip_failed", printed="paper_end"), number(count))
        if count % 10 == 0:
            trail.append(event("tried_out", staff=12, role="officer", part="reader", verdict="good"))
    trail.append(counts("slip", 2, {"printed": {"printed": 3, "cutter": 1}}))
    rows = newest(tmp_path)
    assert len(rows) == MOST_ROWS and [row.line for row in rows] == sorted((row.line for row in rows), reverse=True)
    assert (rows[0].told, rows[0].counts, rows[0].hours) == ("slip", {"printed": 3, "cutter": 1}, 2)
    assert {(row.told, *row.fields.items()) for row in rows[1:]} == {("slip_failed", ("printed", "paper_end"))}
    assert rows[0].at == int(clock.time.timestamp())
    last = segments(tmp_path)[-2]
    last.write_bytes(last.read_bytes().replace(b"paper_end", b"paper_and"))
    assert len(newest(tmp_path)) == MOST_ROWS and not {row.line for row in newest(tmp_path)} & lines_in(last)
    assert newest(tmp_path / "nowhere") == ()


def lines_in(segment: Path) -> set[int]:
    first = int(segment.stem)
    return set(range(first, first + len(segment.read_bytes().splitlines())))


def test_the_longest_ledger_fits_into_an_answer() -> None:
    most: dict[str, str | int] = {
        "staff": 999999,
        "role": "supervisor",
        "report": 999999,
        "verdict": "good",
        "part": "headphones",
    }
    every = dict.fromkeys(FIELDS["printed"].labels, 10**9)
    rows = [PrintRow(2**53 - 1, 253_402_300_799, "readiness_reported", most, every, 10**9)] * MOST_ROWS
    assert len(encode(PrintsStand(tuple(rows)))) < LONGEST * 16
