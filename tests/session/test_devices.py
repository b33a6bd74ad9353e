"""What is known of portal and printer, that a change of either is noticed once, and that neither hides the other."""

from __future__ import annotations

import datetime
import queue
import threading
from collections.abc import Callable, Iterator
from typing import cast, get_args

import pytest

from kiosk.config.events import Event
from kiosk.config.health import CHECKS
from kiosk.config.kiosk import Opening
from kiosk.hw.device import NoJack, NoReader, Printer, PrinterFault, PrinterState, ReaderState
from kiosk.ipc.caretaker import Away, NoCaretaker
from kiosk.ipc.doors import DoorsLeft
from kiosk.ipc.messages import Answer, DoorsStand, Question, Report, SafeFor
from kiosk.language import dates
from kiosk.language.dates import JST
from kiosk.language.hours import Hours
from kiosk.portal.client import PortalClient, PortalClosed
from kiosk.portal.errors import IllTimed, Lasts
from kiosk.portal.model import OpensAt
from kiosk.session import devices as file
from kiosk.session.devices import UNUSED, Aids, Devices
from tests.session.world import SlotReader


class Outside:
    """Portal and printer in one."""

    def __init__(self) -> None:
        self.answer: object = True
        self.fault: PrinterFault | None = None
        self.near_end = False
        self.ahead: float | None = 0.0
        self.ill_timed: IllTimed | None = None
        self.misconfigured = False
        self.lasts: Lasts | None = None

        self.portal_throws: Exception | None = None
        self.printer_throws: Exception | None = None

    def reachable(self) -> object:
        if self.portal_throws:
            raise self.portal_throws.with_traceback(None)  # as if it were a new one, each time
        return self.answer

    def certificate(self, now: datetime.datetime) -> Lasts | None:
        return self.lasts

    def state(self) -> PrinterState:
        if self.printer_throws:
            raise self.printer_throws.with_traceback(None)
        return PrinterState(self.fault, self.near_end)


@pytest.fixture
def outside() -> Outside:
    return Outside()


@pytest.fixture
def devices(outside: Outside) -> Iterator[Devices]:
    devices = Devices(SlotReader(), cast(Printer, outside), cast(PortalClient, outside))
    yield devices
    devices.stop()


def look(devices: Devices) -> bool:
    """Both are asked, whatever the first says."""
    return any([devices.ask_portal(), devices.ask_printer()])


@pytest.mark.parametrize("throws", [None, ValueError("山田")])
def test_staff_who_look_again_have_both_asked_and_the_board_told(
    outside: Outside, throws: Exception | None, caplog: pytest.LogCaptureFixture
) -> None:
    caretaker = Caretaker()
    devices = Devices(SlotReader(), cast(Printer, outside), cast(PortalClient, outside), caretaker=caretaker)
    outside.fault, outside.answer = PrinterFault.PAPER_END, PortalClosed()
    outside.portal_throws = outside.printer_throws = throws
    devices.look_again()
    lost = ("unreachable", PrinterFault.UNREACHABLE)
    assert known(devices) == (("closed", PrinterFault.PAPER_END) if throws is None else lost)
    heard = dict(caretaker.reported)
    assert (heard["portal"], heard["printer"]) == (("closed", "paper_end") if throws is None else ("unreachable",) * 2)
    assert "山田" not in caplog.text


def known(devices: Devices) -> tuple[str, PrinterFault | None]:
    return devices.portal_state, devices.printer_fault


def test_all_is_well_at_first_and_stays_so(devices: Devices) -> None:
    assert not look(devices)
    assert known(devices) == ("open", None) and not devices.jack.plugged


class Plug(NoJack):
    """A jack whose plug is in the test's hands."""

    def start(self, changed: Callable[[bool], None]) -> None:
        self.changed = changed


