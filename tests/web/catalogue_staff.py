"""What the staff see, and nobody else: in Japanese and English."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import get_args

from msgspec import structs

from kiosk.card.pin import PIV_PIN
from kiosk.config import guidance
from kiosk.config.events import EVENTS, FIELDS
from kiosk.config.health import CHECKS, LEVELS, level_of
from kiosk.config.kiosk import AsSet, Opening, Portal, Settings
from kiosk.flows.asking.screen import Screen
from kiosk.flows.staff import (
    board,
    card,
    doors,
    facts,
    levels,
    members,
    officer,
    passcode,
    prints,
    proof,
    readiness,
    room,
    settings,
    trials,
)
from kiosk.hw.device import PrinterFault, ReaderState
from kiosk.ipc.doors import DoorsLeft
from kiosk.ipc.figures import lines
from kiosk.ipc.messages import (
    CLOSED_FOR,
    RESTARTED_BY,
    Counted,
    DoorsStand,
    FactRow,
    LevelsStand,
    PaperStands,
    Part,
    PrintRow,
    Role,
    Row,
    Span,
    TrailState,
    Verdict,
    Weakness,
)
from kiosk.ipc.proof import Lacks, Proof, Unproven
from kiosk.language.dates import JST
from kiosk.language.hours import Hours
from kiosk.portal.errors import Lasts
from kiosk.session.pad import pad_of
from tests.receipts.shots import reported
from tests.web.sight import SETTINGS, Sight

NOW = datetime(2026, 11, 22, 10, 4, tzinfo=JST)
UNTIL = int(datetime(2099, 11, 23, 8, 30, tzinfo=JST).timestamp())
HOURS = Opening(Hours("Mo-Fr 08:30-17:15; PH off"))
DIGITS = "0123456789abcdef" * 4
PROOF = Proof(
    "kiosk-proof 2\nchallenge 402871935516\nversion 0.1.0.20261127.073530\n"
    f"image {DIGITS}\nsettings {DIGITS}\ntrusted {DIGITS}\n"
    + "".join(f"pcr{pcr} {DIGITS}\n" for pcr in (7, 11, 12, 13))
    + f"quote {'q' * 196}\nsignature {'s' * 96}\n",
    "-----BEGIN PUBLIC KEY-----",
)
MUCH = Span(
    {name: 123_456 for name in FIELDS["end"].values or {}},
    {name: 123_456 for name in FIELDS["printed"].values or {}},
    123_456,
    {name: 123_456 for name, row in EVENTS.items() if row.kind == "fault"},
)


def sights() -> Iterator[Sight]:
    yield from _door()
    yield Sight("staff_room", _room("staff_room", *room.DESKS, "finish", shut=""))
    for shut in ("closed", "hours", "guidance"):
        yield Sight(f"staff_room_{shut}", _room("staff_room", *room.DESKS, "finish", shut=shut))
    yield Sight("staff_room_idle", _room("staff_room", *room.DESKS, "finish", shut=""), overlay="idle")
    yield from _house()
    yield from _trials()
    yield from _settings()
    yield from _passcode()
    yield from _members()
    yield from _proof()


def _settings() -> Iterator[Sight]:
    """As shipped; and with much that is wrong, by the names that an appliance's files have."""
    file = "/etc/kiosk/kiosk.toml"
    wrong = (
        f"{file}: printer.width: 580 does not fit, it must be one of 512, 576; correct it, or take it out to have 576",
        f"{file}: portal.ca_file: is missing; ca_file, certificate_file, key_file are given all three or not at all",
        f"{file}: sreen: no such section; did you mean screen?",
    )
    much = structs.replace(
        SETTINGS,
        portal=Portal(
            "https://portal.example/" + "a" * 90, key_file=f"/{'a' * 90}", certificate_file="/c", ca_file="/a"
        ),
    )
    for name, as_set in {"shipped": AsSet(Settings(), file), "wrong": AsSet(much, file, wrong)}.items():
        yield Sight(f"staff_settings_{name}", _room("staff_settings", "export", "back", **settings.told(as_set)))
    for state in get_args(TrailState):
        ways = ("again", "back") if state == "waits" else ("back",)
        yield Sight(f"staff_export_{state}", _room("staff_export", *ways, stands=state))


