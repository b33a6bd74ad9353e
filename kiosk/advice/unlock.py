"""Where each PIN of the card is unlocked or chosen anew (leaflet.txt, my-number-card.md §4).

The four digits for entering name and address: at the municipal counter alone. The signature PIN and the log-in PIN: at
the counter, or at a terminal by those who have a phone and know the other of the two. The licence PIN, chosen when the
licence was recorded: from the police, never by telephone. The phone's own is not needed where there is a card
(manual.txt, p. 16: the person may change to the card).
"""

from __future__ import annotations

from kiosk.advice.todo import ASK_FIRST, CARD, Todo
from kiosk.language.languages import N_
from kiosk.language.public import Public

LICENCE_CARD = N_("マイナ免許証")
APP = N_("スマートフォン")

COUNTER = Todo(N_("市区町村で、暗証番号を決め直します"), "municipality", bring=(CARD,), notes=(ASK_FIRST,))
POLICE = Todo(
    N_("免許の窓口で、ロックを解除してもらいます"),
    "licence_desk",
    bring=(LICENCE_CARD,),
    notes=(N_("暗証番号がわからないときも、窓口へ。電話ではお答えできません。"),),
)


def _terminal(needs: Public) -> Todo:
    return Todo(
        N_("または、お店の端末で決め直します"),
        "store",
        instead=True,
        bring=(CARD, APP),
        notes=(N_("先にアプリ「JPKI暗証番号リセット」で予約します。"), needs),
    )


TEXT = (COUNTER,)
SIGN = (COUNTER, _terminal(N_("ログイン用の４けたの暗証番号がわかる方だけ、できます。")))
AUTH = (COUNTER, _terminal(N_("署名用の６〜16文字の暗証番号がわかる方だけ、できます。")))
LICENCE = (POLICE,)
PHONE = (Todo(N_("この機械で、カードを使ってもう一度手続をしてください。")),)
