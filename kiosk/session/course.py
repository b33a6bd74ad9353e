"""What will be told of this visit when it has ended, and nothing of it before: how it ended, what it was for, how far
it came, how long it took, as a whole and at each step, what became of its slips, how soon its touches were answered by
a screen, how often the page's line was cut, and how often somebody was shown that fewer tries are left. Each is one of
a few words (config/events.toml), and the caretaker only counts them. A slip that failed is a fault besides, which has a
time, and says nothing of the slip.

While somebody is being served the handover says so; if it still does when the process has gone, it did not end by
itself, and the arbiter tells that.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable

from kiosk.config.events import FIELDS, Event, event
from kiosk.flows.asking.screen import Screen
from kiosk.hw.device import NotPrinted, Printed
from kiosk.ipc.caretaker import Listener
from kiosk.ipc.messages import End
from kiosk.session.handover import Handover

HOME = "home"  # the screen whose answers are what visits are for
LASTED = ((60, "under_1_minute"), (180, "under_3_minutes"), (300, "under_5_minutes"), (600, "under_10_minutes"))
MOST_SLIPS = 8  # of one visit that are told of
MOST_TIMES = 1000  # in each bucket
TRIES = {1: "one", 2: "two"}  # that are left; else more


class Course:
    """now: monotonic seconds."""

    def __init__(self, caretaker: Listener, handover: Handover, now: Callable[[], float] = time.monotonic) -> None:
        self._caretaker, self._handover, self._now = caretaker, handover, now
        self._began: float | None = None
        self._task = "none"
        self._step = 0
        self._slips: list[str] = []
        self._at, self._since = 0, 0.0  # the step that it is at, and since when
        self._spent: dict[int, float] = {}  # seconds at each step
        self._touches = dict.fromkeys(FIELDS["painted"].labels, 0)
        self._cuts = dict.fromkeys(FIELDS["away"].labels, 0)
        self._warned: Counter[str] = Counter()
        self._tries = 0  # that the screen says are left, where those are fewer than all

    def begin(self) -> None:
        """Somebody is there."""
        self._began = self._now()
        self._handover.in_use = True

    def comes_to(self, screen: Screen) -> None:
        now = self._now()
        if self._at:
            self._spent[self._at] = self._spent.get(self._at, 0.0) + now - self._since
        self._at, self._since = screen.step or 0, now
        self._step = max(self._step, self._at)
        before, self._tries = self._tries, _tries_left(screen)
        if self._tries not in (0, before):
            self._warned[TRIES.get(self._tries, "more")] += 1

    def chose(self, screen: Screen, answer: str) -> None:
        if screen.name == HOME and answer in (FIELDS["task"].values or {}):
            self._task = answer

    def printed(self, outcome: Printed | NotPrinted) -> None:
        """What became of a slip."""
        if len(self._slips) < MOST_SLIPS:
            self._slips.append("printed" if isinstance(outcome, Printed) else outcome.fault.value)

    def painted(self, seconds: float) -> None:
        """So long after a touch the screen that answers it was painted. From any thread: the buckets are all there."""
        if self._began is not None:
            took = FIELDS["painted"].bucket(seconds)
            self._touches[took] = min(self._touches[took] + 1, MOST_TIMES)

    def reconnected(self, seconds: float) -> None:
        """The page's line was cut for so long, be it before anybody came. From any thread, as `painted`."""
        cut = FIELDS["away"].bucket(seconds)
        self._cuts[cut] = min(self._cuts[cut] + 1, MOST_TIMES)

    def ended(self, end: End) -> None:
        """It is over. A caretaker that does not answer is waited for once."""
        if self._began is None:
            return  # nobody came
        self.comes_to(Screen(HOME))  # whatever step it was at is over
        took = self._now() - self._began
        self._began = None
        lasted = next((label for seconds, label in LASTED if took < seconds), "longer")
        visit = event("visit_ended", end=end, task=self._task, step=self._step, lasted=lasted)
        told = [(visit, 1), *((event("slip", printed=slip), 1) for slip in self._slips)]
        told += [(event("slip_failed", printed=slip), 1) for slip in self._slips if slip != "printed"]
        told += [(self._steps(), 1)] if self._spent else []
        told += [(event("touch", painted=bucket), times) for bucket, times in self._touches.items() if times]
        told += [(event("reconnected", away=bucket), times) for bucket, times in self._cuts.items() if times]
        told += [(event("tries_warned", tries=tries), times) for tries, times in self._warned.items()]
        there = True
        for each, times in told:
            if there:
                there = self._caretaker.tell(each, times)
            else:
                self._handover.untold += 1
        self._handover.in_use = False

    def _steps(self) -> Event:
        """How long it was at each."""

        def took(step: int) -> str:
            return FIELDS[f"step_{step}"].bucket(self._spent.get(step))

        return event(
            "steps",
            step_1=took(1),
            step_2=took(2),
            step_3=took(3),
            step_4=took(4),
            step_5=took(5),
            step_6=took(6),
            step_7=took(7),
            step_8=took(8),
            step_9=took(9),
            step_10=took(10),
            step_11=took(11),
        )


def _tries_left(screen: Screen) -> int:
    """Of which it says that they are left, where those are fewer than all; 0: it says nothing of the kind."""
    left, most = screen.facts.get("remaining"), screen.facts.get("most")
    return left if isinstance(left, int) and isinstance(most, int) and left < most else 0
