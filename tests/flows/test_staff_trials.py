"""What a part of the machine is worth is said by whoever looks, told as their act, and never guessed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest
from msgspec import structs

from kiosk.card.apdu import CardLost
from kiosk.config.health import CHECKS
from kiosk.flows.asking.ends import Left
from kiosk.flows.asking.screen import Sound
from kiosk.flows.staff import readiness, room, trials
from kiosk.flows.staff.officer import Officer
from kiosk.flows.staff.trials import CELLS, COLOURS, KEYS
from kiosk.hw.device import NotPrinted, Printed, PrinterFault
from kiosk.hw.inputs import Inputs
from kiosk.ipc.messages import (
    Call,
    Calling,
    CallStands,
    Denied,
    MakeReport,
    Paper,
    PaperStands,
    Part,
    Taken,
    TriedOut,
    Verdict,
)
from kiosk.portal.client import PortalClient, PortalClosed
from kiosk.portal.errors import Lasts
from kiosk.receipts import slips
from kiosk.sim.card import VirtualCard
from kiosk.sim.people import people
from kiosk.sim.pki import Pki
from tests.flows.office import ScriptedCaretaker
from tests.flows.scripted import Answer, ScriptedKiosk, puts_in
from tests.receipts.shots import reported

ENDS = datetime(2027, 1, 1, tzinfo=UTC)
STAFF = 12
BOTH = Inputs(keypad=True, fingers=True)


def tried(*answers: Answer, **around: object) -> ScriptedKiosk:
    kiosk = ScriptedKiosk(*answers, "back", caretaker=ScriptedCaretaker({TriedOut: [Taken()]}), **around)  # type: ignore[arg-type]
    trials.visit(kiosk, officer())
    return kiosk


def officer() -> Officer:
    """Just come in."""
    return Officer(STAFF, "officer")


def answering(reached: object, lasts: Lasts | None = "lasting") -> PortalClient:
    """A portal that is reached, or not, and whose certificates last so long."""
    there = SimpleNamespace(reachable=lambda: reached, ends=ENDS, certificate=lambda _now: lasts)
    return cast(PortalClient, there)


def told(kiosk: ScriptedKiosk) -> list[tuple[object, object]]:
    assert isinstance(kiosk.caretaker, ScriptedCaretaker)
    acts = [each for each in kiosk.caretaker.asked if isinstance(each, TriedOut)]
    assert len(acts) == len(kiosk.caretaker.asked) and all(each.staff == STAFF for each in acts)
    return [(each.part, each.verdict) for each in acts]


@pytest.mark.parametrize("verdict", ["good", "bad"])
def test_a_slip_is_printed_and_somebody_says_how_it_is(verdict: str) -> None:
    kiosk = tried("printer", verdict)
    assert told(kiosk) == [("printer", verdict)]
    assert kiosk.slips == [slips.TestSlip()]
    assert kiosk.screens[-1].facts["given"] == {"printer": verdict}


@pytest.mark.parametrize("fault", PrinterFault)
def test_a_printer_that_says_no_is_asked_nobody_about(fault: PrinterFault) -> None:
    kiosk = tried("printer", "next", printing=[NotPrinted(fault, partly=False)])
    assert told(kiosk) == [("printer", "bad")]
    assert kiosk.screens[2].facts["came"] == fault.value


def test_a_slip_that_cannot_be_laid_out_is_not_the_printer_s_word() -> None:
    kiosk = tried("printer", "next", can_lay_out=False)
    assert (kiosk.slips, told(kiosk), kiosk.screens[2].facts["came"]) == ([], [("printer", "bad")], "not_laid_out")


def test_without_a_printer_none_is_tried_out() -> None:
    assert "printer" not in tried(can_print=False).screens[0].answers


@pytest.mark.parametrize("name", ["printer", "colours"])
def test_whoever_goes_back_has_given_no_verdict(name: str) -> None:
    steps = ["next"] * len(COLOURS) if name == "colours" else []
    assert told(tried(name, *steps, "back", printing=[Printed()])) == []


@pytest.fixture(scope="module")
def card(pki: Pki) -> VirtualCard:
    return VirtualCard(people()["excellent"], pki, "card")


def takes_out(kiosk: ScriptedKiosk) -> str:
    kiosk.take_out()
    return "bad"  # too late: the card has gone


def test_a_card_that_goes_in_and_out_is_judged(card: VirtualCard) -> None:
    kiosk = tried("reader", puts_in(card), takes_out, "good")
    assert told(kiosk) == [("reader", "good")]
    assert kiosk.names == ["staff_trials", "staff_reader", "staff_reader", "staff_judge", "staff_trials"]


def test_a_card_that_was_in_does_not_count(card: VirtualCard) -> None:
    kiosk = tried("reader", "back", card=card)
    assert told(kiosk) == [] and kiosk.screens[1].facts["asks"] == "in"


def test_their_own_card_that_is_in_comes_out_first_and_is_said_to_be_in(card: VirtualCard) -> None:
    kiosk = tried("reader", takes_out, puts_in(card), takes_out, "good", card=card)
    assert told(kiosk) == [("reader", "good")]
    steps = [(s.facts["asks"], s.facts.get("fault", "")) for s in kiosk.screens if s.name == "staff_reader"]
    assert steps == [("in", "left"), ("in", ""), ("out", "")]


def test_a_card_that_goes_silent_says_nothing_of_the_reader(card: VirtualCard) -> None:
    def pulls_at_once(kiosk: ScriptedKiosk) -> str:
        kiosk.put_in(card)
        kiosk.slot = SimpleNamespace(power_on=_is_lost)  # type: ignore[assignment]
        return "put in"

    kiosk = tried("reader", pulls_at_once, "next")
    assert (told(kiosk), kiosk.screens[2].facts["verdict"], kiosk.screens[-1].facts["given"]) == ([], None, {})


def _is_lost() -> None:
    raise CardLost("no card")


@pytest.mark.parametrize("fault", PrinterFault)
def test_what_a_device_says_is_said_as_on_the_board(fault: PrinterFault) -> None:
    kiosk = tried("printer", "next", printing=[NotPrinted(fault, partly=False)])
    assert kiosk.screens[2].facts["reason"] is CHECKS["printer"].reasons[fault.value]


@pytest.mark.parametrize("step", ["in", "out"])
def test_a_reader_that_notices_nothing_is_bad(step: str, card: VirtualCard) -> None:
    assert told(tried("reader", *([puts_in(card)] if step == "out" else []), "bad")) == [("reader", "bad")]


def test_every_square_is_touched_once_in_any_order_and_more_often_does_no_harm() -> None:
    kiosk = tried("touch", CELLS[3], CELLS[3], *reversed(CELLS))
    assert told(kiosk) == [("touch", "good")]
    assert [len(cast(frozenset[str], s.facts["left"])) for s in kiosk.screens[1:4]] == [60, 59, 59]


def test_a_square_that_does_not_react_is_said_so() -> None:
    assert told(tried("touch", *CELLS[:-1], "bad")) == [("touch", "bad")]
    assert told(tried("touch", *CELLS[:-1], "back")) == []


def test_every_colour_is_seen() -> None:
    kiosk = tried("colours", *["next"] * len(COLOURS), "bad")
    assert [s.facts["colour"] for s in kiosk.screens if s.name == "staff_colour"] == list(COLOURS)
    assert told(kiosk) == [("colours", "bad")]


@pytest.mark.parametrize(
    ("reached", "came", "verdict"),
    [
        (True, "open", "good"),
        (PortalClosed(), "closed", "good"),
        (False, "unreachable", "bad"),
    ],
)
def test_a_portal_is_reached_or_not(reached: object, came: str, verdict: str) -> None:
    kiosk = tried("portal", "next", portal=answering(reached))
    assert (told(kiosk), kiosk.screens[2].facts["came"]) == ([("portal", verdict)], came)


@pytest.mark.parametrize(("lasts", "verdict"), [("lasting", "good"), ("ends_soon", "good"), ("ended", "bad")])
def test_when_the_certificates_end_is_shown_and_one_that_has_is_bad(lasts: Lasts, verdict: str) -> None:
    kiosk = tried("portal", "next", portal=answering(True, lasts))
    assert told(kiosk) == [("portal", verdict)]
    shown = kiosk.screens[2].facts
    assert shown["ends"] == ENDS and shown["lasts"] is CHECKS["certificate"].reasons[lasts]


def test_a_verdict_that_was_not_written_down_is_not_shown_as_given() -> None:
    kiosk = ScriptedKiosk("printer", "good", "back", "back", caretaker=ScriptedCaretaker())
    trials.visit(kiosk, officer())
    assert kiosk.names[-2:] == ["staff_denied", "staff_trials"] and kiosk.screens[-1].facts["given"] == {}


def test_nobody_who_leaves_in_the_middle_has_said_anything() -> None:
    kiosk = ScriptedKiosk("touch", caretaker=ScriptedCaretaker())
    with pytest.raises(Left):
        trials.visit(kiosk, officer())
    assert told(kiosk) == []


def test_a_tone_is_heard_as_often_as_somebody_likes() -> None:
    kiosk = tried("sound", "again", "good", can_sound=True)
    assert told(kiosk) == [("sound", "good")]
    heard = [screen.sound for screen in kiosk.screens if screen.name in ("staff_busy", "staff_judge")]
    assert heard == [Sound.NONE, Sound.DONE] * 2, "or it would not be heard again"


def called(*answers: Answer, stands: Sequence[Calling] = (), first: Calling | Denied | None = None) -> ScriptedKiosk:
    caretaker = ScriptedCaretaker({Call: [first or Calling("sending")], CallStands: stands})
    return ScriptedKiosk(*answers, caretaker=caretaker)


@pytest.mark.parametrize(("answer", "verdict"), [("good", "good"), ("bad", "bad"), ("back", None)])
def test_a_call_on_trial_is_taken_and_somebody_at_the_desk_says_whether_it_rang(
    answer: str, verdict: str | None
) -> None:
    stands = [Calling("sending"), Calling("sent"), Calling("acknowledged")]
    kiosk = called("again", answer, stands=stands)
    waited: list[float] = []
    assert trials.caller(kiosk, waited.append) == verdict
    assert isinstance(kiosk.caretaker, ScriptedCaretaker)
    assert kiosk.caretaker.asked == [Call(trial=True), CallStands(), CallStands(), CallStands()]
    assert [screen.facts.get("stands") for screen in kiosk.screens] == [None, "sent", "acknowledged"] and len(
        waited
    ) == 2


@pytest.mark.parametrize("stands", [[Calling("unsent")], [Calling("sending")]])
def test_a_call_that_nobody_takes_in_time_is_bad_without_a_question(stands: list[Calling]) -> None:
    kiosk = called("next", stands=stands)
    assert trials.caller(kiosk, lambda _seconds: None) == "bad"
    assert kiosk.screens[-1].facts["came"] == "unsent"


def test_a_caretaker_that_says_no_has_tried_nothing_out() -> None:
    assert trials.caller(called("back", first=Denied("too much is called", later=True)), lambda _seconds: None) is None


def test_what_the_machine_has_not_is_not_tried_out() -> None:
    lacks = {"sound", "caller", "fingers", "keypad", "bell", "headphones"}
    bare = tried().screens[0]
    assert not lacks & set(bare.answers) and set(cast(tuple[str, ...], bare.facts["lacks"])) == lacks
    full = tried(can_sound=True, can_call=True, inputs=BOTH, headphones_in=False, bell_in=False).screens[0]
    assert lacks <= set(full.answers) and full.facts["lacks"] == ()
    assert "headphones" not in tried(headphones_in=True).screens[0].answers, "without sound nothing is heard in them"


def test_two_fingers_are_noticed_at_once_or_are_not() -> None:
    for answer, verdict in {"both": [("fingers", "good")], "bad": [("fingers", "bad")], "back": []}.items():
        assert told(tried("fingers", answer, inputs=BOTH)) == verdict


def test_every_key_is_pressed_once_in_any_order_and_more_often_does_no_harm() -> None:
    keys = list(KEYS.values())
    kiosk = tried("keypad", keys[3], keys[3], *reversed(keys), inputs=BOTH)
    assert told(kiosk) == [("keypad", "good")]
    assert [len(cast(frozenset[str], s.facts["left"])) for s in kiosk.screens[1:4]] == [11, 10, 10]
    assert told(tried("keypad", *keys[:-1], "bad", inputs=BOTH)) == [("keypad", "bad")]
    assert told(tried("keypad", *keys[:-1], "back", inputs=BOTH)) == []


def test_a_keypad_that_the_settings_name_and_nobody_finds_is_bad_without_a_key() -> None:
    kiosk = tried("keypad", "next", keypad_in=False)
    assert told(kiosk) == [("keypad", "bad")] and kiosk.screens[1].facts["came"] == "absent"
    assert tried("keypad", "back", keypad_in=True).names[:2] == ["staff_trials", "staff_keypad"]


def test_a_bell_is_good_once_it_was_noticed() -> None:
    def presses(kiosk: ScriptedKiosk) -> str:
        kiosk.rings += 1
        return "next"

    kiosk = tried("bell", "next", presses, "next", bell_in=True)
    assert told(kiosk) == [("bell", "good")]
    assert [s.facts["fault"] for s in kiosk.screens if s.name == "staff_bell"] == ["", "unnoticed"]
    assert told(tried("bell", "next", "bad", bell_in=True)) == [("bell", "bad")], "when somebody says so"
    away = tried("bell", "next", bell_in=False)
    assert told(away) == [("bell", "bad")] and away.screens[1].facts["came"] == "absent"


@pytest.mark.parametrize(("answer", "verdict"), [("good", [("headphones", "good")]), ("bad", [("headphones", "bad")])])
def test_headphones_are_noticed_and_then_somebody_listens(answer: str, verdict: list[tuple[str, str]]) -> None:
    def plugs_in(kiosk: ScriptedKiosk) -> str:
        kiosk.headphones_in = True
        return "next"

    kiosk = tried("headphones", "next", plugs_in, answer, can_sound=True, headphones_in=False)
    assert told(kiosk) == verdict
    assert [s.facts["fault"] for s in kiosk.screens if s.name == "staff_headphones"] == ["", "unnoticed"]
    heard = [screen for screen in kiosk.screens if screen.sound is Sound.DONE]
    assert [screen.facts["what"] for screen in heard] == ["headphones"]


def test_headphones_that_are_never_noticed_are_bad_when_somebody_says_so() -> None:
    assert told(tried("headphones", "next", "bad", can_sound=True, headphones_in=False)) == [("headphones", "bad")]


# All in one run, and the report


REPORTED = reported("good")


def office() -> ScriptedCaretaker:
    return ScriptedCaretaker({TriedOut: [Taken()], MakeReport: [REPORTED]})


def test_all_are_tried_out_in_one_run_and_then_a_report_can_be_made(card: VirtualCard) -> None:
    portal = answering(True)
    steps: list[Answer] = ["all", "good", puts_in(card), takes_out, "good", *CELLS, *["next"] * len(COLOURS), "good"]
    kiosk = ScriptedKiosk(*steps, "next", "report", "next", "back", caretaker=office(), portal=portal)
    trials.visit(kiosk, officer())
    assert isinstance(kiosk.caretaker, ScriptedCaretaker)
    *tried, report = kiosk.caretaker.asked
    here: tuple[Part, ...] = ("printer", "reader", "touch", "colours", "portal")
    assert tuple(each.part for each in tried if isinstance(each, TriedOut)) == here
    assert report == MakeReport(12, here)
    assert kiosk.slips == [slips.TestSlip(), slips.ReadinessSlip(reported=REPORTED)]
    [shown] = [screen for screen in kiosk.screens if screen.name == "staff_reported"]
    assert shown.facts == readiness.told(REPORTED, "printed")


def test_a_run_ends_at_the_part_that_gets_no_verdict_and_goes_on_from_there(card: VirtualCard) -> None:
    kiosk = ScriptedKiosk("all", "bad", "back", "all", "back", "back", caretaker=office())
    trials.visit(kiosk, officer())
    assert kiosk.screens[-1].facts["given"] == {"printer": "bad"}
    assert kiosk.names.count("staff_reader") == 2


def test_what_was_said_stands_for_as_long_as_they_are_in_wherever_they_go_meanwhile() -> None:
    kiosk = ScriptedKiosk(
        *("trials", "printer", "bad", "back", "paper", "back", "trials", "back", "finish"),
        caretaker=ScriptedCaretaker({TriedOut: [Taken()], Paper: [PaperStands(1, 2, 3)]}),
    )
    room.visit(kiosk, officer())
    seen = [screen.facts["given"] for screen in kiosk.screens if screen.name == "staff_trials"]
    assert seen == [{}, {"printer": "bad"}, {"printer": "bad"}]
    assert officer().tried == {}, "and not for whoever comes in next"


def test_a_report_can_be_made_as_soon_as_one_part_has_its_verdict() -> None:
    kiosk = ScriptedKiosk("printer", "good", "report", "next", "back", caretaker=office(), portal=answering(True))
    trials.visit(kiosk, officer())
    assert isinstance(kiosk.caretaker, ScriptedCaretaker)
    assert kiosk.caretaker.asked[-1] == MakeReport(12, ("printer", "reader", "touch", "colours", "portal"))
    first, *later = [screen.answers for screen in kiosk.screens if screen.name == "staff_trials"]
    assert "report" not in first and all({"report", "all"} <= set(answers) for answers in later)


def test_a_verdict_that_nobody_has_written_down_ends_the_run() -> None:
    kiosk = ScriptedKiosk("all", "good", "back", "back", caretaker=ScriptedCaretaker())
    trials.visit(kiosk, officer())
    assert kiosk.names[-2:] == ["staff_denied", "staff_trials"]


@pytest.mark.parametrize(
    ("around", "slip"),
    [
        ({}, "printed"),
        ({"can_print": False}, "none"),
        ({"can_lay_out": False}, "failed"),
        ({"printing": [NotPrinted(PrinterFault.PAPER_END, partly=False)]}, "failed"),
    ],
)
def test_what_became_of_the_slip_is_said_and_the_report_is_made_all_the_same(around: dict[str, Any], slip: str) -> None:
    kiosk = ScriptedKiosk("next", caretaker=office(), **around)
    readiness.make(kiosk, officer(), ("printer",))
    assert kiosk.screens[-1].facts["slip"] == slip


def test_whoever_signs_a_report_reads_on_the_screen_what_is_not_good_and_what_was_not_tried() -> None:
    tried: dict[Part, Verdict | None] = {"printer": "good", "reader": "bad", "touch": None}
    report = structs.replace(REPORTED, tried=tried, ready=False, problems=2)
    assert readiness.told(report, "none") == {
        **{"number": REPORTED.number, "ready": False, "problems": 2, "slip": "none"},
        "bad": [("カードリーダー", "the card reader")],
        "untried": [("タッチ", "touch")],
    }


def test_a_report_that_was_not_made_is_not_said_to_be() -> None:
    for answers in ([], [Denied("no")]):
        kiosk = ScriptedKiosk("back", caretaker=ScriptedCaretaker({MakeReport: answers}))
        readiness.make(kiosk, officer(), ("printer",))
        assert kiosk.names == ["staff_denied"] and kiosk.slips == []
