"""`make escape`: does a keyboard lead out of the kiosk? Every chord of Ctrl, Alt, Shift and Super with every key, on a
real Chromium under the real keeper, in the real cage, on a screen that is not there.

cage 0.2 has a virtual keyboard (zwp_virtual_keyboard_v1) and runs without a display (WLR_BACKENDS=headless). Debian 12
has an older one, so it comes from a Debian 13 in a folder, which mmdebstrap makes once; Chromium is this machine's. The
keyboard is told the shipped keymap as cage would load it, and its keys are the kernel's numbers.

    whole      keymap, flags and policy, as on an appliance
    no-keymap  an American keyboard: flags and policy hold alone
    no-flags   keymap and policy: of the flags only those without which nothing can be compared
    no-policy  keymap and flags
    bare       none of the three, and a page of nobody's, for ours holds keys, too: shows that ways out are found

After each chord the picture is compared with the one before. What the page has done itself (its session has shown
another screen, the log says so) is no way out; anything else is, and so is what only the keeper has noticed. Not here:
SysRq and consoles, which are the kernel's; fingers; other screens than attract and that of a PIN.
"""

from __future__ import annotations

import argparse
import array
import ctypes
import io
import itertools
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Self

from PIL import Image, ImageChops

from kiosk.config.kiosk import Screen as Patient
from kiosk.config.kiosk import Session
from kiosk.services import browser
from kiosk.services.browser import FLAGS, Keeper
from tests.e2e import policed
from tests.forgetting.screen import AS_ROOT
from tests.stage import ROOT, Stage, until

HERE = "the page is here"
DEBIAN = ROOT / "var/escape/trixie"
PACKAGES = "cage,xwayland,grim"
MODIFIERS = {"ctrl": 29, "alt": 56, "shift": 42, "super": 125}  # linux/input-event-codes.h
KEYS = [code for code in range(1, 128) if code not in {*MODIFIERS.values(), 54, 97, 100, 126}]  # of a keyboard
MORE = range(128, 248)  # of keyboards with more keys: each by itself
NEEDED = ("--kiosk", "--no-first-run", "--incognito", "--noerrdialogs", "--disable-component-update")
# The keys that attract has an answer to, with shift or without; and those that the screen of a PIN has one to besides.
PAGES = {*(1, 9, 10, 15, 28, 40, 55, 57, 59, 96, 138), *(103, 105, 106, 108)}
DIGITS = {*range(2, 12), 14, 71, 72, 73, 75, 76, 77, 79, 80, 81, 82, 111}
ENTER = 28
WAY = (
    "screen home",
    "screen 1 ",
    "screen 2 ",
    "screen 3 ",
    "screen 4 ",
    "screen 4 ",
)  # from attract to the card, by Enter
START_SECONDS = 4.0
LOST = Session(browser_lost_seconds=30)
SESSIONS = ("screen ", "asked where", "session begins", "session ends")
TOGETHER_SECONDS, ALONE_SECONDS = 0.25, 0.8  # until the picture has changed
NOTICE_SECONDS = 1.0  # within which a page has to say that it was left
AT_ONCE = 12  # chords from one look to the next; what has changed something is tried again, each by itself
LAYERS = ("whole", "no-keymap", "no-flags", "no-policy", "bare")

Chord = tuple[tuple[str, ...], int]


def chords() -> Iterator[Chord]:
    for count in range(len(MODIFIERS) + 1):
        for held in itertools.combinations(MODIFIERS, count):
            yield from ((held, key) for key in KEYS)
    yield from (((), key) for key in MORE)


def written(chord: Chord) -> str:
    held, key = chord
    return "+".join([*held, str(key)])


