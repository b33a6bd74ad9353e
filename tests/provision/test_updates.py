"""Where an update comes from is the one thing in the image's rules that an address changes, and nothing but an address
gets there."""

from __future__ import annotations

import configparser
import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from kiosk.provision.fleet import Unfit
from kiosk.provision.updates import rules
from tests.stage import ROOT

IMAGE = ROOT / "image/mkosi.extra/usr/lib"
SHIPPED = {path.name: path.read_text() for path in (IMAGE / "sysupdate.d").glob("*.transfer")}
FETCH = IMAGE / "kiosk-image/fetch"
THERE = "https://updates.example.jp:8443/kiosks/ring-1"


def read(text: str) -> dict[str, dict[str, str]]:
    found = configparser.ConfigParser(interpolation=None)
    found.optionxform = str  # type: ignore[assignment, method-assign]
    found.read_string(text)
    return {name: dict(found[name]) for name in found.sections()}


@pytest.mark.parametrize("said", [f"URL={THERE}", f"# ring 1\n\nURL={THERE}\n"])
def test_the_images_own_rules_with_another_place_and_nothing_else(said: str) -> None:
    made = rules(SHIPPED, said)
    assert made.keys() == SHIPPED.keys() and len(made) == 3
    for name, text in made.items():
        ours, theirs = read(SHIPPED[name]), read(text)
        assert theirs["Source"].items() - ours["Source"].items() == {("Type", "url-file"), ("Path", THERE)}
        assert theirs["Transfer"].pop("Verify") == "no"
        ours["Source"] |= {"Type": "url-file", "Path": THERE}
        assert theirs == ours


@pytest.mark.parametrize(
    "address",
    [
        "",
        "https://",
        "http://a.jp/ring-1",
        "HTTPS://a.jp/ring-1",
        "file:///state/update",
        "https://somebody:word@a.jp/",
        "https://a.jp/?ring=1",
        "https://a.jp/#1",
        "https://a.jp/%A",
        "https://a.jp/ring 1",
        "https://a.jp:443000/",
        "https://a.jp/\nVerify=no",
        "https://a.jp/\r",
        "https://a.jp/\\",
        'https://a.jp/"',
        "https://a.jp/リング",
    ],
)
def test_what_is_no_address_of_https_is_refused_by_its_file_and_not_repeated(address: str) -> None:
    with pytest.raises(Unfit) as refused:
        rules(SHIPPED, f"URL={address}\n")
    assert str(refused.value) == "updates.conf: is not one line URL=https://…"


@pytest.mark.parametrize("was", ["Path=/state/update\n", "[Transfer]\n", "Type=regular-file\nPath=/state"])
def test_rules_that_are_not_as_they_were_are_not_half_changed(was: str) -> None:
    name = "20-root.transfer"
    with pytest.raises(Unfit, match=name):
        rules({**SHIPPED, name: SHIPPED[name].replace(was, "")}, f"URL={THERE}")


class Asked:
    """The image's own script, with stand-ins for systemd-sysupdate, which says what it was asked, and for keep-signed,
    which says each of looks in turn, and then that all is well."""

    def __init__(self, folder: Path) -> None:
        self.told, self.made, self.kept = folder / "updates.conf", folder / "made", folder / "fetched"
        self.calls, self._stands_in = folder / "calls", folder / "sysupdate"
        self.looks: list[int] = []
        self._says = folder / "looks"
        self.made.mkdir()
        self.gives(0, "0.1.0.10")

    def gives(self, code: int, newest: str) -> None:
        self._stands_in.write_text(
            f"import sys\nopen({str(self.calls)!r}, 'a').write(' '.join(sys.argv[1:]) + '\\n')\n"
            f'if \'list\' in sys.argv: print(\'{{"current":"{newest}","all":[]}}\')\n'
            f"else: sys.exit({code})\n"
        )

    def __call__(self, said: str | bytes) -> int:
        self.told.write_bytes(said if isinstance(said, bytes) else said.encode())
        main = runpy.run_path(str(FETCH))["main"]
        stands_in = (sys.executable, str(self._stands_in))
        self._says.write_text("".join(f"{code}\n" for code in self.looks))
        keeps = ("sh", "-c", 'code=$(head -n 1 "$1"); sed -i 1d "$1"; exit ${code:-0}', "-", str(self._says))
        return int(main(self.told, IMAGE / "sysupdate.d", self.made, self.kept, stands_in, keeps))


@pytest.fixture
def asked(tmp_path: Path) -> Asked:
    return Asked(tmp_path)


