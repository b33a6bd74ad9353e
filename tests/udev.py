"""A machine of files, and udev's own word on its inputs: udev itself reads the distribution's rules and ours, of
devices that are folders where sysfs would be. In a namespace of mounts that ends with it.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

RULES = Path(__file__).parent.parent / "systemd/udev"
PCI = "/sys/devices/pci0000:00/0000:00:14.0"
SUBSYSTEMS = {  # of a folder of sysfs, by its name
    r"0000:00:14\.0": "pci",
    r"usb\d+|\d-\d+(:1\.0)?": "usb",
    r"hci0.*": "bluetooth",
    r"000[35]:\w{4}:\w{4}\.\d{4}": "hid",
    r"i8042|soc": "platform",
    r"serio\d": "serio",
    r"PNP0C0C:00": "acpi",
}


@dataclass(frozen=True)
class Input:
    """at: where it hangs in sysfs. bus, vendor, product: as the kernel has them of it. The rest: what it can tell, as
    the kernel writes it (linux/input-event-codes.h)."""

    at: str
    bus: str
    vendor: str
    product: str
    ev: str = "3"
    key: str = "0"
    rel: str = "0"
    abs: str = "0"
    sw: str = "0"
    properties: str = "0"


Told = dict[str, str]


def told(inputs: Iterable[Input], named: Iterable[str]) -> list[tuple[Told, Told]]:
    """Of each what libinput asks for: the properties of the device that it opens, and of the one above that. named:
    files that lie where our rule looks."""
    asked = json.dumps([[asdict(each) for each in inputs], list(named)])
    alone = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--mount"]
    command = [*alone, sys.executable, "-m", "tests.udev"]
    done = subprocess.run(command, input=asked, capture_output=True, text=True, check=True, timeout=120)
    return [(below, above) for below, above in json.loads(done.stdout)]


def _in_the_namespace() -> None:
    inputs, named = json.load(sys.stdin)
    for place in ("/sys", "/run", "/dev"):
        subprocess.run(["mount", "-t", "tmpfs", "none", place], check=True)
    Path("/dev/null").touch()
    rules, let_in = Path("/run/udev/rules.d"), Path("/run/kiosk-keyboards")
    for folder in (rules, let_in):
        folder.mkdir(parents=True)
    for path in RULES.glob("*.rules"):
        (rules / path.name).write_text(path.read_text())
    for name in named:
        (let_in / name).touch()
    devices = [_made(number, Input(**each)) for number, each in enumerate(inputs)]
    json.dump([(_asked(each / f"event{number}"), _asked(each)) for number, each in enumerate(devices)], sys.stdout)


def _made(number: int, of: Input) -> Path:
    """Its folder, with all those above it."""
    place = Path(of.at)
    device = place / f"input/input{number}"
    for folder in (place, *place.parents):
        for form, subsystem in SUBSYSTEMS.items():
            if re.fullmatch(form, folder.name):
                _files(folder, subsystem, {})
    for usb in (folder for folder in (place, *place.parents) if re.fullmatch(r"\d-\d+", folder.name)):
        _write(usb, {"uevent": "DEVTYPE=usb_device", "idVendor": of.vendor, "idProduct": of.product})
        interface = {f"bInterface{what}": "01" for what in ("Class", "SubClass", "Protocol")} | {
            "bInterfaceNumber": "00"
        }
        _write(usb / f"{usb.name}:1.0", {"uevent": "DEVTYPE=usb_interface\nINTERFACE=3/1/1", **interface})
    ids = {"bustype": of.bus, "vendor": of.vendor, "product": of.product}
    can: dict[str, Any] = {what: getattr(of, what) for what in ("ev", "key", "rel", "abs", "sw")}
    _files(device, "input", {"name": "An input", "properties": of.properties})
    _write(device / "id", ids)
    _write(device / "capabilities", {"msc": "0", **can})
    upper = "\n".join(f"{what.upper()}={value}" for what, value in can.items())
    (device / "uevent").write_text(f"PRODUCT={'/'.join(each.lstrip('0') for each in ids.values())}/1\n{upper}\n")
    event = device / f"event{number}"
    _files(event, "input", {"dev": f"13:{64 + number}"})
    (event / "uevent").write_text(f"MAJOR=13\nMINOR={64 + number}\nDEVNAME=input/event{number}\n")
    (event / "device").symlink_to(device)
    return device


def _files(folder: Path, subsystem: str, files: dict[str, str]) -> None:
    _write(folder, {"uevent": "", **files})
    (of := Path(f"/sys/{'class' if subsystem in ('input', 'bluetooth') else 'bus'}/{subsystem}")).mkdir(
        parents=True, exist_ok=True
    )
    if not (folder / "subsystem").exists():
        (folder / "subsystem").symlink_to(of)


def _write(folder: Path, files: dict[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(f"{text}\n")


def _asked(device: Path) -> Told:
    command = ["udevadm", "test", "--action=add", str(device)]
    env = {**os.environ, "SYSTEMD_DEVICE_VERIFY_SYSFS": "0"}
    said = subprocess.run(command, env=env, capture_output=True, text=True, check=True, timeout=30).stdout
    return dict(re.findall(r"^ *(?:E: )?([A-Z_]+)=(.*)$", said, re.MULTILINE))


if __name__ == "__main__":
    _in_the_namespace()
