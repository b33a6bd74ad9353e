"""What can happen to a visit besides what its person does: one row each.

on the way   strikes when a screen comes up
card         the card's own fault, counted in commands from the first time it is put in
portal       a fault of one call, for a time or for the whole visit
printer      a switch
beside       strikes by caretaker and staff, which whoever is served does not notice
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from bench.visitor import Visitor
from kiosk.sim.card.chip import Faults
from kiosk.sim.portal.faults import Fault
from tests.wild.ground import IDLE, Ground

HANG_SECONDS = 1.0
AT_ONCE_SECONDS = 0.1


class Gone(Exception):
    """The session has ended, or its page will never be back."""


class PortalFault(NamedTuple):
    fault: Fault
    call: str | None
    value: str = ""
    times: int | None = None


def kill(ground: Ground, _: Visitor, number: int = signal.SIGKILL) -> None:
    os.kill(ground.worker, number)
    raise Gone


def kill_arbiter(ground: Ground, _: Visitor) -> None:
    os.kill(ground.arbiter, signal.SIGKILL)
    ground.revive()
    raise Gone


def hang(ground: Ground, _: Visitor) -> None:
    worker = ground.worker
    os.kill(worker, signal.SIGSTOP)
    time.sleep(HANG_SECONDS)
    os.kill(worker, signal.SIGCONT)


def reconnect(_: Ground, visitor: Visitor) -> None:
    """As a page does that was loaded anew: again and again, until it is noticed that the other has gone."""
    visitor.close()
    until = time.monotonic() + HANG_SECONDS
    while True:
        try:
            return visitor.connect()
        except ConnectionRefusedError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


def close(_: Ground, visitor: Visitor) -> None:
    visitor.close()
    raise Gone


def leave(_: Ground, visitor: Visitor) -> None:
    """やめる, and the same once more where it is asked for."""
    for answer in ("leave", "leave_now"):
        visitor.say(answer)
        visitor.watch(HANG_SECONDS)


def hold_corner(_: Ground, visitor: Visitor) -> None:
    """As if there were a corner on this screen."""
    visitor.say("officer")
    visitor.watch(AT_ONCE_SECONDS)


def put_in_somebodys(ground: Ground) -> None:
    ground.put_in("both")


def walk_off(_: Ground, visitor: Visitor) -> None:
    """Without a touch, until the kiosk has noticed."""
    until = time.monotonic() + IDLE.idle_seconds + IDLE.warning_seconds + 1
    while (left := until - time.monotonic()) > 0:
        visitor.watch(left)


def freeze(_: Ground, visitor: Visitor) -> None:
    """The page hears nothing and answers no ping."""
    time.sleep(5)


def pull(ground: Ground, _: Visitor) -> None:
    ground.take_out()


def exchange(ground: Ground, _: Visitor) -> None:
    inside = ground.inside
    ground.put_in("both" if inside and inside.person.key != "both" else "excellent")


ON_THE_WAY: Mapping[str, Callable[[Ground, Visitor], None]] = {
    "card pulled": pull,
    "cards changed": exchange,
    "worker killed": kill,
    "worker told to stop": lambda ground, visitor: kill(ground, visitor, signal.SIGTERM),
    "worker faults": lambda ground, visitor: kill(ground, visitor, signal.SIGSEGV),
    "worker hangs": hang,
    "arbiter killed": kill_arbiter,
    "page loads anew": reconnect,
    "page gone": close,
    "page frozen": freeze,
    "walks off": walk_off,
    "terms change": lambda ground, _: ground.portal.change_terms(),
}
STRIKES: Mapping[str, Callable[[Ground, Visitor], None]] = {**ON_THE_WAY, "leaves": leave}  # by chance one strays there
BESIDE: Mapping[str, Callable[[Ground, Visitor], None]] = {  # of caretaker and staff: nobody who is served may notice
    "caretaker killed": lambda ground, _: ground.keeper.kill(),
    "caretaker hangs": lambda ground, _: ground.keeper.hang(),
    "passcodes guessed": lambda ground, _: ground.keeper.is_guessed_at(),
    "kiosk closed": lambda ground, _: ground.keeper.closes(),
    "corner held": hold_corner,
}
AT_STAFF: Mapping[str, Callable[[Ground, Visitor], None]] = {
    **{name: BESIDE[name] for name in ("caretaker killed", "caretaker hangs", "passcodes guessed")},
    **{
        name: STRIKES[name]
        for name in ("worker killed", "worker told to stop", "worker hangs", "page loads anew", "page gone", "leaves")
    },
    "card comes": lambda ground, _: put_in_somebodys(ground),
}
EVERY: Mapping[str, Callable[[Ground, Visitor], None]] = {**STRIKES, **BESIDE, **AT_STAFF}
RARE = {"arbiter killed", "walks off", "page frozen"}  # take long

AT_COMMAND: Mapping[str, Callable[[int], Faults]] = {
    "pulled": lambda at: Faults(pull_at=at),
    "reset": lambda at: Faults(reset_at=at),
    "warm reset": lambda at: Faults(warm_reset_at=at),
    "forgets PINs": lambda at: Faults(forget_at=at),
    "6F00": lambda at: Faults(answers={at: b"\x6f\x00"}),
    "6A82": lambda at: Faults(answers={at: b"\x6a\x82"}),
    "9000 and nothing": lambda at: Faults(answers={at: b"\x90\x00"}),
    "one byte": lambda at: Faults(answers={at: b"\x90"}),
    "falls silent": lambda at: Faults(silent_at=at),
}
CONTENT: Mapping[str, Faults] = {
    "mute": Faults(mute=True),
    "noise": Faults(garbage=True),
    "half a certificate": Faults(truncated_certificate=True),
    "empty attributes": Faults(zero_length_fields=True),
    "Shift_JIS": Faults(wrong_charset=True),
    "endless filler": Faults(endless_filler=True),
}
PORTAL: Mapping[str, tuple[Fault, str]] = {
    "closed": (Fault.CLOSED, ""),
    "silent": (Fault.SLOW, "30"),
    "trickles": (Fault.TRICKLE, "0.5"),
    "500": (Fault.SERVER_ERROR, ""),
    "cut before": (Fault.CUT, ""),
    "cut after": (Fault.LOST_ANSWER, ""),
    "not JSON": (Fault.MALFORMED, "not_json"),
    "wrong types": (Fault.MALFORMED, "wrong_types"),
    "truncated": (Fault.MALFORMED, "truncated"),
}
PRINTER: Mapping[str, Mapping[str, Any]] = {
    "paper end": {"paper_end": True},
    "cover open": {"cover_open": True},
    "mute": {"mute": True},
    "garbles": {"garble": True},
    "cutter sticks": {"jam_next_cut": True},
    "hangs up": {"hang_up_next": 1},
    "rests": {"rest_seconds": 1.5},
    "power fails": {"die_after_bytes": 9000},
    "line resets": {"reset_after_bytes": 9000},
    "paper runs out": {"paper_rows": 300},
}
