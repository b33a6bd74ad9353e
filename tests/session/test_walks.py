"""Walks nobody planned: answers at random, cards that come, go and break, a portal and a printer that fail, a page that
is lost, all at the same time. Whatever happens, a session meets no error it did not foresee, keeps its promises about
PINs, leaves nothing at the portal, and ends.

The session runs here in the tests' own process, on the real screens, over the real wires of card, portal and printer.
What a walk does follows from its number; what meets what at which moment does not, as in life.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Iterator

import msgspec
import pytest

from kiosk.card.pin import SIGN_PIN, TEXT_PIN
from kiosk.config import guidance
from kiosk.config.kiosk import Screen, Settings
from kiosk.config.kiosk import Session as Patience
from kiosk.hw.printer import open_printer
from kiosk.portal.client import PortalClient
from kiosk.receipts.pictures import Pictures
from kiosk.session import visit
from kiosk.session.answers import Choice, parse
from kiosk.session.devices import Devices
from kiosk.session.handover import Handover
from kiosk.session.session import Session
from kiosk.session.shown import View
from kiosk.sim.card import VirtualCard
from kiosk.sim.card.chip import Behaviour, Faults
from kiosk.sim.card.wire import VpcdCard
from kiosk.sim.people import Pins
from kiosk.sim.pki import Device
from kiosk.sim.portal.faults import Fault
from kiosk.sim.printer import Switches
from kiosk.sim.reader import VpcdReader
from kiosk.web import view as web
from tests.stage import Stage
from tests.whole import WHOLE

SECONDS = 15.0 if WHOLE else 5.0  # for all walks together, and longer if these have not been so many
FEWEST = 12
ACTIONS = 120
END_SECONDS = 20.0

VERIFY = 0x20
PIN_OF = {0x80 | TEXT_PIN.ef & 0x1F: "text", 0x80 | SIGN_PIN.ef & 0x1F: "sign"}
MUCH = ("next", "back", "yes", "tick", "phone", "card", "finish", "reprint", "paper", "again", "licence_page", "refuse")
MANY = (*MUCH, "leave", "leave_now", "stay", "staff", "size", "contrast", "language", "lang:en", "lang:xx", "listen")
ODD = ("active", "start", "read_to_end", "erase", "clear", "key:1", "key:Q", "key:", "key:あ", "", ":", "link", "home")
PORTAL = (Fault.CUT, Fault.SERVER_ERROR, Fault.LOST_ANSWER, Fault.MALFORMED, Fault.CLOSED)
PAPER = ("paper_end", "cover_open", "offline", "jam_next_cut")


class Honest(VirtualCard):
    """A card that notes when its last try was spent although nobody had said yes."""

    walk: Walk

    def transmit(self, apdu: bytes) -> bytes:
        if apdu[1] == VERIFY and len(apdu) > 5 and (pin := PIN_OF.get(apdu[3])) and self.pins[pin].left == 1:
            if not self.walk.said_yes:
                self.walk.broken.append(f"the last try of the {pin} PIN was spent without a yes")
            self.walk.said_yes = False
        return super().transmit(apdu)


class World(Stage):
    """Portal, printer and slot without a kiosk around; nobody here is patient."""

    @property
    def settings(self) -> Settings:
        usual = super().settings
        return msgspec.structs.replace(
            usual,
            portal=msgspec.structs.replace(usual.portal, timeout_seconds=1.0, retry_after_seconds=0.01),
            screen=Screen(idle_seconds=1, reading_idle_seconds=1, warning_seconds=1),
            session=Patience(browser_lost_seconds=0.3, put_back_seconds=0.5, take_card_seconds=0.3),
        )


class Walk:
    """One session, and whoever does things to it."""

    def __init__(self, world: World, number: int) -> None:
        self.world, self.number = world, number
        self.random = random.Random(number)
        self.said_yes = False
        self.broken: list[str] = []
        self.who = self.random.choice(list(world.people))
        self.reader = VpcdReader(world.vpcd_port)
        self.shown = threading.Event()
        settings = world.settings
        self.devices = Devices(self.reader, open_printer(settings.printer), PortalClient(settings.portal))
        paper = Pictures(settings, self.devices.printer)
        handover = Handover()
        handover.empty = True  # as in a kiosk that has run for some time
        self.session = Session(settings, guidance.load(), self.devices, handover, paper.lay_out, self.show)
        self.settings = settings
        self.thread = threading.Thread(target=visit.run, args=(self.session,), name=f"walk {number}", daemon=True)

    def show(self, view: View) -> None:
        web.render(view, self.settings, self.devices)
        self.shown.set()

    def run(self) -> None:
        self.reader.start(self.session.card_changed)
        self.thread.start()
        self.session.page_back()
        for _ in range(ACTIONS):
            if not self.thread.is_alive():
                break
            self.shown.clear()
            self.act()
            self.shown.wait(0.03)
        self.end()

    def act(self) -> None:
        happens = self.random.random()
        if happens < 0.72:
            self.go_on()
        elif happens < 0.82:
            self.say(self.random.choice(MANY + ODD), self.random.choice((0, 0, 0, -1, 1)))
        elif happens < 0.90:
            self.put_in()
        elif happens < 0.92:
            self.world.take_out()
        elif happens < 0.94:
            self.lose_page()
        elif happens < 0.97:
            call = self.random.choice(("begin", "hold", "submit", "state"))
            self.world.portal.faults.switch_on(self.random.choice(PORTAL), on=call, times=self.random.choice((1, 2)))
        else:
            self.world.printer.switches = Switches(**{name: self.random.random() < 0.3 for name in PAPER})

    def go_on(self) -> None:
        """What most people do most of the time."""
        view = self.session.view
        pins = self.world.people[self.who].pins
        if view.overlay is not None:
            self.say(self.random.choice(("stay", "stay", "stay", "leave_now")))
        elif view.pad is not None:
            pin = pins.text if view.pad["layout"] == "digits" else pins.sign
            self.say("clear")
            for key in pin if self.random.random() < 0.8 else reversed(pin):
                self.say(f"key:{key}")
            self.say("next")
        elif view.screen.name == "set_card":
            self.put_in()
        elif view.screen.answers:
            forward = [each for each in ("tick", "read_to_end", "yes", "next", "link") if each in view.screen.answers]
            answer = forward[0] if forward and self.random.random() < 0.85 else self.random.choice(view.screen.answers)
            if view.screen.name == "terms" and "next" in view.screen.answers:
                answer = "next"
            self.say(answer)

    def say(self, answer: str, later: int = 0) -> None:
        view = self.session.view
        if answer == "yes" and view.screen.name == "last_try" and not later:
            self.said_yes = True
        if (said := parse(answer)) is not None:
            self.session.answer(view.seq + later, said)

    def put_in(self) -> None:
        who = self.who if self.random.random() < 0.9 else self.random.choice(list(self.world.people))
        device: Device = "phone" if self.world.people[who].phone and self.random.random() < 0.4 else "card"
        key = (who, device)
        if key not in self.world.cards:
            behaviour = Behaviour(
                nonminimal_lengths=self.random.random() < 0.3,
                extended_length=self.random.random() < 0.8,
                t0=self.random.random() < 0.1,
                unset_pin_absent=self.random.random() < 0.3,
                blocked_as=self.random.choice((0x63C0, 0x6983, 0x6984)),
            )
            self.world.cards[key] = Honest(self.world.people[who], self.world.pki, device, behaviour)
        card = self.world.cards[key]
        assert isinstance(card, Honest)
        card.walk = self
        self.world.take_out()
        card.inflict(self.faults())
        self.world.slot = VpcdCard("127.0.0.1", self.world.vpcd_port, card).start()

    def faults(self) -> Faults:
        at = self.random.randrange(1, 12)
        return self.random.choice(
            (
                *[Faults()] * 8,
                Faults(pull_at=at),
                Faults(mute=True),
                Faults(garbage=True),
                Faults(truncated_certificate=True),
                Faults(answers={at: self.random.randbytes(self.random.randrange(1, 40))}),
            )
        )

    def lose_page(self) -> None:
        self.session.page_lost()
        if self.random.random() < 0.8:
            self.session.page_back()

    def end(self) -> None:
        """Go away, as people do, with the card or without."""
        if self.random.random() < 0.5:
            self.world.take_out()
        if not self.session.in_use:
            self.session.answer(self.session.view.seq, Choice("start"))
        if self.random.random() < 0.5:
            self.session.page_lost()
        self.thread.join(END_SECONDS)
        if self.thread.is_alive():
            self.broken.append(f"it does not end: {self.session.view.screen}, {self.session.view.overlay}")
        self.reader.stop()
        self.world.take_out()
        self.world.portal.faults.clear()
        self.world.printer.switches = Switches()
        if held := self.world.portal.held_count():
            self.broken.append(f"{held} applicants' data held at the portal")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("walks"))
    made.people = {key: msgspec.structs.replace(who, pins=Pins(text="7391")) for key, who in made.people.items()}
    web.warm()
    made.printer.start()
    made.portal.start()
    yield made
    made.portal.stop()
    made.printer.stop()


def test_no_walk_meets_what_was_not_foreseen(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "kiosk.session")
    until = time.monotonic() + SECONDS
    number = 0
    while number < FEWEST or time.monotonic() < until:
        caplog.clear()
        walk = Walk(world, number)
        walk.run()
        said = [record.getMessage() for record in caplog.records if record.name == "kiosk.session"]
        errors = [words for words in said if " at " in words]
        assert (walk.broken, errors) == ([], []), f"walk {number}:\n" + "\n".join(said)
        assert sum(words.startswith("session ends") for words in said) == 1
        world.portal.reset()
        world.cards.clear()
        number += 1
