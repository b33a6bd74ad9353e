"""The guidance, as a person sees it: every question, every list with every state of its paper, cards of every kind."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import replace

from kiosk.advice import pins
from kiosk.advice.gains import GAINS
from kiosk.advice.todo import Plan
from kiosk.card.jpki import TokenKind
from kiosk.card.licence import CATEGORY_TAGS, CONDITION_TAGS, Licence
from kiosk.card.pin import LICENCE_PIN, Tries
from kiosk.card.state import CardState, LicenceState
from kiosk.config import guidance
from kiosk.flows import benefits, card_check, lost_card, pin_help, renewal
from kiosk.flows.asking.screen import Screen
from kiosk.flows.take_home import slip
from kiosk.hw.device import PrinterFault, ReaderState
from kiosk.session.pad import pad_of
from tests.web.sight import Sight

FACTS = guidance.load()
PAPER_LOST = {"paper": "failed", "fault": PrinterFault.PAPER_END, "partly": False}
END = datetime.datetime(2029, 5, 3, 14, 59, 59, tzinfo=datetime.UTC)
LOCKED = Tries(0, blocked=True)
GOOD = CardState(
    kind=TokenKind.CARD,
    sign_certificate=True,
    sign_pin=Tries(5, blocked=False),
    auth_pin=Tries(3, blocked=False),
    text_pin=Tries(3, blocked=False),
    auth_until=END,
    licence=LicenceState(True, Tries(10, blocked=False)),
)
LOCKED_UP = CardState(TokenKind.CARD, True, LOCKED, LOCKED, LOCKED, END, LicenceState(True, LOCKED))
ENDED = CardState(TokenKind.CARD, None, Tries(1, False), Tries(2, False), Tries(1, False), END.replace(year=2024), None)
CHILD = CardState(TokenKind.CARD, False, None, Tries(3, False), Tries(3, False), END, None)
FACE = CardState(TokenKind.CARD, False, LOCKED, LOCKED, LOCKED, END, LicenceState(True, Tries(10, False)))
UNSET = CardState(
    TokenKind.CARD, True, Tries(4, False), Tries(3, False), Tries(3, False), END, LicenceState(False, Tries(10, False))
)
NO_LOG_IN = replace(GOOD, auth_until=None, auth_certificate=False)
PHONE = CardState(TokenKind.ANDROID, True, Tries(5, False), Tries(3, False), None, None, None)
STATES = {
    "good": GOOD,
    "locked": LOCKED_UP,
    "ended": ENDED,
    "child": CHILD,
    "face": FACE,
    "no_licence_pin": UNSET,
    "no_log_in": NO_LOG_IN,
    "phone": PHONE,
}
LICENCE = Licence(
    "20290503", "金", "308412345670", ("中型", "普通", "大自二"), ("眼鏡等", "中型車は中型車（８ｔ）に限る")
)
PLAIN_LICENCE = Licence("20270117", None, None, (), ())
EVERY_LICENCE = replace(LICENCE, categories=tuple(CATEGORY_TAGS.values()), conditions=("補聴器",) * len(CONDITION_TAGS))

PIN_UNKNOWN = ("good", "child")  # who came for a PIN: with nothing to do, and with the longest list
PLAN = lost_card.plan(FACTS, "card_only", "keep")


def plans() -> Iterator[tuple[str, Plan]]:
    """Every list, by name."""
    yield "suspend", lost_card.number(FACTS)
    for holding in ("card_only", "both"):
        for wish in ("keep", "change"):
            yield f"lost_{holding}_{wish}", lost_card.plan(FACTS, holding, wish)
    for doing in pin_help.DOINGS:
        yield f"pin_{doing}", pin_help.plan(FACTS, doing)
    for kind in renewal.KINDS:
        yield f"renewal_{kind}", renewal.plan(FACTS, kind)
    yield "benefits", benefits.plan(FACTS)
    for name, state in STATES.items():
        yield f"check_{name}", card_check.plan(FACTS, state)
    yield "check_pin_unknown_good", card_check.plan(FACTS, GOOD, pin_unknown=True)


def sights() -> Iterator[Sight]:
    yield from _questions()
    yield from _lists()
    yield from _check()


def _questions() -> Iterator[Sight]:
    lines = {"lines": (FACTS.suspend, FACTS.suspend_languages)}
    number = {**lines, "slip": slip(lost_card.number(FACTS))}
    yield Sight("lost_suspend", Screen("lost_suspend", {**lines, "paper": ""}, ("print", "next", "back")))
    yield Sight("lost_suspend_printing", Screen("lost_suspend", {**number, "paper": "printing"}))
    yield Sight("lost_suspend_printed", Screen("lost_suspend", {**number, "paper": "printed"}, ("next", "back")))
    yield Sight("lost_suspend_no_paper", Screen("lost_suspend", {**number, **PAPER_LOST}, ("next", "back", "reprint")))
    yield Sight("lost_holding", Screen("lost_holding", {}, ("card_only", "both", "back")))
    yield Sight("lost_wish", Screen("lost_wish", {}, ("keep", "change", "back")))
    yield Sight("pin_doing", Screen("pin_doing", {}, (*pin_help.DOINGS, "unsure", "back")))
    yield Sight("renewal", Screen("renewal", {}, ("ending", "not_carried", "resident", "back")))
    yield Sight("renewal_linked", Screen("renewal_linked", {}, ("linked", "not_linked", "back")))
    offered = Screen("benefits", {"gains": GAINS}, ("link", "release", "print", "back"))
    yield Sight("benefits", offered)
    older = Screen("benefits", {"gains": GAINS}, ("link", "print", "back"))
    yield Sight("benefits_older_portal", older, offers=())
    yield Sight("benefits_portal_closed", Screen("benefits", {"gains": GAINS}, ("print", "back")), portal="closed")
    yield Sight("slip", Screen("slip", {}, ("back",)))


def _lists() -> Iterator[Sight]:
    ways = ("paper", "home", "finish")
    for name, plan in plans():
        if name == "suspend" or name.startswith("check_"):
            continue
        facts = {"plan": plan, "slip": slip(plan)}
        yield Sight(f"todo_{name}", Screen("todo", {**facts, "paper": "printed"}, ways))
        yield Sight(f"todo_{name}_no_paper", Screen("todo", {**facts, **PAPER_LOST}, ("home", "finish", "reprint")))
    facts = {"plan": PLAN, "slip": slip(PLAN)}
    yield Sight("todo_printing", Screen("todo", {**facts, "paper": "printing"}))
    yield Sight("todo_no_printer", Screen("todo", {**facts, "paper": "none"}, ways))


def _check() -> Iterator[Sight]:
    for what in ("state", "licence"):
        yield Sight(f"reading_{what}", Screen("reading", {"what": what}))
    for name, state in STATES.items():
        screen = card_check.result(FACTS, state)
        facts = {**screen.facts, "slip": slip(card_check.plan(FACTS, state))}
        yield Sight(f"check_{name}", Screen(screen.name, {**facts, "paper": "printed"}, screen.answers))
        if name in ("good", "locked"):
            answers = (*screen.answers, "reprint")
            yield Sight(f"check_{name}_no_paper", Screen(screen.name, {**facts, **PAPER_LOST}, answers))
    yield Sight("check_again", card_check.result(FACTS, GOOD))
    for name in PIN_UNKNOWN:
        unknown = card_check.result(FACTS, STATES[name], pin_unknown=True)
        told = slip(card_check.plan(FACTS, STATES[name], pin_unknown=True))
        facts = {**unknown.facts, "slip": told, "paper": "printed"}
        yield Sight(f"check_pin_unknown_{name}", Screen(unknown.name, facts, unknown.answers))
    for name, remaining in (("full", 10), ("few", 2), ("unknown", None)):
        facts = {"pin": pins.LICENCE, "remaining": remaining, "most": 10}
        yield Sight(f"check_warn_{name}", Screen("check_warn", facts, ("yes", "back")))
    assert pins.LICENCE.typed is not None
    pin = {"pin": pins.LICENCE, "words": pins.LICENCE.typed.pad, "most": 10}
    first, wrong = {**pin, "remaining": 10, "fault": ""}, {**pin, "remaining": 7, "fault": "wrong"}
    yield Sight("licence_pin", Screen("pin", first, ("back",)), pad=pad_of(LICENCE_PIN, 2, ""))
    yield Sight("licence_pin_wrong", Screen("pin", wrong, ("back",)), pad=pad_of(LICENCE_PIN, 0, ""))
    last = {**pin, "remaining": 1, "fault": ""}
    yield Sight("licence_last_try", Screen("last_try", last, ("yes", "back")))
    for name, licence in (("full", LICENCE), ("plain", PLAIN_LICENCE), ("every", EVERY_LICENCE)):
        yield Sight(f"check_licence_{name}", Screen("check_licence", {"licence": licence}, ("back", "finish")))
    card = Screen("set_card", {"fault": "", "kind": "card", "mute": False}, ("back",))
    yield Sight("check_set_card", card, reader=ReaderState.EMPTY)
