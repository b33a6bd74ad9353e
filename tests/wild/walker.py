"""Somebody who plays a visit through the socket: does what leads on, strays now and then, puts cards in and takes them
out; and all that was seen of it."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from bench.visitor import Visitor
from kiosk.portal.model import State
from kiosk.sim.card.chip import Faults
from kiosk.sim.pki import Device
from tests.wild.faults import EVERY
from tests.wild.ground import ATTRACT_SECONDS, Ground, Watched
from tests.wild.told import ENDS, WANTS_PHONE, told
from tests.wild.visit import BEHAVIOURS, GOALS, SHIFTS, Visit

MOST_ACTS = 70  # then even the most patient leaves
MOST_INSERTIONS = 4
SOON = 3.0  # seconds that a screen may take; then one touches again
AT_ONCE = 0.1
FORWARD = ("stay", "next", "start", "yes", "finish", "tick", "read_to_end", "print", "again")
AROUND = {
    "leave",
    "leave_now",
    "stay",
    "staff",
    "call_off",
    "language",
    "size",
    "contrast",
    "reach",
    "listen",
    "repeat",
    "hush",
}
AROUND |= {"softer", "louder", "back", "home", "refuse"}
ILLEGAL: tuple[object, ...] = ("no_such", "key:", "key:い", "next", "lang:xx", 7, None, {"next": 1})
DONE_STEP, THIS_STEP = '<li class="is-done">', '<li aria-current="step">'  # of the bar of steps
CLEAN = ("session ends: finished", "session ends: left")


@dataclass
class Seen:
    """typed: each PIN, and the card that was in when it was sent off. passcodes: of the staff, each that was sent off.
    states: of the portal's linkings, when all was over; releases: of its releases. seconds: from the last that the
    person did until the next one could begin."""

    visit: Visit
    screens: list[tuple[str, str]] = field(default_factory=list, repr=False)  # name and HTML, each as it came
    beside: list[tuple[str, str]] = field(default_factory=list, repr=False)  # whose card was in when it came, and HTML
    typed: list[tuple[Watched | None, str]] = field(default_factory=list, repr=False)
    passcodes: list[str] = field(default_factory=list, repr=False)
    states: list[State] = field(default_factory=list)
    releases: list[State] = field(default_factory=list)
    seconds: float = ATTRACT_SECONDS
    settled: bool = False
    next_name: str = ""
    next_html: str = field(default="", repr=False)
    log: list[str] = field(default_factory=list, repr=False)
    slips: int = 0
    workers: int = 1

    @property
    def tells(self) -> tuple[str, ...]:
        """What was told, in its order, each once."""
        return tuple(dict.fromkeys(tell for _, html in self.screens for tell in sorted(told(html))))

    @property
    def end(self) -> str:
        """What was told last of how it ended, else how the session itself ended."""
        told_ends = [tell for tell in self.tells if tell in ENDS]
        if told_ends:
            return told_ends[-1]
        ends = [line.rpartition("session ends: ")[2] for line in self.log if "session ends: " in line]
        return ends[-1] if ends else "killed"

    @property
    def decided(self) -> bool:
        """The portal has decided about it."""
        return bool({State.COMPLETED, State.REFUSED} & set(self.states))


class Walker:
    def __init__(self, ground: Ground, visitor: Visitor, visit: Visit) -> None:
        self.seen = Seen(visit)
        self._ground, self._visitor, self._visit = ground, visitor, visit
        self._chance = random.Random(f"{visit.seed}/walk")
        self._strikes = dict(visit.strikes)
        self._wanted = list({**GOALS, **SHIFTS}[visit.goal])
        self._insertions: list[Device] = []
        self._look()

    def walks(self) -> None:
        """Until the session has ended. Raises what a line that ends raises, or Gone."""
        for _ in range(MOST_ACTS):
            if strike := self._strikes.pop(self._place, None) or self._strikes.pop(self._visitor.name, None):
                EVERY[strike](self._ground, self._visitor)
                self._look()
            self._act()
        self._ground.take_out()
        for answer in ("leave", "leave_now"):
            self._say(answer)
        self._watch(ATTRACT_SECONDS)
        self._watch(ATTRACT_SECONDS)

    @property
    def _place(self) -> str:
        """The official step, and the screen's name."""
        html, name = self._visitor.html, self._visitor.name
        return f"{html.count(DONE_STEP) + 1} {name}" if THIS_STEP in html else name

    def _act(self) -> None:
        name, offered = self._visitor.name, self._visitor.offered
        own = [answer for answer in offered if answer not in AROUND and not answer.startswith(("lang:", "key:"))]
        if self._chance.random() < self._visit.stray:
            self._stray(offered)
        elif name in ("take_card", "left_card"):
            self._ground.take_out()
            self._watch(SOON)
        elif "stay" in offered:
            self._say(self._chance.choice(("stay", "leave_now")) if "leave_now" in offered else "stay")
        elif name == "set_card":
            self._put_in()
        elif name == "pin":
            self._type()
        elif own:
            self._say(self._forward(own))
        elif "back" in offered:
            self._say("back")
        else:
            self._watch(SOON)

    def _forward(self, own: list[str]) -> str:
        if wanted := next((answer for answer in self._wanted if answer in own), None):
            self._wanted.remove(wanted)
            return wanted
        return next((answer for answer in FORWARD if answer in own), None) or self._chance.choice(own)

    def _stray(self, offered: tuple[str, ...]) -> None:
        if offered and self._chance.random() < 0.7:
            self._say(self._chance.choice(offered))
        else:
            self._visitor.say(self._chance.choice(ILLEGAL))
            self._watch(AT_ONCE)

    def _put_in(self) -> None:
        """The card that is asked for: for the first time with its fault, afterwards in order."""
        if self._ground.inside and not told(self._visitor.html) & {"card left", "card mute", "other card"}:
            self._watch(0.5)
            if self._visitor.name != "set_card":
                return
        if len(self._insertions) == MOST_INSERTIONS:
            self._say("leave")
            return
        person = self._ground.people[self._visit.who]
        device: Device = "phone" if WANTS_PHONE in self._visitor.html and person.phone else "card"
        self._ground.card(person.key, device, BEHAVIOURS[self._visit.behaviour])
        breaks = device == self._visit.device and device not in self._insertions
        self._ground.put_in(person.key, device, self._visit.card if breaks else Faults())
        self._insertions.append(device)
        self._watch(SOON)

    def _type(self) -> None:
        """The PIN that is asked for, right or wrong, from an empty field."""
        pins = self._ground.people[self._visit.who].pins
        sign = "dots is-letters" in self._visitor.html
        pin = pins.sign if sign else pins.licence if self._visit.goal in ("check", "licence") else pins.text
        if self._chance.random() < self._visit.wrong:
            pin = pin[1:] + pin[0]
        self._visitor.say("clear")
        for key in pin:
            self._visitor.say(f"key:{key}")
            self._watch(SOON)
            if self._visitor.name != "pin" or "stay" in self._visitor.offered:
                return
        while self._visitor.watch(AT_ONCE):  # one that types sees all dots before going on
            self._look()
        if self._visitor.name != "pin":
            return
        self.seen.typed.append((self._ground.inside, pin))
        self._say("next")

    def _say(self, answer: str) -> None:
        self._visitor.say(answer)
        self._watch(SOON)

    def _watch(self, seconds: float) -> None:
        self._visitor.watch(seconds)
        self._look()

    def _look(self) -> None:
        now = (self._visitor.name, self._visitor.html)
        if self.seen.screens[-1:] != [now]:
            self.seen.screens.append(now)
            if inside := self._ground.inside:
                self.seen.beside.append((inside.person.key, now[1]))
