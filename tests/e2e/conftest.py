"""The stage, one browser, and a person who steps up to a kiosk that knows nobody.

Browser and kiosk live as long as the tests here, as they do in a police station; each test is a visit of its own. When
it has ended three things must hold, whatever it was about: the browser's console is empty, no request has left the
machine, and the server's log says nothing about anybody.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import msgspec
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, Playwright, sync_playwright

from kiosk.config.kiosk import Screen, Session, Settings
from kiosk.portal.model import Terms
from kiosk.services.browser import FEATURES
from kiosk.sim.pki import Pki
from kiosk.sim.printer import Switches
from tests.chromium import heard, started
from tests.e2e.person import PINS, WRONG, Person
from tests.keys import KEYS
from tests.sim.dock.conftest import dock, running
from tests.stage import Stage, words_about

__all__ = ["dock", "running"]

TEXT = "\n\n".join(f"第{number}条　見本の規約です。読むのに時間がかかる文が書いてあります。" for number in range(1, 60))
FLAGS = ("--autoplay-policy=no-user-gesture-required", FEATURES)  # what of kiosk.services.browser.FLAGS a page can tell
SIZE = {"width": 1080, "height": 1920}
LONG_TERMS = Terms(version="1.0", sha256=sha256(TEXT.encode()).hexdigest(), text=TEXT)
LESS_PATIENT = Session(browser_lost_seconds=1, put_back_seconds=3, take_card_seconds=3)
ON_ITS_WAY = "Data frame received after close"  # an answer, when a test has the page close its line just then
TAB_ICON = "/icon.svg"  # loaded last and for a tab that no kiosk has: cut off when a test kills a session that is new
FRESH, BEGUN, ENDED, KILLED = "the page is here", "session begins", "session ends", "was sent SIGKILL"


class Kiosk(Stage):
    """The stage, with PINs that no log holds by chance, and a portal that is not waited for so long."""

    def __init__(
        self, directory: Path, *, screen: Screen | None = None, printer: Literal["network", "none"] = "network"
    ) -> None:
        super().__init__(directory, screen=screen, session=LESS_PATIENT)
        self.people = {key: msgspec.structs.replace(who, pins=PINS) for key, who in self.people.items()}
        self._kind = printer

    @property
    def settings(self) -> Settings:
        usual = super().settings
        return msgspec.structs.replace(
            usual,
            portal=msgspec.structs.replace(usual.portal, timeout_seconds=2.0, retry_after_seconds=0.1),
            printer=msgspec.structs.replace(usual.printer, kind=self._kind),
        )

    def tidy(self) -> None:
        """Nobody is linked, every card has all its tries, the paper tray is empty, nothing is broken, and a session
        that has seen nobody waits with its page."""
        broken = bool(self.portal.faults.active()) or self.printer.switches != Switches()
        self.take_out()
        self.portal.faults.clear()
        self.printer.switches = Switches()
        self.next_session(kill=broken)
        self.cards.clear()
        self.portal.reset()
        self.portal._decisions.terms = LONG_TERMS
        self.printer.stop()  # whatever a session that was killed had sent
        self.printer._rows.clear()
        self.printer.slips.clear()
        self.printer.faults.clear()
        self.printer.start()

    def next_session(self, kill: bool = True) -> None:
        """Have a session that has seen nobody, and its page. kill: also instead of one that has seen nobody."""
        since, last = self._last_turn()
        if last != BEGUN:
            self.wait_log(FRESH, since=since)
        if last == BEGUN or kill:
            since = self.logged()
            self.kill_worker()
            self.wait_log(FRESH, since=since)

    def _last_turn(self) -> tuple[int, str]:
        """What happened last to a session, and the number of the line that says so."""
        every = self.log[: self.logged()]
        turns = [(at, turn) for at, line in enumerate(every) for turn in (BEGUN, ENDED, KILLED) if turn in line]
        return turns[-1] if turns else (0, "")


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """One for all: a process can hold no second one beside it."""
    with sync_playwright() as made:
        yield made


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """One for all who look at a page, each in a context of their own."""
    with started(playwright, *FLAGS) as browser:
        yield browser


@pytest.fixture(scope="package")
def pki() -> Pki:
    return Pki(KEYS)


@pytest.fixture(scope="package")
def kiosk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kiosk]:
    with Kiosk(tmp_path_factory.mktemp("stage")) as stage:
        yield stage


@pytest.fixture(scope="package")
def page(chromium: Browser, kiosk: Kiosk) -> Iterator[Page]:
    with opened(chromium, kiosk) as page:
        yield page


@pytest.fixture
def person(kiosk: Kiosk, page: Page) -> Iterator[Person]:
    with visit(kiosk, page) as person:
        yield person


@contextmanager
def opened(chromium: Browser, stage: Stage) -> Iterator[Page]:
    """The kiosk's page, in a browser's context of its own."""
    page = open_page(chromium)
    page.goto(stage.address)
    yield page
    page.context.close()


def open_page(chromium: Browser) -> Page:
    context = chromium.new_context(viewport=SIZE, reduced_motion="reduce", has_touch=True)  # type: ignore[arg-type]
    return context.new_page()


def _counts(message: ConsoleMessage) -> bool:
    return not message.location["url"].endswith(TAB_ICON) and ON_ITS_WAY not in message.text


@contextmanager
def visit(stage: Kiosk, page: Page) -> Iterator[Person]:
    """One test's visit, and what must hold after each."""
    stage.tidy()
    since = stage.began = stage.logged()
    asked: list[str] = []
    listeners = {
        "request": lambda request: asked.append(request.url),
        "websocket": lambda socket: asked.append(socket.url),
    }
    for event, listener in listeners.items():
        page.on(event, listener)  # type: ignore[call-overload]
    try:
        with heard(page, _counts) as said:
            person = Person(stage, page)
            person.has_a_screen()  # the server knows its page sooner: what is done meanwhile is done to nothing
            yield person
    finally:
        for event, listener in listeners.items():
            page.remove_listener(event, listener)
    assert said == [], "the browser's console is not empty"
    assert [url for url in asked if not is_here(url)] == [], "a request left the machine"
    assert personal(stage, since) == [], "the log says something about somebody"


def is_here(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host == "127.0.0.1" or host.endswith(".localhost")


def personal(stage: Kiosk, since: int) -> list[str]:
    """Lines of the log that say something about somebody."""
    words = {PINS.text, PINS.sign, WRONG.text, WRONG.sign}.union(*map(words_about, stage.people.values()))
    lines = (re.sub(r"pid:\d+", "", line) for line in stage.log[since:])
    return [line for line in lines if any(word in line for word in words)]


STANDS = """() => {
    const frame = document.querySelector(".frame"), text = document.querySelector("[data-scroll]");
    const focus = document.activeElement;
    return [
        frame?.className ?? "the neutral screen",
        `focus: ${focus?.cloneNode(false).outerHTML}`,
        text && `scrolled: ${text.scrollTop} + ${text.clientHeight} of ${text.scrollHeight}`,
        document.body.innerText.replace(/\\s+/g, " "),
    ].filter(Boolean).join("\\n");
}"""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What stood on the screen and in the log when a test failed."""
    report = yield
    person = getattr(item, "funcargs", {}).get("person")
    if report.failed and person is not None:
        try:
            stands = person.page.evaluate(STANDS)
        except Error as gone:  # with the run's last test the browser goes, too; what failed is to be read all the same
            stands = str(gone)
        report.sections.append(("on the screen", stands))
        report.sections.append(("the kiosk's log", "\n".join(person.stage.log[-40:])))
    return report
