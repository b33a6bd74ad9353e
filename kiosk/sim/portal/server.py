"""A WSGI server of threads on loopback, with TLS.

Werkzeug's threaded server, changed in one place: there TLS wraps the listening socket, so the handshake runs while
accepting, and one client that connects and says nothing stops all others. Here it runs in the connection's own thread.
gunicorn would do as well, but forks, and the sandbox is an object in the demo's and the tests' process whose faults
are switched from beside it. Every connection serves one request (werkzeug closes it), which the contract allows.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from typing import Any

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

PATIENCE = 15.0  # seconds a client may be silent


class _Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body go out separately

    def log(self, type: str, message: str, *args: Any) -> None:
        """Nothing: a request's line names a linking."""


class Server(ThreadedWSGIServer):
    """Serves `app` on 127.0.0.1. `tls` gives the context for a new connection; without it the server speaks HTTP.

    Port 0 takes a free one, found in `port`. A port that is taken raises OSError.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self, port: int, app: Any, tls: Callable[[], ssl.SSLContext] | None = None) -> None:
        self._tls = tls
        with socket.create_server(("127.0.0.1", port)) as listener:
            super().__init__("127.0.0.1", port, app, handler=_Handler, fd=listener.fileno())
        if tls is not None:
            self.ssl_context = tls()  # tells werkzeug that the scheme is https

    def log(self, type: str, message: str, *args: Any) -> None:
        """Nothing, as above; the application reports its own errors."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that broke is the client's business."""

    def start(self) -> None:
        threading.Thread(target=self.serve_forever, args=(0.05,), name="sandbox portal", daemon=True).start()

    def stop(self) -> None:
        self.shutdown()

    def finish_request(self, request: Any, client_address: Any) -> None:
        request.settimeout(PATIENCE)
        if self._tls is None:
            super().finish_request(request, client_address)
            return
        try:
            secured = self._tls().wrap_socket(request, server_side=True)
        except (ssl.SSLError, OSError):
            return
        with secured:
            super().finish_request(secured, client_address)
