"""A machine of QEMU's for the image: firmware with secure boot (OVMF), a TPM 2.0 (swtpm), a disk larger than the image,
a portrait screen, a touch panel (panel.py). Hardware virtualisation is used where the firmware runs under it, and not
needed.

The image has no terminal. A signed addon to the kernel's words, which `make image` makes for throw-away keys alone,
sends what the kernel and the journal say to the first serial port, and root's shell to the second (`run`). The picture
is QEMU's own of the screen (screendump), the memory the guest's own figure (its balloon), both by QMP.

A machine that stands at some point can be kept as it stands, memory and all (`keep`), and goes on from there as often
as is wanted (`start(kept=True)`): without hardware virtualisation a start takes ten minutes and more.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from PIL import Image

from kiosk.sim.portal.tls import TO_A_GUEST
from tests.appliance.panel import Panel

FIRMWARE = Path("/usr/share/OVMF/OVMF_CODE_4M.secboot.fd")
VARIABLES = Path("/usr/share/OVMF/OVMF_VARS_4M.fd")  # without keys: the machine is in setup mode
PROGRAMS = {
    "qemu-system-x86_64": "qemu-system-x86",
    "swtpm": "swtpm",
    "mcopy": "mtools",
    "sfdisk": "fdisk",
    "sbsign": "sbsigntool",
    "tesseract": "tesseract-ocr",
    "nginx": "nginx-light",
    "/lib/systemd/systemd-journal-remote": "systemd-journal-remote",
}
ADDON_PLACE = "::/loader/addons/serial.addon.efi"  # on its ESP
SECURE = (
    *("-global", "driver=cfi.pflash01,property=secure,value=on"),
    *("-drive", f"if=pflash,format=raw,unit=0,readonly=on,file={FIRMWARE}"),
)
DISK_BYTES = 10 << 30
SECTOR = 512
WIDTH, HEIGHT = 1080, 1920
PICTURE = ".png"
ANSWER_SECONDS = 60.0
KEEP_SECONDS = 600.0
LOOK_SECONDS = 5.0
TOUCH_SECONDS = 0.15
KEY_SECONDS = 0.02
HOST = TO_A_GUEST  # nothing else answers in the guest's network
FIRMWARE_SECONDS = 5.0  # what does not run it says so at once
PROCESSORS = (("kvm", "host"), ("kvm", "host,-arch-capabilities"), ("kvm", "EPYC"), ("tcg", "Nehalem"))

NETWORK_CARD = "virtio-net-pci"

NO_PORTS: Mapping[int, int] = MappingProxyType({})
Shell = Callable[[str, float], tuple[int, str]]  # one line for root, and seconds; the exit code, and what was said


class NoMachine(Exception):
    """It cannot be made, or has ended. One line."""


def lacking() -> list[str]:
    """What has to be installed first, as Debian's packages."""
    missing = [package for program, package in PROGRAMS.items() if shutil.which(program) is None]
    return missing if FIRMWARE.exists() else [*missing, "ovmf"]


def named(what: str) -> str:
    """As a file is called."""
    return re.sub(r"\W+", "-", what).strip("-")


def partitions(disk: Path) -> list[dict[str, Any]]:
    """As sfdisk names them."""
    table = json.loads(subprocess.check_output(["sfdisk", "--json", disk], stderr=subprocess.DEVNULL))
    found: list[dict[str, Any]] = table["partitiontable"]["partitions"]
    return found


