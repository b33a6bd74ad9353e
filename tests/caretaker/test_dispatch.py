"""Who may say what, and that nobody takes the room of another."""

from __future__ import annotations

import os
import tarfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import get_args

import msgspec
import pytest
from msgspec import json

from kiosk.caretaker.alerts import Alerts, Wish
from kiosk.caretaker.cards import fingerprint
from kiosk.caretaker.changes import Changes
from kiosk.caretaker.dispatch import ADMITTED_SECONDS, ASKS, BURST, CHOOSE_SECONDS, EVERY_SECONDS, Dispatcher
from kiosk.caretaker.finished import FinishedAnswers
from kiosk.caretaker.hours import Hours
from kiosk.caretaker.overview import Overview
from kiosk.caretaker.passcodes import Passcodes
from kiosk.caretaker.record import GAPS_EVERY_SECONDS, Record
from kiosk.caretaker.restarts import COMMANDS
from kiosk.caretaker.restarts import Restarts as Starter
from kiosk.caretaker.trail_to_stick import WAITS_SECONDS, TrailToStick
from kiosk.caretaker.weak_passcodes import weak
from kiosk.config import guidance
from kiosk.config.events import EVENTS, FIELDS, Event, Speaker, event
from kiosk.config.health import CHECKS
from kiosk.ipc.finished import FILE as FINISHED
from kiosk.ipc.finished import Finished
from kiosk.ipc.members import ADDED
from kiosk.ipc.messages import (
    ActOnMember,
    AddStaff,
    Admit,
    Admitted,
    Answer,
    AskProof,
    Board,
    Call,
    Calling,
    CallStands,
    CallState,
    CardWanted,
    Challenge,
    Challenged,
    ChangeFirst,
    ChangePasscode,
    ChoosePasscode,
    CloseKiosk,
    ConfirmFact,
    Counted,
    Counters,
    Denied,
    DeskCertificate,
    Doors,
    DoorsStand,
    EndCall,
    Facts,
    FactsStand,
    FirstPasscode,
    Levels,
    LevelsAre,
    LevelsStand,
    ListStaff,
    LookAgain,
    MakeReport,
    MarkSeen,
    MayNot,
    MemberAct,
    Members,
    NotAdmitted,
    OfferTrail,
    OpenKiosk,
    Paper,
    PaperChanged,
    PaperStands,
    PinCard,
    Prints,
    Question,
    RemoveStaff,
    Report,
    Reported,
    Restart,
    Restarted,
    Restarts,
    RestartsStand,
    Role,
    Row,
    Rows,
    SetLevel,
    ShowCard,
    Staff,
    StaffLeft,
    Standing,
    Status,
    Taken,
    Tell,
    TooWeak,
    TrailOffered,
    TrailStands,
    TrailState,
    TriedOut,
    Uploaded,
    Weakness,
    answer,
    encode,
    telling,
)
from kiosk.ipc.trail_to_stick import FILE as HANDED
from kiosk.sim.pki import Pki
from tests.caretaker.hashes import CHEAP
from tests.caretaker.test_cards import certificate_of, signed
from tests.caretaker.test_passcodes import GOOD, OTHER, WRONG
from tests.caretaker.test_readiness import IDENTITY
from tests.caretaker.trails import checked, key, lines, opened
from tests.config.test_events import sample
from tests.stage import until

EVERYBODY: tuple[Speaker, ...] = ("server", "browser", "root")
ASKED: list[Question] = [
    Status(),
    Report("trail", "written"),
    Board(),
    LookAgain(),
    MarkSeen(12, "reader", "absent"),
    Doors(),
    CloseKiosk(12, "paper"),
    OpenKiosk(12),
    Paper(),
    Prints(),
    Levels(),
    LevelsAre(50, None),
    SetLevel(12, "volume", 60),
    PaperChanged(12),
    Counters(),
    Admit(12, GOOD),
    Challenge(12),
    ShowCard(12, b"", b""),
    AddStaff(12, "officer", GOOD),
    ChangePasscode(12, GOOD, OTHER),
    ChoosePasscode(12, OTHER),
    Members(12),
    ActOnMember(12, GOOD, 13, "give"),
    RemoveStaff(12),
    PinCard(12, None),
    ListStaff(),
    Call(),
    CallStands(),
    EndCall(),
    TriedOut(12, "printer", "good"),
    MakeReport(12, ("printer", "touch")),
    Facts(),
    ConfirmFact(12, "recording", "0" * 64),
    Restarts(),
    Restart(12, "browser"),
    OfferTrail(12, True),
    TrailOffered(),
    AskProof(12),
    StaffLeft(12, "left"),
    Uploaded("trail", 1_764_100_000),
    DeskCertificate(1_800_000_000),
]
FAULT = event("session_died")


