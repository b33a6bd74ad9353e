"""Plants a person in a whole linking, ends it each way a session can end, and looks for them everywhere.

The browser is a real Chromium under the keeper of the appliance, without a debugging port, driven by keys. Nobody may
be found in any process of the kiosk (arbiter, session, every process of Chromium), in its profile, in its temporary
folder or in its log, from two seconds after the session's process has gone. That the search is able to find is shown
while the person is still there.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from kiosk.config.kiosk import Screen, Session
from kiosk.sim.people import Person, Pins
from kiosk.web import liveness
from tests.forgetting.memory import Search, found
from tests.forgetting.person import markers
from tests.forgetting.screen import Display
from tests.stage import Slow, Stage
from tests.whole import few

WHO = "excellent"
PINS = Pins(text="7391", sign="Q7XK29ZP")
RESET_SECONDS = 2.0
BROWSER_SECONDS = 30.0  # for a whole browser to start, which it does after keys have been typed
PRINTED_SECONDS = 3.0  # from the slip's last byte to the screen that says so and can be answered
PAINT_SECONDS = 0.4  # from the line in the log to the screen that a key can be pressed on

SEARCH_SECONDS = (
    60.0  # for which the search has the page stand still, which the keeper would rightly take for its death
)

IMPATIENT = Screen(idle_seconds=12, reading_idle_seconds=12, warning_seconds=1)
SOON = Session(browser_lost_seconds=1, put_back_seconds=1, take_card_seconds=3)


SENDING = (6, 10)  # the steps in which a PIN goes to the card
HERE = {  # what the session must hold at a step: the search shows that it can find
    6: {"text PIN", "typed keys"},
    7: {"name", "address", "birth date"},
    8: {"name", "address"},
    10: {"signature PIN", "typed keys"},
    11: {"name", "address", "certificate serial"},
}


class Kiosk:
    """The stage and the screen, with the person in front of them."""

    def __init__(self, stage: Stage, display: Display) -> None:
        self.stage, self.display = stage, display
        self.seen = 0
        self.types = True  # on the keyboard; otherwise from key to key on the screen

    @property
    def person(self) -> Person:
        return self.stage.people[WHO]

    def wait(self, words: str, seconds: float = 15) -> None:
        self.seen = self.stage.wait_log(words, seconds, self.seen)
        if "screen" in words:
            time.sleep(PAINT_SECONDS)

    def press_until(self, words: str, key: str = "Return") -> None:
        """Press a key until the kiosk says the words: the terms take as many presses as they have pages."""
        for _ in range(60):
            self.display.press(key)
            try:
                return self.wait(words, 0.4)
            except AssertionError:
                continue
        raise AssertionError(f"no “{words}” after many presses of {key}")

    def enter(self, pin: str, words: str) -> None:
        """Type a PIN and go on; from the beginning again when a busy machine has swallowed a key."""
        if not self.types:
            self.display.press(*self.walk_over_pad(pin))
            return self.wait(words)
        for _ in range(3):
            self.display.press("Delete", *pin, "Return")
            try:
                return self.wait(words, 4)
            except AssertionError:
                continue
        self.wait(words)

    def walk_over_pad(self, pin: str) -> list[str]:
        """The PIN as a switch user enters it: from key to key on the screen, which presses none of the keyboard's."""
        pad = "1234567890**ABCDEFGHIJKLMNOPQRSTUVWXYZ<>" if len(pin) > 4 else "123456789*0*<>"  # < もどる, > 次へ
        presses: list[str] = []
        at = -1
        for character in pin + ">":
            steps = pad.index(character) - at
            presses += ["Tab" if steps > 0 else "shift+Tab"] * abs(steps) + ["Return"]
            at += steps
        return presses

    def walk_to(self, step: int) -> None:
        """From attract to the screen of a step; in 6 and 10 the card is still being read."""
        press, wait = self.display.press, self.wait
        names = ["home", "1 licence", "2 contents", "3 consent", "4 prepare"]
        for name in names[: step + 1]:
            self.press_until(f"screen {name}")
        if step < 5:
            return
        self.press_until("screen 4 set_card")
        self.stage.put_in(WHO, slow=Slow("VERIFY", seconds=2) if step in SENDING else None)
        wait("screen 5 pin")
        if step == 5:
            press(*PINS.text[:3])
            return
        self.enter(PINS.text, "screen 6 reading")
        if step == 6:
            return
        wait("screen 7 confirm")
        if step == 7:
            return
        press("Return")
        wait("screen 8 terms")
        if step == 8:
            return
        self.press_until("screen 9 pin")
        if step == 9:
            press(*PINS.sign[:5])
            return
        self.enter(PINS.sign, "screen 10 reading")
        if step == 11:
            wait("screen 11 linked")

    def markers(self) -> dict[str, set[bytes]]:
        return markers(self.person, self.stage.pki)

    @property
    def processes(self) -> list[int]:
        return [self.stage.arbiter, self.stage.worker, *self.display.processes]

    def found_on_disk(self) -> set[str]:
        """Markers in what the kiosk and the browser have written: profile, sockets' folder, temporary files, log."""
        written = ["\n".join(self.stage.log).encode()]
        for place in (self.stage.runtime, self.stage.temporary):
            for folder, _, names in os.walk(place):
                for name in names:
                    with contextlib.suppress(OSError):  # a socket, or gone meanwhile
                        written.append(Path(folder, name).read_bytes())
        return Search(self.markers()).within(written)


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kiosk]:
    stage = Stage(tmp_path_factory.mktemp("forgetting"), screen=IMPATIENT, session=SOON)
    stage.people[WHO] = msgspec.structs.replace(stage.people[WHO], pins=PINS)
    with pytest.MonkeyPatch.context() as patch:
        for patience in ("SILENT_SECONDS", "COMING_SECONDS", "DEAD_SECONDS"):
            patch.setattr(liveness, patience, SEARCH_SECONDS)
        with stage, Display(stage.settings, stage.temporary) as display:
            yield Kiosk(stage, display)


