"""Whatever else somebody plugs into a USB socket leads nowhere: a network adapter as a telephone claims to be one, a
disk with a file system, a second keyboard, a mouse, a tablet, a loudspeaker. What the machine shall never have loaded
cannot be loaded by root either, the one cable in the board's own socket is all that has an address, and nobody has a
console open but the screen.
"""

from __future__ import annotations

import re
import time
from pathlib import Path

from tests.appliance.built import attract
from tests.appliance.machine import Machine, running
from tests.appliance.parts.keys import awake
from tests.appliance.parts.start import started
from tests.appliance.report import Report
from tests.appliance.screens import same
from tests.appliance.stick import Stick
from tests.appliance.well import units

KEPT_OUT = Path("systemd/modprobe.d/kiosk.conf")
SEEN_SECONDS, ASKED_SECONDS = 15.0, 300.0
DEVICES = ("usb-net", "usb-kbd", "usb-mouse", "usb-tablet", "usb-audio")
LINKS = "cd /sys/class/net; grep . */operstate; grep -B 1 'host LOCAL' /proc/net/fib_trie | grep -o '[0-9.]*$'"
MOUNTS = "findmnt --noheadings --list --output TARGET,SOURCE,FSTYPE"
# By their numbers: /dev/tty alone is whichever its process has already.
CONSOLES = "ls -l /proc/[0-9]*/fd 2>/dev/null | grep -o '/dev/tty[0-9][0-9]*$' | sort --unique"
SEES = "cat /sys/bus/usb/devices/*/product /proc/bus/input/devices; lsblk --noheadings --output LABEL"


def run(machine: Machine, report: Report) -> None:
    machine.like(started(machine))
    with running(machine, kept=True):
        report(awake(machine, ()), "attract stands there, and stays")
        names = re.findall(r"^install (\S+) /bin/false", KEPT_OUT.read_text(), re.MULTILINE)
        tries = " ".join(names)
        loaded = machine.run(
            f"for each in {tries}; do modprobe $each 2>/dev/null && echo $each; done; lsmod", ASKED_SECONDS
        )[1]
        found = [name for name in names if re.search(rf"^{name.replace('-', '_')}\b", loaded, re.MULTILINE)]
        report(not found and "virtio" in loaded, f"of {len(names)} modules that are kept out root loads {_list(found)}")
        held = machine.run(CONSOLES)[1].split()
        report(held in ([], ["/dev/tty1"]), f"consoles that somebody has open: {_list(held)}")
        before = {command: machine.run(command)[1] for command in (LINKS, MOUNTS)}
        up = re.findall(r"^(\S+)/operstate:up$", before[LINKS], re.MULTILINE)
        report(len(up) == 1, f"the one cable is up: {_list(up)}; addresses: {_list(_addresses(before[LINKS]))}")

        for driver in DEVICES:
            machine.plug(driver, driver)
        stick = Stick(machine.folder / "other.img", "PHOTOS")
        machine.plug_stick(stick.image)
        time.sleep(SEEN_SECONDS)
        seen = machine.run(SEES, ASKED_SECONDS)[1]
        lacks = [each for each in ("PHOTOS", "RNDIS", "Keyboard", "Mouse", "Tablet", "Audio") if each not in seen]
        report(not lacks, f"the kernel sees them all{f', but for {lacks}' if lacks else ''}")
        for command, what in ((LINKS, "no network more, and no address"), (MOUNTS, "nothing more is mounted")):
            now = machine.run(command)[1]
            report(now == before[command], f"{what}{'' if now == before[command] else f': {now.split()}'}")
        report(same(machine.picture(), attract()), "attract stands there")
        machine.keep_picture("plugged in")
        units(machine.run, report)


def _list(names: list[str]) -> str:
    return ", ".join(names) or "none"


def _addresses(said: str) -> list[str]:
    return sorted(set(re.findall(r"^[0-9.]+$", said, re.MULTILINE)))
