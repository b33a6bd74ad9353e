"""Whatever changes something and stands in the trail does both or neither, wherever it is killed."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from msgspec import Raw

from kiosk.caretaker import appointed, disk, looked_into, readiness
from kiosk.caretaker.changes import FILE, Changes, Redo
from kiosk.caretaker.finished import FinishedAnswers
from kiosk.caretaker.hours import Hours
from kiosk.caretaker.overview import Overview
from kiosk.caretaker.passcodes import Admitted, NotDone, Passcodes
from kiosk.caretaker.passcodes import Kept as Accounts
from kiosk.caretaker.readiness import NotReported
from kiosk.caretaker.record import Record
from kiosk.config import guidance
from kiosk.config.events import EVENTS, event
from kiosk.config.kiosk import Opening
from kiosk.ipc.appointed import Appointed, Member
from kiosk.ipc.finished import FILE as FINISHED
from kiosk.ipc.finished import Finished
from kiosk.ipc.looked_into import FILE as LOOKED_INTO
from kiosk.ipc.looked_into import LookedInto
from kiosk.ipc.messages import DoorsStand
from kiosk.language import hours
from tests.caretaker.hashes import CHEAP, DEAR
from tests.caretaker.test_readiness import IDENTITY
from tests.caretaker.trails import BEGAN, Clock, copied, lines, opened

GOOD, OTHER, WRONG = "58203917", "60417293", "90183645"
CALLS = ("write", "rename", "unlink")  # by each of these the disk is another than before
FACTS = guidance.load()
MEMBER = Member("officer", DEAR)


class Cut(BaseException):
    """It is killed, or the power goes."""


class Life:
    """The caretaker from a start to an end: all that changes something. It is ten o'clock in the morning in Japan."""

    def __init__(self, folder: Path) -> None:
        (folder / "run").mkdir(exist_ok=True)
        self.folder, self.wall = folder, BEGAN
        self.trail = opened(folder / "trail", Clock(), segment_bytes=100_000)
        self.record = Record(self.trail, Hours(folder / "run", folder))
        self.changes = Changes(self.record, folder)
        self.staff = Passcodes(folder / "staff.json", self.changes, now=lambda: self.wall, cost=CHEAP)
        seconds = lambda: self.wall.timestamp()  # noqa: E731
        opening = Opening(hours.Hours("Mo-Fr 13:00-17:00; PH off"))
        self.overview = Overview(
            folder, self.changes, guidance.load, lambda: IDENTITY, wall=seconds, opening=opening, left=folder / "left"
        )
        self.record.written, self.record.known = self.overview.written, self.overview.known
        appointed.appoint(folder / "appointed", self.staff)
        self.answers = FinishedAnswers(folder / "handed", folder, self.changes, self.overview.report)
        self.answers.tell()
        looked_into.tell(folder / "word", folder, self.changes)
        self.staff.end_vendors()
        self.overview.levels.are(40, None)
        self.overview.turn()

    def ends(self) -> None:
        self.record.stop()

    def passes(self, **how: float) -> None:
        self.wall += timedelta(**how)

    def sees(self) -> None:
        self.overview.report("disk", "full")
        self.overview.board.again()

    def shown(self, check: str) -> tuple[str, bool]:
        return next((row.reason, row.seen) for row in self.overview.board.rows if row.check == check)

    def accounts(self) -> Accounts:
        return msgspec.json.decode((self.folder / "staff.json").read_bytes(), type=Accounts)

    def reports(self) -> None:
        self.overview.report_readiness(12, "officer", {}, (0, ""))

    def is_handed(self, name: str, what: msgspec.Struct) -> None:
        (self.folder / name).write_bytes(msgspec.json.encode(what))


@pytest.fixture(autouse=True)
def no_page_of_a_report(monkeypatch: pytest.MonkeyPatch) -> None:
    """It comes beside all this, when it comes, from a program that takes a processor for a second: here it does not."""

    def refuses(_data: bytes) -> bytes:
        raise OSError

    monkeypatch.setattr(readiness, "laid_out", refuses)


Does = Callable[[Life], object]


def nothing(_life: Life) -> None:
    pass


def closes(life: Life, until: int | None = None) -> None:
    life.overview.doors.close(12, "officer", "paper", until)


