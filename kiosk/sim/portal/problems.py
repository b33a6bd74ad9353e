"""The contract's problems: their names, their status codes, and the document that each is answered with."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import msgspec
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

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
    "not_linked": 409,
    "release_not_here": 409,
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
        response = Response(msgspec.json.encode(members), self.status, mimetype="application/problem+json")
        if self.opens_at is not None:
            response.headers["Retry-After"] = str(max(0, int((self.opens_at - datetime.now(UTC)).total_seconds())))
        return response


def answer_with_problems(app: Flask) -> None:
    """Whatever an application refuses by itself, or fails at, is a problem of the contract too."""

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
