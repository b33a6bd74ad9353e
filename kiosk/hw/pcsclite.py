"""The three calls of PC/SC that carry a reader's name, over libpcsclite itself (winscard.h, pcsclite.h).

To pcsc-lite a name is bytes, up to 127 of them, which come from the device or from a file and are cut off wherever the
127 end. pyscard makes text of them: one name that is not UTF-8 and its SCardListReaders fails for all readers, one that
is not ASCII and its SCardGetStatusChange does. Here a name is text that keeps every byte (PEP 383), so that there is no
reader that cannot be asked for, and none that hides another.

Contexts are pyscard's; so are the codes. Nothing is opened before the first call.
"""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Sequence
from ctypes import POINTER, byref, c_char, c_char_p, c_long, c_ulong, c_void_p

SUCCESS = 0


class ReaderState(ctypes.Structure):
    """SCARD_READERSTATE."""

    _fields_ = (
        ("szReader", c_char_p),
        ("pvUserData", c_void_p),
        ("dwCurrentState", c_ulong),
        ("dwEventState", c_ulong),
        ("cbAtr", c_ulong),
        ("rgbAtr", c_char * 33),
    )


@functools.cache
def library() -> ctypes.CDLL:
    found = ctypes.CDLL("libpcsclite.so.1")  # the one that pyscard has opened
    found.SCardListReaders.argtypes = (c_long, c_char_p, c_char_p, POINTER(c_ulong))
    found.SCardGetStatusChange.argtypes = (c_long, c_ulong, POINTER(ReaderState), c_ulong)
    found.SCardConnect.argtypes = (c_long, c_char_p, c_ulong, c_ulong, POINTER(c_long), POINTER(c_ulong))
    for call in (found.SCardListReaders, found.SCardGetStatusChange, found.SCardConnect):
        call.restype = c_long
    return found


def _call(name: str, *arguments: object) -> int:
    """The code without a sign, as pyscard has it, also where a long has 32 bits."""
    return int(getattr(library(), name)(*arguments)) & 0xFFFFFFFF


def list_readers(context: int) -> tuple[int, list[str]]:
    """The code, and the names of all readers."""
    size = c_ulong()
    code = _call("SCardListReaders", context, None, None, byref(size))
    if code != SUCCESS:
        return code, []
    names = ctypes.create_string_buffer(size.value)
    code = _call("SCardListReaders", context, None, names, byref(size))
    return code, [to_text(name) for name in names.raw[: size.value].split(b"\0") if name] if code == SUCCESS else []


def status_change(context: int, milliseconds: int, known: Sequence[tuple[str, int]]) -> tuple[int, list[int]]:
    """known: names, each with what is known of its state. The code, and the event states in the same order."""
    rows = (ReaderState * len(known))(*(ReaderState(to_bytes(name), None, state) for name, state in known))
    code = _call("SCardGetStatusChange", context, milliseconds, rows, len(known))
    return code, [row.dwEventState for row in rows]


def connect(context: int, name: str, sharing: int, protocols: int) -> tuple[int, int]:
    """The code, and the handle of the card."""
    card, protocol = c_long(), c_ulong()
    code = _call("SCardConnect", context, to_bytes(name), sharing, protocols, byref(card), byref(protocol))
    return code, card.value


def to_text(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")


def to_bytes(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")


def printable(name: str) -> str:
    """For a log, which is UTF-8: bytes that are none as \\xe4."""
    return to_bytes(name).decode("utf-8", "backslashreplace")
