"""The demo as somebody starts it: one process on free ports, with everything around the kiosk, gone without a trace."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import websocket
from cryptography.hazmat.primitives.serialization import Encoding
from msgspec import structs

from kiosk.__main__ import main
from kiosk.caretaker.key import PUBLIC_FILE
from kiosk.config import kiosk as config
from kiosk.hw.device import SETTLE_SECONDS
from kiosk.ipc import doors
from kiosk.portal.client import PortalClient, PortalRefused
from kiosk.services.processes import descendants
from kiosk.sim.people import people
from kiosk.sim.pki import Pki
from kiosk.web.site import port_free
from tests.forgetting.memory import forms, found
from tests.keys import KEYS
from tests.portal.conftest import Visitor
from tests.stage import ROOT, free_port

FREE = [f"--{name}port=0" for name in ("", "dock-", "portal-", "printer-", "vpcd-")]
READY = "Ctrl-C stops everything."
SECONDS = 30.0


def command(*options: str) -> list[str]:
    return [sys.executable, "-m", "kiosk", "demo", *options]


@dataclass
class Demo:
    process: subprocess.Popen[str]
    state: Path
    said: str  # what it printed until it was ready

    def port(self, name: str) -> int:
        line = re.search(rf"^ +{name} .*?:(\d+)\b", self.said, re.MULTILINE)
        assert line, self.said
        return int(line[1])

    @property
    def settings(self) -> config.Settings:
        return config.load(self.state / "demo.toml")

    def ask(self, name: str, method: str, path: str, body: object = None, host: str = "") -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection("127.0.0.1", self.port(name), timeout=5)
        headers = {"Host": host} if host else {}
        content = None
        if body is not None:
            headers["Content-Type"], content = "application/json", json.dumps(body)
        connection.request(method, path, content, headers)
        return connection.getresponse()

    def dock(self, method: str, path: str, body: object = None) -> Any:
        return json.load(self.ask("dock", method, path, body))

    def site(self) -> str:
        """The present session's own site, as Host has it."""
        answer = self.ask("kiosk", "GET", "/")
        assert answer.status == 302
        return answer.headers["Location"].removeprefix("http://").removesuffix("/")


Start = Callable[..., Demo]