def closes_for_an_hour(life: Life) -> None:
    life.overview.doors.open(12, "officer")
    closes(life, int((BEGAN + timedelta(hours=1)).timestamp()))


def an_hour_later(life: Life) -> bool:
    life.passes(hours=2)
    life.overview.doors.turn()
    return True  # if it was not done before it is now


def is_open(life: Life) -> bool:
    life.passes(hours=4)  # within its hours
    return life.overview.doors.stand == DoorsStand()


def confirms(life: Life) -> None:
    life.overview.confirm(12, "supervisor", "recording", guidance.digest(FACTS.recording))


def is_appointed(life: Life) -> None:
    life.is_handed("appointed", Appointed("1", {7: MEMBER}))
    appointed.appoint(life.folder / "appointed", life.staff)


def has_finished(life: Life) -> None:
    life.is_handed("handed", Finished("1"))
    life.answers.tell()


def is_looked_into(life: Life) -> None:
    life.is_handed("word", LookedInto("1"))
    looked_into.tell(life.folder / "word", life.folder, life.changes)


def a_week_later(life: Life) -> bool:
    life.passes(days=8)
    life.staff.end_vendors()
    return life.staff.accounts == {}


def adds_a_vendor(life: Life) -> None:
    life.staff.add(9, "vendor", GOOD)


def has_a_card(life: Life) -> None:
    life.staff.add(7, "supervisor", GOOD)
    life.staff.pin(7, "ab")


def has_a_supervisor(life: Life) -> None:
    life.staff.add(7, "supervisor", GOOD)


def has_an_officer(life: Life) -> None:
    has_a_supervisor(life)
    life.staff.add(8, "officer", GOOD)


def is_given_a_first_passcode(life: Life) -> None:
    has_an_officer(life)
    life.staff.act(7, GOOD, 8, "give")


def has_tried(life: Life) -> None:
    life.staff.add(7, "officer", GOOD)
    life.staff.check(7, WRONG)


ACTS: dict[str, tuple[Does, Does, Callable[[Life], bool]]] = {  # what was before, the act, and whether it is so
    "kiosk_closed": (nothing, closes, lambda life: life.overview.doors.stand.reason == "paper"),
    "kiosk_opened": (closes, lambda life: life.overview.doors.open(12, "officer"), is_open),
    "kiosk_reopened": (closes_for_an_hour, an_hour_later, an_hour_later),
    "check": (nothing, Life.sees, lambda life: any(row.check == "disk" for row in life.overview.board.rows)),
    "check_seen": (
        Life.sees,
        lambda life: life.overview.board.mark(12, "officer", "disk", "full"),
        lambda life: life.shown("disk")[1],
    ),
    "level_set": (
        nothing,
        lambda life: life.overview.levels.set(12, "officer", "volume", 60),
        lambda life: life.overview.levels.are(40, None).volume == 60,
    ),
    "paper_changed": (
        nothing,
        lambda life: life.overview.roll.changed(12, "officer"),
        lambda life: life.overview.roll.stands.rolls == 1,
    ),
    "fact_confirmed": (
        nothing,
        confirms,
        lambda life: any(row.by == 12 for row in life.overview.facts.stand.facts),
    ),
    "readiness_reported": (
        nothing,
        Life.reports,
        lambda life: bool(readiness.kept(life.folder / readiness.FOLDER)),
    ),
    "staff_added": (nothing, adds_a_vendor, lambda life: life.staff.accounts == {9: "vendor"}),
    "staff_added, by a signed file": (nothing, is_appointed, lambda life: life.staff.accounts == {7: "officer"}),
    "passcode_changed": (
        lambda life: life.staff.add(7, "officer", GOOD),
        lambda life: life.staff.change(7, GOOD, OTHER),
        lambda life: life.staff.check(7, OTHER) == Admitted("officer"),
    ),
    "staff_removed": (adds_a_vendor, lambda life: life.staff.remove(9), lambda life: life.staff.accounts == {}),
    "staff_removed, for its time is over": (adds_a_vendor, a_week_later, a_week_later),
    "passcode_changed, the first one": (
        is_given_a_first_passcode,
        lambda life: life.staff.choose(8, OTHER),
        lambda life: life.staff.check(8, OTHER) == Admitted("officer"),
    ),
    "member_added": (
        has_a_supervisor,
        lambda life: life.staff.act(7, GOOD, 9, "add_officer"),
        lambda life: 9 in life.staff.staff.first,
    ),
    "first_passcode_given": (
        has_an_officer,
        lambda life: life.staff.act(7, GOOD, 8, "give"),
        lambda life: 8 in life.staff.staff.first,
    ),
    "member_removed": (
        has_an_officer,
        lambda life: life.staff.act(7, GOOD, 8, "remove"),
        lambda life: 8 not in life.staff.accounts,
    ),
    "card_pinned": (
        lambda life: life.staff.add(7, "supervisor", GOOD),
        lambda life: life.staff.pin(7, "ab"),
        lambda life: life.staff.with_card == (7,),
    ),
    "card_unpinned": (has_a_card, lambda life: life.staff.pin(7, None), lambda life: not life.staff.with_card),
    "staff_admitted": (
        has_tried,
        lambda life: life.staff.check(7, GOOD),
        lambda life: life.accounts().wrong.machine == 0,
    ),
    "provisioned": (nothing, has_finished, lambda life: (life.folder / FINISHED).exists()),
    "trail_looked_into": (nothing, is_looked_into, lambda life: (life.folder / LOOKED_INTO).exists()),
}
# Of these nothing is kept, or it was before they were judged.
CHANGE_NO_FILE = {"staff_left", "tried_out", "passcode_refused", "card_refused", "trail_offered", "proof_asked"}
BEFORE_IT_IS_DONE = {"restart_asked"}  # by systemd, and nothing of it is kept here
ROOTS = {"trail_exported", "trail_taken", "recovery_key_made"}


