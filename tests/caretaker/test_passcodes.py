"""Who is admitted, and how long nobody may try: on a clock that nobody can set, through restarts and power cuts."""

from __future__ import annotations

import math
import os
import re
import tempfile
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.caretaker import disk, passcodes
from kiosk.caretaker.changes import Changes
from kiosk.caretaker.passcode_waits import FREE, LONGEST_SECONDS, MOST_NUMBERS, Counted, Waits, seconds_after
from kiosk.caretaker.passcodes import (
    Admitted,
    Changed,
    Cost,
    HalfAdmitted,
    NotDone,
    Passcodes,
    Refused,
    ToChange,
)
from kiosk.caretaker.weak_passcodes import weak
from kiosk.ipc.appointed import PHC, Appointed, Member
from kiosk.ipc.messages import FirstPasscode
from tests.caretaker.hashes import CHEAP
from tests.caretaker.trails import Told

GOOD, OTHER, WRONG = "58203917", "60417293", "90183645"


class Desk:
    """Accounts on a machine whose clocks are in the test's hands."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "staff.json"
        self.told = Told()
        self.monotonic, self.wall = 1000.0, datetime(2026, 11, 26, tzinfo=UTC)
        self.start()

    def start(self) -> None:
        self.staff = Passcodes(
            self.path, Changes(self.told, self.path.parent), lambda: self.monotonic, lambda: self.wall, CHEAP
        )

    def passes(self, seconds: float) -> None:
        self.monotonic += seconds
        self.wall += timedelta(seconds=seconds)

    def names(self) -> list[str]:
        return [each.name for each in self.told]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path)
    desk.staff.add(12, "officer", GOOD)
    desk.staff.add(7, "supervisor", OTHER)
    desk.told.clear()
    return desk


def test_there_is_no_account_until_somebody_makes_one(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    assert desk.staff.accounts == {} and not desk.path.exists()
    assert desk.staff.check(1, "00000000") == Refused(0)


def test_the_right_passcode_admits_and_says_the_role(desk: Desk) -> None:
    assert desk.staff.check(12, GOOD) == Admitted("officer")
    assert desk.staff.check(7, "６０４１７２９３") == Admitted("supervisor")
    assert desk.names() == ["staff_admitted", "staff_admitted"] and desk.told[0].fields == {
        "staff": 12,
        "role": "officer",
    }
    for number, typed in ((12, OTHER), (7, GOOD), (13, GOOD), (12, ""), (12, GOOD[:-1])):
        assert desk.staff.check(number, typed) == Refused(0)
        assert isinstance(desk.staff.check(12, GOOD), Admitted)


def test_five_are_free_then_each_wrong_one_doubles_the_wait_to_a_quarter_of_an_hour(desk: Desk) -> None:
    waits = []
    for _ in range(16):
        refused = desk.staff.check(12, WRONG)
        assert isinstance(refused, Refused)
        waits.append(refused.seconds)
        if refused.seconds:
            desk.passes(refused.seconds - 0.01)
            assert desk.staff.check(12, GOOD) == Refused(1), "the right one waits, too"
            desk.passes(0.01)
    assert waits == [0, 0, 0, 0, 15, 30, 60, 120, 240, 480, 900, 900, 900, 900, 900, 900]
    assert desk.staff.check(12, GOOD) == Admitted("officer")
    assert desk.staff.check(12, WRONG) == Refused(0), "and all begins anew"


def test_the_machine_counts_all_of_them_whatever_the_number(desk: Desk) -> None:
    for number in (100, 101, 102, 103):
        assert desk.staff.check(number, WRONG) == Refused(0)
    assert desk.staff.check(104, WRONG) == Refused(15)
    assert desk.staff.check(12, GOOD) == Refused(15)
    held = [each.fields for each in desk.told if each.name == "passcodes_held"]
    assert held == [{"held": "machine", "seconds": 15}]
    assert {each.fields["staff"] for each in desk.told if each.name == "passcode_refused"} == {0}


def test_somebody_with_an_account_does_not_free_tries_at_another_number(desk: Desk) -> None:
    waits = []
    for _ in range(7):
        refused = desk.staff.check(7, WRONG)
        assert isinstance(refused, Refused)
        waits.append(refused.seconds)
        desk.passes(refused.seconds)
        assert desk.staff.check(12, GOOD) == Admitted("officer")
    assert waits == [0, 0, 0, 0, 15, 30, 60]


def test_an_open_session_is_no_place_to_guess_at(desk: Desk) -> None:
    for _ in range(FREE - 1):
        assert desk.staff.change(12, WRONG, OTHER) == Refused(0)
    assert desk.staff.change(12, WRONG, "1") == "too_short", "it costs no try"
    assert desk.staff.change(12, WRONG, OTHER) == Refused(15)
    assert desk.names().count("passcode_refused") == FREE and "passcodes_held" in desk.names()
    desk.start()
    assert desk.staff.change(12, GOOD, OTHER) == desk.staff.check(12, GOOD) == Refused(15), (
        "the door's wait is the same"
    )
    desk.passes(15)
    assert desk.staff.change(12, GOOD, OTHER) == Changed()
    assert desk.staff.check(12, GOOD) == Refused(0) and desk.staff.check(12, OTHER) == Admitted("officer")


def test_a_changed_passcode_leaves_card_and_end_as_they_were(desk: Desk) -> None:
    desk.staff.pin(7, "ab")
    assert desk.staff.change(7, OTHER, WRONG) == Changed() and desk.staff.with_card == (7,)
    desk.staff.add(9, "vendor", GOOD)
    assert desk.staff.change(9, GOOD, OTHER) == Changed()
    desk.passes(passcodes.VENDOR_SECONDS)
    desk.staff.end_vendors()
    assert 9 not in desk.staff.accounts


def given_first(desk: Desk) -> str:
    """To 12, by 7."""
    made = desk.staff.act(7, OTHER, 12, "give")
    assert isinstance(made, FirstPasscode)
    return made.passcode


def test_a_first_passcode_lasts_through_a_start_and_is_kept_as_an_older_version_can_read_it(desk: Desk) -> None:
    """Which knows no more of the file than this, and lets nobody in by what is no hash."""
    first = given_first(desk)
    desk.start()
    assert desk.staff.staff.first == (12,) and desk.staff.check(12, first) == ToChange()
    kept = msgspec.json.decode(desk.path.read_bytes())
    assert kept["accounts"]["12"].keys() == {"role", "phc", "card", "ends", "left"}
    with pytest.raises(InvalidKey):
        Argon2id.verify_phc_encoded(first.encode(), kept["accounts"]["12"]["phc"])
    assert first.encode() not in desk.path.read_bytes()
    assert desk.staff.choose(12, GOOD) == Admitted("officer")
    desk.start()
    assert not desk.staff.staff.first and desk.staff.check(12, GOOD) == Admitted("officer")


def test_a_first_passcode_leaves_the_card_and_frees_the_tries(desk: Desk) -> None:
    desk.staff.pin(7, "ab")
    desk.staff.add(8, "supervisor", GOOD)
    for _ in range(FREE):
        desk.staff.check(7, WRONG)
    desk.passes(15)
    made = desk.staff.act(8, GOOD, 7, "give")
    assert isinstance(made, FirstPasscode) and desk.staff.with_card == (7,)
    assert desk.staff.check(7, made.passcode) == HalfAdmitted()


def test_every_first_passcode_may_be_had_and_no_two_are_the_same(desk: Desk) -> None:
    made = [given_first(desk) for _ in range(50)]
    assert all(weak(each, 12) is None and len(each) == 8 for each in made) and len(set(made)) == len(made)


def test_a_weak_one_that_chance_brings_is_not_given(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    brought = iter((12345678, 20261126, 7, int(WRONG)))
    monkeypatch.setattr("kiosk.caretaker.passcodes.secrets.randbelow", lambda _most: next(brought))
    assert given_first(desk) in ("00000007", WRONG)


def test_a_number_that_nobody_has_is_told_apart_by_nothing(desk: Desk) -> None:
    def answers(number: int) -> list[object]:
        found: list[object] = []
        for _ in range(8):
            found.append(desk.staff.check(number, WRONG))
            desk.passes(found[-1].seconds if isinstance(found[-1], Refused) else 0)
            desk.staff.check(12, GOOD)
        return found

    assert answers(7) == answers(8)


def test_a_clock_that_was_set_back_or_forward_changes_nothing(desk: Desk) -> None:
    for _ in range(FREE):
        desk.staff.check(12, WRONG)
    for days in (-4000, 4000):
        desk.wall += timedelta(days=days)
        assert desk.staff.check(12, GOOD) == Refused(15)
    desk.monotonic += 15
    assert desk.staff.check(12, GOOD) == Admitted("officer")


def test_a_wait_begun_before_a_restart_begins_anew_whole(desk: Desk) -> None:
    for _ in range(FREE + 1):
        desk.passes(15)
        desk.staff.check(12, WRONG)
    desk.passes(25)
    desk.monotonic = 3.0  # a reboot: the monotonic clock begins anew, and the wall clock says whatever it says
    desk.start()
    assert desk.staff.check(12, GOOD) == Refused(30)
    desk.passes(30)
    assert desk.staff.check(12, GOOD) == Admitted("officer")


def test_a_try_counts_before_it_is_checked(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A power cut in the middle frees none."""

    def cut(*_: object) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(Passcodes, "_is_right", cut)
    for _ in range(FREE):
        with pytest.raises(KeyboardInterrupt):
            desk.staff.check(12, GOOD)
        desk.start()
    monkeypatch.undo()
    assert desk.staff.check(12, GOOD) == Refused(15)