def _passcode() -> Iterator[Sight]:
    for asks, fault in (
        *((asks, "") for asks in (*passcode.ASKED, "checking")),
        *(("old", fault) for fault in ("wrong", "wait", "differ", "later", "away", "anew", "no", *get_args(Weakness))),
    ):
        held = 900 if fault == "wait" else 0
        screen = _room("staff_passcode", "back", asks=asks, fault=fault, held=held, first=False)
        pad = None if asks == "checking" else pad_of(officer.PASSCODE, 32 if asks == "again" else 0, "")
        yield Sight(f"staff_passcode_{fault or asks}", screen, pad=pad)
    yield Sight("staff_passcode_done", _room("staff_passcode_done", "back"))
    for asks, fault in (("new", ""), ("new", "same"), ("new", "anew"), ("new", "no"), ("again", "")):
        screen = _room("staff_passcode", "back", asks=asks, fault=fault, held=0, first=True)
        yield Sight(f"staff_passcode_first_{fault or asks}", screen, pad=pad_of(officer.PASSCODE, 8, ""))


def _proof() -> Iterator[Sight]:
    """As long as one is: of a machine with a TPM."""
    for name, entered in {"empty": "", "typed": "402871935516"}.items():
        pad = {**pad_of(proof.CHALLENGE, len(entered), "" if entered else "too_short"), "shown": entered}
        yield Sight(f"staff_challenge_{name}", _room("staff_challenge", "back"), pad=pad)
    yield Sight("staff_proof", _room("staff_proof", "again", "back", **proof.told(PROOF)))
    for lacks in get_args(Lacks):
        again = ("again",) if lacks == "failed" else ()
        yield Sight(f"staff_proof_{lacks}", _room("staff_proof", *again, "back", **proof.told(Unproven(lacks))))


def _members() -> Iterator[Sight]:
    """One alone, many with all that is told of each, and every step of what is done with one."""
    roles = get_args(Role)
    many = [
        {"number": 123456 + at, "role": roles[at % 3], "card": at % 3 == 1, "first": at % 2 == 1} for at in range(12)
    ]
    for name, rows in {"one": (many[1],), "many": tuple(many)}.items():
        yield Sight(f"staff_members_{name}", _room("staff_members", *members.WISHES, "back", rows=rows, own=123457))
    for wish in members.WISHES:
        for asks in ("number", "passcode", "checking"):
            yield _member(wish, asks)
    yield _member("remove", "passcode", card=True)
    for fault in ("oneself", "last_supervisor", "supervisor", "vendor", "there", "nobody", "full"):
        yield _member("remove" if fault == "last_supervisor" else "add", "number", fault)
    for fault in ("wrong", "wait", "later", "away", "anew", "no", "role"):
        yield _member("give", "passcode", fault)
    for added in (("officer", "supervisor"), ("officer",)):
        yield Sight(f"staff_member_role_{len(added)}", _room("staff_member_role", *added, "back", member=123456))
    yield Sight("staff_member_first", _room("staff_member_first", "next", member=123456, passcode="60417293"))
    yield Sight("staff_member_removed", _room("staff_member_removed", "next", member=123456))


def _member(wish: str, asks: str, fault: str = "", card: bool = False) -> Sight:
    held = 900 if fault == "wait" else 0
    facts = {"wish": wish, "asks": asks, "member": 123456, "fault": fault, "held": held, "card": card}
    rule = officer.NUMBER if asks == "number" else officer.PASSCODE
    pad = None if asks == "checking" else {**pad_of(rule, 6, ""), "shown": "123456" if asks == "number" else ""}
    return Sight(
        f"staff_member_{wish}_{'card' if card else fault or asks}", _room("staff_member", "back", **facts), pad=pad
    )


