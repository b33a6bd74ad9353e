"""Which passcodes are refused when they are chosen: those that somebody would try first.

A passcode is typed on a pad of digits beside people who may look on, and a wrong one costs time
(`passcode_waits.py`), so what matters is that it is not guessed within the first few hundred tries (NIST SP 800-63B,
5.1.1.2: a list of the common, no rules of composition). Long ones are welcome.
"""

from __future__ import annotations

import datetime
import itertools
import unicodedata

from kiosk.ipc.messages import Weakness

SHORTEST, LONGEST = 8, 32  # digits
NUMBER_IN_IT = 4  # a staff number of so many digits is not to stand in it
YEARS = range(1900, 2100)
COMMON = """
    10293847 11223344 11922960 12121314 13572468 14142135 14725836 14789632 15926535 17320508 24681357 27182818 31415926
    36925814 77889900 98741236 99887766
"""


def digits(typed: str) -> str:
    """The passcode as it is compared: full-width digits are digits, too."""
    return unicodedata.normalize("NFKC", typed)


def weak(typed: str, staff: int) -> Weakness | None:
    """Why this one is refused for this staff number; None: it may be had."""
    passcode = digits(typed)
    if not (passcode.isascii() and passcode.isdigit()):
        return "not_digits"
    if len(passcode) < SHORTEST:
        return "too_short"
    if len(passcode) > LONGEST:
        return "too_long"
    if passcode in COMMON:
        return "common"
    if _repeats(passcode) or _steps(passcode):
        return "pattern"
    if _is_date(passcode):
        return "date"
    if len(str(staff)) >= NUMBER_IN_IT and str(staff) in passcode:
        return "staff_number"
    return None


def _repeats(passcode: str) -> bool:
    """A part of it over and over: 12121212, 12341234."""
    length = len(passcode)
    return any((passcode[:part] * length)[:length] == passcode for part in range(1, length // 2 + 1))


def _steps(passcode: str) -> bool:
    """One step from digit to digit, or one in each half: 12345678, 86420864, 11112222, 12344321."""
    half = len(passcode) // 2
    return _even(passcode) or (_even(passcode[:half]) and _even(passcode[half:]))


def _even(part: str) -> bool:
    return len({(int(after) - int(before)) % 10 for before, after in itertools.pairwise(part)}) <= 1


def _is_date(passcode: str) -> bool:
    if len(passcode) != 8:
        return False
    first, second, third, fourth = (int(passcode[at : at + 2]) for at in (0, 2, 4, 6))
    early, late = first * 100 + second, third * 100 + fourth
    days = ((early, third, fourth), (late, first, second), (late, second, first))
    return any(_exists(*day) for day in days)


def _exists(year: int, month: int, day: int) -> bool:
    if year not in YEARS:
        return False
    try:
        datetime.date(year, month, day)
    except ValueError:
        return False
    return True
