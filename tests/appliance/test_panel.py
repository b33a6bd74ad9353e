"""The panel's end of the cable, as QEMU asks it."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.appliance.panel import DESCRIPTION, FINGERS, HID_REPORT, HOW_MANY, INTERRUPTS, PACKET, Panel
from tests.appliance.usb import (
    CAN,
    CONFIGURATION,
    CONFIGURATION_STATUS,
    CONTROL,
    DEVICE,
    DEVICE_CONNECT,
    ENDPOINT_INFO,
    GET_DESCRIPTOR,
    HELLO,
    INTERFACE_INFO,
    INTERRUPT,
    SET_CONFIGURATION,
    STALL,
    START_INTERRUPTS,
    TRANSFER,
)

SECONDS = 10.0
FINGER = struct.Struct("<BBHH")  # on the glass, which, where


class Port:
    """QEMU's end. All that is heard is what was said, or asked for."""

    def __init__(self, place: Path) -> None:
        with socket.socket(socket.AF_UNIX) as listens:
            listens.bind(str(place))
            listens.listen()
            self.panel = Panel(place)
            self.line, _ = listens.accept()
        self.line.settimeout(SECONDS)

    def say(self, kind: int, data: bytes, number: int = 7) -> None:
        self.line.sendall(struct.pack("<IIQ", kind, len(data), number) + data)

    def hear(self, ids: str = "Q") -> tuple[int, int, bytes]:
        """A message's kind, its id, what is in it."""
        header = struct.Struct(f"<II{ids}")
        kind, length, number = header.unpack(self.line.recv(header.size, socket.MSG_WAITALL))
        return kind, number, self.line.recv(length, socket.MSG_WAITALL) if length else b""

    def asks(self, kind: int, request: int, value: int, length: int = 1024) -> tuple[int, bytes]:
        """A control transfer IN: its status, and what came."""
        self.say(CONTROL, TRANSFER.pack(0x80, request, kind, 0, value, 0, length))
        heard, number, said = self.hear()
        assert (heard, number) == (CONTROL, 7)
        *_, status, _, _, given = TRANSFER.unpack_from(said)
        assert given == len(said) - TRANSFER.size <= length
        return status, said[TRANSFER.size :]


@pytest.fixture
def port(tmp_path: Path) -> Iterator[Port]:
    port = Port(tmp_path / "touch.sock")
    yield port
    port.panel.pull()
    port.line.close()


def test_a_panel_is_plugged_in_when_hello_was_said(port: Port) -> None:
    port.line.sendall(struct.pack("<III64sI", HELLO, 68, 0, b"QEMU", CAN))
    assert port.hear("I")[0] == HELLO
    (interfaces, _, told), (endpoints, _, table), (plugged, _, _) = (port.hear() for _ in range(3))
    assert (interfaces, endpoints, plugged) == (INTERFACE_INFO, ENDPOINT_INFO, DEVICE_CONNECT)
    assert (told[:4], told[36]) == (b"\1\0\0\0", 3), "one interface, of HID's class"
    assert (table[16 + (INTERRUPTS & 0x0F)], len(table)) == (3, 3 * 32 + 2 * 32)
    port.say(SET_CONFIGURATION, b"\1")
    assert port.hear() == (CONFIGURATION_STATUS, 7, b"\0\1")


@pytest.mark.parametrize("kind", [DEVICE, CONFIGURATION])
def test_its_descriptors_are_as_long_as_they_say_and_come_in_part(port: Port, kind: int) -> None:
    status, whole = port.asks(0x80, GET_DESCRIPTOR, kind << 8)
    says = whole[0] if kind == DEVICE else int.from_bytes(whole[2:4], "little")
    assert (status, says) == (0, len(whole))
    assert port.asks(0x80, GET_DESCRIPTOR, kind << 8, 8) == (0, whole[:8])


def test_it_tells_its_reports_and_how_many_fingers_it_knows_and_nothing_else(port: Port) -> None:
    assert port.asks(0x81, GET_DESCRIPTOR, HID_REPORT << 8) == (0, DESCRIPTION)
    assert port.asks(0xA1, 1, 3 << 8 | HOW_MANY) == (0, bytes((HOW_MANY, FINGERS)))
    assert port.asks(0xA1, 1, 3 << 8 | 9) == (STALL, b"")


def test_a_finger_is_on_the_glass_until_it_is_lifted(port: Port) -> None:
    port.say(START_INTERRUPTS, bytes((INTERRUPTS,)))
    port.hear()
    told = []
    for fingers in ({0: (0.5, 0.25)}, {0: (0.5, 0.25), 3: (1.0, 2.0)}, {3: (0.0, 1.0)}, {}):
        port.panel.touched(fingers)
        kind, _, said = port.hear()
        assert (kind, len(said) - 4) == (INTERRUPT, PACKET)
        report = said[4:]
        told.append([FINGER.unpack_from(report, 1 + FINGER.size * each) for each in range(report[-1])])
    assert told == [
        [(1, 0, 16384, 8192)],
        [(1, 0, 16384, 8192), (1, 3, 32767, 32767)],
        [(0, 0, 16384, 8192), (1, 3, 0, 32767)],
        [(0, 3, 0, 32767)],
    ]


def test_a_panel_of_a_kept_machine_is_known_already(port: Port) -> None:
    port.panel.touched({0: (0.0, 0.0)})
    assert port.hear()[0] == INTERRUPT
