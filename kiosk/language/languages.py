"""The languages of screen and paper: one row each, and all that differs between them.

The source language is Japanese: a text without a translation is shown in Japanese, so nothing is ever missing.
やさしい日本語 is Japanese, too, and Babel knows no locale for it; so it is a gettext domain of its own, `easy`, in the
folder `ja`. Adding a language is a row here and a catalogue (docs/translating.md); nothing else knows any of them.
"""

from __future__ import annotations

import gettext
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from kiosk.language.public import Public

LOCALES = Path(__file__).parent / "locale"


@dataclass(frozen=True)
class Language:
    """One row.

    code: what the page answers (`lang:en`). name: its own, with readings (furigana.py) where it needs them.
    html: BCP 47, for `lang`, from which the style sheets choose the face and a voice its tongue. folder, domain: its
    catalogue is `locale/<folder>/LC_MESSAGES/<domain>.po`. day, time: the CLDR patterns of a date (none: 令和
    alone) and of a time of day. shipped: the catalogue is complete, so people may choose it, and the tests hold it to
    that.
    """

    code: str
    name: str
    html: str
    folder: str
    day: str = ""
    time: str = "H:mm"
    domain: str = "kiosk"
    direction: Literal["ltr", "rtl"] = "ltr"
    shipped: bool = False

    @property
    def foreign(self) -> bool:
        """Japanese has to stand beside it, so that staff and person can point at the same words."""
        return not self.html.startswith("ja")


JAPANESE = Language("ja", "日本語", "ja", "ja", time="H時mm分", shipped=True)
LANGUAGES: Mapping[str, Language] = {
    language.code: language
    for language in (
        JAPANESE,
        Language("easy", "やさしい{日本語|にほんご}", "ja", "ja", "y年M月d日", "H時mm分", "easy", shipped=True),
        Language("en", "English", "en", "en", "MMMM d, y", shipped=True),
        Language("zh", "简体中文", "zh-Hans", "zh_Hans", "y年M月d日", shipped=True),
        Language("ko", "한국어", "ko", "ko", "y년 M월 d일", "H시 mm분", shipped=True),
        Language("pt", "Português (Brasil)", "pt-BR", "pt_BR", "d 'de' MMMM 'de' y", "H'h'mm", shipped=True),
        Language("vi", "Tiếng Việt", "vi", "vi", "'ngày' d 'tháng' M 'năm' y", shipped=True),
    )
}


def shipped() -> tuple[Language, ...]:
    """The languages a person can choose."""
    return tuple(language for language in LANGUAGES.values() if language.shipped)


@cache
def translations(language: Language) -> gettext.NullTranslations:
    """Its catalogue; the source texts where there is none."""
    return gettext.translation(language.domain, LOCALES, [language.folder], fallback=True)


def N_(message: str) -> Public:
    """Mark a message for translation without translating it here: for tables, which are shown in every language."""
    return Public(message)
