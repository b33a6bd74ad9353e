"""The service as a process, over its real socket: who is heard, who is hung up on, and what is left of a kill."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from kiosk.caretaker.chain import lines_of
from kiosk.caretaker.key import PublicKey
from kiosk.caretaker.passcodes import hashed
from kiosk.caretaker.trail import segments
from kiosk.caretaker.verify import verify
from kiosk.config.events import EVENTS, event
from kiosk.ipc.appointed import Appointed, Member
from kiosk.ipc.caretaker import Away, Caretaker
from kiosk.ipc.finished import Finished
from kiosk.ipc.looked_into import LookedInto
from kiosk.ipc.messages import (
    LONGEST,
    SOCKET,
    AddStaff,
    Admit,
    Admitted,
    Board,
    CardWanted,
    CloseKiosk,
    Denied,
    Doors,
    DoorsStand,
    ListStaff,
    LookAgain,
    MarkSeen,
    OpenKiosk,
    Question,
    Rows,
    Standing,
    Status,
    Taken,
)
from kiosk.services.caretaker import CONNECTIONS_EACH, EVERYBODY, USERS, speakers
from kiosk.sim.pki import Pki
from tests.caretaker.conftest import tmp_path  # noqa: F401
from tests.nobody import NOBODY, needs_root, nobody_says
from tests.stage import ROOT, free_port, until
from tests.whole import covering

SOON = 20.0  # seconds, on a busy machine
FAULT = event("session_died")
GOOD = "58203917"


class Running:
    """One caretaker, started anew as often as wanted."""

    def __init__(self, folder: Path, code: str = "", settings: str = "") -> None:
        self.runtime, self.state = folder / "run", folder / "lib"
        self.runtime.mkdir()
        self.config = folder / "kiosk.toml"
        self.config.write_text(
            f'[caretaker]\nruntime_directory = "{self.runtime}"\nstate_directory = "{self.state}"\n{settings}', "utf-8"
        )
        self.client = Caretaker(self.runtime, patience_seconds=SOON)
        self.process: subprocess.Popen[bytes] | None = None
        self.start(code)

    def start(self, code: str = "") -> None:
        """code: what is done in its process before it runs."""
        program = f"{code}\nimport sys\nfrom kiosk.__main__ import main\nsys.exit(main(sys.argv[1:]))"
        self.process = subprocess.Popen(
            [sys.executable, "-c", program, "caretaker", "--config", str(self.config)], cwd=ROOT, stderr=subprocess.PIPE
        )
        began = time.monotonic()
        while not Caretaker(self.runtime, patience_seconds=1).present():
            assert self.process.poll() is None and time.monotonic() - began < SOON, self.ended()
            time.sleep(0.02)

    def ended(self) -> tuple[int, str]:
        assert self.process is not None and self.process.stderr is not None
        with self.process:
            return self.process.wait(SOON), self.process.stderr.read().decode()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
        assert self.process is not None
        self.process.send_signal(number)
        return self.ended()

    @property
    def trail(self) -> list[tuple[str, dict[str, object]]]:
        """Without how this machine is, which is told at the first look."""
        found = [line for path in segments(self.state / "trail") for line in lines_of(path.read_bytes())]
        return [(line.event, line.members.get("fields", {})) for line in found if line.event != "check"]

    def sound(self) -> bool:
        return verify(self.state / "trail", PublicKey.load(self.state)).sound

    def kiosk(self, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "kiosk", arguments[0], "--config", str(self.config), *arguments[1:]],
            cwd=ROOT,
            input=typed,
            capture_output=True,
            text=True,
            timeout=60,
        )


@pytest.fixture
def caretaker(tmp_path: Path) -> Iterator[Running]:  # noqa: F811
    running = Running(tmp_path)
    yield running
    if running.process is not None and running.process.poll() is None:
        running.process.kill()
        running.ended()


def test_what_staff_have_closed_stays_closed_whatever_becomes_of_the_caretaker(caretaker: Running) -> None:
    ask = caretaker.client.ask
    ask(AddStaff(12, "officer", GOOD))
    assert isinstance(ask(CloseKiosk(12, "paper")), Denied), "nobody was let in"
    ask(Admit(12, GOOD))
    assert ask(CloseKiosk(12, "paper")) == DoorsStand("paper")
    assert caretaker.stop(signal.SIGKILL)[0] == -signal.SIGKILL
    caretaker.start()
    assert ask(Doors()) == DoorsStand("paper")
    assert isinstance(ask(OpenKiosk(12)), Denied), "whoever was let in before has to be let in anew"
    said = ask(Board())
    assert isinstance(said, Rows) and {"server", "settings", "trail", "disk"} <= {row.check for row in said.rows}


def test_who_came_by_a_signed_file_is_let_in_from_the_next_start_on(caretaker: Running) -> None:
    """And whoever writes a request finds the trail's public key, and may say what became of the answer."""
    brought = Appointed("1", {7: Member("supervisor", hashed(GOOD))})
    caretaker.config.with_name("appointed.json").write_bytes(msgspec.json.encode(brought))
    caretaker.stop()
    caretaker.start()
    assert caretaker.client.ask(Admit(7, GOOD)) == Admitted("supervisor")
    assert ("staff_added", {"staff": 7, "role": "supervisor"}) in caretaker.trail
    assert caretaker.client.tell(event("provisioned", provision="taken"))
    assert caretaker.client.report("provisioning", "taken")
    public = caretaker.runtime / "trail.pub"
    assert public.read_bytes() == PublicKey.load(caretaker.state).pem and public.stat().st_mode & 0o777 == 0o644