def test_who_watches_hears_of_the_card_and_of_the_headphones(outside: Outside) -> None:
    reader, jack = SlotReader(), Plug()
    devices = Devices(reader, cast(Printer, outside), cast(PortalClient, outside), jack)
    told: list[object] = []
    devices.start(told.append, lambda: None, lambda: True, told.append)
    try:
        jack.changed(True)
        reader.put_in()
    finally:
        devices.stop()
    assert told == [True, ReaderState.CARD]


def test_what_changes_is_noticed_once(devices: Devices, outside: Outside) -> None:
    outside.fault = PrinterFault.PAPER_END
    assert look(devices) and known(devices) == ("open", PrinterFault.PAPER_END)
    assert not look(devices)
    outside.answer = False
    assert look(devices) and known(devices) == ("unreachable", PrinterFault.PAPER_END)
    outside.fault, outside.answer = None, True
    assert look(devices) and known(devices) == ("open", None)


def test_a_portal_that_is_closed_says_so_and_when_it_opens(devices: Devices, outside: Outside) -> None:
    outside.answer = PortalClosed()
    assert look(devices) and known(devices) == ("closed", None) and devices.portal_opens_at is None
    opens = OpensAt(datetime.datetime(2026, 11, 26, 8, 30, tzinfo=JST))
    outside.answer = PortalClosed(opens)
    assert look(devices) and devices.portal_opens_at == opens, "another hour is a change"
    outside.answer = True
    assert look(devices) and devices.portal_opens_at is None


@pytest.mark.parametrize("error", [ValueError("山田"), AttributeError(), SystemError(), OSError(5, "山田"), KeyError()])
@pytest.mark.parametrize("which", ["portal", "printer"])
def test_who_throws_whatever_it_is_is_lost_and_found_again_and_hides_nobody(
    devices: Devices,
    outside: Outside,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    which: str,
    error: Exception,
) -> None:
    monkeypatch.setattr(file, "ASK_EVERY_SECONDS", 0.01)
    changes: queue.Queue[tuple[str, PrinterFault | None]] = queue.Queue()
    setattr(outside, f"{which}_throws", error)
    devices.start(lambda _state: None, lambda: changes.put(known(devices)), lambda: False)
    lost = ("unreachable", None) if which == "portal" else ("open", PrinterFault.UNREACHABLE)
    assert changes.get(timeout=5) == lost
    outside.fault, outside.answer = PrinterFault.PAPER_END, PortalClosed()  # the other one tells its news
    other = ("unreachable", PrinterFault.PAPER_END) if which == "portal" else ("closed", PrinterFault.UNREACHABLE)
    assert changes.get(timeout=5) == other
    setattr(outside, f"{which}_throws", None)
    assert changes.get(timeout=5) == ("closed", PrinterFault.PAPER_END)
    told = [line for line in caplog.messages if line.startswith(f"{which}: {type(error).__name__} at ")]
    assert len(told) == 1, "once, not at every try"
    assert "山田" not in caplog.text


def test_a_listener_that_fails_ends_no_watch(
    devices: Devices, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file, "ASK_EVERY_SECONDS", 0.01)
    heard = threading.Semaphore(0)

    def fails() -> None:
        heard.release()
        raise ValueError

    outside.fault = PrinterFault.COVER_OPEN
    devices.start(lambda _state: None, fails, lambda: False)
    assert heard.acquire(timeout=5)
    outside.fault = None
    assert heard.acquire(timeout=5)


def test_nobody_is_asked_while_somebody_is_served(
    devices: Devices, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file, "ASK_EVERY_SECONDS", 0.01)
    outside.portal_throws = outside.printer_throws = AssertionError()
    asked = threading.Semaphore(0)

    def busy() -> bool:
        asked.release()
        return True

    devices.start(lambda _state: None, lambda: None, busy)
    for _ in range(6):
        assert asked.acquire(timeout=5)
    assert known(devices) == ("open", None)


