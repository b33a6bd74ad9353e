"""Whose a connection is, by the kernel's word."""

from __future__ import annotations

import os
import pwd
import socket
from collections.abc import Iterator

import pytest

from kiosk.web import peer
from kiosk.web.peer import Peers, can_tell, known
from tests.nobody import NOBODY, needs_root, nobody_does


@pytest.fixture
def server() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(5)
        yield server


@pytest.fixture
def peers() -> Iterator[Peers]:
    peers = Peers()
    yield peers
    peers.close()


def test_our_own_connection_is_ours(server: socket.socket, peers: Peers) -> None:
    with socket.create_connection(server.getsockname()), server.accept()[0] as connection:
        assert peers.owner(connection) == os.geteuid()
    assert can_tell()


def test_a_socket_of_ipv6_that_comes_this_way_has_an_owner_too(server: socket.socket, peers: Peers) -> None:
    with socket.socket(socket.AF_INET6) as client:
        client.connect(("::ffff:127.0.0.1", server.getsockname()[1]))
        with server.accept()[0] as connection:
            assert peers.owner(connection) == os.geteuid()


@needs_root
@pytest.mark.parametrize(("family", "host"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::ffff:127.0.0.1")])
def test_another_users_connection_is_that_users(
    server: socket.socket, peers: Peers, family: socket.AddressFamily, host: str
) -> None:
    def connect(say: object) -> None:
        with socket.socket(family) as client:
            client.connect((host, server.getsockname()[1]))
            client.recv(1)

    with nobody_does(connect), server.accept()[0] as connection:
        assert peers.owner(connection) == NOBODY


@pytest.mark.parametrize("how", ["closed", "half closed", "reset"])
def test_an_end_that_was_closed_is_nobodys_and_not_roots(server: socket.socket, peers: Peers, how: str) -> None:
    client = socket.create_connection(server.getsockname())
    with client, server.accept()[0] as connection:
        if how == "half closed":
            client.shutdown(socket.SHUT_WR)
        elif how == "reset":
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        if how != "half closed":
            client.close()
        try:
            owner = peers.owner(connection)
        except OSError:
            owner = None  # it has no other end any more
        assert owner is None


def test_many_questions_have_each_their_own_answer(server: socket.socket, peers: Peers) -> None:
    clients = [socket.create_connection(server.getsockname()) for _ in range(50)]
    connections = [server.accept()[0] for _ in clients]
    for client in clients[::2]:
        client.close()
    owners = [peers.owner(connection) for connection in connections]
    assert owners == [None if at % 2 == 0 else os.geteuid() for at in range(50)]
    for each in (*clients, *connections):
        each.close()


def test_the_screens_user_and_our_own_are_known_and_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    somebody = pwd.getpwuid(NOBODY)
    monkeypatch.setattr(peer, "SCREEN", "no-such-user")
    assert known() == {os.geteuid()}
    monkeypatch.setattr(peer, "SCREEN", somebody.pw_name)
    assert known() == {os.geteuid(), NOBODY}
