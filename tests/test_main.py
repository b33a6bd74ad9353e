"""The commands an appliance and its operator use, each as a process: one clear line for whatever is wrong."""

from __future__ import annotations

import os
import pwd
import re
import shlex
import socket
import subprocess
import sys
import tempfile
from itertools import product
from pathlib import Path

import pytest
from msgspec import structs

from kiosk.__main__ import CONFIG, _shown, parsed
from kiosk.config import policy
from kiosk.config.kiosk import BrowserSettings, Settings
from kiosk.services import screen
from kiosk.services.starts import TRIES
from kiosk.sim.printer import VirtualPrinter
from tests.stage import ROOT
from tests.whole import few

NO_DAEMON = {"PCSCLITE_CSOCK_NAME": "/nowhere"}  # or it would see those of other tests come and go


def kiosk(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "kiosk", *arguments],
        cwd=ROOT,
        env={**os.environ, **NO_DAEMON, **environment},
        capture_output=True,
        text=True,
        timeout=30,
    )


def config(folder: Path, text: str) -> str:
    path = folder / "kiosk.toml"
    path.write_text(text, "utf-8")
    return str(path)


COMMANDS = [("check",), ("audit", "verify"), ("staff", "list")]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_settings_that_do_not_fit_end_what_an_operator_asks_for(tmp_path: Path, command: tuple[str, ...]) -> None:
    path = config(tmp_path, "[caretaker]\nkept_days = 0\n")
    ended = kiosk(command[0], "--config", path, *command[1:])
    assert ended.returncode == 2 and (ended.stdout == "" or command == ("check",))
    assert ended.stderr.startswith(f"{path}: caretaker.kept_days: 0 does not fit")
    assert ended.stderr.count("\n") == 1


def test_check_names_everything_that_does_not_fit(tmp_path: Path) -> None:
    path = config(tmp_path, "[server]\nport = 0\n[voice]\nloud = 1\n[sreen]\n")
    ended = kiosk("check", "--config", path)
    assert ended.returncode == 2
    assert [line.removeprefix(f"{path}: ").partition(": ")[0] for line in ended.stderr.splitlines()] == [
        "server.port",
        "voice.loud",
        "sreen",
    ]


UNFIT = {
    **{section: f"[{section}]\nno_such_key = 1\n" for section in structs.asdict(Settings())},
    "a value": "[screen]\nidle_seconds = 3\n",
    "no section": "screen = 3\n",
    "an unknown section": "[sreen]\nidle_seconds = 60\n",
    "something missing": '[printer]\nkind = "network"\n',
}
READS = {  # what each service reads
    "serve": set(UNFIT),
    "browser": {"server", "caretaker"},
    "caretaker": {"caretaker", "alerts", "opening"},
}


# A process each. Which section a key belongs to is tested in tests/config; what is left unseen is a section whose fault
# one service alone reports as another's.
SOME = [
    *(("serve", unfit) for unfit in ("server", "alerts", "a value", "no section")),
    *(
        (service, unfit)
        for service in ("browser", "caretaker")
        for unfit in ("server", "caretaker", "alerts", "portal")
    ),
    ("browser", "an unknown section"),
    ("caretaker", "something missing"),
]