def test_what_a_start_has_finished_of_provisioning_is_told_once(caretaker: Running) -> None:
    assert caretaker.client.report("provisioning", "unwritable")
    caretaker.config.with_name("finished.json").write_bytes(msgspec.json.encode(Finished("1")))
    for _ in range(2):
        caretaker.stop()
        caretaker.start()
    assert caretaker.trail.count(("provisioned", {"provision": "taken"})) == 1
    said = caretaker.client.ask(Board())
    assert isinstance(said, Rows)
    assert [row.reason for row in said.rows if row.check == "provisioning"] == ["taken"]


@pytest.mark.parametrize("order", ["told", "started", "told, started", "started, told", "told, told"])
def test_an_answer_that_was_used_stands_once_in_the_trail_whatever_comes_first(caretaker: Running, order: str) -> None:
    assert caretaker.client.report("provisioning", "unreadable")
    caretaker.config.with_name("finished.json").write_bytes(msgspec.json.encode(Finished("1")))
    for what in order.split(", "):
        if what == "told":
            assert caretaker.client.tell(event("provisioned", provision="taken"))
        else:
            caretaker.stop(signal.SIGKILL)
            caretaker.start()
    assert caretaker.trail.count(("provisioned", {"provision": "taken"})) == 1


def line_to(caretaker: Running) -> socket.socket:
    line = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    line.settimeout(SOON)
    line.connect(str(caretaker.runtime / SOCKET))
    return line


def test_what_is_told_stands_in_the_trail_and_each_start_says_how_the_last_end_was(caretaker: Running) -> None:
    assert caretaker.client.tell(FAULT)
    assert caretaker.stop() == (0, "")
    caretaker.start()
    assert caretaker.stop(signal.SIGKILL)[0] == -signal.SIGKILL
    caretaker.start()
    assert caretaker.stop(signal.SIGINT) == (0, "")
    ends: tuple[str, dict[str, object]] = ("caretaker_ended", {})
    assert caretaker.trail == [
        ("caretaker_started", {"after": "first"}),
        ("session_died", {}),
        ends,
        ("caretaker_started", {"after": "clean"}),
        ("caretaker_started", {"after": "unclean"}),
        ends,
    ]
    assert caretaker.sound()


