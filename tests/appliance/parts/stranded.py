"""Without the tests' addon, as it goes to a station, the image comes to attract. And where it cannot come up, its
screen says why, what it means for what is kept, and what to do, read off the glass as an officer would. Another TPM
opens nothing: the screen asks for the recovery key, a wrong one leaves it asking, the right one starts the kiosk, and
the next start asks for none. A machine without its TPM asks, too. One without secure boot asks for nothing, and says
why. A state whose header is gone, and a root that is not as it was signed, say so and start anew.
"""

from __future__ import annotations

import shutil
import time

from tests.appliance.built import ADDON, comes_to_attract
from tests.appliance.console import text
from tests.appliance.cut import is_back, trail_lines
from tests.appliance.machine import ADDON_PLACE, SECTOR, Machine, running, wait_for
from tests.appliance.parts.flipped import flip
from tests.appliance.parts.proof import recovery_key
from tests.appliance.parts.start import started
from tests.appliance.report import Report

SAID_SECONDS, ANEW_SECONDS, KEY_SECONDS = 1200.0, 900.0, 60.0
LOOK_SECONDS = 10.0
HEADER_BYTES = 16 << 20  # LUKS2's default, both copies of it
EVERYBODY = ("Madoguchi e douzo", "Please go to the desk", "Kiroku wa kesarete imasen", "No record was erased")
ASKS, ASKS_AGAIN = "Recovery key (1 of 3", "Recovery key (2 of 3"
WRONG = "c" * 64


def run(machine: Machine, report: Report) -> None:
    machine.like(started(machine))
    with running(machine, kept=True):
        key = recovery_key(machine, report)
        lines = trail_lines(machine)
        machine.run("sync")
    if key is None:
        return
    machine.on_the_esp("mdel", ADDON_PLACE)
    with running(machine):
        comes_to_attract(machine, report, then="without the tests' addon")
    copy = Machine(machine.folder.parent / f"{machine.folder.name}-copy")

    shutil.rmtree(machine.folder / "tpm")
    with running(machine):
        says(machine, report, "another TPM", "locked", ASKS)
        machine.plug("keyboard", "usb-kbd")
        types(machine, WRONG)
        report(reads(machine, ASKS_AGAIN, SAID_SECONDS), "another TPM: a wrong key, and it asks again")
        types(machine, key.replace("-", ""))
        gone = wait_for(lambda: not text(machine.picture()), SAID_SECONDS)
        report(gone is not None, "another TPM: the recovery key, and it goes on starting")
        time.sleep(LOOK_SECONDS)
    machine.on_the_esp("mcopy", str(ADDON), ADDON_PLACE)
    with running(machine):
        is_back(machine, report, "the recovery key was typed", lines)
        report("cryptsetup" in machine.said() and ASKS not in machine.said(), "and the TPM of now opens it unasked")
    machine.on_the_esp("mdel", ADDON_PLACE)

    with running(machine, without=("tpm",)):
        says(machine, report, "no TPM", "locked", ASKS)

    copy.like(machine)
    copy.forgets_its_keys()
    with running(copy):
        says(copy, report, "secure boot is off", "not_secure", "Type no recovery key", "In a minute it tries anew")
        starts_anew(copy, report, "secure boot is off")
    machine.keep_pictures_of(copy)

    copy.like(machine)
    [state] = [each for each in copy.partitions() if each["name"] == "kiosk-state"]
    with copy.disk.open("r+b") as raw:
        raw.seek(state["start"] * SECTOR)
        raw.write(bytes(HEADER_BYTES))
    with running(copy):
        says(copy, report, "a state without its header", "damaged", "In a minute it tries anew")
        starts_anew(copy, report, "a state without its header")
    machine.keep_pictures_of(copy)

    copy.like(machine)
    flip(copy)
    with running(copy):
        says(copy, report, "a root that is not as it was signed", "not as it was signed", "In a minute it tries anew")
        starts_anew(copy, report, "a root that is not as it was signed")
    machine.keep_pictures_of(copy)
    shutil.rmtree(copy.folder)


def says(machine: Machine, report: Report, what: str, *words: str) -> None:
    """On the glass: these words, and what everybody is told."""
    reads(machine, words[-1], SAID_SECONDS)
    stands = text(machine.picture())
    machine.keep_picture(what)
    lacks = [each for each in (*EVERYBODY, *words) if each not in stands]
    report(
        not lacks, f"{what}: the screen says so{f', but not: {lacks}; there stands {stands.split()}' if lacks else ''}"
    )


def reads(machine: Machine, words: str, seconds: float) -> bool:
    return wait_for(lambda: words in text(machine.picture()), seconds, look=LOOK_SECONDS) is not None


def types(machine: Machine, key: str) -> None:
    for letter in key:
        machine.press([letter])
        time.sleep(0.05)
    machine.press(["ret"])


def starts_anew(machine: Machine, report: Report, what: str) -> None:
    """Once it has said so for as long as somebody takes to read it."""
    began = time.monotonic()
    gone = wait_for(lambda: EVERYBODY[0] not in text(machine.picture()), ANEW_SECONDS)
    took = time.monotonic() - began
    report(gone is not None and took > KEY_SECONDS / 2, f"{what}: it starts anew, after {took:.0f} s to read")
