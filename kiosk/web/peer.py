"""Whose a connection is: the kernel says which user made the socket at its other end.

Whoever is on this machine can connect to a port of it, and nothing that a program sends proves which user runs it. The
kernel knows: on the same machine the other end is a socket too, and a socket has an owner. sock_diag(7) is asked for
just that one, by its two addresses; it takes some ten microseconds, however many connections there are (/proc/net/tcp
would be read to its end, and grows with every connection that somebody opens). A socket of IPv6 that has come by way
of ::ffff:127.0.0.1 is found by the same question.

The owner is believed only of an end that is connected and still held by a process. An end that was closed belongs to
nobody any more, and the kernel then says 0, which is root's number.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import socket
import struct

SCREEN = "kiosk-browser"  # the user of the screen (systemd/kiosk-browser.service)

Address = tuple[str, int]

# linux/netlink.h, linux/sock_diag.h, linux/inet_diag.h, net/tcp_states.h
NETLINK_SOCK_DIAG = 4
SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST = 20, 1
ESTABLISHED = 1
ANY_STATE, ANY_INTERFACE, NO_COOKIE = 0xFFFF_FFFF, 0, 0xFFFF_FFFF
HEADER = struct.Struct("=IHHII")  # nlmsghdr: length, type, flags, number, port
QUESTION = struct.Struct("=BBBBI")  # inet_diag_req_v2: family, protocol, extensions, -, states
ENDS = struct.Struct("!HH4s12x4s12x")  # inet_diag_sockid: ports and addresses, in network order …
REST = struct.Struct("=III")  # … and interface and cookie, in ours
ANSWER = struct.Struct("=xB2x48x12xII")  # inet_diag_msg: state; owner and inode
LONGEST_ANSWER = 4096  # bytes
SOON_SECONDS = 1.0  # the kernel answers before the question returns


class Peers:
    """Asks the kernel whose the other ends are. Not for two threads at once.

    Raises OSError when the kernel cannot be asked.
    """

    def __init__(self) -> None:
        self._kernel = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_SOCK_DIAG)
        self._kernel.settimeout(SOON_SECONDS)
        self._kernel.connect((0, 0))
        self._number = 0

    def owner(self, connection: socket.socket) -> int | None:
        """The uid of whoever holds the other end of a TCP connection within this machine; None: nobody does."""
        return self._ask(connection.getpeername(), connection.getsockname())

    def close(self) -> None:
        self._kernel.close()

    def _ask(self, there: Address, here: Address) -> int | None:
        question = QUESTION.pack(socket.AF_INET, socket.IPPROTO_TCP, 0, 0, ANY_STATE)
        question += ENDS.pack(there[1], here[1], socket.inet_aton(there[0]), socket.inet_aton(here[0]))
        question += REST.pack(ANY_INTERFACE, NO_COOKIE, NO_COOKIE)
        self._number = self._number % ANY_STATE + 1
        header = HEADER.pack(HEADER.size + len(question), SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST, self._number, 0)
        self._kernel.send(header + question)
        while True:
            answer = self._kernel.recv(LONGEST_ANSWER)
            _length, kind, _flags, number, _port = HEADER.unpack_from(answer)
            if number == self._number:
                break  # else: late, to a question that was given up
        if kind != SOCK_DIAG_BY_FAMILY or len(answer) < HEADER.size + ANSWER.size:
            return None
        state, owner, inode = ANSWER.unpack_from(answer, HEADER.size)
        return int(owner) if state == ESTABLISHED and inode else None


def known() -> frozenset[int]:
    """The users that are answered: our own, and the screen's where there is one."""
    users = {os.geteuid()}
    with contextlib.suppress(KeyError):  # not on this machine: a demo's browser is run by whoever runs the demo
        users.add(pwd.getpwnam(SCREEN).pw_uid)
    return frozenset(users)


def can_tell() -> bool:
    """Whether this kernel answers the question at all: tried with a connection of our own."""
    try:
        with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
            connection, _ = server.accept()
            with connection:
                peers = Peers()
                try:
                    return peers.owner(connection) == os.geteuid()
                finally:
                    peers.close()
    except OSError:
        return False
