"""A machine fetches its update itself, over HTTPS, from the ring that a file names: a ring that is not let in, and a
line that breaks, change nothing and fail no unit; then it is written whole, starts into attract and counts as good.
"""

from __future__ import annotations

import base64
import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.appliance.built import UPDATE, comes_to_attract, disk, update
from tests.appliance.machine import HOST, Machine, running, wait_for
from tests.appliance.parts.start import started
from tests.appliance.parts.update import RAISED, names
from tests.appliance.report import Report
from tests.appliance.ring import Server
from tests.appliance.well import units

PORT, RING = 8443, "ring-2"
# As an operator has it; more of the firewall is the part `fleet`'s.
FIREWALL = f"add element inet kiosk pages {{ 8888 }}\nadd element inet kiosk services {{ {HOST} . {PORT} }}\n"
FETCHES, WAITS = "kiosk-fetch.service", "activating auto-restart"
SAYS = f"systemctl show --property=ActiveState,SubState --value {FETCHES} | xargs"
ONCE = f"systemctl stop {FETCHES}; systemctl start {FETCHES}"
FETCHED = "cat /state/version/fetched"
SHORT_SECONDS, FETCHING_SECONDS, GOOD_SECONDS = 300.0, 5400.0, 1200.0


def run(machine: Machine, report: Report) -> None:
    old, new = disk().stem, update()
    machine.like(started(machine))
    with ring(machine.folder / "server", new, UPDATE) as server:
        with running(machine, kept=True, ports={PORT: server.port}):
            machine.set_clock()
            for command in told(server.authority.read_bytes()):
                code, said = machine.run(command, SHORT_SECONDS)
                report(code == 0, f"the machine is told whence{': ' * bool(said)}{said.strip()}")
            asks(machine.run, server, new.partition("_")[2], report)
        there = names(machine)
        report(there == [f"{new}+3-0.efi", f"{old}.efi"], f"the boot loader then has {', '.join(there)}")
        labels = [each.get("name") for each in machine.partitions()]
        report({old, new} <= set(labels), f"partitions: {', '.join(map(str, labels))}")
        with running(machine, ports={PORT: server.port}):
            comes_to_attract(machine, report)
            good = wait_for(lambda: RAISED in machine.said(), GOOD_SECONDS)
            report(good is not None, "the start counts as good")
            report(new.partition("_")[2] in machine.run("cat /usr/lib/os-release")[1], f"what runs is {new}")
            server.heard()
            code, said = machine.run(ONCE, SHORT_SECONDS)
            report(
                code == 0 and server.heard() == [],
                f"asked again, it fetches nothing{': ' * bool(code)}{said.strip() * bool(code)}",
            )
            units(machine.run, report)


@contextlib.contextmanager
def ring(folder: Path, new: str, made: Path, name: str = f"IP:{HOST}") -> Iterator[Server]:
    """The operator's server, with an update in a ring that is not let in yet."""
    shutil.rmtree(folder, ignore_errors=True)
    server = Server(folder, name)
    try:
        for pattern in (f"{new}.efi", f"{new}.root*.raw.gz"):
            for path in made.glob(pattern):
                os.link(path, server.ring(RING) / path.name)
        yield server
    finally:
        server.close()


def told(authority: bytes, host: str = HOST, port: int = PORT, settings: str = "/etc/kiosk") -> list[str]:
    """What a stick would bring (`stick`, `fleet`), in the words of a shell."""
    files = {
        "fleet/updates.conf": f"URL=https://{host}:{port}/{RING}\n".encode(),
        "fleet/ca.pem": authority,
        "firewall.nft": FIREWALL.encode(),
    }
    brought = [
        f"echo {base64.b64encode(content).decode()} | base64 --decode >{settings}/{name}"
        for name, content in files.items()
    ]
    return [f"mkdir -p -m 700 {settings}/fleet; " + "; ".join(brought), "systemctl restart kiosk-firewall"]


def asks(shell: Callable[[str, float], tuple[int, str]], server: Server, version: str, report: Report) -> None:
    """What comes of it, as the ring is stopped, as the line breaks, and then. shell: one line for root, and seconds."""

    def waits(what: str) -> None:
        code, _ = shell(ONCE, FETCHING_SECONDS)
        state = shell(SAYS, SHORT_SECONDS)[1].strip()
        report(code != 0 and state == WAITS, f"{what}: it is {state}, and asks again")
        failed = shell("systemctl --failed --no-legend --plain", SHORT_SECONDS)[1].strip()
        report(not failed, f"no unit has failed{': ' * bool(failed)}{failed}")
        report(shell(FETCHED, SHORT_SECONDS)[0] != 0, "and no version is wanted")

    waits("a ring that is not let in")
    server.lists(RING, version)
    server.breaks = ".root."
    waits("a line that breaks in the root")
    server.breaks = ""
    code, said = shell(ONCE, FETCHING_SECONDS)
    report(code == 0, f"then it is fetched{': ' * bool(code)}{said.strip() * bool(code)}")
    wanted = shell(FETCHED, SHORT_SECONDS)[1].strip()
    report(wanted == f"IMAGE_VERSION={version}", f"the caretaker knows what is wanted: {wanted}")
    shell("sync", SHORT_SECONDS)  # what is on its way to the disk; of cuts there is the part `power_update`
