"""The appliance's own commands with a file that does not fit, and after starts that came to nothing: what is on the
glass, what the staff and the trail are told, and that the next start is as set."""

from __future__ import annotations

import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from kiosk.caretaker.chain import lines_of
from kiosk.caretaker.trail import FOLDER, segments
from kiosk.ipc.caretaker import Caretaker
from kiosk.ipc.messages import Board, Rows
from kiosk.services.starts import FILE, TRIES
from tests.stage import ROOT, free_port, until

ALONE = "いまは、この画面でのご案内だけを行っています。カードの利用と紙の印刷は、できません。"


@contextmanager
def command(name: str, config: Path) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-m", "kiosk", name, "--config", str(config)], cwd=ROOT) as process:
        try:
            yield process
        finally:
            process.terminate()


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/alive", timeout=1) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@pytest.mark.parametrize(("wrong", "failed", "why"), [('key_file = "/key"\n', 0, "settings"), ("", TRIES, "starts")])
def test_there_is_a_screen_that_does_what_it_can_and_says_what_it_cannot(
    chromium: Browser, tmp_path: Path, wrong: str, failed: int, why: str
) -> None:
    port, config, state = free_port(), tmp_path / "kiosk.toml", tmp_path / "lib"
    (tmp_path / "run").mkdir()
    config.write_text(
        f'[station]\nname = "みどり野警察署"\n[portal]\n{wrong}'
        f'[server]\nport = {port}\nruntime_directory = "{tmp_path}"\n'
        f'[caretaker]\nruntime_directory = "{tmp_path / "run"}"\nstate_directory = "{state}"\n',
        "utf-8",
    )
    (tmp_path / FILE).write_bytes(b"." * failed)
    client = Caretaker(tmp_path / "run", patience_seconds=10)
    with command("caretaker", config):
        until(lambda: (tmp_path / "run" / "caretaker.sock").exists() and client.present(), 30)
        with command("serve", config):
            until(lambda: answers(port), 60)
            page = chromium.new_context(viewport={"width": 1080, "height": 1920}).new_page()
            page.goto(f"http://127.0.0.1:{port}/")
            expect(page.get_by_text("みどり野警察署")).to_be_visible()
            expect(page.get_by_text("いまは、運転免許の連携ができません")).to_be_visible()
            until(lambda: not (tmp_path / FILE).exists())
            page.get_by_role("button", name="画面にふれてください").click()
            expect(page.get_by_text(ALONE)).to_be_visible()
            page.get_by_role("button", name="カードをなくした").click()
            expect(page.get_by_text("いまは、運転免許の連携ができません")).to_be_hidden()
            until(lambda: row(client, "safe_mode") == ("problem", why))
            assert row(client, "reader") == ("info", "unused")
            page.context.close()
    told = [line for path in segments(state / FOLDER) for line in lines_of(path.read_bytes())]
    assert [line.members["fields"] for line in told if line.event == "guidance_only"] == [{"safe_for": why}]
    assert ("check", "safe_mode") in [(line.event, line.members.get("fields", {}).get("check")) for line in told]


def row(client: Caretaker, check: str) -> tuple[str, str] | None:
    """How it stands on the board of the staff."""
    board = client.ask(Board())
    assert isinstance(board, Rows)
    return next(((each.level, each.reason) for each in board.rows if each.check == check), None)
