"""Whom the server answers while a person stands at step 7: their page, and nobody else on the machine.

The page is the protocol's visitor. What needs no person is tried on a bare server (tests/web/test_connections.py).
"""

from __future__ import annotations

import http.client
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import websocket

from bench.visitor import Visitor
from kiosk.web.connections import HEAD_SECONDS
from tests.nobody import needs_root, nobody_says
from tests.raw_http import HALF, raw
from tests.stage import Stage

WHO = "excellent"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with Stage(tmp_path_factory.mktemp("connections")) as stage:
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
    assert b"HTTP/1.1 200" in raw(stage.port, heads[4].replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
    began = time.monotonic()
    assert nobody_says(lambda: b"heard:" + b"".join(raw(stage.port, head, family) for head in heads)) == b"heard:"
    assert time.monotonic() - began < HEAD_SECONDS, "turned away at once, not when a deadline has passed"


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
        visitor.touch("start", "link").leave()
    with Visitor(stage.port) as visitor:
        assert visitor.key != key
        assert get(stage, site_of(stage), "/paper.png", key)[0] == 403
        assert get(stage, site, "/paper.png", key)[0] == 421
    assert not any(key.partition("=")[2] in line for line in stage.log)
