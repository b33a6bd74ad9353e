"""A real Chromium on a real (virtual) X display, driven by key presses and nothing else: no debugging port, no pipe.

What stands on the screen is known from the kiosk's own log, which names screens and nobody.
"""

from __future__ import annotations

import os
import subprocess
import threading
from pathlib import Path
from typing import Self

from kiosk.config.kiosk import Settings
from kiosk.services.browser import Keeper
from kiosk.services.processes import descendants

SIZE = "1080x1920"
AS_ROOT = ("--no-sandbox",) if os.geteuid() == 0 else ()  # in tests only: Chromium has no sandbox under root


class Display:
    """Xvfb, the keeper of the browser, and the hand on the keyboard. more: flags for Chromium, beside the keeper's."""

    def __init__(self, settings: Settings, temporary: Path, program: str = "chromium", *more: str) -> None:
        reading, writing = os.pipe()
        self._xvfb = subprocess.Popen(
            ["Xvfb", "-displayfd", str(writing), "-noreset", "-screen", "0", f"{SIZE}x24", "-nolisten", "tcp"],
            pass_fds=[writing],
            stderr=subprocess.DEVNULL,
        )
        os.close(writing)
        with os.fdopen(reading) as said:
            self._display = f":{said.readline().strip()}"
        os.environ["DISPLAY"] = self._display
        os.environ["TMPDIR"] = str(temporary)
        flags = ("--ozone-platform=x11", "--disable-gpu", f"--window-size={SIZE.replace('x', ',')}", *AS_ROOT, *more)
        self.keeper = Keeper(settings, flags, program)
        self._thread = threading.Thread(target=self.keeper.run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.keeper.stop()
        self._thread.join(10)
        self._xvfb.terminate()
        self._xvfb.wait(10)

    def press(self, *keys: str) -> None:
        """Press keys by their X names: Return, Escape, Tab, 7, Q."""
        subprocess.run(["xdotool", "key", "--delay", "20", *keys], check=True, env={"DISPLAY": self._display})

    @property
    def processes(self) -> list[int]:
        """Every process of the browser."""
        return [self.keeper.pid, *descendants(self.keeper.pid)] if self.keeper.pid else []
