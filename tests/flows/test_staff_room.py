"""Board, doors, paper and figures: what the caretaker says is shown, and what somebody decides goes to it by number."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, get_args

import pytest

from kiosk.caretaker.doors import LONGEST_SECONDS
from kiosk.config.events import EVENTS, FIELDS
from kiosk.config.health import CHECKS
from kiosk.config.kiosk import Opening
from kiosk.flows.asking.ends import Left
from kiosk.flows.staff import board, doors, levels, roll, room
from kiosk.flows.staff.officer import Officer
from kiosk.ipc.doors import DoorsLeft
from kiosk.ipc.figures import lines
from kiosk.ipc.messages import (
    CLOSED_FOR,
    Answer,
    Board,
    CloseKiosk,
    Counted,
    Counters,
    Denied,
    Doors,
    DoorsStand,
    End,
    Facts,
    FactsStand,
    Levels,
    LevelsStand,
    LookAgain,
    MarkSeen,
    Members,
    OpenKiosk,
    Paper,
    PaperChanged,
    PaperStands,
    Part,
    PrintRow,
    Prints,
    PrintsStand,
    Row,
    Rows,
    SetLevel,
    Span,
    Taken,
    Verdict,
)
from kiosk.language.dates import JST
from kiosk.language.hours import Hours
from tests.flows.office import ScriptedCaretaker
from tests.flows.scripted import ScriptedKiosk

OFFICER = Officer(12, "officer")
NOW = datetime(2026, 11, 30, 22, 58, tzinfo=JST)
ROWS = (
    Row("portal", "ok", "open", 0, False),
    Row("printer", "problem", "paper_end", 0, False),
    Row("disk", "warning", "little", 0, True),
    Row("reader", "ok", "present", 0, False),
)


def test_the_worst_stands_first_with_what_to_do_and_what_was_seen_asks_for_nothing() -> None:
    caretaker = ScriptedCaretaker({Board: [Rows(ROWS)], LookAgain: [Taken()], MarkSeen: [Taken()]})
    kiosk = ScriptedKiosk("again", "seen", "back", caretaker=caretaker)
    board.visit(kiosk, OFFICER)
    shown = kiosk.screens[0]
    rows = shown.facts["rows"]
    assert isinstance(rows, list)
    assert [each["row"].check for each in rows] == ["printer", "disk", "portal", "reader"]
    assert rows[0]["reason"].do == CHECKS["printer"].reasons["paper_end"].do
    assert shown.answers == ("seen", "proof", "again", "back")
    assert caretaker.asked == [Board(), LookAgain(), Board(), MarkSeen(12, "printer", "paper_end"), Board()]


def test_portal_and_printer_are_asked_before_the_board_is_judged_anew_and_somebody_may_want_the_kiosk() -> None:
    looked: list[int] = []

    def judges(_asked: LookAgain) -> Taken:
        looked.append(kiosk.looks)
        return Taken()

    caretaker = ScriptedCaretaker({Board: [Rows(ROWS)], LookAgain: judges})
    kiosk = ScriptedKiosk("again", "back", caretaker=caretaker)
    board.visit(kiosk, OFFICER)
    assert looked == [1] and kiosk.names == ["staff_board", "staff_busy", "staff_board"]


def test_a_row_is_seen_as_it_was_shown_and_one_that_got_well_meanwhile_is_no_trouble() -> None:
    well = Row("printer", "ok", "ready", 1, False)
    caretaker = ScriptedCaretaker({Board: [Rows(ROWS), Rows((well,))], MarkSeen: [Taken()]})
    kiosk = ScriptedKiosk("seen", "back", caretaker=caretaker)
    board.visit(kiosk, OFFICER)
    assert caretaker.asked[1] == MarkSeen(12, "printer", "paper_end")
    assert kiosk.names == ["staff_board", "staff_board"] and kiosk.screens[1].answers == ("proof", "again", "back")


def test_a_broken_trail_is_nothing_that_staff_have_seen_enough_of() -> None:
    trail, full = Row("trail", "problem", "broken", 1, False), Row("disk", "problem", "full", 1, False)
    caretaker = ScriptedCaretaker({Board: [Rows((trail, full)), Rows((trail,))], MarkSeen: [Taken()]})
    kiosk = ScriptedKiosk("seen", "back", caretaker=caretaker)
    board.visit(kiosk, OFFICER)
    assert [each for each in caretaker.asked if isinstance(each, MarkSeen)] == [MarkSeen(12, "disk", "full")]
    assert kiosk.screens[1].answers == ("proof", "again", "back")


@pytest.mark.parametrize("desk", sorted(room.DESKS.keys() - {"trials", "settings", "levels", "passcode"}))
@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ((), "away"),
        ([Denied("too much", later=True)], "later"),
        ([Denied("not let in", anew=True)], "anew"),
        ([Denied("no")], "no"),
    ],
)
def test_a_caretaker_that_does_not_answer_or_says_no_is_told_and_nothing_is_made_up(
    desk: str, answers: object, why: str
) -> None:
    asked = dict.fromkeys((Board, Doors, Paper, Counters, Facts, Members), answers)
    kiosk = ScriptedKiosk(desk, "back", "finish", caretaker=ScriptedCaretaker(asked))  # type: ignore[arg-type]
    room.visit(kiosk, Officer(12, "supervisor"))  # who has them all
    assert kiosk.names == ["staff_room", "staff_denied", "staff_room"]
    assert kiosk.screens[1].facts == {"why": why}


def stands(*each: DoorsStand) -> ScriptedCaretaker:
    return ScriptedCaretaker({Doors: each, CloseKiosk: each[1:] or each, OpenKiosk: each[1:] or each})


@pytest.mark.parametrize("reason", CLOSED_FOR)
@pytest.mark.parametrize(
    ("end", "until"),
    [
        ("half_hour", datetime(2026, 11, 30, 23, 30, tzinfo=JST)),
        ("one_hour", datetime(2026, 12, 1, 0, 0, tzinfo=JST)),
        ("three_hours", datetime(2026, 12, 1, 2, 0, tzinfo=JST)),
        ("morning", datetime(2026, 12, 1, 8, 30, tzinfo=JST)),
        ("open_end", None),
    ],
)
def test_it_is_closed_for_a_reason_until_a_moment_as_one_says_it(reason: str, end: str, until: datetime | None) -> None:
    caretaker = stands(DoorsStand(), DoorsStand("maintenance"))
    kiosk = ScriptedKiosk("close", reason, end, "back", caretaker=caretaker)
    doors.visit(kiosk, OFFICER, lambda: NOW)
    [closing] = [each for each in caretaker.asked if isinstance(each, CloseKiosk)]
    assert closing == CloseKiosk(12, reason, None if until is None else int(until.timestamp()))  # type: ignore[arg-type]
    assert (kiosk.screens[0].answers, kiosk.screens[-1].answers) == (
        ("close", "restart", "back"),
        ("open", "close", "restart", "back"),
    )


@pytest.mark.parametrize(("hour", "minute", "day"), [(0, 0, 30), (8, 29, 30), (8, 30, 31), (12, 0, 31), (23, 59, 31)])
def test_the_next_morning_is_this_one_before_it_has_come(hour: int, minute: int, day: int) -> None:
    morning = doors.ENDS["morning"](datetime(2026, 10, 30, hour, minute, tzinfo=JST))
    assert morning == datetime(2026, 10, day, 8, 30, tzinfo=JST)


@pytest.mark.parametrize("minute", range(0, 60, 7))
def test_every_end_is_ahead_and_one_that_the_caretaker_takes(minute: int) -> None:
    now = NOW.replace(minute=minute, second=59)
    for end in (end(now) for end in doors.ENDS.values()):
        assert end is None or now < end < now + timedelta(seconds=LONGEST_SECONDS)


def test_whoever_goes_back_has_closed_nothing() -> None:
    caretaker = stands(DoorsStand())
    doors.visit(ScriptedKiosk("close", "paper", "back", "back", "back", caretaker=caretaker), OFFICER, lambda: NOW)
    assert {type(each) for each in caretaker.asked} == {Doors}


def test_it_is_opened_by_whoever_is_there() -> None:
    caretaker = stands(DoorsStand("other", int(NOW.timestamp())), DoorsStand())
    kiosk = ScriptedKiosk("open", "back", caretaker=caretaker)
    doors.visit(kiosk, OFFICER)
    assert OpenKiosk(12) in caretaker.asked
    assert [s.facts["closed_for"] for s in kiosk.screens] == ["other", None]
    assert kiosk.screens[0].facts["until"] == NOW


def test_a_new_roll_is_told_once() -> None:
    caretaker = ScriptedCaretaker({Paper: [PaperStands(2, 90, 10)], PaperChanged: [PaperStands(3, 0, 100)]})
    kiosk = ScriptedKiosk("changed", "back", caretaker=caretaker)
    roll.visit(kiosk, OFFICER)
    assert caretaker.asked == [Paper(), PaperChanged(12)]
    assert [screen.answers for screen in kiosk.screens] == [("changed", "prints", "back"), ("prints", "back")]
    assert kiosk.screens[1].facts["stands"] == PaperStands(3, 0, 100)


def test_the_print_ledger_says_what_became_of_each_job_in_the_tables_words_and_marks_what_went_wrong() -> None:
    rows = (
        PrintRow(9, 1_800_000_000, "slip", counts={"printed": 3, "cutter": 1}, hours=2),
        PrintRow(8, 1_800_000_000, "slip", counts={"printed": 3}, hours=1),
        PrintRow(7, 1_800_000_000, "slip_failed", {"printed": "paper_end"}),
        PrintRow(6, 1_800_000_000, "tried_out", {"staff": 12, "role": "vendor", "part": "printer", "verdict": "good"}),
        PrintRow(
            5, 1_800_000_000, "readiness_reported", {"staff": 12, "role": "vendor", "report": 3, "verdict": "bad"}
        ),
        PrintRow(4, 1_800_000_000, "paper_changed", {"staff": 12, "role": "vendor"}),
    )
    kiosk = ScriptedKiosk(
        "prints",
        "back",
        "back",
        caretaker=ScriptedCaretaker({Paper: [PaperStands(2, 90, 10)], Prints: [PrintsStand(rows)]}),
    )
    roll.visit(kiosk, OFFICER)
    assert [screen.name for screen in kiosk.screens] == ["staff_paper", "staff_prints", "staff_paper"]
    shown = kiosk.screens[1].facts["rows"]
    assert isinstance(shown, list)
    assert [(each["level"], [en for _, en in each["told"]]) for each in shown] == [
        ("warning", ["it was printed: 3", "its cutter was stuck: 1"]),
        ("ok", ["it was printed: 3"]),
        ("problem", ["it had no paper"]),
        ("ok", ["staff number 12", "the printer", "good"]),
        ("info", ["staff number 12", "report 3", "something is not good, or was not tried out"]),
        ("info", ["staff number 12"]),
    ]
    assert [each["sign"] for each in shown] == ["warn", "tick", "wrong", "tick", "info", "renew"]
    assert {f"{each['at']:%z}" for each in shown} == {"+0900"}


def test_it_is_made_louder_and_darker_by_steps_as_far_as_it_goes_and_only_where_there_is_such_a_thing() -> None:
    answers = [LevelsStand(95, 14), LevelsStand(100, 14), LevelsStand(100, 10)]
    caretaker = ScriptedCaretaker({Levels: [answers[0]], SetLevel: answers[1:]})
    kiosk = ScriptedKiosk("volume_up", "brightness_down", "back", caretaker=caretaker)
    levels.visit(kiosk, OFFICER)
    assert [screen.answers for screen in kiosk.screens] == [
        ("volume_down", "volume_up", "brightness_down", "brightness_up", "back"),
        ("volume_down", "brightness_down", "brightness_up", "back"),
        ("volume_down", "brightness_up", "back"),
    ]
    assert caretaker.asked[1:] == [SetLevel(12, "volume", 100), SetLevel(12, "brightness", 10)]
    for stand, there in ((LevelsStand(), False), (LevelsStand(50), True), (Denied("no"), False)):
        assert levels.there(ScriptedKiosk(caretaker=ScriptedCaretaker({Levels: [stand]}))) is there
    assert not levels.there(ScriptedKiosk(caretaker=ScriptedCaretaker()))


def test_figures_add_up_and_what_never_was_has_no_line() -> None:
    day, start = Span({"finished": 3}, {}, 1), Span({"finished": 9, "left": 4}, {"printed": 7}, 2, {"session_died": 1})
    told = list(lines(Counted(0, day, day, start)))
    assert [(en, numbers) for _, en, numbers in told] == [
        ("Visits", (3, 3, 13)),
        ("– it was finished", (3, 3, 9)),
        ("– the person left", (0, 0, 4)),
        ("Slips", (0, 0, 7)),
        ("– it was printed", (0, 0, 7)),
        ("Calls for staff", (1, 1, 2)),
        ("Faults", (0, 0, 1)),
        (f"– {EVENTS['session_died'].en}", (0, 0, 1)),
    ]


def test_every_desk_is_on_the_screen_and_somebody_may_leave_at_any() -> None:
    for name in room.DESKS:
        answers: dict[type, Iterable[Answer] | Callable[[Any], Answer]] = {
            Board: [Rows(())],
            Doors: [DoorsStand()],
            Paper: [PaperStands(0, 0, None)],
            Levels: [LevelsStand(50)],
            Facts: [FactsStand(())],
        }
        caretaker = ScriptedCaretaker(answers)
        with pytest.raises(Left):
            room.visit(ScriptedKiosk(name, caretaker=caretaker), Officer(12, "supervisor"))


@pytest.mark.parametrize(("words", "field"), [(Part, "part"), (Verdict, "verdict"), (End, "end")])
def test_the_messages_know_the_words_of_the_table(words: object, field: str) -> None:
    assert set(get_args(words)) == set(FIELDS[field].values or {})


@pytest.mark.parametrize(
    ("stand", "shut"),
    [
        (DoorsStand(), ""),
        (DoorsStand(CLOSED_FOR[0]), "closed"),
        (DoorsStand("hours"), "hours"),
        (DoorsStand("hours", guidance=True), "guidance"),
    ],
)
def test_whoever_is_about_to_leave_sees_that_the_kiosk_is_closed_or_only_guides(stand: DoorsStand, shut: str) -> None:
    kiosk = ScriptedKiosk("finish", "back", caretaker=ScriptedCaretaker({Doors: [stand]}))
    kiosk.doors = stand
    room.visit(kiosk, OFFICER)
    assert kiosk.screens[0].facts == {"shut": shut}
    assert doors.told(stand)["guidance"] is (shut == "guidance")


class Hourly(ScriptedCaretaker):
    """It has hours, and one of the staff has opened it until then, or nobody."""

    opened = 0

    def doors_left(self) -> DoorsLeft:
        return DoorsLeft(opened=self.opened, opening=Opening(Hours("Mo-Fr 08:30-17:15; PH off")))


@pytest.mark.parametrize(
    ("now", "until"),
    [
        (datetime(2026, 11, 27, 16, 0, tzinfo=JST), None),  # within them
        (datetime(2026, 11, 27, 18, 0, tzinfo=JST), datetime(2026, 11, 28, 0, 0, tzinfo=JST)),
        (datetime(2026, 11, 28, 0, 0, tzinfo=JST), None),  # it is over
    ],
)
def test_that_it_is_open_outside_its_hours_is_said_with_its_end(now: datetime, until: datetime | None) -> None:
    caretaker = Hourly({Doors: [DoorsStand()]})
    caretaker.opened = int(datetime(2026, 11, 28, 0, 0, tzinfo=JST).timestamp())
    kiosk = ScriptedKiosk("back", caretaker=caretaker)
    doors.visit(kiosk, OFFICER, lambda: now)
    assert kiosk.screens[0].facts["opened"] == until


@pytest.mark.parametrize(("hour", "today"), [(8, True), (9, False)])
@pytest.mark.parametrize("hours", [False, True])
def test_its_morning_is_called_what_it_is(hour: int, today: bool, hours: bool) -> None:
    caretaker = (Hourly if hours else ScriptedCaretaker)({Doors: [DoorsStand()]})
    kiosk = ScriptedKiosk("close", "paper", "back", "back", "back", caretaker=caretaker)
    doors.visit(kiosk, OFFICER, lambda: datetime(2026, 11, 27, hour, 0, tzinfo=JST))
    [until] = [screen for screen in kiosk.screens if screen.name == "staff_until"]
    assert (until.facts["hours"], until.facts["today"]) == (hours, today)


def test_each_row_says_when_it_opens_and_the_end_that_was_chosen_is_kept() -> None:
    friday = datetime(2026, 11, 27, 16, 50, tzinfo=JST)
    caretaker = Hourly({Doors: [DoorsStand()], CloseKiosk: [DoorsStand("paper")]})
    kiosk = ScriptedKiosk("close", "paper", "morning", "back", caretaker=caretaker)
    doors.visit(kiosk, OFFICER, lambda: friday)
    monday = datetime(2026, 11, 30, 8, 30, tzinfo=JST)
    [until] = [screen for screen in kiosk.screens if screen.name == "staff_until"]
    assert until.facts["opens"] == {**dict.fromkeys(doors.ENDS, monday), "open_end": None}
    end = int(datetime(2026, 11, 28, 8, 30, tzinfo=JST).timestamp())
    assert CloseKiosk(12, "paper", end) in caretaker.asked
