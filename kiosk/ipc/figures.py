"""What has been done here, in lines of words: sums, and below each what it is made of. For whoever shows or prints
them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from kiosk.config.events import EVENTS, FIELDS
from kiosk.ipc.messages import Counted, Span

Line = tuple[str, str, tuple[int, int, int]]  # in Japanese, in English; today, these seven days, since the start


def lines(counted: Counted) -> Iterator[Line]:
    """Sums, and below each what it is made of, in the table's words and order; what never was is not there."""
    yield from _part("利用", "Visits", counted, lambda span: span.visits, _values("end"))
    yield from _part("印刷", "Slips", counted, lambda span: span.prints, _values("printed"))
    yield "係員の呼び出し", "Calls for staff", _each(counted, lambda span: span.calls)
    faults = {name: (row.ja, row.en) for name, row in EVENTS.items() if row.kind == "fault"}
    yield from _part("不具合", "Faults", counted, lambda span: span.faults, faults)


def _part(
    ja: str,
    en: str,
    counted: Counted,
    of: Callable[[Span], Mapping[str, int]],
    words: Mapping[str, tuple[str, str]],
) -> Iterator[Line]:
    yield ja, en, _each(counted, lambda span: sum(of(span).values()))
    for name, (its_ja, its_en) in words.items():
        each = _each(counted, lambda span, name=name: of(span).get(name, 0))  # type: ignore[misc]
        if any(each):
            yield f"　{its_ja}", f"– {its_en}", each


def _each(counted: Counted, of: Callable[[Span], int]) -> tuple[int, int, int]:
    return of(counted.day), of(counted.week), of(counted.start)


def _values(field: str) -> Mapping[str, tuple[str, str]]:
    return FIELDS[field].values or {}
