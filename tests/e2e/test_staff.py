"""One of the staff at a kiosk in real Chromium, with a real caretaker: in by the corner, closed, and open again; and a
supervisor who sees to an officer's passcode."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Browser, Page

from kiosk.caretaker.chain import lines_of
from kiosk.caretaker.trail import segments
from kiosk.config.kiosk import Caretaker as CaretakerSettings
from kiosk.config.kiosk import Settings
from kiosk.ipc.caretaker import Caretaker
from kiosk.ipc.messages import AddStaff, PinCard, Taken
from kiosk.session.pad import BOUNCE_SECONDS
from kiosk.sim.card.piv import PIN, PivCard
from kiosk.sim.pki import Pki
from tests.e2e.conftest import Kiosk, opened
from tests.e2e.person import Person
from tests.stage import ROOT, until

pytestmark = pytest.mark.timeout(300)  # each entrance is a hand of five seconds, and Argon2id for each passcode
STAFF, PASSCODE, WRONG = 12, "58203917", "58203916"
CHIEF, CHIEFS = 7, "60417293"
OTHER_CHIEF, OWN, NEW = 8, "73920641", "91740385"  # who needs no card; what the officer, and then they, take for it
HOLD_MS = 5000
CORNER = (1080 - 40, 40)
TOUCHES = """touches => {
    const corner = document.querySelector("[data-hold]"), heading = document.querySelector("h1");
    for (const [kind, on, pointerId, size] of touches) {
        const at = corner?.getBoundingClientRect();
        const inside = at && on === "corner";
        const [box, clientX, clientY] = inside ? [corner, at.left + 20, at.top + 20] : [heading, 300, 400];
        box.dispatchEvent(new PointerEvent(
            "pointer" + kind, { clientX, clientY, pointerId, width: size, height: size, bubbles: true, button: 0 }));
    }
}"""
FINGER, PALM = 20, 300
# Each lies there for as long as it takes, and is let go.
NO_FINGER = {
    "a palm": [("down", "corner", 7, PALM)],
    "a finger that becomes a palm": [("down", "corner", 7, FINGER), ("move", "corner", 7, PALM)],
    "a finger from elsewhere": [("down", "elsewhere", 7, FINGER), ("move", "corner", 7, FINGER)],
    "a finger that slides away": [("down", "corner", 7, FINGER), ("move", "elsewhere", 7, FINGER)],
    "a finger beside another": [("down", "elsewhere", 7, FINGER), ("down", "corner", 8, FINGER)],
    "a finger beside which another comes": [("down", "corner", 7, FINGER), ("down", "elsewhere", 8, FINGER)],
}


class Staffed(Kiosk):
    """A kiosk with its caretaker, one officer, a supervisor who needs a card, and one who needs none."""

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
            assert asked.ask(AddStaff(CHIEF, "supervisor", CHIEFS)) == Taken()
            assert asked.ask(AddStaff(OTHER_CHIEF, "supervisor", CHIEFS)) == Taken()
            certificate = self.pki.staff_card("p256").certificate
            assert asked.ask(PinCard(CHIEF, sha256(certificate or b"").hexdigest())) == Taken()
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
def kiosk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kiosk]:
    with Staffed(tmp_path_factory.mktemp("stage")) as stage:
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
    before = ""
    for digit in digits:
        if digit == before:
            page.wait_for_timeout(1000 * BOUNCE_SECONDS + 100)  # sooner it is a finger that trembles
        page.click(f"[data-key='{digit}']")
        before = digit
    page.click("[data-answer=next]")


def enters(
    person: Person, page: Page, staff: int = STAFF, passcode: str = PASSCODE, screen: str = "staff_room"
) -> None:
    holds_the_corner(page)
    person.sees("staff_entrance")
    types(page, str(staff))
    types(page, passcode)
    person.sees(screen)


@pytest.mark.parametrize("gesture", NO_FINGER)
def test_only_one_finger_that_stays_in_the_corner_opens_the_door(person: Person, page: Page, gesture: str) -> None:
    touches = NO_FINGER[gesture]
    page.evaluate(TOUCHES, touches)
    page.wait_for_timeout(HOLD_MS + 200)
    page.evaluate(TOUCHES, [("up", on, pointer, size) for _, on, pointer, size in touches])
    person.sees("attract")


def test_a_finger_of_these_that_stays_does(person: Person, page: Page) -> None:
    page.evaluate(TOUCHES, [("down", "corner", 7, FINGER)])
    person.sees("staff_entrance")
    page.evaluate(TOUCHES, [("up", "elsewhere", 7, FINGER)])
    page.click("[data-answer=back]")


def test_an_officer_comes_in_closes_the_kiosk_and_opens_it_again(person: Person, page: Page) -> None:
    assert isinstance(person.stage, Staffed)
    holds_the_corner(page)
    person.sees("staff_entrance")
    types(page, str(STAFF))
    types(page, WRONG)
    person.reads("ちがいます")
    assert WRONG not in page.content() and PASSCODE not in page.content()
    types(page, PASSCODE)
    person.sees("staff_room")

    page.click("[data-answer=board]")
    person.reads("いま調べ直す")
    page.click("[data-answer=again]")
    page.click("[data-answer=proof]")
    person.sees("staff_challenge")
    types(page, "402871935516")
    person.reads("専用のイメージから起動していません")
    page.click("[data-answer=back]")
    person.sees("staff_board")
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

    acts = [name for name in person.stage.trail if name.startswith(("staff_", "passcode_", "kiosk_", "proof_"))]
    assert acts == [
        *(
            "staff_added",
            "staff_added",
            "staff_added",
            "passcode_refused",
            "staff_admitted",
            "proof_asked",
            "kiosk_closed",
            "staff_left",
        ),
        *("staff_admitted", "kiosk_opened", "staff_left"),
    ]
    logged = "\n".join(person.stage.log)
    assert PASSCODE not in logged and WRONG not in logged


def test_a_supervisor_comes_in_with_a_card_also_while_no_passcode_is_taken(
    person: Person, page: Page, pki: Pki
) -> None:
    """Pulled at the pad it is asked for again, and the one that is still in is asked back at the end."""
    assert isinstance(person.stage, Staffed)
    card, since = PivCard(pki.staff_card("p256")), len(person.stage.trail)
    holds_the_corner(page)
    person.sees("staff_entrance")
    types(page, str(CHIEF))
    for _ in range(5):
        types(page, WRONG)
        page.wait_for_selector("[data-answer=card]")
    person.reads("暗証番号のまちがいが続いたので、いまは受け付けません")
    page.click("[data-answer=card]")
    person.sees("staff_card")
    person.stage.put_in_chip(card)
    person.sees("staff_card_pin")
    person.takes_out()
    person.reads("カードが抜かれました")
    person.stage.put_in_chip(card)
    person.sees("staff_card_pin")
    person.reads("3回")
    types(page, PIN)
    person.reads("カードを確かめました")
    assert card.pins["piv"].left == 3 and not card.pins["piv"].verified and PIN not in page.content()
    types(page, CHIEFS)
    person.sees("staff_room")
    page.click("[data-answer=finish]")
    person.sees("take_card")
    person.takes_out()
    person.sees("attract")
    acts = [
        each for each in person.stage.trail[since:] if each.startswith(("passcode", "staff", "card"))
    ]  # not the reader's
    assert acts == [*["passcode_refused"] * 5, "passcodes_held", "passcodes_held", "staff_admitted", "staff_left"]
    assert PIN not in "\n".join(person.stage.log) and CHIEFS not in "\n".join(person.stage.log)


def test_a_supervisor_gives_a_first_passcode_and_the_officer_works_once_it_is_their_own(
    person: Person, page: Page
) -> None:
    """And the supervisor changes their own in the end."""
    assert isinstance(person.stage, Staffed)
    since = len(person.stage.trail)
    enters(person, page, OTHER_CHIEF, CHIEFS)
    page.click("[data-answer=members]")
    person.sees("staff_members")
    page.click("[data-answer=give]")
    person.sees("staff_member")
    types(page, str(OTHER_CHIEF))
    person.reads("自分の登録は、ここでは変えられません")
    page.click("[data-answer=clear]")
    types(page, str(STAFF))
    person.reads("あなたの暗証番号を入れてください")
    types(page, WRONG)
    person.reads("あなたの暗証番号がちがいます")
    types(page, CHIEFS)
    person.sees("staff_member_first")
    first = "".join(page.locator(".told-digits").all_inner_texts())
    assert len(first) == 8 and first.isdigit()
    page.click("[data-answer=next]")
    person.reads("まだ変えていません")
    assert first not in page.content()
    page.click("[data-answer=back]")

    page.click("[data-answer=passcode]")
    person.sees("staff_passcode")
    for typed in (CHIEFS, NEW, NEW):
        types(page, typed)
    person.sees("staff_passcode_done")
    page.click("[data-answer=back]")
    page.click("[data-answer=finish]")
    person.sees("attract")

    holds_the_corner(page)
    person.sees("staff_entrance")
    types(page, str(STAFF))
    types(page, PASSCODE)
    person.reads("ちがいます")
    types(page, first)
    person.sees("staff_passcode")
    assert page.locator("[data-answer=finish], [data-answer=doors]").count() == 0
    types(page, first)
    types(page, first)
    person.reads("はじめの暗証番号と同じです")
    page.click("[data-answer=back]")
    person.sees("staff_entrance")
    page.click("[data-answer=back]")
    page.click("[data-answer=back]")
    person.sees("attract")

    enters(person, page, STAFF, first, "staff_passcode")
    for _ in range(2):
        types(page, OWN)
    person.sees("staff_room")
    page.click("[data-answer=paper]")
    page.click("[data-answer=changed]")
    page.click("[data-answer=back]")
    page.click("[data-answer=finish]")
    person.sees("attract")
    enters(person, page, STAFF, OWN)
    page.click("[data-answer=finish]")
    person.sees("attract")
    enters(person, page, OTHER_CHIEF, NEW)
    page.click("[data-answer=finish]")
    person.sees("attract")

    acts = [
        each
        for each in person.stage.trail[since:]
        if each.startswith(("passcode", "first_passcode", "staff", "member", "paper"))
    ]
    assert acts == [
        *("staff_admitted", "passcode_refused", "first_passcode_given", "passcode_changed", "staff_left"),
        *("passcode_refused", "passcode_changed", "staff_admitted", "paper_changed", "staff_left"),
        *("staff_admitted", "staff_left", "staff_admitted", "staff_left"),
    ]
    kept = b"".join(each.read_bytes() for each in person.stage.directory.rglob("*") if each.is_file())
    for secret in (first, OWN, NEW, CHIEFS):
        assert secret not in "\n".join(person.stage.log) and secret.encode() not in kept
