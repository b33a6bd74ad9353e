"""Whether a compositor answers, by the words of its own protocol; and what becomes of one that does not."""

from __future__ import annotations

import socket
import struct
import threading
import time
from pathlib import Path

import pytest

from kiosk.config.events import event
from kiosk.config.kiosk import Settings
from kiosk.services import compositor, sd_notify
from kiosk.services.browser import COMPOSITOR_STILL, Keeper
from kiosk.services.compositor import QUESTION, place, stands_still
from tests.services.test_browser import impatient, stage  # noqa: F401
from tests.session.test_course import Hears
from tests.stage import until


def test_it_is_asked_to_call_back(tmp_path: Path) -> None:
    heard: list[bytes] = []

    def answer() -> None:
        line, _ = door.accept()
        with line:
            heard.append(line.recv(64))
            line.sendall(struct.pack("=IHHI", 2, 0, 12, 7))  # wl_callback.done

    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as door:
        door.bind(str(tmp_path / "wayland-0"))
        door.listen()
        threading.Thread(target=answer, daemon=True).start()
        assert not stands_still(tmp_path / "wayland-0", 5)
    assert heard == [QUESTION] == [bytes.fromhex("01000000 00000c00 02000000")], "on a machine of little end"


def test_one_that_does_not_answer_stands_still_and_one_that_has_gone_does_not(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as door:
        door.bind(str(tmp_path / "wayland-0"))
        door.listen(1)
        began = time.monotonic()
        assert [stands_still(tmp_path / "wayland-0", 0.1) for _ in range(4)] == [True] * 4
        assert time.monotonic() - began < 2
    assert not stands_still(tmp_path / "wayland-0", 0.1), "nobody listens there"
    assert not stands_still(tmp_path / "nothing", 0.1)


def test_its_place_is_what_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/run/user/99")
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    assert place() == Path("/run/user/99/wayland-0")
    monkeypatch.delenv("WAYLAND_DISPLAY")
    assert place() is None


@pytest.mark.parametrize(
    ("answers", "times"),
    [
        ([True, False] * 4, 0),  # late now and then
        ([False, True, True], 1),
        ([True, True, True, False, True], 1),
        ([True] * 4, 2),  # it was said, and it stands still yet
    ],
)
def test_the_keeper_says_that_it_stands_still_and_tells_it(
    answers: list[bool], times: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [*answers]
    said: list[str] = []
    monkeypatch.setattr(sd_notify, "notify", lambda *lines: said.extend(lines))
    monkeypatch.setattr(compositor, "ASK_SECONDS", 0.01)
    monkeypatch.setattr(compositor, "stands_still", lambda _place: answers.pop(0) if answers else False)
    caretaker = Hears()
    keeper = Keeper(Settings(), caretaker=caretaker, shown_by=tmp_path)
    thread = threading.Thread(target=keeper._ask_compositor, args=(tmp_path,), daemon=True)
    thread.start()
    until(lambda: not answers and said == [COMPOSITOR_STILL] * times)
    keeper.stop()
    thread.join(5)
    assert said == [COMPOSITOR_STILL] * times
    assert caretaker.heard == [event("browser_restarted", browser="compositor")] * times


@pytest.mark.parametrize("answers", [True, False], ids=["it answers", "it does not"])
def test_whose_page_falls_silent_is_asked_once_and_goes_when_it_does_not_answer(
    answers: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No frame comes of a compositor that stands still, and another browser below it would get none either."""
    said: list[str] = []
    monkeypatch.setattr(sd_notify, "notify", lambda *lines: said.extend(lines))
    monkeypatch.setattr(compositor, "ASK_SECONDS", 1000)
    monkeypatch.setattr(compositor, "AT_ONCE_SECONDS", 0.1)
    caretaker = Hears()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as door:
        door.bind(str(tmp_path / "wayland-0"))
        door.listen()
        with stage(tmp_path, caretaker=caretaker, shown_by=tmp_path / ("nothing" if answers else "wayland-0")) as kept:
            kept.tells_for(0.2)
            silent = kept.next_browser()
            kept.next_browser(after=silent)
    assert said.count(COMPOSITOR_STILL) == (0 if answers else 1)
    told = [each for each in caretaker.heard if each.name == "browser_restarted"]
    assert told == [event("browser_restarted", browser="silent" if answers else "compositor")]
