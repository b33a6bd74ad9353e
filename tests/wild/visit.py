"""One visit as data: who comes, for what, how carefully, and what goes wrong. It follows from seed and number alone."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field

from kiosk.sim.card.chip import Behaviour, Faults
from kiosk.sim.pki import Device
from kiosk.sim.portal.faults import CALLS
from tests.wild.faults import AT_COMMAND, AT_STAFF, BESIDE, CONTENT, ON_THE_WAY, PORTAL, PRINTER, RARE, PortalFault

GOALS: Mapping[str, tuple[str, ...]] = {  # what is touched first where it is offered
    "link": ("link",),
    "phone": ("link", "phone"),
    "check": ("check",),
    "licence": ("check", "licence"),
    "lost": ("lost",),
    "pin": ("pin",),
    "renewal": ("renewal",),
    "benefits": ("benefits",),
    "release": ("benefits", "release"),
}
SHIFTS: Mapping[str, tuple[str, ...]] = {  # of one of the staff: what is touched behind the door, one after the other
    "closes": ("doors", "close", "paper", "one_hour", "back", "finish"),
    "closes and opens": ("doors", "close", "maintenance", "open_end", "open", "back", "finish"),
    "changes the paper": ("paper", "changed", "prints", "back", "back", "finish"),
    "looks": ("board", "again", "back", "figures", "back", "facts", "back", "finish"),
    "tries out": ("trials", "printer", "good", "back", "finish"),
    "restarts": ("doors", "restart", "back", "back", "finish"),
    "yields": ("board", "leave"),
    "stays and walks off": (),
    "guesses": (),
}
STAFF_PATH = (
    "staff_entrance",
    "staff_room",
    "staff_board",
    "staff_doors",
    "staff_reason",
    "staff_until",
    "staff_paper",
)
PATH = (
    *("home", "licence", "consent", "set_card", "pin", "reading", "confirm", "sending", "terms", "linked", "outcome"),
    *("release", "released"),
)
BEHAVIOURS: Mapping[str, Behaviour] = {
    "current": Behaviour(),
    "no extended length": Behaviour(extended_length=False),
    "no short file ids": Behaviour(short_file_ids=False),
    "T=0": Behaviour(t0=True),
    "warns at the end": Behaviour(end_of_file_6282=True),
    "first command fails": Behaviour(first_command_6f00=True),
    "asks no tries": Behaviour(verify_case1_6700=True),
    "warns": Behaviour(read_as=0x6200),
    "long lengths": Behaviour(nonminimal_lengths=True),
}
MOST_COMMANDS = 16


@dataclass(frozen=True)
class Visit:
    """strikes: what happens when a screen of that name, or step and name, comes up for the first time. stray: how often
    something else is touched than what leads on; wrong: how often a PIN is; both from 0 to 1."""

    seed: str = ""
    who: str = "excellent"
    device: Device = "card"  # the one whose fault it is
    goal: str = "link"
    behaviour: str = "current"
    stray: float = 0.0
    wrong: float = 0.0
    card: Faults = field(default_factory=Faults)
    portal: tuple[PortalFault, ...] = ()
    printer: Mapping[str, object] = field(default_factory=dict)
    strikes: Mapping[str, str] = field(default_factory=dict)
    faults: tuple[str, ...] = ()  # the names of all that goes wrong

    def __str__(self) -> str:
        return f"{self.seed}: {self.who}, {self.behaviour}, {self.goal}; {', '.join(self.faults) or 'no fault'}"


def by_chance(seed: int, number: int, people: tuple[str, ...]) -> Visit:
    """The visit of that number. Every second is a current card's linking, with
    one fault at most: what is to go wrong late must come to that."""
    chance = random.Random(f"{seed}/{number}")
    plain = chance.random() < 0.5
    goal = "link" if plain or chance.random() < 0.7 else chance.choice(tuple(GOALS))
    faults: list[str] = []
    card = Faults()
    portal: tuple[PortalFault, ...] = ()
    printer: Mapping[str, object] = {}
    strikes: dict[str, str] = {}
    kinds = chance.choices(("none", "card", "portal", "printer", "way"), (4, 2, 2, 1, 3), k=1 + (not plain))
    for kind in dict.fromkeys(kinds):
        if kind == "card" and chance.random() < 0.8:
            name, at = chance.choice(tuple(AT_COMMAND)), chance.randint(1, MOST_COMMANDS)
            card = AT_COMMAND[name](at)
            faults.append(f"card: {name} at {at}")
        elif kind == "card":
            name, card = chance.choice(tuple(CONTENT.items()))
            faults.append(f"card: {name}")
        elif kind == "portal":
            name, (fault, value) = chance.choice(tuple(PORTAL.items()))
            one = PortalFault(fault, chance.choice(CALLS), value, chance.choice((1, 1, 2, None)))
            portal = (one,)
            faults.append(f"portal: {name} at {one.call}, {one.times or 'all'} times")
        elif kind == "printer":
            name, switches = chance.choice(tuple(PRINTER.items()))
            printer = switches
            faults.append(f"printer: {name}")
        elif kind == "way":
            name, screen = chance.choice(tuple(ON_THE_WAY)), chance.choice(PATH)
            if name not in RARE or chance.random() < 0.3:
                strikes[screen] = name
                faults.append(f"{name} at {screen}")
    if chance.random() < 0.15:
        name, screen = chance.choice(tuple(BESIDE)), chance.choice(PATH)
        if strikes.setdefault(screen, name) == name:
            faults.append(f"{name} at {screen}")
    return Visit(
        seed=f"{seed}/{number}",
        who="excellent" if plain else chance.choice(people),
        goal=goal,
        behaviour="current" if plain else chance.choice(tuple(BEHAVIOURS)),
        stray=chance.choice((0.0, 0.03, 0.1)),
        wrong=chance.choice((0.0, 0.0, 0.3)),
        card=card,
        portal=portal,
        printer=printer,
        strikes=strikes,
        faults=tuple(faults),
    )


def shift_by_chance(seed: int, number: int) -> Visit:
    """One of the staff, or who would like to be one, of that number."""
    chance = random.Random(f"{seed}/{number}/staff")
    strikes, faults = {}, []
    if chance.random() < 0.7:
        name, screen = chance.choice(tuple(AT_STAFF)), chance.choice(STAFF_PATH)
        strikes[screen] = name
        faults.append(f"{name} at {screen}")
    return Visit(
        seed=f"{seed}/{number}",
        goal=chance.choice(tuple(SHIFTS)),
        stray=chance.choice((0.0, 0.05)),
        wrong=chance.choice((0.0, 0.5)),
        strikes=strikes,
        faults=tuple(faults),
    )
