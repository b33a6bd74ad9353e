"""Both sides show who they are, or nothing happens."""

from __future__ import annotations

import dataclasses
import os
import socket
import ssl
import stat
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography import x509

from kiosk.config.kiosk import Portal
from kiosk.portal import client as client_module
from kiosk.portal.client import PortalClient, PortalRefused, PortalUnreachable
from kiosk.portal.errors import IllTimed, Misconfigured
from kiosk.portal.exchange import Answer, exchange
from kiosk.portal.model import Refusal
from kiosk.sim.portal.faults import CERTIFICATES, Fault
from kiosk.sim.portal.sandbox import Sandbox
from kiosk.sim.portal.tls import tls_files


@pytest.mark.parametrize("kind", CERTIFICATES)
def test_a_portal_with_the_wrong_certificate_is_told_nothing(client: PortalClient, sandbox: Sandbox, kind: str) -> None:
    sandbox.faults.switch_on(Fault.WRONG_CERTIFICATE, value=kind)
    with pytest.raises(PortalUnreachable) as unreachable:
        client.begin()
    assert unreachable.value.sent == "no"


@pytest.mark.parametrize(
    ("kind", "ill_timed"),
    [("not_yet", IllTimed.NOT_YET), ("expired", IllTimed.NO_MORE), ("stranger", None), ("other_name", None)],
)
def test_a_wrong_clock_is_told_from_a_wrong_portal_and_said_once(
    client: PortalClient, sandbox: Sandbox, caplog: pytest.LogCaptureFixture, kind: str, ill_timed: IllTimed | None
) -> None:
    """A clock that is 400 days back meets a certificate that is not valid yet."""
    sandbox.faults.switch_on(Fault.WRONG_CERTIFICATE, value=kind)
    assert [client.reachable() for _ in range(3)] == [False] * 3
    assert client.ill_timed is ill_timed
    assert [("clock" in line, "set it" in line) for line in caplog.messages] == ([(True, True)] if ill_timed else [])
    sandbox.faults.clear()
    assert client.reachable() is True
    assert client.ill_timed is None


@pytest.mark.parametrize(
    ("hours", "words"), [(0, None), (1, "60 minutes ahead of the portal's"), (-1, "60 minutes behind the portal's")]
)
def test_a_clock_that_differs_from_the_portals_is_said_once(
    client: PortalClient,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    hours: int,
    words: str | None,
) -> None:
    def at_another_hour(*arguments: Any) -> Answer:
        answer = exchange(*arguments)
        assert answer.date is not None
        return dataclasses.replace(answer, date=answer.date - timedelta(hours=hours))

    monkeypatch.setattr(client_module, "exchange", at_another_hour)
    assert [client.reachable() for _ in range(3)] == [True] * 3
    assert client.ahead == pytest.approx(hours * 3600, abs=30)
    assert caplog.messages == ([f"this machine's clock is {words}: set it"] if words else [])


def test_the_first_certificate_to_end_is_known_once_both_were_seen(
    client: PortalClient, sandbox: Sandbox, settings: Portal
) -> None:
    assert client.certificate(datetime.now(UTC)) is None
    client.check()
    own = x509.load_pem_x509_certificate(Path(settings.certificate_file or "").read_bytes()).not_valid_after_utc
    assert client.ends == own
    assert client.reachable() is True
    its = x509.load_pem_x509_certificate(sandbox.files.certificate("server").read_bytes()).not_valid_after_utc
    assert client.ends == min(own, its)
    for before, lasts in [(31, "lasting"), (29, "ends_soon"), (0, "ended")]:
        assert client.certificate(client.ends - timedelta(days=before)) == lasts


def test_a_kiosk_with_a_certificate_of_a_stranger_is_refused(sandbox: Sandbox, settings: Portal) -> None:
    files = sandbox.files
    stranger = msgspec.structs.replace(
        settings,
        certificate_file=str(files.certificate("stranger_kiosk")),
        key_file=str(files.key("stranger_kiosk")),
    )
    with pytest.raises(PortalUnreachable):
        PortalClient(stranger).begin()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_2])
