"""What the ends of QEMU's sockets share."""

from __future__ import annotations

import socket


def exactly(line: socket.socket, count: int) -> bytes:
    """So many bytes. Raises EOFError when the other end has gone."""
    got = b""
    while len(got) < count:
        part = line.recv(count - len(got))
        if not part:
            raise EOFError
        got += part
    return got
