"""Everything a person can ever see here: every screen with every fault, end, state of the paper and question over it.

`SIGHTS` is walked by the tests of the look and by `make shots`. Nobody in it exists.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from kiosk.advice import pins
from kiosk.advice.gains import GAINS, gains_of
from kiosk.advice.outcomes import OUTCOMES as TABLE
from kiosk.advice.outcomes import End, of_a_release
from kiosk.advice.pins import PHONE, SIGN, TEXT
from kiosk.card.pin import PinFault
from kiosk.card.text import Attributes, Sex
from kiosk.config import guidance
from kiosk.flows.asking.screen import Screen
from kiosk.flows.home import FLOWS, GUIDANCE
from kiosk.flows.linking import STEPS
from kiosk.flows.staff.doors import told
from kiosk.hw.device import PrinterFault, ReaderState
from kiosk.ipc.messages import SHUT_FOR, CallState, DoorsStand
from kiosk.language.dates import JST
from kiosk.portal.model import Licence, Linked, LinkedAt, Reference, Released, ReleasedAt
from kiosk.session import visit
from kiosk.session.pad import pad_of
from kiosk.sim.people import people
from kiosk.sim.portal.decisions import terms
from tests.web import catalogue_guidance
from tests.web.sight import Sight

FACTS = guidance.load()
OUTCOMES = {end: outcome.told(FACTS) for end, outcome in TABLE.items()}
OPENS = datetime.datetime(
    2099, 11, 23, 8, 30, tzinfo=JST
)  # a day that stays ahead: the longest of the three ways to say it


def attributes(key: str) -> Attributes:
    person = people()[key]
    return Attributes(person.name, person.address, person.birth_date, Sex.FEMALE if person.sex == 2 else Sex.MALE)


def licence(**different: object) -> Licence:
    facts: dict[str, object] = {
        "colour": "gold",
        "category": "excellent",
        "expires": datetime.date(2026, 12, 22),
        "renewal_from": datetime.date(2026, 10, 22),
        "renewal_until": datetime.date(2026, 12, 22),
        "holding": "card_only",
        "online_lecture": True,
        "one_stop_address": True,
    }
    return Licence(**{**facts, **different})  # type: ignore[arg-type]


OPEN = licence()
WAITING = licence(
    colour="blue",
    category="general",
    holding="card_and_licence",
    online_lecture=False,
    one_stop_address=False,
    expires=datetime.date(2028, 12, 3),
    renewal_from=datetime.date(2028, 10, 3),
    renewal_until=datetime.date(2028, 12, 3),
)
VIOLATION = licence(colour="blue", category="violation", online_lecture=False)
NOVICE = licence(colour="green", category="first", online_lecture=False, one_stop_address=False)
NOW = datetime.datetime(2026, 11, 22, 10, 4, tzinfo=datetime.timezone(datetime.timedelta(hours=9)))


def linked(licence: Licence = OPEN, reference: str = "7K3F-92QM") -> dict[str, object]:
    """The facts of the screen of step 11."""
    told = Linked(reference=Reference(reference), linked_at=LinkedAt(NOW), licence=licence)
    return {"linked": told, "licence": licence, "gains": gains_of(licence)}


def paper_states() -> Iterator[tuple[str, dict[str, object], tuple[str, ...]]]:
    """Name, facts, and what may be answered beyond the screen's own answers; None of its own while printing."""
    yield "printed", {"paper": "printed"}, ()
    yield "no_printer", {"paper": "none"}, ()
    for fault in PrinterFault:
        yield f"paper_{fault.value}", {"paper": "failed", "fault": fault, "partly": False}, ("reprint",)
    yield "paper_partly", {"paper": "failed", "fault": PrinterFault.PAPER_END, "partly": True}, ("reprint",)
    yield "paper_failed_again", {"paper": "failed", "fault": PrinterFault.PAPER_END, "partly": False}, ()
    yield "not_laid_out", {"paper": "not_laid_out"}, ()


def sights() -> Iterator[Sight]:
    yield from _before_and_after()
    yield from _card()
    yield from _pins()
    yield from _steps()
    yield from _release()
    yield from _ends()
    yield from _questions()
    yield from catalogue_guidance.sights()


