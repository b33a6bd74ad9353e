"""One PIN on its way in: keys come one at a time, the page sees dots.

What has been typed is in one `bytearray`, which goes to the caller when the PIN is whole and is overwritten otherwise;
no `str` of a PIN is ever made here. A second press of the same key within `BOUNCE_SECONDS` is a finger that trembles
(EN 301 549 5.8) and does not count. What counts is when it was pressed, on the page's clock, and not when it arrived:
keys that have waited for a line that was cut come all at once. Time is monotonic seconds, and is given in.

A staff number is typed here, too. It is no secret and may be read while it is typed (`Digits.shown`).
"""

from __future__ import annotations

from kiosk.card.pin import PinRule, erase, fold_key
from kiosk.flows.asking.digits import Digits
from kiosk.session.answers import Answer, Choice, Edit, Key

BOUNCE_SECONDS = 0.3
WHOLE = Choice("next")


class Pad:
    """Collects a PIN in the form `rule` wants."""

    def __init__(self, rule: PinRule | Digits) -> None:
        self._rule = rule
        self._pin = bytearray()
        self._problem = ""
        self._last: Key | None = None
        self._last_at = 0.0

    def press(self, answer: Answer | None, now: float) -> bytearray | None:
        """The folded PIN once it is whole; the caller overwrites it after use. What is no key of a pad is ignored.

        now: when a key was pressed that does not say so itself.
        """
        match answer:
            case Key():
                at = now if answer.at is None else answer.at
                if answer != self._last or not 0 <= at - self._last_at < BOUNCE_SECONDS:  # less: a page loaded anew
                    self._last, self._last_at, self._problem = answer, at, ""
                    self._type(answer.character)
            case Edit.ERASE:
                self._erase(max(len(self._pin) - 1, 0))
            case Edit.CLEAR:
                self._erase(0)
            case Choice() if answer == WHOLE:
                fault = self._rule.fault(self._pin)
                if fault is None:
                    entered, self._pin = self._pin, bytearray()
                    return entered
                self._problem = fault.value
        return None

    def facts(self) -> dict[str, object]:
        """What the screen may show."""
        facts = pad_of(self._rule, len(self._pin), self._problem)
        return {**facts, "shown": self._pin.decode()} if isinstance(self._rule, Digits) and self._rule.shown else facts

    def wipe(self) -> None:
        """Overwrite what was typed."""
        erase(self._pin)

    def _type(self, character: str) -> None:
        byte = fold_key(character)
        room = len(self._pin) < self._rule.longest
        if byte is not None and room and (self._rule.letters or chr(byte).isdigit()):
            self._pin.append(byte)

    def _erase(self, start: int) -> None:
        erase(self._pin, start)
        self._last, self._problem = None, ""


def pad_of(rule: PinRule | Digits, entered: int, problem: str) -> dict[str, object]:
    """The facts of a pad: how many characters stand there, which there may be, and what is wrong with them."""
    return {
        "entered": entered,
        "layout": "letters" if rule.letters else "digits",
        "problem": problem,
        "minimum": rule.shortest,
        "maximum": rule.longest,
    }
