"""Whom the server answers, and what keeps the page waiting: nothing that anybody else on the machine does.

The page is the protocol's visitor; what must never be seen is asked for while a person stands at step 7.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import websocket

from bench.visitor import Visitor
from kiosk.services.server import CONNECTIONS, THREADS
from kiosk.web.door import HEAD_BYTES, HEAD_SECONDS
from tests.nobody import needs_root, nobody_does, nobody_says
from tests.stage import Stage

WHO = "excellent"
HALF = b"GET / HTTP/1.1\r\nHost: "
LONGEST_SECONDS = HEAD_SECONDS + 1.5  # gunicorn looks at its clock once a second


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with Stage(tmp_path_factory.mktemp("door")) as stage:
        yield stage


@pytest.fixture
def visitor(stage: Stage) -> Iterator[Visitor]:
    """A person at step 7, whose four attributes stand on the screen."""
    with Visitor(stage.port) as visitor:
        visitor.touch("start", "link", "next", "next", "next", "next").finds("is-set-card")
        stage.put_in(WHO)
        visitor.touch(*(f"key:{key}" for key in stage.people[WHO].pins.text), "next").finds("is-confirm")
        yield visitor
        worker = stage.worker
        visitor.touch("leave", "leave_now").finds("is-take-card")
        stage.take_out()
    while Path(f"/proc/{worker}").exists():
        time.sleep(0.02)


def get(stage: Stage, host: str, path: str, cookie: str = "") -> tuple[int, bytes, str]:
    """Status, body and where it leads to."""
    connection = http.client.HTTPConnection("127.0.0.1", stage.port, timeout=5)
    connection.request("GET", path, headers={"Host": host, **({"Cookie": cookie} if cookie else {})})
    answer = connection.getresponse()
    return answer.status, answer.read(), answer.headers.get("Location", "")


def site_of(stage: Stage) -> str:
    return urlsplit(get(stage, f"127.0.0.1:{stage.port}", "/")[2]).netloc


def raw(stage: Stage, head: bytes, family: socket.AddressFamily = socket.AF_INET) -> bytes:
    """All that comes back until the connection is closed."""
    heard = b""
    with socket.socket(family) as client:
        client.settimeout(LONGEST_SECONDS + 2)
        client.connect(("127.0.0.1" if family is socket.AF_INET else "::ffff:127.0.0.1", stage.port))
        try:
            client.sendall(head)
            while piece := client.recv(65536):
                heard += piece
        except ConnectionError:
            pass
    return heard


def loads(stage: Stage, times: int = 30) -> list[float]:
    """Seconds that a new page's first answer takes, again and again."""
    took = []
    host = site_of(stage)
    for _ in range(times):
        began = time.perf_counter()
        assert get(stage, host, "/alive")[0] == 204
        took.append(time.perf_counter() - began)
        time.sleep(0.005)
    return took


# -- another user


