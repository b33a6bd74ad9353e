"""The contract's calls, one method each: a request in, an answer of the contract out.

What a call means stands in `decisions.py`, the routes in `app.py`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable
from typing import Annotated, TypeVar

import msgspec
from flask import Response, request
from msgspec import Meta

from kiosk.portal.model import Applicant, Offer, Sha256, State, Status
from kiosk.sim.portal.decisions import Decisions
from kiosk.sim.portal.idempotency import Idempotency
from kiosk.sim.portal.problems import Problem
from kiosk.sim.portal.requests import Entry, Requests
from kiosk.sim.portal.signature import Refused
from kiosk.sim.portal.trust import RevocationUnknown

CMS_LIMIT = 16 * 1024  # bytes
T = TypeVar("T")
Key = Annotated[str, Meta(pattern=r"^[0-9A-Za-z-]{16,64}\Z")]


class Submission(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    cms: Annotated[str, Meta(min_length=4, max_length=4 * CMS_LIMIT // 3 + 4)]
    terms_sha256: Sha256


class Calls:
    """The calls of one purpose: begin makes a request of it among `requests`."""

    def __init__(self, decisions: Decisions, requests: Requests, begin: Callable[[str], Entry]) -> None:
        self._decisions, self._requests, self._begin = decisions, requests, begin
        self._keys = Idempotency(requests)

    def begin(self) -> Response:
        owner = _owner()
        entry = self._keys.begin(owner, _key(), lambda: self._begin(owner))
        return self._once("begin", entry, lambda: _answer(entry.request, 201))

    def state(self, name: str) -> Response:
        return _answer(self._find(name).view())

    def hold(self, name: str) -> Response:
        entry = self._find(name)
        applicant = _body(Applicant)

        def work() -> Response:
            _still_open(entry)
            return _answer(self._decisions.hold(entry, applicant))

        return self._once("hold", entry, work)

    def submit(self, name: str) -> Response:
        entry = self._find(name)
        submission = _body(Submission)
        cms = _base64(submission.cms)

        def work() -> Response:
            _still_open(entry)
            if entry.state is State.BEGUN:
                raise Problem("not_held")
            try:
                return _answer(self._decisions.submit(entry, cms, submission.terms_sha256))
            except Refused as refused:
                raise Problem(refused.reason.value) from None
            except RevocationUnknown:
                raise Problem("closed") from None

        return self._once("submit", entry, work)

    def cancel(self, name: str) -> Response:
        entry = self._find(name)

        def work() -> Response:
            if not entry.ended:
                entry.end(State.CANCELLED)
            return _answer(entry.view())

        return self._once("cancel", entry, work)

    def _find(self, name: str) -> Entry:
        entry = self._requests.find(_owner(), name)
        if entry is None:
            raise Problem("linking_unknown")
        return entry

    def _once(self, call: str, entry: Entry, work: Callable[[], Response]) -> Response:
        return self._keys.once(entry, call, _key(), request.get_data(), work)


def status(offers: frozenset[Offer]) -> Response:
    """That the portal is open, and what it does beyond linking."""
    return _answer(Status("open", tuple(offer.value for offer in Offer if offer in offers)))


def _still_open(entry: Entry) -> None:
    if entry.state is State.EXPIRED:
        raise Problem("expired")
    if entry.ended:
        raise Problem("linking_ended")


def _owner() -> str:
    """Which kiosk asks: a digest of its client certificate, which TLS has verified."""
    return hashlib.sha256(request.environ.get("SSL_CLIENT_CERT", "").encode()).hexdigest()


def _key() -> str:
    try:
        return msgspec.convert(request.headers.get("Idempotency-Key"), Key)
    except msgspec.ValidationError:
        raise Problem("malformed") from None


def _body(kind: type[T]) -> T:
    content = request.get_data()
    if request.mimetype != "application/json":
        raise Problem("malformed", 415)
    try:
        return msgspec.json.decode(content, type=kind)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise Problem("malformed") from None


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise Problem("malformed") from None


def _answer(content: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(content), status, mimetype="application/json")