def _house() -> Iterator[Sight]:
    """The board at its longest, and with nothing on it; doors, paper, counts."""
    since = 1_800_000_000
    worst = [
        Row(name, level_of(name, reason), reason, since, seen=name == "portal")
        for name, check in CHECKS.items()
        for reason in [max(check.reasons, key=lambda each, name=name: LEVELS.index(level_of(name, each)))]  # type: ignore[misc]
    ]
    well = [Row(row.check, "ok", next(iter(CHECKS[row.check].reasons)), since, False) for row in worst]
    mixed = {"printer": "near_end", "reader": "absent", "portal": "closed"}  # one of each level, for the guide
    some = [
        Row(row.check, level_of(row.check, why), why, since, False)
        for row in well
        for why in [mixed.get(row.check, row.reason)]
    ]
    some.sort(key=lambda row: -LEVELS.index(row.level))
    for name, rows in {"worst": worst, "well": well, "some": some, "unknown": []}.items():
        seen = ["seen"] if name in ("worst", "some") else []
        facts = {"rows": [board.words(row) for row in rows]}
        yield Sight(f"staff_board_{name}", _room("staff_board", *seen, "proof", "again", "back", **facts))
    yield Sight("staff_doors_open", _room("staff_doors", "close", "restart", "back", **_door_facts(DoorsStand())))
    for reason in CLOSED_FOR:
        stand = DoorsStand(reason, None if reason == "other" else UNTIL)
        yield Sight(
            f"staff_doors_{reason}", _room("staff_doors", "open", "close", "restart", "back", **_door_facts(stand))
        )
    for name, guides in {"hours": False, "guidance": True}.items():
        hours = _door_facts(DoorsStand("hours", UNTIL, guidance=guides))
        yield Sight(f"staff_doors_{name}", _room("staff_doors", "open", "close", "restart", "back", **hours))
    midnight = DoorsLeft(opened=int(datetime(2026, 11, 23, tzinfo=JST).timestamp()), opening=HOURS)
    opened = _door_facts(DoorsStand(), midnight)
    yield Sight("staff_doors_opened", _room("staff_doors", "close", "restart", "back", **opened))
    yield from _restarts()
    yield Sight("staff_reason", _room("staff_reason", *CLOSED_FOR, "back"))
    ends = {name: end(NOW) for name, end in doors.ENDS.items()}
    monday = datetime.fromtimestamp(UNTIL, JST)
    for name, opens, with_hours in (
        ("staff_until", ends, False),
        ("staff_until_hours", {name: end and monday for name, end in ends.items()}, True),
        ("staff_until_never", dict.fromkeys(ends), True),
    ):
        asked = _room("staff_until", *ends, "back", opens=opens, hours=with_hours, today=False)
        yield Sight(name, asked)
    for name, stands in {"new": PaperStands(0, 0, None), "used": PaperStands(1234, 12345, 123)}.items():
        yield Sight(
            f"staff_paper_{name}", _room("staff_paper", "changed", "prints", "back", stands=stands, changed=False)
        )
    yield Sight(
        "staff_paper_changed", _room("staff_paper", "prints", "back", stands=PaperStands(3, 0, 210), changed=True)
    )
    knobs = tuple(levels.KNOBS)
    for name, levels_stand, ways in (
        ("both", LevelsStand(50, 70), knobs),
        ("loudest", LevelsStand(100), knobs[:1]),
        ("dark", LevelsStand(None, 10), knobs[3:]),
    ):
        yield Sight(f"staff_levels_{name}", _room("staff_levels", *ways, "back", stand=levels_stand))
    for name, ledger in {"none": [], "some": LEDGER}.items():
        yield Sight(f"staff_prints_{name}", _room("staff_prints", "back", rows=[prints.words(row) for row in ledger]))
    nothing, much = Counted(since, Span(), Span(), Span()), Counted(since, MUCH, MUCH, MUCH)
    for name, counted in {"none": nothing, "much": much}.items():
        told = _room("staff_figures", "back", begun=NOW, lines=tuple(lines(counted)))
        yield Sight(f"staff_figures_{name}", told)
    yield from _facts()
    for why in ("away", "later", "anew", "no"):
        yield Sight(f"staff_denied_{why}", _room("staff_denied", "back", why=why))


def _door_facts(stand: DoorsStand, left: DoorsLeft | None = None) -> dict[str, object]:
    return {**doors.told(stand), "opened": doors.opened(stand, left or DoorsLeft(), NOW)}


def _ledger() -> Iterator[PrintRow]:
    """Of each kind of line the longest, and a good one."""
    at = 1_800_000_000
    counts = dict.fromkeys(FIELDS["printed"].words, 12)
    yield PrintRow(123456, at, "slip", counts=counts, hours=12)
    yield PrintRow(123455, at, "slip_failed", {"printed": "unreachable"})
    yield PrintRow(1234, at, "slip", counts={"printed": 3}, hours=1)
    staff: dict[str, str | int] = {"staff": 123456, "role": "supervisor"}
    for verdict in ("bad", "good"):
        yield PrintRow(124, at, "readiness_reported", {**staff, "report": 12345, "verdict": verdict})
        yield PrintRow(123, at, "tried_out", {**staff, "part": "printer", "verdict": verdict})
    yield PrintRow(12, at, "paper_changed", staff)


LEDGER = list(_ledger())


