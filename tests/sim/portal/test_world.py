"""Whom the sandbox knows and believes: records, anchors and revocation lists from files."""

from __future__ import annotations

import datetime
import json
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from kiosk.config.kiosk import Portal
from kiosk.portal.client import PortalBroken, PortalClient, PortalClosed, PortalRefused
from kiosk.portal.model import Offer, Refusal
from kiosk.sim.people import people
from kiosk.sim.pki import Pki
from kiosk.sim.portal.certificate import agrees
from kiosk.sim.portal.records import HELP, BadRecords, read_records
from kiosk.sim.portal.sandbox import Sandbox, world
from kiosk.sim.portal.trust import BadAnchor, Trust, read_anchors, read_list
from tests.portal.conftest import Visitor

Visitors = Callable[..., Visitor]
GOOD = """
[[driver]]
name = "霧島田　蓮"
birth_date = 1998-07-07
colour = "blue"
category = "general"
expires = 2029-08-07
holding = "card_and_licence"
"""


@pytest.fixture
def strange(tmp_path: Path) -> Pki:
    """Somebody's own test authority."""
    return Pki(tmp_path / "strange")


@pytest.fixture
def anchor(strange: Pki, tmp_path: Path) -> Path:
    path = tmp_path / "anchor.pem"
    path.write_bytes(strange.authority("card", "sign").certificate.public_bytes(Encoding.PEM))
    return path


def revocation_list(pki: Pki, *serials: int, until: timedelta = timedelta(days=1)) -> x509.CertificateRevocationList:
    authority, now = pki.authority("card", "sign"), datetime.datetime.now(UTC)
    builder = x509.CertificateRevocationListBuilder(authority.certificate.subject, now - timedelta(days=2), now + until)
    for serial in serials:
        builder = builder.add_revoked_certificate(x509.RevokedCertificateBuilder(serial, now).build())
    return builder.sign(authority.key, hashes.SHA256())


def test_anyone_can_enrol_their_own_test_cards(
    pki: Pki, strange: Pki, anchor: Path, tmp_path: Path, portal_directory: Path
) -> None:
    (tmp_path / "records.toml").write_text(GOOD, "utf-8")
    guest = Visitor(people()["no-licence"], strange)
    with Sandbox(*world(pki, [anchor], [], [tmp_path / "records.toml"]), directory=portal_directory) as sandbox:
        licence = guest.link(PortalClient(sandbox.settings)).licence
        assert (licence.colour, licence.renewal_until) == ("blue", datetime.date(2029, 8, 7))
        assert any("NOT checked" in line for line in sandbox.announcement())


def test_a_person_of_a_given_anchor_without_a_record_has_no_licence(
    pki: Pki, strange: Pki, anchor: Path, portal_directory: Path
) -> None:
    with Sandbox(*world(pki, [anchor]), directory=portal_directory) as sandbox, pytest.raises(PortalRefused) as refused:
        Visitor(people()["no-licence"], strange).link(PortalClient(sandbox.settings))
    assert refused.value.reason is Refusal.NO_LICENCE


@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
def test_a_given_list_revokes(
    pki: Pki, strange: Pki, anchor: Path, tmp_path: Path, portal_directory: Path, encoding: Encoding
) -> None:
    person = people()["excellent"]
    certificate = strange.credential(person, "sign").certificate
    assert certificate is not None
    serial = x509.load_der_x509_certificate(certificate).serial_number
    (tmp_path / "list").write_bytes(revocation_list(strange, serial).public_bytes(encoding))
    trusted = world(pki, [anchor], [tmp_path / "list"])
    assert trusted[1].unchecked == []
    with Sandbox(*trusted, directory=portal_directory) as sandbox, pytest.raises(PortalRefused) as refused:
        Visitor(person, strange).link(PortalClient(sandbox.settings))
    assert refused.value.reason is Refusal.CERTIFICATE_REVOKED


