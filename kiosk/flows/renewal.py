"""The card is renewed, and the licence is to come over to the new one: that takes two things (leaflet.txt)."""

from __future__ import annotations

from kiosk.advice.todo import Plan, Todo
from kiosk.config.guidance import Guidance
from kiosk.flows.asking.contract import Kiosk
from kiosk.flows.asking.screen import Screen
from kiosk.flows.take_home import give
from kiosk.language.languages import N_


def renewal(kiosk: Kiosk) -> bool:
    """Returns False when the person goes back to home."""
    if kiosk.ask(Screen("renewal", {}, ("print", "back"), reading=True)) == "back":
        return False
    return give(kiosk, plan(kiosk.guidance))


def plan(facts: Guidance) -> Plan:
    return Plan(
        N_("カードを更新するとき"),
        (
            Todo(
                N_("届いた通知書を用意します"),
                notes=(N_("有効期限通知書か交付申請書です。くわしい手順も、そこにあります。"),),
            ),
            Todo(
                N_("オンラインで申し込みます"),
                where=N_("マイナンバーカード総合サイトの「オンライン申請サイト」"),
            ),
            Todo(
                N_("署名用の証明書も申し込みます"),
                notes=(N_("「署名用電子証明書の発行を希望する」をえらびます。"),),
            ),
        ),
        know=(N_("２と３の両方をすると、免許の情報が新しいカードに引きつがれます。"),),
        page=facts.card_page.address,
        picture="renewal",
    )
