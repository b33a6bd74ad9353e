"""A USB device in a socket of a QEMU machine: the host's end of the protocol that `usb-redir` speaks.

Theory of operation. QEMU listens on a socket; whoever connects has a device. Both send messages of a header (type and
length of 32 bits, id of 64, little-endian as everything here) and that many bytes. Each end says hello first, with an
id of 32 bits and what it can do; XHCI wants three things of ours. When QEMU has said it, ours says which endpoints and
interfaces there are, and that the device is plugged in. From there on QEMU asks and ours answers with the same id: a
control transfer as it stands (USB 2.0 §9.3), but for configuration and alternate setting, which have messages of their
own. An endpoint of interrupts is opened once; then each of its reports is sent as it comes. (usbredir's protocol
description, version 0.7; QEMU's hw/usb/redirect.c.) A machine that goes on where it was kept says no hello: it still
knows the device. That the socket closes is a device that is pulled out.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.appliance.wire import exactly

HELLO, DEVICE_CONNECT, INTERFACE_INFO, ENDPOINT_INFO = 0, 1, 4, 5
SET_CONFIGURATION, GET_CONFIGURATION, CONFIGURATION_STATUS = 6, 7, 8
SET_ALTERNATE, GET_ALTERNATE, ALTERNATE_STATUS = 9, 10, 11
START_INTERRUPTS, STOP_INTERRUPTS, INTERRUPTS_STATUS = 15, 16, 17
CONTROL, INTERRUPT = 100, 103
CAN = 1 << 4 | 1 << 5 | 1 << 6  # sizes of packets in ENDPOINT_INFO, ids of 64 bits, bulk transfers of 32 bits' length
HEADER, NUMBER, SHORT_NUMBER = struct.Struct("<II"), struct.Struct("<Q"), struct.Struct("<I")
TRANSFER = struct.Struct("<BBBBHHH")  # endpoint, request, its type, status, value, index, length
REPORT = struct.Struct("<BBH")  # endpoint, status, length
SUCCESS, STALL = 0, 4
FULL_SPEED = 1
SLOTS = 32  # of endpoints, the 16 of IN after those of OUT, and of interfaces
CONTROL_ENDPOINT, INTERRUPT_ENDPOINT, NO_ENDPOINT = 0, 3, 255  # as in USB's own descriptors

GET_DESCRIPTOR = 6
DEVICE, CONFIGURATION, STRING = 1, 2, 3  # kinds of descriptors (USB 2.0 §9.4)
IN = 0x80
STANDARD, KIND = 0x00, 0x60  # of a request's type


@dataclass(frozen=True)
class Request:
    """A control transfer's setup (USB 2.0 §9.3), and what came with it."""

    kind: int
    request: int
    value: int
    index: int
    length: int
    data: bytes


@dataclass(frozen=True)
class Device:
    """One interface with one endpoint of interrupts, IN. number: vendor's and product's. interface: class, subclass,
    protocol. packet: the longest report [bytes]. milliseconds: between two looks for one. descriptors: by kind and
    number, as they are sent. answer: to a request of its class; None: it stalls."""

    number: tuple[int, int]
    interface: tuple[int, int, int]
    endpoint: int
    packet: int
    milliseconds: int
    descriptors: Mapping[tuple[int, int], bytes]
    answer: Callable[[Request], bytes | None]


class Cable:
    """From a device to the machine. place: the chardev's socket. It answers in a thread of its own until `pull`."""

    def __init__(self, place: Path, device: Device) -> None:
        self._device = device
        self._line = socket.socket(socket.AF_UNIX)
        self._line.connect(str(place))
        self._number = 0
        self._lock = threading.Lock()
        threading.Thread(target=self._serve, daemon=True).start()

    def report(self, data: bytes) -> None:
        """What the device says by itself."""
        self._number += 1
        self._say(INTERRUPT, REPORT.pack(self._device.endpoint, SUCCESS, len(data)) + data, self._number)

    def pull(self) -> None:
        with contextlib.suppress(OSError):
            self._line.shutdown(socket.SHUT_RDWR)
        self._line.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError, EOFError):
            while True:
                kind, length = HEADER.unpack(exactly(self._line, HEADER.size))
                of = SHORT_NUMBER if kind == HELLO else NUMBER
                (number,) = of.unpack(exactly(self._line, of.size))
                self._hear(kind, exactly(self._line, length), number)

    def _hear(self, kind: int, said: bytes, number: int) -> None:
        if kind == HELLO:
            self._plug_in()
        elif kind in (SET_CONFIGURATION, GET_CONFIGURATION):
            self._say(CONFIGURATION_STATUS, bytes((SUCCESS, 1)), number)
        elif kind in (SET_ALTERNATE, GET_ALTERNATE):
            self._say(ALTERNATE_STATUS, bytes((SUCCESS, 0, 0)), number)
        elif kind in (START_INTERRUPTS, STOP_INTERRUPTS):
            self._say(INTERRUPTS_STATUS, bytes((SUCCESS, said[0])), number)
        elif kind == CONTROL:
            self._transfer(said, number)

    def _plug_in(self) -> None:
        device = self._device
        kinds, intervals, packets = [NO_ENDPOINT] * SLOTS, [0] * SLOTS, [0] * SLOTS
        kinds[0] = kinds[SLOTS // 2] = CONTROL_ENDPOINT
        place = SLOTS // 2 + (device.endpoint & ~IN)
        kinds[place], intervals[place], packets[place] = INTERRUPT_ENDPOINT, device.milliseconds, device.packet
        of_each = b"".join(bytes((value,)).ljust(SLOTS, b"\0") for value in (0, *device.interface))
        self._say(HELLO, b"kiosk".ljust(64, b"\0") + struct.pack("<I", CAN))
        self._say(INTERFACE_INFO, struct.pack("<I", 1) + of_each)
        self._say(ENDPOINT_INFO, bytes(kinds) + bytes(intervals) + bytes(SLOTS) + struct.pack(f"<{SLOTS}H", *packets))
        self._say(DEVICE_CONNECT, struct.pack("<BBBBHH", FULL_SPEED, 0, 0, 0, *device.number))

    def _transfer(self, said: bytes, number: int) -> None:
        endpoint, request, kind, _, value, index, length = TRANSFER.unpack_from(said)
        asked = Request(kind, request, value, index, length, said[TRANSFER.size :])
        answer = self._answer(asked)
        status = SUCCESS if answer is not None else STALL
        given = (answer or b"")[:length] if kind & IN else b""
        took = len(given) if kind & IN else len(asked.data)
        self._say(CONTROL, TRANSFER.pack(endpoint, request, kind, status, value, index, took) + given, number)

    def _answer(self, asked: Request) -> bytes | None:
        if asked.kind & IN and asked.request == GET_DESCRIPTOR and asked.kind & KIND == STANDARD:
            return self._device.descriptors.get(divmod(asked.value, 0x100))
        return bytes(2) if asked.kind & KIND == STANDARD else self._device.answer(asked)

    def _say(self, kind: int, data: bytes, number: int = 0) -> None:
        with self._lock:
            of = SHORT_NUMBER if kind == HELLO else NUMBER
            self._line.sendall(HEADER.pack(kind, len(data)) + of.pack(number) + data)
