"""Files of these tests lie in memory: the room brings every line to the disk, and a shared one takes its time."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

SHARED_MEMORY = Path("/dev/shm")


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="caretaker-", dir=SHARED_MEMORY if SHARED_MEMORY.is_dir() else None))
    yield made
    shutil.rmtree(made, ignore_errors=True)
