"""The contract's schema, tried on the running sandbox by a program that knows nothing else of either."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from kiosk.sim.pki import Pki
from kiosk.sim.portal.sandbox import Sandbox, world
from tests.whole import WHOLE

CONTRACT = Path("kiosk/portal/openapi.yaml")


def test_schemathesis_finds_nothing_the_contract_does_not_allow(
    pki: Pki, portal_directory: Path, tmp_path: Path
) -> None:
    (tmp_path / "schemathesis.toml").write_text(
        # data that fits the schema may still be refused: an id nobody has begun, a signature that is none
        '[checks]\npositive_data_acceptance.expected-statuses = ["2xx", 404, 409, 410, 422]\n'
    )
    with Sandbox(*world(pki), directory=portal_directory) as sandbox:
        portal = sandbox.settings
        command = [str(Path(sys.executable).with_name("st")), "run", str(CONTRACT.absolute()), "--url", portal.url]
        command += ["--request-cert", str(portal.certificate_file), "--request-cert-key", str(portal.key_file)]
        command += ["--tls-verify", str(portal.ca_file), "--no-color"]
        command += ["--include-path-regex", "^/(status|linkings|releases)", "--generation-deterministic"]
        command += ["--max-examples", "15" if WHOLE else "8", "--checks", "all", "--continue-on-failure"]
        run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=110)
    assert run.returncode == 0, run.stdout[-5000:] + run.stderr[-1000:]
    assert "11 passed" in run.stdout