def test_without_a_client_certificate_or_with_old_tls_there_is_no_answer(
    sandbox: Sandbox, settings: Portal, version: ssl.TLSVersion
) -> None:
    context = ssl.create_default_context(cafile=settings.ca_file)
    context.maximum_version = version
    if version is ssl.TLSVersion.TLSv1_2:
        context.load_cert_chain(str(settings.certificate_file), settings.key_file)
    port = sandbox._server.port
    try:
        with (
            socket.create_connection(("127.0.0.1", port), timeout=5) as raw,
            context.wrap_socket(raw, server_hostname="127.0.0.1") as secured,
        ):
            secured.sendall(b"GET /v1/status HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            answer = secured.recv(1)
    except OSError:  # SSLError is one
        answer = b""
    assert answer == b""


def test_one_who_connects_and_says_nothing_stops_nobody(client: PortalClient, sandbox: Sandbox) -> None:
    silent = [socket.create_connection(("127.0.0.1", sandbox._server.port)) for _ in range(20)]
    assert client.reachable() is True
    for each in silent:
        each.close()


def test_a_linking_of_one_kiosk_does_not_exist_for_another(
    client: PortalClient, sandbox: Sandbox, settings: Portal
) -> None:
    files = sandbox.files
    other = PortalClient(
        msgspec.structs.replace(
            settings, certificate_file=str(files.certificate("other_kiosk")), key_file=str(files.key("other_kiosk"))
        )
    )
    linking = client.begin()
    assert other.begin().id != linking.id
    with pytest.raises(PortalRefused) as refused:
        other.state(linking)
    assert refused.value.reason is Refusal.EXPIRED


def test_proxies_of_the_environment_are_not_used(client: PortalClient, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert client.reachable() is True


def test_settings_that_lead_nowhere_are_said_once_however_often_the_portal_is_asked(
    settings: Portal, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    client = PortalClient(msgspec.structs.replace(settings, ca_file=str(tmp_path / "none.pem")))
    assert [client.reachable() for _ in range(3)] == [False] * 3
    (said,) = caplog.messages
    assert "portal.ca_file" in said and "none.pem" in said


@pytest.mark.parametrize("key", ["ca_file", "certificate_file", "key_file"])
def test_a_file_that_is_not_what_it_should_be_is_named(settings: Portal, tmp_path: Path, key: str) -> None:
    wrong = tmp_path / "wrong.pem"
    wrong.write_text("not a certificate")
    client = PortalClient(msgspec.structs.replace(settings, **{key: str(wrong)}))
    with pytest.raises(ValueError, match=rf"portal\.{key}.*wrong\.pem|{key}: .*wrong\.pem and"):
        client.check()
    assert client.reachable() is False


def test_private_keys_are_for_their_owner_alone_and_kept(tmp_path: Path) -> None:
    files = tls_files(tmp_path / "tls")
    for path in files.directory.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = files.ca.read_bytes()
    assert tls_files(tmp_path / "tls").ca.read_bytes() == before
    files.key("server").unlink()
    assert tls_files(tmp_path / "tls").ca.read_bytes() != before


def test_a_file_that_is_not_there_is_named(settings: Portal, tmp_path: Path) -> None:
    gone = tmp_path / "gone.pem"
    with pytest.raises(Misconfigured) as wrong:
        PortalClient(msgspec.structs.replace(settings, key_file=str(gone))).check()
    assert str(wrong.value) == f"portal.key_file: there is no file {gone}; put it there or correct the path"


def test_a_key_file_of_someone_else_is_told(settings: Portal) -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        there, secret = Path(folder, "there.pem"), Path(folder, "secret.key")
        there.touch()
        secret.touch(mode=0o000)
        client = PortalClient(
            msgspec.structs.replace(settings, ca_file=str(there), certificate_file=str(there), key_file=str(secret))
        )
        us = os.geteuid()
        if us == 0:  # root may read everything; nobody may not
            os.seteuid(65534)
        try:
            with pytest.raises(Misconfigured, match=rf"portal\.key_file: {secret} cannot be read by this user"):
                client.check()
            assert client.reachable() is False, "linking is closed, and nothing else"
        finally:
            os.seteuid(us)
