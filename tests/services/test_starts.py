"""Starts that come to nothing: counted past their process, tried with less, and at last no start at all but a page."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from kiosk.config.events import Event, event
from kiosk.config.kiosk import Settings, load
from kiosk.ipc.caretaker import Caretaker
from kiosk.language.languages import shipped
from kiosk.services import out_of_order
from kiosk.services.starts import FILE, TRIES, Starts
from tests.stage import ROOT, free_port, until

START = """
import os, signal, sys
from kiosk.__main__ import main
from kiosk.services import server
def serve(*_, safe, **__): {}
server.serve = serve
sys.exit(main(["serve", "--config", sys.argv[1]]))
"""
KILLED = START.format("os.kill(os.getpid(), signal.SIGSEGV)")
RAISES = START.format("raise RuntimeError")
SAYS = START.format("print('safe for', safe)")
MAY_FAIL = ("kiosk.config.events", "kiosk.config.guidance", "kiosk.ipc.messages", "kiosk.services.server", "gunicorn")


def test_a_start_is_counted_until_one_is_good(tmp_path: Path) -> None:
    how = [Starts(tmp_path).begin() for _ in range(2 * TRIES + 2)]
    assert how == ["as set"] * TRIES + ["guidance only"] * TRIES + ["out of order"] * 2
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    starts = Starts(tmp_path)
    for _ in range(2):
        starts.good()
    assert starts.begin() == "as set" and not (tmp_path / "no-such").exists()
    for _ in range(TRIES + 1):
        assert Starts(tmp_path / "no-such").begin() == "as set", "who cannot count does as they are told"


def test_a_file_that_is_somebody_elses_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("x" * 99)
    (tmp_path / FILE).symlink_to(tmp_path / "other")
    assert Starts(tmp_path).begin() == "as set" and (tmp_path / "other").read_text() == "x" * 99


def started(code: str, config: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, str(config)], cwd=ROOT, capture_output=True, text=True, timeout=60
    )


def test_what_fails_three_times_in_any_way_is_tried_with_less_and_named(tmp_path: Path) -> None:
    config = tmp_path / "kiosk.toml"
    config.write_text(f'[server]\nport = {free_port()}\nruntime_directory = "{tmp_path}"\n')
    assert [started(code, config).returncode for code in (KILLED, RAISES, KILLED)] == [
        -signal.SIGSEGV,
        1,
        -signal.SIGSEGV,
    ]
    assert started(SAYS, config).stdout == "safe for starts\n"
    Starts(tmp_path).good()
    assert started(SAYS, config).stdout == "safe for None\n"
    config.write_text(config.read_text() + "[portal]\nkey_file = '/key'\n")
    ended = started(SAYS, config)
    assert ended.stdout == "safe for settings\n" and f"{config}: portal.ca_file: is missing" in ended.stderr


def test_the_last_page_says_where_the_desk_is_in_every_language_and_lets_nothing_in(tmp_path: Path) -> None:
    config = tmp_path / "kiosk.toml"
    config.write_text('[station]\ndesk = "窓口 <b>"\ntelephone = "000-000-0110"\n', "utf-8")
    settings = load(config)
    with out_of_order.PageServer(settings, 0) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        at = f"http://127.0.0.1:{server.server_address[1]}"
        with urllib.request.urlopen(at) as answer:
            said, policy = answer.read().decode(), answer.headers["Content-Security-Policy"]
        with urllib.request.urlopen(f"{at}/alive") as answer:
            assert answer.status == 204
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(urllib.request.Request(at, method="POST", data=b""))
        with pytest.raises(urllib.error.HTTPError, match="421"):
            urllib.request.urlopen(urllib.request.Request(f"{at}/alive", headers={"Host": "kiosk.example"}))
        server.shutdown()
    assert "いまは、お使いいただけません" in said and "窓口 &lt;b&gt; 000-000-0110" in said
    assert said.count("<p lang=") == len(shipped()) - 1
    assert policy.startswith("default-src 'none'") and policy.count("nonce-") == said.count("nonce=") == 2


def test_it_stands_for_its_time_and_the_next_start_is_as_if_nothing_had_been(tmp_path: Path) -> None:
    port = free_port()
    config = tmp_path / "kiosk.toml"
    config.write_text(f'[server]\nport = {port}\nruntime_directory = "{tmp_path}"\n')
    (tmp_path / FILE).write_bytes(b"." * 2 * TRIES)
    # What may be the reason that no start came to a page cannot be loaded here, either.
    code = f"import sys; sys.modules.update(dict.fromkeys({MAY_FAIL})); "
    code += "from kiosk.services import out_of_order as o; o.stand.__defaults__ = (2.0,); "
    code += "from kiosk.__main__ import main; sys.exit(main(['serve', '--config', sys.argv[1]]))"
    with subprocess.Popen([sys.executable, "-c", code, str(config)], cwd=ROOT, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        until(lambda: answers(port))
        assert process.wait(30) == 1 and b"it is out of order" in process.stderr.read()
    assert not os.path.exists(tmp_path / FILE)
    assert isinstance(load(config), Settings)


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=1) as answer:
            return "お使いいただけません" in answer.read().decode()
    except OSError:
        return False


def test_that_it_is_out_of_order_is_told_and_nothing_hangs_on_it(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Event] = []
    monkeypatch.setattr(Caretaker, "tell", lambda _self, each: told.append(each))
    out_of_order._tell(Settings())
    assert told == [event("out_of_order")]
    monkeypatch.setattr(Caretaker, "tell", lambda _self, each: 1 / 0)
    out_of_order._tell(Settings())
