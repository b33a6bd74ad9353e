"""cage without a display, the keeper with its Chromium in it, and the hands; with all layers, or with some taken away.

    whole      keymap, flags and policy, as on an appliance
    no-keymap  an American keyboard: flags and policy hold alone
    no-flags   keymap and policy: of the flags only those without which nothing can be compared
    no-policy  keymap and flags
    bare       none of the three, and a page of nobody's, for ours holds much, too: shows that ways out are found

cage 0.2 has a virtual keyboard and a virtual pointer, and runs without a display (WLR_BACKENDS=headless). Debian 12 has
an older one, so it comes from a Debian 13 in a folder, which mmdebstrap makes once; Chromium is this machine's. The
keyboard is told the shipped keymap as cage would load it, and its keys are the kernel's numbers.

Chromium's home is a folder of the stage's, with a Downloads in it and with programs that only leave word that they were
started: whatever it would hand a file or an address to.
"""

from __future__ import annotations

import io
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from PIL import Image, ImageChops

from kiosk.services import browser
from kiosk.services.browser import FLAGS, Keeper
from kiosk.services.processes import kill_group
from tests.e2e import policed
from tests.escape.devtools import DOORS, FLAG, Devtools
from tests.escape.hands import Keyboard, Line, Pointer, keymap
from tests.forgetting.screen import AS_ROOT
from tests.stage import ROOT, Stage, until

LAYERS = ("whole", "no-keymap", "no-flags", "no-policy", "bare")
DEBIAN = ROOT / "var/escape/trixie"
PACKAGES = "cage,xwayland,grim"
NEEDED = ("--kiosk", "--no-first-run", "--incognito", "--noerrdialogs", "--disable-component-update")
PROGRAMS = ("xdg-open", "xdg-email", "gio", "kde-open", "x-www-browser", "exo-open")
ARROW_PX = 32
START_SECONDS, COMPOSITOR_SECONDS = 4.0, 60.0
NOBODYS = (
    "data:text/html,<title>Nobody</title><body style='height:300vh'><h1>Nobody</h1>"
    "<p><a href='data:text/html,away'>A link, and words that can be chosen</a></p>"
    "<button title='words' style='font-size:9vw'>Button</button>"
)


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
        command = ["chromium", *self._flags, f"--user-data-dir={profile}", NOBODYS]
        self._browser = subprocess.Popen(command, stderr=subprocess.DEVNULL, process_group=0)

    def stop(self) -> None:
        if self._browser is not None:
            kill_group(self._browser)

    def restart(self) -> None:
        self.stop()
        self.run()
        time.sleep(START_SECONDS)


def home(stage: Stage) -> Path:
    """A home for Chromium, and its environment."""
    made = stage.directory / "home"
    for folder in ("Downloads", ".programs"):
        (made / folder).mkdir(parents=True, exist_ok=True)
    for name in PROGRAMS:
        program = made / ".programs" / name
        program.write_text(f'#!/bin/sh\n: >"{made}/{name} was started"\n', "utf-8")
        program.chmod(0o755)
    os.environ["HOME"] = str(made)
    os.environ["PATH"] = f"{made / '.programs'}:{os.environ['PATH']}"
    return made


class Screen:
    """doors: with Chromium's developer tools open to us, and to nobody else (devtools.py). mouse: with one and its
    arrow, which the compositor shows."""

    def __init__(self, stage: Stage, layer: str, doors: bool = False, mouse: bool = False) -> None:
        self.stage, self._doors = stage, doors
        self.home = home(stage)
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
        until(lambda: listens(display), COMPOSITOR_SECONDS)
        line = Line(display)
        self.keyboard = Keyboard(line, keymap(layer not in ("no-keymap", "bare")))
        self.pointer = Pointer(line) if mouse else None  # with one Chromium shows an arrow, and what it hovers over
        setattr(browser, "FLAGS", NEEDED if layer == "no-flags" else FLAGS)  # noqa: B010
        os.environ["WAYLAND_DISPLAY"] = str(display)
        os.environ["XDG_RUNTIME_DIR"] = str(self._folder)
        os.environ["TMPDIR"] = str(stage.temporary)
        flags = ("--ozone-platform=wayland", "--disable-gpu", *AS_ROOT, *((FLAG,) if doors else ()))
        program: Path | str = "chromium"
        if layer not in ("no-policy", "bare"):
            program = policed.chromium(stage.directory / "policed", stage.port, DOORS if doors else ())
        self.keeper: Keeper | Alone = Keeper(stage.settings, flags, str(program))
        self._profiles = stage.runtime
        if layer == "bare":
            self.keeper = Alone(("--kiosk", "--no-first-run", *flags), stage.temporary)
            self._profiles = stage.temporary
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

    @property
    def kept(self) -> bool:
        """By the keeper, on our page."""
        return isinstance(self.keeper, Keeper)

    def devtools(self) -> Devtools:
        return Devtools(self._profiles)

    def picture(self) -> Image.Image:
        taken = subprocess.run([*self._inside, "grim", "-t", "ppm", "-"], capture_output=True, check=True, timeout=20)
        return self.without_arrow(Image.open(io.BytesIO(taken.stdout)).convert("L"))

    def without_arrow(self, picture: Image.Image) -> Image.Image:
        """The mouse's is the compositor's, and on no page."""
        if self.pointer is not None:
            x, y = (int(share * size) for share, size in zip(self.pointer.at, picture.size, strict=True))
            picture.paste(0, (x - ARROW_PX, y - ARROW_PX, x + ARROW_PX, y + ARROW_PX))
        return picture

    def still(self) -> Image.Image:
        """The picture, as soon as two looks are the same."""
        before = self.picture()
        for _ in range(40):
            time.sleep(0.15)
            now = self.picture()
            if same(before, now):
                return now
            before = now
        raise AssertionError("the picture does not come to rest")


def listens(place: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(place)) == 0


def same(one: Image.Image, other: Image.Image, within: int = 0) -> bool:
    """Each pixel, or nearly so."""
    if one.size != other.size:
        return False
    return ImageChops.difference(one, other).point([255 * (value > within) for value in range(256)]).getbbox() is None


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
