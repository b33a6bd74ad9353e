"""A keyboard that the settings do not name does nothing at all, be it the board's (PS/2) or a USB one that comes while
the machine runs: not even a key that attract has an answer to, such as Enter. The USB one is named then, while it is
plugged in, and leads nowhere all the same: of all chords of Ctrl, Alt, Shift and Super two hundred are pressed, half of
them on either, and what the kernel would hear: SysRq, consoles, Ctrl+Alt+Del. Attract stands there after each, and
nothing has started anew. At the end Enter on the named one leads on, so what was pressed before came to the page.

The rest of the chords, and each layer by itself, is `make escape`'s, without a machine.
"""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Sequence

from tests.appliance.built import attract
from tests.appliance.machine import LOOK_SECONDS, Machine, running, wait_for
from tests.appliance.parts.start import started
from tests.appliance.report import Report
from tests.appliance.screens import same
from tests.escape.chords import ENTER, PAGES, chords, written

SEED, COUNT, AT_ONCE = 10, 200, 10
PC = range(1, 89)  # where the kernel's number of a key is a PC keyboard's own
HELD = {"ctrl": "ctrl", "alt": "alt", "shift": "shift", "super": "meta_l"}  # as QEMU calls them
CONSOLES = range(2, 8)  # the first is the screen's own, and F1 is the page's: it asks for the staff
KERNELS = (
    *(("alt", "sysrq", key) for key in "bceimostu"),
    *(("ctrl", "alt", f"f{number}") for number in CONSOLES),
    *(("alt", f"f{number}") for number in CONSOLES),
    *itertools.repeat(("ctrl", "alt", "delete"), 9),  # more than seven within two seconds end all at once
)
QEMUS = "0627:0001"  # its USB keyboard's number
SETTINGS = "/etc/kiosk/kiosk.toml"
NAME = f"sed -i 's/^let_in = .*/let_in = [\"{QEMUS}\"]/' {SETTINGS} && grep '^let_in.*{QEMUS}' {SETTINGS}"
SEEN_SECONDS, SHOWN_SECONDS, LEFT_SECONDS, TOLD_SECONDS = 5.0, 60.0, 60.0, 300.0
AWAKE_SECONDS, STAYS_SECONDS = 600.0, 30.0
PARTS = "kiosk-server kiosk-browser kiosk-caretaker"
SINCE = f"systemctl show --property=NRestarts --property=ActiveEnterTimestampMonotonic {PARTS}"

Named = tuple[str, list[str | int]]

ANSWERED: tuple[Named, ...] = tuple((f"key {key}", [key]) for key in sorted(PAGES) if key in PC)  # Enter, F1 …


def run(machine: Machine, report: Report) -> None:
    machine.like(started(machine))
    sample = random.Random(SEED).sample([each for each in chords() if each[1] in PC and each[1] not in PAGES], COUNT)
    tried: list[Named] = [(written(chord), [*(HELD[each] for each in chord[0]), chord[1]]) for chord in sample]
    of_the_kernel: list[Named] = [("+".join(keys), list(keys)) for keys in KERNELS]
    with running(machine, kept=True):
        report(awake(machine, tried[:AT_ONCE]), "attract stands there, and stays")
        before = machine.run(SINCE)[1]
        for what, keys in (
            ("the board's keyboard (PS/2), which is never named", [*ANSWERED, *tried[: COUNT // 2]]),
            ("a keyboard that comes (USB) and is not named", [*ANSWERED, *of_the_kernel]),
            ("the same keyboard, named", [*tried[COUNT // 2 :], *of_the_kernel]),
        ):
            if "comes" in what:
                machine.ask("device_add", driver="usb-kbd", id="keyboard")
                time.sleep(SEEN_SECONDS)
                report(f"not named: {QEMUS}" in machine.run("kiosk check", TOLD_SECONDS)[1], "check has its number")
            elif "same" in what:
                code, said = machine.run(f"{NAME} && systemctl restart kiosk-keyboards.service", TOLD_SECONDS)
                report(code == 0, f"the settings name it{': ' * bool(code)}{said.strip() if code else ''}")
                time.sleep(SEEN_SECONDS)
            out = ways_out(machine, keys)
            machine.keep_picture(f"after {what}")
            after = f": not after {'; '.join(out)}" if out else ""
            report(not out, f"{what}: {len(keys)} chords, attract stands there after each{after}")
        now = machine.run(SINCE)[1]
        report(now == before, f"no part of the kiosk has started anew{'' if now == before else f': {before} {now}'}")
        noticed = machine.run("journalctl --quiet --no-pager --grep='come before the page' | tail -n 3")[1].strip()
        report(not noticed, f"and nothing has come before the page{': ' * bool(noticed)}{noticed}")
        machine.press((ENTER,))
        left = wait_for(lambda: not same(machine.picture(), attract()), LEFT_SECONDS)
        report(left is not None, "Enter on the named keyboard leads on from attract: its keys come to the page")
    report("Linux version" not in machine.said(), "nor has the machine")


def awake(machine: Machine, tried: Sequence[Named]) -> bool:
    """Whether attract has come to stay. QEMU has translated nothing yet of a machine that goes on from where it was
    kept: for some seconds it is slower than it ever was, at keys most of all, and the page is taken for dead. So these
    are pressed once before anything is held against it."""
    began = time.monotonic()
    for _, keys in tried:
        machine.press(keys)
    since = None
    while (now := time.monotonic()) - began < AWAKE_SECONDS:
        since = (since or now) if same(machine.picture(), attract()) else None
        if since is not None and now - since >= STAYS_SECONDS:
            return True
        time.sleep(LOOK_SECONDS)
    return False


def ways_out(machine: Machine, tried: Sequence[Named]) -> list[str]:
    """After which of them another picture stands there; they are pressed ten at a time."""
    out = []
    for at in range(0, len(tried), AT_ONCE):
        group = tried[at : at + AT_ONCE]
        for _, keys in group:
            machine.press(keys)
        time.sleep(SEEN_SECONDS)
        if not same(machine.picture(), attract()):
            out.append(f"one of {', '.join(name for name, _ in group)}")
            machine.keep_picture(f"out {at}")
            wait_for(lambda: same(machine.picture(), attract()), SHOWN_SECONDS)
    return out