def test_every_act_of_the_table_is_looked_at() -> None:
    acts = {name for name, row in EVENTS.items() if row.kind == "act"}
    assert acts <= {name.partition(",")[0] for name in ACTS} | CHANGE_NO_FILE | BEFORE_IT_IS_DONE | ROOTS


def killed(at: int, does: Callable[[], object]) -> bool:
    """The `at`th change of the disk is not made, or half; False: it was over before."""
    left = [at]

    def cuts(call: str) -> Callable[..., object]:
        true = getattr(os, call)

        def cut(*arguments: object, **more: object) -> object:
            left[0] -= 1
            if left[0] == 0:
                if call == "write":
                    true(arguments[0], bytes(arguments[1])[:9])  # type: ignore[call-overload]
                raise Cut
            return true(*arguments, **more)

        return cut

    with pytest.MonkeyPatch.context() as patch, contextlib.suppress(Cut):
        for call in CALLS:
            patch.setattr(os, call, cuts(call))
        does()
    return left[0] <= 0


@pytest.mark.parametrize("name", ACTS)
def test_what_is_so_stands_in_the_trail_once_and_what_stands_there_is_so(tmp_path: Path, name: str) -> None:
    before, act, is_so = ACTS[name]
    (tmp_path / "before").mkdir()
    life = Life(tmp_path / "before")
    before(life)
    life.ends()
    told = name.partition(",")[0]
    stood = [line.event for line in lines(tmp_path / "before" / "trail")].count(told)
    at, cut, so = 0, True, False
    while cut:
        at += 1
        life = Life(copied(tmp_path / "before", tmp_path / "killed"))
        cut = killed(at, lambda life=life: act(life))  # type: ignore[misc]
        life.trail.close()
        again = Life(life.folder)
        so = is_so(again)
        again.overview.turn()
        again.ends()
        stands = [line.event for line in lines(life.folder / "trail")].count(told) - stood
        assert stands == so, f"cut at change {at}"
        assert not (life.folder / FILE).exists()
    assert so and at > 6, "in the end it is done"


