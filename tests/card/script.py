"""A card that knows one conversation by heart: these commands, in this order, answered so."""

from __future__ import annotations

from kiosk.card.apdu import Card, CardLost

LOST = "the card is pulled out"
TEXT_AID = "D3921000310001010408"
SELECT_TEXT = (f"00A4040C0A{TEXT_AID}", "9000")
JPKI_AID = "D392F000260100000001"
SELECT_JPKI = (f"00A4040C0A{JPKI_AID}", "9000")
SELECT_LICENCE = ("00A4040C10A0000002310600000000000000000000", "9000")


class Script:
    """Pairs of (command, answer) in hex. Any other command, or one too many, fails the test."""

    def __init__(self, *exchanges: tuple[str, str]) -> None:
        self._left = list(exchanges)
        self.sent: list[bytes] = []

    def __call__(self, apdu: bytes) -> bytes:
        assert type(apdu) is bytes
        assert self._left, f"one command too many: {apdu.hex()}"
        command, answer = self._left.pop(0)
        assert apdu.hex().upper() == command.replace(" ", "").upper()
        self.sent.append(apdu)
        if answer == LOST:
            raise CardLost("nothing answers")
        return bytes.fromhex(answer)

    @property
    def finished(self) -> bool:
        return not self._left


def card(*exchanges: tuple[str, str]) -> tuple[Card, Script]:
    script = Script(*exchanges)
    return Card(script), script


def tlv(tag: str, value: bytes, length: str | None = None) -> bytes:
    """One element; `length` in hex when it is not to be the shortest form."""
    size = len(value)
    shortest = f"{size:02X}" if size < 0x80 else f"81{size:02X}" if size < 0x100 else f"82{size:04X}"
    return bytes.fromhex(tag + (length or shortest)) + value


def attributes_object(
    name: str = "見本　花子", address: str = "東京都見本区見本町一丁目２番３号", birth: str = "19860709", sex: str = "2"
) -> bytes:
    """EF 0002 as my-number-card.md §2.2 draws it, filler not included."""
    parts = [
        tlv("DF22", name.encode()),
        tlv("DF23", address.encode()),
        tlv("DF24", birth.encode()),
        tlv("DF25", sex.encode()),
    ]
    return tlv("FF20", tlv("DF21", bytes(8)) + b"".join(parts))
