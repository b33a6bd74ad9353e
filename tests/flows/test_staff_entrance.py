"""Only a right passcode opens the door of the staff, and who goes out of it is told."""

from __future__ import annotations

import pytest

from kiosk.caretaker import weak_passcodes
from kiosk.flows.asking.ends import BrowserLost, CardGone, Left, Stopped, TimedOut, VisitEnded
from kiosk.flows.staff import entrance, officer, room
from kiosk.flows.staff.officer import Officer
from kiosk.ipc.messages import (
    Admit,
    Admitted,
    ChangeFirst,
    ChoosePasscode,
    Denied,
    NotAdmitted,
    Number,
    StaffLeft,
    Standing,
    Status,
    Taken,
)
from tests.flows.office import OFFICER, PASSCODE, WRONG, ScriptedCaretaker
from tests.flows.scripted import ScriptedKiosk

NUMBER, NEW = f"pin:{OFFICER}", "60417293"


def at_the_door(*answers: str, caretaker: ScriptedCaretaker | None = None) -> tuple[Officer | None, ScriptedKiosk]:
    kiosk = ScriptedKiosk(*answers, caretaker=caretaker or ScriptedCaretaker())
    return entrance.enter(kiosk), kiosk


def test_a_number_and_its_passcode_open_it() -> None:
    officer, kiosk = at_the_door(NUMBER, f"pin:{PASSCODE}")
    assert officer == Officer(OFFICER, "officer")
    assert [screen.facts["asks"] for screen in kiosk.screens] == ["number", "passcode", "checking"]
    assert all(screen.staff == "door" for screen in kiosk.screens)


def test_a_wrong_one_is_said_to_be_wrong_and_may_be_typed_again() -> None:
    officer, kiosk = at_the_door(NUMBER, f"pin:{WRONG}", f"pin:{PASSCODE}")
    assert officer is not None
    assert [screen.facts["fault"] for screen in kiosk.screens if screen.facts["asks"] == "passcode"] == ["", "wrong"]


def test_for_how_long_nothing_is_taken_is_said_in_seconds() -> None:
    caretaker = ScriptedCaretaker({Admit: [NotAdmitted(15), Admitted("vendor")]})
    officer, kiosk = at_the_door(NUMBER, f"pin:{WRONG}", f"pin:{PASSCODE}", caretaker=caretaker)
    assert officer == Officer(OFFICER, "vendor")
    assert [(s.facts["fault"], s.facts["held"]) for s in kiosk.screens][-2] == ("wait", 15)


def test_back_leads_to_the_number_and_then_away_and_what_was_said_of_a_passcode_goes() -> None:
    officer, kiosk = at_the_door(NUMBER, f"pin:{WRONG}", "back", "back")
    assert officer is None
    assert [screen.facts["asks"] for screen in kiosk.screens[-2:]] == ["passcode", "number"]
    assert kiosk.screens[-1].facts["fault"] == ""


def test_without_caretaker_or_account_nothing_is_asked_for() -> None:
    for caretaker, lacks in (
        (ScriptedCaretaker({Status: ()}), "caretaker"),
        (ScriptedCaretaker({Status: [Standing(1, "0", 0, staffed=False)]}), "accounts"),
        (ScriptedCaretaker({Status: [Standing(1, "0", 0, staffed=False, usable=False)]}), "unreadable"),
    ):
        officer, kiosk = at_the_door("back", caretaker=caretaker)
        assert (officer, kiosk.names, kiosk.screens[0].facts) == (None, ["staff_shut"], {"lacks": lacks})


def test_a_caretaker_that_goes_away_meanwhile_lets_nobody_in() -> None:
    officer, kiosk = at_the_door(NUMBER, f"pin:{PASSCODE}", "back", "back", caretaker=ScriptedCaretaker({Admit: ()}))
    assert officer is None and kiosk.screens[3].facts["fault"] == "away"


def test_one_who_is_to_wait_a_little_is_told_so_and_not_that_nobody_answers() -> None:
    caretaker = ScriptedCaretaker({Admit: [Denied("too much is asked", later=True), Admitted("officer")]})
    officer, kiosk = at_the_door(NUMBER, f"pin:{PASSCODE}", f"pin:{PASSCODE}", caretaker=caretaker)
    assert officer == Officer(OFFICER, "officer")
    assert [screen.facts["fault"] for screen in kiosk.screens if screen.facts["asks"] == "passcode"] == ["", "later"]


@pytest.mark.parametrize(("chooses", "back"), [((f"pin:{NEW}", f"pin:{NEW}"), ()), ((), ("back", "back", "back"))])
def test_with_a_first_passcode_nothing_is_offered_before_one_of_their_own(
    chooses: tuple[str, ...], back: tuple[str, ...]
) -> None:
    caretaker = ScriptedCaretaker({Admit: [ChangeFirst()], ChoosePasscode: [Admitted("officer")]})
    officer, kiosk = at_the_door(NUMBER, f"pin:{PASSCODE}", *chooses, *back, caretaker=caretaker)
    assert officer == (Officer(OFFICER, "officer") if chooses else None)
    assert set(kiosk.names) == {"staff_entrance", "staff_passcode"}
    assert all(screen.facts["first"] for screen in kiosk.screens if screen.name == "staff_passcode")
    if back:
        assert kiosk.names[-2:] == ["staff_entrance"] * 2 and kiosk.screens[-1].facts["fault"] == ""


def test_the_pad_takes_what_the_caretaker_takes() -> None:
    assert (officer.PASSCODE.shortest, officer.PASSCODE.longest) == (weak_passcodes.SHORTEST, weak_passcodes.LONGEST)
    numbers = Number.__metadata__[0]  # type: ignore[attr-defined]
    assert (numbers.ge, numbers.le) == (officer.NUMBER.least, 10**officer.NUMBER.longest - 1)
    assert not officer.PASSCODE.shown


@pytest.mark.parametrize(
    ("end", "said"),
    [
        (None, "finished"),
        (Left(), "left"),
        (TimedOut(), "timed_out"),
        (CardGone(), "card_gone"),
        (BrowserLost(), "browser_lost"),
        (Stopped(), "stopped"),
        (ValueError(), "problem"),
    ],
)
def test_however_it_ends_it_is_told_who_has_gone(
    end: Exception | None, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ends(*_: object) -> None:
        if end is not None:
            raise end

    monkeypatch.setattr(room, "visit", ends)
    caretaker = ScriptedCaretaker({StaffLeft: [Taken()]})
    kiosk = ScriptedKiosk(NUMBER, f"pin:{PASSCODE}", caretaker=caretaker)
    try:
        entrance.visit(kiosk)
    except (VisitEnded, ValueError) as ended:
        assert ended is end
    assert caretaker.asked[-1] == StaffLeft(OFFICER, said)  # type: ignore[arg-type]