class Keyboard:
    """A keyboard that is a client of the compositor. map_: of XKB, as text."""

    def __init__(self, display: Path, map_: str) -> None:
        self._line = socket.socket(socket.AF_UNIX)
        self._line.connect(str(display))
        self._xkb, self._state = _state_of(map_)
        names = self._globals()
        self._send(2, 0, *names["wl_seat"], 4)
        self._send(2, 0, *names["zwp_virtual_keyboard_manager_v1"], 5)
        self._send(5, 0, 4, 6)
        text = map_.encode() + b"\0"
        with tempfile.TemporaryFile() as file:
            file.write(text)
            file.flush()
            self._send(6, 0, 1, len(text), file=file.fileno())
        self._sync(7)

    def press(self, chord: Chord) -> None:
        held, key = chord
        codes = [*(MODIFIERS[each] for each in held), key]
        for code in codes:
            self._key(code, 1)
        for code in reversed(codes):
            self._key(code, 0)

    def _key(self, code: int, down: int) -> None:
        self._send(6, 1, int(time.monotonic() * 1000) & 0xFFFFFFFF, code, down)
        self._xkb.xkb_state_update_key(self._state, code + 8, down)
        kinds = (self._xkb.xkb_state_serialize_mods(self._state, 1 << kind) for kind in range(3))
        self._send(6, 2, *kinds, 0)
        time.sleep(0.004)

    def _globals(self) -> dict[str, tuple[int, str, int]]:
        """What the compositor has: number, interface and version, for `bind`."""
        self._send(1, 1, 2)
        found = {}
        for sender, data in self._sync(3):
            if sender == 2:
                number, length = struct.unpack_from("=II", data)
                name = data[8 : 8 + length - 1].decode()
                found[name] = (number, name, 1)
        return found

    def _sync(self, callback: int) -> list[tuple[int, bytes]]:
        """Every event until the compositor has done what was asked."""
        self._send(1, 0, callback)
        events: list[tuple[int, bytes]] = []
        while not events or events[-1][0] != callback:
            sender, size = struct.unpack("=II", self._read(8))
            events.append((sender, self._read((size >> 16) - 8)))
        return events

    def _read(self, length: int) -> bytes:
        data = self._line.recv(length, socket.MSG_WAITALL) if length else b""
        assert len(data) == length, "the compositor has hung up"
        return data

    def _send(self, to: int, what: int, *values: int | str, file: int | None = None) -> None:
        body = b""
        for value in values:
            if isinstance(value, str):
                text = value.encode() + b"\0"
                body += struct.pack("=I", len(text)) + text + bytes(-len(text) % 4)
            else:
                body += struct.pack("=I", value)
        message = struct.pack("=II", to, (len(body) + 8) << 16 | what) + body
        carried = [] if file is None else [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [file]))]
        self._line.sendmsg([message], carried)


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


class Alone:
    """A Chromium that nobody keeps, with a page of nobody's."""

    def __init__(self, flags: Sequence[str], profiles: Path) -> None:
        self._flags, self._profiles = flags, profiles
        self._browser: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        return None if self._browser is None or self._browser.poll() is not None else self._browser.pid

    def run(self) -> None:
        profile = tempfile.mkdtemp(dir=self._profiles)
        command = ["chromium", *self._flags, f"--user-data-dir={profile}", "data:text/html,<h1>Nobody</h1>"]
        self._browser = subprocess.Popen(command, stderr=subprocess.DEVNULL, process_group=0)

    def stop(self) -> None:
        if self._browser is not None:
            browser.kill_group(self._browser)

    def restart(self) -> None:
        self.stop()
        self.run()
        time.sleep(START_SECONDS)


