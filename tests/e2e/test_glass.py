"""What stands on the glass: the kiosk's page and nothing else, in a real Chromium under the keeper, on a display of its
own (Xvfb, without a window manager), without a debugging port or pipe.

A page that stops living is replaced, whatever of it has died or hangs; and no key that is Chromium's own opens or
closes anything, without the managed policy, which is not installed where this runs: the flags and the page hold alone.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageGrab

from kiosk.config.kiosk import Session
from kiosk.services.processes import children_of_type
from tests.e2e.failing import FAULTS
from tests.forgetting.screen import Display
from tests.stage import Stage
from tests.whole import covering

HERE = "the page is here"
DEAD_SECONDS = 3.0
COVERED_SECONDS = 2.5  # two, and until the keeper looks
SILENT_SECONDS = 2.0 + 3.0  # until it is covered, and until the next page is there
BUSY = 3.0  # times as long on a machine that does other things

RENDERER, GPU, MAIN = b"--type=renderer", b"--type=gpu-process", b""
OWN_PAGE = b"--top-chrome-webui"
MOUSE_KEYS = ("XF86Back", "XF86Forward", "XF86Reload", "XF86HomePage", "XF86Search", "XF86Mail", "XF86Explorer")
LETTERS = "abdefghijklmnopqrstuwy"
CHORDS = {
    "control": [f"ctrl+{letter}" for letter in LETTERS + "0123456789"],
    "control and shift": [f"ctrl+shift+{letter}" for letter in LETTERS],
    "alt": [*(f"alt+{letter}" for letter in "defhpt123"), *(f"alt+shift+{letter}" for letter in "abinpt")],
    "function": [f"F{number}" for number in range(2, 13)],
    "windows": [
        *("shift+Escape", "alt+Home", "alt+F4", "ctrl+F4", "ctrl+w", "ctrl+shift+w", "ctrl+Tab", "ctrl+shift+Tab"),
        *("ctrl+shift+Delete", "ctrl+Prior", "ctrl+Next", "alt+Left", "alt+Right", "shift+F10", "Menu", "ctrl+plus"),
    ],
    "keyboards with more keys": list(MOUSE_KEYS),
}


class FailingStage(Stage):
    program = "tests.e2e.failing"


class Glass:
    def __init__(self, stage: Stage, display: Display) -> None:
        self.stage, self.display = stage, display

    def picture(self) -> Image.Image:
        return ImageGrab.grab(xdisplay=os.environ["DISPLAY"]).convert("L")

    def windows(self) -> int:
        """How many are to be seen."""
        found = subprocess.run(["xdotool", "search", "--onlyvisible", "--name", ""], capture_output=True, check=False)
        return len(found.stdout.split())

    def processes(self, kind: bytes) -> list[int]:
        assert self.display.keeper.pid is not None
        return list(children_of_type(self.display.keeper.pid, kind)) if kind else [self.display.keeper.pid]

    def covered(self, browser: int | None) -> float:
        """When nothing of this browser stands there any more, in monotonic seconds."""
        end = time.monotonic() + 20
        while Path(f"/proc/{browser}").exists():
            assert time.monotonic() < end, "the browser is still there"
            time.sleep(0.02)
        at = time.monotonic()
        assert self.picture().getextrema() == (0, 0), "the last picture is still there"
        return at

    def opened_by(self, chords: Iterable[str]) -> list[tuple[str, tuple[int, int, int, int] | None, int]]:
        """The keys after which the glass was not as before: what had changed, and how many windows there were."""
        browser, before, windows = self.display.keeper.pid, self.picture(), self.windows()
        opened = []
        for chord in chords:
            self.display.press(chord)
            time.sleep(0.3)
            changed = ImageChops.difference(before, self.picture()).getbbox()
            if changed or self.windows() != windows or self.display.keeper.pid != browser:
                opened.append((chord, changed, self.windows()))
                self.display.keeper.restart()
                time.sleep(0.5)
                self.steady()
                browser, before, windows = self.display.keeper.pid, self.picture(), self.windows()
        return opened

    def steady(self) -> None:
        """Attract stands there, and its page has told that it lives."""
        end = time.monotonic() + 40
        while self.display.keeper._life.coming:
            assert time.monotonic() < end, "\n".join(self.stage.log[-20:])
            time.sleep(0.05)
        time.sleep(1)


@pytest.fixture(scope="module")
def glass(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Glass]:
    stage = FailingStage(tmp_path_factory.mktemp("glass"), session=Session(browser_lost_seconds=4 * BUSY))
    with stage, Display(stage.settings, stage.temporary) as display:
        stage.wait_log(HERE, 40)
        yield Glass(stage, display)


ENDS = (
    (RENDERER, signal.SIGSEGV, DEAD_SECONDS),
    (RENDERER, signal.SIGKILL, DEAD_SECONDS),
    (RENDERER, signal.SIGSTOP, SILENT_SECONDS),
    (MAIN, signal.SIGSTOP, SILENT_SECONDS),
    (GPU, signal.SIGSTOP, SILENT_SECONDS),
    (MAIN, signal.SIGKILL, DEAD_SECONDS),
)
VISIT = (False, True)  # each fault before a visit or in one; when the whole is tried, both


def in_words(value: object) -> str:
    if isinstance(value, bool):
        return "visit" if value else "idle"
    if isinstance(value, tuple):
        kind, fault, _ = value
        return f"{kind.decode() or 'browser'}-{fault.name}"
    return str(value)


@pytest.mark.parametrize(("end", "visit"), covering(ENDS, VISIT), ids=in_words)
def test_a_page_that_has_stopped_living_is_replaced(
    glass: Glass, end: tuple[bytes, signal.Signals, float], visit: bool
) -> None:
    kind, fault, within = end
    glass.steady()
    if visit:
        since = glass.stage.logged()
        glass.display.press("Return")
        glass.stage.wait_log("screen home", since=since)
    browser, since, began = glass.display.keeper.pid, glass.stage.logged(), time.monotonic()
    for pid in glass.processes(kind):
        os.kill(pid, fault)
    glass.stage.wait_log(HERE, within * BUSY, since)
    print(f"{kind.decode() or 'browser'} {fault.name}: {time.monotonic() - began:.1f} s")
    assert glass.display.keeper.pid != browser
    assert not Path(f"/proc/{browser}").exists()
    assert not any("session ends" in line for line in glass.stage.log[since:]), "the visit was not kept"
    if visit:
        since = glass.stage.logged()
        glass.stage.kill_worker()
        glass.stage.wait_log(HERE, 40, since)


@pytest.mark.parametrize(("key", "visit"), covering(FAULTS, VISIT), ids=in_words)
def test_a_page_that_stands_still_or_has_gone_is_covered_and_replaced(glass: Glass, key: str, visit: bool) -> None:
    glass.steady()
    since = glass.stage.logged()
    if visit:
        glass.display.press("Return")
        since = glass.stage.wait_log("screen home", since=since)
    browser, began = glass.display.keeper.pid, time.monotonic()
    glass.display.press(f"shift+{key}")
    covered = glass.covered(browser)
    glass.stage.wait_log(HERE, SILENT_SECONDS * BUSY, since)
    print(f"{FAULTS[key]} covered: {covered - began:.1f} s, replaced: {time.monotonic() - began:.1f} s")
    assert covered - began < COVERED_SECONDS * BUSY
    assert not any("session ends" in line for line in glass.stage.log[since:]), "the visit was not kept"
    if visit:
        since = glass.stage.logged()
        glass.stage.kill_worker()
        glass.stage.wait_log(HERE, 40, since)


def test_a_page_that_does_not_come_back_in_time_finds_the_visit_ended(
    glass: Glass, monkeypatch: pytest.MonkeyPatch
) -> None:
    glass.steady()
    since = glass.stage.logged()
    glass.display.press("Return")
    since = glass.stage.wait_log("screen home", since=since)
    began = time.monotonic()
    with monkeypatch.context() as without:
        without.setattr(glass.display.keeper, "_program", "false")
        glass.display.press(f"shift+{next(iter(FAULTS))}")
        since = glass.stage.wait_log("the page has gone", SILENT_SECONDS * BUSY, since)
        lost_seconds = glass.stage.settings.session.browser_lost_seconds
        since = glass.stage.wait_log("session ends: browser_lost", lost_seconds + BUSY, since)
        print(f"ended: {time.monotonic() - began:.1f} s")
    glass.stage.wait_log(HERE, 40, since)


def test_chromium_has_no_page_of_its_own_beside_the_kiosks(glass: Glass) -> None:
    """Each would be a process, memory and time; nobody sees them."""
    glass.steady()
    assert glass.processes(OWN_PAGE) == []


@pytest.mark.parametrize("keys", CHORDS)
def test_none_of_chromiums_own_keys_opens_or_closes_anything(glass: Glass, keys: str) -> None:
    glass.steady()
    assert glass.opened_by(CHORDS[keys]) == []


def test_a_page_that_has_lost_the_focus_is_taken_away_and_the_visit_ended(glass: Glass) -> None:
    glass.steady()
    browser, since = glass.display.keeper.pid, glass.stage.logged()
    glass.display.press("Return")
    glass.stage.wait_log("screen home", since=since)
    root = subprocess.run(["xwininfo", "-root"], capture_output=True, text=True, check=True).stdout
    began = time.monotonic()
    subprocess.run(
        ["xdotool", "mousemove", "2", "2", "windowfocus", root.partition("Window id: ")[2].split()[0]], check=True
    )
    since = glass.stage.wait_log("something else has come before the page", BUSY, since)
    print(f"noticed: {time.monotonic() - began:.2f} s")
    assert glass.display.keeper.pid != browser
    glass.stage.wait_log("session ends: browser_lost", BUSY, since)
    glass.stage.wait_log(HERE, 30, since)
