"""A third party verifies an export by openssl alone, with the very commands of docs/audit.md."""

from __future__ import annotations

import re
import subprocess
import tarfile
from pathlib import Path

import pytest

from kiosk.caretaker.chain import lines_of
from kiosk.caretaker.export import SUMS, export
from kiosk.caretaker.trail import segments
from kiosk.caretaker.words import words
from kiosk.config.events import counts, event
from tests.caretaker.trails import Lost, key, opened, sample

PAGE = Path(__file__).resolve().parents[2] / "docs" / "audit.md"


def commands(containing: str) -> str:
    """The block of the page that has these words."""
    [block] = [
        each for each in re.findall(r"```sh\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL) if containing in each
    ]
    return str(block)


def shell(folder: Path, script: str) -> str:
    done = subprocess.run(["sh", "-c", script], cwd=folder, capture_output=True, text=True, timeout=60)
    return done.stdout + done.stderr


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    trail = sample(tmp_path / "trail")
    to = tmp_path / "out" / "FILE.tar"
    to.parent.mkdir()
    assert export(trail, key(), to) == len(segments(trail))
    return to


def test_an_export_verifies_with_openssl_alone(bundle: Path) -> None:
    said = shell(bundle.parent, commands("tar -xf"))
    files = len((bundle.parent / SUMS).read_text().splitlines())
    sealed = len(list(bundle.parent.glob("*.jsonl.sig")))
    assert said.count("Signature Verified Successfully") == 1 + sealed + 1 and sealed > 1
    assert said.count(" OK\n") == files + 1 and said.endswith("anchor OK\n")
    assert not re.search("CHANGED|FALSE|BROKEN|Fail", said)
    assert key().public.fingerprint in shell(bundle.parent, commands("outform DER"))


@pytest.mark.parametrize("name", ["000000000001.jsonl", "000000000001.jsonl.sig", "anchor", "trail.pub", SUMS])
def test_a_file_of_an_export_that_was_changed_fails_with_openssl(bundle: Path, name: str) -> None:
    whole = bundle.parent / "whole"
    whole.mkdir()
    shell(whole, f"tar -xf {bundle}")
    data = (whole / name).read_bytes()
    (whole / name).write_bytes(data[:20] + bytes([data[20] ^ 1]) + data[21:])
    said = shell(whole, commands("tar -xf").replace("tar -xf FILE.tar\n", ""))
    assert re.search("CHANGED|FALSE|Failure|Could not|No such", said)


def test_an_export_of_a_broken_trail_is_the_proof_of_it(tmp_path: Path) -> None:
    trail = sample(tmp_path / "trail")
    first = segments(trail)[0]
    first.write_bytes(first.read_bytes().replace(b'"count":1,', b'"count":9,'))
    (tmp_path / "out").mkdir()
    export(trail, key(), tmp_path / "out" / "FILE.tar")
    said = shell(tmp_path / "out", commands("tar -xf"))
    assert "000000000001.jsonl.sig FALSE" in said and "BROKEN" in said and "CHANGED" not in said


def test_a_line_is_read_in_words_of_the_table(tmp_path: Path) -> None:
    trail = opened(tmp_path, segment_bytes=10_000)
    trail.append(
        event("browser_restarted", browser="silent"), counts("slip", 2, {"printed": {"printed": 4, "cutter": 1}})
    )
    [segment] = segments(tmp_path)
    fault, counted = lines_of(segment.read_bytes())
    assert words(fault, "en") == (
        "     1  2026-11-26T01:00:00Z  The browser was restarted; why it was restarted: "
        "its page no longer told that it lives"
    )
    assert words(fault, "ja").endswith("画面を開き直しました; 開き直した理由: 画面が動かなくなった")
    assert words(counted, "en").endswith("5 / 2 h; what came of it: its cutter was stuck 1, it was printed 4")


def test_of_a_long_trail_the_newest_segments_go_along_and_verify(tmp_path: Path) -> None:
    trail = sample(tmp_path / "trail")
    there = segments(trail)
    newest = sum(path.stat().st_size for path in there[-2:])
    for most, expected in ((newest, 2), (newest - 1, 1), (0, 1), (10**9, len(there))):
        to = tmp_path / f"{most}" / "FILE.tar"
        to.parent.mkdir()
        assert export(trail, key(), to, most_bytes=most) == expected
        said = shell(to.parent, commands("tar -xf"))
        assert said.endswith("anchor OK\n") and not re.search("CHANGED|FALSE|BROKEN|Fail", said)
        assert {path.name for path in to.parent.glob("*.jsonl")} == {path.name for path in there[-expected:]}


def test_a_segment_that_the_disk_does_not_give_back_keeps_no_other_from_being_handed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trail = sample(tmp_path / "trail")
    to = tmp_path / "FILE.tar"
    lost = segments(trail)[1]
    Lost(monkeypatch, lost)
    export(trail, key(), to)
    with tarfile.open(to) as bundle:
        names = bundle.getnames()
    assert lost.name not in names and {path.name for path in segments(trail)} - {lost.name} <= set(names)