class Screen:
    """cage without a display, the keeper, and the hand on the keyboard."""

    def __init__(self, stage: Stage, layer: str, program: Path | str) -> None:
        self.stage = stage
        self._folder = Path(tempfile.mkdtemp(prefix="escape-", dir=DEBIAN / "tmp"))
        inside = f"/tmp/{self._folder.name}"
        self._inside = ["chroot", str(DEBIAN), "env", f"XDG_RUNTIME_DIR={inside}", "WAYLAND_DISPLAY=wayland-0"]
        headless = ["WLR_BACKENDS=headless", "WLR_RENDERER=pixman", "WLR_LIBINPUT_NO_DEVICES=1"]
        self._cage = subprocess.Popen(
            [*self._inside[:-1], *headless, "cage", "--", "sleep", "infinity"],
            stderr=subprocess.DEVNULL,
            process_group=0,
        )
        display = self._folder / "wayland-0"
        until(display.exists)
        self.keyboard = Keyboard(display, keymap(layer not in ("no-keymap", "bare")))
        setattr(browser, "FLAGS", NEEDED if layer == "no-flags" else FLAGS)  # noqa: B010
        os.environ["WAYLAND_DISPLAY"] = str(display)
        os.environ["XDG_RUNTIME_DIR"] = str(self._folder)
        os.environ["TMPDIR"] = str(stage.temporary)
        flags = ("--ozone-platform=wayland", "--disable-gpu", *AS_ROOT)
        self.keeper: Keeper | Alone = Keeper(stage.settings, flags, str(program))
        if layer == "bare":
            self.keeper = Alone(("--kiosk", "--no-first-run", *flags), stage.temporary)
        self._thread = threading.Thread(target=self.keeper.run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.keeper.stop()
        self._thread.join(10)
        os.killpg(self._cage.pid, signal.SIGKILL)
        self._cage.wait(10)
        shutil.rmtree(self._folder, ignore_errors=True)

    def picture(self) -> Image.Image:
        taken = subprocess.run([*self._inside, "grim", "-t", "ppm", "-"], capture_output=True, check=True, timeout=20)
        return Image.open(io.BytesIO(taken.stdout)).convert("L")

    def still(self) -> Image.Image:
        """The picture, as soon as two looks are the same."""
        before = self.picture()
        for _ in range(40):
            time.sleep(0.15)
            now = self.picture()
            if ImageChops.difference(before, now).getbbox() is None:
                return now
            before = now
        raise AssertionError("the picture does not come to rest")


class Trial:
    """Presses, looks, and counts."""

    def __init__(self, screen: Screen, stage: Stage, at: str) -> None:
        self._screen, self._stage, self._at = screen, stage, at
        self.count, self.noticed = 0, 0
        self.out: list[str] = []
        self._answers: dict[int, list[bytes]] = {}

    def run(self, tried: Iterable[Chord]) -> None:
        """One group after the other; of one that has changed something, each by itself. Keys that the page answers
        change something by themselves: with others held they may do no other thing."""
        waiting = iter(tried)
        self._again()
        while group := list(itertools.islice(waiting, AT_ONCE)):
            self.count += len(group)
            quiet = [chord for chord in group if chord[1] not in PAGES]
            alone = [chord for chord in group if chord[1] in PAGES]
            if quiet and not self._same(quiet):
                self._again()
                alone += quiet
            for chord in alone:
                if not self._same([chord], ALONE_SECONDS):
                    self._judge(chord)
                    self._again()

    def _same(self, group: Sequence[Chord], seconds: float = TOGETHER_SECONDS) -> bool:
        """Whether attract stands there as before, in the same browser."""
        self._since, self._pid = len(self._stage.log), self._screen.keeper.pid
        for chord in group:
            self._screen.keyboard.press(chord)
        time.sleep(seconds)
        same = ImageChops.difference(self._before, self._screen.picture()).getbbox() is None
        return same and self._screen.keeper.pid == self._pid and not self._astray()

    def _answer(self, key: int) -> list[bytes]:
        """The pictures of what the page does about this key alone, and with shift."""
        if key not in self._answers:
            self._answers[key] = []
            for held in ((), ("shift",)):
                self._again()
                self._screen.keyboard.press((held, key))
                time.sleep(ALONE_SECONDS)
                self._answers[key].append(self._screen.still().tobytes())
        return self._answers[key]

    def _astray(self) -> bool:
        return any("come before the page" in line for line in self._stage.log[self._since :])

    def _judge(self, chord: Chord) -> None:
        """Whose doing it was. The page's, if its session says so or it is what the key does alone, and the browser is
        still there."""
        time.sleep(NOTICE_SECONDS)
        now, log = self._screen.still(), self._stage.log[self._since :]
        if self._astray() or self._screen.keeper.pid != self._pid:
            self.noticed += 1
            self._way_out(f"{written(chord)}, noticed")
        elif any(words in line for line in log for words in SESSIONS):
            return
        elif chord[1] not in PAGES or now.tobytes() not in self._answer(chord[1]):
            now.save(f"{tempfile.gettempdir()}/escape-{written(chord)}.png")
            self._way_out(written(chord))

    def _way_out(self, words: str) -> None:
        self.out.append(words)
        print(f"  {words}", flush=True)

    def _again(self) -> None:
        """To where it is tried, in a new browser."""
        since = len(self._stage.log)
        self._stage.take_out()
        self._screen.keeper.restart()
        if isinstance(self._screen.keeper, Keeper):
            self._stage.kill_worker()
            since = self._stage.wait_log(HERE, 60, since)
        if self._at == "pin":
            for shown in WAY:
                time.sleep(ALONE_SECONDS)
                self._screen.keyboard.press(((), ENTER))
                since = self._stage.wait_log(shown, 30, since)
            self._stage.put_in("excellent")
            self._stage.wait_log("screen 5 ", 30, since)
        self._before = self._screen.still()


def debian() -> str | None:
    """Make the Debian 13 with cage, if it is not there. Why it cannot be; None: it is there."""
    if (DEBIAN / "usr/bin/cage").exists():
        return None
    if os.geteuid() != 0:
        return "as root, to go into a Debian 13"
    DEBIAN.parent.mkdir(parents=True, exist_ok=True)
    command = ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={PACKAGES}", "trixie", str(DEBIAN)]
    try:
        done = subprocess.run(command, check=False)
    except OSError:
        return "apt install mmdebstrap"
    return "mmdebstrap could not make it" if done.returncode else None


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make escape", description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("layers", nargs="*", default=list(LAYERS), choices=LAYERS, metavar="LAYER")
    parser.add_argument("--parts", type=int, default=1, metavar="N", help="every Nth chord only …")
    parser.add_argument("--at", choices=("attract", "pin"), default="attract", help="where it is tried")
    parser.add_argument("--quiet", action="store_true", help="leave out the keys that these screens answer")
    parser.add_argument("--keys", type=int, nargs="+", metavar="CODE", help="chords with these keys only")
    parser.add_argument("--part", type=int, default=1, metavar="M", help="… from the Mth on")
    options = parser.parse_args(argv)
    if why := debian():
        print(f"not tried: {why}")
        return 0
    worst = 0
    for layer in options.layers:
        with tempfile.TemporaryDirectory() as folder:
            directory = Path(folder)
            stage = Stage(directory / "stage", screen=Patient(idle_seconds=600), session=LOST)
            unpoliced = layer in ("no-policy", "bare")
            program: Path | str = "chromium" if unpoliced else policed.chromium(directory / "p", stage.port)
            with stage, Screen(stage, layer, program) as screen:
                if layer != "bare":
                    stage.wait_log(HERE, 60, 0)
                trial = Trial(screen, stage, options.at)
                began = time.monotonic()
                wanted = set(options.keys or range(256)) - (PAGES | DIGITS if options.quiet else set())
                tried = (each for each in chords() if each[1] in wanted)
                trial.run(itertools.islice(tried, options.part - 1, None, options.parts))
                took = time.monotonic() - began
        found = f"{len(trial.out)} ways out, {trial.noticed} of them noticed"
        print(f"{layer}, {options.at}: {trial.count} chords, {found}; {took:.0f} s", flush=True)
        worst = max(worst, len(trial.out) if layer == "whole" else 0)
    return 1 if worst else 0


if __name__ == "__main__":
    sys.exit(main())