def wait_for(what: Callable[[], bool], seconds: float, look: float = LOOK_SECONDS) -> float | None:
    """Seconds until it was so; None: it was not. look: seconds between two looks."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        if what():
            return time.monotonic() - began
        time.sleep(look)
    return None


@functools.cache
def processor() -> tuple[str, str]:
    """The first of PROCESSORS, (accelerator, model), under which the firmware runs. It is tried, for a /dev/kvm that
    opens may have no system management mode, without which nothing guards the variables of secure boot."""
    for accelerator, model in PROCESSORS[:-1]:
        tried = [
            "qemu-system-x86_64",
            *("-machine", f"q35,smm=on,accel={accelerator}", "-cpu", model),
            *SECURE,
            "-display",
            "none",
        ]
        try:
            subprocess.run(tried, capture_output=True, timeout=FIRMWARE_SECONDS)
        except subprocess.TimeoutExpired as still_running:
            if b"internal error" not in (still_running.stderr or b""):
                return accelerator, model
    return PROCESSORS[-1]


class Machine:
    """folder: where its disk, TPM and log lie; a machine that is made there again goes on with them."""

    def __init__(self, folder: Path, memory_megabytes: int = 3072, processors: int = 2) -> None:
        self.folder = folder
        self.slot = folder / "card.sock"
        self.log = folder / "serial.log"
        self.disk, self._variables = folder / "disk.raw", folder / "variables.fd"
        self._memory, self._processors = memory_megabytes, processors
        self._process: subprocess.Popen[bytes] | None = None
        self._tpm: subprocess.Popen[bytes] | None = None
        self._panel: Panel | None = None
        self._line: socket.socket | None = None
        self._shell: socket.socket | None = None
        self._said_before = 0
        self._heard = b""

    def install(self, image: Path, addon: Path) -> None:
        """Put the image on the disk, as an integrator would, and the addon for its serial port beside the kernel."""
        self.folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cp", "--sparse=always", image, self.disk], check=True)
        os.truncate(self.disk, DISK_BYTES)
        shutil.copy(VARIABLES, self._variables)
        shutil.rmtree(self.folder / "tpm", ignore_errors=True)
        self.log.unlink(missing_ok=True)
        self.on_the_esp("mmd", "::/loader/addons")
        self.on_the_esp("mcopy", str(addon), ADDON_PLACE)

    def forgets_its_keys(self) -> None:
        """Its firmware's, of secure boot, as by a battery that is flat; and nobody has the boot loader enroll them."""
        shutil.copy(VARIABLES, self._variables)
        self.on_the_esp("mdeltree", "::/loader/keys")

    def like(self, other: Machine) -> None:
        """Become what another machine, which has to be off, left on its disk and in its TPM. What each has shown stays
        its own."""
        self.folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["rm", "-rf", *(path for path in self.folder.iterdir() if path.suffix != PICTURE)], check=True)
        left = [path for path in other.folder.iterdir() if path.suffix != PICTURE]
        subprocess.run(["cp", "-a", "--sparse=always", *left, self.folder], check=True)

    def on_the_esp(self, command: str, *arguments: str) -> str:
        """One of mtools' commands, on the EFI system partition; the machine has to be off."""
        start = int(self.partitions()[0]["start"]) * SECTOR
        done = subprocess.run(
            [command, "-i", f"{self.disk}@@{start}", *arguments], check=True, capture_output=True, text=True
        )
        return done.stdout

    def partitions(self) -> list[dict[str, Any]]:
        """Of its disk."""
        return partitions(self.disk)

    def start(
        self,
        *more: str,
        kept: bool = False,
        ports: Mapping[int, int] = NO_PORTS,
        without: Collection[str] = (),
    ) -> None:
        """Switch it on. more: arguments of QEMU's. kept: go on where `keep` has left it, with the same arguments.
        ports: of HOST, and which of this machine stands behind each. without: "touch" panel, "reader" or "tpm"."""
        usb = () if "reader" in without else ("-device", "usb-ccid,id=reader")
        forward = Path(__file__).with_name("forward.py").resolve()
        behind = "".join(
            f",guestfwd=tcp:{HOST}:{port}-cmd:{sys.executable} {forward} {here}" for port, here in ports.items()
        )
        self._said_before = len(self.said(all=True))
        tpm, control, shell = self.folder / "tpm", self.folder / "qmp.sock", self.folder / "shell.sock"
        tpm.mkdir(exist_ok=True)
        for place in (control, shell, self.slot, self._touch, tpm / "control.sock"):
            place.unlink(missing_ok=True)
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
                *("-machine", f"q35,smm=on,accel={processor()[0]}", "-cpu", processor()[1]),
                *("-smp", str(self._processors)),
                *("-m", str(self._memory), "-display", "none", "-uuid", "6f1c6a7e-5a44-4a54-9f0e-6f6b3a8e2d11"),
                *SECURE,
                *("-drive", f"if=pflash,format=raw,unit=1,file={self._variables}"),
                *("-drive", f"if=virtio,format=raw,cache=unsafe,file={self.disk}"),
                *(() if "tpm" in without else ("-device", "tpm-tis,tpmdev=tpm")),
                *("-chardev", f"socket,id=tpm,path={tpm}/control.sock", "-tpmdev", "emulator,id=tpm,chardev=tpm"),
                *("-device", f"virtio-vga,xres={WIDTH},yres={HEIGHT}"),
                *("-device", "qemu-xhci", *usb),
                *("-chardev", f"socket,id=touch,path={self._touch},server=on,wait=off"),
                *("-device", "usb-redir,chardev=touch"),
                *("-chardev", f"socket,id=card,path={self.slot},server=on,wait=off"),
                *("-device", "ccid-card-passthru,id=slot,chardev=card"),
                *("-device", "virtio-balloon,id=balloon", "-device", "virtio-rng-pci"),
                *("-device", "pcie-root-port,id=spare,chassis=1"),
                *("-netdev", f"user,id=net,restrict=on{behind}", "-device", f"{NETWORK_CARD},netdev=net"),
                *("-chardev", f"file,id=serial,path={self.log},append=on", "-serial", "chardev:serial"),
                *("-chardev", f"socket,id=shell,path={shell},server=on,wait=off", "-serial", "chardev:shell"),
                *("-qmp", f"unix:{control},server=on,wait=off"),
                *(("-incoming", f"exec:gzip -dc {self._memory_kept}") if kept else ()),
                *more,
            ]
        )
        while not control.exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        if "touch" not in without:
            self.plug_panel()
        self._line, self._shell = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
        self._line.settimeout(ANSWER_SECONDS)
        self._line.connect(str(control))
        self._shell.connect(str(shell))
        self._heard = b""
        self._next()
        self.ask("qmp_capabilities")
        if kept:
            self._wait_for("paused")
            self.ask("cont")
        self.ask("qom-set", path="/machine/peripheral/balloon", property="guest-stats-polling-interval", value=5)

    def keep(self) -> None:
        """Stop it as it stands, and write its memory beside its disk."""
        self.ask("stop")
        self.ask("migrate", uri=f"exec:gzip --fast >{self._memory_kept}")
        self._wait_for("postmigrate")
        self.stop()

    def run(self, command: str, seconds: float = ANSWER_SECONDS) -> tuple[int, str]:
        """One line for root's shell in it: the exit code, and what was said, on both outputs. Raises TimeoutError."""
        assert self._shell is not None
        self._shell.settimeout(seconds)
        begun, done = (f"{word} {time.monotonic_ns()}" for word in ("begun", "done"))  # before: firmware, and a prompt
        self._shell.sendall(f"echo {begun}; ({command}) 2>&1; echo {done} $?\n".encode())
        said = b""
        between = begun.encode() + rb"\r?\n(.*)" + done.encode() + rb" (\d+)\r?\n"
        while not (found := re.search(between, said, re.DOTALL)):
            more = self._shell.recv(65536)
            if not more:
                raise NoMachine("QEMU has ended")
            said += more
        return int(found[2]), found[1].decode("utf-8", "replace").replace("\r\n", "\n")

    def set_clock(self) -> None:
        """It stood still while the machine was kept, and certificates are younger than that."""
        self.run(f"date --set=@{time.time():.0f}")

    def has_a_shell(self, seconds: float) -> bool:
        """Whether root's shell answers within so long. What was typed before it was there went to the firmware."""

        def answers() -> bool:
            try:
                return self.run("true", LOOK_SECONDS) == (0, "")
            except TimeoutError:
                return False

        return wait_for(answers, seconds) is not None

    def keep_journal(self, name: str) -> None:
        """The last of its journal, as a file of that name beside its disk: what is not as it has to be is explained."""
        said = self.run("journalctl --quiet --no-pager --output=short-monotonic --lines=300", ANSWER_SECONDS * 5)[1]
        (self.folder / f"{named(name)}.txt").write_text(said)

    def stop(self) -> None:
        """The power is cut."""
        for process in (self._process, self._tpm):
            if process is not None:
                process.kill()
                process.wait()
        self.pull_panel()
        for line in (self._line, self._shell):
            if line is not None:
                line.close()
        self._process = self._tpm = self._line = self._shell = None

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

    def plug_disk(self, image: Path) -> None:
        """One more disk, which nobody writes to, while it runs."""
        self.ask(
            "blockdev-add",
            **{
                "node-name": "more",
                "driver": "raw",
                "read-only": True,
                "file": {"driver": "file", "filename": str(image)},
            },
        )
        self.ask("device_add", driver="virtio-blk-pci", bus="spare", drive="more")

    def plug_stick(self, image: Path) -> None:
        """A USB stick, while it runs."""
        file = {"driver": "file", "filename": str(image)}
        self.ask("blockdev-add", **{"node-name": "stick", "driver": "raw", "file": file})
        self.ask("device_add", driver="usb-storage", id="stick", drive="stick")

    def pull_stick(self) -> None:
        """Without asking. Its file has all that was written to it then."""
        self.ask("device_del", id="stick")
        deadline = time.monotonic() + ANSWER_SECONDS
        while True:
            try:
                self.ask("blockdev-del", **{"node-name": "stick"})
                return
            except NoMachine:  # still in use
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    def unplug(self, device: str) -> None:
        """Pull one of its devices out of its USB socket."""
        self.ask("device_del", id=device)

    def plug(self, device: str, driver: str, **more: str) -> None:
        """Put a device, of one of QEMU's drivers, into a USB socket."""
        self.ask("device_add", driver=driver, id=device, **more)

    def plug_printer(self, port: int) -> None:
        """A serial printer on a USB socket (FTDI), behind which a port of this machine stands."""
        here = {"type": "inet", "data": {"host": "127.0.0.1", "port": str(port)}}
        self.ask("chardev-add", id="printer", backend={"type": "socket", "data": {"addr": here, "server": False}})
        self.plug("printer", "usb-serial", chardev="printer")

    def plug_panel(self) -> None:
        """Put the touch panel into its USB socket."""
        self._panel = Panel(self._touch)

    def pull_panel(self) -> None:
        if self._panel is not None:
            self._panel.pull()
            self._panel = None

    def network(self, there: bool) -> None:
        """Its network cable, in or out."""
        self.ask("set_link", name="net", up=there)

    def picture(self) -> Image.Image:
        """What the screen shows."""
        path = self.folder / "screen.ppm"
        self.ask("screendump", filename=str(path))
        with Image.open(path) as shown:
            return shown.convert("RGB")

    def keep_picture(self, what: str) -> None:
        """As a file of that name beside its disk, for the contact sheet (tests/appliance/sheet.py)."""
        self.picture().save(self.folder / f"{named(what)}{PICTURE}", compress_level=1)

    def keep_pictures_of(self, copy: Machine) -> None:
        """What a copy of it has kept, among its own."""
        for picture in copy.folder.glob(f"*{PICTURE}"):
            shutil.copy(picture, self.folder)

    def touch(self, x: float, y: float, seconds: float = TOUCH_SECONDS) -> None:
        """A finger at this point of the screen [px], for a moment, or for so long."""
        self.fingers({0: (x / WIDTH, y / HEIGHT)})
        time.sleep(seconds)
        self.fingers({})
        time.sleep(TOUCH_SECONDS)

    def fingers(self, on_the_glass: Mapping[int, tuple[float, float]]) -> None:
        """Which fingers lie on the glass from now on, by their numbers, and where: of its width and height, 0 to 1."""
        assert self._panel is not None
        self._panel.touched(on_the_glass)

    def press(self, keys: Sequence[str | int]) -> None:
        """A chord of its newest keyboard's. Of each key QEMU's name, or a PC keyboard's own number."""
        named = [
            {"type": "number", "data": key} if isinstance(key, int) else {"type": "qcode", "data": key} for key in keys
        ]
        for down, each in (*((True, key) for key in named), *((False, key) for key in reversed(named))):
            self.ask("input-send-event", events=[{"type": "key", "data": {"down": down, "key": each}}])
            time.sleep(KEY_SECONDS)

    def dump(self) -> Path:
        """All of its memory, as an ELF file. It stands still meanwhile."""
        path = self.folder / "memory.elf"
        self._line_patience(KEEP_SECONDS)
        self.ask("dump-guest-memory", paging=False, protocol=f"file:{path}")
        self._line_patience(ANSWER_SECONDS)
        return path

    def memory_in_use(self) -> int:
        """Bytes of the guest's memory that it could not give to another program."""
        stats = self.ask("qom-get", path="/machine/peripheral/balloon", property="guest-stats")["stats"]
        return int(stats["stat-total-memory"]) - int(stats["stat-available-memory"])

    def said(self, all: bool = False) -> str:
        """What it has said on its serial port since it was switched on last. all: before that, too."""
        words = self.log.read_text(errors="replace") if self.log.exists() else ""
        return words if all else words[self._said_before :]

    @property
    def _touch(self) -> Path:
        return self.folder / "touch.sock"

    @property
    def _memory_kept(self) -> Path:
        return self.folder / "memory.gz"

    def _line_patience(self, seconds: float) -> None:
        assert self._line is not None
        self._line.settimeout(seconds)

    def _wait_for(self, status: str) -> None:
        deadline = time.monotonic() + KEEP_SECONDS
        while self.ask("query-status")["status"] != status:
            if time.monotonic() > deadline:
                raise NoMachine(f"not {status} after {KEEP_SECONDS:.0f} s")
            time.sleep(0.5)

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
def running(
    machine: Machine,
    *more: str,
    kept: bool = False,
    ports: Mapping[int, int] = NO_PORTS,
    without: Collection[str] = (),
) -> Iterator[Machine]:
    """Switched on; the power is cut at the end."""
    machine.start(*more, kept=kept, ports=ports, without=without)
    try:
        yield machine
    finally:
        machine.stop()