@pytest.mark.parametrize("call", ["open", "write", "fsync", "rename"])
def test_a_disk_that_takes_nothing_locks_nobody_out_and_frees_no_tries(
    desk: Desk, call: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object, **__: object) -> object:
        raise OSError(28, "No space left on device")

    before = desk.path.read_bytes()
    monkeypatch.setattr(os, call, full)
    assert desk.staff.check(12, GOOD) == Admitted("officer")
    with pytest.raises(NotDone, match=r"staff\.json: No space left on device"):
        desk.staff.add(13, "officer", WRONG)
    with pytest.raises(NotDone):
        desk.staff.remove(12)
    assert desk.staff.accounts == {7: "supervisor", 12: "officer"}
    assert [desk.staff.check(12, WRONG) for _ in range(FREE)][-1] == Refused(15)
    monkeypatch.undo()
    assert "wrong passcodes count until the caretaker ends" in caplog.text and GOOD not in caplog.text
    assert desk.path.read_bytes() == before


def test_the_file_survives_a_cut_at_every_byte(desk: Desk) -> None:
    """It is written beside its place: what is half there is not looked at."""
    whole = desk.path.read_bytes()
    unfinished = desk.path.with_name(desk.path.name + disk.UNFINISHED)
    for length in range(len(whole)):
        unfinished.write_bytes(whole[:length])
        desk.start()
        assert desk.staff.accounts == {7: "supervisor", 12: "officer"}


