"""The kiosk's figures, as text for Prometheus, on loopback. What they are called and mean: docs/fleet.md.

Every label comes from the tables of events and checks (config/events.toml, config/health.toml), so none can single out
a person; a test derives the whole space from them. Counters of visits move when the counts of their hour reach the
trail, and not before (hours.py): while a person could still be seen, nothing moves for them. How long something took is
a histogram without a sum, for only its buckets were ever told.

The head of the trail leaves the machine as numbers, thirteen hexadecimal digits in each, which is what a sample holds
exactly: a hash as a label would be a new series for every line.

The caretaker's thread counts; another one answers whoever asks, one after the other, each within a deadline: somebody
who is slow holds up nothing but the figures.
"""

from __future__ import annotations

import contextlib
import logging
import socketserver
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from kiosk.caretaker.identity import version
from kiosk.config.events import EVENTS, FIELDS, MORE, MOST, Counts, Event
from kiosk.config.health import CHECKS, LEVELS
from kiosk.ipc.messages import SHUT_FOR, DoorsStand, Row, Sent

log = logging.getLogger("kiosk.caretaker")

PATH = b"/metrics"
DEADLINE_SECONDS = 2.0
LONGEST_REQUEST = 8192  # bytes
DIGITS = 13  # hexadecimal ones, of 52 bits; a sample has 53
HASH_DIGITS = 64
MOST_LABELS = 20  # a number of more values is no label


class CallCarrier(Protocol):
    """What carries the calls (alerts.py)."""

    @property
    def answers(self) -> bool: ...


class Figures(Collector):
    """What is counted since the start, and how everything stands. started: when, by the clock, in seconds since 1970;
    carrier: of the calls, if there is one.

    `hear` and the setters are for one thread, `collect` for another.
    """

    def __init__(self, started: float, carrier: CallCarrier | None = None) -> None:
        self._started, self._carrier = started, carrier
        self._version = version()  # the one that runs, not the one that an upgrade has put on the disk since
        self._lock = threading.Lock()
        self._events: Counter[str] = Counter()
        self._values: Counter[tuple[str, str, str]] = Counter()
        self._states: dict[str, str] = {}
        self._checks: dict[str, str] = {}
        self._doors = DoorsStand()
        self._lost = 0
        self._trail = (0, "", 0)
        self._left: Mapping[Sent, int] = {}
        self._ends: Mapping[str, float | None] = {}
        self._boots = 0
        self._versions: Mapping[str, str] = {}
        self._asked: float | None = None

    def hear(self, told: Event | Counts) -> None:
        """What has happened, once more."""
        with self._lock:
            if isinstance(told, Counts):
                self._events[told.name] += told.count
                for field, values in told.by.items():
                    self._values.update({(told.name, field, value): count for value, count in values.items()})
            elif told.row.kind == "state":
                if len(told.fields) == 1:  # of a check the board tells
                    [self._states[told.name]] = map(str, told.fields.values())
            elif told.row.kind != "visit":
                self._events[told.name] += 1
                self._lost += int(told.fields["count"]) if told.name == "gap" else 0
                counted = {field for _, field, _ in _values(told.name)}
                self._values.update(
                    (told.name, name, str(value)) for name, value in told.fields.items() if name in counted
                )

    def trail(self, lines: int, head: str, unwritten: int) -> None:
        """Its anchor, and how many events the disk would not take."""
        with self._lock:
            self._trail = lines, head, unwritten

    def house(self, rows: Iterable[Row], doors: DoorsStand) -> None:
        """The board, and whether the kiosk is open."""
        with self._lock:
            self._checks = {row.check: row.level for row in rows}
            self._doors = doors

    def left(self, before: Mapping[Sent, int]) -> None:
        """How far trail and journal have left the machine, in seconds since 1970."""
        with self._lock:
            self._left = before

    def certificates(self, portal: float | None, desk: float | None) -> None:
        """When those end that the kiosk shows the portal, and the desk, in seconds since 1970; None: not known."""
        with self._lock:
            self._ends = {"portal": portal, "desk": desk}

    def booted(self, times: int) -> None:
        """How often the machine has been started."""
        with self._lock:
            self._boots = times

    def versions(self, running: str, wanted: str, good: str) -> None:
        """Of the image or the package; an empty one is not known."""
        with self._lock:
            self._versions = {"running": running, "wanted": wanted, "good": good}

    def asked(self, moment: float | None) -> None:
        """When the server of updates has answered last, and nothing was lacking, or was first asked in vain, in seconds
        since 1970; None: neither."""
        with self._lock:
            self._asked = moment

    def collect(self) -> Iterable[Metric]:
        with self._lock:
            return list(self._families())

    def _families(self) -> Iterator[Metric]:
        yield _gauge("kiosk_build_info", "The version that runs", ("version",), {(self._version,): 1})
        installed = {(which, said): 1.0 for which, said in self._versions.items() if said}
        yield _gauge("kiosk_version", "1: this one is running, wanted, good", ("which", "version"), installed)
        if self._asked is not None:
            yield _gauge(
                "kiosk_update_asked_time_seconds",
                "When it last made sure that it has what is offered",
                (),
                {(): self._asked},
            )
        yield _gauge("kiosk_caretaker_start_time_seconds", "When the caretaker started", (), {(): self._started})
        yield _counter("kiosk_boots", "Starts of the machine", (), {(): self._boots})
        counted = {(name,): self._events[name] for name, row in EVENTS.items() if row.kind != "state"}
        yield _counter("kiosk_events", "Events told; of visits, those of whole hours", ("event",), counted)
        values = {each: self._values[each] for name in EVENTS for each in _values(name)}
        yield _counter("kiosk_event_values", "How often a field had a value", ("event", "field", "value"), values)
        yield self._histograms()
        yield _counter("kiosk_events_lost", "Events that could not be told or written", (), {(): self._lost})
        states = {(name, each): float(each == now) for name, now in self._states.items() for each in _labels(name)}
        yield _gauge("kiosk_state", "1: a device is so", ("event", "value"), states)
        checks = {
            (check, CHECKS[check].ja, each): float(each == now)
            for check, now in self._checks.items()
            for each in LEVELS
        }
        yield _gauge("kiosk_check", "1: a check has come to that", ("check", "name", "level"), checks)
        yield _gauge("kiosk_open", "1: it serves whoever comes", (), {(): float(self._doors.open)})
        closed = {(reason,): float(reason == self._doors.reason) for reason in SHUT_FOR}
        yield _gauge("kiosk_closed_for", "1: it is closed for that", ("reason",), closed)
        lines, head, unwritten = self._trail
        yield _gauge("kiosk_trail_lines", "Lines of the audit trail", (), {(): lines})
        yield _gauge("kiosk_trail_head", "The hash of the last of them", ("part",), parts(head))
        yield _gauge("kiosk_trail_unwritten", "Events that wait for the disk", (), {(): unwritten})
        left = {(what,): float(before) for what, before in self._left.items()}
        yield _gauge("kiosk_uploaded_time_seconds", "All written before that is at the desk", ("what",), left)
        ends = {(shown_to,): moment for shown_to, moment in self._ends.items() if moment is not None}
        yield _gauge("kiosk_certificate_end_time_seconds", "When it ends", ("certificate",), ends)
        if self._carrier is not None:
            yield _gauge("kiosk_alertmanager_up", "1: calls can be carried", (), {(): float(self._carrier.answers)})

    def _histograms(self) -> Metric:
        """How long everything took of which the table says up to what."""
        family = HistogramMetricFamily("kiosk_event_seconds", "How long it took", labels=("event", "field"))
        for name, row in EVENTS.items():
            for field in row.fields:
                taken = 0
                for bound, value in _buckets(field):
                    taken += self._values[name, field, value]
                    family.add_sample(f"{family.name}_bucket", {"event": name, "field": field, "le": bound}, taken)
                if FIELDS[field].le:
                    family.add_sample(f"{family.name}_count", {"event": name, "field": field}, taken)
        return family


