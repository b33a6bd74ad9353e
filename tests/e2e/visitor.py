"""Somebody in front of the kiosk who comes for one thing, and whose touches are counted.

What they touch is data: the tests of the guidance walk all of it, and the benchmark counts it.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from typing import NamedTuple

from PIL import Image
from playwright.sync_api import Page
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from kiosk.language.furigana import plain
from kiosk.language.languages import JAPANESE, LANGUAGES, Language, translations
from tests.stage import Stage

SOON = 20_000  # ms; waited for by failures alone
BOUNCE_MS = 320  # after which the same key is another touch
SCROLLED_MS = 1500  # at most, until the end that a touch has brought has been seen


class Goal(NamedTuple):
    """What somebody comes for, what they touch from the attract screen on, the heading of the list they take home, and
    the most touches it may cost. card: whose they have; slips: how many come out.

    Each touch is an answer; "screen.answer" is one of that screen, where the screen before has the same. Besides:

        card       the card is put in, which is no touch
        pin:text   that PIN, a touch for each key, and the one that goes on
        terms      the terms: as many as it takes to come to their end, to tick the box, and to agree
    """

    words: str
    touches: tuple[str, ...]
    heading: str
    most: int
    card: str = ""
    slips: int = 1

    @property
    def language(self) -> Language:
        return LANGUAGES[self.touches[0].partition(":")[2] or "ja"]


LEADS_ON = {"start", "licence.next", "contents.next", "prepare.next"}  # says nothing but that it may go on
LOST = "カードをなくしたとき"
TODAY = "このカードで、できること"
LINKING = ("consent.next", "prepare.next", "card", "pin:text", "confirm.next", "terms", "pin:sign")  # steps 3 to 10
RELEASING = ("release.next", "pin:sign", "released.next", "terms", "pin:sign")
GOALS = {
    "lost_at_once": Goal("lost card, the number to call", ("start", "lost", "print"), "まず機能をとめます", 3),
    "lost_keep": Goal("lost card, マイナ免許証 again", ("start", "lost", "next", "card_only", "keep"), LOST, 5),
    "lost_change": Goal("lost card, plain licence instead", ("start", "lost", "next", "both", "change"), LOST, 5),
    "lost_english": Goal("lost card, in English", ("lang:en", "lost", "next", "card_only", "keep"), LOST, 5),
    "pin_licence": Goal("PIN, renting a car", ("start", "pin", "show"), "免許の４けたの暗証番号", 3),
    "pin_text": Goal("PIN, filling in a form", ("start", "pin", "text"), "入力用の４けたの暗証番号", 3),
    "pin_log_in": Goal("PIN, logging in", ("start", "pin", "log_in"), "ログイン用の４けたの暗証番号", 3),
    "pin_sign": Goal("PIN, signing", ("start", "pin", "sign"), "署名用の６〜16文字の暗証番号", 3),
    "pin_unsure": Goal("PIN, not sure which", ("start", "pin", "unsure", "card"), TODAY, 3, "sign-locked"),
    "check": Goal("card check", ("start", "check", "card"), TODAY, 2, "excellent"),
    "renewal": Goal("card renewal", ("start", "renewal", "ending", "linked"), "マイナンバーカードの更新", 4),
    "benefits": Goal("what linking gives", ("start", "benefits", "print"), "連携すると、できること", 3),
    "already": Goal("already linked", ("start", "link", "already", *LINKING), "もう連携はすんでいます", 22, "linked"),
    "release": Goal(
        "release and link again",
        ("start", "link", "licence.next", "contents.next", *LINKING, *RELEASING),
        "連携が完了しました",
        43,
        "reobtained",
        slips=2,
    ),
}


class Visitor:
    """Somebody in front of the kiosk, whose touches are counted.

    needed: of them, those that no kiosk could do without: of PINs (each with the key that goes on), of terms, and
    decisions, which are all others but those that only lead on.
    """

    def __init__(self, stage: Stage, page: Page) -> None:
        self.stage, self.page, self.count = stage, page, 0
        self.needed = Counter[str]()
        self.language = JAPANESE

    def sees(self, name: str) -> None:
        self.page.wait_for_selector(f"#screen .frame.is-{name.replace('_', '-')}:not([inert])", timeout=SOON)

    def touches(self, answer: str) -> None:
        self.page.tap(f"#screen > :not([inert]) [data-answer='{answer}']", timeout=SOON)
        self.count += 1

    def takes(self, *ways: str) -> None:
        """One after the other. "screen.answer" where the screen before has such an answer, too: a touch that comes
        while that still stands is meant for it, and goes with it."""
        for way in ways:
            screen, _, answer = way.rpartition(".")
            if screen:
                self.sees(screen)
            self.touches(answer)

    def follows(self, goal: Goal) -> None:
        """From the attract screen until the paper has come out."""
        self.sees("attract")
        self.language = goal.language
        for touch in goal.touches:
            before = self.count
            match touch.partition(":"):
                case "card", _, _:
                    self.sees("set_card")
                    self.stage.put_in(goal.card)
                case "pin", ":", which:
                    self.enters(getattr(self.stage.people[goal.card].pins, which))
                case "terms", _, _:
                    self.agrees()
                case _:
                    self.takes(touch)
            if touch not in LEADS_ON:
                kind = "PINs" if touch.startswith("pin:") else "terms" if touch == "terms" else "decisions"
                self.needed[kind] += self.count - before

    def enters(self, pin: str) -> None:
        """Type a PIN by touch, and go on."""
        self.sees("pin")
        for count, character in enumerate(pin, 1):
            self.touches(f"key:{character}")
            self.page.wait_for_selector(f".dot.is-entered:nth-child({count})", timeout=SOON)
            self.page.wait_for_timeout(BOUNCE_MS if pin[count:].startswith(character) else 0)
        self.touches("next")

    def agrees(self) -> None:
        """Read the terms to their end, by touch, and agree to them."""
        self.sees("terms")
        while not self.page.query_selector("[data-answer=tick]"):
            self.page.tap("[data-scroll-page]", timeout=SOON)
            self.count += 1
            with suppress(PlaywrightTimeout):
                self.page.wait_for_selector("[data-answer=tick]", timeout=SCROLLED_MS)
        self.touches("tick")
        self.touches("next")

    def leaves(self) -> None:
        """やめる, or おわる where all is done; the card out, and the kiosk waits for the next person."""
        self.touches("finish" if self.page.query_selector("[data-answer=finish]") else "leave")
        self.stage.take_out()
        self.sees("attract")

    def said(self, text: str) -> str:
        """A text of the kiosk's, in the visitor's language."""
        return plain(translations(self.language).gettext(text))

    @property
    def words(self) -> str:
        return "".join(self.page.inner_text("#screen").split())

    def slip(self) -> Image.Image:
        """The paper, once the screen says that it has been printed."""
        self.page.get_by_text(self.said("印刷しました。紙は右の出口からお取りください。")).wait_for(timeout=SOON)
        return self.stage.printer.slips[-1].image