class World:
    """A dispatcher with everything behind it, and a clock in the test's hands."""

    def __init__(self, folder: Path) -> None:
        self.time = 100.0
        self.folder = folder / "trail"
        self.runtime = folder / "run"
        self.runtime.mkdir(exist_ok=True)
        self.trail = opened(self.folder, segment_bytes=100_000)
        self.record = Record(self.trail, Hours(self.runtime, folder, self.now), self.now)
        changes = Changes(self.record, folder)
        self.passcodes = Passcodes(folder / "staff.json", changes, self.now, cost=CHEAP)
        self.overview = Overview(folder, changes, guidance.load, lambda: IDENTITY, now=self.now)
        self.record.written, self.record.known = self.overview.written, self.overview.known
        self.handed = self.runtime / FINISHED
        self.answers = FinishedAnswers(self.handed, folder, changes, self.overview.report)
        self.alerts = Alerts("kiosk", None, self.record.tell, self.now)
        self.commands: list[Sequence[str]] = []
        self.restarts = Starter(self.record.tell, True, self.runs, self.now)
        self.dispatcher = self.begun()

    def begun(self) -> Dispatcher:
        trail_to_stick = TrailToStick(self.folder, key(), self.runtime, self.now)
        behind = (
            self.record,
            self.passcodes,
            self.overview,
            lambda: (1, "head"),
            self.alerts,
            self.restarts,
            trail_to_stick,
            self.answers,
        )
        return Dispatcher(*behind, self.now)

    def runs(self, command: Sequence[str]) -> bool:
        self.commands.append(command)
        return True

    def now(self) -> float:
        return self.time

    def asks(self, message: Question, *who: Speaker) -> Answer:
        return answer(self.dispatcher.hear(encode(message), frozenset(who)))

    def tells(self, told: Event, *who: Speaker, untold: int = 0) -> Answer:
        return self.asks(telling(told, untold), *who)

    def turns(self, seconds: int) -> None:
        for _ in range(seconds):
            self.time += 1
            self.overview.hears("server")
            self.dispatcher.turn()

    @property
    def written(self) -> list[tuple[str, dict[str, object]]]:
        return [(line.event, line.members["fields"]) for line in lines(self.folder)] if self.folder.exists() else []


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.mark.parametrize("who", EVERYBODY)
@pytest.mark.parametrize("message", ASKED, ids=lambda message: type(message).__name__)
def test_everybody_asks_what_is_theirs_to_ask_and_nothing_else(world: World, who: Speaker, message: Question) -> None:
    said = world.asks(message, who)
    assert (type(message) in ASKS[who]) != (said == Denied("this is not for you to ask"))


def test_only_root_touches_the_accounts_and_the_browser_asks_for_nothing_but_how_loud_and_bright_it_is_to_be() -> None:
    assert {who for who, asks in ASKS.items() if asks & {AddStaff, RemoveStaff, PinCard, ListStaff}} == {"root"}
    assert ASKS["browser"] == {Tell, Report, LevelsAre}


@pytest.mark.parametrize("who", EVERYBODY)
@pytest.mark.parametrize("name", sorted(EVENTS))
def test_everybody_tells_what_the_table_says_is_theirs_to_tell(world: World, who: Speaker, name: str) -> None:
    told = event(name, **sample(name))
    world.handed.write_bytes(msgspec.json.encode(Finished("1")))  # an answer that was used, of which there is a file
    said = world.tells(told, who)
    if who in EVENTS[name].by:
        assert said == Taken()
        assert EVENTS[name].kind == "visit" or world.written == [(name, told.fields)]
    else:
        assert said == Denied(f"{name}: this is not for you to tell") and world.written == []


@pytest.mark.parametrize(
    "data",
    [b"", b"x", b"{}", b'{"message":"tell"}', b'{"message":"x"}', b"[" * 4000, b'{"message":"status","x":"\xe5"}'],
)
def test_what_is_no_message_is_refused_in_words_of_ours(world: World, data: bytes) -> None:
    assert answer(world.dispatcher.hear(data, frozenset(EVERYBODY))) == Denied("this is no question of ours")
    made = json.encode({"message": "tell", "event": {"event": "slip", "printed": "山田"}})
    assert answer(world.dispatcher.hear(made, frozenset(EVERYBODY))) == Denied("this is none of the table's events")
    assert world.written == []


def test_staff_are_made_listed_admitted_and_removed(world: World) -> None:
    assert world.asks(AddStaff(12, "officer", GOOD), "root") == Taken()
    assert world.asks(AddStaff(13, "officer", "12345678"), "root") == Denied(
        "this passcode is a pattern that is tried first; take another"
    )
    assert world.asks(ListStaff(), "root") == Staff({12: "officer"})
    assert world.asks(Admit(12, GOOD), "server") == Admitted("officer")
    assert [world.asks(Admit(12, WRONG), "server") for _ in range(5)][-1] == NotAdmitted(15)
    assert world.asks(RemoveStaff(12), "root") == Taken()
    assert [name for name, _ in world.written] == [
        "staff_added",
        "staff_admitted",
        *["passcode_refused"] * 5,
        "passcodes_held",
        "passcodes_held",
        "staff_removed",
    ]


@pytest.mark.parametrize("who", EVERYBODY)
@pytest.mark.parametrize("check", CHECKS)
def test_everybody_reports_what_is_theirs_to_know(world: World, who: Speaker, check: str) -> None:
    reason = next(iter(CHECKS[check].reasons))
    said = world.asks(Report(check, reason), who)
    if CHECKS[check].by == who:
        assert said == Taken() and world.overview.board.latest(check) == reason
    else:
        assert isinstance(said, Denied) and world.overview.board.latest(check) is None