def test_the_command_line_pins_a_card_and_takes_it_away(caretaker: Running, tmp_path: Path) -> None:  # noqa: F811
    pki = Pki(tmp_path / "pki")
    pki.staff_card("p256")
    certificate, other = str(pki.staff_certificate("p256")), tmp_path / "other"
    other.write_text("no certificate")
    assert caretaker.client.ask(AddStaff(7, "supervisor", GOOD)) == Taken()
    for file, why in {str(other): "this is no certificate, PEM or DER", "/none": "No such file or directory"}.items():
        refused = caretaker.kiosk("staff", "card", "7", file)
        assert (refused.returncode, refused.stderr) == (1, f"{file}: {why}\n")
    assert caretaker.kiosk("staff", "card", "7", certificate).returncode == 0
    assert caretaker.kiosk("staff", "list").stdout == "     7  supervisor, with card\n"
    assert caretaker.client.ask(Admit(7, GOOD)) == CardWanted()
    assert caretaker.kiosk("staff", "card", "7", "--none").returncode == 0
    assert caretaker.client.ask(Admit(7, GOOD)) == Admitted("supervisor")
    assert caretaker.kiosk("staff", "card", "7").returncode == 2


def test_the_command_line_makes_staff_and_reads_verifies_and_exports_the_trail(caretaker: Running) -> None:
    assert caretaker.kiosk("staff", "list").stderr.startswith("nobody; add one:")
    added = caretaker.kiosk("staff", "add", "12", "--role", "officer", typed=f"{GOOD}\n")
    assert (added.returncode, added.stdout, added.stderr) == (0, "", "")
    weak = caretaker.kiosk("staff", "add", "13", "--role", "officer", typed="12345678\n")
    assert (weak.returncode, weak.stderr) == (1, "this passcode is a pattern that is tried first; take another\n")
    for long in (33, 65):  # which the caretaker refuses, and which no message would take
        refused = caretaker.kiosk("staff", "add", "13", "--role", "officer", typed=f"{'90817263' * 9}"[:long] + "\n")
        assert (refused.returncode, refused.stderr) == (1, "a passcode has 32 digits at most\n")
    assert caretaker.kiosk("staff", "list").stdout == "    12  officer\n"
    assert caretaker.client.ask(Admit(12, GOOD)) == Admitted("officer")
    assert caretaker.kiosk("staff", "remove", "12").returncode == 0
    assert caretaker.kiosk("staff", "remove", "0").returncode == 2

    verified = caretaker.kiosk("audit", "verify")
    assert verified.returncode == 0 and verified.stdout.endswith("sound\n")
    said = caretaker.client.ask(Status())
    assert isinstance(said, Standing) and f"head   {said.head}\n" in verified.stdout
    assert f"{EVENTS['staff_admitted'].en}; " in caretaker.kiosk("audit", "show").stdout
    assert f"{EVENTS['staff_admitted'].ja}; " in caretaker.kiosk("audit", "show", "--ja").stdout
    assert caretaker.kiosk("audit", "show", "--prints").stdout == "", "nothing was printed"
    lost = caretaker.kiosk("audit", "upload", "https://localhost:9/x", "--tls", str(caretaker.runtime))
    assert (lost.returncode, lost.stderr.count("\n")) == (1, 1) and "ca.pem, kiosk.pem, kiosk.key" in lost.stderr
    to = caretaker.runtime.parent / "export.tar"
    assert caretaker.kiosk("audit", "export", str(to)).returncode == 0 and to.stat().st_size > 1000
    assert caretaker.trail[-1] == ("trail_exported", {})

    [segment] = segments(caretaker.state / "trail")
    segment.write_bytes(segment.read_bytes().replace(b'"staff":12', b'"staff":13', 1))
    tampered = caretaker.kiosk("audit", "verify")
    assert tampered.returncode == 1 and "FLAW" in tampered.stdout and tampered.stdout.endswith("NOT SOUND\n")


def stands(caretaker: Running, check: str) -> str:
    caretaker.client.ask(LookAgain())
    said = caretaker.client.ask(Board())
    assert isinstance(said, Rows)
    return next(row.reason for row in said.rows if row.check == check)


def is_tampered_with(caretaker: Running) -> None:
    segment = segments(caretaker.state / "trail")[-1]
    segment.write_bytes(segment.read_bytes().replace(b"caretaker_", b"caretaken_", 1))


