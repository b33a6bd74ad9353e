"""What is started again: by the staff, and by the caretaker itself when a part has fallen silent. Or switched off.

The caretaker has no power over any of it. It asks systemd, and polkit's rule lets its user do just what stands in
COMMANDS (systemd/polkit/50-kiosk-restarts.rules). Where the caretaker is another user, as in a demo, nothing is asked
for: the machine is somebody's own.

Who asked for it stands in the trail before it is done. That it has worked is told by what has begun anew
(`server_started`, `screen_started`, and of the machine all of them); what is not there after BEGUN_SECONDS, and what
systemd does not do, is told as a fault.

A part that has reported and falls silent is started again, unless an operator has stopped it: systemd is asked whether
it is active, and of what is not, nothing is told. That is done SILENT_TIMES at most until it has reported for
STEADY_SECONDS; then it is left to people: the board and its alert say that it is silent. One that has not reported
since it began is still beginning, and how long that may take is systemd's to say. What staff have asked for and what
nobody has are two things: neither's end is taken for the other's.

pcscd, through which all goes to a card, tells nothing itself: the sessions say whether it answers (hw/reader.py). One
of which they have said for STILL_SECONDS that it does not is started again in the same way, as often, and it has worked
when they say that it does. They say so only while no command to a card is under way that may still be done.
"""

from __future__ import annotations

import logging
import os
import pwd
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from queue import SimpleQueue
from typing import Literal, get_args

from kiosk.config.events import Counts, Event, Speaker, event
from kiosk.ipc.messages import RESTARTED_BY, Restarted, RestartsStand, RestartState, Role

log = logging.getLogger("kiosk.caretaker")

Watched = Literal["server", "browser", "pcscd"]
WATCHED: tuple[Watched, ...] = get_args(Watched)

USER = "kiosk-caretaker"  # whom the rule names
UNITS: Mapping[Watched, str] = {
    "browser": "kiosk-browser.service",
    "server": "kiosk-server.service",
    "pcscd": "pcscd.service",  # its socket stays, and with it who has called and waits
}
SYSTEMCTL = ("systemctl", "--no-ask-password", "--no-block")
COMMANDS: Mapping[Restarted | Watched, tuple[str, ...]] = {
    **{part: (*SYSTEMCTL, "try-restart", unit) for part, unit in UNITS.items()},
    "machine": (*SYSTEMCTL, "reboot"),
    "off": (*SYSTEMCTL, "poweroff"),
}
ACTIVE: Mapping[Watched, tuple[str, ...]] = {
    part: ("systemctl", "is-active", "--quiet", unit) for part, unit in UNITS.items()
}
BEGUN: Mapping[str, Watched] = {"screen_started": "browser", "server_started": "server"}
ASKED_SECONDS = 20.0  # for systemd to take it, on a machine that is slow and has to start polkit first
BEGUN_SECONDS = 180.0
SILENT_TIMES = 3
STILL_SECONDS = 15.0  # for which the sessions say that pcscd does not answer; they say it after five of their own
HEARD_SECONDS = 25.0  # after which what they have said holds no more: they say it every ten
STEADY_SECONDS = 600.0


class NotRestarted(Exception):
    """It is not done. One line."""


