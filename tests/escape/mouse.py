"""What a mouse or a touchpad can do, through the compositor: each button, held and dragged, on what a page may hold."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial

from tests.escape.chords import MODIFIERS
from tests.escape.hands import BUTTONS, STEPS, Keyboard, Place, Pointer
from tests.escape.rows import Row

HOLD_SECONDS = 0.8
MIDDLE: Place = (0.5, 0.5)
LINK = """(() => { const a = document.createElement("a"); a.href = location.href; a.textContent = "link ".repeat(400);
    lay(a); })()"""
IMAGE = """(() => { const a = document.createElement("img"); a.src = "/icon.svg"; lay(a); })()"""
WORDS = """(() => { const a = document.createElement("div"); a.textContent = "words ".repeat(400); lay(a);
    a.style.userSelect = "text"; getSelection().selectAllChildren(a); })()"""
FIELD = (
    """(() => { const a = document.createElement("textarea"); a.value = "words ".repeat(400); lay(a); a.focus(); })()"""
)
TITLE = """(() => { const a = document.createElement("div"); a.title = "words"; lay(a); })()"""
# Laid by styles of their own kind: the page's policy lets no style attribute in, but what a script sets.
LAY = """globalThis.lay ??= each => { each.style.cssText = "position:fixed;inset:20%;z-index:9;background:white";
    document.body.append(each); };"""
LAID = {"": "", "link": LINK, "image": IMAGE, "words": WORDS, "field": FIELD, "title": TITLE}
EDGES: dict[str, Place] = {
    "top": (0.5, 0.0),
    "right": (0.9999, 0.5),
    "bottom": (0.5, 0.9999),
    "left": (0.0, 0.5),
    "corner": (0.0, 0.0),
    "other corner": (0.9999, 0.0),
}


class Mouse:
    def __init__(self, pointer: Pointer, keyboard: Keyboard) -> None:
        self.pointer, self.keyboard = pointer, keyboard

    def clicks(self, button: str, times: int = 1, seconds: float = 0.02, at: Place = MIDDLE) -> None:
        self.pointer.goes(at)
        for _ in range(times):
            self.pointer.button(button, True)
            time.sleep(seconds)
            self.pointer.button(button, False)
            time.sleep(0.05)

    def drags(self, button: str, one: Place, other: Place) -> None:
        self.pointer.goes(one)
        self.pointer.button(button, True)
        self.pointer.goes(other, STEPS)
        time.sleep(0.1)
        self.pointer.button(button, False)

    def turns(self, notches: int, axis: int = 0) -> None:
        self.pointer.goes(MIDDLE)
        self.pointer.turns(notches, axis)

    def holding(self, held: tuple[str, ...], act: Callable[[Mouse], None]) -> None:
        for each in held:
            self.keyboard.key(MODIFIERS[each], 1)
        act(self)
        for each in reversed(held):
            self.keyboard.key(MODIFIERS[each], 0)

    def rests(self, at: Place) -> None:
        self.pointer.goes(at, STEPS)


HELD: tuple[tuple[str, ...], ...] = ((), ("ctrl",), ("shift",), ("alt",), ("super",), ("ctrl", "shift"))


def rows() -> Iterator[Row]:
    """Presses and drags of what is pressed without an answer are begun at the middle, where each thing is laid."""
    for what, script in LAID.items():
        laid, on = LAY + script if script else "", f" on a {what}" if what else ""
        for button in BUTTONS if not what else ("left", "right", "middle"):
            for held in HELD if what in ("", "link") else ((),):
                chord = "+".join((*held, button))
                yield _row(f"{chord} click{on}", partial(Mouse.clicks, button=button), held, laid)
        yield _row(f"double click{on}", partial(Mouse.clicks, button="left", times=2), (), laid)
        yield _row(f"triple click{on}", partial(Mouse.clicks, button="left", times=3), (), laid)
        yield _row(f"long press{on}", partial(Mouse.clicks, button="left", seconds=HOLD_SECONDS), (), laid)
        for edge in ("top", "bottom") if what else EDGES:
            drag = partial(Mouse.drags, button="left", one=MIDDLE, other=EDGES[edge])
            yield _row(f"drag to the {edge}{on}", drag, (), laid)
    for edge, place in EDGES.items():
        yield Row(f"rests at the {edge}", partial(Mouse.rests, at=place), seconds=1.5)
        yield Row(f"right click at the {edge}", partial(Mouse.clicks, button="right", at=place))
    yield Row("rests on a title", partial(Mouse.rests, at=MIDDLE), LAY + TITLE, 1.5)
    for held in HELD:
        for axis, way in enumerate(("down", "sideways")):
            for notches in (3, -3):
                name = f"{'+'.join((*held, 'wheel'))} {way} {notches:+}"
                yield _row(name, partial(Mouse.turns, notches=notches, axis=axis), held, "")


def _row(name: str, act: Callable[[Mouse], None], held: tuple[str, ...], laid: str) -> Row:
    return Row(name, partial(Mouse.holding, held=held, act=act) if held else act, laid)
