"""An operator's desk, with openssl alone: the very commands of docs/proof.md and docs/provisioning.md."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

DOCS = Path(__file__).resolve().parents[1] / "docs"
OK = (
    "Verified OK",
    *(
        f"{what} OK"
        for what in ("quote", "statement", "PCRs", "challenge", "secure boot", "image", "settings", "trusted")
    ),
)


def checks_proof(
    folder: Path,
    text: str,
    key: str,
    pcr7: str,
    challenge: str,
    published: Iterable[str],
    sent: Mapping[str, bytes],
) -> set[str]:
    """What of OK the commands say of a proof. key, pcr7: of the request. published: lines of kiosk_VERSION.proof. sent:
    what the machine was brought, by the names that it has beside the settings."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    lines = "".join(f"{line}\n" for line in published)
    files = {"answer.txt": text, "key.pem": key, "pcr7": f"{pcr7}\n", "kiosk_VERSION.proof": lines}
    for name, content in files.items():
        (folder / name).write_text(content)
    for name, data in sent.items():
        (folder / name).write_bytes(data)
    page = (DOCS / "proof.md").read_text("utf-8")
    [block] = [each for each in re.findall(r"```sh\n(.*?)```", page, re.DOTALL) if "-verify" in each]
    environment = {"NUMBER": challenge, "PATH": "/usr/bin:/bin"}
    done = subprocess.run(["sh", "-c", block], cwd=folder, capture_output=True, text=True, env=environment, timeout=60)
    return {line for line in done.stdout.splitlines() if line in OK}


def reads_recovery_key(folder: Path, sealed: bytes, key: bytes) -> str:
    """key: the provisioner's (PEM). Empty: it is for another."""
    (folder / "provisioner.key").write_bytes(key)
    (folder / "recovery.p7m").write_bytes(sealed)
    read = folder / "recovery.txt"
    read.write_text("")
    page = (DOCS / "provisioning.md").read_text("utf-8")
    [command] = re.findall(r"^ +(openssl cms -decrypt .*)$", page, re.MULTILINE)
    done = subprocess.run(command.split(), cwd=folder, capture_output=True, text=True, timeout=60)
    return read.read_text() if done.returncode == 0 else ""
