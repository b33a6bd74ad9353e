"""How a text of ours is read where a voice would read it otherwise.

Only what was found wrong in the readings of all our texts stands here (docs/voice.md says how to look). Patterns, by
language, applied in this order.

A foreign text quotes a few Japanese words, which are to be found on a website or heard on the telephone. The voice of
another language cannot read kanji (eSpeak NG says "Chinese letter" for each), so it is given their sound, spelt as
that voice comes closest to it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

QUOTED: Mapping[str, Mapping[str, str]] = {  # a Japanese word: its sound, by language
    "運転免許": {"en": "oonten menkyo", "pt": "unten menquiô", "vi": "un-ten men-ki-ô", "ko": "운텐 멘쿄"},
    "暗証番号リセット": {
        "en": " ahnsho bahngo reesetto",
        "pt": " anxô bangô rissetô",
        "vi": " an-sô ban-gô ri-xét-tô",
        "ko": " 안쇼 반고 리셋토",
    },
    "署名用電子証明書の発行を希望する": {
        "en": "shomay yo denshi shomaysho no hakko o keebo sooroo",
        "pt": "xomeiiô denxi xomeixo no raccô o quibô suru",
        "vi": "sô-mei-i-ô đen-si sô-mei-sô nô hắc-cô ô ki-bô xư-rư",
        "ko": "쇼메이요 덴시 쇼메이쇼노 핫코오 키보 스루",
    },
    "免許情報記録番号": {
        "en": "menkyo joho keeroku bahngo",
        "pt": "menquiô djorrô quiroku bangô",
        "vi": "men-ki-ô giô-hô ki-rô-kư ban-gô",
        "ko": "멘쿄 조호 키로쿠 반고",
    },
    "オンライン申請サイト": {
        "en": "onrine shinsay sighto",
        "pt": "onrain xinsei saitô",
        "vi": "on-rai-n sin-sei sai-tô",
        "ko": "온라인 신세이 사이토",
    },
    "外字": {"en": "guy jee", "pt": "gaidji", "vi": "gai-gi", "ko": "가이지"},
}
RANGE = r"(?<=[0-9０-９])\s*[~〜～–]\s*(?=[0-9０-９])"
CHIP = r"(?<![A-Za-z])IC(?![A-Za-z])"
READINGS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "ja": (
        (RANGE, "から"),
        (r"(?<![上下左右横]の)(?<![地両片夕一双])方(?![向法式面針位角])", "かた"),  # the polite word for a person
        (r"(?<=を)行って", "おこなって"),
        (r"空(?=か、)", "から"),  # empty, not the sky
        (r"はいりません", "は要りません"),  # is not needed; without a kanji it is taken for 入りません
        (r"はいるか", "入るか"),
        (r"開いて(?=\s?い)", "あいて"),
    ),
    "en": ((RANGE, " to "), (CHIP, "I C"), ("Mynaportal", "Myna portal"), ("kōban", "koban")),
    "pt": ((RANGE, " a "), (CHIP, "i cê")),
    "vi": ((RANGE, " đến "), (CHIP, "i xê")),
    "ko": ((RANGE, "에서 "), (CHIP, "아이시")),
}


def as_read(text: str, language: str) -> str:
    """The text as it is given to the voice. language: one of READINGS."""
    for word, sounds in QUOTED.items():
        if language in sounds:
            text = text.replace(word, sounds[language])
    for pattern, reading in READINGS[language]:
        text = re.sub(pattern, reading, text)
    return text
