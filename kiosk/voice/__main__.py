"""`python -m kiosk.voice build`: make the prompts (set-up calls it). `… texts CODE`: list a language's, to read."""

from __future__ import annotations

import sys
import time

from kiosk.language.languages import LANGUAGES
from kiosk.voice.prompts import build, messages, texts
from kiosk.voice.voices import NoVoice


def main(arguments: list[str]) -> int:
    match arguments:
        case ["build"]:
            began = time.monotonic()
            try:
                made, removed = build()
            except NoVoice as lacks:
                print(f"no prompts can be made: {lacks}", file=sys.stderr)
                return 1
            print(f"{made} prompts made, {removed} removed, in {time.monotonic() - began:.1f} s")
        case ["texts", code] if code in LANGUAGES:
            print("\n".join(sorted(texts(LANGUAGES[code], messages()))))
        case _:
            print(f"usage: python -m kiosk.voice build | texts {'|'.join(LANGUAGES)}", file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
