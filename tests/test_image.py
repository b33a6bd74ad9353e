"""The appliance's image, without building it: what belongs together in image/ agrees. `make image` builds it."""

from __future__ import annotations

import configparser
import fnmatch
import re
import runpy
import shlex
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from kiosk.caretaker.overview import SILENT_SECONDS
from kiosk.caretaker.versions import FETCHED
from kiosk.config.health import CHECKS
from kiosk.config.kiosk import BrowserSettings
from kiosk.health.shipped import UNDOES
from kiosk.ipc.messages import Board, Row, Rows
from kiosk.ipc.proof import SECONDS, SOCKET
from kiosk.ipc.started_well import BAD, STEADY_SECONDS, WELL, undecided, wanting
from kiosk.provision import fleet, proof, recovery
from kiosk.provision.provisioner import PROVISIONER
from kiosk.provision.request import FOLDER
from kiosk.services import provision
from tests.appliance.machine import NETWORK_CARD
from tests.uki import Signer, believes
from tests.units import is_no_more_exposed, read
from tools import measured

ROOT = Path(__file__).parent.parent
IMAGE = ROOT / "image"
SHIPPED = IMAGE / "mkosi.extra/usr/lib"


def words(key: str) -> list[str]:
    """Of mkosi.conf, without what is said about them."""
    lines = read(IMAGE / "mkosi.conf")["Content"][key].splitlines()
    return [word for line in lines for word in line.partition("#")[0].split()]


def test_the_kernel_is_told_what_a_package_tells_it() -> None:
    [told] = re.findall(r'="\$GRUB_CMDLINE_LINUX (.*)"', (ROOT / "systemd/grub.d/kiosk.cfg").read_text())
    assert set(told.split()) <= set(words("KernelCommandLine"))
    assert not {word.partition("=")[0] for word in words("KernelCommandLine")} & set(UNDOES), "as page_poison does"


@pytest.mark.parametrize("kind", ["root", "root-verity"])
def test_a_slot_is_as_large_on_the_machine_as_in_the_image(kind: str) -> None:
    built, kept = (
        [read(path)["Partition"] for path in sorted(folder.glob("*.conf")) if read(path)["Partition"]["Type"] == kind]
        for folder in (IMAGE / "mkosi.repart", SHIPPED / "repart.d")
    )
    assert (len(built), len(kept)) == (1, 2)
    assert len({(each["SizeMinBytes"], each["SizeMaxBytes"]) for each in (*built, *kept)}) == 1
    assert [each.get("Label") for each in kept] == [None, "_empty"]


def test_an_update_goes_where_the_image_lies() -> None:
    """Its labels are those of the partitions that the image has; the kernel comes last."""
    transfers = {path.name: read(path) for path in sorted((SHIPPED / "sysupdate.d").glob("*.transfer"))}
    labels = {each["Type"]: each.get("Label") for each in map(partition, (IMAGE / "mkosi.repart").glob("*.conf"))}
    for name in ("10-root-verity.transfer", "20-root.transfer"):
        target = transfers[name]["Target"]
        assert target["MatchPattern"].replace("@v", "%A") == labels[target["MatchPartitionType"]]
    *_, last = transfers.values()
    assert (last["Target"]["Path"], last["Target"]["TriesLeft"]) == ("/EFI/Linux", "3")
    assert {each["Transfer"]["ProtectVersion"] for each in transfers.values()} == {"%A"}
    assert {each["Source"]["Path"] for each in transfers.values()} == {"/state/update"}


@pytest.mark.parametrize(
    ("floor", "runs", "may"),
    [
        ("0.1.0.2", "0.1.0.2", True),
        ("0.1.0.9", "0.1.0.10", True),
        ("0.1.0.10", "0.1.0.9", False),
        (None, "0.1.0.2", True),
    ],
)
@pytest.mark.parametrize("cut", [False, True])
def test_what_is_older_than_what_has_run_may_not(
    tmp_path: Path, floor: str | None, runs: str, may: bool, cut: bool
) -> None:
    """And what has started well is the oldest that may from then on, also when the power was cut between the word of
    the boot loader, which then counts no more, and the floor's own."""
    kept, running, script = tmp_path / "version/floor", tmp_path / "os-release", tmp_path / "version-floor"
    counted = tmp_path / "LoaderBootCountPath"
    counted.touch()
    running.write_text(f'ID=debian\nIMAGE_VERSION="{runs}"\n')
    if floor:
        kept.parent.mkdir()
        kept.write_text(f"IMAGE_VERSION={floor}\n")
    shipped = (SHIPPED / "kiosk-image/version-floor").read_text()
    variable = "/sys/firmware/efi/efivars/LoaderBootCountPath-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"
    places = {"/state/version/os-release": kept, "/usr/lib/os-release": running, "sleep 20": "true", variable: counted}
    for there, here in places.items():
        assert shipped.count(there) == 1
        shipped = shipped.replace(there, str(here))
    script.write_text(shipped)

    def asked(*arguments: str) -> None:
        said = subprocess.run(["sh", script, *arguments], capture_output=True, text=True)
        assert said.returncode == (0 if may else 1)
        assert ("nothing older may" in said.stdout) is not may

    asked()
    assert (kept.read_text() if kept.exists() else None) == (f"IMAGE_VERSION={floor}\n" if floor else None)
    if cut:
        counted.unlink()
        asked()
    else:
        asked("raise")
    assert (kept.read_text() if kept.exists() else None) == (running.read_text() if may else f"IMAGE_VERSION={floor}\n")


def test_a_floor_that_cannot_be_raised_is_no_reason_not_to_start(tmp_path: Path) -> None:
    """And stays whole, when the start is not counted; when it is, the unit says that it has failed."""
    running, script, folder = tmp_path / "os-release", tmp_path / "version-floor", tmp_path / "state"
    folder.mkdir()
    (folder / "os-release").write_text("IMAGE_VERSION=1\n")
    (folder / "os-release.new").mkdir()  # in the way
    running.write_text("IMAGE_VERSION=2\n")
    shipped = (SHIPPED / "kiosk-image/version-floor").read_text()
    script.write_text(shipped.replace("/state/version", str(folder)).replace("/usr/lib/os-release", str(running)))
    assert subprocess.run(["sh", script], capture_output=True).returncode == 0
    assert subprocess.run(["sh", script, "raise"], capture_output=True).returncode != 0
    assert (folder / "os-release").read_text() == "IMAGE_VERSION=1\n"


def test_what_decides_on_the_version_comes_before_all_that_reads_the_state() -> None:
    unit = read(SHIPPED / "systemd/system/kiosk-version-floor.service")
    assert (unit["Unit"]["DefaultDependencies"], unit["Install"]["RequiredBy"]) == ("no", "sysinit.target")
    assert "sysinit.target" in unit["Unit"]["Before"].split()
    assert unit["Unit"]["FailureAction"] == "reboot-force"
    preset = (SHIPPED / "systemd/system-preset/10-kiosk-image.preset").read_text()
    assert "enable kiosk-version-floor.service\n" in preset
    state = partition(SHIPPED / "repart.d/60-state.conf")
    assert state["CopyFiles"] == "/usr/lib/os-release:/version/os-release"  # the last


