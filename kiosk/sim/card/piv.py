"""The virtual PIV card, which one of the staff puts in as a second factor (docs/piv.md), for any reader that speaks
vpcd.

    python -m kiosk.sim.card --piv rsa2048          # into the kiosk's own reader
    python -m kiosk.sim.card --piv p256 --pcscd     # into pcscd, for any PC/SC program

One application, one PIN, one key: 9A, for PIV Authentication. It answers SELECT, GET DATA, VERIFY and GENERAL
AUTHENTICATE as SP 800-73 has them, a long command in several (CLA 10) and a long answer by GET RESPONSE. It has no
second PIN, no other key, and nothing that administers it.
"""

from __future__ import annotations

from dataclasses import replace

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from kiosk.sim.card.chip import NOT_FOUND, Behaviour, Chip, Command, Faults, Pin, Refused
from kiosk.sim.card.contents import tlv
from kiosk.sim.pki import Credential, kind_of

AID = bytes.fromhex("A000000308000010000100")
SHORTEST_AID = 9  # without the version, which a program may leave out
PROPERTIES = tlv("61", tlv("4F", AID[5:]) + tlv("79", tlv("4F", AID[:5])))
ATR = bytes.fromhex("3B8B800180F9A00000030800001000C8")  # T=1, and by the AID in it OpenSC expects elliptic keys, too

PIN, MOST_TRIES = "739152", 3
ALGORITHMS = {"rsa2048": 0x07, "p256": 0x11, "p384": 0x14}  # SP 800-78
DIGESTS: dict[str, hashes.HashAlgorithm] = {"p256": hashes.SHA256(), "p384": hashes.SHA384()}

GET_DATA, GENERAL_AUTHENTICATE = 0xCB, 0x87
CERTIFICATE, HOLDER, DISCOVERY = b"\x5f\xc1\x05", b"\x5f\xc1\x02", b"\x7e"
WRONG_DATA, NO_SUCH_REFERENCE, NOT_SATISFIED = 0x6A80, 0x6A88, 0x6982


class PivCard(Chip):
    """One card. credential: its key 9A and the certificate. gzipped: the certificate is, as SP 800-73 allows."""

    def __init__(
        self,
        credential: Credential,
        pin: str = PIN,
        tries: int = MOST_TRIES,
        gzipped: bytes | None = None,
        behaviour: Behaviour | None = None,
        faults: Faults | None = None,
    ) -> None:
        held = Pin(pin.encode().ljust(8, b"\xff"), MOST_TRIES, tries)
        super().__init__({AID: {}}, {"piv": held}, behaviour or Behaviour())
        self._key, self._kind = credential.key, kind_of(credential.key)
        certificate = gzipped or credential.certificate or b""
        self._objects = {
            CERTIFICATE: tlv("53", tlv("70", certificate) + tlv("71", bytes((bool(gzipped),))) + tlv("FE", b"")),
            HOLDER: tlv("53", holder()),
            DISCOVERY: tlv("7E", tlv("4F", AID) + tlv("5F2F", b"\x40\x00")),  # the application's own PIN, no other
        }
        self._chained = b""  # data of a command that goes on in the next
        self.inflict(faults or Faults())

    @property
    def atr(self) -> bytes:
        return super().atr and ATR

    def reset(self) -> None:
        super().reset()
        self._chained = b""

    def _run(self, command: Command) -> bytes:
        chained, self._chained = self._chained, b""
        if self._aid != AID or command.ins not in (GET_DATA, GENERAL_AUTHENTICATE):
            return super()._run(command)
        self._waiting = b""
        match command.cla, command.ins:
            case 0x10, 0x87:
                self._chained = chained + command.data
                return b""
            case 0x00, 0x87:
                return self._authenticate(command, chained + command.data)
            case 0x00, 0xCB:
                return self._get(command)
        return super()._run(command)

    def _select(self, command: Command) -> bytes:
        named = len(command.data) >= SHORTEST_AID and AID.startswith(command.data)
        super()._select(replace(command, data=AID) if named else command)
        return PROPERTIES if named and command.p2 == 0 else b""

    def _verify(self, command: Command) -> bytes:
        if self._aid != AID or command.p2 != 0x80:
            raise Refused(NO_SUCH_REFERENCE)
        if command.p1 == 0xFF and not command.data:
            self.pins["piv"].verified = False
            return b""
        if command.p1 or len(command.data) not in (0, 8):
            raise Refused(WRONG_DATA)
        return self._compare(self.pins["piv"], command)

    def _get(self, command: Command) -> bytes:
        if (command.p1, command.p2) != (0x3F, 0xFF) or command.data[:1] != b"\x5c":
            raise Refused(WRONG_DATA)
        found = self._objects.get(command.data[2:])
        if found is None:
            raise Refused(NOT_FOUND)
        return found

    def _authenticate(self, command: Command, data: bytes) -> bytes:
        """The signature over what stands in the template 7C under 81 (challenge)."""
        if command.p2 != 0x9A:
            raise Refused(NO_SUCH_REFERENCE)
        if not self.pins["piv"].verified:
            raise Refused(NOT_SATISFIED)
        challenge = challenge_of(data)
        if command.p1 != ALGORITHMS[self._kind] or challenge is None:
            raise Refused(WRONG_DATA)
        return tlv("7C", tlv("82", self._signature(challenge)))

    def _signature(self, challenge: bytes) -> bytes:
        """RSA is raw: the padding is the caller's. ECDSA takes a digest of the curve's size, and answers DER."""
        if isinstance(self._key, rsa.RSAPrivateKey):
            numbers = self._key.private_numbers()
            modulus = numbers.public_numbers.n
            size = self._key.key_size // 8
            if len(challenge) != size or int.from_bytes(challenge, "big") >= modulus:
                raise Refused(WRONG_DATA)
            return pow(int.from_bytes(challenge, "big"), numbers.d, modulus).to_bytes(size, "big")
        assert isinstance(self._key, ec.EllipticCurvePrivateKey)
        digest = DIGESTS[self._kind]
        if len(challenge) != digest.digest_size:
            raise Refused(WRONG_DATA)
        return self._key.sign(challenge, ec.ECDSA(Prehashed(digest)))


def challenge_of(data: bytes) -> bytes | None:
    """The value of 81 in a template 7C that asks for 82; None when it is no such template."""
    outer = children(data).get(0x7C)
    asked = {} if outer is None else children(outer)
    return asked.get(0x81) if asked.get(0x82) == b"" else None


def children(data: bytes) -> dict[int, bytes]:
    """The values by their tags of one byte. What is no TLV ends it."""
    found, at = {}, 0
    while at + 2 <= len(data):
        tag, length, at = data[at], data[at + 1], at + 2
        if length & 0x80:
            more = length & 0x7F
            length, at = int.from_bytes(data[at : at + more], "big"), at + more
        if at + length > len(data):
            break
        found[tag], at = data[at : at + length], at + length
    return found


def holder() -> bytes:
    """The card holder's identifier (CHUID): no agency, an invented GUID, an end, no signature."""
    return (
        tlv("30", bytes(25))  # what agencies number by; nobody reads it here
        + tlv("34", bytes.fromhex("00112233445566778899AABBCCDDEEFF"))
        + tlv("35", b"20561231")
        + tlv("3E", b"")
        + tlv("FE", b"")
    )