def _before_and_after() -> Iterator[Sight]:
    yield Sight("attract", visit.ATTRACT, reader=ReaderState.EMPTY)
    yield Sight("left_card", visit.LEFT_CARD)
    yield Sight("take_card", Screen("take_card", {"end": "finished"}))
    yield Sight("take_card_left", Screen("take_card", {"end": "left"}))
    yield Sight("closing", Screen("closing"))
    for reason in SHUT_FOR:
        stand = DoorsStand(reason, None if reason == "paper" else int(OPENS.timestamp()))
        facts = {**told(stand), "place": FACTS.licence_desk, "card": reason == "other"}
        yield Sight(f"closed_{reason}", Screen("closed", facts, (visit.OFFICER,)))
    home = Screen("home", {}, tuple(FLOWS))
    yield Sight("home", home)
    yield Sight("home_no_reader", home, reader=ReaderState.ABSENT)
    yield Sight("home_portal_closed", home, portal="closed")
    yield Sight("home_portal_opens", home, portal="closed", opens_at=OPENS)
    yield Sight("home_portal_unreachable", home, portal="unreachable")
    alone = {"reader": ReaderState.ABSENT, "portal": "unreachable", "printer": PrinterFault.UNREACHABLE}
    yield Sight("attract_guidance_only", visit.ATTRACT, safe_for="starts", **alone)  # type: ignore[arg-type]
    yield Sight("home_guidance_only", Screen("home", {}, GUIDANCE), safe_for="settings", **alone)  # type: ignore[arg-type]
    later = DoorsStand("hours", int(OPENS.timestamp()), guidance=True)
    yield Sight("attract_outside_hours", visit.ATTRACT, doors=later)
    yield Sight("home_outside_hours", Screen("home", {}, GUIDANCE), doors=later)
    yield Sight("home_no_paper", home, printer=PrinterFault.PAPER_END)
    yield Sight("attract_keypad", visit.ATTRACT, keypad=True)
    yield Sight("attract_stick", visit.ATTRACT, stick="unfit")
    facts = {**told(DoorsStand("hours", int(OPENS.timestamp()))), "place": FACTS.licence_desk, "card": False}
    yield Sight("closed_stick", Screen("closed", facts, (visit.OFFICER,)), stick="unfit")


def _card() -> Iterator[Sight]:
    for fault in ("", "removed", "phone", "not_my_number_card", "other_card", "left"):
        facts = {"fault": fault, "kind": "card", "mute": False}
        yield Sight(f"set_card_{fault or 'first'}", Screen("set_card", facts, ("back",), step=4))
    facts = {"fault": "", "kind": "card", "mute": True}
    yield Sight("set_card_mute", Screen("set_card", facts, ("back",), step=4))
    facts = {"fault": "removed", "kind": "card", "mute": False}
    yield Sight("set_card_removed_later", Screen("set_card", facts, step=7))
    for fault, mute in (("", False), ("removed", False), ("not_a_phone", False), ("other_card", False), ("", True)):
        facts = {"fault": fault, "kind": "phone", "mute": mute}
        name = "set_phone_" + ("mute" if mute else fault or "first")
        yield Sight(name, Screen("set_card", facts, ("card",), step=9))
    yield Sight("phone", Screen("phone", {}, ("phone", "card", "back"), step=9))