def test_what_the_disk_does_not_take_is_not_done_or_lasts_in_memory_and_leaves_nothing_to_do_at_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    life = Life(tmp_path)
    put, full = disk.put, {FILE, "staff.json", "doors.json"}

    def refuses(path: Path, data: bytes, mode: int = 0o600) -> None:
        if path.name in full:
            raise OSError(28, "No space left on device")
        put(path, data, mode)

    monkeypatch.setattr(disk, "put", refuses)
    for room in (set(), {FILE}):  # for nothing; for what is to be done, and not for doing it
        full -= room
        with pytest.raises(NotDone, match="No space left"):
            life.staff.add(7, "officer", GOOD)
        closes(life)
        assert life.overview.doors.stand.reason == "paper" and life.staff.accounts == {}
        assert not (tmp_path / FILE).exists()
    monkeypatch.undo()
    life.ends()
    told = [line.event for line in lines(tmp_path / "trail")]
    assert (told.count("kiosk_closed"), told.count("staff_added")) == (2, 0)
    assert Life(tmp_path).staff.accounts == {}


def refuses_all(patch: pytest.MonkeyPatch, number: int) -> None:
    """No file is written, made, renamed or removed."""
    error = OSError(number, os.strerror(number))
    true = os.open

    def opens(path: str | Path, flags: int, mode: int = 0o777) -> int:
        if flags & (os.O_WRONLY | os.O_RDWR):
            raise error
        return true(path, flags, mode)

    patch.setattr(os, "open", opens)
    for call in (*CALLS, "mkdir"):
        patch.setattr(os, call, lambda *_arguments, **_more: (_ for _ in ()).throw(error))


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EIO], ids=errno.errorcode.get)
def test_a_disk_that_takes_nothing_keeps_the_staff_from_accounts_and_reports_alone_and_what_they_did_is_there_later(
    tmp_path: Path, number: int
) -> None:
    life = Life(tmp_path)
    life.staff.add(7, "officer", GOOD)
    life.sees()
    overview = life.overview
    with pytest.MonkeyPatch.context() as patch:
        refuses_all(patch, number)
        overview.roll.changed(12, "officer")
        overview.levels.set(12, "officer", "volume", 60)
        overview.board.mark(12, "officer", "disk", "full")
        overview.upload_progress.told("trail", 1_700_000_000)
        confirms(life)
        closes(life)
        life.staff.check(7, GOOD)
        with pytest.raises(NotDone, match=os.strerror(number)):
            life.staff.add(8, "officer", GOOD)
        with pytest.raises(NotReported, match=os.strerror(number)):
            life.reports()
        for _ in range(3):
            overview.turn()
            life.record.turn()
        assert life.record.unwritten > 0

    def is_so(life: Life) -> bool:
        overview = life.overview
        return (
            overview.roll.stands.rolls == 1
            and overview.levels.are(40, None).volume == 60
            and life.shown("disk")[1]
            and overview.upload_progress.before == {"trail": 1_700_000_000}
            and any(row.by == 12 for row in overview.facts.stand.facts)
            and overview.doors.stand.reason == "paper"
            and life.staff.accounts == {7: "officer"}
        )

    assert is_so(life)
    overview.turn()
    life.record.turn()
    life.ends()
    told = [line.event for line in lines(tmp_path / "trail")]
    assert "gap" in told and "staff_added" in told
    assert is_so(Life(tmp_path))


