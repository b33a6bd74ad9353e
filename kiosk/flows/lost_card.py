"""A lost card: first have its functions stopped, then how to come to a licence again (leaflet.txt).

The number to call stands on the first screen and can be printed there at once; two questions later there is the whole
list. The licence data does not come over to a new card by itself: that is what people do not know, so the list of
those who stay with the マイナ免許証 says it.
"""

from __future__ import annotations

from typing import Literal

from kiosk.advice.todo import ASK_FIRST, Plan, Todo
from kiosk.config.guidance import Guidance, Line
from kiosk.flows.asking.contract import Kiosk
from kiosk.flows.asking.runner import choices
from kiosk.flows.asking.screen import Screen
from kiosk.flows.printing import hand_over
from kiosk.flows.take_home import give, slip
from kiosk.language.languages import N_

Holding = Literal["card_only", "both"]
Wish = Literal["keep", "change"]

NEW_CARD = N_("新しいマイナンバーカード")
REPORT = Todo(N_("遺失届を出します"), "lost_property", notes=(N_("受理番号を、書きとめておきます。"),))
REISSUE = Todo(N_("カードの再発行を申し込みます"), "municipality", bring=(N_("遺失届の受理番号"),), notes=(ASK_FIRST,))
CHANGE = Todo(
    N_("運転免許証への変更を申し込みます"),
    "applications_desk",
    notes=(
        N_("手数料が別にかかります。いくらか、何を持っていくかは、先に聞いてください。"),
        N_("カードの再発行の前でもできるか、聞いてください。"),
    ),
)


def lost_card(kiosk: Kiosk) -> bool:
    """Returns False when the person goes back to home."""
    facts = kiosk.guidance
    while _stop_first(kiosk) == "next":
        chosen = choices(
            kiosk,
            Screen("lost_holding", {}, ("card_only", "both", "back")),
            Screen("lost_wish", {}, ("keep", "change", "back")),
        )
        match chosen:
            case ("card_only" | "both" as holding, "keep" | "change" as wish):
                return give(kiosk, plan(facts, holding, wish))
    return False


def _stop_first(kiosk: Kiosk) -> str:
    """The number to call, and nothing else; on paper for whoever wants it now."""
    facts = {"lines": lines(kiosk.guidance), "paper": ""}
    screen = Screen("lost_suspend", facts, ("print", "next", "back"), reading=True)
    answer = kiosk.ask(screen)
    if answer == "print":
        screen = Screen("lost_suspend", facts, ("next", "back"), reading=True)
        answer = hand_over(kiosk, screen, slip(number(kiosk.guidance)))
    return answer


def number(facts: Guidance) -> Plan:
    """Only what cannot wait."""
    return Plan(N_("まず機能をとめます"), (suspend(facts),), official=N_("マイナンバーカードの機能一時停止"))


def plan(facts: Guidance, holding: Holding, wish: Wish) -> Plan:
    """The whole list for someone who holds and wants this.

    The plain licence is made sooner than a card, so it comes first: who waits for the card does not drive meanwhile.
    """
    todo = {"keep": (REISSUE, record_again(facts)), "change": (CHANGE, REISSUE)}[wish]
    know = {
        ("card_only", "keep"): N_("新しいカードに免許の情報を記録するまで、運転できません。"),
        ("card_only", "change"): N_("運転免許証を受け取るまで、運転できません。"),
    }.get(
        (holding, wish),
        N_("運転には運転免許証が必要です。それもない方は、運転せず警察署へ。"),
    )
    return Plan(
        N_("カードをなくしたとき"),
        (suspend(facts), REPORT, *todo),
        know=(know,),
        page=facts.card_page.address,
        picture={"keep": "lost_next", "change": "changes"}[wish],
    ).told(facts)


def suspend(facts: Guidance) -> Todo:
    """The call."""
    return Todo(N_("電話で、カードの機能をとめます"), lines=lines(facts))


def lines(facts: Guidance) -> tuple[Line, ...]:
    return (facts.suspend, facts.suspend_languages)


def record_again(facts: Guidance) -> Todo:
    """Once the new card is there: it is no licence before."""
    return Todo(
        N_("免許の情報を記録してもらいます"),
        "licence_desk",
        bring=(NEW_CARD,),
        notes=(N_("新しいカードに、自動では入りません。"),),
        yen=facts.recording.yen,
        photo=facts.photo,
    )
