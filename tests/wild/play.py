"""A visit played, of whoever it is, until the next person could begin."""

from __future__ import annotations

import contextlib
import time

from websocket import WebSocketException

from tests.stage import living, until
from tests.wild.faults import Gone
from tests.wild.ground import Ground
from tests.wild.officer import Officer
from tests.wild.visit import SHIFTS, Visit
from tests.wild.walker import CLEAN, Seen, Walker


def play(ground: Ground, visit: Visit) -> Seen:
    """The whole visit, and what is left of it when it is over, everything is mended and the next person could begin."""
    ground.tidy()
    since, worker = ground.logged(), ground.worker
    with contextlib.closing(ground.next_visitor()) as visitor:
        for fault in visit.portal:
            ground.portal.faults.switch_on(fault.fault, fault.call, fault.times, fault.value)
        for switch, value in visit.printer.items():
            setattr(ground.printer.switches, switch, value)
        walker = (Officer if visit.goal in SHIFTS else Walker)(ground, visitor, visit)
        with contextlib.suppress(Gone, WebSocketException, OSError):
            walker.walks()
    seen, left = walker.seen, time.monotonic()
    ground.take_out()
    ground.mend()
    with contextlib.suppress(TimeoutError):
        until(lambda: not living(worker))
        with contextlib.closing(ground.next_visitor()) as after:
            seen.next_name, seen.next_html = after.name, after.html
        seen.seconds = time.monotonic() - left
    with contextlib.suppress(TimeoutError):
        until(ground.all_over)
        seen.settled = True
    seen.states, seen.slips, seen.workers = ground.states(), len(ground.printer.slips), len(ground.workers)
    seen.releases = ground.releases()
    seen.log = ground.log[since:]
    if not any(end in line for line in seen.log for end in CLEAN):
        ground.settle()
    ground.open_again()
    return seen
