"""Whoever tells the caretaker something is never held up for long, never fails, and forgets no count."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kiosk.config.events import event
from kiosk.ipc.caretaker import Away, Caretaker, InThisProcess, NoCaretaker
from kiosk.ipc.messages import (
    LONGEST,
    SOCKET,
    AddStaff,
    Admit,
    Denied,
    NotAMessage,
    ShowCard,
    Standing,
    Status,
    Taken,
    Tell,
    answer,
    encode,
    question,
)

FAULT, STATE = event("session_died"), event("printer", printer="ready")


@contextmanager
def answering(runtime: Path, says: Callable[[bytes], bytes | None], asked: list[bytes]) -> Iterator[None]:
    """Something that listens there, one after the other. None: it says nothing, and hangs up half a second later."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as door:
        door.bind(str(runtime / SOCKET))
        door.listen()

        def serve() -> None:
            while True:
                try:
                    line, _ = door.accept()
                except OSError:
                    return
                with line:
                    asked.append(line.recv(LONGEST))
                    said = says(asked[-1])
                    if said is None:
                        time.sleep(0.5)
                    else:
                        line.send(said)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield
        door.shutdown(socket.SHUT_RDWR)
        thread.join(5)
    (runtime / SOCKET).unlink()


def told(data: bytes) -> Tell:
    asked = question(data)
    assert isinstance(asked, Tell)
    return asked


def test_what_could_not_be_told_goes_along_as_a_number_with_what_can(tmp_path: Path) -> None:
    caretaker, asked = Caretaker(tmp_path), []  # type: ignore[var-annotated]
    assert [caretaker.tell(FAULT) for _ in range(3)] == [False] * 3
    assert not caretaker.tell(STATE), "and a state is told again and again, so it is not missed"
    with answering(tmp_path, lambda _: encode(Taken()), asked):
        assert caretaker.tell(FAULT) and caretaker.tell(FAULT)
    assert [told(each).untold for each in asked] == [3, 0]


def test_what_another_thread_has_not_got_through_meanwhile_stays_to_be_told(tmp_path: Path) -> None:
    untold, asked = InThisProcess(), []  # type: ignore[var-annotated]
    caretaker, nested = Caretaker(tmp_path, untold), Caretaker(tmp_path / "away", untold)

    def takes(_: bytes) -> bytes:
        if len(asked) == 1:
            assert not nested.tell(FAULT), "while the first is on its way"
        return encode(Taken())

    with answering(tmp_path, takes, asked):
        assert caretaker.tell(FAULT) and caretaker.tell(FAULT) and caretaker.tell(FAULT)
    assert [told(each).untold for each in asked] == [0, 1, 0]


@pytest.mark.parametrize("said", [b"", b"x", b"{}", b'{"message":"x"}', None], ids=repr)
def test_an_answer_that_is_none_or_does_not_come_counts_as_not_told(tmp_path: Path, said: bytes | None) -> None:
    caretaker = Caretaker(tmp_path, patience_seconds=0.2)
    with answering(tmp_path, lambda _: said, []):
        began = time.monotonic()
        assert not caretaker.tell(FAULT) and not caretaker.present()
        assert time.monotonic() - began < 2
        with pytest.raises(Away) as away:
            caretaker.ask(Status())
        assert "\n" not in str(away.value) and str(tmp_path) in str(away.value)


def test_what_was_heard_and_denied_is_not_counted_again(tmp_path: Path) -> None:
    caretaker, asked = Caretaker(tmp_path), []  # type: ignore[var-annotated]
    with answering(tmp_path, lambda _: encode(Denied("too much is told")), asked):
        assert caretaker.tell(FAULT) and caretaker.tell(FAULT)
    assert [told(each).untold for each in asked] == [0, 0]


def test_it_is_there_when_it_says_how_it_stands(tmp_path: Path) -> None:
    caretaker = Caretaker(tmp_path)
    assert not caretaker.present()
    with answering(tmp_path, lambda _: encode(Standing(1, "0", 0, staffed=False)), []):
        assert caretaker.present()
    assert not caretaker.present()
    assert NoCaretaker().present() and NoCaretaker().tell(FAULT)


def test_messages_are_the_same_behind_the_wire_and_a_passcode_in_no_repr() -> None:
    for message in (Status(), Admit(12, "58203917"), AddStaff(12, "vendor", "58203917")):
        assert question(encode(message)) == message and "58203917" not in f"{message} {message!r}"
    shown = ShowCard(12, b"58203917" * 320, b"\0" * 256)
    assert question(encode(shown)) == shown and repr(shown) == "<ShowCard>" and len(encode(shown)) < LONGEST
    for said in (Taken(), Denied("x"), Standing(1, "0", 2, staffed=True)):
        assert answer(encode(said)) == said
    foreign = b'"staff":12,"check":"printer","reason":"worn_out"}'
    for data in (
        *(b"", b"{}", encode(Taken()), b'{"message":"admit","staff":0,"passcode":""}', b"[" * 9999),
        *(b'{"message":"markseen",' + foreign, b'{"message":"report",' + foreign.partition(b",")[2]),
    ):
        with pytest.raises(NotAMessage):
            question(data)