def test_systemd_ignores_no_line_of_what_it_reads() -> None:
    """It says so in a log that nobody reads, and goes on: a value goes on in the next line only after a backslash."""
    kinds = (".service", ".conf", ".transfer", ".network", ".timer")
    for path in sorted(each for each in (IMAGE / "mkosi.extra").rglob("*") if each.suffix in kinds):
        if path.parent.name != "loader":
            text = path.read_text().replace("\\\n", " ")
            ignored = [line for line in text.splitlines() if line and not re.match(r"[#;]|\[\w+\]$|\w+=", line)]
            assert ignored == [], path


def test_only_the_boards_own_socket_gets_an_address() -> None:
    [network] = (SHIPPED / "systemd/network").glob("*.network")
    match = read(network)["Match"]
    assert dict(match) == {"Type": "ether", "Kind": "!*", "Property": "ID_BUS=pci", "Path": "!*usb*"}
    # In systemd 257 and in this one here: these are its words, and udev says what they ask for.
    networkd = Path("/lib/systemd/systemd-networkd")
    known = re.findall(rb"Match\.(\w+)\x00", networkd.read_bytes()) if networkd.exists() else []
    assert not known or {name.encode() for name in match} <= set(known)
    rules = Path("/lib/udev/rules.d/75-net-description.rules").read_text()
    assert 'SUBSYSTEMS=="usb", GOTO="net_end"' in rules and 'SUBSYSTEMS=="pci", ENV{ID_BUS}="pci"' in rules
    assert rules.index('SUBSYSTEMS=="usb", GOTO="net_end"') < rules.index('SUBSYSTEMS=="pci", ENV{ID_BUS}="pci"')
    assert NETWORK_CARD.endswith("-pci"), "the machine of the tests has such a one"


STATE, STATE_RULE = "/dev/kiosk-state", SHIPPED / "udev/rules.d/61-kiosk-state.rules"


def partition(path: Path) -> configparser.SectionProxy:
    return read(path)["Partition"]


def test_where_the_state_is_looked_for_it_is_made() -> None:
    state = partition(SHIPPED / "repart.d/60-state.conf")
    folders = set(state["MakeDirectories"].split())
    bound = re.findall(r"^/state(/\S+)\s+\S+\s+none bind$", (IMAGE / "mkosi.extra/etc/fstab").read_text(), re.MULTILINE)
    assert len(bound) == 5 and set(bound) <= folders
    name = state["Label"]
    assert (IMAGE / "mkosi.extra/etc/crypttab").read_text().startswith(f"{name} {STATE} ")
    [rule] = [line for line in STATE_RULE.read_text().splitlines() if not line.startswith("#")]
    assert f'ENV{{ID_PART_ENTRY_NAME}}=="{name}"' in rule and rule.endswith(f'SYMLINK+="{STATE.removeprefix("/dev/")}"')
    assert f"/dev/mapper/{name} /state " in (IMAGE / "mkosi.extra/etc/fstab").read_text()


@pytest.mark.parametrize(
    ("partition", "mapped", "is_it"),
    [
        ("sda6", {"root": ("sda2", "sda3")}, True),
        ("nvme0n1p6", {"kiosk-state": ("sdb1",), "root": ("nvme0n1p2", "nvme0n1p3")}, True),
        ("sdb1", {"root": ("sda2", "sda3")}, False),
        ("sdb1", {"root": ("sda2", "sdb3")}, False),
        ("sda6", {}, False),
    ],
)
def test_a_partition_on_a_stick_is_not_the_state_whatever_it_is_called(
    tmp_path: Path, partition: str, mapped: dict[str, tuple[str, ...]], is_it: bool
) -> None:
    block = tmp_path / "class/block"
    block.mkdir(parents=True)
    for each in {partition, *(part for parts in mapped.values() for part in parts)}:
        place = tmp_path / "devices" / re.sub(r"p?\d$", "", each) / each
        place.mkdir(parents=True)
        (block / each).symlink_to(place)
    for at, (name, parts) in enumerate(mapped.items()):
        (block / f"dm-{at}/dm").mkdir(parents=True)
        (block / f"dm-{at}/dm/name").write_text(f"{name}\n")
        for part in parts:
            (block / f"dm-{at}/slaves" / part).mkdir(parents=True)
    program = SHIPPED / "kiosk-image/beside-root"
    asked = subprocess.run([program, partition, block], timeout=60)
    assert (asked.returncode == 0) is is_it
    assert f'PROGRAM=="/{program.relative_to(IMAGE / "mkosi.extra")} %k"' in STATE_RULE.read_text()


def test_the_state_has_no_other_name_and_no_root_comes_from_what_is_plugged_in() -> None:
    found = [
        path for path in (IMAGE / "mkosi.extra").rglob("*") if path.is_file() and "by-partlabel" in path.read_text()
    ]
    assert found == []
    assert not set(words("KernelModulesInitrdInclude")) & {"/usb-storage.ko", "/uas.ko"}


def test_no_state_is_made_or_opened_unless_secure_boot_is_on() -> None:
    """A recovery key that is typed would bind it to a machine on which anything starts."""
    asks = "kiosk-secure-boot.service"
    unit = (UNITS / asks).read_text()
    assert "ExecStart=/usr/bin/systemd-analyze condition ConditionSecurity=uefi-secureboot\n" in unit
    assert {"OnFailure=emergency.target", "ConditionVirtualization=!container"} <= set(unit.splitlines())
    for name in ("systemd-repart.service", "systemd-cryptsetup@.service"):
        after = read(UNITS / f"{name}.d/kiosk.conf")["Unit"]
        assert (after["Requires"], after["After"]) == (asks, asks)
    preset = (SHIPPED / "systemd/system-preset/10-kiosk-image.preset").read_text().splitlines()
    assert f"enable {asks}" in preset


def test_a_place_that_is_being_made_is_waited_for_and_one_that_does_not_come_is_told_of() -> None:
    """A first start that took longer than systemd waits for a device (90 s) was told that its disk is damaged."""
    _name, device, _key, options = (IMAGE / "mkosi.extra/etc/crypttab").read_text().split()
    assert "x-systemd.device-timeout=15min" in options.split(",")
    place = (SHIPPED / "systemd/system/kiosk-state-place.service").read_text().splitlines()
    assert f"ExecStart=/usr/bin/udevadm wait --settle --timeout=60 {device}" in place
    after = [line for line in place if line.startswith("After=")]
    assert after == ["After=systemd-repart.service systemd-udevd.service"], "which is over when it has made the place"
    assert "ConditionVirtualization=!container" in place, "or `inside` and `healed` would end before they begin"
    assert {"OnFailure=emergency.target", "OnFailureJobMode=replace-irreversibly"} <= set(place)
    assert "enable kiosk-state-place.service\n" in (SHIPPED / "systemd/system-preset/10-kiosk-image.preset").read_text()