class Refusing:
    """A disk that does not take a file from the `at`th on, until it does again."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, at: int = 1) -> None:
        self.left, self.refused, put = at, 0, disk.put

        def refuses(path: Path, data: bytes, mode: int = 0o600) -> None:
            self.left -= 1
            if self.left <= 0:
                self.refused += 1
                raise OSError(28, "No space left on device")
            put(path, data, mode)

        monkeypatch.setattr(disk, "put", refuses)

    def is_well(self) -> None:
        self.left = 1 << 30


def left_undone(folder: Path, name: str) -> tuple[Path, int]:
    """A life that was killed when what was to be done stood there and nothing of it was done; and how often its line
    stood there before."""
    before, act, _ = ACTS[name]
    (folder / "before").mkdir()
    life = Life(folder / "before")
    before(life)
    life.ends()
    told = name.partition(",")[0]
    stood = [line.event for line in lines(life.folder / "trail")].count(told)
    for at in range(1, 60):
        life = Life(copied(folder / "before", folder / "killed"))
        assert killed(at, lambda life=life: act(life))  # type: ignore[misc]
        life.trail.close()
        if (life.folder / FILE).exists():
            return life.folder, stood
    raise AssertionError("nothing is written down beforehand")


def stands_twice(folder: Path, told: str, stood: int) -> int:
    return [line.event for line in lines(folder / "trail")].count(told) - stood


REDONE = [name for name in ACTS if name != "staff_admitted"]  # of which what is left of the wrong tries is looked at


@pytest.mark.parametrize("name", REDONE)
def test_what_the_disk_does_not_take_at_a_start_is_so_and_is_done_when_it_does(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Refused at the first file, at the second …: until the start refuses nothing."""
    folder, stood = left_undone(tmp_path, name)
    told, is_so = name.partition(",")[0], ACTS[name][2]
    for at in range(1, 20):
        here = copied(folder, tmp_path / "again")
        with monkeypatch.context() as patch:
            full = Refusing(patch, at)
            caplog.clear()
            life = Life(here)
            undone = "tried again" in caplog.text
            refused = full.refused
            full.is_well()
            life.changes.settle()
            life.overview.turn()
            assert is_so(life) and not (here / FILE).exists()
        assert caplog.text.count("tried again") <= 1
        life.ends()
        assert stands_twice(here, told, stood) == 1
        again = Life(here)
        assert is_so(again), "it is on the disk"
        again.ends()
        assert stands_twice(here, told, stood) == 1
        if not refused:
            break
        assert undone or at > 1
    assert at > 1 and not undone


def test_a_disk_that_goes_on_refusing_is_tried_less_and_less_often_and_spoken_of_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    folder, _ = left_undone(tmp_path, "paper_changed")
    now = [0.0]
    record = Life(copied(folder, tmp_path / "trail_of_its_own")).record
    full = Refusing(monkeypatch)
    changes = Changes(record, folder, lambda: now[0])
    assert full.refused == 1
    for _ in range(600):
        now[0] += 1
        changes.turn()
    assert 8 < full.refused < 20
    assert caplog.text.count("tried again") == 1
    full.is_well()
    now[0] += 60
    changes.turn()
    assert not (folder / FILE).exists() and b'"rolls":1' in (folder / "paper.json").read_bytes()
    assert caplog.text.count("done after all") == 1


def test_what_is_changed_meanwhile_is_not_undone_by_what_is_done_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed at each write of doing it later: what was changed last is so, or what was changed first."""
    folder, stood = left_undone(tmp_path, "kiosk_closed")
    at, cut = 0, True
    while cut:
        at += 1
        here = copied(folder, tmp_path / "again")
        with monkeypatch.context() as patch:
            full = Refusing(patch)
            life = Life(here)
            assert life.overview.doors.stand.reason == "paper"
            with pytest.raises(NotDone):
                life.staff.add(8, "officer", GOOD)
            life.overview.doors.close(12, "officer", "maintenance", None)
            full.is_well()
            cut = killed(at, life.changes.settle)
            life.trail.close()
        again = Life(here)
        expected = {"paper", "maintenance"} if cut else {"maintenance"}
        assert again.overview.doors.stand.reason in expected, f"cut at change {at}"
        again.overview.turn()
        again.ends()
        assert stands_twice(here, "kiosk_closed", stood) == 2
        assert not (here / FILE).exists()
    assert at > 4


@pytest.mark.parametrize("content", [b"", b"{", b"[" * 100_000, b'{"files":{},"told":[],"behind":0,"more":1}'])
def test_what_cannot_be_read_is_not_done_and_ends_nothing(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / FILE).write_bytes(content)
    Life(tmp_path).ends()
    assert "not done at all" in caplog.text and not (tmp_path / FILE).exists()


def test_a_line_that_an_older_table_had_is_left_out(tmp_path: Path) -> None:
    files = {"paper.json": msgspec.json.encode({"rolls": 3})}
    told = (Raw(b'{"event":"of_yore"}'), Raw(msgspec.json.encode(event("paper_changed", staff=12, role="officer"))))
    (tmp_path / FILE).write_bytes(msgspec.json.encode(Redo(files, told, None)))
    life = Life(tmp_path)
    life.ends()
    assert life.overview.roll.stands.rolls == 3
    assert [line.event for line in lines(tmp_path / "trail")].count("paper_changed") == 1
