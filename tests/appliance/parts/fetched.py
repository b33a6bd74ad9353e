"""An update comes from the operator's server, of a ring's folder, whole or not at all; what breaks off, was changed on
the way, comes from somebody else or is older changes nothing, and the next time it is whole. Junk, or an old one under
a newer name, does not stay, and keeps nothing back that comes after it.

For this no machine is started: the image's own script asks a real HTTPS server, by systemd-sysupdate and systemd-pull
of the Debian that makes the image, which write small updates on a small disk; whom they trust is what the unit says.
What is written to the boot loader is as small, and signed as an image is; what the firmware would say lies in a file.
"""

from __future__ import annotations

import contextlib
import gzip
import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.appliance.built import OUT, TOOLS, disk
from tests.appliance.machine import SECTOR, Machine, partitions
from tests.appliance.parts.slots import EFI_BYTES, ROOT_BYTES, bring, files, lay_out, placed, release, slots, stands
from tests.appliance.report import Report
from tests.appliance.ring import Server
from tests.uki import Signer, believes

SYSTEM = Path("image/mkosi.extra/usr/lib")
FETCH, UNIT = SYSTEM / "kiosk-image/fetch", SYSTEM / "systemd/system/kiosk-fetch.service"
SCRIPT = runpy.run_path(str(FETCH))
KEEPS = SYSTEM / "kiosk-image/keep-signed"
CERTIFICATE = Path("var/image/keys/throw-away.crt")  # tools/image
BUNDLE, SINGLE, PUBLIC = "/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/certs", "/usr/share/ca-certificates"
BEFORE = "slots 1 and _empty, files kiosk_1.efi"
OURS, NOTHING, REMOVED, UNFIT = 0, SCRIPT["NOT_NOW"], SCRIPT["REMOVED"], SCRIPT["UNFIT"]
HUGE = "99999999999999999999999"  # a partition's label holds no more
ENDS_SECONDS = 300.0
CALL = """
import runpy, shlex, sys; from pathlib import Path
script, told, shipped, made, kept, keeps, *sysupdate = sys.argv[1:]
sys.exit(runpy.run_path(script)["main"](*map(Path, (told, shipped, made, kept)), sysupdate, shlex.split(keeps)))
"""
# In the tools tree, as on the machine: which image runs, public authorities, and over them what the unit puts there.
INSIDE = f"""
    tools=$1 folder=$2 unit=$3
    [ "$4" = "--definitions=$folder/made" ]; shift 4
    mount --make-rprivate /
    mount --bind "$tools" "$tools"; cd "$tools"
    mount --rbind /dev dev; mount --rbind /sys sys; mount -t proc proc proc
    mount --bind "$folder" mnt; mount --bind "$folder/os-release" usr/lib/os-release
    mount --bind mnt/public/certs .{SINGLE}; mount --bind mnt/public/share .{PUBLIC}
    eval "$unit"
    exec chroot . {SCRIPT["SYSUPDATE"][0]} --definitions=/mnt/made "$@"
"""


class Kiosk:
    """One that asks. trusted: the operator's authority, which a stick has brought; None: none. signer: whom
    its firmware believes, besides somebody else."""

    def __init__(self, folder: Path, address: str, public: Path) -> None:
        self.folder, self.said = folder, ""
        self.trusted: Path | None = None
        for name in ("shipped", "made", "esp", "public/certs", "public/share"):
            (folder / name).mkdir(parents=True)
        (folder / "esp/kiosk_1.efi").write_bytes(os.urandom(4096))
        self.told, self.kept = folder / "updates.conf", folder / "fetched"
        self.goes_to(address)
        self.signer, self.stranger, other = (Signer(folder, name) for name in ("operator", "stranger", "other"))
        self.db = believes(folder / "db", other.certificate, self.signer.certificate)
        lay_out(folder / "disk.raw")
        # As Debian has them: all in one file, and single ones, named by the hash of whose they are, as links.
        shutil.copy(public, folder / "public/share/theirs.crt")
        shutil.copy(public, folder / "public/certs/ca-certificates.crt")
        by = ("openssl", "x509", "-noout", "-subject_hash", "-in", str(public))
        name = subprocess.check_output(by, text=True).strip()
        (folder / "public/certs" / f"{name}.0").symlink_to(f"{PUBLIC}/theirs.crt")

    def goes_to(self, address: str) -> None:
        self.told.write_text(f"URL={address}\n")

    def asks(self, running: int, unit: str | None = None, looks: bool = True) -> int:
        """The exit code of the image's script. unit: in place of its lines on whom it trusts. looks: at what it has
        written; if not, it is as when the power goes before that."""
        (self.folder / "os-release").write_text(release(running))
        trusts = trust(self.trusted) if unit is None else unit
        inside = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-euc", INSIDE, "-")
        sysupdate = (*inside, TOOLS.absolute(), self.folder, trusts)
        keeps = map(str, (sys.executable, "-I", KEEPS, self.folder / "esp", self.db))
        places = (FETCH, self.told, self.folder / "shipped", self.folder / "made", self.kept)
        done = subprocess.run(
            [sys.executable, "-c", CALL, *places, shlex.join(keeps) if looks else "true", *sysupdate],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=ENDS_SECONDS,
        )
        self.said = done.stdout
        return done.returncode

    @property
    def version(self) -> str:
        return self.kept.read_text().strip() if self.kept.exists() else "nothing"


