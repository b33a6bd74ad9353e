"""Every chord of Ctrl, Alt, Shift and Super with every key, under all of the policy, and without a door into Chromium.

After each the picture is compared with the one before. What the page has done itself (its session has shown another
screen, the log says so) is no way out; anything else is, and so is what only the keeper has noticed. SysRq and consoles
are the kernel's: they are tried in the machine (make test-appliance, keys).
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterable, Sequence

from tests.escape.chords import ANSWERED, BACKSPACE, DIGITS, Chord, written
from tests.escape.places import goes_to
from tests.escape.results import Tried
from tests.escape.screen import Screen, same
from tests.stage import Stage

SESSIONS = ("screen ", "asked where", "session begins", "session ends")
TOGETHER_SECONDS, ALONE_SECONDS = 0.25, 0.8  # until the picture has changed
NOTICE_SECONDS = 1.0  # within which a page has to say that it was left
ASTRAY = "come before the page"
AT_ONCE = 12  # chords from one look to the next; what has changed something is tried again, each by itself


class Trial:
    """Presses, looks, and counts."""

    def __init__(self, screen: Screen, stage: Stage, at: str, tried: Tried) -> None:
        self._screen, self._stage, self._at, self._tried = screen, stage, at, tried
        self._answers: dict[int, list[bytes]] = {}

    def run(self, chords: Iterable[Chord], over: Callable[[], None]) -> None:
        """One group after the other; of one that has changed something, each by itself. Keys that the page answers
        change something by themselves: with others held they may do no other thing. over: a group is."""
        waiting = (chord for chord in chords if written(chord) not in self._tried.names)
        self._again()
        while group := list(itertools.islice(waiting, AT_ONCE)):
            quiet = [chord for chord in group if chord[1] not in ANSWERED[self._at]]
            alone = [chord for chord in group if chord[1] in ANSWERED[self._at]]
            if quiet and not self._same(quiet):
                self._again()
                alone += quiet
            for chord in alone:
                if not self._same([chord], ALONE_SECONDS):
                    self._judge(chord)
                    self._back(chord)
            self._tried.names |= {written(chord) for chord in group}
            over()

    def _same(self, group: Sequence[Chord], seconds: float = TOGETHER_SECONDS) -> bool:
        """Whether the screen stands there as before, in the same browser."""
        self._since, self._pid = self._stage.logged(), self._screen.keeper.pid
        for chord in group:
            self._screen.keyboard.press(chord)
        time.sleep(seconds)
        return (
            same(self._before, self._screen.picture()) and self._screen.keeper.pid == self._pid and not self._astray()
        )

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
        return any(ASTRAY in line for line in self._stage.log[self._since :])

    def _judge(self, chord: Chord) -> None:
        """Whose doing it was. The page's, if its session says so or it is what the key does alone, and the browser is
        still there."""
        time.sleep(NOTICE_SECONDS)
        now, log = self._screen.still(), self._stage.log[self._since :]
        if self._astray() or self._screen.keeper.pid != self._pid:
            self._tried.closed.append(written(chord))
        elif any(words in line for line in log for words in SESSIONS):
            return
        elif chord[1] not in ANSWERED[self._at] or now.tobytes() not in self._answer(chord[1]):
            self._tried.show(now, written(chord))
            self._tried.out.append(written(chord))
        else:
            return
        print(f"  {written(chord)}", flush=True)

    def _back(self, chord: Chord) -> None:
        """To the picture before; what was typed can be taken back by a key, which is sooner done than a new browser."""
        if self._at == "pin" and chord[1] in DIGITS and self._same([((), BACKSPACE)], ALONE_SECONDS):
            return
        self._again()

    def _again(self) -> None:
        goes_to(self._at, self._stage, self._screen.keeper, self._screen.keyboard)
        self._before = self._screen.still()