def test_a_file_that_is_not_ours_any_more_is_said_and_left_alone(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    for content in (b"", b"{", b'{"accounts": {"0x": 1}}', b'{"wrong": {"machine": "x"}}', b"\xff"):
        desk.path.write_bytes(content)
        desk.start()
        assert desk.staff.check(12, GOOD) == Refused(0)
        with pytest.raises(NotDone, match="is not what was written there; move it away, and add the staff anew"):
            desk.staff.add(13, "officer", GOOD)
        assert desk.path.read_bytes() == content
    assert str(desk.path) in caplog.text


def test_nothing_of_a_passcode_is_written_anywhere(desk: Desk) -> None:
    text = desk.path.read_text() + repr(desk.staff.__dict__) + repr(desk.told)
    assert GOOD not in text and "$argon2id$v=19$m=8,t=1,p=1$" in desk.path.read_text()
    assert "argon2" not in repr(desk.staff._accounts)


def test_the_cost_is_the_second_recommended_one_of_rfc_9106() -> None:
    assert Cost() == Cost(memory=64 * 1024, passes=3, lanes=4)
    assert re.match(PHC, passcodes.hashed("x"))


def test_who_has_no_terminal_appoints_by_what_is_kept_of_a_passcode(desk: Desk) -> None:
    phc = passcodes.hashed(WRONG, CHEAP)
    for _ in range(FREE):
        desk.staff.check(7, WRONG)
    desk.told.clear()
    desk.staff.appoint(Appointed("1", {7: Member("supervisor", phc), 20: Member("officer", phc)}, (12, 99)))
    assert desk.staff.accounts == {7: "supervisor", 20: "officer"}
    assert [(each.name, *each.fields.values()) for each in desk.told] == [
        ("staff_removed", 12, "provisioned"),
        ("staff_removed", 7, "provisioned"),
        ("staff_added", 7, "supervisor"),
        ("staff_added", 20, "officer"),
    ]
    desk.start()
    desk.passes(3600)
    assert desk.staff.check(7, WRONG) == Admitted("supervisor")


def test_who_was_appointed_comes_in_although_the_file_of_accounts_cannot_be_used(desk: Desk) -> None:
    desk.path.write_bytes(b"{")
    desk.start()
    desk.staff.appoint(Appointed("1", {7: Member("supervisor", passcodes.hashed(GOOD, CHEAP))}))
    assert desk.staff.check(7, GOOD) == Admitted("supervisor")
    assert desk.path.with_name("staff.json.unusable").read_bytes() == b"{"
    desk.start()
    assert desk.staff.accounts == {7: "supervisor"}


def test_an_account_is_made_once_and_removed_once(desk: Desk) -> None:
    with pytest.raises(NotDone, match="12 is there already"):
        desk.staff.add(12, "vendor", GOOD)
    desk.staff.remove(12)
    with pytest.raises(NotDone, match="there is no staff number 12"):
        desk.staff.remove(12)
    desk.start()
    assert desk.staff.accounts == {7: "supervisor"}
    assert desk.told[0].fields == {"staff": 12, "removal": "asked"}


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("1234567", "too_short"),
        ("", "not_digits"),
        ("5820391a", "not_digits"),
        ("５８２０３９１", "too_short"),
        ("٥٨٢٠٣٩١٧", "not_digits"),
        ("7" * 33, "too_long"),
        ("31415926", "common"),
        ("00000000", "pattern"),
        ("12345678", "pattern"),
        ("87654321", "pattern"),
        ("90123456", "pattern"),
        ("24680246", "pattern"),
        ("12121212", "pattern"),
        ("582058205", "pattern"),
        ("11112222", "pattern"),
        ("12344321", "pattern"),
        ("19850102", "date"),
        ("02011985", "date"),
        ("12312025", "date"),
        ("58204711", "staff_number"),
        ("58203917", None),
        ("19851302", None),
        ("583920174625", None),
    ],
)
def test_what_somebody_would_try_first_is_refused(typed: str, why: str | None) -> None:
    assert weak(typed, 4711) == why


