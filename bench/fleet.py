"""What the Prometheus of a desk needs for a thousand kiosks: samples a second, processor, memory, and disk for a day.

As in config/fleet: an agent asks each kiosk every thirty seconds, and writes what it hears to the desk, whose rules are
at work. Both are real. The kiosks are prepared texts, each what the caretaker's figures give after so many rounds of a
day (a line in the trail every few minutes, visits once an hour), under as many addresses as there are kiosks. One agent
does what a thousand do, so the desk has one connection, without TLS, where it would have a thousand with it; the
agent's own needs are not those of a kiosk's.

The disk is measured apart: a whole day of some kiosks is written as OpenMetrics and filled in by promtool, as blocks of
two hours. Prometheus joins such blocks later, and they become smaller.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

from prometheus_client import CollectorRegistry, generate_latest

from bench.table import Row
from kiosk.caretaker.metrics import Figures
from kiosk.config.events import EVENTS, FIELDS, counts, event
from kiosk.config.health import CHECKS
from kiosk.ipc.messages import DoorsStand
from kiosk.ipc.messages import Row as Stands
from tests.stage import ROOT, free_port, until

FLEET = ROOT / "config" / "fleet"
INTERVAL_SECONDS = 30
ROUNDS_AN_HOUR = 3600 // INTERVAL_SECONDS
KIOSKS, MINUTES = 1000, 20
KIOSKS_OF_A_DAY = 3
SOON = 600.0  # seconds; a thousand kiosks come one after the other


class Size(NamedTuple):
    kiosks: int
    minutes: float
    rounds: int  # of the day that is filled in


def rows(directory: Path, quick: bool) -> Iterator[Row]:
    size = Size(50, 1.5, 240) if quick else Size(KIOSKS, MINUTES, 24 * ROUNDS_AN_HOUR)
    yield from taken(directory, size)
    yield from filled_in(directory, size)


class Carrier:
    answers = True


def texts(rounds: int) -> Iterator[bytes]:
    """What a kiosk answers, round after round, from some minutes before an hour is over."""
    figures = Figures(1_700_000_000, Carrier())
    registry = CollectorRegistry()
    registry.register(figures)
    figures.house([Stands(check, "ok", "", 0, False) for check in CHECKS], DoorsStand())
    for name in ("reader", "printer", "portal"):
        figures.hear(event(name, **{name: FIELDS[name].labels[0]}))
    for each in range(rounds):
        if each % ROUNDS_AN_HOUR == 10:
            for name, row in EVENTS.items():
                if row.kind == "visit":
                    some = {field: {FIELDS[field].labels[-1]: 2, FIELDS[field].labels[1]: 5} for field in row.fields}
                    figures.hear(counts(name, 1, some))
        if each % 40 == 0:
            figures.hear(event("staff_called"))
        figures.trail(12 + each // 8, f"{each // 8 * 0x9E3779B97F4A7C15 % (1 << 64):016x}" * 4, 0)
        yield generate_latest(registry)


@contextmanager
def kiosks(prepared: Sequence[bytes]) -> Iterator[int]:
    """Answer at http://127.0.0.1:PORT/KIOSK/metrics, each time with the next text."""
    asked: dict[str, int] = {}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            at = asked[self.path] = asked.get(self.path, -1) + 1
            body = prepared[at % len(prepared)]
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    class Door(ThreadingHTTPServer):
        request_queue_size = 1024

        def handle_error(self, request: object, client_address: object) -> None:
            """Whoever asks gives up after ten seconds; that a sample is missing is seen in the figures."""

    door = Door(("127.0.0.1", 0), Handler)
    threading.Thread(target=door.serve_forever, daemon=True).start()
    try:
        yield int(door.server_address[1])
    finally:
        door.shutdown()
        door.server_close()