@pytest.mark.parametrize(("service", "unfit"), few(SOME, of=product(READS, UNFIT)))
def test_a_service_names_what_does_not_fit_of_its_part_and_goes_on(tmp_path: Path, service: str, unfit: str) -> None:
    """It ends for another reason: no display, a taken port, no folder."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        more = {
            "server": f'port = {taken.getsockname()[1]}\nruntime_directory = "{tmp_path}"\n',
            "caretaker": f'runtime_directory = "{tmp_path / "none"}"\nstate_directory = "{tmp_path / "state"}"\n',
        }
        text = UNFIT[unfit] + more.pop(unfit, "")
        text += "".join(f"[{section}]\n{keys}" for section, keys in more.items())
        ended = kiosk(service, "--config", config(tmp_path, text), DISPLAY="", WAYLAND_DISPLAY="")
    assert ended.returncode == 1, ended.stderr
    assert ended.stderr.count("\n") == 1 + (unfit in READS[service])


def test_a_command_that_does_not_exist_is_named_in_one_line() -> None:
    ended = kiosk("sevre")
    assert ended.returncode == 2
    assert "invalid choice: 'sevre'" in ended.stderr and ended.stderr.count("\n") == 1


def test_a_taken_port_stops_the_server_at_once_with_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        text = f'[server]\nport = {number}\nruntime_directory = "{tmp_path}"\n'
        ended = kiosk("serve", "--config", config(tmp_path, text))
    assert ended.returncode == 1
    assert ended.stderr == (
        f"server.port: {number} is taken by another program; stop that one, or change server.port\n"
    )


def test_a_port_that_stays_taken_is_told_and_waited_for_and_no_start_is_counted_for_it(tmp_path: Path) -> None:
    """Begun anew several times a second, for ever, it told nobody. With less a start would find it taken, too."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        path = config(tmp_path, f'[server]\nport = {number}\nruntime_directory = "{tmp_path}"\n')
        for _ in range(TRIES):
            assert kiosk("serve", "--config", path).returncode == 1
        waits = subprocess.Popen([sys.executable, "-c", TELLS, path], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        with waits:
            assert waits.stdout is not None and waits.stdout.readline() == "out_of_order\n"
            assert waits.poll() is None, "it waits"
            taken.close()
            assert waits.wait(30) == 1
    assert not list(tmp_path.glob("starts")) and not list(tmp_path.glob("taken"))


TELLS = """
import sys
from kiosk.ipc.caretaker import Caretaker
Caretaker.tell = lambda _self, told: print(told.name, flush=True)
from kiosk.__main__ import main
sys.exit(main(["serve", "--config", sys.argv[1]]))
"""


@pytest.mark.parametrize(("allowed", "port"), [(9999, 9999), (8888, 8888), (None, 9998)])
def test_server_and_screen_go_to_the_port_that_chromium_shows_and_the_settings_do_not_fit(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    allowed: int | None,
    port: int,
) -> None:
    shown = [f"http://{host}:{allowed}" for host in ("127.0.0.1", "localhost")]
    found = {"URLBlocklist": ["*"], "URLAllowlist": shown if allowed else []}
    monkeypatch.setattr(policy, "installed", lambda: found)
    path = Path(config(tmp_path, "[server]\nport = 9998\n"))
    server, screen = _shown(path, Settings), _shown(path, BrowserSettings)
    assert server[0].server.port == screen[0].server.port == port
    assert server[1] == screen[1] == tuple(capsys.readouterr().err.splitlines()[:1])
    assert [line.startswith(f"{path}: server.port: 9998 is not shown") for line in server[1]] == [True] * bool(allowed)
    path.write_text(f"[server]\nport = {port}\n")
    assert _shown(path, Settings)[1] == ()


def test_without_a_display_the_browser_says_so(tmp_path: Path) -> None:
    ended = kiosk("browser", "--config", config(tmp_path, ""), DISPLAY="", WAYLAND_DISPLAY="")
    assert ended.returncode == 1
    assert ended.stderr.startswith("no display ") and ended.stderr.count("\n") == 1


def test_the_browser_needs_no_file_of_the_portal(tmp_path: Path) -> None:
    """The key to the portal is for the server's user alone."""
    text = '[portal]\nca_file = "/gone/ca"\ncertificate_file = "/gone/pem"\nkey_file = "/gone/key"\n'
    ended = kiosk("browser", "--config", config(tmp_path, text), DISPLAY="", WAYLAND_DISPLAY="")
    assert ended.returncode == 1
    assert ended.stderr.startswith("no display ") and ended.stderr.count("\n") == 1


def test_the_browser_starts_cage_whatever_the_settings_are(tmp_path: Path) -> None:
    cage = tmp_path / "cage"
    cage.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    cage.chmod(0o755)
    for port, said in (("port = 0", 1), ("", 0)):
        path = config(tmp_path, f'[server]\nruntime_directory = "{tmp_path}"\n{port}\n')
        ended = kiosk("browser", "--cage", "--config", path, "--", "--flag", PATH=f"{tmp_path}:{os.defpath}")
        assert ended.stdout.splitlines() == [
            *screen.SHOWN,
            "--",
            "env",
            "--unset=XCURSOR_PATH",
            "setpriv",
            "--pdeathsig",
            "TERM",
            "--",
            sys.executable,
            "-m",
            "kiosk",
            "browser",
            "--config",
            path,
            "--",
            "--flag",
        ]
        assert ended.stderr.count(f"{path}: server.port: ") == ended.stderr.count("\n") == said

    cage.unlink()
    ended = kiosk("browser", "--cage", "--config", path, PATH=str(tmp_path))
    assert ended.returncode == 1
    assert ended.stderr == "cage cannot be started (it is not there); apt install cage\n"


AS_NOBODY = """
import sys
from kiosk.health import look
look.SERVER = look.SCREEN = "nobody"
from kiosk.__main__ import main
code = main(["check", "--config", sys.argv[1]])
import os
print(os.getresuid(), os.getresgid(), 0 in os.getgroups())
sys.exit(code)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can ask in another's name")
def test_root_asks_as_the_servers_user_and_tries_the_settings_as_the_screens() -> None:
    nobody = pwd.getpwnam("nobody")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        there, secret = folder / "there.pem", folder / "secret.key"
        there.touch()
        secret.touch(mode=0o640)  # of root, as it would be before systemd-tmpfiles gave it to the server's group
        path = config(
            folder,
            f'[reader]\nname = "no such reader"\n'
            f'[portal]\nca_file = "{there}"\ncertificate_file = "{there}"\nkey_file = "{secret}"\n',
        )
        asked = [sys.executable, "-c", AS_NOBODY, path]
        ended = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, timeout=60)
        assert f"has    settings  {path} (asked as the user nobody)" in ended.stdout
        assert (
            f"LACKS  portal    portal.key_file: {secret} cannot be read by this user; check its owner" in ended.stdout
        )
        *_, last = ended.stdout.splitlines()
        assert last == f"{(nobody.pw_uid,) * 3} {(nobody.pw_gid,) * 3} False"

        Path(path).chmod(0o600)
        ended = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, timeout=60)
        assert ended.returncode == 2
        assert ended.stderr == f"{path}: cannot be read (Permission denied); check its owner and mode\n"


def test_check_says_in_a_line_each_what_the_kiosk_has_and_lacks(tmp_path: Path) -> None:
    printer = VirtualPrinter(port=0)
    printer.switches.cover_open = True
    printer.start()
    text = (
        f'[reader]\nname = "no such reader"\n[printer]\nkind = "network"\nhost = "127.0.0.1"\nport = {printer.port}\n'
    )
    ended = kiosk("check", "--config", config(tmp_path, text))
    printer.stop()
    said = {words[1]: words[0] for line in ended.stdout.splitlines() if (words := line.split())}
    assert ended.returncode == 1
    assert said.pop("guidance") in ("has", "LACKS"), "a year from now its facts may be due"
    assert said == {
        "settings": "has",
        "port": "has",
        "reader": "LACKS",
        "printer": "LACKS",
        "portal": "LACKS",
        "clock": "has",
        "font": "has",
        "voice": "has",
        "browser": "has",
        "bell": "has",  # none, by the settings
        "keypad": "has",
        "beacon": "has",
        "caretaker": "LACKS",
    }
    assert 'none found ("no such reader" was looked for)' in ended.stdout
    assert "the network printer has its cover open; close it" in ended.stdout
    assert "portal.ca_file, portal.certificate_file and portal.key_file must be set" in ended.stdout


UNFIT_CHECK = """
import sys
from kiosk.health import look
from kiosk.health.lockdown import findings
from kiosk.health.shipped import Fault
look.locked_down = lambda: list(findings(1, [Fault("users", "/etc/x can be written by others")]))
look.shut_out = lambda path: ["kiosk-browser"]
look.everything = None
from kiosk.__main__ import main
sys.exit(main(["check", "--config", sys.argv[1]]))
"""


@pytest.mark.parametrize("text", ["[server]\nport = 0\n", "[server\n", None], ids=["a value", "no TOML", "no file"])
def test_check_says_what_does_not_depend_on_settings_also_when_they_do_not_fit(
    tmp_path: Path, text: str | None
) -> None:
    path = str(tmp_path / "kiosk.toml") if text is None else config(tmp_path, text)
    ended = subprocess.run(
        [sys.executable, "-c", UNFIT_CHECK, path], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 2
    assert ended.stderr.startswith(path) and ended.stderr.count("\n") == 1
    said = {words[1]: words[0] for line in ended.stdout.splitlines() if (words := line.split())}
    said.pop("keyboards", "")  # of this machine
    assert said == {"settings": "LACKS", "lockdown": "LACKS", "font": "has", "browser": "has"}
    assert "/etc/x can be written by others" in ended.stdout and "by the user kiosk-browser" in ended.stdout


def test_check_finds_a_missing_font_and_browser_and_names_their_packages(tmp_path: Path) -> None:
    (tmp_path / "fc-list").write_text("#!/bin/sh\n")  # finds nothing
    (tmp_path / "fc-list").chmod(0o755)
    ended = kiosk("check", "--config", config(tmp_path, '[reader]\nname = "no such reader"\n'), PATH=str(tmp_path))
    assert "LACKS  font      BIZ UDPGothic is not installed; apt install fonts-morisawa-bizud-gothic" in ended.stdout
    assert "LACKS  font      Noto Sans CJK JP is not installed; apt install fonts-noto-cjk" in ended.stdout
    assert "LACKS  browser   chromium is not installed; apt install chromium" in ended.stdout
    assert ended.stderr.count("\n") <= 1


# What a unit or a page has the program do, it knows how to do


UNITS = sorted(
    path
    for folder in ("systemd", "image/mkosi.extra/usr/lib/systemd", "config/fleet")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in (".service", ".conf")
)
RUNS = re.compile(r"^Exec\w+=-?(?:\S*/python (?:-I )?-m kiosk|/usr/sbin/kiosk) (.+)$", re.MULTILINE)
SHOWN = re.compile(r"(?:^ {4,}|`)(?:python -m )?kiosk ((?:[^\n`\\#]|\\\n)+)", re.MULTILINE)
MEANT = {"${URL}": "https://trails.example.jp", "NUMBER": "12", "ROLE": "officer"}
ASKED = {"check", "audit", "report", "staff", "provision"}


def unknown(line: str, said: pytest.CaptureFixture[str]) -> str:
    """What the program does not know of it; not, what else it would have to be told."""
    said.readouterr()
    try:
        assert callable(parsed([MEANT.get(word, word) for word in shlex.split(line)]).run)
    except SystemExit:
        why = said.readouterr().err
        return "" if "required" in why else f"{line}: {why}"
    return ""


def test_the_program_knows_every_line_that_a_unit_gives_it(capsys: pytest.CaptureFixture[str]) -> None:
    given = [line for path in UNITS for line in RUNS.findall(path.read_text())]
    assert len(given) >= 10 and not [why for line in given if (why := unknown(line, capsys))]


def test_the_program_knows_every_command_that_a_page_shows(capsys: pytest.CaptureFixture[str]) -> None:
    pages = [*(ROOT / "docs").glob("*.md"), ROOT / "README.md"]
    shown = [line.replace("\\\n", " ") for page in pages for line in SHOWN.findall(page.read_text("utf-8"))]
    asked = [line for line in shown if line.split()[0] in ASKED and "…" not in line]
    assert len(asked) >= 10 and not [why for line in asked if (why := unknown(line, capsys))]


@pytest.mark.parametrize("command", [("audit", "verify"), ("report", "list"), ("staff", "list")])
def test_which_settings_are_meant_may_stand_before_what_is_to_be_done_or_behind(command: tuple[str, str]) -> None:
    what, does = command
    ways = [what, "--config", "here.toml", does], [what, does, "--config", "here.toml"]
    assert [parsed(way).config for way in ways] == [Path("here.toml")] * 2
    assert parsed([what, does]).config == CONFIG