def test_what_was_asked_for_is_kept_once_the_server_has_answered(asked: Asked) -> None:
    assert asked(f"URL={THERE}\n") == 0
    assert {path.name: path.read_text() for path in asked.made.iterdir()} == rules(SHIPPED, f"URL={THERE}")
    by = f"--definitions={asked.made}"
    assert asked.calls.read_text() == f"{by} update\n{by} --offline --json=short list\n"
    assert asked.kept.read_text() == "IMAGE_VERSION=0.1.0.10\n" and asked.kept.stat().st_mode & 0o777 == 0o644
    asked.gives(1, "0.1.0.11")
    assert asked(f"URL={THERE}\n") == 75
    assert asked.kept.read_text() == "IMAGE_VERSION=0.1.0.10\n", "and stays while it has not"


def test_a_server_that_never_answers_is_known_since_it_was_first_asked(asked: Asked) -> None:
    asked.gives(1, "0.1.0.10")
    assert asked(f"URL={THERE}\n") == 75
    os.utime(asked.kept, (1_764_100_000, 1_764_100_000))
    assert asked(f"URL={THERE}\n") == 75
    assert (asked.kept.read_text(), asked.kept.stat().st_mtime) == ("", 1_764_100_000)
    asked.gives(0, "0.1.0.10")
    assert asked(f"URL={THERE}\n") == 0
    assert asked.kept.read_text() == "IMAGE_VERSION=0.1.0.10\n"
    assert asked.kept.stat().st_mtime > 1_764_100_000


def test_a_disk_that_is_full_takes_nobody_the_next_try(asked: Asked) -> None:
    asked.gives(1, "0.1.0.10")
    asked.kept = asked.kept.parent / "no-such-place" / "fetched"
    assert asked(f"URL={THERE}\n") == 75


@pytest.mark.parametrize("came", [0, 1])
def test_what_was_no_update_is_no_answer_and_is_not_asked_for_again_at_once(asked: Asked, came: int) -> None:
    """A gigabyte each hour would make it none. A server that has never given another is known all the same."""
    asked.gives(came, "0.1.0.10")
    asked.looks = [0, 65]
    assert asked(f"URL={THERE}\n") == 65 and asked.kept.read_text() == ""
    asked.kept.write_text("IMAGE_VERSION=0.1.0.9\n")
    os.utime(asked.kept, (1_764_100_000, 1_764_100_000))
    assert asked(f"URL={THERE}\n") == 65
    assert (asked.kept.read_text(), asked.kept.stat().st_mtime) == ("IMAGE_VERSION=0.1.0.9\n", 1_764_100_000)
    assert "list" not in asked.calls.read_text()


def test_what_a_power_cut_has_left_unlooked_at_goes_before_the_server_is_asked(asked: Asked) -> None:
    asked.looks = [65]
    assert asked(f"URL={THERE}\n") == 0 and asked.kept.read_text() == "IMAGE_VERSION=0.1.0.10\n"


@pytest.mark.parametrize("code", [1, 78, 127])
def test_where_nothing_can_be_looked_at_nothing_is_fetched(asked: Asked, code: int) -> None:
    asked.looks = [code]
    with pytest.raises(SystemExit) as ends:
        asked(f"URL={THERE}\n")
    assert ends.value.code == 78 and not asked.calls.exists() and not asked.kept.exists()


@pytest.mark.parametrize(
    ("said", "line"), [("URL=http://a.jp/", "is not one line URL=https://…"), (b"URL=\xff", "is not UTF-8 text")]
)
def test_what_does_not_fit_is_asked_of_nobody_and_fails_for_good(
    asked: Asked, said: str | bytes, line: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert asked(said) == 78
    assert capfd.readouterr().out == f"updates.conf: {line}\n"
    assert not asked.calls.exists() and not list(asked.made.iterdir())


def test_the_list_that_make_image_writes_has_the_three_files_of_an_update_and_no_others(tmp_path: Path) -> None:
    [line] = [each.strip() for each in (ROOT / "tools/image").read_text().splitlines() if "SHA256SUMS" in each]
    ours = ("efi", "root.0f-1a.raw.gz", "root-verity.0f-1a.raw.gz")
    for version in ("0.1.0.9", "0.1.0.9.1", "0.1.0.8"):
        for end in (*ours, "raw", "manifest", "proof"):
            (tmp_path / f"kiosk_{version}.{end}").write_text(version)
    subprocess.run(
        ["sh", "-euc", f"work=$1; shift; {line}", "-", tmp_path.parent, "0.1.0.9", tmp_path.name], check=True
    )
    listed = (tmp_path / "SHA256SUMS").read_text()
    assert {each.split("  ")[1] for each in listed.splitlines()} == {f"kiosk_0.1.0.9.{end}" for end in ours}
    subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=tmp_path, check=True, timeout=30)
