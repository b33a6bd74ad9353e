"""What one to five fingers can do. The compositor has no virtual fingers, so they are Chromium's own touch events
(Input.dispatchTouchEvent), under the shipped policy and flags: cage itself takes no gesture for its own.

A gesture is data: how far from where each finger goes, in shares of the glass, from one moment to the next.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from tests.escape.devtools import Devtools
from tests.escape.hands import Place
from tests.escape.mouse import LAID, LAY
from tests.escape.rows import Row

STEPS, STEP_SECONDS = 12, 0.016
HOLD_SECONDS = 1.6
BESIDE = 0.09  # from one finger to the next, in shares of the glass
FAR = 0.7  # of a swipe, likewise
FINGERS = range(1, 6)
MIDDLE: Place = (0.5, 0.45)
WAYS: dict[str, Place] = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}
EDGES: dict[str, Place] = {"left": (0.002, 0.45), "right": (0.998, 0.45), "up": (0.5, 0.001), "down": (0.5, 0.999)}
INWARD = {"left": "right", "right": "left", "up": "down", "down": "up"}
RADIUS = {"": 12.0, "flat ": 90.0}  # px

Moment = Sequence[Place]  # where each finger is


class Fingers:
    def __init__(self, devtools: Devtools) -> None:
        self._devtools = devtools
        said = devtools.page("Page.getLayoutMetrics")["cssVisualViewport"]
        self._width, self._height = said["clientWidth"], said["clientHeight"]

    def move(self, moments: Sequence[Moment], hold: float = 0, times: int = 1, radius: float = 12) -> None:
        """Down at the first moment, up after the last. hold: seconds between the two. times: all of it."""
        for _ in range(times):
            for number, moment in enumerate(moments):
                self._send("touchMove" if number else "touchStart", moment, radius)
                time.sleep(hold if not number else STEP_SECONDS)
            self._send("touchEnd", (), radius)
            time.sleep(0.06)

    def _send(self, kind: str, moment: Moment, radius: float) -> None:
        points = [
            {"id": number, "radiusX": radius, "radiusY": radius, **self._point(at)} for number, at in enumerate(moment)
        ]
        self._devtools.page("Input.dispatchTouchEvent", type=kind, touchPoints=points)

    def _point(self, at: Place) -> dict[str, float]:
        x, y = (min(max(each, 0.001), 0.999) for each in at)
        return {"x": x * self._width, "y": y * self._height}


def beside(count: int, at: Place, upright: bool = False) -> Moment:
    """So many fingers in a row, of which this is the middle."""
    offsets = [(number - (count - 1) / 2) * BESIDE for number in range(count)]
    return [(at[0], at[1] + each * 0.6) if upright else (at[0] + each, at[1]) for each in offsets]


def along(start: Moment, way: Place, far: float) -> list[Moment]:
    steps = [far * step / STEPS for step in range(STEPS + 1)]
    return [[(x + way[0] * each, y + way[1] * each) for x, y in start] for each in steps]


def around(count: int, sizes: Sequence[float], turned: Sequence[float]) -> list[Moment]:
    """So many fingers on a circle that grows, shrinks or turns [rad]."""
    return [
        [
            (
                MIDDLE[0] + size * math.cos(turn + 2 * math.pi * number / count),
                MIDDLE[1] + size * 0.6 * math.sin(turn + 2 * math.pi * number / count),
            )
            for number in range(count)
        ]
        for size, turn in zip(sizes, turned, strict=True)
    ]


def rows() -> Iterator[Row]:
    for count in FINGERS:
        yield from _of(count)
    for what, script in LAID.items():
        if what:
            here = [beside(1, MIDDLE)]
            yield _row(f"1: long press on a {what}", here, LAY + script, hold=HOLD_SECONDS)
            yield _row(f"1: double tap on a {what}", here, LAY + script, times=2)
            drag = along(beside(1, MIDDLE), WAYS["up"], 0.4)
            yield _row(f"1: long press and drag of a {what}", drag, LAY + script, hold=HOLD_SECONDS)
            yield _row(f"1: drag of a {what}", drag, LAY + script)


def _of(count: int) -> Iterator[Row]:
    fingers = f"{count}:"
    for kind, radius in RADIUS.items():
        here = [beside(count, MIDDLE)]
        yield _row(f"{fingers} {kind}tap", here, radius=radius)
        yield _row(f"{fingers} {kind}double tap", here, times=2, radius=radius)
        yield _row(f"{fingers} {kind}long press", here, hold=HOLD_SECONDS, radius=radius)
    for way, share in WAYS.items():
        upright = way in ("left", "right")
        start = (MIDDLE[0] - share[0] * FAR / 2, MIDDLE[1] - share[1] * FAR / 2)
        yield _row(f"{fingers} swipe {way}", along(beside(count, start, upright), share, FAR))
        yield _row(f"{fingers} flick {way}", along(beside(count, start, upright), share, FAR)[::3])
        inward = WAYS[INWARD[way]]
        from_edge = along(beside(count, EDGES[way], upright), inward, FAR)
        yield _row(f"{fingers} swipe from the edge {way}", from_edge)
        yield _row(f"{fingers} swipe over the edge {way}", from_edge[::-1])
    if count > 1:
        grows = [0.06 + 0.3 * step / STEPS for step in range(STEPS + 1)]
        turns = [1.5 * step / STEPS for step in range(STEPS + 1)]
        stays = [0.2] * len(turns)
        yield _row(f"{fingers} pinch out", around(count, grows, [0.0] * len(grows)))
        yield _row(f"{fingers} pinch in", around(count, grows[::-1], [0.0] * len(grows)))
        yield _row(f"{fingers} turn", around(count, stays, turns))


def _row(
    name: str, moments: Sequence[Moment], laid: str = "", hold: float = 0, times: int = 1, radius: float = 12
) -> Row:
    act: Callable[[Fingers], None] = partial(Fingers.move, moments=moments, hold=hold, times=times, radius=radius)
    return Row(name, act, laid)