def may() -> bool:
    """This process's user is the one whom the rule names."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name == USER
    except KeyError:
        return False


def run(command: Sequence[str]) -> bool:
    """Whether systemd has taken it. Waits."""
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=ASKED_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        log.error("%s: %s", " ".join(command), type(error).__name__)
        return False
    if done.returncode:
        log.error("%s: %s %s", " ".join(command), done.returncode, done.stderr.decode("utf-8", "replace").strip())
    return not done.returncode


class Begins:
    """What was asked of systemd, and what comes of it. until: when it is to have begun, in monotonic seconds."""

    def __init__(self, what: Restarted | Watched, until: float) -> None:
        self.what, self.until = what, until
        self.state: RestartState = "asked"
        self.refused = threading.Event()


class Restarts:
    """tell: into the trail. can: whether anything can be asked for here. run: asks systemd, and may wait: it has a
    thread of its own. now: monotonic seconds. For one thread."""

    def __init__(
        self,
        tell: Callable[[Event], object],
        can: bool,
        run: Callable[[Sequence[str]], bool] = run,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._tell, self._can, self._run, self._now = tell, can, run, now
        self._staffs: Begins | None = None  # what staff have asked for last
        self._asked: Restarted | None = None
        self._own: dict[Watched, Begins] = {}  # what nobody has asked for
        self._looked: SimpleQueue[tuple[Watched, bool]] = SimpleQueue()  # who fell silent, and whether it is active
        self._lives: dict[Watched, float] = {}  # since when it is heard
        self._times: dict[Watched, int] = {}
        self._still: tuple[float, float] | None = None  # pcscd does not answer: since when, and when that was said last

    @property
    def stand(self) -> RestartsStand:
        if self._staffs is None:
            return RestartsStand(self._can)
        return RestartsStand(self._can, self._asked, self._staffs.state)

    def ask(self, staff: int, role: Role, what: Restarted) -> None:
        """Raises NotRestarted."""
        if role not in RESTARTED_BY[what]:
            raise NotRestarted("this is not for this role")
        if not self._can:
            raise NotRestarted("nothing can be started again on this machine")
        self._tell(event("restart_asked", staff=staff, role=role, restarted=what))
        self._staffs, self._asked = self._begin(what), what

    def hear(self, told: Event | Counts) -> None:
        """What has happened: perhaps it has begun anew."""
        if (what := BEGUN.get(told.name)) is not None:
            self._done(what)
            self._lives.pop(what, None)  # it has begun, and is not heard yet
        if told.name == "out_of_order":  # it says nothing more, and stands there as it should
            self._lives.pop("server", None)

    def lives(self, part: Speaker | Watched) -> None:
        """It has reported."""
        if part not in WATCHED:
            return
        since = self._lives.setdefault(part, self._now())
        if self._now() - since >= STEADY_SECONDS:
            self._times.pop(part, None)

    def silent(self, part: Speaker | Watched) -> None:
        """It is not heard any more."""
        if part in WATCHED and self._lives.pop(part, None) is not None:
            self._look(part)

    def reader_is(self, reason: str) -> None:
        """What a session has said of the card reader (config/health.toml)."""
        now = self._now()
        if reason == "still":
            self._lives.pop("pcscd", None)
            self._still = (self._still[0] if self._still else now, now)
            return
        self._still = None
        if reason != "unused":  # nobody has asked it
            self._done("pcscd")
            self.lives("pcscd")

    def turn(self) -> None:
        """To be called about once a second."""
        self._listen_for_pcscd()
        while not self._looked.empty():
            part, active = self._looked.get()
            if active:
                self._times[part] = self._times.get(part, 0) + 1
                self._tell(event("restarted_silent", part_silent=part))
                self._own[part] = self._begin(part)
        for each in self._under_way:
            if each.refused.is_set() or self._now() >= each.until:
                each.state = "failed"
                self._tell(event("restart_failed", restarted=each.what))

    def _listen_for_pcscd(self) -> None:
        if self._still is None:
            return
        since, said = self._still
        if self._now() - said >= HEARD_SECONDS:
            self._still = None
        elif self._now() - since >= STILL_SECONDS and all(each.what != "pcscd" for each in self._under_way):
            self._still = (self._now(), said)
            self._look("pcscd")

    def _look(self, part: Watched) -> None:
        """Have it started again, if it is active and that may help."""
        if self._can and self._times.get(part, 0) < SILENT_TIMES:
            self._beside(lambda: self._looked.put((part, self._run(ACTIVE[part]))))

    def _done(self, what: Watched) -> None:
        for each in self._under_way:
            if each.what == what:
                each.state = "done"

    @property
    def _under_way(self) -> list[Begins]:
        every = (self._staffs, *self._own.values())
        return [each for each in every if each is not None and each.state == "asked"]

    def _begin(self, what: Restarted | Watched) -> Begins:
        begins = Begins(what, self._now() + BEGUN_SECONDS)

        def asks() -> None:
            if not self._run(COMMANDS[what]):
                begins.refused.set()

        self._beside(asks)
        return begins

    @staticmethod
    def _beside(work: Callable[[], object]) -> None:
        """systemd may take its time."""
        threading.Thread(target=work, name="restart", daemon=True).start()
