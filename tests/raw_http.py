"""Half of a request, and all that comes back to what was sent: for what no client of HTTP would send."""

from __future__ import annotations

import socket

from kiosk.web.connections import HEAD_SECONDS

HALF = b"GET / HTTP/1.1\r\nHost: "
LONGEST_SECONDS = HEAD_SECONDS + 1.5  # gunicorn looks at its clock once a second


def raw(port: int, head: bytes, family: socket.AddressFamily = socket.AF_INET) -> bytes:
    """All that comes back until the connection is closed."""
    heard = b""
    with socket.socket(family) as client:
        client.settimeout(LONGEST_SECONDS + 2)
        client.connect(("127.0.0.1" if family is socket.AF_INET else "::ffff:127.0.0.1", port))
        try:
            client.sendall(head)
            while piece := client.recv(65536):
                heard += piece
        except ConnectionError:
            pass
    return heard
