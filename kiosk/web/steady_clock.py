"""A clock that nobody sets, for libraries that measure how long something takes by the day's.

python-engineio holds a ping unanswered, and hangs up, when the day's clock has gone on by three seconds since; gunicorn
kills a worker that it stops when that has gone on by what a stop may take. A clock set forward, as the network's time
is found after a start, would do both at once, and one set back neither for so long. They know the clock as their own
name `time`, and use it for nothing else. tests/test_time.py holds what is so in the libraries we run.
"""

from __future__ import annotations

import time
from importlib import import_module
from types import SimpleNamespace

ENGINEIO = ("engineio.base_socket", "engineio.socket")
GUNICORN = ("gunicorn.arbiter",)

STEADY = SimpleNamespace(**{**vars(time), "time": time.monotonic})


def measure(modules: tuple[str, ...]) -> None:
    """Have each of these measure by it."""
    for name in modules:
        vars(import_module(name))["time"] = STEADY