def test_with_a_list_that_is_out_of_date_nothing_is_decided(strange: Pki, portal_directory: Path) -> None:
    old = revocation_list(strange, until=timedelta(hours=-1))
    trust = Trust([strange.authority("card", "sign").certificate], lambda: [old])
    with Sandbox([], trust, directory=portal_directory) as sandbox, pytest.raises(PortalClosed):
        Visitor(people()["excellent"], strange).link(PortalClient(sandbox.settings))


def test_a_list_that_has_aged_is_fetched_anew(strange: Pki) -> None:
    lists = [revocation_list(strange, until=timedelta(hours=-1)), revocation_list(strange)]
    trust = Trust([strange.authority("card", "sign").certificate], lambda: [lists[0]])
    lists.pop(0)
    certificate = strange.credential(people()["excellent"], "sign").certificate
    assert certificate is not None
    trust.check(x509.load_der_x509_certificate(certificate))


def test_a_list_signed_by_another_key_does_not_count(pki: Pki, strange: Pki) -> None:
    trust = Trust([strange.authority("card", "sign").certificate], lambda: [revocation_list(pki)])
    assert len(trust.unchecked) == 1


def test_a_leaf_or_an_empty_file_is_no_anchor(strange: Pki, tmp_path: Path) -> None:
    leaf = strange.credential(people()["excellent"], "sign").certificate
    assert leaf is not None
    (tmp_path / "leaf.pem").write_bytes(x509.load_der_x509_certificate(leaf).public_bytes(Encoding.PEM))
    (tmp_path / "empty.pem").write_bytes(b"")
    for name, complaint in {"leaf": "not an authority", "empty": "no certificate", "none": "cannot be read"}.items():
        with pytest.raises(BadAnchor, match=rf"{name}\.pem: .*{complaint}"):
            read_anchors(tmp_path / f"{name}.pem")
    with pytest.raises(BadAnchor, match=r"empty\.pem: not a revocation list"):
        read_list(tmp_path / "empty.pem")


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("blue", "red"), r"\[\[driver\]\] 1: colour: "),
        (("birth_date = 1998-07-07", 'birth_date = "7 July"'), r"\[\[driver\]\] 1: birth_date: "),
        (("expires = 2029-08-07\n", ""), r"\[\[driver\]\] 1: .*expires"),
        (("colour", "color"), r"\[\[driver\]\] 1: .*colour|\[\[driver\]\] 1: .*color"),
        (("[[driver]]", "[[drivers]]"), "drivers: there must be"),
        (("[[driver]]", "[driver]"), "driver: there must be"),
        (('"blue"', "blue"), "is not TOML"),
        (("holding", "renewal_from = 2030-01-01\nholding"), r"\[\[driver\]\] 1: renewal_from: is after"),
        (("[[driver]]", GOOD + "[[driver]]"), r"\[\[driver\]\] 2: same name"),
    ],
)
def test_a_mistake_in_a_record_is_named_with_file_and_key(
    tmp_path: Path, change: tuple[str, str], complaint: str
) -> None:
    path = tmp_path / "drivers.toml"
    path.write_text(GOOD.replace(*change), "utf-8")
    with pytest.raises(BadRecords, match=rf"drivers\.toml: .*({complaint})") as bad:
        read_records(path)
    assert "霧島田" not in str(bad.value)


def test_the_help_shows_a_file_that_can_be_read(tmp_path: Path) -> None:
    example = HELP[HELP.index("  [[driver]]") : HELP.index("\nA person without")].replace("\n  ", "\n").lstrip()
    (tmp_path / "example.toml").write_text(example, "utf-8")
    [record] = read_records(tmp_path / "example.toml")
    assert record.licence.one_stop_address


@pytest.mark.parametrize("birth_date", ["19500000", "00000000", "19500600", "19500230"])
def test_a_record_may_have_a_birth_date_that_is_not_known_in_full(tmp_path: Path, birth_date: str) -> None:
    (tmp_path / "records.toml").write_text(GOOD.replace("1998-07-07", f'"{birth_date}"'), "utf-8")
    [record] = read_records(tmp_path / "records.toml")
    assert record.birth_date == birth_date
    (tmp_path / "records.toml").write_text(GOOD.replace("1998-07-07", '"19501301"'), "utf-8")
    with pytest.raises(BadRecords, match="birth_date"):
        read_records(tmp_path / "records.toml")


