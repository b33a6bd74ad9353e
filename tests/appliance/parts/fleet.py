"""A stick brings what makes the machine one of many: then 係員を呼ぶ reaches an Alertmanager outside, and the machine's
figures reach a Prometheus outside. Both are real, what is on their way is the image's own, and nobody on the machine
reaches anything else there. Its trail, sound, and its journal come in through the desk's nginx, and the figures say how
far.
"""

from __future__ import annotations

import base64
import contextlib
import shutil
import socket
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from kiosk.provision.stick import ANSWER, DESK_CSR, REQUEST, SAYS
from tests.appliance.cut import trail_lines
from tests.appliance.machine import HOST, Machine, wait_for
from tests.appliance.parts.stick import believes, put_in, signed
from tests.appliance.parts.visit import Before, before
from tests.appliance.person import SIGHT, Person
from tests.appliance.report import Report
from tests.appliance.stick import Stick
from tests.appliance.well import well
from tests.fleet.archive import verified
from tests.fleet.desk import FLEET, Desk, Pager
from tests.fleet.door import Door

KIOSK, STATION = "みどり野警察署 １階", "みどり野警察署"
FIGURES, CALLS, TRAILS, JOURNALS, ELSEWHERE = 9443, 9099, 9444, 9445, 9999  # ports of HOST
METRICS = 9877
SETTINGS = f"""
[caretaker]
metrics_port = {METRICS}
[alerts]
kind = "alertmanager"
kiosk = "{KIOSK}"
"""
# As an operator has it: the portal, the printer, the desk.
FIREWALL = f"""
add element inet kiosk pages {{ 8888 }}
add element inet kiosk server {{ {HOST} . 443, {HOST} . 9100 }}
add element inet kiosk services {{ {HOST} . {FIGURES}, {HOST} . {CALLS}, {HOST} . {TRAILS}, {HOST} . {JOURNALS} }}
"""
SERVICES = ("kiosk-alertmanager.service", "kiosk-agent.service", "systemd-journal-upload.service")
UPLOAD = "kiosk-upload.service"
STARTS_SECONDS, COMES_SECONDS, ATTRACT_SECONDS = 300.0, 300.0, 900.0
# Whether somebody there reaches a port of HOST: 0; 1: refused, or no answer.
REACHES = (
    "setpriv --reuid={user} --clear-groups /usr/lib/kiosk/.venv/bin/python -I -c"
    " 'import socket; socket.create_connection((\"{host}\", {port}), 20)'"
)
SERVICED = {FIGURES, CALLS, TRAILS, JOURNALS}
MAY = {"nobody": SERVICED, "root": SERVICED, "kiosk": {443}}  # everybody else nothing
USERS = ("nobody", "root", "kiosk", "kiosk-browser", "kiosk-caretaker")
PORTS = (443, *sorted(SERVICED), ELSEWHERE)
CALLED = "home_called"
LAST_OF_A_START = "a good start"  # in its journal


def run(machine: Machine, report: Report) -> None:
    with outside() as (desk, pager, elsewhere), contextlib.closing(Door(desk.folder)) as door:
        ports = {FIGURES: desk.port, CALLS: pager.port, ELSEWHERE: elsewhere.port}
        ports |= {TRAILS: door.trails_port, JOURNALS: door.journals_port}
        with before(machine, report, more=SETTINGS, ports=ports) as there:
            walled(machine, report, elsewhere)
            brought(there, desk, report)
            calls(there.somebody, pager, report)
            came = wait_for(lambda: desk.has(f'kiosk_open{{kiosk="{KIOSK}"}}'), COMES_SECONDS)
            report(came is not None, f"the desk's Prometheus has its figures, within {came or COMES_SECONDS:.0f} s")
            carried = wait_for(
                lambda: desk.has("alertmanager_notifications_total{integration='webhook'} > 0"), COMES_SECONDS
            )
            report(carried is not None, "among them that its Alertmanager has told somebody")
            sends_its_journal(machine, door, report)
            sends_its_trail(machine, desk, door, report)
            well(machine.run, report)
            for service in SERVICES:
                used = machine.run(f"systemctl show --property=MemoryCurrent --value {service}")[1].strip()
                report.figure(f"memory of {service}", f"{int(used) >> 20} MB" if used.isdigit() else used)


