"""A desk's archive of trails, as its nginx is by config/fleet/nginx.conf: PUT and HEAD, from who has a certificate of
its authority, and neither a key nor what is sealed is taken again."""

from __future__ import annotations

import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from kiosk.caretaker.key import PublicKey
from kiosk.caretaker.verify import verify

NEVER = 10**6


class Takes(BaseHTTPRequestHandler):
    folder: Path
    left = NEVER  # requests before the line is cut

    def do_HEAD(self) -> None:
        self.says(200 if self.place.exists() else 404)

    def do_PUT(self) -> None:
        data = self.rfile.read(int(self.headers["Content-Length"]))
        if self.place.with_name(self.place.name + ".sig").exists() or (
            self.place.suffix in (".sig", ".pub") and self.place.exists()
        ):
            return self.says(409)
        self.place.parent.mkdir(exist_ok=True, parents=True)
        self.place.write_bytes(data)
        return self.says(201)

    @property
    def place(self) -> Path:
        return self.folder / self.path.removeprefix("/")

    def says(self, status: int) -> None:
        type(self).left -= 1
        if type(self).left < 0:
            self.close_connection = True
            return
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        pass


class DeskArchive:
    """folder: what has come, by the fingerprint of the key. tls: has ca.pem, and the server's certificate and key."""

    def __init__(self, folder: Path, tls: Path, server: str) -> None:
        self.folder = folder
        self._handler: Any = type("Handler", (Takes,), {"folder": folder})
        self._door = ThreadingHTTPServer(("127.0.0.1", 0), self._handler)
        trust = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(tls / "ca.pem"))
        trust.verify_mode = ssl.CERT_REQUIRED
        trust.load_cert_chain(tls / f"{server}.pem", tls / f"{server}.key")
        self._door.socket = trust.wrap_socket(self._door.socket, server_side=True, do_handshake_on_connect=False)
        self._door.handle_error = lambda *_: None  # type: ignore[method-assign]
        self.port = int(self._door.server_address[1])
        threading.Thread(target=self._door.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self._door.shutdown()
        self._door.server_close()

    def cut_after(self, requests: int = NEVER) -> None:
        """From now on."""
        self._handler.left = requests


def verified(folder: Path) -> int:
    """Lines that stand there, of one key's trail; what is there is sound."""
    report = verify(folder / "trail", PublicKey.load(folder))
    assert report.sound, report.flaws
    return report.last
