"""The Debian package, without building it: what goes in, where to, and what it asks for. `make deb` builds it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DEBIAN = ROOT / "debian"


def rows(*modes: str) -> set[str]:
    lines = (ROOT / "tools/debian-packages").read_text().splitlines()
    return {line.split()[0] for line in lines if line and not line.startswith("#") and line.split()[1] in modes}


def field(name: str) -> list[str]:
    """Of debian/control, its items without their versions."""
    [text] = re.findall(rf"^{name}: (.*)$", (DEBIAN / "control").read_text(), re.MULTILINE)
    return [item.split(" (")[0] for item in text.split(", ")]


def test_what_names_the_version_goes_in() -> None:
    assert re.search(r"^\tcp -R kiosk config pyproject.toml \$\(PLACE\)", (DEBIAN / "rules").read_text(), re.MULTILINE)


def test_of_the_environments_commands_only_python_goes_in(tmp_path: Path) -> None:
    """The others name in their first line the folder in which they were made, also python-barcode and python-escpos."""
    [line] = re.findall(r"^\t(.*\.venv/bin.* \$\(PLACE\)/\.venv/bin.*)$", (DEBIAN / "rules").read_text(), re.MULTILINE)
    made, place = tmp_path / ".venv/bin", tmp_path / "place/.venv/bin"
    for folder in (made, place):
        folder.mkdir(parents=True)
    for command in ("activate", "pip", "python-barcode", "python-escpos", "pythonic"):
        (made / command).write_text("#!/build/.venv/bin/python\n")
    (made / "python3").symlink_to("/usr/bin/python3")
    for name in ("python", "python3.13"):
        (made / name).symlink_to("python3")
    subprocess.run(["sh", "-ec", line.replace("$(PLACE)", "place")], cwd=tmp_path, check=True, timeout=60)
    assert {path.name for path in place.iterdir()} == {"python", "python3", "python3.13"}
    assert all(path.is_symlink() for path in place.iterdir())


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The system's parts, put where debian/rules puts them: its own command, with this folder for the package's."""
    folder = tmp_path_factory.mktemp("package")
    rules = (DEBIAN / "rules").read_text()
    [at] = re.findall(r"^AT := (.*)$", rules, re.MULTILINE)
    [options] = re.findall(r"\$\(MAKE\) --no-print-directory install DESTDIR=\S+ (.*)$", rules, re.MULTILINE)
    command = ["make", "install", f"DESTDIR={folder}", *options.replace("$(AT)", at).split()]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=60)
    return folder


def test_every_file_of_systemd_and_every_settings_file_has_its_place(installed: Path) -> None:
    found = {path.relative_to(installed).as_posix() for path in installed.rglob("*") if path.is_file()}
    assert found == {
        # the operator's to change, and kept at an upgrade: dpkg takes what lies in /etc for that
        "etc/chromium/policies/managed/policies.json",
        "etc/default/grub.d/kiosk.cfg",
        "etc/kiosk/firewall.nft",
        "etc/kiosk/guidance.toml",
        "etc/kiosk/kiosk.toml",
        # ours
        "usr/lib/kiosk/rules.nft",
        "usr/lib/kiosk/shipped",
        *(f"usr/lib/kiosk/xkb/{part}/kiosk" for part in ("rules", "keycodes", "types", "compat", "symbols")),
        "usr/lib/modprobe.d/kiosk.conf",
        "usr/lib/sysctl.d/90-kiosk.conf",
        "usr/lib/systemd/journald.conf.d/kiosk.conf",
        "usr/lib/systemd/logind.conf.d/kiosk.conf",
        "usr/lib/systemd/sleep.conf.d/kiosk.conf",
        "usr/lib/systemd/system.conf.d/kiosk.conf",
        "usr/lib/systemd/system/getty@.service.d/kiosk.conf",
        "usr/lib/systemd/system/kiosk-browser.service",
        "usr/lib/systemd/system/kiosk-caretaker.service",
        "usr/lib/systemd/system/kiosk-firewall.service",
        "usr/lib/systemd/system/kiosk-keyboards.service",
        "usr/lib/systemd/system/kiosk-continue.service",
        "usr/lib/systemd/system/kiosk-prepare.service",
        "usr/lib/systemd/system/kiosk-provision.slice",
        "usr/lib/systemd/system/kiosk-provision@.service",
        "usr/lib/systemd/system/kiosk-server.service",
        "usr/lib/systemd/system/kiosk.target",
        "usr/lib/systemd/system/pcscd.service.d/kiosk.conf",
        "usr/lib/sysusers.d/kiosk.conf",
        "usr/lib/tmpfiles.d/kiosk.conf",
        "usr/lib/udev/rules.d/70-kiosk-headphones.rules",
        "usr/lib/udev/rules.d/70-kiosk-provision.rules",
        "usr/lib/udev/rules.d/90-kiosk-keyboards.rules",
        "usr/share/polkit-1/rules.d/50-kiosk-pcscd.rules",
        "usr/share/polkit-1/rules.d/50-kiosk-restarts.rules",
    }
    assert {Path(path).name for path in found} >= {
        path.name for path in (ROOT / "systemd").rglob("*") if path.is_file() and path.name != "places"
    }


