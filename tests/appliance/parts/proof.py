"""The machine proves what runs on it: the proof verifies with openssl against what `make image` has published, but for
the addon of this test, which shows; and its state's recovery key is made, for the desk alone, and opens the state.
"""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path

from kiosk.provision.proof import TRUSTED
from tests.appliance.built import OUT, disk
from tests.appliance.machine import Machine, running
from tests.appliance.parts.start import started
from tests.appliance.report import Report
from tests.appliance.well import units
from tests.operators_desk import OK, checks_proof, reads_recovery_key

NUMBER, SECONDS = "402871935516", 300.0
PYTHON = "/usr/lib/kiosk/.venv/bin/python -I -c"
ASK = f"""{PYTHON} 'from kiosk.ipc.proof import prove; p = prove("{NUMBER}"); print(p.text + "key\\n" + p.key)'"""
KEPT = "/etc/kiosk/provisioning/recovery.p7m"
BROUGHT = ("kiosk.toml", *TRUSTED)
STATE = "/dev/kiosk-state"


def run(machine: Machine, report: Report) -> None:
    machine.like(started(machine))
    with running(machine, kept=True):
        _proof(machine, report)
        recovery_key(machine, report)
        units(machine.run, report)
        machine.keep_picture("proven")


def _proof(machine: Machine, report: Report) -> None:
    code, said = machine.run(ASK, SECONDS)
    if code:
        return report(False, f"there is no proof: {said.strip()[-200:]}")
    text, _, key = said.partition("key\n")
    lines = dict(line.split(" ", 1) for line in text.splitlines())
    published = (OUT / f"{disk().stem}.proof").read_text().splitlines()
    addon = lines["pcr12"]
    report(f"pcr12 {addon}" not in published, "the addon of this test shows in PCR 12")
    with_it = [f"pcr12 {addon}" if line.startswith("pcr12 ") else line for line in published]
    read = {name: machine.run(f"base64 -w0 /etc/kiosk/{name} 2>/dev/null") for name in BROUGHT}
    sent = {name: base64.b64decode(content) for name, (code, content) in read.items() if code == 0}
    found = checks_proof(machine.folder / "desk", text, key, f"pcr7 {lines['pcr7']}", NUMBER, with_it, sent)
    lacks = ", ".join(sorted(set(OK) - found))
    report(not lacks, f"the proof verifies{f', but not: {lacks}; it says {lines}' if lacks else ''}")


def recovery_key(machine: Machine, report: Report) -> str | None:
    """Made by the machine for a desk of now, and read there; eight groups of letters. None: there is none."""
    desk = machine.folder / "desk"
    desk.mkdir(exist_ok=True)
    made = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-noenc",
        "-subj",
        "/CN=desk",
    ]
    subprocess.run([*made, "-keyout", desk / "desk.key", "-out", desk / "desk.pem"], check=True, capture_output=True)
    certificate = base64.b64encode((desk / "desk.pem").read_bytes()).decode()
    machine.run(f"echo {certificate} | base64 -d >/etc/kiosk/provisioner.pem")
    code, said = machine.run(
        "systemctl start kiosk-recovery.service; systemctl is-failed kiosk-recovery.service", SECONDS
    )
    sealed = machine.run(f"base64 -w0 {KEPT}")
    if sealed[0]:
        why = machine.run("journalctl -u kiosk-recovery --no-pager --output=cat --grep=provision:")[1]
        report(False, f"there is no recovery key ({code} {said.strip()}): {why.strip()}")
        return None
    key = reads_recovery_key(desk, base64.b64decode(sealed[1]), Path(desk / "desk.key").read_bytes()).strip()
    report(len(key) == 71, "the recovery key is made, and the desk reads it")
    opened = machine.run(f"printf %s {key} | cryptsetup open --test-passphrase --key-file - {STATE}", SECONDS)
    report(opened[0] == 0, f"it opens the state{f': {opened[1].strip()}' if opened[0] else ''}")
    report(machine.run(f"journalctl --no-pager | grep -c {key[:17]}")[1].strip() == "0", "and stands in no log")
    return key