class Caretaker(NoCaretaker):
    """Hears, while it is there."""

    def __init__(self) -> None:
        self.there = True
        self.heard: list[dict[str, object]] = []
        self.reported: list[tuple[str, str]] = []

    def report(self, check: str, reason: str) -> bool:
        if self.there:
            self.reported.append((check, Report(check, reason).reason))
        return self.there

    def tell(self, told: Event, times: int = 1) -> bool:
        if self.there:
            self.heard.append({**told.fields})
        return self.there

    def present(self) -> bool:
        return self.there


def test_the_caretaker_is_told_what_is_known_of_the_devices_and_nothing_guessed(outside: Outside) -> None:
    caretaker, reader = Caretaker(), SlotReader()
    devices = Devices(
        reader, cast(Printer, outside), cast(PortalClient, outside), caretaker=caretaker, has_printer=True
    )
    devices.ask_caretaker()
    assert caretaker.heard == [], "a reader that was just opened is absent for a moment, the others were not asked yet"
    outside.fault, outside.answer = PrinterFault.PAPER_END, PortalClosed()
    look(devices)
    devices.ask_caretaker()
    assert caretaker.heard == [{"reader": "absent"}, {"printer": "paper_end"}, {"portal": "closed"}]
    caretaker.heard.clear()
    reader.take_out()
    outside.fault, outside.answer = None, True
    look(devices)
    devices.ask_caretaker()
    assert caretaker.heard == [{"printer": "ready"}, {"portal": "open"}]
    devices.ask_caretaker()
    assert caretaker.heard[2] == {"reader": "present"}


def test_of_a_kiosk_without_a_printer_it_is_told_that_none_is_used(outside: Outside) -> None:
    caretaker = Caretaker()
    devices = Devices(
        SlotReader(), cast(Printer, outside), cast(PortalClient, outside), caretaker=caretaker, has_printer=False
    )
    look(devices)
    devices.ask_caretaker()
    assert caretaker.heard == [{"printer": "unused"}, {"portal": "open"}]


def test_a_caretaker_that_goes_and_comes_back_is_noticed_once_each(outside: Outside) -> None:
    caretaker = Caretaker()
    devices = Devices(SlotReader(), cast(Printer, outside), cast(PortalClient, outside), caretaker=caretaker)
    changes = []
    for there in (True, False, False, True, True):
        caretaker.there = there
        changes.append(devices.ask_caretaker())
        assert devices.caretaker_there is there
    assert changes == [False, True, False, True, False]
    assert devices.no_caretaker() and not devices.caretaker_there


class Porter(Caretaker):
    """Knows whether the kiosk is open, while it is there, and has left how it was."""

    stand = DoorsStand()
    left: DoorsLeft | None = None

    def ask(self, question: Question, patience_seconds: float | None = None) -> Answer:
        if not self.there:
            raise Away("away")
        return self.stand

    def doors_left(self) -> DoorsLeft | None:
        return self.left


def test_doors_stay_as_they_were_while_the_caretaker_is_away_and_has_left_nothing(outside: Outside) -> None:
    caretaker = Porter()
    devices = Devices(SlotReader(), cast(Printer, outside), cast(PortalClient, outside), caretaker=caretaker)
    devices.ask_doors()
    changes = []
    for stand, there in (
        (DoorsStand(), True),
        (DoorsStand("paper"), True),
        (DoorsStand(), False),
        (DoorsStand(), True),
    ):
        caretaker.stand, caretaker.there = stand, there
        changes.append((devices.ask_doors(), devices.doors.reason))
    assert changes == [(False, None), (True, "paper"), (False, "paper"), (True, None)]


HOURS = Opening(Hours("08:30-17:15"))
MOMENT = datetime.datetime(2026, 11, 26, 12, 0, tzinfo=JST)
LATE = datetime.datetime(2026, 11, 26, 22, 0, tzinfo=JST)
OPENS = int(datetime.datetime(2026, 11, 27, 8, 30, tzinfo=JST).timestamp())


