"""Settings: from `kiosk.toml` to typed, frozen values.

The classes below *are* the list of what can be configured: one class per section, one field per key, the default and
the allowed range beside it. `config/kiosk.toml` explains every one of them to an operator. Of what does not fit there
is one line that names the file, the key, what is wrong with it and what to do.

A service reads its own part: what it has no use for may be as wrong as it likes. A service has to start, with what does
fit of its part (`salvage`): the server then gives guidance only (services/server.py). A command of root's has not, and
stops (`load_part`). The server uses all of it (`Settings`), the browser's keeper one section (`BrowserSettings`).

Not configurable, on purpose: the address the server listens at (always loopback: nothing but the browser on the same
machine may ever reach it), and anything that would let the kiosk remember a person.
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, TypeVar

from msgspec import Meta, Struct, field, structs

from kiosk.config import file
from kiosk.language.hours import Hours

AbsolutePath = Annotated[str, Meta(pattern="^/", description="a path that begins with /")]
HttpsAddress = Annotated[str, Meta(pattern="^https://[^/]", description="an address that begins with https://")]
PORT = "([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"  # 1 to 65535
LoopbackAddress = Annotated[
    str, Meta(pattern=rf"^http://127\.0\.0\.1:{PORT}$", description="an address such as http://127.0.0.1:9093")
]
# As people dial it, by whatever keyboard it was written; then perhaps an extension. Nothing else: it is read out.
_DIGIT, _BETWEEN = "[0-9０-９]", "[ 　()（）\\-－‐‑‒–—―−ーｰ]"
_EXTENSION = rf"([ 　]?[(（]?内線[ 　]?{_DIGIT}{{1,8}}[)）]?)"
Telephone = Annotated[
    str,
    Meta(
        pattern=rf"^([#＃]?[(（]?{_DIGIT}({_BETWEEN}{{0,2}}{_DIGIT}){{2,14}}{_EXTENSION}?)?\Z",
        description='a telephone number such as "03-0000-0000", "#9110" or "03-0000-0000 内線123", and nothing besides',
    ),
]
DASHES = re.compile("[‐‑‒–—―−ー]")
VERSION = "[0-9A-Za-z][0-9A-Za-z.+~:-]{0,63}"
Version = Annotated[str, Meta(pattern=f"^{VERSION}$", description="a version, as dpkg-query or os-release has it")]
Kana = Annotated[
    str, Meta(pattern="^[ぁ-ゖァ-ヺー・ 　0-9０-９]{0,80}$", description="kana, blanks and figures, 80 at most")
]
Label = Annotated[str, Meta(min_length=1, max_length=64, description="a name of 1 to 64 signs")]
Port = Annotated[int, Meta(ge=1, le=65535)]
OwnPort = Annotated[int, Meta(ge=1024, le=65535)]  # at which we listen: those below are for root to have
UsbId = Annotated[int, Meta(ge=1, le=0xFFFF)]
UsbNumber = Annotated[
    str, Meta(pattern=r"^[0-9a-f]{4}:[0-9a-f]{4}\Z", description='numbers such as "046d:c31c", as lsusb writes them')
]
Seconds = Annotated[float, Meta(ge=0.1, le=600)]
LONGEST_KEPT_DAYS = 3650
PORTAL_FILES = ("ca_file", "certificate_file", "key_file")


class Station(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the kiosk stands: printed on slips and shown where a person is sent to the staff. hours: of its desk.
    reading, desk_reading: of name and desk, for whoever is learning Japanese and has to say them.
    telephone: in ASCII, whatever it was written in."""

    name: str = "警察署"
    desk: str = "運転免許窓口"
    telephone: Telephone = ""
    hours: Hours | None = None
    guidance_file: AbsolutePath | None = None
    reading: Kana = ""
    desk_reading: Kana = ""

    def __post_init__(self) -> None:
        plain = DASHES.sub("-", unicodedata.normalize("NFKC", self.telephone))
        structs.force_setattr(self, "telephone", plain)


class Opening(Struct, frozen=True, forbid_unknown_fields=True):
    """When the kiosk serves people. guidance: outside these hours, too, but no more than that."""

    hours: Hours | None = None
    guidance: bool = True


class Server(Struct, frozen=True, forbid_unknown_fields=True):
    """The server of the pages. It listens on 127.0.0.1 only."""

    port: OwnPort = 8888
    runtime_directory: AbsolutePath = "/run/kiosk"


