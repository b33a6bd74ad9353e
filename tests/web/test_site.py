"""The name and the key of a session: what a page shows to be let in."""

from __future__ import annotations

import errno
import socket
from types import SimpleNamespace
from typing import Any, cast

import pytest
from flask import Flask
from werkzeug.test import Client

from kiosk.voice.mouth import Mouth
from kiosk.web.app import create
from kiosk.web.site import KEY, Site, port_fault, port_free

HERE = {"Host": "here.localhost:1"}


def test_two_sessions_have_neither_name_nor_key_in_common() -> None:
    first, second = Site.fresh(1), Site.fresh(1)
    assert first.host != second.host and first.key != second.key
    assert len(first.key) >= 22  # of 64 signs each: 128 bits
    assert first.key not in repr(first)


def test_why_nobody_can_listen_at_a_port_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        fault = port_fault(number)
    assert fault and (fault.errno, fault.strerror) == (errno.EADDRINUSE, "Address already in use")
    assert port_fault(number) is None and port_free(number)

    def refused(_address: object) -> socket.socket:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(socket, "create_server", refused)
    fault = port_fault(888)
    assert fault and fault.errno == errno.EACCES and not port_free(888)


@pytest.fixture
def app() -> Flask:
    mouth = SimpleNamespace(prompt=lambda name: None, live=lambda number: b"sound")
    return create(Site("here.localhost:1", frozenset({"127.0.0.1:1"}), "k" * 22), lambda: b"slip", cast(Mouth, mouth))


PERSONAL = ["/paper.png", "/voice/now/1.wav"]


@pytest.mark.parametrize("path", [*PERSONAL, "/voice/prompt.ogg"])
@pytest.mark.parametrize("cookie", ["", "key=", "key=kkk", f"key={'k' * 21}é", f"kay={'k' * 22}"])
def test_the_sites_name_alone_shows_nothing_of_the_person(app: Flask, path: str, cookie: str) -> None:
    answer = Client(app).get(path, headers={**HERE, **({"Cookie": cookie} if cookie else {})})
    assert answer.status_code == 403
    assert b"slip" not in answer.data and b"sound" not in answer.data


def test_the_page_brings_the_key_that_shows_it(app: Flask) -> None:
    client: Any = Client(app, use_cookies=False)
    brought = client.get("/", headers=HERE).headers["Set-Cookie"].split("; ")
    assert brought[0] == f"{KEY}={'k' * 22}"
    assert sorted(brought[1:]) == ["HttpOnly", "Path=/", "SameSite=Strict"], "no Domain, no end, no other site"
    for path in PERSONAL:
        assert client.get(path, headers={**HERE, "Cookie": brought[0]}).status_code == 200


def test_the_key_stands_in_nothing_that_the_door_or_the_page_says(app: Flask) -> None:
    client: Any = Client(app, use_cookies=False)
    door = client.get("/", headers={"Host": "127.0.0.1:1"})
    page = client.get("/", headers=HERE)
    assert "k" * 22 not in str(door.headers) + door.text + page.text
    assert "Set-Cookie" not in client.get("/alive", headers=HERE).headers


@pytest.mark.parametrize("path", ["/", "/alive"])
def test_the_page_of_a_session_that_has_ended_is_told_where_the_next_lives_and_a_page_from_elsewhere_is_not(
    app: Flask, path: str
) -> None:
    """A name in the world's DNS may lead to this machine; one that ends in .localhost can be no other's."""
    left = Client(app).get("/alive", headers={"Host": "0a1b.localhost:1"})
    assert (left.status_code, left.text) == (200, "http://here.localhost:1/")
    for host in ("evil.example:1", "0a1b.localhost.evil.example:1", "0a1b.localhost:1.evil.example", "0a1b:1"):
        assert "here" not in Client(app).get(path, headers={"Host": host}).text
