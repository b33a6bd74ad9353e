"""Listening in a real browser: it begins by a touch or by headphones, stops at a touch, and ends with the visit."""

from __future__ import annotations

import http.client
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import pytest
from playwright.sync_api import Browser, Page, Response

from kiosk.config.kiosk import Beacon, Bell, Keypad, Session, Settings, Voice
from kiosk.sim.inputs import VirtualInput
from kiosk.voice.mouth import HERE, KEYS, PLUG
from kiosk.voice.prompts import file_name
from kiosk.voice.voices import MEI
from tests.chromium import heard
from tests.stage import Stage
from tests.voice.conftest import prompts

PLAYING = "() => { const v = document.getElementById('voice'); return !v.paused && v.currentTime > 0.15; }"
SILENT = "() => document.getElementById('voice').paused"
LOUD = "() => document.getElementById('voice').volume"
__all__ = ["prompts"]  # made before the first of these tests, as for those of the voice

WATCH_TONES = """() => {
    window.tones = [];
    window.speaker = null;
    window.AudioContext = class extends AudioContext { constructor() { super(); speaker = this; } };
    window.OscillatorNode = class extends OscillatorNode {
        start(from) {
            super.start(from);
            this.tone = { from, held: speaker.state === "suspended" };
            tones.push(this.tone);
        }
        stop(at) {
            super.stop(at);
            this.tone.whole = this.tone.from >= speaker.currentTime;
            this.onended = () => (this.tone.ended = speaker.currentTime >= at);
        }
    };
}"""
SEEN = "name => document.querySelector('.frame.is-' + name) !== null"


