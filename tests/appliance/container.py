"""The image's root as a container: systemd and all of the kiosk's services under this machine's kernel, without
firmware, devices and network, there in a minute where a machine takes many. What it has of the state is a folder; its
screen is cage's headless one, with the image's own Chromium in it.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.appliance.built import TOOLS, disk
from tests.appliance.machine import SECTOR, NoMachine, partitions, wait_for
from tests.appliance.report import Report
from tests.units import read

START_SECONDS, GOOD_SECONDS, STOP_SECONDS = 300.0, 400.0, 60.0
STATE = Path("image/mkosi.extra/usr/lib/repart.d/60-state.conf")
OF_IT = ("--mount", "--uts", "--ipc", "--net", "--pid", "--root", "--wd")
IDENTITY = "6f1c6a7e5a444a549f0e6f6b3a8e2d11"
# The screen's unit without what a container has not: a console. The rest of it is as it is.
HEADLESS = """
mkdir -p /run/systemd/system/kiosk-browser.service.d
cat >/run/systemd/system/kiosk-browser.service.d/headless.conf <<'END'
[Unit]
ConditionPathExists=
[Service]
TTYPath=
TTYReset=no
TTYVHangup=no
TTYVTDisallocate=no
StandardInput=null
Environment=WLR_BACKENDS=headless
END
systemctl daemon-reload; systemctl --no-block restart kiosk-browser
"""
UNSET = "rm -r /run/systemd/system/kiosk-browser.service.d; systemctl daemon-reload"
# With the tools tree as the root: the image's root with memory over it, the state, and a container of both.
INSIDE = f"""
    tools=$1 image=$2 start=$3 state=$4
    mount --make-rprivate /
    mount --bind "$tools" "$tools"; cd "$tools"
    mount --rbind /dev dev; mount -t proc proc proc; mount --rbind /sys sys; mount -t tmpfs run run
    umount --lazy sys/fs/cgroup; mount -t cgroup2 cgroup2 sys/fs/cgroup
    mkdir run/root run/below run/over run/state
    mount -t erofs -o "loop,ro,offset=$start" "$image" run/below
    mount -t tmpfs over run/over; mkdir run/over/changed run/over/work
    mount -t overlay -o lowerdir=run/below,upperdir=run/over/changed,workdir=run/over/work over run/root
    echo {IDENTITY} >run/over/id; mount --bind run/over/id etc/machine-id
    mount --bind "$state" run/state
    [ -e "$state/version/os-release" ] || {{
        cp -a run/root/etc/kiosk/. "$state/settings"; cp run/root/usr/lib/os-release "$state/version"; }}
    pivot_root . mnt; umount --lazy mnt; cd /  # in a chroot Chromium could not make its sandbox
    exec systemd-nspawn --quiet --register=no --keep-unit --directory=/run/root --bind=/run/state:/state \\
        --private-network --timezone=off --console=pipe --boot
"""


class Container:
    """leader: its first process, as this machine numbers it."""

    def __init__(self, leader: int) -> None:
        self.leader = leader

    @property
    def root(self) -> Path:
        """Its files."""
        return Path(f"/proc/{self.leader}/root")

    def shell(self, command: str, seconds: float) -> tuple[int, str]:
        """One line for its root: the exit code, and what was said."""
        enter = ("nsenter", "--target", str(self.leader), *OF_IT)
        done = subprocess.run([*enter, "sh", "-c", command], capture_output=True, text=True, timeout=seconds)
        return done.returncode, done.stdout

    def alive(self) -> bool:
        return self.shell("systemctl is-active kiosk-server.service kiosk-caretaker.service", 60)[0] == 0

    def comes(self, report: Report) -> None:
        """Server, caretaker and, on a screen without a display, the page."""
        took = wait_for(self.alive, START_SECONDS)
        report(took is not None, "server and caretaker have come")
        self.shell(HEADLESS, 60)
        good, said = self.shell(f"timeout {GOOD_SECONDS:.0f} /usr/lib/kiosk-image/started-well", GOOD_SECONDS + 60)
        report(good == 0, f"the page is painted, and the start is a good one{f': {said.strip()}' if good else ''}")


@contextlib.contextmanager
def container(folder: Path) -> Iterator[Container]:
    """Started. Raises NoMachine."""
    shutil.rmtree(folder, ignore_errors=True)
    for name in read(STATE)["Partition"]["MakeDirectories"].split():
        (folder / f"state{name}").mkdir(parents=True)
    [start] = [each["start"] for each in partitions(disk()) if each["name"] == disk().stem]
    arguments: list[str | Path] = [TOOLS.absolute(), disk().absolute(), str(start * SECTOR), folder / "state"]
    with (folder / "said.log").open("wb") as said:
        process = subprocess.Popen(
            ["unshare", "--mount", "sh", "-euc", INSIDE, "-", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
        )
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    try:
        wait_for(lambda: process.poll() is not None or bool(children.read_text().split()), STOP_SECONDS)
        if process.poll() is not None:
            raise NoMachine((folder / "said.log").read_text(errors="replace").strip() or "the container has ended")
        yield Container(int(children.read_text().split()[0]))
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