def test_a_weak_one_is_refused_in_one_line_that_does_not_repeat_it(desk: Desk) -> None:
    for typed in ("12345678", "19850102", "abcdefgh", "123"):
        with pytest.raises(NotDone) as caught:
            desk.staff.add(20, "officer", typed)
        assert typed not in str(caught.value) and "\n" not in str(caught.value)
    assert set(passcodes.WEAKNESSES) == set(msgspec.inspect.type_info(passcodes.Weakness).values)  # type: ignore[attr-defined]


# A vendor's account ends by itself


def test_a_vendors_account_ends_after_seven_days_whatever_is_done_to_the_clock(desk: Desk) -> None:
    desk.staff.add(500, "vendor", WRONG)
    assert desk.staff.check(500, WRONG) == Admitted("vendor")
    for _ in range(7 * 24 - 1):
        desk.monotonic += 3600
        desk.wall = datetime(2020, 1, 1, tzinfo=UTC)
        desk.staff.end_vendors()
        desk.start()
    assert desk.staff.check(500, WRONG) == Admitted("vendor")
    desk.monotonic += 3600
    assert isinstance(desk.staff.check(500, WRONG), Refused)
    assert desk.told[-2].fields == {"staff": 500, "removal": "expired"}
    assert desk.staff.accounts == {7: "supervisor", 12: "officer"}


