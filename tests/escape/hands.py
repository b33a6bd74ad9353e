"""Hands at the compositor: its virtual keyboard (zwp_virtual_keyboard_v1) and its virtual pointer
(zwlr_virtual_pointer_v1). It has none for fingers."""

from __future__ import annotations

import array
import ctypes
import os
import socket
import struct
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from tests.escape.chords import MODIFIERS, Chord
from tests.stage import ROOT

DISPLAY, REGISTRY = 1, 2
BUTTONS = {"left": 0x110, "right": 0x111, "middle": 0x112, "back": 0x113, "forward": 0x114, "task": 0x117}
EXTENT = 10_000  # of either axis; places on the glass are shares of it
STEPS, STEP_SECONDS = 12, 0.02  # of a way from one place to another
NOTCH = 15.0  # px of one step of a wheel

Place = tuple[float, float]


class Said(NamedTuple):
    """An event. by: of which object; what: its number there."""

    by: int
    what: int
    data: bytes


class Line:
    """One client of the compositor. patience: seconds that it waits for an answer; None: for ever. Raises OSError."""

    def __init__(self, display: Path, patience: float | None = None) -> None:
        self._line = socket.socket(socket.AF_UNIX)
        self._line.settimeout(patience)
        self._line.connect(str(display))
        self._last = REGISTRY
        self.send(DISPLAY, 1, REGISTRY)
        self._globals = self._known()
        self.seat = self.bind("wl_seat")

    def bind(self, name: str) -> int:
        made = self.new()
        self.send(REGISTRY, 0, *self._globals[name], made)
        return made

    def new(self) -> int:
        self._last += 1
        return self._last

    def sync(self) -> list[Said]:
        """Every event until the compositor has done what was asked."""
        callback = self.new()
        self.send(DISPLAY, 0, callback)
        events: list[Said] = []
        while not events or events[-1].by != callback:
            by, size_and_what = struct.unpack("=II", self._read(8))
            events.append(Said(by, size_and_what & 0xFFFF, self._read((size_and_what >> 16) - 8)))
        return events

    def send(self, to: int, what: int, *values: int | str, file: int | None = None) -> None:
        body = b""
        for value in values:
            if isinstance(value, str):
                text = value.encode() + b"\0"
                body += struct.pack("=I", len(text)) + text + bytes(-len(text) % 4)
            else:
                body += struct.pack("=I", value & 0xFFFFFFFF)
        message = struct.pack("=II", to, (len(body) + 8) << 16 | what) + body
        carried = [] if file is None else [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [file]))]
        self._line.sendmsg([message], carried)

    def close(self) -> None:
        self._line.close()

    def _known(self) -> dict[str, tuple[int, str, int]]:
        """What the compositor has: number, interface and version, for `bind`."""
        found = {}
        for said in self.sync():
            if said.by == REGISTRY:
                number, length = struct.unpack_from("=II", said.data)
                name = said.data[8 : 8 + length - 1].decode()
                found[name] = (number, name, 1)
        return found

    def _read(self, length: int) -> bytes:
        data = self._line.recv(length, socket.MSG_WAITALL) if length else b""
        if len(data) != length:
            raise ConnectionError("the compositor has hung up")
        return data


def now() -> int:
    return int(time.monotonic() * 1000)


class Keyboard:
    """map_: of XKB, as text."""

    def __init__(self, line: Line, map_: str) -> None:
        self._line = line
        self._xkb, self._state = _state_of(map_)
        manager, self._me = line.bind("zwp_virtual_keyboard_manager_v1"), line.new()
        line.send(manager, 0, line.seat, self._me)
        text = map_.encode() + b"\0"
        with tempfile.TemporaryFile() as file:
            file.write(text)
            file.flush()
            line.send(self._me, 0, 1, len(text), file=file.fileno())
        line.sync()

    def press(self, chord: Chord) -> None:
        held, key = chord
        codes = [*(MODIFIERS[each] for each in held), key]
        for code in codes:
            self.key(code, 1)
        for code in reversed(codes):
            self.key(code, 0)

    def key(self, code: int, down: int) -> None:
        self._line.send(self._me, 1, now(), code, down)
        self._xkb.xkb_state_update_key(self._state, code + 8, down)
        kinds = (self._xkb.xkb_state_serialize_mods(self._state, 1 << kind) for kind in range(3))
        self._line.send(self._me, 2, *kinds, 0)
        time.sleep(0.004)


class Pointer:
    """A mouse, or a touchpad. Places are shares of the glass, from 0 to 1."""

    def __init__(self, line: Line) -> None:
        self._line = line
        manager, self._me = line.bind("zwlr_virtual_pointer_manager_v1"), line.new()
        line.send(manager, 0, line.seat, self._me)
        line.sync()
        self.at: Place = (0.5, 0.5)

    def goes(self, to: Place, steps: int = 1) -> None:
        for step in range(1, steps + 1):
            x, y = (one + (other - one) * step / steps for one, other in zip(self.at, to, strict=True))
            self._does(1, now(), int(x * EXTENT), int(y * EXTENT), EXTENT, EXTENT)
            time.sleep(STEP_SECONDS)
        self.at = to

    def button(self, name: str, down: bool) -> None:
        self._does(2, now(), BUTTONS[name], int(down))

    def turns(self, notches: int, axis: int = 0) -> None:
        """The wheel. axis: 0 upright, 1 sideways."""
        for _ in range(abs(notches)):
            way = 1 if notches > 0 else -1
            self._line.send(self._me, 5, 0)
            self._does(7, now(), axis, int(NOTCH * way * 256), way)
            time.sleep(STEP_SECONDS)

    def _does(self, what: int, *values: int) -> None:
        self._line.send(self._me, what, *values)
        self._line.send(self._me, 4)


def _library() -> ctypes.CDLL:
    xkb = ctypes.CDLL("libxkbcommon.so.0")
    for name in ("context_new", "keymap_new_from_names", "keymap_new_from_string", "state_new"):
        getattr(xkb, f"xkb_{name}").restype = ctypes.c_void_p
    xkb.xkb_keymap_get_as_string.restype = ctypes.c_char_p
    return xkb


def keymap(shipped: bool) -> str:
    """The shipped map, by the environment of the browser's unit, which stays; or an American keyboard's."""
    names = ("XKB_CONFIG_ROOT", "XKB_DEFAULT_RULES")
    for name in names:
        os.environ.pop(name, None)
    if shipped:
        os.environ.update(zip(names, (str(ROOT / "systemd/xkb"), "kiosk"), strict=True))
    xkb = _library()
    context = ctypes.c_void_p(xkb.xkb_context_new(0))
    made = ctypes.c_void_p(xkb.xkb_keymap_new_from_names(context, None, 0))
    return str(xkb.xkb_keymap_get_as_string(made, 1).decode())


def _state_of(map_: str) -> tuple[ctypes.CDLL, ctypes.c_void_p]:
    xkb = _library()
    context = ctypes.c_void_p(xkb.xkb_context_new(0))
    made = ctypes.c_void_p(xkb.xkb_keymap_new_from_string(context, map_.encode(), 1, 0))
    return xkb, ctypes.c_void_p(xkb.xkb_state_new(made))
