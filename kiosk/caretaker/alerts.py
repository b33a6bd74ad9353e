"""Whom the kiosk calls, and when: somebody has pressed 係員を呼ぶ, or something stands that a person should mend.

Two parts, so that nobody waits for what may hang:

    Alerts    in the caretaker's own thread. It knows what is to stand (a call, and one for each trouble of PROBLEMS),
              and says at once how the call stands, from what the other part heard last
    Carrier   a thread of its own. It has one wish, the newest, and makes it stand at Alertmanager: says it all again
              every REPEAT_SECONDS, resolves what is over, and asks each second how the call stands

There is no queue that could fill: a wish replaces the one before it.

A call is known by a mark, eight random digits that mean nothing: in the labels of its alert, so that a silence can name
just this one. It ends when the session says so (its person has left), when an officer has come in, and when nobody has
asked for it for LEASE_SECONDS: then its session is gone. The staff may try it out: it goes the same way, says that it
is a trial, and is no event of its own, for nobody has called.

What is said of a call is what was heard of it, and was heard lately. That somebody has acknowledged it stays true.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal, Protocol

from kiosk.caretaker.alertmanager import CALL, Alert, Fate, Unheard
from kiosk.config.events import EVENTS, FIELDS, Counts, Event, event
from kiosk.ipc.messages import CallState

log = logging.getLogger("kiosk.caretaker")

LEASE_SECONDS = 15.0
TRIAL_SECONDS = 300.0  # of the staff, who go to the desk and come back
KNOWN_SECONDS = 10.0  # so long what was heard of a call is believed, and a new call may be unknown
REPEAT_SECONDS = 30.0
STANDS_SECONDS = 180.0  # what is not said again for so long ends at Alertmanager by itself
ASK_SECONDS = 1.0  # how the call stands; and after what went wrong
CALLED = "staff_called"
STANDS = "call_stands"

Which = frozenset[tuple[str, str]]
Severity = Literal["call", "problem", "warning"]


@dataclass(frozen=True)
class Problem:
    """When an event is a trouble. well: the values of its last field for which it is none; without one it always is.
    seconds: after which it is over by itself. ended_by: another event, that ends it. Without both the event says so."""

    alert: str
    severity: Severity = "problem"
    well: frozenset[str] = frozenset()
    seconds: float | None = None
    ended_by: str | None = None


PROBLEMS: Mapping[str, Problem] = {
    "reader": Problem("KioskReader", well=frozenset({"present", "unused"})),
    "printer": Problem("KioskPrinter", well=frozenset({"ready", "unused"})),
    "check": Problem("KioskCheck", well=frozenset({"ok", "info", "warning"})),
    "portal": Problem("KioskPortal", "warning", well=frozenset({"open", "closed", "unused"})),
    "trail_broken": Problem("KioskTrailBroken", ended_by="trail_looked_into"),
    "gap": Problem("KioskEventsLost", "warning", seconds=600),
    "passcodes_held": Problem("KioskPasscodesHeld", seconds=900),
    "session_died": Problem("KioskSessionDied", "warning", seconds=600),
    "restart_failed": Problem("KioskRestartFailed", seconds=600),
    "restarted_silent": Problem("KioskRestartedSilent", "warning", seconds=600),
    "out_of_order": Problem("KioskOutOfOrder", seconds=600),
    "browser_restarted": Problem("KioskBrowserRestarted", "warning", seconds=600),
}
FATES: Mapping[Fate, CallState] = {
    "absent": "unsent",
    "suppressed": "unsent",
    "taken": "sent",
    "acknowledged": "acknowledged",
}


@dataclass(frozen=True)
class Wish:
    """What is to stand, each under what it is of: its event, and which check. call: the mark of the call among them."""

    alerts: Mapping[str, Alert]
    call: str | None


class Carries(Protocol):
    """Who brings a wish to Alertmanager, and what was heard there of a call last: its mark, how it stands, and when."""

    heard: tuple[str, CallState, float] | None

    def carry(self, wish: Wish) -> None: ...


class Posts(Protocol):
    """Alertmanager, as this file uses it."""

    def post(self, alerts: list[Alert]) -> None: ...

    def fate(self, call: str) -> Fate: ...


@dataclass(frozen=True)
class _Call:
    mark: str
    began: float
    asked: float
    trial: bool = False
    stood: CallState = "sending"


class Alerts:
    """kiosk: what it is called there; carrier: None where there is no Alertmanager, and so nobody is called; tell:
    where the calls' own events go. now: monotonic seconds. For one thread."""

    def __init__(
        self,
        kiosk: str,
        carrier: Carries | None,
        tell: Callable[[Event], None],
        now: Callable[[], float] = time.monotonic,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._kiosk, self._carrier, self._tell, self._now, self._clock = kiosk, carrier, tell, now, clock
        self._alerts: dict[str, Alert] = {}
        self._until: dict[str, float] = {}
        self._call: _Call | None = None

    def hear(self, told: Event | Counts) -> None:
        """What has happened, as far as it concerns this."""
        if isinstance(told, Counts):
            return
        for over in [name for name, problem in PROBLEMS.items() if problem.ended_by == told.name]:
            self._alerts.pop(over, None)
            self._wish()
        if told.name not in PROBLEMS:
            return
        problem = PROBLEMS[told.name]
        values = {name: str(value) for name, value in told.fields.items() if FIELDS[name].values}
        of = "/".join([told.name, *list(values.values())[:-1]]) if told.row.kind == "state" else told.name
        if problem.well.isdisjoint(list(values.values())[-1:]):
            before = self._alerts.get(of)
            alert = self._alert(problem.alert, problem.severity, told.name, values)
            if before is None or before.labels != alert.labels:
                self._alerts[of] = alert
            if problem.seconds is not None:
                self._until[of] = self._now() + problem.seconds
        else:
            self._alerts.pop(of, None)
        self._wish()

    @property
    def calling(self) -> bool:
        return self._call is not None

    @property
    def can_call(self) -> bool:
        return self._carrier is not None

    def call(self, trial: bool = False) -> CallState:
        """Somebody wants the staff; or one of the staff wants to see whether that arrives, as long as nobody calls."""
        if self._carrier is None:
            return "none"
        if self._call is not None and self._call.trial and not trial:
            self.end()
        if self._call is None:
            now = self._now()
            self._call = _Call(secrets.token_hex(4), now, now, trial)
            alert = self._alert("KioskCall", "call", CALLED, {CALL: self._call.mark})
            self._alerts[CALLED] = self._on_trial(alert) if trial else alert
            self._wish()
            if not trial:
                self._tell(event(CALLED))
        return self.stands()

    def stands(self) -> CallState:
        """How the call stands: of who has asked for it, which keeps it."""
        if self._call is None:
            return "none"
        self._call = replace(self._call, asked=self._now())
        return self._look(self._call)

    def end(self) -> None:
        """They have gone, or somebody has come."""
        if self._call is not None:
            self._call = None
            self._alerts.pop(CALLED)
            self._wish()

    def turn(self) -> None:
        """To be called about once a second."""
        now = self._now()
        if self._call is not None:
            self._look(self._call)
            if now - self._call.asked > (TRIAL_SECONDS if self._call.trial else LEASE_SECONDS):
                self.end()
        for over in [name for name, until in self._until.items() if now >= until]:
            del self._until[over]
            self._alerts.pop(over, None)
            self._wish()

    def _look(self, call: _Call) -> CallState:
        """What is known of it now; a change of it is an event."""
        heard, now = self._carrier.heard if self._carrier else None, self._now()
        state: CallState = "sending" if now - call.began < KNOWN_SECONDS else "unsent"
        if heard is not None and heard[0] == call.mark and now - heard[2] < KNOWN_SECONDS:
            state = heard[1]
        if call.stood == "acknowledged":
            state = call.stood
        if state != call.stood:
            self._call = replace(call, stood=state)
            if state != "sending" and not call.trial:
                self._tell(event(STANDS, call=state))
        return state

    def _alert(self, name: str, severity: Severity, told: str, labels: Mapping[str, str]) -> Alert:
        row = EVENTS[told]
        words = [
            (FIELDS[field].ja, FIELDS[field].en, *FIELDS[field].values[value])  # type: ignore[index]
            for field, value in labels.items()
            if field in row.fields
        ]
        ja = row.ja + (f"（{'、'.join(f'{of}：{is_}' for of, _, is_, _ in words)}）" if words else "")
        en = row.en + (f" ({', '.join(f'{of}: {is_}' for _, of, _, is_ in words)})" if words else "")
        return Alert(
            labels={"alertname": name, "severity": severity, "kiosk": self._kiosk, **labels},
            annotations={"summary": f"{self._kiosk}: {ja}", "summary_en": f"{self._kiosk}: {en}"},
            starts_at=self._clock(),
        )

    def _on_trial(self, alert: Alert) -> Alert:
        """The same, by a name of its own and in words that bring nobody running."""
        words = {
            "summary": f"{self._kiosk}: 試しの呼び出しです。行かなくてかまいません",
            "summary_en": f"{self._kiosk}: a trial call for the staff; nobody need go",
        }
        return Alert({**alert.labels, "alertname": "KioskTrial"}, words, alert.starts_at)

    def _wish(self) -> None:
        if self._carrier is not None:
            self._carrier.carry(Wish(dict(self._alerts), self._call.mark if self._call else None))


class Carrier:
    """now: monotonic seconds; clock: the time that Alertmanager's alerts have."""

    def __init__(
        self,
        engine: Posts,
        now: Callable[[], float] = time.monotonic,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.heard: tuple[str, CallState, float] | None = None
        self._engine, self._now, self._clock = engine, now, clock
        self._news = threading.Condition()
        self._wish = Wish({}, None)
        self._new = self._stopped = False
        self._stand: dict[Which, tuple[Alert, float]] = {}  # what may stand there, and when it was said last
        self._again = 0.0  # when all of it is said again
        self._said = ""

    def start(self) -> Carrier:
        threading.Thread(target=self._run, name="alerts", daemon=True).start()
        return self

    def carry(self, wish: Wish) -> None:
        with self._news:
            self._wish, self._new = wish, True
            self._news.notify()

    @property
    def answers(self) -> bool:
        """It took what was said last."""
        return not self._said

    def stop(self) -> None:
        """What stands ends at Alertmanager by itself, unless somebody says it again in time."""
        with self._news:
            self._stopped = True
            self._news.notify()

    def step(self) -> None:
        """Bring it there, once; never raises for what is there."""
        with self._news:
            wish, new, self._new = self._wish, self._new, False
        try:
            if new or self._now() >= self._again:
                self._bring(wish.alerts.values())
            if wish.call is not None:
                fate = self._engine.fate(wish.call)
                self.heard = (wish.call, FATES[fate], self._now())
                if fate == "absent":  # it was started anew, and has forgotten
                    self._again = 0.0
        except Unheard as error:
            self._again = 0.0
            if wish.call is not None:
                self.heard = (wish.call, "unsent", self._now())
            self._complain(str(error))
            return
        self._complain("")

    def wait(self) -> float:
        """Seconds until the next step, when nothing new is wished."""
        if self._wish.call is not None or self._said:
            return ASK_SECONDS
        return max(self._again - self._now(), 0.0)

    def _run(self) -> None:
        while not self._stopped:
            with self._news:
                if not (self._new or self._stopped):
                    self._news.wait(self.wait())
            self.step()

    def _bring(self, alerts: Iterable[Alert]) -> None:
        clock, now = self._clock(), self._now()
        wanted = {which(each): each for each in alerts}
        over = {
            key: (alert, said)
            for key, (alert, said) in self._stand.items()
            if key not in wanted and now - said < STANDS_SECONDS
        }
        later = clock + timedelta(seconds=STANDS_SECONDS)
        told = [_ends(each, later) for each in wanted.values()] + [_ends(each, clock) for each, _ in over.values()]
        standing = {key: (alert, now) for key, alert in wanted.items()}
        self._stand = standing | over  # until it is known that they were told: an answer may be lost
        self._engine.post(told)  # also when it is nothing: whether it answers is to be known before somebody calls
        self._stand, self._again = standing, now + REPEAT_SECONDS

    def _complain(self, words: str) -> None:
        if words and words != self._said:
            log.warning("Alertmanager: %s; what calls somebody waits until it answers", words)
        elif self._said and not words:
            log.warning("Alertmanager answers again")
        self._said = words


def which(alert: Alert) -> Which:
    """What makes two of them one."""
    return frozenset(alert.labels.items())


def _ends(alert: Alert, at: datetime) -> Alert:
    """The alert with its end. One that began before the clock was set back began no later than it ends."""
    return Alert(alert.labels, alert.annotations, min(alert.starts_at, at), at)