class Kiosk(Stage):
    """A stage with a socket for headphones, and with all that can be felt beside the screen."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory, session=Session(browser_lost_seconds=1, put_back_seconds=3, take_card_seconds=3))
        directory.mkdir(exist_ok=True)
        self.headphones, self.bell, self.keypad, self.remote = self.felt = [
            VirtualInput(directory / name) for name in ("event7", "bell", "keypad", "remote")
        ]
        for each in self.felt:
            each.plug()

    @property
    def settings(self) -> Settings:
        return msgspec.structs.replace(
            super().settings,
            voice=Voice(jack=str(self.headphones.path)),
            bell=Bell(str(self.bell.path)),
            keypad=Keypad(str(self.keypad.path)),
            beacon=Beacon(str(self.remote.path)),
        )


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kiosk]:
    with Kiosk(tmp_path_factory.mktemp("voice")) as stage:
        yield stage
    for each in stage.felt:
        each.pull()


@pytest.fixture
def page(chromium: Browser, kiosk: Kiosk) -> Iterator[Page]:
    """A page at the attract screen. Whatever the browser complains of is a failure."""
    page = chromium.new_context(viewport={"width": 1080, "height": 1920}, has_touch=True).new_page()
    with heard(page) as complaints:
        since = kiosk.logged()
        page.goto(kiosk.address)
        page.wait_for_function(SEEN, arg="attract")
        yield page
    page.context.close()
    kiosk.take_out()
    kiosk.headphones.switch(False)
    begun = sum("session begins" in line for line in kiosk.log[since:])
    for _ in range(begun):
        since = kiosk.wait_log("session ends", since=since)
    assert complaints == []


@pytest.fixture
def fetched(page: Page) -> list[str]:
    """The sounds the page has asked for and got, in order."""
    got: list[str] = []

    def note(response: Response) -> None:
        if "/voice/" in response.url:
            got.append(response.url.partition("/voice/")[2] if response.ok else f"{response.status} {response.url}")

    page.on("response", note)
    return got


def press(page: Page, answer: str) -> None:
    page.locator(f"[data-answer='{answer}']").click()


def reach(page: Page, *steps: tuple[str, str]) -> None:
    """Press an answer, and wait for the screen it leads to."""
    for answer, screen in steps:
        press(page, answer)
        page.wait_for_function(SEEN, arg=screen)


def status(kiosk: Kiosk, page: Page, path: str, host: str = "") -> int:
    """What is answered to whoever shows the page's key. host: of another site than the page's."""
    connection = http.client.HTTPConnection("127.0.0.1", kiosk.port, timeout=5)
    [key] = page.context.cookies(page.url)
    shown = f"{key['name']}={key['value']}"
    connection.request("GET", path, headers={"Host": host or urlsplit(page.url).netloc, "Cookie": shown})
    code = connection.getresponse().status
    connection.close()
    return code


def prompt(text: str) -> str:
    return file_name(MEI, text)


def waits(page: Page, holds: Callable[[], bool]) -> None:
    for _ in range(150):
        if holds():
            return
        page.wait_for_timeout(50)
    raise AssertionError("it did not come to that")


def test_the_button_makes_the_screen_heard_and_a_touch_makes_it_silent(page: Page, fetched: list[str]) -> None:
    assert page.evaluate(SILENT)
    press(page, "listen")
    page.wait_for_function(SEEN, arg="home")
    page.wait_for_function(PLAYING)
    waits(page, lambda: fetched[-1] == prompt("ご用件をえらんでください"))
    page.locator("#screen h1").click()
    assert page.evaluate(SILENT)
    press(page, "repeat")
    page.wait_for_function(PLAYING)
    assert fetched.count(prompt("ご用件をえらんでください")) == 2
    press(page, "hush")
    page.wait_for_selector("[data-answer=listen]")
    assert page.evaluate(SILENT)


def test_one_sound_follows_the_other_and_the_next_screen_interrupts(page: Page, fetched: list[str]) -> None:
    press(page, "listen")
    page.wait_for_function(SEEN, arg="home")
    waits(page, lambda: fetched[-2:] == [prompt("ご用件をえらんでください"), prompt("運転免許の連携")])
    reach(page, ("link", "licence"))
    waits(page, lambda: fetched[-1] == prompt("全11手順のうち、1番目。"))
    assert fetched[-2] == prompt("運転免許の連携"), "what was left of the screen before is dropped"


def test_volume_goes_in_steps_without_stopping_the_voice_and_the_next_person_has_the_usual_one(
    page: Page, kiosk: Kiosk
) -> None:
    press(page, "listen")
    page.wait_for_function(PLAYING)
    usual = page.evaluate(LOUD)
    since = kiosk.logged()
    press(page, "louder")
    page.wait_for_function("usual => document.getElementById('voice').volume > usual", arg=usual)
    assert not page.evaluate(SILENT)
    press(page, "softer")
    press(page, "softer")
    page.wait_for_function("usual => document.getElementById('voice').volume < usual", arg=usual)
    reach(page, ("link", "licence"))
    press(page, "leave")
    kiosk.wait_log("the page is here", since=since)
    page.wait_for_function(SEEN, arg="attract")
    assert page.evaluate(SILENT)
    press(page, "listen")
    page.wait_for_function(PLAYING)
    assert page.evaluate(LOUD) == usual


def test_the_device_of_the_tones_is_let_go_and_the_next_tone_is_whole(page: Page) -> None:
    """While it is held it takes a part of the processor; and a visit may be long."""
    page.evaluate(WATCH_TONES)
    press(page, "listen")
    press(page, "softer")
    page.wait_for_function("() => tones.length === 1 && tones[0].ended")
    page.wait_for_function("() => speaker.state === 'suspended'", timeout=15000)
    press(page, "louder")
    page.wait_for_function("() => tones.length === 2 && tones[1].ended")
    assert page.evaluate("() => speaker.state") == "running"
    assert page.evaluate("() => tones[1].held && tones[1].whole"), "set while its clock stands still"


def test_a_key_that_moves_to_a_button_says_its_words_and_at_the_heading_all(page: Page, fetched: list[str]) -> None:
    press(page, "listen")
    page.wait_for_function(PLAYING)
    heard = set()
    for key in ("Tab", "ArrowDown"):
        page.keyboard.press(key)
        title = prompt(page.evaluate("document.activeElement.querySelector('.tile-title').textContent"))
        waits(page, lambda title=title: title in fetched[-3:])  # type: ignore[misc]
        heard.add(title)
    assert len(heard) == 2
    for _ in range(2):
        page.keyboard.press("ArrowUp")
    waits(page, lambda: fetched[-1] == prompt("ご用件をえらんでください"))


def test_headphones_start_the_voice_and_alone_hear_about_the_person(
    page: Page, kiosk: Kiosk, fetched: list[str]
) -> None:
    person = kiosk.people["excellent"]
    kiosk.put_in("excellent")
    page.wait_for_function(SEEN, arg="home")
    reach(page, ("link", "licence"), ("next", "contents"), ("next", "consent"), ("next", "prepare"), ("next", "pin"))
    kiosk.headphones.switch(True)
    page.wait_for_function(PLAYING)
    page.evaluate("document.getElementById('voice').defaultPlaybackRate = 8")
    for digit in person.pins.text:
        press(page, f"key:{digit}")
        page.wait_for_timeout(320)  # a second press of the same key within 0.3 s is a bounce
    press(page, "next")
    page.wait_for_function(SEEN, arg="confirm")
    page.wait_for_function(PLAYING)
    typed = [prompt(f"{count}文字 入力しました") for count in (1, 2, 3, 4)]
    assert [name for name in fetched if name in typed] == typed
    assert not {prompt(digit) for digit in person.pins.text} & set(fetched)
    waits(page, lambda: any(name.startswith("now/") for name in fetched))
    page.wait_for_function(PLAYING)
    now = next(name for name in fetched if name.startswith("now/"))
    kiosk.headphones.switch(False)
    page.wait_for_function(SILENT)
    page.wait_for_selector("[data-answer=listen]")
    assert status(kiosk, page, f"/voice/{now}") == 404
    assert [line for line in kiosk.log if person.name in line] == []


def test_the_bell_is_answered_aloud_before_anybody_has_touched_the_screen(
    page: Page, kiosk: Kiosk, fetched: list[str]
) -> None:
    kiosk.bell.press()
    page.wait_for_selector("[role=dialog] [data-answer=stay]")
    page.wait_for_function(PLAYING)
    waits(page, lambda: prompt("係員に声をかけてください") in fetched)
    press(page, "stay")
    page.wait_for_selector("[role=dialog]", state="detached")
    assert page.evaluate(SILENT)
    page.wait_for_function(SEEN, arg="attract")


def test_a_remote_hears_what_the_machine_is_while_nobody_is_before_it(
    page: Page, kiosk: Kiosk, fetched: list[str]
) -> None:
    told = [prompt(text) for text in (HERE, KEYS, PLUG)]
    kiosk.remote.press()
    page.wait_for_function(PLAYING)
    waits(page, lambda: fetched == told)
    kiosk.keypad.pull()
    page.get_by_text(KEYS).wait_for(state="detached")
    assert page.evaluate(SILENT), "what has changed on the screen ends it"
    kiosk.remote.press()
    waits(page, lambda: fetched == [*told, told[0], told[2]])
    reach(page, ("start", "home"))
    assert page.evaluate(SILENT)
    kiosk.remote.press()
    kiosk.keypad.plug()
    page.wait_for_timeout(500)
    assert fetched == [*told, told[0], told[2]], "never during a visit"


def test_nobody_without_the_site_gets_a_sound(page: Page, kiosk: Kiosk) -> None:
    assert status(kiosk, page, f"/voice/{prompt('もどる')}", f"127.0.0.1:{kiosk.port}") == 421
    assert status(kiosk, page, f"/voice/{prompt('もどる')}") == 200
    for bad in ("..%2Fvoices.py", "0.ogg", "now/0.wav", "now/-1.wav"):
        assert status(kiosk, page, f"/voice/{bad}") == 404
