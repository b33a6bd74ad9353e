"""A machine without a login is provisioned by a USB stick with FAT on it, as docs/provisioning.md says: the stick is
put in and pulled, the answer to its request is signed at a desk, the stick is put in again, and the supervisor of the
answer is there. A stick of another name is not looked at, and one that looks like disk and partition is seen to once.
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from pathlib import Path

from cryptography.hazmat.primitives import serialization

from kiosk.provision.provisioner import PROVISIONER
from kiosk.provision.stick import ANSWER, CSR, REQUEST, SAYS
from tests.appliance.built import attract
from tests.appliance.machine import Machine, running, wait_for
from tests.appliance.parts.keys import awake
from tests.appliance.parts.start import started
from tests.appliance.report import Report
from tests.appliance.screens import same
from tests.appliance.stick import Stick
from tests.appliance.well import units
from tests.provision.office import pem, signer

SUPERVISOR, PASSCODE = 1001, "482915736004"
SEEN_SECONDS, SEES_TO_SECONDS, SHOWN_SECONDS = 60.0, 300.0, 900.0
SETTINGS = "/etc/kiosk"
UNITS = "'kiosk-provision@*'"


def run(machine: Machine, report: Report) -> None:
    machine.like(started(machine))
    with running(machine, kept=True):
        report(awake(machine, ()), "attract stands there, and stays")
        believes(machine, report)

        with_another_name = Stick(machine.folder / "other.img", "PHOTOS")
        machine.plug_stick(with_another_name.image)
        there = wait_for(lambda: "PHOTOS" in machine.run("lsblk --noheadings --output LABEL")[1], SEEN_SECONDS)
        report(there is not None, "a stick of another name is seen")
        report(not _units(machine), "and not looked at")
        machine.pull_stick()

        both = Stick(machine.folder / "both.img", "KIOSK", whole=True)
        put_in(machine, both, 1, report)
        report(_seen_to(machine) == 1, "once, though it looks like a disk and a partition")

        stick = Stick(machine.folder / "stick.img", "KIOSK")
        put_in(machine, stick, 2, report)
        [folder] = stick.names()
        files = stick.names(folder)
        report({REQUEST, CSR, SAYS} <= set(files), f"the stick has {', '.join(sorted(files))} in {folder}")
        report("asked" in stick.read(f"{folder}/{SAYS}").decode(), "and says what was done")

        stick.write(f"{folder}/{ANSWER}", signed(machine.folder, stick.read(f"{folder}/{REQUEST}")))
        put_in(machine, stick, 3, report)
        report("taken" in stick.read(f"{folder}/{SAYS}").decode(), "the answer is taken")
        report(ANSWER not in stick.names(folder), "and is no more on the stick")
        shown = wait_for(lambda: same(machine.picture(), attract()), SHOWN_SECONDS)
        report(shown is not None, "attract stands there again")
        machine.keep_picture("taken")
        members = machine.run("kiosk staff list", SEES_TO_SECONDS)[1]
        report(str(SUPERVISOR) in members, f"the supervisor is there: {members.strip()}")
        told = machine.run("kiosk audit show", SEES_TO_SECONDS)[1]
        report("its file was used" in told, "the trail has it")
        units(machine.run, report)


def believes(machine: Machine, report: Report) -> None:
    """From now on it believes the desk."""
    believed = base64.b64encode(pem(signer()[1]).encode()).decode()
    machine.run(f"echo {believed} | base64 --decode >{SETTINGS}/{PROVISIONER}")
    code, said = machine.run("systemctl restart kiosk-prepare.service", SEES_TO_SECONDS)
    report(code == 0, f"somebody is believed, and the machine makes its key{': ' * bool(said)}{said.strip()}")


def put_in(machine: Machine, stick: Stick, times: int, report: Report) -> None:
    """Put in, seen to by its unit, and pulled. times: how often one has been seen to by then."""
    machine.plug_stick(stick.image)
    machine.keep_picture(f"a stick is in, {times}")
    ended = wait_for(lambda: _seen_to(machine) >= times and not _busy(machine), SEES_TO_SECONDS)
    machine.pull_stick()
    report(ended is not None, f"a stick is seen to, within {ended or SEES_TO_SECONDS:.0f} s")


_ENDED = f"journalctl --quiet --no-pager --output=cat --grep='^Finished' --unit={UNITS}"


def _seen_to(machine: Machine) -> int:
    """How often."""
    return machine.run(_ENDED)[1].count("Finished")


def _busy(machine: Machine) -> bool:
    return "activating" in _units(machine)


def _units(machine: Machine) -> str:
    return machine.run(f"systemctl list-units --all --no-legend --plain {UNITS}")[1].strip()


def signed(folder: Path, request: bytes, *more: str | Path) -> bytes:
    """What an operator's desk answers, by the shipped command. more: of it; nothing: the supervisor."""
    desk = folder / "desk"
    desk.mkdir(exist_ok=True)
    key, certificate = signer()
    plain = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    for name, content in (("request.json", request), ("key.pem", plain), ("it.pem", pem(certificate).encode())):
        (desk / name).write_bytes(content)
    assert json.loads(request)["machine"]
    subprocess.run(
        [
            *(sys.executable, "-m", "kiosk", "provision", "sign", desk / "request.json", desk / ANSWER),
            *("--key", desk / "key.pem", "--certificate", desk / "it.pem"),
            *(more or ("--staff", f"{SUPERVISOR}:supervisor")),
        ],
        input=f"{PASSCODE}\n{PASSCODE}\n",
        text=True,
        check=True,
        capture_output=True,
    )
    return (desk / ANSWER).read_bytes()
