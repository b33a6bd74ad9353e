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
    catalogue is `locale/<folder>/LC_MESSAGES/<domain>.po`. day, month, year: the CLDR patterns of a date (none: 令和
    alone), of one whose day is not known, and of one of which only the year is. time, month_day: those of a time of day
    and of a day that every year has; moment: that of a time behind its day. learners: it is for people who are learning
    it, so hard nouns are explained and every kanji has its reading (glosses.py, kana_of_dates.py). shipped: the
    catalogue is complete, so people may choose it, and the tests hold it to that.
    """

    code: str
    name: str
    html: str
    folder: str
    day: str = ""
    month: str = ""
    year: str = ""
    time: str = "H:mm"
    month_day: str = "M月d日"
    moment: str = " HH:mm"
    domain: str = "kiosk"
    direction: Literal["ltr", "rtl"] = "ltr"
    learners: bool = False
    shipped: bool = False

    @property
    def foreign(self) -> bool:
        """Japanese has to stand beside it, so that staff and person can point at the same words."""
        return self.tongue != "ja"

    @property
    def blank(self) -> str:
        """What stands between two sentences."""
        return "" if self.tongue in ("ja", "zh") else " "

    @property
    def tongue(self) -> str:
        """Which language it is, whatever script, country or style: BCP 47's primary subtag."""
        return self.html.partition("-")[0]


JAPANESE = Language("ja", "日本語", "ja", "ja", time="H時mm分", shipped=True)
LANGUAGES: Mapping[str, Language] = {
    language.code: language
    for language in (
        JAPANESE,
        Language(
            "easy",
            "やさしい{日本語|にほんご}",
            "ja",
            "ja",
            "y年M月d日",
            "y年M月",
            "y年",
            "H時mm分",
            domain="easy",
            learners=True,
            shipped=True,
        ),
        Language("en", "English", "en", "en", "MMMM d, y", "MMMM y", "y", month_day="MMMM d", shipped=True),
        Language("zh", "简体中文", "zh-Hans", "zh_Hans", "y年M月d日", "y年M月", "y年", shipped=True),
        Language(
            "ko",
            "한국어",
            "ko",
            "ko",
            "y년 M월 d일",
            "y년 M월",
            "y년",
            "H시 mm분",
            month_day="M월 d일",
            shipped=True,
        ),
        Language(
            "pt",
            "Português (Brasil)",
            "pt-BR",
            "pt_BR",
            "d 'de' MMMM 'de' y",
            "MMMM 'de' y",
            "y",
            "H'h'mm",
            month_day="d 'de' MMMM",
            moment="', 'H'h'mm",
            shipped=True,
        ),
        Language(
            "vi",
            "Tiếng Việt",
            "vi",
            "vi",
            "'ngày' d 'tháng' M 'năm' y",
            "'tháng' M 'năm' y",
            "'năm' y",
            month_day="d 'tháng' M",
            shipped=True,
        ),
    )
}

# The languages in which a telephone may be answered, each by its own name: more than there are screens in.
TONGUES: Mapping[str, Public] = {
    "ja": Public("日本語"),
    "en": Public("English"),
    "zh": Public("中文"),
    "ko": Public("한국어"),
    "es": Public("Español"),
    "pt": Public("Português"),
    "vi": Public("Tiếng Việt"),
    "tl": Public("Tagalog"),
    "id": Public("Bahasa Indonesia"),
}


def shipped() -> tuple[Language, ...]:
    """The languages a person can choose."""
    return tuple(language for language in LANGUAGES.values() if language.shipped)


@cache
def translations(language: Language) -> gettext.NullTranslations:
    """Its catalogue; the source texts where there is none."""
    return gettext.translation(language.domain, LOCALES, [language.folder], fallback=True)


def counted(language: Language, text: str, number: int | None, **shown: object) -> str:
    """A text that counts something, in the form that the language has for so many (1 month, 6 months), with what is
    shown in it. number: what decides; none, and the text counts nothing."""
    catalogue = translations(language)
    said = text if number is None else catalogue.ngettext(text, text, number)
    if said == text:  # the language has one form for any number of them
        said = catalogue.gettext(text)
    return said % shown if shown else said


def N_(message: str) -> Public:
    """Mark a message for translation without translating it here: for tables, which are shown in every language."""
    return Public(message)


def N_counted(message: str) -> Public:
    """The same for a text that counts something: a language may have several forms of it (`counted`)."""
    return Public(message)
