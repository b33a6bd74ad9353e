"""What others have put before, beside and behind what was shipped, in a folder that is a machine's."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from kiosk.health.overrides import TOPS, UNITS, overriding
from kiosk.health.shipped import listed

ROOT = Path(__file__).resolve().parents[2]
PLACES = {
    "package": ("AT=/usr/lib/kiosk", "LIB=/usr/lib", "POLKIT=/usr/share/polkit-1/rules.d"),
    "source": ("LIB=/etc", "POLKIT=/etc/polkit-1/rules.d"),
}


class Machine:
    def __init__(self, root: Path, lib: str) -> None:
        self.root, self.lib = root, lib
        files = listed((root / lib[1:] / "kiosk/shipped",))
        assert files
        self.files = files

    def with_(self, place: str, text: str = "") -> list[str]:
        """What is found with this file beside the others; it is taken away again."""
        path = self.root / place[1:]
        kept = path.read_bytes() if path.exists() else None
        made = [each for each in path.parents if not each.exists()]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        found = list(overriding(self.files, self.root))
        path.unlink()
        for each in made:
            each.rmdir()
        if kept is not None:
            path.write_bytes(kept)
        return found

    def ours(self, pattern: str) -> list[re.Match[str]]:
        return [found for place in self.files if (found := re.fullmatch(pattern, place))]


@pytest.fixture(scope="module", params=PLACES)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("made")
    subprocess.run(
        ["make", "-s", "install", f"DESTDIR={folder}", *PLACES[request.param]], cwd=ROOT, check=True, timeout=60
    )
    return folder, "/usr/lib" if request.param == "package" else "/etc"


@pytest.fixture(scope="module")
def machine(made: tuple[Path, str]) -> Machine:
    return Machine(*made)


@pytest.fixture
def changed(tmp_path: Path, made: tuple[Path, str]) -> Machine:
    """One that need not be as it was afterwards."""
    shutil.copytree(made[0], tmp_path, dirs_exist_ok=True)
    return Machine(tmp_path, made[1])


def test_what_was_installed_overrides_nothing_of_itself(machine: Machine) -> None:
    assert list(overriding(machine.files, machine.root)) == []


# Units: systemd.unit(5), Description and Unit File Load Path


def folders(unit: str) -> set[str]:
    """In which systemd looks for drop-ins of this unit, for any instance of a template."""
    stem, _, kind = unit.rpartition(".")
    prefix, at, _ = stem.partition("@")
    words = prefix.split("-")
    begins = ["-".join(words[:n]) + "-" for n in range(1, len(words))]
    stems = [stem, *begins, *([f"{prefix}@x", *(f"{each}@{x}" for each in begins for x in ("", "x"))] if at else ())]
    return {f"{each}.{kind}.d" for each in stems} | {f"{kind}.d"}


UNIT = r"(.+/systemd/system)/([^/]+\.(?:service|target|slice))(?:\.d/.+)?"


def test_every_drop_in_that_systemd_would_read_for_a_unit_of_ours_is_named(machine: Machine) -> None:
    units = {found[2] for found in machine.ours(UNIT)}
    assert {"kiosk.target", "kiosk-provision.slice", "kiosk-provision@.service", "pcscd.service"} <= units
    assert {"service.d", "kiosk-.service.d", "kiosk-@x.service.d", "kiosk-.slice.d"} <= set().union(
        *map(folders, units)
    )
    for unit in units:
        for folder in UNITS:
            for name in folders(unit):
                place = f"{folder}/{name}/zz.conf"
                of_debian = folder == "/usr/lib/systemd/system"
                assert machine.with_(place) == ([] if of_debian else [f"{place} adds to what was shipped"])


@pytest.mark.parametrize(
    "name",
    ["kio-.service.d", "kiosk.service.d", "kiosk-serve.service.d", "user-.slice.d", "socket.d", "kiosk-.socket.d"],
)
def test_a_drop_in_of_another_unit_is_nobodys_fault(machine: Machine, name: str) -> None:
    assert machine.with_(f"/etc/systemd/system/{name}/zz.conf") == []


def test_of_the_distributions_drop_ins_those_are_named_that_say_otherwise_what_ours_says(machine: Machine) -> None:
    for name, text, named in (
        ("service.d/10-x.conf", "[Service]\nTimeoutStopFailureMode=abort\n", False),
        ("service.d/10-x.conf", "[Service]\nNoNewPrivileges=no\n", True),
        ("pcscd.service.d/a.conf", "[Service]\nLimitCORE=infinity\n", False),  # ours is read behind it
        ("pcscd.service.d/zz.conf", "[Service]\nLimitCORE=infinity\n", True),
        ("pcscd.service.d/zz.conf", "[Service]\nLimitCORE=0\n", False),
    ):
        place = f"/usr/lib/systemd/system/{name}"
        assert machine.with_(place, text) == ([f"{place} adds to what was shipped"] if named else [])


def test_a_unit_that_systemd_takes_instead_of_ours_is_named_and_one_that_it_does_not_is_none(machine: Machine) -> None:
    for found in machine.ours(r"(.+/systemd/system)/([^/]+)"):
        for number, folder in enumerate(UNITS):
            if folder == found[1]:
                continue
            before = number < UNITS.index(found[1])
            place = f"{folder}/{found[2]}"
            assert machine.with_(place) == ([f"{place} overrides what was shipped"] if before else [])
            if "@." in place:
                place = place.replace("@.", "@sdb1.")
                assert machine.with_(place) == [f"{place} overrides what was shipped"]


def test_a_drop_in_of_the_name_of_ours_is_read_instead_of_it_or_not_at_all(machine: Machine) -> None:
    for found in machine.ours(r"(.+/systemd/system)/([^/]+\.d/kiosk\.conf)"):
        for number, folder in enumerate(UNITS):
            if folder != found[1]:
                place = f"{folder}/{found[2]}"
                before = number < UNITS.index(found[1])
                assert machine.with_(place, "[Service]\nLimitCORE=1\n") == (
                    [f"{place} overrides what was shipped"] if before else []
                )


def test_a_mask_and_an_alias_are_links_and_both_are_seen(changed: Machine) -> None:
    folder = changed.root / "run/systemd/system"
    folder.mkdir(parents=True, exist_ok=True)
    if changed.lib == "/usr/lib":
        (folder / "kiosk-firewall.service").symlink_to("/dev/null")
        (folder / "kiosk-server.service").symlink_to("/nowhere")
        assert list(overriding(changed.files, changed.root)) == [
            "/run/systemd/system/kiosk-server.service overrides what was shipped",
            "/run/systemd/system/kiosk-firewall.service overrides what was shipped",
        ]
        shutil.rmtree(folder)
    more = "/etc/systemd/system/autovt@.service.d/login.conf"
    assert changed.with_(more) == []
    units = changed.root / "usr/lib/systemd/system"
    units.mkdir(parents=True, exist_ok=True)
    (units / "autovt@.service").symlink_to("getty@.service")
    assert changed.with_(more) == [f"{more} adds to what was shipped"]


# Files that are read together, by their names


TOGETHER = r"(?:/etc|/usr/lib)/((?:systemd/[a-z]+\.conf|sysctl|modprobe)\.d)/([^/]+)"
LINES = {"sysctl.d": r"^([\w.]+) *=", "modprobe.d": r"^install (\S+) "}


def test_what_is_said_otherwise_where_it_holds_is_named_with_its_keys(machine: Machine) -> None:
    together = machine.ours(TOGETHER)
    assert {found[1].rsplit("/", 1)[-1].partition(".")[0] for found in together} >= {
        "logind", "sleep", "journald", "system", "sysctl", "modprobe",
    }  # fmt: skip
    for found in together:
        install = found[1] == "modprobe.d"
        text = (machine.root / found[0][1:]).read_text()
        keys = re.findall(LINES.get(found[1], r"^(\w+)="), text, re.MULTILINE)
        assert keys
        say = "install {} /sbin/modprobe -i x\n" if install else "  {} = other\n"
        said = "".join(say.format(key) for key in keys)
        holds, not_ = ("00-x.conf", "zz.conf") if install else ("zz.conf", "00-x.conf")
        for top in TOPS:
            place = f"{top}/{found[1]}/{holds}"
            words = ", ".join(key.replace("-", "_") if install else key for key in keys)
            [named] = machine.with_(place, said)
            start, _, rest = named.partition(": ")
            assert start == f"{place} overrides what was shipped"
            assert sorted(rest.split(", ")) == sorted(words.split(", "))
            assert machine.with_(f"{top}/{found[1]}/{not_}", said) == []
            assert machine.with_(place, text) == [], "the same, once more"
            assert machine.with_(place, "".join(f"#{line}\n;{line}\n" for line in said.splitlines())) == []
            assert machine.with_(place, "[X]\nOther=1\nnet.x = 1\ninstall x /bin/true\nblacklist usblp\n") == []


@pytest.mark.parametrize(
    ("place", "text", "key"),
    [
        ("/etc/sysctl.d/99-x.conf", "-kernel/sysrq=438\n", "kernel.sysrq"),
        ("/etc/modprobe.d/a.conf", "install firewire_core /sbin/modprobe -i firewire_core\n", "firewire_core"),
        ("/etc/modprobe.d/a.conf", "install udf /bin/true\n", ""),
        ("/etc/systemd/logind.conf.d/zz.conf", "[Login]\nNAutoVTs=\n", "NAutoVTs"),
        ("/etc/systemd/logind.conf.d/zz.conf", "[Login]\nKillUserProcesses=yes\n", ""),
        ("/etc/systemd/logind.conf.d/zz.txt", "[Login]\nNAutoVTs=6\n", ""),
    ],
)
def test_it_may_be_written_otherwise(machine: Machine, place: str, text: str, key: str) -> None:
    assert machine.with_(place, text) == ([f"{place} overrides what was shipped: {key}"] if key else [])


def test_a_file_of_the_distributions_that_the_operator_has_masked_says_nothing(changed: Machine) -> None:
    mask = changed.root / "etc/systemd/sleep.conf.d/zz.conf"
    mask.parent.mkdir(parents=True, exist_ok=True)
    mask.symlink_to("/dev/null")
    assert changed.with_("/usr/lib/systemd/sleep.conf.d/zz.conf", "[Sleep]\nAllowSuspend=yes\n") == []


# udev


INPUT = 'SUBSYSTEM=="input", KERNEL=="event*", '
UNDOES = {
    'ENV{LIBINPUT_IGNORE_DEVICE}=""': "ENV{LIBINPUT_IGNORE_DEVICE}",
    'ENV{LIBINPUT_IGNORE_DEVICE}="0"': "ENV{LIBINPUT_IGNORE_DEVICE}",
    f'{INPUT}ENV{{LIBINPUT_IGNORE_DEVICE}}:="0"': "ENV{LIBINPUT_IGNORE_DEVICE}",
    'ATTRS{idVendor}=="046d", ENV{ID_INPUT_KEYBOARD}="1"': "ENV{ID_INPUT_KEYBOARD}",
    'ENV{ID_INPUT_KEY}="1", ENV{ID_INPUT_KEYBOARD}="1"': "ENV{ID_INPUT_KEY}, ENV{ID_INPUT_KEYBOARD}",
    f'{INPUT}MODE="0666"': "MODE",
    f'{INPUT}GROUP="users", \\\n  MODE="0660"': "GROUP, MODE",
    'MODE="0666"': "MODE",
    'SUBSYSTEM!="input", GOTO="end"\nKERNEL=="event*", GROUP="users"\nLABEL="end"': "GROUP",
    'SUBSYSTEM=="block", TAG-="systemd"': "TAG",
    'SUBSYSTEM=="block", ENV{SYSTEMD_WANTS}=""': "ENV{SYSTEMD_WANTS}",
}
DOES_NOT = [
    'SUBSYSTEM=="usb", ATTRS{idVendor}=="04b8", GROUP="lp", MODE="0666"',
    'ATTRS{idVendor}=="04b8", MODE="0666"',
    'SUBSYSTEM!="usb|usb_device", GOTO="end"\nATTRS{idVendor}=="04b8", MODE="0666"\nLABEL="end"',
    'SUBSYSTEM=="tty", SYMLINK+="printer"',
    'SUBSYSTEM=="hidraw", ENV{LIBINPUT_IGNORE_DEVICE}="0"',
    'SUBSYSTEM=="input", ENV{LIBINPUT_CALIBRATION_MATRIX}="1 0 0 0 1 0"',
    'SUBSYSTEM=="input", KERNEL=="js*", MODE="0666"',
    'SUBSYSTEM=="input", ATTRS{name}=="A joystick", MODE="0666"',
    'SUBSYSTEM=="block", ENV{ID_FS_LABEL}=="BACKUP", TAG+="systemd", ENV{SYSTEMD_WANTS}="backup.service"',
    'SUBSYSTEM=="block", ENV{SYSTEMD_WANTS}+="backup.service"',
    '# SUBSYSTEM=="input", ENV{LIBINPUT_IGNORE_DEVICE}="0"',
    'SUBSYSTEM=="input", ENV{LIBINPUT_IGNORE_DEVICE}=="0", ENV{X}="1"',
]


@pytest.mark.parametrize("rule", UNDOES)
@pytest.mark.parametrize("top", ["/etc", "/run", "/usr/local/lib"])
def test_a_rule_of_the_operators_that_gives_otherwise_what_ours_gives_is_named(
    machine: Machine, top: str, rule: str
) -> None:
    place = f"{top}/udev/rules.d/99-zz.rules"
    assert machine.with_(place, f"{rule}\n") == [f"{place} overrides what was shipped: {UNDOES[rule]}"]
    assert machine.with_(f"{top}/udev/rules.d/10-aa.rules", f"{rule}\n") == [], "what ours says comes later"


def test_a_group_that_is_given_for_good_holds_also_before_ours(machine: Machine) -> None:
    place = "/etc/udev/rules.d/10-aa.rules"
    assert machine.with_(place, f'{INPUT}GROUP:="users"\n') == [f"{place} overrides what was shipped: GROUP"]


@pytest.mark.parametrize("rule", DOES_NOT)
def test_a_rule_about_something_else_is_the_operators_to_have(machine: Machine, rule: str) -> None:
    assert machine.with_("/etc/udev/rules.d/99-zz.rules", f"{rule}\n") == []


def test_the_rule_of_the_bell_is_no_fault_wherever_it_stands(machine: Machine) -> None:
    page = (ROOT / "docs/aids.md").read_text("utf-8")
    [(place, rule)] = re.findall(r"^    # (/etc/udev/rules\.d/\S+)\n    (.+)$", page, re.MULTILINE)
    for name in (place, "/etc/udev/rules.d/00-bell.rules", "/etc/udev/rules.d/99-bell.rules"):
        assert machine.with_(name, f"{rule}\n") == []


def test_a_rule_file_that_was_copied_and_changed_is_named_as_before(machine: Machine) -> None:
    if machine.lib == "/usr/lib":
        place = "/etc/udev/rules.d/90-kiosk-keyboards.rules"
        assert machine.with_(place) == [f"{place} overrides what was shipped"]
