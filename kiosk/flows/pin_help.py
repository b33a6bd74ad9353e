"""A PIN that is forgotten or locked. Nobody knows which of the four it is, so people choose by what they were doing."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from kiosk.flows import unlock
from kiosk.flows.card_check import check_card
from kiosk.flows.guidance import give
from kiosk.flows.kiosk import Kiosk
from kiosk.flows.screen import Screen
from kiosk.flows.todo import N_, Plan, Todo
from kiosk.guidance import Guidance
from kiosk.language.public import NOTHING, Public


class Doing(NamedTuple):
    """What somebody was doing, and the PIN it asked for. known_by: what it looks like and how it locks."""

    heading: Public
    known_by: Public
    official: Public
    todo: Callable[[Guidance], tuple[Todo, ...]]
    page: Callable[[Guidance], Public]


DOINGS = {
    "show": Doing(
        N_("免許の４けたの暗証番号"),
        N_("マイナ免許証をつくったときに決めた番号です。つづけて10回まちがえると、ロックされます。"),
        N_("マイナ免許証の暗証番号"),
        unlock.licence_pin,
        lambda facts: NOTHING,
    ),
    "text": Doing(
        N_("入力用の４けたの暗証番号"),
        N_("カードを受け取ったときに決めた番号です。つづけて３回まちがえると、ロックされます。"),
        N_("券面事項入力補助用暗証番号"),
        unlock.text_pin,
        lambda facts: facts.card_page.address,
    ),
    "log_in": Doing(
        N_("ログイン用の４けたの暗証番号"),
        N_("カードを受け取ったときに決めた番号です。つづけて３回まちがえると、ロックされます。"),
        N_("利用者証明用電子証明書の暗証番号"),
        unlock.auth_pin,
        lambda facts: facts.reset_page.address,
    ),
    "sign": Doing(
        N_("署名用の６〜16文字の暗証番号"),
        N_("英字と数字をまぜて決めた番号です。つづけて５回まちがえると、ロックされます。"),
        N_("署名用電子証明書の暗証番号"),
        unlock.sign_pin,
        lambda facts: facts.reset_page.address,
    ),
}


def pin_help(kiosk: Kiosk) -> bool:
    """Returns False when the person goes back to home."""
    while True:
        answer = kiosk.ask(Screen("pin_doing", {}, (*DOINGS, "unsure", "back")))
        if answer == "back":
            return False
        if answer in DOINGS:
            return give(kiosk, plan(kiosk.guidance, answer))
        if check_card(kiosk):
            return True


def plan(facts: Guidance, doing: str) -> Plan:
    """The list for the PIN that this asks for."""
    pin = DOINGS[doing]
    return Plan(
        f"pin_{doing}",
        pin.heading,
        pin.todo(facts),
        know=(pin.known_by,),
        official=pin.official,
        page=pin.page(facts),
    )