class Desk:
    """The Prometheus at the desk, and the agent that writes to it."""

    def __init__(self, folder: Path, port_of_the_kiosks: int, count: int) -> None:
        self.port = free_port()
        targets = [
            {
                "targets": [f"127.0.0.1:{port_of_the_kiosks}"],
                "labels": {
                    "kiosk": f"kiosk-{each}",
                    "station": f"station-{each}",
                    "__metrics_path__": f"/{each}/metrics",
                },
            }
            for each in range(count)
        ]
        (folder / "kiosks.json").write_text(json.dumps(targets))
        (folder / "agent.yml").write_text(
            f"global: {{scrape_interval: {INTERVAL_SECONDS}s}}\n"
            "scrape_configs: [{job_name: kiosk, file_sd_configs: [{files: [kiosks.json]}]}]\n"
            f"remote_write: [{{url: 'http://127.0.0.1:{self.port}/api/v1/write'}}]\n"
        )
        (folder / "prometheus.yml").write_text(
            f"global: {{evaluation_interval: {INTERVAL_SECONDS}s}}\nrule_files: ['{FLEET / 'rules.yml'}']\n"
        )
        listens = f"--web.listen-address=127.0.0.1:{self.port}"
        receives = "--web.enable-remote-write-receiver"
        self._desk = started(folder, "prometheus.yml", listens, receives, "--storage.tsdb.path=desk")
        agent = f"--web.listen-address=127.0.0.1:{free_port()}"
        self._agent = started(folder, "agent.yml", agent, "--enable-feature=agent", "--storage.agent.path=agent")

    def says(self, figure: str) -> float:
        """One of its own figures; nought while it has none."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=SOON) as answer:
                found = re.search(rf"^{figure} (\S+)$", answer.read().decode(), re.MULTILINE)
        except OSError:
            return 0.0
        return float(found[1]) if found else 0.0

    def spent(self) -> float:
        """Seconds of a processor."""
        fields = Path(f"/proc/{self._desk.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self, what: str) -> float:
        """MB of its resident memory: now (VmRSS), or at most (VmHWM)."""
        found = re.search(rf"{what}:\s+(\d+) kB", Path(f"/proc/{self._desk.pid}/status").read_text())
        assert found is not None
        return int(found[1]) / 1000

    def stop(self) -> None:
        for child in (self._agent, self._desk):
            child.kill()
            child.wait()


def started(folder: Path, config: str, *options: str) -> subprocess.Popen[bytes]:
    command = ["prometheus", f"--config.file={config}", "--log.level=error", *options]
    return subprocess.Popen(command, cwd=folder, stderr=subprocess.DEVNULL)


APPENDED = r'prometheus_tsdb_head_samples_appended_total(?:{type="float"})?'  # since 2.45 with the label


def taken(directory: Path, size: Size) -> Iterator[Row]:
    prepared = list(texts(int(size.minutes * 60 / INTERVAL_SECONDS) + 10))
    series = sum(not line.startswith(b"#") for line in prepared[0].splitlines())
    with kiosks(prepared) as port:
        desk = Desk(directory, port, size.kiosks)
        try:
            until(lambda: desk.says("prometheus_tsdb_head_series") > size.kiosks * series, SOON + INTERVAL_SECONDS)
            began, spent, samples = time.monotonic(), desk.spent(), desk.says(APPENDED)
            time.sleep(size.minutes * 60)
            took = time.monotonic() - began
            spent, samples = desk.spent() - spent, desk.says(APPENDED) - samples
            what = f"{size.kiosks} kiosks every {INTERVAL_SECONDS} s, {size.minutes:g} minutes"
            each = f"{series} of each kiosk's own"
            yield Row(f"{what}: series", f"{desk.says('prometheus_tsdb_head_series'):.0f}", each)
            expected = size.kiosks * series / INTERVAL_SECONDS
            yield Row(f"{what}: samples", f"{samples / took:.0f} a second", f"asked for: {expected:.0f} a second")
            yield Row(f"{what}: processor", f"{spent / took:.1%} of one", f"{spent / samples * 1e6:.1f} µs a sample")
            yield Row(f"{what}: memory", f"{desk.memory('VmRSS'):.0f} MB", f"at most {desk.memory('VmHWM'):.0f} MB")
        finally:
            desk.stop()


def filled_in(directory: Path, size: Size) -> Iterator[Row]:
    file, blocks, samples = directory / "day.om", directory / "blocks", 0
    with file.open("w") as written:
        for number, text in enumerate(texts(size.rounds)):
            at = 1_760_000_000 + number * INTERVAL_SECONDS
            lines = [line for line in text.decode().splitlines() if not line.startswith("#")]
            for kiosk in range(KIOSKS_OF_A_DAY):
                for line in lines:
                    name, _, value = line.rpartition(" ")
                    bare, _, labels = name.rstrip("}").partition("{")
                    of = ",".join(filter(None, (labels, f'kiosk="kiosk-{kiosk}",job="kiosk"')))
                    written.write(f"{bare}{{{of}}} {value} {at}\n")
                samples += len(lines)
        written.write("# EOF\n")
    command = ["promtool", "tsdb", "create-blocks-from", "openmetrics", str(file), str(blocks)]
    subprocess.run(command, check=True, capture_output=True)
    file.unlink()
    used = sum(path.stat().st_size for path in blocks.rglob("*") if path.is_file())
    day = used / KIOSKS_OF_A_DAY * (24 * ROUNDS_AN_HOUR / size.rounds)
    yield Row("a day on the disk", f"{day / 1e6:.2f} MB a kiosk", f"{used / samples:.2f} bytes a sample")