def by_command(caretaker: Running) -> None:
    assert caretaker.kiosk("audit", "looked-into").returncode == 0


def by_signed_file(caretaker: Running) -> None:
    caretaker.config.with_name("looked_into.json").write_bytes(msgspec.json.encode(LookedInto("1")))
    caretaker.stop()
    caretaker.start()


@pytest.mark.parametrize("word", [by_command, by_signed_file])
def test_a_broken_trail_is_a_problem_until_the_operators_word_whatever_staff_and_starts_do(
    caretaker: Running, word: Callable[[Running], None]
) -> None:
    assert caretaker.client.ask(AddStaff(12, "officer", GOOD)) == Taken()
    assert stands(caretaker, "trail") == "written"
    is_tampered_with(caretaker)
    for _ in range(3):
        assert stands(caretaker, "trail") == "broken"
        assert caretaker.client.ask(Admit(12, GOOD)) == Admitted("officer")
        assert caretaker.client.ask(MarkSeen(12, "trail", "broken")) == Taken()
        caretaker.stop()
        caretaker.start()
    assert stands(caretaker, "trail") == "broken"
    word(caretaker)
    assert stands(caretaker, "trail") == "written"
    caretaker.stop()
    caretaker.start()
    assert stands(caretaker, "trail") == "written"
    assert caretaker.kiosk("audit", "verify").returncode == 1, "what was found there is still to be found"
    is_tampered_with(caretaker)
    assert stands(caretaker, "trail") == "broken"


def test_a_trail_whose_key_cannot_be_used_is_set_aside_and_another_begins_that_is_to_be_looked_into(
    caretaker: Running,
) -> None:
    for number in ("", ".2"):
        caretaker.stop()
        before, aside = caretaker.state / "trail", caretaker.state / f"trail.unusable{number}"
        was = {path.name: path.read_bytes() for path in before.iterdir()}
        (caretaker.state / "trail.key").write_bytes(b"no key")
        caretaker.start()
        assert {path.name: path.read_bytes() for path in (aside / "trail").iterdir()} == was
        assert verify(aside / "trail", PublicKey.load(aside)).sound == (number == "")
        assert (aside / "trail.key").read_bytes() == b"no key"
        began: tuple[str, dict[str, object]] = ("trail_broken", {"flaw": "key_unusable"})
        assert caretaker.trail[:2] == [began, ("caretaker_started", {"after": "first"})]
        assert stands(caretaker, "trail") == "broken"
        by_command(caretaker)
        assert stands(caretaker, "trail") == "written"
        caretaker.stop()
        caretaker.start()
        assert caretaker.trail.count(began) == 1 and stands(caretaker, "trail") == "written"


def test_accounts_that_cannot_be_read_are_said_to_be_and_not_that_there_are_none(caretaker: Running) -> None:
    caretaker.stop()
    (caretaker.state / "staff.json").write_bytes(b"{")
    caretaker.start()
    said = caretaker.client.ask(Status())
    assert isinstance(said, Standing) and (said.staffed, said.usable) == (False, False)
    assert stands(caretaker, "staff") == "unreadable"
    listed = caretaker.kiosk("staff", "list")
    assert listed.returncode == 1 and "is not what was written there" in listed.stderr


def test_what_is_asked_of_a_caretaker_that_is_away_ends_with_one_line(caretaker: Running) -> None:
    caretaker.stop()
    ended = caretaker.kiosk("staff", "list")
    assert ended.returncode == 1 and ended.stderr.startswith("the caretaker does not answer (")
    assert ended.stderr.count("\n") == 1
    assert caretaker.kiosk("audit", "looked-into").returncode == 1
    assert caretaker.kiosk("audit", "verify").returncode == 0, "the trail is read without it"
    (caretaker.state / "trail.pub").unlink()
    ended = caretaker.kiosk("audit", "verify")
    assert (ended.returncode, ended.stderr.count("\n")) == (1, 1) and "trail.pub: cannot be read" in ended.stderr


# Who is heard


