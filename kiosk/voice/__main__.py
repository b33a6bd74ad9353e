"""`python -m kiosk.voice`: `build` makes the prompts (set-up calls it), with what people have recorded; `script` writes
what is to be recorded; `texts` lists a language's, to read.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from kiosk.config.file import ConfigError
from kiosk.config.kiosk import Voice, VoiceSettings, load_part
from kiosk.language.languages import LANGUAGES, shipped
from kiosk.voice.prompts import build, messages, texts
from kiosk.voice.script import Script, names, recorded
from kiosk.voice.voices import NoVoice

CONFIG = Path("/etc/kiosk/kiosk.toml")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m kiosk.voice")
    parser.add_argument(
        "--config", type=Path, default=CONFIG, metavar="FILE", help="default: %(default)s, if it is there"
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser(
        "build", help="make the prompts, of the recordings that voice.recordings names where there are any"
    )
    script_ = commands.add_parser("script", help="write script.csv, what a person is to read aloud (docs/recording.md)")
    script_.add_argument("--folder", type=Path, help="of the recordings; default: voice.recordings of the settings")
    texts_ = commands.add_parser("texts", help="list the texts of a language's prompts")
    script_.add_argument("--language", choices=LANGUAGES, required=True)
    texts_.add_argument("language", choices=LANGUAGES)
    options = parser.parse_args(arguments)
    try:
        match options.command:
            case "build":
                print(_build(_settings(options.config)))
            case "script":
                print(_script(options.folder or _settings(options.config).recordings, options.language))
            case "texts":
                print("\n".join(sorted(texts(LANGUAGES[options.language], messages()))))
    except (ConfigError, NoVoice, OSError, ValueError) as error:
        print(f"kiosk.voice: {error}", file=sys.stderr)
        return 1
    return 0


def _settings(path: Path) -> Voice:
    return load_part(path, VoiceSettings).voice if path.exists() or path != CONFIG else Voice()


def _build(settings: Voice) -> str:
    began = time.monotonic()
    people = recorded(Path(settings.recordings), shipped()) if settings.recordings else []
    made, removed = build(names(people))
    spoken = "".join(f"; {each.language.code}: {len(each.usable)} of {each.wanted} by a person" for each in people)
    return f"{made} prompts made, {removed} removed, in {time.monotonic() - began:.1f} s{spoken}"


def _script(folder: str | Path | None, code: str) -> str:
    if folder is None:
        raise ValueError("voice.recordings is not set, so say --folder")
    places = messages()
    script = Script(Path(folder), LANGUAGES[code], texts(LANGUAGES[code], places), places)
    missing = script.write()
    return f"{script.path}: {len(script.rows)} texts, {missing} not yet recorded"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
