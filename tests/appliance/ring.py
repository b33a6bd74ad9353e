"""The operator's server of updates: a folder for each ring, over HTTPS, with an authority of its own."""

from __future__ import annotations

import re
import shutil
import ssl
import subprocess
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

LIST = "SHA256SUMS"
SOON = 30.0
# The line of tools/image by which a list is made; of it $1 is the version, $2 the folder in $work.
MAKES = next(line.strip() for line in Path("tools/image").read_text().splitlines() if LIST in line)


class Server:
    """folder: empty. name: how a kiosk finds it, as a certificate has it. breaks: a file of whose name this is a part
    is given by half, and then the line is cut, or (stalls) nothing more comes. stopped_in: while such
    a file is given, its ring is stopped. asked: what was, without the list."""

    def __init__(self, folder: Path, name: str = "DNS:localhost") -> None:
        self.rings, self.authority = folder / "rings", folder / "ca.pem"
        self.rings.mkdir(parents=True)
        self.breaks, self.stalls, self.stopped_in = "", False, ""
        self.asked: list[str] = []
        self._over = threading.Event()
        _authority(folder)
        _certificate(folder, name)
        trust = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        trust.load_cert_chain(folder / "server.pem", folder / "server.key")
        self._door = _Door(("127.0.0.1", 0), partial(_Handler, self))
        self._door.socket = trust.wrap_socket(self._door.socket, server_side=True, do_handshake_on_connect=False)
        self.port = int(self._door.server_address[1])
        threading.Thread(target=self._door.serve_forever, args=(0.05,), daemon=True).start()

    def ring(self, name: str) -> Path:
        (self.rings / name).mkdir(exist_ok=True)
        return self.rings / name

    def lists(self, name: str, version: str) -> None:
        """As `make image` does it."""
        subprocess.run(
            ["sh", "-euc", f"work=$1; shift; {MAKES}", "-", self.rings, version, name], check=True, timeout=SOON * 10
        )

    def promotes(self, one: str, other: str) -> None:
        """As docs/installation.md says it, word for word."""
        subprocess.run(["sh", "-euc", promotion(one, other)], cwd=self.rings, check=True, timeout=SOON * 10)

    def stops(self, name: str) -> None:
        """As that page says it, too."""
        for path in (self.rings / name / LIST, *(self.rings / name).glob("kiosk_*")):
            path.unlink()

    def heard(self) -> list[str]:
        """What was asked for since the last time, but for the list."""
        asked, self.asked = self.asked, []
        return asked

    def close(self) -> None:
        self._over.set()
        self._door.shutdown()
        self._door.server_close()

    def waits(self) -> None:
        self._over.wait(10 * SOON)


class _Door(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """Somebody did not believe it, or has gone."""


class _Handler(SimpleHTTPRequestHandler):
    def __init__(self, server: Server, *arguments: Any) -> None:
        self._of = server
        super().__init__(*arguments, directory=str(server.rings))

    def do_GET(self) -> None:
        name = self.path.rpartition("/")[2]
        if name != LIST:
            self._of.asked.append(name)
        super().do_GET()

    def copyfile(self, source: Any, outputfile: Any) -> None:
        if self._of.stopped_in and self._of.stopped_in in self.path:
            self._of.stops(Path(source.name).parent.name)
        if not self._of.breaks or self._of.breaks not in self.path:
            shutil.copyfileobj(source, outputfile)
            return
        outputfile.write(source.read(Path(source.name).stat().st_size // 2))
        outputfile.flush()
        if self._of.stalls:
            self._of.waits()

    def log_message(self, *_: object) -> None:
        pass


def promotion(one: str, other: str, page: Path = Path("docs/installation.md")) -> str:
    """The commands of that page, for these two rings."""
    [lines] = [
        part
        for part in page.read_text("utf-8").split("\n\n")
        if part.startswith("    ") and "sha256sum --check" in part
    ]
    assert lines.startswith("    cd /srv/kiosk-updates\n")
    names = {"ring-1": one, "ring-2": other}
    return re.sub("|".join(names), lambda found: names[found[0]], lines.partition("\n")[2])


def _openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True, timeout=SOON)


_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")


def _authority(folder: Path) -> None:
    _openssl(
        folder, "req", "-x509", *_KEY, "-subj", f"/CN=authority {folder.name}", "-keyout", "ca.key", "-out", "ca.pem"
    )


def _certificate(folder: Path, name: str) -> None:
    by = ("-CA", "ca.pem", "-CAkey", "ca.key", "-addext", f"subjectAltName={name}")
    _openssl(folder, "req", "-x509", *_KEY, "-subj", "/CN=updates", *by, "-keyout", "server.key", "-out", "server.pem")
