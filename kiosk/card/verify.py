"""VERIFY: presenting a PIN (ISO 7816-4, my-number-card.md §3). Asking for its tries stands in `pin_tries.py`.

- A PIN goes out by short identifier only after this card has answered something by short identifier;
- otherwise its EF is selected first and P2 is 80, which every known card takes.

A PIN entry is sent a second time in one case only: the card refused the short identifier in VERIFY (a status word that
ISO defines as a check made before anything is carried out), *and* its tries, asked again, are what they were.

The command is a `bytes` that nobody can overwrite; like all else of a person it dies with the session's process.
"""

from __future__ import annotations

from kiosk.card.apdu import SHORT_ID_REFUSED, Card, CardProblem, PinBlocked, PinWrong, Response
from kiosk.card.pin import PinRule
from kiosk.card.pin_tries import SELECTED, by_short_id, tries_left, tries_told


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
        return _judge(card, rule, name, _present(card, name, SELECTED, reference))
    card.file = None
    response = _present(card, name, by_short_id(rule), reference)
    if response.status_word not in SHORT_ID_REFUSED:
        return _judge(card, rule, name, response)
    card.short_ids = False
    if tries_left(card, rule) != before:  # selects the EF, too
        raise CardProblem(name, status_word=response.status_word)
    return _judge(card, rule, name, _present(card, name, SELECTED, reference))


def _present(card: Card, name: str, p2: int, reference: bytes) -> Response:
    return card.exchange(name, (0x00, 0x20, 0x00, p2), reference, once=True)


def _judge(card: Card, rule: PinRule, name: str, response: Response) -> None:
    if response.agreed:
        card.verified.add(rule.name)
        return
    card.verified.discard(rule.name)
    tries = tries_told(name, response.status_word, rule)
    if tries.blocked:
        raise PinBlocked(f"{name}: blocked")
    raise PinWrong(tries)
