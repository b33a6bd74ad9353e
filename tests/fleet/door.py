"""Where kiosks' trails and journals come in at a desk, as docs/fleet.md says it: Debian's nginx by the shipped
nginx.conf, and behind it Debian's systemd-journal-remote by the words of the shipped unit."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

from tests.fleet.desk import FLEET, SOON
from tests.stage import free_port

JOURNALS_PORT = 19532  # of the shipped files
SERVERS = ("trails", "journals", "updates")  # in the order of nginx.conf
AROUND = """\
user root;
daemon off;
pid {folder}/pid;
error_log {folder}/errors;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/bodies;
    include {folder}/kiosks.conf;
}}
"""


class Door:
    """folder: has ca.pem, server.pem and server.key."""

    def __init__(self, folder: Path) -> None:
        self.trails, self._journals, inner = folder / "trails", folder / "journals", str(free_port())
        for place in (self.trails, self._journals):
            place.mkdir()
        ports = {server: free_port() for server in SERVERS}
        self.trails_port, self.journals_port = ports["trails"], ports["journals"]
        listens = (f"listen 127.0.0.1:{port} ssl;" for port in ports.values())
        kiosks = re.sub("listen 443 ssl;", lambda _: next(listens), (FLEET / "nginx.conf").read_text("utf-8"))
        places = {"/etc/kiosk-desk/desk.": f"{folder}/server.", "/etc/kiosk-desk": str(folder)}
        for was, becomes in {**places, "/var/lib/kiosk-trails": str(self.trails), str(JOURNALS_PORT): inner}.items():
            assert was in kiosks
            kiosks = kiosks.replace(was, becomes)
        (folder / "kiosks.conf").write_text(kiosks, "utf-8")
        (folder / "nginx.conf").write_text(AROUND.format(folder=folder))
        unit = (FLEET / "kiosk-journals.service").read_text("utf-8")
        [takes] = re.findall(r"^ExecStart=(.*)$", unit, re.MULTILINE)
        takes = takes.replace(str(JOURNALS_PORT), inner).replace("/var/log/journal/remote/", f"{self._journals}/")
        commands = (["nginx", "-c", f"{folder}/nginx.conf"], shlex.split(takes))
        self._children = [subprocess.Popen(command, stderr=subprocess.DEVNULL) for command in commands]

    def trail(self) -> Path:
        """The folder of the one trail that has come. Raises ValueError: there are more, or none."""
        [kiosk] = self.trails.iterdir()
        [trail] = kiosk.iterdir()
        return trail

    def journal(self, *matches: str) -> str:
        """What has come, as journalctl's fields choose it."""
        command = ["journalctl", f"--directory={self._journals}", "--output=cat", "--no-pager", "--quiet", *matches]
        return subprocess.run(command, capture_output=True, text=True, timeout=SOON).stdout

    def close(self) -> None:
        for child in self._children:
            child.terminate()
            child.wait(SOON)
