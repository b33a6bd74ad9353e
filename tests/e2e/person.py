"""A person in front of the kiosk: eyes that read the screen, a finger that touches it, hands for card and phone.

What stands on the screen is known by two things of the page that a change of words does not touch: the screen's name
(a class of its frame) and the step that the progress bar marks.
"""

from __future__ import annotations

import time
from contextlib import suppress

from playwright.sync_api import Page
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from kiosk.advice.outcomes import OUTCOMES as TABLE
from kiosk.advice.outcomes import End
from kiosk.config.guidance import load
from kiosk.sim.card import VirtualCard
from kiosk.sim.card.chip import Faults
from kiosk.sim.people import Pins
from kiosk.sim.pki import Device
from tests.stage import Slow, Stage

# Like no number that a log holds for another reason, and without a doubled key, which counts as a bounce.
PINS = Pins(text="7391", sign="Q7XK29ZP")
WRONG = Pins(text="2846", sign="W4MN63TB")
OUTCOMES = {end: outcome.told(load()) for end, outcome in TABLE.items()}
SOON = 20_000  # ms that anything on the screen may take, on a machine that does other things; waited for by failures

AT_THE_END = """() => {
    const text = document.querySelector("[data-scroll]");
    return text.scrollTop + text.clientHeight > text.scrollHeight - 2;
}"""
SCREENS = tuple(
    ["licence", "contents", "consent", "prepare", "pin", "reading", "confirm", "terms", "pin", "reading", "linked"]
)  # by step


def _answering(answer: str) -> str:
    return f"#screen > :not([inert]) [data-answer='{answer}']"