def test_the_staff_act_once_they_are_let_in_and_nobody_does_in_their_name(world: World) -> None:
    world.asks(AddStaff(12, "officer", GOOD), "root")
    world.asks(Report("printer", "paper_end"), "server")
    world.asks(LookAgain(), "server")
    acts: list[Question] = [
        MarkSeen(12, "printer", "paper_end"),
        CloseKiosk(12, "paper"),
        PaperChanged(12),
        OpenKiosk(12),
    ]
    for act in (*acts, CloseKiosk(13, "paper")):
        assert world.asks(act, "server") == NOT_IN
    world.asks(Admit(12, WRONG), "server")
    assert isinstance(world.asks(CloseKiosk(12, "paper"), "server"), Denied)
    world.asks(Admit(12, GOOD), "server")
    assert [world.asks(act, "server") for act in acts] == [
        Taken(),
        DoorsStand("paper"),
        PaperStands(1, 0, None),
        DoorsStand(),
    ]
    said = world.asks(Board(), "server")
    assert isinstance(said, Rows) and said.rows[0] == Row("printer", "problem", "paper_end", said.rows[0].since, True)
    assert [(name, fields["staff"]) for name, fields in world.written[-4:]] == [
        ("check_seen", 12),
        ("kiosk_closed", 12),
        ("paper_changed", 12),
        ("kiosk_opened", 12),
    ]
    world.time += ADMITTED_SECONDS
    assert isinstance(world.asks(CloseKiosk(12, "paper"), "server"), Denied)
    world.asks(Admit(12, GOOD), "server")
    world.asks(RemoveStaff(12), "root")
    assert isinstance(world.asks(CloseKiosk(12, "paper"), "server"), Denied)
    assert world.asks(Doors(), "server") == DoorsStand()


@pytest.mark.parametrize("role", get_args(Role))
@pytest.mark.parametrize("what", get_args(Restarted))
def test_who_is_let_in_has_it_started_again_as_their_role_may(world: World, role: Role, what: Restarted) -> None:
    world.asks(AddStaff(12, role, GOOD), "root")
    assert isinstance(world.asks(Restart(12, what), "server"), Denied), "nobody was let in"
    world.asks(Admit(12, GOOD), "server")
    said = world.asks(Restart(12, what), "server")
    if what == "off" and role == "officer":
        assert said == Denied("this is not for this role") and not world.commands
        return
    assert said == RestartsStand(True, what, "asked")
    until(lambda: world.commands == [COMMANDS[what]])
    assert world.written[-1] == ("restart_asked", {"staff": 12, "role": role, "restarted": what})


def test_who_reports_and_falls_silent_is_started_again(world: World) -> None:
    world.asks(Report("reader", "present"), "server")
    world.restarts.silent("server")

    def told() -> bool:
        world.dispatcher.turn()
        return bool(world.written)

    until(told)
    assert world.written == [("restarted_silent", {"part_silent": "server"})]


def test_a_pcscd_that_sessions_say_stands_still_is_started_again_and_nobody_elses_word_counts(world: World) -> None:
    def told(reason: str, who: Speaker, seconds: int) -> list[tuple[str, dict[str, object]]]:
        before = len(world.written)
        for second in range(seconds):
            if second % 10 == 0:
                world.asks(Report("reader", reason), who)
            world.turns(1)
        return [each for each in world.written[before:] if each[0] != "check"]

    assert told("still", "browser", 40) == []
    assert told("present", "server", 40) == []
    said = told("still", "server", 20)
    time.sleep(0.05)
    said += told("still", "server", 5)
    assert said == [("restarted_silent", {"part_silent": "pcscd"})]
    until(lambda: COMMANDS["pcscd"] in world.commands)
    shown = world.asks(Board(), "server")
    assert isinstance(shown, Rows) and [row.reason for row in shown.rows if row.check == "reader"] == ["still"]


@pytest.mark.parametrize(
    ("said", "stands"),
    [
        (Report("reader", "present"), "alive"),
        (telling(event("session_died"), 0), "alive"),
        (Board(), "silent"),
        (Status(), "silent"),
        (LookAgain(), "silent"),
    ],
)
def test_a_part_is_heard_by_what_it_tells_and_reports_and_not_by_what_somebody_asks_as_its_user(
    said: Question, stands: str, world: World
) -> None:
    for _ in range(12):
        world.time += 10
        world.asks(said, "server")
        world.dispatcher.turn()
    rows = world.asks(Board(), "server")
    assert isinstance(rows, Rows) and {row.check: row.reason for row in rows.rows}["server"] == stands


def test_an_end_that_is_over_is_refused_in_words_of_ours(world: World) -> None:
    world.asks(AddStaff(12, "officer", GOOD), "root")
    world.asks(Admit(12, GOOD), "server")
    said = world.asks(CloseKiosk(12, "other", 1), "server")
    assert said == Denied("the end has to be ahead, and within a year")


def test_faults_are_counted_as_they_are_written_and_visits_when_their_hour_is(world: World) -> None:
    def counted() -> Counted:
        said = world.asks(Counters(), "server")
        assert isinstance(said, Counted)
        return said

    world.tells(FAULT, "server")
    for _ in range(3):
        world.tells(event("visit_ended", end="left", task="pin", step=3, lasted="longer"), "server")
        world.tells(event("slip", printed="printed"), "server")
    assert counted().day.faults == {"session_died": 1} and counted().day.visits == counted().day.prints == {}
    assert world.asks(Paper(), "server") == PaperStands(0, 0, None)
    world.turns(3601)
    assert counted().start.visits == {"left": 3} and counted().start.prints == {"printed": 3}
    assert world.asks(Paper(), "server") == PaperStands(0, 3, None)