def test_the_units_name_the_packages_place_and_no_other(installed: Path) -> None:
    for unit in (installed / "usr/lib/systemd/system").glob("kiosk*"):
        assert "/opt/kiosk" not in unit.read_text()
        [page] = re.findall(r"^Documentation=file:/usr/lib/kiosk/(docs/\w+\.md)$", unit.read_text(), re.MULTILINE)
        assert (ROOT / page).exists()
        if unit.suffix == ".service":
            others = {
                "kiosk-firewall": "/usr/sbin/nft -f /usr/lib/kiosk/rules.nft\n",
            }
            ours = others.get(unit.stem, "/usr/lib/kiosk/.venv/bin/python -m kiosk ")
            assert f"\nExecStart={ours}" in unit.read_text()
            for place in re.findall(r"/\w+[\w/]*/kiosk/(?:xkb|rules\.nft)", unit.read_text()):
                assert (installed / place[1:]).exists(), place
    assert (DEBIAN / "kiosk.links").read_text() == "/usr/share/doc/kiosk /usr/lib/kiosk/docs\n"
    assert "exec /usr/lib/kiosk/.venv/bin/python -I -m kiosk" in (DEBIAN / "kiosk.sh").read_text()


def test_what_it_builds_with_is_what_set_up_builds_with() -> None:
    elsewhere = {"gcc", "libc6-dev"}  # Debian's build-essential
    before = {"npm", "opus-tools", "flite", "espeak-ng"}  # make what is the same on every release, in the tree already
    assert {*field("Build-Depends"), *elsewhere, *before} == {"debhelper-compat", "python3"} | rows("build")


def test_what_it_needs_is_what_set_up_gives_an_appliance_less_what_only_builds() -> None:
    assert "${kiosk:Depends}" in field("Depends")
    [condition] = re.findall(r"awk '(.*?) \{", (DEBIAN / "rules").read_text())
    assert set(re.findall(r'"(\w+)"', condition)) == {"run", "appliance"}
    assert {"chromium", "cage", "pcscd"} <= rows("run", "appliance")
    assert not rows("run", "appliance") & {"gcc", "npm", "python3-dev"}


def test_all_that_is_built_from_goes_into_the_build() -> None:
    [taken] = re.findall(r"git ls-files -z (.*)$", (ROOT / "tools/deb").read_text(), re.MULTILINE)
    assert all((ROOT / name).exists() for name in taken.split())
    used = {"config", "debian", "docs", "kiosk", "systemd", "tools", "Makefile", "requirements.lock"}
    assert used <= set(taken.split())


def test_the_maintainers_scripts_touch_no_settings_and_no_records() -> None:
    for script in ("kiosk.postinst", "kiosk.prerm", "kiosk.postrm"):
        commands = [line for line in (DEBIAN / script).read_text().splitlines() if not line.startswith("#")]
        assert not [line for line in commands if re.search(r"\brm\b|/etc/kiosk|/var/lib", line)]


def test_what_runs_is_stopped_before_its_files_change() -> None:
    """Or the old program goes on from files that are gone."""
    text = (DEBIAN / "kiosk.prerm").read_text().replace("\\\n", " ")
    [stopped] = re.findall(r"deb-systemd-invoke stop (.*)", text)
    units = {path.name for path in (ROOT / "systemd").glob("*.service") if "Type=oneshot" not in path.read_text()}
    assert units and units <= set(stopped.split())