class Person:
    """Somebody with the card of `who`, one of the invented people."""

    def __init__(self, stage: Stage, page: Page, who: str = "excellent") -> None:
        self.stage, self.page, self.who = stage, page, who

    # -- eyes

    def sees(self, name: str, step: int | None = None) -> None:
        """Wait until this screen stands there, with nothing laid over it."""
        at = "" if step is None else f":has(li:nth-child({step})[aria-current=step])"
        self._wait(f"#screen .frame.is-{name.replace('_', '-')}:not([inert]){at}")

    def has_a_screen(self) -> None:
        """Wait until one that is not the end of another visit can be touched."""
        self._wait("#screen .frame:not([inert], .is-closing)")

    def is_asked(self, answer: str) -> None:
        """Wait for a question laid over the screen that can be answered so."""
        self._wait(f"#screen [role=dialog] [data-answer={answer}]")

    def is_sent_away_with(self, end: End) -> None:
        """Wait for the page that tells how it ended, and read all of it."""
        self.sees("outcome")
        outcome = OUTCOMES[end]
        todo = [fact for each in outcome.todo for fact in (each.text, each.where, *each.bring)]
        happened = outcome.happened % {"most": outcome.tries}
        for words in (outcome.heading, happened, outcome.meaning, outcome.official, *todo):
            assert "".join(words.split()) in self.words

    def reads(self, words: str) -> None:
        """Wait until these words stand on the screen."""
        self.page.get_by_text(words).first.wait_for(timeout=SOON)

    def is_told_that_it_was_wrong(self) -> None:
        """Wait for the PIN screen that says so."""
        self._wait("#screen .frame.is-pin .band.is-fail")

    @property
    def heading(self) -> str:
        return self.page.inner_text(".frame h1").strip()

    @property
    def words(self) -> str:
        """All that can be read, without the breaks of the layout."""
        return "".join(self.page.inner_text("#screen").split())

    @property
    def dom(self) -> str:
        return self.page.content()

    @property
    def tries(self) -> int:
        """The tries left, as the PIN screen states them."""
        return int(self.page.inner_text(".tries-left").removesuffix("回"))

    def offers(self, answer: str) -> bool:
        return self.page.locator(f"#screen > :not([inert]) [data-answer='{answer}']").count() > 0

    def offers_soon(self, answer: str, seconds: float = 0) -> None:
        """Wait for a button that gives this answer; `seconds`: how much longer than usual it may take."""
        self._wait(f"#screen [data-answer={answer}]", seconds)

    def has_typed(self, count: int) -> None:
        """Wait until so many dots are filled, and no more."""
        self._wait(f".dots:not(:has(.dot.is-entered:nth-child({count + 1})))")
        self._wait(f".dots:has(.dot.is-entered:nth-child({count}))" if count else ".dots")

    def sees_nothing_pressed(self) -> None:
        """Wait until no button is marked as pressed any more."""
        self._wait("#screen:not(:has([data-pressed]))")

    def _wait(self, selector: str, longer: float = 0) -> None:
        self.page.wait_for_selector(selector, state="attached", timeout=SOON + longer * 1000)

    # -- a finger, and a keyboard for whoever cannot see the screen

    def touches(self, answer: str) -> None:
        """Touch what gives this answer."""
        self.page.tap(_answering(answer), timeout=SOON)

    def leads_the_focus_to(self, answer: str) -> None:
        """Give the focus to what gives this answer, once it can have it: what a question lies over cannot."""
        self.page.focus(_answering(answer), timeout=SOON)

    def presses(self, label: str) -> None:
        """Touch the button that is called exactly so."""
        self.page.get_by_role("button", name=label, exact=True).tap(timeout=SOON)

    def middle_of(self, label: str) -> tuple[float, float]:
        """Where the middle of the button is that is called exactly so."""
        place = self.page.get_by_role("button", name=label, exact=True).bounding_box()
        assert place is not None, f"{label} is not to be seen"
        return place["x"] + place["width"] / 2, place["y"] + place["height"] / 2

    def goes_on(self) -> None:
        """Press Enter, which presses the button that goes on."""
        self.page.keyboard.press("Enter")

    def types(self, keys: str) -> None:
        """Press keys of the keyboard."""
        self.page.keyboard.type(keys)

    def holds(self, key: str, times: int = 40) -> None:
        """Hold a key down until the keyboard has repeated it so often."""
        for _ in range(1 + times):
            self.page.keyboard.down(key)
        self.page.keyboard.up(key)

    def enters(self, pin: str) -> None:
        """Type a PIN and go on."""
        self.types(pin)
        self.goes_on()

    def turns_the_pages(self) -> None:
        """Read the terms to their end, by touch. The button goes once the end has been seen, maybe before it is."""
        on = self.page.get_by_role("button", name="つづきを読む", exact=True)
        until = time.monotonic() + SOON / 1000
        while not self.offers("tick"):
            assert time.monotonic() < until, "the end of the terms is not seen"
            with suppress(PlaywrightTimeout):
                on.tap(timeout=1000)

    def scrolls_to_the_end(self) -> None:
        """Read the terms to their end, by keyboard."""
        self._presses_end()
        if not self.page.evaluate(AT_THE_END):  # the screen had just come, and took the focus to its heading meanwhile
            self._presses_end()
        self._wait("[data-answer=tick]")

    def _presses_end(self) -> None:
        self.page.focus("[data-scroll]", timeout=SOON)
        self.page.keyboard.press("End")
        with suppress(PlaywrightTimeout):
            self.page.wait_for_function(AT_THE_END, timeout=1000)

    def agrees_to_the_terms(self) -> None:
        self.scrolls_to_the_end()
        self.goes_on()
        self._wait(".frame.is-terms [data-answer=next]")
        self.goes_on()

    # -- hands

    def puts_in(
        self, who: str = "", device: Device = "card", faults: Faults | None = None, slow: Slow | None = None
    ) -> VirtualCard:
        return self.stage.put_in(who or self.who, device, faults, slow)

    def takes_out(self) -> None:
        self.stage.take_out()

    def changes_to(self, who: str) -> VirtualCard:
        """Take out what is in and, as soon as the kiosk asks for a card, put in the card of another."""
        self.takes_out()
        self.sees("set_card")  # or the screen that comes back would be taken for the one that still stands there
        return self.puts_in(who)

    @property
    def card(self) -> VirtualCard:
        return self.stage.card(self.who)

    @property
    def tries_on_card(self) -> tuple[int, int]:
        """Text and signature PIN."""
        return self.card.pins["text"].left, self.card.pins["sign"].left

    # -- the way

    def walks_to(self, step: int, faults: Faults | None = None, slow: Slow | None = None) -> None:
        """From attract to the screen of a step; in 6 and 10 the card has to be `slow` to be met there."""
        self.walks_through(step - 1, faults, slow)
        self.sees(SCREENS[step - 1], step)

    def walks_through(self, step: int, faults: Faults | None = None, slow: Slow | None = None) -> None:
        """From attract through a step, wherever that leads."""
        self.sees("attract")
        self.goes_on()
        self.sees("home")
        self.touches("link")
        for number in range(1, step + 1):
            self.does(number, faults, slow)

    def does(self, step: int, faults: Faults | None = None, slow: Slow | None = None) -> None:
        """What a person does in a step, from its screen on."""
        if step in (6, 10):
            return
        self.sees(SCREENS[step - 1], step)
        if step == 4:
            self.goes_on()
            self.sees("set_card", 4)
            self.puts_in(faults=faults, slow=slow)
        elif step == 8:
            self.agrees_to_the_terms()
        else:
            self.enters({5: PINS.text, 9: PINS.sign}.get(step, ""))

    def finishes(self) -> None:
        """Press おわる, take the card, and see the kiosk wait for the next person."""
        self.touches("finish")
        self.goes()

    def goes(self) -> None:
        """Take the card when asked to, and see the kiosk wait for the next person."""
        self.sees("take_card")
        self.takes_out()
        self.sees("attract")