def test_wrong_passcodes_at_machine_speed_from_two_places_fill_nothing(world: World) -> None:
    world.asks(AddStaff(12, "officer", GOOD), "root")
    for at in range(2000):
        world.asks(Admit(12 if at % 2 else at + 100, WRONG), "server" if at % 3 else "root")
        world.time += 0.01
    assert len(world.written) < 12


def test_a_state_is_written_when_it_is_not_as_it_was(world: World) -> None:
    for state in ("ready", "ready", "paper_end", "paper_end", "ready"):
        world.tells(event("printer", printer=state), "server")
    assert [fields["printer"] for _, fields in world.written] == ["ready", "paper_end", "ready"]


def test_a_hundred_thousand_events_at_once_leave_few_lines_and_the_number_of_the_rest(world: World) -> None:
    flood = 100_000
    for _ in range(flood):
        world.tells(FAULT, "server")
    assert world.tells(event("browser_restarted", browser="silent"), "browser") == Taken(), "and nobody else is cut off"
    world.turns(2)
    names = [name for name, _ in world.written]
    assert names == ["session_died"] * BURST + ["browser_restarted", "gap"]
    assert world.written[-1][1] == {"speaker": "server", "why": "flood", "count": flood - BURST}
    world.turns(int(EVERY_SECONDS))
    assert world.tells(FAULT, "server") == Taken()
    assert checked(world.folder).sound


def test_a_flood_that_does_not_end_leaves_a_line_a_minute_about_it(world: World) -> None:
    for _ in range(600):
        for _ in range(10):
            world.tells(FAULT, "server")
        world.turns(1)
    gaps = [fields for name, fields in world.written if name == "gap"]
    assert len(gaps) <= 600 / GAPS_EVERY_SECONDS + 1
    assert len(world.written) < BURST + 600 / EVERY_SECONDS + len(gaps) + 2


def test_what_could_not_be_told_is_a_gap_when_somebody_can_tell_again(world: World) -> None:
    world.tells(FAULT, "server", untold=3)
    world.turns(1)
    assert world.written == [("session_died", {}), ("gap", {"speaker": "server", "why": "away", "count": 3})]


