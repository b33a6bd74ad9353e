"""What a machine's shell has said to a line: that alone, whatever stands before and behind it."""

from __future__ import annotations

import contextlib
import os
import pty
import socket
import subprocess
import threading
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.appliance.machine import Machine, NoMachine
from tests.appliance.report import Report
from tests.appliance.well import well

PROMPTS = ("", "# ", "kiosk:/# ", "begun 1 done 2 0 # ")
REFUSED = b"\xff\x00BdsDxe: no such device\r\n"  # as firmware writes on the port before the shell is there


@contextlib.contextmanager
def a_shell(machine: Machine, prompt: str) -> Iterator[socket.socket]:
    """As in the image (tools/image): sh on a terminal that does not repeat what is typed, asking with `prompt`."""
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    process = subprocess.Popen(
        ["sh", "-i"], stdin=theirs, stdout=theirs, stderr=theirs, env={**os.environ, "PS1": prompt, "ENV": ""}
    )
    os.close(theirs)
    here, there = socket.socketpair()
    machine._shell = here

    def typed() -> None:
        with contextlib.suppress(OSError):
            while said := there.recv(4096):
                os.write(ours, said)

    def heard() -> None:
        with contextlib.suppress(OSError):
            while said := os.read(ours, 4096):
                there.sendall(said)

    threads = [threading.Thread(target=line, daemon=True) for line in (typed, heard)]
    try:
        for thread in threads:
            thread.start()
        yield there
    finally:
        process.kill()
        process.wait()
        here.close()
        there.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join(10)
        os.close(ours)
        there.close()


@pytest.mark.parametrize("prompt", PROMPTS)
def test_a_command_is_heard_and_no_prompt(tmp_path: Path, prompt: str) -> None:
    machine = Machine(tmp_path)
    with a_shell(machine, prompt) as port:
        port.sendall(REFUSED)
        for _ in range(3):
            assert machine.run("true") == (0, "")
            assert machine.run("false") == (1, "")
            assert machine.run("echo first; echo second >&2; exit 3") == (3, "first\nsecond\n")
            assert machine.run("printf 'without an end'") == (0, "without an end")


def test_a_machine_without_a_failed_unit_is_well(tmp_path: Path) -> None:
    """The machine of the report of 2026-11-26 was called bad because of its shell's prompt."""
    machine, report = Machine(tmp_path), Report("start", "kiosk_1", "none")

    def asked(command: str, seconds: float) -> tuple[int, str]:
        said = "echo 'has    font    there'" if command == "kiosk check" else "true"
        return machine.run(said, seconds)

    with a_shell(machine, "# "):
        well(asked, report)
    assert [what for good, what in report.found if not good] == []


ENDED = "[ 91.5] host systemd[1]: systemd-journald.service: Failed with result 'watchdog'.\n"


@pytest.mark.parametrize(
    ("initrd", "journald", "server", "named"),
    [
        ("4200000", 1, 0, []),  # ended with the initrd
        ("4200000", 2, 0, ["systemd-journald.service"]),
        ("0", 1, 0, ["systemd-journald.service"]),  # a container has none
        ("4200000", 1, 1, ["kiosk-server.service"]),
    ],
)
def test_a_unit_that_was_started_again_is_named_with_its_ends(
    initrd: str, journald: int, server: int, named: list[str]
) -> None:
    units = {"systemd-journald.service": journald, "kiosk-server.service": server, "dbus.service": 0}
    shown = "\n".join(f"Id={name}\nNRestarts={times}\n" for name, times in units.items())

    def asked(command: str, seconds: float) -> tuple[int, str]:
        answers = {
            "NRestarts": shown,
            "InitRD": f"{initrd}\n",
            "journalctl": ENDED,
            "kiosk check": "has    font    there\n",
        }
        return 0, next((answer for word, answer in answers.items() if word in command), "")

    report = Report("start", "kiosk_1", "none")
    well(asked, report)
    [again] = [what for good, what in report.found if not good] or [""]
    assert [unit for unit in units if unit in again.replace(ENDED.strip(), "")] == named
    assert ("result 'watchdog'" in again) == bool(named)


def test_a_shell_that_is_gone_is_no_machine(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine._shell, there = socket.socketpair()
    there.close()
    with pytest.raises((NoMachine, OSError)):
        machine.run("true", 5)
    machine._shell.close()
