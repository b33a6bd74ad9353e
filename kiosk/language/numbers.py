"""Numbers as their reader writes them: 1,500 and 3.0 in Japanese or English, 1.500 and 3,0 in Portuguese or Vietnamese.

To the other half of our readers the wrong sign says something else: 1,500 yen are one and a half.
"""

from __future__ import annotations

from babel.numbers import format_decimal

from kiosk.language.languages import JAPANESE, Language


def grouped(number: int, language: Language = JAPANESE) -> str:
    """A whole number, in groups of three digits."""
    return format_decimal(number, "#,##0", language.folder)


def centimetres(millimetres: int, language: Language = JAPANESE) -> str:
    """A length of so many mm in cm, without the unit."""
    return format_decimal(millimetres / 10, "0.0", language.folder)