def _restarts() -> Iterator[Sight]:
    for name, answers in {"supervisor": tuple(RESTARTED_BY), "officer": ("browser", "server", "machine")}.items():
        yield Sight(f"staff_restart_{name}", _room("staff_restart", *answers, "back", can=True))
    yield Sight("staff_restart_never", _room("staff_restart", "back", can=False))
    for what in RESTARTED_BY:
        yield Sight(f"staff_restart_sure_{what}", _room("staff_restart_sure", "do", "back", what=what))
    for what, done in (("browser", True), ("off", False)):
        yield Sight(f"staff_restarted_{what}", _room("staff_restarted", "back", what=what, done=done))


def _facts() -> Iterator[Sight]:
    """Each as a supervisor has it; the longest as an officer has it, too."""
    known = guidance.load()
    for at, name in enumerate(FIELDS["fact"].values or {}):
        fact: guidance.Fact = getattr(known, name)
        row = FactRow(name, guidance.told(fact), fact.source, fact.confirmed, 123456 if at else None, True, "0" * 64)
        of = {**facts.words(row), "number": at + 1, "all": 16, "confirmed": "" if at else "suspend"}
        yield Sight(f"staff_fact_{name}", _room("staff_fact", "confirm", "next", "back", **of, supervises=True))
        if name == "suspend_languages":
            yield Sight("staff_fact_officer", _room("staff_fact", "next", "back", **of, supervises=False))
    yield Sight("staff_facts_done", _room("staff_facts_done", "back", confirmed="suspend"))


def _room(name: str, *answers: str, **facts: object) -> Screen:
    return Screen(name, facts, answers, staff="room")


def _door() -> Iterator[Sight]:
    def at(name: str, asks: str, entered: int = 0, shown: str = "", problem: str = "", **fault: object) -> Sight:
        facts = {"asks": asks, "staff": 123456, "fault": "", "held": 0, **fault}
        pad = {**pad_of(officer.NUMBER if asks == "number" else officer.PASSCODE, entered, problem), "shown": shown}
        back = () if asks == "checking" else ("back", "card") if asks == "passcode" else ("back",)
        screen = Screen("staff_entrance", facts, back, staff="door")
        return Sight(f"staff_entrance_{name}", screen, pad=None if asks == "checking" else pad)

    yield at("number", "number", 6, "123456")
    yield at("number_empty", "number", problem="too_short")
    yield at("passcode", "passcode", 8)
    yield at("passcode_long", "passcode", 32)
    yield at("passcode_short", "passcode", 3, problem="too_short")
    yield at("checking", "checking")
    yield at("wrong", "passcode", fault="wrong")
    yield at("wait", "passcode", fault="wait", held=900)
    yield at("wait_seconds", "passcode", fault="wait", held=30)
    yield at("later", "passcode", fault="later")
    yield at("away", "passcode", fault="away")
    yield at("card_taken", "passcode", fault="card_taken")
    yield from _card()
    for lacks in ("accounts", "unreadable", "caretaker"):
        yield Sight(f"staff_shut_{lacks}", Screen("staff_shut", {"lacks": lacks}, ("back",), staff="door"))


def _card() -> Iterator[Sight]:
    """The staff's card at their door."""
    here: dict[str, object] = {"fault": "", "mute": False, "safe_mode": False}
    for fault in ("", *sorted({*card.FAULTS.values(), "refused", "later", "left"})):
        screen = Screen("staff_card", {**here, "fault": fault}, ("back",), staff="card")
        yield Sight(f"staff_card_{fault or 'in'}", screen)
    into = Screen("staff_card", here, ("back",), staff="card")
    yield Sight("staff_card_absent", into, reader=ReaderState.ABSENT)
    guides = Screen("staff_card", {**here, "safe_mode": True}, ("back",), staff="card")
    yield Sight("staff_card_safe", guides, reader=ReaderState.ABSENT)
    yield Sight("staff_card_mute", Screen("staff_card", {**here, "mute": True}, ("back",), staff="card"))
    for fault, remaining in {"": 3, "wrong": 2, "reset": None}.items():
        facts = {"remaining": remaining, "fault": fault}
        pad = pad_of(PIV_PIN, 8 if fault else 0, "" if fault else "too_short")
        screen = Screen("staff_card_pin", facts, ("back",), needs_card=True, staff="door")
        yield Sight(f"staff_card_pin_{fault or 'empty'}", screen, pad=pad)
    last = Screen("staff_card_last", {"remaining": 1, "fault": ""}, ("yes", "back"), needs_card=True, staff="card")
    yield Sight("staff_card_last", last)
    yield Sight("staff_busy_card", Screen("staff_busy", {"what": "card"}, staff="door"))


