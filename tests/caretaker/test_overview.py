"""What the staff ask about: board, doors, paper, counters; kept, and there again after a power cut at any write."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from kiosk.caretaker import disk
from kiosk.caretaker.changes import Changes
from kiosk.caretaker.clock import BACK_SECONDS, BELIEVED_SECONDS
from kiosk.caretaker.counters import Counters
from kiosk.caretaker.doors import LONGEST_SECONDS, NotPlanned
from kiosk.caretaker.overview import LOOK_SECONDS, SILENT_SECONDS, Overview
from kiosk.config import guidance
from kiosk.config.events import counts, event
from kiosk.config.kiosk import Opening
from kiosk.ipc.doors import FILE as LEFT
from kiosk.ipc.doors import left
from kiosk.ipc.messages import DoorsStand, PaperStands, Row, Span
from kiosk.language.dates import JST
from kiosk.language.hours import Hours
from tests.caretaker.test_readiness import IDENTITY
from tests.caretaker.trails import Told

NOON = datetime(2026, 11, 26, 12, 0, tzinfo=JST)


class World:
    """An overview, its two clocks, and what it finds when it looks."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now, self.ahead = 1000.0, NOON.timestamp() - 1000.0
        self.told = Told()
        self.finds: dict[str, str] = {}
        self.looked: list[bool] = []
        self.lines = 0  # of the trail
        self.opening = Opening()
        self.overview = self.begun()

    def begun(self) -> Overview:
        clocks = (lambda: self.now, lambda: self.now + self.ahead)
        load, look = guidance.load, self.look
        return Overview(
            self.folder,
            Changes(self.told, self.folder),
            load,
            lambda: IDENTITY,
            look,
            *clocks,
            self.opening,
            self.folder / LEFT,
        )

    def opens(self, hours: str, guided: bool = True) -> None:
        """From now on at these hours."""
        self.opening = Opening(Hours(hours), guided)
        self.overview = self.begun()

    def comes(self, moment: datetime) -> None:
        """It is that moment now."""
        self.ahead = moment.timestamp() - self.now - 1
        self.passes(1)

    def look(self, again: bool) -> list[tuple[str, str]]:
        self.looked.append(again)
        return list(self.finds.items())

    def passes(self, seconds: float) -> None:
        """Turn by turn; the server is heard."""
        for _ in range(int(seconds)):
            self.now += 1
            self.overview.hears("server")
            self.overview.turn()

    def row(self, check: str) -> Row | None:
        return next((row for row in self.overview.board.rows if row.check == check), None)

    def shown(self, check: str) -> str | None:
        return row.reason if (row := self.row(check)) else None

    @property
    def events(self) -> list[tuple[str, ...]]:
        return [(told.name, *map(str, told.fields.values())) for told in self.told]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


# The board.


def test_the_board_shows_what_lasts_and_the_trail_is_told_of_it(world: World) -> None:
    world.overview.report("reader", "present")
    world.finds = {"disk": "room"}
    world.passes(2)
    assert [(row.check, row.level) for row in world.overview.board.rows] == [
        ("reader", "ok"),
        ("server", "ok"),
        ("opening", "ok"),
        ("clock_set", "ok"),
        ("disk", "ok"),
    ]
    assert world.told == [], "of what is well from the first nothing is told"
    world.finds = {"disk": "little"}
    world.overview.report("reader", "absent")
    world.passes(2 * LOOK_SECONDS + 2)
    assert world.shown("disk") == "little" and world.shown("reader") == "absent"
    assert world.events == [("check", "disk", "warning")], "the reader has an event of its own, told by its session"


def test_what_is_shown_says_since_when_and_outlives_the_caretaker(world: World) -> None:
    world.overview.report("printer", "ready")
    world.overview.report("printer", "cutter")
    world.passes(20)
    row = world.row("printer")
    assert row == Row("printer", "problem", "cutter", int(NOON.timestamp()) + 15, False)
    world.overview = world.begun()
    assert world.row("printer") == row
    world.passes(60)
    assert world.row("printer") == row, "nothing was reported that is better"