@pytest.mark.parametrize(
    ("left", "now", "stands"),
    [
        (None, MOMENT, DoorsStand(guidance=True)),
        (DoorsLeft(), MOMENT, DoorsStand()),
        (DoorsLeft(DoorsStand("maintenance")), MOMENT, DoorsStand("maintenance")),
        (DoorsLeft(DoorsStand("paper", OPENS)), MOMENT, DoorsStand("paper", OPENS)),
        (DoorsLeft(DoorsStand("paper", int(MOMENT.timestamp()))), MOMENT, DoorsStand()),
        (DoorsLeft(opening=HOURS), MOMENT, DoorsStand()),
        (DoorsLeft(opening=HOURS), LATE, DoorsStand("hours", OPENS, guidance=True)),
        (DoorsLeft(opening=Opening(HOURS.hours, guidance=False)), LATE, DoorsStand("hours", OPENS)),
        (DoorsLeft(opened=OPENS, opening=HOURS), LATE, DoorsStand()),
        (DoorsLeft(DoorsStand("no_staff"), OPENS, HOURS), LATE, DoorsStand("no_staff")),
        (DoorsLeft(DoorsStand("paper", int(MOMENT.timestamp())), 0, HOURS), LATE, DoorsStand("hours", OPENS, True)),
    ],
)
def test_a_session_that_begins_while_the_caretaker_is_away_is_as_the_caretaker_would_have_it_now(
    outside: Outside,
    left: DoorsLeft | None,
    now: datetime.datetime,
    stands: DoorsStand,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dates, "now", lambda: now)
    caretaker = Porter()
    caretaker.there, caretaker.left = False, left
    devices = Devices(SlotReader(), cast(Printer, outside), cast(PortalClient, outside), caretaker=caretaker)
    assert devices.doors == stands, "also before anybody was asked"
    devices.ask_doors()
    assert devices.doors == stands
    assert devices.guidance_only is stands.guidance, "a card is checked by nobody who is not open"


def test_outside_its_hours_it_gives_guidance_if_the_station_wants_that(outside: Outside) -> None:
    caretaker = Porter()
    devices = Devices(SlotReader(), cast(Printer, outside), cast(PortalClient, outside), caretaker=caretaker)
    only = []
    for stand in (DoorsStand("hours", 9), DoorsStand("hours", 9, guidance=True), DoorsStand()):
        caretaker.stand, caretaker.there = stand, True
        assert devices.ask_doors()
        only.append((devices.guidance_only, devices.doors.serves))
    assert only == [(False, False), (True, True), (False, True)]


