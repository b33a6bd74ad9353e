"""Who comes in, and how long they may take to say what they want: gunicorn's threads, and what stands before them.

The server has few threads, and one that waits for the rest of a request is one less for the page. So nobody gets one
before two things are known, both found out without waiting:

1. *Whose the connection is* (`peer.py`). Only the screen's user and our own are answered. Everybody else's connection
   is closed at once, before a byte of it was read: no status, no redirect, no name of a site.
2. *What is wanted.* The head of a request is gathered as it comes, and must be whole within HEAD_SECONDS, on a
   connection that was kept alive as much as on a new one; it is no longer than HEAD_BYTES, and nothing follows it, for
   nothing that is asked here has a body. A head that is whole goes to a thread, which has nothing left to wait for.

A connection on which nothing is said, as browsers open them in advance, costs a descriptor and no thread.
"""

from __future__ import annotations

import re
import selectors
import socket
import time
from functools import partial

from gunicorn.http import get_parser  # type: ignore[import-untyped]
from gunicorn.workers.gthread import TConn, ThreadWorker  # type: ignore[import-untyped]

from kiosk.web.peer import Peers, known

HEAD_SECONDS = 2.0  # within this machine a request comes whole, in one piece
HEAD_BYTES = 8192
AT_ONCE = 64  # connections taken before those that are there are looked at again

END = b"\r\n\r\n"
BODY = re.compile(rb"\r\n(content-length|transfer-encoding|expect)[ \t]*:", re.IGNORECASE)


class GuardedWorker(ThreadWorker):  # type: ignore[misc]
    """The worker of gunicorn with threads; it hears only whom it knows, and starts no thread before a head is whole."""

    def init_process(self) -> None:
        self._peers, self._known = Peers(), known()
        super().init_process()

    def accept(self, listener: socket.socket) -> None:
        """Take those who wait; turn away whom we do not know."""
        for _ in range(AT_ONCE):
            try:
                connection, address = listener.accept()
            except OSError:
                return  # nobody waits any more
            if not self._welcome(connection):
                connection.close()
                continue
            self.nr_conns += 1
            self._gather(TConn(self.cfg, connection, address, listener.getsockname()))

    def on_client_socket_readable(self, conn: TConn, client: socket.socket) -> None:
        """The next request on a connection that was kept alive."""
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self._gather(conn)

    def on_pending_socket_readable(self, conn: TConn, client: socket.socket) -> None:
        """More of a head."""
        try:
            piece = client.recv(HEAD_BYTES)
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        conn.head += piece
        if piece and END not in conn.head and len(conn.head) < HEAD_BYTES:
            return
        self.poller.unregister(client)
        self.pending_conns.remove(conn)
        if not is_whole(conn.head):
            self.nr_conns -= 1
            conn.close()
            return
        conn.parser.unreader.unread(bytes(conn.head))
        self.enqueue_req(conn)

    def _welcome(self, connection: socket.socket) -> bool:
        try:
            return self._peers.owner(connection) in self._known
        except OSError:  # it has gone again, or the kernel cannot be asked: then nobody is let in
            return False

    def _gather(self, conn: TConn) -> None:
        """Wait for a head, without a thread; gunicorn closes what is still pending when its time is over."""
        conn.head, conn.data_ready = bytearray(), True
        conn.parser = conn.parser or get_parser(self.cfg, conn.sock, conn.client)
        conn.sock.setblocking(False)
        conn.timeout = time.monotonic() + HEAD_SECONDS
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self.on_pending_socket_readable, conn))


def is_whole(head: bytes | bytearray) -> bool:
    """One head, all of it, and nothing after it."""
    return len(head) <= HEAD_BYTES and head.partition(END)[1:] == (END, b"") and BODY.search(head) is None
