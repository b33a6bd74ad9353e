"""What a screen tells, as short words that the same fact has in every language.

How it ended is the whole heading: the words below it may name other ends.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from markupsafe import escape

from kiosk.advice.outcomes import OUTCOMES, of_a_release
from kiosk.language.furigana import annotated
from kiosk.language.languages import shipped, translations

TELLS: dict[str, tuple[str, ...]] = {
    "linked": ("連携が完了しました",),
    "released": ("以前の連携を解除しました", "連携を解除しました"),
    **{end.value: (outcome.heading, of_a_release(outcome).heading) for end, outcome in OUTCOMES.items()},
    "card out": ("カードが抜けました",),
    "card left": ("カードが残っています",),
    "card mute": ("カードの向きを確かめてください",),
    "other kind of card": ("マイナンバーカードではないようです",),
    "other card": ("手続をはじめた方のカードではありません",),
    "other phone": ("手続をはじめた方のスマートフォンではありません",),
    "PIN once more": ("カードの読み取りが、いちど途切れました。もう一度、入力してください。",),
    "wrong PIN": ("暗証番号がちがいます。",),
    "card told": ("このカードで、できること",),
    "printed": ("印刷しました。紙は右の出口からお取りください。",),
    "no paper": ("紙は出ていません。おもな内容は、この画面にあります。",),
    "some paper": ("紙が、とちゅうまで出ているかもしれません。おもな内容は、この画面にあります。",),
}
LINKED = {"linked", "already_linked", "problem_linked"}
PERHAPS = {"portal_uncertain", "problem_uncertain"}
RELEASED = {"released", "problem_released"}
PERHAPS_RELEASED = {"release_uncertain", "problem_release_uncertain"}
ENDS = {"linked", "released", *(end.value for end in OUTCOMES)}
BESIDE = re.compile(r'<span class="gloss".*?</span>|</?span[^>]*>')  # explanations, and what they are put in by
WANTS_PHONE = 'data-answer="card"'  # on the screen that asks for something to be put in


@cache
def words(tell: str) -> frozenset[str]:
    """What tells it, as the screen's HTML has it, in every language."""
    return frozenset(
        BESIDE.sub("", annotated(str(escape(translations(each).gettext(text)))))
        for each in shipped()
        for text in TELLS[tell]
    )


@lru_cache(256)
def told(html: str) -> frozenset[str]:
    html = BESIDE.sub("", html)
    head = html.partition("<h1")[2].partition("</h1>")[0].partition(">")[2].strip()
    found = {tell for tell in TELLS if tell not in ENDS and any(each in html for each in words(tell))}
    return frozenset(found | {end for end in ENDS if head in words(end)})
