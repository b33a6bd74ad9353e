"""`python -m tests.wild fuzz|sweep|endurance`: the commands behind `make fuzz`, `make sweep` and `make endurance`."""

from __future__ import annotations

import signal
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.wild import endurance, fuzz, sweep
from tests.wild.ground import Ground

COMMANDS: Mapping[str, Callable[[Ground, list[str]], int]] = {
    "fuzz": fuzz.main,
    "sweep": sweep.main,
    "endurance": endurance.main,
}


def main() -> int:
    name, *arguments = sys.argv[1:] or [""]
    if name not in COMMANDS:
        print(f"which of {', '.join(COMMANDS)}?", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # leave nothing behind
    with tempfile.TemporaryDirectory() as directory:
        return COMMANDS[name](Ground(Path(directory)), arguments)


if __name__ == "__main__":
    sys.exit(main())
