"""Tag, length, value: BER as cards write it (ISO 7816-4, my-number-card.md §2.2).

Read leniently where cards are known to differ: a length may take more bytes than it needs (`82 00 9F`), and filler (00
or FF) may stand between elements, none of which has a tag that begins so. Strict where leniency would be a guess: no
indefinite length, nothing cut off.
Nothing here looks at a value; a fault is named by the object's name alone.
"""

from __future__ import annotations

from typing import NamedTuple

from kiosk.card.apdu import CardProblem

FILLER = (0x00, 0xFF)


class Header(NamedTuple):
    """One element's tag, and where its value begins and ends, counted as the position it was read at."""

    tag: int
    start: int
    end: int


def header(data: bytes | bytearray, at: int, what: str) -> Header | None:
    """The header at `at`; None when the bytes end before it does. `what` names the object in an error."""
    tag, at = _take(data, at, 2 if at < len(data) and data[at] & 0x1F == 0x1F else 1)
    if tag is None:
        return None
    if tag > 0xFF and tag & 0x80:
        raise CardProblem(what, "a tag of more than two bytes")
    first, at = _take(data, at, 1)
    if first is None:
        return None
    if first == 0x80 or first > 0x84:
        raise CardProblem(what, "a length that says nothing")
    length, at = (first, at) if first < 0x80 else _take(data, at, first & 0x7F)
    return None if length is None else Header(tag, at, at + length)


def size(data: bytes | bytearray, tag: int, what: str) -> int | None:
    """Bytes of the object `tag` that `data` begins with, header included; None when the header is not complete."""
    head = header(data, 0, what)
    if head is not None and head.tag != tag:
        raise CardProblem(what, "does not begin with its tag")
    return None if head is None else head.end


def elements(data: bytes, what: str) -> dict[int, bytes]:
    """The values of all elements by tag; of a tag that comes twice, the first."""
    found: dict[int, bytes] = {}
    at = 0
    while at < len(data):
        if data[at] in FILLER:
            at += 1
            continue
        head = header(data, at, what)
        if head is None or head.end > len(data):
            raise CardProblem(what, "an element is cut off")
        found.setdefault(head.tag, data[head.start : head.end])
        at = head.end
    return found


def _take(data: bytes | bytearray, at: int, count: int) -> tuple[int | None, int]:
    """The next `count` bytes as a number, and the position after them; None when there are fewer."""
    end = at + count
    return (int.from_bytes(data[at:end], "big") if end <= len(data) else None), end
