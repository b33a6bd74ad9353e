"""Readings over what counts days and hours, for whoever is learning: {14日|じゅうよっか}, 8{時|じ}30{分|ぷん}.

A number is read as it stands; its unit has the reading. Where both are one word (ふつか, はつか) it stands over both.
Where the last digit is not said as usual, over that and the unit: {4月|しがつ}, 1{7時|しちじ}, 202{4年|よねん}.
"""

from __future__ import annotations

import re

_UNIT = re.compile(
    r"(\d+|元)(年|月|日|時間|時|分)|(令和|平成|昭和|大正|明治|不明|(?:年月日|月日|年|月|日)(?=は不明|と[月日]は不明))"
)
UNITS = {"年": "ねん", "月": "がつ", "日": "にち", "時間": "じかん", "時": "じ"}
ALONE = {
    **{"令和": "れいわ", "平成": "へいせい", "昭和": "しょうわ", "大正": "たいしょう", "明治": "めいじ"},
    **{"不明": "ふめい", "年月日": "ねんがっぴ", "月日": "がっぴ", "年": "とし", "月": "つき", "日": "ひ"},
}
WORDS = {
    **{1: "ついたち", 2: "ふつか", 3: "みっか", 4: "よっか", 5: "いつか"},
    **{6: "むいか", 7: "なのか", 8: "ようか", 9: "ここのか", 10: "とおか"},
    14: "じゅうよっか",
    20: "はつか",
    24: "にじゅうよっか",
}
LAST_DIGIT = {
    **{"4年": "よねん", "4月": "しがつ", "7月": "しちがつ", "9月": "くがつ"},
    **{"4時": "よじ", "7時": "しちじ", "9時": "くじ"},
}
PUN = {0, 1, 3, 4, 6, 8}  # the last digits of minutes that are read ぷん
FIRST_YEAR = "元"


def with_kana(text: str) -> str:
    """A date or a time in Japanese with its readings, in the form of furigana.py."""
    return _UNIT.sub(lambda found: _read(*found.groups()), text)


def _read(number: str | None, unit: str | None, alone: str | None) -> str:
    if alone:
        return f"{{{alone}|{ALONE[alone]}}}"
    assert number is not None and unit is not None
    if number == FIRST_YEAR:
        return f"{{{number}{unit}|がんねん}}"
    if unit == "日" and int(number) in WORDS:
        return f"{{{number}{unit}|{WORDS[int(number)]}}}"
    if unit == "分":
        return f"{number}{{{unit}|{'ぷん' if int(number) % 10 in PUN else 'ふん'}}}"
    if reading := LAST_DIGIT.get(number[-1] + unit):
        return f"{number[:-1]}{{{number[-1]}{unit}|{reading}}}"
    return f"{number}{{{unit}|{UNITS[unit]}}}"
