"""Calls through the real Alertmanager, with config/fleet's own routes and a webhook at the end; and what hangs in its
place."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from kiosk.caretaker.alertmanager import Alertmanager, Unheard
from kiosk.caretaker.alerts import CALLED, FATES, Alerts, Carrier
from kiosk.config.events import Event, event
from kiosk.ipc.messages import CallState
from tests.stage import ROOT, free_port, until

ROUTES = ROOT / "config" / "fleet" / "alertmanager.yml"
KIOSK = "見本警察署 １階"
SOON = 20.0  # seconds, on a busy machine


class Webhook:
    """The end of the way: what Alertmanager tells whoever is to come."""

    def __init__(self) -> None:
        self.got: list[dict[str, Any]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.got += [
                    {"path": self.path, "status": each["status"], **each["labels"]} for each in told["alerts"]
                ]
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def heard(self, **labels: str) -> bool:
        return any(labels.items() <= each.items() for each in self.got)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Engine:
    """A real one, and what its own tool says to it."""

    def __init__(self, folder: Path, webhook: Webhook) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._folder = folder
        self._config = folder / "alertmanager.yml"
        routes = ROUTES.read_text("utf-8")
        self._config.write_text(
            routes.replace(":9099/", f":{webhook.port}/").replace("group_interval: 10s", "group_interval: 1s"), "utf-8"
        )
        self.start()

    def start(self) -> None:
        command = [
            shutil.which("prometheus-alertmanager") or "alertmanager",
            f"--config.file={self._config}",
            f"--storage.path={self._folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{self.port}",
            "--cluster.listen-address=",
            "--log.level=error",
        ]
        self.process = subprocess.Popen(command, cwd=self._folder, stderr=subprocess.DEVNULL)
        until(self.ready, SOON)

    def ready(self) -> bool:
        with contextlib.suppress(Unheard):
            return Alertmanager(self.url).fate("none") == "absent"
        return False

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(SOON)

    def amtool(self, *arguments: str) -> str:
        command = ["amtool", *arguments, f"--alertmanager.url={self.url}"]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=SOON).stdout.strip()


@pytest.fixture(scope="module")
def webhook() -> Iterator[Webhook]:
    made = Webhook()
    yield made
    made.close()


@pytest.fixture(scope="module")
def engine(webhook: Webhook, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    made = Engine(tmp_path_factory.mktemp("alertmanager"), webhook)
    yield made
    made.stop()


class Kiosk:
    """The caretaker's side: its events, and what it says of its call."""

    def __init__(self, url: str, deadline_seconds: float = 4.0) -> None:
        self.told: list[Event] = []
        self.carrier = Carrier(Alertmanager(url, deadline_seconds))
        self.alerts = Alerts(KIOSK, self.carrier, self.told.append)

    def start(self) -> Kiosk:
        self.carrier.start()
        return self

    def mark(self) -> str:
        return self.alerts._alerts[CALLED].labels["call"]

    def comes_to(self, state: CallState) -> float:
        return until(lambda: self.alerts.stands() == state, SOON)


@pytest.fixture
def kiosk(engine: Engine) -> Iterator[Kiosk]:
    made = Kiosk(engine.url).start()
    yield made
    made.alerts.end()
    made.alerts.hear(event("printer", printer="ready"))
    made.carrier.stop()


def test_the_routes_are_sound_and_a_call_waits_for_nobody() -> None:
    said = subprocess.run(["amtool", "check-config", ROUTES], capture_output=True, text=True, timeout=30)
    assert said.returncode == 0, said.stderr
    routed = ["amtool", "config", "routes", "test", f"--config.file={ROUTES}"]
    for severity, receiver in (("call", "call"), ("problem", "desk"), ("warning", "desk")):
        found = subprocess.run([*routed, f"severity={severity}"], capture_output=True, text=True, timeout=30)
        assert found.stdout.strip() == receiver
    assert "group_wait: 0s" in ROUTES.read_text("utf-8").partition('severity="call"')[2].partition("- matchers")[0]


def test_a_call_is_sent_when_it_is_taken_reaches_the_webhook_and_is_resolved_when_the_person_leaves(
    kiosk: Kiosk, webhook: Webhook
) -> None:
    assert kiosk.alerts.call() == "sending"
    assert kiosk.comes_to("sent") < 5
    mark = kiosk.mark()
    until(lambda: webhook.heard(path="/call", status="firing", call=mark, kiosk=KIOSK), SOON)
    assert kiosk.alerts.call() == "sent" and kiosk.mark() == mark, "one call, however often it is pressed"
    kiosk.alerts.end()
    until(lambda: webhook.heard(path="/call", status="resolved", call=mark), SOON * 2)
    assert [each.name for each in kiosk.told] == ["staff_called", "call_stands"]


