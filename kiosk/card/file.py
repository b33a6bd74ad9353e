"""READ BINARY: an EF, or the one object in it, in as few commands as this card allows (my-number-card.md §3, §7).

The shortest way names the file in P1 and asks for everything at once: `00 B0 (80|sfi) 00 00 00 00`. Not every card or
reader takes that, so the first READ walks from the shortest form to the plainest, keeps the form that worked in `Card`,
and what is still missing is fetched 256 bytes at a time. A READ costs the person nothing, so trying is free.

Data that come with a warning (62xx, 63xx without a count) are data; a warning without any data to a READ that goes on
says that the file has ended, as 6282 and 6B00 do.

A file may be longer than its object: filler follows, so an object is cut by its own length. No file of this card comes
near `LARGEST`; whatever claims to be longer, or trickles, is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from kiosk.card import tlv
from kiosk.card.apdu import EXTENDED_LE, SHORT_LE, Card, CardLost, CardProblem, Response, StatusWord

LARGEST: Final = 8192  # bytes; the licence information, the longest we know, has 5845
MOST_READS: Final = 2 * LARGEST // SHORT_LE


def read_object(card: Card, ef: int, tag: int, what: str) -> bytes:
    """The object `tag` at the start of an EF, its header included, without filler. `what` names it in errors.

    Raises `FileAbsent`, or `CardProblem` when the object is malformed, cut off or larger than `LARGEST`.
    """
    data = bytearray(_read_first(card, ef, EXTENDED_LE, what))
    for _ in range(MOST_READS):
        size = tlv.size(data, tag, what)
        if size is not None and size > LARGEST:
            raise CardProblem(what, "longer than it can be")
        if size is not None and size <= len(data):
            return bytes(data[:size])
        more = _read_on(card, len(data), (size or LARGEST) - len(data), what)
        if not more:
            raise CardProblem(what, "cut off")
        data += more
    raise CardProblem(what, "comes in too many pieces")


def read_start(card: Card, ef: int, count: int, what: str) -> bytes:
    """The first `count` (at most 256) bytes of an EF. Raises `FileAbsent`, or `CardProblem` when there are fewer."""
    data = _read_first(card, ef, count, what)
    if len(data) < count:
        raise CardProblem(what, "cut off")
    return data[:count]


def read_until(card: Card, ef: int, enough: Callable[[bytes], bool], limit: int, what: str) -> bytes:
    """An EF from its start, 256 bytes at a time, as far as `enough` asks for, `limit` bytes at most: what stands behind
    that is not read. Raises `FileAbsent`."""
    data = bytearray(_read_first(card, ef, SHORT_LE, what))
    while data and not enough(bytes(data)) and len(data) < limit and len(data) % SHORT_LE == 0:
        more = _read_on(card, len(data), limit - len(data), what)
        if not more:
            break
        data += more
    return bytes(data[:limit])


def _read_first(card: Card, ef: int, le: int, what: str) -> bytes:
    """The first READ of an EF, in the shortest form the card takes; 256 bytes at most without extended length."""
    refused = None
    for by_short_id in (True, False) if card.short_ids is not False else (False,):
        if by_short_id:
            card.file = None  # it is the one that a READ goes on in, if the card takes it
        else:
            card.select_file(ef)
        header = (0x00, 0xB0, 0x80 | ef & 0x1F if by_short_id else 0x00, 0x00)
        for one_le in (le, SHORT_LE) if le > SHORT_LE and card.extended is not False else (min(le, SHORT_LE),):
            try:
                response = card.exchange(f"READ BINARY ({what})", header, le=one_le)
            except CardLost:
                # A reader may fail on an extended command. If it is the card that is gone, the next one says so.
                if one_le <= SHORT_LE or card.extended:
                    raise
                continue
            if response.ok or response.status_word == StatusWord.END_OF_FILE or (response.warned and response.data):
                card.short_ids = by_short_id
                if le > SHORT_LE:
                    card.extended = one_le > SHORT_LE
                return response.data
            refused = response.status_word
            if refused == StatusWord.SECURITY_STATUS_NOT_SATISFIED:
                raise CardProblem(f"READ BINARY ({what})", status_word=refused)
    raise CardProblem(f"READ BINARY ({what})", status_word=refused)


def _read_on(card: Card, offset: int, wanted: int, what: str) -> bytes:
    """Up to 256 more bytes of the current EF; none when it has ended."""
    response: Response = card.exchange(
        f"READ BINARY ({what})", (0x00, 0xB0, *offset.to_bytes(2, "big")), le=min(wanted, SHORT_LE)
    )
    if not response.done and response.status_word != StatusWord.WRONG_P1_P2:
        raise CardProblem(f"READ BINARY ({what})", status_word=response.status_word)
    return response.data