@pytest.fixture(autouse=True)
def fresh(kiosk: Kiosk) -> None:
    """Nobody is linked, the card has all its tries, attract stands on the screen."""
    kiosk.stage.take_out()
    kiosk.stage.cards.clear()
    kiosk.stage.portal.reset()
    kiosk.wait("the page is here")


def leave(kiosk: Kiosk, step: int) -> None:
    kiosk.display.press("Escape")
    if step in (5, 7, 8, 9, 11):
        time.sleep(0.3)  # the question is laid over the screen, and the log does not tell of it
        kiosk.display.press("Tab", "Tab", "Return")


def ends_and_is_forgotten(kiosk: Kiosk, session: int, page_within: float = BROWSER_SECONDS) -> None:
    """The session's process goes, the next page comes, and the person is nowhere two seconds after."""
    end = time.monotonic() + 20
    while Path(f"/proc/{session}").exists():
        if "take_card" in kiosk.stage.log[-1]:
            kiosk.stage.take_out()
        assert time.monotonic() < end, "the session does not end:\n" + "\n".join(kiosk.stage.log[-20:])
        time.sleep(0.01)
    gone = time.monotonic()
    kiosk.stage.take_out()
    time.sleep(RESET_SECONDS)
    assert found(kiosk.processes, kiosk.markers()) == {}
    assert kiosk.found_on_disk() == set()
    # From the last screen or end waited for: the next page may be there before its forebear's process is reaped.
    while not any("the page is here" in line for line in kiosk.stage.log[kiosk.seen :]):
        assert time.monotonic() - gone < page_within + RESET_SECONDS, "no page:\n" + "\n".join(kiosk.stage.log[-9:])
        time.sleep(0.01)


def is_found(kiosk: Kiosk, session: int, step: int) -> None:
    """The search finds who is there, in the session, and in the browser that shows them."""
    here = found(kiosk.processes, kiosk.markers())
    in_session = {marker for marker, holders in here.items() if session in holders}
    assert HERE[step] <= in_session, "the search does not find who is there"
    assert step != 7 or set(here["name"]) & set(kiosk.display.processes), "nor in the browser that shows them"


# Until a PIN is typed in step 5 nothing of anybody is in the machine. Others end below: at 7 by going away or by taking
# the card, at 8 and 9 by a kill, at 11 by having finished. What is not seen, unless the whole is tried, is `Escape` in
# their places.
@pytest.mark.parametrize("step", few([6, 10], of=range(1, 12)))
def test_whoever_leaves_at_any_step_is_forgotten(kiosk: Kiosk, step: int) -> None:
    session = kiosk.stage.worker
    kiosk.walk_to(step)
    if step in HERE:
        is_found(kiosk, session, step)
    leave(kiosk, step)
    ends_and_is_forgotten(kiosk, session)
    assert kiosk.stage.portal.held_count() == 0


