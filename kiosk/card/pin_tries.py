"""VERIFY without data: how many tries a PIN has left, or that it is verified (ISO 7816-4, my-number-card.md §3).

It costs no try. It is also how the kiosk learns whether the card takes short identifiers, so that a command with a PIN
in it (`verify.py`) is never the one that finds out.

"Locked" comes as 63C0, as 6983 (ISO) or as 6984 (measured on cards), in answer to either command; all mean the same.
"""

from __future__ import annotations

from typing import Final

from kiosk.card.apdu import (
    SHORT_ID_REFUSED,
    SHORT_LE,
    Card,
    CardProblem,
    FileAbsent,
    Response,
    StatusWord,
    describe,
)
from kiosk.card.pin import PinRule, Tries

_BLOCKED: Final = (0x63C0, StatusWord.AUTHENTICATION_METHOD_BLOCKED, StatusWord.REFERENCE_DATA_NOT_USABLE)
_NO_SUCH_PIN: Final = (StatusWord.FILE_NOT_FOUND, StatusWord.REFERENCE_DATA_NOT_FOUND)
QUERY_REFUSED: Final = SHORT_ID_REFUSED.union(_NO_SUCH_PIN)
SELECTED: Final = 0x80  # P2: the PIN in the EF selected now


def by_short_id(rule: PinRule) -> int:
    """P2: the PIN in the EF of this short identifier."""
    return SELECTED | rule.ef & 0x1F


def tries_left(card: Card, rule: PinRule) -> Tries:
    """Tries left of a PIN; costs none.

    `remaining` is None when the PIN is verified already (9000) or not counted (6300, or more than such a PIN can have).
    Raises `FileAbsent` when there is no such PIN.
    """
    name = f"VERIFY ({rule.name} PIN, tries)"
    tries = card.tries[rule.name] = tries_told(name, _query(card, name, rule), rule)
    return tries


def is_verified(card: Card, rule: PinRule) -> bool:
    """Whether the card says that this PIN is verified; costs no try. A card that cannot say has it not."""
    try:
        return _query(card, f"VERIFY ({rule.name} PIN, verified?)", rule) == StatusWord.OK
    except (CardProblem, FileAbsent):
        return False


def tries_told(name: str, status_word: int, rule: PinRule) -> Tries:
    """What the answer to a VERIFY, with data or without, says of the tries. Raises `CardProblem` when it says nothing.

    name: what an error calls the command.
    """
    if status_word in _BLOCKED:
        return Tries(0, blocked=True, perhaps_unset=status_word == StatusWord.REFERENCE_DATA_NOT_USABLE)
    if status_word in (StatusWord.OK, StatusWord.VERIFICATION_FAILED):
        return Tries(None, blocked=False)
    if status_word & 0xFFF0 == 0x63C0:
        count = status_word & 0x0F
        return Tries(count if count <= rule.max_tries else None, blocked=False)
    raise CardProblem(name, status_word=status_word)


def _query(card: Card, name: str, rule: PinRule) -> int:
    """The answer to VERIFY without data. Raises `FileAbsent` when there is no such PIN."""
    if card.short_ids is not False:
        card.file = None
        response = _ask(card, name, by_short_id(rule))
        card.short_ids = response.status_word not in QUERY_REFUSED
    if not card.short_ids:
        card.select_file(rule.ef)
        response = _ask(card, name, SELECTED)
        if response.status_word in _NO_SUCH_PIN:
            raise FileAbsent(f"{name}: {describe(response.status_word)}")
    return response.status_word


def _ask(card: Card, name: str, p2: int) -> Response:
    """VERIFY without data; with a fifth byte 00 when the four alone are too few (§3, some readers)."""
    response = card.exchange(name, (0x00, 0x20, 0x00, p2), once=True)
    if response.status_word == StatusWord.WRONG_LENGTH:
        response = card.exchange(name, (0x00, 0x20, 0x00, p2), le=SHORT_LE, once=True)
    return response
