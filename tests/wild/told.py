"""What a screen tells, as short words that the same fact has in every language.

How it ended is the whole heading: the words below it may name other ends.
"""

from __future__ import annotations

from functools import cache, lru_cache

from markupsafe import escape

from kiosk.advice.outcomes import OUTCOMES
from kiosk.language.furigana import annotated
from kiosk.language.languages import shipped, translations

TELLS = {
    "linked": "連携が完了しました",
    **{end.value: str(outcome.heading) for end, outcome in OUTCOMES.items()},
    "released": "以前の連携を解除しました",
    "card out": "カードが抜けました",
    "card left": "カードが残っています",
    "card mute": "カードの向きを確かめてください",
    "other kind of card": "ほかのカードのようです",
    "other card": "はじめに読み取った方のカードではありません",
    "PIN once more": "カードの読み取りが、いちど途切れました。もう一度、入力してください。",
    "wrong PIN": "番号がちがいます。",
    "card told": "このカードで、今日できること",
    "printed": "紙を印刷しました。右の出口からお取りください。",
    "no paper": "紙は出ていません。おもな内容は、この画面にあります。",
    "some paper": "紙が、とちゅうまで出ているかもしれません。おもな内容は、この画面にあります。",
}
LINKED = {"linked", "already_linked", "problem_linked"}
PERHAPS = {"portal_uncertain", "problem_uncertain"}
ENDS = {"linked", *(end.value for end in OUTCOMES)}
WANTS_PHONE = 'data-answer="card"'  # on the screen that asks for something to be put in


@cache
def words(text: str) -> tuple[str, ...]:
    """A text as the screen's HTML has it, in every language."""
    return tuple({annotated(str(escape(translations(each).gettext(text)))) for each in shipped()})


@lru_cache(256)
def told(html: str) -> frozenset[str]:
    head = html.partition("<h1")[2].partition("</h1>")[0].partition(">")[2].strip()
    found = {short for short, text in TELLS.items() if short not in ENDS and any(each in html for each in words(text))}
    return frozenset(found | {short for short in ENDS if head in words(TELLS[short])})
