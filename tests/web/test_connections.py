"""Who is let in and who keeps whom waiting: gunicorn, a socket, and nothing else of the kiosk."""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from kiosk.services.server import CONNECTIONS, THREADS
from kiosk.web.connections import HEAD_BYTES, HEAD_SECONDS, is_whole
from tests.nobody import needs_root, nobody_does, nobody_says
from tests.raw_http import HALF, LONGEST_SECONDS, raw
from tests.stage import ROOT, free_port
from tests.web.bare_server import site


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    number = free_port()
    with subprocess.Popen([sys.executable, "-m", "tests.web.bare_server", str(number)], cwd=ROOT) as server:
        try:
            until = time.monotonic() + 20
            while time.monotonic() < until:
                with contextlib.suppress(OSError):
                    socket.create_connection(("127.0.0.1", number)).close()
                    break
                time.sleep(0.02)
            yield number
        finally:
            server.terminate()


def get(port: int, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    with contextlib.closing(connection):
        connection.request("GET", path, headers={"Host": site(port).host})
        return connection.getresponse().status


def loads(port: int, times: int = 30) -> list[float]:
    """Seconds that a new page's first answer takes, again and again."""
    took = []
    for _ in range(times):
        began = time.perf_counter()
        assert get(port, "/alive") == 204
        took.append(time.perf_counter() - began)
        time.sleep(0.005)
    return took


# -- a head

GET = b"GET / HTTP/1.1\r\nHost: here\r\n"


@pytest.mark.parametrize(
    "head", [GET + b"\r\n", GET + b"X: content-length\r\n\r\n", GET + b"X-Content-Length: 1\r\n\r\n"]
)
def test_a_whole_head_with_nothing_after_it_is_heard(head: bytes) -> None:
    assert is_whole(head)


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\r\n\r",
        GET,
        GET + b"\r\n" + b"x",  # a body, or a second request
        (GET + b"\r\n") * 2,
        GET + b"Content-Length: 10\r\n\r\n",
        GET + b"transfer-encoding : chunked\r\n\r\n",
        GET + b"EXPECT: 100-continue\r\n\r\n",
        GET + b"X: " + b"x" * HEAD_BYTES + b"\r\n\r\n",
    ],
)
def test_nothing_else_gets_a_thread(head: bytes) -> None:
    assert not is_whole(head)


# -- another user


@needs_root
@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6], ids=["IPv4", "IPv6"])
def test_another_user_is_told_nothing_whatever_is_asked(port: int, family: socket.AddressFamily) -> None:
    here, key = site(port).host, site(port).key
    heads = [HALF, b"\r\n\r\n", b""]
    for host in (here, f"127.0.0.1:{port}", "localhost"):
        for path in ("/", "/alive", "/paper.png", "/static/page.js", "/style.css", "/socket.io/", "/nowhere"):
            lines = (f"GET {path} HTTP/1.1", f"Host: {host}", f"Cookie: key={key}", "Connection: close", "", "")
            heads.append("\r\n".join(lines).encode())
    assert all(raw(port, head).startswith(b"HTTP/1.1 ") for head in heads[3:]), "we ourselves are told something"
    began = time.monotonic()
    assert nobody_says(lambda: b"heard:" + b"".join(raw(port, head, family) for head in heads)) == b"heard:"
    assert time.monotonic() - began < HEAD_SECONDS, "turned away at once, not when a deadline has passed"


@needs_root
def test_another_user_who_hangs_up_on_one_side_is_told_nothing_either(port: int) -> None:
    def ask() -> bytes:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
            client.sendall(b"GET / HTTP/1.1\r\n")
            client.shutdown(socket.SHUT_WR)
            return client.recv(1)

    assert nobody_says(ask) == b""
    assert get(port, "/alive") == 204


def hold(port: int, count: int, sent: bytes) -> Callable[[Callable[[bytes], object]], None]:
    """Open connections, send the beginning of a request on each, and open each again that is closed, for ever."""

    def work(say: Callable[[bytes], object]) -> None:
        held: list[socket.socket] = []
        while True:
            while len(held) < count:
                client = socket.create_connection(("127.0.0.1", port))
                client.setblocking(False)
                with contextlib.suppress(OSError):
                    client.send(sent)
                held.append(client)
            say(b"x")
            for client in held[: count // 4]:
                client.close()
            del held[: count // 4]
            time.sleep(0.01)

    return work


@needs_root
@pytest.mark.parametrize("sent", [b"", HALF], ids=["nothing", "half a head"])
def test_another_users_connections_delay_nothing(port: int, sent: bytes) -> None:
    alone = loads(port)
    with nobody_does(hold(port, 200, sent)) as heard:
        os.read(heard, 1)
        beside = loads(port)
    # The other user's own work takes its share of the two cores; a thread or a deadline waited for would be seconds.
    assert statistics.median(beside) < statistics.median(alone) + 0.05
    assert max(beside) < 0.5, (max(alone), max(beside))


# -- our own user, and so the browser


@pytest.mark.parametrize("sent", [b"", HALF], ids=["nothing", "half a head"])
def test_requests_that_are_never_finished_keep_no_page_waiting(port: int, sent: bytes) -> None:
    clients = [socket.create_connection(("127.0.0.1", port)) for _ in range(4 * THREADS)]
    assert len(clients) < CONNECTIONS
    try:
        for client in clients:
            client.sendall(sent)
        assert max(loads(port)) < 0.5
        for client in clients:
            client.settimeout(LONGEST_SECONDS)
            assert client.recv(1) == b"", "closed when its time is over"
    finally:
        for client in clients:
            client.close()


def test_a_head_that_comes_a_byte_at_a_time_has_no_more_time(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as client:
        began = time.monotonic()
        try:
            for byte in HALF * 100:
                client.sendall(bytes([byte]))
                time.sleep(0.05)
        except ConnectionError:
            pass
        assert HEAD_SECONDS < time.monotonic() - began < LONGEST_SECONDS


def test_a_connection_that_is_kept_alive_has_its_deadline_too(port: int) -> None:
    head = f"GET /alive HTTP/1.1\r\nHost: {site(port).host}\r\n\r\n".encode()
    clients = [socket.create_connection(("127.0.0.1", port), timeout=LONGEST_SECONDS) for _ in range(THREADS + 2)]
    try:
        for client in clients:
            for _ in range(3):
                client.sendall(head)
                assert client.recv(65536).startswith(b"HTTP/1.1 204")
        for client in clients:
            client.sendall(head[:-2])
        assert max(loads(port)) < 0.5
        for client in clients:
            assert client.recv(1) == b""
    finally:
        for client in clients:
            client.close()


@pytest.mark.parametrize("more", [b"Content-Length: 10\r\n", b"Expect: 100-continue\r\n", b"X: " + b"x" * HEAD_BYTES])
def test_what_no_page_of_ours_sends_is_not_answered(port: int, more: bytes) -> None:
    began = time.monotonic()
    assert raw(port, f"GET /alive HTTP/1.1\r\nHost: {site(port).host}\r\n".encode() + more + b"\r\n") == b""
    assert time.monotonic() - began < HEAD_SECONDS