class Server:
    """http://127.0.0.1:PORT/metrics. Raises OSError when the port is taken."""

    def __init__(self, port: int, figures: Figures) -> None:
        registry = CollectorRegistry()
        registry.register(figures)

        self._http = _HttpServer(("127.0.0.1", port), _Handler)
        self._http.registry = registry
        self.port = int(self._http.server_address[1])
        threading.Thread(target=self._http.serve_forever, name="metrics", daemon=True).start()

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()


class _HttpServer(socketserver.TCPServer):
    allow_reuse_address = True
    registry: CollectorRegistry

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Of who has gone, or is too slow, nothing is to be told."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            log.error("no figures could be given: %s", type(error).__name__)


class _Handler(socketserver.BaseRequestHandler):
    server: _HttpServer

    def handle(self) -> None:
        until = time.monotonic() + DEADLINE_SECONDS
        asked = b""
        while b"\r\n\r\n" not in asked and len(asked) < LONGEST_REQUEST:
            self.request.settimeout(max(until - time.monotonic(), 0.001))
            if not (more := self.request.recv(LONGEST_REQUEST)):
                return
            asked += more
        if asked.split(b" ")[:2] == [b"GET", PATH]:
            head, body = f"200 OK\r\nContent-Type: {CONTENT_TYPE_LATEST}", generate_latest(self.server.registry)
        else:
            head, body = "404 Not Found", b""
        self.request.settimeout(DEADLINE_SECONDS)
        with contextlib.suppress(OSError):
            answer = f"HTTP/1.1 {head}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            self.request.sendall(answer.encode("ascii") + body)


def parts(head: str) -> dict[tuple[str, ...], float]:
    """A hash as numbers that a sample holds exactly: part 1 has its first thirteen digits."""
    pieces = [head[at : at + DIGITS] for at in range(0, HASH_DIGITS, DIGITS)] if head else []
    return {(str(number),): float(int(piece, 16)) for number, piece in enumerate(pieces, 1)}


def _labels(name: str) -> tuple[str, ...]:
    """The values of a state."""
    return FIELDS[EVENTS[name].fields[-1]].labels


def _values(name: str) -> list[tuple[str, str, str]]:
    """Event, field and value of all that is counted of a row, each field by itself. Of an act nothing is: it is about
    one of the staff."""
    row = EVENTS[name]
    if row.kind in ("state", "act"):
        return []
    few = [field for field in row.fields if FIELDS[field].values or (FIELDS[field].most or MOST) < MOST_LABELS]
    return [(name, field, value) for field in few for value in FIELDS[field].labels]


def _buckets(field: str) -> list[tuple[str, str]]:
    """Of how long something took: each bound, as Prometheus writes it, and the value up to it."""
    bounds = [(str(each), FIELDS[field].bucket(each)) for each in FIELDS[field].le]
    return [*bounds, ("+Inf", MORE)] if bounds else []


def _gauge(name: str, means: str, labels: tuple[str, ...], samples: dict[Any, float]) -> Metric:
    family = GaugeMetricFamily(name, means, labels=labels)
    for values, sample in samples.items():
        family.add_metric(values, sample)
    return family


def _counter(name: str, means: str, labels: tuple[str, ...], samples: dict[Any, int]) -> Metric:
    family = CounterMetricFamily(name, means, labels=labels)
    for values, sample in samples.items():
        family.add_metric(values, sample)
    return family