class Reader(Struct, frozen=True, forbid_unknown_fields=True):
    """The card slot: a PC/SC reader through pcscd."""

    name: str | None = None


class Printer(Struct, frozen=True, forbid_unknown_fields=True):
    """The receipt printer. `width` is in dots: 576 at 203 dpi, 512 at 180 dpi."""

    kind: Literal["network", "usb", "serial", "none"] = "none"
    host: str | None = None
    port: Port = 9100
    device: AbsolutePath | None = None
    baudrate: Literal[9600, 19200, 38400, 57600, 115200] = 38400
    vendor_id: UsbId | None = None
    product_id: UsbId | None = None
    width: Literal[576, 512] = 576
    timeout_seconds: Seconds = 5.0

    def __post_init__(self) -> None:
        needs = {"network": ("host",), "serial": ("device",), "usb": ("vendor_id", "product_id")}
        for key in needs.get(self.kind, ()):
            if not getattr(self, key):
                raise ValueError(f'{key}: is missing; a printer of kind "{self.kind}" needs it')


class Portal(Struct, frozen=True, forbid_unknown_fields=True):
    """The portal that links, reached over mutual TLS. Without the three files nothing is linked."""

    url: HttpsAddress = "https://portal.invalid/"
    ca_file: AbsolutePath | None = None
    certificate_file: AbsolutePath | None = None
    key_file: AbsolutePath | None = None
    connect_timeout_seconds: Seconds = 5.0
    timeout_seconds: Seconds = 20.0
    retry_after_seconds: Seconds = 1.0

    def __post_init__(self) -> None:
        missing = [key for key in PORTAL_FILES if not getattr(self, key)]
        if 0 < len(missing) < len(PORTAL_FILES):
            raise ValueError(f"{missing[0]}: is missing; {', '.join(PORTAL_FILES)} are given all three or not at all")


class Screen(Struct, frozen=True, forbid_unknown_fields=True):
    """What the person meets. The smallest values are those of WCAG 2.2.1; see docs/operators.md."""

    idle_seconds: Annotated[int, Meta(ge=30, le=600)] = 60
    reading_idle_seconds: Annotated[int, Meta(ge=60, le=1200)] = 120
    warning_seconds: Annotated[int, Meta(ge=30, le=120)] = 30


class Voice(Struct, frozen=True, forbid_unknown_fields=True):
    """What can be heard. Without a jack nobody's headphones are known, so nothing personal is ever said."""

    enabled: bool = True
    loudest: Annotated[int, Meta(ge=10, le=100)] = 100
    jack: AbsolutePath | None = None
    recordings: AbsolutePath | None = None


class Bell(Struct, frozen=True, forbid_unknown_fields=True):
    """A button on the cabinet that calls the staff. Without a device there is none."""

    device: AbsolutePath | None = None


class Keypad(Struct, frozen=True, forbid_unknown_fields=True):
    """Keys that can be felt. Without a device nobody is told of them. let_in: the keyboards that type at all."""

    device: AbsolutePath | None = None
    let_in: tuple[UsbNumber, ...] = ()


class Beacon(Struct, frozen=True, forbid_unknown_fields=True):
    """The kiosk says where it is, while nobody is before it: when a remote's receiver asks, by itself, or both. hours:
    of the latter; None: the kiosk's own."""

    device: AbsolutePath | None = None
    every_seconds: Annotated[int, Meta(ge=10, le=600)] | None = None
    hours: Hours | None = None

    def __post_init__(self) -> None:
        if self.hours is not None and self.every_seconds is None:
            raise ValueError("every_seconds: is missing; hours say when it sounds by itself")

    @property
    def fitted(self) -> bool:
        return self.device is not None or self.every_seconds is not None


class Session(Struct, frozen=True, forbid_unknown_fields=True):
    """When a person's session ends by itself although nobody pressed anything."""

    browser_lost_seconds: Annotated[float, Meta(ge=1, le=60)] = 5.0
    put_back_seconds: Annotated[float, Meta(ge=20, le=120)] = 30.0
    take_card_seconds: Annotated[float, Meta(ge=20, le=600)] = 60.0


