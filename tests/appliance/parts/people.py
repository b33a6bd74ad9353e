"""Who comes to a machine, one after the other: two who link their licence, each with their own slip; somebody whose
card is lost, with theirs; then the staff, by a passcode on the glass: the board, a part tried out and the report of it,
and the doors, closed and open again. `check` says the same to root and to each of the kiosk's users. Nothing of anybody
is left, and no unit has failed or was started again.
"""

from __future__ import annotations

import re
import shlex
import time
from collections.abc import Iterator

from msgspec import structs

from kiosk.config import guidance
from kiosk.flows.asking.screen import Screen
from kiosk.flows.staff import doors, officer, readiness, room, trials
from kiosk.ipc.messages import CLOSED_FOR, DoorsStand
from kiosk.session import visit as session
from kiosk.session.pad import pad_of
from tests.appliance.machine import Machine, Shell
from tests.appliance.parts.devices import to_the_slip, touches
from tests.appliance.parts.visit import Before, before, is_forgotten, leave
from tests.appliance.person import PATIENCE_SECONDS, SIGHT, NotSeen, Person
from tests.appliance.report import Report
from tests.appliance.rights import USERS
from tests.appliance.well import CHECK_SECONDS, lacking, units
from tests.receipts import shots
from tests.web.catalogue_staff import STAFF_SIGHTS
from tests.web.sight import Sight

NUMBER, PASSCODE = 4071, "58203917"  # no key twice in turn, which would be a finger that trembles
ADD = f"echo {PASSCODE} | kiosk staff add --role supervisor {NUMBER}"
ACTS = ("staff_admitted", "tried_out", "readiness_reported", "kiosk_closed", "kiosk_opened", "staff_left")
ASKED_SECONDS, DOOR_SECONDS, TURNS_SECONDS = 120.0, 30.0, 2.0
# What differs from machine to machine: whether there is something to set for ear and eye, whether there is a voice and
# a glass that tells fingers apart, whether one of the staff has a card, and how many problems the board has.
BOARDS = ("staff_board_well", "staff_board_some", "staff_board_worst")
DOORS, ROOMS = (tuple(f"{name}_{which}" for which in (0, 1)) for name in ("door", "room"))
LACKS = ("keypad", "bell", "headphones", "caller")
LACKS_BESIDES = ((), ("sound",), ("fingers",), ("fingers", "sound"))
TRIALS, FELT, TRIED, REPORTED_WELL, REPORTED = (
    tuple(f"{name}_{which}" for which in range(len(LACKS_BESIDES)))
    for name in ("trials", "felt", "tried", "reported_well", "reported")
)


def run(machine: Machine, report: Report) -> None:
    with before(machine, report) as there:
        two_link(there, report)
        card_is_lost(there.somebody)
        report(
            len(there.printer.slips) == 3, f"{len(there.printer.slips)} slips are printed: two linked, one card lost"
        )
        is_forgotten(there, report, "after the three of them, two seconds after attract")
        code, said = machine.run(ADD, ASKED_SECONDS)
        report(code == 0, f"the first of the staff is entered{': ' * bool(said)}{said.strip()}")
        staff_come(there.somebody)
        report(len(there.printer.slips) == 4, "the report's slip is printed")
        told(machine.run, report)
        checks(machine.run, report)
        units(machine.run, report)


def two_link(there: Before, report: Report) -> None:
    """The second as if the first had never been there."""
    numbers = set()
    for _ in range(2):
        there.portal.reset()
        to_the_slip(there.somebody, there.slot, there.card())
        there.somebody.sees("linked_printed")
        there.took_a_slip()
        numbers |= {each.linked.reference for each in there.portal.linkings._all() if each.linked}
        leave(there.somebody, there.slot)
    report(len(numbers) == 2, f"{len(numbers)} have linked, one after the other")


def card_is_lost(somebody: Person) -> None:
    """From attract to the list, on paper, and back. While it is printed its screen looks the same and takes nothing."""
    here = "attract"
    for answer, then in (
        ("start", "home"),
        ("lost", "lost_suspend"),
        ("next", "lost_holding"),
        ("card_only", "lost_wish"),
        ("keep", "todo_lost_card_only_keep"),
        ("finish", "attract"),
    ):
        touches(somebody, here, answer, then, PATIENCE_SECONDS)
        here = then


def staff_come(somebody: Person) -> None:
    """Twice: the kiosk is closed, and opened again."""
    SIGHT.update({sight.name: sight for sight in (*STAFF_SIGHTS, *_here())})
    come_in(somebody, "attract")
    somebody.touches("board")
    somebody.sees_one_of(BOARDS, ASKED_SECONDS)
    somebody.touches("back")
    somebody.sees_one_of(ROOMS)
    report_is_made(somebody)
    somebody.touches("doors")
    for screen, answer in (("staff_doors_open", "close"), ("staff_reason", "maintenance"), ("staff_until", "open_end")):
        somebody.sees(screen)
        somebody.touches(answer)
    somebody.sees("doors_shut")
    somebody.touches("back")
    somebody.sees_one_of(ROOMS)
    somebody.touches("finish")
    somebody.sees("shut")
    come_in(somebody, "shut")
    somebody.touches("doors")
    somebody.sees("doors_shut")
    somebody.touches("open")
    somebody.sees("staff_doors_open")
    somebody.touches("back")
    somebody.sees_one_of(ROOMS)
    somebody.touches("finish")
    somebody.sees("attract")