@needs_root
@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6], ids=["IPv4", "IPv6"])
def test_another_user_is_told_nothing_whatever_is_asked(
    stage: Stage, visitor: Visitor, family: socket.AddressFamily
) -> None:
    site = site_of(stage)
    door = f"127.0.0.1:{stage.port}"
    upgrade = (
        f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: {site}\r\nOrigin: http://{site}\r\n"
        f"Cookie: {visitor.key}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    heads = [upgrade.encode(), HALF, b"\r\n\r\n", b""]
    for host in (site, door, "localhost"):
        for path in ("/", "/alive", "/paper.png", "/voice/now/1.wav", "/static/page.js", "/style.css", "/socket.io/"):
            heads.append(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nCookie: {visitor.key}\r\n\r\n".encode())
    assert b"HTTP/1.1 200" in raw(stage, heads[4].replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
    began = time.monotonic()
    assert nobody_says(lambda: b"heard:" + b"".join(raw(stage, head, family) for head in heads)) == b"heard:"
    assert time.monotonic() - began < HEAD_SECONDS, "turned away at once, not when a deadline has passed"


def hold(stage: Stage, count: int, sent: bytes) -> Callable[[Callable[[bytes], object]], None]:
    """Open connections, send the beginning of a request on each, and open each again that is closed, for ever."""

    def work(say: Callable[[bytes], object]) -> None:
        held: list[socket.socket] = []
        while True:
            while len(held) < count:
                client = socket.create_connection(("127.0.0.1", stage.port))
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
def test_another_users_connections_delay_nothing(stage: Stage, visitor: Visitor, sent: bytes) -> None:
    alone = loads(stage)
    with nobody_does(hold(stage, 200, sent)) as heard:
        os.read(heard, 1)
        beside = loads(stage)
    visitor.touch("size")  # and the page is still answered
    # The other user's own work takes its share of the two cores; a thread or a deadline waited for would be seconds.
    assert statistics.median(beside) < statistics.median(alone) + 0.05
    assert max(beside) < 0.5, (max(alone), max(beside))


# -- our own user, and so the browser


@pytest.mark.parametrize("sent", [b"", HALF], ids=["nothing", "half a head"])
def test_requests_that_are_never_finished_keep_no_page_waiting(stage: Stage, visitor: Visitor, sent: bytes) -> None:
    clients = [socket.create_connection(("127.0.0.1", stage.port)) for _ in range(4 * THREADS)]
    assert len(clients) < CONNECTIONS
    try:
        for client in clients:
            client.sendall(sent)
        assert max(loads(stage)) < 0.5
        for client in clients:
            client.settimeout(LONGEST_SECONDS)
            assert client.recv(1) == b"", "closed when its time is over"
    finally:
        for client in clients:
            client.close()


def test_a_head_that_comes_a_byte_at_a_time_has_no_more_time(stage: Stage, visitor: Visitor) -> None:
    with socket.create_connection(("127.0.0.1", stage.port)) as client:
        began = time.monotonic()
        try:
            for byte in HALF * 100:
                client.sendall(bytes([byte]))
                time.sleep(0.05)
        except ConnectionError:
            pass
        assert HEAD_SECONDS < time.monotonic() - began < LONGEST_SECONDS


def test_a_connection_that_is_kept_alive_has_its_deadline_too(stage: Stage, visitor: Visitor) -> None:
    head = f"GET /alive HTTP/1.1\r\nHost: {site_of(stage)}\r\n\r\n".encode()
    clients = [socket.create_connection(("127.0.0.1", stage.port), timeout=LONGEST_SECONDS) for _ in range(THREADS + 2)]
    try:
        for client in clients:
            for _ in range(3):
                client.sendall(head)
                assert client.recv(65536).startswith(b"HTTP/1.1 204")
        for client in clients:
            client.sendall(head[:-2])
        assert max(loads(stage)) < 0.5
        for client in clients:
            assert client.recv(1) == b""
    finally:
        for client in clients:
            client.close()


@pytest.mark.parametrize("more", [b"Content-Length: 10\r\n", b"Expect: 100-continue\r\n", b"X: " + b"x" * HEAD_BYTES])
def test_what_no_page_of_ours_sends_is_not_answered(stage: Stage, visitor: Visitor, more: bytes) -> None:
    began = time.monotonic()
    assert raw(stage, f"GET /alive HTTP/1.1\r\nHost: {site_of(stage)}\r\n".encode() + more + b"\r\n") == b""
    assert time.monotonic() - began < 1


def test_the_name_alone_shows_nothing_and_the_key_goes_with_the_session(stage: Stage) -> None:
    with Visitor(stage.port) as visitor:
        site, key = site_of(stage), visitor.key
        assert [get(stage, site, path)[0] for path in ("/paper.png", "/voice/now/1.wav")] == [403, 403]
        assert get(stage, site, "/paper.png", key)[0] == 404  # there is none yet
        assert get(stage, site, "/paper.png", f"{key}x")[0] == 403
        for cookie in (None, "key=", f"{key}x"):
            with pytest.raises(websocket.WebSocketException):
                line = websocket.create_connection(
                    f"ws://127.0.0.1:{stage.port}/socket.io/?EIO=4&transport=websocket",
                    host=site,
                    origin=f"http://{site}",
                    cookie=cookie,
                    timeout=5,
                )
                line.close()
        visitor.touch("start").leave()
    with Visitor(stage.port) as visitor:
        assert visitor.key != key
        assert get(stage, site_of(stage), "/paper.png", key)[0] == 403
        assert get(stage, site, "/paper.png", key)[0] == 421
    assert not any(key.partition("=")[2] in line for line in stage.log)
