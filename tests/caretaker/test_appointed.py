"""Staff who come by a signed file: once, also when the power goes, and never by a file that does not fit."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from kiosk.caretaker import appointed, disk, passcodes
from kiosk.caretaker.changes import Changes
from kiosk.caretaker.passcodes import Passcodes
from kiosk.ipc.appointed import Appointed, Member
from tests.caretaker.hashes import CHEAP, DEAR
from tests.caretaker.trails import Told

MEMBER = Member("supervisor", DEAR)


class Caretaker:
    """What of it is needed here."""

    def __init__(self, folder: Path) -> None:
        self.file, self.state = folder / "appointed.json", folder / "state"
        self.told = Told()
        self.state.mkdir()

    def starts(self) -> dict[int, str]:
        staff = self.staff
        appointed.appoint(self.file, staff)
        return dict(staff.accounts)

    @property
    def staff(self) -> Passcodes:
        return Passcodes(self.state / passcodes.FILE, Changes(self.told, self.state), cost=CHEAP)

    def is_brought(self, brought: Appointed) -> None:
        self.file.write_bytes(msgspec.json.encode(brought))


@pytest.fixture
def caretaker(tmp_path: Path) -> Caretaker:
    return Caretaker(tmp_path)


def test_it_is_done_once(caretaker: Caretaker) -> None:
    assert caretaker.starts() == {}
    caretaker.is_brought(Appointed("1", {7: MEMBER}))
    assert caretaker.starts() == {7: "supervisor"} and len(caretaker.told) == 1
    caretaker.staff.remove(7)
    assert caretaker.starts() == {} and len(caretaker.told) == 2, "nor when a terminal has changed it since"
    caretaker.is_brought(Appointed("2", {8: MEMBER}))
    assert caretaker.starts() == {8: "supervisor"}


def test_with_the_accounts_their_number_is_lost_and_the_last_file_is_done_once_more(caretaker: Caretaker) -> None:
    caretaker.is_brought(Appointed("1", {7: MEMBER}))
    caretaker.starts()
    (caretaker.state / passcodes.FILE).write_bytes(b"{")
    assert caretaker.starts() == {7: "supervisor"} and len(caretaker.told) == 2
    assert caretaker.starts() == {7: "supervisor"} and len(caretaker.told) == 2


def test_a_disk_that_is_full_leaves_it_for_the_next_start(
    caretaker: Caretaker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caretaker.is_brought(Appointed("1", {7: MEMBER}))

    def full(path: Path, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as filled:
        filled.setattr(disk, "put", full)
        assert caretaker.starts() == {}
    assert "it is tried again at the next start" in caplog.text
    assert caretaker.starts() == {7: "supervisor"}


DEARER = MEMBER.phc.replace("m=65536", "m=4000000")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[" * 100_000,
        b"\xff",
        b'{"number":"1","members":{"0":{"role":"officer","phc":"%s"}}}' % MEMBER.phc.encode(),
        b'{"number":"1","members":{"7":{"role":"vendor","phc":"%s"}}}' % MEMBER.phc.encode(),
        b'{"number":"1","members":{"7":{"role":"officer","phc":"%s"}}}' % DEARER.encode(),
        b'{"number":"1","members":{"7":{"role":"officer","phc":"58203917"}}}',
        b'{"number":"1","more":1}',
    ],
    ids=lambda content: content[:60].decode("latin-1"),
)
def test_a_file_that_does_not_fit_appoints_nobody(
    caretaker: Caretaker, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    caretaker.file.write_bytes(content)
    assert caretaker.starts() == {} and caretaker.told == []
    assert caplog.text.count("nobody is appointed") == 1
    assert "argon2" not in caplog.text