def test_what_is_said_of_tomorrow_is_said_anew_when_tomorrow_has_come(
    outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = datetime.date(2026, 11, 26)
    monkeypatch.setattr(dates, "today", lambda: day)
    caretaker = Porter()
    caretaker.stand = DoorsStand("maintenance", int(datetime.datetime(2026, 11, 27, 8, 30, tzinfo=JST).timestamp()))
    outside.answer = PortalClosed(OpensAt(datetime.datetime(2026, 11, 27, 8, 30, tzinfo=JST)))
    devices = Devices(SlotReader(), cast(Printer, outside), cast(PortalClient, outside), caretaker=caretaker)
    asks = (devices.ask_doors, devices.ask_portal)
    assert [ask() for ask in asks] == [True, True] and [ask() for ask in asks] == [False, False]
    day += datetime.timedelta(days=1)
    assert [ask() for ask in asks] == [True, True] and [ask() for ask in asks] == [False, False]
    caretaker.there = False
    day += datetime.timedelta(days=1)
    assert (devices.ask_doors(), devices.ask_doors()) == (True, False), "also of one that was closed by who is away"
    assert devices.doors == caretaker.stand


def reports(devices: Devices, caretaker: Caretaker) -> dict[str, str]:
    caretaker.reported.clear()
    assert devices.report() is False, "to report changes nothing here"
    return dict(caretaker.reported)


def test_the_board_hears_how_each_device_is_as_far_as_it_is_known(outside: Outside) -> None:
    caretaker, reader = Caretaker(), SlotReader()
    devices = Devices(reader, cast(Printer, outside), cast(PortalClient, outside), caretaker=caretaker)
    none = {"bell": "none", "keypad": "none", "beacon": "none"}
    assert reports(devices, caretaker) == {"safe_mode": "off", **none, "reader": "absent"}
    reader.take_out()
    look(devices)
    well = {"safe_mode": "off", **none, "reader": "present", "printer": "ready", "portal": "open"}
    assert reports(devices, caretaker) == {**well, "clock": "right"}
    assert reports(devices, caretaker) == well, "what the portal said of the hour a while ago says nothing of now"
    outside.near_end, outside.ahead = True, -400.0
    look(devices)
    assert reports(devices, caretaker) == {**well, "printer": "near_end", "clock": "apart"}
    outside.fault, outside.answer, outside.ill_timed = PrinterFault.CUTTER, False, IllTimed.NOT_YET
    look(devices)
    assert reports(devices, caretaker) == {
        **well,
        "printer": "cutter",
        "portal": "unreachable",
        "clock": "ill_timed",
    }
    outside.misconfigured = True
    assert reports(devices, caretaker)["portal"] == "misconfigured", "nobody is to look for a cable"


@pytest.mark.parametrize("state", ReaderState)
def test_a_reader_whose_driver_does_not_answer_is_away_and_the_driver_is_what_is_told_of(
    outside: Outside, state: ReaderState
) -> None:
    caretaker, reader = Caretaker(), SlotReader()
    devices = Devices(reader, cast(Printer, outside), cast(PortalClient, outside), caretaker=caretaker)
    reader.state, reader.answers = state, False
    assert reports(devices, caretaker)["reader"] == "still"
    for _ in range(2):
        devices.ask_caretaker()
    assert caretaker.heard == [{"reader": "absent"}]
    reader.answers = None
    assert "reader" not in reports(devices, caretaker), "what is not known yet is not told"
    reader.answers = True
    assert reports(devices, caretaker)["reader"] == ("absent" if state is ReaderState.ABSENT else "present")


class Contact:
    """A button in the test's hands."""

    present = False

    def start(self, pressed: Callable[[], None], changed: Callable[[], None]) -> None:
        self.pressed, self.changed = pressed, changed

    def stop(self) -> None:
        pass


class Pad:
    """A keypad in the test's hands."""

    present = False

    def start(self, changed: Callable[[], None]) -> None:
        self.changed = changed

    def stop(self) -> None:
        pass


def test_each_aid_is_heard_and_the_board_hears_whether_it_is_there(outside: Outside) -> None:
    caretaker, bell, remote, pad = Caretaker(), Contact(), Contact(), Pad()
    aids = Aids(bell, pad, remote, beacon=True)
    devices = Devices(SlotReader(), cast(Printer, outside), cast(PortalClient, outside), caretaker=caretaker, aids=aids)
    told: list[str] = []
    devices.start(
        lambda _state: None,
        lambda: told.append("keypad"),
        lambda: True,
        rung=lambda: told.append("bell"),
        sought=lambda: told.append("remote"),
    )
    devices.stop()
    bell.pressed()
    pad.changed()
    remote.pressed()
    assert told == ["bell", "keypad", "remote"]
    names = ("bell", "keypad", "beacon")
    assert dict(aids.reports()) == dict.fromkeys(names, "absent") and not aids.keys
    bell.present = pad.present = remote.present = True
    assert dict(aids.reports()) == dict.fromkeys(names, "ready") and aids.keys
    assert dict(Aids(beacon=True).reports())["beacon"] == "ready", "one that only sounds by itself"
    assert all({"none", "ready", "absent"} <= CHECKS[name].reasons.keys() for name in names)


@pytest.mark.parametrize("safe_for", get_args(SafeFor))
def test_with_guidance_only_nothing_is_asked_and_that_is_what_is_told(outside: Outside, safe_for: SafeFor) -> None:
    def throws() -> None:
        raise AssertionError("it was asked")

    outside.reachable = outside.state = throws  # type: ignore[assignment]
    caretaker = Caretaker()
    devices = Devices(
        NoReader(), cast(Printer, outside), cast(PortalClient, outside), caretaker=caretaker, safe_for=safe_for
    )
    devices.start(lambda _state: None, lambda: None, lambda: False)
    devices.look_again()
    devices.stop()
    assert (devices.portal_state, devices.printer_fault) == ("unreachable", PrinterFault.UNREACHABLE)
    for _ in range(3):
        devices.ask_caretaker()
    told = {name: value for each in caretaker.heard for name, value in each.items()}
    assert told == dict.fromkeys(("reader", "printer", "portal"), "unused"), "absent, they would call somebody"
    assert all(set(each.values()) == {"unused"} for each in caretaker.heard)
    found = reports(devices, caretaker)
    assert found == {"safe_mode": safe_for, **dict.fromkeys(UNUSED, "unused")}
    assert all("unused" in CHECKS[check].reasons for check in UNUSED)
    assert CHECKS["safe_mode"].reasons[safe_for].level == "problem"


@pytest.mark.parametrize("lasts", get_args(Lasts))
def test_how_long_the_certificates_last_is_told_by_a_reason_of_the_table(outside: Outside, lasts: Lasts) -> None:
    caretaker = Caretaker()
    devices = Devices(SlotReader(), cast(Printer, outside), cast(PortalClient, outside), caretaker=caretaker)
    outside.lasts = lasts
    assert reports(devices, caretaker)["certificate"] == lasts and lasts in CHECKS["certificate"].reasons


@pytest.mark.parametrize("fault", PrinterFault)
def test_every_fault_of_a_printer_is_a_reason_of_the_table(outside: Outside, fault: PrinterFault) -> None:
    caretaker = Caretaker()
    devices = Devices(SlotReader(), cast(Printer, outside), cast(PortalClient, outside), caretaker=caretaker)
    outside.fault = fault
    look(devices)
    assert reports(devices, caretaker)["printer"] == fault.value


def test_a_kiosk_without_a_printer_says_so_and_one_whose_caretaker_is_away_goes_on(outside: Outside) -> None:
    caretaker = Caretaker()
    devices = Devices(
        SlotReader(), cast(Printer, outside), cast(PortalClient, outside), caretaker=caretaker, has_printer=False
    )
    assert reports(devices, caretaker)["printer"] == "none"
    caretaker.there = False
    assert reports(devices, caretaker) == {}


def test_a_change_is_reported_at_once_also_while_somebody_is_served(outside: Outside) -> None:
    reader, heard = SlotReader(), threading.Semaphore(0)

    class Signals(Caretaker):
        def report(self, check: str, reason: str) -> bool:
            super().report(check, reason)
            heard.release()
            return True

    caretaker = Signals()
    devices = Devices(reader, cast(Printer, outside), cast(PortalClient, outside), caretaker=caretaker)
    devices.start(lambda _state: None, lambda: None, lambda: True)
    assert heard.acquire(timeout=5)
    reader.take_out()
    for _ in range(20):
        if caretaker.reported[-1] == ("reader", "present"):
            break
        assert heard.acquire(timeout=5)
    assert caretaker.reported[-1] == ("reader", "present")
    devices.stop()


def test_what_was_done_with_a_stick_is_news_when_it_comes_and_when_it_is_over(outside: Outside) -> None:
    done = iter((None, "asked", "asked", None))
    devices = Devices(SlotReader(), cast(Printer, outside), cast(PortalClient, outside), stick=lambda: next(done))
    assert [(devices.ask_stick(), devices.stick) for _ in range(4)] == [
        (False, None),
        (True, "asked"),
        (False, "asked"),
        (True, None),
    ]
