"""One of the staff at a kiosk in real Chromium, with a real caretaker: in by the corner, closed, and open again."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Browser, Page

from kiosk.caretaker.chain import lines_of
from kiosk.caretaker.trail import segments
from kiosk.config.kiosk import Caretaker as CaretakerSettings
from kiosk.config.kiosk import Settings
from kiosk.ipc.caretaker import Caretaker
from kiosk.ipc.messages import AddStaff, Taken
from tests.e2e.conftest import Kiosk, directory, opened
from tests.e2e.person import Person
from tests.stage import ROOT, until

STAFF, PASSCODE, WRONG = 12, "58203917", "58203916"
HOLD_MS = 5000
CORNER = (1080 - 40, 40)
A_PALM_AND_A_FINGER_FROM_ELSEWHERE = """() => {
    const corner = document.querySelector("[data-hold]").getBoundingClientRect();
    const inside = { clientX: corner.left + 20, clientY: corner.top + 20, bubbles: true, button: 0 };
    const elsewhere = document.querySelector("h1");
    elsewhere.dispatchEvent(new PointerEvent("pointerdown", { ...inside, pointerId: 7, clientX: 300, clientY: 400 }));
    document.querySelector("[data-hold]").dispatchEvent(new PointerEvent("pointermove", { ...inside, pointerId: 7 }));
    document.querySelector("[data-hold]").dispatchEvent(
        new PointerEvent("pointerdown", { ...inside, pointerId: 8, width: 300, height: 300 }));
}"""
LET_GO = """() => { for (const pointerId of [7, 8])
    document.dispatchEvent(new PointerEvent("pointerup", { pointerId, bubbles: true })) }"""


class Staffed(Kiosk):
    """A kiosk with its caretaker, and one officer."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self._reader = [*self._reader, "--caretaker"]
        self.kept = CaretakerSettings(str(directory / "ct"), str(directory / "lib"))
        self._caretaker: subprocess.Popen[bytes] | None = None

    @property
    def settings(self) -> Settings:
        return msgspec.structs.replace(super().settings, caretaker=self.kept)

    def start_server(self) -> None:
        if self._caretaker is None:
            Path(self.kept.runtime_directory).mkdir()
            config = self.directory / "kiosk.toml"
            kept = {key: value for key, value in msgspec.to_builtins(self.kept).items() if value is not None}
            config.write_text(
                "[caretaker]\n" + "".join(f"{key} = {msgspec.json.encode(kept[key]).decode()}\n" for key in kept)
            )
            command = [sys.executable, "-m", "kiosk", "caretaker", "--config", str(config)]
            self._caretaker = subprocess.Popen(command, cwd=ROOT)
            asked = Caretaker(self.kept.runtime_directory, patience_seconds=20)
            until(asked.present, 30)
            assert asked.ask(AddStaff(STAFF, "officer", PASSCODE)) == Taken()
        super().start_server()

    def __exit__(self, *ended: object) -> None:
        super().__exit__(*ended)
        if self._caretaker is not None:
            self._caretaker.terminate()
            self._caretaker.wait(10)

    @property
    def trail(self) -> list[str]:
        files = segments(Path(self.kept.state_directory, "trail"))
        return [line.event for path in files for line in lines_of(path.read_bytes())]


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory: pytest.TempPathFactory, keys: Path) -> Iterator[Kiosk]:
    with Staffed(directory(tmp_path_factory, keys)) as stage:
        yield stage


@pytest.fixture(scope="module")
def page(chromium: Browser, kiosk: Kiosk) -> Iterator[Page]:
    with opened(chromium, kiosk) as page:
        yield page


def holds_the_corner(page: Page, ms: int = HOLD_MS + 200) -> None:
    page.mouse.move(*CORNER)
    page.mouse.down()
    page.wait_for_timeout(ms)
    page.mouse.up()


def types(page: Page, digits: str) -> None:
    for digit in digits:
        page.click(f"[data-key='{digit}']")
    page.click("[data-answer=next]")


def enters(person: Person, page: Page) -> None:
    holds_the_corner(page)
    person.sees("staff_door")
    types(page, str(STAFF))
    types(page, PASSCODE)
    person.sees("staff_room")


def test_an_officer_comes_in_closes_the_kiosk_and_opens_it_again(person: Person, page: Page) -> None:
    assert isinstance(person.stage, Staffed)
    page.evaluate(A_PALM_AND_A_FINGER_FROM_ELSEWHERE)
    page.wait_for_timeout(HOLD_MS + 200)
    page.evaluate(LET_GO)
    person.sees("attract")

    holds_the_corner(page)
    person.sees("staff_door")
    types(page, str(STAFF))
    types(page, WRONG)
    person.reads("ちがいます")
    assert WRONG not in page.content() and PASSCODE not in page.content()
    types(page, PASSCODE)
    person.sees("staff_room")

    page.click("[data-answer=board]")
    person.reads("いま調べ直す")
    page.click("[data-answer=again]")
    page.click("[data-answer=back]")
    page.click("[data-answer=doors]")
    person.sees("staff_doors")
    for answer in ("close", "maintenance", "open_end"):
        page.click(f"[data-answer={answer}]")
    person.reads("利用を止めています")
    page.click("[data-answer=back]")
    page.click("[data-answer=finish]")

    person.sees("closed")
    person.reads("点検をしています。")
    page.mouse.click(540, 960)
    person.sees("closed")

    enters(person, page)
    page.click("[data-answer=doors]")
    page.click("[data-answer=open]")
    person.reads("利用できます")
    page.click("[data-answer=leave]")
    person.sees("attract")

    acts = [name for name in person.stage.trail if name.startswith(("staff_", "passcode_", "kiosk_"))]
    assert acts == [
        *("staff_added", "passcode_refused", "staff_admitted", "kiosk_closed", "staff_left"),
        *("staff_admitted", "kiosk_opened", "staff_left"),
    ]
    logged = "\n".join(person.stage.log)
    assert PASSCODE not in logged and WRONG not in logged