def test_a_good_start_asks_for_what_the_table_of_health_has() -> None:
    assert WELL and {CHECKS[check].reasons[reason].level for check, reason in WELL.items()} == {"ok"}


def test_a_start_is_no_bad_one_for_what_the_version_before_would_find_so_too() -> None:
    def board(**others: str) -> list[Row]:
        return [Row(name, "ok", reason, 0, True) for name, reason in {**WELL, **others}.items()]

    assert wanting(board()) == wanting(board(trail="broken")) == []
    assert wanting(board(trail="unwritable")) == ["trail"]
    assert wanting(board(trail="unwritable", disk="full")) == []
    assert wanting(board(trail="broken", fonts="missing")) == ["fonts"]
    assert wanting(board(safe_mode="starts")) == ["safe_mode"], "the version before may come as it is set"
    assert wanting(board(safe_mode="settings")) == wanting(board(safe_mode="off")) == []
    assert undecided(board(browser="no_display")) and not undecided(board(browser="dark"))
    assert wanting(board(lockdown="open")) == ["lockdown"] and wanting(board(lockdown="kernel")) == []
    for check, reason in (("trail", "broken"), ("trail", "unwritable"), ("disk", "full"), ("browser", "no_display")):
        assert reason in CHECKS[check].reasons
    for check, reasons in BAD.items():
        assert set(reasons) <= {name for name, reason in CHECKS[check].reasons.items() if reason.level != "ok"}


def test_of_each_check_somebody_has_said_whether_the_image_alone_decides_it() -> None:
    """A new one is the image's, and asked for (kiosk/ipc/started_well.py), or is named here."""
    devices = {"reader", "printer", "bell", "keypad", "beacon", "touch", "disk", "wear", "memory"}
    others = {"portal", "certificate", "opening", "clock", "clock_set", "time_zone", "settings", "guidance", "staff"}
    assert set(CHECKS) == {*WELL, *BAD, *devices, *others, "temperature", "power", "provisioning", "recovery"}


def test_as_long_as_there_is_no_display_a_start_has_more_time(tmp_path: Path) -> None:
    program = runpy.run_path(str(SHIPPED / "kiosk-image/started-well"))
    dark, unsound = {"browser": "no_display"}, {"browser": "no_display", "server": "silent"}
    boards, said = iter([dark, unsound, dark, {}]), []  # type: ignore[var-annotated]

    class Board:
        def __init__(self, _runtime: str) -> None:
            pass

        def ask(self, _question: object) -> Rows:
            return Rows(tuple(Row(name, "ok", reason, 0, True) for name, reason in {**WELL, **next(boards)}.items()))

    names = {"Caretaker": Board, "STEADY_SECONDS": 0.0, "LOOK_SECONDS": 0.0, "notify": said.append}
    program["main"].__globals__.update(names)
    program["main"](tmp_path / "kiosk.toml")
    unit = read(SHIPPED / "systemd/system/kiosk-started-well.service")
    assert said == ["EXTEND_TIMEOUT_USEC=900000000"] * 2, "and not where the version itself is at fault"
    assert (unit["Service"]["NotifyAccess"], unit["Service"]["TimeoutStartSec"]) == ("main", "15min")


def test_a_good_start_is_watched_for_longer_than_the_board_takes_to_say_that_it_is_none() -> None:
    text = (SHIPPED / "kiosk-image/started-well").read_text()
    [looks] = re.findall(r"^LOOK_SECONDS = ([0-9.]+)$", text, re.MULTILINE)
    assert SILENT_SECONDS + max(CHECKS[check].shows for check in WELL) + float(looks) < STEADY_SECONDS
    assert "LookAgain" not in text, "each may add a line to the trail, and takes from what the staff may ask"


