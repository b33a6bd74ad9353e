"""The keeper, with a browser that is none: what it kills, starts and answers."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import msgspec
import pytest

from kiosk.config.kiosk import Server, Settings
from kiosk.hw.levels import Levels, Machine
from kiosk.ipc.caretaker import Listener, NoCaretaker
from kiosk.ipc.messages import Answer, Denied, LevelsAre, LevelsStand, Question, Report
from kiosk.services import browser, sd_notify
from kiosk.services.browser import Keeper
from kiosk.services.browser_words import ALIVE, ASTRAY, FORGET, FORGET_SOCKET, RESTART, hear, tell_browser
from kiosk.web import liveness
from tests.stage import until

UNIT = Path(__file__).resolve().parents[2] / "systemd/kiosk-browser.service"


class ShellBrowser:
    """A server that answers, and a keeper whose browser is a shell with a child."""

    def __init__(
        self, runtime: Path, shared: bool, caretaker: Listener | None, script: str, shown_by: Path | None
    ) -> None:
        self.server = socket.create_server(("127.0.0.1", 0))
        program = runtime / "browser"
        program.write_text(f"#!/bin/sh\ncd {runtime}\n{script}\n")
        program.chmod(0o755)
        port = self.server.getsockname()[1]
        self.settings = msgspec.structs.replace(Settings(), server=Server(port=port, runtime_directory=str(runtime)))
        self.keeper = Keeper(self.settings, program=str(program), shared=shared, caretaker=caretaker, shown_by=shown_by)
        self.thread = threading.Thread(target=self.keeper.run, daemon=True)

    def say(self, word: bytes) -> bool:
        return tell_browser(self.settings, word)

    def next_browser(self, after: int | None = None, seconds: float = 5) -> int:
        until(lambda: self.keeper.pid not in (None, after), seconds)
        assert self.keeper.pid is not None
        return self.keeper.pid

    def tells_for(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.say(ALIVE)
            time.sleep(0.05)


def living(group: int) -> list[int]:
    """The processes of a group, but for those that have ended and wait to be reaped."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            state, _parent, its_group = (entry / "stat").read_text().rpartition(")")[2].split()[:3]
            if int(its_group) == group and state != "Z":
                found.append(int(entry.name))
    return found


@contextmanager
def stage(
    runtime: Path,
    shared: bool = False,
    caretaker: Listener | None = None,
    script: str = "sleep 1000 & sleep 1000",
    shown_by: Path | None = None,
) -> Iterator[ShellBrowser]:
    made = ShellBrowser(runtime, shared, caretaker, script, shown_by)
    made.thread.start()
    try:
        made.next_browser()
        until((runtime / FORGET_SOCKET).exists)
        yield made
    finally:
        made.keeper.stop()
        made.thread.join(10)
        made.server.close()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(liveness, "SILENT_SECONDS", 0.4)
    monkeypatch.setattr(liveness, "AWAY_SECONDS", 0.2)