def test_the_users_are_those_of_the_units() -> None:
    for name, service in zip(USERS, ("kiosk-server", "kiosk-browser"), strict=True):
        assert f"User={name}" in (ROOT / "systemd" / f"{service}.service").read_text().splitlines()
    known = speakers()
    assert known[0] >= {"root"} and known[os.geteuid()] == EVERYBODY


@needs_root
def test_another_user_is_hung_up_on_before_anything_was_read(caretaker: Running) -> None:
    for path in (caretaker.runtime, *caretaker.runtime.parents[:2]):
        path.chmod(path.stat().st_mode | 0o011)

    def asks() -> bytes:
        with line_to(caretaker) as line, contextlib.suppress(ConnectionError):
            line.send(b'{"message":"status"}')
            return line.recv(LONGEST) or b"hung up"
        return b"hung up"

    assert NOBODY not in speakers()
    assert nobody_says(asks) == b"hung up"
    assert caretaker.client.present()


def silent(line: socket.socket) -> None:
    pass


def deaf(line: socket.socket) -> None:
    """Asks and asks, and reads no answer."""
    line.setblocking(False)
    with contextlib.suppress(OSError):
        for _ in range(10_000):
            line.send(b'{"message":"status"}')


def too_long(line: socket.socket) -> None:
    with contextlib.suppress(OSError):
        line.send(b'{"message":"status"}' + b" " * LONGEST)


def empty(line: socket.socket) -> None:
    with contextlib.suppress(OSError):
        line.send(b"")


@pytest.mark.parametrize("speaker", [silent, deaf, too_long, empty])
def test_a_broken_speaker_holds_nobody_up(caretaker: Running, speaker: Callable[[socket.socket], None]) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(3 * CONNECTIONS_EACH):
            line = stack.enter_context(line_to(caretaker))
            speaker(line)
        began = time.monotonic()
        assert caretaker.client.tell(FAULT) and time.monotonic() - began < 2
        assert caretaker.process
        assert len(list(Path(f"/proc/{caretaker.process.pid}/fd").iterdir())) < 20 + CONNECTIONS_EACH
    assert caretaker.stop() == (0, "")


def test_a_flood_of_messages_from_one_neither_blocks_nor_fills_it(caretaker: Running) -> None:
    stopped = threading.Event()

    def floods() -> None:
        told = b'{"message":"tell","event":{"event":"session_died"}}'
        with line_to(caretaker) as line, contextlib.suppress(OSError):
            while not stopped.is_set():
                line.send(told)
                line.recv(LONGEST)

    speakers_ = [threading.Thread(target=floods) for _ in range(4)]
    for each in speakers_:
        each.start()
    slowest = 0.0
    for _ in range(20):
        began = time.monotonic()
        assert caretaker.client.present()
        slowest = max(slowest, time.monotonic() - began)
        time.sleep(0.05)
    stopped.set()
    for each in speakers_:
        each.join(SOON)
    assert slowest < 1.0
    caretaker.stop()
    names = [name for name, _ in caretaker.trail]
    assert 60 <= names.count("session_died") <= 62 and names.count("gap") <= 2
    assert caretaker.sound()


# What a kill leaves

KILLED = """
import os, signal
from kiosk.caretaker import dispatch
from kiosk.caretaker.trail import Trail
real, append = dispatch.Dispatcher.hear, Trail.append
before = os.environ["KILLED"] == "before"
def hear(self, data, who):
    wanted = os.environ["MESSAGE"].encode() in data
    if wanted and before:
        os.kill(os.getpid(), signal.SIGKILL)
    answer = real(self, data, who)
    if wanted:
        os.kill(os.getpid(), signal.SIGKILL)
    return answer
dispatch.Dispatcher.hear = hear
"""

MESSAGES: dict[str, Question] = {
    "tell": Taken(),  # type: ignore[dict-item]  # told by `tell` below
    "addstaff": AddStaff(13, "officer", "60417293"),
    "admit": Admit(12, GOOD),
    "liststaff": ListStaff(),
}


