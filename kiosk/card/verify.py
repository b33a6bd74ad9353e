"""VERIFY: asking how many tries a PIN has left, and presenting it (ISO 7816-4, my-number-card.md §3).

Asking is VERIFY without data: it costs no try. It is also how the kiosk learns whether the card takes short
identifiers, so that a command with a PIN in it is never the one that finds out:

- a PIN goes out by short identifier only after this card has answered something by short identifier;
- otherwise its EF is selected first and P2 is 80, which every known card takes.

A PIN entry is sent a second time in one case only: the card refused the short identifier in VERIFY (a status word that
ISO defines as a check made before anything is carried out), *and* its tries, asked again, are what they were.

The command is a `bytes` that nobody can overwrite; like all else of a person it dies with the session's process.

"Locked" comes as 63C0, as 6983 (ISO) or as 6984 (measured on cards), in answer to either command; all mean the same.
"""

from __future__ import annotations

from typing import Final

from kiosk.card.apdu import (
    SHORT_ID_REFUSED,
    SHORT_LE,
    Answer,
    Card,
    CardProblem,
    FileAbsent,
    PinBlocked,
    PinWrong,
    StatusWord,
    describe,
)
from kiosk.card.pin import PinRule, Tries

_BLOCKED: Final = (0x63C0, StatusWord.AUTHENTICATION_METHOD_BLOCKED, StatusWord.REFERENCE_DATA_NOT_USABLE)
_NO_SUCH_PIN: Final = (StatusWord.FILE_NOT_FOUND, StatusWord.REFERENCE_DATA_NOT_FOUND)
QUERY_REFUSED: Final = SHORT_ID_REFUSED.union(_NO_SUCH_PIN)
_SELECTED: Final = 0x80  # P2: the PIN in the EF selected now


def tries_left(card: Card, rule: PinRule) -> Tries:
    """Tries left of a PIN; costs none.

    `remaining` is None when the PIN is verified already (9000) or not counted (6300). Raises `FileAbsent` when there
    is no such PIN.
    """
    name = f"VERIFY ({rule.name} PIN, tries)"
    tries = card.tries[rule.name] = _tries(name, _query(card, name, rule))
    return tries


def is_verified(card: Card, rule: PinRule) -> bool:
    """Whether the card says that this PIN is verified; costs no try. A card that cannot say has it not."""
    try:
        return _query(card, f"VERIFY ({rule.name} PIN, verified?)", rule) == StatusWord.OK
    except (CardProblem, FileAbsent):
        return False


def _query(card: Card, name: str, rule: PinRule) -> int:
    """The answer to VERIFY without data. Raises `FileAbsent` when there is no such PIN."""
    if card.short_ids is not False:
        card.file = None
        answer = _ask(card, name, _SELECTED | rule.ef & 0x1F)
        card.short_ids = answer.status_word not in QUERY_REFUSED
    if not card.short_ids:
        card.select_file(rule.ef)
        answer = _ask(card, name, _SELECTED)
        if answer.status_word in _NO_SUCH_PIN:
            raise FileAbsent(f"{name}: {describe(answer.status_word)}")
    return answer.status_word


def present(card: Card, rule: PinRule, pin: bytearray) -> None:
    """Present a PIN, once. Raises `PinWrong`, `PinBlocked`, and `ValueError` (nothing sent) when its form is wrong."""
    fault = rule.fault(pin)
    if fault is not None:
        raise ValueError(f"{rule.name} PIN: {fault.value}")
    present_bytes(card, rule, bytes(pin))


def present_bytes(card: Card, rule: PinRule, reference: bytes) -> None:
    """Like `present`, for reference data that is no PIN a person typed."""
    name = f"VERIFY ({rule.name} PIN)"
    before = card.tries.pop(rule.name, None)
    if not card.short_ids:
        card.select_file(rule.ef)
        return _judge(card, rule, name, _present(card, name, _SELECTED, reference))
    card.file = None
    answer = _present(card, name, _SELECTED | rule.ef & 0x1F, reference)
    if answer.status_word not in SHORT_ID_REFUSED:
        return _judge(card, rule, name, answer)
    card.short_ids = False
    if tries_left(card, rule) != before:  # selects the EF, too
        raise CardProblem(name, status_word=answer.status_word)
    return _judge(card, rule, name, _present(card, name, _SELECTED, reference))


def _ask(card: Card, name: str, p2: int) -> Answer:
    """VERIFY without data; with a fifth byte 00 when the four alone are too few (§3, some readers)."""
    answer = card.exchange(name, (0x00, 0x20, 0x00, p2), once=True)
    if answer.status_word == StatusWord.WRONG_LENGTH:
        answer = card.exchange(name, (0x00, 0x20, 0x00, p2), le=SHORT_LE, once=True)
    return answer


def _present(card: Card, name: str, p2: int, reference: bytes) -> Answer:
    return card.exchange(name, (0x00, 0x20, 0x00, p2), reference, once=True)


def _tries(name: str, status_word: int) -> Tries:
    if status_word in _BLOCKED:
        return Tries(0, blocked=True)
    if status_word in (StatusWord.OK, StatusWord.VERIFICATION_FAILED):
        return Tries(None, blocked=False)
    if status_word & 0xFFF0 == 0x63C0:
        return Tries(status_word & 0x0F, blocked=False)
    raise CardProblem(name, status_word=status_word)


def _judge(card: Card, rule: PinRule, name: str, answer: Answer) -> None:
    if answer.ok:
        card.verified.add(rule.name)
        return
    card.verified.discard(rule.name)
    tries = _tries(name, answer.status_word)
    if tries.blocked:
        raise PinBlocked(f"{name}: blocked")
    raise PinWrong(tries)
