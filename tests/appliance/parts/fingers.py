"""One to five fingers lead nowhere either: swipes from each edge, drags, pinches, long presses and quick ones, on a
screen that has something to press, leave it standing, and nothing has come before the page. The panel is one with
several fingers (panel.py), and each of them counts: one that rests takes nothing from another that presses.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tests.appliance.machine import Machine
from tests.appliance.parts.visit import before
from tests.appliance.person import NotSeen, Person
from tests.appliance.report import Report
from tests.appliance.well import well

MOST = 5
STEPS, STEP_SECONDS = 6, 0.2  # QEMU drops what an emulated machine is too slow to fetch
LONG_SECONDS, QUICK_SECONDS = 2.5, 0.1
SEEN_SECONDS = 60.0
SPREAD = 0.05  # between two fingers of a hand, of the width
FREE = (0.5, 0.12)  # nothing is to be pressed there on HERE
EDGES = {"left": (0.0, 0.5), "right": (1.0, 0.5), "top": (0.5, 0.0), "bottom": (0.5, 1.0)}
HERE, ANSWER, NEXT = "home", "link", "step_1_licence"
DIGITIZER = "grep -A 9 'Kiosk Panel' /proc/bus/input/devices"

Fingers = Mapping[int, tuple[float, float]]


@dataclass(frozen=True)
class Gesture:
    """ways: where each finger goes down, and where it comes up. lies: how long before they move, or are lifted [s]."""

    name: str
    ways: tuple[tuple[tuple[float, float], tuple[float, float]], ...]
    lies: float = 0.0
    times: int = 1

    def moments(self) -> Iterator[Fingers]:
        for step in range(STEPS + 1):
            part = step / STEPS
            yield {
                finger: (x + (to_x - x) * part, y + (to_y - y) * part)
                for finger, ((x, y), (to_x, to_y)) in enumerate(self.ways)
            }

    def on(self, machine: Machine) -> None:
        for _ in range(self.times):
            for moment, fingers in enumerate(self.moments()):
                machine.fingers(fingers)
                time.sleep(self.lies if moment == 0 and self.lies else STEP_SECONDS)
            machine.fingers({})
            time.sleep(QUICK_SECONDS)


def gestures() -> Iterator[Gesture]:
    for count in range(1, MOST + 1):
        hand = f"{count} finger{'s' * (count > 1)}"
        beside = [SPREAD * (each - (count - 1) / 2) for each in range(count)]
        for edge, (x, y) in EDGES.items():
            upright = edge in ("top", "bottom")
            begins = [(x + aside, y) if upright else (x, y + aside) for aside in beside]
            ends = [(a, 1 - y) if upright else (1 - x, b) for a, b in begins]
            yield Gesture(f"{hand} swiped from the {edge}", tuple(zip(begins, ends, strict=True)))
        lie = [(FREE[0] + aside, FREE[1]) for aside in beside]
        yield Gesture(f"{hand} lying there", tuple((at, at) for at in lie), lies=LONG_SECONDS)
        yield Gesture(f"{hand} tapping twice", tuple((at, at) for at in lie), times=2)
        yield Gesture(f"{hand} dragged after lying", tuple((at, (at[0], 0.95)) for at in lie), lies=LONG_SECONDS)
        if count > 1:
            far = [(math.sin(math.tau * each / count), math.cos(math.tau * each / count)) for each in range(count)]
            near, wide = ([(FREE[0] + by * x, FREE[1] + by * y / 3) for x, y in far] for by in (0.03, 0.35))
            yield Gesture(f"{hand} spread", tuple(zip(near, wide, strict=True)))
            yield Gesture(f"{hand} pinched", tuple(zip(wide, near, strict=True)))


def run(machine: Machine, report: Report) -> None:
    with before(machine, report) as there:
        somebody = there.somebody
        report(machine.run(DIGITIZER)[0] == 0, "the system knows the panel")
        somebody.touches("start")
        somebody.sees(HERE)
        every = tuple(gestures())
        out = next((each.name for each in every if not leaves_it_standing(each, machine, somebody)), None)
        after = f": not after {out}, with which it ended" if out else ""
        report(out is None, f"{len(every)} gestures of one to {MOST} fingers: what stood there stands{after}")
        rest_and_press(machine, somebody.place(ANSWER))
        somebody.sees(NEXT)
        report(True, "a finger that rests takes nothing from another that presses")
        noticed = machine.run("journalctl --quiet --no-pager --grep='come before the page' | tail -n 3")[1].strip()
        report(not noticed, f"nothing has come before the page{': ' * bool(noticed)}{noticed}")
        well(machine.run, report)


def leaves_it_standing(gesture: Gesture, machine: Machine, somebody: Person) -> bool:
    gesture.on(machine)
    try:
        somebody.sees(HERE, SEEN_SECONDS)
    except NotSeen:
        machine.keep_picture(gesture.name)
        return False
    return True


def rest_and_press(machine: Machine, at: tuple[float, float]) -> None:
    rests = {7: FREE}
    for fingers in (rests, {**rests, 2: at}, rests, {}):
        machine.fingers(fingers)
        time.sleep(QUICK_SECONDS)
