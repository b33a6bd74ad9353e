"""All of an answer or nothing of it, wherever the power goes or the disk ends."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from kiosk.caretaker import disk
from kiosk.caretaker.changes import Changes
from kiosk.caretaker.finished import FinishedAnswers
from kiosk.config.events import event
from kiosk.ipc import finished
from kiosk.provision import request, taking
from kiosk.services import provision
from tests.caretaker.trails import Told
from tests.provision.office import STATION, Machine, certificate, pem, signer
from tests.provision.power import Power

WRITES = ((disk, "put"), (disk, "remove"))


def brings(machine: Machine) -> dict[str, object]:
    return {
        "certificate": pem(certificate(machine.key, "kiosk")),
        "authority": pem(signer("authority")[1]),
        "removed": (7,),
        "fleet": {"alertmanager.yml": "of a fleet\n", "ca.pem": "its authority\n"},
    }


NAMES = {"kiosk.toml", "client.pem", "portal-ca.pem", "appointed.json", "fleet/alertmanager.yml", "fleet/ca.pem"}
OF_THE_SET_BEFORE = "fleet/journal.conf"


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(28, "No space left on device")], ids=["power", "full"])
def test_wherever_it_is_cut_it_is_all_or_nothing_from_the_next_start_on_and_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    used = 0
    for after in itertools.count():
        machine = Machine(tmp_path / f"{after}")
        (machine.folder / OF_THE_SET_BEFORE).write_text("")
        answer, before, number = machine.answer(**brings(machine)), machine.everything, machine.number
        with monkeypatch.context() as cut:
            power = Power(cut, after, error, WRITES)
            try:
                taking.take(answer, machine.folder, lambda name: None)
            except type(error):
                assert power.left == 0
        begun, told = taking.begun(machine.folder) or not power.cut, Told()
        caretaker_starts(machine, told)  # as systemd has it, after a cut of its own
        provision.prepare(machine.folder)  # the next start
        caretaker_starts(machine, told)
        caretaker_starts(machine, told)
        assert [*told] == [event("provisioned", provision="taken")] * begun
        after_all = machine.everything
        changed = {name for name in after_all if after_all[name] != before.get(name)} - {"provisioning/asked.json"}
        assert changed == (NAMES | {"finished.json"} if begun else set())
        assert (OF_THE_SET_BEFORE in after_all) != begun
        assert (machine.number != number) == begun, "the number is used up with it, and only with it"
        assert not taking.begun(machine.folder)
        used += begun
        if not power.cut:  # but for what comes after the last of them
            break
    assert after == 11 and used == 11, "each of eleven writes was cut"


def caretaker_starts(machine: Machine, told: Told) -> None:
    state = machine.folder.with_name(f"{machine.folder.name} state")
    state.mkdir(exist_ok=True)
    FinishedAnswers(machine.folder / finished.FILE, state, Changes(told, state), lambda check, reason: None).tell()


def test_what_is_finished_is_not_done_again(tmp_path: Path) -> None:
    machine = Machine(tmp_path / "etc")
    taking.take(machine.answer(), machine.folder)
    machine.config.write_text("")
    assert not taking.finish(machine.folder)
    assert machine.config.read_text() == ""


@pytest.mark.parametrize("content", [b"", b"{", b"[" * 100_000, b"\xff", b"{}", b"null"])
def test_what_cannot_be_read_of_one_that_was_begun_closes_nothing(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    machine = Machine(tmp_path / "etc")
    before, number = machine.everything, machine.number
    disk.private_folder(machine.folder / request.FOLDER)
    (machine.folder / request.FOLDER / taking.FILE).write_bytes(content)
    assert provision.run_prepare(machine.config) == 0
    assert machine.everything.keys() - before.keys() == {"provisioning/asked.json", "provisioning/lock"}
    assert machine.number == number
    assert caplog.text.count("is not what was written there") == 1
    taking.take(machine.answer(), machine.folder)
    assert machine.config.read_text() == STATION