class Elsewhere:
    """What nobody is to reach: it counts who does."""

    def __init__(self) -> None:
        self.came = 0
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._door.getsockname()[1])
        threading.Thread(target=self._open, daemon=True).start()

    def close(self) -> None:
        self._door.close()

    def _open(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                self._door.accept()[0].close()
                self.came += 1


@contextlib.contextmanager
def outside(name: str = f"IP:{HOST}") -> Iterator[tuple[Desk, Pager, Elsewhere]]:
    """The desk, what hears its kiosks' calls, and something else, on this machine."""
    with tempfile.TemporaryDirectory() as folder:
        desk, elsewhere = Desk(Path(folder), name), Elsewhere()
        try:
            pager = Pager(desk)
            try:
                yield desk, pager, elsewhere
            finally:
                pager.close()
        finally:
            elsewhere.close()
            desk.stop()


def files(desk: Desk, request: bytes, host: str = HOST, figures: int = FIGURES, calls: int = CALLS) -> dict[str, str]:
    """What the desk has its kiosk brought, from the shipped files. request: the machine's, for a certificate."""
    texts = {name: (FLEET / name).read_text("utf-8") for name in ("agent.yml", "alertmanager.yml", "kiosk.yml")}
    changes = (
        ("agent.yml", "https://metrics.example.jp:9090/", f"https://{host}:{figures}/"),
        ("agent.yml", "scrape_interval: 30s", "scrape_interval: 5s"),
        ("alertmanager.yml", "http://127.0.0.1:9099/", f"http://{host}:{calls}/"),
    )
    for name, was, becomes in changes:
        assert was in texts[name]
        texts[name] = texts[name].replace(was, becomes)
    return {
        **texts,
        "alertmanager-target.yml": (FLEET / "alertmanager-target.yml").read_text("utf-8"),
        "ca.pem": (desk.folder / "ca.pem").read_text(),
        "kiosk.pem": desk.certificate(request),
        "trails.conf": f"URL=https://{host}:{TRAILS}\n",
        "journal.conf": f"URL=https://{host}:{JOURNALS}\n",
    }


def walled(machine: Machine, report: Report, elsewhere: Elsewhere) -> None:
    """The firewall has the operator's addresses, and each of the machine's users reaches their own."""
    content = base64.b64encode(FIREWALL.encode()).decode()
    machine.run(f"echo {content} | base64 --decode >/etc/kiosk/firewall.nft")
    code, said = machine.run("systemctl restart kiosk-firewall")
    report(code == 0, f"the firewall takes the operator's addresses{': ' * bool(said)}{said.strip()}")
    for user in USERS:
        reached = {port for port in PORTS if machine.run(REACHES.format(user=user, host=HOST, port=port), 120)[0] == 0}
        report(reached == MAY.get(user, set()), f"{user} reaches outside: {sorted(reached) or 'nothing'}")
    report(elsewhere.came == 0, "and nothing has come where nobody is to come")


def brought(there: Before, desk: Desk, report: Report) -> None:
    """As docs/provisioning.md says it: a request on a stick, the desk's answer to it, and both services run."""
    machine = there.machine
    believes(machine, report)
    stick = Stick(machine.folder / "stick.img", "KIOSK")
    put_in(machine, stick, 1, report)
    [folder] = stick.names()
    own = machine.folder / "fleet"
    shutil.rmtree(own, ignore_errors=True)
    own.mkdir()
    for name, text in files(desk, stick.read(f"{folder}/{DESK_CSR}")).items():
        (own / name).write_text(text, "utf-8")
    answer = signed(machine.folder, stick.read(f"{folder}/{REQUEST}"), "--fleet", own.resolve())
    stick.write(f"{folder}/{ANSWER}", answer)
    put_in(machine, stick, 2, report)
    said = stick.read(f"{folder}/{SAYS}").decode()
    report("taken" in said, f"the answer with the fleet's files is taken{'' if 'taken' in said else f': {said}'}")
    run = wait_for(lambda: machine.run(f"systemctl is-active {' '.join(SERVICES)}")[0] == 0, STARTS_SECONDS)
    report(run is not None, f"{' and '.join(SERVICES)} run")
    there.somebody.sees("attract", ATTRACT_SECONDS)


def sends_its_journal(machine: Machine, door: Door, report: Report) -> None:
    """As it goes along, from its first line on."""
    start = machine.run("tr -d - </proc/sys/kernel/random/boot_id")[1].strip()
    came = wait_for(lambda: LAST_OF_A_START in door.journal(f"_BOOT_ID={start}"), COMES_SECONDS)
    report(came is not None, f"the desk has the journal of this start, within {came or COMES_SECONDS:.0f} s")


def sends_its_trail(machine: Machine, desk: Desk, door: Door, report: Report) -> None:
    """By the unit that does so each hour, and says how far both have come."""
    code, _ = machine.run(f"systemctl start {UPLOAD}", STARTS_SECONDS)
    said = machine.run(f"journalctl --unit={UPLOAD} --output=cat --no-pager")[1]
    report(code == 0, f"{UPLOAD} sends the trail{'' if code == 0 else f': {said.strip()}'}")
    if code == 0:
        lines, written = verified(door.trail()), trail_lines(machine)
        report(0 < lines <= written, f"the desk has it, sound, and {lines} of the {written} lines that there are now")
    both = f'count(kiosk_uploaded_time_seconds{{kiosk="{KIOSK}", what=~"trail|journal"}}) == 2'
    came = wait_for(lambda: desk.has(both), COMES_SECONDS)
    report(came is not None, "and the figures say how far trail and journal have come")


def calls(somebody: Person, pager: Pager, report: Report) -> None:
    """From attract: somebody calls the staff, and calls it off; to attract. Raises NotSeen."""
    SIGHT[CALLED] = replace(SIGHT["home"], name=CALLED, overlay="staff", call="sent")
    somebody.touches("start")
    somebody.sees("home")
    somebody.touches("staff")
    somebody.sees(CALLED)

    def stands() -> bool:
        return [each["kiosk"] for each in pager.standing("call")] == [KIOSK]

    came = wait_for(stands, COMES_SECONDS, look=1.0)
    report(came is not None, f"係員を呼ぶ stands at the desk's Alertmanager, within {came or COMES_SECONDS:.0f} s")
    somebody.sees(CALLED)
    somebody.touches("call_off")
    gone = wait_for(lambda: not pager.standing("call"), COMES_SECONDS, look=1.0)
    report(gone is not None, "called off, it stands there no more")
    somebody.sees("home")
    somebody.touches("link")
    somebody.sees("step_1_licence")
    somebody.touches("leave")
    somebody.sees("attract")