def test_a_browser_is_given_nothing_that_is_meant_for_the_compositor_or_for_systemd(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the keymap's folder, in which nothing but our own is, Chromium would end before it has shown anything."""
    of_the_unit = dict(re.findall(r"^Environment=(\w+)=(\S+)", UNIT.read_text(), re.MULTILINE))
    assert "XKB_CONFIG_ROOT" in of_the_unit
    for name, value in {**of_the_unit, "NOTIFY_SOCKET": "/run/notify", "WAYLAND_DISPLAY": "wayland-0"}.items():
        monkeypatch.setenv(name, value)
    with stage(tmp_path, script="env >given; exec sleep 1000"):
        until(lambda: (tmp_path / "given").exists() and "PWD=" in (tmp_path / "given").read_text())
    given = {line.partition("=")[0] for line in (tmp_path / "given").read_text().splitlines()}
    assert {"PATH", "WAYLAND_DISPLAY"} <= given
    assert not given & {*of_the_unit, "NOTIFY_SOCKET"}


def test_a_page_that_falls_silent_is_replaced_with_every_process_of_its_browser(tmp_path: Path) -> None:
    with stage(tmp_path) as kiosk:
        first = kiosk.next_browser()
        kiosk.tells_for(1)
        assert kiosk.keeper.pid == first
        kiosk.next_browser(after=first, seconds=2)
        assert living(first) == []


def test_what_a_keeper_that_was_killed_has_left_is_removed(tmp_path: Path) -> None:
    (tmp_path / "browser-left").mkdir()
    (tmp_path / "browser-left/Cookies").write_text("")
    with stage(tmp_path):
        assert not (tmp_path / "browser-left").exists() and (tmp_path / "browser").exists()


def test_a_browser_that_dies_leaves_no_process_behind(tmp_path: Path) -> None:
    with stage(tmp_path) as kiosk:
        first = kiosk.next_browser()
        os.kill(first, 9)
        kiosk.next_browser(after=first)
        assert living(first) == []


def test_a_page_without_a_server_is_left_alone_until_there_is_one(tmp_path: Path) -> None:
    with stage(tmp_path) as kiosk:
        first = kiosk.next_browser()
        kiosk.say(ALIVE)
        address = kiosk.server.getsockname()
        kiosk.server.close()
        time.sleep(1.2)
        assert kiosk.keeper.pid == first
        kiosk.server = socket.create_server(address)
        kiosk.next_browser(after=first)


def test_a_page_without_a_display_is_left_alone_until_there_is_one_and_the_board_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A compositor that stays without its last display gives no page a frame, and a restart brings no display."""
    plug, board = tmp_path / "card0-HDMI-A-1", Board()
    plug.mkdir()
    (plug / "status").write_text("connected\n")
    monkeypatch.setattr(browser, "DISPLAYS", tmp_path)
    monkeypatch.setattr(browser, "REPORT_SECONDS", 0.05)
    with stage(tmp_path, caretaker=board) as kiosk:
        first = kiosk.next_browser()
        kiosk.say(ALIVE)
        (plug / "status").write_text("disconnected\n")
        until(lambda: board.said.get("browser") == "no_display")
        time.sleep(1.2)
        assert kiosk.keeper.pid == first
        (plug / "status").write_text("connected\n")
        kiosk.tells_for(1)
        assert (kiosk.keeper.pid, board.said["browser"]) == (first, "painted"), "it comes back with the display"
        kiosk.next_browser(after=first)


def test_a_browser_that_is_slow_to_start_is_left_to_it_and_one_that_stands_still_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(liveness, "START_SECONDS", 1.0)
    monkeypatch.setattr(liveness, "WORK_SECONDS", 0.05)
    with stage(tmp_path, script="while [ ! -e started ]; do :; done; sleep 1000") as kiosk:
        first = kiosk.next_browser()
        time.sleep(3.5)
        assert kiosk.keeper.pid == first
        (tmp_path / "started").touch()
        kiosk.next_browser(after=first)


SPIN = "while :; do :; done"


def test_a_silent_page_whose_browser_waits_for_a_processor_has_more_time_but_not_for_ever(tmp_path: Path) -> None:
    one = min(os.sched_getaffinity(0))
    with stage(tmp_path, script=f"taskset -pc {one} $$; sh -c '{SPIN}' & sh -c '{SPIN}' & sleep 1000") as kiosk:
        first = kiosk.next_browser()
        until(lambda: len(living(first)) == 4)
        kiosk.say(ALIVE)
        began = time.monotonic()
        kiosk.next_browser(after=first, seconds=10)
        assert time.monotonic() - began >= liveness.PATIENCE * liveness.SILENT_SECONDS
        assert living(first) == []


class Board(NoCaretaker):
    """What it was told last of each check."""

    def __init__(self) -> None:
        self.said: dict[str, str] = {}

    def report(self, check: str, reason: str) -> bool:
        self.said[Report(check, reason).check] = reason
        return True


def test_the_board_hears_whether_a_page_is_painted_and_not_whether_a_browser_runs(tmp_path: Path) -> None:
    board = Board()
    with stage(tmp_path, caretaker=board) as kiosk:
        until(lambda: board.said.get("browser") == "dark")

        def painted() -> bool:
            kiosk.say(ALIVE)
            kiosk.keeper.report()
            return board.said["browser"] == "painted"

        until(painted)
        kiosk.next_browser(after=kiosk.keeper.pid)
        kiosk.keeper.report()
        assert board.said["browser"] == "dark", "nobody has seen a page of the next one"


@pytest.mark.parametrize(
    "there, shared, said",
    [(True, False, "present"), (False, False, "absent"), (None, False, None), (False, True, None)],
)
def test_the_board_hears_of_a_touch_panel_that_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: bool | None, shared: bool, said: str | None
) -> None:
    """Where nobody can tell, and on a screen that others use with a mouse, it hears nothing."""
    monkeypatch.setattr(browser, "panel_there", lambda: there)
    board = Board()
    Keeper(Settings(), shared=shared, caretaker=board).report()
    assert (board.said.get("touch"), board.said["browser"]) == (said, "dark")


class Knobs:
    """A machine of ten steps, which counts how often it is set."""

    def __init__(self) -> None:
        self.are, self.set_to = Levels(47, None), list[Levels]()

    def read(self) -> Levels:
        return self.are

    def set(self, wanted: Levels) -> None:
        self.set_to.append(wanted)
        self.are = Levels(wanted.volume and wanted.volume // 10 * 10, None)


class Wants(NoCaretaker):
    stand: Answer = LevelsStand(47)

    def ask(self, question: Question, patience_seconds: float | None = None) -> Answer:
        assert isinstance(question, LevelsAre)
        return self.stand


def test_volume_and_brightness_become_what_staff_want_and_are_set_once() -> None:
    wants, knobs = Wants(), Knobs()
    keeper = Keeper(Settings(), caretaker=wants, machine=cast(Machine, knobs))
    assert keeper.level(knobs.read()) == Levels(47) and knobs.set_to == []
    wants.stand = LevelsStand(65)
    assert [keeper.level(knobs.read()) for _ in range(3)] == [Levels(60)] * 3 and knobs.set_to == [Levels(65)]
    wants.stand = Denied("no")
    assert keeper.level(knobs.read()) == Levels(60)
    assert Keeper(Settings(), machine=cast(Machine, knobs)).level(Levels(9)) == Levels(9), "nobody is asked"
    assert len(knobs.set_to) == 1


@pytest.mark.parametrize("word", [RESTART, ASTRAY])
def test_a_word_that_takes_the_browser_away_is_answered_when_it_has_gone(tmp_path: Path, word: bytes) -> None:
    with stage(tmp_path) as kiosk:
        first = kiosk.next_browser()
        assert kiosk.say(word)
        assert living(first) == []
        kiosk.next_browser(after=first)


def test_a_browser_whose_first_page_is_on_its_way_is_started_anew_rather_than_robbed_of_it(tmp_path: Path) -> None:
    with stage(tmp_path) as kiosk:
        first = kiosk.next_browser()
        assert kiosk.say(FORGET)
        kiosk.next_browser(after=first)


def test_a_shared_screen_may_be_lost(tmp_path: Path) -> None:
    with stage(tmp_path, shared=True) as kiosk:
        first = kiosk.next_browser()
        kiosk.say(ALIVE)
        assert not kiosk.say(ASTRAY)
        assert kiosk.say(FORGET)
        assert kiosk.keeper.pid == first


def test_a_browser_is_started_anew_after_so_many_sessions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What Chromium keeps of each site is little, and a kiosk that is never switched off shows hundreds a day."""
    monkeypatch.setattr(browser, "SESSIONS_EACH", 3)
    monkeypatch.setattr(browser, "forget", lambda _: None)
    with stage(tmp_path) as kiosk:
        first = kiosk.next_browser()
        for _ in range(2):
            for _ in range(2):
                kiosk.say(ALIVE)
                assert kiosk.say(FORGET) and kiosk.keeper.pid == first
            kiosk.say(ALIVE)
            assert kiosk.say(FORGET) and living(first) == []
            first = kiosk.next_browser(after=first)


def test_a_browser_is_started_anew_when_it_is_a_day_old_and_somebody_has_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At a kiosk to which few come it would be the same one for a hundred days."""
    monkeypatch.setattr(browser, "forget", lambda _: None)
    monkeypatch.setattr(browser, "OLDEST_SECONDS", 2.0)
    with stage(tmp_path) as kiosk:
        first = kiosk.next_browser()
        began = time.monotonic()
        kiosk.say(ALIVE)
        assert kiosk.say(FORGET) and (kiosk.keeper.pid == first or time.monotonic() - began > 1)
        until(lambda: time.monotonic() - began > 2)
        assert kiosk.keeper.pid == first, "nobody's screen goes because of its age alone"
        kiosk.say(ALIVE)
        assert kiosk.say(FORGET) and living(first) == []


def test_a_word_that_is_none_is_not_answered(tmp_path: Path) -> None:
    with stage(tmp_path) as kiosk:
        first = kiosk.next_browser()
        assert not kiosk.say(b"perish")
        assert kiosk.keeper.pid == first


def test_the_keeper_hears_on_after_a_word_that_went_wrong(tmp_path: Path) -> None:
    heard: list[bytes] = []

    def obey(word: bytes) -> bool:
        heard.append(word)
        if len(heard) == 1:
            raise ValueError
        return True

    threading.Thread(target=hear, args=(tmp_path, obey), daemon=True).start()
    settings = msgspec.structs.replace(Settings(), server=Server(runtime_directory=str(tmp_path)))
    until((tmp_path / FORGET_SOCKET).exists)
    assert not tell_browser(settings, FORGET)
    until(lambda: tell_browser(settings, FORGET), 5)


def test_that_the_page_lives_is_said_without_waiting_for_the_keeper(tmp_path: Path) -> None:
    settings = msgspec.structs.replace(Settings(), server=Server(runtime_directory=str(tmp_path)))
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as deaf:
        deaf.bind(str(tmp_path / FORGET_SOCKET))
        deaf.listen(1)
        began = time.monotonic()
        for _ in range(20):
            tell_browser(settings, ALIVE)
        assert time.monotonic() - began < 5  # for twenty answers it would wait twenty seconds


@pytest.mark.parametrize(
    ("silent", "display", "heard"),
    [
        pytest.param(0, "connected", True, id="the page lives"),
        pytest.param(browser.GIVEN_UP_SECONDS + 1, "connected", False, id="nothing helps"),
        pytest.param(browser.GIVEN_UP_SECONDS + 1, "disconnected", True, id="no display, which no restart brings back"),
    ],
)
def test_systemds_watchdog_hears_of_the_page_and_not_only_of_the_keeper(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, silent: float, display: str, heard: bool
) -> None:
    (tmp_path / "card0-HDMI-A-1").mkdir()
    (tmp_path / "card0-HDMI-A-1/status").write_text(f"{display}\n")
    monkeypatch.setattr(browser, "DISPLAYS", tmp_path)
    said: list[str] = []
    monkeypatch.setattr(sd_notify, "notify", lambda *lines: said.extend(lines))
    keeper = Keeper(Settings())
    keeper._told()
    keeper._well -= silent
    keeper._turn()
    assert said == (["WATCHDOG=1"] if heard else [])
    (tmp_path / "card0-HDMI-A-1/status").write_text("connected\n")
    said.clear()
    keeper._watchdog = sd_notify.Watchdog()  # it says nothing twice in a while
    keeper._turn()
    assert said == (["WATCHDOG=1"] if heard else []), "plugged in now, it has its time to show a page"
