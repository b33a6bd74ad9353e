"""The desk that is called: of Alertmanager's API, version 2, what a kiosk uses of it, and one button: I have seen it.

    POST /api/v2/alerts                      as Alertmanager takes them; what has ended is gone
    GET  /api/v2/alerts?filter=call="…"      those that stand and have this label; suppressed once they were seen
    GET  /api/v2/silences?filter=call="…"    the silence that the button has made
    POST /api/calls                          {"seen": "…"}: the button, with the call's label

The real one is in the tests (tests/caretaker/test_alertmanager.py); this one rings at the dock.
"""

from __future__ import annotations

import re
import threading
from datetime import UTC, datetime
from typing import Any

import msgspec
from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import BadRequest

from kiosk.sim.orders import order

FILTER = re.compile(r'call="([0-9a-f]+)"')


class Alert(msgspec.Struct, rename="camel"):
    """One, as it is posted."""

    labels: dict[str, str]
    ends_at: datetime
    starts_at: datetime
    annotations: dict[str, str] = {}


class Seen(msgspec.Struct, forbid_unknown_fields=True):
    """The body of POST /api/calls."""

    seen: str


class Pager:
    """What stands there now."""

    def __init__(self) -> None:
        self._alerts: dict[frozenset[tuple[str, str]], Alert] = {}
        self._seen: set[str] = set()
        self._lock = threading.Lock()

    def take(self, alerts: list[Alert]) -> None:
        with self._lock:
            self._alerts |= {frozenset(each.labels.items()): each for each in alerts}

    def see(self, call: str) -> None:
        """Raises KeyError for a call that does not stand."""
        if not self.standing(call):
            raise KeyError(call)
        self._seen.add(call)

    def standing(self, call: str | None = None) -> list[Alert]:
        """What has not ended: all of it, or one call."""
        now = datetime.now(UTC)
        with self._lock:
            self._alerts = {key: each for key, each in self._alerts.items() if each.ends_at > now}
            return [each for each in self._alerts.values() if call in (None, each.labels.get("call"))]

    def was_seen(self, call: str) -> bool:
        return call in self._seen

    def state(self) -> list[dict[str, object]]:
        """For the dock's page. call: None for a trouble."""
        return [
            {
                "summary": each.annotations.get("summary", ""),
                "summary_en": each.annotations.get("summary_en", ""),
                "call": each.labels.get("call"),
                "seen": self.was_seen(each.labels.get("call", "")),
            }
            for each in self.standing()
        ]


def door(pager: Pager) -> Blueprint:
    """Its interface over HTTP."""
    made = Blueprint("pager", __name__)

    @made.post("/api/v2/alerts")
    def take() -> Response:
        pager.take(order(list[Alert]))
        return Response()

    @made.get("/api/v2/alerts")
    def alerts() -> Response:
        call = _asked()
        state = "suppressed" if pager.was_seen(call) else "active"
        return jsonify([_told(each, state) for each in pager.standing(call)])

    @made.get("/api/v2/silences")
    def silences() -> Response:
        return jsonify([{"status": {"state": "active"}}] if pager.was_seen(_asked()) else [])

    @made.post("/api/calls")
    def see() -> Response:
        try:
            pager.see(order(Seen).seen)
        except KeyError:
            raise BadRequest("seen: no such call stands") from None
        return jsonify(calls=pager.state())

    return made


def _asked() -> str:
    found = FILTER.fullmatch(request.args.get("filter", ""))
    if not found:
        raise BadRequest('filter: only call="…" is known here')
    return found[1]


def _told(alert: Alert, state: str) -> dict[str, Any]:
    return {"labels": alert.labels, "annotations": alert.annotations, "status": {"state": state}}