def _pins() -> Iterator[Sight]:
    def pin(
        name: str, step: int, pin: pins.Pin, entered: int, remaining: int | None, fault: str = "", problem: str = ""
    ) -> Sight:
        assert pin.typed is not None
        phone = name.startswith("phone")
        facts = {
            "pin": pin,
            "words": pin.typed.pad,
            "most": pin.rule.max_tries,
            "remaining": remaining,
            "fault": fault,
        }
        answers = ("back", "card") if phone else ("back",)
        pad = pad_of(pin.rule, entered, problem)
        return Sight(name, Screen("pin", facts, answers, step=step, needs_card=True), pad=pad)

    yield pin("text_pin", 5, TEXT, 0, 3)
    yield pin("text_pin_half", 5, TEXT, 2, None)
    yield pin("text_pin_short", 5, TEXT, 3, 3, problem=PinFault.TOO_SHORT.value)
    yield pin("text_pin_wrong", 5, TEXT, 0, 2, "wrong")
    yield pin("text_pin_last", 5, TEXT, 4, 1, "wrong")
    yield pin("text_pin_reset", 5, TEXT, 0, 3, "reset")
    yield pin("sign_pin", 9, SIGN, 0, 5)
    yield pin("sign_pin_full", 9, SIGN, 16, 5)
    yield pin("sign_pin_wrong", 9, SIGN, 8, 4, "wrong")
    yield pin("sign_pin_reset", 9, SIGN, 0, 5, "reset")
    for problem in (PinFault.TOO_SHORT, PinFault.NEEDS_LETTER, PinFault.NEEDS_DIGIT):
        yield pin(f"sign_pin_{problem.value}", 9, SIGN, 5, 5, problem=problem.value)
    yield pin("phone_pin", 9, PHONE, 7, 5)
    yield pin("phone_pin_wrong", 9, PHONE, 0, 4, "wrong")
    yield pin("phone_pin_reset", 9, PHONE, 0, 5, "reset")
    for name, each, step in (("text", TEXT, 5), ("sign", SIGN, 9), ("phone", PHONE, 9)):
        facts = {"pin": each, "remaining": 1, "fault": ""}
        yield Sight(f"last_try_{name}", Screen("last_try", facts, ("yes", "back"), step=step))


def _steps() -> Iterator[Sight]:
    first = Screen("licence", {"gains": GAINS}, ("next", "already", "back"), step=1)
    yield Sight("step_1_licence", first)
    older = Screen("licence", {"gains": GAINS}, ("next", "back"), step=1)
    yield Sight("step_1_licence_older_portal", older, offers=())
    yield Sight("step_2_contents", Screen("contents", {}, ("next", "back"), step=2))
    yield Sight("step_3_consent", Screen("consent", {}, ("next", "refuse", "back"), step=3))
    yield Sight("step_4_prepare", Screen("prepare", {}, ("next", "back"), step=4))
    for step, what in ((6, "attributes"), (10, "signature"), (9, "phone")):
        yield Sight(f"reading_{what}", Screen("reading", {"what": what}, step=step))
    for name, sent in (("sending_begin", False), ("sending_begin_anew", True)):
        yield Sight(name, Screen("sending", {"what": "begin", "sent": sent}, step=3))
    for step, what in ((7, "attributes"), (10, "signature"), (9, "phone")):
        facts: dict[str, object] = {"what": what, "purpose": "linking", "phone": what == "phone"}
        yield Sight(f"sending_{what}", Screen("sending", facts, step=step))
    for name, phone in (("sending_release", False), ("sending_release_phone", True)):
        facts = {"what": "attributes", "purpose": "release", "phone": phone}
        yield Sight(name, Screen("sending", facts))
    for key in ("excellent", "both", "substitute"):
        facts = {"attributes": attributes(key), "purpose": "linking"}
        yield Sight(f"step_7_confirm_{key}", Screen("confirm", facts, ("next", "back"), step=7))
    facts = {"attributes": attributes("reobtained"), "purpose": "release"}
    yield Sight("confirm_release", Screen("confirm", facts, ("next", "back")))
    for name, read, ticked in (("unread", False, False), ("read", True, False), ("ticked", True, True)):
        answers = ("refuse", "read_to_end", *(("tick",) if read else ()), *(("next",) if ticked else ()))
        facts = {"terms": terms(), "read": read, "ticked": ticked}
        yield Sight(f"step_8_terms_{name}", Screen("terms", facts, answers, step=8))


