"""Where a session lives: a port of this machine, a name on it that nobody can guess, and the key that its page shows.

Kept apart from the application so that a command can ask about the port without loading what serves there.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field

KEY = "key"


@dataclass(frozen=True)
class Site:
    """Where one session lives."""

    host: str  # with port, as the Host header has it
    door: frozenset[str]  # the hosts that only lead there
    key: str = field(repr=False)  # what a page of this session shows, in the cookie KEY

    @property
    def origin(self) -> str:
        return f"http://{self.host}"

    @classmethod
    def fresh(cls, port: int) -> Site:
        """A name and a key that nobody can guess."""
        return cls(
            f"{secrets.token_hex(10)}.localhost:{port}",
            own_hosts(port),
            secrets.token_urlsafe(16),
        )

    def opens(self, cookies: Mapping[str, str]) -> bool:
        """Whether these cookies of a request show that it comes from a page of this session."""
        return secrets.compare_digest(cookies.get(KEY, "").encode(), self.key.encode())


def is_site(host: str) -> bool:
    """Whether a Host header names the site of some session: a name that no address but this machine's can have."""
    return re.fullmatch(r"[0-9a-f]+\.localhost(:[0-9]+)?", host) is not None


def own_hosts(port: int) -> frozenset[str]:
    """This machine's own names at a port, as a Host header has them."""
    return frozenset({f"127.0.0.1:{port}", f"localhost:{port}"})


def port_fault(number: int) -> OSError | None:
    """Why no server can listen at this port of 127.0.0.1: EADDRINUSE, it is taken; EACCES, it is not for this user."""
    try:
        socket.create_server(("127.0.0.1", number)).close()  # with SO_REUSEADDR, as gunicorn does
    except OSError as error:
        return OSError(error.errno, os.strerror(error.errno or 0))  # without the address that Python adds to it
    return None


def port_free(number: int) -> bool:
    return port_fault(number) is None


def kiosk_answers(number: int) -> bool | None:
    """Whether what answers at this port sends visitors to a session's site. None: nothing there can be asked."""
    connection = http.client.HTTPConnection("127.0.0.1", number, timeout=1)
    try:
        connection.connect()
    except TimeoutError:
        return False
    except OSError:  # nobody listens, or a firewall refuses it
        return None
    with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(connection):
        connection.request("GET", "/")
        site = connection.getresponse().headers.get("Location", "")
        return re.fullmatch(rf"http://[0-9a-f]+\.localhost:{number}/", site) is not None
    return False