class Caretaker(Struct, frozen=True, forbid_unknown_fields=True):
    """What lives as long as the machine: where it listens, where its state is, and how long it keeps a line.
    wanted_version: the one that is to run here; without it, whatever an update brings."""

    runtime_directory: AbsolutePath = "/run/kiosk-caretaker"
    state_directory: AbsolutePath = "/var/lib/kiosk"
    kept_days: Annotated[int, Meta(ge=30, le=LONGEST_KEPT_DAYS)] = 366
    metrics_port: OwnPort | None = None
    wanted_version: Version | None = None


class Alerts(Struct, frozen=True, forbid_unknown_fields=True):
    """Who brings a call to somebody. kiosk: what this one is called there."""

    kind: Literal["none", "alertmanager"] = "none"
    url: LoopbackAddress = "http://127.0.0.1:9093"
    kiosk: Label = "kiosk"


class AsSet(NamedTuple):
    """What an operator has set. settings: as far as the file fits. file: its name. wrong: a line for each thing in it
    that does not fit."""

    settings: Settings
    file: str = ""
    wrong: tuple[str, ...] = ()


def _ports_differ(caretaker: Caretaker, server: Server | None = None) -> None:
    """Whoever reads a part of the settings comes to the same ports as who reads all: the figures never have the port to
    which the pages fall back. Raises ValueError."""
    pages, figures = Server().port, caretaker.metrics_port
    if figures == pages:
        raise ValueError(
            f"caretaker.metrics_port: {figures} does not fit, that port is kept for the pages; correct it, or take it "
            "out to have none"
        )
    if server is not None and figures == server.port:
        raise ValueError(
            f"server.port: {figures} does not fit, caretaker.metrics_port is the same; correct it, or take it out to "
            f"have {pages}"
        )


class BrowserSettings(Struct, frozen=True):
    """What the browser's keeper has to know. The other sections are not looked at."""

    server: Server = field(default_factory=Server)
    caretaker: Caretaker = field(default_factory=Caretaker)

    def __post_init__(self) -> None:
        _ports_differ(self.caretaker, self.server)


class CaretakerSettings(Struct, frozen=True):
    """What the caretaker has to know, and whoever asks it at the command line. The other sections are not looked at."""

    caretaker: Caretaker = field(default_factory=Caretaker)
    alerts: Alerts = field(default_factory=Alerts)
    opening: Opening = field(default_factory=Opening)

    def __post_init__(self) -> None:
        _ports_differ(self.caretaker)


class VoiceSettings(Struct, frozen=True):
    """What the making of prompts has to know. The other sections are not looked at."""

    voice: Voice = field(default_factory=Voice)


class KeyboardSettings(Struct, frozen=True):
    """What has to be known to let keyboards in. The other sections are not looked at."""

    keypad: Keypad = field(default_factory=Keypad)


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """Everything the server's composition root needs. `Settings()` is what an empty file gives."""

    station: Station = field(default_factory=Station)
    opening: Opening = field(default_factory=Opening)
    server: Server = field(default_factory=Server)
    reader: Reader = field(default_factory=Reader)
    printer: Printer = field(default_factory=Printer)
    portal: Portal = field(default_factory=Portal)
    screen: Screen = field(default_factory=Screen)
    voice: Voice = field(default_factory=Voice)
    bell: Bell = field(default_factory=Bell)
    keypad: Keypad = field(default_factory=Keypad)
    beacon: Beacon = field(default_factory=Beacon)
    session: Session = field(default_factory=Session)
    caretaker: Caretaker = field(default_factory=Caretaker)
    alerts: Alerts = field(default_factory=Alerts)

    def __post_init__(self) -> None:
        _ports_differ(self.caretaker, self.server)


IF_ABSENT = "copy config/kiosk.toml there or give another --config"
Section = TypeVar("Section", bound=Struct)


def load(path: str | Path) -> Settings:
    """All of it, as `load_part` does."""
    return load_part(path, Settings)


def load_part(path: str | Path, part: type[Section]) -> Section:
    """Read `path` and check the form of the sections that `part` has for fields; whether the files they name are there
    is for those who read them.

    Raises `ConfigError` with one line that says what to do.
    """
    return file.read(path, part, IF_ABSENT)


def salvage(path: str | Path, part: type[Section]) -> tuple[Section, tuple[str, ...]]:
    """What fits of the sections that `part` has for fields, the rest by its defaults; and one line for each thing that
    does not fit. Never raises for a file."""
    return file.salvage(path, part, IF_ABSENT)