@pytest.fixture(scope="module")
def state(pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder over the keys of all tests."""
    folder = tmp_path_factory.mktemp("demo")
    _ = pki.anchors
    (folder / "pki").symlink_to(KEYS)
    return folder


@pytest.fixture(scope="module")
def starting(state: Path) -> Iterator[Start]:
    started: list[subprocess.Popen[str]] = []

    def start(*options: str) -> Demo:
        process = subprocess.Popen(
            command("--state", str(state), *FREE, *options), cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        started.append(process)
        alarm = threading.Timer(SECONDS, process.kill)
        alarm.start()
        said = ""
        assert process.stdout
        for line in process.stdout:
            said += line
            if READY in line:
                break
        alarm.cancel()
        assert READY in said, said
        return Demo(process, state, said)

    yield start
    for process in started:
        process.terminate()
        process.wait(SECONDS)
        assert process.stdout
        process.stdout.close()


@pytest.fixture(scope="module")
def demo(starting: Start) -> Demo:
    """One demo for the tests that leave it as it was."""
    return starting()


def test_it_serves_the_page_on_a_site_of_the_session_and_nowhere_else(demo: Demo) -> None:
    site = demo.site()
    assert re.fullmatch(rf"[0-9a-f]{{20}}\.localhost:{demo.port('kiosk')}", site)
    page = demo.ask("kiosk", "GET", "/", host=site)
    assert page.status == 200
    assert "<html" in page.read().decode()
    for stranger in ("example.com", f"{'0' * 20}.localhost:{demo.port('kiosk')}", f"127.0.0.1:{demo.port('kiosk')}"):
        assert demo.ask("kiosk", "GET", "/paper.png", host=stranger).status == 421
    assert demo.ask("dock", "GET", "/", host="example.com").status == 421


def test_a_card_put_in_at_the_dock_begins_a_visit_at_the_kiosk(demo: Demo) -> None:
    site = demo.site()
    page = websocket.create_connection(
        f"ws://127.0.0.1:{demo.port('kiosk')}/socket.io/?EIO=4&transport=websocket",
        host=site,
        origin=f"http://{site}",
        cookie=demo.ask("kiosk", "GET", "/", host=site).headers["Set-Cookie"].partition(";")[0],
        timeout=10,
    )
    screens: list[str] = []

    def screen() -> str:
        while True:
            message = str(page.recv())
            if message == "2":
                page.send("3")  # engine.io: ping, pong
            if message.startswith("42"):
                name, shown = json.loads(message[2:])
                assert name == "screen"
                return str(shown["html"])

    with contextlib.closing(page):
        page.recv()
        page.send("40")
        attract = screen()
        time.sleep(SETTLE_SECONDS)  # until the kiosk knows that its slot is empty: only then is a card somebody's
        demo.dock("POST", "/api/card", {"person": "excellent"})
        while not screens or screens[-1] == attract:
            screens.append(screen())
        assert demo.dock("GET", "/api/state")["card"]["attached"]
    demo.dock("DELETE", "/api/card")
    assert "画面にふれてください" in attract
    assert "運転免許の連携" in screens[-1]


def test_the_kiosk_knows_none_of_the_invented_people(demo: Demo) -> None:
    kiosk = [pid for pid in descendants(demo.process.pid) if b"kiosk.sim.serve" in _cmdline(pid)]
    assert len(kiosk) == 2  # the arbiter and the session
    marks = {person.key: forms(person.name) for person in people().values()}
    try:
        assert len(found([demo.process.pid], marks)) > len(marks) / 2  # the search finds what is there
        assert found(kiosk, marks) == {}
    except PermissionError:
        pytest.skip("only root may read the memory of a process that does not let itself be dumped")


def _cmdline(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def test_what_it_has_written_is_a_settings_file_that_check_finds_complete_but_for_the_reader(demo: Demo) -> None:
    check = [sys.executable, "-m", "kiosk", "check", "--config", str(demo.state / "demo.toml")]
    told = subprocess.run(check, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS).stdout
    assert re.search(r"^has +port +\d+: a kiosk is serving there$", told, re.MULTILINE)
    assert re.search(r"^has +printer +ready$", told, re.MULTILINE)
    assert re.search(r"^has +portal +https://127\.0\.0\.1:\d+/v1 is open$", told, re.MULTILINE)
    assert re.search(r"^has +font +BIZ UDPGothic$", told, re.MULTILINE)
    assert re.search(
        r"^has +caretaker +answers; the trail has \d+ lines, its head is [0-9a-f]{16}$", told, re.MULTILINE
    )
    assert re.search(r"^has +board +Staff accounts: Nobody has an account; operator: ", told, re.MULTILINE)


def test_whoever_enrols_an_authority_and_a_record_can_link_with_a_card_of_their_own(
    starting: Start, tmp_path: Path
) -> None:
    elsewhere = Pki(tmp_path / "elsewhere")  # another authority's cards, of people under other names
    mine = structs.replace(people()["both"], key="mine", name="見本　独自", title="", note="")
    anchor, records = tmp_path / "anchor.pem", tmp_path / "records.toml"
    anchor.write_bytes(elsewhere.authority("card", "sign").certificate.public_bytes(Encoding.PEM))
    records.write_text(
        f'[[driver]]\nname = "{mine.name}"\nbirth_date = {mine.birthday}\ncolour = "blue"\ncategory = "general"\n'
        'expires = 2099-05-01\nholding = "card_only"\n'
    )
    demo = starting("--trust-anchor", str(anchor), "--records", str(records))
    assert "Revocation is not checked for" in demo.said
    client = PortalClient(demo.settings.portal)
    assert Visitor(mine, elsewhere).link(client).licence.colour == "blue"
    unknown = structs.replace(mine, key="unknown", name="見本　未登録")
    with pytest.raises(PortalRefused, match="no_licence"):
        Visitor(unknown, elsewhere).link(client)


# -- the end ------------------------------------------------------------------------------------------------------


def test_when_it_is_stopped_nothing_is_left(starting: Start) -> None:
    demo = starting()
    children = list(descendants(demo.process.pid))
    ports = [demo.port(name) for name in ("kiosk", "dock", "portal", "printer", "card slot")]
    runtime = Path(demo.settings.server.runtime_directory)
    assert children and runtime.is_dir() and not any(map(port_free, ports))
    demo.process.send_signal(signal.SIGINT)  # as Ctrl-C does
    assert demo.process.wait(SECONDS) == 0
    assert not any(Path(f"/proc/{child}").exists() for child in children)
    assert all(map(port_free, ports))
    assert not runtime.exists()


def test_when_it_is_killed_the_kiosk_does_not_stay_behind(starting: Start) -> None:
    demo = starting()
    children = [os.pidfd_open(child) for child in descendants(demo.process.pid)]
    assert children
    demo.process.kill()
    for child in children:
        assert select.select([child], [], [], SECONDS)[0], "a child is still there"
        os.close(child)
    runtime = Path(demo.settings.server.runtime_directory)
    # All that a killed demo leaves: what the caretaker has for others while it is away, and pipes with nothing in them.
    left = {path.name: path.is_fifo() for path in runtime.iterdir()}
    assert left == {doors.FILE: False, PUBLIC_FILE: False, "bell": True, "keypad": True, "remote": True}
    shutil.rmtree(runtime)


def test_when_the_kiosk_dies_the_demo_says_so_and_ends(starting: Start) -> None:
    demo = starting()
    children = [pid for pid in descendants(demo.process.pid) if _parent(pid) == demo.process.pid]
    (arbiter,) = [pid for pid in children if b"kiosk.sim.serve" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    assert len(children) == 2, "the caretaker is the other"
    os.kill(arbiter, signal.SIGKILL)
    assert demo.process.wait(SECONDS) == 1


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


# -- what does not fit --------------------------------------------------------------------------------------------


def refusals(*tries: list[str], code: int) -> list[str]:
    """The one line with which each of these demos, which cannot start, ends."""
    started = [
        subprocess.Popen(command(*each), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for each in tries
    ]
    lines = []
    for process in started:
        out, complaint = process.communicate(timeout=SECONDS)
        assert (process.returncode, out) == (code, "")
        lines += complaint.splitlines()
    assert len(lines) == len(tries)
    return lines


OPTIONS = [
    (["--prot", "1"], "unrecognized arguments: --prot 1"),
    (["--port", "70000"], "argument --port: 70000 is no port (1 to 65535, or 0 for any free one)"),
    (["--printer", "here"], "argument --printer: here is not HOST:PORT"),
    (["--reader", "nfc"], "argument --reader: invalid choice: 'nfc'"),
]


@pytest.mark.parametrize(("options", "words"), OPTIONS)
def test_an_option_that_does_not_fit_is_named_in_one_line(
    capsys: pytest.CaptureFixture[str], options: list[str], words: str
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["demo", *options])
    (line,) = capsys.readouterr().err.splitlines()
    assert words in line


FILES = [
    ("--trust-anchor", "no certificate", "no certificate in PEM form"),
    ("--crl", "no list", "not a revocation list"),
    ("--records", "[[driver]]\nname = 'a'\n", "[[driver]] 1: "),
    ("--config", "[server]\nprot = 1\n", "server.prot: no such key; did you mean port?"),
    ("--trust-anchor", None, "cannot be read (No such file or directory)"),
    ("--config", None, "no such file"),
]


def test_a_file_that_does_not_fit_is_named_with_what_is_wrong(state: Path, tmp_path: Path) -> None:
    tries = []
    for number, (option, content, _) in enumerate(FILES):
        if content is not None:
            (tmp_path / str(number)).write_text(content)
        tries.append(["--state", str(state), *FREE, option, str(tmp_path / str(number))])
    for number, line in enumerate(refusals(*tries, code=2)):
        assert line.startswith(f"demo: {tmp_path / str(number)}: ")
        assert FILES[number][2] in line


def test_a_taken_port_is_named_with_its_option(state: Path) -> None:
    options = ["--port", "--dock-port", "--portal-port", "--printer-port", "--vpcd-port"]
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = str(taken.getsockname()[1])
        lines = refusals(*(["--state", str(state), *FREE, option, number] for option in options), code=1)
    assert lines == [
        f"demo: {option} {number}: Address already in use; stop what uses this port, or give another {option}"
        for option in options
    ]


def test_a_state_folder_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (line,) = refusals(["--state", str(tmp_path / "file" / "below"), *FREE], code=1)
    assert "Not a directory" in line and str(tmp_path / "file") in line


def test_settings_may_bring_another_printer_and_the_options_the_port(starting: Start, tmp_path: Path) -> None:
    file, number = tmp_path / "kiosk.toml", free_port()
    file.write_text('[station]\nname = "試験署"\n[printer]\nkind = "serial"\ndevice = "/dev/ttyS9"\n')
    demo = starting("--config", str(file), "--port", str(number))
    settings = demo.settings
    assert (settings.station.name, settings.printer.kind, settings.server.port) == ("試験署", "serial", number)
    assert demo.dock("GET", "/api/state")["printer"] is None
    panel = demo.ask("dock", "GET", "/").read().decode()
    assert 'id="portal"' in panel and 'id="printer"' not in panel
