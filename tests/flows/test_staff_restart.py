"""Something is started again: after a second question, by who may, and with what has come of it."""

from __future__ import annotations

import pytest

from kiosk.flows.asking.ends import Stopped
from kiosk.flows.staff import doors, restart
from kiosk.flows.staff.officer import Officer
from kiosk.ipc.messages import RESTARTED_BY, Denied, Doors, DoorsStand, Restart, Restarts, RestartsStand, Role
from tests.flows.office import ScriptedCaretaker
from tests.flows.scripted import ScriptedKiosk

CAN = RestartsStand(True)


def stands(*states: str, can: bool = True) -> ScriptedCaretaker:
    """What comes of it, one look after the other."""
    came = [RestartsStand(can, "browser", state) for state in states]  # type: ignore[arg-type]
    return ScriptedCaretaker({Restarts: [RestartsStand(can), *came[1:]], Restart: came[:1]})


def visits(kiosk: ScriptedKiosk, role: Role = "officer") -> None:
    restart.visit(kiosk, Officer(12, role), pause=lambda _seconds: None)


@pytest.mark.parametrize("role", ["officer", "supervisor", "vendor"])
def test_a_machine_is_switched_off_by_those_who_answer_for_it(role: Role) -> None:
    kiosk = ScriptedKiosk("back", caretaker=stands())
    visits(kiosk, role)
    assert kiosk.screens[0].answers == (*(what for what, roles in RESTARTED_BY.items() if role in roles), "back")
    assert ("off" in kiosk.screens[0].answers) is (role != "officer")


def test_where_nothing_can_be_restarted_the_screen_says_so_and_offers_nothing() -> None:
    kiosk = ScriptedKiosk("back", caretaker=stands(can=False))
    visits(kiosk)
    assert (kiosk.screens[0].facts, kiosk.screens[0].answers) == ({"can": False}, ("back",))


def test_who_thinks_better_of_it_has_restarted_nothing() -> None:
    kiosk = ScriptedKiosk("server", "back", "back", caretaker=stands())
    visits(kiosk)
    assert kiosk.caretaker.asked == [Restarts(), Restarts()]  # type: ignore[attr-defined]


@pytest.mark.parametrize("end", ["done", "failed"])
def test_what_has_come_of_it_is_waited_for_and_told(end: str) -> None:
    kiosk = ScriptedKiosk("browser", "do", "back", "back", caretaker=stands("asked", "asked", end))
    visits(kiosk)
    assert kiosk.names == ["staff_restart", "staff_restart_sure", "staff_busy", "staff_restarted", "staff_restart"]
    assert kiosk.screens[3].facts == {"what": "browser", "done": end == "done"}
    assert Restart(12, "browser") in kiosk.caretaker.asked  # type: ignore[attr-defined]


def test_a_session_that_is_restarted_itself_ends_while_it_waits() -> None:
    class Restarted(ScriptedKiosk):
        def heed_leaving(self) -> None:
            if self.names[-1] == "staff_busy" and len(self.caretaker.asked) > 3:  # type: ignore[attr-defined]
                raise Stopped

    with pytest.raises(Stopped):
        visits(Restarted("server", "do", caretaker=stands("asked", "asked")))


def test_a_caretaker_that_says_no_is_told_and_nothing_is_made_up() -> None:
    caretaker = ScriptedCaretaker({Restarts: [CAN], Restart: [Denied("no")]})
    kiosk = ScriptedKiosk("machine", "do", "back", "back", caretaker=caretaker)
    visits(kiosk)
    assert kiosk.names == ["staff_restart", "staff_restart_sure", "staff_denied", "staff_restart"]


def test_it_is_found_where_the_kiosk_is_closed_and_opened() -> None:
    caretaker = ScriptedCaretaker({Doors: [DoorsStand()], Restarts: [CAN]})
    kiosk = ScriptedKiosk("restart", "back", "back", caretaker=caretaker)
    doors.visit(kiosk, Officer(12, "officer"))
    assert kiosk.names == ["staff_doors", "staff_restart", "staff_doors"]
