"""A server that holds the portal's key but not to HTTP's manners. What the sandbox cannot be made to do, it does."""

from __future__ import annotations

import contextlib
import gzip
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import msgspec
import pytest

from kiosk.config.kiosk import Portal
from kiosk.portal.client import PortalBroken, PortalClient, PortalUnreachable
from kiosk.portal.exchange import ANSWER_LIMIT
from kiosk.sim.portal.sandbox import Sandbox

OPEN = b'{"status":"open"}'
JSON = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@dataclass
class Hostile:
    """Answers every request with the bytes of `say`, as long as somebody takes them."""

    context: ssl.SSLContext
    say: Callable[[], Iterator[bytes]] = lambda: iter(())
    heard: int = 0
    said: int = 0
    listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))

    def run(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), self.context.wrap_socket(connection, server_side=True) as secured:
            self.heard += len(secured.recv(65536)) > 0
            for piece in self.say():
                secured.sendall(piece)
                self.said += len(piece)


@pytest.fixture
def hostile(sandbox: Sandbox) -> Iterator[Hostile]:
    server = Hostile(sandbox.files.server_context())
    threading.Thread(target=server.run, daemon=True).start()
    yield server
    server.listener.shutdown(socket.SHUT_RDWR)
    server.listener.close()


@pytest.fixture
def victim(hostile: Hostile, settings: Portal) -> PortalClient:
    port = hostile.listener.getsockname()[1]
    url = f"https://127.0.0.1:{port}/v1"
    return PortalClient(msgspec.structs.replace(settings, url=url, timeout_seconds=1.0, retry_after_seconds=0.1))


def answers(*pieces: bytes) -> Callable[[], Iterator[bytes]]:
    return lambda: iter(pieces)


def endless(head: bytes, piece: bytes, pause: float = 0.0) -> Callable[[], Iterator[bytes]]:
    def say() -> Iterator[bytes]:
        yield head
        while True:
            yield piece
            time.sleep(pause)

    return say


def whole(body: bytes, *headers: bytes) -> bytes:
    return JSON + b"".join(headers) + b"Content-Length: %d\r\n\r\n" % len(body) + body


def test_the_server_can_be_believed_when_it_behaves(victim: PortalClient, hostile: Hostile) -> None:
    hostile.say = answers(whole(OPEN))
    assert victim.reachable() is True


def test_an_answer_may_take_longer_than_a_connection(victim: PortalClient, hostile: Hostile) -> None:
    """It has until the deadline."""

    def say() -> Iterator[bytes]:
        time.sleep(1.0)
        yield whole(OPEN)

    hostile.say = say
    settings = msgspec.structs.replace(victim._settings, connect_timeout_seconds=0.5, timeout_seconds=5.0)
    assert PortalClient(settings).reachable() is True


@pytest.mark.parametrize("interim", [(100,), (102,), (103,), (100, 102, 103, 103), (199,)], ids=str)
def test_what_is_said_before_the_answer_is_skipped(
    victim: PortalClient, hostile: Hostile, interim: tuple[int, ...]
) -> None:
    before = b"".join(b"HTTP/1.1 %d Wait\r\nLink: </a>; rel=preload\r\n\r\n" % each for each in interim)
    hostile.say = answers(before + whole(OPEN))
    assert victim.reachable() is True


@pytest.mark.parametrize("status", [408, 425, 429])
def test_a_portal_that_is_too_busy_once_is_asked_again(victim: PortalClient, hostile: Hostile, status: int) -> None:
    busy = b"HTTP/1.1 %d Not Now\r\nContent-Length: 0\r\n\r\n" % status
    hostile.say = lambda: iter([busy if hostile.heard == 1 else whole(OPEN)])
    assert victim.reachable() is True
    hostile.say = answers(busy)
    with pytest.raises(PortalUnreachable):
        victim.begin()


def test_nothing_is_decompressed(victim: PortalClient, hostile: Hostile) -> None:
    hostile.say = answers(whole(gzip.compress(OPEN), b"Content-Encoding: gzip\r\n"))
    assert victim.reachable() is False
    with pytest.raises(PortalBroken):
        victim.begin()


def test_an_endless_answer_is_left_soon_after_the_limit(victim: PortalClient, hostile: Hostile) -> None:
    hostile.say = endless(JSON + b"\r\n", b" " * 16384)
    started = time.monotonic()
    with pytest.raises(PortalBroken):
        victim.begin()
    assert time.monotonic() - started < 5
    assert hostile.said < ANSWER_LIMIT + 8 * 2**20  # what fits into the sockets between


@pytest.mark.parametrize(
    "say",
    [
        endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.01),
        endless(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n", 0.01),
        endless(b"HTTP/1.1 200 OK\r\n", b"X", 0.01),
        endless(JSON + b"Content-Length: 100000\r\n\r\n", b" ", 0.01),
        endless(JSON + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n", 0.01),
        endless(b"", b"", 0.1),
    ],
    ids=["interim answers", "hints", "a header", "a body", "chunks", "silence"],
)
def test_dripping_does_not_outlast_the_deadline(
    victim: PortalClient, hostile: Hostile, say: Callable[[], Iterator[bytes]]
) -> None:
    hostile.say = say
    started = time.monotonic()
    with pytest.raises(PortalUnreachable):
        victim.begin()
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200\r\n",
        b"\x00" * 1000,
        JSON + b"Content-Length: 1000\r\n\r\n" + OPEN,
        JSON + b"Content-Length: -1\r\n\r\n" + OPEN[:-1],
        JSON + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n" + OPEN,
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n" + OPEN,
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000 + b"\r\n\r\n" + OPEN,
    ],
)
def test_what_is_not_a_whole_answer_is_none(victim: PortalClient, hostile: Hostile, answer: bytes) -> None:
    hostile.say = answers(answer)
    assert victim.reachable() is False


def test_a_redirect_is_not_followed(victim: PortalClient, hostile: Hostile, sandbox: Sandbox) -> None:
    target = f"{sandbox.settings.url}/status".encode()
    hostile.say = answers(b"HTTP/1.1 307 Go\r\nLocation: " + target + b"\r\nContent-Length: 0\r\n\r\n")
    assert victim.reachable() is False
    with pytest.raises(PortalBroken):
        victim.begin()


def test_tls_1_2_is_not_spoken(victim: PortalClient, hostile: Hostile) -> None:
    hostile.say = answers(whole(OPEN))
    hostile.context.minimum_version = ssl.TLSVersion.TLSv1_2
    hostile.context.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(PortalUnreachable) as unreachable:
        victim.begin()
    assert unreachable.value.sent == "no"
    assert hostile.heard == 0
