"""A smart card's chip as pure protocol: a command APDU in, response data and status word out, no I/O.

Theory of operation. A chip holds applications, an application holds elementary files, PINs and keys under two-byte
identifiers; the five low bits of an identifier are its short form. A file or key opens when one of the PINs it names
has been verified. Counters of tries belong to the chip and outlive everything; what has been verified is lost at
power-down and when another application is selected, but not when the same one is selected again, nor at a warm reset
(my-number-card.md §3; the last from one source).

Cards differ in how they speak. `Behaviour` is the table of those differences, `Faults` of the ways to break; both are
data, read where they apply. Commands and status words: my-number-card.md §3; case numbers: ISO 7816-3 §12.1.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import NoDigestInfo, Prehashed, decode_dss_signature

from kiosk.sim.card.wire import Pulled

OK = 0x9000
END_OF_FILE = 0x6282
WRONG_LENGTH = 0x6700
NOT_VERIFIED = 0x6982
NO_CURRENT_EF = 0x6986
NOT_FOUND = 0x6A82
BAD_PARAMETERS = 0x6A86
OUT_OF_FILE = 0x6B00
UNKNOWN_INSTRUCTION = 0x6D00
UNKNOWN_CLASS = 0x6E00
NO_DIAGNOSIS = 0x6F00
TRIES_LEFT = 0x63C0

DIGESTS: dict[int, hashes.HashAlgorithm] = {32: hashes.SHA256(), 48: hashes.SHA384(), 64: hashes.SHA512()}

ISD = bytes.fromhex("A0000001510000")  # GlobalPlatform's issuer domain, there from power-up; selecting it forgets PINs
ATR_T1 = bytes.fromhex("3BE000FF8131FE4514")  # the contact ATR of a My Number Card
ATR_T0 = bytes.fromhex("3B64000054455354")  # invented: a card that speaks T=0 only
LARGEST_ANSWER = 0xFFFF - 2  # a vpcd frame less the status word
LAST_OFFSET = 0x7FFF
READ_BINARY, GET_RESPONSE = 0xB0, 0xC0


@dataclass(frozen=True)
class Behaviour:
    """How this card speaks. The defaults are those of a current card at a good reader."""

    extended_length: bool = field(default=True, metadata={"help": "answer 6700 to lengths above 256"})
    short_file_ids: bool = field(default=True, metadata={"help": "answer 6A86 to short file identifiers"})
    nonminimal_lengths: bool = field(default=False, metadata={"help": "write lengths as 82 00 9F"})
    filler: int = field(default=0xFF, metadata={"help": "what follows an object up to its file's end: 00 or FF"})
    end_of_file_6282: bool = field(default=False, metadata={"help": "answer 6282 where a read passes the file's end"})
    verify_case1_6700: bool = field(default=False, metadata={"help": "answer 6700 to a VERIFY of four bytes"})
    first_command_6f00: bool = field(default=False, metadata={"help": "answer 6F00 to the first command after power"})
    t0: bool = field(default=False, metadata={"help": "speak T=0: 61xx and 6Cxx come up to the program"})
    blocked_as: int = field(default=TRIES_LEFT, metadata={"help": "how a locked PIN answers: 63C0, 6983 or 6984"})
    unset_pin_absent: bool = field(default=False, metadata={"help": "a PIN never set answers 6A82, not as locked"})
    read_as: int = field(default=OK, metadata={"help": "how a READ with data ends: 9000, or a warning such as 6200"})
    bare_as: int = field(default=0, metadata={"help": "answer to all but SELECT with nothing selected; 0: as it falls"})
    ecdsa_der: bool = field(default=False, metadata={"help": "answer an ECDSA signature as DER, not as r and s"})


@dataclass(frozen=True)
class Faults:
    """How this card breaks. Commands are counted from 1, beginning when the faults are inflicted."""

    pull_at: int | None = field(default=None, metadata={"help": "pull the card out at the n-th command"})
    silent_at: int | None = field(default=None, metadata={"help": "never answer the n-th command"})
    reset_at: int | None = field(default=None, metadata={"help": "lose power for a moment before the n-th command"})
    warm_reset_at: int | None = field(default=None, metadata={"help": "reset, but with power, before the n-th command"})
    forget_at: int | None = field(default=None, metadata={"help": "forget verified PINs before the n-th command"})
    answers: Mapping[int, bytes] = field(default_factory=dict, metadata={"help": "answer HEX to the n-th command"})
    mute: bool = field(default=False, metadata={"help": "do not answer to power, as a card put in the wrong way round"})
    garbage: bool = field(default=False, metadata={"help": "read noise from every file"})
    truncated_certificate: bool = field(default=False, metadata={"help": "certificates end half-way"})
    zero_length_fields: bool = field(default=False, metadata={"help": "the four attributes are empty"})
    empty_field: str = field(default="", metadata={"help": "this attribute is empty"})
    missing_field: str = field(default="", metadata={"help": "this attribute is not there"})
    malformed_field: str = field(default="", metadata={"help": "this attribute is nothing that it can be"})
    wrong_charset: bool = field(default=False, metadata={"help": "name and address are in Shift_JIS, not UTF-8"})
    endless_filler: bool = field(default=False, metadata={"help": "filler follows every object as far as one can read"})


@dataclass
class Pin:
    """A PIN and its counter. One that was never `given` can be neither verified nor spent."""

    secret: bytes = field(repr=False)
    most: int
    left: int
    given: bool = True
    verified: bool = False


@dataclass(frozen=True)
class File:
    """A transparent EF. Free to read, or opened by any one of the named PINs."""

    body: bytes = field(repr=False)
    size: int = 0  # the EF's own size where it is larger than what stands in it
    opened_by: tuple[str, ...] = ()


PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


@dataclass(frozen=True)
class PinFile:
    pin: str  # its name among the chip's PINs


@dataclass(frozen=True)
class KeyFile:
    key: PrivateKey = field(repr=False)
    opened_by: tuple[str, ...] = ()


Entry = File | PinFile | KeyFile
Application = Mapping[int, Entry]


@dataclass(frozen=True)
class Exchange:
    """One round trip, without a byte of what it carried."""

    ins: int
    p1: int
    p2: int
    lc: int
    le: int | None
    sw: int
    sent: int  # bytes to the card
    received: int  # bytes from it


@dataclass(frozen=True)
class Command:
    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes = field(default=b"", repr=False)
    le: int | None = None
    extended: bool = False

    @classmethod
    def parse(cls, apdu: bytes) -> Command | None:
        """The seven forms of a command; None when lengths and bytes disagree."""
        if len(apdu) < 4:
            return None
        (cla, ins, p1, p2), body = apdu[:4], apdu[4:]
        if not body:
            return cls(cla, ins, p1, p2)
        if len(body) == 1:
            return cls(cla, ins, p1, p2, le=body[0] or 256)
        if body[0]:
            data, rest = body[1 : 1 + body[0]], body[1 + body[0] :]
            if len(data) < body[0] or len(rest) > 1:
                return None
            return cls(cla, ins, p1, p2, data=data, le=(rest[0] or 256) if rest else None)
        if len(body) == 3:
            return cls(cla, ins, p1, p2, le=int.from_bytes(body[1:], "big") or 65536, extended=True)
        length = int.from_bytes(body[1:3], "big")
        data, rest = body[3 : 3 + length], body[3 + length :]
        if not length or len(data) < length or len(rest) not in (0, 2):
            return None
        le = (int.from_bytes(rest, "big") or 65536) if rest else None
        return cls(cla, ins, p1, p2, data=data, le=le, extended=True)


class Refused(Exception):
    """The command ends with this status word."""

    def __init__(self, sw: int) -> None:
        self.sw = sw


class Chip:
    """A card by its contents. Thread-bound: one reader talks to it at a time, as with the real thing."""

    def __init__(self, applications: Mapping[bytes, Application], pins: dict[str, Pin], behaviour: Behaviour) -> None:
        self.applications = applications
        self.pins = pins
        self.behaviour = behaviour
        self.faults = Faults()
        self.trace: deque[Exchange] = deque(maxlen=10_000)  # what was asked since it was last cleared
        self.was_read: set[tuple[bytes, int]] = set()  # (AID, identifier) of every file that ever gave its content
        self._count = 0  # commands since the faults were inflicted
        self._aid = self._last_aid = ISD  # the application now, and the one that was selected last before a reset
        self._ef: int | None = None
        self._fresh = True
        self._waiting = b""  # response data that GET RESPONSE will fetch

    def inflict(self, faults: Faults) -> None:
        """Break as told from the next command on, which is the first."""
        self.faults, self._count = faults, 0

    # -- power -----------------------------------------------------------------------------------------------------

    @property
    def atr(self) -> bytes:
        if self.faults.mute:
            return b""
        return ATR_T0 if self.behaviour.t0 else ATR_T1

    def power_on(self) -> None:
        self.power_off()

    def power_off(self) -> None:
        self._forget_pins()
        self.reset()

    def reset(self) -> None:
        """A warm reset: nothing is selected any more, but what was verified stays verified."""
        self._aid, self._ef, self._waiting, self._fresh = ISD, None, b"", True

    def _forget_pins(self) -> None:
        for pin in self.pins.values():
            pin.verified = False

    # -- one command -----------------------------------------------------------------------------------------------

    def transmit(self, apdu: bytes) -> bytes:
        self._count += 1
        if self._count == self.faults.pull_at:
            raise Pulled
        if self._count == self.faults.reset_at:
            self.power_off()
        elif self._count == self.faults.warm_reset_at:
            self.reset()
        elif self._count == self.faults.forget_at:
            self._forget_pins()
        command = Command.parse(apdu)
        if self._count == self.faults.silent_at:
            answer = b""
        elif self._count in self.faults.answers:
            answer = self.faults.answers[self._count]
        else:
            answer = self._answer(command)
        shown = command or Command.parse(apdu[:4].ljust(4, b"\0")) or Command(0, 0, 0, 0)
        sw = int.from_bytes(answer[-2:], "big")
        self.trace.append(
            Exchange(shown.ins, shown.p1, shown.p2, len(shown.data), shown.le, sw, len(apdu), len(answer))
        )
        return answer

    def _answer(self, command: Command | None) -> bytes:
        fresh, self._fresh = self._fresh, False
        try:
            if fresh and self.behaviour.first_command_6f00:
                raise Refused(NO_DIAGNOSIS)
            if command is None or (command.extended and (self.behaviour.t0 or not self.behaviour.extended_length)):
                raise Refused(WRONG_LENGTH)
            data, sw = self._run(command), OK
        except Refused as refused:
            data, sw = b"", refused.sw
        if command and sw == OK and command.ins == READ_BINARY and len(data) < (command.le or 0):
            if self.behaviour.t0:
                data, sw = b"", 0x6C00 | len(data)
            elif self.behaviour.end_of_file_6282:
                sw = END_OF_FILE
        if command and sw == OK and command.ins == READ_BINARY and data:
            sw = self.behaviour.read_as
        if command and command.ins == GET_RESPONSE and self._waiting and sw == OK:
            sw = 0x6100 | (len(self._waiting) if len(self._waiting) < 256 else 0)
        if command and command.data and ((self.behaviour.t0 and data) or len(data) > (command.le or 0)):
            self._waiting, data, sw = data, b"", 0x6100 | (len(data) if len(data) < 256 else 0)
        return data + sw.to_bytes(2, "big")

    def _run(self, command: Command) -> bytes:
        waiting, self._waiting = self._waiting, b""
        selecting = (command.ins, command.p1) == (0xA4, 0x04)
        if self.behaviour.bare_as and self._aid not in self.applications and not selecting:
            raise Refused(self.behaviour.bare_as)
        match command.cla, command.ins:
            case 0x00, 0xA4:
                return self._select(command)
            case 0x00, 0x20:
                return self._verify(command)
            case 0x00, 0xB0:
                return self._read(command)
            case 0x80, 0x2A:
                return self._sign(command)
            case 0x00, 0xC0 if waiting:  # GET RESPONSE
                if (command.le or 0) > len(waiting):
                    self._waiting = waiting
                    raise Refused(0x6C00 | len(waiting))
                self._waiting = waiting[command.le :]
                return waiting[: command.le]
            case 0x80, 0xFC:  # an iPhone knows this one, a card does not (my-number-card.md §1)
                raise Refused(WRONG_LENGTH)
            case 0x00 | 0x80, _:
                raise Refused(UNKNOWN_INSTRUCTION)
        raise Refused(UNKNOWN_CLASS)

    def _select(self, command: Command) -> bytes:
        match command.p1, command.p2:
            case 0x04, 0x00 | 0x0C:
                if command.data != ISD and command.data not in self.applications:
                    raise Refused(NOT_FOUND)
                if command.data != self._last_aid:
                    self._forget_pins()
                self._aid = self._last_aid = command.data
                self._ef = None
            case 0x02, 0x0C:
                identifier = int.from_bytes(command.data, "big")
                if identifier not in self._application:
                    raise Refused(NOT_FOUND)
                self._ef = identifier
            case _:
                raise Refused(BAD_PARAMETERS)
        return b""

    def _verify(self, command: Command) -> bytes:
        entry = self._application[self._locate(command.p2)]
        if command.p1 or not isinstance(entry, PinFile):
            raise Refused(BAD_PARAMETERS)
        return self._compare(self.pins[entry.pin], command)

    def _compare(self, pin: Pin, command: Command) -> bytes:
        """A VERIFY of this PIN; without data it asks for the tries."""
        if not command.data and command.le is None and self.behaviour.verify_case1_6700:
            raise Refused(WRONG_LENGTH)
        if not pin.given and self.behaviour.unset_pin_absent:
            raise Refused(NOT_FOUND)
        if not pin.given or not pin.left:
            raise Refused(self.behaviour.blocked_as)
        if not command.data:
            if pin.verified:
                return b""
            raise Refused(TRIES_LEFT | pin.left)
        pin.verified = command.data == pin.secret
        pin.left = pin.most if pin.verified else pin.left - 1
        if not pin.verified:
            raise Refused(TRIES_LEFT | pin.left)
        return b""

    def _read(self, command: Command) -> bytes:
        if command.p1 & 0x80:
            identifier, offset = self._locate(command.p1), command.p2
        else:
            identifier, offset = self._locate(0x80), command.p1 << 8 | command.p2
        self._ef, file = identifier, self._application[identifier]
        if not isinstance(file, File):
            raise Refused(BAD_PARAMETERS)
        self._open(file.opened_by)
        if command.data or command.le is None:
            raise Refused(WRONG_LENGTH)
        content = self.content(file)
        if offset >= len(content):
            raise Refused(OUT_OF_FILE)
        self.was_read.add((self._aid, identifier))
        content = content[offset : offset + min(command.le, LARGEST_ANSWER)]
        return random.Random(offset).randbytes(len(content)) if self.faults.garbage else content

    def content(self, file: File) -> bytes:
        """What can be read of a file: its body, then filler up to its size."""
        size = LAST_OFFSET + 1 if self.faults.endless_filler else file.size
        return file.body.ljust(size, bytes((self.behaviour.filler,)))

    def _sign(self, command: Command) -> bytes:
        entry = self._application[self._locate(command.p2)]
        if command.p1 or not isinstance(entry, KeyFile):
            raise Refused(BAD_PARAMETERS)
        self._open(entry.opened_by)
        return _signature(entry.key, command.data, self.behaviour.ecdsa_der)

    # -- files -----------------------------------------------------------------------------------------------------

    @property
    def _application(self) -> Application:
        return self.applications.get(self._aid, {})

    def _locate(self, reference: int) -> int:
        """The EF that `reference` points to: 80 is the current one, 80 plus five bits the one of that short form."""
        if reference == 0x80:
            if self._ef is None:
                raise Refused(NO_CURRENT_EF)
            return self._ef
        if reference & 0xE0 != 0x80 or not self.behaviour.short_file_ids:
            raise Refused(BAD_PARAMETERS)
        if reference & 0x1F not in self._application:
            raise Refused(NOT_FOUND)
        return reference & 0x1F

    def _open(self, pins: tuple[str, ...]) -> None:
        if pins and not any(self.pins[name].verified for name in pins):
            raise Refused(NOT_VERIFIED)


def _signature(key: PrivateKey, data: bytes, der: bool) -> bytes:
    """RSA pads verbatim: what is signed is the caller's DigestInfo. ECDSA takes a bare digest of its curve's size; how
    the card of 2028 will do it nobody has said."""
    match key:
        case rsa.RSAPrivateKey():
            try:
                return key.sign(data, padding.PKCS1v15(), NoDigestInfo())
            except ValueError:  # more than the key can take
                raise Refused(WRONG_LENGTH) from None
        case ec.EllipticCurvePrivateKey():
            size = (key.key_size + 7) // 8
            if len(data) not in DIGESTS or len(data) != min(size, 64):
                raise Refused(WRONG_LENGTH)
            signature = key.sign(data, ec.ECDSA(Prehashed(DIGESTS[len(data)])))
            return signature if der else b"".join(n.to_bytes(size, "big") for n in decode_dss_signature(signature))
    return key.sign(data)