def test_a_vendors_account_ends_by_the_clock_when_the_machine_was_off(desk: Desk) -> None:
    desk.staff.add(500, "vendor", WRONG)
    desk.wall += timedelta(days=7)
    desk.monotonic = 1.0
    desk.start()
    desk.staff.end_vendors()
    assert 500 not in desk.staff.accounts and 12 in desk.staff.accounts


# Any order of things


STEPS = st.one_of(
    st.tuples(st.just("wrong"), st.sampled_from([7, 12, 99])),
    st.tuples(st.just("right"), st.sampled_from([7, 12])),
    st.tuples(st.just("pass"), st.floats(0, 1000)),
    st.tuples(st.just("clock"), st.integers(-3000, 3000)),
    st.tuples(st.just("restart"), st.none()),
)


@settings(deadline=None, max_examples=60)
@given(st.lists(STEPS, max_size=40))
def test_in_whatever_order_things_happen_a_wait_is_whole_and_ends(steps: list[tuple[str, float]]) -> None:
    """An account of its own: wrong ones in a row by number and in all, and when the last of them was."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as name:
        desk = Desk(Path(name))
        desk.staff.add(12, "officer", GOOD)
        desk.staff.add(7, "supervisor", OTHER)
        wrong: dict[int, int] = defaultdict(int)
        since: dict[int, float] = defaultdict(lambda: -math.inf)  # 0: the machine
        for what, value in steps:
            if what == "pass":
                desk.monotonic += value
            elif what == "clock":
                desk.wall += timedelta(days=value)
            elif what == "restart":
                desk.start()
                since = defaultdict(lambda: -math.inf, dict.fromkeys(since, desk.monotonic))
            else:
                number = int(value)
                until = max(since[each] + seconds_after(wrong[each]) for each in (0, number))
                answer = desk.staff.check(number, {12: GOOD, 7: OTHER}[number] if what == "right" else WRONG)
                if desk.monotonic < until:
                    assert answer == Refused(math.ceil(until - desk.monotonic)) and answer.seconds <= LONGEST_SECONDS
                elif what == "right":
                    assert isinstance(answer, Admitted)
                    wrong[0] = wrong[number] = 0
                else:
                    for each in (0, number):
                        wrong[each], since[each] = wrong[each] + 1, desk.monotonic
                    assert answer == Refused(max(seconds_after(wrong[0]), seconds_after(wrong[number])))


def test_a_flood_of_numbers_that_nobody_has_drops_no_count_of_one_that_somebody_has() -> None:
    waits, now = Waits(Counted(), 0.0), 0.0
    for _ in range(FREE):
        waits.begins(12, {12: None})
        waits.wrong(12, now)
    for number in range(1000, 1000 + 3 * MOST_NUMBERS):
        waits.begins(number, {12: None})
        waits.wrong(number, now)
    assert len(waits.counted.numbers) <= MOST_NUMBERS and waits.counted.numbers[12] == FREE
    assert waits.left(12, now) == LONGEST_SECONDS
