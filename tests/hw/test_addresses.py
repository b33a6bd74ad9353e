"""A connection is there, or not, within its time, whatever name and addresses do."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from kiosk.hw import addresses

SECONDS = 1.0


@pytest.fixture
def listener() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


def within(seconds: float) -> Callable[[], float]:
    end = time.monotonic() + seconds
    return lambda: max(0.0, end - time.monotonic())


def resolves_to(monkeypatch: pytest.MonkeyPatch, *hosts: str) -> None:
    real = socket.getaddrinfo

    def resolve(name: str, *arguments: Any, **more: Any) -> Any:
        return [(2, 1, 6, "", (host, 0)) for host in hosts] if name == "name.test" else real(name, *arguments, **more)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)


def test_the_first_address_that_takes_it_is_used(listener: int, monkeypatch: pytest.MonkeyPatch) -> None:
    resolves_to(monkeypatch, "127.0.0.2", "127.0.0.2", "127.0.0.1", "127.0.0.3")
    with addresses.connect("name.test", listener, within(SECONDS)) as connection:
        assert connection.getpeername() == ("127.0.0.1", listener)


def test_the_last_refusal_is_told_and_a_name_without_an_address_is_one(
    listener: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolves_to(monkeypatch, "127.0.0.2", "127.0.0.3")
    with pytest.raises(ConnectionRefusedError):
        addresses.connect("name.test", listener, within(SECONDS))
    resolves_to(monkeypatch)
    with pytest.raises(OSError, match="no address"):
        addresses.connect("name.test", listener, within(SECONDS))


def test_a_resolver_that_does_not_answer_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: threading.Event().wait(20))
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        addresses.connect("name.test", 9, within(0.3))
    assert 0.3 <= time.monotonic() - began < 10


def test_each_address_has_its_share_of_what_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[tuple[str, float]] = []

    def silent(address: tuple[str, int], timeout: float) -> socket.socket:
        tried.append((address[0], timeout))
        raise TimeoutError

    resolves_to(monkeypatch, "192.0.2.1", "192.0.2.2", "192.0.2.3")
    monkeypatch.setattr(socket, "create_connection", silent)
    with pytest.raises(TimeoutError):
        addresses.connect("name.test", 9, lambda: 3.0)
    assert tried == [("192.0.2.1", 1.0), ("192.0.2.2", 1.5), ("192.0.2.3", 3.0)]
