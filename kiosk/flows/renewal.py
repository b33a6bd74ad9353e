"""The card is renewed: whether the licence comes over to the new one, what that still needs, and what to check.

It comes over only if everything fits: the card still valid with less than three months to go, or its field for changes
full; a licence recorded on it, not suspended; linked with Mynaportal before, since that hands the signature certificate
to the police; applied for on the web site, with a new signature certificate, and with the right number of the record.
No sign that no font has (外字) in name or address. In every other case the new card is no licence until the police have
recorded it there. So the last thing on every list is to make sure of that; this kiosk can (flows/card_check.py).

A resident with a period of stay gets no notice: their card ends with it, and the municipality extends it.

Sources: leaflet.txt; the pages of prefectural police on carry-over since 2025-09-01 (Akita, Kumamoto, Tokyo, Kanagawa,
Toyama); municipalities on cards of residents with a period of stay.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from kiosk.advice.todo import ASK_FIRST, CARD, Plan, Todo
from kiosk.config.guidance import Guidance
from kiosk.flows.asking.contract import Kiosk
from kiosk.flows.asking.screen import Screen
from kiosk.flows.lost_card import record_again
from kiosk.flows.take_home import give
from kiosk.language.languages import N_

Kind = Literal["linked", "not_linked", "not_carried", "resident"]
KINDS: tuple[Kind, ...] = ("linked", "not_linked", "not_carried", "resident")


def renewal(kiosk: Kiosk) -> bool:
    """Returns False when the person goes back to home."""
    while (answer := kiosk.ask(Screen("renewal", {}, ("ending", "not_carried", "resident", "back")))) != "back":
        if answer == "ending":
            answer = kiosk.ask(Screen("renewal_linked", {}, ("linked", "not_linked", "back")))
        match answer:
            case "linked" | "not_linked" | "not_carried" | "resident" as kind:
                return give(kiosk, plan(kiosk.guidance, kind))
    return False


LINK = Todo(
    N_("先に、運転免許の連携をします"),
    notes=(N_("この機械やスマートフォンでできます。連携していないと、免許の情報は引きつがれません。"),),
)
NOTICE = Todo(
    N_("有効期限通知書か、交付申請書を用意します"),
    notes=(N_("通知書は、有効期限が近い方に届きます。届かない方は、市区町村の窓口に聞いてください。"),),
)
APPLY = Todo(
    N_("オンラインで申し込みます"),
    where=N_("マイナンバーカード総合サイトの「オンライン申請サイト」"),
    notes=(
        N_(
            "「署名用電子証明書の発行を希望する」をえらび、免許情報記録番号を正しく入力します。わからない方は、免許センターや警察署の窓口に聞いてください。"
        ),
        N_("郵便・窓口・特急発行・証明写真機では、引きつがれません。"),
    ),
)
ON_THE_CARD = N_("「マイナ免許証 入っています」と出ないときは、そのカードだけで運転しないでください。")
CHECK = Todo(N_("新しいカードを、この機械でしらべます"), notes=(ON_THE_CARD,))
CHECK_EXTENDED = Todo(N_("延長したカードを、この機械でしらべます"), notes=(ON_THE_CARD,))
NOT_BEFORE = N_("記録がおわるまで、新しいカードだけで運転しないでください。")
NEW_CARD = Todo(N_("新しいカードを申し込みます"), "municipality", notes=(ASK_FIRST,))
EXTEND = Todo(
    N_("マイナンバーカードの有効期間を延長します"),
    "municipality",
    bring=(CARD, N_("新しい在留カード")),
    notes=(N_("有効期間がおわる前に手続します。"), ASK_FIRST),
)
ASK_POLICE = Todo(
    N_("マイナ免許証をそのまま使えるか、先に聞きます"),
    "licence_desk",
)


def plan(facts: Guidance, kind: Kind) -> Plan:
    """The list for somebody who renews in this way."""
    todo, know = {
        "linked": ((NOTICE, APPLY, CHECK), CONDITIONS),
        "not_linked": ((LINK, NOTICE, APPLY, CHECK), CONDITIONS),
        "not_carried": (
            (NEW_CARD, replace(record_again(facts), notes=(NOT_BEFORE,)), CHECK),
            N_("期限が切れたカードや、こわれたカードの免許の情報は、新しいカードに引きつがれません。"),
        ),
        "resident": (
            (ASK_POLICE, EXTEND, CHECK_EXTENDED),
            N_("在留期間を延ばしても、カードの有効期間は自動では延びません。有効期限通知書は届きません。"),
        ),
    }[kind]
    return Plan(
        N_("マイナンバーカードの更新"),
        todo,
        know=(know,),
        page=facts.card_page.address,
        picture={"not_carried": "lost_next", "resident": "renewal_desks"}.get(kind, "renewal"),
    ).told(facts)


CONDITIONS = N_(
    "この手順で申し込んだときだけ、免許の情報が引きつがれます。氏名や住所に外字（特別な漢字）がある方と、免許が停止中の方の情報は、引きつがれません。"
)