def _release() -> Iterator[Sight]:
    for name, scope, known, phone in (
        ("release_lapsed", "lapsed", True, False),
        ("release_phone", "lapsed", True, True),
        ("release_from_home", "lapsed", False, False),
        ("release_any", "any", False, False),
        ("release_any_known", "any", True, False),
    ):
        facts: dict[str, object] = {"scope": scope, "known": known, "phone": phone}
        yield Sight(name, Screen("release", facts, ("next", "refuse" if known else "back")))
    released = Released(Reference("4TPM-8HXC"), ReleasedAt(NOW), lapsed=True)
    for name, phone in (("released", False), ("released_phone", True)):
        facts = {"released": released, "phone": phone, "resent": True, "paper": "printed"}
        yield Sight(name, Screen("released", facts, ("next", "finish")))
    no_paper = {"phone": False, "paper": "failed", "fault": PrinterFault.PAPER_END, "partly": False}
    for name, lapsed in (("released_no_paper", False), ("released_lapsed_no_paper", True)):
        released = Released(Reference("4TPM-8HXC"), ReleasedAt(NOW), lapsed=lapsed)
        facts = {"released": released, "resent": lapsed, **no_paper}
        yield Sight(name, Screen("released", facts, ("next", "finish", "reprint")))
    for end in (End.NO_PINS, End.CERTIFICATE_ABSENT, End.NAME_UNUSABLE):  # the longest
        facts = {"end": end.value, "outcome": of_a_release(TABLE[end]).told(FACTS), "paper": "printed"}
        yield Sight(f"outcome_release_{end.value}", Screen("outcome", facts, ("finish",)))


def _ends() -> Iterator[Sight]:
    own = ("licence_page", "finish")
    yield Sight("linked_printing", Screen("linked", {**linked(), "paper": "printing"}, step=11))
    for name, facts, more in paper_states():
        yield Sight(f"linked_{name}", Screen("linked", {**linked(), **facts}, (*own, *more), step=11))
    facts = {**linked(WAITING), "paper": "printed"}
    yield Sight("linked_waiting", Screen("linked", facts, own, step=11))
    for name, number in (("wide", "WWWW-WWWW"), ("longest", "W" * 32)):  # what the contract lets through
        facts = {**linked(reference=number), "paper": "printed"}
        yield Sight(f"linked_{name}_number", Screen("linked", facts, own, step=11))
    facts = {**linked(), "linked": None, "paper": "printed"}
    yield Sight("linked_already", Screen("linked", facts, own))
    for name, each in (("open", OPEN), ("waiting", WAITING), ("violation", VIOLATION), ("first", NOVICE)):
        yield Sight(f"licence_page_{name}", Screen("licence_page", {"licence": each}, ("finish",)))
    for end, outcome in OUTCOMES.items():
        again = ("again",) if outcome.again else ()
        facts = {"end": end.value, "outcome": outcome, **({"paper": "printed"} if outcome.slip else {})}
        yield Sight(f"outcome_{end.value}", Screen("outcome", facts, (*again, "finish")))
    closed = {"end": End.PORTAL_CLOSED.value, "outcome": OUTCOMES[End.PORTAL_CLOSED], "paper": "printed"}
    yield Sight("outcome_portal_opens", Screen("outcome", {**closed, "opens_at": OPENS}, ("finish",)))
    locked = {"end": End.SIGN_PIN_LOCKED.value, "outcome": OUTCOMES[End.SIGN_PIN_LOCKED]}
    yield Sight("outcome_printing", Screen("outcome", {**locked, "paper": "printing"}))
    for name, facts, more in paper_states():
        yield Sight(f"outcome_{name}", Screen("outcome", {**locked, **facts}, ("finish", *more)))


CALLED: tuple[CallState, ...] = ("sending", "sent", "acknowledged", "unsent")


def _questions() -> Iterator[Sight]:
    facts = {"attributes": attributes("excellent"), "purpose": "linking"}
    confirm = Screen("confirm", facts, ("next", "back"), step=7)
    for overlay in ("leave", "idle", "staff", "language"):
        yield Sight(f"over_{overlay}", confirm, overlay=overlay)
    for call in CALLED:
        yield Sight(f"over_staff_{call}", confirm, overlay="staff", call=call)
    terms_read = {"terms": terms(), "read": True, "ticked": False}
    asked = Screen("terms", terms_read, ("refuse", "read_to_end", "tick"), step=8)
    yield Sight("over_leave_sent", asked, overlay="leave", holding=True)
    for step, what in ((7, "attributes"), (9, "phone")):
        name = "over_leaving_phone" if what == "phone" else "over_leaving"
        facts = {"what": what, "purpose": "linking", "phone": what == "phone"}
        yield Sight(name, Screen("sending", facts, step=step), overlay="leaving")


SIGHTS: tuple[Sight, ...] = tuple(sights())
assert {s.screen.step for s in SIGHTS} >= {step.number for step in STEPS}
