"""The kiosk with a virtual card slot: the demo's child, which knows nothing of the invented people.

It is `kiosk serve` but for the reader. A process of its own, so that what the kiosk forgets is not kept beside it by
a stand-in that has the whole table of people in its memory.
"""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from kiosk.config import ConfigError, load
from kiosk.server import serve
from kiosk.sim.reader import VpcdReader


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m kiosk.sim.kiosk_process", description=__doc__)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--vpcd-port", type=int, required=True)
    options = parser.parse_args()
    try:
        settings = load(options.config)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 2
    logging.getLogger("kiosk.server").setLevel(logging.WARNING)  # a demo without a browser's keeper is no news
    serve(settings, lambda: VpcdReader(options.vpcd_port))
    return 0


if __name__ == "__main__":
    sys.exit(main())
