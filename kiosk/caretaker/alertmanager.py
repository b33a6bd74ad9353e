"""Prometheus Alertmanager's API, version 2, as far as a kiosk needs it: raise, resolve, and ask what became of a call.

    POST /api/v2/alerts                 these are there until `endsAt`; said again and again: who says it no more may
                                        have died: what it raised then ends by itself
    GET  /api/v2/alerts?filter=…        is it there, and does anything keep it back (silence, inhibition, muted hours)
    GET  /api/v2/silences?filter=…      is there a silence that names just this call (docs/decisions/0014)

Everything is on this machine, and may hang for all that. So an exchange has a deadline as a whole: connection, request
and answer together, however slowly bytes may come.
"""

from __future__ import annotations

import http.client
import io
import socket
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Literal, TypeVar
from urllib.parse import quote, urlsplit

import msgspec
from msgspec import Struct

DEADLINE_SECONDS = 4.0
MOST_BYTES = 1 << 20  # of an answer

CALL = "call"  # the label by which a call is known
T = TypeVar("T")
Fate = Literal["absent", "taken", "suppressed", "acknowledged"]


class Unheard(Exception):
    """Nothing of use was answered in time. One line, without what was answered."""


class Alert(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """One alert as it is sent. Labels say which it is; two with the same are one."""

    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    starts_at: datetime
    ends_at: datetime | None = None


class _Status(Struct, frozen=True, rename="camel"):
    state: str
    muted_by: list[str] = []  # from 0.28 on


class _Standing(Struct, frozen=True):
    status: _Status


class _SilenceStatus(Struct, frozen=True):
    state: str


class _Silence(Struct, frozen=True):
    status: _SilenceStatus


class Alertmanager:
    """One, at http://127.0.0.1:PORT. Every method raises Unheard."""

    def __init__(self, url: str, deadline_seconds: float = DEADLINE_SECONDS) -> None:
        at = urlsplit(url)
        assert at.hostname and at.port
        self._address, self._deadline_seconds = (at.hostname, at.port), deadline_seconds

    def post(self, alerts: list[Alert]) -> None:
        """Taken when this returns."""
        self._exchange("POST", "/api/v2/alerts", msgspec.json.encode(alerts))

    def fate(self, call: str) -> Fate:
        """What has become of the call of this mark."""
        chosen = quote(f'{CALL}="{call}"', safe="")
        found = _read(self._exchange("GET", f"/api/v2/alerts?filter={chosen}"), list[_Standing])
        if not found:
            return "absent"
        if all(each.status.state == "active" and not each.status.muted_by for each in found):
            return "taken"
        silences = _read(self._exchange("GET", f"/api/v2/silences?filter={chosen}"), list[_Silence])
        return "acknowledged" if any(each.status.state == "active" for each in silences) else "suppressed"

    def _exchange(self, method: str, path: str, body: bytes = b"") -> bytes:
        """The body of an answer of 200."""
        until = time.monotonic() + self._deadline_seconds
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: {self._address[0]}:{self._address[1]}\r\nConnection: close\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        try:
            with socket.create_connection(self._address, self._deadline_seconds) as line:
                line.settimeout(_left(until))
                line.sendall(head.encode("ascii") + body)
                said = io.BytesIO()
                while chunk := line.recv(65536):
                    said.write(chunk)
                    if said.tell() > MOST_BYTES:
                        raise Unheard("the answer is too long")
                    line.settimeout(_left(until))
            return _body(said.getvalue(), method)
        except OSError as error:
            raise Unheard(error.strerror or "no answer in time") from None


class _Heard:
    """What HTTPResponse wants of a socket."""

    def __init__(self, said: bytes) -> None:
        self._said = said

    def makefile(self, _mode: str) -> io.BytesIO:
        return io.BytesIO(self._said)


def _left(until: float) -> float:
    """Seconds until then. Raises TimeoutError when there are none."""
    if (left := until - time.monotonic()) <= 0:
        raise TimeoutError
    return left


def _body(said: bytes, method: str) -> bytes:
    answer = http.client.HTTPResponse(_Heard(said), method=method)  # type: ignore[arg-type]
    try:
        answer.begin()
        body = answer.read()
    except (http.client.HTTPException, ValueError, OSError):
        raise Unheard("what was answered is no HTTP") from None
    if answer.status != 200:
        raise Unheard(f"refused with {answer.status}")
    return body


def _read(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise Unheard("what was answered does not fit") from None