def come_in(somebody: Person, here: str) -> None:
    """From a screen with nobody on it, by the corner. The door closes again when no key comes for ten seconds: on a
    slow machine they come back to it."""
    for left in (2, 1, 0):
        try:
            somebody.holds_the_corner()
            somebody.sees("door_number", DOOR_SECONDS)
            somebody.types(str(NUMBER))
            somebody.touches("next")
            time.sleep(TURNS_SECONDS)  # with their number on it the one pad looks like the other
            somebody.sees_one_of(DOORS, DOOR_SECONDS)
            somebody.types(PASSCODE)
            somebody.touches("next")
            somebody.sees_one_of(ROOMS, ASKED_SECONDS)
            return
        except NotSeen:
            if not left:
                raise
            somebody.sees(here)


def report_is_made(somebody: Person) -> None:
    """Of the colours of the screen, and of two fingers where the glass tells them apart: from the room, and back."""
    somebody.touches("trials")
    lacks = LACKS_BESIDES[TRIALS.index(somebody.sees_one_of(TRIALS))]
    if "fingers" not in lacks:
        somebody.touches("fingers")
        somebody.sees("staff_fingers")
        somebody.touches_at_once("[data-half]")
        somebody.sees_one_of(FELT)
    somebody.touches("colours")
    for colour in trials.COLOURS:
        somebody.sees(f"staff_colour_{colour}")
        somebody.touches("next")
    somebody.sees("staff_judge_colours")
    somebody.touches("good")
    somebody.sees_one_of(TRIED)
    somebody.touches("report")
    somebody.sees_one_of((*REPORTED_WELL, *REPORTED))
    somebody.touches("next")
    somebody.sees_one_of(TRIED)
    somebody.touches("back")
    somebody.sees_one_of(ROOMS)


def told(shell: Shell, report: Report) -> None:
    """What the machine has kept of the staff, and nobody else sees."""
    code, listed = shell("kiosk report list", ASKED_SECONDS)
    report(code == 0 and str(NUMBER) in listed, f"the machine keeps the report: {' '.join(listed.split())}")
    acts = re.findall(rf"\b({'|'.join(ACTS)})\b", shell("cat /var/lib/kiosk/trail/*.jsonl", ASKED_SECONDS)[1])
    report(set(acts) == set(ACTS), f"the trail has what they did: {', '.join(acts)}")
    shown = shell("kiosk audit show", ASKED_SECONDS)[1]
    report(PASSCODE not in shown, "and not by which passcode")


def checks(shell: Shell, report: Report) -> None:
    """What `kiosk check` says to each: it judges, and of the image it lacks nothing that root and the server see."""
    for user in ("root", *USERS):
        asks = "kiosk check" if user == "root" else shlex.join(_as(user, "kiosk", "check"))
        code, found = shell(asks, CHECK_SECONDS)
        lacks = lacking(found)
        well = code in (0, 1) and re.search(r"^has ", found, re.MULTILINE) and "Traceback" not in found
        seen = user not in ("root", "kiosk") or not lacks
        report(bool(well) and seen, f"check as {user}: {'; '.join(lacks) or 'nothing of the image is lacking'}")


def _as(user: str, *command: str) -> tuple[str, ...]:
    return ("setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", *command)


def _here() -> Iterator[Sight]:
    """The staff's screens as a machine has them, where the catalogue has others."""
    shut = DoorsStand(CLOSED_FOR[0], None)
    for name, asks, rule, answers in (
        ("door_number", "number", officer.NUMBER, ("back",)),
        (DOORS[0], "passcode", officer.PASSCODE, ("back",)),
        (DOORS[1], "passcode", officer.PASSCODE, ("back", "card")),  # which moves the key that goes on
    ):
        facts = {"asks": asks, "staff": NUMBER, "fault": "", "held": 0}
        pad = {**pad_of(rule, 0, ""), "shown": ""}
        yield Sight(name, Screen("staff_entrance", facts, answers, staff="door"), pad=pad)
    for name, left_out in zip(ROOMS, ({"levels"}, set[str]()), strict=True):
        desks = tuple(desk for desk in room.DESKS if desk not in left_out)
        yield Sight(name, Screen("staff_room", {"shut": ""}, (*desks, "finish"), staff="room"))
    for which, besides in enumerate(LACKS_BESIDES):
        lacks = tuple(name for name in trials.TRIALS if name in (*LACKS, *besides))
        fitted = tuple(name for name in trials.TRIALS if name not in lacks)
        felt = {} if "fingers" in besides else {"fingers": "good"}
        for names, given in ((TRIALS, {}), (FELT, felt), (TRIED, {**felt, "colours": "good"})):
            facts = {"given": given, "lacks": lacks}
            answers = (*fitted, *(("report",) if given else ()), "all", "back")
            yield Sight(names[which], Screen("staff_trials", facts, answers, staff="room"))
        tried = {name: given.get(name) for name in fitted}
        for names, problems in ((REPORTED_WELL, 0), (REPORTED, 1)):
            reported = structs.replace(shots.reported("bad"), number=1, tried=tried, problems=problems)
            facts = readiness.told(reported, "printed")
            yield Sight(names[which], Screen("staff_reported", facts, ("next",), staff="room"))
    facts = {**doors.told(shut), "opened": None}
    yield Sight("doors_shut", Screen("staff_doors", facts, ("open", "close", "restart", "back"), staff="room"))
    facts = {**doors.told(shut), "place": guidance.load().licence_desk, "card": False}
    yield Sight("shut", Screen("closed", facts, (session.OFFICER,)))
