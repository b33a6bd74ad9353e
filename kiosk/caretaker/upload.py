"""The trail on its way to a prefecture's desk, and how far it and the journal have come (docs/fleet.md).

Each file goes by PUT over TLS with the kiosk's own certificate, to whatever takes it (config/fleet/nginx.conf). Sealed
segments go once, the oldest first, each before its seal: a seal that is there says that all before it are, so whoever
was cut off goes on where that was. Then the open segment, and at last the anchor, which vouches for no line that has
not been sent. A file that the disk does not give back is left out, and its absence is there to be seen. So what the
desk has can be verified at any time, and lies there as here: trail.pub, and the folder trail. All of it is in a folder
of its key's fingerprint: a kiosk that has lost its state has a new key and begins a new trail, and the old one stays
beside it as it was.

How far it has come is a moment: everything that was written before it has left. Of the journal, which Debian's
systemd-journal-upload sends, it is the time of the first entry behind the place that it has saved; for it is known to
hang and to save no place, and neither may go unseen.
"""

from __future__ import annotations

import http.client
import ssl
import subprocess
from datetime import UTC, datetime
from itertools import chain, takewhile
from pathlib import Path
from urllib.parse import urlsplit

from kiosk.caretaker import disk
from kiosk.caretaker.chain import ANCHOR, SEAL
from kiosk.caretaker.key import PUBLIC_FILE, PublicKey
from kiosk.caretaker.trail import FOLDER, segments
from kiosk.config.certificate import end_of

PATIENCE_SECONDS = 30.0
JOURNAL = Path("/var/lib/private/systemd/journal-upload/state")  # DynamicUser; where it was, as LAST_CURSOR=
CURSOR = "LAST_CURSOR="
JOURNALCTL = "journalctl"


class NotTaken(Exception):
    """The desk does not take it. One line."""


class Archive:
    """url: of the folder that the files go to. tls: a folder with ca.pem, kiosk.pem and kiosk.key. ends: when the
    kiosk's certificate does, if that can be read."""

    def __init__(self, url: str, tls: Path) -> None:
        to = urlsplit(url)
        if to.scheme != "https" or to.hostname is None:
            raise NotTaken("the address has to begin with https://")
        self._path = to.path.rstrip("/")
        try:
            # As to the portal, and the same on each Debian: from Python 3.13 on the usual one refuses an authority of
            # which openssl has not been told to write down for what its key is.
            trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # verifies chain and host name; trusts nobody yet
            trust.load_verify_locations(cafile=tls / "ca.pem")
            trust.load_cert_chain(tls / "kiosk.pem", tls / "kiosk.key")
        except OSError as error:
            raise NotTaken(f"{tls}: ca.pem, kiosk.pem, kiosk.key: {error.strerror or 'do not fit'}") from None
        self.ends = end_of(tls / "kiosk.pem")
        self._line = http.client.HTTPSConnection(to.hostname, to.port or 443, context=trust, timeout=PATIENCE_SECONDS)

    def has(self, name: str) -> bool:
        """Raises NotTaken."""
        return self._ask("HEAD", name, None, (200, 404)) == 200

    def put(self, name: str, data: bytes) -> None:
        """Raises NotTaken."""
        self._ask("PUT", name, data, (200, 201, 204))

    def _ask(self, how: str, name: str, data: bytes | None, good: tuple[int, ...]) -> int:
        try:
            self._line.request(how, f"{self._path}/{name}", data)
            answer = self._line.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException) as error:
            self._line.close()
            said = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
            raise NotTaken(f"{name}: {said}") from None
        if answer.status not in good:
            raise NotTaken(f"{name}: the desk answers {answer.status}")
        return answer.status


def upload(folder: Path, key: PublicKey, archive: Archive) -> int:
    """Send what it has not; returns how many segments were sealed since it was last here. Raises NotTaken, and
    OSError."""

    def at_desk(path: Path) -> str:
        return f"{key.fingerprint}/{FOLDER}/{path.name}"

    with disk.held(folder, alone=False):
        there = segments(folder)
        sealed = [path for path in there if _seal(path).exists()]
        unsealed = [(path, disk.read(path)) for path in there if path not in sealed]
        anchor = (folder / ANCHOR).read_bytes()
    new = [*takewhile(lambda path: not archive.has(at_desk(_seal(path))), reversed(sealed))][::-1]
    public = f"{key.fingerprint}/{PUBLIC_FILE}"
    if not archive.has(public):
        archive.put(public, key.pem)
    whole = ((path, disk.read(path)) for segment in new for path in (segment, _seal(segment)))
    for path, data in chain(whole, unsealed, [(folder / ANCHOR, anchor)]):
        if data is not None:
            archive.put(at_desk(path), data)
    return len(new)


def journal_left(state: Path = JOURNAL) -> int | None:
    """Everything in the journal before that moment (seconds since 1970) has left; None: it is not being sent."""
    try:
        said = [line for line in state.read_text("utf-8").splitlines() if line.startswith(CURSOR)]
    except (FileNotFoundError, NotADirectoryError):
        return None
    began = int(datetime.now(UTC).timestamp())
    after = [f"--after-cursor={said[0].removeprefix(CURSOR)}"] if said else []
    command = [JOURNALCTL, "--quiet", "--output=export", "--output-fields=_", *after]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as asked:
        assert asked.stdout is not None
        for line in asked.stdout:
            if line.startswith(b"__REALTIME_TIMESTAMP="):  # of the first that has not left
                asked.kill()
                return int(line.partition(b"=")[2]) // 1_000_000
    if asked.returncode:
        raise OSError(asked.returncode, "journalctl does not say what has left")
    return began


def _seal(segment: Path) -> Path:
    return segment.with_name(segment.name + SEAL)
