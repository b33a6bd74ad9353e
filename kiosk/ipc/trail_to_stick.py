"""Where the trail lies for the helper that sees to a stick, while one of the staff wants it there. In
caretaker.runtime_directory: in memory, written and removed by the caretaker, read by the helper (root, without the
power to read what is the caretaker's alone, but of its group)."""

FILE = "trail.tar"
MODE = 0o640
MOST_BYTES = 32 << 20  # of segments; a stick that is slow takes this in some ten seconds