@pytest.mark.parametrize(("message", "when"), covering(MESSAGES, ["behind", "before"]))
def test_a_caretaker_that_is_killed_at_a_message_keeps_what_it_had_and_the_gap_is_told(
    caretaker: Running, message: str, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert caretaker.client.ask(AddStaff(12, "officer", GOOD)) == Taken()
    caretaker.stop()
    monkeypatch.setenv("KILLED", when)
    monkeypatch.setenv("MESSAGE", f'"{message}"')
    caretaker.start(KILLED)
    if message == "tell":
        assert not caretaker.client.tell(FAULT)
    else:
        with pytest.raises(Away):
            caretaker.client.ask(MESSAGES[message])
    assert caretaker.ended()[0] == -signal.SIGKILL
    assert not caretaker.client.tell(FAULT), "away"
    caretaker.start()
    assert caretaker.client.tell(event("server_started"))
    assert caretaker.client.ask(Admit(12, GOOD)) == Admitted("officer")
    caretaker.stop()
    assert caretaker.sound()
    gaps = [fields for name, fields in caretaker.trail if name == "gap"]
    assert gaps == [{"speaker": "server", "why": "away", "count": 1 + (message == "tell")}]
    assert [name for name, _ in caretaker.trail].count("session_died") == (message == "tell" and when == "behind")


@needs_root
@pytest.mark.parametrize("what", ["runtime", "state", "key"])
def test_what_it_cannot_do_without_is_named_in_one_line(tmp_path: Path, what: str) -> None:  # noqa: F811
    running = Running(tmp_path)
    running.stop()
    if what == "runtime":
        running.runtime.rename(tmp_path / "gone")
    elif what == "state":
        running.config.write_text(running.config.read_text().replace(str(running.state), "/proc/nowhere"))
    else:
        (running.state / "trail.key").unlink()
        (running.state / "trail.key").mkdir()  # it is there, and cannot be read
    ended = running.kiosk("caretaker")
    assert ended.returncode == 1 and ended.stderr.count("\n") == 1 and ended.stderr.startswith("caretaker")


# Calls and figures


def test_an_alertmanager_that_hangs_and_a_taken_port_cost_nobody_anything(tmp_path: Path) -> None:  # noqa: F811
    with socket.create_server(("127.0.0.1", 0)) as hangs, socket.create_server(("127.0.0.1", 0)) as taken:
        port, other = hangs.getsockname()[1], taken.getsockname()[1]
        alerts = f'[alerts]\nkind = "alertmanager"\nurl = "http://127.0.0.1:{port}"\n'
        running = Running(tmp_path, settings=f"metrics_port = {other}\n{alerts}")
        began = time.monotonic()
        assert running.client.call() == "sending"
        assert running.client.tell(event("printer", printer="paper_end"))
        assert time.monotonic() - began < 2
        until(lambda: running.client.call_stands() == "unsent", SOON)
        running.client.end_call()
        assert running.client.call_stands() == "none"
        code, said = running.stop()
    assert code == 0 and f"caretaker.metrics_port: {other}: Address already in use" in said
    assert ("staff_called", {}) in running.trail and ("call_stands", {"call": "unsent"}) in running.trail


def test_figures_are_had_on_loopback_and_name_the_end_of_the_trail(tmp_path: Path) -> None:  # noqa: F811
    port = free_port()
    running = Running(tmp_path, settings=f"metrics_port = {port}\n")
    assert running.client.tell(FAULT)
    said = running.client.ask(Status())
    assert isinstance(said, Standing)

    def figures() -> dict[str, str]:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=SOON) as answer:
            lines = answer.read().decode().splitlines()
        return dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))

    until(lambda: float(figures()["kiosk_trail_lines"]) == said.lines, SOON)
    found = figures()
    head = [int(float(found[f'kiosk_trail_head{{part="{part}"}}'])) for part in range(1, 6)]
    assert said.head == "".join(f"{part:013x}" for part in head[:4]) + f"{head[4]:012x}"
    assert found['kiosk_events_total{event="session_died"}'] == "1.0" and found["kiosk_open"] == "1.0"
    assert running.client.call() == "none", "nobody carries it"
    assert running.stop() == (0, "")
