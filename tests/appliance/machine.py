"""A machine of QEMU's for the image: firmware with secure boot (OVMF), a TPM 2.0 (swtpm), a disk larger than the image,
a portrait screen. No hardware virtualisation is needed.

What the kernel and the journal say goes to a file, since the image has no terminal: a signed addon to the kernel's
words, which `make image` makes for throw-away keys alone, sends them to the serial port. The picture is QEMU's own of
the screen (screendump), the memory the guest's own figure (its balloon), both by QMP.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image

FIRMWARE = Path("/usr/share/OVMF/OVMF_CODE_4M.secboot.fd")
VARIABLES = Path("/usr/share/OVMF/OVMF_VARS_4M.fd")  # without keys: the machine is in setup mode
PROGRAMS = {"qemu-system-x86_64": "qemu-system-x86", "swtpm": "swtpm", "mcopy": "mtools", "sfdisk": "fdisk"}
DISK_BYTES = 10 << 30
SECTOR = 512
WIDTH, HEIGHT = 1080, 1920
ANSWER_SECONDS = 60.0


class NoMachine(Exception):
    """It cannot be made, or has ended. One line."""


def lacking() -> list[str]:
    """What has to be installed first, as Debian's packages."""
    missing = [package for program, package in PROGRAMS.items() if shutil.which(program) is None]
    return missing if FIRMWARE.exists() else [*missing, "ovmf"]


class Machine:
    """folder: where its disk, TPM and log lie; a machine that is made there again goes on with them."""

    def __init__(self, folder: Path, memory_megabytes: int = 3072, processors: int = 2) -> None:
        self.folder = folder
        self.log = folder / "serial.log"
        self._disk, self._variables = folder / "disk.raw", folder / "variables.fd"
        self._memory, self._processors = memory_megabytes, processors
        self._process: subprocess.Popen[bytes] | None = None
        self._tpm: subprocess.Popen[bytes] | None = None
        self._line: socket.socket | None = None
        self._heard = b""

    def install(self, image: Path, addon: Path) -> None:
        """Put the image on the disk, as an integrator would, and the addon for its serial port beside the kernel."""
        self.folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cp", "--sparse=always", image, self._disk], check=True)
        os.truncate(self._disk, DISK_BYTES)
        shutil.copy(VARIABLES, self._variables)
        shutil.rmtree(self.folder / "tpm", ignore_errors=True)
        self.log.unlink(missing_ok=True)
        self.on_the_esp("mmd", "::/loader/addons")
        self.on_the_esp("mcopy", str(addon), "::/loader/addons/serial.addon.efi")

    def on_the_esp(self, command: str, *arguments: str) -> str:
        """One of mtools' commands, on the EFI system partition; the machine has to be off."""
        table = json.loads(subprocess.check_output(["sfdisk", "--json", self._disk], stderr=subprocess.DEVNULL))
        start = int(table["partitiontable"]["partitions"][0]["start"]) * SECTOR
        done = subprocess.run(
            [command, "-i", f"{self._disk}@@{start}", *arguments], check=True, capture_output=True, text=True
        )
        return done.stdout

    def partitions(self) -> list[dict[str, Any]]:
        """The disk's partitions, as sfdisk names them."""
        table = json.loads(subprocess.check_output(["sfdisk", "--json", self._disk], stderr=subprocess.DEVNULL))
        found: list[dict[str, Any]] = table["partitiontable"]["partitions"]
        return found

    def start(self) -> None:
        """Switch it on."""
        tpm, control = self.folder / "tpm", self.folder / "qmp.sock"
        tpm.mkdir(exist_ok=True)
        control.unlink(missing_ok=True)
        self._tpm = subprocess.Popen(
            [
                *("swtpm", "socket", "--tpm2", "--terminate"),
                *("--tpmstate", f"dir={tpm}", "--ctrl", f"type=unixio,path={tpm}/control.sock"),
            ]
        )
        deadline = time.monotonic() + ANSWER_SECONDS
        while not (tpm / "control.sock").exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        self._process = subprocess.Popen(
            [
                "qemu-system-x86_64",
                *("-machine", "q35,smm=on,accel=tcg", "-cpu", "Nehalem", "-smp", str(self._processors)),
                *("-m", str(self._memory), "-display", "none", "-uuid", "6f1c6a7e-5a44-4a54-9f0e-6f6b3a8e2d11"),
                *("-global", "driver=cfi.pflash01,property=secure,value=on"),
                *("-drive", f"if=pflash,format=raw,unit=0,readonly=on,file={FIRMWARE}"),
                *("-drive", f"if=pflash,format=raw,unit=1,file={self._variables}"),
                *("-drive", f"if=virtio,format=raw,cache=unsafe,file={self._disk}"),
                *("-chardev", f"socket,id=tpm,path={tpm}/control.sock"),
                *("-tpmdev", "emulator,id=tpm,chardev=tpm", "-device", "tpm-tis,tpmdev=tpm"),
                *("-device", f"virtio-vga,xres={WIDTH},yres={HEIGHT}"),
                *("-device", "qemu-xhci", "-device", "usb-tablet"),
                *("-device", "virtio-balloon,id=balloon", "-device", "virtio-rng-pci"),
                *("-netdev", "user,id=net,restrict=on", "-device", "virtio-net-pci,netdev=net"),
                *("-chardev", f"file,id=serial,path={self.log},append=on", "-serial", "chardev:serial"),
                *("-qmp", f"unix:{control},server=on,wait=off"),
            ]
        )
        while not control.exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        self._line = socket.socket(socket.AF_UNIX)
        self._line.settimeout(ANSWER_SECONDS)
        self._line.connect(str(control))
        self._heard = b""
        self._next()
        self.ask("qmp_capabilities")
        self.ask("qom-set", path="/machine/peripheral/balloon", property="guest-stats-polling-interval", value=5)

    def stop(self) -> None:
        """The power is cut."""
        for process in (self._process, self._tpm):
            if process is not None:
                process.kill()
                process.wait()
        if self._line is not None:
            self._line.close()
        self._process = self._tpm = self._line = None

    def ask(self, command: str, **arguments: Any) -> Any:
        """One command of QMP's. Raises NoMachine."""
        assert self._line is not None
        self._line.sendall(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")
        while True:
            answer = self._next()
            if "error" in answer:
                raise NoMachine(f"{command}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]

    def picture(self) -> Image.Image:
        """What the screen shows."""
        path = self.folder / "screen.ppm"
        self.ask("screendump", filename=str(path))
        with Image.open(path) as shown:
            return shown.convert("RGB")

    def memory_in_use(self) -> int:
        """Bytes of the guest's memory that it could not give to another program."""
        stats = self.ask("qom-get", path="/machine/peripheral/balloon", property="guest-stats")["stats"]
        return int(stats["stat-total-memory"]) - int(stats["stat-available-memory"])

    def said(self) -> str:
        """All that it has said on its serial port, also before the power was cut."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def _next(self) -> Any:
        assert self._line is not None
        while b"\n" not in self._heard:
            more = self._line.recv(65536)
            if not more:
                raise NoMachine("QEMU has ended")
            self._heard += more
        line, _, self._heard = self._heard.partition(b"\n")
        return json.loads(line)


@contextlib.contextmanager
def running(machine: Machine) -> Iterator[Machine]:
    """Switched on; the power is cut at the end."""
    machine.start()
    try:
        yield machine
    finally:
        machine.stop()
