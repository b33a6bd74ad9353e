"""What linking gives, for those who do not know yet whether they want it (leaflet.txt). Ends where linking begins,
or where a former link is released first."""

from __future__ import annotations

from kiosk.advice import pins
from kiosk.advice.gains import GAINS
from kiosk.advice.todo import CARD, Plan, Todo
from kiosk.config.guidance import Guidance
from kiosk.flows.asking.contract import Kiosk
from kiosk.flows.asking.screen import Screen
from kiosk.flows.linking import link, release_and_link
from kiosk.flows.take_home import give
from kiosk.language.languages import N_


def benefits(kiosk: Kiosk) -> bool:
    """Returns False when the person goes back to home."""
    ways = ("print", "back") if kiosk.guidance_only else ("link", "release", "print", "back")
    match kiosk.ask(Screen("benefits", {"gains": GAINS}, ways, reading=True)):
        case "link":
            return link(kiosk)
        case "release":
            return release_and_link(kiosk)
        case "print":
            return give(kiosk, plan(kiosk.guidance))
    return False


def plan(facts: Guidance) -> Plan:
    """For those who have to fetch a PIN or want to think about it at home."""
    return Plan(
        N_("連携すると、できること"),
        (
            Todo(
                N_("カードと暗証番号を用意します"),
                bring=(CARD,),
                say=tuple((pin.name, pin.official) for pin in (pins.TEXT, pins.SIGN)),
            ),
            Todo(N_("この機械かスマートフォンで連携します")),
        ),
        can=(
            N_("免許の情報を、マイナポータルで見る"),
            N_("更新の講習をオンラインで受ける（優良・一般の方）"),
            N_("住所変更等のワンストップサービスを使う（マイナ免許証のみの方）"),
            N_("マイナンバーカードを更新するとき、免許の情報も引きつぐ（条件に合う方）"),
        ),
        official=N_("マイナ免許証との連携"),
        page=facts.portal_page.address,
        picture="benefits",
    )
