"""The contract's calls as a WSGI application: reads requests, keeps the idempotency, answers in problems.

What a call means stands in `decisions.py`; what can be made to go wrong around it, in `faults.py`.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import hmac
import secrets
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, TypeVar

import msgspec
from flask import Flask, Response, request
from msgspec import Meta
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from kiosk.portal.model import Applicant, Sha256, State, Status
from kiosk.sim.portal.decisions import Decisions
from kiosk.sim.portal.faults import MALFORMED, Fault, Faults
from kiosk.sim.portal.linkings import Entry, Given
from kiosk.sim.portal.signature import Refused
from kiosk.sim.portal.trust import RevocationUnknown

BASE = "/v1"
REQUEST_LIMIT = 64 * 1024
CMS_LIMIT = 16 * 1024
PROBLEM = "tag:kiosk.invalid,2026:"
STATUS = {  # of every problem; the contract's table
    "already_linked": 409,
    "release_first": 409,
    "terms_changed": 409,
    "no_licence": 422,
    "attributes_differ": 422,
    "certificate_expired": 422,
    "certificate_revoked": 422,
    "certificate_unknown": 422,
    "signature_invalid": 422,
    "expired": 410,
    "linking_unknown": 404,
    "linking_ended": 409,
    "not_held": 409,
    "idempotency_mismatch": 422,
    "malformed": 400,
    "not_found": 404,
    "method_not_allowed": 405,
    "closed": 503,
    "internal": 500,
}
T = TypeVar("T")
Key = Annotated[str, Meta(pattern=r"^[0-9A-Za-z-]{16,64}\Z")]


class Submission(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    cms: Annotated[str, Meta(min_length=4, max_length=4 * CMS_LIMIT // 3 + 4)]
    terms_sha256: Sha256


class Problem(Exception):
    """The answer is a problem document."""

    def __init__(self, name: str, status: int | None = None, opens_at: datetime | None = None) -> None:
        super().__init__(name)
        self.name, self.status, self.opens_at = name, status or STATUS[name], opens_at

    def response(self) -> Response:
        members: dict[str, object] = {
            "type": PROBLEM + self.name,
            "title": self.name.replace("_", " "),
            "status": self.status,
        }
        if self.opens_at is not None:
            members["opens_at"] = self.opens_at
        response = _answer(members, self.status, "application/problem+json")
        if self.name == "closed":
            wait = max(0, int((self.opens_at - datetime.now(UTC)).total_seconds())) if self.opens_at else 60
            response.headers["Retry-After"] = str(wait)
        return response


def make_app(decisions: Decisions, faults: Faults) -> Flask:
    app = Flask("kiosk.sim.portal", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = REQUEST_LIMIT
    app.url_map.strict_slashes = True
    secret = secrets.token_bytes(32)  # bodies are compared by a keyed digest
    begun: dict[tuple[str, str], Entry] = {}  # what began under an idempotency key
    begun_lock = threading.Lock()

    # -- the calls -------------------------------------------------------------------------------------------------

    @app.get(BASE + "/status", endpoint="status")
    def status() -> Response:
        return _answer(Status("open"))

    @app.post(BASE + "/linkings", endpoint="begin")
    def begin() -> Response:
        place = _owner(), _key()
        with begun_lock:
            for known, entry in list(begun.items()):
                if decisions.linkings.find(entry.owner, entry.linking.id) is None:
                    del begun[known]  # forgotten, and its key with it
            if place not in begun:
                begun[place] = decisions.begin(_owner())
            entry = begun[place]
        return once(entry, lambda: _answer(entry.linking, 201))

    @app.get(BASE + "/linkings/<name>", endpoint="state")
    def state(name: str) -> Response:
        return _answer(find(name).view())

    @app.put(BASE + "/linkings/<name>/applicant", endpoint="hold")
    def hold(name: str) -> Response:
        entry = find(name)
        applicant = _body(Applicant)

        def work() -> Response:
            _still_open(entry)
            return _answer(decisions.hold(entry, applicant))

        return once(entry, work)

    @app.post(BASE + "/linkings/<name>/signature", endpoint="submit")
    def submit(name: str) -> Response:
        entry = find(name)
        submission = _body(Submission)
        cms = _base64(submission.cms)

        def work() -> Response:
            _still_open(entry)
            if entry.state is State.BEGUN:
                raise Problem("not_held")
            try:
                return _answer(decisions.submit(entry, cms, submission.terms_sha256))
            except Refused as refused:
                raise Problem(refused.reason.value) from None
            except RevocationUnknown:
                raise Problem("closed") from None

        return once(entry, work)

    @app.post(BASE + "/linkings/<name>/cancellation", endpoint="cancel")
    def cancel(name: str) -> Response:
        entry = find(name)

        def work() -> Response:
            if not entry.ended:
                entry.end(State.CANCELLED)
            return _answer(entry.view())

        return once(entry, work)

    # -- what surrounds them ---------------------------------------------------------------------------------------

    def find(name: str) -> Entry:
        entry = decisions.linkings.find(_owner(), name)
        if entry is None:
            raise Problem("linking_unknown")
        return entry

    def once(entry: Entry, work: Callable[[], Response]) -> Response:
        """Do it, or answer as before when this key has been used for it. A second request waits for the first."""
        place = str(request.endpoint), _key()
        body = hmac.digest(secret, request.get_data(), hashlib.sha256)
        with entry.lock:
            if (given := entry.given.get(place)) is not None:
                if not hmac.compare_digest(given.body, body):
                    raise Problem("idempotency_mismatch")
                return Response(given.content, given.status, mimetype=given.media)
            try:
                response = work()
            except Problem as problem:
                response = problem.response()
            if response.status_code < 500 and not (place[0] == "hold" and entry.ended):
                entry.given[place] = Given(body, response.status_code, response.mimetype or "", response.get_data())
            return response

    @app.before_request
    def fail_before() -> Response | None:
        call = str(request.endpoint)
        if (seconds := faults.strikes(Fault.SLOW, call)) is not None:
            faults.stall(float(seconds or 30))
        if faults.strikes(Fault.CUT, call) is not None:
            return _cut()
        if faults.strikes(Fault.SERVER_ERROR, call) is not None:
            return Response("Internal Server Error", 500, mimetype="text/plain")
        if call != "state" and (minutes := faults.strikes(Fault.CLOSED, call)) is not None:
            opens_at = datetime.now(UTC) + timedelta(minutes=float(minutes)) if minutes else None
            raise Problem("closed", opens_at=opens_at)
        return None

    @app.after_request
    def fail_after(response: Response) -> Response:
        call = str(request.endpoint)
        if faults.strikes(Fault.LOST_ANSWER, call) is not None:
            return _cut()
        if (kind := faults.strikes(Fault.MALFORMED, call)) is not None:
            return _spoilt(response, kind)
        if (seconds := faults.strikes(Fault.TRICKLE, call)) is not None:
            content = response.get_data()
            response.response = _trickle(faults, content, float(seconds or 0.5))
            response.content_length = len(content)
        return response

    @app.errorhandler(Problem)
    def problem(error: Problem) -> Response:
        return error.response()

    @app.errorhandler(HTTPException)
    def http_problem(error: HTTPException) -> Response:
        if isinstance(error, RequestEntityTooLarge):
            return Problem("malformed", 413).response()
        name = {404: "not_found", 405: "method_not_allowed"}.get(error.code or 0, "malformed")
        response = Problem(name).response()
        if error.code == 405:
            response.headers["Allow"] = ", ".join(sorted(getattr(error, "valid_methods", None) or ()))
        return response

    @app.errorhandler(Exception)
    def internal(error: Exception) -> Response:
        print(f"sandbox portal: {request.endpoint} failed: {type(error).__name__}", file=sys.stderr)
        return Problem("internal").response()

    return app


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


def _answer(content: object, status: int = 200, media: str = "application/json") -> Response:
    return Response(msgspec.json.encode(content), status, mimetype=media)


def _cut() -> Response:
    """End the connection under the answer, whatever it is."""
    connection: socket.socket = request.environ["werkzeug.socket"]
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    return Response()


def _spoilt(response: Response, kind: str) -> Response:
    content, media = response.get_data(), response.mimetype
    if kind == "truncated":
        return Response(content[: len(content) // 2], response.status_code, mimetype=media)
    if kind == "wrong_media":
        return Response(content, response.status_code, mimetype="text/html")
    return Response(MALFORMED[kind], response.status_code, mimetype=media)


def _trickle(faults: Faults, content: bytes, seconds: float) -> Iterator[bytes]:
    for place in range(len(content)):
        yield content[place : place + 1]
        faults.stall(seconds)
