"""The kiosk among stand-ins: `python -m kiosk serve` for the demo and the tests, whose card slot is a virtual one.

All of it is the code an appliance runs, but for the reader. It is a process of its own, so that what the kiosk forgets
is not kept beside it by a demo or a test that has the whole table of invented people in its memory. Settings come as
JSON on standard input and are taken as they are: the demo has checked its own already, and a test may be less patient
than a kiosk.toml allows.
"""

from __future__ import annotations

import argparse
import logging
import sys

import msgspec

from kiosk.config.kiosk import Settings
from kiosk.hw.device import Reader
from kiosk.hw.reader import PcscReader
from kiosk.ipc.caretaker import Caretaker, Listener, NoCaretaker, Untold
from kiosk.language.hours import Hours
from kiosk.services.server import VISITS, serve
from kiosk.sim.reader import VpcdReader


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m kiosk.sim.serve", description=__doc__)
    parser.add_argument("--vpcd-port", type=int, help="where cards come; without it the slot is a PC/SC reader")
    parser.add_argument("--caretaker", action="store_true", help="there is one; without this, nobody is told anything")
    parser.add_argument("--quiet", action="store_true", help="say only what is wrong")
    options = parser.parse_args()
    settings = unchecked(msgspec.json.decode(sys.stdin.buffer.read()))
    if options.quiet:
        logging.getLogger("kiosk.server").setLevel(logging.WARNING)
    runtime = settings.caretaker.runtime_directory

    def reader() -> Reader:
        return PcscReader(settings.reader.name) if options.vpcd_port is None else VpcdReader(options.vpcd_port)

    def caretaker(untold: Untold) -> Listener:
        return Caretaker(runtime, untold) if options.caretaker else NoCaretaker()

    serve(settings, reader, caretaker, VISITS)
    return 0


def unchecked(values: dict[str, dict[str, object]]) -> Settings:
    """The settings, whatever their values."""
    sections = {field.name: field.type for field in msgspec.structs.fields(Settings)}
    for section in values.values():
        if hours := section.get("hours"):
            section["hours"] = Hours(str(hours))
    return Settings(**{name: sections[name](**section) for name, section in values.items()})


if __name__ == "__main__":
    sys.exit(main())
