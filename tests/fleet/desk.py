"""A prefecture's desk, as docs/fleet.md says it: a real Prometheus that takes figures over TLS from who has a
certificate of its authority, and a real Alertmanager, which has what the pager hears."""

from __future__ import annotations

import json
import shutil
import ssl
import subprocess
import threading
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.stage import ROOT, free_port, until

FLEET = ROOT / "config" / "fleet"
SOON = 30.0  # seconds, on a busy machine
ROUTES = "route: {receiver: desk}\nreceivers: [{name: desk}]\n"
LEAF = "basicConstraints=critical,CA:FALSE\n"


class Desk:
    """folder: empty. name: how a kiosk finds it, as a certificate has it. port: where figures come in."""

    def __init__(self, folder: Path, name: str = "DNS:localhost") -> None:
        self.folder, self.port = folder, free_port()
        self._children: list[subprocess.Popen[bytes]] = []
        for each in ("prometheus.yml", "rules.yml", "web.yml"):
            shutil.copy(FLEET / each, folder / each)
        self.edit("prometheus.yml", "evaluation_interval: 30s", "evaluation_interval: 1s")
        key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")
        self.openssl("req", "-x509", *key, "-subj", "/CN=authority", "-keyout", "ca.key", "-out", "ca.pem")
        for each in ("server", "kiosk"):
            signed = ("-CA", "ca.pem", "-CAkey", "ca.key", "-addext", f"subjectAltName={name}")
            out = ("-keyout", f"{each}.key", "-out", f"{each}.pem")
            self.openssl("req", "-x509", *key, "-subj", f"/CN={each}", *signed, *out)
        takes = ("--web.enable-remote-write-receiver", "--web.config.file=web.yml", "--storage.tsdb.path=desk")
        self.start("prometheus", "prometheus.yml", f"--web.listen-address=127.0.0.1:{self.port}", *takes)

    def certificate(self, request: bytes) -> str:
        """Of its authority, for whoever made this request (PEM)."""
        (self.folder / "leaf.ext").write_text(LEAF)
        (self.folder / "asked.csr").write_bytes(request)
        by = ("-CA", "ca.pem", "-CAkey", "ca.key", "-days", "2", "-extfile", "leaf.ext")
        self.openssl("x509", "-req", "-in", "asked.csr", *by, "-out", "given.pem")
        return (self.folder / "given.pem").read_text()

    def asks(self, query: str, certificate: bool = True) -> list[dict[str, Any]]:
        """Its Prometheus. Raises OSError."""
        trust = ssl.create_default_context(cafile=str(self.folder / "ca.pem"))
        trust.check_hostname = False  # it is asked here, and has the name that kiosks know
        if certificate:
            trust.load_cert_chain(self.folder / "kiosk.pem", self.folder / "kiosk.key")
        address = f"https://localhost:{self.port}/api/v1/query?" + urllib.parse.urlencode({"query": query})
        with urllib.request.urlopen(address, context=trust, timeout=SOON) as answer:
            said = json.loads(answer.read())
        assert said["status"] == "success"
        return list(said["data"]["result"])

    def has(self, query: str) -> bool:
        try:
            return bool(self.asks(query))
        except OSError:
            return False

    def stop(self) -> None:
        for child in self._children:
            child.kill()  # told to end, an agent waits for whoever takes what it still has
            child.wait(SOON)

    def start(self, program: str, config: str, *options: str) -> None:
        command = [program, f"--config.file={config}", "--log.level=error", *options]
        self._children.append(subprocess.Popen(command, cwd=self.folder, stderr=subprocess.DEVNULL))

    def edit(self, name: str, was: str, becomes: str) -> None:
        text = (self.folder / name).read_text("utf-8")
        assert was in text
        (self.folder / name).write_text(text.replace(was, becomes), "utf-8")

    def openssl(self, *arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True, timeout=SOON)


class Pager:
    """Takes a kiosk's webhook, and has its alerts stand at the desk's own Alertmanager."""

    def __init__(self, desk: Desk) -> None:
        self._at = free_port()
        (desk.folder / "desk.yml").write_text(ROUTES)
        alone = (f"--web.listen-address=127.0.0.1:{self._at}", "--cluster.listen-address=", "--storage.path=alerts")
        desk.start("prometheus-alertmanager", "desk.yml", *alone)
        until(self._answers, SOON)
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                outer.take(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["alerts"])
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._door = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = int(self._door.server_address[1])
        threading.Thread(target=self._door.serve_forever, args=(0.05,), daemon=True).start()

    def standing(self, severity: str) -> list[dict[str, str]]:
        """The labels of what stands there."""
        chosen = urllib.parse.urlencode({"filter": f'severity="{severity}"'})
        with urllib.request.urlopen(f"{self._url}?{chosen}", timeout=SOON) as answer:
            return [each["labels"] for each in json.loads(answer.read())]

    def take(self, alerts: list[dict[str, Any]]) -> None:
        """As a webhook has them; one that has not ended has no end yet."""
        told = [
            {key: each[key] for key in ("labels", "annotations", "startsAt")}
            | ({"endsAt": each["endsAt"]} if each["status"] == "resolved" else {})
            for each in alerts
        ]
        body, kind = json.dumps(told).encode(), {"Content-Type": "application/json"}
        with urllib.request.urlopen(urllib.request.Request(self._url, body, kind), timeout=SOON):
            pass

    def close(self) -> None:
        self._door.shutdown()
        self._door.server_close()

    @property
    def _url(self) -> str:
        return f"http://127.0.0.1:{self._at}/api/v2/alerts"

    def _answers(self) -> bool:
        try:
            return self.standing("call") == []
        except OSError:
            return False
