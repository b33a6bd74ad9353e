"""Names, addresses and dates as people and registers have them: whatever the card's readers let through.

One table for all rooms: what `kiosk/card` takes, `language` writes, `web` and `receipts` show, `voice` says. Each room
has its own test of this name. All of them are invented.
"""

from __future__ import annotations

from typing import Final

NAMES: Final = {
    "Latin, 41 letters without a blank": "WOLFESCHLEGELSTEINHAUSENBERGERDORFFVONABC",
    "Latin, with blanks": "MARIA FERNANDA DE OLIVEIRA SANTOS CAVALCANTI ALBUQUERQUE",
    "turned round from its middle": "ABC\u202edef山田",
    "left open isolate": "\u2067山田　太郎",
    "right to left": "محمد بن سلمان",
    "marks by themselves": "ハ\u309aトリシア　か\u3099くと",
    "beyond the first plane": "𠮷田　𩸽子",
    "with a variation selector": "葛\U000e0100城　舞",
    "外字": "\ue000田　太郎",
    "外字 alone": "\ue000\ue001",
    "braces like a reading's": "{山|やま}<田> & %(day)s",
    "one letter": "李",
}
ADDRESSES: Final = {
    "without a break": "東京都千代田区霞が関" + "あ" * 60,
    "Latin without a break": "SHINJUKUKU" * 9,
    "turned round": "東京都\u202e千代田区１－２－３",
    "外字": "東京都\ue0a0区𠮷野１丁目２番３号",
}
DATES: Final = {  # the register's date, as it is said in Japanese
    "19500000": "昭和25年、月日は不明",
    "19500600": "昭和25年6月、日は不明",
    "19500015": "昭和25年15日、月は不明",
    "00000000": "年月日は不明",
    "00000615": "6月15日、年は不明",
    "00000600": "6月、年と日は不明",
    "00000015": "15日、年と月は不明",
    "19500230": "昭和25年2月30日",
    "19890107": "昭和64年1月7日",
    "19890108": "平成元年1月8日",
    "19890000": "1989年、月日は不明",  # either of two eras
    "19890100": "1989年1月、日は不明",
    "19890200": "平成元年2月、日は不明",
    "18670101": "1867年1月1日",
    "00010203": "1年2月3日",
    "99991231": "令和7981年12月31日",
}
STATION: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMNOPQRS"  # 45 letters, a station's own text without a blank