@pytest.mark.parametrize(
    ("text", "stated", "flags", "same"),
    [
        ("𠮷田", "吉田", "10", True),
        ("𠮷田", "吉田", "01", False),
        ("𠮷田", "吉田", "", False),
        ("吉田", "吉田", "00", True),
        ("葛\U000e0100西", "葛西", "00", True),
        ("吉田あ", "吉田", "11", False),
        ("𱍐田", "よし田", "11", True),  # the reading of one character in kana
        ("𱍐田", "よし田", "110", True),
        ("𱍐𱍐田", "よし田", "110", True),
        ("𱍐𱍐𱍐田", "よし田", "110", False),
        ("田", "よし田", "110", False),
        ("𱍐田", "よし田", "100", False),
        ("𱍐田", "よし田", "", False),
        ("𱍐田", "よし田", "1111", False),
        ("田𱍐", "吉よし", "111", True),
        ("𠮷", "吉田", "11", False),
    ],
)
def test_a_replaced_character_agrees_with_any_one_character(text: str, stated: str, flags: str, same: bool) -> None:
    assert agrees(text, stated, flags) is same


@pytest.fixture
def process(pki: Pki, portal_directory: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "kiosk.sim.portal", "--port", "0", "--admin-port", "0"]
    command += ["--state", str(portal_directory), "--pki", str(pki.directory)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        yield running
        running.send_signal(signal.SIGTERM)
        assert running.wait(timeout=10) == 0


def ask(url: str, order: object, **headers: str) -> dict[str, object]:
    content = json.dumps(order).encode()
    request = urllib.request.Request(url, content, {"Content-Type": "application/json"} | headers)
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=5) as answer:
        return dict(json.load(answer)["portal"])


def test_as_a_process_it_tells_where_it_is_and_its_faults_are_switched_from_outside(
    process: subprocess.Popen[str],
) -> None:
    assert process.stdout is not None
    head = "".join(process.stdout.readline() for _ in range(5))
    told = dict(re.findall(r"(\w+) += (\S+)", head))
    [url], [admin] = re.findall(r"https://\S+", head), re.findall(r"http://\S+", head)
    client = PortalClient(Portal(url=url, **told))
    assert client.reachable() is True
    assert ask(admin, {"faults": {"closed": {"on": "begin"}}})["faults"]
    with pytest.raises(PortalClosed):
        client.begin()
    ask(admin, {"faults": {"closed": False}})
    before = client.begin().terms
    ask(admin, {"change_terms": True})
    assert client.begin().terms != before
    assert ask(admin, {"offers": ["release"], "scope": "any"})["offers"] == ["release"]
    assert client.reachable() is True and client.offers == {Offer.RELEASE}
    assert (client.begin_release().scope, ask(admin, {"offers": []})["scope"]) == ("any", "any")
    with pytest.raises(PortalBroken):
        client.begin_release()
    begun_anew = ask(admin, {"reset": True})
    assert (begun_anew["applicants_held"], begun_anew["scope"]) == (0, "lapsed")
    for headers in ({"Host": "evil.example"}, {"Content-Type": "text/plain"}):
        with pytest.raises(urllib.error.HTTPError):
            ask(admin, {"faults": {"closed": True}}, **headers)
    with pytest.raises(urllib.error.HTTPError):
        ask(admin, {"faults": {"no-such": True}})
    with pytest.raises(urllib.error.HTTPError):
        ask(admin, {"offers": ["no-such"]})


def test_a_bad_file_stops_the_process_with_one_line(tmp_path: Path, pki: Pki, portal_directory: Path) -> None:
    (tmp_path / "r.toml").write_text("[[driver]]\n")
    command = [sys.executable, "-m", "kiosk.sim.portal", "--port", "0", "--records", str(tmp_path / "r.toml")]
    command += ["--state", str(portal_directory), "--pki", str(pki.directory)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=20)
    assert run.returncode == 2
    assert re.fullmatch(r"sandbox portal: \S+r\.toml: \[\[driver\]\] 1: .*name.*\n", run.stderr)
