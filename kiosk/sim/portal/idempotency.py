"""Idempotency keys: what has been done under a key is not done again, but answered as before.

A request's answers are kept with it (`Entry.given`) and go with it. The bodies they answered are compared by a
digest under a key of this process, so that nothing about an applicant can be guessed from what is kept.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from collections.abc import Callable

from flask import Response

from kiosk.sim.portal.problems import Problem
from kiosk.sim.portal.requests import Entry, Given, Requests


class Idempotency:
    def __init__(self, requests: Requests) -> None:
        self._requests = requests
        self._secret = secrets.token_bytes(32)
        self._begun: dict[tuple[str, str], Entry] = {}  # by owner and key
        self._lock = threading.Lock()

    def begin(self, owner: str, key: str, begin: Callable[[], Entry]) -> Entry:
        """The request that began under this key, begun now if none has."""
        with self._lock:
            for known, entry in list(self._begun.items()):
                if self._requests.find(entry.owner, entry.request.id) is None:
                    del self._begun[known]  # forgotten, and its key with it
            if (owner, key) not in self._begun:
                self._begun[owner, key] = begin()
            return self._begun[owner, key]

    def once(self, entry: Entry, call: str, key: str, content: bytes, work: Callable[[], Response]) -> Response:
        """Do it, or answer as before when this key has been used for it. A second request waits for the first.

        call: its name; content: the request's body. Raises `Problem` when the key came with another body.
        """
        body = hmac.digest(self._secret, content, hashlib.sha256)
        with entry.lock:
            if (given := entry.given.get((call, key))) is not None:
                if not hmac.compare_digest(given.body, body):
                    raise Problem("idempotency_mismatch")
                return Response(given.content, given.status, mimetype=given.media)
            try:
                response = work()
            except Problem as problem:
                response = problem.response()
            if response.status_code < 500 and not (call == "hold" and entry.ended):
                entry.given[call, key] = Given(body, response.status_code, response.mimetype or "", response.get_data())
            return response
