"""Nothing but the worker, and behind it the pages of a session of nobody: `python -m tests.web.bare_server PORT`."""

from __future__ import annotations

import sys

from flask import Flask
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]

from kiosk.services.server import CONNECTIONS, THREADS
from kiosk.web.app import create
from kiosk.web.connections import GuardedWorker
from kiosk.web.site import Site


class BareServer(BaseApplication):  # type: ignore[misc]
    def __init__(self, port: int) -> None:
        self.port = port
        super().__init__()

    def load_config(self) -> None:
        for key, value in {
            "bind": f"127.0.0.1:{self.port}",
            "worker_class": GuardedWorker,
            "worker_connections": CONNECTIONS,
            "threads": THREADS,
            "graceful_timeout": 0,
            "control_socket_disable": True,
            "loglevel": "warning",
        }.items():
            self.cfg.set(key, value)

    def load(self) -> Flask:
        return create(site(self.port), lambda: b"slip")


def site(port: int) -> Site:
    return Site(f"{'0' * 20}.localhost:{port}", frozenset({f"127.0.0.1:{port}"}), "k" * 22)


if __name__ == "__main__":
    BareServer(int(sys.argv[1])).run()