@pytest.mark.parametrize(
    "written", [None, b"not = [TOML", b"\xff", b"[caretaker]\nruntime_directory = 7\n", b"[server]\nx = 1"]
)
def test_a_file_of_settings_that_does_not_fit_makes_no_start_a_bad_one(
    written: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The version before would read the same file: going back to it mends nothing."""
    program = runpy.run_path(str(SHIPPED / "kiosk-image/started-well"))
    asked: list[str] = []

    class Well:
        def __init__(self, runtime: str) -> None:
            asked.append(runtime)

        def ask(self, _question: Board) -> Rows:
            return Rows(tuple(Row(check, "ok", reason, 0, True) for check, reason in WELL.items()))

    program["main"].__globals__.update(Caretaker=Well, STEADY_SECONDS=0.0, LOOK_SECONDS=0.0)
    path = tmp_path / "kiosk.toml"
    if written is not None:
        path.write_bytes(written)
    program["main"](path)
    assert asked == [BrowserSettings().caretaker.runtime_directory]


def test_the_floor_is_raised_when_the_boot_loader_knows_that_the_start_was_good_and_not_before() -> None:
    unit = read(SHIPPED / "systemd/system/kiosk-version-raised.service")
    blessed = {"systemd-bless-boot.service", "boot-complete.target"}
    assert set(unit["Unit"]["Requires"].split()) == set(unit["Unit"]["After"].split()) == blessed
    assert unit["Install"]["WantedBy"] == "systemd-bless-boot.service", "which is there in a start that is counted"
    assert unit["Service"]["ExecStart"].endswith("/version-floor raise")
    raises = [each for each in SHIPPED.rglob("*.service") if "version-floor raise" in each.read_text()]
    assert [each.name for each in raises] == ["kiosk-version-raised.service"]
    assert (
        "enable kiosk-version-raised.service\n" in (SHIPPED / "systemd/system-preset/10-kiosk-image.preset").read_text()
    )


INITRD = IMAGE / "mkosi.images/initrd/mkosi.extra/usr/lib"
NO_START, NO_ROOT = SHIPPED / "kiosk-image/cannot-start", INITRD / "kiosk-image/no-root"
NO_ROOT_TEXT = NO_ROOT.with_suffix(".txt")
SAID_IN_JAPANESE = ("Madoguchi e douzo", "Kiroku wa kesarete imasen", "unyou tantou ni denwa", "shokuin no tebiki")
SAID_IN_ENGLISH = ("Please go to the desk", "No record was erased", "call the operator", "staff guide")


def is_readable_on_any_console(said: str) -> None:
    """Latin letters, 80 by 25 of them; what it is, that nothing is lost, whom to call, in both languages."""
    assert said.isascii() and len(said.splitlines()) <= 24 and max(map(len, said.splitlines())) < 80
    assert [each for each in (*SAID_IN_JAPANESE, *SAID_IN_ENGLISH) if each not in said] == []


@pytest.mark.parametrize(
    ("there", "luks", "argument", "why", "what"),
    [
        ("open", False, "", "not_secure", ("Sekyua buuto ga", "Secure boot is off", "Type no recovery key")),
        ("open tpm state", True, "", "not_secure", ("Sekyua buuto ga", "Secure boot is off", "Type no recovery key")),
        ("", False, "", "no_tpm", ("ni TPM ga arimasen", "no TPM", "firmware's set-up")),
        ("tpm", False, "", "no_place", ("(kiosk-state) ga disuku ni arimasen", "Keep the disk as it is")),
        ("tpm state", True, "", "locked", ("kagi o akemasen", "The next start asks for the recovery key")),
        ("state", True, "", "locked", ("kagi o akemasen", "The next start asks for the recovery key")),
        ("tpm state", True, "locked", "locked", ("It starts once its recovery key is typed", "at your desk")),
        ("tpm state", False, "", "damaged", ("ga yomemasen", "is damaged", "recovery", "Keep the disk as it is")),
        ("tpm state opened", True, "", "damaged", ("ga yomemasen", "is damaged", "Keep the disk as it is")),
        ("tpm state opened mounted", True, "", "other", ("tochuu de tomarimashita", "wrong.service")),
    ],
)
def test_a_machine_that_does_not_come_up_says_why_and_what_to_do_and_touches_nothing(
    tmp_path: Path, there: str, luks: bool, argument: str, why: str, what: tuple[str, ...]
) -> None:
    places = {name: tmp_path / name for name in ("state", "opened", "tpm")}
    for name in set(there.split()) & set(places):
        places[name].write_text("what is kept")
    log = tmp_path / "asked"
    for name, does in {
        "cryptsetup": f"exit {0 if luks else 1}",
        "mountpoint": f"exit {0 if 'mounted' in there else 1}",
        "systemctl": 'echo "wrong.service loaded failed failed It"',
        "systemd-analyze": f"exit {1 if 'open' in there.split() else 0}",
        "sleep": "",
    }.items():
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(f'#!/bin/sh\necho {name} "$@" >>{log}\n{does}\n')
        program.chmod(0o755)
    text = NO_START.read_text()
    for name, path in places.items():
        text, found = re.subn(rf"^{name}=/dev/\S+$", f"{name}={path}", text, flags=re.MULTILINE)
        assert found == 1
    script = tmp_path / "cannot-start"
    script.write_text(text)
    before = {path.name: path.read_bytes() for path in places.values() if path.exists()}
    command = ["sh", str(script), *([argument] if argument else [])]
    done = subprocess.run(
        command, capture_output=True, text=True, env={"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin"}, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    nothing, *each = done.stdout.split("\033[2J\033[H\033[?25l\n")
    said = each[0]
    assert nothing == "" and each == [said] * (1 if argument else 12), "a console that comes late shows it, too"
    is_readable_on_any_console(said)
    assert f", {why}\n" in said and [each for each in what if each not in said] == []
    asked = log.read_text().splitlines()
    assert asked.count("sleep 5") == (0 if argument else 60 / 5), "as long as somebody takes to read it"
    assert {line.split()[0] for line in asked} <= {"systemd-analyze", "cryptsetup", "mountpoint", "systemctl", "sleep"}
    assert {line for line in asked if line.startswith("cryptsetup")} <= {f"cryptsetup isLuks {places['state']}"}
    assert {path.name: path.read_bytes() for path in places.values() if path.exists()} == before


def test_it_looks_where_the_state_is_and_is_called_before_the_recovery_key_is_asked_for() -> None:
    text = NO_START.read_text()
    assert {f"state={STATE}", "opened=/dev/mapper/kiosk-state", "tpm=/dev/tpmrm0"} <= set(text.splitlines())
    opens = (SHIPPED / "kiosk-image/open-state").read_text()
    told = "/usr/lib/kiosk-image/cannot-start locked >/dev/console 2>/dev/null || true\n"
    assert 0 < opens.index("tpm2-device=auto") < opens.index(told) < opens.index("systemd-ask-password --")
    assert NO_START.stat().st_mode & 0o111
    [prompt] = re.findall(r'^ *"(.+)" >"\$key\.typed"', opens, re.MULTILINE)
    assert len(prompt) + len(" (press TAB for no echo) ") < 80, "a console cuts off what goes beyond"


def test_a_root_that_cannot_be_read_is_told_by_what_starts_before_it() -> None:
    text, program = NO_ROOT_TEXT.read_text(), NO_ROOT.read_text()
    is_readable_on_any_console(text)
    assert "not as it was signed" in text
    assert program.count("sleep 5") == 1
    here = program.replace("sleep 5", "echo -n").replace("/usr/lib/kiosk-image/no-root.txt", str(NO_ROOT_TEXT))
    done = subprocess.run(["sh", "-c", here], capture_output=True, text=True, check=True, timeout=10)
    assert done.stdout == f"\033[2J\033[H{text}" * 12, "for a minute"


@pytest.mark.parametrize("unit", ["emergency.service", "rescue.service"])
@pytest.mark.parametrize(("tree", "program"), [(SHIPPED, NO_START), (INITRD, NO_ROOT)])
def test_where_a_shell_would_be_stands_a_text_for_a_minute_and_then_it_starts_anew(
    tmp_path: Path, tree: Path, program: Path, unit: str
) -> None:
    text = (tree / f"systemd/system/{unit}.d/kiosk.conf").read_text()
    for line in (
        "SuccessAction=reboot-force",
        "FailureAction=reboot-force",
        "StandardInput=null",
        "StandardOutput=tty",
    ):
        assert f"{line}\n" in text, "nobody's keys are heard, and no end but a start"
    runs = [line.partition("=")[2] for line in text.splitlines() if line.startswith("ExecStart=")]
    says = f"/usr/lib/{program.relative_to(tree)}"
    assert runs == ["", says] and program.stat().st_mode & 0o111
    folder = tmp_path / f"{unit}.d"
    folder.mkdir()
    (tmp_path / unit).write_text(Path("/lib/systemd/system", unit).read_text())
    (folder / "kiosk.conf").write_text(text.replace(says, "/usr/bin/env"))
    checked = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", tmp_path / unit], capture_output=True, text=True, timeout=60
    )
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")


def test_nothing_in_the_image_formats_or_erases_what_is_kept() -> None:
    """systemd-repart alone makes it, where there is no such partition, and it never touches one that is there."""
    programs = re.compile(r"\b(mkfs\S*|mke2fs|wipefs|blkdiscard|luksFormat|luksErase|cryptsetup erase|dd if=)")
    for path in (*(IMAGE / "mkosi.extra").rglob("*"), *INITRD.rglob("*")):
        assert not (path.is_file() and programs.search(path.read_text())), path
    asked = (SHIPPED / "systemd/system/systemd-repart.service.d/kiosk.conf").read_text()
    assert "--empty" not in asked and "--factory-reset" not in asked
    assert not [path for path in (SHIPPED / "repart.d").glob("*.conf") if "FactoryReset" in path.read_text()]


UNITS = SHIPPED / "systemd/system"
PROOF, RECOVERY = "kiosk-proof@.service", "kiosk-recovery.service"
FLEET = ROOT / "config/fleet"
CALLS, FIGURES, UPLOADS = "kiosk-alertmanager.service", "kiosk-agent.service", "systemd-journal-upload.service"
TRAILS, UPDATES = "kiosk-upload.service", "kiosk-fetch.service"


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """Those of the package and of the image, but for the programs of an appliance: systemd looks whether they exist."""
    files = (*(ROOT / "systemd").glob("kiosk*"), *FLEET.glob("kiosk-upload.*"), *UNITS.glob("kiosk*"))
    (tmp_path / UPLOADS).write_text("[Service]\nDynamicUser=yes\nExecStart=/usr/bin/env\n")
    (tmp_path / LOCAL).write_text("[Service]\nExecStart=/usr/bin/env\n")
    for path in (*UNITS.glob("*upload.service.d/*"), *UNITS.glob(f"{LOCAL}.d/*"), *filter(Path.is_file, files)):
        text = re.sub(
            r"/(opt|usr/lib)/kiosk/.venv/bin/python|/usr/sbin/(nft|kiosk)|/usr/lib/(kiosk-image|systemd)/[\w-]+",
            "/usr/bin/env",
            path.read_text(),
        )
        place = tmp_path / (Path(path.parent.name) / path.name if path.parent.suffix == ".d" else path.name)
        place.parent.mkdir(exist_ok=True)
        place.write_text(text.replace("WorkingDirectory=/usr/lib/kiosk\n", "WorkingDirectory=/\n"))
    return tmp_path


def test_systemd_finds_nothing_to_say_about_the_units_of_proof_and_recovery(units: Path) -> None:
    checked = [units / PROOF, units / "kiosk-proof.socket", units / RECOVERY]
    result = subprocess.run(["systemd-analyze", "verify", *checked], capture_output=True, text=True, timeout=60)
    assert (result.returncode, result.stdout + result.stderr) == (0, "")


@pytest.mark.parametrize(("service", "most"), [(PROOF, 9), (RECOVERY, 12)])
def test_who_may_speak_with_the_tpm_may_do_little_else(units: Path, service: str, most: int) -> None:
    is_no_more_exposed(units / service, most)
    lines = (UNITS / service).read_text().splitlines()
    devices = [line for line in lines if line.startswith("Device")]
    tpm = ["DevicePolicy=closed", f"DeviceAllow=/{proof.DEVICE} rw"]
    assert devices == (tpm if service == PROOF else [*tpm, f"DeviceAllow={STATE} rw"])
    assert "CapabilityBoundingSet=" in lines and "PrivateNetwork=yes" in lines
    assert "SupplementaryGroups=tss" in lines, "root without its powers may not open what is its group's alone"
    users = [path.name for path in UNITS.rglob("*") if path.is_file() and "tpmrm0" in path.read_text()]
    assert sorted(users) == [PROOF, RECOVERY], "and nobody else"


def test_the_words_of_a_start_are_measured_each_and_in_one_order() -> None:
    """Or no proof is what `make image` has published. The initrd's need efivarfs, where systemd asks whether its start
    is measured at all."""
    assert "/efivarfs.ko" in words("KernelModulesInitrdInclude")
    after = read(UNITS / "systemd-pcrphase.service.d/kiosk.conf")["Unit"]["After"]
    assert after == "systemd-pcrphase-sysinit.service" and measured.PHASES[-2:] == ("sysinit", "ready")


def test_a_proof_is_asked_for_where_it_is_made_by_the_server_and_root_alone() -> None:
    door = read(UNITS / "kiosk-proof.socket")["Socket"]
    assert (door["ListenStream"], door["SocketGroup"], door["SocketMode"]) == (str(SOCKET), "kiosk", "0660")
    assert door["Accept"] == "yes"
    unit = read(UNITS / PROOF)["Service"]
    assert (unit["StandardInput"], unit["StandardOutput"], unit["DynamicUser"]) == ("socket", "socket", "yes")
    assert unit["Environment"] == f"TPM2TOOLS_TCTI=device:/{proof.DEVICE}"
    assert float(unit["RuntimeMaxSec"]) < SECONDS, "or the one who asks has gone before it says that it cannot"
    assert unit["ExecStart"].split(" -m ")[1] == "kiosk provision prove --config /etc/kiosk/kiosk.toml"
    preset = (SHIPPED / "systemd/system-preset/10-kiosk-image.preset").read_text().splitlines()
    assert {"enable kiosk-proof.socket", f"enable {RECOVERY}"} <= set(preset)
    assert "tpm2-tools" in words("Packages")


def test_the_recovery_key_is_made_once_for_whoever_is_believed_and_asked_for_when_the_tpm_does_not_open() -> None:
    text = (UNITS / RECOVERY).read_text()
    for condition in (PROVISIONER, f"!{FOLDER}/{recovery.FILE}"):
        negated, name = condition.startswith("!"), condition.lstrip("!")
        assert f"ConditionPathExists={'!' * negated}/etc/kiosk/{name}\n" in text
    assert f"kiosk provision recovery --config /etc/kiosk/kiosk.toml {STATE}\n" in text
    opens = read(UNITS / "systemd-cryptsetup@.service.d/kiosk.conf")["Service"]["ExecStart"]
    script = IMAGE / "mkosi.extra" / opens.lstrip("/")
    assert script.stat().st_mode & 0o111 and f"state={STATE}\n" in script.read_text()
    [name, device, _, options] = (IMAGE / "mkosi.extra/etc/crypttab").read_text().split()
    assert (
        (device, name) == (STATE, "kiosk-state")
        and options.split(",")[0] in script.read_text()
        and f"attach {name} " in script.read_text()
    )
    asks = re.findall(r"systemd-cryptsetup attach .*", script.read_text())
    assert len(asks) == 1 and "headless=yes" in asks[0], "after a wrong key it would ask by itself, and never be done"
    repart = (UNITS / "systemd-repart.service.d/kiosk.conf").read_text()
    assert re.findall(r"--tpm2-pcrs=\S+", repart) == re.findall(r"--tpm2-pcrs=\S+", script.read_text())


def test_systemd_finds_nothing_to_say_about_the_units_of_a_fleet(units: Path) -> None:
    names = ("kiosk-fleet.target", CALLS, FIGURES, TRAILS, "kiosk-upload.timer", UPLOADS)
    checked = [units / name for name in names]
    result = subprocess.run(["systemd-analyze", "verify", *checked], capture_output=True, text=True, timeout=60)
    assert (result.returncode, result.stdout + result.stderr) == (0, "")


@pytest.mark.parametrize(("service", "most"), [(CALLS, 12), (FIGURES, 12), (TRAILS, 40)])
def test_who_brings_calls_and_figures_out_may_do_little_else(units: Path, service: str, most: int) -> None:
    is_no_more_exposed(units / service, most)


LOCAL = "systemd-sysupdate.service"


def test_systemd_finds_nothing_to_say_about_the_units_of_an_update(units: Path) -> None:
    checked = [units / name for name in (UPDATES, "kiosk-fetch.timer", "kiosk-fetch-started.timer", LOCAL)]
    result = subprocess.run(["systemd-analyze", "verify", *checked], capture_output=True, text=True, timeout=60)
    assert (result.returncode, result.stdout + result.stderr) == (0, "")
    is_no_more_exposed(units / UPDATES, 33)


def test_an_update_comes_from_one_place_at_a_time() -> None:
    """From the server whose address a stick has brought, or else out of the folder, each time mended before."""
    fetched, local = (UNITS / UPDATES).read_text(), (UNITS / f"{LOCAL}.d/kiosk.conf").read_text()
    assert f"\nConditionPathExists=/etc/kiosk/{fleet.FOLDER}/{fleet.UPDATES}\n" in fetched
    assert f"\nConditionPathExists=!/etc/kiosk/{fleet.FOLDER}/{fleet.UPDATES}\n" in local
    forgets = f"ExecStartPre=-/usr/bin/rm -f /{FETCHED}"  # when a server that is asked no more had answered
    for line in re.findall(r"^ExecSt(?:artPre|opPost)=.*$", local, re.MULTILINE):
        assert (f"\n{line}\n" in fetched) is (line != forgets)
    assert f"\n{forgets}\n" in local
    fetch = SHIPPED / "kiosk-image/fetch"
    assert f"ExecStart=/{fetch.relative_to(IMAGE / 'mkosi.extra')}\n" in fetched and fetch.stat().st_mode & 0o111
    said = fetch.read_text()
    for place in (
        f"/etc/kiosk/{fleet.FOLDER}/{fleet.UPDATES}",
        f"/{FETCHED}",
        "/run/kiosk-fetch",
        "/usr/lib/sysupdate.d",
    ):
        assert f'"{place}"' in said
    assert "RuntimeDirectory=kiosk-fetch\n" in fetched
    assert "systemd-container" in words("Packages"), "systemd-pull, too"


@pytest.mark.parametrize(
    ("names", "may"),
    [
        (["kiosk_0.1.0.1.efi"], True),
        (["kiosk_0.1.0.9.efi", "kiosk_0.1.0.10+3.efi"], True),
        (["kiosk_0.1.0.9.efi", "kiosk_0.1.0.10+0-3.efi"], False),
        (["kiosk_0.1.0.9.efi", "kiosk_0.1.0.9.1+0-3.efi"], False),
        (["kiosk_0.1.0.10+0-3.efi", "kiosk_0.1.0.11+2-1.efi"], True),
        (["kiosk_0.1.0.11.efi", "kiosk_0.1.0.10+0-3.efi"], True),
        ([], True),
    ],
)
def test_a_version_that_has_used_up_its_tries_is_nothing_to_start_anew_for(
    tmp_path: Path, names: list[str], may: bool
) -> None:
    """Or the machine would start anew every night, and come to the older slot every time."""
    for name in names:
        (tmp_path / name).touch()
    asks = SHIPPED / "kiosk-image/update-may-start"
    assert (subprocess.run([asks, tmp_path], capture_output=True, check=False).returncode == 0) is may
    condition = read(UNITS / "systemd-sysupdate-reboot.service.d/kiosk.conf")["Service"]["ExecCondition"]
    assert condition == f"/{asks.relative_to(IMAGE / 'mkosi.extra')} /boot/EFI/Linux"


@pytest.mark.parametrize(
    ("counted", "there", "over"),
    [
        pytest.param(None, "kiosk_2.efi", True, id="not counted"),
        pytest.param("kiosk_2+2-1.efi", "kiosk_2+2-1.efi", False, id="on trial"),
        pytest.param("kiosk_2+0-3.efi", "kiosk_2+0-3.efi", False, id="its last"),
        pytest.param("kiosk_2+2-1.efi", "kiosk_2.efi", True, id="counts as good"),
        pytest.param("", "kiosk_2+2-1.efi", True, id="not to be read, which must not keep every update away"),
    ],
)
def test_nothing_is_written_over_the_way_back_of_a_start_that_is_on_trial(
    tmp_path: Path, counted: str | None, there: str, over: bool
) -> None:
    """Or an operator who brings the next update when one fails leaves a machine with two that are none."""
    files = tmp_path / "EFI/Linux"
    files.mkdir(parents=True)
    (files / there).touch()
    if counted is not None:  # as the firmware has it: four bytes of attributes, UTF-16 with its end
        name = "LoaderBootCountPath-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"
        (tmp_path / name).write_bytes(b"\6\0\0\0" + f"\\EFI\\Linux\\{counted}\0".encode("utf-16-le"))
    asks = SHIPPED / "kiosk-image/trial-over"
    assert (subprocess.run([asks, tmp_path, tmp_path], capture_output=True, check=False).returncode == 0) is over
    for unit in ("kiosk-fetch.service", "systemd-sysupdate.service.d/kiosk.conf"):
        assert read(UNITS / unit)["Service"]["ExecCondition"] == f"/{asks.relative_to(IMAGE / 'mkosi.extra')}"


KEEPS = SHIPPED / "kiosk-image/keep-signed"


class Firmware:
    """It believes two, of whom the second has signed this image and its updates."""

    def __init__(self, folder: Path) -> None:
        if shutil.which("sbsign") is None:
            pytest.skip("sbsign is not installed (tools/debian-packages)")
        other, self.ours, self.stranger = (Signer(folder, name) for name in ("other", "ours", "stranger"))
        self.db = believes(folder / "db", other.certificate, self.ours.certificate)

    def keeps(self, folder: Path, db: Path | None = None) -> tuple[int, str, set[str]]:
        """The exit code, what was said, and what is still there."""
        command = (sys.executable, "-I", KEEPS, folder, db or self.db)
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout + done.stderr, {path.name for path in folder.iterdir()}


@pytest.fixture(scope="module")
def firmware(tmp_path_factory: pytest.TempPathFactory) -> Firmware:
    return Firmware(tmp_path_factory.mktemp("firmware"))


def test_a_signed_update_is_kept_and_what_has_started_well_is_not_looked_at(firmware: Firmware, tmp_path: Path) -> None:
    names = {"kiosk_0.1.0.9.efi", "kiosk_0.1.0.10+3-0.efi", "kiosk_0.1.0.11+2-1.efi", "kiosk_0.1.0.12+3.efi"}
    for name in names:
        firmware.ours.signs(tmp_path / name, re.split("[_+]", name)[1])
    (tmp_path / "kiosk_0.1.0.9.efi").write_bytes(b"has started well")
    assert firmware.keeps(tmp_path) == (0, "", names)


@pytest.mark.parametrize("count", ["+3-0", "+3", "+0-3"])
@pytest.mark.parametrize(
    ("name", "says", "why"),
    [
        ("9999", "0.1.0.9", "it is version 0.1.0.9"),
        ("9999", "9999.1", "it is version 9999.1"),
        ("9999+0-3", "9999", "it is version 9999"),  # the boot loader would take it for a count
        ("9999", None, "nobody has signed it whom this machine's firmware believes"),
        ("9999", "9999", "nobody has signed it whom this machine's firmware believes"),
    ],
)
def test_what_the_firmware_would_not_start_or_is_not_what_its_name_says_goes_before_it_is_the_newest_for_ever(
    firmware: Firmware, tmp_path: Path, name: str, says: str | None, why: str, count: str
) -> None:
    running, lie = "kiosk_0.1.0.9.efi", tmp_path / f"kiosk_{name}{count}.efi"
    firmware.ours.signs(tmp_path / running, "0.1.0.9")
    if says is None:
        lie.write_bytes(b"MZ" + bytes(9000))
    else:
        (firmware.stranger if "nobody" in why else firmware.ours).signs(lie, says)
    removed = runpy.run_path(str(KEEPS))["REMOVED"]
    line = f"{lie.name} is no update, and is removed: {why}.\n"
    assert firmware.keeps(tmp_path) == (removed, line, {running})


def test_one_that_was_changed_after_it_was_signed_goes(firmware: Firmware, tmp_path: Path) -> None:
    path = firmware.ours.signs(tmp_path / "kiosk_0.1.0.9+3-0.efi", "0.1.0.9")
    path.write_bytes(path.read_bytes().replace(b"0.1.0.9", b"0.1.1.9"))
    path.rename(tmp_path / "kiosk_0.1.1.9+3-0.efi")
    _code, said, there = firmware.keeps(tmp_path)
    assert "nobody has signed it" in said and not there


def test_one_that_does_not_fit_into_the_memory_of_whoever_looks_goes(
    firmware: Firmware, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Or it would stay, and end whoever looks, night after night."""
    main = runpy.run_path(str(KEEPS))["main"]
    given = read(UNITS / UPDATES)["Service"]["MemoryMax"]
    assert main.__globals__["LARGEST"] * 2 <= int(given.removesuffix("M")) << 20
    path = firmware.ours.signs(tmp_path / "kiosk_9+3-0.efi", "9")
    main.__globals__["LARGEST"] = path.stat().st_size
    assert main(tmp_path, firmware.db) == 0
    main.__globals__["LARGEST"] -= 1
    assert main(tmp_path, firmware.db) != 0 and not path.exists() and "larger than" in capsys.readouterr().out


def test_a_firmware_that_believes_nobody_removes_nothing_and_lets_nothing_start(
    firmware: Firmware, tmp_path: Path
) -> None:
    """It has no such variable, or hashes alone in it (EFI_CERT_SHA256_GUID)."""
    hashes = bytes.fromhex("2616c4c14c509240aca941f936934328") + struct.pack("<III", 28 + 48, 0, 48) + bytes(48)
    (tmp_path / "db").write_bytes(bytes(4) + hashes)
    (tmp_path / "esp").mkdir()
    path = firmware.ours.signs(tmp_path / "esp/kiosk_9+3-0.efi", "9")
    for db in (tmp_path / "db", tmp_path / "none"):
        code, said, there = firmware.keeps(tmp_path / "esp", db)
        assert code == runpy.run_path(str(KEEPS))["NOBODY"] and "believes" in said and there == {path.name}
    (tmp_path / "db").write_bytes(bytes(4) + hashes + firmware.db.read_bytes()[4:])
    assert firmware.keeps(tmp_path / "esp", tmp_path / "db")[0] == 0, "behind hashes are certificates"


def test_an_update_is_looked_at_where_it_is_fetched_and_before_the_machine_starts_anew_for_it() -> None:
    fetch, looks = (runpy.run_path(str(path)) for path in (SHIPPED / "kiosk-image/fetch", KEEPS))
    program, folder = fetch["KEEPS"]
    assert IMAGE / "mkosi.extra" / program.lstrip("/") == KEEPS and KEEPS.stat().st_mode & 0o111
    assert fetch["REMOVED"] == looks["REMOVED"]
    reboots = (UNITS / "systemd-sysupdate-reboot.service.d/kiosk.conf").read_text()
    assert f"\nExecCondition={program} {folder}\n" in reboots
    assert "sbsigntool" in words("Packages")


def test_a_server_that_cannot_be_reached_is_no_failure_and_what_does_not_fit_is() -> None:
    unit = read(UNITS / UPDATES)
    assert (unit["Service"]["Type"], unit["Service"]["Restart"]) == ("oneshot", "on-failure")
    script, raised = runpy.run_path(str(SHIPPED / "kiosk-image/fetch")), 1
    failures = (raised, script["REMOVED"], script["UNFIT"])
    assert unit["Service"]["RestartPreventExitStatus"].split() == [str(each) for each in failures]
    assert "SuccessExitStatus" not in unit["Service"] and script["NOT_NOW"] not in (0, *failures)
    assert unit["Unit"]["StartLimitIntervalSec"] == "0", "for as long as it takes"


def test_a_thousand_kiosks_ask_at_night_each_at_its_own_moment() -> None:
    timer = read(UNITS / "kiosk-fetch.timer")
    assert dict(timer["Timer"]) == {
        "OnCalendar": "20:00",
        "RandomizedDelaySec": "8h",
        "FixedRandomDelay": "yes",
    }, "and all have, by the time at which systemd-sysupdate-reboot.timer starts the machine anew (4:10)"


def test_a_kiosk_that_is_off_at_night_has_asked_long_before_it_is_switched_off() -> None:
    """Had they to wait up to eight hours, a fifth would never come to the end of an update."""
    timer = read(UNITS / "kiosk-fetch-started.timer")["Timer"]
    assert timer["Unit"] == UPDATES and timer["FixedRandomDelay"] == "yes"
    assert (timer["OnBootSec"], timer["RandomizedDelaySec"]) == ("10min", "1h")


def test_both_timers_of_an_update_run() -> None:
    preset = (SHIPPED / "systemd/system-preset/10-kiosk-image.preset").read_text().splitlines()
    assert {"enable kiosk-fetch.timer", "enable kiosk-fetch-started.timer"} <= set(preset)


def test_whoever_gives_an_update_is_known_by_the_operators_authority_alone() -> None:
    """Where one was brought. curl looks into one file, and for others in its folder, which are links."""
    unit = read(UNITS / UPDATES)["Service"]
    bundle = "/etc/ssl/certs/ca-certificates.crt"
    assert unit["BindReadOnlyPaths"] == f"-/etc/kiosk/{fleet.FOLDER}/{fleet.AUTHORITY}:{bundle}"
    assert unit["InaccessiblePaths"] == "-/usr/share/ca-certificates"
    assert "ca-certificates" in words("Packages")


def own(service: str) -> set[str]:
    """What a service gets of /etc/kiosk/fleet."""
    dropped = UNITS / f"{service}.d/kiosk.conf"
    text = (dropped if dropped.exists() else UNITS / service).read_text()
    named = set(
        re.findall(rf"^(?:EnvironmentFile|ConditionPathExists)=/etc/kiosk/{fleet.FOLDER}/(\S+)$", text, re.MULTILINE)
    )
    named |= set(re.findall(rf"^BindReadOnlyPaths=-/etc/kiosk/{fleet.FOLDER}/([^:]+):", text, re.MULTILINE))
    loaded = re.findall(rf"^LoadCredential=(\S+):/etc/kiosk/{fleet.FOLDER}/(\S+)$", text, re.MULTILINE)
    assert text.count("LoadCredential=") == len(loaded) and all(name == file for name, file in loaded)
    return named | {file for _, file in loaded}


def test_each_gets_its_own_of_what_an_answer_brings_and_starts_with_that_alone() -> None:
    tls = {fleet.AUTHORITY, fleet.CERTIFICATE, fleet.KEY}
    assert own(CALLS) == tls | {"alertmanager.yml"}
    assert own(FIGURES) == tls | {"agent.yml", "kiosk.yml", "alertmanager-target.yml"}
    assert own(UPLOADS) == tls | {"journal.conf"}
    assert own(TRAILS) == {"trails.conf"}, "and the rest as root, by --tls"
    assert own(UPDATES) == {fleet.UPDATES, fleet.AUTHORITY}
    everybodys = own(CALLS) | own(FIGURES) | own(UPLOADS) | own(TRAILS) | own(UPDATES)
    assert everybodys == {*fleet.FILES, fleet.KEY}
    for service, file in ((CALLS, "alertmanager.yml"), (FIGURES, "agent.yml")):
        unit = read(UNITS / service)
        assert unit["Unit"]["ConditionPathExists"] == f"/etc/kiosk/{fleet.FOLDER}/{file}"
        assert (unit["Service"]["DynamicUser"], f"--config.file=%d/{file}" in unit["Service"]["ExecStart"]) == (
            "yes",
            True,
        )
    for service in (TRAILS, UPLOADS):
        dropped = read(UNITS / f"{service}.d/kiosk.conf")
        assert dropped["Unit"]["ConditionPathExists"] == dropped["Service"]["EnvironmentFile"]
        assert "${URL}" in dropped["Service"]["ExecStart"]


def test_what_a_service_is_not_given_is_there_as_a_word_that_is_no_file_or_it_does_not_start() -> None:
    for service in (CALLS, FIGURES):
        text = (UNITS / service).read_text()
        [condition] = re.findall(r"^ConditionPathExists=\S+/(\S+)$", text, re.MULTILINE)
        assert set(re.findall(r"^SetCredential=([^:]+):\S+$", text, re.MULTILINE)) == own(service) - {condition}


def test_nothing_of_a_fleet_listens_to_a_network() -> None:
    for service in (CALLS, FIGURES):
        words = read(UNITS / service)["Service"]["ExecStart"]
        assert re.findall(r"listen-address=(\S*)", words)[0].startswith("127.0.0.1:")
    assert "--cluster.listen-address= " in (UNITS / CALLS).read_text()
    calls = (ROOT / "config/kiosk.toml").read_text().partition("[alerts]")[2]
    [url] = re.findall(r'^url = "http://(\S+)"', calls, re.MULTILINE)
    assert f"--web.listen-address={url} " in (UNITS / CALLS).read_text()
    assert url in (FLEET / "alertmanager-target.yml").read_text()


def test_one_target_starts_each_of_a_fleet_again_once_a_stick_was_taken() -> None:
    target = read(UNITS / "kiosk-fleet.target")
    assert set(target["Unit"]["Wants"].split()) == {CALLS, FIGURES, UPLOADS}
    assert fnmatch.fnmatch("kiosk-fleet.target", provision.FLEET)
    for service in (CALLS, FIGURES, f"{UPLOADS}.d/kiosk.conf"):
        unit = read(UNITS / service)["Unit"]
        assert (unit["PartOf"], "kiosk-prepare.service" in unit["After"]) == ("kiosk-fleet.target", True)
        assert unit["StartLimitIntervalSec"] == "0", "nobody could start it by hand"
    preset = (SHIPPED / "systemd/system-preset/10-kiosk-image.preset").read_text().splitlines()
    assert {"enable kiosk-fleet.target", "enable kiosk-upload.timer"} <= set(preset)
    assert not [line for line in preset if "prometheus" in line or "journal-" in line], "Debian's own stay off"


def test_what_a_fleet_needs_is_in_the_image() -> None:
    assert {"prometheus", "prometheus-alertmanager", "systemd-journal-remote"} <= set(words("Packages"))
    trees = [word.split(":") for word in words("ExtraTrees")]
    assert {Path(to).name for _, to in trees} == {TRAILS, "kiosk-upload.timer"}
    assert all((IMAGE / source).is_file() and Path(to).name == Path(source).name for source, to in trees)


def test_nothing_lets_anybody_in() -> None:
    removed = set(words("RemoveFiles"))
    assert {"/usr/bin/login", "/usr/sbin/agetty", "/usr/sbin/sulogin", "/usr/bin/su"} <= removed
    assert not {"apt", "login", "openssh-server", "sudo"} & set(words("Packages"))
    *_, last = (SHIPPED / "systemd/system-preset/10-kiosk-image.preset").read_text().splitlines()
    assert last == "disable *"


def test_no_key_and_no_mirror_is_in_the_tree() -> None:
    texts = [path.read_text() for path in (*IMAGE.rglob("*"), ROOT / "tools/image") if path.is_file()]
    assert len(texts) > 20
    assert not [text for text in texts if "PRIVATE KEY" in text or re.search(r"https?://", text)]


def test_what_a_test_says_to_the_kernel_lets_it_look_and_changes_nothing_that_is_looked_at() -> None:
    """A word that makes the machine come up would hide that it does not by itself (as it did of how the screen is
    drawn)."""
    [told] = re.findall(r"test\.words\" <<'END'\n(.*?)\nEND\n", (ROOT / "tools/image").read_text(), re.DOTALL)
    said = {word.partition("=")[0] for word in shlex.split(told)}
    looks = {"console", "loglevel", "systemd.show_status", "systemd.journald.forward_to_console"}
    obeys = {f"systemd.run{end}" for end in ("", "_success_action", "_failure_action")}
    assert said == looks | obeys | {"systemd.default_timeout_start_sec"}
    assert "systemd.default_device_timeout_sec=300" in words("KernelCommandLine"), "a slow disk is not called damaged"
