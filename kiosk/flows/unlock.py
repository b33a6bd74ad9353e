"""Where each PIN of the card is unlocked or chosen anew (leaflet.txt, my-number-card.md §4)."""

from __future__ import annotations

from kiosk.flows.todo import ASK_FIRST, CARD, N_, Todo
from kiosk.guidance import Guidance
from kiosk.language.public import Public

LICENCE_CARD = N_("マイナ免許証")
APP = N_("スマートフォン")


def text_pin(facts: Guidance) -> tuple[Todo, ...]:
    """The four digits for entering name and address: at the municipal counter alone."""
    return (_at_the_counter(facts),)


def sign_pin(facts: Guidance) -> tuple[Todo, ...]:
    """The signature PIN: at the counter, or at a terminal by those who have a phone and the log-in PIN."""
    return (
        _at_the_counter(facts),
        _at_the_terminal(facts, N_("ログイン用の４けたの暗証番号がわかる方だけ、できます。")),
    )


def auth_pin(facts: Guidance) -> tuple[Todo, ...]:
    """The four digits for logging in: the same, mirrored."""
    return (
        _at_the_counter(facts),
        _at_the_terminal(facts, N_("署名用の６〜16文字の暗証番号がわかる方だけ、できます。")),
    )


def licence_pin(facts: Guidance) -> tuple[Todo, ...]:
    """The four digits chosen when the licence was recorded: from the police, never by telephone."""
    return (
        Todo(
            N_("窓口で、ロックを解除します"),
            where=facts.licence_desk.name,
            bring=(LICENCE_CARD,),
            notes=(N_("番号がわからないときも、窓口へ。電話ではお答えできません。"),),
        ),
    )


def _at_the_counter(facts: Guidance) -> Todo:
    return Todo(
        N_("窓口で、暗証番号を決め直します"),
        where=facts.municipality.name,
        bring=(CARD,),
        notes=(ASK_FIRST,),
    )


def _at_the_terminal(facts: Guidance, needs: Public) -> Todo:
    return Todo(
        N_("または、お店の端末で決め直します"),
        where=facts.store.name,
        hours=facts.store.hours,
        booked_hours=facts.store.booked_hours,
        bring=(CARD, APP),
        notes=(N_("先にアプリ「JPKI暗証番号リセット」で予約します。"), needs),
    )