def trust(brought: Path | None) -> str:
    """What the unit does before it starts, in the words of a shell: of a file that is not there nothing."""
    text = UNIT.read_text()
    [(source, target)] = re.findall(r"^BindReadOnlyPaths=-(\S+):(\S+)$", text, re.MULTILINE)
    [closed] = re.findall(r"^InaccessiblePaths=-(\S+)$", text, re.MULTILINE)
    assert source == "/etc/kiosk/fleet/ca.pem"
    bound = f"mount --bind '{brought}' .{target}; " if brought else ""
    return f"{bound}mount -t tmpfs -o mode=0 closed .{closed}"


def run(machine: Machine, report: Report) -> None:
    report.machine = "no machine: systemd-sysupdate and systemd-pull alone"
    folder = machine.folder.absolute()
    shutil.rmtree(folder, ignore_errors=True)
    with around(folder) as (server, public, kiosk):
        refused(server, public, kiosk, report)
        comes(server, kiosk, report)
        breaks(server, kiosk, report)
        rings(server, kiosk, report)
        deceives(server, kiosk, report)
    image(folder / "image", report)


@contextlib.contextmanager
def around(folder: Path) -> Iterator[tuple[Server, Server, Kiosk]]:
    """The operator's server, somebody else's whom everybody trusts, and a kiosk."""
    servers = []
    try:
        for name in ("operator", "public"):
            servers.append(Server(folder / name))
        ours, public = servers
        kiosk = Kiosk(folder / "kiosk", f"https://localhost:{ours.port}/ring-1", public.authority)
        loop = subprocess.check_output(["losetup", "--find", "--show", kiosk.folder / "disk.raw"], text=True).strip()
        try:
            placed(kiosk.folder / "shipped", loop, None)
            yield ours, public, kiosk
        finally:
            subprocess.run(["losetup", "--detach", loop], check=True)
    finally:
        for server in servers:
            server.close()


