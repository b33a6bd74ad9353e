"""The units, users and browser policy of an appliance, read by systemd's own tools."""

from __future__ import annotations

import json
import os
import re
import socket
import stat
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from kiosk.caretaker import restarts
from kiosk.config.kiosk import Settings
from kiosk.health import look
from kiosk.services import going_on, sd_notify
from kiosk.services.browser import BACK_OFF_SECONDS, LOOK_SECONDS
from kiosk.services.browser_words import WORD_SECONDS
from kiosk.services.caretaker import TURN_SECONDS
from kiosk.services.server import SETTLE_SECONDS, STOP_SECONDS, UNWIND_SECONDS
from kiosk.web import peer
from tests.appliance.parts.bare import SCREEN
from tests.units import is_no_more_exposed

ROOT = Path(__file__).parent.parent
UNITS = ROOT / "systemd"
SERVICES = ["kiosk-server.service", "kiosk-browser.service"]  # which meet a person
CARETAKER = "kiosk-caretaker.service"
FIREWALL = "kiosk-firewall.service"
PREPARE, STICK = "kiosk-prepare.service", "kiosk-provision@.service"
KEYBOARDS = "kiosk-keyboards.service"
GOING_ON = "kiosk-continue.service"
STICKS = "kiosk-provision.slice"
ALL = [*SERVICES, CARETAKER]


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """The units as they are, but for the program of an appliance: systemd looks whether it exists."""
    for unit in [*ALL, FIREWALL, PREPARE, KEYBOARDS, GOING_ON, STICK, STICKS, "kiosk.target"]:
        text = (UNITS / unit).read_text()
        text = text.replace("/opt/kiosk/.venv/bin/python", "/usr/bin/env").replace("/usr/sbin/nft", "/usr/bin/env")
        (tmp_path / unit).write_text(text)
    return tmp_path


def lines(unit: str) -> list[str]:
    return (UNITS / unit).read_text().splitlines()


def test_systemd_finds_nothing_to_say_about_the_units(units: Path) -> None:
    result = subprocess.run(
        ["systemd-analyze", "verify", *sorted(map(str, units.iterdir()))], capture_output=True, text=True, timeout=60
    )
    assert (result.returncode, result.stdout + result.stderr) == (0, "")


def test_a_stick_that_claims_to_be_many_is_bounded_as_one() -> None:
    """By systemd, and by udev, which starts one process for a device at most."""
    assert f"Slice={STICKS}" in lines(STICK)
    bounds = dict(line.split("=") for line in lines(STICKS) if "Max=" in line)
    assert bounds == {"MemoryMax": "256M", "MemorySwapMax": "0", "TasksMax": "64"}
    assert "MemoryMax=256M" in lines(STICK), "one alone has room"
    [disk, wants] = [line for line in lines("udev/70-kiosk-provision.rules") if "DEVTYPE" in line or "WANTS" in line]
    assert 'ENV{PARTN}=="|1"' in wants, "a whole disk has no number of a partition"
    assert disk == 'ENV{DEVTYPE}=="disk", TEST=="%k1", GOTO="kiosk_provision_end"', "and is none's beside its partition"


@pytest.mark.parametrize(
    ("service", "most"),
    [
        ("kiosk-server.service", 18),
        ("kiosk-browser.service", 45),
        (CARETAKER, 13),
        (FIREWALL, 16),
        (PREPARE, 10),
        (KEYBOARDS, 9),
        (GOING_ON, 9),
        (STICK, 14),
    ],
)
def test_the_units_are_no_more_exposed_than_written_down(units: Path, service: str, most: int) -> None:
    page, name = (ROOT / "docs/operators.md").read_text("utf-8"), service.removesuffix(".service")
    [figures] = re.findall(rf"^\| `{name}` \|.*\| ([\d.]+), ([\d.]+) \|$", page, re.MULTILINE)
    assert most == max(round(10 * float(each)) for each in figures), "of Debian 12 and 13"
    is_no_more_exposed(units / service, most)