def test_staff_who_look_again_see_what_is_so_now(world: World) -> None:
    world.overview.report("printer", "ready")
    world.overview.report("printer", "paper_end")
    world.finds = {"fonts": "missing"}
    world.overview.again()
    assert (world.shown("printer"), world.shown("fonts"), world.looked) == ("paper_end", "missing", [True])


def test_what_staff_have_seen_is_to_be_seen_again_when_it_is_something_else_and_not_when_it_flaps(world: World) -> None:
    def becomes(reason: str, seconds: float = 20) -> bool:
        world.overview.report("printer", reason)
        world.passes(seconds)
        row = world.row("printer")
        assert row is not None and row.reason == reason
        return row.seen

    assert not becomes("ready") and not becomes("paper_end")
    world.overview.board.mark(12, "officer", "printer", "paper_end")
    world.overview.board.mark(12, "officer", "printer", "paper_end")
    assert world.events[-1] == ("check_seen", "12", "officer", "printer") and len(world.told) == 1
    assert becomes("paper_end")
    becomes("ready", 600)
    assert becomes("paper_end"), "it flaps"
    world.overview = world.begun()
    assert becomes("paper_end"), "and the caretaker was started anew"
    assert not becomes("cover_open") and not becomes("paper_end"), "something else was there meanwhile"
    world.overview.board.mark(12, "officer", "printer", "paper_end")
    becomes("ready", 3700)
    assert not becomes("paper_end"), "it was well for long"


def test_what_is_well_or_unknown_or_something_else_by_now_is_not_marked_as_seen(world: World) -> None:
    world.overview.report("reader", "present")
    world.overview.report("printer", "ready")
    world.overview.report("printer", "paper_end")
    world.passes(20)
    told = len(world.told)
    for check, reason in (("reader", "present"), ("portal", "unreachable"), ("printer", "near_end")):
        world.overview.board.mark(12, "officer", check, reason)
    row = world.row("printer")
    assert row is not None and (row.reason, row.seen) == ("paper_end", False)
    assert len(world.told) == told and world.row("portal") is None


def test_whoever_falls_silent_is_missed_and_a_keeper_that_was_never_there_is_not(world: World) -> None:
    world.passes(1)
    for _ in range(int(SILENT_SECONDS) + 20):
        world.now += 1
        world.overview.turn()
    assert world.shown("server") == "silent" and world.shown("browser") is None
    world.overview.hears("browser")
    world.overview.report("browser", "painted")
    world.passes(SILENT_SECONDS + 40)
    assert (world.shown("server"), world.shown("browser")) == ("alive", "silent")


def test_a_keeper_that_is_gone_when_the_caretaker_comes_back_is_missed(world: World) -> None:
    world.overview.report("browser", "painted")
    world.passes(20)
    world.overview = world.begun()
    world.passes(SILENT_SECONDS + 40)
    assert world.shown("browser") == "silent"


def test_what_stands_on_the_board_can_be_told_once_more(world: World) -> None:
    world.finds = {"disk": "full", "trail": "broken"}
    world.overview.report("printer", "cutter")
    world.passes(2 * LOOK_SECONDS + 2)
    told = {told.fields["check"]: told for told in world.told if told.name == "check"}
    world.overview = world.begun()
    standing = {each.fields["check"]: each for each in world.overview.board.standing}
    assert {name: standing[name] for name in told} == told and "printer" not in standing


def test_a_trail_that_a_program_of_before_found_broken_is_still_to_be_looked_into(world: World) -> None:
    assert not world.overview.broken.stands
    world.finds = {"trail": "broken"}
    world.passes(2 * LOOK_SECONDS)
    world.overview.board.mark(12, "officer", "trail", "broken")
    world.overview = world.begun()
    assert world.overview.broken.stands
    world.overview.written(event("trail_looked_into"), 1)
    world.overview = world.begun()
    assert not world.overview.broken.stands


