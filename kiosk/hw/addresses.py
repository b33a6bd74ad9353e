"""A connection to a name within a time, all told: what finding the name takes, and every address it stands for.

The resolver cannot be told to give up, and with a name server that does not answer it takes half a minute. A name may
have an address at which nobody answers, not even with a refusal, before one at which somebody does.
"""

from __future__ import annotations

import socket
from collections.abc import Callable

from kiosk.hw import supervise


def look_up(host: str, port: int, seconds: float) -> list[tuple[str, int]]:
    """The addresses that `host` stands for. Raises OSError, UnicodeError for what can be no name, and TimeoutError."""
    try:
        found = supervise.within(
            seconds, f"looking up {host}", lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        )
    except supervise.Hung as hung:
        raise TimeoutError(str(hung)) from None
    return list(dict.fromkeys((str(address[0]), port) for *_, address in found))


def connect(host: str, port: int, left: Callable[[], float]) -> socket.socket:
    """Try each address; each has its share of the seconds that are left. `left` may raise TimeoutError. Raises as
    `look_up`."""
    addresses = look_up(host, port, left())
    for at, address in enumerate(addresses, 1):
        try:
            return socket.create_connection(address, left() / (len(addresses) - at + 1))
        except OSError:
            if at == len(addresses):
                raise
    raise OSError(f"{host} has no address")