def test_a_trial_of_the_call_rings_where_a_call_does_and_leaves_none_in_the_trail(
    kiosk: Kiosk, webhook: Webhook
) -> None:
    assert kiosk.alerts.call(trial=True) == "sending"
    kiosk.comes_to("sent")
    until(lambda: webhook.heard(path="/call", status="firing", call=kiosk.mark(), alertname="KioskTrial"), SOON)
    assert kiosk.told == []


def test_a_silence_that_names_the_call_acknowledges_it_and_the_next_call_is_a_new_one(
    kiosk: Kiosk, engine: Engine
) -> None:
    kiosk.alerts.call()
    kiosk.comes_to("sent")
    labels = [f'{name}="{value}"' for name, value in kiosk.alerts._alerts[CALLED].labels.items()]
    silence = engine.amtool("silence", "add", "--author=desk", "--comment=seen", "--duration=1h", *labels)
    kiosk.comes_to("acknowledged")
    engine.amtool("silence", "expire", silence)
    time.sleep(1.5)
    assert kiosk.alerts.stands() == "acknowledged", "it has been seen, and stays so"
    kiosk.alerts.end()
    kiosk.alerts.call()
    kiosk.comes_to("sent")


def test_a_silence_over_all_calls_keeps_them_back_and_nobody_is_promised_anything(kiosk: Kiosk, engine: Engine) -> None:
    silence = engine.amtool("silence", "add", "--author=a", "--comment=night", "--duration=1h", "alertname=KioskCall")
    try:
        kiosk.alerts.call()
        kiosk.comes_to("unsent")
    finally:
        engine.amtool("silence", "expire", silence)
    kiosk.comes_to("sent")


def test_a_trouble_is_told_with_its_words_and_is_over_when_it_is_mended(
    kiosk: Kiosk, engine: Engine, webhook: Webhook
) -> None:
    kiosk.alerts.hear(event("printer", printer="paper_end"))
    query = ("alert", "query", "-o", "json", "alertname=KioskPrinter")
    until(lambda: json.loads(engine.amtool(*query)), SOON)
    [alert] = json.loads(engine.amtool(*query))
    assert alert["labels"] | {"severity": "problem", "printer": "paper_end", "kiosk": KIOSK} == alert["labels"]
    assert "紙がない" in alert["annotations"]["summary"]
    kiosk.alerts.hear(event("printer", printer="ready"))
    until(lambda: not json.loads(engine.amtool(*query)), SOON)


def test_an_engine_that_is_cut_and_comes_back_empty_has_the_call_again(kiosk: Kiosk, engine: Engine) -> None:
    kiosk.alerts.call()
    kiosk.comes_to("sent")
    engine.stop()
    kiosk.comes_to("unsent")
    engine.start()
    kiosk.comes_to("sent")
    assert [each.fields.get("call") for each in kiosk.told] == [None, "sent", "unsent", "sent"]


# What stands in its place


def hangs(line: socket.socket) -> None:
    line.settimeout(30)
    with contextlib.suppress(OSError):
        while line.recv(4096):
            pass


def trickles(line: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while True:
            line.send(b"H")
            time.sleep(0.05)


def says(what: bytes) -> Callable[[socket.socket], None]:
    def answer(line: socket.socket) -> None:
        line.recv(4096)
        line.sendall(what)

    return answer


def floods(line: socket.socket) -> None:
    with contextlib.suppress(OSError):
        line.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            line.sendall(b"[" * 65536)


BAD = {
    "hangs": hangs,
    "trickles": trickles,
    "floods": floods,
    "hangs up": says(b""),
    "refuses": says(b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"),
    "is no HTTP": says(b"220 ready\r\n"),
    "is no JSON": says(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n["),
    "is another": says(b'HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{"alerts":1}'),
}


@pytest.mark.parametrize("answer", BAD.values(), ids=BAD)
def test_what_answers_badly_has_taken_nothing_and_costs_nobody_a_moment(
    answer: Callable[[socket.socket], None],
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    line, _ = door.accept()
                    with line:
                        answer(line)

        threading.Thread(target=serve, daemon=True).start()
        engine = Alertmanager(f"http://127.0.0.1:{door.getsockname()[1]}", deadline_seconds=0.3)
        began = time.monotonic()
        with pytest.raises(Unheard) as refused:
            engine.fate("none")
        assert time.monotonic() - began < 2 and "\n" not in str(refused.value)
        kiosk = Kiosk(f"http://127.0.0.1:{door.getsockname()[1]}", 0.3).start()
        began = time.monotonic()
        kiosk.alerts.call()
        kiosk.alerts.hear(event("printer", printer="paper_end"))
        kiosk.alerts.turn()
        assert time.monotonic() - began < 0.3
        kiosk.comes_to("unsent")
        kiosk.carrier.stop()


def test_nobody_listens() -> None:
    with pytest.raises(Unheard):
        Alertmanager(f"http://127.0.0.1:{free_port()}").post([])


def test_every_fate_is_a_state_of_a_call() -> None:
    assert set(FATES.values()) < {"none", "sending", "sent", "acknowledged", "unsent"}
    assert FATES["suppressed"] == FATES["absent"] == "unsent"