def test_a_board_of_another_program_or_of_nobody_is_begun_anew(world: World, caplog: pytest.LogCaptureFixture) -> None:
    (world.folder / "board.json").write_text('{"checks":{"reader":{"reason":"paper_end","since":1}}}')
    assert world.begun().board.rows == ()
    (world.folder / "board.json").write_text("{")
    assert world.begun().board.rows == () and "is not what was written there" in caplog.text


# What a start reads again.


def test_a_start_reads_again_no_line_that_was_heard_of_though_none_told_of_a_slip(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert world.overview.known(0) == 0
    written, put = list[str](), disk.put

    def puts(path: Path, data: bytes, *more: int) -> None:
        written.append(path.name)
        put(path, data, *more)

    monkeypatch.setattr(disk, "put", puts)
    for line in range(1, 501):
        world.overview.written(event("session_died"), line)
    world.passes(2)
    assert world.begun().known(500) == 500
    assert (written.count("paper.json"), written.count("counters.json")) == (1, 1), "and not once a line"
    world.overview.written(counts("slip", 1, {"printed": {"printed": 3}}), 400)
    assert world.overview.roll.stands.printed == 0, "nor is it counted twice"


# The clock.


def test_a_clock_that_was_set_back_is_noticed_at_once_and_after_a_restart(world: World) -> None:
    world.passes(5)
    world.ahead -= BACK_SECONDS - 10
    world.passes(5)
    assert world.shown("clock_set") == "onward"
    world.ahead -= 3600
    world.passes(1)
    assert world.shown("clock_set") == "set_back"
    world.overview.stop()
    world.overview = world.begun()
    world.passes(1)
    assert world.shown("clock_set") == "set_back"
    world.passes(3700)
    assert world.shown("clock_set") == "onward", "it has come to what it had said"


def test_a_clock_that_the_portal_agrees_with_is_believed_again_but_not_for_one_word(world: World) -> None:
    world.passes(1)
    world.ahead -= 365 * 24 * 3600
    world.passes(1)
    for said in ("right", "apart", "right"):
        world.overview.report("clock", said)
        world.passes(BELIEVED_SECONDS - 1)
        assert world.shown("clock_set") == "set_back"
    world.passes(1)
    world.overview.report("clock", "right")
    world.passes(1)
    assert world.shown("clock_set") == "onward"


# The doors.


def test_staff_close_and_open_the_kiosk_and_it_stays_so(world: World) -> None:
    assert world.overview.doors.stand == DoorsStand() and world.overview.doors.stand.open
    world.overview.doors.close(12, "officer", "maintenance")
    assert world.begun().doors.stand == DoorsStand("maintenance")
    world.passes(100)
    assert not world.overview.doors.stand.open
    world.overview.doors.open(12, "officer")
    world.overview.doors.open(12, "officer")
    assert world.begun().doors.stand.open
    assert world.events == [("kiosk_closed", "12", "officer", "maintenance"), ("kiosk_opened", "12", "officer")]


def test_the_kiosk_opens_by_itself_at_the_moment_that_people_were_told(world: World) -> None:
    until = int(NOON.timestamp()) + 30
    world.overview.doors.close(12, "officer", "no_staff", until)
    world.passes(29)
    assert world.begun().doors.stand == DoorsStand("no_staff", until)
    world.passes(2)
    assert world.begun().doors.stand.open and world.events[-1] == ("kiosk_reopened",)


@pytest.mark.parametrize("ahead", [-1, 0, LONGEST_SECONDS + 1])
def test_an_end_that_is_over_or_years_away_is_none(world: World, ahead: int) -> None:
    with pytest.raises(NotPlanned):
        world.overview.doors.close(12, "officer", "other", int(NOON.timestamp()) + ahead)
    assert world.overview.doors.stand.open and world.told == []


WORKDAYS = "Mo-Fr 08:30-17:15; PH off; Dec 29-Jan 3 off"


def at(month: int, day: int, hour: int, minute: int = 0, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=JST)


@pytest.mark.parametrize("guidance", [True, False])
@pytest.mark.parametrize(
    ("now", "opens"),
    [
        (at(11, 26, 8, 30), None),
        (at(11, 26, 17, 14), None),
        (at(11, 26, 8, 29), at(11, 26, 8, 30)),
        (at(11, 26, 17, 15), at(11, 27, 8, 30)),
        (at(11, 27, 18), at(11, 30, 8, 30)),  # a Friday
        (at(11, 23, 12), at(11, 24, 8, 30)),  # Labour Thanksgiving Day
        (at(12, 30, 12), at(1, 4, 8, 30, 2027)),
    ],
)
def test_outside_its_hours_it_is_closed_and_says_when_they_begin(
    world: World, now: datetime, opens: datetime | None, guidance: bool
) -> None:
    world.opens(WORKDAYS, guidance)
    world.comes(now)
    stand = DoorsStand() if opens is None else DoorsStand("hours", int(opens.timestamp()), guidance)
    assert world.overview.doors.stand == stand and stand.serves is (opens is None or guidance)
    assert world.shown("opening") == ("within" if opens is None else "outside")


def test_hours_that_are_over_for_good_name_no_end(world: World) -> None:
    world.opens("2026 Nov 26 09:00-10:00")
    assert world.overview.doors.stand == DoorsStand("hours", None, guidance=True)
    world.overview.doors.open(12, "officer")
    assert world.overview.doors.stand.open


def test_staff_open_it_for_the_rest_of_the_day_or_until_its_hours_begin(world: World) -> None:
    world.opens(WORKDAYS)
    for opened, ends, after in (
        (at(11, 26, 20), at(11, 27, 0), "outside"),
        (at(11, 27, 7), at(11, 27, 8, 30), "within"),
    ):
        world.comes(opened)
        world.overview.doors.open(12, "officer")
        assert world.overview.doors.stand.open and world.events[-1] == ("kiosk_opened", "12", "officer")
        assert world.begun().doors.stand.open, "also after a power cut"
        world.comes(ends - timedelta(seconds=1))
        assert world.overview.doors.stand.open and world.shown("opening") == "opened"
        world.comes(ends)
        assert world.overview.doors.stand.open is (after == "within") and world.shown("opening") == after


def test_the_staffs_word_goes_before_the_hours_and_an_end_in_the_night_opens_nothing(world: World) -> None:
    world.opens(WORKDAYS)
    world.overview.doors.close(12, "officer", "maintenance", int(at(11, 26, 18).timestamp()))
    for minute, reason in ((at(11, 26, 17, 59), "maintenance"), (at(11, 26, 18), "hours")):
        world.comes(minute)
        assert world.overview.doors.stand.reason == reason
    assert ("kiosk_reopened",) not in world.events
    world.overview.doors.close(12, "officer", "paper")
    world.overview.doors.open(12, "officer")
    assert world.overview.doors.stand.open, "who opens it opens it"
    assert [each[0] for each in world.events if each[0] != "check"] == ["kiosk_closed", "kiosk_closed", "kiosk_opened"]


@pytest.mark.parametrize(
    ("hours", "now", "end", "opens"),
    [
        (WORKDAYS, at(11, 26, 10), at(11, 26, 11), at(11, 26, 11)),
        (WORKDAYS, at(11, 27, 16, 50), at(11, 27, 17, 15), at(11, 30, 8, 30)),  # a Friday, at the minute of closing
        (WORKDAYS, at(11, 27, 16, 50), at(11, 28, 8, 30), at(11, 30, 8, 30)),
        (WORKDAYS, at(11, 20, 16, 50), at(11, 23, 8, 30), at(11, 24, 8, 30)),  # the Monday is a holiday
        (WORKDAYS, at(11, 26, 10), at(11, 27, 7), at(11, 27, 8, 30)),
        ("24/7", at(11, 27, 16, 50), at(11, 28, 8, 30), at(11, 28, 8, 30)),
        ("2026 Nov 26 09:00-10:00", at(11, 26, 9, 30), at(11, 26, 10, 30), None),
    ],
)
def test_whenever_staff_end_it_people_are_told_the_moment_at_which_it_opens(
    world: World, hours: str, now: datetime, end: datetime, opens: datetime | None
) -> None:
    world.opens(hours)
    world.comes(now)
    world.overview.doors.close(12, "officer", "maintenance", int(end.timestamp()))
    told = world.overview.doors.stand.until
    assert told == (None if opens is None else int(opens.timestamp()))
    assert (doors := left(world.folder)) is not None and doors.opens(end) == opens, "as the rows say it"
    if opens is None:
        return
    if opens > end:
        world.comes(end)
        assert world.overview.doors.stand == DoorsStand("hours", told, guidance=True), (
            "and people are guided from then on"
        )
        world.comes(opens - timedelta(seconds=1))
    assert not world.overview.doors.stand.open
    world.comes(opens)
    assert world.overview.doors.stand.open


def test_an_end_on_an_evening_that_staff_have_opened_is_told_as_it_is(world: World) -> None:
    world.opens(WORKDAYS)
    world.comes(at(11, 26, 18))
    world.overview.doors.open(12, "officer")
    end = int(at(11, 26, 19).timestamp())
    world.overview.doors.close(12, "officer", "paper", end)
    assert world.overview.doors.stand == DoorsStand("paper", end)
    world.comes(at(11, 26, 19))
    assert world.overview.doors.stand.open


@pytest.mark.parametrize("power_cut", [False, True])
def test_whoever_asks_nobody_finds_the_doors_as_they_are(world: World, power_cut: bool) -> None:
    world.opens(WORKDAYS)
    acts: tuple[tuple[int, Callable[[], None] | None], ...] = (
        (9, None),
        (10, lambda: world.overview.doors.close(12, "officer", "paper", int(at(11, 26, 11).timestamp()))),
        (11, None),
        (12, lambda: world.overview.doors.close(12, "officer", "maintenance")),
        (18, lambda: world.overview.doors.open(12, "officer")),
        (23, None),
        (24, None),
    )
    for hour, act in acts:
        world.comes(at(11, 26, hour) if hour < 24 else at(11, 27, 0))
        if act is not None:
            act()
        if power_cut:
            (world.folder / LEFT).unlink()
            world.overview = world.begun()
        doors = left(world.folder)
        assert doors is not None and doors.stand(world.now + world.ahead) == world.overview.doors.stand
        assert (world.folder / LEFT).stat().st_mode & 0o777 == 0o644, "the server is another user"


# The paper.


def printed(world: World, slips: int, failed: int = 0) -> None:
    by = {"printed": slips, "paper_end": failed} if failed else {"printed": slips}
    world.lines += 1
    world.overview.written(counts("slip", 1, {"printed": by}), world.lines)


def test_how_many_slips_are_left_is_known_from_the_rolls_before(world: World) -> None:
    printed(world, 50)
    assert world.overview.roll.stands == PaperStands(0, 50, None)
    world.overview.roll.changed(12, "officer")
    assert world.overview.roll.stands == PaperStands(1, 0, None), "a roll that was taken out early tells nothing"
    for slips in (200, 260, 240):
        world.overview.report("printer", "ready")
        printed(world, slips, failed=2)
        world.overview.report("printer", "near_end")
        world.overview.report("printer", "ready")
        world.overview.roll.changed(12, "officer")
    printed(world, 100)
    assert world.begun().roll.stands == PaperStands(4, 100, 140)
    printed(world, 150)
    assert world.overview.roll.stands.left == 0, "one of before gave 260"
    printed(world, 350)
    assert world.overview.roll.stands.left is None, "no roll has ever given so many: it is not the one that it was"
    assert world.events[-1] == ("paper_changed", "12", "officer")


def ends(world: World, slips: int) -> None:
    """A roll gives so many, and comes to its end; there is another one in the printer, of which nobody has said so."""
    world.overview.report("printer", "ready")
    printed(world, slips)
    world.overview.report("printer", "paper_end")
    world.overview.report("printer", "ready")


def test_a_roll_of_which_nobody_has_said_that_it_is_new_teaches_nothing_wrong(world: World) -> None:
    ends(world, 200)
    world.overview.roll.changed(12, "officer")
    ends(world, 200)
    world.overview = world.begun()
    printed(world, 40)
    assert world.overview.roll.stands.left is None, "somebody has forgotten the button"
    ends(world, 160)
    world.overview.roll.changed(12, "officer")
    printed(world, 50)
    assert world.overview.roll.stands == PaperStands(2, 50, 150), "no roll of 400 is believed in"


def test_what_the_printer_says_of_the_roll_before_is_nothing_of_the_new_one(world: World) -> None:
    """Who says that there is a new one before it is in the printer."""
    ends(world, 200)
    world.overview.roll.changed(12, "officer")
    for reason in ("near_end", "paper_end", "ready"):
        world.overview.report("printer", reason)
    printed(world, 30)
    world.overview.roll.changed(12, "officer")
    assert world.overview.roll.stands.left == 200, "it was taken out early, and tells nothing"
    ends(world, 180)
    world.overview.roll.changed(12, "officer")
    assert world.overview.roll.stands.left == 190


# The counters.


def test_visits_slips_calls_and_faults_are_counted_by_day_week_and_since_the_beginning(tmp_path: Path) -> None:
    now = NOON
    counters = Counters(tmp_path / "counters.json", lambda: now)
    visit = {"end": {"finished": 2, "left": 1}, "task": {"link": 3}, "step": {"11": 3}, "lasted": {"longer": 3}}
    counters.add(counts("visit_ended", 1, visit), 1)
    counters.add(counts("slip", 1, {"printed": {"printed": 2, "cutter": 1}}), 2)
    counters.add(event("session_died"), 3)
    counters.add(event("server_started"), 4)
    counters.add(event("session_died"), 3)
    first = Span({"finished": 2, "left": 1}, {"printed": 2, "cutter": 1}, 0, {"session_died": 1})
    assert counters.counted.day == counters.counted.week == counters.counted.start == first
    counters.turn()
    counters = Counters(tmp_path / "counters.json", lambda: now)
    now += timedelta(days=6)
    counters.add(event("session_died"), 5)
    assert counters.counted.day == Span(faults={"session_died": 1})
    assert counters.counted.week.faults == {"session_died": 2} and counters.counted.week.visits == first.visits
    now += timedelta(hours=12)
    assert counters.counted.day == Span() and counters.counted.week.faults == {"session_died": 1}, "midnight is Japan's"
    now -= timedelta(days=30)
    assert counters.counted.week == Span() and counters.counted.start.faults == {"session_died": 2}
    assert counters.counted.begun == int(NOON.timestamp())


# A power cut at any write.


class Cut(BaseException):
    """The power goes."""


def acts(overview: Overview) -> None:
    overview.doors.close(12, "officer", "paper")
    overview.roll.changed(12, "officer")
    overview.report("reader", "present")
    overview.counters.add(event("session_died"), 1)
    overview.turn()


@pytest.mark.parametrize("call", ["open", "write", "fsync", "rename"])
@pytest.mark.parametrize("at", range(1, 5))
def test_a_power_cut_at_any_write_leaves_the_old_or_the_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, at: int
) -> None:
    world = World(tmp_path)
    world.overview.doors.close(13, "officer", "other")
    world.overview.turn()
    true = getattr(os, call)
    left = [at]

    def cuts(*arguments: object, **more: object) -> object:
        left[0] -= 1
        if left[0] == 0:
            if call == "write":
                true(arguments[0], b"{")
            raise Cut
        return true(*arguments, **more)

    monkeypatch.setattr(os, call, cuts)
    with contextlib.suppress(Cut):
        acts(world.overview)
    monkeypatch.undo()
    assert left[0] == 0, "there were so many"
    after = World(tmp_path).overview
    assert after.doors.stand.reason in ("paper", "other") and not after.doors.stand.open
    assert after.roll.stands.rolls in (0, 1)
    assert {row.check for row in after.board.rows} >= {"server", "clock_set"}
    assert after.counters.counted.start.faults in ({}, {"session_died": 1})
