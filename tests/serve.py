"""The kiosk's server as the tests start it: the production code, with settings handed over as they are.

Settings come as JSON on standard input, unchecked, so that a test may be less patient than a kiosk.toml allows. Every
language can be chosen, also one whose translation is not complete.
"""

from __future__ import annotations

import sys
from dataclasses import replace

import msgspec

from kiosk import languages
from kiosk.config import Settings
from kiosk.hw.reader import PcscReader
from kiosk.server import serve
from kiosk.sim.reader import VpcdReader


def unchecked(values: dict[str, dict[str, object]]) -> Settings:
    sections = {field.name: field.type for field in msgspec.structs.fields(Settings)}
    return Settings(**{name: sections[name](**section) for name, section in values.items()})


if __name__ == "__main__":
    languages.LANGUAGES = {code: replace(each, shipped=True) for code, each in languages.LANGUAGES.items()}
    reader = sys.argv[1]  # "pcsc", or the port of our own vpcd end
    settings = unchecked(msgspec.json.decode(sys.stdin.buffer.read()))
    serve(settings, PcscReader if reader == "pcsc" else lambda: VpcdReader(int(reader)))