def brings(server: Server, ring: str, version: int, by: Signer, named: str = "") -> Path:
    """named: in place of the version that it is. Returns what the boot loader gets."""
    named = named or str(version)
    folder = server.ring(ring)
    bring(folder, named, ROOT_BYTES // 4)  # the rest of a slot is as it was
    boots = by.signs(folder / f"kiosk_{named}.efi", str(version))
    server.lists(ring, named)
    return boots


def refused(server: Server, public: Server, kiosk: Kiosk, report: Report) -> None:
    """Whom it does not believe, and what is no address."""
    for each in (server, public):
        brings(each, "ring-1", 2, kiosk.signer)
    ours, theirs = (f"https://localhost:{each.port}/ring-1" for each in (server, public))

    def changes(what: str, code: int) -> None:
        good = code == NOTHING and stands(kiosk.folder) == BEFORE and kiosk.version in ("", "nothing")
        report(good and not [*server.heard(), *public.heard()], f"{what}: nothing is fetched")

    changes("the operator's server, whose authority was not brought", kiosk.asks(1))
    kiosk.trusted = server.authority
    kiosk.goes_to(theirs)
    changes("a server that the public authorities know, where the operator's was brought", kiosk.asks(1))
    open_beside = f"mount --bind '{server.authority}' .{BUNDLE}"
    report(kiosk.asks(1, open_beside) == OURS, "which would be believed, were only the file of all authorities another")
    for partition in ("3", "4"):
        label = ("sfdisk", "--quiet", "--part-label", kiosk.folder / "disk.raw", partition, "_empty")
        subprocess.run(label, check=True)
    (kiosk.folder / "esp/kiosk_2+3-0.efi").unlink()
    kiosk.kept.unlink()
    public.heard()
    kiosk.goes_to(ours.replace("https", "http"))
    code = kiosk.asks(1)
    report(code == UNFIT and "updates.conf: is not one line URL=" in kiosk.said, f"no address of https: {code}")
    kiosk.goes_to("https://localhost:9/ring-1")
    changes("a server that is not there", kiosk.asks(1))
    kiosk.goes_to(ours)
    server.stops("ring-1")
    changes("a folder that is empty", kiosk.asks(1))
    brings(server, "ring-1", 2, kiosk.signer)


def comes(server: Server, kiosk: Kiosk, report: Report) -> None:
    """Changed on the way, or on the server, after the list was made; then whole."""
    ring = server.ring("ring-1")
    for part in ("root-verity", "root", "efi"):
        [path] = ring.glob(f"kiosk_2.{part}*" if part == "efi" else f"kiosk_2.{part}.*")
        whole = path.read_bytes()
        path.write_bytes(whole[:-64] + os.urandom(64))
        code = kiosk.asks(1)
        good = code == NOTHING and stands(kiosk.folder) == BEFORE
        report(good, f"another {part} than the list says: {stands(kiosk.folder)}")
        path.write_bytes(whole)
    code = kiosk.asks(1)
    report(code == OURS and "ignoring" not in kiosk.said, "no line of the rules is ignored")
    report(
        stands(kiosk.folder) == "slots 1 and 2, files kiosk_1.efi, kiosk_2+3-0.efi", f"whole: {stands(kiosk.folder)}"
    )
    same = holds(kiosk.folder / "disk.raw", ring)
    report(same, "its root and its hashes lie there byte for byte")
    report(kiosk.version == "IMAGE_VERSION=2", f"kept for the desk: {kiosk.version}")
    server.heard()
    report(kiosk.asks(1) == OURS and server.heard() == [], "asked again, nothing is fetched twice")


def breaks(server: Server, kiosk: Kiosk, report: Report) -> None:
    """The line breaks in the middle of each file; in the last one it only stands still."""
    (kiosk.folder / "esp/kiosk_2+3-0.efi").rename(kiosk.folder / "esp/kiosk_2.efi")  # as a good start does
    brings(server, "ring-1", 3, kiosk.signer)
    for server.breaks, server.stalls in ((".root-verity.", False), (".root.", False), (".efi", False), (".efi", True)):
        code = kiosk.asks(2)
        good = code == NOTHING and files(kiosk.folder) == ["kiosk_2.efi"]
        how = "stands still" if server.stalls else "breaks"
        report(good, f"the line {how} in {server.breaks.strip('.')}: {stands(kiosk.folder)}")
        left = [path.name for path in (kiosk.folder / "esp").iterdir() if not path.name.startswith("kiosk_")]
        report(not left, f"and nothing is left of it beside{': ' * bool(left)}{', '.join(left)}")
    server.breaks, server.stalls = "", False
    report(kiosk.version == "IMAGE_VERSION=2", f"kept for the desk: {kiosk.version}")
    code = kiosk.asks(2)
    report(
        code == OURS and stands(kiosk.folder) == "slots 3 and 2, files kiosk_2.efi, kiosk_3+3-0.efi",
        f"the next time it is whole: {stands(kiosk.folder)}",
    )
    report(holds(kiosk.folder / "disk.raw", server.ring("ring-1"), 0), "byte for byte")


def rings(server: Server, kiosk: Kiosk, report: Report) -> None:
    """What an operator does with the folders."""
    (kiosk.folder / "esp/kiosk_3+3-0.efi").rename(kiosk.folder / "esp/kiosk_3.efi")
    now = stands(kiosk.folder)
    server.heard()
    brings(server, "ring-2", 2, kiosk.signer)
    kiosk.goes_to(f"https://localhost:{server.port}/ring-2/")
    code = kiosk.asks(3)
    report(
        code == OURS and stands(kiosk.folder) == now and server.heard() == [], f"a ring with an older version: {now}"
    )
    brings(server, "ring-1", 4, kiosk.signer)
    report(kiosk.asks(3) == OURS and stands(kiosk.folder) == now, "what is in the ring before is not this one's")
    server.promotes("ring-1", "ring-2")
    server.stops("ring-2")
    code = kiosk.asks(3)
    report(code == NOTHING and stands(kiosk.folder) == now, f"a ring that was stopped: {now}")
    server.promotes("ring-1", "ring-2")
    server.stopped_in = ".root."
    code, server.stopped_in = kiosk.asks(3), ""
    there = files(kiosk.folder) == ["kiosk_3.efi"] and len(server.heard()) == 3
    report(code == NOTHING and there, f"stopped while its root is fetched: {stands(kiosk.folder)}")
    server.promotes("ring-1", "ring-2")
    code = kiosk.asks(3)
    report(
        code == OURS and stands(kiosk.folder) == "slots 3 and 4, files kiosk_3.efi, kiosk_4+3-0.efi",
        f"let into it: {stands(kiosk.folder)}",
    )
    server.stops("ring-2")
    after = stands(kiosk.folder)
    report(kiosk.asks(3) == NOTHING and stands(kiosk.folder) == after, f"stopped after that, it stays: {after}")
    (kiosk.folder / "esp/kiosk_4+3-0.efi").rename(kiosk.folder / "esp/kiosk_4+0-3.efi")  # as three bad starts do
    server.promotes("ring-1", "ring-2")
    code = kiosk.asks(3)
    report(
        code == OURS and files(kiosk.folder) == ["kiosk_3.efi", "kiosk_4+0-3.efi"], "what was bad does not come again"
    )
    report(kiosk.version == "IMAGE_VERSION=4", f"the desk sees what is to run: {kiosk.version}")
    brings(server, "ring-2", 5, kiosk.signer)
    code = kiosk.asks(3)
    report(
        code == OURS and stands(kiosk.folder) == "slots 3 and 5, files kiosk_3.efi, kiosk_5+3-0.efi",
        f"a newer one does: {stands(kiosk.folder)}",
    )


def deceives(server: Server, kiosk: Kiosk, report: Report) -> None:
    """Somebody else has the server for a night, and gives what would be the newest for ever."""
    (kiosk.folder / "esp/kiosk_5+3-0.efi").rename(kiosk.folder / "esp/kiosk_5.efi")
    lie = f"kiosk_{HUGE}+3-0.efi"
    lies = (
        ("junk", 0, None),
        ("an old one under a newer name", 2, kiosk.signer),
        ("what runs, under a newer name", 7, kiosk.signer),
        ("one that somebody else has signed", int(HUGE), kiosk.stranger),
    )
    server.heard()
    for running, (what, version, by) in enumerate(lies, start=5):
        boots = brings(server, "ring-2", version, by or kiosk.signer, HUGE)
        if not by:
            boots.write_bytes(os.urandom(EFI_BYTES))
            server.lists("ring-2", HUGE)
        before = kiosk.kept.stat().st_mtime_ns
        code, there, asked = kiosk.asks(running), files(kiosk.folder), len(server.heard())
        removed = code == REMOVED and there == [f"kiosk_{running}.efi"] and f"{lie} is no update" in kiosk.said
        report(removed and asked == 3, f"{what} is fetched, and removed: {code}, {', '.join(there)}")
        report(kiosk.kept.stat().st_mtime_ns == before, f"the desk sees no answer of the server's: {kiosk.version}")
        follows(server, kiosk, running, report)
    brings(server, "ring-2", 2, kiosk.signer, HUGE)
    kiosk.asks(9, looks=False)
    report(lie in files(kiosk.folder), f"the power goes before it was looked at: {', '.join(files(kiosk.folder))}")
    server.heard()
    hidden = kiosk.db.rename(kiosk.folder / "hidden")
    code = kiosk.asks(9)
    report(code == UNFIT and not server.heard(), f"a firmware that believes nobody: {code}, and nothing is fetched")
    hidden.rename(kiosk.db)
    follows(server, kiosk, 9, report)


def follows(server: Server, kiosk: Kiosk, running: int, report: Report) -> None:
    """The night after, with the version that comes next; which then starts well."""
    new = f"kiosk_{running + 1}"
    brings(server, "ring-2", running + 1, kiosk.signer)
    code, there = kiosk.asks(running), files(kiosk.folder)
    good = code == OURS and there == sorted((f"kiosk_{running}.efi", f"{new}+3-0.efi"))
    report(good and str(running + 1) in slots(kiosk.folder), f"the right one comes then: {stands(kiosk.folder)}")
    server.heard()
    (kiosk.folder / f"esp/{new}+3-0.efi").rename(kiosk.folder / f"esp/{new}.efi")


def image(folder: Path, report: Report) -> None:
    """What `make image` has made is kept by a firmware that has its certificate, and under no other name."""
    made = OUT / f"{disk().stem}.efi"
    folder.mkdir()
    names = [f"{disk().stem}{more}+3-0.efi" for more in ("", ".1")]
    for name in names:
        shutil.copy(made, folder / name)
    db = believes(folder / "db", CERTIFICATE)
    done = subprocess.run([sys.executable, "-I", KEEPS, folder, db], stdout=subprocess.PIPE, text=True)
    there = [path.name for path in folder.glob("*.efi")]
    report(done.returncode == REMOVED and there == names[:1], f"of the image itself is kept: {', '.join(there)}")


def holds(disk: Path, ring: Path, slot: int = 1) -> bool:
    """Whether a slot of the disk has what the ring's folder has."""
    table = partitions(disk)
    with disk.open("rb") as raw:
        for part, each in zip(("root-verity", "root"), table[2 * slot : 2 * slot + 2], strict=True):
            [path] = ring.glob(f"kiosk_*.{part}.*.gz")
            content = gzip.decompress(path.read_bytes())
            raw.seek(each["start"] * SECTOR)
            if raw.read(len(content)) != content:
                return False
    return True