def test_what_the_disk_does_not_take_is_counted_and_told_when_it_does(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    world.tells(FAULT, "server")

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    for _ in range(4):
        assert world.tells(event("printer", printer="cutter"), "server") == Taken()
        world.turns(1)
    said = world.asks(Status(), "root")
    assert isinstance(said, Standing) and said.unwritten == 4
    monkeypatch.undo()
    world.turns(1)
    world.tells(event("printer", printer="cutter"), "server")
    assert world.written == [
        ("session_died", {}),
        ("gap", {"speaker": "caretaker", "why": "unwritable", "count": 4}),
        ("printer", {"printer": "cutter"}),
    ]
    assert caplog.text.count("the trail cannot be written: ") == 1 and "is written again" in caplog.text
    lines_said = [record.getMessage() for record in caplog.records]
    assert len(lines_said) == len(set(lines_said)), "once for each file that could not be written"


def test_a_state_that_the_disk_did_not_take_is_no_more_as_it_was_written_before(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[object] = []
    world.record._hears = heard.append
    ready, ended = event("printer", printer="ready"), event("printer", printer="paper_end")
    world.tells(ready, "server")
    with monkeypatch.context() as full:
        full.setattr(os, "write", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        world.tells(ended, "server")
    world.tells(ready, "server")
    assert heard == [ready, ended, ready], "or who has called for paper is never told that there is some"


def test_what_is_found_of_the_trail_is_counted_for_the_staff(tmp_path: Path) -> None:
    before = World(tmp_path)
    before.tells(FAULT, "server")
    before.turns(1)
    before.trail.close()
    [segment] = before.folder.glob("*.jsonl")
    segment.write_bytes(segment.read_bytes() + b'{"torn')
    world = World(tmp_path)
    world.tells(FAULT, "server")
    assert [name for name, _ in world.written] == ["session_died", "trail_torn", "session_died"]
    assert world.overview.counters.counted.start.faults == {"session_died": 2, "trail_torn": 1}


@pytest.mark.parametrize("act", [LookAgain(), OpenKiosk(12)], ids=["look", "open"])
def test_a_session_that_claims_to_be_staff_fills_no_disk(world: World, act: Question) -> None:
    world.asks(AddStaff(12, "officer", GOOD), "root")
    world.asks(Admit(12, GOOD), "server")
    before = len(world.written)
    for _ in range(500):
        for reason in ("apart", "right"):
            world.asks(Report("clock", reason), "server")
            world.asks(CloseKiosk(12, "paper"), "server")
            world.asks(act, "server")
    assert BURST / 2 < len(world.written) - before <= 2 * BURST


def test_a_number_that_is_given_anew_is_not_let_in_by_the_passcode_of_the_old(world: World) -> None:
    world.asks(AddStaff(12, "officer", GOOD), "root")
    world.asks(Admit(12, GOOD), "server")
    world.asks(RemoveStaff(12), "root")
    world.asks(AddStaff(12, "supervisor", GOOD + "7"), "root")
    assert isinstance(world.asks(CloseKiosk(12, "paper"), "server"), Denied)


def test_visits_reach_the_trail_as_counts(world: World) -> None:
    for _ in range(3):
        world.tells(event("visit_ended", end="left", task="pin", step=3, lasted="longer"), "server")
    assert world.written == []
    world.turns(3601)
    [line] = lines(world.folder)
    assert line.event == "visit_ended" and line.members["by"]["step"] == {"3": 3}


@pytest.mark.parametrize("role", get_args(Role))
def test_whoever_is_in_changes_their_own_passcode_by_the_one_that_it_was(world: World, role: Role) -> None:
    for number in (12, 13):
        world.asks(AddStaff(number, role, GOOD), "root")
    change = ChangePasscode(12, GOOD, OTHER)
    assert isinstance(world.asks(change, "server"), Denied), "they are not in"
    world.asks(Admit(12, GOOD), "server")
    assert isinstance(world.asks(ChangePasscode(13, GOOD, OTHER), "server"), Denied), "who is in is somebody else"
    assert world.asks(ChangePasscode(12, GOOD, "12345678"), "server") == TooWeak("pattern")
    assert world.asks(ChangePasscode(12, GOOD, GOOD), "server") == TooWeak("same")
    assert world.asks(ChangePasscode(12, WRONG, OTHER), "server") == NotAdmitted(0)
    assert "passcode_changed" not in dict(world.written)
    assert world.asks(change, "server") == Taken()
    assert world.written[-1] == ("passcode_changed", {"staff": 12, "role": role})
    assert world.asks(Admit(12, GOOD), "server") == NotAdmitted(0)
    assert world.asks(Admit(12, OTHER), "server") == Admitted(role)
    assert world.asks(Admit(13, GOOD), "server") == Admitted(role), "and nobody else's"
    trail = b"".join(each.read_bytes() for each in world.folder.iterdir())
    assert all(each.encode() not in trail for each in (GOOD, OTHER, WRONG))


NOT_IN = Denied("this staff number was not let in here, or not lately", anew=True)


def is_in(world: World, role: Role) -> None:
    """12, of that role, beside a supervisor, an officer and a vendor."""
    others: dict[int, Role] = {7: "supervisor", 13: "officer", 9: "vendor"}
    for number, theirs in {12: role, **others}.items():
        world.asks(AddStaff(number, theirs, GOOD), "root")
    world.asks(Admit(12, GOOD), "server")


@pytest.mark.parametrize("role", get_args(Role))
@pytest.mark.parametrize("act", get_args(MemberAct))
def test_a_supervisor_acts_on_others_and_the_trail_says_who_did_what_to_whom(
    world: World, role: Role, act: MemberAct
) -> None:
    is_in(world, role)
    member, before = 77 if act in ADDED else 13, len(world.written)
    said = world.asks(ActOnMember(12, GOOD, member, act), "server")
    if role == "officer" or (role, act) == ("vendor", "add_supervisor"):
        assert said == MayNot("role" if role == "officer" else "supervisor") and len(world.written) == before
        return
    told: dict[str, object] = {"staff": 12, "role": role, "member": member}
    if act == "remove":
        assert said == Taken() and world.written[before:] == [("member_removed", told)]
        assert world.asks(Admit(member, GOOD), "server") == NotAdmitted(0)
        return
    assert isinstance(said, FirstPasscode)
    added = {"member_role": ADDED[act]} if act in ADDED else {}
    assert world.written[before:] == [("member_added" if added else "first_passcode_given", {**told, **added})]
    assert weak(said.passcode, member) is None
    assert world.asks(Admit(member, GOOD), "server") == NotAdmitted(0), "what they had before opens nothing"
    assert world.asks(Admit(member, said.passcode), "server") == ChangeFirst()
    kept = b"".join(each.read_bytes() for each in world.folder.parent.rglob("*") if each.is_file())
    assert said.passcode.encode() not in kept and said.passcode not in f"{said!r} {said}"


@pytest.mark.parametrize("role", get_args(Role))
def test_who_is_on_the_staff_is_told_to_supervisors_alone(world: World, role: Role) -> None:
    assert isinstance(world.asks(Members(12), "server"), Denied), "nobody was let in"
    is_in(world, role)
    said = world.asks(Members(12), "server")
    accounts: dict[int, Role] = {7: "supervisor", 9: "vendor", 12: role, 13: "officer"}
    assert said == (MayNot("role") if role == "officer" else Staff(accounts))


@pytest.mark.parametrize("act", get_args(MemberAct))
def test_who_acts_says_their_own_passcode_and_a_wrong_one_is_a_try(world: World, act: MemberAct) -> None:
    is_in(world, "supervisor")
    member = 77 if act in ADDED else 13
    said = [world.asks(ActOnMember(12, WRONG, member, act), "server") for _ in range(5)]
    assert said == [*[NotAdmitted(0)] * 4, NotAdmitted(15)]
    assert world.asks(ActOnMember(12, GOOD, member, act), "server") == NotAdmitted(15)
    assert [name for name, _ in world.written].count("passcode_refused") == 5
    assert isinstance(world.asks(ActOnMember(13, GOOD, 7, act), "server"), Denied), "who is in is somebody else"
    assert world.asks(Members(12), "server") == Staff({7: "supervisor", 9: "vendor", 12: "supervisor", 13: "officer"})


@pytest.mark.parametrize("entry", ["passcode", "card first", "passcode first"])
def test_a_first_passcode_opens_nothing_but_its_own_change(world: World, entry: str, tmp_path: Path) -> None:
    is_in(world, "supervisor")
    key = Pki(tmp_path / "pki").staff_card("p256")
    if entry != "passcode":
        world.asks(PinCard(7, fingerprint(certificate_of(key))), "root")
    first = world.asks(ActOnMember(12, GOOD, 7, "give"), "server")
    assert isinstance(first, FirstPasscode)

    def shows_card() -> Answer:
        given = world.asks(Challenge(7), "server")
        assert isinstance(given, Challenged)
        return world.asks(ShowCard(7, certificate_of(key), signed(key, given.challenge)), "server")

    if entry == "card first":
        assert shows_card() == Taken()
    said = world.asks(Admit(7, first.passcode), "server")
    if entry == "passcode first":
        assert said == CardWanted()
        assert isinstance(world.asks(ChoosePasscode(7, OTHER), "server"), Denied), "half of it is nothing"
        said = shows_card()
    their = {"staff": 7, "role": "supervisor"}
    assert said == ChangeFirst() and ("staff_admitted", their) not in world.written
    acts: list[Question] = [
        *(CloseKiosk(7, "paper"), PaperChanged(7), Restart(7, "browser"), StaffLeft(7, "left"), Members(7)),
        *(ChangePasscode(7, first.passcode, OTHER), ActOnMember(7, first.passcode, 13, "remove")),
    ]
    for act in acts:
        assert isinstance(world.asks(act, "server"), Denied)
    refused: dict[str, Weakness] = {first.passcode: "same", "12345678": "pattern", "1": "too_short"}
    for new, why in refused.items():
        assert world.asks(ChoosePasscode(7, new), "server") == TooWeak(why)
    assert world.asks(ChoosePasscode(7, OTHER), "server") == Admitted("supervisor")
    assert world.written[-2:] == [("passcode_changed", their), ("staff_admitted", their)]
    assert isinstance(world.asks(CloseKiosk(7, "paper"), "server"), DoorsStand)
    assert isinstance(world.asks(ChoosePasscode(7, WRONG), "server"), Denied), "once"
    assert world.asks(Admit(7, first.passcode), "server") == NotAdmitted(0)


def test_who_is_in_by_the_passcode_before_is_out_and_a_change_that_waits_ends(world: World) -> None:
    is_in(world, "supervisor")
    world.asks(Admit(13, GOOD), "server")
    first = world.asks(ActOnMember(12, GOOD, 13, "give"), "server")
    assert isinstance(first, FirstPasscode)
    assert isinstance(world.asks(PaperChanged(13), "server"), Denied)
    assert world.asks(Admit(13, first.passcode), "server") == ChangeFirst()
    second = world.asks(ActOnMember(12, GOOD, 13, "give"), "server")
    assert isinstance(second, FirstPasscode) and second.passcode != first.passcode
    assert isinstance(world.asks(ChoosePasscode(13, OTHER), "server"), Denied)
    assert world.asks(Admit(13, first.passcode), "server") == NotAdmitted(0)
    world.asks(Admit(13, second.passcode), "server")
    world.time += CHOOSE_SECONDS
    assert isinstance(world.asks(ChoosePasscode(13, OTHER), "server"), Denied), "they went away"
    world.asks(Admit(13, second.passcode), "server")
    assert world.asks(ActOnMember(12, GOOD, 13, "remove"), "server") == Taken()
    assert isinstance(world.asks(ChoosePasscode(13, OTHER), "server"), Denied)


def test_a_passcode_is_in_no_repr() -> None:
    made = (ChoosePasscode(12, GOOD), ActOnMember(12, GOOD, 13, "give"), FirstPasscode(GOOD))
    for message in (Admit(12, GOOD), AddStaff(12, "officer", GOOD), ChangePasscode(12, OTHER, GOOD), *made):
        assert GOOD not in f"{message!r} {message}" and OTHER not in f"{message!r} {message}"


# A proof


@pytest.mark.parametrize("role", get_args(Role))
def test_who_has_the_machine_prove_what_runs_on_it_stands_in_the_trail(world: World, role: Role) -> None:
    assert isinstance(world.asks(AskProof(12), "server"), Denied), "nobody was let in"
    is_in(world, role)
    assert world.asks(AskProof(12), "server") == Taken()
    assert world.written[-1] == ("proof_asked", {"staff": 12, "role": role})


# The trail on a stick


@pytest.mark.parametrize("role", get_args(Role))
def test_the_trail_is_laid_ready_for_those_who_supervise(world: World, role: Role) -> None:
    assert isinstance(world.asks(OfferTrail(12, True), "server"), Denied), "nobody was let in"
    is_in(world, role)
    said, handed = world.asks(OfferTrail(12, True), "server"), world.runtime / HANDED
    if role == "officer":
        assert said == Denied("this is not for this role") and not handed.exists()
        return
    assert said == TrailStands("waits") and handed.stat().st_mode & 0o777 == 0o640
    assert world.written[-1] == ("trail_offered", {"staff": 12, "role": role})
    with tarfile.open(handed) as bundle:
        names = bundle.getnames()
        taken = bundle.extractfile(next(name for name in names if name.endswith(".jsonl")))
        assert taken is not None and b"trail_offered" in taken.read() and "anchor.sig" in names
    assert GOOD.encode() not in handed.read_bytes()


ENDS: dict[TrailState, Callable[[World], object]] = {
    "taken": lambda world: world.tells(event("trail_taken"), "root"),
    "over": lambda world: world.turns(int(WAITS_SECONDS)),
    "none": lambda world: world.asks(OfferTrail(12, False), "server"),
}


@pytest.mark.parametrize("state", ENDS)
def test_it_lies_there_no_longer_than_somebody_waits_for_it(world: World, state: TrailState) -> None:
    is_in(world, "supervisor")
    world.asks(OfferTrail(12, True), "server")
    ENDS[state](world)
    assert world.asks(TrailOffered(), "server") == TrailStands(state) and not (world.runtime / HANDED).exists()
    assert world.asks(OfferTrail(12, True), "server") == TrailStands("waits"), "and once more"


@pytest.mark.parametrize("how", ["they have left", "the caretaker begins anew"])
def test_nobody_finds_it_there_later(world: World, how: str) -> None:
    is_in(world, "supervisor")
    world.asks(OfferTrail(12, True), "server")
    if how == "they have left":
        world.asks(StaffLeft(12, "timed_out"), "server")
    else:
        world.dispatcher = world.begun()
    assert not (world.runtime / HANDED).exists() and world.asks(TrailOffered(), "server") == TrailStands("none")


def test_a_place_that_does_not_take_it_is_told(world: World) -> None:
    is_in(world, "supervisor")
    (world.runtime / f"{HANDED}.new").mkdir()
    assert world.asks(OfferTrail(12, True), "server") == TrailStands("failed")


def test_a_stick_says_nothing_of_a_trail_that_nobody_offered(world: World) -> None:
    world.tells(event("trail_taken"), "root")
    assert world.asks(TrailOffered(), "server") == TrailStands("none")


# Calls


class Carries:
    """Carries nothing, and hears of nothing."""

    heard: tuple[str, CallState, float] | None = None

    def carry(self, wish: Wish) -> None:
        pass


@pytest.fixture
def called(world: World) -> World:
    world.alerts = Alerts("kiosk", Carries(), world.record.tell, world.now)
    world.dispatcher = world.begun()
    return world


def test_a_call_is_begun_asked_for_and_ended_and_stands_in_the_trail(called: World) -> None:
    assert called.asks(CallStands(), "server") == Calling("none")
    assert called.asks(Call(), "server") == Calling("sending")
    called.turns(12)
    assert called.asks(CallStands(), "server") == Calling("unsent")
    assert called.asks(EndCall(), "server") == Taken()
    assert called.asks(CallStands(), "server") == Calling("none")
    assert called.written == [("staff_called", {}), ("call_stands", {"call": "unsent"})]


def test_an_officer_who_has_come_in_ends_the_call_and_a_wrong_passcode_does_not(called: World) -> None:
    called.asks(AddStaff(12, "officer", GOOD), "root")
    called.asks(Call(), "server")
    called.asks(Admit(12, WRONG), "server")
    assert called.alerts.calling
    called.asks(Admit(12, GOOD), "server")
    assert not called.alerts.calling


def test_a_session_that_calls_and_calls_is_not_heard_for_the_rest(called: World) -> None:
    said = []
    for _ in range(BURST + 20):
        said.append(called.asks(Call(), "server"))
        called.asks(EndCall(), "server")
    assert said == [Calling("sending")] * BURST + [Denied("too much is called", later=True)] * 20
    called.time += EVERY_SECONDS
    assert called.asks(Call(), "server") == Calling("sending")
    for _ in range(20):
        assert called.asks(Call(), "server") == Calling("sending"), "the one that stands costs nothing"


def test_what_was_tried_out_is_written_by_number_and_role_and_only_for_who_is_in(world: World) -> None:
    tried, left = TriedOut(12, "printer", "bad"), StaffLeft(12, "timed_out")
    world.asks(AddStaff(12, "officer", GOOD), "root")
    assert isinstance(world.asks(tried, "server"), Denied) and isinstance(world.asks(left, "server"), Denied)
    world.asks(Admit(12, GOOD), "server")
    assert [world.asks(each, "server") for each in (tried, left)] == [Taken(), Taken()]
    assert isinstance(world.asks(tried, "server"), Denied), "who has left has to be let in anew"
    assert world.written[-2:] == [
        ("tried_out", {"staff": 12, "role": "officer", "part": "printer", "verdict": "bad"}),
        ("staff_left", {"staff": 12, "role": "officer", "end": "timed_out"}),
    ]


def test_only_who_is_not_in_is_sent_to_the_door_whatever_else_is_in_the_way(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that takes nothing, and what may not be done: to come in anew is no help against these."""
    is_in(world, "supervisor")
    facts = world.asks(Facts(), "server")
    assert isinstance(facts, FactsStand)
    stale = ConfirmFact(12, facts.facts[0].fact, "0" * 64)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.rename", full)
    acts: list[Question] = [
        *(MakeReport(12, ("printer",)), ChangePasscode(12, GOOD, OTHER), ActOnMember(12, GOOD, 13, "give")),
        *(stale, CloseKiosk(12, "paper", 1), SetLevel(12, "volume", 60)),
    ]
    for act in acts:
        said = world.asks(act, "server")
        assert isinstance(said, Denied) and not said.anew and not said.later, act
    assert world.asks(StaffLeft(12, "finished"), "server") == Taken()
    for act in acts:
        assert world.asks(act, "server") == NOT_IN
    assert world.asks(ChoosePasscode(12, OTHER), "server") == Denied(
        "the first passcode of this staff number was not shown here, or not lately", anew=True
    )


def test_a_report_is_of_what_was_tried_out_since_this_one_came_in_and_of_nothing_before(world: World) -> None:
    def made() -> Reported:
        said = world.asks(MakeReport(12, ("printer", "touch")), "server")
        assert isinstance(said, Reported)
        return said

    world.asks(AddStaff(12, "officer", GOOD), "root")
    assert isinstance(world.asks(MakeReport(12, ("printer",)), "server"), Denied)
    world.asks(Admit(12, GOOD), "server")
    for part in ("printer", "reader"):
        world.asks(TriedOut(12, part, "good"), "server")
    assert (made().tried, made().ready) == ({"printer": "good", "touch": None}, False)
    world.asks(TriedOut(12, "touch", "good"), "server")
    assert made().ready
    world.asks(Admit(12, GOOD), "server")
    assert made().tried == {"printer": None, "touch": None}


def test_the_board_follows_a_fact_that_was_confirmed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    late = guidance.load().recording.due
    monkeypatch.setattr(world.overview.facts, "_today", lambda: late)
    world.asks(AddStaff(12, "supervisor", GOOD), "root")
    world.asks(Admit(12, GOOD), "server")
    looked: list[bool] = []

    def look(again: bool) -> list[tuple[str, str]]:
        looked.append(again)
        return [("guidance", "confirmed")]

    monkeypatch.setattr(world.overview, "_look", look)
    stand = world.asks(Facts(), "server")
    assert isinstance(stand, FactsStand) and len(stand.facts) == len(FIELDS["fact"].values or {})
    row = next(each for each in stand.facts if each.fact == "recording")
    assert isinstance(world.asks(ConfirmFact(12, "recording", "0" * 64), "server"), Denied) and looked == []
    assert world.asks(ConfirmFact(12, "recording", row.digest), "server") == Taken()
    assert looked == [False] and world.written[-1] == (
        "fact_confirmed",
        {"staff": 12, "role": "supervisor", "fact": "recording"},
    )


def test_the_status_says_whether_anybody_could_be_let_in(world: World) -> None:
    assert world.asks(Status(), "server") == Standing(1, "head", 0, staffed=False)
    world.asks(AddStaff(12, "officer", GOOD), "root")
    assert world.asks(Status(), "server") == Standing(1, "head", 0, staffed=True)


def test_one_who_needs_a_card_acts_only_once_it_was_shown(world: World, tmp_path: Path) -> None:
    credential = Pki(tmp_path / "pki").staff_card("p256")
    certificate = certificate_of(credential)
    world.asks(AddStaff(7, "supervisor", GOOD), "root")
    assert world.asks(Status(), "server").cards is False  # type: ignore[union-attr]
    assert world.asks(PinCard(7, fingerprint(certificate)), "root") == Taken()
    assert world.asks(Status(), "server").cards is True  # type: ignore[union-attr]
    assert world.asks(ListStaff(), "root") == Staff({7: "supervisor"}, (7,))

    assert world.asks(Admit(7, GOOD), "server") == CardWanted()
    assert isinstance(world.asks(OpenKiosk(7), "server"), Denied)
    given = world.asks(Challenge(7), "server")
    assert isinstance(given, Challenged)
    showing = ShowCard(7, certificate, signed(credential, given.challenge))
    assert world.asks(showing, "server") == Admitted("supervisor")
    assert world.asks(showing, "server") == NotAdmitted(0)
    assert isinstance(world.asks(OpenKiosk(7), "server"), DoorsStand)


def test_cards_that_are_refused_one_after_the_other_fill_no_disk(world: World) -> None:
    said = [world.asks(ShowCard(7, b"", b""), "server") for _ in range(BURST + 5)]
    assert said[: BURST - 1] == [NotAdmitted(0)] * (BURST - 1) and said[-1] == Denied("too much is asked", later=True)


def test_root_tells_how_far_trail_and_journal_have_left_and_when_the_desks_certificate_ends(world: World) -> None:
    assert world.asks(Uploaded("trail", 1_764_100_000), "root") == Taken()
    assert world.overview.upload_progress.before == {"trail": 1_764_100_000}
    assert world.asks(DeskCertificate(1_800_000_000), "root") == Taken()
    assert world.overview.upload_progress.ends == 1_800_000_000


def test_staff_set_what_the_machine_has_and_the_screens_keeper_hears_of_it(world: World) -> None:
    world.asks(AddStaff(12, "officer", GOOD), "root")
    world.asks(Admit(12, GOOD), "server")
    assert world.asks(Levels(), "server") == LevelsStand() == world.asks(LevelsAre(None, None), "browser")
    assert isinstance(world.asks(SetLevel(12, "volume", 60), "server"), Denied), "nobody says that there is a card"
    assert world.asks(LevelsAre(47, None), "browser") == LevelsStand(47), "nobody wants it otherwise"
    assert world.asks(SetLevel(12, "volume", 60), "server") == LevelsStand(60)
    assert world.asks(LevelsAre(47, None), "browser") == LevelsStand(60)
    assert isinstance(world.asks(SetLevel(12, "brightness", 60), "server"), Denied)
    assert isinstance(world.asks(SetLevel(13, "volume", 60), "server"), Denied)
    acts = [fields for name, fields in world.written if name == "level_set"]
    assert acts == [{"staff": 12, "role": "officer", "adjusted": "volume", "percent": 60}]