# Who types ends so below, too, with more of them in the machine: when they have released a link and linked after it.
@pytest.mark.parametrize("types", few([False], of=[True, False]), ids=lambda types: "typed" if types else "walked")
def test_whoever_has_finished_is_forgotten(kiosk: Kiosk, types: bool) -> None:
    """Without a keyboard, by a browser that runs on."""
    session, browser = kiosk.stage.worker, kiosk.display.keeper.pid
    kiosk.types = types
    try:
        kiosk.walk_to(11)
    finally:
        kiosk.types = True
    kiosk.stage.printer.wait_for_slips(1)
    kiosk.press_until("session ends: finished")
    ends_and_is_forgotten(kiosk, session, page_within=BROWSER_SECONDS if types else 0)
    assert types or kiosk.display.keeper.pid == browser


def test_whoever_has_looked_at_their_licence_is_forgotten(kiosk: Kiosk) -> None:
    """In the card check, where the licence comes from the card."""
    session, press = kiosk.stage.worker, kiosk.display.press
    kiosk.press_until("screen home")
    press(*["Tab"] * 4, "Return")
    kiosk.wait("screen set_card")
    kiosk.stage.put_in(WHO)
    kiosk.wait("screen check_result")
    kiosk.stage.printer.wait_for_slips(1)
    time.sleep(PRINTED_SECONDS)  # before that the only thing to press is やめて消す
    press("Tab", "Return")
    kiosk.wait("screen check_warn")
    kiosk.press_until("screen pin")
    kiosk.enter(PINS.licence, "screen check_licence")
    here = found(kiosk.processes, kiosk.markers())
    assert {marker for marker, holders in here.items() if session in holders} >= {"licence number"}
    kiosk.press_until("session ends: finished")
    ends_and_is_forgotten(kiosk, session)


def test_whoever_has_released_a_link_and_linked_after_it_is_forgotten(
    kiosk: Kiosk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three requests at the portal in one visit, for which the attributes are kept that were read once."""
    drivers, session = kiosk.stage.portal.drivers, kiosk.stage.worker
    former = [msgspec.structs.replace(each, link="release_first") for each in drivers._records]
    monkeypatch.setattr(drivers, "_records", former)
    kiosk.walk_to(10)
    kiosk.wait("screen release")
    kiosk.press_until("screen pin")
    kiosk.enter(PINS.sign, "screen released")
    here = found(kiosk.processes, kiosk.markers())
    assert {"name", "address"} <= {marker for marker, holders in here.items() if session in holders}
    kiosk.press_until("screen 8 terms")
    kiosk.press_until("screen 9 pin")
    kiosk.enter(PINS.sign, "screen 11 linked")
    kiosk.stage.printer.wait_for_slips(2)
    kiosk.press_until("session ends: finished")
    ends_and_is_forgotten(kiosk, session)
    assert kiosk.stage.portal.held_count() == 0


def test_whoever_walks_away_is_forgotten(kiosk: Kiosk) -> None:
    session = kiosk.stage.worker
    kiosk.walk_to(7)
    is_found(kiosk, session, 7)
    kiosk.wait("session ends: timed_out")
    ends_and_is_forgotten(kiosk, session)


def test_whoever_pulls_the_card_out_is_forgotten(kiosk: Kiosk) -> None:
    session = kiosk.stage.worker
    kiosk.walk_to(7)
    kiosk.stage.take_out()
    kiosk.wait("session ends: card_gone")
    ends_and_is_forgotten(kiosk, session)


def test_a_killed_server_forgets(kiosk: Kiosk) -> None:
    session = kiosk.stage.worker
    kiosk.walk_to(9)
    os.kill(session, signal.SIGKILL)
    ends_and_is_forgotten(kiosk, session)


def test_a_killed_browser_is_forgotten_with_its_session(kiosk: Kiosk) -> None:
    session = kiosk.stage.worker
    kiosk.walk_to(8)
    assert kiosk.display.keeper.pid is not None
    os.kill(kiosk.display.keeper.pid, signal.SIGKILL)
    kiosk.wait("session ends", 30)  # lost, or idle when the new browser came back in time
    ends_and_is_forgotten(kiosk, session)
