"""The image's root lives: server, caretaker and screen come, the page is painted and the start counts as good, no unit
has failed, `kiosk check` lacks nothing of the image, and systemd does for the kiosk's users what is shipped, no more.

For this no machine is started (container.py).
"""

from __future__ import annotations

from tests.appliance.container import UNSET, container
from tests.appliance.machine import Machine
from tests.appliance.report import Report
from tests.appliance.rights import rights
from tests.appliance.well import well

PCSCD = ("pcscd.service", "pcscd.socket")  # asks for users of its own, which a container does not give


def run(machine: Machine, report: Report) -> None:
    report.machine = "no machine: a container under this kernel"
    with container(machine.folder.absolute()) as inside:
        inside.comes(report)
        report(inside.alive(), "server and caretaker are still there")
        inside.shell(UNSET, 60)
        well(inside.shell, report, but=PCSCD)
        rights(inside.shell, report)
