"""What runs here, for whoever has to answer for it: which kiosk, which versions, and the hashes of what was set.

An image says by its kernel's command line which one it is: `roothash`, the dm-verity root hash that the kernel has
checked (systemd-veritysetup-generator(8)). Without one the kiosk runs from no image, and that is said.
"""

from __future__ import annotations

import contextlib
import hashlib
import platform
import re
import shlex
import subprocess
import tomllib
from pathlib import Path

from msgspec import Struct

from kiosk.config import guidance, kiosk
from kiosk.config.file import ConfigError

PROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"
ROOT_HASH = re.compile(r"(?:^|\s)roothash=([0-9a-f]{64})(?:\s|$)")
ASKED_SECONDS = 2.0  # for dpkg to answer


class Identity(Struct, frozen=True):
    """station, kiosk: what they are called in the settings; empty when those cannot be read. versions: by program.
    settings, facts: SHA-256 of the two files, in hexadecimal; empty for one that cannot be read. image: its root hash;
    empty: none."""

    station: str
    kiosk: str
    versions: dict[str, str]
    settings: str
    facts: str
    image: str


def identity(config: Path, root: Path = Path("/")) -> Identity:
    """config: the settings file. root: where /proc and /etc are."""
    station, label, facts = "", "", Path()
    with contextlib.suppress(ConfigError):
        settings: kiosk.Settings = kiosk.load(config)
        station, label = settings.station.name, settings.alerts.kiosk
        facts = Path(settings.station.guidance_file or guidance.SHIPPED)
    return Identity(station, label, versions(root), hashed(config), hashed(facts), image(root))


def image(root: Path = Path("/")) -> str:
    """The root hash of the image that runs; empty: none."""
    found = ROOT_HASH.search(_read(root / "proc/cmdline"))
    return found[1] if found else ""


def version() -> str:
    """The program's, as pyproject.toml has it."""
    return str(tomllib.loads(PROJECT.read_text("utf-8"))["project"]["version"])


def versions(root: Path) -> dict[str, str]:
    """Those that are known."""
    system = release(root / "etc/os-release")
    known = {
        "kiosk": version(),
        "chromium": package("chromium"),
        "pcscd": package("pcscd"),
        "python": platform.python_version(),
        "linux": platform.release(),
        "system": system.get("PRETTY_NAME", ""),
        "image": system.get("IMAGE_VERSION", ""),
    }
    return {name: said for name, said in known.items() if said}


def hashed(path: Path) -> str:
    """SHA-256 of a file."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def release(path: Path) -> dict[str, str]:
    """What an os-release file says; nothing when it cannot be read, or is none."""
    try:
        lines = shlex.split(_read(path), comments=True)
    except ValueError:  # a quotation without an end
        return {}
    return dict(line.split("=", 1) for line in lines if "=" in line)


def package(name: str) -> str:
    """Debian's version of it; empty where there is none, or nobody to ask."""
    try:
        asked = subprocess.run(
            ["dpkg-query", "--show", "--showformat=${Version}", name],
            capture_output=True,
            text=True,
            check=False,
            timeout=ASKED_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return asked.stdout.strip() if asked.returncode == 0 else ""


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, ValueError):
        return ""