@pytest.mark.parametrize("service", [*SERVICES, "pcscd.service.d/kiosk.conf"])
def test_no_service_that_meets_a_pin_can_leave_it_on_a_disk(service: str) -> None:
    assert "LimitCORE=0" in lines(service)
    assert "MemorySwapMax=0" in lines(service)
    assert not [line for line in lines(service) if re.match("(State|Cache|Logs)Directory=", line)]


def test_the_browser_keeps_its_sandbox_and_has_no_debugging_port() -> None:
    for service in SERVICES:
        text = (UNITS / service).read_text()
        assert "--no-sandbox" not in text
        assert "--remote-debugging" not in text
    assert "RestrictNamespaces=yes" not in lines("kiosk-browser.service")  # the sandbox is made of them


def test_server_and_screen_are_two_users_who_meet_in_one_folder(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    subprocess.run(["systemd-sysusers", f"--root={tmp_path}", UNITS / "sysusers.d/kiosk.conf"], check=True, timeout=60)
    passwd = [line.split(":") for line in (tmp_path / "etc/passwd").read_text().splitlines()]
    ids = {user: int(uid) for user, _, uid, *_ in passwd}
    assert set(ids) == {"kiosk", "kiosk-browser", "kiosk-caretaker"}
    assert len(set(ids.values())) == len(ids)
    assert all(shell.endswith("/nologin") for *_, shell in passwd)
    for service, user in zip([*SERVICES, CARETAKER], ["kiosk", "kiosk-browser", "kiosk-caretaker"], strict=True):
        assert f"User={user}" in lines(service)

    if os.geteuid() != 0:
        return  # only root can give a folder to someone else
    subprocess.run(
        ["systemd-tmpfiles", f"--root={tmp_path}", "--create", UNITS / "tmpfiles.d/kiosk.conf"], check=True, timeout=60
    )
    met = (tmp_path / Settings().server.runtime_directory.lstrip("/")).stat()
    assert met.st_uid == ids["kiosk-browser"]
    assert stat.S_IMODE(met.st_mode) == 0o3770


def test_the_policy_lets_the_browser_reach_the_kiosk_and_nothing_else() -> None:
    policy = json.loads((UNITS / "chromium" / "policies.json").read_text())
    assert policy["URLBlocklist"][0] == "*"
    assert {"chrome://*", "chrome-untrusted://*"} <= set(policy["URLBlocklist"])  # which * does not name
    allowed = [urlsplit(address) for address in policy["URLAllowlist"]]
    assert {each.hostname for each in allowed} == {"127.0.0.1", "localhost"}
    assert {each.port for each in allowed} == {Settings().server.port}
    assert policy["DeveloperToolsAvailability"] == 2
    assert policy["RemoteDebuggingAllowed"] is False
    assert policy["DownloadRestrictions"] == 3
    # Forced. Were it forbidden, the keeper's --incognito would do nothing, and each visit would stand in one history.
    assert policy["IncognitoModeAvailability"] == 2


def test_every_policy_is_explained_and_nothing_else_is() -> None:
    page = (ROOT / "docs/lockdown.md").read_text("utf-8").partition("## The browser")[2].partition("\n## ")[0]
    explained = {
        name for row in page.splitlines() if row.startswith("| `") for name in re.findall(r"`(\w+)`", row.split("|")[1])
    }
    policy = json.loads((UNITS / "chromium" / "policies.json").read_text())
    pages_ask = {name for name in policy if re.fullmatch(r"Default\w+Setting", name)}  # one row for all of them
    assert explained | pages_ask == set(policy)
    assert {policy[name] for name in pages_ask} == {2}, "2 forbids"


def test_the_install_command_puts_every_file_of_systemd_in_its_place(tmp_path: Path) -> None:
    subprocess.run(["make", "install", f"DESTDIR={tmp_path}"], cwd=ROOT, check=True, capture_output=True, timeout=60)
    installed = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert installed == {
        "etc/systemd/system/kiosk.target",
        "etc/systemd/system/kiosk-server.service",
        "etc/systemd/system/kiosk-browser.service",
        "etc/systemd/system/kiosk-caretaker.service",
        "etc/systemd/system/pcscd.service.d/kiosk.conf",
        "etc/systemd/system/getty@.service.d/kiosk.conf",
        "etc/systemd/system.conf.d/kiosk.conf",
        "etc/systemd/journald.conf.d/kiosk.conf",
        "etc/systemd/logind.conf.d/kiosk.conf",
        "etc/systemd/sleep.conf.d/kiosk.conf",
        "etc/sysctl.d/90-kiosk.conf",
        "etc/default/grub.d/kiosk.cfg",
        "etc/sysusers.d/kiosk.conf",
        "etc/tmpfiles.d/kiosk.conf",
        "etc/modprobe.d/kiosk.conf",
        "etc/polkit-1/rules.d/50-kiosk-pcscd.rules",
        "etc/polkit-1/rules.d/50-kiosk-restarts.rules",
        "etc/udev/rules.d/70-kiosk-headphones.rules",
        "etc/udev/rules.d/70-kiosk-provision.rules",
        "etc/udev/rules.d/90-kiosk-keyboards.rules",
        "etc/chromium/policies/managed/policies.json",
        "etc/systemd/system/kiosk-firewall.service",
        "etc/systemd/system/kiosk-prepare.service",
        "etc/systemd/system/kiosk-keyboards.service",
        "etc/systemd/system/kiosk-continue.service",
        "etc/systemd/system/kiosk-provision@.service",
        "etc/systemd/system/kiosk-provision.slice",
        "etc/kiosk/firewall.nft",
        "etc/kiosk/guidance.toml",
        "etc/kiosk/kiosk.toml",
        "etc/kiosk/rules.nft",
        "etc/kiosk/shipped",
        *(f"etc/kiosk/xkb/{part}/kiosk" for part in ("rules", "keycodes", "types", "compat", "symbols")),
    }
    assert len(installed) == len([path for path in UNITS.rglob("*") if path.is_file()]) + 3


def test_installing_again_keeps_the_operators_settings(tmp_path: Path) -> None:
    settings = tmp_path / "etc/kiosk/kiosk.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text("[server]\nport = 9999\n")
    subprocess.run(["make", "install", f"DESTDIR={tmp_path}"], cwd=ROOT, check=True, capture_output=True, timeout=60)
    assert settings.read_text() == "[server]\nport = 9999\n"


def test_the_server_tells_systemd_of_each_stage_and_when_it_is_ready_though_a_file_of_the_portal_is_missing(
    tmp_path: Path,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    config, gone = tmp_path / "kiosk.toml", tmp_path / "gone.key"
    config.write_text(
        f'[server]\nport = {port}\nruntime_directory = "{tmp_path}"\n'
        f'[portal]\nca_file = "{config}"\ncertificate_file = "{config}"\nkey_file = "{gone}"\n'
    )
    [command] = [line for line in lines("kiosk-server.service") if line.startswith("ExecStart=")]
    program = command.removeprefix("ExecStart=").replace("/etc/kiosk/kiosk.toml", str(config)).split()[1:]
    assert "Type=notify" in lines("kiosk-server.service")
    heard: list[list[bytes]] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(60)
        with subprocess.Popen(
            [sys.executable, *program],
            cwd=ROOT,
            env={**os.environ, "NOTIFY_SOCKET": str(tmp_path / "notify")},
            stderr=subprocess.PIPE,
        ) as server:
            try:
                while not heard or b"READY=1" not in heard[-1]:
                    heard.append(systemd.recv(4096).splitlines())
                socket.create_connection(("127.0.0.1", port), timeout=5).close()
            finally:
                server.terminate()
            said = server.communicate(timeout=30)[1].decode()
    stages = heard[:-1]
    assert len(stages) >= 4 and all(b"EXTEND_TIMEOUT_USEC=120000000" in stage for stage in stages)
    assert len({stage[0] for stage in stages}) == len(stages), "each stage buys time once"
    assert f"portal.key_file: there is no file {gone}; put it there or correct the path" in said


@pytest.mark.parametrize(
    ("service", "turns"),
    [  # the longest that its loop may stand still for good reasons, seconds
        ("kiosk-server.service", 1 + WORD_SECONDS),
        ("kiosk-browser.service", sd_notify.TURN_SECONDS + 2 * LOOK_SECONDS + max(BACK_OFF_SECONDS)),
        (CARETAKER, TURN_SECONDS),
        (GOING_ON, sd_notify.TURN_SECONDS + going_on.LOOK_SECONDS),
    ],
)
def test_a_service_that_stands_still_is_replaced_and_one_that_is_only_slow_is_not(service: str, turns: float) -> None:
    assert "Type=notify" in lines(service)
    [watchdog] = [line for line in lines(service) if line.startswith("WatchdogSec=")]
    assert turns * 1.5 < int(watchdog.removeprefix("WatchdogSec=")) <= 30


def test_the_machine_leaves_nothing_of_a_person_where_a_disk_could_have_it() -> None:
    """docs/operators.md says of each what it is for."""
    table = (ROOT / "docs/operators.md").read_text("utf-8").partition("| on the machine |")[2].partition("\n\n")[0]
    named: dict[str, set[str]] = {}
    for what, _, place in (row.strip("| ").split(" | ") for row in table.splitlines()[2:]):
        named.setdefault(place, set()).update(re.findall(r"`([^`]+)`", what))
    [kernel] = [line for line in lines("grub.d/kiosk.cfg") if not line.startswith("#")]
    [told] = re.findall(r'^GRUB_CMDLINE_LINUX="\$GRUB_CMDLINE_LINUX (.*)"$', kernel)
    assert set(told.split()) == named["kernel command line"]
    assert named["`sysctl.d/90-kiosk.conf`"] <= set(of_the_kernel())
    assert "DefaultLimitCORE=0" in lines("system.conf.d/kiosk.conf")
    [most] = re.findall(r"^\| journal \| (\d+) MB at most ", table, re.MULTILINE)
    assert {"ForwardToConsole=no", f"SystemMaxUse={most}M"} <= set(lines("journald.conf.d/kiosk.conf"))


def of_the_kernel() -> dict[str, str]:
    """What sysctl sets."""
    return dict(line.split(" = ") for line in lines("sysctl.d/90-kiosk.conf") if re.match(r"\w", line))


def test_the_kernel_and_systemd_know_each_name_that_is_set() -> None:
    """Of another they say so in a log that nobody reads, and go on."""
    unknown = {name for name in of_the_kernel() if not Path("/proc/sys", name.replace(".", "/")).exists()}
    assert unknown <= {"kernel.sysrq"}, "which a kernel without its keys has not"
    assert Path(of_the_kernel()["kernel.core_pattern"].removeprefix("|")).is_file()
    programs = ("systemd/systemd", "systemd/systemd-journald", "*/systemd/libsystemd-shared-*.so")
    known = b"".join(path.read_bytes() for each in programs for path in Path("/lib").glob(each))
    for part in ("journald", "sleep", "system"):
        for name in re.findall(r"^(\w+)=", "\n".join(lines(f"{part}.conf.d/kiosk.conf")), re.MULTILINE):
            assert re.search(rb"[.\0]%s\0" % name.encode(), known), f"{part}: {name}"


def test_no_console_asks_who_is_there_while_the_machine_is_a_kiosk(tmp_path: Path) -> None:
    """Whatever name it is started by: autovt@ is getty@ by another."""
    [condition] = [line for line in lines("getty@.service.d/kiosk.conf") if line.startswith("Condition")]
    enabled = tmp_path / "enabled"
    for name in ("graphical.target", "multi-user.target"):
        (enabled / "usr/lib/systemd/system").mkdir(parents=True, exist_ok=True)
        (enabled / "usr/lib/systemd/system" / name).write_text("[Unit]\n")
    (enabled / "usr/lib/systemd/system/kiosk.target").write_text((UNITS / "kiosk.target").read_text())
    subprocess.run(
        ["systemctl", f"--root={enabled}", "enable", "kiosk.target"], check=True, capture_output=True, timeout=60
    )
    [link] = [path for path in (enabled / "etc").rglob("*") if path.is_symlink()]
    assert condition == f"ConditionPathExists=!/{link.relative_to(enabled)}"
    folder = Path("/lib/systemd/system")
    assert (folder / "autovt@.service").samefile(folder / "getty@.service")
    (tmp_path / "getty@.service.d").mkdir()
    (tmp_path / "getty@.service.d/kiosk.conf").write_text("\n".join(lines("getty@.service.d/kiosk.conf")) + "\n")
    (tmp_path / "getty@.service").write_text((folder / "getty@.service").read_text())
    said = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", tmp_path / "getty@.service"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (said.returncode, said.stdout + said.stderr) == (0, "")


def test_the_modules_that_are_kept_out_are_what_can_be_plugged_in_and_none_that_a_kiosk_has() -> None:
    said = [line for line in lines("modprobe.d/kiosk.conf") if line and not line.startswith("#")]
    shut = [re.fullmatch(r"(?:blacklist (\S+)|install (\S+) /bin/false)", line) for line in said]
    names = [(each[1] or each[2]).replace("-", "_") for each in shut if each]
    assert len(names) == len(said) == len(set(names))
    kinds = {  # of each the core, without which none of its drivers comes
        "firewire_core", "thunderbolt", "pcmcia_core", "bluetooth", "cfg80211", "nfc", "rndis_host", "cdc_ether",
        "ipheth", "uvcvideo", "libcomposite", "dccp", "sctp", "rds", "tipc", "ax25", "n_hdlc", "hfs", "hfsplus",
        "jffs2", "udf",
    }  # fmt: skip
    assert kinds <= set(names)
    needed = {  # touch, readers, printers and their lines, sound, sticks, disks, root, state, network
        "usbhid", "hid_multitouch", "videodev", "usbserial", "ftdi_sio", "cdc_acm", "pl2303", "cp210x", "ch341",
        "snd_usb_audio", "usb_storage", "uas", "vfat", "exfat", "erofs", "ext4", "overlay", "dm_verity", "dm_crypt",
        "loop", "usbnet", "r8152", "nf_tables", "tpm_tis", "af_alg", "algif_skcipher",
    }  # fmt: skip
    image = (ROOT / "image/mkosi.conf").read_text()
    assert not set(names) & (needed | set(re.findall(r"/(\w[\w-]*)\.ko$", image.replace("-", "_"), re.MULTILINE)))


def test_no_key_of_any_keyboard_puts_the_machine_to_sleep_or_switches_it_off() -> None:
    """Whatever the system's own logind could do on a key, a lid or for want of one, it is told not to."""
    told, asleep = (
        dict(line.split("=") for line in lines(f"{part}.conf.d/kiosk.conf") if re.match(r"\w", line))
        for part in ("logind", "sleep")
    )
    consoles = [told.pop("NAutoVTs"), told.pop("ReserveVT")]
    assert (set(told.values()), set(asleep.values()), consoles) == ({"ignore"}, {"no"}, ["0", "0"])
    known = re.findall(rb"Login\.(Handle\w+|IdleAction)\x00", Path("/lib/systemd/systemd-logind").read_bytes())
    assert len(known) > 10 and {name.decode() for name in known} <= set(told)


def test_the_screen_is_drawn_as_the_bare_one_is_that_its_start_is_compared_with() -> None:
    """By the processor, on every machine (docs/decisions/0030): else the figures would compare two things at once."""
    assert set(SCREEN) - set(lines("kiosk-browser.service")) == {"WorkingDirectory=/"}


@pytest.mark.parametrize("service", [*ALL, GOING_ON])
def test_a_service_is_tried_for_ever(service: str) -> None:
    assert not [line for line in lines(service) if line.startswith("RestartPrevent")]
    assert "Restart=always" in lines(service) and "StartLimitIntervalSec=0" in lines(service)
    [command] = [line for line in lines(service) if line.startswith("ExecStart=")]
    assert command.startswith("ExecStart=/opt/kiosk/.venv/bin/python -m kiosk "), "the exit code is the kiosk's own"


def test_pcscd_is_tried_for_ever_and_one_that_stands_still_ends_soon() -> None:
    said = lines("pcscd.service.d/kiosk.conf")
    assert {"StartLimitIntervalSec=0", "Restart=on-failure", "RestartSec=1"} <= set(said), (
        "not a full-speed loop, either"
    )
    [stop] = [line for line in said if line.startswith("TimeoutStopSec=")]
    assert int(stop.removeprefix("TimeoutStopSec=")) <= 10 < restarts.BEGUN_SECONDS


def test_a_stop_has_the_time_it_takes_and_what_is_left_a_place_that_outlives_it() -> None:
    [line] = [line for line in lines("kiosk-server.service") if line.startswith("TimeoutStopSec=")]
    assert int(line.removeprefix("TimeoutStopSec=")) >= STOP_SECONDS + WORD_SECONDS + 2
    assert UNWIND_SECONDS + SETTLE_SECONDS < STOP_SECONDS
    assert f"ReadWritePaths=-{Settings().server.runtime_directory}" in lines("kiosk-server.service")
    assert not any(line.startswith("ExecReload=") for line in lines("kiosk-server.service"))


def test_the_server_answers_the_user_of_the_screens_unit() -> None:
    assert f"User={peer.SCREEN}" in lines("kiosk-browser.service")
    [families] = [line for line in lines("kiosk-server.service") if line.startswith("RestrictAddressFamilies=")]
    assert "AF_NETLINK" in families.split(), "or the kernel cannot be asked whose a connection is"


def test_check_asks_as_the_users_and_with_the_groups_of_the_services() -> None:
    for service, user in zip(SERVICES, [look.SERVER, peer.SCREEN], strict=True):
        assert f"User={user}" in lines(service)
    assert f"SupplementaryGroups={' '.join(look.GROUPS)}" in lines("kiosk-server.service")


def test_what_polkit_lets_the_caretaker_do_is_what_it_asks_for_and_no_more() -> None:
    rule = "\n".join(line for line in lines("polkit/50-kiosk-restarts.rules") if not line.startswith("//"))
    assert re.findall(r"[!=]== \"([^\"]+)\"", rule) == [
        restarts.USER,
        "org.freedesktop.systemd1.manage-units",
        "try-restart",
    ]
    asked = [command[len(restarts.SYSTEMCTL) :] for command in restarts.COMMANDS.values()]
    [units] = re.findall(r"var units = (\[.*\]);", rule)
    assert sorted(json.loads(units)) == sorted(words[1] for words in asked if words[0] == "try-restart")
    [ids] = re.findall(r"var machine = /(.*)/;", rule)
    for verb, action in {"reboot": "reboot", "poweroff": "power-off"}.items():
        assert (verb,) in asked
        assert all(re.fullmatch(ids, f"org.freedesktop.login1.{action}{how}") for how in ("", "-multiple-sessions"))
        assert not re.fullmatch(ids, f"org.freedesktop.login1.{action}-ignore-inhibit")
    assert len(asked) == 5 and "User=kiosk-caretaker" in lines(CARETAKER)


def test_the_caretaker_reaches_loopback_and_nothing_else() -> None:
    said = [line for line in lines(CARETAKER) if line.startswith(("IPAddress", "RestrictAddressFamilies"))]
    assert said == ["RestrictAddressFamilies=AF_UNIX AF_INET", "IPAddressDeny=any", "IPAddressAllow=127.0.0.1/32"]


def test_the_caretakers_folders_are_those_of_the_settings_and_nobody_elses() -> None:
    kept = Settings().caretaker
    assert {f"StateDirectory={Path(kept.state_directory).name}", "StateDirectoryMode=0700"} <= set(lines(CARETAKER))
    assert f"RuntimeDirectory={Path(kept.runtime_directory).name}" in lines(CARETAKER)
    assert "RuntimeDirectoryPreserve=yes" in lines(CARETAKER), "how the doors stand is read while it is away"
    assert (Path(kept.state_directory).parent, Path(kept.runtime_directory).parent) == (Path("/var/lib"), Path("/run"))
    assert {"LimitCORE=0", "MemorySwapMax=0"} <= set(lines(CARETAKER))
    assert "PartOf=kiosk.target" not in lines(CARETAKER), "it lives as long as the machine"
    [watchdog] = [line for line in lines(CARETAKER) if line.startswith("WatchdogSec=")]
    assert int(watchdog.removeprefix("WatchdogSec=")) > 10 * TURN_SECONDS