def _trials() -> Iterator[Sight]:
    given = {"printer": "good", "reader": "bad"}
    every = dict.fromkeys(trials.TRIALS, "good")
    lacks = ("fingers", "keypad", "bell", "headphones")
    here = [name for name in trials.TRIALS if name not in lacks]
    yield Sight("staff_trials", _room("staff_trials", *trials.TRIALS, "all", "back", given={}, lacks=()))
    yield Sight("staff_trials_some", _room("staff_trials", *here, "report", "all", "back", given=given, lacks=lacks))
    yield Sight("staff_trials_all", _room("staff_trials", *trials.TRIALS, "report", "back", given=every, lacks=()))
    good, bad = reported("good"), reported("bad")
    besides = structs.replace(good, number=bad.number, problems=12)
    for slip, report in {"printed": good, "none": bad, "failed": besides}.items():
        yield Sight(f"staff_reported_{slip}", _room("staff_reported", "next", **readiness.told(report, slip)))
    for what in ("printer", "portal", "board", "sound", "caller", "trail", "proof", *RESTARTED_BY):
        yield Sight(f"staff_busy_{what}", _room("staff_busy", what=what))
    for what in ("printer", "reader", "colours"):
        yield Sight(f"staff_judge_{what}", _room("staff_judge", "good", "bad", "back", what=what))
    for what in ("sound", "headphones"):
        yield Sight(f"staff_judge_{what}", _room("staff_judge", "good", "bad", "again", "back", what=what))
    for fault in ("", "unnoticed"):
        yield Sight(f"staff_headphones_{fault or 'in'}", _room("staff_headphones", "next", "bad", "back", fault=fault))
        yield Sight(f"staff_bell_{fault or 'asks'}", _room("staff_bell", "next", "bad", "back", fault=fault))
    yield Sight("staff_fingers", _room("staff_fingers", "both", "bad", "back"))
    keys = tuple(trials.KEYS.values())
    yield Sight("staff_keypad", _room("staff_keypad", *keys, "bad", "back", keys=trials.KEYS, left=frozenset(keys[6:])))
    for call in ("sent", "acknowledged"):
        yield Sight(f"staff_caller_{call}", _room("staff_caller", "good", "bad", "again", "back", stands=call))
    came: list[tuple[Part, str, Verdict | None]] = [("printer", fault.value, "bad") for fault in PrinterFault]
    came += [("printer", "not_laid_out", "bad"), ("reader", "silent", None), ("portal", "unreachable", "bad")]
    came += [("keypad", "absent", "bad"), ("bell", "absent", "bad"), ("bell", "ready", "good")]
    came += [("caller", "unsent", "bad"), ("portal", "open", "good"), ("portal", "closed", "good")]
    for what, how, verdict in came:
        of = trials.result(what, how, verdict)
        yield Sight(f"staff_result_{what}_{how}", _room("staff_result", "next", **of))
    for name in get_args(Lasts):
        of = {
            **trials.result("portal", "unreachable" if name == "ended" else "open", "good"),
            "ends": NOW,
            "lasts": CHECKS["certificate"].reasons[name],
        }
        yield Sight(f"staff_result_{name}", _room("staff_result", "next", **of))
    into = {"asks": "in", "mute": False, "fault": "", "kind": "card"}
    different: dict[str, dict[str, object]] = {"in": {}, "mute": {"mute": True}, "left": {"fault": "left"}}
    for name, of in different.items():
        yield Sight(f"staff_reader_{name}", _room("staff_reader", "bad", "back", **{**into, **of}))
    yield Sight("staff_reader_absent", _room("staff_reader", "bad", "back", **into), reader=ReaderState.ABSENT)
    yield Sight("staff_reader_out", _room("staff_reader", "bad", asks="out", mute=False, fault=""))
    touch = _room("staff_touch", *trials.CELLS, "bad", "back", cells=trials.CELLS, left=frozenset(trials.CELLS[20:]))
    yield Sight("staff_touch", touch)
    for colour in trials.COLOURS:
        yield Sight(f"staff_colour_{colour}", _room("staff_colour", "next", colour=colour))


STAFF_SIGHTS: tuple[Sight, ...] = tuple(sights())
