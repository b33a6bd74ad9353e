"""Commands to a card and what it answers (ISO 7816-3 and -4), as pure protocol: bytes out, bytes in, no I/O.

`Card` sends one command at a time over `transmit` and hides what is only transport:

- `61xx` (more data waits: GET RESPONSE) and `6Cxx` (wrong Le: repeat with xx), which a T=0 contact reader may pass up;
- `6F00` to the very first command after power-up, which some cards give once (my-number-card.md §3, one source;
  harmless if wrong: one SELECT more). A SELECT of an application may be that command at any time, since a card can have
  reset itself without a word (card/application.py).

A warning (62xx, 63xx) says that the command was carried out. Data that come with one are data; a `63Cx` is none, it
counts the tries of a PIN and belongs to VERIFY alone.

It also holds what the card has shown of its ways, so that nothing refused is tried twice: `extended` (a Le above 256)
and `short_ids` (an EF named by five bits of P1 or P2 instead of a SELECT before).

The rule that stands above all: **a command that carries a PIN goes out once.** `exchange(..., once=True)` repeats for
no status word, because a repetition could cost the person a try.

Errors name the command and the status word or the fault. They never hold a byte of the card's data.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from kiosk.card.pin import Tries


class StatusWord(IntEnum):
    """SW1 SW2, named as in ISO 7816-4. `63Cx`, `61xx` and `6Cxx` carry a number and are told by their first byte."""

    OK = 0x9000
    DATA_MAY_BE_CORRUPTED = 0x6281
    END_OF_FILE = 0x6282
    VERIFICATION_FAILED = 0x6300
    WRONG_LENGTH = 0x6700
    LOGICAL_CHANNEL_NOT_SUPPORTED = 0x6881
    SECURE_MESSAGING_NOT_SUPPORTED = 0x6882
    LAST_COMMAND_OF_CHAIN_EXPECTED = 0x6883
    SECURITY_STATUS_NOT_SATISFIED = 0x6982
    AUTHENTICATION_METHOD_BLOCKED = 0x6983
    REFERENCE_DATA_NOT_USABLE = 0x6984
    CONDITIONS_NOT_SATISFIED = 0x6985
    NO_CURRENT_EF = 0x6986
    FUNCTION_NOT_SUPPORTED = 0x6A81
    FILE_NOT_FOUND = 0x6A82
    INCORRECT_P1_P2 = 0x6A86
    REFERENCE_DATA_NOT_FOUND = 0x6A88
    WRONG_P1_P2 = 0x6B00
    INSTRUCTION_NOT_SUPPORTED = 0x6D00
    CLASS_NOT_SUPPORTED = 0x6E00
    NO_PRECISE_DIAGNOSIS = 0x6F00


# How a card says that it does not know an EF by its short identifier. All four are checks of the command itself
# (ISO 7816-4, checking errors), made before anything is carried out: a PIN sent with it was not compared.
SHORT_ID_REFUSED: Final = frozenset(
    {StatusWord.INCORRECT_P1_P2, StatusWord.FILE_NOT_FOUND, StatusWord.WRONG_P1_P2, StatusWord.WRONG_LENGTH}
)


class CardError(Exception):
    """The card cannot be used for what was asked. The text never carries card data."""


class CardLost(CardError):
    """Nothing answers any more: the card was pulled, or the reader is gone."""


class CardProblem(CardError):
    """The card answered something that cannot be used: malformed, truncated, endless, or an unexpected status word."""

    def __init__(self, command: str, fault: str = "", status_word: int | None = None) -> None:
        """`command`: the name of the command or object. Either `fault`, in words, or the `status_word` it answered."""
        self.command = command
        self.fault = fault
        self.status_word = status_word
        super().__init__(f"{command}: {fault or describe(status_word)}")


class CardReset(CardError):
    """The card has reset itself in mid-visit and a verified PIN is gone: it has to be typed again.

    `problem`: the refusal by which it was found out.
    """

    def __init__(self, problem: CardError) -> None:
        self.problem = problem
        super().__init__(f"the card has reset itself; {problem}")


class KindUnknown(CardError):
    """Nothing is wrong with the card: this kiosk does not know yet how cards of its kind sign."""


class ApplicationAbsent(CardError):
    """The card does not carry this application: SELECT of its AID answered 6A82, or it is another kind of card."""


class FileAbsent(CardError):
    """The application does not hold this file or key."""


class PinWrong(CardError):
    """The card compared the PIN and refused it. `tries`: what is left after this entry."""

    def __init__(self, tries: Tries) -> None:
        self.tries = tries
        super().__init__("VERIFY: wrong PIN")


class PinBlocked(CardError):
    """The PIN is locked, be it since before or by this entry."""


class Transmit(Protocol):
    """Carries one command APDU to the card."""

    def __call__(self, apdu: bytes, /) -> bytes:
        """Return response data followed by SW1 SW2. Raises `CardLost` when nothing answers."""


@dataclass(frozen=True)
class Response:
    """Response data and status word of one command."""

    data: bytes = field(repr=False)
    status_word: int

    @property
    def ok(self) -> bool:
        return self.status_word == StatusWord.OK

    @property
    def warned(self) -> bool:
        """Carried out, with a warning: 62xx, or 63xx that is no count of tries."""
        return self.status_word >> 8 in (0x62, 0x63) and self.status_word & 0xFFF0 != 0x63C0

    @property
    def done(self) -> bool:
        """Carried out, with a warning or without."""
        return self.ok or self.warned

    @property
    def agreed(self) -> bool:
        """A yes to SELECT or VERIFY, with a warning or without. 63xx is none: to VERIFY it means that the PIN is wrong,
        and readers say 6300 for cards that know no SELECT."""
        return self.ok or self.status_word >> 8 == 0x62


def describe(status_word: int | None) -> str:
    """`SW=0x6982 (SECURITY_STATUS_NOT_SATISFIED)`, for a log or an error."""
    if status_word is None:
        return "no status word"
    name = {word.value: word.name for word in StatusWord}.get(status_word, "unexpected")
    return f"SW=0x{status_word:04X} ({name})"


SHORT_LE: Final = 256
EXTENDED_LE: Final = 65536
GET_RESPONSE: Final = (0x00, 0xC0, 0x00, 0x00)
MOST_RESPONSES: Final = EXTENDED_LE // SHORT_LE + 1


def encode(cla: int, ins: int, p1: int, p2: int, data: bytes = b"", le: int | None = None) -> bytes:
    """A command APDU (ISO 7816-3). `le`: bytes wanted; above 256 the lengths take the extended form."""
    header = bytes((cla, ins, p1, p2))
    if le is not None and le > SHORT_LE:
        if le > EXTENDED_LE:
            raise ValueError("an extended Le ends at 65536")
        lengths = len(data).to_bytes(2, "big") + data if data else b""
        return header + b"\x00" + lengths + (le % EXTENDED_LE).to_bytes(2, "big")
    if len(data) > 255:
        raise ValueError("command data over 255 bytes")
    body = bytes((len(data),)) + data if data else b""
    return header + body + (b"" if le is None else bytes((le % SHORT_LE,)))


class Card:
    """One powered card, and what has been learnt of its ways. Make a new one after every power-up."""

    def __init__(self, transmit: Transmit) -> None:
        self._transmit = transmit
        self._fresh = True  # no command has gone out yet
        self.application = b""  # the AID selected now
        self.known = False  # it has let an application of ours be selected
        self.file: int | None = None  # the EF selected now, if that is certain: a short identifier may select another
        self.extended: bool | None = None  # does a Le above 256 work? None: not tried
        self.short_ids: bool | None = None  # do short EF identifiers work? None: not tried
        self.tries: dict[str, Tries] = {}  # what the last tries query of each PIN said
        self.verified: set[str] = set()  # the selected application's PINs that this card has taken
        self.was_reset = False  # it has lost a verified PIN: power it up, and make a new Card

    def exchange(
        self,
        name: str,
        header: tuple[int, int, int, int],
        data: bytes = b"",
        le: int | None = None,
        *,
        once: bool = False,
        first: bool = False,
    ) -> Response:
        """Send CLA INS P1 P2 with `data` and `le`; return all response data and the final status word.

        `name` is what an error calls the command. `once`: whatever comes back, this command is not sent again. `first`:
        this may be the first command after power-up, even if others went before it.
        Raises `CardLost`, or `CardProblem` when the answer is no answer.
        """
        response = self._send(name, encode(*header, data, le))
        if (self._fresh or first) and response.status_word == StatusWord.NO_PRECISE_DIAGNOSIS and not once:
            response = self._send(name, encode(*header, data, le))
        self._fresh = False
        if response.status_word >> 8 == 0x6C and not once:
            response = self._send(name, encode(*header, data, response.status_word & 0xFF or SHORT_LE))
        return self._collect(name, response)

    def _collect(self, name: str, response: Response) -> Response:
        """Fetch what `61xx` says is waiting."""
        data = bytearray(response.data)
        for _ in range(MOST_RESPONSES):
            if response.status_word >> 8 != 0x61:
                return Response(bytes(data), response.status_word)
            response = self._send(name, encode(*GET_RESPONSE, le=response.status_word & 0xFF or SHORT_LE))
            if response.status_word >> 8 == 0x6C:
                response = self._send(name, encode(*GET_RESPONSE, le=response.status_word & 0xFF or SHORT_LE))
            data += response.data
        raise CardProblem(name, "GET RESPONSE never ends")

    def _send(self, name: str, apdu: bytes) -> Response:
        response = self._transmit(apdu)
        if not 2 <= len(response) <= EXTENDED_LE + 2:
            raise CardProblem(name, "the answer has no status word" if len(response) < 2 else "endless answer")
        return Response(response[:-2], int.from_bytes(response[-2:], "big"))

    def select_file(self, ef: int) -> None:
        """SELECT an EF of the current application by its identifier (P1 = 02 is the only form that works, §3).

        One that is selected already is not selected again. If the card has lost it meanwhile, it has lost its
        application with it, and refuses whatever comes next (card/application.py).
        """
        if ef == self.file:
            return
        self.file = None
        response = self.exchange("SELECT EF", (0x00, 0xA4, 0x02, 0x0C), ef.to_bytes(2, "big"))
        if response.status_word == StatusWord.FILE_NOT_FOUND:
            raise FileAbsent(f"SELECT EF {ef:04X}: {describe(response.status_word)}")
        if not response.agreed:
            raise CardProblem("SELECT EF", status_word=response.status_word)
        self.file = ef
